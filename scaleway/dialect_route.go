package scaleway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Routes is lb.Dialect's: one spec for each of Scaleway's routes, which look at one
// value. They have no order, so they are sorted by what they match, and those that
// a request may match two of are refused.
func (d dialect) Routes(frontend lb.FrontendSpec, specs []lb.RouteSpec) ([]lb.RouteSpec, error) {
	canonical, found := d.routes(frontend, specs, func(lb.RouteSpec) bool { return false })
	if len(found) > 0 {
		return nil, found
	}
	return canonical, nil
}

// routes is Routes, which lets pass what is live, in its canonical form, whatever it
// thinks of it.
func (d dialect) routes(frontend lb.FrontendSpec, specs []lb.RouteSpec, live func(lb.RouteSpec) bool) ([]lb.RouteSpec, lb.Problems) {
	p := &problems{kind: lb.KindRoute}
	if !p.ruleProtocol("route", frontend.Protocol, len(specs)) {
		return nil, p.list
	}
	var all []placedRoute
	for i, spec := range specs {
		canonical, found := d.route(frontend.Protocol, i, spec)
		if len(found) > 0 && !every(canonical, live) {
			p.list = append(p.list, found...)
		}
		for _, one := range canonical {
			if !slices.ContainsFunc(all, func(r placedRoute) bool { return lb.Equal(r.spec, one) }) {
				all = append(all, placedRoute{spec: one, place: i, live: live(one)})
			}
		}
	}
	p.overlaps(all)
	out := make([]lb.RouteSpec, len(all))
	for i, r := range all {
		out[i] = r.spec
	}
	sortRoutes(out)
	return out, p.list
}

// placedRoute is a route of Scaleway's and where it comes from.
type placedRoute struct {
	spec  lb.RouteSpec
	place int  // of the spec that asks for it
	live  bool // it is there already
}

func every[T any](items []T, is func(T) bool) bool {
	return !slices.ContainsFunc(items, func(item T) bool { return !is(item) })
}

// sortRoutes puts routes into the order that they are compared in. Where they lead
// to has no part in it: in a topology those are names.
func sortRoutes(specs []lb.RouteSpec) { slices.SortStableFunc(specs, compareRoutes) }

func compareRoutes(a, b lb.RouteSpec) int {
	return slices.CompareFunc(a.Match, b.Match, compareConditions)
}

// route gives the canonical form of one route, one spec for each value that it
// matches, even beside problems: the fields at fault are in it as they came.
func (d dialect) route(protocol lb.Protocol, index int, spec lb.RouteSpec) ([]lb.RouteSpec, lb.Problems) {
	p := &problems{kind: lb.KindRoute}
	path := fmt.Sprintf("routes[%d].", index)
	c := lb.Clone(spec)
	p.refused("route.name", path+"name", c.Name, c.Name != "")
	if c.Backend == "" {
		p.unsupported("route.backend.unset", path+"backend", nil, "a route leads to one")
	}
	if slices.Contains(c.Extensions.Providers(), providerName) {
		p.unsupported("route.extensions", path+extensionPath, nil, "Scaleway has no settings of a route")
	} else {
		c.Extensions = lb.Extensions{} // with one of its own, the route is not like any that is live
	}
	p.routeMatch(protocol, path, c.Match)
	for i := range c.Match {
		c.Match[i] = canonicalCondition(c.Match[i])
	}
	return oneByOne(c), p.list
}

// routeMatch refuses what a route of Scaleway's cannot say: it has one condition.
func (p *problems) routeMatch(protocol lb.Protocol, path string, match lb.Match) {
	switch {
	case len(match) == 0:
		p.unsupported("route.match.unset", path+"match", nil, "a route needs a condition")
	case len(match) > 1:
		p.unsupported("route.match.several", path+"match", nil, "a route has one condition")
	}
	for i, c := range match {
		at := fmt.Sprintf("%smatch[%d]", path, i)
		p.condition("route", routeWays, protocol, at, c)
		if c.Not {
			p.unsupported("route.match.not", at+".not", true, "a route cannot negate")
		}
		if c.Field == lb.FieldHost && c.Op == lb.MatchSuffix && slices.ContainsFunc(c.Values, isBareSuffix) {
			p.unsupported("route.match.host.suffix.bare", at+".values", c.Values, "Scaleway matches subdomains, not any end of a name")
		}
	}
}

// isBareSuffix reports whether a suffix of hosts is more than the subdomains of a
// domain.
func isBareSuffix(value string) bool { return value != "" && (value[0] != '.' || value == ".") }

// oneByOne is a canonical route as one for each of its values.
func oneByOne(spec lb.RouteSpec) []lb.RouteSpec {
	if len(spec.Match) != 1 || spec.Match[0].Not || len(spec.Match[0].Values) < 2 {
		return []lb.RouteSpec{spec}
	}
	var out []lb.RouteSpec
	for _, value := range spec.Match[0].Values {
		one := lb.Clone(spec)
		one.Match[0].Values = []string{value}
		out = append(out, one)
	}
	return out
}

// overlaps refuses routes that lead a request to two backends, since it is not
// known which one wins (facts 18.14). What is live already may stay so.
func (p *problems) overlaps(all []placedRoute) {
	for i, later := range all {
		for _, sooner := range all[:i] {
			if later.spec.Backend == sooner.spec.Backend || later.live && sooner.live || !overlap(later.spec.Match, sooner.spec.Match) {
				continue
			}
			p.unsupported("route.order", fmt.Sprintf("routes[%d].match", later.place), nil,
				fmt.Sprintf("a request may match routes[%d] too, and it is not known which of them Scaleway prefers", sooner.place))
			break
		}
	}
}

// overlap reports whether a request may match both. What is no match of a route is
// taken for one that may. Whether the subdomains of a domain include the domain
// itself is not documented, so here they do.
func overlap(a, b lb.Match) bool {
	if len(a) != 1 || len(b) != 1 || len(a[0].Values) != 1 || len(b[0].Values) != 1 || a[0].Field != b[0].Field {
		return true
	}
	x, y := a[0].Values[0], b[0].Values[0]
	switch a[0].Field {
	case lb.FieldPath:
		return strings.HasPrefix(x, y) || strings.HasPrefix(y, x)
	case lb.FieldHost:
		return covers(a[0].Op, x, y) || covers(b[0].Op, y, x)
	default:
		return true
	}
}

// covers reports whether hosts that are matched by op and value are, or include, the
// other value.
func covers(op lb.MatchOp, value, other string) bool {
	value, other = strings.ToLower(value), strings.ToLower(strings.TrimPrefix(other, "."))
	domain := strings.TrimPrefix(value, ".")
	return domain == other || op == lb.MatchSuffix && strings.HasSuffix(other, "."+domain)
}
