package scaleway_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

func TestBackendHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithInstances(2), scalewaytest.WithRowsPerInstance(), scalewaytest.WithMaxPageSize(3))
	id := w.loadBalancer()
	backend := w.backend(id, "10.0.0.4", "10.0.0.5", "2001:db8::1").ID
	w.backend(id, "10.0.0.4") // another pool, whose rows are not asked for
	w.api.SetHealth(serverID(backend, "10.0.0.4"), lb.HealthHealthy)
	w.api.SetHealth(serverID(backend, "10.0.0.5"), lb.HealthDown)
	w.api.SetHealth(serverID(backend, "2001:db8::1"), lb.HealthDegraded)
	got := map[lb.ServerID][]lb.Health{}
	instances := map[string]bool{}
	for h, err := range w.Backends().Health(t.Context(), backend, lb.PageOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got[h.Server] = append(got[h.Server], h.State)
		instances[h.Instance] = true
		if h.Check == "" || !h.CheckedAt.IsZero() {
			t.Errorf("got %+v: Scaleway says the result of a check, and not its time", h)
		}
	}
	same(t, "health", map[lb.ServerID][]lb.Health{
		serverID(backend, "10.0.0.4"):    {lb.HealthHealthy, lb.HealthHealthy},
		serverID(backend, "10.0.0.5"):    {lb.HealthDown, lb.HealthDown},
		serverID(backend, "2001:db8::1"): {lb.HealthDegraded, lb.HealthDegraded},
	}, got)
	if len(instances) != 2 {
		t.Errorf("instances are %v", instances)
	}
	if err := lb.WaitHealthy(t.Context(), w, backend, 1, quick); err != nil {
		t.Error(err)
	}
}

func TestLoadBalancerHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithManualClock())
	made := must(w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "web"}))(t)
	w.api.Advance(60_000_000_000)
	id := made.ID
	check := func(what string, want lb.HealthSummary) {
		t.Helper()
		var got *lb.HealthSummary
		requests := w.sent(func() { got = must(w.LoadBalancers().Health(t.Context(), id))(t) })
		same(t, what, &want, got)
		if len(requests) != 3 {
			t.Errorf("%s: sent %v", what, requests)
		}
	}
	check("empty", lb.HealthSummary{State: lb.HealthUnknown})
	first, second := w.backend(id, "10.0.0.4", "10.0.0.5").ID, w.backend(id).ID
	w.frontend(id, first)
	check("unchecked servers, and none", lb.HealthSummary{
		State: lb.HealthDown, Frontends: map[lb.Health]int{lb.HealthUnknown: 1},
		Backends: map[lb.Health]int{lb.HealthUnknown: 1, lb.HealthDown: 1}, Servers: map[lb.Health]int{lb.HealthUnknown: 2},
	})
	must(w.Servers().Add(t.Context(), second, at("10.0.0.6")...))(t)
	w.api.SetHealth(serverID(first, "10.0.0.4"), lb.HealthHealthy)
	w.api.SetHealth(serverID(first, "10.0.0.5"), lb.HealthDown)
	w.api.SetHealth(serverID(second, "10.0.0.6"), lb.HealthHealthy)
	check("one down", lb.HealthSummary{
		State: lb.HealthDegraded, Frontends: map[lb.Health]int{lb.HealthDegraded: 1},
		Backends: map[lb.Health]int{lb.HealthDegraded: 1, lb.HealthHealthy: 1}, Servers: map[lb.Health]int{lb.HealthHealthy: 2, lb.HealthDown: 1},
	})
	w.api.SetHealth(serverID(first, "10.0.0.5"), lb.HealthHealthy)
	check("all up", lb.HealthSummary{
		State: lb.HealthHealthy, Frontends: map[lb.Health]int{lb.HealthHealthy: 1},
		Backends: map[lb.Health]int{lb.HealthHealthy: 2}, Servers: map[lb.Health]int{lb.HealthHealthy: 3},
	})
}

