package lb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func ExampleCollect() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	backends, err := lb.Collect(provider.Backends().List(ctx, "lb-1", lb.ListOptions{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, backend := range backends {
		fmt.Println(backend.ID, backend.Name)
	}
	// Output:
	// be-1 app
	// be-2 api
	// be-3 api
}

// A list is also ranged over directly. Breaking out of the loop sends nothing more.
func ExampleCollect_loop() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	for backend, err := range provider.Backends().List(ctx, "lb-1", lb.ListOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(backend.Name)
		break
	}
	// Output: app
}

func ExampleFirst() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	list := provider.Backends().List(ctx, "lb-1", lb.ListOptions{})
	backend, err := lb.First(list, func(b *lb.Backend) bool { return b.Name == "api" })
	fmt.Println(backend.ID, err)

	_, err = lb.First(list, func(b *lb.Backend) bool { return b.Name == "shop" })
	fmt.Println(errors.Is(err, lb.ErrNotFound))
	// Output:
	// be-2 <nil>
	// true
}

// Names need not be unique. One finds the only resource of a name, or says that there
// are several.
func ExampleOne() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	backend, err := lb.One(provider.Backends().List(ctx, "lb-1", lb.ListOptions{Name: "app"}))
	fmt.Println(backend.ID, err)

	_, err = lb.One(provider.Backends().List(ctx, "lb-1", lb.ListOptions{Name: "api"}))
	fmt.Println(errors.Is(err, lb.ErrAmbiguous))
	// Output:
	// be-1 <nil>
	// true
}

