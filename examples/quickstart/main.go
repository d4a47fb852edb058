// Quickstart takes a tour of a load balancer through the neutral interface, the
// same function on OVHcloud and on Scaleway: it creates a backend with two servers and a
// frontend, publishes, looks at the health of the servers, lists, updates, and cleans up.
//
// It needs no account: it starts an API server of each cloud on loopback, their clocks
// running 50 times as fast as the wall's.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -provider scaleway
//
// With an account, credentials come from the environment (see NewClientFromEnv
// in packages ovh and scaleway). It says first what it will change and what that
// costs, and goes on with -yes:
//
//	go run ./examples/quickstart -provider ovh -live -lb loadbalancer-0123456789abcdef -yes
//	go run ./examples/quickstart -provider scaleway -live -zone fr-par-1 -yes
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal does not wait for the tidying up
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	*account.Flags
	zone    string
	servers []netip.Addr
}

func parse(args []string) (options, error) {
	set := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	o := options{Flags: account.RegisterBoth(set)}
	set.StringVar(&o.zone, "zone", "fr-par-1", "zone of the load balancer to create, where none is named and the provider can")
	list := set.String("servers", "10.0.0.11,10.0.0.12", "addresses of two servers that answer HTTP on port 8080")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	for text := range strings.SplitSeq(*list, ",") {
		address, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return o, fmt.Errorf("-servers: %w", err)
		}
		o.servers = append(o.servers, address)
	}
	if len(o.servers) != 2 {
		return o, fmt.Errorf("-servers: %d addresses, want two", len(o.servers))
	}
	return o, nil
}

func run(ctx context.Context, out io.Writer, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	if o.Live {
		return onAccount(ctx, out, o)
	}
	providers := []string{o.Provider}
	if o.Provider == "" {
		providers = []string{"ovh", "scaleway"}
	}
	for _, o.Provider = range providers {
		if err := onLoopback(ctx, out, o); err != nil {
			return fmt.Errorf("%s: %w", o.Provider, err)
		}
	}
	return nil
}

// onLoopback takes the tour on the load balancer of a shop, or, where the provider can
// create one, on one of its own.
func onLoopback(ctx context.Context, out io.Writer, o options) error {
	a, err := account.Open(ctx, o.Flags)
	if err != nil {
		return err
	}
	defer a.Close()
	fmt.Fprintf(out, "== %s, on loopback ==\n", a.Name())
	id := a.LoadBalancer
	if a.Capabilities().Has("loadbalancers.create", "loadbalancers.delete") {
		id = ""
	}
	return onLoadBalancer(ctx, out, a, id, o, func(id lb.ServerID) { a.SetHealth(id, lb.HealthDown) })
}

// onAccount takes the tour on a real account, once the user has agreed.
func onAccount(ctx context.Context, out io.Writer, o options) error {
	p, err := account.Connect(o.Flags)
	if err != nil {
		return err
	}
	if o.LoadBalancer == "" {
		if err := lb.Require(p, "loadbalancers.create", "loadbalancers.delete"); err != nil {
			return fmt.Errorf("name a load balancer with -lb: %w", err)
		}
	}
	warn(out, p, o)
	if !o.Yes {
		fmt.Fprintln(out, "Nothing has been changed. Add -yes to go on.")
		return nil
	}
	return onLoadBalancer(ctx, out, p, lb.LoadBalancerID(o.LoadBalancer), o, nil)
}

func warn(out io.Writer, p lb.Provider, o options) {
	fmt.Fprintf(out, "On %s, with the account in the environment, this will\n", p.Name())
	if o.LoadBalancer == "" {
		fmt.Fprintf(out, "  - create a load balancer with a public address in %s, which is billed by the hour until it is deleted at the end;\n", o.zone)
	}
	fmt.Fprintf(out, "  - create a backend of two servers (%s, %s) and a frontend on port 8080, and publish them;\n", o.servers[0], o.servers[1])
	fmt.Fprintln(out, "  - change the backend's algorithm, remove one server, and publish again;")
	fmt.Fprintln(out, "  - delete what it created, and publish once more.")
	if o.LoadBalancer == "" {
		return
	}
	fmt.Fprintf(out, "Publishing makes live what others have staged on %s, too. It costs nothing extra.\n", o.LoadBalancer)
	if !p.Capabilities().Has("loadbalancers.commit.withoutFrontends") {
		fmt.Fprintln(out, "It should have a frontend already: nothing is published where the last one is deleted.")
	}
}

// onLoadBalancer takes the tour on a load balancer, or, where id is empty, on one of its
// own.
func onLoadBalancer(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID, o options, takeDown func(lb.ServerID)) (err error) {
	if id == "" {
		created, err := p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "lbkit-quickstart", Zone: o.zone})
		if err != nil {
			return err
		}
		id = created.ID
		fmt.Fprintln(out, "Created a load balancer,", created.Name)
		defer func() { err = errors.Join(err, discard(ctx, out, p, id)) }()
		if _, err := lb.WaitReady(ctx, p, id, progress(out)); err != nil {
			return err
		}
	}
	return tour(ctx, out, p, id, o.servers, takeDown)
}

// discard deletes the load balancer, also when ctx has ended: it costs money.
func discard(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := p.LoadBalancers().Delete(ctx, id, lb.DeleteLoadBalancerOptions{ReleaseAddresses: true}); err != nil {
		return err
	}
	if err := lb.WaitDeleted(ctx, p, id, progress(out)); err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted the load balancer and released its address")
	return nil
}

// afterwards is for tidying up: it goes on where ctx has ended, for a while.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
}

// progress prints each new state of a wait once.
func progress(out io.Writer) lb.WaitOption {
	last := ""
	return lb.WithProgress(func(p lb.Progress) {
		if p.State != last {
			fmt.Fprintf(out, "    … %s %s\n", p.Kind, p.State)
			last = p.State
		}
	})
}
