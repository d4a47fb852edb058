package ovh_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// What a set sends, request by request: nothing is attached before it is whole.
func TestFiltersAreMadeApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	id := last(string(f.ID))
	got := w.writes(func() {
		w.setFilters(f.ID,
			lb.FilterSpec{Name: "two", Match: lb.Match{hosts("b.example", "a.example"), none(lb.Condition{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/a"}})}, Action: lb.FilterDeny},
			divert("https"))
	})
	routes := must[[]ovh.DefinedRoute](t)(w.client.LoadBalancers.DefinedRoutes(t.Context(), w.service()))
	deny, redirect := decimal(routes[0].RouteID), decimal(routes[1].RouteID)
	apart := "lbkit: to be attached to http/frontend/" + id
	want(t, got,
		`POST /http/route {"displayName":"`+apart+`","action":{"type":"reject","target":null,"status":403},"weight":1}`,
		`POST /http/route/`+deny+`/rule {"field":"host","match":"in","pattern":"a.example,b.example"}`,
		`POST /http/route/`+deny+`/rule {"field":"uri","match":"startswith","pattern":"/a","negate":true}`,
		`POST /http/route {"displayName":"`+apart+`","action":{"type":"redirect","target":"https://${host}${path}${arguments}","status":302},"weight":2}`,
		`POST /http/route/`+redirect+`/rule {"field":"uri","match":"startswith","pattern":"/"}`,
		`PUT /http/route/`+deny+` {"displayName":"two","frontendId":`+id+`}`,
		`PUT /http/route/`+redirect+` {"displayName":null,"frontendId":`+id+`}`,
	)
}

// TestFiltersReadBack sets filters of every kind on both protocols, sees that they read
// back in canonical form, and that setting them again writes nothing.
func TestFiltersReadBack(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]ovhtest.Option{"objects": nil, "IDs": {ovhtest.WithManualClock(), ovhtest.WithoutExpansion()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts...)
			tcp := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port(22)}))
			for id, specs := range map[lb.FrontendID][]lb.FilterSpec{
				w.frontend(80, "").ID: {
					{Match: lb.Match{none(sources("10.0.0.0/8", "192.0.2.0/24"))}, Action: lb.FilterDeny},
					{Name: "bots", Match: lb.Match{{Field: lb.FieldHeader, Name: "user-agent", Op: lb.MatchRegex, Values: []string{"(?i)bot"}}}, Action: lb.FilterDeny, Status: 429},
					{Match: lb.Match{{Field: lb.FieldCookie, Name: "c", Op: lb.MatchExists, Not: true}, {Field: lb.FieldMethod, Values: []string{"POST", "PUT"}}}, Action: lb.FilterDeny},
					{Match: lb.Match{{Field: lb.FieldParam, Name: "p", Values: []string{"a,b", "c"}}}, Action: lb.FilterDeny},
					{Match: lb.Match{{Field: lb.FieldProtocol, Values: []string{"http"}}}, Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https", Port: 8443, Code: 308}},
					{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Code: 301}, Extensions: lb.Extend(ovh.FilterOptions{Target: "https://${host}/staging${path}"})},
				},
				tcp.ID: {
					{Match: lb.Match{sources("10.0.0.0/8", "2001:db8::/32")}, Action: lb.FilterDeny},
					{Match: lb.Match{hosts("a.example"), none(sources("10.0.0.0/8"))}, Action: lb.FilterDeny},
					{Name: "h2", Match: lb.Match{{Field: lb.FieldProtocol, Values: []string{"h2"}}}, Action: lb.FilterDeny},
				},
			} {
				frontend := must[*lb.Frontend](t)(w.Frontends().Get(t.Context(), id))
				canonical := must[[]lb.FilterSpec](t)(w.Dialect().Filters(frontend.FrontendSpec, specs))
				made := w.setFilters(id, specs...)
				for when, got := range map[string][]lb.FilterSpec{"set": specsOf(made), "list": w.listFilters(id)} {
					if diff := cmp.Diff(canonical, got, specsEqual); diff != "" {
						t.Errorf("%s, %s (-want +got):\n%s", frontend.Protocol, when, diff)
					}
				}
				for _, filter := range made {
					if filter.ID == "" || filter.Frontend != id || filter.Native == nil {
						t.Errorf("%+v: without ID, frontend or native object", filter)
					}
				}
				for _, again := range [][]lb.FilterSpec{specs, canonical} {
					want(t, w.writes(func() { w.setFilters(id, again...) }))
				}
			}
		})
	}
}

