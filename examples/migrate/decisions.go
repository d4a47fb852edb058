package main

import (
	"fmt"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// decision is what is done about something that a cloud cannot do.
type decision struct {
	says   string
	change func(*topology.Spec)
}

// decisions are those of this shop, by feature. Leaving something out is a decision too,
// and what is refused is not left out without one. What is not refused and left out all the
// same, such as servers that are out of service, stands in the plan's notes.
var decisions = map[lb.Feature]decision{
	"server.name": {"left out: it is for people", servers(func(s *lb.ServerSpec) { s.Name = "" })},
	"server.weight": {
		"left out: servers of one backend share evenly; a second backend would be for other shares",
		servers(func(s *lb.ServerSpec) { s.Weight = nil }),
	},
	"frontend.ports.several":        {"a frontend for each port", onePortEach},
	"frontend.ports.range":          {"a frontend for each port", onePortEach},
	"filter.status":                 {"left out: the cloud chooses what a denial answers", filters(func(f *lb.FilterSpec) { f.Status = 0 })},
	"route.name":                    {"left out: a route is known by what it matches", routes(func(r *lb.RouteSpec) { r.Name = "" })},
	"frontend.connectionRate":       {"left out: the cloud has a protection of its own", frontends(func(f *lb.FrontendSpec) { f.ConnectionRate = 0 })},
	"backend.healthCheck.timeout":   {"left out: the cloud has a timeout of its own", checks(func(c *lb.HealthCheck) { c.Timeout = 0 })},
	"backend.serverTimeout":         {"left out: slow answers must be faster than the cloud's own timeout", backends(func(b *lb.BackendSpec) { b.ServerTimeout = 0 })},
	"backend.maxConnections":        {"left out: the servers must limit connections", backends(func(b *lb.BackendSpec) { b.MaxConnections = 0 })},
	"backend.healthCheck.unset":     {"checked by tcp: the cloud checks always", backends(func(b *lb.BackendSpec) { b.HealthCheck = checked(b.HealthCheck) })},
	"frontend.certificates.several": {"the first one alone is named: the cloud serves the others too", frontends(func(f *lb.FrontendSpec) { f.Certificates = f.Certificates[:1] })},
	"backend.healthCheck.unhealthyThreshold": {
		"left out: the cloud has a threshold of its own", checks(func(c *lb.HealthCheck) { c.UnhealthyThreshold = 0 }),
	},
}

func checked(check *lb.HealthCheck) *lb.HealthCheck {
	if check == nil {
		return &lb.HealthCheck{Type: lb.CheckTCP}
	}
	return check
}

// onePortEach makes one frontend of each port of a frontend that has several.
func onePortEach(s *topology.Spec) {
	var all []topology.Frontend
	for _, f := range s.Frontends {
		for _, ports := range f.Ports {
			for number := int(ports.From); number <= int(ports.To); number++ {
				one := f
				one.FrontendSpec = lb.Clone(f.FrontendSpec)
				one.Ports = []lb.PortRange{lb.Port(uint16(number))} //nolint:gosec // between two ports
				if len(f.Ports) > 1 || ports.From != ports.To {
					one.Name = fmt.Sprintf("%s-%d", f.Name, number)
				}
				all = append(all, one)
			}
		}
	}
	s.Frontends = all
}

// What follows is a change of every entry of a kind.

func backends(change func(*lb.BackendSpec)) func(*topology.Spec) {
	return func(s *topology.Spec) {
		for i := range s.Backends {
			change(&s.Backends[i].BackendSpec)
		}
	}
}

func checks(change func(*lb.HealthCheck)) func(*topology.Spec) {
	return backends(func(b *lb.BackendSpec) {
		if b.HealthCheck != nil {
			change(b.HealthCheck)
		}
	})
}

func servers(change func(*lb.ServerSpec)) func(*topology.Spec) {
	return func(s *topology.Spec) {
		for i := range s.Backends {
			for j := range s.Backends[i].Servers {
				change(&s.Backends[i].Servers[j])
			}
		}
	}
}

func frontends(change func(*lb.FrontendSpec)) func(*topology.Spec) {
	return func(s *topology.Spec) {
		for i := range s.Frontends {
			change(&s.Frontends[i].FrontendSpec)
		}
	}
}

func filters(change func(*lb.FilterSpec)) func(*topology.Spec) {
	return func(s *topology.Spec) {
		for i := range s.Frontends {
			for j := range s.Frontends[i].Filters {
				change(&s.Frontends[i].Filters[j])
			}
		}
	}
}

func routes(change func(*lb.RouteSpec)) func(*topology.Spec) {
	return func(s *topology.Spec) {
		for i := range s.Frontends {
			for j := range s.Frontends[i].Routes {
				change(&s.Frontends[i].Routes[j])
			}
		}
	}
}
