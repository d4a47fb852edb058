package ovh

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

func TestDialectFrontendAccepts(t *testing.T) {
	t.Parallel()
	port80 := []lb.PortRange{lb.Port(80)}
	for name, test := range map[string]struct{ spec, want lb.FrontendSpec }{
		"the least": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: port80},
			want: lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: port80},
		},
		"references pass unread": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port80, DefaultBackend: "a name", Certificates: []lb.CertificateID{"another"}},
			want: lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port80, DefaultBackend: "a name", Certificates: []lb.CertificateID{"another"}, TLS: true},
		},
		"ports that overlap or touch are one range": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{{From: 9000, To: 9005}, {From: 81, To: 82}, lb.Port(80), {From: 9003, To: 9010}, {From: 9006, To: 9007}, lb.Port(49151), lb.Port(80)}},
			want: lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{{From: 80, To: 82}, {From: 9000, To: 9010}, lb.Port(49151)}},
		},
		"addresses are a set of blocks": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port80, Addresses: []netip.Prefix{prefix("203.0.113.9/29"), prefix("192.0.2.1/32"), prefix("192.0.2.1/32")}},
			want: lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port80, Addresses: []netip.Prefix{prefix("192.0.2.1/32"), prefix("203.0.113.8/29")}},
		},
		"headers are a set": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, HSTS: true, SetHeaders: []lb.Header{{Name: "X-Port", Value: "{client_port}"}, {Name: "x-ip", Value: "{client_ip} seen"}}},
			want: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, HSTS: true, SetHeaders: []lb.Header{{Name: "x-ip", Value: "{client_ip} seen"}, {Name: "X-Port", Value: "{client_port}"}}},
		},
		"any certificate is TLS": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, Extensions: lb.Extend(FrontendOptions{AnyCertificate: true})},
			want: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, TLS: true, Extensions: lb.Extend(FrontendOptions{AnyCertificate: true})},
		},
		"a certificate that is not used": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, Extensions: lb.Extend(FrontendOptions{UnusedCertificate: "c"})},
			want: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, Extensions: lb.Extend(FrontendOptions{UnusedCertificate: "c"})},
		},
		"all zones is no zone": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, Extensions: lb.Extend(FrontendOptions{Zone: "ALL"}, foreignOptions{"x"})},
			want: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80},
		},
		"zones are in lower case": {
			spec: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, Disabled: true, Extensions: lb.Extend(FrontendOptions{Zone: "GRA", RedirectLocation: "https://example.com/x?y#z"})},
			want: lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port80, Disabled: true, Extensions: lb.Extend(FrontendOptions{Zone: "gra", RedirectLocation: "https://example.com/x?y#z"})},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unmodified(t, test.spec, func(spec lb.FrontendSpec) {
				got, err := dialect{}.Frontend(spec)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got, specsEqual); diff != "" {
					t.Errorf("canonical form (-want +got):\n%s", diff)
				}
				if again, err := (dialect{}).Frontend(got); err != nil || !lb.Equal(again, got) {
					t.Errorf("not stable: %v, %v", lb.Diff(got, again), err)
				}
			})
		})
	}
}

