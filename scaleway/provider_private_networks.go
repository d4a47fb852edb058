package scaleway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// leaving reports whether n is on its way out: pending, though it has changed since it
// was made. One on its way in has not (17 of 17 recorded).
func (n *PrivateNetwork) leaving() bool { return !n.settled() && n.UpdatedAt.After(n.CreatedAt) }

// settled reports whether n stays as it is unless somebody changes it.
func (n *PrivateNetwork) settled() bool {
	return n.Status == PrivateNetworkStatusReady || n.Status == PrivateNetworkStatusError
}

// attachedNetworks are what a load balancer is attached to, or is being attached to: not
// what leaves it, nor what has failed to get there. The address is left out: Scaleway
// shows one that it chose as it shows one that was asked for (recorded).
func attachedNetworks(all []*PrivateNetwork) []AttachedNetwork {
	var out []AttachedNetwork
	for _, n := range all {
		if n.Status != PrivateNetworkStatusError && !n.leaving() {
			out = append(out, AttachedNetwork{Network: n.PrivateNetworkID})
		}
	}
	return sortedNetworks(out)
}

func sortedNetworks(networks []AttachedNetwork) []AttachedNetwork {
	slices.SortStableFunc(networks, func(a, b AttachedNetwork) int { return strings.Compare(a.Network, b.Network) })
	return slices.CompactFunc(networks, func(a, b AttachedNetwork) bool { return a.Network == b.Network })
}

// networksWithout are those of all whose network is not among others.
func networksWithout(all, others []AttachedNetwork) []AttachedNetwork {
	return slices.DeleteFunc(slices.Clone(all), func(n AttachedNetwork) bool { return hasNetwork(others, n.Network) })
}

func hasNetwork(networks []AttachedNetwork, id string) bool {
	return slices.ContainsFunc(networks, func(n AttachedNetwork) bool { return n.Network == id })
}

// attachments reads those of a load balancer, by one request at a time.
func attachments(ctx context.Context, at site) ([]*PrivateNetwork, error) {
	return lb.Collect(at.PrivateNetworks.List(ctx, at.uuid, PrivateNetworkListOptions{
		OrderBy: OrderByCreatedAtAsc, PageOptions: lb.PageOptions{Window: 1},
	}))
}

// readWhole reads a load balancer and, with WithPrivateNetworks, its attachments at the
// same time.
func (s loadBalancers) readWhole(ctx context.Context, at site) (*LB, []*PrivateNetwork, error) {
	if s.p.dialect.networks {
		return s.readBoth(ctx, at)
	}
	b, err := at.LBs.Get(ctx, at.uuid)
	return b, nil, err
}

func (s loadBalancers) readBoth(ctx context.Context, at site) (b *LB, attached []*PrivateNetwork, err error) {
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) {
			b, err = at.LBs.Get(ctx, at.uuid)
			return err
		},
		func(ctx context.Context) (err error) {
			attached, err = s.p.attachments(ctx, at)
			return err
		})
	return b, attached, err
}

func (s loadBalancers) read(ctx context.Context, at site) (*lb.LoadBalancer, error) {
	b, attached, err := s.readWhole(ctx, at)
	if err != nil {
		return nil, err
	}
	return s.p.dialect.neutralLoadBalancer(at.zone, b, attached), nil
}

// withAttachments yields the load balancers of list with their attachments, in order.
func (s loadBalancers) withAttachments(ctx context.Context, zone Zone, window int, list iter.Seq2[*LB, error]) iter.Seq2[*lb.LoadBalancer, error] {
	return rest.MapAhead(ctx, list, window, func(ctx context.Context, b *LB) (*lb.LoadBalancer, error) {
		attached, err := s.p.attachments(ctx, site{API: s.p.in(zone), zone: zone, uuid: b.ID})
		if err != nil {
			return nil, err
		}
		return s.p.dialect.neutralLoadBalancer(zone, b, attached), nil
	})
}

// connection is how the private networks of a load balancer are to change.
type connection struct {
	attach   []AttachedNetwork
	detach   []AttachedNetwork
	underWay []AttachedNetwork // attached before, and still being so
}

