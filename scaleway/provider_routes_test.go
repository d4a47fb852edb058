package scaleway_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

func (r *ruled) setRoutes(specs ...lb.RouteSpec) []*lb.Route {
	r.t.Helper()
	return must(r.Routes().Set(r.t.Context(), r.frontend.ID, specs, lb.SetOptions{}))(r.t)
}

func (r *ruled) routes() []*lb.Route {
	r.t.Helper()
	return must(lb.Collect(r.Routes().List(r.t.Context(), r.frontend.ID, lb.PageOptions{PageSize: 2})))(r.t)
}

func routeSpecs(routes []*lb.Route) []lb.RouteSpec {
	out := make([]lb.RouteSpec, len(routes))
	for i, r := range routes {
		out[i] = r.RouteSpec
	}
	return out
}

func to(backend lb.BackendID, conditions ...lb.Condition) lb.RouteSpec {
	return lb.RouteSpec{Backend: backend, Match: conditions}
}

func TestRoutesSet(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	blue, green := r.backend.ID, r.world.backend(r.parent).ID
	wanted := []lb.RouteSpec{
		to(green, when(lb.FieldHost, "", "www.example.org", "api.example.org")),
		to(blue, when(lb.FieldHost, lb.MatchSuffix, ".dev.example.org")),
	}
	canonical := must(r.Dialect().Routes(r.frontend.FrontendSpec, wanted))(t)
	var made []*lb.Route
	writes := r.writes(func() { made = r.setRoutes(wanted...) })
	same(t, "requests", []string{"POST /routes", "POST /routes", "POST /routes"}, writes)
	same(t, "what Set returns", canonical, routeSpecs(made))
	read := r.routes()
	same(t, "what is read", canonical, routeSpecs(read))
	for _, route := range read {
		native, ok := route.Native.(*scaleway.Route)
		if !ok || route.Frontend != r.frontend.ID || route.ID != string(zone)+"/"+native.ID {
			t.Errorf("got %+v", route)
		}
	}
	for what, again := range map[string][]lb.RouteSpec{"the same": wanted, "what was read": routeSpecs(read)} {
		if writes := r.writes(func() { r.setRoutes(again...) }); len(writes) > 0 {
			t.Errorf("setting %s: sent %v", what, writes)
		}
	}
}

// TestRoutesSetChangesWhatItCan: between a removal and an addition a route's traffic
// would go elsewhere.
func TestRoutesSetChangesWhatItCan(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	blue, green := r.backend.ID, r.world.backend(r.parent).ID
	path := func(value string, backend lb.BackendID) lb.RouteSpec {
		return to(backend, when(lb.FieldPath, lb.MatchPrefix, value))
	}
	for _, step := range []struct {
		name   string
		wanted []lb.RouteSpec
		writes []string // without IDs
	}{
		{"two", []lb.RouteSpec{path("/a", blue), path("/b", green)}, []string{"POST /routes", "POST /routes"}},
		{"one leads elsewhere", []lb.RouteSpec{path("/a", green), path("/b", green)}, []string{"PUT /routes/"}},
		{"both change places", []lb.RouteSpec{path("/b", blue), path("/a", blue)}, []string{"PUT /routes/", "PUT /routes/"}},
		{"one more", []lb.RouteSpec{path("/c", blue), path("/b", blue), path("/a", blue)}, []string{"POST /routes"}},
		{"one for another", []lb.RouteSpec{path("/d", green), path("/b", blue), path("/a", blue)}, []string{"PUT /routes/"}},
		{"two less", []lb.RouteSpec{path("/b", blue)}, []string{"DELETE /routes/", "DELETE /routes/"}},
	} {
		canonical := must(r.Dialect().Routes(r.frontend.FrontendSpec, step.wanted))(t)
		writes := r.writes(func() { same(t, step.name+": what Set returns", canonical, routeSpecs(r.setRoutes(step.wanted...))) })
		for i, request := range writes {
			if at := strings.Index(request, "/routes/"); at >= 0 {
				writes[i] = request[:at+len("/routes/")]
			}
		}
		same(t, step.name+": requests", step.writes, writes)
		same(t, step.name, canonical, routeSpecs(r.routes()))
	}
}

