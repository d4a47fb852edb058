package lbtest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func runServers(t *testing.T, s *suite) {
	t.Helper()
	s.test(t, "set, with the fewest calls", fewestCalls)
	s.test(t, "set adds before it removes", addsFirst)
	s.test(t, "an empty set needs AllowEmpty", emptySet)
	s.test(t, "remove leaves one", removeLeavesOne)
	s.test(t, "several backends at once", removesFromSeveral)
	s.test(t, "all or none is refused", refusesAll)
	s.test(t, "the same twice", sameServerTwice)
	s.test(t, "paths of problems", serverPaths)
	t.Run("fields", func(t *testing.T) {
		t.Parallel()
		runServerFields(t, s)
	})
	if !s.perBackend() {
		s.testWith(t, "settings that differ", s.has.mix, "Mix", mixedServers)
	}
}

// fewestCalls: what is there already costs nothing, and each server that is new,
// changed or gone at most one call that changes something.
func fewestCalls(w *world) {
	s := w.newScene()
	for _, step := range []struct {
		what string
		set  []lb.ServerSpec
		most int
	}{
		{"the same", w.hosts("10.0.0.1", "10.0.0.2"), 0},
		{"the same in another order", w.hosts("10.0.0.2", "10.0.0.1"), 0},
		{"one more", w.hosts("10.0.0.1", "10.0.0.2", "10.0.0.3"), 1},
		{"one less", w.hosts("10.0.0.1", "10.0.0.3"), 1},
		{"one for another", w.hosts("10.0.0.1", "10.0.0.4"), 2},
		{"all others", w.hosts("10.0.0.5", "10.0.0.6"), 4},
	} {
		ids := map[string]lb.ServerID{}
		for _, server := range must(lb.Collect(w.p.Servers().List(w.ctx, s.app, lb.ListOptions{})))(w, "list servers") {
			ids[server.Address.String()] = server.ID
		}
		requests := writes(w.sent(func() {
			set := must(w.p.Servers().Set(w.ctx, s.app, step.set, lb.SetOptions{}))(w, "set "+step.what)
			if len(set) != len(step.set) {
				w.Errorf("%s: Set returned %s, want the %d that were set", step.what, fingerprint(set), len(step.set))
			}
		}))
		if len(requests) > step.most {
			w.Errorf("%s: %d calls, want at most %d: %s", step.what, len(requests), step.most, strings.Join(requests, ", "))
		}
		var want []string
		for _, spec := range step.set {
			want = append(want, spec.Address.String())
		}
		slices.Sort(want)
		if got := s.addresses(s.app); !slices.Equal(got, want) {
			w.Errorf("%s: there are %v, want %v", step.what, got, want)
		}
		for _, server := range must(lb.Collect(w.p.Servers().List(w.ctx, s.app, lb.ListOptions{})))(w, "list servers") {
			if before, was := ids[server.Address.String()]; was && before != server.ID {
				w.Errorf("%s: server %s was %s and is %s now", step.what, server.Address, before, server.ID)
			}
		}
	}
}

func addsFirst(w *world) {
	s := w.newScene()
	requests := writes(w.sent(func() {
		must(w.p.Servers().Set(w.ctx, s.app, w.hosts("10.0.0.5", "10.0.0.6"), lb.SetOptions{}))(w, "set")
	}))
	removed := slices.IndexFunc(requests, func(r string) bool { return strings.HasPrefix(r, http.MethodDelete) })
	if removed < 0 {
		return
	}
	if slices.ContainsFunc(requests[removed:], func(r string) bool { return strings.HasPrefix(r, http.MethodPost) }) {
		w.Errorf("a server was removed before all were added: %s", strings.Join(requests, ", "))
	}
}

