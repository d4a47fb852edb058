package scaleway

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

func route(backend lb.BackendID, conditions ...lb.Condition) lb.RouteSpec {
	return lb.RouteSpec{Backend: backend, Match: conditions}
}

func hosts(values ...string) lb.Condition { return condition(lb.FieldHost, "", values...) }

func subdomains(values ...string) lb.Condition {
	return condition(lb.FieldHost, lb.MatchSuffix, values...)
}

func below(values ...string) lb.Condition { return condition(lb.FieldPath, lb.MatchPrefix, values...) }

func TestRoutesCanonicalForm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		specs, want []lb.RouteSpec
		tcp         bool
	}{
		"none":              {},
		"a host":            {specs: []lb.RouteSpec{route("a", hosts("a.example"))}, want: []lb.RouteSpec{route("a", hosts("a.example"))}},
		"a name in TLS":     {specs: []lb.RouteSpec{route("a", hosts("a.example"))}, want: []lb.RouteSpec{route("a", hosts("a.example"))}, tcp: true},
		"subdomains":        {specs: []lb.RouteSpec{route("a", subdomains(".example"))}, want: []lb.RouteSpec{route("a", subdomains(".example"))}},
		"subdomains in TLS": {specs: []lb.RouteSpec{route("a", subdomains(".example"))}, want: []lb.RouteSpec{route("a", subdomains(".example"))}, tcp: true},
		"a path":            {specs: []lb.RouteSpec{route("a", below("/api"))}, want: []lb.RouteSpec{route("a", below("/api"))}},
		"one for each value": {
			specs: []lb.RouteSpec{route("a", below("/b", "/a", "/b"))},
			want:  []lb.RouteSpec{route("a", below("/a")), route("a", below("/b"))},
		},
		"sorted, since they have no order": {
			specs: []lb.RouteSpec{route("b", hosts("b.example")), route("c", subdomains(".c.example")), route("a", hosts("a.example"))},
			want:  []lb.RouteSpec{route("a", hosts("a.example")), route("b", hosts("b.example")), route("c", subdomains(".c.example"))},
		},
		"one of two that are the same": {
			specs: []lb.RouteSpec{route("a", below("/a", "/b")), route("a", below("/b"))},
			want:  []lb.RouteSpec{route("a", below("/a")), route("a", below("/b"))},
		},
		"overlapping, to one backend": {
			specs: []lb.RouteSpec{route("a", hosts("example")), route("a", subdomains(".example")), route("a", below("/"))},
			want:  []lb.RouteSpec{route("a", hosts("example")), route("a", subdomains(".example")), route("a", below("/"))},
		},
		"next to each other": {
			specs: []lb.RouteSpec{route("a", below("/a/")), route("b", below("/b")), route("c", below("/ab"))},
			want:  []lb.RouteSpec{route("a", below("/a/")), route("c", below("/ab")), route("b", below("/b"))},
		},
		"another's extension": {
			specs: []lb.RouteSpec{{Backend: "a", Match: lb.Match{hosts("a.example")}, Extensions: lb.Extend(foreign{"x"})}},
			want:  []lb.RouteSpec{route("a", hosts("a.example"))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frontend := aFrontend(lb.ProtocolHTTP, 8080)
			if test.tcp {
				frontend.Protocol = lb.ProtocolTCP
			}
			for _, specs := range [][]lb.RouteSpec{test.specs, test.want} { // the canonical form is its own
				got, err := testDialect().Routes(frontend, specs)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(got, test.want, lb.Equal[lb.RouteSpec]) {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
			}
		})
	}
}

