// Migrate takes a load balancer from one cloud to the other: it exports what is there,
// makes that portable (IDs are dropped, what has no name gets one), says what the other
// cloud cannot do and what it does about it, plans, applies, and checks that requests are
// decided as before. On loopback it goes back again, too, and compares.
//
// It shows topology.Export and Portable, Check, whose problems name the feature that is
// lacking, a table of decisions by feature, and two ways to compare: topology.Diff, setting by
// setting, and lb.Explain, by what happens to requests.
//
//	go run ./examples/migrate -provider ovh        # to Scaleway, and back
//	go run ./examples/migrate -provider scaleway   # to OVH, and back
//
// With accounts at both, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway). Without -yes it only plans; what it reads from stays as it is:
//
//	go run ./examples/migrate -provider ovh -live -lb loadbalancer-0123456789abcdef \
//		-to fr-par-1/1ad69c6b-8d8a-4a8b-9f1c-2f6a3f0c7b51 -tls ./tls -yes
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags := account.Register(set)
	to := set.String("to", "", "with -live: ID of the load balancer of the other cloud")
	tls := set.String("tls", "", "with -live: folder with <name>.pem and <name>.key of each certificate")
	if err := set.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	other := map[string]string{"ovh": "scaleway", "scaleway": "ovh"}[flags.Provider]
	target := &account.Flags{Provider: other, Live: flags.Live, LoadBalancer: *to, Yes: flags.Yes, Empty: true}
	from, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer from.Close()
	there, err := account.Open(ctx, target)
	if err != nil {
		return err
	}
	defer there.Close()

	m := &migration{out: out, material: fromFolder(*tls)}
	if flags.Live {
		m.agreed = func() bool { return target.Agreed(out, "carry out this plan") }
		_, _, err := m.move(ctx, from, there)
		return err
	}
	m.material, m.agreed = selfSigned, func() bool { return true }
	return m.andBack(ctx, from, there)
}

// andBack goes from one server on loopback to that of the other cloud, and back to a third
// one, which is empty as well.
func (m *migration) andBack(ctx context.Context, from, there *account.Account) error {
	if err := clutter(ctx, from, from.LoadBalancer); err != nil {
		return err
	}
	home, err := account.Open(ctx, &account.Flags{Provider: from.Name(), Empty: true})
	if err != nil {
		return err
	}
	defer home.Close()
	before, _, err := m.move(ctx, from, there)
	if err != nil {
		return fmt.Errorf("to %s: %w", there.Name(), err)
	}
	fmt.Fprintln(m.out)
	_, after, err := m.move(ctx, there, home)
	if err != nil {
		return fmt.Errorf("back to %s: %w", home.Name(), err)
	}
	fmt.Fprintln(m.out)
	m.compare(before, after)
	return nil
}

// clutter adds to the shop what makes a migration interesting.
func clutter(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	add := map[string]func(context.Context, lb.Provider, lb.LoadBalancerID) error{"ovh": clutterOVH, "scaleway": clutterScaleway}
	if err := add[p.Name()](ctx, p, id); err != nil {
		return fmt.Errorf("setting up %s on loopback: %w", p.Name(), err)
	}
	return nil
}
