package rest_test

import (
	"net/netip"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// room is a load balancer of a provider with what the makers need in it.
type room struct {
	p       lb.Provider
	faults  *lbtest.Faults
	lb      lb.LoadBalancerID
	backend lb.BackendID

	frontend lb.FrontendID // for filters and routes
}

func ovhRoom(t *testing.T, opts ...ovh.ProviderOption) *room {
	t.Helper()
	server := ovhtest.NewServer(ovhtest.WithPipe())
	t.Cleanup(server.Close)
	client, err := server.Client(ovh.WithRetry(quick), ovh.WithAttemptTimeout(attemptTimeout))
	if err != nil {
		t.Fatal(err)
	}
	r := &room{p: ovh.NewProvider(client, opts...), faults: server.Faults(), lb: lb.LoadBalancerID(server.AddService("gra"))}
	return r.furnish(t)
}

func scalewayRoom(t *testing.T) *room {
	t.Helper()
	server := scalewaytest.NewServer(scalewaytest.WithPipe())
	t.Cleanup(server.Close)
	client, err := server.Client(scaleway.WithRetry(quick), scaleway.WithAttemptTimeout(attemptTimeout))
	if err != nil {
		t.Fatal(err)
	}
	p, err := scaleway.NewProvider(client, []scaleway.Zone{zone})
	if err != nil {
		t.Fatal(err)
	}
	balancer, err := p.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "room", Zone: string(zone)})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{p: p, faults: server.Faults(), lb: balancer.ID}
	return r.furnish(t)
}

// open gives r a frontend, for rules.
func (r *room) open(t *testing.T) {
	t.Helper()
	spec := lb.FrontendSpec{Name: "there", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(81)}, DefaultBackend: r.backend}
	frontend, err := r.p.Frontends().Create(t.Context(), r.lb, spec)
	if err != nil {
		t.Fatal(err)
	}
	r.frontend = frontend.ID
}

func (r *room) furnish(t *testing.T) *room {
	t.Helper()
	spec := httpBackend
	spec.Name = "there"
	backend, err := r.p.Backends().Create(t.Context(), r.lb, spec, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	r.backend = backend.ID
	return r
}
