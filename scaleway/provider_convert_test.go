package scaleway

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// fullBackend is a backend with every setting, as the API answers it.
const fullBackend = `{
	"id": "` + testBackend + `", "name": "app", "forward_protocol": "http", "forward_port": 8080,
	"forward_port_algorithm": "leastconn", "sticky_sessions": "cookie", "sticky_sessions_cookie_name": "SERVERID",
	"health_check": {
		"port": 9090, "check_delay": 10000, "check_timeout": 2500, "check_max_retries": 5,
		"https_config": {"uri": "/up", "method": "POST", "code": 204, "host_header": "app.example.org", "sni": "app.internal"},
		"check_send_proxy": true, "transient_check_delay": "0.750s"
	},
	"pool": ["2001:DB8:0:0::1", "10.0.0.9", "10.0.0.4"],
	"lb": {"id": "` + testLB + `", "zone": "fr-par-1"},
	"send_proxy_v2": true, "timeout_server": 0, "timeout_connect": 1500, "timeout_tunnel": 60000,
	"on_marked_down_action": "shutdown_sessions", "proxy_protocol": "proxy_protocol_v2",
	"created_at": "2026-07-21T10:18:52.599446891Z", "updated_at": "2026-07-21T10:18:53Z",
	"failover_host": "b.s3-website.fr-par.scw.cloud", "ssl_bridging": true, "ignore_ssl_server_verify": true,
	"redispatch_attempt_count": 1, "max_retries": 0, "max_connections": 40, "timeout_queue": "1.250s", "host": "app.internal"
}`

func decoded[T any](t *testing.T, text string) *T {
	t.Helper()
	out := new(T)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatal(err)
	}
	return out
}

func fullBackendSpec() lb.BackendSpec {
	none := 0
	return lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, Algorithm: lb.AlgorithmLeastConn,
		Stickiness: lb.StickinessCookie, CookieName: "SERVERID",
		HealthCheck: &lb.HealthCheck{
			Type: lb.CheckHTTPS, Port: 9090, Interval: 10 * aSecond, Timeout: 2500 * aMillisecond, UnhealthyThreshold: 5,
			HTTP:       &lb.HTTPCheck{Method: "POST", Host: "app.example.org", Path: "/up", Status: []int{204}, SNI: "app.internal"},
			Extensions: lb.Extend(HealthCheckOptions{SendProxy: true, TransientDelay: 750 * aMillisecond}),
		},
		ProxyProtocol: lb.ProxyProtocolV2, OnMarkedDown: lb.OnMarkedDownShutdownSessions,
		TLS:            &lb.BackendTLS{Verify: lb.TLSVerifyNone, Name: "app.internal"},
		ConnectTimeout: 1500 * aMillisecond, TunnelTimeout: 60 * aSecond, QueueTimeout: 1250 * aMillisecond,
		MaxConnections: 40, MaxRetries: &none,
		Extensions: lb.Extend(BackendOptions{
			FailoverHost: "b.s3-website.fr-par.scw.cloud", Redispatch: true, ZeroTimeouts: []string{"serverTimeout"},
		}),
	}
}

