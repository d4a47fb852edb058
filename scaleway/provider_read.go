package scaleway

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Read reads a load balancer with all that is in it: four requests at the same
// time, then one for the routes of the zone and one for the filters of each
// frontend, where none of the lists has a second page.
func (s loadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (_ *lb.Tree, err error) {
	defer rest.Named("loadbalancers.read", &err)
	at, err := locate(s.p, "loadbalancers.read", lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	tree := &lb.Tree{}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		b, err := at.LBs.Get(ctx, at.uuid)
		if err != nil {
			return err
		}
		tree.LoadBalancer = s.p.dialect.neutralLoadBalancer(at.zone, b)
		return nil
	})
	group.Go(func() (err error) {
		list := at.Backends.List(ctx, at.uuid, BackendListOptions{OrderBy: OrderByCreatedAtAsc})
		tree.Backends, err = lb.Collect(rest.Map(list, func(b *Backend) (*lb.Backend, error) { return neutralBackend(at.zone, b) }))
		return err
	})
	group.Go(func() (err error) {
		list := listCertificatesOf(ctx, at, CertificateListOptions{OrderBy: OrderByCreatedAtAsc})
		tree.Certificates, err = lb.Collect(list)
		return err
	})
	group.Go(func() error {
		list := at.Frontends.List(ctx, at.uuid, FrontendListOptions{OrderBy: OrderByCreatedAtAsc})
		for f, err := range list {
			if err != nil {
				return err
			}
			tree.Frontends = append(tree.Frontends, lb.FrontendTree{Frontend: neutralFrontend(at.zone, f)})
		}
		return readRules(ctx, at, tree.Frontends)
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return tree, nil
}
