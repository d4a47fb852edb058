package ovhtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The harness signs as the vectors of facts 2.3 say, so a server that agrees
// with the harness agrees with them.
func TestHarnessSignsAsPublished(t *testing.T) {
	t.Parallel()
	//nolint:gosec // G101: demo keys, published and revoked
	published := Credentials{ApplicationSecret: "9ufkBmLaTQ9nz5yMUlg79taH0GNnzDjk", ConsumerKey: "5mBuy6SUQcRw2ZUxg0cG68BoDKpED4KY"}
	own := Credentials{ApplicationSecret: "appsecret0123456789appsecret0123", ConsumerKey: "consumerkey0123456789consumerkey"}
	for _, v := range []struct {
		credentials       Credentials
		method, url, body string
		timestamp         int64
		want              string
	}{
		{published, "GET", "https://eu.api.ovh.com/1.0/auth", "", 1457018875, "$1$e9556054b6309771395efa467c22e627407461ad"},
		{published, "POST", "https://eu.api.ovh.com/1.0/auth", `{"a":"b","c":"d"}`, 1457018875, "$1$ec2fb5c7a81f64723c77d2e5b609ae6f58a84fc1"},
		{own, "POST", "https://eu.api.ovh.com/v1/ip/203.0.113.10%2F32/move", `{"to":"loadbalancer-0123456789abcdef"}`, 1700000000, "$1$77c50011b813a5db583cceddb83ad2fe39f76e68"},
		{own, "GET", "http://127.0.0.1:8080/1.0/ipLoadbalancing", "", 1700000000, "$1$f89d71b1e52d2974280cfbd78c8acf6ff9a5bf15"},
	} {
		if got := sign(v.credentials, v.method, v.url, v.body, v.timestamp); got != v.want {
			t.Errorf("%s %s: %s, want %s", v.method, v.url, got, v.want)
		}
	}
}

func TestSignatureCoversTheTargetAsSent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for sent, read := range map[string]string{
		"a%2Fb":   "a/b",
		"a,b":     "a,b",
		"a%2Cb":   "a,b",
		"a%20b":   "a b",
		"a+b":     "a+b",
		"%C3%A9":  "é",
		"é":       "é",
		"%252F":   "%2F",
		"a%2fb":   "a/b",
		"a:b@c;d": "a:b@c;d",
	} {
		for _, base := range []string{"/v1", "/1.0"} {
			target := base + "/ipLoadbalancing/" + h.service + "/zone/" + sent
			r := h.send(h.signed("GET", target, ""))
			if r.status != http.StatusNotFound || !strings.Contains(string(r.body), "(name = "+read+")") {
				t.Errorf("%s: %d %s, want the zone %q looked up", target, r.status, r.body, read)
			}
		}
	}
	for _, query := range []string{"action=refreshIplb&status=todo", "status=todo&action=refreshIplb", "creationDate.from=2024-01-01T00%3A00%3A00%2B00%3A00"} {
		if r := h.call("GET", "/task?"+query, ""); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}

func TestSignatureOfAnotherSpellingIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	base := "/v1/ipLoadbalancing/" + h.service
	for _, c := range []struct{ name, sent, signed, sentBody, signedBody string }{
		{"escaped slash", base + "/zone/a%2Fb", base + "/zone/a/b", "", ""},
		{"lower-case escape", base + "/zone/a%2fb", base + "/zone/a%2Fb", "", ""},
		{"escaped comma", base + "/zone/a%2Cb", base + "/zone/a,b", "", ""},
		{"query order", base + "/task?status=todo&action=refreshIplb", base + "/task?action=refreshIplb&status=todo", "", ""},
		{"version", base, "/1.0/ipLoadbalancing/" + h.service, "", ""},
		{"body", base + "/refresh", base + "/refresh", `{"zone": "gra"}`, `{"zone":"gra"}`},
		{"no body", base + "/refresh", base + "/refresh", `{}`, ""},
	} {
		method := "GET"
		if c.sentBody != "" {
			method = "POST"
		}
		r := h.request(method, c.sent, c.sentBody)
		for name, values := range h.signed(method, c.signed, c.signedBody).Header {
			if strings.HasPrefix(name, "X-Ovh-") {
				r.Header[name] = values
			}
		}
		h.refused(c.name, r, http.StatusBadRequest, "INVALID_SIGNATURE")
	}
}

