package scaleway

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Certificate is a TLS certificate of a load balancer. The API never gives its
// key back.
type Certificate struct {
	Type                   CertificateType   `json:"type"` // see Letsencrypt
	ID                     string            `json:"id"`
	CommonName             string            `json:"common_name"`
	SubjectAlternativeName []string          `json:"subject_alternative_name"`
	Fingerprint            string            `json:"fingerprint"`               // SHA-1 in hex; empty at first
	NotValidBefore         time.Time         `json:"not_valid_before,omitzero"` // zero while it is pending
	NotValidAfter          time.Time         `json:"not_valid_after,omitzero"`  // zero while it is pending
	Status                 CertificateStatus `json:"status"`
	LB                     LB                `json:"lb,omitzero"`
	Name                   string            `json:"name"`
	CreatedAt              time.Time         `json:"created_at,omitzero"`
	UpdatedAt              time.Time         `json:"updated_at,omitzero"`
	StatusDetails          string            `json:"status_details,omitempty"` // why it failed
}

func (c *Certificate) identity() string { return c.ID }

// Letsencrypt reports whether the load balancer gets and renews c from Let's
// Encrypt by itself, in either of the API's spellings.
func (c *Certificate) Letsencrypt() bool {
	return c.Type == CertificateTypeLetsencrypt || c.Type == CertificateTypeLetsencryt
}

// CertificateListOptions select and page the certificates of a load balancer.
type CertificateListOptions struct {
	Name    string // exact; empty: all
	OrderBy OrderBy
	lb.PageOptions
}

type certificatePage struct {
	Certificates []Certificate `json:"certificates"`
	TotalCount   *int          `json:"total_count"`
}

func (p *certificatePage) page() (*[]Certificate, *int) { return &p.Certificates, p.TotalCount }

// CertificateCreate is a new certificate: one of Letsencrypt and Custom.
type CertificateCreate struct {
	Name        string
	Letsencrypt *LetsencryptConfig
	Custom      *CustomCertificate
}

// LetsencryptConfig asks for a certificate of Let's Encrypt. Its domains must
// resolve to the load balancer.
type LetsencryptConfig struct {
	CommonName             string   `json:"common_name"`
	SubjectAlternativeName []string `json:"subject_alternative_name,omitempty"`
}

// CustomCertificate is a certificate of one's own.
type CustomCertificate struct {
	// CertificateChain is one PEM text: the private key, the certificate and its
	// chain, in any order.
	CertificateChain lb.Secret
}

// certificateCreate is CertificateCreate on the wire, where the key is told.
type certificateCreate struct {
	Name        string             `json:"name"`
	Letsencrypt *LetsencryptConfig `json:"letsencrypt,omitempty"`
	Custom      *customCertificate `json:"custom_certificate,omitempty"`
}

type customCertificate struct {
	CertificateChain string `json:"certificate_chain"`
}

// CertificateUpdate is all that can be changed of a certificate.
type CertificateUpdate struct {
	Name string `json:"name"`
}

// NewCertificateUpdate is the update that changes nothing of c.
func NewCertificateUpdate(c *Certificate) CertificateUpdate { return CertificateUpdate{Name: c.Name} }

// CertificateService manages certificates.
type CertificateService struct{ service }

// List yields the certificates of a load balancer.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}/certificates
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}/certificates
func (s *CertificateService) List(ctx context.Context, lbID string, opts CertificateListOptions) iter.Seq2[*Certificate, error] {
	query := nameQuery{Name: opts.Name, OrderBy: opts.OrderBy}
	all := list[certificatePage](ctx, s.place, listCertificates, query, opts.PageOptions, remembered((*Certificate).identity), lbID)
	return named(all, opts.Name, func(c *Certificate) string { return c.Name })
}

// Create uploads a certificate, which is ready at once, or asks for one, which
// takes some ten seconds: see WaitReady. Both or neither of Letsencrypt and
// Custom is lb.ErrInvalid, and nothing is sent.
//
//api:operation POST /lb/v1/zones/{zone}/lbs/{lb_id}/certificates
//api:operation POST /lb/v1/regions/{region}/lbs/{lb_id}/certificates
func (s *CertificateService) Create(ctx context.Context, lbID string, create CertificateCreate) (*Certificate, error) {
	call, err := s.call(createCertificate, lbID)
	if err != nil {
		return nil, err
	}
	if (create.Letsencrypt == nil) == (create.Custom == nil) {
		return nil, refuse(call, lb.ErrInvalid, "exactly one of Letsencrypt and Custom is needed")
	}
	body := certificateCreate{Name: create.Name, Letsencrypt: create.Letsencrypt}
	if create.Custom != nil {
		body.Custom = &customCertificate{CertificateChain: create.Custom.CertificateChain.Reveal()}
	}
	call.In = body
	return receive[Certificate](ctx, s.place, call)
}

// Get reads a certificate.
//
//api:operation GET /lb/v1/zones/{zone}/certificates/{certificate_id}
//api:operation GET /lb/v1/regions/{region}/certificates/{certificate_id}
func (s *CertificateService) Get(ctx context.Context, id string) (*Certificate, error) {
	return fetch[Certificate](ctx, s.place, getCertificate, nil, id)
}

// Update renames a certificate.
//
//api:operation PUT /lb/v1/zones/{zone}/certificates/{certificate_id}
//api:operation PUT /lb/v1/regions/{region}/certificates/{certificate_id}
func (s *CertificateService) Update(ctx context.Context, id string, update CertificateUpdate) (*Certificate, error) {
	return fetch[Certificate](ctx, s.place, updateCertificate, &update, id)
}

// Delete removes a certificate that no frontend lists.
//
//api:operation DELETE /lb/v1/zones/{zone}/certificates/{certificate_id}
//api:operation DELETE /lb/v1/regions/{region}/certificates/{certificate_id}
func (s *CertificateService) Delete(ctx context.Context, id string) error {
	return s.send(ctx, deleteCertificate, nil, id)
}
