package ovh

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Task is long-running work on a load balancer. A task that fails says no more
// than its status.
type Task struct {
	ID           int64      `json:"id"`
	Action       TaskAction `json:"action"`
	Status       TaskStatus `json:"status"`
	Progress     int        `json:"progress"` // percent
	Zones        []string   `json:"zones"`
	CreationDate time.Time  `json:"creationDate"`
	DoneDate     *time.Time `json:"doneDate"`
}

// TaskListOptions select and page tasks. What is zero selects all; the bounds
// are inclusive.
type TaskListOptions struct {
	Action         TaskAction `url:"action,omitempty"`
	Status         TaskStatus `url:"status,omitempty"`
	CreatedFrom    time.Time  `url:"creationDate.from,omitempty"`
	CreatedTo      time.Time  `url:"creationDate.to,omitempty"`
	DoneFrom       time.Time  `url:"doneDate.from,omitempty"`
	DoneTo         time.Time  `url:"doneDate.to,omitempty"`
	lb.PageOptions `url:"-"`
}

// TaskService reads the tasks of a load balancer. What waits for one, with progress and
// an error where it fails, is in package lb:
//
//	id := ovh.FormatOperationID(service, task.ID)
//	operation, err := lb.WaitOperation(ctx, ovh.NewProvider(client), &lb.Operation{ID: id})
type TaskService struct {
	tasks collection[Task, int64]
}

func newTaskService(c *Client) *TaskService {
	return &TaskService{tasks: collection[Task, int64]{
		client: c,
		op:     "tasks",
		kind:   lb.KindOperation,
		route:  "/ipLoadbalancing/{serviceName}/task",
		item:   "/ipLoadbalancing/{serviceName}/task/{id}",
		key:    func(t *Task) int64 { return t.ID },
	}}
}

// List yields the tasks of a load balancer, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// IDs alone, each object costs a request of its own. How long tasks are kept is
// not documented.
//
//api:operation GET /ipLoadbalancing/{serviceName}/task
func (s *TaskService) List(ctx context.Context, service string, opts TaskListOptions) iter.Seq2[*Task, error] {
	return s.tasks.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the tasks of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/task
func (s *TaskService) ListIDs(ctx context.Context, service string, opts TaskListOptions) ([]int64, error) {
	return s.tasks.ids(ctx, opts, service)
}

// Get reads one task.
//
//api:operation GET /ipLoadbalancing/{serviceName}/task/{id}
func (s *TaskService) Get(ctx context.Context, service string, taskID int64) (*Task, error) {
	return s.tasks.get(ctx, taskID, service)
}
