package ovh_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// ready makes a backend and a frontend, so that there is something to commit.
func (w *world) ready() *lb.Backend {
	w.t.Helper()
	b := w.backend(nil, "10.0.0.1")
	w.frontend(80, b.ID)
	return b
}

func (w *world) commit() (*lb.Operation, error) {
	return w.LoadBalancers().Commit(w.t.Context(), w.id, lb.CommitOptions{})
}

func isRefresh(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/refresh") }

// refreshes counts those that arrived.
func (w *world) refreshes() int {
	n := 0
	for _, r := range w.arrived() {
		if isRefresh(r) {
			n++
		}
	}
	return n
}

func TestCommitOfNothingIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want(t, w.writes(func() {
		op := must[*lb.Operation](t)(w.commit())
		if op.Status != lb.OperationDone || op.ID != "" || op.LoadBalancer != w.id || op.Progress != 100 {
			t.Errorf("got %+v", op)
		}
		must[*lb.Operation](t)(lb.Publish(t.Context(), w, w.id))
	}))
}

func TestCommitStartsOneRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready()
	if diff := cmp.Diff([]lb.PendingChange{{Zone: "gra", Count: 3}, {Zone: "rbx", Count: 3}}, w.pending()); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	op := must[*lb.Operation](t)(w.commit())
	if op.Status != lb.OperationPending || op.Action != "refreshIplb" || len(op.Zones) != 2 || op.Started.IsZero() || op.Native == nil {
		t.Errorf("got %+v", op)
	}
	for _, state := range []string{"todo", "doing"} {
		_, err := w.commit()
		e := errorOf(t, err, lb.ErrBusy, "loadbalancers.commit", string(op.ID))
		if e.Kind != lb.KindOperation || !strings.Contains(e.Message, state) {
			t.Errorf("while it is %s: %#v", state, e)
		}
		w.server.Advance(1500 * time.Millisecond)
	}
	w.server.Advance(time.Minute)
	got := must[*lb.Operation](t)(w.Operations().Get(t.Context(), op.ID))
	if got.Status != lb.OperationDone || got.Progress != 100 || got.Finished.IsZero() {
		t.Errorf("got %+v", got)
	}
	all := must[[]*lb.Operation](t)(lb.Collect(w.Operations().List(t.Context(), w.id, lb.PageOptions{})))
	if len(all) != 1 || all[0].ID != op.ID || w.refreshes() != 1 || len(w.pending()) > 0 {
		t.Errorf("operations %v, refreshes %d, pending %v", all, w.refreshes(), w.pending())
	}
}

func (w *world) pending() []lb.PendingChange {
	w.t.Helper()
	return must[[]lb.PendingChange](w.t)(w.LoadBalancers().Pending(w.t.Context(), w.id))
}

// TestPendingCountsWhatARefreshCarries, in the model of the API that no longer
// counts it too.
func TestPendingCountsWhatARefreshCarries(t *testing.T) {
	t.Parallel()
	for name, model := range map[string]ovhtest.Pending{"until it is live": ovhtest.PendingUntilDone, "until it is asked for": ovhtest.PendingUntilRequest} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.PendingUntil = model }))
			w.ready()
			must[*lb.Operation](t)(w.LoadBalancers().Commit(t.Context(), w.id, lb.CommitOptions{Zone: "GRA"}))
			for range 2 {
				zones := map[string]bool{}
				for _, change := range w.pending() {
					zones[change.Zone] = change.Count > 0
				}
				if !zones["gra"] || !zones["rbx"] {
					t.Errorf("pending: %v", w.pending())
				}
				w.server.Advance(1500 * time.Millisecond)
			}
			w.server.Advance(time.Minute)
			if diff := cmp.Diff([]lb.PendingChange{{Zone: "rbx", Count: 3}}, w.pending()); diff != "" {
				t.Errorf("after a refresh of gra (-want +got):\n%s", diff)
			}
			op := must[*lb.Operation](t)(w.LoadBalancers().Commit(t.Context(), w.id, lb.CommitOptions{Zone: "gra"}))
			if op.ID != "" {
				t.Errorf("gra has nothing to commit: %+v", op)
			}
		})
	}
}

// TestAForeignRefreshBetweenLookAndCommit is another program's: whatever the API
// answers, Commit is busy with it, or has joined what began after its look.
func TestAForeignRefreshBetweenLookAndCommit(t *testing.T) {
	t.Parallel()
	for name, model := range map[string]ovhtest.Busy{"409": ovhtest.BusyConflict, "400": ovhtest.BusyBadRequest, "200": ovhtest.BusyIgnored} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.BusyRefresh = model }))
			w.ready()
			other := must[*ovh.Client](t)(w.server.Client(ovh.WithHTTPClient(&http.Client{}))) // past the faults
			var foreign *ovh.Task
			var once sync.Once
			w.server.Faults().On(func(r *http.Request) bool {
				if isRefresh(r) {
					once.Do(func() { foreign, _ = other.LoadBalancers.Refresh(t.Context(), w.service(), ovh.RefreshOptions{}) })
				}
				return false
			})
			op, err := w.commit()
			id := ovh.FormatOperationID(w.service(), foreign.ID)
			if model == ovhtest.BusyIgnored {
				if err != nil || op.ID != id {
					t.Errorf("got %v, %v; want to have joined %s", op, err, id)
				}
				return
			}
			wantError(t, err, lb.ErrBusy, "loadbalancers.commit", string(id))
		})
	}
}

