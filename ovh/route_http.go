package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// HTTPRoute decides about the requests that all of its rules match.
type HTTPRoute struct {
	RouteID     int64           `json:"routeId"`
	DisplayName string          `json:"displayName"`
	FrontendID  *int64          `json:"frontendId"` // nil: attached to none
	Action      HTTPRouteAction `json:"action"`
	Weight      int             `json:"weight"` // 0 to 255; the lowest is tried first
	Status      RouteStatus     `json:"status"`
	Rules       []Rule          `json:"rules"` // copies, without their display names
}

// HTTPRouteAction is what an HTTP route does. It is written whole.
type HTTPRouteAction struct {
	Type RouteActionType `json:"type"`
	// Target is a farm's ID in digits, or the URL of a redirect, where ${protocol},
	// ${host}, ${domain} (the host without its port), ${port}, ${path} and ${arguments}
	// (with its "?") stand for the request's own. A rejection has none.
	Target string `json:"target"`
	// Status is the HTTP status of a redirect (302 by default) or a rejection (403).
	// Zero is the default.
	Status int `json:"status"`
}

// MarshalJSON writes null for what is zero, so that nothing of an earlier
// action stays.
func (a HTTPRouteAction) MarshalJSON() ([]byte, error) {
	return rest.Encode(struct {
		Type   RouteActionType `json:"type"`
		Target *string         `json:"target"`
		Status *int            `json:"status"`
	}{a.Type, nullIfZero(a.Target), nullIfZero(a.Status)})
}

// HTTPRouteCreate is an HTTP route to be made. Action is required; what is zero
// is left out.
type HTTPRouteCreate struct {
	DisplayName string          `json:"displayName,omitzero"` // 255 characters at most
	FrontendID  int64           `json:"frontendId,omitzero"`
	Action      HTTPRouteAction `json:"action"`
	Weight      int             `json:"weight,omitzero"` // 0 to 255
}

// HTTPRouteUpdate is what to change of an HTTP route. DisplayName and
// FrontendID may be null.
type HTTPRouteUpdate struct {
	DisplayName Optional[string]          `json:"displayName,omitzero"`
	FrontendID  Optional[int64]           `json:"frontendId,omitzero"` // null detaches the route
	Action      Optional[HTTPRouteAction] `json:"action,omitzero"`     // the whole of it
	Weight      Optional[int]             `json:"weight,omitzero"`     // 0 to 255; the lowest is tried first
}

// RouteListOptions select and page routes. What is zero selects all.
type RouteListOptions struct {
	FrontendID     int64 `url:"frontendId,omitempty"`
	lb.PageOptions `url:"-"`
}

// HTTPRouteService reads and writes the HTTP routes of a load balancer. Of the
// routes of a frontend, those that reject or redirect are tried before those
// that choose a farm, each group by weight, and older before newer (facts 5.6).
// Writes are staged.
type HTTPRouteService struct {
	Rules *RuleService

	routes collection[HTTPRoute, int64]
}

func newHTTPRouteService(c *Client) *HTTPRouteService {
	return &HTTPRouteService{Rules: newRuleService(c, "http"), routes: collection[HTTPRoute, int64]{
		client: c,
		op:     "http.routes",
		kind:   lb.KindRoute,
		route:  "/ipLoadbalancing/{serviceName}/http/route",
		item:   "/ipLoadbalancing/{serviceName}/http/route/{routeId}",
		key:    func(r *HTTPRoute) int64 { return r.RouteID },
	}}
}

// List yields the routes of a load balancer, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// IDs alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/route
func (s *HTTPRouteService) List(ctx context.Context, service string, opts RouteListOptions) iter.Seq2[*HTTPRoute, error] {
	return s.routes.list(ctx, opts, opts.PageOptions, service)
}

// ListIDs reads the IDs of the routes of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/route
func (s *HTTPRouteService) ListIDs(ctx context.Context, service string, opts RouteListOptions) ([]int64, error) {
	return s.routes.ids(ctx, opts, service)
}

// Get reads one route.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/route/{routeId}
func (s *HTTPRouteService) Get(ctx context.Context, service string, routeID int64) (*HTTPRoute, error) {
	return s.routes.get(ctx, routeID, service)
}

// Create adds a route and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/http/route
func (s *HTTPRouteService) Create(ctx context.Context, service string, body HTTPRouteCreate) (*HTTPRoute, error) {
	return s.routes.create(ctx, body, service)
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/http/route/{routeId}
func (s *HTTPRouteService) Update(ctx context.Context, service string, routeID int64, body HTTPRouteUpdate) error {
	return s.routes.update(ctx, routeID, body, service)
}

// Delete removes a route. Its rules go with it.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/http/route/{routeId}
func (s *HTTPRouteService) Delete(ctx context.Context, service string, routeID int64) error {
	return s.routes.remove(ctx, routeID, service)
}
