package ovhtest

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const day = 24 * time.Hour

type shownInfos struct {
	Status, Domain, Creation, Expiration      string
	ContactAdmin, ContactBilling, ContactTech string
	Renew                                     struct {
		Automatic, DeleteAtExpiration, Forced bool
		ManualPayment                         *bool
		Period                                *int
	}
}

func (h *harness) infos() shownInfos {
	h.t.Helper()
	return get[shownInfos](h, "/serviceInfos")
}

// monthsOn is the day some months after the service was made.
func monthsOn(began time.Time, months int) string {
	return began.AddDate(0, months, 0).Format(time.DateOnly)
}

func TestServiceRenewsItself(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	began := h.server.Now()
	got := h.infos()
	if got.Status != "ok" || got.Domain != h.service || got.Creation != began.Format(time.DateOnly) || got.Expiration != monthsOn(began, 1) || !got.Renew.Automatic {
		t.Errorf("at first %+v", got)
	}
	h.ok("PUT", "/serviceInfos", `{"renew":{"automatic":true,"deleteAtExpiration":false,"forced":true,"period":3,"manualPayment":null}}`)
	if got := h.infos(); !got.Renew.Forced || *got.Renew.Period != 3 {
		t.Errorf("changed %+v", got)
	}
	h.server.Advance(32 * day)
	if got := h.infos(); got.Expiration != began.AddDate(0, 1, 0).AddDate(0, 3, 0).Format(time.DateOnly) {
		t.Errorf("renewed %+v", got)
	}
	h.ok("PUT", "/serviceInfos", `{"renew":null}`)
	if got := h.infos(); got.Renew.Forced || got.Renew.Period != nil || !got.Renew.Automatic {
		t.Errorf("by default %+v", got)
	}
	h.ok("PUT", "/serviceInfos", string(h.ok("GET", "/serviceInfos", "")))
	for body, text := range map[string]string{
		`{"renew":{"automatic":true,"deleteAtExpiration":false,"forced":true,"period":2}}`: "[renew.period]",
		`{"renew":{"automatic":true}}`: "[renew.deleteAtExpiration] is missing",
		`{"status":"expired"}`:         "[status] is read-only",
		`{"contactAdmin":"xy1-ovh"}`:   "[contactAdmin] is read-only",
	} {
		h.fails(http.StatusBadRequest, text, "PUT", "/serviceInfos", body)
	}
}

