package scaleway

import (
	"cmp"
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Backend is a set of servers and how to reach them. A nil pointer is what the
// API answers as null: never set, its own default applies.
type Backend struct {
	ID                       string               `json:"id"`
	Name                     string               `json:"name"`
	ForwardProtocol          Protocol             `json:"forward_protocol"`
	ForwardPort              int                  `json:"forward_port"` // of every server, 1 to 65535
	ForwardPortAlgorithm     ForwardPortAlgorithm `json:"forward_port_algorithm"`
	StickySessions           StickySessionsType   `json:"sticky_sessions"`
	StickySessionsCookieName string               `json:"sticky_sessions_cookie_name"`
	HealthCheck              HealthCheck          `json:"health_check,omitzero"`
	Pool                     []string             `json:"pool"` // the servers' addresses
	LB                       LB                   `json:"lb,omitzero"`
	// Deprecated: use ProxyProtocol.
	SendProxyV2        *bool              `json:"send_proxy_v2,omitempty"`
	TimeoutServer      *Milliseconds      `json:"timeout_server,omitempty"`  // nil: 5 min
	TimeoutConnect     *Milliseconds      `json:"timeout_connect,omitempty"` // nil: 5 s
	TimeoutTunnel      *Milliseconds      `json:"timeout_tunnel,omitempty"`  // nil: 15 min
	OnMarkedDownAction OnMarkedDownAction `json:"on_marked_down_action"`
	ProxyProtocol      ProxyProtocol      `json:"proxy_protocol"`
	CreatedAt          time.Time          `json:"created_at,omitzero"`
	UpdatedAt          time.Time          `json:"updated_at,omitzero"`
	// FailoverHost is an object-storage website, without scheme.
	FailoverHost           *string `json:"failover_host,omitempty"`
	SSLBridging            bool    `json:"ssl_bridging"` // TLS to the servers
	IgnoreSSLServerVerify  *bool   `json:"ignore_ssl_server_verify,omitempty"`
	RedispatchAttemptCount *int    `json:"redispatch_attempt_count,omitempty"` // 0, 1
	MaxRetries             *int    `json:"max_retries,omitempty"`              // 0 to 32; nil: 3
	// MaxConnections is per server; nil and 0 mean no limit.
	MaxConnections *int      `json:"max_connections,omitempty"`
	TimeoutQueue   *Duration `json:"timeout_queue,omitempty"` // 1 ms or more; nil: 5 s
	Host           *string   `json:"host,omitempty"`          // since May 2026
}

func (b *Backend) identity() string { return b.ID }

// BackendListOptions select and page the backends of a load balancer.
type BackendListOptions struct {
	Name    string // exact; empty: all
	OrderBy OrderBy
	lb.PageOptions
}

type backendPage struct {
	Backends   []Backend `json:"backends"`
	TotalCount *int      `json:"total_count"`
}

func (p *backendPage) page() (*[]Backend, *int) { return &p.Backends, p.TotalCount }

// BackendCreate is a new backend. What is nil or empty is not sent, but for what
// the API requires: there the field's comment names what is sent instead.
type BackendCreate struct {
	Name                     string               `json:"name"`
	ForwardProtocol          Protocol             `json:"forward_protocol"`       // empty: tcp
	ForwardPort              int                  `json:"forward_port"`           // 1 to 65535
	ForwardPortAlgorithm     ForwardPortAlgorithm `json:"forward_port_algorithm"` // empty: roundrobin
	StickySessions           StickySessionsType   `json:"sticky_sessions"`        // empty: none
	StickySessionsCookieName string               `json:"sticky_sessions_cookie_name,omitempty"`
	HealthCheck              HealthCheck          `json:"health_check"`
	ServerIP                 []string             `json:"server_ip"` // the pool; may be empty
	// Deprecated: use ProxyProtocol.
	SendProxyV2            *bool              `json:"send_proxy_v2,omitempty"`
	TimeoutServer          *Milliseconds      `json:"timeout_server,omitempty"`  // nil: 5 min
	TimeoutConnect         *Milliseconds      `json:"timeout_connect,omitempty"` // nil: 5 s
	TimeoutTunnel          *Milliseconds      `json:"timeout_tunnel,omitempty"`  // nil: 15 min
	OnMarkedDownAction     OnMarkedDownAction `json:"on_marked_down_action,omitempty"`
	ProxyProtocol          ProxyProtocol      `json:"proxy_protocol,omitempty"`
	FailoverHost           *string            `json:"failover_host,omitempty"`
	SSLBridging            bool               `json:"ssl_bridging,omitempty"`
	IgnoreSSLServerVerify  *bool              `json:"ignore_ssl_server_verify,omitempty"`
	RedispatchAttemptCount *int               `json:"redispatch_attempt_count,omitempty"` // 0, 1
	MaxRetries             *int               `json:"max_retries,omitempty"`              // 0 to 32; nil: 3
	// MaxConnections is per server; nil and 0 mean no limit.
	MaxConnections *int      `json:"max_connections,omitempty"`
	TimeoutQueue   *Duration `json:"timeout_queue,omitempty"` // 1 ms or more; nil: 5 s
	Host           *string   `json:"host,omitempty"`
}

// BackendUpdate is all that can be changed of a backend but its servers
// (SetServers) and its check (UpdateHealthCheck). It replaces the whole: make it
// with NewBackendUpdate. A nil pointer is sent as null, since it is not known
// whether the API resets or keeps what a PUT leaves out (facts 18.1). A limit
// that was set is lifted by 0.
type BackendUpdate struct {
	Name                     string               `json:"name"`
	ForwardProtocol          Protocol             `json:"forward_protocol"`
	ForwardPort              int                  `json:"forward_port"` // 1 to 65535
	ForwardPortAlgorithm     ForwardPortAlgorithm `json:"forward_port_algorithm"`
	StickySessions           StickySessionsType   `json:"sticky_sessions"`
	StickySessionsCookieName string               `json:"sticky_sessions_cookie_name"`
	// Deprecated: use ProxyProtocol.
	SendProxyV2            *bool              `json:"send_proxy_v2,omitempty"`
	TimeoutServer          *Milliseconds      `json:"timeout_server"`  // nil: 5 min
	TimeoutConnect         *Milliseconds      `json:"timeout_connect"` // nil: 5 s
	TimeoutTunnel          *Milliseconds      `json:"timeout_tunnel"`  // nil: 15 min
	OnMarkedDownAction     OnMarkedDownAction `json:"on_marked_down_action"`
	ProxyProtocol          ProxyProtocol      `json:"proxy_protocol"`
	FailoverHost           *string            `json:"failover_host"`
	SSLBridging            bool               `json:"ssl_bridging"`
	IgnoreSSLServerVerify  *bool              `json:"ignore_ssl_server_verify"`
	RedispatchAttemptCount *int               `json:"redispatch_attempt_count"` // 0, 1
	MaxRetries             *int               `json:"max_retries"`              // 0 to 32; nil: 3
	MaxConnections         *int               `json:"max_connections"`          // per server; nil, 0: no limit
	TimeoutQueue           *Duration          `json:"timeout_queue"`            // 1 ms or more; nil: 5 s
	Host                   *string            `json:"host"`
}

// NewBackendUpdate is the update that changes nothing of b. SendProxyV2 is left
// out: ProxyProtocol says the same, and does so where b has SendProxyV2 alone.
func NewBackendUpdate(b *Backend) BackendUpdate {
	return BackendUpdate{
		Name:                     b.Name,
		ForwardProtocol:          b.ForwardProtocol,
		ForwardPort:              b.ForwardPort,
		ForwardPortAlgorithm:     b.ForwardPortAlgorithm,
		StickySessions:           b.StickySessions,
		StickySessionsCookieName: b.StickySessionsCookieName,
		TimeoutServer:            b.TimeoutServer,
		TimeoutConnect:           b.TimeoutConnect,
		TimeoutTunnel:            b.TimeoutTunnel,
		OnMarkedDownAction:       b.OnMarkedDownAction,
		ProxyProtocol:            effectiveProxy(b),
		FailoverHost:             b.FailoverHost,
		SSLBridging:              b.SSLBridging,
		IgnoreSSLServerVerify:    b.IgnoreSSLServerVerify,
		RedispatchAttemptCount:   b.RedispatchAttemptCount,
		MaxRetries:               b.MaxRetries,
		MaxConnections:           b.MaxConnections,
		TimeoutQueue:             b.TimeoutQueue,
		Host:                     b.Host,
	}
}

// BackendService manages backends, their servers and their checks.
type BackendService struct{ service }

// List yields the backends of a load balancer.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}/backends
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}/backends
func (s *BackendService) List(ctx context.Context, lbID string, opts BackendListOptions) iter.Seq2[*Backend, error] {
	query := nameQuery{Name: opts.Name, OrderBy: opts.OrderBy}
	all := list[backendPage](ctx, s.place, listBackends, query, opts.PageOptions, remembered((*Backend).identity), lbID)
	return named(all, opts.Name, func(b *Backend) string { return b.Name })
}

