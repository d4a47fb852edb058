package scaleway

import (
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// aFrontend speaks protocol on port.
func aFrontend(protocol lb.Protocol, port uint16) lb.FrontendSpec {
	return lb.FrontendSpec{Name: "web", Protocol: protocol, Ports: []lb.PortRange{lb.Port(port)}, DefaultBackend: "app"}
}

func condition(field lb.Field, op lb.MatchOp, values ...string) lb.Condition {
	return lb.Condition{Field: field, Op: op, Values: values}
}

func not(c lb.Condition) lb.Condition {
	c.Not = true
	return c
}

func header(name string, values ...string) lb.Condition {
	return lb.Condition{Field: lb.FieldHeader, Name: name, Values: values}
}

func deny(conditions ...lb.Condition) lb.FilterSpec {
	return lb.FilterSpec{Name: "no", Action: lb.FilterDeny, Match: conditions}
}

func redirect(r lb.Redirect) lb.FilterSpec {
	return lb.FilterSpec{Name: "elsewhere", Action: lb.FilterRedirect, Redirect: &r}
}

func sources(values ...string) lb.Condition { return condition(lb.FieldSource, "", values...) }

func extended(spec lb.FilterSpec, o FilterOptions) lb.FilterSpec {
	spec.Extensions = lb.Extend(o)
	return spec
}

func TestFilterCanonicalForm(t *testing.T) {
	t.Parallel()
	const any4, any6 = "0.0.0.0/0", "::/0"
	path := func(op lb.MatchOp, values ...string) lb.Condition { return condition(lb.FieldPath, op, values...) }
	for name, test := range map[string]struct {
		spec, want lb.FilterSpec
		port       uint16
	}{
		"the least": {
			spec: lb.FilterSpec{Action: lb.FilterDeny},
			want: lb.FilterSpec{Name: "deny", Action: lb.FilterDeny},
		},
		"allow": {
			spec: lb.FilterSpec{Action: lb.FilterAllow, Match: lb.Match{sources("10.0.0.0/8")}},
			want: lb.FilterSpec{Name: "allow", Action: lb.FilterAllow, Match: lb.Match{sources("10.0.0.0/8")}},
		},
		"values are a set": {
			spec: deny(sources("2001:db8::/32", "10.0.0.1/32", "10.0.0.1/32")),
			want: deny(sources("10.0.0.1/32", "2001:db8::/32")),
		},
		"the source first": {
			spec: deny(path(lb.MatchPrefix, "/a"), sources("10.0.0.0/8")),
			want: deny(sources("10.0.0.0/8"), path(lb.MatchPrefix, "/a")),
		},
		"any source is none":                 {spec: deny(sources(any6, any4)), want: deny()},
		"any source and more is none":        {spec: deny(sources(any6, any4, "10.0.0.0/8"), path(lb.MatchSuffix, ".php")), want: deny(path(lb.MatchSuffix, ".php"))},
		"any IPv4 source is not any":         {spec: deny(sources(any4)), want: deny(sources(any4))},
		"no source at all":                   {spec: deny(not(sources(any4, any6))), want: deny(not(sources(any4, any6)))},
		"one path":                           {spec: deny(path("", "/a.b")), want: deny(path(lb.MatchRegex, `^/a\.b$`))},
		"a part of a path":                   {spec: deny(path(lb.MatchContains, "a+b", "/c")), want: deny(path(lb.MatchRegex, `/c`, `a\+b`))},
		"a pattern":                          {spec: deny(path(lb.MatchRegex, `^/v\d+/`)), want: deny(path(lb.MatchRegex, `^/v\d+/`))},
		"negations of one part":              {spec: deny(not(path(lb.MatchPrefix, "/b")), not(path(lb.MatchPrefix, "/a"))), want: deny(not(path(lb.MatchPrefix, "/a", "/b")))},
		"negations by patterns":              {spec: deny(not(path("", "/b")), not(path(lb.MatchRegex, "a"))), want: deny(not(path(lb.MatchRegex, "^/b$", "a")))},
		"twice the same":                     {spec: deny(path(lb.MatchPrefix, "/a"), path(lb.MatchPrefix, "/a")), want: deny(path(lb.MatchPrefix, "/a"))},
		"negated sources":                    {spec: deny(not(sources("10.0.0.0/8")), not(sources("192.168.0.0/16"))), want: deny(not(sources("10.0.0.0/8", "192.168.0.0/16")))},
		"a header's name":                    {spec: deny(header("x-forwarded-FOR", "b", "a")), want: deny(header("X-Forwarded-For", "a", "b"))},
		"header Host is the host":            {spec: deny(header("HOST", "a.example")), want: deny(condition(lb.FieldHost, "", "a.example"))},
		"header Host is the host on 443":     {spec: deny(header("Host", "a.example")), want: deny(condition(lb.FieldHost, "", "a.example")), port: 443},
		"header Host is no host on 8080":     {spec: deny(header("host", "a.example:8080")), want: deny(header("Host", "a.example:8080")), port: 8080},
		"the scheme":                         {spec: redirect(lb.Redirect{Scheme: "HTTPS"}), want: redirect(lb.Redirect{Scheme: "https", Code: 302})},
		"a code":                             {spec: redirect(lb.Redirect{Scheme: "https", Code: 301}), want: redirect(lb.Redirect{Scheme: "https", Code: 301})},
		"another port of the same host":      {spec: redirect(lb.Redirect{Port: 8443}), want: redirect(lb.Redirect{Port: 8443, Code: 302})},
		"another port of a host, from 8080":  {spec: redirect(lb.Redirect{Host: "a.example", Port: 8443}), want: redirect(lb.Redirect{Host: "a.example", Port: 8443, Code: 302}), port: 8080},
		"a location that a redirect can say": {spec: extended(lb.FilterSpec{Name: "elsewhere", Action: lb.FilterRedirect}, FilterOptions{Location: "https://{{host}}/new"}), want: redirect(lb.Redirect{Scheme: "https", Path: "/new", DropQuery: true, Code: 302})},
		"and its code":                       {spec: extended(redirect(lb.Redirect{Code: 308}), FilterOptions{Location: "https://a.example/{{path}}?{{query}}", Description: "d"}), want: extended(redirect(lb.Redirect{Scheme: "https", Host: "a.example", Code: 308}), FilterOptions{Description: "d"})},
		"a location that none can say": {
			spec: extended(lb.FilterSpec{Name: "elsewhere", Action: lb.FilterRedirect}, FilterOptions{Location: "https://a.example/login?from={{path}}"}),
			want: extended(redirect(lb.Redirect{Code: 302}), FilterOptions{Location: "https://a.example/login?from={{path}}"}),
		},
		"Edge Services":            {spec: extended(deny(path(lb.MatchPrefix, "/a")), FilterOptions{EdgeServices: true}), want: extended(deny(path(lb.MatchPrefix, "/a")), FilterOptions{EdgeServices: true})},
		"all but Edge Services":    {spec: extended(deny(), FilterOptions{NotEdgeServices: true}), want: extended(deny(), FilterOptions{NotEdgeServices: true})},
		"another's extension":      {spec: lb.FilterSpec{Name: "no", Action: lb.FilterDeny, Extensions: lb.Extend(foreign{"x"})}, want: deny()},
		"an extension that is not": {spec: extended(deny(), FilterOptions{}), want: deny()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frontend := aFrontend(lb.ProtocolHTTP, max(test.port, 80))
			checkCanonical(t, func(spec lb.FilterSpec) (lb.FilterSpec, error) {
				all, err := testDialect().Filters(frontend, []lb.FilterSpec{spec})
				if err != nil {
					return lb.FilterSpec{}, err
				}
				if len(all) != 1 {
					t.Fatalf("became %d", len(all))
				}
				return all[0], nil
			}, test.spec, test.want)
		})
	}
}

