package ovh_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// native reads a server of an HTTP farm as the API has it.
func (w *world) native(id lb.ServerID) *ovh.HTTPServer {
	w.t.Helper()
	service, _, farm, n, err := ovh.ParseServerID(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return must[*ovh.HTTPServer](w.t)(w.client.HTTP.Farms.Servers.Get(w.t.Context(), service, farm, n))
}

// change updates a server of an HTTP farm past the provider.
func (w *world) change(id lb.ServerID, update ovh.HTTPServerUpdate) {
	w.t.Helper()
	service, _, farm, n, err := ovh.ParseServerID(id)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.client.HTTP.Farms.Servers.Update(w.t.Context(), service, farm, n, update); err != nil {
		w.t.Fatal(err)
	}
}

// removed is a server's removal by somebody else.
func (w *world) removed(id lb.ServerID) {
	w.t.Helper()
	service, _, farm, n, err := ovh.ParseServerID(id)
	if err == nil {
		err = w.client.HTTP.Farms.Servers.Delete(w.t.Context(), service, farm, n)
	}
	if err != nil {
		w.t.Error(err)
	}
}

// path is where a server is below its load balancer.
func (w *world) path(id lb.ServerID) string { return strings.TrimPrefix(string(id), w.service()) }

func addresses(servers []*lb.Server) []string {
	var out []string
	for _, server := range servers {
		out = append(out, server.Address.String())
	}
	return out
}

// TestServersAddedAreLikeThoseThere: they get what the others keep for the backend.
func TestServersAddedAreLikeThoseThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	ca, _ := pair(t)
	b := w.backend(func(s *lb.BackendSpec) {
		s.ProxyProtocol, s.OnMarkedDown = lb.ProxyProtocolV2, lb.OnMarkedDownShutdownSessions
		s.TLS, s.HealthCheck = &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca}, &lb.HealthCheck{}
	}, "10.0.0.1")
	added := must[[]*lb.Server](t)(w.Servers().Add(ctx, b.ID, lb.ServerSpec{Name: "b", Address: ip("10.0.0.2")}, lb.ServerSpec{Address: ip("10.0.0.3"), Extensions: lb.Extend(ovh.ServerOptions{NoCheck: true})}))
	if diff := cmp.Diff([]string{"10.0.0.2", "10.0.0.3"}, addresses(added)); diff != "" {
		t.Fatalf("added (-want +got):\n%s", diff)
	}
	first := w.native(b.Servers[0].ID)
	for i, server := range added {
		got := w.native(server.ID)
		if got.ProxyProtocolVersion != first.ProxyProtocolVersion || got.OnMarkedDown != first.OnMarkedDown || !got.SSL || got.Chain != first.Chain || got.Probe != (i == 0) {
			t.Errorf("server %d is %+v, the one that was there %+v", i, got, first)
		}
	}
	after := must[*lb.Backend](t)(w.Backends().Get(ctx, b.ID))
	if after.Mixed != nil || !lb.Equal(after.BackendSpec, b.BackendSpec) {
		t.Errorf("the backend changed: %v, mixed %v", lb.Diff(b.BackendSpec, after.BackendSpec), after.Mixed)
	}
}

func TestServerThatIsThereIsNotAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	want(t, w.writes(func() {
		_, err := w.Servers().Add(t.Context(), b.ID, at("10.0.0.2"), lb.ServerSpec{Address: ip("10.0.0.1"), Port: 80})
		wantError(t, err, lb.ErrExists, "servers.add", string(b.Servers[0].ID))
	}))
}

