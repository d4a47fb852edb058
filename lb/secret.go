package lb

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what stands in the place of a secret wherever one would show.
const redacted = "[secret]"

// Secret holds a string that never prints, logs or marshals: every verb of
// package fmt, log/slog, JSON and text show "[secret]", or nothing at all for an
// empty one. That a Secret cannot be read back from JSON is on purpose: what was
// written there is not the secret.
//
// What follows pointers by reflection, such as a debugger or a test's diff, still sees
// the content.
//
// Two Secrets are compared with their Equal method, not with ==, which tells
// whether one is a copy of the other.
type Secret struct {
	// A pointer, since package fmt prints the fields of a struct by reflection and
	// calls no method on what is in an unexported field: there it prints a
	// pointer's address, where it would print a string's content.
	value *string
}

// NewSecret hides value. An empty value makes the zero Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the content.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no content.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal compares contents, in a time that does not depend on where they differ.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// String is "[secret]", or empty for the zero Secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format writes what String returns, whatever the verb and its flags.
func (s Secret) Format(f fmt.State, _ rune) {
	// A fmt.State that cannot be written to has nobody to tell.
	_, _ = io.WriteString(f, s.String())
}

// GoString is what String returns.
func (s Secret) GoString() string { return s.String() }

// LogValue is what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText gives what String returns. It is the form in JSON, XML and YAML, too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
