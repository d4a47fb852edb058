package rest

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lbkit/lbkit/lb"
)

// TestPanics: a panic of what belongs to the caller comes out of the call in the
// caller's goroutine, and the client works on.
func TestPanics(t *testing.T) {
	t.Parallel()
	broken := true
	boom := func() {
		if broken {
			panic("boom")
		}
	}
	configs := map[string]Config{
		"observer":    {Observer: func(context.Context, lb.CallEvent) { boom() }},
		"limiter":     {Limiter: limiterFunc(func(context.Context) error { boom(); return nil })},
		"credentials": {Auth: authFunc(func(context.Context, *http.Request) error { boom(); return nil })},
		"transport":   {},
	}
	for name, config := range configs {
		c, _ := through(t, config, func(r *http.Request) (*http.Response, error) {
			if name == "transport" {
				boom()
			}
			return answering(r, 200, `{"a":1}`), nil
		})
		broken = true
		if value := panicOf(func() { _, _, _ = callA(t.Context(), c, http.MethodGet) }); value != "boom" {
			t.Errorf("%s: recovered %v", name, value)
		}
		broken = false
		if _, _, err := callA(t.Context(), c, http.MethodGet); err != nil {
			t.Errorf("%s: the next call: %v", name, err)
		}
	}
}

func panicOf(do func()) (value any) {
	defer func() { value = recover() }()
	do()
	return nil
}

// TestPanicsAside: a panic in a goroutine of ours reaches the goroutine that
// waits, where it can be recovered; one that ends a test there does not leave
// the others waiting for ever.
func TestPanicsAside(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	synctest.Test(t, func(t *testing.T) {
		s := shelfOf(50)
		src := s.source(10)
		src.Fetch = func(ctx context.Context, page, size int) (Page[item, int], error) {
			if page == 3 {
				panic(boom)
			}
			return s.fetch(ctx, page, size)
		}
		seen := 0
		value := panicOf(func() {
			for _, err := range List(t.Context(), src, lb.PageOptions{}) {
				if err != nil {
					t.Error(err)
				}
				seen++
			}
		})
		err, ok := value.(error)
		if !ok || !errors.Is(err, boom) || seen != 20 || !strings.Contains(err.Error(), "panics_test.go") {
			t.Errorf("%d items, then %v", seen, value)
		}
		value = panicOf(func() {
			for _, err := range List(t.Context(), src, lb.PageOptions{}) {
				if err != nil {
					t.Error(err)
				}
				synctest.Wait() // by the 11th item the pages 2 to 5 are there
				if seen++; seen == 31 {
					break
				}
			}
		})
		if value == nil {
			t.Error("breaking out hid a panic")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var s Shared[int]
		gate := make(chan struct{})
		out := make(chan any, 3)
		for range 3 {
			go func() {
				out <- panicOf(func() {
					_, _ = s.Get(t.Context(), always, func(context.Context) (int, error) { <-gate; panic(boom) })
				})
			}()
		}
		synctest.Wait()
		close(gate)
		for range 3 {
			if err, ok := (<-out).(error); !ok || !errors.Is(err, boom) {
				t.Errorf("a waiter recovered %v", err)
			}
		}
		if v, err := s.Get(t.Context(), always, func(context.Context) (int, error) { return 7, nil }); v != 7 || err != nil {
			t.Errorf("the next fetch: %d, %v", v, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var s Shared[int]
		if _, err := s.Get(t.Context(), always, func(context.Context) (int, error) { runtime.Goexit(); return 1, nil }); !errors.Is(err, errExited) {
			t.Errorf("a fetch whose goroutine was ended: %v", err)
		}
		_, err := Gather(t.Context(), 3, 3, func(_ context.Context, i int) (int, error) {
			if i == 1 {
				runtime.Goexit()
			}
			return i, nil
		})
		if !errors.Is(err, errExited) {
			t.Errorf("one of several whose goroutine was ended: %v", err)
		}
	})
}
