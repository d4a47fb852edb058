package document

import (
	"context"
	"iter"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

type loadBalancers struct {
	lb.UnimplementedLoadBalancers

	p *Provider
}

func (s loadBalancers) call(op string, id lb.LoadBalancerID) call {
	return call{s.p, "loadbalancers." + op, lb.KindLoadBalancer, string(id)}
}

func (s loadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	c := s.call("list", "")
	opts.Tags = slices.Clone(opts.Tags)
	return func(yield func(*lb.LoadBalancer, error) bool) {
		if err := c.pages(ctx, opts.PageOptions); err != nil {
			yield(nil, err)
			return
		}
		for d, err := range s.p.store.List(ctx) {
			if err != nil {
				yield(nil, c.failed(lb.ErrUnavailable, err))
				return
			}
			if d, err = c.accept(lb.ErrUnavailable, "", d); err != nil {
				yield(nil, err)
				return
			}
			if fit.Selected(d.LoadBalancer.LoadBalancerSpec, opts) && !yield(d.LoadBalancer, nil) {
				return
			}
		}
	}
}

func (s loadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	d, err := s.call("get", id).read(ctx)
	if err != nil {
		return nil, err
	}
	return d.LoadBalancer, nil
}

func (s loadBalancers) Create(ctx context.Context, spec lb.LoadBalancerSpec) (*lb.LoadBalancer, error) {
	c := s.call("create", "")
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	spec, err := s.p.rules.LoadBalancer(spec)
	if err != nil {
		return nil, err
	}
	d, err := s.p.creator.Create(ctx, spec)
	if err != nil {
		return nil, c.failed(lb.ErrUncertain, err)
	}
	d, err = c.accept(lb.ErrUncertain, "", d)
	return c.loadBalancerKept(d, err, &spec)
}

// loadBalancerKept is the load balancer that a call has written, with these settings.
func (c call) loadBalancerKept(d *Document, err error, written *lb.LoadBalancerSpec) (*lb.LoadBalancer, error) {
	if err == nil {
		err = same(c, *written, d.LoadBalancer.LoadBalancerSpec)
	}
	if err != nil {
		return nil, err
	}
	return d.LoadBalancer, nil
}

func (s loadBalancers) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (*lb.LoadBalancer, error) {
	c := s.call("update", id)
	var after lb.LoadBalancerSpec
	d, err := c.edit(ctx, func(d *Document) (_ bool, err error) {
		before := d.LoadBalancer.LoadBalancerSpec
		after, err = s.p.rules.UpdateLoadBalancer(before, change)
		d.LoadBalancer.LoadBalancerSpec = after
		return !lb.Equal(before, after), err
	})
	return c.loadBalancerKept(d, err, &after)
}

func (s loadBalancers) Delete(ctx context.Context, id lb.LoadBalancerID, opts lb.DeleteLoadBalancerOptions) error {
	c := s.call("delete", id)
	key, err := c.key(ctx)
	if err != nil {
		return err
	}
	if opts.ReleaseAddresses {
		if err := s.call("delete.releaseAddresses", id).begin(ctx); err != nil {
			return err
		}
	}
	if err := s.p.deleter.Delete(ctx, key); err != nil {
		return c.failed(lb.ErrUncertain, err)
	}
	return nil
}

func (s loadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	d, err := s.call("read", id).read(ctx)
	if err != nil {
		return nil, err
	}
	return &d.Tree, nil
}

func (s loadBalancers) Health(ctx context.Context, id lb.LoadBalancerID) (*lb.HealthSummary, error) {
	c := s.call("health", id)
	health, err := c.health(ctx)
	if err != nil {
		return nil, err
	}
	if health.Summary.State != "" {
		return &health.Summary, nil
	}
	d, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	states := map[lb.ServerID][]lb.Health{}
	for key, servers := range health.Servers {
		for _, server := range servers {
			id := lb.ServerID(join(join(c.id, "backends", string(key)), "servers", string(server.Server)))
			states[id] = append(states[id], server.State)
		}
	}
	return fit.Summary(&d.Tree, func(s *lb.Server) lb.Health { return fit.Together(states[s.ID]) }), nil
}

// health asks the store for the health of the load balancer that the call is about.
func (c call) health(ctx context.Context) (*Health, error) {
	key, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	health, err := c.p.health.Health(ctx, key)
	if err != nil {
		return nil, c.failed(lb.ErrUnavailable, err)
	}
	return health, nil
}

func (s loadBalancers) EgressRanges(ctx context.Context, id lb.LoadBalancerID) ([]netip.Prefix, error) {
	c := s.call("egressRanges", id)
	key, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	ranges, err := s.p.egress.EgressRanges(ctx, key)
	if err != nil {
		return nil, c.failed(lb.ErrUnavailable, err)
	}
	return ranges, nil
}

// Pending is always empty, of a load balancer that is there.
func (s loadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) ([]lb.PendingChange, error) {
	_, err := s.call("pending", id).read(ctx)
	return nil, err
}

// Commit is done when it begins, for a load balancer that is there.
func (s loadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, _ lb.CommitOptions) (*lb.Operation, error) {
	if _, err := s.call("commit", id).read(ctx); err != nil {
		return nil, err
	}
	return &lb.Operation{LoadBalancer: id, Status: lb.OperationDone, Progress: 100}, nil
}
