package scaleway_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// TestInterruptedPrivateNetworks: the rule of TestInterruptedWrites. The write that is
// interrupted attaches, or detaches, and neither is done twice.
func TestInterruptedPrivateNetworks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]interruptible{
		"create": {writes: 3, makes: true, call: func(ctx context.Context, s *scene) error {
			_, err := s.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{
				Name: "new", Extensions: lb.Extend(scaleway.LoadBalancerOptions{NoIPv4: true, PrivateNetworks: networks(netA, netB)}),
			})
			return err
		}},
		"update, more": {writes: 3, call: func(ctx context.Context, s *scene) error {
			_, err := s.LoadBalancers().Update(ctx, s.parent, func(spec *lb.LoadBalancerSpec) error {
				spec.Name = "renamed"
				return inNetworks(networks(netB, netA)...)(spec)
			})
			return err
		}},
		"update, others": {writes: 3, prepare: func(s *scene) {
			must(s.LoadBalancers().Update(s.t.Context(), s.parent, inNetworks(networks(netA, netB)...)))(s.t)
		}, call: func(ctx context.Context, s *scene) error {
			_, err := s.LoadBalancers().Update(ctx, s.parent, inNetworks(networks(netC)...))
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

// TestWithoutPrivateNetworks a spec that names any is refused, with a hint, and those that
// are there cost nothing and stay as they are, whatever an Update makes of the rest.
func TestWithoutPrivateNetworks(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		ctx, plain := t.Context(), w.with()
		must(w.update(networks(netA)...))(t)
		for _, to := range [][]scaleway.AttachedNetwork{networks(netA), {}} {
			spec := lb.LoadBalancerSpec{Name: "new", Extensions: lb.Extend(scaleway.LoadBalancerOptions{PrivateNetworks: to})}
			sent := w.sent(func() {
				_, err := plain.Dialect().LoadBalancer(spec)
				checkAsking(t, err, "extensions.scaleway.privateNetworks")
				_, err = plain.LoadBalancers().Create(ctx, spec)
				checkAsking(t, err, "extensions.scaleway.privateNetworks")
				checkAsking(t, lb.Require(plain, "loadbalancer.extensions.scaleway.privateNetworks"), "")
			})
			same(t, "sent", []string(nil), sent)
			same(t, "written", []string(nil), w.writes(func() {
				_, err := plain.LoadBalancers().Update(ctx, w.id, inNetworks(to...))
				checkAsking(t, err, "extensions.scaleway.privateNetworks")
			}))
		}
		sent := w.sent(func() {
			got := must(plain.LoadBalancers().Get(ctx, w.id))(t)
			same(t, "read", networks(), reported(t, got))
			must(lb.Collect(plain.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{})))(t)
			must(plain.LoadBalancers().Update(ctx, w.id, func(s *lb.LoadBalancerSpec) error {
				*s = lb.LoadBalancerSpec{Name: "renamed"}
				return nil
			}))(t)
		})
		same(t, "sent", []string{"GET " + path("lbs", w.id), "GET /lbs", "GET " + path("lbs", w.id), "PUT " + path("lbs", w.id)}, sent)
		same(t, "they stay", networks(netA), reported(t, must(w.LoadBalancers().Get(ctx, w.id))(t)))
		if err := lb.Require(w, "loadbalancer.extensions.scaleway.privateNetworks", "loadbalancer.extensions.scaleway.privateNetworks.update"); err != nil {
			t.Error(err)
		}
	})
}

// checkAsking is a refusal of private networks that says how to ask for them.
func checkAsking(t *testing.T, err error, at string) {
	t.Helper()
	var no *lb.UnsupportedError
	if !errors.As(err, &no) || no.Feature != "loadbalancer.extensions.scaleway.privateNetworks" || no.Path != at ||
		no.Hint != "make the provider with scaleway.WithPrivateNetworks" {
		t.Errorf("got %v", err)
	}
}

// TestReadSaysWhatItLeavesOut beside the tree, and without a request for it.
func TestReadSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		plain := w.with()
		must(plain.LoadBalancers().Read(t.Context(), w.id))(t) // it is in none
		must(w.update(networks(netA, netB)...))(t)
		sent := w.sent(func() {
			tree, err := plain.LoadBalancers().Read(t.Context(), w.id)
			if err != nil || tree.LoadBalancer.ID != w.id || !strings.Contains(tree.Unread.Error(), "private networks (2)") {
				t.Fatalf("read %v, %v", tree, err)
			}
			checkAsking(t, tree.Unread, "loadBalancer.extensions.scaleway.privateNetworks")
		})
		if len(sent) != 4 { // there are no frontends, so no routes
			t.Errorf("sent %v", sent)
		}
	})
}

