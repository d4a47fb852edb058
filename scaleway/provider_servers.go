package scaleway

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// servers is lb.Servers. A server is an address in a backend's pool: what is read
// and written is the backend.
type servers struct {
	lb.UnimplementedServers

	p *provider
}

// List yields the servers of a backend, by address. None has a name.
func (s servers) List(ctx context.Context, parent lb.BackendID, opts lb.ListOptions) iter.Seq2[*lb.Server, error] {
	const op = "servers.list"
	at, err := locate(s.p, op, lb.KindBackend, parent, ParseBackendID)
	if err != nil {
		return rest.Fail[*lb.Server](err)
	}
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return rest.Fail[*lb.Server](err)
	}
	return rest.NamedList(op, func(yield func(*lb.Server, error) bool) {
		pool, err := s.read(ctx, at)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, server := range pool {
			if (opts.Name == "" || server.Name == opts.Name) && !yield(server, nil) {
				return
			}
		}
	})
}

func (s servers) read(ctx context.Context, at site) ([]*lb.Server, error) {
	b, err := at.Backends.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	return neutralServers(at.zone, b)
}

func (s servers) Get(ctx context.Context, id lb.ServerID) (_ *lb.Server, err error) {
	const op = "servers.get"
	defer rest.Named(op, &err)
	at, address, err := s.locate(op, id)
	if err != nil {
		return nil, err
	}
	pool, err := s.read(ctx, at)
	if err != nil {
		return nil, err
	}
	for _, server := range pool {
		if server.Address == address {
			return server, nil
		}
	}
	return nil, missing(op, id)
}

// locate finds a server's backend.
func (s servers) locate(op string, id lb.ServerID) (site, netip.Addr, error) {
	zone, backend, address, err := ParseServerID(id)
	if err != nil {
		return site{}, address, inCall(err, op)
	}
	if err := s.p.covers(op, lb.KindServer, string(id), zone); err != nil {
		return site{}, address, err
	}
	return site{API: s.p.in(zone), zone: zone, uuid: backend}, address, nil
}

func missing(op string, id lb.ServerID) error {
	return &lb.Error{
		Code: lb.ErrNotFound, Provider: providerName, Op: op, Kind: lb.KindServer, ID: string(id),
		Message: "its backend has no such server",
	}
}

// Add adds all of specs by one call, or none.
func (s servers) Add(ctx context.Context, parent lb.BackendID, specs ...lb.ServerSpec) (_ []*lb.Server, err error) {
	const op = "servers.add"
	defer rest.Named(op, &err)
	if len(specs) == 0 {
		_, err := locate(s.p, op, lb.KindBackend, parent, ParseBackendID)
		return nil, err
	}
	at, b, unlock, err := s.begin(ctx, op, parent)
	if err != nil {
		return nil, err
	}
	defer unlock()
	wanted, err := s.canonical(b, specs)
	if err != nil {
		return nil, err
	}
	for _, spec := range wanted {
		if holds(b, spec.Address) {
			return nil, &lb.Error{
				Code: lb.ErrExists, Provider: providerName, Op: op, Kind: lb.KindServer,
				ID: string(FormatServerID(at.zone, b.ID, spec.Address)),
			}
		}
	}
	updated, err := s.add(ctx, op, at, b, wanted)
	if err != nil {
		return nil, err
	}
	return s.wrote(at, updated, wanted)
}

// add is a POST, which is not sent again blindly. The backend itself tells whether
// one whose outcome is unknown has happened: addresses are there or not.
func (s servers) add(ctx context.Context, op string, at site, b *Backend, wanted []lb.ServerSpec) (*Backend, error) {
	pool := addresses(nil, wanted)
	return create(ctx, s.p.client, subject{op: op, kind: lb.KindBackend, name: b.Name}, creation[Backend]{
		send: func(ctx context.Context) (*Backend, error) { return at.Backends.AddServers(ctx, at.uuid, pool) },
		look: func(ctx context.Context) iter.Seq2[*Backend, error] {
			return func(yield func(*Backend, error) bool) {
				now, err := at.Backends.Get(ctx, at.uuid)
				if err != nil || slices.ContainsFunc(wanted, func(spec lb.ServerSpec) bool { return holds(now, spec.Address) }) {
					yield(now, err)
				}
			}
		},
		same: func(now *Backend) bool {
			return !slices.ContainsFunc(wanted, func(spec lb.ServerSpec) bool { return !holds(now, spec.Address) })
		},
		id: func(now *Backend) string { return string(FormatBackendID(at.zone, now.ID)) },
	})
}

