package scaleway

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/pattern"
	"github.com/lbkit/lbkit/lb"
)

// ways are the parts of a request that a rule can look at, each with the ways to
// compare it. The zero operation is equal.
type ways map[lb.Field][]lb.MatchOp

// What the rules of a frontend can look at, by its protocol (facts 8).
var (
	filterWays = map[lb.Protocol]ways{
		lb.ProtocolTCP: {lb.FieldSource: {""}},
		lb.ProtocolHTTP: {
			lb.FieldSource: {""},
			lb.FieldHost:   {""},
			lb.FieldPath:   {"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex},
			lb.FieldHeader: {""},
		},
	}
	routeWays = map[lb.Protocol]ways{
		lb.ProtocolTCP:  {lb.FieldHost: {"", lb.MatchSuffix}},
		lb.ProtocolHTTP: {lb.FieldHost: {"", lb.MatchSuffix}, lb.FieldPath: {lb.MatchPrefix}},
	}
)

// opName is what features call a way to compare.
func opName(op lb.MatchOp) lb.Feature { return lb.Feature(cmp.Or(op, "equal")) }

// ruleProtocol refuses the rules of a frontend that can have none, and reports
// whether they are worth a look.
func (p *problems) ruleProtocol(leaf lb.Feature, protocol lb.Protocol, count int) bool {
	switch {
	case protocol == lb.ProtocolTCP || protocol == lb.ProtocolHTTP:
		return true
	case count == 0:
	case protocol == lb.ProtocolUDP:
		p.unsupported(leaf+".match.udp", string(leaf)+"s", count, "Scaleway has no UDP")
	default:
		p.invalid("frontend.protocol", "%q: must be tcp or http", protocol)
	}
	return false
}

// condition checks the part of a match at path. A leaf is "filter" or "route".
func (p *problems) condition(leaf lb.Feature, can map[lb.Protocol]ways, protocol lb.Protocol, path string, c lb.Condition) {
	ops, known := can[protocol][c.Field]
	feature := leaf + ".match." + lb.Feature(c.Field)
	switch {
	case !c.Field.Known():
		p.invalid(path+".field", "%q: not a part of a request", c.Field)
		return
	case !known && can[lb.ProtocolHTTP][c.Field] != nil:
		p.unsupported(feature+".tcp", path+".field", c.Field, "Scaleway does not look into TCP connections for it")
		return
	case !known:
		p.unsupported(feature, path+".field", c.Field, "Scaleway cannot look at it")
		return
	}
	p.conditionOp(feature, path+".op", ops, c)
	p.conditionName(path+".name", c)
	p.conditionValues(leaf, path+".values", c)
}

func (p *problems) conditionOp(feature lb.Feature, path string, ops []lb.MatchOp, c lb.Condition) {
	switch {
	case slices.Contains(ops, c.Op):
	case c.Field == lb.FieldSource:
		p.invalid(path, "%q: a source takes none, it is within a prefix or not", c.Op)
	case c.Op != "" && !c.Op.Known():
		p.invalid(path, "%q: not a way to compare", c.Op)
	default:
		p.unsupported(feature+"."+opName(c.Op), path, c.Op, fmt.Sprintf("Scaleway does not compare a %s so", c.Field))
	}
}

func (p *problems) conditionName(path string, c lb.Condition) {
	switch {
	case c.Field != lb.FieldHeader && c.Name != "":
		p.invalid(path, "%q: a %s has none", c.Name, c.Field)
	case c.Field == lb.FieldHeader && !isToken(c.Name):
		p.invalid(path, "%q: not the name of a header", c.Name)
	}
}

func (p *problems) conditionValues(leaf lb.Feature, path string, c lb.Condition) {
	if c.Op == lb.MatchExists { // refused already
		return
	}
	if len(c.Values) == 0 {
		p.invalid(path, "at least one is needed")
	}
	for _, value := range c.Values {
		if value == "" {
			p.unsupported(leaf+".match.values.empty", path, value, "Scaleway has no way to say so")
			continue
		}
		p.conditionValue(path, c, value)
	}
}

func (p *problems) conditionValue(path string, c lb.Condition, value string) {
	switch {
	case c.Field == lb.FieldSource:
		p.source(path, value)
	case c.Field == lb.FieldHost:
		p.word(path, value)
	case c.Op == lb.MatchRegex:
		if fault := pattern.Fault(value); fault != "" {
			p.invalid(path, "%q: %s", value, fault)
		}
	default:
		p.text(path, value)
	}
}

// source refuses what is not a prefix in the one spelling that they are compared in.
func (p *problems) source(path, value string) {
	prefix, err := netip.ParsePrefix(value)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		p.invalid(path, "%q: not a prefix, such as 10.0.0.1/32", value)
	case prefix.Masked().String() != value:
		p.invalid(path, "%q: not a canonical prefix, is %s meant?", value, prefix.Masked())
	}
}

