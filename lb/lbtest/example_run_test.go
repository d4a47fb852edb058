package lbtest_test

import (
	"sync/atomic"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// counted is a provider of a program's own: it counts what is asked for on its way to
// another.
type counted struct {
	lb.Provider
	asked *atomic.Int64
}

func (p counted) Backends() lb.Backends {
	p.asked.Add(1)
	return p.Provider.Backends()
}

// newOwnHarness has the two functions that every harness needs. Each of the others
// proves more, and what is missing is reported as skipped, by name.
func newOwnHarness(*testing.T) *lbtest.Harness {
	memory := lbtest.NewMemory()
	return &lbtest.Harness{
		Provider: func(testing.TB) lb.Provider { return counted{memory, new(atomic.Int64)} },
		LoadBalancer: func(testing.TB) lb.LoadBalancerID {
			return memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "web"})
		},
	}
}

// In a file of tests this is func TestConformance(t *testing.T).
func ExampleRun() {
	_ = func(t *testing.T) {
		lbtest.Run(t, newOwnHarness)
	}
}
