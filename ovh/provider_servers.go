package ovh

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralServers is lb.Servers.
type neutralServers struct {
	lb.UnimplementedServers
	p *provider
}

// List yields the servers of a backend. What OVH keeps per server and the contract
// per backend can be told only from all of them, so they are read before the first
// is yielded.
func (s neutralServers) List(ctx context.Context, parent lb.BackendID, opts lb.ListOptions) iter.Seq2[*lb.Server, error] {
	const op = "servers.list"
	service, protocol, number, err := ParseBackendID(parent)
	if err != nil {
		return rest.Fail[*lb.Server](rest.Renamed(op, err))
	}
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return rest.Fail[*lb.Server](err)
	}
	return func(yield func(*lb.Server, error) bool) {
		l, err := s.p.poolBy(ctx, service, protocol, number, opts.PageOptions)
		var backend *lb.Backend
		if err == nil {
			backend, err = l.backend()
		}
		if err != nil {
			yield(nil, rest.Renamed(op, err))
			return
		}
		for _, server := range backend.Servers {
			if opts.Name != "" && server.Name != opts.Name {
				continue
			}
			if !yield(server, nil) {
				return
			}
		}
	}
}

// Get reads one server, and the others of its backend with it: see List.
func (s neutralServers) Get(ctx context.Context, id lb.ServerID) (_ *lb.Server, err error) {
	defer rest.Named("servers.get", &err)
	service, protocol, number, _, err := ParseServerID(id)
	if err != nil {
		return nil, err
	}
	l, err := s.p.pool(ctx, service, protocol, number)
	if err != nil {
		return nil, err
	}
	backend, err := l.backend()
	if err != nil {
		return nil, err
	}
	i, err := s.find(ctx, l, id)
	if err != nil {
		return nil, err
	}
	return backend.Servers[i], nil
}

// find is the position of a server in l. Where it is not there, the API is asked
// for it alone, so that the error is the API's.
func (s neutralServers) find(ctx context.Context, l pool, id lb.ServerID) (int, error) {
	service, protocol, farm, number, err := ParseServerID(id)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(l.servers, func(m *server) bool { return m.ServerID == number })
	if i >= 0 {
		return i, nil
	}
	if _, err := s.p.client.on(protocol).servers(farm).get(ctx, service, number); err != nil {
		return 0, err
	}
	return 0, &lb.Error{Code: lb.ErrConflict, Provider: providerName, Kind: lb.KindServer, ID: string(id), Message: "made while its backend was read"}
}

// Add adds servers one by one, with what the servers that are there keep for their
// backend.
func (s neutralServers) Add(ctx context.Context, parent lb.BackendID, specs ...lb.ServerSpec) (_ []*lb.Server, err error) {
	defer rest.Named("servers.add", &err)
	service, protocol, number, err := ParseBackendID(parent)
	if err != nil {
		return nil, err
	}
	if err := checkAlone(protocol, specs); err != nil || len(specs) == 0 {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := s.p.pool(ctx, service, protocol, number)
	if err != nil {
		return nil, err
	}
	backend, err := l.backend()
	if err != nil {
		return nil, err
	}
	bodies, err := additions(backend, specs)
	if err != nil {
		return nil, err
	}
	failed := s.p.addServers(ctx, &l, bodies)
	after, err := l.backend()
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	return after.Servers[len(backend.Servers):], failed
}

// checkAlone is what can be said against servers, one by one, without knowing their
// backend: it is said before anything is sent.
func checkAlone(protocol lb.Protocol, specs []lb.ServerSpec) error {
	f := &findings{kind: lb.KindServer, leaf: "server"}
	backend := lb.BackendSpec{Protocol: protocol, HealthCheck: &lb.HealthCheck{}}
	for i, spec := range specs {
		f.at = fmt.Sprintf("servers[%d].", i)
		f.server(backend, spec)
	}
	return f.problems.Err()
}

// additions is what makes specs servers of a backend, or why they cannot be.
func additions(backend *lb.Backend, specs []lb.ServerSpec) ([]HTTPServerCreate, error) {
	if len(backend.Mixed) > 0 {
		return nil, mixedError(backend)
	}
	for _, spec := range specs {
		for _, there := range backend.Servers {
			if e := serverEndpoint(backend.BackendSpec, spec); e == serverEndpoint(backend.BackendSpec, there.ServerSpec) {
				return nil, &lb.Error{
					Code: lb.ErrExists, Provider: providerName, Kind: lb.KindServer, ID: string(there.ID), Message: fmt.Sprintf("%s is a server of the backend", e),
				}
			}
		}
	}
	wanted := lb.Clone(backend.BackendSpec)
	members, problems := canonicalServers(&wanted, specs)
	bodies, more := nativeServers(wanted, members)
	return bodies, append(problems, more...).Err()
}

func mixedError(backend *lb.Backend) error {
	return &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Kind: lb.KindBackend, ID: string(backend.ID),
		Message: fmt.Sprintf("its servers differ in %v: Update it with the value that all shall have, first", backend.Mixed),
	}
}

