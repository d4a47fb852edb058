package topology_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
)

// narrow is a provider with room for so many routes on all frontends, filters among them.
func narrow(routes int) *cloud {
	can := lbtest.NewMemory().Capabilities()
	can.Limits.MaxRoutes = routes
	can.Features["filter.limit.own"] = lb.Support{}
	memory := lbtest.NewMemory(lbtest.WithPolls(0), lbtest.WithCapabilities(can))
	return &cloud{Provider: memory, watch: memory, id: memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "main"})}
}

// What goes makes room for what comes: routes of other frontends, of a frontend that goes,
// and routes for filters.
func TestApplyMakesRoom(t *testing.T) {
	t.Parallel()
	ruled := func(one, two, filters int) *topology.Spec {
		s := listening(80, 81)
		s.Frontends[0].Routes, s.Frontends[1].Routes = hosts("one", one), hosts("two", two)
		for i := range filters {
			s.Frontends[0].Filters = append(s.Frontends[0].Filters, lb.FilterSpec{
				Name: fmt.Sprint("f", i), Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{fmt.Sprintf("/%d/", i)}}},
			})
		}
		return s
	}
	for name, c := range map[string]*cloud{"memory": narrow(50), "ovh": newOVH(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, want := range []*topology.Spec{ruled(20, 30, 0), ruled(30, 20, 0), ruled(10, 20, 20), ruled(30, 15, 5)} {
				c.apply(t, want)
				c.empty(t, want)
			}
			want := ruled(50, 0, 0)
			want.Frontends = want.Frontends[:1]
			c.apply(t, want, topology.Prune())
			c.empty(t, want, topology.Prune())
		})
	}
}

// The steps of a plan are in the order in which Apply ends them, where none of them waits
// for another.
func TestPlanIsInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		want := onlineShop()
		want.Backends[0].Algorithm = lb.AlgorithmLeastConn
		want.Backends = append(want.Backends, webBackend("new", "10.0.2.1"))
		for i := range want.Frontends {
			want.Frontends[i].Filters = []lb.FilterSpec{{Name: "net", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"198.51.100.0/24"}}}}}
			want.Frontends[i].Routes = []lb.RouteSpec{{Match: lb.Match{{Field: lb.FieldHost, Values: []string{fmt.Sprintf("new%d.example.com", i)}}}, Backend: "new"}}
		}
		plan := c.plan(t, want, topology.Prune())
		result, err := plan.Apply(t.Context(), c, quick)
		fatal(t, err)
		same(t, "steps", steps(plan), steps(&topology.Plan{Steps: result.Applied}))
	})
}

// A frontend that cannot even be moved out of the way of others is the one that fails.
func TestApplyNamesWhatWaits(t *testing.T) {
	t.Parallel()
	c := newScaleway(t)
	c.apply(t, listening(8001, 8002))
	plan := c.plan(t, listening(8002, 8001))
	c.faults.On(func(r *http.Request) bool { return r.Method == http.MethodPut }).Status(http.StatusForbidden, "")
	var reported []error
	result, err := plan.Apply(t.Context(), c, quick, topology.WithStepProgress(func(p topology.StepProgress) { reported = append(reported, p.Err) }))
	if err == nil || !strings.Contains(err.Error(), `after 0 of 2 steps: update frontend "one"`) || result.Failed == nil || len(reported) != 1 {
		t.Errorf("%v, failed %v, reported %v", err, result.Failed, reported)
	}
}

// A plan does what it was made for, whatever becomes of the steps that it shows.
func TestApplyGoesByItsOwnSteps(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	plan := c.plan(t, onlineShop())
	all := len(plan.Steps)
	plan.Steps = plan.Steps[:1]
	plan.Steps[0].Name = "else"
	result, err := plan.Apply(t.Context(), c, quick)
	if err != nil || len(result.Applied) != all || result.Applied[0].Name == "else" {
		t.Errorf("%v %+v", err, result)
	}
	c.empty(t, onlineShop())
}

// baring counts how often a frontend is enabled that is to lose all filters, or to get the
// first.
type baring struct {
	lb.Provider
	open *int
}

type baringFilters struct {
	lb.Filters
	of baring
}

func (b baring) Filters() lb.Filters { return baringFilters{b.Provider.Filters(), b} }

func (f baringFilters) Set(ctx context.Context, id lb.FrontendID, specs []lb.FilterSpec, opts lb.SetOptions) ([]*lb.Filter, error) {
	front, err := f.of.Frontends().Get(ctx, id)
	if err != nil {
		return nil, err
	}
	are, err := lb.Collect(f.List(ctx, id, lb.PageOptions{}))
	if err != nil {
		return nil, err
	}
	if !front.Disabled && (len(specs) == 0) != (len(are) == 0) {
		*f.of.open++
	}
	return f.Filters.Set(ctx, id, specs, opts)
}

// Filters that only one port allows are not in the way of a frontend that leaves it, for
// good or for a moment; and as long as it has no filters it is disabled, where it can be.
func TestApplyMovesFrontendsWithTheirFilters(t *testing.T) {
	t.Parallel()
	ports := func(one, two uint16) *topology.Spec {
		s := listening(one, two)
		for i := range s.Frontends {
			s.Frontends[i].Filters = []lb.FilterSpec{{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https", Port: 8443}}}
		}
		return s
	}
	for _, disables := range []bool{true, false} {
		can := lbtest.NewMemory().Capabilities()
		can.Features["filter.redirect.port.alone"] = lb.Support{} // but from the ports 80 and 443
		if !disables {
			delete(can.Features, "frontend.disabled")
		}
		memory, open := lbtest.NewMemory(lbtest.WithPolls(0), lbtest.WithCapabilities(can)), 0
		c := &cloud{Provider: baring{memory, &open}, watch: memory, id: memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "main"})}
		c.apply(t, ports(80, 443))
		plan := c.apply(t, ports(443, 80))
		c.empty(t, ports(443, 80))
		if said := strings.Contains(plan.String(), "lets everything in for the moment between its change"); said == disables || (open > 0) == disables {
			t.Errorf("open %d times, of\n%s", open, plan)
		}
		away := ports(8080, 443)
		away.Frontends[0].Filters = nil
		for _, want := range []*topology.Spec{away, ports(80, 443)} {
			c.apply(t, want)
			c.empty(t, want)
		}
	}
}
