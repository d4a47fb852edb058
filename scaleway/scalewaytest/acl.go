package scalewaytest

import (
	"fmt"
	"net/netip"
	"slices"
)

// acl is one filter of a frontend.
type acl struct {
	id, zone string
	frontend *frontend
	aclSettings
	created, updated moment
}

type aclSettings struct {
	Name        string     `json:"name"`
	Action      *aclAction `json:"action"`
	Match       *aclMatch  `json:"match"`
	Index       int64      `json:"index"`
	Description string     `json:"description"`
}

type aclAction struct {
	Type     string       `json:"type"`
	Redirect *aclRedirect `json:"redirect"`
}

type aclRedirect struct {
	Type   string `json:"type"`
	Target string `json:"target"`
	Code   *int64 `json:"code"`
}

type aclMatch struct {
	IPSubnet         []string `json:"ip_subnet"`
	IPsEdgeServices  bool     `json:"ips_edge_services"`
	HTTPFilter       string   `json:"http_filter"`
	HTTPFilterValue  []string `json:"http_filter_value"`
	HTTPFilterOption *string  `json:"http_filter_option"`
	Invert           bool     `json:"invert"`
}

type aclView struct {
	ID string `json:"id"`
	aclSettings
	Frontend  frontendView `json:"frontend"`
	CreatedAt string       `json:"created_at"`
	UpdatedAt string       `json:"updated_at"`
}

// aclUpdated is what the answer of PUT embeds; the other answers embed what a
// read frontend does (facts 11).
var aclUpdated = copies{withInstances, summary, blank}

func (s *Server) viewACL(a *acl, embed copies) aclView {
	return aclView{
		ID: a.id, aclSettings: a.aclSettings, Frontend: s.viewFrontend(a.frontend, embed),
		CreatedAt: s.show(a.created), UpdatedAt: s.show(a.updated),
	}
}

// settle checks the settings of an ACL of f, whose members have paths that begin
// with prefix, and puts them into the form in which they are stored.
func (a *aclSettings) settle(prefix string, f *frontend) error {
	var p problems
	if a.Name == "" {
		p.add(prefix+"name", "constraint", "must not be empty")
	}
	p.between(prefix+"index", a.Index, 0, 1<<31-1)
	if a.Action == nil {
		p.add(prefix+"action", "required", "required")
	} else {
		a.Action.settle(prefix+"action.", &p)
	}
	if a.Match != nil {
		a.Match.settle(prefix+"match.", f, &p)
	}
	return p.err()
}

// redirectCodes are those of facts 8; null is 302.
var redirectCodes = []int64{301, 302, 303, 307, 308}

func (a *aclAction) settle(prefix string, p *problems) {
	a.Type = or(a.Type, "allow")
	switch {
	case a.Type != "redirect" && a.Redirect != nil:
		p.add(prefix+"redirect", "constraint", "needs the action redirect")
	case a.Type == "redirect" && a.Redirect == nil:
		p.add(prefix+"redirect", "required", "required by the action redirect")
	case a.Redirect != nil:
		r := a.Redirect
		r.Type = or(r.Type, "location")
		if r.Target == "" {
			p.add(prefix+"redirect.target", "required", "required")
		}
		if r.Code != nil && !slices.Contains(redirectCodes, *r.Code) {
			p.add(prefix+"redirect.code", "constraint", fmt.Sprintf("must be one of %v", redirectCodes))
		}
	}
}

func (m *aclMatch) settle(prefix string, f *frontend, p *problems) {
	m.IPSubnet = orEmpty(m.IPSubnet)
	for i, subnet := range m.IPSubnet {
		if !isSubnet(subnet) {
			p.add(fmt.Sprintf("%sip_subnet[%d]", prefix, i), "format", "must be an IP address or subnet")
		}
	}
	if m.IPsEdgeServices && len(m.IPSubnet) > 0 {
		p.add(prefix+"ips_edge_services", "constraint", "excludes ip_subnet")
	}
	m.HTTPFilter = or(m.HTTPFilter, filterNone)
	m.HTTPFilterValue = orEmpty(m.HTTPFilterValue)
	headers := m.HTTPFilter == "http_header_match"
	if named := m.HTTPFilterOption != nil && *m.HTTPFilterOption != ""; named != headers {
		p.add(prefix+"http_filter_option", "constraint", "goes with http_header_match, and with it alone")
	}
	switch {
	case m.HTTPFilter == filterNone:
		m.HTTPFilterValue = []string{} // facts 8
	case f.backend.ForwardProtocol != protocolHTTP:
		p.add(prefix+"http_filter", "constraint", "needs an HTTP backend")
	case len(m.HTTPFilterValue) == 0:
		p.add(prefix+"http_filter_value", "required", "required by the filter")
	}
}

