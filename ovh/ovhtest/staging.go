package ovhtest

import (
	"encoding/json"
	"strings"
)

const refreshAction = "refreshIplb"

func (r *router) addStaging(service string) {
	r.add("GET", service+"/pendingChanges", pendingChanges)
	r.add("POST", service+"/refresh", refresh)
	r.add("GET", service+"/task", listTasks)
	r.add("GET", service+"/task/{id}", getTask)
	r.add("GET", service+"/status", serviceStatus)
}

// Staged is what a refresh of the zone would make live: the objects as they
// were last written, by path below the service ("http/farm/12/server/34"), as
// JSON without the fields that are not set.
func (s *Server) Staged(serviceName, zone string) map[string]json.RawMessage {
	defer s.settled().mu.Unlock()
	return s.mustService(serviceName).draft.deployed(zone).plain()
}

// Running is what the zone's instances run, in the form of [Server.Staged].
func (s *Server) Running(serviceName, zone string) map[string]json.RawMessage {
	defer s.settled().mu.Unlock()
	return s.mustService(serviceName).running[zone].plain()
}

type zoneChanges struct {
	Number int    `json:"number"`
	Zone   string `json:"zone"`
}

func pendingChanges(c *call) (any, error) {
	out := []zoneChanges{}
	for _, zone := range c.svc.zones {
		if n := c.pending(zone); n > 0 {
			out = append(out, zoneChanges{Number: n, Zone: zone})
		}
	}
	return out, nil
}

// pending counts the objects that are not as the zone runs them.
func (c *call) pending(zone string) int {
	live, draft := c.svc.running[zone], c.svc.draft.deployed(zone)
	if carried := c.svc.carried[zone]; carried != nil && c.assume.PendingUntil == PendingUntilRequest {
		live = carried
	}
	if c.assume.MovePending == MoveNotCounted {
		live, draft = live.withoutFailover(), draft.withoutFailover()
	}
	return draft.changes(live)
}

// refresh starts the task that makes the draft live.
func refresh(c *call) (any, error) {
	zones, err := c.refreshZones()
	if err != nil {
		return nil, err
	}
	if busy := c.svc.runningRefresh(); busy != nil {
		switch c.assume.BusyRefresh {
		case BusyConflict:
			return nil, conflict("A refresh is already running")
		case BusyBadRequest:
			return nil, badRequest("A refresh is already running")
		case BusyIgnored:
			return busy, nil
		}
	}
	staged := 0
	for _, zone := range zones {
		staged += c.svc.draft.deployed(zone).changes(c.svc.running[zone])
	}
	if staged == 0 {
		if err := c.assume.EmptyRefresh.refuse("There is nothing to refresh"); err != nil {
			return nil, err
		}
	}
	unmet := c.unmet()
	if len(unmet) > 0 && c.assume.UnmetRefresh == UnmetBadRequest {
		return nil, badRequest("This configuration can not be refreshed: " + strings.Join(unmet, "; "))
	}
	return c.startRefresh(zones, len(unmet) > 0), nil
}

// refreshZones are the zones that the body names: one, or all by null, by "all"
// or by nothing (facts 6.2).
func (c *call) refreshZones() ([]string, error) {
	var asked struct {
		Zone *string `json:"zone"`
	}
	merge(&asked, c.body)
	if asked.Zone == nil {
		return c.svc.zones, nil
	}
	zone, err := c.svc.ownZone(*asked.Zone)
	if err != nil || zone == everyZone {
		return c.svc.zones, err
	}
	return []string{zone}, nil
}

func (svc *service) runningRefresh() *task {
	for _, t := range svc.tasks {
		if t.Action == refreshAction && t.running() {
			return t
		}
	}
	return nil
}

func (c *call) startRefresh(zones []string, doomed bool) *task {
	t := c.newTask(c.svc, refreshAction, zones)
	if doomed {
		t.ending = taskError
		if c.assume.UnmetRefresh == UnmetBlocked {
			t.ending = taskBlocked
		}
	}
	svc := c.svc
	carry := func() {
		for _, zone := range zones {
			if svc.running[zone] != nil { // not released meanwhile
				svc.carried[zone] = svc.draft.deployed(zone)
			}
		}
	}
	carry()
	server := c.Server
	start := func() {
		svc.touch(zones, server.clock.Now(), false)
		if server.assume.RefreshSnapshot == SnapshotAtStart {
			carry()
		}
	}
	c.run(t, c.assume.RefreshQueued, c.assume.RefreshRuns, start, func(done bool) {
		svc.land(zones, done)
		svc.touch(zones, server.clock.Now(), done)
	})
	return t
}

// land makes what the zones' refresh carries live, or drops it.
func (svc *service) land(zones []string, done bool) {
	for _, zone := range zones {
		if done {
			svc.running[zone] = svc.carried[zone]
		}
		delete(svc.carried, zone)
	}
}

// unmet lists the preconditions of a refresh that do not hold (facts 6.3).
func (c *call) unmet() []string {
	problems := c.svc.unmetVRack()
	count := 0
	for _, protocol := range []string{"http", "tcp", "udp"} {
		for path, f := range each[frontend](c.svc.draft, protocol+"/frontend") {
			count++
			if problem := c.svc.dedicatedProblem(path, f); problem != "" {
				problems = append(problems, problem)
			}
			if f.Disabled && c.assume.DisabledExempt {
				continue
			}
			if !c.svc.leadsSomewhere(protocol, f) {
				problems = append(problems, path+" has no farm, route with a rule, or redirection")
			}
		}
	}
	if count == 0 {
		problems = append(problems, "there is no frontend")
	}
	return problems
}

// leadsSomewhere tells whether a frontend has a redirection, a default farm, or
// a route with rules whose farm exists.
func (svc *service) leadsSomewhere(protocol string, f *frontend) bool {
	if f.RedirectLocation != nil {
		return true
	}
	if f.DefaultFarmID != nil && at[farm](svc.draft.nodes, protocol+"/farm/"+formatID(*f.DefaultFarmID)) != nil {
		return true
	}
	for path, r := range each[trafficRoute](svc.draft, protocol+"/route") {
		if r.FrontendID == nil || *r.FrontendID != f.FrontendID || len(svc.draft.children[path+"/rule"]) == 0 {
			continue
		}
		if r.Action.Type != "farm" || svc.draft.nodes[protocol+"/farm/"+*r.Action.Target] != nil {
			return true
		}
	}
	return false
}
