package lb

import (
	"context"
	"iter"
	"time"
)

// Certificates manages a load balancer's TLS certificates.
type Certificates interface {
	// List yields the certificates of a load balancer.
	List(ctx context.Context, parent LoadBalancerID, opts ListOptions) iter.Seq2[*Certificate, error]

	// Get reads one, by a provisional ID too: ErrNotFound where it is gone.
	Get(ctx context.Context, id CertificateID) (*Certificate, error)

	// Create uploads spec.PEM with spec.Key, or orders a managed certificate for
	// spec.Domains. An ordered one is not ready at once, and its ID may be
	// provisional: WaitCertificate waits and returns the final one.
	Create(ctx context.Context, parent LoadBalancerID, spec CertificateSpec) (*Certificate, error)

	// Rename changes a certificate's name. Nothing else of a certificate changes:
	// new material is a new certificate.
	Rename(ctx context.Context, id CertificateID, name string) (*Certificate, error)

	// Delete removes a certificate. While a frontend serves it: ErrInUse.
	Delete(ctx context.Context, id CertificateID) error

	mustEmbedUnimplementedCertificates()
}

// Certificate is a TLS certificate as its provider reports it.
type Certificate struct {
	ID           CertificateID     `json:"id"`
	LoadBalancer LoadBalancerID    `json:"loadBalancer"`
	Name         string            `json:"name,omitzero"`
	Source       CertificateSource `json:"source,omitzero"`
	Provisioning Provisioning      `json:"provisioning,omitzero"`
	Detail       string            `json:"detail,omitzero"` // why it is not ready
	CommonName   string            `json:"commonName,omitzero"`
	Domains      []string          `json:"domains,omitzero"`
	Fingerprint  string            `json:"fingerprint,omitzero"` // SHA-1, lower-case hex without colons
	NotBefore    time.Time         `json:"notBefore,omitzero"`
	NotAfter     time.Time         `json:"notAfter,omitzero"`
	Native       any               `json:"-"` // the provider's own object
}

// CertificateSpec holds either PEM and Key, to upload, or Domains, to order a
// managed certificate for.
type CertificateSpec struct {
	Name    string   `json:"name,omitzero"`
	Domains []string `json:"domains,omitzero"` // the first is the common name
	PEM     string   `json:"pem,omitzero"`     // the chain, leaf first; a private key in it is ErrInvalid
	Key     Secret   `json:"-"`                // the private key, PEM
}
