package ovh

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestRulesOfMatches(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		protocol lb.Protocol
		match    lb.Match
		want     []RuleCreate
	}{
		"empty":  {lb.ProtocolHTTP, nil, []RuleCreate{{Field: "uri", Match: RuleStartsWith, Pattern: "/"}}},
		"source": {lb.ProtocolHTTP, lb.Match{when(lb.FieldSource, "10.0.0.1/32")}, []RuleCreate{{Field: "source", Match: RuleIn, Pattern: "10.0.0.1/32"}}},
		"sources": {
			lb.ProtocolTCP,
			lb.Match{not(when(lb.FieldSource, "10.0.0.0/8", "2001:db8::/32"))},
			[]RuleCreate{{Field: "source", Match: RuleIn, Pattern: "10.0.0.0/8,2001:db8::/32", Negate: true}},
		},
		"sources of two rules": {
			lb.ProtocolTCP,
			lb.Match{not(when(lb.FieldSource, blocks(20)...))},
			[]RuleCreate{
				{
					Field: "source", Match: RuleIn, Negate: true,
					Pattern: "10.100.0.0/16,10.101.0.0/16,10.102.0.0/16,10.103.0.0/16,10.104.0.0/16,10.105.0.0/16,10.106.0.0/16,10.107.0.0/16,10.108.0.0/16," +
						"10.109.0.0/16,10.110.0.0/16,10.111.0.0/16,10.112.0.0/16,10.113.0.0/16,10.114.0.0/16,10.115.0.0/16,10.116.0.0/16,10.117.0.0/16",
				},
				{Field: "source", Match: RuleIn, Pattern: "10.118.0.0/16,10.119.0.0/16", Negate: true},
			},
		},
		"host":          {lb.ProtocolHTTP, lb.Match{when(lb.FieldHost, "a.example")}, []RuleCreate{{Field: "host", Match: RuleIs, Pattern: "a.example"}}},
		"hosts":         {lb.ProtocolHTTP, lb.Match{when(lb.FieldHost, "a.example", "b.example")}, []RuleCreate{{Field: "host", Match: RuleIn, Pattern: "a.example,b.example"}}},
		"path":          {lb.ProtocolHTTP, lb.Match{by(lb.FieldPath, lb.MatchSuffix, ".php")}, []RuleCreate{{Field: "uri", Match: RuleEndsWith, Pattern: ".php"}}},
		"path contains": {lb.ProtocolHTTP, lb.Match{by(lb.FieldPath, lb.MatchContains, "x")}, []RuleCreate{{Field: "uri", Match: RuleContains, Pattern: "x"}}},
		"path matches":  {lb.ProtocolHTTP, lb.Match{by(lb.FieldPath, lb.MatchRegex, "^/a,b$")}, []RuleCreate{{Field: "uri", Match: RuleMatches, Pattern: "^/a,b$"}}},
		"no paths": {
			lb.ProtocolHTTP,
			lb.Match{not(by(lb.FieldPath, lb.MatchPrefix, "/a", "/b"))},
			[]RuleCreate{{Field: "uri", Match: RuleStartsWith, Pattern: "/a", Negate: true}, {Field: "uri", Match: RuleStartsWith, Pattern: "/b", Negate: true}},
		},
		"value with a comma": {lb.ProtocolHTTP, lb.Match{ofName(lb.FieldHeader, "A", "", "b,c")}, []RuleCreate{{Field: "header", SubField: "A", Match: RuleIs, Pattern: "b,c"}}},
		"no values, one with a comma": {
			lb.ProtocolHTTP,
			lb.Match{not(ofName(lb.FieldHeader, "A", "", "b", "b,c", "d"))},
			[]RuleCreate{
				{Field: "header", SubField: "A", Match: RuleIn, Pattern: "b,d", Negate: true},
				{Field: "header", SubField: "A", Match: RuleIs, Pattern: "b,c", Negate: true},
			},
		},
		"cookie":   {lb.ProtocolHTTP, lb.Match{ofName(lb.FieldCookie, "c", lb.MatchExists)}, []RuleCreate{{Field: "cookie", SubField: "c", Match: RuleExists}}},
		"param":    {lb.ProtocolHTTP, lb.Match{ofName(lb.FieldParam, "p", "", "1")}, []RuleCreate{{Field: "param", SubField: "p", Match: RuleIs, Pattern: "1"}}},
		"method":   {lb.ProtocolHTTP, lb.Match{when(lb.FieldMethod, "GET", "HEAD")}, []RuleCreate{{Field: "method", Match: RuleIn, Pattern: "GET,HEAD"}}},
		"protocol": {lb.ProtocolTCP, lb.Match{when(lb.FieldProtocol, "h2")}, []RuleCreate{{Field: "protocol", Match: RuleIs, Pattern: "http/2.0"}}},
		"several": {
			lb.ProtocolHTTP,
			lb.Match{when(lb.FieldHost, "a"), by(lb.FieldPath, lb.MatchPrefix, "/")},
			[]RuleCreate{{Field: "host", Match: RuleIs, Pattern: "a"}, {Field: "uri", Match: RuleStartsWith, Pattern: "/"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rulesOf(tt.protocol, tt.match, ruleHost)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			if read := matchOf(tt.protocol, inventedRoute(tt.protocol, "", tt.match, HTTPRouteAction{}).Rules); !sameMatch(read, tt.match) {
				t.Errorf("read back: %+v, want %+v", read, tt.match)
			}
		})
	}
}

