package ovhtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shownTask is what a client reads of a task.
type shownTask struct {
	ID                     int64
	Action, Status         string
	Progress               int
	Zones                  []string
	CreationDate, DoneDate time.Time
}

// refresh asks for a refresh and returns its task.
func (h *harness) refresh(body string) shownTask {
	h.t.Helper()
	var made shownTask
	decode(h.t, h.ok("POST", "/refresh", body), &made)
	return made
}

func (h *harness) task(id int64) shownTask {
	h.t.Helper()
	return get[shownTask](h, fmt.Sprintf("/task/%d", id))
}

// pending is how many changes each zone has pending.
func (h *harness) pending() map[string]int {
	h.t.Helper()
	out := map[string]int{}
	for _, z := range get[[]zoneChanges](h, "/pendingChanges") {
		out[z.Zone] = z.Number
	}
	return out
}

func (h *harness) wantPending(when string, gra, rbx int) {
	h.t.Helper()
	want := map[string]int{"gra": gra, "rbx": rbx}
	for zone, n := range want {
		if n == 0 {
			delete(want, zone)
		}
	}
	if got := h.pending(); !cmp.Equal(got, want) {
		h.t.Errorf("pending %s: %v, want %v", when, got, want)
	}
}

func TestWritesChangeTheDraftAlone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.wantPending("at first", 0, 0)
	farmID := h.create("/http/farm", `{"zone":"all"}`)
	farmPath := fmt.Sprintf("/http/farm/%d", farmID)
	h.wantPending("after a farm everywhere", 1, 1)
	serverPath := fmt.Sprintf("%s/server/%d", farmPath, h.create(farmPath+"/server", `{"address":"192.0.2.1","status":"active"}`))
	h.wantPending("after a server of it", 2, 2)
	frontendID := h.create("/http/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, farmID))
	single := h.create("/tcp/farm", `{"zone":"gra"}`)
	h.wantPending("after a farm in gra", 4, 3)
	h.create(fmt.Sprintf("/tcp/farm/%d/server", single), `{"address":"192.0.2.1","status":"active"}`)
	h.wantPending("after a server in gra", 5, 3)
	if live := h.server.Running(h.service, "gra"); live[farmPath[1:]] != nil {
		t.Errorf("running before a refresh: %s", live)
	}
	if staged := h.server.Staged(h.service, "rbx"); string(staged[serverPath[1:]]) == "" || staged[fmt.Sprintf("tcp/farm/%d", single)] != nil {
		t.Errorf("staged in rbx: %s", staged)
	}

	h.refreshed()
	h.wantPending("after a refresh", 0, 0)
	if diff := cmp.Diff(h.server.Staged(h.service, "gra"), h.server.Running(h.service, "gra")); diff != "" {
		t.Errorf("staged and running differ after a refresh:\n%s", diff)
	}

	h.ok("PUT", farmPath, `{"port":8080}`)
	h.ok("PUT", farmPath, `{"port":8081}`)
	h.wantPending("after two changes of one farm", 1, 1)
	h.ok("PUT", farmPath, `{"port":null}`)
	h.wantPending("after going back", 0, 0)
	h.ok("DELETE", serverPath, "")
	h.wantPending("after a deletion", 1, 1)
	if live := h.server.Running(h.service, "rbx"); live[serverPath[1:]] == nil {
		t.Error("a deletion is live before a refresh")
	}
	h.ok("PUT", fmt.Sprintf("/http/frontend/%d", frontendID), `{"displayName":"web"}`)
	h.ok("PUT", "", `{"displayName":"web"}`)
	h.wantPending("after the service's name", 2, 2)
	h.ok("PUT", "", `{"sslConfiguration":"modern"}`)
	h.wantPending("after the TLS policy", 3, 3)
}

