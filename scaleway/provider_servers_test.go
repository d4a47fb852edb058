package scaleway_test

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// uuid is an ID without its zone.
func uuid[ID ~string](id ID) string { return strings.TrimPrefix(string(id), string(zone)+"/") }

func serverID(backend lb.BackendID, address string) lb.ServerID {
	return scaleway.FormatServerID(zone, uuid(backend), netip.MustParseAddr(address))
}

func (w *world) servers(backend lb.BackendID) []string {
	w.t.Helper()
	var got []string
	for s, err := range w.Servers().List(w.t.Context(), backend, lb.ListOptions{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		got = append(got, s.Address.String())
	}
	return got
}

func TestServersAdd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	backend := w.backend(w.loadBalancer(), "10.0.0.4").ID
	var added []*lb.Server
	requests := w.sent(func() { added = must(w.Servers().Add(t.Context(), backend, at("10.0.0.9", "10.0.0.5")...))(t) })
	same(t, "requests", []string{"GET " + path("backends", backend), "POST " + path("backends", backend) + "/servers"}, requests)
	if len(added) != 2 || added[0].ID != serverID(backend, "10.0.0.5") || added[1].ID != serverID(backend, "10.0.0.9") {
		t.Errorf("added %+v", added)
	}
	same(t, "all", []string{"10.0.0.4", "10.0.0.5", "10.0.0.9"}, w.servers(backend))
	requests = w.writes(func() {
		_, err := w.Servers().Add(t.Context(), backend, at("10.0.0.6", "10.0.0.9")...)
		if e := coded(t, "one that is there", err, lb.ErrExists); e.ID != string(serverID(backend, "10.0.0.9")) || e.Kind != lb.KindServer {
			t.Errorf("blames %s %s", e.Kind, e.ID)
		}
		_, err = w.Servers().Add(t.Context(), backend, at("10.0.0.6", "10.0.0.6")...)
		isCode(t, "one twice", err, lb.ErrInvalid)
		_, err = w.Servers().Add(t.Context(), backend, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.6"), Port: 8081})
		checkUnsupported(t, "another port", err, "server.port", "servers[0].port")
		must(w.Servers().Add(t.Context(), backend))(t)
	})
	same(t, "refused", []string(nil), requests)
	must(w.Servers().Add(t.Context(), backend, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.6"), Port: 8080}))(t)
}

func TestServersGetAndList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	backend := w.backend(w.loadBalancer(), "2001:db8::1", "10.0.0.10", "10.0.0.9").ID
	got := must(w.Servers().Get(t.Context(), serverID(backend, "2001:db8::1")))(t)
	if got.ID != serverID(backend, "2001:db8::1") || got.Backend != backend || got.Port != 0 {
		t.Errorf("got %+v", got)
	}
	_, err := w.Servers().Get(t.Context(), serverID(backend, "10.0.0.99"))
	isCode(t, "not in the pool", err, lb.ErrNotFound)
	same(t, "sorted by address", []string{"10.0.0.9", "10.0.0.10", "2001:db8::1"}, w.servers(backend))
	named := must(lb.Collect(w.Servers().List(t.Context(), backend, lb.ListOptions{Name: "a"})))(t)
	if len(named) > 0 {
		t.Errorf("%d servers have a name", len(named))
	}
}

func TestServersRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	first, second := w.backend(id, "10.0.0.4", "10.0.0.5", "10.0.0.6").ID, w.backend(id, "10.0.0.4", "10.0.0.5").ID
	requests := w.writes(func() {
		err := w.Servers().Remove(t.Context(), serverID(first, "10.0.0.4"), serverID(second, "10.0.0.5"), serverID(first, "10.0.0.6"), serverID(first, "10.0.0.4"))
		if err != nil {
			t.Fatal(err)
		}
	})
	same(t, "writes", []string{"DELETE " + path("backends", first) + "/servers", "DELETE " + path("backends", second) + "/servers"}, requests)
	same(t, "first", []string{"10.0.0.5"}, w.servers(first))
	same(t, "second", []string{"10.0.0.4"}, w.servers(second))
	requests = w.writes(func() {
		isCode(t, "the last", w.Servers().Remove(t.Context(), serverID(first, "10.0.0.5")), lb.ErrInvalid)
		isCode(t, "one that is gone", w.Servers().Remove(t.Context(), serverID(first, "10.0.0.4")), lb.ErrNotFound)
		if err := w.Servers().Remove(t.Context()); err != nil {
			t.Errorf("nothing: %v", err)
		}
	})
	same(t, "refused", []string(nil), requests)
}

// Servers of several backends are looked for before the first is removed; where a later
// call fails, the error names those that are gone.
func TestServersRemoveFromSeveralBackends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	first, second, last := w.backend(id, "10.0.0.4", "10.0.0.5").ID, w.backend(id, "10.0.0.4", "10.0.0.5").ID, w.backend(id, "10.0.0.4").ID
	requests := w.writes(func() {
		isCode(t, "one that is gone", w.Servers().Remove(t.Context(), serverID(first, "10.0.0.4"), serverID(second, "10.0.0.9")), lb.ErrNotFound)
		isCode(t, "the last", w.Servers().Remove(t.Context(), serverID(first, "10.0.0.4"), serverID(last, "10.0.0.4")), lb.ErrInvalid)
	})
	same(t, "writes", []string(nil), requests)
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodDelete }).Skip(1).Times(1).Status(http.StatusForbidden, "")
	err := w.Servers().Remove(t.Context(), serverID(first, "10.0.0.4"), serverID(second, "10.0.0.5"), serverID(first, "10.0.0.4"))
	e := coded(t, "the second is refused", err, lb.ErrForbidden)
	same(t, "what is gone", []lb.FieldError{{Path: string(serverID(first, "10.0.0.4")), Reason: "is a server that has been removed"}}, e.Fields)
	same(t, "first", []string{"10.0.0.5"}, w.servers(first))
	same(t, "second", []string{"10.0.0.4", "10.0.0.5"}, w.servers(second))
}

