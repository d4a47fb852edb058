package scaleway

import (
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// neutralRoutes are the routes of a frontend, which speaks protocol, in the order in
// which they are compared: Scaleway documents none (facts 18.14).
func neutralRoutes(zone Zone, frontend lb.FrontendID, protocol lb.Protocol, routes []*Route) []*lb.Route {
	out := make([]*lb.Route, len(routes))
	for i, r := range routes {
		out[i] = &lb.Route{ID: formatID(zone, r.ID), Frontend: frontend, RouteSpec: routeSpec(zone, protocol, r), Native: r}
	}
	slices.SortStableFunc(out, func(a, b *lb.Route) int { return compareRoutes(a.RouteSpec, b.RouteSpec) })
	return out
}

func routeSpec(zone Zone, protocol lb.Protocol, r *Route) lb.RouteSpec {
	return lb.RouteSpec{Backend: FormatBackendID(zone, r.BackendID), Match: readRouteMatch(protocol, r)}
}

// readRouteMatch reads the one condition that a route has. The host is in the TLS
// handshake on TCP and in a header on HTTP: what looks for it in the other place has
// no name in the contract. Nor has a condition that this version does not know: the
// route's ID tells it from others.
func readRouteMatch(protocol lb.Protocol, r *Route) lb.Match {
	m := content(r.Match)
	var match lb.Match
	for _, host := range []struct {
		value string
		word  string
		of    lb.Protocol
	}{{m.SNI, "sni", lb.ProtocolTCP}, {m.HostHeader, "host_header", lb.ProtocolHTTP}} {
		if host.value == "" {
			continue
		}
		c := lb.Condition{Field: lb.FieldHost, Values: []string{host.value}}
		if host.of != protocol {
			c.Field = lb.Field(open(host.word))
		}
		if m.MatchSubdomains {
			c.Op, c.Values = lb.MatchSuffix, []string{"." + host.value}
		}
		match = append(match, c)
	}
	if m.PathBegin != "" {
		match = append(match, lb.Condition{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{m.PathBegin}})
	}
	if len(match) == 0 {
		match = append(match, lb.Condition{Field: lb.Field(open("unknown")), Values: []string{r.ID}})
	}
	return match
}

// wireRouteMatch is a canonical match in the API's words.
func wireRouteMatch(protocol lb.Protocol, match lb.Match) *RouteMatch {
	m := &RouteMatch{}
	for _, c := range match { // one, with one value, says the dialect
		value := c.Values[0]
		if c.Field == lb.FieldPath {
			m.PathBegin = value
			continue
		}
		if c.Op == lb.MatchSuffix {
			m.MatchSubdomains, value = true, strings.TrimPrefix(value, ".")
		}
		if protocol == lb.ProtocolTCP {
			m.SNI = value
		} else {
			m.HostHeader = value
		}
	}
	return m
}
