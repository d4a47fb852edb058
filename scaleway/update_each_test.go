package scaleway_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// furnished is a load balancer with a certificate, a backend and a frontend in
// which every member is set.
type furnished struct {
	api                *scaleway.API
	other, certificate string // of another backend, and of another certificate
	backend, frontend  string
}

func newFurnished(t *testing.T) furnished {
	t.Helper()
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(100))
	t.Cleanup(server.Close)
	client := must(server.Client())(t)
	api := client.Zone("fr-par-1")
	ctx := t.Context()
	balancer := must(api.LBs.Create(ctx, scaleway.LBCreate{Name: "one"}))(t)
	check := scaleway.HealthCheck{Port: 80, CheckDelay: 3000, CheckTimeout: 1000, CheckMaxRetries: 3, HTTPConfig: &scaleway.HealthCheckHTTPConfig{URI: "/", Method: "GET"}}
	create := scaleway.BackendCreate{
		Name: "full", ForwardProtocol: scaleway.ProtocolHTTP, ForwardPort: 80, ForwardPortAlgorithm: scaleway.ForwardPortAlgorithmLeastConn,
		StickySessions: scaleway.StickySessionsCookie, StickySessionsCookieName: "c", HealthCheck: check, ServerIP: []string{"10.0.0.1", "10.0.0.2"},
		TimeoutServer: new(scaleway.Milliseconds(1000)), TimeoutConnect: new(scaleway.Milliseconds(2000)), TimeoutTunnel: new(scaleway.Milliseconds(3000)),
		OnMarkedDownAction: scaleway.OnMarkedDownActionShutdownSessions, ProxyProtocol: scaleway.ProxyProtocolV1, FailoverHost: new("bucket.s3-website.fr-par.scw.cloud"),
		SSLBridging: true, IgnoreSSLServerVerify: new(true), RedispatchAttemptCount: new(1), MaxRetries: new(2), MaxConnections: new(10),
		TimeoutQueue: new(scaleway.Duration(4 * time.Second)), Host: new("example.com"),
	}
	backend := must(api.Backends.Create(ctx, balancer.ID, create))(t)
	create.Name = "other"
	other := must(api.Backends.Create(ctx, balancer.ID, create))(t)
	order := func(name string) string {
		certificate := must(api.Certificates.Create(ctx, balancer.ID, scaleway.CertificateCreate{Name: name, Letsencrypt: &scaleway.LetsencryptConfig{CommonName: name + ".example.com"}}))(t)
		return must(api.Certificates.WaitReady(ctx, certificate.ID, quickly))(t).ID
	}
	first, second := order("first"), order("second")
	frontend := must(api.Frontends.Create(ctx, balancer.ID, scaleway.FrontendCreate{
		Name: "full", InboundPort: 443, BackendID: backend.ID, TimeoutClient: new(scaleway.Milliseconds(5000)), CertificateIDs: []string{first},
		EnableHTTP3: true, ConnectionRateLimit: new(uint32(7)), EnableAccessLogs: true,
	}))(t)
	return furnished{api: api, other: other.ID, certificate: second, backend: backend.ID, frontend: frontend.ID}
}

// TestUpdateOfEachMemberReadsBackAlone: one member of a fully configured backend is
// changed at a time, and of what is read afterwards nothing else has.
func TestUpdateOfEachMemberReadsBackAlone(t *testing.T) {
	t.Parallel()
	f := newFurnished(t)
	changes := map[string]func(*scaleway.BackendUpdate){
		"name":                        func(u *scaleway.BackendUpdate) { u.Name = "n" },
		"forward_port":                func(u *scaleway.BackendUpdate) { u.ForwardPort = 81 },
		"forward_port_algorithm":      func(u *scaleway.BackendUpdate) { u.ForwardPortAlgorithm = scaleway.ForwardPortAlgorithmFirst },
		"sticky_sessions":             func(u *scaleway.BackendUpdate) { u.StickySessions = scaleway.StickySessionsTable },
		"sticky_sessions_cookie_name": func(u *scaleway.BackendUpdate) { u.StickySessionsCookieName = "d" },
		"timeout_server":              func(u *scaleway.BackendUpdate) { u.TimeoutServer = new(scaleway.Milliseconds(1001)) },
		"timeout_connect":             func(u *scaleway.BackendUpdate) { u.TimeoutConnect = new(scaleway.Milliseconds(1002)) },
		"timeout_tunnel":              func(u *scaleway.BackendUpdate) { u.TimeoutTunnel = new(scaleway.Milliseconds(1003)) },
		"on_marked_down_action":       func(u *scaleway.BackendUpdate) { u.OnMarkedDownAction = scaleway.OnMarkedDownActionNone },
		"proxy_protocol":              func(u *scaleway.BackendUpdate) { u.ProxyProtocol = scaleway.ProxyProtocolV2SSL },
		"failover_host":               func(u *scaleway.BackendUpdate) { u.FailoverHost = new("other.s3-website.fr-par.scw.cloud") },
		"ssl_bridging":                func(u *scaleway.BackendUpdate) { u.SSLBridging = false },
		"ignore_ssl_server_verify":    func(u *scaleway.BackendUpdate) { u.IgnoreSSLServerVerify = new(false) },
		"redispatch_attempt_count":    func(u *scaleway.BackendUpdate) { u.RedispatchAttemptCount = new(0) },
		"max_retries":                 func(u *scaleway.BackendUpdate) { u.MaxRetries = new(5) },
		"max_connections":             func(u *scaleway.BackendUpdate) { u.MaxConnections = new(11) },
		"timeout_queue":               func(u *scaleway.BackendUpdate) { u.TimeoutQueue = new(scaleway.Duration(6 * time.Second)) },
		"host":                        func(u *scaleway.BackendUpdate) { u.Host = new("example.org") },
	}
	// The protocol decides which other members mean anything, and send_proxy_v2 is
	// the older word for proxy_protocol.
	covers(t, reflect.TypeFor[scaleway.BackendUpdate](), changes, "forward_protocol", "send_proxy_v2")
	for member, change := range changes {
		before := must(f.api.Backends.Get(t.Context(), f.backend))(t)
		update := scaleway.NewBackendUpdate(before)
		change(&update)
		_ = must(f.api.Backends.Update(t.Context(), f.backend, update))(t)
		changedAlone(t, member, before, must(f.api.Backends.Get(t.Context(), f.backend))(t), "send_proxy_v2")
	}
}

