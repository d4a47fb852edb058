package scalewaytest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTokenIsChecked(t *testing.T) {
	t.Parallel()
	s := manual(t)
	for _, header := range []http.Header{{}, {"X-Auth-Token": {nowhere}}, {"X-Session-Token": {s.server.SecretKey().Reveal()}}} {
		got := s.request(http.MethodGet, zoned+"/lbs", "", header)
		if got.status != http.StatusUnauthorized {
			t.Errorf("%v: %d, want 401", header, got.status)
		}
		got.has(map[string]string{
			"message": "authentication is denied", "type": "denied_authentication",
			"method": "api_key", "reason": "not_found",
		})
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	s.server.Advance(48 * time.Hour)
	seen := map[string]bool{}
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, zoned + "/lbs/" + id, http.StatusOK},
		{http.MethodGet, zoned + "/lbs/" + nowhere, http.StatusNotFound},
		{http.MethodGet, "/elsewhere", http.StatusNotFound},
		{http.MethodDelete, zoned + "/lbs/" + id + "?release_ip=true", http.StatusNoContent},
	} {
		got := s.want(tt.status, tt.method, tt.path, "")
		if got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: Content-Type %q", tt.method, tt.path, got.header.Get("Content-Type"))
		}
		requestID := got.header.Get("X-Request-Id")
		if !uuidPattern.MatchString(requestID) || seen[requestID] {
			t.Errorf("%s %s: X-Request-Id %q is no new UUID", tt.method, tt.path, requestID)
		}
		seen[requestID] = true
		date, err := http.ParseTime(got.header.Get("Date"))
		if ahead := time.Until(date); err != nil || ahead < 47*time.Hour {
			t.Errorf("%s %s: Date %q is not the server's time", tt.method, tt.path, got.header.Get("Date"))
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := manual(t)
	tests := []struct {
		name, method, path string
		status             int
		want               map[string]string
	}{
		{name: "a path", method: "GET", path: "/lb/v1/zones/fr-par-1/clusters", status: 404},
		{name: "a version", method: "GET", path: "/lb/v2/zones/fr-par-1/lbs", status: 404},
		{name: "a scope", method: "GET", path: "/lb/v1/planets/fr-par-1/lbs", status: 404},
		{name: "a trailing slash", method: "GET", path: zoned + "/lbs/", status: 404},
		{name: "an escaped slash", method: "GET", path: zoned + "/lbs%2F" + nowhere, status: 404},
		{name: "a method", method: "PATCH", path: zoned + "/lbs/" + nowhere, status: 405},
		{
			name: "a zone", method: "GET", path: "/lb/v1/zones/it-mil-1/lbs", status: 400,
			want: map[string]string{"details.0.argument_name": "zone"},
		},
		{
			name: "a region", method: "GET", path: "/lb/v1/regions/it-mil/lbs", status: 400,
			want: map[string]string{"details.0.argument_name": "region"},
		},
		{
			name: "an ID that is none", method: "GET", path: zoned + "/lbs/x", status: 400,
			want: map[string]string{"details.0.argument_name": "lb_id", "details.0.reason": "format"},
		},
		{name: "an upper-case ID", method: "GET", path: zoned + "/lbs/" + strings.ToUpper(newUUID()), status: 400},
		{name: "SetACLs in a region", method: "PUT", path: "/lb/v1/regions/fr-par/frontends/" + nowhere + "/acls", status: 405},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s.want(tt.status, tt.method, tt.path, "").has(tt.want)
		})
	}
}

func TestMethodNotAllowedNamesTheOthers(t *testing.T) {
	t.Parallel()
	s := manual(t)
	got := s.want(http.StatusMethodNotAllowed, http.MethodPost, zoned+"/ips/"+nowhere, "")
	if allow := got.header.Get("Allow"); allow != "GET, DELETE, PATCH" {
		t.Errorf("Allow is %q", allow)
	}
}

// The words are those of facts 5; an ACL's and a subscriber's are not recorded.
func TestNotFoundWords(t *testing.T) {
	t.Parallel()
	s := manual(t)
	for path, word := range map[string]string{
		"lbs": "lbs", "ips": "ips", "backends": "backend", "frontends": "frontend", "routes": "privateNetwork",
		"certificates": "certificate", "acls": "acl", "subscribers": "subscriber",
	} {
		got := s.want(http.StatusNotFound, http.MethodGet, zoned+"/"+path+"/"+nowhere, "")
		got.has(map[string]string{"message": word + " not Found", "type": "absent"})
	}
}

