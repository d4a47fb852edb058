package ovh_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// roaming is an Additional IP.
const roaming = lb.AddressID("203.0.113.10")

func roamingBlock() netip.Prefix { return netip.MustParsePrefix("203.0.113.10/32") }

// roam has an API that does not count moves among the pending changes, a load
// balancer with a frontend that is live, and roaming, routed to nothing.
func roam(t *testing.T, change ...func(*ovhtest.Assumptions)) *world {
	t.Helper()
	w := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) {
		a.MovePending, a.MoveQueued, a.MoveRuns = ovhtest.MoveNotCounted, time.Second, 4*time.Second
		for _, change := range change {
			change(a)
		}
	}))
	w.server.AddAddresses("", roamingBlock())
	w.ready()
	w.live()
	return w
}

// moved has roaming moved to the load balancer, by an operation that has ended.
func (w *world) moved() *lb.Operation {
	w.t.Helper()
	op := must[*lb.Operation](w.t)(w.Addresses().Attach(w.t.Context(), roaming, w.id))
	w.server.Advance(5 * time.Second)
	return op
}

// live makes what is staged live.
func (w *world) live() {
	w.t.Helper()
	must[*lb.Operation](w.t)(w.commit())
	w.server.Advance(time.Minute)
}

// stranger is a client of its own, past the faults: another program.
func (w *world) stranger() *ovh.Client {
	w.t.Helper()
	return must[*ovh.Client](w.t)(w.server.Client(ovh.WithHTTPClient(&http.Client{})))
}

// wantServed asks for roaming to be served, or not, in every zone.
func (w *world) wantServed(want bool) {
	w.t.Helper()
	for _, zone := range []string{"gra", "rbx"} {
		if _, served := w.server.Running(w.service(), zone)["failover/203.0.113.10%2F32"]; served != want {
			w.t.Errorf("served in %s: %t", zone, served)
		}
	}
}

// wantOneRefresh asks for a commit that starts a refresh, and for one that has
// nothing to do when it is over.
func (w *world) wantOneRefresh() {
	w.t.Helper()
	if op := must[*lb.Operation](w.t)(w.commit()); op.ID == "" {
		w.t.Errorf("there was nothing to commit: %+v", op)
	}
	w.server.Advance(time.Minute)
	if op := must[*lb.Operation](w.t)(w.commit()); op.ID != "" {
		w.t.Errorf("a second refresh follows: %+v", op)
	}
}

func isMoveTask(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/ip/") && strings.Contains(r.URL.Path, "/task/")
}

// TestMovedAddressIsPublished: a refresh follows a move that has ended, whether or
// not the API counts it among the pending changes, and only one; while the move is
// under way there is nothing to publish.
func TestMovedAddressIsPublished(t *testing.T) {
	t.Parallel()
	for name, counted := range map[string]ovhtest.MovePending{"counted": ovhtest.MoveCounted, "not counted": ovhtest.MoveNotCounted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := roam(t, func(a *ovhtest.Assumptions) { a.MovePending, a.MoveRuns = counted, time.Minute })
			before := w.refreshes()
			move := must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), roaming, w.id))
			w.server.Advance(10 * time.Second)
			if op := must[*lb.Operation](t)(w.commit()); op.ID != "" || w.refreshes() != before {
				t.Errorf("a refresh while the address is on its way: %+v", op)
			}
			w.server.Advance(10 * time.Minute)
			if got := must[*lb.Operation](t)(w.Operations().Get(t.Context(), move.ID)); got.Status != lb.OperationDone {
				t.Fatalf("the move is %+v", got)
			}
			w.Provider = ovh.NewProvider(w.client) // of the same client: it knows of the move
			w.wantOneRefresh()
			w.wantServed(true)
		})
	}
}

// TestARefreshOfUnknownOutcomeFollowsAMove: that nothing is pending does not show
// that it ran.
func TestARefreshOfUnknownOutcomeFollowsAMove(t *testing.T) {
	t.Parallel()
	w := roam(t)
	w.moved()
	w.server.Faults().On(isRefresh).Times(1).Status(http.StatusInternalServerError, `{"message":"oops"}`)
	w.wantOneRefresh()
	w.wantServed(true)
}

