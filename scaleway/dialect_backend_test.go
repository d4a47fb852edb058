package scaleway

import (
	"math"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// plainBackend is the least that is accepted, in canonical form.
func plainBackend() lb.BackendSpec {
	return lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, Algorithm: lb.AlgorithmRoundRobin,
		HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP, Interval: 3 * aSecond, Timeout: aSecond, UnhealthyThreshold: 3},
	}
}

func backendWith(change func(*lb.BackendSpec)) lb.BackendSpec {
	spec := plainBackend()
	change(&spec)
	return spec
}

func backendAlone(spec lb.BackendSpec) (lb.BackendSpec, error) {
	canonical, _, err := testDialect().Backend(spec, nil)
	return canonical, err
}

func TestDialectBackendCanonical(t *testing.T) {
	t.Parallel()
	encrypted := backendWith(func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem, Name: "app.internal"} })
	for name, test := range map[string]struct{ spec, want lb.BackendSpec }{
		"defaults": {
			lb.BackendSpec{Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{}},
			plainBackend(),
		},
		"the check's port is the backend's": {
			backendWith(func(s *lb.BackendSpec) { s.HealthCheck.Port = 8080 }), plainBackend(),
		},
		"host with TLS is the server name": {
			backendWith(func(s *lb.BackendSpec) {
				s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem}
				s.Extensions = lb.Extend(BackendOptions{Host: "app.internal"})
			}), encrypted,
		},
		"host and server name agree": {
			backendWith(func(s *lb.BackendSpec) {
				s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem, Name: "app.internal"}
				s.Extensions = lb.Extend(BackendOptions{Host: "app.internal"})
			}), encrypted,
		},
		"zero timeouts are a set": {
			backendWith(func(s *lb.BackendSpec) {
				s.Extensions = lb.Extend(BackendOptions{ZeroTimeouts: []string{"tunnelTimeout", "connectTimeout", "tunnelTimeout"}})
			}),
			backendWith(func(s *lb.BackendSpec) {
				s.Extensions = lb.Extend(BackendOptions{ZeroTimeouts: []string{"connectTimeout", "tunnelTimeout"}})
			}),
		},
		"an HTTP check asks for the root": {
			backendWith(func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckHTTP }),
			backendWith(func(s *lb.BackendSpec) {
				s.HealthCheck.Type, s.HealthCheck.HTTP = lb.CheckHTTP, &lb.HTTPCheck{Method: "GET", Path: "/"}
			}),
		},
		"an empty request is none": {backendWith(func(s *lb.BackendSpec) { s.HealthCheck.HTTP = &lb.HTTPCheck{} }), plainBackend()},
		"nothing expected":         {backendWith(func(s *lb.BackendSpec) { s.HealthCheck.Expect = &lb.Expect{} }), plainBackend()},
		"the default transient delay": {
			backendWith(func(s *lb.BackendSpec) {
				s.HealthCheck.Extensions = lb.Extend(HealthCheckOptions{TransientDelay: 500 * aMillisecond})
			}), plainBackend(),
		},
		"others' extensions": {
			backendWith(func(s *lb.BackendSpec) {
				s.Extensions, s.HealthCheck.Extensions = lb.Extend(foreign{"x"}), lb.Extend(foreign{"x"})
			}), plainBackend(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkCanonical(t, backendAlone, test.spec, test.want)
		})
	}
}

