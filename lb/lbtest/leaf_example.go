package lbtest

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// profileOf is what a provider says of itself, and what it names.
func profileOf(provider lb.Provider, own OwnValues) profile {
	return profile{Capabilities: provider.Capabilities(), dialect: provider.Dialect(), own: own}
}

// newExample is a small configuration that the provider accepts: names everywhere that
// they are possible, an HTTP frontend on one port with a backend of two servers, one
// filter and one route.
func newExample(p profile) example {
	x := example{
		LoadBalancer: lb.LoadBalancerSpec{Name: p.orNone("loadbalancer.name", "web")},
		Frontend:     lb.FrontendSpec{Name: p.orNone("frontend.name", "web"), Ports: []lb.PortRange{lb.Port(8080)}, DefaultBackend: "one"},
		Backend:      lb.BackendSpec{Name: p.orNone("backend.name", "web")},
		Servers:      p.reachable(exampleServers()),
	}
	if p.Has("backend.port") {
		x.Backend.Port = 8080
	}
	webBackend(p, &x)
	x.Backend.HealthCheck = p.leastCheck()
	webFilter(p, &x)
	webRoute(p, &x)
	webFrontend(p, &x)
	uploaded(p, &x)
	x.Frontend.Ports = []lb.PortRange{lb.Port(8080)}
	return x
}

// orNone is a text where the provider has the leaf.
func (p profile) orNone(path lb.Feature, text string) string {
	if p.Has(path) {
		return text
	}
	return ""
}

func exampleServers() []lb.ServerSpec {
	return []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.11")}, {Address: netip.MustParseAddr("10.0.0.12")}}
}

// protocol is the wanted one, or else one that the provider has.
func (p profile) protocol(path lb.Feature, wanted lb.Protocol) lb.Protocol {
	all := allowed(p, path, wanted, lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolUDP)
	return append(all, wanted)[0]
}

// foreignExtensions are extensions of the provider that are of some level.
func (p profile) foreignExtensions() []lb.Extensions {
	for _, path := range slices.Sorted(maps.Keys(p.own.Extensions)) {
		return p.own.Extensions[path][:1:1]
	}
	return nil
}
