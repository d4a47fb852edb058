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
			b, err := p.Backends().Create(w.ctx, s.id, backendSpec(fmt.Sprintf("app-%d", i)), hosts(fmt.Sprintf("10.7.0.%d", i+1))...)
			if err != nil {
				return err
			}
			_, err = p.Frontends().Create(w.ctx, s.id, frontendSpec(fmt.Sprintf("web-%d", i), uint16(8000+i), b.ID)) //nolint:gosec // few
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
			_, err := p.Servers().Add(w.ctx, s.app, hosts(fmt.Sprintf("10.0.8.%d", i+1))...)
			return err
		})
		if got := s.addresses(s.app); len(got) != 2+many {
			w.Errorf("there are %v, want all %d", got, 2+many)
		}
	})
	s.test(t, "updates of one object", func(w *world) {
		s := w.newScene()
		// Each adds one to the port, and takes its time: an update that is lost is one
		// too few.
		w.atOnce("update a backend", func(p lb.Provider, _ int) error {
			_, err := p.Backends().Update(w.ctx, s.app, func(spec *lb.BackendSpec) error {
				spec.Port++
				return sleep(w.ctx, time.Millisecond)
			})
			return err
		})
		if got := must(w.p.Backends().Get(w.ctx, s.app))(w, "read it").Port; got != 8080+many {
			w.Errorf("%d updates that add one at once came to %d, want %d", many, got, 8080+many)
		}
		w.atOnce("update a frontend", func(p lb.Provider, _ int) error {
			_, err := p.Frontends().Update(w.ctx, s.web, func(spec *lb.FrontendSpec) error {
				spec.Ports = []lb.PortRange{lb.Port(spec.Ports[0].From + 1)}
				return sleep(w.ctx, time.Millisecond)
			})
			return err
		})
		if got := must(w.p.Frontends().Get(w.ctx, s.web))(w, "read it").Ports[0]; got != lb.Port(80+many) {
			w.Errorf("%d updates that add one at once came to %s, want %d", many, got, 80+many)
		}
	})
	s.testIf(t, "rules set", []lb.Feature{"filters.set"}, func(w *world) {
		s := w.newScene()
		want := func(i int) []lb.FilterSpec {
			return []lb.FilterSpec{denyPath(fmt.Sprintf("a%d", i), fmt.Sprintf("/a%d", i)), denyPath(fmt.Sprintf("b%d", i), fmt.Sprintf("/b%d", i))}
		}
		w.atOnce("set filters", func(p lb.Provider, i int) error {
			_, err := p.Filters().Set(w.ctx, s.web, want(i), lb.SetOptions{})
			return err
		})
		got := s.filters()
		if len(got) != 2 || got[0].Name[1:] != got[1].Name[1:] {
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
				_, err := p.Servers().Set(w.ctx, s.app, hosts("10.0.0.1", fmt.Sprintf("10.0.9.%d", i)), lb.SetOptions{})
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
