package scaleway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// loadBalancers is lb.LoadBalancers.
type loadBalancers struct {
	lb.UnimplementedLoadBalancers

	p *provider
}

// List yields the load balancers of the provider's zones, zone by zone. The error
// of a zone comes after the items of the others. With WithPrivateNetworks the
// attachments of each are read as the caller comes to it.
func (s loadBalancers) List(ctx context.Context, opts lb.LoadBalancerListOptions) iter.Seq2[*lb.LoadBalancer, error] {
	zones, err := s.listed(opts)
	if err != nil {
		return rest.Fail[*lb.LoadBalancer](err)
	}
	return rest.NamedList("loadbalancers.list", inZones(ctx, zones, opts.Window, func(ctx context.Context, zone Zone, window int) iter.Seq2[*lb.LoadBalancer, error] {
		// The API's filter by tags asks for one of them, the contract's for all.
		query := LBListOptions{
			Name: opts.Name, Tags: opts.Tags, ProjectID: s.p.project, OrderBy: OrderByCreatedAtAsc,
			PageOptions: lb.PageOptions{PageSize: opts.PageSize, Window: window},
		}
		asked := window
		if s.p.dialect.networks {
			query.Window, asked = rest.ShareWindow(window)
		}
		tagged := rest.Filter(s.p.in(zone).LBs.List(ctx, query), func(b *LB) bool {
			return !slices.ContainsFunc(opts.Tags, func(tag string) bool { return !slices.Contains(b.Tags, tag) })
		})
		if s.p.dialect.networks {
			return s.withAttachments(ctx, zone, asked, tagged)
		}
		return rest.Map(tagged, func(b *LB) (*lb.LoadBalancer, error) { return s.p.dialect.neutralLoadBalancer(zone, b, nil), nil })
	}))
}

// listed are the zones that a list covers.
func (s loadBalancers) listed(opts lb.LoadBalancerListOptions) ([]Zone, error) {
	const op = "loadbalancers.list"
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return nil, err
	}
	zone := Zone(opts.Zone)
	switch {
	case zone == "" && len(s.p.zones) == 0:
		return zonesWithLoadBalancers, nil
	case zone == "":
		return s.p.zones, nil
	}
	if err := zone.validate(); err != nil {
		return nil, refusal(op, lb.KindLoadBalancer, "", "%v", err)
	}
	if err := s.p.covers(op, lb.KindLoadBalancer, "", zone); err != nil {
		return nil, err
	}
	return []Zone{zone}, nil
}

func (s loadBalancers) Get(ctx context.Context, id lb.LoadBalancerID) (_ *lb.LoadBalancer, err error) {
	defer rest.Named("loadbalancers.get", &err)
	at, err := locate(s.p, "loadbalancers.get", lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, at)
}

// Create makes a load balancer, with a new IPv4 address unless LoadBalancerOptions
// say otherwise. Where spec.Zone is empty it goes to the provider's only zone, or
// else to the client's default zone.
//
// Where the spec names private networks it then waits until the load balancer is ready,
// attaches it to one after the other, and returns when it is in all of them. Where that
// fails, what was made is returned beside the error, which has its ID.
func (s loadBalancers) Create(ctx context.Context, spec lb.LoadBalancerSpec) (_ *lb.LoadBalancer, err error) {
	const op = "loadbalancers.create"
	defer rest.Named(op, &err)
	canonical, err := s.p.dialect.LoadBalancer(spec)
	if err != nil {
		return nil, err
	}
	zone, err := s.zoneFor(canonical.Zone)
	if err != nil {
		return nil, err
	}
	options, _, err := lb.ExtensionOf[LoadBalancerOptions](canonical.Extensions)
	if err != nil {
		return nil, misfit(op, lb.KindLoadBalancer, "", extensionPath, "%v", err)
	}
	addresses, err := addressesIn(op, zone, options.Addresses)
	if err != nil {
		return nil, err
	}
	networks := options.PrivateNetworks
	options.PrivateNetworks = nil // it is made without
	canonical.Zone, canonical.Extensions = string(zone), lb.Extend(options)
	api := s.p.in(zone)
	made, err := create(ctx, s.p.client, subject{op: op, kind: lb.KindLoadBalancer, name: canonical.Name}, creation[LB]{
		send: func(ctx context.Context) (*LB, error) {
			return api.LBs.Create(ctx, newLoadBalancer(canonical, options, addresses))
		},
		look: func(ctx context.Context) iter.Seq2[*LB, error] {
			return api.LBs.List(ctx, LBListOptions{Name: canonical.Name, OrderBy: OrderByCreatedAtAsc})
		},
		same:    func(b *LB) bool { return s.outcome(zone, b, canonical, options.Project, addresses) },
		created: func(b *LB) time.Time { return b.CreatedAt },
		id:      func(b *LB) string { return string(FormatLoadBalancerID(zone, b.ID)) },
	})
	if err != nil {
		return nil, err
	}
	model := s.p.dialect.neutralLoadBalancer(zone, made, nil)
	if len(networks) == 0 {
		return model, nil
	}
	connected, err := s.begin(ctx, op, site{API: api, zone: zone, uuid: made.ID}, made, networks)
	if err != nil {
		return model, madeApart(op, model.ID, err)
	}
	return connected, nil
}

