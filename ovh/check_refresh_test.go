package ovh_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

const redirectTarget = "https://example.com/"

// anything leaves it to the refresh to find what writes could have refused.
func anything(a *ovhtest.Assumptions) {
	a.DedicatedIPFO, a.FarmInUse = ovhtest.Accepted, ovhtest.Accepted
}

// staging writes natively to the load balancer of a world.
type staging struct {
	*world
	t *testing.T
}

func newStaging(t *testing.T, opts ...ovhtest.Option) staging {
	t.Helper()
	return staging{newWorld(t, append(opts, ovhtest.WithManualClock(), ovhtest.WithAssumptions(anything))...), t}
}

func (s staging) farm(network int64) int64 {
	s.t.Helper()
	return must[*ovh.HTTPFarm](s.t)(s.client.HTTP.Farms.Create(s.t.Context(), s.service(), ovh.HTTPFarmCreate{Zone: ovh.AllZones, VRackNetworkID: network})).FarmID
}

func (s staging) http(body ovh.HTTPFrontendCreate) int64 {
	s.t.Helper()
	body.Zone, body.Port = ovh.AllZones, "80"
	return must[*ovh.HTTPFrontend](s.t)(s.client.HTTP.Frontends.Create(s.t.Context(), s.service(), body)).FrontendID
}

func (s staging) redirect(dedicated ...string) int64 {
	s.t.Helper()
	return s.http(ovh.HTTPFrontendCreate{RedirectLocation: redirectTarget, DedicatedIPFO: dedicated})
}

func (s staging) tcp(body ovh.TCPFrontendCreate) int64 {
	s.t.Helper()
	body.Zone, body.Port = ovh.AllZones, "5432"
	return must[*ovh.TCPFrontend](s.t)(s.client.TCP.Frontends.Create(s.t.Context(), s.service(), body)).FrontendID
}

// route gives an HTTP frontend a route, with a rule or without.
func (s staging) route(frontend int64, action ovh.HTTPRouteAction, rule bool) int64 {
	s.t.Helper()
	route := must[*ovh.HTTPRoute](s.t)(s.client.HTTP.Routes.Create(s.t.Context(), s.service(), ovh.HTTPRouteCreate{FrontendID: frontend, Action: action}))
	if rule {
		must[*ovh.Rule](s.t)(s.client.HTTP.Routes.Rules.Create(s.t.Context(), s.service(), route.RouteID, ovh.RuleCreate{Field: "method", Match: ovh.RuleIs, Pattern: "TRACE"}))
	}
	return route.RouteID
}

func (s staging) attachVRack() {
	s.server.AttachVRack(s.service(), "pn-1")
	s.server.Advance(time.Minute)
}

func (s staging) network() int64 {
	s.t.Helper()
	return must[*ovh.VRackNetwork](s.t)(s.client.VRack.CreateNetwork(s.t.Context(), s.service(), ovh.VRackNetworkCreate{Subnet: "10.0.0.0/24", NATIP: "10.0.0.0/28"})).VRackNetworkID
}

