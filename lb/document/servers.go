package document

import (
	"context"
	"iter"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

type servers struct {
	lb.UnimplementedServers

	p *Provider
}

func (s servers) call(op string, kind lb.Kind, id string) call {
	return call{s.p, "servers." + op, kind, id}
}

func serverSpec(s *lb.Server) lb.ServerSpec { return s.ServerSpec }

// newServers are servers of these settings. They have no other ID than these give them.
func newServers(backend lb.BackendID, specs []lb.ServerSpec) []*lb.Server {
	servers := make([]*lb.Server, len(specs))
	for i, spec := range specs {
		servers[i] = &lb.Server{ID: serverID(backend, spec), Backend: backend, ServerSpec: spec}
	}
	return servers
}

// serverOf is a server in what a call has read or written, with its backend, and an error
// with code where it is not there.
func (c call) serverOf(d *Document, err error, id lb.ServerID, code error) (*lb.Backend, *lb.Server, error) {
	if err != nil {
		return nil, nil, err
	}
	for _, b := range d.Backends {
		for _, server := range b.Servers {
			if server.ID == id {
				return b, server, nil
			}
		}
	}
	return nil, nil, c.fail(code, "")
}

// serversKept are the servers of a backend that a call has written, with these settings and
// in their order.
func (c call) serversKept(d *Document, err error, backend lb.BackendID, written []lb.ServerSpec) ([]*lb.Server, error) {
	var all []*lb.Server
	for _, spec := range written {
		id := serverID(backend, spec)
		_, server, missing := c.serverOf(d, err, id, lb.ErrUncertain)
		if missing != nil {
			return nil, missing
		}
		if err := same(c.of(lb.KindServer, string(id)), spec, server.ServerSpec); err != nil {
			return nil, err
		}
		all = append(all, server)
	}
	return all, err
}

// allServersKept is serversKept of a backend that is to have these servers, and no more.
func (c call) allServersKept(d *Document, err error, backend lb.BackendID, written []lb.ServerSpec) ([]*lb.Server, error) {
	b, err := c.backendOf(d, err, backend, lb.ErrUncertain)
	all, err := c.serversKept(d, err, backend, written)
	if err == nil && len(b.Servers) != len(written) {
		err := c.fail(lb.ErrUncertain, "something else is kept than was written")
		err.Fields = []lb.FieldError{*fit.Misfit("servers", "%d were written, and %d are kept", len(written), len(b.Servers))}
		return nil, err
	}
	return all, err
}

func (s servers) List(ctx context.Context, parent lb.BackendID, opts lb.ListOptions) iter.Seq2[*lb.Server, error] {
	c := s.call("list", lb.KindBackend, string(parent))
	return list(ctx, c, opts.PageOptions, func() ([]*lb.Server, error) {
		d, err := c.read(ctx)
		b, err := c.backendOf(d, err, parent, lb.ErrNotFound)
		if err != nil {
			return nil, err
		}
		return named(b.Servers, opts.Name, func(server *lb.Server) string { return server.Name }), nil
	})
}

func (s servers) Get(ctx context.Context, id lb.ServerID) (*lb.Server, error) {
	c := s.call("get", lb.KindServer, string(id))
	d, err := c.read(ctx)
	_, server, err := c.serverOf(d, err, id, lb.ErrNotFound)
	return server, err
}

func (s servers) Add(ctx context.Context, parent lb.BackendID, wanted ...lb.ServerSpec) ([]*lb.Server, error) {
	c := s.call("add", lb.KindBackend, string(parent))
	if len(wanted) == 0 {
		_, err := c.key(ctx)
		return nil, err
	}
	var added []lb.ServerSpec
	tried := false
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		b, err := c.backend(d)
		if err != nil {
			return false, err
		}
		if added, err = s.p.rules.Servers(b.BackendSpec, nil, wanted); err != nil {
			return false, err
		}
		if tried && has(b, added) { // the conflict was with this very write
			return false, nil
		}
		for _, spec := range added {
			if err := s.free(b, spec); err != nil {
				return false, err
			}
		}
		tried = true
		b.Servers = append(b.Servers, newServers(parent, added)...)
		return true, c.misfit(fit.Servers(s.p.rules.Capabilities, len(b.Servers)))
	})
	return c.serversKept(d, err, parent, added)
}

// has reports whether a backend has servers with just these settings.
func has(b *lb.Backend, specs []lb.ServerSpec) bool {
	return !slices.ContainsFunc(specs, func(spec lb.ServerSpec) bool {
		return !slices.ContainsFunc(b.Servers, func(s *lb.Server) bool { return lb.Equal(s.ServerSpec, spec) })
	})
}

