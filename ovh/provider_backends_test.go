package ovh_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

func TestBackendReadsBackInCanonicalForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ca, _ := pair(t)
	check := &lb.HealthCheck{Type: lb.CheckHTTP, Interval: seconds(60), HTTP: &lb.HTTPCheck{Host: "example.com", Path: "/health", Status: []int{204, 200}}}
	for name, test := range map[string]struct {
		spec    lb.BackendSpec
		servers []lb.ServerSpec
	}{
		"http, without servers": {spec: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Algorithm: lb.AlgorithmURI, Stickiness: lb.StickinessCookie, HealthCheck: check}},
		"http": {
			lb.BackendSpec{
				Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080, Algorithm: lb.AlgorithmLeastConn, Stickiness: lb.StickinessSource, HealthCheck: check,
				ProxyProtocol: lb.ProxyProtocolV2, OnMarkedDown: lb.OnMarkedDownShutdownSessions, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca},
				Extensions: lb.Extend(ovh.BackendOptions{Zone: "gra"}),
			},
			[]lb.ServerSpec{
				{Name: "a", Address: ip("10.0.0.1"), Extensions: lb.Extend(ovh.ServerOptions{Cookie: "c", NoCheck: true})},
				{Address: ip("10.0.0.2"), Port: 9090, Weight: new(0), Backup: true, Disabled: true},
			},
		},
		"tcp, mixed": {
			lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV1},
			[]lb.ServerSpec{at("10.0.0.1"), {Address: ip("10.0.0.2"), Extensions: lb.Extend(ovh.ServerOptions{ProxyProtocol: new(lb.ProxyProtocolV2)})}},
		},
		"udp": {lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53}, []lb.ServerSpec{at("10.0.0.1"), {Address: ip("10.0.0.1"), Port: 54, Disabled: true, Name: "b"}}},
	} {
		canonical, servers, err := w.Dialect().Backend(test.spec, test.servers)
		if err != nil {
			t.Fatal(err)
		}
		made := must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, test.spec, test.servers...))
		read := must[*lb.Backend](t)(w.Backends().Get(t.Context(), made.ID))
		for when, got := range map[string]*lb.Backend{"create": made, "get": read} {
			if diff := cmp.Diff(canonical, got.BackendSpec, specsEqual); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, when, diff)
			}
			if len(got.Servers) != len(servers) || got.LoadBalancer != w.id || got.Native == nil {
				t.Fatalf("%s, %s: %+v", name, when, got)
			}
			for i, server := range got.Servers {
				if diff := cmp.Diff(servers[i], server.ServerSpec, specsEqual); diff != "" {
					t.Errorf("%s, %s: server %d (-want +got):\n%s", name, when, i, diff)
				}
				if server.Backend != made.ID || !strings.HasPrefix(string(server.ID), string(made.ID)+"/server/") || server.Native == nil {
					t.Errorf("%s, %s: server %+v", name, when, server)
				}
			}
		}
	}
}

// TestBackendCreateSays what has no default at OVH, or one that its sources disagree
// on: every value is on the wire.
func TestBackendCreateSaysDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.writes(func() {
		w.backend(func(s *lb.BackendSpec) { s.HealthCheck = &lb.HealthCheck{Type: lb.CheckHTTP} }, "10.0.0.1")
	})
	farm, _ := strings.CutPrefix(sent[0], "POST /http/farm ")
	if !sameJSON(t, farm, `{"displayName":"web","zone":"all","port":80,"balance":"roundrobin","probe":{"type":"http","interval":30,"port":null,"method":"GET","url":"/","match":"default","pattern":null,"negate":false,"forceSsl":false}}`) {
		t.Errorf("farm: %s", farm)
	}
	if _, server, _ := strings.Cut(sent[1], "/server "); !sameJSON(t, server, `{"address":"10.0.0.1","status":"active","weight":1,"probe":true}`) {
		t.Errorf("server: %s", server)
	}
}

