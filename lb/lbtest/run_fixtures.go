package lbtest

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// profile is what the capabilities say: fixtures are made from it.
func (w *world) profile() profile { return profile{Capabilities: w.suite.capabilities} }

// backendSpec is an HTTP backend on a port and with a check, where the provider has them.
func (w *world) backendSpec(name string) lb.BackendSpec {
	spec := lb.BackendSpec{Name: name, Protocol: lb.ProtocolHTTP}
	if w.supports("backend.port") {
		spec.Port = 8080
	}
	if w.supports("backend.healthCheck") {
		spec.HealthCheck = w.profile().plainCheck()
	}
	return spec
}

func (w *world) frontendSpec(name string, port uint16, backend lb.BackendID) lb.FrontendSpec {
	return lb.FrontendSpec{Name: name, Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(port)}, DefaultBackend: backend}
}

// hosts are servers with an address and, where they cannot do without, a port.
func (w *world) hosts(addresses ...string) []lb.ServerSpec {
	specs := make([]lb.ServerSpec, len(addresses))
	for i, address := range addresses {
		specs[i].Address = netip.MustParseAddr(address)
	}
	return w.profile().reachable(specs)
}

// reachable are servers with a port where the provider has no default for it.
func (p profile) reachable(servers []lb.ServerSpec) []lb.ServerSpec {
	for i := range servers {
		if servers[i].Port == 0 && p.Has("server.port") && !p.Has("server.port.unset") {
			servers[i].Port = 8080
		}
	}
	return servers
}

// denySource is a filter of one condition, on the source where the provider looks at it.
func (w *world) denySource(prefix string) lb.FilterSpec {
	spec := lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{prefix}}}}
	if p := w.profile(); !p.compares("filter", lb.FieldSource, "") {
		spec.Match = p.matchFor("filter", "/"+strings.NewReplacer(".", "-", "/", "-").Replace(prefix))
	}
	return spec
}

// denyPath is a filter with a name, where filters have one, of one condition, on the path
// where the provider looks at it.
func (w *world) denyPath(name, path string) lb.FilterSpec {
	spec := lb.FilterSpec{Action: lb.FilterDeny, Match: w.profile().matchFor("filter", path)}
	if w.supports("filter.name") {
		spec.Name = name
	}
	return spec
}

// routeTo is a route of one condition, on the path where the provider looks at it.
func (w *world) routeTo(backend lb.BackendID, path string) lb.RouteSpec {
	return lb.RouteSpec{Backend: backend, Match: w.profile().matchFor("route", path)}
}

// compares reports whether the filters, or the routes, of the provider compare a part of a
// request so.
func (p profile) compares(kind lb.Feature, field lb.Field, op lb.MatchOp) bool {
	return p.Has(kind+".match."+lb.Feature(field), opFeature(kind, field, op))
}

// matchFor is a condition that stands for a path, another one for another path: on the
// path, or else on the host or on the source, as the provider has it.
func (p profile) matchFor(kind lb.Feature, path string) lb.Match {
	switch {
	case p.compares(kind, lb.FieldPath, lb.MatchPrefix):
	case p.compares(kind, lb.FieldHost, ""):
		return lb.Match{{Field: lb.FieldHost, Values: []string{strings.Trim(strings.ReplaceAll(path, "/", "-"), "-") + ".example"}}}
	case p.compares(kind, lb.FieldSource, ""):
		sum := fnv.New32()
		_, _ = sum.Write([]byte(path))
		net := sum.Sum32()
		return lb.Match{{Field: lb.FieldSource, Values: []string{fmt.Sprintf("10.%d.%d.%d/32", byte(net>>16), byte(net>>8), byte(net))}}} //nolint:gosec // G115: its bytes
	}
	return lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{path}}}
}

// had are n conditions of fields, in their order: those first that the provider has.
func (p profile) had(kind lb.Feature, n int, fields ...lb.Field) []lb.Condition {
	var has, lacks []lb.Condition
	for _, field := range fields {
		if c := conditionOf(field); p.compares(kind, field, c.Op) {
			has = append(has, c)
		} else {
			lacks = append(lacks, c)
		}
	}
	return append(has, lacks...)[:n]
}

// allFields are the parts of a request in the order in which conditions are put together,
// and textFields in that in which a condition is looked for whose values are told.
var (
	allFields  = []lb.Field{lb.FieldSource, lb.FieldPath, lb.FieldHost, lb.FieldHeader, lb.FieldMethod, lb.FieldCookie, lb.FieldParam}
	textFields = []lb.Field{lb.FieldHost, lb.FieldPath, lb.FieldSource, lb.FieldHeader, lb.FieldMethod, lb.FieldCookie, lb.FieldParam}
)

// overlapping are two conditions of routes of which the second holds wherever the first does.
func (p profile) overlapping() (narrow, wide lb.Condition) {
	narrow, wide = conditionOf(lb.FieldPath), conditionOf(lb.FieldPath)
	narrow.Values = []string{"/a/b"}
	switch {
	case p.compares("route", lb.FieldPath, lb.MatchPrefix):
	case p.compares("route", lb.FieldHost, "") && p.compares("route", lb.FieldHost, lb.MatchSuffix):
		narrow, wide = conditionOf(lb.FieldHost), conditionOf(lb.FieldHost)
		narrow.Values, wide.Op, wide.Values = []string{"b.a.example"}, lb.MatchSuffix, []string{".a.example"}
	case p.compares("route", lb.FieldSource, ""):
		narrow, wide = conditionOf(lb.FieldSource), conditionOf(lb.FieldSource)
		narrow.Values, wide.Values = []string{"192.0.2.0/28"}, []string{"192.0.2.0/24"}
	}
	return narrow, wide
}

// alterLoadBalancer changes what of a load balancer can be changed: its name, or its tags.
func (w *world) alterLoadBalancer(spec *lb.LoadBalancerSpec) {
	if w.retags() {
		spec.Tags = []string{"env=" + renamed}
		return
	}
	spec.Name = renamed
}

// retags reports whether a load balancer has tags to change, and no name.
func (w *world) retags() bool {
	return !w.supports("loadbalancer.name.update") && w.supports("loadbalancer.tags.update")
}

// altered counts what alterLoadBalancer has changed.
func altered(s *scene) int {
	s.Helper()
	if s.retags() {
		got := must(s.p.LoadBalancers().Get(s.ctx, s.id))(s.world, "read the load balancer")
		return truth(slices.Contains(got.Tags, "env="+renamed))
	}
	return countLoadBalancers(renamed)(s)
}

// alterBackend changes something that instances run, each time again: the port, or else the name.
func (w *world) alterBackend(spec *lb.BackendSpec) {
	if w.supports("backend.port.update") {
		spec.Port++
		return
	}
	spec.Name += "+"
}

// alterFrontend changes the port, or else the name, each time again.
func (w *world) alterFrontend(spec *lb.FrontendSpec) {
	if w.supports("frontend.ports.update") {
		spec.Ports = []lb.PortRange{lb.Port(spec.Ports[0].From + 1)}
		return
	}
	spec.Name += "+"
}
