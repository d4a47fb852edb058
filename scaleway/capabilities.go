package scaleway

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Ranges of the API (facts 13). Durations end where an int32 of milliseconds does.
const (
	minTimeout       = time.Millisecond
	maxTimeout       = math.MaxInt32 * time.Millisecond
	minCheckDelay    = time.Second
	minCheckTimeout  = time.Second
	maxCheckRetries  = 9_999
	minTransient     = 100 * time.Millisecond
	maxTransient     = 2_147_483 * time.Second
	maxServerRetries = 32
	maxACLs          = 300 // per load balancer
)

// The values that Scaleway has for enums of the contract.
var (
	tlsPolicies    = []string{string(lb.TLSPolicyIntermediate), string(lb.TLSPolicyModern), string(lb.TLSPolicyLegacy)}
	protocols      = []string{string(lb.ProtocolTCP), string(lb.ProtocolHTTP)}
	algorithms     = []string{string(lb.AlgorithmRoundRobin), string(lb.AlgorithmLeastConn), string(lb.AlgorithmFirst)}
	stickiness     = []string{string(lb.StickinessCookie), string(lb.StickinessSource)}
	proxyProtocols = []string{string(lb.ProxyProtocolV1), string(lb.ProxyProtocolV2), string(lb.ProxyProtocolV2SSL), string(lb.ProxyProtocolV2SSLCN)}
	onMarkedDown   = []string{string(lb.OnMarkedDownShutdownSessions)}
	tlsVerify      = []string{string(lb.TLSVerifySystem), string(lb.TLSVerifyNone)}
	checkTypes     = []string{
		string(lb.CheckTCP), string(lb.CheckHTTP), string(lb.CheckHTTPS), string(lb.CheckMySQL),
		string(lb.CheckPgSQL), string(lb.CheckRedis), string(lb.CheckLDAP),
	}
	// The console offers GET, POST and PUT; the API takes any word (facts 13).
	checkMethods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT"}
)

// leaf is one setting of a spec, or a group of settings that may be left out.
type leaf struct {
	name     lb.Feature
	values   []string // the values allowed; nil: any
	required bool     // cannot be left out
	fixed    bool     // cannot be changed in place
	refused  bool     // cannot be set
	hint     string   // what to do instead of what cannot be done
}

const nameHint = "give it a name; it need not be the only one of that name"