// Two who remove from the same backends, in either order, do not wait for each other for ever.
func TestServersRemoveAtTheSameTime(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		first, second := w.backend(id, "10.0.0.4", "10.0.0.5", "10.0.0.6").ID, w.backend(id, "10.0.0.4", "10.0.0.5", "10.0.0.6").ID
		w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodGet }).Delay(time.Second)
		var group sync.WaitGroup
		for _, ids := range [][]lb.ServerID{
			{serverID(first, "10.0.0.4"), serverID(second, "10.0.0.4")},
			{serverID(second, "10.0.0.5"), serverID(first, "10.0.0.5")},
		} {
			group.Go(func() {
				if err := w.Servers().Remove(t.Context(), ids...); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		same(t, "what is left", [][]string{{"10.0.0.6"}, {"10.0.0.6"}}, [][]string{w.servers(first), w.servers(second)})
	})
}

func TestServersSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	backend := w.backend(w.loadBalancer(), "10.0.0.4", "10.0.0.5").ID
	put := []string{"PUT " + path("backends", backend) + "/servers"}
	for _, test := range []struct {
		name string
		set  []string
		opts lb.SetOptions
		want []string
	}{
		{"others", []string{"10.0.0.9", "10.0.0.5"}, lb.SetOptions{}, put},
		{"the same in another order", []string{"10.0.0.5", "10.0.0.9"}, lb.SetOptions{}, nil},
		{"nothing, meant", nil, lb.SetOptions{AllowEmpty: true}, put},
		{"nothing again", nil, lb.SetOptions{AllowEmpty: true}, nil},
		{"some again", []string{"10.0.0.4"}, lb.SetOptions{}, put},
	} {
		requests := w.writes(func() {
			got := must(w.Servers().Set(t.Context(), backend, at(test.set...), test.opts))(t)
			if len(got) != len(test.set) {
				t.Errorf("%s: returned %d servers", test.name, len(got))
			}
		})
		same(t, test.name, test.want, requests)
		if got := w.servers(backend); len(got) != len(test.set) {
			t.Errorf("%s: servers are %v", test.name, got)
		}
	}
	requests := w.sent(func() {
		_, err := w.Servers().Set(t.Context(), backend, nil, lb.SetOptions{})
		isCode(t, "nothing", err, lb.ErrInvalid)
	})
	same(t, "nothing that is not meant", []string(nil), requests)
	_, err := w.Servers().Set(t.Context(), backend, at("10.0.0.4", "::ffff:10.0.0.4"), lb.SetOptions{})
	isCode(t, "one twice", err, lb.ErrInvalid)
}

func TestServersUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	backend := w.backend(w.loadBalancer(), "10.0.0.4").ID
	id := serverID(backend, "10.0.0.4")
	stop := errors.New("stop")
	requests := w.writes(func() {
		one := 1
		got := must(w.Servers().Update(t.Context(), id, func(s *lb.ServerSpec) error { s.Port, s.Weight = 8080, &one; return nil }))(t)
		if got.ID != id || got.Port != 0 || got.Weight != nil {
			t.Errorf("got %+v", got)
		}
		_, err := w.Servers().Update(t.Context(), id, func(s *lb.ServerSpec) error { s.Address = netip.MustParseAddr("10.0.0.5"); return nil })
		checkUnsupported(t, "address", err, "server.address.update", "address")
		_, err = w.Servers().Update(t.Context(), id, func(s *lb.ServerSpec) error { s.Disabled = true; return nil })
		checkUnsupported(t, "disabled", err, "server.disabled", "disabled")
		if _, err = w.Servers().Update(t.Context(), id, func(*lb.ServerSpec) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
		_, err = w.Servers().Update(t.Context(), serverID(backend, "10.0.0.5"), func(*lb.ServerSpec) error { return nil })
		isCode(t, "not in the pool", err, lb.ErrNotFound)
	})
	same(t, "writes", []string(nil), requests)
}

// The API says 404 for an address that is not Scaleway's, too.
func TestServersNotFoundIsToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithForeignServers(netip.MustParsePrefix("192.0.2.0/24")))
	backend := w.backend(w.loadBalancer(), "10.0.0.4").ID
	for name, write := range map[string]func() error{
		"add": func() error {
			_, err := w.Servers().Add(t.Context(), backend, at("192.0.2.1", "192.0.2.2")...)
			return err
		},
		"set": func() error {
			_, err := w.Servers().Set(t.Context(), backend, at("192.0.2.1", "192.0.2.2"), lb.SetOptions{})
			return err
		},
	} {
		e := coded(t, name, write(), lb.ErrInvalid)
		if errors.Is(e, lb.ErrNotFound) || len(e.Fields) != 2 || !strings.Contains(e.Fields[0].Reason, "192.0.2.1") {
			t.Errorf("%s: got %+v", name, e)
		}
	}
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPut }).Times(1).Status(404, `{"message":"backend not Found"}`)
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodGet }).Skip(1).Times(1).Status(404, `{"message":"backend not Found"}`)
	_, err := w.Servers().Set(t.Context(), backend, at("10.0.0.5"), lb.SetOptions{})
	isCode(t, "the backend is gone", err, lb.ErrNotFound)
}

// An address that is there, or not, tells the outcome of an addition.
func TestServersAddOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	isAdd := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/servers")
	}
	add := func(w *world, backend lb.BackendID) ([]*lb.Server, error) {
		return w.Servers().Add(t.Context(), backend, at("10.0.0.5", "10.0.0.6")...)
	}
	t.Run("it happened", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		backend := w.backend(w.loadBalancer(), "10.0.0.4").ID
		w.api.Faults().On(isAdd).Times(1).DropAfterSend()
		if got := must(add(w, backend))(t); len(got) != 2 {
			t.Errorf("added %+v", got)
		}
	})
	t.Run("it did not, and the API said so", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		backend := w.backend(w.loadBalancer(), "10.0.0.4").ID
		w.api.Faults().On(isAdd).Times(1).Status(http.StatusServiceUnavailable, `{"message":"dial"}`)
		must(add(w, backend))(t)
		same(t, "servers", []string{"10.0.0.4", "10.0.0.5", "10.0.0.6"}, w.servers(backend))
	})
	t.Run("it did not, it seems", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		backend := w.backend(w.loadBalancer(), "10.0.0.4").ID
		w.api.Faults().On(isAdd).Times(1).Delay(0).Truncate(0).Status(200, `{}`)
		_, err := add(w, backend)
		isCode(t, "add", err, lb.ErrUncertain)
	})
}
