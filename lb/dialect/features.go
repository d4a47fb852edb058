package dialect

import (
	"maps"
	"slices"
	"strconv"

	"github.com/lbkit/lbkit/lb"
)

// leaf is a setting of a spec, and what cannot be done with it.
type leaf struct {
	name   lb.Feature
	values []string // all that there are; nil: any
	needed string   // what to do instead of leaving it out; empty: it can be
	fixed  string   // why it cannot be changed in place; empty: it can
}

const (
	notInPlace     = "no call changes it: make another and delete this one"
	newCertificate = "create another certificate, point the frontends to it and delete this one"
)

// leaves are all settings of the contract.
func leaves() []leaf {
	protocols := words(lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolUDP)
	return []leaf{
		{name: "loadbalancer.name"},
		{name: "loadbalancer.tags"},
		{name: "loadbalancer.plan"},
		{name: "loadbalancer.zone", fixed: "create another load balancer in the other zone"},
		{name: "loadbalancer.tlsPolicy", values: words(lb.TLSPolicyModern, lb.TLSPolicyIntermediate, lb.TLSPolicyLegacy)},
		{name: "loadbalancer.extensions"},

		{name: "frontend.name"},
		{name: "frontend.protocol", values: protocols, needed: "set Protocol"},
		{name: "frontend.ports", needed: "set Ports"},
		{name: "frontend.defaultBackend"},
		{name: "frontend.tls"},
		{name: "frontend.certificates"},
		{name: "frontend.addresses"},
		{name: "frontend.disabled"},
		{name: "frontend.hsts"},
		{name: "frontend.setHeaders"},
		{name: "frontend.clientTimeout"},
		{name: "frontend.http3"},
		{name: "frontend.connectionRate"},
		{name: "frontend.extensions"},

		{name: "backend.name"},
		{name: "backend.protocol", values: protocols, needed: "set Protocol"},
		{name: "backend.port"},
		{name: "backend.algorithm", values: words(lb.AlgorithmRoundRobin, lb.AlgorithmLeastConn, lb.AlgorithmFirst, lb.AlgorithmSource, lb.AlgorithmURI)},
		{name: "backend.stickiness", values: words(lb.StickinessCookie, lb.StickinessSource)},
		{name: "backend.cookieName"},
		{name: "backend.healthCheck"},
		{name: "backend.healthCheck.type", values: words(lb.CheckTCP, lb.CheckHTTP, lb.CheckHTTPS, lb.CheckMySQL, lb.CheckPgSQL, lb.CheckRedis, lb.CheckLDAP, lb.CheckSMTP, lb.CheckOCO)},
		{name: "backend.healthCheck.port"},
		{name: "backend.healthCheck.interval"},
		{name: "backend.healthCheck.timeout"},
		{name: "backend.healthCheck.unhealthyThreshold"},
		{name: "backend.healthCheck.user"},
		{name: "backend.healthCheck.http"},
		{name: "backend.healthCheck.http.method"},
		{name: "backend.healthCheck.http.host"},
		{name: "backend.healthCheck.http.path"},
		{name: "backend.healthCheck.http.status"},
		{name: "backend.healthCheck.http.sni"},
		{name: "backend.healthCheck.expect"},
		{name: "backend.healthCheck.expect.contains"},
		{name: "backend.healthCheck.expect.regex"},
		{name: "backend.healthCheck.expect.negate"},
		{name: "backend.healthCheck.extensions"},
		{name: "backend.proxyProtocol", values: words(lb.ProxyProtocolV1, lb.ProxyProtocolV2, lb.ProxyProtocolV2SSL, lb.ProxyProtocolV2SSLCN)},
		{name: "backend.onMarkedDown", values: words(lb.OnMarkedDownShutdownSessions)},
		{name: "backend.tls"},
		{name: "backend.tls.verify", values: words(lb.TLSVerifySystem, lb.TLSVerifyNone, lb.TLSVerifyCA), needed: "set Verify: system, none, or ca with CA"},
		{name: "backend.tls.ca"},
		{name: "backend.tls.serverName"},
		{name: "backend.serverTimeout"},
		{name: "backend.connectTimeout"},
		{name: "backend.tunnelTimeout"},
		{name: "backend.queueTimeout"},
		{name: "backend.maxConnections"},
		{name: "backend.maxRetries"},
		{name: "backend.extensions"},

		{name: "server.name"},
		{name: "server.address", needed: "set Address"},
		{name: "server.port"},
		{name: "server.weight"},
		{name: "server.backup"},
		{name: "server.disabled"},
		{name: "server.extensions"},

		{name: "filter.name"},
		{name: "filter.match"},
		{name: "filter.action", values: words(lb.FilterAllow, lb.FilterDeny, lb.FilterRedirect), needed: "set Action"},
		{name: "filter.status"},
		{name: "filter.redirect"},
		{name: "filter.redirect.scheme", values: []string{"http", "https"}},
		{name: "filter.redirect.host"},
		{name: "filter.redirect.port"},
		{name: "filter.redirect.path"},
		{name: "filter.redirect.dropQuery"},
		{name: "filter.redirect.code", values: numerals(301, 302, 303, 307, 308)},
		{name: "filter.extensions"},

		{name: "route.name"},
		{name: "route.match"},
		{name: "route.backend", needed: "set Backend; what no route matches goes to the frontend's default backend"},
		{name: "route.extensions"},

		{name: "certificate.name"},
		{name: "certificate.domains", fixed: newCertificate},
		{name: "certificate.pem", fixed: newCertificate},
		{name: "certificate.key", fixed: newCertificate},

		{name: "address.zone", fixed: notInPlace},
		{name: "address.ipv6", fixed: notInPlace},
		{name: "address.reverse", fixed: notInPlace},
		{name: "address.tags", fixed: notInPlace},
		{name: "address.extensions", fixed: notInPlace},
	}
}

