package main

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
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

// newShop has one backend, of one machine that serves two ports.
func newShop(t *testing.T) (*lbtest.Memory, lb.LoadBalancerID, *lb.Backend) {
	t.Helper()
	memory := lbtest.NewMemory(lbtest.WithPolls(0))
	id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "shop"})
	machine := netip.MustParseAddr("10.0.0.11")
	backend, err := memory.Backends().Create(t.Context(), id,
		lb.BackendSpec{Name: "blue", Protocol: lb.ProtocolHTTP, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}},
		lb.ServerSpec{Address: machine, Port: 8080}, lb.ServerSpec{Address: machine, Port: 8081})
	if err != nil {
		t.Fatal(err)
	}
	return memory, id, backend
}

// TestSeveralPorts: what is told apart by its port alone changes when it does, and not at
// each look.
func TestSeveralPorts(t *testing.T) {
	t.Parallel()
	memory, id, backend := newShop(t)
	memory.SetHealth(backend.Servers[0].ID, lb.HealthHealthy)
	memory.SetHealth(backend.Servers[1].ID, lb.HealthDown)
	var out bytes.Buffer
	view := &lines{out: &out}
	for range 3 {
		if err := look(t.Context(), view, memory, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"server=10.0.0.11:8080 instance=", "server=10.0.0.11:8081 instance="} {
		if got := strings.Count(out.String(), line); got != 1 {
			t.Errorf("%d lines have %s, want 1:\n%s", got, line, out.String())
		}
	}
}

// TestFailuresThatPass: what goes by does not end the watch.
func TestFailuresThatPass(t *testing.T) {
	t.Parallel()
	for op, code := range map[string]error{"loadbalancers.read": lb.ErrUnavailable, "backends.health": lb.ErrNotFound} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			memory, id, _ := newShop(t)
			memory.Fail(op, code, 1)
			if err := look(t.Context(), &lines{out: io.Discard}, memory, id); err != nil {
				t.Error(err)
			}
		})
	}
}
