package lb_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestWaitReadyLooksAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), newFake()
		f.balancers.answers = balancers(lb.ProvisioningReady)
		got, err := lb.WaitReady(t.Context(), f, "lb-1")
		if err != nil || got != f.balancers.answers[0].value {
			t.Errorf("WaitReady = %v, %v", got, err)
		}
		if time.Since(start) != 0 || !slices.Equal(f.balancers.ids, []string{"lb-1"}) {
			t.Errorf("it took %v and the calls %v, want one at once", time.Since(start), f.balancers.ids)
		}
	})
}

func TestWaitReadyWaitsOutWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = balancers(lb.ProvisioningPending, "hibernating", lb.ProvisioningUnknown, "", lb.ProvisioningUpdating, lb.ProvisioningReady)
		got, err := lb.WaitReady(t.Context(), f, "lb-1")
		if err != nil || got.Provisioning != lb.ProvisioningReady || len(f.balancers.ids) != 6 {
			t.Errorf("WaitReady = %v, %v after %d polls; want ready after 6", got, err, len(f.balancers.ids))
		}
	})
}

func TestWaitReadyFailsAtTheFirstPollThatSeesIt(t *testing.T) {
	t.Parallel()
	for _, state := range []lb.Provisioning{lb.ProvisioningError, lb.ProvisioningSuspended, lb.ProvisioningDeleting} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, f := time.Now(), newFake()
				f.balancers.answers = balancers(lb.ProvisioningPending, state, lb.ProvisioningReady)
				got, err := lb.WaitReady(t.Context(), f, "lb-1", every(time.Second))
				want := &lb.StateError{Kind: lb.KindLoadBalancer, ID: "lb-1", Want: "ready", Got: string(state), Elapsed: time.Second, Polls: 2}
				failure, _ := errors.AsType[*lb.StateError](err)
				if diff := cmp.Diff(want, failure); diff != "" || got != nil || !errors.Is(err, lb.ErrFailed) {
					t.Errorf("WaitReady = %v, %v:\n%s", got, err, diff)
				}
				if time.Since(start) != time.Second {
					t.Errorf("it took %v, want to end at the second poll", time.Since(start))
				}
			})
		})
	}
}

// instances is a load balancer with an instance "i-0", "i-1", … in each state.
func instances(balancer lb.Provisioning, states ...lb.Provisioning) answer[*lb.LoadBalancer] {
	got := &lb.LoadBalancer{ID: "lb-1", Provisioning: balancer}
	for i, state := range states {
		got.Instances = append(got.Instances, lb.Instance{ID: fmt.Sprintf("i-%d", i), Zone: "z", Status: state})
	}
	return answer[*lb.LoadBalancer]{value: got}
}

// An instance that failed has the wait fail, however many others work or come. While
// the load balancer itself is on its way it may yet be replaced.
func TestWaitReadyFailsWithAnInstance(t *testing.T) {
	t.Parallel()
	for _, state := range []lb.Provisioning{lb.ProvisioningError, lb.ProvisioningSuspended} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.balancers.answers = []answer[*lb.LoadBalancer]{
				instances(lb.ProvisioningUpdating, state),
				instances(lb.ProvisioningReady, lb.ProvisioningReady, lb.ProvisioningPending, state),
				instances(lb.ProvisioningReady, lb.ProvisioningReady),
			}
			got, err := lb.WaitReady(t.Context(), f, "lb-1", every(time.Second))
			want := &lb.StateError{
				Kind: lb.KindLoadBalancer, ID: "lb-1", Want: "ready", Got: "instance " + string(state), Detail: `instance "i-2" in zone "z"`,
				Elapsed: time.Second, Polls: 2,
			}
			failure, _ := errors.AsType[*lb.StateError](err)
			if diff := cmp.Diff(want, failure); diff != "" || got != nil {
				t.Errorf("WaitReady = %v, %v:\n%s", got, err, diff)
			}
		})
	}
}

func TestWaitReadyWaitsForInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = []answer[*lb.LoadBalancer]{
			instances(lb.ProvisioningReady, lb.ProvisioningPending, lb.ProvisioningUpdating),
			instances(lb.ProvisioningReady, lb.ProvisioningReady, lb.ProvisioningPending),
			instances(lb.ProvisioningReady, lb.ProvisioningReady, lb.ProvisioningUnknown),
		}
		var reports []lb.Progress
		if _, err := lb.WaitReady(t.Context(), f, "lb-1", progressOf(&reports)); err != nil {
			t.Fatal(err)
		}
		var states []string
		for _, report := range reports {
			states = append(states, report.State)
		}
		if want := []string{"ready, 0/2 instances", "ready, 1/2 instances", "ready"}; !slices.Equal(states, want) {
			t.Errorf("the states were %q, want %q", states, want)
		}
	})
}

func TestWaitDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), newFake()
		gone := failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrNotFound})
		f.balancers.answers = append(balancers(lb.ProvisioningReady, lb.ProvisioningDeleting, lb.ProvisioningError), gone)
		var reports []lb.Progress
		if err := lb.WaitDeleted(t.Context(), f, "lb-1", every(time.Second), progressOf(&reports)); err != nil {
			t.Errorf("WaitDeleted = %v", err)
		}
		if time.Since(start) != 3*time.Second || reports[3].State != "deleted" {
			t.Errorf("it took %v and ended with %+v", time.Since(start), reports[3])
		}
	})
}

func TestWaitDeletedIsNotSatisfiedByOtherErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = []answer[*lb.LoadBalancer]{failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrForbidden, Status: 403})}
		if err := lb.WaitDeleted(t.Context(), f, "lb-1"); !errors.Is(err, lb.ErrForbidden) {
			t.Errorf("WaitDeleted = %v; want ErrForbidden", err)
		}
	})
}

func TestWaitCertificateFollowsItsID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		state := func(id lb.CertificateID, state lb.Provisioning) answer[*lb.Certificate] {
			return answer[*lb.Certificate]{value: &lb.Certificate{ID: id, Provisioning: state}}
		}
		f.certificates.answers = []answer[*lb.Certificate]{
			state("order", lb.ProvisioningPending), state("", lb.ProvisioningPending),
			state("final", lb.ProvisioningUpdating), state("final", lb.ProvisioningReady),
		}
		var reports []lb.Progress
		got, err := lb.WaitCertificate(t.Context(), f, "order", progressOf(&reports))
		if err != nil || got.ID != "final" {
			t.Errorf("WaitCertificate = %v, %v; want the final ID", got, err)
		}
		if want := []string{"order", "order", "order", "final"}; !slices.Equal(f.certificates.ids, want) {
			t.Errorf("it asked for %v, want %v", f.certificates.ids, want)
		}
		if first, last := reports[0], reports[3]; first.ID != "order" || last.ID != "final" || last.Kind != lb.KindCertificate {
			t.Errorf("it reported %+v to %+v", first, last)
		}
	})
}

func TestWaitCertificateSaysWhyItFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.certificates.answers = []answer[*lb.Certificate]{{value: &lb.Certificate{ID: "c-1", Provisioning: lb.ProvisioningError, Detail: "no DNS"}}}
		got, err := lb.WaitCertificate(t.Context(), f, "c-1")
		want := &lb.StateError{Kind: lb.KindCertificate, ID: "c-1", Want: "ready", Got: "error", Detail: "no DNS", Polls: 1}
		failure, _ := errors.AsType[*lb.StateError](err)
		if diff := cmp.Diff(want, failure); diff != "" || got != nil {
			t.Errorf("WaitCertificate = %v, %v:\n%s", got, err, diff)
		}
	})
}

func TestWaitOperation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.operations.answers = operations("op-1", lb.OperationPending, lb.OperationRunning, "shuffling", lb.OperationUnknown, lb.OperationDone)
		f.operations.answers[1].value.Progress = 40
		var reports []lb.Progress
		got, err := lb.WaitOperation(t.Context(), f, &lb.Operation{ID: "op-1", Status: lb.OperationPending}, every(time.Second), progressOf(&reports))
		if err != nil || got != f.operations.answers[4].value {
			t.Errorf("WaitOperation = %v, %v; want what was read last", got, err)
		}
		want := lb.Progress{Kind: lb.KindOperation, ID: "op-1", State: "running", Percent: 40, Elapsed: time.Second, Polls: 2}
		if len(reports) != 5 || reports[1] != want {
			t.Errorf("it reported %+v", reports)
		}
	})
}

func TestWaitOperationThatIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, want := newFake(), &lb.Error{Code: lb.ErrNotFound}
		f.operations.answers = append(operations("op-1", lb.OperationRunning), failing[*lb.Operation](want))
		if got, err := lb.WaitOperation(t.Context(), f, &lb.Operation{ID: "op-1"}); got != nil || !isVery(err, want) {
			t.Errorf("WaitOperation = %v, %v; want %v: nobody knows its end", got, err, want)
		}
	})
}

