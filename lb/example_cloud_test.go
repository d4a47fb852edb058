package lb_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// cloud is what the examples run against: a provider in memory, with one load balancer,
// on which every look sees things one step further. It has the methods that the examples
// need; what it embeds answers to the rest.
type cloud struct {
	lb.UnimplementedProvider
	step int
}

func newCloud() *cloud {
	return &cloud{UnimplementedProvider: lb.UnimplementedProvider{ProviderName: "cloud"}}
}

func (c *cloud) Capabilities() lb.Capabilities {
	return lb.Capabilities{Provider: "cloud", Features: map[lb.Feature]lb.Support{
		"server.disabled":      {Supported: true},
		"loadbalancers.create": {Hint: "order one in the console"},
	}}
}

func (c *cloud) LoadBalancers() lb.LoadBalancers { return &cloudLoadBalancers{cloud: c} }
func (c *cloud) Backends() lb.Backends           { return &cloudBackends{cloud: c} }
func (c *cloud) Certificates() lb.Certificates   { return &cloudCertificates{cloud: c} }
func (c *cloud) Operations() lb.Operations       { return &cloudOperations{cloud: c} }

// next is the next of states; the last one stays.
func next[T any](c *cloud, states ...T) T {
	state := states[min(c.step, len(states)-1)]
	c.step++
	return state
}

type cloudLoadBalancers struct {
	lb.UnimplementedLoadBalancers
	*cloud
}

func (c *cloudLoadBalancers) Get(_ context.Context, id lb.LoadBalancerID) (*lb.LoadBalancer, error) {
	if id != "lb-1" {
		return nil, &lb.Error{
			Code: lb.ErrNotFound, Provider: "cloud", Op: "loadbalancers.get", Kind: lb.KindLoadBalancer, ID: string(id),
			Status: 404, RequestID: "req-7",
		}
	}
	return &lb.LoadBalancer{
		ID: id, LoadBalancerSpec: lb.LoadBalancerSpec{Name: "edge"},
		Provisioning: next(c.cloud, lb.ProvisioningPending, lb.ProvisioningUpdating, lb.ProvisioningReady),
	}, nil
}

func (c *cloudLoadBalancers) Commit(context.Context, lb.LoadBalancerID, lb.CommitOptions) (*lb.Operation, error) {
	return &lb.Operation{ID: "lb-1/commit/1", LoadBalancer: "lb-1", Action: "commit", Status: lb.OperationPending}, nil
}

type cloudBackends struct {
	lb.UnimplementedBackends
	*cloud
}

func (c *cloudBackends) List(_ context.Context, _ lb.LoadBalancerID, opts lb.ListOptions) iter.Seq2[*lb.Backend, error] {
	return func(yield func(*lb.Backend, error) bool) {
		for i, name := range []string{"app", "api", "api"} {
			if opts.Name != "" && opts.Name != name {
				continue
			}
			id := lb.BackendID(fmt.Sprintf("be-%d", i+1))
			if !yield(&lb.Backend{ID: id, LoadBalancer: "lb-1", BackendSpec: lb.BackendSpec{Name: name}}, nil) {
				return
			}
		}
	}
}

func (c *cloudBackends) Health(context.Context, lb.BackendID, lb.PageOptions) iter.Seq2[*lb.ServerHealth, error] {
	return func(yield func(*lb.ServerHealth, error) bool) {
		first := &lb.ServerHealth{Server: "srv-1", Instance: "i-1", State: lb.HealthHealthy}
		second := &lb.ServerHealth{Server: "srv-2", Instance: "i-1", State: next(c.cloud, lb.HealthUnknown, lb.HealthHealthy)}
		_ = yield(first, nil) && yield(second, nil)
	}
}

type cloudCertificates struct {
	lb.UnimplementedCertificates
	*cloud
}

func (c *cloudCertificates) Get(_ context.Context, id lb.CertificateID) (*lb.Certificate, error) {
	return next(c.cloud,
		&lb.Certificate{ID: id, Provisioning: lb.ProvisioningPending},
		&lb.Certificate{ID: "cert-5", Provisioning: lb.ProvisioningReady, Domains: []string{"www.example.org"}},
	), nil
}

type cloudOperations struct {
	lb.UnimplementedOperations
	*cloud
}

func (c *cloudOperations) Get(_ context.Context, id lb.OperationID) (*lb.Operation, error) {
	return next(c.cloud,
		&lb.Operation{ID: id, Status: lb.OperationRunning, Progress: 50},
		&lb.Operation{ID: id, Status: lb.OperationDone, Progress: 100},
	), nil
}
