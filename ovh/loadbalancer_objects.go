package ovh

import (
	"context"
	"net/http"

	"github.com/lbkit/lbkit/internal/rest"
)

// DefinedFarm is a farm of any protocol.
type DefinedFarm struct {
	ID   int64  `json:"id"`
	Type string `json:"type"` // "http", "tcp" or "udp"
}

// DefinedFrontend is a frontend of any protocol.
type DefinedFrontend struct {
	ID   int64  `json:"id"`
	Type string `json:"type"` // "http", "tcp" or "udp"
}

// DefinedRoute is a route of any protocol.
type DefinedRoute struct {
	RouteID     int64  `json:"routeId"`
	DisplayName string `json:"displayName"`
	Type        string `json:"type"` // "http" or "tcp"
}

// DefinedFarmsOptions select farms of any protocol. What is zero selects all.
type DefinedFarmsOptions struct {
	VRackNetworkID int64 `url:"vrackNetworkId,omitempty"`
}

// DefinedFarms reads the IDs of the farms of all protocols, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/definedFarms
func (s *LoadBalancerService) DefinedFarms(ctx context.Context, service string, opts DefinedFarmsOptions) ([]DefinedFarm, error) {
	call := s.call("definedFarms", http.MethodGet, "/definedFarms", service)
	query, err := rest.EncodeQuery(opts)
	if err != nil {
		return nil, s.services.invalid(call.Op, err)
	}
	call.Query = query
	return readAll[DefinedFarm](ctx, s.services.client, call)
}

// DefinedFrontends reads the IDs of the frontends of all protocols, in one
// request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/definedFrontends
func (s *LoadBalancerService) DefinedFrontends(ctx context.Context, service string) ([]DefinedFrontend, error) {
	return readAll[DefinedFrontend](ctx, s.services.client, s.call("definedFrontends", http.MethodGet, "/definedFrontends", service))
}

// DefinedRoutes reads the IDs and names of the routes of all protocols, in one
// request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/definedRoutes
func (s *LoadBalancerService) DefinedRoutes(ctx context.Context, service string) ([]DefinedRoute, error) {
	return readAll[DefinedRoute](ctx, s.services.client, s.call("definedRoutes", http.MethodGet, "/definedRoutes", service))
}

// AvailableProbe is a type of probe that a load balancer's farms may have, and
// what goes with it.
type AvailableProbe struct {
	Type             string   `json:"type"`
	Port             bool     `json:"port"` // it may have a port of its own
	URL              bool     `json:"url"`  // it has a URL
	Method           []string `json:"method"`
	Matches          []string `json:"matches"`
	NegatableMatches []string `json:"negatableMatches"` // those that may be negated
}

// AvailableRouteAction is an action that a load balancer's routes may have.
type AvailableRouteAction struct {
	Name        string `json:"name"`
	Type        string `json:"type"`        // of the routes: "http" or "tcp"
	Destination string `json:"destination"` // what its target is
	Status      []int  `json:"status"`      // the HTTP statuses that it may answer
}

// AvailableRouteRule is a field that the rules of a load balancer's routes may
// look at.
type AvailableRouteRule struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"` // of the routes: "http" or "tcp"
	HasSubField bool     `json:"hasSubField"`
	Matches     []string `json:"matches"`
	Pattern     string   `json:"pattern"` // "cidr", "string" or "enum"
	Enum        []string `json:"enum"`    // the patterns, where they are an enum
}

// AvailableFarmProbes reads which probes this load balancer's farms may have.
//
//api:operation GET /ipLoadbalancing/{serviceName}/availableFarmProbes
func (s *LoadBalancerService) AvailableFarmProbes(ctx context.Context, service string) ([]AvailableProbe, error) {
	return readAll[AvailableProbe](ctx, s.services.client, s.call("availableFarmProbes", http.MethodGet, "/availableFarmProbes", service))
}

// AvailableFarmTypes reads which protocols this load balancer's farms may
// speak.
//
//api:operation GET /ipLoadbalancing/{serviceName}/availableFarmType
func (s *LoadBalancerService) AvailableFarmTypes(ctx context.Context, service string) ([]string, error) {
	return readAll[string](ctx, s.services.client, s.call("availableFarmTypes", http.MethodGet, "/availableFarmType", service))
}

// AvailableFrontendTypes reads which protocols this load balancer's frontends
// may speak.
//
//api:operation GET /ipLoadbalancing/{serviceName}/availableFrontendType
func (s *LoadBalancerService) AvailableFrontendTypes(ctx context.Context, service string) ([]string, error) {
	return readAll[string](ctx, s.services.client, s.call("availableFrontendTypes", http.MethodGet, "/availableFrontendType", service))
}

// AvailableRouteActions reads which actions this load balancer's routes may
// have.
//
//api:operation GET /ipLoadbalancing/{serviceName}/availableRouteActions
func (s *LoadBalancerService) AvailableRouteActions(ctx context.Context, service string) ([]AvailableRouteAction, error) {
	return readAll[AvailableRouteAction](ctx, s.services.client, s.call("availableRouteActions", http.MethodGet, "/availableRouteActions", service))
}

// AvailableRouteRules reads which rules this load balancer's routes may have.
//
//api:operation GET /ipLoadbalancing/{serviceName}/availableRouteRules
func (s *LoadBalancerService) AvailableRouteRules(ctx context.Context, service string) ([]AvailableRouteRule, error) {
	return readAll[AvailableRouteRule](ctx, s.services.client, s.call("availableRouteRules", http.MethodGet, "/availableRouteRules", service))
}
