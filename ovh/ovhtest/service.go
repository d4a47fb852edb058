package ovhtest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// statusExpired is OVH's own status for a service that is no longer paid for
// (facts 3.3).
const statusExpired = 460

const maxServiceName = 50 // characters of a service's displayName (facts 6.13)

// service is one load balancer.
type service struct {
	number      int // from 1, in order of creation
	name        string
	displayName *string
	tags        map[string]string
	state       string // of its address: "ok"
	zones       []string
	releasing   map[string]bool // zones that are being given up
	instances   []*instance
	failover    []netip.Prefix // Additional IPs routed here
	expired     bool

	contract      contract
	quotas        map[string]*quota // by zone
	quotaHistory  []*quotaRecord    // oldest first
	subscriptions []*logSubscription
	vrack         vrack

	draft   *tree
	running map[string]config // by zone
	carried map[string]config // by zone: what a refresh under way will make live
	tasks   []*task           // oldest first
	endNext string            // status in which the next task ends; empty: done
	health  map[string]probeResult
}

// AddService makes a load balancer with an instance in each of the zones, or in
// gra where none is named, and returns its name, e.g. "loadbalancer-6b1f…". It
// holds no frontend and no farm.
func (s *Server) AddService(zones ...string) (serviceName string) {
	defer s.settled().mu.Unlock()
	if len(zones) == 0 {
		zones = []string{"gra"}
	}
	number := len(s.services) + 1
	svc := &service{
		number: number, name: "loadbalancer-" + madeUp("service %d", number), state: "ok", releasing: map[string]bool{},
		draft: newTree(), running: map[string]config{}, carried: map[string]config{}, health: map[string]probeResult{},
	}
	now := s.clock.Now()
	for i, zone := range zones {
		zone = strings.ToLower(zone)
		svc.zones = append(svc.zones, zone)
		svc.instances = append(svc.instances, &instance{id: int64(number*1000 + i), zone: zone, updated: now})
	}
	svc.draft.put(tlsPolicyPath, &tlsPolicy{})
	for _, zone := range svc.zones {
		svc.running[zone] = svc.draft.deployed(zone)
	}
	s.services[svc.name] = svc
	s.serviceNames = append(s.serviceNames, svc.name)
	for _, main := range svc.mainBlocks() {
		s.addAddress(main, typeLoadBalancing)
		s.addresses[main.String()].routedTo = svc.name
	}
	s.meter(svc) // before engage, so that a zone that is given up leaves its last month behind
	s.engage(svc)
	return svc.name
}

// Expire makes every call for a service answer 460.
func (s *Server) Expire(serviceName string) {
	defer s.settled().mu.Unlock()
	s.mustService(serviceName).expired = true
}

// SetState changes a service's state, which is "ok" at first: "suspended",
// "quarantined", "blacklisted", "deleted", "free", or a word that no client knows.
// It changes nothing else.
func (s *Server) SetState(serviceName, state string) {
	defer s.settled().mu.Unlock()
	s.mustService(serviceName).state = state
}

// mustService panics for a name that AddService did not return: the test is
// wrong.
func (s *Server) mustService(name string) *service {
	svc := s.services[name]
	if svc == nil {
		panic("ovhtest: no service " + name)
	}
	return svc
}

func (r *router) addService(service string) {
	r.add("GET", collectionOf(service), listServices)
	r.add("GET", service, func(c *call) (any, error) { return c.svc.view(), nil })
	r.add("PUT", service, updateService)
	r.add("GET", service+"/natIp", func(c *call) (any, error) { return c.svc.natIPs(), nil })
	r.add("GET", service+"/failover", func(c *call) (any, error) { return c.svc.failover, nil })
	r.add("GET", service+"/instancesState", instancesState)
	r.add("GET", service+"/metricsToken", func(c *call) (any, error) { return c.svc.metrics(), nil })
	r.add("GET", service+"/definedFarms", definedFarms)
	r.add("GET", service+"/definedFrontends", func(c *call) (any, error) { return defined[frontend](c, "frontend"), nil })
	r.add("GET", service+"/definedRoutes", definedRoutes)
}

// serviceView is ipLoadbalancing.IpWithIAM.
type serviceView struct {
	DisplayName      *string         `json:"displayName"`
	IAM              iamMetadata     `json:"iam"`
	MainIP           string          `json:"ipLoadbalancing"`
	IPv4             string          `json:"ipv4"`
	IPv6             string          `json:"ipv6"`
	MetricsToken     *string         `json:"metricsToken"`
	Offer            string          `json:"offer"`
	OrderableZone    []orderableZone `json:"orderableZone"`
	ServiceName      string          `json:"serviceName"`
	SSLConfiguration *string         `json:"sslConfiguration"`
	State            string          `json:"state"`
	VRackEligibility bool            `json:"vrackEligibility"`
	VRackName        *string         `json:"vrackName"`
	Zone             []string        `json:"zone"`
}

