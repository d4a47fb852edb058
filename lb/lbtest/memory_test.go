package lbtest_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// memoryWorld is a load balancer with one of everything.
type memoryWorld struct {
	*lbtest.Memory

	lb          lb.LoadBalancerID
	backend     *lb.Backend
	frontend    *lb.Frontend
	certificate *lb.Certificate
	address     *lb.Address
}

func newMemoryWorld(t *testing.T, opts ...lbtest.MemoryOption) *memoryWorld {
	t.Helper()
	ctx := t.Context()
	m := lbtest.NewMemory(opts...)
	w := &memoryWorld{Memory: m, lb: m.AddLoadBalancer(lb.LoadBalancerSpec{Name: "edge", Tags: []string{"b", "a"}})}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.backend, err = m.Backends().Create(ctx, w.lb, webBackend(), lb.ServerSpec{Name: "a", Address: netip.MustParseAddr("10.0.0.1")}, lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.2")})
	must(err)
	w.certificate, err = m.Certificates().Create(ctx, w.lb, lb.CertificateSpec{Name: "www", Domains: []string{"www.example.org"}})
	must(err)
	w.frontend, err = m.Frontends().Create(ctx, w.lb, webFrontend(w.backend.ID))
	must(err)
	_, err = m.Filters().Set(ctx, w.frontend.ID, []lb.FilterSpec{{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}}}}, lb.SetOptions{})
	must(err)
	_, err = m.Routes().Set(ctx, w.frontend.ID, []lb.RouteSpec{{Backend: w.backend.ID, Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/api"}}}}}, lb.SetOptions{})
	must(err)
	w.address, err = m.Addresses().Allocate(ctx, lb.AddressSpec{Reverse: "edge.example.org."})
	must(err)
	return w
}

func webBackend() lb.BackendSpec {
	return lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckHTTP}}
}

func webFrontend(to lb.BackendID) lb.FrontendSpec {
	return lb.FrontendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: to}
}

