package lbtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// runFields sets, changes and clears each leaf of the specs that can be updated, of what
// is there.
func runFields(t *testing.T, s *suite) {
	t.Helper()
	for _, l := range leaves() {
		update, ok := map[lb.Kind]lb.Feature{
			lb.KindLoadBalancer: "loadbalancers.update", lb.KindFrontend: "frontends.update", lb.KindBackend: "backends.update",
			lb.KindServer: "servers.update", lb.KindFilter: "filters.set", lb.KindRoute: "routes.set",
		}[l.kind()]
		if !ok || !s.supports(update) {
			continue
		}
		s.test(t, string(l.path), func(w *world) {
			p := profileOf(w.p, w.Own)
			if l.size(p) == 0 {
				w.Skipf("Harness.Own has no value of %s", l.path)
			}
			f := &fieldTest{scene: &scene{world: w}, leaf: l, profile: p}
			f.run()
		})
	}
}

// fieldTest is one leaf of an object that is there.
type fieldTest struct {
	*scene

	leaf    leaf
	profile profile
	ids     map[string]string // by the name that examples have for it: "backend one"
	want    example           // what the last write asked for
}

func (f *fieldTest) run() {
	f.Helper()
	x := newExample(f.profile)
	f.leaf.ready(f.profile, &x)
	value := 0
	if _, err := f.canonical(x); err != nil { // it cannot be left out
		f.leaf.set(f.profile, &x, value)
		value++
	}
	if _, err := f.canonical(x); err != nil {
		f.refuse("set", err, x)
		return
	}
	f.build(x)
	updates := f.supports(f.leaf.path) && f.changes()
	for ; value < min(2, f.leaf.size(f.profile)); value++ {
		what := fmt.Sprintf("set to value %d", value)
		f.try(what, updates, func(x *example) {
			f.leaf.set(f.profile, x, value)
			if updates && f.leaf.path == "frontend.protocol" {
				x.Frontend.DefaultBackend = "" // it speaks the other one
			}
		})
	}
	if updates {
		f.try("cleared", true, func(x *example) { f.leaf.clear(f.profile, x) })
	}
}

// refuse: a leaf that the provider lacks cannot be in an example, so what is there is one
// without, whose update is refused.
func (f *fieldTest) refuse(what string, err error, x example) {
	f.Helper()
	if f.supports(f.leaf.path) {
		f.Fatalf("%s is declared, and no example with it is accepted: %v\n%s", f.leaf.path, err, fingerprint(x))
	}
	if !errors.Is(err, lb.ErrUnsupported) && !errors.Is(err, lb.ErrInvalid) {
		f.Errorf("%s: got error %v, want ErrUnsupported or ErrInvalid", what, err)
	}
}

// build makes what the example is of, and what it refers to.
func (f *fieldTest) build(x example) {
	f.Helper()
	f.id = f.LoadBalancer(f.T)
	f.ids = map[string]string{}
	for _, name := range []string{"one", "two"} {
		spec := newExample(f.profile).Backend
		spec.Name, spec.Protocol = name, x.Frontend.Protocol
		if _, _, err := f.p.Dialect().Backend(spec, nil); err != nil {
			spec.HealthCheck = nil
		}
		f.ids["backend "+name] = string(must(f.p.Backends().Create(f.ctx, f.id, spec))(f.world, "create backend "+name).ID)
	}
	if f.leaf.kind() == lb.KindFrontend && f.supports("certificates.create") {
		for i, name := range []string{"one", "two"} {
			spec := lb.CertificateSpec{Name: name, PEM: pair(i).certificate, Key: lb.NewSecret(pair(i).key)}
			f.ids["certificate "+name] = string(must(f.p.Certificates().Create(f.ctx, f.id, spec))(f.world, "upload certificate "+name).ID)
		}
	}
	f.resolve(&x)
	switch f.leaf.kind() {
	case lb.KindFrontend, lb.KindFilter, lb.KindRoute:
		f.web = f.frontend(x.Frontend).ID
	case lb.KindBackend, lb.KindServer:
		made := must(f.p.Backends().Create(f.ctx, f.id, x.Backend, x.Servers...))(f.world, "create the backend")
		f.app = made.ID
		for _, server := range made.Servers {
			if server.Address == x.Servers[0].Address {
				f.servers = []lb.ServerID{server.ID}
			}
		}
	default:
	}
	f.want = x
	if f.leaf.kind() == lb.KindFilter || f.leaf.kind() == lb.KindRoute {
		f.try("as an example has it", true, func(*example) {})
	}
}

