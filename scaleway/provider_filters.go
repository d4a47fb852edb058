package scaleway

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// filters is lb.Filters.
type filters struct {
	lb.UnimplementedFilters

	p *provider
}

// List yields the filters of a frontend in the order in which they are tried, which
// the API does not list them in: it reads all of them first.
func (s filters) List(ctx context.Context, parent lb.FrontendID, opts lb.PageOptions) iter.Seq2[*lb.Filter, error] {
	const op = "filters.list"
	at, err := locate(s.p, op, lb.KindFrontend, parent, ParseFrontendID)
	if err != nil {
		return rest.Fail[*lb.Filter](err)
	}
	if err := rest.CheckPages(providerName, op, opts); err != nil {
		return rest.Fail[*lb.Filter](err)
	}
	return rest.NamedList(op, rest.Later(func() ([]*lb.Filter, error) {
		acls, err := lb.Collect(at.ACLs.List(ctx, at.uuid, ACLListOptions{PageOptions: opts}))
		if err != nil {
			return nil, err
		}
		return neutralFilters(at.zone, parent, portOf(acls), acls), nil
	}))
}

// portOf is the port of the frontend that every ACL shows; without ACLs nobody asks.
func portOf(acls []*ACL) int {
	if len(acls) == 0 {
		return 0
	}
	return acls[0].Frontend.InboundPort
}

// Set replaces the filters of a frontend by one call, whatever their number. Those
// that are there already keep what this version cannot say of them. Whether the
// replacement is one moment for the traffic is not documented (facts 8).
func (s filters) Set(ctx context.Context, parent lb.FrontendID, specs []lb.FilterSpec, opts lb.SetOptions) (_ []*lb.Filter, err error) {
	const op = "filters.set"
	defer rest.Named(op, &err)
	if err := s.p.mayEmpty(op, parent, len(specs), opts); err != nil {
		return nil, err
	}
	at, f, unlock, err := s.p.beginRules(ctx, op, parent)
	if err != nil {
		return nil, err
	}
	defer unlock()
	live, err := lb.Collect(at.ACLs.List(ctx, at.uuid, ACLListOptions{}))
	if err != nil {
		return nil, err
	}
	live = inOrder(live)
	wanted, unchanged, err := s.wanted(op, at.zone, f, live, specs)
	if err != nil {
		return nil, err
	}
	if unchanged {
		return neutralFilters(at.zone, parent, f.InboundPort, live), nil
	}
	answer, err := at.ACLs.Set(ctx, at.uuid, wanted)
	if err != nil {
		return nil, err
	}
	made := pointers(answer)
	s.p.wroteFilters(FormatLoadBalancerID(at.zone, f.LB.ID), live, made)
	return neutralFilters(at.zone, parent, f.InboundPort, made), nil
}

// mayEmpty refuses to leave a frontend without rules of a kind by mistake.
func (p *provider) mayEmpty(op string, parent lb.FrontendID, count int, opts lb.SetOptions) error {
	if count > 0 || opts.AllowEmpty {
		return nil
	}
	if _, err := locate(p, op, lb.KindFrontend, parent, ParseFrontendID); err != nil {
		return err
	}
	return refusal(op, lb.KindFrontend, string(parent), "nothing would be left: if that is meant, say AllowEmpty")
}

// beginRules locks a frontend and reads it, for a write of its filters or routes.
func (p *provider) beginRules(ctx context.Context, op string, parent lb.FrontendID) (at site, f *Frontend, unlock func(), err error) {
	if at, err = locate(p, op, lb.KindFrontend, parent, ParseFrontendID); err != nil {
		return at, nil, nil, err
	}
	if unlock, err = p.lock(ctx, op, lb.KindFrontend, string(parent)); err != nil {
		return at, nil, nil, err
	}
	if f, err = at.Frontends.Get(ctx, at.uuid); err != nil {
		unlock()
		return at, nil, nil, err
	}
	return at, f, unlock, nil
}

// wanted are the ACLs that do what specs say. What is live already is taken over as
// it is, but for its index. Unchanged says that nothing is to be done.
func (s filters) wanted(op string, zone Zone, f *Frontend, live []*ACL, specs []lb.FilterSpec) (acls []ACLSpec, unchanged bool, err error) {
	frontend := frontendSpec(zone, f)
	there := make([]lb.FilterSpec, len(live))
	for i, a := range live {
		there[i], _ = s.p.dialect.filter(frontend, i, filterSpec(f.InboundPort, a))
	}
	left := slices.Clone(there) // each excuses one spec: there is no writing it a second time
	canonical, found := s.p.dialect.filters(frontend, specs, func(spec lb.FilterSpec) bool {
		i := slices.IndexFunc(left, func(t lb.FilterSpec) bool { return lb.Equal(t, spec) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
		return true
	})
	if len(found) > 0 {
		return nil, false, found
	}
	unchanged = len(live) == len(canonical)
	taken := make([]bool, len(live))
	for i, spec := range canonical {
		own := free(there, taken, spec)
		if own < 0 {
			fresh, err := wireFilter(op, spec, i)
			if err != nil {
				return nil, false, err
			}
			acls, unchanged = append(acls, fresh), false
			continue
		}
		taken[own] = true
		kept := NewACLSpec(live[own])
		kept.Index = i
		acls, unchanged = append(acls, kept), unchanged && own == i
	}
	return acls, unchanged, nil
}

// free is the place of the first of specs that equals spec and is not taken, or -1.
func free[S lb.Spec](specs []S, taken []bool, spec S) int {
	for i := range specs {
		if !taken[i] && lb.Equal(specs[i], spec) {
			return i
		}
	}
	return -1
}

func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}

// wroteFilters takes note of a replacement. Where nothing in its answer is newer
// than what was there, it only removed something, and has no time of its own.
func (p *provider) wroteFilters(id lb.LoadBalancerID, before, after []*ACL) {
	was, now := lastChange(before), lastChange(after)
	if now.After(was) {
		p.client.writes.wrote(id, now)
		return
	}
	p.wroteNow(id)
}

func lastChange(acls []*ACL) time.Time {
	var last time.Time
	for _, a := range acls {
		if at := moment(a.UpdatedAt); at.After(last) {
			last = at
		}
	}
	return last
}
