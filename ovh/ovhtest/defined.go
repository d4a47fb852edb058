package ovhtest

import "slices"

type definedObject struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

// defined lists the objects of a kind in every protocol.
func defined[N any](c *call, kind string) []definedObject {
	out := []definedObject{}
	for _, protocol := range []string{"http", "tcp", "udp"} {
		for path := range each[N](c.svc.draft, protocol+"/"+kind) {
			out = append(out, definedObject{ID: idOf(path), Type: protocol})
		}
	}
	return out
}

func definedFarms(c *call) (any, error) {
	out := defined[farm](c, "farm")
	if !c.query.Has("vrackNetworkId") {
		return out, nil
	}
	return slices.DeleteFunc(out, func(d definedObject) bool {
		f := at[farm](c.svc.draft.nodes, d.Type+"/farm/"+formatID(d.ID))
		return f.VRackNetworkID == nil || formatID(*f.VRackNetworkID) != c.query.Get("vrackNetworkId")
	}), nil
}

type definedRoute struct {
	DisplayName *string `json:"displayName"`
	RouteID     int64   `json:"routeId"`
	Type        string  `json:"type"`
}

func definedRoutes(c *call) (any, error) {
	out := []definedRoute{}
	for _, protocol := range []string{"http", "tcp"} {
		for _, r := range each[trafficRoute](c.svc.draft, protocol+"/route") {
			out = append(out, definedRoute{DisplayName: r.DisplayName, RouteID: r.RouteID, Type: protocol})
		}
	}
	return out, nil
}
