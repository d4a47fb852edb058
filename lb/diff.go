package lb

import (
	"reflect"
	"regexp"
	"slices"
	"sync"
)

// Change is one field that differs.
//
// Before and After hold values of the field's own type, without its pointer, and
// nil where there is none: a pointer that is nil, a slice without items. They
// share nothing with the specs. An extension shows as its JSON, in a string. A secret
// that is set, and a text with a private key in it, show as "[secret]".
type Change struct {
	Path   string `json:"path"` // "healthCheck.interval"
	Before any    `json:"before,omitzero"`
	After  any    `json:"after,omitzero"`
}

// Diff lists the fields in which after differs from before, in the order of the
// spec's fields. It is empty exactly when Equal holds.
//
// A path is made of JSON names. Structs are compared field by field
// ("healthCheck.interval"), but a pointer that is nil on one side is one change of
// the whole ("healthCheck"). A slice is one change of the whole ("ports"): in the
// lists of a spec the order counts, and a path with an index would name other
// items before and after. Extensions are one change per provider
// ("extensions.ovh").
func Diff[S Spec](before, after S) []Change {
	return appendChanges(nil, "", reflect.ValueOf(&before).Elem(), reflect.ValueOf(&after).Elem())
}

func appendChanges(changes []Change, path string, before, after reflect.Value) []Change {
	t := before.Type()
	switch {
	case same(before, after):
		return changes
	case isStruct(t):
		for i := range t.NumField() {
			changes = appendChanges(changes, join(path, pathName(t.Field(i))), before.Field(i), after.Field(i))
		}
		return changes
	case t.Kind() == reflect.Pointer && !before.IsNil() && !after.IsNil():
		return appendChanges(changes, path, before.Elem(), after.Elem())
	case t == reflect.TypeFor[Extensions]():
		return appendExtensionChanges(changes, path, before.Interface().(Extensions), after.Interface().(Extensions))
	default:
		return append(changes, Change{Path: path, Before: shown(before), After: shown(after)})
	}
}

func appendExtensionChanges(changes []Change, path string, before, after Extensions) []Change {
	providers := slices.Concat(before.Providers(), after.Providers())
	slices.Sort(providers)
	for _, provider := range slices.Compact(providers) {
		if before.entry(provider) == after.entry(provider) {
			continue
		}
		changes = append(changes, Change{
			Path:   join(path, provider),
			Before: before.shown(provider),
			After:  after.shown(provider),
		})
	}
	return changes
}

// shown is one provider's extension as a Change shows it.
func (x Extensions) shown(provider string) any {
	entry := x.entry(provider)
	switch {
	case entry == (extension{}):
		return nil
	case entry.fault != "":
		return "invalid: " + entry.fault
	case holdsPrivateKey(entry.document):
		return keyTexts().ReplaceAllString(entry.document, `"`+redacted+`"`)
	default:
		return entry.document
	}
}

// keyTexts are the strings of a JSON document with a private key in them. Hardly any
// program comes to need it.
var keyTexts = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(?:[^"\\]|\\.)*PRIVATE KEY-----(?:[^"\\]|\\.)*"`)
})

// shown is a value as a Change shows it.
func shown(v reflect.Value) any {
	if secret, ok := v.Interface().(Secret); ok {
		return secret.String()
	}
	if v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() == reflect.Slice && v.Len() == 0 {
		return nil
	}
	clone := reflect.New(v.Type()).Elem()
	clone.Set(v)
	detach(clone)
	redact(clone)
	return reflect.Indirect(clone).Interface()
}

// redact hides the texts with a private key in v, which shares nothing with a spec: one that
// was pasted with its certificates, into an authority's for example.
func redact(v reflect.Value) {
	switch {
	case isStruct(v.Type()):
		for i := range v.NumField() {
			redact(v.Field(i))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		redact(v.Elem())
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			redact(v.Index(i))
		}
	case v.Kind() == reflect.String && holdsPrivateKey(v.String()):
		v.SetString(redacted)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
