package scaleway

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// backends is lb.Backends.
type backends struct {
	lb.UnimplementedBackends

	p *provider
}

func (s backends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Backend, error] {
	at, err := locate(s.p, "backends.list", lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return rest.Fail[*lb.Backend](err)
	}
	query := BackendListOptions{Name: opts.Name, OrderBy: OrderByCreatedAtAsc, PageOptions: opts.PageOptions}
	return rest.NamedList("backends.list", rest.Map(at.Backends.List(ctx, at.uuid, query), func(b *Backend) (*lb.Backend, error) {
		return neutralBackend(at.zone, b)
	}))
}

func (s backends) Get(ctx context.Context, id lb.BackendID) (_ *lb.Backend, err error) {
	defer rest.Named("backends.get", &err)
	at, err := locate(s.p, "backends.get", lb.KindBackend, id, ParseBackendID)
	if err != nil {
		return nil, err
	}
	b, err := at.Backends.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	return neutralBackend(at.zone, b)
}

// Create makes a backend with its check and servers by one call.
func (s backends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, servers ...lb.ServerSpec) (_ *lb.Backend, err error) {
	const op = "backends.create"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	draft := newBackendDraft(spec)
	pool, found := s.p.dialect.settle(&draft.spec, servers)
	if len(found) > 0 {
		return nil, found
	}
	settings, check, err := draft.wire.backend(op, draft.spec)
	if err != nil {
		return nil, err
	}
	made, err := create(ctx, s.p.client, subject{op: op, kind: lb.KindBackend, name: draft.spec.Name}, creation[Backend]{
		send: func(ctx context.Context) (*Backend, error) {
			return at.Backends.Create(ctx, at.uuid, newBackend(settings, check, addresses(draft.few[:0], pool)))
		},
		look: func(ctx context.Context) iter.Seq2[*Backend, error] {
			return at.Backends.List(ctx, at.uuid, BackendListOptions{Name: draft.spec.Name, OrderBy: OrderByCreatedAtAsc})
		},
		same:    func(b *Backend) bool { return outcome(at.zone, b, draft.spec, pool) },
		created: func(b *Backend) time.Time { return b.CreatedAt },
		id:      func(b *Backend) string { return string(FormatBackendID(at.zone, b.ID)) },
	})
	if err != nil {
		return nil, err
	}
	s.p.client.writes.wrote(parent, made.UpdatedAt)
	return neutralBackend(at.zone, made)
}

// backendDraft is a backend on its way to the API: its spec, which is canonical once
// it is settled, with copies of what that changes, and what the wire form points to. It
// is one piece of memory. The rest of the spec is the caller's still, and only read.
type backendDraft struct {
	spec    lb.BackendSpec
	check   lb.HealthCheck
	request lb.HTTPCheck
	wire    wireValues
	few     [4]string // servers
}

func newBackendDraft(spec lb.BackendSpec) *backendDraft {
	d := &backendDraft{spec: spec}
	if spec.HealthCheck != nil {
		d.check = *spec.HealthCheck
		d.spec.HealthCheck = &d.check
		if d.check.HTTP != nil {
			d.request = *d.check.HTTP
			d.check.HTTP = &d.request
		}
	}
	if spec.TLS != nil {
		d.spec.TLS = new(*spec.TLS)
	}
	return d
}

// outcome reports whether b is what a creation would have made.
func outcome(zone Zone, b *Backend, want lb.BackendSpec, servers []lb.ServerSpec) bool {
	got, err := neutralBackend(zone, b)
	if err != nil || !lb.Equal(got.BackendSpec, want) || len(got.Servers) != len(servers) {
		return false
	}
	for i, server := range got.Servers {
		if !lb.Equal(server.ServerSpec, servers[i]) {
			return false
		}
	}
	return true
}

// addresses appends to pool, which is empty, what the API is told of servers.
func addresses(pool []string, specs []lb.ServerSpec) []string {
	pool = slices.Grow(pool, len(specs))
	var text strings.Builder // one text, of which all are parts
	text.Grow(len(specs) * len("255.255.255.255"))
	for _, spec := range specs {
		start := text.Len()
		var buffer [64]byte
		text.Write(spec.Address.AppendTo(buffer[:0]))
		pool = append(pool, text.String()[start:])
	}
	return pool
}

// Update changes a backend by a call for its settings and one for its check, only
// those whose content changed.
func (s backends) Update(ctx context.Context, id lb.BackendID, change func(*lb.BackendSpec) error) (_ *lb.Backend, err error) {
	const op = "backends.update"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindBackend, id, ParseBackendID)
	if err != nil {
		return nil, err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindBackend, string(id))
	if err != nil {
		return nil, err
	}
	defer unlock()
	b, err := at.Backends.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	before, after, err := s.desired(at.zone, b, change)
	if err != nil {
		return nil, err
	}
	c, err := newBackendChange(op, b, before, after)
	if err != nil {
		return nil, err
	}
	updated, err := s.apply(ctx, at, b, c)
	if err != nil {
		return nil, err
	}
	return neutralBackend(at.zone, updated)
}

// desired are the canonical forms of what b is and of what change makes of it.
func (s backends) desired(zone Zone, b *Backend, change func(*lb.BackendSpec) error) (before, after lb.BackendSpec, err error) {
	model, err := neutralBackend(zone, b)
	if err != nil {
		return before, after, err
	}
	wanted := lb.Clone(model.BackendSpec)
	if err := change(&wanted); err != nil {
		return before, after, rest.OfCaller(err)
	}
	pool := serverSpecs(model.Servers)
	before, _, known := s.p.dialect.backend(model.BackendSpec, pool)
	after, _, found := s.p.dialect.backend(wanted, pool)
	return before, after, caused(known, found)
}

