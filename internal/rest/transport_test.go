package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// answering is an answer of a transport of a test.
func answering(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// through is a client whose requests go to do, and how many there were.
func through(t *testing.T, config Config, do func(*http.Request) (*http.Response, error)) (*Client, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	config.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		return do(r)
	})}
	if config.Retry == (lb.RetryPolicy{}) {
		config.Retry = quick
	}
	return newClient(t, config), &calls
}

// traced is what a transport tells of one attempt, in order.
func traced(r *http.Request, story ...string) {
	trace := httptrace.ContextClientTrace(r.Context())
	for _, step := range story {
		switch step {
		case "asked":
			trace.GetConn("api.test:443")
		case "had":
			trace.GotConn(httptrace.GotConnInfo{})
		case "wrote":
			trace.WroteHeaders()
		case "field":
			trace.WroteHeaderField("Host", []string{"api.test"})
		case "failed to write":
			trace.WroteRequest(httptrace.WroteRequestInfo{Err: net.ErrClosed})
		}
	}
}

// TestSent: a POST goes out again only where the trace shows that nothing of it
// has left: a connection was asked for and not had, and nothing was written.
func TestSent(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
	tests := map[string]bool{ // whether it goes out again
		"":                              false,
		"asked":                         true,
		"asked asked":                   true,
		"asked had":                     false, // it may be written by the time that this is read
		"asked had asked":               true,  // the one that was had was dead, and no other could be had
		"asked had field":               false,
		"asked had field asked":         false,
		"asked had wrote":               false,
		"asked had wrote asked":         false,
		"asked failed to write":         true,
		"asked had failed to write":     false,
		"had":                           false,
		"wrote":                         false,
		"asked wrote":                   false,
		"asked had failed to write x y": false,
	}
	for story, again := range tests {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) {
				traced(r, strings.Fields(story)...)
				return nil, refused
			})
			_, _, err := callA(t.Context(), c, http.MethodPost)
			want, code := int32(1), lb.ErrUncertain
			if again {
				want, code = 4, lb.ErrUnavailable
			}
			wantCode(t, err, code)
			if calls.Load() != want {
				t.Errorf("%d attempts, want %d", calls.Load(), want)
			}
		})
	}
}

// TestAnswerProvesSent: who has an answer has sent a request, even by a
// transport that reports of a connection only that one was asked for.
func TestAnswerProvesSent(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) {
			traced(r, "asked")
			return answering(r, 200, `{"a":1}`), nil
		})
		if out, meta, err := callA(t.Context(), c, method); err != nil || out.A != 1 || meta.Attempts != 1 || calls.Load() != 1 {
			t.Errorf("%s: %+v, %d requests, %v", method, out, calls.Load(), err)
		}
	}
	c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) {
		traced(r, "asked")
		return answering(r, 500, ""), nil
	})
	_, _, err := callA(t.Context(), c, http.MethodPost)
	wantCode(t, err, lb.ErrUncertain)
	if calls.Load() != 1 {
		t.Errorf("%d requests", calls.Load())
	}
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

// TestOddTransports: what net/http forgives in a transport is forgiven, or an
// error, and never a panic of ours.
func TestOddTransports(t *testing.T) {
	t.Parallel()
	t.Run("no body", func(t *testing.T) {
		t.Parallel()
		c, _ := through(t, Config{}, func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil })
		if _, err := c.Do(t.Context(), Call{Method: http.MethodDelete, Route: "/a"}); err != nil {
			t.Error(err)
		}
		c, _ = through(t, Config{}, func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 404}, nil })
		_, err := c.Do(t.Context(), Call{Method: http.MethodGet, Route: "/a"})
		wantCode(t, err, lb.ErrNotFound)
	})
	t.Run("neither answer nor error", func(t *testing.T) {
		t.Parallel()
		c, calls := through(t, Config{}, func(*http.Request) (*http.Response, error) { return nil, nil })
		_, _, err := callA(t.Context(), c, http.MethodPost)
		wantCode(t, err, lb.ErrUncertain)
		if calls.Load() != 1 {
			t.Errorf("%d requests", calls.Load())
		}
	})
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		body := &closing{Reader: strings.NewReader("x")}
		c, _ := through(t, Config{}, func(r *http.Request) (*http.Response, error) {
			resp := answering(r, 500, "")
			resp.Body = body
			return resp, net.ErrClosed
		})
		_, _, err := callA(t.Context(), c, http.MethodPost)
		wantCode(t, err, lb.ErrUncertain)
		if !body.closed {
			t.Error("the body is still open")
		}
	})
}

