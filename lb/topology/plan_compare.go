package topology

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// maxSetAside bounds how often a comparison sets aside what a Dialect refuses of what
// is live: each time uncovers what was hidden behind it.
const maxSetAside = 8

// comparison is how what is wanted of one object differs from what is there.
type comparison struct {
	changes []lb.Change
	// excused is set where the Dialect refuses the object, for what it is already: that
	// stays as it is, and what else differs can be changed.
	excused bool
}

// compare compares two specs by their canonical forms.
//
// Where the Dialect refuses both for the same reasons, the fields at fault, which are
// alike, are set aside, and the rest is compared. Where even that is refused, what is
// wanted and left out stays as it is: what it would be by default cannot be told.
// A problem of what is wanted alone is an error.
func compare[S lb.Spec](provider string, canonical func(S) (S, error), live, want S) (comparison, error) {
	want = ownExtensions(provider, want)
	if lb.Equal(live, want) {
		_, err := canonical(want)
		return comparison{excused: err != nil}, nil
	}
	after, errWant := canonical(want)
	before, errLive := canonical(live)
	switch {
	case errWant == nil && errLive == nil:
		return comparison{changes: lb.Diff(before, after)}, nil
	case errWant == nil:
		return comparison{changes: lb.Diff(live, after)}, nil
	}
	if fresh := codes.Fresh(errLive, errWant, codes.Differ(live, want)); len(fresh) > 0 {
		return comparison{}, fresh
	}
	before, after = live, want
	for range maxSetAside {
		paths := problemPaths(errWant)
		before, after = setAside(before, paths), setAside(after, paths)
		var beforeC, afterC S
		afterC, errWant = canonical(after)
		beforeC, errLive = canonical(before)
		if errWant == nil && errLive == nil {
			return comparison{changes: lb.Diff(beforeC, afterC), excused: true}, nil
		}
		if errWant == nil || len(codes.Fresh(errLive, errWant, codes.Differ(before, after))) > 0 {
			break
		}
	}
	return comparison{changes: saidChanges(lb.Diff(live, want)), excused: true}, nil
}

// saidChanges are those that set something.
func saidChanges(changes []lb.Change) []lb.Change {
	var said []lb.Change
	for _, change := range changes {
		if change.After != nil && !reflect.ValueOf(change.After).IsZero() {
			said = append(said, change)
		}
	}
	return said
}

// problemPaths are the paths of a Dialect's problems.
func problemPaths(err error) []string {
	var paths []string
	for _, problem := range codes.Problems(err) {
		paths = append(paths, codes.Paths(problem)...)
	}
	return paths
}

// setAside is a value without what stands at paths ("healthCheck.type",
// "servers[2].weight", "extensions.ovh.zone"). It goes through JSON, in which paths are
// written. A path that leads nowhere is left alone.
func setAside[T any](value T, paths []string) T {
	document := codes.Document(value)
	for _, path := range paths {
		removeAt(document, codes.Steps(path))
	}
	var out T
	text, err := json.Marshal(document)
	if document == nil || err != nil || json.Unmarshal(text, &out) != nil {
		return value
	}
	return out
}

func removeAt(node any, steps []string) {
	if len(steps) == 0 {
		return
	}
	switch node := node.(type) {
	case map[string]any:
		if len(steps) == 1 {
			delete(node, steps[0])
			return
		}
		removeAt(node[steps[0]], steps[1:])
	case []any:
		if i, err := strconv.Atoi(steps[0]); err == nil && i >= 0 && i < len(node) {
			removeAt(node[i], steps[1:])
		}
	}
}

// ownExtensions is spec without the extensions of other providers, at every level.
func ownExtensions[T any](provider string, spec T) T {
	eachExtensions(reflect.ValueOf(&spec).Elem(), "", func(_ string, x lb.Extensions) lb.Extensions {
		for _, other := range x.Providers() {
			if other != provider {
				x = x.Without(other)
			}
		}
		return x
	})
	return spec
}