// leaves are the settings of what this provider manages. What is not here, or
// refused here, is refused by the Dialect.
var leaves = []leaf{
	{name: "loadbalancer.name", required: true, hint: nameHint},
	{name: "loadbalancer.tags"},
	{name: "loadbalancer.plan"},
	{name: "loadbalancer.zone", fixed: true, hint: "create another load balancer in the other zone"},
	{name: "loadbalancer.tlsPolicy", values: tlsPolicies},
	{name: "loadbalancer.extensions"},

	{name: "frontend.name", required: true, hint: nameHint},
	{name: "frontend.protocol", values: protocols, required: true, fixed: true, hint: "say the protocol of the default backend, which is what changes it"},
	{name: "frontend.ports", required: true, hint: "say one port"},
	{name: "frontend.defaultBackend", required: true, hint: "name a backend; it may be one without servers"},
	{name: "frontend.tls"},
	{name: "frontend.certificates"},
	{name: "frontend.addresses", refused: true, hint: "leave them out: a frontend listens on all addresses of its load balancer"},
	{name: "frontend.disabled", refused: true, hint: "delete the frontend"},
	{name: "frontend.hsts", refused: true, hint: "have the servers send Strict-Transport-Security"},
	{name: "frontend.setHeaders", refused: true, hint: "Scaleway sets X-Forwarded-For on HTTP by itself"},
	{name: "frontend.clientTimeout"},
	{name: "frontend.http3"},
	{name: "frontend.connectionRate"},
	{name: "frontend.extensions"},

	{name: "backend.name", required: true, hint: nameHint},
	{name: "backend.protocol", values: protocols, required: true, hint: "say tcp or http"},
	{name: "backend.port", required: true, hint: "say the port of the servers"},
	{name: "backend.algorithm", values: algorithms, hint: "stickiness source keeps a client on one server"},
	{name: "backend.stickiness", values: stickiness, hint: "stickiness source works with TCP"},
	{name: "backend.cookieName", required: true, hint: "name the cookie"},
	{name: "backend.healthCheck", required: true, hint: "Scaleway checks always; the least is a healthCheck of type tcp"},
	{name: "backend.healthCheck.type", values: checkTypes},
	{name: "backend.healthCheck.port"},
	{name: "backend.healthCheck.interval"},
	{name: "backend.healthCheck.timeout"},
	{name: "backend.healthCheck.unhealthyThreshold"},
	{name: "backend.healthCheck.user", required: true, hint: "name a user that may connect without a password"},
	{name: "backend.healthCheck.http"},
	{name: "backend.healthCheck.http.method", values: checkMethods},
	{name: "backend.healthCheck.http.host"},
	{name: "backend.healthCheck.http.path"},
	{name: "backend.healthCheck.http.status"},
	{name: "backend.healthCheck.http.sni"},
	{name: "backend.healthCheck.expect", refused: true, hint: "expect a status instead"},
	{name: "backend.healthCheck.expect.contains", refused: true, hint: "expect a status instead"},
	{name: "backend.healthCheck.expect.regex", refused: true, hint: "expect a status instead"},
	{name: "backend.healthCheck.expect.negate", refused: true, hint: "expect a status instead"},
	{name: "backend.healthCheck.extensions"},
	{name: "backend.proxyProtocol", values: proxyProtocols},
	{name: "backend.onMarkedDown", values: onMarkedDown},
	{name: "backend.tls"},
	{name: "backend.tls.verify", values: tlsVerify, required: true, hint: "say system or none"},
	{name: "backend.tls.ca", refused: true, hint: "verify with system, or none"},
	{name: "backend.tls.serverName"},
	{name: "backend.serverTimeout"},
	{name: "backend.connectTimeout"},
	{name: "backend.tunnelTimeout"},
	{name: "backend.queueTimeout"},
	{name: "backend.maxConnections"},
	{name: "backend.maxRetries"},
	{name: "backend.extensions"},

	{name: "server.address", required: true, fixed: true, hint: "a server is its address: Servers.Set replaces one by another"},
	{name: "server.name", refused: true, hint: "a server is its address alone"},
	{name: "server.port", refused: true, hint: "leave it out: all servers of a backend have the backend's port"},
	{name: "server.weight", refused: true, hint: "make a second backend for other shares"},
	{name: "server.backup", refused: true, hint: "scaleway.BackendOptions.FailoverHost answers while no server is up"},
	{name: "server.disabled", refused: true, hint: "remove the server, and add it again later"},
	{name: "server.extensions", refused: true, hint: "Scaleway has no settings of a server"},
}

// supportedCalls are the calls that this provider has, and what is no leaf.
var supportedCalls = []lb.Feature{
	"loadbalancers.list", "loadbalancers.get", "loadbalancers.create", "loadbalancers.update", "loadbalancers.delete",
	"loadbalancers.delete.releaseAddresses", "loadbalancers.read", "loadbalancers.health", "loadbalancers.pending", "loadbalancers.commit",
	"loadbalancers.commit.withoutFrontends",
	"frontends.list", "frontends.get", "frontends.create", "frontends.update", "frontends.delete",
	"backends.list", "backends.get", "backends.create", "backends.update", "backends.delete", "backends.health",
	"servers.list", "servers.get", "servers.add", "servers.update", "servers.remove", "servers.set",
	"operations.get", "operations.list",
	// Features that are no leaf.
	"frontend.certificates.several", "frontend.certificates.exclusive", "server.address.ipv6", "backend.healthCheck.port.alike", "filter.limit.own",
	"backend.proxyProtocol.withoutServers", "backend.onMarkedDown.withoutServers", "backend.tls.withoutServers",
}

