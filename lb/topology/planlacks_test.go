package topology_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// lacking is a load balancer of a provider that lacks features, and does not mention others.
func lacking(features []lb.Feature, unlisted ...lb.Feature) *cloud {
	can := lbtest.NewMemory().Capabilities()
	for _, feature := range features {
		can.Features[feature] = lb.Support{Hint: "do without"}
	}
	for _, feature := range unlisted {
		delete(can.Features, feature)
	}
	memory := lbtest.NewMemory(lbtest.WithPolls(0), lbtest.WithCapabilities(can))
	return &cloud{Provider: memory, watch: memory, id: memory.AddLoadBalancer(lb.LoadBalancerSpec{
		Name: "main", Tags: []string{"prod"}, Plan: "big", Zone: "here", TLSPolicy: lb.TLSPolicyModern,
	})}
}

// What cannot change of the load balancer itself is left as it is where the topology leaves
// it out, and is a problem where it says something else.
func TestPlanLeavesWhatCannotChange(t *testing.T) {
	t.Parallel()
	c := lacking([]lb.Feature{"loadbalancer.name.update", "loadbalancer.tags.update", "loadbalancer.tlsPolicy.update"})
	c.empty(t, &topology.Spec{})
	for path, spec := range map[string]lb.LoadBalancerSpec{
		"loadBalancer.name": {Name: "other"}, "loadBalancer.tags": {Tags: []string{"test"}}, "loadBalancer.tlsPolicy": {TLSPolicy: lb.TLSPolicyLegacy},
	} {
		c.refuses(t, path, &topology.Spec{LoadBalancer: spec}, lb.ErrUnsupported, path, "do without")
	}
}

// What a provider says of a struct and of its fields counts as its Dialect takes it: of a
// struct that is not listed, that one of the fields can change, and of a field that is, what
// is listed of that.
func TestPlanOfUnlistedFeatures(t *testing.T) {
	t.Parallel()
	none := func(b *lb.BackendSpec) { b.HealthCheck = nil }
	slower := func(b *lb.BackendSpec) { b.HealthCheck.Interval = lb.Duration(7 * time.Second) }
	for name, test := range map[string]struct {
		unlisted []lb.Feature
		change   func(*lb.BackendSpec)
		want     topology.Action
	}{
		"a struct":              {[]lb.Feature{"backend.healthCheck", "backend.healthCheck.unset", "backend.healthCheck.update"}, none, topology.ActionUpdate},
		"of a field of it":      {[]lb.Feature{"backend.healthCheck", "backend.healthCheck.unset", "backend.healthCheck.update"}, slower, topology.ActionUpdate},
		"that a field changes":  {[]lb.Feature{"backend.healthCheck.interval.update"}, slower, topology.ActionReplace},
		"that a struct changes": {[]lb.Feature{"backend.healthCheck.update"}, none, topology.ActionReplace},
		"of what else changes":  {[]lb.Feature{"backend.healthCheck.update"}, slower, topology.ActionUpdate},
	} {
		c := lacking(nil, test.unlisted...)
		want := listening(80, 81)
		c.apply(t, want)
		test.change(&want.Backends[0].BackendSpec)
		plan := c.apply(t, want)
		if plan.Steps[0].Action != test.want {
			t.Errorf("%s: want to %s\n%s", name, test.want, plan)
		}
		c.empty(t, want)
	}
}

// Where servers cannot change in place, or not be given ports on the way, their backend is
// replaced: traffic goes to the old ones until the new ones are there.
func TestPlanReplacesWithServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fixed  lb.Feature
		change func(*topology.Backend)
	}{
		"a weight":                      {"server.weight.update", func(b *topology.Backend) { b.Servers[0].Weight = new(7) }},
		"the backend's port as its own": {"server.port.update", func(b *topology.Backend) { b.Servers[0].Port = 8080 }},
		"ports exchanged with the backend's": {"server.port.update", func(b *topology.Backend) {
			b.Port, b.Servers[0].Port, b.Servers[1].Port = 8081, 8080, 0
		}},
		"a setting": {"server.extensions.update", func(b *topology.Backend) {
			b.Servers[0].Extensions = lb.Extend(lbtest.MemorySettings{Note: "b"})
		}},
	} {
		c := lacking([]lb.Feature{test.fixed})
		want := listening(80, 81)
		want.Backends[0].Servers = at("10.0.0.1", "10.0.0.1")
		want.Backends[0].Servers[1].Port = 8081
		c.apply(t, want)
		want.Backends[0].Servers = append(want.Backends[0].Servers, at("10.0.0.3")...)
		plan := c.apply(t, want)
		same(t, name+": what comes and goes", []topology.Action{topology.ActionSet}, actionsOf(plan))
		test.change(&want.Backends[0])
		plan = c.apply(t, want)
		same(t, name, topology.ActionReplace, plan.Steps[0].Action)
		c.empty(t, want, topology.Prune())
	}
}

func actionsOf(plan *topology.Plan) []topology.Action {
	var actions []topology.Action
	for _, step := range plan.Steps {
		actions = append(actions, step.Action)
	}
	return actions
}

