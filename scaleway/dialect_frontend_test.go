package scaleway

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

const (
	aSecond      = lb.Duration(time.Second)
	aMillisecond = lb.Duration(time.Millisecond)
)

// plainFrontend is the least that is accepted, in canonical form.
func plainFrontend() lb.FrontendSpec {
	return lb.FrontendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: "app"}
}

func frontendWith(change func(*lb.FrontendSpec)) lb.FrontendSpec {
	spec := plainFrontend()
	change(&spec)
	return spec
}

func TestDialectFrontendCanonical(t *testing.T) {
	t.Parallel()
	tls := func(s *lb.FrontendSpec) {
		s.Ports, s.Certificates = []lb.PortRange{lb.Port(443)}, []lb.CertificateID{"z", "a"}
	}
	served := frontendWith(func(s *lb.FrontendSpec) { tls(s); s.TLS = true })
	for name, test := range map[string]struct{ spec, want lb.FrontendSpec }{
		"least":                        {plainFrontend(), plainFrontend()},
		"certificates imply TLS":       {frontendWith(tls), served},
		"TLS said":                     {served, served},
		"another provider's extension": {frontendWith(func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(foreign{"x"}) }), plainFrontend()},
		"an empty extension":           {frontendWith(func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(FrontendOptions{}) }), plainFrontend()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkCanonical(t, testDialect().Frontend, test.spec, test.want)
		})
	}
}

// What is accepted stays as it is: there is nothing to fill in.
func TestDialectFrontendAccepts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*lb.FrontendSpec){
		"TCP":                     func(s *lb.FrontendSpec) { s.Protocol = lb.ProtocolTCP },
		"last port":               func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{lb.Port(65535)} },
		"shortest client timeout": func(s *lb.FrontendSpec) { s.ClientTimeout = aMillisecond },
		"longest client timeout":  func(s *lb.FrontendSpec) { s.ClientTimeout = math.MaxInt32 * aMillisecond },
		"the default, said":       func(s *lb.FrontendSpec) { s.ClientTimeout = 300 * aSecond },
		"zero client timeout": func(s *lb.FrontendSpec) {
			s.Extensions = lb.Extend(FrontendOptions{ZeroClientTimeout: true})
		},
		"highest rate": func(s *lb.FrontendSpec) { s.ConnectionRate = math.MaxUint32 },
		"access logs":  func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(FrontendOptions{AccessLogs: true}) },
		"HTTP/3": func(s *lb.FrontendSpec) {
			s.HTTP3, s.TLS, s.Ports, s.Certificates = true, true, []lb.PortRange{lb.Port(443)}, []lb.CertificateID{"c"}
		},
		"TLS on TCP": func(s *lb.FrontendSpec) {
			s.Protocol, s.TLS, s.Ports, s.Certificates = lb.ProtocolTCP, true, []lb.PortRange{lb.Port(993)}, []lb.CertificateID{"c"}
		},
		"a reference that is a name": func(s *lb.FrontendSpec) { s.DefaultBackend = "../ not an ID" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := frontendWith(change)
			checkCanonical(t, testDialect().Frontend, spec, spec)
		})
	}
}

func TestDialectFrontendRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*lb.FrontendSpec)
		want   found
	}{
		"no name":               {func(s *lb.FrontendSpec) { s.Name = "" }, found{"frontend.name.unset", "name"}},
		"no protocol":           {func(s *lb.FrontendSpec) { s.Protocol = "" }, found{"frontend.protocol.unset", "protocol"}},
		"UDP":                   {func(s *lb.FrontendSpec) { s.Protocol = lb.ProtocolUDP }, found{"frontend.protocol", "protocol"}},
		"no port":               {func(s *lb.FrontendSpec) { s.Ports = nil }, found{"frontend.ports.unset", "ports"}},
		"port 0":                {func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{{}} }, found{malformed, "ports"}},
		"ports backwards":       {func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{{From: 9, To: 8}} }, found{malformed, "ports"}},
		"a range":               {func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{{From: 8, To: 9}} }, found{"frontend.ports.range", "ports"}},
		"two ports":             {func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{lb.Port(80), lb.Port(81)} }, found{"frontend.ports.several", "ports"}},
		"no backend":            {func(s *lb.FrontendSpec) { s.DefaultBackend = "" }, found{"frontend.defaultBackend.unset", "defaultBackend"}},
		"TLS alone":             {func(s *lb.FrontendSpec) { s.TLS = true }, found{"frontend.tls.withoutCertificates", "tls"}},
		"certificate on 80":     {func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{"c"} }, found{"frontend.certificates.port80", "certificates"}},
		"addresses":             {func(s *lb.FrontendSpec) { s.Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32")} }, found{"frontend.addresses", "addresses"}},
		"disabled":              {func(s *lb.FrontendSpec) { s.Disabled = true }, found{"frontend.disabled", "disabled"}},
		"HSTS":                  {func(s *lb.FrontendSpec) { s.HSTS = true }, found{"frontend.hsts", "hsts"}},
		"headers":               {func(s *lb.FrontendSpec) { s.SetHeaders = []lb.Header{{Name: "X-A", Value: "b"}} }, found{"frontend.setHeaders", "setHeaders"}},
		"timeout in µs":         {func(s *lb.FrontendSpec) { s.ClientTimeout = aMillisecond + 1 }, found{malformed, "clientTimeout"}},
		"timeout below 1 ms":    {func(s *lb.FrontendSpec) { s.ClientTimeout = 1 }, found{malformed, "clientTimeout"}},
		"timeout below 0":       {func(s *lb.FrontendSpec) { s.ClientTimeout = -aSecond }, found{malformed, "clientTimeout"}},
		"timeout too long":      {func(s *lb.FrontendSpec) { s.ClientTimeout = (math.MaxInt32 + 1) * aMillisecond }, found{malformed, "clientTimeout"}},
		"HTTP/3 without TLS":    {func(s *lb.FrontendSpec) { s.HTTP3 = true }, found{string(featurePlainHTTP3), "http3"}},
		"rate below 0":          {func(s *lb.FrontendSpec) { s.ConnectionRate = -1 }, found{malformed, "connectionRate"}},
		"rate too high":         {func(s *lb.FrontendSpec) { s.ConnectionRate = math.MaxUint32 + 1 }, found{malformed, "connectionRate"}},
		"unknown option":        {func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(misspelled{"x"}) }, found{malformed, "extensions.scaleway"}},
		"a line break in names": {func(s *lb.FrontendSpec) { s.Name = "a\r\nb" }, found{malformed, "name"}},
		"two client timeouts": {func(s *lb.FrontendSpec) {
			s.ClientTimeout, s.Extensions = aSecond, lb.Extend(FrontendOptions{ZeroClientTimeout: true})
		}, found{malformed, "extensions.scaleway.zeroClientTimeout"}},
		"a certificate twice": {func(s *lb.FrontendSpec) {
			s.Ports, s.Certificates = []lb.PortRange{lb.Port(443)}, []lb.CertificateID{"c", "c"}
		}, found{malformed, "certificates"}},
		"an empty certificate": {func(s *lb.FrontendSpec) {
			s.Ports, s.Certificates = []lb.PortRange{lb.Port(443)}, []lb.CertificateID{""}
		}, found{malformed, "certificates"}},
		"HTTP/3 on TCP": {func(s *lb.FrontendSpec) {
			s.Protocol, s.HTTP3, s.Ports, s.Certificates = lb.ProtocolTCP, true, []lb.PortRange{lb.Port(443)}, []lb.CertificateID{"c"}
		}, found{string(featurePlainHTTP3), "http3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := testDialect().Frontend(frontendWith(test.change))
			checkFindings(t, err, test.want)
		})
	}
}

func TestDialectFrontendNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := testDialect().Frontend(lb.FrontendSpec{
		Protocol: lb.ProtocolUDP, TLS: true, Disabled: true, HSTS: true, ClientTimeout: -1, ConnectionRate: -1,
	})
	checkFindings(t, err,
		found{"frontend.name.unset", "name"}, found{"frontend.protocol", "protocol"}, found{"frontend.ports.unset", "ports"},
		found{"frontend.defaultBackend.unset", "defaultBackend"}, found{"frontend.tls.withoutCertificates", "tls"}, found{"frontend.disabled", "disabled"},
		found{"frontend.hsts", "hsts"}, found{malformed, "clientTimeout"}, found{malformed, "connectionRate"},
	)
}
