package scalewaytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// zoned begins the paths of most tests.
const zoned = "/lb/v1/zones/fr-par-1"

// nowhere is an ID that nothing has.
const nowhere = "11111111-1111-4111-8111-111111111111"

// session sends raw requests to a server.
type session struct {
	t      *testing.T
	server *Server
	client *http.Client
}

// manual is a session with a server whose time stands still, off by a bit from
// any microsecond, so that rounding shows.
func manual(t *testing.T, opts ...Option) *session {
	t.Helper()
	s := newSession(t, append(opts, WithManualClock())...)
	s.server.Advance(time.Duration(1000 + bit - s.server.clock.Now().Nanosecond()%1000))
	return s
}

// bit is how many nanoseconds past a microsecond the clocks of tests stand.
const bit = 501

func newSession(t *testing.T, opts ...Option) *session {
	t.Helper()
	server := NewServer(opts...)
	client := server.HTTPClient()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	return &session{t: t, server: server, client: client}
}

type response struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request with the right token, and a JSON body unless it is empty.
func (s *session) do(method, path, body string) response {
	s.t.Helper()
	header := http.Header{"X-Auth-Token": {s.server.SecretKey().Reveal()}}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return s.request(method, path, body, header)
}

func (s *session) request(method, path, body string, header http.Header) response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = header
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response{t: s.t, status: resp.StatusCode, header: resp.Header, body: content}
}

// want is do for a request whose answer has to have a status.
func (s *session) want(status int, method, path, body string) response {
	s.t.Helper()
	r := s.do(method, path, body)
	if r.status != status {
		s.t.Fatalf("%s %s %s: %d %s; want %d", method, path, body, r.status, r.body, status)
	}
	return r
}

func (s *session) get(path string) response {
	s.t.Helper()
	return s.want(http.StatusOK, http.MethodGet, path, "")
}

func (s *session) post(path, body string) response {
	s.t.Helper()
	return s.want(http.StatusOK, http.MethodPost, path, body)
}

func (s *session) put(path, body string) response {
	s.t.Helper()
	return s.want(http.StatusOK, http.MethodPut, path, body)
}

func (s *session) remove(path string) {
	s.t.Helper()
	s.want(http.StatusNoContent, http.MethodDelete, path, "")
}

// at is what the answer has at a path as in "ip.0.lb_id": a string as it is,
// "absent" where nothing is there, and anything else as JSON.
func (r response) at(path string) string {
	raw := r.raw(path)
	if raw == nil {
		return "absent"
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		return text
	}
	return string(raw)
}

// raw is the JSON at a path, or nil where nothing is there.
func (r response) raw(path string) json.RawMessage {
	raw := json.RawMessage(r.body)
	for part := range strings.SplitSeq(path, ".") {
		if i, err := strconv.Atoi(part); err == nil {
			var list []json.RawMessage
			if json.Unmarshal(raw, &list) != nil || i >= len(list) {
				return nil
			}
			raw = list[i]
			continue
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return nil
		}
		raw = object[part]
	}
	return raw
}

// has demands what at finds at each path.
func (r response) has(want map[string]string) {
	r.t.Helper()
	for path, value := range want {
		if got := r.at(path); got != value {
			r.t.Errorf("%s is %s, want %s", path, got, value)
		}
	}
}

// merged is the JSON object base with the members of over in it; a member of
// over that is the string "-" is left out.
func merged(t *testing.T, base, over string) string {
	t.Helper()
	var members map[string]json.RawMessage
	for _, text := range []string{base, over} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	for name, raw := range members {
		if string(raw) == `"-"` {
			delete(members, name)
		}
	}
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// The least that each creation asks for.
const (
	leastBackend = `{"name": "b", "forward_protocol": "http", "forward_port": 80, "forward_port_algorithm": "roundrobin",
		"sticky_sessions": "none", "server_ip": [], "health_check": {"port": 80, "check_max_retries": 3}}`
	leastBackendUpdate = `{"name": "b", "forward_protocol": "http", "forward_port": 80,
		"forward_port_algorithm": "roundrobin", "sticky_sessions": "none"}`
	leastACL = `{"name": "a", "action": {"type": "allow"}, "index": 0}`
)

// lb makes a load balancer, with more members in its body, and waits until it is
// ready.
func (s *session) lb(over string) string {
	s.t.Helper()
	id := s.creating(over)
	s.server.Advance(recordedTimings.Creation)
	return id
}

func (s *session) creating(over string) string {
	s.t.Helper()
	base := fmt.Sprintf(`{"project_id": %q, "name": "lb"}`, s.server.ProjectID())
	return s.post(zoned+"/lbs", merged(s.t, base, over)).at("id")
}

func (s *session) ip(over string) response {
	s.t.Helper()
	base := fmt.Sprintf(`{"project_id": %q}`, s.server.ProjectID())
	return s.post(zoned+"/ips", merged(s.t, base, over))
}

func (s *session) backend(lbID, over string) string {
	s.t.Helper()
	return s.post(zoned+"/lbs/"+lbID+"/backends", merged(s.t, leastBackend, over)).at("id")
}

func (s *session) frontend(lbID, backendID, over string) string {
	s.t.Helper()
	return s.post(zoned+"/lbs/"+lbID+"/frontends", merged(s.t, leastFrontend(backendID), over)).at("id")
}

func leastFrontend(backendID string) string {
	return fmt.Sprintf(`{"name": "f", "inbound_port": 80, "backend_id": %q}`, backendID)
}

// settle lets what was written reach the instances.
func (s *session) settle() {
	s.t.Helper()
	s.server.Advance(time.Second)
}
