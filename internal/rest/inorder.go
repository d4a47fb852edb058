package rest

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// inOrder yields do(0) to do(n-1) in that order, with at most window of them
// under way. It goes on after an error, if the caller does. On a break it
// cancels what is under way and returns when that has ended.
func inOrder[T any](ctx context.Context, n, window int, do func(ctx context.Context, i int) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		var queue []chan result[T]
		defer func() { // a panic is not lost because nobody wanted the value any more
			for _, out := range queue {
				_ = (<-out).resume() //nolint:errcheck // errExited is nobody's any more
			}
		}()
		defer running.Wait()
		defer cancel()

		started := 0
		start := func() {
			i, out := started, make(chan result[T], 1)
			started++
			queue = append(queue, out)
			running.Go(func() {
				var r result[T]
				aside(func() { r.value, r.err = do(ctx, i) }, func(e ending) { r.ending = e; out <- r })
			})
		}
		for range n {
			for started < n && len(queue) < window {
				start()
			}
			r := <-queue[0]
			queue = queue[1:]
			if err := r.resume(); err != nil {
				r.err = err
			}
			if !yield(r.value, r.err) {
				return
			}
		}
	}
}

// Ahead yields the items of lists 0 to n-1 in that order, each up to its error. It
// reads at most window of them at a time, each as a whole. Where ctx ends, the lists
// say so themselves: what is yielded is complete, or an error is among it.
func Ahead[T any](ctx context.Context, n, window int, list func(ctx context.Context, i int) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for items, err := range inOrder(ctx, n, window, func(ctx context.Context, i int) ([]T, error) { return lb.Collect(list(ctx, i)) }) {
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil && !yield(none, err) {
				return
			}
		}
	}
}

// result is what one of many came to.
type result[T any] struct {
	value T
	err   error
	ending
}

// Concat yields the items of every list, one after the other. Where one fails,
// the others are still yielded; the errors come last, joined.
func Concat[T any](lists ...iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var failed []error
		for _, list := range lists {
			for item, err := range list {
				if err != nil {
					failed = append(failed, err)
					break
				}
				if !yield(item, nil) {
					return
				}
			}
		}
		if len(failed) > 0 {
			var none T
			yield(none, join(failed))
		}
	}
}

func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// Map yields convert of every item. An error of convert ends the list.
func Map[A, B any](list iter.Seq2[A, error], convert func(A) (B, error)) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		var none B
		for a, err := range list {
			if err != nil {
				yield(none, err)
				return
			}
			b, err := convert(a)
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Filter yields the items that keep keeps.
func Filter[T any](list iter.Seq2[T, error], keep func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range list {
			if err == nil && !keep(item) {
				continue
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// Later is a list of what read returns, which is called when the iteration begins.
func Later[T any](read func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		items, err := read()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Fail is a list that only says err.
func Fail[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// Gather runs do(0) to do(n-1), at most window at a time, and returns their
// results in order, or the first error by order.
func Gather[T any](ctx context.Context, n, window int, do func(ctx context.Context, i int) (T, error)) ([]T, error) {
	out := make([]T, 0, n)
	for value, err := range inOrder(ctx, n, window, do) {
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

// Together runs tasks at once and returns the first error by their order, after all
// have ended.
func Together(ctx context.Context, tasks ...func(context.Context) error) error {
	_, err := Gather(ctx, len(tasks), len(tasks), func(ctx context.Context, i int) (struct{}, error) {
		return struct{}{}, tasks[i](ctx)
	})
	return err
}
