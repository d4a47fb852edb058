// Command newcomer does what a reader of README.md does first: it pastes each of its snippets into a program of their own. The programs are
// scaffolds in testdata, which hold what the README's words presuppose and a comment where a snippet goes. A snippet that no program has a
// place for is an error, and so is a place that no snippet fits.
//
//	go run ./internal/newcomer FOLDER
//
// It is run from the module's root and writes one folder for each program into FOLDER; .ci/run newcomer makes a module of that, runs the
// README's own go get, and compares what each program prints with its want.txt.
package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
)

//go:embed testdata
var testdata embed.FS

func main() {
	if err := run("README.md", os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "newcomer:", err)
		os.Exit(1)
	}
}

func run(readme string, args []string) error {
	if len(args) != 1 {
		return errors.New("want one argument: the folder to write to")
	}
	page, err := os.ReadFile(readme) //nolint:gosec // G304: a constant, but for tests
	if err != nil {
		return err
	}
	files, err := programs(string(page))
	if err != nil {
		return err
	}
	return write(files, args[0])
}

// programs are the files of all programs, with the page's snippets in place, by name.
func programs(page string) (map[string]string, error) {
	scaffolds, err := fs.Sub(testdata, "testdata")
	if err != nil {
		return nil, err
	}
	return paste(snippets(page), scaffolds)
}

func write(files map[string]string, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // holds nothing that could be lost
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := root.MkdirAll(path.Dir(name), 0o750); err != nil {
			return err
		}
		if err := root.WriteFile(name, []byte(files[name]), 0o600); err != nil {
			return err
		}
	}
	return nil
}
