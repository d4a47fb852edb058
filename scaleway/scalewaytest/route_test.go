package scalewaytest

import (
	"fmt"
	"net/http"
	"testing"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, b, f := s.withFrontend()
	second := s.frontend(lb, b, `{"inbound_port": 81}`)
	body := func(frontend, match string) string {
		return fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": %s}`, frontend, b, match)
	}
	s.settle()
	got := s.post(zoned+"/routes", body(f, `{"host_header": "h.example"}`))
	got.has(map[string]string{
		"frontend_id": f, "backend_id": b, "match.host_header": "h.example", "match.match_subdomains": "false",
		"match.sni": "absent", "match.path_begin": "absent",
	})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"route_count": "1", "instances.0.status": "pending"})
	s.post(zoned+"/routes", body(second, `{"path_begin": "/api"}`)).has(map[string]string{"match.path_begin": "/api"})

	s.get(zoned + "/routes").has(map[string]string{"total_count": "2", "routes.0.id": got.at("id")})
	s.get(zoned + "/routes?order_by=created_at_desc").has(map[string]string{"routes.1.id": got.at("id")})
	s.get(zoned + "/routes?frontend_id=" + second).has(map[string]string{"total_count": "1", "routes.0.frontend_id": second})
	s.get(zoned + "/routes?frontend_id=" + nowhere).has(map[string]string{"total_count": "0", "routes": "[]"})

	other := s.backend(lb, "")
	s.settle()
	path := zoned + "/routes/" + got.at("id")
	s.put(path, fmt.Sprintf(`{"backend_id": %q, "match": {"host_header": "x", "match_subdomains": true}}`, other)).
		has(map[string]string{"backend_id": other, "match.match_subdomains": "true", "frontend_id": f})
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"instances.0.status": "pending"})
	s.settle()
	s.remove(path)
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"route_count": "1", "instances.0.status": "pending"})
	s.want(http.StatusNotFound, http.MethodGet, path, "").has(map[string]string{"message": "privateNetwork not Found"})
}

func TestBadRoutes(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, b, f := s.withFrontend()
	tcp := s.backend(lb, `{"forward_protocol": "tcp"}`)
	ftcp := s.frontend(lb, tcp, `{"inbound_port": 81}`)
	_, foreign, _ := s.withFrontend()
	s.post(zoned+"/routes", fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"sni": "s"}}`, ftcp, tcp))
	tests := []struct{ name, frontend, backend, match, argument string }{
		{"no such frontend", nowhere, b, `{"path_begin": "/"}`, "frontend_id"},
		{"no such backend", f, nowhere, `{"path_begin": "/"}`, "backend_id"},
		{"another's backend", f, foreign, `{"path_begin": "/"}`, "backend_id"},
		{"another protocol", f, tcp, `{"path_begin": "/"}`, "backend_id"},
		{"no match", f, b, `null`, "match"},
		{"an empty match", f, b, `{}`, "match"},
		{"an empty condition", f, b, `{"host_header": ""}`, "match"},
		{"two conditions", f, b, `{"host_header": "h", "path_begin": "/"}`, "match.path_begin"},
		{"SNI on HTTP", f, b, `{"sni": "s"}`, "match.sni"},
		{"a host on TCP", ftcp, tcp, `{"host_header": "h"}`, "match"},
		{"subdomains of a path", f, b, `{"path_begin": "/", "match_subdomains": true}`, "match.match_subdomains"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := s.want(http.StatusBadRequest, http.MethodPost, zoned+"/routes", fmt.Sprintf(
				`{"frontend_id": %q, "backend_id": %q, "match": %s}`, tt.frontend, tt.backend, tt.match))
			got.has(map[string]string{"type": "invalid_arguments", "details.0.argument_name": tt.argument})
		})
	}
}
