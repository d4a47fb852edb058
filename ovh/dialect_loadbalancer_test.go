package ovh

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

const lawStream = "0a1b2c3d-0000-4000-8000-00000000abcd"

func TestDialectLoadBalancer(t *testing.T) {
	t.Parallel()
	fifty := strings.Repeat("é", 50)
	for name, test := range map[string]struct {
		spec, want lb.LoadBalancerSpec
		refused    []string
	}{
		"the default policy is intermediate": {
			spec: lb.LoadBalancerSpec{Name: "edge"},
			want: lb.LoadBalancerSpec{Name: "edge", TLSPolicy: lb.TLSPolicyIntermediate},
		},
		"a name of 50 characters": {
			spec: lb.LoadBalancerSpec{Name: fifty, TLSPolicy: lb.TLSPolicyModern},
			want: lb.LoadBalancerSpec{Name: fifty, TLSPolicy: lb.TLSPolicyModern},
		},
		"tags are a set; what is read of a service passes": {
			spec: lb.LoadBalancerSpec{Tags: []string{"b", "a=1", "b"}, Plan: "lb1"},
			want: lb.LoadBalancerSpec{Tags: []string{"a=1", "b"}, Plan: "lb1", TLSPolicy: lb.TLSPolicyIntermediate},
		},
		"another provider's extension has no part in it": {
			spec: lb.LoadBalancerSpec{Extensions: foreignExtension()},
			want: lb.LoadBalancerSpec{TLSPolicy: lb.TLSPolicyIntermediate},
		},
		"options: zones in lower case, streams as a set": {
			spec: lb.LoadBalancerSpec{Extensions: lb.Extend(LoadBalancerOptions{
				QuotaAlerts: map[string]int64{"RBX": 2, "gra": 1 << 60},
				LogStreams:  []LogStream{{"tcp", lawStream}, {"http", strings.ToUpper(lawStream)}, {"tcp", lawStream}},
			})},
			want: lb.LoadBalancerSpec{TLSPolicy: lb.TLSPolicyIntermediate, Extensions: lb.Extend(LoadBalancerOptions{
				QuotaAlerts: map[string]int64{"rbx": 2, "gra": 1 << 60},
				LogStreams:  []LogStream{{"http", lawStream}, {"tcp", lawStream}},
			})},
		},
		"options that are empty are none": {
			spec: lb.LoadBalancerSpec{Extensions: lb.Extend(LoadBalancerOptions{QuotaAlerts: map[string]int64{}, LogStreams: []LogStream{}})},
			want: lb.LoadBalancerSpec{TLSPolicy: lb.TLSPolicyIntermediate},
		},
		"options that mean nothing": {
			spec: lb.LoadBalancerSpec{Extensions: lb.Extend(LoadBalancerOptions{
				QuotaAlerts: map[string]int64{"all": 1, "bhs": 0, "gra": -1, "RBX": 1, "rbx": 2},
				LogStreams:  []LogStream{{"udp", lawStream}, {"http", "stream"}},
			})},
			refused: []string{
				"invalid at extensions.ovh.quotaAlerts", "invalid at extensions.ovh.quotaAlerts", "invalid at extensions.ovh.quotaAlerts",
				"invalid at extensions.ovh.quotaAlerts", "invalid at extensions.ovh.logStreams", "invalid at extensions.ovh.logStreams",
			},
		},
		"a name of no text": {
			spec: lb.LoadBalancerSpec{Name: "\xff"}, refused: []string{"invalid at name"},
		},
		"all that is wrong at once": {
			spec: lb.LoadBalancerSpec{
				Name: fifty + "x", Zone: "gra", TLSPolicy: lb.TLSPolicyLegacy, Extensions: lb.Extend(BackendOptions{Zone: "gra"}),
			},
			refused: []string{
				"invalid at name", "unsupported loadbalancer.zone at zone", "unsupported loadbalancer.tlsPolicy at tlsPolicy", "invalid at extensions.ovh",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unmodified(t, test.spec, func(spec lb.LoadBalancerSpec) {
				d := dialect{loadBalancerOptions: true}
				got, err := d.LoadBalancer(spec)
				checkHints(t, err)
				if refused := refusals(t, err); !slices.Equal(refused, test.refused) {
					t.Errorf("refused: %q, want %q", refused, test.refused)
				}
				if diff := cmp.Diff(test.want, got, specsEqual); diff != "" {
					t.Errorf("canonical form (-want +got):\n%s", diff)
				}
				if again, _ := d.LoadBalancer(got); err == nil && !lb.Equal(again, got) {
					t.Errorf("not stable: %v", lb.Diff(got, again))
				}
				withoutOptions(t, spec, got, test.refused)
			})
		})
	}
}

// withoutOptions holds that a dialect without LoadBalancerOptions makes the same of
// spec, and refuses OVH's extension besides.
func withoutOptions(t *testing.T, spec, want lb.LoadBalancerSpec, refused []string) {
	t.Helper()
	if own := ownExtensions(spec.Extensions); !own.IsZero() {
		want, refused = lb.LoadBalancerSpec{}, append([]string{"unsupported loadbalancer.extensions at extensions.ovh"}, refused...)
	}
	got, err := dialect{}.LoadBalancer(spec)
	checkHints(t, err)
	if now := refusals(t, err); !slices.Equal(sortedCopy(now), sortedCopy(refused)) {
		t.Errorf("without LoadBalancerOptions, refused: %q, want %q", now, refused)
	}
	if diff := cmp.Diff(want, got, specsEqual); diff != "" {
		t.Errorf("without LoadBalancerOptions (-want +got):\n%s", diff)
	}
}

func sortedCopy(all []string) []string { return slices.Sorted(slices.Values(all)) }

type foreignOptions struct {
	Setting string `json:"setting"`
}

func (foreignOptions) ExtensionProvider() string { return "other" }

func foreignExtension() lb.Extensions { return lb.Extend(foreignOptions{"x"}) }
