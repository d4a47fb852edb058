package ovhtest

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // G505: the API's signature
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// harness sends signed requests to a server with a manual clock that has one
// service, and holds every good answer against the published types.
type harness struct {
	t       *testing.T
	server  *Server
	service string // name
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

func newHarness(t *testing.T, opts ...Option) *harness {
	t.Helper()
	s := NewServer(append([]Option{WithManualClock()}, opts...)...)
	t.Cleanup(s.Close)
	return &harness{t: t, server: s, service: s.AddService("gra", "rbx")}
}

// sign is the published formula (facts 2.1), written apart from the server's.
func sign(c Credentials, method, fullURL, body string, timestamp int64) string {
	plain := fmt.Sprintf("%s+%s+%s+%s+%s+%d", c.ApplicationSecret, c.ConsumerKey, method, fullURL, body, timestamp)
	sum := sha1.Sum([]byte(plain)) //nolint:gosec // G401: as above
	return "$1$" + hex.EncodeToString(sum[:])
}

// request makes a request whose target goes out byte for byte, not signed.
func (h *harness) request(method, target, body string) *http.Request {
	h.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL, content)
	if err != nil {
		h.t.Fatal(err)
	}
	host := r.URL.Host
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Scheme: "http", Host: host, Opaque: path, RawQuery: query}
	if body != "" {
		r.Header.Set("Content-Type", "application/json;charset=utf-8")
	}
	return r
}

// signed makes a request signed at the server's time.
func (h *harness) signed(method, target, body string) *http.Request {
	h.t.Helper()
	r := h.request(method, target, body)
	c := h.server.Credentials()
	now := h.server.Now().Unix()
	r.Header.Set("X-Ovh-Application", c.ApplicationKey)
	r.Header.Set("X-Ovh-Consumer", c.ConsumerKey)
	r.Header.Set("X-Ovh-Timestamp", strconv.FormatInt(now, 10))
	r.Header.Set("X-Ovh-Signature", sign(c, method, h.server.URL+target, body, now))
	return r
}

func (h *harness) send(r *http.Request) reply {
	h.t.Helper()
	resp, err := h.server.HTTPClient().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if resp.Header.Get("X-Ovh-QueryID") == "" {
		h.t.Errorf("%s %s: no X-Ovh-QueryID", r.Method, r.URL)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: body}
}

// below is the path of something below the service.
func (h *harness) below(path string) string { return "/ipLoadbalancing/" + h.service + path }

// call sends a signed request for a path below the service.
func (h *harness) call(method, path, body string) reply {
	h.t.Helper()
	return h.send(h.signed(method, "/v1"+h.below(path), body))
}

// ok is a call below the service that must succeed and answer what the schema
// says.
func (h *harness) ok(method, path, body string) json.RawMessage {
	h.t.Helper()
	return h.okAPI(method, h.below(path), body)
}

// okAPI is ok for any path of the API.
func (h *harness) okAPI(method, path, body string) json.RawMessage {
	h.t.Helper()
	r := h.send(h.signed(method, "/v1"+path, body))
	if r.status != http.StatusOK {
		h.t.Fatalf("%s %s %s: %d %s", method, path, body, r.status, r.body)
	}
	bare, _, _ := strings.Cut(path, "?")
	routes, _, _ := h.server.router.find("/v1" + bare)
	if op := routes[method].op; op.Response != "" {
		conform(h.t, h.server.schema, method+" "+path, op.Response, r.body)
	} else if string(r.body) != "null" {
		h.t.Errorf("%s %s: body %q, want null", method, path, r.body)
	}
	return r.body
}

// fails is a call below the service that must be refused with a status and a
// message that holds a text.
func (h *harness) fails(status int, text, method, path, body string) {
	h.t.Helper()
	h.failsAPI(status, text, method, h.below(path), body)
}