// refused sends a request that must be answered with a status and an error
// code in the form of facts 3.2.
func (h *harness) refused(name string, r *http.Request, status int, code string) {
	h.t.Helper()
	got := h.send(r)
	var body struct{ Class, ErrorCode, HTTPCode, Message string }
	decode(h.t, got.body, &body)
	if got.status != status || body.ErrorCode != code || body.Message == "" || !strings.HasPrefix(body.Class, "Client::") {
		h.t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, status, code)
	}
	if code != "" && body.HTTPCode != strconv.Itoa(status)+" "+http.StatusText(status) {
		h.t.Errorf("%s: httpCode %q", name, body.HTTPCode)
	}
}

func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, c := range []struct {
		name   string
		header map[string]string // empty: without
		status int
		code   string
	}{
		{"no application", map[string]string{"X-Ovh-Application": ""}, 401, ""},
		{"unknown application", map[string]string{"X-Ovh-Application": "someone"}, 403, "INVALID_KEY"},
		{"no consumer", map[string]string{"X-Ovh-Consumer": ""}, 403, "NOT_CREDENTIAL"},
		{"unknown consumer", map[string]string{"X-Ovh-Consumer": "someone"}, 403, "NOT_CREDENTIAL"},
		{"no timestamp", map[string]string{"X-Ovh-Timestamp": ""}, 400, "INVALID_SIGNATURE"},
		{"no number", map[string]string{"X-Ovh-Timestamp": "now"}, 400, "INVALID_SIGNATURE"},
		{"other timestamp", map[string]string{"X-Ovh-Timestamp": strconv.FormatInt(h.server.Now().Unix()-1, 10)}, 400, "INVALID_SIGNATURE"},
		{"no signature", map[string]string{"X-Ovh-Signature": ""}, 400, "INVALID_SIGNATURE"},
		{"wrong signature", map[string]string{"X-Ovh-Signature": "$1$" + strings.Repeat("0", 40)}, 400, "INVALID_SIGNATURE"},
		{"wrong token", map[string]string{"Authorization": "Bearer someone"}, 401, ""},
		{"no bearer", map[string]string{"Authorization": h.server.AccessToken()}, 401, ""},
	} {
		r := h.signed("GET", "/v1/ipLoadbalancing", "")
		for name, value := range c.header {
			r.Header.Del(name)
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		h.refused(c.name, r, c.status, c.code)
	}
}

func TestTimestampMayBeThreeMinutesOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, off := range []time.Duration{-180 * time.Second, 180 * time.Second} {
		early := h.signed("GET", "/v1/ipLoadbalancing", "")
		h.server.clock.Advance(off) // the server's time alone moves
		if r := h.send(early); r.status != http.StatusOK {
			t.Errorf("%v: %d %s", off, r.status, r.body)
		}
		late := h.signed("GET", "/v1/ipLoadbalancing", "")
		h.server.clock.Advance(2 * off)
		h.refused(off.String(), late, http.StatusBadRequest, "QUERY_TIME_OUT")
	}
	h = newHarness(t, WithAssumptions(func(a *Assumptions) { a.LateRequest, a.Skew = LateInvalidSignature, time.Minute }))
	late := h.signed("GET", "/v1/ipLoadbalancing", "")
	h.server.Advance(62 * time.Second)
	h.refused("other code", late, http.StatusBadRequest, "INVALID_SIGNATURE")
}