// isToken reports whether s may be the name of a header or a cookie (RFC 9110, 5.6.2;
// RFC 6265, 4.1.1).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// hostHeader is the header that Scaleway finds the host in, in the spelling of
// recorded traffic.
const hostHeader = "host"

// canonicalFilterMatch is the one spelling of a filter's match. It is total: what
// the dialect refuses has to be read too. Plain says that the frontend listens on a
// scheme's own port, so that its Host headers have none.
//
// Scaleway has neither equal nor contains for paths: they are what a regular
// expression says. A source that is any address at all is none.
func canonicalFilterMatch(plain bool, match lb.Match) lb.Match {
	var out lb.Match
	for _, c := range match {
		c = canonicalCondition(c)
		switch {
		case plain && c.Field == lb.FieldHeader && c.Op == "" && strings.EqualFold(c.Name, hostHeader):
			c.Field, c.Name = lb.FieldHost, ""
		case c.Field == lb.FieldPath && c.Op == "":
			c = asPattern(c, "^", "$")
		case c.Field == lb.FieldPath && c.Op == lb.MatchContains:
			c = asPattern(c, "", "")
		case anySource(c):
			continue
		}
		if same := slices.IndexFunc(out, func(o lb.Condition) bool { return mergeable(o, c) }); same >= 0 {
			out[same].Values = sortedSet(slices.Concat(out[same].Values, c.Values))
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, compareConditions)
	return slices.CompactFunc(out, func(a, b lb.Condition) bool { return compareConditions(a, b) == 0 })
}

func canonicalCondition(c lb.Condition) lb.Condition {
	if c.Field == lb.FieldHeader {
		c.Name = http.CanonicalHeaderKey(c.Name)
	}
	c.Values = sortedSet(c.Values)
	return c
}

func asPattern(c lb.Condition, before, after string) lb.Condition {
	c.Op = lb.MatchRegex
	patterns := make([]string, len(c.Values))
	for i, value := range c.Values {
		patterns[i] = before + regexp.QuoteMeta(value) + after
	}
	c.Values = sortedSet(patterns)
	return c
}

// anySource is a condition that is always true.
func anySource(c lb.Condition) bool {
	return c.Field == lb.FieldSource && !c.Not && c.Op == "" && c.Name == "" &&
		slices.Contains(c.Values, "0.0.0.0/0") && slices.Contains(c.Values, "::/0")
}

// mergeable: none of these and none of those is none of them all.
func mergeable(a, b lb.Condition) bool {
	return a.Not && b.Not && a.Field == b.Field && a.Name == b.Name && a.Op == b.Op
}

// compareConditions orders them, the source first.
func compareConditions(a, b lb.Condition) int {
	return cmp.Or(
		first(a.Field == lb.FieldSource, b.Field == lb.FieldSource),
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Op, b.Op),
		first(!a.Not, !b.Not), slices.Compare(a.Values, b.Values),
	)
}

// first orders what is true of before what it is not true of.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}
