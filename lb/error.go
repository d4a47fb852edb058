package lb

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Error is the one error type of every call that reached, or tried to reach, a
// provider. errors.Is finds its Code; errors.As finds the provider's own error
// and whatever ended the context.
//
// It never holds credentials, headers or request bodies.
type Error struct {
	Code       error         // one of the sentinels of this package
	Provider   string        // "ovh"
	Op         string        // "backends.create"
	Kind       Kind          // of the resource that ID addresses
	ID         string        // of the resource at fault; empty where there is none yet
	Status     int           // HTTP, 0 when there was no response
	RequestID  string        // what the provider's support asks for
	Message    string        // the provider's own words
	Fields     []FieldError  // what is wrong with which field, where the provider says
	RetryAfter time.Duration // how long the provider asked to wait
	Attempts   int           // how often the call went out, connections that failed included; 0: it was held back
	Err        error         // cause: the provider's own error, a context's, a transport's
}

// FieldError is what is wrong with one field.
type FieldError struct {
	Path   string `json:"path"` // "healthCheck.timeout"
	Reason string `json:"reason"`
}

// Error is one line: who, what, on which resource, what went wrong, in the
// provider's words too, and what its support needs to find it.
//
//	ovh: backends.get: backend "loadbalancer-1/http/farm/2": not found (HTTP 404, request EU.ext-1)
func (e *Error) Error() string {
	text := joinSet(": ", e.Provider, e.Op, resource(e.Kind, e.ID), e.code(), e.Message, e.fields())
	if facts := e.facts(); len(facts) > 0 {
		text += " (" + strings.Join(facts, ", ") + ")"
	}
	if cause := e.cause(); cause != "" {
		text += ": " + cause
	}
	return oneLine(text)
}

// Unwrap gives Code and Err.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Code, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// LogValue is a group with an attribute for each field that is set: code, provider,
// op, kind, id, status, requestId, message, fields (a group by path), retryAfter,
// attempts, cause.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("code", e.code())}
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	number := func(key string, value int) {
		if value != 0 {
			attrs = append(attrs, slog.Int(key, value))
		}
	}
	text("provider", e.Provider)
	text("op", e.Op)
	text("kind", string(e.Kind))
	text("id", e.ID)
	number("status", e.Status)
	text("requestId", e.RequestID)
	text("message", e.Message)
	if len(e.Fields) > 0 {
		attrs = append(attrs, slog.Attr{Key: "fields", Value: fieldsValue(e.Fields)})
	}
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retryAfter", e.RetryAfter))
	}
	number("attempts", e.Attempts)
	if e.Err != nil {
		text("cause", e.Err.Error())
	}
	return slog.GroupValue(attrs...)
}

// MarshalJSON gives the attributes of LogValue as an object, for programs whose output is
// JSON, but fields as a list and retryAfter in the text form of Duration:
//
//	{"code":"not found","provider":"ovh","op":"backends.get","kind":"backend","id":"loadbalancer-1/http/farm/2","status":404,"attempts":1}
func (e *Error) MarshalJSON() ([]byte, error) {
	cause := ""
	if e.Err != nil {
		cause = e.Err.Error()
	}
	return json.Marshal(struct {
		Code       string       `json:"code"`
		Provider   string       `json:"provider,omitzero"`
		Op         string       `json:"op,omitzero"`
		Kind       Kind         `json:"kind,omitzero"`
		ID         string       `json:"id,omitzero"`
		Status     int          `json:"status,omitzero"`
		RequestID  string       `json:"requestId,omitzero"`
		Message    string       `json:"message,omitzero"`
		Fields     []FieldError `json:"fields,omitzero"`
		RetryAfter Duration     `json:"retryAfter,omitzero"`
		Attempts   int          `json:"attempts,omitzero"`
		Cause      string       `json:"cause,omitzero"`
	}{e.code(), e.Provider, e.Op, e.Kind, e.ID, e.Status, e.RequestID, e.Message, e.Fields, Duration(e.RetryAfter), e.Attempts, cause})
}

func fieldsValue(fields []FieldError) slog.Value {
	attrs := make([]slog.Attr, len(fields))
	for i, field := range fields {
		attrs[i] = slog.String(field.Path, field.Reason)
	}
	return slog.GroupValue(attrs...)
}

// code is the text of Code. An Error without one is a mistake of whoever made it, but
// not one to panic about while something else is going wrong.
func (e *Error) code() string {
	if e.Code == nil {
		return "failed"
	}
	return e.Code.Error()
}

// fields are "ports: must not be empty; name: too long".
func (e *Error) fields() string {
	texts := make([]string, len(e.Fields))
	for i, field := range e.Fields {
		texts[i] = joinSet(": ", field.Path, field.Reason)
	}
	return strings.Join(texts, "; ")
}

// facts are what stands in parentheses.
func (e *Error) facts() []string {
	var facts []string
	if e.Status != 0 {
		facts = append(facts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.RequestID != "" {
		facts = append(facts, "request "+e.RequestID)
	}
	if e.Attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if e.RetryAfter > 0 {
		facts = append(facts, "retry after "+e.RetryAfter.String())
	}
	return facts
}

// cause is the text of Err. Of the errors that it joins, such as the provider's own and
// the end of the context, those that say what Message has said already are left out.
func (e *Error) cause() string {
	switch {
	case e.Err == nil:
		return ""
	case e.Message == "":
		return e.Err.Error()
	}
	said := oneLine(e.Message)
	causes := strings.Split(strings.ReplaceAll(e.Err.Error(), e.Message, said), "\n") // as errors.Join has them
	causes = slices.DeleteFunc(causes, func(cause string) bool { return strings.Contains(cause, said) || strings.Contains(said, cause) })
	return strings.Join(causes, "\n")
}

// resource names one resource in a sentence.
func resource(kind Kind, id string) string {
	switch {
	case id == "":
		return string(kind)
	case kind == "":
		return fmt.Sprintf("%q", id)
	default:
		return fmt.Sprintf("%s %q", kind, id)
	}
}

// joinSet joins those of texts that are not empty.
func joinSet(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), separator)
}

// oneLine keeps what a remote side sent from breaking a log's lines.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
