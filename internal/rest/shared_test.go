package rest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func always(int) bool { return true }

func TestSharedOneFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s Shared[int]
		fetches := 0
		fetch := func(context.Context) (int, error) {
			fetches++
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
			return 7, nil
		}
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if v, err := s.Get(t.Context(), always, fetch); v != 7 || err != nil {
					t.Errorf("%d, %v", v, err)
				}
			})
		}
		callers.Wait()
		if _, err := s.Get(t.Context(), always, fetch); err != nil || fetches != 1 {
			t.Errorf("%d fetches, %v", fetches, err)
		}
		if _, err := s.Get(t.Context(), func(int) bool { return false }, fetch); err != nil || fetches != 2 {
			t.Errorf("not good any more: %d fetches, %v", fetches, err)
		}
		if s.Forget(func(v int) bool { return v == 8 }) || !s.Forget(func(v int) bool { return v == 7 }) {
			t.Error("Forget drops what satisfies bad, and nothing else")
		}
		if _, err := s.Get(t.Context(), always, fetch); err != nil || fetches != 3 {
			t.Errorf("forgotten: %d fetches, %v", fetches, err)
		}
	})
}

// TestSharedGivingUp: who gives up returns at once and leaves the others their
// fetch; the last one takes it along.
func TestSharedGivingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s Shared[int]
		cancelled := make(chan struct{})
		fetch := func(ctx context.Context) (int, error) {
			if err := sleep(ctx, time.Minute); err != nil {
				close(cancelled)
				return 0, err
			}
			return 7, nil
		}
		first, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := s.Get(first, always, fetch); gone <- err }()
		synctest.Wait()
		stays := make(chan error, 1)
		go func() { _, err := s.Get(t.Context(), always, fetch); stays <- err }()
		synctest.Wait()
		begin := time.Now()
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) || time.Since(begin) != 0 {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		if err := <-stays; err != nil {
			t.Errorf("the other caller: %v", err)
		}
		s.Forget(always)
		alone, stop := context.WithCancel(t.Context())
		go func() { _, err := s.Get(alone, always, fetch); gone <- err }()
		synctest.Wait()
		stop()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		<-cancelled
	})
}

func TestSharedFailureIsForgotten(t *testing.T) {
	t.Parallel()
	var s Shared[int]
	boom := errors.New("boom")
	if _, err := s.Get(t.Context(), always, func(context.Context) (int, error) { return 0, boom }); !errors.Is(err, boom) {
		t.Error(err)
	}
	if v, err := s.Get(t.Context(), always, func(context.Context) (int, error) { return 1, nil }); v != 1 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}
