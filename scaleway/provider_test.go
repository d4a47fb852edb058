package scaleway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

const (
	zone  = scaleway.Zone("fr-par-1")
	aHalf = "11111111-2222-4333-8444-55555555"

	nobody      = lb.LoadBalancerID("fr-par-1/" + aHalf + "0001")
	noFrontend  = lb.FrontendID("fr-par-1/" + aHalf + "0002")
	noBackend   = lb.BackendID("fr-par-1/" + aHalf + "0003")
	noServer    = lb.ServerID("fr-par-1/" + aHalf + "0003/10.0.0.4")
	noOperation = lb.OperationID("fr-par-1/" + aHalf + "0001/applied/1784629132583003")
)

// quick polls as often as a server whose time runs a hundred times as fast asks for.
var quick = lb.WithPoll(5*time.Millisecond, 20*time.Millisecond)

// world is a provider and the API that it speaks to.
type world struct {
	lb.Provider

	t      *testing.T
	api    *scalewaytest.Server
	client *scaleway.Client
}

// newWorld has a server whose time runs a hundred times as fast, unless opts say
// otherwise, and calls that are not retried.
func newWorld(t *testing.T, opts ...scalewaytest.Option) *world {
	t.Helper()
	return newWorldWith(t, lb.RetryPolicy{MaxAttempts: 1}, opts...)
}

func newWorldWith(t *testing.T, retry lb.RetryPolicy, opts ...scalewaytest.Option) *world {
	t.Helper()
	api := scalewaytest.NewServer(append([]scalewaytest.Option{scalewaytest.WithSpeed(100)}, opts...)...)
	t.Cleanup(api.Close)
	client, err := api.Client(scaleway.WithRetry(retry))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, api: api, client: client}
	w.Provider = w.provider(zone)
	return w
}

