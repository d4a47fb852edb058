package topology

import (
	"context"
	"errors"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// Health is the state of a load balancer's servers, in the terms of a topology: by
// backend, address and port, since the servers of a topology have no IDs. It is what
// WriteTree, WriteMermaid and WriteDOT draw. A nil Health knows of no server.
type Health struct{ servers map[serverPlace]lb.Health }

// serverPlace is where a server is. A backend stands under its ID and, where it is the
// only one of its name, under that.
type serverPlace struct {
	backend string
	at      endpoint
}

// HealthOf joins what a provider reports of servers with the load balancer that they are
// servers of, both as they were read. Where its instances disagree about a server, the
// worst that one says counts: down, degraded, unknown, healthy. Reports on servers that
// live does not have are left out.
func HealthOf(live *lb.Tree, reports []*lb.ServerHealth) *Health {
	states := make(map[lb.ServerID]lb.Health, len(reports))
	for _, report := range reports {
		if before, seen := states[report.Server]; !seen || gravity(report.State) > gravity(before) {
			states[report.Server] = report.State
		}
	}
	named := map[string]int{}
	for _, backend := range live.Backends {
		named[backend.Name]++
	}
	h := &Health{servers: map[serverPlace]lb.Health{}}
	for _, backend := range live.Backends {
		for _, server := range backend.Servers {
			state, reported := states[server.ID]
			if !reported {
				continue
			}
			at := endpointOf(server.ServerSpec, backend.Port)
			h.servers[serverPlace{string(backend.ID), at}] = state
			if backend.Name != "" && named[backend.Name] == 1 {
				h.servers[serverPlace{backend.Name, at}] = state
			}
		}
	}
	return h
}

// gravity is how bad a state is. A word that nobody knows is as good as unknown.
func gravity(state lb.Health) int {
	switch state {
	case lb.HealthHealthy:
		return 0
	case lb.HealthDegraded:
		return 2
	case lb.HealthDown:
		return 3
	case lb.HealthUnknown:
		return 1
	default:
		return 1
	}
}

// healthReads is how many backends are asked about at a time.
const healthReads = 4

// ReadHealth reads a load balancer and the health of its servers: one Read, and one list
// for each backend, four at a time. What Read has no words for is left out; the first
// error else ends it. A provider without "backends.health" is lb.ErrUnsupported.
func ReadHealth(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) (*Health, error) {
	live, _, err := readTree(ctx, p, id)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	reports := make([][]*lb.ServerHealth, len(live.Backends))
	places := make(chan struct{}, healthReads)
	var reading sync.WaitGroup
	var raised panicked
	for i, backend := range live.Backends {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		reading.Go(func() {
			defer func() { <-places }()
			err := errExited
			defer func() {
				raised.keep(recover())
				if err != nil {
					cancel(err)
				}
			}()
			reports[i], err = lb.Collect(p.Backends().Health(ctx, backend.ID, lb.PageOptions{}))
		})
	}
	reading.Wait()
	raised.resume()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var all []*lb.ServerHealth
	for _, some := range reports {
		all = append(all, some...)
	}
	return HealthOf(live, all), nil
}

// errExited: runtime.Goexit, which t.FailNow in a test's provider calls.
var errExited = errors.New("the goroutine of the call was ended")

// panicked keeps a panic of a goroutine that nobody could recover in, for the one that
// waits.
type panicked struct {
	once  sync.Once
	value any
}

func (p *panicked) keep(value any) {
	if value != nil {
		p.once.Do(func() { p.value = value })
	}
}

func (p *panicked) resume() {
	if p.value != nil {
		panic(p.value)
	}
}

// of returns the state of a server of a topology's backend.
func (h *Health) of(backend Backend, server lb.ServerSpec) (state lb.Health, known bool) {
	if h == nil {
		return "", false
	}
	at := endpointOf(server, backend.Port)
	for _, key := range []string{string(backend.ID), backend.Name} {
		if state, known := h.servers[serverPlace{key, at}]; known && key != "" {
			return state, true
		}
	}
	return "", false
}
