package lb

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ExtensionOf reads the extension of T's provider from x into a T; ok tells whether
// there is one. It is strict: a key that T does not have, spelled exactly so, or a
// value of another type is an error that matches ErrInvalid and names the path. T may
// be a pointer to an extension's type too; without an extension it is nil.
func ExtensionOf[T Extension](x Extensions) (value T, ok bool, err error) {
	none, err := newExtensionValue[T]()
	if err != nil {
		return value, false, err
	}
	provider := none.ExtensionProvider()
	if _, ok := x.find(provider); !ok {
		return value, false, nil
	}
	value, err = readExtension[T](x, provider)
	return value, true, err
}

// readExtension reads the extension of provider, which is there.
func readExtension[T Extension](x Extensions, provider string) (T, error) {
	var value, none T
	document, err := x.document(provider)
	if err != nil {
		return none, err
	}
	path := extensionPath(provider)
	if err := exactKeys(path, reflect.TypeFor[T](), json.RawMessage(document)); err != nil {
		return none, err
	}
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return none, fmt.Errorf("%s: %w: %w", path, err, ErrInvalid)
	}
	return value, nil
}

// newExtensionValue is a zero T, or, where T is a pointer, one to a zero value: what
// ExtensionProvider may be called on.
func newExtensionValue[T Extension]() (value T, err error) {
	t := reflect.TypeFor[T]()
	switch t.Kind() {
	case reflect.Interface:
		return value, fmt.Errorf("%s is an interface, not the type of an extension: %w", t, ErrInvalid)
	case reflect.Pointer:
		return reflect.New(t.Elem()).Interface().(T), nil
	default:
		return value, nil
	}
}

// exactKeys refuses keys that t does not have. Package encoding/json takes "ZONE" for
// "zone" as well, and of both together it drops one.
func exactKeys(path string, t reflect.Type, document json.RawMessage) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case readsItself(t):
		return nil
	case t.Kind() == reflect.Struct:
		types := keysOf(t)
		return eachMember(path, document, func(key string, member json.RawMessage) error {
			memberType, ok := types[key]
			if !ok {
				return fmt.Errorf("%s: unknown key %q: %w", path, key, ErrInvalid)
			}
			return exactKeys(join(path, key), memberType, member)
		})
	case t.Kind() == reflect.Map:
		return eachMember(path, document, func(key string, member json.RawMessage) error {
			return exactKeys(join(path, key), t.Elem(), member)
		})
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return eachItem(path, document, func(path string, item json.RawMessage) error {
			return exactKeys(path, t.Elem(), item)
		})
	default:
		return nil
	}
}

func eachMember(path string, document json.RawMessage, check func(key string, member json.RawMessage) error) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil {
		return fmt.Errorf("%s: must be an object: %w", path, ErrInvalid)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if err := check(key, members[key]); err != nil {
			return err
		}
	}
	return nil
}

func eachItem(path string, document json.RawMessage, check func(path string, item json.RawMessage) error) error {
	var items []json.RawMessage
	if err := json.Unmarshal(document, &items); err != nil {
		return fmt.Errorf("%s: must be an array: %w", path, ErrInvalid)
	}
	for i, item := range items {
		if err := check(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
			return err
		}
	}
	return nil
}

// readsItself tells whether t has a form of its own in JSON, so that neither its fields
// nor its items show there.
func readsItself(t reflect.Type) bool {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return true
	}
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// keysOf gives the types of the members that a struct type reads, by key.
func keysOf(t reflect.Type) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		tag := field.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case !field.IsExported(), tag == "-", field.Anonymous && name == "":
		case name == "":
			types[field.Name] = field.Type
		default:
			types[name] = field.Type
		}
	}
	return types
}
