package ovh

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

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
				got, err := dialect{}.LoadBalancer(spec)
				checkHints(t, err)
				if refused := refusals(t, err); !slices.Equal(refused, test.refused) {
					t.Errorf("refused: %q, want %q", refused, test.refused)
				}
				if diff := cmp.Diff(test.want, got, specsEqual); diff != "" {
					t.Errorf("canonical form (-want +got):\n%s", diff)
				}
				if again, _ := (dialect{}).LoadBalancer(got); err == nil && !lb.Equal(again, got) {
					t.Errorf("not stable: %v", lb.Diff(got, again))
				}
			})
		})
	}
}

type foreignOptions struct {
	Setting string `json:"setting"`
}

func (foreignOptions) ExtensionProvider() string { return "other" }

func foreignExtension() lb.Extensions { return lb.Extend(foreignOptions{"x"}) }
