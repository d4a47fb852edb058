package rest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// item is what the lists of these tests hold.
type item struct{ ID int }

// shelf serves a list and remembers the pages it was asked for.
type shelf struct {
	mu     sync.Mutex
	ids    []int
	most   int // the server's own page size limit; 0: none
	total  func(page, total int) int
	before func(page int) // changes the list before the page is cut
	delay  time.Duration
	asked  []int
	now    int // requests under way
	peak   int
}

func shelfOf(n int) *shelf {
	s := &shelf{}
	for i := range n {
		s.ids = append(s.ids, i)
	}
	return s
}

func (s *shelf) fetch(ctx context.Context, page, size int) (Page[item, int], error) {
	s.mu.Lock()
	s.asked = append(s.asked, page)
	s.now++
	s.peak = max(s.peak, s.now)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.now--; s.mu.Unlock() }()
	if s.delay > 0 {
		if err := sleep(ctx, s.delay); err != nil {
			return Page[item, int]{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before != nil {
		s.before(page)
	}
	if s.most > 0 {
		size = min(size, s.most)
	}
	from := min((page-1)*size, len(s.ids))
	to := min(from+size, len(s.ids))
	out := Page[item, int]{Total: len(s.ids)}
	if s.total != nil {
		out.Total = s.total(page, len(s.ids))
	}
	for _, id := range s.ids[from:to] {
		out.Items = append(out.Items, item{id})
	}
	return out, nil
}

func (s *shelf) source(size int) Source[item, int] {
	return Source[item, int]{Provider: "test", Op: "items.list", PageSize: size, Fetch: s.fetch, Key: func(i *item) int { return i.ID }}
}

func read(t *testing.T, s *shelf, size int, opts lb.PageOptions) ([]int, error) {
	t.Helper()
	var ids []int
	var failed error
	for it, err := range List(t.Context(), s.source(size), opts) {
		if failed != nil {
			t.Fatal("something follows an error")
		}
		if err != nil {
			failed = err
			continue
		}
		ids = append(ids, it.ID)
	}
	return ids, failed
}

func upTo(n int) []int { return shelfOf(n).ids }
