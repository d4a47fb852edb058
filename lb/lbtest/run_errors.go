package lbtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// answerable are the sentinels that an API can answer with.
var answerable = []error{
	lb.ErrNotFound, lb.ErrExists, lb.ErrInvalid, lb.ErrInUse, lb.ErrBusy, lb.ErrQuota, lb.ErrRateLimited, lb.ErrUnauthorized,
	lb.ErrForbidden, lb.ErrExpired, lb.ErrUnavailable, lb.ErrConflict,
}

func runErrors(t *testing.T, s *suite) {
	t.Helper()
	for _, code := range answerable {
		switch {
		case s.has.faults && s.has.failure:
			s.test(t, code.Error(), func(w *world) { w.answers(code) })
		default:
			s.testWith(t, code.Error(), s.has.fail, "Faults and Failure, nor Fail", func(w *world) { w.fails(code) })
		}
	}
	s.testWith(t, "the neutral call, at each request", s.has.faults && s.has.requests, "Faults and Requests", namesCalls)
	s.testWith(t, "rate limited, with the time to wait", s.has.faults, "Faults", rateLimited)
	s.testWith(t, "404, in no words of the API", s.has.faults, "Faults", wordlessMissing)
	s.testWith(t, "what no API would say", s.has.faults, "Faults", strange)
}

// answers has the API answer with code to what reads and what writes.
func (w *world) answers(code error) {
	status, body, ok := w.Failure(code)
	if !ok {
		return // the API has no way to say it
	}
	s := w.newScene()
	for _, c := range w.suite.calls() {
		if !c.possible(s) || c.prepare != nil || c.op == "operations.get" {
			continue
		}
		if c.op == "frontends.create" && errors.Is(code, lb.ErrNotFound) {
			continue // what is not found is its default backend, so that it is invalid
		}
		w.Faults.Reset()
		w.Faults.On(nil).Status(status, body).RetryAfter(0)
		_, err := c.on(w.ctx, s)
		w.Faults.Reset()
		want := code
		if uncertain(code, err) {
			want = lb.ErrUncertain // a write whose answer is a server in trouble
		}
		w.says(s, c, err, want, status, body)
	}
	w.identified(s, code, status, body)
}

// uncertain reports whether the outcome of a call is not known: a create that ended with
// an answer of a server in trouble.
func uncertain(code, err error) bool {
	return errors.Is(code, lb.ErrUnavailable) && errors.Is(err, lb.ErrUncertain)
}

// says wants an error to have everything that it can.
func (w *world) says(s *scene, c call, err, code error, status int, body string) {
	w.Helper()
	what := string(c.op) + " answered with " + code.Error()
	if w.code(what, err, code); err == nil {
		return
	}
	for _, other := range answerable {
		if other != code && !errors.Is(code, other) && errors.Is(err, other) && !errors.Is(code, lb.ErrUncertain) { //nolint:errorlint // the sentinels themselves
			w.Errorf("%s: the error is %q, too", what, other)
		}
	}
	e, ok := errors.AsType[*lb.Error](err)
	if !ok {
		w.Errorf("%s: got %T, want an *lb.Error", what, err)
		return
	}
	w.names(what, c, e)
	if e.Status != status && !errors.Is(code, lb.ErrUncertain) {
		w.Errorf("%s: the status is %d, want %d", what, e.Status, status)
	}
	if e.Message == "" && body != "" && !errors.Is(code, lb.ErrUncertain) {
		w.Errorf("%s: the error says nothing of the API's own words: %v", what, e)
	}
	if id := s.ids()[c.kind]; c.kind != "" && e.Kind == c.kind && e.ID != "" && e.ID != id {
		w.Errorf("%s: the error is about %s %q, want %q", what, e.Kind, e.ID, id)
	}
	if w.OwnError != nil && !w.OwnError(err) {
		w.Errorf("%s: the provider's own error is not behind %v", what, err)
	}
}

// names wants an error to be of the neutral call, the provider, and a kind of the
// contract.
func (w *world) names(what string, c call, e *lb.Error) {
	w.Helper()
	if e.Op != string(c.op) || e.Provider != w.p.Name() {
		w.Errorf("%s: the error is of call %q of %q", what, e.Op, e.Provider)
	}
	if e.Kind != "" && !slices.Contains(kinds, e.Kind) {
		w.Errorf("%s: the error is about a %q, which is no kind of the contract", what, e.Kind)
	}
	if text := e.Error(); !strings.Contains(text, e.Provider) || !strings.Contains(text, e.Op) || strings.Contains(text, "\n") {
		w.Errorf("%s: the error's text lacks the provider or the call, or has several lines: %q", what, text)
	}
}

// identified: a failure with the headers of a real answer has its request ID.
func (w *world) identified(s *scene, code error, status int, body string) {
	w.Helper()
	base := w.Faults.Base
	defer func() { w.Faults.Base = base }()
	w.Faults.Base = rewriting{base, status, body}
	_, err := w.p.Frontends().Get(w.ctx, s.web)
	w.code("frontends.get", err, code)
	if e, ok := errors.AsType[*lb.Error](err); !ok || e.RequestID == "" {
		w.Errorf("frontends.get answered with %s: no request ID in %v", code, err)
	}
}

