package document_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/document"
)

func address(last byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, last}) }

// TestErrorsOfAStore are told as those of the call, whatever they were.
func TestErrorsOfAStore(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk full")
	said := &lb.Error{Code: lb.ErrRateLimited, Op: "PUT", Status: 429, RequestID: "r-1", Message: "slow down", RetryAfter: time.Second, Attempts: 3, Err: cause}
	for _, c := range []struct {
		name        string
		err         error
		read, write error
	}{
		{"of no code", cause, lb.ErrUnavailable, lb.ErrUncertain},
		{"of an *lb.Error without a code", &lb.Error{Err: cause}, lb.ErrUnavailable, lb.ErrUncertain},
		{"of a sentinel", fmt.Errorf("%w: %w", lb.ErrQuota, cause), lb.ErrQuota, lb.ErrQuota},
		{"of an *lb.Error", fmt.Errorf("the store: %w", said), lb.ErrRateLimited, lb.ErrRateLimited},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store, p, id := onShelf()
			store.failures = []error{c.err}
			_, err := p.LoadBalancers().Get(t.Context(), id)
			e := failure(t, err, "loadbalancers.get", c.read)
			if !errors.Is(err, cause) || e.Kind != lb.KindLoadBalancer || e.ID != string(id) {
				t.Errorf("got %#v, want it about the load balancer, with the cause behind it", e)
			}
			if errors.Is(c.read, lb.ErrRateLimited) && (e.Status != 429 || e.RequestID != "r-1" || e.Message != "slow down" || e.RetryAfter != time.Second || e.Attempts != 3) {
				t.Errorf("got %#v, want all that the store said", e)
			}
			store.before = func(*document.Document) { store.failures = []error{c.err} }
			_, err = p.Backends().Create(t.Context(), id, webBackend())
			fails(t, err, "backends.create", c.write)
			store.failures = []error{c.err}
			_, err = p.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "new"})
			fails(t, err, "loadbalancers.create", c.write)
			store.failures = []error{c.err}
			fails(t, p.LoadBalancers().Delete(t.Context(), id, lb.DeleteLoadBalancerOptions{}), "loadbalancers.delete", c.write)
		})
	}
}

// TestRefusalsOfAStore are complete as they are: a store may know more than capabilities say.
func TestRefusalsOfAStore(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{
		&lb.UnsupportedError{Provider: "folder", Feature: "backend.port", Path: "port"},
		lb.Problems{&lb.UnsupportedError{Provider: "folder", Feature: "backend.port", Path: "port"}},
	} {
		store, p, id := onShelf()
		store.before = func(*document.Document) { store.failures = []error{refusal} }
		if _, err := p.Backends().Create(t.Context(), id, webBackend()); !cmp.Equal(err, refusal) {
			t.Errorf("got %v, want %v", err, refusal)
		}
	}
}

// TestAddressesAreNotReleased: a store is not told, so that nobody may think that they are.
func TestAddressesAreNotReleased(t *testing.T) {
	t.Parallel()
	store := newShelf()
	id := "folder/" + store.add("edge")
	rules := folderRules()
	const feature = lb.Feature("loadbalancers.delete.releaseAddresses")
	rules.Capabilities.Features[feature] = lb.Support{Supported: true}
	p := document.New(rules, store)
	err := p.LoadBalancers().Delete(t.Context(), id, lb.DeleteLoadBalancerOptions{ReleaseAddresses: true})
	if no, ok := errors.AsType[*lb.UnsupportedError](err); !ok || no.Feature != feature || p.Capabilities().Has(feature) {
		t.Errorf("got %v, want it refused", err)
	}
	if len(store.asked) > 0 {
		t.Errorf("the store was asked: %v", store.asked)
	}
}

// plain is a store that can do no more than a store has to.
type plain struct{ document.Store }

