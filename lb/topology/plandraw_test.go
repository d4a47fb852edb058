package topology_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// drawing is what is drawn besides what every provider takes.
type drawing struct {
	disabledFrontends, weights, unchecked, inheritedPorts bool
}

func drawingFor(c *cloud) drawing {
	can := c.Capabilities()
	return drawing{
		disabledFrontends: can.Has("frontend.disabled"), weights: can.Has("server.weight"),
		unchecked: can.Has("backend.healthCheck.unset"), inheritedPorts: can.Has("backend.port.unset"),
	}
}

// drawSpec draws a topology that the provider takes and can publish: a frontend with
// somewhere to lead to is always there.
func drawSpec(t *rapid.T, d drawing, label string) *topology.Spec {
	s := main()
	s.LoadBalancer.TLSPolicy = rapid.SampledFrom([]lb.TLSPolicy{"", lb.TLSPolicyModern}).Draw(t, label+".tlsPolicy")
	for _, i := range drawSubset(t, 2, 0, label+".certificates") {
		material := rapid.IntRange(0, len(pairs())-1).Draw(t, fmt.Sprint(label, ".certificates.material", i))
		s.Certificates = append(s.Certificates, topology.Certificate{CertificateSpec: lb.CertificateSpec{
			Name: fmt.Sprint("cert-", i), PEM: pairs()[material].pem, Key: lb.NewSecret(pairs()[material].key),
		}})
	}
	for _, i := range drawSubset(t, 3, 1, label+".backends") {
		s.Backends = append(s.Backends, d.backend(t, fmt.Sprint("pool-", i), fmt.Sprint(label, ".backends.", i)))
	}
	ports := rapid.Permutation([]uint16{80, 443, 8000, 8001}).Draw(t, label+".ports")
	for n, i := range drawSubset(t, 3, 1, label+".frontends") {
		s.Frontends = append(s.Frontends, d.frontend(t, s, fmt.Sprint("site-", i), ports[n], fmt.Sprint(label, ".frontends.", i)))
	}
	s.Frontends[0].Disabled = false
	return s
}

// drawSubset draws some of the numbers below n, in order.
func drawSubset(t *rapid.T, n, least int, label string) []int {
	all := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), least, n, rapid.ID[int]).Draw(t, label)
	slices.Sort(all)
	return all
}

func (d drawing) backend(t *rapid.T, name, label string) topology.Backend {
	draw := func(field string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label+"."+field) }
	b := topology.Backend{BackendSpec: lb.BackendSpec{
		Name:       name,
		Protocol:   []lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP}[draw("protocol", 2)],
		Port:       []uint16{8080, 9090}[draw("port", 2)],
		Algorithm:  []lb.Algorithm{"", lb.AlgorithmLeastConn, lb.AlgorithmFirst}[draw("algorithm", 3)],
		Stickiness: []lb.Stickiness{"", lb.StickinessSource}[draw("stickiness", 2)],
	}}
	b.HealthCheck = []*lb.HealthCheck{{Type: lb.CheckTCP}, {Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Path: "/up"}}, nil}[draw("check", 3)]
	if b.HealthCheck == nil && !d.unchecked {
		b.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP, Port: 7070}
	}
	if d.inheritedPorts && draw("inherits", 4) == 0 {
		b.Port = 0
	}
	for _, i := range drawSubset(t, 3, 0, label+".servers") {
		server := at(fmt.Sprint("10.0.0.", i+1))[0]
		server.Disabled = rapid.IntRange(0, 5).Draw(t, fmt.Sprint(label, ".disabled", i)) == 0
		if d.weights && rapid.Bool().Draw(t, fmt.Sprint(label, ".weighs", i)) {
			server.Weight = new(rapid.IntRange(0, 10).Draw(t, fmt.Sprint(label, ".weight", i)))
		}
		b.Servers = append(b.Servers, server)
	}
	if len(b.Servers) > 0 {
		b.ProxyProtocol = []lb.ProxyProtocol{"", lb.ProxyProtocolV1, lb.ProxyProtocolV2}[draw("proxy", 3)]
		b.OnMarkedDown = []lb.OnMarkedDown{"", lb.OnMarkedDownShutdownSessions}[draw("marked", 2)]
	}
	return b
}

func (d drawing) frontend(t *rapid.T, s *topology.Spec, name string, port uint16, label string) topology.Frontend {
	draw := func(field string, n int) int { return rapid.IntRange(0, n-1).Draw(t, label+"."+field) }
	backend := s.Backends[draw("backend", len(s.Backends))]
	f := topology.Frontend{FrontendSpec: lb.FrontendSpec{
		Name: name, Protocol: backend.Protocol, Ports: []lb.PortRange{lb.Port(port)}, DefaultBackend: lb.BackendID(backend.Name),
	}}
	f.Disabled = d.disabledFrontends && draw("disabled", 4) == 0
	if len(s.Certificates) > 0 && port != 80 && draw("tls", 2) == 1 {
		f.Certificates = []lb.CertificateID{lb.CertificateID(s.Certificates[draw("certificate", len(s.Certificates))].Name)}
	}
	f.Filters = d.filters(t, f, label)
	for i := range draw("routes", 3) {
		var alike []topology.Backend
		for _, b := range s.Backends {
			if b.Protocol == f.Protocol {
				alike = append(alike, b)
			}
		}
		host := []string{"a.example.com", "b.example.com"}[i]
		f.Routes = append(f.Routes, lb.RouteSpec{
			Match:   lb.Match{{Field: lb.FieldHost, Values: []string{host}}},
			Backend: lb.BackendID(alike[draw(fmt.Sprint("route", i), len(alike))].Name),
		})
	}
	return f
}

func (d drawing) filters(t *rapid.T, f topology.Frontend, label string) []lb.FilterSpec {
	all := []lb.FilterSpec{
		{Name: "range", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}}}},
		{Name: "others", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}, Not: true}}},
		{Name: "admin", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/admin"}}}},
		{Name: "moved", Action: lb.FilterRedirect, Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/old"}}}, Redirect: &lb.Redirect{Scheme: "https", Code: 301}},
	}
	if f.Protocol != lb.ProtocolHTTP {
		all = all[:2]
	}
	count := rapid.IntRange(0, 2).Draw(t, label+".filters")
	return slices.Clone(rapid.Permutation(all).Draw(t, label+".filter")[:count])
}
