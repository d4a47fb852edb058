package ovh

import "github.com/lbkit/lbkit/lb"

// The extensions of the neutral specs: what OVH has and the contract does not.
// What they lack is neutral, or reached through the client: what cannot be written,
// such as past quotas, and what is a secret, such as LoadBalancer.MetricsToken, which
// may not travel in a spec.

// LoadBalancerOptions are the settings of a load balancer that only OVH has. It goes
// into lb.LoadBalancerSpec.Extensions. None of them waits for a Commit.
//
// OVH keeps them apart from the load balancer itself, behind requests and rights of
// their own: a provider reads and writes them if it is made with
// WithLoadBalancerOptions, which says what that costs.
type LoadBalancerOptions struct {
	// QuotaAlerts are the bytes of traffic, 1 or more, above which OVH sends a message
	// before the quota is reset, by zone: {"gra": 5_000_000_000_000}. There is no alert
	// in a zone that is not named.
	QuotaAlerts map[string]int64 `json:"quotaAlerts,omitzero"`
	// LogStreams are where logs are forwarded, in any order. OVH's log platform begins
	// and ends to forward in its own time, which an Update does not wait for; the load
	// balancer must have been refreshed once (facts 5.8).
	LogStreams []LogStream `json:"logStreams,omitzero"`
}

// LogStream forwards one kind of logs to a stream of OVH's Logs Data Platform.
type LogStream struct {
	Kind   string `json:"kind"`   // "http" or "tcp": there are no logs of UDP (facts 5.8)
	Stream string `json:"stream"` // the stream's UUID
}

// FrontendOptions are the settings of a frontend that only OVH has. It goes into
// lb.FrontendSpec.Extensions.
type FrontendOptions struct {
	// Zone deploys the frontend in one of the load balancer's zones; empty is all
	// of them. A frontend and its backends must be in the same.
	Zone string `json:"zone,omitzero"`
	// RedirectLocation redirects every request that no filter or route claims, to
	// an absolute URL. The default backend is not used then. HTTP only.
	RedirectLocation string `json:"redirectLocation,omitzero"`
	// AnyCertificate is TLS without a certificate of the frontend's own: each of the
	// load balancer's is served to the clients that name it, and which the others
	// get is OVH's choice.
	AnyCertificate bool `json:"anyCertificate,omitzero"`
	// UnusedCertificate is the frontend's own certificate while its TLS is off. With
	// TLS it is one of FrontendSpec.Certificates.
	UnusedCertificate lb.CertificateID `json:"unusedCertificate,omitzero"`
	// VRackNetwork and VRackRouter are the IDs of the network and router of a
	// frontend inside a vRack. OVH sets them: they are read, and cannot be written.
	VRackNetwork int64 `json:"vrackNetwork,omitzero"`
	VRackRouter  int64 `json:"vrackRouter,omitzero"` // 1 to 255
}

// BackendOptions are the settings of a backend that only OVH has. It goes into
// lb.BackendSpec.Extensions.
type BackendOptions struct {
	// Zone deploys the backend in one of the load balancer's zones; empty is all of
	// them. It cannot change.
	Zone string `json:"zone,omitzero"`
	// VRackNetwork is the ID of the vRack network through which the servers are
	// reached. Once a load balancer is in a vRack, each of its backends needs one.
	VRackNetwork int64 `json:"vrackNetwork,omitzero"`
}

// HealthCheckOptions are the settings of a health check that only OVH has. It goes
// into lb.HealthCheck.Extensions.
type HealthCheckOptions struct {
	// URL is the request's in OVH's own form, where Host and Path cannot hold it.
	URL string `json:"url,omitzero"`
	// NegateStatus: the status codes of HTTPCheck.Status are those that fail.
	NegateStatus bool `json:"negateStatus,omitzero"`
	// ForceTLS checks over TLS with a type other than lb.CheckHTTPS.
	ForceTLS bool `json:"forceTls,omitzero"`
	// Match and Pattern are what is looked for in the answer in OVH's own form, where
	// HTTPCheck.Status and Expect cannot hold it. Negate turns it round.
	Match   string `json:"match,omitzero"`
	Pattern string `json:"pattern,omitzero"`
	Negate  bool   `json:"negate,omitzero"`
}

// ServerOptions are the settings of a server that only OVH has. It goes into
// lb.ServerSpec.Extensions.
//
// ProxyProtocol, OnMarkedDown and TLS are the backend's in the contract and each
// server's at OVH. They are nil where the servers of a backend agree, and the
// backend's own fields hold what they agree on; where they differ,
// lb.Backend.Mixed names the setting and each server has its own value here.
type ServerOptions struct {
	// Cookie is the server's value of the stickiness cookie. OVH makes one up where
	// there is none and the backend needs it. HTTP only.
	Cookie string `json:"cookie,omitzero"`
	// NoCheck exempts the server from its backend's health check.
	NoCheck       bool              `json:"noCheck,omitzero"`
	ProxyProtocol *lb.ProxyProtocol `json:"proxyProtocol,omitzero"` // to "": none
	OnMarkedDown  *lb.OnMarkedDown  `json:"onMarkedDown,omitzero"`  // to "": nothing
	TLS           *lb.BackendTLS    `json:"tls,omitzero"`           // to the zero value: plain text
	// Status is OVH's own word where it is neither active nor inactive. It is read,
	// and cannot be written.
	Status string `json:"status,omitzero"`
}

// FilterOptions are the settings of a filter that only OVH has. It goes into
// lb.FilterSpec.Extensions.
type FilterOptions struct {
	// Target is a redirection's in OVH's own form, where lb.Redirect cannot hold it.
	Target string `json:"target,omitzero"`
}

// ExtensionProvider returns "ovh".
func (LoadBalancerOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider returns "ovh".
func (FrontendOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider returns "ovh".
func (BackendOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider returns "ovh".
func (HealthCheckOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider returns "ovh".
func (ServerOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider returns "ovh".
func (FilterOptions) ExtensionProvider() string { return providerName }
