package rest

import (
	stdjson "encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// lenient takes what servers are known to send: a name twice, of which the last
// counts, and text that is not UTF-8. Durations and arrays of bytes, which the types of
// a user of Do may hold, are read as package encoding/json reads them.
var lenient = json.JoinOptions(
	jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.MatchCaseInsensitiveNames(true),
	jsonv1.FormatDurationAsNano(true), jsonv1.FormatByteArrayAsArray(true),
)

// spelled is lenient for calls that a user spells out, whose types may hold a Number of
// package encoding/json. Types of the SDK hold none, and are read faster without.
var spelled = json.JoinOptions(lenient, json.WithUnmarshalers(json.UnmarshalFromFunc(
	func(d *jsontext.Decoder, n *stdjson.Number) error { return (*jsonv1.Number)(n).UnmarshalJSONFrom(d) },
)))

// BodyDecoder is what has its own way to read a whole answer, from nothing: an attempt
// before may have left something. What it does not hand to Decode it checks itself.
type BodyDecoder interface {
	DecodeBody(data []byte) error
}

// Decode reads one JSON value into out, over what is there already; anything behind it
// is an error. Every answer of the SDK goes through here.
//
// An error says where in the answer, and which type was wanted, but not what was
// there: that may be a key or a token.
func Decode(data []byte, out any) error { return decode(data, out, lenient) }

func decode(data []byte, out any, options json.Options) error {
	if own, ok := out.(BodyDecoder); ok {
		return own.DecodeBody(data)
	}
	err := json.Unmarshal(data, out, options)
	if err == nil {
		return nil
	}
	if mismatch := (*json.SemanticError)(nil); errors.As(err, &mismatch) {
		return fmt.Errorf("%s at %q, offset %d, is no %s", kindName(mismatch.JSONKind), mismatch.JSONPointer, mismatch.ByteOffset, mismatch.GoType)
	}
	return err
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindString, jsontext.KindNumber, jsontext.KindNull:
		return kind.String()
	case jsontext.KindTrue, jsontext.KindFalse:
		return "boolean"
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array"
	default:
		return "value"
	}
}

// valid reports whether data is one JSON value.
func valid(data []byte) bool { return jsontext.Value(data).IsValid(lenient) }

// strict writes what package encoding/json would, but for the escapes of HTML, for its
// Number, which becomes a string, and for text that is not UTF-8, which would become
// another text.
var strict = json.JoinOptions(jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false), jsontext.AllowInvalidUTF8(false))

// strictSpelled is strict for calls that a user spells out: see spelled.
var strictSpelled = json.JoinOptions(strict, json.WithMarshalers(json.MarshalToFunc(
	func(e *jsontext.Encoder, n stdjson.Number) error { return jsonv1.Number(n).MarshalJSONTo(e) },
)))

// Encode writes v as JSON, without escaping HTML characters.
func Encode(v any) ([]byte, error) { return encode(v, strict) }

func encode(v any, options json.Options) ([]byte, error) { return json.Marshal(v, options) }
