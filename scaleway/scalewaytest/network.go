package scalewaytest

import "slices"

// privateNetwork is the attachment of one to a load balancer.
type privateNetwork struct {
	id               string // of the network
	key              string // the attachment itself has no ID: one that is leaving may stand beside its successor
	lb               *loadBalancer
	status           string
	ipamIDs          []string
	static           *staticConfig
	dhcp             *dhcpConfig
	leaving          bool
	created, updated moment
}

type staticConfig struct {
	IPAddress []string `json:"ip_address"`
}

type dhcpConfig struct {
	IPID *string `json:"ip_id"`
}

type networkView struct {
	LB               lbView        `json:"lb"`
	IPAMIDs          []string      `json:"ipam_ids"`
	Static           *staticConfig `json:"static_config,omitempty"`
	DHCP             *dhcpConfig   `json:"dhcp_config,omitempty"`
	PrivateNetworkID string        `json:"private_network_id"`
	Status           string        `json:"status"`
	CreatedAt        string        `json:"created_at"`
	UpdatedAt        string        `json:"updated_at"`
}

func (s *Server) viewNetwork(n *privateNetwork, kind copyKind) networkView {
	return networkView{
		LB: s.viewLB(n.lb, kind), IPAMIDs: orEmpty(n.ipamIDs), Static: n.static, DHCP: n.dhcp,
		PrivateNetworkID: n.id, Status: n.status, CreatedAt: s.show(n.created), UpdatedAt: s.show(n.updated),
	}
}

func (s *Server) networksOf(l *loadBalancer) []*privateNetwork {
	return s.networks.where(func(n *privateNetwork) bool { return n.lb == l })
}

type listNetworksView struct {
	Networks []networkView `json:"private_network"` // singular (facts 4)
	Total    int           `json:"total_count"`
}

func (s *Server) listNetworks(c *call) (answer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	all := named(s, c, s.networksOf(l), func(n *privateNetwork) string { return n.id })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listNetworksView{
		Networks: views(shown, func(n *privateNetwork) networkView { return s.viewNetwork(n, summary) }),
		Total:    len(all),
	})
}

type attachNetwork struct {
	PrivateNetworkID string        `json:"private_network_id"`
	IPAMIDs          []string      `json:"ipam_ids"`
	Static           *staticConfig `json:"static_config"`
	DHCP             *dhcpConfig   `json:"dhcp_config"`
}

// reserved are the addresses that the body names, in the list or, deprecated,
// alone, and the argument that names them.
func (body *attachNetwork) reserved() (ids []string, argument string) {
	if len(body.IPAMIDs) == 0 && body.DHCP != nil && body.DHCP.IPID != nil {
		return []string{*body.DHCP.IPID}, "dhcp_config.ip_id"
	}
	return body.IPAMIDs, "ipam_ids"
}

// checkAttachment finds what is wrong with an attachment to l.
func (s *Server) checkAttachment(l *loadBalancer, body *attachNetwork) error {
	var p problems
	if !uuidPattern.MatchString(body.PrivateNetworkID) {
		p.add("private_network_id", "format", "must be a UUID")
	}
	ids, argument := body.reserved()
	if len(ids) > 1 {
		p.add(argument, "constraint", "holds more than one address")
	}
	for _, id := range ids {
		if !uuidPattern.MatchString(id) {
			p.add(argument, "format", "must be a UUID")
		}
	}
	if slices.ContainsFunc(s.networksOf(l), func(n *privateNetwork) bool { return n.id == body.PrivateNetworkID && !n.leaving }) {
		p.add("private_network_id", "constraint", "is attached already")
	}
	return p.err()
}

// attachNetwork leaves the instances as they are; they follow shortly before the
// network is ready, as recordings show.
func (s *Server) attachNetwork(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	body := attachNetwork{PrivateNetworkID: c.ids["private_network_id"]} // there in the regional form
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := s.checkAttachment(l, &body); err != nil {
		return nil, err
	}
	staying := s.networks.count(func(n *privateNetwork) bool { return n.lb == l && !n.leaving })
	if err := s.overQuota("private_networks", staying, 1); err != nil {
		return nil, err
	}
	now := s.now()
	ids, _ := body.reserved()
	n := &privateNetwork{
		id: body.PrivateNetworkID, key: newUUID(), lb: l, status: "pending", ipamIDs: ids, static: body.Static, created: now, updated: now,
	}
	if n.static == nil {
		n.dhcp = &dhcpConfig{}
		if len(ids) > 0 {
			n.dhcp.IPID = &ids[0]
		}
	}
	s.networks.put(l.zone, n.key, n)
	lasts := s.options.timings.PrivateNetwork
	s.clock.Schedule(max(0, lasts-2*s.options.timings.Propagation), func() {
		if !n.leaving {
			s.disturb(l)
		}
	})
	s.clock.Schedule(lasts, func() { s.attached(n) })
	return encode(s.viewNetwork(n, withInstances))
}

// attached ends an attachment, unless a detachment has. One without an address
// has got one by then.
func (s *Server) attached(n *privateNetwork) {
	if n.leaving {
		return
	}
	n.updated = s.now()
	if s.options.failingNetworks[n.id] {
		n.status = "error"
		return
	}
	n.status = "ready"
	if n.dhcp != nil && n.dhcp.IPID == nil {
		id := newUUID()
		n.dhcp.IPID, n.ipamIDs = &id, []string{id}
	}
}

// moving says whether l is being attached to a network or detached from one.
func (s *Server) moving(l *loadBalancer) bool {
	return slices.ContainsFunc(s.networksOf(l), func(n *privateNetwork) bool { return n.status == "pending" })
}

// detachNetwork leaves the attachment listed, and pending, until it is gone
// (facts 8).
func (s *Server) detachNetwork(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	body := attachNetwork{PrivateNetworkID: c.ids["private_network_id"]}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	attached := s.networks.where(func(n *privateNetwork) bool { return n.lb == l && n.id == body.PrivateNetworkID })
	if len(attached) == 0 {
		return nil, notFound("privateNetwork")
	}
	n := attached[len(attached)-1] // those before it are leaving
	if n.leaving {
		return nil, nil
	}
	n.leaving, n.status, n.updated = true, "pending", s.now()
	s.clock.Schedule(s.options.timings.PrivateNetwork/2, func() {
		s.networks.remove(l.zone, n.key)
		s.disturb(l)
	})
	return nil, nil
}
