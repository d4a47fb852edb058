package ovh_test

import (
	"encoding/json"
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

func TestLoadBalancersAreListedAsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	second := w.server.AddService("bhs")
	w.server.SetTags(second, map[string]string{"team": "web", "alone": ""})
	must[*lb.LoadBalancer](t)(w.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error { s.Name = "edge"; return nil }))
	must[*lb.LoadBalancer](t)(w.LoadBalancers().Update(ctx, lb.LoadBalancerID(second), func(s *lb.LoadBalancerSpec) error { s.Name = "edge-2"; return nil }))
	for name, test := range map[string]struct {
		opts lb.LoadBalancerListOptions
		want []lb.LoadBalancerID
	}{
		"all":              {lb.LoadBalancerListOptions{}, []lb.LoadBalancerID{w.id, lb.LoadBalancerID(second)}},
		"by exact name":    {lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{Name: "edge"}}, []lb.LoadBalancerID{w.id}},
		"by zone":          {lb.LoadBalancerListOptions{Zone: "bhs"}, []lb.LoadBalancerID{lb.LoadBalancerID(second)}},
		"whatever case":    {lb.LoadBalancerListOptions{Zone: "BHS"}, []lb.LoadBalancerID{lb.LoadBalancerID(second)}},
		"by all of tags":   {lb.LoadBalancerListOptions{Tags: []string{"team=web", "alone"}}, []lb.LoadBalancerID{lb.LoadBalancerID(second)}},
		"by tags, in part": {lb.LoadBalancerListOptions{Tags: []string{"team=web", "other"}}, nil},
	} {
		var got []lb.LoadBalancerID
		for l, err := range w.LoadBalancers().List(ctx, test.opts) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, l.ID)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The main address is there even where the API does not show it as IPv4 or IPv6, and
// once where it does.
func TestLoadBalancerHasItsMainAddress(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`"ipLoadbalancing":"192.0.2.9","ipv4":null,"ipv6":null`:                                     {"192.0.2.9"},
		`"ipLoadbalancing":"192.0.2.9","ipv4":null,"ipv6":"2001:db8::1"`:                            {"192.0.2.9", "2001:db8::1"},
		`"ipLoadbalancing":"192.0.2.9","ipv4":"192.0.2.9","ipv6":"2001:db8::1"`:                     {"192.0.2.9", "2001:db8::1"},
		`"ipLoadbalancing":"2001:db8::1","ipv4":null,"ipv6":"2001:0db8:0000:0000:0000:0000:0:0001"`: {"2001:db8::1"},
	} {
		w := newWorld(t)
		w.server.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, w.service()) }).
			Replace(http.StatusOK, `{"serviceName":"`+w.service()+`",`+body+`}`)
		var got []string
		for _, address := range must[*lb.LoadBalancer](t)(w.LoadBalancers().Get(t.Context(), w.id)).Addresses {
			got = append(got, address.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func TestLoadBalancerUpdateSendsWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		change       func(*lb.LoadBalancerSpec)
		sent, undone string
	}{
		"name":   {func(s *lb.LoadBalancerSpec) { s.Name = "edge" }, `{"displayName":"edge"}`, `{"displayName":null}`},
		"policy": {func(s *lb.LoadBalancerSpec) { s.TLSPolicy = lb.TLSPolicyModern }, `{"sslConfiguration":"modern"}`, `{"sslConfiguration":"intermediate"}`},
	} {
		before := must[*lb.LoadBalancer](t)(w.LoadBalancers().Get(t.Context(), w.id))
		desired := lb.Clone(before.LoadBalancerSpec)
		test.change(&desired)
		for _, step := range []struct {
			to   lb.LoadBalancerSpec
			sent string
		}{{desired, test.sent}, {before.LoadBalancerSpec, test.undone}} {
			sent := w.writes(func() {
				got := must[*lb.LoadBalancer](t)(w.LoadBalancers().Update(t.Context(), w.id, func(s *lb.LoadBalancerSpec) error { *s = lb.Clone(step.to); return nil }))
				if diff := cmp.Diff(step.to, got.LoadBalancerSpec, specsEqual); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			})
			sameRequests(t, name, sent, []string{"PUT  " + step.sent})
		}
	}
}

func TestEgressRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	zones := must[[]ovh.NATIPs](t)(w.client.LoadBalancers.NATIPs(t.Context(), w.service()))
	var blocks []netip.Prefix
	for _, zone := range zones {
		for _, text := range zone.IP {
			blocks = append(blocks, netip.MustParsePrefix(text))
		}
	}
	slices.SortFunc(blocks, netip.Prefix.Compare)
	got := must[[]netip.Prefix](t)(w.LoadBalancers().EgressRanges(t.Context(), w.id))
	if diff := cmp.Diff(slices.Compact(blocks), got, specsEqual); diff != "" || len(got) < 2 {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReadIsWhatTheServicesRead, in the fewest requests: five for what there is, and
// one for each kind and protocol in use and for each backend's servers.
func TestReadIsWhatTheServicesRead(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]ovhtest.Option{"whole objects": nil, "keys": {ovhtest.WithoutExpansion()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, append(opts, ovhtest.WithManualClock())...)
			ctx := t.Context()
			web, second := w.backend(nil, "10.0.0.1", "10.0.0.2"), w.backend(func(s *lb.BackendSpec) { s.Name = "second" })
			udp := must[*lb.Backend](t)(w.Backends().Create(ctx, w.id, lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53}, at("10.0.0.1")))
			f := w.frontend(80, web.ID)
			certificate := w.upload()
			var tree *lb.Tree
			sent := w.during(func() { tree = must[*lb.Tree](t)(w.LoadBalancers().Read(ctx, w.id)) })
			if opts == nil {
				slices.Sort(sent)
				udpNumber := last(string(udp.ID))
				want(t, sent, sorted(
					"GET ", "GET /definedFarms", "GET /definedFrontends", "GET /definedRoutes", "GET /ssl",
					"GET /http/farm", "GET /http/frontend", "GET /udp/farm",
					"GET /http/farm/"+last(string(web.ID))+"/server", "GET /http/farm/"+last(string(second.ID))+"/server", "GET /udp/farm/"+udpNumber+"/server",
				)...)
			}
			wanted := &lb.Tree{
				LoadBalancer: must[*lb.LoadBalancer](t)(w.LoadBalancers().Get(ctx, w.id)),
				Backends:     must[[]*lb.Backend](t)(lb.Collect(w.Backends().List(ctx, w.id, lb.ListOptions{}))),
				Frontends:    []lb.FrontendTree{{Frontend: must[*lb.Frontend](t)(w.Frontends().Get(ctx, f.ID))}},
			}
			if len(tree.Certificates) != 1 || tree.Certificates[0].ID != certificate || tree.Certificates[0].CommonName != "a.example" {
				t.Errorf("certificates: %+v", tree.Certificates)
			}
			tree.Certificates = nil
			if got, want := asText(t, tree), asText(t, wanted); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func sorted(values ...string) []string { return slices.Sorted(slices.Values(values)) }

func asText(t *testing.T, v any) string {
	t.Helper()
	return string(must[[]byte](t)(json.Marshal(v)))
}

// TestReadHoldsRestrictedSources: what restricts a frontend's sources is its first
// filter.
func TestReadHoldsRestrictedSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	for i, sources := range []ovh.HTTPFrontendCreate{{AllowedSource: []string{"10.1.0.0/16", "10.0.0.1/32"}}, {DeniedSource: []string{"192.0.2.0/24"}}} {
		sources.Zone, sources.Port = ovh.AllZones, decimal(int64(80+i))
		must[*ovh.HTTPFrontend](t)(w.client.HTTP.Frontends.Create(ctx, w.service(), sources))
	}
	tree := must[*lb.Tree](t)(w.LoadBalancers().Read(ctx, w.id))
	for i, condition := range []lb.Condition{
		{Field: lb.FieldSource, Values: []string{"10.0.0.1/32", "10.1.0.0/16"}, Not: true}, {Field: lb.FieldSource, Values: []string{"192.0.2.0/24"}},
	} {
		filters := tree.Frontends[i].Filters
		if len(filters) != 1 || filters[0].Frontend != tree.Frontends[i].ID || filters[0].Action != lb.FilterDeny || cmp.Diff(lb.Match{condition}, filters[0].Match) != "" {
			t.Errorf("frontend %d: filters %+v", i, filters)
		}
	}
}

