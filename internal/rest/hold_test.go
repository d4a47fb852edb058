package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// TestHoldFindsThoseInAQueue: a call that was waiting for the limiter, or for its
// credentials, when a 429 came holds back like any other, is signed after that,
// and has not used up a permission for it.
func TestHoldFindsThoseInAQueue(t *testing.T) {
	t.Parallel()
	queues := map[string]func(wait func(context.Context) error) Config{
		"limiter": func(wait func(context.Context) error) Config { return Config{Limiter: limiterFunc(wait)} },
		"credentials": func(wait func(context.Context) error) Config {
			return Config{Auth: authFunc(func(ctx context.Context, _ *http.Request) error { return wait(ctx) })}
		},
	}
	for name, queue := range queues {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var waits atomic.Int32
				begin := time.Now()
				var seen []time.Duration
				c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
					if seen = append(seen, time.Since(begin)); len(seen) == 1 {
						w.Header().Set("Retry-After", "30")
						w.WriteHeader(http.StatusTooManyRequests)
						return
					}
					_, _ = io.WriteString(w, `{"a":1}`)
				}, queue(func(ctx context.Context) error {
					if waits.Add(1) == 2 { // the second call is held up in its queue
						return sleep(ctx, 5*time.Second)
					}
					return nil
				}))
				var calls sync.WaitGroup
				calls.Go(func() { _, _, _ = callA(t.Context(), c, http.MethodGet) })
				synctest.Wait()
				calls.Go(func() {
					if _, _, err := callA(t.Context(), c, http.MethodPost); err != nil {
						t.Error(err)
					}
				})
				calls.Wait()
				for _, at := range seen[1:] {
					if at < 30*time.Second {
						t.Errorf("a request %s after a 429 that asked for 30 s", at)
					}
				}
				if len(seen) != 3 {
					t.Errorf("%d requests", len(seen))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		var waits atomic.Int32
		c := piped(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a":1}`) }, Config{
			Limiter: limiterFunc(func(context.Context) error { waits.Add(1); return nil }),
		})
		c.hold.until(30 * time.Second)
		done := make(chan error)
		go func() { _, _, err := callA(t.Context(), c, http.MethodGet); done <- err }()
		synctest.Wait()
		if waits.Load() != 0 {
			t.Error("a permission was used up in a hold")
		}
		if err := <-done; err != nil || waits.Load() != 1 {
			t.Errorf("%d permissions, %v", waits.Load(), err)
		}
	})
}

// TestHoldOfACancelledCall: a 429 holds the others back even where its caller has
// not waited for its body.
func TestHoldOfACancelledCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reached := make(chan struct{}, 1)
		c := piped(t, blocked(reached, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"a":`)
		}), Config{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; synctest.Wait(); cancel() }()
		_, _, err := callA(ctx, c, http.MethodGet)
		wantCode(t, err, lb.ErrRateLimited)
		if left := c.hold.left(); left != 30*time.Second {
			t.Errorf("the client is held for %s", left)
		}
	})
}

// TestBodySaysHowLongToWait: what a provider reads in the body of a 429 counts where
// the header says nothing: for the call, for the others, and in the error.
func TestBodySaysHowLongToWait(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"": 30 * time.Second, "soon": 30 * time.Second, "5": 5 * time.Second, "0": 0} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) > 1 {
					_, _ = io.WriteString(w, `{"a":1}`)
					return
				}
				if header != "" {
					w.Header().Set("Retry-After", header)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}, Config{
				DecodeError: func(int, http.Header, []byte) Failure { return Failure{RetryAfter: 30 * time.Second} },
				Observer: func(_ context.Context, e lb.CallEvent) {
					if e.Attempt == 1 && errorOf(t, e.Err, lb.ErrRateLimited).RetryAfter != want {
						t.Errorf("header %q: %v", header, e.Err)
					}
				},
			})
			begin := time.Now()
			_, meta, err := callA(t.Context(), c, http.MethodPost)
			if took := time.Since(begin); err != nil || meta.Attempts != 2 || took != want || c.hold.end.Sub(begin) != want {
				t.Errorf("header %q: %d attempts in %s, held for %s, %v", header, meta.Attempts, took, c.hold.end.Sub(begin), err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, Config{
			DecodeError: func(int, http.Header, []byte) Failure { return Failure{RetryAfter: 1<<63 - 1} },
		})
		_, meta, err := callA(t.Context(), c, http.MethodGet)
		if e := errorOf(t, err, lb.ErrRateLimited); e.RetryAfter != 1<<63-1 || meta.Attempts != 1 || c.hold.left() != mostHold {
			t.Errorf("%d attempts, held for %s, %v", meta.Attempts, c.hold.left(), err)
		}
	})
}

// TestSharedAbandonedFetch: what a fetch brings that nobody waited for any more
// does not take the place of what a later one brought.
func TestSharedAbandonedFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s Shared[int]
		late := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Get(ctx, always, func(context.Context) (int, error) { <-late; return 1, nil }); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if v, err := s.Get(t.Context(), always, func(context.Context) (int, error) { return 2, nil }); v != 2 || err != nil {
			t.Fatalf("%d, %v", v, err)
		}
		close(late)
		synctest.Wait()
		if v, err := s.Get(t.Context(), always, func(context.Context) (int, error) { return 3, nil }); v != 2 || err != nil {
			t.Errorf("%d, %v; want what the later fetch brought", v, err)
		}
	})
}

// TestEchoedCredentials: a server, or a proxy's page, that repeats the request
// does not carry its credentials into an error, a decoder or a log.
func TestEchoedCredentials(t *testing.T) {
	t.Parallel()
	const secret = "canary-0123456789"
	auth := authFunc(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("X-Consumer", secret+"-consumer")
		return nil
	})
	for _, status := range []int{200, 400, 401, 500} {
		for _, form := range []string{"<pre>%s</pre>", `{"message":"%s"}`} {
			var said strings.Builder
			c, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				_, _ = fmt.Fprintf(w, form, r.Header.Get("Authorization")+r.Header.Get("X-Consumer")) //nolint:gosec // G705: a server that echoes is the point
			}, Config{Auth: auth, Retry: quick, DecodeError: func(_ int, _ http.Header, body []byte) Failure {
				said.Write(body)
				return Failure{Message: string(body), Err: errors.New(string(body))}
			}})
			var out int
			_, err := c.Do(t.Context(), Call{Method: http.MethodPut, Route: "/a", Out: &out})
			_, _ = fmt.Fprintf(&said, "%v %+v", err, err)
			if err == nil || strings.Contains(said.String(), "canary") {
				t.Errorf("%d: %s", status, said.String())
			}
		}
	}
}

// TestErrorsAreShort: whatever a server sends as its words, its request ID or the
// place of a redirect, an error stays within what can be logged.
func TestErrorsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 50_000)
	c, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", strings.Repeat("r", 100_000))
		if r.Method == http.MethodGet {
			w.Header().Set("Location", "https://"+strings.Repeat("h", 100_000))
			w.WriteHeader(http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
	}, Config{DecodeError: func(int, http.Header, []byte) Failure { return Failure{Message: long} }})
	for _, method := range methods {
		_, _, err := callA(t.Context(), c, method)
		if e := errorOf(t, err, lb.ErrInvalid); len(err.Error()) > 6<<10 || len(e.RequestID) != mostRequestID || strings.Contains(e.Message, "\uFFFD") {
			t.Errorf("%s: an error of %d bytes, a request ID of %d", method, len(err.Error()), len(e.RequestID))
		}
	}
}
