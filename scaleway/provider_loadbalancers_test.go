package scaleway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

func TestLoadBalancerCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	free := must(w.client.Zone(zone).IPs.Create(ctx, scaleway.IPCreate{}))(t)
	free6 := must(w.client.Zone(zone).IPs.Create(ctx, scaleway.IPCreate{IsIPv6: true}))(t)
	both := []lb.AddressID{scaleway.FormatAddressID(zone, free.ID), scaleway.FormatAddressID(zone, free6.ID)}
	for _, test := range []struct {
		name      string
		spec      lb.LoadBalancerSpec
		addresses int
		body      []string
	}{
		{"least", lb.LoadBalancerSpec{}, 1, []string{`"assign_flexible_ip":true`, `"type":"lb-s"`}},
		{"everything", lb.LoadBalancerSpec{
			Tags: []string{"b", "a"}, Plan: "LB-GP-M", Zone: string(zone), TLSPolicy: lb.TLSPolicyModern,
			Extensions: lb.Extend(scaleway.LoadBalancerOptions{Description: "d", Project: aHalf + "0009", IPv6: true}),
		}, 2, []string{`"assign_flexible_ipv6":true`, `"description":"d"`}},
		{"private", lb.LoadBalancerSpec{Extensions: lb.Extend(scaleway.LoadBalancerOptions{NoIPv4: true})}, 0, []string{`"assign_flexible_ip":false`}},
		{"given addresses", lb.LoadBalancerSpec{Extensions: lb.Extend(scaleway.LoadBalancerOptions{Addresses: both})}, 2, []string{free.ID, free6.ID}},
	} {
		test.spec.Name = test.name
		want := must(w.Dialect().LoadBalancer(test.spec))(t)
		var made *lb.LoadBalancer
		requests := w.sent(func() { made = must(w.LoadBalancers().Create(ctx, test.spec))(t) })
		same(t, test.name+": requests", []string{"POST /lbs"}, requests)
		for _, part := range test.body {
			if body := w.lastBody(); !strings.Contains(body, part) {
				t.Errorf("%s: sent %s; want %s in it", test.name, body, part)
			}
		}
		got := must(w.LoadBalancers().Get(ctx, made.ID))(t)
		if len(got.Addresses) != test.addresses {
			t.Errorf("%s: addresses are %v", test.name, got.Addresses)
		}
		want.Zone = string(zone) // said or not, it is reported
		if test.name == "given addresses" {
			want.Extensions = lb.Extend(scaleway.LoadBalancerOptions{IPv6: true}) // what they come to
		}
		same(t, test.name, want, got.LoadBalancerSpec)
		same(t, test.name+": what Create returns", want, made.LoadBalancerSpec)
	}
}

func TestLoadBalancerCreateSaysItsZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	noDefault := must(scaleway.NewClient(w.api.SecretKey(), scaleway.WithBaseURL(w.api.URL), scaleway.WithHTTPClient(w.api.HTTPClient()), scaleway.WithProject(w.api.ProjectID())))(t)
	for _, test := range []struct {
		name   string
		client *scaleway.Client
		zones  []scaleway.Zone
		asked  string
		want   string
	}{
		{"the only zone", noDefault, []scaleway.Zone{"nl-ams-2"}, "", "nl-ams-2"},
		{"the client's default", w.client, []scaleway.Zone{"nl-ams-2", "fr-par-1"}, "", "fr-par-1"},
		{"the default among all", w.client, nil, "", "fr-par-1"},
		{"the one that is said", w.client, nil, "pl-waw-3", "pl-waw-3"},
		{"none is said", noDefault, nil, "", ""},
		{"the default is not ours", w.client, []scaleway.Zone{"nl-ams-1", "nl-ams-2"}, "", ""},
	} {
		p := must(scaleway.NewProvider(test.client, test.zones))(t)
		before := len(w.api.Requests())
		got, err := p.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "web", Zone: test.asked})
		if test.want == "" {
			isCode(t, test.name, err, lb.ErrInvalid)
			if sent := len(w.api.Requests()) - before; sent > 0 {
				t.Errorf("%s: sent %d requests", test.name, sent)
			}
			continue
		}
		if err != nil || got.Zone != test.want || !slices.Equal(got.Zones, []string{test.want}) {
			t.Errorf("%s: got %+v, %v", test.name, got, err)
		}
	}
}

func TestLoadBalancerCreateRefusesForeignAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []lb.AddressID{"203.0.113.10", "nl-ams-1/" + aHalf + "0001"} {
		requests := w.sent(func() {
			_, err := w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{
				Name: "web", Extensions: lb.Extend(scaleway.LoadBalancerOptions{Addresses: []lb.AddressID{id}}),
			})
			e := coded(t, string(id), err, lb.ErrInvalid)
			if len(e.Fields) != 1 || e.Fields[0].Path != "extensions.scaleway.addresses[0]" {
				t.Errorf("%s: blames %+v", id, e.Fields)
			}
		})
		if len(requests) > 0 {
			t.Errorf("%s: sent %v", id, requests)
		}
	}
}

func TestLoadBalancerUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	put := []string{"PUT " + path("lbs", id)}
	for _, test := range []struct {
		name   string
		change func(*lb.LoadBalancerSpec)
		want   []string
	}{
		{"nothing", func(*lb.LoadBalancerSpec) {}, nil},
		{"the name", func(s *lb.LoadBalancerSpec) { s.Name = "other" }, put},
		{"tags", func(s *lb.LoadBalancerSpec) { s.Tags = []string{"b", "a"} }, put},
		{"the same tags in another order", func(s *lb.LoadBalancerSpec) { s.Tags = []string{"a", "b", "a"} }, nil},
		{"no tags", func(s *lb.LoadBalancerSpec) { s.Tags = nil }, put},
		{"the TLS policy", func(s *lb.LoadBalancerSpec) { s.TLSPolicy = lb.TLSPolicyModern }, put},
		{"the default TLS policy", func(s *lb.LoadBalancerSpec) { s.TLSPolicy = "" }, put},
		{"the default TLS policy, said", func(s *lb.LoadBalancerSpec) { s.TLSPolicy = lb.TLSPolicyIntermediate }, nil},
		{"the description", func(s *lb.LoadBalancerSpec) {
			s.Extensions = s.Extensions.With(scaleway.LoadBalancerOptions{Description: "d"})
		}, put},
		{"the plan in capitals", func(s *lb.LoadBalancerSpec) { s.Plan = "LB-S" }, nil},
		{"zone left out", func(s *lb.LoadBalancerSpec) { s.Zone = "" }, nil},
	} {
		before := must(w.LoadBalancers().Get(t.Context(), id))(t)
		var got *lb.LoadBalancer
		requests := w.writes(func() {
			got = must(w.LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error { test.change(s); return nil }))(t)
		})
		same(t, test.name+": writes", test.want, requests)
		want := lb.Clone(before.LoadBalancerSpec)
		test.change(&want)
		want = must(w.Dialect().LoadBalancer(want))(t)
		want.Zone = string(zone)
		same(t, test.name, want, got.LoadBalancerSpec)
		same(t, test.name+": read back", want, must(w.LoadBalancers().Get(t.Context(), id))(t).LoadBalancerSpec)
	}
}

func TestLoadBalancerPlanMigrates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	requests := w.writes(func() {
		got := must(w.LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error {
			s.Plan, s.Name = "LB-GP-M", "bigger"
			return nil
		}))(t)
		if got.Provisioning != lb.ProvisioningUpdating || got.Name != "bigger" {
			t.Errorf("got %s %s", got.Provisioning, got.Name)
		}
	})
	same(t, "writes", []string{"PUT " + path("lbs", id), "POST " + path("lbs", id) + "/migrate"}, requests)
	if ready := must(lb.WaitReady(t.Context(), w, id, quick))(t); ready.Plan != "lb-gp-m" {
		t.Errorf("plan is %s", ready.Plan)
	}
}

func TestLoadBalancerMigrationOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	isMigrate := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/migrate") }
	grow := func(s *lb.LoadBalancerSpec) error { s.Plan = "lb-gp-m"; return nil }
	t.Run("it happened", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.loadBalancer()
		w.api.Faults().On(isMigrate).Times(1).DropAfterSend()
		must(w.LoadBalancers().Update(t.Context(), id, grow))(t)
	})
	t.Run("it did not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.loadBalancer()
		w.api.Faults().On(isMigrate).Times(1).Status(500, `{"message":"internal"}`)
		_, err := w.LoadBalancers().Update(t.Context(), id, grow)
		isCode(t, "migrate", err, lb.ErrUncertain)
	})
}

func TestLoadBalancerUpdateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	attached := must(w.client.Zone(zone).LBs.Get(t.Context(), strings.TrimPrefix(string(id), string(zone)+"/")))(t).IP[0].ID
	options := func(o scaleway.LoadBalancerOptions) func(*lb.LoadBalancerSpec) error {
		return func(s *lb.LoadBalancerSpec) error { s.Extensions = lb.Extend(o); return nil }
	}
	for name, test := range map[string]struct {
		change  func(*lb.LoadBalancerSpec) error
		feature lb.Feature
		path    string
	}{
		"zone":       {func(s *lb.LoadBalancerSpec) error { s.Zone = "nl-ams-1"; return nil }, "", "zone"},
		"no name":    {func(s *lb.LoadBalancerSpec) error { s.Name = ""; return nil }, "loadbalancer.name.unset", "name"},
		"project":    {options(scaleway.LoadBalancerOptions{Project: aHalf + "0009"}), "loadbalancer.extensions.scaleway.project.update", "extensions.scaleway.project"},
		"no address": {options(scaleway.LoadBalancerOptions{NoIPv4: true}), "loadbalancer.extensions.scaleway.addresses.update", "extensions.scaleway.noIPv4"},
		"IPv6":       {options(scaleway.LoadBalancerOptions{IPv6: true}), "loadbalancer.extensions.scaleway.addresses.update", "extensions.scaleway.ipv6"},
		"another address": {
			options(scaleway.LoadBalancerOptions{Addresses: []lb.AddressID{scaleway.FormatAddressID(zone, aHalf+"0009")}}),
			"loadbalancer.extensions.scaleway.addresses.update", "extensions.scaleway.addresses",
		},
	} {
		requests := w.writes(func() {
			_, err := w.LoadBalancers().Update(t.Context(), id, test.change)
			if test.feature == "" {
				isCode(t, name, err, lb.ErrInvalid)
				return
			}
			checkUnsupported(t, name, err, test.feature, test.path)
		})
		if len(requests) > 0 {
			t.Errorf("%s: sent %v", name, requests)
		}
	}
	requests := w.writes(func() {
		must(w.LoadBalancers().Update(t.Context(), id, options(scaleway.LoadBalancerOptions{
			Addresses: []lb.AddressID{scaleway.FormatAddressID(zone, attached)},
		})))(t)
	})
	same(t, "the addresses that it has", []string(nil), requests)
}

func TestLoadBalancerStaysInItsZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	_, err := w.provider().LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error { s.Zone = "nl-ams-1"; return nil })
	checkUnsupported(t, "zone", err, "loadbalancer.zone.update", "zone")
}

func checkUnsupported(t *testing.T, what string, err error, feature lb.Feature, path string) {
	t.Helper()
	isCode(t, what, err, lb.ErrUnsupported)
	problems, ok := err.(lb.Problems) //nolint:errorlint // what a Dialect finds is Problems itself
	if !ok || len(problems) != 1 {
		t.Fatalf("%s: got %T %v; want one problem", what, err, err)
	}
	e, ok := problems[0].(*lb.UnsupportedError) //nolint:errorlint // as above
	if !ok || e.Feature != feature || e.Path != path || e.Hint == "" || e.Reason == "" {
		t.Errorf("%s: got %+v; want %s at %s", what, problems[0], feature, path)
	}
}

func TestLoadBalancerDelete(t *testing.T) {
	t.Parallel()
	for _, release := range []bool{false, true} {
		w := newWorld(t)
		id := w.loadBalancer()
		backend := w.backend(id, "10.0.0.4")
		w.frontend(id, backend.ID)
		requests := w.sent(func() {
			if err := w.LoadBalancers().Delete(t.Context(), id, lb.DeleteLoadBalancerOptions{ReleaseAddresses: release}); err != nil {
				t.Fatal(err)
			}
		})
		same(t, "requests", []string{"DELETE " + path("lbs", id)}, requests)
		if err := lb.WaitDeleted(t.Context(), w, id, quick); err != nil {
			t.Fatal(err)
		}
		_, err := w.Backends().Get(t.Context(), backend.ID)
		isCode(t, "its backend", err, lb.ErrNotFound)
		kept := must(lb.Collect(w.client.Zone(zone).IPs.List(t.Context(), scaleway.IPListOptions{})))(t)
		if (len(kept) == 0) != release {
			t.Errorf("release %t: %d addresses are kept", release, len(kept))
		}
	}
}

