package scaleway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// WaitOptions say how a wait polls. The zero value is good.
//
// Every wait looks at once, and then again and again, until it sees its end. It
// has no timeout of its own: ctx decides, in every pause too. Then its error
// matches ctx.Err(), and says the last state seen.
//
// A state from which the wait cannot succeed is an *lb.StateError, which matches
// lb.ErrFailed, at the first look that sees it. A state that nobody knows is
// waited out, and named when ctx ends. A look that fails as lb.ErrUnavailable,
// lb.ErrRateLimited or lb.ErrBusy does not end a wait unless looks have failed
// for two minutes on end; any other error does.
type WaitOptions struct {
	Shortest time.Duration     // the first pause; 0: 1 s
	Longest  time.Duration     // each pause is half as long again as the one before, up to this; 0: 5 s
	Report   func(lb.Progress) // called at each look, in the goroutine that waits
}

const (
	shortestPause = time.Second // most things take 2 to 12 s (facts 8, 11)
	longestPause  = 5 * time.Second
	waitPatience  = 2 * time.Minute
)

// wait is one wait.
type wait struct {
	options WaitOptions
	op      string
	kind    lb.Kind
	id      string // with its zone
	want    string

	start  time.Time
	looks  int
	state  string    // the last one seen
	failed time.Time // since when looks fail; zero: the last one did not
}

// view is what one look saw.
type view struct {
	state    string
	detail   string // why
	done     bool   // what was wanted is there
	hopeless bool   // it will never be
}

func (p *place) wait(options WaitOptions, op string, kind lb.Kind, id, want string) *wait {
	if options.Shortest <= 0 {
		options.Shortest = shortestPause
	}
	if options.Longest <= 0 {
		options.Longest = longestPause
	}
	options.Longest = max(options.Longest, options.Shortest)
	return &wait{options: options, op: op, kind: kind, id: p.name + "/" + id, want: want, start: time.Now()}
}

// until looks until it sees the end.
func (w *wait) until(ctx context.Context, look func() (view, error)) error {
	for pause := w.options.Shortest; ; pause = min(pause+pause/2, w.options.Longest) {
		seen, err := look()
		switch {
		case err != nil && ctx.Err() != nil:
			return w.ended(ctx, err)
		case err != nil && !w.bears(err):
			return err
		case err == nil:
			w.failed, w.state = time.Time{}, seen.state
		}
		w.report(err)
		switch {
		case err != nil:
		case seen.hopeless:
			return &lb.StateError{Kind: w.kind, ID: w.id, Want: w.want, Got: seen.state, Detail: seen.detail}
		case seen.done:
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return w.ended(ctx, err)
		case <-timer.C:
		}
	}
}

// bears reports whether another look is worth it after one that failed.
func (w *wait) bears(err error) bool {
	if !errors.Is(err, lb.ErrUnavailable) && !errors.Is(err, lb.ErrRateLimited) && !errors.Is(err, lb.ErrBusy) {
		return false
	}
	if w.failed.IsZero() {
		w.failed = time.Now()
	}
	return time.Since(w.failed) < waitPatience
}

func (w *wait) report(err error) {
	w.looks++
	if w.options.Report == nil {
		return
	}
	progress := lb.Progress{Kind: w.kind, ID: w.id, State: w.state, Percent: -1, Elapsed: time.Since(w.start), Polls: w.looks}
	if err != nil {
		progress.State = "unavailable"
	}
	w.options.Report(progress)
}

// ended is the error of a wait whose context has ended. Err is what the last look
// failed with, nil where it did not.
func (w *wait) ended(ctx context.Context, err error) error {
	state := w.state
	if state == "" {
		state = "not seen"
	}
	return &lb.Error{
		Code: lb.ErrUnavailable, Provider: providerName, Op: w.op, Kind: w.kind, ID: w.id,
		Message: fmt.Sprintf("%q, not %q, after %d polls", state, w.want, w.looks),
		Err:     errors.Join(ctx.Err(), err),
	}
}

// WaitReady waits until a load balancer is ready. That it is gone, deleted,
// stopped, locked or in error is an error.
func (s *LBService) WaitReady(ctx context.Context, id string, options WaitOptions) (*LB, error) {
	return s.waitFor(ctx, "lbs.waitReady", id, options, func(*LB) view { return view{done: true} })
}

// WaitInstances waits until a load balancer is ready and every instance of it
// runs what was configured. For about a second after a change they are pending,
// and for a moment they may not be so yet: the provider's Commit watches for
// that.
func (s *LBService) WaitInstances(ctx context.Context, id string, options WaitOptions) (*LB, error) {
	return s.waitFor(ctx, "lbs.waitInstances", id, options, viewInstances)
}

