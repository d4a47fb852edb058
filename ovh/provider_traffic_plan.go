package ovh

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// wantedRoute is a route as it is to be. Its place among the wanted is its weight,
// counted from 1.
type wantedRoute struct {
	name   string
	match  lb.Match
	action HTTPRouteAction
	// as is a route that is there and stays as it is, but for its place: what the
	// dialect would refuse passes unchanged.
	as *trafficRoute
}

// sourceLists are a frontend's lists of sources, sorted. One of them is empty.
type sourceLists struct{ allowed, denied []string }

func (s sourceLists) empty() bool { return len(s.allowed) == 0 && len(s.denied) == 0 }

func (s sourceLists) equal(o sourceLists) bool {
	return slices.Equal(s.allowed, o.allowed) && slices.Equal(s.denied, o.denied)
}

// trafficStep is one request that changes a frontend's traffic, or those that make
// one route.
type trafficStep struct {
	verb    trafficVerb
	wanted  int             // index: of create and attach
	route   *trafficRoute   // of change and remove
	update  HTTPRouteUpdate // of change
	sources sourceLists     // of restrict
}

type trafficVerb int

const (
	createRoute   trafficVerb = iota // with its rules, attached to no frontend
	attachRoute                      // to the frontend, under its own name
	changeRoute                      // what is attached
	removeRoute                      // what is attached
	restrictFront                    // the frontend's lists of sources
)

// trafficPlan is how a frontend's filters, or its routes, become what is wanted.
//
// At no step are there fewer denials than both before and after: a request that is
// denied before the first and after the last is denied all along. That is since
//   - a denial is added, or moved forward, before anything else is done, and moved
//     back, or removed, after everything else;
//   - whatever else moves or goes does so while each such request is denied by the
//     old lists of sources and old denials, or by the new ones: what stood behind the
//     old denials stays there until the new lists of sources are in place, and what
//     will stand behind the new denials is there when the old lists go.
type trafficPlan struct {
	live   []*trafficRoute
	wanted []wantedRoute
	keep   []*trafficRoute // for each of the wanted the route that becomes it; nil: a new one
	old    []*trafficRoute // what goes
	steps  []trafficStep
}

// planTraffic orders the steps from live and from to wanted and to. Room is how many
// routes can be made before others are removed; where it is too little, what does not
// deny is removed first.
func planTraffic(live []*trafficRoute, wanted []wantedRoute, from, to sourceLists, room int) ([]trafficStep, error) {
	p := &trafficPlan{live: live, wanted: wanted}
	p.claim()
	if err := p.makeRoom(room); err != nil {
		return nil, err
	}
	p.create()
	replaced := !from.equal(to) && !from.empty() && !to.empty()
	if from.empty() && !to.empty() {
		p.restrict(to)
	}
	p.addDenials()
	if replaced {
		p.removeOthers()
		p.moveOthers(back)
		p.restrict(to)
	}
	p.addOthers()
	p.moveOthers(bothWays)
	if !replaced {
		p.removeOthers()
	}
	if to.empty() && !from.empty() {
		p.restrict(to)
	}
	p.removeDenials()
	return p.steps, nil
}

func denies(action RouteActionType) bool { return action == RouteActionReject }

// claim finds for each of the wanted the route that it is already, or that becomes
// it by a change of its name, its place, or what is answered.
func (p *trafficPlan) claim() {
	p.keep = make([]*trafficRoute, len(p.wanted))
	p.old = slices.Clone(p.live)
	take := func(fits func(w wantedRoute, r *trafficRoute) bool) {
		for i, w := range p.wanted {
			if p.keep[i] != nil {
				continue
			}
			if at := slices.IndexFunc(p.old, func(r *trafficRoute) bool { return fits(w, r) }); at >= 0 {
				p.keep[i] = p.old[at]
				p.old = slices.Delete(p.old, at, at+1)
			}
		}
	}
	take(func(w wantedRoute, r *trafficRoute) bool { return w.as == r })
	take(func(w wantedRoute, r *trafficRoute) bool {
		return w.matches(r) && w.name == r.DisplayName && sameAction(r.protocol, w.action, r.Action)
	})
	take(func(w wantedRoute, r *trafficRoute) bool { return w.matches(r) && w.action.Type == r.Action.Type })
}

func (w wantedRoute) matches(r *trafficRoute) bool {
	return w.as == nil && sameMatch(w.match, matchOf(r.protocol, r.Rules))
}