// TestUpdateOfEachFrontendMemberReadsBackAlone is the same for frontends.
func TestUpdateOfEachFrontendMemberReadsBackAlone(t *testing.T) {
	t.Parallel()
	f := newFurnished(t)
	changes := map[string]func(*scaleway.FrontendUpdate){
		"name":                  func(u *scaleway.FrontendUpdate) { u.Name = "n" },
		"inbound_port":          func(u *scaleway.FrontendUpdate) { u.InboundPort = 8443 },
		"backend_id":            func(u *scaleway.FrontendUpdate) { u.BackendID = f.other },
		"timeout_client":        func(u *scaleway.FrontendUpdate) { u.TimeoutClient = new(scaleway.Milliseconds(6000)) },
		"certificate_ids":       func(u *scaleway.FrontendUpdate) { u.CertificateIDs = []string{f.certificate} },
		"enable_http3":          func(u *scaleway.FrontendUpdate) { u.EnableHTTP3 = false },
		"connection_rate_limit": func(u *scaleway.FrontendUpdate) { u.ConnectionRateLimit = new(uint32(8)) },
		"enable_access_logs":    func(u *scaleway.FrontendUpdate) { u.EnableAccessLogs = new(false) },
	}
	covers(t, reflect.TypeFor[scaleway.FrontendUpdate](), changes, "certificate_id") // the older word for certificate_ids
	for member, change := range changes {
		before := must(f.api.Frontends.Get(t.Context(), f.frontend))(t)
		update := scaleway.NewFrontendUpdate(before)
		change(&update)
		_ = must(f.api.Frontends.Update(t.Context(), f.frontend, update))(t)
		shown := member
		if member == "backend_id" {
			shown = "backend" // the answer holds the backend itself
		}
		changedAlone(t, shown, before, must(f.api.Frontends.Get(t.Context(), f.frontend))(t), "certificate")
	}
}

// covers fails unless changes, and what is left out by name, are all members of an
// update.
func covers[U any](t *testing.T, update reflect.Type, changes map[string]func(*U), out ...string) {
	t.Helper()
	var members []string
	for i := range update.NumField() {
		member, _, _ := strings.Cut(update.Field(i).Tag.Get("json"), ",")
		members = append(members, member)
	}
	slices.Sort(members)
	if diff := cmp.Diff(slices.Sorted(slices.Values(slices.AppendSeq(out, maps.Keys(changes)))), members); diff != "" {
		t.Errorf("members (-tested +there):\n%s", diff)
	}
}

// changedAlone compares two readings: the member differs, and besides it at most
// what shows the same thing, and the time of the update.
func changedAlone(t *testing.T, member string, before, after any, mirrors ...string) {
	t.Helper()
	b, a := asMap(t, before), asMap(t, after)
	if cmp.Equal(b[member], a[member]) {
		t.Errorf("%s did not change", member)
	}
	for _, m := range []map[string]any{b, a} {
		for _, name := range append(mirrors, member, "updated_at", "lb") {
			delete(m, name)
		}
		if backend, ok := m["backend"].(map[string]any); ok {
			delete(backend, "lb")
		}
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("%s changed others (-before +after):\n%s", member, diff)
	}
}

func asMap(t *testing.T, v any) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal(must(json.Marshal(v))(t), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