// TestContextEndsWhileSigning: a request whose context ends before it is sent has
// not been sent, a POST no less than others.
func TestContextEndsWhileSigning(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		ctx, cancel := context.WithCancel(t.Context())
		c, calls := through(t, Config{Auth: authFunc(func(context.Context, *http.Request) error { cancel(); return nil })}, func(*http.Request) (*http.Response, error) {
			return nil, context.Canceled
		})
		_, _, err := callA(ctx, c, method)
		wantCode(t, err, lb.ErrUnavailable)
		if calls.Load() != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %d requests, %v", method, calls.Load(), err)
		}
	}
}

// TestForeignContexts: a context error that is not of the caller's context, in
// whatever a caller's transport, credentials or limiter return, is no context
// error.
func TestForeignContexts(t *testing.T) {
	t.Parallel()
	fails := func(err error) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded, fmt.Errorf("vault: %w", context.DeadlineExceeded)} {
		inner := &lb.Error{Code: lb.ErrUnauthorized, Message: "no token", Err: end}
		other := &lb.Error{Code: lb.ErrUnauthorized, Op: "auth.token", Err: end}
		configs := map[string]Config{
			"credentials":            {Auth: authFunc(func(context.Context, *http.Request) error { return end })},
			"credentials' own error": {Auth: authFunc(func(context.Context, *http.Request) error { return inner })},
			"another call's error":   {Auth: authFunc(func(context.Context, *http.Request) error { return other })},
			"limiter":                {Limiter: limiterFunc(func(context.Context) error { return end })},
			"transport":              {},
		}
		for name, config := range configs {
			c, _ := through(t, config, fails(end)) //nolint:bodyclose // it fails without an answer
			_, _, err := callA(t.Context(), c, http.MethodGet)
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s, %v: %v holds a context's error", name, end, err)
			}
			if !strings.Contains(err.Error(), end.Error()) {
				t.Errorf("%s, %v: %v does not say it", name, end, err)
			}
		}
	}
}

// TestDialTimeout: the dialer's own timeout is no answer in time, and the error
// says what could not be reached.
func TestDialTimeout(t *testing.T) {
	t.Parallel()
	c, calls := through(t, Config{}, func(r *http.Request) (*http.Response, error) {
		traced(r, "asked")
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: "api.test", IsTimeout: true, UnwrapErr: context.DeadlineExceeded}}
	})
	_, _, err := callA(t.Context(), c, http.MethodPost)
	wantCode(t, err, lb.ErrUnavailable)
	if calls.Load() != 4 || !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "api.test") {
		t.Errorf("%d attempts, %v", calls.Load(), err)
	}
}

// TestCookieJar: a caller's jar works, and an attempt carries its cookies once,
// however many went before it.
func TestCookieJar(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	w := newWire(t, says(200, "Set-Cookie: node=1\r\n", `{"a":1}`), says(503, "", ""), says(503, "Set-Cookie: node=2\r\n", ""), fine)
	own := &http.Client{Jar: jar, Transport: &http.Transport{}}
	c := newClient(t, Config{BaseURL: w.url(), HTTPClient: own, Retry: quick})
	for range 2 {
		if _, _, err := callA(t.Context(), c, http.MethodPut); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range w.requests {
		cookies = append(cookies, r.Header.Get("Cookie"))
		if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("User-Agent") == "" {
			t.Errorf("a repeat lost headers: %v", r.Header)
		}
	}
	if diff := cmp.Diff([]string{"", "node=1", "node=1", "node=2"}, cookies); diff != "" {
		t.Error(diff)
	}
}

// TestOwnTimeout: a Timeout of the caller's client bounds each attempt and not
// the call, and the caller's redirect policy is not asked.
func TestOwnTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		own := &http.Client{
			Timeout: time.Second,
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if calls++; calls < 4 {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return answering(r, 302, ""), nil
			}),
			CheckRedirect: func(*http.Request, []*http.Request) error {
				t.Error("the caller's redirect policy was asked")
				return nil
			},
		}
		begin := time.Now()
		_, _, err := callA(t.Context(), newClient(t, Config{HTTPClient: own, Retry: quick}), http.MethodGet)
		e := errorOf(t, err, lb.ErrInvalid)
		if e.Status != 302 || calls != 4 || time.Since(begin).Round(100*time.Millisecond) != 3*time.Second {
			t.Errorf("%d attempts in %s: %v", calls, time.Since(begin), err)
		}
	})
}