func (s staging) done(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// refreshCases are configurations, and which preconditions of a refresh do not hold
// for which objects below the service.
var refreshCases = map[string]struct {
	prepare func(s staging)
	want    []string
}{
	"a frontend with a default farm": {func(s staging) { s.http(ovh.HTTPFrontendCreate{DefaultFarmID: s.farm(0)}) }, nil},
	"a frontend that redirects":      {func(s staging) { s.redirect() }, nil},
	"a TCP frontend with a default farm": {func(s staging) {
		farm := must[*ovh.TCPFarm](s.t)(s.client.TCP.Farms.Create(s.t.Context(), s.service(), ovh.TCPFarmCreate{Zone: ovh.AllZones}))
		s.tcp(ovh.TCPFrontendCreate{DefaultFarmID: farm.FarmID})
	}, nil},
	"no frontend": {func(s staging) { s.farm(0) }, []string{"frontend of "}},
	"frontends that lead nowhere": {func(s staging) {
		s.http(ovh.HTTPFrontendCreate{})
		s.tcp(ovh.TCPFrontendCreate{})
		must[*ovh.UDPFrontend](s.t)(s.client.UDP.Frontends.Create(s.t.Context(), s.service(), ovh.UDPFrontendCreate{Zone: ovh.AllZones, Port: "53"}))
	}, []string{"target of /http/frontend/1", "target of /tcp/frontend/2", "target of /udp/frontend/3"}},
	"a disabled frontend is not exempt": {func(s staging) { s.http(ovh.HTTPFrontendCreate{Disabled: true}) }, []string{"target of /http/frontend/1"}},
	"a route with a rule":               {func(s staging) { s.route(s.http(ovh.HTTPFrontendCreate{}), reject, true) }, nil},
	"a route without rules":             {func(s staging) { s.route(s.http(ovh.HTTPFrontendCreate{}), reject, false) }, []string{"target of /http/frontend/1"}},
	"the routes of another frontend":    {func(s staging) { s.http(ovh.HTTPFrontendCreate{}); s.route(s.redirect(), reject, true) }, []string{"target of /http/frontend/1"}},
	"a route to a farm":                 {func(s staging) { s.route(s.http(ovh.HTTPFrontendCreate{}), toFarm(s.farm(0)), true) }, nil},
	"a route to a farm that is gone":    {func(s staging) { s.routeToNowhere() }, []string{"target of /http/frontend/2"}},
	"a default farm that is gone":       {func(s staging) { s.defaultToNowhere() }, []string{"target of /http/frontend/2"}},
	"a default farm of another protocol": {func(s staging) {
		s.http(ovh.HTTPFrontendCreate{DefaultFarmID: s.farm(0)})
		s.tcp(ovh.TCPFrontendCreate{})
	}, []string{"target of /tcp/frontend/3"}},
	"in a vRack, without a network":       {func(s staging) { s.redirect(); s.attachVRack() }, []string{"vrackNetwork of "}},
	"in a vRack, with a network":          {func(s staging) { s.redirect(); s.attachVRack(); s.network() }, nil},
	"in a vRack, every farm in a network": {func(s staging) { s.redirect(); s.attachVRack(); s.farm(s.network()) }, nil},
	"in a vRack, a farm outside":          {func(s staging) { s.redirect(); s.attachVRack(); s.farm(s.network()); s.farm(0) }, []string{"vrackFarm of /http/farm/5"}},
	"on the way into a vRack":             {func(s staging) { s.redirect(); s.farm(0); s.server.AttachVRack(s.service(), "pn-1") }, nil},
	"on the way out of a vRack, a farm outside": {func(s staging) {
		s.redirect()
		s.attachVRack()
		s.network()
		s.farm(0)
		s.server.DetachVRack(s.service())
	}, []string{"vrackFarm of /http/farm/4"}},
	"out of the vRack, a farm still in it": {func(s staging) { s.leaveVRack() }, []string{"vrackFarm of /http/farm/4"}},
	"an address of its own": {func(s staging) {
		s.server.AddFailover(s.service(), netip.MustParsePrefix("203.0.113.1/32"))
		s.redirect("203.0.113.1")
	}, nil},
	"an address that is not routed here": {func(s staging) {
		s.server.AddFailover(s.service(), netip.MustParsePrefix("203.0.113.2/32"))
		s.redirect("203.0.113.1")
	}, []string{"addressRouted of /http/frontend/1"}},
	"an address of two frontends, on other ports and protocols": {func(s staging) {
		s.server.AddFailover(s.service(), netip.MustParsePrefix("203.0.113.1/32"))
		s.redirect("203.0.113.1")
		farm := must[*ovh.TCPFarm](s.t)(s.client.TCP.Farms.Create(s.t.Context(), s.service(), ovh.TCPFarmCreate{Zone: ovh.AllZones}))
		s.tcp(ovh.TCPFrontendCreate{DefaultFarmID: farm.FarmID, DedicatedIPFO: []string{"203.0.113.1"}})
	}, []string{"addressOnce of /tcp/frontend/3"}},
	"addresses of one frontend each": {func(s staging) {
		s.server.AddFailover(s.service(), netip.MustParsePrefix("203.0.113.1/32"), netip.MustParsePrefix("203.0.113.2/32"))
		s.redirect("203.0.113.1")
		s.redirect("203.0.113.2")
	}, nil},
	"everything at once": {func(s staging) {
		s.attachVRack()
		s.farm(0)
		s.redirect("203.0.113.1")
		s.redirect("203.0.113.1")
		s.http(ovh.HTTPFrontendCreate{})
	}, []string{
		"vrackNetwork of ", "vrackFarm of /http/farm/2", "target of /http/frontend/5",
		"addressRouted of /http/frontend/3", "addressRouted of /http/frontend/4", "addressOnce of /http/frontend/4",
	}},
}

var reject = ovh.HTTPRouteAction{Type: ovh.RouteActionReject}

func toFarm(id int64) ovh.HTTPRouteAction {
	return ovh.HTTPRouteAction{Type: ovh.RouteActionFarm, Target: decimal(id)}
}

func (s staging) routeToNowhere() {
	farm := s.farm(0)
	s.route(s.http(ovh.HTTPFrontendCreate{}), toFarm(farm), true)
	s.done(s.client.HTTP.Farms.Delete(s.t.Context(), s.service(), farm))
}

func (s staging) defaultToNowhere() {
	farm := s.farm(0)
	s.http(ovh.HTTPFrontendCreate{DefaultFarmID: farm})
	s.done(s.client.HTTP.Farms.Delete(s.t.Context(), s.service(), farm))
}

func (s staging) leaveVRack() {
	s.redirect()
	s.attachVRack()
	s.farm(s.network())
	s.server.DetachVRack(s.service())
	s.server.Advance(time.Minute)
}

// short is problems as refreshCases has them.
func (s staging) short(problems ovh.RefreshProblems) []string {
	s.t.Helper()
	var out []string
	for _, p := range problems {
		if !p.Precondition.Known() || p.Kind == "" || p.Reason == "" || !strings.Contains(p.Error(), p.ID) || !strings.Contains(problems.Error(), p.Error()) {
			s.t.Errorf("%#v: %v", p, p)
		}
		out = append(out, fmt.Sprintf("%s of %s", p.Precondition, strings.TrimPrefix(p.ID, s.service())))
	}
	return out
}

// TestCheckRefresh: each precondition is reported where it does not hold, and there
// alone, all of them at once; and a refresh is refused where one is.
func TestCheckRefresh(t *testing.T) {
	t.Parallel()
	for name, test := range refreshCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStaging(t)
			test.prepare(s)
			problems := must[ovh.RefreshProblems](t)(s.client.CheckRefresh(t.Context(), s.service()))
			if diff := cmp.Diff(test.want, s.short(problems)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (problems.Err() != nil) != (len(test.want) > 0) {
				t.Errorf("as an error: %v", problems.Err())
			}
			_, err := s.client.LoadBalancers.Refresh(t.Context(), s.service(), ovh.RefreshOptions{})
			if refused := errors.Is(err, lb.ErrInvalid); refused != (len(test.want) > 0) || (!refused && err != nil) {
				t.Errorf("found %v; the API says %v", problems, err)
			}
		})
	}
}

