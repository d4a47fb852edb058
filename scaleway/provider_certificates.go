package scaleway

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// certificates is lb.Certificates. None of its writes reaches the instances before a
// frontend lists a certificate.
type certificates struct {
	lb.UnimplementedCertificates

	p *provider
}

func (s certificates) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Certificate, error] {
	at, err := locate(s.p, "certificates.list", lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return rest.Fail[*lb.Certificate](err)
	}
	return rest.NamedList("certificates.list", listCertificatesOf(ctx, at, CertificateListOptions{Name: opts.Name, OrderBy: OrderByCreatedAtAsc, PageOptions: opts.PageOptions}))
}

// listCertificatesOf yields the certificates of the load balancer at a site.
func listCertificatesOf(ctx context.Context, at site, opts CertificateListOptions) iter.Seq2[*lb.Certificate, error] {
	return rest.Map(at.Certificates.List(ctx, at.uuid, opts), func(c *Certificate) (*lb.Certificate, error) {
		return neutralCertificate(at.zone, c), nil
	})
}

func (s certificates) Get(ctx context.Context, id lb.CertificateID) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.get", &err)
	at, err := locate(s.p, "certificates.get", lb.KindCertificate, id, ParseCertificateID)
	if err != nil {
		return nil, err
	}
	c, err := at.Certificates.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	return neutralCertificate(at.zone, c), nil
}

// Create uploads a certificate, which is ready at once, or orders one of Let's
// Encrypt: the domains must point to the load balancer by then, and what is behind
// its port 80, if anything, must speak HTTP (facts 8).
func (s certificates) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.CertificateSpec) (_ *lb.Certificate, err error) {
	const op = "certificates.create"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	canonical, err := s.p.dialect.Certificate(spec)
	if err != nil {
		return nil, err
	}
	made, err := create(ctx, s.p.client, subject{op: op, kind: lb.KindCertificate, name: canonical.Name}, creation[Certificate]{
		send: func(ctx context.Context) (*Certificate, error) {
			return at.Certificates.Create(ctx, at.uuid, newCertificate(canonical))
		},
		look: func(ctx context.Context) iter.Seq2[*Certificate, error] {
			return at.Certificates.List(ctx, at.uuid, CertificateListOptions{Name: canonical.Name, OrderBy: OrderByCreatedAtAsc})
		},
		same:    func(c *Certificate) bool { return outcomeOfCertificate(c, canonical) },
		created: func(c *Certificate) time.Time { return c.CreatedAt },
		id:      func(c *Certificate) string { return string(FormatCertificateID(at.zone, c.ID)) },
	})
	if err != nil {
		return nil, err
	}
	return neutralCertificate(at.zone, made), nil
}

// Rename sends the name, whatever it was.
func (s certificates) Rename(ctx context.Context, id lb.CertificateID, name string) (_ *lb.Certificate, err error) {
	defer rest.Named("certificates.rename", &err)
	at, err := locate(s.p, "certificates.rename", lb.KindCertificate, id, ParseCertificateID)
	if err != nil {
		return nil, err
	}
	p := &problems{kind: lb.KindCertificate}
	p.certificateName(name)
	if len(p.list) > 0 {
		return nil, p.list
	}
	c, err := at.Certificates.Update(ctx, at.uuid, CertificateUpdate{Name: name})
	if err != nil {
		return nil, err
	}
	return neutralCertificate(at.zone, c), nil
}

// Delete removes a certificate. It looks first whether a frontend lists it.
func (s certificates) Delete(ctx context.Context, id lb.CertificateID) (err error) {
	const op = "certificates.delete"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindCertificate, id, ParseCertificateID)
	if err != nil {
		return err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindCertificate, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	c, err := at.Certificates.Get(ctx, at.uuid)
	if err != nil {
		return err
	}
	users, err := servedBy(ctx, at, c)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return &lb.Error{
			Code: lb.ErrInUse, Provider: providerName, Op: op, Kind: lb.KindCertificate, ID: string(id), Fields: users,
		}
	}
	return at.Certificates.Delete(ctx, at.uuid)
}

// servedBy names the frontends that list a certificate.
func servedBy(ctx context.Context, at site, c *Certificate) ([]lb.FieldError, error) {
	var users []lb.FieldError
	for f, err := range at.Frontends.List(ctx, c.LB.ID, FrontendListOptions{OrderBy: OrderByCreatedAtAsc}) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(servedCertificates(f), c.ID) {
			users = append(users, lb.FieldError{
				Path: string(FormatFrontendID(at.zone, f.ID)), Reason: fmt.Sprintf("is a frontend, %q, that serves it", f.Name),
			})
		}
	}
	return users, nil
}
