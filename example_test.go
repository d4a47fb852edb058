package lbkit_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// serve makes a website live on a load balancer, on any provider.
func serve(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	backend, err := p.Backends().Create(ctx, id,
		lb.BackendSpec{
			Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080,
			HealthCheck: &lb.HealthCheck{
				Type: lb.CheckHTTP, Interval: lb.Duration(30 * time.Second),
				HTTP: &lb.HTTPCheck{Method: "GET", Path: "/"},
			},
		},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.12")},
	)
	if err != nil {
		return err
	}
	if _, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{
		Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend.ID,
	}); err != nil {
		return err
	}
	if _, err := lb.Publish(ctx, p, id); err != nil { // all of it is live when it returns
		return err
	}
	return lb.WaitHealthy(ctx, p, backend.ID, 2)
}

// drain takes the servers at an address out of a farm's traffic, with OVHcloud's own client.
func drain(ctx context.Context, client *ovh.Client, service string, farm int64, address string) error {
	servers := client.HTTP.Farms.Servers
	for server, err := range servers.List(ctx, service, farm, ovh.HTTPServerListOptions{Address: address}) {
		if err != nil {
			return err
		}
		if err := servers.Update(ctx, service, farm, server.ServerID, ovh.HTTPServerUpdate{Weight: ovh.Value(0)}); err != nil {
			return err
		}
	}
	_, err := client.LoadBalancers.Refresh(ctx, service, ovh.RefreshOptions{}) // makes it live: see client.Tasks
	return err
}

// rollOut makes a load balancer what a file says, on any provider, if whoever sees the plan agrees.
func rollOut(ctx context.Context, p lb.Provider, id lb.LoadBalancerID, file io.Reader, agree func(*topology.Plan) bool) error {
	want, err := topology.Decode(file)
	if err != nil {
		return err // every fault, with its line
	}
	if err := want.Check(p); err != nil {
		return err // everything that p would refuse, before anything is sent
	}
	plan, err := topology.NewPlan(ctx, p, id, want) // reads only, and prints like a diff
	if err != nil || !plan.Empty() && !agree(plan) {
		return err
	}
	_, err = plan.Apply(ctx, p) // of an empty plan: publishes what an interrupted one has written
	return err                  // nil: all of it is live
}

// blog is the file that the README shows.
const blog = `loadBalancer: {name: blog}
backends:
  - name: app
    protocol: http
    port: 8080
    healthCheck: {type: http, interval: 30s, http: {method: GET, path: /health}}
    servers:
      - address: 10.0.0.11
      - address: 10.0.0.12
frontends:
  - name: web
    protocol: http
    ports: [80]
    defaultBackend: app
`

// A file is rolled out, and one of its servers drained.
func Example_declarative() {
	ctx := context.Background()
	cloud := ovhtest.NewServer(ovhtest.WithSpeed(50))
	defer cloud.Close()
	client, err := cloud.Client()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, service := ovh.NewProvider(client), cloud.AddService("gra")
	id := lb.LoadBalancerID(service)
	if _, err := p.LoadBalancers().Update(ctx, id, func(s *lb.LoadBalancerSpec) error { s.Name = "blog"; return nil }); err != nil {
		fmt.Println(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := rollOut(ctx, p, id, strings.NewReader(blog), func(plan *topology.Plan) bool {
			for _, step := range plan.Steps {
				fmt.Println(step.Action, step.Kind, step.Name)
			}
			return true
		}); err != nil {
			fmt.Println(err)
		}
	}
	backend, err := lb.One(p.Backends().List(ctx, id, lb.ListOptions{Name: "app"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _, farm, err := ovh.ParseBackendID(backend.ID)
	if err == nil {
		err = drain(ctx, client, service, farm, "10.0.0.11")
	}
	fmt.Println("drained:", err)
	// Output:
	// create backend app
	// create frontend web
	// drained: <nil>
}

// One function manages a load balancer on both clouds. Here the clouds are API
// servers on loopback, whose clocks run 50 times as fast as the wall's.
func Example() {
	ctx := context.Background()

	cloud := ovhtest.NewServer(ovhtest.WithSpeed(50))
	defer cloud.Close()
	client, err := cloud.Client() // in a program: ovh.NewClientFromEnv()
	if err == nil {
		err = serve(ctx, ovh.NewProvider(client), lb.LoadBalancerID(cloud.AddService("gra")))
	}
	fmt.Println("OVHcloud:", err)

	other := scalewaytest.NewServer(scalewaytest.WithSpeed(50))
	defer other.Close()
	fmt.Println("Scaleway:", serveOnScaleway(ctx, other))
	// Output:
	// OVHcloud: <nil>
	// Scaleway: <nil>
}

func serveOnScaleway(ctx context.Context, cloud *scalewaytest.Server) error {
	client, err := cloud.Client() // in a program: scaleway.NewClientFromEnv()
	if err != nil {
		return err
	}
	p, err := scaleway.NewProvider(client, []scaleway.Zone{"fr-par-1"})
	if err != nil {
		return err
	}
	balancer, err := p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "web", Zone: "fr-par-1"})
	if err != nil {
		return err
	}
	if _, err := lb.WaitReady(ctx, p, balancer.ID); err != nil {
		return err
	}
	return serve(ctx, p, balancer.ID)
}

// TestQuickStartsOfREADME: the package's page, which has the examples above, and the
// README show one text. So go test finds a quick start that the API has left behind, without
// a network and with every other test. That all snippets of the README work where a user
// pastes them, in a module of their own, is what .ci/run newcomer shows.
func TestQuickStartsOfREADME(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"blog": "```yaml\n" + blog + "```"}
	for _, name := range []string{"serve", "drain", "rollOut"} {
		_, rest, _ := strings.Cut(string(source), "\n// "+name+" ")
		body, _, found := strings.Cut(rest, "\n}\n")
		if !found {
			t.Fatalf("there is no function %s", name)
		}
		want[name] = "```go\n// " + name + " " + body + "\n}\n```"
	}
	for name, snippet := range want {
		if !strings.Contains(string(readme), snippet) {
			t.Errorf("README.md does not show %s:\n%s", name, snippet)
		}
	}
}