// eachExtensions replaces the extensions of every level of a spec. What it replaces
// behind a pointer or in a slice, it replaces in a copy.
func eachExtensions(v reflect.Value, path string, change func(path string, x lb.Extensions) lb.Extensions) {
	switch {
	case v.Type() == reflect.TypeFor[lb.Extensions]():
		x, _ := v.Interface().(lb.Extensions)
		if !x.IsZero() {
			v.Set(reflect.ValueOf(change(path, x)))
		}
	case v.Type() == reflect.TypeFor[lb.Secret]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			at := path
			if !field.Anonymous {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				at = strings.TrimPrefix(under(path, name), ".")
			}
			eachExtensions(v.Field(i), at, change)
		}
	case v.Kind() == reflect.Pointer && !v.IsNil() && holdsExtensions(v.Type().Elem()):
		clone := reflect.New(v.Type().Elem())
		clone.Elem().Set(v.Elem())
		eachExtensions(clone.Elem(), path, change)
		v.Set(clone)
	case v.Kind() == reflect.Slice && v.Len() > 0 && holdsExtensions(v.Type().Elem()):
		clone := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(clone, v)
		for i := range clone.Len() {
			eachExtensions(clone.Index(i), path+"["+strconv.Itoa(i)+"]", change)
		}
		v.Set(clone)
	}
}

// holdsExtensions are the structs of specs that have some level of extensions.
func holdsExtensions(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	if t == reflect.TypeFor[lb.Extensions]() {
		return true
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		inner := field.Type
		if inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if holdsExtensions(inner) {
			return true
		}
	}
	return false
}

// fixedChange is the first change that cannot be made in place, by its path: a setting
// of a provider's extension has one of its own, "extensions.ovh.zone".
func fixedChange(can lb.Capabilities, kind string, changes []lb.Change) (path string, fixed bool) {
	for _, change := range changes {
		for _, leaf := range changedLeaves(change) {
			if !updatable(can, kind, leaf) {
				return leaf, true
			}
		}
	}
	return "", false
}

// changedLeaves are the paths that a change is about: its own, and, of an extension,
// those of the settings that differ.
func changedLeaves(change lb.Change) []string {
	if !strings.HasPrefix(change.Path, "extensions.") && !strings.Contains(change.Path, ".extensions.") {
		return []string{change.Path}
	}
	before, after := members(change.Before), members(change.After)
	paths := []string{change.Path}
	for key := range before {
		if !bytes.Equal(before[key], after[key]) {
			paths = append(paths, change.Path+"."+key)
		}
	}
	for key := range after {
		if _, ok := before[key]; !ok {
			paths = append(paths, change.Path+"."+key)
		}
	}
	slices.Sort(paths)
	return paths
}

// members are the settings in an extension as a Change shows it.
func members(shown any) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if text, ok := shown.(string); ok {
		_ = json.Unmarshal([]byte(text), &all) // what is no object has no members
	}
	return all
}

// updatable asks for "<leaf>.update". Of a setting of an extension that a provider does not
// list, the extension counts.
func updatable(can lb.Capabilities, kind, leaf string) bool {
	feature := lb.Feature(kind + "." + leaf)
	if _, listed := can.Features[feature+update]; !listed {
		if group, _, within := strings.Cut(string(feature), "extensions."); within {
			feature = lb.Feature(group + "extensions")
		}
	}
	return fit.Updates(can, feature)
}

// secretTexts are the strings of a JSON document with a private key in them.
var secretTexts = regexp.MustCompile(`"(?:[^"\\]|\\.)*PRIVATE KEY-----(?:[^"\\]|\\.)*"`)

// whole is a copy of a spec for a Change, with "[secret]" for texts with a private key in
// them, as lb.Diff has it for fields.
func whole[S lb.Spec](spec S) S {
	text, err := json.Marshal(spec)
	if err != nil || !secretTexts.Match(text) {
		return lb.Clone(spec)
	}
	var out S
	_ = json.Unmarshal(secretTexts.ReplaceAll(text, []byte(`"[secret]"`)), &out) // a text for a text
	return out
}
