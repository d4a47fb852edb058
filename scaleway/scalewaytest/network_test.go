package scalewaytest

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestPrivateNetworks(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	path := zoned + "/lbs/" + lb
	network, address := newUUID(), newUUID()
	s.settle()
	got := s.post(path+"/attach-private-network", fmt.Sprintf(`{"private_network_id": %q, "ipam_ids": [%q]}`, network, address))
	got.has(map[string]string{
		"private_network_id": network, "status": "pending", "ipam_ids": `["` + address + `"]`, "dhcp_config.ip_id": address,
		"static_config": "absent", "lb.private_network_count": "1", "lb.instances.0.status": "ready",
	})
	// The instances follow shortly before the network is ready.
	for _, tt := range []struct {
		after              time.Duration
		instances, network string
	}{
		{0, "ready", "pending"},
		{time.Second, "pending", "pending"},
		{500 * time.Millisecond, "ready", "pending"},
		{500 * time.Millisecond, "ready", "ready"},
	} {
		s.server.Advance(tt.after)
		s.get(path).has(map[string]string{"instances.0.status": tt.instances, "private_network_count": "1"})
		s.get(path + "/private-networks").has(map[string]string{
			"total_count": "1", "private_network.0.status": tt.network, "private_network.0.lb.instances": "[]",
		})
	}

	detach := fmt.Sprintf(`{"private_network_id": %q}`, network)
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach-private-network", detach)
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach-private-network", detach)
	s.get(path + "/private-networks").has(map[string]string{"private_network.0.status": "pending"})
	s.get(path).has(map[string]string{"private_network_count": "1", "instances.0.status": "ready"})
	s.server.Advance(recordedTimings.PrivateNetwork / 2)
	s.get(path + "/private-networks").has(map[string]string{"total_count": "0", "private_network": "[]"})
	s.get(path).has(map[string]string{"private_network_count": "0", "instances.0.status": "pending"})
	s.want(http.StatusNotFound, http.MethodPost, path+"/detach-private-network", detach)
}

// One that is attached without an address gets one by the time it is ready, as
// recorded.
func TestPrivateNetworkFindsAnAddress(t *testing.T) {
	t.Parallel()
	s := manual(t)
	path := zoned + "/lbs/" + s.lb("")
	s.post(path+"/attach-private-network", fmt.Sprintf(`{"private_network_id": %q}`, nowhere)).
		has(map[string]string{"dhcp_config.ip_id": "null", "ipam_ids": "[]"})
	s.server.Advance(recordedTimings.PrivateNetwork)
	got := s.get(path + "/private-networks")
	address := got.at("private_network.0.dhcp_config.ip_id")
	got.has(map[string]string{"private_network.0.ipam_ids": `["` + address + `"]`})
	if !uuidPattern.MatchString(address) {
		t.Errorf("the address is %q", address)
	}
	s.post(path+"/attach-private-network", fmt.Sprintf(
		`{"private_network_id": %q, "static_config": {"ip_address": ["172.16.0.100"]}}`, newUUID())).
		has(map[string]string{"static_config.ip_address": `["172.16.0.100"]`, "dhcp_config": "absent"})
	reserved := newUUID() // by the name that went before ipam_ids
	s.post(path+"/attach-private-network", fmt.Sprintf(`{"private_network_id": %q, "dhcp_config": {"ip_id": %q}}`, newUUID(), reserved)).
		has(map[string]string{"dhcp_config.ip_id": reserved, "ipam_ids": `["` + reserved + `"]`})
}

// One that failed is detached and attached again, beside its predecessor, which
// is listed until it is gone.
func TestPrivateNetworkThatFails(t *testing.T) {
	t.Parallel()
	s := manual(t, WithFailingNetworks(nowhere))
	path := zoned + "/lbs/" + s.lb("")
	body := fmt.Sprintf(`{"private_network_id": %q}`, nowhere)
	s.post(path+"/attach-private-network", body)
	s.server.Advance(recordedTimings.PrivateNetwork)
	s.get(path + "/private-networks").has(map[string]string{
		"private_network.0.status": "error", "private_network.0.dhcp_config.ip_id": "null",
	})
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach-private-network", body)
	s.post(path+"/attach-private-network", merged(t, body, `{"static_config": {"ip_address": ["172.16.0.100"]}}`)).
		has(map[string]string{"status": "pending", "lb.private_network_count": "2"})
	s.get(path + "/private-networks").has(map[string]string{
		"total_count": "2", "private_network.0.static_config": "absent",
		"private_network.1.static_config.ip_address": `["172.16.0.100"]`,
	})
	s.server.Advance(recordedTimings.PrivateNetwork / 2)
	s.get(path + "/private-networks").has(map[string]string{
		"total_count": "1", "private_network.0.status": "pending", "private_network.0.static_config.ip_address": `["172.16.0.100"]`,
	})
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach-private-network", body)
	s.settle()
	s.get(path).has(map[string]string{"private_network_count": "0"})
}

// An update of a load balancer moves the instances while a network is on its way
// in or out, whatever it changes.
func TestUpdateDuringAttachment(t *testing.T) {
	t.Parallel()
	s := manual(t)
	path := zoned + "/lbs/" + s.lb("")
	body := fmt.Sprintf(`{"private_network_id": %q}`, nowhere)
	rename := func(want string) {
		t.Helper()
		s.put(path, `{"name": "new", "description": ""}`).has(map[string]string{"instances.0.status": want})
		s.server.Advance(recordedTimings.PrivateNetwork)
	}
	s.post(path+"/attach-private-network", body)
	rename("pending")
	rename("ready")
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach-private-network", body)
	rename("pending")
	rename("ready")
}