// What is accepted stays as it is.
func TestDialectBackendAccepts(t *testing.T) {
	t.Parallel()
	request := func(kind lb.CheckType, r lb.HTTPCheck) func(*lb.BackendSpec) {
		return func(s *lb.BackendSpec) { s.HealthCheck.Type, s.HealthCheck.HTTP = kind, &r }
	}
	none := 0
	most := 32
	for name, change := range map[string]func(*lb.BackendSpec){
		"TCP":         func(s *lb.BackendSpec) { s.Protocol = lb.ProtocolTCP },
		"leastconn":   func(s *lb.BackendSpec) { s.Algorithm = lb.AlgorithmLeastConn },
		"first":       func(s *lb.BackendSpec) { s.Algorithm = lb.AlgorithmFirst },
		"by source":   func(s *lb.BackendSpec) { s.Stickiness = lb.StickinessSource },
		"by cookie":   func(s *lb.BackendSpec) { s.Stickiness, s.CookieName = lb.StickinessCookie, "SERVERID" },
		"proxy v1":    func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV1 },
		"proxy v2":    func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2 },
		"proxy ssl":   func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2SSL },
		"proxy cn":    func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2SSLCN },
		"marked down": func(s *lb.BackendSpec) { s.OnMarkedDown = lb.OnMarkedDownShutdownSessions },
		"TLS, any certificate": func(s *lb.BackendSpec) {
			s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone}
		},
		"timeouts": func(s *lb.BackendSpec) {
			s.ServerTimeout, s.ConnectTimeout = aMillisecond, math.MaxInt32*aMillisecond
			s.TunnelTimeout, s.QueueTimeout = 900*aSecond, 1500*aMillisecond
		},
		"connections": func(s *lb.BackendSpec) { s.MaxConnections = math.MaxInt32 },
		"no retries":  func(s *lb.BackendSpec) { s.MaxRetries = &none },
		"retries":     func(s *lb.BackendSpec) { s.MaxRetries = &most },
		"options": func(s *lb.BackendSpec) {
			s.Extensions = lb.Extend(BackendOptions{Host: "h", FailoverHost: "b.s3-website.fr-par.scw.cloud", Redispatch: true, SkipVerify: true})
		},
		"check elsewhere":   func(s *lb.BackendSpec) { s.HealthCheck.Port = 9090 },
		"shortest interval": func(s *lb.BackendSpec) { s.HealthCheck.Interval = aSecond },
		"longest interval":  func(s *lb.BackendSpec) { s.HealthCheck.Interval = math.MaxInt32 * aMillisecond },
		"odd timeout":       func(s *lb.BackendSpec) { s.HealthCheck.Timeout = 1001 * aMillisecond },
		"threshold 1":       func(s *lb.BackendSpec) { s.HealthCheck.UnhealthyThreshold = 1 },
		"threshold 9999":    func(s *lb.BackendSpec) { s.HealthCheck.UnhealthyThreshold = 9999 },
		"MySQL":             func(s *lb.BackendSpec) { s.HealthCheck.Type, s.HealthCheck.User = lb.CheckMySQL, "check" },
		"PostgreSQL":        func(s *lb.BackendSpec) { s.HealthCheck.Type, s.HealthCheck.User = lb.CheckPgSQL, "check" },
		"Redis":             func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckRedis },
		"LDAP":              func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckLDAP },
		"HTTP":              request(lb.CheckHTTP, lb.HTTPCheck{Method: "POST", Host: "h", Path: "/up?a=b", Status: []int{204}}),
		"HTTPS":             request(lb.CheckHTTPS, lb.HTTPCheck{Method: "HEAD", Path: "/", SNI: "h"}),
		"a whole URL":       request(lb.CheckHTTP, lb.HTTPCheck{Method: "GET", Path: "http://test.com/health"}),
		"check with proxy header": func(s *lb.BackendSpec) {
			s.ProxyProtocol = lb.ProxyProtocolV2
			s.HealthCheck.Extensions = lb.Extend(HealthCheckOptions{SendProxy: true})
		},
		"transient delay": func(s *lb.BackendSpec) {
			s.HealthCheck.Extensions = lb.Extend(HealthCheckOptions{TransientDelay: 100 * aMillisecond})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := backendWith(change)
			checkCanonical(t, backendAlone, spec, spec)
		})
	}
}

