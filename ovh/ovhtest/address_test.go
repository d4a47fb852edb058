package ovhtest

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type shownIPTask struct {
	TaskID                          int64
	Function, Status                string
	Comment                         *string
	Destination                     *struct{ ServiceName string }
	StartDate, LastUpdate, DoneDate time.Time
}

const block = "203.0.113.1/32"

// ipPath is the path of the test's block, or of something below it.
func ipPath(below string) string { return "/ip/" + url.PathEscape(block) + below }

// withBlock is a harness whose account has the test's block, routed to a service.
func withBlock(t *testing.T, toService bool, opts ...Option) *harness {
	t.Helper()
	h := newHarness(t, opts...)
	to := ""
	if toService {
		to = h.service
	}
	h.server.AddAddresses(to, netip.MustParsePrefix(block))
	return h
}

// move moves the test's block, or parks it where to is empty.
func (h *harness) move(to string) shownIPTask {
	h.t.Helper()
	var made shownIPTask
	if to == "" {
		decode(h.t, h.okAPI("POST", ipPath("/park"), ""), &made)
	} else {
		decode(h.t, h.okAPI("POST", ipPath("/move"), `{"to":"`+to+`"}`), &made)
	}
	return made
}

func (h *harness) ipTask(id int64) shownIPTask {
	h.t.Helper()
	return getAPI[shownIPTask](h, ipPath("/task/"+formatID(id)))
}

func (h *harness) routedTo() string {
	h.t.Helper()
	got := getAPI[struct{ RoutedTo *struct{ ServiceName string } }](h, ipPath(""))
	if got.RoutedTo == nil {
		return ""
	}
	return got.RoutedTo.ServiceName
}

func TestMoveOfAnAddress(t *testing.T) {
	t.Parallel()
	h := withBlock(t, false)
	made := h.move(h.service)
	began := h.server.Now().Truncate(time.Second)
	if made.Function != "genericMoveFloatingIp" || made.Destination.ServiceName != h.service || !made.StartDate.Equal(began) || !made.DoneDate.IsZero() {
		t.Errorf("task %+v", made)
	}
	for _, step := range []struct {
		after  time.Duration
		status string
	}{{0, "init"}, {time.Second, "todo"}, {time.Second, "doing"}, {59 * time.Second, "doing"}} {
		h.server.Advance(step.after)
		if got := h.ipTask(made.TaskID); got.Status != step.status || h.routedTo() != "" || len(get[[]string](h, "/failover")) != 0 {
			t.Errorf("%v later: %+v, routed to %q", step.after, got, h.routedTo())
		}
	}
	h.server.Advance(time.Second)
	done := h.ipTask(made.TaskID)
	if done.Status != "done" || !done.DoneDate.Equal(began.Add(62*time.Second)) || !done.LastUpdate.Equal(done.DoneDate) || done.Comment != nil {
		t.Errorf("task %+v", done)
	}
	if h.routedTo() != h.service || !cmp.Equal(get[[]string](h, "/failover"), []string{block}) {
		t.Errorf("routed to %q, failover %v", h.routedTo(), get[[]string](h, "/failover"))
	}
	if ids := getAPI[[]int64](h, ipPath("/task")); !cmp.Equal(ids, []int64{made.TaskID}) {
		t.Errorf("tasks %v", ids)
	}
	for filter, n := range map[string]int{"status=done": 1, "status=doing": 0, "function=genericMoveFloatingIp&status=done": 1, "function=changeRipeOrg": 0} {
		if ids := getAPI[[]int64](h, ipPath("/task?"+filter)); len(ids) != n {
			t.Errorf("%s: %v", filter, ids)
		}
	}
	h.failsAPI(http.StatusNotFound, "taskId", "GET", ipPath("/task/999"), "")
}

// An address is served after a refresh, and no longer after the next one once it
// has gone (facts 6.8).
func TestMovedAddressesAreStaged(t *testing.T) {
	t.Parallel()
	const node = "failover/203.0.113.1%2F32"
	for _, counted := range []MovePending{MoveCounted, MoveNotCounted} {
		h := withBlock(t, false, WithAssumptions(func(a *Assumptions) { a.MovePending, a.EmptyRefresh = counted, RefusedBadRequest }))
		h.live("http", `{"zone":"all"}`, `{"address":"192.0.2.1","status":"active"}`)
		other := h.server.AddService("sbg")
		wantLive := func(when string, pending int, live bool) {
			t.Helper()
			if counted == MoveNotCounted {
				pending = 0
			}
			h.wantPending(when, pending, pending)
			if got := h.server.Running(h.service, "rbx")[node] != nil; got != live {
				t.Errorf("%s: live %v, want %v", when, got, live)
			}
		}
		h.move(h.service)
		wantLive("before it is done", 0, false)
		h.server.Advance(2 * time.Minute)
		wantLive("moved here", 1, false)
		h.refreshed()
		wantLive("refreshed", 0, true)
		h.move(other)
		h.server.Advance(2 * time.Minute)
		wantLive("moved away", 1, true)
		if h.server.Staged(other, "sbg")[node] == nil || len(get[[]string](h, "/failover")) != 0 {
			t.Errorf("staged at the other service: %v", h.server.Staged(other, "sbg"))
		}
		h.refreshed()
		wantLive("refreshed again", 0, false)
		h.fails(http.StatusBadRequest, "nothing to refresh", "POST", "/refresh", "")
	}
}

