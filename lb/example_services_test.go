package lb_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// What is written against a Provider runs on every cloud. The line that makes it says
// which: ovh.NewProvider, scaleway.NewProvider, or, as here, one in memory.
func ExampleProvider() {
	ctx := context.Background()
	var provider lb.Provider = lbtest.NewMemory()

	fmt.Println(provider.Name())
	fmt.Println("addresses can be moved:", provider.Capabilities().Has("addresses.attach"))
	for balancer, err := range provider.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}) {
		fmt.Println(balancer, err)
	}
	// Output:
	// memory
	// addresses can be moved: true
}

// Read is the cheapest way to all that is in a load balancer.
func ExampleLoadBalancers() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithPolls(0))

	balancer, err := provider.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "edge", Tags: []string{"shop"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := lb.WaitReady(ctx, provider, balancer.ID); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := provider.Backends().Create(ctx, balancer.ID, lb.BackendSpec{Name: "app", Protocol: lb.ProtocolTCP, Port: 5432}); err != nil {
		fmt.Println(err)
		return
	}
	tree, err := provider.LoadBalancers().Read(ctx, balancer.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tree.LoadBalancer.Name, tree.LoadBalancer.Provisioning)
	for _, backend := range tree.Backends {
		fmt.Println(backend.Name, backend.Protocol, backend.Port)
	}
	// Output:
	// edge ready
	// app tcp 5432
}

// An Update changes what its function changes. Where that is nothing, nothing is sent.
func ExampleBackends() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})

	backend, err := provider.Backends().Create(ctx, balancer,
		lb.BackendSpec{
			Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080,
			HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTP, Interval: lb.Duration(30 * time.Second)},
		},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2")},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	backend, err = provider.Backends().Update(ctx, backend.ID, func(b *lb.BackendSpec) error {
		b.Algorithm = lb.AlgorithmLeastConn
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(backend.Algorithm, backend.HealthCheck.Interval)

	for health, err := range provider.Backends().Health(ctx, backend.ID, lb.PageOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(health.Server, health.State)
	}
	// Output:
	// leastconn 30s
	// memory/lb-1/backend-1/server-1 healthy
	// memory/lb-1/backend-1/server-2 healthy
}

// A server is drained by its weight, and taken out. The last one stays, unless an empty
// set is what is asked for.
func ExampleServers() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	backend, err := provider.Backends().Create(ctx, balancer, lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080})
	if err != nil {
		fmt.Println(err)
		return
	}

	servers, err := provider.Servers().Add(ctx, backend.ID,
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2")},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	drained, err := provider.Servers().Update(ctx, servers[0].ID, func(s *lb.ServerSpec) error {
		s.Weight = new(int)
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(drained.Address, "has weight", *drained.Weight)

	fmt.Println(provider.Servers().Remove(ctx, drained.ID))
	_, err = provider.Servers().Set(ctx, backend.ID, nil, lb.SetOptions{})
	fmt.Println(errors.Is(err, lb.ErrInvalid))
	// Output:
	// 10.0.0.1 has weight 0
	// <nil>
	// true
}

