package scaleway

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// ACL is a rule that a frontend applies to what comes in, before routes. The
// ACLs of a frontend are tried in the order of their indexes, and the first that
// matches decides; what none matches is allowed.
type ACL struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Match       *ACLMatch `json:"match,omitempty"` // nil: everything
	Action      ACLAction `json:"action"`
	Frontend    Frontend  `json:"frontend,omitzero"`
	Index       int       `json:"index"` // 0 or more; the lowest is tried first
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	Description string    `json:"description"`
}

func (a *ACL) identity() string { return a.ID }

// ACLMatch says what an ACL matches: a source address in IPSubnet and, where
// there is an HTTP filter, a request that it finds one of the values in. Invert
// turns both around.
type ACLMatch struct {
	IPSubnet        []string      `json:"ip_subnet"`         // prefixes; empty: any
	IPsEdgeServices bool          `json:"ips_edge_services"` // the addresses of Edge Services, in place of IPSubnet
	HTTPFilter      ACLHTTPFilter `json:"http_filter"`       // needs an HTTP backend; empty is sent as none
	HTTPFilterValue []string      `json:"http_filter_value"`
	// HTTPFilterOption is the header's name, for ACLHTTPFilterHeaderMatch.
	HTTPFilterOption string `json:"http_filter_option,omitempty"`
	Invert           bool   `json:"invert"`
}

// ACLAction is what an ACL does with what it matches.
type ACLAction struct {
	Type     ACLActionType      `json:"type"`
	Redirect *ACLActionRedirect `json:"redirect,omitempty"` // of ACLActionTypeRedirect
}

// ACLActionRedirect is where a request is sent instead.
type ACLActionRedirect struct {
	Type RedirectType `json:"type"` // empty is sent as location
	// Target is a URL, in which {{host}}, {{query}}, {{path}} and {{scheme}} stand
	// for those of the request; or a scheme.
	Target string `json:"target"`
	Code   *int   `json:"code,omitempty"` // 301, 302, 303, 307, 308; nil: 302
}

// ACLSpec is an ACL as it is written, by Create, Update and Set. It is the whole
// of it: make the one of an update with NewACLSpec.
type ACLSpec struct {
	Name        string    `json:"name"`
	Action      ACLAction `json:"action"`
	Match       *ACLMatch `json:"match,omitempty"` // nil: everything
	Index       int       `json:"index"`           // 0 or more; the lowest is tried first
	Description string    `json:"description"`
}

// NewACLSpec is the spec that changes nothing of a.
func NewACLSpec(a *ACL) ACLSpec {
	return ACLSpec{Name: a.Name, Action: a.Action, Match: a.Match, Index: a.Index, Description: a.Description}
}

// body is s with everything in it said.
func (s ACLSpec) body() ACLSpec {
	if s.Match != nil {
		match := *s.Match
		match.IPSubnet = nonNil(match.IPSubnet)
		match.HTTPFilter = cmp.Or(match.HTTPFilter, ACLHTTPFilterNone)
		match.HTTPFilterValue = nonNil(match.HTTPFilterValue)
		s.Match = &match
	}
	if s.Action.Redirect != nil {
		redirect := *s.Action.Redirect
		redirect.Type = cmp.Or(redirect.Type, RedirectTypeLocation)
		s.Action.Redirect = &redirect
	}
	return s
}

// aclUpdate is an ACLSpec in a PUT, which may keep what is left out (facts 18.1):
// what is not set is null.
type aclUpdate struct {
	ACLSpec

	Action aclActionUpdate `json:"action"`
	Match  *aclMatchUpdate `json:"match"`
}

type aclActionUpdate struct {
	ACLAction

	Redirect *aclRedirectUpdate `json:"redirect"`
}

type aclRedirectUpdate struct {
	ACLActionRedirect

	Code *int `json:"code"`
}

type aclMatchUpdate struct {
	ACLMatch

	HTTPFilterOption *string `json:"http_filter_option"`
}

