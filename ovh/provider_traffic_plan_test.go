package ovh

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// carryOut does to the model what a step does to the API.
func (m *frontendModel) carryOut(protocol lb.Protocol, wanted []wantedRoute, step trafficStep) {
	change := func(r *trafficRoute, do func(*trafficRoute)) {
		changed := *r
		do(&changed)
		m.routes[slices.IndexFunc(m.routes, func(o *trafficRoute) bool { return o.RouteID == r.RouteID })] = &changed
	}
	switch step.verb {
	case createRoute: // nothing sees it
	case attachRoute:
		w := wanted[step.wanted]
		m.routes = append(m.routes, attached(int64(1000+step.wanted), protocol, w.name, w.match, w.action, step.wanted+1))
	case changeRoute:
		change(step.route, func(r *trafficRoute) {
			if weight, ok := step.update.Weight.Get(); ok {
				r.Weight = weight
			}
			if action, ok := step.update.Action.Get(); ok {
				r.Action = action
			}
			if name, ok := step.update.DisplayName.Get(); ok || step.update.DisplayName.IsNull() {
				r.DisplayName = name
			}
		})
	case removeRoute:
		m.routes = slices.DeleteFunc(m.routes, func(r *trafficRoute) bool { return r.RouteID == step.route.RouteID })
	case restrictFront:
		m.sources = step.sources
	}
}

// drawBroad draws a filter that many requests match, of the few that there are.
func drawBroad(t *rapid.T, protocol lb.Protocol) lb.FilterSpec {
	host := lb.Condition{Field: lb.FieldHost, Values: []string{rapid.SampledFrom(drawnHosts[:2]).Draw(t, "host")}, Not: rapid.Bool().Draw(t, "not")}
	spec := lb.FilterSpec{Match: lb.Match{host}, Action: lb.FilterDeny}
	if protocol == lb.ProtocolHTTP && rapid.Bool().Draw(t, "redirects") {
		spec.Action, spec.Redirect = lb.FilterRedirect, &lb.Redirect{Scheme: "https", Code: rapid.SampledFrom(redirectStatuses).Draw(t, "code")}
	}
	return spec
}

// drawRestriction draws a first filter that is kept with the frontend.
func drawRestriction(t *rapid.T) lb.FilterSpec {
	sources := lb.Condition{Field: lb.FieldSource, Values: []string{rapid.SampledFrom(drawnSources[:4]).Draw(t, "source")}, Not: rapid.Bool().Draw(t, "not")}
	return lb.FilterSpec{Match: lb.Match{sources}, Action: lb.FilterDeny}
}

// drawCanonical draws filters that the dialect takes, in canonical form.
func drawCanonical(t *rapid.T, protocol lb.Protocol, most int) []lb.FilterSpec {
	var out []lb.FilterSpec
	draw := rapid.SampledFrom([]func(*rapid.T, lb.Protocol) lb.FilterSpec{drawFilter, drawBroad}).Draw(t, "kind")
	for range rapid.IntRange(0, most).Draw(t, "filters") {
		spec := draw(t, protocol)
		if _, err := (dialect{}).Filters(lb.FrontendSpec{Protocol: protocol}, append(slices.Clone(out), spec)); err == nil {
			out = append(out, spec)
		}
	}
	canonical, err := dialect{}.Filters(lb.FrontendSpec{Protocol: protocol}, out)
	if err != nil {
		t.Fatal(err)
	}
	return canonical
}

// drawChanged draws what becomes of filters: some go, some move, some come.
func drawChanged(t *rapid.T, protocol lb.Protocol, before []lb.FilterSpec) []lb.FilterSpec {
	out := rapid.Permutation(before).Draw(t, "moved")
	out = slices.Clone(out[:rapid.IntRange(0, len(out)).Draw(t, "kept")])
	out = append(out, drawCanonical(t, protocol, 3)...)
	if rapid.Bool().Draw(t, "new ones first") {
		slices.Reverse(out)
	}
	if rapid.Bool().Draw(t, "restricted") {
		out = append([]lb.FilterSpec{drawRestriction(t)}, out...)
	}
	canonical, err := dialect{}.Filters(lb.FrontendSpec{Protocol: protocol}, out)
	if err != nil {
		t.Skip("together they are too many")
	}
	return canonical
}

// A request that is denied before and after a change is denied at each step of it,
// whatever is added, removed and moved, and the last step leaves what was wanted.
func TestNoStepDeniesLess(t *testing.T) {
	t.Parallel()
	thousands(t, func(t *rapid.T) {
		protocol := drawProtocol(t)
		before := written(t, protocol, drawChanged(t, protocol, drawCanonical(t, protocol, 5)))
		weight := 0
		for _, r := range before.read(protocol).filters { // as others may have made them: from 0, some alike
			weight += rapid.IntRange(0, 2).Draw(t, "weight")
			r.Weight = weight
		}
		var want wantedFilters
		want.add(drawChanged(t, protocol, filterSpecs(before.read(protocol).filterModels())))

		room := rapid.IntRange(0, 12).Draw(t, "room")
		steps, err := planTraffic(before.read(protocol).filters, want.routes, before.sources, want.sources, room)
		if errors.Is(err, lb.ErrQuota) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		after := frontendModel{sources: before.sources, routes: slices.Clone(before.routes)}
		for _, step := range steps {
			after.carryOut(protocol, want.routes, step)
		}
		read := filterSpecs(after.read(protocol).filterModels())
		if !slices.EqualFunc(read, want.specs, lb.Equal) {
			t.Fatalf("after %d steps there is\n%+v\nwanted was\n%+v", len(steps), read, want.specs)
		}
		for range 8 {
			q := drawRequest(t, protocol)
			if !before.verdict(q).denied || !after.verdict(q).denied {
				continue
			}
			now := frontendModel{sources: before.sources, routes: slices.Clone(before.routes)}
			for i, step := range steps {
				now.carryOut(protocol, want.routes, step)
				if !now.verdict(q).denied {
					t.Fatalf("step %d of %+v lets %+v through, which is denied before and after", i, steps, q)
				}
			}
		}
	})
}

// Room is respected: no step makes a route where there is none for it.
func TestStepsKeepWithinTheRoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		protocol := drawProtocol(t)
		before := written(t, protocol, drawCanonical(t, protocol, 5))
		var want wantedFilters
		want.add(drawChanged(t, protocol, filterSpecs(before.read(protocol).filterModels())))
		room := rapid.IntRange(0, 6).Draw(t, "room")
		steps, err := planTraffic(before.read(protocol).filters, want.routes, before.sources, want.sources, room)
		if err != nil && !errors.Is(err, lb.ErrQuota) {
			t.Fatal(err)
		}
		made := map[int]bool{}
		for _, step := range steps {
			switch step.verb {
			case createRoute:
				room--
				made[step.wanted] = true
			case removeRoute:
				room++
			case attachRoute:
				if !made[step.wanted] {
					t.Fatalf("%d is attached before it is made: %+v", step.wanted, steps)
				}
			case changeRoute, restrictFront:
			}
			if room < 0 {
				t.Fatalf("too many routes at once: %+v", steps)
			}
		}
	})
}
