package lbtest

import (
	"slices"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func runCRUD(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "calls", func(w *world) {
		// Each call that the provider declares, on what is there.
		for _, c := range s.calls() {
			w.Run(string(c.op), func(t *testing.T) {
				t.Parallel()
				s.tests.Add(1)
				scene := s.newWorld(t).newScene()
				if !c.possible(scene) {
					t.Skipf("the harness has no %s", c.kind)
				}
				if c.prepare != nil {
					c.prepare(scene)
				}
				before := 0
				if c.count != nil {
					before = c.count(scene)
				}
				if _, err := c.on(scene.ctx, scene); err != nil {
					t.Fatalf("%s is declared, and fails: %v", c.op, err)
				}
				if c.count != nil && c.op != "servers.update" && c.count(scene) == before {
					t.Errorf("%s has changed nothing", c.op)
				}
				s.declared.Add(1)
			})
		}
	})
	s.test(t, "load balancer", crudLoadBalancer)
	s.testIf(t, "load balancer created", []lb.Feature{"loadbalancers.create", "loadbalancers.delete"}, crudCreatedLoadBalancer)
	s.test(t, "frontend", crudFrontend)
	s.test(t, "backend", crudBackend)
	s.test(t, "server", crudServer)
	s.testIf(t, "certificate", []lb.Feature{"certificates.create", "certificate.pem"}, crudCertificate)
	s.testIf(t, "address", []lb.Feature{"addresses.allocate"}, crudAddress)
	s.testWith(t, "address attached", s.has.address || s.supports("addresses.allocate") || !s.supports("addresses.attach"), "Address", crudAttachment)
	s.testIf(t, "addresses of what is deleted", []lb.Feature{"loadbalancers.delete", "addresses.list", "addresses.get"}, crudKeepsAddresses)
	s.test(t, "what a write returns", crudReturned)
	s.test(t, "read", crudRead)
	s.test(t, "names", crudNames)
	s.testIf(t, "tags", []lb.Feature{"loadbalancers.update", "loadbalancer.tags.update"}, crudTags)
}

func crudLoadBalancer(w *world) {
	id := w.LoadBalancer(w.T)
	got := must(w.p.LoadBalancers().Get(w.ctx, id))(w, "read a load balancer")
	if got.ID != id || got.Provisioning != lb.ProvisioningReady {
		w.Errorf("Harness.LoadBalancer made %q, which reads as %q and %q; it has to be ready", id, got.ID, got.Provisioning)
	}
	found := must(lb.One(w.p.LoadBalancers().List(w.ctx, lb.LoadBalancerListOptions{})))(w, "list load balancers")
	equal(w, "a load balancer in the list and by itself", got.LoadBalancerSpec, found.LoadBalancerSpec)
	if tree := must(w.p.LoadBalancers().Read(w.ctx, id))(w, "read it whole"); len(tree.Frontends)+len(tree.Backends)+len(tree.Certificates) > 0 {
		w.Errorf("an empty load balancer holds %s", fingerprint(tree))
	}
	if len(got.Zones) > 0 {
		for _, zone := range []string{got.Zones[0], "nowhere-9"} {
			listed, err := lb.Collect(w.p.LoadBalancers().List(w.ctx, lb.LoadBalancerListOptions{Zone: zone}))
			if want := truth(zone != "nowhere-9"); err == nil && len(listed) != want {
				w.Errorf("zone %s lists %d load balancers, want %d", zone, len(listed), want)
			}
		}
	}
	health := must(w.p.LoadBalancers().Health(w.ctx, id))(w, "its health")
	if health.State == "" {
		w.Error("its health has no state")
	}
}

func crudCreatedLoadBalancer(w *world) {
	spec := lb.LoadBalancerSpec{Name: "made"}
	made := must(w.p.LoadBalancers().Create(w.ctx, spec))(w, "create a load balancer")
	w.same("the name that Create returned", spec.Name, made.Name)
	ready := must(lb.WaitReady(w.ctx, w.p, made.ID, w.poll()...))(w, "wait until it is ready")
	want := must(w.p.Dialect().LoadBalancer(spec))(w, "the dialect's load balancer")
	want.Zone, want.Plan = ready.Zone, ready.Plan // of the provider's choice
	equal(w, "a load balancer that was created", want, ready.LoadBalancerSpec)
	w.done("delete it", w.p.LoadBalancers().Delete(w.ctx, made.ID, lb.DeleteLoadBalancerOptions{}))
	w.done("wait until it is gone", lb.WaitDeleted(w.ctx, w.p, made.ID, w.poll()...))
	_, err := w.p.LoadBalancers().Get(w.ctx, made.ID)
	w.code("read a load balancer that is deleted", err, lb.ErrNotFound)
	if countLoadBalancers("made")(&scene{world: w}) != 0 {
		w.Error("a load balancer that is deleted is listed")
	}
}

