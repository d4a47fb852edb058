package topology_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// Without Prune nothing goes, and the plan says what it leaves.
func TestPlanPrunes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		want := main()
		want.Backends, want.Frontends = onlineShop().Backends[:1], onlineShop().Frontends[:1]
		plan := c.plan(t, want)
		notes := strings.Join(plan.Notes, "\n")
		if !plan.Empty() || !strings.Contains(notes, "1 frontend is not in") || !strings.Contains(notes, "1 certificate is not in") {
			t.Errorf("%s", plan)
		}
		plan = c.apply(t, want, topology.Prune())
		same(t, "steps", []string{"delete frontend shop", "delete backend api", "delete certificate shop"}, steps(plan))
		c.empty(t, want, topology.Prune())
	})
}

// PruneWhere deletes what it is told to, and not what something that stays refers to.
func TestPlanPrunesWhatIsOwned(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		want := main()
		want.Backends, want.Frontends = onlineShop().Backends[:1], onlineShop().Frontends[:1]
		owned := func(owned ...lb.Kind) topology.PlanOption {
			return topology.PruneWhere(func(kind lb.Kind, name string) bool {
				return slices.Contains(owned, kind) && (name == "shop" || name == "api")
			})
		}
		plan := c.plan(t, want, owned(lb.KindBackend))
		if notes := strings.Join(plan.Notes, "\n"); !plan.Empty() || !strings.Contains(notes, `backend "api" is not deleted: frontend "shop"`) {
			t.Errorf("%s", plan)
		}
		plan = c.apply(t, want, owned(lb.KindFrontend, lb.KindBackend))
		same(t, "steps", []string{"delete frontend shop", "delete backend api"}, steps(plan))
		c.empty(t, want, owned(lb.KindFrontend, lb.KindBackend))
	})
}

// What is left over of a replacement goes with its entry, and else by its name. A nil
// function owns nothing, and what has no name is asked about, too.
func TestPlanPrunesLeftovers(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	want := &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "main"}, Backends: []topology.Backend{webBackend("shop/web", "10.0.0.1")}}
	c.apply(t, want)
	for _, name := range []string{"", "shop/web (replaced by lbkit)", "shop/api (replaced by lbkit)", "blog/web (replaced by lbkit)"} {
		_, err := c.Backends().Create(t.Context(), c.id, lb.BackendSpec{Name: name, Protocol: lb.ProtocolTCP, Port: 80})
		fatal(t, err)
	}
	own := "delete backend shop/web (replaced by lbkit)"
	plan := c.plan(t, want, topology.Prune(), topology.PruneWhere(nil))
	same(t, "steps of nobody", []string{own}, steps(plan))
	if notes := strings.Join(plan.Notes, "\n"); !strings.Contains(notes, "3 backends are not in the topology, and left alone: Prune deletes them") {
		t.Errorf("%s", notes)
	}
	plan = c.plan(t, want, topology.PruneWhere(func(_ lb.Kind, name string) bool { return strings.HasPrefix(name, "shop/") }))
	same(t, "steps of the shop", []string{"delete backend shop/api (replaced by lbkit)", own}, steps(plan))
	if notes := strings.Join(plan.Notes, "\n"); !strings.Contains(notes, "PruneWhere does not own them") {
		t.Errorf("%s", notes)
	}
	plan = c.plan(t, want, topology.PruneWhere(func(_ lb.Kind, name string) bool { return name == "" }))
	if len(plan.Steps) != 2 {
		t.Errorf("%s", plan)
	}
}

// What goes with its frontend or backend counts, as OVH removes it, and once where a
// frontend goes before another that is replaced, too.
func TestPlanCountsRemovals(t *testing.T) {
	t.Parallel()
	c := newOVH(t)
	applied := func(want *topology.Spec, counted, besides int) {
		t.Helper()
		writes := func() (n int) {
			for _, request := range c.requests() {
				if request.Method != http.MethodGet {
					n++
				}
			}
			return n
		}
		before := writes()
		plan := c.apply(t, want, topology.Prune())
		if sent := writes() - before; plan.Requests != counted || sent != counted+besides {
			t.Errorf("%d writes; the plan counts %d, want %d:\n%s", sent, plan.Requests, counted, plan)
		}
	}
	c.apply(t, onlineShop())
	want := main()
	want.Backends, want.Frontends = onlineShop().Backends[:1], onlineShop().Frontends[:1]
	applied(want, 7, 1) // to disable the frontend before its filter goes
	want = listening(80, 81)
	want.Backends = append(want.Backends, webBackend("tcp", "10.0.0.2"))
	want.Backends[1].Protocol = lb.ProtocolTCP
	c.apply(t, want, topology.Prune())
	for i := range want.Frontends {
		want.Frontends[i].Protocol, want.Frontends[i].DefaultBackend = lb.ProtocolTCP, "tcp"
	}
	want.Frontends[0].Ports, want.Frontends[1].Ports = want.Frontends[1].Ports, want.Frontends[0].Ports
	applied(want, 5, 0)
}