// What would have to be renamed is refused by the plan where the provider cannot do that, and
// not by Apply.
func TestPlanRefusesToRename(t *testing.T) {
	t.Parallel()
	c := lacking([]lb.Feature{"backend.algorithm.update", "backend.name.update", "certificates.rename"})
	c.apply(t, onlineShop())
	shop := c.tree(t).Certificates[0].ID
	for path, change := range map[string]func(*topology.Spec){
		"backends[0].name": func(s *topology.Spec) { s.Backends[0].Algorithm = lb.AlgorithmLeastConn },
		"certificates[0].name": func(s *topology.Spec) {
			s.Certificates[0].PEM, s.Certificates[0].Key = pairs()[1].pem, lb.NewSecret(pairs()[1].key)
		},
		"certificates[0].name: ": func(s *topology.Spec) {
			s.Certificates[0] = topology.Certificate{ID: shop, CertificateSpec: lb.CertificateSpec{Name: "store"}}
			s.Frontends[1].Certificates[0] = "store"
		},
	} {
		want := onlineShop()
		change(want)
		c.refuses(t, path, want, lb.ErrUnsupported, path, "do without")
	}
	ordered := lacking([]lb.Feature{"certificate.name.ordered", "certificates.rename"})
	want := onlineShop()
	want.Certificates[0] = topology.Certificate{CertificateSpec: lb.CertificateSpec{Name: "shop", Domains: []string{"www.example.com"}}}
	ordered.refuses(t, "an order with a name", want, lb.ErrUnsupported, "certificates[0].name", "certificates.rename")
}

// Where nothing can be published without frontends, a plan that leaves none says so, and is
// not carried out but as a draft. What has nothing to do with it passes.
func TestPlanWithoutFrontends(t *testing.T) {
	t.Parallel()
	c := lacking([]lb.Feature{"loadbalancers.commit.withoutFrontends"})
	want := listening(80, 81)
	c.apply(t, want)
	bare := &topology.Spec{LoadBalancer: want.LoadBalancer, Backends: want.Backends}
	c.empty(t, bare) // the frontends are not in it, and stay
	plan, err := topology.NewPlan(t.Context(), c, c.id, bare, topology.Prune())
	if err != nil {
		t.Fatal(err)
	}
	if text := plan.String(); !strings.Contains(text, "nothing of it can become live") || !strings.Contains(text, "do without") {
		t.Errorf("no note in\n%s", text)
	}
	if result, err := plan.Apply(t.Context(), c); !errors.Is(err, lb.ErrUnsupported) || result != nil {
		t.Errorf("got %+v, %v", result, err)
	}
	if n := len(c.look(t).Frontends); n != 2 {
		t.Errorf("%d frontends are left, want 2", n)
	}
	if _, err := plan.Apply(t.Context(), c, topology.WithoutPublish()); err != nil {
		t.Error(err)
	}
}

// What is not known to leave nothing to serve passes: a frontend that could not be read
// stays, and the name of a load balancer without frontends is live at once.
func TestPlanWithoutKnownFrontends(t *testing.T) {
	t.Parallel()
	c := lacking([]lb.Feature{"loadbalancers.commit.withoutFrontends"})
	want := listening(80, 81)
	c.apply(t, want)
	odd := &cloud{id: c.id, Provider: fakeRead{Provider: c.Provider, err: &lb.UnsupportedError{Provider: "memory", Path: "frontends.protocol", Value: "quic"}}}
	if plan := odd.apply(t, &topology.Spec{LoadBalancer: want.LoadBalancer}, topology.Prune()); plan.Empty() || strings.Contains(plan.String(), "become live") {
		t.Errorf("%s", plan)
	}
	bare := newOVH(t)
	if plan := bare.apply(t, &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "edge"}}); plan.Empty() || strings.Contains(plan.String(), "become live") {
		t.Errorf("%s", plan)
	}
	if plan := bare.plan(t, &topology.Spec{Backends: []topology.Backend{webBackend("new", "10.0.0.2")}}); !strings.Contains(plan.String(), "become live") {
		t.Errorf("%s", plan)
	}
}

// A frontend takes another protocol with another default backend, where the provider has
// that alone.
func TestPlanChangesProtocols(t *testing.T) {
	t.Parallel()
	c := lacking([]lb.Feature{"frontend.protocol.update"})
	want := listening(80, 81)
	c.apply(t, want)
	for i := range want.Backends {
		want.Backends[i].Protocol, want.Backends[i].HealthCheck = lb.ProtocolTCP, nil
	}
	for i := range want.Frontends {
		want.Frontends[i].Protocol = lb.ProtocolTCP
	}
	c.apply(t, want)
	c.empty(t, want)
	for i := range want.Frontends { // to none, and so to no protocol
		want.Frontends[i].Protocol, want.Frontends[i].DefaultBackend = lb.ProtocolHTTP, ""
	}
	if plan := c.apply(t, want); plan.Steps[0].Action != topology.ActionReplace {
		t.Errorf("want to replace\n%s", plan)
	}
	c.empty(t, want)
}
