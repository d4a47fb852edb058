package ovh

import (
	"context"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// ProviderOption changes what a provider does.
type ProviderOption func(*providerOptions)

type providerOptions struct {
	lookBefore          bool
	loadBalancerOptions bool
}

// WithLookBefore lists before each create, so that a create whose outcome is
// unknown can be told from an older object of the same name: the one that is there
// now and was not before is returned. Without it such a create is ErrUncertain and
// names the objects that may be it. It costs a request for each backend, frontend and
// certificate created; servers are listed in any case.
func WithLookBefore() ProviderOption {
	return func(o *providerOptions) { o.lookBefore = true }
}

// WithLoadBalancerOptions makes LoadBalancerOptions a part of each load balancer: the
// alerts of its quotas and its streams of logs are read with it, and Update writes
// them. Without it they are left alone, and a spec that has LoadBalancerOptions is
// refused.
//
// A load balancer whose spec has none is then to have none: an Update, or a topology,
// that leaves them out clears every alert and ends every stream that is there.
//
// It costs two requests more for each load balancer that Get, List, Read or Update
// reads, GET …/quota and GET …/log/subscription; where the API does not grant pages of
// objects, one more for each zone and each stream. They need rights of their own, below
// /ipLoadbalancing/{serviceName}: GET on /quota, /quota/*, /log/subscription and
// /log/subscription/*; to write, PUT on /quota/*, POST on /log/subscription and DELETE
// on /log/subscription/*. Without those to read, every load balancer is ErrForbidden.
func WithLoadBalancerOptions() ProviderOption {
	return func(o *providerOptions) { o.loadBalancerOptions = true }
}

// NewProvider is the neutral view of c, which must not be nil; ClientOf is the way
// back. What it writes is staged: lb.Publish, or LoadBalancers().Commit, makes it
// live.
//
// Writes to one load balancer come one after the other; reads do not wait. A
// change function of an Update runs while other writes to its load balancer wait,
// and so must not make any itself.
func NewProvider(c *Client, opts ...ProviderOption) lb.Provider {
	p := &provider{
		UnimplementedProvider: lb.UnimplementedProvider{ProviderName: providerName},
		client:                c,
	}
	for _, opt := range opts {
		opt(&p.providerOptions)
	}
	return p
}

// ClientOf is the client that p, or a provider that p wraps and shows by a method
// Unwrap() lb.Provider, was made from.
func ClientOf(p lb.Provider) (*Client, bool) {
	own, ok := rest.ProviderAs[*provider](p)
	if !ok {
		return nil, false
	}
	return own.client, true
}

// provider is the lb.Provider of a client.
type provider struct {
	lb.UnimplementedProvider
	providerOptions

	client *Client
}

// Name is "ovh".
func (p *provider) Name() string { return providerName }

// Capabilities are those of every OVH load balancer.
func (p *provider) Capabilities() lb.Capabilities {
	all := capabilities()
	if p.loadBalancerOptions {
		for _, feature := range loadBalancerOptionsFeatures {
			all.Features[feature] = lb.Support{Supported: true}
		}
	}
	return all
}

// Dialect is how OVH understands specs.
func (p *provider) Dialect() lb.Dialect { return p.dialect() }

func (p *provider) dialect() dialect {
	return dialect{lb.UnimplementedDialect{ProviderName: providerName}, p.loadBalancerOptions}
}

// LoadBalancers are the services of the account.
func (p *provider) LoadBalancers() lb.LoadBalancers {
	return neutralLoadBalancers{UnimplementedLoadBalancers: lb.UnimplementedLoadBalancers{ProviderName: providerName}, p: p}
}

// Frontends are those of all three protocols.
func (p *provider) Frontends() lb.Frontends {
	return neutralFrontends{UnimplementedFrontends: lb.UnimplementedFrontends{ProviderName: providerName}, p: p}
}

// Backends are the farms of all three protocols.
func (p *provider) Backends() lb.Backends {
	return neutralBackends{UnimplementedBackends: lb.UnimplementedBackends{ProviderName: providerName}, p: p}
}

// Servers are those of farms.
func (p *provider) Servers() lb.Servers {
	return neutralServers{UnimplementedServers: lb.UnimplementedServers{ProviderName: providerName}, p: p}
}

// Filters are routes that reject or redirect, and the sources of frontends.
func (p *provider) Filters() lb.Filters { return p.filterService() }

// Routes are those that lead to a farm.
func (p *provider) Routes() lb.Routes { return p.routeService() }

// Certificates are those of load balancers.
func (p *provider) Certificates() lb.Certificates { return p.certificateService() }

// Addresses are the load balancers' own and what is routed to them.
func (p *provider) Addresses() lb.Addresses { return p.addressService() }

// Operations are the tasks of load balancers, and of addresses on their way.
func (p *provider) Operations() lb.Operations {
	return neutralOperations{UnimplementedOperations: lb.UnimplementedOperations{ProviderName: providerName}, p: p}
}

// writing waits until no other write of this client's providers to the service is
// under way.
func (p *provider) writing(ctx context.Context, service string) (done func(), err error) {
	done, err = p.client.writes.Lock(ctx, service)
	if err != nil {
		return nil, &lb.Error{Code: lb.ErrUnavailable, Provider: providerName, Message: "waiting for another write to " + service, Err: err}
	}
	return done, nil
}

// invalid is an error of a call that is refused before anything is sent.
func invalid(kind lb.Kind, id, message string) *lb.Error {
	return &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Kind: kind, ID: id, Message: message}
}