func TestDialectBackendRefusals(t *testing.T) {
	t.Parallel()
	const options = "extensions.scaleway"
	tooMany, below := 33, -1
	for name, test := range map[string]struct {
		change func(*lb.BackendSpec)
		want   found
	}{
		"no name":         {func(s *lb.BackendSpec) { s.Name = "" }, found{"backend.name.unset", "name"}},
		"no protocol":     {func(s *lb.BackendSpec) { s.Protocol = "" }, found{"backend.protocol.unset", "protocol"}},
		"UDP":             {func(s *lb.BackendSpec) { s.Protocol = lb.ProtocolUDP }, found{"backend.protocol", "protocol"}},
		"no port":         {func(s *lb.BackendSpec) { s.Port = 0 }, found{"backend.port.unset", "port"}},
		"source":          {func(s *lb.BackendSpec) { s.Algorithm = lb.AlgorithmSource }, found{"backend.algorithm", "algorithm"}},
		"uri":             {func(s *lb.BackendSpec) { s.Algorithm = lb.AlgorithmURI }, found{"backend.algorithm", "algorithm"}},
		"stickiness":      {func(s *lb.BackendSpec) { s.Stickiness = "moon" }, found{"backend.stickiness", "stickiness"}},
		"unnamed cookie":  {func(s *lb.BackendSpec) { s.Stickiness = lb.StickinessCookie }, found{"backend.cookieName.unset", "cookieName"}},
		"cookie for none": {func(s *lb.BackendSpec) { s.CookieName = "c" }, found{malformed, "cookieName"}},
		"cookie on TCP": {func(s *lb.BackendSpec) {
			s.Protocol, s.Stickiness, s.CookieName = lb.ProtocolTCP, lb.StickinessCookie, "c"
		}, found{malformed, "stickiness"}},
		"cookie of blanks": {func(s *lb.BackendSpec) { s.Stickiness, s.CookieName = lb.StickinessCookie, "a b" }, found{malformed, "cookieName"}},
		"proxy protocol":   {func(s *lb.BackendSpec) { s.ProxyProtocol = "v3" }, found{"backend.proxyProtocol", "proxyProtocol"}},
		"marked down":      {func(s *lb.BackendSpec) { s.OnMarkedDown = "weep" }, found{"backend.onMarkedDown", "onMarkedDown"}},
		"TLS unverified":   {func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{} }, found{"backend.tls.verify.unset", "tls.verify"}},
		"TLS with a CA":    {func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyCA} }, found{"backend.tls.verify", "tls.verify"}},
		"a stray CA": {func(s *lb.BackendSpec) {
			s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem, CA: "pem"}
		}, found{"backend.tls.ca", "tls.ca"}},
		"server name":     {func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone, Name: "a b"} }, found{malformed, "tls.serverName"}},
		"server timeout":  {func(s *lb.BackendSpec) { s.ServerTimeout = 1 }, found{malformed, "serverTimeout"}},
		"connect timeout": {func(s *lb.BackendSpec) { s.ConnectTimeout = 1500*aMillisecond + 1 }, found{malformed, "connectTimeout"}},
		"tunnel timeout":  {func(s *lb.BackendSpec) { s.TunnelTimeout = -aSecond }, found{malformed, "tunnelTimeout"}},
		"queue timeout":   {func(s *lb.BackendSpec) { s.QueueTimeout = (math.MaxInt32 + 1) * aMillisecond }, found{malformed, "queueTimeout"}},
		"connections":     {func(s *lb.BackendSpec) { s.MaxConnections = -1 }, found{malformed, "maxConnections"}},
		"retries":         {func(s *lb.BackendSpec) { s.MaxRetries = &tooMany }, found{malformed, "maxRetries"}},
		"retries below 0": {func(s *lb.BackendSpec) { s.MaxRetries = &below }, found{malformed, "maxRetries"}},
		"unknown option":  {func(s *lb.BackendSpec) { s.Extensions = lb.Extend(misspelled{"x"}) }, found{malformed, options}},
		"failover URL":    {func(s *lb.BackendSpec) { s.Extensions = lb.Extend(BackendOptions{FailoverHost: "https://b"}) }, found{malformed, options + ".failoverHost"}},
		"host":            {func(s *lb.BackendSpec) { s.Extensions = lb.Extend(BackendOptions{Host: "a b"}) }, found{malformed, options + ".host"}},
		"unknown timeout": {func(s *lb.BackendSpec) {
			s.Extensions = lb.Extend(BackendOptions{ZeroTimeouts: []string{"queueTimeout"}})
		}, found{malformed, options + ".zeroTimeouts"}},
		"two hosts":          {func(s *lb.BackendSpec) { withHosts(s, "a", "b") }, found{malformed, options + ".host"}},
		"skips what it says": {func(s *lb.BackendSpec) { skipsVerified(s) }, found{malformed, options + ".skipVerify"}},
		"two timeouts": {func(s *lb.BackendSpec) {
			s.ServerTimeout, s.Extensions = aSecond, lb.Extend(BackendOptions{ZeroTimeouts: []string{"serverTimeout"}})
		}, found{malformed, options + ".zeroTimeouts"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := backendAlone(backendWith(test.change))
			checkFindings(t, err, test.want)
		})
	}
}

func withHosts(s *lb.BackendSpec, name, host string) {
	s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone, Name: name}
	s.Extensions = lb.Extend(BackendOptions{Host: host})
}

func skipsVerified(s *lb.BackendSpec) {
	s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem}
	s.Extensions = lb.Extend(BackendOptions{SkipVerify: true})
}

