package ovh

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// foreignWord marks what the API says and the contract has no word for, where the word
// itself has another meaning in the contract.
const foreignWord = "ovh:"

// fieldNone is the field of the one condition of a route without rules. Such a route
// is not "always": the API calls its frontend invalid (facts 6.3).
const fieldNone lb.Field = foreignWord + "none"

// openValue keeps a word of the API as an open value of the contract, and apiWord is its
// inverse.
func openValue[T interface {
	~string
	Known() bool
}](word string) T {
	if word == "" || T(word).Known() || strings.HasPrefix(word, foreignWord) {
		return T(foreignWord + word)
	}
	return T(word)
}

func apiWord[T ~string](word T) string { return strings.TrimPrefix(string(word), foreignWord) }

// The API's words for fields and comparisons. On TCP the name that a client asks
// for goes by two words: sources differ (facts 8.22).
const (
	ruleHost = "host"
	ruleSNI  = "sni"

	protocolH2 = "http/2.0" // what Condition calls h2
)

var ruleMatches = map[lb.MatchOp]RuleMatch{
	lb.MatchPrefix:   RuleStartsWith,
	lb.MatchSuffix:   RuleEndsWith,
	lb.MatchContains: RuleContains,
	lb.MatchRegex:    RuleMatches,
	lb.MatchExists:   RuleExists,
}

// rulesOf are the rules of a route with a canonical match. Host is what its rules
// call the name that a client asks for.
func rulesOf(protocol lb.Protocol, match lb.Match, host string) []RuleCreate {
	if len(match) == 0 {
		if protocol == lb.ProtocolTCP {
			return nil
		}
		match = lb.Match{alwaysTrue}
	}
	var rules []RuleCreate
	for _, c := range match {
		if c.Field == fieldNone {
			continue
		}
		field := ruleField(protocol, c.Field)
		if field == ruleHost {
			field = host
		}
		for _, values := range patternsOf(c) {
			rules = append(rules, RuleCreate{
				Field: field, SubField: c.Name, Match: ruleMatch(c, values), Negate: c.Not,
				Pattern: strings.Join(ruleValues(c.Field, values), ","),
			})
		}
	}
	return rules
}

func ruleField(protocol lb.Protocol, field lb.Field) string {
	if known, ok := matchFields(protocol)[field]; ok {
		return known.native
	}
	return apiWord(field)
}

// ruleMatch: a source is always in a list, since blocks are compared by what is
// within them.
func ruleMatch(c lb.Condition, values []string) RuleMatch {
	switch match, known := ruleMatches[c.Op]; {
	case known:
		return match
	case c.Op != "":
		return RuleMatch(apiWord(c.Op))
	case len(values) > 1 || c.Field == lb.FieldSource:
		return RuleIn
	default:
		return RuleIs
	}
}

func ruleValues(field lb.Field, values []string) []string {
	if field != lb.FieldProtocol {
		return values
	}
	out := slices.Clone(values)
	for i, value := range out {
		if value == "h2" {
			out[i] = protocolH2
		}
	}
	return out
}

// matchOf is the inverse of rulesOf, for whatever rules the API has. What a Match
// cannot say is kept in open values: the dialect refuses them, and they are equal to
// nothing else.
func matchOf(protocol lb.Protocol, rules []Rule) lb.Match {
	if len(rules) == 0 {
		return lb.Match{{Field: fieldNone}}
	}
	match := make(lb.Match, len(rules))
	for i, rule := range rules {
		match[i] = conditionOf(protocol, rule)
	}
	return canonicalMatch(match)
}

func conditionOf(protocol lb.Protocol, rule Rule) lb.Condition {
	c := lb.Condition{Field: fieldOf(protocol, rule.Field), Name: rule.SubField, Not: rule.Negate}
	c.Op, c.Values = comparisonOf(c.Field, rule)
	if c.Field != lb.FieldProtocol {
		return c
	}
	for i, value := range c.Values {
		if value == protocolH2 {
			c.Values[i] = "h2"
		}
	}
	return c
}

func fieldOf(protocol lb.Protocol, word string) lb.Field {
	if protocol == lb.ProtocolTCP && word == ruleSNI {
		return lb.FieldHost
	}
	for field, known := range matchFields(protocol) {
		if known.native == word {
			return field
		}
	}
	return openValue[lb.Field](word)
}

// comparisonOf is how a rule compares, and with what.
func comparisonOf(field lb.Field, rule Rule) (lb.MatchOp, []string) {
	whole := []string{rule.Pattern}
	switch rule.Match {
	case RuleIs, RuleIn:
		if field == lb.FieldSource {
			return sourcesOf(rule)
		}
		if rule.Match == RuleIs {
			return "", whole
		}
		if values := strings.Split(rule.Pattern, ","); !slices.ContainsFunc(values, func(v string) bool { return !listable(v) }) {
			return "", values
		}
	case RuleExists:
		if rule.Pattern == "" {
			return lb.MatchExists, nil
		}
		return lb.MatchExists, whole
	case RuleContains, RuleStartsWith, RuleEndsWith, RuleMatches:
		for op, match := range ruleMatches {
			if match == rule.Match {
				return op, whole
			}
		}
	}
	return openValue[lb.MatchOp](string(rule.Match)), whole
}

// sourcesOf reads a list of addresses and blocks, with blanks or without (facts
// 5.6). One that cannot be read stays whole, as an open value.
func sourcesOf(rule Rule) (lb.MatchOp, []string) {
	var values []string
	for part := range strings.SplitSeq(rule.Pattern, ",") {
		value, ok := canonicalSource(part)
		if !ok {
			return openValue[lb.MatchOp](string(rule.Match)), []string{rule.Pattern}
		}
		values = append(values, value)
	}
	return "", values
}

// canonicalSource is a block as conditions hold it.
func canonicalSource(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.Unmap().WithZone("")
		return netip.PrefixFrom(address, address.BitLen()).String(), true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return text, false
	}
	return prefix.Masked().String(), true
}
