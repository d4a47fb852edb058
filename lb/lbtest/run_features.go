package lbtest

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

func frontendTrials() []trial {
	ports := func(ports ...lb.PortRange) func(*scene) error {
		return listening(func(_ *scene, spec *lb.FrontendSpec) { spec.Ports = ports })
	}
	two := func(s *scene, spec *lb.FrontendSpec) {
		spec.Ports, spec.TLS = []lb.PortRange{lb.Port(443)}, true
		for i, name := range []string{"one", "two"} {
			if !s.supports("certificates.create") {
				spec.Certificates = append(spec.Certificates, lb.CertificateID(name)) // the Dialect does not read it
				continue
			}
			made := must(s.p.Certificates().Create(s.ctx, s.id, lb.CertificateSpec{Name: name, PEM: pair(i).certificate, Key: lb.NewSecret(pair(i).key)}))(s.world, "upload")
			spec.Certificates = append(spec.Certificates, made.ID)
		}
	}
	return []trial{
		{feature: "frontend.ports.several", path: "ports", try: ports(lb.Port(80), lb.Port(8080))},
		{feature: "frontend.ports.range", path: "ports", try: ports(lb.PortRange{From: 8000, To: 8100})},
		{feature: "frontend.certificates.several", path: "certificates", try: listening(two)},
		{feature: "frontend.tls.withoutCertificates", path: "tls", try: listening(func(_ *scene, spec *lb.FrontendSpec) {
			spec.Ports, spec.TLS = []lb.PortRange{lb.Port(443)}, true
		})},
		{feature: "frontend.certificates.port80", path: "certificates", refined: true, try: listening(func(s *scene, spec *lb.FrontendSpec) {
			two(s, spec)
			spec.Ports, spec.Certificates = []lb.PortRange{lb.Port(80)}, spec.Certificates[:1]
		})},
		{feature: "frontend.setHeaders.percent", path: "setHeaders", try: listening(func(_ *scene, spec *lb.FrontendSpec) {
			spec.SetHeaders = []lb.Header{{Name: "X-Load", Value: "100%"}}
		})},
		{feature: "frontend.http3.plain", path: "http3", try: listening(func(_ *scene, spec *lb.FrontendSpec) { spec.HTTP3 = true })},
	}
}

func backendTrials() []trial {
	ipv6 := lb.ServerSpec{Address: netip.MustParseAddr("2001:db8::1")}
	check := func(change func(*lb.HealthCheck)) func(*lb.BackendSpec) {
		return func(spec *lb.BackendSpec) {
			spec.HealthCheck = &lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Path: "/", Status: []int{200}}}
			change(spec.HealthCheck)
		}
	}
	of := func(kind lb.CheckType, change func(*lb.HealthCheck)) func(*lb.BackendSpec) {
		return func(spec *lb.BackendSpec) {
			spec.Protocol, spec.HealthCheck = lb.ProtocolTCP, &lb.HealthCheck{Type: kind}
			change(spec.HealthCheck)
		}
	}
	return []trial{
		{feature: "backend.healthCheck.port.oco", path: "healthCheck.port", refined: true, try: creating(of(lb.CheckOCO, func(c *lb.HealthCheck) { c.Port = 79 }))},
		{feature: "backend.healthCheck.expect.otherTypes", path: "healthCheck.expect", refined: true, try: creating(of(lb.CheckSMTP, func(c *lb.HealthCheck) {
			c.Expect = &lb.Expect{Contains: "220"}
		}))},
		{feature: "backend.proxyProtocol.withoutServers", path: "proxyProtocol", try: creating(func(spec *lb.BackendSpec) { spec.ProxyProtocol = lb.ProxyProtocolV2 })},
		{feature: "backend.onMarkedDown.withoutServers", path: "onMarkedDown", try: creating(func(spec *lb.BackendSpec) {
			spec.OnMarkedDown = lb.OnMarkedDownShutdownSessions
		})},
		{feature: "backend.tls.withoutServers", path: "tls", try: creating(func(spec *lb.BackendSpec) { spec.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone} })},
		{feature: "backend.healthCheck.http.status.several", path: "healthCheck.http.status", try: creating(check(func(c *lb.HealthCheck) {
			c.HTTP.Status = []int{200, 204}
		}))},
		{feature: "backend.healthCheck.expect.withStatus", path: "healthCheck.expect", try: creating(check(func(c *lb.HealthCheck) {
			c.Expect = &lb.Expect{Contains: "ok"}
		}))},
		{feature: "backend.healthCheck.expect.containsAndRegex", path: "healthCheck.expect", try: creating(check(func(c *lb.HealthCheck) {
			c.HTTP.Status, c.Expect = nil, &lb.Expect{Contains: "ok", Regex: "o.*k"}
		}))},
		{feature: "server.address.ipv6", path: "servers[0].address", try: creating(func(*lb.BackendSpec) {}, ipv6)},
	}
}

