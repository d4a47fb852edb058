package scaleway

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// visit is one request, as far as rules look at it.
type visit struct {
	source       netip.Addr
	edge         bool // it came through Edge Services
	host         string
	path         string
	query        string
	headers      map[string]string
	scheme       string
	port         uint16
	defaultPorts bool // the Host header shows no port
}

// header is what the Host header, or another one, holds.
func (v visit) header(name string) string {
	if !strings.EqualFold(name, "host") {
		return v.headers[strings.ToLower(name)]
	}
	if v.defaultPorts {
		return v.host
	}
	return v.host + ":" + strconv.Itoa(int(v.port))
}

// holds is what the contract says of a condition.
func (v visit) holds(c lb.Condition) bool {
	compare := func(text, value string) bool {
		switch c.Op {
		case lb.MatchPrefix:
			return strings.HasPrefix(text, value)
		case lb.MatchSuffix:
			return strings.HasSuffix(text, value)
		case lb.MatchContains:
			return strings.Contains(text, value)
		case lb.MatchRegex:
			return regexp.MustCompile(value).MatchString(text)
		default:
			return text == value
		}
	}
	is := slices.ContainsFunc(c.Values, func(value string) bool {
		switch c.Field {
		case lb.FieldSource:
			return netip.MustParsePrefix(value).Contains(v.source)
		case lb.FieldHost:
			return compare(v.host, value)
		case lb.FieldPath:
			return compare(v.path, value)
		default:
			return compare(v.header(c.Name), value)
		}
	})
	return is != c.Not
}

func (v visit) matches(match lb.Match) bool {
	return every(match, v.holds)
}

// filtered is what the contract says of a filter.
func (v visit) filtered(spec lb.FilterSpec) bool {
	o, _, _ := lb.ExtensionOf[FilterOptions](spec.Extensions)
	return v.matches(spec.Match) && (!o.EdgeServices || v.edge) && (!o.NotEdgeServices || !v.edge)
}

// caught is what Scaleway's documentation says of an ACL: its source and its HTTP
// filter must both match or, inverted, neither.
func (v visit) caught(a ACLSpec) bool {
	m := a.Match
	if m == nil {
		return true
	}
	criteria := []bool{}
	if m.IPsEdgeServices {
		criteria = append(criteria, v.edge)
	}
	if len(m.IPSubnet) > 0 {
		criteria = append(criteria, slices.ContainsFunc(m.IPSubnet, func(subnet string) bool { return netip.MustParsePrefix(subnet).Contains(v.source) }))
	}
	if m.HTTPFilter != ACLHTTPFilterNone {
		criteria = append(criteria, slices.ContainsFunc(m.HTTPFilterValue, func(value string) bool {
			switch m.HTTPFilter {
			case ACLHTTPFilterPathBegin:
				return strings.HasPrefix(v.path, value)
			case ACLHTTPFilterPathEnd:
				return strings.HasSuffix(v.path, value)
			case ACLHTTPFilterRegex:
				return regexp.MustCompile(value).MatchString(v.path)
			default:
				return v.header(m.HTTPFilterOption) == value
			}
		}))
	}
	return every(criteria, func(is bool) bool { return is != m.Invert })
}

// expanded is where Scaleway sends a visit.
func (v visit) expanded(r ACLActionRedirect) string {
	if r.Type == RedirectTypeScheme {
		return r.Target + "://" + v.header("host") + v.path + "?" + v.query
	}
	return strings.NewReplacer(
		"{{scheme}}", v.scheme, "{{host}}", v.header("host"), "{{path}}", strings.TrimPrefix(v.path, "/"), "{{query}}", v.query,
	).Replace(r.Target)
}

