package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// tour is the program that does not know which cloud it runs on. It leaves the
// load balancer as it found it, also when something goes wrong on the way.
func tour(ctx context.Context, p lb.Provider, id lb.LoadBalancerID, servers []netip.Addr, takeDown func(lb.ServerID)) (err error) {
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
	if err != nil {
		return err
	}
	fmt.Printf("Created backend %q with %d servers\n", backend.Name, len(backend.Servers))
	defer func() { err = errors.Join(err, cleanUp(context.WithoutCancel(ctx), p, id, backend.ID)) }()

	frontend, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{
		Name: "quickstart", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(8080)}, DefaultBackend: backend.ID,
	})
	if err != nil {
		return err
	}
	fmt.Printf("Created frontend %q on port %d\n", frontend.Name, frontend.Ports[0].From)
	if err := publish(ctx, p, id); err != nil {
		return err
	}

	if err := watchHealth(ctx, p, backend, takeDown); err != nil {
		return err
	}
	if err := list(ctx, p, id); err != nil {
		return err
	}

	backend, err = p.Backends().Update(ctx, backend.ID, func(spec *lb.BackendSpec) error {
		spec.Algorithm = lb.AlgorithmLeastConn
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("Changed the algorithm of %q to %s\n", backend.Name, backend.Algorithm)
	if err := p.Servers().Remove(ctx, backend.Servers[1].ID); err != nil {
		return err
	}
	fmt.Printf("Removed server %s\n", backend.Servers[1].Address)
	return publish(ctx, p, id)
}

// publish makes live what was written: a refresh on one cloud, the end of the
// propagation on the other.
func publish(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	pending, err := p.LoadBalancers().Pending(ctx, id)
	if err != nil {
		return err
	}
	changes := 0
	for _, zone := range pending {
		changes += zone.Count
	}
	fmt.Printf("Publishing (%d changes are not live yet)\n", changes)
	if _, err := lb.Publish(ctx, p, id, progress()); err != nil {
		return err
	}
	fmt.Println("Published: what was written is live")
	return nil
}

// watchHealth takes the first server down and shows what the load balancer
// makes of it.
func watchHealth(ctx context.Context, p lb.Provider, backend *lb.Backend, takeDown func(lb.ServerID)) error {
	if takeDown == nil {
		fmt.Println("Taking a server down: skipped, this is a real account")
	} else {
		if err := lb.WaitHealthy(ctx, p, backend.ID, len(backend.Servers), progress()); err != nil {
			return err
		}
		takeDown(backend.Servers[0].ID)
		fmt.Printf("Took server %s down\n", backend.Servers[0].Address)
	}
	address := map[lb.ServerID]netip.Addr{}
	for _, server := range backend.Servers {
		address[server.ID] = server.Address
	}
	for health, err := range p.Backends().Health(ctx, backend.ID, lb.PageOptions{}) {
		if err != nil {
			return err
		}
		fmt.Printf("    %s is %s\n", address[health.Server], health.State)
	}
	return nil
}

// list goes through everything that the load balancer has.
func list(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	fmt.Println("Everything on this load balancer:")
	for frontend, err := range p.Frontends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		fmt.Printf("    frontend %q, %s on port %d\n", frontend.Name, frontend.Protocol, frontend.Ports[0].From)
	}
	for backend, err := range p.Backends().List(ctx, id, lb.ListOptions{}) {
		if err != nil {
			return err
		}
		fmt.Printf("    backend %q\n", backend.Name)
		for server, err := range p.Servers().List(ctx, backend.ID, lb.ListOptions{}) {
			if err != nil {
				return err
			}
			fmt.Printf("        server %s\n", server.Address)
		}
	}
	return nil
}

// cleanUp deletes what tour created, frontends first, and publishes that.
func cleanUp(ctx context.Context, p lb.Provider, id lb.LoadBalancerID, backend lb.BackendID) error {
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
	fmt.Println("Deleted the frontend and the backend")
	return publish(ctx, p, id)
}