func TestRoutesSetToNothing(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setRoutes(to(r.backend.ID, when(lb.FieldHost, "", "a.example")))
	requests := r.sent(func() {
		_, err := r.Routes().Set(t.Context(), r.frontend.ID, nil, lb.SetOptions{})
		isCode(t, "nothing", err, lb.ErrInvalid)
	})
	if len(requests) > 0 {
		t.Errorf("sent %v", requests)
	}
	left := must(r.Routes().Set(t.Context(), r.frontend.ID, nil, lb.SetOptions{AllowEmpty: true}))(t)
	if len(left) > 0 || len(r.routes()) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestRoutesAreCheckedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	elsewhere := r.loadBalancer()
	foreign := r.world.backend(elsewhere).ID
	spec := backendSpec()
	spec.Protocol = lb.ProtocolTCP
	raw := must(r.Backends().Create(t.Context(), r.parent, spec))(t).ID
	host := when(lb.FieldHost, "", "a.example")
	for name, test := range map[string]struct {
		specs []lb.RouteSpec
		code  error
		says  string
	}{
		"a name":                    {[]lb.RouteSpec{{Name: "x", Backend: r.backend.ID, Match: lb.Match{host}}}, lb.ErrUnsupported, "routes[0].name"},
		"an overlap":                {[]lb.RouteSpec{to(r.backend.ID, host), to(foreign, when(lb.FieldPath, lb.MatchPrefix, "/"))}, lb.ErrUnsupported, "routes[1].match"},
		"a backend that is gone":    {[]lb.RouteSpec{to(noBackend, host)}, lb.ErrInvalid, `routes[0].backend: "` + string(noBackend) + `": there is no such backend`},
		"another load balancer's":   {[]lb.RouteSpec{to(foreign, host)}, lb.ErrInvalid, "of another load balancer"},
		"one of another protocol":   {[]lb.RouteSpec{to(raw, host)}, lb.ErrInvalid, "speaks tcp"},
		"one of another zone":       {[]lb.RouteSpec{to("nl-ams-1/"+aHalf+"0003", host)}, lb.ErrInvalid, "another zone"},
		"one of another provider":   {[]lb.RouteSpec{to("loadbalancer-ab12/http/farm/12", host)}, lb.ErrInvalid, "not an ID of this provider"},
		"a good one and a bad one":  {[]lb.RouteSpec{to(r.backend.ID, host), to(noBackend, when(lb.FieldHost, "", "b.example"))}, lb.ErrInvalid, "routes[1].backend"},
		"what a route cannot match": {[]lb.RouteSpec{to(r.backend.ID, in("10.0.0.0/8"))}, lb.ErrUnsupported, "routes[0].match[0].field"},
	} {
		writes := r.writes(func() {
			_, err := r.Routes().Set(t.Context(), r.frontend.ID, test.specs, lb.SetOptions{})
			isCode(t, name, err, test.code)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: the error is %v", name, err)
			}
		})
		if len(writes) > 0 {
			t.Errorf("%s: sent %v", name, writes)
		}
	}
}

// TestLiveRoutesAreLeftAlone: routes made elsewhere may overlap.
func TestLiveRoutesAreLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	_, frontend, _ := scaleway.ParseFrontendID(r.frontend.ID)
	green := r.world.backend(r.parent).ID
	for _, backend := range []lb.BackendID{r.backend.ID, green} {
		_, uuid, _ := scaleway.ParseBackendID(backend)
		must(r.client.Zone(zone).Routes.Create(t.Context(), scaleway.RouteCreate{
			FrontendID: frontend, BackendID: uuid, Match: &scaleway.RouteMatch{HostHeader: "a.example"},
		}))(t)
	}
	live := routeSpecs(r.routes())
	if _, err := r.Dialect().Routes(r.frontend.FrontendSpec, live); err == nil {
		t.Fatal("the dialect lets them pass: the test proves nothing")
	}
	if writes := r.writes(func() { r.setRoutes(live...) }); len(writes) > 0 {
		t.Errorf("unchanged: sent %v", writes)
	}
	more := append(slices.Clone(live), to(green, when(lb.FieldHost, "", "b.example")))
	same(t, "one more", []string{"POST /routes"}, r.writes(func() { r.setRoutes(more...) }))
	_, err := r.Routes().Set(t.Context(), r.frontend.ID, append(more, to(green, when(lb.FieldHost, lb.MatchSuffix, ".example"))), lb.SetOptions{})
	isCode(t, "one that overlaps", err, lb.ErrUnsupported)
	same(t, "one of them", []string{"DELETE"}, []string{strings.Fields(r.writes(func() { r.setRoutes(more[1:]...) })[0])[0]})
}