// Fifty callers of one provider, each with its own backend, and all with one
// backend together.
func TestProviderUnderConcurrency(t *testing.T) {
	t.Parallel()
	const callers = 50
	w := newWorld(t)
	id := w.loadBalancer()
	shared := w.backend(id, "10.9.9.9").ID
	var running sync.WaitGroup
	for i := range callers {
		running.Go(func() {
			if err := w.work(id, shared, i); err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	running.Wait()
	if got := w.servers(shared); len(got) != callers+1 {
		t.Errorf("the shared backend has %d servers, want %d", len(got), callers+1)
	}
	limit := must(w.Backends().Get(t.Context(), shared))(t).MaxConnections
	if limit != callers {
		t.Errorf("%d of %d increments are there", limit, callers)
	}
	if left := must(lb.Collect(w.Backends().List(t.Context(), id, lb.ListOptions{})))(t); len(left) != 1 {
		t.Errorf("%d backends are left", len(left))
	}
}

func (w *world) work(id lb.LoadBalancerID, shared lb.BackendID, i int) error {
	ctx := w.t.Context()
	spec := backendSpec()
	spec.Name = fmt.Sprintf("app-%d", i)
	mine, err := w.Backends().Create(ctx, id, spec, at(fmt.Sprintf("10.0.0.%d", i))...)
	if err != nil {
		return err
	}
	_, err1 := w.Servers().Add(ctx, shared, at(fmt.Sprintf("10.0.1.%d", i))...)
	_, err2 := w.Backends().Update(ctx, shared, func(s *lb.BackendSpec) error { s.MaxConnections++; return nil })
	_, err3 := lb.Publish(ctx, w, id, quick)
	_, err4 := w.LoadBalancers().Read(ctx, id)
	_, err5 := w.LoadBalancers().Pending(ctx, id)
	_, err6 := w.LoadBalancers().Health(ctx, id)
	_, err7 := lb.Collect(w.Backends().Health(ctx, shared, lb.PageOptions{}))
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, w.Backends().Delete(ctx, mine.ID))
}

// A program's whole use of a load balancer, by the neutral contract alone.
func TestProviderLifeCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	made := must(w.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "shop", Tags: []string{"prod"}}))(t)
	ready := must(lb.WaitReady(ctx, w, made.ID, quick))(t)
	if len(ready.Addresses) != 1 || len(ready.Instances) != 1 {
		t.Errorf("ready: %+v", ready)
	}
	spec := backendSpec()
	spec.HealthCheck = &lb.HealthCheck{Type: lb.CheckHTTP, Interval: 30_000 * ms}
	backend := must(w.Backends().Create(ctx, made.ID, spec, at("10.0.0.4", "10.0.0.5")...))(t)
	frontend := must(w.Frontends().Create(ctx, made.ID, frontendSpec(backend.ID)))(t)
	if op := must(lb.Publish(ctx, w, made.ID, quick))(t); op.Status != lb.OperationDone {
		t.Errorf("published: %+v", op)
	}
	w.api.SetHealth(backend.Servers[0].ID, lb.HealthDown)
	if sum := must(w.LoadBalancers().Health(ctx, made.ID))(t); sum.Servers[lb.HealthDown] != 1 {
		t.Errorf("health: %+v", sum)
	}
	isCode(t, "a backend in use", w.Backends().Delete(ctx, backend.ID), lb.ErrInUse)
	if err := w.Servers().Remove(ctx, backend.Servers[0].ID); err != nil {
		t.Fatal(err)
	}
	must(lb.Publish(ctx, w, made.ID, quick))(t)
	if err := w.Frontends().Delete(ctx, frontend.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Backends().Delete(ctx, backend.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.LoadBalancers().Delete(ctx, made.ID, lb.DeleteLoadBalancerOptions{ReleaseAddresses: true}); err != nil {
		t.Fatal(err)
	}
	if err := lb.WaitDeleted(ctx, w, made.ID, quick); err != nil {
		t.Fatal(err)
	}
	if left := must(lb.Collect(w.client.Zone(zone).IPs.List(ctx, scaleway.IPListOptions{})))(t); len(left) > 0 {
		t.Errorf("%d addresses are left", len(left))
	}
}
