package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// TCPFrontend listens for TCP on addresses of a load balancer.
type TCPFrontend struct {
	FrontendID  int64  `json:"frontendId"`
	DisplayName string `json:"displayName"`
	Zone        string `json:"zone"` // one of the load balancer's, or AllZones
	// Port is "80", "8000-8100" or a list of both, "80,443,9000-9010"; each 1 to 49151.
	Port           string   `json:"port"`
	Disabled       bool     `json:"disabled"`      // stays defined and stops listening
	SSL            bool     `json:"ssl"`           // terminates TLS
	DefaultSSLID   *int64   `json:"defaultSslId"`  // certificate for clients whose name matches none
	DefaultFarmID  *int64   `json:"defaultFarmId"` // of the same protocol and zone
	AllowedSource  []string `json:"allowedSource"` // CIDR blocks, in any order; empty: everyone
	DeniedSource   []string `json:"deniedSource"`  // CIDR blocks; never together with AllowedSource
	DedicatedIPFO  []string `json:"dedicatedIpfo"` // the only Additional IPs to listen on; empty: all addresses
	VRackNetworkID *int64   `json:"vrackNetworkId"`
	VRackVRouterID *int64   `json:"vrackVrouterId"` // 1 to 255
}

// TCPFrontendCreate is a TCP frontend to be made. Port and Zone are required;
// what is zero is left out.
type TCPFrontendCreate struct {
	DisplayName   string   `json:"displayName,omitzero"`
	Zone          string   `json:"zone"` // one of the load balancer's, or AllZones
	Port          string   `json:"port"` // as in TCPFrontend
	Disabled      bool     `json:"disabled,omitzero"`
	SSL           bool     `json:"ssl,omitzero"`
	DefaultSSLID  int64    `json:"defaultSslId,omitzero"`
	DefaultFarmID int64    `json:"defaultFarmId,omitzero"`
	AllowedSource []string `json:"allowedSource,omitzero"`
	DeniedSource  []string `json:"deniedSource,omitzero"`
	DedicatedIPFO []string `json:"dedicatedIpfo,omitzero"`
}

// TCPFrontendUpdate is what to change of a TCP frontend. All but Disabled,
// Port, SSL and Zone may be null.
type TCPFrontendUpdate struct {
	DisplayName   Optional[string]   `json:"displayName,omitzero"`
	Zone          Optional[string]   `json:"zone,omitzero"`
	Port          Optional[string]   `json:"port,omitzero"`
	Disabled      Optional[bool]     `json:"disabled,omitzero"`
	SSL           Optional[bool]     `json:"ssl,omitzero"`
	DefaultSSLID  Optional[int64]    `json:"defaultSslId,omitzero"`
	DefaultFarmID Optional[int64]    `json:"defaultFarmId,omitzero"`
	AllowedSource Optional[[]string] `json:"allowedSource,omitzero"`
	DeniedSource  Optional[[]string] `json:"deniedSource,omitzero"`
	DedicatedIPFO Optional[[]string] `json:"dedicatedIpfo,omitzero"`
}

// TCPFrontendService reads and writes the TCP frontends of a load balancer,
// which service names in each call. Writes are staged.
type TCPFrontendService struct {
	frontends collection[TCPFrontend, int64]
}

func newTCPFrontendService(c *Client) *TCPFrontendService {
	return &TCPFrontendService{frontends: collection[TCPFrontend, int64]{
		client: c,
		op:     "tcp.frontends",
		kind:   lb.KindFrontend,
		route:  "/ipLoadbalancing/{serviceName}/tcp/frontend",
		item:   "/ipLoadbalancing/{serviceName}/tcp/frontend/{frontendId}",
		key:    func(f *TCPFrontend) int64 { return f.FrontendID },
	}}
}

// List yields the frontends of a load balancer, in whole objects. It is lazy:
// the first page is asked for when the iteration begins. Where the API answers
// with IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/frontend
func (s *TCPFrontendService) List(ctx context.Context, service string, opts FrontendListOptions) iter.Seq2[*TCPFrontend, error] {
	return s.frontends.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the frontends of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/frontend
func (s *TCPFrontendService) ListIDs(ctx context.Context, service string, opts FrontendListOptions) ([]int64, error) {
	return s.frontends.ids(ctx, opts, service)
}

// Get reads one frontend.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/frontend/{frontendId}
func (s *TCPFrontendService) Get(ctx context.Context, service string, frontendID int64) (*TCPFrontend, error) {
	return s.frontends.get(ctx, frontendID, service)
}

// Create adds a frontend and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/tcp/frontend
func (s *TCPFrontendService) Create(ctx context.Context, service string, body TCPFrontendCreate) (*TCPFrontend, error) {
	return s.frontends.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/tcp/frontend/{frontendId}
func (s *TCPFrontendService) Update(ctx context.Context, service string, frontendID int64, body TCPFrontendUpdate) error {
	return s.frontends.update(ctx, frontendID, body, service)
}

// Delete removes a frontend.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/tcp/frontend/{frontendId}
func (s *TCPFrontendService) Delete(ctx context.Context, service string, frontendID int64) error {
	return s.frontends.remove(ctx, frontendID, service)
}
