package ovh

import (
	"fmt"

	"github.com/lbkit/lbkit/internal/rest"
)

// Optional is a field of an update: left out, null, or a value. The zero value
// is left out, and the API keeps the field as it is; null puts it back to its
// default; a value, be it false, 0 or "", is written as it is (facts 6.4).
//
// Fields that are Optional carry the JSON option omitzero, which is what leaves
// them out.
type Optional[T any] struct {
	state optionalState
	value T
}

type optionalState uint8

const (
	optionalAbsent optionalState = iota
	optionalNull
	optionalValue
)

// Value is a field that becomes v.
func Value[T any](v T) Optional[T] { return Optional[T]{state: optionalValue, value: v} }

// Null is a field that becomes null, which is its default. Not every field can
// be null; the documentation of the field says which.
func Null[T any]() Optional[T] { return Optional[T]{state: optionalNull} }

// IsZero reports whether the field is left out. It is what the JSON option
// omitzero asks.
func (o Optional[T]) IsZero() bool { return o.state == optionalAbsent }

// IsNull reports whether the field becomes null.
func (o Optional[T]) IsNull() bool { return o.state == optionalNull }

// Get returns the value, and whether there is one.
func (o Optional[T]) Get() (T, bool) { return o.value, o.state == optionalValue }

// String is the value's text, "null", or "(left out)".
func (o Optional[T]) String() string {
	switch o.state {
	case optionalNull:
		return "null"
	case optionalValue:
		return fmt.Sprint(o.value)
	default:
		return "(left out)"
	}
}

// MarshalJSON gives the value's JSON, or null. A field that is left out has no
// JSON of its own: outside a struct with omitzero it is null too.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if o.state != optionalValue {
		return []byte("null"), nil
	}
	return rest.Encode(o.value)
}

// UnmarshalJSON reads null as Null and anything else as a value.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Null[T]()
		return nil
	}
	var value T
	if err := rest.Decode(data, &value); err != nil {
		return err
	}
	*o = Value(value)
	return nil
}
