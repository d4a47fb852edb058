package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// base is an error of this call with nothing said of what went wrong.
func (s *state) base(code error) *lb.Error {
	kind, id := s.subject()
	return &lb.Error{
		Code:      code,
		Provider:  s.client.config.Provider,
		Op:        s.call.Op,
		Kind:      kind,
		ID:        id,
		Status:    s.status,
		RequestID: s.requestID(),
		Attempts:  s.attempts,
	}
}

// subject is the object that the call is about.
func (s *state) subject() (kind lb.Kind, id string) {
	if s.call.ID != "" || s.client.config.Identify == nil {
		return s.call.Kind, s.call.ID
	}
	return s.client.config.Identify(&s.call)
}

// failure is the error of a call whose last attempt failed.
func (s *state) failure() *lb.Error {
	e := s.base(lb.ErrUnavailable)
	switch s.outcome {
	case answered:
		s.describe(e)
	case refused:
		s.explain(e)
		s.recall(e, s.before)
	case cancelled:
		s.remember(e)
		e.Err = errors.Join(e.Err, s.err)
	case lost, timedOut, unreadable, barred:
		e.Err = s.err
		s.recall(e, s.answer)
	}
	if s.verdict.Uncertain {
		e.Code = lb.ErrUncertain
	}
	if s.verdict.Late {
		e.Err = errors.Join(e.Err, context.DeadlineExceeded)
	}
	return e
}

// describe fills e from an error answer.
func (s *state) describe(e *lb.Error) {
	e.Code = s.fail.Code
	if e.Code == nil {
		e.Code = codeOf(s.status)
	}
	e.Message, e.Fields, e.Err = clip(s.fail.Message), s.fail.Fields, s.fail.Err
	if s.hasWait {
		e.RetryAfter = s.after
	}
	if s.status >= 300 && s.status < 400 {
		e.Message = fmt.Sprintf("redirected to %s; redirects are not followed", Excerpt([]byte(location(s.answerHeader))))
	}
}

// clip cuts a message that nobody would read to its end.
func clip(message string) string {
	if len(message) <= KeptBody {
		return message
	}
	return strings.ToValidUTF8(message[:KeptBody], "")
}

// explain fills e from what kept an attempt from being sent: an error of
// another call (for the server's time, for a token) or of ours.
func (s *state) explain(e *lb.Error) {
	var inner *lb.Error
	if !errors.As(s.err, &inner) {
		e.Code, e.Err = lb.ErrInvalid, foreign(s.err)
		return
	}
	e.Code, e.RetryAfter, e.Err = inner.Code, inner.RetryAfter, s.err
	if inner.Op == "" { // ours, made for this call: say it once
		e.Message, e.Err = inner.Message, inner.Err
	}
	e.Err = foreign(e.Err)
	if e.Status == 0 {
		e.Status, e.RequestID = inner.Status, inner.RequestID
	}
}

// remember fills e, of an attempt that the caller has ended, with what is known:
// its own answer, or else what the attempt before it came to. An outcome that is
// unknown is not to be read as that of an earlier attempt.
func (s *state) remember(e *lb.Error) {
	switch {
	case s.status >= 300:
		s.describe(e)
	case s.status != 0 || s.before == nil:
	case s.verdict.Uncertain:
		s.recall(e, s.before)
	default:
		b := s.before
		e.Code, e.Status, e.RequestID, e.Message, e.Fields, e.RetryAfter, e.Err = b.Code, b.Status, b.RequestID, b.Message, b.Fields, b.RetryAfter, b.Err
	}
}

// recall puts the error of an earlier attempt behind that of one without an
// answer, so that a status and a request ID are not lost.
func (s *state) recall(e, earlier *lb.Error) {
	if s.status == 0 && earlier != nil {
		e.Err = errors.Join(e.Err, earlier)
	}
}

// interrupted is the error of a call that ended while it waited to try again:
// what the last attempt said, and what ended the wait.
func (s *state) interrupted(cause error) *lb.Error {
	e := s.failure()
	e.Err = errors.Join(e.Err, cause)
	return e
}

// location names the host of a redirect, which is what tells a wrong base URL
// from a login page.
func location(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	switch {
	case err != nil || h.Get("Location") == "":
		return "an unknown place"
	case u.Host == "":
		return "another path of the same host"
	default:
		return u.Scheme + "://" + u.Host
	}
}

// codeOf is the sentinel of a status about which a provider says nothing more.
func codeOf(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return lb.ErrUnauthorized
	case http.StatusForbidden:
		return lb.ErrForbidden
	case http.StatusNotFound:
		return lb.ErrNotFound
	case http.StatusRequestTimeout:
		return lb.ErrUnavailable
	case http.StatusConflict, http.StatusPreconditionFailed:
		return lb.ErrConflict
	case http.StatusGone, statusExpired:
		return lb.ErrExpired
	case http.StatusLocked:
		return lb.ErrBusy
	case http.StatusTooManyRequests:
		return lb.ErrRateLimited
	}
	if status >= 500 {
		return lb.ErrUnavailable
	}
	return lb.ErrInvalid
}

// statusExpired is OVH's own: the service has expired (facts 3.3).
const statusExpired = 460
