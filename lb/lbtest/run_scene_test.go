package lbtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// descending is a provider whose servers' IDs count down.
type descending struct{ lb.Provider }

func (p descending) Backends() lb.Backends { return descendingBackends{p.Provider.Backends()} }

type descendingBackends struct{ lb.Backends }

func (s descendingBackends) Create(ctx context.Context, parent lb.LoadBalancerID, spec lb.BackendSpec, servers ...lb.ServerSpec) (*lb.Backend, error) {
	made, err := s.Backends.Create(ctx, parent, spec, servers...)
	if err == nil {
		for i, server := range made.Servers {
			server.ID = lb.ServerID(fmt.Sprintf("%s/%d", made.ID, 9-i))
		}
	}
	return made, err
}

// TestSceneKnowsServersByAddress: what IDs look like, and how they sort, is the provider's to
// choose.
func TestSceneKnowsServersByAddress(t *testing.T) {
	t.Parallel()
	memory := NewMemory()
	s := &suite{capabilities: memory.Capabilities()}
	w := s.worldOf(t, &Harness{
		Provider:     func(testing.TB) lb.Provider { return descending{memory} },
		LoadBalancer: func(testing.TB) lb.LoadBalancerID { return memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "web"}) },
	})
	scene := w.newScene()
	if want := string(scene.app) + "/9"; string(scene.servers[0]) != want {
		t.Errorf("the first server, 10.0.0.1, is taken for %q, want %q", scene.servers[0], want)
	}
}
