package interop

import (
	"slices"

	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// setACLs writes a whole list, one more by itself, changes that and removes it.
func (l *life) setACLs() {
	l.t.Helper()
	specs := []*api.ACLSpec{
		{
			Name: "office", Index: 1, Description: "who may", Action: &api.ACLAction{Type: api.ACLActionTypeAllow},
			Match: &api.ACLMatch{IPSubnet: refs("192.0.2.0/24", "2001:db8::/32"), HTTPFilter: api.ACLHTTPFilterACLHTTPFilterNone, HTTPFilterValue: refs(), Invert: true},
		},
		{
			Name: "moved", Index: 2,
			Action: &api.ACLAction{Type: api.ACLActionTypeRedirect, Redirect: &api.ACLActionRedirect{
				Type: api.ACLActionRedirectRedirectTypeLocation, Target: "https://{{host}}/new", Code: ref(int32(308)),
			}},
			Match: &api.ACLMatch{IPSubnet: refs(), HTTPFilter: api.ACLHTTPFilterPathBegin, HTTPFilterValue: refs("/old")},
		},
	}
	set := must(l.api.SetACLs(&api.ZonedAPISetACLsRequest{Zone: zone, FrontendID: l.frontend.ID, ACLs: specs}))(l.t)
	if set.TotalCount != 2 || len(set.ACLs) != 2 {
		l.t.Fatalf("%d ACLs, total %d", len(set.ACLs), set.TotalCount)
	}
	for i, a := range set.ACLs {
		recent(l.t, a.CreatedAt, a.UpdatedAt)
		s := specs[i]
		same(l.t, a, &api.ACL{ID: a.ID, Name: s.Name, Match: s.Match, Action: s.Action, Frontend: l.frontend, Index: s.Index, Description: s.Description})
	}
	l.oneACL()
	list := must(l.api.ListACLs(&api.ZonedAPIListACLsRequest{Zone: zone, FrontendID: l.frontend.ID}, scw.WithAllPages()))(l.t)
	slices.SortFunc(list.ACLs, func(a, b *api.ACL) int { return int(a.Index - b.Index) })
	same(l.t, list, &api.ListACLResponse{ACLs: set.ACLs, TotalCount: 2})
	l.acl = set.ACLs[0]
}

func (l *life) oneACL() {
	l.t.Helper()
	match := &api.ACLMatch{
		IPSubnet: refs(), HTTPFilter: api.ACLHTTPFilterHTTPHeaderMatch, HTTPFilterValue: refs("curl"), HTTPFilterOption: ref("User-Agent"),
	}
	made := must(l.api.CreateACL(&api.ZonedAPICreateACLRequest{
		Zone: zone, FrontendID: l.frontend.ID, Name: "robots", Action: &api.ACLAction{Type: api.ACLActionTypeDeny}, Match: match, Index: 3, Description: "d",
	}))(l.t)
	want := &api.ACL{
		ID: made.ID, Name: "robots", Match: match, Action: &api.ACLAction{Type: api.ACLActionTypeDeny}, Frontend: l.frontend, Index: 3, Description: "d",
	}
	same(l.t, made, want)
	want.Name, want.Index, want.Description = "tools", 4, "e"
	same(l.t, must(l.api.UpdateACL(&api.ZonedAPIUpdateACLRequest{
		Zone: zone, ACLID: made.ID, Name: want.Name, Action: want.Action, Match: match, Index: want.Index, Description: &want.Description,
	}))(l.t), want)
	same(l.t, must(l.api.GetACL(&api.ZonedAPIGetACLRequest{Zone: zone, ACLID: made.ID}))(l.t), want)
	if err := l.api.DeleteACL(&api.ZonedAPIDeleteACLRequest{Zone: zone, ACLID: made.ID}); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.api.GetACL(&api.ZonedAPIGetACLRequest{Zone: zone, ACLID: made.ID}); !gone(err) {
		l.t.Errorf("the deleted ACL: %v; want a 404", err)
	}
}

// addRoutes sends one path to the spare backend.
func (l *life) addRoutes() {
	l.t.Helper()
	made := must(l.api.CreateRoute(&api.ZonedAPICreateRouteRequest{
		Zone: zone, FrontendID: l.frontend.ID, BackendID: l.backend.ID, Match: &api.RouteMatch{PathBegin: ref("/api")},
	}))(l.t)
	recent(l.t, made.CreatedAt, made.UpdatedAt)
	l.route = &api.Route{ID: made.ID, FrontendID: l.frontend.ID, BackendID: l.backend.ID, Match: &api.RouteMatch{PathBegin: ref("/api")}}
	same(l.t, made, l.route)
	l.route.BackendID, l.route.Match = l.spare.ID, &api.RouteMatch{HostHeader: ref("api.example.com"), MatchSubdomains: true}
	same(l.t, must(l.api.UpdateRoute(&api.ZonedAPIUpdateRouteRequest{Zone: zone, RouteID: made.ID, BackendID: l.route.BackendID, Match: l.route.Match}))(l.t), l.route)
	same(l.t, must(l.api.GetRoute(&api.ZonedAPIGetRouteRequest{Zone: zone, RouteID: made.ID}))(l.t), l.route)
	list := must(l.api.ListRoutes(&api.ZonedAPIListRoutesRequest{Zone: zone, FrontendID: &l.frontend.ID}, scw.WithAllPages()))(l.t)
	same(l.t, list, &api.ListRoutesResponse{Routes: []*api.Route{l.route}, TotalCount: 1})
}

// refs are pointers to texts, as the client's types want them.
func refs(texts ...string) []*string {
	out := []*string{}
	for _, text := range texts {
		out = append(out, &text)
	}
	return out
}
