package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// find is what has an ID: a frontend, a backend or a server, and for the load balancer the tree itself.
func (t *tree) find(id string) any {
	all := map[string]any{string(t.ID): t}
	for _, f := range t.frontends {
		all[string(f.ID)] = f
	}
	for _, b := range t.backends {
		all[string(b.ID)] = b
		for _, s := range b.Servers {
			all[string(s.ID)] = s
		}
	}
	return all[id]
}

// edit reads the balancer of what a call is about, and writes it if do changed it. Where somebody else was faster, do
// gets what that one wrote.
func edit[M, R any](ctx context.Context, p *provider, of call, do func(*tree, M) (R, error)) (R, error) {
	var none R
	where, err := of.balancer()
	if err != nil {
		return none, err
	}
	for last := 0; ; {
		var b balancer
		if err := p.send(ctx, of, where, nil, &b); err != nil {
			return none, err
		}
		if string(b.ID) != where {
			return none, of.fail(lb.ErrUnavailable, "the answer is not what was asked for")
		}
		t := newTree(b)
		m, there := t.find(of.id).(M)
		if !there {
			return none, of.fail(lb.ErrNotFound, "")
		}
		result, err := do(t, m)
		if err != nil {
			return none, err
		}
		if reflect.DeepEqual(t.balancer(), newTree(b).balancer()) {
			return result, nil
		}
		err = p.send(ctx, of, where, t.balancer(), new(balancer))
		if err == nil {
			return result, nil
		}
		if !errors.Is(err, lb.ErrConflict) || b.Version == last {
			return none, err
		}
		last = b.Version
	}
}

// same is for edit to read only.
func same[M any](_ *tree, m M) (M, error) { return m, nil }

// list lists what read reads, each time anew.
func list[M any](of call, opts lb.ListOptions, name func(M) string, read func() ([]M, error)) iter.Seq2[M, error] {
	return func(yield func(M, error) bool) {
		var none M
		if opts.PageSize < 0 || opts.Window < 0 {
			yield(none, of.fail(lb.ErrInvalid, "a page size or window is negative"))
			return
		}
		items, err := read()
		for _, item := range items {
			if (opts.Name == "" || opts.Name == name(item)) && !yield(item, nil) {
				return
			}
		}
		if err != nil {
			yield(none, err)
		}
	}
}

// The services. What one of them does not implement is refused, in the provider's name.
type (
	loadBalancers struct {
		lb.UnimplementedLoadBalancers
		*provider
	}
	frontends struct {
		lb.UnimplementedFrontends
		*provider
	}
	backends struct {
		lb.UnimplementedBackends
		*provider
	}
	servers struct {
		lb.UnimplementedServers
		*provider
	}
)

var (
	noLoadBalancers = lb.UnimplementedLoadBalancers{ProviderName: name}
	noFrontends     = lb.UnimplementedFrontends{ProviderName: name}
	noBackends      = lb.UnimplementedBackends{ProviderName: name}
	noServers       = lb.UnimplementedServers{ProviderName: name}
)

func (s loadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	of := call{"loadbalancers.list", lb.KindLoadBalancer, ""}
	return list(of, opts.ListOptions, func(b *lb.LoadBalancer) string { return b.Name }, func() ([]*lb.LoadBalancer, error) {
		var all []balancer
		err := s.send(ctx, of, "balancers", nil, &all)
		if len(opts.Tags) > 0 || opts.Zone != "" {
			all = nil // none has any
		}
		return each(all, func(b balancer) *lb.LoadBalancer { return newTree(b).LoadBalancer }), err
	})
}

func (s loadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	of := call{"loadbalancers.get", lb.KindLoadBalancer, string(id)}
	return edit(ctx, s.provider, of, func(t, _ *tree) (*lb.LoadBalancer, error) { return t.LoadBalancer, nil })
}

func (s loadBalancers) Update(
	ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error,
) (*lb.LoadBalancer, error) {
	of := call{"loadbalancers.update", lb.KindLoadBalancer, string(id)}
	return edit(ctx, s.provider, of, func(t, _ *tree) (_ *lb.LoadBalancer, err error) {
		t.LoadBalancerSpec, err = rules.UpdateLoadBalancer(t.LoadBalancerSpec, change)
		return t.LoadBalancer, err
	})
}

func (s loadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	of := call{"loadbalancers.read", lb.KindLoadBalancer, string(id)}
	return edit(ctx, s.provider, of, func(t, _ *tree) (*lb.Tree, error) {
		frontends := each(t.frontends, func(f *lb.Frontend) lb.FrontendTree { return lb.FrontendTree{Frontend: f} })
		return &lb.Tree{LoadBalancer: t.LoadBalancer, Backends: t.backends, Frontends: frontends}, nil
	})
}

func (s loadBalancers) Health(ctx context.Context, id lb.LoadBalancerID) (*lb.HealthSummary, error) {
	of := call{"loadbalancers.health", lb.KindLoadBalancer, string(id)}
	return edit(ctx, s.provider, of, func(t, _ *tree) (*lb.HealthSummary, error) { return (*lb.HealthSummary)(&t.raw.Health), nil })
}

