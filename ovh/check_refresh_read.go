package ovh

import (
	"context"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// draft is what a refresh would deploy, as far as its preconditions go.
type draft struct {
	service   string
	refreshes []*Task
	vrack     *VRackStatus
	networks  []int64 // read in a vRack
	defined   int     // frontends of any protocol, those that this version does not know included
	farms     []*farm
	frontends []*frontend
	routes    []*trafficRoute // read where a frontend has no other target
	dedicated []dedicated
	failover  []netip.Prefix // read where there is something dedicated

	problems RefreshProblems
}

// dedicated is a block of addresses that a frontend has to itself.
type dedicated struct {
	block netip.Prefix
	by    *frontend
}

// readDraft reads a service in three steps: what there is, then the objects
// themselves, then what only some of them need.
func (c *Client) readDraft(ctx context.Context, service string) (*draft, error) {
	d := &draft{service: service}
	var farms []DefinedFarm
	var frontends []DefinedFrontend
	if err := rest.Together(ctx,
		func(ctx context.Context) (err error) { d.refreshes, err = c.refreshing(ctx, service); return err },
		func(ctx context.Context) (err error) { d.vrack, err = c.VRack.Status(ctx, service); return err },
		func(ctx context.Context) (err error) {
			farms, err = c.LoadBalancers.DefinedFarms(ctx, service, DefinedFarmsOptions{})
			return err
		},
		func(ctx context.Context) (err error) {
			frontends, err = c.LoadBalancers.DefinedFrontends(ctx, service)
			return err
		},
	); err != nil {
		return nil, err
	}
	d.defined = len(frontends)
	if err := d.readObjects(ctx, c, farms, frontends); err != nil {
		return nil, err
	}
	return d, d.readRest(ctx, c)
}

// readObjects reads the farms and frontends of the protocols in use, and the
// networks of a vRack.
func (d *draft) readObjects(ctx context.Context, c *Client, definedFarms []DefinedFarm, definedFrontends []DefinedFrontend) error {
	farms, frontends := make([][]*farm, len(protocols)), make([][]*frontend, len(protocols))
	var tasks []func(context.Context) error
	for i, protocol := range protocols {
		if slices.ContainsFunc(definedFarms, func(f DefinedFarm) bool { return f.Type == string(protocol) }) {
			tasks = append(tasks, func(ctx context.Context) (err error) {
				farms[i], err = lb.Collect(c.on(protocol).farms.list(ctx, d.service, lb.PageOptions{}))
				return err
			})
		}
		if slices.ContainsFunc(definedFrontends, func(f DefinedFrontend) bool { return f.Type == string(protocol) }) {
			tasks = append(tasks, func(ctx context.Context) (err error) {
				frontends[i], err = lb.Collect(c.on(protocol).frontends.list(ctx, d.service, lb.PageOptions{}))
				return err
			})
		}
	}
	if d.inVRack() {
		tasks = append(tasks, func(ctx context.Context) (err error) {
			d.networks, err = c.VRack.ListNetworkIDs(ctx, d.service, VRackNetworkListOptions{})
			return err
		})
	}
	if err := rest.Together(ctx, tasks...); err != nil {
		return err
	}
	d.farms, d.frontends = slices.Concat(farms...), slices.Concat(frontends...)
	for _, f := range d.frontends {
		r := reading{kind: lb.KindFrontend, id: d.frontendID(f)}
		for _, block := range r.prefixes("dedicatedIpfo", f.DedicatedIPFO) {
			d.dedicated = append(d.dedicated, dedicated{block, f})
		}
		if err := r.err(); err != nil {
			return err
		}
	}
	return nil
}

// readRest reads the routes of the protocols that have a frontend without another
// target, and where addresses are dedicated, those that are routed here.
func (d *draft) readRest(ctx context.Context, c *Client) error {
	routes := make([][]*trafficRoute, len(protocols))
	var tasks []func(context.Context) error
	for i, protocol := range protocols {
		if slices.ContainsFunc(d.frontends, func(f *frontend) bool { return f.protocol == protocol && !d.targeted(f) }) {
			tasks = append(tasks, func(ctx context.Context) (err error) {
				routes[i], err = lb.Collect(routeCallsOf(c, protocol, 0).list(ctx, d.service, lb.PageOptions{}))
				return err
			})
		}
	}
	if len(d.dedicated) > 0 {
		tasks = append(tasks, func(ctx context.Context) error {
			blocks, err := c.LoadBalancers.FailoverIPs(ctx, d.service)
			if err != nil {
				return err
			}
			r := reading{kind: lb.KindLoadBalancer, id: d.service}
			d.failover = r.prefixes("failover", blocks)
			return r.err()
		})
	}
	if err := rest.Together(ctx, tasks...); err != nil {
		return err
	}
	d.routes = slices.Concat(routes...)
	return nil
}

// refreshing are the refreshes under way, those that run before those that wait.
// What waits is asked for first, so that none slips through between the two; one that
// begins to run in between is there once.
func (c *Client) refreshing(ctx context.Context, service string) ([]*Task, error) {
	var found []*Task
	for _, status := range []TaskStatus{TaskTodo, TaskDoing} {
		tasks, err := lb.Collect(c.Tasks.List(ctx, service, TaskListOptions{Action: TaskRefresh, Status: status}))
		if err != nil {
			return nil, err
		}
		waiting := slices.DeleteFunc(found, func(f *Task) bool {
			return slices.ContainsFunc(tasks, func(t *Task) bool { return t.ID == f.ID })
		})
		found = append(tasks, waiting...)
	}
	return found, nil
}
