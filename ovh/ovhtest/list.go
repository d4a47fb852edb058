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
	asked := mode == modePages || mode == modeCursor
	granted := c.op.Expanded != "" && !c.opts.noExpansion
	switch {
	case granted && asked:
		return c.page(mode, l)
	case granted && c.opts.noPlain:
		return c.schema.encode("[]any", viewsOf(c.elements(l))), nil
	case len(c.query) == 0:
		return c.schema.encode("[]any", l.ids), nil
	}
	kept := c.elements(l)
	ids := make([]json.RawMessage, len(kept))
	for i, e := range kept {
		ids[i] = e.id
	}
	return c.schema.encode("[]any", ids), nil
}

func viewsOf(elements []element) []json.RawMessage {
	views := make([]json.RawMessage, len(elements))
	for i, e := range elements {
		views[i] = e.view
	}
	return views
}

// GrantExpansion makes lists answer whole objects from now on where pagination
// headers ask for them, as they do by default.
func (s *Server) GrantExpansion() {
	defer s.settled().mu.Unlock()
	s.opts.noExpansion = false
}

// RefuseExpansion makes lists answer IDs from now on, as [WithoutExpansion] does,
// so that the mode can change between two pages.
func (s *Server) RefuseExpansion() {
	defer s.settled().mu.Unlock()
	s.opts.noExpansion = true
}

// elements are those that pass the query's filters.
func (c *call) elements(l *listing) []element {
	kept := []element{}
	for i, id := range l.ids {
		view := l.views[i]()
		e := element{id: c.schema.encode("any", id), view: c.schema.encode(c.op.Expanded, view)}
		if c.passes(view, e.view) {
			kept = append(kept, e)
		}
	}
	return kept
}

// passes tells whether the filters let an element through, by its object and what
// of it the list shows.
func (c *call) passes(view any, encoded json.RawMessage) bool {
	if len(c.query) == 0 {
		return true
	}
	shown := document{}
	if err := json.Unmarshal(encoded, &shown); err != nil {
		panic("ovhtest: " + err.Error())
	}
	for _, name := range c.op.filters {
		if !c.query.Has(name) {
			continue
		}
		if name == "iamTags" {
			if t, ok := view.(tagged); !ok || !tagsPass(t.ownTags(), c.query.Get(name)) {
				return false
			}
			continue
		}
		value := fieldNamed(shown, name)
		if value == nil || isNull(value) || !matches(c.op.Query[name].Match, scalarText(value), c.query.Get(name)) {
			return false
		}
	}
	return true
}

// fieldNamed is the field that a filter or a sort is about: "zone",
// "routedTo.serviceName", or creationDate for "creationDate.from".
func fieldNamed(shown document, name string) json.RawMessage {
	first, rest, nested := strings.Cut(name, ".")
	if !nested || rest == "from" || rest == "to" {
		return shown[first]
	}
	inner := document{}
	if json.Unmarshal(shown[first], &inner) != nil {
		return nil
	}
	return inner[rest]
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
