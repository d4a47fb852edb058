package lb

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// WaitOption changes how a wait polls and what it tells.
//
// Every wait of this package looks at once, and then again and again, with pauses
// that grow from 1 s to 10 s, until it sees its end. It has no timeout of its own:
// ctx decides, in every pause too. Then the error matches ctx.Err(), and
// context.Cause, and its text has the last state seen, the time and the number of
// polls; where the last poll failed, that error is behind it too.
//
// A state from which the wait cannot succeed is a *StateError at the first poll
// that sees it, with the time and the number of polls. A state that nobody knows is waited out like any other, and named
// when ctx ends.
//
// A poll that fails with ErrUnavailable, ErrRateLimited or ErrBusy does not end a
// wait unless polls have failed for two minutes on end, or the provider asks to wait
// for longer than what is left of them: a wait of many minutes survives one that is
// bad. Any other error ends it.
type WaitOption func(*waitOptions)

type waitOptions struct {
	shortest, longest time.Duration
	report            func(Progress)
}

// WithPoll sets the shortest and the longest pause between two polls. Each pause is
// twice the one before, less up to a quarter at random but never less than
// shortest, until it is longest. With both alike all pauses are. Zero is the
// default of 1 s and 10 s; a longest below shortest is shortest. Where the
// provider asks for a longer pause, that is kept.
func WithPoll(shortest, longest time.Duration) WaitOption {
	return func(o *waitOptions) { o.shortest, o.longest = shortest, longest }
}

// WithProgress has report called at each poll, the last one included, in the
// goroutine that waits.
func WithProgress(report func(Progress)) WaitOption {
	return func(o *waitOptions) { o.report = report }
}

// Progress is what a wait saw at one poll.
type Progress struct {
	Kind    Kind          // of what was looked at: Publish looks at other operations too
	ID      string        // of what was looked at
	State   string        // the state seen, or, where the poll failed, why: "unavailable"
	Percent int           // 0 to 100; -1 where unknown
	Elapsed time.Duration // since the wait began
	Polls   int           // how many, this one included
}

