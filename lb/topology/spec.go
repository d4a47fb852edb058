package topology

import "github.com/lbkit/lbkit/lb"

// Spec is a load balancer with all that is in it. Its entries may come in any order.
type Spec struct {
	LoadBalancer lb.LoadBalancerSpec `json:"loadBalancer"`
	Certificates []Certificate       `json:"certificates,omitzero"`
	Backends     []Backend           `json:"backends,omitzero"`
	Frontends    []Frontend          `json:"frontends,omitzero"`
}

// Certificate is uploaded from PEM and Key (or the files that ReadFiles reads into
// them), ordered for Domains, or already there: with an ID, a Fingerprint or a name, and
// nothing to upload or to order.
type Certificate struct {
	ID lb.CertificateID `json:"id,omitzero"` // set where nothing else tells it apart
	lb.CertificateSpec
	PEMFile     string `json:"pemFile,omitzero"`     // a path to the chain, leaf first
	KeyFile     string `json:"keyFile,omitzero"`     // a path to the private key
	Fingerprint string `json:"fingerprint,omitzero"` // SHA-1 in hex, of one that is there
}

// Backend is a backend with its servers.
type Backend struct {
	ID lb.BackendID `json:"id,omitzero"` // set where the name is empty or not unique
	lb.BackendSpec
	Servers []lb.ServerSpec `json:"servers,omitzero"`
}

// Frontend is a frontend with its traffic rules.
type Frontend struct {
	ID lb.FrontendID `json:"id,omitzero"` // set where the name is empty or not unique
	lb.FrontendSpec
	Filters []lb.FilterSpec `json:"filters,omitzero"` // in order
	Routes  []lb.RouteSpec  `json:"routes,omitzero"`  // in order
}
