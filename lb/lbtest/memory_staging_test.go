package lbtest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func (w *memoryWorld) pendingCount(t *testing.T) int {
	t.Helper()
	changes, err := w.LoadBalancers().Pending(t.Context(), w.lb)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, change := range changes {
		count += change.Count
	}
	return count
}

// liveName is the name of the world's backend that is live; empty while none is.
func (w *memoryWorld) liveName(t *testing.T) string {
	t.Helper()
	tree, err := w.Live(w.lb)
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Backends) == 0 {
		return ""
	}
	return tree.Backends[0].Name
}

func (w *memoryWorld) rename(t *testing.T, name string) {
	t.Helper()
	if _, err := w.Backends().Update(t.Context(), w.backend.ID, func(s *lb.BackendSpec) error { s.Name = name; return nil }); err != nil {
		t.Fatal(err)
	}
}

func (w *memoryWorld) commit(t *testing.T) *lb.Operation {
	t.Helper()
	o, err := w.LoadBalancers().Commit(t.Context(), w.lb, lb.CommitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *memoryWorld) operation(t *testing.T, id lb.OperationID) lb.OperationStatus {
	t.Helper()
	o, err := w.Operations().Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o.Status
}

func TestMemoryWithoutStaging(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t)
	if n := w.pendingCount(t); n != 0 {
		t.Errorf("%d writes wait", n)
	}
	if got := w.liveName(t); got != "web" {
		t.Errorf("live is %q", got)
	}
	want := &lb.Operation{LoadBalancer: w.lb, Action: "commit", Status: lb.OperationDone, Progress: 100}
	if diff := cmp.Diff(want, w.commit(t)); diff != "" {
		t.Error(diff)
	}
	w.EndNext(w.lb, lb.OperationFailed)
	o := w.commit(t)
	var state *lb.StateError
	if _, err := lb.WaitOperation(t.Context(), w, o, lb.WithPoll(1, 1)); !errors.As(err, &state) || state.Got != "failed" || state.Detail == "" {
		t.Errorf("got %v", err)
	}
	if o = w.commit(t); o.ID != "" {
		t.Errorf("the next one is %+v", o)
	}
}

func TestMemoryStaging(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t, lbtest.WithStaging())
	if n := w.pendingCount(t); n != 5 { // backend, certificate, frontend, filters, routes
		t.Errorf("%d writes wait", n)
	}
	if got := w.liveName(t); got != "" {
		t.Errorf("%q is live", got)
	}
	if tree, err := w.Live(w.lb); err != nil || tree.LoadBalancer.Provisioning != lb.ProvisioningReady || tree.LoadBalancer.Instances[0].Status != lb.ProvisioningReady {
		t.Errorf("what runs before the first commit is %+v, %v, want it ready", tree.LoadBalancer, err)
	}
	first := w.commit(t)
	want := &lb.Operation{ID: "memory/lb-1/operation-1", LoadBalancer: w.lb, Action: "commit", Status: lb.OperationRunning}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	w.rename(t, "later") // no part of the commit that runs
	if n := w.pendingCount(t); n != 6 {
		t.Errorf("%d writes wait, those that the commit carries included", n)
	}
	_, err := w.LoadBalancers().Commit(t.Context(), w.lb, lb.CommitOptions{})
	if e := memoryError(t, err, "loadbalancers.commit", lb.ErrBusy); e.Kind != lb.KindOperation || e.ID != string(first.ID) {
		t.Errorf("busy with %s %q", e.Kind, e.ID)
	}
	if got := w.operation(t, first.ID); got != lb.OperationRunning || w.liveName(t) != "" {
		t.Errorf("at the first look it is %s, and %q is live", got, w.liveName(t))
	}
	if got := w.operation(t, first.ID); got != lb.OperationDone || w.liveName(t) != "web" {
		t.Errorf("at the second look it is %s, and %q is live", got, w.liveName(t))
	}
	if n := w.pendingCount(t); n != 1 {
		t.Errorf("%d writes wait", n)
	}
	second := w.commit(t)
	for range 2 {
		w.operation(t, second.ID)
	}
	if got := w.liveName(t); got != "later" {
		t.Errorf("live is %q", got)
	}
	if o := w.commit(t); o.ID != "" || o.Status != lb.OperationDone {
		t.Errorf("with nothing to do: %+v", o)
	}
	all, err := lb.Collect(w.Operations().List(t.Context(), w.lb, lb.PageOptions{PageSize: 1}))
	if err != nil || len(all) != 2 || all[0].ID != first.ID || all[1].Status != lb.OperationDone || all[1].Progress != 100 {
		t.Errorf("got %v, %v", all, err)
	}
	_, err = w.LoadBalancers().Commit(t.Context(), w.lb, lb.CommitOptions{Zone: "elsewhere"})
	memoryFails(t, err, "loadbalancers.commit", lb.ErrInvalid)
}

