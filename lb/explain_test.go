package lb_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func httpFrontend(ports ...uint16) lb.FrontendSpec {
	spec := lb.FrontendSpec{Protocol: lb.ProtocolHTTP, DefaultBackend: "default"}
	for _, port := range ports {
		spec.Ports = append(spec.Ports, lb.Port(port))
	}
	if len(ports) == 0 {
		spec.Ports = []lb.PortRange{lb.Port(80)}
	}
	return spec
}

func tcpFrontend() lb.FrontendSpec {
	return lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(443)}, DefaultBackend: "default"}
}

func from(source string) lb.Request { return lb.Request{Source: netip.MustParseAddr(source)} }

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for pair := range slices.Chunk(pairs, 2) {
		h[pair[0]] = append(h[pair[0]], pair[1]) // as they came, not in canonical case
	}
	return h
}

func TestExplainDecides(t *testing.T) {
	t.Parallel()
	within := func(prefix string) lb.Condition { return lb.Condition{Field: lb.FieldSource, Values: []string{prefix}} }
	begins := func(path string) lb.Condition {
		return lb.Condition{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{path}}
	}
	not := func(c lb.Condition) lb.Condition { c.Not = true; return c }
	allow := func(match ...lb.Condition) lb.FilterSpec { return lb.FilterSpec{Match: match, Action: lb.FilterAllow} }
	deny := func(match ...lb.Condition) lb.FilterSpec { return lb.FilterSpec{Match: match, Action: lb.FilterDeny} }
	secure := func(code int, match ...lb.Condition) lb.FilterSpec {
		return lb.FilterSpec{Match: match, Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https", Code: code}}
	}
	to := func(backend lb.BackendID, match ...lb.Condition) lb.RouteSpec {
		return lb.RouteSpec{Match: match, Backend: backend}
	}
	disabled, nowhere, ranged, extended := httpFrontend(), httpFrontend(), httpFrontend(), httpFrontend()
	disabled.Disabled = true
	nowhere.DefaultBackend = ""
	ranged.Ports = []lb.PortRange{{From: 8000, To: 8010}}
	extended.Extensions = lb.Extend(EdgeOptions{Zone: "gra"})
	silent := tcpFrontend()
	silent.DefaultBackend = ""
	request := lb.Request{Source: netip.MustParseAddr("10.1.2.3"), Host: "a.example", Path: "/a/b", Query: "q=1"}
	onPort := func(port uint16) lb.Request { r := request; r.Port = port; return r }

	for name, test := range map[string]struct {
		frontend lb.FrontendSpec
		filters  []lb.FilterSpec
		routes   []lb.RouteSpec
		request  lb.Request
		want     lb.Decision
	}{
		"nothing matches": {
			httpFrontend(),
			[]lb.FilterSpec{deny(begins("/b"))},
			[]lb.RouteSpec{to("b", begins("/b"))},
			request,
			lb.Decision{Action: "allow", Backend: "default", Filter: -1, Route: -1, Reason: `no filter matches; no route matches, so it goes to the default backend "default"`},
		},
		"the first filter that matches": {
			httpFrontend(),
			[]lb.FilterSpec{deny(begins("/b")), secure(0, begins("/a")), deny()},
			nil, request,
			lb.Decision{Action: "redirect", Location: "https://a.example/a/b?q=1", Status: 302, Filter: 1, Route: -1, Reason: `filters[1] redirects it: path "/a/b" begins with "/a"`},
		},
		"the first route that matches": {
			httpFrontend(), nil,
			[]lb.RouteSpec{to("x", begins("/x")), to("b", begins("/a")), to("c")},
			request,
			lb.Decision{Action: "allow", Backend: "b", Filter: -1, Route: 1, Reason: `no filter matches; routes[1] sends it to backend "b": path "/a/b" begins with "/a"`},
		},
		"filters before routes": {
			httpFrontend(),
			[]lb.FilterSpec{deny()},
			[]lb.RouteSpec{to("b")},
			request,
			lb.Decision{Action: "deny", Status: 403, Filter: 0, Route: -1, Reason: "filters[0] denies it: it matches everything"},
		},
		"all conditions": {
			httpFrontend(),
			[]lb.FilterSpec{deny(begins("/a"), within("192.0.2.0/24")), {Name: "office", Match: lb.Match{begins("/a"), not(within("192.0.2.0/24"))}, Action: lb.FilterDeny, Status: 429}},
			nil, request,
			lb.Decision{Action: "deny", Status: 429, Filter: 1, Route: -1, Reason: `filters[1] ("office") denies it: path "/a/b" begins with "/a" and source 10.1.2.3 is not within 192.0.2.0/24`},
		},
		"an allowing filter ends the filters, not the routes": {
			httpFrontend(),
			[]lb.FilterSpec{allow(within("10.0.0.0/8")), deny()},
			[]lb.RouteSpec{to("b", begins("/a"))},
			request,
			lb.Decision{Action: "allow", Backend: "b", Filter: 0, Route: 0, Reason: `filters[0] lets it pass: source 10.1.2.3 is within 10.0.0.0/8; routes[0] sends it to backend "b": path "/a/b" begins with "/a"`},
		},
		"an allowing filter and no route": {
			httpFrontend(),
			[]lb.FilterSpec{allow(), deny()},
			nil, request,
			lb.Decision{Action: "allow", Backend: "default", Filter: 0, Route: -1, Reason: `filters[0] lets it pass: it matches everything; no route matches, so it goes to the default backend "default"`},
		},
		"a code of a redirect": {
			httpFrontend(),
			[]lb.FilterSpec{secure(308)},
			nil, request,
			lb.Decision{Action: "redirect", Location: "https://a.example/a/b?q=1", Status: 308, Filter: 0, Route: -1, Reason: "filters[0] redirects it: it matches everything"},
		},
		"disabled": {
			disabled,
			[]lb.FilterSpec{secure(0)},
			nil, request,
			lb.Decision{Action: "deny", Filter: -1, Route: -1, Reason: "the frontend is disabled"},
		},
		"a port that is not listened on": {
			ranged,
			[]lb.FilterSpec{secure(0)},
			nil, onPort(8011),
			lb.Decision{Action: "deny", Filter: -1, Route: -1, Reason: "the frontend does not listen on port 8011"},
		},
		"the last port of a range": {
			ranged,
			[]lb.FilterSpec{deny()},
			nil, onPort(8010),
			lb.Decision{Action: "deny", Status: 403, Filter: 0, Route: -1, Reason: "filters[0] denies it: it matches everything"},
		},
		"no backend": {
			nowhere, nil, nil, request,
			lb.Decision{Action: "deny", Status: 503, Filter: -1, Route: -1, Reason: "no filter matches; no route matches, and there is no default backend"},
		},
		"no backend on TCP": {
			silent, nil, nil, request,
			lb.Decision{Action: "deny", Filter: -1, Route: -1, Reason: "no filter matches; no route matches, and there is no default backend"},
		},
		"a frontend's extension": {
			extended, nil, nil, request,
			lb.Decision{Action: "allow", Backend: "default", Filter: -1, Route: -1, Reason: `no filter matches; no route matches, so it goes to the default backend "default" (unless the frontend's extension for edge says otherwise)`},
		},
		"TCP is denied without a status": {
			tcpFrontend(),
			[]lb.FilterSpec{deny(within("10.0.0.0/8"))},
			nil, request,
			lb.Decision{Action: "deny", Filter: 0, Route: -1, Reason: "filters[0] denies it: source 10.1.2.3 is within 10.0.0.0/8"},
		},
		"TCP is routed by name": {
			tcpFrontend(), nil,
			[]lb.RouteSpec{to("b", lb.Condition{Field: lb.FieldHost, Values: []string{"b.example", "A.example"}})},
			request,
			lb.Decision{Action: "allow", Backend: "b", Filter: -1, Route: 0, Reason: `no filter matches; routes[0] sends it to backend "b": host "a.example" is "A.example"`},
		},
		"UDP goes to the default backend": {
			lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: []lb.PortRange{lb.Port(53)}, DefaultBackend: "dns"},
			nil, nil, onPort(53),
			lb.Decision{Action: "allow", Backend: "dns", Filter: -1, Route: -1, Reason: `no filter matches; no route matches, so it goes to the default backend "dns"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := lb.Explain(test.frontend, test.filters, test.routes, test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplainGivesReasons(t *testing.T) {
	t.Parallel()
	request := lb.Request{
		Host: "www.a.example:8080", Path: "/a/b.php", Query: "q=secret", Protocol: "https",
		Header: headers("Authorization", "secret", "Cookie", "session=secret"),
	}
	for want, c := range map[string]lb.Condition{
		`host "www.a.example" ends with ".a.example"`:         {Field: lb.FieldHost, Op: lb.MatchSuffix, Values: []string{".b.example", ".a.example"}},
		`path "/a/b.php" matches "\\.php$"`:                   {Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{`\.php$`}},
		`path "/a/b.php" contains "b"`:                        {Field: lb.FieldPath, Op: lb.MatchContains, Values: []string{"b"}},
		`path is "/a/b.php"`:                                  {Field: lb.FieldPath, Values: []string{"/a/b.php"}},
		`path "/a/b.php" is not "/a" or "/b"`:                 {Field: lb.FieldPath, Values: []string{"/a", "/b"}, Not: true},
		`path "/a/b.php" does not begin with "/b"`:            {Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/b"}, Not: true},
		`path "/a/b.php" does not end with "b"`:               {Field: lb.FieldPath, Op: lb.MatchSuffix, Values: []string{"b"}, Not: true},
		`path "/a/b.php" does not contain "x"`:                {Field: lb.FieldPath, Op: lb.MatchContains, Values: []string{"x"}, Not: true},
		`path "/a/b.php" does not match "^$"`:                 {Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{"^$"}, Not: true},
		`method "GET" is not "POST"`:                          {Field: lb.FieldMethod, Values: []string{"POST"}, Not: true},
		`protocol is "https"`:                                 {Field: lb.FieldProtocol, Values: []string{"https"}},
		`header "authorization" is there`:                     {Field: lb.FieldHeader, Name: "authorization", Op: lb.MatchExists},
		`header "Authorization" begins with "s"`:              {Field: lb.FieldHeader, Name: "Authorization", Op: lb.MatchPrefix, Values: []string{"s"}},
		`header "X-Token" is not there`:                       {Field: lb.FieldHeader, Name: "X-Token", Op: lb.MatchExists, Not: true},
		`cookie "session" is not "x"`:                         {Field: lb.FieldCookie, Name: "session", Values: []string{"x"}, Not: true},
		`parameter "q" contains "c"`:                          {Field: lb.FieldParam, Name: "q", Op: lb.MatchContains, Values: []string{"c"}},
		`host "www.a.example" is not "` + long(79) + `…`:      {Field: lb.FieldHost, Values: []string{long(100)}, Not: true},
		`source 2001:db8::1 is not within ::/96 or 0.0.0.0/0`: {Field: lb.FieldSource, Values: []string{"::/96", "0.0.0.0/0"}, Not: true},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := request
			r.Source = netip.MustParseAddr("2001:db8::1")
			got, err := lb.Explain(httpFrontend(), []lb.FilterSpec{{Match: lb.Match{c}, Action: lb.FilterDeny}}, nil, r)
			if want := "filters[0] denies it: " + want; err != nil || got.Reason != want {
				t.Errorf("got  %s (%v)\nwant %s", got.Reason, err, want)
			}
			if strings.Contains(got.Reason, "secret") {
				t.Error("the reason tells what the client sent")
			}
		})
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func TestExplainBuildsLocations(t *testing.T) {
	t.Parallel()
	tls := httpFrontend(443)
	tls.Certificates = []lb.CertificateID{"cert-1"}
	plain := lb.Request{Host: "a.example:8080", Path: "/a%20b", Query: "q=1&r=%2F"}
	bare := lb.Request{Host: "a.example"}
	v6 := lb.Request{Host: "[2001:db8::1]:8080", Path: "/a"}
	for _, test := range []struct {
		frontend lb.FrontendSpec
		redirect lb.Redirect
		request  lb.Request
		want     string
	}{
		{httpFrontend(8080), lb.Redirect{Scheme: "https"}, plain, "https://a.example:8080/a%20b?q=1&r=%2F"},
		{httpFrontend(8080), lb.Redirect{Scheme: "HTTPS", DropQuery: true}, plain, "https://a.example:8080/a%20b"},
		{httpFrontend(8080), lb.Redirect{DropQuery: true}, plain, "http://a.example:8080/a%20b"},
		{httpFrontend(8080), lb.Redirect{Host: "b.example"}, plain, "http://b.example/a%20b?q=1&r=%2F"},
		{httpFrontend(8080), lb.Redirect{Host: "b.example", Port: 81}, plain, "http://b.example:81/a%20b?q=1&r=%2F"},
		{httpFrontend(8080), lb.Redirect{Port: 8443, Scheme: "https"}, plain, "https://a.example:8443/a%20b?q=1&r=%2F"},
		{httpFrontend(8080), lb.Redirect{Port: 8443}, v6, "http://[2001:db8::1]:8443/a"},
		{httpFrontend(8080), lb.Redirect{Path: "/new"}, v6, "http://[2001:db8::1]:8080/new"},
		{httpFrontend(), lb.Redirect{Path: "/new"}, bare, "http://a.example/new"},
		{httpFrontend(), lb.Redirect{Host: "b.example"}, lb.Request{}, "http://b.example/"},
		{tls, lb.Redirect{Host: "b.example"}, bare, "https://b.example/"},
		{httpFrontend(), lb.Redirect{Host: "b.example"}, lb.Request{Protocol: "h2"}, "https://b.example/"},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			got, err := lb.Explain(test.frontend, []lb.FilterSpec{{Action: lb.FilterRedirect, Redirect: &test.redirect}}, nil, test.request)
			if err != nil || got.Location != test.want || got.Status != http.StatusFound {
				t.Errorf("%d to %q, %v", got.Status, got.Location, err)
			}
		})
	}
}

