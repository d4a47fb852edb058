package scaleway

import (
	"bytes"

	"github.com/lbkit/lbkit/internal/rest"
)

// Optional is a field of a PATCH body. Its zero value leaves the field out, so
// that the API keeps what is there.
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

// Value sets a field to v.
func Value[T any](v T) Optional[T] { return Optional[T]{state: optionalValue, value: v} }

// Null sends null for a field.
func Null[T any]() Optional[T] { return Optional[T]{state: optionalNull} }

// IsZero reports whether the field is left out.
func (o Optional[T]) IsZero() bool { return o.state == optionalAbsent }

// MarshalJSON writes the value, or null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if o.state != optionalValue {
		return []byte("null"), nil
	}
	return rest.Encode(o.value)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (o *Optional[T]) UnmarshalJSON(text []byte) error {
	*o = Null[T]()
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	o.state = optionalValue
	return rest.Decode(text, &o.value)
}
