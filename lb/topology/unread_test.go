package topology_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// What a provider was not asked to read is an error beside the Spec, and a note of the plan.
// It is no resource that may use others: these are pruned.
func TestExportOfWhatIsUnread(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	c.apply(t, onlineShop())
	p := fakeRead{Provider: c.Provider, unread: lb.Problems{&lb.UnsupportedError{Provider: "memory", Path: "loadBalancer.extensions.memory.networks", Hint: "ask for them"}}}
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
