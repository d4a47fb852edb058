package lbtest

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// ruled is a frontend that may have filters and routes.
func (d drawer) ruled() lb.FrontendSpec {
	protocol := among(d, "frontend.protocol", lb.ProtocolHTTP, lb.ProtocolHTTP, lb.ProtocolTCP)
	ports := []uint16{80, 443}
	if d.p.Has("filter.match.host.port") {
		ports = append(ports, 8080)
	}
	number := rapid.SampledFrom(ports).Draw(d.t, "frontend.ports")
	return lb.FrontendSpec{Name: "web", Protocol: protocol, Ports: []lb.PortRange{lb.Port(number)}, DefaultBackend: "one"}
}

func (d drawer) filters(frontend lb.FrontendSpec) []lb.FilterSpec {
	return drawn(d, "filters", 3, func(d drawer, _ int) lb.FilterSpec {
		actions := []lb.FilterAction{lb.FilterDeny, lb.FilterDeny, lb.FilterAllow}
		if frontend.Protocol == lb.ProtocolHTTP || d.p.Has("filter.action.redirect.tcp") {
			actions = append(actions, lb.FilterRedirect, lb.FilterRedirect)
		}
		spec := lb.FilterSpec{
			Name:   d.name("filter.name"),
			Match:  d.match("filter", frontend.Protocol),
			Action: among(d, "filter.action", actions...),
		}
		if spec.Action == lb.FilterRedirect {
			spec.Redirect = d.redirect()
		}
		if spec.Action == lb.FilterDeny && frontend.Protocol == lb.ProtocolHTTP {
			spec.Status = maybe(d, "filter.status", 2, 403, 503, 429)
			spec.Extensions = d.extensions("filter.extensions", 4)
		}
		return spec
	})
}

// drawn is up to most specs.
func drawn[S lb.Spec](d drawer, name string, most int, draw func(d drawer, i int) S) []S {
	out := make([]S, rapid.IntRange(0, most).Draw(d.t, name))
	for i := range out {
		out[i] = draw(d, i)
	}
	return out
}

func (d drawer) redirect() *lb.Redirect {
	r := &lb.Redirect{
		Scheme:    maybe(d, "filter.redirect.scheme", 2, "https", "http"),
		Host:      maybe(d, "filter.redirect.host", 2, "a.example", "b.a.example"),
		Path:      maybe(d, "filter.redirect.path", 3, "/", "/moved", "/a%20b"),
		DropQuery: maybe(d, "filter.redirect.dropQuery", 3, true),
		Code:      maybe(d, "filter.redirect.code", 2, 301, 302, 303, 307, 308),
	}
	if r.Host != "" || d.p.Has("filter.redirect.port.alone") {
		r.Port = maybe[uint16](d, "filter.redirect.port", 3, 443, 8443, 65535)
	}
	if r.Scheme == "" && r.Host == "" && r.Port == 0 && r.Path == "" && !r.DropQuery {
		r.Scheme = "https"
	}
	return r
}

func (d drawer) routes(frontend lb.FrontendSpec) []lb.RouteSpec {
	together := !d.p.Has("route.order") && d.once(2, "to one backend")
	return drawn(d, "routes", 3, func(d drawer, i int) lb.RouteSpec {
		spec := lb.RouteSpec{Name: d.name("route.name"), Match: d.match("route", frontend.Protocol), Backend: "two"}
		if !together {
			spec.Backend = among[lb.BackendID](d, "route.backend", "one", "two")
		}
		if !together && !d.p.Has("route.order") && !d.wild {
			spec.Match = lb.Match{{Field: lb.FieldHost, Values: []string{fmt.Sprintf("%d.example", i)}}}
		}
		return spec
	})
}

// match draws conditions that the provider has, as many as it takes together.
func (d drawer) match(kind lb.Feature, protocol lb.Protocol) lb.Match {
	at := kind + ".match"
	empty := d.p.Has(at+".unset") && (protocol == lb.ProtocolHTTP || d.p.Has(at+".unset.tcp"))
	if empty && d.once(6, "always") {
		return nil
	}
	match := lb.Match{d.condition(kind, protocol)}
	if !d.has(at + ".several") {
		return match
	}
	more := d.condition(kind, protocol)
	both := match[0].Not || more.Not
	sources := match[0].Field == lb.FieldSource && more.Field == lb.FieldSource
	fields := match[0].Field != lb.FieldSource && more.Field != lb.FieldSource
	switch {
	case both && !d.p.Has(at+".several.not"), sources && !d.p.Has(at+".several.sources"), fields && !d.p.Has(at+".several.fields"):
		if !d.wild {
			return match
		}
	}
	return append(match, more)
}

func (d drawer) condition(kind lb.Feature, protocol lb.Protocol) lb.Condition {
	fields := slices.Clone(matchFields)
	if !d.wild {
		fields = slices.DeleteFunc(fields, func(field lb.Field) bool {
			feature := kind + ".match." + lb.Feature(field)
			return !d.p.Has(feature) || protocol == lb.ProtocolTCP && !d.p.Has(feature+".tcp")
		})
	}
	if len(fields) == 0 {
		fields = []lb.Field{lb.FieldSource}
	}
	c := conditionOf(rapid.SampledFrom(fields).Draw(d.t, "field"))
	if ops := d.p.ops(kind, c.Field); len(ops) > 0 {
		c.Op = rapid.SampledFrom(ops).Draw(d.t, "op")
	}
	if c.Name != "" {
		c.Name = rapid.SampledFrom([]string{"x-tier", "Tier", "a_b"}).Draw(d.t, "name")
	}
	c.Values = d.values(kind, c)
	if d.has(kind + ".match.not") {
		c.Not = true
	}
	return c
}

// conditionValues are what conditions are drawn from: beside plain values those that a
// list, a URL or a pattern would read in another way.
var conditionValues = map[lb.Field][]string{
	lb.FieldSource:   {"192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "0.0.0.0/0", "10.0.0.0/8"},
	lb.FieldHost:     {"a.example", "b.a.example", "c.example", "xn--e1afmkfd.example"},
	lb.FieldPath:     {"/a", "/a/b", "/c.d", "/e,f", "/%20", "/é"},
	lb.FieldMethod:   {"POST", "PUT", "DELETE"},
	lb.FieldHeader:   {"gold", "a, b", "x y", "é", "*"},
	lb.FieldCookie:   {"gold", "a,b", "x;y"},
	lb.FieldParam:    {"gold", "a&b", "x=y"},
	lb.FieldProtocol: {"https", "http"},
}

func (d drawer) values(kind lb.Feature, c lb.Condition) []string {
	if c.Op == lb.MatchExists {
		return nil
	}
	pool := conditionValues[c.Field]
	switch {
	case c.Op == lb.MatchRegex:
		pool = []string{"^/a[bc]+$", "x|y", `\.php$`, "[0-9]{2,4}"}
	case c.Field == lb.FieldHost && c.Op == lb.MatchSuffix:
		pool = []string{".a.example", ".c.example"}
	}
	most := 1
	if d.has(kind + ".match.values.several") {
		most = 3
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(pool), 1, min(most, len(pool)), rapid.ID).Draw(d.t, "values")
}
