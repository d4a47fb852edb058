package ovh_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// upload puts a certificate into the load balancer.
func (w *world) upload() lb.CertificateID {
	w.t.Helper()
	certificate, key := pair(w.t)
	made := must[*ovh.Certificate](w.t)(w.client.Certificates.Create(w.t.Context(), w.service(), ovh.CertificateCreate{Certificate: certificate, Key: lb.NewSecret(key)}))
	return ovh.FormatCertificateID(w.service(), made.ID)
}

func TestFrontendReadsBackInCanonicalForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.AddFailover(w.service(), netip.MustParsePrefix("203.0.113.9/32"))
	b, certificate := w.backend(nil), w.upload()
	udp := must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53}))
	for name, spec := range map[string]lb.FrontendSpec{
		"http": {
			Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{{From: 9000, To: 9010}, lb.Port(443), lb.Port(9011)}, DefaultBackend: b.ID,
			Certificates: []lb.CertificateID{certificate}, Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.9/32")}, Disabled: true, HSTS: true,
			SetHeaders: []lb.Header{{Name: "X-Ip", Value: "{client_ip}"}, {Name: "A", Value: "b c"}},
			Extensions: lb.Extend(ovh.FrontendOptions{RedirectLocation: "https://example.com/"}),
		},
		"tcp": {Protocol: lb.ProtocolTCP, Ports: port(22), Extensions: lb.Extend(ovh.FrontendOptions{AnyCertificate: true, Zone: "gra"})},
		"udp": {Protocol: lb.ProtocolUDP, Ports: port(53), DefaultBackend: udp.ID},
	} {
		canonical := must[lb.FrontendSpec](t)(w.Dialect().Frontend(spec))
		made := must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, spec))
		read := must[*lb.Frontend](t)(w.Frontends().Get(t.Context(), made.ID))
		for when, got := range map[string]*lb.Frontend{"create": made, "get": read} {
			if diff := cmp.Diff(canonical, got.FrontendSpec, specsEqual); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, when, diff)
			}
			if got.LoadBalancer != w.id || got.Native == nil {
				t.Errorf("%s, %s: of %q, native %v", name, when, got.LoadBalancer, got.Native)
			}
		}
	}
}

// TestFrontendUpdateSendsWhatChanged changes every field alone, sees that it alone
// is sent and read back, and takes it away again.
func TestFrontendUpdateSendsWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	w.server.AddFailover(w.service(), netip.MustParsePrefix("203.0.113.9/32"))
	b, certificate := w.backend(nil), w.upload()
	_, farm := number(t, b.ID)
	_, ssl, _ := ovh.ParseCertificateID(certificate)
	f := w.frontend(80, "")
	put := "PUT /http/frontend/" + last(string(f.ID)) + " "
	for name, test := range map[string]struct {
		change func(*lb.FrontendSpec)
		sent   string
		undone string
	}{
		"name":        {func(s *lb.FrontendSpec) { s.Name = "new" }, `{"displayName":"new"}`, `{"displayName":null}`},
		"ports":       {func(s *lb.FrontendSpec) { s.Ports = append(s.Ports, lb.PortRange{From: 90, To: 91}) }, `{"port":"80,90-91"}`, `{"port":"80"}`},
		"default":     {func(s *lb.FrontendSpec) { s.DefaultBackend = b.ID }, `{"defaultFarmId":` + farm + `}`, `{"defaultFarmId":null}`},
		"certificate": {func(s *lb.FrontendSpec) { s.Certificates = []lb.CertificateID{certificate} }, `{"ssl":true,"defaultSslId":` + decimal(ssl) + `}`, `{"ssl":false,"defaultSslId":null}`},
		"tls":         {func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(ovh.FrontendOptions{AnyCertificate: true}) }, `{"ssl":true}`, `{"ssl":false}`},
		"addresses":   {func(s *lb.FrontendSpec) { s.Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.9/32")} }, `{"dedicatedIpfo":["203.0.113.9/32"]}`, `{"dedicatedIpfo":null}`},
		"disabled":    {func(s *lb.FrontendSpec) { s.Disabled = true }, `{"disabled":true}`, `{"disabled":false}`},
		"hsts":        {func(s *lb.FrontendSpec) { s.HSTS = true }, `{"hsts":true}`, `{"hsts":false}`},
		"headers":     {func(s *lb.FrontendSpec) { s.SetHeaders = []lb.Header{{Name: "X", Value: "{client_port}"}} }, `{"httpHeader":["X %cp"]}`, `{"httpHeader":null}`},
		"zone":        {func(s *lb.FrontendSpec) { s.Extensions = lb.Extend(ovh.FrontendOptions{Zone: "rbx"}) }, `{"zone":"rbx"}`, `{"zone":"all"}`},
		"redirect": {func(s *lb.FrontendSpec) {
			s.Extensions = lb.Extend(ovh.FrontendOptions{RedirectLocation: "https://a.example"})
		}, `{"redirectLocation":"https://a.example"}`, `{"redirectLocation":null}`},
		"unused": {func(s *lb.FrontendSpec) {
			s.Extensions = lb.Extend(ovh.FrontendOptions{UnusedCertificate: certificate})
		}, `{"defaultSslId":` + decimal(ssl) + `}`, `{"defaultSslId":null}`},
		"several at one": {func(s *lb.FrontendSpec) { s.Name, s.HSTS = "new", true }, `{"displayName":"new","hsts":true}`, `{"displayName":null,"hsts":false}`},
	} {
		before := must[*lb.Frontend](t)(w.Frontends().Get(ctx, f.ID))
		desired := lb.Clone(before.FrontendSpec)
		test.change(&desired)
		canonical := must[lb.FrontendSpec](t)(w.Dialect().Frontend(desired))
		for _, step := range []struct {
			to   lb.FrontendSpec
			sent string
		}{{canonical, test.sent}, {before.FrontendSpec, test.undone}} {
			sent := w.writes(func() {
				got := must[*lb.Frontend](t)(w.Frontends().Update(ctx, f.ID, func(s *lb.FrontendSpec) error { *s = lb.Clone(step.to); return nil }))
				if diff := cmp.Diff(step.to, got.FrontendSpec, specsEqual); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			})
			if len(sent) != 1 || !sameJSON(t, sent[0][len(put):], step.sent) || sent[0][:len(put)] != put {
				t.Errorf("%s: sent %q, want %s", name, sent, step.sent)
			}
		}
	}
}