// WaitReady waits until a load balancer works: its provisioning is ready and none
// of its instances is pending or updating. Error, suspended and deleting are a
// *StateError; so is an instance in error or suspended, of a load balancer that says
// ready itself, even where others work: Detail names the first. Where the provider
// tells of no instances, the provisioning alone counts.
func WaitReady(ctx context.Context, p Provider, id LoadBalancerID, opts ...WaitOption) (*LoadBalancer, error) {
	var last *LoadBalancer
	g := goal{kind: KindLoadBalancer, id: string(id), want: string(ProvisioningReady)}
	err := newWaiter(opts).until(ctx, g, func() (sight, error) {
		got, err := p.LoadBalancers().Get(ctx, id)
		if err != nil {
			return sight{}, err
		}
		last = got
		return readiness(got), nil
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

func readiness(got *LoadBalancer) sight {
	seen := sight{state: string(got.Provisioning), percent: unknownPercent}
	switch got.Provisioning {
	case ProvisioningError, ProvisioningSuspended, ProvisioningDeleting:
		seen.failed = true
	case ProvisioningReady:
		coming := 0
		for _, instance := range got.Instances {
			switch instance.Status {
			case ProvisioningError, ProvisioningSuspended:
				seen.state, seen.failed = "instance "+string(instance.Status), true
				seen.detail = fmt.Sprintf("instance %q in zone %q", instance.ID, instance.Zone)
				return seen
			case ProvisioningPending, ProvisioningUpdating:
				coming++
			default:
			}
		}
		seen.end = coming == 0
		if coming > 0 {
			total := len(got.Instances)
			seen.state = fmt.Sprintf("%s, %d/%d instances", got.Provisioning, total-coming, total)
		}
	default:
	}
	return seen
}

// WaitDeleted waits until a load balancer is gone: until reading it is ErrNotFound.
// No state is a failure, since a broken load balancer can be deleted too.
func WaitDeleted(ctx context.Context, p Provider, id LoadBalancerID, opts ...WaitOption) error {
	g := goal{kind: KindLoadBalancer, id: string(id), want: "deleted"}
	return newWaiter(opts).until(ctx, g, func() (sight, error) {
		got, err := p.LoadBalancers().Get(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return sight{state: g.want, percent: unknownPercent, end: true}, nil
		}
		if err != nil {
			return sight{}, err
		}
		return sight{state: string(got.Provisioning), percent: unknownPercent}, nil
	})
}

// WaitCertificate waits until a certificate is ready to be served. Error is a
// *StateError, with the provider's reason.
//
// The ID of a certificate on order may be provisional. Then the certificate that is
// returned has the final one, which is the one to store.
func WaitCertificate(ctx context.Context, p Provider, id CertificateID, opts ...WaitOption) (*Certificate, error) {
	var last *Certificate
	g := goal{kind: KindCertificate, id: string(id), want: string(ProvisioningReady)}
	err := newWaiter(opts).until(ctx, g, func() (sight, error) {
		got, err := p.Certificates().Get(ctx, id)
		if err != nil {
			return sight{}, err
		}
		last = got
		if got.ID != "" {
			id = got.ID
		}
		return sight{
			id:      string(id),
			state:   string(got.Provisioning),
			detail:  got.Detail,
			percent: unknownPercent,
			end:     got.Provisioning == ProvisioningReady,
			failed:  got.Provisioning == ProvisioningError,
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

// WaitOperation waits until an operation is done, and returns it as it is then.
// Failed and cancelled are a *StateError. An operation that is done, or that has no
// ID since there was nothing to do, is returned at once, without a request. A nil
// one is ErrInvalid. Where the provider has forgotten it on the way, so that nobody knows
// its end, it is ErrNotFound.
func WaitOperation(ctx context.Context, p Provider, op *Operation, opts ...WaitOption) (*Operation, error) {
	if op == nil {
		return nil, &Error{
			Code: ErrInvalid, Provider: p.Name(), Op: "wait.operation", Kind: KindOperation,
			Message: "there is no operation to wait for",
		}
	}
	return newWaiter(opts).operation(ctx, p, op)
}

// operation waits for op, which is not nil.
func (w *waiter) operation(ctx context.Context, p Provider, op *Operation) (*Operation, error) {
	g := goal{kind: KindOperation, id: string(op.ID), want: string(OperationDone)}
	switch seen := progress(op); {
	case seen.failed:
		return nil, w.failure(g, seen)
	case seen.end || op.ID == "":
		return op, nil
	}
	last := op
	err := w.until(ctx, g, func() (sight, error) {
		got, err := p.Operations().Get(ctx, op.ID)
		if err != nil {
			return sight{}, err
		}
		last = got
		return progress(got), nil
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

func progress(op *Operation) sight {
	return sight{
		state:   string(op.Status),
		detail:  op.Detail,
		percent: op.Progress,
		end:     op.Status == OperationDone,
		failed:  op.Status == OperationFailed || op.Status == OperationCancelled,
	}
}

// WaitHealthy waits until at least atLeast servers of a backend are healthy. A
// server counts when every instance of the load balancer that reports on it says
// healthy; unknown is not healthy. A progress state is "1/2 healthy": one of two
// that are wanted. An atLeast below 1 is ErrInvalid.
//
// It sees what the provider runs: what was written has to be published first, and a
// backend that the provider does not check, for want of a HealthCheck or of a
// frontend that leads to it, may never get there.
func WaitHealthy(ctx context.Context, p Provider, id BackendID, atLeast int, opts ...WaitOption) error {
	if atLeast < 1 {
		return &Error{
			Code: ErrInvalid, Provider: p.Name(), Op: "wait.healthy", Kind: KindBackend, ID: string(id),
			Message: fmt.Sprintf("at least %d healthy servers: must be 1 or more", atLeast),
		}
	}
	g := goal{kind: KindBackend, id: string(id), want: fmt.Sprintf("%d healthy", atLeast)}
	return newWaiter(opts).until(ctx, g, func() (sight, error) {
		healthy, err := countHealthy(ctx, p, id)
		if err != nil {
			return sight{}, err
		}
		healthy = min(healthy, atLeast)
		return sight{
			state:   fmt.Sprintf("%d/%d healthy", healthy, atLeast),
			percent: 100 * healthy / atLeast,
			end:     healthy == atLeast,
		}, nil
	})
}

// countHealthy counts the servers that are healthy wherever they are reported on.
func countHealthy(ctx context.Context, p Provider, id BackendID) (int, error) {
	sick := map[ServerID]bool{}
	for report, err := range p.Backends().Health(ctx, id, PageOptions{}) {
		if err != nil {
			return 0, err
		}
		sick[report.Server] = sick[report.Server] || report.State != HealthHealthy
	}
	count := 0
	for _, isSick := range sick {
		if !isSick {
			count++
		}
	}
	return count, nil
}
