package ovhtest

import (
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// probeResult is what the probes of a server find.
type probeResult struct {
	health lb.Health
	states map[int64]ServerState // by instance, where a test said more than health
}

// ServerState is what one instance finds of a server. What is empty reads as null.
type ServerState struct {
	Status           string    // "UP", "DOWN", "no check" or another word of HAProxy's
	CheckStatus      string    // what became of the check: "L4OK", "L4CON", "L7STS", …
	CheckCode        string    // the status of an HTTP answer, "503"
	LastCheckContent string    // the beginning of the answer, or what went wrong
	CheckTime        time.Time // zero: the time of each reading
}

// SetHealth sets what the probes of a server find: on every instance UP for
// healthy, DOWN for down and "no check" for anything else; for degraded, DOWN
// on the first instance and UP on the others. It shows in serverState and
// status once the server and its farm's probe are live and the server is
// active with its own probe on: until then nothing checks it. A UDP server
// shows no state. SetHealth panics when there is no such server.
func (s *Server) SetHealth(server lb.ServerID, state lb.Health) {
	defer s.settled().mu.Unlock()
	svc, path := s.mustServer(server)
	svc.health[path] = probeResult{health: state}
}

// SetServerState sets what one instance finds of a server, in every word; the
// others find what they found before. It shows as SetHealth says, which undoes it.
// SetServerState panics when there is no such server or instance.
func (s *Server) SetServerState(server lb.ServerID, instance int64, state ServerState) {
	defer s.settled().mu.Unlock()
	svc, path := s.mustServer(server)
	svc.mustInstance(instance)
	result, set := svc.health[path]
	if !set {
		result.health = lb.HealthHealthy
	}
	states := map[int64]ServerState{instance: state}
	for other, before := range result.states {
		if other != instance {
			states[other] = before
		}
	}
	result.states = states
	svc.health[path] = result
}

func (s *Server) mustServer(id lb.ServerID) (*service, string) {
	name, path, _ := strings.Cut(string(id), "/")
	svc := s.mustService(name)
	if at[farmServer](svc.draft.nodes, path) == nil {
		panic("ovhtest: no server " + string(id))
	}
	return svc, path
}

// serverState is ipLoadbalancing.ServerState: one instance's view of a server.
type serverState struct {
	CheckCode        *string   `json:"checkCode"`
	CheckStatus      *string   `json:"checkStatus"`
	CheckTime        *dateTime `json:"checkTime"`
	InstanceID       int64     `json:"instanceId"`
	LastCheckContent *string   `json:"lastCheckContent"`
	Status           *string   `json:"status"`
}

const (
	stateUp      = "UP"
	stateDown    = "DOWN"
	stateNoCheck = "no check"
)

// serverStates are the views of the instances that run the server; nil where
// the API says null.
func (c *call) serverStates(path string) *[]serverState {
	out := []serverState{}
	for i, in := range c.svc.instances {
		if s, ok := c.serverStateOn(i, in, path); ok {
			out = append(out, s)
		}
	}
	if len(out) == 0 && c.assume.NoCheck == NoCheckNull {
		return nil
	}
	return &out
}

func (c *call) serverStateOn(position int, in *instance, path string) (serverState, bool) {
	live := at[farmServer](c.svc.running[in.zone], path)
	home := at[farm](c.svc.running[in.zone], parentOf(path))
	if live == nil || home == nil {
		return serverState{}, false
	}
	word := stateNoCheck
	if live.Probe && live.Status == "active" && home.Probe != nil {
		if state, set := c.svc.health[path].states[in.id]; set {
			return c.shown(in, state), true
		}
		word = c.svc.found(position, path)
	}
	if word == stateNoCheck {
		return serverState{InstanceID: in.id, Status: &word}, c.assume.NoCheck == NoCheckWord
	}
	checked := dateTime(c.clock.Now())
	result, code := checkWords(home.Probe, word == stateUp)
	return serverState{
		InstanceID: in.id, Status: &word, CheckTime: &checked, CheckStatus: &result, CheckCode: code, LastCheckContent: new(string),
	}, true
}

// shown is a state that a test set.
func (c *call) shown(in *instance, state ServerState) serverState {
	if state.CheckTime.IsZero() {
		state.CheckTime = c.clock.Now()
	}
	return serverState{
		InstanceID: in.id, Status: optionalText(state.Status), CheckStatus: optionalText(state.CheckStatus), CheckCode: optionalText(state.CheckCode),
		LastCheckContent: optionalText(state.LastCheckContent), CheckTime: optionalDate(state.CheckTime),
	}
}

// optionalText is nil for an empty text.
func optionalText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// found is what the instance at a position finds: a probed server is up unless
// a test says otherwise.
func (svc *service) found(position int, path string) string {
	result, set := svc.health[path]
	if !set {
		return stateUp
	}
	switch result.health {
	case lb.HealthHealthy:
		return stateUp
	case lb.HealthDown:
		return stateDown
	case lb.HealthDegraded:
		if position == 0 {
			return stateDown
		}
		return stateUp
	case lb.HealthUnknown:
	}
	return stateNoCheck
}

// checkWords are HAProxy's result word for a probe, and the code of its answer
// where there is one (facts 5.5, 8.23).
func checkWords(p *probe, up bool) (result string, code *string) {
	kind := *orDefault(p.Type, "tcp")
	if kind == "tcp" {
		if up {
			return "L4OK", nil
		}
		return "L4CON", nil
	}
	status := "200"
	if !up {
		status = "503"
	}
	if kind != "http" {
		status = ""
	}
	if up {
		return "L7OK", &status
	}
	return "L7STS", &status
}
