package scaleway

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// flexibleIPs is lb.Addresses. None of its writes reaches the instances: an address
// works as soon as it is attached.
type flexibleIPs struct {
	lb.UnimplementedAddresses

	p *provider
}

// attachAction is what the operation of Attach does.
const attachAction = "attach"

// List yields the addresses of the provider's zones, zone by zone. Those of one load
// balancer are looked for in its zone alone; the API has no filter for them.
func (s flexibleIPs) List(ctx context.Context, opts lb.AddressListOptions) iter.Seq2[*lb.Address, error] {
	const op = "addresses.list"
	if err := rest.CheckPages(providerName, op, opts.PageOptions); err != nil {
		return rest.Fail[*lb.Address](err)
	}
	zones, owner := s.p.zones, ""
	if opts.LoadBalancer != "" {
		at, err := locate(s.p, op, lb.KindLoadBalancer, opts.LoadBalancer, ParseLoadBalancerID)
		if err != nil {
			return rest.Fail[*lb.Address](err)
		}
		zones, owner = []Zone{at.zone}, at.uuid
	}
	if len(zones) == 0 {
		zones = zonesWithLoadBalancers
	}
	return rest.NamedList(op, inZones(ctx, zones, opts.Window, func(ctx context.Context, zone Zone, window int) iter.Seq2[*lb.Address, error] {
		all := s.p.in(zone).IPs.List(ctx, IPListOptions{ProjectID: s.p.project, PageOptions: lb.PageOptions{PageSize: opts.PageSize, Window: window}})
		if owner != "" {
			all = rest.Filter(all, func(ip *IP) bool { return ip.LBID == owner })
		}
		return rest.Map(all, func(ip *IP) (*lb.Address, error) { return s.p.dialect.neutralAddress(zone, ip), nil })
	}))
}

func (s flexibleIPs) Get(ctx context.Context, id lb.AddressID) (_ *lb.Address, err error) {
	defer rest.Named("addresses.get", &err)
	at, err := locate(s.p, "addresses.get", lb.KindAddress, id, ParseAddressID)
	if err != nil {
		return nil, err
	}
	ip, err := at.IPs.Get(ctx, at.uuid)
	if err != nil {
		return nil, err
	}
	return s.p.dialect.neutralAddress(at.zone, ip), nil
}

// Allocate takes an address of Scaleway's choice. Where spec.Zone is empty it is in
// the provider's only zone, or else in the client's default zone.
//
// An address has neither a name nor a time: where the outcome is unknown the error
// names the free addresses of the family and the project, and none of them is taken
// for it.
func (s flexibleIPs) Allocate(ctx context.Context, spec lb.AddressSpec) (_ *lb.Address, err error) {
	const op = "addresses.allocate"
	defer rest.Named(op, &err)
	canonical, err := s.p.dialect.Address(spec)
	if err != nil {
		return nil, err
	}
	zone, err := s.zoneFor(op, canonical.Zone)
	if err != nil {
		return nil, err
	}
	options, _, err := lb.ExtensionOf[AddressOptions](canonical.Extensions)
	if err != nil {
		return nil, misfit(op, lb.KindAddress, "", extensionPath, "%v", err)
	}
	ips, project := s.p.in(zone).IPs, cmp.Or(options.Project, s.p.client.project)
	made, err := create(ctx, s.p.client, subject{op: op, kind: lb.KindAddress}, creation[IP]{
		send: func(ctx context.Context) (*IP, error) { return ips.Create(ctx, newAddress(canonical, options)) },
		look: func(ctx context.Context) iter.Seq2[*IP, error] {
			return rest.Filter(ips.List(ctx, IPListOptions{}), func(ip *IP) bool { return mayBe(ip, canonical.IPv6, project) })
		},
		same: func(*IP) bool { return false }, // none tells when it was allocated
		id:   func(ip *IP) string { return fmt.Sprintf("%s (%s)", FormatAddressID(zone, ip.ID), ip.IPAddress) },
	})
	if err != nil {
		return nil, err
	}
	return s.p.dialect.neutralAddress(zone, made), nil
}

// mayBe reports whether an address may be the one that was asked for in project, in
// any where that is empty. Nothing else of the spec counts: one that is named in vain
// costs a look, one that is overlooked a second address.
func mayBe(ip *IP, v6 bool, project string) bool {
	_, isV6 := families([]IP{*ip})
	return ip.LBID == "" && isV6 == v6 && (project == "" || strings.EqualFold(ip.ProjectID, project))
}

