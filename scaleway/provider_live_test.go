package scaleway

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// newLive is a provider whose API answers with one object: GET with the object as
// it is, PUT with what it got on top of that.
func newLive(t *testing.T, object string) (lb.Provider, *wire) {
	t.Helper()
	client, w := newWire(t, func(r sentRequest) reply {
		switch {
		case r.Method == http.MethodPut && strings.HasSuffix(r.Path, "/healthcheck"):
			return reply{status: http.StatusOK, body: r.Body}
		case r.Method == http.MethodPut:
			return reply{status: http.StatusOK, body: merged(t, object, r.Body)}
		default:
			return reply{status: http.StatusOK, body: object}
		}
	})
	p, err := NewProvider(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, w
}

func merged(t *testing.T, object, change string) string {
	t.Helper()
	fields := *decoded[map[string]any](t, object)
	for name, value := range *decoded[map[string]any](t, change) {
		fields[name] = value
	}
	out, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// odd is a backend that the dialect would refuse, with words that nobody knows.
const odd = `{
	"id": "` + testBackend + `", "name": "app", "forward_protocol": "tcp", "forward_port": 8080, "forward_port_algorithm": "random",
	"sticky_sessions": "cookie", "sticky_sessions_cookie_name": "", "on_marked_down_action": "weep",
	"proxy_protocol": "proxy_protocol_v3", "host": null, "failover_host": null, "timeout_queue": null, "max_connections": null,
	"redispatch_attempt_count": 2, "ignore_ssl_server_verify": null, "ssl_bridging": false, "pool": ["10.0.0.4"],
	"health_check": {"port": 8080, "check_delay": 3000, "check_timeout": 500, "check_max_retries": 3,
		"http_config": {"uri": "up", "method": "TRACE", "code": null, "host_header": ""}, "transient_check_delay": null},
	"lb": {"id": "` + testLB + `"}
}`

// What is live passes while nobody touches it, and is sent back as it was.
func TestLiveOdditiesStay(t *testing.T) {
	t.Parallel()
	id := FormatBackendID(testZone, testBackend)
	p, w := newLive(t, odd)
	_, err := p.Backends().Update(t.Context(), id, func(s *lb.BackendSpec) error {
		s.Name, s.HealthCheck.UnhealthyThreshold = "other", 5
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sent := w.all()
	check, settings := sent[1], sent[2]
	for name, want := range map[string]any{
		"name": "other", "forward_port_algorithm": "random", "sticky_sessions": "cookie", "on_marked_down_action": "weep",
		"proxy_protocol": "proxy_protocol_v3", "redispatch_attempt_count": 2.0, "host": nil, "max_connections": nil,
		"timeout_queue": nil, "ignore_ssl_server_verify": nil,
	} {
		if got := (*decoded[map[string]any](t, settings.Body))[name]; got != want {
			t.Errorf("%s: sent %v, want %v", name, got, want)
		}
	}
	got := decoded[HealthCheck](t, check.Body)
	if got.HTTPConfig == nil || got.HTTPConfig.URI != "up" || got.HTTPConfig.Method != "TRACE" || got.CheckTimeout != 500 || got.CheckMaxRetries != 5 {
		t.Errorf("check: sent %s", check.Body)
	}
	if got.TransientCheckDelay != nil {
		t.Errorf("transient delay: sent %s", got.TransientCheckDelay)
	}
}

// Touching one refused setting is refused for that setting alone.
func TestLiveOdditiesAreRefusedWhenTouched(t *testing.T) {
	t.Parallel()
	p, w := newLive(t, odd)
	_, err := p.Backends().Update(t.Context(), FormatBackendID(testZone, testBackend), func(s *lb.BackendSpec) error {
		s.Algorithm = lb.AlgorithmURI
		return nil
	})
	checkFindings(t, err, found{"backend.algorithm", "algorithm"})
	if sent := w.all(); len(sent) != 1 {
		t.Errorf("sent %v", sent)
	}
}

func TestLiveOdditiesDoNotHinderServers(t *testing.T) {
	t.Parallel()
	p, _ := newLive(t, odd)
	parent := FormatBackendID(testZone, testBackend)
	pool, err := p.Servers().Set(t.Context(), parent, []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.4")}}, lb.SetOptions{})
	if err != nil || len(pool) != 1 {
		t.Errorf("got %v, %v", pool, err)
	}
}

// The deprecated flag means version 2; an update says so in the words of today.
func TestLiveDeprecatedProxyFlagStays(t *testing.T) {
	t.Parallel()
	p, w := newLive(t, strings.Replace(odd, `"proxy_protocol": "proxy_protocol_v3"`, `"proxy_protocol": "proxy_protocol_unknown", "send_proxy_v2": true`, 1))
	got, err := p.Backends().Update(t.Context(), FormatBackendID(testZone, testBackend), func(s *lb.BackendSpec) error {
		s.Name = "other"
		return nil
	})
	if err != nil || got.ProxyProtocol != lb.ProxyProtocolV2 {
		t.Fatalf("got %v, %v", got, err)
	}
	contains(t, "the update", w.all()[1].Body, `"proxy_protocol":"proxy_protocol_v2"`)
}

// A certificate that only the deprecated member names is not lost.
func TestLiveDeprecatedCertificateStays(t *testing.T) {
	t.Parallel()
	p, w := newLive(t, `{
		"id": "`+testFrontend+`", "name": "web", "inbound_port": 443, "certificate_ids": [], "certificate": {"id": "`+testCertificate+`"},
		"backend": {"id": "`+testBackend+`", "forward_protocol": "quic"}, "lb": {"id": "`+testLB+`"}}`)
	got, err := p.Frontends().Update(t.Context(), FormatFrontendID(testZone, testFrontend), func(s *lb.FrontendSpec) error {
		s.Name = "other"
		return nil
	})
	if err != nil || len(got.Certificates) != 1 || got.Protocol != "quic" {
		t.Fatalf("got %+v, %v", got, err)
	}
	contains(t, "the update", w.all()[1].Body, `"certificate_ids":["`+testCertificate+`"]`)
}

func TestLiveLoadBalancerOdditiesStay(t *testing.T) {
	t.Parallel()
	p, w := newLive(t, `{
		"id": "`+testLB+`", "name": "web", "description": "d", "tags": ["z", "a", "a"], "type": "lb-s",
		"ssl_compatibility_level": "ssl_compatibility_level_future", "status": "ready", "zone": "fr-par-1",
		"ip": [{"id": "`+testIP+`", "ip_address": "2001:bc8:711:1586::"}]}`)
	got, err := p.LoadBalancers().Update(t.Context(), FormatLoadBalancerID(testZone, testLB), func(s *lb.LoadBalancerSpec) error {
		s.Name = "other"
		return nil
	})
	if err != nil || got.TLSPolicy != "ssl_compatibility_level_future" {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := `{"name":"other","description":"d","tags":["z","a","a"],"ssl_compatibility_level":"ssl_compatibility_level_future"}`
	if sent := w.all()[1].Body; sent != want {
		t.Errorf("sent %s, want %s", sent, want)
	}
}

// An address that is none is said, and not left out.
func TestLivePoolThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p, _ := newLive(t, strings.Replace(odd, "10.0.0.4", "server-1.example.org", 1))
	_, err := p.Backends().Get(t.Context(), FormatBackendID(testZone, testBackend))
	if !errors.Is(err, lb.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	contains(t, "the error", err.Error(), "server-1.example.org")
}