func TestBackendReads(t *testing.T) {
	t.Parallel()
	native := decoded[Backend](t, fullBackend)
	got, err := neutralBackend(testZone, native)
	if err != nil {
		t.Fatal(err)
	}
	id := FormatBackendID(testZone, testBackend)
	server := func(address string) *lb.Server {
		a := netip.MustParseAddr(address)
		return &lb.Server{ID: FormatServerID(testZone, testBackend, a), Backend: id, ServerSpec: lb.ServerSpec{Address: a}}
	}
	want := &lb.Backend{
		ID: id, LoadBalancer: FormatLoadBalancerID(testZone, testLB), BackendSpec: fullBackendSpec(),
		Servers: []*lb.Server{server("10.0.0.4"), server("10.0.0.9"), server("2001:db8::1")},
		Created: time.Date(2026, 7, 21, 10, 18, 52, 599447000, time.UTC), Updated: time.Date(2026, 7, 21, 10, 18, 53, 0, time.UTC),
		Native: native,
	}
	if diff := cmp.Diff(want, got, specOptions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The way there and back: what is read is canonical, and written it is what was
// read.
func TestBackendRoundTrip(t *testing.T) {
	t.Parallel()
	checkCanonical(t, backendAlone, fullBackendSpec(), fullBackendSpec())
	native := decoded[Backend](t, fullBackend)
	settings, check, err := new(wireValues).backend("", fullBackendSpec())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(NewBackendUpdate(native), settings); diff != "" {
		t.Errorf("settings (-read +written):\n%s", diff)
	}
	if diff := cmp.Diff(native.HealthCheck, check); diff != "" {
		t.Errorf("check (-read +written):\n%s", diff)
	}
}

// A backend that was made with the least reads as the least, whatever its nulls.
func TestBackendNullsReadAsDefaults(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"never set": `"proxy_protocol": "proxy_protocol_unknown", "timeout_queue": null, "host": null, "max_connections": null`,
		"set to nothing": `"proxy_protocol": "proxy_protocol_none", "timeout_queue": "0s", "host": "", "max_connections": 0,
			"redispatch_attempt_count": 0, "ignore_ssl_server_verify": false, "failover_host": ""`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := backendSpec(decoded[Backend](t, `{
				"id": "`+testBackend+`", "name": "app", "forward_protocol": "http", "forward_port": 8080, "forward_port_algorithm": "roundrobin",
				"sticky_sessions": "none", "sticky_sessions_cookie_name": "", "on_marked_down_action": "on_marked_down_action_none",
				"health_check": {"port": 8080, "check_delay": 3000, "check_timeout": 1000, "check_max_retries": 3, "tcp_config": {}},
				"timeout_server": null, "timeout_connect": null, "timeout_tunnel": null, "max_retries": null, `+text+`}`))
			if diff := cmp.Diff(plainBackend(), got, specOptions); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBackendReadingNeverWeakens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want func(*lb.BackendSpec)
	}{
		"unknown enums": {
			`"forward_protocol": "quic", "forward_port_algorithm": "random", "sticky_sessions": "header",
			"proxy_protocol": "proxy_protocol_v3", "on_marked_down_action": "weep"`,
			func(s *lb.BackendSpec) {
				s.Protocol, s.Algorithm, s.Stickiness, s.ProxyProtocol, s.OnMarkedDown = "quic", "random", "header", "proxy_protocol_v3", "weep"
			},
		},
		"certificates of HTTPS checks are not verified": {
			`"ssl_bridging": false, "ignore_ssl_server_verify": true`,
			func(s *lb.BackendSpec) { s.Extensions = lb.Extend(BackendOptions{SkipVerify: true}) },
		},
		"a host without TLS": {
			`"ssl_bridging": false, "host": "app.internal"`,
			func(s *lb.BackendSpec) { s.Extensions = lb.Extend(BackendOptions{Host: "app.internal"}) },
		},
		"the deprecated proxy flag": {
			`"proxy_protocol": "proxy_protocol_unknown", "send_proxy_v2": true`,
			func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2 },
		},
		"a cookie's name without a cookie": {
			`"sticky_sessions_cookie_name": "c"`,
			func(s *lb.BackendSpec) { s.CookieName = "c" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := `"name": "app", "forward_port": 8080, "health_check": {"port": 8080, "check_delay": 3000, "check_timeout": 1000, "check_max_retries": 3, "tcp_config": {}}`
			enums := `"forward_protocol": "http", "forward_port_algorithm": "roundrobin", "sticky_sessions": "none", "on_marked_down_action": "on_marked_down_action_none", `
			got := backendSpec(decoded[Backend](t, `{`+enums+test.text+`, `+base+`}`))
			if diff := cmp.Diff(backendWith(test.want), got, specOptions); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHealthCheckKinds(t *testing.T) {
	t.Parallel()
	code := 200
	for name, test := range map[string]struct {
		native HealthCheck
		want   lb.HealthCheck
	}{
		"tcp":   {HealthCheck{TCPConfig: &HealthCheckTCPConfig{}}, lb.HealthCheck{Type: lb.CheckTCP}},
		"mysql": {HealthCheck{MySQLConfig: &HealthCheckMySQLConfig{User: "u"}}, lb.HealthCheck{Type: lb.CheckMySQL, User: "u"}},
		"pgsql": {HealthCheck{PgSQLConfig: &HealthCheckPgSQLConfig{User: "u"}}, lb.HealthCheck{Type: lb.CheckPgSQL, User: "u"}},
		"redis": {HealthCheck{RedisConfig: &HealthCheckRedisConfig{}}, lb.HealthCheck{Type: lb.CheckRedis}},
		"ldap":  {HealthCheck{LDAPConfig: &HealthCheckLDAPConfig{}}, lb.HealthCheck{Type: lb.CheckLDAP}},
		"other": {HealthCheck{}, lb.HealthCheck{Type: "scaleway.unknown"}},
		"http": {
			HealthCheck{HTTPConfig: &HealthCheckHTTPConfig{URI: "/", Method: "GET", Code: &code, HostHeader: "h"}},
			lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{200}, Host: "h"}},
		},
		"https": {
			HealthCheck{HTTPSConfig: &HealthCheckHTTPSConfig{URI: "/", Method: "GET", SNI: "s"}},
			lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", SNI: "s"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native, want := test.native, test.want
			native.Port, native.CheckDelay, native.CheckTimeout, native.CheckMaxRetries = 81, 1000, 2000, 4
			delay := Duration(500 * time.Millisecond)
			native.TransientCheckDelay = &delay
			want.Port, want.Interval, want.Timeout, want.UnhealthyThreshold = 81, aSecond, 2*aSecond, 4
			got := neutralCheck(&Backend{ForwardPort: 80, HealthCheck: native})
			if diff := cmp.Diff(&want, got, specOptions); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			_, back, err := new(wireValues).backend("", lb.BackendSpec{Port: 80, HealthCheck: got})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(native, back); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
		})
	}
}

// fullFrontend is a frontend with every setting, as the API answers it.
const fullFrontend = `{
	"id": "` + testFrontend + `", "name": "web", "inbound_port": 443,
	"backend": {"id": "` + testBackend + `", "forward_protocol": "http"}, "lb": {"id": "` + testLB + `"},
	"timeout_client": 1500, "certificate": {"id": "` + testCertificate + `"},
	"certificate_ids": ["` + testCertificate + `", "` + testACL + `"],
	"created_at": "2026-07-21T10:18:52.599446891Z", "updated_at": "2026-07-21T10:18:53Z",
	"enable_http3": true, "connection_rate_limit": 4000000000, "enable_access_logs": true
}`

func fullFrontendSpec() lb.FrontendSpec {
	return lb.FrontendSpec{
		Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(443)},
		DefaultBackend: FormatBackendID(testZone, testBackend), TLS: true,
		Certificates:  []lb.CertificateID{FormatCertificateID(testZone, testCertificate), FormatCertificateID(testZone, testACL)},
		ClientTimeout: 1500 * aMillisecond, HTTP3: true, ConnectionRate: 4_000_000_000,
		Extensions: lb.Extend(FrontendOptions{AccessLogs: true}),
	}
}

