package topology

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// ApplyOption changes how Apply works.
type ApplyOption func(*applyOptions)

type applyOptions struct {
	report      func(StepProgress)
	unpublished bool
	wait        []lb.WaitOption
}

// WithStepProgress has report called at the end of each step, and when one fails, in the
// goroutine that calls Apply.
func WithStepProgress(report func(StepProgress)) ApplyOption {
	return func(o *applyOptions) { o.report = report }
}

// WithoutPublish leaves what is written to be made live by a later lb.Publish, where the
// provider stages what is written.
func WithoutPublish() ApplyOption { return func(o *applyOptions) { o.unpublished = true } }

// WithWait changes how Apply polls where it waits: for certificates that it orders, for a
// load balancer that changes its plan, and for what it publishes.
func WithWait(opts ...lb.WaitOption) ApplyOption {
	return func(o *applyOptions) { o.wait = append(o.wait, opts...) }
}

// StepProgress is how far Apply is.
type StepProgress struct {
	Step    int   // steps that have ended well
	Steps   int   // how many steps the plan has
	Current Step  // the one that has just ended
	Err     error // why it failed, else nil
}

// Result is what Apply has done.
type Result struct {
	Applied []Step `json:"applied,omitempty"` // in the order in which they ended
	Failed  *Step  `json:"failed,omitzero"`   // the one that failed; nil where none did
	// Staged is what is written and not live after an error, where the provider says.
	Staged    []lb.PendingChange `json:"staged,omitempty"`
	Published *lb.Operation      `json:"published,omitzero"` // nil where nothing was published
}

// Apply carries the plan out by provider, which must be the one that it was made by, or
// another for the same account, publishes once at the end and waits.
//
// It reads the load balancer first, and refuses with lb.ErrConflict, before it writes
// anything, where that is not what the plan was made from. Writes go out one after the
// other: certificates first, waiting for those that are ordered; then backends with
// their servers, frontends, filters, routes; then what goes, in the opposite order. At
// no moment does a frontend that is enabled lead to something that is not there, and
// servers are added before others are removed. A frontend that is to be enabled, or new
// and with filters, is enabled last, where the provider can disable it, so that it does
// not serve without them. Where the provider's limits leave no room for the filters and
// routes that come, those that go, and the frontends that go, make room first.
//
// On an error it stops: nothing is published, the error names the step, and the Result
// has what was done and what is staged. Then a new plan of the same topology, applied,
// does the rest: what was made is found by its name, and nothing is made twice. That
// holds for a context that ended and for lb.ErrUncertain too. An empty plan publishes
// what an earlier one has staged.
//
// A plan that NewPlan did not make, such as one that was read from JSON, is
// lb.ErrInvalid, and so is another provider. One that leaves no frontends, where the
// provider lists "loadbalancers.commit.withoutFrontends" as lacking, is an
// *lb.UnsupportedError unless WithoutPublish is among opts, or all that it changes is
// settings of the load balancer itself.
func (p *Plan) Apply(ctx context.Context, provider lb.Provider, opts ...ApplyOption) (*Result, error) {
	var o applyOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	if p.prepared == nil {
		return nil, p.fault(lb.ErrInvalid, "a plan can be applied by the program that made it alone")
	}
	if provider == nil || provider.Name() != p.Provider {
		return nil, p.fault(lb.ErrInvalid, "it was made for provider "+p.Provider)
	}
	if p.prepared.dead != nil && !o.unpublished {
		return nil, p.prepared.dead
	}
	a := &application{provider: provider, options: o, wait: o.wait, ids: map[string]string{}, plan: p, result: &Result{}}
	if err := a.unmoved(ctx); err != nil {
		return a.result, err
	}
	if err := a.run(ctx); err != nil {
		a.result.Staged = a.staged(ctx)
		return a.result, err
	}
	if o.unpublished {
		return a.result, nil
	}
	op, err := lb.Publish(ctx, provider, p.LoadBalancer, o.wait...)
	if err != nil {
		a.result.Staged = a.staged(ctx)
		return a.result, fmt.Errorf("every step is done, and not live: %w", err)
	}
	a.result.Published = op
	return a.result, nil
}

