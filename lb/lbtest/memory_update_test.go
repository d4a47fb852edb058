package lbtest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// lackingMemory lacks some features, each with the hint "do without".
func lackingMemory(t *testing.T, features ...lb.Feature) *memoryWorld {
	t.Helper()
	c := lbtest.NewMemory().Capabilities()
	for _, feature := range features {
		c.Features[feature] = lb.Support{Hint: "do without"}
	}
	return newMemoryWorld(t, lbtest.WithCapabilities(c))
}

// What cannot change in place is refused, by its leaf, and nothing changes.
func TestMemoryUpdateInPlace(t *testing.T) {
	t.Parallel()
	for feature, update := range map[lb.Feature]func(w *memoryWorld) error{
		"loadbalancer.tags.update": func(w *memoryWorld) error {
			return second(w.LoadBalancers().Update(t.Context(), w.lb, func(s *lb.LoadBalancerSpec) error { s.Tags = nil; return nil }))
		},
		"frontend.ports.update": func(w *memoryWorld) error {
			return second(w.Frontends().Update(t.Context(), w.frontend.ID, func(s *lb.FrontendSpec) error { s.Ports[0] = lb.Port(81); return nil }))
		},
		"backend.healthCheck.interval.update": func(w *memoryWorld) error {
			return second(w.Backends().Update(t.Context(), w.backend.ID, func(s *lb.BackendSpec) error { s.HealthCheck.Interval *= 2; return nil }))
		},
		"backend.healthCheck.update": func(w *memoryWorld) error {
			return second(w.Backends().Update(t.Context(), w.backend.ID, func(s *lb.BackendSpec) error { s.HealthCheck = nil; return nil }))
		},
		"backend.extensions.update": func(w *memoryWorld) error {
			return second(w.Backends().Update(t.Context(), w.backend.ID, func(s *lb.BackendSpec) error {
				s.Extensions = lb.Extend(lbtest.MemorySettings{Note: "x"})
				return nil
			}))
		},
		"server.weight.update": func(w *memoryWorld) error {
			return second(w.Servers().Update(t.Context(), w.backend.Servers[0].ID, func(s *lb.ServerSpec) error { *s.Weight = 2; return nil }))
		},
		"server.backup.update": func(w *memoryWorld) error {
			kept := memoryServer(1)
			kept.Name, kept.Backup = "a", true
			return second(w.Servers().Set(t.Context(), w.backend.ID, []lb.ServerSpec{memoryServer(2), kept}, lb.SetOptions{}))
		},
	} {
		w := lackingMemory(t, feature)
		before := w.read(t)
		var unsupported *lb.UnsupportedError
		if err := update(w); !errors.As(err, &unsupported) || unsupported.Feature != feature || unsupported.Hint != "do without" ||
			!strings.HasSuffix(unsupported.Path, strings.TrimSuffix(string(feature[strings.Index(string(feature), ".")+1:]), ".update")) && feature != "backend.extensions.update" {
			t.Errorf("%s: got %v", feature, err)
		}
		if diff := cmp.Diff(before, w.read(t), memoryComparer); diff != "" {
			t.Errorf("%s: something has changed:\n%s", feature, diff)
		}
		if err := update(newMemoryWorld(t)); err != nil {
			t.Errorf("%s, with all capabilities: %v", feature, err)
		}
	}
}

