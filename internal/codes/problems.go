// Package codes finds out about the problems that dialects and stores of others' making have
// found: which they are, the fields that they are about, and which of them are new.
package codes

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// Problems are the errors that err joins, at every depth: as lb.Problems or errors.Join, and
// whatever wraps these. Any other error is one, with what it wraps.
func Problems(err error) lb.Problems {
	if err == nil {
		return nil
	}
	parts, ok := joined(err)
	if !ok {
		return lb.Problems{err}
	}
	var all lb.Problems
	for _, part := range parts {
		all = append(all, Problems(part)...)
	}
	return all
}

// joined are the errors that err says one after the other and has no more to say about.
func joined(err error) (parts []error, ok bool) {
	for ; err != nil; err = errors.Unwrap(err) {
		switch several := err.(type) { //nolint:errorlint // this is what goes through the tree
		case lb.Problems:
			return several, true
		case *lb.Error:
			return nil, false
		case interface{ Unwrap() []error }:
			parts = several.Unwrap()
			all := errors.Join(parts...)
			return parts, all != nil && all.Error() == err.Error()
		}
	}
	return nil, false
}

// Paths are the fields that a problem of a dialect is about.
func Paths(problem error) []string {
	if lacks, ok := errors.AsType[*lb.UnsupportedError](problem); ok {
		return []string{lacks.Path}
	}
	var paths []string
	if e, ok := errors.AsType[*lb.Error](problem); ok {
		for _, field := range e.Fields {
			paths = append(paths, field.Path)
		}
	}
	return paths
}

// Path is the first of Paths, or empty.
func Path(problem error) string {
	if paths := Paths(problem); len(paths) > 0 {
		return paths[0]
	}
	return ""
}

// Fresh are the problems of after that before does not have, word for word, or that are about
// a field that differs; where differs is nil, none does. The others were there already, and
// pass as they are.
func Fresh(before, after error, differs func(path string) bool) lb.Problems {
	known := map[string]bool{}
	for _, problem := range Problems(before) {
		known[problem.Error()] = true
	}
	return slices.DeleteFunc(Problems(after), func(problem error) bool {
		return known[problem.Error()] && (differs == nil || !slices.ContainsFunc(Paths(problem), differs))
	})
}

// Differ tells whether two values differ at a path, as far as it leads: what a problem says
// need not name the value.
func Differ(is, will any) func(path string) bool {
	documents := sync.OnceValues(func() (a, b any) { return Document(is), Document(will) })
	return func(path string) bool {
		a, b := documents()
		steps := Steps(path)
		return len(steps) > 0 && !reflect.DeepEqual(valueAt(a, steps), valueAt(b, steps))
	}
}

// Document is the JSON of a value, or nil where it cannot be written.
func Document(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil
	}
	return document
}

// Steps splits "servers[2].weight" into servers, 2, weight.
func Steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// valueAt is what stands at a path of a document, or nil.
func valueAt(node any, steps []string) any {
	for _, step := range steps {
		switch inner := node.(type) {
		case map[string]any:
			node = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inner) {
				return nil
			}
			node = inner[i]
		default:
			return nil
		}
	}
	return node
}
