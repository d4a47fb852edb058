package ovh

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralBackends is lb.Backends.
type neutralBackends struct {
	lb.UnimplementedBackends
	p *provider
}

// pool is a farm with its servers, as they are.
type pool struct {
	service string
	farm    *farm
	servers []*server
}

func (l pool) backend() (*lb.Backend, error) { return backendOf(l.service, l.farm, l.servers) }

// pool reads a farm and its servers.
func (p *provider) pool(ctx context.Context, service string, protocol lb.Protocol, farm int64) (pool, error) {
	return p.poolBy(ctx, service, protocol, farm, lb.PageOptions{})
}

// poolBy reads them both at once, unless the window is 1: of a wider one the farm
// itself takes one place.
func (p *provider) poolBy(ctx context.Context, service string, protocol lb.Protocol, farm int64, page lb.PageOptions) (pool, error) {
	l := pool{service: service}
	c := p.client.on(protocol)
	itself := func(ctx context.Context) (err error) {
		l.farm, err = c.farms.get(ctx, service, farm)
		return err
	}
	servers := func(ctx context.Context) (err error) {
		l.servers, err = lb.Collect(c.servers(farm).list(ctx, service, page))
		return err
	}
	if page.Window != 1 {
		if page.Window == 0 {
			page.Window = rest.DefaultWindow
		}
		page.Window--
		err := rest.Together(ctx, itself, servers)
		return l, err
	}
	err := itself(ctx)
	if err == nil {
		err = servers(ctx)
	}
	return l, err
}

// List yields the backends of all protocols, HTTP first. The servers of each cost a
// request.
func (s neutralBackends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Backend, error] {
	const op = "backends.list"
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return rest.Fail[*lb.Backend](rest.Renamed(op, err))
	}
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return rest.Fail[*lb.Backend](err)
	}
	listed, asked := rest.ShareWindow(opts.Window)
	farms := everyProtocol(s.p, func(c protocolCalls) iter.Seq2[*farm, error] {
		return c.farms.list(ctx, service, lb.PageOptions{PageSize: opts.PageSize, Window: listed})
	})
	farms = rest.Filter(farms, func(f *farm) bool { return opts.Name == "" || f.DisplayName == opts.Name })
	return rest.NamedList(op, rest.MapAhead(ctx, farms, asked, func(ctx context.Context, f *farm) (*lb.Backend, error) {
		return s.p.filled(ctx, service, f, lb.PageOptions{PageSize: opts.PageSize, Window: 1})
	}))
}

// filled is a farm that has been read, with its servers.
func (p *provider) filled(ctx context.Context, service string, f *farm, page lb.PageOptions) (*lb.Backend, error) {
	members, err := lb.Collect(p.client.on(f.protocol).servers(f.FarmID).list(ctx, service, page))
	if err != nil {
		return nil, err
	}
	return backendOf(service, f, members)
}

// Get reads one backend and its servers, in two requests where the API shows whole
// objects.
func (s neutralBackends) Get(ctx context.Context, id lb.BackendID) (_ *lb.Backend, err error) {
	defer rest.Named("backends.get", &err)
	service, protocol, farm, err := ParseBackendID(id)
	if err != nil {
		return nil, err
	}
	l, err := s.p.pool(ctx, service, protocol, farm)
	if err != nil {
		return nil, err
	}
	return l.backend()
}

// Create makes a backend, then its servers one by one. Where a server fails, what
// has been made is returned with the error, whose ID is the server's address.
func (s neutralBackends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, servers ...lb.ServerSpec) (_ *lb.Backend, err error) {
	defer rest.Named("backends.create", &err)
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return nil, err
	}
	canonical, members, problems := canonicalBackend(spec, servers)
	body, more := nativeFarm(canonical)
	bodies, evenMore := nativeServers(canonical, members)
	if err := append(append(problems, more...), evenMore...).Err(); err != nil {
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
	l := pool{service: service, farm: made}
	failed := s.p.addServers(ctx, &l, bodies)
	out, err := l.backend()
	if failed != nil {
		err = failed
	}
	return out, err
}

