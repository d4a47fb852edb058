package ovhtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// list sends a GET with headers given as pairs.
func (h *harness) list(path string, headers ...string) reply {
	h.t.Helper()
	r := h.signed("GET", "/v1/ipLoadbalancing/"+h.service+path, "")
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	return h.send(r)
}

const mode, pages = "X-Pagination-Mode", "CachedObjectList-Pages"

// someServers makes a farm with n servers of weights n to 1 and returns the
// path of their list.
func (h *harness) someServers(n int) string {
	h.t.Helper()
	path := fmt.Sprintf("/http/farm/%d/server", h.create("/http/farm", `{"zone":"all"}`))
	for i := range n {
		h.create(path, fmt.Sprintf(`{"address":"192.0.2.%d","status":"active","weight":%d}`, i+1, n-i))
	}
	return path
}

func TestPlainLists(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.someServers(3)
	r := h.list(path)
	conform(t, h.server.schema, path, "[]integer", r.body)
	var ids []int64
	decode(t, r.body, &ids)
	if len(ids) != 3 || ids[0] >= ids[1] || r.header.Get("X-Pagination-Elements") != "" {
		t.Errorf("IDs %v, headers %v", ids, r.header)
	}
	if got := h.list("/http/frontend"); string(got.body) != "[]" {
		t.Errorf("empty list %s", got.body)
	}
}

func TestExpandedPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.someServers(5)
	for _, c := range []struct {
		headers []string
		weights []int
		number  string
		size    string
	}{
		{[]string{mode, pages}, []int{5, 4, 3, 2, 1}, "1", "1000"},
		{[]string{mode, "cachedObjectList-pages", "X-Pagination-Size", "2"}, []int{5, 4}, "1", "2"},
		{[]string{mode, pages, "X-Pagination-Size", "2", "X-Pagination-Number", "3"}, []int{1}, "3", "2"},
		{[]string{mode, pages, "X-Pagination-Size", "2", "X-Pagination-Number", "4"}, []int{}, "4", "2"},
		{[]string{mode, pages, "X-Pagination-Number", "9223372036854775807"}, []int{}, "9223372036854775807", "1000"},
		{[]string{mode, pages, "X-Pagination-Sort", "weight", "X-Pagination-Size", "3"}, []int{1, 2, 3}, "1", "3"},
		{[]string{mode, pages, "X-Pagination-Sort", "address", "X-Pagination-Sort-Order", "desc"}, []int{1, 2, 3, 4, 5}, "1", "1000"},
	} {
		r := h.list(path, c.headers...)
		conform(t, h.server.schema, path, "[]ipLoadbalancing.backendHttpCustomerServer.BackendHTTPServer", r.body)
		if got := weights(t, r); !cmp.Equal(got, c.weights) {
			t.Errorf("%v: weights %v, want %v", c.headers, got, c.weights)
		}
		if r.header.Get("X-Pagination-Elements") != "5" || r.header.Get("X-Pagination-Number") != c.number || r.header.Get("X-Pagination-Size") != c.size {
			t.Errorf("%v: headers %v", c.headers, r.header)
		}
	}
	for _, wrong := range [][]string{
		{mode, pages, "X-Pagination-Size", "0"},
		{mode, pages, "X-Pagination-Number", "-1"},
		{mode, pages, "X-Pagination-Size", "many"},
		{mode, pages, "X-Pagination-Filter", "weight"},
		{mode, pages, "X-Pagination-Filter", "weight:eq"},
		{mode, pages, "X-Pagination-Filter", ":eq=1"},
		{mode, pages, "X-Pagination-Filter", "weight:about=3"},
		{mode, pages, "X-Pagination-Filter", "weight:eq=%zz"},
		{mode, "CachedObjectList-Cursor", "X-Pagination-Cursor", "x"},
	} {
		if r := h.list(path, wrong...); r.status != http.StatusBadRequest {
			t.Errorf("%v: %d %s", wrong, r.status, r.body)
		}
	}
}

// A page holds, and counts, what passes every condition of its filter.
func TestPageFilter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.someServers(5)
	for filter, want := range map[string][]int{
		"weight:eq=3":                             {3},
		"weight:in=1,5,9":                         {5, 1},
		"weight:gt=3":                             {5, 4},
		"weight:lt=3&weight:ne=1":                 {2},
		"weight:nq=3":                             {5, 4, 2, 1},
		"address:like=%25.1&status:eq=active":     {5},
		"address:nlike=192.0.2.%25":               {},
		"displayName:eq=web":                      {}, // is null
		"displayName:ne=web&weight:gt=4":          {5},
		"serverState:eq=x":                        {},
		"status:in=inactive,active&weight:lt=%32": {1},
	} {
		r := h.list(path, mode, pages, "X-Pagination-Filter", filter)
		if got := weights(t, r); !cmp.Equal(got, want) || r.header.Get("X-Pagination-Elements") != strconv.Itoa(len(want)) {
			t.Errorf("%s: weights %v of %s, want %v", filter, got, r.header.Get("X-Pagination-Elements"), want)
		}
	}
}

