package lbtest

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// pathOf is where a problem of a Dialect says that it is, as a leaf of a spec of kind:
// "servers[2].weight" is "server.weight". It is empty for an error that is no problem.
func pathOf(kind lb.Kind, problem error) lb.Feature {
	var no *lb.UnsupportedError
	var bad *lb.Error
	path := ""
	switch {
	case errors.As(problem, &no):
		path = no.Path
	case errors.As(problem, &bad) && len(bad.Fields) == 1:
		path = bad.Fields[0].Path
	}
	if path == "" {
		return ""
	}
	path = indices.ReplaceAllString(path, "")
	for plural, kind := range map[string]string{"servers": "server", "filters": "filter", "routes": "route"} {
		if rest, ok := strings.CutPrefix(path, plural); ok && (rest == "" || rest[0] == '.') {
			return lb.Feature(kind + rest)
		}
	}
	if strings.HasPrefix(path, "frontend.") { // of the frontend that filters and routes are asked about
		return lb.Feature(path)
	}
	if kind == lb.KindServer { // those of a backend, which is asked about too
		kind = lb.KindBackend
	}
	return lb.Feature(strings.ReplaceAll(string(kind), " ", "") + "." + path)
}

var indices = regexp.MustCompile(`\[[0-9]+\]`)

// unordered reports whether a problem is that two routes may match the same request, where
// the provider has no order of routes. An extension that widens what a route matches leads
// there, and says nothing of itself.
func (r *leafRig) unordered(problem error) bool {
	var no *lb.UnsupportedError
	return !r.p.Has("route.order") && errors.As(problem, &no) && no.Feature == "route.order"
}

// pointsAt reports whether a problem is exactly at a leaf: at its path, below it, or, where
// the leaf is a part of a match, at the match, whose parts have to go together.
func pointsAt(problem error, l leaf) bool {
	path := pathOf(l.kind(), problem)
	if path == l.path || strings.HasPrefix(string(path), string(l.path)+".") {
		return true
	}
	// What a provider lacks as a whole it may refuse as a whole: expect, for expect.regex.
	var no *lb.UnsupportedError
	if errors.As(problem, &no) && no.Feature == path && strings.HasPrefix(string(l.path), string(path)+".") {
		return true
	}
	match, _, inMatch := strings.Cut(string(l.path), ".match.")
	return inMatch && path == lb.Feature(match+".match")
}

// wellFormed holds what every refusal has to say: which leaf, why, and what to do
// instead; and that the provider's Capabilities say the same.
func (r *leafRig) wellFormed(t *rapid.T, kind lb.Kind, problems lb.Problems) {
	t.Helper()
	for _, problem := range problems {
		path := pathOf(kind, problem)
		if !slices.ContainsFunc(r.leaves, func(l leaf) bool { return path == l.path || strings.HasPrefix(string(path), string(l.path)+".") }) &&
			path != "filter" && path != "route" {
			t.Fatalf("%v: its path, %q, is no leaf of a %s", problem, path, kind)
		}
		if fault := r.refusalFault(path, problem); fault != "" {
			t.Fatalf("%v: %s", problem, fault)
		}
	}
}

// refusalFault is what is wrong with one refusal, or empty.
func (r *leafRig) refusalFault(path lb.Feature, problem error) string {
	var no *lb.UnsupportedError
	if !errors.As(problem, &no) {
		var bad *lb.Error
		if !errors.As(problem, &bad) || !errors.Is(problem, lb.ErrInvalid) || bad.Provider != r.name || len(bad.Fields) != 1 || bad.Fields[0].Reason == "" {
			return "it is neither an UnsupportedError nor an Error with ErrInvalid, the provider and a reason"
		}
		return ""
	}
	support := r.p.Features[no.Feature]
	switch {
	case no.Provider != r.name || no.Reason == "" || !errors.Is(problem, lb.ErrUnsupported):
		return "it names no provider, or no reason, or does not match ErrUnsupported"
	case no.Hint != support.Hint:
		return "its hint is not that of the capabilities"
	case support.Supported && len(support.Values) == 0:
		return "its feature is among the capabilities, for every value"
	case support.Supported && slices.Contains(support.Values, plain(no.Value)):
		return "its feature is among the capabilities, for this value too"
	case kindOf(no.Feature) != kindOf(path):
		return "its feature is of another kind than its path"
	}
	return ""
}

// kindOf is the first part of a feature or path: "server".
func kindOf(path lb.Feature) string {
	kind, _, _ := strings.Cut(string(path), ".")
	return kind
}