// Create makes a backend, with its check and servers.
//
//api:operation POST /lb/v1/zones/{zone}/lbs/{lb_id}/backends
//api:operation POST /lb/v1/regions/{region}/lbs/{lb_id}/backends
func (s *BackendService) Create(ctx context.Context, lbID string, create BackendCreate) (*Backend, error) {
	create.ForwardProtocol = cmp.Or(create.ForwardProtocol, ProtocolTCP)
	create.ForwardPortAlgorithm = cmp.Or(create.ForwardPortAlgorithm, ForwardPortAlgorithmRoundRobin)
	create.StickySessions = cmp.Or(create.StickySessions, StickySessionsNone)
	create.ServerIP = nonNil(create.ServerIP)
	backend, err := fetch[Backend](ctx, s.place, createBackend, &create, lbID)
	if err != nil {
		return nil, blameServers(err, create.ServerIP, func() error {
			_, err := fetch[LB](ctx, s.place, getLB, nil, lbID)
			return err
		})
	}
	return backend, nil
}

// Get reads a backend.
//
//api:operation GET /lb/v1/zones/{zone}/backends/{backend_id}
//api:operation GET /lb/v1/regions/{region}/backends/{backend_id}
func (s *BackendService) Get(ctx context.Context, id string) (*Backend, error) {
	return fetch[Backend](ctx, s.place, getBackend, nil, id)
}

