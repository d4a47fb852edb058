package scaleway

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Backend fills in roundrobin and what Scaleway fills in of a health check, and
// sorts servers by address.
//
// HealthCheck must be there: Scaleway checks the servers of every backend, so one
// whose servers are not checked cannot be said. Where the check's port is the
// backend's it is 0, and follows the backend's port when that changes.
func (d dialect) Backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, error) {
	canonical, pool, found := d.backend(spec, servers)
	if len(found) > 0 {
		return lb.BackendSpec{}, nil, found
	}
	return canonical, pool, nil
}

// backend is Backend, which it gives a canonical form even beside problems: the
// fields at fault are in it as they came.
func (d dialect) backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, lb.Problems) {
	c := lb.Clone(spec)
	pool, found := d.settle(&c, servers)
	return c, pool, found
}

// settle is backend for a spec that may be changed: itself, its check with the request
// in it, and its TLS.
func (d dialect) settle(c *lb.BackendSpec, servers []lb.ServerSpec) ([]lb.ServerSpec, lb.Problems) {
	p := &problems{kind: lb.KindBackend}
	p.required("backend.name", "name", c.Name)
	p.text("name", c.Name)
	p.protocol("backend.protocol", c.Protocol)
	if c.Port == 0 {
		p.unsupported("backend.port.unset", "port", nil, "Scaleway does not take it from the frontend")
	}
	if c.Algorithm == "" {
		c.Algorithm = lb.AlgorithmRoundRobin
	}
	p.oneOf("backend.algorithm", "algorithm", string(c.Algorithm))
	p.stickiness(c)
	p.oneOf("backend.proxyProtocol", "proxyProtocol", string(c.ProxyProtocol))
	p.oneOf("backend.onMarkedDown", "onMarkedDown", string(c.OnMarkedDown))
	p.tls(c.TLS)
	p.limits(c)
	p.backendOptions(c)
	p.healthCheck(c)
	return p.servers(c.Port, servers), p.list
}

// stickiness: a cookie needs HTTP and a name, as Scaleway's own Kubernetes
// controller has it (facts 8), although the API takes it otherwise.
func (p *problems) stickiness(c *lb.BackendSpec) {
	p.oneOf("backend.stickiness", "stickiness", string(c.Stickiness))
	if c.Stickiness != lb.StickinessCookie {
		if c.CookieName != "" {
			p.invalid("cookieName", "%q: there is a cookie with stickiness cookie alone", c.CookieName)
		}
		return
	}
	if c.Protocol == lb.ProtocolTCP {
		p.invalid("stickiness", "a cookie needs protocol http")
	}
	p.required("backend.cookieName", "cookieName", c.CookieName)
	if c.CookieName != "" && !isToken(c.CookieName) {
		p.invalid("cookieName", "%q: not the name of a cookie", c.CookieName)
	}
}

func (p *problems) tls(tls *lb.BackendTLS) {
	if tls == nil {
		return
	}
	if tls.Verify == "" {
		p.unsupported("backend.tls.verify.unset", "tls.verify", nil, "it has no default")
	}
	p.oneOf("backend.tls.verify", "tls.verify", string(tls.Verify))
	p.refused("backend.tls.ca", "tls.ca", "a certificate", tls.CA != "")
	p.word("tls.serverName", tls.Name)
}

// limits are the timeouts and numbers of facts 13.
func (p *problems) limits(c *lb.BackendSpec) {
	for _, t := range []struct {
		path  string
		value lb.Duration
	}{
		{"serverTimeout", c.ServerTimeout},
		{"connectTimeout", c.ConnectTimeout},
		{"tunnelTimeout", c.TunnelTimeout},
		{"queueTimeout", c.QueueTimeout},
	} {
		p.duration(t.path, t.value, minTimeout, maxTimeout)
	}
	p.number("maxConnections", int64(c.MaxConnections), 0, math.MaxInt32)
	if c.MaxRetries != nil {
		p.number("maxRetries", int64(*c.MaxRetries), 0, maxServerRetries)
	}
}

func (p *problems) backendOptions(c *lb.BackendSpec) {
	if c.Extensions.IsZero() {
		return
	}
	const path = extensionPath
	o, ok := extensionOf[BackendOptions](p, path, c.Extensions)
	if !ok {
		return
	}
	p.word(path+".host", o.Host)
	p.word(path+".failoverHost", o.FailoverHost)
	if strings.Contains(o.FailoverHost, "/") {
		p.invalid(path+".failoverHost", "%q: a host alone, without scheme and path", o.FailoverHost)
	}
	p.zeroTimeouts(path+".zeroTimeouts", c, &o)
	if c.TLS != nil {
		p.encryptedOptions(path, c.TLS, &o)
	}
	c.Extensions = lb.Extend(o)
}