// read is everything there is, for a test to compare.
func (w *memoryWorld) read(t *testing.T) []any {
	t.Helper()
	tree, err := w.LoadBalancers().Read(t.Context(), w.lb)
	if err != nil {
		t.Fatal(err)
	}
	all, err := lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := lb.Collect(w.Addresses().List(t.Context(), lb.AddressListOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	return []any{tree, all, addresses}
}

func valid(id string) string { return id }

// memoryError is err as every failure of a call has to be.
func memoryError(t *testing.T, err error, op string, code error) *lb.Error {
	t.Helper()
	var e *lb.Error
	if !errors.As(err, &e) || !errors.Is(err, code) {
		t.Fatalf("got %v, want an *lb.Error with %v", err, code)
	}
	if e.Provider != "memory" || e.Op != op || e.RequestID == "" {
		t.Errorf("got %+v, want provider memory, op %s and a request ID", e, op)
	}
	return e
}

// memoryFails wants err to be as every failure of a call has to be.
func memoryFails(t *testing.T, err error, op string, code error) {
	t.Helper()
	_ = memoryError(t, err, op, code)
}

func TestMemoryIDs(t *testing.T) {
	t.Parallel()
	foreign := map[string]string{
		"empty": "", "another provider's": "fr-par-1/11111111-1111-1111-1111-111111111111", "another's service": "loadbalancer-ab12",
		"a dot": "memory/.", "leading zero": "memory/lb-01", "zero": "memory/lb-0", "negative": "memory/lb--1", "plus": "memory/lb-+1",
		"no number": "memory/lb-", "empty part": "memory//lb-1", "slash behind": "memory/lb-1/", "another kind": "memory/lb-1/widget-1",
		"escaped": "memory%2Flb-1",
	}
	for _, call := range memoryCallTable() {
		t.Run(call.op, func(t *testing.T) {
			t.Parallel()
			w := newMemoryWorld(t)
			before := w.read(t)
			for name, id := range foreign {
				if id == "" && call.op == "addresses.list" {
					continue // those of all
				}
				e := memoryError(t, call.run(t.Context(), w, func(string) string { return id }), call.op, lb.ErrInvalid)
				if e.ID != id || e.Kind == "" {
					t.Errorf("%s: the error is about %s %q", name, e.Kind, e.ID)
				}
			}
			missing := memoryError(t, call.run(t.Context(), w, func(id string) string { return id + "99" }), call.op, lb.ErrNotFound)
			if missing.Kind == "" || missing.ID == "" {
				t.Errorf("the error does not say what is missing: %+v", missing)
			}
			if diff := cmp.Diff(before, w.read(t), memoryComparer); diff != "" {
				t.Errorf("something has changed:\n%s", diff)
			}
		})
	}
}

var memoryComparer = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(lb.Extensions.Equal),
}

func TestMemoryContextEndsEveryCall(t *testing.T) {
	t.Parallel()
	for _, call := range slices.Concat(memoryCallTable(), memoryRootCalls()) {
		t.Run(call.op, func(t *testing.T) {
			t.Parallel()
			w := newMemoryWorld(t)
			before := w.read(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			memoryFails(t, call.run(ctx, w, valid), call.op, context.Canceled)
			if diff := cmp.Diff(before, w.read(t), memoryComparer); diff != "" {
				t.Errorf("something has changed:\n%s", diff)
			}
		})
	}
}

func TestMemoryFail(t *testing.T) {
	t.Parallel()
	own := errors.New("the cloud is on fire")
	for _, call := range slices.Concat(memoryCallTable(), memoryRootCalls()) {
		t.Run(call.op, func(t *testing.T) {
			t.Parallel()
			w := newMemoryWorld(t)
			before := w.read(t)
			w.Fail(call.op, own, 2)
			for range 2 {
				e := memoryError(t, call.run(t.Context(), w, valid), call.op, own)
				if !errors.Is(e.Code, lb.ErrUnavailable) {
					t.Errorf("the code is %v", e.Code)
				}
			}
			w.Fail(call.op, lb.ErrQuota, 1)
			if e := memoryError(t, call.run(t.Context(), w, valid), call.op, lb.ErrQuota); e.Err != nil {
				t.Errorf("a code has a cause: %v", e.Err)
			}
			w.Fail(call.op, lb.ErrQuota, 1)
			w.Fail(call.op, lb.ErrQuota, 0)
			if diff := cmp.Diff(before, w.read(t), memoryComparer); diff != "" {
				t.Errorf("something has changed:\n%s", diff)
			}
			if err := call.run(t.Context(), w, valid); errors.Is(err, lb.ErrQuota) || errors.Is(err, own) {
				t.Errorf("it still fails: %v", err)
			}
		})
	}
}

func TestMemoryFailKeepsWhatAnErrorSays(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	said := &lb.Error{Code: lb.ErrRateLimited, Status: 429, RetryAfter: 7, RequestID: "abc", Message: "slow down", Kind: lb.KindBackend, ID: "x"}
	w.Fail("backends.get", said, 1)
	_, err := w.Backends().Get(t.Context(), w.backend.ID)
	e := memoryError(t, err, "backends.get", lb.ErrRateLimited)
	if !errors.Is(err, said) || e.Status != 429 || e.RetryAfter != 7 || e.RequestID != "abc" || e.Message != "slow down" || e.ID != "x" {
		t.Errorf("got %+v", e)
	}
	problems := lb.Problems{&lb.UnsupportedError{Provider: "memory", Feature: "backend.name"}}
	w.Fail("backends.get", problems, 1)
	if _, err = w.Backends().Get(t.Context(), w.backend.ID); !errors.Is(err, lb.ErrUnsupported) || err.Error() != problems.Error() {
		t.Errorf("got %v", err)
	}
	for _, control := range []func(){
		func() { w.Fail("backends.make", lb.ErrQuota, 1) },
		func() { w.Fail("backends.get", nil, 1) },
		func() { w.SetHealth("memory/lb-1/backend-1/server-9", lb.HealthDown) },
		func() { w.SetCertificate("memory/lb-1/certificate-9", lb.ProvisioningError, "") },
		func() { w.SetProvisioning("memory/lb-9", lb.ProvisioningError) },
		func() { w.EndNext("memory/lb-9", lb.OperationFailed) },
		func() { w.AddLoadBalancer(lb.LoadBalancerSpec{TLSPolicy: "weak"}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a control that can do nothing does not panic")
				}
			}()
			control()
		}()
	}
}

func TestMemoryCallsThatCapabilitiesLack(t *testing.T) {
	t.Parallel()
	for _, call := range slices.Concat(memoryCallTable(), memoryRootCalls()) {
		t.Run(call.op, func(t *testing.T) {
			t.Parallel()
			w := newMemoryWorld(t)
			before := w.read(t)
			c := w.Capabilities()
			c.Features[lb.Feature(call.op)] = lb.Support{Hint: "do it by hand"}
			lacking := lbtest.NewMemory(lbtest.WithCapabilities(c))
			err := call.run(t.Context(), &memoryWorld{
				Memory: lacking, lb: w.lb, backend: w.backend, frontend: w.frontend, certificate: w.certificate, address: w.address,
			}, valid)
			var unsupported *lb.UnsupportedError
			if !errors.As(err, &unsupported) || unsupported.Feature != lb.Feature(call.op) || unsupported.Hint != "do it by hand" {
				t.Errorf("got %v", err)
			}
			if err := lb.Require(lacking, lb.Feature(call.op)); !errors.Is(err, lb.ErrUnsupported) {
				t.Errorf("Require says %v", err)
			}
			if diff := cmp.Diff(before, w.read(t), memoryComparer); diff != "" {
				t.Errorf("something has changed:\n%s", diff)
			}
		})
	}
}

func TestMemoryCapabilitiesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	c := lbtest.NewMemory().Capabilities()
	m := lbtest.NewMemory(lbtest.WithCapabilities(c))
	c.Features["backend.name"] = lb.Support{}
	c.Features["frontend.protocol"].Values[0] = "smtp"
	got := m.Capabilities()
	got.Features["backend.port"] = lb.Support{}
	got.Features["backend.protocol"].Values[0] = "smtp"
	_, _, err := m.Dialect().Backend(lb.BackendSpec{Name: "a", Protocol: lb.ProtocolHTTP, Port: 1}, nil)
	if err != nil {
		t.Error(err)
	}
	if _, err := m.Dialect().Frontend(lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(1)}}); err != nil {
		t.Error(err)
	}
	if m.Name() != "memory" || m.Capabilities().Provider != "memory" {
		t.Errorf("it is called %q, %q", m.Name(), m.Capabilities().Provider)
	}
}

// memoryPaths are the fields that an error is about, "?" before those that the provider
// lacks and "!" before those that mean nothing.
func memoryPaths(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems lb.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want Problems", err)
	}
	var paths []string
	for _, problem := range problems {
		switch p := problem.(type) { //nolint:errorlint // problems are of these two types, unwrapped
		case *lb.UnsupportedError:
			paths = append(paths, "?"+p.Path)
		case *lb.Error:
			if !errors.Is(p, lb.ErrInvalid) || p.Kind == "" {
				t.Errorf("a problem is %v", p)
			}
			paths = append(paths, "!"+p.Fields[0].Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

type stranger struct {
	provider string
	Colour   string `json:"colour"`
}

func (s stranger) ExtensionProvider() string { return s.provider }

func second[T any](_ T, err error) error { return err }

func equal[S lb.Spec](t *testing.T, err error, got, want S) {
	t.Helper()
	if err != nil {
		t.Error(err)
	} else if !lb.Equal(got, want) {
		t.Errorf("it is not canonical: %+v", lb.Diff(want, got))
	}
}
