package ovh

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// IP is a block of addresses of the account.
type IP struct {
	IP              string    `json:"ip"` // CIDR
	Type            IPType    `json:"type"`
	Version         int       `json:"version"` // 4 or 6
	Description     string    `json:"description"`
	RoutedTo        *RoutedTo `json:"routedTo"`
	IsAdditionalIP  bool      `json:"isAdditionalIp"` // it can be moved between services
	CanBeTerminated bool      `json:"canBeTerminated"`
	BringYourOwnIP  bool      `json:"bringYourOwnIp"`
	Country         string    `json:"country"`
	Campus          string    `json:"campus"`
	Regions         []string  `json:"regions"`
	RIR             string    `json:"rir"`
	OrganisationID  string    `json:"organisationId"`
	IAM             *IAM      `json:"iam"` // nil in lists
}

// RoutedTo is the service that receives the traffic of a block.
type RoutedTo struct {
	ServiceName string `json:"serviceName"`
}

// IPListOptions select and page blocks. What is zero selects all.
type IPListOptions struct {
	Type           IPType     `url:"type,omitempty"`
	IP             string     `url:"ip,omitempty"`                   // blocks that hold or equal it
	RoutedTo       string     `url:"routedTo.serviceName,omitempty"` // a pattern of SQL's LIKE
	Version        int        `url:"version,omitempty"`              // 4 or 6
	IsAdditionalIP *bool      `url:"isAdditionalIp,omitempty"`
	Description    string     `url:"description,omitempty"` // a pattern of SQL's LIKE
	Campus         string     `url:"campus,omitempty"`      // a pattern of SQL's LIKE, whatever its case
	Tags           TagFilters `url:"iamTags,omitempty"`
	lb.PageOptions `url:"-"`
}

// IPUpdate is what to change of a block, which may be null.
type IPUpdate struct {
	Description Optional[string] `json:"description,omitzero"`
}

// IPDestinations are the services that a block can be moved to.
type IPDestinations struct {
	IPLoadBalancing []IPDestination `json:"ipLoadbalancing"`
	CloudProject    []IPDestination `json:"cloudProject"`
	DedicatedCloud  []IPDestination `json:"dedicatedCloud"`
	DedicatedServer []IPDestination `json:"dedicatedServer"`
	HostingReseller []IPDestination `json:"hostingReseller"`
	VPS             []IPDestination `json:"vps"`
}

// IPDestination is a service that a block can be moved to.
type IPDestination struct {
	Service string   `json:"service"`
	NextHop []string `json:"nexthop"`
}

// IPMove says where a block goes. To is required.
type IPMove struct {
	To      string `json:"to"` // a service name
	NextHop string `json:"nexthop,omitzero"`
}

// IPTask is long-running work on a block. A move takes about a minute.
type IPTask struct {
	TaskID      int64          `json:"taskId"`
	Function    IPTaskFunction `json:"function"`
	Status      IPTaskStatus   `json:"status"`
	Destination *RoutedTo      `json:"destination"`
	Comment     string         `json:"comment"` // may say why a task failed
	StartDate   time.Time      `json:"startDate"`
	LastUpdate  *time.Time     `json:"lastUpdate"`
	DoneDate    *time.Time     `json:"doneDate"`
}

// IPTaskListOptions select and page the tasks of a block. What is zero selects
// all.
type IPTaskListOptions struct {
	Function       IPTaskFunction `url:"function,omitempty"`
	Status         IPTaskStatus   `url:"status,omitempty"`
	lb.PageOptions `url:"-"`
}

// IPService is the part of /ip that a load balancer needs: Additional IPs, and
// where they are routed. A block is named by its CIDR, or by an address alone.
type IPService struct {
	ips   collection[IP, string]
	tasks collection[IPTask, int64]
}

func newIPService(c *Client) *IPService {
	return &IPService{
		ips: collection[IP, string]{
			client: c,
			op:     "ips",
			kind:   lb.KindAddress,
			route:  "/ip",
			item:   "/ip/{ip}",
			key:    func(i *IP) string { return i.IP },
		},
		tasks: collection[IPTask, int64]{
			client: c,
			op:     "ips.tasks",
			kind:   lb.KindOperation,
			route:  "/ip/{ip}/task",
			item:   "/ip/{ip}/task/{taskId}",
			key:    func(t *IPTask) int64 { return t.TaskID },
		},
	}
}

// List yields the blocks of the account, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// blocks alone, each object costs a request of its own.
//
//api:operation GET /ip
func (s *IPService) List(ctx context.Context, opts IPListOptions) iter.Seq2[*IP, error] {
	return s.ips.list(ctx, opts, opts.PageOptions)
}

// ListBlocks reads the blocks of the account, in one request.
//
//api:operation GET /ip
func (s *IPService) ListBlocks(ctx context.Context, opts IPListOptions) ([]string, error) {
	return s.ips.ids(ctx, opts)
}

// Get reads one block.
//
//api:operation GET /ip/{ip}
func (s *IPService) Get(ctx context.Context, block string) (*IP, error) {
	return s.ips.get(ctx, block)
}

// Update changes the description of a block.
//
//api:operation PUT /ip/{ip}
func (s *IPService) Update(ctx context.Context, block string, body IPUpdate) error {
	return s.ips.update(ctx, block, body)
}

// Destinations reads where a block can be moved to, which the API calls a beta.
//
//api:operation GET /ip/{ip}/move
func (s *IPService) Destinations(ctx context.Context, block string) (*IPDestinations, error) {
	return rest.Get[IPDestinations](ctx, s.ips.client.rest, s.call("destinations", http.MethodGet, "/move", block))
}

// Move starts to route a block to another service and returns the task. A load
// balancer serves it after a refresh. While one move of a block runs, another
// is refused.
//
//api:operation POST /ip/{ip}/move
func (s *IPService) Move(ctx context.Context, block string, body IPMove) (*IPTask, error) {
	call := s.call("move", http.MethodPost, "/move", block)
	call.In = body
	return rest.Get[IPTask](ctx, s.ips.client.rest, call)
}

// Park starts to take a block from its service and returns the task.
//
//api:operation POST /ip/{ip}/park
func (s *IPService) Park(ctx context.Context, block string) (*IPTask, error) {
	return rest.Get[IPTask](ctx, s.ips.client.rest, s.call("park", http.MethodPost, "/park", block))
}

// call is a call about one block, at a path below its own.
func (s *IPService) call(verb, method, below, block string) rest.Call {
	call := s.ips.itemCall(verb, method, nil, block)
	call.ID = idOf(call.Route, call.Args)
	call.Route += below
	return call
}

// ListTasks yields the tasks of a block, in whole objects, as List does.
//
//api:operation GET /ip/{ip}/task
func (s *IPService) ListTasks(ctx context.Context, block string, opts IPTaskListOptions) iter.Seq2[*IPTask, error] {
	return s.tasks.list(ctx, opts, opts.PageOptions, block)
}

// ListTaskIDs reads the IDs of the tasks of a block, in one request.
//
//api:operation GET /ip/{ip}/task
func (s *IPService) ListTaskIDs(ctx context.Context, block string, opts IPTaskListOptions) ([]int64, error) {
	return s.tasks.ids(ctx, opts, block)
}

// GetTask reads one task of a block.
//
//api:operation GET /ip/{ip}/task/{taskId}
func (s *IPService) GetTask(ctx context.Context, block string, taskID int64) (*IPTask, error) {
	return s.tasks.get(ctx, taskID, block)
}
