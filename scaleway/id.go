package scaleway

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// An ID is the zone and the UUID with a slash between them, as Scaleway's own
// tools write it ("fr-par-1/11111111-1111-1111-1111-111111111111"). The UUID
// alone is not enough: the API has one path for each zone.
//
// There is one spelling per object, so that IDs can be compared with ==: UUIDs
// are in lower case, addresses in their shortest form. Anything else, another
// provider's ID included, is lb.ErrInvalid.

// FormatLoadBalancerID is the ID of a load balancer: "fr-par-1/<uuid>".
func FormatLoadBalancerID(zone Zone, id string) lb.LoadBalancerID {
	return lb.LoadBalancerID(formatID(zone, id))
}

// ParseLoadBalancerID is the inverse of FormatLoadBalancerID.
func ParseLoadBalancerID(id lb.LoadBalancerID) (zone Zone, uuid string, err error) {
	return parseID(lb.KindLoadBalancer, string(id))
}

// FormatFrontendID is the ID of a frontend: "fr-par-1/<uuid>".
func FormatFrontendID(zone Zone, id string) lb.FrontendID {
	return lb.FrontendID(formatID(zone, id))
}

// ParseFrontendID is the inverse of FormatFrontendID.
func ParseFrontendID(id lb.FrontendID) (zone Zone, uuid string, err error) {
	return parseID(lb.KindFrontend, string(id))
}

// FormatBackendID is the ID of a backend: "fr-par-1/<uuid>".
func FormatBackendID(zone Zone, id string) lb.BackendID {
	return lb.BackendID(formatID(zone, id))
}

// ParseBackendID is the inverse of FormatBackendID.
func ParseBackendID(id lb.BackendID) (zone Zone, uuid string, err error) {
	return parseID(lb.KindBackend, string(id))
}

// FormatServerID is the ID of a server, which is an address in a backend's pool
// and has no identity of its own: "fr-par-1/<backend uuid>/10.0.0.4". An IPv4
// address in IPv6 form is written as IPv4.
func FormatServerID(zone Zone, backend string, address netip.Addr) lb.ServerID {
	return lb.ServerID(appendServerID(nil, FormatBackendID(zone, backend), address))
}

func appendServerID(text []byte, backend lb.BackendID, address netip.Addr) []byte {
	return address.Unmap().AppendTo(append(append(text, backend...), '/'))
}

// ParseServerID is the inverse of FormatServerID.
func ParseServerID(id lb.ServerID) (zone Zone, backend string, address netip.Addr, err error) {
	parent, text, ok := cutLast(string(id))
	if !ok {
		return "", "", netip.Addr{}, invalidID(lb.KindServer, string(id))
	}
	if zone, backend, ok = splitID(parent); !ok {
		return "", "", netip.Addr{}, invalidID(lb.KindServer, string(id))
	}
	address, err = netip.ParseAddr(text)
	if err != nil || !canonicalAddress(address) || address.String() != text {
		return "", "", netip.Addr{}, invalidID(lb.KindServer, string(id))
	}
	return zone, backend, address, nil
}

// FormatCertificateID is the ID of a certificate: "fr-par-1/<uuid>".
func FormatCertificateID(zone Zone, id string) lb.CertificateID {
	return lb.CertificateID(formatID(zone, id))
}

// ParseCertificateID is the inverse of FormatCertificateID.
func ParseCertificateID(id lb.CertificateID) (zone Zone, uuid string, err error) {
	return parseID(lb.KindCertificate, string(id))
}

// FormatAddressID is the ID of a flexible IP address: "fr-par-1/<uuid>".
func FormatAddressID(zone Zone, id string) lb.AddressID {
	return lb.AddressID(formatID(zone, id))
}

// ParseAddressID is the inverse of FormatAddressID.
func ParseAddressID(id lb.AddressID) (zone Zone, uuid string, err error) {
	return parseID(lb.KindAddress, string(id))
}

// FormatOperationID is the ID of the propagation of what was written to a load
// balancer up to a moment, which is rounded to microseconds as the API rounds it
// (facts 7): "fr-par-1/<load balancer uuid>/applied/<unix microseconds>".
func FormatOperationID(zone Zone, loadBalancer string, written time.Time) lb.OperationID {
	micros := strconv.FormatInt(written.Round(time.Microsecond).UnixMicro(), 10)
	return lb.OperationID(formatID(zone, loadBalancer) + "/" + operationWord + "/" + micros)
}

// ParseOperationID is the inverse of FormatOperationID.
func ParseOperationID(id lb.OperationID) (zone Zone, loadBalancer string, written time.Time, err error) {
	rest, text, ok := cutLast(string(id))
	if !ok {
		return "", "", time.Time{}, invalidID(lb.KindOperation, string(id))
	}
	parent, word, ok := cutLast(rest)
	if !ok || word != operationWord {
		return "", "", time.Time{}, invalidID(lb.KindOperation, string(id))
	}
	if zone, loadBalancer, ok = splitID(parent); !ok {
		return "", "", time.Time{}, invalidID(lb.KindOperation, string(id))
	}
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil || micros < 0 || strconv.FormatInt(micros, 10) != text {
		return "", "", time.Time{}, invalidID(lb.KindOperation, string(id))
	}
	return zone, loadBalancer, time.UnixMicro(micros).UTC(), nil
}

const operationWord = "applied"

func formatID(zone Zone, id string) string { return string(zone) + "/" + id }

// writeID adds an ID to text, of which it is a part then: lists hold thousands of them.
func writeID(text *strings.Builder, zone Zone, id string) string {
	start := text.Len()
	text.WriteString(string(zone))
	text.WriteByte('/')
	text.WriteString(id)
	return text.String()[start:]
}

func parseID(kind lb.Kind, id string) (Zone, string, error) {
	zone, uuid, ok := splitID(id)
	if !ok {
		return "", "", invalidID(kind, id)
	}
	return zone, uuid, nil
}

// splitID reads "zone/uuid". The format of both leaves no room for dots, escapes
// and further slashes.
func splitID(id string) (Zone, string, bool) {
	text, uuid, ok := strings.Cut(id, "/")
	zone := Zone(text)
	if !ok || !canonicalUUID(uuid) {
		return "", "", false
	}
	if !slices.Contains(zonesWithLoadBalancers, zone) && zone.validate() != nil { // a regular expression takes longer
		return "", "", false
	}
	return zone, uuid, true
}

func cutLast(id string) (before, after string, ok bool) {
	i := strings.LastIndexByte(id, '/')
	if i < 0 {
		return "", "", false
	}
	return id[:i], id[i+1:], true
}

// canonicalUUID reports whether s is a UUID as the API writes it, in lower case.
func canonicalUUID(s string) bool { return isUUID(s) && s == strings.ToLower(s) }

// canonicalAddress reports whether an address is of a server: without a zone,
// which means nothing off the machine, and not IPv4 in IPv6 form.
func canonicalAddress(address netip.Addr) bool {
	return address.IsValid() && address.Zone() == "" && !address.Is4In6()
}

// idForms say what the ID of a kind looks like.
var idForms = map[lb.Kind]string{
	lb.KindServer:    `"fr-par-1/<backend uuid>/<address>"`,
	lb.KindOperation: `"fr-par-1/<load balancer uuid>/applied/<microseconds>"`,
}

func invalidID(kind lb.Kind, id string) error {
	form, ok := idForms[kind]
	if !ok {
		form = `"fr-par-1/<uuid>"`
	}
	return &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Kind: kind, ID: id,
		Message: fmt.Sprintf("not of the form %s", form),
	}
}