func TestRouteRefused(t *testing.T) {
	t.Parallel()
	const at = "routes[0]."
	for name, test := range map[string]struct {
		spec lb.RouteSpec
		want []found
		tcp  bool
	}{
		"a name":                      {spec: lb.RouteSpec{Name: "x", Backend: "a", Match: lb.Match{hosts("a.example")}}, want: []found{{"route.name", at + "name"}}},
		"no backend":                  {spec: route("", hosts("a.example")), want: []found{{"route.backend.unset", at + "backend"}}},
		"an extension":                {spec: lb.RouteSpec{Backend: "a", Match: lb.Match{hosts("a.example")}, Extensions: lb.Extend(FilterOptions{Description: "x"})}, want: []found{{"route.extensions", at + "extensions.scaleway"}}},
		"no match":                    {spec: route("a"), want: []found{{"route.match.unset", at + "match"}}},
		"two conditions":              {spec: route("a", hosts("a.example"), below("/")), want: []found{{"route.match.several", at + "match"}}},
		"a negation":                  {spec: route("a", not(hosts("a.example"))), want: []found{{"route.match.not", at + "match[0].not"}}},
		"a source":                    {spec: route("a", sources("10.0.0.0/8")), want: []found{{"route.match.source", at + "match[0].field"}}},
		"a header":                    {spec: route("a", header("A", "b")), want: []found{{"route.match.header", at + "match[0].field"}}},
		"a method":                    {spec: route("a", condition(lb.FieldMethod, "", "GET")), want: []found{{"route.match.method", at + "match[0].field"}}},
		"one path":                    {spec: route("a", condition(lb.FieldPath, "", "/a")), want: []found{{"route.match.path.equal", at + "match[0].op"}}},
		"a pattern":                   {spec: route("a", condition(lb.FieldPath, lb.MatchRegex, "a")), want: []found{{"route.match.path.regex", at + "match[0].op"}}},
		"the end of a host":           {spec: route("a", subdomains("example")), want: []found{{"route.match.host.suffix.bare", at + "match[0].values"}}},
		"a dot":                       {spec: route("a", subdomains(".")), want: []found{{"route.match.host.suffix.bare", at + "match[0].values"}}},
		"the beginning of a host":     {spec: route("a", condition(lb.FieldHost, lb.MatchPrefix, "a")), want: []found{{"route.match.host.prefix", at + "match[0].op"}}},
		"no value":                    {spec: route("a", hosts()), want: []found{{malformed, at + "match[0].values"}}},
		"an empty value":              {spec: route("a", below("")), want: []found{{"route.match.values.empty", at + "match[0].values"}}},
		"a blank":                     {spec: route("a", hosts("a b")), want: []found{{malformed, at + "match[0].values"}}},
		"TCP: a path":                 {tcp: true, spec: route("a", below("/")), want: []found{{"route.match.path.tcp", at + "match[0].field"}}},
		"a place that nobody knows":   {spec: route("a", condition("scaleway.sni", "", "a")), want: []found{{malformed, at + "match[0].field"}}},
		"everything that can be said": {spec: lb.RouteSpec{Name: "x"}, want: []found{{"route.name", at + "name"}, {"route.backend.unset", at + "backend"}, {"route.match.unset", at + "match"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frontend := aFrontend(lb.ProtocolHTTP, 80)
			if test.tcp {
				frontend.Protocol = lb.ProtocolTCP
			}
			got, err := testDialect().Routes(frontend, []lb.RouteSpec{test.spec})
			if got != nil {
				t.Errorf("got %v", got)
			}
			checkFindings(t, err, test.want...)
		})
	}
}

func TestOverlappingRoutesAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second lb.Condition
		overlap       bool
	}{
		"one host":                        {hosts("a.example"), hosts("A.example"), true},
		"two hosts":                       {hosts("a.example"), hosts("b.example"), false},
		"a host and its domain":           {hosts("a.example"), subdomains(".example"), true},
		"a host and its own subdomains":   {hosts("a.example"), subdomains(".a.example"), true}, // whether these include it is not known
		"a host and another's subdomains": {hosts("a.example"), subdomains(".b.example"), false},
		"a host that ends alike":          {hosts("bad.example"), subdomains(".d.example"), false},
		"a host that ends alike, bare":    {hosts("badexample"), subdomains(".example"), false},
		"subdomains of subdomains":        {subdomains(".a.example"), subdomains(".example"), true},
		"subdomains of two":               {subdomains(".a.example"), subdomains(".b.example"), false},
		"one path":                        {below("/a"), below("/a"), true},
		"a path below":                    {below("/a"), below("/a/b"), true},
		"a path that begins alike":        {below("/a"), below("/ab"), true},
		"two paths":                       {below("/a/"), below("/ab"), false},
		"paths by case":                   {below("/a"), below("/A"), false},
		"a host and a path":               {hosts("a.example"), below("/a"), true},
		"values of one":                   {hosts("a.example", "b.example"), hosts("c.example", "b.example"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]lb.Condition{{test.first, test.second}, {test.second, test.first}} {
				var want []found
				if test.overlap {
					want = []found{{"route.order", "routes[1].match"}}
				}
				_, err := testDialect().Routes(aFrontend(lb.ProtocolHTTP, 80), []lb.RouteSpec{route("a", pair[0]), route("b", pair[1])})
				checkFindings(t, err, want...)
				if _, err := testDialect().Routes(aFrontend(lb.ProtocolHTTP, 80), []lb.RouteSpec{route("a", pair[0]), route("a", pair[1])}); err != nil {
					t.Errorf("to one backend: %v", err)
				}
			}
		})
	}
}