// addServers makes servers one by one and adds them to l. The error of one that
// fails has its address for ID, since it has no other.
func (p *provider) addServers(ctx context.Context, l *pool, bodies []HTTPServerCreate) error {
	for _, body := range bodies {
		made, err := p.serverCreation(*l, body).do(ctx)
		if err != nil {
			return about(lb.KindServer, endpointText(body), err)
		}
		l.servers = append(l.servers, made)
	}
	return nil
}

// serverCreation makes one server. What l knows is as good as a look before.
func (p *provider) serverCreation(l pool, body HTTPServerCreate) creation[server] {
	api := p.client.on(l.farm.protocol).servers(l.farm.FarmID)
	c := creation[server]{
		kind: lb.KindServer,
		post: func(ctx context.Context) (*server, error) { return api.create(ctx, l.service, body) },
		list: func(ctx context.Context) ([]*server, error) {
			return lb.Collect(api.list(ctx, l.service, lb.PageOptions{}))
		},
		id: func(s *server) string {
			return string(FormatServerID(l.service, l.farm.protocol, l.farm.FarmID, s.ServerID))
		},
		same: func(s *server) bool { return sameServer(s, body) },
	}
	c.older = c.ids(l.servers)
	return c
}

// Update changes the fields of a server that differ, in one request. Where a farm has
// no probe of its own and is checked since this server alone asks for it, exempting the
// server gives the farm one, in a request before: the check stays the backend's.
func (s neutralServers) Update(ctx context.Context, id lb.ServerID, change func(*lb.ServerSpec) error) (_ *lb.Server, err error) {
	defer rest.Named("servers.update", &err)
	service, protocol, farm, number, err := ParseServerID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := s.p.pool(ctx, service, protocol, farm)
	if err != nil {
		return nil, err
	}
	backend, err := l.backend()
	if err != nil {
		return nil, err
	}
	i, err := s.find(ctx, l, id)
	if err != nil {
		return nil, err
	}
	desired := lb.Clone(backend.Servers[i].ServerSpec)
	if err := change(&desired); err != nil {
		return nil, rest.OfCaller(err)
	}
	body, err := l.changeServer(backend, i, desired)
	if err != nil {
		return nil, err
	}
	if nothing(body) {
		return backend.Servers[i], nil
	}
	if on, changes := body.Probe.Get(); changes && !on && !probed(slices.Delete(slices.Clone(l.servers), i, i+1)) {
		if err := s.p.keepCheck(ctx, &l); err != nil {
			return nil, err
		}
	}
	api := s.p.client.on(protocol).servers(farm)
	if err := api.update(ctx, service, number, body); err != nil {
		return nil, err
	}
	if l.servers[i], err = api.get(ctx, service, number); err != nil {
		return nil, err
	}
	if backend, err = l.backend(); err != nil {
		return nil, err
	}
	return backend.Servers[i], nil
}

// changeServer is what to send to make the i-th server of a backend, which is what
// l reads as, into desired.
func (l pool) changeServer(backend *lb.Backend, i int, desired lb.ServerSpec) (HTTPServerUpdate, error) {
	members := specsOf(backend.Servers)
	before, beforeServers, had := canonicalBackend(backend.BackendSpec, members)
	members = slices.Clone(members)
	members[i] = desired
	after, afterServers, found := canonicalBackend(backend.BackendSpec, members)
	f := &findings{kind: lb.KindServer, leaf: "server", problems: unchanged(had, found)}
	createOnly(f, "address", beforeServers[i].Address, afterServers[i].Address)
	f.saysMixed(backend, desired)
	from, _ := nativeServer(before, beforeServers[i])
	to, more := nativeServer(after, afterServers[i])
	return serverUpdate(l.servers[i], from, to), ofOneServer(append(f.problems, more...), i).Err()
}

// ofOneServer names problems of the i-th server by its own fields: who updates one
// server has not said which of its backend's it is.
func ofOneServer(problems lb.Problems, i int) lb.Problems {
	prefix := fmt.Sprintf("servers[%d].", i)
	out := slices.Clone(problems)
	for n, problem := range problems {
		switch problem := problem.(type) { //nolint:errorlint // problems are of these two types, unwrapped
		case *lb.UnsupportedError:
			own := *problem
			own.Path = strings.TrimPrefix(own.Path, prefix)
			out[n] = &own
		case *lb.Error:
			own := *problem
			own.Fields = slices.Clone(problem.Fields)
			for k := range own.Fields {
				own.Fields[k].Path = strings.TrimPrefix(own.Fields[k].Path, prefix)
			}
			out[n] = &own
		}
	}
	return out
}

// saysMixed refuses a server that does not say for itself what the servers of its
// backend differ in.
func (f *findings) saysMixed(backend *lb.Backend, spec lb.ServerSpec) {
	says := mixedIn(optionsOf[ServerOptions](f, "extensions."+providerName, spec.Extensions))
	for _, path := range backend.Mixed {
		if !slices.Contains(says, path) {
			f.invalid("extensions.ovh."+path, "the servers of the backend differ in it: say which value this one has, or Update the backend first")
		}
	}
}
