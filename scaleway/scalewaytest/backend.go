package scalewaytest

import "time"

// backend is a pool of servers.
type backend struct {
	id, zone string
	lb       *loadBalancer
	backendSettings
	check            healthCheck
	pool             []*poolServer
	created, updated moment
}

// backendSettings are what a backend's creation and update have in common, in
// the shape in which they are answered. Null is what was never set (facts 8).
type backendSettings struct {
	Name                     string  `json:"name"`
	ForwardProtocol          string  `json:"forward_protocol"`
	ForwardPort              int64   `json:"forward_port"`
	ForwardPortAlgorithm     string  `json:"forward_port_algorithm"`
	StickySessions           string  `json:"sticky_sessions"`
	StickySessionsCookieName string  `json:"sticky_sessions_cookie_name"`
	SendProxyV2              bool    `json:"send_proxy_v2"`
	TimeoutServer            *int64  `json:"timeout_server"`
	TimeoutConnect           *int64  `json:"timeout_connect"`
	TimeoutTunnel            *int64  `json:"timeout_tunnel"`
	OnMarkedDownAction       string  `json:"on_marked_down_action"`
	ProxyProtocol            string  `json:"proxy_protocol"`
	FailoverHost             *string `json:"failover_host"`
	SSLBridging              bool    `json:"ssl_bridging"`
	IgnoreSSLServerVerify    *bool   `json:"ignore_ssl_server_verify"`
	RedispatchAttemptCount   *int64  `json:"redispatch_attempt_count"`
	MaxRetries               *int64  `json:"max_retries"`
	MaxConnections           *int64  `json:"max_connections"`
	TimeoutQueue             *string `json:"timeout_queue"`
	Host                     string  `json:"host"`
}

type backendView struct {
	ID string `json:"id"`
	backendSettings
	HealthCheck healthCheck `json:"health_check"`
	Pool        []string    `json:"pool"`
	LB          lbView      `json:"lb"`
	CreatedAt   string      `json:"created_at"`
	UpdatedAt   string      `json:"updated_at"`
}

func (s *Server) viewBackend(b *backend, kind copyKind) backendView {
	return backendView{
		ID: b.id, backendSettings: b.backendSettings, HealthCheck: b.check,
		Pool:      views(b.pool, func(p *poolServer) string { return p.text }),
		LB:        s.viewLB(b.lb, kind),
		CreatedAt: s.show(b.created), UpdatedAt: s.show(b.updated),
	}
}

// settle checks the settings and puts them into the form in which they are
// stored.
func (b *backendSettings) settle() error {
	var p problems
	if b.Name == "" {
		p.add("name", "constraint", "must not be empty")
	}
	p.between("forward_port", b.ForwardPort, 1, 65535)
	for _, n := range []struct {
		argument string
		value    *int64
		high     int64
	}{
		{"timeout_server", b.TimeoutServer, 1<<31 - 1},
		{"timeout_connect", b.TimeoutConnect, 1<<31 - 1},
		{"timeout_tunnel", b.TimeoutTunnel, 1<<31 - 1},
		{"redispatch_attempt_count", b.RedispatchAttemptCount, 1},
		{"max_retries", b.MaxRetries, 32},
		{"max_connections", b.MaxConnections, 1<<31 - 1},
	} {
		if n.value != nil {
			p.between(n.argument, *n.value, 0, n.high)
		}
	}
	respell(&p, "timeout_queue", b.TimeoutQueue, 0)
	if b.FailoverHost != nil && *b.FailoverHost == "" {
		b.FailoverHost = nil
	}
	b.enums()
	return p.err()
}

// enums fills in what is answered for enums that were not sent (facts 8), and
// keeps the deprecated flag in step with what replaced it.
func (b *backendSettings) enums() {
	b.ForwardProtocol = or(b.ForwardProtocol, protocolTCP)
	b.ForwardPortAlgorithm = or(b.ForwardPortAlgorithm, "roundrobin")
	b.StickySessions = or(b.StickySessions, "none")
	b.OnMarkedDownAction = or(b.OnMarkedDownAction, "on_marked_down_action_none")
	b.ProxyProtocol = or(b.ProxyProtocol, proxyUnknown)
	if b.SendProxyV2 && b.ProxyProtocol == proxyUnknown {
		b.ProxyProtocol = proxyV2
	}
	b.SendProxyV2 = b.ProxyProtocol == proxyV2
}

func (b *backendSettings) sendsProxy() bool {
	return b.ProxyProtocol != proxyUnknown && b.ProxyProtocol != "proxy_protocol_none"
}

