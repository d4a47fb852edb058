package scaleway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Error is the API's own error, found by errors.As behind an *lb.Error.
type Error struct {
	Status    int           // the answer's HTTP status
	Type      string        // "invalid_arguments"; empty in most answers of this API
	Message   string        // the API's words, or the beginning of what is not JSON
	Details   []ErrorDetail // what is wrong with what, where the API says
	RequestID string
	Body      []byte // as it came, at most 4 KiB of it
}

// ErrorDetail is what is wrong with one thing.
type ErrorDetail struct {
	Field  string // an argument (not always by its JSON name), or a resource
	Reason string // "required", "format", "constraint", a quota, a state
	Help   string // in words
}

// Error is the message, with the type that says more.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = http.StatusText(e.Status)
	}
	if e.Type != "" {
		text = e.Type + ": " + text
	}
	return fmt.Sprintf("%s (HTTP %d)", text, e.Status)
}

// The types of errors that say more than their status (facts 5).
const (
	typeAlreadyExists      = "already_exists"
	typeExpired            = "expired"
	typeInvalidArguments   = "invalid_arguments"
	typeLocked             = "locked"
	typeNotFound           = "not_found"
	typeOutOfStock         = "out_of_stock"
	typePermissionsDenied  = "permissions_denied"
	typePreconditionFailed = "precondition_failed"
	typeQuotasExceeded     = "quotas_exceeded"
	typeResourceExpired    = "resource_expired"
	typeTooManyRequests    = "too_many_requests"
	typeTransientState     = "transient_state"
	typeDeniedAuth         = "denied_authentication"

	preconditionInUse        = "resource_still_in_use"
	preconditionAttributeSet = "attribute_must_be_set"
)

// addressInUse is the one recorded refusal without a type that has a meaning of
// its own: DELETE of an address that a load balancer has (facts 5).
const addressInUse = "is used on a lb"

// fields are the members of a JSON object whose shape nobody guarantees.
type fields map[string]json.RawMessage

// text is a member as words, fit for a message: a string's content, a number as it is
// written.
func (f fields) text(names ...string) string {
	for _, name := range names {
		raw := f[name]
		var s string
		if rest.Decode(raw, &s) == nil && s != "" {
			return rest.Excerpt([]byte(s))
		}
		var n float64
		if rest.Decode(raw, &n) == nil && len(raw) > 0 && raw[0] != 'n' { // null is a zero
			return rest.Excerpt(raw)
		}
	}
	return ""
}

// decodeError reads what the API says of an error. It takes every shape of
// facts 5 and what is none of them: other JSON, HTML, nothing.
func decodeError(status int, header http.Header, body []byte) rest.Failure {
	e := &Error{Status: status, RequestID: header.Get(requestIDHeader), Body: keep(body)}
	var answer fields
	if rest.Decode(body, &answer) != nil {
		e.Message = rest.Excerpt(body)
		return rest.Failure{Code: codeOf(e, ""), Message: e.Message, Err: e}
	}
	e.Type = answer.text("type")
	e.Message = sentence(answer.text("message", "error"), answer.text("help_message"))
	e.Details = append(detailsOf(answer), about(answer)...)
	failure := rest.Failure{
		Code:      codeOf(e, answer.text("precondition")),
		Message:   e.Message,
		Fields:    fieldErrors(e.Details),
		Transient: e.Type == typeTransientState,
		Err:       e,
	}
	if errors.Is(failure.Code, lb.ErrRateLimited) {
		failure.RetryAfter = resetIn(answer, header)
	}
	return failure
}

// mostReset is as many seconds as anyone believes, and fewer than a time.Duration has.
const mostReset = 1e9

// resetIn is how long the rate limit lasts by an error's body (facts 5), in seconds or
// as a time by the server's clock; 0: it does not say.
func resetIn(answer fields, header http.Header) time.Duration {
	if seconds, err := strconv.ParseFloat(answer.text("reset_seconds"), 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, mostReset) * float64(time.Second))
	}
	end, err := time.Parse(time.RFC3339, answer.text("reset_at"))
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, end.Sub(now))
}

