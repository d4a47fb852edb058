package lb

import (
	"iter"
)

// UnimplementedProvider answers ErrUnsupported to everything. Implementations of
// Provider embed it, with their name, so that a method added to the interface is
// not a breaking change: until they have it, it answers ErrUnsupported. The other
// Unimplemented types do the same for the other interfaces. They are also what a
// fake embeds that has two methods to replace.
type UnimplementedProvider struct{ ProviderName string }

// Name returns ProviderName.
func (u UnimplementedProvider) Name() string { return u.ProviderName }

// Capabilities returns none.
func (u UnimplementedProvider) Capabilities() Capabilities {
	return Capabilities{Provider: u.ProviderName}
}

// Dialect returns one that refuses everything.
func (u UnimplementedProvider) Dialect() Dialect { return UnimplementedDialect(u) }

// LoadBalancers returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) LoadBalancers() LoadBalancers { return UnimplementedLoadBalancers(u) }

// Frontends returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Frontends() Frontends { return UnimplementedFrontends(u) }

// Backends returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Backends() Backends { return UnimplementedBackends(u) }

// Servers returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Servers() Servers { return UnimplementedServers(u) }

// Filters returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Filters() Filters { return UnimplementedFilters(u) }

// Routes returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Routes() Routes { return UnimplementedRoutes(u) }

// Certificates returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Certificates() Certificates { return UnimplementedCertificates(u) }

// Addresses returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Addresses() Addresses { return UnimplementedAddresses(u) }

// Operations returns a service that answers ErrUnsupported.
func (u UnimplementedProvider) Operations() Operations { return UnimplementedOperations(u) }

func (UnimplementedProvider) mustEmbedUnimplementedProvider() {}

// UnimplementedDialect refuses every spec with ErrUnsupported.
type UnimplementedDialect struct{ ProviderName string }

// LoadBalancer answers ErrUnsupported.
func (u UnimplementedDialect) LoadBalancer(LoadBalancerSpec) (LoadBalancerSpec, error) {
	return LoadBalancerSpec{}, Problems{unimplemented(u.ProviderName, "loadbalancer")}
}

// Frontend answers ErrUnsupported.
func (u UnimplementedDialect) Frontend(FrontendSpec) (FrontendSpec, error) {
	return FrontendSpec{}, Problems{unimplemented(u.ProviderName, "frontend")}
}

// Backend answers ErrUnsupported.
func (u UnimplementedDialect) Backend(BackendSpec, []ServerSpec) (BackendSpec, []ServerSpec, error) {
	return BackendSpec{}, nil, Problems{unimplemented(u.ProviderName, "backend")}
}

// Filters answers ErrUnsupported.
func (u UnimplementedDialect) Filters(FrontendSpec, []FilterSpec) ([]FilterSpec, error) {
	return nil, Problems{unimplemented(u.ProviderName, "filter")}
}

// Routes answers ErrUnsupported.
func (u UnimplementedDialect) Routes(FrontendSpec, []RouteSpec) ([]RouteSpec, error) {
	return nil, Problems{unimplemented(u.ProviderName, "route")}
}

// Certificate answers ErrUnsupported.
func (u UnimplementedDialect) Certificate(CertificateSpec) (CertificateSpec, error) {
	return CertificateSpec{}, Problems{unimplemented(u.ProviderName, "certificate")}
}

// Address answers ErrUnsupported.
func (u UnimplementedDialect) Address(AddressSpec) (AddressSpec, error) {
	return AddressSpec{}, Problems{unimplemented(u.ProviderName, "address")}
}

func (UnimplementedDialect) mustEmbedUnimplementedDialect() {}

// unimplemented is what a method without an implementation answers.
func unimplemented(provider string, feature Feature) error {
	return &UnsupportedError{Provider: provider, Feature: feature, Reason: "this provider has no such call"}
}

func unimplementedList[T any](provider string, feature Feature) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, unimplemented(provider, feature))
	}
}
