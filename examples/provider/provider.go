package main

import (
	"context"
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

const providerName = "tinylb"

// Provider is the lb.Provider of the API. What it embeds refuses what the API does not have.
type Provider struct {
	lb.UnimplementedProvider
	client *Client
}

// NewProvider makes the provider of a client's account.
func NewProvider(client *Client) *Provider {
	return &Provider{lb.UnimplementedProvider{ProviderName: providerName}, client}
}

// Capabilities says what the API can do.
func (p *Provider) Capabilities() lb.Capabilities { return newCapabilities() }

// Dialect says how the API understands specs.
func (p *Provider) Dialect() lb.Dialect { return rules }

// LoadBalancers reads the account's balancers.
func (p *Provider) LoadBalancers() lb.LoadBalancers {
	return loadBalancers{lb.UnimplementedLoadBalancers{ProviderName: providerName}, p.client}
}

type loadBalancers struct {
	lb.UnimplementedLoadBalancers
	client *Client
}

func newLoadBalancer(b balancer) *lb.LoadBalancer {
	return &lb.LoadBalancer{
		ID: lb.LoadBalancerID("balancers/" + b.ID), LoadBalancerSpec: lb.LoadBalancerSpec{Name: b.Name},
		Provisioning: lb.Provisioning(b.State), Native: &b,
	}
}

func (s loadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	return list(opts.PageOptions, func() ([]balancer, error) {
		if opts.Zone != "" || len(opts.Tags) > 0 {
			return nil, nil // no balancer has one
		}
		what := call{op: "loadbalancers.list", kind: lb.KindLoadBalancer}
		return do[[]balancer](ctx, s.client, what, http.MethodGet, "balancers?name="+url.QueryEscape(opts.Name), nil)
	}, newLoadBalancer)
}

// read serves every call on one load balancer: the API answers with all that is in it.
func (s loadBalancers) read(ctx context.Context, op string, id lb.LoadBalancerID) (*lb.Tree, error) {
	what, err := on("loadbalancers."+op, lb.KindLoadBalancer, id)
	if err != nil {
		return nil, err
	}
	b, err := do[balancer](ctx, s.client, what, http.MethodGet, what.id, nil)
	if err != nil {
		return nil, err
	}
	tree := &lb.Tree{LoadBalancer: newLoadBalancer(b)}
	for _, p := range b.Pools {
		tree.Backends = append(tree.Backends, newBackend(id, p))
	}
	for _, l := range b.Listeners {
		tree.Frontends = append(tree.Frontends, lb.FrontendTree{Frontend: newFrontend(id, l)})
	}
	return tree, nil
}

func (s loadBalancers) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	return s.read(ctx, "read", id)
}

func (s loadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	tree, err := s.read(ctx, "get", id)
	if err != nil {
		return nil, err
	}
	return tree.LoadBalancer, nil
}

// Update can change the name.
func (s loadBalancers) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (*lb.LoadBalancer, error) {
	return resource[string, lb.LoadBalancerID, balancer, lb.LoadBalancer, lb.LoadBalancerSpec]{
		client: s.client, service: "loadbalancers", kind: lb.KindLoadBalancer, canonical: rules.LoadBalancer,
		model:  func(_ string, b balancer) *lb.LoadBalancer { return newLoadBalancer(b) },
		spec:   func(l *lb.LoadBalancer) lb.LoadBalancerSpec { return l.LoadBalancerSpec },
		object: func(_ string, spec lb.LoadBalancerSpec) (balancer, error) { return balancer{Name: spec.Name}, nil },
	}.Update(ctx, id, change)
}

// Health counts members; the API says nothing of what they are in.
func (s loadBalancers) Health(ctx context.Context, id lb.LoadBalancerID) (*lb.HealthSummary, error) {
	tree, err := s.read(ctx, "health", id)
	if err != nil {
		return nil, err
	}
	summary := &lb.HealthSummary{State: lb.HealthUnknown, Servers: map[lb.Health]int{}}
	for _, b := range tree.Backends {
		for _, m := range b.Native.(*pool).Members {
			summary.Servers[lb.Health(m.State)]++
		}
	}
	return summary, nil
}

// Pending is always empty: what the API has answered is live.
func (s loadBalancers) Pending(ctx context.Context, id lb.LoadBalancerID) ([]lb.PendingChange, error) {
	_, err := s.read(ctx, "pending", id)
	return nil, err
}

// Commit has nothing to do, so there is no operation to follow.
func (s loadBalancers) Commit(ctx context.Context, id lb.LoadBalancerID, _ lb.CommitOptions) (*lb.Operation, error) {
	if _, err := s.read(ctx, "commit", id); err != nil {
		return nil, err
	}
	return &lb.Operation{LoadBalancer: id, Status: lb.OperationDone, Progress: 100}, nil
}

// Servers manages the members of pools.
func (p *Provider) Servers() lb.Servers {
	return servers{lb.UnimplementedServers{ProviderName: providerName}, poolsWith(p.client, nil)}
}

// A service's methods are those of its resource, which stand above those of an Unimplemented
// type that is embedded one level deeper.
type (
	otherFrontends struct{ lb.UnimplementedFrontends }
	listeners      = resource[lb.LoadBalancerID, lb.FrontendID, listener, lb.Frontend, lb.FrontendSpec]
	frontends      struct {
		otherFrontends
		listeners
	}
)

