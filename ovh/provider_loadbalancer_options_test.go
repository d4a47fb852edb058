package ovh_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

const (
	streamA = "0a1b2c3d-0000-4000-8000-00000000000a"
	streamB = "0a1b2c3d-0000-4000-8000-00000000000b"
)

// newOptionsWorld is a world whose provider was asked to look after LoadBalancerOptions.
func newOptionsWorld(t *testing.T, opts ...ovhtest.Option) *world {
	t.Helper()
	w := newWorld(t, opts...)
	w.Provider = ovh.NewProvider(w.client, ovh.WithLoadBalancerOptions())
	return w
}

// options sets LoadBalancerOptions and leaves the rest as it is.
func options(o ovh.LoadBalancerOptions) func(*lb.LoadBalancerSpec) error {
	return func(s *lb.LoadBalancerSpec) error {
		s.Extensions = s.Extensions.Without("ovh").With(o)
		return nil
	}
}

func optionsIn(t *testing.T, spec lb.LoadBalancerSpec) ovh.LoadBalancerOptions {
	t.Helper()
	o, _, err := lb.ExtensionOf[ovh.LoadBalancerOptions](spec.Extensions)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestLoadBalancerOptionsReadBack in canonical form, whoever reads: what is written
// is sent and nothing else, and writing it once more sends nothing.
func TestLoadBalancerOptionsReadBack(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]ovhtest.Option{"whole objects": nil, "keys": {ovhtest.WithoutExpansion(), ovhtest.WithManualClock()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOptionsWorld(t, opts...)
			update := w.LoadBalancers().Update
			for _, step := range []struct {
				to   ovh.LoadBalancerOptions
				sent []string
			}{
				{ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"GRA": 5e12}}, []string{`PUT /quota/gra {"alert":5000000000000}`}},
				{ovh.LoadBalancerOptions{
					QuotaAlerts: map[string]int64{"gra": 5e12, "rbx": 1},
					LogStreams:  []ovh.LogStream{{Kind: "tcp", Stream: strings.ToUpper(streamA)}, {Kind: "http", Stream: streamA}},
				}, []string{
					`PUT /quota/rbx {"alert":1}`,
					`POST /log/subscription {"kind":"http","streamId":"` + streamA + `"}`,
					`POST /log/subscription {"kind":"tcp","streamId":"` + streamA + `"}`,
				}},
				{ovh.LoadBalancerOptions{
					QuotaAlerts: map[string]int64{"rbx": 2},
					LogStreams:  []ovh.LogStream{{Kind: "http", Stream: streamB}, {Kind: "tcp", Stream: streamA}},
				}, []string{
					`PUT /quota/gra {"alert":null}`, `PUT /quota/rbx {"alert":2}`,
					`POST /log/subscription {"kind":"http","streamId":"` + streamB + `"}`, "DELETE /log/subscription/",
				}},
				{ovh.LoadBalancerOptions{}, []string{`PUT /quota/rbx {"alert":null}`, "DELETE /log/subscription/", "DELETE /log/subscription/"}},
			} {
				var got *lb.LoadBalancer
				sent := w.writes(func() { got = must[*lb.LoadBalancer](t)(update(t.Context(), w.id, options(step.to))) })
				want(t, withoutIDs(sent), step.sent...)
				canonical := must[lb.LoadBalancerSpec](t)(w.Dialect().LoadBalancer(lb.LoadBalancerSpec{Extensions: lb.Extend(step.to)}))
				listed := must[[]*lb.LoadBalancer](t)(lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{})))[0]
				tree := must[*lb.Tree](t)(w.LoadBalancers().Read(t.Context(), w.id))
				for _, read := range []*lb.LoadBalancer{got, listed, tree.LoadBalancer} {
					if !read.Extensions.Equal(canonical.Extensions) {
						t.Errorf("read %v, want %v", read.Extensions, canonical.Extensions)
					}
				}
				again := w.writes(func() { must[*lb.LoadBalancer](t)(update(t.Context(), w.id, options(step.to))) })
				want(t, again)
			}
		})
	}
}

// withoutIDs cuts the made-up IDs of subscriptions off.
func withoutIDs(requests []string) []string {
	for i, r := range requests {
		if strings.HasPrefix(r, "DELETE /log/subscription/") {
			requests[i] = "DELETE /log/subscription/"
		}
	}
	return requests
}

// TestLoadBalancerOptionsThatAreRefused send nothing.
func TestLoadBalancerOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newOptionsWorld(t)
	for name, o := range map[string]ovh.LoadBalancerOptions{
		"a zone that it does not have": {QuotaAlerts: map[string]int64{"bhs": 1}},
		"a negative alert":             {QuotaAlerts: map[string]int64{"gra": -1}},
		"no stream":                    {LogStreams: []ovh.LogStream{{Kind: "http"}}},
	} {
		sent := w.writes(func() {
			_, err := w.LoadBalancers().Update(t.Context(), w.id, func(s *lb.LoadBalancerSpec) error {
				s.Name = "renamed"
				return options(o)(s)
			})
			is(t, err, lb.ErrInvalid)
		})
		if len(sent) > 0 {
			t.Errorf("%s: sent %q", name, sent)
		}
	}
}

