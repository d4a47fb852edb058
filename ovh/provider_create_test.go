package ovh_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
)

// creates are the three kinds of objects that a provider makes.
func creates(p lb.Provider, id lb.LoadBalancerID, backend lb.BackendID) map[string]func(ctx context.Context) (string, error) {
	return map[string]func(ctx context.Context) (string, error){
		"backend": func(ctx context.Context) (string, error) {
			made, err := p.Backends().Create(ctx, id, lb.BackendSpec{Name: "new", Protocol: lb.ProtocolTCP, Port: 22, HealthCheck: &lb.HealthCheck{Interval: seconds(60)}, Extensions: lb.Extend(ovh.BackendOptions{Zone: "gra"})})
			if err != nil {
				return "", err
			}
			return string(made.ID), nil
		},
		"frontend": func(ctx context.Context) (string, error) {
			made, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{Name: "new", Protocol: lb.ProtocolHTTP, Ports: port(80), HSTS: true})
			if err != nil {
				return "", err
			}
			return string(made.ID), nil
		},
		"server": func(ctx context.Context) (string, error) {
			made, err := p.Servers().Add(ctx, backend, lb.ServerSpec{Name: "new", Address: ip("10.0.0.9"), Weight: new(7)})
			if err != nil {
				return "", err
			}
			return string(made[0].ID), nil
		},
	}
}

func isPost(r *http.Request) bool { return r.Method == http.MethodPost }

func posts(requests []string) int {
	n := 0
	for _, r := range requests {
		if strings.HasPrefix(r, http.MethodPost) {
			n++
		}
	}
	return n
}

// TestCreatesOfUnknownOutcome: a POST that ends without an answer is not sent again
// blindly. What is there is looked at, and there is never a second object.
func TestCreatesOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	for fault, test := range map[string]struct {
		set   func(*lbtest.Rule) *lbtest.Rule
		acted bool // the server did
	}{
		"dropped after the server acted": {func(r *lbtest.Rule) *lbtest.Rule { return r.DropAfterSend() }, true},
		"500, but done":                  {func(r *lbtest.Rule) *lbtest.Rule { return r.Replace(500, `{"message":"oops"}`) }, true},
		"a truncated answer":             {func(r *lbtest.Rule) *lbtest.Rule { return r.Truncate(5) }, true},
		"503, not done":                  {func(r *lbtest.Rule) *lbtest.Rule { return r.Status(503, `<html>`) }, false},
	} {
		for _, lookBefore := range []bool{false, true} {
			for _, kind := range []string{"backend", "frontend", "server"} {
				name := fault + ", " + kind
				if lookBefore {
					name += ", with a look before"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					var opts []ovh.ProviderOption
					if lookBefore {
						opts = append(opts, ovh.WithLookBefore())
					}
					p := ovh.NewProvider(w.client, opts...)
					parent := w.backend(nil, "10.0.0.1")
					create := creates(p, w.id, parent.ID)[kind]
					test.set(w.server.Faults().On(isPost).Times(1))
					var id string
					var err error
					sent := w.during(func() { id, err = create(t.Context()) })
					knows := !test.acted || lookBefore || kind == "server" // servers are listed in any case
					switch {
					case knows && err != nil:
						t.Fatalf("it is known what became of it: %v", err)
					case knows && id == "":
						t.Fatal("no object")
					case !knows:
						is(t, err, lb.ErrUncertain)
					}
					if want := 1; test.acted && posts(sent) != want {
						t.Errorf("sent %q", sent)
					}
					made := w.made(kind, parent.ID)
					if len(made) != 1 {
						t.Fatalf("%d objects are there", len(made))
					}
					if err != nil && !strings.Contains(err.Error(), made[0]) {
						t.Errorf("%v does not name the candidate %s", err, made[0])
					}
					if err == nil && id != made[0] {
						t.Errorf("got %s, there is %s", id, made[0])
					}
				})
			}
		}
	}
}

// TestCreateAfterAGatewaysAnswer: the API may be at work on a create that a gateway has
// given up on, so that it is not sent again where nothing is there yet.
func TestCreateAfterAGatewaysAnswer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadGateway, http.StatusGatewayTimeout, 520} {
		for _, kind := range []string{"backend", "frontend", "server"} {
			t.Run(fmt.Sprintf("%d, %s", status, kind), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				parent := w.backend(nil, "10.0.0.1")
				create := creates(w.Provider, w.id, parent.ID)[kind]
				w.server.Faults().On(isPost).Times(1).Status(status, `<html>`)
				var err error
				sent := w.during(func() { _, err = create(t.Context()) })
				is(t, err, lb.ErrUncertain)
				if posts(sent) != 0 { // none but that which never got to the server
					t.Errorf("sent %q", sent)
				}
			})
		}
	}
}