func TestRoutesAsAWhole(t *testing.T) {
	t.Parallel()
	specs := []lb.RouteSpec{route("a", hosts("a.example"))}
	for protocol, want := range map[lb.Protocol][]found{
		lb.ProtocolTCP: nil,
		lb.ProtocolUDP: {{"route.match.udp", "routes"}},
		"":             {{malformed, "frontend.protocol"}},
	} {
		_, err := testDialect().Routes(aFrontend(protocol, 80), specs)
		checkFindings(t, err, want...)
		if got, err := testDialect().Routes(aFrontend(protocol, 80), nil); err != nil || len(got) > 0 {
			t.Errorf("none on %q: %v, %v", protocol, got, err)
		}
	}
}

// routed is what Scaleway does with a visit, as far as it says: any of the routes
// that match may win.
func (v visit) routed(m RouteMatch, apex bool) bool {
	if m.PathBegin != "" {
		return strings.HasPrefix(v.path, m.PathBegin)
	}
	host := m.HostHeader + m.SNI
	if m.MatchSubdomains {
		return strings.HasSuffix(v.host, "."+host) || apex && v.host == host
	}
	return v.host == host
}

func someRoute(t *rapid.T, protocol lb.Protocol) lb.RouteSpec {
	spec := lb.RouteSpec{Backend: lb.BackendID("fr-par-1/" + rapid.SampledFrom([]string{testBackend, testLB}).Draw(t, "backend"))}
	c := lb.Condition{Field: lb.FieldHost, Values: someSet(someHosts()).Draw(t, "hosts")}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		c.Op = lb.MatchSuffix
		for i := range c.Values {
			c.Values[i] = "." + c.Values[i]
		}
	case 1:
		if protocol == lb.ProtocolHTTP {
			c = lb.Condition{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: someSet(somePaths()).Draw(t, "paths")}
		}
	}
	spec.Match = lb.Match{c}
	return spec
}

// TestRoutesAreReadAsWritten: of any routes that the dialect lets pass, what is read
// back is the canonical form, in whatever order it is listed; every request goes
// where the routes as they were first said send it, whichever of them Scaleway
// prefers, and whatever it thinks of a domain being among its subdomains.
func TestRoutesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	passed, several := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.SampledFrom([]lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP}).Draw(t, "protocol")
		frontend := aFrontend(protocol, 80)
		for range 20 {
			var specs []lb.RouteSpec
			for range rapid.IntRange(1, 4).Draw(t, "routes") {
				specs = append(specs, someRoute(t, protocol))
			}
			canonical, err := testDialect().Routes(frontend, specs)
			if err != nil {
				continue
			}
			passed++
			if len(canonical) > 1 {
				several++
			}
			again, err := testDialect().Routes(frontend, canonical)
			if err != nil || !slices.EqualFunc(again, canonical, lb.Equal[lb.RouteSpec]) {
				t.Fatalf("%+v: the canonical form is not its own (%v): %+v", canonical, err, again)
			}
			var stored []*Route
			for _, spec := range canonical {
				_, uuid, err := ParseBackendID(spec.Backend)
				if err != nil {
					t.Fatal(err)
				}
				stored = append(stored, &Route{ID: testRoute, FrontendID: testFrontend, BackendID: uuid, Match: wireRouteMatch(protocol, spec.Match)})
			}
			shuffled := rapid.Permutation(stored).Draw(t, "listed")
			read := neutralRoutes("fr-par-1", "fr-par-1/"+testFrontend, protocol, shuffled)
			if !slices.EqualFunc(read, canonical, func(r *lb.Route, spec lb.RouteSpec) bool { return lb.Equal(r.RouteSpec, spec) }) {
				t.Fatalf("%+v\nread back: %+v", canonical, read)
			}
			checkWay(t, someVisit(t), specs, shuffled)
		}
	})
	if passed < 300 || several < 100 {
		t.Errorf("only %d sets of routes were let pass, %d of several: that proves little", passed, several)
	}
}