func TestTokenNeedsNoSignature(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAccessToken("a-token"))
	for _, path := range []string{"/v1/ipLoadbalancing", "/v1/auth/details"} {
		r := h.request("GET", path, "")
		r.Header.Set("Authorization", "Bearer a-token")
		if got := h.send(r); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestTimeNeedsNoCredentials(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.Advance(time.Hour)
	r := h.send(h.request("GET", "/1.0/auth/time", ""))
	if want := strconv.FormatInt(h.server.Now().Unix(), 10); r.status != http.StatusOK || string(r.body) != want {
		t.Errorf("%d %s, want %s", r.status, r.body, want)
	}
}

func TestAccessRules(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAccessRules(AccessRule{"GET", "/ipLoadbalancing"}, AccessRule{"GET", "/ipLoadbalancing/*"}, AccessRule{"GET", "/auth/*"}))
	for _, path := range []string{"/v1/ipLoadbalancing", "/1.0/ipLoadbalancing/" + h.service, "/v1/auth/currentCredential", "/v1/auth/details"} {
		if r := h.send(h.signed("GET", path, "")); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	h.refused("not granted", h.signed("POST", "/v1/ipLoadbalancing/"+h.service+"/refresh", ""), http.StatusForbidden, "NOT_GRANTED_CALL")
	r := h.send(h.signed("GET", "/v1/auth/currentCredential", ""))
	conform(t, h.server.schema, "currentCredential", "auth.ApiCredential", r.body)
	var shown struct {
		Status string
		Rules  []AccessRule
	}
	decode(t, r.body, &shown)
	if shown.Status != "validated" || len(shown.Rules) != 3 {
		t.Errorf("credential %+v", shown)
	}
	r = h.send(h.signed("GET", "/v1/auth/details", ""))
	conform(t, h.server.schema, "details", "auth.Details", r.body)
	h = newHarness(t, WithAccessRules())
	h.refused("no rules", h.signed("GET", "/v1/ipLoadbalancing", ""), http.StatusForbidden, "NOT_GRANTED_CALL")
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	base := "/v1/ipLoadbalancing/" + h.service
	for _, path := range []string{
		"/", "/ipLoadbalancing", "/v2/ipLoadbalancing", "/v1/", "/v1/ipLoadbalancing/", base + "/nothing", base + "/udp/route", base + "//http/farm",
		base + "/http/farm/", base + "/http/farm/1/server/2/transparent", base + "/http/frontend/1/private",
		base + "/vrack/transparent/gateways", "/v1/auth", "/auth/oauth2", "/v1/auth/oauth2/token",
	} {
		h.refused(path, h.signed("GET", path, ""), http.StatusNotFound, "")
	}
	r := h.call("PATCH", "/http/farm", "")
	if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "GET, POST" {
		t.Errorf("PATCH: %d, Allow %q", r.status, r.header.Get("Allow"))
	}
	h.fails(http.StatusBadRequest, "[farmId]", "GET", "/http/farm/twelve", "")
	h.fails(http.StatusNotFound, "(farmId = 12)", "GET", "/http/farm/12", "")
	h.fails(http.StatusNotFound, "(farmId = 12)", "GET", "/http/farm/12/server", "")
	h.fails(http.StatusNotFound, "(farmId = 12)", "POST", "/http/farm/12/server", `{"address":"192.0.2.1","status":"active"}`)
	h.fails(http.StatusNotFound, "(farmId = 12)", "DELETE", "/http/farm/12/server/1", "")
	h.service = "loadbalancer-unknown"
	h.fails(http.StatusNotFound, "service", "GET", "", "")
}

func TestExpiredService(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.Expire(h.service)
	for _, c := range [][3]string{{"GET", "", ""}, {"GET", "/http/farm", ""}, {"POST", "/refresh", ""}, {"PUT", "", `{"displayName":"x"}`}} {
		if r := h.call(c[0], c[1], c[2]); r.status != 460 {
			t.Errorf("%s %s: %d", c[0], c[1], r.status)
		}
	}
	if names := h.send(h.signed("GET", "/v1/ipLoadbalancing", "")); !strings.Contains(string(names.body), h.service) {
		t.Errorf("services %s", names.body)
	}
}

func TestQueryIDsDiffer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a, b := h.call("GET", "", ""), h.call("GET", "/nothing", "")
	if a.header.Get("X-Ovh-QueryID") == b.header.Get("X-Ovh-QueryID") {
		t.Error("two requests share a query ID")
	}
}

func TestRequestsAreKeptAsReceived(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.call("PUT", "", `{"displayName":"web"}`)
	kept := h.server.Requests()
	if len(kept) != 1 || !strings.HasSuffix(kept[0].RequestURI, h.service) {
		t.Fatalf("requests %v", kept)
	}
	var body map[string]string
	if err := json.NewDecoder(kept[0].Body).Decode(&body); err != nil || body["displayName"] != "web" {
		t.Errorf("body %v, %v", body, err)
	}
}