// redirected is where the contract sends a visit.
func (v visit) redirected(r lb.Redirect) string {
	scheme, authority, path, query := v.scheme, v.header("host"), v.path, "?"+v.query
	switch {
	case r.Host != "":
		authority = r.Host
	case r.Port != 0:
		authority = v.host
	}
	if r.Port != 0 {
		authority += ":" + strconv.Itoa(int(r.Port))
	}
	if r.Scheme != "" {
		scheme = r.Scheme
	}
	if r.Path != "" {
		path = r.Path
	}
	if r.DropQuery {
		query = ""
	}
	return scheme + "://" + authority + path + query
}

// from makes a generator for each use: one that several tests draw from races when it
// makes up its name.
func from[T any](items []T) func() *rapid.Generator[T] {
	return func() *rapid.Generator[T] { return rapid.SampledFrom(items) }
}

var (
	somePrefixes = from([]string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::1/128"})
	someAddrs    = from([]string{"10.1.2.3", "10.1.2.4", "10.2.0.1", "192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db9::1"})
	somePaths    = from([]string{"/", "/a", "/a/b", "/ab", "/a.b", "/b", "/b/a.php", ".php", "a", "a+b", "/A"})
	somePatterns = from([]string{"^/a", "b$", `\.php$`, "a|b", "[ab]+", "(?i)^/A$", `^/\w+/b`, "x"})
	someHosts    = from([]string{"example.org", "a.example.org", "b.a.example.org", "badexample.org", "example.com"})
	someHeaders  = from([]string{"X-Token", "x-token", "Host", "host", "User-Agent"})
	someValues   = from([]string{"t", "u", "example.org", "a.example.org"})
	someNames    = from([]string{"", "x", "deny", "a b"})
	somePorts    = from([]uint16{80, 443, 8080})
)

func someSet(g *rapid.Generator[string]) *rapid.Generator[[]string] { return rapid.SliceOfN(g, 1, 4) }

// someCondition is one that Scaleway has, most of the time.
func someCondition(t *rapid.T) lb.Condition {
	c := lb.Condition{Not: rapid.Bool().Draw(t, "not")}
	switch rapid.IntRange(0, 4).Draw(t, "field") {
	case 0, 1:
		c.Field, c.Values = lb.FieldSource, someSet(somePrefixes()).Draw(t, "sources")
	case 2:
		c.Field, c.Values = lb.FieldHost, someSet(someHosts()).Draw(t, "hosts")
	case 3:
		c.Field, c.Name = lb.FieldHeader, someHeaders().Draw(t, "header")
		c.Values = someSet(someValues()).Draw(t, "values")
	default:
		c.Field = lb.FieldPath
		c.Op = rapid.SampledFrom([]lb.MatchOp{"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex}).Draw(t, "op")
		c.Values = someSet(somePaths()).Draw(t, "paths")
		if c.Op == lb.MatchRegex {
			c.Values = someSet(somePatterns()).Draw(t, "patterns")
		}
	}
	return c
}

func someRedirect(t *rapid.T) lb.Redirect {
	optional := func(label string, values ...string) string {
		return rapid.SampledFrom(append([]string{"", ""}, values...)).Draw(t, label)
	}
	return lb.Redirect{
		Scheme: optional("scheme", "https", "http", "ftp"), Host: optional("host", "b.example", "xn--bcher-kva.example"),
		Port: rapid.SampledFrom([]uint16{0, 0, 8443, 65535}).Draw(t, "port"), Path: optional("path", "/", "/new", "/a/b/"),
		DropQuery: rapid.Bool().Draw(t, "drops"), Code: rapid.SampledFrom([]int{0, 301, 302, 303, 307, 308}).Draw(t, "code"),
	}
}

var someLocations = from([]string{
	"", "", "", "https://example.com", "https://example.com/", "https://{{host}}/{{path}}?{{query}}", "{{scheme}}://{{host}}:8443/{{path}}",
	"https://{{host}}{{path}}?{{query}}", "https://example.com/?to={{path}}", "/login", "{{scheme}}://{{host}}/{{path}}?{{query}}", "https://a:0/",
	"https://[2001:db8::1]/", "HTTPS://example.com/", "https://example.com?{{query}}", "https://example.com/#top", "https:///{{path}}",
})

func someFilter(t *rapid.T) lb.FilterSpec {
	spec := lb.FilterSpec{
		Name:   someNames().Draw(t, "name"),
		Action: rapid.SampledFrom([]lb.FilterAction{lb.FilterAllow, lb.FilterDeny, lb.FilterRedirect}).Draw(t, "action"),
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3}).Draw(t, "conditions") {
		spec.Match = append(spec.Match, someCondition(t))
	}
	o := FilterOptions{
		Description:     rapid.SampledFrom([]string{"", "", "why"}).Draw(t, "description"),
		EdgeServices:    rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "edge"),
		NotEdgeServices: rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "not edge"),
	}
	if spec.Action == lb.FilterRedirect {
		if o.Location = someLocations().Draw(t, "location"); o.Location == "" {
			r := someRedirect(t)
			spec.Redirect = &r
		}
	}
	spec.Extensions = lb.Extend(o)
	return spec
}

