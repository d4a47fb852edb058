package scaleway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

var backendAlgorithms = words[lb.Algorithm, ForwardPortAlgorithm]{
	{lb.AlgorithmRoundRobin, ForwardPortAlgorithmRoundRobin},
	{lb.AlgorithmLeastConn, ForwardPortAlgorithmLeastConn},
	{lb.AlgorithmFirst, ForwardPortAlgorithmFirst},
}

var sticky = words[lb.Stickiness, StickySessionsType]{
	{"", StickySessionsNone},
	{lb.StickinessCookie, StickySessionsCookie},
	{lb.StickinessSource, StickySessionsTable},
}

// Unknown is what a backend has that was never told (facts 8).
var proxies = words[lb.ProxyProtocol, ProxyProtocol]{
	{"", ProxyProtocolNone},
	{"", ProxyProtocolUnknown},
	{lb.ProxyProtocolV1, ProxyProtocolV1},
	{lb.ProxyProtocolV2, ProxyProtocolV2},
	{lb.ProxyProtocolV2SSL, ProxyProtocolV2SSL},
	{lb.ProxyProtocolV2SSLCN, ProxyProtocolV2SSLCN},
}

var markedDown = words[lb.OnMarkedDown, OnMarkedDownAction]{
	{"", OnMarkedDownActionNone},
	{lb.OnMarkedDownShutdownSessions, OnMarkedDownActionShutdownSessions},
}

// neutralBackend is b, which was read in zone, in the words of the contract.
func neutralBackend(zone Zone, b *Backend) (*lb.Backend, error) {
	var text strings.Builder // one text, of which all IDs are parts
	text.Grow(2*len("fr-par-1/105bdce1-64c0-48ab-899d-868455867ecf") + serverIDs(b))
	id, parent := lb.BackendID(writeID(&text, zone, b.ID)), writeID(&text, zone, b.LB.ID)
	m := &backendModel{}
	pool, err := serversOf(&text, m.few[:0], id, b)
	if err != nil {
		return nil, err
	}
	m.Backend = lb.Backend{
		ID:           id,
		LoadBalancer: lb.LoadBalancerID(parent),
		Servers:      pool,
		Created:      moment(b.CreatedAt),
		Updated:      moment(b.UpdatedAt),
		Native:       b,
	}
	m.read(b)
	return &m.Backend, nil
}

// backendModel is a backend with what it points to, in one piece of memory: lists
// hold thousands of them.
type backendModel struct {
	lb.Backend

	check   checkModel
	retries int
	options BackendOptions
	few     [4]*lb.Server
}

func backendSpec(b *Backend) lb.BackendSpec {
	m := &backendModel{}
	m.read(b)
	return m.BackendSpec
}

// read fills in the settings.
func (m *backendModel) read(b *Backend) {
	spec, o := &m.BackendSpec, &m.options
	*spec = lb.BackendSpec{
		Name:           b.Name,
		Protocol:       backendProtocols.read(b.ForwardProtocol),
		Port:           portNumber(b.ForwardPort),
		Algorithm:      backendAlgorithms.read(b.ForwardPortAlgorithm),
		Stickiness:     sticky.read(b.StickySessions),
		CookieName:     b.StickySessionsCookieName,
		HealthCheck:    m.check.read(b),
		ProxyProtocol:  proxies.read(effectiveProxy(b)),
		OnMarkedDown:   markedDown.read(b.OnMarkedDownAction),
		ServerTimeout:  neutralTimeout(b.TimeoutServer),
		ConnectTimeout: neutralTimeout(b.TimeoutConnect),
		TunnelTimeout:  neutralTimeout(b.TimeoutTunnel),
		MaxConnections: content(b.MaxConnections),
	}
	if b.TimeoutQueue != nil {
		spec.QueueTimeout = lb.Duration(*b.TimeoutQueue) // "0s" and null: the default
	}
	if b.MaxRetries != nil {
		m.retries = *b.MaxRetries
		spec.MaxRetries = &m.retries
	}
	*o = BackendOptions{
		FailoverHost: content(b.FailoverHost),
		Redispatch:   content(b.RedispatchAttemptCount) > 0,
		ZeroTimeouts: zeroTimeoutsOf(b),
	}
	if b.SSLBridging {
		spec.TLS = &lb.BackendTLS{Verify: lb.TLSVerifySystem, Name: content(b.Host)}
		if content(b.IgnoreSSLServerVerify) {
			spec.TLS.Verify = lb.TLSVerifyNone
		}
	} else {
		o.Host = content(b.Host)
		o.SkipVerify = content(b.IgnoreSSLServerVerify)
	}
	spec.Extensions = lb.Extend(o)
}