func (w *world) provider(zones ...scaleway.Zone) lb.Provider {
	w.t.Helper()
	p, err := scaleway.NewProvider(w.client, zones)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// loadBalancer makes one that works.
func (w *world) loadBalancer() lb.LoadBalancerID {
	w.t.Helper()
	made, err := w.LoadBalancers().Create(w.t.Context(), lb.LoadBalancerSpec{Name: "web"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.api.Advance(10 * time.Second)
	if ready := must(w.LoadBalancers().Get(w.t.Context(), made.ID))(w.t); ready.Provisioning != lb.ProvisioningReady {
		w.t.Fatalf("the load balancer is %s", ready.Provisioning)
	}
	return made.ID
}

func backendSpec() lb.BackendSpec {
	return lb.BackendSpec{
		Name: "app", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP},
	}
}

func at(addresses ...string) []lb.ServerSpec {
	specs := make([]lb.ServerSpec, len(addresses))
	for i, address := range addresses {
		specs[i].Address = netip.MustParseAddr(address)
	}
	return specs
}

func (w *world) backend(parent lb.LoadBalancerID, addresses ...string) *lb.Backend {
	w.t.Helper()
	made, err := w.Backends().Create(w.t.Context(), parent, backendSpec(), at(addresses...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func frontendSpec(backend lb.BackendID) lb.FrontendSpec {
	return lb.FrontendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: backend}
}

func (w *world) frontend(parent lb.LoadBalancerID, backend lb.BackendID) *lb.Frontend {
	w.t.Helper()
	made, err := w.Frontends().Create(w.t.Context(), parent, frontendSpec(backend))
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// sent are the requests that do makes, as "METHOD path" below the zone, in order.
func (w *world) sent(do func()) []string {
	w.t.Helper()
	before := len(w.api.Requests())
	do()
	var out []string
	for _, r := range w.api.Requests()[before:] {
		path := strings.TrimPrefix(r.URL.Path, "/lb/v1/zones/"+string(zone))
		out = append(out, r.Method+" "+path)
	}
	return out
}

// writes are the requests among sent that change something.
func (w *world) writes(do func()) []string {
	w.t.Helper()
	var out []string
	for _, request := range w.sent(do) {
		if !strings.HasPrefix(request, http.MethodGet+" ") {
			out = append(out, request)
		}
	}
	return out
}

// lastBody is the body of the last request.
func (w *world) lastBody() string {
	w.t.Helper()
	all := w.api.Requests()
	body, err := io.ReadAll(all[len(all)-1].Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// path is an ID below its zone, as in the paths of the API.
func path[ID ~string](kind string, id ID) string {
	return "/" + kind + strings.TrimPrefix(string(id), string(zone))
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, show); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var show = cmp.Options{
	cmp.Comparer(func(a, b lb.Extensions) bool { return a.Equal(b) }),
	cmpopts.EquateComparable(lb.PortRange{}, netip.Addr{}, netip.Prefix{}),
	cmpopts.EquateEmpty(),
	cmpopts.IgnoreFields(lb.LoadBalancer{}, "Native"),
	cmpopts.IgnoreFields(lb.Frontend{}, "Native"),
	cmpopts.IgnoreFields(lb.Backend{}, "Native"),
	cmpopts.IgnoreFields(lb.ServerHealth{}, "Native"),
}

// isCode wants err to match code.
func isCode(t *testing.T, what string, err, code error) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Fatalf("%s: got %v, want %v", what, err, code)
	}
}

// coded is err as an *lb.Error that matches code.
func coded(t *testing.T, what string, err, code error) *lb.Error {
	t.Helper()
	isCode(t, what, err, code)
	var e *lb.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: %T %v is no *lb.Error", what, err, err)
	}
	return e
}

func TestNewProviderChecksItsArguments(t *testing.T) {
	t.Parallel()
	client := must(scaleway.NewClient(lb.NewSecret(aHalf + "abcd")))(t)
	for name, test := range map[string]struct {
		client *scaleway.Client
		zones  []scaleway.Zone
		opts   []scaleway.ProviderOption
	}{
		"no client":      {nil, nil, nil},
		"no zone":        {client, []scaleway.Zone{""}, nil},
		"a region":       {client, []scaleway.Zone{"fr-par"}, nil},
		"the same twice": {client, []scaleway.Zone{"fr-par-1", "fr-par-1"}, nil},
		"a nil option":   {client, nil, []scaleway.ProviderOption{nil}},
		"no project":     {client, nil, []scaleway.ProviderOption{scaleway.InProject("")}},
		"not a project":  {client, nil, []scaleway.ProviderOption{scaleway.InProject("default")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := scaleway.NewProvider(test.client, test.zones, test.opts...)
			if p != nil || !errors.Is(err, lb.ErrInvalid) {
				t.Errorf("got %v, %v; want ErrInvalid", p, err)
			}
		})
	}
}

// everyCall makes each call of the contract that takes an ID.
func everyCall(p lb.Provider, b lb.LoadBalancerID, f lb.FrontendID, be lb.BackendID, s lb.ServerID, o lb.OperationID) map[string]func(context.Context) error {
	keep := func(*lb.LoadBalancerSpec) error { return nil }
	return map[string]func(context.Context) error{
		"loadbalancers.get":    func(ctx context.Context) error { _, err := p.LoadBalancers().Get(ctx, b); return err },
		"loadbalancers.update": func(ctx context.Context) error { _, err := p.LoadBalancers().Update(ctx, b, keep); return err },
		"loadbalancers.delete": func(ctx context.Context) error {
			return p.LoadBalancers().Delete(ctx, b, lb.DeleteLoadBalancerOptions{})
		},
		"loadbalancers.read":    func(ctx context.Context) error { _, err := p.LoadBalancers().Read(ctx, b); return err },
		"loadbalancers.health":  func(ctx context.Context) error { _, err := p.LoadBalancers().Health(ctx, b); return err },
		"loadbalancers.pending": func(ctx context.Context) error { _, err := p.LoadBalancers().Pending(ctx, b); return err },
		"loadbalancers.commit": func(ctx context.Context) error {
			_, err := p.LoadBalancers().Commit(ctx, b, lb.CommitOptions{})
			return err
		},
		"frontends.list": func(ctx context.Context) error {
			_, err := lb.Collect(p.Frontends().List(ctx, b, lb.ListOptions{}))
			return err
		},
		"frontends.get": func(ctx context.Context) error { _, err := p.Frontends().Get(ctx, f); return err },
		"frontends.update": func(ctx context.Context) error {
			_, err := p.Frontends().Update(ctx, f, func(*lb.FrontendSpec) error { return nil })
			return err
		},
		"frontends.delete": func(ctx context.Context) error { return p.Frontends().Delete(ctx, f) },
		"backends.list": func(ctx context.Context) error {
			_, err := lb.Collect(p.Backends().List(ctx, b, lb.ListOptions{}))
			return err
		},
		"backends.get":    func(ctx context.Context) error { _, err := p.Backends().Get(ctx, be); return err },
		"backends.create": func(ctx context.Context) error { _, err := p.Backends().Create(ctx, b, backendSpec()); return err },
		"backends.update": func(ctx context.Context) error {
			_, err := p.Backends().Update(ctx, be, func(*lb.BackendSpec) error { return nil })
			return err
		},
		"backends.delete": func(ctx context.Context) error { return p.Backends().Delete(ctx, be) },
		"backends.health": func(ctx context.Context) error {
			_, err := lb.Collect(p.Backends().Health(ctx, be, lb.PageOptions{}))
			return err
		},
		"servers.list": func(ctx context.Context) error {
			_, err := lb.Collect(p.Servers().List(ctx, be, lb.ListOptions{}))
			return err
		},
		"servers.get": func(ctx context.Context) error { _, err := p.Servers().Get(ctx, s); return err },
		"servers.add": func(ctx context.Context) error { _, err := p.Servers().Add(ctx, be, at("10.0.0.4")...); return err },
		"servers.update": func(ctx context.Context) error {
			_, err := p.Servers().Update(ctx, s, func(*lb.ServerSpec) error { return nil })
			return err
		},
		"servers.remove": func(ctx context.Context) error { return p.Servers().Remove(ctx, s) },
		"servers.set": func(ctx context.Context) error {
			_, err := p.Servers().Set(ctx, be, at("10.0.0.4"), lb.SetOptions{})
			return err
		},
		"servers.set to nothing": func(ctx context.Context) error {
			_, err := p.Servers().Set(ctx, be, nil, lb.SetOptions{AllowEmpty: true})
			return err
		},
		"operations.get": func(ctx context.Context) error { _, err := p.Operations().Get(ctx, o); return err },
		"operations.list": func(ctx context.Context) error {
			_, err := lb.Collect(p.Operations().List(ctx, b, lb.PageOptions{}))
			return err
		},
	}
}

func TestForeignIDsSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range []string{
		"", ".", "..", "fr-par-1/..", "loadbalancer-ab12", "loadbalancer-ab12/http/farm/12", "fr-par-1%2F" + aHalf + "0001",
		"pl-waw-1/" + aHalf + "0001", // a zone that the provider was not given
	} {
		address, applied := "/10.0.0.4", "/applied/5"
		calls := everyCall(w, lb.LoadBalancerID(text), lb.FrontendID(text), lb.BackendID(text), lb.ServerID(text+address), lb.OperationID(text+applied))
		for name, call := range calls {
			requests := w.sent(func() {
				e := coded(t, name+" "+text, call(t.Context()), lb.ErrInvalid)
				if operation, _, _ := strings.Cut(name, " "); e.Op != operation || e.Provider != "scaleway" {
					t.Errorf("%s %q: the error is of %q", name, text, e.Op)
				}
			})
			if len(requests) > 0 {
				t.Errorf("%s %q: sent %v", name, text, requests)
			}
		}
	}
}

func TestMissingObjectsAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, call := range everyCall(w, nobody, noFrontend, noBackend, noServer, noOperation) {
		isCode(t, name, call(t.Context()), lb.ErrNotFound)
	}
}

func TestCancelledContextsSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range everyCall(w, nobody, noFrontend, noBackend, noServer, noOperation) {
		requests := w.sent(func() {
			if e := coded(t, name, call(ctx), context.Canceled); e.Provider != "scaleway" {
				t.Errorf("%s: the error is of %q", name, e.Provider)
			}
		})
		if len(requests) > 0 {
			t.Errorf("%s: sent %v", name, requests)
		}
	}
}

// What is not declared says so, and sends nothing.
func TestWhatIsNotDeclaredIsUnsupported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	for name, call := range map[lb.Feature]func() error{
		"filters.list":        func() error { _, err := lb.Collect(w.Filters().List(ctx, noFrontend, lb.PageOptions{})); return err },
		"routes.list":         func() error { _, err := lb.Collect(w.Routes().List(ctx, noFrontend, lb.PageOptions{})); return err },
		"certificates.create": func() error { _, err := w.Certificates().Create(ctx, nobody, lb.CertificateSpec{}); return err },
		"addresses.allocate":  func() error { _, err := w.Addresses().Allocate(ctx, lb.AddressSpec{}); return err },
		"loadbalancers.egressRanges": func() error {
			_, err := w.LoadBalancers().EgressRanges(ctx, nobody)
			return err
		},
	} {
		if w.Capabilities().Has(name) {
			continue
		}
		var e *lb.UnsupportedError
		if err := call(); !errors.As(err, &e) || e.Feature != name || e.Provider != "scaleway" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if requests := w.api.Requests(); len(requests) > 0 {
		t.Errorf("sent %d requests", len(requests))
	}
}
