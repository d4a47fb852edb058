package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// rooms are the providers that a test is run with.
var rooms = map[string]func(*testing.T) *room{
	"ovh":      func(t *testing.T) *room { t.Helper(); return ovhRoom(t) },
	"scaleway": scalewayRoom,
}

func isGet(r *http.Request) bool { return r.Method == http.MethodGet }

func isWrite(r *http.Request) bool { return r.Method != http.MethodGet }

// blocks has every request of a kind get no answer.
func (r *room) blocks(match func(*http.Request) bool) { r.faults.On(match).Delay(1000 * time.Hour) }

// cancelled runs do until it waits for something, cancels its context, and holds
// that it ends with no time passing and with an error that says so.
func cancelled(t *testing.T, do func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	synctest.Wait()
	select {
	case err := <-done:
		t.Errorf("it did not wait: %v", err)
		return err
	default:
	}
	before := time.Now()
	cancel()
	err := <-done
	if passed := time.Since(before); passed != 0 {
		t.Errorf("%s passed after the cancel", passed)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v: want the context's error in it", err)
	}
	return err
}

func drain[T any](list func(func(T, error) bool)) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestCancelProviders: a call of either provider ends with its context, wherever
// it is: before an answer, in the queue behind another write, in a wait between
// two looks.
func TestCancelProviders(t *testing.T) {
	t.Parallel()
	address := netip.MustParseAddr("10.0.0.9")
	tests := map[string]struct {
		prepare func(t *testing.T, r *room)
		do      func(ctx context.Context, r *room) error
	}{
		"get": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error { _, err := r.p.Backends().Get(ctx, r.backend); return err },
		},
		"create": {
			func(_ *testing.T, r *room) { r.blocks(isPost) },
			func(ctx context.Context, r *room) error {
				_, err := r.p.Backends().Create(ctx, r.lb, httpBackend)
				return err
			},
		},
		"look after a create": {
			func(_ *testing.T, r *room) { r.faults.On(isPost).DropAfterSend(); r.blocks(isGet) },
			func(ctx context.Context, r *room) error {
				_, err := r.p.Backends().Create(ctx, r.lb, httpBackend)
				return err
			},
		},
		"update": {
			func(_ *testing.T, r *room) { r.blocks(isWrite) },
			func(ctx context.Context, r *room) error {
				_, err := r.p.Backends().Update(ctx, r.backend, func(s *lb.BackendSpec) error { s.Name = "other"; return nil })
				return err
			},
		},
		"delete": {
			func(_ *testing.T, r *room) { r.blocks(isWrite) },
			func(ctx context.Context, r *room) error { return r.p.Backends().Delete(ctx, r.backend) },
		},
		"queue behind another write": {
			func(t *testing.T, r *room) {
				t.Helper()
				r.blocks(isWrite)
				ctx, cancel := context.WithCancel(t.Context())
				t.Cleanup(cancel)
				go func() { _, _ = r.p.Servers().Add(ctx, r.backend, lb.ServerSpec{Address: address}) }()
				synctest.Wait()
			},
			func(ctx context.Context, r *room) error {
				_, err := r.p.Servers().Add(ctx, r.backend, lb.ServerSpec{Address: address.Next()})
				return err
			},
		},
		"list": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error {
				return drain(r.p.Backends().List(ctx, r.lb, lb.ListOptions{}))
			},
		},
		"list, later": {
			func(t *testing.T, r *room) {
				t.Helper()
				for i := range 12 {
					spec := httpBackend
					spec.Name = fmt.Sprint("more ", i)
					if _, err := r.p.Backends().Create(t.Context(), r.lb, spec); err != nil {
						t.Fatal(err)
					}
				}
				r.faults.On(isGet).Skip(2).Delay(1000 * time.Hour)
			},
			func(ctx context.Context, r *room) error {
				return drain(r.p.Backends().List(ctx, r.lb, lb.ListOptions{PageOptions: lb.PageOptions{PageSize: 2, Window: 2}}))
			},
		},
		"servers": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error {
				return drain(r.p.Servers().List(ctx, r.backend, lb.ListOptions{}))
			},
		},
		"load balancers": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error {
				return drain(r.p.LoadBalancers().List(ctx, lb.LoadBalancerListOptions{}))
			},
		},
		"tree": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error { _, err := r.p.LoadBalancers().Read(ctx, r.lb); return err },
		},
		"health": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error {
				return drain(r.p.Backends().Health(ctx, r.backend, lb.PageOptions{}))
			},
		},
		"commit": {
			staged, func(ctx context.Context, r *room) error {
				r.blocks(nil)
				_, err := r.p.LoadBalancers().Commit(ctx, r.lb, lb.CommitOptions{})
				return err
			},
		},
		"publish, asking": {
			staged, func(ctx context.Context, r *room) error {
				r.blocks(nil)
				_, err := lb.Publish(ctx, r.p, r.lb)
				return err
			},
		},
		"publish, between two looks": {
			staged, func(ctx context.Context, r *room) error {
				_, err := lb.Publish(ctx, r.p, r.lb, lb.WithPoll(1000*time.Hour, 1000*time.Hour))
				return err
			},
		},
		"wait for what is ready, asking": {
			func(_ *testing.T, r *room) { r.blocks(isGet) },
			func(ctx context.Context, r *room) error { _, err := lb.WaitReady(ctx, r.p, r.lb); return err },
		},
		"wait for a deletion, between two looks": {
			func(*testing.T, *room) {},
			func(ctx context.Context, r *room) error {
				return lb.WaitDeleted(ctx, r.p, r.lb, lb.WithPoll(1000*time.Hour, 1000*time.Hour))
			},
		},
		"wait for health, between two looks": {
			func(*testing.T, *room) {},
			func(ctx context.Context, r *room) error {
				return lb.WaitHealthy(ctx, r.p, r.backend, 5, lb.WithPoll(1000*time.Hour, 1000*time.Hour))
			},
		},
		"wait while the API is down": {
			func(_ *testing.T, r *room) { r.faults.On(isGet).Status(503, "") },
			func(ctx context.Context, r *room) error {
				return lb.WaitDeleted(ctx, r.p, r.lb, lb.WithPoll(1000*time.Hour, 1000*time.Hour))
			},
		},
	}
	for provider, setUp := range rooms {
		for name, tt := range tests {
			t.Run(provider+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := setUp(t)
					tt.prepare(t, r)
					err := cancelled(t, func(ctx context.Context) error { return tt.do(ctx, r) })
					var e *lb.Error
					if between := strings.HasSuffix(name, "between two looks"); !between && !errors.As(err, &e) {
						t.Errorf("%v is not an *lb.Error", err)
					}
				})
			})
		}
	}
}

