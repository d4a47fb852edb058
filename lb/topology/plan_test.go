package topology_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// steps are the steps of a plan in short: "replace backend web".
func steps(p *topology.Plan) []string {
	out := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = strings.TrimSpace(fmt.Sprintf("%s %s %s", s.Action, s.Kind, s.Name))
	}
	return out
}

// changed are the paths that a plan's only step changes.
func changed(t tester, p *topology.Plan) []string {
	t.Helper()
	if len(p.Steps) != 1 {
		t.Fatalf("not one step:\n%s", p)
	}
	out := make([]string, len(p.Steps[0].Changes))
	for i, change := range p.Steps[0].Changes {
		out[i] = change.Path
	}
	return out
}

// A change of one thing is one step with one change.
func TestPlanNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(s *topology.Spec)
		step   string
		paths  []string
	}{
		{"a field", func(s *topology.Spec) { s.Backends[0].Algorithm = lb.AlgorithmLeastConn }, "update backend web", []string{"algorithm"}},
		{"a nested field", func(s *topology.Spec) { s.Backends[0].HealthCheck.Port = 9 }, "update backend web", []string{"healthCheck.port"}},
		{"a port", func(s *topology.Spec) { s.Frontends[0].Ports[0] = lb.Port(81) }, "update frontend plain", []string{"ports"}},
		{"where it leads", func(s *topology.Spec) { s.Frontends[0].DefaultBackend = "api" }, "update frontend plain", []string{"defaultBackend"}},
		{"a server more", func(s *topology.Spec) { s.Backends[1].Servers = append(s.Backends[1].Servers, at("10.0.1.2")...) }, "set server api", []string{"10.0.1.2:8080"}},
		{"a server less", func(s *topology.Spec) { s.Backends[0].Servers = s.Backends[0].Servers[1:] }, "set server web", []string{"10.0.0.1:8080"}},
		{"a filter less", func(s *topology.Spec) { s.Frontends[1].Filters = nil }, "set filter shop", []string{"[0]"}},
		{"a route elsewhere", func(s *topology.Spec) { s.Frontends[1].Routes[0].Backend = "web" }, "set route shop", []string{"[0]"}},
		{"another TLS policy", func(s *topology.Spec) { s.LoadBalancer.TLSPolicy = lb.TLSPolicyModern }, "update load balancer main", []string{"tlsPolicy"}},
	}
	each(t, func(t *testing.T, c *cloud) {
		want := onlineShop()
		c.apply(t, want)
		for _, tt := range tests {
			want = onlineShop()
			tt.change(want)
			plan := c.plan(t, want)
			same(t, tt.name, []string{tt.step}, steps(plan))
			same(t, tt.name, tt.paths, changed(t, plan))
		}
		want = onlineShop()
		slices.Reverse(want.Backends)
		slices.Reverse(want.Frontends)
		slices.Reverse(want.Backends[1].Servers)
		c.empty(t, want)
	})
}

// A change is shown by the names of what it is about.
func TestPlanShowsNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		want := onlineShop()
		want.Frontends[0].DefaultBackend = "api"
		change := c.plan(t, want).Steps[0].Changes[0]
		if change.Before != lb.BackendID("web") || change.After != lb.BackendID("api") {
			t.Errorf("%#v", change)
		}
	})
}

// sortedLike is got in the order of want, where they have the same items.
func sortedLike(got, want []string) []string {
	a, b := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(a, b) {
		return want
	}
	return got
}

// What has no name, or not a name of its own, is known by its ID.
func TestExportOfUnnamedAndTwiceNamed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		named := func(name string) string {
			if !c.Capabilities().Has("backend.name.unset") {
				return "unnamed"
			}
			return name
		}
		c.furnish(t, named(""), named(""), "web", "web", "own")
		spec := c.export(t)
		c.empty(t, spec, topology.Prune())
		for _, b := range spec.Backends {
			if (b.ID == "") != (b.Name == "own") {
				t.Errorf("backend %q has ID %q", b.Name, b.ID)
			}
		}
		for i := range spec.Backends {
			spec.Backends[i].Algorithm = lb.AlgorithmLeastConn
		}
		if plan := c.apply(t, spec, topology.Prune()); len(plan.Steps) != 5 {
			t.Errorf("%s", plan)
		}
		c.empty(t, spec, topology.Prune())
	})
}

