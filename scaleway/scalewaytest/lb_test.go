package scalewaytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCreationTakesThreeSeconds(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.creating("")
	for _, tt := range []struct {
		after             time.Duration
		status, instances string
	}{
		{0, "to_create", "absent"},
		{160 * time.Millisecond, "to_create", "unknown"},
		{100 * time.Millisecond, "creating", "unknown"},
		{1600 * time.Millisecond, "creating", "ready"},
		{1139 * time.Millisecond, "creating", "ready"},
		{time.Millisecond, "ready", "ready"},
	} {
		s.server.Advance(tt.after)
		s.get(zoned + "/lbs/" + id).has(map[string]string{"status": tt.status, "instances.0.status": tt.instances})
	}
}

func TestNewLoadBalancer(t *testing.T) {
	t.Parallel()
	s := manual(t)
	got := s.post(zoned+"/lbs", fmt.Sprintf(
		`{"organization_id": %q, "name": "n", "type": "LB-GP-M", "tags": null, "ip_ids": null}`, nowhere))
	got.has(map[string]string{
		"name": "n", "description": "", "status": "to_create", "instances": "[]", "tags": "[]", "type": "lb-gp-m",
		"organization_id": nowhere, "project_id": nowhere, "subscriber": "null",
		"ssl_compatibility_level": tlsIntermediate, "frontend_count": "0", "backend_count": "0",
		"private_network_count": "0", "route_count": "0", "region": "fr-par", "zone": "fr-par-1",
		"ip.0.lb_id": got.at("id"), "ip.1": "absent",
	})
}

// The answer of the request that sets a time has it to the nanosecond; read
// back it is rounded, not cut, to the microsecond (facts 7).
func TestTimesLoseTheirNanoseconds(t *testing.T) {
	t.Parallel()
	s := manual(t)
	got := s.post(zoned+"/lbs", fmt.Sprintf(`{"project_id": %q, "name": "lb"}`, s.server.ProjectID()))
	set, err := time.Parse(time.RFC3339Nano, got.at("created_at"))
	if err != nil || set.Nanosecond()%1000 != bit {
		t.Fatalf("created_at is %s, %v; want %d ns past a microsecond", got.at("created_at"), err, bit)
	}
	read := s.get(zoned + "/lbs/" + got.at("id")).at("created_at")
	if want := timestamp(set.Truncate(time.Microsecond).Add(time.Microsecond)); read != want {
		t.Errorf("read back it is %s, want %s", read, want)
	}
}

func TestAddressesOfANewLoadBalancer(t *testing.T) {
	t.Parallel()
	s := manual(t)
	free := func(over string) string { return s.ip(over).at("id") }
	taken := free("")
	s.creating(fmt.Sprintf(`{"ip_ids": [%q]}`, taken))
	tests := []struct {
		name, over string
		want       string // the families, or empty for 400
		argument   string
	}{
		{name: "nothing said", want: "4"},
		{name: "one given", over: fmt.Sprintf(`{"ip_ids": [%q]}`, free("")), want: "4"},
		{name: "both given", over: fmt.Sprintf(`{"ip_ids": [%q, %q]}`, free(`{"is_ipv6": true}`), free("")), want: "46"},
		{name: "the old form", over: fmt.Sprintf(`{"ip_id": %q, "ip_ids": []}`, free("")), want: "4"},
		{name: "the old form, null", over: `{"ip_id": null}`, want: "4"},
		{name: "private", over: `{"assign_flexible_ip": false}`, want: "none"},
		{name: "IPv6 too", over: `{"assign_flexible_ipv6": true}`, want: "46"},
		{name: "IPv6 alone", over: `{"assign_flexible_ip": false, "assign_flexible_ipv6": true}`, argument: "assign_flexible_ipv6"},
		{name: "IPv6 alone, given", over: fmt.Sprintf(`{"ip_ids": [%q]}`, free(`{"is_ipv6": true}`)), argument: "ip_ids"},
		{name: "two of a family", over: fmt.Sprintf(`{"ip_ids": [%q, %q]}`, free(""), free("")), argument: "ip_ids"},
		{name: "another's", over: fmt.Sprintf(`{"ip_ids": [%q]}`, taken), argument: "ip_ids"},
		{name: "nobody's", over: fmt.Sprintf(`{"ip_ids": [%q]}`, nowhere), argument: "ip_ids"},
		{name: "given and asked for", over: fmt.Sprintf(`{"ip_ids": [%q], "assign_flexible_ip": true}`, free("")), argument: "assign_flexible_ip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := merged(t, fmt.Sprintf(`{"project_id": %q, "name": "lb"}`, s.server.ProjectID()), tt.over)
			if tt.argument != "" {
				got := s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs", body)
				got.has(map[string]string{"details.0.argument_name": tt.argument})
				return
			}
			got := s.post(zoned+"/lbs", body)
			families := ""
			for i := range 3 {
				switch ip := got.at(fmt.Sprintf("ip.%d.ip_address", i)); {
				case strings.Contains(ip, ":"):
					families += "6"
				case strings.Contains(ip, "."):
					families += "4"
				}
			}
			if want := strings.TrimPrefix(tt.want, "none"); families != want {
				t.Errorf("addresses are of families %q, want %q", families, want)
			}
		})
	}
}

