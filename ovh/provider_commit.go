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

// Pending counts what is staged in each zone, then looks for addresses that have been
// moved, and for a refresh: whether the API counts those moves, and still counts what a
// refresh carries, is not known (facts 6.1, 6.8). So a zone that either concerns and
// that has no count of its own is there with a count of 1.
func (s neutralLoadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) (_ []lb.PendingChange, err error) {
	defer rest.Named("loadbalancers.pending", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	// In this order: what a refresh takes over in between is seen as running.
	landed, err := s.p.landed(ctx, service)
	if err != nil {
		return nil, err
	}
	pending, err := s.due(ctx, service, "", landed)
	if err != nil {
		return nil, err
	}
	running, err := s.p.client.refreshing(ctx, service)
	if err != nil {
		return nil, err
	}
	for _, task := range running {
		zones := task.Zones
		if everyZone(task) {
			if zones, err = s.zones(ctx, service); err != nil {
				return nil, err
			}
		}
		pending = withZones(pending, zones)
	}
	return pending, nil
}

// due is what a refresh of one zone, or of all where it is empty, would carry: what is
// staged there, and in every zone the moves that have landed.
func (s neutralLoadBalancers) due(ctx context.Context, service, zone string, landed []*move) ([]lb.PendingChange, error) {
	staged, err := s.p.client.LoadBalancers.PendingChanges(ctx, service)
	if err != nil {
		return nil, err
	}
	var due []lb.PendingChange
	for _, changes := range staged {
		if changes.Number > 0 && (zone == "" || strings.EqualFold(changes.Zone, zone)) {
			due = append(due, lb.PendingChange{Zone: changes.Zone, Count: changes.Number})
		}
	}
	if len(landed) == 0 {
		return due, nil
	}
	zones, err := s.zones(ctx, service)
	if err != nil {
		return nil, err
	}
	return withZones(due, zones), nil
}

// zones are the names of the zones of a service.
func (s neutralLoadBalancers) zones(ctx context.Context, service string) ([]string, error) {
	l, err := s.p.client.LoadBalancers.Get(ctx, service)
	if err != nil {
		return nil, err
	}
	return l.Zone, nil
}

// withZones adds one change in each of the zones in which there is none.
func withZones(changes []lb.PendingChange, zones []string) []lb.PendingChange {
	for _, zone := range zones {
		if !slices.ContainsFunc(changes, func(c lb.PendingChange) bool { return strings.EqualFold(c.Zone, zone) }) {
			changes = append(changes, lb.PendingChange{Zone: zone, Count: 1})
		}
	}
	return changes
}

// Commit starts a refresh, unless one runs, or nothing is staged and no address has
// been moved since the last one. AllZones is every zone, as none is. A commit of one
// zone leaves addresses that have been moved to one of all zones; where nothing is
// staged in its zone it costs a request more, and is lb.ErrInvalid if the load balancer
// does not have that zone.
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
	op, err := s.commit(ctx, service, zoneOf(opts.Zone))
	if err != nil || op != nil {
		return op, err
	}
	return &lb.Operation{LoadBalancer: id, Action: string(TaskRefresh), Status: lb.OperationDone, Progress: 100}, nil
}

// commit is nil with nothing to do.
func (s neutralLoadBalancers) commit(ctx context.Context, service, zone string) (*lb.Operation, error) {
	var landed []*move
	if zone == "" { // before the look for a refresh: one that begins after it carries them
		var err error
		if landed, err = s.p.landed(ctx, service); err != nil {
			return nil, err
		}
	}
	if err := s.idle(ctx, service); err != nil {
		return nil, err
	}
	due, err := s.due(ctx, service, zone, landed)
	if err != nil {
		return nil, err
	}
	if len(due) == 0 {
		return nil, s.has(ctx, service, zone)
	}
	task, err := s.refresh(ctx, service, zone, due, landed)
	if err != nil || task == nil {
		return nil, err
	}
	op := operationOf(service, task)
	s.p.client.moves.followed(service, landed, op.ID)
	return op, nil
}

// has refuses a zone that a service does not have; it has the empty one.
func (s neutralLoadBalancers) has(ctx context.Context, service, zone string) error {
	if zone == "" {
		return nil
	}
	zones, err := s.zones(ctx, service)
	if err != nil || slices.ContainsFunc(zones, func(name string) bool { return strings.EqualFold(name, zone) }) {
		return err
	}
	unknown := invalid(lb.KindLoadBalancer, service, "")
	unknown.Fields = []lb.FieldError{{Path: "zone", Reason: fmt.Sprintf("%q: the load balancer is in %s", zone, strings.Join(zones, ", "))}}
	return unknown
}

// idle is ErrBusy while a refresh of the service runs, whoever began it.
func (s neutralLoadBalancers) idle(ctx context.Context, service string) error {
	running, err := s.p.client.refreshing(ctx, service)
	if err != nil || len(running) == 0 {
		return err
	}
	return busyWith(service, running[0])
}

func busyWith(service string, task *Task) error {
	zones := "every zone"
	if !everyZone(task) {
		zones = strings.Join(task.Zones, ", ")
	}
	return &lb.Error{
		Code: lb.ErrBusy, Provider: providerName, Kind: lb.KindOperation, ID: string(FormatOperationID(service, task.ID)),
		Message: fmt.Sprintf("a refresh of %s is %s", zones, task.Status),
	}
}

// refresh sends a refresh for what is due, none having run a moment ago. Where its
// outcome is unknown, one that runs now is as good: it began after the look, and so
// after everything that was to be made live. Without one, either nothing is due any
// more, and the task is nil, or the refresh is sent once more.
func (s neutralLoadBalancers) refresh(ctx context.Context, service, zone string, due []lb.PendingChange, landed []*move) (*Task, error) {
	send := func() (*Task, error) {
		return s.p.client.LoadBalancers.Refresh(ctx, service, RefreshOptions{Zone: zone})
	}
	task, err := send()
	if errors.Is(err, lb.ErrUncertain) {
		running, failed := s.p.client.refreshing(ctx, service)
		if failed != nil {
			return nil, err
		}
		if len(running) > 0 {
			return joined(service, running, due)
		}
		due, failed = s.due(ctx, service, zone, landed)
		if failed != nil {
			return nil, err
		}
		if len(due) == 0 {
			return nil, nil
		}
		task, err = send()
	}
	if err != nil {
		return nil, s.refused(ctx, service, err)
	}
	return joined(service, []*Task{task}, due)
}

// joined is the first of the tasks, refreshes that may be another program's, that
// carries everything that is due; ErrBusy where each of them leaves out a zone.
func joined(service string, tasks []*Task, due []lb.PendingChange) (*Task, error) {
	for _, task := range tasks {
		carried := func(c lb.PendingChange) bool {
			return slices.ContainsFunc(task.Zones, func(zone string) bool { return strings.EqualFold(zone, c.Zone) })
		}
		if everyZone(task) || !slices.ContainsFunc(due, func(c lb.PendingChange) bool { return !carried(c) }) {
			return task, nil
		}
	}
	return nil, busyWith(service, tasks[0])
}

// everyZone tells of a refresh that names no zone, or AllZones.
func everyZone(task *Task) bool {
	return len(task.Zones) == 0 || slices.ContainsFunc(task.Zones, func(zone string) bool { return strings.EqualFold(zone, AllZones) })
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