func crudFrontend(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	s.app = s.backend("app").ID
	spec := w.frontendSpec("web", 80, s.app)
	want := must(w.p.Dialect().Frontend(spec))(w, "the dialect's frontend")
	made := s.frontend(spec)
	equal(w, "what Create returned", want, made.FrontendSpec)
	got := must(w.p.Frontends().Get(w.ctx, made.ID))(w, "read it")
	equal(w, "what Get returned", want, got.FrontendSpec)
	listed := must(lb.One(w.p.Frontends().List(w.ctx, s.id, lb.ListOptions{})))(w, "list it")
	equal(w, "what List yielded", want, listed.FrontendSpec)
	w.same("the ID in the list", made.ID, listed.ID)
	w.done("delete it", w.p.Frontends().Delete(w.ctx, made.ID))
	_, err := w.p.Frontends().Get(w.ctx, made.ID)
	w.code("read it once it is deleted", err, lb.ErrNotFound)
	w.code("delete it again", w.p.Frontends().Delete(w.ctx, made.ID), lb.ErrNotFound)
}

func crudBackend(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	spec, servers := w.backendSpec("app"), w.hosts("10.0.0.1", "10.0.0.2")
	want, wantServers, err := w.p.Dialect().Backend(spec, servers)
	w.done("the dialect's backend", err)
	made := s.backend("app", servers...)
	check := func(what string, got *lb.Backend) {
		w.Helper()
		equal(w, what, want, got.BackendSpec)
		var have []lb.ServerSpec
		for _, server := range got.Servers {
			have = append(have, server.ServerSpec)
			w.same(what+": the backend of a server", made.ID, server.Backend)
		}
		if !slices.EqualFunc(wantServers, have, lb.Equal[lb.ServerSpec]) {
			w.Errorf("%s: the servers are %s, want %s", what, fingerprint(have), fingerprint(wantServers))
		}
	}
	check("what Create returned", made)
	check("what Get returned", must(w.p.Backends().Get(w.ctx, made.ID))(w, "read it"))
	check("what List yielded", must(lb.One(w.p.Backends().List(w.ctx, s.id, lb.ListOptions{})))(w, "list it"))
	w.done("delete it", w.p.Backends().Delete(w.ctx, made.ID))
	_, err = w.p.Backends().Get(w.ctx, made.ID)
	w.code("read it once it is deleted", err, lb.ErrNotFound)
	w.code("delete it again", w.p.Backends().Delete(w.ctx, made.ID), lb.ErrNotFound)
}

func crudServer(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	app := s.backend("app", w.hosts("10.0.0.1")...)
	added := must(w.p.Servers().Add(w.ctx, app.ID, w.hosts("10.0.0.2", "10.0.0.3")...))(w, "add servers")
	if len(added) != 2 || added[0].Address.String() != "10.0.0.2" || added[1].Address.String() != "10.0.0.3" {
		w.Fatalf("Add returned %s, want the two that were added", fingerprint(added))
	}
	got := must(w.p.Servers().Get(w.ctx, added[0].ID))(w, "read a server")
	equal(w, "what Add returned and what Get does", added[0].ServerSpec, got.ServerSpec)
	w.done("remove a server", w.p.Servers().Remove(w.ctx, added[0].ID))
	if left := s.addresses(app.ID); !slices.Equal(left, []string{"10.0.0.1", "10.0.0.3"}) {
		w.Errorf("left are %v, want 10.0.0.1 and 10.0.0.3", left)
	}
	_, err := w.p.Servers().Get(w.ctx, added[0].ID)
	w.code("read a server that is removed", err, lb.ErrNotFound)
	err = w.p.Servers().Remove(w.ctx, added[0].ID)
	w.code("remove it again", err, lb.ErrNotFound)
	w.about("remove it again", err, added[0].ID)
	_, err = w.p.Servers().Add(w.ctx, app.ID, w.hosts("10.0.0.1")...)
	w.code("add a server that is there", err, lb.ErrExists)
}

