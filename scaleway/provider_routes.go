package scaleway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// routes is lb.Routes.
type routes struct {
	lb.UnimplementedRoutes

	p *provider
}

// List yields the routes of a frontend, sorted by what they match. It reads the
// frontend too: what a host is depends on its protocol, and the list of one that is
// gone would be empty.
func (s routes) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Route, error] {
	const op = "routes.list"
	at, err := locate(s.p, op, lb.KindFrontend, parent, ParseFrontendID)
	if err != nil {
		return rest.Fail[*lb.Route](err)
	}
	if err := rest.CheckPages(providerName, op, opts); err != nil {
		return rest.Fail[*lb.Route](err)
	}
	return rest.NamedList(op, rest.Later(func() ([]*lb.Route, error) {
		f, err := at.Frontends.Get(ctx, at.uuid)
		if err != nil {
			return nil, err
		}
		live, err := s.read(ctx, at, opts)
		if err != nil {
			return nil, err
		}
		return neutralRoutes(at.zone, parent, backendProtocols.read(f.Backend.ForwardProtocol), live), nil
	}))
}

func (s routes) read(ctx context.Context, at site, opts lb.PageOptions) ([]*Route, error) {
	return lb.Collect(at.Routes.List(ctx, RouteListOptions{FrontendID: at.uuid, OrderBy: OrderByCreatedAtAsc, PageOptions: opts}))
}

// Set changes, makes and removes the routes that differ, each by a call of its own:
// first it changes those that can stay, then it makes what is missing, then it
// removes what is too many.
func (s routes) Set(ctx context.Context, parent lb.FrontendID, specs []lb.RouteSpec, opts lb.SetOptions) (_ []*lb.Route, err error) {
	const op = "routes.set"
	defer rest.Named(op, &err)
	if err := s.p.mayEmpty(op, parent, len(specs), opts); err != nil {
		return nil, err
	}
	at, f, unlock, err := s.p.beginRules(ctx, op, parent)
	if err != nil {
		return nil, err
	}
	defer unlock()
	live, err := s.read(ctx, at, lb.PageOptions{})
	if err != nil {
		return nil, err
	}
	frontend := frontendSpec(at.zone, f)
	wanted, err := s.wanted(at.zone, frontend, live, specs)
	if err != nil {
		return nil, err
	}
	c := newRouteChange(at.zone, frontend.Protocol, live, wanted)
	if err := s.checkBackends(ctx, op, at, f, c, specs); err != nil {
		return nil, err
	}
	after, err := s.apply(ctx, op, at, f, c)
	if err != nil {
		return nil, err
	}
	return neutralRoutes(at.zone, parent, frontend.Protocol, after), nil
}

// wanted is the canonical form of specs. What is live already passes.
func (s routes) wanted(zone Zone, frontend lb.FrontendSpec, live []*Route, specs []lb.RouteSpec) ([]lb.RouteSpec, error) {
	there := make([]lb.RouteSpec, len(live))
	for i, r := range live {
		there[i] = routeSpec(zone, frontend.Protocol, r)
	}
	wanted, found := s.p.dialect.routes(frontend, specs, func(spec lb.RouteSpec) bool {
		return slices.ContainsFunc(there, func(t lb.RouteSpec) bool { return lb.Equal(t, spec) })
	})
	return wanted, found.Err()
}

// routeChange is what makes the routes that are live those that are wanted.
type routeChange struct {
	protocol lb.Protocol
	keep     []*Route
	change   []changedRoute
	add      []lb.RouteSpec
	remove   []*Route
}

type changedRoute struct {
	live *Route
	spec lb.RouteSpec
}

// newRouteChange changes a route that leads elsewhere where it can: between a
// removal and an addition its traffic would go to the default backend.
func newRouteChange(zone Zone, protocol lb.Protocol, live []*Route, wanted []lb.RouteSpec) routeChange {
	c := routeChange{protocol: protocol, remove: slices.Clone(live), add: slices.Clone(wanted)}
	c.pair(func(r *Route, spec lb.RouteSpec) bool { return lb.Equal(routeSpec(zone, protocol, r), spec) }, func(r *Route, _ lb.RouteSpec) {
		c.keep = append(c.keep, r)
	})
	change := func(r *Route, spec lb.RouteSpec) { c.change = append(c.change, changedRoute{r, spec}) }
	c.pair(func(r *Route, spec lb.RouteSpec) bool {
		return compareRoutes(routeSpec(zone, protocol, r), spec) == 0
	}, change)
	c.pair(func(*Route, lb.RouteSpec) bool { return true }, change)
	return c
}

