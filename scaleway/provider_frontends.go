package scaleway

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// frontends is lb.Frontends.
type frontends struct {
	lb.UnimplementedFrontends

	p *provider
}

func (s frontends) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Frontend, error] {
	at, err := locate(s.p, "frontends.list", lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return rest.Fail[*lb.Frontend](err)
	}
	query := FrontendListOptions{Name: opts.Name, OrderBy: OrderByCreatedAtAsc, PageOptions: opts.PageOptions}
	return rest.NamedList("frontends.list", rest.Map(at.Frontends.List(ctx, at.uuid, query), func(f *Frontend) (*lb.Frontend, error) {
		return neutralFrontend(at.zone, f), nil
	}))
}

func (s frontends) Get(ctx context.Context, id lb.FrontendID) (_ *lb.Frontend, err error) {
	defer rest.Named("frontends.get", &err)
	at, err := locate(s.p, "frontends.get", lb.KindFrontend, id, ParseFrontendID)
	if err != nil {
		return nil, err
	}
	f, err := at.Frontends.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	return neutralFrontend(at.zone, f), nil
}

// Create makes a frontend. It reads the default backend first: the frontend
// speaks that backend's protocol, whatever spec says, so they must agree.
func (s frontends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.FrontendSpec) (_ *lb.Frontend, err error) {
	const op = "frontends.create"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, parent, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	canonical, err := s.p.dialect.Frontend(spec)
	if err != nil {
		return nil, err
	}
	wire, err := wireFrontend(op, at.zone, canonical)
	if err != nil {
		return nil, err
	}
	if err := s.checkBackend(ctx, op, at, at.uuid, wire.BackendID, canonical); err != nil {
		return nil, err
	}
	made, err := create(ctx, s.p.client, subject{op: op, kind: lb.KindFrontend, name: canonical.Name}, creation[Frontend]{
		send: func(ctx context.Context) (*Frontend, error) {
			return at.Frontends.Create(ctx, at.uuid, newFrontend(wire))
		},
		look: func(ctx context.Context) iter.Seq2[*Frontend, error] {
			return at.Frontends.List(ctx, at.uuid, FrontendListOptions{Name: canonical.Name, OrderBy: OrderByCreatedAtAsc})
		},
		same:    func(f *Frontend) bool { return lb.Equal(frontendSpec(at.zone, f), canonical) },
		created: func(f *Frontend) time.Time { return f.CreatedAt },
		id:      func(f *Frontend) string { return string(FormatFrontendID(at.zone, f.ID)) },
	})
	if err != nil {
		return nil, err
	}
	s.p.client.writes.wrote(parent, made.UpdatedAt)
	return neutralFrontend(at.zone, made), nil
}

// checkBackend reads the backend that a frontend of a load balancer is to have,
// and refuses one of another load balancer or protocol.
func (s frontends) checkBackend(ctx context.Context, op string, at site, loadBalancer, backend string, spec lb.FrontendSpec) error {
	b, err := at.Backends.Get(ctx, backend)
	switch {
	case errors.Is(err, lb.ErrNotFound):
		return misfit(op, lb.KindFrontend, "", "defaultBackend", "%q: there is no such backend", spec.DefaultBackend)
	case err != nil:
		return err
	case b.LB.ID != loadBalancer:
		return misfit(op, lb.KindFrontend, "", "defaultBackend", "%q: is of another load balancer", spec.DefaultBackend)
	}
	if speaks := backendProtocols.read(b.ForwardProtocol); speaks != spec.Protocol {
		return misfit(op, lb.KindFrontend, "", "protocol", "%q: the default backend speaks %s", spec.Protocol, speaks)
	}
	return nil
}

// Update changes a frontend by one call. Its protocol changes only with its
// default backend, whose protocol it is.
func (s frontends) Update(ctx context.Context, id lb.FrontendID, change func(*lb.FrontendSpec) error) (_ *lb.Frontend, err error) {
	const op = "frontends.update"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindFrontend, id, ParseFrontendID)
	if err != nil {
		return nil, err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindFrontend, string(id))
	if err != nil {
		return nil, err
	}
	defer unlock()
	f, err := at.Frontends.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	before, after, err := s.desired(at.zone, f, change)
	if err != nil {
		return nil, err
	}
	live := liveFrontend(f)
	update, err := mergeFrontend(op, at.zone, live, before, after)
	if err != nil {
		return nil, err
	}
	if reflect.DeepEqual(live, update) {
		return neutralFrontend(at.zone, f), nil
	}
	if before.DefaultBackend != after.DefaultBackend {
		if err := s.checkBackend(ctx, op, at, f.LB.ID, update.BackendID, after); err != nil {
			return nil, err
		}
	}
	updated, err := at.Frontends.Update(ctx, at.uuid, update)
	if err != nil {
		return nil, err
	}
	renamed := live
	renamed.Name = update.Name
	if !reflect.DeepEqual(renamed, update) { // a name does not reach the instances
		s.p.client.writes.wrote(FormatLoadBalancerID(at.zone, f.LB.ID), updated.UpdatedAt)
	}
	return neutralFrontend(at.zone, updated), nil
}

