package dialect_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// Capabilities decide: each case takes features away, or sets a limit, and says what is
// refused then, with the feature's hint.
func TestRulesKeepsToItsCapabilities(t *testing.T) {
	t.Parallel()
	type features = map[lb.Feature]lb.Support
	no := lb.Support{Hint: "do without"}
	only := func(values ...string) lb.Support {
		return lb.Support{Supported: true, Values: values, Hint: "do without"}
	}
	host := lb.Condition{Field: lb.FieldHost, Values: []string{"a.example"}}
	routes := func(matches ...lb.Match) func(lb.Dialect) error {
		return func(d lb.Dialect) error {
			var specs []lb.RouteSpec
			for i, match := range matches {
				specs = append(specs, lb.RouteSpec{Backend: lb.BackendID(rune('a' + i)), Match: match})
			}
			return second(d.Routes(webFrontend(""), specs))
		}
	}
	frontend := func(change func(*lb.FrontendSpec)) func(lb.Dialect) error {
		return func(d lb.Dialect) error {
			spec := webFrontend("app")
			change(&spec)
			return second(d.Frontend(spec))
		}
	}
	backend := func(change func(*lb.BackendSpec), servers ...lb.ServerSpec) func(lb.Dialect) error {
		return func(d lb.Dialect) error {
			spec := webBackend()
			change(&spec)
			return third(d.Backend(spec, servers))
		}
	}
	for name, tc := range map[string]struct {
		features features
		limits   lb.Limits
		ask      func(lb.Dialect) error
		want     string // features, or paths where a limit is broken
	}{
		"a leaf": {features{"backend.serverTimeout": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.ServerTimeout = 1 }), "backend.serverTimeout"},
		"all of them": {
			features{"frontend.hsts": no, "frontend.http3": no, "frontend.disabled": no, "frontend.clientTimeout": no},
			lb.Limits{},
			frontend(func(s *lb.FrontendSpec) { s.HSTS, s.HTTP3, s.Disabled, s.ClientTimeout = true, true, true, 1 }),
			"frontend.clientTimeout frontend.disabled frontend.hsts frontend.http3",
		},
		"a value":    {features{"backend.algorithm": only("first")}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.Algorithm = lb.AlgorithmURI }), "backend.algorithm"},
		"a number":   {features{"backend.healthCheck.unhealthyThreshold": only("2")}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.HealthCheck.UnhealthyThreshold = 3 }), "backend.healthCheck.unhealthyThreshold"},
		"left out":   {features{"backend.name.unset": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.Name = "" }), "backend.name.unset"},
		"a check":    {features{"backend.healthCheck": no}, lb.Limits{}, backend(func(*lb.BackendSpec) {}), "backend.healthCheck"},
		"no check":   {features{"backend.healthCheck.unset": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.HealthCheck = nil }), "backend.healthCheck.unset"},
		"a user":     {features{"backend.healthCheck.user.unset": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckMySQL }), "backend.healthCheck.user.unset"},
		"one status": {features{"backend.healthCheck.http.status.several": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.HealthCheck.HTTP = &lb.HTTPCheck{Status: []int{200, 204}} }), "backend.healthCheck.http.status.several"},
		"one thing": {features{"backend.healthCheck.expect.withStatus": no, "backend.healthCheck.expect.containsAndRegex": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) {
			s.HealthCheck.HTTP, s.HealthCheck.Expect = &lb.HTTPCheck{Status: []int{200}}, &lb.Expect{Contains: "a", Regex: "b"}
		}), "backend.healthCheck.expect.containsAndRegex backend.healthCheck.expect.withStatus"},
		"no servers":      {features{"backend.tls.withoutServers": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone} }), "backend.tls.withoutServers"},
		"servers":         {features{"server.weight": no, "server.address.ipv6": no}, lb.Limits{}, backend(func(*lb.BackendSpec) {}, lb.ServerSpec{Address: netip.MustParseAddr("2001:db8::1"), Weight: new(2)}), "server.address.ipv6 server.weight"},
		"one port":        {features{"frontend.ports.several": no}, lb.Limits{}, frontend(func(s *lb.FrontendSpec) { s.Ports = append(s.Ports, lb.Port(82)) }), "frontend.ports.several"},
		"no range":        {features{"frontend.ports.range": no}, lb.Limits{}, frontend(func(s *lb.FrontendSpec) { s.Ports[0].To = 81 }), "frontend.ports.range"},
		"one certificate": {features{"frontend.certificates.several": no, "frontend.certificates.port80": no}, lb.Limits{}, frontend(func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{"a", "b"} }), "frontend.certificates.port80 frontend.certificates.several"},
		"plain TLS":       {features{"frontend.tls.withoutCertificates": no}, lb.Limits{}, frontend(func(s *lb.FrontendSpec) { s.TLS = true }), "frontend.tls.withoutCertificates"},
		"no backend":      {features{"frontend.defaultBackend.unset": no}, lb.Limits{}, frontend(func(s *lb.FrontendSpec) { s.DefaultBackend = "" }), "frontend.defaultBackend.unset"},
		"UDP":             {features{"backend.algorithm.udp": no, "backend.port.unset.udp": no, "server.weight.udp": no}, lb.Limits{}, backend(func(s *lb.BackendSpec) { *s = lb.BackendSpec{Protocol: lb.ProtocolUDP, Algorithm: lb.AlgorithmFirst} }, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(2)}), "backend.algorithm.udp backend.port.unset.udp server.weight.udp"},
		"a field":         {features{"route.match.host": no}, lb.Limits{}, routes(lb.Match{host}), "route.match.host"},
		"an op":           {features{"route.match.host.equal": no}, lb.Limits{}, routes(lb.Match{host}), "route.match.host.equal"},
		"field's values":  {features{"route.match.method": only("GET")}, lb.Limits{}, routes(lb.Match{{Field: lb.FieldMethod, Values: []string{"PUT"}}}), "route.match.method"},
		"no not":          {features{"route.match.not": no}, lb.Limits{}, routes(lb.Match{{Field: lb.FieldHost, Values: []string{"a"}, Not: true}}), "route.match.not"},
		"one value":       {features{"route.match.values.several": no, "route.match.values.empty": no}, lb.Limits{}, routes(lb.Match{{Field: lb.FieldHost, Values: []string{"a", ""}}}), "route.match.values.empty route.match.values.several"},
		"one condition":   {features{"route.match.several": no}, lb.Limits{}, routes(lb.Match{host, {Field: lb.FieldPath, Values: []string{"/"}}}), "route.match.several"},
		"subdomains":      {features{"route.match.host.suffix.bare": no}, lb.Limits{}, routes(lb.Match{{Field: lb.FieldHost, Op: lb.MatchSuffix, Values: []string{"a"}}}), "route.match.host.suffix.bare"},
		"a match":         {features{"route.match.unset": no}, lb.Limits{}, routes(nil), "route.match.unset"},
		"one filter": {features{"filter.action.allow": no}, lb.Limits{}, func(d lb.Dialect) error {
			return second(d.Filters(webFrontend(""), []lb.FilterSpec{{Action: lb.FilterAllow}}))
		}, "filter.action.allow"},
		"a wildcard": {features{"certificate.domains.wildcard": no, "certificate.name.ordered": no}, lb.Limits{}, func(d lb.Dialect) error {
			return second(d.Certificate(lb.CertificateSpec{Name: "a", Domains: []string{"*.a.example"}}))
		}, "certificate.domains.wildcard certificate.name.ordered"},
		"an address": {features{"address.ipv6": no, "address.extensions": no}, lb.Limits{}, func(d lb.Dialect) error {
			return second(d.Address(lb.AddressSpec{IPv6: true, Extensions: lb.Extend(note{"a"})}))
		}, "address.extensions address.ipv6"},

		"long names":   {nil, lb.Limits{MaxNameLength: 3}, backend(func(s *lb.BackendSpec) { s.Name = "äöüß" }), "!name"},
		"high ports":   {nil, lb.Limits{MaxPort: 8000}, backend(func(s *lb.BackendSpec) { s.HealthCheck.Port = 8001 }, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Port: 8002}), "!healthCheck.port !port !servers[0].port"},
		"fast checks":  {nil, lb.Limits{MinCheckInterval: 10, MaxCheckInterval: 20}, backend(func(s *lb.BackendSpec) { s.HealthCheck.Interval = 9 }), "!healthCheck.interval"},
		"slow checks":  {nil, lb.Limits{MinCheckInterval: 10, MaxCheckInterval: 20}, backend(func(s *lb.BackendSpec) { s.HealthCheck.Interval = 21 }), "!healthCheck.interval"},
		"many servers": {nil, lb.Limits{MaxServers: 1}, backend(func(*lb.BackendSpec) {}, server("10.0.0.1"), server("10.0.0.2")), "!servers"},
		"many routes":  {nil, lb.Limits{MaxRoutes: 1}, routes(lb.Match{host}, lb.Match{host}), "!routes"},
		"many filters": {nil, lb.Limits{MaxFilters: 1}, func(d lb.Dialect) error {
			return second(d.Filters(webFrontend(""), []lb.FilterSpec{{Action: lb.FilterAllow}, {Action: lb.FilterAllow}}))
		}, "!filters"},
		"many conditions": {nil, lb.Limits{MaxMatchConditions: 1}, routes(lb.Match{host, {Field: lb.FieldPath, Values: []string{"/"}}}), "!routes[0].match"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := tc.ask(rules(everything())); err != nil {
				t.Fatalf("with all capabilities: %v", err)
			}
			c := everything()
			maps.Copy(c.Features, tc.features)
			c.Limits = tc.limits
			err := tc.ask(rules(c))
			var got []string
			var problems lb.Problems
			errors.As(err, &problems)
			for _, problem := range problems {
				var unsupported *lb.UnsupportedError
				if !errors.As(problem, &unsupported) {
					got = pathsOf(t, err)
					break
				}
				got = append(got, string(unsupported.Feature))
				if unsupported.Hint != "do without" || unsupported.Path == "" || unsupported.Reason == "" {
					t.Errorf("it does not say what to do, where and why: %+v", unsupported)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(strings.Fields(tc.want), got); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
		})
	}
}

