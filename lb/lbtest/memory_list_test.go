package lbtest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func memoryBackendList(t *testing.T, names string) (*lbtest.Memory, lb.LoadBalancerID) {
	t.Helper()
	m := lbtest.NewMemory()
	id := m.AddLoadBalancer(lb.LoadBalancerSpec{})
	for _, name := range strings.Fields(names) {
		if _, err := m.Backends().Create(t.Context(), id, lb.BackendSpec{Name: name, Protocol: lb.ProtocolTCP}); err != nil {
			t.Fatal(err)
		}
	}
	return m, id
}

func TestMemoryLists(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts lb.ListOptions
		want string
	}{
		"all":          {lb.ListOptions{}, "a b c b e"},
		"by name":      {lb.ListOptions{Name: "b"}, "b b"},
		"none":         {lb.ListOptions{Name: "z"}, ""},
		"small pages":  {lb.ListOptions{PageOptions: lb.PageOptions{PageSize: 2, Window: 3}}, "a b c b e"},
		"a whole page": {lb.ListOptions{PageOptions: lb.PageOptions{PageSize: 5}}, "a b c b e"},
	} {
		m, id := memoryBackendList(t, "a b c b e")
		list := m.Backends().List(t.Context(), id, tc.opts)
		for range 2 { // a list can be ranged over again
			var got []string
			for backend, err := range list {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, backend.Name)
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%s: got %v", name, got)
			}
		}
	}
	m, id := memoryBackendList(t, "a b")
	for _, opts := range []lb.PageOptions{{PageSize: -1}, {Window: -1}} {
		memoryFails(t, memoryDrain(m.Backends().List(t.Context(), id, lb.ListOptions{PageOptions: opts})), "backends.list", lb.ErrInvalid)
	}
}

// A list is lazy: it sees what happens before its loop gets there.
func TestMemoryListWhileThingsChange(t *testing.T) {
	t.Parallel()
	m, id := memoryBackendList(t, "a b c d e")
	list := m.Backends().List(t.Context(), id, lb.ListOptions{PageOptions: lb.PageOptions{PageSize: 2}})
	var got []string
	for backend, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, backend.Name)
		if backend.Name != "a" {
			continue
		}
		for _, gone := range []lb.BackendID{"memory/lb-1/backend-1", "memory/lb-1/backend-4"} { // "a" and "d"
			if err := m.Backends().Delete(t.Context(), gone); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := m.Backends().Update(t.Context(), "memory/lb-1/backend-5", func(s *lb.BackendSpec) error { s.Name = "E"; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, "") != "abcE" {
		t.Errorf("got %v", got)
	}
}

func TestMemoryListEnds(t *testing.T) {
	t.Parallel()
	m, id := memoryBackendList(t, "a b c d")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	list := m.Backends().List(ctx, id, lb.ListOptions{PageOptions: lb.PageOptions{PageSize: 2}})
	if _, err := lb.First(list, nil); err != nil { // breaks out of the loop
		t.Fatal(err)
	}
	items, failures := 0, 0
	for _, err := range list {
		if err != nil {
			failures++
			memoryFails(t, err, "backends.list", context.Canceled)
			continue
		}
		items++
		cancel()
	}
	if items != 2 || failures != 1 {
		t.Errorf("%d items and %d errors", items, failures)
	}
	if _, err := m.Backends().Get(t.Context(), "memory/lb-1/backend-1"); err != nil {
		t.Errorf("a list that ended early holds the provider: %v", err)
	}
}

// Everything at once, for the race detector.
func TestMemoryConcurrently(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t, lbtest.WithStaging())
	var group sync.WaitGroup
	for n := range byte(8) {
		group.Go(func() {
			for _, call := range memoryCallTable() {
				if strings.HasSuffix(call.op, ".delete") || call.op == "servers.set" || call.op == "servers.remove" {
					continue
				}
				_ = call.run(t.Context(), w, valid) // some are in each other's way
			}
			if _, err := w.Servers().Add(t.Context(), w.backend.ID, memoryServer(50+n)); err != nil {
				t.Error(err)
			}
			w.Fail("backends.get", lb.ErrBusy, 1)
			w.SetHealth(w.backend.Servers[0].ID, lb.HealthDown)
			_, _ = w.Live(w.lb)
			_ = w.Capabilities()
		})
	}
	group.Wait()
	w.Fail("backends.get", lb.ErrBusy, 0)
	got, err := w.Backends().Get(t.Context(), w.backend.ID)
	if err != nil || len(got.Servers) != 2+1+8 {
		t.Errorf("%d servers, %v", len(got.Servers), err)
	}
}

// selfSigned makes a certificate and its key, in PEM.
func selfSigned(t *testing.T, domain string) (chain, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", pkcs8)
}
