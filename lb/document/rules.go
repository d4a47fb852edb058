package document

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

type filters struct {
	lb.UnimplementedFilters

	p *Provider
}

type routes struct {
	lb.UnimplementedRoutes

	p *Provider
}

func filterSpec(f *lb.Filter) lb.FilterSpec { return f.FilterSpec }
func routeSpec(r *lb.Route) lb.RouteSpec    { return r.RouteSpec }

// specs are copies of the settings of items.
func specs[S lb.Spec, T any](items []*T, spec func(*T) S) []S {
	all := make([]S, len(items))
	for i, item := range items {
		all[i] = lb.Clone(spec(item))
	}
	return all
}

// rules are the filters or the routes of a frontend.
type rules[S lb.Spec, T any] struct {
	call

	word      string
	of        func(*lb.FrontendTree) *[]*T
	spec      func(*T) S
	own       func(S) S // without what is of other providers
	made      func(lb.FrontendID, S) *T
	canonical func(lb.FrontendSpec, []S) ([]S, error)
	fits      func(*Document, *lb.FrontendTree, S) *lb.FieldError
}

func (s filters) rules(op string, parent lb.FrontendID) rules[lb.FilterSpec, lb.Filter] {
	return rules[lb.FilterSpec, lb.Filter]{
		call: call{s.p, "filters." + op, lb.KindFrontend, string(parent)},
		word: "filters",
		of:   func(f *lb.FrontendTree) *[]*lb.Filter { return &f.Filters },
		spec: filterSpec,
		own: func(spec lb.FilterSpec) lb.FilterSpec {
			spec.Extensions = s.p.own(spec.Extensions)
			return spec
		},
		made: func(parent lb.FrontendID, spec lb.FilterSpec) *lb.Filter {
			return &lb.Filter{Frontend: parent, FilterSpec: spec}
		},
		canonical: s.p.rules.Filters,
		fits:      func(*Document, *lb.FrontendTree, lb.FilterSpec) *lb.FieldError { return nil },
	}
}

func (s routes) rules(op string, parent lb.FrontendID) rules[lb.RouteSpec, lb.Route] {
	return rules[lb.RouteSpec, lb.Route]{
		call: call{s.p, "routes." + op, lb.KindFrontend, string(parent)},
		word: "routes",
		of:   func(f *lb.FrontendTree) *[]*lb.Route { return &f.Routes },
		spec: routeSpec,
		own: func(spec lb.RouteSpec) lb.RouteSpec {
			spec.Extensions = s.p.own(spec.Extensions)
			return spec
		},
		made: func(parent lb.FrontendID, spec lb.RouteSpec) *lb.Route {
			return &lb.Route{Frontend: parent, RouteSpec: spec}
		},
		canonical: s.p.rules.Routes,
		fits: func(d *Document, f *lb.FrontendTree, wanted lb.RouteSpec) *lb.FieldError {
			return fit.Routes(&d.Tree, f.Protocol, []lb.RouteSpec{wanted})
		},
	}
}

func (s filters) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Filter, error] {
	return s.rules("list", parent).list(ctx, opts)
}

func (s filters) Set(ctx context.Context, parent lb.FrontendID, specs []lb.FilterSpec, opts lb.SetOptions) ([]*lb.Filter, error) {
	return s.rules("set", parent).set(ctx, specs, opts)
}

func (s routes) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Route, error] {
	return s.rules("list", parent).list(ctx, opts)
}

func (s routes) Set(ctx context.Context, parent lb.FrontendID, specs []lb.RouteSpec, opts lb.SetOptions) ([]*lb.Route, error) {
	return s.rules("set", parent).set(ctx, specs, opts)
}

func (r rules[S, T]) list(ctx context.Context, opts lb.PageOptions) iter.Seq2[*T, error] {
	return list(ctx, r.call, opts, func() ([]*T, error) {
		d, err := r.read(ctx)
		if err != nil {
			return nil, err
		}
		f, err := r.frontend(d)
		if err != nil {
			return nil, err
		}
		return *r.of(f), nil
	})
}

func (r rules[S, T]) set(ctx context.Context, wanted []S, opts lb.SetOptions) ([]*T, error) {
	if err := r.settable(ctx, r.word, len(wanted), opts); err != nil {
		return nil, err
	}
	var written []S
	d, err := r.edit(ctx, func(d *Document) (bool, error) {
		f, err := r.frontend(d)
		if err != nil {
			return false, err
		}
		live := specs(*r.of(f), r.spec)
		written, err = r.settled(f.FrontendSpec, live, wanted)
		if err != nil || !r.replace(f, written) {
			return false, err
		}
		return true, r.allFit(d, f, live, written)
	})
	if err != nil {
		return nil, err
	}
	return r.kept(d, written)
}

// allFit refuses rules that do not go with what else there is, unless they are live already,
// and more of them than there is room for.
func (r rules[S, T]) allFit(d *Document, f *lb.FrontendTree, live, written []S) error {
	for i, spec := range written {
		there := slices.ContainsFunc(live, func(has S) bool { return lb.Equal(has, spec) })
		if field := r.fits(d, f, spec); field != nil && !there {
			field.Path = strings.Replace(field.Path, "[0]", fmt.Sprintf("[%d]", i), 1)
			return r.misfit(field)
		}
	}
	if len(written) <= len(live) {
		return nil
	}
	return r.misfit(fit.Room(&d.Tree, r.p.rules.Capabilities, f.ID, len(f.Filters), len(f.Routes)))
}

// kept are the rules of a frontend that were written, with these settings.
func (r rules[S, T]) kept(d *Document, written []S) ([]*T, error) {
	f := d.frontend(lb.FrontendID(r.id))
	if f == nil || len(*r.of(f)) != len(written) {
		return nil, r.fail(lb.ErrUncertain, "something else is kept than was written")
	}
	for i, rule := range *r.of(f) {
		if err := same(r.call, written[i], r.spec(rule)); err != nil {
			return nil, err
		}
	}
	return *r.of(f), nil
}

// replace makes the rules of a frontend those of specs, in their order, and says whether
// they were others. One that stays is the same object.
func (r rules[S, T]) replace(f *lb.FrontendTree, specs []S) (changed bool) {
	before := *r.of(f)
	if slices.EqualFunc(before, specs, func(has *T, spec S) bool { return lb.Equal(r.spec(has), spec) }) {
		return false
	}
	all := make([]*T, len(specs))
	for i, spec := range specs {
		all[i] = r.made(f.ID, spec)
		if j := slices.IndexFunc(before, func(has *T) bool { return lb.Equal(r.spec(has), spec) }); j >= 0 {
			all[i] = before[j]
			before = slices.Delete(slices.Clone(before), j, j+1)
		}
	}
	*r.of(f) = all
	return true
}
