package scaleway_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

const ms = lb.Duration(time.Millisecond)

// fullBackend has every setting.
func fullBackend() lb.BackendSpec {
	retries := 7
	return lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, Algorithm: lb.AlgorithmLeastConn,
		Stickiness: lb.StickinessCookie, CookieName: "SERVERID",
		HealthCheck: &lb.HealthCheck{
			Type: lb.CheckHTTPS, Port: 9090, Interval: 10_000 * ms, Timeout: 2_500 * ms, UnhealthyThreshold: 5,
			HTTP:       &lb.HTTPCheck{Method: "POST", Host: "app.example.org", Path: "/up", Status: []int{204}, SNI: "app.internal"},
			Extensions: lb.Extend(scaleway.HealthCheckOptions{SendProxy: true, TransientDelay: 750 * ms}),
		},
		ProxyProtocol: lb.ProxyProtocolV1, OnMarkedDown: lb.OnMarkedDownShutdownSessions,
		TLS:           &lb.BackendTLS{Verify: lb.TLSVerifyNone, Name: "app.internal"},
		ServerTimeout: 30_000 * ms, ConnectTimeout: 1_500 * ms, TunnelTimeout: 60_000 * ms, QueueTimeout: 1_250 * ms,
		MaxConnections: 40, MaxRetries: &retries,
		Extensions: lb.Extend(scaleway.BackendOptions{FailoverHost: "b.s3-website.fr-par.scw.cloud", Redispatch: true}),
	}
}

func TestBackendCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	for _, spec := range []lb.BackendSpec{backendSpec(), fullBackend()} {
		var made *lb.Backend
		requests := w.sent(func() {
			made = must(w.Backends().Create(t.Context(), id, spec, at("10.0.0.9", "2001:db8::1", "10.0.0.4")...))(t)
		})
		same(t, "requests", []string{"POST " + path("lbs", id) + "/backends"}, requests)
		want, servers, err := w.Dialect().Backend(spec, at("10.0.0.9", "2001:db8::1", "10.0.0.4"))
		if err != nil {
			t.Fatal(err)
		}
		got := must(w.Backends().Get(t.Context(), made.ID))(t)
		same(t, "read back", want, got.BackendSpec)
		same(t, "what Create returns", made, got)
		for i, server := range got.Servers {
			same(t, "server", servers[i], server.ServerSpec)
			if server.ID != scaleway.FormatServerID(zone, strings.TrimPrefix(string(made.ID), string(zone)+"/"), server.Address) || server.Backend != made.ID {
				t.Errorf("server is %+v", server)
			}
		}
		if len(got.Servers) != 3 || got.LoadBalancer != id || got.Created.IsZero() || len(got.Mixed) > 0 {
			t.Errorf("got %+v", got)
		}
	}
}

// A zero that Scaleway reports as null is not sent at all.
func TestBackendCreateSendsNoZeros(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backend(w.loadBalancer())
	var body map[string]any
	if err := json.Unmarshal([]byte(w.lastBody()), &body); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"timeout_server", "timeout_connect", "timeout_tunnel", "timeout_queue", "max_connections", "max_retries",
		"redispatch_attempt_count", "failover_host", "host", "ignore_ssl_server_verify", "send_proxy_v2",
	} {
		if value, sent := body[name]; sent {
			t.Errorf("%s: %v was sent", name, value)
		}
	}
}

func TestBackendCreateRefusesBeforeItSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	spec := backendSpec()
	spec.HealthCheck, spec.Algorithm = nil, lb.AlgorithmURI
	requests := w.sent(func() {
		_, err := w.Backends().Create(t.Context(), id, spec, lb.ServerSpec{Address: at("10.0.0.4")[0].Address, Disabled: true})
		var problems lb.Problems
		if !errors.As(err, &problems) || len(problems) != 3 {
			t.Errorf("got %v; want three problems", err)
		}
	})
	if len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
}

func TestBackendDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api := w.client.Zone(zone)
	id := w.loadBalancer()
	first, second := w.backend(id, "10.0.0.4"), w.backend(id)
	frontend := w.frontend(id, first.ID)
	route := must(api.Routes.Create(t.Context(), scaleway.RouteCreate{
		FrontendID: strings.TrimPrefix(string(frontend.ID), string(zone)+"/"),
		BackendID:  strings.TrimPrefix(string(second.ID), string(zone)+"/"),
		Match:      &scaleway.RouteMatch{HostHeader: "a.example.org"},
	}))(t)
	for backend, user := range map[lb.BackendID]string{first.ID: string(frontend.ID), second.ID: string(zone) + "/" + route.ID} {
		requests := w.writes(func() {
			e := coded(t, "in use", w.Backends().Delete(t.Context(), backend), lb.ErrInUse)
			if e.ID != string(backend) || len(e.Fields) != 1 || e.Fields[0].Path != user {
				t.Errorf("%s: error says %+v", backend, e)
			}
		})
		if len(requests) > 0 {
			t.Errorf("sent %v", requests)
		}
	}
	if err := w.Frontends().Delete(t.Context(), frontend.ID); err != nil {
		t.Fatal(err)
	}
	for _, backend := range []lb.BackendID{first.ID, second.ID} {
		if err := w.Backends().Delete(t.Context(), backend); err != nil {
			t.Fatal(err)
		}
		isCode(t, "again", w.Backends().Delete(t.Context(), backend), lb.ErrNotFound)
	}
}

func TestBackendList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithMaxPageSize(2))
	id := w.loadBalancer()
	var ids []lb.BackendID
	for _, name := range []string{"app", "app-2", "api", "app"} {
		spec := backendSpec()
		spec.Name = name
		ids = append(ids, must(w.Backends().Create(t.Context(), id, spec))(t).ID)
	}
	list := func(opts lb.ListOptions) []lb.BackendID {
		var got []lb.BackendID
		for b, err := range w.Backends().List(t.Context(), id, opts) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b.ID)
		}
		return got
	}
	same(t, "all", ids, list(lb.ListOptions{}))
	same(t, "exact names", []lb.BackendID{ids[0], ids[3]}, list(lb.ListOptions{Name: "app"}))
}

func TestWritesOfOneBackendDoNotOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.backend(w.loadBalancer())
	inside := make(chan struct{})
	leave := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := w.Backends().Update(t.Context(), made.ID, func(*lb.BackendSpec) error {
			close(inside)
			<-leave
			return nil
		})
		done <- err
	}()
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	requests := w.sent(func() {
		_, err := w.Servers().Add(ctx, made.ID, at("10.0.0.4")...)
		isCode(t, "a second write", err, context.DeadlineExceeded)
	})
	if len(requests) > 0 {
		t.Errorf("a second write sent %v before the first had ended", requests)
	}
	if _, err := w.Backends().Get(t.Context(), made.ID); err != nil {
		t.Errorf("a read: %v", err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestBackendCreateLeavesItsSpecAlone: what Scaleway fills in is written to nothing of the
// caller's, who may create the next backend from the same spec.
func TestBackendCreateLeavesItsSpecAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := backendSpec()
	spec.HealthCheck = &lb.HealthCheck{Type: lb.CheckHTTP, Port: spec.Port, HTTP: &lb.HTTPCheck{}}
	spec.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem}
	spec.Extensions = lb.Extend(scaleway.BackendOptions{Host: "shop.example.com"})
	servers := at("::ffff:10.0.0.5", "10.0.0.4")
	before, beforeServers := lb.Clone(spec), slices.Clone(servers)
	made := must(w.Backends().Create(t.Context(), w.loadBalancer(), spec, servers...))(t)
	if !lb.Equal(before, spec) || !slices.EqualFunc(beforeServers, servers, func(a, b lb.ServerSpec) bool { return lb.Equal(a, b) }) {
		t.Errorf("the spec became %+v with %+v, %+v", spec, spec.HealthCheck, servers)
	}
	if made.TLS.Name != "shop.example.com" || made.HealthCheck.HTTP.Method == "" {
		t.Errorf("nothing was filled in: %+v", made.BackendSpec)
	}
}