// furnish makes backends of these names, each with a frontend, a filter and a route.
func (c *cloud) furnish(t tester, names ...string) {
	t.Helper()
	ctx := context.Background()
	for i, name := range names {
		b, err := c.Backends().Create(ctx, c.id, webBackend(name).BackendSpec, at(fmt.Sprint("10.0.0.", i+1))...)
		fatal(t, err)
		f, err := c.Frontends().Create(ctx, c.id, webFrontend(name, uint16(8000+i), string(b.ID)).FrontendSpec)
		fatal(t, err)
		_, err = c.Routes().Set(ctx, f.ID, []lb.RouteSpec{{Match: lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/x"}}}, Backend: b.ID}}, lb.SetOptions{})
		fatal(t, err)
	}
}

// Entries that cannot be told apart, found or made are refused before anything is sent.
func TestPlanRefusesEntries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.furnish(t, "web", "web", "own")
		tests := []struct {
			name   string
			change func(s *topology.Spec)
			err    error
			path   string
		}{
			{"a name that two have", func(s *topology.Spec) { s.Backends = []topology.Backend{webBackend("web", "10.0.0.1")} }, lb.ErrAmbiguous, "backends[0]"},
			{"a new one without a name", func(s *topology.Spec) { s.Backends = []topology.Backend{webBackend("", "10.0.0.1")} }, nil, "backends[0]"},
			{"a fingerprint that nothing has", func(s *topology.Spec) {
				s.Certificates = []topology.Certificate{{CertificateSpec: lb.CertificateSpec{Name: "x"}, Fingerprint: "aa"}}
			}, lb.ErrNotFound, "certificates[0]"},
			{"a certificate of which only the name is known", func(s *topology.Spec) {
				s.Certificates = []topology.Certificate{{CertificateSpec: lb.CertificateSpec{Name: "x"}}}
			}, lb.ErrNotFound, "certificates[0]"},
			{"a backend that something else uses, and that would be replaced", func(s *topology.Spec) {
				s.Backends = []topology.Backend{webBackend("own", "10.0.0.3")}
				s.Backends[0].Protocol = lb.ProtocolTCP
			}, lb.ErrInUse, "backends[0]"},
		}
		for _, tt := range tests {
			want := main()
			tt.change(want)
			_, err := topology.NewPlan(t.Context(), c, c.id, want)
			if err == nil || tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.path) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}

// refuses fails where there is a plan of want, or the refusal does not say each of texts.
func (c *cloud) refuses(t *testing.T, what string, want *topology.Spec, code error, texts ...string) {
	t.Helper()
	plan, err := topology.NewPlan(t.Context(), c, c.id, want)
	if !errors.Is(err, code) {
		t.Errorf("%s: %v %s", what, err, plan)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: no %q in %v", what, text, err)
		}
	}
}

// What entries make together is refused where one of them is new or changes, although
// another, which is live and stays, is the one that the problem is said of.
func TestPlanRefusesWhatEntriesMakeTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		live := func() *topology.Spec {
			s := listening(80, 81)
			s.Frontends[1].Routes = hosts("two", 5)
			return s
		}
		c.apply(t, live())
		want := live()
		want.Frontends = append([]topology.Frontend{webFrontend("new", 81, "web")}, want.Frontends...)
		c.refuses(t, "a new frontend on the port of another", want, lb.ErrInvalid, "frontends[2].ports")
		want = live()
		want.Frontends[0].Ports = want.Frontends[1].Ports
		c.refuses(t, "one that moves to the port of another", want, lb.ErrInvalid, "frontends[1].ports")
		want = live()
		want.Backends = []topology.Backend{webBackend("web", "10.0.0.9"), webBackend("web", "10.0.0.1")}
		want.Backends[1].ID = c.tree(t).Backends[0].ID
		c.refuses(t, "a new backend with the name of another", want, lb.ErrInvalid, "backends[1].name")
		if most := c.Capabilities().Limits.MaxRoutes; most > 0 {
			want = live()
			want.Frontends[0].Routes = hosts("one", most)
			c.refuses(t, "routes beside those of another", want, lb.ErrInvalid, "frontends[1].routes")
			want.Frontends = want.Frontends[:1]
			c.refuses(t, "routes beside those of one that stays", want, lb.ErrInvalid, "frontends[0].routes")
			c.plan(t, want, topology.Prune())
		}
		c.empty(t, live())
	})
}

