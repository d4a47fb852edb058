// Health watches the servers of a load balancer: a table that is drawn anew at each look
// where the output is a terminal, and a plain line for each change where it is not, which
// suits a log.
//
// It shows one Read for the names and one Health list for each backend, what several
// instances of a load balancer say of one server, and an errand that goes on when a look
// fails in a way that passes.
//
//	go run ./examples/health -provider scaleway
//
// On loopback a server goes down meanwhile, and comes back. With an account, whose
// credentials are in the environment (see NewClientFromEnv in packages ovh and scaleway),
// it watches until it is interrupted. It only reads:
//
//	go run ./examples/health -provider ovh -live -lb loadbalancer-0123456789abcdef
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
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/terminal"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("health", flag.ContinueOnError)
	flags := account.Register(set)
	every := set.Duration("every", 5*time.Second, "with -live: pause between two looks")
	table := set.Bool("table", terminal.IsTerminal(out), "draw a table, instead of a line for each change")
	if err := set.Parse(args); err != nil {
		return err
	}
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()

	var view view = &lines{out: out}
	if *table {
		view = &screen{out: out}
	}
	if a.Loopback() {
		return rehearse(ctx, view, a)
	}
	for {
		if err := look(ctx, view, a, a.LoadBalancer); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil // interrupted, which is how watching ends
		case <-time.After(*every):
		}
	}
}

// rehearse has one server fail on loopback, and recover.
func rehearse(ctx context.Context, view view, a *account.Account) error {
	backend, err := lb.First(a.Backends().List(ctx, a.LoadBalancer, lb.ListOptions{}), nil)
	if err != nil {
		return err
	}
	server, err := lb.First(a.Servers().List(ctx, backend.ID, lb.ListOptions{}), nil)
	if err != nil {
		return err
	}
	for _, state := range []lb.Health{lb.HealthHealthy, lb.HealthDown, lb.HealthHealthy} {
		a.SetHealth(server.ID, state)
		if err := look(ctx, view, a, a.LoadBalancer); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond): // for the eye
		}
	}
	return nil
}

// lookFor bounds one look: watching is to notice when the provider does not answer.
const lookFor = 30 * time.Second

// look shows what the provider sees now. A provider that is out of reach for a moment is
// shown too, and is not the end.
func look(ctx context.Context, view view, p lb.Provider, id lb.LoadBalancerID) error {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	rows, err := read(ctx, p, id)
	switch {
	case errors.Is(err, lb.ErrUnavailable), errors.Is(err, lb.ErrRateLimited):
		view.trouble(time.Now(), err)
		return nil
	case err != nil:
		return err
	}
	view.show(time.Now(), rows)
	return nil
}

// row is what one instance of the load balancer says of one server.
type row struct {
	backend, server, instance string
	state                     lb.Health
	detail                    string
}

// read asks for the names and addresses once, and for the health of each backend.
func read(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) ([]row, error) {
	tree, err := p.LoadBalancers().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, backend := range tree.Backends {
		name := map[lb.ServerID]string{}
		for _, server := range backend.Servers {
			name[server.ID] = endpoint(backend, server)
		}
		for health, err := range p.Backends().Health(ctx, backend.ID, lb.PageOptions{}) {
			if errors.Is(err, lb.ErrNotFound) {
				break // somebody has deleted it since
			}
			if err != nil {
				return nil, fmt.Errorf("backend %s: %w", backend.Name, err)
			}
			rows = append(rows, row{
				backend: backend.Name, server: name[health.Server], instance: health.Instance,
				state: health.State, detail: health.Check,
			})
		}
	}
	return rows, nil
}

// endpoint is what a server is told apart by: one machine may serve several ports.
func endpoint(backend *lb.Backend, server *lb.Server) string {
	if port := cmp.Or(server.Port, backend.Port); port != 0 {
		return netip.AddrPortFrom(server.Address, port).String()
	}
	return server.Address.String()
}
