package lb

// Dialect is what a provider knows about specs without I/O.
//
// Each method returns the canonical form of what it gets: the form in which the
// provider reports it back once written, with defaults filled in, one spelling
// per meaning, sets sorted, and one spec for each of the provider's objects. (So
// Filters and Routes may return more specs than they get.) Or it refuses, with
// Problems that name every field at fault. There is no third outcome: a field that
// is set is never dropped and never rounded.
//
// A provider asks its Dialect before it sends anything; a program may ask it
// sooner, to check a configuration offline. Two specs mean the same to a provider
// exactly when Equal holds for their canonical forms.
//
// References to other objects (a frontend's default backend and certificates, a
// route's backend) pass through unread, so they may be names where IDs are not
// known yet. An extension of another provider has no part in the canonical form.
//
// Paths begin at the spec ("healthCheck.timeout"); those of servers, filters and routes
// at their position ("servers[2].weight"), but in Servers.Update, where there is one, at
// the server. What is wrong for every provider is an Error with ErrInvalid, one for each
// field.
//
// Implementations embed UnimplementedDialect.
type Dialect interface {
	// LoadBalancer takes a load balancer's own settings.
	LoadBalancer(spec LoadBalancerSpec) (LoadBalancerSpec, error)

	// Frontend takes a frontend's own settings.
	Frontend(spec FrontendSpec) (FrontendSpec, error)

	// Backend takes the servers too, since some providers keep settings of the
	// backend on each server.
	Backend(spec BackendSpec, servers []ServerSpec) (BackendSpec, []ServerSpec, error)

	// Filters takes all filters of a frontend, in order.
	Filters(frontend FrontendSpec, specs []FilterSpec) ([]FilterSpec, error)

	// Routes takes all routes of a frontend, in order.
	Routes(frontend FrontendSpec, specs []RouteSpec) ([]RouteSpec, error)

	// Certificate takes a certificate to upload or to order.
	Certificate(spec CertificateSpec) (CertificateSpec, error)

	// Address takes an address to allocate.
	Address(spec AddressSpec) (AddressSpec, error)

	mustEmbedUnimplementedDialect()
}