func TestFilterRefused(t *testing.T) {
	t.Parallel()
	const at = "filters[0]."
	path := condition(lb.FieldPath, lb.MatchPrefix, "/a")
	source := sources("10.0.0.0/8")
	for name, test := range map[string]struct {
		spec lb.FilterSpec
		want []found
		tcp  bool
		port uint16
	}{
		"no action":                      {spec: lb.FilterSpec{Name: "x"}, want: []found{{"filter.action.unset", at + "action"}}},
		"an action that nobody knows":    {spec: lb.FilterSpec{Action: "tarpit"}, want: []found{{"filter.action", at + "action"}}},
		"a line in the name":             {spec: lb.FilterSpec{Name: "a\nb", Action: lb.FilterDeny}, want: []found{{malformed, at + "name"}}},
		"a status":                       {spec: lb.FilterSpec{Action: lb.FilterDeny, Status: 403}, want: []found{{"filter.status", at + "status"}}},
		"a status of allow":              {spec: lb.FilterSpec{Action: lb.FilterAllow, Status: 200}, want: []found{{malformed, at + "status"}}},
		"no field":                       {spec: deny(lb.Condition{Values: []string{"x"}}), want: []found{{malformed, at + "match[0].field"}}},
		"a field that nobody knows":      {spec: deny(condition("scaleway.query", "", "x")), want: []found{{malformed, at + "match[0].field"}}},
		"the method":                     {spec: deny(condition(lb.FieldMethod, "", "GET")), want: []found{{"filter.match.method", at + "match[0].field"}}},
		"a cookie":                       {spec: deny(lb.Condition{Field: lb.FieldCookie, Name: "a", Values: []string{"b"}}), want: []found{{"filter.match.cookie", at + "match[0].field"}}},
		"a parameter":                    {spec: deny(lb.Condition{Field: lb.FieldParam, Name: "a", Values: []string{"b"}}), want: []found{{"filter.match.param", at + "match[0].field"}}},
		"the protocol":                   {spec: deny(condition(lb.FieldProtocol, "", "http")), want: []found{{"filter.match.protocol", at + "match[0].field"}}},
		"a source that is an address":    {spec: deny(sources("10.0.0.1")), want: []found{{malformed, at + "match[0].values"}}},
		"a source with host bits":        {spec: deny(sources("10.0.0.1/8")), want: []found{{malformed, at + "match[0].values"}}},
		"a source that is IPv4 in IPv6":  {spec: deny(sources("::ffff:10.0.0.1/128")), want: []found{{malformed, at + "match[0].values"}}},
		"a long spelling of a source":    {spec: deny(sources("2001:DB8::/32")), want: []found{{malformed, at + "match[0].values"}}},
		"a source compared":              {spec: deny(condition(lb.FieldSource, lb.MatchPrefix, "10.0.0.0/8")), want: []found{{malformed, at + "match[0].op"}}},
		"a source with a name":           {spec: deny(lb.Condition{Field: lb.FieldSource, Name: "x", Values: []string{"10.0.0.0/8"}}), want: []found{{malformed, at + "match[0].name"}}},
		"no values":                      {spec: deny(condition(lb.FieldPath, lb.MatchPrefix)), want: []found{{malformed, at + "match[0].values"}}},
		"an empty value":                 {spec: deny(condition(lb.FieldPath, lb.MatchPrefix, "")), want: []found{{"filter.match.values.empty", at + "match[0].values"}}},
		"a value that is no text":        {spec: deny(condition(lb.FieldPath, lb.MatchPrefix, "/\xff")), want: []found{{malformed, at + "match[0].values"}}},
		"a value with a line":            {spec: deny(header("X", "a\r\nb")), want: []found{{malformed, at + "match[0].values"}}},
		"a host with a blank":            {spec: deny(condition(lb.FieldHost, "", "a b")), want: []found{{malformed, at + "match[0].values"}}},
		"a pattern that is none":         {spec: deny(condition(lb.FieldPath, lb.MatchRegex, "(")), want: []found{{malformed, at + "match[0].values"}}},
		"a pattern beyond RE2":           {spec: deny(condition(lb.FieldPath, lb.MatchRegex, "a(?=b)")), want: []found{{malformed, at + "match[0].values"}}},
		"a named class":                  {spec: deny(condition(lb.FieldPath, lb.MatchRegex, "[[:alpha:]]")), want: []found{{malformed, at + "match[0].values"}}},
		"a path that exists":             {spec: deny(condition(lb.FieldPath, lb.MatchExists)), want: []found{{"filter.match.path.exists", at + "match[0].op"}}},
		"a comparison that nobody knows": {spec: deny(condition(lb.FieldPath, "sounds-like", "x")), want: []found{{malformed, at + "match[0].op"}}},
		"a path with a name":             {spec: deny(lb.Condition{Field: lb.FieldPath, Name: "x", Op: lb.MatchPrefix, Values: []string{"/"}}), want: []found{{malformed, at + "match[0].name"}}},
		"a header without a name":        {spec: deny(header("", "x")), want: []found{{malformed, at + "match[0].name"}}},
		"a header with half a name":      {spec: deny(header("a b", "x")), want: []found{{malformed, at + "match[0].name"}}},
		"a header's beginning":           {spec: deny(lb.Condition{Field: lb.FieldHeader, Name: "A", Op: lb.MatchPrefix, Values: []string{"x"}}), want: []found{{"filter.match.header.prefix", at + "match[0].op"}}},
		"a header that exists":           {spec: deny(lb.Condition{Field: lb.FieldHeader, Name: "A", Op: lb.MatchExists}), want: []found{{"filter.match.header.exists", at + "match[0].op"}}},
		"the end of a host":              {spec: deny(condition(lb.FieldHost, lb.MatchSuffix, ".example")), want: []found{{"filter.match.host.suffix", at + "match[0].op"}}},
		"a host on another port":         {spec: deny(condition(lb.FieldHost, "", "a.example")), port: 8080, want: []found{{"filter.match.host.port", at + "match[0].field"}}},
		"two sources":                    {spec: deny(source, sources("10.1.0.0/16")), want: []found{{"filter.match.several.sources", at + "match"}}},
		"a source but not another":       {spec: deny(source, not(sources("10.1.0.0/16"))), want: []found{{"filter.match.several.sources", at + "match"}}},
		"a path and a header":            {spec: deny(path, header("A", "b")), want: []found{{"filter.match.several.fields", at + "match"}}},
		"three":                          {spec: deny(path, header("A", "b"), source), want: []found{{"filter.match.several.fields", at + "match"}}},
		"two negations":                  {spec: deny(not(path), not(source)), want: []found{{"filter.match.several.not", at + "match"}}},
		"a negation beside":              {spec: deny(path, not(source)), want: []found{{"filter.match.several.not", at + "match"}}},
		"any source, beside a negation":  {spec: deny(not(path), sources("0.0.0.0/0", "::/0"))},
		"TCP: the path":                  {tcp: true, spec: deny(path), want: []found{{"filter.match.path.tcp", at + "match[0].field"}}},
		"TCP: the host":                  {tcp: true, spec: deny(condition(lb.FieldHost, "", "a.example")), want: []found{{"filter.match.host.tcp", at + "match[0].field"}}},
		"TCP: the method":                {tcp: true, spec: deny(condition(lb.FieldMethod, "", "GET")), want: []found{{"filter.match.method", at + "match[0].field"}}},
		"TCP: a redirect":                {tcp: true, spec: redirect(lb.Redirect{Scheme: "https"}), want: []found{{"filter.action.redirect.tcp", at + "action"}}},
		"TCP: a source":                  {tcp: true, spec: deny(source)},
		"a redirect to itself":           {spec: redirect(lb.Redirect{}), want: []found{{malformed, at + "redirect"}}},
		"a redirect to nowhere":          {spec: lb.FilterSpec{Action: lb.FilterRedirect}, want: []found{{malformed, at + "redirect"}}},
		"a redirect by code alone":       {spec: redirect(lb.Redirect{Code: 301}), want: []found{{malformed, at + "redirect"}}},
		"a redirect that denies":         {spec: lb.FilterSpec{Action: lb.FilterDeny, Redirect: &lb.Redirect{Scheme: "https"}}, want: []found{{malformed, at + "redirect"}}},
		"a location that denies":         {spec: extended(deny(), FilterOptions{Location: "https://a.example"}), want: []found{{malformed, at + "extensions.scaleway.location"}}},
		"a path that is no text":         {spec: lb.FilterSpec{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Path: "/\xff"}}, want: []found{{malformed, at + "redirect.path"}}},
		"a status of a redirect":         {spec: lb.FilterSpec{Action: lb.FilterRedirect, Status: 301, Redirect: &lb.Redirect{Scheme: "https"}}, want: []found{{malformed, at + "status"}}},
		"a code that does not redirect":  {spec: redirect(lb.Redirect{Scheme: "https", Code: 304}), want: []found{{"filter.redirect.code", at + "redirect.code"}}},
		"two places to go":               {spec: extended(redirect(lb.Redirect{Scheme: "https"}), FilterOptions{Location: "https://a.example"}), want: []found{{malformed, at + "extensions.scaleway.location"}}},
		"a location with a blank":        {spec: extended(lb.FilterSpec{Action: lb.FilterRedirect}, FilterOptions{Location: "https://a b"}), want: []found{{malformed, at + "extensions.scaleway.location"}}},
		"a scheme that is none":          {spec: redirect(lb.Redirect{Scheme: "ht tp"}), want: []found{{malformed, at + "redirect.scheme"}}},
		"a host with a port":             {spec: redirect(lb.Redirect{Host: "a.example:8080"}), want: []found{{malformed, at + "redirect.host"}}},
		"a host with a placeholder":      {spec: redirect(lb.Redirect{Host: "{{host}}"}), want: []found{{malformed, at + "redirect.host"}}},
		"a path without a slash":         {spec: redirect(lb.Redirect{Path: "a"}), want: []found{{malformed, at + "redirect.path"}}},
		"a path with a query":            {spec: redirect(lb.Redirect{Path: "/a?b"}), want: []found{{malformed, at + "redirect.path"}}},
		"a path with a placeholder":      {spec: redirect(lb.Redirect{Path: "/{{path}}"}), want: []found{{malformed, at + "redirect.path"}}},
		"a port behind a port":           {spec: redirect(lb.Redirect{Port: 8443}), port: 8080, want: []found{{"filter.redirect.port.alone", at + "redirect.port"}}},
		"Edge Services and a source":     {spec: extended(deny(source), FilterOptions{EdgeServices: true}), want: []found{{malformed, at + "extensions.scaleway"}, {"filter.match.several.sources", at + "match"}}},
		"Edge Services and not":          {spec: extended(deny(), FilterOptions{EdgeServices: true, NotEdgeServices: true}), want: []found{{malformed, at + "extensions.scaleway.notEdgeServices"}}},
		"Edge Services and a negation":   {spec: extended(deny(not(path)), FilterOptions{EdgeServices: true}), want: []found{{"filter.match.several.not", at + "match"}}},
		"no Edge Services and a path":    {spec: extended(deny(path), FilterOptions{NotEdgeServices: true}), want: []found{{"filter.match.several.not", at + "match"}}},
		"a line in the description":      {spec: extended(deny(), FilterOptions{Description: "a\nb"}), want: []found{{malformed, at + "extensions.scaleway.description"}}},
		"a misspelled option":            {spec: lb.FilterSpec{Action: lb.FilterDeny, Extensions: lb.Extend(misspelled{"x"})}, want: []found{{malformed, at + "extensions.scaleway"}}},
		"everything at once": {spec: lb.FilterSpec{Action: lb.FilterDeny, Status: 400, Match: lb.Match{condition(lb.FieldMethod, "", "GET"), sources("x")}}, want: []found{
			{"filter.match.method", at + "match[0].field"}, {malformed, at + "match[1].values"}, {"filter.status", at + "status"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frontend := aFrontend(lb.ProtocolHTTP, max(test.port, 80))
			if test.tcp {
				frontend.Protocol = lb.ProtocolTCP
			}
			got, err := testDialect().Filters(frontend, []lb.FilterSpec{test.spec})
			if (got == nil) != (len(test.want) > 0) {
				t.Errorf("got %v", got)
			}
			checkFindings(t, err, test.want...)
		})
	}
}

