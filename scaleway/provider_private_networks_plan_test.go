package scaleway_test

import (
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
)

// export is the topology of the load balancer, as p reads it.
func (w *networked) export(p lb.Provider) *topology.Spec {
	w.t.Helper()
	return must(topology.Export(w.t.Context(), p, w.id))(w.t)
}

// plan is that of a topology, and what p makes of it.
func (w *networked) plan(p lb.Provider, spec *topology.Spec) *topology.Plan {
	w.t.Helper()
	return must(topology.NewPlan(w.t.Context(), p, w.id, spec))(w.t)
}

func (w *networked) apply(spec *topology.Spec) []string {
	w.t.Helper()
	return w.moves(func() { must(w.plan(w, spec).Apply(w.t.Context(), w))(w.t) })
}

// withNetworksIn is a topology of a load balancer in private networks.
func withNetworksIn(spec *topology.Spec, to ...scaleway.AttachedNetwork) *topology.Spec {
	out := spec.Clone()
	_ = inNetworks(to...)(&out.LoadBalancer) // it is well-formed: it was read
	return out
}

// TestPlansOfPrivateNetworks: what is exported is planned empty, what is added is attached
// and nothing else is, what is left out stays, and what is said to be none goes.
func TestPlansOfPrivateNetworks(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		must(w.update(networks(netA)...))(t)
		exported := w.export(w)
		same(t, "exported", networks(netA), reported(t, &lb.LoadBalancer{LoadBalancerSpec: exported.LoadBalancer}))
		if plan := w.plan(w, exported); !plan.Empty() || len(plan.Notes) > 0 {
			t.Errorf("a plan of what was exported: %v", plan)
		}
		same(t, "B added to A", []string{"attach " + netB}, w.apply(withNetworksIn(exported, networks(netA, netB)...)))
		left := withNetworksIn(exported)
		same(t, "left out", []string(nil), w.apply(left))
		left.LoadBalancer.Name = "renamed"
		same(t, "left out of a change", []string{"PUT /lb/v1/zones/" + string(zone) + path("lbs", w.id) + " "}, w.apply(left))
		same(t, "they stay", networks(netA, netB), reported(t, must(w.LoadBalancers().Get(t.Context(), w.id))(t)))
		none := withNetworksIn(left, []scaleway.AttachedNetwork{}...)
		same(t, "none", []string{"detach " + netA, "detach " + netB}, w.apply(none))
		if plan := w.plan(w, none); !plan.Empty() {
			t.Errorf("none once more: %v", plan)
		}
	})
}

// TestTopologiesWithoutPrivateNetworks: a provider that does not read them says so, and its
// plans go on, and leave them alone.
func TestTopologiesWithoutPrivateNetworks(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		must(w.update(networks(netA)...))(t)
		plain := w.with()
		spec, err := topology.Export(t.Context(), plain, w.id)
		checkAsking(t, err, "loadBalancer.extensions.scaleway.privateNetworks")
		if spec == nil || !spec.LoadBalancer.Extensions.IsZero() {
			t.Fatalf("exported %v", spec)
		}
		plan := w.plan(plain, spec)
		if !plan.Empty() || len(plan.Notes) != 1 || !strings.Contains(plan.Notes[0], "private networks") {
			t.Errorf("a plan of what was exported: %v", plan)
		}
		spec.LoadBalancer.Name = "renamed"
		must(w.plan(plain, spec).Apply(t.Context(), plain))(t)
		got := must(w.LoadBalancers().Get(t.Context(), w.id))(t)
		same(t, "they stay", networks(netA), reported(t, got))
		if got.Name != "renamed" {
			t.Errorf("it is called %s", got.Name)
		}
		checkAsking(t, withNetworksIn(spec, networks(netA)...).Check(plain), "loadBalancer.extensions.scaleway.privateNetworks")
		if err := withNetworksIn(spec, networks(netA)...).Check(w); err != nil {
			t.Error(err)
		}
	})
}

// TestPrivateNetworksGoToOVH: what is lost on the way is said.
func TestPrivateNetworksGoToOVH(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		must(w.update(networks(netA)...))(t)
		api := ovhtest.NewServer(ovhtest.WithPipe())
		t.Cleanup(api.Close)
		to := ovh.FormatLoadBalancerID(api.AddService("gra"))
		there := ovh.NewProvider(must(api.Client())(t))
		plan := must(topology.NewPlan(t.Context(), there, to, w.export(w).Portable()))(t)
		if notes := strings.Join(plan.Notes, "\n"); !strings.Contains(notes, "the extensions for scaleway (loadBalancer.extensions)") {
			t.Errorf("notes are %q", notes)
		}
	})
}
