package scalewaytest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// defaultPageSize is how many items a page has where the request does not say
// (facts 4).
const defaultPageSize = 20

// page cuts what a list operation answers out of all matching items.
func page[T any](s *Server, c *call, items []T) ([]T, error) {
	number, size := 1, defaultPageSize
	var p problems
	if text := c.query.Get("page"); text != "" {
		number, _ = strconv.Atoi(text) // the schema has passed it
		p.between("page", int64(number), 1, 1<<31-1)
	}
	if text := c.query.Get("page_size"); text != "" {
		size, _ = strconv.Atoi(text)
		p.between("page_size", int64(size), 1, 1<<32-1)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	size = min(size, s.options.maxPageSize)
	if number-1 >= (len(items)+size-1)/size {
		return []T{}, nil
	}
	first := (number - 1) * size
	return items[first:min(first+size, len(items))], nil
}

// named are the items whose name passes the name filter, in the order asked for.
// What they come in is by age.
func named[T any](s *Server, c *call, items []T, name func(T) string) []T {
	items = slices.Clone(items)
	if filter := c.query.Get("name"); filter != "" {
		matches := strings.Contains
		if s.options.prefixNames {
			matches = strings.HasPrefix
		}
		items = slices.DeleteFunc(items, func(item T) bool { return !matches(name(item), filter) })
	}
	switch c.query.Get("order_by") {
	case "created_at_desc":
		slices.Reverse(items)
	case "name_asc":
		slices.SortStableFunc(items, func(a, b T) int { return strings.Compare(name(a), name(b)) })
	case "name_desc":
		slices.SortStableFunc(items, func(a, b T) int { return strings.Compare(name(b), name(a)) })
	}
	return items
}

// owned says whether an object passes the filters on project and organization.
func owned(query url.Values, o owner) bool {
	project, organization := query.Get("project_id"), query.Get("organization_id")
	return (project == "" || project == o.ProjectID) && (organization == "" || organization == o.OrganizationID)
}

// tagged says whether tags pass the filter on tags, of which one must match.
func tagged(query url.Values, tags []string) bool {
	wanted := query["tags"]
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(tag string) bool { return slices.Contains(tags, tag) })
}

// views renders each item of a page.
func views[T, V any](items []T, view func(T) V) []V {
	out := make([]V, len(items))
	for i, item := range items {
		out[i] = view(item)
	}
	return out
}
