// Bluegreen switches a frontend to another backend, which runs the new release, in one
// step, and back if that fails on the way, is interrupted, or turns out not to work.
//
// It shows how a program looks things up by name, Update with a function, that a write is
// live after lb.Publish, and lb.WaitHealthy with a deadline of its own.
//
//	go run ./examples/bluegreen -provider scaleway
//	go run ./examples/bluegreen -provider scaleway -fail   # the new release does not work
//
// With an account, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway):
//
//	go run ./examples/bluegreen -provider scaleway -live -lb fr-par-1/1ad69c6b-8d8a-4a8b-9f1c-2f6a3f0c7b51 \
//		-frontend web -to green -yes
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
	context.AfterFunc(ctx, stop) // a second signal does not wait for the tidying up
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bluegreen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("bluegreen", flag.ContinueOnError)
	flags := account.Register(set)
	frontend := set.String("frontend", "web", "name of the frontend")
	to := set.String("to", "green", "name of the backend to switch to")
	patience := set.Duration("patience", 2*time.Minute, "how long the new backend may take to be healthy; some checks come every 30 s")
	fail := set.Bool("fail", false, "on loopback: the servers of the new backend fail after the switch")
	if err := set.Parse(args); err != nil {
		return err
	}
	if !flags.Agreed(out, fmt.Sprintf("lead frontend %s to backend %s, and publish that", *frontend, *to)) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()

	s := &shift{Provider: a, id: a.LoadBalancer, out: out, patience: *patience}
	if a.Loopback() { // where the clock runs faster
		s.patience /= account.Speed
	}
	if *fail {
		s.after = func(next *lb.Backend) {
			for _, server := range next.Servers {
				a.SetHealth(server.ID, lb.HealthDown)
			}
		}
	}
	return s.release(ctx, *frontend, *to)
}

// backFor bounds the way back.
const backFor = 5 * time.Minute

// shift leads a frontend from one backend to another.
type shift struct {
	lb.Provider
	id       lb.LoadBalancerID
	out      io.Writer
	patience time.Duration
	after    func(next *lb.Backend) // what happens right after the switch; nil: nothing
}

// release leads a frontend to the backend of a name, and back if that does not work.
func (s *shift) release(ctx context.Context, name, to string) error {
	frontend, err := lb.One(s.Frontends().List(ctx, s.id, lb.ListOptions{Name: name}))
	if err != nil {
		return fmt.Errorf("frontend %s: %w", name, err)
	}
	next, err := lb.One(s.Backends().List(ctx, s.id, lb.ListOptions{Name: to}))
	if err != nil {
		return fmt.Errorf("backend %s: %w", to, err)
	}
	before := frontend.DefaultBackend
	if next.ID == before {
		fmt.Fprintf(s.out, "Frontend %s leads to %s already\n", name, to)
		return nil
	}

	if err := s.fit(ctx, next); err != nil {
		return fmt.Errorf("backend %s: %w", to, err)
	}

	fmt.Fprintf(s.out, "Leading frontend %s to %s\n", name, to)
	failure := s.try(ctx, frontend.ID, next)
	if failure == nil {
		fmt.Fprintf(s.out, "All %d servers of %s are healthy: it stays\n", len(next.Servers), to)
		return nil
	}
	fmt.Fprintln(s.out, "That failed: going back")
	// Not with ctx: whoever interrupts the program does not want the new release.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), backFor)
	defer cancel()
	if err := s.lead(ctx, frontend.ID, before); err != nil {
		return errors.Join(failure, fmt.Errorf("frontend %s may lead to %s still: %w", name, to, err))
	}
	return fmt.Errorf("backend %s: %w", to, failure)
}

// fit refuses a backend that cannot work. Of servers that are unknown nothing is assumed:
// some providers check a backend only when a frontend leads to it.
func (s *shift) fit(ctx context.Context, next *lb.Backend) error {
	if len(next.Servers) == 0 {
		return errors.New("it has no servers")
	}
	for health, err := range s.Backends().Health(ctx, next.ID, lb.PageOptions{}) {
		if err != nil {
			return err
		}
		if health.State == lb.HealthDown {
			return fmt.Errorf("server %s is down", health.Server)
		}
	}
	return nil
}

// try leads a frontend to a backend, and fails unless that works. What it has written is
// there also when it fails on the way: where the provider stages it, the next who publishes
// would make it live.
func (s *shift) try(ctx context.Context, frontend lb.FrontendID, next *lb.Backend) error {
	if err := s.lead(ctx, frontend, next.ID); err != nil {
		return err
	}
	if s.after != nil {
		s.after(next)
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	return lb.WaitHealthy(ctx, s, next.ID, len(next.Servers))
}

// lead leads a frontend to a backend, and returns when that is live.
func (s *shift) lead(ctx context.Context, frontend lb.FrontendID, to lb.BackendID) error {
	if _, err := s.Frontends().Update(ctx, frontend, func(spec *lb.FrontendSpec) error {
		spec.DefaultBackend = to
		return nil
	}); err != nil {
		return err
	}
	if _, err := lb.Publish(ctx, s, s.id); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "It is live")
	return nil
}
