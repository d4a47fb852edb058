package topology_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
)

// What came about by other ways than this package.

// unsaid exports a load balancer of which a topology cannot say all, and checks what the
// error says.
func (c *cloud) unsaid(t *testing.T, paths ...string) *topology.Spec {
	t.Helper()
	spec, err := topology.Export(t.Context(), c, c.id)
	if spec == nil {
		t.Fatal(err)
	}
	var got []string
	joined, _ := err.(interface{ Unwrap() []error }) //nolint:errorlint // what Export promises
	if joined == nil {
		t.Fatalf("no joined error: %v", err)
	}
	for _, problem := range joined.Unwrap() {
		var lacks *lb.UnsupportedError
		if !errors.As(problem, &lacks) {
			t.Fatalf("%v", problem)
		}
		got = append(got, lacks.Path)
	}
	same(t, "paths", paths, got)
	return spec
}

// A backend that its provider would not make so stays as it is, however it came to be;
// what else differs of it can be changed.
func TestPlanLeavesWhatTheDialectRefuses(t *testing.T) {
	t.Parallel()
	c := newScaleway(t)
	client, _ := scaleway.ClientOf(c.Provider)
	zone, uuid, err := scaleway.ParseLoadBalancerID(c.id)
	fatal(t, err)
	_, err = client.Zone(zone).Backends.Create(t.Context(), uuid, scaleway.BackendCreate{
		Name: "odd", ForwardProtocol: scaleway.ProtocolTCP, ForwardPort: 8080, StickySessions: scaleway.StickySessionsCookie, StickySessionsCookieName: "sid",
		OnMarkedDownAction: scaleway.OnMarkedDownActionShutdownSessions,
		HealthCheck:        scaleway.HealthCheck{TCPConfig: &scaleway.HealthCheckTCPConfig{}, Port: 8080, CheckMaxRetries: 3}, ServerIP: []string{"10.0.0.1"},
	})
	fatal(t, err)

	spec := c.unsaid(t, "backends[0].stickiness")
	plan := c.plan(t, spec, topology.Prune())
	if !plan.Empty() || !strings.Contains(strings.Join(plan.Notes, "\n"), `backend "odd": left as it is: stickiness`) {
		t.Errorf("%s", plan)
	}
	spec.Backends[0].OnMarkedDown = ""
	spec.Backends = append(spec.Backends, webBackend("new", "10.0.0.2"))
	plan = c.apply(t, spec, topology.Prune())
	same(t, "steps", []string{"update backend odd", "create backend new"}, steps(plan))
	same(t, "changes", "onMarkedDown", plan.Steps[0].Changes[0].Path)
	c.empty(t, spec, topology.Prune())

	spec.Backends = spec.Backends[1:]
	plan = c.apply(t, spec, topology.Prune())
	if !plan.Empty() || !strings.Contains(strings.Join(plan.Notes, "\n"), `backend "odd" is not deleted`) {
		t.Errorf("what cannot be said is pruned:\n%s", plan)
	}
	spec.Backends[0].Stickiness, spec.Backends[0].Protocol = lb.StickinessCookie, lb.ProtocolTCP
	if _, err := topology.NewPlan(t.Context(), c, c.id, spec); !errors.Is(err, lb.ErrUnsupported) {
		t.Errorf("what is live excuses what is new: %v", err)
	}
}

// Servers that differ in what is a backend's setting are said by each of them.
func TestPlanOfMixedServers(t *testing.T) {
	t.Parallel()
	c := newOVH(t)
	v2 := lb.ProxyProtocolV2
	servers := at("10.0.0.1", "10.0.0.2")
	servers[1].Extensions = lb.Extend(ovh.ServerOptions{ProxyProtocol: &v2})
	_, err := c.Backends().Create(t.Context(), c.id, lb.BackendSpec{Name: "mixed", Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV1}, servers...)
	fatal(t, err)
	mixed := c.export(t)
	c.empty(t, mixed, topology.Prune())

	settled := c.export(t)
	settled.Backends[0].ProxyProtocol = lb.ProxyProtocolV2
	for i := range settled.Backends[0].Servers {
		settled.Backends[0].Servers[i].Extensions = lb.Extensions{}
	}
	settled.Backends[0].Servers = append(settled.Backends[0].Servers, at("10.0.0.3")...)
	result, err := c.plan(t, settled).Apply(t.Context(), c, quick, topology.WithoutPublish())
	if err != nil || len(result.Applied) != 2 {
		t.Fatal(err, result)
	}
	c.empty(t, settled, topology.Prune())
	if _, err := c.plan(t, mixed).Apply(t.Context(), c, quick, topology.WithoutPublish()); err != nil {
		t.Fatal(err)
	}
	c.empty(t, mixed)
}

