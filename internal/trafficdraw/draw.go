// Package trafficdraw draws traffic rules that several providers can hold, and requests
// that come near the boundaries of their conditions. Tests compare by them what rules
// mean in one place with what they mean in another.
package trafficdraw

import (
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// Traffic is a frontend with rules. Its backends and its certificate are names: see
// Resolve.
type Traffic struct {
	Frontend lb.FrontendSpec
	Filters  []lb.FilterSpec
	Routes   []lb.RouteSpec
}

// The names in what is drawn.
const (
	Default     lb.BackendID     = "default"
	Certificate lb.CertificateID = "certificate"
)

// Backends are the names of the backends that frontends and routes lead to. They speak
// the protocol of the frontend.
func Backends() []lb.BackendID { return []lb.BackendID{Default, "one", "two"} }

// Frontends are those that rules are drawn for: HTTP on its own port, over TLS, and on
// another port, which shows in the Host header, and TCP. A load balancer has room for
// all of them.
func Frontends() []lb.FrontendSpec {
	return []lb.FrontendSpec{
		{Name: "http", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: Default},
		{Name: "https", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(443)}, DefaultBackend: Default, Certificates: []lb.CertificateID{Certificate}},
		{Name: "odd", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(8080)}, DefaultBackend: Default},
		{Name: "tcp", Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(8443)}, DefaultBackend: Default},
	}
}

// Bounds of what Draw returns.
const (
	MinRules   = 3  // filters and routes together
	MaxObjects = 20 // that a provider makes of them: two such sets fit into an OVH load balancer
)

// Draw returns rules that every one of dialects takes.
func Draw(r *rand.Rand, dialects ...lb.Dialect) Traffic {
	for {
		t := candidate(r)
		if len(t.Filters)+len(t.Routes) >= MinRules && t.taken(dialects) {
			return t
		}
	}
}

func (t Traffic) taken(dialects []lb.Dialect) bool {
	for _, d := range dialects {
		filters, filterErr := d.Filters(t.Frontend, t.Filters)
		routes, routeErr := d.Routes(t.Frontend, t.Routes)
		if filterErr != nil || routeErr != nil || len(filters)+len(routes) > MaxObjects {
			return false
		}
	}
	return true
}

