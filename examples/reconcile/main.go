// Reconcile is a controller: again and again it compares a load balancer with what it is to
// be, and makes it so, until it is told to stop. What the topology does not name stays,
// unless -prune says otherwise.
//
// It shows the loop that such a program has: plan, apply, log; which errors end it, and
// which are a matter of trying again; a context that a signal ends; and log/slog, to which
// an *lb.Error gives its parts.
//
//	go run ./examples/reconcile -provider scaleway
//
// On loopback somebody else changes the load balancer meanwhile, and the program ends when
// that is undone. With an account, whose credentials are in the environment (see
// NewClientFromEnv in packages ovh and scaleway), it runs until it is interrupted, and
// without -yes it only says what it would do:
//
//	go run ./examples/reconcile -provider scaleway -live -lb fr-par-1/1ad69c6b-8d8a-4a8b-9f1c-2f6a3f0c7b51 \
//		-file shop.yaml -every 1m -yes
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "reconcile:", err)
		os.Exit(1)
	}
}

// shop is what is reconciled where no file is named.
//
//go:embed shop.yaml
var shop []byte

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	flags := account.Register(set)
	file := set.String("file", "", "the topology, in YAML or JSON; empty: a shop")
	every := set.Duration("every", 500*time.Millisecond, "pause between two rounds")
	prune := set.Bool("prune", false, "delete what the topology does not name")
	if err := set.Parse(args); err != nil {
		return err
	}
	want, err := read(*file)
	if err != nil {
		return err
	}
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := want.Check(a); err != nil {
		return fmt.Errorf("%s refuses this, however often it is tried:\n%w", a.Name(), err)
	}

	c := &controller{
		Provider: a, id: a.LoadBalancer, want: want, every: *every,
		log: slog.New(slog.NewJSONHandler(out, nil)), dry: flags.Live && !flags.Yes,
	}
	if *prune {
		c.plan = append(c.plan, topology.Prune())
	}
	if a.Loopback() {
		c.settled = func(ctx context.Context, rounds int) (more bool, err error) {
			if rounds > 1 {
				return false, nil
			}
			return true, meddle(ctx, a, a.LoadBalancer)
		}
	}
	return c.loop(ctx)
}

// read reads a topology, and the files of certificates that it names, which are looked for
// in its folder and below.
func read(file string) (*topology.Spec, error) {
	if file == "" {
		return topology.Decode(bytes.NewReader(shop))
	}
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	text, err := folder.ReadFile(filepath.Base(file))
	if err != nil {
		return nil, err
	}
	want, err := topology.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return want, want.ReadFiles(folder.FS())
}

// meddle is somebody who changes the load balancer by other ways.
func meddle(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	backend, err := lb.One(p.Backends().List(ctx, id, lb.ListOptions{Name: "blue"}))
	if err != nil {
		return err
	}
	servers, err := lb.Collect(p.Servers().List(ctx, backend.ID, lb.ListOptions{}))
	if err != nil {
		return err
	}
	if err := p.Servers().Remove(ctx, servers[0].ID); err != nil {
		return err
	}
	_, err = lb.Publish(ctx, p, id)
	return err
}