type orderableZone struct {
	Name     string `json:"name"`
	PlanCode string `json:"planCode"`
}

func (svc *service) view() serviceView {
	main := svc.mainBlocks()
	ipv4, ipv6, token := main[0].Addr().String(), main[1].Addr().String(), svc.metrics().Token
	return serviceView{
		DisplayName: svc.displayName,
		IAM: iamMetadata{
			DisplayName: svc.displayName, Tags: svc.tags, URN: "urn:v1:eu:resource:loadbalancer:" + svc.name,
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012x", svc.number),
		},
		MainIP: ipv4, IPv4: ipv4, IPv6: ipv6, MetricsToken: &token, Offer: "lb1", ServiceName: svc.name, OrderableZone: svc.orderable(),
		SSLConfiguration: at[tlsPolicy](svc.draft.nodes, tlsPolicyPath).Value, State: svc.state, VRackEligibility: true,
		VRackName: svc.vrack.shownName(), Zone: svc.zones,
	}
}

// mainBlocks are the service's own addresses, which it keeps for its life: IPv4,
// of a range for tests, then IPv6.
func (svc *service) mainBlocks() [2]netip.Prefix {
	return [2]netip.Prefix{
		netip.MustParsePrefix(fmt.Sprintf("198.18.%d.%d/32", svc.number/256%256, svc.number%256)),
		netip.MustParsePrefix(fmt.Sprintf("2001:db8:0:%x::1/128", svc.number)),
	}
}

// orderable are the zones that the service could have besides its own.
func (svc *service) orderable() []orderableZone {
	out := []orderableZone{}
	for _, zone := range knownZones {
		if !slices.Contains(svc.zones, zone) {
			out = append(out, orderableZone{Name: zone, PlanCode: "iplb-zone-lb1-" + zone})
		}
	}
	return out
}

// metricsToken is ipLoadbalancing.MetricsToken.
type metricsToken struct {
	Endpoint string `json:"endpoint"`
	Token    string `json:"token"`
}

func (svc *service) metrics() metricsToken {
	return metricsToken{Endpoint: "https://metrics.example.com/", Token: madeUp("metrics of service %d", svc.number)}
}

func listServices(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, name := range c.serviceNames {
		svc := c.services[name]
		l.ids = append(l.ids, name)
		l.views = append(l.views, func() any { return svc.view() })
	}
	return l, nil
}

// tlsPolicyPath is where a service's sslConfiguration stands among the nodes.
const tlsPolicyPath = "sslConfiguration"

type tlsPolicy struct {
	Value *string `json:"value,omitzero"`
}

func (*tlsPolicy) zoneIn(*tree, string) string { return everyZone }

func updateService(c *call) (any, error) {
	if err := c.checkRepeated(c.svc.view()); err != nil {
		return nil, err
	}
	written := struct {
		DisplayName      *string `json:"displayName"`
		SSLConfiguration *string `json:"sslConfiguration"`
	}{c.svc.displayName, at[tlsPolicy](c.svc.draft.nodes, tlsPolicyPath).Value}
	merge(&written, c.body)
	if written.DisplayName != nil && utf8.RuneCountInString(*written.DisplayName) > maxServiceName {
		return nil, invalid("displayName", fmt.Sprintf("longer than %d characters", maxServiceName))
	}
	c.svc.displayName = written.DisplayName
	c.svc.draft.put(tlsPolicyPath, &tlsPolicy{Value: written.SSLConfiguration})
	if c.assume.TLSPolicy == TLSPolicyLive {
		c.svc.deploy(tlsPolicyPath)
	}
	return nil, nil
}

// deploy makes the node at path live in every zone, without a refresh.
func (svc *service) deploy(path string) {
	for _, zone := range svc.zones {
		for _, c := range []config{svc.running[zone], svc.carried[zone]} {
			if c != nil {
				c[path] = svc.draft.nodes[path]
			}
		}
	}
}

type natIP struct {
	IP   []netip.Prefix `json:"ip"`
	Zone string         `json:"zone"`
}

// natIPs names a /27 of 10.108.0.0/14 for each zone.
func (svc *service) natIPs() []natIP {
	out := make([]natIP, len(svc.zones))
	for i, zone := range svc.zones {
		addr := netip.AddrFrom4([4]byte{10, 108, byte(svc.number), byte(i * 32)}) //nolint:gosec // G115: an example may repeat
		out[i] = natIP{Zone: zone, IP: []netip.Prefix{netip.PrefixFrom(addr, 27)}}
	}
	return out
}