func TestServiceThatIsNotRenewed(t *testing.T) {
	t.Parallel()
	for _, renew := range []string{
		`{"automatic":true,"deleteAtExpiration":true,"forced":false}`, `{"automatic":false,"deleteAtExpiration":false,"forced":false}`,
	} {
		h := newHarness(t)
		h.ok("PUT", "/serviceInfos", `{"renew":`+renew+`}`)
		h.server.Advance(27 * day)
		h.ok("GET", "", "")
		h.server.Advance(5 * day)
		if r := h.call("GET", "/serviceInfos", ""); r.status != 460 {
			t.Errorf("%s: %d %s", renew, r.status, r.body)
		}
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for body, n := range map[string]int{`{}`: 0, `{"contactTech":"xy1-ovh"}`: 1, `{"contactAdmin":"xy2-ovh","contactBilling":"xy3-ovh"}`: 2} {
		var tasks []int64
		decode(t, h.ok("POST", "/changeContact", body), &tasks)
		if len(tasks) != n {
			t.Errorf("%s: tasks %v", body, tasks)
		}
	}
	if got := h.infos(); got.ContactTech != account || got.ContactAdmin != account {
		t.Errorf("before anybody accepted %+v", got)
	}
	h.server.AcceptContacts(h.service)
	if got := h.infos(); got.ContactTech != "xy1-ovh" || got.ContactAdmin != "xy2-ovh" || got.ContactBilling != "xy3-ovh" {
		t.Errorf("accepted %+v", got)
	}
}

func TestTermination(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if token := h.server.TerminationToken(h.service); token != "" {
		t.Errorf("a token before it was asked for: %s", token)
	}
	h.fails(http.StatusBadRequest, "[token]", "POST", "/confirmTermination", `{"token":""}`)
	h.ok("POST", "/terminate", "")
	first := h.server.TerminationToken(h.service)
	h.ok("POST", "/terminate", "")
	token := h.server.TerminationToken(h.service)
	if first == "" || first == token {
		t.Errorf("tokens %q and %q", first, token)
	}
	for body, text := range map[string]string{
		`{}`:                        "[token] is missing",
		`{"token":"` + first + `"}`: "[token]",
		`{"token":"` + token + `","reason":"BORED"}`: "[reason]",
	} {
		h.fails(http.StatusBadRequest, text, "POST", "/confirmTermination", body)
	}
	h.ok("POST", "/confirmTermination", `{"token":"`+token+`","reason":"TOO_EXPENSIVE","futureUse":"OTHER","commentary":"so long"}`)
	h.fails(http.StatusBadRequest, "[token]", "POST", "/confirmTermination", `{"token":"`+token+`"}`)
	if got := h.infos(); !got.Renew.DeleteAtExpiration {
		t.Errorf("confirmed %+v", got)
	}
	h.server.Advance(32 * day)
	if r := h.call("POST", "/terminate", ""); r.status != 460 {
		t.Errorf("at its end: %d %s", r.status, r.body)
	}

	h = newHarness(t, WithAssumptions(func(a *Assumptions) { a.Termination = TerminationAtOnce }))
	h.ok("POST", "/terminate", "")
	h.ok("POST", "/confirmTermination", `{"token":"`+h.server.TerminationToken(h.service)+`"}`)
	if r := h.call("GET", "", ""); r.status != 460 {
		t.Errorf("at once: %d %s", r.status, r.body)
	}
}

func (h *harness) zoneState(name string) string {
	h.t.Helper()
	return get[zoneView](h, "/zone/"+name).State
}

func TestZonesAreReleasedAtTheEnd(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
	h.refreshed()
	h.fails(http.StatusConflict, "not being terminated", "POST", "/zone/rbx/cancelTermination", "")
	h.ok("POST", "/zone/rbx/terminate", "")
	h.fails(http.StatusConflict, "already", "POST", "/zone/rbx/terminate", "")
	h.fails(http.StatusConflict, "last one", "POST", "/zone/gra/terminate", "")
	if h.zoneState("rbx") != "released" || h.zoneState("gra") != "ok" {
		t.Errorf("rbx %s, gra %s", h.zoneState("rbx"), h.zoneState("gra"))
	}
	h.ok("POST", "/zone/rbx/cancelTermination", "")
	h.server.Advance(32 * day)
	if got := get[[]string](h, "/zone"); !cmp.Equal(got, []string{"gra", "rbx"}) || h.zoneState("rbx") != "ok" {
		t.Errorf("kept: %v", got)
	}
	h.ok("POST", "/zone/RBX/terminate", "")
	h.ok("POST", "/refresh", "") // a refresh may run while the zone goes
	h.server.Advance(32 * day)
	if got := get[[]string](h, "/zone"); !cmp.Equal(got, []string{"gra"}) || !cmp.Equal(get[[]string](h, "/quota"), got) {
		t.Errorf("zones %v", got)
	}
	if got := h.server.Instances(h.service); len(got) != 1 || got[0].Zone != "gra" || len(h.server.Running(h.service, "rbx")) != 0 {
		t.Errorf("instances %v", got)
	}
	if ids := get[[]int64](h, "/quotaHistory?zone=rbx"); len(ids) != 2 {
		t.Errorf("history of the zone that is gone: %v, want both its months", ids)
	}
	h.fails(http.StatusNotFound, "does not exist", "GET", "/zone/rbx", "")
	h.fails(http.StatusBadRequest, "[zone]", "POST", "/http/farm", `{"zone":"rbx"}`)
	h.fails(http.StatusConflict, "last one", "POST", "/zone/gra/terminate", "")
	h.wantPending("in what is left", 0, 0)

	h = newHarness(t, WithAssumptions(func(a *Assumptions) { a.ZoneState, a.LastZone = Accepted, RefusedBadRequest }))
	h.ok("POST", "/zone/rbx/cancelTermination", "")
	h.ok("POST", "/zone/rbx/terminate", "")
	h.ok("POST", "/zone/rbx/terminate", "")
	h.fails(http.StatusBadRequest, "last one", "POST", "/zone/gra/terminate", "")
}

// A refresh that was queued before a zone went runs in the others.
func TestZonesReleasedUnderARefresh(t *testing.T) {
	t.Parallel()
	for _, snapshot := range []Snapshot{SnapshotAtRequest, SnapshotAtStart} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.RefreshSnapshot, a.RefreshQueued = snapshot, 40*day }))
		h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
		h.ok("POST", "/refresh", "")
		h.ok("POST", "/zone/rbx/terminate", "")
		h.server.Advance(41 * day)
		if gra, rbx := h.server.Running(h.service, "gra"), h.server.Running(h.service, "rbx"); len(gra) != 2 || len(rbx) != 0 {
			t.Errorf("snapshot %d: gra runs %v, rbx %v", snapshot, gra, rbx)
		}
	}
}

