package main

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
)

func TestRun(t *testing.T) {
	t.Parallel()
	golden.Run(t, run)
}

// TestInterrupted: the server is back also where the program is interrupted during the
// maintenance.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	golden.Each(t, func(t *testing.T, a *account.Account) {
		ctx, interrupt := context.WithCancel(t.Context())
		d := &drain{Provider: a, id: a.LoadBalancer, out: io.Discard}
		err := d.maintain(ctx, "blue", netip.MustParseAddr("10.0.0.11"), func() error {
			interrupt()
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want context.Canceled", err)
		}
		for _, server := range servers(t, a) {
			if server.Weight != nil && *server.Weight != 1 {
				t.Errorf("server %s has weight %d", server.Address, *server.Weight)
			}
		}
		if got := len(servers(t, a)); got != 2 {
			t.Errorf("%d servers are in the backend, want 2", got)
		}
	})
}

// TestLastHealthyServer: a server that no other can stand in for is not drained.
func TestLastHealthyServer(t *testing.T) {
	t.Parallel()
	golden.On(t, "ovh", func(t *testing.T, a *account.Account) {
		for _, server := range servers(t, a) {
			if server.Address != netip.MustParseAddr("10.0.0.11") {
				a.SetHealth(server.ID, lb.HealthDown)
			}
		}
		d := &drain{Provider: a, id: a.LoadBalancer, out: io.Discard}
		err := d.maintain(t.Context(), "blue", netip.MustParseAddr("10.0.0.11"), func() error {
			t.Error("it was drained")
			return nil
		})
		if err == nil {
			t.Error("there is no error")
		}
	})
}

// TestOtherIsDown: a server is back when all are healthy that were, and not later.
func TestOtherIsDown(t *testing.T) {
	t.Parallel()
	golden.Each(t, func(t *testing.T, a *account.Account) {
		a.SetHealth(add(t, a, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.13")}), lb.HealthDown)
		d := &drain{Provider: a, id: a.LoadBalancer, out: io.Discard}
		if err := d.maintain(t.Context(), "blue", netip.MustParseAddr("10.0.0.11"), func() error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

// TestSeveralPorts: all that a machine serves is drained, and stands in for nothing.
func TestSeveralPorts(t *testing.T) {
	t.Parallel()
	golden.On(t, "ovh", func(t *testing.T, a *account.Account) {
		add(t, a, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.11"), Port: 8081})
		d := &drain{Provider: a, id: a.LoadBalancer, out: io.Discard}
		weights := func() (all []int) {
			for _, server := range servers(t, a) {
				all = append(all, *server.Weight)
			}
			return all
		}
		if err := d.maintain(t.Context(), "blue", netip.MustParseAddr("10.0.0.11"), func() error {
			if got, want := weights(), []int{0, 1, 0}; !slices.Equal(got, want) {
				t.Errorf("weights during the maintenance: %v, want %v", got, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := weights(), []int{1, 1, 1}; !slices.Equal(got, want) {
			t.Errorf("weights afterwards: %v, want %v", got, want)
		}
		for _, server := range servers(t, a) {
			if server.Address != netip.MustParseAddr("10.0.0.11") {
				a.SetHealth(server.ID, lb.HealthDown)
			}
		}
		if err := d.maintain(t.Context(), "blue", netip.MustParseAddr("10.0.0.11"), func() error { return nil }); err == nil {
			t.Error("another port of the machine stood in for it")
		}
	})
}

// add adds a server to the backend, and makes that live.
func add(t *testing.T, a *account.Account, spec lb.ServerSpec) lb.ServerID {
	t.Helper()
	added, err := a.Servers().Add(t.Context(), servers(t, a)[0].Backend, spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lb.Publish(t.Context(), a, a.LoadBalancer); err != nil {
		t.Fatal(err)
	}
	return added[0].ID
}

func servers(t *testing.T, a *account.Account) []*lb.Server {
	t.Helper()
	backend, err := lb.One(a.Backends().List(t.Context(), a.LoadBalancer, lb.ListOptions{Name: "blue"}))
	if err != nil {
		t.Fatal(err)
	}
	all, err := lb.Collect(a.Servers().List(t.Context(), backend.ID, lb.ListOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
