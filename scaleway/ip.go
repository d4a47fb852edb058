package scaleway

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// IP is a flexible address: a public address that a project keeps, with or
// without a load balancer.
type IP struct {
	ID             string   `json:"id"`
	IPAddress      string   `json:"ip_address"` // of an IPv6, the first of its range
	OrganizationID string   `json:"organization_id"`
	ProjectID      string   `json:"project_id"`
	LBID           string   `json:"lb_id,omitempty"` // empty: free
	Reverse        string   `json:"reverse"`         // the name in the reverse DNS
	Tags           []string `json:"tags"`
	Region         Region   `json:"region,omitzero"` // deprecated in the API
	Zone           Zone     `json:"zone"`
}

func (a *IP) identity() string { return a.ID }

// IPListOptions select and page addresses.
type IPListOptions struct {
	IPAddress      string   // empty: all
	Type           IPType   // empty: all
	Tags           []string // one of them must be there; empty: all
	ProjectID      string   // empty: all that the key may see
	OrganizationID string
	lb.PageOptions
}

type ipQuery struct {
	IPAddress      string   `url:"ip_address,omitempty"`
	IPType         IPType   `url:"ip_type,omitempty"`
	OrganizationID string   `url:"organization_id,omitempty"`
	ProjectID      string   `url:"project_id,omitempty"`
	Tags           []string `url:"tags,omitempty"`
}

type ipPage struct {
	IPs        []IP `json:"ips"`
	TotalCount *int `json:"total_count"`
}

func (p *ipPage) page() (*[]IP, *int) { return &p.IPs, p.TotalCount }

// IPCreate is a new address. The API chooses which.
type IPCreate struct {
	ProjectID      string   `json:"project_id,omitempty"`      // empty: the client's project
	OrganizationID string   `json:"organization_id,omitempty"` // Deprecated: use ProjectID.
	Reverse        string   `json:"reverse,omitempty"`         // empty: a name of the API's
	IsIPv6         bool     `json:"is_ipv6"`
	Tags           []string `json:"tags,omitempty"`
}

// IPUpdate changes what is in it and nothing else: its zero value changes
// nothing.
type IPUpdate struct {
	Reverse Optional[string] `json:"reverse,omitzero"`
	// LBID attaches a free address. Detaching it, or moving it to another load
	// balancer, is documented as impossible; what the API answers is not known
	// (facts 18.9).
	LBID Optional[string]   `json:"lb_id,omitzero"`
	Tags Optional[[]string] `json:"tags,omitzero"` // a value without tags, nil too, removes them all
}

// IPService manages addresses.
type IPService struct{ service }

// List yields the addresses of the zone, attached or free.
//
//api:operation GET /lb/v1/zones/{zone}/ips
//api:operation GET /lb/v1/regions/{region}/ips
func (s *IPService) List(ctx context.Context, opts IPListOptions) iter.Seq2[*IP, error] {
	query := ipQuery{
		IPAddress: opts.IPAddress, IPType: opts.Type, OrganizationID: opts.OrganizationID, ProjectID: opts.ProjectID, Tags: opts.Tags,
	}
	return list[ipPage](ctx, s.place, listIPs, query, opts.PageOptions, remembered((*IP).identity))
}

// Create allocates an address, which costs money until Release.
//
//api:operation POST /lb/v1/zones/{zone}/ips
//api:operation POST /lb/v1/regions/{region}/ips
func (s *IPService) Create(ctx context.Context, create IPCreate) (*IP, error) {
	s.client.owner(&create.ProjectID, &create.OrganizationID)
	return fetch[IP](ctx, s.place, createIP, &create)
}

// Get reads an address.
//
//api:operation GET /lb/v1/zones/{zone}/ips/{ip_id}
//api:operation GET /lb/v1/regions/{region}/ips/{ip_id}
func (s *IPService) Get(ctx context.Context, id string) (*IP, error) {
	return fetch[IP](ctx, s.place, getIP, nil, id)
}

// Update changes an address.
//
//api:operation PATCH /lb/v1/zones/{zone}/ips/{ip_id}
//api:operation PATCH /lb/v1/regions/{region}/ips/{ip_id}
func (s *IPService) Update(ctx context.Context, id string, update IPUpdate) (*IP, error) {
	if update.Tags.state == optionalValue {
		update.Tags.value = nonNil(update.Tags.value) // what null does is not known
	}
	return fetch[IP](ctx, s.place, updateIP, &update, id)
}

// Release gives an address back. One that a load balancer has, or has not quite
// given up, is lb.ErrInUse.
//
//api:operation DELETE /lb/v1/zones/{zone}/ips/{ip_id}
//api:operation DELETE /lb/v1/regions/{region}/ips/{ip_id}
func (s *IPService) Release(ctx context.Context, id string) error {
	return s.send(ctx, releaseIP, nil, id)
}