// refusals are what else cannot be done, with what to do instead.
var refusals = map[lb.Feature]string{
	featureEgress:      "attach a private network to the load balancer and let that in",
	featureProject:     "create another load balancer in the other project",
	featureFlexibleIPs: "addresses are chosen at creation",
	featureNoIPv4:      "addresses are chosen at creation",
	featureIPv6:        "addresses are chosen at creation",
	featureIPv6Alone:   "leave noIPv4 out, or ipv6",
	featureNetworks:    "make the provider with scaleway.WithPrivateNetworks",
	featurePlainHTTP3:  "serve a certificate, on protocol http",
	featureTLSAlone:    "name a certificate",
	featurePlainPort:   "listen on another port, such as 443",

	featureNetworkAddress: "detach the network in one update, and attach it with the other address in the next",

	"frontend.ports.several":                  onePortHint,
	"frontend.ports.range":                    onePortHint,
	"backend.healthCheck.http.status.several": "expect one status",
}

const onePortHint = "make one frontend for each port"

// Features that have no leaf of their own in the contract.
const (
	featureEgress      lb.Feature = "loadbalancers.egressRanges"
	featureProject     lb.Feature = "loadbalancer.extensions.scaleway.project.update"
	featureFlexibleIPs lb.Feature = "loadbalancer.extensions.scaleway.addresses.update"
	featureNoIPv4      lb.Feature = "loadbalancer.extensions.scaleway.noIPv4.update"
	featureIPv6        lb.Feature = "loadbalancer.extensions.scaleway.ipv6.update"
	featureIPv6Alone   lb.Feature = "loadbalancer.extensions.scaleway.ipv6.alone"
	featureNetworks    lb.Feature = "loadbalancer.extensions.scaleway.privateNetworks"
	featurePlainHTTP3  lb.Feature = "frontend.http3.plain"
	featureTLSAlone    lb.Feature = "frontend.tls.withoutCertificates"
	featurePlainPort   lb.Feature = "frontend.certificates.port80"
)

// featureNetworkAddress is another address in a private network that stays.
const featureNetworkAddress = featureNetworks + ".address.update"

// networksFeatures are what WithPrivateNetworks adds. A topology that leaves the networks
// out leaves them as they are: to be without is to be said.
var networksFeatures = map[lb.Feature]lb.Support{
	featureNetworks:             {Supported: true},
	featureNetworks + ".update": {Supported: true},
	featureNetworks + ".unset":  {Hint: `say that there are none: "privateNetworks": []`},
}

// features has an entry for each thing that can be done or is refused with a
// hint. It is built once and never changed.
var features = func() map[lb.Feature]lb.Support {
	all := map[lb.Feature]lb.Support{}
	for _, l := range leaves {
		all[l.name] = support(!l.refused, l.hint, l.values)
		all[l.name+".unset"] = support(!l.required, l.hint, nil)
		all[l.name+".update"] = support(!l.refused && !l.fixed, l.hint, nil)
	}
	for _, name := range supportedCalls {
		all[name] = lb.Support{Supported: true}
	}
	for name, hint := range refusals {
		all[name] = lb.Support{Hint: hint}
	}
	maps.Copy(all, trafficFeatures())
	return all
}()

// support shows a hint where there is something that cannot be done: of some values
// only, which they are.
func support(supported bool, hint string, values []string) lb.Support {
	s := lb.Support{Supported: supported, Values: values}
	switch {
	case !supported:
		s.Hint = hint
	case values != nil:
		s.Hint = cmp.Or(hint, "use "+strings.Join(values, ", "))
	}
	return s
}

// capabilities are a copy, for callers to keep.
func capabilities() lb.Capabilities {
	all := make(map[lb.Feature]lb.Support, len(features))
	for name, s := range features {
		s.Values = slices.Clone(s.Values)
		all[name] = s
	}
	return lb.Capabilities{
		Provider: providerName,
		Features: all,
		Limits: lb.Limits{
			MaxPort:            math.MaxUint16,
			MinCheckInterval:   lb.Duration(minCheckDelay),
			MaxCheckInterval:   lb.Duration(maxTimeout),
			MaxFilters:         maxACLs,
			MaxMatchConditions: maxConditions,
		},
	}
}
