package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// neutralOperations is lb.Operations.
type neutralOperations struct {
	lb.UnimplementedOperations
	p *provider
}

// operationOf is a task as a neutral operation.
func operationOf(service string, t *Task) *lb.Operation {
	status, detail := statusOf(t.Status)
	if t.Action == TaskOrderFreeCertificate && (status == lb.OperationFailed || status == lb.OperationCancelled) {
		_, detail = orderStatus(t.Status)
	}
	return &lb.Operation{
		ID:           FormatOperationID(service, t.ID),
		LoadBalancer: FormatLoadBalancerID(service),
		Action:       string(t.Action),
		Status:       status,
		Progress:     t.Progress,
		Zones:        t.Zones,
		Detail:       detail,
		Started:      t.CreationDate,
		Finished:     valueOf(t.DoneDate),
		Native:       t,
	}
}

// statusOf is how far a task is, and what its own word says beyond that. Tasks
// carry no error text (facts 6.5). A word that nobody knows stays as it is, so that
// a wait goes on and names it.
func statusOf(status TaskStatus) (lb.OperationStatus, string) {
	switch status {
	case TaskTodo:
		return lb.OperationPending, ""
	case TaskDoing:
		return lb.OperationRunning, ""
	case TaskDone:
		return lb.OperationDone, ""
	case TaskError:
		return lb.OperationFailed, "OVH says no more than error: the configuration may not be one that can be deployed (Client.CheckRefresh names the preconditions that do not hold)"
	case TaskBlocked:
		return lb.OperationFailed, "blocked: it waits for OVH or for another action, and does not go on by itself"
	case TaskCancelled:
		return lb.OperationCancelled, ""
	case "":
		return lb.OperationUnknown, ""
	default:
		return lb.OperationStatus(status), "a status that this version does not know"
	}
}

// Get reads one task.
func (s neutralOperations) Get(ctx context.Context, id lb.OperationID) (_ *lb.Operation, err error) {
	defer rest.Named("operations.get", &err)
	if isAddressOperation(id) {
		return s.p.addressOperation(ctx, id)
	}
	service, task, err := ParseOperationID(id)
	if err != nil {
		return nil, err
	}
	t, err := s.p.client.Tasks.Get(ctx, service, task)
	if err != nil {
		return nil, err
	}
	return operationOf(service, t), nil
}

// List yields the tasks of a service that OVH still keeps, those that have ended
// included.
func (s neutralOperations) List(ctx context.Context, parent lb.LoadBalancerID, opts lb.PageOptions) iter.Seq2[*lb.Operation, error] {
	const op = "operations.list"
	service, err := ParseLoadBalancerID(parent)
	if err != nil {
		return rest.Fail[*lb.Operation](rest.Renamed(op, err))
	}
	tasks := s.p.client.Tasks.List(ctx, service, TaskListOptions{PageOptions: opts})
	return rest.NamedList(op, rest.Map(tasks, func(t *Task) (*lb.Operation, error) { return operationOf(service, t), nil }))
}
