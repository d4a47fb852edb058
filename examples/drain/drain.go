package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
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
	server, err := lb.First(d.Servers().List(ctx, backend.ID, lb.ListOptions{}), func(s *lb.Server) bool { return s.Address == address })
	if err != nil {
		return fmt.Errorf("server %s: %w", address, err)
	}
	if err := d.enoughOthers(ctx, backend.ID, server.ID); err != nil {
		return err
	}

	putBack, err := d.takeOut(ctx, server)
	defer func() {
		// Not with ctx: it may have ended, and the server must not stay out for that.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepFor)
		defer cancel()
		err = errors.Join(err, d.backIn(ctx, backend.ID, address, putBack))
	}()
	if err != nil {
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

// enoughOthers refuses to drain the last server that works.
func (d *drain) enoughOthers(ctx context.Context, backend lb.BackendID, except lb.ServerID) error {
	healthy := 0
	for health, err := range d.Backends().Health(ctx, backend, lb.PageOptions{}) {
		if err != nil {
			return err
		}
		if health.Server != except && health.State == lb.HealthHealthy {
			healthy++
		}
	}
	if healthy == 0 {
		return errors.New("no other server is healthy: draining this one would end the service")
	}
	return nil
}

// takeOut writes that a server gets no new traffic, in the way that the provider has, and
// returns what undoes that.
func (d *drain) takeOut(ctx context.Context, server *lb.Server) (putBack func(context.Context) error, err error) {
	if d.Capabilities().Has("server.weight", "server.weight.update") {
		weight := func(weight *int) func(*lb.ServerSpec) error {
			return func(spec *lb.ServerSpec) error {
				spec.Weight = weight
				return nil
			}
		}
		putBack = func(ctx context.Context) error {
			_, err := d.Servers().Update(ctx, server.ID, weight(server.Weight))
			return err
		}
		fmt.Fprintf(d.out, "Draining %s: weight 0\n", server.Address)
		_, err = d.Servers().Update(ctx, server.ID, weight(new(int)))
		return putBack, err
	}
	putBack = func(ctx context.Context) error {
		_, err := d.Servers().Add(ctx, server.Backend, server.ServerSpec)
		return err
	}
	fmt.Fprintf(d.out, "Draining %s: %s has no weights, so it leaves the backend\n", server.Address, d.Name())
	return putBack, d.Servers().Remove(ctx, server.ID)
}

// backIn lets traffic in again, and returns when the server is healthy.
func (d *drain) backIn(ctx context.Context, backend lb.BackendID, address netip.Addr, putBack func(context.Context) error) error {
	if err := putBack(ctx); err != nil && !errors.Is(err, lb.ErrExists) {
		return fmt.Errorf("server %s is still out: %w", address, err)
	}
	if err := d.publish(ctx); err != nil {
		return err
	}
	servers, err := lb.Collect(d.Servers().List(ctx, backend, lb.ListOptions{}))
	if err != nil {
		return err
	}
	if err := lb.WaitHealthy(ctx, d, backend, len(servers)); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "Server %s is back: all %d servers are healthy\n", address, len(servers))
	return nil
}

// publish makes live what was written.
func (d *drain) publish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepFor)
	defer cancel()
	_, err := lb.Publish(ctx, d, d.id)
	return err
}
