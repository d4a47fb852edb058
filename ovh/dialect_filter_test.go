package ovh

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

var (
	onHTTP = lb.FrontendSpec{Protocol: lb.ProtocolHTTP}
	onTCP  = lb.FrontendSpec{Protocol: lb.ProtocolTCP}
	onUDP  = lb.FrontendSpec{Protocol: lb.ProtocolUDP}
)

// when is a condition that one of values is equal.
func when(field lb.Field, values ...string) lb.Condition {
	return lb.Condition{Field: field, Values: values}
}

// by is a condition with another comparison.
func by(field lb.Field, op lb.MatchOp, values ...string) lb.Condition {
	return lb.Condition{Field: field, Op: op, Values: values}
}

// ofName is a condition of a field that has names.
func ofName(field lb.Field, name string, op lb.MatchOp, values ...string) lb.Condition {
	return lb.Condition{Field: field, Name: name, Op: op, Values: values}
}

func not(c lb.Condition) lb.Condition {
	c.Not = !c.Not
	return c
}

func denied(match ...lb.Condition) lb.FilterSpec {
	return lb.FilterSpec{Match: match, Action: lb.FilterDeny}
}

// answered is a denial as HTTP frontends report it.
func answered(status int, match ...lb.Condition) lb.FilterSpec {
	spec := denied(match...)
	spec.Status = status
	return spec
}

func redirected(r lb.Redirect, match ...lb.Condition) lb.FilterSpec {
	return lb.FilterSpec{Match: match, Action: lb.FilterRedirect, Redirect: &r}
}

func targeted(target string, code int, match ...lb.Condition) lb.FilterSpec {
	spec := redirected(lb.Redirect{Code: code}, match...)
	spec.Extensions = lb.Extend(FilterOptions{Target: target})
	return spec
}

// blocks are n sources, in the order in which texts are sorted.
func blocks(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("10.%d.0.0/16", 100+i)
	}
	return out
}