// nuances are features that narrow a leaf, or a call, for some specs: see Rules.Lenient.
// "<leaf>.udp" is about frontends and backends of that protocol.
var nuances = []lb.Feature{
	"loadbalancers.delete.releaseAddresses", "loadbalancers.commit.withoutFrontends", "addresses.attach.move",
	"frontend.ports.several", "frontend.ports.range", "frontend.certificates.several", "frontend.tls.withoutCertificates",
	"frontend.certificates.exclusive", "frontend.certificates.port80", "frontend.http3.plain", "frontend.setHeaders.percent",
	"backend.port.unset.udp", "backend.algorithm.udp", "backend.stickiness.udp", "backend.proxyProtocol.udp", "backend.onMarkedDown.udp",
	"backend.healthCheck.port.alike", "backend.healthCheck.port.oco", "backend.healthCheck.http.status.several",
	"backend.healthCheck.expect.withStatus", "backend.healthCheck.expect.containsAndRegex", "backend.healthCheck.expect.otherTypes",
	"backend.proxyProtocol.withoutServers", "backend.onMarkedDown.withoutServers", "backend.tls.withoutServers",
	"server.address.ipv6", "server.weight.udp", "server.backup.udp",
	"filter.limit.own", "filter.action.allow", "filter.action.deny", "filter.action.redirect", "filter.redirect.port.alone",
	"filter.match.host.port",
	"route.match.host.suffix.bare", "route.order",
	"certificate.name.ordered", "certificate.domains.wildcard",
}

// lacking are what means nothing on any provider, with what to do instead.
var lacking = map[lb.Feature]string{
	"frontend.tls.udp":           "use protocol tcp or http",
	"frontend.certificates.udp":  "use protocol tcp or http",
	"backend.tls.udp":            "use protocol tcp or http",
	"filter.action.redirect.tcp": "use a frontend of protocol http",
	"filter.status.tcp":          "leave it out: a TCP connection is ended without an answer",
	"filter.match.udp":           "leave them out; a firewall on the servers can deny sources",
	"route.match.udp":            "leave them out; all goes to the frontend's default backend",
}

