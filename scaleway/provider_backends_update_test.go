package scaleway_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

func changing[S lb.Spec](change func(*S)) func(*S) error {
	return func(spec *S) error { change(spec); return nil }
}

// nativeFields is an object as the API answers it, without what moves by itself.
func nativeFields[ID ~string](t *testing.T, w *world, kind string, id ID) map[string]any {
	t.Helper()
	var fields map[string]any
	target := "/lb/v1/zones/" + string(zone) + path(kind, id)
	if err := w.client.Do(t.Context(), http.MethodGet, target, nil, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lb", "updated_at"} {
		delete(fields, name)
	}
	return fields
}

func changedFields(before, after map[string]any) []string {
	var names []string
	for name := range after {
		if !reflect.DeepEqual(before[name], after[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

const (
	putSettings = "PUT settings"
	putCheck    = "PUT check"
)

// backendChanges are one for each setting, with the API's fields that it moves and
// the calls that it takes.
var backendChanges = map[string]struct {
	change func(*lb.BackendSpec)
	fields []string
	calls  []string
}{
	"name":            {func(s *lb.BackendSpec) { s.Name = "other" }, []string{"name"}, []string{putSettings}},
	"port":            {func(s *lb.BackendSpec) { s.Port = 8081 }, []string{"forward_port"}, []string{putSettings}},
	"algorithm":       {func(s *lb.BackendSpec) { s.Algorithm = "" }, []string{"forward_port_algorithm"}, []string{putSettings}},
	"stickiness":      {func(s *lb.BackendSpec) { s.Stickiness, s.CookieName = "source", "" }, []string{"sticky_sessions", "sticky_sessions_cookie_name"}, []string{putSettings}},
	"cookie":          {func(s *lb.BackendSpec) { s.CookieName = "OTHER" }, []string{"sticky_sessions_cookie_name"}, []string{putSettings}},
	"proxy protocol":  {func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2SSLCN }, []string{"proxy_protocol"}, []string{putSettings}},
	"on marked down":  {func(s *lb.BackendSpec) { s.OnMarkedDown = "" }, []string{"on_marked_down_action"}, []string{putSettings}},
	"verify":          {func(s *lb.BackendSpec) { s.TLS.Verify = lb.TLSVerifySystem }, []string{"ignore_ssl_server_verify"}, []string{putSettings}},
	"server name":     {func(s *lb.BackendSpec) { s.TLS.Name = "" }, []string{"host"}, []string{putSettings}},
	"no TLS":          {func(s *lb.BackendSpec) { s.TLS = nil }, []string{"host", "ignore_ssl_server_verify", "ssl_bridging"}, []string{putSettings}},
	"server timeout":  {func(s *lb.BackendSpec) { s.ServerTimeout = 1 * ms }, []string{"timeout_server"}, []string{putSettings}},
	"connect timeout": {func(s *lb.BackendSpec) { s.ConnectTimeout = 0 }, []string{"timeout_connect"}, []string{putSettings}},
	"tunnel timeout": {func(s *lb.BackendSpec) {
		s.TunnelTimeout = 0
		s.Extensions = s.Extensions.With(scaleway.BackendOptions{
			FailoverHost: "b.s3-website.fr-par.scw.cloud", Redispatch: true, ZeroTimeouts: []string{"tunnelTimeout"},
		})
	}, []string{"timeout_tunnel"}, []string{putSettings}},
	"queue timeout":   {func(s *lb.BackendSpec) { s.QueueTimeout = 0 }, []string{"timeout_queue"}, []string{putSettings}},
	"max connections": {func(s *lb.BackendSpec) { s.MaxConnections = 0 }, []string{"max_connections"}, []string{putSettings}},
	"max retries":     {func(s *lb.BackendSpec) { none := 0; s.MaxRetries = &none }, []string{"max_retries"}, []string{putSettings}},
	"default retries": {func(s *lb.BackendSpec) { s.MaxRetries = nil }, []string{"max_retries"}, []string{putSettings}},
	"failover host": {func(s *lb.BackendSpec) {
		s.Extensions = lb.Extend(scaleway.BackendOptions{Redispatch: true})
	}, []string{"failover_host"}, []string{putSettings}},
	"redispatch": {func(s *lb.BackendSpec) {
		s.Extensions = lb.Extend(scaleway.BackendOptions{FailoverHost: "b.s3-website.fr-par.scw.cloud"})
	}, []string{"redispatch_attempt_count"}, []string{putSettings}},

	"check type":     {func(s *lb.BackendSpec) { s.HealthCheck.Type, s.HealthCheck.HTTP = lb.CheckTCP, nil }, []string{"health_check"}, []string{putCheck}},
	"check database": {func(s *lb.BackendSpec) { database(s.HealthCheck) }, []string{"health_check"}, []string{putCheck}},
	"check port":     {func(s *lb.BackendSpec) { s.HealthCheck.Port = 0 }, []string{"health_check"}, []string{putCheck}},
	"interval":       {func(s *lb.BackendSpec) { s.HealthCheck.Interval = 0 }, []string{"health_check"}, []string{putCheck}},
	"timeout":        {func(s *lb.BackendSpec) { s.HealthCheck.Timeout = 1_001 * ms }, []string{"health_check"}, []string{putCheck}},
	"threshold":      {func(s *lb.BackendSpec) { s.HealthCheck.UnhealthyThreshold = 1 }, []string{"health_check"}, []string{putCheck}},
	"method":         {func(s *lb.BackendSpec) { s.HealthCheck.HTTP.Method = "" }, []string{"health_check"}, []string{putCheck}},
	"check host":     {func(s *lb.BackendSpec) { s.HealthCheck.HTTP.Host = "" }, []string{"health_check"}, []string{putCheck}},
	"check path":     {func(s *lb.BackendSpec) { s.HealthCheck.HTTP.Path = "" }, []string{"health_check"}, []string{putCheck}},
	"status":         {func(s *lb.BackendSpec) { s.HealthCheck.HTTP.Status = nil }, []string{"health_check"}, []string{putCheck}},
	"SNI":            {func(s *lb.BackendSpec) { s.HealthCheck.HTTP.SNI = "" }, []string{"health_check"}, []string{putCheck}},
	"send proxy": {func(s *lb.BackendSpec) {
		s.HealthCheck.Extensions = lb.Extend(scaleway.HealthCheckOptions{TransientDelay: 750 * ms})
	}, []string{"health_check"}, []string{putCheck}},
	"transient delay": {func(s *lb.BackendSpec) {
		s.HealthCheck.Extensions = lb.Extend(scaleway.HealthCheckOptions{SendProxy: true})
	}, []string{"health_check"}, []string{putCheck}},
	"both": {func(s *lb.BackendSpec) { s.Name, s.HealthCheck.Timeout = "other", 0 }, []string{"health_check", "name"}, []string{putCheck, putSettings}},
	"no proxy anywhere": {func(s *lb.BackendSpec) {
		s.ProxyProtocol, s.HealthCheck.Extensions = "", lb.Extensions{}
	}, []string{"health_check", "proxy_protocol"}, []string{putCheck, putSettings}},
}

func database(h *lb.HealthCheck) { h.Type, h.HTTP, h.User = lb.CheckMySQL, nil, "check" }

// Also where the API keeps what a PUT leaves out: what is cleared is said.
func TestBackendUpdateOfEachFieldAlone(t *testing.T) {
	t.Parallel()
	for what, opts := range map[string][]scalewaytest.Option{
		"resets what is left out": nil,
		"keeps what is left out":  {scalewaytest.WithKeepOmitted()},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts...)
			id := w.loadBalancer()
			for name, test := range backendChanges {
				made := must(w.Backends().Create(t.Context(), id, fullBackend(), at("10.0.0.4")...))(t)
				before := nativeFields(t, w, "backends", made.ID)
				var got *lb.Backend
				requests := w.writes(func() { got = must(w.Backends().Update(t.Context(), made.ID, changing(test.change)))(t) })
				same(t, name+": writes", calls(made.ID, test.calls), requests)
				same(t, name+": changed", test.fields, changedFields(before, nativeFields(t, w, "backends", made.ID)))
				want := fullBackend()
				test.change(&want)
				same(t, name, canonicalBackend(t, w, want), got.BackendSpec)
				same(t, name+": read back", got, must(w.Backends().Get(t.Context(), made.ID))(t))
			}
		})
	}
}