func TestDialectHealthCheckRefusals(t *testing.T) {
	t.Parallel()
	const (
		check   = "healthCheck."
		options = "healthCheck.extensions.scaleway"
	)
	request := func(kind lb.CheckType, r lb.HTTPCheck) func(*lb.HealthCheck) {
		return func(h *lb.HealthCheck) { h.Type, h.HTTP = kind, &r }
	}
	for name, test := range map[string]struct {
		change func(*lb.HealthCheck)
		want   []found
	}{
		"SMTP":                 {func(h *lb.HealthCheck) { h.Type = lb.CheckSMTP }, []found{{"backend.healthCheck.type", check + "type"}}},
		"OCO":                  {func(h *lb.HealthCheck) { h.Type = lb.CheckOCO }, []found{{"backend.healthCheck.type", check + "type"}}},
		"interval too short":   {func(h *lb.HealthCheck) { h.Interval = aSecond - aMillisecond }, []found{{malformed, check + "interval"}}},
		"interval in µs":       {func(h *lb.HealthCheck) { h.Interval = aSecond + 1 }, []found{{malformed, check + "interval"}}},
		"interval too long":    {func(h *lb.HealthCheck) { h.Interval = (math.MaxInt32 + 1) * aMillisecond }, []found{{malformed, check + "interval"}}},
		"timeout too short":    {func(h *lb.HealthCheck) { h.Timeout = 999 * aMillisecond }, []found{{malformed, check + "timeout"}}},
		"threshold below 1":    {func(h *lb.HealthCheck) { h.UnhealthyThreshold = -1 }, []found{{malformed, check + "unhealthyThreshold"}}},
		"threshold above 9999": {func(h *lb.HealthCheck) { h.UnhealthyThreshold = 10_000 }, []found{{malformed, check + "unhealthyThreshold"}}},
		"MySQL without user":   {func(h *lb.HealthCheck) { h.Type = lb.CheckMySQL }, []found{{"backend.healthCheck.user.unset", check + "user"}}},
		"Postgres, no user":    {func(h *lb.HealthCheck) { h.Type = lb.CheckPgSQL }, []found{{"backend.healthCheck.user.unset", check + "user"}}},
		"user of TCP":          {func(h *lb.HealthCheck) { h.User = "u" }, []found{{malformed, check + "user"}}},
		"request of TCP":       {func(h *lb.HealthCheck) { h.HTTP = &lb.HTTPCheck{Path: "/"} }, []found{{malformed, check + "http"}}},
		"path not in UTF-8":    {request(lb.CheckHTTP, lb.HTTPCheck{Path: "/\xff"}), []found{{malformed, check + "http.path"}}},
		"method":               {request(lb.CheckHTTP, lb.HTTPCheck{Method: "get"}), []found{{"backend.healthCheck.http.method", check + "http.method"}}},
		"path":                 {request(lb.CheckHTTP, lb.HTTPCheck{Path: "up"}), []found{{malformed, check + "http.path"}}},
		"path with a blank":    {request(lb.CheckHTTP, lb.HTTPCheck{Path: "/a b"}), []found{{malformed, check + "http.path"}}},
		"host header":          {request(lb.CheckHTTP, lb.HTTPCheck{Host: "a\r\nX: b"}), []found{{malformed, check + "http.host"}}},
		"two statuses":         {request(lb.CheckHTTP, lb.HTTPCheck{Status: []int{200, 204}}), []found{{"backend.healthCheck.http.status.several", check + "http.status"}}},
		"no status":            {request(lb.CheckHTTP, lb.HTTPCheck{Status: []int{42}}), []found{{malformed, check + "http.status"}}},
		"SNI without TLS":      {request(lb.CheckHTTP, lb.HTTPCheck{SNI: "h"}), []found{{malformed, check + "http.sni"}}},
		"expectations": {func(h *lb.HealthCheck) { h.Expect = &lb.Expect{Contains: "ok", Regex: "o.", Negate: true} }, []found{
			{"backend.healthCheck.expect.contains", check + "expect.contains"},
			{"backend.healthCheck.expect.regex", check + "expect.regex"},
			{"backend.healthCheck.expect.negate", check + "expect.negate"},
		}},
		"proxy header without": {func(h *lb.HealthCheck) { h.Extensions = lb.Extend(HealthCheckOptions{SendProxy: true}) }, []found{{malformed, options + ".sendProxy"}}},
		"transient too short": {func(h *lb.HealthCheck) {
			h.Extensions = lb.Extend(HealthCheckOptions{TransientDelay: 99 * aMillisecond})
		}, []found{{malformed, options + ".transientDelay"}}},
		"transient in µs": {func(h *lb.HealthCheck) { h.Extensions = lb.Extend(HealthCheckOptions{TransientDelay: aSecond + 1}) }, []found{{malformed, options + ".transientDelay"}}},
		"transient too long": {func(h *lb.HealthCheck) {
			h.Extensions = lb.Extend(HealthCheckOptions{TransientDelay: 2_147_484 * aSecond})
		}, []found{{malformed, options + ".transientDelay"}}},
		"unknown option": {func(h *lb.HealthCheck) { h.Extensions = lb.Extend(misspelled{"x"}) }, []found{{malformed, options}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := backendAlone(backendWith(func(s *lb.BackendSpec) { test.change(s.HealthCheck) }))
			checkFindings(t, err, test.want...)
		})
	}
}