// pair takes what fits each other off the lists of what is to be removed and added.
func (c *routeChange) pair(fits func(*Route, lb.RouteSpec) bool, take func(*Route, lb.RouteSpec)) {
	c.add = slices.DeleteFunc(c.add, func(spec lb.RouteSpec) bool {
		i := slices.IndexFunc(c.remove, func(r *Route) bool { return fits(r, spec) })
		if i < 0 {
			return false
		}
		take(c.remove[i], spec)
		c.remove = slices.Delete(c.remove, i, i+1)
		return true
	})
}

// checkBackends reads the backends that no route of the frontend leads to so far,
// and refuses those of another load balancer or protocol before anything is written.
// Errors name the first of the caller's specs that leads there.
func (s routes) checkBackends(ctx context.Context, op string, at site, f *Frontend, c routeChange, specs []lb.RouteSpec) error {
	known := map[lb.BackendID]bool{FormatBackendID(at.zone, f.Backend.ID): true}
	for _, r := range c.keep {
		known[FormatBackendID(at.zone, r.BackendID)] = true
	}
	wanted := slices.Clone(c.add)
	for _, r := range c.change {
		wanted = append(wanted, r.spec)
	}
	for _, spec := range wanted {
		if known[spec.Backend] {
			continue
		}
		place := slices.IndexFunc(specs, func(asked lb.RouteSpec) bool { return asked.Backend == spec.Backend })
		if err := checkRouteBackend(ctx, op, at, f, fmt.Sprintf("routes[%d].backend", place), spec.Backend); err != nil {
			return err
		}
		known[spec.Backend] = true
	}
	return nil
}

func checkRouteBackend(ctx context.Context, op string, at site, f *Frontend, path string, id lb.BackendID) error {
	zone, uuid, err := ParseBackendID(id)
	switch {
	case err != nil:
		return misfit(op, lb.KindRoute, "", path, "%q: not an ID of this provider", id)
	case zone != at.zone:
		return misfit(op, lb.KindRoute, "", path, "%q: in another zone than %s", id, at.zone)
	}
	b, err := at.Backends.Get(ctx, uuid)
	switch {
	case errors.Is(err, lb.ErrNotFound):
		return misfit(op, lb.KindRoute, "", path, "%q: there is no such backend", id)
	case err != nil:
		return err
	case b.LB.ID != f.LB.ID:
		return misfit(op, lb.KindRoute, "", path, "%q: is of another load balancer", id)
	case b.ForwardProtocol != f.Backend.ForwardProtocol:
		return misfit(op, lb.KindRoute, "", path, "%q: speaks %s, the frontend %s", id, b.ForwardProtocol, f.Backend.ForwardProtocol)
	}
	return nil
}

// apply sends a change and returns the routes that there are then.
func (s routes) apply(ctx context.Context, op string, at site, f *Frontend, c routeChange) ([]*Route, error) {
	parent := FormatLoadBalancerID(at.zone, f.LB.ID)
	after := slices.Clone(c.keep)
	for _, r := range c.change {
		_, backend, _ := ParseBackendID(r.spec.Backend) // checked
		changed, err := at.Routes.Update(ctx, r.live.ID, RouteUpdate{BackendID: backend, Match: wireRouteMatch(c.protocol, r.spec.Match)})
		if err != nil {
			return nil, err
		}
		s.p.client.writes.wrote(parent, changed.UpdatedAt)
		after = append(after, changed)
	}
	for _, spec := range c.add {
		made, err := s.create(ctx, op, at, c.protocol, spec)
		if err != nil {
			return nil, err
		}
		s.p.client.writes.wrote(parent, made.UpdatedAt)
		after = append(after, made)
	}
	for _, r := range c.remove {
		if err := at.Routes.Delete(ctx, r.ID); err != nil && !errors.Is(err, lb.ErrNotFound) {
			return nil, err
		}
		s.p.wroteNow(parent)
	}
	return after, nil
}

// create makes a route. A route has no name: what it matches tells it.
func (s routes) create(ctx context.Context, op string, at site, protocol lb.Protocol, spec lb.RouteSpec) (*Route, error) {
	_, backend, _ := ParseBackendID(spec.Backend) // checked
	return create(ctx, s.p.client, subject{op: op, kind: lb.KindRoute}, creation[Route]{
		send: func(ctx context.Context) (*Route, error) {
			return at.Routes.Create(ctx, RouteCreate{FrontendID: at.uuid, BackendID: backend, Match: wireRouteMatch(protocol, spec.Match)})
		},
		look: func(ctx context.Context) iter.Seq2[*Route, error] {
			return rest.Filter(at.Routes.List(ctx, RouteListOptions{FrontendID: at.uuid, OrderBy: OrderByCreatedAtAsc}), func(r *Route) bool {
				return compareRoutes(routeSpec(at.zone, protocol, r), spec) == 0
			})
		},
		same:    func(r *Route) bool { return lb.Equal(routeSpec(at.zone, protocol, r), spec) },
		created: func(r *Route) time.Time { return r.CreatedAt },
		id:      func(r *Route) string { return formatID(at.zone, r.ID) },
	})
}
