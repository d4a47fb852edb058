package scalewaytest

import (
	"fmt"
	"net/http"
	"testing"
)

func TestNewAddress(t *testing.T) {
	t.Parallel()
	s := manual(t)
	v4 := s.ip(`{"tags": ["a"]}`)
	v4.has(map[string]string{
		"ip_address": "198.18.0.1", "reverse": "198-18-0-1.lb.fr-par.scw.cloud", "lb_id": "null", "tags": `["a"]`,
		"organization_id": s.server.ProjectID(), "project_id": s.server.ProjectID(), "region": "fr-par", "zone": "fr-par-1",
	})
	s.ip(`{"is_ipv6": true}`).has(map[string]string{
		"ip_address": "2001:db8:0:2::",
		"reverse":    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.lb.fr-par.scw.cloud",
	})
	s.ip(`{"reverse": "mine.example"}`).has(map[string]string{"reverse": "mine.example"})
	s.get(zoned + "/ips/" + v4.at("id")).has(map[string]string{"id": v4.at("id")})
}

// PATCH leaves what it does not name.
func TestUpdateAddress(t *testing.T) {
	t.Parallel()
	s := manual(t)
	path := zoned + "/ips/" + s.ip(`{"tags": ["a"]}`).at("id")
	patch := func(body string) response { return s.want(http.StatusOK, http.MethodPatch, path, body) }
	patch(`{"reverse": "x.example"}`).has(map[string]string{"reverse": "x.example", "tags": `["a"]`})
	patch(`{"tags": ["b", "c"]}`).has(map[string]string{"reverse": "x.example", "tags": `["b","c"]`})
	patch(`{"tags": null, "reverse": null, "lb_id": null}`).has(map[string]string{"reverse": "x.example", "tags": `["b","c"]`})
	patch(`{"tags": [], "reverse": ""}`).has(map[string]string{"reverse": "198-18-0-1.lb.fr-par.scw.cloud", "tags": "[]"})
	s.get(path).has(map[string]string{"tags": "[]"})
}

func TestAttachAddress(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	v6 := s.ip(`{"is_ipv6": true}`).at("id")
	attach := func(ip, lb string) response {
		return s.do(http.MethodPatch, zoned+"/ips/"+ip, fmt.Sprintf(`{"lb_id": %s}`, lb))
	}
	if got := attach(v6, `"`+id+`"`); got.at("lb_id") != id {
		t.Fatalf("attach: %d %s", got.status, got.body)
	}
	s.get(zoned + "/lbs/" + id).has(map[string]string{"ip.1.id": v6, "instances.0.status": "ready"})
	// The instances follow with the next update of the load balancer.
	s.put(zoned+"/lbs/"+id, `{"name": "lb", "description": ""}`).has(map[string]string{"instances.0.status": "pending"})

	other, private := s.lb(""), s.lb(`{"assign_flexible_ip": false}`)
	spare4, spare6 := s.ip("").at("id"), s.ip(`{"is_ipv6": true}`).at("id")
	for _, tt := range []struct {
		name, ip, lb string
		status       int
	}{
		{"the same again", v6, id, 200},
		{"to another", v6, other, 400},
		{"a second IPv4", spare4, id, 400},
		{"a second IPv6", spare6, id, 400},
		{"IPv6 to none", spare6, private, 400},
		{"to nothing", spare4, nowhere, 400},
		{"IPv4 to none", spare4, private, 200},
	} {
		if got := attach(tt.ip, `"`+tt.lb+`"`); got.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.status)
		}
	}
	if got := attach(v6, "null"); got.status != http.StatusBadRequest {
		t.Errorf("detach: %d, want 400", got.status)
	}
}

func TestReleaseAddress(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	used := s.get(zoned + "/lbs/" + id).at("ip.0.id")
	s.want(http.StatusBadRequest, http.MethodDelete, zoned+"/ips/"+used, "").has(map[string]string{
		"message": "operation was rejected because the ip_id is used on a lb", "type": "absent",
	})
	free := s.ip("").at("id")
	s.remove(zoned + "/ips/" + free)
	s.want(http.StatusNotFound, http.MethodDelete, zoned+"/ips/"+free, "").has(map[string]string{"message": "ips not Found"})
}

func TestListAddresses(t *testing.T) {
	t.Parallel()
	s := manual(t)
	s.ip(`{"is_ipv6": true, "tags": ["x"]}`)
	s.ip(`{"tags": ["x", "y"]}`)
	s.ip(`{"tags": ["z"]}`)
	s.ip(fmt.Sprintf(`{"project_id": %q}`, nowhere))
	for query, want := range map[string]string{
		"":                            "4",
		"?ip_type=all":                "4",
		"?ip_type=ipv4":               "3",
		"?ip_type=ipv6":               "1",
		"?tags=y":                     "1",
		"?tags=y&tags=z":              "2",
		"?tags=none":                  "0",
		"?ip_address=198.18.0.3":      "1",
		"?ip_address=198.18.0.99":     "0",
		"?project_id=" + nowhere:      "1",
		"?organization_id=" + nowhere: "1",
		"?tags=x&ip_type=ipv4":        "1",
	} {
		s.get(zoned + "/ips" + query).has(map[string]string{"total_count": want})
	}
	// They go by address, as recorded: IPv4 first.
	s.get(zoned + "/ips").has(map[string]string{
		"ips.0.ip_address": "198.18.0.2", "ips.1.ip_address": "198.18.0.3", "ips.3.ip_address": "2001:db8:0:1::",
	})
}
