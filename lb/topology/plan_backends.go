package topology

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// backendDoc is a backend with its servers as one document, in the paths of a Dialect.
type backendDoc struct {
	lb.BackendSpec
	Servers []lb.ServerSpec `json:"servers,omitzero"`
}

// planBackends compares the backends. Which are replaced is known before anything else
// refers to them (see backendNode.ref).
func (b *planner) planBackends() {
	for _, n := range b.backends {
		switch {
		case n.want == nil:
		case n.live == nil:
			b.createBackend(n, Step{Action: ActionCreate})
		default:
			b.changeBackend(n)
		}
	}
}

// changeBackend plans what makes the live backend of n the wanted one.
func (b *planner) changeBackend(n *backendNode) {
	is := backendDoc{BackendSpec: n.live.BackendSpec, Servers: servers(n.live)}
	want := backendDoc{BackendSpec: n.want.BackendSpec, Servers: n.servers}
	want.Extensions = b.withKept("backend", is.Extensions, want.Extensions, unset)
	pairs := pairServers(is.Servers, want.Servers, want.Port)
	c, err := b.compareBackend(is, want, pairs)
	if err != nil {
		b.refused(n.path, err)
		return
	}
	b.excused[n.path] = c.excused || len(c.backend)+len(c.servers) == 0
	reason, ok := b.updatable("backend", c.backend)
	if ok {
		reason, ok = b.updatable("server", n.serverFields(c.servers))
	}
	if ok && speaksAnew(c.backend) && b.inUse(n.live.ID) {
		reason, ok = "what leads to it speaks the protocol that it has now", false
	}
	if !ok {
		b.replaceBackend(n, reason)
		return
	}
	if len(is.Servers) > 0 && len(want.Servers) == 0 {
		b.notes = append(b.notes, titleOf(lb.KindBackend, n.name(), n.live.ID)+" is left without servers")
	}
	b.updateBackend(n, want.BackendSpec, c)
}

// serverFields are the changes of servers that stay, by their own paths, those on the way
// included.
func (n *backendNode) serverFields(changes []lb.Change) []lb.Change {
	var fields []lb.Change
	for _, change := range changes {
		if _, field, within := strings.Cut(change.Path, fieldMark); within {
			change.Path = field
			fields = append(fields, change)
		}
	}
	if n.pinned() {
		fields = append(fields, lb.Change{Path: "port"})
	}
	return fields
}

// pinned tells whether servers need ports of their own while their backend's port changes:
// two of them would be one otherwise.
func (n *backendNode) pinned() bool {
	return meetOn(servers(n.live), n.live.Port, n.want.Port) || meetOn(n.servers, n.want.Port, n.live.Port)
}

// speaksAnew tells whether changes change the protocol.
func speaksAnew(changes []lb.Change) bool {
	return slices.ContainsFunc(changes, func(change lb.Change) bool { return change.Path == "protocol" })
}

// inUse tells whether a live frontend or route leads to a backend.
func (b *planner) inUse(id lb.BackendID) bool {
	return slices.ContainsFunc(b.live.Frontends, func(f lb.FrontendTree) bool {
		return f.DefaultBackend == id || slices.ContainsFunc(f.Routes, func(r *lb.Route) bool { return r.Backend == id })
	})
}

// updateBackend adds the steps of a change in place. The servers' own values of what is
// changed, and servers where there are none, come before the backend's settings, which
// some providers keep on the servers.
func (b *planner) updateBackend(n *backendNode, spec lb.BackendSpec, c backendComparison) {
	setServers := func() {
		if len(c.servers) > 0 {
			step := b.stepOf(n.path, Step{Action: ActionSet, Kind: lb.KindServer, Name: n.name(), ID: string(n.live.ID), Changes: c.servers})
			b.setServers(n, step, b.settled(n, c.backend), len(endpoints(c.servers)))
		}
	}
	if len(c.backend) == 0 {
		setServers()
		return
	}
	first, pinned := len(n.live.Servers) == 0 || b.serversSay(n, c.backend), n.pinned()
	if first && !pinned {
		setServers()
	}
	step := b.stepOf(n.path, Step{Action: ActionUpdate, Kind: lb.KindBackend, Name: n.live.Name, ID: string(n.live.ID), Changes: c.backend})
	if pinned {
		b.setServers(n, step, withPorts(b.settled(n, nil), spec.Port), len(n.servers))
	}
	b.requests++
	b.do(phaseBackends, step, func(ctx context.Context, a *application) error {
		_, err := a.provider.Backends().Update(ctx, n.live.ID, func(s *lb.BackendSpec) error {
			*s = lb.Clone(spec)
			return nil
		})
		return err
	})
	if pinned && len(c.servers) == 0 {
		b.setServers(n, step, n.servers, len(n.servers))
	}
	if !first || pinned {
		setServers()
	}
}

