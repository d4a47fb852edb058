package lbtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// absent is an ID that looks like id and that nothing has: its last figure is another.
func absent(id string) string {
	i := strings.LastIndexAny(id, "0123456789")
	if i < 0 {
		return id + "0"
	}
	return id[:i] + string('0'+(id[i]-'0'+1)%10) + id[i+1:]
}

// gone are IDs of the scene's kinds that nothing has any more, or never had.
func (s *scene) gone() map[lb.Kind]string {
	s.Helper()
	w := s.world
	ids := map[lb.Kind]string{lb.KindLoadBalancer: absent(string(s.id))}
	server := must(s.p.Servers().Add(s.ctx, s.app, w.hosts("10.0.0.3")...))(w, "add a server")[0]
	w.done("remove a server", s.p.Servers().Remove(s.ctx, server.ID))
	ids[lb.KindServer] = string(server.ID)
	backend := s.backend("gone")
	w.done("delete a backend", s.p.Backends().Delete(s.ctx, backend.ID))
	ids[lb.KindBackend] = string(backend.ID)
	front := s.frontend(w.frontendSpec("gone", 90, s.app))
	w.done("delete a frontend", s.p.Frontends().Delete(s.ctx, front.ID))
	ids[lb.KindFrontend] = string(front.ID)
	if s.certificate != "" && s.supports("certificates.delete") {
		c := s.upload("gone")
		w.done("delete a certificate", s.p.Certificates().Delete(s.ctx, c.ID))
		ids[lb.KindCertificate] = string(c.ID)
	}
	switch {
	case s.address == "":
	case s.supports("addresses.allocate", "addresses.release"):
		a := must(s.p.Addresses().Allocate(s.ctx, lb.AddressSpec{}))(w, "allocate an address")
		w.done("release an address", s.p.Addresses().Release(s.ctx, a.ID))
		ids[lb.KindAddress] = string(a.ID)
	default:
		ids[lb.KindAddress] = absent(string(s.address))
	}
	if s.operation != "" && strings.Contains(string(s.operation), string(s.id)) {
		ids[lb.KindOperation] = strings.Replace(string(s.operation), string(s.id), ids[lb.KindLoadBalancer], 1)
	}
	return ids
}

func runMissing(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "each call", func(w *world) {
		scene := w.newScene()
		gone := scene.gone()
		for _, c := range s.calls() {
			id := gone[c.kind]
			if id == "" {
				continue
			}
			what := string(c.op) + " of what is not there"
			_, err := c.of(w.ctx, scene, id)
			if c.op == "frontends.create" && errors.Is(err, lb.ErrInvalid) {
				continue // its default backend is of another load balancer, which is as true
			}
			e, ok := errors.AsType[*lb.Error](err)
			if !ok || !errors.Is(err, lb.ErrNotFound) {
				w.Errorf("%s: got error %v, want an *lb.Error with ErrNotFound", what, err)
				continue
			}
			if e.Op != string(c.op) || e.Provider != w.p.Name() {
				w.Errorf("%s: the error is of call %q of %q: %v", what, e.Op, e.Provider, err)
			}
			if e.Kind != "" && !slices.Contains(kinds, e.Kind) {
				w.Errorf("%s: the error is about a %q, which is no kind of the contract", what, e.Kind)
			}
			if s.has.ownError && e.Status != 0 && !w.OwnError(err) {
				w.Errorf("%s: the provider's own error is not behind %v", what, err)
			}
			if e.Status != 0 && e.RequestID == "" {
				w.Errorf("%s: the error has no request ID: %v", what, err)
			}
			if e.Status != 0 && e.Attempts == 0 {
				w.Errorf("%s: an answer came, and the error says that nothing was sent: %v", what, err)
			}
		}
	})
	s.test(t, "an empty list is no error", func(w *world) {
		id := w.LoadBalancer(w.T)
		if got := must(lb.Collect(w.p.Frontends().List(w.ctx, id, lb.ListOptions{})))(w, "list frontends"); len(got) > 0 {
			w.Errorf("an empty load balancer has frontends: %s", fingerprint(got))
		}
		if got := must(lb.Collect(w.p.Backends().List(w.ctx, id, lb.ListOptions{})))(w, "list backends"); len(got) > 0 {
			w.Errorf("an empty load balancer has backends: %s", fingerprint(got))
		}
		if got := must(lb.Collect(w.p.Backends().List(w.ctx, id, lb.ListOptions{Name: "nobody"})))(w, "list backends of a name"); len(got) > 0 {
			w.Errorf("nothing is called nobody: %s", fingerprint(got))
		}
		opts := lb.LoadBalancerListOptions{Tags: []string{"lbtest-nobody-has-this"}}
		if got := must(lb.Collect(w.p.LoadBalancers().List(w.ctx, opts)))(w, "list load balancers of a tag"); len(got) > 0 {
			w.Errorf("nothing has a tag that nobody set: %s", fingerprint(got))
		}
	})
}

