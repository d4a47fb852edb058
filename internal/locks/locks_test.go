package locks

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeyed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l Keyed
		unlock, err := l.Lock(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		other, err := l.Lock(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		other()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.Lock(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a held key: %v", err)
		}
		got := make(chan struct{})
		go func() {
			again, err := l.Lock(t.Context(), "a")
			if err != nil {
				t.Error(err)
			}
			close(got)
			again()
		}()
		synctest.Wait()
		select {
		case <-got:
			t.Error("two hold one key")
		default:
		}
		unlock()
		<-got
		synctest.Wait()
		if len(l.held) != 0 {
			t.Errorf("%d keys are remembered for nothing", len(l.held))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var l Keyed
		var running sync.WaitGroup
		inside := 0
		for range 50 {
			running.Go(func() {
				unlock, err := l.Lock(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				defer unlock()
				inside++
				time.Sleep(time.Millisecond) //nolint:forbidigo // virtual time
				if inside != 1 {
					t.Errorf("%d inside", inside)
				}
				inside--
			})
		}
		running.Wait()
	})
}
