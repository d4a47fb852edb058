package dialect

import (
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// LoadBalancer is lb.Dialect's: the TLS policy filled in, tags sorted.
func (r Rules) LoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, error) {
	return settled(r.loadBalancer(spec))
}

func (r Rules) loadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, lb.Problems) {
	f := r.findings(lb.KindLoadBalancer, "loadbalancer", "")
	out := lb.Clone(spec)
	f.name(spec.Name)
	out.Tags = f.set("tags", spec.Tags)
	if f.leaf("plan", spec.Plan) {
		f.word("plan", spec.Plan)
	}
	if f.leaf("zone", spec.Zone) {
		f.word("zone", spec.Zone)
	}
	f.enum("tlsPolicy", spec.TLSPolicy)
	out.TLSPolicy = fill(f, "tlsPolicy", spec.TLSPolicy, lb.TLSPolicyIntermediate)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	return out, f.problems
}

// Address is lb.Dialect's: tags sorted, the name in the reverse DNS without a last dot.
func (r Rules) Address(spec lb.AddressSpec) (lb.AddressSpec, error) {
	f := r.findings(lb.KindAddress, "address", "")
	out := lb.Clone(spec)
	if f.leaf("zone", spec.Zone) {
		f.word("zone", spec.Zone)
	}
	f.leaf("ipv6", spec.IPv6)
	out.Reverse = strings.TrimSuffix(spec.Reverse, ".")
	if f.leaf("reverse", spec.Reverse) && !isDomain(strings.ToLower(out.Reverse)) {
		f.invalid("reverse", "%q is not the name of a host", spec.Reverse)
	}
	out.Tags = f.set("tags", spec.Tags)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	return settled(out, f.problems)
}