func checkWay(t *rapid.T, v visit, specs []lb.RouteSpec, stored []*Route) {
	var want lb.BackendID
	for _, spec := range specs {
		if v.matches(spec.Match) {
			want = spec.Backend
			break
		}
	}
	for _, apex := range []bool{false, true} {
		got := map[lb.BackendID]bool{}
		for _, r := range stored {
			if v.routed(*r.Match, apex) {
				got[FormatBackendID("fr-par-1", r.BackendID)] = true
			}
		}
		switch {
		case len(got) > 1:
			t.Fatalf("%+v: %+v may go to %v", stored, v, got)
		case !apex && (len(got) == 1) != (want != "") || want != "" && !got[want]:
			t.Fatalf("%+v: %+v goes to %v, want %q", specs, v, got, want)
		}
	}
}

// TestRoutesAreRead: what is recorded, and what the contract has no name for.
func TestRoutesAreRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		match string
		tcp   bool
		want  lb.Match
	}{
		"recorded, a host":   {`{"host_header":"host.scaleway.com","match_subdomains":false}`, false, lb.Match{hosts("host.scaleway.com")}},
		"recorded, a name":   {`{"match_subdomains":false,"sni":"sni.scaleway.com"}`, true, lb.Match{hosts("sni.scaleway.com")}},
		"recorded, a path":   {`{"match_subdomains":false,"path_begin":"/api"}`, false, lb.Match{below("/api")}},
		"subdomains":         {`{"match_subdomains":true,"host_header":"example"}`, false, lb.Match{subdomains(".example")}},
		"subdomains of TLS":  {`{"match_subdomains":true,"sni":"example"}`, true, lb.Match{subdomains(".example")}},
		"a name on HTTP":     {`{"match_subdomains":false,"sni":"a.example"}`, false, lb.Match{condition("scaleway.sni", "", "a.example")}},
		"names on HTTP":      {`{"match_subdomains":true,"sni":"example"}`, false, lb.Match{condition("scaleway.sni", lb.MatchSuffix, ".example")}},
		"a header on TCP":    {`{"match_subdomains":false,"host_header":"a.example"}`, true, lb.Match{condition("scaleway.host_header", "", "a.example")}},
		"subdomains of what": {`{"match_subdomains":true,"path_begin":"/a"}`, false, lb.Match{below("/a")}},
		"something else":     {`{"match_subdomains":true,"query":"a"}`, false, lb.Match{condition("scaleway.unknown", "", testRoute)}},
		"nothing":            {`{"match_subdomains":false}`, true, lb.Match{condition("scaleway.unknown", "", testRoute)}},
		"no match":           {`null`, false, lb.Match{condition("scaleway.unknown", "", testRoute)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			protocol := lb.ProtocolHTTP
			if test.tcp {
				protocol = lb.ProtocolTCP
			}
			r := decoded[Route](t, `{"id":"`+testRoute+`","frontend_id":"`+testFrontend+`","backend_id":"`+testBackend+`","match":`+test.match+`}`)
			got := neutralRoutes("fr-par-1", "fr-par-1/f", protocol, []*Route{r})[0]
			want := route("fr-par-1/"+testBackend, test.want...)
			if !lb.Equal(got.RouteSpec, want) || got.ID != "fr-par-1/"+testRoute || got.Frontend != "fr-par-1/f" || got.Native != any(r) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
