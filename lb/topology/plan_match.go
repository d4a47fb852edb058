package topology

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// wanted is what an entry of a topology is found by.
type wanted struct {
	path string
	id   string
	name string
}

// present is what is live.
type present struct{ id, name string }

// matching is which live object each entry is, and what is left over of replacements.
type matching struct {
	live []int // by entry: an index, or -1
	left []int // live objects whose replacement is done or under way
}

// match finds the live objects of one kind that entries stand for: by ID, else by name,
// else as what an interrupted replacement left under the name that it gave it.
func (b *planner) match(kind lb.Kind, entries []wanted, objects []present) matching {
	m := matching{live: make([]int, len(entries))}
	claimed := make([]bool, len(objects))
	named := func(name string) []int {
		var found []int
		for i, o := range objects {
			if !claimed[i] && name != "" && o.name == name {
				found = append(found, i)
			}
		}
		return found
	}
	byName := objectsByName(objects)
	for i, e := range entries {
		m.live[i] = -1
		at := slices.IndexFunc(byName.ids[e.id], func(int) bool { return e.id != "" })
		if at < 0 {
			continue
		}
		found := byName.ids[e.id][at]
		if replaced := e.name != "" && objects[found].name == b.replacedName(e.name); !replaced {
			m.live[i], claimed[found] = found, true
		}
	}
	for i, e := range entries {
		if m.live[i] >= 0 || len(byName.names[e.name]) == 0 || e.name == "" {
			continue
		}
		switch found := named(e.name); len(found) {
		case 0:
		case 1:
			m.live[i], claimed[found[0]] = found[0], true
		default:
			ids := make([]string, len(found))
			for j, at := range found {
				ids[j] = objects[at].id
			}
			b.invalid(lb.ErrAmbiguous, kind, "", e.path, "%d %ss are called %s: say by id which one is meant, of %s", len(found), kind, quoted(e.name), strings.Join(ids, ", "))
			m.live[i] = found[0] // so that nothing more is said of it
		}
	}
	for i, e := range entries {
		switch {
		case m.live[i] >= 0:
		case e.name == "":
			b.unnamedEntry(kind, e)
		case len(byName.names[b.replacedName(e.name)]) > 0:
			if found := named(b.replacedName(e.name)); len(found) > 0 {
				m.live[i], claimed[found[0]] = found[0], true
			}
		}
	}
	for _, e := range entries {
		if e.name == "" || len(byName.names[b.replacedName(e.name)]) == 0 {
			continue
		}
		for _, at := range named(b.replacedName(e.name)) {
			m.left, claimed[at] = append(m.left, at), true
		}
	}
	return m
}

// unnamedEntry is one without a name that nothing was found for.
func (b *planner) unnamedEntry(kind lb.Kind, e wanted) {
	if e.id != "" {
		b.invalid(lb.ErrNotFound, kind, e.id, e.path+".id", "there is no %s %q, and without a name nothing else tells which one is meant", kind, e.id)
		return
	}
	b.invalid(lb.ErrInvalid, kind, "", e.path+".name", "a %s that is to be made needs a name: nothing else tells it from another one after an interruption", kind)
}

// index finds objects by ID and by name.
type index struct{ ids, names map[string][]int }

func objectsByName(objects []present) index {
	x := index{ids: make(map[string][]int, len(objects)), names: make(map[string][]int, len(objects))}
	for i, o := range objects {
		x.ids[o.id] = append(x.ids[o.id], i)
		x.names[o.name] = append(x.names[o.name], i)
	}
	return x
}

// backendNode is a backend: an entry, a live one, or both.
type backendNode struct {
	path    string // empty: not in want
	want    *Backend
	servers []lb.ServerSpec // of want, less those that are left out
	live    *lb.Backend
	at      int  // index of live in planner.live, or -1
	left    bool // left over of a replacement
	replace string
}

// ref is what the topology's references to n stand for: its ID, or, as long as there
// is none, a handle.
func (n *backendNode) ref() lb.BackendID {
	if n.live == nil || n.replace != "" {
		return lb.BackendID(handle(n.path))
	}
	return n.live.ID
}

// frontendNode is a frontend: an entry, a live one, or both.
type frontendNode struct {
	path    string
	want    *Frontend // its references resolved
	live    *lb.FrontendTree
	at      int
	replace string
	changes []lb.Change
	step    int  // that makes it what is wanted; noStep: of none yet
	removed bool // in its turn, before others
	bare    bool // its filters are taken away until it is what is wanted
}

