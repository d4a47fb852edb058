package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// HTTPFrontend listens for HTTP on addresses of a load balancer.
type HTTPFrontend struct {
	FrontendID  int64  `json:"frontendId"`
	DisplayName string `json:"displayName"`
	Zone        string `json:"zone"` // one of the load balancer's, or AllZones
	// Port is "80", "8000-8100" or a list of both, "80,443,9000-9010"; each 1 to 49151.
	Port             string `json:"port"`
	Disabled         bool   `json:"disabled"`     // stays defined and stops listening
	SSL              bool   `json:"ssl"`          // terminates TLS
	DefaultSSLID     *int64 `json:"defaultSslId"` // certificate for clients whose name matches none
	HSTS             bool   `json:"hsts"`
	DefaultFarmID    *int64 `json:"defaultFarmId"`    // of the same protocol and zone
	RedirectLocation string `json:"redirectLocation"` // an absolute URL; the default farm is not used then
	// HTTPHeader are "Name value" each, with %ci for the client's address and %cp for its
	// port.
	HTTPHeader     []string `json:"httpHeader"`
	AllowedSource  []string `json:"allowedSource"` // CIDR blocks, in any order; empty: everyone
	DeniedSource   []string `json:"deniedSource"`  // CIDR blocks; never together with AllowedSource
	DedicatedIPFO  []string `json:"dedicatedIpfo"` // the only Additional IPs to listen on; empty: all addresses
	VRackNetworkID *int64   `json:"vrackNetworkId"`
	VRackVRouterID *int64   `json:"vrackVrouterId"` // 1 to 255
}

// HTTPFrontendCreate is an HTTP frontend to be made. Port and Zone are
// required; what is zero is left out.
type HTTPFrontendCreate struct {
	DisplayName      string   `json:"displayName,omitzero"`
	Zone             string   `json:"zone"` // one of the load balancer's, or AllZones
	Port             string   `json:"port"` // as in HTTPFrontend
	Disabled         bool     `json:"disabled,omitzero"`
	SSL              bool     `json:"ssl,omitzero"`
	DefaultSSLID     int64    `json:"defaultSslId,omitzero"`
	HSTS             bool     `json:"hsts,omitzero"`
	DefaultFarmID    int64    `json:"defaultFarmId,omitzero"`
	RedirectLocation string   `json:"redirectLocation,omitzero"`
	HTTPHeader       []string `json:"httpHeader,omitzero"`
	AllowedSource    []string `json:"allowedSource,omitzero"`
	DeniedSource     []string `json:"deniedSource,omitzero"`
	DedicatedIPFO    []string `json:"dedicatedIpfo,omitzero"`
}

// HTTPFrontendUpdate is what to change of an HTTP frontend. All but Disabled,
// HSTS, Port, SSL and Zone may be null.
type HTTPFrontendUpdate struct {
	DisplayName      Optional[string]   `json:"displayName,omitzero"`
	Zone             Optional[string]   `json:"zone,omitzero"`
	Port             Optional[string]   `json:"port,omitzero"`
	Disabled         Optional[bool]     `json:"disabled,omitzero"`
	SSL              Optional[bool]     `json:"ssl,omitzero"`
	DefaultSSLID     Optional[int64]    `json:"defaultSslId,omitzero"`
	HSTS             Optional[bool]     `json:"hsts,omitzero"`
	DefaultFarmID    Optional[int64]    `json:"defaultFarmId,omitzero"`
	RedirectLocation Optional[string]   `json:"redirectLocation,omitzero"`
	HTTPHeader       Optional[[]string] `json:"httpHeader,omitzero"`
	AllowedSource    Optional[[]string] `json:"allowedSource,omitzero"`
	DeniedSource     Optional[[]string] `json:"deniedSource,omitzero"`
	DedicatedIPFO    Optional[[]string] `json:"dedicatedIpfo,omitzero"`
}

// FrontendListOptions select and page HTTP or TCP frontends. What is zero
// selects all.
type FrontendListOptions struct {
	DefaultFarmID  int64  `url:"defaultFarmId,omitempty"`
	DefaultSSLID   int64  `url:"defaultSslId,omitempty"`
	Port           string `url:"port,omitempty"` // a pattern of SQL's LIKE
	Zone           string `url:"zone,omitempty"`
	lb.PageOptions `url:"-"`
}

// HTTPFrontendService reads and writes the HTTP frontends of a load balancer,
// which service names in each call. Writes are staged.
type HTTPFrontendService struct {
	frontends collection[HTTPFrontend, int64]
}

func newHTTPFrontendService(c *Client) *HTTPFrontendService {
	return &HTTPFrontendService{frontends: collection[HTTPFrontend, int64]{
		client: c,
		op:     "http.frontends",
		kind:   lb.KindFrontend,
		route:  "/ipLoadbalancing/{serviceName}/http/frontend",
		item:   "/ipLoadbalancing/{serviceName}/http/frontend/{frontendId}",
		key:    func(f *HTTPFrontend) int64 { return f.FrontendID },
	}}
}

// List yields the frontends of a load balancer, in whole objects. It is lazy:
// the first page is asked for when the iteration begins. Where the API answers
// with IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/frontend
func (s *HTTPFrontendService) List(ctx context.Context, service string, opts FrontendListOptions) iter.Seq2[*HTTPFrontend, error] {
	return s.frontends.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the frontends of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/frontend
func (s *HTTPFrontendService) ListIDs(ctx context.Context, service string, opts FrontendListOptions) ([]int64, error) {
	return s.frontends.ids(ctx, opts, service)
}

// Get reads one frontend.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/frontend/{frontendId}
func (s *HTTPFrontendService) Get(ctx context.Context, service string, frontendID int64) (*HTTPFrontend, error) {
	return s.frontends.get(ctx, frontendID, service)
}

// Create adds a frontend and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/http/frontend
func (s *HTTPFrontendService) Create(ctx context.Context, service string, body HTTPFrontendCreate) (*HTTPFrontend, error) {
	return s.frontends.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/http/frontend/{frontendId}
func (s *HTTPFrontendService) Update(ctx context.Context, service string, frontendID int64, body HTTPFrontendUpdate) error {
	return s.frontends.update(ctx, frontendID, body, service)
}

// Delete removes a frontend.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/http/frontend/{frontendId}
func (s *HTTPFrontendService) Delete(ctx context.Context, service string, frontendID int64) error {
	return s.frontends.remove(ctx, frontendID, service)
}
