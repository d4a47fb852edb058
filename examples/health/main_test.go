package main

import (
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		golden.Run(t, run)
	})
	t.Run("table", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "table", run, "-table")
	})
}
