package ovh

import (
	"context"
	"iter"

	"github.com/lbkit/lbkit/lb"
)

// Rule is a condition of a route. A route applies where all of its rules match.
type Rule struct {
	RuleID      int64     `json:"ruleId"`
	DisplayName string    `json:"displayName"` // empty in the copies that a route holds
	Field       string    `json:"field"`       // "host", "uri", "header" and others: see AvailableRouteRules
	SubField    string    `json:"subField"`    // the name of a header, cookie or parameter
	Match       RuleMatch `json:"match"`
	Pattern     string    `json:"pattern"` // 255 characters at most
	Negate      bool      `json:"negate"`
}

// RuleCreate is a rule to be made. Field and Match are required; what is zero
// is left out.
type RuleCreate struct {
	DisplayName string    `json:"displayName,omitzero"`
	Field       string    `json:"field"`
	SubField    string    `json:"subField,omitzero"`
	Match       RuleMatch `json:"match"`
	Pattern     string    `json:"pattern,omitzero"`
	Negate      bool      `json:"negate,omitzero"`
}

// RuleUpdate is what to change of a rule. DisplayName, SubField and Pattern may
// be null.
type RuleUpdate struct {
	DisplayName Optional[string]    `json:"displayName,omitzero"`
	Field       Optional[string]    `json:"field,omitzero"`
	SubField    Optional[string]    `json:"subField,omitzero"`
	Match       Optional[RuleMatch] `json:"match,omitzero"`
	Pattern     Optional[string]    `json:"pattern,omitzero"`
	Negate      Optional[bool]      `json:"negate,omitzero"`
}

// RuleService reads and writes the rules of a route, HTTP or TCP as the service
// that it is a field of. Writes are staged.
type RuleService struct {
	rules collection[Rule, int64]
}

func newRuleService(c *Client, protocol string) *RuleService {
	return &RuleService{rules: collection[Rule, int64]{
		client: c,
		op:     protocol + ".routes.rules",
		route:  "/ipLoadbalancing/{serviceName}/" + protocol + "/route/{routeId}/rule",
		item:   "/ipLoadbalancing/{serviceName}/" + protocol + "/route/{routeId}/rule/{ruleId}",
		key:    func(r *Rule) int64 { return r.RuleID },
	}}
}

// List yields the rules of a route, in whole objects. It is lazy: the first
// page is asked for when the iteration begins. Where the API answers with IDs
// alone, each object costs a request of its own.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/route/{routeId}/rule
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/route/{routeId}/rule
func (s *RuleService) List(ctx context.Context, service string, routeID int64, page lb.PageOptions) iter.Seq2[*Rule, error] {
	return s.rules.list(ctx, nil, page, service, decimal(routeID))
}

// ListIDs reads the IDs of the rules of a route, in one request.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/route/{routeId}/rule
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/route/{routeId}/rule
func (s *RuleService) ListIDs(ctx context.Context, service string, routeID int64) ([]int64, error) {
	return s.rules.ids(ctx, nil, service, decimal(routeID))
}

// Get reads one rule.
//
//api:operation GET /ipLoadbalancing/{serviceName}/http/route/{routeId}/rule/{ruleId}
//api:operation GET /ipLoadbalancing/{serviceName}/tcp/route/{routeId}/rule/{ruleId}
func (s *RuleService) Get(ctx context.Context, service string, routeID, ruleID int64) (*Rule, error) {
	return s.rules.get(ctx, ruleID, service, decimal(routeID))
}

// Create adds a rule and returns it as the API made it.
//
//api:operation POST /ipLoadbalancing/{serviceName}/http/route/{routeId}/rule
//api:operation POST /ipLoadbalancing/{serviceName}/tcp/route/{routeId}/rule
func (s *RuleService) Create(ctx context.Context, service string, routeID int64, body RuleCreate) (*Rule, error) {
	return s.rules.create(ctx, body, service, decimal(routeID))
}

// Update changes the fields that body names and leaves the others.
//
//api:operation PUT /ipLoadbalancing/{serviceName}/http/route/{routeId}/rule/{ruleId}
//api:operation PUT /ipLoadbalancing/{serviceName}/tcp/route/{routeId}/rule/{ruleId}
func (s *RuleService) Update(ctx context.Context, service string, routeID, ruleID int64, body RuleUpdate) error {
	return s.rules.update(ctx, ruleID, body, service, decimal(routeID))
}

// Delete removes a rule.
//
//api:operation DELETE /ipLoadbalancing/{serviceName}/http/route/{routeId}/rule/{ruleId}
//api:operation DELETE /ipLoadbalancing/{serviceName}/tcp/route/{routeId}/rule/{ruleId}
func (s *RuleService) Delete(ctx context.Context, service string, routeID, ruleID int64) error {
	return s.rules.remove(ctx, ruleID, service, decimal(routeID))
}