// TestBackendUpdateSendsWhatChanged changes every field alone, sees that it alone is
// sent and read back, and takes it away again.
func TestBackendUpdateSendsWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	ca, _ := pair(t)
	b := w.backend(nil, "10.0.0.1", "10.0.0.2")
	farm := "PUT /http/farm/" + last(string(b.ID)) + " "
	servers := make([]string, 2)
	for i, server := range b.Servers {
		servers[i] = "PUT " + strings.TrimPrefix(string(server.ID), w.service()) + " "
	}
	onBoth := func(body string) []string { return []string{servers[0] + body, servers[1] + body} }
	probe := `{"type":"tcp","interval":30,"port":null,"method":null,"url":null,"match":"default","pattern":null,"negate":false,"forceSsl":false}`
	for name, test := range map[string]struct {
		change       func(*lb.BackendSpec)
		sent, undone []string
	}{
		"name":       {func(s *lb.BackendSpec) { s.Name = "new" }, []string{farm + `{"displayName":"new"}`}, []string{farm + `{"displayName":"web"}`}},
		"port":       {func(s *lb.BackendSpec) { s.Port = 0 }, []string{farm + `{"port":null}`}, []string{farm + `{"port":80}`}},
		"algorithm":  {func(s *lb.BackendSpec) { s.Algorithm = lb.AlgorithmFirst }, []string{farm + `{"balance":"first"}`}, []string{farm + `{"balance":"roundrobin"}`}},
		"stickiness": {func(s *lb.BackendSpec) { s.Stickiness = lb.StickinessSource }, []string{farm + `{"stickiness":"sourceIp"}`}, []string{farm + `{"stickiness":null}`}},
		"check": {
			func(s *lb.BackendSpec) { s.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP} },
			append(onBoth(`{"probe":true}`), farm+`{"probe":`+probe+`}`), append(onBoth(`{"probe":false}`), farm+`{"probe":null}`),
		},
		"proxy":     {func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2SSL }, onBoth(`{"proxyProtocolVersion":"v2-ssl"}`), onBoth(`{"proxyProtocolVersion":null}`)},
		"marked":    {func(s *lb.BackendSpec) { s.OnMarkedDown = lb.OnMarkedDownShutdownSessions }, onBoth(`{"onMarkedDown":"shutdown-sessions"}`), onBoth(`{"onMarkedDown":null}`)},
		"tls":       {func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone} }, onBoth(`{"ssl":true}`), onBoth(`{"ssl":false}`)},
		"tls by ca": {func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca} }, onBoth(`{"ssl":true,"chain":` + quote(t, ca) + `}`), onBoth(`{"ssl":false,"chain":null}`)},
	} {
		before := must[*lb.Backend](t)(w.Backends().Get(ctx, b.ID))
		desired := lb.Clone(before.BackendSpec)
		test.change(&desired)
		canonical, _, err := w.Dialect().Backend(desired, []lb.ServerSpec{at("10.0.0.1")})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			to   lb.BackendSpec
			sent []string
		}{{canonical, test.sent}, {before.BackendSpec, test.undone}} {
			sent := w.writes(func() {
				got := must[*lb.Backend](t)(w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error { *s = lb.Clone(step.to); return nil }))
				if diff := cmp.Diff(step.to, got.BackendSpec, specsEqual); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			})
			sameRequests(t, name, sent, step.sent)
		}
	}
}

func quote(t *testing.T, text string) string {
	t.Helper()
	return string(must[[]byte](t)(json.Marshal(text)))
}

// sameRequests compares requests, their bodies as JSON.
func sameRequests(t *testing.T, name string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: sent %q, want %q", name, got, want)
		return
	}
	for i, sent := range got {
		g, gBody, _ := strings.Cut(sent, " {")
		w, wBody, _ := strings.Cut(want[i], " {") //nolint:gosec // G602: both are as long
		if g != w || !sameJSON(t, "{"+gBody, "{"+wBody) {
			t.Errorf("%s: sent %s, want %s", name, sent, want[i]) //nolint:gosec // G602: both are as long
		}
	}
}

// TestCheckChangesLeaveExemptServersAlone: a server exempt from the check stays so
// while there is one, and none is when there was none.
func TestCheckChangesLeaveExemptServersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	exempt := lb.Extend(ovh.ServerOptions{NoCheck: true})
	b := must[*lb.Backend](t)(w.Backends().Create(ctx, w.id, lb.BackendSpec{Protocol: lb.ProtocolHTTP, HealthCheck: &lb.HealthCheck{}},
		at("10.0.0.1"), lb.ServerSpec{Address: ip("10.0.0.2"), Extensions: exempt}))
	set := func(check *lb.HealthCheck) *lb.Backend {
		t.Helper()
		return must[*lb.Backend](t)(w.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error { s.HealthCheck = check; return nil }))
	}
	probed := func(b *lb.Backend) (flags []bool) {
		for _, server := range b.Servers {
			flags = append(flags, server.Native.(*ovh.HTTPServer).Probe)
		}
		return flags
	}
	for i, step := range []struct {
		check *lb.HealthCheck
		want  []bool
	}{
		{&lb.HealthCheck{Interval: seconds(60)}, []bool{true, false}}, {nil, []bool{false, false}}, {&lb.HealthCheck{}, []bool{true, true}},
	} {
		if diff := cmp.Diff(step.want, probed(set(step.check))); diff != "" {
			t.Errorf("step %d: probe (-want +got):\n%s", i, diff)
		}
	}
}

