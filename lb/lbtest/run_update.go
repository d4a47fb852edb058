package lbtest

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// updating is Update of one kind, and Get of what it is about, on a scene.
type updating[S lb.Spec] struct {
	op     lb.Feature
	kind   lb.Kind
	get    func(s *scene) S
	update func(s *scene, change func(*S) error) error
	alter  func(w *world, spec *S) // a change that every provider has, if there is one
}

var errStop = errors.New("the closure stops")

func runUpdate(t *testing.T, s *suite) {
	t.Helper()
	runUpdating(t, s, updating[lb.LoadBalancerSpec]{
		"loadbalancers.update", lb.KindLoadBalancer,
		func(s *scene) lb.LoadBalancerSpec {
			return must(s.p.LoadBalancers().Get(s.ctx, s.id))(s.world, "read the load balancer").LoadBalancerSpec
		},
		func(s *scene, change func(*lb.LoadBalancerSpec) error) error {
			return alone(s.p.LoadBalancers().Update(s.ctx, s.id, change))(s.world, "update")
		},
		(*world).alterLoadBalancer,
	})
	runUpdating(t, s, updating[lb.FrontendSpec]{
		"frontends.update", lb.KindFrontend,
		func(s *scene) lb.FrontendSpec {
			return must(s.p.Frontends().Get(s.ctx, s.web))(s.world, "read the frontend").FrontendSpec
		},
		func(s *scene, change func(*lb.FrontendSpec) error) error {
			return alone(s.p.Frontends().Update(s.ctx, s.web, change))(s.world, "update")
		},
		func(_ *world, spec *lb.FrontendSpec) { spec.Name = renamed },
	})
	runUpdating(t, s, updating[lb.BackendSpec]{
		"backends.update", lb.KindBackend,
		func(s *scene) lb.BackendSpec {
			return must(s.p.Backends().Get(s.ctx, s.app))(s.world, "read the backend").BackendSpec
		},
		func(s *scene, change func(*lb.BackendSpec) error) error {
			return alone(s.p.Backends().Update(s.ctx, s.app, change))(s.world, "update")
		},
		func(_ *world, spec *lb.BackendSpec) { spec.Name = renamed },
	})
	runUpdating(t, s, updating[lb.ServerSpec]{
		"servers.update", lb.KindServer,
		func(s *scene) lb.ServerSpec {
			return must(s.p.Servers().Get(s.ctx, s.servers[0]))(s.world, "read a server").ServerSpec
		},
		func(s *scene, change func(*lb.ServerSpec) error) error {
			return alone(s.p.Servers().Update(s.ctx, s.servers[0], change))(s.world, "update")
		},
		func(w *world, spec *lb.ServerSpec) { spec.Disabled = w.supports("server.disabled.update") },
	})
	t.Run("fields", func(t *testing.T) {
		t.Parallel()
		runFields(t, s)
	})
	s.test(t, "what a caller gave is not kept", ownsCreated)
}

func runUpdating[S lb.Spec](t *testing.T, s *suite, u updating[S]) {
	t.Helper()
	if !s.supports(u.op) {
		return
	}
	t.Run(string(u.op), func(t *testing.T) {
		t.Parallel()
		s.test(t, "what is unchanged sends nothing", func(w *world) {
			scene := w.newScene()
			before := u.get(scene)
			for what, change := range map[string]func(*S) error{
				"a closure that does nothing": func(*S) error { return nil },
				"writing back what was read":  func(spec *S) error { *spec = lb.Clone(before); return nil },
			} {
				w.harmless(what, func() { w.done(what, u.update(scene, change)) })
				equal(w, what, before, u.get(scene))
			}
			if w.supports("loadbalancers.pending") {
				w.same("pending after nothing was changed", 0, len(must(w.p.LoadBalancers().Pending(w.ctx, scene.id))(w, "pending")))
			}
		})
		s.test(t, "an error of the closure ends it", func(w *world) {
			scene := w.newScene()
			before := u.get(scene)
			w.harmless("a closure that fails", func() {
				err := u.update(scene, func(spec *S) error {
					scramble(reflect.ValueOf(spec).Elem())
					return errStop
				})
				w.code("a closure that fails", err, errStop)
			})
			equal(w, "after a closure that failed", before, u.get(scene))
			theirs := &lb.Error{Code: lb.ErrQuota, Provider: "theirs", Op: "theirs"}
			if err := u.update(scene, func(*S) error { return theirs }); !errors.Is(err, theirs) || theirs.Op != "theirs" {
				w.Errorf("the closure's own error came back as %v, want it as it is", err)
			}
		})
		s.test(t, "the others stay as they are", func(w *world) {
			scene := w.newScene()
			scene.frontend(w.frontendSpec("second", 81, scene.app))
			before := scene.specs()
			w.done("update", u.update(scene, func(spec *S) error { u.alter(w, spec); return nil }))
			after := scene.specs()
			mine := scene.ids()[u.kind]
			delete(before, mine)
			delete(after, mine)
			w.same("what was not updated", before, after)
		})
		s.test(t, "the closure sees what is there", func(w *world) {
			scene := w.newScene()
			before := u.get(scene)
			w.done("update", u.update(scene, func(spec *S) error {
				equal(w, "what the closure gets", before, *spec)
				return nil
			}))
		})
		s.test(t, "the closure's copy is its own", func(w *world) {
			scene := w.newScene()
			rich(scene)
			before := u.get(scene)
			kept := u.get(scene) // as another caller holds it
			var escaped *S
			w.code("a closure that fails", u.update(scene, func(spec *S) error {
				escaped = spec
				scramble(reflect.ValueOf(spec).Elem())
				return errStop
			}), errStop)
			equal(w, "what somebody else had read", before, kept)
			equal(w, "what is there", before, u.get(scene))
			w.done("update", u.update(scene, func(spec *S) error {
				escaped = spec
				u.alter(w, spec)
				return nil
			}))
			before = u.get(scene)
			want := lb.Clone(before)
			scramble(reflect.ValueOf(escaped).Elem())
			var none S
			*escaped = none
			equal(w, "after the closure's copy was written to later", want, u.get(scene))
			scramble(reflect.ValueOf(&before).Elem())
			equal(w, "after what was read was written to", want, u.get(scene))
		})
	})
}