func TestAddressesStayInTheirZone(t *testing.T) {
	t.Parallel()
	s := manual(t)
	ip := s.post("/lb/v1/zones/fr-par-2/ips", fmt.Sprintf(`{"project_id": %q}`, s.server.ProjectID())).at("id")
	s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs",
		fmt.Sprintf(`{"project_id": %q, "name": "lb", "ip_ids": [%q]}`, s.server.ProjectID(), ip))
}

func TestUpdateLB(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       map[string]string
	}{
		{
			name: "a rename does not touch the instances",
			body: `{"name": "new", "description": "d", "tags": ["t"], "ssl_compatibility_level": "ssl_compatibility_level_modern"}`,
			want: map[string]string{"name": "new", "tags": `["t"]`, "description": "d", "instances.0.status": "ready"},
		},
		{
			name: "a new TLS level does",
			body: `{"name": "lb", "description": "", "ssl_compatibility_level": "ssl_compatibility_level_old"}`,
			want: map[string]string{"ssl_compatibility_level": "ssl_compatibility_level_old", "instances.0.status": "pending"},
		},
		{
			name: "what is left out is reset, and no level is intermediate",
			body: `{"name": "lb", "description": ""}`,
			want: map[string]string{"tags": "[]", "ssl_compatibility_level": tlsIntermediate, "instances.0.status": "pending"},
		},
		{
			name: "null tags are none",
			body: `{"name": "lb", "description": "", "tags": null, "ssl_compatibility_level": "ssl_compatibility_level_modern"}`,
			want: map[string]string{"tags": "[]", "instances.0.status": "ready"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := manual(t)
			id := s.lb(`{"tags": ["old"], "ssl_compatibility_level": "ssl_compatibility_level_modern"}`)
			before := s.get(zoned + "/lbs/" + id)
			s.settle()
			got := s.put(zoned+"/lbs/"+id, tt.body)
			got.has(tt.want)
			got.has(map[string]string{"status": "ready", "created_at": before.at("created_at")})
			if got.at("updated_at") == before.at("updated_at") {
				t.Error("updated_at did not move")
			}
			s.settle()
			s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.status": "ready"})
		})
	}
}

