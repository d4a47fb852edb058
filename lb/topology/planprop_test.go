package topology_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// What is applied is there: a second plan is empty, and so is that of what Export
// returns. What was applied before is not there any more, with Prune.
func TestApplyIsFaithful(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, first *cloud) {
		cloud := clouds[first.Name()]
		rapid.Check(t, func(rt *rapid.T) {
			c := cloud(rt)
			a, b := drawSpec(rt, drawingFor(c), "a"), drawSpec(rt, drawingFor(c), "b")
			c.apply(rt, a)
			c.empty(rt, a, topology.Prune())
			c.apply(rt, b, topology.Prune())
			c.empty(rt, b, topology.Prune())
			exported := c.export(rt)
			c.empty(rt, exported, topology.Prune())
			fresh := cloud(rt)
			fresh.apply(rt, b)
			same(rt, "what is there after a and b, and after b alone", fresh.export(rt), exported)
		})
	})
}

// A plan of what Export returned is empty, whatever the names are: none, or one for several.
func TestExportIsItsOwnPlan(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, first *cloud) {
		cloud := clouds[first.Name()]
		rapid.Check(t, func(rt *rapid.T) {
			c := cloud(rt)
			c.apply(rt, drawSpec(rt, drawingFor(c), "a"))
			names := []string{"same", "its own"}
			if c.Capabilities().Has("backend.name.unset") {
				names = append(names, "")
			}
			ctx := t.Context()
			for i, b := range c.tree(rt).Backends {
				_, err := c.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error {
					s.Name = rapid.SampledFrom(names).Draw(rt, fmt.Sprint("backend", i))
					return nil
				})
				fatal(rt, err)
			}
			for i, f := range c.tree(rt).Frontends {
				_, err := c.Frontends().Update(ctx, f.ID, func(s *lb.FrontendSpec) error {
					s.Name = rapid.SampledFrom(names).Draw(rt, fmt.Sprint("frontend", i))
					return nil
				})
				fatal(rt, err)
			}
			exported := c.export(rt)
			c.empty(rt, exported, topology.Prune())
			c.empty(rt, exported)
			same(rt, "exported again", exported, c.export(rt))
		})
	})
}

// maxTriedSteps bounds the plans of which every part is tried.
const maxTriedSteps = 6

// No step of a plan can be left out: of a plan of a few steps every part is tried on a
// load balancer of its own, and none but the whole leads there. And there is one step for
// each thing that differs, by a count that knows nothing of plans.
func TestPlanIsMinimal(t *testing.T) {
	t.Parallel()
	tried := 0
	rapid.Check(t, func(rt *rapid.T) {
		c := newMemory(rt)
		from, to := drawSpec(rt, drawingFor(c), "from"), drawSpec(rt, drawingFor(c), "to")
		c.apply(rt, from)
		plan := c.plan(rt, to, topology.Prune())
		before := c.export(rt)
		c.apply(rt, to, topology.Prune())
		if least := differences(before, c.export(rt)); len(plan.Steps) != least && !replaces(plan) {
			rt.Fatalf("%d things differ:\n%s", least, plan)
		}
		if len(plan.Steps) > maxTriedSteps {
			return
		}
		for part := range 1<<len(plan.Steps) - 1 {
			tried++
			c := newMemory(rt)
			c.apply(rt, from)
			some := c.plan(rt, to, topology.Prune()).Only(func(step int) bool { return part&(1<<step) != 0 })
			_, _ = some.Apply(t.Context(), c, quick) // what is left out may be in the way
			if c.plan(rt, to, topology.Prune()).Empty() {
				rt.Fatalf("steps %b are enough:\n%s", part, plan)
			}
		}
	})
	if tried == 0 && !underRace { // of the few plans of that run all may be large
		t.Error("no plan was small enough to try its parts")
	}
}

func replaces(plan *topology.Plan) bool {
	for _, step := range plan.Steps {
		if step.Action == topology.ActionReplace {
			return true
		}
	}
	return false
}

// differences counts what it takes to tell two exported topologies, entries by name: the
// settings, the servers, the filters and the routes of each are one thing.
func differences(a, b *topology.Spec) int {
	n := 0
	count := func(differ bool) {
		if differ {
			n++
		}
	}
	count(!lb.Equal(a.LoadBalancer, b.LoadBalancer))
	backends := map[string][2]*topology.Backend{}
	frontends := map[string][2]*topology.Frontend{}
	certificates := map[string][2]*topology.Certificate{}
	for side, s := range []*topology.Spec{a, b} {
		for i := range s.Backends {
			put(backends, s.Backends[i].Name, side, &s.Backends[i])
		}
		for i := range s.Frontends {
			put(frontends, s.Frontends[i].Name, side, &s.Frontends[i])
		}
		for i := range s.Certificates {
			put(certificates, s.Certificates[i].Name, side, &s.Certificates[i])
		}
	}
	for _, c := range certificates {
		count(c[0] == nil || c[1] == nil || c[0].Fingerprint != c[1].Fingerprint)
	}
	for _, p := range backends {
		if p[0] == nil || p[1] == nil {
			n++
			continue
		}
		count(!lb.Equal(p[0].BackendSpec, p[1].BackendSpec))
		count(!equalAll(p[0].Servers, p[1].Servers))
	}
	for _, p := range frontends {
		none := &topology.Frontend{}
		switch {
		case p[1] == nil:
			n++
			continue
		case p[0] == nil:
			n++
			p[0] = none
		default:
			count(!lb.Equal(p[0].FrontendSpec, p[1].FrontendSpec))
		}
		count(!equalAll(p[0].Filters, p[1].Filters))
		count(!equalAll(p[0].Routes, p[1].Routes))
	}
	return n
}

func put[T any](all map[string][2]*T, name string, side int, entry *T) {
	both := all[name]
	both[side] = entry
	all[name] = both
}

func equalAll[S lb.Spec](a, b []S) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !lb.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