func calls(id lb.BackendID, names []string) []string {
	var out []string
	for _, name := range names {
		request := "PUT " + path("backends", id)
		if name == putCheck {
			request += "/healthcheck"
		}
		out = append(out, request)
	}
	return out
}

func canonicalBackend(t *testing.T, w *world, spec lb.BackendSpec) lb.BackendSpec {
	t.Helper()
	canonical, _, err := w.Dialect().Backend(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return canonical
}

// A check that follows the backend's port does so when that changes, and says so
// before the port changes: after an error in between, the same call does the rest.
func TestBackendCheckFollowsThePort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.backend(w.loadBalancer())
	move := func() error {
		_, err := w.Backends().Update(t.Context(), made.ID, func(s *lb.BackendSpec) error { s.Port = 9000; return nil })
		return err
	}
	w.api.Faults().On(func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, strings.TrimPrefix(string(made.ID), string(zone)))
	}).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
	isCode(t, "the first time", move(), lb.ErrForbidden)
	if err := move(); err != nil {
		t.Fatal(err)
	}
	got := must(w.Backends().Get(t.Context(), made.ID))(t)
	native := got.Native.(*scaleway.Backend) //nolint:errcheck // what the provider promises
	if got.Port != 9000 || got.HealthCheck.Port != 0 || native.HealthCheck.Port != 9000 {
		t.Errorf("port %d, the check's %d (%d)", got.Port, got.HealthCheck.Port, native.HealthCheck.Port)
	}
}