// TestLoadBalancerOptionsOfOthers: what the Dialect would refuse passes unchanged,
// and goes when it is to go.
func TestLoadBalancerOptionsOfOthers(t *testing.T) {
	t.Parallel()
	w := newOptionsWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.SameStream = ovhtest.Accepted }))
	ctx := t.Context()
	if err := w.client.Quotas.Update(ctx, w.service(), "gra", ovh.QuotaUpdate{Alert: ovh.Value[int64](0)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the same logs to the same stream, twice
		must[*ovh.LogOperation](t)(w.client.Logs.Subscribe(ctx, w.service(), ovh.LogSubscriptionCreate{Kind: "http", StreamID: streamA}))
	}
	got := must[*lb.LoadBalancer](t)(w.LoadBalancers().Get(ctx, w.id))
	live := ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 0}, LogStreams: []ovh.LogStream{{Kind: "http", Stream: streamA}}}
	if diff := cmp.Diff(live, optionsIn(t, got.LoadBalancerSpec)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sent := w.writes(func() {
		must[*lb.LoadBalancer](t)(w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error { s.Name = "edge"; return nil }))
	})
	want(t, sent, `PUT  {"displayName":"edge"}`)
	sent = w.writes(func() {
		must[*lb.LoadBalancer](t)(w.LoadBalancers().Update(ctx, w.id, options(ovh.LoadBalancerOptions{})))
	})
	want(t, withoutIDs(sent), `PUT /quota/gra {"alert":null}`, "DELETE /log/subscription/", "DELETE /log/subscription/")
}

// TestLoadBalancerOptionsConverge: after an error the same call sends what is left.
func TestLoadBalancerOptionsConverge(t *testing.T) {
	t.Parallel()
	w := newOptionsWorld(t)
	change := options(ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 1}, LogStreams: []ovh.LogStream{{Kind: "http", Stream: streamA}}})
	isSubscribe := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/log/subscription")
	}
	w.server.Faults().On(isSubscribe).Times(1).DropAfterSend()
	_, err := w.LoadBalancers().Update(t.Context(), w.id, change)
	is(t, err, lb.ErrUncertain)
	want(t, w.writes(func() { must[*lb.LoadBalancer](t)(w.LoadBalancers().Update(t.Context(), w.id, change)) }))
}

// TestWithoutLogsAndQuotas: where the API does not have them there are none; where it
// refuses them, that is not "none".
func TestWithoutLogsAndQuotas(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/quota", "/log/subscription"} {
		w := newOptionsWorld(t)
		fault := w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, path) })
		fault.Status(http.StatusNotFound, `{"class":"Client::NotFound","message":"no"}`)
		if got := must[*lb.LoadBalancer](t)(w.LoadBalancers().Get(t.Context(), w.id)); !got.Extensions.IsZero() {
			t.Errorf("%s: %v", path, got.Extensions)
		}
		fault.Status(http.StatusForbidden, `{"message":"no"}`)
		_, err := w.LoadBalancers().Get(t.Context(), w.id)
		is(t, err, lb.ErrForbidden)
	}
	w := newOptionsWorld(t)
	_, err := w.LoadBalancers().Get(t.Context(), "loadbalancer-none")
	wantError(t, err, lb.ErrNotFound, "loadbalancers.get", "loadbalancer-none")
}

// TestLoadBalancersKeepToTheWindow: no more requests are under way than the caller
// allows, those for options included.
func TestLoadBalancersKeepToTheWindow(t *testing.T) {
	t.Parallel()
	for window, most := range map[int]int32{1: 1, 3: 3, 0: 4} {
		w := newOptionsWorld(t)
		for range 12 {
			w.server.AddService("gra")
		}
		var underWay, peak atomic.Int32
		client := must[*ovh.Client](t)(w.server.Client(ovh.WithHTTPClient(&http.Client{Transport: counting{w.server.HTTPClient().Transport, &underWay, &peak}})))
		listed := lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{PageOptions: lb.PageOptions{Window: window}}}
		if got := must[[]*lb.LoadBalancer](t)(lb.Collect(ovh.NewProvider(client, ovh.WithLoadBalancerOptions()).LoadBalancers().List(t.Context(), listed))); len(got) != 13 {
			t.Errorf("%d load balancers", len(got))
		}
		if got := peak.Load(); got > most {
			t.Errorf("window %d: %d requests at once", window, got)
		}
	}
	w := newOptionsWorld(t)
	for _, err := range w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{PageOptions: lb.PageOptions{Window: -1}}}) {
		is(t, err, lb.ErrInvalid)
	}
}

// counting counts the requests that are under way.
type counting struct {
	http.RoundTripper
	underWay, peak *atomic.Int32
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	n := c.underWay.Add(1)
	defer c.underWay.Add(-1)
	peak := c.peak.Load()
	for n > peak && !c.peak.CompareAndSwap(peak, n) {
		peak = c.peak.Load()
	}
	return c.RoundTripper.RoundTrip(r)
}

