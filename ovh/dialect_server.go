package ovh

import (
	"fmt"
	"net/netip"

	"github.com/lbkit/lbkit/lb"
)

// Paths of the settings that are the backend's in the contract and each server's
// at OVH.
const (
	pathProxyProtocol = "proxyProtocol"
	pathOnMarkedDown  = "onMarkedDown"
	pathTLS           = "tls"
)

// canonicalServers is the form in which OVH reports the servers of a backend,
// which itself is canonical but for what the servers keep for it: that is moved to
// where it belongs.
func canonicalServers(backend *lb.BackendSpec, servers []lb.ServerSpec) ([]lb.ServerSpec, lb.Problems) {
	if len(servers) == 0 {
		return nil, withoutServers(*backend)
	}
	var problems lb.Problems
	out := make([]lb.ServerSpec, len(servers))
	options := make([]ServerOptions, len(servers))
	for i, spec := range servers {
		f := &findings{kind: lb.KindServer, leaf: "server", at: fmt.Sprintf("servers[%d].", i)}
		out[i], options[i] = f.server(*backend, spec)
		f.duplicate(*backend, out[:i], out[i])
		problems = append(problems, f.problems...)
	}
	settleServers(backend, options)
	for i := range out {
		out[i].Extensions = lb.Extend(options[i])
	}
	return out, problems
}

// withoutServers refuses what has no place to be kept.
func withoutServers(backend lb.BackendSpec) lb.Problems {
	f := &findings{kind: lb.KindBackend, leaf: "backend"}
	if backend.Protocol == lb.ProtocolUDP {
		return nil // refused already
	}
	const reason = "OVH keeps it on each server, and there is none: create the backend with its servers"
	if backend.ProxyProtocol != "" {
		f.lacks("backend.proxyProtocol.withoutServers", pathProxyProtocol, string(backend.ProxyProtocol), reason)
	}
	if backend.OnMarkedDown != "" {
		f.lacks("backend.onMarkedDown.withoutServers", pathOnMarkedDown, string(backend.OnMarkedDown), reason)
	}
	if backend.TLS != nil {
		f.lacks("backend.tls.withoutServers", pathTLS, string(backend.TLS.Verify), reason)
	}
	return f.problems
}

// server is one server's canonical form, less its extension, which is apart.
func (f *findings) server(backend lb.BackendSpec, spec lb.ServerSpec) (lb.ServerSpec, ServerOptions) {
	out := lb.Clone(spec)
	options := optionsOf[ServerOptions](f, "extensions."+providerName, spec.Extensions)
	f.text("name", spec.Name)
	out.Address = f.address(spec.Address)
	f.port("port", spec.Port)
	if out.Weight == nil {
		out.Weight = new(1) // facts 5.5: null is 1
	}
	if w := *out.Weight; w < 0 || w > maxWeight {
		f.invalid("weight", "%d is not within 0 and %d", w, maxWeight)
	}
	if backend.Protocol == lb.ProtocolUDP {
		f.udpServer(out)
	}
	f.serverOptions(backend, &options)
	return out, options
}

func (f *findings) address(address netip.Addr) netip.Addr {
	unmapped := address.Unmap()
	switch {
	case !address.IsValid():
		f.unset("address", "a server has an address")
	case !unmapped.Is4():
		f.lacks("server.address.ipv6", "address", address.String(), "OVH reaches servers by IPv4 alone")
	case unmapped.IsUnspecified():
		f.invalid("address", "%s is no host's address", address)
	}
	return unmapped
}

func (f *findings) udpServer(spec lb.ServerSpec) {
	const reason = "a server of a UDP backend has none"
	if *spec.Weight != 1 {
		f.lacks("server.weight.udp", "weight", *spec.Weight, reason)
	}
	if spec.Backup {
		f.lacks("server.backup.udp", "backup", true, reason)
	}
}

