package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/golden"
)

func TestRun(t *testing.T) {
	t.Parallel()
	golden.Run(t, run)
}

// TestFile: certificates are read from beside the topology, and -prune deletes what it does
// not name.
func TestFile(t *testing.T) {
	t.Parallel()
	chain, key, err := account.SelfSigned(90*24*time.Hour, "shop.example")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"site.pem": chain, "site.key": key.Reveal(),
		"shop.yaml": string(shop) + "certificates:\n  - {name: site, pemFile: site.pem, keyFile: site.key}\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	printed := golden.Output(t, run, "-provider", "ovh", "-file", filepath.Join(folder, "shop.yaml"), "-prune")
	for _, want := range []string{
		`"msg":"done","action":"create","kind":"certificate","name":"site"`,
		`"msg":"done","action":"delete","kind":"backend","name":"green"`,
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("want %s in\n%s", want, printed)
		}
	}
}
