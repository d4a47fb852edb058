package lbtest_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// memoryServer is a server at 10.0.0.n.
func memoryServer(n byte) lb.ServerSpec {
	return lb.ServerSpec{Address: netip.AddrFrom4([4]byte{10, 0, 0, n})}
}

// endings are the last parts of IDs.
func endings(servers []*lb.Server) string {
	var out []string
	for _, server := range servers {
		out = append(out, string(server.ID[strings.LastIndex(string(server.ID), "-")+1:]))
	}
	return strings.Join(out, " ")
}

func (w *memoryWorld) servers(t *testing.T) string {
	t.Helper()
	servers, err := lb.Collect(w.Servers().List(t.Context(), w.backend.ID, lb.ListOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	return endings(servers)
}

func TestMemoryServersAdd(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	added, err := w.Servers().Add(ctx, w.backend.ID, memoryServer(9), lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Port: 9000}, memoryServer(0))
	if err != nil || endings(added) != "3 4 5" {
		t.Fatalf("got %s, %v", endings(added), err)
	}
	if got := w.servers(t); got != "5 1 4 2 3" {
		t.Errorf("by address and port they are %s", got)
	}
	_, err = w.Servers().Add(ctx, w.backend.ID, memoryServer(20), lb.ServerSpec{Address: netip.MustParseAddr("::ffff:10.0.0.2"), Port: 8080})
	if e := memoryError(t, err, "servers.add", lb.ErrExists); e.ID != string(w.backend.Servers[1].ID) || e.Kind != lb.KindServer {
		t.Errorf("the error is about %q", e.ID)
	}
	_, err = w.Servers().Update(ctx, w.backend.Servers[0].ID, func(s *lb.ServerSpec) error { s.Port = 9000; return nil })
	memoryFails(t, err, "servers.update", lb.ErrExists)
	if got := w.servers(t); got != "5 1 4 2 3" {
		t.Errorf("what failed has changed them: %s", got)
	}
	if none, err := w.Servers().Add(ctx, w.backend.ID); len(none) != 0 || err != nil {
		t.Errorf("nothing to add: %v, %v", none, err)
	}
}

func TestMemoryServersRemove(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	ctx := t.Context()
	one, two := w.backend.Servers[0].ID, w.backend.Servers[1].ID
	e := memoryError(t, w.Servers().Remove(ctx, two, one, two), "servers.remove", lb.ErrInvalid)
	if e.ID != string(w.backend.ID) || !strings.Contains(e.Message, "AllowEmpty") {
		t.Errorf("got %v", e)
	}
	memoryFails(t, w.Servers().Remove(ctx, one, two+"9"), "servers.remove", lb.ErrNotFound)
	if got := w.servers(t); got != "1 2" {
		t.Fatalf("what failed has removed some: %s", got)
	}
	if err := w.Servers().Remove(ctx, one, one); err != nil || w.servers(t) != "2" {
		t.Errorf("left are %s, %v", w.servers(t), err)
	}
	if err := w.Servers().Remove(ctx); err != nil {
		t.Errorf("nothing to remove: %v", err)
	}
}

func TestMemoryServersSet(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t, lbtest.WithStaging())
	ctx := t.Context()
	heavy := memoryServer(2)
	heavy.Weight = new(5)
	set, err := w.Servers().Set(ctx, w.backend.ID, []lb.ServerSpec{memoryServer(7), heavy}, lb.SetOptions{})
	if err != nil || endings(set) != "3 2" || *set[1].Weight != 5 {
		t.Fatalf("got %s, %v", endings(set), err)
	}
	if got := w.servers(t); got != "2 3" {
		t.Errorf("left are %s", got)
	}
	before, _ := w.LoadBalancers().Pending(ctx, w.lb)
	if _, err = w.Servers().Set(ctx, w.backend.ID, []lb.ServerSpec{heavy, memoryServer(7)}, lb.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if after, _ := w.LoadBalancers().Pending(ctx, w.lb); after[0].Count != before[0].Count {
		t.Error("the same set in another order is a write")
	}
	_, err = w.Servers().Set(ctx, w.backend.ID, nil, lb.SetOptions{})
	memoryFails(t, err, "servers.set", lb.ErrInvalid)
	_, err = w.Servers().Set(ctx, w.backend.ID, []lb.ServerSpec{memoryServer(1), memoryServer(1)}, lb.SetOptions{})
	if !errors.Is(err, lb.ErrInvalid) || w.servers(t) != "2 3" {
		t.Errorf("got %v; left are %s", err, w.servers(t))
	}
	if none, err := w.Servers().Set(ctx, w.backend.ID, nil, lb.SetOptions{AllowEmpty: true}); err != nil || len(none) != 0 || w.servers(t) != "" {
		t.Errorf("got %v, %v; left are %s", none, err, w.servers(t))
	}
}

// Some clouds keep settings of a backend on its servers: they go with the last one.
func TestMemoryServersSetTakesWhatTheyKeep(t *testing.T) {
	t.Parallel()
	c := lbtest.NewMemory().Capabilities()
	c.Features["backend.proxyProtocol.withoutServers"] = lb.Support{Hint: "create it with servers"}
	m := lbtest.NewMemory(lbtest.WithCapabilities(c))
	ctx := t.Context()
	id := m.AddLoadBalancer(lb.LoadBalancerSpec{})
	spec := lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV2, OnMarkedDown: lb.OnMarkedDownShutdownSessions}
	var unsupported *lb.UnsupportedError
	if _, err := m.Backends().Create(ctx, id, spec); !errors.As(err, &unsupported) || unsupported.Path != "proxyProtocol" {
		t.Errorf("without servers: %v", err)
	}
	made, err := m.Backends().Create(ctx, id, spec, memoryServer(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Servers().Set(ctx, made.ID, nil, lb.SetOptions{AllowEmpty: true}); err != nil {
		t.Fatal(err)
	}
	got, err := m.Backends().Get(ctx, made.ID)
	if err != nil || got.ProxyProtocol != "" || got.OnMarkedDown == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}
