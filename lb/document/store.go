package document

import (
	"context"
	"iter"
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

// Document is one load balancer with all that is in it, as a Store keeps it.
//
// IDs in it are keys: of the load balancer, what the Store calls it, and of a frontend or a
// backend, what it is called within the load balancer. A frontend's DefaultBackend and a
// route's Backend are such keys, too. A key is any text but "", "." and "..", and stays for
// as long as what it names is there. Servers have none: their ID is what [ServerKey] makes
// of their address and port.
//
// A load balancer without Provisioning is taken to be ready, and Native may be nil. The
// fields that say which object another is part of, such as LoadBalancer of a frontend, are
// not for a Store: it need not set them, nor the IDs of servers.
type Document struct {
	lb.Tree

	// Version is another one after each change, whoever makes it: a number or an ETag.
	Version string `json:"version"`
}

// Store keeps load balancers, each as one [Document]. It is what is behind a [Provider]:
// an API where a load balancer is read and replaced as a whole, or files.
//
// Its methods are called by several goroutines at once. What they return is the caller's:
// no two calls return the same memory. A document with another ID than was asked for is
// refused. Their errors are as package dialect says under Errors, but for Provider, Op, Kind
// and ID, which the Provider fills in; Attempts are those of the request that failed. An
// error that is no *lb.Error is taken for the sentinel of package lb that it holds, and
// without one for ErrUnavailable of a call that reads, or ErrUncertain of one that writes.
//
// A Store that can do more implements [HealthReader], [EgressReader], [Creator] and
// [Deleter].
type Store interface {
	// List yields all documents, in pages of the Store's own where it has pages, and an
	// error last. Names, tags and zones are looked for in what it yields.
	List(ctx context.Context) iter.Seq2[*Document, error]

	// Read reads the document of a key: lb.ErrNotFound where there is none.
	Read(ctx context.Context, key string) (*Document, error)

	// Write replaces a document and returns it as it is kept from then on: where that is not
	// what was written, the call fails with lb.ErrUncertain. Where the version that is there
	// is not d.Version, it changes nothing and returns lb.ErrConflict: the Provider reads and
	// changes the document anew. Write itself is not repeated where it may have happened.
	//
	// Specs in d are in their canonical form, see package dialect. Native of what a call does
	// not touch is what Read gave it, and nil of what is new: what package lb has no name for
	// is kept there, or lost. The keys of what is new are the Provider's choice: an API that
	// gives them itself cannot be a Store.
	Write(ctx context.Context, d *Document) (*Document, error)
}

// HealthReader is a [Store] that knows how load balancers and servers are. It is behind the
// calls loadbalancers.health and backends.health.
type HealthReader interface {
	// Health is the state of the document of a key: lb.ErrNotFound where there is none.
	Health(ctx context.Context, key string) (*Health, error)
}

// Health is how a load balancer and its servers are.
type Health struct {
	// Summary counts them. Where its State is empty, it is counted from Servers and the
	// document, which is read for it: a server is what all instances say of it, a backend
	// what its servers are together and down without any, a frontend what its backends are,
	// and the load balancer, too.
	Summary lb.HealthSummary

	// Servers are by the keys of their backends. Server of each is what [ServerKey] makes
	// of it.
	Servers map[lb.BackendID][]lb.ServerHealth
}

// EgressReader is a [Store] that knows from which addresses load balancers speak to servers.
// It is behind the call loadbalancers.egressRanges.
type EgressReader interface {
	// EgressRanges are those of the document of a key: lb.ErrNotFound where there is none.
	EgressRanges(ctx context.Context, key string) ([]netip.Prefix, error)
}

// Creator is a [Store] that can make load balancers. It is behind the call
// loadbalancers.create.
type Creator interface {
	// Create makes a load balancer with nothing in it, and returns it.
	Create(ctx context.Context, spec lb.LoadBalancerSpec) (*Document, error)
}

// Deleter is a [Store] that can delete load balancers. It is behind the call
// loadbalancers.delete.
type Deleter interface {
	// Delete deletes the document of a key: lb.ErrNotFound where there is none.
	Delete(ctx context.Context, key string) error
}
