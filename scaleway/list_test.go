package scaleway

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// paged serves n load balancers in pages, at most largest at a time.
func paged(n, largest int) func(sentRequest) reply {
	return func(r sentRequest) reply {
		page, _ := strconv.Atoi(r.Query.Get("page"))
		size, _ := strconv.Atoi(r.Query.Get("page_size"))
		size = min(size, largest)
		var items []string
		for i := (page - 1) * size; i < min(page*size, n); i++ {
			items = append(items, fmt.Sprintf(`{"id":"%08d","name":"n%d"}`, i, i))
		}
		return reply{status: 200, body: fmt.Sprintf(`{"lbs":[%s],"total_count":%d}`, strings.Join(items, ","), n)}
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		n, largest int
		size       int
		requests   int
		asked      string
	}{
		{"none", 0, 100, 0, 1, "100"},
		{"one page", 100, 100, 0, 1, "100"},
		{"several", 250, 100, 0, 3, "100"},
		{"a server that sends fewer", 45, 20, 0, 3, "100"},
		{"a size of the caller's", 25, 100, 10, 3, "10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, w := newWire(t, paged(tt.n, tt.largest))
			items, err := lb.Collect(client.Zone(testZone).LBs.List(t.Context(), LBListOptions{PageOptions: lb.PageOptions{PageSize: tt.size}}))
			if err != nil || len(items) != tt.n {
				t.Fatalf("%d items, %v; want %d", len(items), err, tt.n)
			}
			for i, item := range items {
				if want := fmt.Sprintf("%08d", i); item.ID != want {
					t.Fatalf("item %d is %s; want %s", i, item.ID, want)
				}
			}
			sent := w.all()
			if len(sent) != tt.requests || sent[0].Query.Get("page_size") != tt.asked {
				t.Errorf("%d requests, the first for %s items; want %d and %s", len(sent), sent[0].Query.Get("page_size"), tt.requests, tt.asked)
			}
		})
	}
}

func TestListIsLazyAndRestarts(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, paged(300, 100))
	list := client.Zone(testZone).LBs.List(t.Context(), LBListOptions{})
	if len(w.all()) != 0 {
		t.Error("a request before the first range")
	}
	for range 2 {
		if first, err := lb.First(list, nil); err != nil || first.ID != "00000000" {
			t.Fatalf("first is %v, %v", first, err)
		}
	}
	if n := len(w.all()); n != 2 {
		t.Errorf("%d requests for the first item, twice; want 2", n)
	}
}

func TestListErrorComesLast(t *testing.T) {
	t.Parallel()
	good := paged(150, 100)
	client, _ := newWire(t, func(r sentRequest) reply {
		if r.Query.Get("page") == "2" {
			return reply{status: 403, body: `{"message":"m"}`}
		}
		return good(r)
	})
	items, err := lb.Collect(client.Zone(testZone).LBs.List(t.Context(), LBListOptions{}))
	if e := failed(t, err); len(items) != 100 || !errors.Is(e, lb.ErrForbidden) || e.Op != "lbs.list" {
		t.Errorf("%d items, then %v", len(items), err)
	}
}

// TestNamesAreExact: the API finds every name that contains the one asked for.
func TestNamesAreExact(t *testing.T) {
	t.Parallel()
	answer := func(r sentRequest) reply {
		key := r.Path[strings.LastIndexByte(r.Path, '/')+1:]
		items := `{"id":"1","name":"web"},{"id":"2","name":"web-old"},{"id":"3","name":"WEB"},{"id":"4","name":"my web"}`
		return reply{status: 200, body: fmt.Sprintf(`{"%s":[%s],"total_count":4}`, key, items)}
	}
	client, w := newWire(t, answer)
	zone, ctx := client.Zone(testZone), t.Context()
	lists := map[string]func(name string) ([]string, error){
		"lbs": func(name string) ([]string, error) {
			return identities(lb.Collect(zone.LBs.List(ctx, LBListOptions{Name: name})))
		},
		"backends": func(name string) ([]string, error) {
			return identities(lb.Collect(zone.Backends.List(ctx, testLB, BackendListOptions{Name: name})))
		},
		"frontends": func(name string) ([]string, error) {
			return identities(lb.Collect(zone.Frontends.List(ctx, testLB, FrontendListOptions{Name: name})))
		},
		"acls": func(name string) ([]string, error) {
			return identities(lb.Collect(zone.ACLs.List(ctx, testFrontend, ACLListOptions{Name: name})))
		},
		"certificates": func(name string) ([]string, error) {
			return identities(lb.Collect(zone.Certificates.List(ctx, testLB, CertificateListOptions{Name: name})))
		},
		"subscribers": func(name string) ([]string, error) {
			return identities(lb.Collect(zone.Subscribers.List(ctx, SubscriberListOptions{Name: name})))
		},
	}
	for kind, list := range lists {
		if got, err := list("web"); err != nil || !cmp.Equal(got, []string{"1"}) {
			t.Errorf("%s named web: %v, %v; want 1", kind, got, err)
		}
		if got, err := list(""); err != nil || len(got) != 4 {
			t.Errorf("all %s: %v, %v; want 4", kind, got, err)
		}
	}
	for _, sent := range w.all() {
		if name, asked := sent.Query["name"]; asked && !cmp.Equal(name, []string{"web"}) {
			t.Errorf("%s asks for %v", sent, name)
		}
	}
}

// identities are the IDs of items.
func identities[T interface{ identity() string }](items []T, err error) ([]string, error) {
	var ids []string
	for _, item := range items {
		ids = append(ids, item.identity())
	}
	return ids, err
}

// TestListsFilter: arrays repeat their key, what is empty is left out, and what
// needs escapes arrives as it was.
func TestListsFilter(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, `{"total_count":0}`))
	options := LBListOptions{Name: "é&=+ x", Tags: []string{"a", "b,c"}, IDs: []string{testLB, testIP}, ProjectID: testProject, OrderBy: OrderByNameDesc}
	if _, err := lb.Collect(client.Zone(testZone).LBs.List(t.Context(), options)); err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"name": {"é&=+ x"}, "tags": {"a", "b,c"}, "lb_ids": {testLB, testIP}, "project_id": {testProject},
		"order_by": {"name_desc"}, "page": {"1"}, "page_size": {"100"},
	}
	if diff := cmp.Diff(want, w.only(t).Query); diff != "" {
		t.Error(diff)
	}
}

// TestStatsOfSeveralInstances: rows of one server on two instances are two.
func TestStatsOfSeveralInstances(t *testing.T) {
	t.Parallel()
	row := `{"instance_id":"%d","backend_id":"b","ip":"10.0.0.1","server_state":"running","last_health_check_status":"passed"}`
	client, _ := newWire(t, always(200, fmt.Sprintf(`{"backend_servers_stats":[`+row+`,`+row+`],"total_count":2}`, 1, 2)))
	rows, err := lb.Collect(client.Zone(testZone).Backends.Stats(t.Context(), testLB, BackendStatsOptions{}))
	if err != nil || len(rows) != 2 || rows[0].InstanceID == rows[1].InstanceID {
		t.Errorf("%v, %v; want two rows", rows, err)
	}
}
