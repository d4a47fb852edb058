package lb

import (
	"context"
	"iter"
	"net/netip"
)

// Servers manages the servers of a backend. They are told apart by address and
// effective port. On an error, what Add and Set return is what was done, and the
// error's ID is the one that failed.
type Servers interface {
	// List yields the servers of a backend.
	List(ctx context.Context, parent BackendID, opts ListOptions) iter.Seq2[*Server, error]

	// Get reads one: ErrNotFound where it is gone.
	Get(ctx context.Context, id ServerID) (*Server, error)

	// Add adds servers to those that are there: ErrExists where one is, ErrInvalid where
	// one comes twice. With no specs it sends nothing.
	Add(ctx context.Context, parent BackendID, specs ...ServerSpec) ([]*Server, error)

	// Update changes a server; see Writes in the package documentation.
	Update(ctx context.Context, id ServerID, change func(*ServerSpec) error) (*Server, error)

	// Remove removes servers. To leave a backend empty is ErrInvalid: Set with
	// AllowEmpty does that. An ID that comes twice counts once.
	Remove(ctx context.Context, ids ...ServerID) error

	// Set makes the backend's servers exactly specs, in as few calls as the
	// provider allows; it adds before it removes. An empty set is refused unless
	// opts.AllowEmpty. For a set that is there already, in any order, nothing is sent.
	Set(ctx context.Context, parent BackendID, specs []ServerSpec, opts SetOptions) ([]*Server, error)

	mustEmbedUnimplementedServers()
}

// Server is a server of a backend as its provider reports it.
type Server struct {
	ID      ServerID  `json:"id"`
	Backend BackendID `json:"backend"`
	ServerSpec
	Native any `json:"-"` // the provider's own object, nil where servers are plain addresses
}

// ServerSpec is the desired state of a server.
type ServerSpec struct {
	Name       string     `json:"name,omitzero"`
	Address    netip.Addr `json:"address"`
	Port       uint16     `json:"port,omitzero"`   // 0: the backend's port
	Weight     *int       `json:"weight,omitzero"` // share of traffic; nil: 1, 0: no new traffic
	Backup     bool       `json:"backup,omitzero"` // used when no other server is up
	Disabled   bool       `json:"disabled,omitzero"`
	Extensions Extensions `json:"extensions,omitzero"`
}
