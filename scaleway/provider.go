package scaleway

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

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
		opt(&o)
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
		},
	}
	p.services = newServices(p)
	return p, nil
}

// ProviderOption configures a provider.
type ProviderOption func(*providerOptions)

type providerOptions struct{}

// ClientOf is the client under a provider that NewProvider made. It is the way to
// what the neutral contract has no name for.
func ClientOf(p lb.Provider) (*Client, bool) {
	own, ok := p.(*provider)
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
	services services
}

// in gives the services of a zone.
func (p *provider) in(zone Zone) *API {
	if api, ok := p.apis[zone]; ok {
		return api
	}
	return p.client.Zone(zone) // one that Scaleway opened later
}

func (p *provider) Capabilities() lb.Capabilities { return capabilities() }
func (p *provider) Dialect() lb.Dialect           { return p.dialect }

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
