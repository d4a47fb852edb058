package ovh

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Update changes the fields of the farm that differ, in one request, and those that
// the servers keep for it, in a request for each server that is not so yet. The
// servers go first: where one fails, or the farm after them, they are set back, so that
// the same Update again does it all. Where that fails, too, the error names the servers
// that may differ from the others by then: the backend's Mixed, and the servers' NoCheck,
// tell in what. Where it is not known whether the farm was changed, they are left: the
// same Update again does the rest.
func (s neutralBackends) Update(ctx context.Context, id lb.BackendID, change func(*lb.BackendSpec) error) (_ *lb.Backend, err error) {
	defer rest.Named("backends.update", &err)
	service, protocol, number, err := ParseBackendID(id)
	if err != nil {
		return nil, err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := s.p.pool(ctx, service, protocol, number)
	if err != nil {
		return nil, err
	}
	current, err := l.backend()
	if err != nil {
		return nil, err
	}
	desired := lb.Clone(current.BackendSpec)
	if err := change(&desired); err != nil {
		return nil, rest.OfCaller(err)
	}
	update, err := l.change(current, desired)
	if err != nil {
		return nil, err
	}
	if update.nothing() {
		return current, nil
	}
	if err := s.p.apply(ctx, l, update); err != nil {
		return nil, err
	}
	if l, err = s.p.pool(ctx, service, protocol, number); err != nil {
		return nil, err
	}
	return l.backend()
}

// poolUpdate is what to send to a farm and its servers, by their position, and what sets
// the servers back.
type poolUpdate struct {
	farm          HTTPFarmUpdate
	servers, back []HTTPServerUpdate
}

func (u poolUpdate) nothing() bool {
	for _, server := range u.servers {
		if !nothing(server) {
			return false
		}
	}
	return nothing(u.farm)
}

func (p *provider) apply(ctx context.Context, l pool, update poolUpdate) error {
	c := p.client.on(l.farm.protocol)
	for i, body := range update.servers {
		if nothing(body) {
			continue
		}
		if err := c.servers(l.farm.FarmID).update(ctx, l.service, l.servers[i].ServerID, body); err != nil {
			reached := i + 1
			if refused(err) {
				reached = i
			}
			return p.setBack(ctx, l, update.back[:reached], err)
		}
	}
	if nothing(update.farm) {
		return nil
	}
	err := c.farms.update(ctx, l.service, l.farm.FarmID, update.farm)
	if errors.Is(err, lb.ErrUnavailable) {
		now, failed := c.farms.get(ctx, l.service, l.farm.FarmID)
		if failed != nil || !reflect.DeepEqual(now.HTTPFarm, l.farm.HTTPFarm) {
			return err // it has been done all the same, or nobody knows: all servers are as asked for
		}
	}
	if err != nil {
		return p.setBack(ctx, l, update.back, err)
	}
	return nil
}

// refused tells whether an answer says that a call, sent once, was not carried out.
func refused(err error) bool {
	var e *lb.Error
	return errors.As(err, &e) && e.Attempts == 1 && e.Status >= http.StatusBadRequest && !errors.Is(err, lb.ErrUnavailable)
}

// setBack undoes what has been sent, or may have been, to the servers of a backend, after
// err. Half of them with a setting is not half of an update: the others would read as
// exempt from a new check, and the same update again as one that takes nothing away.
func (p *provider) setBack(ctx context.Context, l pool, back []HTTPServerUpdate, err error) error {
	api := p.client.on(l.farm.protocol).servers(l.farm.FarmID)
	var left []string
	for i, body := range back {
		if nothing(body) {
			continue
		}
		id := l.servers[i].ServerID
		if len(left) > 0 || ignoreMissing(api.update(ctx, l.service, id, body)) != nil {
			left = append(left, string(FormatServerID(l.service, l.farm.protocol, l.farm.FarmID, id)))
		}
	}
	if len(left) == 0 {
		return err
	}
	return noted(err, "these servers may have been changed, and the others not: "+strings.Join(left, ", "), nil)
}

// change is what to send to make current, which is what l reads as, into desired,
// if that is possible.
func (l pool) change(current *lb.Backend, desired lb.BackendSpec) (poolUpdate, error) {
	f := &findings{kind: lb.KindBackend, leaf: "backend"}
	members := specsOf(current.Servers)
	before, beforeServers, had := canonicalBackend(current.BackendSpec, members)
	after, afterServers, found := canonicalBackend(desired, f.following(current.BackendSpec, desired, members))
	f.problems = append(f.problems, unchanged(had, found)...)
	createOnly(f, "protocol", before.Protocol, after.Protocol)
	from, _ := nativeFarm(before)
	to, more := nativeFarm(after)
	createOnly(f, "extensions.ovh.zone", zoneOf(from.Zone), zoneOf(to.Zone))
	serversFrom, _ := nativeServers(before, beforeServers)
	serversTo, evenMore := nativeServers(after, afterServers)
	if err := append(append(f.problems, more...), evenMore...).Err(); err != nil {
		return poolUpdate{}, err
	}
	update := poolUpdate{farm: farmUpdate(from, to)}
	for i, live := range l.servers {
		body := serverUpdate(live, serversFrom[i], serversTo[i])
		update.servers, update.back = append(update.servers, body), append(update.back, undoing(live, body))
	}
	return update, nil
}

// following is the servers of a backend as they follow what is changed of it: of a
// setting that is changed, none keeps a value of its own, and without a check, none
// is exempt from it.
func (f *findings) following(current, desired lb.BackendSpec, members []lb.ServerSpec) []lb.ServerSpec {
	out := make([]lb.ServerSpec, len(members))
	for i, member := range members {
		options := optionsOf[ServerOptions](f, "extensions."+providerName, member.Extensions)
		if desired.ProxyProtocol != current.ProxyProtocol {
			options.ProxyProtocol = nil
		}
		if desired.OnMarkedDown != current.OnMarkedDown {
			options.OnMarkedDown = nil
		}
		if tlsValue(desired.TLS) != tlsValue(current.TLS) {
			options.TLS = nil
		}
		if desired.HealthCheck == nil {
			options.NoCheck = false
		}
		out[i] = lb.Clone(member)
		out[i].Extensions = lb.Extend(options)
	}
	return out
}

func specsOf(servers []*lb.Server) []lb.ServerSpec {
	out := make([]lb.ServerSpec, len(servers))
	for i, server := range servers {
		out[i] = server.ServerSpec
	}
	return out
}
