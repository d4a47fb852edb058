package rest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/lbkit/lbkit/internal/loopback"
	"github.com/lbkit/lbkit/lb"
)

// piped is a client of a server in memory, for tests in virtual time.
func piped(t *testing.T, handler http.HandlerFunc, config Config) *Client {
	t.Helper()
	host := loopback.Serve(handler, true)
	t.Cleanup(host.Close)
	config.BaseURL, config.HTTPClient = host.URL, host.HTTPClient()
	return newClient(t, config)
}

// blocked is a handler that says when it was reached, sends what head sends, and
// then holds on until the client has gone.
func blocked(reached chan<- struct{}, head func(http.ResponseWriter)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if head != nil {
			head(w)
			_ = http.NewResponseController(w).Flush()
		}
		reached <- struct{}{}
		<-r.Context().Done()
	}
}

// TestCancel: wherever a call is when its context is cancelled, it returns
// with no time passing, with the context's error in an *lb.Error.
func TestCancel(t *testing.T) {
	t.Parallel()
	reached := func() (chan struct{}, func()) {
		c := make(chan struct{}, 16)
		return c, func() { <-c }
	}
	tests := map[string]func(t *testing.T) (c *Client, wait func()){
		"header": func(t *testing.T) (*Client, func()) {
			c, wait := reached()
			return piped(t, blocked(c, nil), Config{}), wait
		},
		"body": func(t *testing.T) (*Client, func()) {
			c, wait := reached()
			return piped(t, blocked(c, func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"a":`) }), Config{}), wait
		},
		"error body": func(t *testing.T) (*Client, func()) {
			c, wait := reached()
			return piped(t, blocked(c, func(w http.ResponseWriter) { w.WriteHeader(400); _, _ = io.WriteString(w, `{"a":`) }), Config{}), wait
		},
		"backoff": func(t *testing.T) (*Client, func()) {
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }, Config{
				Retry:       lb.RetryPolicy{MinWait: time.Hour, MaxWait: 100 * time.Hour},
				DecodeError: func(int, http.Header, []byte) Failure { return Failure{Transient: true} },
			})
			return c, synctest.Wait
		},
		"retry after": func(t *testing.T) (*Client, func()) {
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusServiceUnavailable)
			}, Config{})
			return c, synctest.Wait
		},
		"hold": func(t *testing.T) (*Client, func()) {
			c := piped(t, func(http.ResponseWriter, *http.Request) {}, Config{})
			c.hold.until(30 * time.Second)
			return c, synctest.Wait
		},
		"limiter": func(t *testing.T) (*Client, func()) {
			return piped(t, func(http.ResponseWriter, *http.Request) {}, Config{Limiter: limiterFunc(func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})}), synctest.Wait
		},
		"credentials": func(t *testing.T) (*Client, func()) {
			return piped(t, func(http.ResponseWriter, *http.Request) {}, Config{Auth: authFunc(func(ctx context.Context, _ *http.Request) error {
				<-ctx.Done()
				return ctx.Err()
			})}), synctest.Wait
		},
		"dial": func(t *testing.T) (*Client, func()) {
			over := make(chan struct{}) // net/http lets a dial go on without its request
			t.Cleanup(func() { close(over) })
			dial := func(context.Context, string, string) (net.Conn, error) {
				<-over
				return nil, net.ErrClosed
			}
			return newClient(t, Config{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}}}), synctest.Wait
		},
	}
	for name, start := range tests {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+"/"+method, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, wait := start(t)
					ctx, cancel := context.WithCancel(t.Context())
					done := make(chan error, 1)
					go func() {
						_, _, err := callA(ctx, c, method)
						done <- err
					}()
					wait()
					synctest.Wait()
					before := time.Now()
					cancel()
					err := <-done
					if passed := time.Since(before); passed != 0 {
						t.Errorf("%s passed after the cancel", passed)
					}
					var e *lb.Error
					if !errors.Is(err, context.Canceled) || !errors.As(err, &e) {
						t.Errorf("%v: want the context's error in an *lb.Error", err)
					}
				})
			})
		}
	}
}

type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

type authFunc func(context.Context, *http.Request) error

func (f authFunc) Apply(ctx context.Context, r *http.Request, _ []byte) error { return f(ctx, r) }
func (f authFunc) Refused(Failure) bool                                       { return false }

// TestCancelledPost: a POST that was on its way when the context ended may have
// happened.
func TestCancelledPost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reached := make(chan struct{}, 1)
		c := piped(t, blocked(reached, nil), Config{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; cancel() }()
		_, _, err := callA(ctx, c, http.MethodPost)
		wantCode(t, err, lb.ErrUncertain)
	})
}

// TestEndedContext: nothing is sent for a caller that has gone already.
func TestEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sent := 0
	c := newClient(t, Config{HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		sent++
		return nil, errors.New("no")
	})}})
	_, _, err := callA(ctx, c, http.MethodPost)
	e := errorOf(t, err, lb.ErrUnavailable)
	if sent != 0 || e.Attempts != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d requests, %v", sent, err)
	}
}

// TestDeadlineKeepsTheCause: the last answer and the context's end are both in
// the error, and nobody waits for a retry that cannot come in time.
func TestDeadlineKeepsTheCause(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		after  string
		code   error
		want   time.Duration // RetryAfter
	}{
		{"429 with Retry-After", 429, "20", lb.ErrRateLimited, 20 * time.Second},
		{"503 with Retry-After", 503, "20", lb.ErrUnavailable, 20 * time.Second},
		{"503", 503, "", lb.ErrUnavailable, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("X-Request-Id", "r1")
					if tt.after != "" {
						w.Header().Set("Retry-After", tt.after)
					}
					w.WriteHeader(tt.status)
				}, Config{Retry: lb.RetryPolicy{MinWait: time.Second, MaxWait: time.Second}})
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				before := time.Now()
				var err error
				for err == nil || !errors.Is(err, context.DeadlineExceeded) { // full jitter may draw a wait that fits
					_, _, err = callA(ctx, c, http.MethodGet)
				}
				e := errorOf(t, err, tt.code)
				if e.Status != tt.status || e.RequestID != "r1" || e.RetryAfter != tt.want {
					t.Errorf("%+v", e)
				}
				if tt.after != "" && time.Since(before) != 0 {
					t.Errorf("waited %s for what could not come in time", time.Since(before))
				}
			})
		})
	}
}

// TestAttemptTimeout: an attempt's own time is no context's: it is retried, and
// no context error is in the chain.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		calls := 0
		c := piped(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			calls++
			first := calls == 1
			mu.Unlock()
			if first {
				<-r.Context().Done()
				return
			}
			_, _ = io.WriteString(w, `{"a":1}`)
		}, Config{AttemptTimeout: 10 * time.Second})
		if out, meta, err := callA(t.Context(), c, http.MethodGet); err != nil || out.A != 1 || meta.Attempts != 2 {
			t.Errorf("%+v, %d attempts, %v", out, meta.Attempts, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, Config{AttemptTimeout: 10 * time.Second, Retry: lb.RetryPolicy{MaxAttempts: 2}})
		_, _, err := callA(t.Context(), c, http.MethodGet)
		wantCode(t, err, lb.ErrUnavailable)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
		_, _, err = callA(t.Context(), c, http.MethodPost)
		wantCode(t, err, lb.ErrUncertain)
	})
}

// TestLongRetryAfter: longer than the policy allows fails at once, with the
// value.
func TestLongRetryAfter(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]error{429: lb.ErrRateLimited, 503: lb.ErrUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "86400")
				w.WriteHeader(status)
			}, Config{})
			before := time.Now()
			_, meta, err := callA(t.Context(), c, http.MethodPost)
			e := errorOf(t, err, code)
			if e.RetryAfter != 24*time.Hour || meta.Attempts != 1 || time.Since(before) != 0 {
				t.Errorf("%d: retry after %s, %d attempts, %s", status, e.RetryAfter, meta.Attempts, time.Since(before))
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v: no context ended", err)
			}
		})
	}
}

// TestHold: after a 429 every call of the client waits, and a call that may not
// wait that long fails without a request.
func TestHold(t *testing.T) {
	t.Parallel()
	for after, want := range map[string]time.Duration{"": time.Second, "7": 7 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			calls := 0
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				calls++
				if calls == 1 {
					if after != "" {
						w.Header().Set("Retry-After", after)
					}
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				_, _ = io.WriteString(w, `{"a":1}`)
			}, Config{})
			begin := time.Now()
			var others sync.WaitGroup
			others.Go(func() { _, _, _ = callA(t.Context(), c, http.MethodPost) }) // it gets the 429
			synctest.Wait()
			for range 3 {
				others.Go(func() {
					if _, _, err := callA(t.Context(), c, http.MethodGet); err != nil || time.Since(begin) != want {
						t.Errorf("after %s: %v, want it after %s", time.Since(begin), err, want)
					}
				})
			}
			others.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), want/2)
				defer cancel()
				_, _, err := callA(ctx, c, http.MethodGet)
				e := errorOf(t, err, lb.ErrRateLimited)
				if time.Since(begin) != 0 || e.RetryAfter != want || e.Attempts != 0 {
					t.Errorf("a call with less time: after %s, %+v", time.Since(begin), e)
				}
			})
			others.Wait()
			if calls != 5 {
				t.Errorf("%d requests, want 5", calls)
			}
		})
	}
}

// TestLimiter: each attempt takes from the caller's limiter, and what it says
// without the context having ended is ErrRateLimited.
func TestLimiter(t *testing.T) {
	t.Parallel()
	waits := 0
	w := newWire(t, says(503, "", ""), says(503, "", ""), fine)
	c := newClient(t, Config{BaseURL: w.url(), Retry: quick, Limiter: limiterFunc(func(context.Context) error { waits++; return nil })})
	if _, _, err := callA(t.Context(), c, http.MethodGet); err != nil || waits != 3 {
		t.Errorf("%d waits, %v", waits, err)
	}
	c = newClient(t, Config{BaseURL: w.url(), Limiter: limiterFunc(func(context.Context) error { return context.DeadlineExceeded })})
	_, _, err := callA(t.Context(), c, http.MethodGet)
	wantCode(t, err, lb.ErrRateLimited)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v: the caller's context has not ended", err)
	}
}

// TestRateLimiter: a limiter of golang.org/x/time/rate fits, two clients may
// share it, and it keeps its settings.
func TestRateLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := rate.NewLimiter(rate.Limit(1), 1)
		answer := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a":1}`) }
		one, two := piped(t, answer, Config{Limiter: shared}), piped(t, answer, Config{Limiter: shared})
		begin := time.Now()
		for i := range 10 {
			c := one
			if i%2 == 1 {
				c = two
			}
			if _, _, err := callA(t.Context(), c, http.MethodGet); err != nil {
				t.Fatal(err)
			}
		}
		if passed := time.Since(begin); passed != 9*time.Second {
			t.Errorf("10 calls at one a second took %s", passed)
		}
		if shared.Limit() != 1 || shared.Burst() != 1 {
			t.Errorf("limit %v, burst %d", shared.Limit(), shared.Burst())
		}
	})
}
