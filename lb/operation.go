package lb

import (
	"context"
	"iter"
	"time"
)

// Operations reads long-running work of the provider. WaitOperation follows one.
type Operations interface {
	// Get reads one. Providers forget old ones: ErrNotFound.
	Get(ctx context.Context, id OperationID) (*Operation, error)

	// List yields what the provider remembers of a load balancer's operations.
	List(ctx context.Context, parent LoadBalancerID, opts PageOptions) iter.Seq2[*Operation, error]

	mustEmbedUnimplementedOperations()
}

// Operation is long-running work as its provider reports it.
type Operation struct {
	ID           OperationID     `json:"id,omitzero"` // empty: there was nothing to do
	LoadBalancer LoadBalancerID  `json:"loadBalancer,omitzero"`
	Action       string          `json:"action,omitzero"` // the provider's word
	Status       OperationStatus `json:"status"`
	Progress     int             `json:"progress"` // percent, 0 to 100; -1 where unknown
	Zones        []string        `json:"zones,omitzero"`
	Detail       string          `json:"detail,omitzero"`
	Started      time.Time       `json:"started,omitzero"`
	Finished     time.Time       `json:"finished,omitzero"`
	Native       any             `json:"-"` // the provider's own object
}