// TestPrivateNetworksCost what WithPrivateNetworks says.
func TestPrivateNetworksCost(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		ctx, own := t.Context(), []string{"GET " + path("lbs", w.id), "GET " + path("lbs", w.id) + "/private-networks"}
		for name, call := range map[string]func() error{
			"get":    func() error { _, err := w.LoadBalancers().Get(ctx, w.id); return err },
			"update": func() error { _, err := w.LoadBalancers().Update(ctx, w.id, inNetworks()); return err },
			"list": func() error {
				_, err := lb.Collect(w.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
				return err
			},
			"read": func() error { _, err := w.LoadBalancers().Read(ctx, w.id); return err },
		} {
			sent := w.sent(func() {
				if err := call(); err != nil {
					t.Error(err)
				}
			})
			slices.Sort(sent)
			want := own
			switch name {
			case "list":
				want = []string{"GET /lbs", own[1]}
			case "read":
				want = []string{own[0], own[0] + "/backends", own[0] + "/certificates", own[0] + "/frontends", own[1]}
			}
			same(t, name, want, sent)
		}
		plain := w.sent(func() { must(w.LoadBalancers().Create(ctx, lb.LoadBalancerSpec{Name: "new"}))(t) })
		same(t, "create", []string{"POST /lbs"}, plain)
	})
}

// TestListsOfPrivateNetworksKeepToTheWindow: no more requests are under way than the caller
// allows, those for attachments included, and no more are sent than are ranged over.
func TestListsOfPrivateNetworksKeepToTheWindow(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		var underWay, peak atomic.Int32
		w.client = must(w.api.Client(scaleway.WithHTTPClient(&http.Client{
			Transport: counting{w.api.HTTPClient().Transport, &underWay, &peak},
		})))(t)
		p := w.with(scaleway.WithPrivateNetworks())
		for range 12 {
			must(p.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "new"}))(t)
		}
		w.api.Faults().On(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/lbs") }).Delay(3 * time.Second)
		w.api.Faults().On(nil).Delay(time.Second)
		for window, most := range map[int]int32{1: 1, 3: 3, 0: 4} {
			peak.Store(0)
			page := lb.PageOptions{Window: window, PageSize: 2}
			all := must(lb.Collect(p.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{PageOptions: page}})))(t)
			if got := peak.Load(); got > most || len(all) != 13 {
				t.Errorf("window %d: %d requests at once, %d load balancers", window, got, len(all))
			}
		}
		sent := w.sent(func() { must(lb.First(p.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{}), nil))(t) })
		same(t, "until the first item", []string{"GET /lbs", "GET " + path("lbs", w.id) + "/private-networks"}, sent)
	})
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

// TestListsOfPrivateNetworksThatCannotBeRead: what has gone since it was listed is left
// out, and any other error comes after the load balancers before it.
func TestListsOfPrivateNetworksThatCannotBeRead(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		var ids []lb.LoadBalancerID
		for range 4 {
			ids = append(ids, must(w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "new"}))(t).ID)
			w.api.Advance(time.Second)
		}
		of := func(id lb.LoadBalancerID) func(*http.Request) bool {
			return func(r *http.Request) bool {
				return strings.HasSuffix(r.URL.Path, path("lbs", id)+"/private-networks")
			}
		}
		w.api.Faults().On(of(ids[1])).Status(http.StatusNotFound, `{"message":"lbs not Found"}`)
		w.api.Faults().On(of(ids[3])).Status(http.StatusForbidden, `{"message":"no"}`)
		all, err := lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{}))
		isCode(t, "list", err, lb.ErrForbidden)
		var got []lb.LoadBalancerID
		for _, b := range all {
			got = append(got, b.ID)
		}
		same(t, "listed", []lb.LoadBalancerID{w.id, ids[0], ids[2]}, got)
	})
}

// TestListsOfPrivateNetworksThatAreNeverRead: a transport that ends its goroutine, as a test's
// may by t.Fatal, leaves no list that looks complete.
func TestListsOfPrivateNetworksThatAreNeverRead(t *testing.T) {
	t.Parallel()
	withNetworks(t, func(t *testing.T, w *networked) {
		w.client = must(w.api.Client(scaleway.WithHTTPClient(&http.Client{Transport: exiting{w.api.HTTPClient().Transport}})))(t)
		all, err := lb.Collect(w.with(scaleway.WithPrivateNetworks()).LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{}))
		if err == nil {
			t.Errorf("listed %v without an error", all)
		}
	})
}

type exiting struct{ http.RoundTripper }

func (e exiting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/private-networks") {
		runtime.Goexit()
	}
	return e.RoundTripper.RoundTrip(r)
}
