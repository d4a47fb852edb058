package ovh

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// reading turns native values into neutral ones. Of those that cannot be one it
// remembers the first: an object that holds it is an error, not half an object.
type reading struct {
	kind  lb.Kind
	id    string
	fault string
}

func (r *reading) fail(field string, value any) {
	if r.fault == "" {
		r.fault = fmt.Sprintf("%s %q in the API's answer cannot be understood", field, fmt.Sprint(value))
	}
}

func (r *reading) err() error {
	if r.fault == "" {
		return nil
	}
	return &lb.Error{Code: lb.ErrUnavailable, Provider: providerName, Kind: r.kind, ID: r.id, Message: r.fault}
}

// port is a port, zero where there is none.
func (r *reading) port(field string, port *int) uint16 {
	if port == nil {
		return 0
	}
	if *port < 0 || *port > math.MaxUint16 {
		r.fail(field, *port)
		return 0
	}
	return uint16(*port)
}

func (r *reading) address(field, text string) netip.Addr {
	address, err := netip.ParseAddr(text)
	if err != nil {
		r.fail(field, text)
	}
	return address
}

// prefix reads a block, or a bare address as a block of one: the API writes both.
func (r *reading) prefix(field, text string) netip.Prefix {
	if !strings.Contains(text, "/") {
		address := r.address(field, text)
		return netip.PrefixFrom(address, address.BitLen())
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		r.fail(field, text)
	}
	return prefix.Masked()
}

// prefixes is a set of blocks: the API shows them in any order.
func (r *reading) prefixes(field string, texts []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		out = append(out, r.prefix(field, text))
	}
	return sortedPrefixes(out)
}

// ports reads "80,443,9000-9010".
func (r *reading) ports(field, text string) []lb.PortRange {
	var out []lb.PortRange
	for part := range strings.SplitSeq(text, ",") {
		var p lb.PortRange
		if err := p.UnmarshalText([]byte(strings.TrimSpace(part))); err != nil {
			r.fail(field, text)
			return nil
		}
		out = append(out, p)
	}
	return mergedPorts(out)
}

// portText is the inverse of ports.
func portText(ports []lb.PortRange) string {
	parts := make([]string, len(ports))
	for i, p := range ports {
		parts[i] = fmt.Sprint(p.From)
		if p.To != p.From {
			parts[i] = fmt.Sprintf("%d-%d", p.From, p.To)
		}
	}
	return strings.Join(parts, ",")
}

// zoneOf is a zone in the contract: in lower case, empty for all of them. nativeZone is
// its inverse.
func zoneOf(zone string) string {
	zone = strings.ToLower(zone)
	if zone == AllZones {
		return ""
	}
	return zone
}

func nativeZone(zone string) string {
	if zone == "" {
		return AllZones
	}
	return zone
}

func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Placeholders in the values of headers (facts 5.3).
var (
	headerIn  = strings.NewReplacer("%ci", "{client_ip}", "%cp", "{client_port}")
	headerOut = strings.NewReplacer("{client_ip}", "%ci", "{client_port}", "%cp")
)

// headersOf reads items of the form "Name value".
func headersOf(items []string) []lb.Header {
	out := make([]lb.Header, 0, len(items))
	for _, item := range items {
		name, value, _ := strings.Cut(item, " ")
		out = append(out, lb.Header{Name: name, Value: headerIn.Replace(value)})
	}
	if len(out) == 0 {
		return nil
	}
	return sortedHeaders(out)
}

func nativeHeaders(headers []lb.Header) []string {
	var out []string
	for _, h := range headers {
		out = append(out, h.Name+" "+headerOut.Replace(h.Value))
	}
	return out
}

func nativePrefixes(prefixes []netip.Prefix) []string {
	var out []string
	for _, p := range prefixes {
		out = append(out, p.String())
	}
	return out
}
