package lbtest

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// memoryCommitAction is what an operation does.
const memoryCommitAction = "commit"

// running is the commit that has not come to its end, or nil.
func (b *memoryBalancer) running() *memoryOperation {
	i := slices.IndexFunc(b.operations, func(o *memoryOperation) bool { return o.Status == lb.OperationRunning })
	if i < 0 {
		return nil
	}
	return b.operations[i]
}

// Pending counts the writes that are not live: with staging those since the last commit,
// and those that a running one carries.
func (s memoryLoadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) ([]lb.PendingChange, error) {
	c, err := s.m.begin(ctx, "loadbalancers.pending")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(id)
	if err != nil {
		return nil, err
	}
	if !s.m.options.staging {
		return nil, nil
	}
	count := b.pending
	if running := b.running(); running != nil {
		count += running.count
	}
	if count == 0 {
		return nil, nil
	}
	return []lb.PendingChange{{Zone: b.spec.Zone, Count: count}}, nil
}

// Commit starts an operation that makes live what is written so far. It goes on when it is
// looked at, so that one that nobody looks at keeps the next commit busy.
func (s memoryLoadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, opts lb.CommitOptions) (*lb.Operation, error) {
	c, err := s.m.begin(ctx, "loadbalancers.commit")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(id)
	if err != nil {
		return nil, err
	}
	if opts.Zone != "" && opts.Zone != b.spec.Zone {
		return nil, c.misfit(lb.KindLoadBalancer, string(id), fit.Misfit("zone", "%q: the load balancer is in zone %q", opts.Zone, b.spec.Zone))
	}
	if running := b.running(); running != nil {
		return nil, c.fail(lb.ErrBusy, lb.KindOperation, string(running.ID), "another commit is running")
	}
	if !s.m.options.staging {
		b.pending = 0 // live already
	}
	if b.pending == 0 && b.endNext == "" {
		return &lb.Operation{LoadBalancer: id, Action: memoryCommitAction, Status: lb.OperationDone, Progress: 100}, nil
	}
	if len(b.frontends) == 0 && s.m.narrowed("loadbalancers.commit.withoutFrontends") {
		return nil, c.fail(lb.ErrInvalid, lb.KindLoadBalancer, string(id), "it has no frontend")
	}
	o := &memoryOperation{
		Operation: lb.Operation{
			ID: lb.OperationID(b.next(string(id), "operation")), LoadBalancer: id, Action: memoryCommitAction,
			Status: lb.OperationRunning, Zones: b.zones(),
		},
		polls: s.m.options.polls, ending: cmp.Or(b.endNext, lb.OperationDone), count: b.pending, tree: s.m.tree(b),
	}
	b.pending, b.endNext = 0, ""
	b.operations = append(b.operations, o)
	return memoryCopyOperation(&o.Operation), nil
}

// look brings a commit further.
func (b *memoryBalancer) look(o *memoryOperation) {
	switch {
	case o.Status != lb.OperationRunning:
		return
	case o.polls > 0:
		o.polls--
		o.Progress = 50
		return
	}
	o.Status = o.ending
	if o.ending == lb.OperationDone {
		o.Progress = 100
		b.live = o.tree
	} else {
		o.Detail = "a test had it end so"
		b.pending += o.count
	}
	o.count, o.tree = 0, nil
}

// memoryOperations is lb.Operations.
type memoryOperations struct {
	lb.UnimplementedOperations

	m *Memory
}

// Get looks at a commit, which brings it further: see Memory. None is forgotten.
func (s memoryOperations) Get(ctx context.Context, id lb.OperationID) (*lb.Operation, error) {
	c, err := s.m.begin(ctx, "operations.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	if err := c.parse(lb.KindOperation, string(id), "lb", "operation"); err != nil {
		return nil, err
	}
	b, o := s.find(id)
	if o == nil {
		return nil, c.missing(lb.KindOperation, string(id))
	}
	b.look(o)
	return memoryCopyOperation(&o.Operation), nil
}

func (s memoryOperations) find(id lb.OperationID) (*memoryBalancer, *memoryOperation) {
	b := s.m.find(memoryBalancerOf(string(id)))
	if b == nil {
		return nil, nil
	}
	i := slices.IndexFunc(b.operations, func(o *memoryOperation) bool { return o.ID == id })
	if i < 0 {
		return nil, nil
	}
	return b, b.operations[i]
}

// List yields the commits of a load balancer, the first one first. It brings none further.
func (s memoryOperations) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.PageOptions) iter.Seq2[*lb.Operation, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Operation]{
		op: "operations.list", page: opts,
		ids: func(c *memoryCall) ([]string, error) {
			b, err := c.balancer(parent)
			if err != nil {
				return nil, err
			}
			return memoryIDsOf(b.operations, func(o *memoryOperation) string { return string(o.ID) }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Operation, bool) {
			_, o := s.find(lb.OperationID(id))
			if o == nil {
				return nil, false
			}
			return memoryCopyOperation(&o.Operation), true
		},
	})
}

func memoryIDsOf[T any](items []T, id func(T) string) []string {
	out := make([]string, 0, len(items))
	for _, item := range items {
		out = append(out, id(item))
	}
	return out
}