func (s loadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) ([]lb.PendingChange, error) {
	of := call{"loadbalancers.pending", lb.KindLoadBalancer, string(id)}
	return edit(ctx, s.provider, of, func(_, _ *tree) ([]lb.PendingChange, error) { return nil, nil }) // writes are live at once
}

func (s loadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, _ lb.CommitOptions) (*lb.Operation, error) {
	of := call{"loadbalancers.commit", lb.KindLoadBalancer, string(id)}
	return edit(ctx, s.provider, of, func(_, _ *tree) (*lb.Operation, error) {
		return &lb.Operation{LoadBalancer: id, Status: lb.OperationDone, Progress: 100}, nil
	})
}

func (s frontends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Frontend, error] {
	of := call{"frontends.list", lb.KindLoadBalancer, string(parent)}
	return list(of, opts, func(f *lb.Frontend) string { return f.Name }, func() ([]*lb.Frontend, error) {
		return edit(ctx, s.provider, of, func(t, _ *tree) ([]*lb.Frontend, error) { return t.frontends, nil })
	})
}

func (s frontends) Get(ctx context.Context, id lb.FrontendID) (*lb.Frontend, error) {
	return edit(ctx, s.provider, call{"frontends.get", lb.KindFrontend, string(id)}, same[*lb.Frontend])
}

func (s frontends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.FrontendSpec) (*lb.Frontend, error) {
	spec, err := rules.Frontend(spec)
	if err != nil {
		return nil, err
	}
	return edit(ctx, s.provider, call{"frontends.create", lb.KindLoadBalancer, string(parent)}, func(t, _ *tree) (*lb.Frontend, error) {
		id := lb.FrontendID(fmt.Sprintf("%s/listeners/l%d", parent, t.raw.Version)) // no version makes two
		f := &lb.Frontend{ID: id, LoadBalancer: parent, FrontendSpec: spec}
		t.frontends = append(t.frontends, f)
		return f, nil
	})
}

func (s frontends) Update(ctx context.Context, id lb.FrontendID, change func(*lb.FrontendSpec) error) (*lb.Frontend, error) {
	of := call{"frontends.update", lb.KindFrontend, string(id)}
	return edit(ctx, s.provider, of, func(_ *tree, f *lb.Frontend) (_ *lb.Frontend, err error) {
		f.FrontendSpec, err = rules.UpdateFrontend(f.FrontendSpec, change)
		return f, err
	})
}

func (s frontends) Delete(ctx context.Context, id lb.FrontendID) error {
	_, err := edit(ctx, s.provider, call{"frontends.delete", lb.KindFrontend, string(id)}, func(t *tree, f *lb.Frontend) (any, error) {
		t.frontends = slices.DeleteFunc(t.frontends, func(other *lb.Frontend) bool { return other == f })
		return nil, nil
	})
	return err
}

func (s backends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Backend, error] {
	of := call{"backends.list", lb.KindLoadBalancer, string(parent)}
	return list(of, opts, func(b *lb.Backend) string { return b.Name }, func() ([]*lb.Backend, error) {
		return edit(ctx, s.provider, of, func(t, _ *tree) ([]*lb.Backend, error) { return t.backends, nil })
	})
}

func (s backends) Get(ctx context.Context, id lb.BackendID) (*lb.Backend, error) {
	return edit(ctx, s.provider, call{"backends.get", lb.KindBackend, string(id)}, same[*lb.Backend])
}

func (s backends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, with ...lb.ServerSpec) (*lb.Backend, error) {
	spec, with, err := rules.Backend(spec, with)
	if err != nil {
		return nil, err
	}
	return edit(ctx, s.provider, call{"backends.create", lb.KindLoadBalancer, string(parent)}, func(t, _ *tree) (*lb.Backend, error) {
		id := lb.BackendID(fmt.Sprintf("%s/pools/p%d", parent, t.raw.Version))
		b := &lb.Backend{ID: id, LoadBalancer: parent, BackendSpec: spec, Servers: newServers(id, with)}
		t.backends = append(t.backends, b)
		return b, nil
	})
}

func (s backends) Update(ctx context.Context, id lb.BackendID, change func(*lb.BackendSpec) error) (*lb.Backend, error) {
	of := call{"backends.update", lb.KindBackend, string(id)}
	return edit(ctx, s.provider, of, func(_ *tree, b *lb.Backend) (_ *lb.Backend, err error) {
		b.BackendSpec, err = rules.UpdateBackend(b.BackendSpec, specs(b), change)
		return b, err
	})
}

func (s backends) Delete(ctx context.Context, id lb.BackendID) error {
	of := call{"backends.delete", lb.KindBackend, string(id)}
	_, err := edit(ctx, s.provider, of, func(t *tree, _ *lb.Backend) (any, error) {
		for _, f := range t.frontends {
			if f.DefaultBackend == id {
				return nil, of.fail(lb.ErrInUse, "it is the default of "+string(f.ID))
			}
		}
		t.backends = slices.DeleteFunc(t.backends, func(b *lb.Backend) bool { return b.ID == id })
		return nil, nil
	})
	return err
}

