package scaleway_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// fullFrontend has every setting but certificates, which others' tests have.
func fullFrontend(backend lb.BackendID) lb.FrontendSpec {
	spec := frontendSpec(backend)
	spec.ClientTimeout, spec.ConnectionRate = lb.Duration(1500*time.Millisecond), 20
	spec.Extensions = lb.Extend(scaleway.FrontendOptions{AccessLogs: true})
	return spec
}

func TestFrontendCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	backend := w.backend(id)
	for i, spec := range []lb.FrontendSpec{frontendSpec(backend.ID), fullFrontend(backend.ID)} {
		spec.Ports = []lb.PortRange{lb.Port(uint16(80 + i))}
		var made *lb.Frontend
		requests := w.sent(func() { made = must(w.Frontends().Create(t.Context(), id, spec))(t) })
		same(t, "requests", []string{"GET " + path("backends", backend.ID), "POST " + path("lbs", id) + "/frontends"}, requests)
		want := must(w.Dialect().Frontend(spec))(t)
		same(t, "what Create returns", want, made.FrontendSpec)
		got := must(w.Frontends().Get(t.Context(), made.ID))(t)
		same(t, "read back", want, got.FrontendSpec)
		if got.LoadBalancer != id || got.Created.IsZero() || !got.Created.Equal(made.Created) {
			t.Errorf("got %+v, made %+v", got, made)
		}
	}
}

func TestFrontendCreateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, other := w.loadBalancer(), w.loadBalancer()
	backend, stranger := w.backend(id), w.backend(other)
	for name, test := range map[string]struct {
		change func(*lb.FrontendSpec)
		path   string
		reads  int
	}{
		"not an ID":             {func(s *lb.FrontendSpec) { s.DefaultBackend = "app" }, "defaultBackend", 0},
		"another provider's":    {func(s *lb.FrontendSpec) { s.DefaultBackend = "loadbalancer-ab12/http/farm/12" }, "defaultBackend", 0},
		"another zone's":        {func(s *lb.FrontendSpec) { s.DefaultBackend = "nl-ams-1/" + aHalf + "0001" }, "defaultBackend", 0},
		"not there":             {func(s *lb.FrontendSpec) { s.DefaultBackend = noBackend }, "defaultBackend", 1},
		"another's":             {func(s *lb.FrontendSpec) { s.DefaultBackend = stranger.ID }, "defaultBackend", 1},
		"another protocol":      {func(s *lb.FrontendSpec) { s.Protocol = lb.ProtocolTCP }, "protocol", 1},
		"not a certificate":     {func(s *lb.FrontendSpec) { s.Ports[0], s.Certificates = lb.Port(443), []lb.CertificateID{"c"} }, "certificates[0]", 0},
		"another zone's of two": {func(s *lb.FrontendSpec) { twoCertificates(s) }, "certificates[1]", 0},
	} {
		spec := frontendSpec(backend.ID)
		test.change(&spec)
		requests := w.sent(func() {
			_, err := w.Frontends().Create(t.Context(), id, spec)
			e := coded(t, name, err, lb.ErrInvalid)
			if len(e.Fields) != 1 || e.Fields[0].Path != test.path {
				t.Errorf("%s: blames %+v; want %s", name, e.Fields, test.path)
			}
		})
		if len(requests) != test.reads {
			t.Errorf("%s: sent %v", name, requests)
		}
	}
}

func twoCertificates(s *lb.FrontendSpec) {
	s.Ports[0] = lb.Port(443)
	s.Certificates = []lb.CertificateID{"fr-par-1/" + aHalf + "0001", "nl-ams-1/" + aHalf + "0001"}
}

