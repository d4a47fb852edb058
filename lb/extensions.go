package lb

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
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
type Extensions struct{ entries []extension } // sorted by provider, never written to

const emptyDocument = "{}"

// extension is one provider's entry: either document or fault is set.
type extension struct {
	provider string
	document string // canonical JSON of an object
	fault    string // why there is no document
}

// Extend holds extensions. Where two are of one provider the later one counts; a
// nil one is left out.
//
// It has no error, so that a spec can be written as one literal, and it does not panic.
// What is no JSON object is kept as an error, which ExtensionOf and MarshalJSON return,
// and with them the provider that the extension is for, before it sends anything. It
// takes a type that does not marshal, a NaN, text that is not UTF-8, or a type that is no
// struct to get there.
func Extend(extensions ...Extension) Extensions {
	return Extensions{}.With(extensions...)
}

// With returns x with extensions, as Extend reads them, in the place of those of
// the same providers.
func (x Extensions) With(extensions ...Extension) Extensions {
	for _, value := range extensions {
		v := reflect.Indirect(reflect.ValueOf(value))
		if !v.IsValid() { // nil, and ExtensionProvider may not be called on it
			continue
		}
		entry := encode(value, v)
		if x = x.Without(entry.provider); entry.document != emptyDocument {
			x = x.and(entry)
		}
	}
	return x
}

// and returns x with the entry of a provider that x has none of.
func (x Extensions) and(entry extension) Extensions {
	if len(x.entries) == 0 { // as in lists of thousands
		return Extensions{[]extension{entry}}
	}
	i, _ := x.find(entry.provider)
	return Extensions{slices.Insert(slices.Clip(x.entries), i, entry)}
}

// find says where the entry of provider is, or would be.
func (x Extensions) find(provider string) (i int, ok bool) {
	return slices.BinarySearchFunc(x.entries, provider, func(e extension, provider string) int { return strings.Compare(e.provider, provider) })
}

// Without returns x without the extension of provider.
func (x Extensions) Without(provider string) Extensions {
	if len(x.entries) == 0 {
		return x
	}
	i, ok := x.find(provider)
	switch {
	case !ok:
		return x
	case len(x.entries) == 1:
		return Extensions{} // there is one form of none
	default:
		return Extensions{slices.Concat(x.entries[:i], x.entries[i+1:])}
	}
}

// Providers returns the names of those that have an extension, sorted.
func (x Extensions) Providers() []string {
	var providers []string
	for _, entry := range x.entries {
		providers = append(providers, entry.provider)
	}
	return providers
}

// IsZero reports whether there is no extension.
func (x Extensions) IsZero() bool { return len(x.entries) == 0 }

// Equal reports whether x and y hold the same extensions: the same providers, and
// for each the same canonical JSON. 1 and 1.0 are not the same.
func (x Extensions) Equal(y Extensions) bool { return slices.Equal(x.entries, y.entries) }

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
	documents := make(map[string]string, len(x.entries))
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
	if !utf8.Valid(b) {
		return fmt.Errorf("extensions: text that is not UTF-8: %w", ErrInvalid)
	}
	text, err := canonical(b)
	if err != nil {
		return fmt.Errorf("extensions: %w", err)
	}
	var documents map[string]json.RawMessage
	if err := json.Unmarshal(text, &documents); err != nil {
		return fmt.Errorf("extensions: must be an object with providers' names for keys: %w", ErrInvalid)
	}
	var read Extensions
	for provider, document := range documents {
		switch {
		case provider == "":
			return fmt.Errorf("extensions: a provider's name is empty: %w", ErrInvalid)
		case document[0] != '{':
			return fmt.Errorf("%s: must be an object: %w", extensionPath(provider), ErrInvalid)
		case string(document) != emptyDocument:
			read = read.and(extension{provider: provider, document: string(document)})
		}
	}
	*x = read
	return nil
}

// entry is that of provider, or zero.
func (x Extensions) entry(provider string) extension {
	if i, ok := x.find(provider); ok {
		return x.entries[i]
	}
	return extension{}
}

// document is the canonical JSON of one provider's extension.
func (x Extensions) document(provider string) (string, error) {
	entry := x.entry(provider)
	if entry.fault != "" {
		return "", fmt.Errorf("%s: %s: %w", extensionPath(provider), entry.fault, ErrInvalid)
	}
	return entry.document, nil
}

