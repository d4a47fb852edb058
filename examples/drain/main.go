// Drain takes one server out of a backend for maintenance, and puts it back: no new
// traffic, time for what is under way, the maintenance, and back in, healthy.
//
// It shows Update with a function, Capabilities where providers go different ways (at OVH
// a server gets weight 0; at Scaleway, whose servers have no weight, it leaves the backend
// and is added again), that writes are live after lb.Publish, and lb.WaitHealthy.
//
//	go run ./examples/drain -provider ovh
//
// With an account, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway):
//
//	go run ./examples/drain -provider ovh -live -lb loadbalancer-0123456789abcdef \
//		-backend blue -server 10.0.0.11 -grace 30s -yes
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
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/terminal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal does not wait for the tidying up
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "drain:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("drain", flag.ContinueOnError)
	flags := account.Register(set)
	backend := set.String("backend", "blue", "name of the backend")
	text := set.String("server", "10.0.0.11", "address of the server, which may have several ports")
	grace := set.Duration("grace", 100*time.Millisecond, "how long connections that are open may take to end")
	if err := set.Parse(args); err != nil {
		return err
	}
	address, err := netip.ParseAddr(*text)
	if err != nil {
		return fmt.Errorf("-server: %w", err)
	}
	if !flags.Agreed(out, fmt.Sprintf("keep traffic away from server %s of backend %s, wait for Enter, and let it in again", address, *backend)) {
		return nil
	}
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()

	d := &drain{Provider: a, id: a.LoadBalancer, out: out, grace: *grace}
	return d.maintain(ctx, *backend, address, func() error {
		if a.Loopback() {
			fmt.Fprintln(out, "Maintenance: nothing to do on loopback")
			return nil
		}
		_, err := terminal.Ask(ctx, os.Stdin, out, "Maintenance: press Enter when it is done ")
		return err
	})
}
