package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// UDPFarm is a group of servers that UDP frontends send traffic to.
type UDPFarm struct {
	FarmID         int64  `json:"farmId"`
	DisplayName    string `json:"displayName"`
	Zone           string `json:"zone"`           // one of the load balancer's, or AllZones; fixed at creation
	Port           int    `json:"port"`           // of its servers, 1 to 49151
	VRackNetworkID *int64 `json:"vrackNetworkId"` // of every farm, once the load balancer is in a vRack
}

// UDPFarmCreate is a UDP farm to be made. Port and Zone are required; what is
// zero is left out.
type UDPFarmCreate struct {
	DisplayName    string `json:"displayName,omitzero"`
	Zone           string `json:"zone"` // one of the load balancer's, or AllZones
	Port           int    `json:"port"` // 1 to 49151
	VRackNetworkID int64  `json:"vrackNetworkId,omitzero"`
}

// UDPFarmUpdate is what to change of a UDP farm. All but Port may be null.
type UDPFarmUpdate struct {
	DisplayName    Optional[string] `json:"displayName,omitzero"`
	Port           Optional[int]    `json:"port,omitzero"` // 1 to 49151
	VRackNetworkID Optional[int64]  `json:"vrackNetworkId,omitzero"`
}

// UDPFarmService reads and writes the UDP farms of a load balancer, which
// service names in each call. Writes are staged.
type UDPFarmService struct {
	Servers *UDPServerService

	farms collection[UDPFarm, int64]
}

func newUDPFarmService(c *Client) *UDPFarmService {
	return &UDPFarmService{Servers: newUDPServerService(c), farms: collection[UDPFarm, int64]{
		client: c,
		op:     "udp.farms",
		kind:   lb.KindBackend,
		route:  "/ipLoadbalancing/{serviceName}/udp/farm",
		item:   "/ipLoadbalancing/{serviceName}/udp/farm/{farmId}",
		key:    func(f *UDPFarm) int64 { return f.FarmID },
	}}
}

// List yields the farms of a load balancer, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/farm
func (s *UDPFarmService) List(ctx context.Context, service string, opts FarmListOptions) iter.Seq2[*UDPFarm, error] {
	return s.farms.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the farms of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/farm
func (s *UDPFarmService) ListIDs(ctx context.Context, service string, opts FarmListOptions) ([]int64, error) {
	return s.farms.ids(ctx, opts, service)
}

// Get reads one farm.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/farm/{farmId}
func (s *UDPFarmService) Get(ctx context.Context, service string, farmID int64) (*UDPFarm, error) {
	return s.farms.get(ctx, farmID, service)
}

// Create adds a farm and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/udp/farm
func (s *UDPFarmService) Create(ctx context.Context, service string, body UDPFarmCreate) (*UDPFarm, error) {
	return s.farms.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/udp/farm/{farmId}
func (s *UDPFarmService) Update(ctx context.Context, service string, farmID int64, body UDPFarmUpdate) error {
	return s.farms.update(ctx, farmID, body, service)
}

// Delete removes a farm. Its servers go first: what the
// API does with those that are left is not known (facts 6.6).
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/udp/farm/{farmId}
func (s *UDPFarmService) Delete(ctx context.Context, service string, farmID int64) error {
	return s.farms.remove(ctx, farmID, service)
}