// encryptedOptions moves what has a neutral name with TLS to where it belongs.
func (p *problems) encryptedOptions(path string, tls *lb.BackendTLS, o *BackendOptions) {
	switch {
	case tls.Name == "":
		tls.Name = o.Host
	case o.Host != "" && o.Host != tls.Name:
		p.invalid(path+".host", "%q: tls.serverName is %q", o.Host, tls.Name)
		return
	}
	o.Host = ""
	if o.SkipVerify {
		p.invalid(path+".skipVerify", "with tls, tls.verify says it")
	}
}

// The timeouts that may be 0 ms.
const (
	zeroServer  = "serverTimeout"
	zeroConnect = "connectTimeout"
	zeroTunnel  = "tunnelTimeout"
)

func (p *problems) zeroTimeouts(path string, c *lb.BackendSpec, o *BackendOptions) {
	values := map[string]lb.Duration{zeroServer: c.ServerTimeout, zeroConnect: c.ConnectTimeout, zeroTunnel: c.TunnelTimeout}
	for _, name := range o.ZeroTimeouts {
		switch value, known := values[name]; {
		case !known:
			p.invalid(path, "%q: not serverTimeout, connectTimeout or tunnelTimeout", name)
		case value != 0:
			p.invalid(path, "%s is %s", name, value)
		}
	}
	o.ZeroTimeouts = sortedSet(o.ZeroTimeouts)
}

// servers are addresses, so all else of them is refused: what passes points to nothing
// of the caller's. They are sorted: the API knows no order.
func (p *problems) servers(port uint16, specs []lb.ServerSpec) []lb.ServerSpec {
	pool := make([]lb.ServerSpec, len(specs))
	copy(pool, specs)
	seen := map[netip.Addr]bool{}
	for i := range pool {
		server := &pool[i]
		path := func(field string) string { return serverPath(i) + field }
		p.server(path, port, server)
		if address := server.Address; address.IsValid() {
			if seen[address] {
				p.invalid(path("address"), "%s twice: a server is its address", address)
			}
			seen[address] = true
		}
	}
	slices.SortStableFunc(pool, func(a, b lb.ServerSpec) int { return a.Address.Compare(b.Address) })
	return pool
}

// serverPath begins the paths of one server among those that the dialect got.
func serverPath(i int) string { return fmt.Sprintf("servers[%d].", i) }

// server looks at one server. It asks for paths where there is a problem alone: most of
// thousands of servers have none.
func (p *problems) server(path func(field string) string, port uint16, s *lb.ServerSpec) {
	s.Address = s.Address.Unmap()
	switch {
	case !s.Address.IsValid():
		p.unsupported("server.address.unset", path("address"), nil, "a server is its address")
	case !canonicalAddress(s.Address), s.Address.IsUnspecified(), s.Address.IsMulticast():
		p.invalid(path("address"), "%q: not the address of a server", s.Address)
	}
	if s.Port == port {
		s.Port = 0
	}
	if s.Port != 0 {
		p.unsupported("server.port", path("port"), s.Port, "all servers of a backend have its port")
	}
	if s.Weight != nil && *s.Weight == 1 { // what nil means
		s.Weight = nil
	}
	for _, setting := range []struct {
		field string
		value any
		isSet bool
	}{
		{"weight", value(s.Weight), s.Weight != nil},
		{"name", s.Name, s.Name != ""},
		{"backup", s.Backup, s.Backup},
		{"disabled", s.Disabled, s.Disabled},
	} {
		if setting.isSet {
			p.refused(lb.Feature("server."+setting.field), path(setting.field), setting.value, true)
		}
	}
	if slices.Contains(s.Extensions.Providers(), providerName) {
		p.unsupported("server.extensions", path(extensionPath), nil, "Scaleway has no settings of a server")
	}
	s.Extensions = lb.Extensions{}
}

// value is what p points to, for an error to show.
func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// millis is a duration in the API's milliseconds. The dialect has seen to it that
// nothing is cut off.
func millis(d lb.Duration) Milliseconds { return MillisecondsOf(time.Duration(d)) }