// backendChange is what an update of a backend makes of what is live.
type backendChange struct {
	liveSettings, settings BackendUpdate
	liveCheck, check       HealthCheck
}

func newBackendChange(op string, b *Backend, before, after lb.BackendSpec) (backendChange, error) {
	c := backendChange{liveSettings: NewBackendUpdate(b), liveCheck: b.HealthCheck}
	was, wasCheck, err := new(wireValues).backend(op, before)
	if err != nil {
		return c, err
	}
	now, nowCheck, err := new(wireValues).backend(op, after)
	if err != nil {
		return c, err
	}
	c.settings, c.check = merge(c.liveSettings, was, now), merge(c.liveCheck, wasCheck, nowCheck)
	if after.HealthCheck.Type == unknownCheck && !reflect.DeepEqual(c.liveCheck, c.check) {
		p := &problems{kind: lb.KindBackend}
		p.unsupported("backend.healthCheck.type", "healthCheck.type", after.HealthCheck.Type, "this version does not know the live check's kind, and would lose it")
		return c, p.list
	}
	return c, nil
}

// apply sends a change. The check goes first, so that after an error between the
// calls the same change once more does the rest: a check's port that follows the
// backend's is told from one of its own by the two being equal. Only its PROXY header
// waits for a backend that speaks it.
func (s backends) apply(ctx context.Context, at site, b *Backend, c backendChange) (*Backend, error) {
	first := c.check
	if !c.liveCheck.CheckSendProxy && proxies.read(c.liveSettings.ProxyProtocol) == "" {
		first.CheckSendProxy = false
	}
	b, err := s.putCheck(ctx, at, b, c.liveCheck, first)
	if err != nil {
		return nil, err
	}
	if b, err = s.putSettings(ctx, at, b, c); err != nil {
		return nil, err
	}
	return s.putCheck(ctx, at, b, first, c.check)
}

// putCheck makes b's check, which is live, what is wanted.
func (s backends) putCheck(ctx context.Context, at site, b *Backend, live, wanted HealthCheck) (*Backend, error) {
	if reflect.DeepEqual(live, wanted) {
		return b, nil
	}
	check, err := at.Backends.UpdateHealthCheck(ctx, at.uuid, wanted)
	if err != nil {
		return nil, err
	}
	s.p.wroteNow(FormatLoadBalancerID(at.zone, b.LB.ID)) // the answer has no time
	updated := *b
	updated.HealthCheck = *check
	return &updated, nil
}

func (s backends) putSettings(ctx context.Context, at site, b *Backend, c backendChange) (*Backend, error) {
	if reflect.DeepEqual(c.liveSettings, c.settings) {
		return b, nil
	}
	updated, err := at.Backends.Update(ctx, at.uuid, c.settings)
	if err != nil {
		return nil, err
	}
	renamed := c.liveSettings
	renamed.Name = c.settings.Name
	if !reflect.DeepEqual(renamed, c.settings) { // a name does not reach the instances
		s.p.client.writes.wrote(FormatLoadBalancerID(at.zone, b.LB.ID), updated.UpdatedAt)
	}
	return updated, nil
}

// Delete removes a backend with its servers. It looks first whether a frontend or
// a route sends traffic to it.
func (s backends) Delete(ctx context.Context, id lb.BackendID) (err error) {
	const op = "backends.delete"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindBackend, id, ParseBackendID)
	if err != nil {
		return err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindBackend, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	b, err := at.Backends.Get(ctx, at.uuid)
	if err != nil {
		return err
	}
	users, err := usersOf(ctx, at, b)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return &lb.Error{
			Code: lb.ErrInUse, Provider: providerName, Op: op, Kind: lb.KindBackend, ID: string(id), Fields: users,
		}
	}
	if err := at.Backends.Delete(ctx, at.uuid); err != nil {
		return err
	}
	s.p.wroteNow(FormatLoadBalancerID(at.zone, b.LB.ID))
	return nil
}

// usersOf names what sends traffic to a backend: frontends of its load balancer,
// and routes, which the API lists by zone.
func usersOf(ctx context.Context, at site, b *Backend) ([]lb.FieldError, error) {
	var byFrontend, byRoute []lb.FieldError
	err := rest.Together(ctx,
		func(ctx context.Context) error {
			for f, err := range at.Frontends.List(ctx, b.LB.ID, FrontendListOptions{OrderBy: OrderByCreatedAtAsc}) {
				if err != nil {
					return err
				}
				if f.Backend.ID == b.ID {
					byFrontend = append(byFrontend, lb.FieldError{
						Path: string(FormatFrontendID(at.zone, f.ID)), Reason: fmt.Sprintf("is a frontend, %q, with it as its default", f.Name),
					})
				}
			}
			return nil
		},
		func(ctx context.Context) error {
			for r, err := range at.Routes.List(ctx, RouteListOptions{OrderBy: OrderByCreatedAtAsc}) {
				if err != nil {
					return err
				}
				if r.BackendID == b.ID {
					byRoute = append(byRoute, lb.FieldError{
						Path:   formatID(at.zone, r.ID),
						Reason: fmt.Sprintf("is a route of frontend %s", FormatFrontendID(at.zone, r.FrontendID)),
					})
				}
			}
			return nil
		})
	return append(byFrontend, byRoute...), err
}
