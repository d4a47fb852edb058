package ovhtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// instanceStates are the states of the instances in gra and rbx.
func (h *harness) instanceStates() []string {
	h.t.Helper()
	words := []string{}
	for _, in := range get[[]struct{ State string }](h, "/instancesState") {
		words = append(words, in.State)
	}
	return words
}

func TestInstancesState(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	want := func(when string, words ...string) {
		t.Helper()
		if got := h.instanceStates(); !cmp.Equal(got, words) {
			t.Errorf("%s: %v, want %v", when, got, words)
		}
	}
	want("at first", "unknown", "unknown")
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
	h.server.EndNextTask(h.service, "error")
	h.ok("POST", "/refresh", "")
	want("queued", "unknown", "unknown")
	h.server.Advance(time.Second)
	want("running", "reload", "reload")
	h.server.Advance(2 * time.Second)
	want("failed", "unknown", "unknown")
	h.ok("POST", "/refresh", `{"zone":"gra"}`)
	h.server.Advance(time.Second)
	want("running in gra", "reload", "unknown")
	h.server.Advance(2 * time.Second)
	want("done in gra", "running", "unknown")
	done := h.server.Now().Truncate(time.Second)
	h.server.Advance(time.Hour)

	shown := get[[]struct {
		InternalID     int64
		Zone           string
		LastUpdateDate time.Time
	}](h, "/instancesState")
	instances := h.server.Instances(h.service)
	for i, in := range instances {
		if shown[i].InternalID != in.ID || shown[i].Zone != in.Zone {
			t.Errorf("instance %+v, want %+v", shown[i], in)
		}
	}
	if !shown[0].LastUpdateDate.Equal(done) || !shown[1].LastUpdateDate.Before(done) {
		t.Errorf("updated %v and %v, want the first at %v", shown[0].LastUpdateDate, shown[1].LastUpdateDate, done)
	}
	h.server.SetInstanceState(h.service, instances[1].ID, "dead")
	want("set", "running", "dead")
	h.refreshed()
	want("dead after a refresh", "running", "dead")
	h.server.SetInstanceState(h.service, instances[1].ID, "")
	want("left to itself", "running", "running")
}

func TestServerStatePerInstance(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmID, serverID := h.live("http", `{"zone":"all","probe":{"type":"http"}}`, `{"address":"192.0.2.1","status":"active","probe":true}`)
	path := fmt.Sprintf("/http/farm/%d/server/%d", farmID, serverID)
	server := lb.ServerID(h.service + path)
	instances := h.server.Instances(h.service)
	type state struct {
		InstanceID                                       int64
		Status, CheckStatus, CheckCode, LastCheckContent *string
		CheckTime                                        *time.Time
	}
	read := func() []state { return get[struct{ ServerState []state }](h, path).ServerState }
	text := func(s string) *string { return &s }

	checked := h.server.Now().Add(-time.Minute).Truncate(time.Second)
	down := ServerState{Status: "DOWN", CheckStatus: "L7STS", CheckCode: "503", LastCheckContent: "no room", CheckTime: checked}
	h.server.SetServerState(server, instances[1].ID, down)
	want := state{
		InstanceID: instances[1].ID, Status: text("DOWN"), CheckStatus: text("L7STS"), CheckCode: text("503"), LastCheckContent: text("no room"),
		CheckTime: &checked,
	}
	if diff := cmp.Diff(want, read()[1]); diff != "" {
		t.Errorf("the second (-want +got):\n%s", diff)
	}
	if got := read()[0]; *got.Status != "UP" || got.InstanceID != instances[0].ID {
		t.Errorf("the first %+v", got)
	}
	if got := get[statusView](h, "/status"); got.Servers.Status.Warn != 1 || got.Service.Status != "warn" {
		t.Errorf("status %+v", got)
	}
	for _, c := range []struct {
		words []string // of the first and the second instance
		grade string
	}{
		{[]string{"DOWN", "DOWN"}, "error"},
		{[]string{"UP", "UP"}, "ok"},
		{[]string{"UP 1/2", "NOLB"}, "ok"},
		{[]string{"UP", "DOWN"}, "warn"},
		{[]string{"no check", "DOWN"}, "error"},
		{[]string{"", "no check"}, "unknown"},
	} {
		for i, word := range c.words {
			h.server.SetServerState(server, instances[i].ID, ServerState{Status: word})
		}
		if got := get[statusView](h, "/status"); got.Service.Status != c.grade {
			t.Errorf("%v: %+v, want %s", c.words, got, c.grade)
		}
	}
	got := read()[0]
	if got.Status != nil || got.CheckStatus != nil || got.CheckCode != nil || got.LastCheckContent != nil || !got.CheckTime.Equal(h.server.Now().Truncate(time.Second)) {
		t.Errorf("an empty state reads as %+v", got)
	}
	h.server.SetHealth(server, lb.HealthHealthy)
	if got := read(); *got[0].Status != "UP" || *got[1].Status != "UP" {
		t.Errorf("after SetHealth %+v", got)
	}
	h.ok("PUT", path, `{"probe":false}`)
	h.refreshed()
	h.server.SetServerState(server, instances[0].ID, down)
	if got := read(); *got[0].Status != "no check" {
		t.Errorf("unchecked %+v", got)
	}
}