// TestRouteCreatedWithUnknownOutcome: it is looked for, and found or sent once more.
func TestRouteCreatedWithUnknownOutcome(t *testing.T) {
	t.Parallel()
	post := func(request *http.Request) bool { return request.Method == http.MethodPost }
	for name, test := range map[string]struct {
		sabotage func(*ruled)
		posts    int
		code     error
	}{
		"it was made":                    {func(r *ruled) { r.api.Faults().On(post).Times(1).DropAfterSend() }, 1, nil},
		"it was not, and that was said":  {func(r *ruled) { r.api.Faults().On(post).Times(1).Status(503, "") }, 1, nil},
		"it was made, and that was lost": {func(r *ruled) { r.api.Faults().On(post).Times(1).Replace(502, "") }, 1, nil},
		"nobody knows": {func(r *ruled) {
			r.api.Faults().On(post).Times(1).DropAfterSend()
			r.api.Faults().On(func(q *http.Request) bool {
				return q.URL.Path == "/lb/v1/zones/fr-par-1/routes" && q.Method == http.MethodGet
			}).Skip(1).Status(503, "")
		}, 1, lb.ErrUncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRuled(t, inOurTime()...)
			test.sabotage(r)
			wanted := []lb.RouteSpec{to(r.backend.ID, when(lb.FieldHost, "", "a.example"))}
			var err error
			writes := r.writes(func() { _, err = r.Routes().Set(t.Context(), r.frontend.ID, wanted, lb.SetOptions{}) })
			r.api.Faults().Reset()
			if len(writes) != test.posts {
				t.Errorf("the server saw %v", writes)
			}
			if test.code != nil {
				isCode(t, "the outcome", err, test.code)
			} else if err != nil {
				t.Error(err)
			}
			same(t, "the same call again", wanted, routeSpecs(r.setRoutes(wanted...)))
			same(t, "what is there", wanted, routeSpecs(r.routes()))
		})
	}
}

// TestRoutesSetConverges: after an error on the way, the same call does the rest.
func TestRoutesSetConverges(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	blue, green := r.backend.ID, r.world.backend(r.parent).ID
	host := func(backend lb.BackendID, name string) lb.RouteSpec { return to(backend, when(lb.FieldHost, "", name)) }
	r.setRoutes(host(blue, "a.example"), host(blue, "b.example"), host(blue, "c.example"))
	for i, step := range []struct {
		method string
		skip   int
		wanted []lb.RouteSpec
	}{
		{http.MethodPut, 1, []lb.RouteSpec{host(green, "a.example"), host(green, "b.example"), host(blue, "c.example")}},
		{http.MethodPost, 1, []lb.RouteSpec{host(green, "a.example"), host(green, "b.example"), host(blue, "c.example"), host(blue, "d.example"), host(blue, "e.example")}},
		{http.MethodDelete, 1, []lb.RouteSpec{host(blue, "c.example")}},
	} {
		r.api.Faults().On(func(request *http.Request) bool { return request.Method == step.method }).Skip(step.skip).Times(1).Status(http.StatusForbidden, "")
		_, err := r.Routes().Set(t.Context(), r.frontend.ID, step.wanted, lb.SetOptions{})
		isCode(t, step.method, err, lb.ErrForbidden)
		if left := r.routes(); i == 0 && len(left) != 3 {
			t.Errorf("left %v", left)
		}
		same(t, step.method+": the same call again", step.wanted, routeSpecs(r.setRoutes(step.wanted...)))
		same(t, step.method+": what is there", step.wanted, routeSpecs(r.routes()))
	}
}

