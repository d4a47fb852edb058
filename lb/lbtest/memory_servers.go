package lbtest

import (
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// memoryServers is lb.Servers.
type memoryServers struct {
	lb.UnimplementedServers

	m *Memory
}

func (b *memoryBalancer) newServer(backend lb.BackendID, spec lb.ServerSpec) *lb.Server {
	return &lb.Server{ID: lb.ServerID(b.next(string(backend), "server")), Backend: backend, ServerSpec: spec}
}

// memorySortServers puts servers into the order of the dialect.
func memorySortServers(backend *lb.Backend) {
	slices.SortStableFunc(backend.Servers, func(x, y *lb.Server) int {
		return dialect.Endpoint(backend.BackendSpec, x.ServerSpec).Compare(dialect.Endpoint(backend.BackendSpec, y.ServerSpec))
	})
}

func memoryServerSpecs(servers []*lb.Server) []lb.ServerSpec {
	var out []lb.ServerSpec
	for _, server := range servers {
		out = append(out, lb.Clone(server.ServerSpec))
	}
	return out
}

// server finds a server.
func (c *memoryCall) server(id lb.ServerID) (*memoryBalancer, *lb.Backend, *lb.Server, error) {
	if err := c.parse(lb.KindServer, string(id), "lb", "backend", "server"); err != nil {
		return nil, nil, nil, err
	}
	if b, backend, server := c.m.findServer(id); server != nil {
		return b, backend, server, nil
	}
	return nil, nil, nil, c.missing(lb.KindServer, string(id))
}

func (m *Memory) findServer(id lb.ServerID) (*memoryBalancer, *lb.Backend, *lb.Server) {
	b := m.find(memoryBalancerOf(string(id)))
	if b == nil {
		return nil, nil, nil
	}
	for _, backend := range b.backends {
		for _, server := range backend.Servers {
			if server.ID == id {
				return b, backend, server
			}
		}
	}
	return nil, nil, nil
}

// List yields servers by address and port.
func (s memoryServers) List(ctx context.Context, parent lb.BackendID, opts lb.ListOptions) iter.Seq2[*lb.Server, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Server]{
		op: "servers.list", page: opts.PageOptions,
		ids: func(c *memoryCall) ([]string, error) {
			_, backend, err := c.backend(parent)
			if err != nil {
				return nil, err
			}
			return memoryNamed(backend.Servers, opts.Name, func(has *lb.Server) (string, string) { return string(has.ID), has.Name }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Server, bool) {
			_, _, server := s.m.findServer(lb.ServerID(id))
			if server == nil {
				return nil, false
			}
			return memoryCopyServer(server), true
		},
	})
}