func TestAddressesGivenToAServiceAreLive(t *testing.T) {
	t.Parallel()
	h := withBlock(t, true)
	h.server.AddFailover(h.service, netip.MustParsePrefix("203.0.113.8/30"))
	h.wantPending("at first", 0, 0)
	if got := get[[]string](h, "/failover"); !cmp.Equal(got, []string{block, "203.0.113.8/30"}) {
		t.Errorf("failover %v", got)
	}
	if len(h.server.Running(h.service, "gra")) != 3 { // the TLS policy too
		t.Errorf("running %v", h.server.Running(h.service, "gra"))
	}
}

func TestOneMoveAtATime(t *testing.T) {
	t.Parallel()
	for refusal, status := range map[Refusal]int{RefusedConflict: 409, RefusedBadRequest: 400} {
		h := withBlock(t, false, WithAssumptions(func(a *Assumptions) { a.BusyMove = refusal }))
		h.move(h.service)
		h.failsAPI(status, "running", "POST", ipPath("/move"), `{"to":"`+h.server.AddService()+`"}`)
		h.failsAPI(status, "running", "POST", "/ip/203.0.113.1/move", `{"to":"`+h.server.AddService()+`"}`)
		h.server.Advance(2 * time.Minute)
		h.move("")
		h.failsAPI(status, "running", "POST", ipPath("/move"), `{"to":"`+h.server.AddService()+`"}`)
	}
	h := withBlock(t, false, WithAssumptions(func(a *Assumptions) { a.BusyMove = Accepted }))
	other := h.server.AddService()
	first, second, third := h.move(h.service), h.move(other), h.move(h.service)
	for _, step := range []struct {
		to       string
		statuses []string
	}{{h.service, []string{"done", "init", "init"}}, {other, []string{"done", "done", "init"}}, {h.service, []string{"done", "done", "done"}}} {
		h.server.Advance(62 * time.Second)
		got := []string{h.ipTask(first.TaskID).Status, h.ipTask(second.TaskID).Status, h.ipTask(third.TaskID).Status}
		if h.routedTo() != step.to || !cmp.Equal(got, step.statuses) {
			t.Errorf("routed to %s, tasks %v, want %s and %v", h.routedTo(), got, step.to, step.statuses)
		}
	}
}

func TestMovesThatDoNotSucceed(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"cancelled", "customerError", "ovhError"} {
		h := withBlock(t, false)
		h.server.EndNextIPTask(netip.MustParsePrefix(block), status, "no room")
		made := h.move(h.service)
		h.server.Advance(2 * time.Minute)
		got := h.ipTask(made.TaskID)
		if got.Status != status || got.Comment == nil || *got.Comment != "no room" || h.routedTo() != "" || got.DoneDate.IsZero() {
			t.Errorf("task %+v, routed to %q", got, h.routedTo())
		}
		h.move(h.service) // it holds up no other, and the next one is done
		h.server.Advance(2 * time.Minute)
		if h.routedTo() != h.service {
			t.Errorf("after %s: routed to %q", status, h.routedTo())
		}
	}
}

func TestRefusedMoves(t *testing.T) {
	t.Parallel()
	h := withBlock(t, true)
	other, ended := h.server.AddService(), h.server.AddService()
	h.server.Expire(ended)
	for _, c := range []struct {
		path, body, text string
		status           int
	}{
		{ipPath("/move"), `{}`, "[to] is missing", 400},
		{ipPath("/move"), `{"to":"ns1.example.com"}`, "[to]", 400},
		{ipPath("/move"), `{"to":"` + ended + `"}`, "[to]", 400},
		{ipPath("/move"), `{"to":"` + h.service + `"}`, "routed to this service already", 400},
		{ipPath("/move"), `{"to":"` + other + `","nexthop":"192.0.2.1"}`, "[nexthop]", 400},
		{"/ip/198.18.0.1/move", `{"to":"` + other + `"}`, "Only Additional IPs", 400},
		{"/ip/198.18.0.1/park", "", "Only Additional IPs", 400},
		{"/ip/203.0.113.99/move", `{"to":"` + other + `"}`, "does not exist", 404},
		{"/ip/203.0.113.0%2F24/park", "", "does not exist", 404},
		{"/ip/nowhere/park", "", "[ip]", 400},
		{"/ip/203.0.113.1%2F24/park", "", "[ip]", 400},
	} {
		h.failsAPI(c.status, c.text, "POST", c.path, c.body)
	}
	h.move("")
	h.server.Advance(2 * time.Minute)
	h.failsAPI(http.StatusBadRequest, "parked already", "POST", ipPath("/park"), "")

	h = withBlock(t, true, WithAssumptions(func(a *Assumptions) { a.SameGoal = Accepted }))
	made := h.move(h.service)
	h.server.Advance(2 * time.Minute)
	if h.ipTask(made.TaskID).Status != "done" || !cmp.Equal(get[[]string](h, "/failover"), []string{block}) {
		t.Errorf("failover %v", get[[]string](h, "/failover"))
	}
	h.wantPending("after going nowhere", 0, 0)
}

