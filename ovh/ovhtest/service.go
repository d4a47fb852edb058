package ovhtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
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
	zones       []string
	instances   []instance
	failover    []netip.Prefix // Additional IPs routed here
	expired     bool

	draft   *tree
	running map[string]config // by zone
	carried map[string]config // by zone: what a refresh under way will make live
	tasks   []*task           // oldest first
	endNext string            // status in which the next task ends; empty: done
	health  map[string]probeResult
}

// instance is one machine of a load balancer.
type instance struct {
	id   int64
	zone string
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
	sum := sha256.Sum256(fmt.Appendf(nil, "service %d", number))
	svc := &service{
		number: number, name: "loadbalancer-" + hex.EncodeToString(sum[:16]),
		draft: newTree(), running: map[string]config{}, carried: map[string]config{}, health: map[string]probeResult{},
	}
	for i, zone := range zones {
		zone = strings.ToLower(zone)
		svc.zones = append(svc.zones, zone)
		svc.instances = append(svc.instances, instance{id: int64(number*1000 + i), zone: zone})
		svc.running[zone] = config{}
	}
	svc.draft.put(tlsPolicyPath, &tlsPolicy{})
	for _, zone := range svc.zones {
		svc.running[zone] = svc.draft.deployed(zone)
	}
	s.services[svc.name] = svc
	s.serviceNames = append(s.serviceNames, svc.name)
	return svc.name
}

// Expire makes every call for a service answer 460.
func (s *Server) Expire(serviceName string) {
	defer s.settled().mu.Unlock()
	s.mustService(serviceName).expired = true
}

// SetTags gives a service the tags that its iam field shows.
func (s *Server) SetTags(serviceName string, tags map[string]string) {
	defer s.settled().mu.Unlock()
	s.mustService(serviceName).tags = maps.Clone(tags)
}

// AddFailover routes Additional IPs to a service.
func (s *Server) AddFailover(serviceName string, blocks ...netip.Prefix) {
	defer s.settled().mu.Unlock()
	svc := s.mustService(serviceName)
	svc.failover = append(svc.failover, blocks...)
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
	r.add("GET", service+"/zone", listZones)
	r.add("GET", service+"/zone/{name}", getZone)
	r.add("GET", service+"/availableFarmProbes", func(*call) (any, error) { return availableProbes(), nil })
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

type iamMetadata struct {
	DisplayName *string           `json:"displayName"`
	ID          string            `json:"id"`
	Tags        map[string]string `json:"tags"`
	URN         string            `json:"urn"`
}

type orderableZone struct {
	Name     string `json:"name"`
	PlanCode string `json:"planCode"`
}

func (svc *service) view() serviceView {
	ipv4 := fmt.Sprintf("198.51.100.%d", svc.number%250+1)
	return serviceView{
		DisplayName: svc.displayName,
		IAM: iamMetadata{
			DisplayName: svc.displayName, Tags: svc.tags, URN: "urn:v1:eu:resource:loadbalancer:" + svc.name,
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012x", svc.number),
		},
		MainIP: ipv4, IPv4: ipv4, IPv6: fmt.Sprintf("2001:db8:0:%x::1", svc.number), Offer: "lb1", ServiceName: svc.name,
		SSLConfiguration: at[tlsPolicy](svc.draft.nodes, tlsPolicyPath).Value, State: "ok", VRackEligibility: true, Zone: svc.zones,
	}
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

// tagsPass tells whether a service's iam field passes an iamTags filter: JSON,
// a list of conditions by tag, all of which must hold (facts 4.1).
func tagsPass(iam json.RawMessage, filter string) bool {
	var shown iamMetadata
	conditions := map[string][]struct {
		Operator string `json:"operator"`
		Value    string `json:"value"`
	}{}
	if json.Unmarshal(iam, &shown) != nil || json.Unmarshal([]byte(filter), &conditions) != nil {
		return false
	}
	for tag, list := range conditions {
		value, has := shown.Tags[tag]
		for _, condition := range list {
			if !tagHolds(condition.Operator, has, value, condition.Value) {
				return false
			}
		}
	}
	return true
}

func tagHolds(operator string, has bool, value, wanted string) bool {
	switch operator {
	case "NEQ":
		return !has || value != wanted
	case "EXISTS":
		return has
	case "NEXISTS":
		return !has
	case "LIKE":
		return has && like(value, wanted)
	case "ILIKE":
		return has && like(strings.ToLower(value), strings.ToLower(wanted))
	}
	return has && value == wanted // EQ is the default
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

type zoneView struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

func listZones(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, zone := range c.svc.zones {
		l.ids = append(l.ids, zone)
		l.views = append(l.views, func() any { return zoneView{Name: zone, State: "ok"} })
	}
	return l, nil
}

func getZone(c *call) (any, error) {
	name := c.params["name"]
	if !slices.Contains(c.svc.zones, name) {
		return nil, noSuchObject("name", name)
	}
	return zoneView{Name: name, State: "ok"}, nil
}

// ownZone brings a zone's name into the form in which it is kept; a zone that
// the service does not have is refused.
func (svc *service) ownZone(name string) (string, error) {
	name = strings.ToLower(name)
	if name != everyZone && !slices.Contains(svc.zones, name) {
		return "", invalid("zone", "not a zone of this service, and not all")
	}
	return name, nil
}

type definedObject struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

// defined lists the objects of a kind in every protocol.
func defined[N any](c *call, kind string) []definedObject {
	out := []definedObject{}
	for _, protocol := range []string{"http", "tcp", "udp"} {
		for path := range each[N](c.svc.draft, protocol+"/"+kind) {
			out = append(out, definedObject{ID: idOf(path), Type: protocol})
		}
	}
	return out
}

func definedFarms(c *call) (any, error) {
	out := defined[farm](c, "farm")
	if !c.query.Has("vrackNetworkId") {
		return out, nil
	}
	return slices.DeleteFunc(out, func(d definedObject) bool {
		f := at[farm](c.svc.draft.nodes, d.Type+"/farm/"+formatID(d.ID))
		return f.VRackNetworkID == nil || formatID(*f.VRackNetworkID) != c.query.Get("vrackNetworkId")
	}), nil
}

type definedRoute struct {
	DisplayName *string `json:"displayName"`
	RouteID     int64   `json:"routeId"`
	Type        string  `json:"type"`
}

func definedRoutes(c *call) (any, error) {
	out := []definedRoute{}
	for _, protocol := range []string{"http", "tcp"} {
		for _, r := range each[trafficRoute](c.svc.draft, protocol+"/route") {
			out = append(out, definedRoute{DisplayName: r.DisplayName, RouteID: r.RouteID, Type: protocol})
		}
	}
	return out, nil
}