// Nothing comes to a port on which something listens that stays: the plan says what.
func TestPlanRefusesPortsThatAreTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, listening(80, 81))
		want := listening(80, 81)
		want.Frontends = []topology.Frontend{webFrontend("new", 81, "web")}
		c.refuses(t, "a new frontend", want, lb.ErrInUse, "frontends[0].ports", `frontend "two" listens on port 81`)
		want.Frontends = []topology.Frontend{webFrontend("one", 81, "web")}
		c.refuses(t, "one that moves", want, lb.ErrInUse, "frontends[0].ports", `frontend "two" listens on port 81`)
		if c.Capabilities().Has("frontend.disabled") {
			want.Frontends[0].Disabled = true
			c.apply(t, want)
			want.Frontends[0].Disabled = false
			c.refuses(t, "one that is to be enabled", want, lb.ErrInUse, "frontends[0].ports")
		}
		c.apply(t, want, topology.Prune())
		c.empty(t, want, topology.Prune())
	})
}

// hosts are so many routes to the backend web, by hosts of their own.
func hosts(prefix string, n int) []lb.RouteSpec {
	routes := make([]lb.RouteSpec, n)
	for i := range routes {
		routes[i] = lb.RouteSpec{Match: lb.Match{{Field: lb.FieldHost, Values: []string{fmt.Sprintf("%s%d.example.com", prefix, i)}}}, Backend: "web"}
	}
	return routes
}

// What a frontend of the topology refers to by an ID that no entry has stays.
func TestPlanKeepsWhatIsReferredToByID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.apply(t, onlineShop())
		tree := c.tree(t)
		api, shop := backendNamed(tree, "api"), tree.Certificates[0].ID
		want := onlineShop()
		want.Backends, want.Certificates = want.Backends[:1], nil
		want.Frontends[1].Routes[0].Backend, want.Frontends[1].Certificates[0] = api, shop
		plan := c.plan(t, want, topology.Prune())
		notes := strings.Join(plan.Notes, "\n")
		for _, kept := range []string{`backend "api" is not deleted: frontend "shop" uses it`, `certificate "shop" is not deleted: frontend "shop" uses it`} {
			if !plan.Empty() || !strings.Contains(notes, kept) {
				t.Errorf("no %q in\n%s", kept, plan)
			}
		}
		want.Backends = append(want.Backends, webBackend("api", "10.0.1.1")) // that has no ID
		want.Backends[1].Protocol = lb.ProtocolTCP
		c.refuses(t, "to replace it", want, lb.ErrInUse, "backends[1]", `frontend "shop" uses it`)
	})
}

// A disabled server is left out where the provider has no such thing, and comes back.
func TestPlanEmulatesDisabled(t *testing.T) {
	t.Parallel()
	c := newScaleway(t)
	want := onlineShop()
	want.Backends[0].Servers[1].Disabled = true
	plan := c.apply(t, want)
	if !strings.Contains(strings.Join(plan.Notes, "\n"), "server 10.0.0.2:8080 is disabled") {
		t.Errorf("%s", plan)
	}
	c.empty(t, want)
	if n := len(c.tree(t).Backends[1].Servers); n != 1 {
		t.Errorf("%d servers", n)
	}
	want.Backends[0].Servers[1].Disabled = false
	same(t, "changes", []string{"10.0.0.2:8080"}, changed(t, c.apply(t, want)))
}

