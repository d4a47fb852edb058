package scaleway

import (
	"fmt"
	"math"

	"github.com/lbkit/lbkit/lb"
)

var backendProtocols = words[lb.Protocol, Protocol]{
	{lb.ProtocolTCP, ProtocolTCP},
	{lb.ProtocolHTTP, ProtocolHTTP},
}

// neutralFrontend is f, which was read in zone, in the words of the contract. Its
// protocol is its backend's: it has none of its own.
func neutralFrontend(zone Zone, f *Frontend) *lb.Frontend {
	return &lb.Frontend{
		ID:           FormatFrontendID(zone, f.ID),
		LoadBalancer: FormatLoadBalancerID(zone, f.LB.ID),
		FrontendSpec: frontendSpec(zone, f),
		Created:      moment(f.CreatedAt),
		Updated:      moment(f.UpdatedAt),
		Native:       f,
	}
}

func frontendSpec(zone Zone, f *Frontend) lb.FrontendSpec {
	spec := lb.FrontendSpec{
		Name:           f.Name,
		Protocol:       backendProtocols.read(f.Backend.ForwardProtocol),
		Ports:          portRange(f.InboundPort),
		DefaultBackend: FormatBackendID(zone, f.Backend.ID),
		ClientTimeout:  neutralTimeout(f.TimeoutClient),
		HTTP3:          f.EnableHTTP3,
		Extensions: lb.Extend(FrontendOptions{
			AccessLogs:        content(f.EnableAccessLogs),
			ZeroClientTimeout: isZeroTimeout(f.TimeoutClient),
		}),
	}
	for _, id := range servedCertificates(f) {
		spec.Certificates = append(spec.Certificates, FormatCertificateID(zone, id))
	}
	spec.TLS = len(spec.Certificates) > 0
	if f.ConnectionRateLimit != nil {
		spec.ConnectionRate = int(*f.ConnectionRateLimit)
	}
	return spec
}

// servedCertificates are also there where only the deprecated member names one.
func servedCertificates(f *Frontend) []string {
	if len(f.CertificateIDs) == 0 && f.Certificate != nil && f.Certificate.ID != "" {
		return []string{f.Certificate.ID}
	}
	return f.CertificateIDs
}

// portRange is nil for what is no port.
func portRange(port int) []lb.PortRange {
	number := portNumber(port)
	if number == 0 {
		return nil
	}
	return []lb.PortRange{lb.Port(number)}
}

func portNumber(port int) uint16 {
	if port < 0 || port > math.MaxUint16 {
		return 0
	}
	return uint16(port)
}

// neutralTimeout reads a timeout: null and 0 ms are both zero, see isZeroTimeout.
func neutralTimeout(m *Milliseconds) lb.Duration {
	if m == nil {
		return 0
	}
	return lb.Duration(m.Duration())
}

func isZeroTimeout(m *Milliseconds) bool { return m != nil && *m == 0 }

// wireTimeout is the inverse of neutralTimeout and isZeroTimeout; out is where it puts
// what is not null.
func wireTimeout(out *Milliseconds, d lb.Duration, zero bool) *Milliseconds {
	if d == 0 && !zero {
		return nil
	}
	*out = millis(d)
	return out
}

// liveFrontend is the update that changes nothing of f.
func liveFrontend(f *Frontend) FrontendUpdate {
	u := NewFrontendUpdate(f)
	u.CertificateIDs = servedCertificates(f)
	return u
}

// wireFrontend is a canonical spec in the API's words. What it refers to must be
// in zone.
func wireFrontend(op string, zone Zone, spec lb.FrontendSpec) (FrontendUpdate, error) {
	backend, err := reference(op, zone, "defaultBackend", spec.DefaultBackend, ParseBackendID)
	if err != nil {
		return FrontendUpdate{}, err
	}
	o, _, err := lb.ExtensionOf[FrontendOptions](spec.Extensions)
	if err != nil {
		return FrontendUpdate{}, misfit(op, lb.KindFrontend, "", extensionPath, "%v", err)
	}
	rate := uint32(spec.ConnectionRate) //nolint:gosec // G115: the dialect has checked its range
	u := FrontendUpdate{
		Name:                spec.Name,
		BackendID:           backend,
		TimeoutClient:       wireTimeout(new(Milliseconds), spec.ClientTimeout, o.ZeroClientTimeout),
		EnableHTTP3:         spec.HTTP3,
		ConnectionRateLimit: &rate,
		EnableAccessLogs:    &o.AccessLogs,
	}
	if len(spec.Ports) == 1 {
		u.InboundPort = int(spec.Ports[0].From)
	}
	for i, id := range spec.Certificates {
		certificate, err := reference(op, zone, fmt.Sprintf("certificates[%d]", i), id, ParseCertificateID)
		if err != nil {
			return FrontendUpdate{}, err
		}
		u.CertificateIDs = append(u.CertificateIDs, certificate)
	}
	return u, nil
}

// newFrontend is the creation of what wireFrontend made.
func newFrontend(u FrontendUpdate) FrontendCreate {
	create := FrontendCreate{
		Name: u.Name, InboundPort: u.InboundPort, BackendID: u.BackendID, TimeoutClient: u.TimeoutClient,
		CertificateIDs: u.CertificateIDs, EnableHTTP3: u.EnableHTTP3, EnableAccessLogs: content(u.EnableAccessLogs),
	}
	if *u.ConnectionRateLimit > 0 {
		create.ConnectionRateLimit = u.ConnectionRateLimit
	}
	return create
}

// reference is the UUID of what a spec refers to, which must be in zone: the API
// connects nothing across zones (facts 3).
func reference[ID ~string](op string, zone Zone, path string, id ID, parse func(ID) (Zone, string, error)) (string, error) {
	where, uuid, err := parse(id)
	switch {
	case err != nil:
		return "", misfit(op, lb.KindFrontend, "", path, "%q: not an ID of this provider", id)
	case where != zone:
		return "", misfit(op, lb.KindFrontend, "", path, "%q: in another zone than %s", id, zone)
	}
	return uuid, nil
}