// A list goes by a field inside another too, and says in which order.
func TestSortByFieldInside(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.AddService()
	for _, order := range []string{"ASC", "DESC"} {
		r := h.signed("GET", "/v1/ip", "")
		r.Header.Set(mode, pages)
		r.Header.Set("X-Pagination-Sort", "routedTo.serviceName")
		r.Header.Set("X-Pagination-Sort-Order", order)
		got := h.send(r)
		var shown []struct{ RoutedTo struct{ ServiceName string } }
		decode(t, got.body, &shown)
		names := []string{}
		for _, a := range shown {
			names = append(names, a.RoutedTo.ServiceName)
		}
		if order == "DESC" {
			slices.Reverse(names)
		}
		if len(names) != 4 || !slices.IsSorted(names) || got.header.Get("X-Pagination-Sort-Order") != order {
			t.Errorf("%s: %v, headers %v", order, names, got.header)
		}
	}
}

func weights(t *testing.T, r reply) []int {
	t.Helper()
	var shown []struct{ Weight int }
	decode(t, r.body, &shown)
	out := []int{}
	for _, s := range shown {
		out = append(out, s.Weight)
	}
	return out
}

func TestPageSizeLimit(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.PageSize, a.PageSizeLimit = 3, 2 }))
	r := h.list(h.someServers(5), mode, pages, "X-Pagination-Size", "5000")
	if got := weights(t, r); len(got) != 2 || r.header.Get("X-Pagination-Size") != "2" {
		t.Errorf("%v, headers %v", got, r.header)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.someServers(5)
	got := []int{}
	for cursor, rounds := "", 0; rounds < 3; rounds++ {
		r := h.list(path, mode, "CachedObjectList-Cursor", "X-Pagination-Size", "2", "X-Pagination-Cursor", cursor)
		got = append(got, weights(t, r)...)
		cursor = r.header.Get("X-Pagination-Cursor-Next")
		if (cursor == "") != (rounds == 2) {
			t.Errorf("round %d: cursor %q", rounds, cursor)
		}
	}
	if !cmp.Equal(got, []int{5, 4, 3, 2, 1}) {
		t.Errorf("weights %v", got)
	}
}

// Every list that the schema calls expandable is, and no other.
func TestWhichListsExpand(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.live("http", `{"zone":"all"}`, `{"address":"192.0.2.1","status":"active"}`)
	h.create("/ssl", selfSigned(t, "example.com"))
	for _, path := range []string{"/task", "/zone", "/ssl", "/http/farm", "/http/frontend"} {
		r := h.list(path, mode, pages)
		routes, _, _ := h.server.router.find("/v1/ipLoadbalancing/" + h.service + path)
		conform(t, h.server.schema, path, "[]"+routes["GET"].op.Expanded, r.body)
		if r.header.Get("X-Pagination-Elements") == "" {
			t.Errorf("%s: headers %v", path, r.header)
		}
	}
	r := h.send(func() *http.Request {
		r := h.signed("GET", "/v1/ipLoadbalancing", "")
		r.Header.Set(mode, pages)
		return r
	}())
	conform(t, h.server.schema, "services", "[]ipLoadbalancing.IpWithIAM", r.body)
	for _, path := range []string{"/natIp", "/definedFarms", "/pendingChanges"} {
		if r := h.list(path, mode, pages); r.status != http.StatusOK || r.header.Get("X-Pagination-Elements") != "" {
			t.Errorf("%s: %d, headers %v", path, r.status, r.header)
		}
	}
}