func TestCanonicalFilters(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", maxPattern)
	for name, tt := range map[string]struct {
		frontend lb.FrontendSpec
		specs    []lb.FilterSpec
		want     []lb.FilterSpec
	}{
		"none":        {frontend: onHTTP},
		"none on UDP": {frontend: onUDP},
		"empty match": {onHTTP, []lb.FilterSpec{denied()}, []lb.FilterSpec{answered(403)}},
		"the rule of an empty match": {
			onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchPrefix, "/"))}, []lb.FilterSpec{answered(403)},
		},
		"the rule of an empty match, among others": {
			onHTTP,
			[]lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchPrefix, "/"), when(lb.FieldMethod, "PUT"))},
			[]lb.FilterSpec{answered(403, when(lb.FieldMethod, "PUT"), by(lb.FieldPath, lb.MatchPrefix, "/"))},
		},
		"never": {
			onHTTP, []lb.FilterSpec{denied(not(by(lb.FieldPath, lb.MatchPrefix, "/")))}, []lb.FilterSpec{answered(403, not(by(lb.FieldPath, lb.MatchPrefix, "/")))},
		},
		"first by source": {
			onHTTP,
			[]lb.FilterSpec{denied(when(lb.FieldSource, "10.2.0.0/16", "10.1.0.0/16", "10.2.0.0/16"))},
			[]lb.FilterSpec{denied(when(lb.FieldSource, "10.1.0.0/16", "10.2.0.0/16"))},
		},
		"first by source of others": {
			onTCP, []lb.FilterSpec{denied(not(when(lb.FieldSource, "10.1.0.0/16")))}, []lb.FilterSpec{denied(not(when(lb.FieldSource, "10.1.0.0/16")))},
		},
		"first by source, more than a rule holds": {
			onHTTP, []lb.FilterSpec{denied(not(when(lb.FieldSource, blocks(150)...)))}, []lb.FilterSpec{denied(not(when(lb.FieldSource, blocks(150)...)))},
		},
		"first by source, said twice": {
			onHTTP,
			[]lb.FilterSpec{denied(not(when(lb.FieldSource, "10.2.0.0/16")), not(when(lb.FieldSource, "10.1.0.0/16")))},
			[]lb.FilterSpec{denied(not(when(lb.FieldSource, "10.1.0.0/16", "10.2.0.0/16")))},
		},
		"first by source, with a status": {
			onHTTP, []lb.FilterSpec{answered(403, when(lb.FieldSource, "10.1.0.0/16"))}, []lb.FilterSpec{answered(403, when(lb.FieldSource, "10.1.0.0/16"))},
		},
		"first by source and more": {
			onHTTP,
			[]lb.FilterSpec{denied(when(lb.FieldSource, "10.1.0.0/16"), when(lb.FieldHost, "a"))},
			[]lb.FilterSpec{answered(403, when(lb.FieldHost, "a"), when(lb.FieldSource, "10.1.0.0/16"))},
		},
		"second by source": {
			onHTTP,
			[]lb.FilterSpec{denied(), denied(when(lb.FieldSource, "10.1.0.0/16"))},
			[]lb.FilterSpec{answered(403), answered(403, when(lb.FieldSource, "10.1.0.0/16"))},
		},
		"second by source on TCP": {
			onTCP,
			[]lb.FilterSpec{denied(when(lb.FieldHost, "a")), denied(when(lb.FieldSource, "10.1.0.0/16"))},
			[]lb.FilterSpec{denied(when(lb.FieldHost, "a")), denied(when(lb.FieldSource, "10.1.0.0/16"))},
		},
		"sources beyond a pattern take several routes": {
			onHTTP,
			[]lb.FilterSpec{answered(429, when(lb.FieldSource, blocks(20)...))},
			[]lb.FilterSpec{answered(429, when(lb.FieldSource, blocks(20)[:18]...)), answered(429, when(lb.FieldSource, blocks(20)[18:]...))},
		},
		"negated they take several rules": {
			onHTTP, []lb.FilterSpec{answered(429, not(when(lb.FieldSource, blocks(20)...)))}, []lb.FilterSpec{answered(429, not(when(lb.FieldSource, blocks(20)...)))},
		},
		"equal values in a list": {
			onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, "b", "a", "b"))}, []lb.FilterSpec{answered(403, when(lb.FieldHost, "a", "b"))},
		},
		"values that no list can hold": {
			onHTTP,
			[]lb.FilterSpec{denied(ofName(lb.FieldCookie, "c", "", "a,b", "z", " y", "x"))},
			[]lb.FilterSpec{
				answered(403, ofName(lb.FieldCookie, "c", "", "x", "z")),
				answered(403, ofName(lb.FieldCookie, "c", "", " y")),
				answered(403, ofName(lb.FieldCookie, "c", "", "a,b")),
			},
		},
		"negated they are one condition": {
			onHTTP,
			[]lb.FilterSpec{denied(not(ofName(lb.FieldCookie, "c", "", "a,b", "z", " y", "x")))},
			[]lb.FilterSpec{answered(403, not(ofName(lb.FieldCookie, "c", "", " y", "a,b", "x", "z")))},
		},
		"several prefixes": {
			onHTTP,
			[]lb.FilterSpec{{Name: "paths", Match: lb.Match{by(lb.FieldPath, lb.MatchPrefix, "/b", "/a")}, Action: lb.FilterDeny}},
			[]lb.FilterSpec{
				{Name: "paths", Match: lb.Match{by(lb.FieldPath, lb.MatchPrefix, "/a")}, Action: lb.FilterDeny, Status: 403},
				{Name: "paths", Match: lb.Match{by(lb.FieldPath, lb.MatchPrefix, "/b")}, Action: lb.FilterDeny, Status: 403},
			},
		},
		"combinations": {
			onHTTP,
			[]lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchPrefix, "/a", "/b"), by(lb.FieldHost, lb.MatchSuffix, ".c", ".d"))},
			[]lb.FilterSpec{
				answered(403, by(lb.FieldHost, lb.MatchSuffix, ".c"), by(lb.FieldPath, lb.MatchPrefix, "/a")),
				answered(403, by(lb.FieldHost, lb.MatchSuffix, ".c"), by(lb.FieldPath, lb.MatchPrefix, "/b")),
				answered(403, by(lb.FieldHost, lb.MatchSuffix, ".d"), by(lb.FieldPath, lb.MatchPrefix, "/a")),
				answered(403, by(lb.FieldHost, lb.MatchSuffix, ".d"), by(lb.FieldPath, lb.MatchPrefix, "/b")),
			},
		},
		"what is negated is one condition": {
			onHTTP,
			[]lb.FilterSpec{denied(not(by(lb.FieldPath, lb.MatchPrefix, "/b")), when(lb.FieldMethod, "GET"), not(by(lb.FieldPath, lb.MatchPrefix, "/a")))},
			[]lb.FilterSpec{answered(403, when(lb.FieldMethod, "GET"), not(by(lb.FieldPath, lb.MatchPrefix, "/a", "/b")))},
		},
		"the same twice": {
			onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, "a"), when(lb.FieldHost, "a"))}, []lb.FilterSpec{answered(403, when(lb.FieldHost, "a"))},
		},
		"header names": {
			onHTTP,
			[]lb.FilterSpec{denied(ofName(lb.FieldHeader, "x-API-key", lb.MatchExists), not(ofName(lb.FieldHeader, "X-Api-Key", "", "k")))},
			[]lb.FilterSpec{answered(403, not(ofName(lb.FieldHeader, "X-Api-Key", "", "k")), ofName(lb.FieldHeader, "X-Api-Key", lb.MatchExists))},
		},
		"longest value": {
			onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, long, "a"))}, []lb.FilterSpec{answered(403, when(lb.FieldHost, "a")), answered(403, when(lb.FieldHost, long))},
		},
		"h2": {onTCP, []lb.FilterSpec{denied(when(lb.FieldProtocol, "h2"))}, []lb.FilterSpec{denied(when(lb.FieldProtocol, "h2"))}},
		"redirect": {
			onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Scheme: "HTTPS"})}, []lb.FilterSpec{redirected(lb.Redirect{Scheme: "https", Code: 302})},
		},
		"target in neutral words": {
			onHTTP, []lb.FilterSpec{targeted("https://${host}${path}${arguments}", 308)}, []lb.FilterSpec{redirected(lb.Redirect{Scheme: "https", Code: 308})},
		},
		"target beyond them": {
			onHTTP, []lb.FilterSpec{targeted("https://${host}/staging${path}${arguments}", 0)}, []lb.FilterSpec{targeted("https://${host}/staging${path}${arguments}", 302)},
		},
		"another's extension": {
			onHTTP,
			[]lb.FilterSpec{{Match: lb.Match{when(lb.FieldSource, "10.1.0.0/16")}, Action: lb.FilterDeny, Extensions: lb.Extend(elsewhere{Note: "x"})}},
			[]lb.FilterSpec{denied(when(lb.FieldSource, "10.1.0.0/16"))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dialect{}.Filters(tt.frontend, slices.Clone(tt.specs))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// elsewhere is another provider's extension.
type elsewhere struct {
	Note string `json:"note"`
}

func (elsewhere) ExtensionProvider() string { return "elsewhere" }

func TestDialectRefusesFilters(t *testing.T) {
	t.Parallel()
	many := make([]lb.FilterSpec, maxRoutes+1)
	for i := range many {
		many[i] = denied(when(lb.FieldHost, fmt.Sprint(i)))
	}
	for name, tt := range map[string]struct {
		frontend lb.FrontendSpec
		specs    []lb.FilterSpec
		want     []string
	}{
		"UDP":                {onUDP, []lb.FilterSpec{denied()}, []string{"unsupported filter.match.udp at filters"}},
		"unknown protocol":   {lb.FrontendSpec{Protocol: "sctp"}, []lb.FilterSpec{denied()}, []string{"unsupported frontend.protocol at protocol"}},
		"allow":              {onHTTP, []lb.FilterSpec{{Action: lb.FilterAllow}}, []string{"unsupported filter.action.allow at filters[0].action"}},
		"no action":          {onHTTP, []lb.FilterSpec{{}}, []string{"unsupported filter.action.unset at filters[0].action"}},
		"unknown action":     {onHTTP, []lb.FilterSpec{{Action: "tarpit"}}, []string{"unsupported filter.action at filters[0].action"}},
		"empty match on TCP": {onTCP, []lb.FilterSpec{denied()}, []string{"unsupported filter.match.unset.tcp at filters[0].match"}},
		"redirect on TCP": {
			onTCP, []lb.FilterSpec{redirected(lb.Redirect{Scheme: "https"}, when(lb.FieldHost, "a"))}, []string{"unsupported filter.action.redirect.tcp at filters[0].action"},
		},
		"status on TCP": {onTCP, []lb.FilterSpec{answered(403, when(lb.FieldHost, "a"))}, []string{"unsupported filter.status.tcp at filters[0].status"}},
		"status":        {onHTTP, []lb.FilterSpec{answered(404)}, []string{"unsupported filter.status at filters[0].status"}},
		"status of a redirect": {
			onHTTP, []lb.FilterSpec{{Action: lb.FilterRedirect, Status: 302, Redirect: &lb.Redirect{Scheme: "https"}}}, []string{"invalid at filters[0].status"},
		},
		"redirect of a denial": {onHTTP, []lb.FilterSpec{{Action: lb.FilterDeny, Redirect: &lb.Redirect{Scheme: "https"}}}, []string{"invalid at filters[0].redirect"}},
		"target of a denial": {
			onHTTP, []lb.FilterSpec{{Action: lb.FilterDeny, Extensions: lb.Extend(FilterOptions{Target: "x"})}}, []string{"invalid at filters[0].extensions.ovh.target"},
		},
		"redirect to nowhere":  {onHTTP, []lb.FilterSpec{{Action: lb.FilterRedirect}}, []string{"invalid at filters[0].redirect"}},
		"redirect in a circle": {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Code: 301})}, []string{"invalid at filters[0].redirect"}},
		"redirect twice said": {
			onHTTP,
			[]lb.FilterSpec{{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https"}, Extensions: lb.Extend(FilterOptions{Target: "x"})}},
			[]string{"invalid at filters[0].extensions.ovh.target"},
		},
		"redirect code":   {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Scheme: "https", Code: 300})}, []string{"unsupported filter.redirect.code at filters[0].redirect.code"}},
		"redirect scheme": {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Scheme: "ftp"})}, []string{"unsupported filter.redirect.scheme at filters[0].redirect.scheme"}},
		"redirect host":   {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Host: "a:80"})}, []string{"invalid at filters[0].redirect.host"}},
		"redirect path":   {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Path: "/a${path}"})}, []string{"invalid at filters[0].redirect.path"}},
		"relative path":   {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Path: "a"})}, []string{"invalid at filters[0].redirect.path"}},
		"query":           {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Path: "/a?b"})}, []string{"invalid at filters[0].redirect.path"}},
		"blank target":    {onHTTP, []lb.FilterSpec{targeted("https://a/ b", 0)}, []string{"invalid at filters[0].extensions.ovh.target"}},
		"path of no text": {onHTTP, []lb.FilterSpec{redirected(lb.Redirect{Path: "/\xff"})}, []string{"invalid at filters[0].redirect.path"}},
		"name of no text": {onHTTP, []lb.FilterSpec{{Name: "\xff", Action: lb.FilterDeny}}, []string{"invalid at filters[0].name"}},
		"name":            {onHTTP, []lb.FilterSpec{{Name: strings.Repeat("n", 256), Action: lb.FilterDeny}}, []string{"invalid at filters[0].name"}},
		"extension": {
			onHTTP, []lb.FilterSpec{{Action: lb.FilterDeny, Extensions: lb.Extend(FrontendOptions{Zone: "gra"})}}, []string{"invalid at filters[0].extensions.ovh"},
		},
		"no field":       {onHTTP, []lb.FilterSpec{denied(when("", "a"))}, []string{"invalid at filters[0].match[0].field"}},
		"unknown field":  {onHTTP, []lb.FilterSpec{denied(when("asn", "a"))}, []string{"invalid at filters[0].match[0].field"}},
		"open field":     {onHTTP, []lb.FilterSpec{denied(when(fieldNone))}, []string{"invalid at filters[0].match[0].field"}},
		"path on TCP":    {onTCP, []lb.FilterSpec{denied(when(lb.FieldHost, "a"), when(lb.FieldPath, "/"))}, []string{"unsupported filter.match.path.tcp at filters[0].match[1].field"}},
		"op of source":   {onHTTP, []lb.FilterSpec{denied(by(lb.FieldSource, lb.MatchPrefix, "10.0.0.0/8"))}, []string{"invalid at filters[0].match[0].op"}},
		"op of method":   {onHTTP, []lb.FilterSpec{denied(by(lb.FieldMethod, lb.MatchPrefix, "G"))}, []string{"unsupported filter.match.method.prefix at filters[0].match[0].op", "unsupported filter.match.method at filters[0].match[0].values"}},
		"path exists":    {onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchExists))}, []string{"unsupported filter.match.path.exists at filters[0].match[0].op"}},
		"unknown op":     {onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, "glob", "/*"))}, []string{"invalid at filters[0].match[0].op"}},
		"method":         {onHTTP, []lb.FilterSpec{denied(when(lb.FieldMethod, "PATCH"))}, []string{"unsupported filter.match.method at filters[0].match[0].values"}},
		"protocol":       {onHTTP, []lb.FilterSpec{denied(when(lb.FieldProtocol, "h2"))}, []string{"unsupported filter.match.protocol at filters[0].match[0].values"}},
		"no name":        {onHTTP, []lb.FilterSpec{denied(ofName(lb.FieldCookie, "", "", "a"))}, []string{"invalid at filters[0].match[0].name"}},
		"name of host":   {onHTTP, []lb.FilterSpec{denied(ofName(lb.FieldHost, "n", "", "a"))}, []string{"invalid at filters[0].match[0].name"}},
		"header's name":  {onHTTP, []lb.FilterSpec{denied(ofName(lb.FieldHeader, "a b", "", "a"))}, []string{"invalid at filters[0].match[0].name"}},
		"no text's name": {onHTTP, []lb.FilterSpec{denied(ofName(lb.FieldCookie, "\xff", "", "a"))}, []string{"invalid at filters[0].match[0].name"}},
		"cookie's name":  {onHTTP, []lb.FilterSpec{denied(ofName(lb.FieldCookie, "a\n", "", "a"))}, []string{"invalid at filters[0].match[0].name"}},
		"no values":      {onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost))}, []string{"invalid at filters[0].match[0].values"}},
		"values of exists": {
			onHTTP, []lb.FilterSpec{denied(ofName(lb.FieldCookie, "c", lb.MatchExists, "a"))}, []string{"invalid at filters[0].match[0].values"},
		},
		"empty value":    {onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, ""))}, []string{"unsupported filter.match.values.empty at filters[0].match[0].values"}},
		"line break":     {onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, "a\nb"))}, []string{"invalid at filters[0].match[0].values"}},
		"no text":        {onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, "\xff"))}, []string{"invalid at filters[0].match[0].values"}},
		"long value":     {onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, strings.Repeat("é", 256)))}, []string{"invalid at filters[0].match[0].values"}},
		"bare address":   {onHTTP, []lb.FilterSpec{denied(when(lb.FieldSource, "10.0.0.1"))}, []string{"invalid at filters[0].match[0].values"}},
		"host bits":      {onHTTP, []lb.FilterSpec{denied(when(lb.FieldSource, "10.0.0.1/8"))}, []string{"invalid at filters[0].match[0].values"}},
		"IPv4 in IPv6":   {onHTTP, []lb.FilterSpec{denied(when(lb.FieldSource, "::ffff:10.0.0.0/104"))}, []string{"invalid at filters[0].match[0].values"}},
		"named class":    {onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchRegex, "^/[[:alpha:]]+$"))}, []string{"invalid at filters[0].match[0].values"}},
		"unicode class":  {onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchRegex, `^/\pL$`))}, []string{"invalid at filters[0].match[0].values"}},
		"look-ahead":     {onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchRegex, "^(?!/a)"))}, []string{"invalid at filters[0].match[0].values"}},
		"back-reference": {onHTTP, []lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchRegex, `(a)\1`))}, []string{"invalid at filters[0].match[0].values"}},
		"six rules": {
			onHTTP, []lb.FilterSpec{denied(when(lb.FieldHost, "a"), not(by(lb.FieldPath, lb.MatchPrefix, "/1", "/2", "/3", "/4", "/5")))}, []string{"invalid at filters[0].match"},
		},
		"too many combinations": {
			onHTTP,
			[]lb.FilterSpec{denied(by(lb.FieldPath, lb.MatchPrefix, blocks(200)...), by(lb.FieldHost, lb.MatchPrefix, blocks(200)...), by(lb.FieldHost, lb.MatchSuffix, blocks(200)...))},
			[]string{"invalid at filters[0].match"},
		},
		"too many": {onHTTP, many, []string{"invalid at filters"}},
		"everything at once": {
			onHTTP,
			[]lb.FilterSpec{denied(), {Action: lb.FilterAllow, Match: lb.Match{when("asn", "a"), by(lb.FieldPath, "glob", "x")}}},
			[]string{
				"invalid at filters[1].match[0].field", "invalid at filters[1].match[1].op",
				"unsupported filter.action.allow at filters[1].action",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dialect{}.Filters(tt.frontend, tt.specs)
			if diff := cmp.Diff(tt.want, refusals(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkHints(t, err)
		})
	}
}

