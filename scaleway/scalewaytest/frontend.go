package scalewaytest

import (
	"net/http"
	"slices"
)

// frontend listens on one port.
type frontend struct {
	id, zone string
	lb       *loadBalancer
	frontendSettings
	backend          *backend
	certificates     []*certificate
	created, updated moment
}

// frontendSettings are what a frontend's creation, update and answer have in
// common.
type frontendSettings struct {
	Name                string `json:"name"`
	InboundPort         int64  `json:"inbound_port"`
	TimeoutClient       *int64 `json:"timeout_client"`
	EnableHTTP3         bool   `json:"enable_http3"`
	ConnectionRateLimit *int64 `json:"connection_rate_limit"`
	EnableAccessLogs    bool   `json:"enable_access_logs"`
}

type frontendBody struct {
	frontendSettings
	BackendID      string   `json:"backend_id"`
	CertificateID  *string  `json:"certificate_id"`
	CertificateIDs []string `json:"certificate_ids"`
}

type frontendView struct {
	ID string `json:"id"`
	frontendSettings
	Backend        backendView      `json:"backend"`
	LB             lbView           `json:"lb"`
	Certificate    *certificateView `json:"certificate"`
	CertificateIDs []string         `json:"certificate_ids"`
	CreatedAt      string           `json:"created_at"`
	UpdatedAt      string           `json:"updated_at"`
}

// copies says which load balancers a frontend's answer embeds: its own, its
// backend's and its first certificate's.
type copies struct{ own, backend, certificate copyKind }

var (
	// frontendWritten is the answer of POST and PUT (facts 11).
	frontendWritten = copies{withInstances, summary, summary}
	// frontendRead is the answer of GET, and what an ACL embeds.
	frontendRead = copies{summary, summary, blank}
	// frontendListed is an item of a list.
	frontendListed = copies{withInstances, withInstances, blank}
)

func (s *Server) viewFrontend(f *frontend, embed copies) frontendView {
	v := frontendView{
		ID: f.id, frontendSettings: f.frontendSettings,
		Backend:        s.viewBackend(f.backend, embed.backend),
		LB:             s.viewLB(f.lb, embed.own),
		CertificateIDs: views(f.certificates, func(x *certificate) string { return x.id }),
		CreatedAt:      s.show(f.created), UpdatedAt: s.show(f.updated),
	}
	if len(f.certificates) > 0 {
		first := s.viewCertificate(f.certificates[0], embed.certificate)
		v.Certificate = &first
	}
	return v
}

func (s *Server) findFrontend(c *call) (*frontend, error) {
	return find(&s.frontends, c, "frontend_id", "frontend")
}

func (s *Server) writableFrontend(c *call) (*frontend, error) {
	f, err := s.findFrontend(c)
	if err != nil {
		return nil, err
	}
	return f, s.writable(f.lb)
}

type listFrontendsView struct {
	Frontends []frontendView `json:"frontends"`
	Total     int            `json:"total_count"`
}

func (s *Server) listFrontends(c *call) (answer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	all := s.frontends.where(func(f *frontend) bool { return f.lb == l })
	all = named(s, c, all, func(f *frontend) string { return f.Name })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listFrontendsView{
		Frontends: views(shown, func(f *frontend) frontendView { return s.viewFrontend(f, frontendListed) }),
		Total:     len(all),
	})
}

func (s *Server) getFrontend(c *call) (answer, error) {
	f, err := s.findFrontend(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewFrontend(f, frontendRead))
}

// resolveFrontend checks what a body says of the frontend f of l, f having no ID yet
// where it is new, and puts it into f.
func (s *Server) resolveFrontend(l *loadBalancer, f *frontend, body *frontendBody) error {
	var p problems
	if body.Name == "" {
		p.add("name", "constraint", "must not be empty")
	}
	p.between("inbound_port", body.InboundPort, 1, 65535)
	if body.TimeoutClient != nil {
		p.between("timeout_client", *body.TimeoutClient, 0, 1<<31-1)
	}
	if body.ConnectionRateLimit != nil && *body.ConnectionRateLimit == 0 {
		body.ConnectionRateLimit = nil // 0 turns it off, and off is answered as null (facts 8)
	}
	b, ok := s.backends.get(l.zone, body.BackendID)
	if !ok || b.lb != l {
		p.add("backend_id", "constraint", body.BackendID+" does not exist here")
	}
	served := s.servedCertificates(l, body, &p)
	if body.EnableHTTP3 && ok && (len(served) == 0 || b.ForwardProtocol != protocolHTTP) {
		p.add("enable_http3", "constraint", "needs a certificate and an HTTP backend")
	}
	if err := p.err(); err != nil {
		return err
	}
	if err := s.portFree(l, f, body.InboundPort); err != nil {
		return err
	}
	for _, x := range served {
		if !slices.Contains(f.certificates, x) {
			x.updated = s.now() // coming into use is an update of the certificate, as recorded
		}
	}
	f.frontendSettings, f.backend, f.certificates = body.frontendSettings, b, served
	return nil
}

