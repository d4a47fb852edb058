package scaleway

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// maxConditions is how many an ACL has: one on the source and one other.
const maxConditions = 2

// trafficLeaves are the settings of filters, routes, certificates and addresses. See
// leaves; the parts of a match are in matchFeatures.
var trafficLeaves = []leaf{
	{name: "filter.name"},
	{name: "filter.match"},
	{name: "filter.action", required: true, values: filterActions, hint: "say allow, deny or redirect"},
	{name: "filter.status", refused: true, hint: "leave it out: Scaleway chooses what a denial answers"},
	{name: "filter.redirect"},
	{name: "filter.redirect.scheme"},
	{name: "filter.redirect.host"},
	{name: "filter.redirect.port"},
	{name: "filter.redirect.path"},
	{name: "filter.redirect.dropQuery"},
	{name: "filter.redirect.code", values: numbers(redirectCodes)},
	{name: "filter.extensions"},

	{name: "route.name", refused: true, hint: "leave it out: a route is told by what it matches"},
	{name: "route.match", required: true, hint: "what no route matches goes to the frontend's default backend"},
	{name: "route.backend", required: true, hint: "name a backend; what no route matches goes to the frontend's default one"},
	{name: "route.extensions", refused: true, hint: "Scaleway has no settings of a route"},

	{name: "certificate.name", required: true, hint: "name it; names need not be unique"},
	{name: "certificate.domains", fixed: true, hint: newCertificateHint},
	{name: "certificate.pem", fixed: true, hint: newCertificateHint},
	{name: "certificate.key", fixed: true, hint: newCertificateHint},

	{name: "address.zone", fixed: true, hint: "allocate another address in the other zone"},
	{name: "address.ipv6", fixed: true, hint: "allocate another address"},
	{name: "address.reverse", fixed: true, hint: changeAddressHint},
	{name: "address.tags", fixed: true, hint: changeAddressHint},
	{name: "address.extensions", fixed: true, hint: "allocate another address in the other project"},
}

const (
	newCertificateHint = "create another certificate, point the frontends to it and delete this one"
	changeAddressHint  = "ClientOf gives the client, and its IPs.Update changes it"
)

// trafficCalls are the calls about them.
var trafficCalls = []lb.Feature{
	"filters.list", "filters.set", "routes.list", "routes.set",
	"certificates.list", "certificates.get", "certificates.create", "certificates.rename", "certificates.delete",
	"addresses.list", "addresses.get", "addresses.allocate", "addresses.attach", "addresses.release",
}

// Features of addresses that are no leaf.
const (
	featureDetach lb.Feature = "addresses.detach"
	featureMove   lb.Feature = "addresses.attach.move"
)

// trafficRefusals are what else cannot be done, with what to do instead.
var trafficRefusals = map[lb.Feature]string{
	featureDetach: "delete the load balancer and keep its addresses: they are free then",
	featureMove:   "delete the load balancer that has it and keep its addresses, then create one with LoadBalancerOptions.Addresses",

	"filter.action.redirect.tcp":   "use a frontend of protocol http",
	"filter.redirect.port.alone":   "name the host too, or redirect from port 80 or 443",
	"filter.match.host.port":       "match header Host, with the port, or listen on port 80 or 443",
	"filter.match.several.sources": "put the sources into one condition, or deny in one filter and allow in the next",
	"filter.match.several.fields":  "filters are tried in order: exclude some requests in one, and decide in the next",
	"filter.match.several.not":     "negate one condition in a filter that has no other, and put the other into the next",

	"route.match.several":          "keep one of the conditions",
	"route.match.not":              "make what is negated a route, and the other backend the frontend's default",
	"route.match.host.suffix.bare": "begin it with a dot, which stands for the subdomains",
	"route.order":                  "make the routes exclude one another, or lead to one backend",

	"certificate.domains.wildcard": "name each domain, or upload a certificate",
}

