package scaleway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// newRetrying has the retries of a real client, of which each wait is short, and
// an API whose time runs as ours does: what is looked for is what came last.
func newRetrying(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, lb.RetryPolicy{MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond}, scalewaytest.WithSpeed(1))
}

// creates are the creations of the provider: they make one object of a name and
// say its ID; count says how many of that name there are.
var creates = map[string]struct {
	post   string // how the path of its POST ends
	make   func(t *testing.T, w *world, parent lb.LoadBalancerID, backend lb.BackendID) (string, error)
	listed func(t *testing.T, w *world, parent lb.LoadBalancerID) []string
}{
	"load balancer": {
		"/lbs",
		func(t *testing.T, w *world, _ lb.LoadBalancerID, _ lb.BackendID) (string, error) {
			t.Helper()
			made, err := w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{
				Name: "new", Tags: []string{"b", "a"}, Extensions: lb.Extend(scaleway.LoadBalancerOptions{Description: "d", IPv6: true}),
			})
			if err != nil {
				return "", err
			}
			return string(made.ID), nil
		},
		func(t *testing.T, w *world, _ lb.LoadBalancerID) []string {
			t.Helper()
			var ids []string
			for _, b := range must(lb.Collect(w.LoadBalancers().List(t.Context(), lb.LoadBalancerListOptions{ListOptions: lb.ListOptions{Name: "new"}})))(t) {
				ids = append(ids, string(b.ID))
			}
			return ids
		},
	},
	"backend": {
		"/backends",
		func(t *testing.T, w *world, parent lb.LoadBalancerID, _ lb.BackendID) (string, error) {
			t.Helper()
			spec := fullBackend()
			spec.Name = "new"
			made, err := w.Backends().Create(t.Context(), parent, spec, at("10.0.0.9", "10.0.0.4")...)
			if err != nil {
				return "", err
			}
			return string(made.ID), nil
		},
		func(t *testing.T, w *world, parent lb.LoadBalancerID) []string {
			t.Helper()
			var ids []string
			for _, b := range must(lb.Collect(w.Backends().List(t.Context(), parent, lb.ListOptions{Name: "new"})))(t) {
				ids = append(ids, string(b.ID))
			}
			return ids
		},
	},
	"frontend": {
		"/frontends",
		func(t *testing.T, w *world, parent lb.LoadBalancerID, backend lb.BackendID) (string, error) {
			t.Helper()
			spec := fullFrontend(backend)
			spec.Name = "new"
			made, err := w.Frontends().Create(t.Context(), parent, spec)
			if err != nil {
				return "", err
			}
			return string(made.ID), nil
		},
		func(t *testing.T, w *world, parent lb.LoadBalancerID) []string {
			t.Helper()
			var ids []string
			for _, f := range must(lb.Collect(w.Frontends().List(t.Context(), parent, lb.ListOptions{Name: "new"})))(t) {
				ids = append(ids, string(f.ID))
			}
			return ids
		},
	},
}

// Whatever happens to its POST, a creation makes one object at most, and says
// either which or that it does not know.
func TestCreatesOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	const broken = `{"message":"internal"}`
	for fault, test := range map[string]struct {
		inject  func(*lbtest.Rule)
		code    error // nil: it is there
		objects int
	}{
		"not sent":                     {func(r *lbtest.Rule) { r.DropBeforeSend() }, nil, 1},
		"answer lost":                  {func(r *lbtest.Rule) { r.DropAfterSend() }, nil, 1},
		"answer cut":                   {func(r *lbtest.Rule) { r.Truncate(20) }, nil, 1},
		"500 but done":                 {func(r *lbtest.Rule) { r.Replace(http.StatusInternalServerError, broken) }, nil, 1},
		"504 but done":                 {func(r *lbtest.Rule) { r.Replace(http.StatusGatewayTimeout, "<html>") }, nil, 1},
		"200 with nothing in it, done": {func(r *lbtest.Rule) { r.Replace(http.StatusOK, "{}") }, nil, 1},
		"500 and not done":             {func(r *lbtest.Rule) { r.Status(http.StatusInternalServerError, broken) }, nil, 1},
		"408 and not done":             {func(r *lbtest.Rule) { r.Status(http.StatusRequestTimeout, broken) }, nil, 1},
		"503 and not done":             {func(r *lbtest.Rule) { r.Status(http.StatusServiceUnavailable, broken) }, nil, 1},
		"502 and not done":             {func(r *lbtest.Rule) { r.Status(http.StatusBadGateway, "<html>") }, lb.ErrUncertain, 0},
		"504 and not done":             {func(r *lbtest.Rule) { r.Status(http.StatusGatewayTimeout, "<html>") }, lb.ErrUncertain, 0},
		"520 and not done":             {func(r *lbtest.Rule) { r.Status(520, "<html>") }, lb.ErrUncertain, 0},
		"200, not done":                {func(r *lbtest.Rule) { r.Status(http.StatusOK, "{}") }, lb.ErrUncertain, 0},
		"refused":                      {func(r *lbtest.Rule) { r.Status(http.StatusBadRequest, broken) }, lb.ErrInvalid, 0},
	} {
		for kind, creation := range creates {
			t.Run(kind+"/"+fault, func(t *testing.T) {
				t.Parallel()
				w := newRetrying(t)
				parent := w.loadBalancer()
				backend := w.backend(parent).ID
				post := func(r *http.Request) bool {
					return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, creation.post)
				}
				test.inject(w.api.Faults().On(post).Times(1))
				id, err := creation.make(t, w, parent, backend)
				listed := creation.listed(t, w, parent)
				if len(listed) != test.objects {
					t.Errorf("there are %d: %v", len(listed), listed)
				}
				if test.code != nil {
					isCode(t, "create", err, test.code)
					return
				}
				if err != nil || len(listed) == 1 && listed[0] != id {
					t.Errorf("got %q, %v; there is %v", id, err, listed)
				}
			})
		}
	}
}

