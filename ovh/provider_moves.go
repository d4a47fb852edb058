package ovh

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// moves are the address moves that a client's providers have started or found, and
// that no refresh has followed to its end, by service. A load balancer serves an
// address, or lets go of it, with the next refresh after the move (facts 6.8), and
// whether the API counts the move among the pending changes is not known.
type moves struct {
	mu        sync.Mutex
	byService map[string]map[passage]*move
	served    map[netip.Prefix]string // the service whose refresh has followed an address there
}

// passage is a move of an address to a service, or to none.
type passage struct {
	address   netip.Prefix
	to        string
	operation lb.OperationID // empty: nobody has seen it, and the address is there
}

// move is never changed: another one takes its place.
type move struct {
	passage

	refresh lb.OperationID // that came after; empty: none
}

// started takes note of a move that concerns services; an empty one is none. One that
// was noted before is to be followed anew.
func (m *moves) started(p passage, services ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.served, p.address)
	m.note(p, services...)
}

// found takes note of an address that is at a service, unless its way there is known, and
// followed or to be followed by a refresh: a program that attaches in a loop what is
// attached costs one.
func (m *moves) found(address netip.Prefix, service string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.served[address] == service {
		return
	}
	for known := range m.byService[service] {
		if known.address == address && known.to == service {
			return
		}
	}
	m.note(passage{address: address, to: service}, service)
}

// note is started; m.mu is held.
func (m *moves) note(p passage, services ...string) {
	for _, service := range services {
		if service == "" {
			continue
		}
		if m.byService == nil {
			m.byService, m.served = map[string]map[passage]*move{}, map[netip.Prefix]string{}
		}
		if m.byService[service] == nil {
			m.byService[service] = map[passage]*move{}
		}
		m.byService[service][p] = &move{passage: p}
	}
}

// of are the moves of a service.
func (m *moves) of(service string) []*move {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []*move
	for _, one := range m.byService[service] {
		all = append(all, one)
	}
	return all
}

// followed takes note of a refresh of the service that has begun after moves had
// landed.
func (m *moves) followed(service string, landed []*move, refresh lb.OperationID) {
	for _, old := range landed {
		m.replace(service, old, &move{passage: old.passage, refresh: refresh})
	}
}

// settled forgets a move that a refresh of the service has followed to its end.
func (m *moves) settled(service string, done *move) {
	m.replace(service, done, nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	if service == done.to {
		m.served[done.address] = service
	}
}

// replace puts next in the place of old, or nothing where next is nil, unless another
// one is there by now.
func (m *moves) replace(service string, old, next *move) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch all := m.byService[service]; {
	case all[old.passage] != old:
	case next != nil:
		all[old.passage] = next
	case len(all) > 1:
		delete(all, old.passage)
	default:
		delete(m.byService, service)
	}
}

// landed are the moves of a service that have ended well, and that no refresh has
// followed that is done: one that begins now carries what they changed. A refresh that
// runs may fail yet. Moves that have failed, or that a refresh has followed, are
// forgotten.
func (p *provider) landed(ctx context.Context, service string) ([]*move, error) {
	var landed []*move
	for _, one := range p.client.moves.of(service) {
		status, err := p.statusOf(ctx, cmp.Or(one.refresh, one.operation))
		if err != nil {
			return nil, err
		}
		failed := status == lb.OperationFailed || status == lb.OperationCancelled
		switch refreshed := one.refresh != ""; {
		case refreshed && status == lb.OperationDone:
			p.client.moves.settled(service, one)
		case !refreshed && failed:
			p.client.moves.replace(service, one, nil)
		case refreshed, status == lb.OperationDone, status == gone:
			landed = append(landed, one)
		}
	}
	return landed, nil
}

// gone is the status of an operation that the API does not tell.
const gone lb.OperationStatus = "gone"

// statusOf reads how far an operation is. An answer of 400, 401, 403 or 404 is final
// (facts 6.5, 6.8); no operation is one that is gone.
func (p *provider) statusOf(ctx context.Context, id lb.OperationID) (lb.OperationStatus, error) {
	if id == "" {
		return gone, nil
	}
	op, err := p.Operations().Get(ctx, id)
	for _, final := range []error{lb.ErrInvalid, lb.ErrUnauthorized, lb.ErrForbidden, lb.ErrNotFound} {
		if errors.Is(err, final) {
			return gone, nil
		}
	}
	if err != nil {
		return "", err
	}
	return op.Status, nil
}