func emptySet(w *world) {
	s := w.newScene()
	for _, empty := range [][]lb.ServerSpec{nil, {}} {
		w.silent("an empty set", func() {
			_, err := w.p.Servers().Set(w.ctx, s.app, empty, lb.SetOptions{})
			w.code("an empty set", err, lb.ErrInvalid)
		})
	}
	if got := s.addresses(s.app); len(got) != 2 {
		w.Errorf("after an empty set that was refused there are %v", got)
	}
	set := must(w.p.Servers().Set(w.ctx, s.app, nil, lb.SetOptions{AllowEmpty: true}))(w, "an empty set with AllowEmpty")
	if got := s.addresses(s.app); len(got) != 0 || len(set) != 0 {
		w.Errorf("after an empty set there are %v", got)
	}
	w.harmless("an empty set of none", func() {
		must(w.p.Servers().Set(w.ctx, s.app, nil, lb.SetOptions{AllowEmpty: true}))(w, "an empty set of none")
	})
	must(w.p.Servers().Add(w.ctx, s.app, w.hosts("10.0.0.1")...))(w, "add to none")
	w.silent("adding nothing", func() { must(w.p.Servers().Add(w.ctx, s.app))(w, "add nothing") })
	w.silent("removing nothing", func() { w.done("remove nothing", w.p.Servers().Remove(w.ctx)) })
}

func removeLeavesOne(w *world) {
	s := w.newScene()
	w.harmless("removing all servers", func() {
		w.code("removing all servers", w.p.Servers().Remove(w.ctx, s.servers...), lb.ErrInvalid)
	})
	w.done("remove one twice in a call", w.p.Servers().Remove(w.ctx, s.servers[0], s.servers[0]))
	w.harmless("removing the last server", func() {
		w.code("removing the last server", w.p.Servers().Remove(w.ctx, s.servers[1]), lb.ErrInvalid)
	})
	if got := s.addresses(s.app); len(got) != 1 {
		w.Errorf("left are %v, want one", got)
	}
}

func removesFromSeveral(w *world) {
	s := w.newScene()
	more := must(w.p.Servers().Add(w.ctx, s.other, w.hosts("10.0.1.2")...))(w, "add a server")
	w.done("remove from two backends", w.p.Servers().Remove(w.ctx, s.servers[0], more[0].ID))
	if a, b := s.addresses(s.app), s.addresses(s.other); len(a) != 1 || len(b) != 1 {
		w.Errorf("left are %v and %v, want one each", a, b)
	}
}

// refusesAll: one server at fault, and none is added, set or made.
func refusesAll(w *world) {
	s := w.newScene()
	bad := append(w.hosts("10.0.0.7"), lb.ServerSpec{}) // without an address
	before := s.addresses(s.app)
	_, err := w.p.Servers().Add(w.ctx, s.app, bad...)
	w.refusedSpec("add", err)
	_, err = w.p.Servers().Set(w.ctx, s.app, bad, lb.SetOptions{})
	w.refusedSpec("set", err)
	_, err = w.p.Backends().Create(w.ctx, s.id, w.backendSpec("bad"), bad...)
	w.refusedSpec("create", err)
	if got := s.addresses(s.app); !slices.Equal(got, before) || countBackends("bad")(s) != 0 {
		w.Errorf("after refusals there are %v, want %v", got, before)
	}
}

func (w *world) refusedSpec(what string, err error) {
	w.Helper()
	if !errors.Is(err, lb.ErrUnsupported) && !errors.Is(err, lb.ErrInvalid) {
		w.Errorf("%s a server without an address: got error %v, want ErrInvalid or ErrUnsupported", what, err)
	}
}

func sameServerTwice(w *world) {
	s := w.newScene()
	twice := w.hosts("10.0.0.8", "10.0.0.8")
	w.harmless("the same server twice", func() {
		_, err := w.p.Servers().Add(w.ctx, s.app, twice...)
		w.code("add the same server twice", err, lb.ErrInvalid)
		_, err = w.p.Servers().Set(w.ctx, s.app, twice, lb.SetOptions{})
		w.code("set the same server twice", err, lb.ErrInvalid)
		_, err = w.p.Backends().Create(w.ctx, s.id, w.backendSpec("twice"), twice...)
		w.code("create with the same server twice", err, lb.ErrInvalid)
		_, err = w.p.Servers().Add(w.ctx, s.app, w.hosts("10.0.0.1")...)
		w.code("add a server that is there", err, lb.ErrExists)
		w.about("add a server that is there", err, s.servers[0])
	})
}

