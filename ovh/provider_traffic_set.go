package ovh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// trafficSet replaces the filters of a frontend, or its routes.
type trafficSet struct {
	p        *provider
	api      routeCalls
	service  string
	protocol lb.Protocol
	frontend int64
	wanted   []wantedRoute
	made     []int64 // of the wanted, by index: the new ones
	host     string  // what rules call the name that a client asks for
}

func (p *provider) newTrafficSet(service string, protocol lb.Protocol, frontend int64, wanted []wantedRoute) *trafficSet {
	return &trafficSet{
		p: p, api: routeCallsOf(p.client, protocol, frontend), service: service, protocol: protocol, frontend: frontend,
		wanted: wanted, made: make([]int64, len(wanted)), host: ruleHost,
	}
}

// do makes what is there into what is wanted. After an error the same call again
// does the rest: what was made and not attached is recognised by its name, and removed.
func (s *trafficSet) do(ctx context.Context, live []*trafficRoute, from, to sourceLists) error {
	room, err := s.prepare(ctx, live)
	if err != nil {
		return err
	}
	steps, err := planTraffic(live, s.wanted, from, to, room)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := s.step(ctx, step); err != nil {
			// What this cannot remove, the next call will.
			_, _ = s.p.discardLeft(ctx, s.service, s.protocol, s.frontend)
			return err
		}
	}
	return nil
}

// prepare finds out how many routes there is room for, once what an earlier call
// left behind is gone.
func (s *trafficSet) prepare(ctx context.Context, live []*trafficRoute) (room int, err error) {
	room, err = s.p.discardLeft(ctx, s.service, s.protocol, s.frontend)
	if err != nil {
		return 0, err
	}
	plan := trafficPlan{live: live, wanted: s.wanted}
	plan.claim()
	return room, s.findHost(ctx, plan)
}

// detachedName is the name of a route that is not yet a frontend's: what is left of a
// call that failed has it, and nothing else.
func detachedName(protocol lb.Protocol, frontend int64) string {
	return detachedFrom(protocol) + keyText(frontend)
}

func detachedFrom(protocol lb.Protocol) string {
	return fmt.Sprintf("lbkit: to be attached to %s/frontend/", protocol)
}

// discardLeft removes the routes of a frontend that calls which failed have made and
// not attached, and tells how many routes there is room for then.
func (p *provider) discardLeft(ctx context.Context, service string, protocol lb.Protocol, frontend int64) (room int, err error) {
	defined, err := p.client.LoadBalancers.DefinedRoutes(ctx, service)
	if err != nil {
		return 0, err
	}
	room = maxRoutes - len(defined)
	api := routeCallsOf(p.client, protocol, frontend)
	for _, r := range defined {
		if r.Type != string(protocol) || r.DisplayName != detachedName(protocol, frontend) {
			continue
		}
		now, err := api.get(ctx, service, r.RouteID)
		if err == nil && !isLeft(now) {
			continue
		}
		if err == nil {
			err = api.remove(ctx, service, r.RouteID)
		}
		if ignoreMissing(err) != nil {
			return 0, err
		}
		room++
	}
	return room, nil
}

// isLeft tells whether a route is what a call that failed has made, for whichever
// frontend, and not attached.
func isLeft(r *trafficRoute) bool {
	return r.FrontendID == nil && strings.HasPrefix(r.DisplayName, detachedFrom(r.protocol))
}

// findHost asks what rules on the name that a TCP client asks for are called, where
// such rules are to be made: sources differ (facts 8.22).
func (s *trafficSet) findHost(ctx context.Context, plan trafficPlan) error {
	asks := func(w wantedRoute) bool {
		return slices.ContainsFunc(w.match, func(c lb.Condition) bool { return c.Field == lb.FieldHost })
	}
	needed := false
	for i, w := range s.wanted {
		needed = needed || plan.keep[i] == nil && asks(w)
	}
	if s.protocol != lb.ProtocolTCP || !needed {
		return nil
	}
	rules, err := s.p.client.LoadBalancers.AvailableRouteRules(ctx, s.service)
	if errors.Is(err, lb.ErrNotFound) || errors.Is(err, lb.ErrForbidden) {
		return nil // the guide's word is as good as any
	}
	if err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(rules, func(r AvailableRouteRule) bool { return r.Type == string(s.protocol) && r.Name == name })
	}
	if has(ruleSNI) && !has(ruleHost) {
		s.host = ruleSNI
	}
	return nil
}

func (s *trafficSet) step(ctx context.Context, step trafficStep) error {
	switch step.verb {
	case createRoute:
		return s.create(ctx, step.wanted)
	case attachRoute:
		update := HTTPRouteUpdate{FrontendID: Value(s.frontend)}
		nullable(&update.DisplayName, detachedName(s.protocol, s.frontend), s.wanted[step.wanted].name)
		return s.api.update(ctx, s.service, s.made[step.wanted], update)
	case changeRoute:
		return s.api.update(ctx, s.service, step.route.RouteID, step.update)
	case removeRoute:
		return ignoreMissing(s.api.remove(ctx, s.service, step.route.RouteID))
	case restrictFront:
		// Both lists, since only one may be filled; [] clears one (facts 6.4).
		return s.p.client.on(s.protocol).frontends.update(ctx, s.service, s.frontend, HTTPFrontendUpdate{
			AllowedSource: Value(append([]string{}, step.sources.allowed...)),
			DeniedSource:  Value(append([]string{}, step.sources.denied...)),
		})
	}
	return nil
}

// create makes a route that is attached to nothing, with all of its rules. Its weight
// counts from 1.
func (s *trafficSet) create(ctx context.Context, i int) error {
	w := s.wanted[i]
	made, err := s.api.create(ctx, s.service, HTTPRouteCreate{DisplayName: detachedName(s.protocol, s.frontend), Action: w.action, Weight: i + 1})
	if err != nil {
		return err
	}
	s.made[i] = made.RouteID
	for _, rule := range rulesOf(s.protocol, w.match, s.host) {
		if _, err := s.api.addRule(ctx, s.service, made.RouteID, rule); err != nil {
			return err
		}
	}
	return nil
}

// couldBeRead tells whether a spec that the dialect refuses may have been read from
// the API, which only looking there can tell, or was made up.
func couldBeRead[S lb.Spec](spec S, invented *trafficRoute, read func(*trafficRoute) S) bool {
	return lb.Equal(spec, read(invented))
}

// changedMeanwhile is the error of a set that reads back as something else than was
// written.
func changedMeanwhile(kind lb.Kind, id lb.FrontendID) error {
	return &lb.Error{
		Code: lb.ErrConflict, Provider: providerName, Kind: lb.KindFrontend, ID: string(id),
		Message: fmt.Sprintf("every %s was written, but they do not read back so: somebody else has changed them meanwhile", kind),
	}
}
