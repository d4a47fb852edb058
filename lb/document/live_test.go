package document_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
	"github.com/lbkit/lbkit/lb/document"
)

func deny(source string, status int) lb.FilterSpec {
	return lb.FilterSpec{Action: lb.FilterDeny, Status: status, Match: lb.Match{{Field: lb.FieldSource, Values: []string{source}}}}
}

func routeTo(to lb.BackendID, hosts ...string) lb.RouteSpec {
	return lb.RouteSpec{Backend: to, Match: lb.Match{{Field: lb.FieldHost, Values: hosts}}}
}

// strictRules refuse more than there is: denials with 418, servers with a weight of 99, routes
// that overlap, and a third filter.
func strictRules() dialect.Rules {
	r := folderRules()
	r.Capabilities.Features["route.order"] = lb.Support{}
	r.Capabilities.Limits.MaxFilters = 2
	r.Refuse = func(spec any) []lb.FieldError {
		if f, ok := spec.(lb.FilterSpec); ok && f.Status == 418 {
			return []lb.FieldError{{Path: "status", Reason: "no teapots"}}
		}
		if s, ok := spec.(lb.ServerSpec); ok && *s.Weight == 99 {
			return []lb.FieldError{{Path: "weight", Reason: "too much"}}
		}
		return nil
	}
	return r
}

func renamed(s *lb.FrontendSpec) error {
	s.Name = "renamed"
	return nil
}

// TestLiveRulesPass: filters and routes that are there pass as they are, each once, and so do
// the settings of their frontend. What is new does not.
func TestLiveRulesPass(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, lenient, id := onShelf()
	a, b := must(lenient.Backends().Create(ctx, id, webBackend()))(t), must(lenient.Backends().Create(ctx, id, webBackend()))(t)
	f := must(lenient.Frontends().Create(ctx, id, webFrontend(a.ID)))(t)
	teapot, plain, more := deny("10.0.0.0/8", 418), deny("11.0.0.0/8", 403), deny("12.0.0.0/8", 403)
	filters := []lb.FilterSpec{teapot, plain, plain}
	routes := []lb.RouteSpec{routeTo(a.ID, "a.example"), routeTo(b.ID, "a.example")}
	must(lenient.Filters().Set(ctx, f.ID, filters, lb.SetOptions{}))(t)
	must(lenient.Routes().Set(ctx, f.ID, routes, lb.SetOptions{}))(t)

	p := document.New(strictRules(), store)
	must(p.Frontends().Update(ctx, f.ID, renamed))(t)
	version := must(store.get("b1"))(t).Version
	set := func(specs ...lb.FilterSpec) ([]*lb.Filter, error) {
		return p.Filters().Set(ctx, f.ID, specs, lb.SetOptions{})
	}
	choose := func(specs ...lb.RouteSpec) ([]*lb.Route, error) {
		return p.Routes().Set(ctx, f.ID, specs, lb.SetOptions{})
	}
	foreign := slices.Clone(filters)
	foreign[0].Extensions = lb.Extend(elsewhere{Note: "not ours"})
	must(set(filters...))(t)
	must(set(foreign...))(t)
	must(choose(routes...))(t)
	for path, err := range map[string]error{
		"filters[1].status": second(set(teapot, teapot)),
		"filters[0].status": second(set(deny("10.0.0.0/9", 418))),
		"filters":           second(set(teapot, plain, more)),
		"routes[1].match":   second(choose(routeTo(b.ID, "a.example", "b.example"), routes[0])),
	} {
		if !refusedAt(err, path) {
			t.Errorf("got %v, want it refused at %q", err, path)
		}
	}
	if now := must(store.get("b1"))(t).Version; now != version {
		t.Errorf("version %s became %s, by what is there or what was refused", version, now)
	}
	for _, specs := range [][]lb.FilterSpec{{plain, teapot}, {teapot, plain}, {more, teapot}, {teapot}} {
		var got []lb.FilterSpec
		for _, filter := range must(set(specs...))(t) {
			got = append(got, filter.FilterSpec)
		}
		if diff := cmp.Diff(specs, got, cmp.Comparer(func(a, b lb.FilterSpec) bool { return lb.Equal(a, b) })); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	must(choose(append(routes, routeTo(a.ID, "b.example"))...))(t)
}

// TestLiveRulesBeyondTheLimit: where there are more than there is room for, on all frontends,
// one takes the place of another, and none is added.
func TestLiveRulesBeyondTheLimit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, lenient, id := onShelf()
	var fronts []lb.FrontendID
	for _, port := range []uint16{80, 81} {
		spec := webFrontend("")
		spec.Ports = []lb.PortRange{lb.Port(port)}
		f := must(lenient.Frontends().Create(ctx, id, spec))(t)
		must(lenient.Filters().Set(ctx, f.ID, []lb.FilterSpec{deny("10.0.0.0/8", 403), deny("11.0.0.0/8", 403)}[:82-port], lb.SetOptions{}))(t)
		fronts = append(fronts, f.ID)
	}
	p := document.New(strictRules(), store)
	must(p.Filters().Set(ctx, fronts[1], []lb.FilterSpec{deny("12.0.0.0/8", 403)}, lb.SetOptions{}))(t)
	_, err := p.Filters().Set(ctx, fronts[1], []lb.FilterSpec{deny("12.0.0.0/8", 403), deny("13.0.0.0/8", 403)}, lb.SetOptions{})
	if !refusedAt(err, "filters") {
		t.Errorf("one more: got %v, want it refused", err)
	}
}

