package scaleway

import (
	"context"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Scaleway applies a write at once and spreads it to the instances afterwards,
// which only the instances' own status and updated_at show (facts 11). So a
// commit is the wait for the instances to be as new as the last write.

const (
	// applyAction is what an operation does, in errors and progress.
	applyAction = "apply"
	// livePolls is how many polls in a row must see the write on every instance:
	// the first may be early, when an instance is not pending yet.
	livePolls = 2
	// settled is how long every instance must have been ready where the write
	// never shows on them: twice as long as any that did took to show.
	settled = 10 * time.Second
	// maxFollowed bounds the operations that a provider remembers polls of.
	maxFollowed = 256
)

// writes is what a provider knows of what it wrote and what it saw of it since.
type writes struct {
	mu       sync.Mutex
	last     map[lb.LoadBalancerID]mark
	followed map[lb.OperationID]*follow
	order    []lb.OperationID // of followed, oldest first
}

// mark is the watermark of a load balancer: what is newer runs the last write.
type mark struct {
	at      time.Time
	undated bool // a write since has no time, and is newer than at
	count   int  // of writes that are not known to be live
}

// follow is what the polls of one operation have seen so far.
type follow struct {
	polled time.Time // when the answer of the last poll came
	ready  time.Time // since when every poll saw every instance ready
	live   int       // polls in a row that saw the write on every instance, too
	done   *lb.Operation
}

// wrote takes note of a write that changes what the instances run. Where its answer
// had no time, mark gives it one.
func (w *writes) wrote(id lb.LoadBalancerID, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		w.last = map[lb.LoadBalancerID]mark{}
	}
	m := w.last[id]
	m.undated = m.undated || at.IsZero()
	if at = moment(at); at.After(m.at) {
		m.at = at
	}
	m.count++
	w.last[id] = m
	if len(w.followed) == 0 {
		return
	}
	// Deletes of the same second share an operation, which begins anew: what was
	// seen so far may be older than this write.
	if f := w.followed[operationID(id, m.at)]; f != nil {
		*f = follow{polled: time.Now()}
	}
}

// mark is the watermark of a load balancer, if something was written to it and is
// not known to be live. A write without a time is no newer than now.
func (w *writes) mark(id lb.LoadBalancerID, now time.Time) (mark, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, ok := w.last[id]
	if m.undated {
		m.undated = false
		if now = moment(now); now.After(m.at) {
			m.at = now
		}
		w.last[id] = m
	}
	return m, ok
}

// gone drops what is known of a load balancer that was deleted.
func (w *writes) gone(id lb.LoadBalancerID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.last, id)
}

// forget drops the watermark of a load balancer that is no newer than at: what
// was written until then is live.
func (w *writes) forget(id lb.LoadBalancerID, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(id, at)
}

// drop is forget; w.mu is held.
func (w *writes) drop(id lb.LoadBalancerID, at time.Time) {
	if m, ok := w.last[id]; ok && !m.undated && !m.at.After(at) {
		delete(w.last, id)
	}
}

// finished is the operation as its last poll saw it, if that was the end.
func (w *writes) finished(id lb.OperationID) *lb.Operation {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.followed[id]; f != nil && f.done != nil {
		done := *f.done
		return &done
	}
	return nil
}

// poll adds one look at the instances to what is known of an operation, and ends
// it where that is enough: what was written until then is live. Of looks that
// overlap only one counts.
func (w *writes) poll(o *lb.Operation, asked, answered time.Time, b *LB) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.follow(o.ID)
	ready, current := propagated(b, o.Started)
	if !ready {
		*f = follow{polled: answered}
		return
	}
	if asked.Before(f.polled) {
		return
	}
	f.polled = answered
	if f.ready.IsZero() {
		f.ready = answered
	}
	if f.live++; !current {
		f.live = 0
	}
	if f.live < livePolls && asked.Sub(f.ready) < settled {
		return
	}
	o.Status, o.Progress, o.Finished = lb.OperationDone, 100, lastUpdate(b)
	done := *o
	done.Native = nil
	f.done = &done
	w.drop(o.LoadBalancer, o.Started)
}

// lastUpdate is when the last of the instances was updated.
func lastUpdate(b *LB) time.Time {
	var last time.Time
	for _, i := range b.Instances {
		if at := moment(i.UpdatedAt); at.After(last) {
			last = at
		}
	}
	return last
}

// follow is the state of an operation, new where it is not known; w.mu is held.
func (w *writes) follow(id lb.OperationID) *follow {
	if f := w.followed[id]; f != nil {
		return f
	}
	if w.followed == nil {
		w.followed = map[lb.OperationID]*follow{}
	}
	if len(w.order) == maxFollowed {
		delete(w.followed, w.order[0])
		w.order = w.order[1:]
	}
	f := &follow{}
	w.followed[id] = f
	w.order = append(w.order, id)
	return f
}

// propagated reports whether every instance is ready, and whether every one is as
// new as what was written. A load balancer that has none yet is as ready as it
// says itself.
func propagated(b *LB, written time.Time) (ready, current bool) {
	ready, current = len(b.Instances) > 0 || b.Status == LBStatusReady, true
	for _, i := range b.Instances {
		ready = ready && i.Status == InstanceStatusReady
		current = current && !moment(i.UpdatedAt).Before(written)
	}
	return ready, current
}

// broken says why a load balancer will not become ready by itself, if so.
func broken(b *LB) string {
	switch b.Status {
	case LBStatusError, LBStatusStopped, LBStatusLocked:
		return "the load balancer is in status " + string(b.Status)
	default:
	}
	for _, i := range b.Instances {
		switch i.Status {
		case InstanceStatusError, InstanceStatusStopped, InstanceStatusLocked:
			return "instance " + i.ID + " is in status " + string(i.Status)
		default:
		}
	}
	return ""
}

