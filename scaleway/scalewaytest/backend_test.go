package scalewaytest

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
)

func TestNewBackend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	got := s.post(zoned+"/lbs/"+id+"/backends", leastBackend)
	got.has(map[string]string{
		"name": "b", "forward_protocol": "http", "forward_port": "80", "forward_port_algorithm": "roundrobin",
		"sticky_sessions": "none", "sticky_sessions_cookie_name": "", "pool": "[]", "send_proxy_v2": "false",
		"timeout_server": "null", "timeout_connect": "null", "timeout_tunnel": "null", "timeout_queue": "null",
		"on_marked_down_action": "on_marked_down_action_none", "proxy_protocol": "proxy_protocol_unknown",
		"failover_host": "null", "ssl_bridging": "false", "ignore_ssl_server_verify": "null", "host": "",
		"redispatch_attempt_count": "null", "max_retries": "null", "max_connections": "null",
		"health_check.port": "80", "health_check.check_delay": "3000", "health_check.check_timeout": "1000",
		"health_check.check_max_retries": "3", "health_check.check_send_proxy": "false",
		"health_check.transient_check_delay": "null", "health_check.tcp_config": "{}",
		"health_check.http_config": "absent",
		"lb.id":                    id, "lb.backend_count": "1", "lb.status": "ready", "lb.instances.0.status": "pending",
	})
	s.settle()
	s.get(zoned + "/backends/" + got.at("id")).has(map[string]string{"lb.instances.0.status": "ready"})
	s.get(zoned + "/lbs/" + id + "/backends").has(map[string]string{
		"total_count": "1", "backends.0.id": got.at("id"), "backends.0.lb.instances.0.status": "ready",
	})
}

// What a request says and what is answered for it (facts 7, 8).
func TestBackendNormalisations(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	for _, tt := range []struct {
		name, over string
		want       map[string]string
	}{
		{"durations are respelled", `{"timeout_queue": "0.000000000s"}`, map[string]string{"timeout_queue": "0s"}},
		{"durations keep what they say", `{"timeout_queue": "1.500000s"}`, map[string]string{"timeout_queue": "1.500s"}},
		{"zeros stay", `{"max_connections": 0, "redispatch_attempt_count": 0, "timeout_tunnel": 0}`, map[string]string{
			"max_connections": "0", "redispatch_attempt_count": "0", "timeout_tunnel": "0",
		}},
		{"false is not null", `{"ignore_ssl_server_verify": false}`, map[string]string{"ignore_ssl_server_verify": "false"}},
		{"an empty failover host is none", `{"failover_host": ""}`, map[string]string{"failover_host": "null"}},
		{"null servers are none", `{"server_ip": null}`, map[string]string{"pool": "[]"}},
		{"a server twice is one", `{"server_ip": ["10.0.0.1", "10.0.0.1", "2001:db8::1", "2001:db8:0::1"]}`, map[string]string{
			"pool": `["10.0.0.1","2001:db8::1"]`,
		}},
		{"the old proxy flag", `{"send_proxy_v2": true}`, map[string]string{"proxy_protocol": "proxy_protocol_v2", "send_proxy_v2": "true"}},
		{"the new proxy protocol", `{"proxy_protocol": "proxy_protocol_v2"}`, map[string]string{"send_proxy_v2": "true"}},
		{"another proxy protocol", `{"proxy_protocol": "proxy_protocol_v1"}`, map[string]string{"send_proxy_v2": "false"}},
		{"a cookie with TCP passes", `{"forward_protocol": "tcp", "sticky_sessions": "cookie"}`, map[string]string{"sticky_sessions": "cookie"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s.post(zoned+"/lbs/"+id+"/backends", merged(t, leastBackend, tt.over)).has(tt.want)
		})
	}
}

