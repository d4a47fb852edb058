package ovh

import (
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralFilters is lb.Filters.
type neutralFilters struct {
	lb.UnimplementedFilters
	p *provider
}

// filterService is the lb.Filters of p.
func (p *provider) filterService() lb.Filters {
	return neutralFilters{UnimplementedFilters: lb.UnimplementedFilters{ProviderName: providerName}, p: p}
}

// List yields the filters of a frontend: its lists of sources first, then the routes
// that reject or redirect, in the order in which they are tried.
func (s neutralFilters) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Filter, error] {
	return listTraffic(ctx, s.p, "filters.list", parent, opts, traffic.filterModels)
}

// Set makes the filters of a frontend exactly specs. What is there and wanted stays;
// what is new is made apart, and attached when it is whole; what is not wanted goes
// last. It sends nothing where the filters are as wanted.
//
// A load balancer has 50 routes, those that are being replaced included: where they
// are too few, redirects that are not wanted go first, and where denials would have
// to, it is lb.ErrQuota and nothing is written.
func (s neutralFilters) Set(ctx context.Context, parent lb.FrontendID, specs []lb.FilterSpec, opts lb.SetOptions) (_ []*lb.Filter, err error) {
	defer rest.Named("filters.set", &err)
	service, protocol, id, err := ParseFrontendID(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, invalid(lb.KindFrontend, string(parent), "no filters: SetOptions.AllowEmpty removes them all")
	}
	if err := madeUpFilters(protocol, specs).Err(); err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	current, err := s.p.traffic(ctx, service, protocol, id, lb.PageOptions{})
	if err != nil {
		return nil, err
	}
	if sameFilters(specs, current.filterModels()) {
		return current.filterModels(), nil
	}
	want, err := wantFilters(current, specs)
	if err != nil {
		return nil, err
	}
	if sameFilters(want.specs, current.filterModels()) {
		return current.filterModels(), nil
	}
	set := s.p.newTrafficSet(service, protocol, id, want.routes)
	if err := set.do(ctx, current.filters, current.sources(), want.sources); err != nil {
		return nil, err
	}
	after, err := s.p.traffic(ctx, service, protocol, id, lb.PageOptions{})
	if err != nil {
		return nil, err
	}
	if !sameFilters(want.specs, after.filterModels()) {
		return nil, changedMeanwhile(lb.KindFilter, parent)
	}
	return after.filterModels(), nil
}

// sources are the frontend's lists, as filters hold them.
func (t traffic) sources() sourceLists {
	blocks := func(list []string) []string {
		if len(list) == 0 {
			return nil
		}
		return sourceFilterOf(list, false).Match[0].Values
	}
	return sourceLists{allowed: blocks(t.frontend.AllowedSource), denied: blocks(t.frontend.DeniedSource)}
}

// madeUpFilters is what is wrong with specs that no reading has brought: they are
// refused before anything is sent.
func madeUpFilters(protocol lb.Protocol, specs []lb.FilterSpec) lb.Problems {
	_, err := dialect{}.Filters(lb.FrontendSpec{Protocol: protocol}, specs)
	if err == nil {
		return nil
	}
	problems := routable(lb.KindFilter, "filter", protocol, len(specs))
	for i, spec := range specs {
		_, found := canonicalFilter(protocol, i, spec)
		spec.Extensions = ownExtensions(spec.Extensions)
		invented := inventedRoute(protocol, spec.Name, spec.Match, filterAction(spec))
		if len(found) > 0 && !couldBeRead(spec, invented, filterSpecOf) {
			problems = append(problems, found...)
		}
	}
	return problems
}

// ownExtensions leaves out those of other providers, which have no part in anything.
func ownExtensions(x lb.Extensions) lb.Extensions {
	for _, provider := range x.Providers() {
		if provider != providerName {
			x = x.Without(provider)
		}
	}
	return x
}

// wantedFilters are filters as they are to be: in neutral form, and as the lists of
// sources and the routes that are written for them.
type wantedFilters struct {
	specs   []lb.FilterSpec
	sources sourceLists
	routes  []wantedRoute
}

// sameFilters tells whether filters are as specs say.
func sameFilters(specs []lb.FilterSpec, filters []*lb.Filter) bool {
	return slices.EqualFunc(specs, filters, func(spec lb.FilterSpec, f *lb.Filter) bool {
		spec.Extensions = ownExtensions(spec.Extensions)
		return lb.Equal(spec, f.FilterSpec)
	})
}

// wantFilters prepares specs for a frontend. What the dialect refuses passes where it
// is there already.
func wantFilters(t traffic, specs []lb.FilterSpec) (wantedFilters, error) {
	protocol := t.frontend.protocol
	var want wantedFilters
	problems := routable(lb.KindFilter, "filter", protocol, len(specs))
	unclaimed := slices.Clone(t.filters)
	for i, spec := range specs {
		canonical, found := canonicalFilter(protocol, i, spec)
		if len(found) > 0 {
			spec.Extensions = ownExtensions(spec.Extensions)
			if at := slices.IndexFunc(unclaimed, func(r *trafficRoute) bool { return lb.Equal(spec, filterSpecOf(r)) }); at >= 0 {
				want.specs = append(want.specs, spec)
				want.routes = append(want.routes, wantedRoute{as: unclaimed[at], action: unclaimed[at].Action})
				unclaimed = slices.Delete(unclaimed, at, at+1)
				continue
			}
			problems = append(problems, found...)
		}
		want.add(canonical)
	}
	problems = append(problems, tooMany(lb.KindFilter, "filters", len(want.routes))...)
	if err := problems.Err(); err != nil {
		return wantedFilters{}, err
	}
	return want, nil
}

// add takes canonical specs in: of the first, one that is kept with the frontend.
func (w *wantedFilters) add(specs []lb.FilterSpec) {
	for _, spec := range specs {
		if len(w.specs) == 0 && sourceFilter(spec) {
			if c := spec.Match[0]; c.Not {
				w.sources.allowed = c.Values
			} else {
				w.sources.denied = c.Values
			}
		} else {
			w.routes = append(w.routes, wantedRoute{name: spec.Name, match: spec.Match, action: filterAction(spec)})
		}
		w.specs = append(w.specs, spec)
	}
}
