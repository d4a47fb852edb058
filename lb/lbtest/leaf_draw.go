package lbtest

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// drawer draws random specs for a provider: what its Capabilities have, in the
// combinations that the contract allows. A wild one also draws what they lack, so that
// something is refused.
type drawer struct {
	t    *rapid.T
	p    profile
	wild bool
}

// once in n is true, once in n times.
func (d drawer) once(in int, name string) bool { return rapid.IntRange(1, in).Draw(d.t, name) == 1 }

// sets tells whether an optional leaf is set: once in n times where the provider has it,
// and always where it cannot be left out.
func (d drawer) sets(path lb.Feature, in int) bool {
	switch {
	case strings.HasPrefix(string(path), "loadbalancer.") && !d.p.Has("loadbalancers.create") && !d.p.Has(path+".update"):
		return false // it is there already, and this stays as it is
	case !d.p.Has(path):
		return d.wild && d.once(8, string(path))
	case !d.p.Has(path + ".unset"):
		return true
	default:
		return d.once(in, string(path))
	}
}

// among is one of values: of those that the provider takes, unless the drawer is wild.
func among[T any](d drawer, path lb.Feature, values ...T) T {
	if taken := slices.DeleteFunc(slices.Clone(values), func(v T) bool { return !d.p.takes(path, v) }); !d.wild && len(taken) > 0 {
		values = taken
	}
	return rapid.SampledFrom(values).Draw(d.t, string(path))
}

// maybe is a value of an optional leaf, or its zero value.
func maybe[T any](d drawer, path lb.Feature, in int, values ...T) (zero T) {
	if !d.sets(path, in) {
		return zero
	}
	return among(d, path, values...)
}

// letters are what names are drawn from: what formats and shells like to mangle.
var letters = []rune("abzAZ019-_.:,;/+*#&%$\"'<>()[]{}=@ éß日")

func (d drawer) name(path lb.Feature) string {
	if !d.sets(path, 2) {
		return ""
	}
	longest := 30
	if d.p.Limits.MaxNameLength > 0 {
		longest = min(longest, d.p.Limits.MaxNameLength)
	}
	return "n" + rapid.StringOfN(rapid.SampledFrom(letters), 0, longest-1, -1).Draw(d.t, string(path))
}

// word is a short name without anything special in it.
func (d drawer) word(name string) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune("abcxyz019")), 1, 8, -1).Draw(d.t, name)
}

func (d drawer) port(path lb.Feature) uint16 {
	highest := d.p.Limits.MaxPort
	if highest == 0 {
		highest = 65535
	}
	return rapid.Uint16Range(1, highest).Draw(d.t, string(path))
}

// duration is whole seconds mostly, which every provider has.
func (d drawer) duration(path lb.Feature, least, most lb.Duration) lb.Duration {
	unit := time.Second
	if d.wild && d.once(10, string(path)+" is fine") {
		unit = time.Millisecond
	}
	n := rapid.Int64Range(max(1, int64(time.Duration(least)/unit)), int64(time.Duration(most)/unit)).Draw(d.t, string(path))
	return lb.Duration(time.Duration(n) * unit)
}

func (d drawer) timeout(path lb.Feature) lb.Duration {
	if !d.sets(path, 3) {
		return 0
	}
	return d.duration(path, seconds(1), seconds(3600))
}

// extensions are the provider's own, once in a while: each level has other conditions,
// so those of the table do.
func (d drawer) extensions(path lb.Feature, in int) lb.Extensions {
	own := d.p.own.Extensions[path]
	if len(own) == 0 || !d.sets(path, in) {
		return lb.Extensions{}
	}
	return rapid.SampledFrom(own).Draw(d.t, string(path))
}

func (d drawer) loadBalancer() lb.LoadBalancerSpec {
	spec := lb.LoadBalancerSpec{
		Name:       d.name("loadbalancer.name"),
		TLSPolicy:  maybe(d, "loadbalancer.tlsPolicy", 2, lb.TLSPolicyModern, lb.TLSPolicyIntermediate, lb.TLSPolicyLegacy),
		Extensions: d.extensions("loadbalancer.extensions", 3),
	}
	if len(d.p.own.Plans) > 0 {
		spec.Plan = maybe(d, "loadbalancer.plan", 2, d.p.own.Plans...)
	}
	if len(d.p.own.Zones) > 0 {
		spec.Zone = maybe(d, "loadbalancer.zone", 2, d.p.own.Zones...)
	}
	if d.sets("loadbalancer.tags", 2) {
		spec.Tags = d.tags("loadbalancer.tags")
	}
	return spec
}

func (d drawer) tags(path lb.Feature) []string {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"env", "team", "Ä"}).Draw(t, "key") + "=" + rapid.StringOfN(rapid.SampledFrom(letters), 0, 8, -1).Draw(t, "value")
	}), 1, 3, rapid.ID).Draw(d.t, string(path))
}

