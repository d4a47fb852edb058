package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

const name = "tinylb"

// rules refuse what the API does not have, before anything is sent.
var rules = dialect.Rules{Capabilities: capabilities(), Check: lb.HealthCheck{Interval: lb.Duration(10 * time.Second)}}

// capabilities are what the API can do.
func capabilities() lb.Capabilities {
	features := map[lb.Feature]lb.Support{
		"frontend.protocol":        {Supported: true, Values: []string{"http"}},
		"backend.protocol":         {Supported: true, Values: []string{"http"}},
		"backend.algorithm":        {Supported: true, Values: []string{"roundrobin", "leastconn"}},
		"backend.healthCheck.type": {Supported: true, Values: []string{"tcp"}},
	}
	for feature := range strings.FieldsSeq(`
		loadbalancers.list loadbalancers.get loadbalancers.update loadbalancers.read
		loadbalancers.health loadbalancers.pending loadbalancers.commit
		frontends.list frontends.get frontends.create frontends.update frontends.delete
		backends.list backends.get backends.create backends.update backends.delete backends.health
		servers.list servers.get servers.add servers.update servers.remove servers.set
		loadbalancer.name loadbalancer.name.unset loadbalancer.name.update frontend.name frontend.name.unset frontend.name.update
		frontend.ports frontend.ports.update frontend.defaultBackend frontend.defaultBackend.update
		backend.name backend.name.unset backend.name.update backend.port backend.port.update
		backend.algorithm.unset backend.algorithm.update backend.healthCheck backend.healthCheck.unset backend.healthCheck.update
		backend.healthCheck.type.unset backend.healthCheck.interval backend.healthCheck.interval.unset backend.healthCheck.interval.update
		server.address server.weight server.weight.unset server.weight.update`) {
		features[lb.Feature(feature)] = lb.Support{Supported: true}
	}
	limits := lb.Limits{MinCheckInterval: lb.Duration(time.Second), MaxCheckInterval: lb.Duration(time.Hour)}
	return lb.Capabilities{Provider: name, Features: features, Limits: limits}
}

type provider struct {
	lb.UnimplementedProvider
	url   string
	token lb.Secret
	http  http.Client
}

// NewProvider makes a provider on the API at url. It uses a copy of client that follows no redirect: the token is for one host.
func NewProvider(url string, token lb.Secret, client *http.Client) lb.Provider {
	p := &provider{lb.UnimplementedProvider{ProviderName: name}, url, token, *client}
	p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return p
}

func (p *provider) Capabilities() lb.Capabilities   { return capabilities() }
func (p *provider) Dialect() lb.Dialect             { return rules }
func (p *provider) LoadBalancers() lb.LoadBalancers { return loadBalancers{noLoadBalancers, p} }
func (p *provider) Frontends() lb.Frontends         { return frontends{noFrontends, p} }
func (p *provider) Backends() lb.Backends           { return backends{noBackends, p} }
func (p *provider) Servers() lb.Servers             { return servers{noServers, p} }

// forms are those of IDs: paths that begin with that of the balancer.
var forms = map[lb.Kind]*regexp.Regexp{
	lb.KindLoadBalancer: regexp.MustCompile(`^(balancers/b\d+)$`),
	lb.KindFrontend:     regexp.MustCompile(`^(balancers/b\d+)/listeners/l\d+$`),
	lb.KindBackend:      regexp.MustCompile(`^(balancers/b\d+)/pools/p\d+$`),
	lb.KindServer:       regexp.MustCompile(`^(balancers/b\d+)/pools/p\d+/members/[\d.]+$`),
}

// balancer is the path of the balancer that a call's ID leads to.
func (c call) balancer() (string, error) {
	if parts := forms[c.kind].FindStringSubmatch(c.id); parts != nil {
		return parts[1], nil
	}
	return "", c.fail(lb.ErrInvalid, "an ID has another form")
}

// tree is a balancer in the words of package lb.
type tree struct {
	*lb.LoadBalancer
	frontends []*lb.Frontend
	backends  []*lb.Backend
	raw       balancer
}

func newTree(b balancer) *tree {
	balancer := &lb.LoadBalancer{ID: b.ID, LoadBalancerSpec: lb.LoadBalancerSpec{Name: b.Name}, Provisioning: b.State, Native: b}
	return &tree{balancer, each(b.Listeners, func(l listener) *lb.Frontend {
		return &lb.Frontend{ID: l.ID, LoadBalancer: b.ID, Native: l, FrontendSpec: lb.FrontendSpec{
			Name: l.Name, Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{l.Port}, DefaultBackend: l.Pool,
		}}
	}), each(b.Pools, func(p pool) *lb.Backend {
		backend := &lb.Backend{ID: p.ID, LoadBalancer: b.ID, Native: p, BackendSpec: lb.BackendSpec{
			Name: p.Name, Protocol: lb.ProtocolHTTP, Port: p.Port, Algorithm: p.Balance,
		}}
		if p.Check != 0 {
			backend.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP, Interval: p.Check}
		}
		backend.Servers = each(p.Members, func(m member) *lb.Server {
			server := newServer(p.ID, lb.ServerSpec{Address: m.Address, Weight: m.Weight})
			server.Native = m
			return server
		})
		return backend
	}), b}
}

func newServer(parent lb.BackendID, spec lb.ServerSpec) *lb.Server {
	return &lb.Server{ID: lb.ServerID(string(parent) + "/members/" + spec.Address.String()), Backend: parent, ServerSpec: spec}
}

// balancer is the way back.
func (t *tree) balancer() balancer {
	b := t.raw
	b.Name = t.Name
	b.Listeners = each(t.frontends, func(f *lb.Frontend) listener { return listener{f.ID, f.Name, f.Ports[0], f.DefaultBackend} })
	b.Pools = each(t.backends, func(b *lb.Backend) pool {
		p := pool{ID: b.ID, Name: b.Name, Port: b.Port, Balance: b.Algorithm}
		if b.HealthCheck != nil {
			p.Check = b.HealthCheck.Interval
		}
		p.Members = each(b.Servers, func(s *lb.Server) member { return member{Address: s.Address, Weight: s.Weight} })
		slices.SortFunc(p.Members, func(a, b member) int { return a.Address.Compare(b.Address) }) // as the API does
		return p
	})
	return b
}

func each[A, B any](items []A, to func(A) B) []B {
	all := make([]B, len(items))
	for i, item := range items {
		all[i] = to(item)
	}
	return all
}