// about wants an error to be about a server.
func (w *world) about(what string, err error, server lb.ServerID) {
	w.Helper()
	if e, ok := errors.AsType[*lb.Error](err); !ok || e.ID != string(server) {
		w.Errorf("%s: the error does not have the ID %s of the server that it is about: %v", what, server, err)
	}
}

// serverPaths: a problem of one of several servers says which, and a problem of the
// one that is updated does not.
func serverPaths(w *world) {
	s := w.newScene()
	bad := w.hosts("10.0.0.6", "10.0.0.7", "10.0.0.8")
	bad[2].Weight = new(-1)
	at := func(what, path string, err error) {
		w.Helper()
		for _, problem := range problemsOf(err) {
			if no, ok := errors.AsType[*lb.UnsupportedError](problem); ok && no.Path == path {
				return
			}
			e, ok := errors.AsType[*lb.Error](problem)
			if ok && slices.ContainsFunc(e.Fields, func(f lb.FieldError) bool { return f.Path == path }) {
				return
			}
		}
		w.Errorf("%s: got error %v, want a problem at %q", what, err, path)
	}
	_, _, err := w.p.Dialect().Backend(w.backendSpec("bad"), bad)
	at("the dialect", "servers[2].weight", err)
	_, err = w.p.Backends().Create(w.ctx, s.id, w.backendSpec("bad"), bad...)
	at("create", "servers[2].weight", err)
	_, err = w.p.Servers().Add(w.ctx, s.app, bad...)
	at("add", "servers[2].weight", err)
	_, err = w.p.Servers().Set(w.ctx, s.app, bad, lb.SetOptions{})
	at("set", "servers[2].weight", err)
	_, err = w.p.Servers().Update(w.ctx, s.servers[1], func(spec *lb.ServerSpec) error { spec.Weight = new(-1); return nil })
	at("update", "weight", err)
	if w.supports("server.address.update") {
		return
	}
	_, err = w.p.Servers().Update(w.ctx, s.servers[1], func(spec *lb.ServerSpec) error {
		spec.Address = w.hosts("10.0.0.9")[0].Address
		return nil
	})
	at("update", "address", err)
}

// mixedServers: where servers differ in what the contract keeps on the backend, it is
// named, adding is refused, and an update that says a value settles it.
func mixedServers(w *world) {
	s := w.newScene()
	path := w.Mix(w.T, s.app)
	got := must(w.p.Backends().Get(w.ctx, s.app))(w, "read the backend")
	if !slices.Contains(got.Mixed, path) {
		w.Fatalf("its servers differ in %s, and Mixed is %v", path, got.Mixed)
	}
	w.harmless("adding to servers that differ", func() {
		_, err := w.p.Servers().Add(w.ctx, s.app, w.hosts("10.0.0.9")...)
		w.code("adding to servers that differ", err, lb.ErrInvalid)
	})
	w.harmless("an update that does not touch what they differ in", func() {
		must(w.p.Backends().Update(w.ctx, s.app, func(*lb.BackendSpec) error { return nil }))(w, "update")
	})
	must(w.p.Backends().Update(w.ctx, s.app, func(spec *lb.BackendSpec) error {
		spec.Name = renamed
		return nil
	}))(w, "rename a backend whose servers differ")
	if got := must(w.p.Backends().Get(w.ctx, s.app))(w, "read it"); !slices.Contains(got.Mixed, path) {
		w.Errorf("an update of something else has settled %s", path)
	}
	must(w.p.Backends().Update(w.ctx, s.app, func(spec *lb.BackendSpec) error {
		spec.ProxyProtocol = lb.ProxyProtocolV1
		return nil
	}))(w, "settle it")
	got = must(w.p.Backends().Get(w.ctx, s.app))(w, "read it")
	if len(got.Mixed) > 0 || path == "proxyProtocol" && got.ProxyProtocol != lb.ProxyProtocolV1 {
		w.Errorf("after an update that settles it, Mixed is %v and PROXY protocol %q", got.Mixed, got.ProxyProtocol)
	}
	must(w.p.Servers().Add(w.ctx, s.app, w.hosts("10.0.0.9")...))(w, "add a server once it is settled")
}
