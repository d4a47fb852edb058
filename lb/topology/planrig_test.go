package topology_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// cloud is a provider with one empty load balancer, and a second way to it, on which
// nothing fails and nothing is counted, for the eyes of the tests.
type cloud struct {
	lb.Provider
	id       lb.LoadBalancerID
	watch    lb.Provider
	faults   *lbtest.Faults // nil without a wire
	requests func() []*http.Request
}

// host is what clouds are made for, and closed with: a *testing.T, a *testing.B or a *rapid.T,
// one for each of the topologies that a test draws.
type host interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
	Context() context.Context
}

// scope is a host for a part of a test.
type scope struct {
	*testing.T
	undo []func()
}

// Cleanup has f called at the end of the scope.
func (s *scope) Cleanup(f func()) { s.undo = append(s.undo, f) }

func (s *scope) end() {
	for _, f := range s.undo {
		f()
	}
}

var clouds = map[string]func(t host) *cloud{"memory": newMemory, "ovh": newOVH, "scaleway": newScaleway}

// quick are waits on servers whose clocks run fast.
var quick = topology.WithWait(lb.WithPoll(time.Millisecond, 5*time.Millisecond))

var impatient = lb.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}

// direct goes to a server past its faults.
var direct = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}

func newMemory(host) *cloud {
	memory := lbtest.NewMemory(lbtest.WithPolls(0))
	return &cloud{Provider: memory, watch: memory, id: memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "main"})}
}

func newOVH(t host) *cloud {
	t.Helper()
	server := ovhtest.NewServer(ovhtest.WithSpeed(1000))
	t.Cleanup(server.Close)
	client, err := server.Client(ovh.WithRetry(impatient))
	fatal(t, err)
	second, err := server.Client(ovh.WithHTTPClient(direct))
	fatal(t, err)
	return &cloud{
		Provider: ovh.NewProvider(client), watch: ovh.NewProvider(second), id: ovh.FormatLoadBalancerID(server.AddService("gra")),
		faults: server.Faults(), requests: server.Requests,
	}
}

func newScaleway(t host) *cloud {
	t.Helper()
	// Where the outcome of a create is unknown, the client looks for what was created
	// within the last seconds: by a clock that is too fast, nothing was.
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(10), scalewaytest.WithTimings(scalewaytest.Timings{
		Creation: time.Millisecond, Propagation: time.Millisecond, Issuance: 10 * time.Millisecond, Migration: 10 * time.Millisecond,
	}))
	t.Cleanup(server.Close)
	client, err := server.Client(scaleway.WithRetry(impatient))
	fatal(t, err)
	second, err := server.Client(scaleway.WithHTTPClient(direct))
	fatal(t, err)
	zones := []scaleway.Zone{"fr-par-1"}
	p, err := scaleway.NewProvider(client, zones)
	fatal(t, err)
	watch, err := scaleway.NewProvider(second, zones)
	fatal(t, err)
	made, err := p.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "main"})
	fatal(t, err)
	_, err = lb.WaitReady(t.Context(), p, made.ID, lb.WithPoll(time.Millisecond, time.Millisecond))
	fatal(t, err)
	return &cloud{Provider: p, watch: watch, id: made.ID, faults: server.Faults(), requests: server.Requests}
}

func fatal(t interface {
	Helper()
	Fatal(args ...any)
}, err error,
) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func (c *cloud) plan(t tester, want *topology.Spec, opts ...topology.PlanOption) *topology.Plan {
	t.Helper()
	plan, err := topology.NewPlan(context.Background(), c, c.id, want, opts...)
	fatal(t, err)
	return plan
}

func (c *cloud) apply(t tester, want *topology.Spec, opts ...topology.PlanOption) *topology.Plan {
	t.Helper()
	plan := c.plan(t, want, opts...)
	if _, err := plan.Apply(context.Background(), c, quick); err != nil {
		t.Fatalf("%v\nof %s", err, plan)
	}
	return plan
}

func (c *cloud) export(t tester) *topology.Spec {
	t.Helper()
	spec, err := topology.Export(context.Background(), c, c.id)
	fatal(t, err)
	return spec
}

// empty fails where a plan of want has a step.
func (c *cloud) empty(t tester, want *topology.Spec, opts ...topology.PlanOption) {
	t.Helper()
	if plan := c.plan(t, want, opts...); !plan.Empty() {
		t.Fatalf("there is something to do:\n%s", plan)
	}
}

// equalities compare what has no exported fields.
var equalities = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b lb.Extensions) bool { return a.Equal(b) }), cmp.Comparer(func(a, b lb.Secret) bool { return a.Equal(b) }),
}

func same(t tester, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, equalities); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func each(t *testing.T, test func(t *testing.T, c *cloud)) {
	t.Helper()
	for name, make := range clouds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, make(t))
		})
	}
}

// pair is a certificate with its key.
type pair struct{ pem, key string }

// pairs are some certificates, made once.
var pairs = sync.OnceValue(func() []pair {
	out := make([]pair, 3)
	for i := range out {
		out[i] = newPair(int64(i + 1))
	}
	return out
})

func newPair(serial int64) pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "www.example.com"}, DNSNames: []string{"www.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return pair{
		pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})),
		key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
}

func at(addresses ...string) []lb.ServerSpec {
	out := make([]lb.ServerSpec, len(addresses))
	for i, address := range addresses {
		out[i].Address = netip.MustParseAddr(address)
	}
	return out
}

// webBackend is a backend that every provider takes.
func webBackend(name string, addresses ...string) topology.Backend {
	return topology.Backend{
		BackendSpec: lb.BackendSpec{Name: name, Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}},
		Servers:     at(addresses...),
	}
}

func webFrontend(name string, port uint16, backend string) topology.Frontend {
	return topology.Frontend{FrontendSpec: lb.FrontendSpec{
		Name: name, Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(port)}, DefaultBackend: lb.BackendID(backend),
	}}
}

func main() *topology.Spec {
	return &topology.Spec{LoadBalancer: lb.LoadBalancerSpec{Name: "main"}}
}

// onlineShop is a topology that every provider takes.
func onlineShop() *topology.Spec {
	s := main()
	s.Certificates = []topology.Certificate{{CertificateSpec: lb.CertificateSpec{Name: "shop", PEM: pairs()[0].pem, Key: lb.NewSecret(pairs()[0].key)}}}
	s.Backends = []topology.Backend{webBackend("web", "10.0.0.1", "10.0.0.2"), webBackend("api", "10.0.1.1")}
	front := webFrontend("shop", 443, "web")
	front.Certificates = []lb.CertificateID{"shop"}
	front.Filters = []lb.FilterSpec{{
		Name: "bots", Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}}},
	}}
	front.Routes = []lb.RouteSpec{{Match: lb.Match{{Field: lb.FieldHost, Values: []string{"api.example.com"}}}, Backend: "api"}}
	s.Frontends = []topology.Frontend{webFrontend("plain", 80, "web"), front}
	return s
}
