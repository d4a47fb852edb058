package lbtest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func runRules(t *testing.T, s *suite) {
	t.Helper()
	if s.supports("filters.set", "routes.set") {
		s.test(t, "filters before routes", filtersBeforeRoutes)
	}
	if s.supports("filters.set") {
		s.test(t, "filters in their order", filtersInOrder)
		s.test(t, "an empty set of filters needs AllowEmpty", func(w *world) { w.emptyRules("filters") })
		s.testWith(t, "never fewer denials than before and after", s.has.requests, "Requests", neverFewer)
	}
	if s.supports("routes.set") {
		s.test(t, "an empty set of routes needs AllowEmpty", func(w *world) { w.emptyRules("routes") })
		s.test(t, "a route's backend is the load balancer's", routeOfAnother)
	}
}

// filtersBeforeRoutes: the two are apart, whichever is written first, and setting one
// leaves the other as it is.
func filtersBeforeRoutes(w *world) {
	for _, order := range []string{"filters, routes", "routes, filters"} {
		s := &scene{world: w, id: w.LoadBalancer(w.T)}
		s.app, s.other = s.backend("app").ID, s.backend("other").ID
		s.web = s.frontend(w.frontendSpec("web", 80, s.app)).ID
		filters := []lb.FilterSpec{w.denyPath("first", "/x"), w.denyPath("second", "/a")}
		routes := []lb.RouteSpec{w.routeTo(s.other, "/a"), w.routeTo(s.other, "/b")}
		front := must(w.p.Frontends().Get(w.ctx, s.web))(w, "read the frontend").FrontendSpec
		wantFilters := must(w.p.Dialect().Filters(front, filters))(w, "the dialect's filters")
		wantRoutes := must(w.p.Dialect().Routes(front, routes))(w, "the dialect's routes")
		setFilters := func() {
			must(w.p.Filters().Set(w.ctx, s.web, filters, lb.SetOptions{}))(w, "set filters")
		}
		setRoutes := func() { must(w.p.Routes().Set(w.ctx, s.web, routes, lb.SetOptions{}))(w, "set routes") }
		if order == "filters, routes" {
			setFilters()
			setRoutes()
		} else {
			setRoutes()
			setFilters()
		}
		both := func(what string) {
			w.Helper()
			if got := s.filters(); !slices.EqualFunc(wantFilters, got, lb.Equal[lb.FilterSpec]) {
				w.Errorf("%s, %s: the filters are %s, want %s", order, what, fingerprint(got), fingerprint(wantFilters))
			}
			if got := s.routes(); !slices.EqualFunc(wantRoutes, got, lb.Equal[lb.RouteSpec]) {
				w.Errorf("%s, %s: the routes are %s, want %s", order, what, fingerprint(got), fingerprint(wantRoutes))
			}
		}
		both("as written")
		w.harmless("the same filters and routes", func() { setFilters(); setRoutes() })
		tree := s.tree().Frontends[0]
		if len(tree.Filters) != len(wantFilters) || len(tree.Routes) != len(wantRoutes) {
			w.Errorf("%s: read as a whole it has %d filters and %d routes", order, len(tree.Filters), len(tree.Routes))
		}
		slices.Reverse(filters)
		slices.Reverse(wantFilters)
		setFilters()
		both("the filters the other way round")
		must(w.p.Frontends().Update(w.ctx, s.web, func(spec *lb.FrontendSpec) error { spec.Name = renamed; return nil }))(w, "rename the frontend")
		both("the frontend renamed")
	}
}

// filtersInOrder: the first that matches decides, so the order is what was asked for, in
// every order.
func filtersInOrder(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	s.app = s.backend("app").ID
	s.web = s.frontend(w.frontendSpec("web", 80, s.app)).ID
	front := must(w.p.Frontends().Get(w.ctx, s.web))(w, "read the frontend").FrontendSpec
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3}, {0, 1, 3, 2}, {2}, {3, 0, 2, 1}} {
		var specs []lb.FilterSpec
		for _, n := range order {
			specs = append(specs, w.denyPath(fmt.Sprintf("filter %d", n), fmt.Sprintf("/%d", n)))
		}
		want := must(w.p.Dialect().Filters(front, specs))(w, "the dialect's filters")
		set := must(w.p.Filters().Set(w.ctx, s.web, specs, lb.SetOptions{}))(w, "set filters")
		var returned []lb.FilterSpec
		for _, filter := range set {
			returned = append(returned, filter.FilterSpec)
			w.same("the frontend of a filter", s.web, filter.Frontend)
		}
		if got := s.filters(); !slices.EqualFunc(want, got, lb.Equal[lb.FilterSpec]) || !slices.EqualFunc(want, returned, lb.Equal[lb.FilterSpec]) {
			w.Errorf("set as %v: Set returned %s, and there are %s", order, fingerprint(returned), fingerprint(got))
		}
	}
}