// frontendChanges are one for each setting that can change.
var frontendChanges = map[string]func(*lb.FrontendSpec){
	"name":                  func(s *lb.FrontendSpec) { s.Name = "other" },
	"inbound_port":          func(s *lb.FrontendSpec) { s.Ports[0] = lb.Port(8080) },
	"timeout_client":        func(s *lb.FrontendSpec) { s.ClientTimeout = lb.Duration(2 * time.Second) },
	"connection_rate_limit": func(s *lb.FrontendSpec) { s.ConnectionRate = 0 },
	"enable_access_logs":    func(s *lb.FrontendSpec) { s.Extensions = lb.Extensions{} },
}

func TestFrontendUpdateOfEachFieldAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	backend := w.backend(id)
	for field, change := range frontendChanges {
		made := must(w.Frontends().Create(t.Context(), id, fullFrontend(backend.ID)))(t)
		before := nativeFields(t, w, "frontends", made.ID)
		var got *lb.Frontend
		requests := w.writes(func() { got = must(w.Frontends().Update(t.Context(), made.ID, changing(change)))(t) })
		same(t, field+": writes", []string{"PUT " + path("frontends", made.ID)}, requests)
		after := nativeFields(t, w, "frontends", made.ID)
		same(t, field+": changed", []string{field}, changedFields(before, after))
		want := fullFrontend(backend.ID)
		change(&want)
		same(t, field, must(w.Dialect().Frontend(want))(t), got.FrontendSpec)
		same(t, field+": read back", got, must(w.Frontends().Get(t.Context(), made.ID))(t))
		if err := w.Frontends().Delete(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFrontendUpdateSendsNothingForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	backend := w.backend(id)
	made := must(w.Frontends().Create(t.Context(), id, fullFrontend(backend.ID)))(t)
	stop := errors.New("stop")
	for name, change := range map[string]func(*lb.FrontendSpec) error{
		"nothing":           func(*lb.FrontendSpec) error { return nil },
		"what was read":     func(s *lb.FrontendSpec) error { *s = lb.Clone(made.FrontendSpec); return nil },
		"what was written":  func(s *lb.FrontendSpec) error { *s = fullFrontend(backend.ID); return nil },
		"another extension": func(s *lb.FrontendSpec) error { s.Extensions = s.Extensions.With(elsewhere{"x"}); return nil },
		"an error":          func(s *lb.FrontendSpec) error { s.Name = "other"; return stop },
	} {
		requests := w.writes(func() {
			_, err := w.Frontends().Update(t.Context(), made.ID, change)
			if err != nil && !errors.Is(err, stop) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if len(requests) > 0 {
			t.Errorf("%s: sent %v", name, requests)
		}
	}
}

// elsewhere is another provider's extension.
type elsewhere struct {
	Setting string `json:"setting"`
}

func (elsewhere) ExtensionProvider() string { return "elsewhere" }

func TestFrontendMovesToAnotherBackend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, other := w.loadBalancer(), w.loadBalancer()
	backend, stranger := w.backend(id), w.backend(other)
	spec := backendSpec()
	spec.Name, spec.Protocol = "plain", lb.ProtocolTCP
	plain := must(w.Backends().Create(t.Context(), id, spec))(t)
	frontend := w.frontend(id, backend.ID)

	_, err := w.Frontends().Update(t.Context(), frontend.ID, func(s *lb.FrontendSpec) error { s.Protocol = lb.ProtocolTCP; return nil })
	checkUnsupported(t, "the protocol alone", err, "frontend.protocol.update", "protocol")
	for name, target := range map[string]lb.BackendID{"another protocol's": plain.ID, "another load balancer's": stranger.ID, "nobody's": noBackend} {
		_, err := w.Frontends().Update(t.Context(), frontend.ID, func(s *lb.FrontendSpec) error { s.DefaultBackend = target; return nil })
		isCode(t, name, err, lb.ErrInvalid)
	}
	got := must(w.Frontends().Update(t.Context(), frontend.ID, func(s *lb.FrontendSpec) error {
		s.DefaultBackend, s.Protocol = plain.ID, lb.ProtocolTCP
		return nil
	}))(t)
	if got.DefaultBackend != plain.ID || got.Protocol != lb.ProtocolTCP {
		t.Errorf("got %+v", got.FrontendSpec)
	}
}

func TestFrontendDelete(t *testing.T) {
	t.Parallel()
	for _, status := range scalewaytest.Answers(scalewaytest.FrontendWithRoutes) {
		w := newWorld(t, scalewaytest.WithAnswer(scalewaytest.FrontendWithRoutes, status))
		api := w.client.Zone(zone)
		id := w.loadBalancer()
		backend := w.backend(id)
		frontend := w.frontend(id, backend.ID)
		native := frontend.Native.(*scaleway.Frontend) //nolint:errcheck // what the provider promises
		must(api.Routes.Create(t.Context(), scaleway.RouteCreate{
			FrontendID: native.ID, BackendID: native.Backend.ID, Match: &scaleway.RouteMatch{HostHeader: "a.example.org"},
		}))(t)
		must(api.ACLs.Create(t.Context(), native.ID, scaleway.ACLSpec{
			Name: "deny", Action: scaleway.ACLAction{Type: scaleway.ACLActionTypeDeny},
			Match: &scaleway.ACLMatch{IPSubnet: []string{"192.0.2.0/24"}},
		}))(t)
		requests := w.writes(func() {
			if err := w.Frontends().Delete(t.Context(), frontend.ID); err != nil {
				t.Fatalf("%d: %v", status, err)
			}
		})
		if requests[0] != "DELETE "+path("frontends", frontend.ID) {
			t.Errorf("%d: sent %v; the frontend must go first", status, requests)
		}
		_, err := w.Frontends().Get(t.Context(), frontend.ID)
		isCode(t, "the frontend", err, lb.ErrNotFound)
		routes := must(lb.Collect(api.Routes.List(t.Context(), scaleway.RouteListOptions{})))(t)
		if len(routes) > 0 {
			t.Errorf("%d: %d routes are left", status, len(routes))
		}
		if err := w.Backends().Delete(t.Context(), backend.ID); err != nil {
			t.Errorf("%d: its backend: %v", status, err)
		}
	}
}

// TestFrontendDeleteKeepsErrors: one that is about something else is not hidden, and
// nothing else goes: without its filters the frontend would let in what they deny.
func TestFrontendDeleteKeepsErrors(t *testing.T) {
	t.Parallel()
	r := newRuled(t)
	r.setFilters(someFilters()...)
	r.setRoutes(to(r.backend.ID, when(lb.FieldHost, "", "a.example")))
	filters, routes := r.filters(), r.routes()
	for _, test := range []struct {
		status int
		body   string
		code   error
	}{
		{http.StatusForbidden, `{"message":"no"}`, lb.ErrForbidden},
		{http.StatusForbidden, `{"type":"permissions_denied","message":"insufficient permissions"}`, lb.ErrForbidden},
		{http.StatusForbidden, `{"type":"quotas_exceeded","message":"quota exceeded"}`, lb.ErrQuota},
		{http.StatusBadRequest, `{"type":"quotas_exceeded","message":"quota exceeded"}`, lb.ErrQuota},
		{http.StatusBadRequest, `{"type":"invalid_arguments","message":"invalid argument(s)"}`, lb.ErrInvalid},
		{http.StatusConflict, `{"type":"transient_state","message":"busy"}`, lb.ErrBusy},
		{http.StatusLocked, `{"type":"locked","message":"locked"}`, lb.ErrBusy},
		{http.StatusPreconditionFailed, `{"type":"precondition_failed","precondition":"attribute_must_be_set"}`, lb.ErrInvalid},
		{http.StatusInternalServerError, `{"message":"no"}`, lb.ErrUnavailable},
	} {
		seen := 0
		r.api.Faults().On(func(r *http.Request) bool {
			if r.Method == http.MethodDelete {
				seen++
			}
			return r.Method == http.MethodDelete
		}).Status(test.status, test.body)
		isCode(t, test.body, r.Frontends().Delete(t.Context(), r.frontend.ID), test.code)
		r.api.Faults().Reset()
		if seen != 1 {
			t.Errorf("%s: %d deletions", test.body, seen)
		}
	}
	same(t, "filters", filterSpecs(filters), filterSpecs(r.filters()))
	same(t, "routes", routeSpecs(routes), routeSpecs(r.routes()))
}

// TestFrontendDeleteSaysWhatWent: where the API refuses for a reason that may have been
// the routes, and then again, the frontend has all of its filters, the error names the
// routes that went, and a commit follows that.
func TestFrontendDeleteSaysWhatWent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refused string // the path of what the API refuses to delete after that
		gone    int
	}{
		"the frontend":  {"/frontends/", 2},
		"another route": {"/routes/", 1},
	} {
		for _, status := range []int{http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed} {
			r := newRuled(t, scalewaytest.WithAnswer(scalewaytest.FrontendWithRoutes, status))
			r.setFilters(someFilters()...)
			r.setRoutes(to(r.backend.ID, when(lb.FieldHost, "", "a.example")), to(r.backend.ID, when(lb.FieldHost, "", "b.example")))
			filters, routes := r.filters(), r.routes()
			r.api.Faults().On(func(r *http.Request) bool {
				return r.Method == http.MethodDelete && strings.Contains(r.URL.Path, test.refused)
			}).Skip(1).Times(1).Status(http.StatusBadRequest, `{"message":"no"}`)
			fresh := must(scaleway.NewProvider(must(r.api.Client())(t), nil))(t) // which has written nothing yet

			err := fresh.Frontends().Delete(t.Context(), r.frontend.ID)
			e := coded(t, name, err, lb.ErrInvalid)
			var gone, left []string
			for _, field := range e.Fields {
				gone = append(gone, field.Path)
			}
			for _, route := range r.routes() {
				left = append(left, route.ID)
			}
			if len(gone) != test.gone || len(gone)+len(left) != len(routes) {
				t.Errorf("%s, %d: %v says that %v are gone, and %v are left", name, status, err, gone, left)
			}
			for _, id := range gone {
				if slices.Contains(left, id) || !strings.Contains(err.Error(), id) {
					t.Errorf("%s, %d: %v; left are %v", name, status, err, left)
				}
			}
			same(t, "filters", filterSpecs(filters), filterSpecs(r.filters()))
			if operations := must(lb.Collect(fresh.Operations().List(t.Context(), r.parent, lb.PageOptions{})))(t); len(operations) != 1 {
				t.Errorf("%s, %d: %d operations follow what was removed", name, status, len(operations))
			}
			if err := fresh.Frontends().Delete(t.Context(), r.frontend.ID); err != nil {
				t.Errorf("%s, %d: the same once more: %v", name, status, err)
			}
		}
	}
}

func TestFrontendList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithMaxPageSize(2))
	id := w.loadBalancer()
	backend := w.backend(id)
	var ids []lb.FrontendID
	for i, name := range []string{"web", "web-2", "api", "web"} {
		spec := frontendSpec(backend.ID)
		spec.Name, spec.Ports = name, []lb.PortRange{lb.Port(uint16(80 + i))} //nolint:gosec // G115: four ports
		ids = append(ids, must(w.Frontends().Create(t.Context(), id, spec))(t).ID)
	}
	list := func(opts lb.ListOptions) []lb.FrontendID {
		var got []lb.FrontendID
		for f, err := range w.Frontends().List(t.Context(), id, opts) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, f.ID)
		}
		return got
	}
	same(t, "all", ids, list(lb.ListOptions{}))
	same(t, "exact names", []lb.FrontendID{ids[0], ids[3]}, list(lb.ListOptions{Name: "web"}))
	if slices.Contains(list(lb.ListOptions{Name: "WEB"}), ids[0]) {
		t.Error("names are compared without case")
	}
}
