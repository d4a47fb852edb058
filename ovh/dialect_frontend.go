package ovh

import (
	"net/url"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// canonicalFrontend is the form in which OVH reports a frontend.
func canonicalFrontend(spec lb.FrontendSpec) (lb.FrontendSpec, lb.Problems) {
	f := &findings{kind: lb.KindFrontend, leaf: "frontend"}
	out := lb.Clone(spec)
	options := optionsOf[FrontendOptions](f, "extensions."+providerName, spec.Extensions)
	f.text("name", spec.Name)
	f.protocol(spec.Protocol)
	out.Ports = f.ports(spec.Ports)
	f.certificates(&out, options)
	out.Addresses = f.prefixes("addresses", spec.Addresses)
	f.httpFrontend(spec)
	out.SetHeaders = f.headers(spec.SetHeaders)
	none(f, "clientTimeout", spec.ClientTimeout)
	none(f, "http3", spec.HTTP3)
	none(f, "connectionRate", spec.ConnectionRate)
	f.frontendOptions(&options, out)
	out.Extensions = lb.Extend(options)
	return out, f.problems
}

// ports is a set of ports: ranges sorted, those that overlap or touch as one.
func (f *findings) ports(ports []lb.PortRange) []lb.PortRange {
	if len(ports) == 0 {
		f.unset("ports", "a frontend listens on one port at least")
	}
	for _, r := range ports {
		switch {
		case r.From == 0 || r.To < r.From:
			f.invalid("ports", "%d-%d is not a range of ports", r.From, r.To)
		case r.To > maxPort:
			f.invalid("ports", "port %d is above %d", r.To, maxPort)
		}
	}
	return mergedPorts(ports)
}

func mergedPorts(ports []lb.PortRange) []lb.PortRange {
	sorted := slices.SortedFunc(slices.Values(ports), func(a, b lb.PortRange) int {
		return int(a.From) - int(b.From)
	})
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

// certificates checks TLS towards clients and fills in what is implied.
func (f *findings) certificates(out *lb.FrontendSpec, options FrontendOptions) {
	const anyone, unused = "extensions.ovh.anyCertificate", "extensions.ovh.unusedCertificate"
	own := len(out.Certificates)
	if out.Protocol == lb.ProtocolUDP {
		f.udpWithoutTLS(*out, options)
		return
	}
	for _, id := range out.Certificates {
		if id == "" {
			f.invalid("certificates", "a certificate's ID is empty")
		}
	}
	switch {
	case own > 1:
		f.lacks("frontend.certificates.several", "certificates", own, "a frontend has one certificate of its own")
	case own == 1 && options.AnyCertificate:
		f.invalid(anyone, "the frontend has a certificate of its own")
	case own == 0 && out.TLS && !options.AnyCertificate:
		f.lacks("frontend.tls.withoutCertificates", "tls", true, "no certificate is named")
	}
	out.TLS = out.TLS || own > 0 || options.AnyCertificate
	if out.TLS && options.UnusedCertificate != "" {
		f.invalid(unused, "with TLS it is one of the certificates")
	}
}

func (f *findings) udpWithoutTLS(spec lb.FrontendSpec, options FrontendOptions) {
	const reason = "a UDP frontend has no TLS"
	if spec.TLS {
		f.lacks("frontend.tls.udp", "tls", true, reason)
	}
	if n := len(spec.Certificates); n > 0 {
		f.lacks("frontend.certificates.udp", "certificates", n, reason)
	}
	if options.AnyCertificate {
		f.invalid("extensions.ovh.anyCertificate", reason)
	}
	if options.UnusedCertificate != "" {
		f.invalid("extensions.ovh.unusedCertificate", reason)
	}
}

// httpFrontend refuses what has a meaning on HTTP alone.
func (f *findings) httpFrontend(spec lb.FrontendSpec) {
	if spec.Protocol == lb.ProtocolHTTP {
		return
	}
	if spec.HSTS {
		f.invalid("hsts", "needs protocol http")
	}
	if len(spec.SetHeaders) > 0 {
		f.invalid("setHeaders", "needs protocol http")
	}
}

// headers is a set of request headers, by name. OVH says nothing of their order,
// so a name may come once.
func (f *findings) headers(headers []lb.Header) []lb.Header {
	seen := map[string]bool{}
	for _, h := range headers {
		name := strings.ToLower(h.Name)
		switch {
		case !headerName(h.Name):
			f.invalid("setHeaders", "%q is not a header's name", h.Name)
		case seen[name]:
			f.invalid("setHeaders", "%s comes twice", h.Name)
		case h.Value == "" || strings.TrimSpace(h.Value) != h.Value || !plain.Text(h.Value):
			f.invalid("setHeaders", "%s: %q is not a header's value", h.Name, h.Value)
		case strings.Contains(h.Value, "%"):
			f.lacks("frontend.setHeaders.percent", "setHeaders", h.Value, "OVH gives % a meaning of its own")
		}
		seen[name] = true
	}
	return sortedHeaders(headers)
}

func sortedHeaders(headers []lb.Header) []lb.Header {
	return slices.SortedStableFunc(slices.Values(headers), func(a, b lb.Header) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
}

// headerName reports whether name is a field name of RFC 9110.
func headerName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

func (f *findings) frontendOptions(options *FrontendOptions, spec lb.FrontendSpec) {
	const at = "extensions.ovh."
	options.Zone = f.zone(at+"zone", options.Zone)
	if location := options.RedirectLocation; location != "" {
		switch {
		case spec.Protocol != lb.ProtocolHTTP:
			f.invalid(at+"redirectLocation", "needs protocol http")
		case !absoluteURL(location):
			f.invalid(at+"redirectLocation", "%q is not an absolute URL", location)
		}
	}
	if options.VRackNetwork != 0 {
		f.unsupported(at+"vrackNetwork", options.VRackNetwork, "it is read-only")
	}
	if options.VRackRouter != 0 {
		f.unsupported(at+"vrackRouter", options.VRackRouter, "it is read-only")
	}
}

func absoluteURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && plain.Word(text)
}
