package ovh_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

func TestProviderSaysWhatItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if w.Name() != "ovh" || w.Capabilities().Provider != "ovh" {
		t.Errorf("called %q and %q", w.Name(), w.Capabilities().Provider)
	}
	if c, ok := ovh.ClientOf(w.Provider); !ok || c != w.client {
		t.Error("ClientOf does not find the client")
	}
	if c, ok := ovh.ClientOf(wrapped{w.Provider}); !ok || c != w.client {
		t.Error("ClientOf does not look through a provider that shows what it wraps")
	}
	if _, ok := ovh.ClientOf(lb.UnimplementedProvider{}); ok {
		t.Error("another provider has a client of OVH's")
	}
	if err := lb.Require(w, "backends.health", "frontend.ports.several", "backend.healthCheck.expect.regex"); err != nil {
		t.Error(err)
	}
	wantFeature(t, lb.Require(w, "backend.serverTimeout"), "backend.serverTimeout")
}

type wrapped struct{ lb.Provider }

func (w wrapped) Unwrap() lb.Provider { return w.Provider }

// TestForeignIDsSendNothing calls everything with IDs of another provider, of
// another kind and of none.
func TestForeignIDsSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	for _, id := range []string{"", "..", "fr-par-1/6170692e-7363-616c-6577-61792e636f6d", w.service() + "/http/farm/01", w.service() + "%2Fhttp%2Ffarm%2F1", "x/y"} {
		load, frontend, backend, server := lb.LoadBalancerID(id), lb.FrontendID(id), lb.BackendID(id), lb.ServerID(id)
		calls := map[string]func() error{
			"loadbalancers.get":          func() error { _, err := w.LoadBalancers().Get(ctx, load); return err },
			"loadbalancers.update":       func() error { _, err := w.LoadBalancers().Update(ctx, load, nil); return err },
			"loadbalancers.read":         func() error { _, err := w.LoadBalancers().Read(ctx, load); return err },
			"loadbalancers.health":       func() error { _, err := w.LoadBalancers().Health(ctx, load); return err },
			"loadbalancers.egressRanges": func() error { _, err := w.LoadBalancers().EgressRanges(ctx, load); return err },
			"loadbalancers.pending":      func() error { _, err := w.LoadBalancers().Pending(ctx, load); return err },
			"loadbalancers.commit":       func() error { _, err := w.LoadBalancers().Commit(ctx, load, lb.CommitOptions{}); return err },
			"frontends.list":             func() error { _, err := lb.Collect(w.Frontends().List(ctx, load, lb.ListOptions{})); return err },
			"frontends.get":              func() error { _, err := w.Frontends().Get(ctx, frontend); return err },
			"frontends.create":           func() error { _, err := w.Frontends().Create(ctx, load, lb.FrontendSpec{}); return err },
			"frontends.update":           func() error { _, err := w.Frontends().Update(ctx, frontend, nil); return err },
			"frontends.delete":           func() error { return w.Frontends().Delete(ctx, frontend) },
			"backends.list":              func() error { _, err := lb.Collect(w.Backends().List(ctx, load, lb.ListOptions{})); return err },
			"backends.get":               func() error { _, err := w.Backends().Get(ctx, backend); return err },
			"backends.create":            func() error { _, err := w.Backends().Create(ctx, load, lb.BackendSpec{}); return err },
			"backends.update":            func() error { _, err := w.Backends().Update(ctx, backend, nil); return err },
			"backends.delete":            func() error { return w.Backends().Delete(ctx, backend) },
			"backends.health":            func() error { _, err := lb.Collect(w.Backends().Health(ctx, backend, lb.PageOptions{})); return err },
			"servers.list":               func() error { _, err := lb.Collect(w.Servers().List(ctx, backend, lb.ListOptions{})); return err },
			"servers.get":                func() error { _, err := w.Servers().Get(ctx, server); return err },
			"servers.add":                func() error { _, err := w.Servers().Add(ctx, backend, at("10.0.0.1")); return err },
			"servers.update":             func() error { _, err := w.Servers().Update(ctx, server, nil); return err },
			"servers.remove":             func() error { return w.Servers().Remove(ctx, server) },
			"servers.set": func() error {
				_, err := w.Servers().Set(ctx, backend, nil, lb.SetOptions{AllowEmpty: true})
				return err
			},
			"operations.get":  func() error { _, err := w.Operations().Get(ctx, lb.OperationID(id)); return err },
			"operations.list": func() error { _, err := lb.Collect(w.Operations().List(ctx, load, lb.PageOptions{})); return err },
		}
		sent := w.during(func() {
			for op, call := range calls {
				wantError(t, call(), lb.ErrInvalid, op, id)
			}
		})
		if len(sent) > 0 {
			t.Errorf("ID %q: sent %q", id, sent)
		}
	}
}

