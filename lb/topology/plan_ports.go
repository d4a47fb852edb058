package topology

import (
	"context"
	"math"

	"github.com/lbkit/lbkit/lb"
)

// Two frontends that are enabled cannot listen on one port, so a port must have come free
// before another takes it. Where frontends exchange ports, one waits on a port that nobody
// else has or wants.

// move is what happens to a frontend at its turn: by default, what is wanted of it.
type move struct {
	node   *frontendNode
	remove bool   // of one that is not wanted
	park   uint16 // the port to wait on
}

// turns finds the order of moves.
type turns struct {
	b     *planner
	order []move
	state map[*frontendNode]turn
	// holds is what a frontend listens on at this point of the order.
	holds map[*frontendNode]lb.FrontendSpec
	used  map[uint16]bool // ports that somebody has, had or will have
}

type turn int

const (
	waiting turn = iota
	coming       // what it needs is being seen to
	done
)

// byPorts orders what is wanted of all frontends, as they come but for their ports.
// Frontends that are not wanted are among them where they are in the way of others.
func (b *planner) byPorts() []move {
	t := &turns{b: b, state: map[*frontendNode]turn{}, holds: map[*frontendNode]lb.FrontendSpec{}, used: map[uint16]bool{}}
	for _, n := range b.frontends {
		if n.live != nil {
			t.holds[n] = n.live.FrontendSpec
			t.use(n.live.Ports)
		}
		if n.want != nil {
			t.use(n.want.Ports)
		}
	}
	for _, n := range b.frontends {
		if n.want != nil {
			t.take(n)
		}
	}
	return t.order
}

// take gives n its turn, after those who have what it wants.
func (t *turns) take(n *frontendNode) {
	if t.state[n] != waiting {
		return
	}
	t.state[n] = coming
	for _, other := range t.b.frontends {
		if other == n || !t.inTheWay(other, n) {
			continue
		}
		switch {
		case other.want == nil && t.b.removable(other):
			t.order = append(t.order, move{node: other, remove: true})
			delete(t.holds, other)
		case other.want == nil:
			t.refuse(other, n)
		case t.state[other] == waiting:
			t.take(other)
		case t.state[other] == coming && other.replace != "":
			t.order = append(t.order, move{node: other, remove: true})
			delete(t.holds, other)
		case t.state[other] == coming:
			t.park(other)
		}
	}
	t.order = append(t.order, move{node: n})
	t.holds[n], t.state[n] = n.want.FrontendSpec, done
}

// inTheWay tells whether other listens where n is going to and will not stay there.
func (t *turns) inTheWay(other, n *frontendNode) bool {
	held, ok := t.holds[other]
	if !ok || !t.collide(held, n.want.FrontendSpec) {
		return false
	}
	return other.want == nil || other.replace != "" || !t.collide(other.want.FrontendSpec, n.want.FrontendSpec)
}

func (t *turns) collide(a, b lb.FrontendSpec) bool {
	_, met := meet(t.b.name, a, b)
	return met
}

// refuse n, which comes to where other listens and stays. Where both are there already,
// that is as it is.
func (t *turns) refuse(other, n *frontendNode) {
	port, met := meet(t.b.name, other.live.FrontendSpec, n.want.FrontendSpec)
	if !met || n.live != nil && t.collide(other.live.FrontendSpec, n.live.FrontendSpec) {
		return
	}
	t.b.invalid(lb.ErrInUse, lb.KindFrontend, string(n.want.ID), n.path+".ports", "%s listens on port %d of the same address and stays: %s",
		titleOf(lb.KindFrontend, other.live.Name, other.live.ID), port, t.b.stays(other))
}

// park moves n, which others wait for while it waits for them, out of the way.
func (t *turns) park(n *frontendNode) {
	limit := t.b.capabilities.Limits.MaxPort
	if limit == 0 {
		limit = math.MaxUint16
	}
	for port := limit; port > 1024; port-- {
		if t.used[port] {
			continue
		}
		t.used[port] = true
		t.order = append(t.order, move{node: n, park: port})
		held := t.holds[n]
		held.Ports = []lb.PortRange{lb.Port(port)}
		t.holds[n] = held
		return
	}
}

func (t *turns) use(ports []lb.PortRange) {
	for _, r := range ports {
		for port := int(r.From); port <= int(r.To); port++ {
			t.used[uint16(port)] = true //nolint:gosec // G115: within a range of uint16
		}
	}
}

// parkFrontend adds the task that moves a frontend out of the way of others. Where it can
// be, it is disabled there.
func (b *planner) parkFrontend(n *frontendNode, port uint16) {
	id, disable := n.live.ID, b.canDisable()
	waiting := n.live.FrontendSpec
	waiting.Ports = []lb.PortRange{lb.Port(port)}
	b.giveWay(n, waiting)
	b.requests++
	b.do(phaseFrontends, b.frontendStep(n), func(ctx context.Context, a *application) error {
		_, err := a.provider.Frontends().Update(ctx, id, func(s *lb.FrontendSpec) error {
			s.Ports = waiting.Ports
			s.Disabled = s.Disabled || disable
			return nil
		})
		return err
	})
}
