package dialect_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// everything is what the provider "full" can do.
func everything() lb.Capabilities { return dialect.Everything("full") }

func rules(c lb.Capabilities) dialect.Rules {
	r := dialect.Rules{Capabilities: c, Lenient: true}
	if c.Provider == "full" {
		r.Extensions = func(own lb.Extensions) (lb.Extensions, error) {
			settings, _, err := lb.ExtensionOf[note](own)
			return lb.Extend(settings), err
		}
	}
	return r
}

// note is the extension of the provider "full".
type note struct {
	Note string `json:"note,omitzero"`
}

func (note) ExtensionProvider() string { return "full" }

func webBackend() lb.BackendSpec {
	return lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTP}}
}

func webFrontend(to lb.BackendID) lb.FrontendSpec {
	return lb.FrontendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: to}
}

func server(address string) lb.ServerSpec {
	return lb.ServerSpec{Address: netip.MustParseAddr(address)}
}

// pathsOf are the fields that an error is about, "?" before those that the provider
// lacks and "!" before those that mean nothing.
func pathsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems lb.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want Problems", err)
	}
	var paths []string
	for _, problem := range problems {
		switch p := problem.(type) { //nolint:errorlint // problems are of these two types, unwrapped
		case *lb.UnsupportedError:
			paths = append(paths, "?"+p.Path)
		case *lb.Error:
			if !errors.Is(p, lb.ErrInvalid) || p.Kind == "" {
				t.Errorf("a problem is %v", p)
			}
			paths = append(paths, "!"+p.Fields[0].Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// TestEverythingLacksNothing: what narrows filters alone does not narrow routes, and the
// other way about.
func TestEverythingLacksNothing(t *testing.T) {
	t.Parallel()
	d := dialect.Rules{Capabilities: everything()}
	odd := webFrontend("")
	odd.Ports = []lb.PortRange{lb.Port(8080)}
	host := lb.Match{{Field: lb.FieldHost, Values: []string{"a.example"}}}
	if _, err := d.Routes(odd, []lb.RouteSpec{{Backend: "app", Match: host}}); err != nil {
		t.Errorf("a route by host on another port: %v", err)
	}
	host = lb.Match{{Field: lb.FieldHost, Op: lb.MatchSuffix, Values: []string{"a.example"}}}
	if _, err := d.Filters(webFrontend(""), []lb.FilterSpec{{Action: lb.FilterDeny, Match: host}}); err != nil {
		t.Errorf("a filter by the end of a host: %v", err)
	}
}

// What no provider can make sense of.
func TestRulesRefusesWhatMeansNothing(t *testing.T) {
	t.Parallel()
	d := rules(everything())
	backend := func(change func(*lb.BackendSpec), servers ...lb.ServerSpec) error {
		spec := webBackend()
		change(&spec)
		_, _, err := d.Backend(spec, servers)
		return err
	}
	frontend := func(change func(*lb.FrontendSpec)) error {
		spec := webFrontend("")
		change(&spec)
		_, err := d.Frontend(spec)
		return err
	}
	filter := func(protocol lb.Protocol, specs ...lb.FilterSpec) error {
		_, err := d.Filters(lb.FrontendSpec{Protocol: protocol, Ports: []lb.PortRange{lb.Port(80)}}, specs)
		return err
	}
	route := func(match ...lb.Condition) error {
		_, err := d.Routes(webFrontend(""), []lb.RouteSpec{{Backend: "app", Match: match}})
		return err
	}
	certificate := func(spec lb.CertificateSpec) error { _, err := d.Certificate(spec); return err }
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"load balancer": {second(d.LoadBalancer(lb.LoadBalancerSpec{
			Name: "a\nb", Tags: []string{"a", ""}, Plan: "a b", Zone: "z\x00", TLSPolicy: "weak",
			Extensions: lb.Extend(stranger{"full", "x"}),
		})), "!extensions.full !name !plan !tags !zone ?tlsPolicy"},
		"address": {second(d.Address(lb.AddressSpec{Reverse: "no dot", Tags: []string{""}})), "!reverse !tags"},

		"an empty frontend": {second(d.Frontend(lb.FrontendSpec{})), "?ports ?protocol"},
		"reversed ports":    {frontend(func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{{From: 90, To: 80}} }), "!ports"},
		"port 0":            {frontend(func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{{}} }), "!ports"},
		"certificates": {frontend(func(s *lb.FrontendSpec) {
			s.Certificates = []lb.CertificateID{"a", "", "a"}
		}), "!certificates"},
		"HTTP on TCP": {frontend(func(s *lb.FrontendSpec) {
			s.Protocol, s.HSTS, s.HTTP3, s.SetHeaders = lb.ProtocolTCP, true, true, []lb.Header{{Name: "a", Value: "b"}}
		}), "!hsts !http3 !setHeaders"},
		"TLS on UDP": {frontend(func(s *lb.FrontendSpec) { s.Protocol, s.TLS = lb.ProtocolUDP, true }), "?tls"},
		"headers": {frontend(func(s *lb.FrontendSpec) {
			s.SetHeaders = []lb.Header{{Name: "a b", Value: "x"}, {Name: "X", Value: ""}, {Name: "x", Value: "y"}}
		}), "!setHeaders"},
		"numbers": {frontend(func(s *lb.FrontendSpec) {
			s.ClientTimeout, s.ConnectionRate, s.Addresses = -1, -1, []netip.Prefix{{}}
		}), "!addresses !clientTimeout !connectionRate"},

		"an empty backend": {third(d.Backend(lb.BackendSpec{}, nil)), "?protocol"},
		"words": {backend(func(s *lb.BackendSpec) {
			s.Algorithm, s.Stickiness, s.ProxyProtocol, s.OnMarkedDown = "x", "x", "x", "x"
		}), "?algorithm ?onMarkedDown ?proxyProtocol ?stickiness"},
		"a cookie on TCP": {backend(func(s *lb.BackendSpec) {
			s.Protocol, s.Stickiness, s.CookieName, s.Algorithm = lb.ProtocolTCP, lb.StickinessCookie, "a b", lb.AlgorithmURI
		}), "!algorithm !cookieName !stickiness"},
		"a name without a cookie": {backend(func(s *lb.BackendSpec) { s.CookieName = "c" }), "!cookieName"},
		"unverified TLS":          {backend(func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{} }), "?tls.verify"},
		"TLS without CA":          {backend(func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyCA, Name: "a b"} }), "!tls.ca !tls.serverName"},
		"a CA for nothing":        {backend(func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone, CA: "x"} }), "!tls.ca"},
		"a check of UDP":          {backend(func(s *lb.BackendSpec) { s.Protocol = lb.ProtocolUDP }), "!healthCheck"},
		"a check's parts": {backend(func(s *lb.BackendSpec) {
			s.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP, User: "u", Interval: -1, Timeout: -1, UnhealthyThreshold: -1, HTTP: &lb.HTTPCheck{}, Expect: &lb.Expect{}}
		}), "!healthCheck.expect !healthCheck.http !healthCheck.interval !healthCheck.timeout !healthCheck.unhealthyThreshold !healthCheck.user"},
		"a request's parts": {backend(func(s *lb.BackendSpec) {
			s.HealthCheck.HTTP = &lb.HTTPCheck{Method: "G ET", Host: "a/b", Path: "x", Status: []int{99, 600}, SNI: "x"}
			s.HealthCheck.Expect = &lb.Expect{Regex: "("}
		}), "!healthCheck.expect.regex !healthCheck.http.host !healthCheck.http.method !healthCheck.http.path !healthCheck.http.sni !healthCheck.http.status"},
		"negative": {backend(func(s *lb.BackendSpec) {
			s.ServerTimeout, s.ConnectTimeout, s.TunnelTimeout, s.QueueTimeout, s.MaxConnections, s.MaxRetries = -1, -1, -1, -1, -1, new(-1)
		}), "!connectTimeout !maxConnections !maxRetries !queueTimeout !serverTimeout !tunnelTimeout"},
		"servers": {backend(func(*lb.BackendSpec) {},
			lb.ServerSpec{}, server("10.0.0.1"), lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Port: 8080, Weight: new(-1)},
			lb.ServerSpec{Address: netip.IPv4Unspecified()},
		), "!servers[2].address !servers[2].weight !servers[3].address ?servers[0].address"},

		"filters of UDP": {filter(lb.ProtocolUDP, lb.FilterSpec{Action: lb.FilterDeny}), "?filters"},
		"no protocol":    {filter("", lb.FilterSpec{Action: lb.FilterDeny}), "!frontend.protocol"},
		"actions": {filter(lb.ProtocolHTTP,
			lb.FilterSpec{}, lb.FilterSpec{Action: "drop"}, lb.FilterSpec{Action: lb.FilterAllow, Status: 403, Redirect: &lb.Redirect{Path: "/"}},
			lb.FilterSpec{Action: lb.FilterDeny, Status: 600}, lb.FilterSpec{Action: lb.FilterRedirect},
			lb.FilterSpec{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Code: 301}},
		), "!filters[2].redirect !filters[2].status !filters[3].status !filters[4].redirect !filters[5].redirect ?filters[0].action ?filters[1].action"},
		"a redirect's parts": {filter(lb.ProtocolHTTP,
			lb.FilterSpec{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "ftp", Host: "a:1", Path: "x?y", Code: 200}},
		), "!filters[0].redirect.host !filters[0].redirect.path ?filters[0].redirect.code ?filters[0].redirect.scheme"},
		"on TCP": {filter(lb.ProtocolTCP,
			lb.FilterSpec{Action: lb.FilterDeny, Status: 403}, lb.FilterSpec{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Host: "a"}},
			lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldPath, Values: []string{"/"}}}},
		), "?filters[0].status ?filters[1].action ?filters[2].match[0].field"},

		"no field":        {route(lb.Condition{Values: []string{"a"}}), "!routes[0].match[0].field"},
		"unknown field":   {route(lb.Condition{Field: "body", Values: []string{"a"}}), "!routes[0].match[0].field"},
		"no value":        {route(lb.Condition{Field: lb.FieldHost}), "!routes[0].match[0].values"},
		"exists, a value": {route(lb.Condition{Field: lb.FieldCookie, Name: "a", Op: lb.MatchExists, Values: []string{"a"}}), "!routes[0].match[0].values"},
		"unknown op":      {route(lb.Condition{Field: lb.FieldHost, Op: "like", Values: []string{"a"}}), "!routes[0].match[0].op"},
		"an op of source": {route(lb.Condition{Field: lb.FieldSource, Op: lb.MatchPrefix, Values: []string{"10.0.0.0/8"}}), "!routes[0].match[0].op"},
		"host bits":       {route(lb.Condition{Field: lb.FieldSource, Values: []string{"10.0.0.1/8"}}), "!routes[0].match[0].values"},
		"no prefix":       {route(lb.Condition{Field: lb.FieldSource, Values: []string{"10.0.0.1"}}), "!routes[0].match[0].values"},
		"mapped":          {route(lb.Condition{Field: lb.FieldSource, Values: []string{"::ffff:10.0.0.0/104"}}), "!routes[0].match[0].values"},
		"no name":         {route(lb.Condition{Field: lb.FieldHeader, Values: []string{"a"}}), "!routes[0].match[0].name"},
		"a name":          {route(lb.Condition{Field: lb.FieldHost, Name: "x", Values: []string{"a"}}), "!routes[0].match[0].name"},
		"a bad name":      {route(lb.Condition{Field: lb.FieldHeader, Name: "x y", Values: []string{"a"}}), "!routes[0].match[0].name"},
		"a pattern":       {route(lb.Condition{Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{"("}}), "!routes[0].match[0].values"},
		"a named class":   {route(lb.Condition{Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{`[[:alpha:]]`}}), "!routes[0].match[0].values"},
		"no text":         {route(lb.Condition{Field: lb.FieldPath, Values: []string{"a\x00"}}), "!routes[0].match[0].values"},
		"no backend":      {second(d.Routes(webFrontend(""), []lb.RouteSpec{{}})), "?routes[0].backend"},

		"no certificate": {certificate(lb.CertificateSpec{}), "!pem"},
		"two at once":    {certificate(lb.CertificateSpec{PEM: "x", Domains: []string{"a.example"}}), "!domains"},
		"no PEM":         {certificate(lb.CertificateSpec{PEM: "x"}), "!key !pem"},
		"no domain":      {certificate(lb.CertificateSpec{Domains: []string{"a.example", "localhost", "a..b"}}), "!domains"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(strings.Fields(tc.want), pathsOf(t, tc.err)); diff != "" {
				t.Errorf("%s\n%v", diff, tc.err)
			}
		})
	}
}

