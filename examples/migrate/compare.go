package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// requests are some that the shop knows how to answer. A shop of one's own has others: at
// best, of each rule one that it matches and one that it just does not.
var requests = []lb.Request{
	{Source: netip.MustParseAddr("198.51.100.7"), Host: "shop.example"},
	{Source: netip.MustParseAddr("192.0.2.7"), Host: "shop.example"},
	{Source: netip.MustParseAddr("192.0.3.0"), Host: "shop.example", Path: "/cart"},
}

// decidesAlike compares what happens to requests at each port, before and after.
func (m *migration) decidesAlike(before, after *topology.Spec) error {
	count := 0
	for _, frontend := range before.Frontends {
		for _, ports := range frontend.Ports {
			for _, request := range requests {
				request.Port = ports.From
				was, err := explain(before, request)
				if err != nil {
					return err
				}
				is, err := explain(after, request)
				if err != nil {
					return err
				}
				if was != is {
					return fmt.Errorf("a request from %s to port %d: was %s, is %s", request.Source, request.Port, was, is)
				}
				count++
			}
		}
	}
	fmt.Fprintf(m.out, "%d requests are decided as before\n", count)
	return nil
}

// explain says where a request goes: to which servers, since names may have changed.
func explain(s *topology.Spec, request lb.Request) (string, error) {
	for _, f := range s.Frontends {
		for _, ports := range f.Ports {
			if request.Port < ports.From || request.Port > ports.To {
				continue
			}
			decision, err := lb.Explain(f.FrontendSpec, f.Filters, f.Routes, request)
			if err != nil || decision.Action != lb.FilterAllow {
				return fmt.Sprint(decision.Action, " ", decision.Location), err
			}
			return "to " + addresses(s, decision.Backend), nil
		}
	}
	return "nothing listens", nil
}

// addresses are those of the servers in service of a backend, which is named by its name or
// its ID.
func addresses(s *topology.Spec, ref lb.BackendID) string {
	var all []string
	for _, b := range s.Backends {
		if b.Name == string(ref) || b.ID == ref {
			for _, server := range b.Servers {
				if !server.Disabled {
					all = append(all, server.Address.String())
				}
			}
		}
	}
	return strings.Join(all, ", ")
}

// compare says what is not as it was, there and back.
func (m *migration) compare(before, after *topology.Spec) {
	fmt.Fprintln(m.out, "== There and back ==")
	before, after = before.Portable(), after.Portable() // IDs and names are new
	for _, s := range []*topology.Spec{before, after} {
		for i := range s.Certificates {
			s.Certificates[i].Fingerprint = "" // new material: the name tells which one it is
		}
	}
	differences := topology.Diff(before, after)
	if len(differences) == 0 {
		fmt.Fprintln(m.out, "All is as it was")
		return
	}
	fmt.Fprintf(m.out, "What is not as it was:\n\n%v", differences)
}
