// Provider is a provider of one's own, as short as it can be: that of tinylb, a small API
// that does not exist. It is made with the public packages alone, as in a module of your own.
//
// What to copy, and in which order to read it:
//
//   - client.go speaks HTTP, and makes an *lb.Error of every failure;
//   - provider.go says what the API can do, and translates between its objects and those of package lb. The calls are
//     package document's, as the API reads and writes each balancer as a whole;
//   - provider_test.go holds it all to the conformance suite.
//
// The API itself is in server.go, on loopback. The program starts it and shows that what is
// written for any provider works with this one:
//
//	go run ./examples/provider
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	server := NewServer()
	defer server.Close()
	id := server.AddBalancer("shop")
	provider := NewProvider(server.URL, server.Token, &http.Client{Timeout: time.Minute})
	for _, address := range []string{"10.0.0.11", "10.0.0.12"} { // what the API's checks will find
		server.SetHealthOf(address, lb.HealthHealthy)
	}
	return tour(ctx, out, provider, id)
}

// tour knows nothing of tinylb.
func tour(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID) error {
	backend, err := p.Backends().Create(ctx, id,
		lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11")},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.12")},
	)
	if err != nil {
		return err
	}
	front := lb.FrontendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend.ID}
	if _, err := p.Frontends().Create(ctx, id, front); err != nil {
		return err
	}
	if _, err := lb.Publish(ctx, p, id); err != nil {
		return err
	}
	if err := lb.WaitHealthy(ctx, p, backend.ID, 2); err != nil {
		return err
	}
	fmt.Fprintf(out, "live and healthy: %s, checked every %s\n", backend.Name, backend.HealthCheck.Interval)

	drained, err := p.Servers().Update(ctx, backend.Servers[0].ID, func(s *lb.ServerSpec) error {
		s.Weight = new(0)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "drained: %s has weight %d\n", drained.Address, *drained.Weight)

	front.Name, front.HSTS = "secure", true
	_, err = p.Frontends().Create(ctx, id, front)
	fmt.Fprintf(out, "refused before it is sent: %v\n", err)
	if !errors.Is(err, lb.ErrUnsupported) {
		return fmt.Errorf("want a refusal, and got %w", err)
	}
	var known *lb.Error
	if err := p.Backends().Delete(ctx, backend.ID); !errors.As(err, &known) || !errors.Is(err, lb.ErrInUse) {
		return fmt.Errorf("want it to be in use, and got %w", err)
	}
	fmt.Fprintf(out, "refused by what is there: the %s is %v\n", known.Kind, known.Code)

	for f, err := range p.Frontends().List(ctx, id, lb.ListOptions{Name: "web"}) {
		if err != nil {
			return err
		}
		if err := p.Frontends().Delete(ctx, f.ID); err != nil {
			return err
		}
	}
	if err := p.Backends().Delete(ctx, backend.ID); err != nil {
		return err
	}
	fmt.Fprintln(out, "and gone")
	return nil
}
