package ovh_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// The account's load balancers, and the name of one.
func ExampleLoadBalancerService() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	client, ctx := api.client, context.Background()

	check(client.LoadBalancers.Update(ctx, api.service, ovh.LoadBalancerUpdate{DisplayName: ovh.Value("edge")}))
	for l, err := range client.LoadBalancers.List(ctx, ovh.LoadBalancerListOptions{}) {
		check(err)
		fmt.Println(l.DisplayName, l.Offer, l.State, l.Zone)
	}
	// Output: edge lb1 ok [gra rbx]
}

// The refreshes that have failed. A task says no more of it than that.
func ExampleTaskService() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()
	_, err := client.HTTP.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80", RedirectLocation: "https://example.com/"})
	check(err)
	api.EndNextTask(service, string(ovh.TaskError))
	_, err = client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{})
	check(err)
	api.Advance(time.Minute)

	for task, err := range client.Tasks.List(ctx, service, ovh.TaskListOptions{Action: ovh.TaskRefresh, Status: ovh.TaskError}) {
		check(err)
		fmt.Println(task.Action, task.Status, task.Zones)
	}
	// Output: refreshIplb error [gra]
}

// A zone is given up at the end of what is paid for, unless that is taken back.
func ExampleZoneService() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()

	check(client.Zones.Terminate(ctx, service, "rbx"))
	for zone, err := range client.Zones.List(ctx, service, lb.PageOptions{}) {
		check(err)
		fmt.Println(zone.Name, zone.State)
	}
	check(client.Zones.CancelTermination(ctx, service, "rbx"))
	// Output:
	// gra ok
	// rbx released
}

// An alert at four fifths of the traffic that is included.
func ExampleQuotaService() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()
	api.SetTraffic(service, "gra", 3e12)

	quota, err := client.Quotas.Get(ctx, service, "gra")
	check(err)
	check(client.Quotas.Update(ctx, service, "gra", ovh.QuotaUpdate{Alert: ovh.Value(*quota.Included / 5 * 4)}))
	quota, err = client.Quotas.Get(ctx, service, "gra")
	check(err)
	fmt.Printf("%d of %d GB, alert at %d GB\n", *quota.Total/1e9, *quota.Included/1e9, *quota.Alert/1e9)
	// Output: 3000 of 10000 GB, alert at 8000 GB
}

// Once a load balancer is in a vRack it needs a network there, and every farm of it
// must be in one.
func ExampleVRackService() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()
	farm, err := client.HTTP.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: ovh.AllZones})
	check(err)
	api.AttachVRack(service, "pn-12345")
	api.Advance(time.Minute)

	status, err := client.VRack.Status(ctx, service)
	check(err)
	rules, err := client.VRack.NetworkCreationRules(ctx, service)
	check(err)
	fmt.Println(status.VRackName, status.State, "at least", rules.MinNATIPs, "addresses")
	network, err := client.VRack.CreateNetwork(ctx, service, ovh.VRackNetworkCreate{
		Subnet: "10.0.0.0/24", NATIP: "10.0.0.16/28", VLAN: 42, FarmIDs: []int64{farm.FarmID},
	})
	check(err)
	fmt.Println(network.Subnet, network.NATIP, network.Farms)
	// Output:
	// pn-12345 active at least 16 addresses
	// 10.0.0.0/24 10.0.0.16/28 [{1 http}]
}

// Logs are forwarded to a stream of Logs Data Platform, by kind.
func ExampleLogService() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()

	kinds, err := client.Logs.ListKindNames(ctx, service)
	check(err)
	for _, kind := range kinds {
		_, err := client.Logs.Subscribe(ctx, service, ovh.LogSubscriptionCreate{Kind: kind, StreamID: "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"})
		check(err)
	}
	for subscription, err := range client.Logs.ListSubscriptions(ctx, service, ovh.LogSubscriptionListOptions{}) {
		check(err)
		fmt.Println(subscription.Kind, "to", subscription.StreamID)
	}
	// Output:
	// http to 0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9
	// tcp to 0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9
}

// The account's Additional IPs.
func ExampleIPService() {
	api := startAPI("gra")
	defer api.Close()
	api.AddFailover(api.service, netip.MustParsePrefix("203.0.113.7/32"))

	for ip, err := range api.client.IPs.List(context.Background(), ovh.IPListOptions{Type: ovh.IPTypeFailover}) {
		check(err)
		fmt.Println(ip.IP, ip.RoutedTo.ServiceName == api.service)
	}
	// Output: 203.0.113.7/32 true
}

// An application asks for a consumer key, and the account's owner agrees to it.
func ExampleAuthService() {
	server := ovhtest.NewServer()
	defer server.Close()
	ctx, endpoint := context.Background(), ovh.Endpoint(server.URL+"/v1") // or ovh.EU, ovh.CA, ovh.US
	key, secret := server.Credentials().ApplicationKey, lb.NewSecret(server.Credentials().ApplicationSecret)
	client, err := ovh.NewClient(endpoint, ovh.Application(key))
	check(err)

	requested, err := client.Auth.RequestCredential(ctx, ovh.CredentialRequest{Rules: ovh.AccessRules()})
	check(err)
	fmt.Println(requested.Status)
	// Its owner opens requested.ValidationURL, logs in and chooses how long it lasts:
	server.ValidateCredential(requested.ConsumerKey.Reveal(), 24*time.Hour)

	client, err = ovh.NewClient(endpoint, ovh.ApplicationKey(key, secret, requested.ConsumerKey.Secret))
	check(err)
	credential, err := client.Auth.CurrentCredential(ctx)
	check(err)
	fmt.Println(credential.Status, slices.Contains(credential.Rules, ovh.AccessRules()[0]))
	// Output:
	// pendingValidation
	// validated true
}

// Behind every error is what the API says, with the rights that are missing and the
// ID that OVH's support asks for.
func ExampleError() {
	server := ovhtest.NewServer(ovhtest.WithDeniedActions("loadbalancer:apiovh:refresh"))
	defer server.Close()
	client, err := server.Client()
	check(err)

	_, err = client.LoadBalancers.Refresh(context.Background(), server.AddService("gra"), ovh.RefreshOptions{})
	var own *ovh.Error
	fmt.Println(errors.Is(err, lb.ErrForbidden), errors.As(err, &own), own.QueryID != "")
	fmt.Println(own.Status, own.Details["unauthorizedActionsByIAM"])
	// Output:
	// true true true
	// 403 loadbalancer:apiovh:refresh
}
