package ovh

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
)

// farms is a list of n farms, and how its API gives it out.
type farms struct {
	n       int
	plain   func(page int) bool // answers a page with IDs
	noTotal bool
	most    int          // objects on a page, at most; 0: as asked
	broken  map[int]bool // farms that do not expand
	gone    map[int]bool // farms that are listed and not there
	slow    time.Duration

	mu       sync.Mutex
	requests []string // "page 1 of 5000", "ids", "get 7"
	underWay int
	most1    int
}

func (f *farms) note(request string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, request)
	f.underWay++
	f.most1 = max(f.most1, f.underWay)
}

func (f *farms) done() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.underWay--
}

func (f *farms) answer(r *http.Request, _ []byte) answerTo {
	defer f.done()
	if id, ok := strings.CutPrefix(r.URL.Path, "/v1/ipLoadbalancing/x/tcp/farm/"); ok {
		f.note("get " + id)
		if f.slow > 0 {
			pass(f.slow)
		}
		n, err := strconv.Atoi(id)
		if err != nil || f.gone[n] {
			return answerTo{status: http.StatusNotFound, body: `{"message":"gone"}`}
		}
		return answerTo{body: `{"farmId":` + id + `}`}
	}
	if r.Header.Get("X-Pagination-Mode") == "" {
		f.note("ids")
		return answerTo{body: f.ids()}
	}
	page, size := headerNumber(r, "X-Pagination-Number"), headerNumber(r, "X-Pagination-Size")
	f.note(fmt.Sprintf("page %d of %d", page, size))
	if r.Header.Get("X-Pagination-Mode") != "CachedObjectList-Pages" || r.Header.Get("Pragma") != "no-cache" {
		return answerTo{status: http.StatusBadRequest}
	}
	if f.plain != nil && f.plain(page) {
		return answerTo{body: f.ids()}
	}
	if f.most > 0 {
		size = min(size, f.most)
	}
	header := http.Header{"X-Pagination-Elements": {strconv.Itoa(f.n)}}
	if f.noTotal {
		header = nil
	}
	return answerTo{header: header, body: f.objects((page-1)*size+1, min(page*size, f.n))}
}

func headerNumber(r *http.Request, header string) int {
	n, err := strconv.Atoi(r.Header.Get(header))
	if err != nil {
		panic(err)
	}
	return n
}

// ids are the farms' IDs, highest first: in the order that lists are to keep.
func (f *farms) ids() string {
	ids := make([]string, f.n)
	for i := range ids {
		ids[i] = strconv.Itoa(f.n - i)
	}
	return "[" + strings.Join(ids, ",") + "]"
}

