package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// UDPFrontend listens for UDP on addresses of a load balancer.
type UDPFrontend struct {
	FrontendID  int64  `json:"frontendId"`
	DisplayName string `json:"displayName"`
	Zone        string `json:"zone"` // one of the load balancer's, or AllZones
	// Port is "80", "8000-8100" or a list of both, "80,443,9000-9010"; each 1 to 49151.
	Port          string   `json:"port"`
	Disabled      bool     `json:"disabled"`      // stays defined and stops listening
	DefaultFarmID *int64   `json:"defaultFarmId"` // of the same protocol and zone
	DedicatedIPFO []string `json:"dedicatedIpfo"` // the only Additional IPs to listen on; empty: all addresses
}

// UDPFrontendCreate is a UDP frontend to be made. Port and Zone are required;
// what is zero is left out.
type UDPFrontendCreate struct {
	DisplayName   string   `json:"displayName,omitzero"`
	Zone          string   `json:"zone"` // one of the load balancer's, or AllZones
	Port          string   `json:"port"` // as in UDPFrontend
	Disabled      bool     `json:"disabled,omitzero"`
	DefaultFarmID int64    `json:"defaultFarmId,omitzero"`
	DedicatedIPFO []string `json:"dedicatedIpfo,omitzero"`
}

// UDPFrontendUpdate is what to change of a UDP frontend. All but Disabled, Port
// and Zone may be null.
type UDPFrontendUpdate struct {
	DisplayName   Optional[string]   `json:"displayName,omitzero"`
	Zone          Optional[string]   `json:"zone,omitzero"`
	Port          Optional[string]   `json:"port,omitzero"`
	Disabled      Optional[bool]     `json:"disabled,omitzero"`
	DefaultFarmID Optional[int64]    `json:"defaultFarmId,omitzero"`
	DedicatedIPFO Optional[[]string] `json:"dedicatedIpfo,omitzero"`
}

// UDPFrontendListOptions select and page UDP frontends. What is zero selects
// all.
type UDPFrontendListOptions struct {
	DefaultFarmID  int64  `url:"defaultFarmId,omitempty"`
	Port           string `url:"port,omitempty"` // a pattern of SQL's LIKE
	Zone           string `url:"zone,omitempty"`
	lb.PageOptions `url:"-"`
}

// UDPFrontendService reads and writes the UDP frontends of a load balancer,
// which service names in each call. Writes are staged.
type UDPFrontendService struct {
	frontends collection[UDPFrontend, int64]
}

func newUDPFrontendService(c *Client) *UDPFrontendService {
	return &UDPFrontendService{frontends: collection[UDPFrontend, int64]{
		client: c,
		op:     "udp.frontends",
		kind:   lb.KindFrontend,
		route:  "/ipLoadbalancing/{serviceName}/udp/frontend",
		item:   "/ipLoadbalancing/{serviceName}/udp/frontend/{frontendId}",
		key:    func(f *UDPFrontend) int64 { return f.FrontendID },
	}}
}

// List yields the frontends of a load balancer, in whole objects. It is lazy:
// the first page is asked for when the iteration begins. Where the API answers
// with IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/frontend
func (s *UDPFrontendService) List(ctx context.Context, service string, opts UDPFrontendListOptions) iter.Seq2[*UDPFrontend, error] {
	return s.frontends.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the frontends of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/frontend
func (s *UDPFrontendService) ListIDs(ctx context.Context, service string, opts UDPFrontendListOptions) ([]int64, error) {
	return s.frontends.ids(ctx, opts, service)
}

// Get reads one frontend.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/frontend/{frontendId}
func (s *UDPFrontendService) Get(ctx context.Context, service string, frontendID int64) (*UDPFrontend, error) {
	return s.frontends.get(ctx, frontendID, service)
}

// Create adds a frontend and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/udp/frontend
func (s *UDPFrontendService) Create(ctx context.Context, service string, body UDPFrontendCreate) (*UDPFrontend, error) {
	return s.frontends.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/udp/frontend/{frontendId}
func (s *UDPFrontendService) Update(ctx context.Context, service string, frontendID int64, body UDPFrontendUpdate) error {
	return s.frontends.update(ctx, frontendID, body, service)
}

// Delete removes a frontend.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/udp/frontend/{frontendId}
func (s *UDPFrontendService) Delete(ctx context.Context, service string, frontendID int64) error {
	return s.frontends.remove(ctx, frontendID, service)
}