// 50 filters by route, and one that is none, fit.
func TestFirstFilterBySourceTakesNoRoute(t *testing.T) {
	t.Parallel()
	specs := []lb.FilterSpec{denied(when(lb.FieldSource, "10.0.0.0/8"))}
	for i := range maxRoutes {
		specs = append(specs, denied(when(lb.FieldHost, fmt.Sprint(i))))
	}
	if _, err := (dialect{}).Filters(onHTTP, specs); err != nil {
		t.Error(err)
	}
}

// What a condition may hold on TCP alone is not advised on HTTP.
func TestHintOfAProtocolSaysWhere(t *testing.T) {
	t.Parallel()
	_, err := dialect{}.Filters(onHTTP, []lb.FilterSpec{denied(when(lb.FieldProtocol, "h2"))})
	var no *lb.UnsupportedError
	if !errors.As(err, &no) || no.Hint != "use http, https, tcp, tls; on TCP h2, http, https, tcp, tls" {
		t.Errorf("%v", err)
	}
}

func TestFiltersLeaveTheSpecAlone(t *testing.T) {
	t.Parallel()
	unmodified(t, redirected(lb.Redirect{Scheme: "https"}, when(lb.FieldHost, "b", "a"), ofName(lb.FieldHeader, "x-a", "", "b", "a")), func(spec lb.FilterSpec) {
		got, err := dialect{}.Filters(onHTTP, []lb.FilterSpec{spec})
		if err != nil {
			t.Fatal(err)
		}
		got[0].Match[0].Values[0], got[0].Redirect.Scheme = "changed", "changed"
	})
}

