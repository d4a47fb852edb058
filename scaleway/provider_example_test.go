package scaleway_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// A provider is where a program that knows only the neutral contract begins.
func ExampleNewProvider() {
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(1000))
	defer server.Close()
	client, err := server.Client()
	mustDo(err)

	provider, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"})
	mustDo(err)

	ctx := context.Background()
	web, err := provider.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "web"})
	mustDo(err)
	_, err = lb.WaitReady(ctx, provider, web.ID)
	mustDo(err)

	app, err := provider.Backends().Create(ctx, web.ID, lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080,
		HealthCheck:   &lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Path: "/up", Status: []int{200}}},
		ServerTimeout: lb.Duration(30 * time.Second),
		Extensions:    lb.Extend(scaleway.BackendOptions{Redispatch: true}),
	}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.4")})
	mustDo(err)
	_, err = provider.Frontends().Create(ctx, web.ID, lb.FrontendSpec{
		Name: "http", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: app.ID,
	})
	mustDo(err)
	operation, err := lb.Publish(ctx, provider, web.ID)
	mustDo(err)

	fmt.Println(operation.Status, app.HealthCheck.Interval, app.Servers[0].Address)
	// Output: done 3s 10.0.0.4
}

// The client has what the neutral contract has no name for.
func ExampleClientOf() {
	server := scalewaytest.NewServer()
	defer server.Close()
	client, err := server.Client()
	mustDo(err)
	provider, err := scaleway.NewProvider(client, nil)
	mustDo(err)

	native, ok := scaleway.ClientOf(provider)
	fmt.Println(ok, native == client)
	// Output: true true
}

// One string is all that a program stores of a server.
func ExampleParseServerID() {
	id := scaleway.FormatServerID("fr-par-1", "105bdce1-64c0-48ab-899d-868455867ecf", netip.MustParseAddr("10.0.0.4"))
	zone, backend, address, err := scaleway.ParseServerID(id)
	fmt.Println(zone, backend, address, err)
	// Output: fr-par-1 105bdce1-64c0-48ab-899d-868455867ecf 10.0.0.4 <nil>
}