// TestCommitOfUnknownOutcome: a refresh is sent again only when a look shows that
// none runs and something is still staged.
func TestCommitOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   func(w *world)
		sent    int
		isThere bool // the operation has an ID
	}{
		"the answer was lost":  {func(w *world) { w.server.Faults().On(isRefresh).Times(1).DropAfterSend() }, 1, true},
		"the request was lost": {func(w *world) { w.server.Faults().On(isRefresh).Times(1).Status(500, `{"message":"oops"}`) }, 1, true},
		"it was over before a look": {func(w *world) {
			w.server.Faults().On(isRefresh).Times(1).DropAfterSend()
			w.server.Faults().On(func(*http.Request) bool {
				if w.refreshes() == 1 {
					w.server.Advance(time.Minute)
				}
				return false
			})
		}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.ready()
			test.fault(w)
			op, err := w.commit()
			if err != nil || w.refreshes() != test.sent || (op.ID != "") != test.isThere {
				t.Errorf("got %+v, %v; %d refreshes arrived", op, err, w.refreshes())
			}
		})
	}
	t.Run("it fails for good", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.ready()
		w.server.Faults().On(isRefresh).Status(500, `{"message":"oops"}`)
		_, err := w.commit()
		is(t, err, lb.ErrUncertain)
	})
}

// TestCommitSaysWhyTheAPIRefuses: nothing leads anywhere yet.
func TestCommitSaysWhyTheAPIRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.frontend(80, "")
	_, err := w.commit()
	e := errorOf(t, err, lb.ErrInvalid, "loadbalancers.commit", w.service())
	if e.Message == "" || e.RequestID == "" {
		t.Errorf("%#v", e)
	}
}

// TestPublish waits for a refresh that runs already, then for its own, and says at
// once when one fails.
func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ovhtest.WithSpeed(100))
	poll := lb.WithPoll(time.Millisecond, 5*time.Millisecond)
	b := w.ready()
	must[*lb.Operation](t)(w.commit())
	must[*lb.Backend](t)(w.Backends().Update(t.Context(), b.ID, func(s *lb.BackendSpec) error { s.Algorithm = lb.AlgorithmFirst; return nil }))
	op := must[*lb.Operation](t)(lb.Publish(t.Context(), w, w.id, poll))
	if op.Status != lb.OperationDone || w.refreshes() != 2 || len(w.pending()) > 0 {
		t.Errorf("got %+v after %d refreshes, pending %v", op, w.refreshes(), w.pending())
	}
	if live := string(w.server.Running(w.service(), "gra")["http/farm/"+last(string(b.ID))]); !strings.Contains(live, `"balance":"first"`) {
		t.Errorf("live: %s", live)
	}
	for status, detail := range map[string]string{"error": "preconditions", "blocked": "blocked", "cancelled": ""} {
		must[*lb.Backend](t)(w.Backends().Update(t.Context(), b.ID, func(s *lb.BackendSpec) error { s.Name += "x"; return nil }))
		w.server.EndNextTask(w.service(), status)
		_, err := lb.Publish(t.Context(), w, w.id, poll)
		var state *lb.StateError
		if !errors.As(err, &state) || !strings.Contains(state.Detail, detail) {
			t.Errorf("%s: %v", status, err)
		}
	}
}

// TestPublishersAllEndLive: eight write and publish at once, in each model of what
// the API answers to a second refresh.
func TestPublishersAllEndLive(t *testing.T) {
	t.Parallel()
	for name, model := range map[string]ovhtest.Busy{"refused": ovhtest.BusyConflict, "ignored": ovhtest.BusyIgnored} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ovhtest.WithSpeed(100), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.BusyRefresh = model }))
			w.ready()
			var all sync.WaitGroup
			for i := range uint16(8) {
				all.Go(func() {
					spec := lb.BackendSpec{Protocol: lb.ProtocolTCP, Port: 1000 + i}
					b, err := w.Backends().Create(t.Context(), w.id, spec, at("10.0.0.1"))
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := lb.Publish(t.Context(), w, w.id, lb.WithPoll(time.Millisecond, 5*time.Millisecond)); err != nil {
						t.Error(err)
					}
					if _, live := w.server.Running(w.service(), "rbx")["tcp/farm/"+last(string(b.ID))]; !live {
						t.Errorf("%s is published and not live", b.ID)
					}
				})
			}
			all.Wait()
		})
	}
}
