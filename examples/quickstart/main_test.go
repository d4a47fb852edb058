package main

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	golden.Run(t, run)
}

// TestLeavesNothing: whatever fails, the load balancer is as it was.
func TestLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"servers.add", "frontends.create", "backends.health", "backends.update", "servers.remove"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			memory := lbtest.NewMemory(lbtest.WithPolls(0))
			id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "shop"})
			memory.Fail(op, lb.ErrQuota, 1)
			servers := []netip.Addr{netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("10.0.0.12")}
			if err := tour(t.Context(), io.Discard, stepwise{memory}, id, servers, nil); !errors.Is(err, lb.ErrQuota) {
				t.Errorf("got %v, want lb.ErrQuota", err)
			}
			tree, err := memory.LoadBalancers().Read(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(tree.Backends) > 0 || len(tree.Frontends) > 0 {
				t.Errorf("%d backends and %d frontends are left", len(tree.Backends), len(tree.Frontends))
			}
		})
	}
}

// TestWarns: a provider that publishes without frontends needs none to be there.
func TestWarns(t *testing.T) {
	t.Parallel()
	staged := lbtest.NewMemory().Capabilities()
	delete(staged.Features, "loadbalancers.commit.withoutFrontends")
	for _, test := range []struct {
		provider lb.Provider
		want     bool
	}{{lbtest.NewMemory(), false}, {lbtest.NewMemory(lbtest.WithCapabilities(staged)), true}} {
		var out strings.Builder
		warn(&out, test.provider, options{Flags: &account.Flags{LoadBalancer: "memory/lb-1"}, servers: make([]netip.Addr, 2)})
		if got := strings.Contains(out.String(), "should have a frontend"); got != test.want {
			t.Errorf("a frontend is asked for: %v, want %v, in:\n%s", got, test.want, out.String())
		}
	}
}

// stepwise makes a backend first and then its servers, as OVHcloud does.
type stepwise struct{ lb.Provider }

func (s stepwise) Backends() lb.Backends { return stepwiseBackends{s.Provider.Backends(), s.Servers()} }

type stepwiseBackends struct {
	lb.Backends
	servers lb.Servers
}

func (b stepwiseBackends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, servers ...lb.ServerSpec) (*lb.Backend, error) {
	backend, err := b.Backends.Create(ctx, parent, spec)
	if err == nil {
		backend.Servers, err = b.servers.Add(ctx, backend.ID, servers...)
	}
	return backend, err
}
