package lbtest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// many is how many goroutines write at once.
const many = 8

// atOnce runs do in many goroutines, each with a provider of its own on the same state.
func (w *world) atOnce(what string, do func(p lb.Provider, i int) error) {
	w.Helper()
	var group sync.WaitGroup
	for i := range many {
		p := w.p
		if i%2 == 1 {
			p = w.Provider(w.T)
		}
		group.Go(func() {
			if err := do(p, i); err != nil {
				w.Errorf("%s, %d of %d at once: %v", what, i+1, many, err)
			}
		})
	}
	group.Wait()
}

func runConcurrency(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "creates", func(w *world) {
		s := w.newScene()
		w.atOnce("create a backend and a frontend", func(p lb.Provider, i int) error {
			b, err := p.Backends().Create(w.ctx, s.id, w.backendSpec(fmt.Sprintf("app-%d", i)), w.hosts(fmt.Sprintf("10.7.0.%d", i+1))...)
			if err != nil {
				return err
			}
			_, err = p.Frontends().Create(w.ctx, s.id, w.frontendSpec(fmt.Sprintf("web-%d", i), uint16(8000+i), b.ID)) //nolint:gosec // few
			return err
		})
		for i := range many {
			if b, f := countBackends(fmt.Sprintf("app-%d", i))(s), countFrontends(fmt.Sprintf("web-%d", i))(s); b != 1 || f != 1 {
				w.Errorf("number %d is there as %d backends and %d frontends", i, b, f)
			}
		}
	})
	s.test(t, "servers added", func(w *world) {
		s := w.newScene()
		w.atOnce("add a server", func(p lb.Provider, i int) error {
			_, err := p.Servers().Add(w.ctx, s.app, w.hosts(fmt.Sprintf("10.0.8.%d", i+1))...)
			return err
		})
		if got := s.addresses(s.app); len(got) != 2+many {
			w.Errorf("there are %v, want all %d", got, 2+many)
		}
	})
	s.test(t, "updates of one object", func(w *world) {
		s := w.newScene()
		// Each adds to what was there, and takes its time: an update that is lost is one
		// too few.
		backend := must(w.p.Backends().Get(w.ctx, s.app))(w, "read the backend").BackendSpec
		frontend := must(w.p.Frontends().Get(w.ctx, s.web))(w, "read the frontend").FrontendSpec
		for range many {
			w.alterBackend(&backend)
			w.alterFrontend(&frontend)
		}
		w.atOnce("update a backend", func(p lb.Provider, _ int) error {
			_, err := p.Backends().Update(w.ctx, s.app, func(spec *lb.BackendSpec) error {
				w.alterBackend(spec)
				return sleep(w.ctx, time.Millisecond)
			})
			return err
		})
		equal(w, fmt.Sprintf("a backend after %d updates at once", many), backend, must(w.p.Backends().Get(w.ctx, s.app))(w, "read it").BackendSpec)
		w.atOnce("update a frontend", func(p lb.Provider, _ int) error {
			_, err := p.Frontends().Update(w.ctx, s.web, func(spec *lb.FrontendSpec) error {
				w.alterFrontend(spec)
				return sleep(w.ctx, time.Millisecond)
			})
			return err
		})
		equal(w, fmt.Sprintf("a frontend after %d updates at once", many), frontend, must(w.p.Frontends().Get(w.ctx, s.web))(w, "read it").FrontendSpec)
	})
	s.testIf(t, "rules set", []lb.Feature{"filters.set"}, func(w *world) {
		s := w.newScene()
		want := func(i int) []lb.FilterSpec {
			return []lb.FilterSpec{w.denyPath(fmt.Sprintf("a%d", i), fmt.Sprintf("/a%d", i)), w.denyPath(fmt.Sprintf("b%d", i), fmt.Sprintf("/b%d", i))}
		}
		w.atOnce("set filters", func(p lb.Provider, i int) error {
			_, err := p.Filters().Set(w.ctx, s.web, want(i), lb.SetOptions{})
			return err
		})
		got, whole := s.filters(), false
		front := must(w.p.Frontends().Get(w.ctx, s.web))(w, "read the frontend").FrontendSpec
		for i := range many {
			form := must(w.p.Dialect().Filters(front, want(i)))(w, "the dialect's filters")
			whole = whole || slices.EqualFunc(form, got, lb.Equal[lb.FilterSpec])
		}
		if !whole {
			w.Errorf("the filters are %s, want those of one of the calls", fingerprint(got))
		}
	})
	s.test(t, "everything at once", func(w *world) {
		s := w.newScene()
		w.atOnce("read and write", func(p lb.Provider, i int) error {
			switch i % 4 {
			case 0:
				_, err := p.LoadBalancers().Read(w.ctx, s.id)
				return err
			case 1:
				_, err := p.Servers().Set(w.ctx, s.app, w.hosts("10.0.0.1", fmt.Sprintf("10.0.9.%d", i)), lb.SetOptions{})
				return err
			case 2:
				_, err := lb.Collect(p.Frontends().List(w.ctx, s.id, lb.ListOptions{}))
				return err
			default:
				_, err := p.Frontends().Update(w.ctx, s.web, func(spec *lb.FrontendSpec) error { spec.Name = fmt.Sprintf("web-%d", i); return nil })
				return err
			}
		})
		if got := s.addresses(s.app); len(got) != 2 || !slices.Contains(got, "10.0.0.1") {
			w.Errorf("the servers are %v, want those of one of the calls", got)
		}
	})
}
