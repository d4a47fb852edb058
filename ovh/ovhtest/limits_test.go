package ovhtest

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRateLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form RetryAfter
		want func(now time.Time) string
	}{
		{RetryAfterAbsent, func(time.Time) string { return "" }},
		{RetryAfterSeconds, func(time.Time) string { return "6" }},
		{RetryAfterDate, func(now time.Time) string {
			return now.Add(5500*time.Millisecond + time.Second - 1).UTC().Format(http.TimeFormat)
		}},
	} {
		h := newHarness(t, WithRateLimit(3, 10*time.Second), WithAssumptions(func(a *Assumptions) { a.RetryAfter = c.form }))
		for range 2 {
			h.ok("GET", "", "")
		}
		h.server.Advance(4500 * time.Millisecond)
		h.call("GET", "/nothing", "")                          // an unknown path costs nothing
		h.send(h.request("GET", "/v1/auth/time", ""))          // nor does the time
		h.send(h.request("GET", "/v1/ipLoadbalancing", ""))    // nor does what is not signed
		h.fails(http.StatusNotFound, "", "GET", "/ssl/12", "") // what fails does
		r := h.call("GET", "", "")
		if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != c.want(h.server.Now()) {
			t.Errorf("%d, Retry-After %q, want %q", r.status, r.header.Get("Retry-After"), c.want(h.server.Now()))
		}
		if r := h.send(h.bearer(h.server.AccessToken(), services)); r.status != http.StatusOK {
			t.Errorf("another caller: %d", r.status)
		}
		h.server.Advance(5500 * time.Millisecond)
		for range 3 {
			h.ok("GET", "", "")
		}
		h.fails(http.StatusTooManyRequests, "Too many", "GET", "", "")
	}
}

func TestDeniedActions(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithDeniedActions("loadbalancer:apiovh:refresh", "loadbalancer:apiovh:ssl/*", "ldp:*", "vps:*", "vrack:*"))
	h.server.AddAddresses("", netip.MustParsePrefix("203.0.113.1/32"))
	for _, c := range []struct{ method, path, body, denied string }{
		{"POST", h.below("/refresh"), "", "loadbalancer:apiovh:refresh"},
		{"GET", h.below("/ssl"), "", "loadbalancer:apiovh:ssl/get"},
		{"DELETE", h.below("/ssl/7"), "", "loadbalancer:apiovh:ssl/delete"},
		{"POST", h.below("/log/subscription"), `{}`, "ldp:apiovh:output/graylog/stream/forwardTo"},
		{"GET", h.below(""), "", ""},
		{"GET", h.below("/log/subscription"), "", ""},
		{"POST", "/ip/203.0.113.1/move", `{"to":"` + h.service + `"}`, ""},
	} {
		r := h.send(h.signed(c.method, "/v1"+c.path, c.body))
		if c.denied == "" {
			if r.status != http.StatusOK {
				t.Errorf("%s %s: %d %s", c.method, c.path, r.status, r.body)
			}
			continue
		}
		var refusal struct {
			Class, Message, ErrorCode string
			Details                   map[string]string
		}
		decode(t, r.body, &refusal)
		byOthers, shown := refusal.Details["unauthorizedActionsByAuthentication"]
		if r.status != http.StatusForbidden || refusal.Class != "Client::Forbidden" || refusal.ErrorCode != "" || refusal.Message == "" {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.status, r.body)
		}
		if refusal.Details["unauthorizedActionsByIAM"] != c.denied || !shown || byOthers != "" {
			t.Errorf("%s %s: details %v, want %s", c.method, c.path, refusal.Details, c.denied)
		}
	}
}

// batch sends a GET with a separator.
func (h *harness) batch(path, separator string) reply {
	h.t.Helper()
	r := h.signed("GET", "/v1"+path, "")
	r.Header.Set("X-Ovh-Batch", separator)
	return h.send(r)
}

func TestBatch(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	servers := h.someServers(3)
	ids := get[[]int64](h, servers)
	r := h.batch(fmt.Sprintf("%s/%d,999,%d,x", h.below(servers), ids[2], ids[0]), ",")
	var entries []struct {
		Key   any
		Value *struct {
			ServerID int64
			Address  string
		}
		Error *struct{ Class, Message string }
	}
	decode(t, r.body, &entries)
	if r.status != http.StatusOK || len(entries) != 4 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for i, want := range []int64{ids[2], 0, ids[0], 0} {
		e := entries[i]
		switch {
		case want == 0 && (e.Value != nil || e.Error == nil || e.Error.Message == ""):
			t.Errorf("entry %d: %+v, want an error", i, e)
		case want != 0 && (e.Error != nil || e.Value == nil || e.Value.ServerID != want || e.Key != float64(want)):
			t.Errorf("entry %d: %+v, want server %d", i, e, want)
		}
	}
	if entries[1].Key != 999.0 || entries[3].Key != "x" || entries[1].Error.Class != "Client::NotFound" {
		t.Errorf("entries %+v", entries)
	}
}