func someVisit(t *rapid.T) visit {
	port := somePorts().Draw(t, "port")
	return visit{
		source: netip.MustParseAddr(someAddrs().Draw(t, "source")), edge: rapid.Bool().Draw(t, "edge"),
		host: someHosts().Draw(t, "host"), path: "/" + strings.TrimPrefix(somePaths().Draw(t, "path"), "/"), query: "q=1",
		headers: map[string]string{"x-token": someValues().Draw(t, "token"), "user-agent": someValues().Draw(t, "agent")},
		scheme:  rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme"), port: port, defaultPorts: port != 8080,
	}
}

// asStored is a spec as the API gives it back: through JSON, with what it is known to
// write otherwise (facts 8).
func asStored(t *rapid.T, spec ACLSpec) *ACL {
	text, err := json.Marshal(spec.body())
	if err != nil {
		t.Fatal(err)
	}
	a := &ACL{ID: testACL}
	if err := json.Unmarshal(text, a); err != nil {
		t.Fatal(err)
	}
	if a.Match == nil && rapid.Bool().Draw(t, "shows an empty match") {
		a.Match = &ACLMatch{IPSubnet: []string{}, HTTPFilter: ACLHTTPFilterNone, HTTPFilterValue: []string{}}
	}
	if a.Match != nil && rapid.Bool().Draw(t, "shows bare addresses") {
		for i, subnet := range a.Match.IPSubnet {
			if prefix := netip.MustParsePrefix(subnet); prefix.IsSingleIP() {
				a.Match.IPSubnet[i] = prefix.Addr().String()
			}
		}
	}
	return a
}

// TestFiltersAreReadAsWritten: of any filter that the dialect lets pass, what is read
// back is the canonical form, which is its own, and the ACL decides every request as
// the filter as it was first said.
func TestFiltersAreReadAsWritten(t *testing.T) {
	t.Parallel()
	passed := 0
	rapid.Check(t, func(t *rapid.T) {
		v := someVisit(t)
		frontend := aFrontend(lb.ProtocolHTTP, v.port)
		for range 20 {
			spec := someFilter(t)
			all, err := testDialect().Filters(frontend, []lb.FilterSpec{spec})
			if err != nil {
				continue
			}
			passed++
			canonical := all[0]
			if again, err := testDialect().Filters(frontend, all); err != nil || !lb.Equal(again[0], canonical) {
				t.Fatalf("%+v: the canonical form is not its own (%v): %+v", canonical, err, again)
			}
			wire, err := wireFilter("filters.set", canonical, 3)
			if err != nil {
				t.Fatal(err)
			}
			stored := asStored(t, wire)
			if got := filterSpec(int(v.port), stored); !lb.Equal(got, canonical) {
				t.Fatalf("%+v\nread back: %v", canonical, lb.Diff(canonical, got))
			}
			if got, want := v.caught(wire), v.filtered(spec); got != want {
				t.Fatalf("%+v: Scaleway says %t, the contract %t, of %+v\n%+v", spec, got, want, v, wire.Match)
			}
			if r := wire.Action.Redirect; r != nil && spec.Redirect != nil {
				if got, want := v.expanded(*r), v.redirected(*spec.Redirect); got != want {
					t.Fatalf("%+v leads to %s, want %s", *r, got, want)
				}
			}
			if wire.Index != 3 || stored.Name == "" {
				t.Fatalf("wrote %+v", wire)
			}
		}
	})
	if passed < 500 {
		t.Errorf("only %d filters were let pass: that proves little", passed)
	}
}