// Where Apply is interrupted amid the servers of a backend, they differ in what is the
// backend's setting. What the topology leaves out is a default then as ever: the next plan
// says that each of them loses the setting, and does it.
func TestPlanSettlesServers(t *testing.T) {
	t.Parallel()
	for path, set := range map[string]func(s *lb.BackendSpec){
		"proxyProtocol": func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV2 },
		"onMarkedDown":  func(s *lb.BackendSpec) { s.OnMarkedDown = lb.OnMarkedDownShutdownSessions },
		"tls":           func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone} },
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			c := newOVH(t)
			want := listening(80, 81)
			want.Backends[0].Servers = at("10.0.0.1", "10.0.0.2")
			set(&want.Backends[0].BackendSpec)
			c.apply(t, want)
			want.Backends[0].BackendSpec = webBackend("web").BackendSpec
			plan := c.plan(t, want)
			c.faults.On(func(r *http.Request) bool {
				return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/server/")
			}).Skip(1).Status(http.StatusForbidden, "")
			_, err := plan.Apply(t.Context(), c, quick)
			c.faults.Reset()
			if mixed := c.tree(t).Backends[0].Mixed; !errors.Is(err, lb.ErrForbidden) || !slices.Equal(mixed, []string{path}) {
				t.Fatal(err, mixed)
			}
			want.Backends[0].Servers = append(want.Backends[0].Servers, at("10.0.0.3")...)
			if again := c.apply(t, want); !strings.Contains(again.String(), path) {
				t.Errorf("it does not show what it changes:\n%s", again)
			}
			c.empty(t, want)
			if mixed := c.tree(t).Backends[0].Mixed; mixed != nil {
				t.Errorf("the servers differ in %v", mixed)
			}
		})
	}
}

// Two servers at one place, which OVH takes, stay; nothing says which one is meant.
func TestPlanOfServersTwice(t *testing.T) {
	t.Parallel()
	c := newOVH(t)
	made, err := c.Backends().Create(t.Context(), c.id, webBackend("twice").BackendSpec, at("10.0.0.1")...)
	fatal(t, err)
	client, _ := ovh.ClientOf(c.Provider)
	service, _, farm, err := ovh.ParseBackendID(made.ID)
	fatal(t, err)
	_, err = client.HTTP.Farms.Servers.Create(t.Context(), service, farm, ovh.HTTPServerCreate{Address: "10.0.0.1", Status: ovh.ServerActive, Probe: true})
	fatal(t, err)
	spec := c.unsaid(t, "backends[0].servers[1].address")
	c.empty(t, spec, topology.Prune())
	spec.Backends[0].Servers = spec.Backends[0].Servers[1:]
	same(t, "changes", []string{"10.0.0.1:8080"}, changed(t, c.plan(t, spec)))
	if _, err := c.plan(t, spec).Apply(t.Context(), c, quick, topology.WithoutPublish()); err != nil {
		t.Fatal(err)
	}
	c.empty(t, spec, topology.Prune())
}

