package ovhtest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// states are the words that the service's instances have for a server, gra
// first; nil where the API says null.
func (h *harness) states(path string) []string {
	h.t.Helper()
	got := get[struct {
		ServerState []struct {
			Status, CheckStatus, CheckCode *string
			InstanceID                     int64
		}
	}](h, path)
	if got.ServerState == nil {
		return nil
	}
	words := []string{}
	for _, s := range got.ServerState {
		words = append(words, *s.Status)
		if (*s.Status == "UP" || *s.Status == "DOWN") && s.CheckStatus == nil {
			h.t.Errorf("%s: checked without a result", path)
		}
	}
	return words
}

func TestServersAreCheckedOnceLive(t *testing.T) {
	t.Parallel()
	const checked, active = `{"zone":"all","probe":{"type":"http"}}`, `{"address":"192.0.2.1","status":"active","probe":true}`
	for _, c := range []struct {
		name, farm, server string
		noCheck            NoCheck
		want               []string
	}{
		{"checked", checked, active, NoCheckWord, []string{"UP", "UP"}},
		{"checked in one zone", `{"zone":"rbx","probe":{"type":"tcp"}}`, active, NoCheckWord, []string{"UP"}},
		{"own probe off", checked, `{"address":"192.0.2.1","status":"active"}`, NoCheckWord, []string{"no check", "no check"}},
		{"farm without probe", `{"zone":"all"}`, active, NoCheckWord, []string{"no check", "no check"}},
		{"inactive", checked, `{"address":"192.0.2.1","status":"inactive","probe":true}`, NoCheckWord, []string{"no check", "no check"}},
		{"shown as an empty list", `{"zone":"all"}`, active, NoCheckEmpty, []string{}},
	} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.NoCheck = c.noCheck }))
		farmID := h.create("/http/farm", c.farm)
		path := fmt.Sprintf("/http/farm/%d/server/%d", farmID, h.create(fmt.Sprintf("/http/farm/%d/server", farmID), c.server))
		if got := h.states(path); len(got) != 0 {
			t.Errorf("%s: states %v before a refresh", c.name, got)
		}
		h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		h.refreshed()
		if got := h.states(path); !cmp.Equal(got, c.want) {
			t.Errorf("%s: states %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUncheckedMayShowNull(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.NoCheck = NoCheckNull }))
	farmID := h.create("/tcp/farm", `{"zone":"all"}`)
	serverID := h.create0(fmt.Sprintf("/tcp/farm/%d/server", farmID), `{"address":"192.0.2.1","status":"active"}`)
	r := h.call("GET", fmt.Sprintf("/tcp/farm/%d/server/%d", farmID, serverID), "")
	var got map[string]any
	decode(t, r.body, &got)
	if state, shown := got["serverState"]; !shown || state != nil {
		t.Errorf("serverState %v", state)
	}
}

// create0 is create where the answer breaks the schema on purpose.
func (h *harness) create0(path, body string) int64 {
	h.t.Helper()
	var made struct{ ServerID int64 }
	decode(h.t, h.call("POST", path, body).body, &made)
	return made.ServerID
}

func TestSetHealth(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmID, first := h.live("http", `{"zone":"all","probe":{"type":"http"}}`, `{"address":"192.0.2.1","status":"active","probe":true}`)
	base := fmt.Sprintf("http/farm/%d/server/", farmID)
	second := h.create("/http/farm/"+fmt.Sprint(farmID)+"/server", `{"address":"192.0.2.2","status":"active","probe":true}`)
	h.refreshed()
	set := func(id int64, state lb.Health) {
		h.server.SetHealth(lb.ServerID(fmt.Sprintf("%s/%s%d", h.service, base, id)), state)
	}
	for _, c := range []struct {
		first, second         lb.Health
		words                 []string // of the first server
		farm, service         string
		serversOK, serversBad int
	}{
		{lb.HealthHealthy, lb.HealthHealthy, []string{"UP", "UP"}, "ok", "ok", 2, 0},
		{lb.HealthDown, lb.HealthHealthy, []string{"DOWN", "DOWN"}, "warn", "warn", 1, 1},
		{lb.HealthDegraded, lb.HealthHealthy, []string{"DOWN", "UP"}, "warn", "warn", 1, 0},
		{lb.HealthDown, lb.HealthDown, []string{"DOWN", "DOWN"}, "error", "error", 0, 2},
		{lb.HealthUnknown, lb.HealthHealthy, []string{"no check", "no check"}, "ok", "ok", 1, 0},
		{lb.HealthUnknown, lb.HealthUnknown, []string{"no check", "no check"}, "unknown", "unknown", 0, 0},
	} {
		set(first, c.first)
		set(second, c.second)
		if got := h.states(fmt.Sprintf("/%s%d", base, first)); !cmp.Equal(got, c.words) {
			t.Errorf("%s, %s: states %v, want %v", c.first, c.second, got, c.words)
		}
		got := get[statusView](h, "/status")
		farms := map[string]int{"ok": got.Farms.Status.OK, "warn": got.Farms.Status.Warn, "error": got.Farms.Status.Error, "unknown": got.Farms.Status.Unknown}
		if farms[c.farm] != 1 || got.Farms.Total != 1 || got.Frontends.Total != 1 || got.Servers.Total != 2 {
			t.Errorf("%s, %s: status %+v, want the farm %s", c.first, c.second, got, c.farm)
		}
		if got.Service.Status != c.service || got.Servers.Status.OK != c.serversOK || got.Servers.Status.Error != c.serversBad {
			t.Errorf("%s, %s: status %+v", c.first, c.second, got)
		}
	}
}

func TestStatusOfWhatIsNotChecked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := get[statusView](h, "/status"); got.Service.Status != "unknown" || got.Farms.Total != 0 {
		t.Errorf("empty: %+v", got)
	}
	h.live("udp", `{"zone":"all","port":53}`, `{"address":"192.0.2.1","status":"active"}`)
	if got := get[statusView](h, "/status"); got.Servers.Status.Unknown != 1 || got.Farms.Status.Unknown != 1 || got.Service.Status != "unknown" {
		t.Errorf("UDP: %+v", got)
	}
	h.create("/http/farm", `{"zone":"all"}`)
	if got := get[statusView](h, "/status"); got.Farms.Total != 1 {
		t.Errorf("a staged farm is counted: %+v", got)
	}
}

