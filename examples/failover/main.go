// Failover moves an Additional IP of the account to a load balancer, and binds a frontend
// to it. Where the provider cannot do that, it says what to do instead.
//
// It shows lb.Require, which says what is missing before anything is sent, an operation
// that is waited for with progress, and one publish for all that belongs together.
//
//	go run ./examples/failover -provider ovh
//
// With an account, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway):
//
//	go run ./examples/failover -provider ovh -live -lb loadbalancer-0123456789abcdef \
//		-address 203.0.113.8/32 -frontend web -yes
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
	"slices"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "failover:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("failover", flag.ContinueOnError)
	flags := account.Register(set)
	text := set.String("address", account.Spare.String(), "the Additional IP, or a block of them")
	frontend := set.String("frontend", "web", "name of the frontend to bind to it")
	if err := set.Parse(args); err != nil {
		return err
	}
	address, err := netip.ParsePrefix(*text)
	if err != nil {
		return fmt.Errorf("-address: %w", err)
	}
	what := fmt.Sprintf("take %s from wherever it is routed, bind frontend %s to it alone, and publish that", address, *frontend)
	if !flags.Agreed(out, what) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()

	if err := lb.Require(a, "addresses.attach.move", "frontend.addresses"); err != nil {
		return instead(out, a, err)
	}
	if err := attach(ctx, out, a, a.LoadBalancer, address); err != nil {
		return err
	}
	return bind(ctx, out, a, a.LoadBalancer, *frontend, address)
}

// instead prints what to do where a provider lacks something. Any other error is returned.
func instead(out io.Writer, p lb.Provider, err error) error {
	var problems lb.Problems
	if !errors.As(err, &problems) {
		return err
	}
	fmt.Fprintf(out, "%s does not move addresses between load balancers that work. Instead:\n", p.Name())
	for _, problem := range problems {
		var lacks *lb.UnsupportedError
		if !errors.As(problem, &lacks) {
			return err
		}
		fmt.Fprintf(out, "  %s: %s\n", lacks.Feature, lacks.Hint)
	}
	return nil
}

// attach moves an address of the account to a load balancer.
func attach(ctx context.Context, out io.Writer, p lb.Provider, to lb.LoadBalancerID, address netip.Prefix) error {
	found, err := lb.First(p.Addresses().List(ctx, lb.AddressListOptions{}), func(a *lb.Address) bool { return a.Prefix == address })
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	if found.LoadBalancer == to {
		fmt.Fprintf(out, "%s is there already\n", address)
		return nil
	}
	op, err := p.Addresses().Attach(ctx, found.ID, to)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Moving %s to the load balancer\n", address)
	op, err = lb.WaitOperation(ctx, p, op, lb.WithProgress(func(p lb.Progress) {
		fmt.Fprintf(out, "  … %s after %v\n", p.State, p.Elapsed.Round(time.Second))
	}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The move is %s\n", op.Status)
	return nil
}

// bind has a frontend listen on an address alone, and publishes that with the address.
func bind(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID, name string, address netip.Prefix) error {
	frontend, err := lb.One(p.Frontends().List(ctx, id, lb.ListOptions{Name: name}))
	if err != nil {
		return fmt.Errorf("frontend %s: %w", name, err)
	}
	if !slices.Equal(frontend.Addresses, []netip.Prefix{address}) {
		if frontend, err = p.Frontends().Update(ctx, frontend.ID, func(spec *lb.FrontendSpec) error {
			spec.Addresses = []netip.Prefix{address}
			return nil
		}); err != nil {
			return err
		}
	}
	if _, err := lb.Publish(ctx, p, id); err != nil {
		return err
	}
	fmt.Fprintf(out, "Frontend %s listens on %v, port %v\n", frontend.Name, frontend.Addresses, frontend.Ports)
	return nil
}