// A frontend that leads to what is gone stays so, and is not pruned; nor is what else it
// leads to.
func TestPlanOfDanglingReferences(t *testing.T) {
	t.Parallel()
	server := ovhtest.NewServer(ovhtest.WithSpeed(1000), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.FarmInUse = ovhtest.Accepted }))
	t.Cleanup(server.Close)
	client, err := server.Client()
	fatal(t, err)
	c := &cloud{Provider: ovh.NewProvider(client), id: ovh.FormatLoadBalancerID(server.AddService("gra"))}
	c.watch = c.Provider
	c.furnish(t, "lost", "kept")
	tree := c.tree(t)
	service, _, farm, err := ovh.ParseBackendID(backendNamed(tree, "lost"))
	fatal(t, err)
	front := tree.Frontends[slices.IndexFunc(tree.Frontends, func(f lb.FrontendTree) bool { return f.Name == "lost" })]
	_, err = c.Routes().Set(t.Context(), front.ID, []lb.RouteSpec{{Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/x"}}}, Backend: backendNamed(tree, "kept")}}, lb.SetOptions{})
	fatal(t, err)
	for s, err := range c.Servers().List(t.Context(), backendNamed(tree, "lost"), lb.ListOptions{}) {
		fatal(t, err)
		_, _, _, number, err := ovh.ParseServerID(s.ID)
		fatal(t, err)
		fatal(t, client.HTTP.Farms.Servers.Delete(t.Context(), service, farm, number))
	}
	fatal(t, client.HTTP.Farms.Delete(t.Context(), service, farm))

	spec := c.unsaid(t, "frontends[1].defaultBackend")
	c.empty(t, spec, topology.Prune())
	spec.Frontends, spec.Backends = nil, nil
	plan := c.plan(t, spec, topology.Prune())
	same(t, "steps", []string{"delete frontend kept"}, steps(plan))
	notes := strings.Join(plan.Notes, "\n")
	if !strings.Contains(notes, `frontend "lost" is not deleted`) || !strings.Contains(notes, `backend "kept" is not deleted: frontend "lost", which stays, uses it`) {
		t.Errorf("%s", plan)
	}
	if _, err := plan.Apply(t.Context(), c, quick, topology.WithoutPublish()); err != nil {
		t.Fatal(err)
	}
}

// fakeRead is a provider whose Read has more to tell than a tree can hold.
type fakeRead struct {
	lb.Provider
	err    error
	unread lb.Problems
}

type fakeReads struct {
	lb.LoadBalancers
	of fakeRead
}

func (f fakeRead) LoadBalancers() lb.LoadBalancers {
	return fakeReads{f.Provider.LoadBalancers(), f}
}

func (f fakeReads) Read(ctx context.Context, id lb.LoadBalancerID) (*lb.Tree, error) {
	tree, err := f.LoadBalancers.Read(ctx, id)
	if tree != nil {
		tree.Unread = f.of.unread
	}
	return tree, errors.Join(err, f.of.err)
}

// What Read has no words for is an error beside the Spec, and a note of the plan; any
// other error of Read is an error.
func TestExportOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	c.apply(t, onlineShop())
	lacks := &lb.UnsupportedError{Provider: "memory", Path: "frontends.protocol", Value: "quic"}
	spec, err := topology.Export(t.Context(), fakeRead{Provider: c.Provider, err: lacks}, c.id)
	if spec == nil || !errors.Is(err, lb.ErrUnsupported) {
		t.Fatal(err)
	}
	plan, err := topology.NewPlan(t.Context(), fakeRead{Provider: c.Provider, err: lacks}, c.id, spec)
	if err != nil || !plan.Empty() || !strings.Contains(strings.Join(plan.Notes, "\n"), "quic") {
		t.Errorf("%v %s", err, plan)
	}
	without := onlineShop()
	without.Certificates, without.Frontends = nil, without.Frontends[:1]
	plan = c.plan(t, without, topology.Prune())
	same(t, "steps", []string{"delete frontend shop", "delete certificate shop"}, steps(plan))
	plan, err = topology.NewPlan(t.Context(), fakeRead{Provider: c.Provider, err: lacks}, c.id, without, topology.Prune())
	fatal(t, err)
	same(t, "steps beside what cannot be read", []string{"delete frontend shop"}, steps(plan))
	if !slices.Contains(plan.Notes, `certificate "shop" is not deleted: what could not be read may use it`) {
		t.Errorf("%s", plan)
	}
	other := &lb.UnsupportedError{Provider: "memory", Path: "backends.protocol", Value: "quic"}
	plan, err = topology.NewPlan(t.Context(), fakeRead{Provider: c.Provider, err: errors.Join(lacks, other)}, c.id, without, topology.Prune())
	fatal(t, err)
	if _, err := plan.Apply(t.Context(), fakeRead{Provider: c.Provider, err: errors.Join(other, lacks)}, quick); err != nil {
		t.Errorf("what cannot be read comes in another order: %v", err)
	}
	broken := &lb.Error{Code: lb.ErrUnavailable}
	if spec, err := topology.Export(t.Context(), fakeRead{Provider: c.Provider, err: broken}, c.id); spec != nil || !errors.Is(err, lb.ErrUnavailable) {
		t.Errorf("%v %v", spec, err)
	}
	if _, err := topology.Export(t.Context(), c, "memory/lb-99"); !errors.Is(err, lb.ErrNotFound) {
		t.Error(err)
	}
}

// What a provider sets by itself, and what counts at creation alone, stays as it is where
// it is left out.
func TestPlanKeepsWhatCannotBeLeftOut(t *testing.T) {
	t.Parallel()
	t.Run("a cookie", func(t *testing.T) {
		t.Parallel()
		c := newOVH(t)
		servers := at("10.0.0.1")
		servers[0].Extensions = lb.Extend(ovh.ServerOptions{Cookie: "made-up"})
		_, err := c.Backends().Create(t.Context(), c.id, webBackend("web").BackendSpec, servers...)
		fatal(t, err)
		want := main()
		want.LoadBalancer.Name = ""
		want.Backends = []topology.Backend{webBackend("web", "10.0.0.1")}
		c.empty(t, want)
		want.Backends[0].Servers[0].Weight = new(2)
		same(t, "changes", []string{"10.0.0.1:8080 weight"}, changed(t, c.plan(t, want)))
		if _, err := c.plan(t, want).Apply(t.Context(), c, quick, topology.WithoutPublish()); err != nil {
			t.Fatal(err)
		}
		options, _, err := lb.ExtensionOf[ovh.ServerOptions](c.tree(t).Backends[0].Servers[0].Extensions)
		if err != nil || options.Cookie != "made-up" {
			t.Errorf("%+v %v", options, err)
		}
	})
	t.Run("addresses", func(t *testing.T) {
		t.Parallel()
		c := newScaleway(t)
		made, err := c.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "private", Extensions: lb.Extend(scaleway.LoadBalancerOptions{NoIPv4: true})})
		fatal(t, err)
		_, err = lb.WaitReady(t.Context(), c, made.ID, lb.WithPoll(time.Millisecond, time.Millisecond))
		fatal(t, err)
		c.id = made.ID
		want := main()
		c.apply(t, want)
		c.empty(t, want)
	})
}