// begin attaches a new load balancer to its first private networks.
func (s loadBalancers) begin(ctx context.Context, op string, at site, made *LB, networks []AttachedNetwork) (*lb.LoadBalancer, error) {
	unlock, err := s.p.lock(ctx, op, lb.KindLoadBalancer, string(FormatLoadBalancerID(at.zone, at.uuid)))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := s.connect(ctx, op, at, made, nil, connection{attach: networks}); err != nil {
		return nil, err
	}
	return s.read(ctx, at)
}

// zoneFor is where a load balancer is created.
func (s loadBalancers) zoneFor(asked string) (Zone, error) {
	const op = "loadbalancers.create"
	switch {
	case asked != "":
		return Zone(asked), nil
	case len(s.p.zones) == 1:
		return s.p.zones[0], nil
	case s.p.client.zone == "":
		return "", misfit(op, lb.KindLoadBalancer, "", "zone", "must be said: the provider has several, and the client has no default")
	}
	if err := s.p.covers(op, lb.KindLoadBalancer, "", s.p.client.zone); err != nil {
		return "", err
	}
	return s.p.client.zone, nil
}

// addressesIn are the UUIDs of addresses, which must be in the load balancer's
// zone (facts 12).
func addressesIn(op string, zone Zone, ids []lb.AddressID) ([]string, error) {
	var uuids []string
	for i, id := range ids {
		path := fmt.Sprintf("%s.addresses[%d]", extensionPath, i)
		where, uuid, err := ParseAddressID(id)
		switch {
		case err != nil:
			return nil, misfit(op, lb.KindLoadBalancer, "", path, "%q: not an ID of this provider", id)
		case where != zone:
			return nil, misfit(op, lb.KindLoadBalancer, "", path, "%q: in another zone than %s", id, zone)
		}
		uuids = append(uuids, uuid)
	}
	return uuids, nil
}

// outcome reports whether b is what a creation would have made, in project if that
// was said.
func (s loadBalancers) outcome(zone Zone, b *LB, want lb.LoadBalancerSpec, project string, addresses []string) bool {
	for _, uuid := range addresses {
		if !slices.ContainsFunc(b.IP, func(ip IP) bool { return ip.ID == uuid }) {
			return false
		}
	}
	o := s.p.dialect.loadBalancerReported(b, nil)
	if project == b.ProjectID { // the default one may be asked for, and is not reported
		o.Project = project
	}
	got := loadBalancerSpec(zone, b, &o)
	if len(addresses) > 0 { // these say which families there are
		got.Extensions, want.Extensions = got.Extensions.Without(providerName), want.Extensions.Without(providerName)
	}
	return lb.Equal(got, want)
}

// Update changes name, tags, TLS policy and description by one call, the private networks
// by one for each that comes or goes, and last the plan by another, which begins a
// migration: the plan that is read back changes when that has ended (see lb.WaitReady).
//
// Each network is waited for: until it is attached, or gone. One whose attachment fails is
// an *lb.StateError with the network's ID. After an error the same call again goes on.
func (s loadBalancers) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (_ *lb.LoadBalancer, err error) {
	const op = "loadbalancers.update"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return nil, err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindLoadBalancer, string(id))
	if err != nil {
		return nil, err
	}
	defer unlock()
	b, attached, err := s.readWhole(ctx, at)
	if err != nil {
		return nil, err
	}
	c, err := s.desired(op, at.zone, b, attached, change)
	if err != nil {
		return nil, err
	}
	updated, err := s.put(ctx, at, b, c)
	if err != nil {
		return nil, err
	}
	if !c.networks.isNothing() {
		if err := s.connect(ctx, op, at, updated, attached, c.networks); err != nil {
			return nil, err
		}
		if updated, attached, err = s.readWhole(ctx, at); err != nil {
			return nil, err
		}
	}
	if c.before.Plan != c.after.Plan {
		if updated, err = migrate(ctx, at, c.after.Plan); err != nil {
			return nil, err
		}
	}
	return s.p.dialect.neutralLoadBalancer(at.zone, updated, attached), nil
}

// loadBalancerChange is what a load balancer is and is to be, in canonical form.
type loadBalancerChange struct {
	before, after lb.LoadBalancerSpec
	was, now      LoadBalancerOptions
	networks      connection
}

