package ovh

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// trafficRoute is a route of either protocol, in the form of HTTP's. Those that
// reject or redirect are a frontend's filters, and those that choose a farm its
// routes: the API tries them in that order, whatever their weights (facts 5.6).
type trafficRoute struct {
	HTTPRoute
	protocol lb.Protocol
	native   any
}

// routeCalls are the calls to the routes of one protocol.
type routeCalls struct {
	calls[trafficRoute, HTTPRouteCreate, HTTPRouteUpdate]
	addRule func(ctx context.Context, service string, route int64, body RuleCreate) (*Rule, error)
}

// routeCallsOf are those of a protocol; their lists are of one frontend or, with 0,
// of all. UDP has none.
func routeCallsOf(c *Client, protocol lb.Protocol, frontend int64) routeCalls {
	options := func(page lb.PageOptions) RouteListOptions {
		return RouteListOptions{FrontendID: frontend, PageOptions: page}
	}
	switch protocol {
	case lb.ProtocolHTTP:
		return routeCalls{adapt(c.HTTP.Routes, options, httpRoute, unconverted[HTTPRouteCreate], unconverted[HTTPRouteUpdate]), c.HTTP.Routes.Rules.Create}
	case lb.ProtocolTCP:
		return routeCalls{adapt(c.TCP.Routes, options, tcpRoute, tcpRouteCreate, tcpRouteUpdate), c.TCP.Routes.Rules.Create}
	case lb.ProtocolUDP:
	}
	none := calls[trafficRoute, HTTPRouteCreate, HTTPRouteUpdate]{
		list: func(context.Context, string, lb.PageOptions) iter.Seq2[*trafficRoute, error] {
			return func(func(*trafficRoute, error) bool) {}
		},
	}
	return routeCalls{calls: none}
}

func httpRoute(r *HTTPRoute) trafficRoute {
	return trafficRoute{HTTPRoute: *r, protocol: lb.ProtocolHTTP, native: r}
}

func tcpRoute(r *TCPRoute) trafficRoute {
	return trafficRoute{protocol: lb.ProtocolTCP, native: r, HTTPRoute: HTTPRoute{
		RouteID:     r.RouteID,
		DisplayName: r.DisplayName,
		FrontendID:  r.FrontendID,
		Action:      HTTPRouteAction{Type: r.Action.Type, Target: r.Action.Target},
		Weight:      r.Weight,
		Status:      r.Status,
		Rules:       r.Rules,
	}}
}

func tcpRouteCreate(body HTTPRouteCreate) TCPRouteCreate {
	return TCPRouteCreate{
		DisplayName: body.DisplayName,
		FrontendID:  body.FrontendID,
		Action:      tcpRouteAction(body.Action),
		Weight:      body.Weight,
	}
}

func tcpRouteUpdate(body HTTPRouteUpdate) TCPRouteUpdate {
	out := TCPRouteUpdate{DisplayName: body.DisplayName, FrontendID: body.FrontendID, Weight: body.Weight}
	if action, ok := body.Action.Get(); ok {
		out.Action = Value(tcpRouteAction(action))
	}
	return out
}

func tcpRouteAction(action HTTPRouteAction) TCPRouteAction {
	return TCPRouteAction{Type: action.Type, Target: action.Target}
}

// traffic is what decides about a frontend's requests: its own lists of sources, its
// filters and its routes.
type traffic struct {
	service  string
	frontend *frontend
	filters  []*trafficRoute // in the order in which they are tried
	routes   []*trafficRoute
}

// trafficOf sorts the routes of a frontend, among others, into filters and routes.
func trafficOf(service string, f *frontend, routes []*trafficRoute) traffic {
	t := traffic{service: service, frontend: f}
	for _, r := range routes {
		switch {
		case r.FrontendID == nil || *r.FrontendID != f.FrontendID || r.protocol != f.protocol:
		case r.Action.Type == RouteActionFarm:
			t.routes = append(t.routes, r)
		default:
			t.filters = append(t.filters, r)
		}
	}
	slices.SortStableFunc(t.filters, compareRoutes)
	slices.SortStableFunc(t.routes, compareRoutes)
	return t
}