// encode is the entry of value, which v holds.
func encode(value Extension, v reflect.Value) extension {
	e := extension{provider: value.ExtensionProvider()}
	if e.provider == "" {
		e.fault = fmt.Sprintf("%T names no provider", value)
		return e
	}
	if document, ok := formOf(v.Type()).write(v); ok {
		e.document = document
		return e
	}
	text, err := json.Marshal(value)
	switch {
	case err != nil:
	case brokenText(text):
		err = fmt.Errorf("%T holds text that is not UTF-8", value)
	default:
		text, err = canonical(text)
	}
	switch {
	case err != nil:
		e.fault = err.Error()
	case text[0] != '{':
		e.fault = fmt.Sprintf("%T does not marshal to a JSON object", value)
	default:
		e.document = string(text)
	}
	return e
}

// brokenText tells of a text that was not UTF-8: package encoding/json writes an escape in
// the place of what is not, and U+FFFD itself as it is. What a type writes itself, or holds
// as JSON, it takes over.
func brokenText(document []byte) bool {
	if !utf8.Valid(document) {
		return true
	}
	escape := []byte(`\ufffd`)
	for {
		before, after, found := bytes.Cut(document, escape)
		if slashes := len(before) - len(bytes.TrimRight(before, `\`)); !found || slashes%2 == 0 {
			return found
		}
		document = after // a backslash that is escaped itself, and a word
	}
}

// extensionPath is where an extension stands in a spec.
func extensionPath(provider string) string { return joinSet(".", "extensions", provider) }

// form are the fields of a type of extension, sorted by key, if each is tagged
// `json:"key,omitzero"`. It writes what has nothing set but booleans and plain texts, as
// most in lists of thousands. Package encoding/json does the rest, and takes twice as long.
type form []formField

type formField struct {
	index int
	key   string       // with its quotes and the colon
	kind  reflect.Kind // Bool and String of the plain types alone, Invalid of all others
}

var forms sync.Map // of form, by reflect.Type

// plainKind is the kind of the types that a form writes.
func plainKind(t reflect.Type) reflect.Kind {
	if t == reflect.TypeFor[string]() || t == reflect.TypeFor[bool]() {
		return t.Kind()
	}
	return reflect.Invalid
}

func formOf(t reflect.Type) form {
	if known, ok := forms.Load(t); ok {
		return known.(form)
	}
	f := newForm(t)
	forms.Store(t, f)
	return f
}

// newForm is nil where all is left to encoding/json.
func newForm(t reflect.Type) form {
	p := reflect.PointerTo(t)
	if t.Kind() != reflect.Struct || p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return nil
	}
	var f form
	for i := range t.NumField() {
		field := t.Field(i)
		key, isOmitted := strings.CutSuffix(field.Tag.Get("json"), ",omitzero")
		ownZero := reflect.PointerTo(field.Type).Implements(reflect.TypeFor[interface{ IsZero() bool }]())
		twice := slices.ContainsFunc(f, func(has formField) bool { return has.key == `"`+key+`":` })
		if !isOmitted || ownZero || twice || !isName(key) || !field.IsExported() {
			return nil
		}
		f = append(f, formField{i, `"` + key + `":`, plainKind(field.Type)})
	}
	slices.SortFunc(f, func(a, b formField) int { return strings.Compare(a.key, b.key) })
	return f
}

// write gives canonical JSON, unless encoding/json has to.
func (f form) write(v reflect.Value) (document string, ok bool) {
	if f == nil {
		return "", false
	}
	var buffer [128]byte // most fit
	text := append(buffer[:0], '{')
	for i := range f {
		field, value := &f[i], v.Field(f[i].index)
		switch field.kind {
		case reflect.Bool:
			if value.Bool() {
				text = append(append(text, field.key...), "true,"...)
			}
		case reflect.String:
			word := value.String()
			if !isPlain(word) {
				return "", false
			}
			if word != "" {
				text = append(append(append(append(text, field.key...), '"'), word...), `",`...)
			}
		default:
			if !value.IsZero() {
				return "", false
			}
		}
	}
	if len(text) == 1 {
		return emptyDocument, true
	}
	text[len(text)-1] = '}' // in place of the last comma
	return string(text), true
}

// isPlain tells of a text that stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isName tells of letters and digits.
func isName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
}
