package lbtest

import (
	"net/netip"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

func (d drawer) backend() (lb.BackendSpec, []lb.ServerSpec) {
	protocol := d.protocol("backend.protocol")
	spec := lb.BackendSpec{
		Name:           d.name("backend.name"),
		Protocol:       protocol,
		Port:           d.backendPort(protocol),
		ServerTimeout:  d.timeout("backend.serverTimeout"),
		ConnectTimeout: d.timeout("backend.connectTimeout"),
		TunnelTimeout:  d.timeout("backend.tunnelTimeout"),
		QueueTimeout:   d.timeout("backend.queueTimeout"),
		MaxConnections: maybe(d, "backend.maxConnections", 3, 1, 1000, 65536),
		MaxRetries:     maybe(d, "backend.maxRetries", 3, new(0), new(1), new(32)),
	}
	servers := d.servers(protocol)
	if protocol != lb.ProtocolUDP || d.wild && d.once(4, "all of it") {
		d.connected(&spec, len(servers) > 0)
	}
	if spec.TLS == nil {
		spec.Extensions = d.backendExtensions(spec)
	}
	if spec.HealthCheck != nil && protocol != lb.ProtocolUDP && spec.Extensions.IsZero() {
		for i := range servers {
			servers[i].Extensions = d.serverExtensions(protocol)
		}
	}
	return spec, servers
}

// backendExtensions are beside no timeouts: some of a provider's own are about those.
func (d drawer) backendExtensions(spec lb.BackendSpec) lb.Extensions {
	if spec.Protocol != lb.ProtocolHTTP || spec.ServerTimeout != 0 || spec.ConnectTimeout != 0 || spec.TunnelTimeout != 0 || spec.QueueTimeout != 0 {
		return lb.Extensions{}
	}
	return d.extensions("backend.extensions", 3)
}

func (d drawer) serverExtensions(protocol lb.Protocol) lb.Extensions {
	if protocol != lb.ProtocolHTTP {
		return lb.Extensions{}
	}
	return d.extensions("server.extensions", 4)
}

// backendPort is the frontend's once in a while, where that can be said.
func (d drawer) backendPort(protocol lb.Protocol) uint16 {
	if protocol != lb.ProtocolUDP && d.p.Has("backend.port.unset") && d.once(3, "of the frontend") {
		return 0
	}
	if !d.sets("backend.port", 1) {
		return 0
	}
	return d.port("backend.port")
}

// connected draws what backends have whose servers are spoken to in connections.
func (d drawer) connected(spec *lb.BackendSpec, populated bool) {
	web := spec.Protocol == lb.ProtocolHTTP || d.wild
	algorithms := []lb.Algorithm{lb.AlgorithmRoundRobin, lb.AlgorithmLeastConn, lb.AlgorithmFirst, lb.AlgorithmSource}
	if web {
		algorithms = append(algorithms, lb.AlgorithmURI)
	}
	spec.Algorithm = maybe(d, "backend.algorithm", 2, algorithms...)
	d.stickiness(spec, web)
	if d.sets("backend.healthCheck", 2) {
		spec.HealthCheck = d.check()
	}
	if populated || d.p.Has("backend.proxyProtocol.withoutServers") || d.wild {
		spec.ProxyProtocol = maybe(d, "backend.proxyProtocol", 3,
			lb.ProxyProtocolV1, lb.ProxyProtocolV2, lb.ProxyProtocolV2SSL, lb.ProxyProtocolV2SSLCN)
	}
	if populated || d.p.Has("backend.onMarkedDown.withoutServers") || d.wild {
		spec.OnMarkedDown = maybe(d, "backend.onMarkedDown", 3, lb.OnMarkedDownShutdownSessions)
	}
	if (populated || d.p.Has("backend.tls.withoutServers") || d.wild) && d.sets("backend.tls", 3) {
		spec.TLS = d.encryption()
	}
}

func (d drawer) stickiness(spec *lb.BackendSpec, web bool) {
	kinds := []lb.Stickiness{lb.StickinessSource}
	if web {
		kinds = append(kinds, lb.StickinessCookie)
	}
	spec.Stickiness = maybe(d, "backend.stickiness", 2, kinds...)
	if spec.Stickiness == lb.StickinessCookie {
		spec.CookieName = maybe(d, "backend.cookieName", 2, "lb", "SERVERID", "a-b_c.d!")
	}
}

func (d drawer) encryption() *lb.BackendTLS {
	tls := &lb.BackendTLS{Verify: among(d, "backend.tls.verify", lb.TLSVerifyNone, lb.TLSVerifySystem, lb.TLSVerifyCA)}
	if tls.Verify == lb.TLSVerifyCA {
		tls.CA = pair(rapid.IntRange(0, certificatePairs-1).Draw(d.t, "authority")).authority
	}
	tls.Name = maybe(d, "backend.tls.serverName", 2, "a.example", "b.example")
	return tls
}

func (d drawer) check() *lb.HealthCheck {
	const at = "backend.healthCheck"
	limits := d.p.Limits
	check := &lb.HealthCheck{
		Type: among(d, at+".type", lb.CheckHTTP, lb.CheckHTTP, lb.CheckHTTPS, lb.CheckTCP, lb.CheckMySQL, lb.CheckPgSQL,
			lb.CheckRedis, lb.CheckLDAP, lb.CheckSMTP, lb.CheckOCO),
		UnhealthyThreshold: maybe(d, at+".unhealthyThreshold", 3, 1, 2, 3, 10),
	}
	if d.sets(at+".interval", 2) {
		most := limits.MaxCheckInterval
		if most == 0 || most > seconds(3600) {
			most = seconds(3600)
		}
		check.Interval = d.duration(at+".interval", limits.MinCheckInterval, most)
	}
	if d.sets(at+".timeout", 3) {
		check.Timeout = d.duration(at+".timeout", seconds(1), seconds(30))
	}
	if check.Type != lb.CheckOCO && d.sets(at+".port", 3) {
		check.Port = d.port(at + ".port")
	}
	if database := check.Type == lb.CheckMySQL || check.Type == lb.CheckPgSQL; database && d.p.Has(at+".user") {
		check.User = maybe(d, at+".user", 2, "probe", "é")
	}
	if check.Type == lb.CheckTCP {
		check.Extensions = d.extensions(at+".extensions", 3)
	}
	d.answer(check)
	return check
}

// answer draws the request of a check and what it expects: a status, or a text.
func (d drawer) answer(check *lb.HealthCheck) {
	const at = "backend.healthCheck"
	web := check.Type == lb.CheckHTTP || check.Type == lb.CheckHTTPS
	if web && (d.p.Has(at+".http") || d.wild) && !d.once(4, "plain") {
		check.HTTP = &lb.HTTPCheck{
			Method: maybe(d, at+".http.method", 2, "GET", "HEAD", "OPTIONS", "POST", "PUT"),
			Host:   maybe(d, at+".http.host", 2, "a.example", "b.example:81", "10.0.0.1"),
			Path:   maybe(d, at+".http.path", 2, "/", "/health", "/a%20b?c=d&e", "/é"),
		}
		if check.Type == lb.CheckHTTPS {
			check.HTTP.SNI = maybe(d, at+".http.sni", 2, "a.example")
		}
	}
	looks := web || check.Type == lb.CheckTCP
	switch {
	case looks && check.Extensions.IsZero() && d.sets(at+".expect", 3):
		check.Expect = &lb.Expect{Negate: maybe(d, at+".expect.negate", 2, true)}
		if d.once(2, "pattern") {
			check.Expect.Regex = among(d, at+".expect.regex", "^ok$", `\d+ (up|on)`, "a{2,3}")
		} else {
			check.Expect.Contains = among(d, at+".expect.contains", "ok", "200", "a,b", " x ")
		}
	case check.HTTP != nil && d.sets(at+".http.status", 2):
		check.HTTP.Status = []int{rapid.IntRange(100, 599).Draw(d.t, "status")}
		if d.p.Has(at + ".http.status.several") {
			check.HTTP.Status = append(check.HTTP.Status, 204)
		}
	}
}

func (d drawer) servers(protocol lb.Protocol) []lb.ServerSpec {
	addresses := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) netip.Addr {
		e := d
		e.t = t
		if e.has("server.address.ipv6") {
			return netip.MustParseAddr("2001:db8::" + rapid.SampledFrom([]string{"1", "2", "ffff"}).Draw(t, "host"))
		}
		return e.host()
	}), 0, 4, rapid.ID).Draw(d.t, "server.address")
	servers := make([]lb.ServerSpec, len(addresses))
	for i, address := range addresses {
		servers[i] = lb.ServerSpec{
			Name:     d.name("server.name"),
			Address:  address,
			Disabled: maybe(d, "server.disabled", 4, true),
		}
		if d.sets("server.port", 3) {
			servers[i].Port = d.port("server.port")
		}
		if protocol != lb.ProtocolUDP {
			servers[i].Weight = maybe(d, "server.weight", 3, new(0), new(1), new(7), new(256))
			servers[i].Backup = maybe(d, "server.backup", 4, true)
		}
	}
	return servers
}
