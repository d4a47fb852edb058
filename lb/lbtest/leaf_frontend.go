package lbtest

import (
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func seconds(n int) lb.Duration { return lb.Duration(n) * lb.Duration(time.Second) }

func loadBalancerLeaves() []leaf {
	at := func(x *example) *lb.LoadBalancerSpec { return &x.LoadBalancer }
	return []leaf{
		row("loadbalancer.name", func(x *example) *string { return &at(x).Name }, "shop", "site"),
		row("loadbalancer.tags", func(x *example) *[]string { return &at(x).Tags }, []string{"env=test"}, []string{"env=prod", "team=web"}),
		rowOf("loadbalancer.plan", func(x *example) *string { return &at(x).Plan }, func(p profile) []string { return p.orAny("loadbalancer.plan", p.own.Plans) }),
		rowOf("loadbalancer.zone", func(x *example) *string { return &at(x).Zone }, func(p profile) []string { return p.orAny("loadbalancer.zone", p.own.Zones) }),
		row("loadbalancer.tlsPolicy", func(x *example) *lb.TLSPolicy { return &at(x).TLSPolicy },
			lb.TLSPolicyModern, lb.TLSPolicyIntermediate, lb.TLSPolicyLegacy),
		extensionRow("loadbalancer.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }),
	}
}

// orAny are the provider's own values of a leaf, or, where it has no such setting and no
// call that changes it, any.
func (p profile) orAny(path lb.Feature, own []string) []string {
	if len(own) == 0 && !p.Has(path, path+".update") {
		return []string{"somewhere"}
	}
	return own
}

// extensionRow is a leaf whose values the provider names. One that is not supported is
// tried with another level's, which must be refused.
func extensionRow(path lb.Feature, at func(*example) *lb.Extensions) leaf {
	return rowOf(path, at, func(p profile) []lb.Extensions {
		if own := p.own.Extensions[path]; len(own) > 0 || p.Has(path) {
			return own
		}
		return p.foreignExtensions()
	})
}

func frontendLeaves() []leaf {
	at := func(x *example) *lb.FrontendSpec { return &x.Frontend }
	return []leaf{
		row("frontend.name", func(x *example) *string { return &at(x).Name }, "shop", "site"),
		row("frontend.protocol", func(x *example) *lb.Protocol { return &at(x).Protocol },
			lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolUDP).with(anyProtocolFrontend),
		row("frontend.ports", func(x *example) *[]lb.PortRange { return &at(x).Ports },
			[]lb.PortRange{lb.Port(8081)}, []lb.PortRange{lb.Port(8443)}),
		row("frontend.defaultBackend", func(x *example) *lb.BackendID { return &at(x).DefaultBackend }, "one", "two"),
		row("frontend.tls", func(x *example) *bool { return &at(x).TLS }, true).with(encrypted),
		row("frontend.certificates", func(x *example) *[]lb.CertificateID { return &at(x).Certificates },
			[]lb.CertificateID{"one"}, []lb.CertificateID{"two"}).with(encryptable).and(impliedTLS),
		rowOf("frontend.addresses", func(x *example) *[]netip.Prefix { return &at(x).Addresses }, addressesOf),
		row("frontend.disabled", func(x *example) *bool { return &at(x).Disabled }, true),
		row("frontend.hsts", func(x *example) *bool { return &at(x).HSTS }, true).with(webFrontend),
		row("frontend.setHeaders", func(x *example) *[]lb.Header { return &at(x).SetHeaders },
			[]lb.Header{{Name: "X-Client", Value: "{client_ip}"}},
			[]lb.Header{{Name: "X-Client-Port", Value: "{client_port}"}, {Name: "X-Site", Value: "a b"}}).with(webFrontend),
		row("frontend.clientTimeout", func(x *example) *lb.Duration { return &at(x).ClientTimeout }, seconds(30), seconds(45)),
		row("frontend.http3", func(x *example) *bool { return &at(x).HTTP3 }, true).with(encrypted),
		row("frontend.connectionRate", func(x *example) *int { return &at(x).ConnectionRate }, 10, 20),
		extensionRow("frontend.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }).with(plainFrontend),
	}
}

// webFrontend is an HTTP frontend, if the provider has it.
func webFrontend(p profile, x *example) {
	if web := p.protocol("frontend.protocol", lb.ProtocolHTTP); x.Frontend.Protocol != web {
		anyProtocolFrontend(p, x)
		x.Frontend.Protocol = web
	}
}

// plainFrontend is an HTTP frontend without TLS and without what extensions say of
// that.
func plainFrontend(p profile, x *example) {
	webFrontend(p, x)
	x.Frontend.TLS, x.Frontend.Certificates, x.Frontend.HTTP3, x.Frontend.Extensions = false, nil, false, lb.Extensions{}
}

// encryptable is an HTTP frontend without a certificate, on another port than 80: some
// providers serve none there.
func encryptable(p profile, x *example) {
	plainFrontend(p, x)
	x.Frontend.Ports = []lb.PortRange{lb.Port(8443)}
}

// encrypted is an HTTP frontend with a certificate, where there are any.
func encrypted(p profile, x *example) {
	encryptable(p, x)
	if p.Has("frontend.certificates") {
		x.Frontend.Certificates, x.Frontend.TLS = []lb.CertificateID{"one"}, true
	}
}

// impliedTLS: what certificates imply goes with them.
func impliedTLS(_ profile, x *example) { x.Frontend.TLS = len(x.Frontend.Certificates) > 0 }

// anyProtocolFrontend takes away what not every protocol has.
func anyProtocolFrontend(_ profile, x *example) {
	f := &x.Frontend
	f.TLS, f.Certificates, f.HSTS, f.SetHeaders, f.HTTP3, f.Extensions = false, nil, false, nil, false, lb.Extensions{}
}

// addressesOf are those of the provider, or, for one that has no such setting, any.
func addressesOf(p profile) [][]netip.Prefix {
	if !p.Has("frontend.addresses") {
		return [][]netip.Prefix{{netip.MustParsePrefix("192.0.2.7/32")}}
	}
	var out [][]netip.Prefix
	for _, prefix := range p.own.Addresses {
		out = append(out, []netip.Prefix{prefix})
	}
	return out
}