func (d drawer) frontend() lb.FrontendSpec {
	protocol := d.protocol("frontend.protocol")
	spec := lb.FrontendSpec{
		Name:           d.name("frontend.name"),
		Protocol:       protocol,
		Ports:          d.ports(),
		DefaultBackend: maybe[lb.BackendID](d, "frontend.defaultBackend", 2, "one", "two"),
		Disabled:       maybe(d, "frontend.disabled", 4, true),
		ClientTimeout:  d.timeout("frontend.clientTimeout"),
		ConnectionRate: maybe(d, "frontend.connectionRate", 3, 1, 10, 65536),
	}
	if len(d.p.own.Addresses) > 0 || d.wild {
		spec.Addresses = maybe(d, "frontend.addresses", 4, append(addressesOf(d.p), nil)...)
	}
	if protocol != lb.ProtocolUDP || d.wild {
		spec.Certificates = d.certificates(spec.Ports)
		spec.TLS = len(spec.Certificates) > 0 && rapid.Bool().Draw(d.t, "said")
	}
	if protocol == lb.ProtocolHTTP || d.wild {
		spec.HSTS = maybe(d, "frontend.hsts", 3, true)
		spec.SetHeaders = d.headers()
		spec.HTTP3 = len(spec.Certificates) > 0 && maybe(d, "frontend.http3", 2, true)
	}
	if protocol == lb.ProtocolHTTP && len(spec.Certificates) == 0 {
		spec.Extensions = d.extensions("frontend.extensions", 4)
	}
	return spec
}

// protocol is HTTP mostly, of which there is most to say.
func (d drawer) protocol(path lb.Feature) lb.Protocol {
	return among(d, path, lb.ProtocolHTTP, lb.ProtocolHTTP, lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolTCP, lb.ProtocolUDP)
}

func (d drawer) ports() []lb.PortRange {
	one := lb.Port(d.port("frontend.ports"))
	if d.once(4, "well known") {
		one = rapid.SampledFrom([]lb.PortRange{lb.Port(80), lb.Port(443)}).Draw(d.t, "port")
	}
	ports := []lb.PortRange{one}
	if d.has("frontend.ports.range") && one.From < d.p.Limits.MaxPort {
		ports[0].To = rapid.Uint16Range(one.From, min(one.From+100, d.p.Limits.MaxPort)).Draw(d.t, "to")
	}
	if d.has("frontend.ports.several") {
		ports = append(ports, lb.Port(d.port("frontend.ports.several")))
	}
	return ports
}

// has tells whether to use a feature that is more than a leaf: half of the times that
// the provider has it.
func (d drawer) has(feature lb.Feature) bool {
	if !d.p.Has(feature) {
		return d.wild && d.once(8, string(feature))
	}
	return rapid.Bool().Draw(d.t, string(feature))
}

// certificates are not for port 80, where some providers refuse them.
func (d drawer) certificates(ports []lb.PortRange) []lb.CertificateID {
	if !d.sets("frontend.certificates", 3) || ports[0].From <= 80 && !d.wild {
		return nil
	}
	if d.has("frontend.certificates.several") {
		return []lb.CertificateID{"two", "one"}
	}
	return []lb.CertificateID{"one"}
}

func (d drawer) headers() []lb.Header {
	if !d.sets("frontend.setHeaders", 3) {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) lb.Header {
		return lb.Header{
			Name:  rapid.SampledFrom([]string{"X-Client", "x-port", "Via_2", "Zone"}).Draw(t, "name"),
			Value: rapid.SampledFrom([]string{"{client_ip}", "{client_port}", "{client_ip}:{client_port}", "a b", "é", "0", "{x}"}).Draw(t, "value"),
		}
	}), 1, 3, func(h lb.Header) string { return h.Name }).Draw(d.t, "frontend.setHeaders")
}

func (d drawer) certificate() lb.CertificateSpec {
	spec := lb.CertificateSpec{}
	if d.p.Has("certificate.domains") && d.once(2, "ordered") {
		spec.Domains = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a.example", "B.example", "c.a.example", "xn--e1afmkfd.example"}), 1, 3, rapid.ID).
			Draw(d.t, "certificate.domains")
		spec.Name = d.p.certificateName("certificate.name.ordered")
		return spec
	}
	one := pair(rapid.IntRange(0, certificatePairs-1).Draw(d.t, "pair"))
	return lb.CertificateSpec{Name: d.name("certificate.name"), PEM: one.certificate, Key: lb.NewSecret(one.key)}
}

func (d drawer) address() lb.AddressSpec {
	spec := lb.AddressSpec{
		IPv6:       maybe(d, "address.ipv6", 2, true),
		Extensions: d.extensions("address.extensions", 3),
	}
	if d.sets("address.reverse", 2) {
		spec.Reverse = d.word("address.reverse") + ".example"
	}
	if d.sets("address.tags", 2) {
		spec.Tags = d.tags("address.tags")
	}
	if len(d.p.own.Zones) > 0 {
		spec.Zone = maybe(d, "address.zone", 2, d.p.own.Zones...)
	}
	return spec
}

func (d drawer) host() netip.Addr {
	return netip.AddrFrom4([4]byte{10, 1, rapid.Byte().Draw(d.t, "net"), rapid.ByteRange(1, 254).Draw(d.t, "host")})
}