// setServers adds the task that makes the servers of n's live backend specs, by so many
// requests.
func (b *planner) setServers(n *backendNode, step int, specs []lb.ServerSpec, requests int) {
	b.requests += requests
	b.do(phaseBackends, step, func(ctx context.Context, a *application) error {
		_, err := a.provider.Servers().Set(ctx, n.live.ID, specs, lb.SetOptions{AllowEmpty: true})
		return err
	})
}

// name is what the backend will be called.
func (n *backendNode) name() string {
	if n.want != nil {
		return n.want.Name
	}
	return n.live.Name
}

// endpoints are the servers that changes are about.
func endpoints(changes []lb.Change) map[string]bool {
	all := map[string]bool{}
	for _, change := range changes {
		at, _, _ := strings.Cut(change.Path, fieldMark)
		all[at] = true
	}
	return all
}

// serversSay tells whether the wanted servers have values of their own of what changes of
// their backend.
func (b *planner) serversSay(n *backendNode, changes []lb.Change) bool {
	for _, change := range changes {
		name, _, _ := strings.Cut(change.Path, ".")
		for _, server := range n.servers {
			if _, says := ownSettings(server.Extensions, b.name)[name]; says {
				return true
			}
		}
	}
	return false
}

// createBackend adds the step that makes n's entry, as a creation or as the beginning of
// a replacement.
func (b *planner) createBackend(n *backendNode, s Step) {
	spec, specs := n.want.BackendSpec, n.servers
	doc := backendDoc{BackendSpec: spec, Servers: specs}
	canonical, members, err := b.dialect.Backend(spec, specs)
	if err != nil {
		b.refused(n.path, err)
		return
	}
	doc.BackendSpec, doc.Servers = canonical, members
	s.Kind, s.Name = lb.KindBackend, spec.Name
	s.Changes = append(setFields(doc.BackendSpec), addedServers(doc)...)
	b.requests += 1 + len(members)
	step, ref := b.stepOf(n.path, s), n.ref()
	if n.replace != "" && n.live.Name != b.replacedName(spec.Name) {
		b.requests++
		old, name := n.live.ID, b.replacedName(spec.Name)
		b.do(phaseBackends, step, func(ctx context.Context, a *application) error {
			_, err := a.provider.Backends().Update(ctx, old, func(s *lb.BackendSpec) error {
				s.Name = name
				return nil
			})
			return err
		})
	}
	b.do(phaseBackends, step, func(ctx context.Context, a *application) error {
		made, err := a.provider.Backends().Create(ctx, b.id, spec, specs...)
		if made != nil && made.ID != "" {
			a.made(string(ref), string(made.ID))
		}
		return err
	})
	if n.replace != "" {
		b.removeBackend(n, step)
	}
}

// replaceBackend plans to make n's entry anew and to delete the live one.
func (b *planner) replaceBackend(n *backendNode, reason string) {
	n.replace = reason
	if n.want.Name == "" {
		b.invalid(lb.ErrInvalid, lb.KindBackend, string(n.live.ID), n.path+".name", "it has to be replaced (%s), and needs a name for that", reason)
		return
	}
	if !b.needs("backend.name.update", n.path+".name", "it has to be replaced (%s), and called something else until the new one is there", reason) {
		return
	}
	for _, other := range b.backends {
		if other == n || other.left {
			continue
		}
		if other.name() == n.want.Name || other.live != nil && other.live.Name == n.want.Name {
			b.invalid(lb.ErrAmbiguous, lb.KindBackend, string(n.live.ID), n.path+".name",
				"it has to be replaced (%s), and needs a name for that which no other backend has", reason)
			return
		}
	}
	b.createBackend(n, Step{Action: ActionReplace, ID: string(n.live.ID), Reason: reason})
}

// removeBackend adds the task that deletes the live backend of n.
func (b *planner) removeBackend(n *backendNode, step int) {
	id := n.live.ID
	b.requests += 1 + len(n.live.Servers)
	b.do(phaseRemoveBackends, step, func(ctx context.Context, a *application) error {
		return gone(a.provider.Backends().Delete(ctx, id))
	})
}

// gone is err unless it says that what was to be deleted is not there.
func gone(err error) error {
	if errors.Is(err, lb.ErrNotFound) {
		return nil
	}
	return err
}