// servedCertificates are those that a body names, in the list or, deprecated,
// alone.
func (s *Server) servedCertificates(l *loadBalancer, body *frontendBody, p *problems) []*certificate {
	ids := body.CertificateIDs
	if len(ids) == 0 && body.CertificateID != nil && *body.CertificateID != "" {
		ids = []string{*body.CertificateID}
	}
	var out []*certificate
	for _, id := range ids {
		x, ok := s.certificates.get(l.zone, id)
		if !ok || x.lb != l {
			p.add("certificate_ids", "constraint", id+" does not exist here")
			continue
		}
		out = append(out, x)
	}
	return out
}

// portFree refuses a port that another frontend of l listens on.
func (s *Server) portFree(l *loadBalancer, f *frontend, port int64) error {
	taken := slices.ContainsFunc(s.frontends.all, func(g *frontend) bool {
		return g.lb == l && g != f && g.InboundPort == port
	})
	status, refuses := s.options.status(DuplicatePort)
	switch {
	case !taken || !refuses:
		return nil
	case status == http.StatusBadRequest:
		return invalid("inbound_port", "constraint", "is in use by another frontend")
	}
	return plain(status, "a frontend with this inbound_port exists")
}

// createFrontend shows its own times as stored, and those of the instances as
// just set (facts 11).
func (s *Server) createFrontend(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	var body frontendBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := s.overQuota("frontends", s.frontends.count(func(g *frontend) bool { return g.lb == l }), 1); err != nil {
		return nil, err
	}
	now := s.now().stored()
	f := &frontend{id: newUUID(), zone: l.zone, lb: l, created: now, updated: now}
	if err := s.resolveFrontend(l, f, &body); err != nil {
		return nil, err
	}
	s.frontends.put(f.zone, f.id, f)
	s.disturb(l)
	return encode(s.viewFrontend(f, frontendWritten))
}

func (s *Server) updateFrontend(c *call) (answer, error) {
	f, err := s.writableFrontend(c)
	if err != nil {
		return nil, err
	}
	var body frontendBody
	if s.options.keepOmitted {
		body.frontendSettings = f.frontendSettings
		body.TimeoutClient, body.ConnectionRateLimit = copied(f.TimeoutClient), copied(f.ConnectionRateLimit)
		body.CertificateIDs = views(f.certificates, func(x *certificate) string { return x.id })
	}
	body.EnableAccessLogs = f.EnableAccessLogs // nullable in updates alone: null and none keep it (facts 8)
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := s.resolveFrontend(f.lb, f, &body); err != nil {
		return nil, err
	}
	f.updated = s.now()
	s.disturb(f.lb)
	return encode(s.viewFrontend(f, frontendWritten))
}

func (s *Server) deleteFrontend(c *call) (answer, error) {
	f, err := s.writableFrontend(c)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, r := range s.routes.where(func(r *route) bool { return r.frontend == f }) {
		users = append(users, "route "+r.id)
	}
	if err := s.inUse(FrontendWithRoutes, "frontend", users); err != nil {
		return nil, err
	}
	s.removeFrontend(f)
	s.disturb(f.lb)
	return nil, nil
}

// removeFrontend takes its ACLs and routes with it: recordings delete frontends
// that have ACLs.
func (s *Server) removeFrontend(f *frontend) {
	for _, a := range s.acls.where(func(a *acl) bool { return a.frontend == f }) {
		s.acls.remove(a.zone, a.id)
	}
	for _, r := range s.routes.where(func(r *route) bool { return r.frontend == f }) {
		s.routes.remove(r.zone, r.id)
	}
	s.frontends.remove(f.zone, f.id)
}

// serves says whether x is one of the frontend's certificates.
func (f *frontend) serves(x *certificate) bool { return slices.Contains(f.certificates, x) }