// content is what p points to: null is the zero value.
func content[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// effectiveProxy is version 2 where only the deprecated member says so.
func effectiveProxy(b *Backend) ProxyProtocol {
	if b.ProxyProtocol == ProxyProtocolUnknown && content(b.SendProxyV2) {
		return ProxyProtocolV2
	}
	return b.ProxyProtocol
}

func zeroTimeoutsOf(b *Backend) []string {
	var zero []string
	if isZeroTimeout(b.TimeoutServer) {
		zero = append(zero, zeroServer)
	}
	if isZeroTimeout(b.TimeoutConnect) {
		zero = append(zero, zeroConnect)
	}
	if isZeroTimeout(b.TimeoutTunnel) {
		zero = append(zero, zeroTunnel)
	}
	return sortedSet(zero)
}

// wireValues are what a backend in the API's words points to, in one piece of memory.
type wireValues struct {
	server, connect, tunnel Milliseconds
	queue, transient        Duration
	host, failoverHost      string
	skip                    bool
	redispatch, connections int
	request                 HealthCheckHTTPConfig
}

// backend is a canonical spec in the API's words, but for its servers. They point to
// what is in v.
func (v *wireValues) backend(op string, spec lb.BackendSpec) (BackendUpdate, HealthCheck, error) {
	settings, err := v.settings(op, spec)
	if err != nil {
		return BackendUpdate{}, HealthCheck{}, err
	}
	check, err := v.healthCheck(op, spec)
	if err != nil {
		return BackendUpdate{}, HealthCheck{}, err
	}
	return settings, check, nil
}

// settings are all but the check. Zero stands for what was never set where that is
// known to undo a setting, null elsewhere (facts 18.2).
func (v *wireValues) settings(op string, spec lb.BackendSpec) (BackendUpdate, error) {
	o, _, err := lb.ExtensionOf[BackendOptions](spec.Extensions)
	if err != nil {
		return BackendUpdate{}, misfit(op, lb.KindBackend, "", extensionPath, "%v", err)
	}
	v.host, v.failoverHost, v.skip, v.connections, v.queue = o.Host, o.FailoverHost, o.SkipVerify, spec.MaxConnections, Duration(spec.QueueTimeout)
	if spec.TLS != nil {
		v.host, v.skip = spec.TLS.Name, spec.TLS.Verify == lb.TLSVerifyNone
	}
	if o.Redispatch {
		v.redispatch = 1
	}
	return BackendUpdate{
		Name:                     spec.Name,
		ForwardProtocol:          backendProtocols.write(spec.Protocol),
		ForwardPort:              int(spec.Port),
		ForwardPortAlgorithm:     backendAlgorithms.write(spec.Algorithm),
		StickySessions:           sticky.write(spec.Stickiness),
		StickySessionsCookieName: spec.CookieName,
		TimeoutServer:            wireTimeout(&v.server, spec.ServerTimeout, slices.Contains(o.ZeroTimeouts, zeroServer)),
		TimeoutConnect:           wireTimeout(&v.connect, spec.ConnectTimeout, slices.Contains(o.ZeroTimeouts, zeroConnect)),
		TimeoutTunnel:            wireTimeout(&v.tunnel, spec.TunnelTimeout, slices.Contains(o.ZeroTimeouts, zeroTunnel)),
		OnMarkedDownAction:       markedDown.write(spec.OnMarkedDown),
		ProxyProtocol:            proxies.write(spec.ProxyProtocol),
		FailoverHost:             nonZero(&v.failoverHost),
		SSLBridging:              spec.TLS != nil,
		IgnoreSSLServerVerify:    &v.skip,
		RedispatchAttemptCount:   &v.redispatch,
		MaxRetries:               spec.MaxRetries,
		MaxConnections:           &v.connections,
		TimeoutQueue:             &v.queue,
		Host:                     &v.host,
	}, nil
}

// newBackend is the creation of what wireBackend made: what is zero there is left
// out.
func newBackend(u BackendUpdate, check HealthCheck, pool []string) BackendCreate {
	return BackendCreate{
		Name:                     u.Name,
		ForwardProtocol:          u.ForwardProtocol,
		ForwardPort:              u.ForwardPort,
		ForwardPortAlgorithm:     u.ForwardPortAlgorithm,
		StickySessions:           u.StickySessions,
		StickySessionsCookieName: u.StickySessionsCookieName,
		HealthCheck:              check,
		ServerIP:                 pool,
		TimeoutServer:            u.TimeoutServer,
		TimeoutConnect:           u.TimeoutConnect,
		TimeoutTunnel:            u.TimeoutTunnel,
		OnMarkedDownAction:       u.OnMarkedDownAction,
		ProxyProtocol:            u.ProxyProtocol,
		FailoverHost:             u.FailoverHost,
		SSLBridging:              u.SSLBridging,
		IgnoreSSLServerVerify:    nonZero(u.IgnoreSSLServerVerify),
		RedispatchAttemptCount:   nonZero(u.RedispatchAttemptCount),
		MaxRetries:               u.MaxRetries,
		MaxConnections:           nonZero(u.MaxConnections),
		TimeoutQueue:             nonZero(u.TimeoutQueue),
		Host:                     nonZero(u.Host),
	}
}

// neutralServers are the addresses of a pool, sorted: the API knows no order.
func neutralServers(zone Zone, b *Backend) ([]*lb.Server, error) {
	var text strings.Builder
	text.Grow(serverIDs(b))
	return serversOf(&text, nil, FormatBackendID(zone, b.ID), b)
}

// serverIDs is how much text the IDs of b's servers are.
func serverIDs(b *Backend) int {
	return len(b.Pool) * len("fr-par-1/105bdce1-64c0-48ab-899d-868455867ecf/255.255.255.255")
}

// serversOf appends b's servers to pool, which is empty, and their IDs to text.
func serversOf(text *strings.Builder, pool []*lb.Server, backend lb.BackendID, b *Backend) ([]*lb.Server, error) {
	models, pool := make([]lb.Server, len(b.Pool)), slices.Grow(pool, len(b.Pool))
	for i, member := range b.Pool {
		address, err := parseServer(member)
		if err != nil {
			return nil, &lb.Error{
				Code: lb.ErrUnavailable, Provider: providerName, Kind: lb.KindBackend, ID: string(backend),
				Message: fmt.Sprintf("its pool holds %q, which is no address", member),
			}
		}
		start := text.Len()
		var buffer [128]byte
		text.Write(appendServerID(buffer[:0], backend, address))
		models[i] = lb.Server{ID: lb.ServerID(text.String()[start:]), Backend: backend, ServerSpec: lb.ServerSpec{Address: address}}
		pool = append(pool, &models[i])
	}
	slices.SortFunc(pool, func(a, b *lb.Server) int { return a.Address.Compare(b.Address) })
	return pool, nil
}

func serverSpecs(pool []*lb.Server) []lb.ServerSpec {
	specs := make([]lb.ServerSpec, len(pool))
	for i, server := range pool {
		specs[i] = server.ServerSpec
	}
	return specs
}

// checkPort is where the API is told to check: the backend's port where the
// contract's is 0.
func checkPort(spec lb.BackendSpec) int {
	if spec.HealthCheck.Port == 0 {
		return int(spec.Port)
	}
	return int(spec.HealthCheck.Port)
}