func (s ACLSpec) update() aclUpdate {
	s = s.body()
	u := aclUpdate{ACLSpec: s, Action: aclActionUpdate{ACLAction: s.Action}}
	if r := s.Action.Redirect; r != nil {
		u.Action.Redirect = &aclRedirectUpdate{ACLActionRedirect: *r, Code: r.Code}
	}
	if s.Match != nil {
		u.Match = &aclMatchUpdate{ACLMatch: *s.Match}
		if s.Match.HTTPFilterOption != "" {
			u.Match.HTTPFilterOption = &s.Match.HTTPFilterOption
		}
	}
	return u
}

// ACLListOptions select and page the ACLs of a frontend.
type ACLListOptions struct {
	Name string // exact; empty: all
	// OrderBy is not the order in which ACLs are tried, which is Index.
	OrderBy OrderBy
	lb.PageOptions
}

type aclPage struct {
	ACLs       []ACL `json:"acls"`
	TotalCount *int  `json:"total_count"`
}

func (p *aclPage) page() (*[]ACL, *int) { return &p.ACLs, p.TotalCount }

// ACLService manages the ACLs of frontends.
type ACLService struct{ service }

// List yields the ACLs of a frontend.
//
//api:operation GET /lb/v1/zones/{zone}/frontends/{frontend_id}/acls
//api:operation GET /lb/v1/regions/{region}/frontends/{frontend_id}/acls
func (s *ACLService) List(ctx context.Context, frontendID string, opts ACLListOptions) iter.Seq2[*ACL, error] {
	query := nameQuery{Name: opts.Name, OrderBy: opts.OrderBy}
	all := list[aclPage](ctx, s.place, listACLs, query, opts.PageOptions, remembered((*ACL).identity), frontendID)
	return named(all, opts.Name, func(a *ACL) string { return a.Name })
}

// Create adds an ACL to a frontend.
//
//api:operation POST /lb/v1/zones/{zone}/frontends/{frontend_id}/acls
//api:operation POST /lb/v1/regions/{region}/frontends/{frontend_id}/acls
func (s *ACLService) Create(ctx context.Context, frontendID string, spec ACLSpec) (*ACL, error) {
	return fetch[ACL](ctx, s.place, createACL, spec.body(), frontendID)
}

// Get reads an ACL.
//
//api:operation GET /lb/v1/zones/{zone}/acls/{acl_id}
//api:operation GET /lb/v1/regions/{region}/acls/{acl_id}
func (s *ACLService) Get(ctx context.Context, id string) (*ACL, error) {
	return fetch[ACL](ctx, s.place, getACL, nil, id)
}

// Update replaces an ACL.
//
//api:operation PUT /lb/v1/zones/{zone}/acls/{acl_id}
//api:operation PUT /lb/v1/regions/{region}/acls/{acl_id}
func (s *ACLService) Update(ctx context.Context, id string, spec ACLSpec) (*ACL, error) {
	return fetch[ACL](ctx, s.place, updateACL, spec.update(), id)
}

// Delete removes an ACL.
//
//api:operation DELETE /lb/v1/zones/{zone}/acls/{acl_id}
//api:operation DELETE /lb/v1/regions/{region}/acls/{acl_id}
func (s *ACLService) Delete(ctx context.Context, id string) error {
	return s.send(ctx, deleteACL, nil, id)
}

type aclSet struct {
	ACLs []ACLSpec `json:"acls"`
}

// Set replaces all ACLs of a frontend; nothing removes them all. Whether ACLs
// that stay keep their IDs is not known (facts 8). The regional API has no such
// call: there it is lb.ErrUnsupported, and nothing is sent.
//
//api:operation PUT /lb/v1/zones/{zone}/frontends/{frontend_id}/acls
func (s *ACLService) Set(ctx context.Context, frontendID string, specs []ACLSpec) ([]ACL, error) {
	call, err := s.call(setACLs, frontendID)
	if err != nil {
		return nil, err
	}
	set := aclSet{ACLs: make([]ACLSpec, len(specs))}
	for i, spec := range specs {
		set.ACLs[i] = spec.body()
	}
	var out aclPage
	call.In, call.Out = set, &out
	meta, err := s.client.rest.Do(ctx, call)
	switch {
	case err != nil:
		return nil, err
	case out.TotalCount == nil && meta.Status != http.StatusNoContent:
		return nil, hollow(call, meta)
	}
	return out.ACLs, nil
}
