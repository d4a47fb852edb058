package lbtest

import (
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

// OwnValues are values of leaves that only a provider can name: what the law of
// leaves sets them to. A leaf that needs one and finds none is reported as skipped.
// Two of each are better than one: then it is proven that they are told apart.
type OwnValues struct {
	// Extensions are what to set a spec's Extensions to, by leaf:
	// "frontend.extensions", "backend.healthCheck.extensions". Each has to be valid in a
	// plain spec, and to read back as it is: in an HTTP frontend with a default backend
	// and without TLS, in an HTTP backend with two servers and without TLS and timeouts,
	// in a check by TCP, in a filter that denies or redirects. What counts at creation
	// alone has no place here.
	Extensions map[lb.Feature][]lb.Extensions
	// Plans are offers of load balancers, in the provider's own spelling.
	Plans []string
	// Zones are where load balancers and addresses can be created.
	Zones []string
	// Addresses are blocks that frontends can listen on, of every load balancer that
	// Harness.LoadBalancer makes.
	Addresses []netip.Prefix
}