func TestDialectFrontendRefuses(t *testing.T) {
	t.Parallel()
	good := func(protocol lb.Protocol, change func(*lb.FrontendSpec)) lb.FrontendSpec {
		spec := lb.FrontendSpec{Protocol: protocol, Ports: []lb.PortRange{lb.Port(80)}}
		change(&spec)
		return spec
	}
	header := func(name, value string) lb.FrontendSpec {
		return good(lb.ProtocolHTTP, func(s *lb.FrontendSpec) { s.SetHeaders = []lb.Header{{Name: name, Value: value}} })
	}
	option := func(protocol lb.Protocol, options FrontendOptions) lb.FrontendSpec {
		return good(protocol, func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(options) })
	}
	certificates := []lb.CertificateID{"a"}
	for name, test := range map[string]struct {
		spec lb.FrontendSpec
		want []string
	}{
		"nothing said": {lb.FrontendSpec{}, []string{"unsupported frontend.protocol.unset at protocol", "unsupported frontend.ports.unset at ports"}},
		"everything wrong at once": {
			lb.FrontendSpec{
				Protocol: "sctp", Ports: []lb.PortRange{{From: 5, To: 4}, {To: 3}, {From: 49151, To: 49152}}, TLS: true, Addresses: []netip.Prefix{{}},
				ClientTimeout: seconds(1), HTTP3: true, ConnectionRate: 5, HSTS: true,
			},
			[]string{
				"unsupported frontend.protocol at protocol", "invalid at ports", "invalid at ports", "invalid at ports",
				"unsupported frontend.tls.withoutCertificates at tls", "invalid at addresses", "invalid at hsts",
				"unsupported frontend.clientTimeout at clientTimeout", "unsupported frontend.http3 at http3", "unsupported frontend.connectionRate at connectionRate",
			},
		},
		"several certificates": {
			good(lb.ProtocolHTTP, func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{"a", "b"} }),
			[]string{"unsupported frontend.certificates.several at certificates"},
		},
		"an empty certificate": {
			good(lb.ProtocolHTTP, func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{""} }), []string{"invalid at certificates"},
		},
		"TLS on UDP": {
			good(lb.ProtocolUDP, func(s *lb.FrontendSpec) { s.TLS, s.Certificates = true, certificates }),
			[]string{"unsupported frontend.tls.udp at tls", "unsupported frontend.certificates.udp at certificates"},
		},
		"any certificate besides one": {
			good(lb.ProtocolTCP, func(s *lb.FrontendSpec) {
				s.Certificates, s.Extensions = certificates, lb.Extend(FrontendOptions{AnyCertificate: true})
			}),
			[]string{"invalid at extensions.ovh.anyCertificate"},
		},
		"an unused certificate with TLS": {
			option(lb.ProtocolTCP, FrontendOptions{AnyCertificate: true, UnusedCertificate: "c"}), []string{"invalid at extensions.ovh.unusedCertificate"},
		},
		"options of TLS on UDP": {
			option(lb.ProtocolUDP, FrontendOptions{AnyCertificate: true, UnusedCertificate: "c"}),
			[]string{"invalid at extensions.ovh.anyCertificate", "invalid at extensions.ovh.unusedCertificate"},
		},
		"HTTP's settings on TCP": {
			good(lb.ProtocolTCP, func(s *lb.FrontendSpec) {
				s.HSTS, s.SetHeaders = true, []lb.Header{{Name: "X", Value: "y"}}
				s.Extensions = lb.Extend(FrontendOptions{RedirectLocation: "https://example.com"})
			}),
			[]string{"invalid at hsts", "invalid at setHeaders", "invalid at extensions.ovh.redirectLocation"},
		},
		"a header without a name":      {header("", "x"), []string{"invalid at setHeaders"}},
		"a header's name with a blank": {header("X Y", "x"), []string{"invalid at setHeaders"}},
		"a header without a value":     {header("X", ""), []string{"invalid at setHeaders"}},
		"a header's value with a line": {header("X", "a\r\nY: b"), []string{"invalid at setHeaders"}},
		"blanks around a value":        {header("X", " a"), []string{"invalid at setHeaders"}},
		"OVH's own placeholders":       {header("X", "%ci"), []string{"unsupported frontend.setHeaders.percent at setHeaders"}},
		"a header's value of no text":  {header("X", "\xff"), []string{"invalid at setHeaders"}},
		"a name of no text":            {good(lb.ProtocolTCP, func(s *lb.FrontendSpec) { s.Name = "caf\xe9" }), []string{"invalid at name"}},
		"an IPv4 address in IPv6": {
			good(lb.ProtocolTCP, func(s *lb.FrontendSpec) {
				s.Addresses = []netip.Prefix{netip.MustParsePrefix("::ffff:203.0.113.10/128")}
			}),
			[]string{"invalid at addresses"},
		},
		"a header twice": {
			good(lb.ProtocolHTTP, func(s *lb.FrontendSpec) { s.SetHeaders = []lb.Header{{Name: "X", Value: "a"}, {Name: "x", Value: "b"}} }),
			[]string{"invalid at setHeaders"},
		},
		"a redirect to nowhere":      {option(lb.ProtocolHTTP, FrontendOptions{RedirectLocation: "/x"}), []string{"invalid at extensions.ovh.redirectLocation"}},
		"a redirect with a blank":    {option(lb.ProtocolHTTP, FrontendOptions{RedirectLocation: "https://example.com/a b"}), []string{"invalid at extensions.ovh.redirectLocation"}},
		"a redirect to another form": {option(lb.ProtocolHTTP, FrontendOptions{RedirectLocation: "ftp://example.com"}), []string{"invalid at extensions.ovh.redirectLocation"}},
		"a zone that is none":        {option(lb.ProtocolHTTP, FrontendOptions{Zone: "gra/rbx"}), []string{"invalid at extensions.ovh.zone"}},
		"what only OVH sets": {
			option(lb.ProtocolTCP, FrontendOptions{VRackNetwork: 3, VRackRouter: 4}),
			[]string{"unsupported frontend.extensions.ovh.vrackNetwork at extensions.ovh.vrackNetwork", "unsupported frontend.extensions.ovh.vrackRouter at extensions.ovh.vrackRouter"},
		},
		"an extension with a key that is none": {
			good(lb.ProtocolHTTP, func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(HealthCheckOptions{URL: "x"}) }), []string{"invalid at extensions.ovh"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unmodified(t, test.spec, func(spec lb.FrontendSpec) {
				got, err := dialect{}.Frontend(spec)
				checkHints(t, err)
				if refused := refusals(t, err); !slices.Equal(refused, test.want) {
					t.Errorf("refused: %q\nwant     %q", refused, test.want)
				}
				if !lb.Equal(got, lb.FrontendSpec{}) {
					t.Errorf("a refused spec has a canonical form: %+v", got)
				}
			})
		})
	}
}
