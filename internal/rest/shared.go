package rest

import (
	"context"
	"sync"
)

// Shared is a value that many calls need and one of them fetches: a server's
// time, a token. The zero value is empty; it must not be copied.
type Shared[T any] struct {
	mu     sync.Mutex
	value  T
	ok     bool
	flight *flight[T]
}

// flight is a fetch under way, for as long as somebody waits for it.
type flight[T any] struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	result[T]
}

// Get returns the value where it is still good, and else fetches it; callers
// that come meanwhile wait for the same fetch. One that gives up leaves the
// others their fetch; when the last has given up, it is cancelled. A failed
// fetch is not remembered.
func (s *Shared[T]) Get(ctx context.Context, good func(T) bool, fetch func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	if s.ok && good(s.value) {
		defer s.mu.Unlock()
		return s.value, nil
	}
	f := s.flight
	if f == nil {
		f = s.launch(ctx, fetch)
	}
	f.waiters++
	s.mu.Unlock()

	select {
	case <-f.done:
		if err := f.resume(); err != nil {
			return f.value, err
		}
		return f.value, f.err
	case <-ctx.Done():
		s.leave(f)
		var none T
		return none, ctx.Err()
	}
}

// launch starts a fetch; s.mu is held. It outlives the caller's context, of
// which it keeps the values.
func (s *Shared[T]) launch(ctx context.Context, fetch func(context.Context) (T, error)) *flight[T] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight[T]{done: make(chan struct{}), cancel: cancel}
	s.flight = f
	go aside(func() { f.value, f.err = fetch(ctx) }, func(e ending) {
		defer cancel()
		f.ending = e
		s.land(f)
	})
	return f
}

// land hands the result of a fetch to those who wait. One that was given up is
// not kept: there may be a newer value.
func (s *Shared[T]) land(f *flight[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == f {
		s.flight = nil
		if f.ending == (ending{}) && f.err == nil {
			s.value, s.ok = f.value, true
		}
	}
	close(f.done)
}

func (s *Shared[T]) leave(f *flight[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && s.flight == f {
		s.flight = nil // nobody joins a fetch that is being cancelled
		f.cancel()
	}
}

// Forget drops the value if it satisfies bad, so that the next Get fetches.
func (s *Shared[T]) Forget(bad func(T) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ok || !bad(s.value) {
		return false
	}
	s.ok = false
	return true
}