func TestWaitOperationWithoutAnythingToWaitFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		for _, op := range []*lb.Operation{
			{Status: lb.OperationDone}, {ID: "op-1", Status: lb.OperationDone}, {Status: lb.OperationPending},
		} {
			if got, err := lb.WaitOperation(t.Context(), f, op); got != op || err != nil {
				t.Errorf("WaitOperation(%+v) = %v, %v; want it back", op, got, err)
			}
		}
		for _, op := range []*lb.Operation{{ID: "op-1", Status: lb.OperationFailed}, {Status: lb.OperationCancelled}} {
			if got, err := lb.WaitOperation(t.Context(), f, op); got != nil || !errors.Is(err, lb.ErrFailed) {
				t.Errorf("WaitOperation(%+v) = %v, %v; want ErrFailed", op, got, err)
			}
		}
		if got, err := lb.WaitOperation(t.Context(), f, nil); got != nil || !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("WaitOperation(nil) = %v, %v; want ErrInvalid", got, err)
		}
		if len(f.operations.ids) != 0 {
			t.Errorf("it asked for %v", f.operations.ids)
		}
	})
}

func TestWaitOperationFailsAtTheFirstPollThatSeesIt(t *testing.T) {
	t.Parallel()
	for _, status := range []lb.OperationStatus{lb.OperationFailed, lb.OperationCancelled} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, f := time.Now(), newFake()
				f.operations.answers = operations("op-1", lb.OperationRunning, status)
				f.operations.answers[1].value.Detail = "blocked"
				got, err := lb.WaitOperation(t.Context(), f, &lb.Operation{ID: "op-1"}, every(time.Second))
				want := &lb.StateError{Kind: lb.KindOperation, ID: "op-1", Want: "done", Got: string(status), Detail: "blocked", Elapsed: time.Second, Polls: 2}
				failure, _ := errors.AsType[*lb.StateError](err)
				if diff := cmp.Diff(want, failure); diff != "" || got != nil || time.Since(start) != time.Second {
					t.Errorf("WaitOperation = %v, %v after %v:\n%s", got, err, time.Since(start), diff)
				}
			})
		})
	}
}

func TestWaitHealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		report := func(server lb.ServerID, instance string, state lb.Health) *lb.ServerHealth {
			return &lb.ServerHealth{Server: server, Instance: instance, State: state}
		}
		f := newFake()
		for _, reports := range [][]*lb.ServerHealth{
			nil,
			{report("a", "1", lb.HealthUnknown), report("b", "1", lb.HealthDegraded)},
			{report("a", "1", lb.HealthHealthy), report("a", "2", lb.HealthDown), report("b", "1", lb.HealthHealthy)},
			{report("a", "1", lb.HealthDown), report("a", "2", lb.HealthHealthy), report("b", "1", lb.HealthHealthy)},
			{report("a", "1", lb.HealthHealthy), report("a", "2", lb.HealthHealthy), report("b", "1", "sleepy"), report("c", "1", lb.HealthDown)},
			{report("a", "1", lb.HealthHealthy), report("b", "1", lb.HealthHealthy), report("c", "1", lb.HealthHealthy), report("d", "1", lb.HealthDown)},
		} {
			f.health.answers = append(f.health.answers, answer[[]*lb.ServerHealth]{value: reports})
		}
		var got []lb.Progress
		if err := lb.WaitHealthy(t.Context(), f, "b-1", 2, progressOf(&got)); err != nil {
			t.Fatal(err)
		}
		var states []string
		for _, p := range got {
			states = append(states, p.State)
		}
		want := []string{"0/2 healthy", "0/2 healthy", "1/2 healthy", "1/2 healthy", "1/2 healthy", "2/2 healthy"}
		if !slices.Equal(states, want) || got[2].Percent != 50 || got[5].Percent != 100 || got[0].Kind != lb.KindBackend || got[0].ID != "b-1" {
			t.Errorf("it reported %+v, want the states %v", got, want)
		}
	})
}

func TestWaitHealthyFailsWithItsList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		healthy := []*lb.ServerHealth{{Server: "a", State: lb.HealthHealthy}}
		f.health.answers = []answer[[]*lb.ServerHealth]{{value: healthy, err: &lb.Error{Code: lb.ErrNotFound}}}
		if err := lb.WaitHealthy(t.Context(), f, "b-1", 1); !errors.Is(err, lb.ErrNotFound) {
			t.Errorf("WaitHealthy = %v; want the list's error, whatever came before it", err)
		}
	})
}

func TestWaitHealthyOfNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		for _, atLeast := range []int{0, -1} {
			if err := lb.WaitHealthy(t.Context(), f, "b-1", atLeast); !errors.Is(err, lb.ErrInvalid) || len(f.health.ids) != 0 {
				t.Errorf("WaitHealthy of %d servers = %v; want ErrInvalid without a call", atLeast, err)
			}
		}
	})
}
