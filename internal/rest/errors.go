package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/lbkit/lbkit/lb"
)

// base is an error of this call with nothing said of what went wrong.
func (s *state) base(code error) *lb.Error {
	return &lb.Error{
		Code:      code,
		Provider:  s.client.config.Provider,
		Op:        s.call.Op,
		Kind:      s.call.Kind,
		ID:        s.call.ID,
		Status:    s.status,
		RequestID: s.requestID(),
		Attempts:  s.attempts,
	}
}

// failure is the error of a call whose last attempt failed.
func (s *state) failure() *lb.Error {
	e := s.base(lb.ErrUnavailable)
	switch s.outcome {
	case answered:
		s.describe(e)
	case refused:
		s.explain(e)
	case cancelled:
		if s.status >= 300 {
			s.describe(e)
		}
		e.Err = errors.Join(e.Err, s.err)
	case lost, timedOut, unreadable, untrusted:
		e.Err = s.err
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
	e.Message, e.Fields, e.Err = s.fail.Message, s.fail.Fields, s.fail.Err
	if s.hasWait {
		e.RetryAfter = s.after
	}
	if s.status >= 300 && s.status < 400 {
		e.Message = fmt.Sprintf("redirected to %s; redirects are not followed", location(s.header))
	}
}

// explain fills e from what kept an attempt from being sent: an error of
// another call (for the server's time, for a token) or of ours.
func (s *state) explain(e *lb.Error) {
	var inner *lb.Error
	if !errors.As(s.err, &inner) {
		e.Code, e.Err = lb.ErrInvalid, s.err
		return
	}
	e.Code, e.Message, e.RetryAfter, e.Err = inner.Code, inner.Message, inner.RetryAfter, s.err
	if inner.Op == "" { // ours, made for this call: say it once
		e.Err = inner.Err
	}
	if e.Status == 0 {
		e.Status, e.RequestID = inner.Status, inner.RequestID
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