func ExamplePublish() {
	ctx := context.Background()
	provider := newCloud()                                     // any lb.Provider
	quickly := lb.WithPoll(time.Millisecond, time.Millisecond) // for the sake of the example: leave it out

	// Write first, as much as belongs together. Then, once:
	operation, err := lb.Publish(ctx, provider, "lb-1", quickly, lb.WithProgress(func(p lb.Progress) {
		fmt.Printf("%s: %d %%\n", p.State, p.Percent)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(operation.Status)
	// Output:
	// running: 50 %
	// done: 100 %
	// done
}

func ExampleWaitReady() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	provider := newCloud()                                     // any lb.Provider
	quickly := lb.WithPoll(time.Millisecond, time.Millisecond) // for the sake of the example: leave it out

	loadBalancer, err := lb.WaitReady(ctx, provider, "lb-1", quickly, lb.WithProgress(func(p lb.Progress) {
		fmt.Println(p.Polls, p.State)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(loadBalancer.Name, "is", loadBalancer.Provisioning)
	// Output:
	// 1 pending
	// 2 updating
	// 3 ready
	// edge is ready
}

func ExampleWaitDeleted() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	// There is no lb-2 any more.
	fmt.Println(lb.WaitDeleted(ctx, provider, "lb-2"))
	// Output: <nil>
}

// The ID of a certificate on order may be provisional: store the one that comes back.
func ExampleWaitCertificate() {
	ctx := context.Background()
	provider := newCloud()                                     // any lb.Provider
	quickly := lb.WithPoll(time.Millisecond, time.Millisecond) // for the sake of the example: leave it out

	certificate, err := lb.WaitCertificate(ctx, provider, "order-5", quickly)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(certificate.ID, certificate.Domains)
	// Output: cert-5 [www.example.org]
}

func ExampleWaitOperation() {
	ctx := context.Background()
	provider := newCloud()                                     // any lb.Provider
	quickly := lb.WithPoll(time.Millisecond, time.Millisecond) // for the sake of the example: leave it out

	operation, err := provider.LoadBalancers().Commit(ctx, "lb-1", lb.CommitOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	operation, err = lb.WaitOperation(ctx, provider, operation, quickly)
	var failure *lb.StateError
	switch {
	case errors.As(err, &failure):
		fmt.Println("it failed:", failure.Detail)
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(operation.ID, operation.Status)
	}
	// Output: lb-1/commit/1 done
}

func ExampleWaitHealthy() {
	ctx := context.Background()
	provider := newCloud()                                     // any lb.Provider
	quickly := lb.WithPoll(time.Millisecond, time.Millisecond) // for the sake of the example: leave it out

	err := lb.WaitHealthy(ctx, provider, "be-1", 2, quickly, lb.WithProgress(func(p lb.Progress) {
		fmt.Println(p.State)
	}))
	fmt.Println(err)
	// Output:
	// 1/2 healthy
	// 2/2 healthy
	// <nil>
}

func ExampleRequire() {
	provider := newCloud() // any lb.Provider

	if err := lb.Require(provider, "server.disabled", "loadbalancers.create", "frontend.http3"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// cloud: loadbalancers.create: unsupported (hint: order one in the console)
	// cloud: frontend.http3: unsupported
}

func ExampleClone() {
	spec := lb.LoadBalancerSpec{Name: "edge", Tags: []string{"production"}}
	copied := lb.Clone(spec)
	copied.Tags[0] = "staging"
	fmt.Println(spec.Tags, copied.Tags)
	// Output: [production] [staging]
}

func ExampleEqual() {
	retries := 0
	a := lb.BackendSpec{Name: "app", MaxRetries: &retries}
	fmt.Println(lb.Equal(a, lb.Clone(a)))
	fmt.Println(lb.Equal(a, lb.BackendSpec{Name: "app"})) // no retries, and as many as the provider likes
	// Output:
	// true
	// false
}

func ExampleDiff() {
	before := lb.BackendSpec{
		Name:        "app",
		HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP, Interval: lb.Duration(time.Minute)},
	}
	after := lb.Clone(before)
	after.Algorithm = lb.AlgorithmLeastConn
	after.HealthCheck.Interval = lb.Duration(30 * time.Second)
	after.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem}

	for _, change := range lb.Diff(before, after) {
		fmt.Printf("%s: %v -> %v\n", change.Path, change.Before, change.After)
	}
	// Output:
	// algorithm:  -> leastconn
	// healthCheck.interval: 1m0s -> 30s
	// tls: <nil> -> {system  }
}

// EdgeOptions are what a provider's package exports for the settings that have no
// neutral name.
type EdgeOptions struct {
	Zone string `json:"zone,omitzero"`
}

func (EdgeOptions) ExtensionProvider() string { return "edge" }

func ExampleExtend() {
	spec := lb.ServerSpec{
		Address:    netip.MustParseAddr("10.0.0.1"),
		Extensions: lb.Extend(EdgeOptions{Zone: "gra"}),
	}
	b, err := json.Marshal(spec)
	fmt.Println(string(b), err)
	// Output: {"address":"10.0.0.1","extensions":{"edge":{"zone":"gra"}}} <nil>
}

func ExampleExtensionOf() {
	extensions := lb.Extend(EdgeOptions{Zone: "gra"})
	options, ok, err := lb.ExtensionOf[EdgeOptions](extensions)
	fmt.Println(options.Zone, ok, err)

	// A mistake in a file does not go unnoticed.
	var spec lb.ServerSpec
	file := `{"address": "10.0.0.1", "extensions": {"edge": {"zome": "gra"}}}`
	if err := json.Unmarshal([]byte(file), &spec); err != nil {
		fmt.Println(err)
		return
	}
	_, _, err = lb.ExtensionOf[EdgeOptions](spec.Extensions)
	fmt.Println(err)
	// Output:
	// gra true <nil>
	// extensions.edge: unknown key "zome": invalid
}

func ExamplePort() {
	spec := lb.FrontendSpec{
		Protocol: lb.ProtocolTCP,
		Ports:    []lb.PortRange{lb.Port(443), {From: 8000, To: 8100}},
	}
	fmt.Println(spec.Ports)
	// Output: [443 8000-8100]
}

func ExampleNewSecret() {
	spec := lb.CertificateSpec{Name: "www", Key: lb.NewSecret("-----BEGIN PRIVATE KEY-----")}
	fmt.Printf("%+v\n", spec)
	// Output: {Name:www Domains:[] PEM: Key:[secret]}
}

// An *Error says what was done to which resource and what went wrong. Its Code is the
// same for every provider.
func ExampleError() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	_, err := provider.LoadBalancers().Get(ctx, "lb-2")
	fmt.Println(err)
	fmt.Println(errors.Is(err, lb.ErrNotFound))

	var call *lb.Error
	if errors.As(err, &call) {
		fmt.Println("for the support:", call.RequestID)
	}
	// Output:
	// cloud: loadbalancers.get: load balancer "lb-2": not found (HTTP 404, request req-7)
	// true
	// for the support: req-7
}

// An exit status by what went wrong, on any provider.
func ExampleCodeOf() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	status := map[error]int{nil: 1, lb.ErrNotFound: 2, lb.ErrUnauthorized: 3, lb.ErrUncertain: 4}
	_, err := provider.LoadBalancers().Get(ctx, "lb-2")
	fmt.Println(status[lb.CodeOf(fmt.Errorf("roll out: %w", err))])
	// Output: 2
}

// In a program whose output is JSON an error is an object.
func ExampleError_MarshalJSON() {
	ctx := context.Background()
	provider := newCloud() // any lb.Provider

	_, err := provider.LoadBalancers().Get(ctx, "lb-2")
	text, _ := json.Marshal(err)
	fmt.Println(string(text))
	// Output: {"code":"not found","provider":"cloud","op":"loadbalancers.get","kind":"load balancer","id":"lb-2","status":404,"requestId":"req-7"}
}

// A fake for a test embeds an Unimplemented type and replaces what the test is about.
// Everything else answers ErrUnsupported.
func ExampleUnimplementedProvider() {
	provider := lb.UnimplementedProvider{ProviderName: "fake"}
	_, err := provider.Frontends().Get(context.Background(), "fe-1")
	fmt.Println(err)
	// Output: fake: frontends.get: unsupported: this provider has no such call
}
