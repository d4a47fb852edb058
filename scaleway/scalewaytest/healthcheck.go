package scalewaytest

import "time"

// healthCheck is how a backend's servers are probed: exactly one kind of config
// is there, the others are absent from answers (facts 8).
type healthCheck struct {
	Port                int64           `json:"port"`
	CheckDelay          *int64          `json:"check_delay"`
	CheckTimeout        *int64          `json:"check_timeout"`
	CheckMaxRetries     int64           `json:"check_max_retries"`
	TCP                 *emptyConfig    `json:"tcp_config,omitempty"`
	MySQL               *databaseConfig `json:"mysql_config,omitempty"`
	PgSQL               *databaseConfig `json:"pgsql_config,omitempty"`
	LDAP                *emptyConfig    `json:"ldap_config,omitempty"`
	Redis               *emptyConfig    `json:"redis_config,omitempty"`
	HTTP                *httpConfig     `json:"http_config,omitempty"`
	HTTPS               *httpsConfig    `json:"https_config,omitempty"`
	CheckSendProxy      bool            `json:"check_send_proxy"`
	TransientCheckDelay *string         `json:"transient_check_delay"`
}

type emptyConfig struct{}

type databaseConfig struct {
	User string `json:"user"`
}

type httpConfig struct {
	URI        string `json:"uri"`
	Method     string `json:"method"`
	Code       *int64 `json:"code"`
	HostHeader string `json:"host_header"`
}

type httpsConfig struct {
	httpConfig
	SNI string `json:"sni"`
}

// The delay and timeout of a check that sends null for them (facts 8), and the
// least that either may be (facts 13), in milliseconds.
const (
	defaultCheckDelay   = 3000
	defaultCheckTimeout = 1000
	leastCheckTime      = 1000
)

// settle checks a health check whose members have paths that begin with prefix,
// for a backend with these settings, and fills in what was left out.
func (h *healthCheck) settle(prefix string, b *backendSettings) error {
	var p problems
	p.between(prefix+"port", h.Port, 1, 65535)
	p.between(prefix+"check_max_retries", h.CheckMaxRetries, 1, 9999)
	h.CheckDelay = orNumber(h.CheckDelay, defaultCheckDelay)
	h.CheckTimeout = orNumber(h.CheckTimeout, defaultCheckTimeout)
	p.between(prefix+"check_delay", *h.CheckDelay, leastCheckTime, 1<<31-1)
	p.between(prefix+"check_timeout", *h.CheckTimeout, leastCheckTime, 1<<31-1)
	respell(&p, prefix+"transient_check_delay", h.TransientCheckDelay, 100*time.Millisecond)
	if h.CheckSendProxy && !b.sendsProxy() {
		p.add(prefix+"check_send_proxy", "constraint", "needs a proxy protocol on the backend")
	}
	h.settleKind(prefix, &p)
	return p.err()
}

func (h *healthCheck) settleKind(prefix string, p *problems) {
	switch {
	case h.MySQL != nil:
		if h.MySQL.User == "" {
			p.add(prefix+"mysql_config.user", "required", "required")
		}
	case h.PgSQL != nil:
		if h.PgSQL.User == "" {
			p.add(prefix+"pgsql_config.user", "required", "required")
		}
	case h.HTTP != nil:
		h.HTTP.settle(prefix+"http_config.", p)
	case h.HTTPS != nil:
		h.HTTPS.settle(prefix+"https_config.", p)
	case h.LDAP == nil && h.Redis == nil:
		h.TCP = &emptyConfig{} // no kind is TCP (facts 8)
	}
}

func (h *httpConfig) settle(prefix string, p *problems) {
	if h.URI == "" {
		p.add(prefix+"uri", "required", "required")
	}
	if h.Code != nil {
		p.between(prefix+"code", *h.Code, 100, 599)
	}
}

func orNumber(n *int64, def int64) *int64 {
	if n == nil {
		return &def
	}
	return n
}

// clone shares nothing with h that decoding into the clone could write to.
func (h *healthCheck) clone() healthCheck {
	c := *h
	c.CheckDelay, c.CheckTimeout = copied(h.CheckDelay), copied(h.CheckTimeout)
	c.TransientCheckDelay = copied(h.TransientCheckDelay)
	return c
}

// hasKind says whether h names the kind of its check.
func (h *healthCheck) hasKind() bool {
	return h.TCP != nil || h.MySQL != nil || h.PgSQL != nil || h.LDAP != nil || h.Redis != nil ||
		h.HTTP != nil || h.HTTPS != nil
}

// keepKind takes the kind of old where h names none.
func (h *healthCheck) keepKind(old *healthCheck) {
	if h.hasKind() {
		return
	}
	h.TCP, h.MySQL, h.PgSQL, h.LDAP = old.TCP, old.MySQL, old.PgSQL, old.LDAP
	h.Redis, h.HTTP, h.HTTPS = old.Redis, old.HTTP, old.HTTPS
}

// updateHealthCheck answers the check alone. The backend's updated_at stays, as
// in recordings; the instances follow.
func (s *Server) updateHealthCheck(c *call) (answer, error) {
	b, err := s.writableBackend(c)
	if err != nil {
		return nil, err
	}
	var body healthCheck
	if s.options.keepOmitted {
		body = b.check.clone()
		body.TCP, body.MySQL, body.PgSQL, body.LDAP = nil, nil, nil, nil
		body.Redis, body.HTTP, body.HTTPS = nil, nil, nil
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if s.options.keepOmitted {
		body.keepKind(&b.check)
	}
	if err := body.settle("", &b.backendSettings); err != nil {
		return nil, err
	}
	b.check = body
	s.disturb(b.lb)
	return encode(body)
}
