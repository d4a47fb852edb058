// Command matrix writes the support matrix of README.md, between its markers, from what the providers say of themselves: ovh, scaleway and
// lbtest's memory. A provider that learns something changes the matrix, and a test fails until it is written anew.
//
//	go run ./internal/matrix
//
// It is run from the module's root.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/scaleway"
)

// The matrix stands between these lines.
const (
	begin = "<!-- matrix: written by 'go run ./internal/matrix' -->\n"
	end   = "<!-- end of matrix -->\n"
)

var errMarkers = errors.New("the lines that the matrix stands between are missing")

func main() {
	if err := run("README.md"); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	root, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // holds nothing that could be lost
	text, err := root.ReadFile(file)
	if err != nil {
		return err
	}
	matrix, err := current()
	if err != nil {
		return err
	}
	text, err = replace(text, matrix)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return root.WriteFile(file, text, 0o644)
}

// replace puts matrix between the markers of text.
func replace(text []byte, matrix string) ([]byte, error) {
	before, rest, found := bytes.Cut(text, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		return nil, errMarkers
	}
	return bytes.Join([][]byte{before, []byte(begin + matrix + end), after}, nil), nil
}

// current is the matrix as the providers are.
func current() (string, error) {
	clouds, err := providers()
	if err != nil {
		return "", err
	}
	return render(clouds, lbtest.NewMemory().Capabilities()), nil
}

// cloud is a column of the matrix.
type cloud struct {
	name string
	lb.Capabilities
}

// providers are those of the clouds. Capabilities are read without I/O, so that the
// clients need no account.
func providers() ([]cloud, error) {
	const nobody = "00000000-0000-4000-8000-000000000000"
	ovhClient, err := ovh.NewClient(ovh.EU, ovh.ApplicationKey(nobody, lb.NewSecret(nobody), lb.NewSecret(nobody)))
	if err != nil {
		return nil, err
	}
	scalewayClient, err := scaleway.NewClient(lb.NewSecret(nobody))
	if err != nil {
		return nil, err
	}
	scalewayProvider, err := scaleway.NewProvider(scalewayClient, nil)
	if err != nil {
		return nil, err
	}
	return []cloud{
		{"OVHcloud", ovh.NewProvider(ovhClient).Capabilities()},
		{"Scaleway", scalewayProvider.Capabilities()},
	}, nil
}