// TestMixedServers: where servers differ, the backend says so, each server has its
// own value, none is added until an update settles it, and what was read is written
// back without a request.
func TestMixedServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV1 }, "10.0.0.1", "10.0.0.2")
	w.change(b.Servers[1].ID, ovh.HTTPServerUpdate{ProxyProtocolVersion: ovh.Value(ovh.ProxyProtocolV2), SSL: ovh.Value(true)})
	mixed := must[*lb.Backend](t)(w.Backends().Get(ctx, b.ID))
	if diff := cmp.Diff([]string{"proxyProtocol", "tls"}, mixed.Mixed); diff != "" || mixed.ProxyProtocol != "" || mixed.TLS != nil {
		t.Fatalf("mixed (-want +got):\n%s\n%+v", diff, mixed.BackendSpec)
	}
	second := must[*lb.Server](t)(w.Servers().Get(ctx, b.Servers[1].ID))
	own, _, err := lb.ExtensionOf[ovh.ServerOptions](second.Extensions)
	if err != nil || *own.ProxyProtocol != lb.ProxyProtocolV2 || *own.TLS != (lb.BackendTLS{Verify: lb.TLSVerifyNone}) || own.OnMarkedDown != nil {
		t.Errorf("the second server's own: %+v, %v", own, err)
	}
	specs := []lb.ServerSpec{mixed.Servers[0].ServerSpec, mixed.Servers[1].ServerSpec}
	want(t, w.writes(func() {
		_, err := w.Servers().Add(ctx, b.ID, at("10.0.0.3"))
		wantError(t, err, lb.ErrInvalid, "servers.add", string(b.ID))
		_, err = w.Servers().Set(ctx, b.ID, []lb.ServerSpec{specs[0], at("10.0.0.2")}, lb.SetOptions{})
		is(t, err, lb.ErrInvalid)
		_, err = w.Servers().Update(ctx, second.ID, func(s *lb.ServerSpec) error { s.Extensions = lb.Extensions{}; return nil })
		is(t, err, lb.ErrInvalid)
		must[[]*lb.Server](t)(w.Servers().Set(ctx, b.ID, specs, lb.SetOptions{}))
		must[*lb.Backend](t)(w.Backends().Update(ctx, b.ID, func(*lb.BackendSpec) error { return nil }))
	}))
	put := "PUT " + w.path(b.Servers[0].ID)
	sent := w.writes(func() {
		must[*lb.Backend](t)(w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error { s.ProxyProtocol = lb.ProxyProtocolV2; return nil }))
	})
	sameRequests(t, "settling", sent, []string{put + ` {"proxyProtocolVersion":"v2"}`})
	sent = w.writes(func() {
		must[*lb.Server](t)(w.Servers().Update(ctx, b.Servers[0].ID, func(s *lb.ServerSpec) error {
			s.Extensions = lb.Extend(ovh.ServerOptions{TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone}})
			return nil
		}))
	})
	sameRequests(t, "settling by a server", sent, []string{put + ` {"ssl":true}`})
	settled := must[*lb.Backend](t)(w.Backends().Get(ctx, b.ID))
	if settled.Mixed != nil || settled.ProxyProtocol != lb.ProxyProtocolV2 || settled.TLS == nil {
		t.Errorf("settled: %+v", settled)
	}
	must[[]*lb.Server](t)(w.Servers().Add(ctx, b.ID, at("10.0.0.3")))
}

// TestServerUpdateSendsWhatChanged changes every field alone, and takes it away.
func TestServerUpdateSendsWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(func(s *lb.BackendSpec) { s.HealthCheck = &lb.HealthCheck{} }, "10.0.0.1", "10.0.0.2")
	id := b.Servers[0].ID
	put := "PUT " + w.path(id) + " "
	options := func(options ovh.ServerOptions) func(*lb.ServerSpec) {
		return func(s *lb.ServerSpec) { s.Extensions = lb.Extend(options) }
	}
	for name, test := range map[string]struct {
		change       func(*lb.ServerSpec)
		sent, undone string
	}{
		"name":     {func(s *lb.ServerSpec) { s.Name = "new" }, `{"displayName":"new"}`, `{"displayName":null}`},
		"port":     {func(s *lb.ServerSpec) { s.Port = 81 }, `{"port":81}`, `{"port":null}`},
		"weight":   {func(s *lb.ServerSpec) { s.Weight = new(0) }, `{"weight":0}`, `{"weight":1}`},
		"backup":   {func(s *lb.ServerSpec) { s.Backup = true }, `{"backup":true}`, `{"backup":false}`},
		"disabled": {func(s *lb.ServerSpec) { s.Disabled = true }, `{"status":"inactive"}`, `{"status":"active"}`},
		"cookie":   {options(ovh.ServerOptions{Cookie: "c"}), `{"cookie":"c"}`, `{"cookie":null}`},
		"no check": {options(ovh.ServerOptions{NoCheck: true}), `{"probe":false}`, `{"probe":true}`},
	} {
		before := must[*lb.Server](t)(w.Servers().Get(ctx, id))
		desired := lb.Clone(before.ServerSpec)
		test.change(&desired)
		for _, step := range []struct {
			to   lb.ServerSpec
			sent string
		}{{desired, test.sent}, {before.ServerSpec, test.undone}} {
			sent := w.writes(func() {
				got := must[*lb.Server](t)(w.Servers().Update(ctx, id, func(s *lb.ServerSpec) error { *s = lb.Clone(step.to); return nil }))
				if diff := cmp.Diff(step.to, got.ServerSpec, specsEqual); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			})
			sameRequests(t, name, sent, []string{put + step.sent})
		}
	}
}

func TestRemoveKeepsOneServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(nil, "10.0.0.1", "10.0.0.2", "10.0.0.3")
	other := w.backend(nil, "10.0.0.1", "10.0.0.2")
	id := func(i int) lb.ServerID { return b.Servers[i].ID }
	want(t, w.writes(func() {
		err := w.Servers().Remove(ctx, id(0), id(1), id(2), id(0))
		e := errorOf(t, err, lb.ErrInvalid, "servers.remove", string(b.ID))
		if !strings.Contains(e.Message, "AllowEmpty") {
			t.Errorf("%q does not say what to do", e.Message)
		}
		err = w.Servers().Remove(ctx, id(0), lb.ServerID(b.ID)+"/server/999")
		wantError(t, err, lb.ErrNotFound, "servers.remove", string(b.ID)+"/server/999")
	}))
	want(t, w.writes(func() {
		if err := w.Servers().Remove(ctx, id(2), other.Servers[0].ID, id(0), id(2)); err != nil {
			t.Fatal(err)
		}
	}), "DELETE "+w.path(id(2)), "DELETE "+w.path(id(0)), "DELETE "+w.path(other.Servers[0].ID))
}

// TestSetSendsTheDifference: what is missing is added, then what differs is changed,
// then what is too much is removed, and what is as it should be is left alone.
func TestSetSendsTheDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(func(s *lb.BackendSpec) { s.ProxyProtocol, s.HealthCheck = lb.ProxyProtocolV1, &lb.HealthCheck{} }, "10.0.0.1", "10.0.0.2", "10.0.0.3")
	w.change(b.Servers[0].ID, ovh.HTTPServerUpdate{Cookie: ovh.Value("made-up")})
	path := func(i int) string { return w.path(b.Servers[i].ID) }
	specs := []lb.ServerSpec{
		{Address: ip("10.0.0.4"), Name: "new"},
		{Address: ip("10.0.0.3"), Port: 80}, // the backend's own port, said: the same server
		at("10.0.0.1"),
	}
	var got []*lb.Server
	sent := w.writes(func() { got = must[[]*lb.Server](t)(w.Servers().Set(ctx, b.ID, specs, lb.SetOptions{})) })
	farm := strings.TrimPrefix(string(b.ID), w.service())
	sameRequests(t, "set", without(sent, "DELETE"), []string{
		"POST " + farm + `/server {"address":"10.0.0.4","displayName":"new","status":"active","weight":1,"probe":true,"proxyProtocolVersion":"v1"}`,
		"PUT " + path(2) + ` {"port":80}`,
	})
	want(t, sent[len(sent)-1:], "DELETE "+path(1))
	if diff := cmp.Diff([]string{"10.0.0.4", "10.0.0.3", "10.0.0.1"}, addresses(got)); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
	if cookie := w.native(b.Servers[0].ID).Cookie; cookie != "made-up" {
		t.Errorf("the cookie that OVH made up is %q", cookie)
	}
	want(t, w.writes(func() { must[[]*lb.Server](t)(w.Servers().Set(ctx, b.ID, specs, lb.SetOptions{})) }))
	want(t, without(w.writes(func() { must[[]*lb.Server](t)(w.Servers().Set(ctx, b.ID, nil, lb.SetOptions{AllowEmpty: true})) }), "DELETE"))
	if left := must[[]*lb.Server](t)(lb.Collect(w.Servers().List(ctx, b.ID, lb.ListOptions{}))); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// without are the requests of other methods.
func without(requests []string, method string) []string {
	var out []string
	for _, r := range requests {
		if !strings.HasPrefix(r, method+" ") {
			out = append(out, r)
		}
	}
	return out
}

