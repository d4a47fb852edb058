package main

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// speed is how much faster than the wall's the clocks of the loopback servers
// run.
const speed = 50

// onLoopback takes the tour on both clouds, without an account.
func onLoopback(ctx context.Context, f flags) error {
	if err := onOVH(ctx, f); err != nil {
		return fmt.Errorf("ovh: %w", err)
	}
	fmt.Println()
	if err := onScaleway(ctx, f); err != nil {
		return fmt.Errorf("scaleway: %w", err)
	}
	return nil
}

func onOVH(ctx context.Context, f flags) error {
	fmt.Println("== OVHcloud IP Load Balancing, on loopback ==")
	server := ovhtest.NewServer(ovhtest.WithSpeed(speed))
	defer server.Close()
	client, err := server.Client()
	if err != nil {
		return err
	}
	f.lb = server.AddService("gra")
	p := ovh.NewProvider(client)
	if err := furnish(ctx, p, lb.LoadBalancerID(f.lb)); err != nil {
		return err
	}
	return onLoadBalancer(ctx, p, f, func(id lb.ServerID) { server.SetHealth(id, lb.HealthDown) })
}

func onScaleway(ctx context.Context, f flags) error {
	fmt.Println("== Scaleway Load Balancer, on loopback ==")
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(speed))
	defer server.Close()
	client, err := server.Client()
	if err != nil {
		return err
	}
	p, err := scaleway.NewProvider(client, []scaleway.Zone{scaleway.Zone(f.zone)})
	if err != nil {
		return err
	}
	return onLoadBalancer(ctx, p, f, func(id lb.ServerID) { server.SetHealth(id, lb.HealthDown) })
}

// furnish gives a load balancer that was ordered, and so is never ours alone,
// the website that it serves before the tour comes. OVH refuses to publish a
// configuration without any frontend.
func furnish(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	backend, err := p.Backends().Create(ctx, id,
		lb.BackendSpec{Name: "website", Protocol: lb.ProtocolHTTP, Port: 80},
		lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.21")})
	if err != nil {
		return err
	}
	_, err = p.Frontends().Create(ctx, id, lb.FrontendSpec{
		Name: "website", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend.ID,
	})
	if err != nil {
		return err
	}
	_, err = lb.Publish(ctx, p, id)
	return err
}
