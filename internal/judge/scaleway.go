package judge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Scaleway is a frontend of Scaleway's with what decides about its requests (facts 8,
// ACL and Route).
type Scaleway struct {
	frontend scwFrontend
	acls     []*scwACL // in the order in which they are tried
	routes   []scwRoute
}

type scwFrontend struct {
	ID      string `json:"id"`
	Backend struct {
		ID              string `json:"id"`
		ForwardProtocol string `json:"forward_protocol"`
	} `json:"backend"`
}

type scwACL struct {
	Index  int `json:"index"`
	Action struct {
		Type     string `json:"type"`
		Redirect *struct {
			Type   string `json:"type"`
			Target string `json:"target"`
			Code   *int   `json:"code"`
		} `json:"redirect"`
	} `json:"action"`
	Match *struct {
		IPSubnet         []string `json:"ip_subnet"`
		IPsEdgeServices  bool     `json:"ips_edge_services"`
		HTTPFilter       string   `json:"http_filter"`
		HTTPFilterValue  []string `json:"http_filter_value"`
		HTTPFilterOption string   `json:"http_filter_option"`
		Invert           bool     `json:"invert"`
	} `json:"match"`
	compiled []*regexp.Regexp // of http_filter regex
}

type scwRoute struct {
	FrontendID string `json:"frontend_id"`
	BackendID  string `json:"backend_id"`
	Match      struct {
		SNI             string `json:"sni"`
		HostHeader      string `json:"host_header"`
		PathBegin       string `json:"path_begin"`
		MatchSubdomains bool   `json:"match_subdomains"`
	} `json:"match"`
}

