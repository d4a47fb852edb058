package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/golden"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("order", func(t *testing.T) {
		t.Parallel()
		golden.Run(t, run)
	})
	t.Run("upload", func(t *testing.T) {
		t.Parallel()
		chain, key := bought(t)
		golden.Case(t, "upload", run, "-pem", chain, "-key", key)
	})
	t.Run("good", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "good", run, "-within", "24h")
	})
}

// bought is a certificate in files, as a certificate authority hands it out.
func bought(t *testing.T) (chain, key string) {
	t.Helper()
	pem, secret, err := account.SelfSigned(365*day, "shop.example")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"chain.pem": pem, "key.pem": secret.Reveal()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "chain.pem"), filepath.Join(folder, "key.pem")
}
