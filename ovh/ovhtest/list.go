package ovhtest

import (
	"encoding/json"
	"strings"
	"time"
)

// listing is the result of a list operation: IDs, and for each the object that
// an expanded page shows.
type listing struct {
	ids   []any
	views []func() any
}

// element is an ID with its object encoded, where anything needs that.
type element struct {
	id   json.RawMessage
	view json.RawMessage
}

// list encodes a listing: filtered, and expanded where the request asks for it
// and the operation can.
func (c *call) list(l *listing) (json.RawMessage, error) {
	mode := strings.ToLower(c.request.Header.Get("X-Pagination-Mode"))
	expand := !c.opts.plainLists && c.op.Expanded != "" && (mode == modePages || mode == modeCursor)
	if !expand && len(c.query) == 0 {
		return c.schema.encode("[]any", l.ids), nil
	}
	if expand {
		return c.page(mode, l)
	}
	kept := c.elements(l)
	ids := make([]json.RawMessage, len(kept))
	for i, e := range kept {
		ids[i] = e.id
	}
	return c.schema.encode("[]any", ids), nil
}

// elements are those that pass the query's filters.
func (c *call) elements(l *listing) []element {
	kept := []element{}
	for i, id := range l.ids {
		e := element{id: c.schema.encode("any", id), view: c.schema.encode(c.op.Expanded, l.views[i]())}
		if c.passes(e.view) {
			kept = append(kept, e)
		}
	}
	return kept
}

func (c *call) passes(view json.RawMessage) bool {
	if len(c.query) == 0 {
		return true
	}
	shown := document{}
	if err := json.Unmarshal(view, &shown); err != nil {
		panic("ovhtest: " + err.Error())
	}
	for _, name := range c.op.filters {
		if !c.query.Has(name) {
			continue
		}
		if name == "iamTags" {
			if !tagsPass(shown["iam"], c.query.Get(name)) {
				return false
			}
			continue
		}
		fieldName, _, _ := strings.Cut(name, ".")
		value := shown[fieldName]
		if isNull(value) || !matches(c.op.Query[name].Match, scalarText(value), c.query.Get(name)) {
			return false
		}
	}
	return true
}

// matches compares a field's text with a filter's as the schema says.
func matches(kind, shown, wanted string) bool {
	switch kind {
	case "like":
		return like(shown, wanted)
	case "ilike":
		return like(strings.ToLower(shown), strings.ToLower(wanted))
	case "<":
		return compareDates(shown, wanted) < 0
	case "<=":
		return compareDates(shown, wanted) <= 0
	case ">=":
		return compareDates(shown, wanted) >= 0
	case "contains-or-equals":
		return blockContains(shown, wanted)
	}
	return strings.EqualFold(shown, wanted) // zone codes come in either case (facts 6.10)
}

// like is SQL's: % stands for any text (facts 4.1, 8.19).
func like(text, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return text == pattern
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, last)
}

func compareDates(a, b string) int { return parseDate(a).Compare(parseDate(b)) }

func parseDate(text string) time.Time {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic("ovhtest: date passed the schema: " + text)
	}
	return t
}

func blockContains(shown, wanted string) bool {
	outer, err := parseBlock(shown)
	if err != nil {
		return false
	}
	inner, err := parseBlock(wanted)
	return err == nil && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
