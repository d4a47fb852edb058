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

// Private networks are options of the neutral load balancer, for a provider that is asked
// to look after them. An update attaches what comes and detaches what goes; the rest keeps
// its addresses.
func ExampleWithPrivateNetworks() {
	server := scalewaytest.NewServer(scalewaytest.WithTimings(scalewaytest.Timings{Creation: 1, PrivateNetwork: 1}))
	defer server.Close()
	client, err := server.Client()
	mustDo(err)
	provider, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"}, scaleway.WithPrivateNetworks())
	mustDo(err)

	ctx := context.Background()
	staging := scaleway.AttachedNetwork{Network: "72f42432-cdd1-4dab-adc9-8fc049a257aa"}
	web, err := provider.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{
		Name: "web", Extensions: lb.Extend(scaleway.LoadBalancerOptions{PrivateNetworks: []scaleway.AttachedNetwork{staging}}),
	})
	mustDo(err)
	web, err = provider.LoadBalancers().Update(ctx, web.ID, func(spec *lb.LoadBalancerSpec) error {
		options, _, err := lb.ExtensionOf[scaleway.LoadBalancerOptions](spec.Extensions)
		options.PrivateNetworks = append(options.PrivateNetworks, scaleway.AttachedNetwork{
			Network: "925eac0c-4b14-4c81-b800-b83418e63593", Address: "6f37ce50-98f4-4a8f-84ae-ef1e1b2f06bf",
		})
		spec.Extensions = spec.Extensions.With(options)
		return err
	})
	mustDo(err)
	fmt.Println(web.Extensions)
	// Output: {"scaleway":{"privateNetworks":[{"network":"72f42432-cdd1-4dab-adc9-8fc049a257aa"},{"network":"925eac0c-4b14-4c81-b800-b83418e63593"}]}}
}

// A key that sees several projects lists one of them.
func ExampleInProject() {
	server := scalewaytest.NewServer()
	defer server.Close()
	client, err := server.Client()
	mustDo(err)
	provider, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"}, scaleway.InProject(exampleProject))
	mustDo(err)

	ctx := context.Background()
	inProject := lb.Extend(scaleway.LoadBalancerOptions{Project: exampleProject})
	for _, spec := range []lb.LoadBalancerSpec{{Name: "elsewhere"}, {Name: "here", Extensions: inProject}} {
		_, err := provider.LoadBalancers().Create(ctx, spec)
		mustDo(err)
	}
	for listed, err := range provider.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}) {
		mustDo(err)
		fmt.Println(listed.Name)
	}
	// Output: here
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