// udpTrials are what a UDP frontend or backend lacks, where there is one.
func udpTrials() []trial {
	backend := func(feature lb.Feature, path string, change func(*lb.BackendSpec), servers ...lb.ServerSpec) trial {
		return trial{feature: feature, path: path, refined: true, try: creating(func(spec *lb.BackendSpec) {
			spec.Protocol, spec.HealthCheck = lb.ProtocolUDP, nil
			change(spec)
		}, servers...)}
	}
	first := netip.MustParseAddr("10.0.0.1")
	weighted, backup := []lb.ServerSpec{{Address: first, Weight: new(5)}}, []lb.ServerSpec{{Address: first, Backup: true}}
	frontend := func(feature lb.Feature, path string, change func(*lb.FrontendSpec)) trial {
		return trial{feature: feature, path: path, refined: true, try: func(s *scene) error {
			spec := s.frontendSpec("tried", 80, "")
			onUDP(&spec)
			change(&spec)
			_, err := s.p.Frontends().Create(s.ctx, s.id, spec)
			return err
		}}
	}
	return []trial{
		backend("backend.port.unset.udp", "port", func(spec *lb.BackendSpec) { spec.Port = 0 }),
		backend("backend.algorithm.udp", "algorithm", func(spec *lb.BackendSpec) { spec.Algorithm = lb.AlgorithmLeastConn }),
		backend("backend.stickiness.udp", "stickiness", func(spec *lb.BackendSpec) { spec.Stickiness = lb.StickinessSource }),
		backend("backend.proxyProtocol.udp", "proxyProtocol", func(spec *lb.BackendSpec) { spec.ProxyProtocol = lb.ProxyProtocolV2 }),
		backend("backend.onMarkedDown.udp", "onMarkedDown", func(spec *lb.BackendSpec) { spec.OnMarkedDown = lb.OnMarkedDownShutdownSessions }),
		backend("backend.tls.udp", "tls", func(spec *lb.BackendSpec) { spec.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone} }),
		backend("server.weight.udp", "servers[0].weight", func(*lb.BackendSpec) {}, weighted...),
		backend("server.backup.udp", "servers[0].backup", func(*lb.BackendSpec) {}, backup...),
		frontend("frontend.tls.udp", "tls", func(spec *lb.FrontendSpec) { spec.TLS = true }),
		frontend("frontend.certificates.udp", "certificates", func(spec *lb.FrontendSpec) { spec.Certificates = []lb.CertificateID{"one"} }),
	}
}

func onTCP(spec *lb.FrontendSpec) { spec.Protocol = lb.ProtocolTCP }

func onUDP(spec *lb.FrontendSpec) { spec.Protocol = lb.ProtocolUDP }

func filterTrials() []trial {
	acting := func(frontend func(*lb.FrontendSpec), action lb.FilterAction, change func(*lb.FilterSpec)) func(*scene) error {
		return func(s *scene) error {
			spec := s.denyPath("", "/a")
			spec.Action = action
			if action == lb.FilterRedirect {
				spec.Redirect = &lb.Redirect{Scheme: "https"}
			}
			if change != nil {
				change(&spec)
			}
			return filtering(frontend, spec)(s)
		}
	}
	host := lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldHost, Values: []string{"a.example"}}}}
	aside := func(spec *lb.FrontendSpec) { spec.Ports = []lb.PortRange{lb.Port(8080)} }
	return []trial{
		{feature: "filter.action.allow", path: "filters[0].action", looks: true, try: acting(nil, lb.FilterAllow, nil)},
		{feature: "filter.action.deny", path: "filters[0].action", looks: true, try: acting(nil, lb.FilterDeny, nil)},
		{feature: "filter.action.redirect", path: "filters[0].action", looks: true, try: acting(nil, lb.FilterRedirect, nil)},
		{feature: "filter.action.redirect.tcp", path: "filters[0].action", looks: true, try: acting(onTCP, lb.FilterRedirect, sourceOnly)},
		{feature: "filter.status.tcp", path: "filters[0].status", looks: true, try: acting(onTCP, lb.FilterDeny, func(spec *lb.FilterSpec) {
			sourceOnly(spec)
			spec.Status = 403
		})},
		{feature: "filter.redirect.port.alone", path: "filters[0].redirect.port", looks: true, try: acting(aside, lb.FilterRedirect, func(spec *lb.FilterSpec) {
			spec.Redirect = &lb.Redirect{Port: 8443}
		})},
		{feature: "filter.match.host.port", path: "filters[0].match[0].field", looks: true, try: filtering(aside, host)},
	}
}

