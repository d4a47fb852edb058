package scaleway

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Route sends what matches, of a frontend's traffic, to another backend than the
// frontend's own. Which of several matching routes wins is not documented.
type Route struct {
	ID         string      `json:"id"`
	FrontendID string      `json:"frontend_id"`
	BackendID  string      `json:"backend_id"`
	Match      *RouteMatch `json:"match,omitempty"`
	CreatedAt  time.Time   `json:"created_at,omitzero"`
	UpdatedAt  time.Time   `json:"updated_at,omitzero"`
}

func (r *Route) identity() string { return r.ID }

// RouteMatch is one of SNI, which needs a TCP backend, HostHeader and PathBegin,
// which need an HTTP one.
type RouteMatch struct {
	SNI             string `json:"sni,omitempty"`
	HostHeader      string `json:"host_header,omitempty"`
	MatchSubdomains bool   `json:"match_subdomains"` // of SNI or HostHeader
	PathBegin       string `json:"path_begin,omitempty"`
}

// RouteListOptions select and page routes.
type RouteListOptions struct {
	FrontendID string  // empty: those of the whole zone
	OrderBy    OrderBy // by creation only
	lb.PageOptions
}

type routeQuery struct {
	FrontendID string  `url:"frontend_id,omitempty"`
	OrderBy    OrderBy `url:"order_by,omitempty"`
}

type routePage struct {
	Routes     []Route `json:"routes"`
	TotalCount *int    `json:"total_count"`
}

func (p *routePage) page() (*[]Route, *int) { return &p.Routes, p.TotalCount }

// RouteCreate is a new route. Its frontend is fixed for good.
type RouteCreate struct {
	FrontendID string      `json:"frontend_id"`
	BackendID  string      `json:"backend_id"`
	Match      *RouteMatch `json:"match,omitempty"`
}

// RouteUpdate is all that can be changed of a route. It replaces the whole: make
// it with NewRouteUpdate.
type RouteUpdate struct {
	BackendID string      `json:"backend_id"`
	Match     *RouteMatch `json:"match"`
}

// NewRouteUpdate is the update that changes nothing of r.
func NewRouteUpdate(r *Route) RouteUpdate {
	return RouteUpdate{BackendID: r.BackendID, Match: r.Match}
}

// RouteService manages routes.
type RouteService struct{ service }

// List yields the routes of the zone, or of a frontend.
//
//api:operation GET /lb/v1/zones/{zone}/routes
//api:operation GET /lb/v1/regions/{region}/routes
func (s *RouteService) List(ctx context.Context, opts RouteListOptions) iter.Seq2[*Route, error] {
	query := routeQuery{FrontendID: opts.FrontendID, OrderBy: opts.OrderBy}
	return list[routePage](ctx, s.place, listRoutes, query, opts.PageOptions, remembered((*Route).identity))
}

// Create makes a route.
//
//api:operation POST /lb/v1/zones/{zone}/routes
//api:operation POST /lb/v1/regions/{region}/routes
func (s *RouteService) Create(ctx context.Context, create RouteCreate) (*Route, error) {
	return fetch[Route](ctx, s.place, createRoute, &create)
}

// Get reads a route.
//
//api:operation GET /lb/v1/zones/{zone}/routes/{route_id}
//api:operation GET /lb/v1/regions/{region}/routes/{route_id}
func (s *RouteService) Get(ctx context.Context, id string) (*Route, error) {
	return fetch[Route](ctx, s.place, getRoute, nil, id)
}

// Update replaces a route's backend and match.
//
//api:operation PUT /lb/v1/zones/{zone}/routes/{route_id}
//api:operation PUT /lb/v1/regions/{region}/routes/{route_id}
func (s *RouteService) Update(ctx context.Context, id string, update RouteUpdate) (*Route, error) {
	return fetch[Route](ctx, s.place, updateRoute, &update, id)
}

// Delete removes a route.
//
//api:operation DELETE /lb/v1/zones/{zone}/routes/{route_id}
//api:operation DELETE /lb/v1/regions/{region}/routes/{route_id}
func (s *RouteService) Delete(ctx context.Context, id string) error {
	return s.send(ctx, deleteRoute, nil, id)
}
