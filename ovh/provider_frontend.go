package ovh

import (
	"github.com/lbkit/lbkit/lb"
)

// frontendOf is a frontend of any protocol as a neutral one. AllowedSource and
// DeniedSource are not in it: they read as the frontend's first filter.
func frontendOf(service string, f *frontend) (*lb.Frontend, error) {
	r := reading{kind: lb.KindFrontend, id: string(FormatFrontendID(service, f.protocol, f.FrontendID))}
	out := &lb.Frontend{
		ID:           lb.FrontendID(r.id),
		LoadBalancer: FormatLoadBalancerID(service),
		Native:       f.native,
		FrontendSpec: lb.FrontendSpec{
			Name:       f.DisplayName,
			Protocol:   f.protocol,
			Ports:      r.ports("port", f.Port),
			TLS:        f.SSL,
			Addresses:  r.prefixes("dedicatedIpfo", f.DedicatedIPFO),
			Disabled:   f.Disabled,
			HSTS:       f.HSTS,
			SetHeaders: headersOf(f.HTTPHeader),
		},
	}
	if f.DefaultFarmID != nil {
		out.DefaultBackend = FormatBackendID(service, f.protocol, *f.DefaultFarmID)
	}
	options := FrontendOptions{
		Zone:             zoneOf(f.Zone),
		RedirectLocation: f.RedirectLocation,
		AnyCertificate:   f.SSL && f.DefaultSSLID == nil,
		VRackNetwork:     valueOf(f.VRackNetworkID),
		VRackRouter:      valueOf(f.VRackVRouterID),
	}
	if f.DefaultSSLID != nil {
		certificate := FormatCertificateID(service, *f.DefaultSSLID)
		if f.SSL {
			out.Certificates = []lb.CertificateID{certificate}
		} else {
			options.UnusedCertificate = certificate
		}
	}
	out.Extensions = lb.Extend(options)
	return out, r.err()
}

// nativeFrontend is a canonical spec in the API's terms. The objects that it refers
// to must be of the same service and protocol.
func nativeFrontend(service string, spec lb.FrontendSpec) (HTTPFrontendCreate, lb.Problems) {
	f := &findings{kind: lb.KindFrontend, leaf: "frontend"}
	options := optionsOf[FrontendOptions](f, "extensions."+providerName, spec.Extensions)
	out := HTTPFrontendCreate{
		DisplayName:      spec.Name,
		Zone:             nativeZone(options.Zone),
		Port:             portText(spec.Ports),
		Disabled:         spec.Disabled,
		SSL:              spec.TLS,
		HSTS:             spec.HSTS,
		RedirectLocation: options.RedirectLocation,
		HTTPHeader:       nativeHeaders(spec.SetHeaders),
		DedicatedIPFO:    nativePrefixes(spec.Addresses),
		DefaultFarmID:    f.backendReference("defaultBackend", service, spec.Protocol, spec.DefaultBackend),
		DefaultSSLID:     f.certificateReference("extensions.ovh.unusedCertificate", service, options.UnusedCertificate),
	}
	if len(spec.Certificates) > 0 {
		out.DefaultSSLID = f.certificateReference("certificates", service, spec.Certificates[0])
	}
	return out, f.problems
}

// backendReference is the number of a farm of the service and protocol.
func (f *findings) backendReference(path, service string, protocol lb.Protocol, id lb.BackendID) int64 {
	if id == "" {
		return 0
	}
	itsService, itsProtocol, farm, err := ParseBackendID(id)
	switch {
	case err != nil:
		f.invalid(path, "%v", err)
	case itsService != service:
		f.invalid(path, "%s is of another load balancer", id)
	case itsProtocol != protocol:
		f.invalid(path, "%s speaks %s, the frontend %s", id, itsProtocol, protocol)
	}
	return farm
}

// certificateReference is the number of a certificate of the service.
func (f *findings) certificateReference(path, service string, id lb.CertificateID) int64 {
	if id == "" {
		return 0
	}
	if _, _, _, err := ParseCertificateOrderID(id); err == nil {
		f.invalid(path, "%s is on order, and its own ID not known yet", id)
		return 0
	}
	itsService, certificate, err := ParseCertificateID(id)
	switch {
	case err != nil:
		f.invalid(path, "%v", err)
	case itsService != service:
		f.invalid(path, "%s is of another load balancer", id)
	}
	return certificate
}

// frontendUpdate is what to send to make before into after.
func frontendUpdate(before, after HTTPFrontendCreate) HTTPFrontendUpdate {
	var u HTTPFrontendUpdate
	nullable(&u.DisplayName, before.DisplayName, after.DisplayName)
	required(&u.Zone, before.Zone, after.Zone)
	required(&u.Port, before.Port, after.Port)
	required(&u.Disabled, before.Disabled, after.Disabled)
	required(&u.SSL, before.SSL, after.SSL)
	nullable(&u.DefaultSSLID, before.DefaultSSLID, after.DefaultSSLID)
	required(&u.HSTS, before.HSTS, after.HSTS)
	nullable(&u.DefaultFarmID, before.DefaultFarmID, after.DefaultFarmID)
	nullable(&u.RedirectLocation, before.RedirectLocation, after.RedirectLocation)
	nullableList(&u.HTTPHeader, before.HTTPHeader, after.HTTPHeader)
	nullableList(&u.DedicatedIPFO, before.DedicatedIPFO, after.DedicatedIPFO)
	return u
}