// A feature that is not listed is not supported; its struct is if a field of it is.
func TestRulesOfFewCapabilities(t *testing.T) {
	t.Parallel()
	yes := lb.Support{Supported: true}
	d := rules(lb.Capabilities{Provider: "small", Features: map[lb.Feature]lb.Support{
		"backend.protocol": yes, "backend.healthCheck.type": yes, "backend.healthCheck.type.unset": yes, "backend.extensions": yes,
	}})
	kept := lb.Extend(stranger{"small", "red"})
	got, _, err := d.Backend(lb.BackendSpec{Protocol: lb.ProtocolTCP, HealthCheck: &lb.HealthCheck{}, Extensions: kept.With(stranger{"other", "x"})}, nil)
	equal(t, err, got, lb.BackendSpec{Protocol: lb.ProtocolTCP, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}, Extensions: kept})
	_, _, err = d.Backend(lb.BackendSpec{Name: "a", Protocol: lb.ProtocolTCP, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone}}, nil)
	if diff := cmp.Diff([]string{"?name", "?tls"}, pathsOf(t, err)); diff != "" {
		t.Error(diff)
	}
	_, _, err = d.Backend(lb.BackendSpec{}, nil)
	if diff := cmp.Diff([]string{"?protocol"}, pathsOf(t, err)); diff != "" {
		t.Error(diff)
	}
	_, _, err = d.Backend(lb.BackendSpec{Protocol: "smtp", HealthCheck: &lb.HealthCheck{Type: "ping"}}, nil)
	if diff := cmp.Diff([]string{"!healthCheck.type", "!protocol"}, pathsOf(t, err)); diff != "" {
		t.Errorf("words that nobody knows, where no values are listed: %s", diff)
	}
}