// stranger is an extension that its provider does not know.
// joined is paths as one text.
func joined(paths []string) string { return strings.Join(paths, " ") }

type stranger struct {
	provider string
	Colour   string `json:"colour"`
}

func (s stranger) ExtensionProvider() string { return s.provider }

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }

func TestRulesCanonicalForms(t *testing.T) {
	t.Parallel()
	d := rules(everything())
	mine := lb.Extend(note{"mine"})
	both := mine.With(stranger{"ovh", "red"})

	balancer, err := d.LoadBalancer(lb.LoadBalancerSpec{Tags: []string{"b", "a", "b"}, Extensions: both})
	equal(t, err, balancer, lb.LoadBalancerSpec{Tags: []string{"a", "b"}, TLSPolicy: lb.TLSPolicyIntermediate, Extensions: mine})

	front, err := d.Frontend(lb.FrontendSpec{
		Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(443), {From: 80, To: 82}, lb.Port(83)}, Certificates: []lb.CertificateID{"b", "a"},
		Addresses:  []netip.Prefix{netip.MustParsePrefix("10.0.0.9/24"), netip.MustParsePrefix("10.0.0.0/24")},
		SetHeaders: []lb.Header{{Name: "X-b", Value: "1"}, {Name: "x-A", Value: "{client_ip}"}}, Extensions: both,
	})
	equal(t, err, front, lb.FrontendSpec{
		Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{{From: 80, To: 83}, lb.Port(443)}, TLS: true, Certificates: []lb.CertificateID{"b", "a"},
		Addresses:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")},
		SetHeaders: []lb.Header{{Name: "x-A", Value: "{client_ip}"}, {Name: "X-b", Value: "1"}}, Extensions: mine,
	})

	back, servers, err := d.Backend(
		lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80, HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: &lb.HTTPCheck{Status: []int{204, 200, 204}}}, Extensions: both},
		[]lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.2"), Extensions: both}, {Address: netip.MustParseAddr("::ffff:10.0.0.1"), Weight: new(0)}, {Address: netip.MustParseAddr("10.0.0.2"), Port: 79}},
	)
	equal(t, err, back, lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80, Algorithm: lb.AlgorithmRoundRobin, Extensions: mine, HealthCheck: &lb.HealthCheck{
		Type: lb.CheckHTTPS, Interval: lb.Duration(5 * time.Second), Timeout: lb.Duration(time.Second), UnhealthyThreshold: 3,
		HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{200, 204}},
	}})
	for i, want := range []lb.ServerSpec{
		{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(0)},
		{Address: netip.MustParseAddr("10.0.0.2"), Port: 79, Weight: new(1)},
		{Address: netip.MustParseAddr("10.0.0.2"), Weight: new(1), Extensions: mine},
	} {
		equal(t, err, servers[i], want)
	}

	filters, err := d.Filters(webFrontend(""), []lb.FilterSpec{
		{Action: lb.FilterDeny, Match: lb.Match{
			{Field: lb.FieldPath, Not: true, Values: []string{"/b"}},
			{Field: lb.FieldHeader, Name: "x-y", Values: []string{"2", "1", "2"}},
			{Field: lb.FieldPath, Not: true, Values: []string{"/a"}},
			{Field: lb.FieldHeader, Name: "X-Y", Values: []string{"1", "2"}},
		}},
		{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "HTTPS"}},
		{Action: lb.FilterAllow},
	})
	equal(t, err, filters[0], lb.FilterSpec{Action: lb.FilterDeny, Status: 403, Match: lb.Match{
		{Field: lb.FieldHeader, Name: "X-Y", Values: []string{"1", "2"}}, {Field: lb.FieldPath, Not: true, Values: []string{"/a", "/b"}},
	}})
	equal(t, err, filters[1], lb.FilterSpec{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https", Code: 302}})
	equal(t, err, filters[2], lb.FilterSpec{Action: lb.FilterAllow})

	ordered, err := d.Certificate(lb.CertificateSpec{Domains: []string{"www.Example.org", "b.example.org", "a.example.org", "www.example.org", "*.example.org"}})
	equal(t, err, ordered, lb.CertificateSpec{Domains: []string{"www.example.org", "*.example.org", "a.example.org", "b.example.org"}})
	address, err := d.Address(lb.AddressSpec{Reverse: "a.example.org.", Tags: []string{"b", "a"}, IPv6: true})
	equal(t, err, address, lb.AddressSpec{Reverse: "a.example.org", Tags: []string{"a", "b"}, IPv6: true})
}

func equal[S lb.Spec](t *testing.T, err error, got, want S) {
	t.Helper()
	if err != nil {
		t.Error(err)
	} else if !lb.Equal(got, want) {
		t.Errorf("it is not canonical: %+v", lb.Diff(want, got))
	}
}
