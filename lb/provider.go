package lb

// Provider is one account at one cloud: where every program that uses this
// package starts. Package ovh, scaleway and lb/lbtest make one each.
//
// A Provider and the services that it returns are safe for concurrent use.
// Implementations embed UnimplementedProvider, which lets this interface gain
// methods without breaking them.
type Provider interface {
	// Name is the provider's short name: "ovh", "scaleway", "memory".
	Name() string

	// Capabilities says what the provider can do. It is static: no I/O.
	Capabilities() Capabilities

	// Dialect says how the provider understands specs. It is static: no I/O.
	Dialect() Dialect

	// The services, one for each kind of resource: never nil, and without I/O. One
	// that the provider does not have answers ErrUnsupported.

	LoadBalancers() LoadBalancers
	Frontends() Frontends
	Backends() Backends
	Servers() Servers
	Filters() Filters
	Routes() Routes
	Certificates() Certificates
	Addresses() Addresses
	Operations() Operations

	mustEmbedUnimplementedProvider()
}
