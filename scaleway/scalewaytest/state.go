package scalewaytest

import "slices"

// table keeps objects in the order in which they were made.
type table[T interface{ comparable }] struct {
	byID map[string]T
	all  []T
}

func (t *table[T]) put(zone, id string, item T) {
	if t.byID == nil {
		t.byID = map[string]T{}
	}
	t.byID[zone+"/"+id] = item
	t.all = append(t.all, item)
}

func (t *table[T]) get(zone, id string) (T, bool) {
	item, ok := t.byID[zone+"/"+id]
	return item, ok
}

func (t *table[T]) remove(zone, id string) {
	item, ok := t.byID[zone+"/"+id]
	if !ok {
		return
	}
	delete(t.byID, zone+"/"+id)
	i := slices.Index(t.all, item)
	t.all = slices.Delete(t.all, i, i+1)
}

// where lists the items that keep says yes to, oldest first.
func (t *table[T]) where(keep func(T) bool) []T {
	var out []T
	for _, item := range t.all {
		if keep(item) {
			out = append(out, item)
		}
	}
	return out
}

func (t *table[T]) count(keep func(T) bool) int {
	n := 0
	for _, item := range t.all {
		if keep(item) {
			n++
		}
	}
	return n
}

// find gets the object that a path parameter names, or answers 404 with word.
func find[T comparable](t *table[T], c *call, parameter, word string) (T, error) {
	item, ok := t.get(c.zone, c.ids[parameter])
	if !ok {
		return item, notFound(word)
	}
	return item, nil
}

// orEmpty is list, or an empty one for none: answers never hold null for a list
// (facts 7).
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// region is that of a zone.
func region(zone string) string {
	if len(zone) < 2 {
		return zone
	}
	return zone[:len(zone)-2]
}

// owner is who a new object belongs to.
type owner struct {
	OrganizationID string `json:"organization_id"`
	ProjectID      string `json:"project_id"`
}

// ownerOf settles the one of project and organization that a request names: an
// organization has a default project with its own ID, and both are answered
// (facts 8).
func (s *Server) ownerOf(project, organization *string) (owner, error) {
	id := project
	argument := "project_id"
	if id == nil {
		id, argument = organization, "organization_id"
	}
	switch {
	case id == nil:
		return owner{}, invalid("project_id", "required", "required")
	case !uuidPattern.MatchString(*id):
		return owner{}, invalid(argument, "format", "must be a UUID")
	}
	if project != nil && s.options.organization != "" {
		return owner{OrganizationID: s.options.organization, ProjectID: *id}, nil
	}
	return owner{OrganizationID: *id, ProjectID: *id}, nil
}
