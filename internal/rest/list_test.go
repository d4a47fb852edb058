package rest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestListWhole(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 9, 10, 11, 20, 95, 100} {
		for _, most := range []int{0, 4, 10} {
			for _, unknown := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d items, at most %d a page, total unknown %t", n, most, unknown), func(t *testing.T) {
					t.Parallel()
					s := shelfOf(n)
					s.most = most
					if unknown {
						if most == 4 {
							return // a server that caps without a total cannot be told from a short list
						}
						s.total = func(int, int) int { return -1 }
					}
					got, err := read(t, s, 10, lb.PageOptions{})
					if diff := cmp.Diff(upTo(n), got); diff != "" || err != nil {
						t.Errorf("%v\n%s", err, diff)
					}
					size := 10
					if most > 0 {
						size = min(most, 10)
					}
					most := max(1, (n+size-1)/size)
					if unknown {
						most++ // the empty page that ends it
					}
					if len(s.asked) > most {
						t.Errorf("%d requests for %d items: %v", len(s.asked), n, s.asked)
					}
				})
			}
		}
	}
}

// TestListFirstPageAlone: who stops within the first page has caused one
// request; a second range starts anew.
func TestListFirstPageAlone(t *testing.T) {
	t.Parallel()
	s := shelfOf(100)
	list := List(t.Context(), s.source(10), lb.PageOptions{Window: 8})
	for range 2 {
		seen := 0
		for _, err := range list {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 10 {
				break
			}
		}
	}
	if diff := cmp.Diff([]int{1, 1}, s.asked); diff != "" {
		t.Error(diff)
	}
}

func TestListWindow(t *testing.T) {
	t.Parallel()
	for window, want := range map[int]int{0: 4, 1: 1, 3: 3, 50: 9} {
		synctest.Test(t, func(t *testing.T) {
			s := shelfOf(100)
			s.delay = time.Second
			begin := time.Now()
			got, err := read(t, s, 10, lb.PageOptions{Window: window})
			if err != nil || !slices.Equal(got, upTo(100)) {
				t.Errorf("window %d: %v, %v", window, got, err)
			}
			rounds := 1 + (9+want-1)/want
			if s.peak != want || time.Since(begin) != time.Duration(rounds)*time.Second {
				t.Errorf("window %d: %d under way at most, %s; want %d and %d s", window, s.peak, time.Since(begin), want, rounds)
			}
		})
	}
}

// TestListBreak: breaking out cancels what is under way, and the loop returns
// when that has ended.
func TestListBreak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := shelfOf(100)
		s.delay = time.Hour
		begin := time.Now()
		seen := 0
		for _, err := range List(t.Context(), s.source(10), lb.PageOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 11 {
				break
			}
		}
		if s.now != 0 {
			t.Errorf("%d requests still under way", s.now)
		}
		if time.Since(begin) != 2*time.Hour {
			t.Errorf("took %s", time.Since(begin))
		}
	})
}

func TestListCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := shelfOf(100)
		s.delay = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Minute)
		defer cancel()
		var ids int
		var failed error
		for _, err := range List(ctx, s.source(10), lb.PageOptions{}) {
			if err != nil {
				failed = err
				break
			}
			ids++
		}
		if ids != 10 || !errors.Is(failed, context.DeadlineExceeded) {
			t.Errorf("%d items, %v", ids, failed)
		}
	})
}

