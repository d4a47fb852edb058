package lbtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// listed is how many objects lists are tried with, at listPage a page.
const (
	listed   = 7
	listPage = 2
)

// lister is a list of the contract with seven items in it.
type lister struct {
	name string
	// list yields what the items are told by.
	list func(ctx context.Context, s *scene, page lb.PageOptions) iter.Seq2[string, error]
	// make and drop change what is listed.
	make func(s *scene, i int) string
	drop func(s *scene, id string)
}

func listers() []lister {
	return []lister{
		{
			"frontends", func(ctx context.Context, s *scene, page lb.PageOptions) iter.Seq2[string, error] {
				return told(s.p.Frontends().List(ctx, s.id, lb.ListOptions{PageOptions: page}), func(f *lb.Frontend) string { return string(f.ID) })
			},
			func(s *scene, i int) string {
				return string(s.frontend(s.frontendSpec(fmt.Sprintf("web-%d", i), uint16(80+i), s.app)).ID) //nolint:gosec // few
			},
			func(s *scene, id string) {
				s.done("delete a frontend", s.p.Frontends().Delete(s.ctx, lb.FrontendID(id)))
			},
		},
		{
			"backends", func(ctx context.Context, s *scene, page lb.PageOptions) iter.Seq2[string, error] {
				return told(s.p.Backends().List(ctx, s.id, lb.ListOptions{PageOptions: page}), func(b *lb.Backend) string { return string(b.ID) })
			},
			func(s *scene, i int) string { return string(s.backend(fmt.Sprintf("app-%d", i)).ID) },
			func(s *scene, id string) {
				s.done("delete a backend", s.p.Backends().Delete(s.ctx, lb.BackendID(id)))
			},
		},
		{
			"servers", func(ctx context.Context, s *scene, page lb.PageOptions) iter.Seq2[string, error] {
				return told(s.p.Servers().List(ctx, s.app, lb.ListOptions{PageOptions: page}), func(v *lb.Server) string { return string(v.ID) })
			},
			func(s *scene, i int) string {
				return string(must(s.p.Servers().Add(s.ctx, s.app, s.hosts(fmt.Sprintf("10.0.0.%d", i+1))...))(s.world, "add a server")[0].ID)
			},
			func(s *scene, id string) {
				s.done("remove a server", s.p.Servers().Remove(s.ctx, lb.ServerID(id)))
			},
		},
		{
			"certificates", func(ctx context.Context, s *scene, page lb.PageOptions) iter.Seq2[string, error] {
				return told(s.p.Certificates().List(ctx, s.id, lb.ListOptions{PageOptions: page}), func(c *lb.Certificate) string { return string(c.ID) })
			},
			func(s *scene, i int) string { return string(s.upload(fmt.Sprintf("tls-%d", i)).ID) },
			func(s *scene, id string) {
				s.done("delete a certificate", s.p.Certificates().Delete(s.ctx, lb.CertificateID(id)))
			},
		},
	}
}

// told is a list of what its items are told by.
func told[T any](list iter.Seq2[T, error], id func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range list {
			text := ""
			if err == nil {
				text = id(item)
			}
			if !yield(text, err) {
				return
			}
		}
	}
}

// shelf is a scene for one list: seven of what is listed, and else a backend app.
func (l lister) shelf(w *world) (s *scene, ids []string) {
	w.Helper()
	s = &scene{world: w, id: w.LoadBalancer(w.T)}
	if l.name != "backends" {
		s.app = s.backend("app").ID
	}
	for i := range listed {
		ids = append(ids, l.make(s, i))
	}
	return s, ids
}

func runLists(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "load balancers", wholeAccount)
	t.Run("each", func(t *testing.T) {
		t.Parallel()
		runEveryList(t, s)
	})
	for _, l := range listers() {
		if l.name == "certificates" && !s.supports("certificates.create", "certificate.pem") {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			s.test(t, "whole, at every page size and window", l.whole)
			s.test(t, "lazy, and again", l.lazy)
			s.testWith(t, "the first page alone, then a window", s.has.faults, "Faults", l.window)
			s.test(t, "a break sends nothing more", l.broken)
			s.testWith(t, "one error, last", s.has.faults || s.has.fail, "Faults or Fail", l.failing)
			s.test(t, "the end of a context", l.cancelled)
			s.test(t, "what is deleted meanwhile", l.deleting)
			s.test(t, "what is made meanwhile", l.making)
		})
	}
}

