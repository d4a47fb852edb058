package ovh

import (
	"fmt"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// Routes is lb.Dialect's: one spec for each of OVH's routes, with matches in one
// spelling.
func (dialect) Routes(frontend lb.FrontendSpec, specs []lb.RouteSpec) ([]lb.RouteSpec, error) {
	var out []lb.RouteSpec
	problems := routable(lb.KindRoute, "route", frontend.Protocol, len(specs))
	for i, spec := range specs {
		canonical, found := canonicalRoute(frontend.Protocol, i, spec)
		out = append(out, canonical...)
		problems = append(problems, found...)
	}
	problems = append(problems, tooMany(lb.KindRoute, "routes", len(out))...)
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// canonicalRoute is the form in which OVH reports a route: a spec for each of its
// own that it takes.
func canonicalRoute(protocol lb.Protocol, index int, spec lb.RouteSpec) ([]lb.RouteSpec, lb.Problems) {
	f := &findings{kind: lb.KindRoute, leaf: "route", at: fmt.Sprintf("routes[%d].", index)}
	if matchFields(protocol) == nil {
		return nil, nil // refused as a whole: see routable
	}
	f.routeName(spec.Name)
	if spec.Backend == "" {
		f.unset("backend", "a route leads to one")
	}
	if slices.Contains(spec.Extensions.Providers(), providerName) {
		f.invalid("extensions."+providerName, "there is no such extension of a route")
	}
	f.match(protocol, spec.Match)
	var all []lb.RouteSpec
	for _, match := range f.expand(canonicalMatch(spec.Match)) {
		one := lb.Clone(spec)
		one.Match, one.Extensions = match, lb.Extensions{}
		all = append(all, one)
	}
	return all, f.problems
}
