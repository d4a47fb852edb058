package ovhtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	maxRoutes = 50  // of a load balancer (facts 6.13)
	maxRules  = 5   // of a route
	maxText   = 255 // characters of a route's displayName and a rule's pattern
)

// trafficRoute is a route of an HTTP or TCP frontend (facts 5.6).
type trafficRoute struct {
	RouteID     int64       `json:"routeId"`
	Action      routeAction `json:"action"`
	DisplayName *string     `json:"displayName,omitzero"`
	FrontendID  *int64      `json:"frontendId,omitzero"` // nil: detached
	Weight      int64       `json:"weight"`              // lower is looked at first
}

type routeAction struct {
	Type   string  `json:"type"`
	Target *string `json:"target,omitzero"`
	Status *int64  `json:"status,omitzero"`
}

// trafficRouteView adds what is not the route's own.
type trafficRouteView struct {
	*trafficRoute
	Rules  []*rule `json:"rules"`
	Status string  `json:"status"`
}

func (r *trafficRoute) clone() resource   { next := *r; return &next }
func (r *trafficRoute) place(path string) { r.RouteID = idOf(path) }

// zoneIn is the frontend's zone: a detached route is deployed nowhere.
func (r *trafficRoute) zoneIn(t *tree, path string) string {
	if r.FrontendID == nil {
		return ""
	}
	f := at[frontend](t.nodes, protocolOf(path)+"/frontend/"+formatID(*r.FrontendID))
	if f == nil {
		return ""
	}
	return f.Zone
}

func (r *trafficRoute) view(c *call, path string) any {
	rules := []*rule{}
	for _, found := range each[rule](c.svc.draft, path+"/rule") {
		rules = append(rules, found)
	}
	return trafficRouteView{trafficRoute: r, Rules: rules, Status: "ok"}
}

func (r *trafficRoute) remove(*call, string) error { return nil } // its rules go with it

func (r *trafficRoute) check(c *call, path string) error {
	protocol := protocolOf(path)
	if r.DisplayName != nil && utf8.RuneCountInString(*r.DisplayName) > maxText {
		return invalid("displayName", fmt.Sprintf("longer than %d characters", maxText))
	}
	isNew := c.svc.draft.nodes[path] == nil
	if isNew && len(c.svc.draft.children["http/route"])+len(c.svc.draft.children["tcp/route"]) >= maxRoutes {
		return c.tooMany(fmt.Sprintf("A load balancer has at most %d routes", maxRoutes))
	}
	if err := r.Action.check(protocol); err != nil {
		return err
	}
	if err := r.Action.normalize(); err != nil {
		return err
	}
	zone := ""
	if r.FrontendID != nil {
		f := at[frontend](c.svc.draft.nodes, protocol+"/frontend/"+formatID(*r.FrontendID))
		if f == nil {
			return c.dangling("frontendId", *r.FrontendID)
		}
		zone = f.Zone
	}
	return r.checkTarget(c, protocol, zone)
}

// checkTarget looks up the farm of a route whose frontend is in zone, which is
// empty for a detached one.
func (r *trafficRoute) checkTarget(c *call, protocol, zone string) error {
	if r.Action.Type != "farm" {
		return nil
	}
	id, err := strconv.ParseInt(*r.Action.Target, 10, 64)
	if err != nil {
		panic("ovhtest: target passed normalize: " + *r.Action.Target)
	}
	f := at[farm](c.svc.draft.nodes, protocol+"/farm/"+formatID(id))
	if f == nil {
		return c.dangling("action.target", id)
	}
	if zone == "" {
		return nil
	}
	return c.needFarm("action.target", protocol, id, zone)
}

// targets tells whether the route sends traffic to a farm.
func (r *trafficRoute) targets(farmID int64) bool {
	return r.Action.Type == "farm" && *r.Action.Target == formatID(farmID)
}

func (c *call) tooMany(message string) error {
	return &apiError{status: c.assume.TooManyRoutes, class: "Client::BadRequest", message: message}
}

// actionStatuses are the HTTP statuses of each action on HTTP (facts 5.6).
func actionStatuses(action string) []int64 {
	switch action {
	case "redirect":
		return []int64{
			http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
		}
	case "reject":
		return []int64{
			http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
			http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
			http.StatusGatewayTimeout,
		}
	}
	return nil
}

func (a routeAction) check(protocol string) error {
	needsTarget := a.Type == "farm" || a.Type == "redirect"
	switch {
	case a.Type != "farm" && a.Type != "reject" && (a.Type != "redirect" || protocol != "http"):
		return invalid("action.type", "not an action of "+protocol+" routes")
	case needsTarget && (a.Target == nil || *a.Target == ""):
		return invalid("action.target", "is missing")
	case !needsTarget && a.Target != nil:
		return invalid("action.target", "a rejection has none")
	case a.Status != nil && !slices.Contains(actionStatuses(a.Type), *a.Status):
		return invalid("action.status", "not a status of action "+a.Type)
	}
	return nil
}

// normalize writes a farm's ID in the one way in which IDs are compared.
func (a *routeAction) normalize() error {
	if a.Type != "farm" {
		return nil
	}
	id, err := strconv.ParseInt(*a.Target, 10, 64)
	if err != nil {
		return invalid("action.target", "not the ID of a farm")
	}
	text := formatID(id)
	a.Target = &text
	return nil
}

// evaluationOrder sorts the paths of routes as their frontend looks at them:
// rejections and redirections first, then by weight, then by age (facts 5.6).
func (t *tree) evaluationOrder(paths []string) []string {
	sorted := slices.Clone(paths)
	slices.SortStableFunc(sorted, func(a, b string) int {
		x, y := at[trafficRoute](t.nodes, a), at[trafficRoute](t.nodes, b)
		return cmp.Or(cmp.Compare(x.phase(), y.phase()), cmp.Compare(x.Weight, y.Weight))
	})
	return sorted
}

func (r *trafficRoute) phase() int {
	if r.Action.Type == "farm" {
		return 1
	}
	return 0
}