func (l lister) whole(w *world) {
	s, ids := l.shelf(w)
	for _, size := range []int{0, 1, 2, 3, 6, 7, 8, 100} {
		for _, window := range []int{0, 1, 3, 100} {
			page := lb.PageOptions{PageSize: size, Window: window}
			l.holds(s, fmt.Sprintf("page size %d, window %d", size, window), l.list(w.ctx, s, page), ids)
		}
	}
}

// holds wants a list to have exactly the items, each once.
func (l lister) holds(s *scene, what string, list iter.Seq2[string, error], ids []string) {
	s.Helper()
	got := must(lb.Collect(list))(s.world, what)
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(ids))) {
		s.Errorf("%s: listed are %v, want each of %v once", what, got, ids)
	}
}

func (l lister) lazy(w *world) {
	s, ids := l.shelf(w)
	var list iter.Seq2[string, error]
	w.silent("a list that nobody has looked at", func() { list = l.list(w.ctx, s, lb.PageOptions{PageSize: listPage}) })
	l.holds(s, "the first time", list, ids)
	l.holds(s, "the second time", list, ids)
	for _, err := range list {
		w.done("the first of a loop that is left", err)
		break
	}
	l.holds(s, "after a loop that was left", list, ids)
	next, stop := iter.Pull2(list)
	first, err, _ := next()
	w.done("pull the first", err)
	l.holds(s, "while another loop is at it", list, ids)
	second, err, ok := next()
	w.done("pull the second", err)
	if !ok || first == second {
		w.Errorf("pulled were %q and %q", first, second)
	}
	stop()
	ids = append(ids, l.make(s, listed))
	l.holds(s, "after one more was made", list, ids)
}

// gauge counts the requests that are under way at once. It holds each back for a moment,
// and every other one for a longer one, so that what may overlap does.
type gauge struct {
	base http.RoundTripper

	mu        sync.Mutex
	now, most int
	count     int
}

func (g *gauge) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	g.count++
	hold := time.Duration(1+4*(g.count%2)) * time.Millisecond
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	}()
	if err := sleep(r.Context(), hold); err != nil {
		closeBody(r)
		return nil, err
	}
	return g.base.RoundTrip(r)
}

// reset begins anew, with a request that is held back for longer or not.
func (g *gauge) reset(first int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.most, g.count = 0, first
}

func (g *gauge) peak() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.most
}

func (w *world) gauge() *gauge {
	g := &gauge{base: w.Faults.Base}
	if g.base == nil {
		g.base = http.DefaultTransport
	}
	w.Faults.Base = g
	return g
}

func (l lister) window(w *world) {
	s, _ := l.shelf(w)
	g := w.gauge()
	must(lb.Collect(l.list(w.ctx, s, lb.PageOptions{})))(w, "what the API grants is learnt")
	for _, page := range []lb.PageOptions{
		{PageSize: 2, Window: 1}, {PageSize: 2, Window: 2}, {PageSize: 2, Window: 3}, {PageSize: 1, Window: 2}, {PageSize: 1, Window: 4},
	} {
		for first := range 2 {
			g.reset(first)
			for _, err := range l.list(w.ctx, s, page) {
				w.done("list", err)
			}
			if most := g.peak(); most > page.Window {
				w.Errorf("%+v: %d requests were under way at once", page, most)
			}
		}
	}
	if w.Requests == nil {
		return
	}
	whole := len(w.sent(func() { must(lb.Collect(l.list(w.ctx, s, lb.PageOptions{PageSize: 1})))(w, "list") }))
	first := len(w.sent(func() {
		for _, err := range l.list(w.ctx, s, lb.PageOptions{PageSize: 1, Window: 100}) {
			w.done("the first item", err)
			break
		}
	}))
	if l.name != "servers" && whole > 1+listed/2 && first >= whole { // what servers differ in is told from all of them
		w.Errorf("the first of %d items cost %d requests, as many as all of them", listed, first)
	}
}

// begun tells how many requests the provider has begun. What it began and gave up may
// come to the API later, so this is counted on its side of the wire where that is possible.
func (w *world) begun() func() int {
	switch {
	case w.Faults != nil:
		var count atomic.Int64
		w.Faults.On(func(*http.Request) bool { count.Add(1); return false })
		return func() int { return int(count.Load()) }
	case w.Requests != nil:
		return func() int { return len(w.Requests()) }
	default:
		return func() int { return 0 }
	}
}

