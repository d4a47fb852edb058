package ovh_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

func (w *world) setRoutes(id lb.FrontendID, specs ...lb.RouteSpec) []*lb.Route {
	w.t.Helper()
	return must[[]*lb.Route](w.t)(w.Routes().Set(w.t.Context(), id, specs, lb.SetOptions{AllowEmpty: true}))
}

func (w *world) listRoutes(id lb.FrontendID) []lb.RouteSpec {
	w.t.Helper()
	return routeSpecsOf(must[[]*lb.Route](w.t)(lb.Collect(w.Routes().List(w.t.Context(), id, lb.PageOptions{}))))
}

func routeSpecsOf(routes []*lb.Route) []lb.RouteSpec {
	var specs []lb.RouteSpec
	for _, r := range routes {
		specs = append(specs, r.RouteSpec)
	}
	return specs
}

func TestRoutesReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.backend(nil, "10.0.0.1"), w.backend(nil, "10.0.0.2")
	f := w.frontend(80, a.ID)
	specs := []lb.RouteSpec{
		{Name: "api", Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/v2", "/v1"}}}, Backend: b.ID},
		{Match: lb.Match{hosts("b.example", "a.example")}, Backend: a.ID},
		{Backend: b.ID},
	}
	canonical := must[[]lb.RouteSpec](t)(w.Dialect().Routes(f.FrontendSpec, specs))
	if len(canonical) != 4 {
		t.Fatalf("%+v", canonical)
	}
	made := w.setRoutes(f.ID, specs...)
	for when, got := range map[string][]lb.RouteSpec{"set": routeSpecsOf(made), "list": w.listRoutes(f.ID)} {
		if diff := cmp.Diff(canonical, got, specsEqual); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	want(t, w.writes(func() { w.setRoutes(f.ID, specs...) }))
	want(t, w.writes(func() { w.setRoutes(f.ID, canonical...) }))

	// Another farm is a change in place; what goes, goes.
	moved := lb.Clone(canonical[2])
	moved.Backend = b.ID
	_, farm := number(t, b.ID)
	want(t, w.writes(func() { w.setRoutes(f.ID, moved) }),
		`PUT /http/route/`+last(made[2].ID)+` {"action":{"type":"farm","target":"`+farm+`","status":null},"weight":1}`,
		`DELETE /http/route/`+last(made[0].ID), `DELETE /http/route/`+last(made[1].ID), `DELETE /http/route/`+last(made[3].ID))
	want(t, w.writes(func() { w.setRoutes(f.ID) }), `DELETE /http/route/`+last(made[2].ID))
}

func TestRoutesThatAreRefusedSendNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, "")
	set := func(spec lb.RouteSpec) error {
		_, err := w.Routes().Set(t.Context(), f.ID, []lb.RouteSpec{spec}, lb.SetOptions{})
		return err
	}
	want(t, w.during(func() {
		_, err := w.Routes().Set(t.Context(), f.ID, nil, lb.SetOptions{})
		wantError(t, err, lb.ErrInvalid, "routes.set", string(f.ID))
		wantPath(t, set(lb.RouteSpec{Backend: "loadbalancer-other/http/farm/1"}), "routes[0].backend")
		wantPath(t, set(lb.RouteSpec{Backend: ovh.FormatBackendID(w.service(), lb.ProtocolTCP, 1)}), "routes[0].backend")
		wantPath(t, set(lb.RouteSpec{Backend: "web"}), "routes[0].backend")
		wantFeature(t, set(lb.RouteSpec{}), "route.backend.unset")
		wantPath(t, set(lb.RouteSpec{Backend: ovh.FormatBackendID(w.service(), lb.ProtocolHTTP, 1), Match: lb.Match{{Field: lb.FieldHost, Name: "n", Values: []string{"a", "b"}, Op: lb.MatchPrefix}}}), "routes[0].match[0].name")
	}))
}

