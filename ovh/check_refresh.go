package ovh

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Precondition is one of the conditions under which a load balancer can be
// refreshed (facts 6.3).
type Precondition string

// The preconditions of a refresh.
const (
	// PreconditionIdle: no other refresh of the load balancer is under way.
	PreconditionIdle Precondition = "idle"
	// PreconditionFrontend: there is a frontend.
	PreconditionFrontend Precondition = "frontend"
	// PreconditionTarget: every frontend has a default farm, a redirect, or a route
	// with rules, the farm being one that exists. The API's documentation can be
	// read to exempt disabled frontends or not to: they are not exempt here.
	PreconditionTarget Precondition = "target"
	// PreconditionVRackNetwork: a load balancer in a vRack has a network there.
	PreconditionVRackNetwork Precondition = "vrackNetwork"
	// PreconditionVRackFarm: every farm of a load balancer in a vRack is in a
	// network, and none of another load balancer is.
	PreconditionVRackFarm Precondition = "vrackFarm"
	// PreconditionAddressRouted: the addresses that a frontend has to itself are
	// Additional IPs routed to the load balancer.
	PreconditionAddressRouted Precondition = "addressRouted"
	// PreconditionAddressOnce: no two frontends have the same address to themselves.
	PreconditionAddressOnce Precondition = "addressOnce"
)

// Known reports whether p is one of the constants of its type.
func (p Precondition) Known() bool {
	switch p {
	case PreconditionIdle, PreconditionFrontend, PreconditionTarget, PreconditionVRackNetwork,
		PreconditionVRackFarm, PreconditionAddressRouted, PreconditionAddressOnce:
		return true
	default:
		return false
	}
}

// RefreshProblem is one way in which a precondition of a refresh does not hold.
type RefreshProblem struct {
	Precondition Precondition
	Kind         lb.Kind // of the object at fault
	ID           string  // of that object, as the neutral IDs are: "loadbalancer-ab12/http/frontend/34"
	Reason       string
}

// Error is the object at fault and what is wrong with it.
func (p RefreshProblem) Error() string { return fmt.Sprintf("%s %q: %s", p.Kind, p.ID, p.Reason) }

// RefreshProblems is all that keeps a load balancer from being refreshed.
type RefreshProblems []RefreshProblem

// Error is the problems in one line.
func (p RefreshProblems) Error() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "; ")
}

