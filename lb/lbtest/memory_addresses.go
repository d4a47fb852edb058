package lbtest

import (
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// memoryAddresses is lb.Addresses.
type memoryAddresses struct {
	lb.UnimplementedAddresses

	m *Memory
}

func (m *Memory) findAddress(id lb.AddressID) *lb.Address {
	i := slices.IndexFunc(m.addresses, func(a *lb.Address) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return m.addresses[i]
}

// address finds an address.
func (c *memoryCall) address(id lb.AddressID) (*lb.Address, error) {
	if err := c.parse(lb.KindAddress, string(id), "address"); err != nil {
		return nil, err
	}
	if a := c.m.findAddress(id); a != nil {
		return a, nil
	}
	return nil, c.missing(lb.KindAddress, string(id))
}

// List yields addresses in the order in which they were allocated.
func (s memoryAddresses) List(ctx context.Context, opts lb.AddressListOptions) iter.Seq2[*lb.Address, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Address]{
		op: "addresses.list", page: opts.PageOptions,
		ids: func(c *memoryCall) ([]string, error) {
			if opts.LoadBalancer != "" {
				if _, err := c.balancer(opts.LoadBalancer); err != nil {
					return nil, err
				}
			}
			var ids []string
			for _, a := range s.m.addresses {
				if opts.LoadBalancer == "" || a.LoadBalancer == opts.LoadBalancer {
					ids = append(ids, string(a.ID))
				}
			}
			return ids, nil
		},
		read: func(_ *memoryCall, id string) (*lb.Address, bool) {
			a := s.m.findAddress(lb.AddressID(id))
			if a == nil {
				return nil, false
			}
			return memoryCopyAddress(a), true
		},
	})
}

// Get reads an address.
func (s memoryAddresses) Get(ctx context.Context, id lb.AddressID) (*lb.Address, error) {
	c, err := s.m.begin(ctx, "addresses.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	a, err := c.address(id)
	if err != nil {
		return nil, err
	}
	return memoryCopyAddress(a), nil
}

// Allocate takes the next address of a range that is kept for tests.
func (s memoryAddresses) Allocate(ctx context.Context, spec lb.AddressSpec) (*lb.Address, error) {
	c, err := s.m.begin(ctx, "addresses.allocate")
	if err != nil {
		return nil, err
	}
	defer c.end()
	canonical, err := s.m.rules.Address(spec)
	if err != nil {
		return nil, err
	}
	return memoryCopyAddress(s.m.newAddress(canonical, "")), nil
}

// Attach moves an address at once: the operation is done and has no ID.
func (s memoryAddresses) Attach(ctx context.Context, id lb.AddressID, to lb.LoadBalancerID) (*lb.Operation, error) {
	c, err := s.m.begin(ctx, "addresses.attach")
	if err != nil {
		return nil, err
	}
	defer c.end()
	a, err := c.address(id)
	if err != nil {
		return nil, err
	}
	b, err := c.balancer(to)
	if err != nil {
		return nil, err
	}
	if a.LoadBalancer == to {
		return memoryMoved("attach", to), nil
	}
	if feature := lb.Feature("addresses.attach.move"); a.LoadBalancer != "" && s.m.narrowed(feature) {
		return nil, s.m.lacks(feature, "", a.Prefix.String(), "an address that a load balancer has cannot move to another")
	}
	if a.Zone != "" && b.spec.Zone != "" && a.Zone != b.spec.Zone {
		return nil, c.fail(lb.ErrInvalid, lb.KindAddress, string(id), "it is in zone %s, and the load balancer in %s", a.Zone, b.spec.Zone)
	}
	s.m.move(a, to)
	return memoryMoved("attach", to), nil
}

// move counts for the load balancers that lose and get the address.
func (m *Memory) move(a *lb.Address, to lb.LoadBalancerID) {
	from := a.LoadBalancer
	a.LoadBalancer, a.Primary = to, false
	for _, id := range []lb.LoadBalancerID{from, to} {
		if b := m.find(id); b != nil {
			b.wrote()
		}
	}
}

func memoryMoved(action string, to lb.LoadBalancerID) *lb.Operation {
	return &lb.Operation{LoadBalancer: to, Action: action, Status: lb.OperationDone, Progress: 100}
}

// Detach takes an address off its load balancer at once. Of one that is free there is
// nothing to do.
func (s memoryAddresses) Detach(ctx context.Context, id lb.AddressID) (*lb.Operation, error) {
	c, err := s.m.begin(ctx, "addresses.detach")
	if err != nil {
		return nil, err
	}
	defer c.end()
	a, err := c.address(id)
	if err != nil {
		return nil, err
	}
	if a.LoadBalancer != "" {
		s.m.move(a, "")
	}
	return memoryMoved("detach", ""), nil
}

// Release gives an address back, unless a load balancer has it.
func (s memoryAddresses) Release(ctx context.Context, id lb.AddressID) error {
	c, err := s.m.begin(ctx, "addresses.release")
	if err != nil {
		return err
	}
	defer c.end()
	a, err := c.address(id)
	if err != nil {
		return err
	}
	if a.LoadBalancer != "" {
		return c.fail(lb.ErrInUse, lb.KindAddress, string(id), "by load balancer %s", a.LoadBalancer)
	}
	s.m.addresses = slices.DeleteFunc(s.m.addresses, func(other *lb.Address) bool { return other == a })
	return nil
}
