package topology

import (
	"context"
	"math"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// Two frontends cannot listen on one port, so a port must have come free before another
// takes it. Where frontends exchange ports, one waits on a port that nobody else has or
// wants.

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
	if !ok || !collide(held, n.want.FrontendSpec) {
		return false
	}
	return other.want == nil || other.replace != "" || !collide(other.want.FrontendSpec, n.want.FrontendSpec)
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

// collide tells whether two frontends would listen on one port of one address. UDP has
// ports of its own.
func collide(a, b lb.FrontendSpec) bool {
	if (a.Protocol == lb.ProtocolUDP) != (b.Protocol == lb.ProtocolUDP) {
		return false
	}
	return overlapping(a.Ports, b.Ports) && sharedAddress(a, b)
}

func overlapping(a, b []lb.PortRange) bool {
	return slices.ContainsFunc(a, func(x lb.PortRange) bool {
		return slices.ContainsFunc(b, func(y lb.PortRange) bool { return x.From <= y.To && y.From <= x.To })
	})
}

// sharedAddress: without addresses, a frontend listens on all of the load balancer's.
func sharedAddress(a, b lb.FrontendSpec) bool {
	if len(a.Addresses) == 0 || len(b.Addresses) == 0 {
		return true
	}
	for _, x := range a.Addresses {
		for _, y := range b.Addresses {
			if x.Overlaps(y) {
				return true
			}
		}
	}
	return false
}

// parkFrontend adds a task, of no step of its own, that moves a frontend out of the way
// of others. Where it can be, it is disabled there.
func (b *planner) parkFrontend(n *frontendNode, port uint16) {
	b.requests++
	id, disable := n.live.ID, b.canDisable()
	b.do(phaseFrontends, noStep, func(ctx context.Context, a *application) error {
		_, err := a.provider.Frontends().Update(ctx, id, func(s *lb.FrontendSpec) error {
			s.Ports = []lb.PortRange{lb.Port(port)}
			s.Disabled = s.Disabled || disable
			return nil
		})
		return err
	})
}
