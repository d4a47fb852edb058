package ovh

import (
	"context"
	"iter"
	"net/http"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// LoadBalancer is an IP Load Balancing service. It is ordered and terminated,
// not created and deleted.
type LoadBalancer struct {
	// ServiceName is its key in every call: "loadbalancer-<hex>" or "ip-<address>".
	ServiceName      string            `json:"serviceName"`
	DisplayName      string            `json:"displayName"` // 50 characters at most
	Offer            string            `json:"offer"`       // "lb1", "lb2"
	State            LoadBalancerState `json:"state"`
	Zone             []string          `json:"zone"`            // its zones, such as "gra"
	IPLoadBalancing  string            `json:"ipLoadbalancing"` // the main address, as older programs know it
	IPv4             string            `json:"ipv4"`
	IPv6             string            `json:"ipv6"`
	SSLConfiguration SSLConfiguration  `json:"sslConfiguration"`
	OrderableZone    []OrderableZone   `json:"orderableZone"`
	VRackEligibility bool              `json:"vrackEligibility"`
	VRackName        string            `json:"vrackName"` // empty: in no vRack
	MetricsToken     Token             `json:"metricsToken"`
	IAM              *IAM              `json:"iam"`
}

// OrderableZone is a zone that can be added to a load balancer.
type OrderableZone struct {
	Name     string `json:"name"`
	PlanCode string `json:"planCode"`
}

// LoadBalancerUpdate is what to change of a load balancer. Both may be null.
type LoadBalancerUpdate struct {
	DisplayName      Optional[string]           `json:"displayName,omitzero"`
	SSLConfiguration Optional[SSLConfiguration] `json:"sslConfiguration,omitzero"`
}

// LoadBalancerListOptions select and page the load balancers of an account.
type LoadBalancerListOptions struct {
	Tags           TagFilters `url:"iamTags,omitempty"`
	lb.PageOptions `url:"-"`
}

// LoadBalancerService reads load balancers and changes what is theirs alone.
type LoadBalancerService struct {
	services collection[LoadBalancer, string]
}

func newLoadBalancerService(c *Client) *LoadBalancerService {
	return &LoadBalancerService{services: collection[LoadBalancer, string]{
		client: c,
		op:     "loadBalancers",
		kind:   lb.KindLoadBalancer,
		route:  "/ipLoadbalancing",
		item:   "/ipLoadbalancing/{serviceName}",
		key:    func(l *LoadBalancer) string { return l.ServiceName },
	}}
}

// call is a call about one load balancer, at a path below its own.
func (s *LoadBalancerService) call(verb, method, below, service string) rest.Call {
	return serviceCall("loadBalancers."+verb, method, below, service)
}

// serviceCall is a call about one load balancer, at a path below its own.
func serviceCall(op, method, below, service string, args ...string) rest.Call {
	call := rest.Call{
		Op:     op,
		Kind:   lb.KindLoadBalancer,
		ID:     service,
		Method: method,
		Route:  "/ipLoadbalancing/{serviceName}" + below,
		Args:   rest.Args{service},
	}
	copy(call.Args[1:], args)
	return call
}

// List yields the load balancers of the account, in whole objects. It is lazy:
// the first page is asked for when the iteration begins. Where the API answers
// with names alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing
func (s *LoadBalancerService) List(ctx context.Context, opts LoadBalancerListOptions) iter.Seq2[*LoadBalancer, error] {
	return s.services.list(ctx, opts, opts.PageOptions)
}

// ListNames reads the service names of the account's load balancers, in one
// request.
//
//api:operation GET /ipLoadbalancing
func (s *LoadBalancerService) ListNames(ctx context.Context, opts LoadBalancerListOptions) ([]string, error) {
	return s.services.ids(ctx, opts)
}

// Get reads one load balancer.
//
//api:operation GET /ipLoadbalancing/{serviceName}
func (s *LoadBalancerService) Get(ctx context.Context, service string) (*LoadBalancer, error) {
	return s.services.get(ctx, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}
func (s *LoadBalancerService) Update(ctx context.Context, service string, body LoadBalancerUpdate) error {
	return s.services.update(ctx, service, body)
}

// RefreshOptions limit a refresh.
type RefreshOptions struct {
	Zone string // empty: all zones
}

// Refresh starts to deploy what has been written since the last refresh, and
// returns its task. One may run at a time for each load balancer; what the API
// answers to a second is not known (facts 6.2). It needs a frontend, and every
// frontend needs a default farm, a redirect, or a route with rules; in a vRack
// every farm needs a network (facts 6.3). [Client.CheckRefresh] tells beforehand
// what is missing.
//
//api:operation POST /ipLoadbalancing/{serviceName}/refresh
func (s *LoadBalancerService) Refresh(ctx context.Context, service string, opts RefreshOptions) (*Task, error) {
	call := s.call("refresh", http.MethodPost, "/refresh", service)
	if opts.Zone != "" { // without a body it is all zones
		call.In = struct {
			Zone string `json:"zone"`
		}{opts.Zone}
	}
	return rest.Get[Task](ctx, s.services.client.rest, call)
}

// PendingChanges is how much is staged in one zone.
type PendingChanges struct {
	Zone   string `json:"zone"`
	Number int    `json:"number"` // how many changes
}

// PendingChanges reads what is staged and not deployed, zone by zone. Nothing
// is staged where it is empty.
//
//api:operation GET /ipLoadbalancing/{serviceName}/pendingChanges
func (s *LoadBalancerService) PendingChanges(ctx context.Context, service string) ([]PendingChanges, error) {
	return readAll[PendingChanges](ctx, s.services.client, s.call("pendingChanges", http.MethodGet, "/pendingChanges", service))
}

// Status is the health of a load balancer and of its parts.
type Status struct {
	Service   ServiceHealth   `json:"service"`
	Frontends ComponentHealth `json:"frontends"`
	Farms     ComponentHealth `json:"farms"`
	Servers   ComponentHealth `json:"servers"`
}

// ServiceHealth is the health of a load balancer as a whole.
type ServiceHealth struct {
	Status StatusLevel `json:"status"`
}

// ComponentHealth counts parts by their health.
type ComponentHealth struct {
	Total  int          `json:"total"` // how many there are
	Status HealthCounts `json:"status"`
}

// HealthCounts is how many parts are how well.
type HealthCounts struct {
	OK      int `json:"ok"`      // how many
	Warn    int `json:"warn"`    // how many
	Error   int `json:"error"`   // how many
	Unknown int `json:"unknown"` // how many
}

// Status reads the health of a load balancer, which is live.
//
//api:operation GET /ipLoadbalancing/{serviceName}/status
func (s *LoadBalancerService) Status(ctx context.Context, service string) (*Status, error) {
	return rest.Get[Status](ctx, s.services.client.rest, s.call("status", http.MethodGet, "/status", service))
}

// NATIPs are the addresses from which a zone speaks to servers.
type NATIPs struct {
	Zone string   `json:"zone"`
	IP   []string `json:"ip"` // CIDR blocks
}

// NATIPs reads the addresses from which traffic and probes reach servers, zone
// by zone: those that servers' firewalls must let in.
//
//api:operation GET /ipLoadbalancing/{serviceName}/natIp
func (s *LoadBalancerService) NATIPs(ctx context.Context, service string) ([]NATIPs, error) {
	return readAll[NATIPs](ctx, s.services.client, s.call("natIPs", http.MethodGet, "/natIp", service))
}

// FailoverIPs reads the Additional IPs that are routed to a load balancer, as
// CIDR blocks.
//
//api:operation GET /ipLoadbalancing/{serviceName}/failover
func (s *LoadBalancerService) FailoverIPs(ctx context.Context, service string) ([]string, error) {
	return readAll[string](ctx, s.services.client, s.call("failoverIPs", http.MethodGet, "/failover", service))
}