// rewriting keeps the headers of an answer and nothing else.
type rewriting struct {
	base   http.RoundTripper
	status int
	body   string
}

func (f rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	base := f.base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.StatusCode, resp.Body, resp.ContentLength = f.status, io.NopCloser(bytes.NewReader([]byte(f.body))), int64(len(f.body))
	resp.Header.Set("Content-Type", "application/json")
	resp.Header.Set("Retry-After", "0")
	return resp, nil
}

// fails has each call fail with code, by Fail.
func (w *world) fails(code error) {
	s := w.newScene()
	for _, c := range w.suite.calls() {
		if !c.possible(s) || c.prepare != nil {
			continue
		}
		before := fingerprint(s.tree())
		theirs := &lb.Error{Code: code, Provider: w.p.Name(), Op: string(c.op), Message: "made to fail"}
		w.Fail(string(c.op), theirs, 1)
		_, err := c.on(w.ctx, s)
		what := string(c.op) + " made to fail with " + code.Error()
		w.code(what, err, code)
		e, ok := errors.AsType[*lb.Error](err)
		if !ok {
			w.Errorf("%s: got %T, want an *lb.Error", what, err)
			continue
		}
		w.names(what, c, e)
		if after := fingerprint(s.tree()); after != before {
			w.Errorf("%s: it has changed something:\nbefore %s\nafter  %s", what, before, after)
		}
		if _, err := c.on(w.ctx, s); err != nil {
			w.Errorf("%s: once, and it goes on failing: %v", what, err)
		}
		if !c.reads() {
			s = w.newScene() // the call has changed this one
		}
	}
}

// namesCalls: whichever request of a call fails, the error is of the neutral call.
func namesCalls(w *world) {
	status, body := http.StatusForbidden, `{"message":"no"}`
	for _, c := range w.suite.calls() {
		w.Run(string(c.op), func(t *testing.T) {
			t.Parallel()
			w.suite.tests.Add(1)
			for skip := 0; ; skip++ {
				w := w.suite.newWorld(t)
				s := w.newScene()
				if !c.possible(s) {
					t.Skipf("the harness has no %s", c.kind)
				}
				if c.prepare != nil {
					c.prepare(s)
				}
				w.Faults.On(nil).Skip(skip).Status(status, body)
				var err error
				requests := w.sent(func() { _, err = c.on(w.ctx, s) })
				if e, ok := errors.AsType[*lb.Error](err); err != nil && !ok {
					t.Errorf("%s refused at request %d: got %T, want an *lb.Error: %v", c.op, skip+1, err, err)
				} else if err != nil {
					w.names(string(c.op)+" refused", c, e)
				}
				if len(requests) < skip || err == nil || skip > 40 {
					return // its last request has been refused
				}
			}
		})
	}
}

// rateLimited: a wait that is too long is told, and not waited for.
func rateLimited(w *world) {
	s := w.newScene()
	w.Faults.On(nil).Status(http.StatusTooManyRequests, `{"message":"slow down"}`).RetryAfter(2 * time.Hour)
	begin := time.Now()
	_, err := w.p.Backends().Get(w.ctx, s.app)
	w.code("a rate limit", err, lb.ErrRateLimited)
	if e, ok := errors.AsType[*lb.Error](err); !ok || e.RetryAfter > 2*time.Hour || e.RetryAfter < 119*time.Minute {
		w.Errorf("the error does not say to wait for two hours: %v", err)
	}
	if waited := time.Since(begin); waited > 10*time.Second {
		w.Errorf("it waited for %s", waited)
	}
}

// wordlessMissing: on an object's own path a 404 says that it is not there, whoever answers:
// a proxy in front of the API has no words of its own.
func wordlessMissing(w *world) {
	s := w.newScene()
	for _, c := range w.suite.calls() {
		if _, verb, _ := strings.Cut(string(c.op), "."); verb != "get" || c.kind == lb.KindOperation || !c.possible(s) {
			continue // an operation may be told from what else there is
		}
		for _, body := range []string{"", "<html>not found</html>"} {
			w.Faults.Reset()
			w.Faults.On(nil).Status(http.StatusNotFound, body)
			_, err := c.on(w.ctx, s)
			w.Faults.Reset()
			w.code(fmt.Sprintf("%s answered 404 with %q", c.op, body), err, lb.ErrNotFound)
		}
	}
}

// strange: whatever comes, an error has a code.
func strange(w *world) {
	id := w.LoadBalancer(w.T)
	for _, body := range []string{"", "<html>bad gateway</html>", `"a text"`, `[1]`, `{"message":{"a":1}}`, "\x00\xff"} {
		for _, status := range []int{300, 307, 400, 402, 404, 405, 418, 421, 451, 499, 500, 501, 502, 504, 511, 599} {
			w.Faults.Reset()
			w.Faults.On(nil).Status(status, body)
			_, err := w.p.LoadBalancers().Get(w.ctx, id)
			e, ok := errors.AsType[*lb.Error](err)
			if !ok || e.Code == nil {
				w.Errorf("status %d with %q: got %v, want an *lb.Error with a code", status, body, err)
				continue
			}
			if status >= 400 && e.Status != status {
				w.Errorf("status %d with %q: the error says %d", status, body, e.Status)
			}
		}
	}
}