func TestDestinations(t *testing.T) {
	t.Parallel()
	h := withBlock(t, true)
	other, ended := h.server.AddService(), h.server.AddService()
	h.server.Expire(ended)
	type goals struct {
		IPLoadbalancing []struct{ Service string }
		VPS             []string
	}
	if got := getAPI[goals](h, ipPath("/move")); len(got.IPLoadbalancing) != 1 || got.IPLoadbalancing[0].Service != other || got.VPS != nil {
		t.Errorf("destinations %+v", got)
	}
	if got := getAPI[goals](h, "/ip/198.18.0.1/move"); len(got.IPLoadbalancing) != 0 {
		t.Errorf("destinations of a service's own address %+v", got)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	h := withBlock(t, true)
	h.okAPI("PUT", "/ip/203.0.113.1", `{"description":"shop"}`)
	h.okAPI("PUT", ipPath(""), `{}`)
	got := getAPI[object](h, ipPath(""))
	if got["ip"] != block || got["description"] != "shop" || got["type"] != "failover" || got["isAdditionalIp"] != true || got["version"] != 4.0 {
		t.Errorf("address %v", got)
	}
	delete(got, "iam") // not a field of the PUT's type
	h.okAPI("PUT", ipPath(""), string(mustMarshal(t, got)))
	h.failsAPI(http.StatusBadRequest, "[type]", "PUT", ipPath(""), `{"type":"vps"}`)
	h.okAPI("PUT", ipPath(""), `{"description":null}`)
	if got := getAPI[object](h, ipPath("")); got["description"] != nil {
		t.Errorf("address %v", got)
	}
	own := getAPI[object](h, "/ip/198.18.0.1")
	if own["type"] != "loadBalancing" || own["isAdditionalIp"] != false || !strings.Contains(string(mustMarshal(t, own["routedTo"])), h.service) {
		t.Errorf("the service's own address %v", own)
	}
}

func TestAddressFilters(t *testing.T) {
	t.Parallel()
	h := withBlock(t, true)
	const six, server, parked = "2001:db8:1::/64", "203.0.113.64/28", "203.0.113.2/32"
	h.server.AddAddresses("", netip.MustParsePrefix(six), netip.MustParsePrefix(parked))
	h.server.AddAddresses("ns1.example.com", netip.MustParsePrefix(server))
	h.server.SetTags(server, map[string]string{"env": "prod"})
	h.okAPI("PUT", "/ip/203.0.113.2", `{"description":"web shop"}`)
	own := []string{"198.18.0.1/32", "2001:db8:0:1::1/128"}
	for filter, want := range map[string][]string{
		"":                                      append(slices.Clone(own), block, six, parked, server),
		"type=failover":                         {block, six, parked, server},
		"type=loadBalancing":                    own,
		"type=vps":                              {},
		"isAdditionalIp=false":                  own,
		"version=6":                             {own[1], six},
		"version=6&isAdditionalIp=true":         {six},
		"routedTo.serviceName=" + h.service:     append(slices.Clone(own), block),
		"routedTo.serviceName=ns1.%25":          {server},
		"routedTo.serviceName=ns1":              {},
		"routedTo.serviceName=%25":              append(slices.Clone(own), block, server), // not what is parked
		"description=web%25":                    {parked},
		"description=Web%25":                    {},
		"campus=gr%25&isAdditionalIp=false":     own,
		"campus=RBX":                            {},
		"ip=203.0.113.70":                       {server},
		"ip=203.0.113.64%2F28":                  {server},
		"ip=203.0.113.0%2F24":                   {},
		"ip=2001:db8:1::7":                      {six},
		"iamTags=" + tagQuery("env", "prod"):    {server},
		"iamTags=" + tagQuery("env", "staging"): {},
	} {
		target := "/ip"
		if filter != "" {
			target += "?" + filter
		}
		if got := getAPI[[]string](h, target); !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	for filter, at := range map[string]string{"version=5": "[version]", "type=home": "[type]", "isAdditionalIp=maybe": "[isAdditionalIp]", "ip=x": "[ip]", "routedTo=x": "[routedTo]"} {
		h.failsAPI(http.StatusBadRequest, at, "GET", "/ip?"+filter, "")
	}
}

// tagQuery is a tag filter as it stands in a query.
func tagQuery(tag, value string) string {
	return url.QueryEscape(`{"` + tag + `":[{"value":"` + value + `"}]}`)
}

func TestKnownAddressesPanic(t *testing.T) {
	t.Parallel()
	h := withBlock(t, true)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		h.ok("GET", "", "")
	}()
	h.server.AddFailover(h.service, netip.MustParsePrefix(block))
}
