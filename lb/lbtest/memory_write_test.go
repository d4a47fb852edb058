package lbtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func TestMemoryTree(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	tree, err := w.LoadBalancers().Read(t.Context(), w.lb)
	if err != nil {
		t.Fatal(err)
	}
	check := &lb.HealthCheck{
		Type: lb.CheckHTTP, Interval: 5e9, Timeout: 1e9, UnhealthyThreshold: 3, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/"},
	}
	want := &lb.Tree{
		LoadBalancer: &lb.LoadBalancer{
			ID: "memory/lb-1", LoadBalancerSpec: lb.LoadBalancerSpec{Name: "edge", Tags: []string{"a", "b"}, TLSPolicy: lb.TLSPolicyIntermediate},
			Provisioning: lb.ProvisioningReady, Addresses: []netip.Addr{netip.MustParseAddr("198.18.0.1")},
			Instances: []lb.Instance{{ID: "memory/lb-1/instance-1", Status: lb.ProvisioningReady}},
		},
		Certificates: []*lb.Certificate{{
			ID: "memory/lb-1/certificate-1", LoadBalancer: "memory/lb-1", Name: "www", Source: lb.CertificateManaged,
			Provisioning: lb.ProvisioningPending, Detail: "on order", CommonName: "www.example.org", Domains: []string{"www.example.org"},
		}},
		Backends: []*lb.Backend{{
			ID: "memory/lb-1/backend-1", LoadBalancer: "memory/lb-1",
			BackendSpec: lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080, Algorithm: lb.AlgorithmRoundRobin, HealthCheck: check},
			Servers: []*lb.Server{
				{ID: "memory/lb-1/backend-1/server-1", Backend: "memory/lb-1/backend-1", ServerSpec: lb.ServerSpec{Name: "a", Address: netip.MustParseAddr("10.0.0.1"), Weight: new(1)}},
				{ID: "memory/lb-1/backend-1/server-2", Backend: "memory/lb-1/backend-1", ServerSpec: lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2"), Weight: new(1)}},
			},
		}},
		Frontends: []lb.FrontendTree{{
			Frontend: &lb.Frontend{ID: "memory/lb-1/frontend-1", LoadBalancer: "memory/lb-1", FrontendSpec: webFrontend("memory/lb-1/backend-1")},
			Filters: []*lb.Filter{{ID: "memory/lb-1/frontend-1/filter-1", Frontend: "memory/lb-1/frontend-1", FilterSpec: lb.FilterSpec{
				Action: lb.FilterDeny, Status: 403, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}},
			}}},
			Routes: []*lb.Route{{ID: "memory/lb-1/frontend-1/route-1", Frontend: "memory/lb-1/frontend-1", RouteSpec: lb.RouteSpec{
				Backend: "memory/lb-1/backend-1", Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/api"}}},
			}}},
		}},
	}
	if diff := cmp.Diff(want, tree, memoryComparer); diff != "" {
		t.Error(diff)
	}
}

