package scaleway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// interruption is what happens to a write, and to all later ones of the call where it
// lasts.
type interruption struct {
	inject func(*lbtest.Rule)
	lasts  bool
	code   error // of a call that it ends; nil: ErrUncertain at a POST, else ErrUnavailable
	ends   bool  // every call
}

var interruptions = map[string]interruption{
	"refused":              {inject: answering(http.StatusForbidden, ""), code: lb.ErrForbidden, ends: true},
	"busy":                 {inject: answering(http.StatusConflict, "transient_state"), lasts: true, code: lb.ErrBusy, ends: true},
	"busy once":            {inject: answering(http.StatusConflict, "transient_state"), code: lb.ErrBusy},
	"never sent":           {inject: func(r *lbtest.Rule) { r.DropBeforeSend() }, lasts: true, code: lb.ErrUnavailable, ends: true},
	"not sent":             {inject: func(r *lbtest.Rule) { r.DropBeforeSend() }, code: lb.ErrUnavailable},
	"not done":             {inject: answering(http.StatusInternalServerError, ""), lasts: true, ends: true},
	"not done at first":    {inject: answering(http.StatusInternalServerError, "")},
	"done, never answered": {inject: func(r *lbtest.Rule) { r.DropAfterSend() }, lasts: true},
	"done, not answered":   {inject: func(r *lbtest.Rule) { r.DropAfterSend() }},
	"done, and 502":        {inject: func(r *lbtest.Rule) { r.Replace(http.StatusBadGateway, "{}") }, lasts: true},
}

func answering(status int, kind string) func(*lbtest.Rule) {
	return func(r *lbtest.Rule) { r.Status(status, fmt.Sprintf(`{"message":"no","type":%q}`, kind)) }
}

// scene is what the calls that are interrupted find.
type scene struct {
	*ruled

	other       lb.BackendID // that a route leads to, with two servers
	spare       lb.BackendID // that nothing leads to
	free        lb.AddressID // IPv6
	certificate lb.CertificateID
}

func newScene(t *testing.T, opts ...scalewaytest.Option) *scene {
	t.Helper()
	w := newWorldWith(t, lb.RetryPolicy{}, append(opts, scalewaytest.WithPipe(), scalewaytest.WithSpeed(1))...)
	w.Provider = w.with(scaleway.WithPrivateNetworks())
	s := &scene{ruled: &ruled{world: w, parent: w.loadBalancer()}}
	s.backend = w.backend(s.parent, "10.0.0.4", "10.0.0.5")
	s.frontend = w.frontend(s.parent, s.backend.ID)
	backend := func(name string) lb.BackendID {
		spec := backendSpec()
		spec.Name = name
		return must(w.Backends().Create(t.Context(), s.parent, spec, at("10.0.0.6", "10.0.0.7")...))(t).ID
	}
	s.other, s.spare = backend("other"), backend("spare")
	s.setFilters(filter(lb.FilterDeny, in("192.0.2.0/24")), filter(lb.FilterAllow, in("10.0.0.0/8")))
	s.setRoutes(s.route(s.other, "a"), s.route(s.other, "b"), s.route(s.other, "c"))
	s.free = w.allocate(lb.AddressSpec{IPv6: true}).ID
	s.certificate = must(w.Certificates().Create(t.Context(), s.parent, lb.CertificateSpec{Name: "old", Domains: []string{"old.example"}}))(t).ID
	w.api.Advance(time.Minute)
	return s
}

func (s *scene) route(to lb.BackendID, host string) lb.RouteSpec {
	return lb.RouteSpec{Backend: to, Match: lb.Match{when(lb.FieldHost, "", host+".example")}}
}

// interruptible is a call that writes.
type interruptible struct {
	writes int // that it takes
	makes  bool
	gone   bool // by its end what it is about is: once more it is ErrNotFound
	opts   []scalewaytest.Option
	call   func(ctx context.Context, s *scene) error

	prepare func(s *scene) // what the call finds besides; nil: nothing
}

