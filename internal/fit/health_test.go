package fit_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

func TestTogether(t *testing.T) {
	t.Parallel()
	const (
		healthy  = lb.HealthHealthy
		degraded = lb.HealthDegraded
		down     = lb.HealthDown
		unknown  = lb.HealthUnknown
	)
	for _, test := range []struct {
		parts []lb.Health
		want  lb.Health
	}{
		{nil, unknown},
		{[]lb.Health{healthy, healthy}, healthy},
		{[]lb.Health{down, down}, down},
		{[]lb.Health{unknown, unknown}, unknown},
		{[]lb.Health{degraded}, degraded},
		{[]lb.Health{healthy, down}, degraded},
		{[]lb.Health{healthy, unknown}, degraded},
		{[]lb.Health{healthy, degraded}, degraded},
		{[]lb.Health{degraded, down}, degraded},
		{[]lb.Health{down, unknown}, down},
	} {
		for range 2 {
			if got := fit.Together(test.parts); got != test.want {
				t.Errorf("%v: got %s, want %s", test.parts, got, test.want)
			}
			slices.Reverse(test.parts)
		}
	}
}

// TestSummaryOfWhatIsNotThere: nobody knows how a backend is that is not there.
func TestSummaryOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	there := &lb.Backend{ID: "there", Servers: []*lb.Server{{}}}
	tree := &lb.Tree{Backends: []*lb.Backend{there}, Frontends: []lb.FrontendTree{
		{Frontend: &lb.Frontend{FrontendSpec: lb.FrontendSpec{DefaultBackend: "gone"}}},
		{Frontend: &lb.Frontend{FrontendSpec: lb.FrontendSpec{DefaultBackend: "there"}}, Routes: []*lb.Route{{RouteSpec: lb.RouteSpec{Backend: "gone"}}}},
	}}
	got := fit.Summary(tree, func(*lb.Server) lb.Health { return lb.HealthDown })
	if want := map[lb.Health]int{lb.HealthUnknown: 1, lb.HealthDown: 1}; !maps.Equal(got.Frontends, want) || got.State != lb.HealthDown {
		t.Errorf("got %v in all, and the frontends %v; want down, and %v", got.State, got.Frontends, want)
	}
	tree.Frontends[1].Routes[0].Backend = "there"
	tree.Frontends[0].DefaultBackend = ""
	tree.Frontends[0].Routes = []*lb.Route{{RouteSpec: lb.RouteSpec{Backend: "gone"}}}
	if got := fit.Summary(tree, func(*lb.Server) lb.Health { return lb.HealthDown }); got.Frontends[lb.HealthUnknown] != 1 {
		t.Errorf("by a route: got %v, want one of which nobody knows", got.Frontends)
	}
}