func TestFrontendRoundTrip(t *testing.T) {
	t.Parallel()
	native := decoded[Frontend](t, fullFrontend)
	got := neutralFrontend(testZone, native)
	want := &lb.Frontend{
		ID: FormatFrontendID(testZone, testFrontend), LoadBalancer: FormatLoadBalancerID(testZone, testLB), FrontendSpec: fullFrontendSpec(),
		Created: time.Date(2026, 7, 21, 10, 18, 52, 599447000, time.UTC), Updated: time.Date(2026, 7, 21, 10, 18, 53, 0, time.UTC),
		Native: native,
	}
	if diff := cmp.Diff(want, got, specOptions); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	checkCanonical(t, testDialect().Frontend, fullFrontendSpec(), fullFrontendSpec())
	update, err := wireFrontend("", testZone, fullFrontendSpec())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(NewFrontendUpdate(native), update); diff != "" {
		t.Errorf("(-read +written):\n%s", diff)
	}
}

func TestFrontendNullsReadAsDefaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want func(*lb.FrontendSpec)
	}{
		"nulls": {`"timeout_client": null, "connection_rate_limit": null, "certificate_ids": []`, func(*lb.FrontendSpec) {}},
		"zeros": {`"connection_rate_limit": 0, "certificate_ids": null`, func(*lb.FrontendSpec) {}},
		"0 ms": {`"timeout_client": 0`, func(s *lb.FrontendSpec) {
			s.Extensions = lb.Extend(FrontendOptions{ZeroClientTimeout: true})
		}},
		"the deprecated certificate": {`"inbound_port": 443, "certificate": {"id": "` + testCertificate + `"}`, func(s *lb.FrontendSpec) {
			s.Ports, s.TLS, s.Certificates = []lb.PortRange{lb.Port(443)}, true, []lb.CertificateID{FormatCertificateID(testZone, testCertificate)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := frontendSpec(testZone, decoded[Frontend](t, `{"name": "web", "inbound_port": 80,
				"backend": {"id": "`+testBackend+`", "forward_protocol": "http"}, `+test.text+`}`))
			want := frontendWith(test.want)
			want.DefaultBackend = FormatBackendID(testZone, testBackend)
			if diff := cmp.Diff(want, got, specOptions); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadBalancerReads(t *testing.T) {
	t.Parallel()
	native := decoded[LB](t, `{
		"id": "`+testLB+`", "name": "web", "description": "d", "status": "ready", "tags": ["b", "a"], "type": "LB-S",
		"instances": [{"id": "`+testBackend+`", "status": "pending", "zone": "fr-par-1"}],
		"ip": [{"id": "`+testIP+`", "ip_address": "203.0.113.1"}, {"id": "`+testACL+`", "ip_address": "2001:bc8:711:1586::"}],
		"organization_id": "`+testOrganization+`", "project_id": "`+otherProject+`",
		"ssl_compatibility_level": "ssl_compatibility_level_old",
		"created_at": "2026-07-21T10:18:52.583002274Z", "updated_at": "2026-07-21T10:18:52.583002274Z", "zone": "fr-par-1"}`)
	got := testDialect().neutralLoadBalancer(testZone, native, nil)
	moment := time.Date(2026, 7, 21, 10, 18, 52, 583002000, time.UTC)
	want := &lb.LoadBalancer{
		ID: FormatLoadBalancerID(testZone, testLB),
		LoadBalancerSpec: lb.LoadBalancerSpec{
			Name: "web", Tags: []string{"a", "b"}, Plan: "lb-s", Zone: "fr-par-1", TLSPolicy: lb.TLSPolicyLegacy,
			Extensions: lb.Extend(LoadBalancerOptions{Description: "d", Project: otherProject, IPv6: true}),
		},
		Provisioning: lb.ProvisioningReady, Zones: []string{"fr-par-1"},
		Addresses: []netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:bc8:711:1586::")},
		Instances: []lb.Instance{{ID: testBackend, Zone: "fr-par-1", Status: lb.ProvisioningUpdating}},
		Created:   moment, Updated: moment, Native: native,
	}
	if diff := cmp.Diff(want, got, specOptions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadBalancerProjects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		home, project, organization, want string
	}{
		"the client's":                    {testProject, testProject, testOrganization, ""},
		"another":                         {testProject, otherProject, testOrganization, otherProject},
		"no client's, the default one":    {"", testOrganization, testOrganization, ""},
		"no client's, another":            {"", otherProject, testOrganization, otherProject},
		"the client's organization's own": {testOrganization, testOrganization, testOrganization, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dialect{home: test.home}
			got := d.loadBalancerReported(&LB{ProjectID: test.project, OrganizationID: test.organization}, nil)
			if got.Project != test.want {
				t.Errorf("got %q, want %q", got.Project, test.want)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[LBStatus]lb.Provisioning{
		LBStatusUnknown: lb.ProvisioningUnknown, LBStatusReady: lb.ProvisioningReady, LBStatusPending: lb.ProvisioningUpdating,
		LBStatusStopped: lb.ProvisioningSuspended, LBStatusError: lb.ProvisioningError, LBStatusLocked: lb.ProvisioningSuspended,
		LBStatusMigrating: lb.ProvisioningUpdating, LBStatusToCreate: lb.ProvisioningPending, LBStatusCreating: lb.ProvisioningPending,
		LBStatusToDelete: lb.ProvisioningDeleting, LBStatusDeleting: lb.ProvisioningDeleting,
		"hibernating": "hibernating", // a word that nobody knows is named, and not taken for another
	} {
		if got := lbStatuses.read(status); got != want {
			t.Errorf("load balancer %s: got %s, want %s", status, got, want)
		}
	}
	for status, want := range map[InstanceStatus]lb.Provisioning{
		InstanceStatusUnknown: lb.ProvisioningUnknown, InstanceStatusReady: lb.ProvisioningReady,
		InstanceStatusPending: lb.ProvisioningUpdating, InstanceStatusStopped: lb.ProvisioningSuspended,
		InstanceStatusError: lb.ProvisioningError, InstanceStatusLocked: lb.ProvisioningSuspended,
		InstanceStatusMigrating: lb.ProvisioningUpdating, "napping": "napping",
	} {
		if got := instanceStatuses.read(status); got != want {
			t.Errorf("instance %s: got %s, want %s", status, got, want)
		}
	}
}
