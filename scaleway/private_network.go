package scaleway

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// PrivateNetwork is the attachment of a load balancer to a private network. The
// load balancer's address in it is told by the IPAM API, not here (facts 8).
type PrivateNetwork struct {
	LB      LB       `json:"lb,omitzero"`
	IPAMIDs []string `json:"ipam_ids"`
	// Deprecated: use IPAMIDs.
	StaticConfig *PrivateNetworkStaticConfig `json:"static_config,omitempty"`
	// Deprecated: use IPAMIDs.
	DHCPConfig *PrivateNetworkDHCPConfig `json:"dhcp_config,omitempty"`
	// Deprecated: internal to the API.
	IPAMConfig       *PrivateNetworkIPAMConfig `json:"ipam_config,omitempty"`
	PrivateNetworkID string                    `json:"private_network_id"`
	Status           PrivateNetworkStatus      `json:"status"`
	CreatedAt        time.Time                 `json:"created_at,omitzero"`
	UpdatedAt        time.Time                 `json:"updated_at,omitzero"`
}

func (n *PrivateNetwork) identity() string { return n.PrivateNetworkID }

// attachmentKey tells the attachments of a load balancer apart. The network alone does
// not: one that is attached again while it leaves is listed twice (recorded 2022-04).
type attachmentKey struct {
	network string
	created int64 // microseconds
}

func (n *PrivateNetwork) key() attachmentKey {
	return attachmentKey{network: n.PrivateNetworkID, created: n.CreatedAt.UnixMicro()}
}

// PrivateNetworkStaticConfig is the older way to choose addresses.
type PrivateNetworkStaticConfig struct {
	IPAddress []string `json:"ip_address,omitempty"`
}

// PrivateNetworkDHCPConfig is the older way to be given an address. Answers show
// it to this day.
type PrivateNetworkDHCPConfig struct {
	IPID string `json:"ip_id,omitempty"`
}

// PrivateNetworkIPAMConfig has no settings.
type PrivateNetworkIPAMConfig struct{}

// PrivateNetworkListOptions page the attachments of a load balancer.
type PrivateNetworkListOptions struct {
	OrderBy OrderBy // by creation only
	lb.PageOptions
}

type privateNetworkQuery struct {
	OrderBy OrderBy `url:"order_by,omitempty"`
}

type privateNetworkPage struct {
	PrivateNetworks []PrivateNetwork `json:"private_network"` // singular: so the API says
	TotalCount      *int             `json:"total_count"`
}

func (p *privateNetworkPage) page() (*[]PrivateNetwork, *int) {
	return &p.PrivateNetworks, p.TotalCount
}

// PrivateNetworkAttach says how a load balancer joins a private network.
type PrivateNetworkAttach struct {
	PrivateNetworkID string
	IPAMIDs          []string // one address at most, of IPAM; empty: any
	// Deprecated: use IPAMIDs.
	StaticConfig *PrivateNetworkStaticConfig
	// Deprecated: use IPAMIDs.
	DHCPConfig *PrivateNetworkDHCPConfig
	// Deprecated: internal to the API.
	IPAMConfig *PrivateNetworkIPAMConfig
}

// privateNetworkAttach is PrivateNetworkAttach on the wire. Under a region the
// network is in the path.
type privateNetworkAttach struct {
	PrivateNetworkID string                      `json:"private_network_id,omitempty"`
	IPAMIDs          []string                    `json:"ipam_ids"`
	StaticConfig     *PrivateNetworkStaticConfig `json:"static_config,omitempty"`
	DHCPConfig       *PrivateNetworkDHCPConfig   `json:"dhcp_config,omitempty"`
	IPAMConfig       *PrivateNetworkIPAMConfig   `json:"ipam_config,omitempty"`
}

type privateNetworkDetach struct {
	PrivateNetworkID string `json:"private_network_id"`
}

// PrivateNetworkService manages the private networks that load balancers are
// attached to, eight each at most.
type PrivateNetworkService struct{ service }

// List yields the private networks of a load balancer. One that is attached again
// before it has left is there twice, for as long as that takes.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}/private-networks
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}/private-networks
func (s *PrivateNetworkService) List(ctx context.Context, lbID string, opts PrivateNetworkListOptions) iter.Seq2[*PrivateNetwork, error] {
	query := privateNetworkQuery{OrderBy: opts.OrderBy}
	return list[privateNetworkPage](ctx, s.place, listPrivateNetworks, query, opts.PageOptions, (*PrivateNetwork).key, lbID)
}

// Attach attaches a load balancer to a private network, which takes some two
// seconds: see WaitReady.
//
//api:operation POST /lb/v1/zones/{zone}/lbs/{lb_id}/attach-private-network
//api:operation POST /lb/v1/regions/{region}/lbs/{lb_id}/private-networks/{private_network_id}/attach
func (s *PrivateNetworkService) Attach(ctx context.Context, lbID string, attach PrivateNetworkAttach) (*PrivateNetwork, error) {
	body := privateNetworkAttach{
		IPAMIDs: nonNil(attach.IPAMIDs), StaticConfig: attach.StaticConfig, DHCPConfig: attach.DHCPConfig, IPAMConfig: attach.IPAMConfig,
	}
	if s.regional {
		return fetch[PrivateNetwork](ctx, s.place, attachPrivateNetwork, body, lbID, attach.PrivateNetworkID)
	}
	body.PrivateNetworkID = attach.PrivateNetworkID
	return fetch[PrivateNetwork](ctx, s.place, attachPrivateNetwork, body, lbID)
}

// Detach takes a load balancer out of a private network. It returns when the API
// has accepted: the attachment stays listed until it is gone (see WaitDetached).
//
//api:operation POST /lb/v1/zones/{zone}/lbs/{lb_id}/detach-private-network
//api:operation POST /lb/v1/regions/{region}/lbs/{lb_id}/private-networks/{private_network_id}/detach
func (s *PrivateNetworkService) Detach(ctx context.Context, lbID, privateNetworkID string) error {
	if s.regional {
		return s.send(ctx, detachPrivateNetwork, struct{}{}, lbID, privateNetworkID) // {}, as recorded of that path
	}
	return s.send(ctx, detachPrivateNetwork, privateNetworkDetach{PrivateNetworkID: privateNetworkID}, lbID)
}
