package ovhtest

import (
	"maps"
	"slices"
)

func (r *router) addAvailable(service string) {
	types := func(*call) (any, error) { return []string{"http", "tcp", "udp"}, nil }
	r.add("GET", service+"/availableFarmProbes", func(*call) (any, error) { return availableProbes(), nil })
	r.add("GET", service+"/availableFarmType", types)
	r.add("GET", service+"/availableFrontendType", types)
	r.add("GET", service+"/availableRouteActions", func(*call) (any, error) { return availableActions(), nil })
	r.add("GET", service+"/availableRouteRules", func(*call) (any, error) { return availableRules(), nil })
}

// availableAction is ipLoadbalancing.RouteAvailableAction: an action of a
// protocol's routes.
type availableAction struct {
	Destination *string `json:"destination"` // what its target is; null where it has none
	Name        string  `json:"name"`
	Status      []int64 `json:"status"` // null where the action has none
	Type        string  `json:"type"`   // of route
}

func availableActions() []availableAction {
	toFarm, toURL := "farm", "url"
	return []availableAction{
		{Name: "farm", Type: "http", Destination: &toFarm},
		{Name: "redirect", Type: "http", Destination: &toURL, Status: actionStatuses("redirect")},
		{Name: "reject", Type: "http", Status: actionStatuses("reject")},
		{Name: "farm", Type: "tcp", Destination: &toFarm},
		{Name: "reject", Type: "tcp"},
	}
}

// availableRule is ipLoadbalancing.RouteAvailableRule: a field of a protocol's
// rules.
type availableRule struct {
	Enum        []string `json:"enum"` // null where any pattern will do
	HasSubField bool     `json:"hasSubField"`
	Matches     []string `json:"matches"`
	Name        string   `json:"name"`
	Pattern     string   `json:"pattern"` // cidr, enum or string
	Type        string   `json:"type"`    // of route
}

func availableRules() []availableRule {
	out := []availableRule{}
	for _, protocol := range []string{"http", "tcp"} {
		fields := ruleFields(protocol)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			f := fields[name]
			shown := availableRule{Enum: f.words, HasSubField: f.named, Matches: f.matches, Name: name, Pattern: "string", Type: protocol}
			switch {
			case f.words != nil:
				shown.Pattern = "enum"
			case f.blocks:
				shown.Pattern = "cidr"
			}
			out = append(out, shown)
		}
	}
	return out
}
