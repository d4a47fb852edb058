package scalewaytest

// route sends what it matches to a backend other than the frontend's.
type route struct {
	id, zone         string
	frontend         *frontend
	backend          *backend
	match            routeMatch
	created, updated moment
}

// routeMatch holds exactly one of the three conditions; the others are absent
// from answers (facts 8).
type routeMatch struct {
	SNI             *string `json:"sni,omitempty"`
	HostHeader      *string `json:"host_header,omitempty"`
	PathBegin       *string `json:"path_begin,omitempty"`
	MatchSubdomains bool    `json:"match_subdomains"`
}

type routeView struct {
	ID         string     `json:"id"`
	FrontendID string     `json:"frontend_id"`
	BackendID  string     `json:"backend_id"`
	Match      routeMatch `json:"match"`
	CreatedAt  string     `json:"created_at"`
	UpdatedAt  string     `json:"updated_at"`
}

func (s *Server) viewRoute(r *route) routeView {
	return routeView{
		ID: r.id, FrontendID: r.frontend.id, BackendID: r.backend.id, Match: r.match,
		CreatedAt: s.show(r.created), UpdatedAt: s.show(r.updated),
	}
}

type routeBody struct {
	FrontendID string      `json:"frontend_id"`
	BackendID  string      `json:"backend_id"`
	Match      *routeMatch `json:"match"`
}

// resolveRoute checks what body says of a route of f, and finds its backend.
func (s *Server) resolveRoute(f *frontend, body *routeBody) (*backend, error) {
	b, ok := s.backends.get(f.zone, body.BackendID)
	if !ok || b.lb != f.lb {
		return nil, dangling("backend_id", body.BackendID)
	}
	var p problems
	if b.ForwardProtocol != f.backend.ForwardProtocol {
		p.add("backend_id", "constraint", "must have the protocol of the frontend's backend")
	}
	if body.Match == nil {
		p.add("match", "required", "required")
		return nil, p.err()
	}
	body.Match.check(f.backend.ForwardProtocol, &p)
	return b, p.err()
}

// check demands the condition that goes with the protocol: SNI with TCP, the
// Host header or a path with HTTP (facts 8).
func (m *routeMatch) check(protocol string, p *problems) {
	set := func(text *string) bool { return text != nil && *text != "" }
	switch {
	case !set(m.SNI) && !set(m.HostHeader) && !set(m.PathBegin):
		p.add("match", "required", "needs one of sni, host_header, path_begin")
	case set(m.SNI) && protocol != protocolTCP:
		p.add("match.sni", "constraint", "needs a TCP backend")
	case !set(m.SNI) && protocol != protocolHTTP:
		p.add("match", "constraint", "needs an HTTP backend")
	case m.MatchSubdomains && set(m.PathBegin):
		p.add("match.match_subdomains", "constraint", "needs sni or host_header")
	}
}

// routeWord stands in the 404 of a route: a slip of the service, recorded again
// and again (facts 5).
const routeWord = "privateNetwork"

func (s *Server) findRoute(c *call) (*route, error) { return find(&s.routes, c, "route_id", routeWord) }

func (s *Server) writableRoute(c *call) (*route, error) {
	r, err := s.findRoute(c)
	if err != nil {
		return nil, err
	}
	return r, s.writable(r.frontend.lb)
}

type listRoutesView struct {
	Routes []routeView `json:"routes"`
	Total  int         `json:"total_count"`
}

// listRoutes covers the whole zone unless it names a frontend (facts 4).
func (s *Server) listRoutes(c *call) (answer, error) {
	id := c.query.Get("frontend_id")
	all := s.routes.where(func(r *route) bool { return r.zone == c.zone && (id == "" || r.frontend.id == id) })
	all = named(s, c, all, func(r *route) string { return r.id })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listRoutesView{Routes: views(shown, s.viewRoute), Total: len(all)})
}

func (s *Server) getRoute(c *call) (answer, error) {
	r, err := s.findRoute(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewRoute(r))
}

func (s *Server) createRoute(c *call) (answer, error) {
	var body routeBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	f, ok := s.frontends.get(c.zone, body.FrontendID)
	if !ok {
		return nil, dangling("frontend_id", body.FrontendID)
	}
	if err := s.writable(f.lb); err != nil {
		return nil, err
	}
	b, err := s.resolveRoute(f, &body)
	if err != nil {
		return nil, err
	}
	now := s.now()
	r := &route{id: newUUID(), zone: f.zone, frontend: f, backend: b, match: *body.Match, created: now, updated: now}
	s.routes.put(r.zone, r.id, r)
	s.disturb(f.lb)
	return encode(s.viewRoute(r))
}

func (s *Server) updateRoute(c *call) (answer, error) {
	r, err := s.writableRoute(c)
	if err != nil {
		return nil, err
	}
	var body routeBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if s.options.keepOmitted {
		body.keep(c, r)
	}
	b, err := s.resolveRoute(r.frontend, &body)
	if err != nil {
		return nil, err
	}
	r.backend, r.match, r.updated = b, *body.Match, s.now()
	s.disturb(r.frontend.lb)
	return encode(s.viewRoute(r))
}

// keep takes from r what the body of c does not name.
func (b *routeBody) keep(c *call, r *route) {
	if !c.names("backend_id") {
		b.BackendID = r.backend.id
	}
	if !c.names("match") {
		match := r.match
		b.Match = &match
	}
}

func (s *Server) deleteRoute(c *call) (answer, error) {
	r, err := s.writableRoute(c)
	if err != nil {
		return nil, err
	}
	s.routes.remove(r.zone, r.id)
	s.disturb(r.frontend.lb)
	return nil, nil
}