// Frontends manages listeners.
func (p *Provider) Frontends() lb.Frontends {
	return frontends{otherFrontends{lb.UnimplementedFrontends{ProviderName: providerName}}, listeners{
		client: p.client, service: "frontends", path: "listeners", parent: lb.KindLoadBalancer, kind: lb.KindFrontend,
		model: newFrontend, spec: func(f *lb.Frontend) lb.FrontendSpec { return f.FrontendSpec }, canonical: rules.Frontend,
		object: func(in lb.LoadBalancerID, spec lb.FrontendSpec) (listener, error) {
			pool, inside := strings.CutPrefix(string(spec.DefaultBackend), string(in)+"/pools/")
			if !inside {
				return listener{}, invalid("defaultBackend", "no backend of this load balancer")
			}
			return listener{Name: spec.Name, Port: spec.Ports[0].From, Pool: pool}, nil
		},
	}}
}

func newFrontend(in lb.LoadBalancerID, l listener) *lb.Frontend {
	return &lb.Frontend{
		ID: lb.FrontendID(string(in) + "/listeners/" + l.ID), LoadBalancer: in, Native: &l,
		FrontendSpec: lb.FrontendSpec{
			Name: l.Name, Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(l.Port)},
			DefaultBackend: lb.BackendID(string(in) + "/pools/" + l.Pool),
		},
	}
}

type (
	otherBackends struct{ lb.UnimplementedBackends }
	pools         = resource[lb.LoadBalancerID, lb.BackendID, pool, lb.Backend, lb.BackendSpec]
	backends      struct {
		otherBackends
		pools
	}
)

// Backends manages pools.
func (p *Provider) Backends() lb.Backends {
	return backends{otherBackends{lb.UnimplementedBackends{ProviderName: providerName}}, poolsWith(p.client, nil)}
}

// poolsWith are pools of which a new one gets members.
func poolsWith(client *Client, members []lb.ServerSpec) pools {
	return pools{
		client: client, service: "backends", path: "pools", parent: lb.KindLoadBalancer, kind: lb.KindBackend,
		model: newBackend, spec: func(b *lb.Backend) lb.BackendSpec { return b.BackendSpec },
		canonical: func(spec lb.BackendSpec) (_ lb.BackendSpec, err error) {
			spec, members, err = rules.Backend(spec, members)
			return spec, err
		},
		object: func(_ lb.LoadBalancerID, spec lb.BackendSpec) (pool, error) {
			p := pool{Name: spec.Name, Port: spec.Port, Balance: string(spec.Algorithm)}
			if len(members) > 0 {
				p.Members = newMembers(members, nil)
			}
			if c := spec.HealthCheck; c != nil {
				p.Check = int(time.Duration(c.Interval) / time.Second)
			}
			return p, nil
		},
	}
}

func newBackend(in lb.LoadBalancerID, p pool) *lb.Backend {
	b := &lb.Backend{
		ID: lb.BackendID(string(in) + "/pools/" + p.ID), LoadBalancer: in, Native: &p,
		BackendSpec: lb.BackendSpec{Name: p.Name, Protocol: lb.ProtocolHTTP, Port: p.Port, Algorithm: lb.Algorithm(p.Balance)},
	}
	if p.Check > 0 {
		b.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP, Interval: lb.Duration(p.Check) * lb.Duration(time.Second)}
	}
	b.Servers = newServers(b.ID, p.Members)
	return b
}

func (s backends) Create(ctx context.Context, in lb.LoadBalancerID, spec lb.BackendSpec, servers ...lb.ServerSpec) (*lb.Backend, error) {
	return poolsWith(s.client, servers).Create(ctx, in, spec)
}

// Delete looks first whether a listener leads to the pool.
func (s backends) Delete(ctx context.Context, id lb.BackendID) error {
	what, err := on("backends.delete", lb.KindBackend, id)
	if err != nil {
		return err
	}
	b, err := do[balancer](ctx, s.client, what, http.MethodGet, above[string](id), nil)
	if err != nil {
		return err
	}
	for _, l := range b.Listeners {
		if l.Pool == path.Base(what.id) {
			return what.fail(lb.Error{Code: lb.ErrInUse, Message: "listener " + l.ID + " leads to it"})
		}
	}
	return s.pools.Delete(ctx, id)
}

func (s backends) Health(ctx context.Context, id lb.BackendID, opts lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	return list(opts, func() ([]*lb.Server, error) {
		what, err := on("backends.health", lb.KindBackend, id)
		if err != nil {
			return nil, err
		}
		b, err := s.send(ctx, what, above[lb.LoadBalancerID](id), http.MethodGet, what.id, nil)
		if err != nil {
			return nil, err
		}
		return b.Servers, nil
	}, func(server *lb.Server) *lb.ServerHealth {
		return &lb.ServerHealth{Server: server.ID, Instance: above[string](id), State: lb.Health(server.Native.(*member).State), Native: server.Native}
	})
}

// newServers are the members of a pool.
func newServers(in lb.BackendID, members []member) (all []*lb.Server) {
	for _, m := range members {
		address, _ := netip.ParseAddr(m.Address) // the zero Addr where it is none
		all = append(all, &lb.Server{
			ID: lb.ServerID(string(in) + "/members/" + m.Address), Backend: in, Native: &m,
			ServerSpec: lb.ServerSpec{Address: address, Weight: new(m.Weight)},
		})
	}
	return all
}
