package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// TCPFarm is a group of servers that TCP frontends send traffic to.
type TCPFarm struct {
	FarmID         int64      `json:"farmId"`
	DisplayName    string     `json:"displayName"`
	Zone           string     `json:"zone"`           // one of the load balancer's, or AllZones; fixed at creation
	Port           *int       `json:"port"`           // of its servers, 1 to 49151; nil: the frontend's
	Balance        Balance    `json:"balance"`        // empty: round robin
	Stickiness     Stickiness `json:"stickiness"`     // empty: none
	Probe          *Probe     `json:"probe"`          // nil: TCP, of the servers whose own Probe is true
	VRackNetworkID *int64     `json:"vrackNetworkId"` // of every farm, once the load balancer is in a vRack
}

// TCPFarmCreate is a TCP farm to be made. Zone is required; what is zero is
// left out.
type TCPFarmCreate struct {
	DisplayName    string     `json:"displayName,omitzero"`
	Zone           string     `json:"zone"`          // one of the load balancer's, or AllZones
	Port           int        `json:"port,omitzero"` // 1 to 49151; zero: the frontend's
	Balance        Balance    `json:"balance,omitzero"`
	Stickiness     Stickiness `json:"stickiness,omitzero"`
	Probe          *Probe     `json:"probe,omitzero"`
	VRackNetworkID int64      `json:"vrackNetworkId,omitzero"`
}

// TCPFarmUpdate is what to change of a TCP farm. All may be null.
type TCPFarmUpdate struct {
	DisplayName    Optional[string]     `json:"displayName,omitzero"`
	Port           Optional[int]        `json:"port,omitzero"` // 1 to 49151; null: the frontend's
	Balance        Optional[Balance]    `json:"balance,omitzero"`
	Stickiness     Optional[Stickiness] `json:"stickiness,omitzero"`
	Probe          Optional[Probe]      `json:"probe,omitzero"` // the whole of it
	VRackNetworkID Optional[int64]      `json:"vrackNetworkId,omitzero"`
}

// TCPFarmService reads and writes the TCP farms of a load balancer, which
// service names in each call. Writes are staged.
type TCPFarmService struct {
	Servers *TCPServerService

	farms collection[TCPFarm, int64]
}

func newTCPFarmService(c *Client) *TCPFarmService {
	return &TCPFarmService{Servers: newTCPServerService(c), farms: collection[TCPFarm, int64]{
		client: c,
		op:     "tcp.farms",
		kind:   lb.KindBackend,
		route:  "/ipLoadbalancing/{serviceName}/tcp/farm",
		item:   "/ipLoadbalancing/{serviceName}/tcp/farm/{farmId}",
		key:    func(f *TCPFarm) int64 { return f.FarmID },
	}}
}

// List yields the farms of a load balancer, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/farm
func (s *TCPFarmService) List(ctx context.Context, service string, opts FarmListOptions) iter.Seq2[*TCPFarm, error] {
	return s.farms.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the farms of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/farm
func (s *TCPFarmService) ListIDs(ctx context.Context, service string, opts FarmListOptions) ([]int64, error) {
	return s.farms.ids(ctx, opts, service)
}

// Get reads one farm.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}
func (s *TCPFarmService) Get(ctx context.Context, service string, farmID int64) (*TCPFarm, error) {
	return s.farms.get(ctx, farmID, service)
}

// Create adds a farm and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/tcp/farm
func (s *TCPFarmService) Create(ctx context.Context, service string, body TCPFarmCreate) (*TCPFarm, error) {
	return s.farms.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}
func (s *TCPFarmService) Update(ctx context.Context, service string, farmID int64, body TCPFarmUpdate) error {
	return s.farms.update(ctx, farmID, body, service)
}

// Delete removes a farm. Its servers go first: what the
// API does with those that are left is not known (facts 6.6).
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}
func (s *TCPFarmService) Delete(ctx context.Context, service string, farmID int64) error {
	return s.farms.remove(ctx, farmID, service)
}