func crudCertificate(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	made := s.upload("one")
	if made.Name != "one" || made.LoadBalancer != s.id {
		w.Errorf("Create returned %s", fingerprint(made))
	}
	ready := must(lb.WaitCertificate(w.ctx, w.p, made.ID, w.poll()...))(w, "wait for the certificate")
	if ready.Source != lb.CertificateUploaded || ready.Name != "one" || len(ready.Domains) == 0 && ready.CommonName == "" {
		w.Errorf("it reads as %s", fingerprint(ready))
	}
	w.pass(time.Minute) // a provider may look into it only later
	ready = must(w.p.Certificates().Get(w.ctx, ready.ID))(w, "read it")
	if len(ready.Fingerprint) != 40 || ready.NotAfter.IsZero() {
		w.Errorf("it has fingerprint %q and ends %s; want SHA-1 in lower-case hex, and a time", ready.Fingerprint, ready.NotAfter)
	}
	listed := must(lb.One(w.p.Certificates().List(w.ctx, s.id, lb.ListOptions{})))(w, "list it")
	w.same("the ID in the list", ready.ID, listed.ID)
	if s.supports("certificates.rename") {
		got := must(w.p.Certificates().Rename(w.ctx, ready.ID, renamed))(w, "rename it")
		w.same("the name", renamed, got.Name)
		w.same("the fingerprint of a certificate that is renamed", ready.Fingerprint, got.Fingerprint)
	}
	w.done("delete it", w.p.Certificates().Delete(w.ctx, ready.ID))
	_, err := w.p.Certificates().Get(w.ctx, ready.ID)
	w.code("read it once it is deleted", err, lb.ErrNotFound)
	spec := certificateSpec("leaky")
	spec.PEM += pair(0).key
	w.silent("a private key in PEM", func() {
		_, err := w.p.Certificates().Create(w.ctx, s.id, spec)
		w.code("a private key in PEM", err, lb.ErrInvalid)
	})
}

func crudAddress(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	made := must(w.p.Addresses().Allocate(w.ctx, lb.AddressSpec{}))(w, "allocate an address")
	if !made.Prefix.IsValid() || made.LoadBalancer != "" {
		w.Errorf("what was allocated is %s, want a prefix and no load balancer", fingerprint(made))
	}
	got := must(w.p.Addresses().Get(w.ctx, made.ID))(w, "read it")
	w.same("what Allocate returned and what Get does", made.Prefix, got.Prefix)
	if !s.supports("addresses.release") {
		return
	}
	w.done("release it", w.p.Addresses().Release(w.ctx, made.ID))
	_, err := w.p.Addresses().Get(w.ctx, made.ID)
	w.code("read it once it is released", err, lb.ErrNotFound)
}

func crudAttachment(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	s.address = s.newAddress()
	if !w.supports("addresses.attach") || s.address == "" {
		return
	}
	s.attach()
	got := must(w.p.Addresses().Get(w.ctx, s.address))(w, "read it")
	w.same("the load balancer of an attached address", s.id, got.LoadBalancer)
	held := func() bool {
		w.Helper()
		all := must(lb.Collect(w.p.Addresses().List(w.ctx, lb.AddressListOptions{LoadBalancer: s.id})))(w, "list the load balancer's addresses")
		return slices.ContainsFunc(all, func(a *lb.Address) bool { return a.ID == s.address })
	}
	if !held() {
		w.Error("an attached address is not among those of its load balancer")
	}
	if !w.supports("addresses.detach") {
		return
	}
	s.moved(must(w.p.Addresses().Detach(w.ctx, s.address))(w, "detach it"))
	if got := must(w.p.Addresses().Get(w.ctx, s.address))(w, "read it"); got.LoadBalancer != "" || held() {
		w.Errorf("a detached address is at %q, and listed there: %t", got.LoadBalancer, held())
	}
}

// crudKeepsAddresses: they cost money and may be wanted elsewhere, so nobody loses them unasked.
func crudKeepsAddresses(w *world) {
	id := w.LoadBalancer(w.T)
	held := must(lb.Collect(w.p.Addresses().List(w.ctx, lb.AddressListOptions{LoadBalancer: id})))(w, "list its addresses")
	w.done("delete it", w.p.LoadBalancers().Delete(w.ctx, id, lb.DeleteLoadBalancerOptions{}))
	w.done("wait until it is gone", lb.WaitDeleted(w.ctx, w.p, id, w.poll()...))
	for _, address := range held {
		got := must(w.p.Addresses().Get(w.ctx, address.ID))(w, "read an address of a load balancer that is deleted")
		w.same("the load balancer of an address whose own is deleted", lb.LoadBalancerID(""), got.LoadBalancer)
	}
}

