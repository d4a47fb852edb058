package lb_test

import (
	"errors"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// counted is a list of n numbers that ends with err, if any; it counts what it yields and
// fails the test when it is asked for more after the loop has ended.
func counted(t *testing.T, yielded *int, n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			*yielded++
			if !yield(i, nil) {
				return
			}
		}
		if err != nil && !yield(-1, err) {
			return
		}
		if err != nil {
			t.Error("the list went on after its error")
		}
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	var yielded int
	if got, err := lb.Collect(counted(t, &yielded, 3, nil)); err != nil || !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("Collect = %v, %v", got, err)
	}
	if got, err := lb.Collect(counted(t, &yielded, 0, nil)); err != nil || len(got) != 0 {
		t.Errorf("Collect nothing = %v, %v", got, err)
	}
}

func TestCollectReturnsWhatItHasWithTheError(t *testing.T) {
	t.Parallel()
	var yielded int
	got, err := lb.Collect(counted(t, &yielded, 3, io.EOF))
	if !errors.Is(err, io.EOF) || !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("Collect = %v, %v; want the three items and the error", got, err)
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	var yielded int
	got, err := lb.First(counted(t, &yielded, 9, io.EOF), func(i int) bool { return i >= 2 })
	if got != 2 || err != nil {
		t.Errorf("First = %v, %v; want 2", got, err)
	}
	if yielded != 3 {
		t.Errorf("First took %d items, want it to stop at the third", yielded)
	}
	if got, err := lb.First(counted(t, &yielded, 9, nil), nil); got != 0 || err != nil {
		t.Errorf("First of all = %v, %v; want 0", got, err)
	}
}

func TestFirstWithoutMatch(t *testing.T) {
	t.Parallel()
	var yielded int
	never := func(int) bool { return false }
	if got, err := lb.First(counted(t, &yielded, 3, nil), never); got != 0 || !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("First = %v, %v; want ErrNotFound", got, err)
	}
	if got, err := lb.First(counted(t, &yielded, 3, io.EOF), never); got != 0 || !errors.Is(err, io.EOF) || errors.Is(err, lb.ErrNotFound) {
		t.Errorf("First of a list that failed = %v, %v; want its error alone", got, err)
	}
}

func TestOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		items       int
		err         error
		want        error
		wantYielded int
	}{
		{items: 0, want: lb.ErrNotFound},
		{items: 1, wantYielded: 1},
		{items: 2, want: lb.ErrAmbiguous, wantYielded: 2},
		{items: 9, err: io.EOF, want: lb.ErrAmbiguous, wantYielded: 2},
		{items: 0, err: io.EOF, want: io.EOF},
		{items: 1, err: io.EOF, want: io.EOF, wantYielded: 1},
	} {
		yielded := 0
		got, err := lb.One(counted(t, &yielded, c.items, c.err))
		if got != 0 || !errors.Is(err, c.want) {
			t.Errorf("One of %d items and %v = %v, %v; want %v", c.items, c.err, got, err, c.want)
		}
		if yielded != c.wantYielded {
			t.Errorf("One of %d items took %d, want %d", c.items, yielded, c.wantYielded)
		}
	}
}