func TestAStoreThatCanLess(t *testing.T) {
	t.Parallel()
	store, _, id := onShelf()
	p := document.New(folderRules(), plain{store})
	calls := p.LoadBalancers()
	if c := p.Capabilities(); !c.Has("loadbalancers.get", "loadbalancers.update") || c.Has("loadbalancers.create") || c.Has("backends.health") {
		t.Errorf("it claims %v", c.Features)
	}
	for op, call := range map[lb.Feature]func(context.Context) error{
		"loadbalancers.create": func(ctx context.Context) error {
			_, err := calls.Create(ctx, lb.LoadBalancerSpec{})
			return err
		},
		"loadbalancers.delete":       func(ctx context.Context) error { return calls.Delete(ctx, id, lb.DeleteLoadBalancerOptions{}) },
		"loadbalancers.health":       func(ctx context.Context) error { _, err := calls.Health(ctx, id); return err },
		"loadbalancers.egressRanges": func(ctx context.Context) error { _, err := calls.EgressRanges(ctx, id); return err },
		"backends.health": func(ctx context.Context) error {
			_, err := lb.Collect(p.Backends().Health(ctx, lb.BackendID(id+"/backends/web"), lb.PageOptions{}))
			return err
		},
	} {
		var refusal *lb.UnsupportedError
		if err := call(t.Context()); !errors.As(err, &refusal) || refusal.Feature != op || refusal.Provider != "folder" {
			t.Errorf("%s: got %v, want it refused", op, err)
		}
	}
}

// TestKeysOfAnyText finds what a store calls by any name, and nothing else.
func TestKeysOfAnyText(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, key := range []string{"a/b", "a b", "ü", "%2F", "a%", "..a", "frontends", "x?y#z", "\n"} {
		store := newShelf()
		tree := lb.Tree{
			LoadBalancer: &lb.LoadBalancer{ID: lb.LoadBalancerID(key)},
			Backends:     []*lb.Backend{{ID: lb.BackendID(key), BackendSpec: webBackend(), Servers: []*lb.Server{{ServerSpec: lb.ServerSpec{Address: netip.MustParseAddr("2001:db8::4"), Port: 80}}}}},
			Frontends:    []lb.FrontendTree{{Frontend: &lb.Frontend{ID: lb.FrontendID(key), FrontendSpec: webFrontend(lb.BackendID(key))}}},
		}
		_ = must(store.put(&document.Document{Tree: tree}))(t)
		p := document.New(folderRules(), store)
		b := must(lb.One(p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{})))(t)
		f := must(lb.One(p.Frontends().List(ctx, b.ID, lb.ListOptions{})))(t)
		backend := must(p.Backends().Get(ctx, f.DefaultBackend))(t)
		server := must(p.Servers().Get(ctx, backend.Servers[0].ID))(t)
		if f.LoadBalancer != b.ID || backend.LoadBalancer != b.ID || server.Backend != backend.ID {
			t.Errorf("%q: the parents are %q, %q and %q", key, f.LoadBalancer, backend.LoadBalancer, server.Backend)
		}
		must(p.Servers().Update(ctx, server.ID, func(s *lb.ServerSpec) error { s.Weight = new(7); return nil }))(t)
		kept := must(store.get(key))(t)
		if string(kept.LoadBalancer.ID) != key || string(kept.Backends[0].ID) != key || string(kept.Frontends[0].ID) != key || string(kept.Frontends[0].DefaultBackend) != key {
			t.Errorf("%q: it was written as %q, %q, %q and %q", key, kept.LoadBalancer.ID, kept.Backends[0].ID, kept.Frontends[0].ID, kept.Frontends[0].DefaultBackend)
		}
	}
}

