package ovhtest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// resource is a node that a client creates, reads, changes and deletes.
type resource interface {
	node
	clone() resource
	// place fills in the IDs that follow from the path.
	place(path string)
	// check holds the object as written against the rules between fields and
	// objects, and brings values into the form in which the API keeps them.
	check(c *call, path string) error
	// view is what a read shows.
	view(c *call, path string) any
	// remove refuses the deletion or tidies up after it.
	remove(c *call, path string) error
}

// addCollection adds the five operations of a kind of object: list, create,
// read, change and delete.
func (r *router) addCollection(service, item string, fresh func() resource) {
	itemPath := service + "/" + item
	listPath := collectionOf(itemPath)
	idName := strings.Trim(item[strings.LastIndexByte(item, '/')+1:], "{}")
	found := func(c *call) (resource, error) {
		if err := c.needParents(); err != nil {
			return nil, err
		}
		r, ok := c.svc.draft.nodes[c.path].(resource)
		if !ok {
			return nil, noSuchObject(idName, c.params[idName])
		}
		return r, nil
	}
	r.add("GET", listPath, listResources)
	r.add("POST", listPath, func(c *call) (any, error) { return create(c, fresh()) })
	r.add("GET", itemPath, func(c *call) (any, error) {
		current, err := found(c)
		if err != nil {
			return nil, err
		}
		return current.view(c, c.path), nil
	})
	r.add("PUT", itemPath, func(c *call) (any, error) {
		current, err := found(c)
		if err != nil {
			return nil, err
		}
		return nil, update(c, current)
	})
	r.add("DELETE", itemPath, func(c *call) (any, error) {
		current, err := found(c)
		if err != nil {
			return nil, err
		}
		if err := current.remove(c, c.path); err != nil {
			return nil, err
		}
		c.svc.draft.remove(c.path)
		return nil, nil
	})
}

// needParents makes sure that the objects above c.path exist.
func (c *call) needParents() error {
	parts := strings.Split(c.path, "/")
	// "http/farm/12/server" and "http/farm/12/server/34" hang on "http/farm/12".
	if len(parts) < 4 {
		return nil
	}
	parent := strings.Join(parts[:3], "/")
	if c.svc.draft.nodes[parent] == nil {
		return noSuchObject(parts[1]+"Id", parts[2])
	}
	return nil
}

func listResources(c *call) (any, error) {
	if err := c.needParents(); err != nil {
		return nil, err
	}
	l := &listing{ids: []any{}}
	paths := c.svc.draft.children[c.path]
	if strings.HasSuffix(c.path, "/route") {
		paths = c.svc.draft.evaluationOrder(paths)
	}
	for _, path := range paths {
		r, ok := c.svc.draft.nodes[path].(resource)
		if !ok {
			continue
		}
		l.ids = append(l.ids, idOf(path))
		l.views = append(l.views, func() any { return r.view(c, path) })
	}
	return l, nil
}

func create(c *call, r resource) (any, error) {
	if err := c.needParents(); err != nil {
		return nil, err
	}
	merge(r, c.body)
	path := c.path + "/" + formatID(c.newID(c.svc, c.path))
	r.place(path)
	if err := r.check(c, path); err != nil {
		return nil, err
	}
	c.svc.draft.put(path, r)
	return r.view(c, path), nil
}

func update(c *call, current resource) error {
	if err := c.checkRepeated(current.view(c, c.path)); err != nil {
		return err
	}
	next := current.clone()
	merge(next, c.body)
	if err := next.check(c, c.path); err != nil {
		return err
	}
	c.svc.draft.put(c.path, next)
	return nil
}

// checkRepeated refuses read-only fields of a body that do not say what the
// object shows (facts 6.4).
func (c *call) checkRepeated(view any) error {
	if len(c.repeated) == 0 {
		return nil
	}
	shown := document{}
	if err := json.Unmarshal(c.schema.encode(c.op.BodyType, view), &shown); err != nil {
		panic("ovhtest: " + err.Error())
	}
	for _, name := range c.schema.Types[c.op.BodyType].names {
		given, ok := c.repeated[name]
		if !ok || repeats(name, given, shown[name]) {
			continue
		}
		if err := c.assume.ReadOnlyChange.refuse("[" + name + "] is read-only"); err != nil {
			return err
		}
	}
	return nil
}

// repeats tells whether a read-only field says what was read. Zone codes come in
// either case (facts 6.10), and what the probes find changes between a read and
// the write of what was read.
func repeats(name string, given, shown json.RawMessage) bool {
	switch name {
	case "serverState":
		return true
	case "zone":
		return sameJSON(bytes.ToLower(given), bytes.ToLower(shown))
	}
	return sameJSON(given, shown)
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
