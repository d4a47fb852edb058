package ovh

import (
	"context"
	"iter"
	"net/http"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// VRackNetwork is a private network in which a load balancer reaches servers.
type VRackNetwork struct {
	VRackNetworkID int64         `json:"vrackNetworkId"`
	DisplayName    string        `json:"displayName"`
	VLAN           int           `json:"vlan"`   // 0: untagged
	Subnet         string        `json:"subnet"` // CIDR; fixed at creation
	NATIP          string        `json:"natIp"`  // CIDR inside Subnet, kept free for the load balancer
	Farms          []DefinedFarm `json:"farmId"`
}

// VRackNetworkCreate is a network to be made. Subnet and NATIP are required;
// what is zero is left out. NATIP must hold as many addresses as CreationRules
// says.
type VRackNetworkCreate struct {
	DisplayName string  `json:"displayName,omitzero"`
	VLAN        int     `json:"vlan,omitzero"` // 0: untagged
	Subnet      string  `json:"subnet"`
	NATIP       string  `json:"natIp"`
	FarmIDs     []int64 `json:"farmId,omitzero"` // the farms that reach their servers through it
}

// VRackNetworkUpdate is what to change of a network. DisplayName may be null.
type VRackNetworkUpdate struct {
	DisplayName Optional[string] `json:"displayName,omitzero"`
	VLAN        Optional[int]    `json:"vlan,omitzero"` // 0: untagged
	NATIP       Optional[string] `json:"natIp,omitzero"`
}

// VRackNetworkListOptions select and page networks. What is zero selects all;
// VLAN 0 is a value.
type VRackNetworkListOptions struct {
	Subnet         string `url:"subnet,omitempty"`
	VLAN           *int   `url:"vlan,omitempty"` // 0: untagged; nil: all
	lb.PageOptions `url:"-"`
}

// VRackStatus is how a load balancer stands to its vRack.
type VRackStatus struct {
	State     VRackState `json:"state"`
	VRackName string     `json:"vrackName"` // empty: in no vRack
	Tasks     []int64    `json:"task"`      // IDs of the tasks under way
}

// VRackNetworkCreationRules bound the networks that can be made.
type VRackNetworkCreationRules struct {
	VRackName         string `json:"vrackName"`
	MinNATIPs         int    `json:"minNatIps"`         // how many addresses a network's NATIP must hold
	RemainingNetworks int    `json:"remainingNetworks"` // how many more can be made
}

// VRackService reads and writes the private networks of a load balancer, which
// the API calls a beta. Writes are staged. A load balancer joins and leaves a
// vRack through /vrack, which Client.Do reaches.
type VRackService struct {
	networks collection[VRackNetwork, int64]
}

func newVRackService(c *Client) *VRackService {
	return &VRackService{networks: collection[VRackNetwork, int64]{
		client: c,
		op:     "vrack.networks",
		route:  "/ipLoadbalancing/{serviceName}/vrack/network",
		item:   "/ipLoadbalancing/{serviceName}/vrack/network/{vrackNetworkId}",
		key:    func(n *VRackNetwork) int64 { return n.VRackNetworkID },
	}}
}

// ListNetworks yields the networks of a load balancer, in whole objects. It is
// lazy: the first page is asked for when the iteration begins. Where the API
// answers with IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/vrack/network
func (s *VRackService) ListNetworks(ctx context.Context, service string, opts VRackNetworkListOptions) iter.Seq2[*VRackNetwork, error] {
	return s.networks.list(ctx, opts, opts.PageOptions, service)
}

// ListNetworkIDs reads the IDs of the networks of a load balancer, in one
// request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/vrack/network
func (s *VRackService) ListNetworkIDs(ctx context.Context, service string, opts VRackNetworkListOptions) ([]int64, error) {
	return s.networks.ids(ctx, opts, service)
}

// GetNetwork reads one network.
//
//api:operation GET /ipLoadbalancing/{serviceName}/vrack/network/{vrackNetworkId}
func (s *VRackService) GetNetwork(ctx context.Context, service string, networkID int64) (*VRackNetwork, error) {
	return s.networks.get(ctx, networkID, service)
}

// CreateNetwork adds a network and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/vrack/network
func (s *VRackService) CreateNetwork(ctx context.Context, service string, body VRackNetworkCreate) (*VRackNetwork, error) {
	return s.networks.create(ctx, body, service)
}

// UpdateNetwork changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/vrack/network/{vrackNetworkId}
func (s *VRackService) UpdateNetwork(ctx context.Context, service string, networkID int64, body VRackNetworkUpdate) error {
	return s.networks.update(ctx, networkID, body, service)
}

// DeleteNetwork removes a network. It is refused while a farm uses it.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/vrack/network/{vrackNetworkId}
func (s *VRackService) DeleteNetwork(ctx context.Context, service string, networkID int64) error {
	return s.networks.remove(ctx, networkID, service)
}

// SetNetworkFarms makes farmIDs, and no others, the farms of a network.
//
//api:operation POST /ipLoadbalancing/{serviceName}/vrack/network/{vrackNetworkId}/updateFarmId
func (s *VRackService) SetNetworkFarms(ctx context.Context, service string, networkID int64, farmIDs []int64) (*VRackNetwork, error) {
	call := s.networks.itemCall("setFarms", http.MethodPost, []string{service}, networkID)
	call.ID = idOf(call.Route, call.Args)
	call.Route += "/updateFarmId"
	call.In = struct {
		FarmIDs []int64 `json:"farmId"`
	}{append([]int64{}, farmIDs...)} // an empty list, not null
	call.Repeatable = true // it sets the whole list
	return rest.Get[VRackNetwork](ctx, s.networks.client.rest, call)
}

// NetworkCreationRules reads what bounds the networks of a load balancer.
//
//api:operation GET /ipLoadbalancing/{serviceName}/vrack/networkCreationRules
func (s *VRackService) NetworkCreationRules(ctx context.Context, service string) (*VRackNetworkCreationRules, error) {
	return rest.Get[VRackNetworkCreationRules](ctx, s.networks.client.rest,
		serviceCall("vrack.networkCreationRules", http.MethodGet, "/vrack/networkCreationRules", service))
}

// Status reads how a load balancer stands to its vRack.
//
//api:operation GET /ipLoadbalancing/{serviceName}/vrack/status
func (s *VRackService) Status(ctx context.Context, service string) (*VRackStatus, error) {
	return rest.Get[VRackStatus](ctx, s.networks.client.rest,
		serviceCall("vrack.status", http.MethodGet, "/vrack/status", service))
}
