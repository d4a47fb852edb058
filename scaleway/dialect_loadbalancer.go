package scaleway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// LoadBalancer fills in the smallest offer and the intermediate TLS policy, which
// are what Scaleway gives where nothing is asked for (facts 8), sorts tags and
// writes the offer in lower case.
//
// Zone passes as it is: it counts at creation alone, and where it is empty then,
// the provider's only zone, or the client's default zone, is taken.
func (d dialect) LoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, error) {
	canonical, found := d.loadBalancer(spec)
	if len(found) > 0 {
		return lb.LoadBalancerSpec{}, found
	}
	return canonical, nil
}

// loadBalancer is LoadBalancer, which it gives a canonical form even beside
// problems: the fields at fault are in it as they came.
func (d dialect) loadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, lb.Problems) {
	p := &problems{kind: lb.KindLoadBalancer}
	c := lb.Clone(spec)
	p.required("loadbalancer.name", "name", c.Name)
	p.text("name", c.Name)
	c.Tags = p.tags(c.Tags)
	if c.Plan = strings.ToLower(c.Plan); c.Plan == "" {
		c.Plan = defaultType
	}
	p.word("plan", c.Plan)
	d.checkZone(p, c.Zone)
	if c.TLSPolicy == "" {
		c.TLSPolicy = lb.TLSPolicyIntermediate
	}
	p.oneOf("loadbalancer.tlsPolicy", "tlsPolicy", string(c.TLSPolicy))
	d.loadBalancerOptions(p, &c)
	return c, p.list
}

// defaultType is the offer of a load balancer that is created without one.
const defaultType = "lb-s"

func (p *problems) tags(tags []string) []string {
	for i, tag := range tags {
		if tag == "" {
			p.invalid("tags", "the one at %d is empty", i)
		}
		p.text("tags", tag)
	}
	return sortedSet(tags)
}

func (d dialect) checkZone(p *problems, zone string) {
	if zone == "" {
		return
	}
	if err := Zone(zone).validate(); err != nil {
		p.invalid("zone", "%v", err)
		return
	}
	if len(d.zones) > 0 && !slices.Contains(d.zones, Zone(zone)) {
		p.invalid("zone", "%s is not among the zones of this provider", zone)
	}
}

func (d dialect) loadBalancerOptions(p *problems, c *lb.LoadBalancerSpec) {
	const path = extensionPath
	o, ok := extensionOf[LoadBalancerOptions](p, path, c.Extensions)
	if !ok {
		return
	}
	p.text(path+".description", o.Description)
	if o.Project != "" && !canonicalUUID(o.Project) {
		p.invalid(path+".project", "%q: not a UUID in lower case", o.Project)
	}
	if o.Project == d.home {
		o.Project = ""
	}
	if o.NoIPv4 && o.IPv6 {
		p.unsupported(featureIPv6Alone, path+".ipv6", true, "a load balancer cannot have an IPv6 address without an IPv4 one")
	}
	if len(o.Addresses) > 0 && (o.NoIPv4 || o.IPv6) {
		p.invalid(path+".addresses", "addresses exclude noIPv4 and ipv6: they say by themselves which families there are")
	}
	if len(o.Addresses) > maxAddresses {
		p.invalid(path+".addresses", "%d: at most one IPv4 and one IPv6", len(o.Addresses))
	}
	o.Addresses = p.addresses(path+".addresses", c.Zone, o.Addresses)
	if o.PrivateNetworks != nil && !d.networks {
		p.unsupported(featureNetworks, path+".privateNetworks", nil, "this provider neither reads nor writes them")
	}
	o.PrivateNetworks = p.privateNetworks(path+".privateNetworks", o.PrivateNetworks)
	c.Extensions = lb.Extend(o)
}

// privateNetworks is a set, sorted by network; none is nil.
func (p *problems) privateNetworks(path string, networks []AttachedNetwork) []AttachedNetwork {
	if len(networks) > maxPrivateNetworks {
		p.invalid(path, "%d: a load balancer can be in %d", len(networks), maxPrivateNetworks)
	}
	var out []AttachedNetwork
	for i, n := range networks {
		at := fmt.Sprintf("%s[%d]", path, i)
		n.Network, n.Address = strings.ToLower(n.Network), strings.ToLower(n.Address)
		if !isUUID(n.Network) {
			p.invalid(at+".network", "%q: not a UUID", n.Network)
		}
		if n.Address != "" && !isUUID(n.Address) {
			p.invalid(at+".address", "%q: not the UUID of an address in IPAM", n.Address)
		}
		if hasNetwork(out, n.Network) {
			p.invalid(at+".network", "the same network twice")
		}
		out = append(out, n)
	}
	return sortedNetworks(out)
}

// maxPrivateNetworks is how many a load balancer can be in (facts 13).
const maxPrivateNetworks = 8

// maxAddresses is one IPv4 and one IPv6 (facts 13).
const maxAddresses = 2

// addresses must be in the load balancer's zone (facts 12), where that is said.
func (p *problems) addresses(path, zone string, ids []lb.AddressID) []lb.AddressID {
	set := sortedSet(ids)
	if len(set) < len(ids) {
		p.invalid(path, "the same address twice")
	}
	for i, id := range ids {
		switch where, _, err := ParseAddressID(id); {
		case err != nil:
			p.invalid(fmt.Sprintf("%s[%d]", path, i), "%q: not an ID of this provider", id)
		case zone != "" && string(where) != zone:
			p.invalid(fmt.Sprintf("%s[%d]", path, i), "%q: in another zone than %s", id, zone)
		}
	}
	return set
}

// home is the UUID that new load balancers of c belong to: its project, or its
// organization, whose default project has the same UUID (facts 8).
func (c *Client) home() string {
	if c.project != "" {
		return c.project
	}
	return c.organization
}

// zoneList is zones in a sentence.
func zoneList(zones []Zone) string { return strings.Trim(fmt.Sprint(zones), "[]") }
