package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// TCPServer is a server of a TCP farm.
type TCPServer struct {
	ServerID             int64         `json:"serverId"`
	FarmID               int64         `json:"backendId"`
	DisplayName          string        `json:"displayName"`
	Address              string        `json:"address"` // IPv4; fixed at creation
	Port                 *int          `json:"port"`    // 1 to 49151; nil: the farm's
	Status               ServerStatus  `json:"status"`
	Weight               *int          `json:"weight"` // 1 to 256, 0: no balanced traffic, nil: 1
	Backup               bool          `json:"backup"`
	Probe                bool          `json:"probe"` // the farm's probe applies
	SSL                  bool          `json:"ssl"`   // TLS towards the server, its probe included
	Chain                string        `json:"chain"` // PEM; the server's certificate is verified against it
	ProxyProtocolVersion ProxyProtocol `json:"proxyProtocolVersion"`
	OnMarkedDown         OnMarkedDown  `json:"onMarkedDown"`
	ServerState          []ServerState `json:"serverState"` // one for each instance of the load balancer
}

// TCPServerCreate is a server to be made. Address and Status are required; what
// is zero is left out.
type TCPServerCreate struct {
	DisplayName          string        `json:"displayName,omitzero"`
	Address              string        `json:"address"`       // IPv4; the private one in a farm of a vRack network
	Port                 int           `json:"port,omitzero"` // 1 to 49151; zero: the farm's
	Status               ServerStatus  `json:"status"`
	Weight               *int          `json:"weight,omitzero"` // 0 to 256; nil: 1
	Backup               bool          `json:"backup,omitzero"`
	Probe                bool          `json:"probe,omitzero"`
	SSL                  bool          `json:"ssl,omitzero"`
	Chain                string        `json:"chain,omitzero"`
	ProxyProtocolVersion ProxyProtocol `json:"proxyProtocolVersion,omitzero"`
	OnMarkedDown         OnMarkedDown  `json:"onMarkedDown,omitzero"`
}

// TCPServerUpdate is what to change of a server. All but Backup, Probe, SSL and
// Status may be null.
type TCPServerUpdate struct {
	DisplayName          Optional[string]        `json:"displayName,omitzero"`
	Port                 Optional[int]           `json:"port,omitzero"` // 1 to 49151; null: the farm's
	Status               Optional[ServerStatus]  `json:"status,omitzero"`
	Weight               Optional[int]           `json:"weight,omitzero"` // 0 to 256; 0: no balanced traffic, null: 1
	Backup               Optional[bool]          `json:"backup,omitzero"`
	Probe                Optional[bool]          `json:"probe,omitzero"`
	SSL                  Optional[bool]          `json:"ssl,omitzero"`
	Chain                Optional[string]        `json:"chain,omitzero"`
	ProxyProtocolVersion Optional[ProxyProtocol] `json:"proxyProtocolVersion,omitzero"`
	OnMarkedDown         Optional[OnMarkedDown]  `json:"onMarkedDown,omitzero"`
}

// ServerListOptions select and page the servers of a TCP or UDP farm. What is
// zero selects all.
type ServerListOptions struct {
	Address        string       `url:"address,omitempty"`
	Status         ServerStatus `url:"status,omitempty"`
	lb.PageOptions `url:"-"`
}

// TCPServerService reads and writes the servers of a TCP farm. Writes are
// staged; what reads of health is live.
type TCPServerService struct {
	servers collection[TCPServer, int64]
}

func newTCPServerService(c *Client) *TCPServerService {
	return &TCPServerService{servers: collection[TCPServer, int64]{
		client: c,
		op:     "tcp.farms.servers",
		kind:   lb.KindServer,
		route:  "/ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server",
		item:   "/ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server/{serverId}",
		key:    func(s *TCPServer) int64 { return s.ServerID },
	}}
}

// List yields the servers of a farm, in whole objects. It is lazy: the first
// page is asked for when the iteration begins. Where the API answers with IDs
// alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server
func (s *TCPServerService) List(ctx context.Context, service string, farmID int64, opts ServerListOptions) iter.Seq2[*TCPServer, error] {
	return s.servers.list(ctx, opts, opts.PageOptions, service, decimal(farmID))
}

// ListIDs reads the IDs of the servers of a farm, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server
func (s *TCPServerService) ListIDs(ctx context.Context, service string, farmID int64, opts ServerListOptions) ([]int64, error) {
	return s.servers.ids(ctx, opts, service, decimal(farmID))
}

// Get reads one server.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server/{serverId}
func (s *TCPServerService) Get(ctx context.Context, service string, farmID, serverID int64) (*TCPServer, error) {
	return s.servers.get(ctx, serverID, service, decimal(farmID))
}

// Create adds a server and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server
func (s *TCPServerService) Create(ctx context.Context, service string, farmID int64, body TCPServerCreate) (*TCPServer, error) {
	return s.servers.create(ctx, body, service, decimal(farmID))
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server/{serverId}
func (s *TCPServerService) Update(ctx context.Context, service string, farmID, serverID int64, body TCPServerUpdate) error {
	return s.servers.update(ctx, serverID, body, service, decimal(farmID))
}

// Delete removes a server.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/tcp/farm/{farmId}/server/{serverId}
func (s *TCPServerService) Delete(ctx context.Context, service string, farmID, serverID int64) error {
	return s.servers.remove(ctx, serverID, service, decimal(farmID))
}
