package scaleway

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// readRules reads the filters and routes of frontends, which are of one load
// balancer: the filters by a list for each frontend, some of them at the same time,
// the routes by one list, since the API has one for the whole zone.
func readRules(ctx context.Context, at site, frontends []lb.FrontendTree) error {
	if len(frontends) == 0 {
		return nil
	}
	var filters [][]*lb.Filter // in the order of frontends
	var routes map[lb.FrontendID][]*Route
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		filters, err = rest.Gather(ctx, len(frontends), rest.DefaultWindow, func(ctx context.Context, i int) ([]*lb.Filter, error) {
			return readFilters(ctx, at, frontends[i].ID)
		})
		return err
	})
	group.Go(func() (err error) {
		routes, err = readRoutes(ctx, at)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range frontends {
		f := &frontends[i]
		f.Filters, f.Routes = filters[i], neutralRoutes(at.zone, f.ID, f.Protocol, routes[f.ID])
	}
	return nil
}

func readFilters(ctx context.Context, at site, frontend lb.FrontendID) ([]*lb.Filter, error) {
	_, uuid, err := ParseFrontendID(frontend)
	if err != nil {
		return nil, err
	}
	acls, err := lb.Collect(at.ACLs.List(ctx, uuid, ACLListOptions{}))
	if err != nil {
		return nil, err
	}
	return neutralFilters(at.zone, frontend, portOf(acls), acls), nil
}

// readRoutes reads the routes of the zone, by frontend.
func readRoutes(ctx context.Context, at site) (map[lb.FrontendID][]*Route, error) {
	byFrontend := map[lb.FrontendID][]*Route{}
	for r, err := range at.Routes.List(ctx, RouteListOptions{OrderBy: OrderByCreatedAtAsc}) {
		if err != nil {
			return nil, err
		}
		id := FormatFrontendID(at.zone, r.FrontendID)
		byFrontend[id] = append(byFrontend[id], r)
	}
	return byFrontend, nil
}
