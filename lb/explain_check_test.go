package lb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/internal/pattern"
	"github.com/lbkit/lbkit/lb"
)

func TestExplainRefuses(t *testing.T) {
	t.Parallel()
	deny := func(c lb.Condition) []lb.FilterSpec {
		return []lb.FilterSpec{{Match: lb.Match{c}, Action: lb.FilterDeny}}
	}
	redirect := func(r *lb.Redirect) []lb.FilterSpec {
		return []lb.FilterSpec{{Action: lb.FilterRedirect, Redirect: r}}
	}
	source := lb.Condition{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}
	http80, tcp := httpFrontend(), tcpFrontend()
	type call struct {
		frontend lb.FrontendSpec
		filters  []lb.FilterSpec
		routes   []lb.RouteSpec
		request  lb.Request
	}
	for path, c := range map[string]call{
		"frontend.protocol":            {frontend: lb.FrontendSpec{Ports: []lb.PortRange{lb.Port(80)}}},
		"frontend.ports":               {frontend: lb.FrontendSpec{Protocol: lb.ProtocolHTTP}},
		"frontend.ports[0]":            {frontend: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{{From: 2, To: 1}}}},
		"filters":                      {frontend: lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: http80.Ports}, filters: deny(source), request: from("10.0.0.1")},
		"routes":                       {frontend: lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: http80.Ports}, routes: []lb.RouteSpec{{Backend: "b"}}},
		"filters[0].action":            {frontend: http80, filters: []lb.FilterSpec{{Action: "ovh.tarpit"}}},
		"filters[0].action (tcp)":      {frontend: tcp, filters: redirect(&lb.Redirect{Scheme: "https"})},
		"filters[0].status":            {frontend: http80, filters: []lb.FilterSpec{{Action: lb.FilterDeny, Status: 99}}},
		"filters[0].status (allow)":    {frontend: http80, filters: []lb.FilterSpec{{Action: lb.FilterAllow, Status: 403}}},
		"filters[0].status (tcp)":      {frontend: tcp, filters: []lb.FilterSpec{{Action: lb.FilterDeny, Status: 403}}},
		"filters[0].redirect":          {frontend: http80, filters: redirect(nil)},
		"filters[0].redirect (code)":   {frontend: http80, filters: redirect(&lb.Redirect{Code: 301})},
		"filters[0].redirect (deny)":   {frontend: http80, filters: []lb.FilterSpec{{Action: lb.FilterDeny, Redirect: &lb.Redirect{Scheme: "https"}}}},
		"filters[0].redirect.code":     {frontend: http80, filters: redirect(&lb.Redirect{Scheme: "https", Code: 200})},
		"filters[0].redirect.scheme":   {frontend: http80, filters: redirect(&lb.Redirect{Scheme: "https://"})},
		"filters[0].redirect.host":     {frontend: http80, filters: redirect(&lb.Redirect{Host: "b.example:81"})},
		"filters[0].redirect.path":     {frontend: http80, filters: redirect(&lb.Redirect{Path: "/a?b"})},
		"routes[0].backend":            {frontend: http80, routes: []lb.RouteSpec{{}}},
		"filters[0].match[0].field":    {frontend: http80, filters: deny(lb.Condition{Field: "ovh:none", Op: lb.MatchExists})},
		"filters[0].match[0].field 2":  {frontend: tcp, filters: deny(lb.Condition{Field: lb.FieldPath, Values: []string{"/"}})},
		"filters[0].match[0].name":     {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldHeader, Values: []string{"/"}})},
		"filters[0].match[0].name 2":   {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldPath, Name: "x", Values: []string{"/"}})},
		"filters[0].match[0].op":       {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldPath, Op: "glob", Values: []string{"/"}})},
		"filters[0].match[0].op 2":     {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldSource, Op: lb.MatchPrefix, Values: source.Values}), request: from("10.0.0.1")},
		"filters[0].match[0].values":   {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldPath})},
		"filters[0].match[0].values 2": {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldHeader, Name: "x", Op: lb.MatchExists, Values: []string{""}})},
		"filters[0].match[0].values 3": {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldSource, Values: []string{"10.0.0.1"}}), request: from("10.0.0.1")},
		"filters[0].match[0].values 4": {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldSource, Values: []string{"10.0.0.1/8"}}), request: from("10.0.0.1")},
		"filters[0].match[0].values 5": {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldSource, Values: []string{"::ffff:10.0.0.0/104"}}), request: from("10.0.0.1")},
		"filters[0].match[0].values 6": {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{"("}})},
		"filters[0].match[0].values 7": {frontend: http80, filters: deny(lb.Condition{Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{"[[:alpha:]]"}})},
		"routes[0].match[0].values":    {frontend: http80, routes: []lb.RouteSpec{{Backend: "b", Match: lb.Match{{Field: lb.FieldHost, Op: lb.MatchRegex, Values: []string{"a(?=b)"}}}}}},
		"request.source":               {frontend: http80, filters: deny(source)},
		"request.source (route)":       {frontend: tcp, routes: []lb.RouteSpec{{Match: lb.Match{source}, Backend: "b"}}},
		"request.protocol":             {frontend: http80, request: lb.Request{Protocol: "HTTP/1.1"}},
		"request.host":                 {frontend: http80, request: lb.Request{Host: "http://a.example"}},
		"request.host (redirect)":      {frontend: http80, filters: redirect(&lb.Redirect{Scheme: "https"})},
		"request.path":                 {frontend: http80, request: lb.Request{Path: "/a?b"}},
		"request.path (*)":             {frontend: http80, request: lb.Request{Method: "OPTIONS", Path: "*"}},
		"request.query":                {frontend: http80, request: lb.Request{Query: "a=b c"}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			path, _, _ := strings.Cut(path, " ")
			got, err := lb.Explain(c.frontend, c.filters, c.routes, c.request)
			var e *lb.Error
			if !errors.Is(err, lb.ErrInvalid) || !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Path != path || e.Fields[0].Reason == "" {
				t.Errorf("got %v, want one fault, of %s", err, path)
			}
			if diff := cmp.Diff(lb.Decision{}, got); diff != "" {
				t.Errorf("it decided beside the error: %s", diff)
			}
		})
	}
}

