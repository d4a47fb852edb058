package ovh

import (
	"context"
	"iter"
	"net/http"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// Zone is a place where a load balancer runs.
type Zone struct {
	Name  string `json:"name"`  // such as "gra"
	State string `json:"state"` // in the API's own words; "released": being given up
}

// ZoneService reads the zones of a load balancer and gives them up. A zone is
// added by an order.
type ZoneService struct {
	zones collection[Zone, string]
}

func newZoneService(c *Client) *ZoneService {
	return &ZoneService{zones: collection[Zone, string]{
		client: c,
		op:     "zones",
		route:  "/ipLoadbalancing/{serviceName}/zone",
		item:   "/ipLoadbalancing/{serviceName}/zone/{name}",
		key:    func(z *Zone) string { return z.Name },
	}}
}

// List yields the zones of a load balancer, in whole objects. It is lazy: the
// first page is asked for when the iteration begins. Where the API answers with
// names alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/zone
func (s *ZoneService) List(ctx context.Context, service string, page lb.PageOptions) iter.Seq2[*Zone, error] {
	return s.zones.list(ctx, nil, page, service)
}

// ListNames reads the names of the zones of a load balancer, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/zone
func (s *ZoneService) ListNames(ctx context.Context, service string) ([]string, error) {
	return s.zones.ids(ctx, nil, service)
}

// Get reads one zone.
//
//api:operation GET /ipLoadbalancing/{serviceName}/zone/{name}
func (s *ZoneService) Get(ctx context.Context, service, name string) (*Zone, error) {
	return s.zones.get(ctx, name, service)
}

// Terminate gives a zone up at its expiry date.
//
//api:operation POST /ipLoadbalancing/{serviceName}/zone/{name}/terminate
func (s *ZoneService) Terminate(ctx context.Context, service, name string) error {
	return s.zones.client.void(ctx, s.action("terminate", service, name))
}

// CancelTermination takes a Terminate back, before the zone's expiry date.
//
//api:operation POST /ipLoadbalancing/{serviceName}/zone/{name}/cancelTermination
func (s *ZoneService) CancelTermination(ctx context.Context, service, name string) error {
	return s.zones.client.void(ctx, s.action("cancelTermination", service, name))
}

func (s *ZoneService) action(verb, service, name string) rest.Call {
	call := s.zones.itemCall(verb, http.MethodPost, []string{service}, name)
	call.ID = idOf(call.Route, call.Args)
	call.Route += "/" + verb
	return call
}