// Scaleway checks always: that nothing is checked cannot be said, and a check that
// nobody asked for is not slipped in.
func TestDialectRefusesNoHealthCheck(t *testing.T) {
	t.Parallel()
	_, err := backendAlone(backendWith(func(s *lb.BackendSpec) { s.HealthCheck = nil }))
	checkFindings(t, err, found{"backend.healthCheck.unset", "healthCheck"})
}

func TestDialectServers(t *testing.T) {
	t.Parallel()
	one := 1
	servers := []lb.ServerSpec{
		{Address: netip.MustParseAddr("2001:db8::1")},
		{Address: netip.MustParseAddr("::ffff:10.0.0.9"), Port: 8080, Weight: &one, Extensions: lb.Extend(foreign{"x"})},
		{Address: netip.MustParseAddr("10.0.0.4")},
	}
	_, got, err := testDialect().Backend(plainBackend(), servers)
	if err != nil {
		t.Fatal(err)
	}
	want := []lb.ServerSpec{
		{Address: netip.MustParseAddr("10.0.0.4")},
		{Address: netip.MustParseAddr("10.0.0.9")},
		{Address: netip.MustParseAddr("2001:db8::1")},
	}
	if diff := cmp.Diff(want, got, specOptions); diff != "" {
		t.Errorf("canonical form (-want +got):\n%s", diff)
	}
	if servers[1].Port != 8080 {
		t.Error("the specs were changed")
	}
}

func TestDialectServerRefusals(t *testing.T) {
	t.Parallel()
	two, none := 2, 0
	address := netip.MustParseAddr("10.0.0.5")
	const at = "servers[1]."
	for name, test := range map[string]struct {
		server lb.ServerSpec
		want   found
	}{
		"no address":         {lb.ServerSpec{}, found{"server.address.unset", at + "address"}},
		"address of no one":  {lb.ServerSpec{Address: netip.IPv4Unspecified()}, found{malformed, at + "address"}},
		"address of several": {lb.ServerSpec{Address: netip.MustParseAddr("224.0.0.1")}, found{malformed, at + "address"}},
		"scoped address":     {lb.ServerSpec{Address: netip.MustParseAddr("fe80::1%eth0")}, found{malformed, at + "address"}},
		"twice":              {lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.4")}, found{malformed, at + "address"}},
		"twice, as IPv6":     {lb.ServerSpec{Address: netip.MustParseAddr("::ffff:10.0.0.4")}, found{malformed, at + "address"}},
		"another port":       {lb.ServerSpec{Address: address, Port: 81}, found{"server.port", at + "port"}},
		"weight":             {lb.ServerSpec{Address: address, Weight: &two}, found{"server.weight", at + "weight"}},
		"no weight":          {lb.ServerSpec{Address: address, Weight: &none}, found{"server.weight", at + "weight"}},
		"name":               {lb.ServerSpec{Address: address, Name: "a"}, found{"server.name", at + "name"}},
		"backup":             {lb.ServerSpec{Address: address, Backup: true}, found{"server.backup", at + "backup"}},
		"disabled":           {lb.ServerSpec{Address: address, Disabled: true}, found{"server.disabled", at + "disabled"}},
		"extension":          {lb.ServerSpec{Address: address, Extensions: lb.Extend(misspelled{"x"})}, found{"server.extensions", at + "extensions.scaleway"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := testDialect().Backend(plainBackend(), []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.4")}, test.server})
			checkFindings(t, err, test.want)
		})
	}
}