// The PROXY header of a check needs a backend that speaks it, and its port must not be
// taken for one of its own: wherever an error comes, the same change once more does the
// rest.
func TestBackendProxyHeaderOfTheCheckIsLastToCome(t *testing.T) {
	t.Parallel()
	proxy := func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2 }
	header := func(s *lb.BackendSpec) {
		proxy(s)
		s.HealthCheck.Extensions = lb.Extend(scaleway.HealthCheckOptions{SendProxy: true})
	}
	moved := func(s *lb.BackendSpec) { header(s); s.Port = 9090 }
	for name, test := range map[string]struct {
		before, change func(*lb.BackendSpec)
		calls          []string
	}{
		"both":                          {func(*lb.BackendSpec) {}, header, []string{putSettings, putCheck}},
		"both, and another port":        {func(*lb.BackendSpec) {}, moved, []string{putCheck, putSettings, putCheck}},
		"the header, and another port":  {proxy, moved, []string{putCheck, putSettings}},
		"another port, with the header": {header, moved, []string{putCheck, putSettings}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.loadBalancer()
			for failing := range len(test.calls) + 1 {
				spec := backendSpec()
				test.before(&spec)
				made := must(w.Backends().Create(t.Context(), id, spec))(t)
				w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPut }).
					Skip(failing).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
				requests := w.writes(func() {
					_, err := w.Backends().Update(t.Context(), made.ID, changing(test.change))
					if (err != nil) != (failing < len(test.calls)) {
						t.Errorf("call %d fails: %v", failing, err)
					}
				})
				same(t, "writes", calls(made.ID, test.calls[:failing]), requests) // what fails does not reach the server
				w.api.Faults().Reset()
				must(w.Backends().Update(t.Context(), made.ID, changing(test.change)))(t)
				test.change(&spec)
				same(t, "read back", canonicalBackend(t, w, spec), must(w.Backends().Get(t.Context(), made.ID))(t).BackendSpec)
			}
		})
	}
}