func TestFiltersAsAWhole(t *testing.T) {
	t.Parallel()
	many := make([]lb.FilterSpec, maxACLs+1)
	for i := range many {
		many[i] = deny()
	}
	bad := lb.FilterSpec{Action: lb.FilterDeny, Status: 1}
	for name, test := range map[string]struct {
		frontend lb.FrontendSpec
		specs    []lb.FilterSpec
		want     []found
	}{
		"none":              {frontend: aFrontend(lb.ProtocolHTTP, 80)},
		"none on UDP":       {frontend: aFrontend(lb.ProtocolUDP, 80)},
		"some on UDP":       {aFrontend(lb.ProtocolUDP, 80), many[:1], []found{{"filter.match.udp", "filters"}}},
		"some on nothing":   {aFrontend("", 80), many[:1], []found{{malformed, "frontend.protocol"}}},
		"as many as fit":    {frontend: aFrontend(lb.ProtocolTCP, 80), specs: many[1:]},
		"too many":          {aFrontend(lb.ProtocolTCP, 80), many, []found{{malformed, "filters"}}},
		"two are at fault":  {aFrontend(lb.ProtocolTCP, 80), []lb.FilterSpec{bad, deny(), bad}, []found{{"filter.status", "filters[0].status"}, {"filter.status", "filters[2].status"}}},
		"the order is kept": {frontend: aFrontend(lb.ProtocolTCP, 80), specs: []lb.FilterSpec{deny(sources("10.0.0.0/8")), deny(), deny(sources("10.0.0.0/8"))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := testDialect().Filters(test.frontend, test.specs)
			checkFindings(t, err, test.want...)
			if len(test.want) > 0 {
				return
			}
			if len(got) != len(test.specs) {
				t.Fatalf("%d became %d", len(test.specs), len(got))
			}
			for i := range got {
				if !lb.Equal(got[i], test.specs[i]) {
					t.Errorf("%d became %+v", i, got[i])
				}
			}
		})
	}
}

// TestRefusedFiltersSayWhatToDo: the messages are what a user has to go by.
func TestRefusedFiltersSayWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := testDialect().Filters(aFrontend(lb.ProtocolHTTP, 80), []lb.FilterSpec{deny(sources("10.0.0.1/8"), condition(lb.FieldMethod, "", "GET"))})
	for _, part := range []string{"is 10.0.0.0/8 meant?", "filters[0].match[1].field", "match source or host or path or header instead"} {
		contains(t, "the error", err.Error(), part)
	}
	if strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not one line for each problem: %v", err)
	}
}
