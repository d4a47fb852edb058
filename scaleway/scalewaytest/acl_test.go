package scalewaytest

import (
	"fmt"
	"net/http"
	"testing"
)

// withFrontend is a load balancer with an HTTP backend and a frontend on it.
func (s *session) withFrontend() (lb, backend, frontend string) {
	s.t.Helper()
	lb = s.lb("")
	backend = s.backend(lb, "")
	return lb, backend, s.frontend(lb, backend, "")
}

func TestNewACL(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, _, f := s.withFrontend()
	s.settle()
	got := s.post(zoned+"/frontends/"+f+"/acls", merged(t, leastACL, `{"match": {
		"ip_subnet": ["192.168.0.1", "10.0.0.0/8"], "http_filter": "http_header_match", "http_filter_value": ["a"],
		"http_filter_option": "host", "invert": true}}`))
	want := map[string]string{
		"name": "a", "index": "0", "description": "", "action.type": "allow", "action.redirect": "null",
		"match.ip_subnet": `["192.168.0.1","10.0.0.0/8"]`, "match.ips_edge_services": "false", "match.invert": "true",
		"match.http_filter": "http_header_match", "match.http_filter_value": `["a"]`, "match.http_filter_option": "host",
		"frontend.id": f, "frontend.lb.id": lb, "frontend.lb.instances": "[]", "frontend.backend.lb.instances": "[]",
	}
	got.has(want)
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "pending"})
	s.get(zoned + "/acls/" + got.at("id")).has(want)
	s.get(zoned + "/frontends/" + f + "/acls").has(map[string]string{
		"total_count": "1", "acls.0.id": got.at("id"), "acls.0.frontend.lb.instances": "[]",
	})
}

func TestACLNormalisations(t *testing.T) {
	t.Parallel()
	s := manual(t)
	_, _, f := s.withFrontend()
	for over, want := range map[string]map[string]string{
		`{}`:              {"match": "null"},
		`{"match": null}`: {"match": "null"},
		`{"match": {"ip_subnet": null, "http_filter_value": null}}`: {
			"match.ip_subnet": "[]", "match.http_filter_value": "[]", "match.http_filter": filterNone,
			"match.http_filter_option": "null",
		},
		`{"match": {"http_filter_value": ["x"]}}`: {"match.http_filter_value": "[]"},
		`{"action": {"type": "redirect", "redirect": {"type": "scheme", "target": "https"}}}`: {
			"action.redirect.code": "null", "action.redirect.target": "https",
		},
		`{"action": {"type": "redirect", "redirect": {"type": "location", "target": "https://{{host}}/", "code": 308}}}`: {
			"action.redirect.code": "308",
		},
		`{"match": {"ips_edge_services": true}}`: {"match.ips_edge_services": "true"},
	} {
		s.post(zoned+"/frontends/"+f+"/acls", merged(t, leastACL, over)).has(want)
	}
}

func TestBadACLs(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, _, f := s.withFrontend()
	tcp := s.frontend(lb, s.backend(lb, `{"forward_protocol": "tcp"}`), `{"inbound_port": 81}`)
	filter := `{"match": {"http_filter": "path_begin", "http_filter_value": ["/"]}}`
	s.post(zoned+"/frontends/"+f+"/acls", merged(t, leastACL, filter))
	tests := []struct{ frontend, over, argument string }{
		{tcp, filter, "match.http_filter"},
		{f, `{"name": ""}`, "name"},
		{f, `{"index": -1}`, "index"},
		{f, `{"index": "-"}`, "index"},
		{f, `{"action": null}`, "action"},
		{f, `{"action": {"type": "drop"}}`, "action.type"},
		{f, `{"action": {"type": "redirect"}}`, "action.redirect"},
		{f, `{"action": {"type": "deny", "redirect": {"type": "scheme", "target": "https"}}}`, "action.redirect"},
		{f, `{"action": {"type": "redirect", "redirect": {"type": "scheme"}}}`, "action.redirect.target"},
		{f, `{"action": {"type": "redirect", "redirect": {"type": "scheme", "target": "https", "code": 304}}}`, "action.redirect.code"},
		{f, `{"match": {"ip_subnet": ["10.0.0.0/33"]}}`, "match.ip_subnet[0]"},
		{f, `{"match": {"ip_subnet": ["fe80::1%eth0"]}}`, "match.ip_subnet[0]"},
		{f, `{"match": {"ip_subnet": ["0.0.0.0/0"], "ips_edge_services": true}}`, "match.ips_edge_services"},
		{f, `{"match": {"http_filter": "regex"}}`, "match.http_filter_value"},
		{f, `{"match": {"http_filter": "http_header_match", "http_filter_value": ["a"]}}`, "match.http_filter_option"},
		{f, `{"match": {"http_filter": "path_end", "http_filter_value": ["a"], "http_filter_option": "h"}}`, "match.http_filter_option"},
	}
	for _, tt := range tests {
		t.Run(tt.over, func(t *testing.T) {
			t.Parallel()
			got := s.want(http.StatusBadRequest, http.MethodPost, zoned+"/frontends/"+tt.frontend+"/acls", merged(t, leastACL, tt.over))
			got.has(map[string]string{"type": "invalid_arguments", "details.0.argument_name": tt.argument})
		})
	}
}

func TestUpdateAndDeleteACL(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, _, f := s.withFrontend()
	a := s.post(zoned+"/frontends/"+f+"/acls", merged(t, leastACL, `{"description": "d", "match": {"invert": true}}`)).at("id")
	s.settle()
	s.put(zoned+"/acls/"+a, merged(t, leastACL, `{"action": {"type": "deny"}, "index": 3}`)).has(map[string]string{
		"action.type": "deny", "index": "3", "description": "", "match": "null",
		"frontend.lb.instances.0.status": "pending", "frontend.backend.lb.instances": "[]",
	})
	s.settle()
	s.remove(zoned + "/acls/" + a)
	s.want(http.StatusNotFound, http.MethodGet, zoned+"/acls/"+a, "")
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "pending"})
}

func TestSetACLs(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, _, f := s.withFrontend()
	path := zoned + "/frontends/" + f + "/acls"
	old := s.post(path, leastACL).at("id")
	s.settle()
	got := s.put(path, `{"acls": [
		{"name": "first", "action": {"type": "deny"}, "index": 0, "match": {"ip_subnet": ["10.0.0.1"]}},
		{"name": "second", "action": {"type": "allow"}, "index": 1}]}`)
	got.has(map[string]string{
		"total_count": "2", "acls.0.name": "first", "acls.0.match.ip_subnet": `["10.0.0.1"]`, "acls.1.name": "second",
		"acls.1.frontend.id": f,
	})
	s.want(http.StatusNotFound, http.MethodGet, zoned+"/acls/"+old, "")
	s.get(path).has(map[string]string{"total_count": "2", "acls.0.id": got.at("acls.0.id")})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "pending"})

	// One that is wrong leaves all as they were.
	s.want(http.StatusBadRequest, http.MethodPut, path, fmt.Sprintf(
		`{"acls": [%s, {"name": "x", "action": {"type": "redirect"}, "index": 1}]}`, leastACL)).
		has(map[string]string{"details.0.argument_name": "acls[1].action.redirect"})
	s.want(http.StatusBadRequest, http.MethodPut, path, `{"acls": [{"name": "x"}]}`).
		has(map[string]string{"details.0.argument_name": "acls[0].action", "details.1.argument_name": "acls[0].index"})
	s.get(path).has(map[string]string{"total_count": "2"})
	s.put(path, `{"acls": []}`).has(map[string]string{"total_count": "0", "acls": "[]"})
}