// What changes is written, and nothing else: names, places and answers change in
// place.
func TestFiltersChangeInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	made := w.setFilters(f.ID, refuse(403, hosts("a")), refuse(403, hosts("b")), divert("https", hosts("c")))
	a, b, c := last(made[0].ID), last(made[1].ID), last(made[2].ID)

	named := refuse(429, hosts("b"))
	named.Name = "second"
	got := w.writes(func() { w.setFilters(f.ID, named, divert("http", hosts("c")), refuse(403, hosts("a"))) })
	want(t, got,
		`PUT /http/route/`+b+` {"displayName":"second","action":{"type":"reject","target":null,"status":429},"weight":1}`,
		`PUT /http/route/`+c+` {"action":{"type":"redirect","target":"http://${host}${path}${arguments}","status":302},"weight":2}`,
		`PUT /http/route/`+a+` {"weight":3}`)
	if diff := cmp.Diff([]lb.FilterSpec{named, divert("http", hosts("c")), refuse(403, hosts("a"))}, w.listFilters(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The first filter is the frontend's own list where it can be.
func TestFirstFilterIsTheFrontends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	path := "PUT " + strings.TrimPrefix(string(f.ID), w.service())
	allow := lb.FilterSpec{Match: lb.Match{none(sources("10.0.0.0/8"))}, Action: lb.FilterDeny}
	deny := lb.FilterSpec{Match: lb.Match{sources("192.0.2.0/24")}, Action: lb.FilterDeny}
	want(t, w.writes(func() { w.setFilters(f.ID, allow) }), path+` {"allowedSource":["10.0.0.0/8"],"deniedSource":[]}`)
	want(t, w.writes(func() { w.setFilters(f.ID, deny) }), path+` {"allowedSource":[],"deniedSource":["192.0.2.0/24"]}`)
	want(t, w.writes(func() { w.setFilters(f.ID) }), path+` {"allowedSource":[],"deniedSource":[]}`)
}

func TestFiltersThatAreRefusedSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	got := w.during(func() {
		_, err := w.Filters().Set(t.Context(), f.ID, nil, lb.SetOptions{})
		wantError(t, err, lb.ErrInvalid, "filters.set", string(f.ID))
		_, err = w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(403), {Action: lb.FilterAllow}}, lb.SetOptions{})
		wantFeature(t, err, "filter.action.allow")
		_, err = w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(403, lb.Condition{Field: "asn", Op: "within"})}, lb.SetOptions{})
		is(t, err, lb.ErrInvalid)
		_, err = w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{{Action: lb.FilterDeny, Extensions: lb.Extend(ovh.BackendOptions{Zone: "gra"})}}, lb.SetOptions{})
		is(t, err, lb.ErrInvalid)
		_, err = w.Filters().Set(t.Context(), "fr-par-1/6f1ed002-ab5f-4b3a-8e3f-9c3f3f3f3f3f", nil, lb.SetOptions{AllowEmpty: true})
		is(t, err, lb.ErrInvalid)
		for _, err := range w.Filters().List(t.Context(), "x", lb.PageOptions{}) {
			wantError(t, err, lb.ErrInvalid, "filters.list", "x")
		}
	})
	want(t, got)
	_, err := w.Filters().Set(t.Context(), f.ID+"9", []lb.FilterSpec{refuse(403)}, lb.SetOptions{})
	wantError(t, err, lb.ErrNotFound, "filters.set", string(f.ID+"9"))
}

// UDP frontends have none.
func TestFiltersOfUDP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53}))
	f := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: port(53), DefaultBackend: b.ID}))
	if got := w.listFilters(f.ID); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	want(t, w.writes(func() { w.setFilters(f.ID) }))
	_, err := w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(0, sources("10.0.0.0/8"))}, lb.SetOptions{})
	wantFeature(t, err, "filter.match.udp")
}

