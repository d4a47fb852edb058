package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
)

// answering is run with somebody at the keyboard.
func answering(keys string) func(context.Context, io.Writer, []string) error {
	return func(ctx context.Context, out io.Writer, args []string) error {
		return run(ctx, strings.NewReader(keys), out, args)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("yes", func(t *testing.T) {
		t.Parallel()
		golden.Run(t, answering("yes\n"))
	})
	t.Run("no", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "no", answering(""))
	})
	t.Run("plan only", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "plan-only", answering(""), "-plan-only", "-prune")
	})
	t.Run("export", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "export", answering(""), "-export")
	})
}

// TestExportIsAFile: what -export prints is what there is, so that applying it changes
// nothing.
func TestExportIsAFile(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{"ovh", "scaleway"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			exported := golden.Output(t, answering(""), "-provider", provider, "-export")
			// The certificate on another server is another one: by its name it is found.
			text := strings.ReplaceAll(exported, "fingerprint:", "# fingerprint:")
			file := filepath.Join(t.TempDir(), "my.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			planned := golden.Output(t, answering(""), "-provider", provider, "-file", file, "-plan-only", "-prune")
			if !strings.Contains(planned, "nothing to change") {
				t.Errorf("the plan for what was exported:\n%s", planned)
			}
		})
	}
}
