package ovh

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// IDs are the path of an object below /ipLoadbalancing, so that one string says
// where it is. A Format function writes one from parts that are as the API gave
// them; its Parse function is the inverse and reads nothing else: what it accepts,
// Format writes again byte for byte. It refuses with ErrInvalid, before anything is
// sent, other providers' IDs, empty parts, ".", "..", escapes, protocols that OVH
// does not have, and numbers below 1 or with signs or leading zeros.

// FormatLoadBalancerID is the ID of a service: its name, "loadbalancer-ab12".
func FormatLoadBalancerID(service string) lb.LoadBalancerID { return lb.LoadBalancerID(service) }

// ParseLoadBalancerID is the inverse of FormatLoadBalancerID.
func ParseLoadBalancerID(id lb.LoadBalancerID) (service string, err error) {
	p := parseID(lb.KindLoadBalancer, string(id), "a service's name, such as loadbalancer-ab12")
	service = p.service()
	return service, p.end()
}

// FormatFrontendID is the ID of a frontend: "loadbalancer-ab12/http/frontend/7".
func FormatFrontendID(service string, protocol lb.Protocol, frontend int64) lb.FrontendID {
	return lb.FrontendID(formatID(service, string(protocol), "frontend", decimal(frontend)))
}

// ParseFrontendID is the inverse of FormatFrontendID.
func ParseFrontendID(id lb.FrontendID) (service string, protocol lb.Protocol, frontend int64, err error) {
	p := parseID(lb.KindFrontend, string(id), "service/protocol/frontend/number")
	service, protocol = p.service(), p.protocol()
	p.word("frontend")
	frontend = p.number()
	return service, protocol, frontend, p.end()
}

// FormatBackendID is the ID of a farm: "loadbalancer-ab12/http/farm/12".
func FormatBackendID(service string, protocol lb.Protocol, farm int64) lb.BackendID {
	return lb.BackendID(formatID(service, string(protocol), "farm", decimal(farm)))
}

// ParseBackendID is the inverse of FormatBackendID.
func ParseBackendID(id lb.BackendID) (service string, protocol lb.Protocol, farm int64, err error) {
	p := parseID(lb.KindBackend, string(id), "service/protocol/farm/number")
	service, protocol = p.service(), p.protocol()
	p.word("farm")
	farm = p.number()
	return service, protocol, farm, p.end()
}

// FormatServerID is the ID of a farm's server:
// "loadbalancer-ab12/http/farm/12/server/34".
func FormatServerID(service string, protocol lb.Protocol, farm, server int64) lb.ServerID {
	return lb.ServerID(appendServerID(nil, FormatBackendID(service, protocol, farm), server))
}

func appendServerID(text []byte, backend lb.BackendID, server int64) []byte {
	return strconv.AppendInt(append(append(text, backend...), "/server/"...), server, 10)
}

// ParseServerID is the inverse of FormatServerID.
func ParseServerID(id lb.ServerID) (service string, protocol lb.Protocol, farm, server int64, err error) {
	p := parseID(lb.KindServer, string(id), "service/protocol/farm/number/server/number")
	service, protocol = p.service(), p.protocol()
	p.word("farm")
	farm = p.number()
	p.word("server")
	server = p.number()
	return service, protocol, farm, server, p.end()
}

// FormatCertificateID is the ID of a certificate: "loadbalancer-ab12/ssl/5".
func FormatCertificateID(service string, certificate int64) lb.CertificateID {
	return lb.CertificateID(formatID(service, "ssl", decimal(certificate)))
}

// ParseCertificateID is the inverse of FormatCertificateID. The ID of a certificate
// on order is not one of these: see ParseCertificateOrderID.
func ParseCertificateID(id lb.CertificateID) (service string, certificate int64, err error) {
	p := parseID(lb.KindCertificate, string(id), "service/ssl/number")
	service = p.service()
	p.word("ssl")
	certificate = p.number()
	return service, certificate, p.end()
}

// FormatCertificateOrderID is the provisional ID of a certificate that is on order
// by a task for one or more names: "loadbalancer-ab12/ssl/order/12/www.example.com",
// where domain is the first name.
func FormatCertificateOrderID(service string, task int64, domain string) lb.CertificateID {
	return lb.CertificateID(formatID(service, "ssl", "order", decimal(task), domain))
}

// ParseCertificateOrderID is the inverse of FormatCertificateOrderID.
func ParseCertificateOrderID(id lb.CertificateID) (service string, task int64, domain string, err error) {
	p := parseID(lb.KindCertificate, string(id), "service/ssl/order/number/domain")
	service = p.service()
	p.word("ssl")
	p.word("order")
	task = p.number()
	domain = p.domain()
	return service, task, domain, p.end()
}

// FormatAddressID is the ID of an address, "203.0.113.10", or of a block of them,
// "203.0.113.8_29". Bits of prefix beyond its length are not part of it.
func FormatAddressID(prefix netip.Prefix) lb.AddressID {
	return lb.AddressID(formatPrefix(prefix))
}

// ParseAddressID is the inverse of FormatAddressID.
func ParseAddressID(id lb.AddressID) (netip.Prefix, error) {
	p := parseID(lb.KindAddress, string(id), "an address or address_bits")
	prefix := p.prefix()
	return prefix, p.end()
}

