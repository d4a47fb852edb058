package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// UDPServer is a server of a UDP farm.
type UDPServer struct {
	ServerID    int64        `json:"serverId"`
	FarmID      int64        `json:"backendId"`
	DisplayName string       `json:"displayName"`
	Address     string       `json:"address"` // IPv4; fixed at creation
	Port        *int         `json:"port"`    // 1 to 49151; nil: the farm's
	Status      ServerStatus `json:"status"`
}

// UDPServerCreate is a server to be made. Address and Status are required; what
// is zero is left out.
type UDPServerCreate struct {
	DisplayName string       `json:"displayName,omitzero"`
	Address     string       `json:"address"`       // IPv4; the private one in a farm of a vRack network
	Port        int          `json:"port,omitzero"` // 1 to 49151; zero: the farm's
	Status      ServerStatus `json:"status"`
}

// UDPServerUpdate is what to change of a server. All but Status may be null.
type UDPServerUpdate struct {
	DisplayName Optional[string]       `json:"displayName,omitzero"`
	Port        Optional[int]          `json:"port,omitzero"` // 1 to 49151; null: the farm's
	Status      Optional[ServerStatus] `json:"status,omitzero"`
}

// UDPServerService reads and writes the servers of a UDP farm. Writes are
// staged. They have no probe, and nothing is known of their health.
type UDPServerService struct {
	servers collection[UDPServer, int64]
}

func newUDPServerService(c *Client) *UDPServerService {
	return &UDPServerService{servers: collection[UDPServer, int64]{
		client: c,
		op:     "udp.farms.servers",
		kind:   lb.KindServer,
		route:  "/ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server",
		item:   "/ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server/{serverId}",
		key:    func(s *UDPServer) int64 { return s.ServerID },
	}}
}

// List yields the servers of a farm, in whole objects. It is lazy: the first
// page is asked for when the iteration begins. Where the API answers with IDs
// alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server
func (s *UDPServerService) List(ctx context.Context, service string, farmID int64, opts ServerListOptions) iter.Seq2[*UDPServer, error] {
	return s.servers.list(ctx, opts, opts.PageOptions, service, decimal(farmID))
}

// ListIDs reads the IDs of the servers of a farm, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server
func (s *UDPServerService) ListIDs(ctx context.Context, service string, farmID int64, opts ServerListOptions) ([]int64, error) {
	return s.servers.ids(ctx, opts, service, decimal(farmID))
}

// Get reads one server.
//
//api:operation GET /ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server/{serverId}
func (s *UDPServerService) Get(ctx context.Context, service string, farmID, serverID int64) (*UDPServer, error) {
	return s.servers.get(ctx, serverID, service, decimal(farmID))
}

// Create adds a server and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server
func (s *UDPServerService) Create(ctx context.Context, service string, farmID int64, body UDPServerCreate) (*UDPServer, error) {
	return s.servers.create(ctx, body, service, decimal(farmID))
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server/{serverId}
func (s *UDPServerService) Update(ctx context.Context, service string, farmID, serverID int64, body UDPServerUpdate) error {
	return s.servers.update(ctx, serverID, body, service, decimal(farmID))
}

// Delete removes a server.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/udp/farm/{farmId}/server/{serverId}
func (s *UDPServerService) Delete(ctx context.Context, service string, farmID, serverID int64) error {
	return s.servers.remove(ctx, serverID, service, decimal(farmID))
}
