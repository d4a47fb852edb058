package lbtest

import (
	"context"
	"iter"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// memoryLoadBalancers is lb.LoadBalancers.
type memoryLoadBalancers struct {
	lb.UnimplementedLoadBalancers

	m *Memory
}

// List yields load balancers in the order in which they were made.
func (s memoryLoadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	opts.Tags = slices.Clone(opts.Tags)
	return memoryList(ctx, s.m, memoryListing[*lb.LoadBalancer]{
		op: "loadbalancers.list", page: opts.PageOptions,
		ids: func(*memoryCall) ([]string, error) {
			var ids []string
			for _, b := range s.m.balancers {
				if !b.deleting() && fit.Selected(b.spec, opts) {
					ids = append(ids, string(b.id))
				}
			}
			return ids, nil
		},
		read: func(_ *memoryCall, id string) (*lb.LoadBalancer, bool) {
			b := s.m.find(lb.LoadBalancerID(id))
			if b == nil {
				return nil, false
			}
			return s.m.model(b), true
		},
	})
}

// Get looks at a load balancer, which may bring it further: see Memory.
func (s memoryLoadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	c, err := s.m.begin(ctx, "loadbalancers.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	if err := c.parse(lb.KindLoadBalancer, string(id), "lb"); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.m.balancers, func(b *memoryBalancer) bool { return b.id == id })
	if i < 0 {
		return nil, c.missing(lb.KindLoadBalancer, string(id))
	}
	b := s.m.balancers[i]
	switch {
	case b.settled || b.provisioning == lb.ProvisioningReady:
	case b.polls > 0:
		b.polls--
	case b.deleting():
		s.m.balancers = slices.Delete(s.m.balancers, i, i+1)
		return nil, c.missing(lb.KindLoadBalancer, string(id))
	default:
		b.provisioning = lb.ProvisioningReady
	}
	return s.m.model(b), nil
}

// Create makes a load balancer, which is pending at first, with a new IPv4 address.
func (s memoryLoadBalancers) Create(ctx context.Context, spec lb.LoadBalancerSpec) (*lb.LoadBalancer, error) {
	c, err := s.m.begin(ctx, "loadbalancers.create")
	if err != nil {
		return nil, err
	}
	defer c.end()
	canonical, err := s.m.rules.LoadBalancer(spec)
	if err != nil {
		return nil, err
	}
	b := s.m.newBalancer(canonical)
	b.provisioning = lb.ProvisioningPending
	return s.m.model(b), nil
}

// Update changes a load balancer's own settings.
func (s memoryLoadBalancers) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (*lb.LoadBalancer, error) {
	var b *memoryBalancer
	return memoryUpdate[lb.LoadBalancerSpec, *lb.LoadBalancer]{
		op: "loadbalancers.update", change: change,
		look: func(c *memoryCall) (*memoryBalancer, lb.LoadBalancerSpec, error) {
			var err error
			if b, err = c.balancer(id); err != nil {
				return nil, lb.LoadBalancerSpec{}, err
			}
			return b, b.spec, nil
		},
		apply: func(_ *memoryCall, desired lb.LoadBalancerSpec) (*lb.LoadBalancer, error) {
			after, err := s.m.rules.UpdateLoadBalancer(b.spec, memoryTo(desired))
			if err != nil {
				return nil, err
			}
			if !lb.Equal(b.spec, after) {
				b.spec = after
				b.wrote()
			}
			return s.m.model(b), nil
		},
	}.do(ctx, s.m)
}

// Delete begins to remove a load balancer: it is gone for all calls but Get, which still
// sees it being deleted, see Memory.
func (s memoryLoadBalancers) Delete(ctx context.Context, id lb.LoadBalancerID, opts lb.DeleteLoadBalancerOptions) error {
	c, err := s.m.begin(ctx, "loadbalancers.delete")
	if err != nil {
		return err
	}
	defer c.end()
	b, err := c.balancer(id)
	if err != nil {
		return err
	}
	if feature := lb.Feature("loadbalancers.delete.releaseAddresses"); opts.ReleaseAddresses && s.m.narrowed(feature) {
		return s.m.lacks(feature, "", nil, "addresses are kept")
	}
	s.m.addresses = slices.DeleteFunc(s.m.addresses, func(a *lb.Address) bool { return opts.ReleaseAddresses && a.LoadBalancer == id })
	for _, address := range s.m.addresses {
		if address.LoadBalancer == id {
			address.LoadBalancer, address.Primary = "", false
		}
	}
	b.provisioning, b.settled, b.polls = lb.ProvisioningDeleting, false, s.m.options.polls
	b.frontends, b.backends, b.certificates = nil, nil, nil
	b.revision++
	return nil
}

// Read reads a load balancer with all that is in it, as it was written.
func (s memoryLoadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	c, err := s.m.begin(ctx, "loadbalancers.read")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(id)
	if err != nil {
		return nil, err
	}
	return s.m.tree(b), nil
}

// EgressRanges is one range, the same for all load balancers.
func (s memoryLoadBalancers) EgressRanges(ctx context.Context, id lb.LoadBalancerID) ([]netip.Prefix, error) {
	c, err := s.m.begin(ctx, "loadbalancers.egressRanges")
	if err != nil {
		return nil, err
	}
	defer c.end()
	if _, err := c.balancer(id); err != nil {
		return nil, err
	}
	return []netip.Prefix{memoryEgress}, nil
}