func TestObjectsStayInTheirZone(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	s.want(http.StatusNotFound, http.MethodGet, "/lb/v1/zones/fr-par-2/lbs/"+id, "")
	s.get("/lb/v1/zones/fr-par-2/lbs").has(map[string]string{"total_count": "0", "lbs": "[]"})
	// The older form shows the region's first zone.
	s.get("/lb/v1/regions/fr-par/lbs/" + id).has(map[string]string{"id": id, "zone": "fr-par-1", "region": "fr-par"})
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := manual(t)
	project := `"project_id": "` + s.server.ProjectID() + `"`
	tests := []struct {
		name, method, path, body string
		argument, reason         string // none: not said which
	}{
		{name: "not JSON", method: "POST", path: "/ips", body: `{`},
		{name: "trailing garbage", method: "POST", path: "/ips", body: `{` + project + `} x`},
		{name: "a list", method: "POST", path: "/ips", body: `[]`},
		{name: "null", method: "POST", path: "/ips", body: `null`},
		{name: "a body where none belongs", method: "GET", path: "/ips", body: `{}`},
		{name: "an unknown field", method: "POST", path: "/ips", body: `{` + project + `, "color": 1}`, argument: "color", reason: "unknown"},
		{name: "a number for a string", method: "POST", path: "/ips", body: `{` + project + `, "reverse": 1}`, argument: "reverse", reason: "format"},
		{name: "a string for a flag", method: "POST", path: "/ips", body: `{` + project + `, "is_ipv6": "true"}`, argument: "is_ipv6", reason: "format"},
		{name: "a string for a list", method: "POST", path: "/ips", body: `{` + project + `, "tags": "a"}`, argument: "tags", reason: "format"},
		{name: "a number in a list", method: "POST", path: "/ips", body: `{` + project + `, "tags": ["a", 1]}`, argument: "tags[1]", reason: "format"},
		{name: "null for a flag", method: "POST", path: "/ips", body: `{` + project + `, "is_ipv6": null}`, argument: "is_ipv6", reason: "format"},
		{name: "nobody's", method: "POST", path: "/ips", body: `{}`, argument: "project_id", reason: "required"},
		{name: "two owners", method: "POST", path: "/ips", body: `{` + project + `, "organization_id": "` + nowhere + `"}`, argument: "project_id", reason: "constraint"},
		{name: "a project that is no ID", method: "POST", path: "/ips", body: `{"project_id": "me"}`, argument: "project_id", reason: "format"},
		{name: "a missing field", method: "POST", path: "/lbs", body: `{` + project + `}`, argument: "name", reason: "required"},
		{name: "an empty body", method: "POST", path: "/lbs", argument: "name", reason: "required"},
		{name: "a value that no enum has", method: "POST", path: "/lbs", body: `{` + project + `, "name": "x", "ssl_compatibility_level": "strict"}`, argument: "ssl_compatibility_level", reason: "constraint"},
		{name: "an empty enum", method: "POST", path: "/lbs", body: `{` + project + `, "name": "x", "ssl_compatibility_level": ""}`, argument: "ssl_compatibility_level", reason: "constraint"},
		{name: "an unknown parameter", method: "GET", path: "/lbs?color=red", argument: "color", reason: "unknown"},
		{name: "a parameter twice", method: "GET", path: "/lbs?page=1&page=2", argument: "page", reason: "format"},
		{name: "page 0", method: "GET", path: "/lbs?page=0", argument: "page", reason: "constraint"},
		{name: "a negative page size", method: "GET", path: "/lbs?page_size=-1", argument: "page_size", reason: "format"},
		{name: "a page that is no number", method: "GET", path: "/lbs?page=one", argument: "page", reason: "format"},
		{name: "an unknown order", method: "GET", path: "/lbs?order_by=size", argument: "order_by", reason: "constraint"},
		{name: "a malformed query", method: "GET", path: "/lbs?%zz"},
		{name: "a missing parameter", method: "DELETE", path: "/lbs/" + nowhere, argument: "release_ip", reason: "required"},
		{name: "a flag that is neither", method: "DELETE", path: "/lbs/" + nowhere + "?release_ip=1", argument: "release_ip", reason: "format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := s.want(http.StatusBadRequest, tt.method, zoned+tt.path, tt.body)
			if tt.argument == "" {
				got.has(map[string]string{"type": "absent"})
				return
			}
			got.has(map[string]string{
				"type": "invalid_arguments", "details.0.argument_name": tt.argument, "details.0.reason": tt.reason,
			})
		})
	}
}

func TestAllProblemsAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	s := manual(t)
	got := s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs/"+nowhere+"/backends",
		merged(t, leastBackend, `{"name": "-", "forward_port": "80", "health_check": {"port": true}}`))
	for i, argument := range []string{"forward_port", "health_check.port", "name"} {
		path := "details." + string(rune('0'+i)) + ".argument_name"
		got.has(map[string]string{path: argument})
	}
}

func TestBodiesAreMarkedAsJSON(t *testing.T) {
	t.Parallel()
	s := manual(t)
	body := `{"project_id": "` + s.server.ProjectID() + `"}`
	for contentType, status := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "text/plain": 415, "": 415,
	} {
		header := http.Header{"X-Auth-Token": {s.server.SecretKey().Reveal()}, "Content-Type": {contentType}}
		if got := s.request(http.MethodPost, zoned+"/ips", body, header); got.status != status {
			t.Errorf("%q: %d %s, want %d", contentType, got.status, got.body, status)
		}
	}
}

func TestRequestsAreKept(t *testing.T) {
	t.Parallel()
	s := manual(t)
	s.ip(`{"tags": ["x"]}`)
	s.get(zoned + "/ips")
	requests := s.server.Requests()
	if len(requests) != 2 || requests[0].Method != http.MethodPost || requests[1].URL.Path != zoned+"/ips" {
		t.Fatalf("%d requests are kept", len(requests))
	}
}

func TestFaultsComeBetween(t *testing.T) {
	t.Parallel()
	s := manual(t)
	s.server.Faults().On(nil).Times(1).Status(http.StatusServiceUnavailable, `{"message": "connection error"}`)
	s.want(http.StatusServiceUnavailable, http.MethodGet, zoned+"/lbs", "")
	s.get(zoned + "/lbs")
}
