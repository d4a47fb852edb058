package ovh

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// thousands checks a property for twenty times as many cases as rapid does by itself,
// which is 100 unless its flags say otherwise.
func thousands(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	for range 20 {
		rapid.Check(t, property)
	}
}

// request is what a frontend decides about, in the model of the tests: a value for
// each field, and maps for those that have names.
type request struct {
	source netip.Addr
	plain  map[lb.Field]string
	named  map[lb.Field]map[string]string
}

// holds is the contract's meaning of a condition.
func (q request) holds(c lb.Condition) bool {
	return q.compares(c) != c.Not
}

func (q request) compares(c lb.Condition) bool {
	value, there := q.value(c.Field, c.Name)
	if c.Op == lb.MatchExists {
		return there
	}
	return there && slices.ContainsFunc(c.Values, func(want string) bool {
		switch c.Op {
		case "":
			if c.Field == lb.FieldSource {
				return netip.MustParsePrefix(want).Contains(q.source)
			}
			return value == want
		case lb.MatchPrefix:
			return strings.HasPrefix(value, want)
		case lb.MatchSuffix:
			return strings.HasSuffix(value, want)
		case lb.MatchContains:
			return strings.Contains(value, want)
		case lb.MatchRegex:
			return regexp.MustCompile(want).MatchString(value)
		default:
			panic("model: op " + c.Op)
		}
	})
}

func (q request) value(field lb.Field, name string) (string, bool) {
	if field == lb.FieldSource {
		return q.source.String(), true
	}
	if names, ok := q.named[field]; ok {
		if field == lb.FieldHeader {
			name = strings.ToLower(name)
		}
		value, there := names[name]
		return value, there
	}
	value, there := q.plain[field]
	return value, there
}

func (q request) matches(match lb.Match) bool {
	return !slices.ContainsFunc(match, func(c lb.Condition) bool { return !q.holds(c) })
}

// obeys is the API's meaning of a rule (facts 5.6), written apart from the code that
// writes rules.
func (q request) obeys(rule Rule) bool {
	words := map[string]lb.Field{
		"source": lb.FieldSource, "host": lb.FieldHost, "sni": lb.FieldHost, "uri": lb.FieldPath, "method": lb.FieldMethod,
		"header": lb.FieldHeader, "cookie": lb.FieldCookie, "param": lb.FieldParam, "protocol": lb.FieldProtocol,
	}
	field, ok := words[rule.Field]
	if !ok {
		panic("model: field " + rule.Field)
	}
	value, there := q.value(field, rule.SubField)
	if field == lb.FieldProtocol && value == "h2" {
		value = "http/2.0"
	}
	return (there && q.agrees(rule, value)) != rule.Negate
}

func (q request) agrees(rule Rule, value string) bool {
	switch rule.Match {
	case RuleExists:
		return true
	case RuleIs:
		return value == rule.Pattern
	case RuleIn:
		return slices.ContainsFunc(strings.Split(rule.Pattern, ","), func(want string) bool {
			if rule.Field == "source" {
				return netip.MustParsePrefix(strings.TrimSpace(want)).Contains(q.source)
			}
			return strings.TrimSpace(want) == value
		})
	case RuleStartsWith:
		return strings.HasPrefix(value, rule.Pattern)
	case RuleEndsWith:
		return strings.HasSuffix(value, rule.Pattern)
	case RuleContains:
		return strings.Contains(value, rule.Pattern)
	case RuleMatches:
		return regexp.MustCompile(rule.Pattern).MatchString(value)
	default:
		panic("model: match " + rule.Match)
	}
}

// verdict is what happens to a request, as far as filters and routes decide it.
type verdict struct {
	denied bool
	answer string // of a denial its status, of a redirect its status and where to
	target string // of a route
}

// specVerdict is the contract's meaning of filters and routes.
func specVerdict(filters []lb.FilterSpec, routes []lb.RouteSpec, q request) verdict {
	for _, f := range filters {
		if !q.matches(f.Match) {
			continue
		}
		if f.Action == lb.FilterDeny {
			return verdict{denied: true}
		}
		return verdict{answer: filterAction(f).Target}
	}
	for _, r := range routes {
		if q.matches(r.Match) {
			return verdict{target: string(r.Backend)}
		}
	}
	return verdict{}
}

// frontendModel is a frontend as the API has it.
type frontendModel struct {
	sources sourceLists
	routes  []*trafficRoute
}

