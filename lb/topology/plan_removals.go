package topology

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Removals: what Prune deletes, what replacements replaced, and what interrupted ones
// left over. What stays keeps what it refers to.

// stays tells why a frontend that is not wanted stays; empty: it goes.
func (b *planner) stays(n *frontendNode) string {
	switch {
	case !b.prunes(lb.KindFrontend, n.live.Name):
		return "it is not in the topology"
	case len(b.unsaid.frontends[n.at]) > 0:
		return fmt.Sprintf("a topology cannot say all of it (%s)", paths(b.unsaid.frontends[n.at]))
	default:
		return ""
	}
}

// prunes tells whether what is not wanted goes.
func (b *planner) prunes(kind lb.Kind, name string) bool {
	return b.options.prune != nil && b.options.prune(kind, name)
}

func (b *planner) removable(n *frontendNode) bool { return b.stays(n) == "" }

// paths names where problems are, within their entry.
func paths(problems lb.Problems) string {
	var all []string
	for _, path := range problemPaths(problems) {
		if path = inner(path); path != "" && !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	return strings.Join(all, ", ")
}

// removeEarly deletes a frontend that is in the way of another.
func (b *planner) removeEarly(n *frontendNode) {
	n.removed = true
	if n.want != nil {
		b.deleteFrontend(phaseFrontends, n, b.frontendStep(n))
		return
	}
	b.deleteFrontend(phaseFrontends, n, b.step(Step{
		Action: ActionDelete, Kind: lb.KindFrontend, Name: n.live.Name, ID: string(n.live.ID), Reason: "it is not in the topology",
	}))
}

// deleteFrontend adds the task that deletes the live frontend of n with its rules.
func (b *planner) deleteFrontend(p phase, n *frontendNode, step int) {
	id := n.live.ID
	b.requests += 1 + len(n.live.Filters) + len(n.live.Routes)
	b.do(p, step, func(ctx context.Context, a *application) error {
		return gone(a.provider.Frontends().Delete(ctx, id))
	})
}

// users are the frontends that there will be, by what they send traffic to or serve. Of
// those in the topology that counts which refers to something live: by an ID that is of
// no entry, too.
type users struct {
	backends     map[lb.BackendID][]*frontendNode
	certificates map[lb.CertificateID][]*frontendNode
	settings     []string // their extensions, which may hold IDs too
}

func (b *planner) users() users {
	u := users{backends: map[lb.BackendID][]*frontendNode{}, certificates: map[lb.CertificateID][]*frontendNode{}}
	for _, n := range b.frontends {
		switch {
		case n.want != nil:
			u.add(n, n.want.FrontendSpec, n.want.Routes)
		case !b.removable(n):
			u.add(n, n.live.FrontendSpec, routeSpecs(*n.live))
		}
	}
	delete(u.backends, "") // where there is no default backend
	return u
}

func (u *users) add(n *frontendNode, spec lb.FrontendSpec, routes []lb.RouteSpec) {
	u.settings = append(u.settings, spec.Extensions.String())
	u.backends[spec.DefaultBackend] = append(u.backends[spec.DefaultBackend], n)
	for _, route := range routes {
		u.backends[route.Backend] = append(u.backends[route.Backend], n)
	}
	for _, id := range spec.Certificates {
		u.certificates[id] = append(u.certificates[id], n)
	}
}

// planRemovals adds the steps that delete, and the notes on what is not deleted.
func (b *planner) planRemovals() {
	const unwanted, leftover = "it is not in the topology", "it is left over from a replacement that was interrupted"
	u := b.users()
	for _, n := range b.frontends {
		if n.want != nil || n.removed {
			continue
		}
		s := Step{Action: ActionDelete, Kind: lb.KindFrontend, Name: n.live.Name, ID: string(n.live.ID), Reason: unwanted}
		if why := b.stays(n); why != "" {
			b.left(s, why, b.prunes(s.Kind, s.Name))
			continue
		}
		p := phaseRemoveFrontends
		if b.tight {
			p = phaseRoom
		}
		b.deleteFrontend(p, n, b.step(s))
	}
	for _, n := range b.backends {
		b.removal(backendRemoval(n), leftover, u.backends[n.liveID()], b.backendUnsaid(n), func(step int) { b.removeBackend(n, step) })
	}
	for _, n := range b.certificates {
		b.removal(certificateRemoval(n), leftover, u.serving(n.liveID()), nil, func(step int) { b.removeCertificate(n, step) })
	}
}

// removed is what may be deleted.
type removed struct {
	step    Step
	path    string
	wanted  bool // it is in the topology
	left    bool // over of a replacement
	replace string
}

// serving are the frontends that serve a certificate. A setting in an extension
// that names it is as good: then there is an entry without a frontend.
func (u users) serving(id lb.CertificateID) []*frontendNode {
	found := u.certificates[id]
	if id != "" && len(found) == 0 && slices.ContainsFunc(u.settings, func(text string) bool { return strings.Contains(text, `"`+string(id)+`"`) }) {
		found = []*frontendNode{nil}
	}
	return found
}

// removal deletes what is not wanted or left over, unless something that stays uses it.
// Of what is replaced, that is an error: it could not go.
func (b *planner) removal(r removed, leftover string, used []*frontendNode, unsaid lb.Problems, do func(step int)) {
	by := ""
	if len(used) > 0 {
		by = "a setting of a frontend names it"
		if used[0] != nil {
			by = used[0].user() + " uses it"
		}
	}
	switch {
	case r.wanted && r.replace != "" && by != "":
		b.invalid(lb.ErrInUse, r.step.Kind, r.step.ID, r.path, "it has to be replaced (%s), and %s", r.replace, by)
	case r.wanted:
	case !r.left && !b.prunes(r.step.Kind, r.step.Name):
		b.left(r.step, "it is not in the topology", false)
	case by != "":
		b.left(r.step, by, true)
	case len(b.live.missing) > 0 && r.step.Kind == lb.KindCertificate:
		b.left(r.step, "what could not be read may use it", true)
	case len(unsaid) > 0 && !r.left:
		b.left(r.step, fmt.Sprintf("a topology cannot say all of it (%s)", paths(unsaid)), true)
	default:
		r.step.Action, r.step.Reason = ActionDelete, "it is not in the topology"
		if r.left {
			r.step.Reason = leftover
		}
		do(b.step(r.step))
	}
}

// user names a frontend that there will be.
func (n *frontendNode) user() string {
	if n.want != nil {
		return titleOf(lb.KindFrontend, n.want.Name, n.want.ID)
	}
	return titleOf(lb.KindFrontend, n.live.Name, n.live.ID) + ", which stays,"
}

// left takes note of what is not deleted. What is only not named is counted.
func (b *planner) left(s Step, why string, say bool) {
	if say {
		b.notes = append(b.notes, fmt.Sprintf("%s is not deleted: %s", s.title(), why))
		return
	}
	b.unnamed[s.Kind]++
}

func backendRemoval(n *backendNode) removed {
	r := removed{path: n.path, wanted: n.want != nil, left: n.left, replace: n.replace}
	if n.live != nil {
		r.step = Step{Kind: lb.KindBackend, Name: n.live.Name, ID: string(n.live.ID)}
	}
	return r
}

func (b *planner) backendUnsaid(n *backendNode) lb.Problems {
	if n.live == nil {
		return nil
	}
	return b.unsaid.backends[n.at]
}

func (n *backendNode) liveID() lb.BackendID {
	if n.live == nil {
		return ""
	}
	return n.live.ID
}
