package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/lbkit/lbkit/lb"
)

// Client sends the calls of one API with one set of credentials. It is
// immutable but for what it learns from answers, and safe for concurrent use.
type Client struct {
	config    Config
	base      *url.URL
	root      string // its path, escaped
	http      *http.Client
	loop      *retryablehttp.Client // of all calls
	retry     lb.RetryPolicy
	userAgent []string // as a header has it
	hold      hold
	skew      atomic.Int64 // server's clock less ours, in nanoseconds, by the last Date header
	date      atomic.Pointer[seenDate]
}

// New checks config and makes a client of it. The HTTP client in it is copied:
// redirects are handed back instead of followed, its Timeout bounds each
// attempt where no attempt timeout is set, and its transport carries every
// request.
func New(config Config) (*Client, error) {
	base, err := parseBase(config.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, base: base, root: base.EscapedPath(), retry: policy(config.Retry), userAgent: []string{userAgent(config.Application)}}
	c.http = &http.Client{}
	if config.HTTPClient != nil {
		*c.http = *config.HTTPClient
	}
	if c.config.AttemptTimeout == 0 {
		c.config.AttemptTimeout = c.http.Timeout
	}
	c.http.Timeout = 0
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	next := c.http.Transport
	if next == nil {
		next = newTransport()
	}
	_, standard := next.(*http.Transport)
	c.http.Transport = &transport{client: c, next: next, standard: standard}
	c.loop = &retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     math.MaxInt, // decide counts
		CheckRetry:   check,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // check has waited
		PrepareRetry: func(r *http.Request) error { c.blank(r); return nil },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return c, nil
}

// Do sends call and returns when its answer is in call.Out, or with an
// *lb.Error.
func (c *Client) Do(ctx context.Context, call Call) (Meta, error) {
	s := &state{client: c, call: call, ctx: ctx}
	r, err := s.newRequest() //nolint:contextcheck // s is its context
	if err != nil {
		return Meta{}, s.invalid(err)
	}
	if err := ctx.Err(); err != nil {
		s.outcome, s.err = cancelled, err
		return Meta{}, s.failure()
	}
	s.request.Request = r
	resp, err := c.loop.Do(&s.request)
	if resp != nil {
		_ = resp.Body.Close() // nothing is in it: the attempt has read the answer
	}
	return s.finish(err)
}

// ServerTime is the API's present time, by the last Date header it sent, and
// ours before there was one. It is good to a second or two.
func (c *Client) ServerTime() time.Time {
	return time.Now().Add(time.Duration(c.skew.Load()))
}

// learn takes note of what an answer tells about the server. A Date says the same for a
// second, and is read once in it.
func (c *Client) learn(header http.Header) {
	text, now := header.Get("Date"), time.Now()
	if last := c.date.Load(); last != nil && last.text == text && now.Sub(last.at) < time.Second {
		return
	}
	if date, err := http.ParseTime(text); err == nil {
		c.skew.Store(int64(date.Sub(now)))
		c.date.Store(&seenDate{text, now})
	}
}

// seenDate is a Date header, and when it came.
type seenDate struct {
	text string
	at   time.Time
}

type stateKey struct{}

// state is what one call knows of its attempts. Only the goroutine of the call
// touches it: the transport runs in it too, and finds it in the request's context,
// which it is: the caller's, with one value more.
type state struct {
	ctx     context.Context //nolint:containedctx // the state lives as long as its call
	client  *Client
	call    Call
	body    []byte
	target  url.URL
	request retryablehttp.Request

	attempts  int // that went out, whether or not a connection was had
	spent     int // of them, those that count for nothing: see renew and keep
	renewed   bool
	conflicts int           // of a kind that passes
	conflict  time.Duration // waited for them
	// of the attempts before the one under way, the errors of the last one and of
	// the last one with an answer
	before, answer *lb.Error

	// of the attempt under way or just ended
	begun        bool
	start        time.Time
	outcome      outcome
	sent         bool
	status       int
	answerHeader http.Header
	answerBody   []byte           // for the dump
	cookies      http.Header      // of a jar
	wire         http.Header      // all that went out; nil: nothing did
	part         io.LimitedReader // of the answer's body: what is read next
	err          error            // why there is no answer, or why it cannot be read
	fail         Failure
	after        time.Duration
	hasWait      bool
	verdict      decision
}

func (s *state) Deadline() (time.Time, bool) { return s.ctx.Deadline() }
func (s *state) Done() <-chan struct{}       { return s.ctx.Done() }
func (s *state) Err() error                  { return s.ctx.Err() }

// Value is s itself for its own key.
func (s *state) Value(key any) any {
	if _, own := key.(stateKey); own {
		return s
	}
	return s.ctx.Value(key)
}

