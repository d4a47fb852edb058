package ovh

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/lbkit/lbkit/lb"
)

// Filters is lb.Dialect's: one spec for each of OVH's routes, with matches in one
// spelling and defaults filled in. A first filter that denies by source alone, and
// has neither name, status nor extension, stays one: it is the frontend's
// allowedSource (with Not) or deniedSource.
func (dialect) Filters(frontend lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, error) {
	var out []lb.FilterSpec
	problems := routable(lb.KindFilter, "filter", frontend.Protocol, len(specs))
	for i, spec := range specs {
		canonical, found := canonicalFilter(frontend.Protocol, i, spec)
		out = append(out, canonical...)
		problems = append(problems, found...)
	}
	routes := len(out)
	if routes > 0 && sourceFilter(out[0]) {
		routes--
	}
	problems = append(problems, tooMany(lb.KindFilter, "filters", routes)...)
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// routable refuses filters and routes of frontends that have none.
func routable(kind lb.Kind, leaf string, protocol lb.Protocol, count int) lb.Problems {
	if count == 0 || matchFields(protocol) != nil {
		return nil
	}
	f := &findings{kind: lb.KindFrontend, leaf: "frontend"}
	if protocol == lb.ProtocolUDP {
		f = &findings{kind: kind, leaf: leaf}
		f.lacks(f.feature("match.udp"), leaf+"s", count, "a UDP frontend has neither filters nor routes")
	}
	f.protocol(protocol)
	return f.problems
}

func tooMany(kind lb.Kind, path string, routes int) lb.Problems {
	f := &findings{kind: kind}
	if routes > maxRoutes {
		f.invalid(path, "they take %d routes, and a load balancer has %d for all of its frontends", routes, maxRoutes)
	}
	return f.problems
}

// canonicalFilter is the form in which OVH reports a filter: a spec for each of the
// routes that it takes. The index is its place among the filters of a frontend.
func canonicalFilter(protocol lb.Protocol, index int, spec lb.FilterSpec) ([]lb.FilterSpec, lb.Problems) {
	f := &findings{kind: lb.KindFilter, leaf: "filter", at: fmt.Sprintf("filters[%d].", index)}
	if matchFields(protocol) == nil {
		return nil, nil // refused as a whole: see routable
	}
	f.routeName(spec.Name)
	options := optionsOf[FilterOptions](f, "extensions."+providerName, spec.Extensions)
	out := lb.Clone(spec)
	f.match(protocol, spec.Match)
	out.Match = canonicalMatch(out.Match)
	out.Extensions = lb.Extend(options)
	if index == 0 && sourceFilter(out) {
		return []lb.FilterSpec{out}, f.problems
	}
	f.action(protocol, &out, &options)
	out.Extensions = lb.Extend(options)
	var all []lb.FilterSpec
	for _, match := range f.expand(out.Match) {
		one := lb.Clone(out)
		one.Match = match
		all = append(all, one)
	}
	return all, f.problems
}

// sourceFilter: a first filter like that is kept with the frontend, outside of its
// routes, before which it is applied.
func sourceFilter(spec lb.FilterSpec) bool {
	if spec.Action != lb.FilterDeny || spec.Name != "" || spec.Status != 0 || spec.Redirect != nil {
		return false
	}
	if slices.Contains(spec.Extensions.Providers(), providerName) || len(spec.Match) != 1 {
		return false
	}
	c := spec.Match[0]
	return c.Field == lb.FieldSource && c.Name == "" && c.Op == "" && len(c.Values) > 0
}

func (f *findings) routeName(name string) {
	f.text("name", name)
	if n := utf8.RuneCountInString(name); n > maxRouteName {
		f.invalid("name", "%d characters; OVH keeps %d", n, maxRouteName)
	}
}

// action checks what a filter does and fills in its defaults.
func (f *findings) action(protocol lb.Protocol, out *lb.FilterSpec, options *FilterOptions) {
	switch out.Action {
	case "":
		f.unset("action", "a filter needs one")
	case lb.FilterAllow:
		f.lacks("filter.action.allow", "action", string(out.Action), "OVH's filters deny and redirect")
	case lb.FilterDeny:
		f.deny(protocol, out)
	case lb.FilterRedirect:
		if protocol == lb.ProtocolTCP {
			f.lacks("filter.action.redirect.tcp", "action", string(out.Action), "there is nothing to redirect in TCP")
		}
		out.Redirect = f.redirect(out.Redirect, options)
	default:
		f.unsupported("action", string(out.Action), "OVH has deny, redirect")
	}
	if out.Action == lb.FilterRedirect {
		if out.Status != 0 {
			f.invalid("status", "it is of denials; a redirect has redirect.code")
		}
		return
	}
	if out.Redirect != nil {
		f.invalid("redirect", "needs action redirect")
	}
	if options.Target != "" {
		f.invalid("extensions.ovh.target", "needs action redirect")
	}
}

// deny settles what is answered: an HTTP status, and nothing at all on TCP.
func (f *findings) deny(protocol lb.Protocol, out *lb.FilterSpec) {
	switch {
	case protocol == lb.ProtocolTCP:
		if out.Status != 0 {
			f.lacks("filter.status.tcp", "status", out.Status, "a TCP connection is ended without an answer")
		}
	case out.Status == 0:
		out.Status = defaultReject
	case !slices.Contains(rejectStatuses, out.Status):
		f.unsupported("status", out.Status, "OVH has "+joinStatus(rejectStatuses))
	}
}