func TestBadBackends(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	for over, argument := range map[string]string{
		`{"name": ""}`:                                          "name",
		`{"forward_port": 0}`:                                   "forward_port",
		`{"forward_port": 65536}`:                               "forward_port",
		`{"forward_port": 80.5}`:                                "forward_port",
		`{"forward_port": 4294967296}`:                          "forward_port",
		`{"forward_port": "-"}`:                                 "forward_port",
		`{"timeout_server": -1}`:                                "timeout_server",
		`{"max_retries": 33}`:                                   "max_retries",
		`{"redispatch_attempt_count": 2}`:                       "redispatch_attempt_count",
		`{"max_connections": -1}`:                               "max_connections",
		`{"timeout_queue": "5"}`:                                "timeout_queue",
		`{"timeout_queue": "-1s"}`:                              "timeout_queue",
		`{"timeout_queue": 5}`:                                  "timeout_queue",
		`{"server_ip": ["host"]}`:                               "server_ip[0]",
		`{"server_ip": ["fe80::1%eth0"]}`:                       "server_ip[0]",
		`{"server_ip": "-"}`:                                    "server_ip",
		`{"health_check": null}`:                                "health_check",
		`{"health_check": "-"}`:                                 "health_check",
		`{"forward_protocol": "udp"}`:                           "forward_protocol",
		`{"pool": []}`:                                          "pool",
		`{"health_check": {"port": 80}}`:                        "health_check.check_max_retries",
		`{"health_check": {"port": 0, "check_max_retries": 1}}`: "health_check.port",
		`{"health_check": {"port": 1, "check_max_retries": 1, "check_delay": 999}}`:                      "health_check.check_delay",
		`{"health_check": {"port": 1, "check_max_retries": 1, "check_timeout": 0}}`:                      "health_check.check_timeout",
		`{"health_check": {"port": 1, "check_max_retries": 1, "transient_check_delay": "0.05s"}}`:        "health_check.transient_check_delay",
		`{"health_check": {"port": 1, "check_max_retries": 1, "check_send_proxy": true}}`:                "health_check.check_send_proxy",
		`{"health_check": {"port": 1, "check_max_retries": 1, "mysql_config": {}}}`:                      "health_check.mysql_config.user",
		`{"health_check": {"port": 1, "check_max_retries": 1, "pgsql_config": {"user": ""}}}`:            "health_check.pgsql_config.user",
		`{"health_check": {"port": 1, "check_max_retries": 1, "http_config": {"method": "GET"}}}`:        "health_check.http_config.uri",
		`{"health_check": {"port": 1, "check_max_retries": 1, "https_config": {"uri": "/", "code": 1}}}`: "health_check.https_config.code",
		`{"health_check": {"port": 1, "check_max_retries": 1, "tcp_config": {}, "ldap_config": {}}}`:     "health_check.tcp_config",
		`{"health_check": {"port": 1, "check_max_retries": 1, "smtp_config": {}}}`:                       "health_check.smtp_config",
	} {
		t.Run(over, func(t *testing.T) {
			t.Parallel()
			got := s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs/"+id+"/backends", merged(t, leastBackend, over))
			got.has(map[string]string{"type": "invalid_arguments", "details.0.argument_name": argument})
		})
	}
}

// An update replaces all settings; its answer shows the instances before they
// follow (facts 11, 12).
func TestUpdateBackend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	id := s.backend(lb, `{"timeout_server": 5, "max_retries": 1, "failover_host": "h.example", "host": "x", "server_ip": ["10.0.0.1"]}`)
	s.settle()
	before := s.get(zoned + "/backends/" + id)
	got := s.put(zoned+"/backends/"+id, merged(t, leastBackendUpdate, `{"name": "new", "forward_port": 8080}`))
	got.has(map[string]string{
		"name": "new", "forward_port": "8080", "timeout_server": "null", "max_retries": "null", "failover_host": "null",
		"host": "", "pool": `["10.0.0.1"]`, "health_check.port": "80",
		"lb.instances.0.status": "ready", "created_at": before.at("created_at"),
	})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "pending", "status": "ready"})
	s.settle()
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "ready"})

	for over, argument := range map[string]string{
		`{"health_check": {}}`: "health_check",
		`{"server_ip": []}`:    "server_ip",
		`{"name": "-"}`:        "name",
	} {
		s.want(http.StatusBadRequest, http.MethodPut, zoned+"/backends/"+id, merged(t, leastBackendUpdate, over)).
			has(map[string]string{"details.0.argument_name": argument})
	}
}

