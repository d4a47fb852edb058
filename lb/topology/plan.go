package topology

import (
	"context"
	"fmt"

	"github.com/lbkit/lbkit/lb"
)

// Plan is what makes a load balancer what a topology says. NewPlan makes it, String
// shows it, Apply carries it out. It marshals to JSON for people and programs to
// review; what is read back from there cannot be applied.
type Plan struct {
	Provider     string            `json:"provider"`
	LoadBalancer lb.LoadBalancerID `json:"loadBalancer"`
	// Steps are in the order in which Apply begins them. What a replacement replaces
	// goes at the end of all of them.
	Steps []Step `json:"steps,omitzero"`
	// Notes are what a reviewer should know besides: what the provider does by other
	// means, what costs money, what is there and cannot be said, or is not named.
	Notes []string `json:"notes,omitzero"`
	// Requests is about how many writes Apply sends: one for each object that is made,
	// changed or removed, a server, filter or route among them, also where it goes with
	// its backend or frontend, and one to publish. Providers that write several at once
	// need fewer, and those that disable a frontend before its filters go one more each.
	// What is read on the way, as much as NewPlan reads and a request or two for each
	// write, comes on top.
	Requests int `json:"requests,omitzero"`

	prepared *preparation // nil in a plan that NewPlan did not make
}

// preparation is what Apply needs of a plan beside what it shows.
type preparation struct {
	certificates []*lb.Certificate // that there were
	digest       string            // of what the plan was made from
	steps        []Step            // those of the plan, whatever became of them
	tasks        []task
	dead         error // why nothing of it can become live, if so
}

// Action is what a Step does; of a difference, what would make the first topology the other.
type Action string

// The actions. Set makes the servers of a backend, or the filters or the routes of a
// frontend, exactly what is wanted.
const (
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionReplace Action = "replace"
	ActionDelete  Action = "delete"
	ActionSet     Action = "set"
)

// Known reports whether a is one of the constants of its type.
func (a Action) Known() bool {
	switch a {
	case ActionCreate, ActionUpdate, ActionReplace, ActionDelete, ActionSet:
		return true
	default:
		return false
	}
}

// Step is one change of a plan, or one difference that Diff found. Of a set, Name and ID
// are those of the backend or frontend. ID is empty where the object is not there yet, and,
// of a difference, where neither topology gives it.
type Step struct {
	Action  Action   `json:"action"`
	Kind    lb.Kind  `json:"kind"`
	Name    string   `json:"name,omitzero"`
	ID      string   `json:"id,omitzero"`
	Changes []Change `json:"changes,omitzero"`
	Reason  string   `json:"reason,omitzero"` // why a plan replaces or deletes it
}

// Change is one field that differs, as lb.Diff lists them. In a set, the path is the
// server's endpoint ("10.0.0.1:80", "10.0.0.1:80 weight") or the position of a filter or
// route ("[2]"): of those that go, the one that it has, else the one that it will have. The
// servers of a backend that comes or goes as a whole have "server 10.0.0.1:80".
// What refers to another entry shows its name.
type Change = lb.Change

// PlanOption changes what NewPlan plans.
type PlanOption func(*planOptions)

type planOptions struct {
	prune func(kind lb.Kind, name string) bool // nil: nothing
}

// Prune also deletes what want does not name: frontends, backends and certificates. It
// does not delete what a topology cannot say (see Export), nor what such a thing refers
// to or, of certificates, may refer to: the plan's Notes say what is left for that.
func Prune() PlanOption { return PruneWhere(func(lb.Kind, string) bool { return true }) }

// PruneWhere is Prune for what owned says: where several programs, or several parts of one,
// share a load balancer and each knows its own by name, a prefix for example. Kinds are
// lb.KindFrontend, lb.KindBackend and lb.KindCertificate. Where owned is nil, nothing is
// owned. The last option of the two counts.
//
// Look at how a name begins, rather than at the whole: what an interrupted replacement has
// left has a suffix (see NewPlan). That of an entry of want goes whatever owned says. The
// name is empty of what has none. NewPlan may ask more than once about the same object,
// and needs the same answer.
func PruneWhere(owned func(kind lb.Kind, name string) bool) PlanOption {
	return func(o *planOptions) { o.prune = owned }
}

// NewPlan compares want with what is there, and plans the fewest steps that make the
// one into the other. It only reads, by one Read.
//
// An entry with an ID is the object with that ID, or, where that is gone, the one with
// its name; an entry without is the one with its name. A certificate without a name is
// the one with its fingerprint or its domains. What is to be created needs a name (a
// certificate to order does not): nothing else would tell it from a second one after an
// interruption. A name that several objects have is lb.ErrAmbiguous, unless entries give
// the ID of each.
//
// Compared are canonical forms, so that a default that is left out is no difference. What
// is live passes as it is, although the Dialect may refuse it. Of the load balancer
// itself, what counts at its creation alone or costs money (Plan, Zone and what else the
// provider cannot change) is left as it is where want leaves it out; of a managed
// certificate, the material. Where servers differ in what is a setting of their backend,
// and the topology says it of neither, each is to have the default.
//
// What cannot change in place is replaced, and so is a backend with servers of which
// something cannot: it is made anew under its name, what refers to it is led to the new
// one, and the old one is deleted. Meanwhile the old one is called "<name> (replaced by
// lbkit)": where Apply is interrupted, a later plan knows by that name what is left over,
// and goes on. Of a frontend the old one goes first, since two cannot listen on one port.
// What is new has a new ID: an entry with the old one goes by its name then.
//
// Servers with Disabled are left out where the provider lacks "server.disabled".
//
// Errors: those of want.Check for what is not live as it is, where the filters and routes of
// frontends that stay beside it count, too; lb.Problems with an *lb.Error
// for each entry that cannot be found, told apart, replaced or put where something else
// listens that stays (lb.ErrNotFound, lb.ErrAmbiguous, lb.ErrInUse, lb.ErrInvalid), and an
// *lb.UnsupportedError for what can neither change nor be renamed to be replaced; and those
// of Read.
func NewPlan(ctx context.Context, p lb.Provider, id lb.LoadBalancerID, want *Spec, opts ...PlanOption) (*Plan, error) {
	if want == nil {
		return nil, &lb.Error{Code: lb.ErrInvalid, Provider: p.Name(), Op: "topology.plan", Kind: lb.KindLoadBalancer, ID: string(id), Message: "there is no topology"}
	}
	var o planOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	l, err := readLive(ctx, p, id)
	if err != nil {
		return nil, err
	}
	b := newPlanner(p, id, want.Clone(), l, o)
	b.plan()
	if err := b.refusal(); err != nil {
		return nil, err
	}
	return b.result(), nil
}

// Empty reports whether there is nothing to write. Apply of an empty plan still
// publishes what an earlier one, interrupted, has written.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// title names what a step is about: `backend "web"`.
func (s Step) title() string {
	switch {
	case s.Kind == lb.KindLoadBalancer:
		return string(s.Kind)
	case s.Name != "":
		return fmt.Sprintf("%s %s", s.Kind, quoted(s.Name))
	default:
		return fmt.Sprintf("%s %s", s.Kind, quoted(s.ID))
	}
}
