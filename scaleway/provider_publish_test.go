package scaleway_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// live reports whether every instance of a load balancer is ready.
func (w *world) live(id lb.LoadBalancerID) bool {
	w.t.Helper()
	for _, i := range must(w.LoadBalancers().Get(w.t.Context(), id))(w.t).Instances {
		if i.Status != lb.ProvisioningReady {
			return false
		}
	}
	return true
}

// inBubble runs a test in virtual time against an API on a pipe.
func inBubble(t *testing.T, opts []scalewaytest.Option, test func(t *testing.T, w *world, id lb.LoadBalancerID)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, append([]scalewaytest.Option{scalewaytest.WithPipe(), scalewaytest.WithSpeed(1)}, opts...)...)
		test(t, w, w.loadBalancer())
	})
}

// Every write that changes what the instances run is followed until they run it.
func TestPublishFollowsEveryWrite(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(t *testing.T, w *world, id lb.LoadBalancerID, f lb.FrontendID, b lb.BackendID){
		"create a backend": func(t *testing.T, w *world, id lb.LoadBalancerID, _ lb.FrontendID, _ lb.BackendID) {
			t.Helper()
			w.backend(id, "10.0.0.4")
		},
		"create a frontend": func(t *testing.T, w *world, id lb.LoadBalancerID, _ lb.FrontendID, b lb.BackendID) {
			t.Helper()
			spec := frontendSpec(b)
			spec.Ports[0] = lb.Port(8080)
			must(w.Frontends().Create(t.Context(), id, spec))(t)
		},
		"change a backend": func(t *testing.T, w *world, _ lb.LoadBalancerID, _ lb.FrontendID, b lb.BackendID) {
			t.Helper()
			must(w.Backends().Update(t.Context(), b, func(s *lb.BackendSpec) error { s.Algorithm = "first"; return nil }))(t)
		},
		"change a check": func(t *testing.T, w *world, _ lb.LoadBalancerID, _ lb.FrontendID, b lb.BackendID) {
			t.Helper()
			must(w.Backends().Update(t.Context(), b, func(s *lb.BackendSpec) error { s.HealthCheck.UnhealthyThreshold = 9; return nil }))(t)
		},
		"change a frontend": func(t *testing.T, w *world, _ lb.LoadBalancerID, f lb.FrontendID, _ lb.BackendID) {
			t.Helper()
			must(w.Frontends().Update(t.Context(), f, func(s *lb.FrontendSpec) error { s.ConnectionRate = 9; return nil }))(t)
		},
		"change the TLS policy": func(t *testing.T, w *world, id lb.LoadBalancerID, _ lb.FrontendID, _ lb.BackendID) {
			t.Helper()
			must(w.LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error { s.TLSPolicy = "modern"; return nil }))(t)
		},
		"add a server": func(t *testing.T, w *world, _ lb.LoadBalancerID, _ lb.FrontendID, b lb.BackendID) {
			t.Helper()
			must(w.Servers().Add(t.Context(), b, at("10.0.0.9")...))(t)
		},
		"set the servers": func(t *testing.T, w *world, _ lb.LoadBalancerID, _ lb.FrontendID, b lb.BackendID) {
			t.Helper()
			must(w.Servers().Set(t.Context(), b, at("10.0.0.9"), lb.SetOptions{}))(t)
		},
		"remove a server": func(t *testing.T, w *world, _ lb.LoadBalancerID, _ lb.FrontendID, b lb.BackendID) {
			t.Helper()
			if err := w.Servers().Remove(t.Context(), serverID(b, "10.0.0.4")); err != nil {
				t.Fatal(err)
			}
		},
		"delete a frontend": func(t *testing.T, w *world, _ lb.LoadBalancerID, f lb.FrontendID, _ lb.BackendID) {
			t.Helper()
			if err := w.Frontends().Delete(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []scalewaytest.Option{scalewaytest.WithInstances(2)}, func(t *testing.T, w *world, id lb.LoadBalancerID) {
				backend := w.backend(id, "10.0.0.4", "10.0.0.5").ID
				frontend := w.frontend(id, backend).ID
				must(lb.Publish(t.Context(), w, id))(t)
				nothingPending(t, w, id)

				write(t, w, id, frontend, backend)
				pending := must(w.LoadBalancers().Pending(t.Context(), id))(t)
				same(t, "pending", []lb.PendingChange{{Zone: string(zone), Count: 1}}, pending)
				begun := time.Now()
				op := must(lb.Publish(t.Context(), w, id))(t)
				if op.ID == "" || op.Status != lb.OperationDone || op.LoadBalancer != id {
					t.Errorf("published %+v", op)
				}
				if took := time.Since(begun); took >= 8*time.Second {
					t.Errorf("took %s: the write was not seen on the instances", took)
				}
				if !w.live(id) {
					t.Error("an instance is not ready")
				}
				nothingPending(t, w, id)
				if again := must(lb.Publish(t.Context(), w, id))(t); again.ID != "" || again.Status != lb.OperationDone {
					t.Errorf("nothing to publish: %+v", again)
				}
			})
		})
	}
}

