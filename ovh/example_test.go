package ovh_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// loopback is an API on loopback with one load balancer, and a client of it. With an
// account there is no API to start, and the client is made by ovh.NewClient or
// ovh.NewClientFromEnv.
type loopback struct {
	*ovhtest.Server
	client  *ovh.Client
	service string // the load balancer's name, "loadbalancer-…"
}

// startAPI gives the load balancer an instance in each of zones. Time stands still
// until Advance.
func startAPI(zones ...string) loopback {
	server := ovhtest.NewServer(ovhtest.WithManualClock())
	client, err := server.Client()
	check(err)
	return loopback{Server: server, client: client, service: server.AddService(zones...)}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A farm with a server and a frontend are written, and made live by a refresh.
func ExampleClient() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()

	farm, err := client.HTTP.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: ovh.AllZones, DisplayName: "web", Port: 8080})
	check(err)
	_, err = client.HTTP.Farms.Servers.Create(ctx, service, farm.FarmID, ovh.HTTPServerCreate{Address: "192.0.2.10", Status: ovh.ServerActive})
	check(err)
	_, err = client.HTTP.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80", DefaultFarmID: farm.FarmID})
	check(err)

	staged, err := client.LoadBalancers.PendingChanges(ctx, service)
	check(err)
	fmt.Println("staged:", staged)
	task, err := client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{})
	check(err)
	fmt.Println(task.Action, task.Status)

	api.Advance(time.Minute)
	task, err = client.Tasks.Get(ctx, service, task.ID)
	check(err)
	fmt.Println(task.Action, task.Status)
	// Output:
	// staged: [{gra 3}]
	// refreshIplb todo
	// refreshIplb done
}

// Everything that keeps a load balancer from being refreshed is reported at once.
func ExampleClient_CheckRefresh() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()

	_, err := client.HTTP.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80"})
	check(err)
	_, err = client.TCP.Frontends.Create(ctx, service, ovh.TCPFrontendCreate{Zone: ovh.AllZones, Port: "5432"})
	check(err)

	problems, err := client.CheckRefresh(ctx, service)
	check(err)
	for _, problem := range problems {
		fmt.Printf("%s %s: %s\n", problem.Kind, problem.Precondition, problem.Reason)
	}
	// Output:
	// frontend target: it has neither a default farm, nor a redirect, nor a route with rules
	// frontend target: it has neither a default farm, nor a redirect, nor a route with rules
}

// What the client has no method for goes through Do, signed and retried like the
// rest.
func ExampleClient_Do() {
	api := startAPI("gra")
	defer api.Close()

	var zones []string
	check(api.client.Do(context.Background(), "GET", "/ipLoadbalancing/"+api.service+"/zone", nil, &zones))
	fmt.Println(zones)
	// Output: [gra]
}

// Diagnose tells why calls are refused. Here the key may only read.
func ExampleClient_Diagnose() {
	server := ovhtest.NewServer(ovhtest.WithAccessRules(ovhtest.AccessRule{Method: "GET", Path: "/*"}))
	defer server.Close()
	client, err := server.Client()
	check(err)

	diagnosis, err := client.Diagnose(context.Background())
	check(err)
	fmt.Println(diagnosis.OK(), diagnosis.Credential.Status)
	for _, operation := range diagnosis.Refused[:2] {
		fmt.Println("refused:", operation)
	}
	// Output:
	// false validated
	// refused: POST /auth/credential
	// refused: POST /auth/logout
}

// In an update each field is left out, null or a value.
func ExampleOptional() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()

	farm, err := client.HTTP.Farms.Create(ctx, service, ovh.HTTPFarmCreate{Zone: "gra", Port: 8080, Balance: ovh.BalanceLeastConn})
	check(err)
	check(client.HTTP.Farms.Update(ctx, service, farm.FarmID, ovh.HTTPFarmUpdate{
		DisplayName: ovh.Value("web"),        // a value
		Balance:     ovh.Null[ovh.Balance](), // back to the default
		// Port is left out and stays as it is.
	}))
	farm, err = client.HTTP.Farms.Get(ctx, service, farm.FarmID)
	check(err)
	fmt.Printf("%q %q %d\n", farm.DisplayName, farm.Balance, *farm.Port)
	// Output: "web" "" 8080
}

// An alert for the traffic of a zone, and logs that go to a stream, are options of
// the neutral load balancer, for a provider that is asked to look after them.
func ExampleLoadBalancerOptions() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	ctx, provider := context.Background(), ovh.NewProvider(api.client, ovh.WithLoadBalancerOptions())

	got, err := provider.LoadBalancers().Update(ctx, ovh.FormatLoadBalancerID(api.service), func(spec *lb.LoadBalancerSpec) error {
		spec.Extensions = lb.Extend(ovh.LoadBalancerOptions{
			QuotaAlerts: map[string]int64{"gra": 5e12},
			LogStreams:  []ovh.LogStream{{Kind: "http", Stream: "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"}},
		})
		return nil
	})
	check(err)
	fmt.Println(got.Extensions)
	// Output: {"ovh":{"logStreams":[{"kind":"http","stream":"0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"}],"quotaAlerts":{"gra":5000000000000}}}
}