func ExampleFrontends() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	backend, err := provider.Backends().Create(ctx, balancer, lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = provider.Frontends().Create(ctx, balancer, lb.FrontendSpec{
		Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend.ID,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for frontend, err := range provider.Frontends().List(ctx, balancer, lb.ListOptions{Name: "web"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(frontend.Name, frontend.Ports, frontend.DefaultBackend == backend.ID)
	}

	// A backend that traffic is sent to cannot be deleted.
	fmt.Println(errors.Is(provider.Backends().Delete(ctx, backend.ID), lb.ErrInUse))
	// Output:
	// web [80] true
	// true
}

// newFrontend makes a frontend with a default backend for the examples of its rules.
func newFrontend(ctx context.Context, provider lb.Provider, balancer lb.LoadBalancerID) (*lb.Frontend, error) {
	backend, err := provider.Backends().Create(ctx, balancer, lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080})
	if err != nil {
		return nil, err
	}
	return provider.Frontends().Create(ctx, balancer, lb.FrontendSpec{
		Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend.ID,
	})
}

// The first filter that matches decides. Here everyone but the office is kept away from
// the administration, and plain HTTP is sent to HTTPS.
func ExampleFilters() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	frontend, err := newFrontend(ctx, provider, balancer)
	if err != nil {
		fmt.Println(err)
		return
	}

	filters, err := provider.Filters().Set(ctx, frontend.ID, []lb.FilterSpec{
		{
			Name: "office only", Action: lb.FilterDeny, Match: lb.Match{
				{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/admin"}},
				{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}, Not: true},
			},
		},
		{Name: "https", Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https", Code: 301}},
	}, lb.SetOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, filter := range filters {
		fmt.Println(filter.Name, filter.Action, len(filter.Match))
	}
	// Output:
	// office only deny 2
	// https redirect 0
}

// What no route claims goes to the frontend's default backend.
func ExampleRoutes() {
	ctx := context.Background()
	provider := lbtest.NewMemory()
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	frontend, err := newFrontend(ctx, provider, balancer)
	if err != nil {
		fmt.Println(err)
		return
	}
	api, err := provider.Backends().Create(ctx, balancer, lb.BackendSpec{Name: "api", Protocol: lb.ProtocolHTTP, Port: 9090})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = provider.Routes().Set(ctx, frontend.ID, []lb.RouteSpec{{
		Backend: api.ID,
		Match:   lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/v1/"}}},
	}}, lb.SetOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for route, err := range provider.Routes().List(ctx, frontend.ID, lb.PageOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(route.Match[0].Values, route.Backend == api.ID)
	}
	// Output: [/v1/] true
}

// A managed certificate is ordered by its domains, and takes a while.
func ExampleCertificates() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithPolls(0))
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})

	ordered, err := provider.Certificates().Create(ctx, balancer, lb.CertificateSpec{Name: "site", Domains: []string{"www.example.org"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	certificate, err := lb.WaitCertificate(ctx, provider, ordered.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(certificate.Name, certificate.Source, certificate.Provisioning, certificate.Domains)
	// Output: site managed ready [www.example.org]
}

// A failover address moves to a load balancer and serves there once that is published.
func ExampleAddresses() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithPolls(0))
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})

	address, err := provider.Addresses().Allocate(ctx, lb.AddressSpec{})
	if err != nil {
		fmt.Println(err)
		return
	}
	operation, err := provider.Addresses().Attach(ctx, address.ID, balancer)
	if err == nil {
		_, err = lb.WaitOperation(ctx, provider, operation)
	}
	if err == nil {
		_, err = lb.Publish(ctx, provider, balancer)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	address, err = provider.Addresses().Get(ctx, address.ID)
	fmt.Println(address.LoadBalancer == balancer, err)
	// Output: true <nil>
}

// An operation is what a Commit, an Attach or a Detach returns. WaitOperation follows
// one to its end.
func ExampleOperations() {
	ctx := context.Background()
	provider := lbtest.NewMemory(lbtest.WithStaging(), lbtest.WithPolls(0))
	balancer := provider.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge"})
	if _, err := newFrontend(ctx, provider, balancer); err != nil {
		fmt.Println(err)
		return
	}

	operation, err := provider.LoadBalancers().Commit(ctx, balancer, lb.CommitOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	operation, err = provider.Operations().Get(ctx, operation.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(operation.Action, operation.Status)
	// Output: commit done
}

// A configuration is checked without a request: what the provider would refuse is named
// with its path, and what it would add is in the canonical form.
func ExampleDialect() {
	provider := lbtest.NewMemory()

	canonical, _, err := provider.Dialect().Backend(lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080}, nil)
	fmt.Println(canonical.Algorithm, err)

	_, _, err = provider.Dialect().Backend(lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8443, TLS: &lb.BackendTLS{}, CookieName: "session",
	}, nil)
	fmt.Println(err)
	// Output:
	// roundrobin <nil>
	// memory: backend: invalid: cookieName: there is a cookie with stickiness cookie alone
	// memory: tls.verify: unsupported: this provider has no default for it (feature backend.tls.verify.unset; hint: set Verify: system, none, or ca with CA)
}

// A program that many people run at once may look less often.
func ExampleWithPoll() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	balancer, err := lb.WaitReady(ctx, provider, "lb-1", lb.WithPoll(5*time.Millisecond, 10*time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(balancer.Name, balancer.Provisioning)
	// Output: edge ready
}

func ExampleWithProgress() {
	ctx := context.Background()
	provider := newCloud()                                     // any lb.Provider
	quickly := lb.WithPoll(time.Millisecond, time.Millisecond) // for the sake of the example: leave it out

	_, err := lb.WaitReady(ctx, provider, "lb-1", quickly, lb.WithProgress(func(p lb.Progress) {
		fmt.Printf("look %d: %s %s is %s\n", p.Polls, p.Kind, p.ID, p.State)
	}))
	fmt.Println(err)
	// Output:
	// look 1: load balancer lb-1 is pending
	// look 2: load balancer lb-1 is updating
	// look 3: load balancer lb-1 is ready
	// <nil>
}