func TestKeepOmitted(t *testing.T) {
	t.Parallel()
	s := manual(t, WithKeepOmitted())
	id := s.lb(`{"tags": ["t"], "ssl_compatibility_level": "ssl_compatibility_level_modern"}`)
	s.put(zoned+"/lbs/"+id, `{"name": "lb", "description": ""}`).has(map[string]string{
		"tags": `["t"]`, "ssl_compatibility_level": "ssl_compatibility_level_modern",
	})
	b := s.backend(id, `{"timeout_server": 1000, "max_connections": 5, "proxy_protocol": "proxy_protocol_v2"}`)
	s.put(zoned+"/backends/"+b, merged(t, leastBackendUpdate, `{"max_connections": null}`)).has(map[string]string{
		"timeout_server": "1000", "max_connections": "null", "proxy_protocol": "proxy_protocol_v2",
	})
	s.put(zoned+"/backends/"+b, merged(t, leastBackendUpdate, `{"proxy_protocol": "proxy_protocol_unknown"}`)).
		has(map[string]string{"send_proxy_v2": "false", "proxy_protocol": "proxy_protocol_unknown"})
	s.put(zoned+"/backends/"+b+"/healthcheck", `{"port": 80, "check_delay": 2000, "check_timeout": 2000,
		"check_max_retries": 1, "http_config": {"uri": "/", "method": "GET"}}`)
	s.put(zoned+"/backends/"+b+"/healthcheck", `{"port": 81, "check_delay": 2000, "check_timeout": 2000,
		"check_max_retries": 1}`).has(map[string]string{"http_config.uri": "/", "port": "81"})
	f := s.frontend(id, b, `{"timeout_client": 5}`)
	s.put(zoned+"/frontends/"+f, leastFrontend(b)).has(map[string]string{"timeout_client": "5"})
	a := s.post(zoned+"/frontends/"+f+"/acls", merged(t, leastACL, `{"description": "d", "match": {"invert": true}}`)).at("id")
	s.put(zoned+"/acls/"+a, leastACL).has(map[string]string{"description": "d", "match.invert": "true"})
	r := s.post(zoned+"/routes", fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"path_begin": "/"}}`, f, b)).at("id")
	s.put(zoned+"/routes/"+r, `{}`).has(map[string]string{"backend_id": b, "match.path_begin": "/"})
}

// A refused update has changed nothing, however much of it was fine.
func TestRefusedUpdatesChangeNothing(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]Option{"reset": nil, "keep": {WithKeepOmitted()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := manual(t, opts...)
			id := s.lb(`{"tags": ["a", "b"]}`)
			b := s.backend(id, `{"timeout_server": 1, "failover_host": "a", "timeout_queue": "1s", "ignore_ssl_server_verify": true,
				"health_check": {"port": 80, "check_delay": 1000, "check_timeout": 1000, "check_max_retries": 1, "transient_check_delay": "1s"}}`)
			f := s.frontend(id, b, `{"timeout_client": 1, "connection_rate_limit": 1}`)
			for path, body := range map[string]string{
				"/lbs/" + id: `{"name": "", "description": "", "tags": ["c"]}`,
				"/backends/" + b: merged(t, leastBackendUpdate, `{"timeout_server": 2, "failover_host": "b",
					"timeout_queue": "2s", "ignore_ssl_server_verify": false, "forward_port": 0}`),
				"/backends/" + b + "/healthcheck": `{"port": 0, "check_delay": 2000, "check_timeout": 2000, "check_max_retries": 2,
					"transient_check_delay": "2s"}`,
				"/frontends/" + f: merged(t, leastFrontend(b), `{"timeout_client": 2, "connection_rate_limit": 2, "inbound_port": 0}`),
			} {
				s.want(http.StatusBadRequest, http.MethodPut, zoned+path, body)
			}
			s.get(zoned + "/frontends/" + f).has(map[string]string{
				"lb.tags": `["a","b"]`, "timeout_client": "1", "connection_rate_limit": "1", "backend.timeout_server": "1", "backend.failover_host": "a",
				"backend.timeout_queue": "1s", "backend.ignore_ssl_server_verify": "true",
				"backend.health_check.check_delay": "1000", "backend.health_check.check_timeout": "1000",
				"backend.health_check.transient_check_delay": "1s",
			})
		})
	}
}

// Instances that a migration replaces have nothing left to follow.
func TestMigrationOvertakesWrites(t *testing.T) {
	t.Parallel()
	s := manual(t, WithTimings(Timings{Propagation: time.Minute}))
	id := s.lb("")
	s.backend(id, "")
	s.post(zoned+"/lbs/"+id+"/migrate", `{"type": "LB-GP-M"}`)
	s.server.Advance(recordedTimings.Migration)
	got := s.get(zoned + "/lbs/" + id)
	got.has(map[string]string{"status": "ready", "instances.0.status": "ready"})
	s.server.Advance(time.Minute)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.updated_at": got.at("instances.0.updated_at")})
}

func TestMigration(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	old := s.get(zoned + "/lbs/" + id).at("instances.0.id")
	s.post(zoned+"/lbs/"+id+"/migrate", `{"type": "LB-GP-L"}`).has(map[string]string{
		"status": "migrating", "type": "lb-s", "instances.0.status": "ready", "instances.0.id": old,
	})
	s.server.Advance(2 * time.Second)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "migrating", "type": "lb-s"})
	s.server.Advance(time.Second)
	got := s.get(zoned + "/lbs/" + id)
	got.has(map[string]string{"status": "ready", "type": "lb-gp-l", "instances.0.status": "ready"})
	if got.at("instances.0.id") == old {
		t.Error("the instance is the old one")
	}
	for _, body := range []string{`{"type": "lb-gp-l"}`, `{"type": "lb-huge"}`} {
		s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs/"+id+"/migrate", body)
	}
}

// What is written while a load balancer is being created reaches its instances
// when it is ready.
func TestWritesDuringCreation(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.creating("")
	s.backend(id, "")
	s.server.Advance(recordedTimings.Creation)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "ready", "instances.0.status": "pending"})
	s.settle()
	s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.status": "ready"})
}

func TestDeletionTakesWhatIsInside(t *testing.T) {
	t.Parallel()
	for _, release := range []bool{true, false} {
		t.Run(fmt.Sprintf("release_ip=%t", release), func(t *testing.T) {
			t.Parallel()
			s := manual(t)
			id := s.lb(`{"assign_flexible_ipv6": true}`)
			ip := s.get(zoned + "/lbs/" + id).at("ip.0.id")
			b := s.backend(id, "")
			f := s.frontend(id, b, "")
			a := s.post(zoned+"/frontends/"+f+"/acls", leastACL).at("id")
			r := s.post(zoned+"/routes", fmt.Sprintf(
				`{"frontend_id": %q, "backend_id": %q, "match": {"host_header": "h"}}`, f, b)).at("id")
			c := s.post(zoned+"/lbs/"+id+"/certificates", `{"name": "c", "letsencrypt": {"common_name": "a.example"}}`).at("id")

			path := fmt.Sprintf("%s/lbs/%s?release_ip=%t", zoned, id, release)
			s.remove(path)
			s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "to_delete", "frontend_count": "1"})
			s.want(http.StatusBadRequest, http.MethodDelete, zoned+"/ips/"+ip, "")
			s.remove(path)
			// The addresses are free shortly before it is gone.
			const last = 50 * time.Millisecond
			s.server.Advance(recordedTimings.Deletion - last)
			s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "to_delete", "ip": "[]", "backend_count": "1"})
			s.get(zoned + "/ips/" + ip).has(map[string]string{"lb_id": "null"})
			s.server.Advance(last)
			for _, gone := range []string{
				"/lbs/" + id, "/backends/" + b, "/frontends/" + f, "/acls/" + a, "/routes/" + r, "/certificates/" + c,
			} {
				s.want(http.StatusNotFound, http.MethodGet, zoned+gone, "")
			}
			s.want(http.StatusNotFound, http.MethodDelete, path, "")
			if release {
				s.get(zoned + "/ips").has(map[string]string{"total_count": "0"})
				return
			}
			s.get(zoned + "/ips").has(map[string]string{"total_count": "2", "ips.0.lb_id": "null", "ips.1.lb_id": "null"})
			s.remove(zoned + "/ips/" + ip)
		})
	}
}

func TestNoWritesToWhatIsBeingDeleted(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	s.remove(zoned + "/lbs/" + id + "?release_ip=false")
	s.want(http.StatusConflict, http.MethodPost, zoned+"/lbs/"+id+"/backends", leastBackend).has(map[string]string{
		"type": "transient_state", "resource_id": id, "current_state": "to_delete",
	})
}

// Whoever takes an address that is about to be released keeps it.
func TestAddressTakenDuringDeletion(t *testing.T) {
	t.Parallel()
	s := manual(t)
	old, next := s.lb(""), s.lb(`{"assign_flexible_ip": false}`)
	ip := s.get(zoned + "/lbs/" + old).at("ip.0.id")
	s.remove(zoned + "/lbs/" + old + "?release_ip=true")
	s.server.Advance(recordedTimings.Deletion - 50*time.Millisecond)
	s.want(http.StatusOK, http.MethodPatch, zoned+"/ips/"+ip, fmt.Sprintf(`{"lb_id": %q}`, next))
	s.server.Advance(time.Minute)
	s.get(zoned + "/ips/" + ip).has(map[string]string{"lb_id": next})
}

func TestOrganization(t *testing.T) {
	t.Parallel()
	s := manual(t, WithOrganization(nowhere))
	project := s.server.ProjectID()
	s.ip("").has(map[string]string{"project_id": project, "organization_id": nowhere})
	s.ip(fmt.Sprintf(`{"project_id": "-", "organization_id": %q}`, nowhere)).
		has(map[string]string{"project_id": nowhere, "organization_id": nowhere})
	s.get(zoned + "/ips?organization_id=" + nowhere).has(map[string]string{"total_count": "2"})
	s.get(zoned + "/ips?project_id=" + project).has(map[string]string{"total_count": "1"})
}

// Everything works in the older form too, at the same objects.
func TestRegionalForm(t *testing.T) {
	t.Parallel()
	s := manual(t)
	const regional = "/lb/v1/regions/fr-par"
	lb := s.post(regional+"/lbs", fmt.Sprintf(`{"project_id": %q, "name": "lb"}`, s.server.ProjectID())).at("id")
	s.server.Advance(recordedTimings.Creation)
	b := s.post(regional+"/lbs/"+lb+"/backends", leastBackend).at("id")
	s.get(zoned + "/backends/" + b).has(map[string]string{"lb.id": lb})
	s.post(regional+"/lbs/"+lb+"/private-networks/"+nowhere+"/attach", `{}`).has(map[string]string{"private_network_id": nowhere})
	s.want(http.StatusNoContent, http.MethodPost, regional+"/lbs/"+lb+"/private-networks/"+nowhere+"/detach", "")
	sub := s.post(regional+"/subscribers", fmt.Sprintf(
		`{"project_id": %q, "name": "s", "email_config": {"email": "a@b.example"}}`, s.server.ProjectID())).at("id")
	s.remove(regional + "/lb/subscriber/" + sub)
	s.want(http.StatusNotFound, http.MethodDelete, regional+"/lb/subscription/"+sub, "")
}
