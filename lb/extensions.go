package lb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Extension is one provider's extra settings on a spec, e.g. ovh.FrontendOptions: a
// struct type whose fields marshal to JSON and back. (A Secret does not: it cannot
// travel here.) ExtensionProvider returns the provider's name, on the zero value too.
type Extension interface{ ExtensionProvider() string }

// Extensions holds at most one Extension per provider. The zero value holds none.
//
// It is immutable: With and Without return another value, and copies may share
// what they hold. What it holds is JSON in a canonical form (keys sorted, no
// blanks, numbers as they were written), so that it is the same in a program and
// in a file: an object with the provider's name for key. Compare with Equal.
//
// A provider reads its own extension, strictly, and leaves the others alone. What
// it reports and neutral fields cannot hold comes back in its extension, never as
// a weaker object.
//
// An extension without settings, whose JSON is {}, is the same as none.
type Extensions struct{ byProvider map[string]extension }

const emptyDocument = "{}"

// extension is one provider's entry: either document or fault is set.
type extension struct {
	document string // canonical JSON of an object
	fault    string // why there is no document
}

// Extend holds extensions. Where two are of one provider the later one counts; a
// nil one is left out.
//
// It has no error, so that a spec can be written as one literal, and it does not panic.
// What is no JSON object is kept as an error, which ExtensionOf and MarshalJSON return,
// and with them the provider that the extension is for, before it sends anything. It
// takes a type that does not marshal, a NaN, or a type that is no struct to get there.
func Extend(extensions ...Extension) Extensions {
	return Extensions{}.With(extensions...)
}

// With returns x with extensions, as Extend reads them, in the place of those of
// the same providers.
func (x Extensions) With(extensions ...Extension) Extensions {
	byProvider := maps.Clone(x.byProvider)
	if byProvider == nil {
		byProvider = make(map[string]extension, len(extensions))
	}
	for _, value := range extensions {
		if isNil(value) {
			continue
		}
		provider := value.ExtensionProvider()
		entry := newExtension(value)
		if entry.document == emptyDocument {
			delete(byProvider, provider)
			continue
		}
		byProvider[provider] = entry
	}
	return extensionsOf(byProvider)
}

// Without returns x without the extension of provider.
func (x Extensions) Without(provider string) Extensions {
	if _, ok := x.byProvider[provider]; !ok {
		return x
	}
	byProvider := maps.Clone(x.byProvider)
	delete(byProvider, provider)
	return extensionsOf(byProvider)
}

// extensionsOf makes the zero value of an empty map, so that there is one form of
// none.
func extensionsOf(byProvider map[string]extension) Extensions {
	if len(byProvider) == 0 {
		return Extensions{}
	}
	return Extensions{byProvider: byProvider}
}

// Providers returns the names of those that have an extension, sorted.
func (x Extensions) Providers() []string {
	return slices.Sorted(maps.Keys(x.byProvider))
}

// IsZero reports whether there is no extension.
func (x Extensions) IsZero() bool { return len(x.byProvider) == 0 }

// Equal reports whether x and y hold the same extensions: the same providers, and
// for each the same canonical JSON. 1 and 1.0 are not the same.
func (x Extensions) Equal(y Extensions) bool { return maps.Equal(x.byProvider, y.byProvider) }

// String is the JSON form, for people.
func (x Extensions) String() string {
	b, err := x.MarshalJSON()
	if err != nil {
		return "invalid: " + err.Error()
	}
	return string(b)
}

// MarshalJSON gives an object with the providers' names for keys, sorted.
func (x Extensions) MarshalJSON() ([]byte, error) {
	documents := make(map[string]string, len(x.byProvider))
	for _, provider := range x.Providers() {
		document, err := x.document(provider)
		if err != nil {
			return nil, err
		}
		documents[provider] = document
	}
	var b bytes.Buffer
	writeObject(&b, documents)
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON gives. It replaces what was there. Whether
// an extension's settings exist is for its provider to say, but each must be an
// object, and a key that comes twice is refused anywhere.
func (x *Extensions) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil // as package encoding/json asks of everyone
	}
	text, err := canonical(b)
	if err != nil {
		return fmt.Errorf("extensions: %w", err)
	}
	var documents map[string]json.RawMessage
	if err := json.Unmarshal(text, &documents); err != nil {
		return fmt.Errorf("extensions: must be an object with providers' names for keys: %w", ErrInvalid)
	}
	byProvider := make(map[string]extension, len(documents))
	for provider, document := range documents {
		switch {
		case provider == "":
			return fmt.Errorf("extensions: a provider's name is empty: %w", ErrInvalid)
		case document[0] != '{':
			return fmt.Errorf("%s: must be an object: %w", extensionPath(provider), ErrInvalid)
		case string(document) != emptyDocument:
			byProvider[provider] = extension{document: string(document)}
		}
	}
	*x = extensionsOf(byProvider)
	return nil
}

// document is the canonical JSON of one provider's extension.
func (x Extensions) document(provider string) (string, error) {
	entry := x.byProvider[provider]
	if entry.fault != "" {
		return "", fmt.Errorf("%s: %s: %w", extensionPath(provider), entry.fault, ErrInvalid)
	}
	return entry.document, nil
}

// isNil tells a value without an extension behind it, on which ExtensionProvider may
// not be called.
func isNil(value Extension) bool {
	v := reflect.ValueOf(value)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

func newExtension(value Extension) extension {
	if value.ExtensionProvider() == "" {
		return extension{fault: fmt.Sprintf("%T names no provider", value)}
	}
	b, err := json.Marshal(value)
	if err != nil {
		return extension{fault: err.Error()}
	}
	text, err := canonical(b)
	if err != nil {
		return extension{fault: err.Error()}
	}
	if text[0] != '{' {
		return extension{fault: fmt.Sprintf("%T does not marshal to a JSON object", value)}
	}
	return extension{document: string(text)}
}

// extensionPath is where an extension stands in a spec.
func extensionPath(provider string) string { return joinSet(".", "extensions", provider) }
