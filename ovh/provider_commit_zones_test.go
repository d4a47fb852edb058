package ovh_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

func (w *world) commitZone(zone string) (*lb.Operation, error) {
	return w.LoadBalancers().Commit(w.t.Context(), w.id, lb.CommitOptions{Zone: zone})
}

// overtaken has another program begin a refresh of a zone, or of all, just before the
// next refresh arrives; lost keeps that one from arriving. The operation is there then.
func (w *world) overtaken(zone string, lost bool) *lb.OperationID {
	var foreign lb.OperationID
	var once sync.Once
	w.server.Faults().On(func(r *http.Request) bool {
		if !isRefresh(r) {
			return false
		}
		once.Do(func() {
			task := must[*ovh.Task](w.t)(w.stranger().LoadBalancers.Refresh(w.t.Context(), w.service(), ovh.RefreshOptions{Zone: zone}))
			foreign = ovh.FormatOperationID(w.service(), task.ID)
		})
		return lost
	}).Times(1).Status(http.StatusInternalServerError, `{"message":"oops"}`)
	return &foreign
}

// busyIgnored answers a second refresh with the one that runs.
func busyIgnored(a *ovhtest.Assumptions) { a.BusyRefresh = ovhtest.BusyIgnored }

// TestCommitJoinsWhatCarriesItsZones: a refresh of another program that the API
// answers with, or that runs where the outcome is unknown. Where it leaves out a zone
// in which something is staged, Commit is busy with it.
func TestCommitJoinsWhatCarriesItsZones(t *testing.T) {
	t.Parallel()
	for outcome, lost := range map[string]bool{"answered": false, "unknown": true} {
		for _, test := range []struct {
			foreign, zone string
			joined        bool
		}{
			{"", "", true},
			{"", "rbx", true},
			{"gra", "GRA", true},
			{"gra", "", false},
			{"gra", "rbx", false},
		} {
			t.Run(outcome+" "+test.foreign+" "+test.zone, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(busyIgnored))
				w.ready()
				foreign := w.overtaken(test.foreign, lost)
				op, err := w.commitZone(test.zone)
				if !test.joined {
					e := errorOf(t, err, lb.ErrBusy, "loadbalancers.commit", string(*foreign))
					if e.Kind != lb.KindOperation {
						t.Errorf("%#v", e)
					}
				} else if err != nil || op.ID != *foreign {
					t.Errorf("got %+v, %v; want to have joined %s", op, err, *foreign)
				}
			})
		}
		t.Run(outcome+" after a move", func(t *testing.T) {
			t.Parallel()
			w := roam(t, busyIgnored)
			w.frontend(81, w.backend(nil, "10.0.0.1").ID)
			must[*lb.Operation](t)(w.commitZone("rbx")) // leaves the changes of gra
			w.server.Advance(time.Minute)
			w.moved()
			foreign := w.overtaken("gra", lost)
			_, err := w.commit()
			wantError(t, err, lb.ErrBusy, "loadbalancers.commit", string(*foreign))
			w.server.Advance(time.Minute)
			foreign = w.overtaken("", lost)
			if op := must[*lb.Operation](t)(w.commit()); op.ID != *foreign {
				t.Errorf("got %+v; want to have joined %s", op, *foreign)
			}
			w.server.Advance(time.Minute)
			w.wantServed(true)
		})
	}
}

// TestPublishOfAllZonesOutlastsARefreshOfOne that another program began.
func TestPublishOfAllZonesOutlastsARefreshOfOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ovhtest.WithSpeed(100), ovhtest.WithAssumptions(busyIgnored))
	b := w.ready()
	w.overtaken("gra", false)
	must[*lb.Operation](t)(lb.Publish(t.Context(), w, w.id, lb.WithPoll(time.Millisecond, 5*time.Millisecond)))
	for _, zone := range []string{"gra", "rbx"} {
		if _, live := w.server.Running(w.service(), zone)["http/farm/"+last(string(b.ID))]; !live {
			t.Errorf("%s is published and not live in %s", b.ID, zone)
		}
	}
}

// TestCommitOfOneZoneOfUnknownOutcome: what other zones have staged does not have it
// sent again.
func TestCommitOfOneZoneOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready()
	w.server.Faults().On(isRefresh).Times(1).DropAfterSend()
	w.server.Faults().On(func(*http.Request) bool {
		if w.refreshes() == 1 {
			w.server.Advance(time.Minute)
		}
		return false
	})
	op, err := w.commitZone("gra")
	if err != nil || op.ID != "" || w.refreshes() != 1 {
		t.Errorf("got %+v, %v; %d refreshes arrived", op, err, w.refreshes())
	}
}

// TestZonesOfACommit: "all" is every zone, whatever its case, and one that the load
// balancer does not have is refused. It takes a request only where nothing is staged in
// the zone.
func TestZonesOfACommit(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{ovh.AllZones, "ALL"} {
		w := newWorld(t)
		w.ready()
		if op := must[*lb.Operation](t)(w.commitZone(zone)); op.ID == "" || len(op.Zones) != 2 {
			t.Errorf("%s: %+v", zone, op)
		}
	}
	w := newWorld(t)
	w.ready()
	want(t, w.writes(func() {
		_, err := w.commitZone("grra")
		e := errorOf(t, err, lb.ErrInvalid, "loadbalancers.commit", w.service())
		if len(e.Fields) != 1 || e.Fields[0].Path != "zone" {
			t.Errorf("%#v", e)
		}
	}))
	requests := w.during(func() { must[*lb.Operation](t)(w.commitZone("gra")) })
	want(t, requests, "GET /task", "GET /task", "GET /pendingChanges", "POST /refresh")
	w.server.Advance(time.Minute)
	requests = w.during(func() {
		if op := must[*lb.Operation](t)(w.commitZone("Gra")); op.ID != "" {
			t.Errorf("%+v", op)
		}
	})
	want(t, requests, "GET /task", "GET /task", "GET /pendingChanges", "GET ")
}

// TestPendingOfARefreshOfEveryZone: one that names no zone, or all by one word, carries
// all of them.
func TestPendingOfARefreshOfEveryZone(t *testing.T) {
	t.Parallel()
	for _, zones := range []string{`[]`, `["all"]`} {
		w := newWorld(t)
		w.server.Faults().On(func(r *http.Request) bool { return r.URL.Query().Get("status") == "doing" }).
			Replace(http.StatusOK, `[{"id":7,"action":"refreshIplb","status":"doing","progress":10,"zones":`+zones+`}]`)
		if diff := cmp.Diff([]lb.PendingChange{{Zone: "gra", Count: 1}, {Zone: "rbx", Count: 1}}, w.pending()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", zones, diff)
		}
	}
}

// TestCommitWritesZonesAsTheAPIDoes: in lower case, whatever the caller wrote.
func TestCommitWritesZonesAsTheAPIDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready()
	want(t, w.writes(func() { must[*lb.Operation](t)(w.commitZone("GRA")) }), `POST /refresh {"zone":"gra"}`)
}
