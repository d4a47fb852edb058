package ovh

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lbkit/lbkit/internal/pattern"
	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// Bounds of routes and their rules (facts 5.6, 6.13).
const (
	maxRoutes    = 50  // of a load balancer, filters among them
	maxRules     = 5   // of a route, all of which must match
	maxPattern   = 255 // characters of a rule's pattern
	maxRouteName = 255 // characters
)

// matchField is a part of a request that OVH's rules can look at (facts 5.6).
type matchField struct {
	native string       // what rules call it
	named  bool         // it needs Condition.Name, which is the rule's subField
	ops    []lb.MatchOp // the zero value is equal
	values []string     // the only ones, where not nil
}

var (
	exactOps = []lb.MatchOp{""}
	textOps  = []lb.MatchOp{"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex}
	namedOps = append(slices.Clone(textOps), lb.MatchExists)

	requestMethods = []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE"}

	httpFields = map[lb.Field]matchField{
		lb.FieldSource:   {native: "source", ops: exactOps},
		lb.FieldHost:     {native: "host", ops: textOps},
		lb.FieldPath:     {native: "uri", ops: textOps},
		lb.FieldMethod:   {native: "method", ops: exactOps, values: requestMethods},
		lb.FieldHeader:   {native: "header", named: true, ops: namedOps},
		lb.FieldCookie:   {native: "cookie", named: true, ops: namedOps},
		lb.FieldParam:    {native: "param", named: true, ops: namedOps},
		lb.FieldProtocol: {native: "protocol", ops: exactOps, values: []string{"http", "https", "tcp", "tls"}},
	}
	tcpFields = map[lb.Field]matchField{
		lb.FieldSource:   httpFields[lb.FieldSource],
		lb.FieldHost:     httpFields[lb.FieldHost],
		lb.FieldProtocol: {native: "protocol", ops: exactOps, values: []string{"h2", "http", "https", "tcp", "tls"}},
	}
)

// matchFields are those of a protocol's routes; UDP has no routes.
func matchFields(protocol lb.Protocol) map[lb.Field]matchField {
	switch protocol {
	case lb.ProtocolHTTP:
		return httpFields
	case lb.ProtocolTCP:
		return tcpFields
	case lb.ProtocolUDP:
	}
	return nil
}

// match refuses what rules cannot say. Its features are "<leaf>.match.<field>",
// "<leaf>.match.<field>.<op>" and those named below.
func (f *findings) match(protocol lb.Protocol, match lb.Match) {
	if len(match) == 0 && protocol == lb.ProtocolTCP {
		f.lacks(f.feature("match.unset.tcp"), "match", nil, "a TCP route needs a rule, and there is none that always matches")
	}
	for i, c := range match {
		f.condition(protocol, fmt.Sprintf("match[%d]", i), c)
	}
}

func (f *findings) condition(protocol lb.Protocol, path string, c lb.Condition) {
	field, known := matchFields(protocol)[c.Field]
	switch {
	case !c.Field.Known():
		f.invalid(path+".field", "%q is not a part of a request", c.Field)
		return
	case !known && httpFields[c.Field].native != "":
		f.lacks(f.feature("match."+string(c.Field)+".tcp"), path+".field", string(c.Field), "OVH does not look into TCP connections so far")
		return
	case !known:
		f.lacks(f.feature("match."+string(c.Field)), path+".field", string(c.Field), "OVH's rules have no such field")
		return
	}
	f.conditionName(path+".name", field, c)
	f.conditionOp(path+".op", field, c)
	f.conditionValues(path+".values", field, c)
}

func (f *findings) conditionName(path string, field matchField, c lb.Condition) {
	switch {
	case !field.named && c.Name != "":
		f.invalid(path, "field %s has none", c.Field)
	case field.named && c.Name == "":
		f.invalid(path, "field %s needs one", c.Field)
	case c.Field == lb.FieldHeader && c.Name != "" && !headerName(c.Name):
		f.invalid(path, "%q is not a header's name", c.Name)
	case utf8.RuneCountInString(c.Name) > maxPattern || !plain.Text(c.Name):
		f.invalid(path, "%q is not a name", c.Name)
	}
}

func (f *findings) conditionOp(path string, field matchField, c lb.Condition) {
	switch {
	case slices.Contains(field.ops, c.Op):
	case c.Field == lb.FieldSource:
		f.invalid(path, "field source takes none: an address is within a prefix, or is not")
	case !c.Op.Known():
		f.invalid(path, "%q is not a way to compare", c.Op)
	default:
		f.lacks(f.feature("match."+string(c.Field)+"."+string(opName(c.Op))), path, string(c.Op), "OVH does not compare a "+string(c.Field)+" so")
	}
}

func (f *findings) conditionValues(path string, field matchField, c lb.Condition) {
	if c.Op == lb.MatchExists {
		if len(c.Values) > 0 {
			f.invalid(path, "op exists takes none")
		}
		return
	}
	if len(c.Values) == 0 {
		f.invalid(path, "a condition needs one at least")
	}
	for _, value := range c.Values {
		f.conditionValue(path, field, c, value)
	}
}

func (f *findings) conditionValue(path string, field matchField, c lb.Condition, value string) {
	switch {
	case value == "":
		f.lacks(f.feature("match.values.empty"), path, value, "a rule's pattern cannot be empty")
	case !plain.Text(value):
		f.invalid(path, "%q holds what is not text", value)
	case utf8.RuneCountInString(value) > maxPattern:
		f.invalid(path, "%d characters; a rule's pattern has at most %d", utf8.RuneCountInString(value), maxPattern)
	case c.Field == lb.FieldSource:
		if prefix, err := netip.ParsePrefix(value); err != nil || prefix.Addr().Is4In6() {
			f.invalid(path, "%q is not a prefix, such as 10.0.0.1/32", value)
		} else if canonical := prefix.Masked().String(); canonical != value {
			f.invalid(path, "%q is not a canonical prefix: is %s meant?", value, canonical)
		}
	case c.Op == lb.MatchRegex:
		if fault := pattern.Fault(value); fault != "" {
			f.invalid(path, "%s", fault)
		}
	case field.values != nil && !slices.Contains(field.values, value):
		f.lacks(f.feature("match."+string(c.Field)), path, value, "OVH knows "+strings.Join(field.values, ", "))
	}
}

// alwaysTrue is the condition of a match that is empty: a route without rules would
// make its frontend invalid (facts 6.3), and the path of every request begins so.
var alwaysTrue = lb.Condition{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/"}}

// canonicalMatch is the one spelling of a match: values and conditions sorted, each
// once, and what is negated of one part of the request in one condition. It is
// total, for what the dialect refuses has to be read too.
func canonicalMatch(match lb.Match) lb.Match {
	out := make(lb.Match, 0, len(match))
	for _, c := range match {
		c = canonicalCondition(c)
		if same := slices.IndexFunc(out, func(o lb.Condition) bool { return mergeable(o, c) }); same >= 0 {
			out[same].Values = sortedSet(slices.Concat(out[same].Values, c.Values))
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, compareConditions)
	out = slices.CompactFunc(out, func(a, b lb.Condition) bool { return compareConditions(a, b) == 0 })
	if len(out) == 0 || len(out) == 1 && compareConditions(out[0], alwaysTrue) == 0 {
		return nil
	}
	return out
}

func canonicalCondition(c lb.Condition) lb.Condition {
	if c.Field == lb.FieldHeader {
		c.Name = http.CanonicalHeaderKey(c.Name)
	}
	c.Values = sortedSet(c.Values)
	return c
}

// mergeable: none of these and none of those is none of them all.
func mergeable(a, b lb.Condition) bool {
	return a.Not && b.Not && a.Field == b.Field && a.Name == b.Name && a.Op == b.Op
}

func sortedSet(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

func compareConditions(a, b lb.Condition) int {
	not := func(c lb.Condition) int {
		if c.Not {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Op, b.Op),
		cmp.Compare(not(a), not(b)), slices.Compare(a.Values, b.Values),
	)
}

// alternatives are the matches of the routes that do together what a canonical
// match does: a rule holds one value, or a list of them for equality, so what any
// of several may match takes several routes. None are returned where it would take
// more than a load balancer has.
func alternatives(match lb.Match) []lb.Match {
	choices, count := make([][]lb.Condition, len(match)), 1
	for i, c := range match {
		choices[i] = choicesOf(c)
		if count *= len(choices[i]); count > maxRoutes {
			return nil
		}
	}
	out := []lb.Match{nil}
	for _, conditions := range choices {
		var longer []lb.Match
		for _, match := range out {
			for _, c := range conditions {
				longer = append(longer, append(slices.Clone(match), c))
			}
		}
		out = longer
	}
	var distinct []lb.Match
	for _, match := range out {
		match = canonicalMatch(match)
		if !slices.ContainsFunc(distinct, func(m lb.Match) bool { return sameMatch(m, match) }) {
			distinct = append(distinct, match)
		}
	}
	return distinct
}

func sameMatch(a, b lb.Match) bool {
	return slices.EqualFunc(a, b, func(a, b lb.Condition) bool { return compareConditions(a, b) == 0 })
}

// choicesOf are the conditions, of one rule each, any of which makes c true. What is
// negated needs all of its rules in one route.
func choicesOf(c lb.Condition) []lb.Condition {
	patterns := patternsOf(c)
	if c.Not || len(patterns) <= 1 {
		return []lb.Condition{c}
	}
	out := make([]lb.Condition, len(patterns))
	for i, values := range patterns {
		out[i] = c
		out[i].Values = values
	}
	return out
}

// patternsOf divides the values of a condition among rules: those that can stand in
// a list of up to maxPattern characters together, the others alone.
func patternsOf(c lb.Condition) [][]string {
	if c.Op == lb.MatchExists && len(c.Values) == 0 {
		return [][]string{nil}
	}
	var lists, alone [][]string
	length := 0
	for _, value := range c.Values {
		n := utf8.RuneCountInString(value)
		switch last := len(lists) - 1; {
		case c.Op != "" || !listable(value):
			alone = append(alone, []string{value})
		case last >= 0 && length+1+n <= maxPattern:
			lists[last], length = append(lists[last], value), length+1+n
		default:
			lists, length = append(lists, []string{value}), n
		}
	}
	return append(lists, alone...)
}

// listable: the value survives in a list whose items are separated by commas, and
// may have blanks around them.
func listable(value string) bool {
	return value != "" && !strings.Contains(value, ",") && strings.TrimSpace(value) == value
}

// ruleCount is how many rules a match of one route takes.
func ruleCount(match lb.Match) int {
	if len(match) == 0 {
		return 1
	}
	n := 0
	for _, c := range match {
		n += len(patternsOf(c))
	}
	return n
}

// expand is a canonical match as the matches of single routes, checked against
// OVH's bounds.
func (f *findings) expand(match lb.Match) []lb.Match {
	all := alternatives(match)
	if all == nil {
		f.invalid("match", "it takes a route for each combination of values, and a load balancer has %d routes", maxRoutes)
	}
	for _, one := range all {
		if n := ruleCount(one); n > maxRules {
			f.invalid("match", "it takes %d rules, and a route has %d", n, maxRules)
			break
		}
	}
	return all
}
