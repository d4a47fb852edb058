package ovh

import "github.com/lbkit/lbkit/lb"

// Address is lb.Dialect's. Additional IPs are ordered, so there is nothing to choose
// here: what is set is refused.
func (dialect) Address(spec lb.AddressSpec) (lb.AddressSpec, error) {
	f := &findings{kind: lb.KindAddress, leaf: "address"}
	none(f, "zone", spec.Zone)
	none(f, "ipv6", spec.IPv6)
	none(f, "reverse", spec.Reverse)
	if len(spec.Tags) > 0 {
		f.unsupported("tags", spec.Tags, "OVH keeps them elsewhere")
	}
	optionsOf[AddressOptions](f, "extensions."+providerName, spec.Extensions)
	if own := ownExtensions(spec.Extensions); !own.IsZero() {
		f.lacks("address.extensions", "extensions."+providerName, nil, "they are read-only")
	}
	if len(f.problems) > 0 {
		return lb.AddressSpec{}, f.problems
	}
	return lb.AddressSpec{}, nil
}
