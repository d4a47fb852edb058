package ovhtest

import "time"

// Words of a task's status. What else a task may end in, a test chooses.
const (
	taskTodo    = "todo"
	taskDoing   = "doing"
	taskDone    = "done"
	taskError   = "error"
	taskBlocked = "blocked"
)

// task is ipLoadbalancing.Task.Task. Tasks stay listed (facts 8.29).
type task struct {
	Action       string    `json:"action"`
	CreationDate dateTime  `json:"creationDate"`
	DoneDate     *dateTime `json:"doneDate"`
	ID           int64     `json:"id"`
	Progress     int       `json:"progress"` // percent
	Status       string    `json:"status"`
	Zones        []string  `json:"zones"`

	ending string // status in which it ends
}

func (t *task) running() bool { return t.Status == taskTodo || t.Status == taskDoing }

// EndNextTask makes the next task of a service end in a status other than
// done, without effect: error, blocked, cancelled, or a word that no client
// knows.
func (s *Server) EndNextTask(serviceName, status string) {
	defer s.settled().mu.Unlock()
	s.mustService(serviceName).endNext = status
}

// newTask adds a task that is todo.
func (s *Server) newTask(svc *service, action string, zones []string) *task {
	t := &task{
		Action: action, CreationDate: dateTime(s.clock.Now()), ID: s.newID(svc, "task"), Status: taskTodo, Zones: zones, ending: taskDone,
	}
	if svc.endNext != "" {
		t.ending, svc.endNext = svc.endNext, ""
	}
	svc.tasks = append(svc.tasks, t)
	return t
}

// run takes a task through its life: todo for queued, doing for as long as it
// runs, then its end. Of start and end, either may be nil; end is told whether
// the task succeeded.
func (s *Server) run(t *task, queued, runs time.Duration, start func(), end func(done bool)) {
	s.clock.Schedule(queued, func() {
		t.Status, t.Progress = taskDoing, 50
		if start != nil {
			start()
		}
		s.clock.Schedule(runs, func() {
			t.Status = t.ending
			finished := dateTime(s.clock.Now())
			t.DoneDate = &finished
			if t.ending == taskDone {
				t.Progress = 100
			}
			end(t.ending == taskDone)
		})
	})
}

func listTasks(c *call) (any, error) {
	l := &listing{ids: []any{}}
	for _, t := range c.svc.tasks {
		l.ids = append(l.ids, t.ID)
		l.views = append(l.views, func() any { return t })
	}
	return l, nil
}

func getTask(c *call) (any, error) {
	for _, t := range c.svc.tasks {
		if formatID(t.ID) == c.params["id"] {
			return t, nil
		}
	}
	return nil, noSuchObject("id", c.params["id"])
}