func (f *findings) serverOptions(backend lb.BackendSpec, options *ServerOptions) {
	const at = "extensions.ovh."
	if options.Status != "" {
		f.unsupported(at+"status", options.Status, "it is read-only")
	}
	if options.Cookie != "" && backend.Protocol != lb.ProtocolHTTP {
		f.invalid(at+"cookie", "needs protocol http")
	}
	if options.NoCheck && backend.HealthCheck == nil {
		f.invalid(at+"noCheck", "the backend has no health check to be exempt from")
	}
	own := options.ProxyProtocol != nil || options.OnMarkedDown != nil || options.TLS != nil
	if own && backend.Protocol == lb.ProtocolUDP {
		f.invalid("extensions."+providerName, "a server of a UDP backend has neither PROXY protocol, nor sessions to shut down, nor TLS")
		return
	}
	if options.ProxyProtocol != nil {
		oneOf(f, at+pathProxyProtocol, *options.ProxyProtocol, proxyProtocols...)
	}
	if options.OnMarkedDown != nil {
		oneOf(f, at+pathOnMarkedDown, *options.OnMarkedDown, lb.OnMarkedDownShutdownSessions)
	}
	if options.TLS != nil && *options.TLS != (lb.BackendTLS{}) {
		options.TLS = f.backendTLS(at+pathTLS, options.TLS)
	}
}

// duplicate refuses a server that is there already: servers are told apart by
// address and effective port.
func (f *findings) duplicate(backend lb.BackendSpec, before []lb.ServerSpec, spec lb.ServerSpec) {
	for i, other := range before {
		if serverEndpoint(backend, other) == serverEndpoint(backend, spec) {
			f.invalid("address", "%s is servers[%d] too", serverEndpoint(backend, spec), i)
			return
		}
	}
}

// serverPlace is what tells the servers of a backend apart.
type serverPlace struct {
	address netip.Addr
	port    uint16 // 0: the frontend's
}

func (e serverPlace) String() string {
	if e.port == 0 {
		return e.address.String()
	}
	return netip.AddrPortFrom(e.address, e.port).String()
}

func serverEndpoint(backend lb.BackendSpec, spec lb.ServerSpec) serverPlace {
	port := spec.Port
	if port == 0 {
		port = backend.Port
	}
	return serverPlace{spec.Address.Unmap(), port}
}

// settleServers moves the settings that OVH keeps per server to the backend where the
// servers agree, and to each server where they do not.
func settleServers(backend *lb.BackendSpec, options []ServerOptions) {
	if len(options) == 0 {
		return
	}
	backend.ProxyProtocol = settleOne(options, backend.ProxyProtocol, func(o *ServerOptions) **lb.ProxyProtocol { return &o.ProxyProtocol })
	backend.OnMarkedDown = settleOne(options, backend.OnMarkedDown, func(o *ServerOptions) **lb.OnMarkedDown { return &o.OnMarkedDown })
	backend.TLS = tlsPointer(settleOne(options, tlsValue(backend.TLS), func(o *ServerOptions) **lb.BackendTLS { return &o.TLS }))
}

// settleOne is settleServers for one setting: a server without a value of its own has the
// backend's. It gives what the backend gets, zero where the servers do not agree.
func settleOne[T comparable](options []ServerOptions, backends T, own func(*ServerOptions) **T) T {
	agreed, first := true, own(&options[0])
	for i := range options {
		value := own(&options[i])
		if *value == nil {
			*value = &backends
		}
		agreed = agreed && (*value == *first || **value == **first)
	}
	if !agreed {
		return *new(T)
	}
	value := **first
	for i := range options {
		*own(&options[i]) = nil
	}
	return value
}

// tlsValue and tlsPointer: plain text is nil of a backend and the zero value of a
// server.
func tlsValue(tls *lb.BackendTLS) lb.BackendTLS {
	if tls == nil {
		return lb.BackendTLS{}
	}
	return *tls
}

func tlsPointer(tls lb.BackendTLS) *lb.BackendTLS {
	if tls == (lb.BackendTLS{}) {
		return nil
	}
	return &tls
}