// TestFiltersConverge has every single write of a change fail, in one of the ways in
// which it can, and sees that the same call again ends as if nothing had happened, and
// that what is denied before and after was denied in between.
func TestFiltersConverge(t *testing.T) {
	t.Parallel()
	isWrite := func(r *http.Request) bool { return r.Method != http.MethodGet }
	before := []lb.FilterSpec{
		{Match: lb.Match{sources("10.0.0.0/8")}, Action: lb.FilterDeny}, refuse(403, hosts("bad.example")), divert("https", hosts("old.example")), refuse(403, hosts("gone.example")),
	}
	after := []lb.FilterSpec{
		{Match: lb.Match{none(sources("192.0.2.0/24"))}, Action: lb.FilterDeny}, divert("https", hosts("new.example")), refuse(400, hosts("bad.example")), refuse(403, hosts("more.example")),
	}
	for name, fail := range map[string]func(f *ovhtest.Server, nth int){
		"refused": func(s *ovhtest.Server, nth int) {
			s.Faults().On(isWrite).Skip(nth).Times(1).Status(http.StatusBadRequest, `{"message":"no"}`)
		},
		"done and not answered": func(s *ovhtest.Server, nth int) {
			s.Faults().On(isWrite).Skip(nth).DropAfterSend() // as often as it is tried
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for nth := 0; ; nth++ {
				w := newWorld(t)
				f := w.frontend(80, "")
				w.setFilters(f.ID, before...)
				fail(w.server, nth)
				_, err := w.Filters().Set(t.Context(), f.ID, after, lb.SetOptions{})
				w.server.Faults().Reset()
				if !w.denies(f.ID, "bad.example") {
					t.Fatalf("write %d failed, and bad.example is let through: %v", nth, w.staged())
				}
				w.setFilters(f.ID, after...)
				if diff := cmp.Diff(after, w.listFilters(f.ID), specsEqual); diff != "" {
					t.Fatalf("write %d failed, then (-want +got):\n%s", nth, diff)
				}
				if n := w.routeCount(); n != 3 {
					t.Fatalf("write %d failed, then there are %d routes: %v", nth, n, w.staged())
				}
				if err == nil {
					if nth < 8 {
						t.Fatalf("only %d writes", nth)
					}
					return
				}
			}
		})
	}
}

// What a refused call has made is not left behind.
func TestRefusedFiltersAreTidiedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	isRule := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/rule") }
	w.server.Faults().On(isRule).Skip(1).Times(1).Status(http.StatusBadRequest, `{"message":"no"}`)
	_, err := w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(403, hosts("a")), refuse(403, hosts("b"))}, lb.SetOptions{})
	is(t, err, lb.ErrInvalid)
	if n := w.routeCount(); n != 0 {
		t.Errorf("%d routes are left", n)
	}
}

// What may be attached is not taken away: it may be the denial that counts.
func TestFiltersThatMayBeAttachedStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	isAttach := func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/route/")
	}
	w.server.Faults().On(isAttach).DropAfterSend()
	_, err := w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(403, hosts("a"))}, lb.SetOptions{})
	is(t, err, lb.ErrUnavailable)
	if !w.denies(f.ID, "a") {
		t.Errorf("%v", w.staged())
	}
}

// The 50 routes of a load balancer are shared: where they do not suffice for the old
// and the new at once, redirects go first, and denials do not go.
func TestFiltersShareTheRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	w.setFilters(f.ID, refuse(403, hosts("a")), divert("https", hosts("b")))
	w.fill(0)

	w.setFilters(f.ID, refuse(403, hosts("a")), divert("https", hosts("c")))
	if diff := cmp.Diff([]lb.FilterSpec{refuse(403, hosts("a")), divert("https", hosts("c"))}, w.listFilters(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, specs := range map[string][]lb.FilterSpec{
		"no room for the denial before the other goes": {refuse(403, hosts("d")), divert("https", hosts("c"))},
		"too many": {refuse(403, hosts("a")), divert("https", hosts("c")), divert("https", hosts("d"))},
	} {
		got := w.writes(func() {
			_, err := w.Filters().Set(t.Context(), f.ID, specs, lb.SetOptions{})
			if !errors.Is(err, lb.ErrQuota) {
				t.Errorf("%s: %v, want ErrQuota", name, err)
			}
		})
		want(t, got)
	}
}

// What the dialect would refuse stays as it is where it is there, and passes when it
// is set again, among others and in another place.
func TestFiltersKeepWhatTheDialectRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	_, _, id, _ := ovh.ParseFrontendID(f.ID)
	route := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(t.Context(), w.service(), ovh.HTTPRouteCreate{
		FrontendID: id, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionReject}, DisplayName: "from the console",
	}))
	must[*ovh.Rule](t)(w.client.HTTP.Routes.Rules.Create(t.Context(), w.service(), route.RouteID, ovh.RuleCreate{Field: "uri", Match: ovh.RuleMatches, Pattern: "[[:space:]]"}))

	foreign := w.listFilters(f.ID)
	if len(foreign) != 1 {
		t.Fatalf("%+v", foreign)
	}
	want(t, w.writes(func() { w.setFilters(f.ID, foreign...) }))
	all := []lb.FilterSpec{refuse(403, hosts("a")), foreign[0]}
	w.setFilters(f.ID, all...)
	if diff := cmp.Diff(all, w.listFilters(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	changed := lb.Clone(foreign[0])
	changed.Name = "changed"
	want(t, w.writes(func() {
		_, err := w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{changed}, lb.SetOptions{})
		var problems lb.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%v, want lb.Problems", err)
		}
	}))
}

