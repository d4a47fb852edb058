package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// transport makes the attempts: hold, limiter, credentials, wire, answer. It
// has no CloseIdleConnections, so that go-retryablehttp cannot flush the pool of
// a caller's transport.
type transport struct {
	client   *Client
	next     http.RoundTripper
	standard bool // next is net/http's own
}

// RoundTrip makes one attempt and leaves how it ended in the call's state. It
// fills in r's header and body: r is of this package's making, as newRequest says, and of
// this attempt alone but for its URL. What it returns only keeps net/http and
// go-retryablehttp going: the answer's body has been read by then.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	s, ok := stateOf(r.Context())
	if !ok {
		return nil, errNoAttempt
	}
	s.begin()
	resp, err := t.attempt(s, r)
	if err != nil {
		s.err = err
		return nil, err
	}
	return resp, nil
}

// begin forgets the attempt before.
func (s *state) begin() {
	s.begun, s.start = true, time.Now()
	s.outcome, s.sent, s.status, s.answerHeader, s.cookies, s.wire, s.err, s.fail = answered, false, 0, nil, nil, nil, nil, Failure{}
	s.answerBody = nil
}

func (t *transport) attempt(s *state, r *http.Request) (*http.Response, error) {
	c := t.client
	s.cookies = r.Header
	if err := c.ready(s, r); err != nil {
		return nil, s.end(refused, err)
	}
	s.wire = r.Header
	s.attempts++
	ctx := r.Context()
	if c.config.AttemptTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.config.AttemptTimeout)
		defer cancel()
	}
	s.start = time.Now()
	resp, err := t.send(ctx, s, r)
	if err != nil {
		return nil, s.end(lost, err)
	}
	s.status, s.answerHeader = resp.StatusCode, resp.Header
	c.learn(resp.Header)
	if err := s.read(resp); err != nil {
		return nil, err
	}
	resp.Body, resp.ContentLength = http.NoBody, 0
	return resp, nil
}

// ready waits until the attempt may go out and signs it. A hold that begins
// meanwhile is waited for as well, and what was signed before it is old then.
func (c *Client) ready(s *state, r *http.Request) error {
	for {
		if err := c.admit(s); err != nil {
			return err
		}
		r.Header = s.header()
		if c.config.Auth != nil && !s.call.Anonymous {
			// The caller's context: the attempt's own time begins when it is signed.
			if err := c.config.Auth.Apply(s.ctx, r, s.body); err != nil { //nolint:contextcheck // see above
				return err
			}
		}
		if err := s.ctx.Err(); err != nil { // a transport would be asked for nothing
			return err
		}
		if c.hold.left() <= 0 {
			return nil
		}
	}
}

// cloneURL keeps a transport that changes what it sends from changing what is
// signed and sent next.
func cloneURL(u *url.URL) *url.URL {
	clone := *u
	return &clone
}

// credentials are the values that the attempt had in its header beyond those that
// are no secret.
func (s *state) credentials() (values []string) {
	plain := s.header()
	for name := range s.wire {
		if _, known := plain[name]; !known {
			values = append(values, s.wire[name]...)
		}
	}
	return values
}

// send puts r on the wire with its body, and learns whether it was sent, where that
// makes a difference: whoever has an answer has sent something, whatever the trace says.
// It mends what net/http forgives in a caller's transport: neither an answer nor an
// error, both of them, an answer without a body. An answer to an upgrade that nobody
// asked for is none: its body is the bare connection, whose reads no context ends.
func (t *transport) send(ctx context.Context, s *state, r *http.Request) (*http.Response, error) {
	traced := !t.standard || !harmless(s.call.Method, s.call.Repeatable) // else nobody asks
	var out *outgoing
	if traced || s.body != nil {
		out = &outgoing{}
	}
	if traced {
		out.watch(t.standard)
		ctx = httptrace.WithClientTrace(ctx, &out.trace)
	}
	r = r.WithContext(ctx)
	if s.body != nil {
		out.carry(r, s.body)
	}
	if !t.standard {
		r.URL, r.Host = cloneURL(r.URL), r.URL.Host
	}
	resp, err := t.next.RoundTrip(r)
	s.sent = resp != nil || !traced || out.sent()
	switch {
	case err != nil && resp != nil && resp.Body != nil:
		_ = resp.Body.Close() // nobody reads it
	case err == nil && resp == nil:
		return nil, errNoAnswer
	case err == nil && resp.Body == nil:
		resp.Body = http.NoBody
	case err == nil && resp.StatusCode == http.StatusSwitchingProtocols:
		_ = resp.Body.Close() // the connection
		return nil, errSwitched
	}
	return resp, err
}

// admit waits until the attempt may go out: for the end of a hold, and then for
// the limiter, so that no permission is used up in a hold.
func (c *Client) admit(s *state) error {
	for {
		if err := c.hold.wait(s.ctx, c.retry.MaxRetryAfter); err != nil {
			return err
		}
		if c.config.Limiter == nil {
			return nil
		}
		if err := c.config.Limiter.Wait(s.ctx); err != nil {
			if s.ctx.Err() != nil {
				return err
			}
			return &lb.Error{Code: lb.ErrRateLimited, Provider: c.config.Provider, Message: "the client's own rate limit", Err: foreign(err)}
		}
		if c.hold.left() <= 0 {
			return nil
		}
	}
}

// end classes what ended an attempt without a whole answer.
func (s *state) end(o outcome, err error) error {
	switch {
	case s.ctx.Err() != nil:
		s.outcome, s.err = cancelled, s.ctx.Err()
	case o == refused:
		s.outcome, s.err = refused, err
	case lasting(err):
		s.outcome, s.err = barred, err
	case errors.Is(err, context.DeadlineExceeded):
		s.outcome = timedOut
		s.err = fmt.Errorf("no whole answer within %s: %w (%s)", time.Since(s.start).Round(time.Millisecond), os.ErrDeadlineExceeded, err.Error())
	default:
		s.outcome, s.err = o, foreign(err)
	}
	return s.err
}

var (
	// errNoAnswer: a transport that breaks its contract may have sent everything.
	errNoAnswer = errors.New("the transport gave neither an answer nor an error")
	errSwitched = errors.New("the server switched to another protocol, which nobody asked for")
)

// foreign hides a context error that is not of the caller's context.
func foreign(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errors.New(err.Error())
	}
	return err
}
