package ovh

import (
	"context"
	"iter"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Health is what the API makes of the probes of all servers.
func (s neutralLoadBalancers) Health(ctx context.Context, id lb.LoadBalancerID) (_ *lb.HealthSummary, err error) {
	defer rest.Named("loadbalancers.health", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	status, err := s.p.client.LoadBalancers.Status(ctx, service)
	if err != nil {
		return nil, err
	}
	return &lb.HealthSummary{
		State:     healthOfLevel(status.Service.Status),
		Frontends: countsOf(status.Frontends),
		Backends:  countsOf(status.Farms),
		Servers:   countsOf(status.Servers),
	}, nil
}

// healthOfLevel is one of OVH's four grades. A word that nobody knows stays as it
// is.
func healthOfLevel(level StatusLevel) lb.Health {
	switch level {
	case StatusOK:
		return lb.HealthHealthy
	case StatusWarn:
		return lb.HealthDegraded
	case StatusError:
		return lb.HealthDown
	case StatusUnknown, "":
		return lb.HealthUnknown
	default:
		return lb.Health(level)
	}
}

func countsOf(c ComponentHealth) map[lb.Health]int {
	counts := map[lb.Health]int{}
	for state, n := range map[lb.Health]int{
		lb.HealthHealthy:  c.Status.OK,
		lb.HealthDegraded: c.Status.Warn,
		lb.HealthDown:     c.Status.Error,
		lb.HealthUnknown:  c.Status.Unknown,
	} {
		if n > 0 {
			counts[state] = n
		}
	}
	return counts
}

// Health yields what each instance of the load balancer found of each server. A
// server that no instance tells of, since it is not probed or not live yet, is one
// entry of unknown health.
func (s neutralBackends) Health(ctx context.Context, id lb.BackendID, opts lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	const op = "backends.health"
	service, protocol, farm, err := ParseBackendID(id)
	if err != nil {
		return rest.Fail[*lb.ServerHealth](rest.Renamed(op, err))
	}
	list := s.p.client.on(protocol).servers(farm).list(ctx, service, opts)
	return func(yield func(*lb.ServerHealth, error) bool) {
		for member, err := range list {
			if err != nil {
				yield(nil, rest.Renamed(op, err))
				return
			}
			for _, health := range healthOf(FormatServerID(service, protocol, farm, member.ServerID), member) {
				if !yield(health, nil) {
					return
				}
			}
		}
	}
}

func healthOf(id lb.ServerID, s *server) []*lb.ServerHealth {
	if len(s.ServerState) == 0 {
		return []*lb.ServerHealth{{Server: id, State: lb.HealthUnknown, Native: s.native}}
	}
	out := make([]*lb.ServerHealth, len(s.ServerState))
	for i := range s.ServerState {
		state := &s.ServerState[i]
		out[i] = &lb.ServerHealth{
			Server:    id,
			Instance:  strconv.FormatInt(state.InstanceID, 10),
			State:     healthOfState(s.Probe, state.Status),
			Code:      state.CheckCode,
			Check:     state.CheckStatus,
			Content:   state.LastCheckContent,
			CheckedAt: valueOf(state.CheckTime),
			Native:    state,
		}
	}
	return out
}

// healthOfState reads the words of a probe. They are HAProxy's (facts 5.5), which
// adds how far a change is: "UP 1/3" is still up, on its way down.
func healthOfState(probed bool, word string) lb.Health {
	word, _, _ = strings.Cut(strings.ToUpper(word), " ")
	switch {
	case !probed:
		return lb.HealthUnknown
	case word == "UP":
		return lb.HealthHealthy
	case word == "DOWN":
		return lb.HealthDown
	default:
		return lb.HealthUnknown
	}
}
