package scaleway

import (
	"context"
	"errors"
	"iter"

	"github.com/lbkit/lbkit/internal/rest"
)

// inZones yields the list of every zone, one after the other. The first zone is
// listed by itself, with the whole window; past it, as many zones at a time as
// the window allows, each as a whole. A zone that fails does not keep the others'
// items back: the errors come last.
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
		later := rest.Ahead(ctx, len(zones)-1, window, func(ctx context.Context, i int) iter.Seq2[T, error] {
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
