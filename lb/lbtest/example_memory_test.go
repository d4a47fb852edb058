package lbtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// rollOut stands for a user's own program: it puts a new server in the place of the ones
// that a backend has, makes that live and waits until the new one works.
func rollOut(ctx context.Context, p lb.Provider, balancer lb.LoadBalancerID, backend lb.BackendID, address netip.Addr) error {
	if _, err := p.Servers().Set(ctx, backend, []lb.ServerSpec{{Address: address}}, lb.SetOptions{}); err != nil {
		return fmt.Errorf("roll out: %w", err)
	}
	if _, err := lb.Publish(ctx, p, balancer); err != nil {
		return fmt.Errorf("roll out: %w", err)
	}
	return lb.WaitHealthy(ctx, p, backend, 1)
}

// newBackend makes a backend for the examples.
func newBackend(ctx context.Context, p lb.Provider, balancer lb.LoadBalancerID) lb.BackendID {
	backend, err := p.Backends().Create(ctx, balancer, lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTP},
	}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")})
	if err != nil {
		panic(err)
	}
	return backend.ID
}

// A program is tested with a Memory in the place of its provider.
func ExampleNewMemory() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	backend := newBackend(ctx, provider, balancer)

	err := rollOut(ctx, provider, balancer, backend, netip.MustParseAddr("10.0.0.2"))
	fmt.Println("roll out:", err)

	for server, err := range provider.Servers().List(ctx, backend, lb.ListOptions{}) {
		fmt.Println(server.ID, server.Address, err)
	}
	// Output:
	// roll out: <nil>
	// memory/lb-1/backend-1/server-2 10.0.0.2 <nil>
}

// With staging a test finds out whether its program publishes what it writes. Here, no
// wait pauses; in a bubble of testing/synctest that would not be needed.
func ExampleWithStaging() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithStaging(), lbtest.WithPolls(0))
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	backend := newBackend(ctx, provider, balancer)

	live, _ := provider.Live(balancer)
	pending, _ := provider.LoadBalancers().Pending(ctx, balancer)
	fmt.Println(len(live.Backends), "backends are live,", pending[0].Count, "write waits")

	err := rollOut(ctx, provider, balancer, backend, netip.MustParseAddr("10.0.0.2"))
	fmt.Println("roll out:", err)

	live, _ = provider.Live(balancer)
	pending, _ = provider.LoadBalancers().Pending(ctx, balancer)
	fmt.Println(live.Backends[0].Servers[0].Address, "is live,", len(pending), "writes wait")
	// Output:
	// 0 backends are live, 1 write waits
	// roll out: <nil>
	// 10.0.0.2 is live, 0 writes wait
}

// What a program does when the cloud has trouble is tested with Fail.
func ExampleMemory_Fail() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	backend := newBackend(ctx, provider, balancer)

	provider.Fail("servers.set", lb.ErrQuota, 1)
	err := rollOut(ctx, provider, balancer, backend, netip.MustParseAddr("10.0.0.2"))
	fmt.Println(errors.Is(err, lb.ErrQuota))
	fmt.Println(err)

	err = rollOut(ctx, provider, balancer, backend, netip.MustParseAddr("10.0.0.2"))
	fmt.Println(err)
	// Output:
	// true
	// roll out: memory: servers.set: quota exceeded (request memory-request-2)
	// <nil>
}

// A server that does not come up, and a commit that the cloud gives up on.
func ExampleMemory_EndNext() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithStaging(), lbtest.WithPolls(0))
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	backend := newBackend(ctx, provider, balancer)

	provider.EndNext(balancer, lb.OperationFailed)
	err := rollOut(ctx, provider, balancer, backend, netip.MustParseAddr("10.0.0.2"))
	fmt.Println(errors.Is(err, lb.ErrFailed))

	provider.SetHealth("memory/lb-1/backend-1/server-2", lb.HealthDown)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	err = rollOut(ctx, provider, balancer, backend, netip.MustParseAddr("10.0.0.2"))
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// true
	// true
}

// A test can have its provider refuse what a cloud would refuse: with that cloud's
// capabilities, or with some features taken away.
func ExampleWithCapabilities() {
	c := lbtest.NewMemory().Capabilities()
	c.Features["backend.healthCheck.timeout"] = lb.Support{Hint: "leave it out"}
	c.Limits.MinCheckInterval = lb.Duration(30 * time.Second)
	provider := lbtest.NewMemory(lbtest.WithCapabilities(c))

	_, _, err := provider.Dialect().Backend(lb.BackendSpec{
		Protocol:    lb.ProtocolHTTP,
		HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTP, Interval: lb.Duration(5 * time.Second), Timeout: lb.Duration(time.Second)},
	}, nil)
	fmt.Println(err)
	// Output:
	// memory: backend: invalid: healthCheck.interval: 5s is below 30s
	// memory: healthCheck.timeout: 1s is unsupported: this provider has no such setting (feature backend.healthCheck.timeout; hint: leave it out)
}