// FormatOperationID is the ID of a task of a service: "loadbalancer-ab12/task/12".
func FormatOperationID(service string, task int64) lb.OperationID {
	return lb.OperationID(formatID(service, "task", decimal(task)))
}

// ParseOperationID is the inverse of FormatOperationID. The ID of an address's task
// is not one of these: see ParseAddressOperationID.
func ParseOperationID(id lb.OperationID) (service string, task int64, err error) {
	p := parseID(lb.KindOperation, string(id), "service/task/number")
	service = p.service()
	p.word("task")
	task = p.number()
	return service, task, p.end()
}

// FormatAddressOperationID is the ID of a task that moves an address:
// "ip/203.0.113.10/task/5".
func FormatAddressOperationID(prefix netip.Prefix, task int64) lb.OperationID {
	return lb.OperationID(formatID("ip", formatPrefix(prefix), "task", decimal(task)))
}

// ParseAddressOperationID is the inverse of FormatAddressOperationID.
func ParseAddressOperationID(id lb.OperationID) (prefix netip.Prefix, task int64, err error) {
	p := parseID(lb.KindOperation, string(id), "ip/address/task/number")
	p.word("ip")
	prefix = p.prefix()
	p.word("task")
	task = p.number()
	return prefix, task, p.end()
}

func formatID(parts ...string) string { return strings.Join(parts, "/") }

func formatPrefix(prefix netip.Prefix) string {
	prefix = prefix.Masked()
	if prefix.IsSingleIP() {
		return prefix.Addr().String()
	}
	return prefix.Addr().String() + "_" + strconv.Itoa(prefix.Bits())
}

// idParser takes an ID apart from its front. After the first fault it takes
// nothing more and hands out zero values.
type idParser struct {
	kind  lb.Kind
	id    string
	form  string // what an ID of the kind looks like
	rest  string
	done  bool // rest has been taken to its end
	fault string
}

func parseID(kind lb.Kind, id, form string) *idParser {
	return &idParser{kind: kind, id: id, form: form, rest: id}
}

// end is the error of the whole: of what was taken, or of what is left over.
func (p *idParser) end() error {
	if p.fault == "" && !p.done {
		p.fail("%q is left over", p.rest)
	}
	if p.fault == "" {
		return nil
	}
	return &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Kind: p.kind, ID: p.id,
		Message: fmt.Sprintf("not the ID of an OVH %s (%s): %s", p.kind, p.form, p.fault),
	}
}

func (p *idParser) fail(format string, args ...any) {
	if p.fault == "" {
		p.fault = fmt.Sprintf(format, args...)
	}
}

// part takes the text up to the next slash.
func (p *idParser) part() (string, bool) {
	if p.fault != "" {
		return "", false
	}
	if p.done {
		p.fail("it ends too soon")
		return "", false
	}
	part, rest, more := strings.Cut(p.rest, "/")
	p.rest, p.done = rest, !more
	return part, true
}

func (p *idParser) word(want string) {
	if part, ok := p.part(); ok && part != want {
		p.fail("%q where %q must be", part, want)
	}
}

// service takes a service's name. The API's are "loadbalancer-" and hexadecimal
// digits, or "ip-" and an address (facts 5.2); other names that begin with a
// letter and hold letters, digits, ".", "-" and "_" are left to the API to know.
func (p *idParser) service() string {
	part, ok := p.part()
	if !ok {
		return ""
	}
	if !nameLike(part, "._-") || part[0] <= '9' {
		p.fail("%q is not a service's name", part)
		return ""
	}
	return part
}

// nameLike reports whether text is letters, digits and the others given, and
// begins with a letter or digit.
func nameLike(text, others string) bool {
	for i, r := range text {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune(others, r)) {
			return false
		}
	}
	return text != ""
}

func (p *idParser) protocol() lb.Protocol {
	part, ok := p.part()
	protocol := lb.Protocol(part)
	if ok && !protocol.Known() {
		p.fail("%q is not a protocol", part)
		return ""
	}
	return protocol
}

func (p *idParser) number() int64 {
	part, ok := p.part()
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(part, 10, 64)
	if err != nil || n < 1 || decimal(n) != part {
		p.fail("%q is not a number of the API's", part)
		return 0
	}
	return n
}

func (p *idParser) domain() string {
	part, ok := p.part()
	wild := strings.TrimPrefix(part, "*.")
	if ok && !nameLike(wild, ".-") {
		p.fail("%q is not a domain", part)
		return ""
	}
	return part
}

func (p *idParser) prefix() netip.Prefix {
	part, ok := p.part()
	if !ok {
		return netip.Prefix{}
	}
	prefix, err := parsePrefix(part)
	if err != nil || formatPrefix(prefix) != part {
		p.fail("%q is not an address or a block", part)
		return netip.Prefix{}
	}
	return prefix
}

func parsePrefix(text string) (netip.Prefix, error) {
	address, bits, block := strings.Cut(text, "_")
	if block {
		return netip.ParsePrefix(address + "/" + bits)
	}
	single, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, err
	}
	return single.Prefix(single.BitLen())
}
