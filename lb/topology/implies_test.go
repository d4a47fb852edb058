package topology

import (
	"net/http"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// The words that conditions and requests are drawn from are few, so that they meet often.
var (
	drawnSources = []string{"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "2001:db8::/32"}
	drawnHosts   = []string{"a.example.org", "A.Example.org", "example.org", "b.example.org"}
	drawnPaths   = []string{"/", "/a", "/a/b", "/b"}
	drawnWords   = []string{"a", "ab", "b", "B"}
	drawnMethods = []string{"GET", "POST"}
)

func drawMatch(t *rapid.T, label string) lb.Match {
	match := make(lb.Match, rapid.IntRange(0, 2).Draw(t, label))
	for i := range match {
		match[i] = drawCondition(t, label)
	}
	return match
}

func drawCondition(t *rapid.T, label string) lb.Condition {
	c := lb.Condition{Not: rapid.IntRange(0, 2).Draw(t, label+" not") == 0}
	c.Field = rapid.SampledFrom([]lb.Field{lb.FieldSource, lb.FieldHost, lb.FieldPath, lb.FieldMethod, lb.FieldHeader, lb.FieldParam}).Draw(t, label+" field")
	if c.Field != lb.FieldSource {
		c.Op = rapid.SampledFrom([]lb.MatchOp{"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex, lb.MatchExists}).Draw(t, label+" op")
	}
	from := map[lb.Field][]string{
		lb.FieldSource: drawnSources, lb.FieldHost: append([]string{".org", "a."}, drawnHosts...), lb.FieldPath: drawnPaths,
		lb.FieldMethod: drawnMethods, lb.FieldHeader: drawnWords, lb.FieldParam: drawnWords,
	}[c.Field]
	switch c.Field {
	case lb.FieldHeader:
		c.Name = rapid.SampledFrom([]string{"X-A", "x-a", "X-B"}).Draw(t, label+" name")
	case lb.FieldParam:
		c.Name = rapid.SampledFrom([]string{"p", "P"}).Draw(t, label+" name")
	default:
	}
	if c.Op != lb.MatchExists {
		c.Values = rapid.SliceOfN(rapid.SampledFrom(from), 1, 2).Draw(t, label+" values")
	}
	return c
}

func drawRequest(t *rapid.T) lb.Request {
	r := lb.Request{
		Source: netip.MustParseAddr(rapid.SampledFrom([]string{"10.1.2.3", "10.1.9.9", "10.9.9.9", "200.0.0.1", "2001:db8::1", "2002::1"}).Draw(t, "source")),
		Host:   rapid.SampledFrom(append([]string{"c.test"}, drawnHosts...)).Draw(t, "host"),
		Path:   rapid.SampledFrom(append([]string{"/c"}, drawnPaths...)).Draw(t, "path"),
		Method: rapid.SampledFrom(append([]string{"PUT"}, drawnMethods...)).Draw(t, "method"),
		Header: http.Header{},
	}
	for _, name := range []string{"X-A", "X-B"} {
		if values := rapid.SliceOfN(rapid.SampledFrom(drawnWords), 0, 2).Draw(t, name); len(values) > 0 {
			r.Header[name] = values
		}
	}
	for _, value := range rapid.SliceOfN(rapid.SampledFrom(drawnWords), 0, 2).Draw(t, "p") {
		r.Query += "&p=" + value
	}
	return r
}

// matchesRequest asks lb.Explain whether a request matches.
func matchesRequest(t *rapid.T, match lb.Match, r lb.Request) bool {
	t.Helper()
	frontend := lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: "no"}
	decision, err := lb.Explain(frontend, nil, []lb.RouteSpec{{Match: match, Backend: "yes"}}, r)
	if err != nil {
		t.Fatal(err)
	}
	return decision.Backend == "yes"
}

// Where one match is said to imply another, no request tells otherwise.
func TestImpliesIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		narrow, wide := drawMatch(t, "narrow"), drawMatch(t, "wide")
		if rapid.Bool().Draw(t, "related") {
			narrow = append(narrow, wide...) // what implies it, more often than chance has it
			if len(wide) > 0 {
				narrow[len(narrow)-1] = drawCondition(t, "changed")
			}
		}
		if !implies(narrow, wide) {
			t.Skip("nothing is claimed")
		}
		for range 20 {
			if r := drawRequest(t); matchesRequest(t, narrow, r) && !matchesRequest(t, wide, r) {
				t.Fatalf("%+v\nmatches %+v\nand not %+v", r, narrow, wide)
			}
		}
	})
}