// What a caller was given and what it gave can be changed without effect.
func TestMemorySharesNothing(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	spec := webBackend()
	server := lb.ServerSpec{Address: netip.MustParseAddr("10.1.0.1"), Weight: new(5)}
	made, err := w.Backends().Create(ctx, w.lb, spec, server)
	if err != nil {
		t.Fatal(err)
	}
	text := func() string { // not values, which might share what they show
		b, err := json.Marshal(w.read(t))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := text()
	spec.HealthCheck.Type, *server.Weight = lb.CheckTCP, 7
	made.HealthCheck.HTTP.Path, *made.Servers[0].Weight, made.Servers[0] = "/changed", 9, nil
	for _, item := range w.read(t) {
		switch item := item.(type) {
		case *lb.Tree:
			item.LoadBalancer.Tags[0], item.LoadBalancer.Addresses[0], item.Backends[0].HealthCheck.HTTP.Path = "x", netip.Addr{}, "/x"
			*item.Backends[0].Servers[0].Weight, item.Certificates[0].Domains[0] = 50, "x"
			item.Frontends[0].Ports[0], item.Frontends[0].Filters[0].Match[0].Values[0] = lb.Port(1), "x"
			item.Frontends[0].Routes[0].Match[0].Values[0] = "x"
		case []*lb.LoadBalancer:
			item[0].Tags[0], item[0].Instances[0].ID = "x", "x"
		case []*lb.Address:
			item[0].LoadBalancer = ""
		}
	}
	if diff := cmp.Diff(before, text()); diff != "" {
		t.Error(diff)
	}
}

func TestMemoryUpdate(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t, lbtest.WithStaging())
	ctx := t.Context()
	pending := func() int {
		changes, err := w.LoadBalancers().Pending(ctx, w.lb)
		if err != nil || len(changes) > 1 {
			t.Fatal(changes, err)
		}
		if len(changes) == 0 {
			return 0
		}
		return changes[0].Count
	}
	start := pending()

	stop := errors.New("stop")
	if _, err := w.Backends().Update(ctx, w.backend.ID, func(s *lb.BackendSpec) error { s.Name = "never"; return stop }); err != stop { //nolint:errorlint // the very error
		t.Errorf("the function's error comes back as %v", err)
	}
	_, err := w.Backends().Update(ctx, w.backend.ID, func(s *lb.BackendSpec) error {
		s.HealthCheck.HTTP.Method, s.HealthCheck.HTTP.Path = "", "" // the defaults, which they were
		return nil
	})
	if err != nil || pending() != start {
		t.Errorf("an update that changes nothing counts: %d, %v", pending()-start, err)
	}

	runs := 0
	updated, err := w.Backends().Update(ctx, w.backend.ID, func(s *lb.BackendSpec) error {
		if runs++; runs == 1 { // somebody else is faster
			_, err := w.Backends().Update(ctx, w.backend.ID, func(s *lb.BackendSpec) error { s.Port = 9090; return nil })
			if err != nil {
				return err
			}
		}
		s.Name = "renamed"
		return nil
	})
	if err != nil || runs != 2 || updated.Name != "renamed" || updated.Port != 9090 || pending() != start+2 {
		t.Errorf("%d runs, %+v, %d writes, %v", runs, updated, pending()-start, err)
	}

	cancelled, cancel := context.WithCancel(ctx)
	_, err = w.Backends().Update(cancelled, w.backend.ID, func(s *lb.BackendSpec) error { s.Name = "late"; cancel(); return nil })
	memoryFails(t, err, "backends.update", context.Canceled)
	if got, err := w.Backends().Get(ctx, w.backend.ID); err != nil || got.Name != "renamed" {
		t.Errorf("a call that was cancelled has written: %v, %v", got, err)
	}

	_, err = w.Backends().Update(ctx, w.backend.ID, func(*lb.BackendSpec) error {
		return w.LoadBalancers().Delete(ctx, w.lb, lb.DeleteLoadBalancerOptions{})
	})
	memoryFails(t, err, "backends.update", lb.ErrNotFound)
}