// resolve puts IDs in the place of names.
func (f *fieldTest) resolve(x *example) {
	backend := func(id *lb.BackendID) {
		if known, ok := f.ids["backend "+string(*id)]; ok {
			*id = lb.BackendID(known)
		}
	}
	backend(&x.Frontend.DefaultBackend)
	for i := range x.Routes {
		backend(&x.Routes[i].Backend)
	}
	for i, id := range x.Frontend.Certificates {
		if known, ok := f.ids["certificate "+string(id)]; ok {
			x.Frontend.Certificates[i] = lb.CertificateID(known)
		}
	}
}

// try changes what is there and wants it to read back as the dialect says, or to be
// refused by the leaf's name, and nothing to be written.
func (f *fieldTest) try(what string, allowed bool, change func(*example)) {
	f.Helper()
	what = string(f.leaf.path) + " " + what
	var err error
	requests := f.sent(func() { err = f.write(change) })
	want, refused := f.canonical(f.want)
	switch {
	case refused != nil && err == nil:
		f.Fatalf("%s: done, although the dialect refuses it: %v", what, refused)
	case err != nil && refused == nil && allowed && !f.partly(err):
		f.Fatalf("%s: %v", what, err)
	case err == nil && !allowed && len(writes(requests)) > 0:
		f.Fatalf("%s: written, although %s.update is not declared", what, f.leaf.path)
	case err == nil:
		f.reads(what, want)
	default:
		if n := writes(requests); len(n) > 0 {
			f.Errorf("%s: refused, and written to by %v", what, n)
		}
		if no, ok := errors.AsType[*lb.UnsupportedError](err); refused == nil && !f.partly(err) && (!ok || !ancestor(no.Feature, f.leaf.path+".update")) {
			f.Errorf("%s: got error %v, want %s.update to be unsupported", what, err, f.leaf.path)
		}
	}
}

// changes reports whether the leaf can be changed in place. What is inside a list goes
// with the list, which is written as a whole.
func (f *fieldTest) changes() bool {
	list := f.leaf.path
	for _, of := range []lb.Feature{"filter.match", "route.match", "frontend.setHeaders"} {
		if strings.HasPrefix(string(list), string(of)+".") {
			list = of
		}
	}
	return f.supports(list + ".update")
}

// partly reports whether a part of the leaf, such as one setting of an extension, is what
// cannot be changed.
func (f *fieldTest) partly(err error) bool {
	no, ok := errors.AsType[*lb.UnsupportedError](err)
	return ok && f.fixed(err) && strings.HasPrefix(string(no.Feature), string(f.leaf.path)+".") && no.Feature != f.leaf.path+".update"
}

// ancestor reports whether feature is of, or is a part of the path of, another.
func ancestor(feature, of lb.Feature) bool {
	return feature == of || strings.HasPrefix(string(of), string(feature)+".")
}

