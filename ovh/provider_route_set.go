package ovh

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralRoutes is lb.Routes.
type neutralRoutes struct {
	lb.UnimplementedRoutes
	p *provider
}

// routeService is the lb.Routes of p.
func (p *provider) routeService() lb.Routes {
	return neutralRoutes{UnimplementedRoutes: lb.UnimplementedRoutes{ProviderName: providerName}, p: p}
}

// List yields the routes of a frontend that choose a farm, in the order in which
// they are tried.
func (s neutralRoutes) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Route, error] {
	return listTraffic(ctx, s.p, "routes.list", parent, opts, traffic.routeModels)
}

// Set makes the routes of a frontend exactly specs. What is there and wanted stays;
// what is new is made apart, and attached when it is whole; what is not wanted goes
// last, or, where a load balancer's 50 routes are too few for both, first. It sends
// nothing where the routes are as wanted.
func (s neutralRoutes) Set(ctx context.Context, parent lb.FrontendID, specs []lb.RouteSpec, opts lb.SetOptions) (_ []*lb.Route, err error) {
	defer rest.Named("routes.set", &err)
	service, protocol, id, err := ParseFrontendID(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, invalid(lb.KindFrontend, string(parent), "no routes: SetOptions.AllowEmpty removes them all")
	}
	if err := madeUpRoutes(service, protocol, specs).Err(); err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	current, err := s.p.traffic(ctx, service, protocol, id, lb.PageOptions{})
	if err != nil {
		return nil, err
	}
	if sameRoutes(specs, current.routeModels()) {
		return current.routeModels(), nil
	}
	want, err := wantRoutes(current, specs)
	if err != nil {
		return nil, err
	}
	if sameRoutes(want.specs, current.routeModels()) {
		return current.routeModels(), nil
	}
	set := s.p.newTrafficSet(service, protocol, id, want.routes)
	if err := set.do(ctx, current.routes, sourceLists{}, sourceLists{}); err != nil {
		return nil, err
	}
	after, err := s.p.traffic(ctx, service, protocol, id, lb.PageOptions{})
	if err != nil {
		return nil, err
	}
	if !sameRoutes(want.specs, after.routeModels()) {
		return nil, changedMeanwhile(lb.KindRoute, parent)
	}
	return after.routeModels(), nil
}

// routeAction is what a route does; its farm must be of the service and protocol. What
// was read from a target that is no farm's number becomes that again.
func (f *findings) routeAction(service string, protocol lb.Protocol, spec lb.RouteSpec) HTTPRouteAction {
	farm := f.backendReference("backend", service, protocol, spec.Backend)
	target, ours := strings.CutPrefix(string(spec.Backend), formatID(service, string(protocol), "farm", ""))
	if !ours {
		target = decimal(farm)
	}
	return HTTPRouteAction{Type: RouteActionFarm, Target: target}
}

// settledRoute is a spec in canonical form with its action, or what is wrong with it.
func settledRoute(service string, protocol lb.Protocol, index int, spec lb.RouteSpec) ([]lb.RouteSpec, HTTPRouteAction, lb.Problems) {
	canonical, problems := canonicalRoute(protocol, index, spec)
	f := &findings{kind: lb.KindRoute, leaf: "route", at: fmt.Sprintf("routes[%d].", index), problems: problems}
	action := f.routeAction(service, protocol, spec)
	return canonical, action, f.problems
}

// madeUpRoutes is what is wrong with specs that no reading has brought: they are
// refused before anything is sent.
func madeUpRoutes(service string, protocol lb.Protocol, specs []lb.RouteSpec) lb.Problems {
	problems := routable(lb.KindRoute, "route", protocol, len(specs))
	for i, spec := range specs {
		_, action, found := settledRoute(service, protocol, i, spec)
		spec.Extensions = ownExtensions(spec.Extensions)
		invented := inventedRoute(protocol, spec.Name, spec.Match, action)
		read := func(r *trafficRoute) lb.RouteSpec { return routeSpecOf(service, r) }
		if len(found) > 0 && !couldBeRead(spec, invented, read) {
			problems = append(problems, found...)
		}
	}
	return problems
}

// wantedRoutes are routes as they are to be, in neutral form and as they are written.
type wantedRoutes struct {
	specs  []lb.RouteSpec
	routes []wantedRoute
}

// sameRoutes tells whether routes are as specs say.
func sameRoutes(specs []lb.RouteSpec, routes []*lb.Route) bool {
	return slices.EqualFunc(specs, routes, func(spec lb.RouteSpec, r *lb.Route) bool {
		spec.Extensions = ownExtensions(spec.Extensions)
		return lb.Equal(spec, r.RouteSpec)
	})
}

// wantRoutes prepares specs for a frontend. What the dialect refuses passes where it
// is there already.
func wantRoutes(t traffic, specs []lb.RouteSpec) (wantedRoutes, error) {
	protocol := t.frontend.protocol
	var want wantedRoutes
	problems := routable(lb.KindRoute, "route", protocol, len(specs))
	unclaimed := slices.Clone(t.routes)
	for i, spec := range specs {
		canonical, action, found := settledRoute(t.service, protocol, i, spec)
		if len(found) > 0 {
			spec.Extensions = ownExtensions(spec.Extensions)
			if at := slices.IndexFunc(unclaimed, func(r *trafficRoute) bool { return lb.Equal(spec, routeSpecOf(t.service, r)) }); at >= 0 {
				want.specs = append(want.specs, spec)
				want.routes = append(want.routes, wantedRoute{as: unclaimed[at], action: unclaimed[at].Action})
				unclaimed = slices.Delete(unclaimed, at, at+1)
				continue
			}
			problems = append(problems, found...)
		}
		for _, one := range canonical {
			want.specs = append(want.specs, one)
			want.routes = append(want.routes, wantedRoute{name: one.Name, match: one.Match, action: action})
		}
	}
	problems = append(problems, tooMany(lb.KindRoute, "routes", len(want.routes))...)
	if err := problems.Err(); err != nil {
		return wantedRoutes{}, err
	}
	return want, nil
}
