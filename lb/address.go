package lb

import (
	"context"
	"iter"
	"net/netip"
)

// Addresses manages the public addresses of load balancers.
type Addresses interface {
	// List yields the account's addresses, those that are attached to nothing included.
	List(ctx context.Context, opts AddressListOptions) iter.Seq2[*Address, error]

	// Get reads one: ErrNotFound where it is gone.
	Get(ctx context.Context, id AddressID) (*Address, error)

	// Allocate reserves an address, which costs money.
	Allocate(ctx context.Context, spec AddressSpec) (*Address, error)

	// Attach moves an address to a load balancer, from another one too. The operation
	// is done when the address has moved; on some providers Publish makes it serve.
	Attach(ctx context.Context, id AddressID, to LoadBalancerID) (*Operation, error)

	// Detach takes an address off its load balancer and keeps it for the account.
	Detach(ctx context.Context, id AddressID) (*Operation, error)

	// Release gives an address back for good: it may go to another customer. One that
	// is attached is ErrInUse.
	Release(ctx context.Context, id AddressID) error

	mustEmbedUnimplementedAddresses()
}

// Address is a public address, or a block of them, as its provider reports it.
type Address struct {
	ID           AddressID      `json:"id"`
	Prefix       netip.Prefix   `json:"prefix,omitzero"`
	LoadBalancer LoadBalancerID `json:"loadBalancer,omitzero"` // empty: attached to none
	Zone         string         `json:"zone,omitzero"`
	Reverse      string         `json:"reverse,omitzero"` // the name that its PTR record gives
	Tags         []string       `json:"tags,omitzero"`
	Primary      bool           `json:"primary,omitzero"` // came with the load balancer
	Extensions   Extensions     `json:"extensions,omitzero"`
	Native       any            `json:"-"` // the provider's own object
}

// AddressSpec is the desired state of an address.
type AddressSpec struct {
	Zone       string     `json:"zone,omitzero"` // create only
	IPv6       bool       `json:"ipv6,omitzero"` // create only; false: IPv4
	Reverse    string     `json:"reverse,omitzero"`
	Tags       []string   `json:"tags,omitzero"`
	Extensions Extensions `json:"extensions,omitzero"`
}