func (b *planner) matchBackends() {
	entries := make([]wanted, len(b.want.Backends))
	for i, e := range b.want.Backends {
		entries[i] = wanted{path: fmt.Sprintf("backends[%d]", i), id: string(e.ID), name: e.Name}
	}
	objects := make([]present, len(b.live.Backends))
	for i, o := range b.live.Backends {
		objects[i] = present{id: string(o.ID), name: o.Name}
	}
	m := b.match(lb.KindBackend, entries, objects)
	used := map[int]bool{}
	for i := range entries {
		n := &backendNode{path: entries[i].path, want: &b.want.Backends[i], at: m.live[i]}
		if n.at >= 0 {
			n.live, used[n.at] = b.live.Backends[n.at], true
		}
		n.servers = b.enabled(n)
		b.backends = append(b.backends, n)
	}
	for at, live := range b.live.Backends {
		if !used[at] {
			b.backends = append(b.backends, &backendNode{live: live, at: at, left: slices.Contains(m.left, at)})
		}
	}
}

// enabled are the servers that are written: without "server.disabled" a disabled one is
// left out.
func (b *planner) enabled(n *backendNode) []lb.ServerSpec {
	kept, places := n.want.enabled(b.capabilities)
	for i, server := range n.want.Servers {
		if !slices.Contains(places, i) {
			b.notes = append(b.notes, fmt.Sprintf("%s: server %s is disabled: %s cannot keep it so, and it is left out until it is enabled",
				titleOf(lb.KindBackend, n.want.Name, n.want.ID), endpointOf(server, n.want.Port), b.name))
		}
	}
	return kept
}

// titleOf names an object as the title of a step does.
func titleOf[ID ~string](kind lb.Kind, name string, id ID) string {
	return Step{Kind: kind, Name: name, ID: string(id)}.title()
}

func (b *planner) matchFrontends() {
	entries := make([]wanted, len(b.want.Frontends))
	for i, e := range b.want.Frontends {
		entries[i] = wanted{path: fmt.Sprintf("frontends[%d]", i), id: string(e.ID), name: e.Name}
	}
	objects := make([]present, len(b.live.Frontends))
	for i, o := range b.live.Frontends {
		objects[i] = present{id: string(o.ID), name: o.Name}
	}
	m := b.match(lb.KindFrontend, entries, objects)
	used := map[int]bool{}
	for i := range entries {
		n := &frontendNode{path: entries[i].path, want: &b.want.Frontends[i], at: m.live[i], step: noStep}
		if n.at >= 0 {
			n.live, used[n.at] = &b.live.Frontends[n.at], true
		}
		b.frontends = append(b.frontends, n)
	}
	for at := range b.live.Frontends {
		if !used[at] {
			b.frontends = append(b.frontends, &frontendNode{live: &b.live.Frontends[at], at: at})
		}
	}
}

// resolved is a frontend whose references are the IDs of what is live, or the handles
// of what is not there yet. What refers to no entry is taken for an ID.
func (b *planner) resolved(f Frontend) Frontend {
	return renaming{backend: b.backendRef, certificate: b.certificateRef}.frontend(f)
}

func (b *planner) backendRef(ref lb.BackendID) lb.BackendID {
	if i, ok := b.refs.backend(ref); ok {
		return b.backends[i].ref()
	}
	return ref
}

func (b *planner) certificateRef(ref lb.CertificateID) lb.CertificateID {
	if i, ok := b.refs.certificate(ref); ok {
		return b.certificates[i].ref()
	}
	return ref
}

// withKept is what a spec wants of its provider's extension, with those settings of the
// live one that it leaves out and that the provider lacks the feature
// "<kind>.extensions.<provider>.<setting><suffix>" for: ".unset", being able to leave it
// out, or ".update", to change it.
func (b *planner) withKept(kind string, is, want lb.Extensions, suffixes ...string) lb.Extensions {
	has, wants := ownSettings(is, b.name), ownSettings(want, b.name)
	changed := false
	for key, value := range has {
		if _, said := wants[key]; said {
			continue
		}
		leaf := kind + ".extensions." + b.name + "." + key
		if slices.ContainsFunc(suffixes, func(suffix string) bool {
			_, lacking := lacks(b.capabilities, lb.Feature(leaf+suffix))
			return lacking
		}) {
			wants[key], changed = value, true
		}
	}
	if !changed {
		return want
	}
	return extensionOf(b.name, wants, want)
}

// extensionOf is a provider's extension with these settings, or, where they cannot be
// written, what else there is.
func extensionOf(provider string, settings map[string]json.RawMessage, otherwise lb.Extensions) lb.Extensions {
	text, err := json.Marshal(map[string]any{provider: settings})
	var out lb.Extensions
	if err != nil || json.Unmarshal(text, &out) != nil {
		return otherwise
	}
	return out
}

// ownSettings are the settings in a provider's extension.
func ownSettings(x lb.Extensions, provider string) map[string]json.RawMessage {
	all := map[string]map[string]json.RawMessage{}
	if text, err := json.Marshal(x); err == nil {
		_ = json.Unmarshal(text, &all) // what is no object has no settings
	}
	if all[provider] == nil {
		return map[string]json.RawMessage{}
	}
	return all[provider]
}
