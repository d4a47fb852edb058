package scaleway

import "github.com/lbkit/lbkit/lb"

// LoadBalancerOptions are the settings of a load balancer that have no neutral
// name. A load balancer is made with a new IPv4 address unless they say
// otherwise.
//
// PrivateNetworks are for a provider made with WithPrivateNetworks; any other refuses a
// spec that names them. They are lb.ErrUnsupported then, with a hint.
//
// Addresses, NoIPv4, IPv6 and Project count at creation alone: an Update that
// changes them is refused. What is read back shows NoIPv4 and IPv6 as they are
// now, and Project unless it is the client's own; it never shows Addresses, which
// lb.LoadBalancer.Addresses has.
type LoadBalancerOptions struct {
	Description string `json:"description,omitzero"`
	// Project is the UUID of the project to create it in; empty: the client's.
	//
	// A client without a project reads the default project back as empty, though the
	// canonical form of a spec that names it does so: no dialect knows its UUID. An
	// Update with that spec changes nothing.
	Project string `json:"project,omitzero"`
	// Addresses are flexible IP addresses to use in place of new ones: one IPv4,
	// or one IPv4 and one IPv6, of the load balancer's zone and free. They exclude
	// NoIPv4 and IPv6.
	Addresses []lb.AddressID `json:"addresses,omitzero"`
	// NoIPv4 makes a private load balancer, without a public address. It excludes
	// IPv6: Scaleway has no load balancers with IPv6 alone (facts 12).
	NoIPv4 bool `json:"noIPv4,omitzero"`
	// IPv6 adds a new IPv6 address.
	IPv6 bool `json:"ipv6,omitzero"`
	// PrivateNetworks are the private networks that the load balancer is attached to, in
	// any order, 8 at most, each once. Nil and empty are the same but to a topology, where
	// nil leaves those that are there and empty, "privateNetworks: []", is none.
	//
	// What is read back has those that are attached, or are just being so, without their
	// addresses; it has none that leaves, or whose attachment has failed. An Update that
	// names one whose attachment has failed detaches it, and attaches it anew; one that
	// attaches or detaches others detaches it, too.
	PrivateNetworks []AttachedNetwork `json:"privateNetworks,omitzero"`
}

// AttachedNetwork is a private network that a load balancer is attached to.
type AttachedNetwork struct {
	Network string `json:"network"` // its UUID, without a region
	// Address is the UUID of the address to take in the network, which has been reserved
	// in IPAM; empty: any. It counts while the network is being attached, and is not read
	// back, since Scaleway shows an address that it chose in the same way (recorded): a
	// topology that goes on naming it plans an update each time, which sends nothing.
	//
	// An Update that names an address other than the one that is there is refused. To
	// change it, leave the network out in one Update and name it with the new address in
	// the next: in between, nobody is reached through that network.
	Address string `json:"address,omitzero"`
}

// FrontendOptions are the settings of a frontend that have no neutral name.
type FrontendOptions struct {
	// AccessLogs sends access logs to Cockpit, Scaleway's observability product.
	AccessLogs bool `json:"accessLogs,omitzero"`
	// ZeroClientTimeout sets the client timeout to 0 ms, which
	// lb.FrontendSpec.ClientTimeout cannot: its zero is Scaleway's default.
	ZeroClientTimeout bool `json:"zeroClientTimeout,omitzero"`
}

// BackendOptions are the settings of a backend that have no neutral name.
type BackendOptions struct {
	// Host is the name that requests to the servers carry, of a backend that does
	// not encrypt; of one that does it is lb.BackendTLS.Name.
	Host string `json:"host,omitzero"`
	// FailoverHost is an Object Storage website that answers while no server is
	// up: "bucket.s3-website.fr-par.scw.cloud", without a scheme.
	FailoverHost string `json:"failoverHost,omitzero"`
	// Redispatch lets the last retry of a connection go to another server.
	Redispatch bool `json:"redispatch,omitzero"`
	// ZeroTimeouts lists the timeouts that are set to 0 ms, which their neutral
	// fields cannot: zero is Scaleway's default there. Of serverTimeout,
	// connectTimeout and tunnelTimeout.
	ZeroTimeouts []string `json:"zeroTimeouts,omitzero"`
	// SkipVerify has HTTPS checks accept any certificate of the servers of a
	// backend that does not encrypt; of one that does it is lb.BackendTLS.Verify.
	SkipVerify bool `json:"skipVerify,omitzero"`
}

// HealthCheckOptions are the settings of a health check that have no neutral
// name.
type HealthCheckOptions struct {
	// SendProxy begins each check with the backend's PROXY protocol header. It
	// needs a PROXY protocol (facts 8).
	SendProxy bool `json:"sendProxy,omitzero"`
	// TransientDelay is the interval while a server goes up or down: whole
	// milliseconds from 100 ms to 2,147,483 s. 0 is 0.5 s, which reads back as 0.
	TransientDelay lb.Duration `json:"transientDelay,omitzero"`
}

// FilterOptions are the settings of a filter that have no neutral name.
type FilterOptions struct {
	Description string `json:"description,omitzero"`
	// EdgeServices matches what comes through Scaleway's Edge Services. It stands in
	// the place of a condition on the source, as one without Not.
	EdgeServices bool `json:"edgeServices,omitzero"`
	// NotEdgeServices matches what comes by other ways, as one with Not.
	NotEdgeServices bool `json:"notEdgeServices,omitzero"`
	// Location is a redirect's target with Scaleway's placeholders, where no
	// lb.Redirect can hold it.
	Location string `json:"location,omitzero"`
}

// ExtensionProvider is "scaleway".
func (LoadBalancerOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider is "scaleway".
func (FrontendOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider is "scaleway".
func (BackendOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider is "scaleway".
func (HealthCheckOptions) ExtensionProvider() string { return providerName }

// ExtensionProvider is "scaleway".
func (FilterOptions) ExtensionProvider() string { return providerName }