// TestBackendUpdateGoesOn: servers are written before their farm, so that an update
// that broke off goes on from there when it is called again.
func TestBackendUpdateGoesOn(t *testing.T) {
	t.Parallel()
	for name, skip := range map[string]int{"after one server": 1, "before the farm": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.backend(nil, "10.0.0.1", "10.0.0.2")
			turn := func(s *lb.BackendSpec) error {
				s.ProxyProtocol, s.Name = lb.ProxyProtocolV1, "new"
				return nil
			}
			w.server.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPut }).Skip(skip).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
			_, err := w.Backends().Update(t.Context(), b.ID, turn)
			is(t, err, lb.ErrForbidden)
			got := must[*lb.Backend](t)(w.Backends().Update(t.Context(), b.ID, turn))
			if got.ProxyProtocol != lb.ProxyProtocolV1 || got.Name != "new" || got.Mixed != nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestBackendCheckIsSwitchedOnForAll: a server that an update did not reach is none that
// is exempt from the check, and the farm's own probe is written, too.
func TestBackendCheckIsSwitchedOnForAll(t *testing.T) {
	t.Parallel()
	for _, check := range []*lb.HealthCheck{{Type: lb.CheckTCP}, {Type: lb.CheckHTTP}} {
		for skip := range 3 {
			w := newWorld(t)
			b := w.backend(nil, "10.0.0.1", "10.0.0.2")
			turn := func(s *lb.BackendSpec) error {
				s.HealthCheck = check
				return nil
			}
			w.server.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPut }).Skip(skip).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
			_, err := w.Backends().Update(t.Context(), b.ID, turn)
			is(t, err, lb.ErrForbidden)
			got := must[*lb.Backend](t)(w.Backends().Update(t.Context(), b.ID, turn))
			for _, server := range got.Servers {
				if !server.Native.(*ovh.HTTPServer).Probe {
					t.Errorf("%s, write %d failed: server %s is not checked", check.Type, skip, server.ID)
				}
			}
			if got.HealthCheck == nil || got.HealthCheck.Type != check.Type || got.Native.(*ovh.HTTPFarm).Probe == nil {
				t.Errorf("%s, write %d failed: got %+v", check.Type, skip, got.HealthCheck)
			}
		}
	}
}

func TestBackendCreateSaysWhatIsThereAfterAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Faults().On(func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/server") && r.Method == http.MethodPost
	}).
		Skip(1).Status(http.StatusBadRequest, `{"message":"no"}`)
	got, err := w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Protocol: lb.ProtocolTCP}, at("10.0.0.1"), lb.ServerSpec{Address: ip("10.0.0.2"), Port: 81})
	e := errorOf(t, err, lb.ErrInvalid, "backends.create", "10.0.0.2:81")
	if e.Kind != lb.KindServer || got == nil || len(got.Servers) != 1 || got.Servers[0].Address != ip("10.0.0.1") {
		t.Errorf("made %+v, %v", got, err)
	}
}

func TestBackendInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	used, routed := w.backend(nil, "10.0.0.1"), w.backend(nil, "10.0.0.1", "10.0.0.2")
	f := w.frontend(80, used.ID)
	_, target := number(t, routed.ID)
	_, _, n, _ := ovh.ParseFrontendID(f.ID)
	r := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(ctx, w.service(), ovh.HTTPRouteCreate{FrontendID: n, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionFarm, Target: target}}))
	want(t, w.writes(func() {
		e := errorOf(t, w.Backends().Delete(ctx, used.ID), lb.ErrInUse, "backends.delete", string(used.ID))
		if !strings.Contains(e.Message, string(f.ID)) {
			t.Errorf("%q does not name the frontend", e.Message)
		}
		e = errorOf(t, w.Backends().Delete(ctx, routed.ID), lb.ErrInUse, "backends.delete", string(routed.ID))
		if !strings.Contains(e.Message, "/http/route/"+decimal(r.RouteID)) {
			t.Errorf("%q does not name the route", e.Message)
		}
	}))
	if err := errors.Join(w.client.HTTP.Routes.Delete(ctx, w.service(), r.RouteID), w.Backends().Delete(ctx, routed.ID)); err != nil {
		t.Error(err)
	}
	_, err := w.Backends().Get(ctx, routed.ID)
	is(t, err, lb.ErrNotFound)
}