func TestUnknownInstancesPanic(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		h.ok("GET", "", "")
	}()
	h.server.SetInstanceState(h.service, 12, "dead")
}

func TestStateOfTheService(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.SetState(h.service, "suspended")
	if got := get[object](h, ""); got["state"] != "suspended" {
		t.Errorf("service %v", got)
	}
	token := get[metricsToken](h, "/metricsToken")
	if got := get[object](h, ""); got["metricsToken"] != token.Token || token.Token == "" || token.Endpoint == "" {
		t.Errorf("token %+v of service %v", token, got)
	}
}

func TestAvailableThings(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, path := range []string{"/availableFarmType", "/availableFrontendType"} {
		if got := get[[]string](h, path); !cmp.Equal(got, []string{"http", "tcp", "udp"}) {
			t.Errorf("%s: %v", path, got)
		}
	}
	var actions []string
	for _, a := range get[[]availableAction](h, "/availableRouteActions") {
		actions = append(actions, fmt.Sprint(a.Type, " ", a.Name, " ", a.Destination != nil, " ", len(a.Status)))
	}
	if want := []string{"http farm true 0", "http redirect true 5", "http reject false 10", "tcp farm true 0", "tcp reject false 0"}; !cmp.Equal(actions, want) {
		t.Errorf("actions %q, want %q", actions, want)
	}
	rules := map[string]availableRule{}
	for _, r := range get[[]availableRule](h, "/availableRouteRules") {
		rules[r.Type+" "+r.Name] = r
	}
	if len(rules) != 12 || rules["http header"].Pattern != "string" || !rules["http header"].HasSubField || rules["http uri"].HasSubField {
		t.Errorf("rules %v", rules)
	}
	if rules["tcp source"].Pattern != "cidr" || rules["tcp protocol"].Pattern != "enum" || len(rules["tcp protocol"].Enum) != 5 {
		t.Errorf("rules %v", rules)
	}
}

// Whatever availableRouteRules names is accepted.
func TestAvailableRulesAreAccepted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, r := range get[[]availableRule](h, "/availableRouteRules") {
		for _, match := range r.Matches {
			routePath := h.parent("/" + r.Type + "/route")
			body := map[string]any{"field": r.Name, "match": match}
			if r.HasSubField {
				body["subField"] = "x"
			}
			if match != "exists" {
				body["pattern"] = map[string]any{"string": "x", "cidr": "192.0.2.0/24"}[r.Pattern]
				if r.Enum != nil {
					body["pattern"] = r.Enum[0]
				}
			}
			h.create(routePath+"/rule", string(mustMarshal(t, body)))
			h.ok("DELETE", routePath, "")
		}
	}
}