const filterNone = "acl_http_filter_none"

func isSubnet(text string) bool {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Zone() == "" // a zone is an interface of one machine
	}
	_, err := netip.ParsePrefix(text)
	return err == nil
}

// aclWord stands in the 404 of an ACL, which nobody has recorded.
const aclWord = "acl"

func (s *Server) findACL(c *call) (*acl, error) { return find(&s.acls, c, "acl_id", aclWord) }

func (s *Server) writableACL(c *call) (*acl, error) {
	a, err := s.findACL(c)
	if err != nil {
		return nil, err
	}
	return a, s.writable(a.frontend.lb)
}

func (s *Server) aclsOf(f *frontend) []*acl {
	return s.acls.where(func(a *acl) bool { return a.frontend == f })
}

type listACLsView struct {
	ACLs  []aclView `json:"acls"`
	Total int       `json:"total_count"`
}

func (s *Server) viewACLs(shown []*acl, total int) (answer, error) {
	return encode(listACLsView{
		ACLs:  views(shown, func(a *acl) aclView { return s.viewACL(a, frontendRead) }),
		Total: total,
	})
}

func (s *Server) listACLs(c *call) (answer, error) {
	f, err := s.findFrontend(c)
	if err != nil {
		return nil, err
	}
	all := named(s, c, s.aclsOf(f), func(a *acl) string { return a.Name })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return s.viewACLs(shown, len(all))
}

func (s *Server) getACL(c *call) (answer, error) {
	a, err := s.findACL(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewACL(a, frontendRead))
}

// addACL makes an ACL from settings that have been settled.
func (s *Server) addACL(f *frontend, settings *aclSettings) *acl {
	now := s.now()
	a := &acl{id: newUUID(), zone: f.zone, frontend: f, aclSettings: *settings, created: now, updated: now}
	s.acls.put(a.zone, a.id, a)
	return a
}

func (s *Server) createACL(c *call) (answer, error) {
	f, err := s.writableFrontend(c)
	if err != nil {
		return nil, err
	}
	var body aclSettings
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := body.settle("", f); err != nil {
		return nil, err
	}
	if err := s.overQuota("acls", s.aclCount(f.lb), 1); err != nil {
		return nil, err
	}
	a := s.addACL(f, &body)
	s.disturb(f.lb)
	return encode(s.viewACL(a, frontendRead))
}

func (s *Server) aclCount(l *loadBalancer) int {
	return s.acls.count(func(a *acl) bool { return a.frontend.lb == l })
}

func (s *Server) updateACL(c *call) (answer, error) {
	a, err := s.writableACL(c)
	if err != nil {
		return nil, err
	}
	var body aclSettings
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if s.options.keepOmitted {
		body.keep(c, &a.aclSettings)
	}
	if err := body.settle("", a.frontend); err != nil {
		return nil, err
	}
	a.aclSettings, a.updated = body, s.now()
	s.disturb(a.frontend.lb)
	return encode(s.viewACL(a, aclUpdated))
}

// keep takes from old what the body of c does not name. What it does name it
// replaces whole.
func (a *aclSettings) keep(c *call, old *aclSettings) {
	if !c.names("match") {
		a.Match = old.Match
	}
	if !c.names("description") {
		a.Description = old.Description
	}
}

func (s *Server) deleteACL(c *call) (answer, error) {
	a, err := s.writableACL(c)
	if err != nil {
		return nil, err
	}
	s.acls.remove(a.zone, a.id)
	s.disturb(a.frontend.lb)
	return nil, nil
}

// setACLs replaces a frontend's whole list, or changes nothing.
func (s *Server) setACLs(c *call) (answer, error) {
	f, err := s.writableFrontend(c)
	if err != nil {
		return nil, err
	}
	var body struct {
		ACLs []*aclSettings `json:"acls"`
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	for i, settings := range body.ACLs {
		if err := settings.settle(fmt.Sprintf("acls[%d].", i), f); err != nil {
			return nil, err
		}
	}
	old := s.aclsOf(f)
	if err := s.overQuota("acls", s.aclCount(f.lb)-len(old), len(body.ACLs)); err != nil {
		return nil, err
	}
	for _, a := range old {
		s.acls.remove(a.zone, a.id)
	}
	made := make([]*acl, len(body.ACLs))
	for i, settings := range body.ACLs {
		made[i] = s.addACL(f, settings)
	}
	s.disturb(f.lb)
	return s.viewACLs(made, len(made))
}