// Without the feature, a load balancer without frontends keeps what was written pending
// until it has one. Where nothing is staged, there is nothing to refuse.
func TestMemoryCommitsNothingWithoutFrontends(t *testing.T) {
	t.Parallel()
	can := lbtest.NewMemory().Capabilities()
	can.Features["loadbalancers.commit.withoutFrontends"] = lb.Support{Hint: "keep one"}
	w := newMemoryWorld(t, lbtest.WithStaging(), lbtest.WithCapabilities(can))
	if err := w.Frontends().Delete(t.Context(), w.frontend.ID); err != nil {
		t.Fatal(err)
	}
	before := w.pendingCount(t)
	_, err := w.LoadBalancers().Commit(t.Context(), w.lb, lb.CommitOptions{})
	if e := memoryError(t, err, "loadbalancers.commit", lb.ErrInvalid); e.Kind != lb.KindLoadBalancer || e.ID != string(w.lb) {
		t.Errorf("refused for %s %q", e.Kind, e.ID)
	}
	if n := w.pendingCount(t); n != before || n == 0 {
		t.Errorf("%d writes wait, and %d did before", n, before)
	}
	if _, err := w.Frontends().Create(t.Context(), w.lb, webFrontend(w.backend.ID)); err != nil {
		t.Fatal(err)
	}
	if o := w.commit(t); o.Status != lb.OperationRunning {
		t.Errorf("with a frontend: %+v", o)
	}
	live := newMemoryWorld(t, lbtest.WithCapabilities(can))
	if err := live.Frontends().Delete(t.Context(), live.frontend.ID); err != nil {
		t.Fatal(err)
	}
	if o := live.commit(t); o.Status != lb.OperationDone {
		t.Errorf("without staging: %+v", o)
	}
}

// A commit that does not succeed has no effect; what it carried can be published again.
func TestMemoryEndNext(t *testing.T) {
	t.Parallel()
	for _, status := range []lb.OperationStatus{lb.OperationFailed, lb.OperationCancelled, "hibernating"} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newMemoryWorld(t, lbtest.WithStaging())
				w.EndNext(w.lb, status)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := lb.Publish(ctx, w, w.lb)
				if status == "hibernating" && !errors.Is(err, context.DeadlineExceeded) || status != "hibernating" && !errors.Is(err, lb.ErrFailed) {
					t.Errorf("got %v", err)
				}
				if w.liveName(t) != "" || w.pendingCount(t) != 5 {
					t.Errorf("%q is live, %d writes wait", w.liveName(t), w.pendingCount(t))
				}
				if _, err := lb.Publish(t.Context(), w, w.lb); err != nil || w.liveName(t) != "web" || w.pendingCount(t) != 0 {
					t.Errorf("once more: %v, %q is live", err, w.liveName(t))
				}
			})
		})
	}
}

// What each of several programs wrote is live when its Publish returns.
func TestMemoryPublishersAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newMemoryWorld(t, lbtest.WithStaging())
		var group sync.WaitGroup
		for n := range byte(8) {
			group.Go(func() {
				added, err := w.Servers().Add(t.Context(), w.backend.ID, memoryServer(100+n))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := lb.Publish(t.Context(), w, w.lb); err != nil {
					t.Error(err)
				}
				tree, err := w.Live(w.lb)
				if err != nil {
					t.Error(err)
					return
				}
				for _, server := range tree.Backends[0].Servers {
					if server.ID == added[0].ID {
						return
					}
				}
				t.Errorf("%s is not live after Publish", added[0].ID)
			})
		}
		group.Wait()
	})
}

