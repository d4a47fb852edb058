package rest

import (
	"context"
	"errors"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// MapAhead yields convert, which asks the server, of every item, in order. Once the caller
// has gone past the first, the next ones are converted window at a time. What convert does
// not find has gone since it was listed, and is left out. An error ends the list.
func MapAhead[A, B any](ctx context.Context, list iter.Seq2[A, error], window int, convert func(context.Context, A) (B, error)) iter.Seq2[B, error] {
	if window <= 0 {
		window = DefaultWindow
	}
	return func(yield func(B, error) bool) {
		var batch []A
		flush := func() (more bool) {
			defer func() { batch = batch[:0] }()
			for value, err := range inOrder(ctx, len(batch), window, func(ctx context.Context, i int) (B, error) { return convert(ctx, batch[i]) }) {
				if errors.Is(err, lb.ErrNotFound) {
					continue
				}
				if !yield(value, err) || err != nil {
					return false
				}
			}
			return true
		}
		size := 1
		for item, err := range list {
			if err != nil {
				if flush() {
					var none B
					yield(none, err)
				}
				return
			}
			if batch = append(batch, item); len(batch) < size {
				continue
			}
			if !flush() {
				return
			}
			size = window
		}
		flush()
	}
}

// ShareWindow divides a window between a list and what is asked of each of its items, so
// that together they keep to it. A list whose share is 1 is idle while its items are asked
// for.
func ShareWindow(window int) (list, items int) {
	if window == 0 {
		window = DefaultWindow
	}
	list = max(1, window/2)
	if list == 1 {
		return 1, window
	}
	return list, window - list
}