// An API that fails twice is not asked a third time.
func TestCreateIsSentTwiceAtMost(t *testing.T) {
	t.Parallel()
	for kind, creation := range creates {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newRetrying(t)
			parent := w.loadBalancer()
			backend := w.backend(parent).ID
			isPost := func(r *http.Request) bool {
				return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, creation.post)
			}
			sent := 0
			w.api.Faults().On(func(r *http.Request) bool {
				if isPost(r) {
					sent++
				}
				return isPost(r)
			}).Status(http.StatusInternalServerError, `{"message":"internal"}`)
			_, err := creation.make(t, w, parent, backend)
			e := coded(t, "create", err, lb.ErrUncertain)
			if sent != 2 || e.Status != http.StatusInternalServerError || !strings.Contains(e.Message, `"new"`) {
				t.Errorf("sent %d times: %v", sent, e)
			}
		})
	}
}

// Objects of the same name that were there before are nobody's outcome; two that
// came meanwhile leave it open which is.
func TestCreateKnowsOlderTwins(t *testing.T) {
	t.Parallel()
	for kind, creation := range creates {
		if kind == "frontend" {
			continue // two cannot have one port
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newRetrying(t)
			parent := w.loadBalancer()
			old := must(creation.make(t, w, parent, ""))(t)
			w.api.Advance(time.Minute)
			must(w.LoadBalancers().Get(t.Context(), parent))(t) // tells the client the time
			post := func(r *http.Request) bool {
				return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, creation.post)
			}
			w.api.Faults().On(post).Times(1).DropAfterSend()
			made := must(creation.make(t, w, parent, ""))(t)
			if made == old {
				t.Error("the old one is taken for the new one")
			}
			w.api.Faults().On(post).Times(1).DropAfterSend()
			_, err := creation.make(t, w, parent, "")
			e := coded(t, "a third, at the time of the second", err, lb.ErrUncertain)
			if len(e.Fields) != 2 {
				t.Errorf("candidates: %+v", e.Fields)
			}
			for _, candidate := range e.Fields {
				if candidate.Reason == old {
					t.Error("the old one is a candidate")
				}
			}
		})
	}
}

// What has the name alone is not the outcome, and proves that not nothing
// happened: the POST is not sent again.
func TestCreateDoesNotTakeAnothersForItsOwn(t *testing.T) {
	t.Parallel()
	w := newRetrying(t)
	parent := w.loadBalancer()
	other := w.backend(parent, "10.0.0.4")
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPost }).Times(1).Status(500, `{}`)
	_, err := w.Backends().Create(t.Context(), parent, backendSpec(), at("10.0.0.5")...)
	e := coded(t, "create", err, lb.ErrUncertain)
	if len(e.Fields) != 1 || e.Fields[0].Reason != string(other.ID) {
		t.Errorf("candidates: %+v", e.Fields)
	}
}

func TestCreateSaysThatItsLookFailed(t *testing.T) {
	t.Parallel()
	w := newRetrying(t)
	parent := w.loadBalancer()
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPost }).Times(1).DropAfterSend()
	w.api.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodGet }).Times(1).Status(403, `{"message":"no"}`)
	_, err := w.Backends().Create(t.Context(), parent, backendSpec())
	e := coded(t, "create", err, lb.ErrUncertain)
	if !strings.Contains(e.Message, "failed") || e.Op != "backends.create" || e.Kind != lb.KindLoadBalancer || e.ID != string(parent) {
		t.Errorf("got %v", e)
	}
}

// A load balancer that was asked for with addresses is the one that has them.
func TestCreateKnowsItsAddresses(t *testing.T) {
	t.Parallel()
	w := newRetrying(t)
	free := must(w.client.Zone(zone).IPs.Create(t.Context(), scaleway.IPCreate{}))(t)
	spec := lb.LoadBalancerSpec{Name: "new", Extensions: lb.Extend(scaleway.LoadBalancerOptions{
		Addresses: []lb.AddressID{scaleway.FormatAddressID(zone, free.ID)},
	})}
	post := func(r *http.Request) bool { return r.Method == http.MethodPost }
	twin := must(w.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "new"}))(t) // with an address of its own
	w.api.Faults().On(post).Times(1).DropAfterSend()
	made := must(w.LoadBalancers().Create(t.Context(), spec))(t)
	if made.ID == twin.ID || made.Addresses[0].String() != free.IPAddress {
		t.Errorf("got %s with %v", made.ID, made.Addresses)
	}
}