var (
	fields = []lb.Field{
		lb.FieldSource, lb.FieldHost, lb.FieldPath, lb.FieldMethod, lb.FieldHeader, lb.FieldCookie, lb.FieldParam, lb.FieldProtocol,
	}
	// tCPFields are those that there are before a request is read.
	tCPFields = []lb.Field{lb.FieldSource, lb.FieldHost, lb.FieldProtocol}

	ops = []lb.MatchOp{"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex, lb.MatchExists}
)

// calls are the names of all calls, which are features of the same names.
var calls = []lb.Feature{
	"loadbalancers.list", "loadbalancers.get", "loadbalancers.create", "loadbalancers.update", "loadbalancers.delete",
	"loadbalancers.read", "loadbalancers.health", "loadbalancers.egressRanges", "loadbalancers.pending", "loadbalancers.commit",
	"frontends.list", "frontends.get", "frontends.create", "frontends.update", "frontends.delete",
	"backends.list", "backends.get", "backends.create", "backends.update", "backends.delete", "backends.health",
	"servers.list", "servers.get", "servers.add", "servers.update", "servers.remove", "servers.set",
	"filters.list", "filters.set", "routes.list", "routes.set",
	"certificates.list", "certificates.get", "certificates.create", "certificates.rename", "certificates.delete",
	"addresses.list", "addresses.get", "addresses.allocate", "addresses.attach", "addresses.detach", "addresses.release",
	"operations.get", "operations.list",
}

// Calls are the names of the contract's calls, which errors and capabilities have:
// "backends.create".
func Calls() []lb.Feature { return slices.Clone(calls) }

// Everything is the capabilities of a provider that lacks nothing: every feature that
// there is, with all values that the contract knows.
func Everything(provider string) lb.Capabilities {
	all := map[lb.Feature]lb.Support{}
	for _, leaf := range leaves() {
		all[leaf.name] = lb.Support{Supported: true, Values: leaf.values}
		all[leaf.name+".update"] = lb.Support{Supported: leaf.fixed == "", Hint: leaf.fixed}
		all[leaf.name+".unset"] = lb.Support{Supported: leaf.needed == "", Hint: leaf.needed}
	}
	for _, call := range calls {
		all[call] = lb.Support{Supported: true}
	}
	for _, nuance := range nuances {
		all[nuance] = lb.Support{Supported: true}
	}
	maps.Copy(all, matchFeatures("filter"))
	maps.Copy(all, matchFeatures("route"))
	for feature, hint := range lacking {
		all[feature] = lb.Support{Hint: hint}
	}
	return lb.Capabilities{Provider: provider, Features: all}
}

// matchFeatures are the parts of a match, the fields and the ways to compare each.
func matchFeatures(leaf lb.Feature) map[lb.Feature]lb.Support {
	leaf += ".match"
	all := map[lb.Feature]lb.Support{}
	for _, part := range []lb.Feature{
		".field", ".name", ".op", ".values", ".not", ".several", ".several.sources", ".several.fields", ".several.not",
		".values.several", ".values.empty", ".unset.tcp",
	} {
		all[leaf+part] = lb.Support{Supported: true}
	}
	for _, field := range fields {
		name := leaf + "." + lb.Feature(field)
		all[name] = lb.Support{Supported: true}
		for _, op := range ops {
			all[name+"."+opName(op)] = lb.Support{Supported: true}
			if field == lb.FieldSource && op != "" {
				all[name+"."+opName(op)] = lb.Support{Hint: "a source takes no op: an address is within a prefix, or is not"}
			}
		}
		if slices.Contains(tCPFields, field) {
			all[name+".tcp"] = lb.Support{Supported: true}
		} else {
			all[name+".tcp"] = lb.Support{Hint: "use a frontend of protocol http; on TCP there are source, host and protocol"}
		}
	}
	all[leaf+".protocol"] = lb.Support{Supported: true, Values: []string{"h2", "http", "https", "tcp", "tls"}}
	return all
}

// opName is what features call a way to compare.
func opName(op lb.MatchOp) lb.Feature {
	if op == "" {
		return "equal"
	}
	return lb.Feature(op)
}

func words[T ~string](all ...T) []string {
	out := make([]string, len(all))
	for i, value := range all {
		out[i] = string(value)
	}
	return out
}

func numerals(all ...int) []string {
	out := make([]string, len(all))
	for i, value := range all {
		out[i] = strconv.Itoa(value)
	}
	return out
}
