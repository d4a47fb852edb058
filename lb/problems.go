package lb

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// UnsupportedError says which setting or call a provider does not have. It matches
// ErrUnsupported.
type UnsupportedError struct {
	Provider string
	Feature  Feature // what Capabilities calls it; of a field that must not be left out, "<leaf>.unset"
	Path     string  // the field at fault, "healthCheck.timeout"; empty for a call
	Value    any     // what was asked for; nil where it does not matter
	Reason   string  // never empty in a provider's errors
	Hint     string  // what to do instead, as Capabilities say it; empty where they say nothing
}

// Error is one line, such as
//
//	ovh: healthCheck.timeout: 3s is unsupported: OVH has one of its own (feature backend.healthCheck.timeout; hint: leave it out)
func (e *UnsupportedError) Error() string {
	subject, feature := e.Path, string(e.Feature)
	if subject == "" {
		subject, feature = feature, ""
	}
	verdict := "unsupported"
	if e.Value != nil {
		verdict = describe(e.Value) + " is unsupported"
	}
	text := joinSet(": ", e.Provider, subject, verdict, e.Reason)
	if feature != "" {
		feature = "feature " + feature
	}
	hint := e.Hint
	if hint != "" {
		hint = "hint: " + hint
	}
	if notes := joinSet("; ", feature, hint); notes != "" {
		text += " (" + notes + ")"
	}
	return oneLine(text)
}

// Unwrap gives ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return ErrUnsupported }

// maxDescribed is how many bytes of a value an error shows.
const maxDescribed = 80

// describe shows a value in an error: short, without pointers, and nothing of a private
// key.
func describe(value any) string {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	format := "%+v"
	if v.Kind() == reflect.String {
		format = "%q"
	}
	text := fmt.Sprintf(format, v.Interface())
	if holdsPrivateKey(text) {
		return redacted
	}
	if len(text) > maxDescribed {
		text = strings.ToValidUTF8(text[:maxDescribed], "") + "…"
	}
	return text
}

// holdsPrivateKey finds a PEM block that got where none belongs.
func holdsPrivateKey(text string) bool { return strings.Contains(text, "PRIVATE KEY-----") }

// StateError says that a wait ended in a state from which it cannot succeed. It
// matches ErrFailed.
type StateError struct {
	Kind   Kind
	ID     string
	Want   string // "ready"
	Got    string // "error"
	Detail string // the provider's reason, where it gives one

	Elapsed time.Duration // how long the wait took
	Polls   int           // how often it looked; 0 where it did not have to
}

// Error is one line, such as
//
//	certificate "loadbalancer-1/ssl/5": wanted ready, reached error (31s, 7 polls): the domain does not resolve
func (e *StateError) Error() string {
	outcome := fmt.Sprintf("wanted %s, reached %s", e.Want, e.Got)
	if e.Polls > 0 {
		outcome += fmt.Sprintf(" (%s)", looked(e.Elapsed, e.Polls))
	}
	return oneLine(joinSet(": ", resource(e.Kind, e.ID), outcome, e.Detail))
}

// Unwrap gives ErrFailed.
func (e *StateError) Unwrap() error { return ErrFailed }

// Problems is everything that is wrong with a spec, as a Dialect found it:
// *UnsupportedError and *Error with ErrInvalid. errors.Is and errors.As look at each.
type Problems []error

// Error has a line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems.
func (p Problems) Unwrap() []error { return p }

// Err is p as an error: nil, and not an empty Problems, where there is none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