// A setting of an extension may be fixed where the others are not.
func TestMemoryUpdateOfExtensions(t *testing.T) {
	t.Parallel()
	c := lbtest.NewMemory().Capabilities()
	c.Provider = "small"
	c.Features["backend.extensions.small.colour.update"] = lb.Support{Hint: "paint another"}
	m := lbtest.NewMemory(lbtest.WithCapabilities(c))
	ctx := t.Context()
	made, err := m.Backends().Create(ctx, m.AddLoadBalancer(lb.LoadBalancerSpec{}), lb.BackendSpec{Protocol: lb.ProtocolTCP, Extensions: lb.Extend(stranger{"small", "red"})})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Backends().Update(ctx, made.ID, func(s *lb.BackendSpec) error { s.Extensions = lb.Extend(stranger{"small", "blue"}); return nil })
	var unsupported *lb.UnsupportedError
	if !errors.As(err, &unsupported) || unsupported.Path != "extensions.small.colour" || unsupported.Hint != "paint another" {
		t.Errorf("got %v", err)
	}
	got, err := m.Backends().Update(ctx, made.ID, func(s *lb.BackendSpec) error {
		s.Name, s.Extensions = "new", s.Extensions.With(stranger{"large", "blue"}) // another's, which has no part in it
		return nil
	})
	if err != nil || got.Name != "new" || !got.Extensions.Equal(lb.Extend(stranger{"small", "red"})) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A struct that is not listed can change if one of its fields can.
func TestMemoryUpdateOfWhatIsNotListed(t *testing.T) {
	t.Parallel()
	c := lbtest.NewMemory().Capabilities()
	delete(c.Features, "backend.healthCheck.http")
	delete(c.Features, "backend.healthCheck.http.update")
	delete(c.Features, "backend.name.update")
	w := newMemoryWorld(t, lbtest.WithCapabilities(c))
	to := func(change func(*lb.BackendSpec)) error {
		return second(w.Backends().Update(t.Context(), w.backend.ID, func(s *lb.BackendSpec) error { change(s); return nil }))
	}
	if err := to(func(s *lb.BackendSpec) { s.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP} }); err != nil {
		t.Error(err)
	}
	if err := to(func(s *lb.BackendSpec) { s.HealthCheck.Type = lb.CheckHTTP }); err != nil {
		t.Error(err)
	}
	if err := to(func(s *lb.BackendSpec) { s.Name = "new" }); !errors.Is(err, lb.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// What was there before passes as it is, whatever the capabilities say.
func TestMemoryUpdateOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	c := lbtest.NewMemory().Capabilities()
	c.Limits.MaxNameLength = 4
	c.Features["loadbalancer.plan"] = lb.Support{Hint: "order one"}
	m := lbtest.NewMemory(lbtest.WithCapabilities(c))
	id := m.AddLoadBalancer(lb.LoadBalancerSpec{Name: "ancient", Plan: "XL"})
	update := func(change func(*lb.LoadBalancerSpec)) error {
		return second(m.LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error { change(s); return nil }))
	}
	if err := update(func(s *lb.LoadBalancerSpec) { s.Tags = []string{"a"} }); err != nil {
		t.Error(err)
	}
	if err := update(func(s *lb.LoadBalancerSpec) { s.Name = "another" }); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("a name that is as long: %v", err)
	}
	if err := update(func(s *lb.LoadBalancerSpec) { s.Name = "new" }); err != nil {
		t.Error(err)
	}
	if got, err := m.LoadBalancers().Get(t.Context(), id); err != nil || got.Plan != "XL" || got.Name != "new" || got.Tags[0] != "a" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMemoryRules(t *testing.T) {
	t.Parallel()
	w := newMemoryWorld(t, lbtest.WithStaging())
	ctx := t.Context()
	deny := func(prefix string) lb.FilterSpec {
		return lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{prefix}}}}
	}
	set := func(specs ...lb.FilterSpec) string {
		t.Helper()
		filters, err := w.Filters().Set(ctx, w.frontend.ID, specs, lb.SetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		listed, err := lb.Collect(w.Filters().List(ctx, w.frontend.ID, lb.PageOptions{}))
		if err != nil || !cmp.Equal(filters, listed, memoryComparer) {
			t.Errorf("got %v, %v", listed, err)
		}
		var ids []string
		for _, filter := range filters {
			ids = append(ids, strings.TrimPrefix(filter.ID, string(w.frontend.ID)+"/filter-"))
		}
		return strings.Join(ids, " ")
	}
	if got := set(deny("192.0.2.0/24"), deny("10.0.0.0/8"), deny("10.0.0.0/8")); got != "2 1 3" {
		t.Errorf("the one that is there keeps its ID: %s", got)
	}
	before := w.pendingCount(t)
	if got := set(deny("192.0.2.0/24"), deny("10.0.0.0/8"), deny("10.0.0.0/8")); got != "2 1 3" || w.pendingCount(t) != before {
		t.Errorf("the same again is a write, or %s", got)
	}
	if got := set(deny("10.0.0.0/8")); got != "1" || w.pendingCount(t) != before+1 {
		t.Errorf("got %s", got)
	}
	_, err := w.Filters().Set(ctx, w.frontend.ID, nil, lb.SetOptions{})
	memoryFails(t, err, "filters.set", lb.ErrInvalid)
	_, err = w.Routes().Set(ctx, w.frontend.ID, nil, lb.SetOptions{})
	memoryFails(t, err, "routes.set", lb.ErrInvalid)
	_, err = w.Filters().Set(ctx, w.frontend.ID, []lb.FilterSpec{{Action: "drop"}}, lb.SetOptions{})
	if paths := memoryPaths(t, err); !slices.Equal(paths, []string{"?filters[0].action"}) || set(deny("10.0.0.0/8")) != "1" {
		t.Errorf("got %v", err)
	}
}