// sameAction compares what two actions do: null is the default status (facts 5.6).
func sameAction(protocol lb.Protocol, a, b HTTPRouteAction) bool {
	return settledAction(protocol, a) == settledAction(protocol, b)
}

func settledAction(protocol lb.Protocol, a HTTPRouteAction) HTTPRouteAction {
	switch {
	case protocol == lb.ProtocolTCP, a.Type == RouteActionFarm:
		a.Status = 0
	case a.Type == RouteActionReject:
		a.Status = cmp.Or(a.Status, defaultReject)
	case a.Type == RouteActionRedirect:
		a.Status = cmp.Or(a.Status, defaultRedirect)
	}
	return a
}

// change is what to send to make the route that is kept what is wanted.
func (p *trafficPlan) change(i int) HTTPRouteUpdate {
	var u HTTPRouteUpdate
	w, r := p.wanted[i], p.keep[i]
	required(&u.Weight, r.Weight, i+1)
	if w.as != nil {
		return u
	}
	nullable(&u.DisplayName, r.DisplayName, w.name)
	if !sameAction(r.protocol, w.action, r.Action) {
		u.Action = Value(w.action)
	}
	return u
}

// makeRoom removes what does not deny until what is new has a place.
func (p *trafficPlan) makeRoom(room int) error {
	missing := -room
	for _, r := range p.keep {
		if r == nil {
			missing++
		}
	}
	if missing > len(p.old) {
		return &lb.Error{
			Code: lb.ErrQuota, Provider: providerName, Kind: lb.KindRoute,
			Message: fmt.Sprintf("a load balancer has %d routes for the filters and routes of all of its frontends: %d too few", maxRoutes, missing-len(p.old)),
		}
	}
	for ; missing > 0; missing-- {
		at := slices.IndexFunc(p.old, func(r *trafficRoute) bool { return !denies(r.Action.Type) })
		if at < 0 {
			return &lb.Error{
				Code: lb.ErrQuota, Provider: providerName, Kind: lb.KindRoute,
				Message: fmt.Sprintf("a load balancer has %d routes, and %d more are needed to replace denials without a moment in which neither the old nor the new ones are there; replace them in several steps", maxRoutes, missing),
			}
		}
		p.remove(p.old[at])
		p.old = slices.Delete(p.old, at, at+1)
	}
	return nil
}

func (p *trafficPlan) remove(r *trafficRoute) {
	p.steps = append(p.steps, trafficStep{verb: removeRoute, route: r})
}

func (p *trafficPlan) restrict(to sourceLists) {
	p.steps = append(p.steps, trafficStep{verb: restrictFront, sources: to})
}

// create makes the new routes, which nothing sees as long as they are attached to no
// frontend.
func (p *trafficPlan) create() {
	for i, r := range p.keep {
		if r == nil {
			p.steps = append(p.steps, trafficStep{verb: createRoute, wanted: i})
		}
	}
}

func (p *trafficPlan) attach(deny bool) {
	for i, r := range p.keep {
		if r == nil && denies(p.wanted[i].action.Type) == deny {
			p.steps = append(p.steps, trafficStep{verb: attachRoute, wanted: i})
		}
	}
}

// direction is where a route that is kept moves.
type direction int

const (
	forward direction = 1 << iota // to an earlier place, or changes where it is
	back
	bothWays = forward | back
)

func (p *trafficPlan) move(deny bool, where direction) {
	for i, r := range p.keep {
		if r == nil || denies(r.Action.Type) != deny {
			continue
		}
		to := forward
		if i+1 > r.Weight {
			to = back
		}
		if u := p.change(i); to&where != 0 && !nothing(u) {
			p.steps = append(p.steps, trafficStep{verb: changeRoute, route: r, update: u})
		}
	}
}

func (p *trafficPlan) addDenials() {
	p.attach(true)
	p.move(true, forward)
}

func (p *trafficPlan) removeDenials() {
	p.move(true, back)
	for _, r := range p.old {
		if denies(r.Action.Type) {
			p.remove(r)
		}
	}
}

func (p *trafficPlan) addOthers() { p.attach(false) }

func (p *trafficPlan) moveOthers(where direction) { p.move(false, where) }

func (p *trafficPlan) removeOthers() {
	for _, r := range p.old {
		if !denies(r.Action.Type) {
			p.remove(r)
		}
	}
}
