package account

import (
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// Speed is how much faster than the wall's the clocks of the servers on loopback run.
const Speed = 50

// Spare is an Additional IP that the account on loopback has beside its load balancer,
// at OVH.
var Spare = netip.MustParsePrefix("203.0.113.8/32")

// shop is what the load balancer on loopback serves when an example comes.
//
//go:embed shop.yaml
var shop string

// inMemory is a context's key.
type inMemory struct{}

// InMemory has Open serve over connections in memory instead of a port, for tests in a
// testing/synctest bubble: there the pauses of waits take no time.
func InMemory(ctx context.Context) context.Context {
	return context.WithValue(ctx, inMemory{}, true)
}

func openLoopback(ctx context.Context, f *Flags) (*Account, error) {
	open, known := map[string]func(context.Context, *Flags) (*Account, error){"ovh": openOVH, "scaleway": openScaleway}[f.Provider]
	if !known {
		return nil, unknown(f.Provider)
	}
	a, err := open(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("setting up %s on loopback: %w", f.Provider, err)
	}
	return a, nil
}

// openOVH gives a service a shop. At OVH a load balancer is ordered: it is there before any
// program comes.
func openOVH(ctx context.Context, f *Flags) (_ *Account, err error) {
	opts := []ovhtest.Option{ovhtest.WithSpeed(Speed)}
	if ctx.Value(inMemory{}) != nil {
		opts = append(opts, ovhtest.WithPipe())
	}
	server := ovhtest.NewServer(opts...)
	defer closeAfter(server, &err)
	setUp, err := server.Client()
	if err != nil {
		return nil, err
	}
	id := lb.LoadBalancerID(server.AddService("gra"))
	server.AddAddresses("", Spare)
	if !f.Empty {
		if err := furnish(ctx, ovh.NewProvider(setUp), id); err != nil {
			return nil, err
		}
	}
	client, err := server.Client(ovh.WithObserver(f.observe))
	if err != nil {
		return nil, err
	}
	return &Account{Provider: ovh.NewProvider(client), LoadBalancer: id, server: server}, nil
}

// openScaleway creates a load balancer with a shop.
func openScaleway(ctx context.Context, f *Flags) (_ *Account, err error) {
	opts := []scalewaytest.Option{scalewaytest.WithSpeed(Speed)}
	if ctx.Value(inMemory{}) != nil {
		opts = append(opts, scalewaytest.WithPipe())
	}
	server := scalewaytest.NewServer(opts...)
	defer closeAfter(server, &err)
	setUp, err := server.Client()
	if err != nil {
		return nil, err
	}
	p, err := scaleway.NewProvider(setUp, nil)
	if err != nil {
		return nil, err
	}
	created, err := p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "shop"})
	if err != nil {
		return nil, err
	}
	if _, err := lb.WaitReady(ctx, p, created.ID, quickly); err != nil {
		return nil, err
	}
	if !f.Empty {
		if err := furnish(ctx, p, created.ID); err != nil {
			return nil, err
		}
	}
	client, err := server.Client(scaleway.WithObserver(f.observe))
	if err != nil {
		return nil, err
	}
	if p, err = scaleway.NewProvider(client, nil); err != nil {
		return nil, err
	}
	return &Account{Provider: p, LoadBalancer: created.ID, server: server}, nil
}

// closeAfter ends a server that nobody will use.
func closeAfter(s server, err *error) {
	if *err != nil {
		s.Close()
	}
}

// quickly suits a server whose clock runs fast.
var quickly = lb.WithPoll(20*time.Millisecond, 100*time.Millisecond)

// furnish puts the shop on the load balancer, and waits until its servers are healthy.
func furnish(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	want, err := topology.Decode(strings.NewReader(shop))
	if err != nil {
		return err
	}
	for i := range want.Certificates {
		c := &want.Certificates[i]
		if c.PEM, c.Key, err = SelfSigned(10*24*time.Hour, "shop.example", "www.shop.example"); err != nil {
			return err
		}
	}
	plan, err := topology.NewPlan(ctx, p, id, want)
	if err != nil {
		return err
	}
	if _, err := plan.Apply(ctx, p, topology.WithWait(quickly)); err != nil {
		return err
	}
	for backend, err := range p.Backends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		if err := lb.WaitHealthy(ctx, p, backend.ID, 2, quickly); err != nil {
			return fmt.Errorf("backend %s: %w", backend.Name, err)
		}
	}
	return nil
}