// A check of a kind that nobody knows is left as it is, unless a known one is to take
// its place: a PUT says all of it.
func TestBackendCheckOfAnUnknownKindStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.backend(w.loadBalancer())
	fields := nativeFields(t, w, "backends", made.ID)
	fields["lb"] = map[string]any{"id": strings.TrimPrefix(string(made.LoadBalancer), string(zone)+"/")}
	check := fields["health_check"].(map[string]any) //nolint:errcheck // what the API promises
	delete(check, "tcp_config")
	check["grpc_config"] = map[string]any{"service": "app"}
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodGet }).Status(http.StatusOK, string(body))
	for name, test := range map[string]struct {
		change  func(*lb.BackendSpec)
		writes  []string
		refused bool
	}{
		"nothing":               {change: func(*lb.BackendSpec) {}},
		"the name":              {change: func(s *lb.BackendSpec) { s.Name = "other" }, writes: []string{putSettings}},
		"a known kind":          {change: func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckRedis }, writes: []string{putCheck}},
		"the usual kind":        {change: func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckTCP }, writes: []string{putCheck}},
		"the interval":          {change: func(s *lb.BackendSpec) { s.HealthCheck.Interval = 60_000 * ms }, refused: true},
		"its timeout and name":  {change: func(s *lb.BackendSpec) { s.Name, s.HealthCheck.Timeout = "other", 60_000*ms }, refused: true},
		"the port that it uses": {change: func(s *lb.BackendSpec) { s.Port = 9090 }, refused: true},
		"another odd kind":      {change: func(s *lb.BackendSpec) { s.HealthCheck.Type = "scaleway.grpc" }, refused: true},
	} {
		writes := w.writes(func() {
			_, err := w.Backends().Update(t.Context(), made.ID, changing(test.change))
			if test.refused {
				checkUnsupported(t, name, err, "backend.healthCheck.type", "healthCheck.type")
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		same(t, name, calls(made.ID, test.writes), writes)
	}
}

func TestBackendUpdateSendsNothingForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	made := must(w.Backends().Create(t.Context(), id, fullBackend()))(t)
	stop := errors.New("stop")
	for name, change := range map[string]func(*lb.BackendSpec) error{
		"nothing":          func(*lb.BackendSpec) error { return nil },
		"what was read":    func(s *lb.BackendSpec) error { *s = lb.Clone(made.BackendSpec); return nil },
		"what was written": func(s *lb.BackendSpec) error { *s = fullBackend(); return nil },
		"the check's port, said": func(s *lb.BackendSpec) error {
			s.Extensions = s.Extensions.With(elsewhere{"x"})
			return nil
		},
		"an error":   func(s *lb.BackendSpec) error { s.Name = "other"; return stop },
		"a problem":  func(s *lb.BackendSpec) error { s.Name, s.Algorithm = "other", lb.AlgorithmURI; return nil },
		"no checks":  func(s *lb.BackendSpec) error { s.HealthCheck = nil; return nil },
		"a negative": func(s *lb.BackendSpec) error { s.ServerTimeout = -1; return nil },
	} {
		requests := w.writes(func() {
			got, err := w.Backends().Update(t.Context(), made.ID, change)
			refused := errors.Is(err, lb.ErrUnsupported) || errors.Is(err, lb.ErrInvalid) || errors.Is(err, stop)
			if err != nil && !refused {
				t.Errorf("%s: %v", name, err)
			}
			if err == nil {
				same(t, name, made, got)
			}
		})
		if len(requests) > 0 {
			t.Errorf("%s: sent %v", name, requests)
		}
	}
}
