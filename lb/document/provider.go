package document

import (
	"github.com/lbkit/lbkit/internal/locks"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
)

// Provider is an [lb.Provider] of what a [Store] keeps. It has the services LoadBalancers,
// Frontends, Backends, Servers, Filters and Routes; whoever has certificates, addresses or
// operations as well embeds a *Provider in a type with methods of its own.
//
// A call that the capabilities do not list is refused with [lb.ErrUnsupported].
type Provider struct {
	lb.UnimplementedProvider

	rules dialect.Rules
	store Store
	turns locks.Keyed // of writes, by load balancer: at once they would only get in each other's way

	// What the store can do besides; nil where it cannot, and then no capability says so.
	health  HealthReader
	egress  EgressReader
	creator Creator
	deleter Deleter
}

var _ lb.Provider = (*Provider)(nil)

// New makes a provider with the name and the capabilities in rules, less the calls that need
// more of the Store than it is. Writes of the Store are live at once: nothing is ever pending,
// and a commit is done when it begins.
//
// Capabilities do not list "server.address.update" and "server.port.update": a server is its
// address and port, and another one with others. "loadbalancers.delete.releaseAddresses" is
// taken out, as a [Deleter] is not told of it.
func New(rules dialect.Rules, store Store) *Provider {
	rules.Capabilities = rules.Capabilities.Clone()
	p := &Provider{UnimplementedProvider: lb.UnimplementedProvider{ProviderName: rules.Capabilities.Provider}, rules: rules, store: store}
	var can bool
	if p.health, can = store.(HealthReader); !can {
		p.lacks("loadbalancers.health", "backends.health")
	}
	if p.egress, can = store.(EgressReader); !can {
		p.lacks("loadbalancers.egressRanges")
	}
	if p.creator, can = store.(Creator); !can {
		p.lacks("loadbalancers.create")
	}
	if p.deleter, can = store.(Deleter); !can {
		p.lacks("loadbalancers.delete")
	}
	p.lacks("loadbalancers.delete.releaseAddresses") // a Deleter is not told
	return p
}

// lacks takes calls out of the capabilities, if they are there: a hint stays.
func (p *Provider) lacks(calls ...lb.Feature) {
	for _, call := range calls {
		if p.rules.Capabilities.Has(call) {
			delete(p.rules.Capabilities.Features, call)
		}
	}
}

// Capabilities are those of New.
func (p *Provider) Capabilities() lb.Capabilities { return p.rules.Capabilities.Clone() }

// Dialect is the rules that New was given.
func (p *Provider) Dialect() lb.Dialect { return p.rules }

// LoadBalancers lists and reads documents, and changes their own settings.
func (p *Provider) LoadBalancers() lb.LoadBalancers { return loadBalancers{p: p} }

// Frontends are those of documents. One that leads to a backend that is not in its document,
// or listens where another does, is refused before it is written.
func (p *Provider) Frontends() lb.Frontends { return frontends{p: p} }

// Backends are those of documents. One that a frontend or a route leads to is not deleted.
func (p *Provider) Backends() lb.Backends { return backends{p: p} }

// Servers are those of backends in documents. However many a call is about, it is one write
// for each load balancer: all of it is done, or nothing.
func (p *Provider) Servers() lb.Servers { return servers{p: p} }

// Filters are those of frontends in documents.
func (p *Provider) Filters() lb.Filters { return filters{p: p} }

// Routes are those of frontends in documents.
func (p *Provider) Routes() lb.Routes { return routes{p: p} }