// Limits are of a load balancer, not of a frontend.
func TestMemoryRoomForRules(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		c := lbtest.NewMemory().Capabilities()
		c.Limits.MaxFilters, c.Limits.MaxRoutes = 3, 3
		c.Features["filter.limit.own"] = lb.Support{Supported: !shared}
		w := newMemoryWorld(t, lbtest.WithCapabilities(c)) // has one of each
		ctx := t.Context()
		other, err := w.Frontends().Create(ctx, w.lb, lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(81)}})
		if err != nil {
			t.Fatal(err)
		}
		filters := slices.Repeat([]lb.FilterSpec{{Action: lb.FilterAllow}}, 3)
		room := map[bool]int{false: 2, true: 1}[shared]
		if _, err := w.Filters().Set(ctx, other.ID, filters[:room], lb.SetOptions{}); err != nil {
			t.Error(err)
		}
		_, err = w.Filters().Set(ctx, other.ID, filters[:room+1], lb.SetOptions{})
		memoryFails(t, err, "filters.set", lb.ErrInvalid)
		routes := slices.Repeat([]lb.RouteSpec{{Backend: w.backend.ID}}, 3)
		_, err = w.Routes().Set(ctx, other.ID, routes, lb.SetOptions{})
		memoryFails(t, err, "routes.set", lb.ErrInvalid)
	}
}

// Defaults are such that the capabilities allow them.
func TestMemoryDefaultsFollowCapabilities(t *testing.T) {
	t.Parallel()
	c := lbtest.NewMemory().Capabilities()
	c.Limits.MinCheckInterval, c.Limits.MaxCheckInterval = lb.Duration(30e9), lb.Duration(60e9)
	only := func(values ...string) lb.Support { return lb.Support{Supported: true, Values: values} }
	c.Features["backend.healthCheck.unhealthyThreshold"] = only("2")
	c.Features["backend.healthCheck.timeout"] = lb.Support{}
	c.Features["backend.algorithm"] = only("first")
	c.Features["loadbalancer.tlsPolicy"] = only("modern")
	c.Features["filter.status"] = only("503")
	d := lbtest.NewMemory(lbtest.WithCapabilities(c)).Dialect()
	backend, _, err := d.Backend(lb.BackendSpec{Protocol: lb.ProtocolTCP, HealthCheck: &lb.HealthCheck{}}, nil)
	equal(t, err, backend, lb.BackendSpec{Protocol: lb.ProtocolTCP, HealthCheck: &lb.HealthCheck{
		Type: lb.CheckTCP, Interval: lb.Duration(30e9), UnhealthyThreshold: 2,
	}})
	balancer, err := d.LoadBalancer(lb.LoadBalancerSpec{})
	equal(t, err, balancer, lb.LoadBalancerSpec{})
	filters, err := d.Filters(webFrontend(""), []lb.FilterSpec{{Action: lb.FilterDeny}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, err, filters[0], lb.FilterSpec{Action: lb.FilterDeny})

	chain, key := selfSigned(t, "ca.example.org")
	with := func(ca string) (lb.BackendSpec, error) {
		spec, _, err := d.Backend(lb.BackendSpec{Protocol: lb.ProtocolTCP, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca}}, nil)
		return spec, err
	}
	if got, err := with("subject: ca\n" + chain); err != nil || got.TLS.CA != chain {
		t.Errorf("got %v, %v", got, err)
	}
	for _, ca := range []string{"ca", key, chain + key, chain[:len(chain)-30]} {
		_, err := with(ca)
		if paths := memoryPaths(t, err); !slices.Equal(paths, []string{"!tls.ca"}) || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("got %v", err)
		}
	}
}