var kinds = []lb.Kind{
	lb.KindLoadBalancer, lb.KindFrontend, lb.KindBackend, lb.KindServer, lb.KindFilter, lb.KindRoute, lb.KindCertificate, lb.KindAddress, lb.KindOperation,
}

func runParents(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "a list holds its parent's", func(w *world) {
		scene := w.newScene()
		other := w.LoadBalancer(w.T)
		mine := must(w.p.Backends().Create(w.ctx, other, w.backendSpec("app"), w.hosts("10.9.0.1")...))(w, "create a backend in another load balancer")
		for _, b := range must(lb.Collect(w.p.Backends().List(w.ctx, scene.id, lb.ListOptions{})))(w, "list backends") {
			if b.ID == mine.ID || b.LoadBalancer != scene.id {
				w.Errorf("the list of %s holds backend %s of %s", scene.id, b.ID, b.LoadBalancer)
			}
		}
		if got := must(lb.Collect(w.p.Frontends().List(w.ctx, other, lb.ListOptions{})))(w, "list frontends"); len(got) > 0 {
			w.Errorf("the other load balancer has no frontends, and lists %s", fingerprint(got))
		}
		if got := scene.addresses(mine.ID); !slices.Equal(got, []string{"10.9.0.1"}) {
			w.Errorf("the servers of the other load balancer's backend are %v", got)
		}
		if tree := must(w.p.LoadBalancers().Read(w.ctx, other))(w, "read the other load balancer"); len(tree.Backends) != 1 || len(tree.Frontends) != 0 {
			w.Errorf("the other load balancer reads as %s", fingerprint(tree))
		}
	})
	s.test(t, "a reference stays inside", func(w *world) {
		scene := w.newScene()
		other := w.LoadBalancer(w.T)
		theirs := must(w.p.Backends().Create(w.ctx, other, w.backendSpec("theirs"), w.hosts("10.9.0.1")...))(w, "create a backend in another load balancer")
		_, err := w.p.Frontends().Create(w.ctx, scene.id, w.frontendSpec("astray", 91, theirs.ID))
		if !errors.Is(err, lb.ErrInvalid) && !errors.Is(err, lb.ErrNotFound) {
			w.Errorf("a frontend to another load balancer's backend: got error %v, want ErrInvalid or ErrNotFound", err)
		}
		if n := countFrontends("astray")(scene); n != 0 {
			w.Errorf("the frontend that was refused is there")
		}
	})
	s.test(t, "a child goes with its parent", func(w *world) {
		scene := w.newScene()
		w.done("delete a backend with its server", w.p.Backends().Delete(w.ctx, scene.spare))
		_, err := lb.Collect(w.p.Servers().List(w.ctx, scene.spare, lb.ListOptions{}))
		w.code("list the servers of a backend that is deleted", err, lb.ErrNotFound)
		w.done("delete a frontend with its rules", w.p.Frontends().Delete(w.ctx, scene.web))
		if s.supports("filters.list") {
			_, err := lb.Collect(w.p.Filters().List(w.ctx, scene.web, lb.PageOptions{}))
			w.code("list the filters of a frontend that is deleted", err, lb.ErrNotFound)
		}
		w.done("delete the backend that the route of a deleted frontend led to", w.p.Backends().Delete(w.ctx, scene.other))
		if again := scene.tree(); len(again.Frontends) != 0 || len(again.Backends) != 1 {
			w.Errorf("left are %s", fingerprint(again))
		}
	})
	s.test(t, "a context that has ended", func(w *world) {
		scene := w.newScene()
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		for _, c := range s.calls() {
			if !c.possible(scene) {
				continue
			}
			w.silent(string(c.op)+" with a context that has ended", func() {
				_, err := c.on(ctx, scene)
				w.code(string(c.op)+" with a context that has ended", err, context.Canceled)
			})
		}
	})
}
