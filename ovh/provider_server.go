package ovh

import (
	"cmp"
	"net"
	"strconv"

	"github.com/lbkit/lbkit/lb"
)

// serverModel is a server with what it points to: those of a backend, of which there
// may be thousands, are one piece of memory.
type serverModel struct {
	lb.Server

	weight int
}

// read fills in the IDs and the settings less the extension.
func (m *serverModel) read(id lb.ServerID, backend lb.BackendID, s *server) error {
	m.ID, m.Backend, m.Native, m.weight = id, backend, s.native, 1
	if s.Weight != nil {
		m.weight = *s.Weight
	}
	r := reading{kind: lb.KindServer, id: string(m.ID)}
	m.ServerSpec = lb.ServerSpec{
		Name:     s.DisplayName,
		Address:  r.address("address", s.Address),
		Port:     r.port("port", s.Port),
		Weight:   &m.weight,
		Backup:   s.Backup,
		Disabled: s.Status != ServerActive && s.Status != "",
	}
	return r.err()
}

// optionsIn holds all that OVH keeps per server, before settleServers moves what the
// servers agree on to the backend. It points into s.
func optionsIn(s *server, checked bool) ServerOptions {
	options := ownOptions(s, checked)
	options.ProxyProtocol, options.OnMarkedDown, options.TLS = (*lb.ProxyProtocol)(&s.ProxyProtocolVersion), (*lb.OnMarkedDown)(&s.OnMarkedDown), tlsOf(s)
	return options
}

// ownOptions are those of them that are a server's in the contract, too.
func ownOptions(s *server, checked bool) ServerOptions {
	options := ServerOptions{Cookie: s.Cookie, NoCheck: checked && !s.Probe}
	if !s.Status.Known() {
		options.Status = string(s.Status)
	}
	return options
}

// tlsOf is TLS towards a server: OVH verifies exactly when there is a chain.
func tlsOf(s *server) *lb.BackendTLS {
	switch {
	case !s.SSL:
		return &plainTowardsServers
	case s.Chain == "":
		return &lb.BackendTLS{Verify: lb.TLSVerifyNone}
	}
	if text, fault := canonicalPEM(s.Chain); fault == "" {
		return &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: text}
	}
	return &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: s.Chain}
}

// plainTowardsServers is what thousands of servers share. Nothing writes to it.
var plainTowardsServers lb.BackendTLS

// nativeServer is a canonical server of a canonical backend in the API's terms.
func nativeServer(backend lb.BackendSpec, spec lb.ServerSpec) (HTTPServerCreate, lb.Problems) {
	f := &findings{kind: lb.KindServer, leaf: "server"}
	options := optionsOf[ServerOptions](f, "extensions."+providerName, spec.Extensions)
	proxy, marked, tls := backend.ProxyProtocol, backend.OnMarkedDown, tlsValue(backend.TLS)
	if options.ProxyProtocol != nil {
		proxy = *options.ProxyProtocol
	}
	if options.OnMarkedDown != nil {
		marked = *options.OnMarkedDown
	}
	if options.TLS != nil {
		tls = *options.TLS
	}
	out := HTTPServerCreate{
		DisplayName:          spec.Name,
		Address:              spec.Address.String(),
		Port:                 int(spec.Port),
		Status:               ServerActive,
		Weight:               spec.Weight,
		Backup:               spec.Backup,
		Probe:                backend.HealthCheck != nil && !options.NoCheck,
		SSL:                  tls != (lb.BackendTLS{}),
		Chain:                tls.CA,
		Cookie:               options.Cookie,
		ProxyProtocolVersion: ProxyProtocol(proxy),
		OnMarkedDown:         OnMarkedDown(marked),
	}
	if spec.Disabled {
		out.Status = cmp.Or(ServerStatus(options.Status), ServerInactive) // a word that was read stays
	}
	return out, f.problems
}

// serverUpdate is what to send to make before, which live holds, into after.
func serverUpdate(live *server, before, after HTTPServerCreate) HTTPServerUpdate {
	if !before.SSL {
		before.Chain = live.Chain // of no use until TLS is on
		if !after.SSL {
			after.Chain = live.Chain
		}
	}
	var u HTTPServerUpdate
	nullable(&u.DisplayName, before.DisplayName, after.DisplayName)
	nullable(&u.Port, before.Port, after.Port)
	required(&u.Status, before.Status, after.Status)
	nullablePointer(&u.Weight, before.Weight, after.Weight)
	required(&u.Backup, before.Backup, after.Backup)
	required(&u.Probe, before.Probe, after.Probe)
	required(&u.SSL, before.SSL, after.SSL)
	nullable(&u.Chain, before.Chain, after.Chain)
	nullable(&u.Cookie, before.Cookie, after.Cookie)
	nullable(&u.ProxyProtocolVersion, before.ProxyProtocolVersion, after.ProxyProtocolVersion)
	nullable(&u.OnMarkedDown, before.OnMarkedDown, after.OnMarkedDown)
	return u
}

// undoing is what makes a server that was live what it was, once an update of what it
// keeps for its backend has been sent.
func undoing(live *server, sent HTTPServerUpdate) HTTPServerUpdate {
	var u HTTPServerUpdate
	if !sent.Probe.IsZero() {
		u.Probe = Value(live.Probe)
	}
	if !sent.SSL.IsZero() {
		u.SSL = Value(live.SSL)
	}
	if !sent.Chain.IsZero() {
		u.Chain = valueOrNull(live.Chain)
	}
	if !sent.ProxyProtocolVersion.IsZero() {
		u.ProxyProtocolVersion = valueOrNull(live.ProxyProtocolVersion)
	}
	if !sent.OnMarkedDown.IsZero() {
		u.OnMarkedDown = valueOrNull(live.OnMarkedDown)
	}
	return u
}

// nativeServers are the canonical servers of a canonical backend in the API's
// terms.
func nativeServers(backend lb.BackendSpec, specs []lb.ServerSpec) ([]HTTPServerCreate, lb.Problems) {
	var problems lb.Problems
	out := make([]HTTPServerCreate, len(specs))
	for i, spec := range specs {
		body, more := nativeServer(backend, spec)
		out[i], problems = body, append(problems, more...)
	}
	return out, problems
}

// sameServer reports whether a server is as body would make it. OVH may have made
// up a cookie for it.
func sameServer(s *server, body HTTPServerCreate) bool {
	has := HTTPServerCreate{
		DisplayName: s.DisplayName, Status: s.Status, Weight: s.Weight, Backup: s.Backup, Probe: s.Probe, SSL: s.SSL,
		Chain: s.Chain, Cookie: s.Cookie, ProxyProtocolVersion: s.ProxyProtocolVersion, OnMarkedDown: s.OnMarkedDown,
	}
	if s.Port != nil {
		has.Port = *s.Port
	}
	if s.Weight == nil {
		has.Weight = new(1)
	}
	if text, fault := canonicalPEM(s.Chain); fault == "" {
		has.Chain = text
	}
	if body.Cookie == "" {
		has.Cookie = ""
	}
	return s.Address == body.Address && nothing(serverUpdate(s, has, body))
}

// endpointText names a server that has no ID yet.
func endpointText(body HTTPServerCreate) string {
	if body.Port == 0 {
		return body.Address
	}
	return net.JoinHostPort(body.Address, strconv.Itoa(body.Port))
}