// verdict is the API's: lists of sources, then routes that reject or redirect, then
// routes to farms, each by weight and age.
func (m frontendModel) verdict(q request) verdict {
	within := func(blocks []string) bool {
		return slices.ContainsFunc(blocks, func(b string) bool { return netip.MustParsePrefix(b).Contains(q.source) })
	}
	if len(m.sources.allowed) > 0 && !within(m.sources.allowed) || within(m.sources.denied) {
		return verdict{denied: true}
	}
	routes := slices.Clone(m.routes)
	slices.SortFunc(routes, compareRoutes)
	for _, farm := range []bool{false, true} {
		for _, r := range routes {
			if (r.Action.Type == RouteActionFarm) != farm || slices.ContainsFunc(r.Rules, func(rule Rule) bool { return !q.obeys(rule) }) {
				continue
			}
			switch r.Action.Type {
			case RouteActionReject:
				return verdict{denied: true}
			case RouteActionRedirect:
				return verdict{answer: r.Action.Target}
			case RouteActionFarm:
				return verdict{target: r.Action.Target}
			}
		}
	}
	return verdict{}
}

// attached makes a route as the API would have it after its rules were added.
func attached(id int64, protocol lb.Protocol, name string, match lb.Match, action HTTPRouteAction, weight int) *trafficRoute {
	r := inventedRoute(protocol, name, match, action)
	frontend := int64(7)
	r.RouteID, r.FrontendID, r.Weight, r.Status = id, &frontend, weight, RouteOK
	for i := range r.Rules {
		r.Rules[i].RuleID = id*10 + int64(i)
	}
	return r
}

// Generators. Values come from few words, so that requests and conditions meet.

var (
	drawnSources = []string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1/128"}
	drawnPaths   = []string{"/", "/a", "/a/b", "/b", "/a,b", "/ ", "a", "b"}
	drawnHosts   = []string{"a.example", "b.example", "www.a.example", ".example", "a,b"}
	drawnWords   = []string{"a", "b", "ab", "a,b", " a", "b ", strings.Repeat("x", 120), strings.Repeat("y", 130)}
	drawnRegexes = []string{"^/a", "b$", "^(a|b)+$", `\d+`, "[a-c]"}
	drawnMethods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
)

func drawFields(protocol lb.Protocol) []lb.Field {
	var fields []lb.Field
	for field := range matchFields(protocol) {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	return fields
}

func drawCondition(t *rapid.T, protocol lb.Protocol) lb.Condition {
	c := lb.Condition{
		Field: rapid.SampledFrom(drawFields(protocol)).Draw(t, "field"),
		Not:   rapid.Bool().Draw(t, "not"),
	}
	field := matchFields(protocol)[c.Field]
	if field.named {
		c.Name = rapid.SampledFrom([]string{"x-a", "X-A", "b"}).Draw(t, "name")
	}
	c.Op = rapid.SampledFrom(field.ops).Draw(t, "op")
	if c.Op == lb.MatchExists {
		return c
	}
	words := drawnWords
	switch {
	case c.Op == lb.MatchRegex:
		words = drawnRegexes
	case c.Field == lb.FieldSource:
		words = drawnSources
	case c.Field == lb.FieldHost:
		words = drawnHosts
	case c.Field == lb.FieldPath:
		words = drawnPaths
	case field.values != nil:
		words = field.values
	}
	c.Values = rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, "values")
	return c
}

func drawMatch(t *rapid.T, protocol lb.Protocol) lb.Match {
	n := rapid.IntRange(0, 3).Draw(t, "conditions")
	var match lb.Match
	for range n {
		match = append(match, drawCondition(t, protocol))
	}
	return match
}

func drawFilter(t *rapid.T, protocol lb.Protocol) lb.FilterSpec {
	spec := lb.FilterSpec{
		Name:   rapid.SampledFrom([]string{"", "", "one", "two"}).Draw(t, "filter name"),
		Match:  drawMatch(t, protocol),
		Action: lb.FilterDeny,
	}
	if protocol == lb.ProtocolTCP {
		return spec
	}
	if rapid.Bool().Draw(t, "redirects") {
		spec.Action = lb.FilterRedirect
		drawRedirect(t, &spec)
		return spec
	}
	spec.Status = rapid.SampledFrom(append([]int{0, 0}, rejectStatuses...)).Draw(t, "status")
	return spec
}

