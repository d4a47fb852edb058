package dialect

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Frontend is lb.Dialect's: ports merged and sorted, TLS filled in where certificates
// imply it, addresses and headers sorted.
func (r Rules) Frontend(spec lb.FrontendSpec) (lb.FrontendSpec, error) {
	return settled(r.frontend(spec))
}

func (r Rules) frontend(spec lb.FrontendSpec) (lb.FrontendSpec, lb.Problems) {
	f := r.findings(lb.KindFrontend, "frontend", "")
	f.protocol = spec.Protocol
	out := lb.Clone(spec)
	f.name(spec.Name)
	f.enum("protocol", spec.Protocol)
	out.Ports = f.ports(spec.Ports)
	f.leaf("defaultBackend", spec.DefaultBackend)
	f.certificates(spec)
	out.TLS = spec.TLS || len(spec.Certificates) > 0
	out.Addresses = f.prefixes("addresses", spec.Addresses)
	f.leaf("disabled", spec.Disabled)
	f.leaf("hsts", spec.HSTS)
	out.SetHeaders = f.headers("setHeaders", spec.SetHeaders)
	f.duration("clientTimeout", spec.ClientTimeout)
	f.leaf("http3", spec.HTTP3)
	f.narrow("frontend.http3.plain", spec.HTTP3 && !out.TLS, "http3", true, "HTTP/3 needs a certificate")
	f.httpAlone(spec)
	f.number("connectionRate", spec.ConnectionRate)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	return out, f.problems
}

// httpAlone refuses what has a meaning on HTTP alone. What the capabilities lack is
// refused already.
func (f *findings) httpAlone(spec lb.FrontendSpec) {
	if spec.Protocol == lb.ProtocolHTTP {
		return
	}
	for path, set := range map[string]bool{"hsts": spec.HSTS, "setHeaders": len(spec.SetHeaders) > 0, "http3": spec.HTTP3} {
		if set && f.supports(f.feature(path)) {
			f.invalid(path, "needs protocol http")
		}
	}
}

// ports is a set of ports: ranges sorted, those that overlap or touch as one.
func (f *findings) ports(ports []lb.PortRange) []lb.PortRange {
	if !f.leaf("ports", ports) {
		return slices.Clone(ports)
	}
	for _, r := range ports {
		if r.From == 0 || r.From > r.To {
			f.invalid("ports", "%d-%d is not a range of ports", r.From, r.To)
			return slices.Clone(ports)
		}
		f.portLimit("ports", r.To)
	}
	merged := mergePorts(ports)
	ranged := slices.ContainsFunc(merged, func(r lb.PortRange) bool { return r.From != r.To })
	switch {
	case ranged && f.narrowed("frontend.ports.range"):
		f.lacks("frontend.ports.range", "ports", slices.Clone(ports), "a frontend listens on single ports")
	case ranged || len(merged) > 1:
		f.narrow("frontend.ports.several", true, "ports", slices.Clone(ports), "a frontend listens on one port")
	}
	return merged
}

func mergePorts(ports []lb.PortRange) []lb.PortRange {
	sorted := slices.SortedFunc(slices.Values(ports), func(a, b lb.PortRange) int { return int(a.From) - int(b.From) })
	var out []lb.PortRange
	for _, r := range sorted {
		if last := len(out) - 1; last >= 0 && int(r.From) <= int(out[last].To)+1 {
			out[last].To = max(out[last].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// certificates checks TLS towards clients.
func (f *findings) certificates(spec lb.FrontendSpec) {
	several := len(spec.Certificates)
	served := f.leaf("certificates", spec.Certificates)
	for i, id := range spec.Certificates {
		if id == "" || slices.Contains(spec.Certificates[:i], id) {
			f.invalid("certificates", "%q is no certificate's ID, or comes twice", id)
		}
	}
	f.narrow("frontend.certificates.several", several > 1, "certificates", several, "a frontend has one certificate")
	if several == 0 { // otherwise TLS is implied, whatever the field says
		f.leaf("tls", spec.TLS)
		f.narrow("frontend.tls.withoutCertificates", spec.TLS, "tls", true, "no certificate is named")
	}
	plain := len(spec.Ports) == 1 && spec.Ports[0] == lb.Port(80)
	f.narrow("frontend.certificates.port80", served && plain, "certificates", several, "no certificates are served on port 80")
}

// prefixes is a set of address blocks: without host bits, sorted, each once.
func (f *findings) prefixes(path string, prefixes []netip.Prefix) []netip.Prefix {
	f.leaf(path, prefixes)
	var out []netip.Prefix
	for _, prefix := range prefixes {
		if !prefix.IsValid() {
			f.invalid(path, "one of them is no block of addresses")
			continue
		}
		out = append(out, prefix.Masked())
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return slices.Compact(out)
}

// headers is a set of request headers, by name.
func (f *findings) headers(path string, headers []lb.Header) []lb.Header {
	f.leaf(path, headers)
	seen := map[string]bool{}
	for _, h := range headers {
		name := strings.ToLower(h.Name)
		switch {
		case !isToken(h.Name):
			f.invalid(path, "%q is not the name of a header", h.Name)
		case seen[name]:
			f.invalid(path, "%s comes twice", h.Name)
		case h.Value == "" || strings.TrimSpace(h.Value) != h.Value:
			f.invalid(path, "%s: %q is not the value of a header", h.Name, h.Value)
		}
		f.text(path, h.Value)
		f.narrow("frontend.setHeaders.percent", strings.Contains(h.Value, "%"), path, h.Value, "% has a meaning of its own")
		seen[name] = true
	}
	return slices.SortedStableFunc(slices.Values(headers), func(a, b lb.Header) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
}

// isToken reports whether s may be the name of a header, or of a cookie (RFC 9110, 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