func TestRefreshTask(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
	made := h.refresh(`{}`)
	if made.Action != "refreshIplb" || !cmp.Equal(made.Zones, []string{"gra", "rbx"}) || !made.CreationDate.Equal(h.server.Now().Truncate(time.Second)) {
		t.Errorf("task %+v", made)
	}
	for _, step := range []struct {
		after   time.Duration
		status  string
		pending int
	}{
		{0, "todo", 1}, {999 * time.Millisecond, "todo", 1}, {time.Millisecond, "doing", 1}, {1999 * time.Millisecond, "doing", 1}, {time.Millisecond, "done", 0},
	} {
		h.server.Advance(step.after)
		if got := h.task(made.ID); got.Status != step.status || (got.Progress == 100) != (step.status == "done") || got.DoneDate.IsZero() != (step.status != "done") {
			t.Errorf("task %+v, want %s", got, step.status)
		}
		h.wantPending(step.status, step.pending, step.pending)
	}
	for filter, want := range map[string]int{
		"": 1, "?status=done": 1, "?status=todo": 0, "?action=refreshIplb&status=done": 1, "?action=vrackAttach": 0,
		"?creationDate.to=2000-01-01T00:00:00Z": 0, "?doneDate.from=2000-01-01T00:00:00Z": 1,
	} {
		if got := get[[]int64](h, "/task"+filter); len(got) != want {
			t.Errorf("tasks%s: %v", filter, got)
		}
	}
	h.fails(http.StatusNotFound, "(id = 4711)", "GET", "/task/4711", "")
}

// Two seconds pass in one step as they do in several.
func TestAdvancePassesThroughEveryState(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.live("http", `{"zone":"all"}`, `{"address":"192.0.2.1","status":"active"}`)
	tasks := get[[]int64](h, "/task")
	if got := h.task(tasks[0]); got.Status != "done" || got.DoneDate.Sub(got.CreationDate) != 3*time.Second {
		t.Errorf("task %+v", got)
	}
}

func TestRefreshOfOneZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body     string
		zones    []string
		gra, rbx int // pending afterwards
	}{
		{`{"zone":"gra"}`, []string{"gra"}, 0, 1},
		{`{"zone":"RBX"}`, []string{"rbx"}, 1, 0},
		{`{"zone":"all"}`, []string{"gra", "rbx"}, 0, 0},
		{`{"zone":null}`, []string{"gra", "rbx"}, 0, 0},
		{``, []string{"gra", "rbx"}, 0, 0},
	} {
		h := newHarness(t)
		h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		made := h.refresh(c.body)
		if !cmp.Equal(made.Zones, c.zones) {
			t.Errorf("%s: zones %v", c.body, made.Zones)
		}
		h.server.Advance(3 * time.Second)
		h.wantPending("after "+c.body, c.gra, c.rbx)
	}
	newHarness(t).fails(http.StatusBadRequest, "[zone]", "POST", "/refresh", `{"zone":"sbg"}`)
}

func TestRefreshCarriesWhatWasStagedWhenItBegan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		snapshot Snapshot
		pending  int // of two farms, one made while the task is todo and one while it is doing
	}{{SnapshotAtRequest, 2}, {SnapshotAtStart, 1}} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.RefreshSnapshot = c.snapshot }))
		h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		h.refresh("")
		h.create("/http/farm", `{"zone":"all"}`)
		h.server.Advance(time.Second)
		h.create("/http/farm", `{"zone":"all"}`)
		h.server.Advance(2 * time.Second)
		h.wantPending(fmt.Sprint("with snapshot ", c.snapshot), c.pending, c.pending)
	}
}

func TestPendingUntilRequest(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.PendingUntil = PendingUntilRequest }))
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
	h.server.EndNextTask(h.service, "error")
	h.refresh("")
	h.wantPending("while the refresh runs", 0, 0)
	h.server.Advance(3 * time.Second)
	h.wantPending("after it failed", 1, 1)
}

