package ovh

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// queryIDHeader is the ID that OVH's support asks for. Its letters come in
// several cases (facts 3.2).
const queryIDHeader = "X-Ovh-Queryid"

// statusExpired is OVH's own: the service has expired (facts 3.3).
const statusExpired = 460

// Error is the API's own error, found by errors.As behind an *lb.Error. What an
// answer does not say is empty; an answer that is no JSON has its beginning in
// Message.
type Error struct {
	Status  int            // the answer's HTTP status
	Class   string         // "Client::NotFound"
	Code    string         // the API's errorCode, "NOT_GRANTED_CALL"
	Message string         // the API's words
	Details map[string]any // in JSON's types; what is not an object is under "details"
	QueryID string         // what OVH's support asks for
	Body    []byte         // at most 4 KiB
}

// Error is the message and the codes that go with it.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = http.StatusText(e.Status)
	}
	if text == "" {
		text = fmt.Sprintf("HTTP %d", e.Status)
	}
	var codes []string
	for _, code := range []string{e.Class, e.Code} {
		if code != "" {
			codes = append(codes, code)
		}
	}
	if len(codes) > 0 {
		text += " [" + strings.Join(codes, ", ") + "]"
	}
	if missing := e.missing(); missing != "" {
		text += "; missing rights: " + missing
	}
	return text
}

// LogValue is what Error returns.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// missing are the actions that the account's policies do not allow (facts 3.2).
func (e *Error) missing() string {
	var actions []string
	for _, key := range slices.Sorted(maps.Keys(e.Details)) {
		text, ok := e.Details[key].(string)
		if ok && text != "" && strings.HasPrefix(key, "unauthorizedActions") {
			actions = append(actions, text)
		}
	}
	return strings.Join(actions, ", ")
}

// decodeError reads an error answer, field by field, so that one of an
// unexpected type costs no other.
func decodeError(status int, header http.Header, body []byte) rest.Failure {
	e := &Error{Status: status, QueryID: header.Get(queryIDHeader), Body: slices.Clone(body[:min(len(body), rest.KeptBody)])}
	var fields map[string]json.RawMessage
	if rest.Decode(body, &fields) == nil && fields != nil {
		e.Message = jsonText(fields["message"])
		e.Class = jsonText(fields["class"])
		e.Code = jsonText(fields["errorCode"])
		e.Details = jsonDetails(fields["details"])
	} else {
		e.Message = notAnObject(body)
	}
	return rest.Failure{Code: codeOf(e), Status: status, Message: e.Error(), Err: e}
}

// jsonText is a JSON string, or the JSON of anything else.
func jsonText(raw json.RawMessage) string {
	var s string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case rest.Decode(raw, &s) == nil:
		return rest.Excerpt([]byte(s))
	default:
		return rest.Excerpt(raw)
	}
}

func jsonDetails(raw json.RawMessage) map[string]any {
	var value any
	if len(raw) == 0 || rest.Decode(raw, &value) != nil || value == nil {
		return nil
	}
	if object, ok := value.(map[string]any); ok {
		return object
	}
	return map[string]any{"details": value}
}

// notAnObject is the message of a body that is a JSON string, a page of HTML or
// anything else.
func notAnObject(body []byte) string {
	var s string
	if rest.Decode(body, &s) == nil {
		return rest.Excerpt([]byte(s))
	}
	return rest.Excerpt(body)
}

// codeOf decides by the status, and by the API's codes where one status means
// several things (facts 3.3). Nil leaves the rest to internal/rest.
func codeOf(e *Error) error {
	switch e.Status {
	case http.StatusBadRequest:
		if refusesTime(e) {
			return lb.ErrUnauthorized
		}
	case http.StatusForbidden:
		if refusesKeys(e) {
			return lb.ErrUnauthorized
		}
		return lb.ErrForbidden
	case http.StatusConflict:
		if strings.Contains(strings.ToLower(e.Class+" "+e.Code), "exist") {
			return lb.ErrExists
		}
		return lb.ErrConflict
	case statusExpired:
		return lb.ErrExpired
	}
	return nil
}

// refusesTime reports whether the answer blames the signature or its time. A
// call refused so has not been carried out.
func refusesTime(e *Error) bool {
	return e.Code == "INVALID_SIGNATURE" || e.Code == "QUERY_TIME_OUT"
}

// refusesKeys reports whether the answer blames the application key or the
// consumer key, where others that look alike refuse one call.
func refusesKeys(e *Error) bool {
	switch e.Code {
	case "INVALID_CREDENTIAL", "NOT_CREDENTIAL", "INVALID_KEY":
		return true
	case "":
		return strings.EqualFold(e.Message, "This application key is invalid") ||
			strings.EqualFold(e.Message, "This credential is not valid")
	default:
		return false
	}
}

// about gives the error of a call the kind and the neutral ID of what it was about, where
// its path does not say that: of a server that was not made, its address.
func about(kind lb.Kind, id string, err error) error {
	e, ok := err.(*lb.Error) //nolint:errorlint // what wraps one has an ID of its own
	if !ok {
		return err
	}
	known := *e
	known.Kind, known.ID = kind, id
	return &known
}
