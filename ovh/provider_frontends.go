package ovh

import (
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralFrontends is lb.Frontends.
type neutralFrontends struct {
	lb.UnimplementedFrontends
	p *provider
}

// List yields the frontends of all protocols, HTTP first.
func (s neutralFrontends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Frontend, error] {
	const op = "frontends.list"
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return rest.Fail[*lb.Frontend](rest.Renamed(op, err))
	}
	list := everyProtocol(s.p, func(c protocolCalls) iter.Seq2[*frontend, error] {
		return c.frontends.list(ctx, service, opts.PageOptions)
	})
	list = rest.Filter(list, func(f *frontend) bool { return opts.Name == "" || f.DisplayName == opts.Name })
	return rest.NamedList(op, rest.Map(list, func(f *frontend) (*lb.Frontend, error) { return frontendOf(service, f) }))
}

// Get reads one frontend.
func (s neutralFrontends) Get(ctx context.Context, id lb.FrontendID) (_ *lb.Frontend, err error) {
	defer rest.Named("frontends.get", &err)
	service, protocol, number, err := ParseFrontendID(id)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, service, protocol, number)
}

func (s neutralFrontends) read(ctx context.Context, service string, protocol lb.Protocol, number int64) (*lb.Frontend, error) {
	f, err := s.p.client.on(protocol).frontends.get(ctx, service, number)
	if err != nil {
		return nil, err
	}
	return frontendOf(service, f)
}

// Create adds a frontend.
func (s neutralFrontends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.FrontendSpec) (_ *lb.Frontend, err error) {
	defer rest.Named("frontends.create", &err)
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return nil, err
	}
	canonical, problems := canonicalFrontend(spec)
	body, more := nativeFrontend(service, canonical)
	if err := append(problems, more...).Err(); err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	made, err := s.creation(service, canonical, body).do(ctx)
	if err != nil {
		return nil, err
	}
	return frontendOf(service, made)
}

func (s neutralFrontends) creation(service string, spec lb.FrontendSpec, body HTTPFrontendCreate) creation[frontend] {
	api := s.p.client.on(spec.Protocol).frontends
	return creation[frontend]{
		kind:       lb.KindFrontend,
		lookBefore: s.p.lookBefore,
		post:       func(ctx context.Context) (*frontend, error) { return api.create(ctx, service, body) },
		list: func(ctx context.Context) ([]*frontend, error) {
			return lb.Collect(api.list(ctx, service, lb.PageOptions{}))
		},
		id: func(f *frontend) string { return string(FormatFrontendID(service, f.protocol, f.FrontendID)) },
		same: func(f *frontend) bool {
			got, err := frontendOf(service, f)
			if err != nil {
				return false
			}
			canonical, _ := canonicalFrontend(got.FrontendSpec)
			return lb.Equal(canonical, spec)
		},
	}
}

// Update changes the fields that differ, in one request.
func (s neutralFrontends) Update(ctx context.Context, id lb.FrontendID, change func(*lb.FrontendSpec) error) (_ *lb.Frontend, err error) {
	defer rest.Named("frontends.update", &err)
	service, protocol, number, err := ParseFrontendID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	current, err := s.read(ctx, service, protocol, number)
	if err != nil {
		return nil, err
	}
	desired := lb.Clone(current.FrontendSpec)
	if err := change(&desired); err != nil {
		return nil, rest.OfCaller(err)
	}
	update, err := frontendChange(service, current.FrontendSpec, desired)
	if err != nil {
		return nil, err
	}
	if nothing(update) {
		return current, nil
	}
	if err := s.p.client.on(protocol).frontends.update(ctx, service, number, update); err != nil {
		return nil, err
	}
	return s.read(ctx, service, protocol, number)
}

// frontendChange is what to send to make current into desired, if that is
// possible.
func frontendChange(service string, current, desired lb.FrontendSpec) (HTTPFrontendUpdate, error) {
	before, after, problems := changed(canonicalFrontend, current, desired)
	f := &findings{kind: lb.KindFrontend, leaf: "frontend", problems: problems}
	createOnly(f, "protocol", before.Protocol, after.Protocol)
	from, _ := nativeFrontend(service, before)
	to, more := nativeFrontend(service, after)
	if err := append(f.problems, more...).Err(); err != nil {
		return HTTPFrontendUpdate{}, err
	}
	return frontendUpdate(from, to), nil
}

// Delete removes a frontend with its routes, routes first: what the API does with
// those of a frontend that is gone is not known (facts 6.6). What a Set that failed
// has left of its filters and routes goes, too.
//
// A frontend with filters is disabled before they go, so that it never lets in what they
// deny: where a request fails half-way it stays, disabled, and the same call does the rest.
func (s neutralFrontends) Delete(ctx context.Context, id lb.FrontendID) (err error) {
	defer rest.Named("frontends.delete", &err)
	service, protocol, number, err := ParseFrontendID(id)
	if err != nil {
		return err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return err
	}
	defer done()
	if protocol != lb.ProtocolUDP {
		if err := s.p.removeRoutes(ctx, service, protocol, number); err != nil {
			return err
		}
		if _, err := s.p.discardLeft(ctx, service, protocol, number); err != nil {
			return err
		}
	}
	return s.p.client.on(protocol).frontends.remove(ctx, service, number)
}

// removeRoutes removes the routes of a frontend that is to go, or is gone and has left
// them behind.
func (p *provider) removeRoutes(ctx context.Context, service string, protocol lb.Protocol, frontend int64) error {
	routes, err := p.routes(ctx, service, protocol, frontend, lb.PageOptions{})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(routes, func(r *trafficRoute) bool { return r.Action.Type != RouteActionFarm }) {
		err := p.client.on(protocol).frontends.update(ctx, service, frontend, HTTPFrontendUpdate{Disabled: Value(true)})
		if ignoreMissing(err) != nil {
			return err
		}
	}
	api := routeCallsOf(p.client, protocol, frontend)
	for _, r := range routes {
		if err := api.remove(ctx, service, r.RouteID); ignoreMissing(err) != nil {
			return err
		}
	}
	return nil
}
