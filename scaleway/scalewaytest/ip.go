package scalewaytest

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is a flexible IP.
type address struct {
	id, zone string
	owner
	ip      netip.Addr
	lb      *loadBalancer // nil: free
	reverse string
	tags    []string
}

type ipView struct {
	ID        string `json:"id"`
	IPAddress string `json:"ip_address"`
	owner
	LBID    *string  `json:"lb_id"`
	Reverse string   `json:"reverse"`
	Tags    []string `json:"tags"`
	Region  string   `json:"region"`
	Zone    string   `json:"zone"`
}

func (s *Server) viewIP(a *address) ipView {
	v := ipView{
		ID: a.id, IPAddress: a.ip.String(), owner: a.owner, Reverse: a.reverse, Tags: orEmpty(a.tags),
		Region: region(a.zone), Zone: a.zone,
	}
	if a.lb != nil {
		v.LBID = &a.lb.id
	}
	return v
}

// addressesOf are those of l, IPv4 first.
func (s *Server) addressesOf(l *loadBalancer) []*address {
	out := s.ips.where(func(a *address) bool { return a.lb == l })
	slices.SortFunc(out, byAddress)
	return out
}

func byAddress(a, b *address) int { return a.ip.Compare(b.ip) }

// allocate makes a new address. They come from the ranges that are kept for
// benchmarks and documentation, so that none is anybody's.
func (s *Server) allocate(zone string, who owner, v6 bool) *address {
	s.made++
	ip := numbered(s.made, v6)
	a := &address{id: newUUID(), zone: zone, owner: who, ip: ip, reverse: defaultReverse(ip, zone)}
	s.ips.put(zone, a.id, a)
	return a
}

// numbered is the n-th address: 198.18.0.0 and n, or the first of the network
// 2001:db8::/64 and n.
func numbered(n uint32, v6 bool) netip.Addr {
	if v6 {
		bytes := [16]byte{0x20, 0x01, 0x0d, 0xb8}
		binary.BigEndian.PutUint32(bytes[4:], n)
		return netip.AddrFrom16(bytes)
	}
	const first = 198<<24 | 18<<16
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], first+n)
	return netip.AddrFrom4(bytes)
}

// defaultReverse is the name that an address has before it is given one:
// 198-18-0-1.lb.fr-par.scw.cloud, or the nibbles of an IPv6 address from the
// last to the first.
func defaultReverse(ip netip.Addr, zone string) string {
	suffix := ".lb." + region(zone) + ".scw.cloud"
	if ip.Is4() {
		return strings.ReplaceAll(ip.String(), ".", "-") + suffix
	}
	nibbles := strings.Split(strings.ReplaceAll(ip.StringExpanded(), ":", ""), "")
	slices.Reverse(nibbles)
	return strings.Join(nibbles, ".") + suffix
}

// chosenAddresses are those that a new load balancer names, all free, of one
// family each, and not IPv6 alone (facts 12).
func (s *Server) chosenAddresses(zone string, body *createLB) ([]*address, error) {
	ids := body.IPIDs
	if body.IPID != nil && *body.IPID != "" && !slices.Contains(ids, *body.IPID) {
		ids = append(slices.Clone(ids), *body.IPID)
	}
	var out []*address
	for _, id := range ids {
		a, ok := s.ips.get(zone, id)
		switch {
		case !ok:
			return nil, dangling("ip_ids", id)
		case a.lb != nil:
			return nil, invalid("ip_ids", "constraint", id+" is used on a lb")
		case slices.ContainsFunc(out, func(b *address) bool { return b.ip.BitLen() == a.ip.BitLen() }):
			return nil, invalid("ip_ids", "constraint", "holds more than one address of a family")
		}
		out = append(out, a)
	}
	if len(out) > 0 && (isTrue(body.AssignFlexibleIP) || isTrue(body.AssignFlexibleIPv6)) {
		return nil, invalid("assign_flexible_ip", "constraint", "excludes ip_ids")
	}
	if len(out) == 1 && out[0].ip.Is6() {
		return nil, invalid("ip_ids", "constraint", "needs an IPv4 address beside the IPv6 address")
	}
	return out, nil
}

// address gives l the addresses that it named, or new ones: an IPv4 address
// unless it wants none, and an IPv6 address where it wants one (facts 12).
func (s *Server) address(l *loadBalancer, body *createLB, given []*address) error {
	if len(given) > 0 {
		for _, a := range given {
			a.lb = l
		}
		return nil
	}
	v4, v6 := body.AssignFlexibleIP == nil || *body.AssignFlexibleIP, isTrue(body.AssignFlexibleIPv6)
	var families []bool // of the new addresses: whether it is IPv6
	switch {
	case v4 && v6:
		families = []bool{false, true}
	case v4:
		families = []bool{false}
	case v6:
		return invalid("assign_flexible_ipv6", "constraint", "needs an IPv4 address beside the IPv6 address")
	}
	if err := s.overQuota("ips", len(s.ips.all), len(families)); err != nil {
		return err
	}
	for _, isV6 := range families {
		s.allocate(l.zone, l.owner, isV6).lb = l
	}
	return nil
}