// The one parameter that holds the separator is the one that is split, the last one
// where none does.
func TestBatchOfOtherParameters(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	other := h.server.AddService("sbg")
	for _, c := range []struct {
		path, separator string
		keys            []any
		found           int
	}{
		{"/ipLoadbalancing/" + h.service + "," + other, ",", []any{h.service, other}, 2},
		{"/ipLoadbalancing/" + h.service, ",", []any{h.service}, 1},
		{"/ipLoadbalancing/" + h.service + "," + other + "/zone/sbg", ",", []any{h.service, other}, 1},
		{h.below("/zone/gra;rbx;sbg"), ";", []any{"gra", "rbx", "sbg"}, 2},
		{h.below("/zone/gra%2Crbx"), ",", []any{"gra", "rbx"}, 2},
		{"/ip/" + url.PathEscape("198.18.0.1/32") + ",198.18.0.2", ",", []any{"198.18.0.1/32", "198.18.0.2"}, 2},
	} {
		var entries []struct{ Key, Value, Error any }
		r := h.batch(c.path, c.separator)
		decode(t, r.body, &entries)
		found := 0
		for i, e := range entries {
			if e.Value != nil && e.Error == nil {
				found++
			}
			if i < len(c.keys) && e.Key != c.keys[i] {
				t.Errorf("%s: key %v, want %v", c.path, e.Key, c.keys[i])
			}
		}
		if len(entries) != len(c.keys) || found != c.found {
			t.Errorf("%s: %s, want %d of %d", c.path, r.body, c.found, len(c.keys))
		}
	}
}

func TestBatchLimits(t *testing.T) {
	t.Parallel()
	many := "/ssl/" + strings.TrimSuffix(strings.Repeat("1,", 51), ",")
	h := newHarness(t)
	if r := h.batch(h.below(many), ","); r.status != http.StatusBadRequest {
		t.Errorf("51 IDs: %d", r.status)
	}
	if r := h.batch(h.below(many[:len(many)-2]), ","); r.status != http.StatusOK {
		t.Errorf("50 IDs: %d", r.status)
	}
	h.fails(http.StatusBadRequest, "[id] not an integer", "GET", "/ssl/1,2", "") // without the header
	r := h.batch(h.below("/ssl"), ",")
	if string(r.body) != "[]" {
		t.Errorf("a list: %s", r.body)
	}
	signed := h.signed("DELETE", "/v1"+h.below("/ssl/1,2"), "")
	signed.Header.Set("X-Ovh-Batch", ",")
	if r := h.send(signed); r.status != http.StatusBadRequest {
		t.Errorf("DELETE: %d", r.status)
	}
	h = newHarness(t, WithoutBatch())
	if r := h.batch(h.below("/ssl/1,2"), ","); r.status != http.StatusBadRequest {
		t.Errorf("switched off: %d %s", r.status, r.body)
	}
	h = newHarness(t, WithAssumptions(func(a *Assumptions) { a.BatchLimit = 0 }))
	if r := h.batch(h.below(many), ","); r.status != http.StatusOK {
		t.Errorf("without a limit: %d", r.status)
	}
}

func TestListsThatChangeTheirMode(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.someServers(3)
	want := func(when, typeName string, headers ...string) {
		t.Helper()
		conform(t, h.server.schema, when, "[]"+typeName, h.list(path, headers...).body)
	}
	const whole = "ipLoadbalancing.backendHttpCustomerServer.BackendHTTPServer"
	want("first page", whole, mode, pages, "X-Pagination-Size", "1")
	h.server.RefuseExpansion()
	want("second page", "integer", mode, pages, "X-Pagination-Size", "1", "X-Pagination-Number", "2")
	h.server.GrantExpansion()
	want("third page", whole, mode, pages, "X-Pagination-Size", "1", "X-Pagination-Number", "3")
	want("plain", "integer")

	h = newHarness(t, WithoutPlainLists())
	path = h.someServers(3)
	want("unasked for", whole)
	r := h.list(path + "?address=192.0.2.2")
	if got := weights(t, r); len(got) != 1 || r.header.Get("X-Pagination-Elements") != "" {
		t.Errorf("%v, headers %v", got, r.header)
	}
	if got := h.ok("GET", "/definedFarms", ""); len(got) < 3 {
		t.Errorf("what is no list of IDs: %s", got)
	}
	h = newHarness(t, WithoutPlainLists(), WithoutExpansion())
	path = h.someServers(1)
	want("neither", "integer")
}
