package ovh

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Certificate is a TLS certificate of a load balancer. All of its TLS frontends
// may serve it, chosen by the name that a client asks for (facts 6.7). Its key
// cannot be read back.
type Certificate struct {
	ID          int64           `json:"id"`
	DisplayName string          `json:"displayName"`
	Type        CertificateType `json:"type"`
	Subject     string          `json:"subject"`
	SAN         []string        `json:"san"`
	ExpireDate  time.Time       `json:"expireDate"`
	Fingerprint string          `json:"fingerprint"` // SHA-1 of the certificate, "AB:CD:..."
	// Serial is the serial number.
	//
	// Deprecated: OVH has replaced it. Use Fingerprint.
	Serial string `json:"serial"`
}

// CertificateCreate is a certificate to be uploaded. Certificate and Key are
// required.
type CertificateCreate struct {
	DisplayName string
	Certificate string    // PEM
	Chain       string    // PEM, of the intermediates
	Key         lb.Secret // PEM
}

// CertificateUpdate is what to change of a certificate, which may be null. To
// replace one, create another.
type CertificateUpdate struct {
	DisplayName Optional[string] `json:"displayName,omitzero"`
}

// CertificateListOptions select and page certificates. What is zero selects
// all.
type CertificateListOptions struct {
	Type           CertificateType `url:"type,omitempty"`
	ExpireBefore   time.Time       `url:"expireDate,omitempty"`
	Fingerprint    string          `url:"fingerprint,omitempty"` // a pattern of SQL's LIKE
	Serial         string          `url:"serial,omitempty"`      // a pattern of SQL's LIKE
	lb.PageOptions `url:"-"`
}

// CertificateService reads and writes the certificates of a load balancer.
// Writes are staged.
type CertificateService struct {
	certificates collection[Certificate, int64]
}

func newCertificateService(c *Client) *CertificateService {
	return &CertificateService{certificates: collection[Certificate, int64]{
		client: c,
		op:     "certificates",
		kind:   lb.KindCertificate,
		route:  "/ipLoadbalancing/{serviceName}/ssl",
		item:   "/ipLoadbalancing/{serviceName}/ssl/{id}",
		key:    func(c *Certificate) int64 { return c.ID },
	}}
}

// List yields the certificates of a load balancer, in whole objects. It is
// lazy: the first page is asked for when the iteration begins. Where the API
// answers with IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/ssl
func (s *CertificateService) List(ctx context.Context, service string, opts CertificateListOptions) iter.Seq2[*Certificate, error] {
	return s.certificates.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the certificates of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/ssl
func (s *CertificateService) ListIDs(ctx context.Context, service string, opts CertificateListOptions) ([]int64, error) {
	return s.certificates.ids(ctx, opts, service)
}

// Get reads one certificate.
//
//api:operation GET /ipLoadbalancing/{serviceName}/ssl/{id}
func (s *CertificateService) Get(ctx context.Context, service string, certificateID int64) (*Certificate, error) {
	return s.certificates.get(ctx, certificateID, service)
}

// Create uploads a certificate and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/ssl
func (s *CertificateService) Create(ctx context.Context, service string, body CertificateCreate) (*Certificate, error) {
	return s.certificates.create(ctx, struct {
		DisplayName string `json:"displayName,omitzero"`
		Certificate string `json:"certificate"`
		Chain       string `json:"chain,omitzero"`
		Key         string `json:"key"`
	}{body.DisplayName, body.Certificate, body.Chain, body.Key.Reveal()}, service)
}

// Update changes the display name of a certificate.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/ssl/{id}
func (s *CertificateService) Update(ctx context.Context, service string, certificateID int64, body CertificateUpdate) error {
	return s.certificates.update(ctx, certificateID, body, service)
}

// Delete removes a certificate that was uploaded. The schema speaks of no
// other.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/ssl/{id}
func (s *CertificateService) Delete(ctx context.Context, service string, certificateID int64) error {
	return s.certificates.remove(ctx, certificateID, service)
}

// OrderFree orders a certificate from Let's Encrypt for all of domains, and
// returns the task. The domains must resolve to the load balancer by then, and
// port 80 must be served; OVH renews the certificate by itself (facts 6.7).
//
//api:operation POST /ipLoadbalancing/{serviceName}/freeCertificate
func (s *CertificateService) OrderFree(ctx context.Context, service string, domains []string) (*Task, error) {
	call := serviceCall("certificates.orderFree", http.MethodPost, "/freeCertificate", service)
	call.In = struct {
		FQDN []string `json:"fqdn"`
	}{domains}
	return rest.Get[Task](ctx, s.certificates.client.rest, call)
}
