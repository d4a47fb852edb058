package ovhtest

import (
	"net/netip"
	"slices"
)

// Words of ip.TaskStatusEnum. What else a task may end in, a test chooses.
const (
	ipTaskInit  = "init"
	ipTaskTodo  = "todo"
	ipTaskDoing = "doing"
	ipTaskDone  = "done"
)

const moveFunction = "genericMoveFloatingIp"

// ipTask is ip.IpTask.
type ipTask struct {
	Comment     *string   `json:"comment"`
	Destination *routedTo `json:"destination"`
	DoneDate    *dateTime `json:"doneDate"`
	Function    string    `json:"function"`
	LastUpdate  *dateTime `json:"lastUpdate"`
	StartDate   dateTime  `json:"startDate"`
	Status      string    `json:"status"`
	TaskID      int64     `json:"taskId"`

	ending ipEnding
	ended  bool
	to     string // a service; empty: parked
}

// ipEnding is how a task ends where it is not done.
type ipEnding struct {
	status  string // empty: done
	comment string
}

// EndNextIPTask makes the next task of a block end in a status other than done,
// without effect: cancelled, customerError, ovhError, or a word that no client
// knows. The comment may say why.
func (s *Server) EndNextIPTask(block netip.Prefix, status, comment string) {
	defer s.settled().mu.Unlock()
	s.mustAddress(block).endNext = ipEnding{status: status, comment: comment}
}

// destinations are ip.Destinations: the services to which a move is accepted. Only
// load balancers are here.
func destinations(c *call, a *address) (any, error) {
	type destination struct {
		NextHop []string `json:"nexthop"`
		Service string   `json:"service"`
	}
	out := struct {
		CloudProject    []destination `json:"cloudProject"`
		DedicatedCloud  []destination `json:"dedicatedCloud"`
		DedicatedServer []destination `json:"dedicatedServer"`
		HostingReseller []destination `json:"hostingReseller"`
		IPLoadbalancing []destination `json:"ipLoadbalancing"`
		VPS             []destination `json:"vps"`
	}{IPLoadbalancing: []destination{}}
	for _, name := range c.serviceNames {
		if c.goal(a, name) == nil {
			out.IPLoadbalancing = append(out.IPLoadbalancing, destination{Service: name})
		}
	}
	return out, nil
}

// goal refuses a service to which a block can not move.
func (c *call) goal(a *address, name string) error {
	svc := c.services[name]
	switch {
	case a.kind != typeFailover:
		return badRequest("Only Additional IPs can be moved")
	case svc == nil || svc.expired:
		return invalid("to", "not a service that this IP can be moved to")
	case a.routedTo == name:
		return c.assume.SameGoal.refuse("This IP is routed to this service already")
	}
	return nil
}

func moveAddress(c *call, a *address) (any, error) {
	var asked struct {
		To      string  `json:"to"`
		NextHop *string `json:"nexthop"`
	}
	merge(&asked, c.body)
	if err := c.goal(a, asked.To); err != nil {
		return nil, err
	}
	if asked.NextHop != nil {
		return nil, invalid("nexthop", "a load balancer has none")
	}
	return c.startMove(a, asked.To)
}

func parkAddress(c *call, a *address) (any, error) {
	switch {
	case a.kind != typeFailover:
		return nil, badRequest("Only Additional IPs can be parked")
	case a.routedTo == "":
		if err := c.assume.SameGoal.refuse("This IP is parked already"); err != nil {
			return nil, err
		}
	}
	return c.startMove(a, "")
}

// startMove makes the task that routes a block. While one runs another is refused
// or waits for it (facts 6.8).
func (c *call) startMove(a *address, to string) (any, error) {
	var before *ipTask
	if len(a.tasks) > 0 && !a.tasks[len(a.tasks)-1].ended {
		before = a.tasks[len(a.tasks)-1]
		if err := c.assume.BusyMove.refuse("Another task of this IP is running"); err != nil {
			return nil, err
		}
	}
	t := &ipTask{
		Destination: routedToName(to), Function: moveFunction, StartDate: dateTime(c.clock.Now()), Status: ipTaskInit,
		TaskID: c.count("ip task"), ending: a.endNext, to: to,
	}
	a.endNext = ipEnding{}
	a.tasks = append(a.tasks, t)
	if before == nil {
		c.runMove(a, t)
	}
	return t, nil
}

// runMove takes a task through its life: half of its time in the queue init, the
// other half todo, then doing, then its end. The next task of the block follows.
func (s *Server) runMove(a *address, t *ipTask) {
	s.clock.Schedule(s.assume.MoveQueued/2, func() { t.step(ipTaskTodo, s) })
	s.clock.Schedule(s.assume.MoveQueued, func() { t.step(ipTaskDoing, s) })
	s.clock.Schedule(s.assume.MoveQueued+s.assume.MoveRuns, func() {
		s.endMove(a, t)
		if i := slices.Index(a.tasks, t); i+1 < len(a.tasks) {
			s.runMove(a, a.tasks[i+1])
		}
	})
}

func (t *ipTask) step(status string, s *Server) {
	now := dateTime(s.clock.Now())
	t.Status, t.LastUpdate = status, &now
}

func (s *Server) endMove(a *address, t *ipTask) {
	t.ended = true
	if t.ending.status != "" {
		t.step(t.ending.status, s)
		if t.ending.comment != "" {
			t.Comment = &t.ending.comment
		}
	} else {
		t.step(ipTaskDone, s)
		s.route(a, t.to)
	}
	t.DoneDate = t.LastUpdate
}

func listIPTasks(_ *call, a *address) (any, error) {
	l := &listing{ids: []any{}}
	for _, t := range a.tasks {
		l.ids = append(l.ids, t.TaskID)
		l.views = append(l.views, func() any { return t })
	}
	return l, nil
}

func getIPTask(c *call, a *address) (any, error) {
	i := slices.IndexFunc(a.tasks, func(t *ipTask) bool { return formatID(t.TaskID) == c.params["taskId"] })
	if i < 0 {
		return nil, noSuchObject("taskId", c.params["taskId"])
	}
	return a.tasks[i], nil
}