// TestAMoveIsPublishedByARefreshThatIsDone: after one that ends in any other way, or
// of which the API knows nothing, another one follows.
func TestAMoveIsPublishedByARefreshThatIsDone(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"error", "blocked", "cancelled"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			w := roam(t)
			w.moved()
			w.server.EndNextTask(w.service(), status)
			w.live()
			w.wantServed(false)
			w.wantOneRefresh()
			w.wantServed(true)
		})
	}
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		w := roam(t)
		w.moved()
		op := must[*lb.Operation](t)(w.commit())
		w.server.Advance(time.Minute)
		w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/task/"+last(string(op.ID))) }).
			Status(http.StatusNotFound, `{"message":"gone"}`)
		w.wantOneRefresh()
	})
	t.Run("it fails while Commit looks", func(t *testing.T) {
		t.Parallel()
		w := roam(t)
		w.moved()
		w.server.EndNextTask(w.service(), "error")
		op := must[*lb.Operation](t)(w.commit())
		var once sync.Once
		w.server.Faults().On(func(r *http.Request) bool { // the list of tasks, after the task itself
			if r.URL.Query().Get("action") == "refreshIplb" {
				once.Do(func() { w.server.Advance(time.Minute) })
			}
			return false
		})
		if again := must[*lb.Operation](t)(w.commit()); again.ID == "" || again.ID == op.ID {
			t.Errorf("%s follows %s", again.ID, op.ID)
		}
	})
}

// TestAFailedMoveIsNotPublished, so that a load balancer without a frontend, which
// cannot be refreshed, has nothing to commit.
func TestAFailedMoveIsNotPublished(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"cancelled", "customerError", "ovhError"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.server.AddAddresses("", roamingBlock())
			w.server.EndNextIPTask(roamingBlock(), status, "")
			must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), roaming, w.id))
			w.server.Advance(2 * time.Minute)
			for range 2 {
				if op := must[*lb.Operation](t)(w.commit()); op.ID != "" || w.refreshes() > 0 {
					t.Errorf("%+v, %d refreshes", op, w.refreshes())
				}
			}
		})
	}
}

// TestAMoveThatCannotBeReadHasEnded (facts 6.8).
func TestAMoveThatCannotBeReadHasEnded(t *testing.T) {
	t.Parallel()
	for _, code := range []int{400, 401, 403, 404} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			w := roam(t)
			w.moved()
			w.server.Faults().On(isMoveTask).Status(code, `{"message":"no"}`)
			w.wantOneRefresh()
		})
	}
	t.Run("500", func(t *testing.T) { // it may be on its way
		t.Parallel()
		w := roam(t)
		w.moved()
		before := w.refreshes()
		w.server.Faults().On(isMoveTask).Status(500, `{"message":"oops"}`)
		_, err := w.commit()
		is(t, err, lb.ErrUnavailable)
		if w.refreshes() != before {
			t.Error("a refresh was sent")
		}
	})
}

// TestAMoveOfAnotherProgramIsPublished once Attach or Detach has found it on its way,
// or Attach the address where it is to be.
func TestAMoveOfAnotherProgramIsPublished(t *testing.T) {
	t.Parallel()
	for name, lead := range map[string]time.Duration{"on its way": 2 * time.Second, "there": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := roam(t)
			must[*ovh.IPTask](t)(w.stranger().IPs.Move(t.Context(), roamingBlock().String(), ovh.IPMove{To: w.service()}))
			w.server.Advance(lead)
			w.moved()
			w.wantOneRefresh()
			w.wantServed(true)
		})
	}
	t.Run("parked", func(t *testing.T) {
		t.Parallel()
		w := roam(t)
		w.moved()
		w.live()
		must[*ovh.IPTask](t)(w.stranger().IPs.Park(t.Context(), roamingBlock().String()))
		must[*lb.Operation](t)(w.Addresses().Detach(t.Context(), roaming))
		w.server.Advance(5 * time.Second)
		w.wantOneRefresh()
		w.wantServed(false)
	})
}

