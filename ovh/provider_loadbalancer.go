package ovh

import (
	"context"
	"iter"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralLoadBalancers is lb.LoadBalancers.
type neutralLoadBalancers struct {
	lb.UnimplementedLoadBalancers
	p *provider
}

// loadBalancerOf is a service as a neutral load balancer. Its zone is left empty,
// since it may have several: they are in Zones.
func loadBalancerOf(l *LoadBalancer) (*lb.LoadBalancer, error) {
	r := reading{kind: lb.KindLoadBalancer, id: l.ServiceName}
	out := &lb.LoadBalancer{
		ID: FormatLoadBalancerID(l.ServiceName),
		LoadBalancerSpec: lb.LoadBalancerSpec{
			Name:      l.DisplayName,
			Tags:      tagsOf(l.IAM),
			Plan:      l.Offer,
			TLSPolicy: lb.TLSPolicy(l.SSLConfiguration),
		},
		Provisioning: provisioningOf(l.State),
		Zones:        slices.Clone(l.Zone),
		Native:       l,
	}
	if out.TLSPolicy == "" {
		out.TLSPolicy = lb.TLSPolicyIntermediate
	}
	for _, text := range []string{l.IPv4, l.IPv6} {
		if text != "" {
			out.Addresses = append(out.Addresses, r.address("address", text))
		}
	}
	return out, r.err()
}

// tagsOf are the tags of a service, "key=value" or "key".
func tagsOf(iam *IAM) []string {
	if iam == nil {
		return nil
	}
	tags := make([]string, 0, len(iam.Tags))
	for key, value := range iam.Tags {
		if value != "" {
			key += "=" + value
		}
		tags = append(tags, key)
	}
	return sortedTags(tags)
}

// provisioningOf is the life of a service. A word that nobody knows stays as it is.
func provisioningOf(state LoadBalancerState) lb.Provisioning {
	switch state {
	case StateOK:
		return lb.ProvisioningReady
	case StateSuspended, StateQuarantined, StateBlacklisted:
		return lb.ProvisioningSuspended
	case StateDeleted, StateFree:
		return lb.ProvisioningDeleting
	case "":
		return lb.ProvisioningUnknown
	default:
		return lb.Provisioning(state)
	}
}

// List yields the services of the account that opts select; the API is asked for
// all of them.
func (s neutralLoadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	list := s.p.client.LoadBalancers.List(ctx, LoadBalancerListOptions{PageOptions: opts.PageOptions})
	all := rest.Map(list, loadBalancerOf)
	return namedList("loadbalancers.list", rest.Filter(all, func(l *lb.LoadBalancer) bool {
		return (opts.Name == "" || l.Name == opts.Name) &&
			(opts.Zone == "" || slices.Contains(l.Zones, opts.Zone)) &&
			!slices.ContainsFunc(opts.Tags, func(tag string) bool { return !slices.Contains(l.Tags, tag) })
	}))
}

// Get reads one service.
func (s neutralLoadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (_ *lb.LoadBalancer, err error) {
	defer named("loadbalancers.get", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, service)
}

func (s neutralLoadBalancers) read(ctx context.Context, service string) (*lb.LoadBalancer, error) {
	l, err := s.p.client.LoadBalancers.Get(ctx, service)
	if err != nil {
		return nil, err
	}
	return loadBalancerOf(l)
}

// Create is not supported: a service is ordered.
func (s neutralLoadBalancers) Create(context.Context, lb.LoadBalancerSpec) (*lb.LoadBalancer, error) {
	return nil, byOrder("loadbalancers.create", "a load balancer is ordered and paid for")
}

// Delete is not supported: a service is terminated with a token that OVH mails.
func (s neutralLoadBalancers) Delete(context.Context, lb.LoadBalancerID, lb.DeleteLoadBalancerOptions) error {
	return byOrder("loadbalancers.delete", "a load balancer is terminated with a token that OVH mails to its owner")
}

func byOrder(feature lb.Feature, reason string) error {
	return &lb.UnsupportedError{Provider: providerName, Feature: feature, Reason: reason, Hint: features[feature].Hint}
}

// Update changes the name and the TLS policy.
func (s neutralLoadBalancers) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (_ *lb.LoadBalancer, err error) {
	defer named("loadbalancers.update", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	current, err := s.read(ctx, service)
	if err != nil {
		return nil, err
	}
	desired := lb.Clone(current.LoadBalancerSpec)
	if err := change(&desired); err != nil {
		return nil, err
	}
	update, err := loadBalancerChange(current.LoadBalancerSpec, desired)
	if err != nil {
		return nil, err
	}
	if nothing(update) {
		return current, nil
	}
	if err := s.p.client.LoadBalancers.Update(ctx, service, update); err != nil {
		return nil, err
	}
	return s.read(ctx, service)
}

// loadBalancerChange is what to send to make current into desired, if that is
// possible.
func loadBalancerChange(current, desired lb.LoadBalancerSpec) (LoadBalancerUpdate, error) {
	before, after, problems := changed(canonicalLoadBalancer, current, desired)
	f := &findings{kind: lb.KindLoadBalancer, leaf: "loadbalancer", problems: problems}
	if !slices.Equal(before.Tags, after.Tags) {
		f.lacks("loadbalancer.tags.update", "tags", after.Tags, "OVH keeps tags elsewhere")
	}
	createOnly(f, "plan", before.Plan, after.Plan)
	var update LoadBalancerUpdate
	nullable(&update.DisplayName, before.Name, after.Name)
	nullable(&update.SSLConfiguration, SSLConfiguration(before.TLSPolicy), SSLConfiguration(after.TLSPolicy))
	return update, f.problems.Err()
}

// EgressRanges are the blocks from which all zones of the service speak to servers.
func (s neutralLoadBalancers) EgressRanges(ctx context.Context, id lb.LoadBalancerID) (_ []netip.Prefix, err error) {
	defer named("loadbalancers.egressRanges", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	zones, err := s.p.client.LoadBalancers.NATIPs(ctx, service)
	if err != nil {
		return nil, err
	}
	r := reading{kind: lb.KindLoadBalancer, id: service}
	var blocks []string
	for _, zone := range zones {
		blocks = append(blocks, zone.IP...)
	}
	return r.prefixes("natIp", blocks), r.err()
}