func drawRedirect(t *rapid.T, spec *lb.FilterSpec) {
	code := rapid.SampledFrom(append([]int{0}, redirectStatuses...)).Draw(t, "code")
	if target := rapid.SampledFrom([]string{"", "", "https://${host}${uri}", "https://${host}${path}${arguments}", "/x${path}"}).Draw(t, "target"); target != "" {
		spec.Extensions = lb.Extend(FilterOptions{Target: target})
		if code != 0 {
			spec.Redirect = &lb.Redirect{Code: code}
		}
		return
	}
	spec.Redirect = &lb.Redirect{
		Scheme:    rapid.SampledFrom([]string{"", "http", "https"}).Draw(t, "scheme"),
		Host:      rapid.SampledFrom([]string{"", "new.example"}).Draw(t, "host"),
		Port:      rapid.SampledFrom([]uint16{0, 443, 8443}).Draw(t, "port"),
		Path:      rapid.SampledFrom([]string{"", "/", "/new/place"}).Draw(t, "path"),
		DropQuery: rapid.Bool().Draw(t, "drop query"),
		Code:      code,
	}
}

func drawRoute(t *rapid.T, protocol lb.Protocol) lb.RouteSpec {
	return lb.RouteSpec{
		Name:    rapid.SampledFrom([]string{"", "one"}).Draw(t, "route name"),
		Match:   drawMatch(t, protocol),
		Backend: FormatBackendID("loadbalancer-1", protocol, rapid.Int64Range(1, 3).Draw(t, "farm")),
	}
}

func drawRequest(t *rapid.T, protocol lb.Protocol) request {
	word := rapid.SampledFrom(append([]string{"", "12", "abc"}, drawnWords...))
	q := request{
		source: netip.MustParseAddr(rapid.SampledFrom([]string{"10.1.2.3", "10.1.9.9", "10.9.9.9", "192.0.2.7", "198.51.100.1", "2001:db8::1", "2001:db8::2"}).Draw(t, "from")),
		plain:  map[lb.Field]string{lb.FieldHost: rapid.SampledFrom(drawnHosts).Draw(t, "to host")},
	}
	q.plain[lb.FieldProtocol] = rapid.SampledFrom(matchFields(protocol)[lb.FieldProtocol].values).Draw(t, "speaks")
	if protocol == lb.ProtocolTCP {
		return q
	}
	q.plain[lb.FieldPath] = "/" + rapid.SampledFrom([]string{"", "a", "a/b", "b", "a,b", " "}).Draw(t, "to path")
	q.plain[lb.FieldMethod] = rapid.SampledFrom(drawnMethods).Draw(t, "method")
	q.named = map[lb.Field]map[string]string{}
	for _, field := range []lb.Field{lb.FieldHeader, lb.FieldCookie, lb.FieldParam} {
		q.named[field] = map[string]string{}
		for _, name := range []string{"x-a", "X-A", "b"} {
			if rapid.Bool().Draw(t, "has "+name) && (field != lb.FieldHeader || name == strings.ToLower(name)) {
				q.named[field][name] = word.Draw(t, "its value")
			}
		}
	}
	return q
}

func drawProtocol(t *rapid.T) lb.Protocol {
	return rapid.SampledFrom([]lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP}).Draw(t, "protocol")
}

// written is what the API has once canonical filters were written, its routes in any
// order.
func written(t *rapid.T, protocol lb.Protocol, specs []lb.FilterSpec) frontendModel {
	var want wantedFilters
	want.add(specs)
	m := frontendModel{sources: want.sources}
	for i, w := range want.routes {
		m.routes = append(m.routes, attached(int64(100+i), protocol, w.name, w.match, w.action, i+1))
	}
	return frontendModel{sources: m.sources, routes: rapid.Permutation(m.routes).Draw(t, "order")}
}

// read is what is read of it.
func (m frontendModel) read(protocol lb.Protocol) traffic {
	f := &frontend{protocol: protocol, HTTPFrontend: HTTPFrontend{FrontendID: 7, AllowedSource: m.sources.allowed, DeniedSource: m.sources.denied}}
	return trafficOf("loadbalancer-1", f, m.routes)
}

func filterSpecs(filters []*lb.Filter) []lb.FilterSpec {
	var specs []lb.FilterSpec
	for _, f := range filters {
		specs = append(specs, f.FilterSpec)
	}
	return specs
}

func routeSpecs(routes []*lb.Route) []lb.RouteSpec {
	var specs []lb.RouteSpec
	for _, r := range routes {
		specs = append(specs, r.RouteSpec)
	}
	return specs
}

// farmOf is the number of a backend, as a route's target has it.
func farmOf(id lb.BackendID) string {
	if id == "" {
		return ""
	}
	_, _, farm, err := ParseBackendID(id)
	if err != nil {
		panic(err)
	}
	return strconv.FormatInt(farm, 10)
}
