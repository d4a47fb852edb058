package ovhtest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// rule is a condition of a route (facts 5.6).
type rule struct {
	RuleID      int64   `json:"ruleId"`
	DisplayName *string `json:"displayName,omitzero"`
	Field       string  `json:"field"`
	SubField    *string `json:"subField,omitzero"`
	Match       string  `json:"match"`
	Negate      bool    `json:"negate,omitzero"`
	Pattern     *string `json:"pattern,omitzero"`
}

func (r *rule) clone() resource   { next := *r; return &next }
func (r *rule) place(path string) { r.RuleID = idOf(path) }

func (r *rule) zoneIn(t *tree, path string) string {
	route := at[trafficRoute](t.nodes, parentOf(path))
	if route == nil {
		return ""
	}
	return route.zoneIn(t, parentOf(path))
}

func (r *rule) view(*call, string) any     { return r }
func (r *rule) remove(*call, string) error { return nil }

// ruleField is what a rule may say about one part of a request.
type ruleField struct {
	named   bool // needs a subField
	matches []string
	words   []string // the only patterns, where not nil
	blocks  bool     // patterns are addresses and blocks
}

// ruleFields are the fields of a protocol's rules. On TCP the name that the
// client asks for goes by host or sni: sources differ (facts 8.22).
func ruleFields(protocol string) map[string]ruleField {
	exact := []string{"is", "in"}
	text := []string{"is", "in", "contains", "startswith", "endswith", "matches"}
	named := ruleField{named: true, matches: append(slices.Clone(text), "exists")}
	protocols := []string{"tcp", "tls", "http", "https"}
	fields := map[string]ruleField{"source": {matches: exact, blocks: true}, "host": {matches: text}}
	if protocol == "tcp" {
		fields["protocol"] = ruleField{matches: exact, words: append(protocols, "http/2.0")}
		fields["sni"] = ruleField{matches: text}
		return fields
	}
	fields["protocol"] = ruleField{matches: exact, words: protocols}
	fields["method"] = ruleField{
		matches: exact, words: []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE"},
	}
	fields["uri"] = ruleField{matches: text}
	fields["param"], fields["header"], fields["cookie"] = named, named, named
	return fields
}

func (r *rule) check(c *call, path string) error {
	if c.svc.draft.nodes[path] == nil && len(c.svc.draft.children[collectionOf(path)]) >= maxRules {
		return c.tooMany(fmt.Sprintf("A route has at most %d rules", maxRules))
	}
	f, known := ruleFields(protocolOf(path))[r.Field]
	switch {
	case !known:
		return invalid("field", "not a field of "+protocolOf(path)+" rules")
	case f.named && (r.SubField == nil || *r.SubField == ""):
		return invalid("subField", "field "+r.Field+" needs one")
	case !f.named && r.SubField != nil:
		return invalid("subField", "field "+r.Field+" has none")
	case !slices.Contains(f.matches, r.Match):
		return invalid("match", "field "+r.Field+" has no match "+r.Match)
	}
	return r.checkPattern(f)
}

func (r *rule) checkPattern(f ruleField) error {
	if r.Match == "exists" {
		if r.Pattern != nil {
			return invalid("pattern", "match exists has none")
		}
		return nil
	}
	pattern := *orDefault(r.Pattern, "")
	if pattern == "" {
		return invalid("pattern", "is missing")
	}
	if utf8.RuneCountInString(pattern) > maxText {
		return invalid("pattern", fmt.Sprintf("longer than %d characters", maxText))
	}
	values := []string{pattern}
	if r.Match == "in" || f.blocks {
		values = strings.Split(pattern, ",")
	}
	for _, value := range values {
		value = strings.TrimSpace(value)
		if f.words != nil && !slices.Contains(f.words, value) {
			return invalid("pattern", "not one of "+strings.Join(f.words, ", "))
		}
		if _, err := parseBlock(value); f.blocks && err != nil {
			return invalid("pattern", "not an address or a block")
		}
	}
	return nil
}
