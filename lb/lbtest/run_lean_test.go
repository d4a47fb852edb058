package lbtest_test

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// lacking is what a Memory can do, but for features, and of some leaves but for some values;
// a feature may end in * for all that begin so. What would say more of what it lacks is not
// listed at all.
func lacking(features []string, values map[lb.Feature]string) lb.Capabilities {
	c := lbtest.NewMemory().Capabilities()
	for feature := range c.Features {
		for _, lacks := range features {
			if part, all := strings.CutSuffix(lacks, "*"); string(feature) == lacks || all && strings.HasPrefix(string(feature), part) {
				c.Features[feature] = lb.Support{Hint: "do without"}
			}
		}
	}
	for feature, only := range values {
		c.Features[feature] = lb.Support{Supported: true, Values: strings.Split(only, ",")}
	}
	maps.DeleteFunc(c.Features, func(feature lb.Feature, _ lb.Support) bool {
		return slices.Contains([]lb.Feature{"backend.healthCheck.port.oco", "backend.healthCheck.expect.otherTypes"}, feature) ||
			strings.HasSuffix(string(feature), ".udp") && !strings.Contains(string(feature), ".match.")
	})
	return c
}

// TestConformanceOfLess: the suite asks for nothing that a provider need not have, beside
// what Run says.
func TestConformanceOfLess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]lb.Capabilities{
		"ports of servers, checks by HTTP, filters by source, little to update": lacking([]string{
			"backend.port*", "server.port.unset",
			"backend.healthCheck.http.host*", "backend.healthCheck.http.method*", "backend.healthCheck.http.sni*", "backend.healthCheck.user*",
			"backend.healthCheck.interval*", "backend.healthCheck.expect.regex*", "backend.healthCheck.expect.containsAndRegex",
			"filter.name*", "filter.match.path*", "filter.match.host*", "filter.match.header*", "filter.match.method*", "filter.match.cookie*",
			"filter.match.param*", "filter.match.protocol*", "filter.match.op*", "filter.match.name*", "filter.match.several*",
			"route.match.path*", "route.match.source*", "route.match.values.several", "route.match.several*",
			"loadbalancer.name.update", "backend.port.update", "frontend.ports.update", "frontend.protocol.update", "frontend.defaultBackend.update",
		}, map[lb.Feature]string{"backend.healthCheck.type": "http", "frontend.protocol": "http,tcp", "backend.protocol": "http,tcp"}),
		"no checks, rules by host, servers that do not change": lacking([]string{
			"server.name.update", "server.weight.update", "server.backup.update", "server.disabled.update", "server.extensions.update",
			"backend.healthCheck*", "filter.match.path*", "filter.match.source*", "filter.match.header*", "filter.match.method*",
			"filter.match.cookie*", "filter.match.param*", "filter.match.protocol*", "filter.match.name*", "filter.match.values.empty",
			"filter.match.several*", "route.match.path*", "route.match.several*", "route.order",
		}, map[lb.Feature]string{"frontend.protocol": "http,tcp", "backend.protocol": "http,tcp"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lbtest.Run(t, func(*testing.T) *lbtest.Harness {
				memory := lbtest.NewMemory(lbtest.WithCapabilities(c))
				h := memoryHarness()
				h.Provider = func(testing.TB) lb.Provider { return memory }
				h.LoadBalancer = func(testing.TB) lb.LoadBalancerID { return memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "web"}) }
				h.SetHealth, h.EndNext, h.Fail, h.SetProvisioning = memory.SetHealth, memory.EndNext, memory.Fail, memory.SetProvisioning
				return h
			})
		})
	}
}

// cannotRun are providers that lack what nearly every test needs.
var cannotRun = map[string]struct {
	change func(m *lbtest.Memory, id lb.LoadBalancerID)
	values map[lb.Feature]string
	said   string
}{
	"no HTTP frontends": {values: map[lb.Feature]string{"frontend.protocol": "tcp"}, said: "it has to take what Run says: create frontend {"},
	"never ready": {
		change: func(m *lbtest.Memory, id lb.LoadBalancerID) { m.SetProvisioning(id, lb.ProvisioningPending) },
		said:   `which reads as "pending" and has to be ready`,
	},
}

// TestRunStopsAtOnce: there is one failure, which says what is missing, in the place of
// hundreds. The failing run is another process.
func TestRunStopsAtOnce(t *testing.T) {
	t.Parallel()
	const which = "LBTEST_CANNOT_RUN"
	if provider, child := os.LookupEnv(which); child {
		lbtest.Run(t, func(*testing.T) *lbtest.Harness {
			memory := lbtest.NewMemory(lbtest.WithCapabilities(lacking(nil, cannotRun[provider].values)))
			return &lbtest.Harness{
				Provider: func(testing.TB) lb.Provider { return memory },
				LoadBalancer: func(testing.TB) lb.LoadBalancerID {
					id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "web"})
					if change := cannotRun[provider].change; change != nil {
						change(memory, id)
					}
					return id
				},
			}
		})
		return
	}
	for name, want := range cannotRun {
		run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunStopsAtOnce$", "-rapid.nofailfile") //nolint:gosec // G204: itself
		run.Env = append(os.Environ(), which+"="+name)
		out, err := run.CombinedOutput()
		if text := string(out); err == nil || strings.Count(text, "--- FAIL") != 1 || strings.Count(text, ".go:") != 1 ||
			!strings.Contains(text, "the suite cannot run on this provider: ") || !strings.Contains(text, want.said) {
			t.Errorf("%s: want one failure that says so, got %v:\n%s", name, err, text)
		}
	}
}
