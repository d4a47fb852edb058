package scaleway_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// inOurTime has a server whose time runs as ours does, so that what was made last is
// told from what was there before.
func inOurTime() []scalewaytest.Option {
	return []scalewaytest.Option{scalewaytest.WithSpeed(1), scalewaytest.WithTimings(scalewaytest.Timings{Creation: time.Millisecond})}
}

// TestReadHasRulesAndCertificates: each frontend has its own, and no more requests
// are made than the API asks for.
func TestReadHasRulesAndCertificates(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	ctx := t.Context()
	spec := frontendSpec(r.backend.ID)
	spec.Name, spec.Ports = "other", []lb.PortRange{lb.Port(8080)}
	other := must(r.Frontends().Create(ctx, r.parent, spec))(t)
	elsewhere := r.loadBalancer()
	theirs := r.world.frontend(elsewhere, r.world.backend(elsewhere).ID)
	r.setFilters(someFilters()...)
	routes := []lb.RouteSpec{to(r.backend.ID, when(lb.FieldHost, "", "b.example")), to(r.backend.ID, when(lb.FieldHost, "", "a.example"))}
	r.setRoutes(routes...)
	must(r.Routes().Set(ctx, other.ID, routes[:1], lb.SetOptions{}))(t)
	must(r.Filters().Set(ctx, theirs.ID, []lb.FilterSpec{filter(lb.FilterDeny)}, lb.SetOptions{}))(t)
	material := scaleway.Issue(t, "a.example")
	certificate := must(r.Certificates().Create(ctx, r.parent, lb.CertificateSpec{Name: "web", PEM: material.Leaf, Key: lb.NewSecret(material.Key)}))(t)

	var tree *lb.Tree
	requests := r.sent(func() { tree = must(r.LoadBalancers().Read(ctx, r.parent))(t) })
	slices.Sort(requests)
	one := "GET " + path("lbs", r.parent)
	want := []string{
		one, one + "/backends", one + "/certificates", one + "/frontends", "GET /routes",
		"GET " + path("frontends", r.frontend.ID) + "/acls", "GET " + path("frontends", other.ID) + "/acls",
	}
	slices.Sort(want)
	same(t, "requests", want, requests)

	if len(tree.Frontends) != 2 || tree.Frontends[0].ID != r.frontend.ID {
		t.Fatalf("frontends are %v", tree.Frontends)
	}
	same(t, "filters", filterSpecs(r.filters()), filterSpecs(tree.Frontends[0].Filters))
	same(t, "routes", routeSpecs(r.routes()), routeSpecs(tree.Frontends[0].Routes))
	if own := tree.Frontends[1]; len(own.Filters) > 0 || len(own.Routes) != 1 || own.Routes[0].Frontend != other.ID {
		t.Errorf("the other frontend has %v and %v", own.Filters, own.Routes)
	}
	if len(tree.Certificates) != 1 || tree.Certificates[0].ID != certificate.ID {
		t.Errorf("certificates are %v", tree.Certificates)
	}
}

// TestReadDoesNotLeaveRulesOut: where they cannot be read, there is no tree that
// looks as if there were none.
func TestReadDoesNotLeaveRulesOut(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	for _, part := range []string{path("frontends", r.frontend.ID) + "/acls", "/routes", path("lbs", r.parent) + "/certificates"} {
		rule := func(request *http.Request) bool { return request.URL.Path == "/lb/v1/zones/"+string(zone)+part }
		r.api.Faults().On(rule).Status(http.StatusForbidden, "")
		tree, err := r.LoadBalancers().Read(t.Context(), r.parent)
		isCode(t, part, err, lb.ErrForbidden)
		if tree != nil {
			t.Errorf("%s: got %+v", part, tree)
		}
		r.api.Faults().Reset()
	}
}

// TestReadLeavesOutAFrontendThatGoes: between the list that has it and that of its
// filters. The load balancer is there.
func TestReadLeavesOutAFrontendThatGoes(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	spec := frontendSpec(r.backend.ID)
	spec.Name, spec.Ports = "other", []lb.PortRange{lb.Port(8080)}
	other := must(r.Frontends().Create(t.Context(), r.parent, spec))(t)
	r.setFilters(someFilters()...)
	must(r.Filters().Set(t.Context(), other.ID, someFilters()[:1], lb.SetOptions{}))(t)
	var going sync.Once
	r.api.Faults().On(func(request *http.Request) bool {
		if strings.HasSuffix(request.URL.Path, path("frontends", r.frontend.ID)+"/acls") {
			going.Do(func() {
				if err := r.Frontends().Delete(t.Context(), r.frontend.ID); err != nil {
					t.Error(err)
				}
			})
		}
		return false
	})
	tree := must(r.LoadBalancers().Read(t.Context(), r.parent))(t)
	if len(tree.Frontends) != 1 || tree.Frontends[0].ID != other.ID || len(tree.Frontends[0].Filters) != 1 || len(tree.Backends) != 1 {
		t.Errorf("got %+v", tree)
	}
}