// crudRead: Read holds what the single calls say.
func crudRead(w *world) {
	s := w.newScene()
	tree := s.tree()
	w.same("the load balancer", must(w.p.LoadBalancers().Get(w.ctx, s.id))(w, "read it"), tree.LoadBalancer)
	backends := must(lb.Collect(w.p.Backends().List(w.ctx, s.id, lb.ListOptions{})))(w, "list backends")
	w.same("the backends", byID(backends, func(b *lb.Backend) string { return string(b.ID) }), byID(tree.Backends, func(b *lb.Backend) string { return string(b.ID) }))
	if len(tree.Frontends) != 1 {
		w.Fatalf("it has %d frontends, want 1", len(tree.Frontends))
	}
	w.same("the frontend", must(w.p.Frontends().Get(w.ctx, s.web))(w, "read the frontend"), tree.Frontends[0].Frontend)
	if w.supports("filters.list") {
		w.same("the filters", must(lb.Collect(w.p.Filters().List(w.ctx, s.web, lb.PageOptions{})))(w, "list filters"), tree.Frontends[0].Filters)
	}
	if w.supports("routes.list") {
		w.same("the routes", must(lb.Collect(w.p.Routes().List(w.ctx, s.web, lb.PageOptions{})))(w, "list routes"), tree.Frontends[0].Routes)
	}
	if s.certificate != "" {
		w.same("the certificates", must(lb.Collect(w.p.Certificates().List(w.ctx, s.id, lb.ListOptions{})))(w, "list certificates"), tree.Certificates)
	}
}

// byID sorts a list, whose order providers choose.
func byID[T any](list []T, id func(T) string) map[string]T {
	out := map[string]T{}
	for _, item := range list {
		out[id(item)] = item
	}
	return out
}

// crudNames: a name in the options of a list is exact.
func crudNames(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	for i, name := range []string{"app", "app-2", "App", "app"} {
		b := s.backend(name)
		s.frontend(w.frontendSpec(name, uint16(80+i), b.ID)) //nolint:gosec // four
	}
	for name, want := range map[string]int{"app": 2, "app-2": 1, "ap": 0, "pp": 0, "": 4} {
		if n := countBackends(name)(s); n != want {
			w.Errorf("name %q lists %d backends, want %d", name, n, want)
		}
		if n := countFrontends(name)(s); n != want {
			w.Errorf("name %q lists %d frontends, want %d", name, n, want)
		}
	}
	_, err := lb.One(w.p.Backends().List(w.ctx, s.id, lb.ListOptions{Name: "app"}))
	w.code("the only backend of a name that two have", err, lb.ErrAmbiguous)
	if w.supports("server.name") {
		named := w.hosts("10.0.0.1", "10.0.0.2")
		named[0].Name, named[1].Name = "a", "b"
		app := s.backend("named", named...)
		found := must(lb.One(w.p.Servers().List(w.ctx, app.ID, lb.ListOptions{Name: "b"})))(w, "the server of a name")
		w.same("the server of a name", named[1].Address, found.Address)
	}
}

// crudTags: all tags in the options of a list have to be there.
func crudTags(w *world) {
	id := w.LoadBalancer(w.T)
	must(w.p.LoadBalancers().Update(w.ctx, id, func(spec *lb.LoadBalancerSpec) error {
		spec.Tags = append(spec.Tags, "env=test", "team=web") // as the law of leaves has them
		return nil
	}))(w, "set tags")
	for _, test := range []struct {
		tags []string
		want int
	}{{nil, 1}, {[]string{"team=web"}, 1}, {[]string{"team=web", "env=test"}, 1}, {[]string{"env=test", "team=app"}, 0}} {
		got := must(lb.Collect(w.p.LoadBalancers().List(w.ctx, lb.LoadBalancerListOptions{Tags: test.tags})))(w, "list load balancers of tags")
		if len(got) != test.want {
			w.Errorf("tags %v list %d load balancers, want %d", test.tags, len(got), test.want)
		}
	}
}