// desired is what b is, and what change makes of it.
func (s loadBalancers) desired(op string, zone Zone, b *LB, attached []*PrivateNetwork, change func(*lb.LoadBalancerSpec) error) (c loadBalancerChange, err error) {
	live := s.p.dialect.loadBalancerSpec(zone, b, attached)
	wanted := lb.Clone(live)
	if err := change(&wanted); err != nil {
		return c, rest.OfCaller(err)
	}
	var known, found lb.Problems
	c.before, known = s.p.dialect.loadBalancer(live)
	c.after, found = s.p.dialect.loadBalancer(wanted)
	if err := caused(known, found); err != nil {
		return c, err
	}
	if c.after.Zone == "" {
		c.after.Zone = c.before.Zone
	}
	p := &problems{kind: lb.KindLoadBalancer}
	if c.after.Zone != c.before.Zone {
		p.unsupported("loadbalancer.zone.update", "zone", c.after.Zone, "a load balancer stays in its zone")
	}
	c.was, _ = extensionOf[LoadBalancerOptions](p, extensionPath, c.before.Extensions)
	c.now, _ = extensionOf[LoadBalancerOptions](p, extensionPath, c.after.Extensions)
	if err := p.list.Err(); err != nil {
		return c, err
	}
	p.fixedOptions(op, zone, b, c.was, c.now)
	p.readdressed(attached, c.was.PrivateNetworks, c.now.PrivateNetworks)
	c.networks = newConnection(attached, c.was.PrivateNetworks, c.now.PrivateNetworks)
	return c, p.list.Err()
}

// fixedOptions refuses changes of what counts at creation alone.
func (p *problems) fixedOptions(op string, zone Zone, b *LB, was, now LoadBalancerOptions) {
	const path = extensionPath
	if now.Project != was.Project && now.Project != b.ProjectID {
		p.unsupported(featureProject, path+".project", now.Project, "a load balancer stays in its project")
	}
	const reason = "addresses are given at creation"
	if was.NoIPv4 != now.NoIPv4 && len(now.Addresses) == 0 {
		p.unsupported(featureFlexibleIPs, path+".noIPv4", now.NoIPv4, reason)
	}
	if was.IPv6 != now.IPv6 && len(now.Addresses) == 0 {
		p.unsupported(featureFlexibleIPs, path+".ipv6", now.IPv6, reason)
	}
	if len(now.Addresses) == 0 {
		return
	}
	uuids, err := addressesIn(op, zone, now.Addresses)
	if err != nil {
		p.list = append(p.list, err)
		return
	}
	attached := make([]string, len(b.IP))
	for i, ip := range b.IP {
		attached[i] = ip.ID
	}
	if !slices.Equal(sortedSet(uuids), sortedSet(attached)) {
		p.unsupported(featureFlexibleIPs, path+".addresses", now.Addresses, reason)
	}
}

// put sends what Scaleway changes by PUT, if any of it did.
func (s loadBalancers) put(ctx context.Context, at site, b *LB, c loadBalancerChange) (*LB, error) {
	live := NewLBUpdate(b)
	update := merge(live, wireLoadBalancer(c.before, c.was), wireLoadBalancer(c.after, c.now))
	if reflect.DeepEqual(live, update) {
		return b, nil
	}
	updated, err := at.LBs.Update(ctx, at.uuid, update)
	if err != nil {
		return nil, err
	}
	if c.before.TLSPolicy != c.after.TLSPolicy { // nothing else of it reaches the instances
		s.p.client.writes.wrote(FormatLoadBalancerID(at.zone, at.uuid), updated.UpdatedAt)
	}
	return updated, nil
}

// migrate changes the offer. A load balancer that is migrating, or has the offer,
// after a call whose outcome is unknown tells that outcome.
func migrate(ctx context.Context, at site, plan string) (*LB, error) {
	b, err := at.LBs.Migrate(ctx, at.uuid, plan)
	if !errors.Is(err, lb.ErrUncertain) || ctx.Err() != nil {
		return b, err
	}
	now, lookErr := at.LBs.Get(ctx, at.uuid)
	if lookErr == nil && (now.HasType(plan) || now.Status == LBStatusMigrating) {
		return now, nil
	}
	return nil, err
}

// Delete removes a load balancer with all that is in it, by one call. Its
// addresses are kept unless opts says otherwise.
func (s loadBalancers) Delete(ctx context.Context, id lb.LoadBalancerID, opts lb.DeleteLoadBalancerOptions) (err error) {
	const op = "loadbalancers.delete"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindLoadBalancer, id, ParseLoadBalancerID)
	if err != nil {
		return err
	}
	unlock, err := s.p.lock(ctx, op, lb.KindLoadBalancer, string(id))
	if err != nil {
		return err
	}
	defer unlock()
	if err := at.LBs.Delete(ctx, at.uuid, LBDeleteOptions{ReleaseIP: opts.ReleaseAddresses}); err != nil {
		return err
	}
	s.p.client.writes.gone(id)
	return nil
}

// EgressRanges is unsupported: Scaleway does not tell them.
func (s loadBalancers) EgressRanges(_ context.Context, id lb.LoadBalancerID) (_ []netip.Prefix, err error) {
	defer rest.Named("loadbalancers.egressRanges", &err)
	if _, err := locate(s.p, string(featureEgress), lb.KindLoadBalancer, id, ParseLoadBalancerID); err != nil {
		return nil, err
	}
	return nil, &lb.UnsupportedError{
		Provider: providerName, Feature: featureEgress,
		Reason: "Scaleway does not tell its source addresses", Hint: features[featureEgress].Hint,
	}
}