// With WithPolls(0) no wait pauses: the clock of this bubble stands still.
func TestMemoryWithPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		for polls, want := range map[int]time.Duration{-1: 0, 0: 0, 1: 4 * time.Second} {
			w := newMemoryWorld(t, lbtest.WithStaging(), lbtest.WithPolls(polls))
			start := time.Now()
			if _, err := lb.Publish(ctx, w, w.lb); err != nil {
				t.Error(err)
			}
			if got, err := lb.WaitCertificate(ctx, w, w.certificate.ID); err != nil || got.NotAfter.Before(time.Now()) || got.Fingerprint == "" || got.Detail != "" {
				t.Errorf("got %+v, %v", got, err)
			}
			made, err := w.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "new"})
			if err != nil || made.Provisioning != lb.ProvisioningPending {
				t.Fatalf("got %+v, %v", made, err)
			}
			if _, err := lb.WaitReady(ctx, w, made.ID); err != nil {
				t.Error(err)
			}
			if err := w.LoadBalancers().Delete(ctx, made.ID, lb.DeleteLoadBalancerOptions{}); err != nil {
				t.Error(err)
			}
			if err := lb.WaitDeleted(ctx, w, made.ID); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took != want {
				t.Errorf("with %d polls it took %s, want %s", polls, took, want)
			}
		}
	})
}

func TestMemoryHealth(t *testing.T) {
	t.Parallel()
	for _, staging := range []bool{false, true} {
		opts := []lbtest.MemoryOption{lbtest.WithPolls(0)}
		if staging {
			opts = append(opts, lbtest.WithStaging())
		}
		w := newMemoryWorld(t, opts...)
		ctx := t.Context()
		states := func() [2]lb.Health {
			t.Helper()
			all, err := lb.Collect(w.Backends().Health(ctx, w.backend.ID, lb.PageOptions{PageSize: 1}))
			if err != nil || len(all) != 2 || all[0].Server != w.backend.Servers[0].ID {
				t.Fatalf("got %v, %v", all, err)
			}
			for _, one := range all {
				if live := w.liveName(t) != ""; (one.Instance != "") != live {
					t.Errorf("the instance is %q", one.Instance)
				}
			}
			return [2]lb.Health{all[0].State, all[1].State}
		}
		w.SetHealth(w.backend.Servers[1].ID, lb.HealthDown)
		if got := states(); staging && got != [2]lb.Health{lb.HealthUnknown, lb.HealthUnknown} {
			t.Errorf("before it is live it is %v", got)
		}
		if _, err := lb.Publish(ctx, w, w.lb); err != nil {
			t.Fatal(err)
		}
		if got := states(); got != [2]lb.Health{lb.HealthHealthy, lb.HealthDown} {
			t.Errorf("got %v", got)
		}
		want := &lb.HealthSummary{
			State: lb.HealthDegraded, Frontends: map[lb.Health]int{lb.HealthDegraded: 1}, Backends: map[lb.Health]int{lb.HealthDegraded: 1},
			Servers: map[lb.Health]int{lb.HealthHealthy: 1, lb.HealthDown: 1},
		}
		if got, err := w.LoadBalancers().Health(ctx, w.lb); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("got %+v, %v", got, err)
		}
		w.SetHealth(w.backend.Servers[1].ID, lb.HealthHealthy)
		if err := lb.WaitHealthy(ctx, w, w.backend.ID, 2); err != nil {
			t.Error(err)
		}
		if _, err := w.Backends().Update(ctx, w.backend.ID, func(s *lb.BackendSpec) error { s.HealthCheck = nil; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := lb.Publish(ctx, w, w.lb); err != nil {
			t.Fatal(err)
		}
		if got := states(); got != [2]lb.Health{lb.HealthUnknown, lb.HealthHealthy} {
			t.Errorf("unchecked, and one of them set by the test: %v", got)
		}
	}
}
