package topology

import (
	"slices"

	"github.com/lbkit/lbkit/lb"
)

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

// Clone is a copy that shares nothing with s: what to go back to, for example.
func (s *Spec) Clone() *Spec {
	out := &Spec{
		LoadBalancer: lb.Clone(s.LoadBalancer),
		Certificates: slices.Clone(s.Certificates), Backends: slices.Clone(s.Backends), Frontends: slices.Clone(s.Frontends),
	}
	for i := range out.Certificates {
		c := &out.Certificates[i]
		c.CertificateSpec = lb.Clone(c.CertificateSpec)
	}
	for i := range out.Backends {
		b := &out.Backends[i]
		b.BackendSpec, b.Servers = lb.Clone(b.BackendSpec), cloneAll(b.Servers)
	}
	for i := range out.Frontends {
		f := &out.Frontends[i]
		f.FrontendSpec, f.Filters, f.Routes = lb.Clone(f.FrontendSpec), cloneAll(f.Filters), cloneAll(f.Routes)
	}
	return out
}

func cloneAll[S lb.Spec](specs []S) []S {
	out := slices.Clone(specs)
	for i := range out {
		out[i] = lb.Clone(out[i])
	}
	return out
}
