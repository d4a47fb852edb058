package ovhtest

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
)

// Words of ip.IpTypeEnum.
const (
	typeFailover      = "failover"
	typeLoadBalancing = "loadBalancing" // of a service's own addresses, which never move
)

// address is a block of the account (facts 5.9).
type address struct {
	number      int64
	block       netip.Prefix
	kind        string
	description *string
	tags        map[string]string
	routedTo    string    // name of a service; empty: parked
	tasks       []*ipTask // oldest first
	endNext     ipEnding  // of the next task
}

func (r *router) addAddresses() {
	r.add("GET", "/ip", listAddresses)
	r.add("GET", "/ip/{ip}", onAddress(func(_ *call, a *address) (any, error) { return a.view(), nil }))
	r.add("PUT", "/ip/{ip}", onAddress(updateAddress))
	r.add("GET", "/ip/{ip}/move", onAddress(destinations))
	r.add("POST", "/ip/{ip}/move", onAddress(moveAddress))
	r.add("POST", "/ip/{ip}/park", onAddress(parkAddress))
	r.add("GET", "/ip/{ip}/task", onAddress(listIPTasks))
	r.add("GET", "/ip/{ip}/task/{taskId}", onAddress(getIPTask))
}

// onAddress looks up the block that the path names.
func onAddress(handle func(c *call, a *address) (any, error)) handler {
	return func(c *call) (any, error) {
		a := c.addresses[c.params["ip"]]
		if a == nil {
			return nil, notFound("This service does not exist")
		}
		return handle(c, a)
	}
}

// AddAddresses gives the account Additional IPs that are routed to a service:
// one that [Server.AddService] made, and which serves them already, any other name
// for a service of another product, or "" for none.
func (s *Server) AddAddresses(routedTo string, blocks ...netip.Prefix) {
	defer s.settled().mu.Unlock()
	s.give(routedTo, blocks)
}

// AddFailover gives the account Additional IPs that are routed to a service which
// AddService made, and which it serves already.
func (s *Server) AddFailover(serviceName string, blocks ...netip.Prefix) {
	defer s.settled().mu.Unlock()
	s.give(s.mustService(serviceName).name, blocks)
}

func (s *Server) give(routedTo string, blocks []netip.Prefix) {
	for _, block := range blocks {
		s.addAddress(block, typeFailover)
		s.route(s.addresses[block.String()], routedTo)
		if svc := s.services[routedTo]; svc != nil {
			svc.deploy(failoverPath(block))
		}
	}
}

// addAddress panics for a block that the account has already: the test is wrong.
func (s *Server) addAddress(block netip.Prefix, kind string) {
	name := block.String()
	if block != block.Masked() || s.addresses[name] != nil {
		panic("ovhtest: not a new block: " + name)
	}
	s.blocks = append(s.blocks, name)
	s.addresses[name] = &address{number: s.count("address"), block: block, kind: kind}
}

func (s *Server) mustAddress(block netip.Prefix) *address {
	a := s.addresses[block.String()]
	if a == nil {
		panic("ovhtest: no address " + block.String())
	}
	return a
}

// failoverNode is an Additional IP in a service's configuration: it is served
// after a refresh (facts 6.8).
type failoverNode struct {
	IP string `json:"ip"`
}

func (*failoverNode) zoneIn(*tree, string) string { return everyZone }

const failoverPrefix = "failover/"

// failoverPath is where an Additional IP stands among a service's nodes.
func failoverPath(block netip.Prefix) string { return failoverPrefix + url.PathEscape(block.String()) }

// route sends a block's traffic to a service. What the old and the new one serve
// changes with their next refresh.
func (s *Server) route(a *address, to string) {
	if svc := s.services[a.routedTo]; svc != nil {
		svc.failover = slices.DeleteFunc(slices.Clone(svc.failover), func(p netip.Prefix) bool { return p == a.block })
		svc.draft.remove(failoverPath(a.block))
	}
	a.routedTo = to
	if svc := s.services[to]; svc != nil {
		svc.failover = append(slices.Clone(svc.failover), a.block)
		svc.draft.put(failoverPath(a.block), &failoverNode{IP: a.block.String()})
	}
}

// addressView is ip.IpWithIAM.
type addressView struct {
	BringYourOwnIP  bool        `json:"bringYourOwnIp"`
	Campus          *string     `json:"campus"`
	CanBeTerminated bool        `json:"canBeTerminated"`
	Country         *string     `json:"country"`
	Description     *string     `json:"description"`
	IAM             iamMetadata `json:"iam"`
	IP              string      `json:"ip"`
	IsAdditionalIP  bool        `json:"isAdditionalIp"`
	OrganisationID  *string     `json:"organisationId"`
	Regions         []string    `json:"regions"`
	RIR             *string     `json:"rir"`
	RoutedTo        *routedTo   `json:"routedTo"`
	Type            string      `json:"type"`
	Version         int         `json:"version"`
}

// routedTo is ip.RoutedTo.
type routedTo struct {
	ServiceName *string `json:"serviceName"`
}

func routedToName(name string) *routedTo {
	if name == "" {
		return nil
	}
	return &routedTo{ServiceName: &name}
}

func (a *address) view() addressView {
	campus, country, rir := "GRA", "fr", "RIPE"
	version := 6
	if a.block.Addr().Is4() {
		version = 4
	}
	return addressView{
		Campus: &campus, CanBeTerminated: a.kind == typeFailover, Country: &country, Description: a.description,
		IAM: iamMetadata{
			Tags: a.tags, URN: "urn:v1:eu:resource:ip:" + a.block.String(), ID: fmt.Sprintf("00000000-0000-4000-9000-%012x", a.number),
		},
		IP: a.block.String(), IsAdditionalIP: a.kind == typeFailover, Regions: []string{"eu-west-gra"}, RIR: &rir,
		RoutedTo: routedToName(a.routedTo), Type: a.kind, Version: version,
	}
}

func listAddresses(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, block := range c.blocks {
		a := c.addresses[block]
		l.ids = append(l.ids, block)
		l.views = append(l.views, func() any { return a.view() })
	}
	return l, nil
}

func updateAddress(c *call, a *address) (any, error) {
	if err := c.checkRepeated(a.view()); err != nil {
		return nil, err
	}
	written := struct {
		Description *string `json:"description"`
	}{a.description}
	merge(&written, c.body)
	a.description = written.Description
	return nil, nil
}
