package lb_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// misplacedKey is a private key where none belongs.
const misplacedKey = "-----BEGIN EC PRIVATE KEY-----\n" + canary

func TestDiff(t *testing.T) {
	t.Parallel()
	check := func(change func(*lb.HealthCheck)) lb.BackendSpec {
		spec := lb.BackendSpec{HealthCheck: &lb.HealthCheck{
			Type: lb.CheckHTTP, Interval: lb.Duration(time.Minute), HTTP: &lb.HTTPCheck{Path: "/", Status: []int{200}},
		}}
		change(spec.HealthCheck)
		return spec
	}
	same := check(func(*lb.HealthCheck) {})
	for name, c := range map[string]struct {
		got  []lb.Change
		want []lb.Change
	}{
		"nothing": {lb.Diff(same, lb.Clone(same)), nil},
		"inside": {
			lb.Diff(same, check(func(h *lb.HealthCheck) {
				h.Interval, h.HTTP.Path, h.HTTP.Status = lb.Duration(30*time.Second), "/up", []int{200, 204}
			})),
			[]lb.Change{
				{Path: "healthCheck.interval", Before: lb.Duration(time.Minute), After: lb.Duration(30 * time.Second)},
				{Path: "healthCheck.http.path", Before: "/", After: "/up"},
				{Path: "healthCheck.http.status", Before: []int{200}, After: []int{200, 204}},
			},
		},
		"a whole part": {
			lb.Diff(lb.BackendSpec{}, lb.BackendSpec{TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone}, MaxRetries: number(0)}),
			[]lb.Change{
				{Path: "tls", After: lb.BackendTLS{Verify: lb.TLSVerifyNone}},
				{Path: "maxRetries", After: 0},
			},
		},
		"a number": {
			lb.Diff(lb.BackendSpec{MaxRetries: number(1)}, lb.BackendSpec{MaxRetries: number(2)}),
			[]lb.Change{{Path: "maxRetries", Before: 1, After: 2}},
		},
		"a JSON name of its own": {
			lb.Diff(lb.BackendSpec{TLS: &lb.BackendTLS{Name: "a"}}, lb.BackendSpec{TLS: &lb.BackendTLS{Name: "b"}}),
			[]lb.Change{{Path: "tls.serverName", Before: "a", After: "b"}},
		},
		"a list": {
			lb.Diff(lb.FrontendSpec{Ports: []lb.PortRange{lb.Port(80)}}, lb.FrontendSpec{Ports: []lb.PortRange{}}),
			[]lb.Change{{Path: "ports", Before: []lb.PortRange{lb.Port(80)}}},
		},
		"extensions": {
			lb.Diff(
				lb.ServerSpec{Extensions: lb.Extend(otherOptions{Text: "a"}, cloudOptions{Zone: "a"})},
				lb.ServerSpec{Extensions: lb.Extend(otherOptions{Text: "b"}, cloudOptions{Zone: "a"})}),
			[]lb.Change{{Path: "extensions.other", Before: `{"text":"a"}`, After: `{"text":"b"}`}},
		},
		"an extension more and one less": {
			lb.Diff(
				lb.BackendSpec{HealthCheck: &lb.HealthCheck{Extensions: lb.Extend(otherOptions{Text: "a"})}},
				lb.BackendSpec{HealthCheck: &lb.HealthCheck{Extensions: lb.Extend(cloudOptions{Zone: "a"})}}),
			[]lb.Change{
				{Path: "healthCheck.extensions.cloud", After: `{"zone":"a"}`},
				{Path: "healthCheck.extensions.other", Before: `{"text":"a"}`},
			},
		},
		"an extension that cannot be": {
			lb.Diff(lb.ServerSpec{}, lb.ServerSpec{Extensions: lb.Extend(noObject("a"))}),
			[]lb.Change{{Path: "extensions.cloud", After: "invalid: lb_test.noObject does not marshal to a JSON object"}},
		},
		"a new key": {
			lb.Diff(lb.CertificateSpec{}, lb.CertificateSpec{Key: lb.NewSecret(canary)}),
			[]lb.Change{{Path: "key", Before: "", After: "[secret]"}},
		},
		"another key": {
			lb.Diff(lb.CertificateSpec{Key: lb.NewSecret(canary)}, lb.CertificateSpec{Key: lb.NewSecret(canary + "2")}),
			[]lb.Change{{Path: "key", Before: "[secret]", After: "[secret]"}},
		},
		"a key in the wrong place": {
			lb.Diff(lb.CertificateSpec{PEM: "a"}, lb.CertificateSpec{PEM: misplacedKey}),
			[]lb.Change{{Path: "pem", Before: "a", After: "[secret]"}},
		},
		"a key in the wrong place of what is new as a whole": {
			lb.Diff(
				lb.BackendSpec{},
				lb.BackendSpec{TLS: &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: misplacedKey}, Extensions: lb.Extend(cloudOptions{Zone: misplacedKey})}),
			[]lb.Change{
				{Path: "tls", After: lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: "[secret]"}},
				{Path: "extensions.cloud", After: `{"zone":"[secret]"}`},
			},
		},
		"a key beside other settings of an extension": {
			lb.Diff(
				lb.BackendSpec{Extensions: lb.Extend(cloudOptions{Zone: "a", Many: []cloudNested{{Deep: "\"<" + misplacedKey}}})},
				lb.BackendSpec{Extensions: lb.Extend(cloudOptions{Zone: "b"})}),
			[]lb.Change{{Path: "extensions.cloud", Before: `{"many":[{"deep":"[secret]"}],"zone":"a"}`, After: `{"zone":"b"}`}},
		},
		"a key in a list": {
			lb.Diff(lb.CertificateSpec{}, lb.CertificateSpec{Domains: []string{"a.example", misplacedKey}}),
			[]lb.Change{{Path: "domains", After: []string{"a.example", "[secret]"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDiffSharesNothingWithTheSpecs(t *testing.T) {
	t.Parallel()
	before, after := lb.LoadBalancerSpec{Tags: []string{"a"}}, lb.LoadBalancerSpec{Tags: []string{"b"}}
	changes := lb.Diff(before, after)
	before.Tags[0], after.Tags[0] = "x", "y"
	if diff := cmp.Diff([]lb.Change{{Path: "tags", Before: []string{"a"}, After: []string{"b"}}}, changes); diff != "" {
		t.Error(diff)
	}
}

func TestChangeJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(lb.Diff(
		lb.BackendSpec{ServerTimeout: lb.Duration(time.Second)},
		lb.BackendSpec{MaxRetries: number(0), HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}}))
	want := strings.Join([]string{
		`[{"path":"healthCheck","after":{"type":"tcp"}}`,
		`{"path":"serverTimeout","before":"1s","after":"0s"}`,
		`{"path":"maxRetries","after":0}]`,
	}, ",")
	if err != nil || string(b) != want {
		t.Errorf("JSON is %s, %v; want %s", b, err, want)
	}
}