func nothingPending(t *testing.T, w *world, id lb.LoadBalancerID) {
	t.Helper()
	same(t, "pending", []lb.PendingChange(nil), must(w.LoadBalancers().Pending(t.Context(), id))(t))
}

// What the instances never hear of is not waited for.
func TestPublishOfNamesAndTags(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		backend := w.backend(id).ID
		frontend := w.frontend(id, backend).ID
		must(lb.Publish(t.Context(), w, id))(t)
		must(w.LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error {
			s.Name, s.Tags, s.Plan = "other", []string{"a"}, "lb-gp-m"
			return nil
		}))(t)
		must(lb.WaitReady(t.Context(), w, id))(t)
		must(w.Backends().Update(t.Context(), backend, func(s *lb.BackendSpec) error { s.Name = "other"; return nil }))(t)
		must(w.Frontends().Update(t.Context(), frontend, func(s *lb.FrontendSpec) error { s.Name = "other"; return nil }))(t)
		if op := must(w.LoadBalancers().Commit(t.Context(), id, lb.CommitOptions{}))(t); op.ID != "" || op.Status != lb.OperationDone || op.Progress != 100 {
			t.Errorf("got %+v", op)
		}
	})
}

// An answer without a time is none that the wait stumbles over.
func TestPublishOfAWriteWithoutATime(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		backend := w.backend(id, "10.0.0.4")
		must(lb.Publish(t.Context(), w, id))(t)
		put := func(r *http.Request) bool { return r.Method == http.MethodPut }
		answer := fmt.Sprintf(`{"id":%q,"lb":{"id":%q},"pool":["10.0.0.5"]}`, uuid(backend.ID), uuid(id))
		w.api.Faults().On(put).Times(1).Replace(http.StatusOK, answer)
		must(w.Servers().Set(t.Context(), backend.ID, at("10.0.0.5"), lb.SetOptions{}))(t)
		op := must(lb.Publish(t.Context(), w, id))(t)
		if op.Status != lb.OperationDone || !w.live(id) {
			t.Errorf("got %+v", op)
		}
	})
}

func TestCommitNamesItsWatermark(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		made := w.backend(id)
		op := must(w.LoadBalancers().Commit(t.Context(), id, lb.CommitOptions{Zone: string(zone)}))(t)
		if want := scaleway.FormatOperationID(zone, uuid(id), made.Updated); op.ID != want || !op.Started.Equal(made.Updated) {
			t.Errorf("got %s of %s, want %s", op.ID, op.Started, want)
		}
		if op.Status != lb.OperationRunning || op.Progress != -1 || op.Action == "" || op.LoadBalancer != id {
			t.Errorf("got %+v", op)
		}
		_, err := w.LoadBalancers().Commit(t.Context(), id, lb.CommitOptions{Zone: "nl-ams-1"})
		isCode(t, "another zone", err, lb.ErrInvalid)

		listed := must(lb.Collect(w.Operations().List(t.Context(), id, lb.PageOptions{})))(t)
		if len(listed) != 1 || listed[0].ID != op.ID || listed[0].Status != lb.OperationRunning {
			t.Errorf("listed %+v", listed)
		}
		must(lb.WaitOperation(t.Context(), w, op))(t)
		if listed = must(lb.Collect(w.Operations().List(t.Context(), id, lb.PageOptions{})))(t); len(listed) > 0 {
			t.Errorf("listed %+v after its end", listed[0])
		}
		if again := must(w.Operations().Get(t.Context(), op.ID))(t); again.Status != lb.OperationDone {
			t.Errorf("later it is %s", again.Status)
		}
	})
}

