package lb

import (
	"context"
	"iter"
	"net/netip"
	"time"
)

// Frontends manages the listeners of a load balancer.
type Frontends interface {
	// List yields the frontends of a load balancer, without their filters and routes.
	List(ctx context.Context, parent LoadBalancerID, opts ListOptions) iter.Seq2[*Frontend, error]

	// Get reads one: ErrNotFound where it is gone.
	Get(ctx context.Context, id FrontendID) (*Frontend, error)

	// Create makes a frontend. Its default backend speaks the same protocol.
	Create(ctx context.Context, parent LoadBalancerID, spec FrontendSpec) (*Frontend, error)

	// Update changes a frontend; see Writes in the package documentation. Its filters
	// and routes are not touched.
	Update(ctx context.Context, id FrontendID, change func(*FrontendSpec) error) (*Frontend, error)

	// Delete removes a frontend with its filters and routes.
	Delete(ctx context.Context, id FrontendID) error

	mustEmbedUnimplementedFrontends()
}

// Frontend is a listener as its provider reports it.
type Frontend struct {
	ID           FrontendID     `json:"id"`
	LoadBalancer LoadBalancerID `json:"loadBalancer"`
	FrontendSpec
	Created time.Time `json:"created,omitzero"` // zero where the provider does not say
	Updated time.Time `json:"updated,omitzero"` // zero where the provider does not say
	Native  any       `json:"-"`                // the provider's own object
}

// FrontendSpec is the desired state of a frontend: where clients connect, and to
// which backend what no route claims goes.
type FrontendSpec struct {
	Name           string          `json:"name,omitzero"`
	Protocol       Protocol        `json:"protocol"`
	Ports          []PortRange     `json:"ports,omitzero"`
	DefaultBackend BackendID       `json:"defaultBackend,omitzero"`
	TLS            bool            `json:"tls,omitzero"`          // implied by Certificates
	Certificates   []CertificateID `json:"certificates,omitzero"` // the first is served when no name matches
	Addresses      []netip.Prefix  `json:"addresses,omitzero"`    // to listen on; empty: those that no other frontend names
	Disabled       bool            `json:"disabled,omitzero"`
	HSTS           bool            `json:"hsts,omitzero"`          // adds Strict-Transport-Security to answers
	SetHeaders     []Header        `json:"setHeaders,omitzero"`    // request headers added towards servers
	ClientTimeout  Duration        `json:"clientTimeout,omitzero"` // how long a client may stay silent, 1ms or more
	HTTP3          bool            `json:"http3,omitzero"`
	ConnectionRate int             `json:"connectionRate,omitzero"` // new connections per second and source address
	Extensions     Extensions      `json:"extensions,omitzero"`
}

// Header is a request header. Value may hold {client_ip} and {client_port}, which
// stand for the client's address and port.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
