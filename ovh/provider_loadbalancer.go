package ovh

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"strings"

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
	out.Addresses = ownAddresses(&r, l)
	return out, r.err()
}

// ownAddresses are the addresses that came with a load balancer, the main one first.
// IPv4 may be null, the main address never is (facts 5.2).
func ownAddresses(r *reading, l *LoadBalancer) []netip.Addr {
	var own []netip.Addr
	for _, text := range []string{l.IPLoadBalancing, l.IPv4, l.IPv6} {
		if text == "" {
			continue
		}
		if address := r.address("address", text); !slices.Contains(own, address) {
			own = append(own, address)
		}
	}
	return own
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
// all of them, and then, with WithLoadBalancerOptions, for the options of those.
func (s neutralLoadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	const op = "loadbalancers.list"
	if !s.p.loadBalancerOptions {
		return rest.NamedList(op, s.selected(ctx, opts))
	}
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return rest.Fail[*lb.LoadBalancer](err)
	}
	var asked int
	opts.Window, asked = rest.ShareWindow(opts.Window)
	return rest.NamedList(op, rest.MapAhead(ctx, s.selected(ctx, opts), asked, func(ctx context.Context, l *lb.LoadBalancer) (*lb.LoadBalancer, error) {
		own, err := s.apart(ctx, string(l.ID), lb.PageOptions{Window: 1})
		if err != nil {
			return nil, err
		}
		l.Extensions = own.extensions()
		return l, nil
	}))
}

// selected are the services that opts select, without what the API keeps apart.
func (s neutralLoadBalancers) selected(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	list := s.p.client.LoadBalancers.List(ctx, LoadBalancerListOptions{PageOptions: opts.PageOptions})
	return rest.Filter(rest.Map(list, loadBalancerOf), func(l *lb.LoadBalancer) bool {
		return (opts.Name == "" || l.Name == opts.Name) &&
			(opts.Zone == "" || slices.ContainsFunc(l.Zones, func(zone string) bool { return strings.EqualFold(zone, opts.Zone) })) &&
			!slices.ContainsFunc(opts.Tags, func(tag string) bool { return !slices.Contains(l.Tags, tag) })
	})
}

// Get reads one service.
func (s neutralLoadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (_ *lb.LoadBalancer, err error) {
	defer rest.Named("loadbalancers.get", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, service)
}

// read reads a service and, with WithLoadBalancerOptions, what the API keeps apart from
// it.
func (s neutralLoadBalancers) read(ctx context.Context, service string) (*lb.LoadBalancer, error) {
	l, _, err := s.readWhole(ctx, service)
	return l, err
}

func (s neutralLoadBalancers) readWhole(ctx context.Context, service string) (out *lb.LoadBalancer, own apart, err error) {
	tasks := []func(context.Context) error{func(ctx context.Context) error {
		l, err := s.p.client.LoadBalancers.Get(ctx, service)
		if err != nil {
			return err
		}
		out, err = loadBalancerOf(l)
		return err
	}}
	if s.p.loadBalancerOptions {
		tasks = append(tasks, func(ctx context.Context) (err error) {
			own, err = s.apart(ctx, service, lb.PageOptions{})
			return err
		})
	}
	if err := rest.Together(ctx, tasks...); err != nil {
		return nil, apart{}, err
	}
	out.Extensions = own.extensions()
	return out, own, nil
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

// Update changes the name, the TLS policy and, with WithLoadBalancerOptions, the
// options, in this order. After an error the same call again goes on.
func (s neutralLoadBalancers) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (_ *lb.LoadBalancer, err error) {
	defer rest.Named("loadbalancers.update", &err)
	service, err := ParseLoadBalancerID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	current, own, err := s.readWhole(ctx, service)
	if err != nil {
		return nil, err
	}
	desired := lb.Clone(current.LoadBalancerSpec)
	if err := change(&desired); err != nil {
		return nil, rest.OfCaller(err)
	}
	update, options, err := s.p.dialect().loadBalancerChange(current, desired)
	switch {
	case err != nil:
		return nil, err
	case nothing(update) && nothing(options):
		return current, nil
	case !nothing(update):
		if err := s.p.client.LoadBalancers.Update(ctx, service, update); err != nil {
			return nil, err
		}
	}
	if err := s.changeOptions(ctx, service, own, options); err != nil {
		return nil, err
	}
	return s.read(ctx, service)
}

// loadBalancerChange is what to send to make current into desired, if that is
// possible.
func (d dialect) loadBalancerChange(current *lb.LoadBalancer, desired lb.LoadBalancerSpec) (LoadBalancerUpdate, optionsChange, error) {
	before, after, problems := changed(d.canonicalLoadBalancer, current.LoadBalancerSpec, desired)
	f := &findings{kind: lb.KindLoadBalancer, leaf: "loadbalancer", problems: problems}
	if !slices.Equal(before.Tags, after.Tags) {
		f.lacks("loadbalancer.tags.update", "tags", after.Tags, "OVH keeps tags elsewhere")
	}
	createOnly(f, "plan", before.Plan, after.Plan)
	options := f.optionsChange(before, after, current.Zones)
	var update LoadBalancerUpdate
	nullable(&update.DisplayName, before.Name, after.Name)
	nullable(&update.SSLConfiguration, SSLConfiguration(before.TLSPolicy), SSLConfiguration(after.TLSPolicy))
	return update, options, f.problems.Err()
}

// EgressRanges are the blocks from which all zones of the service speak to servers.
func (s neutralLoadBalancers) EgressRanges(ctx context.Context, id lb.LoadBalancerID) (_ []netip.Prefix, err error) {
	defer rest.Named("loadbalancers.egressRanges", &err)
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