// TestRoutesSetAtTheSameTime: one after the other, so that what is there in the end is
// what one of them wanted.
func TestRoutesSetAtTheSameTime(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	var all [][]lb.RouteSpec
	names := []string{"a", "b", "c", "d"}
	ended := make(chan error, len(names))
	for _, name := range names {
		wanted := []lb.RouteSpec{to(r.backend.ID, when(lb.FieldHost, "", name+"1.example")), to(r.backend.ID, when(lb.FieldHost, "", name+"2.example"))}
		all = append(all, wanted)
		go func() {
			_, err := r.Routes().Set(t.Context(), r.frontend.ID, wanted, lb.SetOptions{})
			ended <- err
		}()
	}
	for range names {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	left := routeSpecs(r.routes())
	if !slices.ContainsFunc(all, func(wanted []lb.RouteSpec) bool { return slices.EqualFunc(left, wanted, lb.Equal[lb.RouteSpec]) }) {
		t.Errorf("left %+v", left)
	}
}

func TestRoutesArePublished(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	must(lb.Publish(t.Context(), r, r.parent, quick))(t)
	green := r.world.backend(r.parent).ID
	must(lb.Publish(t.Context(), r, r.parent, quick))(t)
	host := when(lb.FieldHost, "", "a.example")
	for _, wanted := range [][]lb.RouteSpec{{to(r.backend.ID, host)}, {to(green, host)}, nil} {
		must(r.Routes().Set(t.Context(), r.frontend.ID, wanted, lb.SetOptions{AllowEmpty: true}))(t)
		o := must(r.LoadBalancers().Commit(t.Context(), r.parent, lb.CommitOptions{}))(t)
		if o.ID == "" {
			t.Errorf("%v: nothing to follow", wanted)
		}
		must(lb.WaitOperation(t.Context(), r, o, quick))(t)
	}
}

func TestRoutesOfNothing(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	if got := r.routes(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
	_, err := lb.Collect(r.Routes().List(t.Context(), noFrontend, lb.PageOptions{}))
	isCode(t, "the list of a frontend that is gone", err, lb.ErrNotFound)
	_, err = r.Routes().Set(t.Context(), noFrontend, []lb.RouteSpec{to(r.backend.ID, in())}, lb.SetOptions{})
	isCode(t, "set on a frontend that is gone", err, lb.ErrNotFound)
	_, err = lb.Collect(r.Routes().List(t.Context(), r.frontend.ID, lb.PageOptions{Window: -1}))
	isCode(t, "less than no requests at a time", err, lb.ErrInvalid)
}

func TestRoutesByNameInTLS(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	spec := backendSpec()
	spec.Protocol = lb.ProtocolTCP
	backend := must(r.Backends().Create(t.Context(), r.parent, spec))(t)
	listener := lb.FrontendSpec{Name: "raw", Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(443)}, DefaultBackend: backend.ID}
	frontend := must(r.Frontends().Create(t.Context(), r.parent, listener))(t)
	wanted := []lb.RouteSpec{to(backend.ID, when(lb.FieldHost, "", "a.example")), to(backend.ID, when(lb.FieldHost, lb.MatchSuffix, ".b.example"))}
	must(r.Routes().Set(t.Context(), frontend.ID, wanted, lb.SetOptions{}))(t)
	got := must(lb.Collect(r.Routes().List(t.Context(), frontend.ID, lb.PageOptions{})))(t)
	same(t, "by name", wanted, routeSpecs(got))
	if native := got[0].Native.(*scaleway.Route); native.Match.SNI != "a.example" || native.Match.HostHeader != "" {
		t.Errorf("it is %+v", native.Match)
	}
	if len(r.routes()) > 0 {
		t.Error("they are among another frontend's")
	}
}

// TestRoutesOfAnUnknownKindStay: each stays itself, and what leads elsewhere or is new
// is not written in the place of a condition that nobody knows.
func TestRoutesOfAnUnknownKindStay(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	green := r.world.backend(r.parent).ID
	own := r.frontend.Native.(*scaleway.Frontend) //nolint:errcheck // what the provider promises
	var items []string
	for i, match := range []string{`{"match_subdomains":false,"query":"a"}`, `{"match_subdomains":false,"query":"b"}`, `null`} {
		items = append(items, fmt.Sprintf(`{"id":"%s%04d","frontend_id":"%s","backend_id":"%s","match":%s}`, aHalf, i, own.ID, own.Backend.ID, match))
	}
	r.api.Faults().On(func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/routes")
	}).
		Status(http.StatusOK, `{"routes":[`+strings.Join(items, ",")+`],"total_count":3}`)
	read := routeSpecs(r.routes())
	for _, spec := range read {
		if len(spec.Match) != 1 || spec.Match[0].Field != "scaleway.unknown" || spec.Match[0].Field.Known() {
			t.Errorf("got %+v", spec.Match)
		}
	}
	elsewhere := lb.Clone(read[0])
	elsewhere.Backend = green
	for what, test := range map[string]struct {
		wanted []lb.RouteSpec
		writes []string
		code   error
	}{
		"what was read":  {read, nil, nil},
		"two of them":    {read[1:], []string{"DELETE /routes/" + aHalf + "0000"}, nil},
		"leads to green": {append([]lb.RouteSpec{elsewhere}, read[1:]...), nil, lb.ErrUnsupported},
	} {
		writes := r.writes(func() {
			_, err := r.Routes().Set(t.Context(), r.frontend.ID, test.wanted, lb.SetOptions{})
			if !errors.Is(err, test.code) && !errors.Is(err, lb.ErrNotFound) { // the server has no such routes
				t.Errorf("%s: %v", what, err)
			}
		})
		same(t, what, test.writes, writes)
	}
}