// Sources differ about what a TCP rule calls the name that a client asks for.
func TestNameOfTCPClientsGoesByTwoWords(t *testing.T) {
	t.Parallel()
	match := lb.Match{when(lb.FieldHost, "a.example")}
	for _, word := range []string{"host", "sni"} {
		rules := rulesOf(lb.ProtocolTCP, match, word)
		if len(rules) != 1 || rules[0].Field != word {
			t.Errorf("%s: %+v", word, rules)
		}
		if read := matchOf(lb.ProtocolTCP, []Rule{{Field: word, Match: RuleIs, Pattern: "a.example"}}); !sameMatch(read, match) {
			t.Errorf("%s reads as %+v", word, read)
		}
	}
}

// What others wrote in other words means the same, and what no condition can say is
// kept in values that nothing else is equal to.
func TestMatchesOfForeignRules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		protocol lb.Protocol
		rules    []Rule
		want     lb.Match
	}{
		"no rules":        {lb.ProtocolHTTP, nil, lb.Match{when("ovh:none")}},
		"no rules on TCP": {lb.ProtocolTCP, nil, lb.Match{when("ovh:none")}},
		"rules in any order": {
			lb.ProtocolHTTP,
			[]Rule{{RuleID: 2, Field: "uri", Match: RuleIs, Pattern: "/"}, {RuleID: 1, Field: "host", Match: RuleIs, Pattern: "a"}},
			lb.Match{when(lb.FieldHost, "a"), when(lb.FieldPath, "/")},
		},
		"addresses, blanks, host bits": {
			lb.ProtocolHTTP,
			[]Rule{{Field: "source", Match: RuleIn, Pattern: "42.42.42.42/24, 1.2.3.4 ,::1"}},
			lb.Match{when(lb.FieldSource, "1.2.3.4/32", "42.42.42.0/24", "::1/128")},
		},
		"a source is":         {lb.ProtocolHTTP, []Rule{{Field: "source", Match: RuleIs, Pattern: "1.2.3.4"}}, lb.Match{when(lb.FieldSource, "1.2.3.4/32")}},
		"a list of one":       {lb.ProtocolHTTP, []Rule{{Field: "host", Match: RuleIn, Pattern: "a"}}, lb.Match{when(lb.FieldHost, "a")}},
		"a list in any order": {lb.ProtocolHTTP, []Rule{{Field: "host", Match: RuleIn, Pattern: "b,a,b"}}, lb.Match{when(lb.FieldHost, "a", "b")}},
		"none, one by one": {
			lb.ProtocolHTTP,
			[]Rule{{Field: "host", Match: RuleIs, Pattern: "b", Negate: true}, {Field: "host", Match: RuleIs, Pattern: "a", Negate: true}},
			lb.Match{not(when(lb.FieldHost, "a", "b"))},
		},
		"header names":          {lb.ProtocolHTTP, []Rule{{Field: "header", SubField: "x-a", Match: RuleExists}}, lb.Match{ofName(lb.FieldHeader, "X-A", lb.MatchExists)}},
		"a list with blanks":    {lb.ProtocolHTTP, []Rule{{Field: "host", Match: RuleIn, Pattern: "a, b"}}, lb.Match{by(lb.FieldHost, "in", "a, b")}},
		"a list with a hole":    {lb.ProtocolHTTP, []Rule{{Field: "host", Match: RuleIn, Pattern: "a,,b"}}, lb.Match{by(lb.FieldHost, "in", "a,,b")}},
		"a source that is none": {lb.ProtocolHTTP, []Rule{{Field: "source", Match: RuleIs, Pattern: "office"}}, lb.Match{by(lb.FieldSource, "is", "office")}},
		"an unknown match":      {lb.ProtocolHTTP, []Rule{{Field: "host", Match: "internal", Pattern: "a"}}, lb.Match{by(lb.FieldHost, "internal", "a")}},
		"no match":              {lb.ProtocolHTTP, []Rule{{Field: "host", Pattern: "a"}}, lb.Match{by(lb.FieldHost, "ovh:", "a")}},
		"a match that the contract means otherwise": {lb.ProtocolHTTP, []Rule{{Field: "host", Match: "prefix", Pattern: "a"}}, lb.Match{by(lb.FieldHost, "ovh:prefix", "a")}},
		"an unknown field":                          {lb.ProtocolHTTP, []Rule{{Field: "asn", Match: RuleIs, Pattern: "1"}}, lb.Match{when("asn", "1")}},
		"a field that the contract means otherwise": {lb.ProtocolHTTP, []Rule{{Field: "path", Match: RuleIs, Pattern: "1"}}, lb.Match{when("ovh:path", "1")}},
		"HTTP's field on TCP":                       {lb.ProtocolTCP, []Rule{{Field: "method", Match: RuleIs, Pattern: "GET"}}, lb.Match{when("ovh:method", "GET")}},
		"TCP's field on HTTP":                       {lb.ProtocolHTTP, []Rule{{Field: "sni", Match: RuleIs, Pattern: "a"}}, lb.Match{when("sni", "a")}},
		"never":                                     {lb.ProtocolHTTP, []Rule{{Field: "uri", Match: RuleStartsWith, Pattern: "/", Negate: true}}, lb.Match{not(by(lb.FieldPath, lb.MatchPrefix, "/"))}},
		"existence of a value":                      {lb.ProtocolHTTP, []Rule{{Field: "cookie", SubField: "c", Match: RuleExists, Pattern: "v"}}, lb.Match{ofName(lb.FieldCookie, "c", lb.MatchExists, "v")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, matchOf(tt.protocol, tt.rules)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What a filter cannot say of a route is in its extension, or in open values.
func TestFiltersOfForeignRoutes(t *testing.T) {
	t.Parallel()
	rule := []Rule{{Field: "host", Match: RuleIs, Pattern: "a"}}
	match := lb.Match{when(lb.FieldHost, "a")}
	for name, tt := range map[string]struct {
		protocol lb.Protocol
		action   HTTPRouteAction
		want     lb.FilterSpec
	}{
		"a denial by default": {lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionReject}, answered(403, match...)},
		"a denial on TCP":     {lb.ProtocolTCP, HTTPRouteAction{Type: RouteActionReject}, denied(match...)},
		"an unknown status":   {lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionReject, Status: 404}, answered(404, match...)},
		"a denial with a target": {
			lb.ProtocolHTTP,
			HTTPRouteAction{Type: RouteActionReject, Target: "x"},
			lb.FilterSpec{Match: match, Action: lb.FilterDeny, Status: 403, Extensions: lb.Extend(FilterOptions{Target: "x"})},
		},
		"a redirect by default":  {lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionRedirect, Target: "https://${host}${path}${arguments}"}, redirected(lb.Redirect{Scheme: "https", Code: 302}, match...)},
		"a redirect of the user": {lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionRedirect, Target: "https://${host}${uri}", Status: 301}, targeted("https://${host}${uri}", 301, match...)},
		"a redirect to nowhere":  {lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionRedirect}, redirected(lb.Redirect{Code: 302}, match...)},
		"an unknown action": {
			lb.ProtocolHTTP,
			HTTPRouteAction{Type: "tarpit", Target: "x", Status: 7},
			lb.FilterSpec{Match: match, Action: "tarpit", Status: 7, Extensions: lb.Extend(FilterOptions{Target: "x"})},
		},
		"an action that the contract means otherwise": {lb.ProtocolHTTP, HTTPRouteAction{Type: "allow"}, lb.FilterSpec{Match: match, Action: "ovh:allow"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := filterSpecOf(&trafficRoute{protocol: tt.protocol, HTTPRoute: HTTPRoute{Rules: rule, Action: tt.action}})
			if diff := cmp.Diff(tt.want, got, specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The order in which a frontend's routes are tried is by weight and age; routes of
// others and detached ones are none of its.
func TestTrafficOfRoutes(t *testing.T) {
	t.Parallel()
	mine, other := int64(7), int64(8)
	route := func(id int64, frontend *int64, weight int, action RouteActionType, status RouteStatus) *trafficRoute {
		return &trafficRoute{protocol: lb.ProtocolHTTP, HTTPRoute: HTTPRoute{
			RouteID: id, FrontendID: frontend, Weight: weight, Status: status, Action: HTTPRouteAction{Type: action, Target: "12"},
		}}
	}
	got := trafficOf("s", &frontend{protocol: lb.ProtocolHTTP, HTTPFrontend: HTTPFrontend{FrontendID: 7}}, []*trafficRoute{
		route(9, &mine, 0, RouteActionReject, RouteOK),
		route(1, &mine, 2, RouteActionRedirect, RouteCreating),
		route(2, &mine, 1, RouteActionFarm, RouteOK),
		route(3, &mine, 0, RouteActionReject, "later"),
		route(5, &other, 0, RouteActionReject, RouteOK),
		route(6, nil, 0, RouteActionReject, RouteOK),
		{protocol: lb.ProtocolTCP, HTTPRoute: HTTPRoute{RouteID: 8, FrontendID: &mine}},
	})
	var filters, routes []string
	for _, f := range got.filterModels() {
		filters = append(filters, f.ID)
		if f.Frontend != "s/http/frontend/7" {
			t.Errorf("%s: of %q", f.ID, f.Frontend)
		}
	}
	for _, r := range got.routeModels() {
		routes = append(routes, r.ID+" to "+string(r.Backend))
	}
	if diff := cmp.Diff([]string{"s/http/route/3", "s/http/route/9", "s/http/route/1"}, filters); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"s/http/route/2 to s/http/farm/12"}, routes); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}

// Null is the default status: what is so already is not written again.
func TestSettledActions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		protocol lb.Protocol
		a, b     HTTPRouteAction
		same     bool
	}{
		{lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionReject}, HTTPRouteAction{Type: RouteActionReject, Status: 403}, true},
		{lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionReject}, HTTPRouteAction{Type: RouteActionReject, Status: 400}, false},
		{lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionRedirect, Target: "x"}, HTTPRouteAction{Type: RouteActionRedirect, Target: "x", Status: 302}, true},
		{lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionRedirect, Target: "x"}, HTTPRouteAction{Type: RouteActionRedirect, Target: "y"}, false},
		{lb.ProtocolHTTP, HTTPRouteAction{Type: RouteActionFarm, Target: "1", Status: 9}, HTTPRouteAction{Type: RouteActionFarm, Target: "1"}, true},
	} {
		if got := sameAction(tt.protocol, tt.a, tt.b); got != tt.same {
			t.Errorf("%+v and %+v: %t", tt.a, tt.b, got)
		}
	}
}
