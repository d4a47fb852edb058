package ovh

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// route is what a route of either protocol is to the objects around it.
type route struct {
	id     int64
	target string // a farm's number in digits, a URL, or empty
}

// routes yields the routes of a protocol, of one frontend or, with 0, of all. UDP
// has none.
func (p *provider) routes(ctx context.Context, service string, protocol lb.Protocol, frontend int64) iter.Seq2[route, error] {
	opts := RouteListOptions{FrontendID: frontend}
	switch protocol {
	case lb.ProtocolHTTP:
		return rest.Map(p.client.HTTP.Routes.List(ctx, service, opts), func(r *HTTPRoute) (route, error) {
			return route{r.RouteID, r.Action.Target}, nil
		})
	case lb.ProtocolTCP:
		return rest.Map(p.client.TCP.Routes.List(ctx, service, opts), func(r *TCPRoute) (route, error) {
			return route{r.RouteID, r.Action.Target}, nil
		})
	case lb.ProtocolUDP:
	}
	return func(func(route, error) bool) {}
}

// removeRoutes removes the routes of a frontend. One that is gone by then is
// nobody's concern.
func (p *provider) removeRoutes(ctx context.Context, service string, protocol lb.Protocol, frontend int64) error {
	routes, err := lb.Collect(p.routes(ctx, service, protocol, frontend))
	if err != nil {
		return err
	}
	remove := p.client.HTTP.Routes.Delete
	if protocol == lb.ProtocolTCP {
		remove = p.client.TCP.Routes.Delete
	}
	for _, r := range routes {
		if err := remove(ctx, service, r.id); err != nil && !errors.Is(err, lb.ErrNotFound) {
			return err
		}
	}
	return nil
}

// routesTo are the routes that send traffic to a farm.
func (p *provider) routesTo(ctx context.Context, service string, protocol lb.Protocol, farm int64) ([]route, error) {
	routes, err := lb.Collect(p.routes(ctx, service, protocol, 0))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(routes, func(r route) bool { return r.target != decimal(farm) }), nil
}
