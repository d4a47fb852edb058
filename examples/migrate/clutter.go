package main

import (
	"context"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// clutterOVH is what grows on OVH: a backend that nobody has named, servers with names and
// weights, one that is out of service, a frontend on several ports, and a denial with a
// status of its own.
func clutterOVH(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	backend, err := p.Backends().Create(ctx, id,
		lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 9000, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}},
		lb.ServerSpec{Name: "big", Address: netip.MustParseAddr("10.0.0.31"), Weight: new(3)},
		lb.ServerSpec{Name: "small", Address: netip.MustParseAddr("10.0.0.32")},
		lb.ServerSpec{Name: "old", Address: netip.MustParseAddr("10.0.0.33"), Disabled: true},
	)
	if err != nil {
		return err
	}
	frontend, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{
		Name: "media", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(8000), lb.Port(8001)}, DefaultBackend: backend.ID,
	})
	if err != nil {
		return err
	}
	_, err = p.Filters().Set(ctx, frontend.ID, []lb.FilterSpec{{
		Name: "bots", Action: lb.FilterDeny, Status: 429,
		Match: lb.Match{{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}}},
	}}, lb.SetOptions{})
	if err != nil {
		return err
	}
	_, err = lb.Publish(ctx, p, id)
	return err
}

// clutterScaleway is what grows on Scaleway: two backends of one name, timeouts, a page for
// when no server is up, and a frontend that limits connections.
func clutterScaleway(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	var backend *lb.Backend
	for _, address := range []string{"10.0.0.31", "10.0.0.32"} {
		var err error
		backend, err = p.Backends().Create(ctx, id,
			lb.BackendSpec{
				Name: "media", Protocol: lb.ProtocolHTTP, Port: 9000, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP},
				ServerTimeout: lb.Duration(2 * time.Minute), MaxConnections: 500,
				Extensions: lb.Extend(scaleway.BackendOptions{FailoverHost: "sorry.s3-website.fr-par.scw.cloud"}),
			},
			lb.ServerSpec{Address: netip.MustParseAddr(address)},
		)
		if err != nil {
			return err
		}
	}
	frontend, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{
		Name: "media", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(8000)}, DefaultBackend: backend.ID, ConnectionRate: 100,
	})
	if err != nil {
		return err
	}
	_, err = p.Filters().Set(ctx, frontend.ID, []lb.FilterSpec{{
		Name: "bots", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}}},
	}}, lb.SetOptions{})
	if err != nil {
		return err
	}
	_, err = lb.Publish(ctx, p, id)
	return err
}
