package main

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"path"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// servers are part of their pool, which is read and written as a whole.
type servers struct {
	lb.UnimplementedServers
	pools pools
}

func (s servers) List(ctx context.Context, in lb.BackendID, opts lb.ListOptions) iter.Seq2[*lb.Server, error] {
	return list(opts.PageOptions, func() ([]*lb.Server, error) {
		what, err := on("servers.list", lb.KindBackend, in)
		if err != nil {
			return nil, err
		}
		b, err := s.pools.send(ctx, what, "", http.MethodGet, what.id, nil)
		if err != nil || opts.Name != "" { // no member has a name
			return nil, err
		}
		return newServers(in, b.Native.(*pool).Members), nil
	}, func(server *lb.Server) *lb.Server { return server })
}

func (s servers) Get(ctx context.Context, id lb.ServerID) (*lb.Server, error) {
	what, err := on("servers.get", lb.KindServer, id)
	if err != nil {
		return nil, err
	}
	b, err := s.pools.send(ctx, what, "", http.MethodGet, above[string](id), nil)
	if err != nil {
		return nil, err
	}
	members := b.Native.(*pool).Members
	i, err := find(what, members)
	if err != nil {
		return nil, err
	}
	return newServers(above[lb.BackendID](id), members)[i], nil
}

// find is the index of the member that a call is about.
func find(what call, members []member) (int, error) {
	i := slices.IndexFunc(members, func(m member) bool { return m.Address == path.Base(what.id) })
	if i < 0 {
		return i, what.fail(lb.Error{Code: lb.ErrNotFound})
	}
	return i, nil
}

// change replaces a pool's members by those that change makes of them, which may write to
// the slice that it gets.
func (s servers) change(ctx context.Context, what call, in lb.BackendID, change func([]member) ([]member, error)) ([]*lb.Server, error) {
	b, err := s.pools.edit(ctx, what, in, func(p pool) (_ pool, err error) {
		p.Members, err = change(slices.Clone(p.Members))
		slices.SortFunc(p.Members, func(a, b member) int { return cmp.Compare(a.Address, b.Address) })
		return p, err
	})
	if err != nil {
		return nil, err
	}
	return b.Servers, nil
}

func (s servers) Update(ctx context.Context, id lb.ServerID, change func(*lb.ServerSpec) error) (*lb.Server, error) {
	what, err := on("servers.update", lb.KindServer, id)
	if err != nil {
		return nil, err
	}
	at, in := 0, above[lb.BackendID](id)
	all, err := s.change(ctx, what, in, func(members []member) ([]member, error) {
		if at, err = find(what, members); err != nil {
			return nil, err
		}
		spec, err := revise("server", newServers(in, members)[at].ServerSpec, change, func(spec lb.ServerSpec) (lb.ServerSpec, error) {
			spec, p := canonicalServer("", spec)
			return spec, p.Err()
		})
		if err != nil {
			return nil, err
		}
		members[at].Weight = *spec.Weight
		return members, nil
	})
	if err != nil {
		return nil, err
	}
	return all[at], nil
}

// newMembers are what the API is sent for canonical specs. They keep the states of those
// that are there.
func newMembers(specs []lb.ServerSpec, there []member) []member {
	members := []member{}
	for _, spec := range specs {
		m := member{Address: spec.Address.String(), Weight: *spec.Weight}
		if i := slices.IndexFunc(there, func(old member) bool { return old.Address == m.Address }); i >= 0 {
			m.State = there[i].State
		}
		members = append(members, m)
	}
	return members
}

func (s servers) Add(ctx context.Context, in lb.BackendID, specs ...lb.ServerSpec) ([]*lb.Server, error) {
	what, err := on("servers.add", lb.KindBackend, in)
	if err != nil {
		return nil, err
	}
	if specs, err = canonicalServers(specs); err != nil || len(specs) == 0 {
		return nil, err
	}
	added := newMembers(specs, nil)
	_, err = s.change(ctx, what, in, func(members []member) ([]member, error) {
		for _, m := range added {
			if slices.ContainsFunc(members, func(old member) bool { return old.Address == m.Address }) {
				return nil, what.fail(lb.Error{Code: lb.ErrExists, Message: m.Address + " is there"})
			}
		}
		return append(members, added...), nil
	})
	if err != nil {
		return nil, err
	}
	return newServers(in, added), nil
}

func (s servers) Set(ctx context.Context, in lb.BackendID, specs []lb.ServerSpec, opts lb.SetOptions) ([]*lb.Server, error) {
	what, err := on("servers.set", lb.KindBackend, in)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, what.fail(lb.Error{Code: lb.ErrInvalid, Message: "an empty set needs AllowEmpty"})
	}
	if specs, err = canonicalServers(specs); err != nil {
		return nil, err
	}
	return s.change(ctx, what, in, func(members []member) ([]member, error) { return newMembers(specs, members), nil })
}

// Remove is one write for each backend.
func (s servers) Remove(ctx context.Context, ids ...lb.ServerID) error {
	calls := map[lb.BackendID][]call{}
	for _, id := range ids {
		what, err := on("servers.remove", lb.KindServer, id)
		if err != nil {
			return err
		}
		if in := above[lb.BackendID](id); !slices.Contains(calls[in], what) {
			calls[in] = append(calls[in], what)
		}
	}
	for in, whats := range calls {
		_, err := s.change(ctx, whats[0], in, func(members []member) ([]member, error) {
			for _, what := range whats {
				i, err := find(what, members)
				if err != nil {
					return nil, err
				}
				members = slices.Delete(members, i, i+1)
			}
			if len(members) == 0 {
				return nil, whats[0].fail(lb.Error{Code: lb.ErrInvalid, Message: "Set with AllowEmpty removes the last"})
			}
			return members, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
