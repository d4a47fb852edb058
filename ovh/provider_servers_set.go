package ovh

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Remove removes servers one by one, once it is sure that each backend keeps one. The
// check of a backend stays as it is, as in Update.
func (s neutralServers) Remove(ctx context.Context, ids ...lb.ServerID) (err error) {
	defer rest.Named("servers.remove", &err)
	var farms []lb.BackendID // in order of their first server
	byFarm := map[lb.BackendID][]lb.ServerID{}
	for _, id := range ids {
		service, protocol, farm, _, err := ParseServerID(id)
		if err != nil {
			return err
		}
		backend := FormatBackendID(service, protocol, farm)
		if !slices.Contains(farms, backend) {
			farms = append(farms, backend)
		}
		if !slices.Contains(byFarm[backend], id) {
			byFarm[backend] = append(byFarm[backend], id)
		}
	}
	for _, farm := range farms {
		if err := s.removeFrom(ctx, farm, byFarm[farm]); err != nil {
			return err
		}
	}
	return nil
}

func (s neutralServers) removeFrom(ctx context.Context, parent lb.BackendID, ids []lb.ServerID) error {
	service, protocol, farm, err := ParseBackendID(parent)
	if err != nil {
		return err
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return err
	}
	defer done()
	c := s.p.client.on(protocol)
	api := c.servers(farm)
	l := pool{service: service}
	if l.servers, err = lb.Collect(api.list(ctx, service, lb.PageOptions{})); err != nil {
		return err
	}
	stay := slices.Clone(l.servers)
	for _, id := range ids {
		i, err := s.find(ctx, l, id)
		if err != nil {
			return err
		}
		stay = slices.DeleteFunc(stay, func(m *server) bool { return m == l.servers[i] })
	}
	if len(stay) == 0 {
		return invalid(lb.KindBackend, string(parent), "it would be left without servers: Servers.Set with AllowEmpty does that")
	}
	if probed(l.servers) && !probed(stay) {
		if l.farm, err = c.farms.get(ctx, service, farm); err != nil {
			return err
		}
		if err := s.p.keepCheck(ctx, &l); err != nil {
			return err
		}
	}
	for _, id := range ids {
		_, _, _, number, err := ParseServerID(id)
		if err != nil {
			return err
		}
		if err := api.remove(ctx, service, number); err != nil {
			return err
		}
	}
	return nil
}

// Set adds what is missing, changes what differs, then removes what is too much.
// New servers get what those that are there keep for their backend. A server
// without a cookie value keeps the one that it has.
func (s neutralServers) Set(ctx context.Context, parent lb.BackendID, specs []lb.ServerSpec, opts lb.SetOptions) (_ []*lb.Server, err error) {
	defer rest.Named("servers.set", &err)
	service, protocol, farm, err := ParseBackendID(parent)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && !opts.AllowEmpty {
		return nil, invalid(lb.KindBackend, string(parent), "an empty set of servers needs AllowEmpty")
	}
	if checkAlone(protocol, bare(specs)) != nil {
		return nil, checkAlone(protocol, specs)
	}
	done, err := s.p.writing(ctx, service)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := s.p.pool(ctx, service, protocol, farm)
	if err != nil {
		return nil, err
	}
	backend, err := l.backend()
	if err != nil {
		return nil, err
	}
	steps, err := l.setting(backend, specs)
	if err != nil {
		return nil, err
	}
	return s.p.set(ctx, l, steps)
}

// bare is specs without what a live server may have though the dialect refuses it: a name
// of no text, a status that is the API's own.
func bare(specs []lb.ServerSpec) []lb.ServerSpec {
	out := slices.Clone(specs)
	for i := range out {
		out[i].Name, out[i].Extensions = "", lb.Extensions{}
	}
	return out
}

// probed reports whether one of servers asks to be probed.
func probed(servers []*server) bool {
	return slices.ContainsFunc(servers, func(s *server) bool { return s.Probe })
}

// keepCheck goes before a write after which none of a pool's servers asks to be probed. A
// farm without a probe of its own is checked only while one does (facts 5.4): it gets as
// its own the probe that it is checked by.
func (p *provider) keepCheck(ctx context.Context, l *pool) error {
	probe := new(findings).probe(checkOf(new(reading), nil, l.servers))
	if l.farm.Probe != nil || probe == nil {
		return nil
	}
	farms := p.client.on(l.farm.protocol).farms
	err := farms.update(ctx, l.service, l.farm.FarmID, HTTPFarmUpdate{Probe: Value(*probe)})
	if err != nil {
		return err
	}
	farm, err := farms.get(ctx, l.service, l.farm.FarmID)
	if err != nil {
		return err
	}
	l.farm = farm
	return nil
}

// setting is how to make servers exactly what is wanted of them.
type setting struct {
	wanted []wantedServer // in the order of the specs
	extra  []int          // positions in the pool of those to remove
}

// wantedServer is one that shall be there: live is its position in the pool, or -1
// where it has to be made.
type wantedServer struct {
	live   int
	create HTTPServerCreate
	update HTTPServerUpdate
}

