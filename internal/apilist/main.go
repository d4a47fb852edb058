// Command apilist lists the exported API of the module's public packages, one line for each name, field and method, in files that are kept
// beside it. A change of the API is then a change of those files: nobody makes one without seeing it, and a review sees it too.
//
//	go run ./internal/apilist          writes the files
//	go run ./internal/apilist -check   says which are stale, line by line, and exits 1
//
// Both are run from the module's root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

// goldenDir holds the listings, from the module's root.
const goldenDir = "internal/apilist/golden"

// errStale says that the listings and the packages differ.
var errStale = errors.New("the API differs from its listing: if that is meant, run 'make api', commit the files and tell CHANGELOG.md")

func main() {
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *check, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "apilist:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool, out io.Writer) error {
	packages, err := load(ctx)
	if err != nil {
		return err
	}
	want := make(map[string][]string, len(packages))
	for _, p := range packages {
		want[p.file] = listing(p.types)
	}
	if !check {
		if err := os.MkdirAll(filepath.FromSlash(goldenDir), 0o750); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(filepath.FromSlash(goldenDir))
	if err != nil {
		return fmt.Errorf("no listings yet ('make api' writes them): %w", err)
	}
	defer func() { _ = root.Close() }() // holds nothing that could be lost
	if check {
		return compare(root, want, out)
	}
	return write(root, want)
}