// TestKeysOfNoText are those that mean another place in a path: the store is not asked.
func TestKeysOfNoText(t *testing.T) {
	t.Parallel()
	store, p, _ := onShelf()
	for _, id := range []lb.LoadBalancerID{"folder/.", "folder/..", "folder/%2E%2E", "folder/%zz", "folder/"} {
		_, err := p.LoadBalancers().Get(t.Context(), id)
		fails(t, err, "loadbalancers.get", lb.ErrInvalid)
	}
	_, err := p.Servers().Get(t.Context(), "folder/b1/backends/../servers/10.0.0.1")
	fails(t, err, "servers.get", lb.ErrInvalid)
	if len(store.asked) > 0 {
		t.Errorf("the store was asked: %v", store.asked)
	}
}

// TestServersThatStay are the same objects: a store may find in Native what package lb has
// no name for.
func TestServersThatStay(t *testing.T) {
	t.Parallel()
	store, p, id := onShelf()
	one, two, three := lb.ServerSpec{Address: address(1)}, lb.ServerSpec{Address: address(2)}, lb.ServerSpec{Address: address(3)}
	b := must(p.Backends().Create(t.Context(), id, webBackend(), one, two))(t)
	var written []any
	store.before = func(d *document.Document) {
		for _, server := range d.Backends[0].Servers {
			written = append(written, server.Native)
		}
	}
	two.Weight = new(5)
	set := must(p.Servers().Set(t.Context(), b.ID, []lb.ServerSpec{three, two}, lb.SetOptions{}))(t)
	if want := []any{nil, lb.ServerID("10.0.0.2")}; *set[1].Weight != 5 || !slices.Equal(written, want) {
		t.Errorf("it was written with %v, want %v", written, want)
	}
}

// TestRulesThatStay are the same objects, each once, wherever they stand then.
func TestRulesThatStay(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, p, id := onShelf()
	f := must(p.Frontends().Create(ctx, id, webFrontend("")))(t)
	deny := func(source string) lb.FilterSpec {
		return lb.FilterSpec{Action: lb.FilterDeny, Match: lb.Match{{Field: lb.FieldSource, Values: []string{source}}}}
	}
	must(p.Filters().Set(ctx, f.ID, []lb.FilterSpec{deny("10.0.0.0/8"), deny("10.0.0.0/8"), deny("192.0.2.0/24")}, lb.SetOptions{}))(t)
	d := must(store.get("b1"))(t)
	for i, filter := range d.Frontends[0].Filters {
		filter.ID = fmt.Sprint("f", i)
	}
	must(store.put(d))(t)
	after := must(p.Filters().Set(ctx, f.ID, []lb.FilterSpec{deny("192.0.2.0/24"), deny("10.0.0.0/8"), deny("10.0.0.0/8"), deny("198.51.100.0/24")}, lb.SetOptions{}))(t)
	var ids []string
	for _, filter := range after {
		ids = append(ids, filter.ID)
	}
	if want := []string{"f2", "f0", "f1", ""}; !slices.Equal(ids, want) {
		t.Errorf("the IDs are %q, want %q", ids, want)
	}
}

