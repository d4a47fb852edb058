package lb_test

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestWaitPausesGrow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = balancers(slices.Repeat([]lb.Provisioning{lb.ProvisioningPending}, 10)...)
		f.balancers.answers = append(f.balancers.answers, balancers(lb.ProvisioningReady)...)
		if _, err := lb.WaitReady(t.Context(), f, "lb-1"); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{1, 2, 4, 8, 10, 10, 10, 10, 10, 10}
		for i, pause := range f.balancers.pauses() {
			longest := want[i] * time.Second
			if shortest := max(longest*3/4, time.Second); pause < shortest || pause > longest {
				t.Errorf("pause %d is %v, want %v to %v", i, pause, shortest, longest)
			}
		}
	})
}

func TestWithPoll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shortest, longest time.Duration
		first, last       time.Duration // the last at most, and at least 3/4 of it
	}{
		"alike":                {3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second},
		"longest too short":    {3 * time.Second, time.Second, 3 * time.Second, 3 * time.Second},
		"zero":                 {0, 0, time.Second, 10 * time.Second},
		"negative":             {-1, -1, time.Second, 10 * time.Second},
		"longer than default":  {time.Minute, 0, time.Minute, time.Minute},
		"shorter than default": {time.Millisecond, 2 * time.Millisecond, time.Millisecond, 2 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				f.balancers.answers = balancers(slices.Repeat([]lb.Provisioning{lb.ProvisioningPending}, 9)...)
				f.balancers.answers = append(f.balancers.answers, balancers(lb.ProvisioningReady)...)
				if _, err := lb.WaitReady(t.Context(), f, "lb-1", nil, lb.WithPoll(c.shortest, c.longest)); err != nil {
					t.Fatal(err)
				}
				pauses := f.balancers.pauses()
				if pauses[0] != c.first {
					t.Errorf("the first pause is %v, want %v", pauses[0], c.first)
				}
				if last := pauses[len(pauses)-1]; last > c.last || last < max(c.first, c.last*3/4) {
					t.Errorf("the last pause is %v, want about %v", last, c.last)
				}
			})
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), newFake()
		f.balancers.answers = balancers(lb.ProvisioningPending, "hibernating")
		got, err := lb.WaitReady(ending(t, 7*time.Second), f, "lb-1", every(2*time.Second))
		if got != nil || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, lb.ErrFailed) {
			t.Errorf("WaitReady = %v, %v; want the context's error", got, err)
		}
		if time.Since(start) != 7*time.Second {
			t.Errorf("it took %v, want to end in the middle of a pause", time.Since(start))
		}
		want := `load balancer "lb-1": wanted ready, last seen hibernating (7s, 4 polls): context deadline exceeded`
		if err.Error() != want {
			t.Errorf("the error is\n%v\nwant\n%s", err, want)
		}
	})
}

func TestWaitEndsWithItsContextDuringACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), newFake()
		f.balancers.answers = append(balancers(lb.ProvisioningPending), answer[*lb.LoadBalancer]{takes: time.Hour})
		_, err := lb.WaitReady(ending(t, 5*time.Second), f, "lb-1", every(time.Second))
		last, ok := errors.AsType[*lb.Error](err)
		if !errors.Is(err, context.DeadlineExceeded) || !ok || last.RequestID != "cut" {
			t.Errorf("WaitReady = %v; want the context's error and that of the call", err)
		}
		if time.Since(start) != 5*time.Second || !strings.Contains(err.Error(), "last seen pending (5s, 1 poll)") {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestWaitThatEndsInTroubleSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = append(balancers(lb.ProvisioningUpdating), failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrUnavailable, Status: 503, RequestID: "r"}))
		_, err := lb.WaitReady(ending(t, 5*time.Second), f, "lb-1", every(3*time.Second))
		if last, ok := errors.AsType[*lb.Error](err); !errors.Is(err, context.DeadlineExceeded) || !ok || last.Status != 503 {
			t.Errorf("WaitReady = %v; want the context's error and that of the last poll", err)
		}
		want := `load balancer "lb-1": wanted ready, last seen updating (5s, 2 polls): context deadline exceeded: unavailable (HTTP 503, request r)`
		if err.Error() != want {
			t.Errorf("the error is\n%v\nwant\n%s", err, want)
		}
	})
}

func TestWaitWithAnEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, cause := newFake(), errors.New("the program ends")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		_, ready := lb.WaitReady(ctx, f, "lb-1")
		_, certificate := lb.WaitCertificate(ctx, f, "c-1")
		_, operation := lb.WaitOperation(ctx, f, &lb.Operation{ID: "op-1"})
		_, published := lb.Publish(ctx, f, "lb-1")
		for _, err := range []error{
			ready, lb.WaitDeleted(ctx, f, "lb-1"), certificate, operation, lb.WaitHealthy(ctx, f, "b-1", 1), published,
		} {
			if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "last seen nothing (0s, 0 polls)") {
				t.Errorf("the error is %v; want the context's, with its cause", err)
			}
		}
		if n := len(f.balancers.ids) + len(f.certificates.ids) + len(f.operations.ids) + len(f.health.ids) + len(f.commits.ids); n != 0 {
			t.Errorf("%d calls were made", n)
		}
	})
}

