package ovhtest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type shownVRack struct {
	State     string
	Task      []int64
	VRackName *string
}

type shownNetwork struct {
	VRackNetworkID int64
	DisplayName    *string
	FarmID         []definedObject
	NATIP, Subnet  string
	VLAN           int
}

// inVRack is a harness whose service is in a vRack.
func inVRack(t *testing.T, opts ...Option) *harness {
	t.Helper()
	h := newHarness(t, opts...)
	h.server.AttachVRack(h.service, "pn-12")
	h.server.Advance(time.Minute)
	return h
}

func (h *harness) vrackState() string {
	h.t.Helper()
	return get[shownVRack](h, "/vrack/status").State
}

func TestVRackStatus(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := get[shownVRack](h, "/vrack/status"); got.State != "inactive" || got.VRackName != nil || len(got.Task) != 0 {
		t.Errorf("at first %+v", got)
	}
	h.fails(http.StatusBadRequest, "not in a vRack", "GET", "/vrack/networkCreationRules", "")
	h.fails(http.StatusBadRequest, "not in a vRack", "POST", "/vrack/network", `{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28"}`)

	h.server.AttachVRack(h.service, "pn-12")
	got := get[shownVRack](h, "/vrack/status")
	if got.State != "activating" || *got.VRackName != "pn-12" || len(got.Task) != 1 || h.task(got.Task[0]).Action != "vrackAttach" {
		t.Errorf("attaching %+v", got)
	}
	h.server.Advance(11 * time.Second)
	if got := get[shownVRack](h, "/vrack/status"); got.State != "active" || *got.VRackName != "pn-12" || len(got.Task) != 0 {
		t.Errorf("attached %+v", got)
	}
	if got := get[object](h, ""); got["vrackName"] != "pn-12" {
		t.Errorf("service %v", got)
	}
	rules := get[struct {
		MinNATIPs, RemainingNetworks int
		VRackName                    string
	}](h, "/vrack/networkCreationRules")
	if rules.MinNATIPs != 16 || rules.RemainingNetworks != 5 || rules.VRackName != "pn-12" {
		t.Errorf("rules %+v", rules)
	}

	h.server.EndNextTask(h.service, "error")
	h.server.DetachVRack(h.service)
	if state := h.vrackState(); state != "deactivating" {
		t.Errorf("detaching: %s", state)
	}
	h.server.Advance(time.Minute)
	if state := h.vrackState(); state != "active" {
		t.Errorf("after a detachment that failed: %s", state)
	}
	h.server.DetachVRack(h.service)
	h.server.Advance(time.Minute)
	if got := get[shownVRack](h, "/vrack/status"); got.State != "inactive" || got.VRackName != nil {
		t.Errorf("detached %+v", got)
	}
	h.server.EndNextTask(h.service, "cancelled")
	h.server.AttachVRack(h.service, "pn-12")
	h.server.Advance(time.Minute)
	if got := get[shownVRack](h, "/vrack/status"); got.State != "inactive" || got.VRackName != nil {
		t.Errorf("after an attachment that was cancelled %+v", got)
	}
}

