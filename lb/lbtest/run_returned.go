package lbtest

import (
	"reflect"

	"github.com/lbkit/lbkit/lb"
)

// crudReturned: what a write returns is what a read says then.
func crudReturned(w *world) {
	s := w.newScene()
	backend := must(w.p.Backends().Update(w.ctx, s.app, func(spec *lb.BackendSpec) error { w.alterBackend(spec); return nil }))(w, "update a backend")
	returned(w, "Backends.Update", must(w.p.Backends().Get(w.ctx, s.app))(w, "read it"), backend)
	frontend := must(w.p.Frontends().Update(w.ctx, s.web, func(spec *lb.FrontendSpec) error { w.alterFrontend(spec); return nil }))(w, "update a frontend")
	returned(w, "Frontends.Update", must(w.p.Frontends().Get(w.ctx, s.web))(w, "read it"), frontend)
	servers := must(w.p.Servers().Add(w.ctx, s.other, w.hosts("10.0.1.2")...))(w, "add a server")
	servers = append(servers, must(w.p.Servers().Set(w.ctx, s.app, w.hosts("10.0.0.1", "10.0.0.5"), lb.SetOptions{}))(w, "set servers")...)
	if w.supports("servers.update", "server.disabled.update") {
		disabled := must(w.p.Servers().Update(w.ctx, s.servers[0], func(spec *lb.ServerSpec) error { spec.Disabled = true; return nil }))(w, "disable a server")
		returned(w, "Servers.Update", must(w.p.Servers().Get(w.ctx, s.servers[0]))(w, "read it"), disabled)
	}
	for _, server := range servers {
		if server.Address.String() != "10.0.0.1" { // which has been disabled since
			returned(w, "Add or Set", must(w.p.Servers().Get(w.ctx, server.ID))(w, "read a server"), server)
		}
	}
	if w.supports("filters.set", "filters.list") {
		filters := must(w.p.Filters().Set(w.ctx, s.web, []lb.FilterSpec{w.denyPath("first", "/a"), w.denyPath("second", "/b")}, lb.SetOptions{}))(w, "set filters")
		w.same("what Filters.Set returned", must(lb.Collect(w.p.Filters().List(w.ctx, s.web, lb.PageOptions{})))(w, "list filters"), filters)
	}
	if w.supports("routes.set", "routes.list") {
		routes := must(w.p.Routes().Set(w.ctx, s.web, []lb.RouteSpec{w.routeTo(s.other, "/x"), w.routeTo(s.spare, "/y")}, lb.SetOptions{}))(w, "set routes")
		w.same("what Routes.Set returned", must(lb.Collect(w.p.Routes().List(w.ctx, s.web, lb.PageOptions{})))(w, "list routes"), routes)
	}
	if w.supports("loadbalancers.update") {
		balancer := must(w.p.LoadBalancers().Update(w.ctx, s.id, func(spec *lb.LoadBalancerSpec) error { w.alterLoadBalancer(spec); return nil }))(w, "update a load balancer")
		if read := must(w.p.LoadBalancers().Get(w.ctx, s.id))(w, "read it"); balancer == nil || balancer.ID != s.id || !lb.Equal(read.LoadBalancerSpec, balancer.LoadBalancerSpec) {
			w.Errorf("LoadBalancers.Update returned %s, want %s", fingerprint(balancer), fingerprint(read))
		}
	}
}

// returned wants what a call returned to be what is read, but for the time at which that was.
func returned[M any](w *world, what string, read, got *M) {
	w.Helper()
	if updated := reflect.ValueOf(read).Elem().FieldByName("Updated"); got != nil && updated.IsValid() {
		reflect.ValueOf(got).Elem().FieldByName("Updated").Set(updated)
	}
	w.same("what "+what+" returned", read, got)
}