func TestOrderableZones(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.AddService("par")
	all := getAPI[[]string](h, "/ipLoadbalancing/availableZones")
	if !slices.Contains(all, "par") || !slices.Contains(all, "gra") || !slices.IsSorted(all) {
		t.Errorf("zones %v", all)
	}
	got := get[struct{ OrderableZone []orderableZone }](h, "")
	if len(got.OrderableZone) != 2 || got.OrderableZone[0] != (orderableZone{"bhs", "iplb-zone-lb1-bhs"}) {
		t.Errorf("orderable %v", got.OrderableZone)
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	type shown struct {
		ID, Total, Included       int64
		Alert                     *int64
		Zone, HistorizedDate      string
		LastUpdateDate, ResetDate time.Time
	}
	began := h.server.Now().Truncate(time.Second)
	h.server.Advance(day)
	h.server.SetTraffic(h.service, "rbx", 12_345_678_901)
	h.ok("PUT", "/quota/rbx", `{"alert":9000000000000}`)
	got := get[shown](h, "/quota/rbx")
	want := shown{
		Total: 12_345_678_901, Included: 10_000_000_000_000, Alert: got.Alert, Zone: "rbx", LastUpdateDate: began.Add(day), ResetDate: began.AddDate(0, 1, 0),
	}
	if diff := cmp.Diff(want, got); diff != "" || got.Alert == nil || *got.Alert != 9_000_000_000_000 {
		t.Errorf("quota (-want +got):\n%s", diff)
	}
	h.ok("PUT", "/quota/rbx", string(h.ok("GET", "/quota/rbx", "")))
	h.fails(http.StatusBadRequest, "[total] is read-only", "PUT", "/quota/rbx", `{"total":0}`)
	h.fails(http.StatusBadRequest, "[alert]", "PUT", "/quota/rbx", `{"alert":-1}`)
	h.fails(http.StatusNotFound, "zone = sbg", "GET", "/quota/sbg", "")
	if ids := get[[]int64](h, "/quotaHistory"); len(ids) != 0 {
		t.Errorf("history at first %v", ids)
	}

	h.server.Advance(31 * day)
	if got := get[shown](h, "/quota/rbx"); got.Total != 0 || *got.Alert != 9_000_000_000_000 || !got.ResetDate.Equal(began.AddDate(0, 2, 0)) {
		t.Errorf("the month after %+v", got)
	}
	h.ok("PUT", "/quota/rbx", `{"alert":null}`)
	if got := get[shown](h, "/quota/rbx"); got.Alert != nil {
		t.Errorf("without an alert %+v", got)
	}
	reset := began.AddDate(0, 1, 0)
	last := reset.UTC().Format(time.DateOnly)
	ids := get[[]int64](h, "/quotaHistory?zone=rbx")
	if len(ids) != 1 {
		t.Fatalf("history %v", ids)
	}
	want = shown{ID: ids[0], Total: 12_345_678_901, Zone: "rbx", HistorizedDate: last, LastUpdateDate: began.Add(day), ResetDate: reset}
	if diff := cmp.Diff(want, get[shown](h, "/quotaHistory/"+formatID(ids[0]))); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	h.server.Advance(32 * day)
	for filter, n := range map[string]int{
		"": 4, "?zone=gra": 2, "?historizedDate.to=" + last: 2, "?historizedDate.from=" + last: 4, "?historizedDate.from=" + last + "&zone=gra": 2,
		"?historizedDate.from=" + reset.AddDate(0, 0, 1).UTC().Format(time.DateOnly): 2, "?historizedDate.from=2020-01-01&historizedDate.to=2020-01-02": 0,
	} {
		if ids := get[[]int64](h, "/quotaHistory"+filter); len(ids) != n {
			t.Errorf("%s: %v, want %d", filter, ids, n)
		}
	}
	h.fails(http.StatusNotFound, "id = 99", "GET", "/quotaHistory/99", "")
}
