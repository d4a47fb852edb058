package lb_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// busyWith is what Commit answers while another commit runs.
func busyWith(id string) answer[*lb.Operation] {
	return failing[*lb.Operation](&lb.Error{Code: lb.ErrBusy, Op: "loadbalancers.commit", Kind: lb.KindOperation, ID: id})
}

func TestPublishWithNothingToDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), newFake()
		f.commits.answers = operations("", lb.OperationDone)
		got, err := lb.Publish(t.Context(), f, "lb-1")
		if err != nil || got == nil || got.Status != lb.OperationDone || time.Since(start) != 0 {
			t.Errorf("Publish = %v, %v after %v; want an operation that is done", got, err, time.Since(start))
		}
		if !slices.Equal(f.commits.ids, []string{"lb-1"}) || len(f.operations.ids) != 0 {
			t.Errorf("it committed %v and asked for %v", f.commits.ids, f.operations.ids)
		}
	})
}

func TestPublishWaitsForItsCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.commits.answers = operations("op-1", lb.OperationPending)
		f.operations.answers = operations("op-1", lb.OperationRunning, lb.OperationDone)
		got, err := lb.Publish(t.Context(), f, "lb-1")
		if err != nil || got != f.operations.answers[1].value || len(f.commits.ids) != 1 {
			t.Errorf("Publish = %v, %v; want the operation as it was read last", got, err)
		}
	})
}

func TestPublishStartsOverAfterAnotherCommitWhateverItsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]answer[*lb.Operation]{
		"done":      operations("other", lb.OperationDone)[0],
		"failed":    operations("other", lb.OperationFailed)[0],
		"cancelled": operations("other", lb.OperationCancelled)[0],
		"gone":      failing[*lb.Operation](&lb.Error{Code: lb.ErrNotFound}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, f := time.Now(), newFake()
				f.commits.answers = append([]answer[*lb.Operation]{busyWith("other")}, operations("mine", lb.OperationPending)...)
				f.operations.answers = slices.Concat(operations("other", lb.OperationRunning), []answer[*lb.Operation]{end}, operations("mine", lb.OperationDone))
				got, err := lb.Publish(t.Context(), f, "lb-1", every(time.Second))
				if err != nil || got.ID != "mine" || len(f.commits.ids) != 2 {
					t.Errorf("Publish = %v, %v after %d commits; want its own operation after two", got, err, len(f.commits.ids))
				}
				if want := []string{"other", "other", "mine"}; !slices.Equal(f.operations.ids, want) {
					t.Errorf("it asked for %v, want %v", f.operations.ids, want)
				}
				if time.Since(start) != time.Second {
					t.Errorf("it took %v, want no pause once the other commit has ended", time.Since(start))
				}
			})
		})
	}
}

func TestPublishPausesWhereTheOtherCommitHasEndedAlready(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.commits.answers = []answer[*lb.Operation]{busyWith("old"), busyWith("old"), busyWith("old"), operations("", lb.OperationDone)[0]}
		f.operations.answers = operations("old", lb.OperationDone)
		if _, err := lb.Publish(t.Context(), f, "lb-1", lb.WithPoll(time.Second, 4*time.Second)); err != nil {
			t.Fatal(err)
		}
		longest := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
		for i, pause := range f.commits.pauses() {
			if pause > longest[i] || pause < max(time.Second, longest[i]*3/4) {
				t.Errorf("pause %d was %v, want about %v", i, pause, longest[i])
			}
		}
	})
}

func TestPublishPausesShortlyAgainAfterItHasWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy, f := failing[*lb.Operation](lb.ErrBusy), newFake()
		f.commits.answers = slices.Concat(slices.Repeat([]answer[*lb.Operation]{busy}, 5),
			[]answer[*lb.Operation]{busyWith("other"), busy}, operations("", lb.OperationDone))
		f.operations.answers = operations("other", lb.OperationRunning, lb.OperationDone)
		if _, err := lb.Publish(t.Context(), f, "lb-1"); err != nil {
			t.Fatal(err)
		}
		pauses := f.commits.pauses()
		if before, after := pauses[4], pauses[6]; before < 7*time.Second || after != time.Second {
			t.Errorf("it paused for %v and then for %v, want long, then a second", before, after)
		}
	})
}

func TestPublishPausesWhereItIsNotToldWhatToWaitFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.commits.answers = []answer[*lb.Operation]{
			failing[*lb.Operation](lb.ErrBusy),
			failing[*lb.Operation](&lb.Error{Code: lb.ErrBusy, Kind: lb.KindLoadBalancer, ID: "lb-1"}),
			failing[*lb.Operation](&lb.Error{Code: lb.ErrBusy, Kind: lb.KindOperation, RetryAfter: 20 * time.Second}),
			operations("", lb.OperationDone)[0],
		}
		var reports []lb.Progress
		if _, err := lb.Publish(t.Context(), f, "lb-1", every(3*time.Second), progressOf(&reports)); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{3 * time.Second, 3 * time.Second, 20 * time.Second}; !slices.Equal(f.commits.pauses(), want) {
			t.Errorf("the pauses were %v, want %v", f.commits.pauses(), want)
		}
		want := lb.Progress{Kind: lb.KindLoadBalancer, ID: "lb-1", State: "busy", Percent: -1, Elapsed: 3 * time.Second, Polls: 2}
		if len(reports) != 3 || reports[1] != want {
			t.Errorf("it reported %+v", reports)
		}
		if len(f.operations.ids) != 0 {
			t.Errorf("it asked for the operations %v", f.operations.ids)
		}
	})
}

func TestPublishFailsWithItsCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.commits.answers = operations("op-1", lb.OperationPending)
		f.operations.answers = operations("op-1", lb.OperationRunning, lb.OperationFailed, lb.OperationDone)
		got, err := lb.Publish(t.Context(), f, "lb-1")
		failure, _ := errors.AsType[*lb.StateError](err)
		want := &lb.StateError{Kind: lb.KindOperation, ID: "op-1", Want: "done", Got: "failed", Elapsed: time.Second, Polls: 2}
		if diff := cmp.Diff(want, failure); diff != "" || got != nil || len(f.commits.ids) != 1 {
			t.Errorf("Publish = %v, %v after %d commits:\n%s", got, err, len(f.commits.ids), diff)
		}
	})
}

func TestPublishReturnsOtherErrorsAsTheyCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, code := range []error{lb.ErrUncertain, lb.ErrUnavailable, lb.ErrForbidden, lb.ErrNotFound, lb.ErrInvalid} {
			start, f, want := time.Now(), newFake(), &lb.Error{Code: code}
			f.commits.answers = []answer[*lb.Operation]{failing[*lb.Operation](want)}
			if got, err := lb.Publish(t.Context(), f, "lb-1"); got != nil || !isVery(err, want) || time.Since(start) != 0 {
				t.Errorf("Publish = %v, %v after %v; want %v at once", got, err, time.Since(start), want)
			}
		}
	})
}

func TestPublishFailsWhereTheOtherCommitCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, want := newFake(), &lb.Error{Code: lb.ErrForbidden}
		f.commits.answers = []answer[*lb.Operation]{busyWith("other")}
		f.operations.answers = []answer[*lb.Operation]{failing[*lb.Operation](want)}
		if got, err := lb.Publish(t.Context(), f, "lb-1"); got != nil || !isVery(err, want) {
			t.Errorf("Publish = %v, %v; want %v", got, err, want)
		}
	})
}

func TestPublishWithoutAnOperationIsNotSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.commits.answers = []answer[*lb.Operation]{{}}
		if got, err := lb.Publish(t.Context(), f, "lb-1"); got != nil || !errors.Is(err, lb.ErrUncertain) {
			t.Errorf("Publish = %v, %v; want ErrUncertain", got, err)
		}
	})
}

func TestPublishCountsItsPollsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.commits.answers = append([]answer[*lb.Operation]{failing[*lb.Operation](lb.ErrBusy), busyWith("other")}, operations("mine", lb.OperationPending)...)
		f.operations.answers = slices.Concat(operations("other", lb.OperationRunning, lb.OperationDone), operations("mine", lb.OperationDone))
		var reports []lb.Progress
		if _, err := lb.Publish(t.Context(), f, "lb-1", every(time.Second), progressOf(&reports)); err != nil {
			t.Fatal(err)
		}
		want := []lb.Progress{
			{Kind: lb.KindLoadBalancer, ID: "lb-1", State: "busy", Percent: -1, Polls: 1},
			{Kind: lb.KindOperation, ID: "other", State: "running", Percent: -1, Polls: 2, Elapsed: time.Second},
			{Kind: lb.KindOperation, ID: "other", State: "done", Percent: -1, Polls: 3, Elapsed: 2 * time.Second},
			{Kind: lb.KindOperation, ID: "mine", State: "done", Percent: -1, Polls: 4, Elapsed: 2 * time.Second},
		}
		if diff := cmp.Diff(want, reports); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPublishEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		commit    answer[*lb.Operation]
		operation answer[*lb.Operation]
		want      string
	}{
		"while the commit is under way": {
			commit: answer[*lb.Operation]{takes: time.Hour},
			want:   `load balancer "lb-1": wanted committed, last seen nothing (5s, 0 polls): `,
		},
		"while it pauses": {
			commit: failing[*lb.Operation](lb.ErrBusy),
			want:   `load balancer "lb-1": wanted committed, last seen busy (5s, 2 polls): `,
		},
		"while another commit runs": {
			commit: busyWith("other"), operation: operations("other", "shuffling")[0],
			want: `operation "other": wanted ended, last seen shuffling (5s, 2 polls): `,
		},
		"while its own runs": {
			commit: operations("mine", lb.OperationPending)[0], operation: operations("mine", lb.OperationRunning)[0],
			want: `operation "mine": wanted done, last seen running (5s, 2 polls): `,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, f := time.Now(), newFake()
				f.commits.answers, f.operations.answers = []answer[*lb.Operation]{c.commit}, []answer[*lb.Operation]{c.operation}
				got, err := lb.Publish(ending(t, 5*time.Second), f, "lb-1", every(3*time.Second))
				if got != nil || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
					t.Fatalf("Publish = %v, %v after %v; want the context's error", got, err, time.Since(start))
				}
				if !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("the error is\n%v\nwant it to begin with\n%s", err, c.want)
				}
			})
		})
	}
}
