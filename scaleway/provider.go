package scaleway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// NewProvider is the neutral view of c in zones; none means every zone that has
// load balancers. It sends nothing.
//
// LoadBalancers.List covers the zones given. An ID in another zone is
// lb.ErrInvalid then; where none are given, IDs may be in any zone, in those that
// Scaleway opens later too.
//
// Scaleway applies writes at once and spreads them to a load balancer's
// instances within a second or so: Commit follows that. The client remembers when
// its providers last wrote to each load balancer; what another client wrote is not
// followed.
//
// What the neutral contract has no name for is on the client, see ClientOf.
func NewProvider(c *Client, zones []Zone, opts ...ProviderOption) (lb.Provider, error) {
	if c == nil {
		return nil, misconfigured(errors.New("provider: the client is nil"))
	}
	var o providerOptions
	for _, opt := range opts {
		if opt == nil {
			return nil, misconfigured(errors.New("provider option: nil"))
		}
		if err := opt(&o); err != nil {
			return nil, misconfigured(err)
		}
	}
	for i, zone := range zones {
		if err := zone.validate(); err != nil {
			return nil, misconfigured(err)
		}
		if slices.Contains(zones[:i], zone) {
			return nil, misconfigured(fmt.Errorf("zone %q: given twice", string(zone)))
		}
	}
	zones = slices.Clone(zones)
	known := zones
	if len(known) == 0 {
		known = zonesWithLoadBalancers
	}
	apis := map[Zone]*API{}
	for _, zone := range known {
		apis[zone] = c.Zone(zone)
	}
	p := &provider{
		UnimplementedProvider: lb.UnimplementedProvider{ProviderName: providerName},
		client:                c,
		zones:                 zones,
		apis:                  apis,
		dialect: dialect{
			UnimplementedDialect: lb.UnimplementedDialect{ProviderName: providerName},
			zones:                zones,
			home:                 c.home(),
			networks:             o.attachments != nil,
		},
		project:     o.project,
		attachments: o.attachments,
	}
	p.services = newServices(p)
	return p, nil
}

// ProviderOption configures a provider. What is wrong with its argument is an error of
// NewProvider.
type ProviderOption func(*providerOptions) error

type providerOptions struct {
	project     string
	attachments func(ctx context.Context, at site) ([]*PrivateNetwork, error)
}

// WithPrivateNetworks makes LoadBalancerOptions.PrivateNetworks a part of each load
// balancer: Get, List, Read, Create and Update report the private networks that it is
// attached to, Create attaches to those of its spec, and Update attaches to those that come
// and detaches from those that go. What stays is not touched. Without it they are left
// alone, and a spec that names any is refused; that a load balancer is in some is in
// lb.Tree.Unread, and an error of topology.Export beside what it returns.
//
// A load balancer whose spec has none is then to have none: an Update that leaves them out
// detaches every network that is there. A topology that leaves them out leaves them as they
// are; "privateNetworks": [] detaches them all.
//
// It costs one request more for each load balancer that Get, List, Read or Update reads,
// GET …/lbs/{lb_id}/private-networks. To attach one takes POST …/attach-private-network and
// some 2 s (facts 8), which Create, after the 3 s until the load balancer is ready, and
// Update wait for, looking from every second to every 5 s; so for POST
// …/detach-private-network. Attachments that others began are waited for, too.
func WithPrivateNetworks() ProviderOption {
	return func(o *providerOptions) error {
		o.attachments = attachments
		return nil
	}
}

// InProject has the lists of load balancers and of addresses show those of one project, a
// UUID, alone: it is sent as project_id. Without it they show all that the key may see.
//
// It is about lists only. What has an ID is reached in any project, and where things are
// created is WithProject's to say, an option of the client, which filters nothing.
func InProject(id string) ProviderOption {
	return func(o *providerOptions) (err error) {
		o.project, err = ownerID("project", id)
		return err
	}
}

// ClientOf is the client that p, or a provider that p wraps and shows by a method
// Unwrap() lb.Provider, was made from. It is the way to what the neutral contract has no
// name for.
func ClientOf(p lb.Provider) (*Client, bool) {
	own, ok := rest.ProviderAs[*provider](p)
	if !ok {
		return nil, false
	}
	return own.client, true
}

// zonesWithLoadBalancers are the zones of the API (facts 3).
var zonesWithLoadBalancers = []Zone{
	"fr-par-1", "fr-par-2", "nl-ams-1", "nl-ams-2", "nl-ams-3", "pl-waw-1", "pl-waw-2", "pl-waw-3",
}

type provider struct {
	lb.UnimplementedProvider

	client   *Client
	zones    []Zone // as given
	apis     map[Zone]*API
	dialect  dialect
	project  string // of lists; empty: all
	services services
	// attachments reads those of a load balancer; nil without WithPrivateNetworks. It is a
	// func, so that a program without is linked without all that it takes.
	attachments func(ctx context.Context, at site) ([]*PrivateNetwork, error)
}