// stateOf is the call that a request belongs to.
func stateOf(ctx context.Context) (s *state, ok bool) {
	s, ok = ctx.Value(stateKey{}).(*state)
	return s, ok
}

// check is go-retryablehttp's CheckRetry for all calls: it decides whether there
// is to be another attempt, and waits for it.
func check(ctx context.Context, _ *http.Response, err error) (bool, error) {
	s, ok := stateOf(ctx)
	if !ok {
		return false, err
	}
	s.judge(err)
	if !s.verdict.Retry {
		return false, nil
	}
	if err := sleep(ctx, s.verdict.Wait); err != nil {
		return false, err
	}
	return true, nil
}

// judge decides on the attempt that has just ended. What it has left in s says
// more than what the HTTP client makes of it.
func (s *state) judge(err error) {
	if !s.begun { // the HTTP client refused before its transport was asked
		s.outcome, s.err = refused, err
	}
	s.begun = false
	s.after, s.hasWait = 0, false
	if value := s.answerHeader.Get("Retry-After"); value != "" {
		s.after, s.hasWait = RetryAfter(value, s.client.ServerTime())
	}
	if !s.hasWait && s.fail.RetryAfter > 0 {
		s.after, s.hasWait = s.fail.RetryAfter, true
	}
	if s.status == http.StatusTooManyRequests {
		s.client.hold.until(s.holdFor())
	}
	renewed := s.renew()
	if s.conflicting() {
		s.conflicts++
	}
	s.verdict = decide(s.client.retry, s.attempt(renewed), fullJitter)
	s.observe()
	if s.verdict.Retry {
		s.keep()
	}
}

// conflicting: the answer is a conflict that passes by itself.
func (s *state) conflicting() bool {
	return s.outcome == answered && s.status == http.StatusConflict && s.fail.Transient
}

// keep notes of an attempt that another follows what that one may have to tell.
func (s *state) keep() {
	s.before = s.failure()
	if s.status != 0 {
		s.answer = s.before
	}
	if s.conflicting() {
		s.spent++
		s.conflict += s.verdict.Wait
	}
}

func (s *state) attempt(renewed bool) attempt {
	a := attempt{
		Method: s.call.Method, Number: s.attempts - s.spent, Outcome: s.outcome, Sent: s.sent, Status: s.status,
		Transient: s.fail.Transient, Renewed: renewed, Repeatable: s.call.Repeatable,
		RetryAfter: s.after, HasAfter: s.hasWait, Conflicts: s.conflicts, Conflicted: s.conflict,
	}
	if deadline, ok := s.ctx.Deadline(); ok {
		a.Left, a.HasLeft = time.Until(deadline), true
	}
	return a
}

// renew asks, once a call, whether new credentials would be accepted in place
// of those just refused. The attempt does not count then.
func (s *state) renew() bool {
	if s.renewed || s.outcome != answered || s.status < 400 || s.client.config.Auth == nil || s.call.Anonymous {
		return false
	}
	if !s.client.config.Auth.Refused(s.fail) {
		return false
	}
	s.renewed = true
	s.spent++
	return true
}

// finish is the call's result, from its last attempt and from what ended the
// loop.
func (s *state) finish(loopErr error) (Meta, error) {
	meta := Meta{Status: s.status, Header: s.answerHeader, RequestID: s.requestID(), Attempts: s.attempts}
	if s.verdict.Retry {
		// The loop ended although there was to be another attempt: in the wait.
		if err := s.ctx.Err(); err != nil {
			return meta, s.interrupted(err)
		}
		return meta, s.interrupted(loopErr)
	}
	if s.verdict.Gone || (s.outcome == answered && s.success()) {
		return meta, nil
	}
	return meta, s.failure()
}

func (s *state) success() bool { return s.status >= 200 && s.status < 300 }

func (s *state) requestID() string {
	id := s.answerHeader.Get(s.client.config.RequestIDHeader)
	return id[:min(len(id), mostRequestID)]
}

// mostRequestID is far more than any request ID has; what is longer is none.
const mostRequestID = 256

// userAgent is "application lbkit/version".
func userAgent(application string) string {
	name := "lbkit"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == modulePath {
				name += "/" + dep.Version
			}
		}
	}
	if application != "" {
		return application + " " + name
	}
	return name
}

const modulePath = "github.com/lbkit/lbkit"

// invalid is the error of a call that was never sent.
func (s *state) invalid(err error) error {
	e := s.base(lb.ErrInvalid)
	e.Err = err
	return e
}

var errNoAttempt = errors.New("the request was not sent")

// String keeps credentials out of prints: there is nothing of use in it.
func (c *Client) String() string { return fmt.Sprintf("rest.Client(%s)", c.config.Provider) }
