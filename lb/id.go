package lb

// IDs are opaque, comparable strings that hold everything needed to address the
// resource at its provider: one string is all that a program stores. Each kind
// has a Go type of its own, so that a frontend's ID cannot take a backend's
// place. A malformed ID, or another provider's, is ErrInvalid and sends nothing.
// Packages ovh and scaleway export functions that format and parse theirs.
type (
	// LoadBalancerID addresses a load balancer: "loadbalancer-ab12" at OVH,
	// "fr-par-1/<uuid>" at Scaleway.
	LoadBalancerID string

	// FrontendID addresses a frontend: "loadbalancer-ab12/http/frontend/7" at
	// OVH, "fr-par-1/<uuid>" at Scaleway.
	FrontendID string

	// BackendID addresses a backend: "loadbalancer-ab12/http/farm/12" at OVH,
	// "fr-par-1/<uuid>" at Scaleway.
	BackendID string

	// ServerID addresses a server of a backend:
	// "loadbalancer-ab12/http/farm/12/server/34" at OVH,
	// "fr-par-1/<backend uuid>/10.0.0.4" at Scaleway, where a server is an
	// address and has no identity of its own.
	ServerID string

	// CertificateID addresses a certificate: "loadbalancer-ab12/ssl/5" at OVH,
	// or ".../ssl/order/<task>/<first domain>" while it is on order;
	// "fr-par-1/<uuid>" at Scaleway.
	CertificateID string

	// AddressID addresses a public address: "203.0.113.10" at OVH, or
	// "203.0.113.8_29" for a block; "fr-par-1/<uuid>" at Scaleway.
	AddressID string

	// OperationID addresses long-running work: "loadbalancer-ab12/task/12" or
	// "ip/203.0.113.10/task/5" at OVH,
	// "fr-par-1/<lb uuid>/applied/<unix microseconds>" at Scaleway.
	OperationID string
)

// Kind names a kind of resource in errors, plans and progress, in the words of a
// sentence: "load balancer", not a Go name.
type Kind string

// The kinds of resources.
const (
	KindLoadBalancer Kind = "load balancer"
	KindFrontend     Kind = "frontend"
	KindBackend      Kind = "backend"
	KindServer       Kind = "server"
	KindFilter       Kind = "filter"
	KindRoute        Kind = "route"
	KindCertificate  Kind = "certificate"
	KindAddress      Kind = "address"
	KindOperation    Kind = "operation"
)
