package ovh

import (
	"context"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// certificates reads the certificates of a service.
func (p *provider) certificates(ctx context.Context, service string) ([]*lb.Certificate, error) {
	list := p.client.Certificates.List(ctx, service, CertificateListOptions{})
	return lb.Collect(rest.Map(list, func(c *Certificate) (*lb.Certificate, error) { return certificateOf(service, c), nil }))
}

// certificateOf is a certificate of a service as a neutral one.
func certificateOf(service string, c *Certificate) *lb.Certificate {
	out := &lb.Certificate{
		ID:           FormatCertificateID(service, c.ID),
		LoadBalancer: FormatLoadBalancerID(service),
		Name:         c.DisplayName,
		Source:       lb.CertificateSource(c.Type),
		Provisioning: lb.ProvisioningReady,
		CommonName:   commonName(c.Subject),
		Domains:      c.SAN,
		Fingerprint:  strings.ToLower(strings.ReplaceAll(c.Fingerprint, ":", "")),
		NotAfter:     c.ExpireDate,
		Native:       c,
	}
	if len(out.Domains) == 0 && out.CommonName != "" {
		out.Domains = []string{out.CommonName}
	}
	switch c.Type {
	case CertificateCustom:
		out.Source = lb.CertificateUploaded
	case CertificateBuilt:
		out.Source = lb.CertificateManaged
	case CertificateBuiltNotRouted:
		out.Source = lb.CertificateManaged
		out.Detail = "its domain no longer points to the load balancer, so that OVH cannot renew it"
	}
	return out
}

// commonName is the CN of a subject, or the subject where it is one itself.
func commonName(subject string) string {
	for part := range strings.FieldsFuncSeq(subject, func(r rune) bool { return r == ',' || r == '/' }) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return strings.TrimSpace(name)
		}
	}
	if strings.Contains(subject, "=") {
		return ""
	}
	return subject
}