// TestARefreshOfOneZoneFollowsNoMove: an address is served in all of them.
func TestARefreshOfOneZoneFollowsNoMove(t *testing.T) {
	t.Parallel()
	w := roam(t)
	w.moved()
	want(t, w.writes(func() {
		for range 2 {
			op := must[*lb.Operation](t)(w.LoadBalancers().Commit(t.Context(), w.id, lb.CommitOptions{Zone: "gra"}))
			if op.ID != "" {
				t.Errorf("%+v", op)
			}
		}
	}))
	w.wantOneRefresh()
}

// TestPendingCountsAMove from when it has ended until a refresh is done.
func TestPendingCountsAMove(t *testing.T) {
	t.Parallel()
	w := roam(t)
	everywhere := []lb.PendingChange{{Zone: "gra", Count: 1}, {Zone: "rbx", Count: 1}}
	check := func(when string, want []lb.PendingChange) {
		t.Helper()
		if diff := cmp.Diff(want, w.pending()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), roaming, w.id))
	check("on its way", nil)
	w.server.Advance(5 * time.Second)
	check("there", everywhere)
	w.server.EndNextTask(w.service(), "error")
	must[*lb.Operation](t)(w.commit())
	check("while a refresh runs", everywhere)
	w.server.Advance(time.Minute)
	check("after one that failed", everywhere)
	w.live()
	check("after one that is done", nil)
}

// TestARefreshBegunBeforeAMoveEndedDoesNotFollowIt, although it is the one that the
// API answers with.
func TestARefreshBegunBeforeAMoveEndedDoesNotFollowIt(t *testing.T) {
	t.Parallel()
	w := roam(t, func(a *ovhtest.Assumptions) { a.BusyRefresh, a.RefreshRuns = ovhtest.BusyIgnored, 50*time.Second })
	must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), roaming, w.id))
	var foreign *ovh.Task
	var once sync.Once
	w.server.Faults().On(func(r *http.Request) bool { // a look at the move, which ends meanwhile
		if isMoveTask(r) {
			once.Do(func() {
				foreign = must[*ovh.Task](t)(w.stranger().LoadBalancers.Refresh(t.Context(), w.service(), ovh.RefreshOptions{}))
				w.server.Advance(5 * time.Second)
			})
		}
		return false
	})
	_, err := w.commit()
	wantError(t, err, lb.ErrBusy, "loadbalancers.commit", string(ovh.FormatOperationID(w.service(), foreign.ID)))
	w.server.Advance(2 * time.Minute)
	w.wantOneRefresh()
	w.wantServed(true)
}

// TestAMoveFoundWhileARefreshIsSent may have ended after that refresh began: another
// one follows.
func TestAMoveFoundWhileARefreshIsSent(t *testing.T) {
	t.Parallel()
	w := roam(t)
	must[*ovh.IPTask](t)(w.stranger().IPs.Move(t.Context(), roamingBlock().String(), ovh.IPMove{To: w.service()}))
	w.server.Advance(5 * time.Second)
	w.backend(nil, "10.0.0.9") // something to publish
	var once sync.Once
	w.server.Faults().On(func(r *http.Request) bool {
		if isRefresh(r) {
			once.Do(func() { must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), roaming, w.id)) })
		}
		return false
	})
	w.live()
	w.wantOneRefresh()
}

// TestAttachedAgainAndAgain: a program that attaches what is there in a loop has one
// refresh for it, whoever brought it there; one more after it has been elsewhere.
func TestAttachedAgainAndAgain(t *testing.T) {
	t.Parallel()
	for name, bring := range map[string]func(*world){
		"by this client": func(w *world) { w.moved() },
		"by another program": func(w *world) {
			must[*ovh.IPTask](w.t)(w.stranger().IPs.Move(w.t.Context(), roamingBlock().String(), ovh.IPMove{To: w.service()}))
			w.server.Advance(5 * time.Second)
			w.moved()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := roam(t)
			bring(w)
			before := w.refreshes()
			for range 4 {
				w.moved()
				must[*lb.Operation](t)(w.commit())
				w.server.Advance(20 * time.Second)
			}
			if sent := w.refreshes() - before; sent != 1 {
				t.Errorf("%d refreshes", sent)
			}
			w.wantServed(true)
			must[*lb.Operation](t)(w.Addresses().Detach(t.Context(), roaming))
			w.server.Advance(5 * time.Second)
			w.wantOneRefresh()
			w.moved()
			w.wantOneRefresh()
			w.wantServed(true)
		})
	}
}