// Without "route.order" routes must exclude one another, or lead to one backend.
func TestRouteOrder(t *testing.T) {
	t.Parallel()
	c := everything()
	c.Features["route.order"] = lb.Support{Hint: "keep them apart"}
	d := rules(c)
	on := func(field lb.Field, op lb.MatchOp, values ...string) lb.Match {
		return lb.Match{{Field: field, Op: op, Values: values}}
	}
	for name, tc := range map[string]struct {
		a, b  lb.Match
		apart bool
	}{
		"equal":                  {on(lb.FieldHost, "", "a"), on(lb.FieldHost, "", "b"), true},
		"equal, another case":    {on(lb.FieldHost, "", "a"), on(lb.FieldHost, "", "A"), false},
		"paths have cases":       {on(lb.FieldPath, "", "/a"), on(lb.FieldPath, "", "/A"), true},
		"one in common":          {on(lb.FieldHost, "", "a", "b"), on(lb.FieldHost, "", "b", "c"), false},
		"prefixes":               {on(lb.FieldPath, lb.MatchPrefix, "/a"), on(lb.FieldPath, lb.MatchPrefix, "/b"), true},
		"a prefix of the other":  {on(lb.FieldPath, lb.MatchPrefix, "/a/b"), on(lb.FieldPath, lb.MatchPrefix, "/a"), false},
		"a prefix of a value":    {on(lb.FieldPath, "", "/a/b"), on(lb.FieldPath, lb.MatchPrefix, "/a"), false},
		"longer than the value":  {on(lb.FieldPath, "", "/a"), on(lb.FieldPath, lb.MatchPrefix, "/a/b"), true},
		"subdomains":             {on(lb.FieldHost, lb.MatchSuffix, ".a.example"), on(lb.FieldHost, "", "x.a.example"), false},
		"the domain itself":      {on(lb.FieldHost, lb.MatchSuffix, ".a.example"), on(lb.FieldHost, "", "a.example"), false},
		"other subdomains":       {on(lb.FieldHost, lb.MatchSuffix, ".a.example"), on(lb.FieldHost, lb.MatchSuffix, ".b.example"), true},
		"another field":          {on(lb.FieldHost, "", "a"), on(lb.FieldPath, "", "/"), false},
		"a pattern":              {on(lb.FieldPath, "", "/a"), on(lb.FieldPath, lb.MatchRegex, "^/b"), false},
		"sources":                {on(lb.FieldSource, "", "10.0.0.0/8"), on(lb.FieldSource, "", "192.0.2.0/24"), false},
		"negated":                {on(lb.FieldHost, "", "a"), lb.Match{{Field: lb.FieldHost, Values: []string{"b"}, Not: true}}, false},
		"one of two parts apart": {append(on(lb.FieldHost, "", "a"), on(lb.FieldPath, "", "/")...), on(lb.FieldPath, "", "/b"), true},
	} {
		routes := []lb.RouteSpec{{Backend: "x", Match: tc.a}, {Backend: "y", Match: tc.b}}
		for range 2 {
			if _, err := d.Routes(webFrontend(""), routes); (err == nil) != tc.apart {
				t.Errorf("%s: got %v", name, err)
			}
			slices.Reverse(routes)
		}
		routes[1].Backend = routes[0].Backend
		if _, err := d.Routes(webFrontend(""), routes); err != nil {
			t.Errorf("%s, to one backend: %v", name, err)
		}
	}
}
