package ovhtest

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// pageFilter is one condition of X-Pagination-Filter: "weight:gt=1".
type pageFilter struct {
	field  string
	not    bool
	holds  func(shown, value string) bool
	values []string // any of them
}

// pageFilters reads "field:operator=value,value", several joined by &, with field and
// values escaped as in a URL. The operators are those that OVH's console sends; of
// not-equal two spellings are known (facts 4.2).
func (c *call) pageFilters() ([]pageFilter, error) {
	const header = "X-Pagination-Filter"
	text := c.request.Header.Get(header)
	if text == "" {
		return nil, nil
	}
	var filters []pageFilter
	for part := range strings.SplitSeq(text, "&") {
		name, condition, hasOperator := strings.Cut(part, ":")
		operator, values, hasValue := strings.Cut(condition, "=")
		field, err := url.QueryUnescape(name)
		if err != nil || field == "" || !hasOperator || !hasValue {
			return nil, badRequest(header + " is not of the form field:operator=value")
		}
		f := pageFilter{field: field}
		switch operator {
		case "eq", "in":
			f.holds = strings.EqualFold
		case "ne", "nq":
			f.not, f.holds = true, strings.EqualFold
		case "like":
			f.holds = like
		case "nlike":
			f.not, f.holds = true, like
		case "gt":
			f.holds = func(shown, value string) bool { return compareTexts(shown, value) > 0 }
		case "lt":
			f.holds = func(shown, value string) bool { return compareTexts(shown, value) < 0 }
		default:
			return nil, badRequest(header + " has an unknown operator: " + operator)
		}
		for value := range strings.SplitSeq(values, ",") {
			if value, err = url.QueryUnescape(value); err != nil {
				return nil, badRequest(header + " has a malformed value")
			}
			f.values = append(f.values, value)
		}
		filters = append(filters, f)
	}
	return filters, nil
}

// filtered are the elements that pass every filter.
func filtered(elements []element, filters []pageFilter) []element {
	if len(filters) == 0 {
		return elements
	}
	var kept []element
	for _, e := range elements {
		shown := document{}
		if err := json.Unmarshal(e.view, &shown); err != nil {
			panic("ovhtest: " + err.Error())
		}
		if !slices.ContainsFunc(filters, func(f pageFilter) bool { return !f.passes(shown) }) {
			kept = append(kept, e)
		}
	}
	return kept
}

// passes: a field that is null is none of the values.
func (f pageFilter) passes(shown document) bool {
	value := fieldNamed(shown, f.field)
	known := value != nil && !isNull(value)
	return f.not != (known && slices.ContainsFunc(f.values, func(wanted string) bool { return f.holds(scalarText(value), wanted) }))
}
