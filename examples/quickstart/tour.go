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

// tour is the program that does not know which cloud it runs on. It leaves the
// load balancer as it found it, also when something goes wrong on the way; but at OVHcloud
// the last frontend cannot go, so that there has to be another one.
func tour(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID, servers []netip.Addr, takeDown func(lb.ServerID)) (err error) {
	backend, err := p.Backends().Create(ctx, id,
		lb.BackendSpec{
			Name: "quickstart", Protocol: lb.ProtocolHTTP, Port: 8080,
			HealthCheck: &lb.HealthCheck{
				Type: lb.CheckHTTP, Interval: lb.Duration(30 * time.Second),
				HTTP: &lb.HTTPCheck{Method: "GET", Path: "/"},
			},
		},
		lb.ServerSpec{Address: servers[0]},
		lb.ServerSpec{Address: servers[1]},
	)
	if backend != nil { // where a server fails, what was made is there, beside the error
		made := backend.ID
		defer func() { err = errors.Join(err, cleanUp(ctx, out, p, id, made)) }()
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Created backend %q with %d servers\n", backend.Name, len(backend.Servers))

	frontend, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{
		Name: "quickstart", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(8080)}, DefaultBackend: backend.ID,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Created frontend %q on port %d\n", frontend.Name, frontend.Ports[0].From)
	if err := publish(ctx, out, p, id); err != nil {
		return err
	}

	if err := watchHealth(ctx, out, p, backend, takeDown); err != nil {
		return err
	}
	if err := list(ctx, out, p, id); err != nil {
		return err
	}

	backend, err = p.Backends().Update(ctx, backend.ID, func(spec *lb.BackendSpec) error {
		spec.Algorithm = lb.AlgorithmLeastConn
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Changed the algorithm of %q to %s\n", backend.Name, backend.Algorithm)
	if err := p.Servers().Remove(ctx, backend.Servers[1].ID); err != nil {
		return err
	}
	fmt.Fprintf(out, "Removed server %s\n", backend.Servers[1].Address)
	return publish(ctx, out, p, id)
}

// publish makes live what was written: a refresh on one cloud, the end of the
// propagation on the other.
func publish(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID) error {
	pending, err := p.LoadBalancers().Pending(ctx, id)
	if err != nil {
		return err
	}
	changes := 0
	for _, zone := range pending {
		changes += zone.Count
	}
	fmt.Fprintf(out, "Publishing (%d changes are not live yet)\n", changes)
	if _, err := lb.Publish(ctx, p, id, progress(out)); err != nil {
		return err
	}
	fmt.Fprintln(out, "Published: what was written is live")
	return nil
}

// watchHealth takes the first server down and shows what the load balancer
// makes of it.
func watchHealth(ctx context.Context, out io.Writer, p lb.Provider, backend *lb.Backend, takeDown func(lb.ServerID)) error {
	if takeDown == nil {
		fmt.Fprintln(out, "Taking a server down: skipped, this is a real account")
	} else {
		if err := lb.WaitHealthy(ctx, p, backend.ID, len(backend.Servers), progress(out)); err != nil {
			return err
		}
		takeDown(backend.Servers[0].ID)
		fmt.Fprintf(out, "Took server %s down\n", backend.Servers[0].Address)
	}
	address := map[lb.ServerID]netip.Addr{}
	for _, server := range backend.Servers {
		address[server.ID] = server.Address
	}
	for health, err := range p.Backends().Health(ctx, backend.ID, lb.PageOptions{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "    %s is %s\n", address[health.Server], health.State)
	}
	return nil
}

// list goes through everything that the load balancer has.
func list(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID) error {
	fmt.Fprintln(out, "Everything on this load balancer:")
	for frontend, err := range p.Frontends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "    frontend %q, %s on port %d\n", frontend.Name, frontend.Protocol, frontend.Ports[0].From)
	}
	for backend, err := range p.Backends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "    backend %q\n", backend.Name)
		for server, err := range p.Servers().List(ctx, backend.ID, lb.ListOptions{}) {
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "        server %s\n", server.Address)
		}
	}
	return nil
}

// cleanUp deletes what tour created, frontends first, and publishes that, also when ctx has
// ended.
func cleanUp(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID, backend lb.BackendID) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	for frontend, err := range p.Frontends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		if frontend.DefaultBackend != backend {
			continue
		}
		if err := p.Frontends().Delete(ctx, frontend.ID); err != nil {
			return err
		}
	}
	if err := p.Backends().Delete(ctx, backend); err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted the frontend and the backend")
	return publish(ctx, out, p, id)
}