// TestOptionsAreReadOfWhatIsListed, and of no other load balancer.
func TestOptionsAreReadOfWhatIsListed(t *testing.T) {
	t.Parallel()
	w := newOptionsWorld(t)
	w.server.AddService("bhs")
	sent := w.during(func() {
		got := must[[]*lb.LoadBalancer](t)(lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{Zone: "rbx"})))
		if len(got) != 1 || got[0].ID != w.id {
			t.Errorf("got %v", got)
		}
	})
	if len(sent) != 3 {
		t.Errorf("sent %q", sent)
	}
}

// TestLoadBalancerOptionsAreAskedFor: whether there are any is the provider's option
// alone, which Capabilities and the Dialect agree on without a request.
func TestLoadBalancerOptionsAreAskedFor(t *testing.T) {
	t.Parallel()
	plain, asked := newWorld(t), newOptionsWorld(t)
	spec := lb.LoadBalancerSpec{Extensions: lb.Extend(ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 1}})}
	features := []lb.Feature{"loadbalancer.extensions", "loadbalancer.extensions.unset", "loadbalancer.extensions.update"}
	want(t, asked.during(func() {
		if err := lb.Require(asked, features...); err != nil {
			t.Error(err)
		}
		must[lb.LoadBalancerSpec](t)(asked.Dialect().LoadBalancer(spec))
	}))
	want(t, plain.during(func() {
		for _, feature := range features {
			if plain.Capabilities().Has(feature) {
				t.Errorf("%s is there without being asked for", feature)
			}
		}
		wantAsking(t, lb.Require(plain, "loadbalancer.extensions"), "")
		_, err := plain.Dialect().LoadBalancer(spec)
		wantAsking(t, err, "extensions.ovh")
	}))
}

// wantAsking is a refusal of LoadBalancerOptions that says how to ask for them.
func wantAsking(t *testing.T, err error, path string) {
	t.Helper()
	var no *lb.UnsupportedError
	if !errors.As(err, &no) || no.Feature != "loadbalancer.extensions" || no.Path != path || no.Hint != "make the provider with ovh.WithLoadBalancerOptions" {
		t.Errorf("got %v", err)
	}
}

// TestWithoutLoadBalancerOptions they cost nothing, need no rights and stay as they
// are, whatever an Update makes of the rest.
func TestWithoutLoadBalancerOptions(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	asked := ovh.NewProvider(w.client, ovh.WithLoadBalancerOptions()).LoadBalancers()
	live := ovh.LoadBalancerOptions{QuotaAlerts: map[string]int64{"gra": 5}, LogStreams: []ovh.LogStream{{Kind: "http", Stream: streamA}}}
	must[*lb.LoadBalancer](t)(asked.Update(ctx, w.id, options(live)))
	for name, test := range map[string]struct {
		call func() (*lb.LoadBalancer, error)
		sent []string
	}{
		"get": {func() (*lb.LoadBalancer, error) { return w.LoadBalancers().Get(ctx, w.id) }, []string{"GET "}},
		"list": {func() (*lb.LoadBalancer, error) {
			return must[[]*lb.LoadBalancer](t)(lb.Collect(w.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{})))[0], nil
		}, []string{"GET "}},
		"update": {func() (*lb.LoadBalancer, error) {
			return w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error {
				*s = lb.LoadBalancerSpec{Name: "edge", Plan: s.Plan, Tags: s.Tags}
				return nil
			})
		}, []string{"GET ", "PUT ", "GET "}},
	} {
		sent := w.during(func() {
			if got := must[*lb.LoadBalancer](t)(test.call()); !got.Extensions.IsZero() {
				t.Errorf("%s: %v", name, got.Extensions)
			}
		})
		want(t, sent, test.sent...)
	}
	sent := w.during(func() {
		_, err := w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error { s.Name = "other"; return options(live)(s) })
		wantAsking(t, err, "extensions.ovh")
	})
	want(t, sent, "GET ")
	got := must[*lb.LoadBalancer](t)(asked.Get(ctx, w.id))
	if diff := cmp.Diff(live, optionsIn(t, got.LoadBalancerSpec)); diff != "" || got.Name != "edge" {
		t.Errorf("%s (-want +got):\n%s", got.Name, diff)
	}
}

// TestLoadBalancerOptionsCost what WithLoadBalancerOptions says.
func TestLoadBalancerOptionsCost(t *testing.T) {
	t.Parallel()
	w := newOptionsWorld(t)
	own := []string{"GET /log/subscription", "GET /quota"}
	sent := w.during(func() { must[*lb.LoadBalancer](t)(w.LoadBalancers().Get(t.Context(), w.id)) })
	want(t, sorted(sent...), sorted(append(own, "GET ")...)...)
	sent = w.during(func() { must[*lb.Tree](t)(w.LoadBalancers().Read(t.Context(), w.id)) })
	want(t, sorted(sent...), sorted(append(own, "GET ", "GET /definedFarms", "GET /definedFrontends", "GET /definedRoutes", "GET /ssl")...)...)
}