// staged leaves a write behind that is not live yet.
func staged(t *testing.T, r *room) {
	t.Helper()
	spec := lb.FrontendSpec{Name: "staged", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(8080)}, DefaultBackend: r.backend}
	if _, err := r.p.Frontends().Create(t.Context(), r.lb, spec); err != nil {
		t.Fatal(err)
	}
}

// TestCancelCredentials: a call that waits for the API's clock or for a token
// ends with its context, and so does each of many that wait for the same.
func TestCancelCredentials(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"clock", "token"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := ovhtest.NewServer(ovhtest.WithPipe())
				t.Cleanup(server.Close)
				own, keys := server.OAuth2Client(), server.Credentials()
				credentials := ovh.OAuth2(own.ID, lb.NewSecret(own.Secret))
				if kind == "clock" {
					credentials = ovh.ApplicationKey(keys.ApplicationKey, lb.NewSecret(keys.ApplicationSecret), lb.NewSecret(keys.ConsumerKey))
				}
				client, err := ovh.NewClient(ovh.Endpoint(server.URL+"/v1"), credentials, ovh.WithHTTPClient(server.HTTPClient()), ovh.WithTokenURL(server.TokenURL()))
				if err != nil {
					t.Fatal(err)
				}
				server.Faults().On(func(r *http.Request) bool {
					return strings.HasSuffix(r.URL.Path, "/auth/time") || strings.HasSuffix(server.TokenURL(), r.URL.Path)
				}).Delay(time.Minute)
				others := make(chan error, 5)
				for range cap(others) {
					go func() { _, err := client.Auth.Details(t.Context()); others <- err }()
				}
				_ = cancelled(t, func(ctx context.Context) error { _, err := client.Auth.Details(ctx); return err })
				for range cap(others) {
					if err := <-others; err != nil {
						t.Errorf("another caller: %v", err)
					}
				}
				if n := len(server.Requests()); n != 1+cap(others) {
					t.Errorf("%d requests, want one for the %s and %d calls", n, kind, cap(others))
				}
			})
		})
	}
}
