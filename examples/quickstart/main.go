// Quickstart takes a tour of a load balancer through the neutral interface, the
// same function on OVHcloud and on Scaleway.
//
// Without flags it needs no account: it starts an API server of each cloud on
// loopback, their clocks running 50 times as fast as the wall's.
//
//	go run ./examples/quickstart
//
// With an account, credentials come from the environment (see NewClientFromEnv
// in packages ovh and scaleway). It says first what it will change and what that
// costs, and goes on with -yes:
//
//	go run ./examples/quickstart -provider ovh -lb loadbalancer-0123456789abcdef -yes
//	go run ./examples/quickstart -provider scaleway -zone fr-par-1 -yes
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/scaleway"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		stop()
		os.Exit(1)
	}
}

// flags is what the command line says.
type flags struct {
	provider, lb, zone string
	servers            []netip.Addr
	yes                bool
}

func parse(args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	set.StringVar(&f.provider, "provider", "", "ovh or scaleway, with the account in the environment; empty: both on loopback")
	set.StringVar(&f.lb, "lb", "", "ID of the load balancer to use; empty: one of its own, where the provider can create one")
	set.StringVar(&f.zone, "zone", "fr-par-1", "zone of the load balancer to create")
	set.BoolVar(&f.yes, "yes", false, "do it")
	list := set.String("servers", "10.0.0.11,10.0.0.12", "addresses of two servers that answer HTTP on port 8080")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	for text := range strings.SplitSeq(*list, ",") {
		address, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return f, fmt.Errorf("-servers: %w", err)
		}
		f.servers = append(f.servers, address)
	}
	if len(f.servers) != 2 {
		return f, fmt.Errorf("-servers: %d addresses, want two", len(f.servers))
	}
	return f, nil
}

func run(ctx context.Context, args []string) error {
	f, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	var p lb.Provider
	switch f.provider {
	case "":
		return onLoopback(ctx, f)
	case "ovh":
		client, err := ovh.NewClientFromEnv()
		if err != nil {
			return err
		}
		p = ovh.NewProvider(client)
	case "scaleway":
		client, err := scaleway.NewClientFromEnv()
		if err != nil {
			return err
		}
		if p, err = scaleway.NewProvider(client, []scaleway.Zone{scaleway.Zone(f.zone)}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("-provider %q: want ovh or scaleway", f.provider)
	}
	return onAccount(ctx, p, f)
}

// onAccount takes the tour on a real account, once the user has agreed.
func onAccount(ctx context.Context, p lb.Provider, f flags) error {
	if f.lb == "" {
		if err := lb.Require(p, "loadbalancers.create", "loadbalancers.delete"); err != nil {
			return fmt.Errorf("name a load balancer with -lb: %w", err)
		}
	}
	warn(p, f)
	if !f.yes {
		fmt.Println("Nothing has been changed. Add -yes to go on.")
		return nil
	}
	return onLoadBalancer(ctx, p, f, nil)
}

func warn(p lb.Provider, f flags) {
	fmt.Printf("On %s, with the account in the environment, this will\n", p.Name())
	if f.lb == "" {
		fmt.Printf("  - create a load balancer with a public address in %s, which is billed by the hour until it is deleted at the end;\n", f.zone)
	}
	fmt.Printf("  - create a backend of two servers (%s, %s) and a frontend on port 8080, and publish them;\n", f.servers[0], f.servers[1])
	fmt.Println("  - change the backend's algorithm, remove one server, and publish again;")
	fmt.Println("  - delete what it created, and publish once more.")
	if f.lb != "" {
		fmt.Printf("Publishing makes live everything that is staged on %s, by others too. It costs nothing extra.\n", f.lb)
	}
}

// onLoadBalancer takes the tour on the load balancer that f names, or on one of
// its own.
func onLoadBalancer(ctx context.Context, p lb.Provider, f flags, takeDown func(lb.ServerID)) (err error) {
	id := lb.LoadBalancerID(f.lb)
	if id == "" {
		created, err := p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "lbkit-quickstart", Zone: f.zone})
		if err != nil {
			return err
		}
		id = created.ID
		fmt.Println("Created a load balancer,", created.Name)
		defer func() { err = errors.Join(err, discard(context.WithoutCancel(ctx), p, id)) }()
		if _, err := lb.WaitReady(ctx, p, id, progress()); err != nil {
			return err
		}
	}
	return tour(ctx, p, id, f.servers, takeDown)
}

func discard(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	if err := p.LoadBalancers().Delete(ctx, id, lb.DeleteLoadBalancerOptions{ReleaseAddresses: true}); err != nil {
		return err
	}
	if err := lb.WaitDeleted(ctx, p, id, progress()); err != nil {
		return err
	}
	fmt.Println("Deleted the load balancer and released its address")
	return nil
}

// progress prints each new state of a wait once.
func progress() lb.WaitOption {
	last := ""
	return lb.WithProgress(func(p lb.Progress) {
		if p.State != last {
			fmt.Printf("    … %s %s\n", p.Kind, p.State)
			last = p.State
		}
	})
}
