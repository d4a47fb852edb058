package scaleway

import (
	"context"
	"errors"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// readFrontends reads the frontends of a load balancer with their filters and routes.
func readFrontends(ctx context.Context, at site) ([]lb.FrontendTree, error) {
	var frontends []lb.FrontendTree
	for f, err := range at.Frontends.List(ctx, at.uuid, FrontendListOptions{OrderBy: OrderByCreatedAtAsc}) {
		if err != nil {
			return nil, err
		}
		frontends = append(frontends, lb.FrontendTree{Frontend: neutralFrontend(at.zone, f)})
	}
	return readRules(ctx, at, frontends)
}

// readRules reads the filters and routes of frontends, which are of one load
// balancer: the filters by a list for each frontend, some of them at the same time,
// the routes by one list, since the API has one for the whole zone. A frontend that
// has gone since it was listed is left out.
func readRules(ctx context.Context, at site, frontends []lb.FrontendTree) ([]lb.FrontendTree, error) {
	if len(frontends) == 0 {
		return nil, nil
	}
	var filters [][]*lb.Filter // in the order of frontends
	gone := make([]bool, len(frontends))
	var routes map[lb.FrontendID][]*Route
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) {
			filters, err = rest.Gather(ctx, len(frontends), rest.DefaultWindow, func(ctx context.Context, i int) ([]*lb.Filter, error) {
				found, err := readFilters(ctx, at, frontends[i].ID)
				if gone[i] = errors.Is(err, lb.ErrNotFound); gone[i] {
					return nil, nil
				}
				return found, err
			})
			return err
		},
		func(ctx context.Context) (err error) {
			routes, err = readRoutes(ctx, at)
			return err
		})
	if err != nil {
		return nil, err
	}
	var there []lb.FrontendTree
	for i, f := range frontends {
		if gone[i] {
			continue
		}
		f.Filters, f.Routes = filters[i], neutralRoutes(at.zone, f.ID, f.Protocol, routes[f.ID])
		there = append(there, f)
	}
	return there, nil
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