// An operation is what its ID says: another process goes on with it.
func TestOperationOfAnotherProcess(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		w.backend(id)
		op := must(w.LoadBalancers().Commit(t.Context(), id, lb.CommitOptions{}))(t)
		other := w.provider()
		if first := must(other.Operations().Get(t.Context(), op.ID))(t); first.Status != lb.OperationRunning {
			t.Errorf("at first it is %s", first.Status)
		}
		must(lb.WaitOperation(t.Context(), other, op))(t)
	})
}

// A write that never shows on the instances is live when they have been ready for
// ten seconds.
func TestPublishOfWhatNeverShows(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		must(lb.Publish(t.Context(), w, id))(t)
		future := scaleway.FormatOperationID(zone, uuid(id), time.Now().Add(time.Hour))
		begun := time.Now()
		must(lb.WaitOperation(t.Context(), w, &lb.Operation{ID: future, Status: lb.OperationRunning}))(t)
		if took := time.Since(begun); took < 10*time.Second || took > 30*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestPublishFailsWithTheInstances(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		w.api.EndNext(id, "error")
		w.backend(id)
		_, err := lb.Publish(t.Context(), w, id)
		isCode(t, "publish", err, lb.ErrFailed)
		var failed *lb.StateError
		if !errors.As(err, &failed) || failed.Kind != lb.KindOperation || failed.Detail == "" {
			t.Errorf("got %+v", failed)
		}
	})
}

// A load balancer that says ready does not work while an instance has failed.
func TestWaitReadyFailsWithTheInstances(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		w.api.EndNext(id, "error")
		w.backend(id)
		w.api.Advance(20 * time.Second)
		_, err := lb.WaitReady(t.Context(), w, id)
		isCode(t, "wait", err, lb.ErrFailed)
		instance := must(w.LoadBalancers().Get(t.Context(), id))(t).Instances[0].ID
		var failed *lb.StateError
		if !errors.As(err, &failed) || failed.Kind != lb.KindLoadBalancer || !strings.Contains(failed.Detail, instance) {
			t.Errorf("got %+v", failed)
		}
	})
}

func TestPublishOfADeletedLoadBalancer(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		w.backend(id)
		if err := w.LoadBalancers().Delete(t.Context(), id, lb.DeleteLoadBalancerOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := lb.WaitDeleted(t.Context(), w, id); err != nil {
			t.Fatal(err)
		}
		_, err := lb.Publish(t.Context(), w, id)
		isCode(t, "publish", err, lb.ErrNotFound)
	})
}

// A second provider of the same client follows what the first one wrote.
func TestPublishByAnotherProvider(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		w.backend(id)
		if op := must(lb.Publish(t.Context(), w.provider(), id))(t); op.ID == "" || op.Status != lb.OperationDone {
			t.Errorf("got %+v", op)
		}
	})
}

// What somebody else writes shows as long as an instance is pending.
func TestPendingOfSomebodyElse(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, w *world, id lb.LoadBalancerID) {
		client := must(w.api.Client())(t)
		other := must(scaleway.NewProvider(client, nil))(t)
		backend := w.backend(id)
		pending := must(other.LoadBalancers().Pending(t.Context(), id))(t)
		same(t, "pending", []lb.PendingChange{{Zone: string(zone), Count: 1}}, pending)
		w.api.Advance(time.Second)
		same(t, "later", []lb.PendingChange(nil), must(other.LoadBalancers().Pending(t.Context(), id))(t))
		if op := must(lb.Publish(t.Context(), other, id))(t); op.ID != "" {
			t.Errorf("%s follows what another client wrote", op.ID)
		}
		// Nobody has asked for a commit, and long after the write it is live all the same.
		w.api.Advance(time.Minute)
		if err := w.Backends().Delete(t.Context(), backend.ID); err != nil {
			t.Fatal(err)
		}
		w.api.Advance(time.Minute)
		nothingPending(t, w, id)
	})
}