// Everything that is wrong is said at once, whichever filter would decide.
func TestExplainSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := lb.Explain(httpFrontend(),
		[]lb.FilterSpec{{Action: lb.FilterDeny}, {Action: "drop"}},
		[]lb.RouteSpec{{Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{"["}}}}},
		lb.Request{Path: "a"})
	var e *lb.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	var paths []string
	for _, field := range e.Fields {
		paths = append(paths, field.Path)
	}
	want := []string{"filters[1].action", "routes[0].backend", "routes[0].match[0].values", "request.path"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExplainKnowsNamedClasses: of patterns in RE2's syntax, Explain refuses the same ones
// as the dialects.
func TestExplainKnowsNamedClasses(t *testing.T) {
	t.Parallel()
	refused := 0
	check := func(t rapid.TB, expression string) {
		t.Helper()
		c := lb.Condition{Field: lb.FieldPath, Op: lb.MatchRegex, Values: []string{expression}}
		_, err := lb.Explain(httpFrontend(), []lb.FilterSpec{{Match: lb.Match{c}, Action: lb.FilterDeny}}, nil, lb.Request{})
		fault := pattern.Fault(expression)
		if (err != nil) != (fault != "") {
			t.Fatalf("%q: %v, but the dialects say %q", expression, err, fault)
		}
		if strings.Contains(fault, "named class") {
			refused++
		}
	}
	for _, expression := range []string{
		`[[:alpha:]]`, `[^[:alpha:]]`, `[][:alpha:]]`, `[^][:alpha:]]`, `[a[:alpha:]]`, `\pL`, `\PL`, `[\pL]`, `\p{Greek}`, `\\pL`, `\Q[[:alpha:]]\E`,
		`\Q[[:alpha:]]`, `\Q\E\pL`, `[:alpha:]`, `[[]`, `[]]`, `[\]:]`, `\[[:]`, `\[[[:alpha:]]`, `a\`, `[\[:]`,
	} {
		check(t, expression)
	}
	pieces := rapid.SampledFrom([]string{"[", "]", "^", "[:alpha:]", "[[:alpha:]]", `\`, `\pL`, `\Q`, `\E`, "a", "[a]"})
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			check(t, strings.Join(rapid.SliceOfN(pieces, 1, 6).Draw(t, "pieces"), ""))
		}
	})
	if refused < 50 {
		t.Errorf("%d named classes: that proves little", refused)
	}
}
