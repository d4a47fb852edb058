package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// TCPRoute decides about the requests that all of its rules match.
type TCPRoute struct {
	RouteID     int64          `json:"routeId"`
	DisplayName string         `json:"displayName"`
	FrontendID  *int64         `json:"frontendId"` // nil: attached to none
	Action      TCPRouteAction `json:"action"`
	Weight      int            `json:"weight"` // 0 to 255; the lowest is tried first
	Status      RouteStatus    `json:"status"`
	Rules       []Rule         `json:"rules"` // copies, without their display names
}

// TCPRouteAction is what a TCP route does. It is written whole.
type TCPRouteAction struct {
	Type   RouteActionType `json:"type"`   // farm or reject
	Target string          `json:"target"` // a farm's ID in digits; empty for a rejection
}

// MarshalJSON writes null for an empty target, so that nothing of an earlier
// action stays.
func (a TCPRouteAction) MarshalJSON() ([]byte, error) {
	return rest.Encode(struct {
		Type   RouteActionType `json:"type"`
		Target *string         `json:"target"`
	}{a.Type, nullIfZero(a.Target)})
}

// TCPRouteCreate is a TCP route to be made. Action is required; what is zero is
// left out.
type TCPRouteCreate struct {
	DisplayName string         `json:"displayName,omitzero"` // 255 characters at most
	FrontendID  int64          `json:"frontendId,omitzero"`
	Action      TCPRouteAction `json:"action"`
	Weight      int            `json:"weight,omitzero"` // 0 to 255
}

// TCPRouteUpdate is what to change of a TCP route. DisplayName and FrontendID
// may be null.
type TCPRouteUpdate struct {
	DisplayName Optional[string]         `json:"displayName,omitzero"`
	FrontendID  Optional[int64]          `json:"frontendId,omitzero"` // null detaches the route
	Action      Optional[TCPRouteAction] `json:"action,omitzero"`     // the whole of it
	Weight      Optional[int]            `json:"weight,omitzero"`     // 0 to 255; the lowest is tried first
}

// TCPRouteService reads and writes the TCP routes of a load balancer. Of the
// routes of a frontend, those that reject or redirect are tried before those
// that choose a farm, each group by weight, and older before newer (facts 5.6).
// Writes are staged.
type TCPRouteService struct {
	Rules *RuleService

	routes collection[TCPRoute, int64]
}

func newTCPRouteService(c *Client) *TCPRouteService {
	return &TCPRouteService{Rules: newRuleService(c, "tcp"), routes: collection[TCPRoute, int64]{
		client: c,
		op:     "tcp.routes",
		kind:   lb.KindRoute,
		route:  "/ipLoadbalancing/{serviceName}/tcp/route",
		item:   "/ipLoadbalancing/{serviceName}/tcp/route/{routeId}",
		key:    func(r *TCPRoute) int64 { return r.RouteID },
	}}
}

// List yields the routes of a load balancer, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/route
func (s *TCPRouteService) List(ctx context.Context, service string, opts RouteListOptions) iter.Seq2[*TCPRoute, error] {
	return s.routes.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the routes of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/route
func (s *TCPRouteService) ListIDs(ctx context.Context, service string, opts RouteListOptions) ([]int64, error) {
	return s.routes.ids(ctx, opts, service)
}

// Get reads one route.
//
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/route/{routeId}
func (s *TCPRouteService) Get(ctx context.Context, service string, routeID int64) (*TCPRoute, error) {
	return s.routes.get(ctx, routeID, service)
}

// Create adds a route and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/tcp/route
func (s *TCPRouteService) Create(ctx context.Context, service string, body TCPRouteCreate) (*TCPRoute, error) {
	return s.routes.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/tcp/route/{routeId}
func (s *TCPRouteService) Update(ctx context.Context, service string, routeID int64, body TCPRouteUpdate) error {
	return s.routes.update(ctx, routeID, body, service)
}

// Delete removes a route. Its rules go with it.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/tcp/route/{routeId}
func (s *TCPRouteService) Delete(ctx context.Context, service string, routeID int64) error {
	return s.routes.remove(ctx, routeID, service)
}
