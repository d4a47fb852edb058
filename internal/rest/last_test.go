package rest

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// once429 answers the first request with 429 and a request ID, and blocks on
// every other.
func once429(w http.ResponseWriter, r *http.Request, calls *atomic.Int32) {
	if calls.Add(1) == 1 {
		w.Header().Set("X-Request-Id", "r1")
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	<-r.Context().Done()
}

// TestCancelKeepsTheLastAnswer: wherever a later attempt is when the context
// ends, the error says what the last answer was. Of a POST that was on its way
// it says that the outcome is unknown, and of the earlier answer behind that:
// status and request ID belong to the attempt that had them.
func TestCancelKeepsTheLastAnswer(t *testing.T) {
	t.Parallel()
	second := func() func(context.Context) error {
		var asked atomic.Int32
		return func(ctx context.Context) error {
			if asked.Add(1) == 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
	}
	places := map[string]func() Config{
		"header":  func() Config { return Config{} },
		"limiter": func() Config { return Config{Limiter: limiterFunc(second())} },
		"credentials": func() Config {
			wait := second()
			return Config{Auth: authFunc(func(ctx context.Context, _ *http.Request) error { return wait(ctx) })}
		},
	}
	for name, config := range places {
		for _, method := range methods {
			t.Run(name+"/"+method, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var calls atomic.Int32
					c := piped(t, func(w http.ResponseWriter, r *http.Request) { once429(w, r, &calls) }, config())
					ctx, cancel := context.WithCancel(t.Context())
					go func() { synctest.Wait(); cancel() }()
					_, _, err := callA(ctx, c, method)
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%v does not hold the context's error", err)
					}
					if name == "header" && method == http.MethodPost {
						e := errorOf(t, err, lb.ErrUncertain)
						if e.Status != 0 || !errors.Is(err, lb.ErrRateLimited) {
							t.Errorf("%+v", e)
						}
						return
					}
					e := errorOf(t, err, lb.ErrRateLimited)
					attempts := 1
					if name == "header" { // the second had gone out
						attempts = 2
					}
					if e.Status != http.StatusTooManyRequests || e.RequestID != "r1" || e.Attempts != attempts {
						t.Errorf("status %d, request %q, %d attempts: %v", e.Status, e.RequestID, e.Attempts, err)
					}
				})
			})
		}
	}
}

// TestEarlierAnswerIsKept: where the last attempt had no answer, that of an
// earlier one stands behind its error.
func TestEarlierAnswerIsKept(t *testing.T) {
	t.Parallel()
	w := newWire(t, says(503, "", ""), resetAfter)
	_, _, err := callA(t.Context(), wireClient(t, w), http.MethodGet)
	e := errorOf(t, err, lb.ErrUnavailable)
	var earlier *lb.Error
	if !errors.As(e.Err, &earlier) || earlier.Status != 503 || earlier.RequestID != "req-503" || e.Status != 0 || e.Attempts != 3 {
		t.Errorf("%+v", e)
	}
	limited := false
	w = newWire(t, says(503, "", ""))
	c := newClient(t, Config{BaseURL: w.url(), Retry: quick, Limiter: limiterFunc(func(context.Context) error {
		if limited {
			return errors.New("no more today")
		}
		limited = true
		return nil
	})})
	_, _, err = callA(t.Context(), c, http.MethodGet)
	e = errorOf(t, err, lb.ErrRateLimited)
	if !errors.As(e.Err, &earlier) || earlier.RequestID != "req-503" {
		t.Errorf("%+v", e)
	}
}

// TestHoldHasAnEnd: a Retry-After that is a mistake does not silence a client for
// good.
func TestHoldHasAnEnd(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) == 1 {
					w.Header().Set("Retry-After", after)
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				_, _ = w.Write([]byte(`{"a":1}`))
			}, Config{})
			_, _, err := callA(t.Context(), c, http.MethodGet)
			if e := errorOf(t, err, lb.ErrRateLimited); e.RetryAfter < 100*365*24*time.Hour {
				t.Errorf("the answer asked for %s", e.RetryAfter)
			}
			_, _, err = callA(t.Context(), c, http.MethodGet)
			if e := errorOf(t, err, lb.ErrRateLimited); e.RetryAfter <= 0 || e.RetryAfter > 24*time.Hour || calls.Load() != 1 {
				t.Errorf("held back for %s, %d requests", e.RetryAfter, calls.Load())
			}
			<-time.After(24 * time.Hour)
			if _, _, err = callA(t.Context(), c, http.MethodGet); err != nil {
				t.Errorf("a day later: %v", err)
			}
		})
	}
}

// TestConflictIsWaitedOut: a state that passes after seconds costs a call those
// seconds; one that stays costs a minute, or what the context has.
func TestConflictIsWaitedOut(t *testing.T) {
	t.Parallel()
	decode := func(int, http.Header, []byte) Failure { return Failure{Code: lb.ErrBusy, Transient: true} }
	for _, method := range methods {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			until := 15 * time.Second
			c := piped(t, func(w http.ResponseWriter, _ *http.Request) {
				if time.Since(begin) < until {
					w.WriteHeader(http.StatusConflict)
					return
				}
				_, _ = w.Write([]byte(`{"a":1}`))
			}, Config{DecodeError: decode})
			if out, _, err := callA(t.Context(), c, method); err != nil || out.A != 1 {
				t.Errorf("%s: %+v, %v", method, out, err)
			}
			begin, until = time.Now(), time.Hour
			_, _, err := callA(t.Context(), c, method)
			wantCode(t, err, lb.ErrBusy)
			if took := time.Since(begin); took < 30*time.Second || took > time.Minute {
				t.Errorf("%s: gave up after %s", method, took)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			begin = time.Now()
			_, _, err = callA(ctx, c, method)
			wantCode(t, err, lb.ErrBusy)
			if took := time.Since(begin); took > 20*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: gave up after %s: %v", method, took, err)
			}
		})
	}
}