// Routes are after filters, whatever their weights, and neither knows of the other.
func TestRoutesAndFiltersAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	route, filter := lb.RouteSpec{Match: lb.Match{hosts("a")}, Backend: b.ID}, divert("https", hosts("b"))
	w.setRoutes(f.ID, route)
	w.setFilters(f.ID, filter)
	w.setRoutes(f.ID, route, lb.RouteSpec{Backend: b.ID})
	w.setFilters(f.ID)
	if got := w.listFilters(f.ID); len(got) > 0 {
		t.Errorf("filters %+v", got)
	}
	if diff := cmp.Diff([]lb.RouteSpec{route, {Backend: b.ID}}, w.listRoutes(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where there is no room for the old and the new routes at once, the old go first.
func TestRoutesMakeRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	w.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("a")}, Backend: b.ID}, lb.RouteSpec{Match: lb.Match{hosts("b")}, Backend: b.ID})
	w.fill(1)
	next := []lb.RouteSpec{{Match: lb.Match{hosts("c")}, Backend: b.ID}, {Match: lb.Match{hosts("d")}, Backend: b.ID}, {Match: lb.Match{hosts("e")}, Backend: b.ID}}
	w.setRoutes(f.ID, next...)
	if diff := cmp.Diff(next, w.listRoutes(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := w.routeCount(); n != 50 {
		t.Errorf("%d routes", n)
	}
	_, err := w.Routes().Set(t.Context(), f.ID, append(next, lb.RouteSpec{Backend: b.ID}), lb.SetOptions{})
	is(t, err, lb.ErrQuota)
}

// A call that failed leaves nothing that the next one does not put away.
func TestRoutesConverge(t *testing.T) {
	t.Parallel()
	for nth := 0; ; nth++ {
		w := newWorld(t)
		b := w.backend(nil, "10.0.0.1")
		f := w.frontend(80, b.ID)
		w.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("old")}, Backend: b.ID}, lb.RouteSpec{Match: lb.Match{hosts("kept")}, Backend: b.ID})
		after := []lb.RouteSpec{{Match: lb.Match{hosts("kept")}, Backend: b.ID}, {Match: lb.Match{hosts("new")}, Backend: b.ID}}
		w.server.Faults().On(func(r *http.Request) bool { return r.Method != http.MethodGet }).Skip(nth).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
		_, err := w.Routes().Set(t.Context(), f.ID, after, lb.SetOptions{})
		w.server.Faults().Reset()
		w.setRoutes(f.ID, after...)
		if diff := cmp.Diff(after, w.listRoutes(f.ID), specsEqual); diff != "" {
			t.Fatalf("write %d failed, then (-want +got):\n%s", nth, diff)
		}
		if n := w.routeCount(); n != 2 {
			t.Fatalf("write %d failed, then there are %d routes", nth, n)
		}
		if err == nil {
			if nth < 4 {
				t.Fatalf("only %d writes", nth)
			}
			return
		}
		is(t, err, lb.ErrForbidden)
	}
}

// leftRoute is what is left of a set of routes that made one, to a backend, and from
// then on could write nothing.
func (w *world) leftRoute(of lb.FrontendID, to lb.BackendID) *ovh.HTTPRoute {
	w.t.Helper()
	before := must[[]int64](w.t)(w.client.HTTP.Routes.ListIDs(w.t.Context(), w.service(), ovh.RouteListOptions{}))
	isWrite := func(r *http.Request) bool { return r.Method != http.MethodGet }
	w.server.Faults().On(isWrite).Skip(1).Status(http.StatusForbidden, `{"message":"no"}`)
	_, err := w.Routes().Set(w.t.Context(), of, []lb.RouteSpec{{Match: lb.Match{hosts("left")}, Backend: to}}, lb.SetOptions{})
	w.server.Faults().Reset()
	is(w.t, err, lb.ErrForbidden)
	after := must[[]int64](w.t)(w.client.HTTP.Routes.ListIDs(w.t.Context(), w.service(), ovh.RouteListOptions{}))
	after = slices.DeleteFunc(after, func(id int64) bool { return slices.Contains(before, id) })
	if len(after) != 1 {
		w.t.Fatalf("%d routes are left, want 1", len(after))
	}
	return must[*ovh.HTTPRoute](w.t)(w.client.HTTP.Routes.Get(w.t.Context(), w.service(), after[0]))
}

