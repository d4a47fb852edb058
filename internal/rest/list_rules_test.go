package rest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// TestListAnyWindow: a window is a bound and not an amount of anything.
func TestListAnyWindow(t *testing.T) {
	t.Parallel()
	s := shelfOf(95)
	got, err := read(t, s, 10, lb.PageOptions{Window: math.MaxInt})
	if diff := cmp.Diff(upTo(95), got); diff != "" || err != nil || len(s.asked) != 10 {
		t.Errorf("%d requests, %v\n%s", len(s.asked), err, diff)
	}
}

// TestListStaysWithinTheTotal: nothing beyond the total that the first page
// stated is asked for while pages are read side by side, and nothing at all
// beyond what ends the list.
func TestListStaysWithinTheTotal(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{10: {1}, 11: {1, 2}, 20: {1, 2}, 41: {1, 2, 3, 4, 5}} {
		s := shelfOf(n)
		if _, err := read(t, s, 10, lb.PageOptions{Window: 50}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(s.asked)
		if diff := cmp.Diff(want, s.asked); diff != "" {
			t.Errorf("%d items:\n%s", n, diff)
		}
	}
}

// TestListServersOwnSize: a server that gives fewer items than it was asked for is
// believed by its first page, and asked for that many from then on.
func TestListServersOwnSize(t *testing.T) {
	t.Parallel()
	s := shelfOf(40)
	s.most = 7
	var mu sync.Mutex
	var sizes []int
	src := s.source(10)
	src.Fetch = func(ctx context.Context, page, size int) (Page[item, int], error) {
		mu.Lock()
		sizes = append(sizes, size)
		mu.Unlock()
		return s.fetch(ctx, page, size)
	}
	items, err := lb.Collect(List(t.Context(), src, lb.PageOptions{}))
	if len(items) != 40 || err != nil {
		t.Errorf("%d items, %v", len(items), err)
	}
	if diff := cmp.Diff([]int{10, 7, 7, 7, 7, 7}, sizes); diff != "" {
		t.Error(diff)
	}
}

// TestListDeliversPagesWhole: a page that goes beyond the stated total is
// delivered to its end, and the contradiction is said after it.
func TestListDeliversPagesWhole(t *testing.T) {
	t.Parallel()
	s := shelfOf(25)
	s.total = func(int, int) int { return 13 }
	got, err := read(t, s, 10, lb.PageOptions{})
	wantCode(t, err, lb.ErrConflict)
	if diff := cmp.Diff(upTo(20), got); diff != "" {
		t.Error(diff)
	}
}

// TestListShrinks: where a later page states a smaller total, what was asked for
// beyond it is dropped, and the list is read once more and then whole.
func TestListShrinks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := shelfOf(60)
		s.delay = time.Second
		shrink := sync.OnceFunc(func() { s.ids = s.ids[:15] })
		s.before = func(page int) {
			if page == 2 {
				shrink()
			}
		}
		got, err := read(t, s, 10, lb.PageOptions{Window: 3})
		if diff := cmp.Diff(upTo(15), got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if s.now != 0 {
			t.Errorf("%d requests under way", s.now)
		}
	})
}

// TestListErrorEndsTheOthers: after an error nothing is under way any more, and
// no page behind the one that failed is delivered.
func TestListErrorEndsTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := shelfOf(100)
		s.delay = time.Hour
		src := s.source(10)
		boom := errors.New("boom")
		src.Fetch = func(ctx context.Context, page, size int) (Page[item, int], error) {
			if page == 2 {
				return Page[item, int]{}, boom
			}
			return s.fetch(ctx, page, size)
		}
		begin := time.Now()
		items, err := lb.Collect(List(t.Context(), src, lb.PageOptions{Window: 8}))
		if len(items) != 10 || !errors.Is(err, boom) || s.now != 0 || time.Since(begin) != time.Hour {
			t.Errorf("%d items, %v, %d requests under way, %s", len(items), err, s.now, time.Since(begin))
		}
	})
}

// TestListManyReaders: one list may be read by many at once.
func TestListManyReaders(t *testing.T) {
	t.Parallel()
	s := shelfOf(95)
	list := List(t.Context(), s.source(10), lb.PageOptions{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if items, err := lb.Collect(list); len(items) != 95 || err != nil {
				t.Errorf("%d items, %v", len(items), err)
			}
		})
	}
	readers.Wait()
}
