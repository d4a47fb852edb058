package lbtest

import (
	"context"
	"crypto/sha1" //nolint:gosec // lb.Certificate.Fingerprint is defined so
	"encoding/hex"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/lb"
)

// memoryCertificates is lb.Certificates.
type memoryCertificates struct {
	lb.UnimplementedCertificates

	m *Memory
}

// certificate finds a certificate.
func (c *memoryCall) certificate(id lb.CertificateID) (*memoryBalancer, *memoryCertificate, error) {
	return memoryFound(c, lb.KindCertificate, string(id), c.m.findCertificate)
}

func (m *Memory) findCertificate(id string) (*memoryBalancer, *memoryCertificate) {
	return memoryFind(m, id, func(b *memoryBalancer) []*memoryCertificate { return b.certificates }, func(has *memoryCertificate) string { return string(has.ID) })
}

// List yields certificates in the order in which they were made. It brings no order
// further.
func (s memoryCertificates) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Certificate, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Certificate]{
		op: "certificates.list", page: opts.PageOptions,
		ids: func(c *memoryCall) ([]string, error) {
			b, err := c.balancer(parent)
			if err != nil {
				return nil, err
			}
			return memoryNamed(b.certificates, opts.Name, func(has *memoryCertificate) (string, string) { return string(has.ID), has.Name }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Certificate, bool) {
			_, certificate := s.m.findCertificate(id)
			if certificate == nil {
				return nil, false
			}
			return memoryCopyCertificate(&certificate.Certificate), true
		},
	})
}

// Get looks at a certificate, which brings one on order further: see Memory.
func (s memoryCertificates) Get(ctx context.Context, id lb.CertificateID) (*lb.Certificate, error) {
	c, err := s.m.begin(ctx, "certificates.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	_, certificate, err := c.certificate(id)
	if err != nil {
		return nil, err
	}
	certificate.look()
	return memoryCopyCertificate(&certificate.Certificate), nil
}

// memoryLifetime is how long a managed certificate is valid.
const memoryLifetime = 90 * 24 * time.Hour

// memoryUnresolved ends the names of domains that lead nowhere (RFC 6761, 6.4).
const memoryUnresolved = ".invalid"

func (c *memoryCertificate) look() {
	switch {
	case c.settled || c.Provisioning != lb.ProvisioningPending:
		return
	case c.polls > 0:
		c.polls--
		return
	}
	if slices.ContainsFunc(c.Domains, func(domain string) bool { return strings.HasSuffix(domain, memoryUnresolved) }) {
		c.Provisioning, c.Detail = lb.ProvisioningError, "a domain does not point to the load balancer"
		return
	}
	c.Provisioning, c.Detail = lb.ProvisioningReady, ""
	c.NotBefore = time.Now().UTC().Truncate(time.Second)
	c.NotAfter = c.NotBefore.Add(memoryLifetime)
	c.Fingerprint = memoryFingerprint([]byte(c.ID)) // there is nothing else to tell it by
}

func memoryFingerprint(content []byte) string {
	sum := sha1.Sum(content) //nolint:gosec // lb.Certificate.Fingerprint is defined so
	return hex.EncodeToString(sum[:])
}

// Create uploads a certificate, which is ready at once, or orders one, which is pending at
// first and cannot be had for a domain under .invalid. Its ID is final. The key is checked and forgotten.
func (s memoryCertificates) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.CertificateSpec) (*lb.Certificate, error) {
	c, err := s.m.begin(ctx, "certificates.create")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(parent)
	if err != nil {
		return nil, err
	}
	canonical, err := s.m.rules.Certificate(spec)
	if err != nil {
		return nil, err
	}
	certificate := &memoryCertificate{Certificate: lb.Certificate{LoadBalancer: parent, Name: canonical.Name}, polls: s.m.options.polls}
	if len(canonical.Domains) > 0 {
		certificate.Source, certificate.Provisioning, certificate.Detail = lb.CertificateManaged, lb.ProvisioningPending, "on order"
		certificate.CommonName, certificate.Domains = canonical.Domains[0], canonical.Domains
	} else if err := certificate.upload(canonical.PEM); err != nil {
		return nil, c.misfit(lb.KindCertificate, "", fit.Misfit("pem", "%v", err))
	}
	certificate.ID = lb.CertificateID(b.next(string(parent), "certificate"))
	b.certificates = append(b.certificates, certificate)
	b.wrote()
	return memoryCopyCertificate(&certificate.Certificate), nil
}

func (c *memoryCertificate) upload(pem string) error {
	chain, err := keypair.ParseChain(pem)
	if err != nil {
		return err
	}
	leaf := chain[0]
	c.Source, c.Provisioning = lb.CertificateUploaded, lb.ProvisioningReady
	c.CommonName, c.Domains = leaf.Subject.CommonName, slices.Clone(leaf.DNSNames)
	c.Fingerprint, c.NotBefore, c.NotAfter = memoryFingerprint(leaf.Raw), leaf.NotBefore, leaf.NotAfter
	return nil
}

// Rename changes a certificate's name.
func (s memoryCertificates) Rename(ctx context.Context, id lb.CertificateID, name string) (*lb.Certificate, error) {
	c, err := s.m.begin(ctx, "certificates.rename")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, certificate, err := c.certificate(id)
	if err != nil {
		return nil, err
	}
	if err := s.m.rules.CertificateName(name); err != nil {
		return nil, err
	}
	if certificate.Name != name {
		certificate.Name = name
		b.wrote()
	}
	return memoryCopyCertificate(&certificate.Certificate), nil
}

// Delete removes a certificate that no frontend serves.
func (s memoryCertificates) Delete(ctx context.Context, id lb.CertificateID) error {
	c, err := s.m.begin(ctx, "certificates.delete")
	if err != nil {
		return err
	}
	defer c.end()
	b, certificate, err := c.certificate(id)
	if err != nil {
		return err
	}
	var users []string
	for _, f := range b.frontends {
		if slices.Contains(f.Certificates, id) {
			users = append(users, "frontend "+string(f.ID))
		}
	}
	if len(users) > 0 {
		return c.fail(lb.ErrInUse, lb.KindCertificate, string(id), "by %s", strings.Join(users, ", "))
	}
	b.certificates = slices.DeleteFunc(b.certificates, func(other *memoryCertificate) bool { return other == certificate })
	b.wrote()
	return nil
}