func (s backends) Health(ctx context.Context, id lb.BackendID, opts lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	of := call{"backends.health", lb.KindBackend, string(id)}
	return list(of, lb.ListOptions{PageOptions: opts}, nil, func() ([]*lb.ServerHealth, error) {
		return edit(ctx, s.provider, of, func(_ *tree, b *lb.Backend) ([]*lb.ServerHealth, error) {
			return each(b.Servers, func(s *lb.Server) *lb.ServerHealth {
				m, _ := s.Native.(member)
				return &lb.ServerHealth{Server: s.ID, State: m.Health, Native: m}
			}), nil
		})
	})
}

func (s servers) List(ctx context.Context, parent lb.BackendID, opts lb.ListOptions) iter.Seq2[*lb.Server, error] {
	of := call{"servers.list", lb.KindBackend, string(parent)}
	return list(of, opts, func(s *lb.Server) string { return s.Name }, func() ([]*lb.Server, error) {
		return edit(ctx, s.provider, of, func(_ *tree, b *lb.Backend) ([]*lb.Server, error) { return b.Servers, nil })
	})
}

func (s servers) Get(ctx context.Context, id lb.ServerID) (*lb.Server, error) {
	return edit(ctx, s.provider, call{"servers.get", lb.KindServer, string(id)}, same[*lb.Server])
}

func (s servers) Update(ctx context.Context, id lb.ServerID, change func(*lb.ServerSpec) error) (*lb.Server, error) {
	of := call{"servers.update", lb.KindServer, string(id)}
	return edit(ctx, s.provider, of, func(t *tree, server *lb.Server) (_ *lb.Server, err error) {
		b, _ := t.find(string(server.Backend)).(*lb.Backend)
		server.ServerSpec, err = rules.UpdateServer(b.BackendSpec, server.ServerSpec, change)
		return server, err
	})
}

func (s servers) Add(ctx context.Context, parent lb.BackendID, wanted ...lb.ServerSpec) ([]*lb.Server, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	of := call{"servers.add", lb.KindBackend, string(parent)}
	return edit(ctx, s.provider, of, func(t *tree, b *lb.Backend) ([]*lb.Server, error) {
		specs, err := rules.Servers(b.BackendSpec, nil, wanted)
		added := newServers(parent, specs)
		for _, server := range added {
			if t.find(string(server.ID)) != nil {
				return nil, call{of.op, lb.KindServer, string(server.ID)}.fail(lb.ErrExists, "")
			}
		}
		b.Servers = append(b.Servers, added...)
		return added, err
	})
}

func (s servers) Set(ctx context.Context, parent lb.BackendID, wanted []lb.ServerSpec, opts lb.SetOptions) ([]*lb.Server, error) {
	of := call{"servers.set", lb.KindBackend, string(parent)}
	if len(wanted) == 0 && !opts.AllowEmpty {
		return nil, of.fail(lb.ErrInvalid, "an empty set needs AllowEmpty")
	}
	return edit(ctx, s.provider, of, func(_ *tree, b *lb.Backend) ([]*lb.Server, error) {
		specs, err := rules.Servers(b.BackendSpec, specs(b), wanted)
		b.Servers = newServers(parent, specs)
		return b.Servers, err
	})
}

func (s servers) Remove(ctx context.Context, ids ...lb.ServerID) error {
	var parents []string
	for _, id := range ids {
		of := call{"servers.remove", lb.KindServer, string(id)}
		if _, err := of.balancer(); err != nil {
			return err
		}
		if parent := path.Dir(path.Dir(of.id)); !slices.Contains(parents, parent) {
			parents = append(parents, parent)
		}
	}
	for _, parent := range parents {
		of := call{"servers.remove", lb.KindBackend, parent}
		_, err := edit(ctx, s.provider, of, func(t *tree, b *lb.Backend) (any, error) {
			for _, id := range ids {
				if strings.HasPrefix(string(id), parent+"/") && t.find(string(id)) == nil {
					return nil, call{of.op, lb.KindServer, string(id)}.fail(lb.ErrNotFound, "")
				}
			}
			b.Servers = slices.DeleteFunc(b.Servers, func(s *lb.Server) bool { return slices.Contains(ids, s.ID) })
			if len(b.Servers) == 0 {
				return nil, of.fail(lb.ErrInvalid, "it would be empty: Set with AllowEmpty does that")
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func specs(b *lb.Backend) []lb.ServerSpec {
	return each(b.Servers, func(s *lb.Server) lb.ServerSpec { return s.ServerSpec })
}

func newServers(parent lb.BackendID, specs []lb.ServerSpec) []*lb.Server {
	return each(specs, func(spec lb.ServerSpec) *lb.Server { return newServer(parent, spec) })
}