const (
	protocolTCP  = "tcp"
	protocolHTTP = "http"
	proxyUnknown = "proxy_protocol_unknown"
	proxyV2      = "proxy_protocol_v2"
)

// or is value, or def where there is none.
func or(value, def string) string {
	if value == "" {
		return def
	}
	return value
}

func (s *Server) findBackend(c *call) (*backend, error) {
	return find(&s.backends, c, "backend_id", "backend")
}

func (s *Server) writableBackend(c *call) (*backend, error) {
	b, err := s.findBackend(c)
	if err != nil {
		return nil, err
	}
	return b, s.writable(b.lb)
}

type listBackendsView struct {
	Backends []backendView `json:"backends"`
	Total    int           `json:"total_count"`
}

func (s *Server) listBackends(c *call) (answer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	all := s.backends.where(func(b *backend) bool { return b.lb == l })
	all = named(s, c, all, func(b *backend) string { return b.Name })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listBackendsView{
		Backends: views(shown, func(b *backend) backendView { return s.viewBackend(b, withInstances) }),
		Total:    len(all),
	})
}

func (s *Server) getBackend(c *call) (answer, error) {
	b, err := s.findBackend(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewBackend(b, withInstances))
}

type createBackend struct {
	backendSettings
	HealthCheck *healthCheck `json:"health_check"`
	ServerIP    []string     `json:"server_ip"`
}

func (s *Server) createBackend(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	var body createBackend
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := body.settle(); err != nil {
		return nil, err
	}
	if body.HealthCheck == nil {
		return nil, invalid("health_check", "required", "required")
	}
	if err := body.HealthCheck.settle("health_check.", &body.backendSettings); err != nil {
		return nil, err
	}
	added, err := s.servers(l, body.ServerIP)
	if err != nil {
		return nil, err
	}
	if err := s.overQuota("backends", s.backends.count(func(b *backend) bool { return b.lb == l }), 1); err != nil {
		return nil, err
	}
	now := s.now()
	b := &backend{
		id: newUUID(), zone: l.zone, lb: l, backendSettings: body.backendSettings, check: *body.HealthCheck,
		pool: added, created: now, updated: now,
	}
	s.backends.put(b.zone, b.id, b)
	s.disturb(l)
	return encode(s.viewBackend(b, withInstances))
}

// updateBackend answers with the instances as they were; they follow the write
// after the answer (facts 11).
func (s *Server) updateBackend(c *call) (answer, error) {
	b, err := s.writableBackend(c)
	if err != nil {
		return nil, err
	}
	var body backendSettings
	if s.options.keepOmitted {
		body = b.clone()
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := body.settle(); err != nil {
		return nil, err
	}
	if b.check.CheckSendProxy && !body.sendsProxy() {
		return nil, invalid("proxy_protocol", "constraint", "is what the health check sends")
	}
	b.backendSettings, b.updated = body, s.now()
	ok, err := encode(s.viewBackend(b, withInstances))
	s.disturb(b.lb)
	return ok, err
}

// clone shares nothing with b that decoding into the clone could write to.
func (b *backendSettings) clone() backendSettings {
	c := *b
	for _, field := range []**int64{
		&c.TimeoutServer, &c.TimeoutConnect, &c.TimeoutTunnel,
		&c.RedispatchAttemptCount, &c.MaxRetries, &c.MaxConnections,
	} {
		*field = copied(*field)
	}
	c.FailoverHost, c.TimeoutQueue = copied(c.FailoverHost), copied(c.TimeoutQueue)
	c.IgnoreSSLServerVerify = copied(c.IgnoreSSLServerVerify)
	c.SendProxyV2 = false // follows from ProxyProtocol
	return c
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func (s *Server) deleteBackend(c *call) (answer, error) {
	b, err := s.writableBackend(c)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, f := range s.frontends.where(func(f *frontend) bool { return f.backend == b }) {
		users = append(users, "frontend "+f.id)
	}
	for _, r := range s.routes.where(func(r *route) bool { return r.backend == b }) {
		users = append(users, "route "+r.id)
	}
	if err := s.inUse(InUse, "backend", users); err != nil {
		return nil, err
	}
	s.backends.remove(b.zone, b.id)
	s.disturb(b.lb)
	return nil, nil
}

// checkDelay is the time between two checks of a server.
func (b *backend) checkDelay() time.Duration {
	return time.Duration(*b.check.CheckDelay) * time.Millisecond
}