// What is worth knowing is known.
func TestImpliesKnows(t *testing.T) {
	t.Parallel()
	on := func(field lb.Field, op lb.MatchOp, not bool, values ...string) lb.Condition {
		return lb.Condition{Field: field, Op: op, Not: not, Values: values}
	}
	header := func(name string, op lb.MatchOp, not bool, values ...string) lb.Condition {
		return lb.Condition{Field: lb.FieldHeader, Name: name, Op: op, Not: not, Values: values}
	}
	for name, c := range map[string]struct {
		narrow, wide lb.Match
		want         bool
	}{
		"everything is implied":      {lb.Match{on(lb.FieldPath, "", false, "/a")}, nil, true},
		"everything implies nothing": {nil, lb.Match{on(lb.FieldPath, "", false, "/a")}, false},
		"but what always holds":      {nil, lb.Match{on(lb.FieldSource, "", false, "0.0.0.0/0", "::/0"), on(lb.FieldPath, lb.MatchPrefix, false, "/")}, true},
		"one of several values":      {lb.Match{on(lb.FieldMethod, "", false, "GET")}, lb.Match{on(lb.FieldMethod, "", false, "HEAD", "GET")}, true},
		"several, of which one":      {lb.Match{on(lb.FieldMethod, "", false, "HEAD", "GET")}, lb.Match{on(lb.FieldMethod, "", false, "GET")}, false},
		"a longer prefix":            {lb.Match{on(lb.FieldPath, lb.MatchPrefix, false, "/a/b")}, lb.Match{on(lb.FieldPath, lb.MatchPrefix, false, "/a")}, true},
		"a shorter prefix":           {lb.Match{on(lb.FieldPath, lb.MatchPrefix, false, "/a")}, lb.Match{on(lb.FieldPath, lb.MatchPrefix, false, "/a/b")}, false},
		"a prefix is no equal":       {lb.Match{on(lb.FieldPath, lb.MatchPrefix, false, "/a")}, lb.Match{on(lb.FieldPath, "", false, "/a")}, false},
		"a suffix that contains":     {lb.Match{on(lb.FieldPath, lb.MatchSuffix, false, "b.html")}, lb.Match{on(lb.FieldPath, lb.MatchContains, false, ".ht")}, true},
		"what a pattern matches":     {lb.Match{on(lb.FieldHost, "", false, "A.org")}, lb.Match{on(lb.FieldHost, lb.MatchRegex, false, "^a")}, true},
		"hosts have no case":         {lb.Match{on(lb.FieldHost, "", false, "A.org")}, lb.Match{on(lb.FieldHost, lb.MatchSuffix, false, ".ORG")}, true},
		"paths have one":             {lb.Match{on(lb.FieldPath, "", false, "/A")}, lb.Match{on(lb.FieldPath, "", false, "/a")}, false},
		"a smaller network":          {lb.Match{on(lb.FieldSource, "", false, "10.1.0.0/16")}, lb.Match{on(lb.FieldSource, "", false, "10.0.0.0/8")}, true},
		"a larger network":           {lb.Match{on(lb.FieldSource, "", false, "10.0.0.0/8")}, lb.Match{on(lb.FieldSource, "", false, "10.0.0.0/16")}, false},
		"all but a smaller one":      {lb.Match{on(lb.FieldSource, "", true, "10.0.0.0/8")}, lb.Match{on(lb.FieldSource, "", true, "10.1.0.0/16")}, true},
		"another network":            {lb.Match{on(lb.FieldSource, "", false, "192.0.2.0/24")}, lb.Match{on(lb.FieldSource, "", true, "10.0.0.0/8")}, true},
		"another method":             {lb.Match{on(lb.FieldMethod, "", false, "GET")}, lb.Match{on(lb.FieldMethod, "", true, "POST")}, true},
		"headers come twice":         {lb.Match{header("X", "", false, "a")}, lb.Match{header("X", "", true, "b")}, false},
		"a header that is there":     {lb.Match{header("X", lb.MatchPrefix, false, "a")}, lb.Match{header("x", lb.MatchExists, false)}, true},
		"a header that is not":       {lb.Match{header("X", lb.MatchExists, true)}, lb.Match{header("x", lb.MatchPrefix, true, "a")}, true},
		"another header":             {lb.Match{header("X", "", false, "a")}, lb.Match{header("Y", "", false, "a")}, false},
	} {
		if got := implies(c.narrow, c.wide); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
