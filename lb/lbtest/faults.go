package lbtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Faults is an http.RoundTripper that fails on command. Put it under a client
// and tell it with [Faults.On] which requests go wrong, and how; every other
// request passes to Base. The zero value passes everything to
// [http.DefaultTransport]. It is safe for concurrent use.
type Faults struct {
	// Base carries what is not answered here. Nil means http.DefaultTransport.
	Base http.RoundTripper

	mu    sync.Mutex
	rules []*Rule
}

// Rule says what happens to the requests that it matches. A rule without a
// fault lets them pass. Its methods change it and return it, so that they chain:
//
//	faults.On(isPost).Skip(1).Times(2).Status(503, "")
type Rule struct {
	faults *Faults
	match  func(*http.Request) bool

	skip   int
	times  int // -1: always
	action func(base http.RoundTripper, r *http.Request) (*http.Response, error)
	after  string // Retry-After
	delay  time.Duration
	cut    int // -1: whole
}

// On adds a rule for the requests that match; nil matches every request. Rules
// are asked in the order in which they were made and the first that applies
// decides. A rule applies to every match until [Rule.Times] says otherwise.
func (f *Faults) On(match func(*http.Request) bool) *Rule {
	r := &Rule{faults: f, match: match, times: -1, cut: -1}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, r)
	return r
}

// Reset removes every rule.
func (f *Faults) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// RoundTrip answers r by the first rule that applies, or passes it to Base.
func (f *Faults) RoundTrip(r *http.Request) (*http.Response, error) {
	base := f.Base
	if base == nil {
		base = http.DefaultTransport
	}
	rule, ok := f.take(r)
	if !ok {
		return base.RoundTrip(r)
	}
	if err := sleep(r.Context(), rule.delay); err != nil {
		closeBody(r)
		return nil, err
	}
	send := rule.action
	if send == nil {
		send = http.RoundTripper.RoundTrip
	}
	resp, err := send(base, r)
	if err != nil {
		return nil, err
	}
	if rule.after != "" {
		resp.Header.Set("Retry-After", rule.after)
	}
	if rule.cut >= 0 {
		resp.Body = &cutBody{ReadCloser: resp.Body, left: rule.cut}
	}
	return resp, nil
}

// take returns a copy of the first rule that applies to r, and counts it. A match
// function may send requests itself: no lock is held while it runs.
func (f *Faults) take(r *http.Request) (Rule, bool) {
	f.mu.Lock()
	rules := slices.Clone(f.rules)
	f.mu.Unlock()
	for _, rule := range rules {
		if rule.match != nil && !rule.match(r) {
			continue
		}
		if taken, ok := rule.take(); ok {
			return taken, true
		}
	}
	return Rule{}, false
}

// take counts one matching request, and says whether the rule applies to it.
func (r *Rule) take() (Rule, bool) {
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	switch {
	case r.times == 0:
		return Rule{}, false
	case r.skip > 0:
		r.skip--
		return Rule{}, false
	case r.times > 0:
		r.times--
	}
	return *r, true
}

// set changes r under the lock of its Faults.
func (r *Rule) set(change func()) *Rule {
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	change()
	return r
}

// Times ends the rule after n requests.
func (r *Rule) Times(n int) *Rule {
	return r.set(func() { r.times = n })
}

// Skip lets n matching requests pass to the rules behind this one first.
func (r *Rule) Skip(n int) *Rule {
	return r.set(func() { r.skip = n })
}

// Status answers with code and body; the server sees nothing.
func (r *Rule) Status(code int, body string) *Rule {
	return r.set(func() {
		r.action = func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
			traceSent(req)
			closeBody(req)
			return answer(req, code, body), nil
		}
	})
}

// redirect answers with code and a Location; the server sees nothing.
func (r *Rule) redirect(code int, location string) *Rule {
	return r.set(func() {
		r.action = func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
			traceSent(req)
			closeBody(req)
			resp := answer(req, code, "")
			resp.Header.Set("Location", location)
			return resp, nil
		}
	})
}

// RetryAfter adds the Retry-After header, in whole seconds rounded up, to the
// answer.
func (r *Rule) RetryAfter(d time.Duration) *Rule {
	seconds := int64((d + time.Second - 1) / time.Second)
	return r.set(func() { r.after = strconv.FormatInt(seconds, 10) })
}

// DropBeforeSend fails as a refused dial does: httptrace hooks report that a
// connection was asked for and that none was had, and the server sees nothing.
func (r *Rule) DropBeforeSend() *Rule {
	return r.set(func() {
		r.action = func(_ http.RoundTripper, req *http.Request) (*http.Response, error) {
			if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GetConn != nil {
				trace.GetConn(req.URL.Host)
			}
			closeBody(req)
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
	})
}

// DropAfterSend lets the server act, then loses its answer: the caller sees a
// connection that was reset.
func (r *Rule) DropAfterSend() *Rule {
	return r.set(func() {
		r.action = func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := base.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			_, copyErr := io.Copy(io.Discard, resp.Body)
			if err := errors.Join(copyErr, resp.Body.Close()); err != nil {
				return nil, err
			}
			return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
		}
	})
}

// Replace lets the server act, then answers with code and body in place of
// what it said.
func (r *Rule) Replace(code int, body string) *Rule {
	return r.set(func() {
		r.action = func(base http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := base.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			_, copyErr := io.Copy(io.Discard, resp.Body)
			if err := errors.Join(copyErr, resp.Body.Close()); err != nil {
				return nil, err
			}
			return answer(req, code, body), nil
		}
	})
}

// Truncate ends the answer's body with io.ErrUnexpectedEOF after n bytes.
func (r *Rule) Truncate(n int) *Rule {
	return r.set(func() { r.cut = n })
}

// Delay waits before anything else happens; the request's context ends the
// wait.
func (r *Rule) Delay(d time.Duration) *Rule {
	return r.set(func() { r.delay = d })
}

func answer(r *http.Request, code int, body string) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(code) + " " + http.StatusText(code),
		StatusCode:    code,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader([]byte(body))),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}

// traceSent tells the request's httptrace hooks what a transport tells them of
// a request that went out whole.
func traceSent(r *http.Request) {
	trace := httptrace.ContextClientTrace(r.Context())
	if trace == nil {
		return
	}
	if trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// closeBody keeps the promise of every RoundTripper to close the body it got.
func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// cutBody is a body that breaks off.
type cutBody struct {
	io.ReadCloser
	left int
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if len(p) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= n
	return n, err
}