// compareRoutes: lower weights first, and of equal ones the older (facts 5.6).
func compareRoutes(a, b *trafficRoute) int {
	return cmp.Or(cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.RouteID, b.RouteID))
}

// routes reads the routes of one frontend or, with 0, of all of a protocol. What the API
// is deleting is gone already.
func (p *provider) routes(ctx context.Context, service string, protocol lb.Protocol, frontend int64, page lb.PageOptions) ([]*trafficRoute, error) {
	all, err := lb.Collect(routeCallsOf(p.client, protocol, frontend).list(ctx, service, page))
	return slices.DeleteFunc(all, func(r *trafficRoute) bool { return r.Status == RouteDeleting }), err
}

// traffic reads a frontend and its routes.
func (p *provider) traffic(ctx context.Context, service string, protocol lb.Protocol, id int64, page lb.PageOptions) (traffic, error) {
	f, err := p.client.on(protocol).frontends.get(ctx, service, id)
	if err != nil {
		return traffic{}, err
	}
	routes, err := p.routes(ctx, service, protocol, id, page)
	if err != nil {
		return traffic{}, err
	}
	return trafficOf(service, f, routes), nil
}

// listTraffic yields one part of a frontend's traffic.
func listTraffic[M any](ctx context.Context, p *provider, op string, parent lb.FrontendID, opts lb.PageOptions, part func(traffic) []M) iter.Seq2[M, error] {
	service, protocol, id, err := ParseFrontendID(parent)
	if err != nil {
		return rest.Fail[M](rest.Renamed(op, err))
	}
	if err := rest.CheckPages(providerName, op, opts); err != nil {
		return rest.Fail[M](err)
	}
	return rest.NamedList(op, rest.Later(func() ([]M, error) {
		t, err := p.traffic(ctx, service, protocol, id, opts)
		if err != nil {
			return nil, err
		}
		return part(t), nil
	}))
}

// frontendTrees reads the frontends of a protocol with their filters and routes.
// Routes are asked for where the service has some of the protocol.
func (p *provider) frontendTrees(ctx context.Context, service string, protocol lb.Protocol, routed bool) ([]lb.FrontendTree, error) {
	var routes []*trafficRoute
	var frontends []*frontend
	tasks := []func(context.Context) error{func(ctx context.Context) (err error) {
		frontends, err = lb.Collect(p.client.on(protocol).frontends.list(ctx, service, lb.PageOptions{}))
		return err
	}}
	if routed {
		tasks = append(tasks, func(ctx context.Context) (err error) {
			routes, err = p.routes(ctx, service, protocol, 0, lb.PageOptions{})
			return err
		})
	}
	if err := rest.Together(ctx, tasks...); err != nil {
		return nil, err
	}
	var trees []lb.FrontendTree
	for _, f := range frontends {
		out, err := frontendOf(service, f)
		if err != nil {
			return nil, err
		}
		t := trafficOf(service, f, routes)
		trees = append(trees, lb.FrontendTree{Frontend: out, Filters: t.filterModels(), Routes: t.routeModels()})
	}
	return trees, nil
}

// frontendID is the neutral ID of the frontend.
func (t traffic) frontendID() lb.FrontendID {
	return FormatFrontendID(t.service, t.frontend.protocol, t.frontend.FrontendID)
}

// routeID is the path of a route below /ipLoadbalancing.
func (t traffic) routeID(r *trafficRoute) string {
	return formatID(t.service, string(r.protocol), "route", decimal(r.RouteID))
}

// filterModels are the frontend's lists of sources, if it has any, and its
// filters.
func (t traffic) filterModels() []*lb.Filter {
	var out []*lb.Filter
	for _, list := range []struct {
		name   string
		blocks []string
		not    bool
	}{{"allowedSource", t.frontend.AllowedSource, true}, {"deniedSource", t.frontend.DeniedSource, false}} {
		if len(list.blocks) > 0 {
			out = append(out, &lb.Filter{
				ID: string(t.frontendID()) + "/" + list.name, Frontend: t.frontendID(),
				FilterSpec: sourceFilterOf(list.blocks, list.not), Native: t.frontend.native,
			})
		}
	}
	for _, r := range t.filters {
		out = append(out, &lb.Filter{ID: t.routeID(r), Frontend: t.frontendID(), FilterSpec: filterSpecOf(r), Native: r.native})
	}
	return out
}

