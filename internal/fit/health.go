package fit

import (
	"cmp"

	"github.com/lbkit/lbkit/lb"
)

// Summary counts what is in a load balancer, where of tells how servers are. A backend is
// what its servers are together, and down without any; a frontend is what its default backend
// and those of its routes are, unknown for one that is not there, and the load balancer what
// its backends are.
func Summary(t *lb.Tree, of func(*lb.Server) lb.Health) *lb.HealthSummary {
	sum := &lb.HealthSummary{Frontends: map[lb.Health]int{}, Backends: map[lb.Health]int{}, Servers: map[lb.Health]int{}}
	states := map[lb.BackendID]lb.Health{}
	var all []lb.Health
	for _, backend := range t.Backends {
		var servers []lb.Health
		for _, server := range backend.Servers {
			state := of(server)
			servers = append(servers, state)
			sum.Servers[state]++
		}
		state := lb.HealthDown
		if len(servers) > 0 {
			state = Together(servers)
		}
		states[backend.ID] = state
		sum.Backends[state]++
		all = append(all, state)
	}
	stateOf := func(id lb.BackendID) lb.Health { return cmp.Or(states[id], lb.HealthUnknown) }
	for _, f := range t.Frontends {
		var parts []lb.Health
		if f.DefaultBackend != "" {
			parts = append(parts, stateOf(f.DefaultBackend))
		}
		for _, route := range f.Routes {
			parts = append(parts, stateOf(route.Backend))
		}
		sum.Frontends[Together(parts)]++
	}
	sum.State = Together(all)
	return sum
}

// Together is the state of a whole: that of its parts where they agree, degraded where some
// of them serve traffic, and else down. Without parts it is unknown.
func Together(parts []lb.Health) lb.Health {
	if len(parts) == 0 {
		return lb.HealthUnknown
	}
	agree, serving := true, false
	for _, state := range parts {
		agree = agree && state == parts[0]
		serving = serving || state == lb.HealthHealthy || state == lb.HealthDegraded
	}
	switch {
	case agree:
		return parts[0]
	case serving:
		return lb.HealthDegraded
	default:
		return lb.HealthDown
	}
}