// Get reads a server.
func (s memoryServers) Get(ctx context.Context, id lb.ServerID) (*lb.Server, error) {
	c, err := s.m.begin(ctx, "servers.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	_, _, server, err := c.server(id)
	if err != nil {
		return nil, err
	}
	return memoryCopyServer(server), nil
}

// Add adds all servers or none. One that is there already is lb.ErrExists.
func (s memoryServers) Add(ctx context.Context, parent lb.BackendID, specs ...lb.ServerSpec) ([]*lb.Server, error) {
	c, err := s.m.begin(ctx, "servers.add")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, backend, err := c.backend(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 {
		return nil, nil
	}
	if specs, err = s.m.rules.Servers(backend.BackendSpec, nil, specs); err != nil {
		return nil, err
	}
	for _, spec := range specs {
		for _, has := range backend.Servers {
			if e := dialect.Endpoint(backend.BackendSpec, spec); e == dialect.Endpoint(backend.BackendSpec, has.ServerSpec) {
				return nil, c.fail(lb.ErrExists, lb.KindServer, string(has.ID), "%s is a server of the backend", e)
			}
		}
	}
	if err := c.misfit(lb.KindBackend, string(parent), fit.Servers(s.m.options.capabilities, len(backend.Servers)+len(specs))); err != nil {
		return nil, err
	}
	var added []*lb.Server
	for _, spec := range specs {
		added = append(added, b.newServer(parent, spec))
	}
	backend.Servers = append(backend.Servers, added...)
	memorySortServers(backend)
	b.wrote()
	return memoryCopies(added, memoryCopyServer), nil
}

// Update changes a server.
func (s memoryServers) Update(ctx context.Context, id lb.ServerID, change func(*lb.ServerSpec) error) (*lb.Server, error) {
	var b *memoryBalancer
	var backend *lb.Backend
	var server *lb.Server
	return memoryUpdate[lb.ServerSpec, *lb.Server]{
		op: "servers.update", change: change,
		look: func(c *memoryCall) (*memoryBalancer, lb.ServerSpec, error) {
			var err error
			if b, backend, server, err = c.server(id); err != nil {
				return nil, lb.ServerSpec{}, err
			}
			return b, server.ServerSpec, nil
		},
		apply: func(c *memoryCall, desired lb.ServerSpec) (*lb.Server, error) {
			if err := c.changeServer(b, backend, server, desired); err != nil {
				return nil, err
			}
			return memoryCopyServer(server), nil
		},
	}.do(ctx, s.m)
}

func (c *memoryCall) changeServer(b *memoryBalancer, backend *lb.Backend, server *lb.Server, desired lb.ServerSpec) error {
	after, err := c.m.rules.UpdateServer(backend.BackendSpec, server.ServerSpec, memoryTo(desired))
	if err != nil {
		return err
	}
	if lb.Equal(server.ServerSpec, after) {
		return nil
	}
	for _, other := range backend.Servers {
		if e := dialect.Endpoint(backend.BackendSpec, after); other != server && e == dialect.Endpoint(backend.BackendSpec, other.ServerSpec) {
			return c.fail(lb.ErrExists, lb.KindServer, string(other.ID), "%s is a server of the backend", e)
		}
	}
	server.ServerSpec = after
	memorySortServers(backend)
	b.wrote()
	return nil
}

// Remove removes all servers or none, those of several backends too.
func (s memoryServers) Remove(ctx context.Context, ids ...lb.ServerID) error {
	c, err := s.m.begin(ctx, "servers.remove")
	if err != nil {
		return err
	}
	defer c.end()
	balancers := map[*lb.Backend]*memoryBalancer{}
	gone := map[*lb.Backend][]lb.ServerID{}
	for _, id := range ids {
		b, backend, _, err := c.server(id)
		if err != nil {
			return err
		}
		balancers[backend] = b
		if !slices.Contains(gone[backend], id) {
			gone[backend] = append(gone[backend], id)
		}
	}
	for backend, servers := range gone {
		if len(servers) == len(backend.Servers) {
			return c.fail(lb.ErrInvalid, lb.KindBackend, string(backend.ID), "it would be left without servers: Servers.Set with AllowEmpty does that")
		}
	}
	for backend, servers := range gone {
		backend.Servers = slices.DeleteFunc(backend.Servers, func(has *lb.Server) bool { return slices.Contains(servers, has.ID) })
		balancers[backend].wrote()
	}
	return nil
}

// Set makes the servers exactly specs, or leaves them as they are. A server that is there
// keeps its ID. What is returned is in the order of specs.
func (s memoryServers) Set(ctx context.Context, parent lb.BackendID, specs []lb.ServerSpec, opts lb.SetOptions) ([]*lb.Server, error) {
	c, err := s.m.begin(ctx, "servers.set")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, backend, err := c.backend(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, c.fail(lb.ErrInvalid, lb.KindBackend, string(parent), "an empty set of servers needs AllowEmpty")
	}
	planned, err := c.planServers(backend, specs)
	if err != nil {
		return nil, err
	}
	changed := len(planned) != len(backend.Servers)
	servers := make([]*lb.Server, len(planned))
	for i, plan := range planned {
		servers[i] = plan.has
		switch {
		case plan.has == nil:
			changed = true
			servers[i] = b.newServer(parent, plan.spec)
		case !lb.Equal(plan.has.ServerSpec, plan.spec):
			changed = true
			servers[i].ServerSpec = plan.spec
		}
	}
	if changed {
		backend.Servers = slices.Clone(servers)
		memorySortServers(backend)
		s.m.strip(backend)
		b.wrote()
	}
	return memoryCopies(servers, memoryCopyServer), nil
}

// plannedServer is a server that there shall be, and the one that is there, or nil.
type plannedServer struct {
	spec lb.ServerSpec
	has  *lb.Server
}

// planServers matches specs with the servers that are there.
func (c *memoryCall) planServers(backend *lb.Backend, specs []lb.ServerSpec) ([]plannedServer, error) {
	specs, err := c.m.rules.Servers(backend.BackendSpec, memoryServerSpecs(backend.Servers), specs)
	if err != nil {
		return nil, err
	}
	out := make([]plannedServer, len(specs))
	for i, spec := range specs {
		out[i].spec = spec
		for _, has := range backend.Servers {
			if dialect.Endpoint(backend.BackendSpec, has.ServerSpec) == dialect.Endpoint(backend.BackendSpec, spec) {
				out[i].has = has
			}
		}
	}
	return out, nil
}

// strip takes from a backend what goes with its last server, where the capabilities keep
// it on servers alone.
func (m *Memory) strip(backend *lb.Backend) {
	if len(backend.Servers) > 0 {
		return
	}
	if m.narrowed("backend.proxyProtocol.withoutServers") {
		backend.ProxyProtocol = ""
	}
	if m.narrowed("backend.onMarkedDown.withoutServers") {
		backend.OnMarkedDown = ""
	}
	if m.narrowed("backend.tls.withoutServers") {
		backend.TLS = nil
	}
}
