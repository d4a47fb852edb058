package ovhtest

import (
	"maps"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// probeResult is what the probes of a server find.
type probeResult struct{ health lb.Health }

// SetHealth sets what the probes of a server find: on every instance UP for
// healthy, DOWN for down and "no check" for anything else; for degraded, DOWN
// on the first instance and UP on the others. It shows in serverState and
// status once the server and its farm's probe are live and the server is
// active with its own probe on: until then nothing checks it. A UDP server
// shows no state. SetHealth panics when there is no such server.
func (s *Server) SetHealth(server lb.ServerID, state lb.Health) {
	defer s.settled().mu.Unlock()
	name, path, _ := strings.Cut(string(server), "/")
	svc := s.mustService(name)
	if at[farmServer](svc.draft.nodes, path) == nil {
		panic("ovhtest: no server " + string(server))
	}
	svc.health[path] = probeResult{health: state}
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

func (c *call) serverStateOn(position int, in instance, path string) (serverState, bool) {
	live := at[farmServer](c.svc.running[in.zone], path)
	home := at[farm](c.svc.running[in.zone], parentOf(path))
	if live == nil || home == nil {
		return serverState{}, false
	}
	word := stateNoCheck
	if live.Probe && live.Status == "active" && home.Probe != nil {
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

// Words of the status call, worst first.
const (
	gradeError   = "error"
	gradeWarn    = "warn"
	gradeUnknown = "unknown"
	gradeOK      = "ok"
)

// statusView is ipLoadbalancing.Status.
type statusView struct {
	Farms     component `json:"farms"`
	Frontends component `json:"frontends"`
	Servers   component `json:"servers"`
	Service   struct {
		Status string `json:"status"`
	} `json:"service"`
}

type component struct {
	Status struct {
		Error   int `json:"error"`
		OK      int `json:"ok"`
		Unknown int `json:"unknown"`
		Warn    int `json:"warn"`
	} `json:"status"`
	Total int `json:"total"`
}

func (p *component) count(grade string) {
	p.Total++
	switch grade {
	case gradeError:
		p.Status.Error++
	case gradeWarn:
		p.Status.Warn++
	case gradeOK:
		p.Status.OK++
	default:
		p.Status.Unknown++
	}
}

// serviceStatus grades what runs: a server by its instances' views, a farm by
// its servers, a frontend by the farms it leads to, the service by its worst
// frontend.
func serviceStatus(c *call) (any, error) {
	live := config{}
	for _, zone := range c.svc.zones {
		maps.Copy(live, c.svc.running[zone])
	}
	var out statusView
	servers := map[string][]string{} // grades by farm
	for path := range live {
		if at[farmServer](live, path) != nil {
			grade := c.serverGrade(path)
			out.Servers.count(grade)
			servers[parentOf(path)] = append(servers[parentOf(path)], grade)
		}
	}
	farms := map[string]string{}
	for path := range live {
		if at[farm](live, path) != nil {
			farms[path] = farmGrade(servers[path])
			out.Farms.count(farms[path])
		}
	}
	grades := []string{}
	for path := range live {
		if f := at[frontend](live, path); f != nil {
			grade := frontendGrade(live, farms, protocolOf(path), f)
			out.Frontends.count(grade)
			grades = append(grades, grade)
		}
	}
	out.Service.Status = worst(grades)
	return out, nil
}

func (c *call) serverGrade(path string) string {
	states := c.serverStates(path)
	if states == nil || protocolOf(path) == "udp" {
		return gradeUnknown
	}
	var up, down int
	for _, s := range *states {
		switch *s.Status {
		case stateUp:
			up++
		case stateDown:
			down++
		}
	}
	switch {
	case up > 0 && down > 0:
		return gradeWarn
	case down > 0:
		return gradeError
	case up > 0:
		return gradeOK
	}
	return gradeUnknown
}

func farmGrade(servers []string) string {
	down := 0
	for _, grade := range servers {
		if grade == gradeError {
			down++
		}
	}
	switch {
	case down > 0 && down == len(servers):
		return gradeError
	case down > 0 || slices.Contains(servers, gradeWarn):
		return gradeWarn
	case slices.Contains(servers, gradeOK):
		return gradeOK
	}
	return gradeUnknown
}

func frontendGrade(live config, farms map[string]string, protocol string, f *frontend) string {
	if f.Disabled {
		return gradeUnknown
	}
	if f.RedirectLocation != nil {
		return gradeOK
	}
	grades := []string{}
	if f.DefaultFarmID != nil {
		grades = append(grades, farms[protocol+"/farm/"+formatID(*f.DefaultFarmID)])
	}
	for path := range live {
		r := at[trafficRoute](live, path)
		if r == nil || protocolOf(path) != protocol || r.FrontendID == nil || *r.FrontendID != f.FrontendID {
			continue
		}
		if r.Action.Type == "farm" {
			grades = append(grades, farms[protocol+"/farm/"+*r.Action.Target])
		} else {
			grades = append(grades, gradeOK)
		}
	}
	return worst(grades)
}

func worst(grades []string) string {
	if len(grades) == 0 {
		return gradeUnknown
	}
	for _, grade := range []string{gradeError, gradeWarn, gradeUnknown} {
		if slices.Contains(grades, grade) {
			return grade
		}
	}
	if slices.Contains(grades, "") { // a farm that is gone
		return gradeError
	}
	return gradeOK
}