func TestDeleteBackend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	used, routed, free := s.backend(lb, ""), s.backend(lb, ""), s.backend(lb, "")
	f := s.frontend(lb, used, "")
	s.post(zoned+"/routes", fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"path_begin": "/"}}`, f, routed))
	for _, id := range []string{used, routed} {
		s.want(http.StatusPreconditionFailed, http.MethodDelete, zoned+"/backends/"+id, "").has(map[string]string{
			"type": "precondition_failed", "precondition": "resource_still_in_use",
		})
	}
	s.settle()
	s.remove(zoned + "/backends/" + free)
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"backend_count": "2", "instances.0.status": "pending"})
	s.want(http.StatusNotFound, http.MethodGet, zoned+"/backends/"+free, "")
}

func TestServers(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	id := s.backend(lb, "")
	for _, tt := range []struct {
		name, method, servers, pool string
		instances                   string // in the answer
		after                       string // in the next read
		updated                     bool
	}{
		{"add", "POST", `["10.0.0.1", "10.0.0.2"]`, `["10.0.0.1","10.0.0.2"]`, "pending", "pending", true},
		{"add one that is there", "POST", `["10.0.0.1"]`, `["10.0.0.1","10.0.0.2"]`, "ready", "ready", false},
		{"set", "PUT", `["10.0.0.2", "10.0.0.3"]`, `["10.0.0.2","10.0.0.3"]`, "ready", "pending", true},
		{"set the same", "PUT", `["10.0.0.2", "10.0.0.3"]`, `["10.0.0.2","10.0.0.3"]`, "ready", "ready", false},
		{"remove", "DELETE", `["10.0.0.2"]`, `["10.0.0.3"]`, "pending", "pending", true},
		{"remove one that is not there", "DELETE", `["10.0.0.9"]`, `["10.0.0.3"]`, "ready", "ready", false},
		{"set none", "PUT", `null`, `[]`, "ready", "pending", true},
	} {
		s.settle()
		before := s.get(zoned + "/backends/" + id)
		got := s.want(http.StatusOK, tt.method, zoned+"/backends/"+id+"/servers", `{"server_ip": `+tt.servers+`}`)
		if got.at("pool") != tt.pool || got.at("lb.instances.0.status") != tt.instances {
			t.Errorf("%s: pool %s, instances %s", tt.name, got.at("pool"), got.at("lb.instances.0.status"))
		}
		after := s.get(zoned + "/backends/" + id)
		if after.at("pool") != tt.pool || after.at("lb.instances.0.status") != tt.after {
			t.Errorf("%s: read pool %s, instances %s", tt.name, after.at("pool"), after.at("lb.instances.0.status"))
		}
		if updated := after.at("updated_at") != before.at("updated_at"); updated != tt.updated {
			t.Errorf("%s: updated %t, want %t", tt.name, updated, tt.updated)
		}
	}
	s.want(http.StatusBadRequest, http.MethodPost, zoned+"/backends/"+id+"/servers", `{"server_ip": ["x"]}`)
	s.want(http.StatusNotFound, http.MethodPost, zoned+"/backends/"+nowhere+"/servers", `{"server_ip": []}`)
}

// A 404 on a write of servers does not mean that the backend is gone (facts 5).
func TestForeignServers(t *testing.T) {
	t.Parallel()
	s := manual(t, WithForeignServers(netip.MustParsePrefix("192.0.2.0/24")))
	small, large := s.lb(""), s.lb(`{"type": "lb-gp-l"}`)
	id := s.backend(small, "")
	s.want(http.StatusNotFound, http.MethodPost, zoned+"/backends/"+id+"/servers", `{"server_ip": ["192.0.2.7"]}`).
		has(map[string]string{"message": "IP not owned by Scaleway"})
	s.get(zoned + "/backends/" + id).has(map[string]string{"pool": "[]"})
	s.backend(large, `{"server_ip": ["192.0.2.7"]}`)
	s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs/"+large+"/migrate", `{"type": "lb-s"}`)
	s.post(zoned+"/lbs/"+large+"/migrate", `{"type": "lb-gp-xl"}`)
}

func TestUpdateHealthCheck(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	id := s.backend(lb, `{"health_check": {"port": 80, "check_max_retries": 3, "http_config": {"uri": "/", "method": "GET", "code": 204}}}`)
	s.settle()
	before := s.get(zoned + "/backends/" + id)
	before.has(map[string]string{"health_check.http_config.code": "204", "health_check.http_config.host_header": ""})

	const least = `{"port": 81, "check_delay": 5000, "check_timeout": 2000, "check_max_retries": 2}`
	put := func(over string) response {
		return s.put(zoned+"/backends/"+id+"/healthcheck", merged(t, least, over))
	}
	put(`{"https_config": {"uri": "/s", "method": "HEAD", "sni": "n"}, "transient_check_delay": "0.500000000s"}`).has(map[string]string{
		"port": "81", "https_config.sni": "n", "https_config.code": "null", "http_config": "absent", "tcp_config": "absent",
		"transient_check_delay": "0.500s", "id": "absent",
	})
	after := s.get(zoned + "/backends/" + id)
	after.has(map[string]string{
		"health_check.port": "81", "health_check.http_config": "absent", "lb.instances.0.status": "pending",
		"updated_at": before.at("updated_at"),
	})
	put(`{"mysql_config": {"user": "u"}}`).has(map[string]string{"mysql_config.user": "u", "https_config": "absent", "transient_check_delay": "null"})
	put(`{"redis_config": {}}`).has(map[string]string{"redis_config": "{}", "mysql_config": "absent"})
	put(`{"ldap_config": {}}`).has(map[string]string{"ldap_config": "{}", "redis_config": "absent"})
	put("").has(map[string]string{"tcp_config": "{}", "ldap_config": "absent"})

	for over, argument := range map[string]string{
		`{"port": "-"}`:              "port",
		`{"check_delay": "-"}`:       "check_delay",
		`{"check_max_retries": 0}`:   "check_max_retries",
		`{"check_send_proxy": true}`: "check_send_proxy",
	} {
		s.want(http.StatusBadRequest, http.MethodPut, zoned+"/backends/"+id+"/healthcheck", merged(t, least, over)).
			has(map[string]string{"details.0.argument_name": argument})
	}
}

// A check that sends the proxy header needs a backend that does.
func TestSendProxyOfChecks(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.backend(s.lb(""), `{"proxy_protocol": "proxy_protocol_v1",
		"health_check": {"port": 80, "check_max_retries": 3, "check_send_proxy": true}}`)
	s.want(http.StatusBadRequest, http.MethodPut, zoned+"/backends/"+id, leastBackendUpdate).
		has(map[string]string{"details.0.argument_name": "proxy_protocol"})
	s.put(zoned+"/backends/"+id, merged(t, leastBackendUpdate, `{"proxy_protocol": "proxy_protocol_v2"}`))
}
