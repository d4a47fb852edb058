package topology

import (
	"context"
	"slices"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// planFrontends compares the frontends, in the order in which their ports come free.
func (b *planner) planFrontends() {
	for _, n := range b.frontends {
		if n.want == nil {
			continue
		}
		resolved := b.resolved(*n.want)
		n.want = &resolved
		if n.live != nil {
			b.compareFrontend(n)
		} else if _, err := b.dialect.Frontend(n.want.FrontendSpec); err != nil {
			b.refused(n.path, err)
		}
	}
	b.tight = b.isTight()
	for _, move := range b.byPorts() {
		switch {
		case move.park != 0:
			b.parkFrontend(move.node, move.park)
		case move.remove:
			b.removeEarly(move.node)
		case move.node.live == nil || move.node.replace != "":
			b.createFrontend(move.node)
		case len(move.node.changes) > 0:
			b.updateFrontend(move.node)
		}
	}
	for _, n := range b.frontends {
		if n.want != nil {
			b.planRules(n)
		}
	}
}

// compareFrontend finds out what changes of a frontend, and whether it can in place.
func (b *planner) compareFrontend(n *frontendNode) {
	n.want.Extensions = b.withKept("frontend", n.live.Extensions, n.want.Extensions, unset)
	c, err := compare(b.name, b.dialect.Frontend, n.live.FrontendSpec, n.want.FrontendSpec)
	if err != nil {
		b.refused(n.path, err)
		return
	}
	b.excused[n.path] = c.excused || len(c.changes) == 0
	n.changes = c.changes
	reason, ok := b.updatable("frontend", b.withoutProtocol(n))
	if ok && speaksAnew(n.changes) && len(n.live.Filters)+len(n.live.Routes) > 0 {
		reason, ok = "its filters and routes are of the protocol that it has now", false
	}
	if ok {
		return
	}
	n.replace = reason
	if n.want.Name == "" {
		b.invalid(lb.ErrInvalid, lb.KindFrontend, string(n.live.ID), n.path+".name", "it has to be replaced (%s), and needs a name for that", reason)
		return
	}
	for _, other := range b.frontends {
		if other != n && (other.want != nil && other.want.Name == n.want.Name || other.live != nil && other.live.Name == n.want.Name) {
			b.invalid(lb.ErrAmbiguous, lb.KindFrontend, string(n.live.ID), n.path+".name",
				"it has to be replaced (%s), and needs a name for that which no other frontend has", reason)
			return
		}
	}
	if _, err := b.dialect.Frontend(n.want.FrontendSpec); err != nil {
		b.refused(n.path, err)
	}
}

// withoutProtocol are the changes of a frontend less that of its protocol, where that
// changes with its default backend: where a backend's protocol can change in place, so
// must that of what leads to it.
func (b *planner) withoutProtocol(n *frontendNode) []lb.Change {
	if !fit.Follows(b.capabilities, n.live.FrontendSpec, n.want.FrontendSpec) {
		return n.changes
	}
	return slices.DeleteFunc(slices.Clone(n.changes), func(change lb.Change) bool { return change.Path == "protocol" })
}

// frontendStep is the step that makes n what is wanted.
func (b *planner) frontendStep(n *frontendNode) int {
	if n.step != noStep {
		return n.step
	}
	s := Step{Action: ActionUpdate, Kind: lb.KindFrontend, Changes: b.showRefs(n.changes)}
	if n.live != nil {
		s.Name, s.ID = n.live.Name, string(n.live.ID)
	}
	if n.live == nil || n.replace != "" {
		canonical := n.want.FrontendSpec
		if c, err := b.dialect.Frontend(canonical); err == nil {
			canonical = c
		}
		s.Action, s.Name, s.Reason, s.Changes = ActionCreate, n.want.Name, n.replace, b.showRefs(setFields(canonical))
	}
	if n.replace != "" {
		s.Action = ActionReplace
	}
	n.step = b.stepOf(n.path, s)
	return n.step
}

// updateFrontend adds the tasks of a change in place. One that is to be enabled is so
// once its filters and routes are as wanted.
func (b *planner) updateFrontend(n *frontendNode) {
	id, spec, step := n.live.ID, n.want.FrontendSpec, b.frontendStep(n)
	b.giveWay(n, spec)
	b.requests++
	change := func(late bool) func(context.Context, *application) error {
		return func(ctx context.Context, a *application) error {
			_, err := a.provider.Frontends().Update(ctx, id, func(s *lb.FrontendSpec) error {
				*s = a.frontend(spec)
				s.Disabled = s.Disabled || late
				return nil
			})
			return err
		}
	}
	late := !spec.Disabled && (n.live.Disabled || n.bare && b.canDisable())
	b.do(phaseFrontends, step, change(late))
	if late {
		b.requests++
		b.do(phaseEnable, step, change(false))
	}
}

// giveWay adds the tasks that keep the live filters of n from being in the way of a
// change: what a filter may be can depend on the port. Where those that are wanted fit
// before and after it, they come first; else there are none meanwhile, and the frontend is
// disabled, where it can be.
func (b *planner) giveWay(n *frontendNode, next lb.FrontendSpec) {
	fit := func(spec lb.FrontendSpec, filters []lb.FilterSpec) bool {
		_, err := b.dialect.Filters(spec, filters)
		return err == nil
	}
	are := filterSpecs(*n.live)
	if n.bare || fit(next, are) || !fit(n.live.FrontendSpec, are) {
		return
	}
	id, step, meanwhile := n.live.ID, b.frontendStep(n), n.want.Filters
	if !fit(n.live.FrontendSpec, meanwhile) || !fit(next, meanwhile) {
		n.bare, meanwhile = true, nil
	}
	switch {
	case !n.bare || n.live.Disabled:
	case b.canDisable():
		b.requests++
		b.do(phaseFrontends, step, func(ctx context.Context, a *application) error {
			_, err := a.provider.Frontends().Update(ctx, id, func(s *lb.FrontendSpec) error {
				s.Disabled = true
				return nil
			})
			return err
		})
	default:
		b.notes = append(b.notes, b.steps[step].title()+": lets everything in for the moment between its change and that of its filters")
	}
	b.requests += len(are)
	b.do(phaseFrontends, step, func(ctx context.Context, a *application) error {
		_, err := a.provider.Filters().Set(ctx, id, meanwhile, lb.SetOptions{AllowEmpty: true})
		return err
	})
}

// createFrontend adds the tasks that make n's entry. One with filters is disabled, where
// that can be, until it has them. A replaced one goes first: two cannot listen on one
// port.
func (b *planner) createFrontend(n *frontendNode) {
	spec, ref, step := n.want.FrontendSpec, handle(n.path), b.frontendStep(n)
	b.requests++
	if n.replace != "" && !n.removed {
		b.deleteFrontend(phaseFrontends, n, step)
	}
	later := len(n.want.Filters) > 0 && !spec.Disabled && b.canDisable()
	if len(n.want.Filters) > 0 && !spec.Disabled && !later {
		b.notes = append(b.notes, b.steps[step].title()+": lets everything in for the moment between its creation and that of its filters")
	}
	b.do(phaseFrontends, step, func(ctx context.Context, a *application) error {
		first := a.frontend(spec)
		first.Disabled = first.Disabled || later
		made, err := a.provider.Frontends().Create(ctx, b.id, first)
		if made != nil && made.ID != "" {
			a.made(ref, string(made.ID))
		}
		return err
	})
	if later {
		b.requests++
		b.do(phaseEnable, step, func(ctx context.Context, a *application) error {
			_, err := a.provider.Frontends().Update(ctx, lb.FrontendID(a.id(ref)), func(s *lb.FrontendSpec) error {
				s.Disabled = false
				return nil
			})
			return err
		})
	}
}

func (b *planner) canDisable() bool {
	return b.capabilities.Has("frontend.disabled") && fit.Updates(b.capabilities, "frontend.disabled")
}

// planRules compares the filters and the routes of a frontend.
func (b *planner) planRules(n *frontendNode) {
	id := handle(n.path)
	var filters []lb.FilterSpec
	var routes []lb.RouteSpec
	is := n.want.FrontendSpec
	if n.live != nil && n.replace == "" {
		id, is = string(n.live.ID), n.live.FrontendSpec
		filters, routes = filterSpecs(*n.live), routeSpecs(*n.live)
	}
	will := n.want.FrontendSpec
	byFilter := rules[lb.FilterSpec]{
		provider: b.name,
		before:   func(specs []lb.FilterSpec) ([]lb.FilterSpec, error) { return b.dialect.Filters(is, specs) },
		after:    func(specs []lb.FilterSpec) ([]lb.FilterSpec, error) { return b.dialect.Filters(will, specs) },
	}
	byRoute := rules[lb.RouteSpec]{
		provider: b.name,
		before:   func(specs []lb.RouteSpec) ([]lb.RouteSpec, error) { return b.dialect.Routes(is, specs) },
		after:    func(specs []lb.RouteSpec) ([]lb.RouteSpec, error) { return b.dialect.Routes(will, specs) },
	}
	c, err := byFilter.compare(filters, n.want.Filters)
	if err != nil {
		b.refused(n.path, err)
	}
	passes := n.live == nil || b.excused[n.path]
	b.excused[n.path] = n.live != nil && passes && err == nil && (c.excused || len(c.changes) == 0)
	specs := n.want.Filters
	setFilters := func(ctx context.Context, a *application) error {
		_, err := a.provider.Filters().Set(ctx, lb.FrontendID(a.id(id)), specs, lb.SetOptions{AllowEmpty: true})
		return err
	}
	b.setRules(n, lb.KindFilter, b.phaseOf(phaseFilters, len(filters), len(specs)), c.changes, setFilters)
	if n.bare && len(c.changes) == 0 {
		b.do(phaseFilters, n.step, setFilters)
	}
	c, err = byRoute.compare(routes, n.want.Routes)
	if err != nil {
		b.refused(n.path, err)
	}
	b.excused[n.path] = b.excused[n.path] && err == nil && (c.excused || len(c.changes) == 0)
	wanted := n.want.Routes
	b.setRules(n, lb.KindRoute, b.phaseOf(phaseRoutes, len(routes), len(n.want.Routes)), b.showRefs(c.changes), func(ctx context.Context, a *application) error {
		_, err := a.provider.Routes().Set(ctx, lb.FrontendID(a.id(id)), a.routes(wanted), lb.SetOptions{AllowEmpty: true})
		return err
	})
}

func (b *planner) setRules(n *frontendNode, kind lb.Kind, p phase, changes []lb.Change, run func(context.Context, *application) error) {
	if len(changes) == 0 {
		return
	}
	b.requests += len(changes)
	s := Step{Action: ActionSet, Kind: kind, Name: n.want.Name, Changes: changes}
	if n.live != nil && n.replace == "" {
		s.ID = string(n.live.ID)
	}
	b.do(p, b.stepOf(n.path, s), run)
}

// showRefs has changes name what they refer to.
func (b *planner) showRefs(changes []lb.Change) []lb.Change {
	show := renaming{backend: b.showBackend, certificate: b.showCertificate}
	return renamed(changes, show, show)
}

// showBackend is a backend's name, or its ID where it has none of its own.
func (b *planner) showBackend(id lb.BackendID) lb.BackendID {
	for _, n := range b.backends {
		if n.want != nil && isHandle(string(id)) && n.ref() == id {
			if n.replace != "" {
				return lb.BackendID(n.want.Name + " (new)")
			}
			return lb.BackendID(n.want.Name)
		}
	}
	return b.shown.backend(id)
}

func (b *planner) showCertificate(id lb.CertificateID) lb.CertificateID {
	for _, n := range b.certificates {
		if n.want != nil && isHandle(string(id)) && n.ref() == id {
			return lb.CertificateID(n.title())
		}
	}
	return b.shown.certificate(id)
}