// waitFor waits until a load balancer is ready and then as done wants.
func (s *LBService) waitFor(ctx context.Context, op, id string, options WaitOptions, done func(*LB) view) (*LB, error) {
	var last *LB
	err := s.wait(options, op, lb.KindLoadBalancer, id, string(LBStatusReady)).until(ctx, func() (view, error) {
		b, err := s.Get(ctx, id)
		if err != nil {
			return view{}, err
		}
		last = b
		seen := view{state: string(b.Status)}
		switch b.Status {
		case LBStatusReady:
			further := done(b)
			if further.state == "" {
				further.state = seen.state
			}
			return further, nil
		case LBStatusError, LBStatusLocked, LBStatusStopped, LBStatusToDelete, LBStatusDeleting:
			seen.hopeless = true
		default: // pending, migrating, to_create, creating, unknown, and what nobody knows
		}
		return seen, nil
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

// viewInstances is the state of the instance that is furthest from ready.
func viewInstances(b *LB) view {
	seen := view{state: "no instances"}
	for i, instance := range b.Instances {
		switch instance.Status {
		case InstanceStatusReady:
			if i == 0 {
				seen = view{state: "instances ready", done: true}
			}
		case InstanceStatusError, InstanceStatusLocked, InstanceStatusStopped:
			return view{state: "instance " + string(instance.Status), hopeless: true}
		default: // pending, migrating, unknown, and what nobody knows
			seen = view{state: "instance " + string(instance.Status)}
		}
	}
	return seen
}

// WaitDeleted waits until a load balancer is gone. One that is locked or in error
// is not going to be.
func (s *LBService) WaitDeleted(ctx context.Context, id string, options WaitOptions) error {
	return s.wait(options, "lbs.waitDeleted", lb.KindLoadBalancer, id, "deleted").until(ctx, func() (view, error) {
		b, err := s.Get(ctx, id)
		switch {
		case errors.Is(err, lb.ErrNotFound):
			return view{state: "deleted", done: true}, nil
		case err != nil:
			return view{}, err
		}
		return view{state: string(b.Status), hopeless: b.Status == LBStatusError || b.Status == LBStatusLocked}, nil
	})
}

// WaitReady waits until a certificate can be served. The *lb.StateError of one
// that failed says why.
func (s *CertificateService) WaitReady(ctx context.Context, id string, options WaitOptions) (*Certificate, error) {
	var last *Certificate
	err := s.wait(options, "certificates.waitReady", lb.KindCertificate, id, string(CertificateStatusReady)).until(ctx, func() (view, error) {
		c, err := s.Get(ctx, id)
		if err != nil {
			return view{}, err
		}
		last = c
		return view{
			state: string(c.Status), detail: c.StatusDetails,
			done: c.Status == CertificateStatusReady, hopeless: c.Status == CertificateStatusError,
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

// WaitReady waits until a load balancer is in a private network. One that failed
// to get there is to be detached and attached again.
func (s *PrivateNetworkService) WaitReady(ctx context.Context, lbID, privateNetworkID string, options WaitOptions) (*PrivateNetwork, error) {
	var last *PrivateNetwork
	w := s.wait(options, "privateNetworks.waitReady", kindPrivateNetwork, privateNetworkID, string(PrivateNetworkStatusReady))
	err := w.until(ctx, func() (view, error) {
		n, err := s.find(ctx, lbID, privateNetworkID)
		if err != nil {
			return view{}, err
		}
		last = n
		return view{
			state: string(n.Status), done: n.Status == PrivateNetworkStatusReady, hopeless: n.Status == PrivateNetworkStatusError,
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return last, nil
}

// WaitDetached waits until a load balancer is in a private network no more. That it has
// failed to leave, or has been attached again meanwhile, is an error. An ID that is not a
// UUID is lb.ErrInvalid.
func (s *PrivateNetworkService) WaitDetached(ctx context.Context, lbID, privateNetworkID string, options WaitOptions) error {
	w := s.wait(options, "privateNetworks.waitDetached", kindPrivateNetwork, privateNetworkID, "detached")
	var first *PrivateNetwork
	return w.until(ctx, func() (view, error) {
		n, err := s.find(ctx, lbID, privateNetworkID)
		switch {
		case errors.Is(err, lb.ErrNotFound):
			return view{state: "detached", done: true}, nil
		case err != nil:
			return view{}, err
		}
		seen := view{state: string(n.Status), hopeless: n.Status == PrivateNetworkStatusError}
		if first == nil {
			first = n
		}
		if n.key() != first.key() {
			seen.hopeless, seen.detail = true, "it has been attached again"
		}
		return seen, nil
	})
}

// find reads one attachment: the API has a list of them alone.
func (s *PrivateNetworkService) find(ctx context.Context, lbID, privateNetworkID string) (*PrivateNetwork, error) {
	failure := &lb.Error{
		Code: lb.ErrNotFound, Provider: providerName, Op: listPrivateNetworks.name, Kind: kindPrivateNetwork,
		ID: s.name + "/" + privateNetworkID, Message: "the load balancer is not attached to it",
	}
	if !isUUID(privateNetworkID) {
		failure.Code, failure.Message = lb.ErrInvalid, fmt.Sprintf("ID %q is not a UUID", privateNetworkID)
		return nil, failure
	}
	for n, err := range s.List(ctx, lbID, PrivateNetworkListOptions{}) {
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(n.PrivateNetworkID, privateNetworkID) {
			return n, nil
		}
	}
	return nil, failure
}
