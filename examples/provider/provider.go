package main

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
	"github.com/lbkit/lbkit/lb/document"
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

// NewProvider makes a provider on the API at a URL. It uses a copy of client that follows no redirect: the token is for one host.
func NewProvider(at string, token lb.Secret, using *http.Client) *document.Provider {
	c := &client{at, token, *using}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return document.New(rules, store{c})
}

// store is the API as package document knows it.
type store struct{ *client }

func (s store) List(ctx context.Context) iter.Seq2[*document.Document, error] {
	return func(yield func(*document.Document, error) bool) {
		var all []balancer
		if err := s.send(ctx, "balancers", nil, &all); err != nil {
			yield(nil, err)
			return
		}
		for _, b := range all {
			if !yield(b.document(), nil) {
				return
			}
		}
	}
}

func (s store) Read(ctx context.Context, key string) (*document.Document, error) {
	b, err := s.balancer(ctx, key, nil)
	return b.document(), err
}

func (s store) Write(ctx context.Context, d *document.Document) (*document.Document, error) {
	b, err := s.balancer(ctx, string(d.LoadBalancer.ID), newBalancer(d))
	return b.document(), err
}

func (s store) Health(ctx context.Context, key string) (*document.Health, error) {
	b, err := s.balancer(ctx, key, nil)
	servers := map[lb.BackendID][]lb.ServerHealth{}
	for _, p := range b.Pools {
		servers[p.ID] = each(p.Members, func(m member) lb.ServerHealth {
			return lb.ServerHealth{Server: document.ServerKey(m.server().ServerSpec), State: m.Health, Native: m}
		})
	}
	return &document.Health{Summary: lb.HealthSummary(b.Health), Servers: servers}, err
}

// document is a balancer in the words of package lb.
func (b balancer) document() *document.Document {
	return &document.Document{Version: b.Version, Tree: lb.Tree{
		LoadBalancer: &lb.LoadBalancer{
			ID: lb.LoadBalancerID(b.ID), LoadBalancerSpec: lb.LoadBalancerSpec{Name: b.Name}, Provisioning: b.State, Native: b,
		},
		Frontends: each(b.Listeners, listener.frontend),
		Backends:  each(b.Pools, pool.backend),
	}}
}

func (l listener) frontend() lb.FrontendTree {
	return lb.FrontendTree{Frontend: &lb.Frontend{ID: l.ID, Native: l, FrontendSpec: lb.FrontendSpec{
		Name: l.Name, Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{l.Port}, DefaultBackend: l.Pool,
	}}}
}

func (p pool) backend() *lb.Backend {
	b := &lb.Backend{ID: p.ID, Native: p, Servers: each(p.Members, member.server), BackendSpec: lb.BackendSpec{
		Name: p.Name, Protocol: lb.ProtocolHTTP, Port: p.Port, Algorithm: p.Balance,
	}}
	if p.Check != 0 {
		b.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP, Interval: p.Check}
	}
	return b
}

func (m member) server() *lb.Server {
	return &lb.Server{ServerSpec: lb.ServerSpec{Address: m.Address, Weight: m.Weight}, Native: m}
}

// newBalancer is the way back.
func newBalancer(d *document.Document) balancer {
	return balancer{
		ID: string(d.LoadBalancer.ID), Version: d.Version, Name: d.LoadBalancer.Name,
		Listeners: each(d.Frontends, func(f lb.FrontendTree) listener {
			return listener{f.ID, f.Name, f.Ports[0], f.DefaultBackend}
		}),
		Pools: each(d.Backends, func(b *lb.Backend) pool {
			p := pool{ID: b.ID, Name: b.Name, Port: b.Port, Balance: b.Algorithm, Members: each(b.Servers, func(s *lb.Server) member {
				return member{Address: s.Address, Weight: s.Weight}
			})}
			if b.HealthCheck != nil {
				p.Check = b.HealthCheck.Interval
			}
			return p
		}),
	}
}

func each[A, B any](items []A, to func(A) B) []B {
	all := make([]B, len(items))
	for i, item := range items {
		all[i] = to(item)
	}
	return all
}
