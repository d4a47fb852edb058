package lbtest

import (
	"fmt"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// scene is a load balancer with something of each kind, published: what the provider
// does not declare is left out.
//
//	frontend web :80 -> backend app (10.0.0.1, 10.0.0.2)
//	  filter  deny 203.0.113.0/24
//	  route   /other -> backend other (10.0.1.1)
//	backend spare, that nothing refers to
//	certificate, that no frontend serves
//	address, that is free
type scene struct {
	*world

	id                lb.LoadBalancerID
	app, other, spare lb.BackendID
	servers           []lb.ServerID // of app, by address
	web               lb.FrontendID
	certificate       lb.CertificateID
	address           lb.AddressID
	operation         lb.OperationID
	prepared          int // requests that a trial needed before it began
}

func (w *world) newScene() *scene {
	w.Helper()
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	app := s.backend("app", w.hosts("10.0.0.1", "10.0.0.2")...)
	s.app, s.other, s.spare = app.ID, s.backend("other", w.hosts("10.0.1.1")...).ID, s.backend("spare", w.hosts("10.0.2.1")...).ID
	for _, server := range slices.SortedFunc(slices.Values(app.Servers), func(a, b *lb.Server) int { return a.Address.Compare(b.Address) }) {
		s.servers = append(s.servers, server.ID)
	}
	s.web = s.frontend(w.frontendSpec("web", 80, s.app)).ID
	if w.supports("filters.set") {
		filters := []lb.FilterSpec{w.denySource("203.0.113.0/24")}
		must(w.p.Filters().Set(w.ctx, s.web, filters, lb.SetOptions{}))(w, "set filters "+fingerprint(filters))
	}
	if w.supports("routes.set") {
		routes := []lb.RouteSpec{w.routeTo(s.other, "/other")}
		must(w.p.Routes().Set(w.ctx, s.web, routes, lb.SetOptions{}))(w, "set routes "+fingerprint(routes))
	}
	if w.supports("certificates.create", "certificate.pem") {
		s.certificate = s.upload("one").ID
	}
	s.address = s.newAddress()
	s.operation = w.publish(s.id).ID
	return s
}

// ids are the scene's, by kind; empty where the provider has none.
func (s *scene) ids() map[lb.Kind]string {
	return map[lb.Kind]string{
		lb.KindLoadBalancer: string(s.id), lb.KindFrontend: string(s.web), lb.KindBackend: string(s.app), lb.KindServer: string(s.servers[0]),
		lb.KindCertificate: string(s.certificate), lb.KindAddress: string(s.address), lb.KindOperation: string(s.operation),
	}
}

func (s *scene) backend(name string, servers ...lb.ServerSpec) *lb.Backend {
	s.Helper()
	spec := s.backendSpec(name)
	return must(s.p.Backends().Create(s.ctx, s.id, spec, servers...))(s.world, "create backend "+fingerprint(spec)+" with servers "+fingerprint(servers))
}

func (s *scene) frontend(spec lb.FrontendSpec) *lb.Frontend {
	s.Helper()
	return must(s.p.Frontends().Create(s.ctx, s.id, spec))(s.world, "create frontend "+fingerprint(spec))
}

func (s *scene) upload(name string) *lb.Certificate {
	s.Helper()
	return must(s.p.Certificates().Create(s.ctx, s.id, certificateSpec(name)))(s.world, "upload a certificate")
}

// newAddress is a free address, or empty where there is no way to have one.
func (s *scene) newAddress() lb.AddressID {
	s.Helper()
	switch {
	case s.Address != nil:
		return s.Address(s.T, s.id)
	case s.supports("addresses.allocate"):
		return must(s.p.Addresses().Allocate(s.ctx, lb.AddressSpec{}))(s.world, "allocate an address").ID
	default:
		return ""
	}
}

func (s *scene) tree() *lb.Tree {
	s.Helper()
	return must(s.p.LoadBalancers().Read(s.ctx, s.id))(s.world, "read the load balancer")
}

// specs are the settings of all that is in the load balancer, by ID, and of filters and
// routes by their place.
func (s *scene) specs() map[string]string {
	s.Helper()
	tree := s.tree()
	out := map[string]string{string(s.id): fingerprint(tree.LoadBalancer.LoadBalancerSpec)}
	for _, b := range tree.Backends {
		out[string(b.ID)] = fingerprint(b.BackendSpec)
		for _, server := range b.Servers {
			out[string(server.ID)] = fingerprint(server.ServerSpec)
		}
	}
	for _, f := range tree.Frontends {
		out[string(f.ID)] = fingerprint(f.FrontendSpec)
		for i, filter := range f.Filters {
			out[fmt.Sprintf("filter %d of %s", i, f.ID)] = fingerprint(filter.FilterSpec)
		}
		for i, route := range f.Routes {
			out[fmt.Sprintf("route %d of %s", i, f.ID)] = fingerprint(route.RouteSpec)
		}
	}
	return out
}

// doubles are the objects that are there twice: what a call that was sent again makes.
func (s *scene) doubles() []string {
	s.Helper()
	tree, seen := s.tree(), map[string]bool{}
	var out []string
	note := func(format string, args ...any) {
		what := fmt.Sprintf(format, args...)
		if seen[what] {
			out = append(out, what)
		}
		seen[what] = true
	}
	for _, c := range tree.Certificates {
		note("certificate %s", c.Name)
	}
	for _, b := range tree.Backends {
		note("backend %s", b.Name)
		for _, server := range b.Servers {
			note("server %s of backend %s", server.Address, b.Name)
		}
	}
	for _, f := range tree.Frontends {
		note("frontend %s", f.Name)
		for _, filter := range f.Filters {
			note("filter %s of frontend %s", fingerprint(filter.FilterSpec), f.Name)
		}
		for _, route := range f.Routes {
			note("route %s of frontend %s", fingerprint(route.RouteSpec), f.Name)
		}
	}
	return out
}

// certificateSpec is a certificate to upload, with its key.
func certificateSpec(name string) lb.CertificateSpec {
	return lb.CertificateSpec{Name: name, PEM: pair(0).certificate, Key: lb.NewSecret(pair(0).key)}
}
