package lb

import (
	"context"
	"errors"
	"time"
)

// Publish makes live what was written before it, and returns when it is: it commits
// and waits for the operation, which it returns as it is then, never nil. With nothing
// to do the operation is done and has no ID.
//
// Where another commit runs, it may have begun before the last write. So Publish
// waits for that one, whatever its end, and starts over; where the provider does not
// say which one it is, it pauses and tries again. It never ends early because nothing
// is pending: a running commit may be carrying it. Several programs may publish at
// once.
//
// A commit that fails or is cancelled is a *StateError. Errors of the commit itself
// other than ErrBusy are returned as they come. Publishing again is safe.
func Publish(ctx context.Context, p Provider, id LoadBalancerID, opts ...WaitOption) (*Operation, error) {
	w := newWaiter(opts)
	pauses := w.pauses()
	g := goal{kind: KindLoadBalancer, id: string(id), want: "committed"}
	var busy error
	for {
		if ctx.Err() != nil {
			return nil, w.ended(ctx, g, stateOf(busy), busy)
		}
		op, err := p.LoadBalancers().Commit(ctx, id, CommitOptions{})
		switch {
		case err == nil:
			return w.committed(ctx, p, id, op)
		case ctx.Err() != nil:
			return nil, w.ended(ctx, g, stateOf(busy), err)
		case !errors.Is(err, ErrBusy):
			return nil, err
		}
		busy = err
		running, retryAfter := runningCommit(err)
		waited, err := w.yield(ctx, p, g, running)
		if err != nil {
			return nil, err
		}
		if waited {
			pauses = w.pauses()
			continue
		}
		sleep(ctx, max(pauses.next(), retryAfter))
	}
}

// committed waits for the operation of a commit that was accepted.
func (w *waiter) committed(ctx context.Context, p Provider, id LoadBalancerID, op *Operation) (*Operation, error) {
	if op == nil {
		return nil, &Error{
			Code: ErrUncertain, Provider: p.Name(), Op: "loadbalancers.commit", Kind: KindLoadBalancer, ID: string(id),
			Message: "the commit was accepted without an operation to follow",
		}
	}
	return w.operation(ctx, p, op)
}

// yield lets another commit, where it is known, come to its end. It tells whether any
// time passed on it: where none did, the next attempt must not follow at once.
func (w *waiter) yield(ctx context.Context, p Provider, g goal, running OperationID) (waited bool, err error) {
	if running == "" {
		w.tell(g, sight{state: ErrBusy.Error(), percent: unknownPercent})
		return false, nil
	}
	before := w.polls
	err = w.until(ctx, goal{kind: KindOperation, id: string(running), want: "ended"}, func() (sight, error) {
		got, err := p.Operations().Get(ctx, running)
		if errors.Is(err, ErrNotFound) {
			return sight{state: "gone", percent: unknownPercent, end: true}, nil
		}
		if err != nil {
			return sight{}, err
		}
		seen := progress(got)
		seen.end, seen.failed = seen.end || seen.failed, false
		return seen, nil
	})
	return w.polls > before+1, err
}

// runningCommit is what a provider that is busy says about the commit that it is busy
// with.
func runningCommit(err error) (id OperationID, retryAfter time.Duration) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return "", 0
	}
	if e.Kind == KindOperation {
		id = OperationID(e.ID)
	}
	return id, e.RetryAfter
}

// stateOf is the state that a failed commit shows.
func stateOf(err error) string {
	if err == nil {
		return ""
	}
	return ErrBusy.Error()
}