// What a failed call has left is put away by the next set of its frontend that writes,
// even if that makes nothing, and by no other frontend's.
func TestSetsPutAwayWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f, other := w.frontend(80, b.ID), w.frontend(81, b.ID)
	for _, id := range []lb.FrontendID{f.ID, other.ID} {
		w.setFilters(id, refuse(403, hosts("a")))
	}
	kept, left := w.leftRoute(other.ID, b.ID), w.leftRoute(f.ID, b.ID)
	filter := w.writes(func() { w.setFilters(f.ID) })
	if len(filter) != 2 || filter[0] != "DELETE /http/route/"+decimal(left.RouteID) {
		t.Errorf("%q", filter)
	}
	left = w.leftRoute(f.ID, b.ID)
	want(t, w.writes(func() {
		if err := w.Frontends().Delete(t.Context(), f.ID); err != nil {
			t.Fatal(err)
		}
	}), "DELETE /http/route/"+decimal(left.RouteID), "DELETE /http/frontend/"+last(string(f.ID)))
	must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Get(t.Context(), w.service(), kept.RouteID))
}

// What is left takes no room from the next set.
func TestWhatIsLeftTakesNoRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	w.fill(1)
	w.leftRoute(f.ID, b.ID)
	w.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("a")}, Backend: b.ID})
	if n := w.routeCount(); n != 50 {
		t.Errorf("%d routes", n)
	}
}

// A route whose farm is no number stays as it is.
func TestRouteToNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	w.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("a")}, Backend: b.ID})
	isRoutes := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/http/route") }
	_, _, id, _ := ovh.ParseFrontendID(f.ID)
	w.server.Faults().On(isRoutes).Status(http.StatusOK, fmt.Sprintf(
		`[{"routeId":9,"frontendId":%d,"weight":0,"status":"ok","action":{"type":"farm","target":"later"},"rules":[]}]`, id))
	got := w.listRoutes(f.ID)
	if len(got) != 1 || got[0].Backend != lb.BackendID(w.service()+"/http/farm/later") {
		t.Fatalf("%+v", got)
	}
	want(t, w.writes(func() { w.setRoutes(f.ID, got...) }))
}

// A route that the API is deleting is nobody's any more: no list has it, no frontend is
// deleted with it, and no backend is in use by it.
func TestRoutesThatAreBeingDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(nil)
	f := w.frontend(80, "")
	_, _, id, _ := ovh.ParseFrontendID(f.ID)
	_, farm := number(t, b.ID)
	w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/http/route") }).Status(http.StatusOK, fmt.Sprintf(
		`[{"routeId":9,"frontendId":%d,"weight":0,"status":"deleting","action":{"type":"farm","target":%q},"rules":[]}]`, id, farm))
	if got := w.listRoutes(f.ID); len(got) > 0 {
		t.Errorf("listed: %+v", got)
	}
	want(t, w.writes(func() {
		if err := w.Backends().Delete(ctx, b.ID); err != nil {
			t.Error(err)
		}
		if err := w.Frontends().Delete(ctx, f.ID); err != nil {
			t.Error(err)
		}
	}), "DELETE /http/farm/"+farm, "DELETE /http/frontend/"+decimal(id))
}

// What the dialect would refuse stays as it is where it is there, among others too.
func TestRoutesKeepWhatTheDialectRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f := w.frontend(80, b.ID)
	_, _, id, _ := ovh.ParseFrontendID(f.ID)
	_, farm := number(t, b.ID)
	made := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(t.Context(), w.service(), ovh.HTTPRouteCreate{
		FrontendID: id, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionFarm, Target: farm},
	}))
	must[*ovh.Rule](t)(w.client.HTTP.Routes.Rules.Create(t.Context(), w.service(), made.RouteID, ovh.RuleCreate{Field: "host", Match: ovh.RuleIn, Pattern: "a, b"}))
	foreign := w.listRoutes(f.ID)
	all := []lb.RouteSpec{{Match: lb.Match{hosts("c")}, Backend: b.ID}, foreign[0]}
	w.setRoutes(f.ID, all...)
	if diff := cmp.Diff(all, w.listRoutes(f.ID), specsEqual); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	changed := lb.Clone(foreign[0])
	changed.Name = "changed"
	want(t, w.writes(func() {
		_, err := w.Routes().Set(t.Context(), f.ID, []lb.RouteSpec{changed}, lb.SetOptions{})
		wantPath(t, err, "routes[0].match[0].op")
	}))
}