// codeOf is the sentinel of an error: its status decides, then its type. Nil is
// what the status alone means.
func codeOf(e *Error, precondition string) error {
	switch e.Status {
	case http.StatusNotFound: // whatever the words: most have no type, some name another resource
		return lb.ErrNotFound
	case http.StatusUnauthorized:
		return lb.ErrUnauthorized
	case http.StatusTooManyRequests:
		return lb.ErrRateLimited
	case http.StatusBadRequest:
		if e.Type == "" && strings.Contains(e.Message, addressInUse) {
			return lb.ErrInUse
		}
	}
	switch e.Type {
	case typeQuotasExceeded:
		return lb.ErrQuota
	case typeTransientState, typeLocked:
		return lb.ErrBusy
	case typeAlreadyExists:
		return lb.ErrExists
	case typeResourceExpired, typeExpired:
		return lb.ErrExpired
	case typeOutOfStock:
		// Not a quota: nothing that the account could have raised, and it passes.
		return lb.ErrUnavailable
	case typePreconditionFailed:
		return preconditionCode(precondition)
	case typeDeniedAuth:
		return lb.ErrUnauthorized
	case typePermissionsDenied:
		return lb.ErrForbidden
	case typeNotFound:
		return lb.ErrNotFound
	case typeTooManyRequests:
		return lb.ErrRateLimited
	case typeInvalidArguments:
		return lb.ErrInvalid
	}
	return nil
}

func preconditionCode(precondition string) error {
	switch precondition {
	case preconditionInUse:
		return lb.ErrInUse
	case preconditionAttributeSet:
		return lb.ErrInvalid
	default:
		return nil
	}
}

// sentence is the API's words with its help, where that adds something.
func sentence(message, help string) string {
	switch {
	case help == "" || strings.Contains(message, help):
		return message
	case message == "":
		return help
	default:
		return message + ": " + help
	}
}

// mostDetails is more than anyone reads in a message.
const mostDetails = 32

// detailsOf reads the list of details: of arguments in both spellings, of
// permissions, of quotas.
func detailsOf(answer fields) []ErrorDetail {
	var list []json.RawMessage
	if rest.Decode(answer["details"], &list) != nil {
		return nil
	}
	var details []ErrorDetail
	for _, raw := range list[:min(len(list), mostDetails)] {
		var f fields
		if rest.Decode(raw, &f) != nil {
			continue
		}
		d := ErrorDetail{
			Field:  f.text("argument_name", "field", "resource"),
			Reason: f.text("reason", "action"),
			Help:   f.text("help_message", "message"),
		}
		if quota := f.text("quota"); quota != "" {
			d.Reason = fmt.Sprintf("quota %s, in use %s", quota, f.text("current"))
		}
		if d != (ErrorDetail{}) {
			details = append(details, d)
		}
	}
	return details
}

// about is what an error says of the resource as a whole.
func about(answer fields) []ErrorDetail {
	resource := answer.text("resource")
	reason := answer.text("current_state", "precondition", "expired_since")
	if resource == "" || reason == "" {
		return nil
	}
	return []ErrorDetail{{Field: resource, Reason: reason}}
}

// fieldErrors are the details as an *lb.Error has them.
func fieldErrors(details []ErrorDetail) []lb.FieldError {
	var out []lb.FieldError
	for _, d := range details {
		reason := d.Reason
		switch {
		case reason == "":
			reason = d.Help
		case d.Help != "":
			reason += ": " + d.Help
		}
		out = append(out, lb.FieldError{Path: d.Field, Reason: reason})
	}
	return out
}

// keep is a copy of what an error keeps of its body.
func keep(body []byte) []byte {
	return append([]byte(nil), body[:min(len(body), rest.KeptBody)]...)
}
