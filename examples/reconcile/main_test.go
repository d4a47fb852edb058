package main

import (
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
)

func TestRun(t *testing.T) {
	t.Parallel()
	golden.Run(t, run)
}