func isTrue(flag *bool) bool { return flag != nil && *flag }

func (s *Server) findIP(c *call) (*address, error) { return find(&s.ips, c, "ip_id", "ips") }

type listIPsView struct {
	IPs   []ipView `json:"ips"`
	Total int      `json:"total_count"`
}

// listIPs goes by address, as recorded, IPv4 first.
func (s *Server) listIPs(c *call) (answer, error) {
	ip, family := c.query.Get("ip_address"), c.query.Get("ip_type")
	all := s.ips.where(func(a *address) bool {
		return a.zone == c.zone && owned(c.query, a.owner) && tagged(c.query, a.tags) &&
			(ip == "" || ip == a.ip.String()) &&
			(family == "" || family == "all" || (family == "ipv6") == a.ip.Is6())
	})
	slices.SortFunc(all, byAddress)
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listIPsView{IPs: views(shown, s.viewIP), Total: len(all)})
}

func (s *Server) getIP(c *call) (answer, error) {
	a, err := s.findIP(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewIP(a))
}

type createIP struct {
	OrganizationID *string  `json:"organization_id"`
	ProjectID      *string  `json:"project_id"`
	Reverse        *string  `json:"reverse"`
	IsIPv6         bool     `json:"is_ipv6"`
	Tags           []string `json:"tags"`
}

func (s *Server) createIP(c *call) (answer, error) {
	var body createIP
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	who, err := s.ownerOf(body.ProjectID, body.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := s.overQuota("ips", len(s.ips.all), 1); err != nil {
		return nil, err
	}
	a := s.allocate(c.zone, who, body.IsIPv6)
	a.tags = body.Tags
	a.rename(body.Reverse)
	return encode(s.viewIP(a))
}

// rename sets the reverse name; an empty one is the default again.
func (a *address) rename(reverse *string) {
	switch {
	case reverse == nil:
	case *reverse == "":
		a.reverse = defaultReverse(a.ip, a.zone)
	default:
		a.reverse = *reverse
	}
}

// updateIP is the one PATCH: what the body leaves out, or sets to null, stays
// (facts 8). Only a null lb_id says something.
func (s *Server) updateIP(c *call) (answer, error) {
	a, err := s.findIP(c)
	if err != nil {
		return nil, err
	}
	var body struct {
		Reverse *string         `json:"reverse"`
		LBID    json.RawMessage `json:"lb_id"` // absent and null differ
		Tags    []string        `json:"tags"`
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if body.LBID != nil {
		if err := s.attach(a, body.LBID); err != nil {
			return nil, err
		}
	}
	a.rename(body.Reverse)
	if body.Tags != nil {
		a.tags = body.Tags
	}
	return encode(s.viewIP(a))
}

// attach gives a free address to the load balancer whose ID is in raw. It cannot
// leave one again, nor take the place of another (facts 12).
func (s *Server) attach(a *address, raw json.RawMessage) error {
	var id string // null: none
	if err := json.Unmarshal(raw, &id); err != nil {
		return err
	}
	if a.lb != nil {
		if a.lb.id == id {
			return nil
		}
		status, _ := s.options.status(FixedAddress)
		return plain(status, "operation was rejected because the ip_id is used on a lb")
	}
	if id == "" {
		return nil
	}
	l, ok := s.lbs.get(a.zone, id)
	if !ok {
		return dangling("lb_id", id)
	}
	if err := s.writable(l); err != nil {
		return err
	}
	taken := s.addressesOf(l)
	switch {
	case slices.ContainsFunc(taken, func(b *address) bool { return b.ip.BitLen() == a.ip.BitLen() }):
		return invalid("lb_id", "constraint", "has an address of this family")
	case a.ip.Is6() && len(taken) == 0:
		return invalid("lb_id", "constraint", "needs an IPv4 address beside the IPv6 address")
	}
	a.lb, l.attached = l, true
	return nil
}

// releaseIP refuses an address that is in use in the recorded words (facts 5).
func (s *Server) releaseIP(c *call) (answer, error) {
	a, err := s.findIP(c)
	if err != nil {
		return nil, err
	}
	if a.lb != nil {
		return nil, plain(http.StatusBadRequest, "operation was rejected because the ip_id is used on a lb")
	}
	s.ips.remove(a.zone, a.id)
	return nil, nil
}