func sourceOnly(spec *lb.FilterSpec) { spec.Match = lb.Match{conditionOf(lb.FieldSource)} }

func routeTrials() []trial {
	to := func(backend lb.BackendID, match ...lb.Condition) lb.RouteSpec {
		return lb.RouteSpec{Backend: backend, Match: match}
	}
	return []trial{
		{feature: "route.order", path: "routes[1].match", looks: true, try: func(s *scene) error {
			narrow, wide := s.profile().overlapping()
			return routing(nil, to("app", narrow), to("other", wide))(s)
		}},
		{feature: "route.match.host.suffix.bare", path: "routes[0].match[0].values", looks: true, try: routing(nil, to("app", lb.Condition{
			Field: lb.FieldHost, Op: lb.MatchSuffix, Values: []string{"example.test"},
		}))},
	}
}

// matchTrials are the features of conditions, of filters or of routes.
func matchTrials(leaf lb.Feature) []trial {
	path := string(leaf) + "s[0].match"
	on := func(frontend func(*lb.FrontendSpec), match ...lb.Condition) func(*scene) error {
		if leaf == "filter" {
			return filtering(frontend, lb.FilterSpec{Action: lb.FilterDeny, Match: match})
		}
		return routing(frontend, lb.RouteSpec{Backend: "other", Match: match})
	}
	not := func(c lb.Condition) lb.Condition { c.Not = true; return c }
	source := conditionOf(lb.FieldSource)
	// with tries conditions on fields that the provider has, as far as there are any.
	with := func(change func(c []lb.Condition) []lb.Condition, n int, fields ...lb.Field) func(*scene) error {
		return func(s *scene) error { return on(nil, change(s.profile().had(leaf, n, fields...))...)(s) }
	}
	as := func(c []lb.Condition) []lb.Condition { return c }
	out := []trial{
		{feature: leaf + ".match.values.several", path: path + "[0].values", looks: true, try: with(func(c []lb.Condition) []lb.Condition {
			c[0].Values = append(c[0].Values, otherValues[c[0].Field])
			return c
		}, 1, textFields...)},
		{feature: leaf + ".match.values.empty", path: path + "[0].values", looks: true, try: func(s *scene) error {
			c := s.profile().had(leaf, 1, slices.DeleteFunc(slices.Clone(textFields), func(f lb.Field) bool { return f == lb.FieldSource })...)[0]
			if s.profile().compares(leaf, lb.FieldSource, "") && !s.profile().compares(leaf, c.Field, c.Op) {
				s.Skip("the provider looks at sources alone, which are not empty")
			}
			c.Values = []string{""}
			return on(nil, c)(s)
		}},
		{feature: leaf + ".match.several", path: path, looks: true, try: with(as, 2, allFields...)},
		{feature: leaf + ".match.several.fields", path: path, looks: true, try: with(as, 2, allFields[1:]...)},
		{feature: leaf + ".match.several.sources", path: path, looks: true, try: on(nil, source, not(lb.Condition{
			Field: lb.FieldSource, Values: []string{"192.0.2.128/25"},
		}))},
		{feature: leaf + ".match.several.not", path: path, looks: true, try: with(func(c []lb.Condition) []lb.Condition {
			c[1] = not(c[1])
			return c
		}, 2, allFields...)},
		{feature: leaf + ".match.unset.tcp", path: path, looks: true, try: on(onTCP)},
		{feature: leaf + ".match.udp", path: string(leaf) + "s", looks: true, try: onlyDialect(leaf, source)},
	}
	for _, field := range matchFields {
		for _, op := range matchOps {
			out = append(out, trial{
				feature: opFeature(leaf, field, op), path: path + "[0].op", looks: true,
				try: on(nil, conditionBy(field, op)), nonsense: field == lb.FieldSource && op != "",
			})
		}
		out = append(out,
			trial{feature: leaf + ".match." + lb.Feature(field), path: path + "[0].field", looks: true, try: anyOp(leaf, on, field)},
			trial{feature: leaf + ".match." + lb.Feature(field) + ".tcp", path: path + "[0].field", looks: true, try: on(onTCP, conditionBy(field, ""))},
		)
	}
	return out
}