// Update changes nothing: a server is its address, all else is the backend's. It
// is there for a change that leaves things as they are, and to say what is
// refused.
func (s servers) Update(ctx context.Context, id lb.ServerID, change func(*lb.ServerSpec) error) (_ *lb.Server, err error) {
	const op = "servers.update"
	defer rest.Named(op, &err)
	at, address, err := s.locate(op, id)
	if err != nil {
		return nil, err
	}
	b, err := at.Backends.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	if !holds(b, address) {
		return nil, missing(op, id)
	}
	server := &lb.Server{ID: id, Backend: FormatBackendID(at.zone, b.ID), ServerSpec: lb.ServerSpec{Address: address}}
	wanted := lb.Clone(server.ServerSpec)
	if err := change(&wanted); err != nil {
		return nil, rest.OfCaller(err)
	}
	canonical, err := s.canonical(b, []lb.ServerSpec{wanted})
	if err != nil {
		return nil, ofOneServer(err)
	}
	if canonical[0].Address != address {
		p := &problems{kind: lb.KindServer}
		p.unsupported("server.address.update", "address", canonical[0].Address, "another address is another server")
		return nil, p.list
	}
	return server, nil
}

// ofOneServer names the problems of a single server by its own fields: who updates one
// has not said a list.
func ofOneServer(err error) error {
	found, ok := err.(lb.Problems) //nolint:errorlint // the dialect's own, unwrapped
	if !ok {
		return err
	}
	out := slices.Clone(found)
	for n, problem := range found {
		switch problem := problem.(type) { //nolint:errorlint // problems are of these two types, unwrapped
		case *lb.UnsupportedError:
			own := *problem
			own.Path = strings.TrimPrefix(own.Path, serverPath(0))
			out[n] = &own
		case *lb.Error:
			own := *problem
			own.Fields = slices.Clone(problem.Fields)
			for k := range own.Fields {
				own.Fields[k].Path = strings.TrimPrefix(own.Fields[k].Path, serverPath(0))
			}
			out[n] = &own
		}
	}
	return out
}

// Remove removes servers, by one call for each backend, once it is sure that each has
// them and keeps one. Where a call fails after others, the error's Fields name the
// servers that those have removed.
func (s servers) Remove(ctx context.Context, ids ...lb.ServerID) (err error) {
	const op = "servers.remove"
	defer rest.Named(op, &err)
	parents, leaving, err := s.byBackend(op, ids)
	if err != nil {
		return err
	}
	removals := map[lb.BackendID]removal{}
	for _, parent := range slices.Sorted(slices.Values(parents)) { // in one order for all who lock several
		at, b, unlock, err := s.begin(ctx, op, parent)
		if err != nil {
			return err
		}
		defer unlock()
		pool, err := spellings(op, at, b, leaving[parent])
		if err != nil {
			return err
		}
		removals[parent] = removal{at, pool}
	}
	var gone []lb.FieldError
	for _, parent := range parents {
		r := removals[parent]
		updated, err := r.at.Backends.RemoveServers(ctx, r.at.uuid, r.pool)
		if err != nil {
			return besides(err, gone)
		}
		s.p.client.writes.wrote(FormatLoadBalancerID(r.at.zone, updated.LB.ID), updated.UpdatedAt)
		for _, address := range leaving[parent] {
			id := FormatServerID(r.at.zone, r.at.uuid, address)
			gone = append(gone, lb.FieldError{Path: string(id), Reason: "is a server that has been removed"})
		}
	}
	return nil
}

// removal is what a backend is to lose, in the API's spelling.
type removal struct {
	at   site
	pool []string
}

// byBackend are the addresses of servers, by backend, and the backends in order of their
// first server.
func (s servers) byBackend(op string, ids []lb.ServerID) (parents []lb.BackendID, leaving map[lb.BackendID][]netip.Addr, err error) {
	leaving = map[lb.BackendID][]netip.Addr{}
	for _, id := range ids {
		at, address, err := s.locate(op, id)
		if err != nil {
			return nil, nil, err
		}
		parent := FormatBackendID(at.zone, at.uuid)
		if _, known := leaving[parent]; !known {
			parents = append(parents, parent)
		}
		if !slices.Contains(leaving[parent], address) {
			leaving[parent] = append(leaving[parent], address)
		}
	}
	return parents, leaving, nil
}

