package ovh

import (
	"maps"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// capabilities are the same for every account and load balancer. They are those of a
// provider without options.
func capabilities() lb.Capabilities {
	all := maps.Clone(features)
	for feature, support := range all {
		support.Values = slices.Clone(support.Values)
		all[feature] = support
	}
	return lb.Capabilities{
		Provider: providerName,
		Features: all,
		Limits: lb.Limits{
			MaxNameLength:      maxServiceName,
			MaxPort:            maxPort,
			MinCheckInterval:   minInterval,
			MaxCheckInterval:   maxInterval,
			MaxFilters:         maxRoutes,
			MaxRoutes:          maxRoutes,
			MaxMatchConditions: maxRules,
		},
	}
}

// features are what OVH can do, and hints to what it cannot. It is only read.
var features = listFeatures()

// trait is what can be done with a leaf of a spec besides setting it.
type trait uint8

const (
	fixed    trait = 0      // needed, and cannot change
	optional trait = 1 << 0 // may be left out
	updates  trait = 1 << 1 // can be changed in place
	free           = optional | updates
)

// leaf is a setting that OVH has.
type leaf struct {
	path   lb.Feature
	traits trait
	values []string
}

func leaves() []leaf {
	return []leaf{
		{"loadbalancer.name", free, nil},
		{"loadbalancer.tags", optional, nil},
		{"loadbalancer.plan", optional, nil},
		{"loadbalancer.tlsPolicy", free, values(lb.TLSPolicyIntermediate, lb.TLSPolicyModern)},

		{"frontend.name", free, nil},
		{"frontend.protocol", fixed, values(protocols...)},
		{"frontend.ports", updates, nil},
		{"frontend.defaultBackend", free, nil},
		{"frontend.tls", free, nil},
		{"frontend.certificates", free, nil},
		{"frontend.addresses", free, nil},
		{"frontend.disabled", free, nil},
		{"frontend.hsts", free, nil},
		{"frontend.setHeaders", free, nil},
		{"frontend.extensions", free, nil},

		{"backend.name", free, nil},
		{"backend.protocol", fixed, values(protocols...)},
		{"backend.port", free, nil},
		{"backend.algorithm", free, values(lb.AlgorithmRoundRobin, lb.AlgorithmLeastConn, lb.AlgorithmFirst, lb.AlgorithmSource, lb.AlgorithmURI)},
		{"backend.stickiness", free, values(lb.StickinessCookie, lb.StickinessSource)},
		{"backend.healthCheck", free, nil},
		{"backend.healthCheck.type", free, values(checkTypes...)},
		{"backend.healthCheck.port", free, nil},
		{"backend.healthCheck.interval", free, nil},
		{"backend.healthCheck.unhealthyThreshold", optional, []string{"2"}},
		{"backend.healthCheck.http", free, nil},
		{"backend.healthCheck.http.method", free, values(ProbeMethodGet, ProbeMethodHead, ProbeMethodOptions)},
		{"backend.healthCheck.http.host", free, nil},
		{"backend.healthCheck.http.path", free, nil},
		{"backend.healthCheck.http.status", free, nil},
		{"backend.healthCheck.expect", free, nil},
		{"backend.healthCheck.expect.contains", free, nil},
		{"backend.healthCheck.expect.regex", free, nil},
		{"backend.healthCheck.expect.negate", free, nil},
		{"backend.healthCheck.extensions", free, nil},
		{"backend.proxyProtocol", free, values(proxyProtocols...)},
		{"backend.onMarkedDown", free, values(lb.OnMarkedDownShutdownSessions)},
		{"backend.tls", free, nil},
		{"backend.tls.verify", updates, values(lb.TLSVerifyNone, lb.TLSVerifyCA)},
		{"backend.tls.ca", free, nil},
		{"backend.extensions", free, nil},

		{"server.name", free, nil},
		{"server.address", fixed, nil},
		{"server.port", free, nil},
		{"server.weight", free, nil},
		{"server.backup", free, nil},
		{"server.disabled", free, nil},
		{"server.extensions", free, nil},
	}
}

// methods are the methods of the services, and features that are no leaf.
func methods() []lb.Feature {
	return []lb.Feature{
		"loadbalancers.list", "loadbalancers.get", "loadbalancers.update", "loadbalancers.read", "loadbalancers.health",
		"loadbalancers.egressRanges", "loadbalancers.pending", "loadbalancers.commit",
		"frontends.list", "frontends.get", "frontends.create", "frontends.update", "frontends.delete",
		"backends.list", "backends.get", "backends.create", "backends.update", "backends.delete", "backends.health",
		"servers.list", "servers.get", "servers.add", "servers.update", "servers.remove", "servers.set",
		"operations.list", "operations.get",
		"frontend.ports.several", "frontend.ports.range", "backend.healthCheck.http.status.several",
	}
}

// lacking are what OVH cannot do, with what to do instead.
func lacking() map[lb.Feature]string {
	const (
		noTimeouts = "OVH sets its own timeouts"
		noTLS      = "leave it out, or use protocol tcp or http"
	)
	return map[lb.Feature]string{
		"loadbalancers.create":     "order one in the OVHcloud console, or through /order with Client.Do, and use its service name as ID",
		"loadbalancers.delete":     "Client.LoadBalancers.Terminate, then ConfirmTermination with the token that OVH mails",
		"loadbalancer.zone":        "zones are ordered; LoadBalancer.Zones lists them, and FrontendOptions and BackendOptions choose one",
		"loadbalancer.tags.update": "tags are changed through OVH's IAM API, /v2/iam/resource",
		"loadbalancer.plan.update": "order another offer in the OVHcloud console",
		"loadbalancer.extensions":  "make the provider with ovh.WithLoadBalancerOptions",

		"frontend.protocol.unset":            "set Protocol",
		"frontend.protocol.update":           "create another frontend and delete this one",
		"frontend.ports.unset":               "set Ports",
		"frontend.certificates.several":      "OVH serves all certificates of the load balancer by name: name the one for clients that name none",
		"frontend.tls.withoutCertificates":   "name a certificate, or set ovh.FrontendOptions.AnyCertificate",
		"frontend.setHeaders.percent":        "write {client_ip} for %ci and {client_port} for %cp",
		"frontend.clientTimeout":             noTimeouts,
		"frontend.http3":                     "leave it out",
		"frontend.connectionRate":            "OVH protects load balancers against floods by itself",
		"backend.protocol.unset":             "set Protocol",
		"backend.protocol.update":            "create another backend, point the frontends to it and delete this one",
		"backend.cookieName":                 "OVH chooses the cookie's name; ovh.ServerOptions.Cookie sets its value",
		"backend.healthCheck.timeout":        noTimeouts,
		"backend.healthCheck.user":           "OVH checks without logging in; leave it out",
		"backend.healthCheck.http.sni":       "leave it out",
		"backend.tls.verify.unset":           "set Verify: none, or ca with CA",
		"backend.tls.serverName":             "leave it out",
		"backend.serverTimeout":              noTimeouts,
		"backend.connectTimeout":             noTimeouts,
		"backend.tunnelTimeout":              noTimeouts,
		"backend.queueTimeout":               noTimeouts,
		"backend.maxConnections":             "limit connections on the servers",
		"backend.maxRetries":                 "leave it out",
		"backend.extensions.ovh.zone.update": "create another backend in that zone, point the frontends to it and delete this one",

		// What lb/topology warns of, and counts by.
		"loadbalancers.commit.withoutFrontends":     "OVH publishes no load balancer that has none: keep one, disabled",
		"filter.limit.own":                          "filters are routes: the 50 of a load balancer are for both",
		"frontend.certificates.exclusive":           "OVH serves each certificate of the load balancer to clients that name it, on every frontend with TLS: keep apart what must not meet",
		"backend.healthCheck.port.alike":            "OVH checks another port without PROXY header and without TLS: check the port that takes traffic, or a port that expects neither",
		"backend.extensions.ovh.vrackNetwork.mixed": "once a load balancer is in a vRack, each of its backends needs a network of it",

		// What OVH sets by itself: where it is left out, it stays as it is.
		"frontend.extensions.ovh.vrackNetwork.unset": "OVH sets it",
		"frontend.extensions.ovh.vrackRouter.unset":  "OVH sets it",
		"server.extensions.ovh.cookie.unset":         "OVH makes one up where the backend needs it",
		"server.extensions.ovh.status.unset":         "OVH sets it",

		"frontend.tls.udp":                      noTLS,
		"frontend.certificates.udp":             noTLS,
		"backend.port.unset.udp":                "say the port of the servers",
		"backend.algorithm.udp":                 "leave it out",
		"backend.stickiness.udp":                "leave it out",
		"backend.proxyProtocol.udp":             "leave it out",
		"backend.onMarkedDown.udp":              "leave it out",
		"backend.tls.udp":                       "leave it out",
		"server.weight.udp":                     "leave it out; Disabled takes a server out",
		"server.backup.udp":                     "make it a server like the others",
		"backend.healthCheck.port.oco":          "leave it out",
		"backend.healthCheck.expect.otherTypes": "leave it out, or check by tcp, http or https",

		"backend.proxyProtocol.withoutServers":        "create it with servers",
		"backend.onMarkedDown.withoutServers":         "create it with servers",
		"backend.tls.withoutServers":                  "create it with servers",
		"backend.healthCheck.expect.withStatus":       "choose one",
		"backend.healthCheck.expect.containsAndRegex": "choose one",
		"server.address.unset":                        "set Address",
		"server.address.ipv6":                         "use the server's IPv4 address",
		"server.address.update":                       "add a server with the new address, then remove this one: Servers.Set does both",
	}
}

// loadBalancerOptionsFeatures are what WithLoadBalancerOptions adds.
var loadBalancerOptionsFeatures = []lb.Feature{"loadbalancer.extensions", "loadbalancer.extensions.unset", "loadbalancer.extensions.update"}

func listFeatures() map[lb.Feature]lb.Support {
	all := map[lb.Feature]lb.Support{}
	for _, l := range leaves() {
		all[l.path] = with(l.values)
		if l.traits&optional != 0 {
			all[l.path+".unset"] = lb.Support{Supported: true}
		}
		if l.traits&updates != 0 {
			all[l.path+".update"] = lb.Support{Supported: true}
		}
	}
	for _, call := range methods() {
		all[call] = lb.Support{Supported: true}
	}
	for feature, hint := range lacking() {
		all[feature] = lb.Support{Hint: hint}
	}
	maps.Copy(all, trafficFeatures())
	return all
}

// with is what there is, of some values only where those are named: then the hint of a
// refusal says which.
func with(values []string) lb.Support {
	support := lb.Support{Supported: true, Values: values}
	if values != nil {
		support.Hint = "use " + strings.Join(values, ", ")
	}
	return support
}

func values[T ~string](all ...T) []string {
	out := make([]string, len(all))
	for i, value := range all {
		out[i] = string(value)
	}
	return out
}
