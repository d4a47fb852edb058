package lbtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// foreignIDs are IDs of providers, by provider and kind.
var foreignIDs = map[string]map[lb.Kind]string{
	"ovh": {
		lb.KindLoadBalancer: "loadbalancer-6b1f3f0c9d8e4c1fa0b2c3d4e5f60718", lb.KindFrontend: "loadbalancer-6b1f/http/frontend/7",
		lb.KindBackend: "loadbalancer-6b1f/http/farm/12", lb.KindServer: "loadbalancer-6b1f/http/farm/12/server/34",
		lb.KindCertificate: "loadbalancer-6b1f/ssl/5", lb.KindAddress: "203.0.113.10", lb.KindOperation: "loadbalancer-6b1f/task/12",
	},
	"scaleway": {
		lb.KindLoadBalancer: "fr-par-1/11111111-2222-4333-8444-555555555555", lb.KindFrontend: "fr-par-1/11111111-2222-4333-8444-555555555555",
		lb.KindBackend: "fr-par-1/11111111-2222-4333-8444-555555555555", lb.KindServer: "fr-par-1/11111111-2222-4333-8444-555555555555/10.0.0.4",
		lb.KindCertificate: "fr-par-1/11111111-2222-4333-8444-555555555555", lb.KindAddress: "fr-par-1/11111111-2222-4333-8444-555555555555",
		lb.KindOperation: "fr-par-1/11111111-2222-4333-8444-555555555555/applied/1784629132583003",
	},
}

// malformed are what an ID can be broken into.
func malformed(id string) []string {
	head, rest, several := strings.Cut(id, "/")
	out := []string{
		"", ".", "..", "/", "//", "a/../b", " ", "\x00", "%2e%2e", "?x=1", "#",
		id + "/", "/" + id, id + "/..", id + "/.", id + "//", "../" + id, id + "?x=1", id + "#x", id + " ", " " + id, id + "\n", id + "\x00",
	}
	if several {
		out = append(out, head, head+"/", head+"//"+rest, head+"/../"+rest, head+"/./"+rest, head+"%2F"+rest, head+`\`+rest, "/"+rest, rest, "../"+rest)
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(out, func(s string) bool { return s == id }))))
}

func runIDs(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "malformed", func(w *world) {
		scene := w.newScene()
		for _, c := range s.calls() {
			if c.kind == "" || !c.possible(scene) {
				continue
			}
			for _, id := range malformed(scene.ids()[c.kind]) {
				w.refusesID(scene, c, id)
			}
		}
	})
	s.test(t, "foreign", func(w *world) {
		scene := w.newScene()
		for _, c := range s.calls() {
			for provider, ids := range foreignIDs {
				if id := ids[c.kind]; id != "" && provider != s.provider {
					w.refusesID(scene, c, id)
				}
			}
		}
	})
	s.test(t, "of another kind", func(w *world) {
		scene := w.newScene()
		for _, c := range s.calls() {
			for kind, id := range scene.ids() {
				if c.kind != "" && kind != c.kind && id != "" && scene.ids()[c.kind] != "" {
					w.refusesKind(scene, c, kind, id)
				}
			}
		}
	})
	s.test(t, "round trip", func(w *world) {
		scene := w.newScene()
		scene.p = w.Provider(w.T) // an ID is all that a program stores
		roundTrip(scene)
	})
}

// refusesID wants a call with an ID that is none to be ErrInvalid, and nothing sent.
func (w *world) refusesID(s *scene, c call, id string) {
	w.Helper()
	what := string(c.op) + " of " + quote(id)
	w.silent(what, func() {
		_, err := c.of(w.ctx, s, id)
		e, ok := errors.AsType[*lb.Error](err)
		if !ok || !errors.Is(err, lb.ErrInvalid) {
			w.Errorf("%s: got error %v, want an *lb.Error with ErrInvalid", what, err)
			return
		}
		if e.Op != string(c.op) || e.Provider != w.p.Name() {
			w.Errorf("%s: the error is of call %q of %q", what, e.Op, e.Provider)
		}
	})
}

func quote(id string) string { return strings.ReplaceAll(`"`+id+`"`, "\n", `\n`) }

// refusesKind wants an ID of another kind to be refused: as malformed, with nothing
// sent, or, where IDs of several kinds look alike, as not found.
func (w *world) refusesKind(s *scene, c call, kind lb.Kind, id string) {
	w.Helper()
	requests := w.sent(func() {
		_, err := c.of(w.ctx, s, id)
		switch {
		case errors.Is(err, lb.ErrInvalid), errors.Is(err, lb.ErrNotFound):
		default:
			w.Errorf("%s of the ID of a %s: got error %v, want ErrInvalid, or ErrNotFound where their IDs look alike", c.op, kind, err)
		}
	})
	if changes := writes(requests); len(changes) > 0 && !strings.HasPrefix(string(c.op), "loadbalancers.") {
		w.Logf("%s of the ID of a %s sent %s", c.op, kind, strings.Join(changes, ", "))
	}
}

// roundTrip wants each object to say the ID that it is found by, in a list too, and
// those of its parents.
func roundTrip(s *scene) {
	s.Helper()
	check := func(what, want, got string) {
		s.Helper()
		if want != got {
			s.Errorf("%s: the ID is %q, want %q", what, got, want)
		}
	}
	w := s.world
	b := must(s.p.LoadBalancers().Get(s.ctx, s.id))(w, "read the load balancer")
	check("load balancer", string(s.id), string(b.ID))
	f := must(s.p.Frontends().Get(s.ctx, s.web))(w, "read the frontend")
	check("frontend", string(s.web), string(f.ID))
	check("load balancer of a frontend", string(s.id), string(f.LoadBalancer))
	check("default backend of a frontend", string(s.app), string(f.DefaultBackend))
	be := must(s.p.Backends().Get(s.ctx, s.app))(w, "read the backend")
	check("backend", string(s.app), string(be.ID))
	check("load balancer of a backend", string(s.id), string(be.LoadBalancer))
	server := must(s.p.Servers().Get(s.ctx, s.servers[0]))(w, "read a server")
	check("server", string(s.servers[0]), string(server.ID))
	check("backend of a server", string(s.app), string(server.Backend))
	for _, listed := range must(lb.Collect(s.p.Servers().List(s.ctx, s.app, lb.ListOptions{})))(w, "list servers") {
		if !slices.Contains(s.servers, listed.ID) {
			s.Errorf("server %s is listed as %q, which no server of the backend is called", listed.Address, listed.ID)
		}
	}
	if s.certificate != "" {
		c := must(s.p.Certificates().Get(s.ctx, s.certificate))(w, "read the certificate")
		check("certificate", string(s.certificate), string(c.ID))
		check("load balancer of a certificate", string(s.id), string(c.LoadBalancer))
	}
	if s.address != "" {
		check("address", string(s.address), string(must(s.p.Addresses().Get(s.ctx, s.address))(w, "read the address").ID))
	}
	if s.operation != "" && s.supports("operations.get") {
		op := must(s.p.Operations().Get(s.ctx, s.operation))(w, "read the operation")
		check("operation", string(s.operation), string(op.ID))
		check("load balancer of an operation", string(s.id), string(op.LoadBalancer))
	}
}