func (s flexibleIPs) zoneFor(op, asked string) (Zone, error) {
	zone := Zone(asked)
	switch {
	case asked != "":
	case len(s.p.zones) == 1:
		zone = s.p.zones[0]
	case s.p.client.zone == "":
		return "", misfit(op, lb.KindAddress, "", "zone", "must be said: the provider has several, and the client has no default")
	default:
		zone = s.p.client.zone
	}
	return zone, s.p.covers(op, lb.KindAddress, "", zone)
}

// Attach gives a free address to a load balancer of its zone, at once: the operation
// is done and has no ID. An address that another load balancer has cannot move
// (facts 12). Scaleway documents this for an IPv6 address beside an IPv4 one alone;
// it is asked for any.
func (s flexibleIPs) Attach(ctx context.Context, id lb.AddressID, to lb.LoadBalancerID) (_ *lb.Operation, err error) {
	const op = "addresses.attach"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindAddress, id, ParseAddressID)
	if err != nil {
		return nil, err
	}
	zone, owner, err := ParseLoadBalancerID(to)
	if err != nil {
		return nil, inCall(err, op)
	}
	if zone != at.zone {
		return nil, refusal(op, lb.KindAddress, string(id), "load balancer %s is in another zone", to)
	}
	ip, unlock, err := s.begin(ctx, op, at, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	switch ip.LBID {
	case owner:
		return attachment(at.zone, owner, ip), nil
	case "":
	default:
		return nil, unmovable(featureMove, ip, "move to another load balancer")
	}
	ip, err = at.IPs.Update(ctx, at.uuid, IPUpdate{LBID: Value(owner)})
	if err != nil {
		return nil, err
	}
	return attachment(at.zone, owner, ip), nil
}

// Detach is unsupported: Scaleway documents that an address cannot leave its load
// balancer (facts 12, 18.9). Nothing is sent.
func (s flexibleIPs) Detach(_ context.Context, id lb.AddressID) (_ *lb.Operation, err error) {
	const op = "addresses.detach"
	defer rest.Named(op, &err)
	if _, err := locate(s.p, op, lb.KindAddress, id, ParseAddressID); err != nil {
		return nil, err
	}
	return nil, unmovable(featureDetach, nil, "leave it")
}

// unmovable is the error of an address that is to leave the load balancer it has. The
// address is nil where nobody has looked.
func unmovable(feature lb.Feature, ip *IP, what string) error {
	e := &lb.UnsupportedError{
		Provider: providerName, Feature: feature,
		Reason: "an address that a load balancer has cannot " + what, Hint: features[feature].Hint,
	}
	if ip != nil {
		e.Value = ip.IPAddress
	}
	return e
}

// begin locks an address and reads it.
func (s flexibleIPs) begin(ctx context.Context, op string, at site, id lb.AddressID) (ip *IP, unlock func(), err error) {
	if unlock, err = s.p.lock(ctx, op, lb.KindAddress, string(id)); err != nil {
		return nil, nil, err
	}
	if ip, err = at.IPs.Get(ctx, at.uuid); err != nil {
		unlock()
		return nil, nil, err
	}
	return ip, unlock, nil
}

// attachment is what has happened to an address.
func attachment(zone Zone, owner string, ip *IP) *lb.Operation {
	return &lb.Operation{
		LoadBalancer: FormatLoadBalancerID(zone, owner), Action: attachAction, Status: lb.OperationDone, Progress: 100, Zones: []string{string(zone)}, Native: ip,
	}
}

// Release gives an address back. It looks first whether a load balancer has it.
func (s flexibleIPs) Release(ctx context.Context, id lb.AddressID) (err error) {
	const op = "addresses.release"
	defer rest.Named(op, &err)
	at, err := locate(s.p, op, lb.KindAddress, id, ParseAddressID)
	if err != nil {
		return err
	}
	ip, unlock, err := s.begin(ctx, op, at, id)
	if err != nil {
		return err
	}
	defer unlock()
	if ip.LBID != "" {
		return &lb.Error{
			Code: lb.ErrInUse, Provider: providerName, Op: op, Kind: lb.KindAddress, ID: string(id),
			Fields: []lb.FieldError{{
				Path: string(FormatLoadBalancerID(at.zone, ip.LBID)), Reason: fmt.Sprintf("is a load balancer, which has %s", ip.IPAddress),
			}},
		}
	}
	return at.IPs.Release(ctx, at.uuid)
}
