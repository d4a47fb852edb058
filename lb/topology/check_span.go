package topology

import (
	"encoding/json"
	"fmt"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

// What Check and Lint know of providers comes from features that Capabilities have as
// lacking, with a hint. Of a provider that says nothing about one, nothing is assumed.
const (
	// featureOwnFilterLimit: filters are counted apart from routes.
	featureOwnFilterLimit lb.Feature = "filter.limit.own"
	// featureOwnCertificates: a frontend serves the certificates that it names, and no
	// other.
	featureOwnCertificates lb.Feature = "frontend.certificates.exclusive"
	// featureAlikeCheck: a check on another port than the servers' begins with the PROXY
	// header and is encrypted as traffic is.
	featureAlikeCheck lb.Feature = "backend.healthCheck.port.alike"
	// featureBareCommit: a load balancer without frontends can be published.
	featureBareCommit lb.Feature = "loadbalancers.commit.withoutFrontends"
	// mixedSuffix ends the features "backend.extensions.<provider>.<key>.mixed": some
	// backends have the key and others do not.
	mixedSuffix = ".mixed"
)

// lacks reports whether a provider says of itself that it lacks a feature.
func lacks(can lb.Capabilities, feature lb.Feature) (hint string, is bool) {
	support, said := can.Features[feature]
	return support.Hint, said && !support.Supported
}

// countFilters counts the filters of one frontend, in their canonical form. Where they
// count among routes, a first one that denies by its source alone is left out: it may be
// kept with the frontend, and what fits must not be refused.
func (c *checker) countFilters(path string, filters []lb.FilterSpec) {
	if _, shared := lacks(c.can, featureOwnFilterLimit); !shared {
		c.filters.add(len(filters), c.can.Limits.MaxFilters, path)
		return
	}
	n := len(filters)
	if n > 0 && bySource(filters[0]) {
		n--
	}
	c.routes.add(n, c.can.Limits.MaxRoutes, path)
}

// bySource tells a filter that denies by the source alone, and says nothing else.
func bySource(filter lb.FilterSpec) bool {
	return filter.Action == lb.FilterDeny && filter.Name == "" && filter.Status == 0 && filter.Extensions.IsZero() &&
		len(filter.Match) == 1 && filter.Match[0].Field == lb.FieldSource
}

// limits reports what is too much for one load balancer.
func (c *checker) limits() {
	if c.filters.beyond != "" {
		c.invalid(lb.KindLoadBalancer, c.filters.beyond, "%s have %d filters, and a load balancer has %d at most", c.together, c.filters.all, c.can.Limits.MaxFilters)
		c.spanning(c.ruled()...)
	}
	if c.routes.beyond == "" {
		return
	}
	what := "routes"
	if _, shared := lacks(c.can, featureOwnFilterLimit); shared {
		what = "filters and routes, which count alike,"
	}
	c.invalid(lb.KindLoadBalancer, c.routes.beyond, "%s have %d %s and a load balancer has %d at most", c.together, c.routes.all, what, c.can.Limits.MaxRoutes)
	c.spanning(c.ruled()...)
}

// ruled are the frontends with filters or routes.
func (c *checker) ruled() []string {
	var entries []string
	for i, f := range c.spec.Frontends {
		if len(f.Filters)+len(f.Routes) > 0 {
			entries = append(entries, fmt.Sprintf("frontends[%d]", i))
		}
	}
	return entries
}

// collisions finds frontends that would listen on the same port of the same address.
func (c *checker) collisions() {
	for i, later := range c.spec.Frontends {
		for j, sooner := range c.spec.Frontends[:i] {
			if port, meet := meet(c.provider, sooner.FrontendSpec, later.FrontendSpec); meet {
				c.invalid(lb.KindFrontend, fmt.Sprintf("frontends[%d].ports", i), "frontends[%d] listens on port %d of the same address already", j, port)
				c.spanning(fmt.Sprintf("frontends[%d]", i), fmt.Sprintf("frontends[%d]", j))
			}
		}
	}
}

// meet reports a port on which two frontends listen at the same address, in one zone.
func meet(provider string, a, b lb.FrontendSpec) (port uint16, meet bool) {
	port, meet = fit.Collide(a, b)
	return port, meet && !apart(provider, a, b)
}

// apart tells two frontends that live in different zones of the load balancer: their
// extensions for the provider both name one.
func apart(provider string, a, b lb.FrontendSpec) bool {
	zone, other := zoneOf(provider, a), zoneOf(provider, b)
	return zone != "" && other != "" && zone != other
}

func zoneOf(provider string, f lb.FrontendSpec) string {
	var zone string
	_ = json.Unmarshal(ownSettings(f.Extensions, provider)["zone"], &zone) // what is no text is no zone; the dialect says so
	if zone == "all" {
		return ""
	}
	return zone
}