// wroteNow takes note of a write whose answer has no time of its own, but for the
// Date that every answer has.
func (p *provider) wroteNow(id lb.LoadBalancerID) { p.client.writes.wrote(id, p.date()) }

// date is the API's present time as its answers have it: in whole seconds.
func (p *provider) date() time.Time { return p.client.rest.ServerTime().Truncate(time.Second) }

// Pending says how many writes of this client's providers an instance does not run yet, or
// how many instances are being updated by somebody else's.
func (s loadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) (_ []lb.PendingChange, err error) {
	const op = "loadbalancers.pending"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	b, err := at.LBs.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	count := 0
	for _, i := range b.Instances {
		if i.Status != InstanceStatusReady {
			count++
		}
	}
	if m, written := s.p.client.writes.mark(id, s.p.date()); written && !s.arrived(id, m, b) {
		count = m.count
	}
	if count == 0 {
		return nil, nil
	}
	return []lb.PendingChange{{Zone: string(at.zone), Count: count}}, nil
}

// arrived reports whether one look finds a write on every instance, or so long
// after it that it will not show any more.
func (s loadBalancers) arrived(id lb.LoadBalancerID, m mark, b *LB) bool {
	ready, current := propagated(b, m.at)
	if ready && s.p.client.rest.ServerTime().Sub(m.at) >= settled {
		s.p.client.writes.forget(id, m.at)
		return true
	}
	return ready && current
}

// Commit follows what the providers of this client wrote to a load balancer until its instances
// run it. Nothing is sent but a read: writes are in effect by themselves. Several
// commits may run at a time.
func (s loadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, opts lb.CommitOptions) (_ *lb.Operation, err error) {
	const op = "loadbalancers.commit"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	if opts.Zone != "" && opts.Zone != string(at.zone) {
		return nil, refusal(op, lb.KindLoadBalancer, string(id), "it is in zone %s, not in %q", at.zone, opts.Zone)
	}
	m, written := s.p.client.writes.mark(id, s.p.date())
	if _, err := at.LBs.Get(ctx, at.uuid); err != nil {
		return nil, err
	}
	o := newOperation(at.zone, at.uuid, m.at)
	if !written {
		o.ID, o.Status, o.Progress, o.Started = "", lb.OperationDone, 100, time.Time{}
	}
	return o, nil
}

// operationID is FormatOperationID of a load balancer's own ID.
func operationID(id lb.LoadBalancerID, written time.Time) lb.OperationID {
	zone, uuid, _ := strings.Cut(string(id), "/")
	return FormatOperationID(Zone(zone), uuid, written)
}

func newOperation(zone Zone, loadBalancer string, written time.Time) *lb.Operation {
	return &lb.Operation{
		ID:           FormatOperationID(zone, loadBalancer, written),
		LoadBalancer: FormatLoadBalancerID(zone, loadBalancer),
		Action:       applyAction,
		Status:       lb.OperationRunning,
		Progress:     -1,
		Zones:        []string{string(zone)},
		Started:      written,
	}
}

// following is lb.Operations.
type following struct {
	lb.UnimplementedOperations

	p *provider
}

// Get looks at the instances once more. It is done when two looks in a row found
// every instance ready and not older than the write, or when all looks of 10 s
// found them ready; so what it answers depends on how often it is called. An
// operation that was started by another process begins anew.
func (s following) Get(ctx context.Context, id lb.OperationID) (_ *lb.Operation, err error) {
	const op = "operations.get"
	defer rest.Named(op, &err)
	zone, uuid, written, err := ParseOperationID(id)
	if err != nil {
		return nil, inCall(err, op)
	}
	if err := s.p.covers(op, lb.KindOperation, string(id), zone); err != nil {
		return nil, err
	}
	if done := s.p.client.writes.finished(id); done != nil {
		if err := ctx.Err(); err != nil {
			return nil, &lb.Error{Code: lb.ErrUnavailable, Provider: providerName, Op: op, Kind: lb.KindOperation, ID: string(id), Err: err}
		}
		return done, nil
	}
	asked := time.Now()
	b, err := s.p.in(zone).LBs.Get(ctx, uuid)
	if err != nil {
		return nil, err
	}
	o := newOperation(zone, uuid, written)
	o.Native = b
	if detail := broken(b); detail != "" {
		o.Status, o.Detail = lb.OperationFailed, detail
		return o, nil
	}
	s.p.client.writes.poll(o, asked, time.Now(), b)
	return o, nil
}

// List yields the one operation that is not known to have ended: that of the last
// write of this provider. Scaleway keeps no list.
func (s following) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.PageOptions) iter.Seq2[*lb.Operation, error] {
	const op = "operations.list"
	at, err := locate(s.p, op, lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return rest.Fail[*lb.Operation](err)
	}
	if err := rest.CheckPages(providerName, op, opts); err != nil {
		return rest.Fail[*lb.Operation](err)
	}
	return rest.NamedList(op, func(yield func(*lb.Operation, error) bool) {
		b, err := at.LBs.Get(ctx, at.uuid)
		if err != nil {
			yield(nil, err)
			return
		}
		m, written := s.p.client.writes.mark(parent, s.p.date())
		if !written {
			return
		}
		o := newOperation(at.zone, at.uuid, m.at)
		o.Native = b
		if detail := broken(b); detail != "" {
			o.Status, o.Detail = lb.OperationFailed, detail
		}
		yield(o, nil)
	})
}