// TestUpdateKeepsSources: what restricts the sources of a frontend is no setting of
// the frontend's in the contract, and an update of another does not touch it.
func TestUpdateKeepsSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	made := must[*ovh.TCPFrontend](t)(w.client.TCP.Frontends.Create(ctx, w.service(), ovh.TCPFrontendCreate{Zone: ovh.AllZones, Port: "22", AllowedSource: []string{"10.0.0.0/8"}}))
	id := ovh.FormatFrontendID(w.service(), lb.ProtocolTCP, made.FrontendID)
	must[*lb.Frontend](t)(w.Frontends().Update(ctx, id, func(s *lb.FrontendSpec) error { s.Disabled = true; return nil }))
	got := must[*ovh.TCPFrontend](t)(w.client.TCP.Frontends.Get(ctx, w.service(), made.FrontendID))
	if diff := cmp.Diff([]string{"10.0.0.0/8"}, got.AllowedSource); diff != "" || !got.Disabled {
		t.Errorf("disabled %t, sources (-want +got):\n%s", got.Disabled, diff)
	}
}

func TestFrontendDeleteTakesItsRoutesAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	b := w.backend(nil)
	f, other := w.frontend(80, b.ID), w.frontend(81, b.ID)
	route := func(of lb.FrontendID) string {
		_, _, n, _ := ovh.ParseFrontendID(of)
		_, farm := number(t, b.ID)
		made := must[*ovh.HTTPRoute](t)(w.client.HTTP.Routes.Create(ctx, w.service(), ovh.HTTPRouteCreate{FrontendID: n, Action: ovh.HTTPRouteAction{Type: ovh.RouteActionFarm, Target: farm}}))
		return "DELETE /http/route/" + decimal(made.RouteID)
	}
	first, second := route(f.ID), route(f.ID)
	route(other.ID)
	want(t, w.writes(func() {
		if err := w.Frontends().Delete(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
	}), first, second, "DELETE /http/frontend/"+last(string(f.ID)))
	left := must[[]*lb.Frontend](t)(lb.Collect(w.Frontends().List(ctx, w.id, lb.ListOptions{})))
	if len(left) != 1 || left[0].ID != other.ID {
		t.Errorf("left: %v", left)
	}
}

// TestFrontendThatStaysLetsNobodyIn: whichever request of a Delete fails, what is staged
// then denies what the frontend's filters did, or does not listen; and the same again
// deletes it.
func TestFrontendThatStaysLetsNobodyIn(t *testing.T) {
	t.Parallel()
	const writes = 5 // of the frontend, its three routes, and the frontend again
	for nth := range writes + 1 {
		w := newWorld(t)
		ctx := t.Context()
		b := w.backend(nil)
		f := w.frontend(80, b.ID)
		w.setFilters(f.ID, refuse(403, hosts("a.example")), refuse(403, hosts("b.example")))
		w.setRoutes(f.ID, lb.RouteSpec{Match: lb.Match{hosts("c.example")}, Backend: b.ID})
		w.server.Faults().On(func(r *http.Request) bool { return r.Method != http.MethodGet }).Skip(nth).Times(1).Status(http.StatusForbidden, `{"message":"no"}`)
		err := w.Frontends().Delete(ctx, f.ID)
		w.server.Faults().Reset()
		if nth == writes {
			is(t, err, nil)
			return
		}
		is(t, err, lb.ErrForbidden)
		left := must[*lb.Frontend](t)(w.Frontends().Get(ctx, f.ID))
		if !left.Disabled && (!w.denies(f.ID, "a.example") || !w.denies(f.ID, "b.example")) {
			t.Errorf("write %d failed, and the frontend is open", nth)
		}
		if err := w.Frontends().Delete(ctx, f.ID); err != nil {
			t.Errorf("write %d failed, then: %v", nth, err)
		}
	}
}

// TestFrontendThatIsGoneLeavesNoRoutes: where somebody else has deleted a frontend and the
// API has kept its routes, which would keep backends in use, Delete removes them.
func TestFrontendThatIsGoneLeavesNoRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.frontend(80, w.backend(nil).ID)
	w.setFilters(f.ID, refuse(403, hosts("a.example")))
	w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/http/frontend/"+last(string(f.ID))) }).
		Status(http.StatusNotFound, `{"message":"no such frontend"}`)
	is(t, w.Frontends().Delete(t.Context(), f.ID), lb.ErrNotFound)
	if n := w.routeCount(); n != 0 {
		t.Errorf("%d routes are left", n)
	}
}
