package lbtest

import (
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// memoryFrontends is lb.Frontends.
type memoryFrontends struct {
	lb.UnimplementedFrontends

	m *Memory
}

// frontend finds a frontend.
func (c *memoryCall) frontend(id lb.FrontendID) (*memoryBalancer, *lb.FrontendTree, error) {
	return memoryFound(c, lb.KindFrontend, string(id), c.m.findFrontend)
}

func (m *Memory) findFrontend(id string) (*memoryBalancer, *lb.FrontendTree) {
	return memoryFind(m, id, func(b *memoryBalancer) []*lb.FrontendTree { return b.frontends }, func(f *lb.FrontendTree) string { return string(f.ID) })
}

// List yields frontends in the order in which they were made.
func (s memoryFrontends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Frontend, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Frontend]{
		op: "frontends.list", page: opts.PageOptions,
		ids: func(c *memoryCall) ([]string, error) {
			b, err := c.balancer(parent)
			if err != nil {
				return nil, err
			}
			return memoryNamed(b.frontends, opts.Name, func(f *lb.FrontendTree) (string, string) { return string(f.ID), f.Name }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Frontend, bool) {
			_, f := s.m.findFrontend(id)
			if f == nil {
				return nil, false
			}
			return memoryCopyFrontend(f.Frontend), true
		},
	})
}

// memoryNamed are the IDs of the items of a name, or of all.
func memoryNamed[T any](items []T, name string, of func(T) (id, name string)) []string {
	var ids []string
	for _, item := range items {
		if id, has := of(item); name == "" || name == has {
			ids = append(ids, id)
		}
	}
	return ids
}

// Get reads a frontend.
func (s memoryFrontends) Get(ctx context.Context, id lb.FrontendID) (*lb.Frontend, error) {
	c, err := s.m.begin(ctx, "frontends.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	_, f, err := c.frontend(id)
	if err != nil {
		return nil, err
	}
	return memoryCopyFrontend(f.Frontend), nil
}

// Create makes a frontend. What it refers to must be of the same load balancer, and its
// ports free.
func (s memoryFrontends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.FrontendSpec) (*lb.Frontend, error) {
	c, err := s.m.begin(ctx, "frontends.create")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(parent)
	if err != nil {
		return nil, err
	}
	canonical, err := s.m.rules.Frontend(spec)
	if err != nil {
		return nil, err
	}
	if err := c.frontendFits(b, "", canonical); err != nil {
		return nil, err
	}
	f := &lb.Frontend{ID: lb.FrontendID(b.next(string(parent), "frontend")), LoadBalancer: parent, FrontendSpec: canonical}
	b.frontends = append(b.frontends, &lb.FrontendTree{Frontend: f})
	b.wrote()
	return memoryCopyFrontend(f), nil
}

// frontendFits checks a frontend against what else there is; id is empty for a new one.
func (c *memoryCall) frontendFits(b *memoryBalancer, id lb.FrontendID, spec lb.FrontendSpec) error {
	return c.misfit(lb.KindFrontend, string(id), fit.Frontend(b.shared(), id, spec))
}

// Update changes a frontend. Its filters and routes stay, and must go with what it is then.
func (s memoryFrontends) Update(ctx context.Context, id lb.FrontendID, change func(*lb.FrontendSpec) error) (*lb.Frontend, error) {
	var b *memoryBalancer
	var f *lb.FrontendTree
	return memoryUpdate[lb.FrontendSpec, *lb.Frontend]{
		op: "frontends.update", change: change,
		look: func(c *memoryCall) (*memoryBalancer, lb.FrontendSpec, error) {
			var err error
			if b, f, err = c.frontend(id); err != nil {
				return nil, lb.FrontendSpec{}, err
			}
			return b, f.FrontendSpec, nil
		},
		apply: func(c *memoryCall, desired lb.FrontendSpec) (*lb.Frontend, error) {
			if err := c.changeFrontend(b, f, desired); err != nil {
				return nil, err
			}
			return memoryCopyFrontend(f.Frontend), nil
		},
	}.do(ctx, s.m)
}

func (c *memoryCall) changeFrontend(b *memoryBalancer, f *lb.FrontendTree, desired lb.FrontendSpec) error {
	before := f.FrontendSpec
	after, err := c.m.rules.UpdateFrontend(before, memoryTo(desired))
	if err != nil {
		return err
	}
	filters, err := c.m.rules.Filters(after, memorySpecs(f.Filters, memoryFilterSpec))
	if err != nil {
		return err
	}
	routes, err := c.m.rules.Routes(after, memorySpecs(f.Routes, memoryRouteSpec))
	if err != nil {
		return err
	}
	if lb.Equal(before, after) {
		return nil
	}
	if err := c.frontendFits(b, f.ID, after); err != nil {
		return err
	}
	for i, route := range routes {
		f.Routes[i].RouteSpec = route
	}
	for i, filter := range filters {
		f.Filters[i].FilterSpec = filter
	}
	f.FrontendSpec = after
	b.wrote()
	return nil
}

// Delete removes a frontend with its filters and routes.
func (s memoryFrontends) Delete(ctx context.Context, id lb.FrontendID) error {
	c, err := s.m.begin(ctx, "frontends.delete")
	if err != nil {
		return err
	}
	defer c.end()
	b, f, err := c.frontend(id)
	if err != nil {
		return err
	}
	b.frontends = slices.DeleteFunc(b.frontends, func(other *lb.FrontendTree) bool { return other == f })
	b.wrote()
	return nil
}
