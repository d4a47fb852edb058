package scaleway

import (
	"context"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Read reads a load balancer with all that is in it: four requests at the same
// time, one more with WithPrivateNetworks, then one for the routes of the zone and one
// for the filters of each frontend, where none of the lists has a second page.
//
// Without WithPrivateNetworks, that a load balancer is in private networks is in the tree's
// Unread.
func (s loadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (_ *lb.Tree, err error) {
	defer rest.Named("loadbalancers.read", &err)
	at, err := locate(s.p, "loadbalancers.read", lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	tree := &lb.Tree{}
	err = rest.Together(ctx,
		func(ctx context.Context) error {
			b, attached, err := s.readWhole(ctx, at)
			if err != nil {
				return err
			}
			tree.LoadBalancer, tree.Unread = s.p.dialect.neutralLoadBalancer(at.zone, b, attached), s.unreadNetworks(b)
			return nil
		},
		func(ctx context.Context) (err error) {
			list := at.Backends.List(ctx, at.uuid, BackendListOptions{OrderBy: OrderByCreatedAtAsc})
			tree.Backends, err = lb.Collect(rest.Map(list, func(b *Backend) (*lb.Backend, error) { return neutralBackend(at.zone, b) }))
			return err
		},
		func(ctx context.Context) (err error) {
			tree.Certificates, err = lb.Collect(listCertificatesOf(ctx, at, CertificateListOptions{OrderBy: OrderByCreatedAtAsc}))
			return err
		},
		func(ctx context.Context) (err error) {
			tree.Frontends, err = readFrontends(ctx, at)
			return err
		})
	if err != nil {
		return nil, err
	}
	return tree, nil
}