func TestVRackNetworks(t *testing.T) {
	t.Parallel()
	h := inVRack(t)
	web, dns := h.create("/http/farm", `{"zone":"all"}`), h.create("/udp/farm", `{"zone":"all","port":53}`)
	id := h.create("/vrack/network", fmt.Sprintf(`{"subnet":"10.0.0.0/24","natIp":"10.0.0.16/28","vlan":7,"farmId":[%d]}`, web))
	path := fmt.Sprintf("/vrack/network/%d", id)
	want := shownNetwork{VRackNetworkID: id, FarmID: []definedObject{{web, "http"}}, NATIP: "10.0.0.16/28", Subnet: "10.0.0.0/24", VLAN: 7}
	if diff := cmp.Diff(want, get[shownNetwork](h, path)); diff != "" {
		t.Errorf("network (-want +got):\n%s", diff)
	}
	if got := get[object](h, fmt.Sprintf("/http/farm/%d", web)); got["vrackNetworkId"] != float64(id) {
		t.Errorf("farm %v", got)
	}

	var changed shownNetwork
	decode(t, h.ok("POST", path+"/updateFarmId", fmt.Sprintf(`{"farmId":[%d]}`, dns)), &changed)
	if !cmp.Equal(changed.FarmID, []definedObject{{dns, "udp"}}) {
		t.Errorf("network %+v", changed)
	}
	if got := get[object](h, fmt.Sprintf("/http/farm/%d", web)); got["vrackNetworkId"] != nil {
		t.Errorf("farm that was taken out %v", got)
	}
	h.ok("PUT", fmt.Sprintf("/http/farm/%d", web), fmt.Sprintf(`{"vrackNetworkId":%d}`, id))
	if got := get[shownNetwork](h, path); len(got.FarmID) != 2 {
		t.Errorf("network %+v", got)
	}
	if got := get[[]definedObject](h, fmt.Sprintf("/definedFarms?vrackNetworkId=%d", id)); len(got) != 2 {
		t.Errorf("farms %v", got)
	}

	h.ok("PUT", path, `{"vlan":0,"displayName":"shop","natIp":"10.0.0.32/27"}`)
	got := get[shownNetwork](h, path)
	if got.VLAN != 0 || *got.DisplayName != "shop" || got.NATIP != "10.0.0.32/27" || got.Subnet != "10.0.0.0/24" {
		t.Errorf("network %+v", got)
	}
	h.ok("PUT", path, string(h.ok("GET", path, "")))
	h.fails(http.StatusBadRequest, "[subnet]", "PUT", path, `{"subnet":"10.1.0.0/24"}`)
	h.fails(http.StatusBadRequest, "[farmId]", "PUT", path, `{"farmId":[]}`)
	second := h.create("/vrack/network", `{"subnet":"10.1.0.0/24","natIp":"10.1.0.0/28"}`)
	for filter, ids := range map[string][]int64{"": {id, second}, "?vlan=0": {id, second}, "?vlan=7": {}, "?subnet=10.1.0.0/24": {second}} {
		if got := get[[]int64](h, "/vrack/network"+filter); !cmp.Equal(got, ids) {
			t.Errorf("%s: %v, want %v", filter, got, ids)
		}
	}
}

func TestRefusedNetworks(t *testing.T) {
	t.Parallel()
	h := inVRack(t)
	for body, text := range map[string]string{
		`{"subnet":"10.0.0.0/24"}`:                                          "[natIp] is missing",
		`{"natIp":"10.0.0.0/28"}`:                                           "[subnet] is missing",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.1.0/28"}`:                    "[natIp] not inside",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/23"}`:                    "[natIp] not inside",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/29"}`:                    "[natIp] holds fewer than 16",
		`{"subnet":"10.0.0.1/24","natIp":"10.0.0.0/28"}`:                    "[subnet] not of format",
		`{"subnet":"2001:db8::/64","natIp":"2001:db8::/120"}`:               "[subnet] not of IPv4",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28","vlan":4095}`:        "[vlan]",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28","vlan":-1}`:          "[vlan]",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28","farmId":[99]}`:      "[farmId] there is no object 99",
		`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28","vrackNetworkId":1}`: "[vrackNetworkId] not a known field",
	} {
		h.fails(http.StatusBadRequest, text, "POST", "/vrack/network", body)
	}
	h.fails(http.StatusBadRequest, "[vrackNetworkId] there is no object 99", "POST", "/http/farm", `{"zone":"all","vrackNetworkId":99}`)
	h.fails(http.StatusNotFound, "vrackNetworkId = 99", "POST", "/vrack/network/99/updateFarmId", `{"farmId":[]}`)
	for range 5 {
		h.create("/vrack/network", `{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28"}`)
	}
	h.fails(http.StatusBadRequest, "at most 5 networks", "POST", "/vrack/network", `{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28"}`)
	if got := get[[]int64](h, "/vrack/network"); len(got) != 5 {
		t.Errorf("networks %v", got)
	}
}

