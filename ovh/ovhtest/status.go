package ovhtest

import (
	"maps"
	"slices"
)

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
		switch word := *orDefault(s.Status, ""); word {
		case stateDown:
			down++
		case stateNoCheck, "":
		default: // UP, and all other words (facts 5.5)
			up++
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
	if slices.Contains(grades, "") { // a farm that is gone
		return gradeError
	}
	for _, grade := range []string{gradeError, gradeWarn, gradeUnknown} {
		if slices.Contains(grades, grade) {
			return grade
		}
	}
	return gradeOK
}
