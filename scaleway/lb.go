package scaleway

import (
	"cmp"
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// LB is a load balancer. Those embedded in other objects are summaries: their
// status and instances are not to be relied on (facts 7, 11).
type LB struct {
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	Description    string     `json:"description"`
	Status         LBStatus   `json:"status"`
	Instances      []Instance `json:"instances"`
	OrganizationID string     `json:"organization_id"`
	ProjectID      string     `json:"project_id"`
	IP             []IP       `json:"ip"` // one IPv4 and one IPv6 at most; none: private
	Tags           []string   `json:"tags"`
	// FrontendCount is how many there are; like all counts it follows changes with a
	// delay.
	FrontendCount int    `json:"frontend_count"`
	BackendCount  int    `json:"backend_count"` // how many there are
	Type          string `json:"type"`          // the offer, in lower case; see HasType
	// Subscriber is null in every answer on record, subscribed or not.
	Subscriber            *Subscriber           `json:"subscriber,omitempty"`
	SSLCompatibilityLevel SSLCompatibilityLevel `json:"ssl_compatibility_level"`
	CreatedAt             time.Time             `json:"created_at,omitzero"`
	UpdatedAt             time.Time             `json:"updated_at,omitzero"`
	PrivateNetworkCount   int                   `json:"private_network_count"` // how many there are
	RouteCount            int                   `json:"route_count"`           // how many there are
	Region                Region                `json:"region,omitzero"`       // deprecated in the API
	Zone                  Zone                  `json:"zone"`
}

func (b *LB) identity() string { return b.ID }

// HasType reports whether b is of the offer named, in upper or lower case: the
// API takes both and answers in lower case (facts 8).
func (b *LB) HasType(name string) bool { return strings.EqualFold(b.Type, name) }

// Instance is a machine that does a load balancer's work. There is one, and were
// two until 2022.
type Instance struct {
	ID        string         `json:"id"`
	Status    InstanceStatus `json:"status"`
	IPAddress string         `json:"ip_address"` // empty nowadays
	CreatedAt time.Time      `json:"created_at,omitzero"`
	UpdatedAt time.Time      `json:"updated_at,omitzero"`
	Region    Region         `json:"region,omitzero"` // deprecated in the API
	Zone      Zone           `json:"zone"`
}

// LBListOptions select and page load balancers.
type LBListOptions struct {
	Name           string   // exact; empty: all
	Tags           []string // one of them must be there; empty: all
	IDs            []string // empty: all
	ProjectID      string   // empty: all that the key may see
	OrganizationID string
	OrderBy        OrderBy
	lb.PageOptions
}

type lbQuery struct {
	Name           string   `url:"name,omitempty"`
	OrderBy        OrderBy  `url:"order_by,omitempty"`
	OrganizationID string   `url:"organization_id,omitempty"`
	ProjectID      string   `url:"project_id,omitempty"`
	Tags           []string `url:"tags,omitempty"`
	LBIDs          []string `url:"lb_ids,omitempty"`
}

type lbPage struct {
	LBs        []LB `json:"lbs"`
	TotalCount *int `json:"total_count"`
}

func (p *lbPage) page() (*[]LB, *int) { return &p.LBs, p.TotalCount }

// LBCreate is a new load balancer. Without IPIDs and flags it gets a new IPv4
// address.
type LBCreate struct {
	ProjectID      string `json:"project_id,omitempty"`      // empty: the client's project
	OrganizationID string `json:"organization_id,omitempty"` // Deprecated: use ProjectID.
	Name           string `json:"name"`
	Description    string `json:"description,omitempty"`
	// Deprecated: use IPIDs.
	IPID string `json:"ip_id,omitempty"`
	// AssignFlexibleIP gives it a new IPv4 address; nil is true. False, with no
	// IPIDs, makes a private load balancer.
	AssignFlexibleIP   *bool `json:"assign_flexible_ip,omitempty"`
	AssignFlexibleIPv6 bool  `json:"assign_flexible_ipv6,omitempty"`
	// IPIDs are free addresses of the same zone: an IPv4, or an IPv4 and an IPv6.
	IPIDs []string `json:"ip_ids,omitempty"`
	Tags  []string `json:"tags,omitempty"`
	// Type is the offer, such as "lb-s" (see TypeService). Empty: the smallest.
	Type                  string                `json:"type,omitempty"`
	SSLCompatibilityLevel SSLCompatibilityLevel `json:"ssl_compatibility_level,omitempty"` // empty: intermediate
}

// LBUpdate is all that can be changed of a load balancer but its type (Migrate)
// and its addresses (IPService.Update). It replaces the whole: make it with
// NewLBUpdate.
type LBUpdate struct {
	Name                  string                `json:"name"`
	Description           string                `json:"description"`
	Tags                  []string              `json:"tags"`                    // nil: none
	SSLCompatibilityLevel SSLCompatibilityLevel `json:"ssl_compatibility_level"` // empty: intermediate
}

// NewLBUpdate is the update that changes nothing of b.
func NewLBUpdate(b *LB) LBUpdate {
	return LBUpdate{Name: b.Name, Description: b.Description, Tags: b.Tags, SSLCompatibilityLevel: b.SSLCompatibilityLevel}
}

// LBDeleteOptions say what a deletion takes along.
type LBDeleteOptions struct {
	ReleaseIP bool // gives the addresses back; otherwise they are kept, free, and go on costing money
}

// LBService manages load balancers.
type LBService struct{ service }

// List yields the load balancers of the zone.
//
//api:operation GET /lb/v1/zones/{zone}/lbs
//api:operation GET /lb/v1/regions/{region}/lbs
func (s *LBService) List(ctx context.Context, opts LBListOptions) iter.Seq2[*LB, error] {
	query := lbQuery{
		Name: opts.Name, OrderBy: opts.OrderBy, OrganizationID: opts.OrganizationID, ProjectID: opts.ProjectID,
		Tags: opts.Tags, LBIDs: opts.IDs,
	}
	all := list[lbPage](ctx, s.place, listLBs, query, opts.PageOptions, remembered((*LB).identity))
	return named(all, opts.Name, func(b *LB) string { return b.Name })
}

// Create makes a load balancer. It is answered in status to_create and works
// some three seconds later: see WaitReady.
//
//api:operation POST /lb/v1/zones/{zone}/lbs
//api:operation POST /lb/v1/regions/{region}/lbs
func (s *LBService) Create(ctx context.Context, create LBCreate) (*LB, error) {
	s.client.owner(&create.ProjectID, &create.OrganizationID)
	return fetch[LB](ctx, s.place, createLB, &create)
}

// Get reads a load balancer.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}
func (s *LBService) Get(ctx context.Context, id string) (*LB, error) {
	return fetch[LB](ctx, s.place, getLB, nil, id)
}

// Update replaces name, description, tags and TLS level.
//
//api:operation PUT /lb/v1/zones/{zone}/lbs/{lb_id}
//api:operation PUT /lb/v1/regions/{region}/lbs/{lb_id}
func (s *LBService) Update(ctx context.Context, id string, update LBUpdate) (*LB, error) {
	update.Tags = nonNil(update.Tags)
	update.SSLCompatibilityLevel = cmp.Or(update.SSLCompatibilityLevel, SSLCompatibilityLevelIntermediate)
	return fetch[LB](ctx, s.place, updateLB, &update, id)
}

// Delete removes a load balancer with all that belongs to it. It returns when
// the API has accepted: the load balancer is gone when Get answers
// lb.ErrNotFound (see WaitDeleted).
//
//api:operation DELETE /lb/v1/zones/{zone}/lbs/{lb_id}
//api:operation DELETE /lb/v1/regions/{region}/lbs/{lb_id}
func (s *LBService) Delete(ctx context.Context, id string, opts LBDeleteOptions) error {
	call, err := s.call(deleteLB, id)
	if err != nil {
		return err
	}
	// In the query, and always said: the API requires it (facts 12).
	call.Query = "release_ip=" + strconv.FormatBool(opts.ReleaseIP)
	_, err = s.client.rest.Do(ctx, call)
	return err
}

type lbMigration struct {
	Type string `json:"type"`
}

// Migrate changes the type of a load balancer, with a brief interruption. The
// answer still shows the old type: see WaitReady.
//
//api:operation POST /lb/v1/zones/{zone}/lbs/{lb_id}/migrate
//api:operation POST /lb/v1/regions/{region}/lbs/{lb_id}/migrate
func (s *LBService) Migrate(ctx context.Context, id, newType string) (*LB, error) {
	return fetch[LB](ctx, s.place, migrateLB, lbMigration{Type: newType}, id)
}

type lbStatsAnswer struct {
	Servers *[]BackendServerStats `json:"backend_servers_stats"`
}

// Stats says how the servers of a load balancer are, those of one backend if
// backendID is not empty, in a single answer.
//
// Deprecated: use [BackendService.Stats], which has pages.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}/stats
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}/stats
func (s *LBService) Stats(ctx context.Context, id, backendID string) ([]BackendServerStats, error) {
	call, err := s.call(lbStats, id)
	if err != nil {
		return nil, err
	}
	if call.Query, err = rest.EncodeQuery(backendStatsQuery{BackendID: backendID}); err != nil {
		return nil, invalid(call, err)
	}
	var out lbStatsAnswer
	call.Out = &out
	meta, err := s.client.rest.Do(ctx, call)
	switch {
	case err != nil:
		return nil, err
	case out.Servers == nil:
		return nil, hollow(call, meta)
	}
	return *out.Servers, nil
}
