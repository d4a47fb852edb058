package lb

import (
	"context"
	"iter"
	"net/netip"
)

// UnimplementedLoadBalancers answers ErrUnsupported to everything.
type UnimplementedLoadBalancers struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedLoadBalancers) List(context.Context, LoadBalancerListOptions) iter.Seq2[*LoadBalancer, error] {
	return unimplementedList[*LoadBalancer](u.ProviderName, "loadbalancers.list")
}

// Get answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Get(context.Context, LoadBalancerID) (*LoadBalancer, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.get")
}

// Create answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Create(context.Context, LoadBalancerSpec) (*LoadBalancer, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.create")
}

// Update answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Update(context.Context, LoadBalancerID, func(*LoadBalancerSpec) error) (*LoadBalancer, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.update")
}

// Delete answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Delete(context.Context, LoadBalancerID, DeleteLoadBalancerOptions) error {
	return unimplemented(u.ProviderName, "loadbalancers.delete")
}

// Read answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Read(context.Context, LoadBalancerID) (*Tree, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.read")
}

// Health answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Health(context.Context, LoadBalancerID) (*HealthSummary, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.health")
}

// EgressRanges answers ErrUnsupported.
func (u UnimplementedLoadBalancers) EgressRanges(context.Context, LoadBalancerID) ([]netip.Prefix, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.egressRanges")
}

// Pending answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Pending(context.Context, LoadBalancerID) ([]PendingChange, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.pending")
}

// Commit answers ErrUnsupported.
func (u UnimplementedLoadBalancers) Commit(context.Context, LoadBalancerID, CommitOptions) (*Operation, error) {
	return nil, unimplemented(u.ProviderName, "loadbalancers.commit")
}

func (UnimplementedLoadBalancers) mustEmbedUnimplementedLoadBalancers() {}

// UnimplementedFrontends answers ErrUnsupported to everything.
type UnimplementedFrontends struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedFrontends) List(context.Context, LoadBalancerID, ListOptions) iter.Seq2[*Frontend, error] {
	return unimplementedList[*Frontend](u.ProviderName, "frontends.list")
}

// Get answers ErrUnsupported.
func (u UnimplementedFrontends) Get(context.Context, FrontendID) (*Frontend, error) {
	return nil, unimplemented(u.ProviderName, "frontends.get")
}

// Create answers ErrUnsupported.
func (u UnimplementedFrontends) Create(context.Context, LoadBalancerID, FrontendSpec) (*Frontend, error) {
	return nil, unimplemented(u.ProviderName, "frontends.create")
}

// Update answers ErrUnsupported.
func (u UnimplementedFrontends) Update(context.Context, FrontendID, func(*FrontendSpec) error) (*Frontend, error) {
	return nil, unimplemented(u.ProviderName, "frontends.update")
}

// Delete answers ErrUnsupported.
func (u UnimplementedFrontends) Delete(context.Context, FrontendID) error {
	return unimplemented(u.ProviderName, "frontends.delete")
}

func (UnimplementedFrontends) mustEmbedUnimplementedFrontends() {}

// UnimplementedBackends answers ErrUnsupported to everything.
type UnimplementedBackends struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedBackends) List(context.Context, LoadBalancerID, ListOptions) iter.Seq2[*Backend, error] {
	return unimplementedList[*Backend](u.ProviderName, "backends.list")
}

// Get answers ErrUnsupported.
func (u UnimplementedBackends) Get(context.Context, BackendID) (*Backend, error) {
	return nil, unimplemented(u.ProviderName, "backends.get")
}

// Create answers ErrUnsupported.
func (u UnimplementedBackends) Create(context.Context, LoadBalancerID, BackendSpec, ...ServerSpec) (*Backend, error) {
	return nil, unimplemented(u.ProviderName, "backends.create")
}

// Update answers ErrUnsupported.
func (u UnimplementedBackends) Update(context.Context, BackendID, func(*BackendSpec) error) (*Backend, error) {
	return nil, unimplemented(u.ProviderName, "backends.update")
}

// Delete answers ErrUnsupported.
func (u UnimplementedBackends) Delete(context.Context, BackendID) error {
	return unimplemented(u.ProviderName, "backends.delete")
}

// Health answers ErrUnsupported.
func (u UnimplementedBackends) Health(context.Context, BackendID, PageOptions) iter.Seq2[*ServerHealth, error] {
	return unimplementedList[*ServerHealth](u.ProviderName, "backends.health")
}

func (UnimplementedBackends) mustEmbedUnimplementedBackends() {}

// UnimplementedServers answers ErrUnsupported to everything.
type UnimplementedServers struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedServers) List(context.Context, BackendID, ListOptions) iter.Seq2[*Server, error] {
	return unimplementedList[*Server](u.ProviderName, "servers.list")
}

// Get answers ErrUnsupported.
func (u UnimplementedServers) Get(context.Context, ServerID) (*Server, error) {
	return nil, unimplemented(u.ProviderName, "servers.get")
}

// Add answers ErrUnsupported.
func (u UnimplementedServers) Add(context.Context, BackendID, ...ServerSpec) ([]*Server, error) {
	return nil, unimplemented(u.ProviderName, "servers.add")
}