// A filter or route with settings that only its provider understands may match less than it
// seems to: it is not taken for one that matches everything.
func TestExplainReadsNoExtensions(t *testing.T) {
	t.Parallel()
	filters := []lb.FilterSpec{
		{Match: lb.Match{{Field: lb.FieldPath, Values: []string{"/b"}}}, Action: lb.FilterRedirect, Extensions: lb.Extend(EdgeOptions{Zone: "x"})},
		{Action: lb.FilterDeny},
	}
	got, err := lb.Explain(httpFrontend(), filters, nil, lb.Request{Path: "/a"})
	if err != nil || got.Filter != 1 {
		t.Errorf("where its neutral conditions fail: %+v, %v", got, err)
	}
	_, err = lb.Explain(httpFrontend(), filters, nil, lb.Request{Path: "/b"})
	var no *lb.UnsupportedError
	if !errors.As(err, &no) || no.Path != "filters[0].extensions.edge" || no.Provider != "edge" || no.Hint == "" {
		t.Errorf("where they hold: %v", err)
	}
	routes := []lb.RouteSpec{{Match: filters[0].Match, Backend: "b", Extensions: filters[0].Extensions}, {Backend: "other"}}
	got, err = lb.Explain(httpFrontend(), nil, routes, lb.Request{Path: "/a"})
	if err != nil || got.Route != 1 {
		t.Errorf("where a route's neutral conditions fail: %+v, %v", got, err)
	}
	_, err = lb.Explain(httpFrontend(), nil, routes, lb.Request{Path: "/b"})
	if !errors.As(err, &no) || no.Path != "routes[0].extensions.edge" || no.Feature != "route.extensions" {
		t.Errorf("where a route's hold: %v", err)
	}
}

// What Explain is given it leaves as it was.
func TestExplainChangesNothing(t *testing.T) {
	t.Parallel()
	header := headers("host", "a.example", "cookie", "a=1")
	filters := []lb.FilterSpec{{Match: lb.Match{{Field: lb.FieldHost, Op: lb.MatchSuffix, Values: []string{".B.example", ".EXAMPLE"}}}, Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "HTTPS"}}}
	before := fmt.Sprint(header, filters[0].Match, *filters[0].Redirect)
	if _, err := lb.Explain(httpFrontend(), filters, nil, lb.Request{Header: header}); err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprint(header, filters[0].Match, *filters[0].Redirect); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}