// routeModels are the frontend's routes.
func (t traffic) routeModels() []*lb.Route {
	var out []*lb.Route
	for _, r := range t.routes {
		out = append(out, &lb.Route{ID: t.routeID(r), Frontend: t.frontendID(), RouteSpec: routeSpecOf(t.service, r), Native: r.native})
	}
	return out
}

// sourceFilterOf is a frontend's list of sources as its first filter.
func sourceFilterOf(blocks []string, not bool) lb.FilterSpec {
	c := lb.Condition{Field: lb.FieldSource, Not: not}
	for _, block := range blocks {
		value, _ := canonicalSource(block) // what is no block stays as it is
		c.Values = append(c.Values, value)
	}
	return lb.FilterSpec{Action: lb.FilterDeny, Match: canonicalMatch(lb.Match{c})}
}

// filterSpecOf is a route that chooses no farm as a filter. It is canonical where
// the dialect takes it, and holds open values where not.
func filterSpecOf(r *trafficRoute) lb.FilterSpec {
	spec := lb.FilterSpec{Name: r.DisplayName, Match: matchOf(r.protocol, r.Rules)}
	var options FilterOptions
	switch r.Action.Type {
	case RouteActionReject:
		spec.Action, spec.Status, options.Target = lb.FilterDeny, r.Action.Status, r.Action.Target
		if spec.Status == 0 && r.protocol == lb.ProtocolHTTP {
			spec.Status = defaultReject
		}
	case RouteActionRedirect:
		redirect, ok := redirectOf(r.Action.Target)
		if !ok {
			options.Target = r.Action.Target
		}
		redirect.Code = cmp.Or(r.Action.Status, defaultRedirect)
		spec.Action, spec.Redirect = lb.FilterRedirect, &redirect
	default:
		spec.Action, spec.Status, options.Target = openValue[lb.FilterAction](string(r.Action.Type)), r.Action.Status, r.Action.Target
	}
	spec.Extensions = lb.Extend(options)
	return spec
}

// filterAction is the inverse of filterSpecOf, less the match.
func filterAction(spec lb.FilterSpec) HTTPRouteAction {
	options, _, _ := lb.ExtensionOf[FilterOptions](spec.Extensions) // a faulty one has been refused
	action := HTTPRouteAction{Status: spec.Status, Target: options.Target}
	switch spec.Action {
	case lb.FilterDeny:
		action.Type = RouteActionReject
	case lb.FilterRedirect:
		action.Type = RouteActionRedirect
		if spec.Redirect != nil {
			action.Status = spec.Redirect.Code
			if redirects(*spec.Redirect) {
				action.Target = redirectTarget(*spec.Redirect)
			}
		}
	default:
		action.Type = RouteActionType(apiWord(spec.Action))
	}
	return action
}

// routeSpecOf is a route that chooses a farm as a neutral one.
func routeSpecOf(service string, r *trafficRoute) lb.RouteSpec {
	spec := lb.RouteSpec{Name: r.DisplayName, Match: matchOf(r.protocol, r.Rules)}
	spec.Backend = lb.BackendID(formatID(service, string(r.protocol), "farm", r.Action.Target))
	if farm, err := strconv.ParseInt(r.Action.Target, 10, 64); err == nil && farm > 0 {
		spec.Backend = FormatBackendID(service, r.protocol, farm)
	}
	return spec
}

// inventedRoute is what a route would be read from that is as its spec says: it
// tells what could be read from what could not (see couldBeRead).
func inventedRoute(protocol lb.Protocol, name string, match lb.Match, action HTTPRouteAction) *trafficRoute {
	r := &trafficRoute{protocol: protocol, HTTPRoute: HTTPRoute{DisplayName: name, Action: action}}
	for _, rule := range rulesOf(protocol, match, ruleHost) {
		r.Rules = append(r.Rules, Rule{Field: rule.Field, SubField: rule.SubField, Match: rule.Match, Pattern: rule.Pattern, Negate: rule.Negate})
	}
	return r
}
