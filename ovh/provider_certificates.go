package ovh

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: the API's fingerprints are SHA-1 (facts 5.7)
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"

	"github.com/lbkit/lbkit/internal/keypair"
	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralCertificates is lb.Certificates.
type neutralCertificates struct {
	lb.UnimplementedCertificates
	p *provider
}

// certificateService is the lb.Certificates of p.
func (p *provider) certificateService() lb.Certificates {
	return neutralCertificates{UnimplementedCertificates: lb.UnimplementedCertificates{ProviderName: providerName}, p: p}
}

// List yields the certificates of a load balancer. One on order is not among them:
// the task of an order does not say what for.
func (s neutralCertificates) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Certificate, error] {
	const op = "certificates.list"
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return rest.Fail[*lb.Certificate](rest.Renamed(op, err))
	}
	list := s.p.client.Certificates.List(ctx, service, CertificateListOptions{PageOptions: opts.PageOptions})
	list = rest.Filter(list, func(c *Certificate) bool { return opts.Name == "" || c.DisplayName == opts.Name })
	return rest.NamedList(op, rest.Map(list, func(c *Certificate) (*lb.Certificate, error) { return certificateOf(service, c), nil }))
}

// Get reads one certificate, or how far the order is of one that is not there yet. Such
// a one has the first of its domains as CommonName, and no Domains: the task of an order
// does not name them.
func (s neutralCertificates) Get(ctx context.Context, id lb.CertificateID) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.get", &err)
	return s.read(ctx, id)
}

func (s neutralCertificates) read(ctx context.Context, id lb.CertificateID) (*lb.Certificate, error) {
	if order, ok := parseOrder(id); ok {
		return s.ordered(ctx, order)
	}
	service, number, err := ParseCertificateID(id)
	if err != nil {
		return nil, err
	}
	c, err := s.p.client.Certificates.Get(ctx, service, number)
	if err != nil {
		return nil, err
	}
	return certificateOf(service, c), nil
}

// Create uploads a certificate, which is ready then, or orders one for
// spec.Domains. An ordered one has a provisional ID until it is there; nothing
// checks its domains before. WaitCertificate returns the final one.
//
// What the order brings can be told from a certificate that was there for the first of
// its domains, which Create asks for, and from what another order for that one and other
// domains brings, by this client alone: to another one, the newest is the order's.
func (s neutralCertificates) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.CertificateSpec) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.create", &err)
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return nil, err
	}
	canonical, problems := canonicalCertificate(spec)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(canonical.Domains) > 0 {
		return s.order(ctx, service, canonical.Domains)
	}
	chain, err := keypair.ParseChain(canonical.PEM)
	if err != nil {
		return nil, err
	}
	made, err := s.uploading(service, canonical, chain).do(ctx)
	if err != nil {
		return nil, err
	}
	return certificateOf(service, made), nil
}

// uploading is the making of a certificate of one's own. What there is already of the
// same name and content cannot be told from it.
func (s neutralCertificates) uploading(service string, spec lb.CertificateSpec, chain keypair.Chain) creation[Certificate] {
	fingerprint := fingerprintOf(chain[0])
	return creation[Certificate]{
		kind:       lb.KindCertificate,
		lookBefore: s.p.lookBefore,
		post: func(ctx context.Context) (*Certificate, error) {
			return s.p.client.Certificates.Create(ctx, service, CertificateCreate{DisplayName: spec.Name, Certificate: chain[:1].PEM(), Chain: chain[1:].PEM(), Key: spec.Key})
		},
		list: func(ctx context.Context) ([]*Certificate, error) {
			return lb.Collect(s.p.client.Certificates.List(ctx, service, CertificateListOptions{}))
		},
		id: func(c *Certificate) string { return string(FormatCertificateID(service, c.ID)) },
		same: func(c *Certificate) bool {
			return c.DisplayName == spec.Name && certificateOf(service, c).Fingerprint == fingerprint
		},
	}
}

// fingerprintOf is the fingerprint of a certificate, as the contract spells it.
func fingerprintOf(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw) //nolint:gosec // G401: as above
	return hex.EncodeToString(sum[:])
}

// Rename changes a certificate's name. One on order has none until it is there:
// lb.ErrBusy.
func (s neutralCertificates) Rename(ctx context.Context, id lb.CertificateID, name string) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.rename", &err)
	service, done, err := s.writing(ctx, id)
	if err != nil {
		return nil, err
	}
	defer done()
	current, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	_, number, err := ParseCertificateID(current.ID)
	switch {
	case err != nil:
		return nil, stillOrdered(current)
	case current.Name == name:
		return current, nil
	}
	var update CertificateUpdate
	nullable(&update.DisplayName, current.Name, name)
	if err := s.p.client.Certificates.Update(ctx, service, number, update); err != nil {
		return nil, err
	}
	return s.read(ctx, current.ID)
}

// writing waits for other writes to the service of a certificate.
func (s neutralCertificates) writing(ctx context.Context, id lb.CertificateID) (service string, done func(), err error) {
	if order, ok := parseOrder(id); ok {
		service = order.service
	} else if service, _, err = ParseCertificateID(id); err != nil {
		return "", nil, err
	}
	done, err = s.p.writing(ctx, service)
	return service, done, err
}

func stillOrdered(c *lb.Certificate) error {
	return &lb.Error{
		Code: lb.ErrBusy, Provider: providerName, Kind: lb.KindCertificate, ID: string(c.ID),
		Message: "it is on order, and not there yet",
	}
}

// Delete removes a certificate that no frontend has for its own; ErrInUse names those
// that do. An order cannot be taken back: while it runs, deleting it is lb.ErrBusy,
// and of one that has failed there is nothing to delete.
func (s neutralCertificates) Delete(ctx context.Context, id lb.CertificateID) (err error) {
	defer rest.Named("certificates.delete", &err)
	service, done, err := s.writing(ctx, id)
	if err != nil {
		return err
	}
	defer done()
	if _, ok := parseOrder(id); ok {
		current, err := s.read(ctx, id)
		if err != nil {
			return err
		}
		id = current.ID
		if _, ok := parseOrder(id); ok && current.Provisioning == lb.ProvisioningError {
			return nil
		} else if ok {
			return stillOrdered(current)
		}
	}
	_, number, err := ParseCertificateID(id)
	if err != nil {
		return err
	}
	users, err := s.users(ctx, service, number)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return &lb.Error{
			Code: lb.ErrInUse, Provider: providerName, Kind: lb.KindCertificate, ID: string(id), Message: "by " + strings.Join(users, ", "),
		}
	}
	return s.p.client.Certificates.Delete(ctx, service, number)
}

// users are the frontends that have a certificate for their own.
func (s neutralCertificates) users(ctx context.Context, service string, certificate int64) ([]string, error) {
	opts := FrontendListOptions{DefaultSSLID: certificate}
	var found [2][]int64
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) {
			found[0], err = s.p.client.HTTP.Frontends.ListIDs(ctx, service, opts)
			return err
		},
		func(ctx context.Context) (err error) {
			found[1], err = s.p.client.TCP.Frontends.ListIDs(ctx, service, opts)
			return err
		})
	var users []string
	for i, protocol := range []lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP} {
		for _, id := range found[i] {
			users = append(users, fmt.Sprintf("%s %s", lb.KindFrontend, FormatFrontendID(service, protocol, id)))
		}
	}
	return users, err
}