// Filters go live with the next refresh, in the order in which they were set.
func TestFiltersGoLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ovhtest.WithSpeed(1000))
	f := w.frontend(80, w.backend(nil, "10.0.0.1").ID)
	w.setFilters(f.ID, lb.FilterSpec{Match: lb.Match{sources("10.0.0.0/8")}, Action: lb.FilterDeny}, refuse(403, hosts("a")), divert("https"))
	must[*lb.Operation](t)(lb.Publish(t.Context(), w, w.id))
	running := w.server.Running(w.service(), "gra")
	var weights []int
	for _, path := range slices.Sorted(maps.Keys(running)) {
		if !strings.Contains(path, "/route/") || strings.Contains(path, "/rule/") {
			continue
		}
		var route struct {
			Weight int `json:"weight"`
		}
		if err := json.Unmarshal(running[path], &route); err != nil {
			t.Fatal(err)
		}
		weights = append(weights, route.Weight)
	}
	if !slices.Equal(weights, []int{1, 2}) {
		t.Errorf("weights %v, want 1 and 2", weights)
	}
}

// A set that somebody else undoes meanwhile is told.
func TestFiltersThatDoNotReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	_, _, id, _ := ovh.ParseFrontendID(f.ID)
	isAttach := func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/route/")
	}
	w.server.Faults().On(isAttach).Times(1).Status(http.StatusOK, "null") // and nothing was done
	_, err := w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(403, hosts("a"))}, lb.SetOptions{})
	wantError(t, err, lb.ErrConflict, "filters.set", string(f.ID))
	routes := must[[]*ovh.HTTPRoute](t)(lb.Collect(w.client.HTTP.Routes.List(t.Context(), w.service(), ovh.RouteListOptions{FrontendID: id})))
	if len(routes) > 0 {
		t.Errorf("%d routes are attached", len(routes))
	}
}

// TestReadHoldsFilters: the tree of a load balancer has what the lists have.
func TestReadHoldsFiltersAndRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	w.frontend(81, b.ID)
	w.setFilters(f.ID, lb.FilterSpec{Match: lb.Match{sources("10.0.0.0/8")}, Action: lb.FilterDeny}, divert("https", hosts("a")))
	w.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("b")}, Backend: b.ID})
	tree := must[*lb.Tree](t)(w.LoadBalancers().Read(t.Context(), w.id))
	if len(tree.Frontends) != 2 {
		t.Fatalf("%d frontends", len(tree.Frontends))
	}
	if diff := cmp.Diff(w.listFilters(f.ID), specsOf(tree.Frontends[0].Filters), specsEqual); diff != "" || len(tree.Frontends[0].Filters) != 2 {
		t.Errorf("filters (-listed +read):\n%s", diff)
	}
	if diff := cmp.Diff(w.listRoutes(f.ID), routeSpecsOf(tree.Frontends[0].Routes), specsEqual); diff != "" || len(tree.Frontends[0].Routes) != 1 {
		t.Errorf("routes (-listed +read):\n%s", diff)
	}
	if other := tree.Frontends[1]; len(other.Filters)+len(other.Routes) > 0 {
		t.Errorf("the other frontend has %+v and %+v", other.Filters, other.Routes)
	}
}

// A block of Additional IPs in a frontend's lists may be written without its length.
func TestSourcesWithoutLength(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	_, _, id, _ := ovh.ParseFrontendID(f.ID)
	if err := w.client.HTTP.Frontends.Update(t.Context(), w.service(), id, ovh.HTTPFrontendUpdate{DeniedSource: ovh.Value([]string{"192.0.2.1", "10.0.0.0/8"})}); err != nil {
		t.Fatal(err)
	}
	spec := lb.FilterSpec{Match: lb.Match{sources("10.0.0.0/8", netip.MustParsePrefix("192.0.2.1/32").String())}, Action: lb.FilterDeny}
	if diff := cmp.Diff([]lb.FilterSpec{spec}, w.listFilters(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want(t, w.writes(func() { w.setFilters(f.ID, spec) }))
}
