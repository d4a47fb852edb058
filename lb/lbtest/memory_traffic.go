package lbtest

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
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

// memoryRules are the filters or the routes of frontends.
type memoryRules[S lb.Spec, T any] struct {
	m    *Memory
	word string // of one, in its ID; the calls are of several
	of   func(*lb.FrontendTree) *[]*T
	id   func(*T) string
	spec func(*T) S
	made func(id string, parent lb.FrontendID, spec S) *T
	copy func(*T) *T
	// canonical is what the dialect makes of specs; fits refuses what it cannot see.
	canonical func(r dialect.Rules, f lb.FrontendSpec, specs []S) ([]S, error)
	fits      func(c *memoryCall, b *memoryBalancer, f *lb.FrontendTree, wanted []S) error
}

func (s memoryFilters) rules() memoryRules[lb.FilterSpec, lb.Filter] {
	return memoryRules[lb.FilterSpec, lb.Filter]{
		m: s.m, word: "filter",
		of:   func(f *lb.FrontendTree) *[]*lb.Filter { return &f.Filters },
		id:   func(filter *lb.Filter) string { return filter.ID },
		spec: memoryFilterSpec,
		made: func(id string, parent lb.FrontendID, spec lb.FilterSpec) *lb.Filter {
			return &lb.Filter{ID: id, Frontend: parent, FilterSpec: spec}
		},
		copy: memoryCopyFilter, canonical: dialect.Rules.Filters,
		fits: func(c *memoryCall, b *memoryBalancer, f *lb.FrontendTree, wanted []lb.FilterSpec) error {
			return c.room(b, f, len(wanted), len(f.Routes))
		},
	}
}

func (s memoryRoutes) rules() memoryRules[lb.RouteSpec, lb.Route] {
	return memoryRules[lb.RouteSpec, lb.Route]{
		m: s.m, word: "route",
		of:   func(f *lb.FrontendTree) *[]*lb.Route { return &f.Routes },
		id:   func(route *lb.Route) string { return route.ID },
		spec: memoryRouteSpec,
		made: func(id string, parent lb.FrontendID, spec lb.RouteSpec) *lb.Route {
			return &lb.Route{ID: id, Frontend: parent, RouteSpec: spec}
		},
		copy: memoryCopyRoute, canonical: dialect.Rules.Routes,
		fits: func(c *memoryCall, b *memoryBalancer, f *lb.FrontendTree, wanted []lb.RouteSpec) error {
			if err := c.misfit(lb.KindFrontend, string(f.ID), fit.Routes(b.shared(), f.Protocol, wanted)); err != nil {
				return err
			}
			return c.room(b, f, len(f.Filters), len(wanted))
		},
	}
}

// List yields filters in order.
func (s memoryFilters) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Filter, error] {
	return s.rules().list(ctx, parent, opts)
}

// Set replaces all filters at once.
func (s memoryFilters) Set(ctx context.Context, parent lb.FrontendID, specs []lb.FilterSpec, opts lb.SetOptions) ([]*lb.Filter, error) {
	return s.rules().set(ctx, parent, specs, opts)
}

// List yields routes in order.
func (s memoryRoutes) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Route, error] {
	return s.rules().list(ctx, parent, opts)
}

// Set replaces all routes at once. The backends must be there, of the same load balancer
// and of the frontend's protocol.
func (s memoryRoutes) Set(ctx context.Context, parent lb.FrontendID, specs []lb.RouteSpec, opts lb.SetOptions) ([]*lb.Route, error) {
	return s.rules().set(ctx, parent, specs, opts)
}

func (r memoryRules[S, T]) list(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*T, error] {
	return memoryList(ctx, r.m, memoryListing[*T]{
		op: r.word + "s.list", page: opts,
		ids: func(c *memoryCall) ([]string, error) {
			_, f, err := c.frontend(parent)
			if err != nil {
				return nil, err
			}
			return memoryIDsOf(*r.of(f), r.id), nil
		},
		read: func(_ *memoryCall, id string) (*T, bool) {
			if _, f := r.m.findFrontend(string(parent)); f != nil {
				for _, rule := range *r.of(f) {
					if r.id(rule) == id {
						return r.copy(rule), true
					}
				}
			}
			return nil, false
		},
	})
}

func (r memoryRules[S, T]) set(ctx context.Context, parent lb.FrontendID, specs []S, opts lb.SetOptions) ([]*T, error) {
	c, err := r.m.begin(ctx, r.word+"s.set")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, f, err := c.frontend(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, c.emptySet(parent, r.word+"s")
	}
	wanted, err := r.canonical(r.m.rules, f.FrontendSpec, specs)
	if err != nil {
		return nil, err
	}
	if err := r.fits(c, b, f, wanted); err != nil {
		return nil, err
	}
	rules := r.of(f)
	if !memorySame(memorySpecs(*rules, r.spec), wanted) {
		before := *rules
		*rules = nil
		for _, spec := range wanted {
			rule := memoryKept(&before, func(has *T) bool { return lb.Equal(r.spec(has), spec) })
			if rule == nil {
				rule = r.made(b.next(string(parent), r.word), parent, spec)
			}
			*rules = append(*rules, rule)
		}
		b.wrote()
	}
	return memoryCopies(*rules, r.copy), nil
}

// memorySpecs are copies of the specs of items.
func memorySpecs[S lb.Spec, T any](items []*T, spec func(*T) S) []S {
	var out []S
	for _, item := range items {
		out = append(out, lb.Clone(spec(item)))
	}
	return out
}

func memoryFilterSpec(filter *lb.Filter) lb.FilterSpec { return filter.FilterSpec }
func memoryRouteSpec(route *lb.Route) lb.RouteSpec     { return route.RouteSpec }

func (c *memoryCall) emptySet(parent lb.FrontendID, what string) error {
	return c.fail(lb.ErrInvalid, lb.KindFrontend, string(parent), "an empty set of %s needs AllowEmpty", what)
}

// room refuses more rules than the load balancer has room for.
func (c *memoryCall) room(b *memoryBalancer, changed *lb.FrontendTree, filters, routes int) error {
	return c.misfit(lb.KindFrontend, string(changed.ID), fit.Room(b.shared(), c.m.options.capabilities, changed.ID, filters, routes))
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
