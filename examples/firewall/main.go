// Firewall prints what a firewall in front of the servers must let in: the source ranges
// that the load balancer uses, on the ports that it uses, as rules for nftables. Where the
// provider does not have such ranges, it prints what to do instead.
//
// It shows one read of a whole load balancer, and how a program asks for what a provider
// may lack: errors.As finds the *lb.UnsupportedError, and that has a hint.
//
//	go run ./examples/firewall -provider ovh
//
// With an account, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway). It only reads:
//
//	go run ./examples/firewall -provider ovh -live -lb loadbalancer-0123456789abcdef
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "firewall:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("firewall", flag.ContinueOnError)
	flags := account.Register(set)
	if err := set.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()
	return rules(ctx, out, a, a.LoadBalancer)
}

// rules prints what the servers of a load balancer must let in.
func rules(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID) error {
	ranges, err := p.LoadBalancers().EgressRanges(ctx, id)
	var lacks *lb.UnsupportedError
	if errors.As(err, &lacks) {
		fmt.Fprintf(out, "# %s does not say where its load balancers connect from.\n# Instead: %s.\n", p.Name(), lacks.Hint)
		return nil
	}
	if err != nil {
		return err
	}
	tree, err := p.LoadBalancers().Read(ctx, id)
	if err != nil {
		return err
	}
	for _, backend := range tree.Backends {
		to := ports(tree, backend)
		if len(to) == 0 {
			fmt.Fprintf(out, "# Backend %q has no servers, or nothing leads to it.\n", backend.Name)
			continue
		}
		for _, source := range ranges {
			fmt.Fprintf(out, "%s saddr %s %s dport { %s } accept comment %q\n",
				family(source), source, transport(backend), strings.Join(to, ", "), backend.Name)
		}
	}
	return nil
}

func family(source netip.Prefix) string {
	if source.Addr().Is6() {
		return "ip6"
	}
	return "ip"
}

func transport(backend *lb.Backend) string {
	if backend.Protocol == lb.ProtocolUDP {
		return "udp"
	}
	return "tcp"
}

// ports are those of a backend's servers, sorted: each server's own, or the backend's, or,
// where neither has one, those of the frontends that lead there.
func ports(tree *lb.Tree, backend *lb.Backend) []string {
	var all []string
	if backend.HealthCheck != nil && backend.HealthCheck.Port != 0 {
		all = append(all, fmt.Sprint(backend.HealthCheck.Port))
	}
	for _, server := range backend.Servers {
		if port := cmp.Or(server.Port, backend.Port); port != 0 {
			all = append(all, fmt.Sprint(port))
			continue
		}
		for _, frontend := range tree.Frontends {
			leads := func(r *lb.Route) bool { return r.Backend == backend.ID }
			if frontend.DefaultBackend == backend.ID || slices.ContainsFunc(frontend.Routes, leads) {
				for _, r := range frontend.Ports {
					all = append(all, r.String())
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