func TestMemoryInUse(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	routes := []lb.RouteSpec{{Backend: w.backend.ID}}
	if _, err := w.Routes().Set(ctx, w.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}); err != nil {
		t.Fatal(err)
	}
	memoryFails(t, w.Backends().Delete(ctx, w.backend.ID), "backends.delete", lb.ErrInUse) // by the frontend
	if _, err := w.Routes().Set(ctx, w.frontend.ID, routes, lb.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Frontends().Update(ctx, w.frontend.ID, func(s *lb.FrontendSpec) error {
		s.DefaultBackend, s.Certificates = "", []lb.CertificateID{w.certificate.ID}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	memoryFails(t, w.Backends().Delete(ctx, w.backend.ID), "backends.delete", lb.ErrInUse) // by the route
	memoryFails(t, w.Certificates().Delete(ctx, w.certificate.ID), "certificates.delete", lb.ErrInUse)
	if err := w.Frontends().Delete(ctx, w.frontend.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Backends().Delete(ctx, w.backend.ID); err != nil {
		t.Error(err)
	}
	if err := w.Certificates().Delete(ctx, w.certificate.ID); err != nil {
		t.Error(err)
	}
	if _, err := w.Addresses().Attach(ctx, w.address.ID, w.lb); err != nil {
		t.Fatal(err)
	}
	memoryFails(t, w.Addresses().Release(ctx, w.address.ID), "addresses.release", lb.ErrInUse)
	if _, err := w.Addresses().Detach(ctx, w.address.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Addresses().Release(ctx, w.address.ID); err != nil {
		t.Error(err)
	}
	if _, err := w.Addresses().Get(ctx, w.address.ID); !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

// What a frontend or route refers to must be there, of the same load balancer, and fit.
func TestMemoryReferences(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	other := w.AddLoadBalancer(lb.LoadBalancerSpec{})
	foreign, err := w.Backends().Create(ctx, other, webBackend())
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := w.Backends().Create(ctx, w.lb, lb.BackendSpec{Protocol: lb.ProtocolTCP})
	if err != nil {
		t.Fatal(err)
	}
	own := webFrontend("") // beside w.frontend, which leaves the address to it
	own.Addresses = []netip.Prefix{netip.MustParsePrefix("198.18.0.1/32")}
	if _, err := w.Frontends().Create(ctx, w.lb, own); err != nil {
		t.Errorf("on an address of its own: %v", err)
	}
	free := webFrontend("")
	free.Ports[0] = lb.Port(81)
	for name, tc := range map[string]struct {
		path   string
		change func(*lb.FrontendSpec)
	}{
		"malformed backend":     {"defaultBackend", func(s *lb.FrontendSpec) { s.DefaultBackend = "web" }},
		"missing backend":       {"defaultBackend", func(s *lb.FrontendSpec) { s.DefaultBackend = w.backend.ID + "9" }},
		"foreign backend":       {"defaultBackend", func(s *lb.FrontendSpec) { s.DefaultBackend = foreign.ID }},
		"another protocol":      {"defaultBackend", func(s *lb.FrontendSpec) { s.DefaultBackend = tcp.ID }},
		"malformed certificate": {"certificates", func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{"www"} }},
		"missing certificate":   {"certificates", func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{w.certificate.ID + "9"} }},
		"a port that is taken":  {"ports", func(s *lb.FrontendSpec) { s.Ports[0] = lb.PortRange{From: 70, To: 90} }},
		"on one address":        {"ports", func(s *lb.FrontendSpec) { s.Ports[0], s.Addresses = lb.Port(80), own.Addresses }},
	} {
		spec := lb.Clone(free)
		tc.change(&spec)
		_, err := w.Frontends().Create(ctx, w.lb, spec)
		if e := memoryError(t, err, "frontends.create", lb.ErrInvalid); len(e.Fields) != 1 || e.Fields[0].Path != tc.path {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, to := range map[string]lb.BackendID{"malformed": "web", "missing": w.backend.ID + "9", "foreign": foreign.ID, "tcp": tcp.ID} {
		_, err := w.Routes().Set(ctx, w.frontend.ID, []lb.RouteSpec{{Backend: to}}, lb.SetOptions{})
		if e := memoryError(t, err, "routes.set", lb.ErrInvalid); len(e.Fields) != 1 || e.Fields[0].Path != "routes[0].backend" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, change := range map[string]func(*lb.FrontendSpec){
		"disabled": func(s *lb.FrontendSpec) { s.Ports[0], s.Disabled = lb.Port(80), true },
		"over UDP": func(s *lb.FrontendSpec) { s.Ports[0], s.Protocol = lb.Port(80), lb.ProtocolUDP },
		"free":     func(*lb.FrontendSpec) {},
	} {
		spec := lb.Clone(free)
		change(&spec)
		if _, err := w.Frontends().Create(ctx, w.lb, spec); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A protocol changes where nothing speaks against it.
func TestMemoryProtocolChanges(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	toTCP := func(s *lb.BackendSpec) error { s.Protocol = lb.ProtocolTCP; return nil }
	_, err := w.Backends().Update(ctx, w.backend.ID, toTCP)
	memoryFails(t, err, "backends.update", lb.ErrInvalid)
	_, err = w.Frontends().Update(ctx, w.frontend.ID, func(s *lb.FrontendSpec) error { s.Protocol, s.DefaultBackend = lb.ProtocolTCP, ""; return nil })
	if !errors.Is(err, lb.ErrUnsupported) {
		t.Errorf("a route looks at paths, and the frontend becomes TCP: %v", err)
	}
	if _, err := w.Routes().Set(ctx, w.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Filters().Set(ctx, w.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Frontends().Update(ctx, w.frontend.ID, func(s *lb.FrontendSpec) error { s.DefaultBackend = ""; return nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Backends().Update(ctx, w.backend.ID, toTCP); err != nil || got.Protocol != lb.ProtocolTCP {
		t.Errorf("got %v, %v", got, err)
	}
	got, err := w.Frontends().Update(ctx, w.frontend.ID, func(s *lb.FrontendSpec) error {
		s.Protocol, s.DefaultBackend = lb.ProtocolTCP, w.backend.ID
		return nil
	})
	if err != nil || got.Protocol != lb.ProtocolTCP {
		t.Errorf("got %v, %v", got, err)
	}
}