func TestWaitSurvivesABadMinute(t *testing.T) {
	t.Parallel()
	for _, code := range []error{lb.ErrUnavailable, lb.ErrRateLimited, lb.ErrBusy} {
		t.Run(code.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				bad := failing[*lb.LoadBalancer](&lb.Error{Code: code, RequestID: "r"})
				f.balancers.answers = slices.Concat(slices.Repeat([]answer[*lb.LoadBalancer]{bad}, 20),
					balancers(lb.ProvisioningPending), slices.Repeat([]answer[*lb.LoadBalancer]{bad}, 20), balancers(lb.ProvisioningReady))
				var reports []lb.Progress
				if _, err := lb.WaitReady(t.Context(), f, "lb-1", every(5*time.Second), progressOf(&reports)); err != nil {
					t.Errorf("WaitReady = %v; want it to survive", err)
				}
				want := lb.Progress{Kind: lb.KindLoadBalancer, ID: "lb-1", State: code.Error(), Percent: -1, Elapsed: 5 * time.Second, Polls: 2}
				if len(reports) != 42 || reports[1] != want {
					t.Errorf("%d reports, the second %+v; want 42, the second %+v", len(reports), reports[1], want)
				}
			})
		})
	}
}

func TestWaitEndsWhenReadsFailForTwoMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), newFake()
		f.balancers.answers = append(balancers(lb.ProvisioningPending), failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrUnavailable}))
		_, err := lb.WaitReady(t.Context(), f, "lb-1", every(10*time.Second))
		if !errors.Is(err, lb.ErrUnavailable) || time.Since(start) != 2*time.Minute+10*time.Second {
			t.Errorf("WaitReady = %v after %v; want the error after two minutes of it", err, time.Since(start))
		}
	})
}

func TestWaitKeepsToRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = append([]answer[*lb.LoadBalancer]{
			failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrRateLimited, RetryAfter: 30 * time.Second}),
			failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrRateLimited, RetryAfter: time.Millisecond}),
		}, balancers(lb.ProvisioningReady)...)
		if _, err := lb.WaitReady(t.Context(), f, "lb-1", every(time.Second)); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{30 * time.Second, time.Second}; !slices.Equal(f.balancers.pauses(), want) {
			t.Errorf("the pauses were %v, want %v", f.balancers.pauses(), want)
		}
	})
}

func TestWaitDoesNotSitOutALongRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, long := range []time.Duration{time.Hour, math.MaxInt64} {
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			start, f := time.Now(), newFake()
			f.balancers.answers = []answer[*lb.LoadBalancer]{
				failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrUnavailable}), failing[*lb.LoadBalancer](&lb.Error{Code: lb.ErrRateLimited, RetryAfter: long}),
			}
			_, err := lb.WaitReady(ctx, f, "lb-1")
			if !errors.Is(err, lb.ErrRateLimited) || time.Since(start) != time.Second {
				t.Errorf("asked to wait %v: %v after %v; want the error at once, at the second poll", long, err, time.Since(start))
			}
			cancel()
		}
	})
}

func TestWaitEndsAtAnyOtherError(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		lb.ErrNotFound, lb.ErrForbidden, lb.ErrUnauthorized, lb.ErrExpired, lb.ErrInvalid, lb.ErrUnsupported, io.EOF,
	} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, f, want := time.Now(), newFake(), &lb.Error{Code: cause, RequestID: "r"}
				f.balancers.answers = append(balancers(lb.ProvisioningPending), failing[*lb.LoadBalancer](want))
				got, err := lb.WaitReady(t.Context(), f, "lb-1", every(time.Second))
				if got != nil || !isVery(err, want) || time.Since(start) != time.Second {
					t.Errorf("WaitReady = %v, %v after %v; want the error as it came", got, err, time.Since(start))
				}
			})
		})
	}
}

func TestWaitReportsProgressAtEachPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.balancers.answers = balancers(lb.ProvisioningPending, lb.ProvisioningUpdating, lb.ProvisioningReady)
		var got []lb.Progress
		if _, err := lb.WaitReady(t.Context(), f, "lb-1", every(2*time.Second), progressOf(&got)); err != nil {
			t.Fatal(err)
		}
		want := []lb.Progress{
			{Kind: lb.KindLoadBalancer, ID: "lb-1", State: "pending", Percent: -1, Elapsed: 0, Polls: 1},
			{Kind: lb.KindLoadBalancer, ID: "lb-1", State: "updating", Percent: -1, Elapsed: 2 * time.Second, Polls: 2},
			{Kind: lb.KindLoadBalancer, ID: "lb-1", State: "ready", Percent: -1, Elapsed: 4 * time.Second, Polls: 3},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