// TestWhatDoesNotFit is refused by its path, and nothing is written.
func TestWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, p, id := onShelf()
	tcp := webBackend()
	tcp.Protocol = lb.ProtocolTCP
	web, other := must(p.Backends().Create(ctx, id, webBackend()))(t), must(p.Backends().Create(ctx, id, tcp))(t)
	f := must(p.Frontends().Create(ctx, id, webFrontend("")))(t)
	spec := webFrontend("")
	spec.Ports = []lb.PortRange{lb.Port(82)}
	second := must(p.Frontends().Create(ctx, id, spec))(t)
	redirect := lb.FilterSpec{Action: lb.FilterRedirect, Redirect: &lb.Redirect{Scheme: "https"}}
	must(p.Filters().Set(ctx, second.ID, []lb.FilterSpec{redirect}, lb.SetOptions{}))(t)
	must(p.Filters().Set(ctx, f.ID, slices.Repeat([]lb.FilterSpec{redirect}, 25), lb.SetOptions{}))(t)
	match := lb.Match{{Field: lb.FieldHost, Values: []string{"a.example"}}}
	must(p.Routes().Set(ctx, f.ID, []lb.RouteSpec{{Backend: web.ID, Match: match}}, lb.SetOptions{}))(t)
	written := must(store.get("b1"))(t).Version

	for path, call := range map[string]func() error{
		"ports": func() error { _, err := p.Frontends().Create(ctx, id, webFrontend(web.ID)); return err },
		"defaultBackend": func() error {
			spec := webFrontend(other.ID)
			spec.Ports = []lb.PortRange{lb.Port(81)}
			_, err := p.Frontends().Create(ctx, id, spec)
			return err
		},
		"routes[0].backend": func() error {
			_, err := p.Routes().Set(ctx, f.ID, []lb.RouteSpec{{Backend: other.ID, Match: match}}, lb.SetOptions{})
			return err
		},
		"protocol": func() error {
			_, err := p.Frontends().Update(ctx, f.ID, func(s *lb.FrontendSpec) error { s.Protocol = lb.ProtocolTCP; return nil })
			return err
		},
		"protocol ": func() error {
			_, err := p.Backends().Update(ctx, web.ID, func(s *lb.BackendSpec) error { s.Protocol = lb.ProtocolTCP; return nil })
			return err
		},
		"filters": func() error {
			_, err := p.Filters().Set(ctx, second.ID, slices.Repeat([]lb.FilterSpec{redirect}, 26), lb.SetOptions{})
			return err
		},
		"filters[0].action": func() error {
			_, err := p.Frontends().Update(ctx, second.ID, func(s *lb.FrontendSpec) error { s.Protocol = lb.ProtocolTCP; return nil })
			return err
		},
		"servers": func() error {
			var specs []lb.ServerSpec
			for i := range 50 {
				specs = append(specs, lb.ServerSpec{Address: address(byte(i + 1))})
			}
			must(p.Servers().Set(ctx, other.ID, specs, lb.SetOptions{}))(t)
			written = must(store.get("b1"))(t).Version
			_, err := p.Servers().Add(ctx, other.ID, lb.ServerSpec{Address: address(51)})
			return err
		},
	} {
		err := call()
		if !refusedAt(err, path) {
			t.Errorf("got %v, want it refused at %q", err, path)
		}
		if now := must(store.get("b1"))(t).Version; now != written {
			t.Errorf("%s: version %s became %s", path, written, now)
		}
	}
}

// refusedAt reports whether a field of an error, or of one of several, is at path, which may
// end in a space to be another key.
func refusedAt(err error, path string) bool {
	var problems lb.Problems
	if !errors.As(err, &problems) {
		problems = lb.Problems{err}
	}
	for _, problem := range problems {
		at := ""
		if e, ok := errors.AsType[*lb.Error](problem); ok && errors.Is(e, lb.ErrInvalid) && len(e.Fields) == 1 {
			at = e.Fields[0].Path
		} else if e, ok := errors.AsType[*lb.UnsupportedError](problem); ok {
			at = e.Path
		}
		if at == strings.TrimSpace(path) {
			return true
		}
	}
	return false
}

// TestServersOfSeveralLoadBalancers are removed with one write for each.
func TestServersOfSeveralLoadBalancers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, p, _ := onShelf()
	_ = store.add("other")
	var ids []lb.ServerID
	for _, id := range []lb.LoadBalancerID{"folder/b1", "folder/b2"} {
		for range 2 {
			b := must(p.Backends().Create(ctx, id, webBackend(), lb.ServerSpec{Address: address(1)}, lb.ServerSpec{Address: address(2)}))(t)
			ids = append(ids, b.Servers[0].ID)
		}
	}
	writes := 0
	store.before = func(*document.Document) { writes++ }
	if err := p.Servers().Remove(ctx, append(ids, ids...)...); err != nil || writes != 2 {
		t.Fatalf("got %v after %d writes, want 2", err, writes)
	}
	for _, id := range ids {
		_, err := p.Servers().Get(ctx, id)
		fails(t, err, "servers.get", lb.ErrNotFound)
	}
}