// write changes what is there.
func (f *fieldTest) write(change func(*example)) error {
	f.Helper()
	edit := func(fill, drain func(*example)) error {
		x := f.want.clone()
		fill(&x)
		change(&x)
		f.resolve(&x)
		f.want = x
		drain(&x)
		return nil
	}
	var err error
	switch f.leaf.kind() {
	case lb.KindLoadBalancer:
		_, err = f.p.LoadBalancers().Update(f.ctx, f.id, func(s *lb.LoadBalancerSpec) error {
			return edit(func(x *example) { x.LoadBalancer = *s }, func(x *example) { *s = lb.Clone(x.LoadBalancer) })
		})
	case lb.KindFrontend:
		_, err = f.p.Frontends().Update(f.ctx, f.web, func(s *lb.FrontendSpec) error {
			return edit(func(x *example) { x.Frontend = *s }, func(x *example) { *s = lb.Clone(x.Frontend) })
		})
	case lb.KindBackend:
		_, err = f.p.Backends().Update(f.ctx, f.app, func(s *lb.BackendSpec) error {
			return edit(func(x *example) { x.Backend = *s }, func(x *example) { *s = lb.Clone(x.Backend) })
		})
	case lb.KindServer:
		_, err = f.p.Servers().Update(f.ctx, f.servers[0], func(s *lb.ServerSpec) error {
			return edit(func(x *example) { x.Servers[0] = *s }, func(x *example) { *s = lb.Clone(x.Servers[0]) })
		})
	case lb.KindFilter:
		err = edit(func(*example) {}, func(*example) {})
		if err == nil {
			_, err = f.p.Filters().Set(f.ctx, f.web, f.want.clone().Filters, lb.SetOptions{AllowEmpty: true})
		}
	case lb.KindRoute:
		err = edit(func(*example) {}, func(*example) {})
		if err == nil {
			_, err = f.p.Routes().Set(f.ctx, f.web, f.want.clone().Routes, lb.SetOptions{AllowEmpty: true})
		}
	default:
	}
	return err
}

// canonical is what the dialect makes of the part of x that the leaf is in.
func (f *fieldTest) canonical(x example) (example, error) {
	d, out := f.p.Dialect(), x.clone()
	var err error
	switch f.leaf.kind() {
	case lb.KindLoadBalancer:
		out.LoadBalancer, err = d.LoadBalancer(x.LoadBalancer)
	case lb.KindFrontend:
		out.Frontend, err = d.Frontend(x.Frontend)
	case lb.KindBackend, lb.KindServer:
		out.Backend, out.Servers, err = d.Backend(x.Backend, x.Servers)
	case lb.KindFilter:
		out.Filters, err = d.Filters(x.Frontend, x.Filters)
	case lb.KindRoute:
		out.Routes, err = d.Routes(x.Frontend, x.Routes)
	default:
	}
	return out, err
}

// reads wants what is there to be as the canonical example.
func (f *fieldTest) reads(what string, want example) {
	f.Helper()
	w := f.world
	switch f.leaf.kind() {
	case lb.KindLoadBalancer: // another plan takes its time
		equal(w, what, want.LoadBalancer, must(lb.WaitReady(f.ctx, f.p, f.id, f.poll()...))(w, "wait until it is ready").LoadBalancerSpec)
	case lb.KindFrontend:
		equal(w, what, want.Frontend, must(f.p.Frontends().Get(f.ctx, f.web))(w, "read it").FrontendSpec)
	case lb.KindBackend:
		equal(w, what, want.Backend, must(f.p.Backends().Get(f.ctx, f.app))(w, "read it").BackendSpec)
	case lb.KindServer:
		must(f.p.Servers().Get(f.ctx, f.servers[0]))(w, "read it")
		f.hasServers(what, f.app, want.Servers) // the other one is as it was
	case lb.KindFilter:
		if got := f.filters(); !slices.EqualFunc(want.Filters, got, lb.Equal[lb.FilterSpec]) {
			f.Errorf("%s: the filters are %s, want %s", what, fingerprint(got), fingerprint(want.Filters))
		}
	case lb.KindRoute:
		if got := f.routes(); !slices.EqualFunc(want.Routes, got, lb.Equal[lb.RouteSpec]) {
			f.Errorf("%s: the routes are %s, want %s", what, fingerprint(got), fingerprint(want.Routes))
		}
	default:
	}
}