// The plan says what costs money, and what of other providers has no part in it.
func TestPlanNotes(t *testing.T) {
	t.Parallel()
	c := newScaleway(t)
	want := onlineShop()
	want.LoadBalancer.Plan = "lb-gp-m"
	var foreign lb.Extensions
	fatal(t, json.Unmarshal([]byte(`{"ovh": {"zone": "gra"}}`), &foreign))
	want.Backends[0].Extensions = foreign
	notes := strings.Join(c.apply(t, want).Notes, "\n")
	for _, text := range []string{`plan changes from "lb-s" to "lb-gp-m"`, "extensions for ovh (backends[0].extensions)"} {
		if !strings.Contains(notes, text) {
			t.Errorf("no %q in\n%s", text, notes)
		}
	}
	c.empty(t, want)
	want.LoadBalancer.Plan = ""
	c.empty(t, want) // what costs money is not taken for a default
}

// An entry whose ID is gone goes by its name: that is where it is once it was replaced.
// Without a name it is not found.
func TestPlanOfGoneIDs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.furnish(t, "web")
		spec := c.export(t)
		spec.Backends[0].ID = backendNamed(c.tree(t), "web")
		spec.Frontends[0].ID = c.tree(t).Frontends[0].ID
		spec.Backends[0].Protocol, spec.Frontends[0].Protocol = lb.ProtocolTCP, lb.ProtocolTCP
		spec.Frontends[0].Routes = nil
		plan := c.apply(t, spec, topology.Prune())
		if plan.Steps[0].Action != topology.ActionReplace || plan.Steps[0].ID != string(spec.Backends[0].ID) {
			t.Errorf("%s", plan)
		}
		if id := backendNamed(c.tree(t), "web"); id == spec.Backends[0].ID {
			t.Errorf("%s was not replaced", id)
		}
		c.empty(t, spec, topology.Prune())
		spec.Backends[0].Name = "renamed" // and gone is what had the ID: this is another one
		spec.Frontends[0].DefaultBackend = "renamed"
		same(t, "steps", []string{"create backend renamed", "update frontend web"}, steps(c.plan(t, spec)))
		spec.Backends[0].Name = ""
		spec.Frontends[0].DefaultBackend = spec.Backends[0].ID
		if _, err := topology.NewPlan(t.Context(), c, c.id, spec); !errors.Is(err, lb.ErrNotFound) {
			t.Error(err)
		}
	})
}

// A replacement that was interrupted is known by the name of what it replaces, and
// finished; a change of mind takes the old one back.
func TestPlanOfLeftovers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *cloud) {
		c.furnish(t, "web")
		ctx := t.Context()
		old := backendNamed(c.tree(t), "web")
		rename := func(to string) {
			_, err := c.Backends().Update(ctx, old, func(s *lb.BackendSpec) error { s.Name = to; return nil })
			fatal(t, err)
		}
		spec := c.export(t)
		rename("web (replaced by lbkit)")
		same(t, "before anything was made", []string{"update backend web (replaced by lbkit)"}, steps(c.plan(t, spec)))
		_, err := c.Backends().Create(ctx, c.id, webBackend("web").BackendSpec, at("10.0.0.1")...)
		fatal(t, err)
		plan := c.apply(t, spec)
		same(t, "after it was made", []string{"update frontend web", "set route web", "delete backend web (replaced by lbkit)"}, steps(plan))
		c.empty(t, spec, topology.Prune())

		old = backendNamed(c.tree(t), "web")
		rename("other (replaced by lbkit)")
		exported := c.export(t)
		c.empty(t, exported, topology.Prune()) // it may be called so
	})
}

// Without a topology there is no plan.
func TestPlanOfNothing(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	if _, err := topology.NewPlan(t.Context(), c, c.id, nil); !errors.Is(err, lb.ErrInvalid) {
		t.Error(err)
	}
	if _, err := topology.NewPlan(t.Context(), c, "memory/lb-9", main()); !errors.Is(err, lb.ErrNotFound) {
		t.Error(err)
	}
}