func TestOneRefreshAtATime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		busy   Busy
		status int
	}{{BusyConflict, 409}, {BusyBadRequest, 400}, {BusyIgnored, 200}} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.BusyRefresh = c.busy }))
		h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		first := h.refresh(`{"zone":"gra"}`)
		for range 2 { // while it is todo and while it is doing
			r := h.call("POST", "/refresh", `{"zone":"rbx"}`)
			if r.status != c.status {
				t.Errorf("busy %d: %d %s", c.busy, r.status, r.body)
			}
			if c.busy == BusyIgnored && !strings.Contains(string(r.body), fmt.Sprintf(`"id":%d,`, first.ID)) {
				t.Errorf("busy %d: %s, want task %d", c.busy, r.body, first.ID)
			}
			h.server.Advance(time.Second)
		}
		if got := get[[]int64](h, "/task"); len(got) != 1 {
			t.Errorf("busy %d: tasks %v", c.busy, got)
		}
		h.server.Advance(time.Second)
		h.wantPending("after the first", 0, 1)
		h.refreshed()
		h.wantPending("after the second", 0, 0)
	}
}

func TestTasksThatDoNotSucceed(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{"error", "blocked", "cancelled", "resting"} {
		h := newHarness(t)
		h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		h.server.EndNextTask(h.service, ending)
		made := h.refresh("")
		h.server.Advance(time.Minute)
		var got shownTask // a word that the schema does not have is no error here
		decode(t, h.call("GET", fmt.Sprintf("/task/%d", made.ID), "").body, &got)
		if got.Status != ending || got.Progress == 100 {
			t.Errorf("task %+v, want %s", got, ending)
		}
		h.wantPending("after "+ending, 1, 1)
		h.refreshed() // it holds up no other, and the next one is done
		h.wantPending("after the next", 0, 0)
	}
}

func TestPreconditionsOfARefresh(t *testing.T) {
	t.Parallel()
	const noTarget = "has no farm, route with a rule, or redirection"
	for _, c := range []struct {
		name    string
		prepare func(h *harness)
		problem string // empty: the refresh is accepted
	}{
		{"nothing", func(*harness) {}, "there is no frontend"},
		{"frontend without a target", func(h *harness) { h.create("/http/frontend", `{"zone":"all","port":"80"}`) }, noTarget},
		{"disabled", func(h *harness) { h.create("/udp/frontend", `{"zone":"all","port":"80","disabled":true}`) }, noTarget},
		{"redirection", func(h *harness) {
			h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		}, ""},
		{"default farm", func(h *harness) {
			h.create("/udp/frontend", fmt.Sprintf(`{"zone":"all","port":"53","defaultFarmId":%d}`, h.create("/udp/farm", `{"zone":"all","port":53}`)))
		}, ""},
		{"route without rules", func(h *harness) { h.routed("tcp", "") }, noTarget},
		{"route with a rule", func(h *harness) { h.routed("tcp", `{"field":"source","match":"is","pattern":"192.0.2.1"}`) }, ""},
		{"dedicated address that went away", func(h *harness) {
			h.server.AddFailover(h.service, netip.MustParsePrefix("203.0.113.1/32"))
			h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/","dedicatedIpfo":["203.0.113.1"]}`)
			h.okAPI("POST", "/ip/203.0.113.1/park", "")
			h.server.Advance(2 * time.Minute)
		}, "203.0.113.1/32 is not routed to this service"},
	} {
		h := newHarness(t)
		c.prepare(h)
		if c.problem == "" {
			h.ok("POST", "/refresh", "")
		} else {
			h.fails(http.StatusBadRequest, c.problem, "POST", "/refresh", "")
		}
	}
}

func TestDedicatedAddressesMayBeCheckedAtTheRefresh(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.DedicatedIPFO = Accepted }))
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/","dedicatedIpfo":["203.0.113.1"]}`)
	h.fails(http.StatusBadRequest, "203.0.113.1/32 is not routed", "POST", "/refresh", "")
	h.server.AddFailover(h.service, netip.MustParsePrefix("203.0.113.1/32"))
	second := h.create("/tcp/frontend", fmt.Sprintf(`{"zone":"all","port":"81","defaultFarmId":%d,"dedicatedIpfo":["203.0.113.1"]}`,
		h.create("/tcp/farm", `{"zone":"all"}`)))
	h.fails(http.StatusBadRequest, "203.0.113.1/32 is dedicated to http/frontend", "POST", "/refresh", "")
	h.ok("PUT", fmt.Sprintf("/tcp/frontend/%d", second), `{"dedicatedIpfo":null}`)
	h.refreshed()
}

