package scaleway

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Frontend is a port on which a load balancer listens. It has no protocol of its
// own: it speaks what its backend speaks, over TLS if it has certificates.
type Frontend struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	InboundPort   int           `json:"inbound_port"` // 1 to 65535
	Backend       Backend       `json:"backend,omitzero"`
	LB            LB            `json:"lb,omitzero"`
	TimeoutClient *Milliseconds `json:"timeout_client,omitempty"` // nil: 5 min
	// Deprecated: use CertificateIDs, of which it is the first.
	Certificate         *Certificate `json:"certificate,omitempty"`
	CertificateIDs      []string     `json:"certificate_ids"` // the first is served when no name matches
	CreatedAt           time.Time    `json:"created_at,omitzero"`
	UpdatedAt           time.Time    `json:"updated_at,omitzero"`
	EnableHTTP3         bool         `json:"enable_http3"`
	ConnectionRateLimit *uint32      `json:"connection_rate_limit,omitempty"` // new connections a second; nil: off
	EnableAccessLogs    *bool        `json:"enable_access_logs,omitempty"`    // nil: an answer from before June 2025
}

func (f *Frontend) identity() string { return f.ID }

// FrontendListOptions select and page the frontends of a load balancer.
type FrontendListOptions struct {
	Name    string // exact; empty: all
	OrderBy OrderBy
	lb.PageOptions
}

type frontendPage struct {
	Frontends  []Frontend `json:"frontends"`
	TotalCount *int       `json:"total_count"`
}

func (p *frontendPage) page() (*[]Frontend, *int) { return &p.Frontends, p.TotalCount }

// FrontendCreate is a new frontend. What is nil or empty is not sent.
type FrontendCreate struct {
	Name          string        `json:"name"`
	InboundPort   int           `json:"inbound_port"` // 1 to 65535
	BackendID     string        `json:"backend_id"`
	TimeoutClient *Milliseconds `json:"timeout_client,omitempty"` // nil: 5 min
	// Deprecated: use CertificateIDs.
	CertificateID       string   `json:"certificate_id,omitempty"`
	CertificateIDs      []string `json:"certificate_ids,omitempty"`
	EnableHTTP3         bool     `json:"enable_http3"`                    // needs a certificate and an HTTP backend
	ConnectionRateLimit *uint32  `json:"connection_rate_limit,omitempty"` // new connections a second; nil: off
	EnableAccessLogs    bool     `json:"enable_access_logs"`
}

// FrontendUpdate is all that can be changed of a frontend. It replaces the
// whole: make it with NewFrontendUpdate.
type FrontendUpdate struct {
	Name          string        `json:"name"`
	InboundPort   int           `json:"inbound_port"` // 1 to 65535
	BackendID     string        `json:"backend_id"`
	TimeoutClient *Milliseconds `json:"timeout_client"` // nil is sent as null: 5 min
	// Deprecated: use CertificateIDs.
	CertificateID       string   `json:"certificate_id,omitempty"`
	CertificateIDs      []string `json:"certificate_ids"` // nil: none
	EnableHTTP3         bool     `json:"enable_http3"`
	ConnectionRateLimit *uint32  `json:"connection_rate_limit"`        // new connections a second; nil is sent as 0: off
	EnableAccessLogs    *bool    `json:"enable_access_logs,omitempty"` // nil is not sent: as it was, as far as is known
}

// NewFrontendUpdate is the update that changes nothing of f.
func NewFrontendUpdate(f *Frontend) FrontendUpdate {
	return FrontendUpdate{
		Name:                f.Name,
		InboundPort:         f.InboundPort,
		BackendID:           f.Backend.ID,
		TimeoutClient:       f.TimeoutClient,
		CertificateIDs:      f.CertificateIDs,
		EnableHTTP3:         f.EnableHTTP3,
		ConnectionRateLimit: f.ConnectionRateLimit,
		EnableAccessLogs:    f.EnableAccessLogs,
	}
}

// FrontendService manages frontends.
type FrontendService struct{ service }

// List yields the frontends of a load balancer.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}/frontends
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}/frontends
func (s *FrontendService) List(ctx context.Context, lbID string, opts FrontendListOptions) iter.Seq2[*Frontend, error] {
	query := nameQuery{Name: opts.Name, OrderBy: opts.OrderBy}
	all := list[frontendPage](ctx, s.place, listFrontends, query, opts.PageOptions, remembered((*Frontend).identity), lbID)
	return named(all, opts.Name, func(f *Frontend) string { return f.Name })
}

// Create makes a frontend.
//
//api:operation POST /lb/v1/zones/{zone}/lbs/{lb_id}/frontends
//api:operation POST /lb/v1/regions/{region}/lbs/{lb_id}/frontends
func (s *FrontendService) Create(ctx context.Context, lbID string, create FrontendCreate) (*Frontend, error) {
	return fetch[Frontend](ctx, s.place, createFrontend, &create, lbID)
}

// Get reads a frontend.
//
//api:operation GET /lb/v1/zones/{zone}/frontends/{frontend_id}
//api:operation GET /lb/v1/regions/{region}/frontends/{frontend_id}
func (s *FrontendService) Get(ctx context.Context, id string) (*Frontend, error) {
	return fetch[Frontend](ctx, s.place, getFrontend, nil, id)
}

// Update replaces a frontend's settings.
//
//api:operation PUT /lb/v1/zones/{zone}/frontends/{frontend_id}
//api:operation PUT /lb/v1/regions/{region}/frontends/{frontend_id}
func (s *FrontendService) Update(ctx context.Context, id string, update FrontendUpdate) (*Frontend, error) {
	if update.CertificateID == "" {
		update.CertificateIDs = nonNil(update.CertificateIDs)
	}
	if update.ConnectionRateLimit == nil {
		update.ConnectionRateLimit = new(uint32)
	}
	return fetch[Frontend](ctx, s.place, updateFrontend, &update, id)
}

// Delete removes a frontend.
//
//api:operation DELETE /lb/v1/zones/{zone}/frontends/{frontend_id}
//api:operation DELETE /lb/v1/regions/{region}/frontends/{frontend_id}
func (s *FrontendService) Delete(ctx context.Context, id string) error {
	return s.send(ctx, deleteFrontend, nil, id)
}