// TestCheckRefreshFindsAnotherOne, waiting or running, and not one that is over.
func TestCheckRefreshFindsAnotherOne(t *testing.T) {
	t.Parallel()
	s := newStaging(t)
	s.redirect()
	task := must[*ovh.Task](t)(s.client.LoadBalancers.Refresh(t.Context(), s.service(), ovh.RefreshOptions{}))
	for _, state := range []string{"todo", "doing"} {
		problems := must[ovh.RefreshProblems](t)(s.client.CheckRefresh(t.Context(), s.service()))
		if diff := cmp.Diff([]string{fmt.Sprintf("idle of /task/%d", task.ID)}, s.short(problems)); diff != "" || !strings.Contains(problems.Error(), state) {
			t.Errorf("%s: %v\n%s", state, problems, diff)
		}
		s.server.Advance(1500 * time.Millisecond)
	}
	if problems := must[ovh.RefreshProblems](t)(s.client.CheckRefresh(t.Context(), s.service())); len(problems) > 0 {
		t.Errorf("done: %v", problems)
	}
}

// TestCheckRefreshReadsWhatMatters, and nothing more: no routes where every
// frontend leads somewhere, no failover addresses where none is dedicated.
func TestCheckRefreshReadsWhatMatters(t *testing.T) {
	t.Parallel()
	s := newStaging(t)
	s.http(ovh.HTTPFrontendCreate{DefaultFarmID: s.farm(0)})
	first := []string{"GET /definedFarms", "GET /definedFrontends", "GET /http/farm", "GET /http/frontend", "GET /task", "GET /task", "GET /vrack/status"}
	check := func() { _ = must[ovh.RefreshProblems](t)(s.client.CheckRefresh(t.Context(), s.service())) }
	want(t, sorted(s.during(check)...), first...)
	s.tcp(ovh.TCPFrontendCreate{DedicatedIPFO: []string{"203.0.113.1"}})
	s.attachVRack()
	want(t, sorted(s.during(check)...), sorted(append(first, "GET /tcp/frontend", "GET /tcp/route", "GET /failover", "GET /vrack/network")...)...)
}