// Err is p as an error: nil, and not an empty RefreshProblems, where there is none.
func (p RefreshProblems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// CheckRefresh looks for everything that would keep a refresh of a load balancer
// from being accepted, or from succeeding: all preconditions that do not hold, at
// once, where the API names one at best. There is none where the result is empty.
// The error is that of a request, and says nothing of the preconditions.
//
// It changes nothing. It sends five requests, and for each protocol in use one for
// its frontends, one for its farms and one for its routes, as far as they matter;
// where the API's lists are IDs, one for each object too. Nothing keeps others from
// changing the load balancer between it and a refresh.
func (c *Client) CheckRefresh(ctx context.Context, service string) (problems RefreshProblems, err error) {
	defer rest.Named("checkRefresh", &err)
	d, err := c.readDraft(ctx, service)
	if err != nil {
		return nil, err
	}
	d.checkIdle()
	d.checkVRack()
	d.checkTargets()
	d.checkAddresses()
	return d.problems, nil
}

func (d *draft) add(precondition Precondition, kind lb.Kind, id, format string, args ...any) {
	d.problems = append(d.problems, RefreshProblem{Precondition: precondition, Kind: kind, ID: id, Reason: fmt.Sprintf(format, args...)})
}

func (d *draft) frontendID(f *frontend) string {
	return string(FormatFrontendID(d.service, f.protocol, f.FrontendID))
}

func (d *draft) farmID(f *farm) string {
	return string(FormatBackendID(d.service, f.protocol, f.FarmID))
}

func (d *draft) checkIdle() {
	for _, task := range d.refreshes {
		d.add(PreconditionIdle, lb.KindOperation, string(FormatOperationID(d.service, task.ID)), "another refresh is %s", task.Status)
	}
}

// inVRack: a load balancer on its way out is still inside, and one on its way in
// not yet.
func (d *draft) inVRack() bool {
	return d.vrack.State == VRackActive || d.vrack.State == VRackDeactivating
}

func (d *draft) checkVRack() {
	inside := d.inVRack()
	if inside && len(d.networks) == 0 {
		d.add(PreconditionVRackNetwork, lb.KindLoadBalancer, d.service, "it is in vRack %s and has no network there", d.vrack.VRackName)
	}
	for _, f := range d.farms {
		switch {
		case inside && f.VRackNetworkID == nil:
			d.add(PreconditionVRackFarm, lb.KindBackend, d.farmID(f), "it is in no vRack network, and the load balancer is in vRack %s", d.vrack.VRackName)
		case !inside && f.VRackNetworkID != nil:
			d.add(PreconditionVRackFarm, lb.KindBackend, d.farmID(f), "it is in vRack network %d, and the load balancer is in no vRack", *f.VRackNetworkID)
		}
	}
}

func (d *draft) checkTargets() {
	if d.defined == 0 {
		d.add(PreconditionFrontend, lb.KindLoadBalancer, d.service, "it has no frontend")
	}
	for _, f := range d.frontends {
		if reason := d.untargeted(f); reason != "" {
			d.add(PreconditionTarget, lb.KindFrontend, d.frontendID(f), "%s", reason)
		}
	}
}

// untargeted is why a frontend leads nowhere; empty where it does not.
func (d *draft) untargeted(f *frontend) string {
	if d.targeted(f) {
		return ""
	}
	why := "it has neither a default farm, nor a redirect, nor a route with rules"
	if f.DefaultFarmID != nil {
		why = fmt.Sprintf("its default farm %d does not exist, and it has neither a redirect nor a route with rules", *f.DefaultFarmID)
	}
	t := trafficOf(d.service, f, d.routes)
	for _, r := range slices.Concat(t.filters, t.routes) {
		switch {
		case len(r.Rules) == 0:
			why += fmt.Sprintf("; its route %d has none", r.RouteID)
		case r.Action.Type == RouteActionFarm && !d.hasFarm(r.protocol, r.Action.Target):
			why += fmt.Sprintf("; its route %d leads to farm %s, which does not exist", r.RouteID, r.Action.Target)
		default:
			return ""
		}
	}
	return why
}

// targeted reports whether a frontend leads somewhere without its routes.
func (d *draft) targeted(f *frontend) bool {
	return f.RedirectLocation != "" || (f.DefaultFarmID != nil && d.hasFarm(f.protocol, decimal(*f.DefaultFarmID)))
}

func (d *draft) hasFarm(protocol lb.Protocol, id string) bool {
	for _, f := range d.farms {
		if f.protocol == protocol && decimal(f.FarmID) == id {
			return true
		}
	}
	return false
}

// checkAddresses holds the addresses that frontends have to themselves against
// those that are routed here, and against each other. An address belongs to one
// frontend, whatever the protocols and ports (seed 001).
func (d *draft) checkAddresses() {
	for i, own := range d.dedicated {
		id := d.frontendID(own.by)
		if !slices.ContainsFunc(d.failover, func(have netip.Prefix) bool { return holds(have, own.block) }) {
			d.add(PreconditionAddressRouted, lb.KindFrontend, id, "%s is not routed to the load balancer", own.block)
		}
		for _, other := range d.dedicated[:i] {
			if other.by != own.by && other.block.Overlaps(own.block) {
				d.add(PreconditionAddressOnce, lb.KindFrontend, id, "%s is the own address of frontend %q already", own.block, d.frontendID(other.by))
			}
		}
	}
}

// holds reports whether every address of inner is in outer.
func holds(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
