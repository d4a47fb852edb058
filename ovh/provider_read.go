package ovh

import (
	"context"
	"errors"
	"fmt"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Read reads a service with all that is in it: what it is made of at once, then the
// farms, frontends and routes of the protocols that it uses, then the servers of
// each farm. What is of a protocol that this version does not know is an error
// beside the tree.
func (s neutralLoadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (_ *lb.Tree, err error) {
	defer rest.Named("loadbalancers.read", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	var tree lb.Tree
	uses, err := s.outline(ctx, service, &tree)
	if err != nil {
		return nil, err
	}
	parts := make([]part, len(protocols))
	var tasks []func(context.Context) error
	for i, protocol := range protocols {
		if uses.farms[protocol] {
			tasks = append(tasks, func(ctx context.Context) (err error) {
				parts[i].backends, err = s.p.backends(ctx, service, protocol)
				return err
			})
		}
		if uses.frontends[protocol] {
			tasks = append(tasks, func(ctx context.Context) (err error) {
				parts[i].frontends, err = s.p.frontendTrees(ctx, service, protocol, uses.routes[protocol])
				return err
			})
		}
	}
	if err := rest.Together(ctx, tasks...); err != nil {
		return nil, err
	}
	for _, part := range parts {
		tree.Backends = append(tree.Backends, part.backends...)
		tree.Frontends = append(tree.Frontends, part.frontends...)
	}
	return &tree, errors.Join(uses.unread()...)
}

// part is what a service has of one protocol.
type part struct {
	backends  []*lb.Backend
	frontends []lb.FrontendTree
}

// outline is what a service is made of, by protocol.
type outline struct {
	farms, frontends, routes map[lb.Protocol]bool
}

// outline reads the service itself and its certificates into tree, and what there is
// to be read besides.
func (s neutralLoadBalancers) outline(ctx context.Context, service string, tree *lb.Tree) (outline, error) {
	api := s.p.client.LoadBalancers
	var farms []DefinedFarm
	var frontends []DefinedFrontend
	var routes []DefinedRoute
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) {
			tree.LoadBalancer, err = s.read(ctx, service)
			return err
		},
		func(ctx context.Context) (err error) {
			farms, err = api.DefinedFarms(ctx, service, DefinedFarmsOptions{})
			return err
		},
		func(ctx context.Context) (err error) {
			frontends, err = api.DefinedFrontends(ctx, service)
			return err
		},
		func(ctx context.Context) (err error) {
			routes, err = api.DefinedRoutes(ctx, service)
			return err
		},
		func(ctx context.Context) (err error) {
			tree.Certificates, err = s.p.certificates(ctx, service)
			return err
		})
	o := outline{farms: map[lb.Protocol]bool{}, frontends: map[lb.Protocol]bool{}, routes: map[lb.Protocol]bool{}}
	for _, f := range farms {
		o.farms[lb.Protocol(f.Type)] = true
	}
	for _, f := range frontends {
		o.frontends[lb.Protocol(f.Type)] = true
	}
	for _, r := range routes {
		o.routes[lb.Protocol(r.Type)] = true
	}
	return o, err
}

// unread is what a tree of the service lacks.
func (o outline) unread() []error {
	var missing []error
	for kind, has := range map[lb.Kind]map[lb.Protocol]bool{lb.KindBackend: o.farms, lb.KindFrontend: o.frontends, lb.KindRoute: o.routes} {
		for protocol := range has {
			if !protocol.Known() {
				missing = append(missing, &lb.UnsupportedError{
					Provider: providerName, Feature: lb.Feature(string(kind) + ".protocol"), Path: string(kind) + "s.protocol", Value: string(protocol),
					Reason: fmt.Sprintf("a %s of a protocol that this version does not know", kind),
				})
			}
		}
	}
	return missing
}

// backends reads the farms of a protocol with their servers.
func (p *provider) backends(ctx context.Context, service string, protocol lb.Protocol) ([]*lb.Backend, error) {
	farms := p.client.on(protocol).farms.list(ctx, service, lb.PageOptions{})
	return lb.Collect(rest.MapAhead(ctx, farms, 0, func(ctx context.Context, f *farm) (*lb.Backend, error) {
		return p.filled(ctx, service, f, lb.PageOptions{})
	}))
}