// setting plans how to make the servers of a backend, which is what l reads as,
// exactly specs.
func (l pool) setting(backend *lb.Backend, specs []lb.ServerSpec) (setting, error) {
	f := &findings{kind: lb.KindServer, leaf: "server"}
	for i, spec := range specs {
		f.at = fmt.Sprintf("servers[%d].", i)
		f.saysMixed(backend, spec)
	}
	var plan setting
	specs, kept := l.match(backend, specs)
	before, beforeServers, _ := canonicalBackend(backend.BackendSpec, specsOf(backend.Servers))
	current, _ := nativeServers(before, beforeServers)
	wanted := lb.Clone(before)
	members, problems := canonicalServers(&wanted, specs)
	problems = unchanged(asKept(before, beforeServers, kept), problems)
	bodies, more := nativeServers(wanted, members)
	if len(specs) == 0 {
		problems = nil // what the servers keep for the backend goes with them
	}
	for i, body := range bodies {
		w := wantedServer{live: kept[i], create: body}
		if w.live >= 0 {
			w.update = serverUpdate(l.servers[w.live], current[w.live], body)
		}
		plan.wanted = append(plan.wanted, w)
	}
	for i := range l.servers {
		if !slices.Contains(kept, i) {
			plan.extra = append(plan.extra, i)
		}
	}
	return plan, append(append(f.problems, problems...), more...).Err()
}

// asKept is what can be said against the servers that stay, as they are: problems
// that they had before.
func asKept(backend lb.BackendSpec, servers []lb.ServerSpec, kept []int) lb.Problems {
	f := &findings{kind: lb.KindServer, leaf: "server"}
	stay := make([]lb.ServerSpec, len(kept))
	for i, live := range kept {
		if live < 0 {
			continue
		}
		f.at = fmt.Sprintf("servers[%d].", i)
		stay[i], _ = f.server(backend, servers[live])
		f.duplicate(backend, stay[:i], stay[i])
	}
	return f.problems
}

// match finds the servers that are there already, by address and effective port:
// their position for each spec, or -1; none is found twice. The specs it returns have the cookie of the
// server where they name none.
func (l pool) match(backend *lb.Backend, specs []lb.ServerSpec) (matched []lb.ServerSpec, kept []int) {
	matched, kept = slices.Clone(specs), make([]int, len(specs))
	free := make(map[serverPlace][]int, len(backend.Servers))
	for i, there := range backend.Servers {
		e := serverEndpoint(backend.BackendSpec, there.ServerSpec)
		free[e] = append(free[e], i)
	}
	for i, spec := range specs {
		kept[i] = -1
		e := serverEndpoint(backend.BackendSpec, spec)
		if len(free[e]) == 0 {
			continue
		}
		kept[i], free[e] = free[e][0], free[e][1:]
		options, _, err := lb.ExtensionOf[ServerOptions](spec.Extensions)
		if cookie := l.servers[kept[i]].Cookie; err == nil && options.Cookie == "" && cookie != "" {
			options.Cookie = cookie
			matched[i].Extensions = spec.Extensions.With(options)
		}
	}
	return matched, kept
}

// set carries a plan out. What it returns are the servers that are as they should
// be, in order; with an error, those that were when it came.
func (p *provider) set(ctx context.Context, l pool, plan setting) ([]*lb.Server, error) {
	settled := make([]int64, len(plan.wanted)) // their numbers, 0 for those that are not so yet
	failed := p.carryOut(ctx, &l, plan, settled)
	backend, err := l.backend()
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	var out []*lb.Server
	for _, number := range settled {
		i := slices.IndexFunc(l.servers, func(s *server) bool { return s.ServerID == number })
		if i >= 0 {
			out = append(out, backend.Servers[i])
		}
	}
	return out, failed
}

func (p *provider) carryOut(ctx context.Context, l *pool, plan setting, settled []int64) error {
	if !slices.ContainsFunc(plan.wanted, func(w wantedServer) bool { return w.create.Probe }) {
		if err := p.keepCheck(ctx, l); err != nil {
			return err
		}
	}
	api := p.client.on(l.farm.protocol).servers(l.farm.FarmID)
	for i, w := range plan.wanted {
		if w.live >= 0 && nothing(w.update) {
			settled[i] = l.servers[w.live].ServerID
		}
	}
	for i, w := range plan.wanted {
		if w.live >= 0 {
			continue
		}
		if err := p.addServers(ctx, l, []HTTPServerCreate{w.create}); err != nil {
			return err
		}
		settled[i] = l.servers[len(l.servers)-1].ServerID
	}
	for i, w := range plan.wanted {
		if w.live < 0 || nothing(w.update) {
			continue
		}
		number := l.servers[w.live].ServerID
		if err := api.update(ctx, l.service, number, w.update); err != nil {
			return err
		}
		fresh, err := api.get(ctx, l.service, number)
		if err != nil {
			return err
		}
		l.servers[w.live], settled[i] = fresh, number
	}
	var gone []int64
	defer func() {
		l.servers = slices.DeleteFunc(l.servers, func(s *server) bool { return slices.Contains(gone, s.ServerID) })
	}()
	for _, i := range plan.extra {
		number := l.servers[i].ServerID
		if err := api.remove(ctx, l.service, number); ignoreMissing(err) != nil {
			return err
		}
		gone = append(gone, number)
	}
	return nil
}

// ignoreMissing is err unless it says that what was to be removed is gone already.
func ignoreMissing(err error) error {
	if errors.Is(err, lb.ErrNotFound) {
		return nil
	}
	return err
}