// in gives the services of a zone.
func (p *provider) in(zone Zone) *API {
	if api, ok := p.apis[zone]; ok {
		return api
	}
	return p.client.Zone(zone) // one that Scaleway opened later
}

// Capabilities are those of every Scaleway load balancer, and of the options.
func (p *provider) Capabilities() lb.Capabilities {
	all := capabilities()
	if p.dialect.networks {
		maps.Copy(all.Features, networksFeatures)
	}
	return all
}

func (p *provider) Dialect() lb.Dialect { return p.dialect }

// String keeps prints short: there is nothing in it that a caller could use.
func (p *provider) String() string { return "scaleway.Provider" }

// site is where the calls about one object go.
type site struct {
	*API

	zone Zone
	uuid string
}

// locate reads an ID, and refuses one outside the provider's zones.
func locate[ID ~string](p *provider, op string, kind lb.Kind, id ID, parse func(ID) (Zone, string, error)) (site, error) {
	zone, uuid, err := parse(id)
	if err != nil {
		return site{}, inCall(err, op)
	}
	if err := p.covers(op, kind, string(id), zone); err != nil {
		return site{}, err
	}
	return site{API: p.in(zone), zone: zone, uuid: uuid}, nil
}

// inCall adds the call to an error that was just made without one.
func inCall(err error, op string) error {
	var e *lb.Error
	if errors.As(err, &e) && e.Op == "" {
		e.Op = op
	}
	return err
}

// covers refuses an ID outside the provider's zones.
func (p *provider) covers(op string, kind lb.Kind, id string, zone Zone) error {
	if len(p.zones) == 0 || slices.Contains(p.zones, zone) {
		return nil
	}
	return refusal(op, kind, id, "zone %s is not among those of this provider: %s", zone, zoneList(p.zones))
}

// refusal is an lb.ErrInvalid of this side: nothing was sent, or nothing more.
func refusal(op string, kind lb.Kind, id, format string, args ...any) *lb.Error {
	return &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Op: op, Kind: kind, ID: id, Message: fmt.Sprintf(format, args...),
	}
}

// misfit is a refusal that blames one field.
func misfit(op string, kind lb.Kind, id, path, format string, args ...any) *lb.Error {
	return &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Op: op, Kind: kind, ID: id,
		Fields: []lb.FieldError{{Path: path, Reason: fmt.Sprintf(format, args...)}},
	}
}

// lock keeps others of this client from writing to an object until unlock is
// called. A backend's key covers its servers and its check, a frontend's its
// rules.
func (p *provider) lock(ctx context.Context, op string, kind lb.Kind, id string) (unlock func(), err error) {
	unlock, err = p.client.locks.Lock(ctx, string(kind)+" "+id)
	if err != nil {
		return nil, &lb.Error{Code: lb.ErrUnavailable, Provider: providerName, Op: op, Kind: kind, ID: id, Err: err}
	}
	return unlock, nil
}

// moment is a time of the API as every answer but the first says it: rounded to
// microseconds (facts 7).
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Round(time.Microsecond)
}

// words are pairs of the contract's word for something and the API's.
type words[N, W ~string] []word[N, W]

type word[N, W ~string] struct {
	neutral N
	wire    W
}

// read is the contract's word. One that has none comes as it is.
func (w words[N, W]) read(wire W) N {
	for _, pair := range w {
		if pair.wire == wire {
			return pair.neutral
		}
	}
	return N(wire)
}

// write is the API's word, the first of those that mean the same.
func (w words[N, W]) write(neutral N) W {
	for _, pair := range w {
		if pair.neutral == neutral {
			return pair.wire
		}
	}
	return W(neutral)
}

// merge is live with the fields in which after differs from before. What before
// and after cannot tell, such as two words of the API for one of the contract,
// stays as it is live.
func merge[T any](live, before, after T) T {
	mergeValue(reflect.ValueOf(&live).Elem(), reflect.ValueOf(&before).Elem(), reflect.ValueOf(&after).Elem())
	return live
}

func mergeValue(live, before, after reflect.Value) {
	if reflect.DeepEqual(before.Interface(), after.Interface()) {
		return
	}
	deep := live.Kind() == reflect.Pointer && live.Type().Elem().Kind() == reflect.Struct && !live.IsNil() && !before.IsNil() && !after.IsNil()
	switch {
	case live.Kind() == reflect.Struct:
		for i := range live.NumField() {
			mergeValue(live.Field(i), before.Field(i), after.Field(i))
		}
	case deep:
		merged := reflect.New(live.Type().Elem())
		merged.Elem().Set(live.Elem())
		mergeValue(merged.Elem(), before.Elem(), after.Elem())
		live.Set(merged)
	default:
		live.Set(after)
	}
}

// nonZero is nil where p points to the zero value, which stands for what was never set.
func nonZero[T comparable](p *T) *T {
	if content(p) == *new(T) {
		return nil
	}
	return p
}
