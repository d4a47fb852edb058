package trafficdraw_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/trafficdraw"
	"github.com/lbkit/lbkit/lb"
)

// takesAll is a dialect that refuses nothing.
type takesAll struct {
	lb.UnimplementedDialect
}

func (takesAll) Filters(_ lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, error) {
	return specs, nil
}

func (takesAll) Routes(_ lb.FrontendSpec, specs []lb.RouteSpec) ([]lb.RouteSpec, error) {
	return specs, nil
}

// takesNoRedirects is a dialect that refuses some.
type takesNoRedirects struct{ takesAll }

func (d takesNoRedirects) Filters(frontend lb.FrontendSpec, specs []lb.FilterSpec) ([]lb.FilterSpec, error) {
	for _, spec := range specs {
		if spec.Action == lb.FilterRedirect {
			return nil, lb.ErrUnsupported
		}
	}
	return d.takesAll.Filters(frontend, specs)
}

func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // G404: tests are to draw the same again
}

func TestDrawIsTakenByAll(t *testing.T) {
	t.Parallel()
	r := random(1)
	for range 200 {
		drawn := trafficdraw.Draw(r, takesAll{}, takesNoRedirects{})
		if len(drawn.Filters)+len(drawn.Routes) < trafficdraw.MinRules {
			t.Fatalf("%d filters and %d routes", len(drawn.Filters), len(drawn.Routes))
		}
		for _, f := range drawn.Filters {
			if f.Action == lb.FilterRedirect {
				t.Fatal("a dialect was not asked")
			}
		}
	}
}

func TestDrawsAreTheSameAgain(t *testing.T) {
	t.Parallel()
	first, second := trafficdraw.Draw(random(7), takesAll{}), trafficdraw.Draw(random(7), takesAll{})
	compare := cmp.Options{
		cmp.Comparer(func(a, b lb.Extensions) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	}
	if diff := cmp.Diff(first, second, compare); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(first.Requests(random(8), 50), second.Requests(random(8), 50), compare); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	drawn := trafficdraw.Traffic{
		Frontend: lb.FrontendSpec{DefaultBackend: trafficdraw.Default, Certificates: []lb.CertificateID{trafficdraw.Certificate}},
		Routes:   []lb.RouteSpec{{Backend: "one"}, {Backend: "two"}},
	}
	got := drawn.Resolve(map[lb.BackendID]lb.BackendID{trafficdraw.Default: "be-0", "one": "be-1"}, "cert-1")
	if got.Frontend.DefaultBackend != "be-0" || got.Frontend.Certificates[0] != "cert-1" || got.Routes[0].Backend != "be-1" || got.Routes[1].Backend != "two" {
		t.Errorf("got %+v", got)
	}
	if drawn.Routes[0].Backend != "one" || drawn.Frontend.Certificates[0] != trafficdraw.Certificate {
		t.Errorf("what was drawn is now %+v", drawn)
	}
}

// near are requests about one filter with one condition.
func near(t *testing.T, frontend string, c lb.Condition) []lb.Request {
	t.Helper()
	for _, spec := range trafficdraw.Frontends() {
		if spec.Name == frontend {
			drawn := trafficdraw.Traffic{Frontend: spec, Filters: []lb.FilterSpec{{Match: lb.Match{c}, Action: lb.FilterDeny}}}
			return drawn.Requests(random(3), 3000)
		}
	}
	t.Fatalf("no frontend %s", frontend)
	return nil
}

// TestRequestsComeNearBoundaries looks for the requests that a comparison that is a
// little wrong would decide otherwise.
func TestRequestsComeNearBoundaries(t *testing.T) {
	t.Parallel()
	path := func(op lb.MatchOp, value string) lb.Condition {
		return lb.Condition{Field: lb.FieldPath, Op: op, Values: []string{value}}
	}
	source := func(value string) lb.Condition { return lb.Condition{Field: lb.FieldSource, Values: []string{value}} }
	host := lb.Condition{Field: lb.FieldHost, Values: []string{"a.example.org"}}
	token := lb.Condition{Field: lb.FieldHeader, Name: "X-Token", Values: []string{"tt"}}
	paths := func(r lb.Request) string { return r.Path }
	sources := func(r lb.Request) string { return r.Source.String() }
	hosts := func(r lb.Request) string { return r.Host }
	tokens := func(r lb.Request) string {
		for name, values := range r.Header {
			return name + "=" + values[0]
		}
		return ""
	}
	for name, test := range map[string]struct {
		frontend  string
		condition lb.Condition
		part      func(lb.Request) string
		want      string
	}{
		"equal":          {"http", path("", "/a.b"), paths, "/a.b /a.bx /a. /A.B /axb"},
		"prefix":         {"http", path(lb.MatchPrefix, "/ab"), paths, "/ab /ab/ /abx /a /AB /xb /x/ab"},
		"suffix":         {"http", path(lb.MatchSuffix, ".php"), paths, "/.php /x.php /.ph /.phpx /.PHP /php /x.phpx"},
		"contains":       {"http", path(lb.MatchContains, "/a"), paths, "/a /x/a /x/ax /x/ /A /x/A"},
		"pattern":        {"http", path(lb.MatchRegex, `^/(a|api)/`), paths, "/a/ /api/ /apis/ /b/api/ /a"},
		"host":           {"http", host, hosts, "a.example.org xa.example.org a.example.or .example.org A.EXAMPLE.ORG a.example.orgx"},
		"host with port": {"odd", host, hosts, "a.example.org:8080 xa.example.org:8080 A.EXAMPLE.ORG:8080"},
		"SNI":            {"tcp", host, hosts, "a.example.org xa.example.org A.EXAMPLE.ORG"},
		"header":         {"http", token, tokens, "X-Token=tt x-token=tt X-TOKEN=tt X-Token=t X-Token=ttx X-Token=TT X-Token=xtt"},
		"source":         {"http", source("10.1.2.0/23"), sources, "10.1.2.0 10.1.3.255 10.1.1.255 10.1.4.0 ::ffff:10.1.2.0 ::ffff:10.1.4.0"},
		"IPv6 source":    {"tcp", source("2001:db8::/33"), sources, "2001:db8:: 2001:db8:7fff:ffff:ffff:ffff:ffff:ffff 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:8000::"},
		"one address":    {"tcp", source("10.1.2.3/32"), sources, "10.1.2.3 10.1.2.2 10.1.2.4"},
		"any address":    {"tcp", source("0.0.0.0/0"), sources, "0.0.0.0 255.255.255.255 10.1.2.4 2001:db8::2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for _, r := range near(t, test.frontend, test.condition) {
				seen[test.part(r)] = true
			}
			for want := range strings.FieldsSeq(test.want) {
				if !seen[want] {
					t.Errorf("no request has %s; seen: %v", want, seen)
				}
			}
		})
	}
}
