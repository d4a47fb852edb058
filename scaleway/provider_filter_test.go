package scaleway

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// acl is an ACL as the API answers it.
func acl(action, match string) string {
	return `{"id":"` + testACL + `","name":"x","index":1,"description":"","action":` + action + `,"match":` + match + `}`
}

const (
	denies  = `{"type":"deny","redirect":null}`
	nothing = `{"ip_subnet":[],"ips_edge_services":false,"http_filter":"acl_http_filter_none","http_filter_value":[],"http_filter_option":null,"invert":false}`
)

// matching is a match with some members changed.
func matching(t *testing.T, changes string) string {
	t.Helper()
	members := map[string]any{}
	for _, text := range []string{nothing, changes} {
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestACLsAreRead: what is recorded, what is documented, and what nobody knows yet.
func TestACLsAreRead(t *testing.T) {
	t.Parallel()
	x := func(spec lb.FilterSpec) lb.FilterSpec {
		spec.Name = "x"
		return spec
	}
	path := func(op lb.MatchOp, values ...string) lb.Condition { return condition(lb.FieldPath, op, values...) }
	to := func(target string) string {
		return fmt.Sprintf(`{"type":"redirect","redirect":{"type":"location","target":%q,"code":307}}`, target)
	}
	for name, test := range map[string]struct {
		action, match string // match: what differs from nothing; "null": no match at all
		port          uint16
		want          lb.FilterSpec
		refused       bool // by the dialect
	}{
		"no match":           {action: denies, match: "null", want: deny()},
		"an empty match":     {action: denies, match: `{}`, want: deny()},
		"every address":      {action: denies, match: `{"ip_subnet":["0.0.0.0/0","::/0"]}`, want: deny()},
		"recorded, a list":   {action: `{"type":"allow"}`, match: `{"ip_subnet":["192.168.0.1","192.168.10.0/24"],"invert":true}`, want: lb.FilterSpec{Action: lb.FilterAllow, Match: lb.Match{not(sources("192.168.0.1/32", "192.168.10.0/24"))}}},
		"recorded, inverted": {action: `{"type":"allow"}`, match: `{"ip_subnet":["0.0.0.0/0"],"http_filter":"path_begin","http_filter_value":["criteria1","criteria2"],"invert":true}`, want: lb.FilterSpec{Action: lb.FilterAllow, Match: lb.Match{not(sources("0.0.0.0/0")), not(path(lb.MatchPrefix, "criteria1", "criteria2"))}}, refused: true},
		"recorded, a host":   {action: `{"type":"allow"}`, match: `{"ip_subnet":["0.0.0.0/0"],"http_filter":"http_header_match","http_filter_value":["example.com"],"http_filter_option":"host"}`, want: lb.FilterSpec{Action: lb.FilterAllow, Match: lb.Match{sources("0.0.0.0/0"), condition(lb.FieldHost, "", "example.com")}}},
		"on another port":    {action: denies, port: 8080, match: `{"http_filter":"http_header_match","http_filter_value":["example.com:8080"],"http_filter_option":"Host"}`, want: deny(header("Host", "example.com:8080"))},
		"a suffix":           {action: denies, match: `{"http_filter":"path_end","http_filter_value":[".php"]}`, want: deny(path(lb.MatchSuffix, ".php"))},
		"a pattern":          {action: denies, match: `{"http_filter":"regex","http_filter_value":["^/a(?=b)"]}`, want: deny(path(lb.MatchRegex, "^/a(?=b)")), refused: true},
		"host bits":          {action: denies, match: `{"ip_subnet":["10.1.2.3/8","2001:DB8:0::/32","::ffff:10.0.0.1"]}`, want: deny(sources("10.0.0.0/8", "10.0.0.1/32", "2001:db8::/32"))},
		"no subnet":          {action: denies, match: `{"ip_subnet":["everyone"]}`, want: deny(sources("everyone")), refused: true},

		// What is more than the contract can say never reads as less.
		"Edge Services":                 {action: `{"type":"allow"}`, match: `{"ips_edge_services":true}`, want: extended(lb.FilterSpec{Action: lb.FilterAllow}, FilterOptions{EdgeServices: true})},
		"all but Edge Services":         {action: denies, match: `{"ips_edge_services":true,"invert":true}`, want: extended(deny(), FilterOptions{NotEdgeServices: true})},
		"Edge Services and a path":      {action: denies, match: `{"ips_edge_services":true,"http_filter":"path_begin","http_filter_value":["/a"]}`, want: extended(deny(path(lb.MatchPrefix, "/a")), FilterOptions{EdgeServices: true})},
		"neither of both":               {action: denies, match: `{"ips_edge_services":true,"http_filter":"path_begin","http_filter_value":["/a"],"invert":true}`, want: extended(deny(not(path(lb.MatchPrefix, "/a"))), FilterOptions{NotEdgeServices: true}), refused: true},
		"not everything":                {action: denies, match: `{"invert":true}`, want: deny(not(lb.Condition{Field: "scaleway.acl_http_filter_none"})), refused: true},
		"a filter of tomorrow":          {action: denies, match: `{"http_filter":"query_match","http_filter_value":["b","a"],"http_filter_option":"q","invert":true}`, want: deny(lb.Condition{Field: "scaleway.query_match", Name: "q", Values: []string{"a", "b"}, Not: true}), refused: true},
		"an action of tomorrow":         {action: `{"type":"tarpit"}`, match: `{}`, want: lb.FilterSpec{Action: "tarpit"}, refused: true},
		"a redirect of tomorrow":        {action: `{"type":"redirect","redirect":{"type":"teleport","target":"mars"}}`, match: `{}`, want: extended(lb.FilterSpec{Action: "scaleway.redirect.teleport", Redirect: &lb.Redirect{Code: 302}}, FilterOptions{Location: "mars"}), refused: true},
		"a scheme that is none":         {action: `{"type":"redirect","redirect":{"type":"scheme","target":"https:8443"}}`, match: `{}`, want: extended(lb.FilterSpec{Action: "scaleway.redirect.scheme", Redirect: &lb.Redirect{Code: 302}}, FilterOptions{Location: "https:8443"}), refused: true},
		"a path with an option":         {action: denies, match: `{"http_filter":"path_begin","http_filter_value":["/a"],"http_filter_option":"x"}`, want: deny(lb.Condition{Field: lb.FieldPath, Name: "x", Op: lb.MatchPrefix, Values: []string{"/a"}}), refused: true},
		"a header without a name":       {action: denies, match: `{"http_filter":"http_header_match","http_filter_value":["a"]}`, want: deny(header("", "a")), refused: true},
		"a redirect without a target":   {action: `{"type":"redirect","redirect":null}`, match: `{}`, want: lb.FilterSpec{Action: lb.FilterRedirect}, refused: true},
		"to a scheme":                   {action: `{"type":"redirect","redirect":{"type":"scheme","target":"https","code":301}}`, match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Code: 301})},
		"to a scheme, with no code":     {action: `{"type":"redirect","redirect":{"type":"scheme","target":"https","code":null}}`, match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Code: 302})},
		"recorded, to a site":           {action: to("https://example.com"), match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Host: "example.com", Path: "/", DropQuery: true, Code: 307})},
		"documented, to a site":         {action: to("https://www.myblog.com/{{path}}?{{query}}"), match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Host: "www.myblog.com", Code: 307})},
		"documented, as it came":        {action: to("https://{{host}}/{{path}}?{{query}}"), match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Code: 307})},
		"to another port":               {action: to("https://{{host}}:8443/{{path}}?{{query}}"), match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Port: 8443, Code: 307})},
		"to another port, behind one":   {action: to("https://{{host}}:8443/{{path}}?{{query}}"), port: 8080, match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://{{host}}:8443/{{path}}?{{query}}"})},
		"to a port":                     {action: to("{{scheme}}://a.example:8080/{{path}}"), port: 8080, match: `{}`, want: redirect(lb.Redirect{Host: "a.example", Port: 8080, DropQuery: true, Code: 307})},
		"to a path":                     {action: to("{{scheme}}://{{host}}/new?{{query}}"), match: `{}`, want: redirect(lb.Redirect{Path: "/new", Code: 307})},
		"to the root":                   {action: to("https://a.example?{{query}}"), match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Host: "a.example", Path: "/", Code: 307})},
		"to itself":                     {action: to("{{scheme}}://{{host}}/{{path}}?{{query}}"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "{{scheme}}://{{host}}/{{path}}?{{query}}"})},
		"a path glued to the host":      {action: to("https://{{host}}{{path}}"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://{{host}}{{path}}"})},
		"a path in the query":           {action: to("https://a.example/login?from={{path}}"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://a.example/login?from={{path}}"})},
		"a path with more":              {action: to("https://a.example/v2/{{path}}"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://a.example/v2/{{path}}"})},
		"a port that is none":           {action: to("https://a.example:0/"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://a.example:0/"})},
		"a port in another spelling":    {action: to("https://a.example:0443/"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://a.example:0443/"})},
		"a scheme in another spelling":  {action: to("HTTPS://a.example/"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "HTTPS://a.example/"})},
		"a place on the same site":      {action: to("/login"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "/login"})},
		"an address for a host":         {action: to("https://[2001:db8::1]/"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https://[2001:db8::1]/"})},
		"no host":                       {action: to("https:///{{path}}"), match: `{}`, want: extended(redirect(lb.Redirect{Code: 307}), FilterOptions{Location: "https:///{{path}}"})},
		"a code that does not redirect": {action: `{"type":"redirect","redirect":{"type":"scheme","target":"https","code":305}}`, match: `{}`, want: redirect(lb.Redirect{Scheme: "https", Code: 305}), refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			match := "null"
			if test.match != "null" {
				match = matching(t, test.match)
			}
			port := max(test.port, 80)
			a := decoded[ACL](t, acl(test.action, match))
			got, want := filterSpec(int(port), a), x(test.want)
			if !lb.Equal(got, want) {
				t.Errorf("(-want +got):\n%s", cmp.Diff(want, got, specOptions))
			}
			canonical, found := testDialect().filter(aFrontend(lb.ProtocolHTTP, port), 0, got)
			if (len(found) > 0) != test.refused || !test.refused && !lb.Equal(canonical, got) {
				t.Errorf("the dialect says %v of it, and makes it %+v", found, canonical)
			}
		})
	}
}

func TestFiltersAreReadInOrder(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 7, 21, 10, 0, 0, 0, time.UTC)
	acls := []*ACL{
		{ID: "c", Name: "third", Index: 7, CreatedAt: made},
		{ID: "b", Name: "second, of two with one index", Index: 2, CreatedAt: made.Add(time.Second)},
		{ID: "a", Name: "first", Index: 2, CreatedAt: made},
		{ID: "d", Name: "fourth", Index: 12},
	}
	var got []string
	for _, f := range neutralFilters("fr-par-1", "fr-par-1/f", 80, acls) {
		got = append(got, f.ID)
		if native, ok := f.Native.(*ACL); !ok || "fr-par-1/"+native.ID != f.ID || f.Frontend != "fr-par-1/f" || f.Name != native.Name {
			t.Errorf("got %+v", f)
		}
	}
	if want := []string{"fr-par-1/a", "fr-par-1/b", "fr-par-1/c", "fr-par-1/d"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if acls[0].ID != "c" {
		t.Error("the list that was read has been sorted")
	}
}

// TestFiltersAreWritten pins what goes over the wire.
func TestFiltersAreWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec lb.FilterSpec
		want string
	}{
		"everything": {deny(), `{"name":"no","action":{"type":"deny"},"index":4,"description":""}`},
		"a source and a path": {
			extended(deny(sources("10.0.0.0/8"), condition(lb.FieldPath, lb.MatchPrefix, "/a", "/b")), FilterOptions{Description: "d"}),
			`{"name":"no","action":{"type":"deny"},"match":{"ip_subnet":["10.0.0.0/8"],"ips_edge_services":false,"http_filter":"path_begin","http_filter_value":["/a","/b"],"invert":false},"index":4,"description":"d"}`,
		},
		"not a host": {
			deny(not(condition(lb.FieldHost, "", "a.example"))),
			`{"name":"no","action":{"type":"deny"},"match":{"ip_subnet":[],"ips_edge_services":false,"http_filter":"http_header_match","http_filter_value":["a.example"],"http_filter_option":"host","invert":true},"index":4,"description":""}`,
		},
		"all but Edge Services": {
			extended(deny(), FilterOptions{NotEdgeServices: true}),
			`{"name":"no","action":{"type":"deny"},"match":{"ip_subnet":[],"ips_edge_services":true,"http_filter":"acl_http_filter_none","http_filter_value":[],"invert":true},"index":4,"description":""}`,
		},
		"another scheme": {
			redirect(lb.Redirect{Scheme: "https", Code: 301}),
			`{"name":"elsewhere","action":{"type":"redirect","redirect":{"type":"scheme","target":"https","code":301}},"index":4,"description":""}`,
		},
		"another site": {
			redirect(lb.Redirect{Host: "a.example", Port: 8443, Code: 302}),
			`{"name":"elsewhere","action":{"type":"redirect","redirect":{"type":"location","target":"{{scheme}}://a.example:8443/{{path}}?{{query}}","code":302}},"index":4,"description":""}`,
		},
		"another page": {
			redirect(lb.Redirect{Path: "/new", DropQuery: true, Code: 308}),
			`{"name":"elsewhere","action":{"type":"redirect","redirect":{"type":"location","target":"{{scheme}}://{{host}}/new","code":308}},"index":4,"description":""}`,
		},
		"word for word": {
			extended(redirect(lb.Redirect{Code: 302}), FilterOptions{Location: "/login?{{query}}"}),
			`{"name":"elsewhere","action":{"type":"redirect","redirect":{"type":"location","target":"/login?{{query}}","code":302}},"index":4,"description":""}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire, err := wireFilter("filters.set", test.spec, 4)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(wire.body())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