// Update replaces a backend's settings. Its check and servers have calls of
// their own.
//
//api:operation PUT /lb/v1/zones/{zone}/backends/{backend_id}
//api:operation PUT /lb/v1/regions/{region}/backends/{backend_id}
func (s *BackendService) Update(ctx context.Context, id string, update BackendUpdate) (*Backend, error) {
	update.ForwardProtocol = cmp.Or(update.ForwardProtocol, ProtocolTCP)
	update.ForwardPortAlgorithm = cmp.Or(update.ForwardPortAlgorithm, ForwardPortAlgorithmRoundRobin)
	update.StickySessions = cmp.Or(update.StickySessions, StickySessionsNone)
	update.OnMarkedDownAction = cmp.Or(update.OnMarkedDownAction, OnMarkedDownActionNone)
	update.ProxyProtocol = cmp.Or(update.ProxyProtocol, ProxyProtocolNone)
	return fetch[Backend](ctx, s.place, updateBackend, &update, id)
}

// Delete removes a backend that no frontend and no route uses.
//
//api:operation DELETE /lb/v1/zones/{zone}/backends/{backend_id}
//api:operation DELETE /lb/v1/regions/{region}/backends/{backend_id}
func (s *BackendService) Delete(ctx context.Context, id string) error {
	return s.send(ctx, deleteBackend, nil, id)
}