// trafficFeatures are those of filters, routes, certificates and addresses.
func trafficFeatures() map[lb.Feature]lb.Support {
	all := map[lb.Feature]lb.Support{}
	for _, l := range trafficLeaves {
		all[l.name] = support(!l.refused, l.hint, l.values)
		all[l.name+".unset"] = support(!l.required, l.hint, nil)
		all[l.name+".update"] = support(!l.refused && !l.fixed, l.hint, nil)
	}
	for _, name := range trafficCalls {
		all[name] = lb.Support{Supported: true}
	}
	for _, action := range filterActions {
		all[lb.Feature("filter.action."+action)] = lb.Support{Supported: true}
	}
	maps.Copy(all, matchFeatures("filter", filterWays))
	maps.Copy(all, matchFeatures("route", routeWays))
	all["filter.match.several"] = lb.Support{Supported: true, Hint: "one condition on the source and one other"}
	all["filter.match.values.several"] = lb.Support{Supported: true}
	all["filter.match.not"] = lb.Support{Supported: true}
	all["filter.match.unset.tcp"] = lb.Support{Supported: true}
	all["certificate.name.ordered"] = lb.Support{Supported: true}
	all["route.match.values.several"] = lb.Support{Supported: true, Emulated: true, Hint: "each value takes a route"}
	for _, emulated := range []lb.Feature{"filter.match.path.equal", "filter.match.path.contains"} {
		all[emulated] = lb.Support{Supported: true, Emulated: true, Hint: "a regular expression says it"}
	}
	for name, hint := range trafficRefusals {
		all[name] = lb.Support{Hint: hint}
	}
	return all
}

// The contract's fields and ways to compare, known to Scaleway or not.
var (
	allFields = []lb.Field{
		lb.FieldSource, lb.FieldHost, lb.FieldPath, lb.FieldMethod, lb.FieldHeader, lb.FieldCookie, lb.FieldParam, lb.FieldProtocol,
	}
	allOps = []lb.MatchOp{"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex, lb.MatchExists}
)

// matchFeatures are "<leaf>.match.<field>", "<leaf>.match.<field>.<op>" and what is
// common to all conditions of filters, or of routes.
func matchFeatures(leaf lb.Feature, can map[lb.Protocol]ways) map[lb.Feature]lb.Support {
	all := map[lb.Feature]lb.Support{
		leaf + ".match.udp":          {Hint: "Scaleway has no UDP; the servers' firewall can deny sources"},
		leaf + ".match.values.empty": {Hint: "leave the value out"},
	}
	for _, part := range []lb.Feature{"field", "op", "values"} {
		all[leaf+".match."+part] = lb.Support{Supported: true}
	}
	_, named := can[lb.ProtocolHTTP][lb.FieldHeader]
	fields := fieldNames(can[lb.ProtocolHTTP])
	all[leaf+".match.name"] = support(named, "match "+fields+", which have none", nil)
	for _, field := range allFields {
		name := leaf + ".match." + lb.Feature(field)
		ops, known := can[lb.ProtocolHTTP][field]
		all[name] = support(known, "match "+fields+" instead", nil)
		_, onTCP := can[lb.ProtocolTCP][field]
		all[name+".tcp"] = support(onTCP, "match "+fieldNames(can[lb.ProtocolTCP])+" instead, or use a frontend of protocol http", nil)
		for _, op := range allOps {
			all[name+"."+opName(op)] = support(slices.Contains(ops, op), opHint(ops, fields), nil)
		}
	}
	return all
}

// opHint says how a field can be compared, or what can be.
func opHint(ops []lb.MatchOp, fields string) string {
	if len(ops) == 0 {
		return "match " + fields + " instead"
	}
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = string(opName(op))
	}
	return "compare by " + strings.Join(names, " or ")
}

func fieldNames(can ways) string {
	var names []string
	for _, field := range allFields {
		if _, ok := can[field]; ok {
			names = append(names, string(field))
		}
	}
	return strings.Join(names, " or ")
}

func numbers(codes []int) []string {
	out := make([]string, len(codes))
	for i, code := range codes {
		out[i] = strconv.Itoa(code)
	}
	return out
}
