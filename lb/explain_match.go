package lb

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// visit is a Request in which what was left out is filled in.
type visit struct{ Request }

// header returns the values of a header, whose name has no case.
func (v visit) header(name string) []string {
	if strings.EqualFold(name, hostHeader) && v.Host != "" {
		return []string{v.Host}
	}
	var values []string
	for key, lines := range v.Header {
		if strings.EqualFold(key, name) {
			values = append(values, lines...)
		}
	}
	return values
}

const hostHeader = "Host"

// values are those that a request has of a field.
func (v visit) values(field Field, name string) []string {
	switch field {
	case FieldHost:
		if v.Host == "" {
			return nil
		}
		return []string{hostname(v.Host)}
	case FieldPath:
		return []string{v.Path}
	case FieldMethod:
		return []string{v.Method}
	case FieldProtocol:
		return []string{v.Protocol}
	case FieldHeader:
		return v.header(name)
	case FieldCookie:
		return v.cookies(name)
	case FieldParam:
		params, _ := url.ParseQuery(v.Query) // a pair that cannot be decoded is no parameter
		return params[name]
	default: // FieldSource: see comparison.finds
		return nil
	}
}

func (v visit) cookies(name string) []string {
	request := http.Request{Header: http.Header{"Cookie": v.header("Cookie")}}
	var values []string
	for _, cookie := range request.CookiesNamed(name) {
		values = append(values, cookie.Value)
	}
	return values
}

// hostname is a Host header without its port. An IPv6 address keeps its brackets.
func hostname(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.HasSuffix(host, "]") {
		return host
	}
	return host[:colon]
}

// rule is a Match, prepared: all comparisons must hold.
type rule []comparison

func (r rule) matches(v visit) bool {
	return !slices.ContainsFunc(r, func(c comparison) bool { return !c.holds(v) })
}

// lookAt tells whether any condition of rules is on a field.
func lookAt(field Field, rules []rule) bool {
	return slices.ContainsFunc(rules, func(r rule) bool {
		return slices.ContainsFunc(r, func(c comparison) bool { return c.Field == field })
	})
}

// comparison is a Condition, prepared.
type comparison struct {
	Condition
	prefixes []netip.Prefix   // of FieldSource, one for each value
	patterns []*regexp.Regexp // of MatchRegex, one for each value
}

// caseless fields are names of hosts.
func caseless(c Condition) bool {
	return c.Field == FieldHost || c.Field == FieldHeader && strings.EqualFold(c.Name, hostHeader)
}

func (c comparison) holds(v visit) bool {
	_, found := c.finds(v)
	return found != c.Not
}

// finds returns the first of Values that the request has, or, for MatchExists, none.
func (c comparison) finds(v visit) (value string, found bool) {
	if c.Field == FieldSource {
		return c.first(func(i int) bool { return c.prefixes[i].Contains(v.Source) })
	}
	values := v.values(c.Field, c.Name)
	if c.Op == MatchExists {
		return "", len(values) > 0
	}
	return c.first(func(i int) bool {
		return slices.ContainsFunc(values, func(got string) bool { return c.compare(got, i) })
	})
}

func (c comparison) first(is func(i int) bool) (value string, found bool) {
	for i, value := range c.Values {
		if is(i) {
			return value, true
		}
	}
	return "", false
}

// compare compares what a request has with the value at i.
func (c comparison) compare(got string, i int) bool {
	if c.Op == MatchRegex {
		return c.patterns[i].MatchString(got)
	}
	want := c.Values[i]
	if caseless(c.Condition) {
		got, want = strings.ToLower(got), strings.ToLower(want)
	}
	switch c.Op {
	case MatchPrefix:
		return strings.HasPrefix(got, want)
	case MatchSuffix:
		return strings.HasSuffix(got, want)
	case MatchContains:
		return strings.Contains(got, want)
	default:
		return got == want
	}
}

// reason says why a rule matches.
func (r rule) reason(v visit) string {
	if len(r) == 0 {
		return "it matches everything"
	}
	texts := make([]string, len(r))
	for i, c := range r {
		texts[i] = c.reason(v)
	}
	return strings.Join(texts, " and ")
}

// reason is a comparison that holds, in words: path "/a/b" begins with "/a".
func (c comparison) reason(v visit) string {
	values := c.Values
	if value, found := c.finds(v); found && c.Op != MatchExists {
		values = []string{value}
	}
	return c.subject(v, values) + " " + c.verb() + c.objects(values)
}

// subject names what was looked at. What clients keep to themselves is not shown, and
// what the objects will say is not said twice.
func (c comparison) subject(v visit, objects []string) string {
	switch c.Field {
	case FieldSource:
		return "source " + v.Source.String()
	case FieldHeader, FieldCookie:
		return string(c.Field) + " " + describe(c.Name)
	case FieldParam:
		return "parameter " + describe(c.Name)
	default:
		got := v.values(c.Field, c.Name)
		if len(got) == 0 || c.Op == "" && slices.Equal(got, objects) {
			return string(c.Field)
		}
		return string(c.Field) + " " + describe(got[0])
	}
}

// verb is how the field was compared; the words of a negation are the second ones.
func (c comparison) verb() string {
	words := [2]string{"is", "is not"}
	switch {
	case c.Field == FieldSource:
		words = [2]string{"is within", "is not within"}
	case c.Op == MatchPrefix:
		words = [2]string{"begins with", "does not begin with"}
	case c.Op == MatchSuffix:
		words = [2]string{"ends with", "does not end with"}
	case c.Op == MatchContains:
		words = [2]string{"contains", "does not contain"}
	case c.Op == MatchRegex:
		words = [2]string{"matches", "does not match"}
	case c.Op == MatchExists:
		words = [2]string{"is there", "is not there"}
	}
	if c.Not {
		return words[1]
	}
	return words[0]
}

// objects are the values that the field was compared with.
func (c comparison) objects(values []string) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = describe(value)
		if c.Field == FieldSource {
			texts[i] = value
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return fmt.Sprintf(" %s", strings.Join(texts, " or "))
}
