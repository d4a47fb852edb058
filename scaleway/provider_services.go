package scaleway

import "github.com/lbkit/lbkit/lb"

// services are those of a provider, made once: to make one at each call would cost an
// allocation.
type services struct {
	loadBalancers loadBalancers
	frontends     frontends
	backends      backends
	servers       servers
	filters       filters
	routes        routes
	certificates  certificates
	flexibleIPs   flexibleIPs
	following     following
}

func newServices(p *provider) services {
	return services{
		loadBalancers: loadBalancers{lb.UnimplementedLoadBalancers{ProviderName: providerName}, p},
		frontends:     frontends{lb.UnimplementedFrontends{ProviderName: providerName}, p},
		backends:      backends{lb.UnimplementedBackends{ProviderName: providerName}, p},
		servers:       servers{lb.UnimplementedServers{ProviderName: providerName}, p},
		filters:       filters{lb.UnimplementedFilters{ProviderName: providerName}, p},
		routes:        routes{lb.UnimplementedRoutes{ProviderName: providerName}, p},
		certificates:  certificates{lb.UnimplementedCertificates{ProviderName: providerName}, p},
		flexibleIPs:   flexibleIPs{lb.UnimplementedAddresses{ProviderName: providerName}, p},
		following:     following{lb.UnimplementedOperations{ProviderName: providerName}, p},
	}
}

func (p *provider) LoadBalancers() lb.LoadBalancers { return &p.services.loadBalancers }
func (p *provider) Frontends() lb.Frontends         { return &p.services.frontends }
func (p *provider) Backends() lb.Backends           { return &p.services.backends }
func (p *provider) Servers() lb.Servers             { return &p.services.servers }
func (p *provider) Filters() lb.Filters             { return &p.services.filters }
func (p *provider) Routes() lb.Routes               { return &p.services.routes }
func (p *provider) Certificates() lb.Certificates   { return &p.services.certificates }
func (p *provider) Addresses() lb.Addresses         { return &p.services.flexibleIPs }
func (p *provider) Operations() lb.Operations       { return &p.services.following }