// TestReadingIsTotal: what no dialect lets pass is read into something of which it
// says so, and that is canonical too.
func TestReadingIsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := &ACL{ID: testACL, Name: "x", Action: ACLAction{Type: ACLActionType(rapid.SampledFrom([]string{"allow", "deny", "redirect", "tarpit", ""}).Draw(t, "action"))}}
		if rapid.Bool().Draw(t, "redirects") {
			a.Action.Redirect = &ACLActionRedirect{
				Type:   RedirectType(rapid.SampledFrom([]string{"location", "scheme", "teleport", ""}).Draw(t, "type")),
				Target: rapid.SampledFrom([]string{"https", "HTTPS", "https:8443", "", "https://example.com", "https://{{host}}:8443/{{path}}"}).Draw(t, "target"),
			}
		}
		if rapid.Bool().Draw(t, "matches") {
			a.Match = &ACLMatch{
				IPSubnet:        rapid.SliceOfN(rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.1/8", "::ffff:10.0.0.1", "nonsense", "::/0", "0.0.0.0/0"}), 0, 3).Draw(t, "subnets"),
				IPsEdgeServices: rapid.Bool().Draw(t, "edge"),
				HTTPFilter: ACLHTTPFilter(rapid.SampledFrom([]string{
					"acl_http_filter_none", "path_begin", "path_end", "regex", "http_header_match", "query_match", "",
				}).Draw(t, "filter")),
				HTTPFilterValue:  rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", ""}), 0, 3).Draw(t, "values"),
				HTTPFilterOption: rapid.SampledFrom([]string{"", "host", "x"}).Draw(t, "option"),
				Invert:           rapid.Bool().Draw(t, "invert"),
			}
		}
		port := somePorts().Draw(t, "port")
		spec := filterSpec(int(port), a)
		frontend := aFrontend(lb.ProtocolHTTP, port)
		canonical, found := testDialect().filter(frontend, 0, spec)
		if again, _ := testDialect().filter(frontend, 0, canonical); !lb.Equal(again, canonical) {
			t.Fatalf("%+v: the canonical form is not its own: %v", a, lb.Diff(canonical, again))
		}
		if len(found) == 0 && !lb.Equal(spec, canonical) {
			t.Fatalf("%+v: read as %+v, which is not canonical: %v", a, spec, lb.Diff(spec, canonical))
		}
		// What matches everything, as it is read, is an ACL that does.
		o, _, err := lb.ExtensionOf[FilterOptions](spec.Extensions)
		if err != nil {
			t.Fatal(err)
		}
		if m := a.Match; m != nil && len(spec.Match) == 0 && !o.EdgeServices && !o.NotEdgeServices {
			anySource := len(m.IPSubnet) == 0 || slices.Contains(m.IPSubnet, "::/0") && slices.Contains(m.IPSubnet, "0.0.0.0/0")
			if m.IPsEdgeServices || m.Invert || !anySource || m.HTTPFilter != ACLHTTPFilterNone && m.HTTPFilter != "" {
				t.Fatalf("%+v is read as matching everything", m)
			}
		}
	})
}