// TestBackendOfARouteIsInUse: a backend stays while a route leads to it.
func TestBackendOfARouteIsInUse(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	green := r.world.backend(r.parent)
	r.setRoutes(to(green.ID, when(lb.FieldHost, "", "a.example")))
	isCode(t, "in use", r.Backends().Delete(t.Context(), green.ID), lb.ErrInUse)
	must(r.Routes().Set(t.Context(), r.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}))(t)
	if err := r.Backends().Delete(t.Context(), green.ID); err != nil {
		t.Error(err)
	}
}

// TestFrontendGoesWithItsRules: and what it let in and kept out goes with it.
func TestFrontendGoesWithItsRules(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	r.setRoutes(to(r.backend.ID, when(lb.FieldHost, "", "a.example")))
	if err := r.Frontends().Delete(t.Context(), r.frontend.ID); err != nil {
		t.Fatal(err)
	}
	if left := must(lb.Collect(r.client.Zone(zone).Routes.List(t.Context(), scaleway.RouteListOptions{})))(t); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// everyTrafficCall makes each call about rules, certificates and addresses that takes
// an ID.
func everyTrafficCall(w *world, id string) map[string]func() error {
	ctx := w.t.Context()
	f, c, a, b := lb.FrontendID(id), lb.CertificateID(id), lb.AddressID(id), lb.LoadBalancerID(id)
	return map[string]func() error{
		"filters.list":        func() error { _, err := lb.Collect(w.Filters().List(ctx, f, lb.PageOptions{})); return err },
		"filters.set":         func() error { _, err := w.Filters().Set(ctx, f, someFilters(), lb.SetOptions{}); return err },
		"filters.set nothing": func() error { _, err := w.Filters().Set(ctx, f, nil, lb.SetOptions{}); return err },
		"routes.list":         func() error { _, err := lb.Collect(w.Routes().List(ctx, f, lb.PageOptions{})); return err },
		"routes.set": func() error {
			_, err := w.Routes().Set(ctx, f, []lb.RouteSpec{to(noBackend, when(lb.FieldHost, "", "a.example"))}, lb.SetOptions{})
			return err
		},
		"routes.set nothing": func() error {
			_, err := w.Routes().Set(ctx, f, nil, lb.SetOptions{AllowEmpty: true})
			return err
		},
		"certificates.list": func() error { _, err := lb.Collect(w.Certificates().List(ctx, b, lb.ListOptions{})); return err },
		"certificates.get":  func() error { _, err := w.Certificates().Get(ctx, c); return err },
		"certificates.create": func() error {
			_, err := w.Certificates().Create(ctx, b, lb.CertificateSpec{Name: "x", Domains: []string{"a.example"}})
			return err
		},
		"certificates.rename": func() error { _, err := w.Certificates().Rename(ctx, c, "x"); return err },
		"certificates.delete": func() error { return w.Certificates().Delete(ctx, c) },
		"addresses.get":       func() error { _, err := w.Addresses().Get(ctx, a); return err },
		"addresses.attach":    func() error { _, err := w.Addresses().Attach(ctx, a, nobody); return err },
		"addresses.detach":    func() error { _, err := w.Addresses().Detach(ctx, a); return err },
		"addresses.release":   func() error { return w.Addresses().Release(ctx, a) },
	}
}

func TestForeignIDsOfTrafficSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"", "..", "loadbalancer-ab12/http/frontend/7", "fr-par-1/../lbs", "fr-par-1%2F" + aHalf + "0001", "pl-waw-1/" + aHalf + "0001"} {
		for name, call := range everyTrafficCall(w, id) {
			requests := w.sent(func() {
				if e := coded(t, name+" "+id, call(), lb.ErrInvalid); e.Provider != "scaleway" || e.Op == "" {
					t.Errorf("%s %q: the error is %+v", name, id, e)
				}
			})
			if len(requests) > 0 {
				t.Errorf("%s %q: sent %v", name, id, requests)
			}
		}
	}
}

func TestMissingObjectsOfTrafficAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, call := range everyTrafficCall(w, string(nobody)) {
		if name == "filters.set nothing" || name == "addresses.detach" { // refused before anybody looks
			continue
		}
		isCode(t, name, call(), lb.ErrNotFound)
	}
}