func (l lister) broken(w *world) {
	s, _ := l.shelf(w)
	begun := w.begun()
	for _, after := range []int{1, 2, 3, 5} {
		seen := 0
		for _, err := range l.list(w.ctx, s, lb.PageOptions{PageSize: listPage}) {
			w.done("list", err)
			if seen++; seen == after {
				break
			}
		}
		before := begun()
		w.pass(time.Minute)
		_ = sleep(w.ctx, 3*time.Millisecond)
		if n := begun() - before; n > 0 {
			w.Errorf("after a break at item %d: %d requests more", after, n)
		}
	}
}

// failing: where a request of a list fails, the items before it come, then one error.
func (l lister) failing(w *world) {
	s, _ := l.shelf(w)
	boom := &lb.Error{Code: lb.ErrForbidden, Message: "boom"}
	for skip := range 4 {
		if w.Faults != nil {
			w.Faults.Reset()
			w.Faults.On(nil).Skip(skip).Status(http.StatusForbidden, `{"message":"boom"}`)
		} else {
			w.Fail(l.name+".list", boom, 1)
		}
		var failures []error
		items := 0
		for _, err := range l.list(w.ctx, s, lb.PageOptions{PageSize: 1, Window: 1}) {
			if err != nil {
				failures = append(failures, err)
				continue // a list that goes on after its error is what is looked for
			}
			if items++; len(failures) > 0 {
				w.Errorf("fault at request %d: an item came after the error", skip)
			}
		}
		switch {
		case len(failures) > 1:
			w.Errorf("fault at request %d: %d errors, want one: %v", skip, len(failures), failures)
		case len(failures) == 0 && items != listed:
			w.Errorf("fault at request %d: %d items and no error", skip, items)
		case len(failures) == 1:
			w.code(fmt.Sprintf("fault at request %d", skip), failures[0], lb.ErrForbidden)
		}
		if w.Faults != nil {
			w.Faults.Reset()
		}
	}
}

func (l lister) cancelled(w *world) {
	s, _ := l.shelf(w)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	var last error
	seen := 0
	for _, err := range l.list(ctx, s, lb.PageOptions{PageSize: 1, Window: 1}) {
		if last != nil {
			w.Error("the list went on after its error")
		}
		if last = err; err != nil {
			continue
		}
		if seen++; seen == 1 {
			cancel()
		}
	}
	if last == nil && seen < listed || last != nil && !errors.Is(last, context.Canceled) {
		w.Errorf("cancelled at the first item: %d of %d items and error %v, want context.Canceled or all", seen, listed, last)
	}
	w.silent("a list whose context has ended", func() {
		_, err := lb.Collect(l.list(ctx, s, lb.PageOptions{}))
		w.code("a list whose context has ended", err, context.Canceled)
	})
}

// deleting: what is there all the time comes once, what is deleted at most once.
func (l lister) deleting(w *world) {
	for _, victim := range []int{0, 3, listed - 1} {
		s, ids := l.shelf(w)
		var got []string
		for id, err := range l.list(w.ctx, s, lb.PageOptions{PageSize: listPage, Window: 1}) {
			w.done(fmt.Sprintf("list while item %d is deleted", victim), err)
			if got = append(got, id); len(got) == 1 {
				l.drop(s, ids[victim])
			}
		}
		for i, id := range ids {
			count := len(slices.DeleteFunc(slices.Clone(got), func(other string) bool { return other != id }))
			if count > 1 || count == 0 && i != victim {
				w.Errorf("item %d is deleted meanwhile: item %d came %d times", victim, i, count)
			}
		}
	}
}

// making: what is there all the time comes once, what is made at most once.
func (l lister) making(w *world) {
	s, ids := l.shelf(w)
	var got []string
	for id, err := range l.list(w.ctx, s, lb.PageOptions{PageSize: listPage, Window: 1}) {
		w.done("list while one is made", err)
		if got = append(got, id); len(got) == 1 {
			ids = append(ids, l.make(s, listed))
		}
	}
	for i, id := range ids {
		count := len(slices.DeleteFunc(slices.Clone(got), func(other string) bool { return other != id }))
		if count > 1 || count == 0 && i < listed {
			w.Errorf("one is made meanwhile: item %d came %d times", i, count)
		}
	}
}