// The zoned form had these two calls as the regional form still has them.
func TestFormerPaths(t *testing.T) {
	t.Parallel()
	s := manual(t, WithFormerPaths())
	id := s.lb("")
	path := zoned + "/lbs/" + id + "/private-networks/" + nowhere
	s.post(path+"/attach", `{"static_config": {"ip_address": ["172.16.0.100"]}}`).has(map[string]string{
		"private_network_id": nowhere, "static_config.ip_address": `["172.16.0.100"]`, "dhcp_config": "absent",
	})
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach", "")
	s.post(zoned+"/lbs/"+id+"/attach-private-network", fmt.Sprintf(`{"private_network_id": %q}`, newUUID()))
	s.want(http.StatusNotFound, http.MethodDelete, zoned+"/lb/subscriber/"+nowhere, "").has(map[string]string{"message": "path not found"})

	s = manual(t) // they are gone
	s.want(http.StatusNotFound, http.MethodPost, path+"/attach", "").has(map[string]string{"message": "path not found"})
}

// A network that is leaving makes room for its successor.
func TestRoomForANetwork(t *testing.T) {
	t.Parallel()
	s := manual(t, WithQuota("private_networks", 1))
	path := zoned + "/lbs/" + s.lb("")
	body := fmt.Sprintf(`{"private_network_id": %q}`, nowhere)
	s.post(path+"/attach-private-network", body)
	s.want(http.StatusNoContent, http.MethodPost, path+"/detach-private-network", body)
	s.post(path+"/attach-private-network", body)
	s.want(http.StatusForbidden, http.MethodPost, path+"/attach-private-network", fmt.Sprintf(`{"private_network_id": %q}`, newUUID()))
}

func TestBadAttachments(t *testing.T) {
	t.Parallel()
	s := manual(t)
	path := zoned + "/lbs/" + s.lb("") + "/attach-private-network"
	s.post(path, fmt.Sprintf(`{"private_network_id": %q}`, nowhere))
	for body, argument := range map[string]string{
		`{}`:                            "private_network_id",
		`{"private_network_id": "vpc"}`: "private_network_id",
		fmt.Sprintf(`{"private_network_id": %q}`, nowhere):                                  "private_network_id",
		fmt.Sprintf(`{"private_network_id": %q, "ipam_ids": ["x"]}`, newUUID()):             "ipam_ids",
		fmt.Sprintf(`{"private_network_id": %q, "ipam_ids": [%[1]q, %[1]q]}`, newUUID()):    "ipam_ids",
		fmt.Sprintf(`{"private_network_id": %q, "dhcp_config": {"ip_id": "x"}}`, newUUID()): "dhcp_config.ip_id",
	} {
		s.want(http.StatusBadRequest, http.MethodPost, path, body).has(map[string]string{"details.0.argument_name": argument})
	}
}

func TestSubscribers(t *testing.T) {
	t.Parallel()
	s := manual(t)
	create := fmt.Sprintf(`{"project_id": %q, "name": "s", "email_config": {"email": "a@b.example"}}`, s.server.ProjectID())
	got := s.post(zoned+"/subscribers", create)
	got.has(map[string]string{"name": "s", "email_config.email": "a@b.example", "webhook_config": "absent"})
	path := zoned + "/subscribers/" + got.at("id")
	s.get(zoned + "/subscribers").has(map[string]string{"total_count": "1", "subscribers.0.id": got.at("id")})
	s.get(zoned + "/subscribers?project_id=" + nowhere).has(map[string]string{"total_count": "0"})
	s.get(zoned + "/subscribers?name=x").has(map[string]string{"total_count": "0"})
	s.put(path, `{"name": "t", "webhook_config": {"uri": "https://b.example"}}`).
		has(map[string]string{"name": "t", "webhook_config.uri": "https://b.example", "email_config": "absent"})
	s.get(path).has(map[string]string{"name": "t"})

	lb := s.lb("")
	s.post(zoned+"/lb/"+lb+"/subscribe", fmt.Sprintf(`{"subscriber_id": %q}`, got.at("id"))).
		has(map[string]string{"id": lb, "subscriber.name": "t"})
	s.want(http.StatusOK, http.MethodDelete, zoned+"/lb/"+lb+"/unsubscribe", "").has(map[string]string{"subscriber": "null"})
	s.post(zoned+"/lb/"+lb+"/subscribe", fmt.Sprintf(`{"subscriber_id": %q}`, got.at("id")))
	s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lb/"+lb+"/subscribe", fmt.Sprintf(`{"subscriber_id": %q}`, nowhere))
	s.remove(zoned + "/lb/subscription/" + got.at("id"))
	s.want(http.StatusNotFound, http.MethodGet, path, "")
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"subscriber": "null"})

	for over, argument := range map[string]string{
		`{"name": ""}`:                                     "name",
		`{"email_config": "-"}`:                            "email_config",
		`{"email_config": {}}`:                             "email_config.email",
		`{"email_config": null, "webhook_config": {}}`:     "webhook_config.uri",
		`{"webhook_config": {"uri": "https://b.example"}}`: "webhook_config",
	} {
		s.want(http.StatusBadRequest, http.MethodPost, zoned+"/subscribers", merged(t, create, over)).
			has(map[string]string{"details.0.argument_name": argument})
	}
}