// spellings are addresses as a backend's pool has them. It refuses those that are not
// there, and all that are.
func spellings(op string, at site, b *Backend, leaving []netip.Addr) ([]string, error) {
	pool := make([]string, len(leaving))
	for i, address := range leaving {
		found := indexOf(b, address)
		if found < 0 {
			return nil, missing(op, FormatServerID(at.zone, b.ID, address))
		}
		pool[i] = b.Pool[found]
	}
	if len(pool) >= len(b.Pool) {
		return nil, refusal(op, lb.KindBackend, string(FormatBackendID(at.zone, b.ID)),
			"it would be left without servers: if that is meant, Servers.Set with nothing and AllowEmpty does it")
	}
	return pool, nil
}

// Set replaces the pool by one call, which adds and removes at the same moment.
func (s servers) Set(ctx context.Context, parent lb.BackendID, specs []lb.ServerSpec, opts lb.SetOptions) (_ []*lb.Server, err error) {
	const op = "servers.set"
	defer rest.Named(op, &err)
	if len(specs) == 0 && !opts.AllowEmpty {
		if _, err := locate(s.p, op, lb.KindBackend, parent, ParseBackendID); err != nil {
			return nil, err
		}
		return nil, refusal(op, lb.KindBackend, string(parent), "it would be left without servers: if that is meant, say AllowEmpty")
	}
	at, b, unlock, err := s.begin(ctx, op, parent)
	if err != nil {
		return nil, err
	}
	defer unlock()
	wanted, err := s.canonical(b, specs)
	if err != nil {
		return nil, err
	}
	live, err := neutralServers(at.zone, b)
	if err != nil {
		return nil, err
	}
	if slices.EqualFunc(live, wanted, func(is *lb.Server, want lb.ServerSpec) bool { return is.Address == want.Address }) {
		return live, nil
	}
	updated, err := at.Backends.SetServers(ctx, at.uuid, addresses(nil, wanted))
	if err != nil {
		return nil, err
	}
	return s.wrote(at, updated, wanted)
}

// begin locks a backend and reads it, for a write of its servers.
func (s servers) begin(ctx context.Context, op string, parent lb.BackendID) (at site, b *Backend, unlock func(), err error) {
	if at, err = locate(s.p, op, lb.KindBackend, parent, ParseBackendID); err != nil {
		return at, nil, nil, err
	}
	if unlock, err = s.p.lock(ctx, op, lb.KindBackend, string(parent)); err != nil {
		return at, nil, nil, err
	}
	if b, err = at.Backends.Get(ctx, at.uuid); err != nil {
		unlock()
		return at, nil, nil, err
	}
	return at, b, unlock, nil
}

// canonical asks the dialect about servers. What it thinks of the backend as it is
// live is nobody's business here.
func (s servers) canonical(b *Backend, specs []lb.ServerSpec) ([]lb.ServerSpec, error) {
	spec := backendSpec(b)
	_, _, known := s.p.dialect.backend(spec, nil)
	_, wanted, found := s.p.dialect.backend(spec, specs)
	return wanted, caused(known, found)
}

// wrote takes note of a write and returns those of the backend's servers that it
// was about.
func (s servers) wrote(at site, b *Backend, about []lb.ServerSpec) ([]*lb.Server, error) {
	s.p.client.writes.wrote(FormatLoadBalancerID(at.zone, b.LB.ID), b.UpdatedAt)
	pool, err := neutralServers(at.zone, b)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(pool, func(server *lb.Server) bool {
		return !slices.ContainsFunc(about, func(spec lb.ServerSpec) bool { return spec.Address == server.Address })
	}), nil
}

// holds reports whether an address is in a backend's pool.
func holds(b *Backend, address netip.Addr) bool { return indexOf(b, address) >= 0 }

// indexOf finds an address in a backend's pool, however it is spelled there.
func indexOf(b *Backend, address netip.Addr) int {
	return slices.IndexFunc(b.Pool, func(text string) bool {
		member, err := parseServer(text)
		return err == nil && member == address
	})
}
