package lb

import (
	"context"
	"iter"
	"time"
)

// Backends manages the pools of servers of a load balancer.
type Backends interface {
	// List yields the backends of a load balancer, with their servers.
	List(ctx context.Context, parent LoadBalancerID, opts ListOptions) iter.Seq2[*Backend, error]

	// Get reads one with its servers: ErrNotFound where it is gone.
	Get(ctx context.Context, id BackendID) (*Backend, error)

	// Create makes a backend and its servers. Some providers keep settings of the
	// backend (ProxyProtocol, OnMarkedDown, TLS) on each server: a backend that has
	// them is created with its servers. Where a server fails, what was made is returned
	// beside the error.
	Create(ctx context.Context, parent LoadBalancerID, spec BackendSpec, servers ...ServerSpec) (*Backend, error)

	// Update changes a backend; see Writes in the package documentation. Which servers
	// it has does not change.
	Update(ctx context.Context, id BackendID, change func(*BackendSpec) error) (*Backend, error)

	// Delete removes a backend with its servers. While a frontend or route sends
	// traffic to it: ErrInUse.
	Delete(ctx context.Context, id BackendID) error

	// Health yields one entry per server and instance of the load balancer, as the
	// provider sees it now.
	Health(ctx context.Context, id BackendID, opts PageOptions) iter.Seq2[*ServerHealth, error]

	mustEmbedUnimplementedBackends()
}

// Backend is a pool of servers as its provider reports it.
type Backend struct {
	ID           BackendID      `json:"id"`
	LoadBalancer LoadBalancerID `json:"loadBalancer"`
	BackendSpec
	Servers []*Server `json:"servers,omitzero"` // as they were when the backend was read
	// Mixed names, by path, the settings in which the servers differ where the
	// provider keeps them per server. They are zero in the spec. An Update that
	// sets them settles it; until then adding servers is refused.
	Mixed   []string  `json:"mixed,omitzero"`
	Created time.Time `json:"created,omitzero"` // zero where the provider does not say
	Updated time.Time `json:"updated,omitzero"` // zero where the provider does not say
	Native  any       `json:"-"`                // the provider's own object
}

// BackendSpec is the desired state of a backend: how traffic is spread over its
// servers, and how their health is checked.
type BackendSpec struct {
	Name           string        `json:"name,omitzero"`
	Protocol       Protocol      `json:"protocol"`
	Port           uint16        `json:"port,omitzero"` // of the servers, 1 to 65535; 0: the frontend's port
	Algorithm      Algorithm     `json:"algorithm,omitzero"`
	Stickiness     Stickiness    `json:"stickiness,omitzero"`
	CookieName     string        `json:"cookieName,omitzero"`  // with StickinessCookie
	HealthCheck    *HealthCheck  `json:"healthCheck,omitzero"` // nil: servers are not checked
	ProxyProtocol  ProxyProtocol `json:"proxyProtocol,omitzero"`
	OnMarkedDown   OnMarkedDown  `json:"onMarkedDown,omitzero"`
	TLS            *BackendTLS   `json:"tls,omitzero"`            // nil: plain text towards servers
	ServerTimeout  Duration      `json:"serverTimeout,omitzero"`  // how long a server may stay silent, 1ms or more
	ConnectTimeout Duration      `json:"connectTimeout,omitzero"` // of a connection to a server, 1ms or more
	TunnelTimeout  Duration      `json:"tunnelTimeout,omitzero"`  // silence of upgraded connections (WebSocket), 1ms or more
	QueueTimeout   Duration      `json:"queueTimeout,omitzero"`   // for a place on a server, 1ms or more
	MaxConnections int           `json:"maxConnections,omitzero"` // how many per server; 0: the default
	MaxRetries     *int          `json:"maxRetries,omitzero"`     // of a connection; nil: the default, 0: none
	Extensions     Extensions    `json:"extensions,omitzero"`
}

// BackendTLS encrypts towards servers.
type BackendTLS struct {
	Verify TLSVerify `json:"verify,omitzero"`     // has no default: it must be said
	CA     string    `json:"ca,omitzero"`         // PEM, with TLSVerifyCA
	Name   string    `json:"serverName,omitzero"` // sent as SNI and Host
}

// HealthCheck says how the load balancer finds out which servers work.
type HealthCheck struct {
	Type               CheckType  `json:"type"`
	Port               uint16     `json:"port,omitzero"`               // 1 to 65535; 0: the backend's port
	Interval           Duration   `json:"interval,omitzero"`           // between two checks; see Limits
	Timeout            Duration   `json:"timeout,omitzero"`            // of one check
	UnhealthyThreshold int        `json:"unhealthyThreshold,omitzero"` // how many failures in a row mean down
	User               string     `json:"user,omitzero"`               // with CheckMySQL and CheckPgSQL
	HTTP               *HTTPCheck `json:"http,omitzero"`               // with CheckHTTP and CheckHTTPS
	Expect             *Expect    `json:"expect,omitzero"`             // what the body or banner must hold
	Extensions         Extensions `json:"extensions,omitzero"`
}

// HTTPCheck is the request of a CheckHTTP or CheckHTTPS and the answers that pass.
type HTTPCheck struct {
	Method string `json:"method,omitzero"`
	Host   string `json:"host,omitzero"` // the Host header
	Path   string `json:"path,omitzero"`
	Status []int  `json:"status,omitzero"` // the HTTP statuses that pass, 100 to 599; empty: the provider's default
	SNI    string `json:"sni,omitzero"`    // with CheckHTTPS
}

// Expect matches what the server answers to a check.
type Expect struct {
	Contains string `json:"contains,omitzero"`
	Regex    string `json:"regex,omitzero"`
	Negate   bool   `json:"negate,omitzero"` // what matches fails
}

// ServerHealth is one load-balancer instance's view of one server.
type ServerHealth struct {
	Server    ServerID  `json:"server"`
	Instance  string    `json:"instance,omitzero"`
	State     Health    `json:"state"`
	Code      string    `json:"code,omitzero"`    // what the check returned, e.g. an HTTP status
	Check     string    `json:"check,omitzero"`   // the check's own result word, e.g. "L7OK"
	Content   string    `json:"content,omitzero"` // the last answer, or the error's text
	CheckedAt time.Time `json:"checkedAt,omitzero"`
	Native    any       `json:"-"` // the provider's own object
}
