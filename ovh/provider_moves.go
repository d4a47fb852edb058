package ovh

import (
	"context"
	"errors"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// moves are the address moves that a client's providers have started and that no
// refresh has followed yet, by service. A load balancer serves an address, or lets
// go of it, with the next refresh after the move (facts 6.8), and whether the API
// counts the move among the pending changes is not known.
type moves struct {
	mu        sync.Mutex
	byService map[string]map[lb.OperationID]struct{}
}

// started takes note of a move that concerns services; an empty one is none.
func (m *moves) started(move lb.OperationID, services ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, service := range services {
		if service == "" {
			continue
		}
		if m.byService == nil {
			m.byService = map[string]map[lb.OperationID]struct{}{}
		}
		if m.byService[service] == nil {
			m.byService[service] = map[lb.OperationID]struct{}{}
		}
		m.byService[service][move] = struct{}{}
	}
}

// of are the moves of a service that wait for a refresh.
func (m *moves) of(service string) []lb.OperationID {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []lb.OperationID
	for move := range m.byService[service] {
		all = append(all, move)
	}
	return all
}

// followed drops moves that a refresh of the service has come after.
func (m *moves) followed(service string, done []lb.OperationID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, move := range done {
		delete(m.byService[service], move)
	}
	if len(m.byService[service]) == 0 {
		delete(m.byService, service)
	}
}

// landed are the moves of a service that have ended, so that a refresh that begins
// now carries what they changed. A task that the API has forgotten has ended.
func (p *provider) landed(ctx context.Context, service string) ([]lb.OperationID, error) {
	var ended []lb.OperationID
	for _, move := range p.client.moves.of(service) {
		op, err := p.addressOperation(ctx, move)
		switch {
		case errors.Is(err, lb.ErrNotFound):
		case err != nil:
			return nil, err
		case op.Status == lb.OperationPending || op.Status == lb.OperationRunning || !op.Status.Known():
			continue
		}
		ended = append(ended, move)
	}
	return ended, nil
}