// NewScaleway reads a frontend, the list of its ACLs and the list of the zone's routes
// out of the API's answers. Of the routes, those count that are the frontend's.
func NewScaleway(frontend, acls, routes []byte) (*Scaleway, error) {
	f := &Scaleway{}
	if err := json.Unmarshal(frontend, &f.frontend); err != nil {
		return nil, err
	}
	var list struct {
		ACLs       []*scwACL  `json:"acls"`
		Routes     []scwRoute `json:"routes"`
		TotalCount int        `json:"total_count"`
	}
	if err := json.Unmarshal(acls, &list); err != nil {
		return nil, err
	}
	if list.TotalCount != len(list.ACLs) {
		return nil, fmt.Errorf("%d of %d ACLs", len(list.ACLs), list.TotalCount)
	}
	f.acls = list.ACLs
	if err := json.Unmarshal(routes, &list); err != nil {
		return nil, err
	}
	if list.TotalCount != len(list.Routes) {
		return nil, fmt.Errorf("%d of %d routes", len(list.Routes), list.TotalCount)
	}
	f.routes = slices.DeleteFunc(list.Routes, func(r scwRoute) bool { return r.FrontendID != f.frontend.ID })
	slices.SortFunc(f.acls, func(a, b *scwACL) int { return cmp.Compare(a.Index, b.Index) })
	for i, a := range f.acls {
		if i > 0 && a.Index == f.acls[i-1].Index {
			return nil, fmt.Errorf("two ACLs of index %d: which goes first is not known", a.Index)
		}
		if err := a.prepare(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (a *scwACL) prepare() error {
	if a.Match == nil {
		return nil
	}
	if a.Match.IPsEdgeServices {
		return fmt.Errorf("ACL %d: judge does not know Edge Services", a.Index)
	}
	if a.Match.HTTPFilter != "regex" {
		return nil
	}
	for _, value := range a.Match.HTTPFilterValue {
		compiled, err := regexp.Compile(value)
		if err != nil {
			return fmt.Errorf("ACL %d: %w", a.Index, err)
		}
		a.compiled = append(a.compiled, compiled)
	}
	return nil
}

// Decide says what becomes of a request. The first ACL that matches decides, and none
// at the end allows; what is allowed goes to the backend of the route that matches, or
// to the frontend's (facts 8). Routes have no order that is known: that all which match
// lead to one backend is for whoever wrote them to see to.
func (f *Scaleway) Decide(r lb.Request) (Verdict, error) {
	if !r.Source.IsValid() {
		return Verdict{}, errNoSource
	}
	for _, a := range f.acls {
		matches, err := a.matches(r)
		if err != nil {
			return Verdict{}, fmt.Errorf("ACL %d: %w", a.Index, err)
		}
		switch {
		case !matches:
			continue
		case a.Action.Type == "allow":
			return f.route(r)
		case a.Action.Type == "deny":
			return Verdict{Action: "deny"}, nil
		case a.Action.Type == "redirect" && a.Action.Redirect != nil:
			return a.redirect(r)
		}
		return Verdict{}, fmt.Errorf("ACL %d: action %+v", a.Index, a.Action)
	}
	return f.route(r)
}

// matches: the source and the HTTP filter must both match or, inverted, neither; values
// of one list are alternatives. Without a match, an ACL is about everything.
func (a *scwACL) matches(r lb.Request) (bool, error) {
	m := a.Match
	if m == nil {
		return true, nil
	}
	var criteria []bool
	if len(m.IPSubnet) > 0 {
		is, err := within(r.Source, m.IPSubnet)
		if err != nil {
			return false, err
		}
		criteria = append(criteria, is)
	}
	if m.HTTPFilter != "acl_http_filter_none" {
		is, err := a.filtered(r)
		if err != nil {
			return false, err
		}
		criteria = append(criteria, is)
	}
	if len(criteria) == 0 {
		return false, fmt.Errorf("a match without a criterion: %+v", m)
	}
	return !slices.Contains(criteria, m.Invert), nil
}

// filtered is the HTTP filter of an ACL, not inverted.
func (a *scwACL) filtered(r lb.Request) (bool, error) {
	m := a.Match
	if len(m.HTTPFilterValue) == 0 {
		return false, fmt.Errorf("%s without a value", m.HTTPFilter)
	}
	switch m.HTTPFilter {
	case "path_begin":
		return slices.ContainsFunc(m.HTTPFilterValue, func(v string) bool { return strings.HasPrefix(r.Path, v) }), nil
	case "path_end":
		return slices.ContainsFunc(m.HTTPFilterValue, func(v string) bool { return strings.HasSuffix(r.Path, v) }), nil
	case "regex":
		return slices.ContainsFunc(a.compiled, func(e *regexp.Regexp) bool { return e.MatchString(r.Path) }), nil
	case "http_header_match":
		value, there := headerOf(r, m.HTTPFilterOption)
		isHost := strings.EqualFold(m.HTTPFilterOption, "host")
		return there && slices.ContainsFunc(m.HTTPFilterValue, func(v string) bool {
			return v == value || isHost && strings.EqualFold(v, value)
		}), nil
	default:
		return false, fmt.Errorf("an HTTP filter %q", m.HTTPFilter)
	}
}

// redirect fills in a target: a location with placeholders, of which the path comes
// without its first slash and the query without its question mark, or a scheme, which
// is all that changes (facts 8, mapping 3.7).
func (a *scwACL) redirect(r lb.Request) (Verdict, error) {
	u, to := urlOf(r), a.Action.Redirect
	v := Verdict{Action: "redirect", Status: 302}
	if to.Code != nil {
		v.Status = *to.Code
	}
	switch to.Type {
	case "scheme":
		v.Location = to.Target + "://" + u.host + u.path
		if u.query != "" {
			v.Location += "?" + u.query
		}
	case "location":
		v.Location = strings.NewReplacer(
			"{{scheme}}", u.scheme, "{{host}}", u.host, "{{path}}", strings.TrimPrefix(u.path, "/"), "{{query}}", u.query,
		).Replace(to.Target)
	default:
		return Verdict{}, fmt.Errorf("ACL %d: a redirect of type %q", a.Index, to.Type)
	}
	return v, nil
}

// route is where a request goes that no ACL keeps out.
func (f *Scaleway) route(r lb.Request) (Verdict, error) {
	backend := ""
	for _, route := range f.routes {
		matches, err := f.claims(route, r)
		if err != nil {
			return Verdict{}, err
		}
		if !matches {
			continue
		}
		if backend != "" && backend != route.BackendID {
			return Verdict{}, fmt.Errorf("routes to %s and to %s match %+v", backend, route.BackendID, r)
		}
		backend = route.BackendID
	}
	return Verdict{Action: "allow", Backend: cmp.Or(backend, f.frontend.Backend.ID)}, nil
}

// claims: a route looks at the path or at the host, which is SNI on TCP and a header on
// HTTP. Subdomains do not include the domain (mapping 3.7).
func (f *Scaleway) claims(route scwRoute, r lb.Request) (bool, error) {
	m := route.Match
	if m.PathBegin != "" {
		return strings.HasPrefix(r.Path, m.PathBegin), nil
	}
	name, other := m.HostHeader, m.SNI
	if f.frontend.Backend.ForwardProtocol == "tcp" {
		name, other = m.SNI, m.HostHeader
	}
	if name == "" || other != "" {
		return false, fmt.Errorf("a route by %+v on %s", m, f.frontend.Backend.ForwardProtocol)
	}
	host, name := strings.ToLower(urlOf(r).name()), strings.ToLower(name)
	if m.MatchSubdomains {
		return strings.HasSuffix(host, "."+name), nil
	}
	return host == name, nil
}