func (w *world) emptyRules(what string) {
	s := w.newScene()
	set := func(allow bool) (err error) {
		if what == "filters" {
			_, err = w.p.Filters().Set(w.ctx, s.web, nil, lb.SetOptions{AllowEmpty: allow})
		} else {
			_, err = w.p.Routes().Set(w.ctx, s.web, nil, lb.SetOptions{AllowEmpty: allow})
		}
		return err
	}
	count := func() int {
		w.Helper()
		if what == "filters" {
			return len(s.filters())
		}
		return len(s.routes())
	}
	w.silent("an empty set of "+what, func() { w.code("an empty set of "+what, set(false), lb.ErrInvalid) })
	if count() == 0 {
		w.Errorf("an empty set of %s was refused, and they are gone", what)
	}
	w.done("an empty set of "+what+" with AllowEmpty", set(true))
	if n := count(); n != 0 {
		w.Errorf("after an empty set there are %d %s", n, what)
	}
	w.harmless("an empty set of none", func() { w.done("an empty set of none", set(true)) })
}

// watching looks at something after each request that may have changed it.
type watching struct {
	base http.RoundTripper
	look func()

	mu   sync.Mutex
	busy bool
}

func (f *watching) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := f.base.RoundTrip(r)
	f.mu.Lock()
	look := r.Method != http.MethodGet && !f.busy
	f.busy = f.busy || look
	f.mu.Unlock()
	if look {
		f.look()
		f.mu.Lock()
		f.busy = false
		f.mu.Unlock()
	}
	return resp, err
}

// neverFewer: at no moment of a Set are there fewer denials than both before and after.
func neverFewer(w *world) {
	if w.Faults == nil {
		return // nobody can look in between
	}
	s := w.newScene()
	other := w.Provider(w.T)
	before := []lb.FilterSpec{w.denyPath("keep", "/keep"), w.denyPath("old", "/old")}
	after := []lb.FilterSpec{w.denyPath("new", "/new"), w.denyPath("keep", "/keep"), w.denyPath("newer", "/newer")}
	must(w.p.Filters().Set(w.ctx, s.web, before, lb.SetOptions{}))(w, "set filters")
	base := w.Faults.Base
	if base == nil {
		base = http.DefaultTransport
	}
	front := must(w.p.Frontends().Get(w.ctx, s.web))(w, "read the frontend").FrontendSpec
	keep := must(w.p.Dialect().Filters(front, before))(w, "the dialect's filters")[0]
	w.Faults.Base = &watching{base: base, look: func() {
		kept := false
		for filter, err := range other.Filters().List(w.ctx, s.web, lb.PageOptions{}) {
			if err != nil {
				w.Errorf("look at the filters in between: %v", err)
				return
			}
			kept = kept || lb.Equal(filter.FilterSpec, keep)
		}
		if !kept {
			w.Error("a denial that is there before and after was not there in between")
		}
	}}
	must(w.p.Filters().Set(w.ctx, s.web, after, lb.SetOptions{}))(w, "set other filters")
}

func routeOfAnother(w *world) {
	s := w.newScene()
	id := w.LoadBalancer(w.T)
	theirs := must(w.p.Backends().Create(w.ctx, id, w.backendSpec("theirs")))(w, "create a backend in another load balancer")
	before := s.routes()
	w.harmless("a route to another load balancer's backend", func() {
		if _, err := w.p.Routes().Set(w.ctx, s.web, []lb.RouteSpec{w.routeTo(theirs.ID, "/astray")}, lb.SetOptions{}); err == nil {
			w.Error("a route to another load balancer's backend was set")
		}
	})
	if got := s.routes(); !slices.EqualFunc(before, got, lb.Equal[lb.RouteSpec]) {
		w.Errorf("after a refusal the routes are %s, want %s", fingerprint(got), fingerprint(before))
	}
}