func (p *Plan) fault(code error, message string) error {
	return &lb.Error{Code: code, Provider: p.Provider, Op: "topology.apply", Kind: lb.KindLoadBalancer, ID: string(p.LoadBalancer), Message: message}
}

// application is one Apply.
type application struct {
	provider lb.Provider
	options  applyOptions
	wait     []lb.WaitOption
	plan     *Plan
	ids      map[string]string // of what was made, by handle
	result   *Result
}

// unmoved reads the load balancer and compares it with what the plan was made from.
func (a *application) unmoved(ctx context.Context) error {
	l, err := readLive(ctx, a.provider, a.plan.LoadBalancer)
	if err != nil {
		return err
	}
	if l.digest(a.plan.prepared.certificates) != a.plan.prepared.digest {
		return a.plan.fault(lb.ErrConflict, "the load balancer is not what the plan was made from: plan again")
	}
	return nil
}

// run does the tasks in turn. A step is done with the last of its tasks.
func (a *application) run(ctx context.Context) error {
	tasks, steps := a.plan.prepared.tasks, a.plan.prepared.steps
	last := make([]int, len(steps))
	for i, t := range tasks {
		if t.step != noStep {
			last[t.step] = i
		}
	}
	for i, t := range tasks {
		err := ctx.Err()
		if err == nil {
			err = t.run(ctx, a)
		}
		if err != nil {
			return a.failed(t, err)
		}
		if t.step == noStep || last[t.step] != i {
			continue
		}
		a.result.Applied = append(a.result.Applied, steps[t.step])
		a.report(steps[t.step], nil)
	}
	return nil
}

func (a *application) failed(t task, err error) error {
	total := len(a.plan.prepared.steps)
	if t.step == noStep {
		return fmt.Errorf("after %d of %d steps: %w", len(a.result.Applied), total, err)
	}
	step := a.plan.prepared.steps[t.step]
	a.result.Failed = &step
	err = fmt.Errorf("after %d of %d steps: %s %s: %w", len(a.result.Applied), total, step.Action, step.title(), err)
	a.report(step, err)
	return err
}

func (a *application) report(step Step, err error) {
	if a.options.report != nil {
		a.options.report(StepProgress{Step: len(a.result.Applied), Steps: len(a.plan.prepared.steps), Current: step, Err: err})
	}
}

// lookAfter bounds the look at what is staged, which the end of the caller's context does
// not end.
const lookAfter = 2 * time.Second

// staged asks what is written and not live. A failure to is no news by the side of the
// error that it is asked for.
func (a *application) staged(ctx context.Context) []lb.PendingChange {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAfter)
	defer cancel()
	pending, err := a.provider.LoadBalancers().Pending(ctx, a.plan.LoadBalancer)
	if err != nil {
		return nil
	}
	return pending
}

// made takes note of the ID of what a handle stands for.
func (a *application) made(handle, id string) { a.ids[handle] = id }

// id is what a handle stands for, and any other ID itself.
func (a *application) id(id string) string {
	if made, ok := a.ids[id]; ok {
		return made
	}
	return id
}

// frontend is spec with the IDs of what was made meanwhile.
func (a *application) frontend(spec lb.FrontendSpec) lb.FrontendSpec {
	out := lb.Clone(spec)
	out.DefaultBackend = lb.BackendID(a.id(string(out.DefaultBackend)))
	for i, id := range out.Certificates {
		out.Certificates[i] = lb.CertificateID(a.id(string(id)))
	}
	return out
}

func (a *application) routes(specs []lb.RouteSpec) []lb.RouteSpec {
	out := slices.Clone(specs)
	for i := range out {
		out[i].Backend = lb.BackendID(a.id(string(out[i].Backend)))
	}
	return out
}
