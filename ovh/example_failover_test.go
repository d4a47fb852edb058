package ovh_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// An Additional IP, which was called failover IP, is moved to a load balancer. It is
// served after the refresh that follows the move.
func ExampleIPService_Move() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()
	api.AddAddresses("ns1.example.net", netip.MustParsePrefix("203.0.113.7/32"))

	task, err := client.IPs.Move(ctx, "203.0.113.7/32", ovh.IPMove{To: service})
	check(err)
	fmt.Println(task.Function, task.Status)
	api.Advance(2 * time.Minute) // it takes about one
	task, err = client.IPs.GetTask(ctx, "203.0.113.7/32", task.TaskID)
	check(err)
	fmt.Println(task.Function, task.Status)

	failover, err := client.LoadBalancers.FailoverIPs(ctx, service)
	check(err)
	fmt.Println("routed here:", failover)
	_, err = client.HTTP.Frontends.Create(ctx, service, ovh.HTTPFrontendCreate{Zone: ovh.AllZones, Port: "80", RedirectLocation: "https://example.com/"})
	check(err)
	_, err = client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{})
	check(err)
	// Output:
	// genericMoveFloatingIp init
	// genericMoveFloatingIp done
	// routed here: [203.0.113.7/32]
}

// Attach, wait for the move, and Publish: the refresh that serves the address is part
// of it.
func ExampleNewProvider_failoverIP() {
	server := ovhtest.NewServer(ovhtest.WithSpeed(5000))
	defer server.Close()
	client, err := server.Client()
	check(err)
	ctx, provider, id := context.Background(), ovh.NewProvider(client), ovh.FormatLoadBalancerID(server.AddService("gra"))
	server.AddAddresses("ns1.example.net", netip.MustParsePrefix("203.0.113.7/32"))
	fast := lb.WithPoll(time.Millisecond, time.Millisecond) // leave it out with an account

	_, err = provider.Frontends().Create(ctx, id, lb.FrontendSpec{
		Protocol:   lb.ProtocolHTTP,
		Ports:      []lb.PortRange{lb.Port(80)},
		Addresses:  nil, // all that the load balancer has
		Extensions: lb.Extend(ovh.FrontendOptions{RedirectLocation: "https://example.com/"}),
	})
	check(err)
	move, err := provider.Addresses().Attach(ctx, ovh.FormatAddressID(netip.MustParsePrefix("203.0.113.7/32")), id)
	check(err)
	_, err = lb.WaitOperation(ctx, provider, move, fast)
	check(err)
	refresh, err := lb.Publish(ctx, provider, id, fast)
	check(err)
	fmt.Println(move.Action, "and then", refresh.Action, refresh.Status)
	// Output: genericMoveFloatingIp and then refreshIplb done
}

// ownAddresses is a load balancer to which two Additional IPs are routed.
func ownAddresses() loopback {
	api := startAPI("gra")
	api.AddFailover(api.service, netip.MustParsePrefix("203.0.113.7/32"), netip.MustParsePrefix("203.0.113.8/32"))
	return api
}

// A frontend gets an Additional IP to itself when it is made, and another one by an
// update. Null gives it back to all frontends.
func ExampleHTTPFrontendService_dedicatedIP() {
	api := ownAddresses()
	defer api.Close()
	frontends, service, ctx := api.client.HTTP.Frontends, api.service, context.Background()

	frontend, err := frontends.Create(ctx, service, ovh.HTTPFrontendCreate{
		Zone: ovh.AllZones, Port: "80", RedirectLocation: "https://example.com/", DedicatedIPFO: []string{"203.0.113.7/32"},
	})
	check(err)
	fmt.Println(frontend.DedicatedIPFO)
	for _, own := range []ovh.Optional[[]string]{ovh.Value([]string{"203.0.113.8/32"}), ovh.Null[[]string]()} {
		check(frontends.Update(ctx, service, frontend.FrontendID, ovh.HTTPFrontendUpdate{DedicatedIPFO: own}))
		frontend, err = frontends.Get(ctx, service, frontend.FrontendID)
		check(err)
		fmt.Println(frontend.DedicatedIPFO)
	}
	// Output:
	// [203.0.113.7/32]
	// [203.0.113.8/32]
	// []
}

// As with HTTP. No two frontends may have the same address to themselves.
func ExampleTCPFrontendService_dedicatedIP() {
	api := ownAddresses()
	defer api.Close()
	frontends, service, ctx := api.client.TCP.Frontends, api.service, context.Background()

	frontend, err := frontends.Create(ctx, service, ovh.TCPFrontendCreate{Zone: ovh.AllZones, Port: "5432", DedicatedIPFO: []string{"203.0.113.7/32"}})
	check(err)
	fmt.Println(frontend.DedicatedIPFO)
	check(frontends.Update(ctx, service, frontend.FrontendID, ovh.TCPFrontendUpdate{DedicatedIPFO: ovh.Value([]string{"203.0.113.8/32"})}))
	frontend, err = frontends.Get(ctx, service, frontend.FrontendID)
	check(err)
	fmt.Println(frontend.DedicatedIPFO)
	// Output:
	// [203.0.113.7/32]
	// [203.0.113.8/32]
}

// As with HTTP.
func ExampleUDPFrontendService_dedicatedIP() {
	api := ownAddresses()
	defer api.Close()
	frontends, service, ctx := api.client.UDP.Frontends, api.service, context.Background()

	frontend, err := frontends.Create(ctx, service, ovh.UDPFrontendCreate{Zone: ovh.AllZones, Port: "53", DedicatedIPFO: []string{"203.0.113.7/32"}})
	check(err)
	fmt.Println(frontend.DedicatedIPFO)
	check(frontends.Update(ctx, service, frontend.FrontendID, ovh.UDPFrontendUpdate{DedicatedIPFO: ovh.Value([]string{"203.0.113.8/32"})}))
	frontend, err = frontends.Get(ctx, service, frontend.FrontendID)
	check(err)
	fmt.Println(frontend.DedicatedIPFO)
	// Output:
	// [203.0.113.7/32]
	// [203.0.113.8/32]
}
