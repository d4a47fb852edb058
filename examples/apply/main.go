// Apply makes a load balancer what a file says: it checks the file, shows the plan, asks,
// and carries it out with a progress bar. A line for each step takes the bar's place where
// the output is not a terminal.
//
// It shows lb/topology from end to end: Decode and ReadFiles, Check and Lint, NewPlan,
// Apply with progress, and Export. It is a module of its own, so that the SDK does not
// need a progress bar:
//
//	cd examples/apply
//	go run . -provider ovh                # asks; -yes does not
//	go run . -provider ovh -plan-only
//	go run . -provider ovh -export        # what is there, as a file
//	go run . -provider ovh -file my.yaml
//
// With an account, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway):
//
//	go run . -provider ovh -live -lb loadbalancer-0123456789abcdef -export >my.yaml
//	go run . -provider ovh -live -lb loadbalancer-0123456789abcdef -file my.yaml
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/terminal"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdin, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "apply:", err)
		os.Exit(1)
	}
}

// shop is what is applied where no file is named.
//
//go:embed shop.yaml
var shop []byte

// options are the flags of this example.
type options struct {
	file                    string
	planOnly, export, prune bool
	yes                     bool
}

func run(ctx context.Context, in io.Reader, out io.Writer, args []string) error {
	set := flag.NewFlagSet("apply", flag.ContinueOnError)
	flags := account.Register(set)
	var o options
	set.StringVar(&o.file, "file", "", "the topology, in YAML or JSON; empty: a shop")
	set.BoolVar(&o.planOnly, "plan-only", false, "show what would change, and end")
	set.BoolVar(&o.export, "export", false, "print what is there as a topology, and end")
	set.BoolVar(&o.prune, "prune", false, "delete what the topology does not name")
	if err := set.Parse(args); err != nil {
		return err
	}
	o.yes = flags.Yes
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute) // for whoever reads the plan, too
	defer cancel()
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()
	if o.export {
		return export(ctx, out, a, a.LoadBalancer)
	}
	return apply(ctx, in, out, a, a.LoadBalancer, o)
}

// export prints what is there. What a topology cannot say stands above it.
func export(ctx context.Context, out io.Writer, p lb.Provider, id lb.LoadBalancerID) error {
	spec, err := topology.Export(ctx, p, id)
	if spec == nil {
		return err
	}
	var unsaid lb.Problems
	if errors.As(err, &unsaid) {
		for _, problem := range unsaid {
			fmt.Fprintln(out, "# not said here:", problem)
		}
	}
	return spec.WriteYAML(out)
}

// apply makes a load balancer what the file says, if the user agrees.
func apply(ctx context.Context, in io.Reader, out io.Writer, p lb.Provider, id lb.LoadBalancerID, o options) error {
	want, err := read(o.file)
	if err != nil {
		return err
	}
	if err := want.Check(p); err != nil {
		return fmt.Errorf("%s refuses this:\n%w", p.Name(), err)
	}
	for _, finding := range want.Lint(p, time.Now()) {
		fmt.Fprintln(out, "warning:", finding)
	}
	var opts []topology.PlanOption
	if o.prune {
		opts = append(opts, topology.Prune())
	}
	plan, err := topology.NewPlan(ctx, p, id, want, opts...)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, plan)
	if o.planOnly {
		return nil
	}
	if !o.yes && !plan.Empty() {
		answer, err := terminal.Ask(ctx, in, out, "Do this? Only yes does: ")
		if err != nil {
			return err
		}
		fmt.Fprintln(out)
		if answer != "yes" {
			fmt.Fprintln(out, "Nothing has been changed.")
			return nil
		}
	}
	return carryOut(ctx, out, p, plan)
}

// read reads a topology, and the files of certificates that it names, which are looked for
// in its folder and below.
func read(file string) (*topology.Spec, error) {
	if file == "" {
		return topology.Decode(bytes.NewReader(shop))
	}
	text, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	want, err := topology.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }()
	return want, want.ReadFiles(folder.FS())
}