// TestListsAreLazyAndWhole, over all protocols, in both modes of the API.
func TestListsAreLazyAndWhole(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]ovhtest.Option{"whole objects": {ovhtest.WithManualClock()}, "keys": {ovhtest.WithManualClock(), ovhtest.WithoutExpansion()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts...)
			ctx := t.Context()
			var names []string
			for _, protocol := range []lb.Protocol{lb.ProtocolUDP, lb.ProtocolTCP, lb.ProtocolHTTP} {
				for _, name := range []string{"a", "b", "c"} {
					must[*lb.Backend](t)(w.Backends().Create(ctx, w.id, lb.BackendSpec{Protocol: protocol, Name: name, Port: 53}, at("10.0.0.1")))
					must[*lb.Frontend](t)(w.Frontends().Create(ctx, w.id, lb.FrontendSpec{Protocol: protocol, Name: name, Ports: port(53)}))
				}
			}
			for _, protocol := range []string{"http", "tcp", "udp"} {
				names = append(names, protocol+" a", protocol+" b", protocol+" c")
			}
			page := lb.PageOptions{PageSize: 2}
			backends := w.Backends().List(ctx, w.id, lb.ListOptions{PageOptions: page})
			frontends := w.Frontends().List(ctx, w.id, lb.ListOptions{PageOptions: page})
			want(t, w.during(func() {}))
			for range 2 {
				var got, gotFrontends []string
				for b, err := range backends {
					got = append(got, string(must[*lb.Backend](t)(b, err).Protocol)+" "+b.Name)
					if len(b.Servers) != 1 {
						t.Errorf("%s has servers %v", b.ID, b.Servers)
					}
				}
				for f, err := range frontends {
					gotFrontends = append(gotFrontends, string(must[*lb.Frontend](t)(f, err).Protocol)+" "+f.Name)
				}
				if diff := cmp.Diff(names, got); diff != "" {
					t.Errorf("backends (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(names, gotFrontends); diff != "" {
					t.Errorf("frontends (-want +got):\n%s", diff)
				}
			}
			named := must[[]*lb.Backend](t)(lb.Collect(w.Backends().List(ctx, w.id, lb.ListOptions{Name: "b"})))
			if len(named) != 3 || named[0].Name != "b" {
				t.Errorf("by name: %v", named)
			}
			if opts := len(opts); opts > 1 {
				return
			}
			sent := w.during(func() {
				must[*lb.Backend](t)(lb.First(backends, nil))
				must[*lb.Frontend](t)(lb.First(frontends, nil))
			})
			if len(sent) != 3 { // a page of farms, its first one's servers, a page of frontends
				t.Errorf("a break after the first item: sent %q", sent)
			}
		})
	}
}

// TestWithoutUDP: US answers 404 for everything about UDP.
func TestWithoutUDP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.ready()
	w.server.Faults().On(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/udp/") }).Status(http.StatusNotFound, `{"class":"Client::NotFound","message":"no"}`)
	got := must[[]*lb.Backend](t)(lb.Collect(w.Backends().List(t.Context(), w.id, lb.ListOptions{})))
	if len(got) != 1 || got[0].ID != b.ID {
		t.Errorf("backends: %v", got)
	}
	if frontends := must[[]*lb.Frontend](t)(lb.Collect(w.Frontends().List(t.Context(), w.id, lb.ListOptions{}))); len(frontends) != 1 {
		t.Errorf("frontends: %v", frontends)
	}
	must[*lb.Tree](t)(w.LoadBalancers().Read(t.Context(), w.id))
}

// TestABackendThatGoesWhileListed is left out.
func TestABackendThatGoesWhileListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.backend(nil, "10.0.0.1"), w.backend(nil, "10.0.0.1")
	w.server.Faults().On(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/farm/"+last(string(first.ID))+"/") }).
		Status(http.StatusNotFound, `{"class":"Client::NotFound","message":"no"}`)
	got := must[[]*lb.Backend](t)(lb.Collect(w.Backends().List(t.Context(), w.id, lb.ListOptions{})))
	if len(got) != 1 || got[0].ID != second.ID {
		t.Errorf("got %v", got)
	}
}
