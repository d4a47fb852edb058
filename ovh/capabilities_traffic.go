package ovh

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// trafficFeatures are those of filters, routes, certificates and addresses.
func trafficFeatures() map[lb.Feature]lb.Support {
	all := map[lb.Feature]lb.Support{}
	for _, l := range trafficLeaves() {
		all[l.path] = with(l.values)
		if l.traits&optional != 0 {
			all[l.path+".unset"] = lb.Support{Supported: true}
		}
		if l.traits&updates != 0 {
			all[l.path+".update"] = lb.Support{Supported: true}
		}
	}
	for _, feature := range trafficMethods() {
		all[feature] = lb.Support{Supported: true}
	}
	for feature, hint := range trafficLacking() {
		all[feature] = lb.Support{Hint: hint}
	}
	maps.Copy(all, matchFeatures("filter"))
	maps.Copy(all, matchFeatures("route"))
	return all
}

func trafficLeaves() []leaf {
	return []leaf{
		{"filter.name", free, nil},
		{"filter.match", free, nil},
		{"filter.action", updates, values(lb.FilterDeny, lb.FilterRedirect)},
		{"filter.status", free, statusValues(rejectStatuses)},
		{"filter.redirect", free, nil},
		{"filter.redirect.scheme", free, []string{"http", "https"}},
		{"filter.redirect.host", free, nil},
		{"filter.redirect.port", free, nil},
		{"filter.redirect.path", free, nil},
		{"filter.redirect.dropQuery", free, nil},
		{"filter.redirect.code", free, statusValues(redirectStatuses)},
		{"filter.extensions", free, nil},

		{"route.name", free, nil},
		{"route.match", free, nil},
		{"route.backend", updates, nil},

		{"certificate.name", free, nil},
		{"certificate.domains", optional, nil},
		{"certificate.pem", optional, nil},
		{"certificate.key", optional, nil},
	}
}

// trafficMethods are the methods of the services, and features that are no leaf.
func trafficMethods() []lb.Feature {
	return []lb.Feature{
		"filters.list", "filters.set", "routes.list", "routes.set",
		"certificates.list", "certificates.get", "certificates.create", "certificates.rename", "certificates.delete",
		"addresses.list", "addresses.get", "addresses.attach", "addresses.attach.move", "addresses.detach",
		"filter.action.deny", "filter.action.redirect", "filter.redirect.port.alone", "filter.match.host.port",
		"filter.match.several.sources", "filter.match.several.fields", "filter.match.several.not",
		"route.match.several.sources", "route.match.several.fields", "route.match.several.not",
		"route.order", "route.match.host.suffix.bare",
	}
}

// trafficLacking are what OVH cannot do, with what to do instead.
func trafficLacking() map[lb.Feature]string {
	const newCertificate = "create another certificate, point the frontends to it and delete this one"
	return map[lb.Feature]string{
		"filter.action.unset":        "set Action",
		"filter.action.allow":        "say deny with Not: deny what is to be kept out, but for what is to be let in",
		"filter.action.redirect.tcp": "use a frontend of protocol http",
		"filter.status.tcp":          "leave it out",
		"route.backend.unset":        "set Backend; what no route matches goes to the frontend's default backend",
		"route.extensions":           "OVH has no other settings of a route",

		"certificate.name.ordered":     "order it without a name, and call Rename once WaitCertificate has returned it",
		"certificate.domains.wildcard": "name each domain, or upload a certificate",
		"certificate.domains.update":   newCertificate,
		"certificate.pem.update":       newCertificate,
		"certificate.key.update":       newCertificate,

		"addresses.allocate": "order an Additional IP in the OVHcloud console, or through /order with Client.Do, and Attach it",
		"addresses.release":  "give it up in the OVHcloud console; Detach takes it off its load balancer and keeps it",
		"address.zone":       "an Additional IP has the region that it was ordered in",
		"address.ipv6":       "a load balancer has one IPv6 address, which comes with it",
		"address.reverse":    "set it through /ip/{ip}/reverse with Client.Do",
		"address.tags":       "tags are changed through OVH's IAM API, /v2/iam/resource",
		"address.extensions": "leave them out",
	}
}

// matchFeatures are "<leaf>.match.<field>", "<leaf>.match.<field>.<op>" and what is
// common to all conditions of filters, or of routes.
func matchFeatures(leaf lb.Feature) map[lb.Feature]lb.Support {
	leaf += ".match"
	all := map[lb.Feature]lb.Support{
		leaf + ".values.several": {Supported: true, Emulated: true, Hint: "what a list cannot hold takes a route for each value"},
		leaf + ".values.empty":   {Hint: "op exists, with Not, is for what is not there"},
		leaf + ".unset.tcp":      {Hint: "match source 0.0.0.0/0 and ::/0, or change the frontend's default backend"},
		leaf + ".udp":            {Hint: "leave them out; a firewall on the servers can deny sources"},
	}
	for _, part := range []lb.Feature{".field", ".name", ".op", ".values", ".not", ".several"} {
		all[leaf+part] = lb.Support{Supported: true}
	}
	for field, has := range httpFields {
		feature := leaf + "." + lb.Feature(field)
		support := with(fieldValues(field))
		if onTCP := tcpFields[field].values; onTCP != nil {
			support.Hint = with(has.values).Hint + "; on TCP " + strings.Join(onTCP, ", ")
		}
		all[feature] = support
		maps.Copy(all, opFeatures(feature, has))
		all[feature+".tcp"] = lb.Support{Hint: "use a frontend of protocol http; on TCP there are source, host and protocol"}
		if _, ok := tcpFields[field]; ok {
			all[feature+".tcp"] = lb.Support{Supported: true}
		}
	}
	return all
}

// fieldValues are the values of a field on either protocol; nil: any.
func fieldValues(field lb.Field) []string {
	all := slices.Concat(httpFields[field].values, tcpFields[field].values)
	return sortedSet(all)
}

// opFeatures are the ways to compare one field.
func opFeatures(feature lb.Feature, field matchField) map[lb.Feature]lb.Support {
	all := map[lb.Feature]lb.Support{}
	for _, op := range namedOps {
		support := lb.Support{Supported: slices.Contains(field.ops, op)}
		switch {
		case support.Supported:
		case op == lb.MatchExists:
			support.Hint = "every request has one: leave the condition out"
		default:
			support.Hint = "say which values are equal"
		}
		all[feature+"."+opName(op)] = support
	}
	return all
}

// opName is what features call a way to compare.
func opName(op lb.MatchOp) lb.Feature { return lb.Feature(cmp.Or(op, "equal")) }

func statusValues(codes []int) []string {
	out := make([]string, len(codes))
	for i, code := range codes {
		out[i] = joinStatus([]int{code})
	}
	return out
}
