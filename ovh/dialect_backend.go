package ovh

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// canonicalBackend is the form in which OVH reports a farm with its servers.
func canonicalBackend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, lb.Problems) {
	f := &findings{kind: lb.KindBackend, leaf: "backend"}
	out := lb.Clone(spec)
	options := optionsOf[BackendOptions](f, "extensions."+providerName, spec.Extensions)
	f.text("name", spec.Name)
	f.protocol(spec.Protocol)
	f.port("port", spec.Port)
	if spec.Protocol == lb.ProtocolUDP && spec.Port == 0 {
		f.lacks("backend.port.unset.udp", "port", nil, "a UDP backend has no port to inherit")
	}
	out.Algorithm = f.algorithm(spec)
	f.stickiness(spec)
	out.HealthCheck = f.healthCheck(spec)
	oneOf(f, "proxyProtocol", spec.ProxyProtocol, proxyProtocols...)
	oneOf(f, "onMarkedDown", spec.OnMarkedDown, lb.OnMarkedDownShutdownSessions)
	out.TLS = f.backendTLS("tls", spec.TLS)
	f.foreignBackendSettings(spec)
	options.Zone = f.zone("extensions.ovh.zone", options.Zone)
	f.vrackNetwork("extensions.ovh.vrackNetwork", options.VRackNetwork)
	out.Extensions = lb.Extend(options)
	problems := f.problems

	outServers, more := canonicalServers(&out, servers)
	return out, outServers, append(problems, more...)
}

var proxyProtocols = []lb.ProxyProtocol{lb.ProxyProtocolV1, lb.ProxyProtocolV2, lb.ProxyProtocolV2SSL, lb.ProxyProtocolV2SSLCN}

// algorithm fills in round robin, which null stands for; a UDP farm has none
// (facts 5.4).
func (f *findings) algorithm(spec lb.BackendSpec) lb.Algorithm {
	algorithms := []lb.Algorithm{lb.AlgorithmRoundRobin, lb.AlgorithmLeastConn, lb.AlgorithmFirst, lb.AlgorithmSource}
	switch spec.Protocol {
	case lb.ProtocolUDP:
		if spec.Algorithm != "" {
			f.lacks("backend.algorithm.udp", "algorithm", string(spec.Algorithm), "a UDP backend has none to choose")
		}
		return spec.Algorithm
	case lb.ProtocolHTTP:
		algorithms = append(algorithms, lb.AlgorithmURI)
	case lb.ProtocolTCP:
		if spec.Algorithm == lb.AlgorithmURI {
			f.invalid("algorithm", "%s needs protocol http", spec.Algorithm)
			return spec.Algorithm
		}
	}
	oneOf(f, "algorithm", spec.Algorithm, algorithms...)
	if spec.Algorithm == "" {
		return lb.AlgorithmRoundRobin
	}
	return spec.Algorithm
}

func (f *findings) stickiness(spec lb.BackendSpec) {
	switch {
	case spec.Stickiness == "":
	case spec.Protocol == lb.ProtocolUDP:
		f.lacks("backend.stickiness.udp", "stickiness", string(spec.Stickiness), "a UDP backend has none")
	case spec.Stickiness == lb.StickinessCookie && spec.Protocol == lb.ProtocolTCP:
		f.invalid("stickiness", "a cookie needs protocol http")
	default:
		oneOf(f, "stickiness", spec.Stickiness, lb.StickinessCookie, lb.StickinessSource)
	}
}

// foreignBackendSettings refuses what a farm does not have.
func (f *findings) foreignBackendSettings(spec lb.BackendSpec) {
	none(f, "cookieName", spec.CookieName)
	none(f, "serverTimeout", spec.ServerTimeout)
	none(f, "connectTimeout", spec.ConnectTimeout)
	none(f, "tunnelTimeout", spec.TunnelTimeout)
	none(f, "queueTimeout", spec.QueueTimeout)
	none(f, "maxConnections", spec.MaxConnections)
	if spec.MaxRetries != nil {
		f.unsupported("maxRetries", *spec.MaxRetries, "OVH has no such setting")
	}
	if spec.Protocol != lb.ProtocolUDP {
		return
	}
	const reason = "servers of a UDP backend have no such setting"
	if spec.ProxyProtocol != "" {
		f.lacks("backend.proxyProtocol.udp", "proxyProtocol", string(spec.ProxyProtocol), reason)
	}
	if spec.OnMarkedDown != "" {
		f.lacks("backend.onMarkedDown.udp", "onMarkedDown", string(spec.OnMarkedDown), reason)
	}
	if spec.TLS != nil {
		f.lacks("backend.tls.udp", "tls", string(spec.TLS.Verify), reason)
	}
}

// backendTLS is TLS towards servers: verified against a CA, or not at all.
func (f *findings) backendTLS(path string, spec *lb.BackendTLS) *lb.BackendTLS {
	if spec == nil {
		return nil
	}
	out := *spec
	switch spec.Verify {
	case "":
		f.lacks("backend.tls.verify.unset", path+".verify", nil, "OVH verifies only against a CA: say which is meant")
	case lb.TLSVerifyCA:
		out.CA = f.authorities(path+".ca", spec.CA)
	case lb.TLSVerifyNone:
		if spec.CA != "" {
			f.invalid(path+".ca", "not used without verify %s", lb.TLSVerifyCA)
		}
	case lb.TLSVerifySystem:
		f.lacks("backend.tls.verify", path+".verify", string(spec.Verify), "OVH verifies against the CA that it is given, not against the well-known ones")
	default:
		f.lacks("backend.tls.verify", path+".verify", string(spec.Verify), "OVH has none, ca")
	}
	if spec.Name != "" {
		f.lacks("backend.tls.serverName", path+".serverName", spec.Name, "OVH has no such setting")
	}
	return &out
}

// authorities checks the certificates in a PEM text and writes them as
// canonicalPEM does.
func (f *findings) authorities(path, text string) string {
	out, fault := canonicalPEM(text)
	if fault != "" {
		f.invalid(path, "%s", fault)
		return text
	}
	return out
}

// canonicalPEM is the certificates of a PEM text without what stands between them,
// or why it has something else in it. No fault repeats the text: it may hold a key.
func canonicalPEM(text string) (out, fault string) {
	var b bytes.Buffer
	rest := []byte(text)
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return "", "a " + strings.ToLower(block.Type) + " where only certificates belong"
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "", "a certificate in it cannot be read"
		}
		_ = pem.Encode(&b, &pem.Block{Type: block.Type, Bytes: block.Bytes}) // a Buffer takes everything
	}
	switch {
	case bytes.Contains(rest, []byte("-----BEGIN")):
		return "", "a PEM block in it is broken"
	case b.Len() == 0:
		return "", "no certificate in PEM form"
	}
	return b.String(), ""
}