// TestReferencesSendNothing refuses what a frontend of a load balancer cannot refer
// to.
func TestReferencesSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	good := lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port(81)}
	for path, change := range map[string][]func(*lb.FrontendSpec){
		"defaultBackend": {
			func(s *lb.FrontendSpec) { s.DefaultBackend = ovh.FormatBackendID(w.service(), lb.ProtocolTCP, 1) },
			func(s *lb.FrontendSpec) { s.DefaultBackend = "loadbalancer-other/http/farm/1" },
			func(s *lb.FrontendSpec) { s.DefaultBackend = "fr-par-1/6170692e-7363-616c-6577-61792e636f6d" },
		},
		"certificates": {
			func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{"loadbalancer-other/ssl/1"} },
			func(s *lb.FrontendSpec) {
				s.Certificates = []lb.CertificateID{ovh.FormatCertificateOrderID(w.service(), 1, "a.example")}
			},
			func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{"a name"} },
		},
	} {
		for _, change := range change {
			spec := good
			change(&spec)
			sent := w.during(func() {
				_, err := w.Frontends().Create(t.Context(), w.id, spec)
				wantPath(t, err, path)
			})
			want(t, sent)
			sent = w.writes(func() {
				_, err := w.Frontends().Update(t.Context(), f.ID, func(s *lb.FrontendSpec) error { change(s); return nil })
				wantPath(t, err, path)
			})
			want(t, sent)
		}
	}
}

// wantPath asks for one problem that names a field.
func wantPath(t *testing.T, err error, path string) {
	t.Helper()
	var e *lb.Error
	if !errors.As(err, &e) || !errors.Is(err, lb.ErrInvalid) || len(e.Fields) != 1 || e.Fields[0].Path != path {
		t.Errorf("got %v, want %s invalid", err, path)
	}
}

// TestRefusedSpecsSendNothing holds that the Dialect is asked before anything is
// sent, and that an update sends nothing but the reading.
func TestRefusedSpecsSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	bad := lb.ServerSpec{Address: ip("2001:db8::1"), Weight: new(-1)}
	all := func(err error, n int) {
		t.Helper()
		var problems lb.Problems
		if !errors.As(err, &problems) || len(problems) != n {
			t.Errorf("got %v, want %d problems", err, n)
		}
	}
	want(t, w.during(func() {
		_, err := w.Frontends().Create(ctx, w.id, lb.FrontendSpec{HTTP3: true})
		all(err, 3)
		_, err = w.Backends().Create(ctx, w.id, lb.BackendSpec{CookieName: "c"}, bad)
		all(err, 4)
		_, err = w.Servers().Add(ctx, b.ID, bad)
		all(err, 2)
		_, err = w.Servers().Set(ctx, b.ID, []lb.ServerSpec{bad}, lb.SetOptions{})
		all(err, 2)
		_, err = w.Servers().Set(ctx, b.ID, nil, lb.SetOptions{})
		wantError(t, err, lb.ErrInvalid, "servers.set", string(b.ID))
		added, err := w.Servers().Add(ctx, b.ID)
		if err != nil || len(added) > 0 {
			t.Errorf("adding nothing: %v, %v", added, err)
		}
		if err := w.Servers().Remove(ctx); err != nil {
			t.Error(err)
		}
	}))
	want(t, w.writes(func() {
		_, err := w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error { s.Zone = "gra"; return nil })
		wantFeature(t, err, "loadbalancer.zone")
		_, err = w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error { s.Tags = []string{"a"}; return nil })
		wantFeature(t, err, "loadbalancer.tags.update")
		_, err = w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error { s.Plan = "lb3"; return nil })
		wantFeature(t, err, "loadbalancer.plan.update")
		_, err = w.Frontends().Update(ctx, f.ID, func(s *lb.FrontendSpec) error { s.ClientTimeout = 1; return nil })
		wantFeature(t, err, "frontend.clientTimeout")
		_, err = w.Frontends().Update(ctx, f.ID, func(s *lb.FrontendSpec) error { s.Protocol, s.DefaultBackend = lb.ProtocolTCP, ""; return nil })
		wantFeature(t, err, "frontend.protocol.update")
		_, err = w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error { s.ServerTimeout = 1; return nil })
		wantFeature(t, err, "backend.serverTimeout")
		_, err = w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error { s.Protocol = lb.ProtocolTCP; return nil })
		wantFeature(t, err, "backend.protocol.update")
		_, err = w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error {
			s.Extensions = lb.Extend(ovh.BackendOptions{Zone: "gra"})
			return nil
		})
		wantFeature(t, err, "backend.extensions.ovh.zone.update")
		_, err = w.Servers().Update(ctx, b.Servers[0].ID, func(s *lb.ServerSpec) error { s.Address = ip("10.0.0.2"); return nil })
		wantFeature(t, err, "server.address.update")
		_, err = w.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{})
		wantFeature(t, err, "loadbalancers.create")
		wantFeature(t, w.LoadBalancers().Delete(ctx, w.id, lb.DeleteLoadBalancerOptions{}), "loadbalancers.delete")
	}))
}