var interrupted = map[string]interruptible{
	"loadbalancers.create": {writes: 1, makes: true, call: func(ctx context.Context, s *scene) error {
		_, err := s.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "new"})
		return err
	}},
	"loadbalancers.update": {writes: 2, call: func(ctx context.Context, s *scene) error {
		_, err := s.LoadBalancers().Update(ctx, s.parent, func(spec *lb.LoadBalancerSpec) error {
			spec.Name, spec.TLSPolicy, spec.Plan = "renamed", lb.TLSPolicyModern, "lb-gp-m"
			return nil
		})
		return err
	}},
	"loadbalancers.delete": {writes: 1, gone: true, call: func(ctx context.Context, s *scene) error {
		return s.LoadBalancers().Delete(ctx, s.parent, lb.DeleteLoadBalancerOptions{ReleaseAddresses: true})
	}},
	"addresses.allocate": {writes: 1, makes: true, call: func(ctx context.Context, s *scene) error {
		_, err := s.Addresses().Allocate(ctx, lb.AddressSpec{Tags: []string{"new"}})
		return err
	}},
	"addresses.attach": {writes: 1, call: func(ctx context.Context, s *scene) error {
		_, err := s.Addresses().Attach(ctx, s.free, s.parent)
		return err
	}},
	"addresses.release": {writes: 1, gone: true, call: func(ctx context.Context, s *scene) error {
		return s.Addresses().Release(ctx, s.free)
	}},
	"backends.create": {writes: 1, makes: true, call: func(ctx context.Context, s *scene) error {
		spec := fullBackend()
		spec.Name = "new"
		_, err := s.Backends().Create(ctx, s.parent, spec, at("10.0.0.9", "10.0.0.8")...)
		return err
	}},
	"backends.update": {writes: 3, call: func(ctx context.Context, s *scene) error {
		_, err := s.Backends().Update(ctx, s.spare, func(spec *lb.BackendSpec) error {
			spec.Name, spec.Port, spec.ProxyProtocol = "renamed", 9090, lb.ProxyProtocolV2
			spec.HealthCheck.UnhealthyThreshold = 7
			spec.HealthCheck.Extensions = lb.Extend(scaleway.HealthCheckOptions{SendProxy: true})
			return nil
		})
		return err
	}},
	"backends.delete": {writes: 1, gone: true, call: func(ctx context.Context, s *scene) error {
		return s.Backends().Delete(ctx, s.spare)
	}},
	"servers.add": {writes: 1, call: func(ctx context.Context, s *scene) error {
		_, err := s.Servers().Add(ctx, s.other, at("10.0.0.8", "10.0.0.9")...)
		return err
	}},
	"servers.set": {writes: 1, call: func(ctx context.Context, s *scene) error {
		_, err := s.Servers().Set(ctx, s.other, at("10.0.0.7", "10.0.0.8"), lb.SetOptions{})
		return err
	}},
	"servers.remove": {writes: 2, call: func(ctx context.Context, s *scene) error {
		leaving := []lb.ServerID{serverID(s.spare, "10.0.0.6"), serverID(s.other, "10.0.0.7")}
		for { // without those that have gone: with one of them it removes none
			var e *lb.Error
			err := s.Servers().Remove(ctx, leaving...)
			if !errors.Is(err, lb.ErrNotFound) || !errors.As(err, &e) {
				return err
			}
			leaving = slices.DeleteFunc(leaving, func(id lb.ServerID) bool { return string(id) == e.ID })
		}
	}},
	"frontends.create": {writes: 1, makes: true, call: func(ctx context.Context, s *scene) error {
		spec := fullFrontend(s.other)
		spec.Name, spec.Ports = "new", []lb.PortRange{lb.Port(8080)}
		_, err := s.Frontends().Create(ctx, s.parent, spec)
		return err
	}},
	"frontends.update": {writes: 1, call: func(ctx context.Context, s *scene) error {
		_, err := s.Frontends().Update(ctx, s.frontend.ID, func(spec *lb.FrontendSpec) error {
			spec.Name, spec.DefaultBackend, spec.ConnectionRate = "renamed", s.other, 9
			return nil
		})
		return err
	}},
	"frontends.delete": {writes: 1, gone: true, call: func(ctx context.Context, s *scene) error {
		return s.Frontends().Delete(ctx, s.frontend.ID)
	}},
	"frontends.delete, after its routes": {
		writes: 5, gone: true, opts: []scalewaytest.Option{scalewaytest.WithAnswer(scalewaytest.FrontendWithRoutes, http.StatusConflict)},
		call: func(ctx context.Context, s *scene) error { return s.Frontends().Delete(ctx, s.frontend.ID) },
	},
	"filters.set": {writes: 1, call: func(ctx context.Context, s *scene) error {
		_, err := s.Filters().Set(ctx, s.frontend.ID, []lb.FilterSpec{
			filter(lb.FilterAllow, in("10.0.0.0/8")), filter(lb.FilterDeny, in("198.51.100.0/24")), filter(lb.FilterDeny, in("192.0.2.0/24")),
		}, lb.SetOptions{})
		return err
	}},
	"routes.set, more": {writes: 4, call: func(ctx context.Context, s *scene) error {
		_, err := s.Routes().Set(ctx, s.frontend.ID, []lb.RouteSpec{
			s.route(s.spare, "a"), s.route(s.spare, "d"), s.route(s.other, "c"), s.route(s.other, "e"), s.route(s.spare, "f"),
		}, lb.SetOptions{})
		return err
	}},
	"routes.set, fewer": {writes: 3, call: func(ctx context.Context, s *scene) error {
		_, err := s.Routes().Set(ctx, s.frontend.ID, []lb.RouteSpec{s.route(s.spare, "d")}, lb.SetOptions{})
		return err
	}},
	"certificates.create": {writes: 1, makes: true, call: func(ctx context.Context, s *scene) error {
		_, err := s.Certificates().Create(ctx, s.parent, lb.CertificateSpec{Name: "new", Domains: []string{"new.example"}})
		return err
	}},
	"certificates.rename": {writes: 1, call: func(ctx context.Context, s *scene) error {
		_, err := s.Certificates().Rename(ctx, s.certificate, "renamed")
		return err
	}},
	"certificates.delete": {writes: 1, gone: true, call: func(ctx context.Context, s *scene) error {
		return s.Certificates().Delete(ctx, s.certificate)
	}},
}