// elsewhere is an extension of another provider.
type elsewhere struct {
	Note string `json:"note"`
}

func (elsewhere) ExtensionProvider() string { return "elsewhere" }

// TestLiveMisfitsPass: a frontend that listens where another does, or leads to nothing, keeps
// doing so while something else of it changes; nothing more comes to that.
func TestLiveMisfitsPass(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, p, id := onShelf()
	b := must(p.Backends().Create(ctx, id, webBackend()))(t)
	f := must(p.Frontends().Create(ctx, id, webFrontend(b.ID)))(t)
	must(p.Routes().Set(ctx, f.ID, []lb.RouteSpec{routeTo(b.ID, "a.example")}, lb.SetOptions{}))(t)
	d := must(store.get("b1"))(t)
	d.Frontends[0].DefaultBackend, d.Frontends[0].Routes[0].Backend = "gone", "gone"
	twin := *d.Frontends[0].Frontend
	twin.ID, twin.Ports = "twin", []lb.PortRange{lb.Port(80), lb.Port(81)}
	d.Frontends = append(d.Frontends, lb.FrontendTree{Frontend: &twin})
	_ = must(store.put(d))(t)

	must(p.Frontends().Update(ctx, f.ID, renamed))(t)
	must(p.Frontends().Update(ctx, "folder/b1/frontends/twin", renamed))(t)
	must(p.Routes().Set(ctx, f.ID, []lb.RouteSpec{routeTo(b.ID, "b.example"), routeTo("folder/b1/backends/gone", "a.example")}, lb.SetOptions{}))(t)
	update := func(change func(*lb.FrontendSpec)) error {
		return second(p.Frontends().Update(ctx, f.ID, func(s *lb.FrontendSpec) error {
			change(s)
			return nil
		}))
	}
	for path, err := range map[string]error{
		"ports":             update(func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{lb.Port(81)} }),
		"ports ":            update(func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{{From: 79, To: 82}} }),
		"protocol":          update(func(s *lb.FrontendSpec) { s.Protocol = lb.ProtocolTCP }),
		"defaultBackend":    update(func(s *lb.FrontendSpec) { s.DefaultBackend = "folder/b1/backends/none" }),
		"routes[1].backend": second(p.Routes().Set(ctx, f.ID, []lb.RouteSpec{routeTo(b.ID, "b.example"), routeTo("folder/b1/backends/none", "a.example")}, lb.SetOptions{})),
	} {
		if !refusedAt(err, path) {
			t.Errorf("got %v, want it refused at %q", err, path)
		}
	}
	for _, ports := range []lb.PortRange{{From: 79, To: 80}, lb.Port(8080)} {
		if err := update(func(s *lb.FrontendSpec) { s.Ports = []lb.PortRange{ports} }); err != nil {
			t.Errorf("on %s: %v", ports, err)
		}
	}
}

// TestLiveServersPass as they are, beside others.
func TestLiveServersPass(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, lenient, id := onShelf()
	heavy, second := lb.ServerSpec{Address: address(1), Weight: new(99)}, lb.ServerSpec{Address: address(2), Weight: new(1)}
	b := must(lenient.Backends().Create(ctx, id, webBackend(), heavy))(t)
	version := must(store.get("b1"))(t).Version
	p := document.New(strictRules(), store)
	set := func(specs ...lb.ServerSpec) error {
		_, err := p.Servers().Set(ctx, b.ID, specs, lb.SetOptions{})
		return err
	}
	if err := set(heavy); err != nil || must(store.get("b1"))(t).Version != version {
		t.Errorf("as it is there: %v", err)
	}
	d := must(store.get("b1"))(t)
	d.Backends[0].Servers[0].Weight = nil // as others spell 1
	version = must(store.put(d))(t).Version
	if err := set(lb.ServerSpec{Address: address(1)}); err != nil || must(store.get("b1"))(t).Version != version {
		t.Errorf("as it is spelled there: %v", err)
	}
	d.Backends[0].Servers[0].Weight = new(99)
	_ = must(store.put(d))(t)
	if err := set(second, heavy); err != nil {
		t.Errorf("with another: %v", err)
	}
	second.Weight = new(99)
	if err := set(heavy, second); !refusedAt(err, "servers[1].weight") {
		t.Errorf("got %v, want the other refused", err)
	}
}