func TestWithoutExpansion(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithoutExpansion())
	path := h.someServers(2)
	r := h.list(path, mode, pages, "X-Pagination-Size", "1")
	conform(t, h.server.schema, path, "[]integer", r.body)
	if r.header.Get("X-Pagination-Elements") != "" {
		t.Errorf("headers %v", r.header)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmPath := fmt.Sprintf("/http/farm/%d", h.create("/http/farm", `{"zone":"gra"}`))
	h.create("/http/farm", `{"zone":"all"}`)
	for _, body := range []string{
		`{"address":"192.0.2.1","status":"active","cookie":"alpha"}`,
		`{"address":"192.0.2.1","status":"inactive","cookie":"beta","port":81}`,
		`{"address":"192.0.2.2","status":"active"}`,
	} {
		h.create(farmPath+"/server", body)
	}
	farmID, err := strconv.ParseInt(farmPath[len("/http/farm/"):], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	h.create("/http/frontend", fmt.Sprintf(`{"zone":"gra","port":"80,443","defaultFarmId":%d}`, farmID))
	h.create("/http/frontend", `{"zone":"all","port":"8080"}`)
	for path, want := range map[string]int{
		farmPath + "/server?address=192.0.2.1":                          2,
		farmPath + "/server?address=192.0.2.1&status=active":            1,
		farmPath + "/server?cookie=alpha":                               1,
		farmPath + "/server?cookie=%25a":                                2,
		farmPath + "/server?cookie=b%25t%25":                            1,
		farmPath + "/server?cookie=lph":                                 0,
		"/http/farm?zone=gra":                                           1,
		"/http/farm?zone=GRA":                                           1,
		"/http/farm?zone=rbx":                                           0,
		"/http/frontend?port=8080":                                      1,
		"/http/frontend?port=%2580%25":                                  2,
		"/http/frontend?defaultFarmId=" + strconv.FormatInt(farmID, 10): 1,
		"/http/frontend?defaultSslId=1":                                 0,
		"/task?status=done":                                             0,
	} {
		if got := get[[]int64](h, path); len(got) != want {
			t.Errorf("%s: %v, want %d", path, got, want)
		}
		r := h.list(path, mode, pages)
		if r.header.Get("X-Pagination-Elements") != strconv.Itoa(want) {
			t.Errorf("%s expanded: %s elements, want %d", path, r.header.Get("X-Pagination-Elements"), want)
		}
	}
	for path, at := range map[string]string{
		"/http/farm?size=1":                 "[size]",
		"/http/farm?zone=gra&zone=rbx":      "[zone]",
		"/task?status=sleeping":             "[status]",
		"/http/frontend?defaultFarmId=many": "[defaultFarmId]",
		farmPath + "/server?address=here":   "[address]",
		"/task?creationDate.from=yesterday": "[creationDate.from]",
		"/http/farm?%zz":                    "query",
		farmPath + "?zone=gra":              "[zone]",
	} {
		h.fails(http.StatusBadRequest, at, "GET", path, "")
	}
}

// Routes are listed in the order in which they are looked at (facts 5.6).
func TestRoutesComeInEvaluationOrder(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	target := h.create("/http/farm", `{"zone":"all"}`)
	toFarm := fmt.Sprintf(`"action":{"type":"farm","target":"%d"}`, target)
	light := h.create("/http/route", `{`+toFarm+`,"weight":1}`)
	older := h.create("/http/route", `{`+toFarm+`}`)
	newer := h.create("/http/route", `{`+toFarm+`,"weight":0}`)
	late := h.create("/http/route", `{"action":{"type":"reject"},"weight":9}`)
	early := h.create("/http/route", `{"action":{"type":"redirect","target":"https://example.com/"},"weight":8}`)
	if got, want := get[[]int64](h, "/http/route"), []int64{early, late, older, newer, light}; !cmp.Equal(got, want) {
		t.Errorf("routes %v, want %v", got, want)
	}
}

func TestStaleCache(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithStaleCache())
	path := h.someServers(1)
	count := func(headers ...string) int {
		return len(weights(t, h.list(path, append(headers, mode, pages)...)))
	}
	if n := count(); n != 1 {
		t.Fatalf("%d servers", n)
	}
	h.create(path, `{"address":"192.0.2.9","status":"active","weight":9}`)
	if n := count(); n != 1 {
		t.Errorf("%d servers from the cache, want the 1 of before", n)
	}
	if n := count("Pragma", "no-cache"); n != 2 {
		t.Errorf("%d servers with no-cache", n)
	}
	h.create(path, `{"address":"192.0.2.10","status":"active","weight":9}`)
	h.server.Advance(4 * time.Minute)
	if n := count(); n != 2 {
		t.Errorf("%d servers after 4 minutes", n)
	}
	h.server.Advance(time.Minute)
	if n := count(); n != 3 {
		t.Errorf("%d servers after 5 minutes", n)
	}
	if ids := get[[]int64](h, path); len(ids) != 3 {
		t.Errorf("plain list %v: it is never cached", ids)
	}
}
