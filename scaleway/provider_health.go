package scaleway

import (
	"context"
	"iter"
	"net/netip"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralHealth is one instance's view of one server (facts 15, after HAProxy's
// meaning of the words):
//
//   - running is up, unless its last check failed, or passed on the condition that
//     no new sessions come: then it is on its way down;
//   - starting and stopping take some traffic;
//   - stopped is down, or, before its first check, not known.
//
// There is no time of the last check: what the API says is since when the state
// holds (ServerStateChangedAt in Native).
func neutralHealth(zone Zone, row *BackendServerStats, address netip.Addr) *lb.ServerHealth {
	return &lb.ServerHealth{
		Server:   FormatServerID(zone, row.BackendID, address),
		Instance: row.InstanceID,
		State:    serverState(row),
		Check:    string(row.LastHealthCheckStatus),
		Native:   row,
	}
}

func serverState(row *BackendServerStats) lb.Health {
	switch row.ServerState {
	case ServerStateRunning:
		switch row.LastHealthCheckStatus {
		case HealthCheckStatusFailed, HealthCheckStatusCondPass:
			return lb.HealthDegraded
		default:
			return lb.HealthHealthy
		}
	case ServerStateStarting, ServerStateStopping:
		return lb.HealthDegraded
	case ServerStateStopped:
		if row.LastHealthCheckStatus == HealthCheckStatusUnknown {
			return lb.HealthUnknown
		}
		return lb.HealthDown
	default:
		return lb.HealthUnknown
	}
}

// Health yields what each instance makes of each server of the backend. A server
// that no instance has told of yet comes once, without an instance, its state not
// known.
func (s backends) Health(ctx context.Context, id lb.BackendID, opts lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	const op = "backends.health"
	at, err := locate(s.p, op, lb.KindBackend, id, ParseBackendID)
	if err != nil {
		return rest.Fail[*lb.ServerHealth](err)
	}
	if err := rest.CheckPages(providerName, op, opts); err != nil {
		return rest.Fail[*lb.ServerHealth](err)
	}
	return rest.NamedList(op, func(yield func(*lb.ServerHealth, error) bool) {
		// The states are the load balancer's: which one that is, its backend says.
		b, err := at.Backends.Get(ctx, at.uuid)
		if err != nil {
			yield(nil, err)
			return
		}
		pool, err := neutralServers(at.zone, b)
		if err != nil {
			yield(nil, err)
			return
		}
		untold := map[lb.ServerID]bool{}
		for _, server := range pool {
			untold[server.ID] = true
		}
		rows := at.Backends.Stats(ctx, b.LB.ID, BackendStatsOptions{BackendID: at.uuid, PageOptions: opts})
		for h, err := range healthOf(at.zone, b, rows) {
			if !yield(h, err) || err != nil {
				return
			}
			delete(untold, h.Server)
		}
		for _, server := range pool {
			if untold[server.ID] && !yield(&lb.ServerHealth{Server: server.ID, State: lb.HealthUnknown}, nil) {
				return
			}
		}
	})
}

// healthOf leaves out rows of other backends, and of servers that have left the
// pool and are still in some instance's view.
func healthOf(zone Zone, b *Backend, rows iter.Seq2[*BackendServerStats, error]) iter.Seq2[*lb.ServerHealth, error] {
	members := map[netip.Addr]bool{}
	for _, text := range b.Pool {
		if address, err := parseServer(text); err == nil {
			members[address] = true
		}
	}
	ours := rest.Filter(rows, func(row *BackendServerStats) bool {
		address, err := parseServer(row.IP)
		return err == nil && row.BackendID == b.ID && members[address]
	})
	return rest.Map(ours, func(row *BackendServerStats) (*lb.ServerHealth, error) {
		address, err := parseServer(row.IP)
		return neutralHealth(zone, row, address), err
	})
}

// Health counts the servers, backends and frontends of a load balancer by state,
// from three lists that are read at the same time. A backend is what its servers
// are together, a frontend what its default backend is, the load balancer what
// its backends are; a backend without servers is down.
func (s loadBalancers) Health(ctx context.Context, id lb.LoadBalancerID) (_ *lb.HealthSummary, err error) {
	defer rest.Named("loadbalancers.health", &err)
	at, err := locate(s.p, "loadbalancers.health", lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	var view healthView
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) {
			view.backends, err = lb.Collect(at.Backends.List(ctx, at.uuid, BackendListOptions{OrderBy: OrderByCreatedAtAsc}))
			return err
		},
		func(ctx context.Context) (err error) {
			view.frontends, err = lb.Collect(at.Frontends.List(ctx, at.uuid, FrontendListOptions{OrderBy: OrderByCreatedAtAsc}))
			return err
		},
		func(ctx context.Context) (err error) {
			view.rows, err = lb.Collect(at.Backends.Stats(ctx, at.uuid, BackendStatsOptions{}))
			return err
		})
	if err != nil {
		return nil, err
	}
	return view.summary(), nil
}

// healthView is what the health of a load balancer is computed from.
type healthView struct {
	backends  []*Backend
	frontends []*Frontend
	rows      []*BackendServerStats
}

// place of a server: a backend's UUID and an address.
type serverKey struct {
	backend string
	address netip.Addr
}

func (v *healthView) summary() *lb.HealthSummary {
	seen := map[serverKey][]lb.Health{}
	for _, row := range v.rows {
		if address, err := parseServer(row.IP); err == nil {
			key := serverKey{row.BackendID, address}
			seen[key] = append(seen[key], serverState(row))
		}
	}
	sum := &lb.HealthSummary{
		Frontends: map[lb.Health]int{}, Backends: map[lb.Health]int{}, Servers: map[lb.Health]int{},
	}
	states := map[string]lb.Health{}
	var all []lb.Health
	for _, b := range v.backends {
		state := backendHealth(b, seen, sum.Servers)
		states[b.ID] = state
		all = append(all, state)
		sum.Backends[state]++
	}
	for _, f := range v.frontends {
		state, known := states[f.Backend.ID]
		if !known {
			state = lb.HealthUnknown
		}
		sum.Frontends[state]++
	}
	sum.State = fit.Together(all)
	return sum
}

func backendHealth(b *Backend, seen map[serverKey][]lb.Health, servers map[lb.Health]int) lb.Health {
	if len(b.Pool) == 0 {
		return lb.HealthDown
	}
	states := make([]lb.Health, 0, len(b.Pool))
	for _, text := range b.Pool {
		state := lb.HealthUnknown
		if address, err := parseServer(text); err == nil {
			state = fit.Together(seen[serverKey{b.ID, address}])
		}
		states = append(states, state)
		servers[state]++
	}
	return fit.Together(states)
}

// parseServer reads an address of a pool in its one spelling.
func parseServer(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	return address.Unmap(), err
}
