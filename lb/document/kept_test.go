package document_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/document"
)

// TestAnotherThingIsKept has a store that keeps whole seconds, other weights and one filter:
// what is not kept is told, by its path.
func TestAnotherThingIsKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, p, id := onShelf()
	plain := must(p.Backends().Create(ctx, id, webBackend(), lb.ServerSpec{Address: address(1)}))(t)
	front := must(p.Frontends().Create(ctx, id, webFrontend(plain.ID)))(t)
	store.before = func(d *document.Document) {
		d.LoadBalancer.Name = strings.ToUpper(d.LoadBalancer.Name)
		for _, b := range d.Backends {
			b.ServerTimeout = b.ServerTimeout / lb.Duration(time.Second) * lb.Duration(time.Second)
			for _, s := range b.Servers {
				s.Weight = new(min(*s.Weight, 100))
			}
		}
		for _, f := range d.Frontends {
			f.ClientTimeout = f.ClientTimeout / lb.Duration(time.Second) * lb.Duration(time.Second)
			for _, filter := range f.Filters {
				filter.Status = 404
			}
		}
	}
	const fraction = lb.Duration(1500 * time.Millisecond)
	slow, heavy := webBackend(), lb.ServerSpec{Address: address(2), Weight: new(200)}
	slow.ServerTimeout = fraction
	deny := lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}}}
	for name, c := range map[string]struct {
		path string
		err  error
	}{
		"loadbalancers.update": {"name", second(p.LoadBalancers().Update(ctx, id, func(s *lb.LoadBalancerSpec) error { s.Name = "b"; return nil }))},
		"backends.create":      {"serverTimeout", second(p.Backends().Create(ctx, id, slow))},
		"backends.update":      {"serverTimeout", second(p.Backends().Update(ctx, plain.ID, func(s *lb.BackendSpec) error { s.ServerTimeout = fraction; return nil }))},
		"frontends.update":     {"clientTimeout", second(p.Frontends().Update(ctx, front.ID, func(s *lb.FrontendSpec) error { s.ClientTimeout = fraction; return nil }))},
		"servers.add":          {"weight", second(p.Servers().Add(ctx, plain.ID, heavy))},
		"servers.update":       {"weight", second(p.Servers().Update(ctx, plain.Servers[0].ID, func(s *lb.ServerSpec) error { s.Weight = new(200); return nil }))},
		"servers.set":          {"weight", second(p.Servers().Set(ctx, plain.ID, []lb.ServerSpec{heavy}, lb.SetOptions{}))},
		"filters.set":          {"status", second(p.Filters().Set(ctx, front.ID, []lb.FilterSpec{deny}, lb.SetOptions{}))},
	} {
		if e := failure(t, c.err, name, lb.ErrUncertain); len(e.Fields) != 1 || e.Fields[0].Path != c.path {
			t.Errorf("%s: got %v, want it about %s", name, c.err, c.path)
		}
	}
	must(p.Backends().Update(ctx, plain.ID, func(s *lb.BackendSpec) error { s.ServerTimeout = lb.Duration(2 * time.Second); return nil }))(t)
}

func second[T any](_ T, err error) error { return err }

// TestTooMuchIsKept has a store that forgets nothing that it has had: what was to go is told.
func TestTooMuchIsKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, p, id := onShelf()
	one, two := lb.ServerSpec{Address: address(1)}, lb.ServerSpec{Address: address(2)}
	b := must(p.Backends().Create(ctx, id, webBackend(), one, two))(t)
	spare := must(p.Backends().Create(ctx, id, webBackend()))(t)
	f := must(p.Frontends().Create(ctx, id, webFrontend(b.ID)))(t)
	deny := lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{"10.0.0.0/8"}}}}
	must(p.Filters().Set(ctx, f.ID, []lb.FilterSpec{deny}, lb.SetOptions{}))(t)
	had := must(store.get("b1"))(t)
	store.before = func(d *document.Document) {
		kept := *had
		if len(d.Backends) > len(had.Backends) { // a new backend, with a server that nobody asked for
			d.Backends[2].Servers = append(d.Backends[2].Servers, &lb.Server{ServerSpec: lb.ServerSpec{Address: address(3)}})
			kept = *d
		}
		kept.Version = d.Version
		*d = kept
	}
	for name, err := range map[string]error{
		"servers.set":      second(p.Servers().Set(ctx, b.ID, []lb.ServerSpec{one}, lb.SetOptions{})),
		"servers.set ":     second(p.Servers().Set(ctx, b.ID, nil, lb.SetOptions{AllowEmpty: true})),
		"servers.remove":   p.Servers().Remove(ctx, b.Servers[1].ID),
		"backends.create":  second(p.Backends().Create(ctx, id, webBackend(), one)),
		"backends.delete":  p.Backends().Delete(ctx, spare.ID),
		"frontends.delete": p.Frontends().Delete(ctx, f.ID),
		"filters.set":      second(p.Filters().Set(ctx, f.ID, nil, lb.SetOptions{AllowEmpty: true})),
	} {
		fails(t, err, strings.TrimSpace(name), lb.ErrUncertain)
	}
	store.before = nil
	if err := p.Servers().Remove(ctx, b.Servers[1].ID); err != nil {
		t.Error(err)
	}
}

// TestReadyByItself: writes are live at once, and so is a load balancer of which nobody says
// that it is not. Health that nobody has counted is counted.
func TestReadyByItself(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := newShelf()
	_ = must(store.put(&document.Document{Tree: lb.Tree{LoadBalancer: &lb.LoadBalancer{ID: "b1"}}}))(t)
	p := document.New(folderRules(), uncounted{store})
	id := lb.LoadBalancerID("folder/b1")
	if _, err := lb.WaitReady(ctx, p, id); err != nil {
		t.Fatal(err)
	}
	b := must(p.Backends().Create(ctx, id, webBackend(), lb.ServerSpec{Address: address(1)}, lb.ServerSpec{Address: address(2)}))(t)
	must(p.Frontends().Create(ctx, id, webFrontend(b.ID)))(t)
	key := strings.TrimPrefix(string(b.ID), "folder/b1/backends/")
	store.health["b1/"+key+"/10.0.0.1"], store.health["b1/"+key+"/10.0.0.2"] = lb.HealthHealthy, lb.HealthDown
	want := &lb.HealthSummary{
		State: lb.HealthDegraded, Frontends: map[lb.Health]int{lb.HealthDegraded: 1}, Backends: map[lb.Health]int{lb.HealthDegraded: 1},
		Servers: map[lb.Health]int{lb.HealthHealthy: 1, lb.HealthDown: 1},
	}
	if diff := cmp.Diff(want, must(p.LoadBalancers().Health(ctx, id))(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// uncounted is a store that says how servers are, and no more.
type uncounted struct{ *shelf }

func (s uncounted) Health(ctx context.Context, key string) (*document.Health, error) {
	health, err := s.shelf.Health(ctx, key)
	if err != nil {
		return nil, err
	}
	return &document.Health{Servers: health.Servers}, nil
}
