package scaleway

import (
	"crypto/sha1" //nolint:gosec // G505: fingerprints of this API are SHA-1
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

var certificateSources = words[lb.CertificateSource, CertificateType]{
	{lb.CertificateUploaded, CertificateTypeCustom},
	{lb.CertificateManaged, CertificateTypeLetsencrypt},
	{lb.CertificateManaged, CertificateTypeLetsencryt},
}

var certificateStatuses = words[lb.Provisioning, CertificateStatus]{
	{lb.ProvisioningPending, CertificateStatusPending},
	{lb.ProvisioningReady, CertificateStatusReady},
	{lb.ProvisioningError, CertificateStatusError},
}

// neutralCertificate is c, which was read in zone, in the words of the contract. A
// fingerprint and times that are not known yet are empty.
func neutralCertificate(zone Zone, c *Certificate) *lb.Certificate {
	return &lb.Certificate{
		ID:           FormatCertificateID(zone, c.ID),
		LoadBalancer: FormatLoadBalancerID(zone, c.LB.ID),
		Name:         c.Name,
		Source:       certificateSources.read(c.Type),
		Provisioning: certificateStatuses.read(c.Status),
		Detail:       c.StatusDetails,
		CommonName:   c.CommonName,
		Domains:      certificateDomains(c),
		Fingerprint:  plainFingerprint(c.Fingerprint),
		NotBefore:    moment(c.NotValidBefore),
		NotAfter:     moment(c.NotValidAfter),
		Native:       c,
	}
}

// certificateDomains are all names of a certificate, the common name first, which
// the API does not repeat among the others.
func certificateDomains(c *Certificate) []string {
	if c.CommonName == "" {
		return sortedSet(c.SubjectAlternativeName)
	}
	return canonicalDomains(append([]string{c.CommonName}, c.SubjectAlternativeName...))
}

// newCertificate is the creation of a canonical spec.
func newCertificate(spec lb.CertificateSpec) CertificateCreate {
	if spec.PEM != "" {
		return CertificateCreate{
			Name:   spec.Name,
			Custom: &CustomCertificate{CertificateChain: lb.NewSecret(spec.Key.Reveal() + spec.PEM)},
		}
	}
	return CertificateCreate{
		Name:        spec.Name,
		Letsencrypt: &LetsencryptConfig{CommonName: spec.Domains[0], SubjectAlternativeName: slices.Clone(spec.Domains[1:])},
	}
}

// outcomeOfCertificate reports whether c is what the creation of a canonical spec
// would have made.
func outcomeOfCertificate(c *Certificate, spec lb.CertificateSpec) bool {
	if spec.PEM == "" {
		return c.Letsencrypt() && slices.Equal(certificateDomains(c), spec.Domains)
	}
	chain, err := keypair.ParseChain(spec.PEM)
	return err == nil && c.Type == CertificateTypeCustom && shows(c, chain[0])
}

// shows reports whether c is leaf, as far as the API says yet: the fingerprint comes
// later. It takes the DNS names of a certificate for its names, and its subject
// where there are none (facts 8).
func shows(c *Certificate, leaf *x509.Certificate) bool {
	names := leaf.DNSNames
	if len(names) == 0 {
		names = []string{leaf.Subject.CommonName}
	}
	shown := plainFingerprint(c.Fingerprint)
	return (shown == "" || shown == sha1Of(leaf)) &&
		SameTime(c.NotValidBefore, leaf.NotBefore) && SameTime(c.NotValidAfter, leaf.NotAfter) &&
		slices.Equal(sortedSet(certificateDomains(c)), sortedSet(canonicalDomains(names)))
}

// plainFingerprint is in lower-case hex, without colons.
func plainFingerprint(text string) string { return strings.ToLower(strings.ReplaceAll(text, ":", "")) }

func sha1Of(certificate *x509.Certificate) string {
	sum := sha1.Sum(certificate.Raw) //nolint:gosec // G401: fingerprints of this API are SHA-1
	return hex.EncodeToString(sum[:])
}
