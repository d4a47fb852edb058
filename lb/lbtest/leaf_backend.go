package lbtest

import (
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

func backendLeaves() []leaf {
	at := func(x *example) *lb.BackendSpec { return &x.Backend }
	encryption := func(x *example) *lb.BackendTLS {
		if at(x).TLS == nil {
			at(x).TLS = &lb.BackendTLS{}
		}
		return at(x).TLS
	}
	duration := func(path lb.Feature, field func(*example) *lb.Duration) leaf {
		return row(path, field, seconds(10), seconds(20))
	}
	return []leaf{
		row("backend.name", func(x *example) *string { return &at(x).Name }, "shop", "site"),
		row("backend.protocol", func(x *example) *lb.Protocol { return &at(x).Protocol },
			lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolUDP).with(anyProtocolBackend).and(checkOfProtocol),
		row("backend.port", func(x *example) *uint16 { return &at(x).Port }, 8081, 8443),
		row("backend.algorithm", func(x *example) *lb.Algorithm { return &at(x).Algorithm },
			lb.AlgorithmLeastConn, lb.AlgorithmFirst, lb.AlgorithmRoundRobin, lb.AlgorithmSource, lb.AlgorithmURI).with(webBackend),
		row("backend.stickiness", func(x *example) *lb.Stickiness { return &at(x).Stickiness },
			lb.StickinessCookie, lb.StickinessSource).with(webBackend).and(cookieOfStickiness),
		row("backend.cookieName", func(x *example) *string { return &at(x).CookieName }, "lb", "session").with(stickyBackend),
		rowOf("backend.tls", func(x *example) **lb.BackendTLS { return &at(x).TLS }, tlsValues).with(encryptedBackend),
		row("backend.tls.verify", func(x *example) *lb.TLSVerify { return &encryption(x).Verify },
			lb.TLSVerifyNone, lb.TLSVerifySystem, lb.TLSVerifyCA).with(encryptedBackend).and(authorityOfVerify),
		rowOf("backend.tls.ca", func(x *example) *string { return &encryption(x).CA },
			func(profile) []string { return []string{pair(0).authority, pair(1).authority} }).with(encryptedBackend).and(verifyOfAuthority),
		row("backend.tls.serverName", func(x *example) *string { return &encryption(x).Name },
			"a.example", "b.example").with(encryptedBackend).and(verifyOfAuthority),
		row("backend.proxyProtocol", func(x *example) *lb.ProxyProtocol { return &at(x).ProxyProtocol },
			lb.ProxyProtocolV2, lb.ProxyProtocolV1, lb.ProxyProtocolV2SSL, lb.ProxyProtocolV2SSLCN).with(populated),
		row("backend.onMarkedDown", func(x *example) *lb.OnMarkedDown { return &at(x).OnMarkedDown }, lb.OnMarkedDownShutdownSessions).with(populated),
		duration("backend.serverTimeout", func(x *example) *lb.Duration { return &at(x).ServerTimeout }),
		duration("backend.connectTimeout", func(x *example) *lb.Duration { return &at(x).ConnectTimeout }),
		duration("backend.tunnelTimeout", func(x *example) *lb.Duration { return &at(x).TunnelTimeout }),
		duration("backend.queueTimeout", func(x *example) *lb.Duration { return &at(x).QueueTimeout }),
		row("backend.maxConnections", func(x *example) *int { return &at(x).MaxConnections }, 100, 200),
		rowOf("backend.maxRetries", func(x *example) **int { return &at(x).MaxRetries }, func(profile) []*int { return []*int{new(2), new(0)} }),
		extensionRow("backend.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }).with(extendable),
	}
}

// webBackend is an HTTP backend, if the provider has it.
func webBackend(p profile, x *example) {
	if web := p.protocol("backend.protocol", lb.ProtocolHTTP); x.Backend.Protocol != web {
		anyProtocolBackend(p, x)
		x.Backend.Protocol = web
	}
}

// populated is an HTTP backend with servers: some providers keep settings of the
// backend with them.
func populated(p profile, x *example) {
	webBackend(p, x)
	if len(x.Servers) == 0 {
		x.Servers = p.reachable(exampleServers())
	}
}

// encryptedBackend has servers, and nothing that only plain text has.
func encryptedBackend(p profile, x *example) {
	populated(p, x)
	x.Backend.TLS, x.Backend.Extensions = nil, lb.Extensions{}
}

// extendable is a backend with no more than an extension may be set beside.
func extendable(p profile, x *example) {
	populated(p, x)
	anyProtocolBackend(p, x)
	x.Backend.ServerTimeout, x.Backend.ConnectTimeout, x.Backend.TunnelTimeout, x.Backend.QueueTimeout = 0, 0, 0, 0
}

// anyProtocolBackend takes away what not every protocol has.
func anyProtocolBackend(p profile, x *example) {
	b := &x.Backend
	if b.Port == 0 && p.Has("backend.port") { // UDP has no default
		b.Port = 8080
	}
	b.Algorithm, b.Stickiness, b.CookieName, b.ProxyProtocol, b.OnMarkedDown, b.TLS = "", "", "", "", "", nil
	b.HealthCheck, b.Extensions = p.leastCheck(), lb.Extensions{}
	for i := range x.Servers {
		x.Servers[i].Weight, x.Servers[i].Backup, x.Servers[i].Extensions = nil, false, lb.Extensions{}
	}
}

// checkOfProtocol: UDP servers are not checked.
func checkOfProtocol(p profile, x *example) {
	x.Backend.HealthCheck = p.leastCheck()
	if x.Backend.Protocol == lb.ProtocolUDP && p.takes("backend.protocol", lb.ProtocolUDP) {
		x.Backend.HealthCheck = nil
	}
}

// stickyBackend keeps clients by a cookie, where the provider can, so that the cookie
// may have a name.
func stickyBackend(p profile, x *example) {
	webBackend(p, x)
	if p.takes("backend.stickiness", lb.StickinessCookie) && p.Has("backend.stickiness") {
		x.Backend.Stickiness = lb.StickinessCookie
	}
}

// cookieOfStickiness names the cookie where the provider does not, and takes the name
// away where there is no cookie.
func cookieOfStickiness(p profile, x *example) {
	x.Backend.CookieName = ""
	if x.Backend.Stickiness == lb.StickinessCookie && p.Has("backend.cookieName") && !p.Has("backend.cookieName.unset") {
		x.Backend.CookieName = "lb"
	}
}

func tlsValues(p profile) []*lb.BackendTLS {
	var out []*lb.BackendTLS
	for _, verify := range allowed(p, "backend.tls.verify", lb.TLSVerifyNone, lb.TLSVerifySystem, lb.TLSVerifyCA) {
		tls := &lb.BackendTLS{Verify: verify}
		if verify == lb.TLSVerifyCA {
			tls.CA = pair(0).authority
		}
		out = append(out, tls)
	}
	if len(out) == 0 { // for a provider that has none, to refuse
		out = []*lb.BackendTLS{{Verify: lb.TLSVerifyNone}}
	}
	return out
}

// authorityOfVerify: verification against a CA needs one.
func authorityOfVerify(p profile, x *example) {
	x.Backend.TLS.CA = ""
	if x.Backend.TLS.Verify == lb.TLSVerifyCA && p.takes("backend.tls.verify", lb.TLSVerifyCA) {
		x.Backend.TLS.CA = pair(0).authority
	}
}

// verifyOfAuthority says how to verify, since that has no default.
func verifyOfAuthority(p profile, x *example) {
	tls := x.Backend.TLS
	if ways := allowed(p, "backend.tls.verify", lb.TLSVerifyNone, lb.TLSVerifySystem); len(ways) > 0 {
		tls.Verify = ways[0]
	}
	if tls.CA != "" && p.takes("backend.tls.verify", lb.TLSVerifyCA) {
		tls.Verify = lb.TLSVerifyCA
	}
}

func serverLeaves() []leaf {
	at := func(x *example) *lb.ServerSpec {
		if len(x.Servers) == 0 {
			x.Servers = exampleServers()
		}
		return &x.Servers[0]
	}
	return []leaf{
		row("server.name", func(x *example) *string { return &at(x).Name }, "a", "b").with(populated),
		row("server.address", func(x *example) *netip.Addr { return &at(x).Address },
			netip.MustParseAddr("10.0.0.21"), netip.MustParseAddr("10.0.0.22")).with(populated),
		row("server.port", func(x *example) *uint16 { return &at(x).Port }, 8081, 8443).with(populated),
		rowOf("server.weight", func(x *example) **int { return &at(x).Weight }, func(profile) []*int { return []*int{new(2), new(5), new(0)} }).with(populated),
		row("server.backup", func(x *example) *bool { return &at(x).Backup }, true).with(populated),
		row("server.disabled", func(x *example) *bool { return &at(x).Disabled }, true).with(populated),
		extensionRow("server.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }).with(extendable),
	}
}
