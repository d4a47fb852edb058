package ovh_test

import (
	"context"
	"fmt"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// The instances of a load balancer are unknown until its first refresh, which they
// then reload for, and running.
func ExampleLoadBalancerService_InstancesState() {
	api := startAPI("gra", "rbx")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()
	show := func() {
		instances, err := client.LoadBalancers.InstancesState(ctx, service)
		check(err)
		fmt.Println(instances[0].Zone, instances[0].State, "-", instances[1].Zone, instances[1].State)
	}

	_, err := client.HTTP.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80", RedirectLocation: "https://example.com/"})
	check(err)
	show()
	_, err = client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{})
	check(err)
	api.Advance(2 * time.Second)
	show()
	api.Advance(time.Minute)
	show()
	api.SetInstanceState(service, api.Instances(service)[1].ID, string(ovh.InstanceDead))
	show()
	// Output:
	// gra unknown - rbx unknown
	// gra reload - rbx reload
	// gra running - rbx running
	// gra running - rbx dead
}

// One call tells how well a load balancer and all of its parts are.
func ExampleLoadBalancerService_Status() {
	api := startAPI("gra")
	defer api.Close()
	service, ctx := api.service, context.Background()
	_, servers := api.liveFarm(ctx)
	api.SetHealth(servers[1], lb.HealthDown)

	status, err := api.client.LoadBalancers.Status(ctx, service)
	check(err)
	fmt.Println("service:", status.Service.Status)
	fmt.Printf("farms: %d of %d well\n", status.Farms.Status.OK, status.Farms.Total)
	fmt.Printf("servers: %d of %d well, %d down\n", status.Servers.Status.OK, status.Servers.Total, status.Servers.Status.Error)
	// Output:
	// service: warn
	// farms: 0 of 1 well
	// servers: 1 of 2 well, 1 down
}

// liveFarm makes an HTTP farm with two checked servers and a frontend live.
func (api loopback) liveFarm(ctx context.Context) (farm int64, servers []lb.ServerID) {
	f, err := api.client.HTTP.Farms.Create(ctx, api.service, ovh.HTTPFarmCreate{
		Zone: ovh.AllZones, Port: 8080, Probe: &ovh.Probe{Type: ovh.ProbeTypeHTTP, Method: ovh.ProbeMethodGet, URL: "/health"},
	})
	check(err)
	for _, address := range []string{"192.0.2.10", "192.0.2.11"} {
		s, err := api.client.HTTP.Farms.Servers.Create(ctx, api.service, f.FarmID, ovh.HTTPServerCreate{Address: address, Status: ovh.ServerActive, Probe: true})
		check(err)
		servers = append(servers, ovh.FormatServerID(api.service, lb.ProtocolHTTP, f.FarmID, s.ServerID))
	}
	_, err = api.client.HTTP.Frontends.Create(ctx, api.service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80", DefaultFarmID: f.FarmID})
	check(err)
	_, err = api.client.LoadBalancers.Refresh(ctx, api.service, ovh.RefreshOptions{})
	check(err)
	api.Advance(time.Minute)
	return f.FarmID, servers
}