// desired are the canonical forms of what f is and of what change makes of it.
func (s frontends) desired(zone Zone, f *Frontend, change func(*lb.FrontendSpec) error) (before, after lb.FrontendSpec, err error) {
	live := frontendSpec(zone, f)
	wanted := lb.Clone(live)
	if err := change(&wanted); err != nil {
		return before, after, rest.OfCaller(err)
	}
	before, known := s.p.dialect.frontend(live)
	after, found := s.p.dialect.frontend(wanted)
	if err := caused(known, found); err != nil {
		return before, after, err
	}
	if before.Protocol != after.Protocol && before.DefaultBackend == after.DefaultBackend {
		p := &problems{kind: lb.KindFrontend}
		p.unsupported("frontend.protocol.update", "protocol", after.Protocol, "it is the default backend's protocol")
		return before, after, p.list
	}
	return before, after, nil
}

func mergeFrontend(op string, zone Zone, live FrontendUpdate, before, after lb.FrontendSpec) (FrontendUpdate, error) {
	was, err := wireFrontend(op, zone, before)
	if err != nil {
		return live, err
	}
	now, err := wireFrontend(op, zone, after)
	if err != nil {
		return live, err
	}
	return merge(live, was, now), nil
}

// Delete removes a frontend with its filters and routes. The frontend goes first,
// so that at no moment it lets in what its filters deny: they go with it, as
// recordings show. Where the API wants the routes gone before, they go and the
// frontend after them; if it stays then, the error's Fields name the routes that went.
func (s frontends) Delete(ctx context.Context, id lb.FrontendID) (err error) {
	const op = "frontends.delete"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindFrontend, id, ParseFrontendID)
	if err != nil {
		return err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindFrontend, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	f, err := at.Frontends.Get(ctx, at.uuid)
	if err != nil {
		return err
	}
	parent := FormatLoadBalancerID(at.zone, f.LB.ID)
	err = at.Frontends.Delete(ctx, at.uuid)
	if mayBeInUse(err) {
		err = s.deleteAfterRoutes(ctx, at, parent, err)
	}
	if err != nil {
		return err
	}
	s.p.wroteNow(parent)
	return nil
}

// mayBeInUse reports whether an error may be the API's for what still has something
// in it. What it answers then is not known (facts 18.3); a type that means something
// else is not that.
func mayBeInUse(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed:
	default:
		return false
	}
	switch e.Type {
	case "":
		return true
	case typePreconditionFailed:
		return !errors.Is(err, lb.ErrInvalid) // another precondition
	default:
		return false
	}
}

// deleteAfterRoutes deletes the routes of a frontend and then the frontend. Refused is
// what the API said to that while they were there: without any it was about something
// else.
func (s frontends) deleteAfterRoutes(ctx context.Context, at site, parent lb.LoadBalancerID, refused error) error {
	routes, err := lb.Collect(at.Routes.List(ctx, RouteListOptions{FrontendID: at.uuid}))
	if err != nil {
		return err
	}
	if len(routes) == 0 {
		return refused
	}
	var gone []lb.FieldError
	for _, route := range routes {
		switch err := at.Routes.Delete(ctx, route.ID); {
		case err == nil:
			s.p.wroteNow(parent)
			gone = append(gone, lb.FieldError{Path: formatID(at.zone, route.ID), Reason: "is a route that has been removed"})
		case !errors.Is(err, lb.ErrNotFound):
			return besides(err, gone)
		}
	}
	return besides(at.Frontends.Delete(ctx, at.uuid), gone)
}

// besides is err with more to say.
func besides(err error, fields []lb.FieldError) error {
	var e *lb.Error
	if !errors.As(err, &e) {
		return err
	}
	told := *e
	told.Fields = slices.Concat(e.Fields, fields)
	return &told
}
