package scaleway

import (
	"fmt"
	"math"

	"github.com/lbkit/lbkit/lb"
)

// Frontend implies TLS by certificates. Protocol is the default backend's, so it
// must be said and cannot change by itself.
func (d dialect) Frontend(spec lb.FrontendSpec) (lb.FrontendSpec, error) {
	canonical, found := d.frontend(spec)
	if len(found) > 0 {
		return lb.FrontendSpec{}, found
	}
	return canonical, nil
}

// frontend is Frontend, which it gives a canonical form even beside problems: the
// fields at fault are in it as they came.
func (d dialect) frontend(spec lb.FrontendSpec) (lb.FrontendSpec, lb.Problems) {
	p := &problems{kind: lb.KindFrontend}
	c := lb.Clone(spec)
	p.required("frontend.name", "name", c.Name)
	p.text("name", c.Name)
	p.protocol("frontend.protocol", c.Protocol)
	p.ports(c.Ports)
	if c.DefaultBackend == "" {
		p.unsupported("frontend.defaultBackend.unset", "defaultBackend", nil, "a frontend needs a backend, even if filters or routes claim all that comes in")
	}
	p.certificates(&c)
	p.refused("frontend.addresses", "addresses", c.Addresses, len(c.Addresses) > 0)
	p.refused("frontend.disabled", "disabled", c.Disabled, c.Disabled)
	p.refused("frontend.hsts", "hsts", c.HSTS, c.HSTS)
	p.refused("frontend.setHeaders", "setHeaders", c.SetHeaders, len(c.SetHeaders) > 0)
	p.duration("clientTimeout", c.ClientTimeout, minTimeout, maxTimeout)
	if c.HTTP3 && (c.Protocol != lb.ProtocolHTTP || len(c.Certificates) == 0) {
		p.unsupported(featurePlainHTTP3, "http3", true, "HTTP/3 needs protocol http and a certificate")
	}
	p.number("connectionRate", int64(c.ConnectionRate), 0, math.MaxUint32)
	p.frontendOptions(&c)
	return c, p.list
}

// protocol is what a frontend or backend speaks.
func (p *problems) protocol(feature lb.Feature, protocol lb.Protocol) {
	if protocol == "" {
		p.unsupported(feature+".unset", "protocol", nil, "a protocol must be named")
	}
	p.oneOf(feature, "protocol", string(protocol))
}

func (p *problems) ports(ports []lb.PortRange) {
	spans := false
	for _, r := range ports {
		if r.From == 0 || r.From > r.To {
			p.invalid("ports", "%s", r)
			return
		}
		spans = spans || r.From != r.To
	}
	const reason = "a frontend listens on one port"
	switch {
	case len(ports) == 0:
		p.unsupported("frontend.ports.unset", "ports", nil, reason)
	case len(ports) > 1:
		p.unsupported("frontend.ports.several", "ports", ports, reason)
	case spans:
		p.unsupported("frontend.ports.range", "ports", ports, reason)
	}
}

func (p *problems) certificates(c *lb.FrontendSpec) {
	seen := map[lb.CertificateID]bool{}
	for i, id := range c.Certificates {
		switch {
		case id == "":
			p.invalid("certificates", "the one at %d is empty", i)
		case seen[id]:
			p.invalid("certificates", "%q twice", id)
		}
		seen[id] = true
	}
	switch {
	case len(c.Certificates) == 0 && c.TLS:
		p.unsupported(featureTLSAlone, "tls", true, "TLS needs a certificate")
	case len(c.Certificates) > 0 && len(c.Ports) == 1 && c.Ports[0] == lb.Port(plainPort):
		p.unsupported(featurePlainPort, "certificates", c.Certificates, fmt.Sprintf("Scaleway serves no certificates on port %d", plainPort))
	}
	c.TLS = c.TLS || len(c.Certificates) > 0
}

// plainPort is the port on which Scaleway refuses certificates (facts 8).
const plainPort = 80

func (p *problems) frontendOptions(c *lb.FrontendSpec) {
	const path = extensionPath
	o, ok := extensionOf[FrontendOptions](p, path, c.Extensions)
	if !ok {
		return
	}
	if o.ZeroClientTimeout && c.ClientTimeout != 0 {
		p.invalid(path+".zeroClientTimeout", "clientTimeout is %s", c.ClientTimeout)
	}
	c.Extensions = lb.Extend(o)
}