// TestInterruptedWrites: whatever happens to whichever write of a call, nothing is there
// twice, what is left behind is named, the code says whether it may have happened, and the
// call once more comes to the end that it has undisturbed.
func TestInterruptedWrites(t *testing.T) {
	t.Parallel()
	for name, c := range interrupted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

func (c interruptible) scene(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, c.opts...)
	if c.prepare != nil {
		c.prepare(s)
	}
	return s
}

func (c interruptible) test(t *testing.T) {
	t.Helper()
	var want map[string]string
	synctest.Test(t, func(t *testing.T) {
		s := c.scene(t)
		requests := s.writes(func() {
			if err := c.call(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		})
		if len(requests) != c.writes {
			t.Fatalf("it takes %d writes: %v", len(requests), requests)
		}
		want = s.everything()
	})
	for what, i := range interruptions {
		for nth := range c.writes {
			t.Run(fmt.Sprintf("%s/%d", what, nth+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { c.interrupt(t, i, nth, want) })
			})
		}
	}
}

// interrupt has the nth write of the call, from 0, go wrong. Want is what there is after it
// undisturbed.
func (c interruptible) interrupt(t *testing.T, i interruption, nth int, want map[string]string) {
	s := c.scene(t)
	before := s.everything()
	method, err := s.interrupt(i, nth, func() error { return c.call(t.Context(), s) })
	after := s.everything()
	if err == nil {
		if i.ends {
			t.Error("it succeeds")
		}
		same(t, "after a success", lines(want), lines(after))
		return
	}
	code := i.code
	switch {
	case code != nil:
	case method == http.MethodPost:
		code = lb.ErrUncertain
	default:
		code = lb.ErrUnavailable
	}
	isCode(t, method, err, code)
	if len(after) > max(len(before), len(want)) {
		t.Errorf("something is there twice:\n%s", strings.Join(lines(after), "\n"))
	}
	if c.makes && leftBehind(t, before, after, err) {
		return // the error says to look, and where
	}
	if err := c.call(t.Context(), s); err != nil && (!c.gone || !errors.Is(err, lb.ErrNotFound)) {
		t.Fatalf("once more: %v", err)
	}
	same(t, "after the call once more", lines(want), lines(s.everything()))
}

