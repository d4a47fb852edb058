// Bluegreen switches a frontend to another backend, which runs the new release, in one
// step, and back if the new one turns out not to work.
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
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
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
	patience := set.Duration("patience", 3*time.Second, "how long the new backend may take to be healthy")
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
	found, err := lb.One(s.Backends().List(ctx, s.id, lb.ListOptions{Name: to}))
	if err != nil {
		return fmt.Errorf("backend %s: %w", to, err)
	}
	next, err := s.Backends().Get(ctx, found.ID) // with its servers
	if err != nil {
		return err
	}
	before := frontend.DefaultBackend
	if next.ID == before {
		fmt.Fprintf(s.out, "Frontend %s leads to %s already\n", name, to)
		return nil
	}

	fmt.Fprintf(s.out, "Leading frontend %s to %s\n", name, to)
	if err := s.lead(ctx, frontend.ID, next.ID); err != nil {
		return err
	}
	if s.after != nil {
		s.after(next)
	}
	works := s.works(ctx, next)
	if works == nil {
		fmt.Fprintf(s.out, "All %d servers of %s are healthy: it stays\n", len(next.Servers), to)
		return nil
	}
	fmt.Fprintf(s.out, "Not all servers of %s are healthy: going back\n", to)
	// Not with ctx: whoever interrupts the program does not want the new release.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), backFor)
	defer cancel()
	if err := s.lead(ctx, frontend.ID, before); err != nil {
		return errors.Join(works, fmt.Errorf("frontend %s still leads to %s: %w", name, to, err))
	}
	return fmt.Errorf("backend %s: %w", to, works)
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

// works waits until all servers of a backend are healthy, as long as patience lasts.
func (s *shift) works(ctx context.Context, backend *lb.Backend) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	return lb.WaitHealthy(ctx, s, backend.ID, len(backend.Servers))
}
