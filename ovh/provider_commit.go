package ovh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Pending counts what is staged in each zone, then looks for a refresh: whether the
// API still counts what one carries is not known (facts 6.1), so a zone that is
// being refreshed and has no count of its own is there with a count of 1.
func (s neutralLoadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) (_ []lb.PendingChange, err error) {
	defer rest.Named("loadbalancers.pending", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	// In this order: what a refresh takes over in between is seen as running.
	pending, err := s.staged(ctx, service)
	if err != nil {
		return nil, err
	}
	running, err := s.p.client.refreshing(ctx, service)
	if err != nil {
		return nil, err
	}
	for _, task := range running {
		for _, zone := range task.Zones {
			if !slices.ContainsFunc(pending, func(c lb.PendingChange) bool { return c.Zone == zone }) {
				pending = append(pending, lb.PendingChange{Zone: zone, Count: 1})
			}
		}
	}
	return pending, nil
}

func (s neutralLoadBalancers) staged(ctx context.Context, service string) ([]lb.PendingChange, error) {
	zones, err := s.p.client.LoadBalancers.PendingChanges(ctx, service)
	if err != nil {
		return nil, err
	}
	var pending []lb.PendingChange
	for _, zone := range zones {
		if zone.Number > 0 {
			pending = append(pending, lb.PendingChange{Zone: zone.Zone, Count: zone.Number})
		}
	}
	return pending, nil
}

// Commit starts a refresh, unless one runs, or nothing is staged and no address has
// been moved since the last one.
func (s neutralLoadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, opts lb.CommitOptions) (_ *lb.Operation, err error) {
	defer rest.Named("loadbalancers.commit", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.idle(ctx, service); err != nil {
		return nil, err
	}
	pending, err := s.staged(ctx, service)
	if err != nil {
		return nil, err
	}
	landed, err := s.p.landed(ctx, service)
	if err != nil {
		return nil, err
	}
	staged := slices.ContainsFunc(pending, func(c lb.PendingChange) bool { return opts.Zone == "" || strings.EqualFold(c.Zone, opts.Zone) })
	if !staged && len(landed) == 0 {
		return nothingToCommit(id), nil
	}
	task, err := s.refresh(ctx, service, opts.Zone)
	switch {
	case err != nil:
		return nil, err
	case task == nil:
		return nothingToCommit(id), nil
	}
	if opts.Zone == "" { // a refresh of one zone leaves the move of the others to be followed
		s.p.client.moves.followed(service, landed)
	}
	return operationOf(service, task), nil
}

func nothingToCommit(id lb.LoadBalancerID) *lb.Operation {
	return &lb.Operation{LoadBalancer: id, Action: string(TaskRefresh), Status: lb.OperationDone, Progress: 100}
}

// idle is ErrBusy while a refresh of the service runs, whoever began it.
func (s neutralLoadBalancers) idle(ctx context.Context, service string) error {
	running, err := s.p.client.refreshing(ctx, service)
	if err != nil || len(running) == 0 {
		return err
	}
	return &lb.Error{
		Code: lb.ErrBusy, Provider: providerName, Kind: lb.KindOperation, ID: string(FormatOperationID(service, running[0].ID)),
		Message: fmt.Sprintf("a refresh is %s", running[0].Status),
	}
}

// refresh sends a refresh, none having run a moment ago. Where its outcome is
// unknown, one that runs now is as good: it began after the look, and so after
// everything that was to be made live. Without one, either nothing is staged any
// more, and the task is nil, or the refresh is sent once more.
func (s neutralLoadBalancers) refresh(ctx context.Context, service, zone string) (*Task, error) {
	send := func() (*Task, error) {
		return s.p.client.LoadBalancers.Refresh(ctx, service, RefreshOptions{Zone: zone})
	}
	task, err := send()
	switch {
	case err == nil:
		return task, nil
	case !errors.Is(err, lb.ErrUncertain):
		return nil, s.refused(ctx, service, err)
	}
	running, failed := s.p.client.refreshing(ctx, service)
	if failed != nil {
		return nil, err
	}
	if len(running) > 0 {
		return running[0], nil
	}
	pending, failed := s.staged(ctx, service)
	if failed != nil {
		return nil, err
	}
	if len(pending) == 0 {
		return nil, nil
	}
	if task, err = send(); err != nil {
		return nil, s.refused(ctx, service, err)
	}
	return task, nil
}

// refused is why a refresh was not accepted: another one that began after the look,
// or, behind what the API says, all preconditions that do not hold.
func (s neutralLoadBalancers) refused(ctx context.Context, service string, err error) error {
	var e *lb.Error
	if !errors.As(err, &e) || e.Status < 400 || e.Status >= 500 {
		return err
	}
	if busy := s.idle(ctx, service); errors.Is(busy, lb.ErrBusy) {
		return busy
	}
	if !errors.Is(err, lb.ErrInvalid) && !errors.Is(err, lb.ErrConflict) {
		return err // it is about the caller, not about the configuration
	}
	unmet, failed := s.p.client.CheckRefresh(ctx, service)
	if failed != nil || len(unmet) == 0 {
		return err
	}
	explained := *e
	explained.Err = refusal{RefreshProblems: unmet, api: e.Err}
	return &explained
}

// refusal is the API's own error, and what it comes from.
type refusal struct {
	RefreshProblems

	api error
}

// Unwrap gives both.
func (r refusal) Unwrap() []error { return []error{r.RefreshProblems, r.api} }
