package scaleway

import "context"

// HealthCheck is how the servers of a backend are checked: the kind is the one
// config that is there. It is both what the API answers and what
// UpdateHealthCheck sends.
type HealthCheck struct {
	Port int `json:"port"` // 1 to 65535
	// CheckDelay is between two checks, 1 s or more; 0 on create: 3 s.
	CheckDelay   Milliseconds `json:"check_delay,omitzero"`
	CheckTimeout Milliseconds `json:"check_timeout,omitzero"` // 1 s or more; 0 on create: 1 s
	// CheckMaxRetries is how many failures mark a server down, 1 to 9999.
	CheckMaxRetries int                     `json:"check_max_retries"`
	TCPConfig       *HealthCheckTCPConfig   `json:"tcp_config,omitempty"`
	MySQLConfig     *HealthCheckMySQLConfig `json:"mysql_config,omitempty"`
	PgSQLConfig     *HealthCheckPgSQLConfig `json:"pgsql_config,omitempty"`
	LDAPConfig      *HealthCheckLDAPConfig  `json:"ldap_config,omitempty"`
	RedisConfig     *HealthCheckRedisConfig `json:"redis_config,omitempty"`
	HTTPConfig      *HealthCheckHTTPConfig  `json:"http_config,omitempty"`
	HTTPSConfig     *HealthCheckHTTPSConfig `json:"https_config,omitempty"`
	CheckSendProxy  bool                    `json:"check_send_proxy"` // needs a ProxyProtocol
	// TransientCheckDelay is the delay while a server is between up and down,
	// 0.1 s or more; nil: 0.5 s.
	TransientCheckDelay *Duration `json:"transient_check_delay,omitempty"`
}

// A check always has a port, which is enough to tell one from nothing.
func (c *HealthCheck) identity() string {
	if c.Port == 0 {
		return ""
	}
	return "healthcheck"
}

// HealthCheckTCPConfig is a check that connects. It has no settings.
type HealthCheckTCPConfig struct{}

// HealthCheckMySQLConfig is a check that speaks MySQL, below version 9.
type HealthCheckMySQLConfig struct {
	User string `json:"user"`
}

// HealthCheckPgSQLConfig is a check that speaks PostgreSQL, below version 14.
type HealthCheckPgSQLConfig struct {
	User string `json:"user"`
}

// HealthCheckLDAPConfig is a check that speaks LDAP. It has no settings.
type HealthCheckLDAPConfig struct{}

// HealthCheckRedisConfig is a check that speaks Redis. It has no settings.
type HealthCheckRedisConfig struct{}

// HealthCheckHTTPConfig is a check that makes a request.
type HealthCheckHTTPConfig struct {
	URI        string `json:"uri"`            // a path, or a whole URL
	Method     string `json:"method"`         // "GET"
	Code       *int   `json:"code,omitempty"` // the HTTP status that passes, 100 to 599; nil: the API's default
	HostHeader string `json:"host_header"`
}

// HealthCheckHTTPSConfig is a check that makes a request over TLS.
type HealthCheckHTTPSConfig struct {
	URI        string `json:"uri"`            // a path, or a whole URL
	Method     string `json:"method"`         // "GET"
	Code       *int   `json:"code,omitempty"` // the HTTP status that passes, 100 to 599; nil: the API's default
	HostHeader string `json:"host_header"`
	SNI        string `json:"sni"`
}

// healthCheckUpdate is a HealthCheck in a PUT, which may keep what is left out (facts
// 18.1): a delay that is not set is null. The configs of other kinds are left out, since
// the one that is sent takes their place.
type healthCheckUpdate struct {
	HealthCheck

	TransientCheckDelay *Duration `json:"transient_check_delay"`
}

// UpdateHealthCheck replaces a backend's check: Port, CheckDelay, CheckTimeout
// and CheckMaxRetries are required, and another kind's config takes the place of
// the one before.
//
//api:operation PUT /lb/v1/zones/{zone}/backends/{backend_id}/healthcheck
//api:operation PUT /lb/v1/regions/{region}/backends/{backend_id}/healthcheck
func (s *BackendService) UpdateHealthCheck(ctx context.Context, backendID string, check HealthCheck) (*HealthCheck, error) {
	update := healthCheckUpdate{HealthCheck: check, TransientCheckDelay: check.TransientCheckDelay}
	return fetch[HealthCheck](ctx, s.place, updateHealthCheck, update, backendID)
}
