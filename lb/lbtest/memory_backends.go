package lbtest

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// memoryBackends is lb.Backends.
type memoryBackends struct {
	lb.UnimplementedBackends

	m *Memory
}

// backend finds a backend.
func (c *memoryCall) backend(id lb.BackendID) (*memoryBalancer, *lb.Backend, error) {
	return memoryFound(c, lb.KindBackend, string(id), c.m.findBackend)
}

func (m *Memory) findBackend(id string) (*memoryBalancer, *lb.Backend) {
	return memoryFind(m, id, func(b *memoryBalancer) []*lb.Backend { return b.backends }, func(has *lb.Backend) string { return string(has.ID) })
}

// List yields backends in the order in which they were made.
func (s memoryBackends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Backend, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.Backend]{
		op: "backends.list", page: opts.PageOptions,
		ids: func(c *memoryCall) ([]string, error) {
			b, err := c.balancer(parent)
			if err != nil {
				return nil, err
			}
			return memoryNamed(b.backends, opts.Name, func(has *lb.Backend) (string, string) { return string(has.ID), has.Name }), nil
		},
		read: func(_ *memoryCall, id string) (*lb.Backend, bool) {
			_, backend := s.m.findBackend(id)
			if backend == nil {
				return nil, false
			}
			return memoryCopyBackend(backend), true
		},
	})
}

// Get reads a backend with its servers.
func (s memoryBackends) Get(ctx context.Context, id lb.BackendID) (*lb.Backend, error) {
	c, err := s.m.begin(ctx, "backends.get")
	if err != nil {
		return nil, err
	}
	defer c.end()
	_, backend, err := c.backend(id)
	if err != nil {
		return nil, err
	}
	return memoryCopyBackend(backend), nil
}

// Create makes a backend with its servers, or nothing.
func (s memoryBackends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, servers ...lb.ServerSpec) (*lb.Backend, error) {
	c, err := s.m.begin(ctx, "backends.create")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(parent)
	if err != nil {
		return nil, err
	}
	canonical, canonicalServers, err := s.m.rules.Backend(spec, servers)
	if err != nil {
		return nil, err
	}
	backend := &lb.Backend{ID: lb.BackendID(b.next(string(parent), "backend")), LoadBalancer: parent, BackendSpec: canonical}
	for _, server := range canonicalServers {
		backend.Servers = append(backend.Servers, b.newServer(backend.ID, server))
	}
	b.backends = append(b.backends, backend)
	b.wrote()
	return memoryCopyBackend(backend), nil
}

// Update changes a backend.
func (s memoryBackends) Update(ctx context.Context, id lb.BackendID, change func(*lb.BackendSpec) error) (*lb.Backend, error) {
	var b *memoryBalancer
	var backend *lb.Backend
	return memoryUpdate[lb.BackendSpec, *lb.Backend]{
		op: "backends.update", change: change,
		look: func(c *memoryCall) (*memoryBalancer, lb.BackendSpec, error) {
			var err error
			if b, backend, err = c.backend(id); err != nil {
				return nil, lb.BackendSpec{}, err
			}
			return b, backend.BackendSpec, nil
		},
		apply: func(c *memoryCall, desired lb.BackendSpec) (*lb.Backend, error) {
			if err := c.changeBackend(b, backend, desired); err != nil {
				return nil, err
			}
			return memoryCopyBackend(backend), nil
		},
	}.do(ctx, s.m)
}

func (c *memoryCall) changeBackend(b *memoryBalancer, backend *lb.Backend, desired lb.BackendSpec) error {
	before := backend.BackendSpec
	after, err := c.m.rules.UpdateBackend(before, memoryServerSpecs(backend.Servers), memoryTo(desired))
	if err != nil {
		return err
	}
	if lb.Equal(before, after) {
		return nil
	}
	if err := c.misfit(lb.KindBackend, string(backend.ID), fit.Backend(b.shared(), backend.ID, before.Protocol, after.Protocol)); err != nil {
		return err
	}
	backend.BackendSpec = after
	memorySortServers(backend)
	b.wrote()
	return nil
}

// Delete removes a backend with its servers, unless traffic is sent to it.
func (s memoryBackends) Delete(ctx context.Context, id lb.BackendID) error {
	c, err := s.m.begin(ctx, "backends.delete")
	if err != nil {
		return err
	}
	defer c.end()
	b, backend, err := c.backend(id)
	if err != nil {
		return err
	}
	if users := fit.Users(b.shared(), id); len(users) > 0 {
		return c.fail(lb.ErrInUse, lb.KindBackend, string(id), "by %s", strings.Join(users, ", "))
	}
	b.backends = slices.DeleteFunc(b.backends, func(other *lb.Backend) bool { return other == backend })
	b.wrote()
	return nil
}

// Health yields one entry for each server. Of one that is not live, no instance knows
// anything: it comes without an instance.
func (s memoryBackends) Health(ctx context.Context, id lb.BackendID, opts lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	return memoryList(ctx, s.m, memoryListing[*lb.ServerHealth]{
		op: "backends.health", page: opts,
		ids: func(c *memoryCall) ([]string, error) {
			_, backend, err := c.backend(id)
			if err != nil {
				return nil, err
			}
			return memoryIDsOf(backend.Servers, func(server *lb.Server) string { return string(server.ID) }), nil
		},
		read: func(_ *memoryCall, server string) (*lb.ServerHealth, bool) {
			b, backend, found := s.m.findServer(lb.ServerID(server))
			if backend == nil {
				return nil, false
			}
			out := &lb.ServerHealth{Server: found.ID, State: s.m.healthOf(b, found.ID)}
			if _, live := s.m.liveServer(b, found.ID); live != nil {
				out.Instance = b.instance()
			}
			return out, true
		},
	})
}

// healthOf is how a server does, as far as its load balancer runs it.
func (m *Memory) healthOf(b *memoryBalancer, id lb.ServerID) lb.Health {
	backend, server := m.liveServer(b, id)
	state, set := m.health[id]
	switch {
	case server == nil:
		return lb.HealthUnknown
	case set:
		return state
	case backend.HealthCheck == nil || server.Disabled:
		return lb.HealthUnknown
	default:
		return lb.HealthHealthy
	}
}

// liveServer finds a server in what its load balancer runs, or nil.
func (m *Memory) liveServer(b *memoryBalancer, id lb.ServerID) (*lb.Backend, *lb.Server) {
	backends := b.backends
	if m.options.staging {
		backends = b.live.Backends
	}
	for _, backend := range backends {
		for _, server := range backend.Servers {
			if server.ID == id {
				return backend, server
			}
		}
	}
	return nil, nil
}

// Health counts what a load balancer runs.
func (s memoryLoadBalancers) Health(ctx context.Context, id lb.LoadBalancerID) (*lb.HealthSummary, error) {
	c, err := s.m.begin(ctx, "loadbalancers.health")
	if err != nil {
		return nil, err
	}
	defer c.end()
	b, err := c.balancer(id)
	if err != nil {
		return nil, err
	}
	runs := b.live
	if !s.m.options.staging {
		runs = s.m.tree(b)
	}
	return fit.Summary(runs, func(server *lb.Server) lb.Health { return s.m.healthOf(b, server.ID) }), nil
}
