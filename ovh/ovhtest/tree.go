package ovhtest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// everyZone is the zone of objects that are deployed in all of a service's.
const everyZone = "all"

// node is something that a refresh makes live. A node in a tree is never
// changed: a write puts a changed copy in its place, so that a snapshot stays
// what it was.
type node interface {
	// zoneIn is the zone where the node at path is deployed: one, everyZone, or
	// "" for none.
	zoneIn(t *tree, path string) string
}

// tree holds the nodes of a service by path: "http/farm/12/server/34".
type tree struct {
	nodes    map[string]node
	children map[string][]string // paths by collection, oldest first
}

// config is what is deployed in one zone, by path.
type config map[string]node

func newTree() *tree { return &tree{nodes: map[string]node{}, children: map[string][]string{}} }

func (t *tree) put(path string, n node) {
	if t.nodes[path] == nil {
		collection := collectionOf(path)
		t.children[collection] = append(t.children[collection], path)
	}
	t.nodes[path] = n
}

// remove takes out a node and everything below it.
func (t *tree) remove(path string) {
	for below := range t.nodes {
		if strings.HasPrefix(below, path+"/") {
			delete(t.nodes, below)
		}
	}
	for collection := range t.children {
		if strings.HasPrefix(collection, path+"/") {
			delete(t.children, collection)
		}
	}
	delete(t.nodes, path)
	collection := collectionOf(path)
	t.children[collection] = slices.DeleteFunc(t.children[collection], func(p string) bool { return p == path })
}

// deployed is what a refresh of the zone would make live.
func (t *tree) deployed(zone string) config {
	out := config{}
	for path, n := range t.nodes {
		if z := n.zoneIn(t, path); z == everyZone || z == zone {
			out[path] = n
		}
	}
	return out
}

// changes counts the nodes in which two configurations differ.
func (a config) changes(b config) int {
	count := 0
	for path, n := range a {
		if other, ok := b[path]; !ok || n != other && !reflect.DeepEqual(n, other) {
			count++
		}
	}
	for path := range b {
		if a[path] == nil {
			count++
		}
	}
	return count
}

// withoutFailover leaves out the service's addresses.
func (a config) withoutFailover() config {
	out := maps.Clone(a)
	maps.DeleteFunc(out, func(path string, _ node) bool { return strings.HasPrefix(path, failoverPrefix) })
	return out
}

// plain is the configuration as JSON, set fields alone.
func (a config) plain() map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(a))
	for path, n := range a {
		b, err := json.Marshal(n)
		if err != nil {
			panic("ovhtest: " + path + ": " + err.Error())
		}
		out[path] = b
	}
	return out
}

// at returns the node of type N at path, or nil.
func at[N any](nodes map[string]node, path string) *N {
	n, _ := any(nodes[path]).(*N)
	return n
}

// each goes through the nodes of type N in a collection, oldest first.
func each[N any](t *tree, collection string) func(yield func(string, *N) bool) {
	return func(yield func(string, *N) bool) {
		for _, path := range t.children[collection] {
			if n := at[N](t.nodes, path); n != nil && !yield(path, n) {
				return
			}
		}
	}
}

// collectionOf is "http/farm" for "http/farm/12", and "" for a single node.
func collectionOf(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}

// parentOf is "http/farm/12" for "http/farm/12/server/34".
func parentOf(path string) string { return collectionOf(collectionOf(path)) }

// idOf is the number at the end of a path.
func idOf(path string) int64 {
	id, err := strconv.ParseInt(path[strings.LastIndexByte(path, '/')+1:], 10, 64)
	if err != nil {
		panic("ovhtest: path without an ID: " + path)
	}
	return id
}

// protocolOf is the first part of a path.
func protocolOf(path string) string {
	protocol, _, _ := strings.Cut(path, "/")
	return protocol
}