// TestListError: the items of the pages before, then one error.
func TestListError(t *testing.T) {
	t.Parallel()
	s := shelfOf(100)
	src := s.source(10)
	boom := errors.New("boom")
	src.Fetch = func(ctx context.Context, page, size int) (Page[item, int], error) {
		if page == 3 {
			return Page[item, int]{}, boom
		}
		return s.fetch(ctx, page, size)
	}
	items, err := lb.Collect(List(t.Context(), src, lb.PageOptions{}))
	if len(items) != 20 || !errors.Is(err, boom) {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestListBadOptions(t *testing.T) {
	t.Parallel()
	for _, opts := range []lb.PageOptions{{PageSize: -1}, {Window: -1}} {
		s := shelfOf(1)
		_, err := read(t, s, 10, opts)
		wantCode(t, err, lb.ErrInvalid)
		if len(s.asked) != 0 {
			t.Error("a request was sent")
		}
	}
}

// TestListShifts: what is removed or added while the list is read makes nothing
// that stays be missed, and nothing come twice.
func TestListShifts(t *testing.T) {
	t.Parallel()
	t.Run("removed", func(t *testing.T) {
		t.Parallel()
		s := shelfOf(30)
		once := sync.OnceFunc(func() { s.ids = s.ids[5:] })
		s.before = func(page int) {
			if page == 2 {
				once()
			}
		}
		got, err := read(t, s, 10, lb.PageOptions{Window: 1})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if diff := cmp.Diff(upTo(30), got); diff != "" { // the five that went had been delivered
			t.Error(diff)
		}
	})
	t.Run("added", func(t *testing.T) {
		t.Parallel()
		s := shelfOf(30)
		once := sync.OnceFunc(func() { s.ids = append([]int{-1, -2}, s.ids...) })
		s.before = func(page int) {
			if page == 2 {
				once()
			}
		}
		got, err := read(t, s, 10, lb.PageOptions{Window: 1})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if diff := cmp.Diff(append([]int{-2, -1}, upTo(30)...), got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("for ever", func(t *testing.T) {
		t.Parallel()
		s := shelfOf(30)
		next := 1000
		s.before = func(int) { next++; s.ids = append(s.ids, next) }
		got, err := read(t, s, 10, lb.PageOptions{Window: 1})
		wantCode(t, err, lb.ErrConflict)
		if len(got) < 30 {
			t.Errorf("%d items", len(got))
		}
	})
}

// TestListLies: totals that are not those of the items, and pages that repeat,
// end in an error and never in a loop.
func TestListLies(t *testing.T) {
	t.Parallel()
	lies := map[string]func(s *shelf){
		"total too large":   func(s *shelf) { s.total = func(_, n int) int { return n + 5 } },
		"total far too low": func(s *shelf) { s.total = func(int, int) int { return 3 } },
		"no total":          func(s *shelf) { s.total = func(int, int) int { return 0 } },
		"total that grows":  func(s *shelf) { s.total = func(page, n int) int { return n + page } },
	}
	for name, lie := range lies {
		s := shelfOf(25)
		lie(s)
		_, err := read(t, s, 10, lb.PageOptions{})
		wantCode(t, err, lb.ErrConflict)
		if len(s.asked) > 12 {
			t.Errorf("%s: %d requests", name, len(s.asked))
		}
	}
	s := shelfOf(10)
	src := s.source(10)
	requests := 0
	src.Fetch = func(ctx context.Context, _, size int) (Page[item, int], error) {
		requests++
		page, err := s.fetch(ctx, 1, size)
		page.Total = 1000
		return page, err
	}
	items, err := lb.Collect(List(t.Context(), src, lb.PageOptions{Window: 1}))
	wantCode(t, err, lb.ErrConflict)
	if len(items) != 10 || requests > 4 {
		t.Errorf("a page that repeats: %d items, %d requests", len(items), requests)
	}
}

// TestListKeys: an answer of keys is resolved in order, Window at a time, and
// what has vanished is left out; so it is when a later page turns to keys.
func TestListKeys(t *testing.T) {
	t.Parallel()
	for _, from := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := shelfOf(25)
			src := s.source(10)
			src.Fetch = func(ctx context.Context, page, size int) (Page[item, int], error) {
				if page >= from {
					return Page[item, int]{Keys: append([]int{}, s.ids...)}, nil
				}
				return s.fetch(ctx, page, size)
			}
			var mu sync.Mutex
			gets, now, peak := 0, 0, 0
			src.Get = func(_ context.Context, key int) (*item, error) {
				mu.Lock()
				gets++
				now++
				peak = max(peak, now)
				mu.Unlock()
				time.Sleep(time.Duration(26-key) * time.Second) //nolint:forbidigo // virtual time: later keys are faster
				mu.Lock()
				now--
				mu.Unlock()
				if key == 20 {
					return nil, &lb.Error{Code: lb.ErrNotFound}
				}
				return &item{key}, nil
			}
			items, err := lb.Collect(List(t.Context(), src, lb.PageOptions{Window: 3}))
			var got []int
			for _, it := range items {
				got = append(got, it.ID)
			}
			want := slices.DeleteFunc(upTo(25), func(id int) bool { return id == 20 })
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("from page %d: %v\n%s", from, err, diff)
			}
			if wantGets := 25 - 10*(from-1); gets != wantGets || peak != 3 {
				t.Errorf("from page %d: %d gets, %d at once", from, gets, peak)
			}
		})
	}
}

func TestConcat(t *testing.T) {
	t.Parallel()
	a, b := errors.New("a"), errors.New("b")
	one := func(yield func(int, error) bool) { _ = yield(1, nil) && yield(0, a) }
	two := func(yield func(int, error) bool) { _ = yield(2, nil) && yield(3, nil) }
	got, err := lb.Collect(Concat(one, two, Fail[int](b)))
	if diff := cmp.Diff([]int{1, 2, 3}, got); diff != "" || !errors.Is(err, a) || !errors.Is(err, b) {
		t.Errorf("%v\n%s", err, diff)
	}
	for v, err := range Concat(one, Fail[int](b)) {
		if v == 1 && err == nil {
			break
		}
		t.Error("went on after the break")
	}
}

func TestMapFilter(t *testing.T) {
	t.Parallel()
	numbers := func(yield func(int, error) bool) { _ = yield(1, nil) && yield(2, nil) && yield(3, nil) }
	got, err := lb.Collect(Map(Filter(numbers, func(n int) bool { return n != 2 }), func(n int) (string, error) { return fmt.Sprint(n), nil }))
	if diff := cmp.Diff([]string{"1", "3"}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	boom := errors.New("boom")
	got, err = lb.Collect(Map(numbers, func(n int) (string, error) {
		if n == 2 {
			return "", boom
		}
		return fmt.Sprint(n), nil
	}))
	if diff := cmp.Diff([]string{"1"}, got); diff != "" || !errors.Is(err, boom) {
		t.Errorf("%v\n%s", err, diff)
	}
}
