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
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		all, err := rest.Gather(ctx, len(frontends), defaultWindow, func(ctx context.Context, i int) ([]*lb.Filter, error) {
			return readFilters(ctx, at, frontends[i].Frontend)
		})
		for i, own := range all {
			frontends[i].Filters = own
		}
		return err
	})
	group.Go(func() error {
		byFrontend := map[string][]*Route{}
		for r, err := range at.Routes.List(ctx, RouteListOptions{OrderBy: OrderByCreatedAtAsc}) {
			if err != nil {
				return err
			}
			byFrontend[r.FrontendID] = append(byFrontend[r.FrontendID], r)
		}
		for i, f := range frontends {
			_, uuid, err := ParseFrontendID(f.ID)
			if err != nil {
				return err
			}
			frontends[i].Routes = neutralRoutes(at.zone, f.ID, f.Protocol, byFrontend[uuid])
		}
		return nil
	})
	return group.Wait()
}

func readFilters(ctx context.Context, at site, f *lb.Frontend) ([]*lb.Filter, error) {
	_, uuid, err := ParseFrontendID(f.ID)
	if err != nil {
		return nil, err
	}
	acls, err := lb.Collect(at.ACLs.List(ctx, uuid, ACLListOptions{}))
	if err != nil {
		return nil, err
	}
	return neutralFilters(at.zone, f.ID, portOf(acls), acls), nil
}