// TestBackendIsNotInUseByWhatIsLeft: a route that a failed set has made and could neither
// attach nor remove goes with its backend; any other stays, whatever it is called.
func TestBackendIsNotInUseByWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(nil)
	f := w.frontend(80, "")
	left := w.leftRoute(f.ID, b.ID)
	_, _, n, _ := ovh.ParseFrontendID(f.ID)
	_, target := number(t, b.ID)
	for _, other := range []ovh.HTTPRouteCreate{{DisplayName: left.DisplayName, FrontendID: n}, {DisplayName: "mine"}} {
		other.Action = ovh.HTTPRouteAction{Type: ovh.RouteActionFarm, Target: target}
		r := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(ctx, w.service(), other))
		want(t, w.writes(func() {
			e := errorOf(t, w.Backends().Delete(ctx, b.ID), lb.ErrInUse, "backends.delete", string(b.ID))
			if !strings.HasSuffix(e.Message, "/http/route/"+decimal(r.RouteID)) || strings.Contains(e.Message, ",") {
				t.Errorf("%q does not name that route alone", e.Message)
			}
		}))
		if err := w.client.HTTP.Routes.Delete(ctx, w.service(), r.RouteID); err != nil {
			t.Fatal(err)
		}
	}
	want(t, w.writes(func() {
		if err := w.Backends().Delete(ctx, b.ID); err != nil {
			t.Fatal(err)
		}
	}), "DELETE /http/route/"+decimal(left.RouteID), "DELETE /http/farm/"+last(string(b.ID)))
}

// TestBackendDeleteEmptiesItFirst: what the API does with a farm's servers is not
// known.
func TestBackendDeleteEmptiesItFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, protocol := range []lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolUDP} {
		b := must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Protocol: protocol, Port: 53}, at("10.0.0.1"), at("10.0.0.2")))
		farm := "DELETE " + strings.TrimPrefix(string(b.ID), w.service())
		want(t, w.writes(func() {
			if err := w.Backends().Delete(t.Context(), b.ID); err != nil {
				t.Fatal(err)
			}
		}), farm+"/server/"+last(string(b.Servers[0].ID)), farm+"/server/"+last(string(b.Servers[1].ID)), farm)
	}
}

func TestBackendHealthIsOfEachServerAndInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(func(s *lb.BackendSpec) { s.HealthCheck = &lb.HealthCheck{Type: lb.CheckHTTP} }, "10.0.0.1", "10.0.0.2")
	w.frontend(80, b.ID)
	states := func() map[lb.ServerID][]lb.Health {
		out := map[lb.ServerID][]lb.Health{}
		for h, err := range w.Backends().Health(ctx, b.ID, lb.PageOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			out[h.Server] = append(out[h.Server], h.State)
		}
		return out
	}
	first, second := b.Servers[0].ID, b.Servers[1].ID
	if diff := cmp.Diff(map[lb.ServerID][]lb.Health{first: {lb.HealthUnknown}, second: {lb.HealthUnknown}}, states()); diff != "" {
		t.Errorf("before it is live (-want +got):\n%s", diff)
	}
	must[*lb.Operation](t)(w.LoadBalancers().Commit(ctx, w.id, lb.CommitOptions{}))
	w.server.Advance(10 * time.Second)
	w.server.SetHealth(first, lb.HealthDown)
	w.server.SetHealth(second, lb.HealthDegraded)
	wanted := map[lb.ServerID][]lb.Health{first: {lb.HealthDown, lb.HealthDown}, second: {lb.HealthDown, lb.HealthHealthy}}
	if diff := cmp.Diff(wanted, states()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	summary := must[*lb.HealthSummary](t)(w.LoadBalancers().Health(ctx, w.id))
	wantSummary := &lb.HealthSummary{
		State: lb.HealthDegraded, Frontends: map[lb.Health]int{lb.HealthDegraded: 1}, Backends: map[lb.Health]int{lb.HealthDegraded: 1},
		Servers: map[lb.Health]int{lb.HealthDown: 1, lb.HealthDegraded: 1},
	}
	if diff := cmp.Diff(wantSummary, summary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}