// TestAnUpdateEndsWithItsClosure: an error of the closure is returned as it is, and
// nothing changed sends nothing.
func TestAnUpdateEndsWithItsClosure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(func(s *lb.BackendSpec) { s.HealthCheck = &lb.HealthCheck{} }, "10.0.0.1")
	f := w.frontend(80, b.ID)
	stop := errors.New("stop")
	want(t, w.writes(func() {
		for _, closure := range []error{stop, nil} {
			_, err := w.LoadBalancers().Update(ctx, w.id, func(*lb.LoadBalancerSpec) error { return closure })
			is(t, err, closure)
			_, err = w.Frontends().Update(ctx, f.ID, func(*lb.FrontendSpec) error { return closure })
			is(t, err, closure)
			_, err = w.Backends().Update(ctx, b.ID, func(*lb.BackendSpec) error { return closure })
			is(t, err, closure)
			_, err = w.Servers().Update(ctx, b.Servers[0].ID, func(*lb.ServerSpec) error { return closure })
			is(t, err, closure)
		}
		// Defaults that are said, and other spellings, are no change either.
		_, err := w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error {
			s.Algorithm, s.HealthCheck = "", &lb.HealthCheck{Type: lb.CheckTCP}
			s.Extensions = lb.Extend(ovh.BackendOptions{Zone: "all"})
			return nil
		})
		is(t, err, nil)
		_, err = w.Servers().Update(ctx, b.Servers[0].ID, func(s *lb.ServerSpec) error { s.Weight = nil; return nil })
		is(t, err, nil)
	}))
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// TestNotFound: what is not there is ErrNotFound, with the API's own error and its
// request ID, under the neutral call's name.
func TestNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(nil, "10.0.0.1")
	gone := struct {
		load     lb.LoadBalancerID
		frontend lb.FrontendID
		backend  lb.BackendID
		server   lb.ServerID
		op       lb.OperationID
	}{
		"loadbalancer-00", ovh.FormatFrontendID(w.service(), lb.ProtocolTCP, 99), ovh.FormatBackendID(w.service(), lb.ProtocolUDP, 99),
		lb.ServerID(b.ID) + "/server/99", ovh.FormatOperationID(w.service(), 99),
	}
	same := func(*lb.ServerSpec) error { return nil }
	for op, call := range map[string]func() (string, error){
		"loadbalancers.get": func() (string, error) { _, err := w.LoadBalancers().Get(ctx, gone.load); return string(gone.load), err },
		"loadbalancers.read": func() (string, error) {
			_, err := w.LoadBalancers().Read(ctx, gone.load)
			return string(gone.load), err
		},
		"frontends.get": func() (string, error) {
			_, err := w.Frontends().Get(ctx, gone.frontend)
			return string(gone.frontend), err
		},
		"frontends.delete": func() (string, error) { return string(gone.frontend), w.Frontends().Delete(ctx, gone.frontend) },
		"backends.get": func() (string, error) {
			_, err := w.Backends().Get(ctx, gone.backend)
			return string(gone.backend), err
		},
		"servers.get": func() (string, error) { _, err := w.Servers().Get(ctx, gone.server); return string(gone.server), err },
		"servers.update": func() (string, error) {
			_, err := w.Servers().Update(ctx, gone.server, same)
			return string(gone.server), err
		},
		"servers.remove": func() (string, error) { return string(gone.server), w.Servers().Remove(ctx, gone.server) },
		"operations.get": func() (string, error) { _, err := w.Operations().Get(ctx, gone.op); return string(gone.op), err },
	} {
		id, err := call()
		e := errorOf(t, err, lb.ErrNotFound, op, id)
		var own *ovh.Error
		if e.Status != http.StatusNotFound || e.RequestID == "" || !errors.As(err, &own) {
			t.Errorf("%s: %#v: want the status, the request ID and the API's own error", op, e)
		}
	}
	for _, list := range []func() error{
		func() error { _, err := lb.Collect(w.Frontends().List(ctx, gone.load, lb.ListOptions{})); return err },
		func() error { _, err := lb.Collect(w.Backends().List(ctx, gone.load, lb.ListOptions{})); return err },
		func() error { _, err := lb.Collect(w.Servers().List(ctx, gone.backend, lb.ListOptions{})); return err },
		func() error { _, err := lb.Collect(w.Operations().List(ctx, gone.load, lb.PageOptions{})); return err },
	} {
		is(t, list(), lb.ErrNotFound)
	}
}
