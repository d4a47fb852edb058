package ovh

import (
	"slices"
	"unicode/utf8"

	"github.com/lbkit/lbkit/lb"
)

// canonicalLoadBalancer is the form in which OVH reports a service. Tags and Plan
// pass, since they are read; changing them is what an update refuses.
func canonicalLoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, lb.Problems) {
	f := &findings{kind: lb.KindLoadBalancer, leaf: "loadbalancer"}
	out := lb.Clone(spec)
	if n := utf8.RuneCountInString(spec.Name); n > maxServiceName {
		f.invalid("name", "%d characters; OVH keeps %d", n, maxServiceName)
	}
	out.Tags = sortedTags(spec.Tags)
	none(f, "zone", spec.Zone)
	oneOf(f, "tlsPolicy", spec.TLSPolicy, lb.TLSPolicyIntermediate, lb.TLSPolicyModern)
	if out.TLSPolicy == "" {
		out.TLSPolicy = lb.TLSPolicyIntermediate // facts 5.2: null behaves so
	}
	if slices.Contains(spec.Extensions.Providers(), providerName) {
		f.invalid("extensions."+providerName, "there is no such extension of a load balancer")
	}
	out.Extensions = lb.Extensions{}
	return out, f.problems
}

func sortedTags(tags []string) []string {
	if len(tags) == 0 {
		return nil
	}
	tags = slices.Sorted(slices.Values(tags))
	return slices.Compact(tags)
}