// free refuses to add the address and port of a server that is there.
func (s servers) free(b *lb.Backend, spec lb.ServerSpec) error {
	for _, has := range b.Servers {
		if e := dialect.Endpoint(b.BackendSpec, spec); e == dialect.Endpoint(b.BackendSpec, has.ServerSpec) {
			return s.call("add", lb.KindServer, string(has.ID)).fail(lb.ErrExists, "%s is a server of the backend", e)
		}
	}
	return nil
}

func (s servers) Update(ctx context.Context, id lb.ServerID, change func(*lb.ServerSpec) error) (*lb.Server, error) {
	c := s.call("update", lb.KindServer, string(id))
	var after lb.ServerSpec
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		b, server, err := c.serverOf(d, nil, id, lb.ErrNotFound)
		if err != nil {
			return false, err
		}
		before := server.ServerSpec
		if after, err = s.p.rules.UpdateServer(b.BackendSpec, before, change); err != nil {
			return false, err
		}
		server.ServerSpec = after
		return !lb.Equal(before, after), nil
	})
	all, err := c.serversKept(d, err, backendOf(id), []lb.ServerSpec{after})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func (s servers) Set(ctx context.Context, parent lb.BackendID, wanted []lb.ServerSpec, opts lb.SetOptions) ([]*lb.Server, error) {
	c := s.call("set", lb.KindBackend, string(parent))
	if err := c.settable(ctx, "servers", len(wanted), opts); err != nil {
		return nil, err
	}
	var set []lb.ServerSpec
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		b, err := c.backend(d)
		if err != nil {
			return false, err
		}
		live := specs(b.Servers, serverSpec)
		if set = wanted; slices.EqualFunc(live, wanted, lb.Equal) {
			return false, nil // in whichever spelling they are there
		}
		if set, err = s.p.rules.Servers(b.BackendSpec, live, wanted); err != nil {
			return false, err
		}
		return replaceServers(b, set), nil
	})
	return c.allServersKept(d, err, parent, set)
}

// replaceServers makes the servers of a backend those of specs, and says whether they were
// others. One that stays is the same object.
func replaceServers(b *lb.Backend, specs []lb.ServerSpec) (changed bool) {
	changed = len(specs) != len(b.Servers)
	all := newServers(b.ID, specs)
	for i, server := range all {
		there := slices.IndexFunc(b.Servers, func(has *lb.Server) bool { return has.ID == server.ID })
		if there < 0 {
			changed = true
			continue
		}
		all[i] = b.Servers[there]
		changed = changed || !lb.Equal(all[i].ServerSpec, server.ServerSpec)
		all[i].ServerSpec = server.ServerSpec
	}
	b.Servers = all
	return changed
}

func (s servers) Remove(ctx context.Context, ids ...lb.ServerID) error {
	if err := s.call("remove", lb.KindServer, "").begin(ctx); err != nil {
		return err
	}
	var balancers []string
	gone := map[string][]lb.ServerID{}
	for _, id := range ids {
		key, err := s.call("remove", lb.KindServer, string(id)).key(ctx)
		if err != nil {
			return err
		}
		if gone[key] == nil {
			balancers = append(balancers, key)
		}
		gone[key] = append(gone[key], id)
	}
	for _, key := range balancers {
		if err := s.remove(ctx, gone[key]); err != nil {
			return err
		}
	}
	return nil
}

// remove removes servers of one load balancer. One that was there is missed no more once
// somebody else has written.
func (s servers) remove(ctx context.Context, ids []lb.ServerID) error {
	c := s.call("remove", lb.KindServer, string(ids[0]))
	seen := false
	d, err := c.edit(ctx, func(d *Document) (bool, error) {
		for _, id := range ids {
			c := c.of(lb.KindServer, string(id))
			if _, _, err := c.serverOf(d, nil, id, lb.ErrNotFound); err != nil && !seen {
				return false, err
			}
		}
		seen = true
		for _, b := range d.Backends {
			before := len(b.Servers)
			b.Servers = slices.DeleteFunc(b.Servers, func(has *lb.Server) bool { return slices.Contains(ids, has.ID) })
			if before > 0 && len(b.Servers) == 0 {
				return false, c.of(lb.KindBackend, string(b.ID)).fail(lb.ErrInvalid, "it would be left without servers: Servers.Set with AllowEmpty does that")
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, _, gone := c.serverOf(d, nil, id, lb.ErrNotFound)
		if err := c.of(lb.KindServer, string(id)).removed(gone == nil); err != nil {
			return err
		}
	}
	return nil
}
