package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("works", func(t *testing.T) {
		t.Parallel()
		golden.Run(t, run)
	})
	t.Run("fails", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "fail", failing, "-fail", "-patience", "1s")
	})
}

// failing expects that the new backend is not healthy in time.
func failing(ctx context.Context, out io.Writer, args []string) error {
	err := run(ctx, out, args)
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("got %w, want context.DeadlineExceeded", err)
	}
	return nil
}
