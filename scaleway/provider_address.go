package scaleway

import (
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

// neutralAddress is ip, which was read in zone, in the words of the contract. Of an
// IPv6 address, which is the first of a range, the prefix is that address alone: the
// API does not say how long the range is (facts 8).
func (d dialect) neutralAddress(zone Zone, ip *IP) *lb.Address {
	model := &lb.Address{
		ID:         FormatAddressID(zone, ip.ID),
		Zone:       string(zone),
		Reverse:    ip.Reverse,
		Tags:       sortedSet(ip.Tags),
		Extensions: lb.Extend(AddressOptions{Project: d.elsewhere(ip.ProjectID, ip.OrganizationID)}),
		Native:     ip,
	}
	if address, err := netip.ParseAddr(ip.IPAddress); err == nil {
		model.Prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if ip.LBID != "" {
		model.LoadBalancer = FormatLoadBalancerID(zone, ip.LBID)
	}
	return model
}

// elsewhere is a project, or empty where it is the one that the client creates in:
// its own, or the default one, whose UUID is the organization's (facts 8).
func (d dialect) elsewhere(project, organization string) string {
	home := d.home
	if home == "" {
		home = organization
	}
	if project == home {
		return ""
	}
	return project
}

// newAddress is the allocation of a canonical spec.
func newAddress(spec lb.AddressSpec, o AddressOptions) IPCreate {
	return IPCreate{ProjectID: o.Project, Reverse: spec.Reverse, IsIPv6: spec.IPv6, Tags: spec.Tags}
}
