package rest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// listUpTo yields 0 to n-1, and then err.
func listUpTo(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func TestMapAhead(t *testing.T) {
	t.Parallel()
	broken, gone := errors.New("broken"), fmt.Errorf("item 3: %w", lb.ErrNotFound)
	for name, test := range map[string]struct {
		list    iter.Seq2[int, error]
		convert func(i int) (string, error)
		want    []string
		err     error
	}{
		"all":               {listUpTo(6, nil), nil, []string{"0", "1", "2", "3", "4", "5"}, nil},
		"none":              {listUpTo(0, nil), nil, nil, nil},
		"one is gone":       {listUpTo(5, nil), func(int) (string, error) { return "", gone }, []string{"0", "1", "2", "4"}, nil},
		"one fails":         {listUpTo(6, nil), func(int) (string, error) { return "", broken }, []string{"0", "1", "2"}, broken},
		"the list fails":    {listUpTo(3, broken), nil, []string{"0", "1", "2"}, broken},
		"one ends for good": {listUpTo(6, nil), func(int) (string, error) { runtime.Goexit(); return "", nil }, []string{"0", "1", "2"}, errExited},
	} {
		for _, window := range []int{0, 1, 2, 100} {
			convert := func(_ context.Context, i int) (string, error) {
				if i == 3 && test.convert != nil {
					return test.convert(i)
				}
				return fmt.Sprint(i), nil
			}
			got, err := lb.Collect(MapAhead(t.Context(), test.list, window, convert))
			if !slices.Equal(got, test.want) || !errors.Is(err, test.err) {
				t.Errorf("%s, window %d: %v, %v", name, window, got, err)
			}
		}
	}
}

// TestMapAheadIsLazy: of a list whose first item is enough, nothing more is asked for.
func TestMapAheadIsLazy(t *testing.T) {
	t.Parallel()
	asked := 0
	list := MapAhead(t.Context(), listUpTo(10, nil), 4, func(_ context.Context, i int) (int, error) { asked++; return i, nil })
	if first, err := lb.First(list, nil); first != 0 || err != nil || asked != 1 {
		t.Errorf("got %d, %v after asking for %d", first, err, asked)
	}
}
