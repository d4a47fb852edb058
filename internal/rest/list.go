package rest

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// Page is one answer of a list.
type Page[T any, K comparable] struct {
	Items []T
	Total int // of the whole list; -1 where the API does not say
	// Keys, where an API answered with keys in place of items, are all keys of
	// the list. Source.Get turns them into items.
	Keys []K
}

// Source is a list of an API.
type Source[T any, K comparable] struct {
	Provider, Op string // for errors
	PageSize     int    // asked for where the caller does not say
	// Fetch reads one page; the first is number 1.
	Fetch func(ctx context.Context, page, size int) (Page[T, K], error)
	Key   func(*T) K
	// Get reads one item, for pages that hold keys. Items that are not found
	// have gone in the meantime and are left out.
	Get func(ctx context.Context, key K) (*T, error)
}

// DefaultWindow is lb.PageOptions.Window where it is 0.
const DefaultWindow = 4

// CheckPages refuses what no list takes, before it sends anything.
func CheckPages(provider, op string, page lb.PageOptions) error {
	if page.PageSize < 0 || page.Window < 0 {
		return &lb.Error{
			Code: lb.ErrInvalid, Provider: provider, Op: op, Message: fmt.Sprintf("page size %d, window %d: negative", page.PageSize, page.Window),
		}
	}
	return nil
}

// List yields every item of src once, in the API's order. It is lazy: the first
// page is fetched alone, and past it at most opts.Window requests are under
// way. Each range over it starts anew. An error is the last thing it yields;
// breaking out cancels what is under way and returns when that has ended.
func List[T any, K comparable](ctx context.Context, src Source[T, K], opts lb.PageOptions) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		l, err := newList(src, opts)
		if err == nil {
			err = l.run(ctx, yield)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// errStopped: the caller has broken out.
var errStopped = errors.New("stopped")

type list[T any, K comparable] struct {
	Source[T, K]
	size, window int
	delivered    map[K]struct{}
}

func newList[T any, K comparable](src Source[T, K], opts lb.PageOptions) (*list[T, K], error) {
	if err := CheckPages(src.Provider, src.Op, opts); err != nil {
		return nil, err
	}
	l := &list[T, K]{Source: src, size: opts.PageSize, window: opts.Window}
	if l.size == 0 {
		l.size = src.PageSize
	}
	if l.window == 0 {
		l.window = DefaultWindow
	}
	return l, nil
}

// run reads the list once, and once more where what it saw does not add up:
// something was added or removed between two pages.
func (l *list[T, K]) run(ctx context.Context, yield func(*T, error) bool) error {
	for range 2 {
		whole, err := l.pass(ctx, yield)
		if err != nil || whole {
			return err
		}
	}
	return &lb.Error{Code: lb.ErrConflict, Provider: l.Provider, Op: l.Op, Message: "the list kept changing, or its total is not that of its items"}
}

// pass reads the list from its first page. It is whole when the items seen are
// as many as every page said that there are.
func (l *list[T, K]) pass(ctx context.Context, yield func(*T, error) bool) (whole bool, err error) {
	first, err := l.Fetch(ctx, 1, l.size)
	if err != nil {
		return false, err
	}
	p := progress[K]{seen: make(map[K]struct{}, min(max(first.Total, 0), mostExpected)), size: l.size, steady: true}
	if l.delivered == nil {
		l.delivered = p.seen // the first pass sees what it delivers: one map does
	}
	p.total = first.Total
	if n := len(first.Items); n > 0 && n < l.size && first.Total > n {
		p.size = n // the server's own limit
	}
	done, err := l.deliver(ctx, &p, first, yield)
	if err != nil || done {
		return p.whole(), err
	}
	known := 1
	if first.Total > 0 {
		known = (first.Total + p.size - 1) / p.size
	}
	for page, err := range l.pages(ctx, p.size, known) {
		if err != nil {
			return false, err
		}
		if done, err = l.deliver(ctx, &p, page, yield); err != nil || done {
			return p.whole(), err
		}
	}
	return p.whole(), nil
}

// pages fetches page 2 and those after it without end, the known ones Window at
// a time.
func (l *list[T, K]) pages(ctx context.Context, size, known int) iter.Seq2[Page[T, K], error] {
	return func(yield func(Page[T, K], error) bool) {
		fetch := func(ctx context.Context, i int) (Page[T, K], error) { return l.Fetch(ctx, i+2, size) }
		for page, err := range inOrder(ctx, known-1, l.window, fetch) {
			if !yield(page, err) || err != nil {
				return
			}
		}
		for i := max(known-1, 0); ; i++ {
			page, err := fetch(ctx, i)
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// mostExpected bounds what a total, which may be a lie, has a list make room for.
const mostExpected = 4096

// progress is what one pass has seen.
type progress[K comparable] struct {
	seen        map[K]struct{}
	total, size int
	steady      bool // no page contradicted another
}

func (p *progress[K]) whole() bool {
	return p.steady && (p.total < 0 || p.total == len(p.seen))
}

// deliver yields what is new in page, whole, and says whether it is the last.
func (l *list[T, K]) deliver(ctx context.Context, p *progress[K], page Page[T, K], yield func(*T, error) bool) (done bool, err error) {
	if page.Keys != nil {
		p.steady, p.total = true, -1 // the keys are the whole list, whatever pages said before
		return true, l.deliverKeys(ctx, page.Keys, yield)
	}
	if page.Total != p.total {
		p.steady, p.total = false, page.Total
	}
	before := len(p.seen)
	for i := range page.Items {
		item := &page.Items[i]
		key := l.Key(item)
		_, again := l.delivered[key]
		l.delivered[key], p.seen[key] = struct{}{}, struct{}{}
		if again {
			continue
		}
		if !yield(item, nil) {
			return true, errStopped
		}
	}
	if len(page.Items) > 0 && len(p.seen) == before {
		p.steady = false // a page that repeats an earlier one
		return true, nil
	}
	short := len(page.Items) < p.size
	return short || (p.total >= 0 && len(p.seen) >= p.total), nil
}

func (l *list[T, K]) deliverKeys(ctx context.Context, keys []K, yield func(*T, error) bool) error {
	missing := make([]K, 0, len(keys))
	for _, key := range keys {
		if _, again := l.delivered[key]; again {
			continue
		}
		l.delivered[key] = struct{}{}
		missing = append(missing, key)
	}
	get := func(ctx context.Context, i int) (*T, error) { return l.Get(ctx, missing[i]) }
	for item, err := range inOrder(ctx, len(missing), l.window, get) {
		if errors.Is(err, lb.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !yield(item, nil) {
			return errStopped
		}
	}
	return nil
}