func TestLoadBalancerList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scalewaytest.WithMaxPageSize(2))
	all := w.provider()
	names := map[string][]string{}
	for _, where := range []string{"pl-waw-3", "fr-par-1", "nl-ams-2"} {
		for _, name := range []string{"web", "web-2", "api", "web", "mail"} {
			made := must(all.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{
				Name: name, Zone: where, Tags: []string{"all", name},
			}))(t)
			names[where] = append(names[where], string(made.ID))
		}
	}
	list := func(p lb.Provider, opts lb.LoadBalancerListOptions) []string {
		var ids []string
		for b, err := range p.LoadBalancers().List(t.Context(), opts) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, string(b.ID))
		}
		return ids
	}
	named := lb.ListOptions{Name: "web"}
	inOrder := slices.Concat(names["fr-par-1"], names["nl-ams-2"], names["pl-waw-3"])
	same(t, "every zone, in order", inOrder, list(all, lb.LoadBalancerListOptions{}))
	same(t, "one of the provider's zones", names["nl-ams-2"], list(all, lb.LoadBalancerListOptions{Zone: "nl-ams-2"}))
	same(t, "the provider's zones", slices.Concat(names["pl-waw-3"], names["nl-ams-2"]), list(w.provider("pl-waw-3", "nl-ams-2"), lb.LoadBalancerListOptions{}))
	same(t, "exact names", []string{names["fr-par-1"][0], names["fr-par-1"][3]}, list(w, lb.LoadBalancerListOptions{ListOptions: named}))
	same(t, "all tags", []string{names["fr-par-1"][4]}, list(w, lb.LoadBalancerListOptions{Tags: []string{"mail", "all"}}))
	same(t, "tags that none has together", []string(nil), list(w, lb.LoadBalancerListOptions{Tags: []string{"mail", "api"}}))
}

func TestLoadBalancerListOptionsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, opts := range map[string]lb.LoadBalancerListOptions{
		"malformed zone": {Zone: "paris"},
		"not our zone":   {Zone: "nl-ams-1"},
		"window":         {ListOptions: lb.ListOptions{PageOptions: lb.PageOptions{Window: -1}}},
		"page size":      {ListOptions: lb.ListOptions{PageOptions: lb.PageOptions{PageSize: -1}}},
	} {
		_, err := lb.Collect(w.LoadBalancers().List(t.Context(), opts))
		isCode(t, name, err, lb.ErrInvalid)
	}
	if sent := w.api.Requests(); len(sent) > 0 {
		t.Errorf("sent %d requests", len(sent))
	}
}

// A zone that fails keeps nothing of the others back, and none of their errors.
func TestLoadBalancerListOfFailingZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.provider("fr-par-1", "nl-ams-1", "pl-waw-1", "pl-waw-2")
	for _, where := range []string{"nl-ams-1", "pl-waw-2"} {
		must(all.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: where, Zone: where}))(t)
	}
	in := func(zone string) func(*http.Request) bool {
		return func(r *http.Request) bool { return strings.Contains(r.URL.Path, zone) }
	}
	w.api.Faults().On(in("fr-par-1")).Status(http.StatusForbidden, `{"message":"not here"}`)
	w.api.Faults().On(in("pl-waw-1")).Status(http.StatusUnauthorized, `{"message":"nor there"}`)
	got, err := lb.Collect(all.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{}))
	var names []string
	for _, b := range got {
		names = append(names, b.Name)
	}
	same(t, "items", []string{"nl-ams-1", "pl-waw-2"}, names)
	isCode(t, "the first zone", err, lb.ErrForbidden)
	isCode(t, "the third zone", err, lb.ErrUnauthorized)
}

func TestLoadBalancerListIsLazy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.provider()
	w.loadBalancer()
	requests := w.sent(func() {
		if _, err := lb.First(all.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{}), nil); err != nil {
			t.Fatal(err)
		}
	})
	same(t, "requests until the first item", []string{"GET /lbs"}, requests)
}

func TestLoadBalancerRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.loadBalancer()
	backend := w.backend(id, "10.0.0.4", "10.0.0.5")
	frontend := w.frontend(id, backend.ID)
	var tree *lb.Tree
	requests := w.sent(func() { tree = must(w.LoadBalancers().Read(t.Context(), id))(t) })
	slices.Sort(requests)
	same(t, "requests", []string{
		"GET " + path("frontends", frontend.ID) + "/acls",
		"GET " + path("lbs", id), "GET " + path("lbs", id) + "/backends", "GET " + path("lbs", id) + "/certificates", "GET " + path("lbs", id) + "/frontends",
		"GET /routes",
	}, requests)
	same(t, "load balancer", id, tree.LoadBalancer.ID)
	same(t, "backends", []*lb.Backend{must(w.Backends().Get(t.Context(), backend.ID))(t)}, tree.Backends)
	if len(tree.Frontends) != 1 {
		t.Fatalf("frontends: %d", len(tree.Frontends))
	}
	same(t, "frontend", must(w.Frontends().Get(t.Context(), frontend.ID))(t), tree.Frontends[0].Frontend)
}

func TestZonesOpenedLaterAreAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.sent(func() { // the server knows no such zone
		_, err := w.provider().LoadBalancers().Get(t.Context(), "it-mil-1/"+aHalf+"0001")
		isCode(t, "get", err, lb.ErrInvalid)
	})
	same(t, "sent", []string{"GET /lb/v1/zones/it-mil-1/lbs/" + aHalf + "0001"}, sent)
}