// rich fills what pointers and slices the provider has: see scramble.
func rich(s *scene) {
	s.Helper()
	if s.supports("backends.update", "backend.healthCheck.http.status", "backend.healthCheck.http.path") {
		must(s.p.Backends().Update(s.ctx, s.app, func(spec *lb.BackendSpec) error {
			spec.HealthCheck = &lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Path: "/health", Status: []int{204}}}
			return nil
		}))(s.world, "check by HTTP")
	}
	if s.supports("frontend.setHeaders.update") {
		must(s.p.Frontends().Update(s.ctx, s.web, func(spec *lb.FrontendSpec) error {
			spec.SetHeaders = []lb.Header{{Name: "X-A", Value: "a"}, {Name: "X-B", Value: "b"}}
			return nil
		}))(s.world, "set headers")
	}
	if s.supports("loadbalancer.tags.update") {
		must(s.p.LoadBalancers().Update(s.ctx, s.id, func(spec *lb.LoadBalancerSpec) error {
			spec.Tags = []string{"a", "b"}
			return nil
		}))(s.world, "set tags")
	}
}

// scramble writes zeros through every pointer and into every slice of a spec, in place.
func scramble(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		scramble(v.Elem())
		v.Elem().SetZero()
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			scramble(v.Index(i))
			v.Index(i).SetZero()
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				scramble(v.Field(i))
			}
		}
	}
}

// ownsCreated: what was given to Create and Set, and what they returned, can be written
// to.
func ownsCreated(w *world) {
	s := &scene{world: w, id: w.LoadBalancer(w.T)}
	spec := w.backendSpec("app")
	servers := w.hosts("10.0.0.1")
	app := must(w.p.Backends().Create(w.ctx, s.id, spec, servers...))(w, "create a backend")
	before := must(w.p.Backends().Get(w.ctx, app.ID))(w, "read it")
	kept := fingerprint(before)
	scramble(reflect.ValueOf(&spec).Elem())
	scramble(reflect.ValueOf(&servers).Elem())
	scramble(reflect.ValueOf(&app.BackendSpec).Elem())
	app.Servers[0].Address = w.hosts("10.6.6.6")[0].Address
	w.same("a backend whose specs were written to later", kept, fingerprint(must(w.p.Backends().Get(w.ctx, app.ID))(w, "read it")))
	web := w.frontendSpec("web", 80, app.ID)
	made := s.frontend(web)
	s.web = made.ID
	front := fingerprint(must(w.p.Frontends().Get(w.ctx, made.ID))(w, "read it"))
	scramble(reflect.ValueOf(&web).Elem())
	scramble(reflect.ValueOf(&made.FrontendSpec).Elem())
	w.same("a frontend whose spec was written to later", front, fingerprint(must(w.p.Frontends().Get(w.ctx, s.web))(w, "read it")))
	if !w.supports("filters.set") {
		return
	}
	filters := []lb.FilterSpec{w.denySource("203.0.113.0/24"), w.denyPath("first", "/a")}
	set := must(w.p.Filters().Set(w.ctx, s.web, filters, lb.SetOptions{}))(w, "set filters")
	want := s.filters()
	scramble(reflect.ValueOf(&filters).Elem())
	for _, filter := range set {
		scramble(reflect.ValueOf(&filter.FilterSpec).Elem())
	}
	if got := s.filters(); !slices.EqualFunc(want, got, lb.Equal[lb.FilterSpec]) {
		w.Errorf("filters whose specs were written to later are %s, want %s", fingerprint(got), fingerprint(want))
	}
}