// made are the objects of a kind that are called "new".
func (w *world) made(kind string, backend lb.BackendID) []string {
	w.t.Helper()
	ctx, named := w.t.Context(), lb.ListOptions{Name: "new"}
	var ids []string
	switch kind {
	case "backend":
		for b, err := range w.Backends().List(ctx, w.id, named) {
			ids = append(ids, string(must[*lb.Backend](w.t)(b, err).ID))
		}
	case "frontend":
		for f, err := range w.Frontends().List(ctx, w.id, named) {
			ids = append(ids, string(must[*lb.Frontend](w.t)(f, err).ID))
		}
	case "server":
		for s, err := range w.Servers().List(ctx, backend, named) {
			ids = append(ids, string(must[*lb.Server](w.t)(s, err).ID))
		}
	}
	return ids
}

// TestOlderTwinsAreTold: an object of the same name and settings from before is a
// candidate without a look before it, and none with one.
func TestOlderTwinsAreTold(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"backend", "frontend"} {
		for _, lookBefore := range []bool{false, true} {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				twin := must[string](t)(creates(w, w.id, "")[kind](t.Context()))
				var opts []ovh.ProviderOption
				if lookBefore {
					opts = append(opts, ovh.WithLookBefore())
				}
				w.server.Faults().On(isPost).Times(1).DropAfterSend()
				id, err := creates(ovh.NewProvider(w.client, opts...), w.id, "")[kind](t.Context())
				if lookBefore {
					if err != nil || id == twin {
						t.Errorf("got %q, %v; the twin is %s", id, err, twin)
					}
					return
				}
				is(t, err, lb.ErrUncertain)
				for _, candidate := range w.made(kind, "") {
					if !strings.Contains(err.Error(), candidate) {
						t.Errorf("%v does not name %s", err, candidate)
					}
				}
			})
		}
	}
}

// TestOtherObjectsAreNoCandidates: one of the same name with other settings is not
// what was asked for.
func TestOtherObjectsAreNoCandidates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Name: "new", Protocol: lb.ProtocolHTTP, Ports: port(8080)}))
	w.server.Faults().On(isPost).Times(1).Status(500, `{"message":"oops"}`)
	id := must[string](t)(creates(w, w.id, "")["frontend"](t.Context()))
	if made := w.made("frontend", ""); len(made) != 2 || made[1] != id {
		t.Errorf("got %s, there are %v", id, made)
	}
}

// TestACreateThatKeepsFailingIsUncertain: it is sent twice at most, and nothing found
// without an answer proves nothing.
func TestACreateThatKeepsFailingIsUncertain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Faults().On(isPost).Status(503, `{"message":"oops"}`)
	_, err := creates(w, w.id, "")["backend"](t.Context())
	is(t, err, lb.ErrUncertain)
	w.server.Faults().Reset()
	// The look itself fails.
	w.server.Faults().On(isPost).Times(1).DropAfterSend()
	w.server.Faults().On(func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/tcp/farm")
	}).Status(403, `{"message":"no"}`)
	_, err = creates(w, w.id, "")["backend"](t.Context())
	is(t, err, lb.ErrUncertain)
	is(t, err, lb.ErrForbidden)
}

// TestACallerThatGivesUpIsNotKept: no look is begun once the context has ended.
func TestACallerThatGivesUpIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backend(nil) // the client knows the time by now
	for name, fault := range map[string]func(*lbtest.Rule) *lbtest.Rule{
		"while it is sent": func(r *lbtest.Rule) *lbtest.Rule { return r.Skip(1) },
		"as it fails":      func(r *lbtest.Rule) *lbtest.Rule { return r.Status(500, `{"message":"oops"}`) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		fault(w.server.Faults().On(func(r *http.Request) bool {
			if isPost(r) {
				cancel()
			}
			return isPost(r)
		}))
		sent := w.during(func() {
			_, err := creates(w, w.id, "")["backend"](ctx)
			is(t, err, context.Canceled)
		})
		if len(sent) > 1 {
			t.Errorf("%s: sent %q", name, sent)
		}
		w.server.Faults().Reset()
	}
}