// interrupt runs a call of which a write goes wrong, and says the method of the last one.
func (s *scene) interrupt(i interruption, nth int, call func() error) (method string, err error) {
	rule := s.api.Faults().On(func(r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		method = r.Method
		return true
	}).Skip(nth)
	if !i.lasts {
		rule.Times(1)
	}
	i.inject(rule)
	defer s.api.Faults().Reset()
	err = call()
	return method, err
}

// leftBehind reports whether an error names what is new; it must.
func leftBehind(t *testing.T, before, after map[string]string, err error) bool {
	t.Helper()
	left := false
	for id, what := range after {
		if _, old := before[id]; old {
			continue
		}
		left = true
		var e *lb.Error
		named := errors.As(err, &e) && (e.ID == id || slices.ContainsFunc(e.Fields, func(f lb.FieldError) bool { return strings.Contains(f.Reason, id) }))
		if !named {
			t.Errorf("%v does not name %s, which is new: %s", err, id, what)
		}
	}
	return left
}

// lines are what a scene has, without IDs.
func lines(all map[string]string) []string { return slices.Sorted(maps.Values(all)) }

// everything is all that the account has, by ID. What that refers to is called by its name.
func (s *scene) everything() map[string]string {
	s.t.Helper()
	s.api.Advance(time.Minute)
	ctx, out := s.t.Context(), map[string]string{}
	var names []string // old, new, …
	note := func(id, name string, spec any) {
		text, err := json.Marshal(spec)
		if err != nil {
			s.t.Fatal(err)
		}
		out[id] = name + " " + string(text)
		names = append(names, id, name)
	}
	for _, b := range must(lb.Collect(s.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{})))(s.t) {
		note(string(b.ID), "load balancer", b.LoadBalancerSpec)
		tree := must(s.LoadBalancers().Read(ctx, b.ID))(s.t)
		for _, c := range tree.Certificates {
			note(string(c.ID), "certificate "+c.Name, c.Domains)
		}
		for _, backend := range tree.Backends {
			note(string(backend.ID), "backend "+backend.Name, backend.BackendSpec)
			for _, server := range backend.Servers {
				note(string(server.ID), "server of "+backend.Name, server.ServerSpec)
			}
		}
		for _, f := range tree.Frontends {
			note(string(f.ID), "frontend "+f.Name, f.FrontendSpec)
			for i, filter := range f.Filters {
				note(filter.ID, fmt.Sprint("filter ", i, " of ", f.Name), filter.FilterSpec)
			}
			for _, route := range f.Routes {
				note(route.ID, "route of "+f.Name, route.RouteSpec)
			}
		}
	}
	for _, a := range must(lb.Collect(s.Addresses().List(ctx, lb.AddressListOptions{})))(s.t) {
		note(string(a.ID), "address", []any{a.Prefix.Addr().Is6(), a.Tags, a.LoadBalancer})
	}
	replacer := strings.NewReplacer(names...)
	for id, text := range out {
		out[id] = replacer.Replace(text)
	}
	return out
}