// failsAPI is fails for any path of the API.
func (h *harness) failsAPI(status int, text, method, path, body string) {
	h.t.Helper()
	r := h.send(h.signed(method, "/v1"+path, body))
	var refusal struct {
		Class   string `json:"class"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(r.body, &refusal); err != nil {
		h.t.Errorf("%s %s: %v in %q", method, path, err, r.body)
	}
	if r.status != status || !strings.Contains(refusal.Message, text) || !strings.HasPrefix(refusal.Class, "Client::") {
		h.t.Errorf("%s %s %s: %d %s, want %d and %q", method, path, body, r.status, r.body, status, text)
	}
}

// create posts an object and returns its ID.
func (h *harness) create(path, body string) int64 {
	h.t.Helper()
	var made map[string]json.RawMessage
	decode(h.t, h.ok("POST", path, body), &made)
	for _, name := range []string{"vrackNetworkId", "ruleId", "routeId", "serverId", "frontendId", "farmId", "id"} {
		if name == "vrackNetworkId" && made["subnet"] == nil {
			continue // of a farm in a network
		}
		if raw, ok := made[name]; ok {
			id, err := strconv.ParseInt(string(raw), 10, 64)
			if err != nil {
				h.t.Fatal(err)
			}
			return id
		}
	}
	h.t.Fatalf("POST %s: no ID in %v", path, made)
	return 0
}

// get decodes what a GET below the service answers.
func get[T any](h *harness, path string) T {
	h.t.Helper()
	var out T
	decode(h.t, h.ok("GET", path, ""), &out)
	return out
}

// getAPI decodes what a GET of any path answers.
func getAPI[T any](h *harness, path string) T {
	h.t.Helper()
	var out T
	decode(h.t, h.okAPI("GET", path, ""), &out)
	return out
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
}

// live creates a farm with a server and a frontend and makes them live.
func (h *harness) live(protocol, farmBody, serverBody string) (farmID, serverID int64) {
	h.t.Helper()
	farmID = h.create("/"+protocol+"/farm", farmBody)
	serverID = h.create(fmt.Sprintf("/%s/farm/%d/server", protocol, farmID), serverBody)
	h.create("/"+protocol+"/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, farmID))
	h.refreshed()
	return farmID, serverID
}

// refreshed makes everything live.
func (h *harness) refreshed() {
	h.t.Helper()
	h.ok("POST", "/refresh", "")
	h.server.Advance(3 * time.Second)
}

// conform holds an answer against a published type: every field, no other, of
// the right JSON type and format, members of enums, null only where the schema
// allows it.
func conform(t *testing.T, s *schema, at, typeName string, raw json.RawMessage) {
	t.Helper()
	if element, isList := strings.CutPrefix(typeName, "[]"); isList {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil || list == nil {
			t.Errorf("%s: %s is no list", at, raw)
		}
		for i, item := range list {
			conform(t, s, fmt.Sprintf("%s[%d]", at, i), element, item)
		}
		return
	}
	kind := s.Types[typeName]
	if kind != nil && len(kind.Fields) > 0 {
		conformObject(t, s, at, kind, raw)
		return
	}
	base, format, _ := strings.Cut(strings.TrimSuffix(typeName, ")"), "(")
	if kind != nil {
		base, format = kind.Base, kind.Format
		if kind.Values != nil && !slices.Contains(kind.Values, scalarText(raw)) {
			t.Errorf("%s: %s is no member of %s", at, raw, typeName)
		}
	}
	var value any
	decode(t, raw, &value)
	var ok bool
	switch base {
	case "string":
		var text string
		text, ok = value.(string)
		ok = ok && checkFormat(at, format, text) == nil
	case "boolean":
		_, ok = value.(bool)
	case "integer":
		_, err := strconv.ParseInt(string(raw), 10, 64)
		ok = err == nil
	default:
		ok = strings.HasPrefix(base, "map[")
	}
	if !ok {
		t.Errorf("%s: %s is no %s", at, raw, typeName)
	}
}

func conformObject(t *testing.T, s *schema, at string, kind *valueType, raw json.RawMessage) {
	t.Helper()
	var fields map[string]json.RawMessage
	decode(t, raw, &fields)
	for name := range fields {
		if _, ok := kind.Fields[name]; !ok {
			t.Errorf("%s: field %s is not in the schema", at, name)
		}
	}
	for name, f := range kind.Fields {
		value, ok := fields[name]
		switch {
		case !ok:
			t.Errorf("%s: no field %s", at, name)
		case bytes.Equal(value, []byte("null")):
			if !f.Nullable {
				t.Errorf("%s.%s is null", at, name)
			}
		default:
			conform(t, s, at+"."+name, f.Type, value)
		}
	}
}
