package document

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

type backends struct {
	lb.UnimplementedBackends

	p *Provider
}

func (s backends) call(op string, id lb.BackendID) call {
	return call{s.p, "backends." + op, lb.KindBackend, string(id)}
}

// backend is the one that the call is about.
func (c call) backend(d *Document) (*lb.Backend, error) {
	return c.backendOf(d, nil, lb.BackendID(c.id), lb.ErrNotFound)
}

// backendOf is a backend in what a call has read or written, and an error with code where it
// is not there.
func (c call) backendOf(d *Document, err error, id lb.BackendID, code error) (*lb.Backend, error) {
	if err != nil {
		return nil, err
	}
	if b := d.backend(id); b != nil {
		return b, nil
	}
	return nil, c.fail(code, "")
}

// backendKept is a backend that a call has written, with these settings.
func (c call) backendKept(d *Document, err error, id lb.BackendID, written *lb.BackendSpec) (*lb.Backend, error) {
	b, err := c.backendOf(d, err, id, lb.ErrUncertain)
	if err == nil {
		err = same(c, *written, b.BackendSpec)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (s backends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Backend, error] {
	c := s.call("list", "").of(lb.KindLoadBalancer, string(parent))
	return list(ctx, c, opts.PageOptions, func() ([]*lb.Backend, error) {
		d, err := c.read(ctx)
		if err != nil {
			return nil, err
		}
		return named(d.Backends, opts.Name, func(b *lb.Backend) string { return b.Name }), nil
	})
}

func (s backends) Get(ctx context.Context, id lb.BackendID) (*lb.Backend, error) {
	c := s.call("get", id)
	d, err := c.read(ctx)
	return c.backendOf(d, err, id, lb.ErrNotFound)
}

func (s backends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, with ...lb.ServerSpec) (*lb.Backend, error) {
	c := s.call("create", "").of(lb.KindLoadBalancer, string(parent))
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	spec, with, err := s.p.rules.Backend(spec, with)
	if err != nil {
		return nil, err
	}
	id := lb.BackendID(join(string(parent), "backends", newKey()))
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		if d.backend(id) != nil { // the conflict was with this very write
			return false, nil
		}
		d.Backends = append(d.Backends, &lb.Backend{ID: id, BackendSpec: spec, Servers: newServers(id, with)})
		return true, nil
	})
	if _, err := c.allServersKept(d, err, id, with); err != nil {
		return nil, err
	}
	return c.backendKept(d, err, id, &spec)
}

func (s backends) Update(ctx context.Context, id lb.BackendID, change func(*lb.BackendSpec) error) (*lb.Backend, error) {
	c := s.call("update", id)
	var after lb.BackendSpec
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		b, err := c.backend(d)
		if err != nil {
			return false, err
		}
		before := b.BackendSpec
		after, err = s.p.rules.UpdateBackend(before, specs(b.Servers, serverSpec), change)
		if err != nil || lb.Equal(before, after) {
			return false, err
		}
		b.BackendSpec = after
		return true, c.misfit(fit.Backend(&d.Tree, id, before.Protocol, after.Protocol))
	})
	return c.backendKept(d, err, id, &after)
}

func (s backends) Delete(ctx context.Context, id lb.BackendID) error {
	c := s.call("delete", id)
	seen := false
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		if _, err := c.backend(d); err != nil {
			return false, unless(seen, err)
		}
		seen = true
		if users := fit.Users(&d.Tree, id); len(users) > 0 {
			return false, c.fail(lb.ErrInUse, "by %s", strings.Join(users, ", "))
		}
		d.Backends = slices.DeleteFunc(d.Backends, func(b *lb.Backend) bool { return b.ID == id })
		return true, nil
	})
	if err != nil {
		return err
	}
	return c.removed(d.backend(id) != nil)
}

func (s backends) Health(ctx context.Context, id lb.BackendID, opts lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	c := s.call("health", id)
	return list(ctx, c, opts, func() ([]*lb.ServerHealth, error) {
		health, err := c.health(ctx)
		if err != nil {
			return nil, err
		}
		servers, known := health.Servers[lb.BackendID(lastKey(c.id))]
		if !known { // without servers, or not there
			d, err := c.read(ctx)
			_, err = c.backendOf(d, err, id, lb.ErrNotFound)
			return nil, err
		}
		all := make([]*lb.ServerHealth, len(servers))
		for i, state := range servers {
			state.Server = lb.ServerID(join(c.id, "servers", string(state.Server)))
			all[i] = &state
		}
		return all, nil
	})
}
