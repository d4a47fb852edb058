package lbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// labelled are load balancers whose tags are labels: a key has one value.
type labelled struct{ lb.LoadBalancers }

func (s labelled) Update(ctx context.Context, id lb.LoadBalancerID, change func(*lb.LoadBalancerSpec) error) (*lb.LoadBalancer, error) {
	return s.LoadBalancers.Update(ctx, id, func(spec *lb.LoadBalancerSpec) error {
		err, seen := change(spec), map[string]bool{}
		for _, tag := range spec.Tags {
			key, _, _ := strings.Cut(tag, "=")
			if seen[key] {
				return lb.ErrInvalid
			}
			seen[key] = true
		}
		return err
	})
}

type labelling struct{ lb.Provider }

func (p labelling) LoadBalancers() lb.LoadBalancers { return labelled{p.Provider.LoadBalancers()} }

// TestTagsMayBeLabels: the suite asks for no other tags than the law of leaves does.
func TestTagsMayBeLabels(t *testing.T) {
	t.Parallel()
	memory := NewMemory()
	s := &suite{capabilities: memory.Capabilities()}
	crudTags(s.worldOf(t, &Harness{
		Provider:     func(testing.TB) lb.Provider { return labelling{memory} },
		LoadBalancer: func(testing.TB) lb.LoadBalancerID { return memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "web"}) },
	}))
}
