package lbtest_test

import (
	"net/netip"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// TestConformance is the contract, kept by the reference implementation, with and
// without staging.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]lbtest.MemoryOption{
		"live at once": nil,
		"staged":       {lbtest.WithStaging()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lbtest.Run(t, func(t *testing.T) *lbtest.Harness { t.Helper(); return memoryHarness(opts...) })
		})
	}
}

// TestConformanceOfOnesOwn is ExampleRun, run: a provider of a program's own, with the
// least that a harness has.
func TestConformanceOfOnesOwn(t *testing.T) {
	t.Parallel()
	lbtest.Run(t, newOwnHarness)
}

// memoryHarness lacks Faults, Failure and Requests, since a Memory has no wire, and
// Advance, since its time is that somebody looks.
func memoryHarness(opts ...lbtest.MemoryOption) *lbtest.Harness {
	memory := lbtest.NewMemory(opts...)
	return &lbtest.Harness{
		Provider: func(testing.TB) lb.Provider { return memory },
		LoadBalancer: func(testing.TB) lb.LoadBalancerID {
			return memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "web"})
		},
		Staged:          len(opts) > 0,
		SetHealth:       memory.SetHealth,
		EndNext:         memory.EndNext,
		Fail:            memory.Fail,
		SetProvisioning: memory.SetProvisioning,
		OwnError:        func(error) bool { return true },                             // it has no client, whose error that would be
		FailingDomain:   func(lb.LoadBalancerID) string { return "www.shop.invalid" }, // a Memory fails what is under .invalid
		Own: lbtest.OwnValues{
			Extensions: notes(
				"loadbalancer.extensions", "frontend.extensions", "backend.extensions", "backend.healthCheck.extensions", "server.extensions",
				"filter.extensions", "route.extensions", "address.extensions",
			),
			Plans:     []string{"small", "large"},
			Zones:     []string{"here", "there"},
			Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.8/32"), netip.MustParsePrefix("198.51.100.16/29")},
		},
	}
}

// notes are two extensions for each leaf.
func notes(leaves ...lb.Feature) map[lb.Feature][]lb.Extensions {
	all := map[lb.Feature][]lb.Extensions{}
	for _, leaf := range leaves {
		all[leaf] = []lb.Extensions{lb.Extend(lbtest.MemorySettings{Note: "one"}), lb.Extend(lbtest.MemorySettings{Note: "two"})}
	}
	return all
}