// TestSetSaysWhatWasDone: on an error, what is in place comes with it, and the error
// is about the server that failed.
func TestSetSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method string
		skip   int
		done   []string
		id     func(b *lb.Backend) string
	}{
		"an addition": {http.MethodPost, 1, []string{"10.0.0.1", "10.0.0.4"}, func(*lb.Backend) string { return "10.0.0.5" }},
		"a change":    {http.MethodPut, 0, []string{"10.0.0.1", "10.0.0.4", "10.0.0.5"}, func(b *lb.Backend) string { return string(b.Servers[1].ID) }},
		"a removal":   {http.MethodDelete, 0, []string{"10.0.0.1", "10.0.0.4", "10.0.0.5", "10.0.0.2"}, func(b *lb.Backend) string { return string(b.Servers[2].ID) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.backend(func(s *lb.BackendSpec) { s.Port = 0 }, "10.0.0.1", "10.0.0.2", "10.0.0.3")
			w.server.Faults().On(func(r *http.Request) bool { return r.Method == test.method }).Skip(test.skip).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
			specs := []lb.ServerSpec{at("10.0.0.1"), at("10.0.0.4"), at("10.0.0.5"), {Address: ip("10.0.0.2"), Name: "new"}}
			got, err := w.Servers().Set(t.Context(), b.ID, specs, lb.SetOptions{})
			wantError(t, err, lb.ErrForbidden, "servers.set", test.id(b))
			if diff := cmp.Diff(test.done, addresses(got)); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			got = must[[]*lb.Server](t)(w.Servers().Set(t.Context(), b.ID, specs, lb.SetOptions{}))
			if diff := cmp.Diff([]string{"10.0.0.1", "10.0.0.4", "10.0.0.5", "10.0.0.2"}, addresses(got)); diff != "" {
				t.Errorf("the same call again (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSetKeepsWhatTheDialectRefuses: a live server that could not be written so is
// left alone when it is written back unchanged.
func TestSetKeepsWhatTheDialectRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	// The same address and port a second time, with a name of no text, past the provider.
	_, _, farm, err := ovh.ParseBackendID(b.ID)
	if err != nil {
		t.Fatal(err)
	}
	must[*ovh.HTTPServer](t)(w.client.HTTP.Farms.Servers.Create(t.Context(), w.service(), farm, ovh.HTTPServerCreate{Address: "10.0.0.1", Status: ovh.ServerActive, DisplayName: "a\tb"}))
	read := must[*lb.Backend](t)(w.Backends().Get(t.Context(), b.ID))
	specs := []lb.ServerSpec{read.Servers[0].ServerSpec, read.Servers[1].ServerSpec}
	want(t, w.writes(func() { must[[]*lb.Server](t)(w.Servers().Set(t.Context(), b.ID, specs, lb.SetOptions{})) }))
	want(t, w.writes(func() {
		_, err := w.Servers().Set(t.Context(), b.ID, append(specs, at("10.0.0.1")), lb.SetOptions{})
		is(t, err, lb.ErrInvalid)
	}))
	must[*lb.Backend](t)(w.Backends().Update(t.Context(), b.ID, func(s *lb.BackendSpec) error { s.Name = "new"; return nil }))
}

func TestServersAreListedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53},
		lb.ServerSpec{Name: "a", Address: ip("10.0.0.1")}, lb.ServerSpec{Name: "a-2", Address: ip("10.0.0.2")}))
	got := must[[]*lb.Server](t)(lb.Collect(w.Servers().List(t.Context(), b.ID, lb.ListOptions{Name: "a"})))
	if diff := cmp.Diff([]string{"10.0.0.1"}, addresses(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if first := must[*lb.Server](t)(lb.First(w.Servers().List(t.Context(), b.ID, lb.ListOptions{}), nil)); first.Name != "a" {
		t.Errorf("the first is %+v", first)
	}
}

// TestTheCheckStays: a farm without a probe of its own is checked while a server asks for
// it, and stays so when none does any more.
func TestTheCheckStays(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(lb.Servers, *lb.Backend) error{
		"emptied": func(s lb.Servers, b *lb.Backend) error {
			_, err := s.Set(t.Context(), b.ID, nil, lb.SetOptions{AllowEmpty: true})
			return err
		},
		"set to one that is exempt": func(s lb.Servers, b *lb.Backend) error {
			_, err := s.Set(t.Context(), b.ID, []lb.ServerSpec{b.Servers[1].ServerSpec}, lb.SetOptions{})
			return err
		},
		"the server that asks is removed": func(s lb.Servers, b *lb.Backend) error { return s.Remove(t.Context(), b.Servers[0].ID) },
		"the server that asks is exempted": func(s lb.Servers, b *lb.Backend) error {
			exempt := lb.Extend(ovh.ServerOptions{NoCheck: true})
			got, err := s.Update(t.Context(), b.Servers[0].ID, func(spec *lb.ServerSpec) error { spec.Extensions = exempt; return nil })
			if err == nil && !got.Extensions.Equal(exempt) {
				t.Errorf("the server reads as %s", got.Extensions)
			}
			return err
		},
	} {
		w := newWorld(t)
		b := w.backend(nil, "10.0.0.1", "10.0.0.2")
		w.change(b.Servers[0].ID, ovh.HTTPServerUpdate{Probe: ovh.Value(true)})
		before := must[*lb.Backend](t)(w.Backends().Get(t.Context(), b.ID))
		if err := write(w.Servers(), before); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after := must[*lb.Backend](t)(w.Backends().Get(t.Context(), b.ID))
		if before.HealthCheck == nil || !lb.Equal(before.BackendSpec, after.BackendSpec) {
			t.Errorf("%s: the check was %+v, and is %+v", name, before.HealthCheck, after.HealthCheck)
		}
	}
}