func TestDeletingANetwork(t *testing.T) {
	t.Parallel()
	for refusal, status := range map[Refusal]int{RefusedConflict: 409, RefusedBadRequest: 400, Accepted: 200} {
		h := inVRack(t, WithAssumptions(func(a *Assumptions) { a.NetworkInUse = refusal }))
		farmPath := fmt.Sprintf("/tcp/farm/%d", h.create("/tcp/farm", `{"zone":"all"}`))
		path := fmt.Sprintf("/vrack/network/%d", h.create("/vrack/network", `{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28"}`))
		h.ok("PUT", farmPath, `{"vrackNetworkId":`+path[len("/vrack/network/"):]+`}`)
		if r := h.call("DELETE", path, ""); r.status != status {
			t.Errorf("%d: %d %s", refusal, r.status, r.body)
		}
		if refusal == Accepted {
			if got := get[object](h, farmPath); got["vrackNetworkId"] != nil {
				t.Errorf("farm %v", got)
			}
			continue
		}
		h.ok("PUT", farmPath, `{"vrackNetworkId":null}`)
		h.ok("DELETE", path, "")
		h.fails(http.StatusNotFound, "does not exist", "GET", path, "")
	}
}

// In a vRack every farm is in a network of it, and there is one; outside no farm is
// (facts 6.3).
func TestVRackPreconditionsOfARefresh(t *testing.T) {
	t.Parallel()
	h := inVRack(t)
	farmID := h.create("/http/farm", `{"zone":"all"}`)
	h.create("/http/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, farmID))
	other := h.create("/udp/farm", `{"zone":"gra","port":53}`)
	refused := func(text string) {
		t.Helper()
		h.fails(http.StatusBadRequest, text, "POST", "/refresh", "")
	}
	refused("has no network there")
	id := h.create("/vrack/network", fmt.Sprintf(`{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28","farmId":[%d]}`, farmID))
	refused(fmt.Sprintf("udp/farm/%d is in no network", other))
	h.ok("PUT", fmt.Sprintf("/udp/farm/%d", other), fmt.Sprintf(`{"vrackNetworkId":%d}`, id))
	h.refreshed()
	h.wantPending("after a refresh", 0, 0)
	h.server.DetachVRack(h.service)
	h.server.Advance(time.Minute)
	refused(fmt.Sprintf("http/farm/%d is in a network of a vRack", farmID))
	h.ok("POST", fmt.Sprintf("/vrack/network/%d/updateFarmId", id), `{"farmId":[]}`)
	h.refreshed()
}

func TestNetworksAreStaged(t *testing.T) {
	t.Parallel()
	h := inVRack(t)
	farmID, _ := int64(0), h.create("/vrack/network", `{"subnet":"10.0.0.0/24","natIp":"10.0.0.0/28"}`)
	h.wantPending("after a network", 1, 1)
	farmID = h.create("/http/farm", `{"zone":"gra"}`)
	h.wantPending("after a farm", 2, 1)
	networks := get[[]int64](h, "/vrack/network")
	h.ok("POST", fmt.Sprintf("/vrack/network/%d/updateFarmId", networks[0]), fmt.Sprintf(`{"farmId":[%d]}`, farmID))
	h.wantPending("after the farm is in it", 2, 1)
	h.create("/http/frontend", `{"zone":"all","port":"80","redirectLocation":"https://example.com/"}`)
	h.refreshed()
	h.ok("POST", fmt.Sprintf("/vrack/network/%d/updateFarmId", networks[0]), `{"farmId":[]}`)
	h.wantPending("after it is taken out", 1, 0)
}
