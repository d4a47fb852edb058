package scaleway

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/lbkit/lbkit/internal/rest"
)

// inZones yields the list of every zone, one after the other. The first zone is
// listed by itself, with the whole window; past it, as many zones at a time as
// the window allows. A zone that fails does not keep the others' items back: the
// errors come last.
func inZones[T any](ctx context.Context, zones []Zone, window int, list func(context.Context, Zone, int) iter.Seq2[T, error]) iter.Seq2[T, error] {
	if window == 0 {
		window = rest.DefaultWindow
	}
	return func(yield func(T, error) bool) {
		var failed []error
		for item, err := range list(ctx, zones[0], window) {
			if err != nil {
				failed = append(failed, err)
				break
			}
			if !yield(item, nil) {
				return
			}
		}
		later := ahead(ctx, len(zones)-1, window, func(ctx context.Context, i int) iter.Seq2[T, error] {
			return list(ctx, zones[i+1], 1)
		})
		for item, err := range later {
			if err != nil {
				failed = append(failed, err)
				continue
			}
			if !yield(item, nil) {
				return
			}
		}
		switch len(failed) {
		case 0:
		case 1:
			yield(*new(T), failed[0])
		default:
			yield(*new(T), errors.Join(failed...))
		}
	}
}

// parcel is an item of a list, or its error.
type parcel[T any] struct {
	item T
	err  error
}

// ahead yields lists 0 to n-1 in that order, each up to its error, reading at
// most window of them at a time. Breaking out cancels what is under way and
// returns when that has ended.
func ahead[T any](ctx context.Context, n, window int, list func(context.Context, int) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()

		streams := make([]chan parcel[T], n)
		started := 0
		start := func() {
			i, out := started, make(chan parcel[T], pageSize)
			streams[i] = out
			started++
			running.Go(func() {
				defer close(out)
				for item, err := range list(ctx, i) {
					select {
					case out <- parcel[T]{item, err}:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		for i := range n {
			// In order, so that none waits for a later one to be read.
			for started < min(n, i+window) {
				start()
			}
			for p := range streams[i] {
				if !yield(p.item, p.err) {
					return
				}
			}
		}
	}
}