func (f *farms) objects(from, to int) string {
	var all []string
	for i := from; i <= to; i++ {
		id := f.n - i + 1
		if f.broken[id] {
			all = append(all, `{"error":"cannot expand"}`)
			continue
		}
		all = append(all, fmt.Sprintf(`{"farmId":%d}`, id))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func (f *farms) list(t *testing.T, c *Client, page lb.PageOptions) []int64 {
	t.Helper()
	var ids []int64
	for farm, err := range c.TCP.Farms.List(t.Context(), "x", FarmListOptions{PageOptions: page}) {
		if err != nil {
			t.Error(err)
			break
		}
		ids = append(ids, farm.FarmID)
	}
	return ids
}

// down is n, n-1 and so on to 1.
func down(n int, without ...int64) []int64 {
	var ids []int64
	for id := int64(n); id > 0; id-- {
		if !slices.Contains(without, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func TestListModes(t *testing.T) {
	t.Parallel()
	always := func(int) bool { return true }
	tests := []struct {
		name  string
		farms *farms
		page  lb.PageOptions
		want  []int64
		// the requests of a first list, and of a second one by the same client
		first, second []string
	}{
		{"whole objects", &farms{n: 3}, lb.PageOptions{}, down(3), []string{"page 1 of 5000"}, []string{"page 1 of 5000"}},
		{"nothing", &farms{}, lb.PageOptions{}, nil, []string{"page 1 of 5000"}, []string{"page 1 of 5000"}},
		{"pages", &farms{n: 5}, lb.PageOptions{PageSize: 2, Window: 1}, down(5), []string{"page 1 of 2", "page 2 of 2", "page 3 of 2"}, []string{"page 1 of 2", "page 2 of 2", "page 3 of 2"}},
		{"pages without a total", &farms{n: 4, noTotal: true}, lb.PageOptions{PageSize: 2, Window: 1}, down(4), []string{"page 1 of 2", "page 2 of 2", "page 3 of 2"}, []string{"page 1 of 2", "page 2 of 2", "page 3 of 2"}},
		{"pages that the API makes smaller", &farms{n: 5, most: 2}, lb.PageOptions{Window: 1}, down(5), []string{"page 1 of 5000", "page 2 of 2", "page 3 of 2"}, []string{"page 1 of 5000", "page 2 of 2", "page 3 of 2"}},
		{"IDs", &farms{n: 3, plain: always}, lb.PageOptions{Window: 1}, down(3), []string{"page 1 of 5000", "get 3", "get 2", "get 1"}, []string{"ids", "get 3", "get 2", "get 1"}},
		{"IDs, one of which is gone", &farms{n: 3, plain: always, gone: map[int]bool{2: true}}, lb.PageOptions{Window: 1}, down(3, 2), []string{"page 1 of 5000", "get 3", "get 2", "get 1"}, []string{"ids", "get 3", "get 2", "get 1"}},
		{"IDs from the second page on", &farms{n: 5, plain: func(page int) bool { return page > 1 }}, lb.PageOptions{PageSize: 2, Window: 1}, down(5), []string{"page 1 of 2", "page 2 of 2", "ids", "get 3", "get 2", "get 1"}, []string{"ids", "get 5", "get 4", "get 3", "get 2", "get 1"}},
		{"an object that does not expand", &farms{n: 3, broken: map[int]bool{2: true}}, lb.PageOptions{Window: 1}, down(3), []string{"page 1 of 5000", "ids", "get 3", "get 2", "get 1"}, []string{"page 1 of 5000", "ids", "get 3", "get 2", "get 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := unsigned(t, test.farms.answer)
			for _, want := range [][]string{test.first, test.second} {
				test.farms.requests = nil
				if diff := cmp.Diff(test.want, test.farms.list(t, client, test.page)); diff != "" {
					t.Errorf("farms (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want, test.farms.requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// What one route granted says nothing of another, nor of another client.
func TestListModeIsOfOneRoute(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	asked := map[string][]bool{} // path: whether pages were asked for
	answer := func(body string) httpmock.Responder {
		return func(r *http.Request) (*http.Response, error) {
			asked[r.URL.Path] = append(asked[r.URL.Path], r.Header.Get("X-Pagination-Mode") != "")
			return httpmock.NewStringResponse(http.StatusOK, body), nil
		}
	}
	const base = "https://eu.api.ovh.com/v1/ipLoadbalancing/"
	mock.RegisterResponder(http.MethodGet, base+"x/zone", answer(`["gra"]`))
	mock.RegisterResponder(http.MethodGet, base+"y/zone", answer(`["gra"]`))
	mock.RegisterResponder(http.MethodGet, base+"x/zone/gra", answer(`{"name":"gra"}`))
	mock.RegisterResponder(http.MethodGet, base+"y/zone/gra", answer(`{"name":"gra"}`))
	mock.RegisterResponder(http.MethodGet, base+"x/task", answer(`[{"id":1}]`))
	client, err := NewClient(EU, AccessToken(staticToken), WithHTTPClient(&http.Client{Transport: mock}))
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"x", "y"} {
		zones, err := lb.Collect(client.Zones.List(t.Context(), service, lb.PageOptions{}))
		if err != nil || len(zones) != 1 || zones[0].Name != "gra" {
			t.Errorf("zones of %s: %v, %v", service, zones, err)
		}
	}
	if tasks, err := lb.Collect(client.Tasks.List(t.Context(), "x", TaskListOptions{})); err != nil || len(tasks) != 1 {
		t.Errorf("tasks: %v, %v", tasks, err)
	}
	want := map[string][]bool{
		"/v1/ipLoadbalancing/x/zone": {true}, "/v1/ipLoadbalancing/x/zone/gra": {false},
		"/v1/ipLoadbalancing/y/zone": {false}, "/v1/ipLoadbalancing/y/zone/gra": {false},
		"/v1/ipLoadbalancing/x/task": {true},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("pages asked for (-want +got):\n%s", diff)
	}
}

// Objects that are read one by one come in the order of their IDs, however long
// each takes, and a few at a time.
func TestListByIDsKeepsOrderAndWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &farms{n: 40, plain: func(int) bool { return true }, slow: time.Second}
		client := unsigned(t, f.answer)
		start := time.Now()
		if diff := cmp.Diff(down(40), f.list(t, client, lb.PageOptions{})); diff != "" {
			t.Errorf("farms (-want +got):\n%s", diff)
		}
		if f.most1 != 4 || time.Since(start) != 10*time.Second {
			t.Errorf("%d at a time in %s, want 4 in 10 s", f.most1, time.Since(start))
		}
	})
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	var got []string
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		got = append(got, strings.TrimPrefix(r.URL.Path, "/v1")+"?"+r.URL.RawQuery)
		return answerTo{body: "[]"}
	})
	ctx := t.Context()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	calls := []struct {
		want string
		call func() error
	}{
		{"/ipLoadbalancing/x/http/frontend?defaultFarmId=7&port=%25443%25&zone=gra", func() error {
			_, err := lb.Collect(client.HTTP.Frontends.List(ctx, "x", FrontendListOptions{DefaultFarmID: 7, Port: "%443%", Zone: "gra", PageOptions: lb.PageOptions{PageSize: 10}}))
			return err
		}},
		{"/ipLoadbalancing/x/http/farm/7/server?address=192.0.2.1&cookie=a%25&status=inactive", func() error {
			_, err := client.HTTP.Farms.Servers.ListIDs(ctx, "x", 7, HTTPServerListOptions{Address: "192.0.2.1", Cookie: "a%", Status: ServerInactive})
			return err
		}},
		{"/ipLoadbalancing/x/task?action=refreshIplb&creationDate.from=2026-01-02T03%3A04%3A05%2B01%3A00&status=doing", func() error {
			_, err := client.Tasks.ListIDs(ctx, "x", TaskListOptions{Action: TaskRefresh, Status: TaskDoing, CreatedFrom: at})
			return err
		}},
		{"/ipLoadbalancing/x/quotaHistory?historizedDate.from=2026-01-01&zone=gra", func() error {
			_, err := client.Quotas.HistoryIDs(ctx, "x", QuotaHistoryListOptions{From: "2026-01-01", Zone: "gra"})
			return err
		}},
		{"/ipLoadbalancing/x/vrack/network?vlan=0", func() error {
			_, err := client.VRack.ListNetworkIDs(ctx, "x", VRackNetworkListOptions{VLAN: new(0)})
			return err
		}},
		{"/ipLoadbalancing/x/definedFarms?vrackNetworkId=9", func() error {
			_, err := client.LoadBalancers.DefinedFarms(ctx, "x", DefinedFarmsOptions{VRackNetworkID: 9})
			return err
		}},
		{"/ipLoadbalancing?iamTags=%7B%22env%22%3A%5B%7B%22value%22%3A%22prod%22%7D%5D%7D", func() error {
			_, err := client.LoadBalancers.ListNames(ctx, LoadBalancerListOptions{Tags: TagFilters{"env": {{Value: "prod"}}}})
			return err
		}},
		{"/ip?isAdditionalIp=false&routedTo.serviceName=x", func() error {
			_, err := client.IPs.ListBlocks(ctx, IPListOptions{RoutedTo: "x", IsAdditionalIP: new(false)})
			return err
		}},
		{"/ipLoadbalancing/x/tcp/route/6/rule?", func() error { _, err := client.TCP.Routes.Rules.ListIDs(ctx, "x", 6); return err }},
	}
	for _, c := range calls {
		got = nil
		if err := c.call(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
}

// An API that answers with objects although it was asked for IDs, and one that
// answers with neither.
func TestListOfKeysTakesWhatComes(t *testing.T) {
	t.Parallel()
	var bodies []string
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		if strings.HasSuffix(r.URL.Path, "/farm/5") {
			return answerTo{body: `{"farmId":5}`}
		}
		body := bodies[0]
		bodies = bodies[1:]
		return answerTo{body: body}
	})
	for _, test := range []struct {
		bodies []string
		want   int
		err    error
	}{
		{[]string{`[5]`}, 1, nil}, // from now on, the client asks for IDs
		{[]string{`[{"farmId":1},{"farmId":2}]`}, 2, nil},
		{[]string{`[]`}, 0, nil},
		{[]string{`[null]`}, 0, lb.ErrUnavailable},
		{[]string{`[{"error":"no"}]`}, 0, lb.ErrUnavailable},
	} {
		bodies = test.bodies
		got, err := lb.Collect(client.UDP.Farms.List(t.Context(), "x", FarmListOptions{}))
		if len(got) != test.want || !errors.Is(err, test.err) || len(bodies) != 0 {
			t.Errorf("%q: %d farms, %v; want %d, %v", test.bodies, len(got), err, test.want, test.err)
		}
	}
}

func TestListErrors(t *testing.T) {
	t.Parallel()
	status := 0
	client := unsigned(t, func(*http.Request, []byte) answerTo {
		if status != 0 {
			return answerTo{status: status, body: `{"message":"no"}`}
		}
		return answerTo{body: `{"message":"an object where a list belongs"}`}
	}, WithRetry(lb.RetryPolicy{MaxAttempts: 1}))
	list := func() error {
		_, err := lb.Collect(client.TCP.Farms.List(t.Context(), "x", FarmListOptions{}))
		return err
	}
	if err := list(); !errors.Is(err, lb.ErrUnavailable) {
		t.Errorf("an object in place of a list: %v", err)
	}
	status = http.StatusNotFound
	var e *lb.Error
	if err := list(); !errors.Is(err, lb.ErrNotFound) || !errors.As(err, &e) || e.Op != "tcp.farms.list" {
		t.Errorf("not found: %v", err)
	}
	if _, err := lb.Collect(client.TCP.Farms.List(t.Context(), "", FarmListOptions{})); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("no service: %v", err)
	}
	if _, err := lb.Collect(client.TCP.Farms.List(t.Context(), "x", FarmListOptions{PageOptions: lb.PageOptions{PageSize: -1}})); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("negative page size: %v", err)
	}
}
