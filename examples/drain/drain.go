package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// stepFor bounds each step that waits for the provider.
const stepFor = 5 * time.Minute

// drain is what maintenance of one server needs.
type drain struct {
	lb.Provider
	id    lb.LoadBalancerID
	out   io.Writer
	grace time.Duration
}

// maintain does work while a server of a backend gets no traffic. The server is put back
// also when work fails, and when the program is interrupted.
func (d *drain) maintain(ctx context.Context, name string, address netip.Addr, work func() error) (err error) {
	backend, err := lb.One(d.Backends().List(ctx, d.id, lb.ListOptions{Name: name}))
	if err != nil {
		return fmt.Errorf("backend %s: %w", name, err)
	}
	servers, err := d.at(ctx, backend.ID, address)
	if err != nil {
		return err
	}
	others, err := d.healthyOthers(ctx, backend.ID, servers)
	if err != nil {
		return err
	}

	defer func() {
		// Not with ctx: it may have ended, and the server must not stay out for that.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepFor)
		defer cancel()
		if back := d.backIn(ctx, servers, others); back != nil {
			err = errors.Join(err, fmt.Errorf("server %s may not be back: %w", address, back))
		}
	}()
	if err := d.takeOut(ctx, servers); err != nil {
		return err
	}
	if err := d.publish(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "No new traffic for %s; waiting for what is under way\n", address)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d.grace):
	}
	return work()
}

// at are the servers of a backend at an address: one for each of its ports.
func (d *drain) at(ctx context.Context, backend lb.BackendID, address netip.Addr) ([]*lb.Server, error) {
	var servers []*lb.Server
	for server, err := range d.Servers().List(ctx, backend, lb.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		if server.Address == address {
			servers = append(servers, server)
		}
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("server %s: %w", address, lb.ErrNotFound)
	}
	return servers, nil
}

// healthyOthers counts the servers that work beside those that go, and refuses where there
// is none. One works where every instance of the load balancer says so.
func (d *drain) healthyOthers(ctx context.Context, backend lb.BackendID, leaving []*lb.Server) (int, error) {
	works := map[lb.ServerID]bool{}
	for health, err := range d.Backends().Health(ctx, backend, lb.PageOptions{}) {
		if err != nil {
			return 0, err
		}
		if slices.ContainsFunc(leaving, func(s *lb.Server) bool { return s.ID == health.Server }) {
			continue
		}
		before, seen := works[health.Server]
		works[health.Server] = health.State == lb.HealthHealthy && (before || !seen)
	}
	maps.DeleteFunc(works, func(_ lb.ServerID, works bool) bool { return !works })
	if len(works) == 0 {
		return 0, errors.New("no other server is healthy: draining this one would end the service")
	}
	return len(works), nil
}

// weights reports whether the provider drains by weight. Elsewhere a server leaves its
// backend, and is added again.
func (d *drain) weights() bool {
	return d.Capabilities().Has("server.weight", "server.weight.update")
}

// takeOut writes that servers get no new traffic.
func (d *drain) takeOut(ctx context.Context, servers []*lb.Server) error {
	for _, server := range servers {
		if !d.weights() {
			fmt.Fprintf(d.out, "Draining %s: %s has no weights, so it leaves the backend\n", server.Address, d.Name())
			if err := d.Servers().Remove(ctx, server.ID); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(d.out, "Draining %s: weight 0\n", server.Address)
		if err := d.weigh(ctx, server.ID, new(0)); err != nil {
			return err
		}
	}
	return nil
}

// backIn lets traffic in again, however far takeOut has come, and returns when the servers
// are healthy beside those others that were.
func (d *drain) backIn(ctx context.Context, servers []*lb.Server, others int) error {
	for _, server := range servers {
		var err error
		if d.weights() {
			err = d.weigh(ctx, server.ID, server.Weight)
		} else if _, err = d.Servers().Add(ctx, server.Backend, server.ServerSpec); errors.Is(err, lb.ErrExists) {
			err = nil // it has never left
		}
		if err != nil {
			return err
		}
	}
	if err := d.publish(ctx); err != nil {
		return err
	}
	healthy := others + len(servers)
	if err := lb.WaitHealthy(ctx, d, servers[0].Backend, healthy); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "Server %s is back: %d servers are healthy\n", servers[0].Address, healthy)
	return nil
}

// weigh gives a server a weight.
func (d *drain) weigh(ctx context.Context, id lb.ServerID, weight *int) error {
	_, err := d.Servers().Update(ctx, id, func(spec *lb.ServerSpec) error {
		spec.Weight = weight
		return nil
	})
	return err
}

// publish makes live what was written.
func (d *drain) publish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepFor)
	defer cancel()
	_, err := lb.Publish(ctx, d, d.id)
	return err
}