func (s neutralBackends) creation(service string, spec lb.BackendSpec, body HTTPFarmCreate) creation[farm] {
	api := s.p.client.on(spec.Protocol).farms
	return creation[farm]{
		kind:       lb.KindBackend,
		lookBefore: s.p.lookBefore,
		post:       func(ctx context.Context) (*farm, error) { return api.create(ctx, service, body) },
		list: func(ctx context.Context) ([]*farm, error) {
			return lb.Collect(api.list(ctx, service, lb.PageOptions{}))
		},
		id: func(f *farm) string { return string(FormatBackendID(service, f.protocol, f.FarmID)) },
		same: func(f *farm) bool {
			got, err := backendOf(service, f, nil)
			if err != nil {
				return false
			}
			canonical, _, _ := canonicalBackend(got.BackendSpec, nil)
			has, _ := nativeFarm(canonical)
			return nothing(farmUpdate(has, body)) && has.Zone == body.Zone
		},
	}
}

// Delete removes a backend with its servers. While a frontend has it for default
// backend, or a route sends traffic to it, it is ErrInUse. A route that a Routes.Set
// which failed has left behind, attached to no frontend, goes with it.
func (s neutralBackends) Delete(ctx context.Context, id lb.BackendID) (err error) {
	defer rest.Named("backends.delete", &err)
	service, protocol, farm, err := ParseBackendID(id)
	if err != nil {
		return err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return err
	}
	defer done()
	c := s.p.client.on(protocol)
	var users []string
	var left []int64
	var members []*server
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) {
			users, left, err = s.p.users(ctx, service, protocol, farm)
			return err
		},
		func(ctx context.Context) (err error) {
			members, err = lb.Collect(c.servers(farm).list(ctx, service, lb.PageOptions{}))
			return err
		})
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return &lb.Error{
			Code: lb.ErrInUse, Provider: providerName, Kind: lb.KindBackend, ID: string(id), Message: "by " + strings.Join(users, ", "),
		}
	}
	for _, id := range left {
		if err := routeCallsOf(s.p.client, protocol, 0).remove(ctx, service, id); ignoreMissing(err) != nil {
			return err
		}
	}
	for _, member := range members {
		if err := c.servers(farm).remove(ctx, service, member.ServerID); ignoreMissing(err) != nil {
			return err
		}
	}
	return c.farms.remove(ctx, service, farm)
}

// users are the frontends and routes that send traffic to a farm, and left the routes
// that only a call that failed has left behind.
func (p *provider) users(ctx context.Context, service string, protocol lb.Protocol, farm int64) (users []string, left []int64, err error) {
	var frontends []int64
	var routes []*trafficRoute
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) {
			frontends, err = p.frontendsOf(ctx, service, protocol, farm)
			return err
		},
		func(ctx context.Context) (err error) {
			routes, err = p.routes(ctx, service, protocol, 0, lb.PageOptions{})
			return err
		})
	if err != nil {
		return nil, nil, err
	}
	for _, id := range frontends {
		users = append(users, fmt.Sprintf("%s %s", lb.KindFrontend, FormatFrontendID(service, protocol, id)))
	}
	for _, r := range routes {
		switch {
		case r.Action.Target != decimal(farm):
		case isLeft(r):
			left = append(left, r.RouteID)
		default:
			users = append(users, fmt.Sprintf("%s %s/%s/route/%d", lb.KindRoute, service, protocol, r.RouteID))
		}
	}
	return users, left, nil
}

// frontendsOf are the frontends whose default farm is the one given.
func (p *provider) frontendsOf(ctx context.Context, service string, protocol lb.Protocol, farm int64) ([]int64, error) {
	switch protocol {
	case lb.ProtocolHTTP:
		return p.client.HTTP.Frontends.ListIDs(ctx, service, FrontendListOptions{DefaultFarmID: farm})
	case lb.ProtocolTCP:
		return p.client.TCP.Frontends.ListIDs(ctx, service, FrontendListOptions{DefaultFarmID: farm})
	default:
		return p.client.UDP.Frontends.ListIDs(ctx, service, UDPFrontendListOptions{DefaultFarmID: farm})
	}
}