func newConnection(attached []*PrivateNetwork, before, after []AttachedNetwork) connection {
	c := connection{attach: networksWithout(after, before), detach: networksWithout(before, after)}
	moves := !c.isNothing()
	for _, n := range attached {
		one, wanted := AttachedNetwork{Network: n.PrivateNetworkID}, hasNetwork(after, n.PrivateNetworkID)
		switch {
		case moves && !wanted && n.Status == PrivateNetworkStatusError: // it takes up room
			c.detach = append(c.detach, one)
		case wanted && hasNetwork(before, one.Network) && !n.settled() && !n.leaving():
			c.underWay = append(c.underWay, one)
		}
	}
	return c
}

func (c connection) isNothing() bool { return len(c.attach)+len(c.detach)+len(c.underWay) == 0 }

// connect makes the changes of c, one after the other. It attaches before it detaches, so
// that no moment is without a network where one takes another's place, unless there is no
// room for both. What stays is not touched.
func (s loadBalancers) connect(ctx context.Context, op string, at site, b *LB, attached []*PrivateNetwork, c connection) error {
	if b.Status != LBStatusReady {
		if _, err := at.LBs.WaitReady(ctx, at.uuid, WaitOptions{}); err != nil {
			return err
		}
	}
	var attach, detach, arrive []func() error
	for _, n := range c.attach {
		attach = append(attach, func() error { return s.attach(ctx, op, at, n) })
	}
	for _, n := range c.detach {
		detach = append(detach, func() error { return s.detach(ctx, at, n.Network) })
	}
	for _, n := range c.underWay {
		arrive = append(arrive, func() error {
			return whereAttached(at.PrivateNetworks.WaitReady(ctx, at.uuid, n.Network, WaitOptions{}))
		})
	}
	if len(attached)+len(c.attach) > maxPrivateNetworks {
		attach, detach = detach, attach
	}
	for _, step := range slices.Concat(attach, detach, arrive) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// whereAttached is the error of a wait, unless the attachment has gone meanwhile, which
// the next reading shows.
func whereAttached(_ *PrivateNetwork, err error) error {
	if errors.Is(err, lb.ErrNotFound) {
		return nil
	}
	return err
}

// attach attaches a network and waits until that is ready. One that is leaving has left
// before, and one whose attachment has failed is detached before. Where the outcome of the
// call is unknown the attachment is looked for.
func (s loadBalancers) attach(ctx context.Context, op string, at site, n AttachedNetwork) error {
	found, err := at.PrivateNetworks.settle(ctx, at.uuid, n.Network)
	switch {
	case err != nil:
		return err
	case found != nil && found.Status == PrivateNetworkStatusReady:
		p := &problems{kind: lb.KindLoadBalancer}
		p.sameAddress(n, found)
		return p.list.Err()
	case found != nil:
		if err := s.detach(ctx, at, n.Network); err != nil {
			return err
		}
	}
	// Now none is there: what is found after the call is its outcome.
	body := PrivateNetworkAttach{PrivateNetworkID: n.Network}
	if n.Address != "" {
		body.IPAMIDs = []string{n.Address}
	}
	_, err = create(ctx, s.p.client, subject{op: op, kind: kindPrivateNetwork}, creation[PrivateNetwork]{
		send: func(ctx context.Context) (*PrivateNetwork, error) {
			return at.PrivateNetworks.Attach(ctx, at.uuid, body)
		},
		look: func(ctx context.Context) iter.Seq2[*PrivateNetwork, error] {
			list := at.PrivateNetworks.List(ctx, at.uuid, PrivateNetworkListOptions{})
			return rest.Filter(list, func(listed *PrivateNetwork) bool { return listed.PrivateNetworkID == n.Network })
		},
		same: func(*PrivateNetwork) bool { return true },
		id:   func(made *PrivateNetwork) string { return made.PrivateNetworkID },
	})
	if err != nil {
		return ofNetwork(at, n.Network, err)
	}
	_, err = at.PrivateNetworks.WaitReady(ctx, at.uuid, n.Network, WaitOptions{})
	return err
}

// ofNetwork is the error of a call about a network, which has the load balancer's ID.
func ofNetwork(at site, network string, err error) error {
	var e *lb.Error
	if !errors.As(err, &e) {
		return err
	}
	told := *e
	told.Kind, told.ID = kindPrivateNetwork, string(at.zone)+"/"+network
	return &told
}

// detach detaches a network and waits until it is gone. Where the outcome of the call is
// unknown, an attachment that is gone or leaves tells it.
func (s loadBalancers) detach(ctx context.Context, at site, network string) error {
	found, err := at.PrivateNetworks.settle(ctx, at.uuid, network)
	if err != nil || found == nil {
		return err
	}
	err = at.PrivateNetworks.Detach(ctx, at.uuid, network)
	if errors.Is(err, lb.ErrUncertain) && ctx.Err() == nil {
		now, lookErr := at.PrivateNetworks.find(ctx, at.uuid, network)
		if errors.Is(lookErr, lb.ErrNotFound) || lookErr == nil && !now.settled() {
			err = nil
		}
	}
	if err != nil && !errors.Is(err, lb.ErrNotFound) {
		return ofNetwork(at, network, err)
	}
	return at.PrivateNetworks.WaitDetached(ctx, at.uuid, network, WaitOptions{})
}

// settle waits until the attachment to a network is ready, has failed, or is gone, which
// is nil.
func (s *PrivateNetworkService) settle(ctx context.Context, lbID, network string) (found *PrivateNetwork, err error) {
	w := s.wait(WaitOptions{}, "privateNetworks.settle", kindPrivateNetwork, network, "settled")
	err = w.until(ctx, func() (view, error) {
		found = nil
		n, err := s.find(ctx, lbID, network)
		switch {
		case errors.Is(err, lb.ErrNotFound):
			return view{state: "detached", done: true}, nil
		case err != nil:
			return view{}, err
		}
		found = n
		return view{state: string(n.Status), done: n.settled()}, nil
	})
	return found, err
}

// sameAddress refuses another address for a network that stays: to give it one, Scaleway
// has to detach it, which cuts off whoever is reached through it.
func (p *problems) sameAddress(want AttachedNetwork, is *PrivateNetwork) {
	if want.Address == "" || slices.ContainsFunc(is.IPAMIDs, func(id string) bool { return strings.EqualFold(id, want.Address) }) {
		return
	}
	p.unsupported(featureNetworkAddress, extensionPath+".privateNetworks", want.Address, fmt.Sprintf("the load balancer is in network %s with another address", want.Network))
}

// readdressed refuses another address for the networks among wanted that stay.
func (p *problems) readdressed(attached []*PrivateNetwork, before, wanted []AttachedNetwork) {
	for _, n := range wanted {
		for _, is := range attached {
			if is.PrivateNetworkID == n.Network && hasNetwork(before, n.Network) && !is.leaving() {
				p.sameAddress(n, is)
			}
		}
	}
}

// unreadNetworks is what a provider without WithPrivateNetworks leaves out of a load
// balancer, if anything.
func (s loadBalancers) unreadNetworks(b *LB) lb.Problems {
	if s.p.dialect.networks || b.PrivateNetworkCount == 0 {
		return nil
	}
	return lb.Problems{&lb.UnsupportedError{
		Provider: providerName, Feature: featureNetworks, Path: "loadBalancer." + extensionPath + ".privateNetworks",
		Reason: fmt.Sprintf("it is in private networks (%d), which this provider does not read", b.PrivateNetworkCount), Hint: features[featureNetworks].Hint,
	}}
}

// madeApart is the error of a load balancer that was made, and was not seen in all of its
// private networks.
func madeApart(op string, id lb.LoadBalancerID, err error) error {
	told := &lb.Error{Code: lb.ErrFailed}
	if e := (*lb.Error)(nil); errors.As(err, &e) {
		told.Code, told.Status, told.RequestID, told.RetryAfter = e.Code, e.Status, e.RequestID, e.RetryAfter
	}
	told.Provider, told.Op, told.Kind, told.ID, told.Err = providerName, op, lb.KindLoadBalancer, string(id), err
	told.Message = "it was made, and may not be in all of its private networks: an Update with them goes on"
	return told
}
