package dialect

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Backend is lb.Dialect's: defaults filled in, servers sorted by address and port.
func (r Rules) Backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, error) {
	out, outServers, problems := r.backend(spec, servers)
	if len(problems) > 0 {
		return lb.BackendSpec{}, nil, problems
	}
	return out, outServers, nil
}

func (r Rules) backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, lb.Problems) {
	f := r.findings(lb.KindBackend, "backend", "")
	f.protocol = spec.Protocol
	out := lb.Clone(spec)
	f.name(spec.Name)
	f.enum("protocol", spec.Protocol)
	f.port("port", spec.Port)
	f.narrow("backend.port.unset.udp", spec.Port == 0 && spec.Protocol == lb.ProtocolUDP, "port", nil, "a UDP backend has no port to inherit")
	f.enum("algorithm", spec.Algorithm)
	if spec.Algorithm == lb.AlgorithmURI && spec.Protocol != lb.ProtocolHTTP {
		f.invalid("algorithm", "%s needs protocol http", spec.Algorithm)
	}
	if !f.lacksOnUDP("backend.algorithm") {
		out.Algorithm = fill(f, "algorithm", spec.Algorithm, lb.AlgorithmRoundRobin)
	}
	f.stickiness(spec)
	out.HealthCheck = f.healthCheck(spec)
	f.enum("proxyProtocol", spec.ProxyProtocol)
	f.enum("onMarkedDown", spec.OnMarkedDown)
	out.TLS = f.backendTLS(spec.TLS)
	f.duration("serverTimeout", spec.ServerTimeout)
	f.duration("connectTimeout", spec.ConnectTimeout)
	f.duration("tunnelTimeout", spec.TunnelTimeout)
	f.duration("queueTimeout", spec.QueueTimeout)
	f.number("maxConnections", spec.MaxConnections)
	if f.leaf("maxRetries", spec.MaxRetries) && *spec.MaxRetries < 0 {
		f.invalid("maxRetries", "%d is negative", *spec.MaxRetries)
	}
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	f.withoutServers(spec, len(servers))
	outServers, problems := r.servers(spec, servers)
	slices.SortStableFunc(outServers, func(a, b lb.ServerSpec) int { return Endpoint(spec, a).Compare(Endpoint(spec, b)) })
	if len(outServers) == 0 {
		outServers = nil
	}
	return out, outServers, append(f.problems, problems...)
}

// withoutServers refuses what some providers keep on servers alone.
func (f *findings) withoutServers(spec lb.BackendSpec, servers int) {
	const reason = "it is kept on each server, and there is none"
	none := servers == 0
	f.narrow("backend.proxyProtocol.withoutServers", none && spec.ProxyProtocol != "", "proxyProtocol", spec.ProxyProtocol, reason)
	f.narrow("backend.onMarkedDown.withoutServers", none && spec.OnMarkedDown != "", "onMarkedDown", spec.OnMarkedDown, reason)
	f.narrow("backend.tls.withoutServers", none && spec.TLS != nil, "tls", nil, reason)
}

func (f *findings) stickiness(spec lb.BackendSpec) {
	f.enum("stickiness", spec.Stickiness)
	switch {
	case spec.Stickiness != lb.StickinessCookie:
		if spec.CookieName != "" {
			f.invalid("cookieName", "there is a cookie with stickiness cookie alone")
		}
		return
	case spec.Protocol != lb.ProtocolHTTP && f.supports("backend.stickiness") && !f.lacksOnUDP("backend.stickiness"): // which say so already
		f.invalid("stickiness", "a cookie needs protocol http")
	}
	if f.leaf("cookieName", spec.CookieName) && !isToken(spec.CookieName) {
		f.invalid("cookieName", "%q is not the name of a cookie", spec.CookieName)
	}
}

// backendTLS: how servers are verified has no default, on any provider.
func (f *findings) backendTLS(spec *lb.BackendTLS) *lb.BackendTLS {
	if !f.group("tls", spec != nil) {
		return spec
	}
	out := *spec
	f.enum("tls.verify", spec.Verify)
	if f.leaf("tls.ca", spec.CA) {
		out.CA = f.authorities("tls.ca", spec.CA)
	}
	switch {
	case spec.Verify == lb.TLSVerifyCA && spec.CA == "":
		f.invalid("tls.ca", "verify %s needs it", spec.Verify)
	case spec.Verify != lb.TLSVerifyCA && spec.CA != "":
		f.invalid("tls.ca", "not used without verify %s", lb.TLSVerifyCA)
	}
	if f.leaf("tls.serverName", spec.Name) {
		f.word("tls.serverName", spec.Name)
	}
	return &out
}

// authorities are certificates in PEM, each without what stands around it.
func (f *findings) authorities(path, text string) string {
	var out strings.Builder
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			if out.Len() == 0 || bytes.Contains(rest, []byte("-----BEGIN")) {
				f.invalid(path, "not certificates in PEM")
				return text
			}
			return out.String()
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil || block.Type != "CERTIFICATE" {
			f.invalid(path, "holds what is no certificate") // which may be a key
			return text
		}
		out.Write(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
	}
}
