package ovhtest

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLogKinds(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := get[[]string](h, "/log/kind"); !cmp.Equal(got, []string{"http", "tcp"}) {
		t.Errorf("kinds %v", got)
	}
	http1, tcp := get[logKindShown](h, "/log/kind/http"), get[logKindShown](h, "/log/kind/tcp")
	if http1.Name != "http" || tcp.Name != "tcp" || http1.KindID == tcp.KindID {
		t.Errorf("kinds %+v and %+v", http1, tcp)
	}
	h.fails(http.StatusNotFound, "name = udp", "GET", "/log/kind/udp", "")
}

type logKindShown struct{ Name, KindID string }

const stream = "6B1F4A9E-0000-4000-8000-0123456789ab"

func TestLogSubscriptions(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var first, second logOperation
	decode(t, h.ok("POST", "/log/subscription", `{"kind":"http","streamId":"`+stream+`"}`), &first)
	decode(t, h.ok("POST", "/log/subscription", `{"kind":"tcp","streamId":"`+stream+`"}`), &second)
	if first.OperationID == second.OperationID || first.ServiceName == h.service {
		t.Errorf("operations %+v and %+v", first, second)
	}
	ids := get[[]string](h, "/log/subscription")
	byKind := get[[]string](h, "/log/subscription?kind=tcp")
	if len(ids) != 2 || len(byKind) != 1 || byKind[0] != ids[1] {
		t.Fatalf("subscriptions %v, of tcp %v", ids, byKind)
	}
	got := get[struct {
		Kind, StreamID, SubscriptionID, ServiceName string
		Resource                                    struct{ Name, Type string }
		CreatedAt                                   time.Time
	}](h, "/log/subscription/"+ids[1])
	if got.Kind != "tcp" || got.StreamID != "6b1f4a9e-0000-4000-8000-0123456789ab" || got.SubscriptionID != ids[1] || got.ServiceName != first.ServiceName {
		t.Errorf("subscription %+v", got)
	}
	if got.Resource.Name != h.service || !got.CreatedAt.Equal(h.server.Now().Truncate(time.Second)) {
		t.Errorf("subscription %+v", got)
	}
	var third logOperation
	decode(t, h.ok("DELETE", "/log/subscription/"+ids[0], ""), &third)
	if third.OperationID == first.OperationID || !cmp.Equal(get[[]string](h, "/log/subscription"), byKind) {
		t.Errorf("operation %+v", third)
	}
	h.fails(http.StatusNotFound, ids[0], "DELETE", "/log/subscription/"+ids[0], "")
	h.fails(http.StatusBadRequest, "[subscriptionId]", "GET", "/log/subscription/12", "")
	h.fails(http.StatusBadRequest, "[kind]", "POST", "/log/subscription", `{"kind":"udp","streamId":"`+stream+`"}`)
	h.fails(http.StatusBadRequest, "[streamId]", "POST", "/log/subscription", `{"kind":"tcp","streamId":"mine"}`)
	h.fails(http.StatusConflict, "already", "POST", "/log/subscription", `{"kind":"tcp","streamId":"`+stream+`"}`)
	h.wantPending("after all of that", 0, 0)

	h = newHarness(t, WithAssumptions(func(a *Assumptions) { a.SameStream = Accepted }))
	for range 2 {
		h.ok("POST", "/log/subscription", `{"kind":"tcp","streamId":"`+stream+`"}`)
	}
	if ids := get[[]string](h, "/log/subscription"); len(ids) != 2 {
		t.Errorf("subscriptions %v", ids)
	}
}

func TestLogURL(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ask := func() (url string, expires time.Time) {
		var got struct {
			URL            string
			ExpirationDate time.Time
		}
		decode(t, h.ok("POST", "/log/url", `{"kind":"tcp"}`), &got)
		return got.URL, got.ExpirationDate
	}
	a, expires := ask()
	b, _ := ask()
	if a == b || !expires.Equal(h.server.Now().Truncate(time.Second).Add(time.Hour)) {
		t.Errorf("%s and %s until %v", a, b, expires)
	}
	h.fails(http.StatusBadRequest, "[kind]", "POST", "/log/url", `{"kind":"udp"}`)
}
