package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	golden.Run(t, run)
}

// TestNoPorts: a rule without ports is none that nftables takes.
func TestNoPorts(t *testing.T) {
	t.Parallel()
	memory := lbtest.NewMemory(lbtest.WithPolls(0))
	id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "shop"})
	if _, err := memory.Backends().Create(t.Context(), id, lb.BackendSpec{Name: "blue", Protocol: lb.ProtocolHTTP}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := rules(t.Context(), &out, memory, id); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "#") {
			t.Errorf("prints the rule %s", line)
		}
	}
	if !strings.Contains(out.String(), "blue") {
		t.Errorf("does not mention the backend:\n%s", out.String())
	}
}