// A plan says when a backend is left without servers.
func TestPlanNotesEmptyBackends(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	c.apply(t, onlineShop())
	want := onlineShop()
	want.Backends[1].Servers = nil
	plan := c.apply(t, want)
	if !slices.Contains(plan.Notes, `backend "api" is left without servers`) {
		t.Errorf("%s", plan)
	}
	c.empty(t, want)
}

// Filters that the Dialect refuses and routes that are there twice: what is live and
// said again stays, in the midst of changes too, and what is there twice goes.
func TestPlanOfOddRules(t *testing.T) {
	t.Parallel()
	c := newScaleway(t)
	c.apply(t, onlineShop())
	client, _ := scaleway.ClientOf(c.Provider)
	tree := c.tree(t)
	shop := tree.Frontends[slices.IndexFunc(tree.Frontends, func(f lb.FrontendTree) bool { return f.Name == "shop" })]
	zone, uuid, err := scaleway.ParseFrontendID(shop.ID)
	fatal(t, err)
	_, backend, err := scaleway.ParseBackendID(backendNamed(tree, "api"))
	fatal(t, err)
	_, err = client.Zone(zone).Routes.Create(t.Context(), scaleway.RouteCreate{FrontendID: uuid, BackendID: backend, Match: &scaleway.RouteMatch{HostHeader: "api.example.com"}})
	fatal(t, err)
	plan := c.apply(t, onlineShop())
	same(t, "steps", []string{"set route shop"}, steps(plan))
	same(t, "routes", 1, len(c.export(t).Frontends[1].Routes))

	_, err = client.Zone(zone).ACLs.Create(t.Context(), uuid, scaleway.ACLSpec{
		Name: "odd", Index: 1, Action: scaleway.ACLAction{Type: scaleway.ACLActionTypeDeny},
		Match: &scaleway.ACLMatch{IPSubnet: []string{"198.51.100.0/24"}, HTTPFilter: scaleway.ACLHTTPFilterPathBegin, HTTPFilterValue: []string{"/x"}, Invert: true},
	})
	fatal(t, err)
	spec := c.unsaid(t, "frontends[1].filters[1].match")
	c.empty(t, spec, topology.Prune())
	odd := spec.Frontends[1].Filters[1]
	spec.Frontends[1].Filters = append([]lb.FilterSpec{{Name: "first", Action: lb.FilterAllow, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}}}}, spec.Frontends[1].Filters...)
	same(t, "changes", []string{"[0]"}, changed(t, c.apply(t, spec)))
	c.empty(t, spec)
	same(t, "what is live", odd, c.tree(t).Frontends[1].Filters[2].FilterSpec)

	spec.Frontends[0].Filters = []lb.FilterSpec{odd}
	if _, err := topology.NewPlan(t.Context(), c, c.id, spec); !errors.Is(err, lb.ErrUnsupported) {
		t.Errorf("what is live excuses what is new: %v", err)
	}
}
