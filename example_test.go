package lbkit_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
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

// TestQuickStartOfREADME: the README shows serve as it is here, where it is
// compiled and run.
func TestQuickStartOfREADME(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "// serve makes")
	body, _, found := strings.Cut(rest, "\n}\n")
	if want := "```go\n// serve makes" + body + "\n}\n```"; !found || !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not show:\n%s", want)
	}
}