// On TCP the word for the name that a client asks for is the one that the API says, if
// it says one.
func TestRoutesOfTCP(t *testing.T) {
	t.Parallel()
	isRules := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/availableRouteRules") }
	for word, answer := range map[string]func(w *world){
		"sni": func(w *world) {
			w.server.Faults().On(isRules).Status(http.StatusOK, `[{"type":"http","name":"host"},{"type":"tcp","name":"sni"}]`)
		},
		"host": func(w *world) {
			w.server.Faults().On(isRules).Status(http.StatusOK, `[{"type":"tcp","name":"sni"},{"type":"tcp","name":"host"}]`)
		},
		"host where the API says none":        func(w *world) { w.server.Faults().On(isRules).Status(http.StatusNotFound, `{"message":"no"}`) },
		"host where the API may not be asked": func(w *world) { w.server.Faults().On(isRules).Status(http.StatusForbidden, `{"message":"no"}`) },
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			answer(w)
			tcp := func(s *lb.BackendSpec) { s.Protocol = lb.ProtocolTCP }
			a, b := w.backend(tcp, "10.0.0.1"), w.backend(tcp, "10.0.0.2")
			f := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port(443), DefaultBackend: a.ID}))
			route := lb.RouteSpec{Match: lb.Match{hosts("a.example")}, Backend: b.ID}
			sent := w.writes(func() { w.setRoutes(f.ID, route) })
			field, _, _ := strings.Cut(word, " ")
			if len(sent) != 3 || !strings.Contains(sent[1], `{"field":"`+field+`","match":"is","pattern":"a.example"}`) {
				t.Errorf("%q", sent)
			}
			if diff := cmp.Diff([]lb.RouteSpec{route}, w.listRoutes(f.ID), specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			route.Backend = a.ID
			_, farm := number(t, a.ID)
			want(t, w.writes(func() { w.setRoutes(f.ID, route) }),
				`PUT /tcp/route/`+last(must[[]*lb.Route](t)(lb.Collect(w.Routes().List(t.Context(), f.ID, lb.PageOptions{})))[0].ID)+` {"action":{"type":"farm","target":"`+farm+`"}}`)
		})
	}
	w := newWorld(t)
	w.server.Faults().On(isRules).Status(http.StatusBadRequest, `{"message":"no"}`)
	f := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: port(443)}))
	want(t, w.writes(func() {
		_, err := w.Filters().Set(t.Context(), f.ID, []lb.FilterSpec{refuse(0, hosts("a.example"))}, lb.SetOptions{})
		wantError(t, err, lb.ErrInvalid, "filters.set", w.service())
	}))
}

// Only what is attached to nothing is put away, even if it is called like that.
func TestRoutesOfThatNameStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	f, other := w.frontend(80, b.ID), w.frontend(81, b.ID)
	_, _, id, _ := ovh.ParseFrontendID(other.ID)
	name := "lbkit: to be attached to http/frontend/" + last(string(f.ID))
	made := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(t.Context(), w.service(), ovh.HTTPRouteCreate{
		DisplayName: name, FrontendID: id, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionReject},
	}))
	left := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(t.Context(), w.service(), ovh.HTTPRouteCreate{
		DisplayName: name, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionReject},
	}))
	w.setRoutes(f.ID, lb.RouteSpec{Backend: b.ID})
	must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Get(t.Context(), w.service(), made.RouteID))
	_, err := w.client.HTTP.Routes.Get(t.Context(), w.service(), left.RouteID)
	is(t, err, lb.ErrNotFound)
}