func TestRedirectTargets(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]lb.Redirect{
		"https://${host}${path}${arguments}":              {Scheme: "https"},
		"${protocol}://${domain}:8443${path}${arguments}": {Port: 8443},
		"https://${domain}:8443${path}":                   {Scheme: "https", Port: 8443, DropQuery: true},
		"${protocol}://new.example${path}${arguments}":    {Host: "new.example"},
		"http://new.example:81/place":                     {Scheme: "http", Host: "new.example", Port: 81, Path: "/place", DropQuery: true},
		"${protocol}://${host}/${arguments}":              {Path: "/"},
		"${protocol}://${host}${path}":                    {DropQuery: true},
	} {
		if got, ok := redirectOf(target); !ok || got != want {
			t.Errorf("%s: %+v, %t", target, got, ok)
		}
		if got := redirectTarget(want); got != target {
			t.Errorf("%+v: %s, want %s", want, got, target)
		}
	}
	for _, target := range []string{
		"", "/", "https://", "https://${host}", "https://new.example", "${protocol}://${host}${path}${arguments}", "https://${host}${uri}",
		"https://${host}:8443${path}${arguments}", "https://${domain}${path}${arguments}", "https://${domain}:0${path}", "https://a:08443/", "https://a:99999/",
		"https://${host}/staging${path}${arguments}", "ftp://${host}${path}${arguments}", "https://user@a/", "https://a/b?c", "https://a/b#c", "https://a/ b",
		"HTTPS://a/", "https://[::1]/", "https://www.${domain}${path}${arguments}",
	} {
		if got, ok := redirectOf(target); ok {
			t.Errorf("%s reads as %+v", target, got)
		}
	}
}