// Update answers ErrUnsupported.
func (u UnimplementedServers) Update(context.Context, ServerID, func(*ServerSpec) error) (*Server, error) {
	return nil, unimplemented(u.ProviderName, "servers.update")
}

// Remove answers ErrUnsupported.
func (u UnimplementedServers) Remove(context.Context, ...ServerID) error {
	return unimplemented(u.ProviderName, "servers.remove")
}

// Set answers ErrUnsupported.
func (u UnimplementedServers) Set(context.Context, BackendID, []ServerSpec, SetOptions) ([]*Server, error) {
	return nil, unimplemented(u.ProviderName, "servers.set")
}

func (UnimplementedServers) mustEmbedUnimplementedServers() {}

// UnimplementedFilters answers ErrUnsupported to everything.
type UnimplementedFilters struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedFilters) List(context.Context, FrontendID, PageOptions) iter.Seq2[*Filter, error] {
	return unimplementedList[*Filter](u.ProviderName, "filters.list")
}

// Set answers ErrUnsupported.
func (u UnimplementedFilters) Set(context.Context, FrontendID, []FilterSpec, SetOptions) ([]*Filter, error) {
	return nil, unimplemented(u.ProviderName, "filters.set")
}

func (UnimplementedFilters) mustEmbedUnimplementedFilters() {}

// UnimplementedRoutes answers ErrUnsupported to everything.
type UnimplementedRoutes struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedRoutes) List(context.Context, FrontendID, PageOptions) iter.Seq2[*Route, error] {
	return unimplementedList[*Route](u.ProviderName, "routes.list")
}

// Set answers ErrUnsupported.
func (u UnimplementedRoutes) Set(context.Context, FrontendID, []RouteSpec, SetOptions) ([]*Route, error) {
	return nil, unimplemented(u.ProviderName, "routes.set")
}

func (UnimplementedRoutes) mustEmbedUnimplementedRoutes() {}

// UnimplementedCertificates answers ErrUnsupported to everything.
type UnimplementedCertificates struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedCertificates) List(context.Context, LoadBalancerID, ListOptions) iter.Seq2[*Certificate, error] {
	return unimplementedList[*Certificate](u.ProviderName, "certificates.list")
}

// Get answers ErrUnsupported.
func (u UnimplementedCertificates) Get(context.Context, CertificateID) (*Certificate, error) {
	return nil, unimplemented(u.ProviderName, "certificates.get")
}

// Create answers ErrUnsupported.
func (u UnimplementedCertificates) Create(context.Context, LoadBalancerID, CertificateSpec) (*Certificate, error) {
	return nil, unimplemented(u.ProviderName, "certificates.create")
}

// Rename answers ErrUnsupported.
func (u UnimplementedCertificates) Rename(context.Context, CertificateID, string) (*Certificate, error) {
	return nil, unimplemented(u.ProviderName, "certificates.rename")
}

// Delete answers ErrUnsupported.
func (u UnimplementedCertificates) Delete(context.Context, CertificateID) error {
	return unimplemented(u.ProviderName, "certificates.delete")
}

func (UnimplementedCertificates) mustEmbedUnimplementedCertificates() {}

// UnimplementedAddresses answers ErrUnsupported to everything.
type UnimplementedAddresses struct{ ProviderName string }

// List answers ErrUnsupported.
func (u UnimplementedAddresses) List(context.Context, AddressListOptions) iter.Seq2[*Address, error] {
	return unimplementedList[*Address](u.ProviderName, "addresses.list")
}

// Get answers ErrUnsupported.
func (u UnimplementedAddresses) Get(context.Context, AddressID) (*Address, error) {
	return nil, unimplemented(u.ProviderName, "addresses.get")
}

// Allocate answers ErrUnsupported.
func (u UnimplementedAddresses) Allocate(context.Context, AddressSpec) (*Address, error) {
	return nil, unimplemented(u.ProviderName, "addresses.allocate")
}

// Attach answers ErrUnsupported.
func (u UnimplementedAddresses) Attach(context.Context, AddressID, LoadBalancerID) (*Operation, error) {
	return nil, unimplemented(u.ProviderName, "addresses.attach")
}

// Detach answers ErrUnsupported.
func (u UnimplementedAddresses) Detach(context.Context, AddressID) (*Operation, error) {
	return nil, unimplemented(u.ProviderName, "addresses.detach")
}

// Release answers ErrUnsupported.
func (u UnimplementedAddresses) Release(context.Context, AddressID) error {
	return unimplemented(u.ProviderName, "addresses.release")
}

func (UnimplementedAddresses) mustEmbedUnimplementedAddresses() {}

// UnimplementedOperations answers ErrUnsupported to everything.
type UnimplementedOperations struct{ ProviderName string }

// Get answers ErrUnsupported.
func (u UnimplementedOperations) Get(context.Context, OperationID) (*Operation, error) {
	return nil, unimplemented(u.ProviderName, "operations.get")
}

// List answers ErrUnsupported.
func (u UnimplementedOperations) List(context.Context, LoadBalancerID, PageOptions) iter.Seq2[*Operation, error] {
	return unimplementedList[*Operation](u.ProviderName, "operations.list")
}

func (UnimplementedOperations) mustEmbedUnimplementedOperations() {}
