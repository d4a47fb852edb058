package lbtest

import (
	"context"
	"fmt"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// memoryFilters is lb.Filters.
type memoryFilters struct {
	lb.UnimplementedFilters

	m *Memory
}

// memoryRoutes is lb.Routes.
type memoryRoutes struct {
	lb.UnimplementedRoutes

	m *Memory
}

func memoryFilterSpecs(filters []*lb.Filter) []lb.FilterSpec {
	var out []lb.FilterSpec
	for _, filter := range filters {
		out = append(out, lb.Clone(filter.FilterSpec))
	}
	return out
}

func memoryRouteSpecs(routes []*lb.Route) []lb.RouteSpec {
	var out []lb.RouteSpec
	for _, route := range routes {
		out = append(out, lb.Clone(route.RouteSpec))
	}
	return out
}

// List yields filters in order.
func (s memoryFilters) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Filter, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Filter]{
		op: "filters.list", page: opts,
		ids: func(c *memoryCall) ([]string, error) {
			_, f, err := c.frontend(parent)
			if err != nil {
				return nil, err
			}
			return memoryIDsOf(f.Filters, func(filter *lb.Filter) string { return filter.ID }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Filter, bool) {
			if _, f := s.m.findFrontend(parent); f != nil {
				for _, filter := range f.Filters {
					if filter.ID == id {
						return memoryCopyFilter(filter), true
					}
				}
			}
			return nil, false
		},
	})
}

// Set replaces all filters at once.
func (s memoryFilters) Set(ctx context.Context, parent lb.FrontendID, specs []lb.FilterSpec, opts lb.SetOptions) ([]*lb.Filter, error) {
	c, err := s.m.begin(ctx, "filters.set")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, f, err := c.frontend(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, c.emptySet(parent, "filters")
	}
	wanted, problems := s.m.dialect().filters(f.FrontendSpec, specs)
	if len(problems) > 0 {
		return nil, problems
	}
	if err := c.room(b, f, len(wanted), len(f.Routes)); err != nil {
		return nil, err
	}
	if memorySame(memoryFilterSpecs(f.Filters), wanted) {
		return memoryCopies(f.Filters, memoryCopyFilter), nil
	}
	before := f.Filters
	f.Filters = nil
	for _, spec := range wanted {
		filter := memoryKept(&before, func(has *lb.Filter) bool { return lb.Equal(has.FilterSpec, spec) })
		if filter == nil {
			filter = &lb.Filter{ID: b.next(string(parent), "filter"), Frontend: parent, FilterSpec: spec}
		}
		f.Filters = append(f.Filters, filter)
	}
	b.wrote()
	return memoryCopies(f.Filters, memoryCopyFilter), nil
}

func (c *memoryCall) emptySet(parent lb.FrontendID, what string) error {
	return c.fail(lb.ErrInvalid, lb.KindFrontend, string(parent), "an empty set of %s needs AllowEmpty", what)
}

// room refuses more rules than the load balancer has room for, where a frontend is to have
// so many. Without "filter.limit.own" filters take the room of routes.
func (c *memoryCall) room(b *memoryBalancer, changed *lb.FrontendTree, filters, routes int) error {
	for _, f := range b.frontends {
		if f != changed {
			filters += len(f.Filters)
			routes += len(f.Routes)
		}
	}
	d := c.m.dialect()
	limits := d.capabilities.Limits
	if d.narrowed("filter.limit.own") {
		filters, routes = 0, filters+routes
	}
	for _, rules := range []struct {
		path        string
		count, most int
	}{{"filters", filters, limits.MaxFilters}, {"routes", routes, limits.MaxRoutes}} {
		if rules.most > 0 && rules.count > rules.most {
			return c.misfit(lb.KindFrontend, string(changed.ID), rules.path, "%d on all frontends; the load balancer has room for %d", rules.count, rules.most)
		}
	}
	return nil
}

func memorySame[S lb.Spec](a, b []S) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !lb.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// memoryKept takes the first item that is as wanted out of items, or is nil.
func memoryKept[T any](items *[]*T, wanted func(*T) bool) *T {
	for i, item := range *items {
		if item != nil && wanted(item) {
			rest := append([]*T{}, *items...)
			rest[i] = nil
			*items = rest
			return item
		}
	}
	return nil
}

// List yields routes in order.
func (s memoryRoutes) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Route, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Route]{
		op: "routes.list", page: opts,
		ids: func(c *memoryCall) ([]string, error) {
			_, f, err := c.frontend(parent)
			if err != nil {
				return nil, err
			}
			return memoryIDsOf(f.Routes, func(route *lb.Route) string { return route.ID }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Route, bool) {
			if _, f := s.m.findFrontend(parent); f != nil {
				for _, route := range f.Routes {
					if route.ID == id {
						return memoryCopyRoute(route), true
					}
				}
			}
			return nil, false
		},
	})
}

// Set replaces all routes at once. The backends must be there, of the same load balancer
// and of the frontend's protocol.
func (s memoryRoutes) Set(ctx context.Context, parent lb.FrontendID, specs []lb.RouteSpec, opts lb.SetOptions) ([]*lb.Route, error) {
	c, err := s.m.begin(ctx, "routes.set")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, f, err := c.frontend(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, c.emptySet(parent, "routes")
	}
	wanted, problems := s.m.dialect().routes(f.FrontendSpec, specs)
	if len(problems) > 0 {
		return nil, problems
	}
	for i, spec := range wanted {
		path := fmt.Sprintf("routes[%d].backend", i)
		if err := c.leadsTo(b, lb.KindRoute, string(parent), path, f.Protocol, spec.Backend); err != nil {
			return nil, err
		}
	}
	if err := c.room(b, f, len(f.Filters), len(wanted)); err != nil {
		return nil, err
	}
	if memorySame(memoryRouteSpecs(f.Routes), wanted) {
		return memoryCopies(f.Routes, memoryCopyRoute), nil
	}
	before := f.Routes
	f.Routes = nil
	for _, spec := range wanted {
		route := memoryKept(&before, func(has *lb.Route) bool { return lb.Equal(has.RouteSpec, spec) })
		if route == nil {
			route = &lb.Route{ID: b.next(string(parent), "route"), Frontend: parent, RouteSpec: spec}
		}
		f.Routes = append(f.Routes, route)
	}
	b.wrote()
	return memoryCopies(f.Routes, memoryCopyRoute), nil
}
