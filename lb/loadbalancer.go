package lb

import (
	"context"
	"iter"
	"net/netip"
	"time"
)

// LoadBalancers manages load balancers and publishes their configuration.
type LoadBalancers interface {
	// List yields the account's load balancers. Names need not be unique: One finds
	// the only one of a name.
	List(ctx context.Context, opts LoadBalancerListOptions) iter.Seq2[*LoadBalancer, error]

	// Get reads one: ErrNotFound where it is gone.
	Get(ctx context.Context, id LoadBalancerID) (*LoadBalancer, error)

	// Create makes a load balancer, which costs money. It returns once the
	// provider has accepted: WaitReady waits until it works. Where it was made and
	// something after that failed, it is returned beside the error. Where load
	// balancers are ordered by other ways it is ErrUnsupported, with a hint.
	Create(ctx context.Context, spec LoadBalancerSpec) (*LoadBalancer, error)

	// Update changes a load balancer's own settings; see Writes in the package
	// documentation.
	Update(ctx context.Context, id LoadBalancerID, change func(*LoadBalancerSpec) error) (*LoadBalancer, error)

	// Delete removes a load balancer and what is in it. It returns once the
	// provider has accepted: WaitDeleted waits until it is gone. Its addresses are
	// kept unless opts says otherwise.
	Delete(ctx context.Context, id LoadBalancerID, opts DeleteLoadBalancerOptions) error

	// Read reads a load balancer with all that is in it, in the fewest requests: far
	// fewer than listing each kind of resource. Whole resources that this version has
	// no words for are an *UnsupportedError each, beside the tree.
	Read(ctx context.Context, id LoadBalancerID) (*Tree, error)

	// Health is the operating state as the provider sees it now.
	Health(ctx context.Context, id LoadBalancerID) (*HealthSummary, error)

	// EgressRanges are the source ranges that the load balancer uses towards
	// servers: what a firewall in front of them must let in.
	EgressRanges(ctx context.Context, id LoadBalancerID) ([]netip.Prefix, error)

	// Pending lists what is written but not yet live, what a running commit
	// carries included.
	Pending(ctx context.Context, id LoadBalancerID) ([]PendingChange, error)

	// Commit makes written configuration live. Where writes are live at once the
	// operation follows their propagation. With nothing to do, the operation is
	// done and has no ID. While another commit runs: an *Error with ErrBusy,
	// KindOperation and that operation's ID. Publish does all of this and waits.
	//
	// A provider that lists "loadbalancers.commit.withoutFrontends" as lacking makes
	// nothing live of a load balancer without frontends: what was written stays pending.
	Commit(ctx context.Context, id LoadBalancerID, opts CommitOptions) (*Operation, error)

	mustEmbedUnimplementedLoadBalancers()
}

// LoadBalancer is a load balancer as its provider reports it.
type LoadBalancer struct {
	ID LoadBalancerID `json:"id"`
	LoadBalancerSpec
	Provisioning Provisioning `json:"provisioning,omitzero"`
	Zones        []string     `json:"zones,omitzero"`
	Addresses    []netip.Addr `json:"addresses,omitzero"`
	Instances    []Instance   `json:"instances,omitzero"`
	Created      time.Time    `json:"created,omitzero"` // zero where the provider does not say
	Updated      time.Time    `json:"updated,omitzero"` // zero where the provider does not say
	Native       any          `json:"-"`                // the provider's own object, e.g. *scaleway.LB
}

// LoadBalancerSpec is the desired state of a load balancer.
type LoadBalancerSpec struct {
	Name       string     `json:"name,omitzero"`
	Tags       []string   `json:"tags,omitzero"`
	Plan       string     `json:"plan,omitzero"`      // the commercial offer; changing it costs money
	Zone       string     `json:"zone,omitzero"`      // create only
	TLSPolicy  TLSPolicy  `json:"tlsPolicy,omitzero"` // towards clients
	Extensions Extensions `json:"extensions,omitzero"`
}

// Instance is one of the machines that a load balancer runs on.
type Instance struct {
	ID     string       `json:"id"`
	Zone   string       `json:"zone,omitzero"`
	Status Provisioning `json:"status,omitzero"`
}

// Tree is a load balancer with all that is in it, as Read returns it.
type Tree struct {
	LoadBalancer *LoadBalancer  `json:"loadBalancer"`
	Certificates []*Certificate `json:"certificates,omitempty"`
	Backends     []*Backend     `json:"backends,omitempty"` // with their Servers
	Frontends    []FrontendTree `json:"frontends,omitempty"`
	// Unread are settings that are there and that the provider was not asked to read,
	// since they cost requests of their own: an *UnsupportedError each, whose Hint says
	// how to ask. topology.Export returns them as errors.
	Unread Problems `json:"-"`
}

// FrontendTree is a frontend with its traffic rules. In JSON the frontend's own
// fields stand beside "filters" and "routes".
type FrontendTree struct {
	*Frontend
	Filters []*Filter `json:"filters,omitempty"` // in order
	Routes  []*Route  `json:"routes,omitempty"`  // in order
}

// HealthSummary counts a load balancer's parts by state.
type HealthSummary struct {
	State     Health         `json:"state"`
	Frontends map[Health]int `json:"frontends,omitzero"` // how many are in each state
	Backends  map[Health]int `json:"backends,omitzero"`  // how many are in each state
	Servers   map[Health]int `json:"servers,omitzero"`   // how many are in each state
}

// PendingChange counts what is written and not yet live in one zone.
type PendingChange struct {
	Zone  string `json:"zone,omitzero"`
	Count int    `json:"count"` // how many changes, as the provider counts them
}
