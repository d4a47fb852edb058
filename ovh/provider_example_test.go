package ovh_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// onLoopback is a provider on an API on loopback that holds one load balancer. With
// an account, the client is made by ovh.NewClient or ovh.NewClientFromEnv.
func onLoopback() (provider lb.Provider, id lb.LoadBalancerID, stop func(), err error) {
	server := ovhtest.NewServer(ovhtest.WithSpeed(100))
	client, err := server.Client()
	if err != nil {
		server.Close()
		return nil, "", nil, err
	}
	return ovh.NewProvider(client), ovh.FormatLoadBalancerID(server.AddService("gra")), server.Close, nil
}

// A backend with two servers and a frontend are written, and made live together.
func ExampleNewProvider() {
	ctx := context.Background()
	provider, id, stop, err := onLoopback()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	backend, err := provider.Backends().Create(ctx, id, lb.BackendSpec{
		Name:        "web",
		Protocol:    lb.ProtocolHTTP,
		Port:        8080,
		HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Path: "/health"}},
	}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2")})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := provider.Frontends().Create(ctx, id, lb.FrontendSpec{
		Protocol:       lb.ProtocolHTTP,
		Ports:          []lb.PortRange{lb.Port(80)},
		DefaultBackend: backend.ID,
	}); err != nil {
		fmt.Println(err)
		return
	}
	operation, err := lb.Publish(ctx, provider, id, lb.WithPoll(time.Millisecond, 10*time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(backend.Algorithm, len(backend.Servers), operation.Status)
	// Output: roundrobin 2 done
}

// What the contract has no words for is done by the client.
func ExampleClientOf() {
	ctx := context.Background()
	provider, id, stop, err := onLoopback()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	client, ok := ovh.ClientOf(provider)
	if !ok {
		fmt.Println("not OVH")
		return
	}
	service, err := ovh.ParseLoadBalancerID(id)
	if err != nil {
		fmt.Println(err)
		return
	}
	probes, err := client.LoadBalancers.AvailableFarmProbes(ctx, service)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, probe := range probes {
		fmt.Print(probe.Type, " ")
	}
	fmt.Println()
	// Output: http mysql oco pgsql smtp tcp
}

// The Dialect names everything that OVH cannot express, before any request.
func ExampleNewProvider_dialect() {
	provider, _, stop, err := onLoopback()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	_, _, err = provider.Dialect().Backend(lb.BackendSpec{
		Protocol:      lb.ProtocolHTTP,
		ServerTimeout: lb.Duration(30 * time.Second),
		HealthCheck:   &lb.HealthCheck{Type: lb.CheckRedis},
	}, nil)
	var problems lb.Problems
	if errors.As(err, &problems) {
		for _, problem := range problems {
			var unsupported *lb.UnsupportedError
			if errors.As(problem, &unsupported) {
				fmt.Println(unsupported.Path, unsupported.Value)
			}
		}
	}
	// Output:
	// healthCheck.type redis
	// serverTimeout 30s
}

// A server's own value of a setting is in its extension where the servers of a
// backend differ.
func ExampleServerOptions() {
	ctx := context.Background()
	provider, id, stop, err := onLoopback()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	v2 := lb.ProxyProtocolV2
	backend, err := provider.Backends().Create(ctx, id, lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV1},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2"), Extensions: lb.Extend(ovh.ServerOptions{ProxyProtocol: &v2})})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(backend.Mixed)
	for _, server := range backend.Servers {
		own, _, err := lb.ExtensionOf[ovh.ServerOptions](server.Extensions)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(server.Address, *own.ProxyProtocol)
	}
	// Output:
	// [proxyProtocol]
	// 10.0.0.1 v1
	// 10.0.0.2 v2
}

// IDs are strings that hold everything needed to address an object.
func ExampleParseBackendID() {
	service, protocol, farm, err := ovh.ParseBackendID("loadbalancer-ab12/http/farm/12")
	fmt.Println(service, protocol, farm, err)
	// Output: loadbalancer-ab12 http 12 <nil>
}