// TestCheckRefreshCannotTell: an error of a request is no finding.
func TestCheckRefreshCannotTell(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/vrack/status", "/definedFrontends", "/http/frontend", "/http/route", "/failover"} {
		s := newStaging(t)
		s.http(ovh.HTTPFrontendCreate{DedicatedIPFO: []string{"203.0.113.1"}})
		s.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, path) }).Status(http.StatusForbidden, `{"message":"no"}`)
		problems, err := s.client.CheckRefresh(t.Context(), s.service())
		var e *lb.Error
		if !errors.As(err, &e) || !errors.Is(err, lb.ErrForbidden) || e.Op != "checkRefresh" || problems != nil {
			t.Errorf("%s: got %v, %v", path, problems, err)
		}
	}
	s := newStaging(t)
	if _, err := s.client.CheckRefresh(t.Context(), "loadbalancer-none"); !errors.Is(err, lb.ErrNotFound) {
		t.Errorf("no such service: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client.CheckRefresh(ctx, s.service()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestCommitExplainsARefusal with every precondition, behind the API's own error;
// where it is accepted, nothing is asked for that was not.
func TestCommitExplainsARefusal(t *testing.T) {
	t.Parallel()
	s := newStaging(t)
	s.http(ovh.HTTPFrontendCreate{})
	s.tcp(ovh.TCPFrontendCreate{})
	_, err := s.LoadBalancers().Commit(t.Context(), s.id, lb.CommitOptions{})
	e := errorOf(t, err, lb.ErrInvalid, "loadbalancers.commit", s.service())
	var problems ovh.RefreshProblems
	var api *ovh.Error
	if !errors.As(err, &problems) || !errors.As(err, &api) || api.Status != http.StatusBadRequest || e.RequestID == "" {
		t.Fatalf("%#v", err)
	}
	if diff := cmp.Diff([]string{"target of /http/frontend/1", "target of /tcp/frontend/2"}, s.short(problems)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{e.Message, problems.Error()} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q is not in %q", text, err)
		}
	}
}

func TestCommitAsksNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	s := newStaging(t)
	s.redirect()
	accepted := s.during(func() {
		must[*lb.Operation](t)(s.LoadBalancers().Commit(t.Context(), s.id, lb.CommitOptions{}))
	})
	want(t, accepted, "GET /task", "GET /task", "GET /pendingChanges", "POST /refresh")
	// What is refused for another reason is not looked into.
	s = newStaging(t, ovhtest.WithDeniedActions("loadbalancer:apiovh:refresh"))
	s.redirect()
	refused := s.during(func() {
		_, err := s.LoadBalancers().Commit(t.Context(), s.id, lb.CommitOptions{})
		is(t, err, lb.ErrForbidden)
	})
	if slices.Contains(refused, "GET /vrack/status") {
		t.Errorf("sent %q", refused)
	}
}