// A frontend whose farm is gone is in error, whatever else it leads to.
func TestStatusOfAFarmThatIsGone(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.FarmInUse = Accepted }))
	gone, kept := h.create("/http/farm", `{"zone":"all"}`), h.create("/http/farm", `{"zone":"all"}`)
	f := h.create("/http/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, gone))
	r := h.create("/http/route", fmt.Sprintf(`{"frontendId":%d,"action":{"type":"farm","target":"%d"}}`, f, kept))
	h.create(fmt.Sprintf("/http/route/%d/rule", r), `{"field":"host","match":"is","pattern":"a"}`)
	h.ok("DELETE", fmt.Sprintf("/http/farm/%d", gone), "")
	h.refreshed()
	if got := get[statusView](h, "/status"); got.Service.Status != "error" {
		t.Errorf("%+v", got)
	}
}

// A server that is deleted runs on until a refresh, and its probes find what they
// found.
func TestHealthOfADeletedServer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmID, serverID := h.live("http", `{"zone":"all","probe":{"type":"tcp"}}`, `{"address":"192.0.2.1","status":"active","probe":true}`)
	path := fmt.Sprintf("/http/farm/%d/server/%d", farmID, serverID)
	h.server.SetHealth(lb.ServerID(h.service+path), lb.HealthDown)
	h.ok("DELETE", path, "")
	if got := get[statusView](h, "/status"); got.Servers.Status.Error != 1 {
		t.Errorf("%+v", got)
	}
	h.refreshed()
	if got := get[statusView](h, "/status"); got.Servers.Total != 0 {
		t.Errorf("after a refresh %+v", got)
	}
}

// What was read can be written back, though the probes find something else by
// then, and with its zone in either case.
func TestReadIsWrittenBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmID := h.create("/http/farm", `{"zone":"GRA","probe":{"type":"tcp"}}`)
	farmPath := fmt.Sprintf("/http/farm/%d", farmID)
	path := fmt.Sprintf("%s/server/%d", farmPath, h.create(farmPath+"/server", `{"address":"192.0.2.1","status":"active","probe":true}`))
	h.create("/http/frontend", fmt.Sprintf(`{"zone":"GRA","port":"80","defaultFarmId":%d}`, farmID))
	h.refreshed()
	read := h.ok("GET", path, "")
	h.server.Advance(5 * time.Second)
	h.ok("PUT", path, string(read))
	h.ok("PUT", farmPath, `{"zone":"GRA","displayName":"web"}`)
	h.fails(http.StatusBadRequest, "[zone] is read-only", "PUT", farmPath, `{"zone":"rbx"}`)
	h.fails(http.StatusBadRequest, "[address] is read-only", "PUT", path, `{"address":"192.0.2.2"}`)
}

func TestSetHealthOfNoServer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	h.server.SetHealth(lb.ServerID(h.service+"/http/farm/1/server/2"), lb.HealthDown)
}