// Resolve returns t with a provider's IDs in the place of names. A backend that has no
// ID keeps its name.
func (t Traffic) Resolve(backends map[lb.BackendID]lb.BackendID, certificate lb.CertificateID) Traffic {
	id := func(name lb.BackendID) lb.BackendID {
		if id, ok := backends[name]; ok {
			return id
		}
		return name
	}
	out := Traffic{Frontend: lb.Clone(t.Frontend), Filters: slices.Clone(t.Filters)}
	out.Frontend.DefaultBackend = id(t.Frontend.DefaultBackend)
	for i := range out.Frontend.Certificates {
		out.Frontend.Certificates[i] = certificate
	}
	for _, route := range t.Routes {
		route.Backend = id(route.Backend)
		out.Routes = append(out.Routes, route)
	}
	return out
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// one in n times.
func rarely(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// candidate is mostly what two clouds can say: filters look at a source and one thing
// more, or at one thing that may be negated, and routes at a host or a path.
func candidate(r *rand.Rand) Traffic {
	t := Traffic{Frontend: pick(r, Frontends()...)}
	for i := range pick(r, 1, 2, 3, 3, 4) {
		t.Filters = append(t.Filters, drawFilter(r, t.Frontend, i == 0))
	}
	for range pick(r, 0, 1, 2, 2, 3) {
		t.Routes = append(t.Routes, lb.RouteSpec{Match: lb.Match{drawRouteCondition(r, t.Frontend.Protocol)}, Backend: pick(r, Backends()...)})
	}
	return t
}

func drawFilter(r *rand.Rand, frontend lb.FrontendSpec, first bool) lb.FilterSpec {
	spec := lb.FilterSpec{Name: pick(r, "", "", "office"), Action: lb.FilterDeny, Match: drawMatch(r, frontend)}
	if first && rarely(r, 3) { // what OVH keeps with the frontend itself
		spec.Name, spec.Match = "", lb.Match{drawSource(r, rarely(r, 2))}
		return spec
	}
	if frontend.Protocol == lb.ProtocolHTTP && rarely(r, 2) {
		spec.Action, spec.Redirect = lb.FilterRedirect, drawRedirect(r)
	}
	return spec
}

func drawMatch(r *rand.Rand, frontend lb.FrontendSpec) lb.Match {
	switch {
	case frontend.Protocol == lb.ProtocolTCP || rarely(r, 5):
		return lb.Match{drawSource(r, rarely(r, 3))}
	case rarely(r, 20):
		return nil
	case rarely(r, 3):
		match := lb.Match{drawSource(r, false), drawCondition(r)}
		match[1].Not = false
		if rarely(r, 2) {
			slices.Reverse(match)
		}
		return match
	default:
		return lb.Match{drawCondition(r)}
	}
}

// drawSource has blocks of both families around few addresses, so that they overlap.
func drawSource(r *rand.Rand, not bool) lb.Condition {
	c := lb.Condition{Field: lb.FieldSource, Not: not}
	for range pick(r, 1, 1, 2, 3) {
		text := pick(r, "10.1.2.3", "10.1.200.77", "192.0.2.129", "2001:db8::1", "2001:db8:ffff::8000:1")
		address := netip.MustParseAddr(text)
		bits := pick(r, 8, 9, 15, 16, 23, 24, 25, 31, 32)
		if address.Is6() {
			bits = pick(r, 16, 31, 32, 33, 48, 64, 112, 127, 128)
		}
		block, err := address.Prefix(bits)
		if err != nil {
			panic(err) // the lengths are of the family
		}
		c.Values = append(c.Values, block.String())
	}
	if rarely(r, 15) {
		c.Values = append(c.Values, pick(r, "0.0.0.0/0", "::/0"))
	}
	if rarely(r, 30) {
		c.Values = []string{"::/0", "0.0.0.0/0"}
	}
	return c
}

// The words of conditions. They are parts of one another, so that a request that is near
// one of them is near others too.
var (
	hosts    = []string{"example.org", "a.example.org", "www.a.example.org", "A.Example.com", "example.com", "xn--bcher-kva.example"}
	paths    = []string{"/", "/a", "/a/", "/a/b", "/ab", "/a.b", "/a+b", "/A", "/api/v1", "/api", "/a,b", "/%61"}
	endings  = []string{".php", "b", "/b", "/", ".PHP", "v1", ",b", "a.b"}
	insides  = []string{"a", "/a", ".", "b", "api", ",", "+", "A"}
	tokens   = []string{"t", "T", "tt", "a,b", "a b", "t.t", "0"}
	patterns = []string{`^/a`, `\.php$`, `^/(a|api)/`, `[0-9]{2}`, `(?i)^/login$`, `b$`, `^/a\.b$`, `[^a-z/]`, `/a(/b)?$`}
)

func drawCondition(r *rand.Rand) lb.Condition {
	c := lb.Condition{Not: rarely(r, 3)}
	var words []string
	switch r.IntN(8) {
	case 0, 1:
		c.Field, words = lb.FieldHost, hosts
	case 2:
		c.Field, c.Name, words = lb.FieldHeader, pick(r, "X-Token", "x-token", "User-Agent"), tokens
	case 3:
		c.Field, c.Name = lb.FieldHeader, pick(r, "Host", "host")
		words = []string{"example.org", "example.org:8080", "a.example.org", "a.example.org:8080"}
	default:
		c.Field, c.Op = lb.FieldPath, pick(r, "", lb.MatchPrefix, lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex)
		words = wordsOf(c.Op)
	}
	c.Values = some(r, words)
	return c
}

// wordsOf are those that paths are compared with.
func wordsOf(op lb.MatchOp) []string {
	switch op {
	case lb.MatchSuffix:
		return endings
	case lb.MatchContains:
		return insides
	case lb.MatchRegex:
		return patterns
	default:
		return paths
	}
}

// some are one to three words, seldom one of them twice.
func some(r *rand.Rand, words []string) []string {
	var out []string
	for range pick(r, 1, 1, 1, 2, 3) {
		out = append(out, pick(r, words...))
	}
	return out
}

func drawRouteCondition(r *rand.Rand, protocol lb.Protocol) lb.Condition {
	if protocol == lb.ProtocolHTTP && rarely(r, 2) {
		return lb.Condition{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: some(r, paths)}
	}
	c := lb.Condition{Field: lb.FieldHost, Values: some(r, hosts)}
	if rarely(r, 2) {
		c.Op = lb.MatchSuffix
		for i := range c.Values {
			c.Values[i] = "." + c.Values[i]
		}
	}
	return c
}

func drawRedirect(r *rand.Rand) *lb.Redirect {
	return &lb.Redirect{
		Scheme: pick(r, "", "https", "http", "HTTPS"), Host: pick(r, "", "", "new.example.org"), Port: pick[uint16](r, 0, 0, 8443),
		Path: pick(r, "", "", "/", "/new/place"), DropQuery: rarely(r, 3), Code: pick(r, 0, 301, 302, 303, 307, 308),
	}
}