// anyOp tries a field with the first way to compare it that is declared.
func anyOp(leaf lb.Feature, on func(func(*lb.FrontendSpec), ...lb.Condition) func(*scene) error, field lb.Field) func(*scene) error {
	return func(s *scene) error {
		for _, op := range matchOps {
			if s.supports(opFeature(leaf, field, op)) {
				return on(nil, conditionBy(field, op))(s)
			}
		}
		if s.supports(leaf + ".match." + lb.Feature(field)) {
			return fmt.Errorf("%s.match.%s is declared, and no way to compare it", leaf, field)
		}
		return on(nil, conditionBy(field, ""))(s)
	}
}

// onlyDialect tries rules of a UDP frontend, which not every provider has: the dialect
// refuses them without one.
func onlyDialect(leaf lb.Feature, source lb.Condition) func(*scene) error {
	return func(s *scene) error {
		spec := s.frontendSpec("web", 80, "one")
		onUDP(&spec)
		if leaf == "filter" {
			_, err := s.p.Dialect().Filters(spec, []lb.FilterSpec{{Action: lb.FilterDeny, Match: lb.Match{source}}})
			return err
		}
		_, err := s.p.Dialect().Routes(spec, []lb.RouteSpec{{Backend: "one", Match: lb.Match{source}}})
		return err
	}
}

// objectTrials are those of load balancers, certificates and addresses.
func objectTrials() []trial {
	ordering := func(spec lb.CertificateSpec) func(*scene) error {
		return func(s *scene) error {
			_, refused := s.p.Dialect().Certificate(spec)
			made, err := s.p.Certificates().Create(s.ctx, s.id, spec)
			if err := agree(refused, err); err != nil {
				return err
			}
			must(lb.WaitCertificate(s.ctx, s.p, made.ID, s.poll()...))(s.world, "wait for the certificate")
			return nil
		}
	}
	return []trial{
		{feature: "certificate.domains.wildcard", path: "domains", try: func(s *scene) error {
			return ordering(lb.CertificateSpec{Name: s.orderName(), Domains: []string{"*.a.example"}})(s)
		}},
		{feature: "certificate.name.ordered", path: "name", try: ordering(lb.CertificateSpec{Name: "managed", Domains: []string{"a.example"}})},
		{feature: "loadbalancers.delete.releaseAddresses", path: "", try: releasing},
		{feature: "addresses.attach.move", path: "", looks: true, try: moving},
	}
}

// orderName is the name of a certificate on order, where it has one.
func (s *scene) orderName() string {
	if s.supports("certificate.name.ordered") {
		return "managed"
	}
	return ""
}

// releasing deletes a load balancer with its addresses.
func releasing(s *scene) error {
	all := lb.AddressListOptions{LoadBalancer: s.id}
	var held []*lb.Address
	if s.supports("addresses.list") {
		s.prepare(func() { held = must(lb.Collect(s.p.Addresses().List(s.ctx, all)))(s.world, "list its addresses") })
	}
	if err := s.p.LoadBalancers().Delete(s.ctx, s.id, lb.DeleteLoadBalancerOptions{ReleaseAddresses: true}); err != nil {
		return err
	}
	s.done("wait until it is gone", lb.WaitDeleted(s.ctx, s.p, s.id, s.poll()...))
	for _, address := range held {
		_, err := s.p.Addresses().Get(s.ctx, address.ID)
		s.code("read an address that went with its load balancer", err, lb.ErrNotFound)
	}
	return nil
}

// moving attaches an address that another load balancer has.
func moving(s *scene) error {
	var other lb.LoadBalancerID
	s.prepare(func() {
		if s.address = s.newAddress(); s.address == "" {
			s.Skip("the harness has no Address")
		}
		s.attach()
		other = s.LoadBalancer(s.T)
	})
	op, err := s.p.Addresses().Attach(s.ctx, s.address, other)
	if err != nil {
		return err
	}
	s.moved(op)
	s.same("the load balancer of an address that has moved", other, must(s.p.Addresses().Get(s.ctx, s.address))(s.world, "read it").LoadBalancer)
	return nil
}
