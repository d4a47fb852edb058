package rest

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/lbkit/lbkit/lb"
)

// counted is list i of several: two items, then what end says.
func counted(i int, end func() error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := range 2 {
			if !yield(10*i+n, nil) {
				return
			}
		}
		if err := end(); err != nil {
			yield(0, err)
		}
	}
}

// TestAhead: the lists come in order, window of them at a time, and the error of one
// does not keep the others back.
func TestAhead(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	synctest.Test(t, func(t *testing.T) {
		const n, window = 6, 3
		gates := make([]chan error, n)
		for i := range gates {
			gates[i] = make(chan error, 1)
		}
		begun := make(chan int, n)
		list := Ahead(t.Context(), n, window, func(_ context.Context, i int) iter.Seq2[int, error] {
			begun <- i
			return counted(i, func() error { return <-gates[i] })
		})
		for i := n - 1; i >= 0; i-- { // the last is the first to end
			var err error
			if i == 2 {
				err = boom
			}
			go func() {
				if i == 0 {
					synctest.Wait()
					if len(begun) != window {
						t.Errorf("%d lists are read at a time", len(begun))
					}
				}
				gates[i] <- err
			}()
		}
		var got []int
		for item, err := range list {
			if err != nil {
				if !errors.Is(err, boom) {
					t.Error(err)
				}
				item = -1
			}
			got = append(got, item)
		}
		if want := []int{0, 1, 10, 11, 20, 21, -1, 30, 31, 40, 41, 50, 51}; !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
}

// TestAheadEnds: breaking out ends what is under way, and where the caller's context
// ends, the list says so.
func TestAheadEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		list := Ahead(ctx, 3, 3, func(ctx context.Context, i int) iter.Seq2[int, error] {
			return counted(i, func() error {
				if i == 0 {
					return nil
				}
				<-ctx.Done()
				return ctx.Err()
			})
		})
		for item, err := range list { // a goroutine that is left fails the bubble
			if item != 0 || err != nil {
				t.Error(item, err)
			}
			break
		}
		go func() { synctest.Wait(); cancel() }()
		if items, err := lb.Collect(list); len(items) != 4 || !errors.Is(err, context.Canceled) {
			t.Errorf("%v, %v", items, err)
		}
	})
}

// TestTogether: all run at once; the error is the first by order; a panic and an ended
// goroutine reach the caller.
func TestTogether(t *testing.T) {
	t.Parallel()
	boom, late := errors.New("boom"), errors.New("late")
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		waits := func(context.Context) error { <-gate; return boom }
		opens := func(context.Context) error { close(gate); return late }
		if err := Together(t.Context(), waits, opens); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		fine := func(context.Context) error { return nil }
		value := panicOf(func() { t.Error(Together(t.Context(), fine, func(context.Context) error { panic(boom) })) })
		if err, ok := value.(error); !ok || !errors.Is(err, boom) {
			t.Errorf("recovered %v", value)
		}
		if err := Together(t.Context(), fine, func(context.Context) error { runtime.Goexit(); return nil }); !errors.Is(err, errExited) {
			t.Errorf("a goroutine was ended: %v", err)
		}
		if err := Together(t.Context(), fine, fine); err != nil {
			t.Error(err)
		}
	})
}