// routed creates a frontend with one route that rejects, and its rule.
func (h *harness) routed(protocol, ruleBody string) {
	h.t.Helper()
	frontendID := h.create("/"+protocol+"/frontend", `{"zone":"all","port":"80"}`)
	routeID := h.create("/"+protocol+"/route", fmt.Sprintf(`{"frontendId":%d,"action":{"type":"reject"}}`, frontendID))
	if ruleBody != "" {
		h.create(fmt.Sprintf("/%s/route/%d/rule", protocol, routeID), ruleBody)
	}
}

func TestUnmetPreconditionsMayFailTheTask(t *testing.T) {
	t.Parallel()
	for unmet, status := range map[Unmet]string{UnmetError: "error", UnmetBlocked: "blocked"} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.UnmetRefresh = unmet }))
		made := h.refresh("")
		h.server.Advance(3 * time.Second)
		if got := h.task(made.ID); got.Status != status {
			t.Errorf("task %+v, want %s", got, status)
		}
	}
}

func TestOtherAssumptionsOfARefresh(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) {
		a.EmptyRefresh, a.DisabledExempt, a.TLSPolicy = RefusedBadRequest, true, TLSPolicyLive
	}))
	h.fails(http.StatusBadRequest, "nothing to refresh", "POST", "/refresh", "")
	h.ok("PUT", "", `{"sslConfiguration":"modern"}`)
	h.wantPending("after the TLS policy", 0, 0)
	h.create("/http/frontend", `{"zone":"all","port":"80","disabled":true}`)
	h.refreshed()
	h.wantPending("after a refresh", 0, 0)
}

// What a route stands for moves with its frontend: detached, it is deployed
// nowhere.
func TestRoutesAreStagedWhereTheirFrontendIs(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	routeID := h.create("/http/route", `{"action":{"type":"reject"}}`)
	h.create(fmt.Sprintf("/http/route/%d/rule", routeID), `{"field":"method","match":"is","pattern":"TRACE"}`)
	h.wantPending("detached", 0, 0)
	frontendID := h.create("/http/frontend", `{"zone":"gra","port":"80"}`)
	h.ok("PUT", fmt.Sprintf("/http/route/%d", routeID), fmt.Sprintf(`{"frontendId":%d}`, frontendID))
	h.wantPending("attached in gra", 3, 0)
	h.ok("PUT", fmt.Sprintf("/http/frontend/%d", frontendID), `{"zone":"all"}`)
	h.wantPending("moved to all", 3, 3)
}

func TestManyWritersAndRefreshesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmID, _ := h.live("http", `{"zone":"all"}`, `{"address":"192.0.2.1","status":"active"}`)
	servers := fmt.Sprintf("/http/farm/%d/server", farmID)
	const writers, each = 8, 10
	created := make([][]int64, writers)
	accepted := make([]int, writers)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				r := h.call("POST", servers, fmt.Sprintf(`{"address":"192.0.2.%d","status":"active"}`, w*each+i))
				var made struct{ ServerID int64 }
				if err := json.Unmarshal(r.body, &made); err != nil || r.status != http.StatusOK { //nolint:musttag // the name is the tag
					t.Errorf("create: %d %s", r.status, r.body)
				}
				created[w] = append(created[w], made.ServerID)
				if r := h.call("POST", "/refresh", ""); r.status == http.StatusOK {
					accepted[w]++
				} else if r.status != http.StatusConflict {
					t.Errorf("refresh: %d %s", r.status, r.body)
				}
				h.call("GET", "/pendingChanges", "")
				h.server.Running(h.service, "gra")
			}
		})
	}
	group.Wait()
	total := 0
	for _, n := range accepted {
		total += n
	}
	if total != 1 {
		t.Errorf("%d refreshes accepted while no time passed, want 1", total)
	}
	seen := map[int64]bool{}
	for _, ids := range created {
		for _, id := range ids {
			seen[id] = true
		}
	}
	if got := get[[]int64](h, servers); len(seen) != writers*each || len(got) != writers*each+1 {
		t.Errorf("%d distinct IDs, %d listed", len(seen), len(got))
	}
}
