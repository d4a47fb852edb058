package topology_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// unasked is a provider that was not asked to read all settings.
type unasked struct {
	lb.Provider
	settings lb.Problems
}

type unaskedReads struct {
	lb.LoadBalancers
	settings lb.Problems
}

func (f unasked) LoadBalancers() lb.LoadBalancers {
	return unaskedReads{f.Provider.LoadBalancers(), f.settings}
}

func (f unaskedReads) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	tree, err := f.LoadBalancers.Read(ctx, id)
	if err == nil {
		tree.Unread = f.settings
	}
	return tree, err
}

// What a provider was not asked to read is an error beside the Spec, and a note of the plan.
// It is no resource that may use others: these are pruned.
func TestExportOfWhatIsUnread(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	c.apply(t, onlineShop())
	p := unasked{c.Provider, lb.Problems{&lb.UnsupportedError{Provider: "memory", Path: "loadBalancer.extensions.memory.networks", Hint: "ask for them"}}}
	spec, err := topology.Export(t.Context(), p, c.id)
	if spec == nil || !errors.Is(err, lb.ErrUnsupported) || !strings.Contains(err.Error(), "ask for them") {
		t.Fatal(err)
	}
	plan, err := topology.NewPlan(t.Context(), p, c.id, spec)
	if err != nil || !plan.Empty() || !strings.Contains(strings.Join(plan.Notes, "\n"), "ask for them") {
		t.Errorf("%v %s", err, plan)
	}
	without := onlineShop()
	without.Certificates, without.Frontends = nil, without.Frontends[:1]
	plan, err = topology.NewPlan(t.Context(), p, c.id, without, topology.Prune())
	fatal(t, err)
	same(t, "steps", []string{"delete frontend shop", "delete certificate shop"}, steps(plan))
}
