package ovhtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// form is a request for a token with fields given as pairs.
func (h *harness) form(fields ...string) *http.Request {
	h.t.Helper()
	values := url.Values{}
	for pair := range slices.Chunk(fields, 2) {
		values.Set(pair[0], pair[1])
	}
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.server.TokenURL(), strings.NewReader(values.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
	Error       string `json:"error"`
}

func (h *harness) token(r *http.Request) tokenAnswer {
	h.t.Helper()
	var out tokenAnswer
	decode(h.t, h.send(r).body, &out)
	return out
}

// bearer makes a request with a token.
func (h *harness) bearer(token, path string) *http.Request {
	h.t.Helper()
	r := h.request("GET", path, "")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func TestTokens(t *testing.T) {
	t.Parallel()
	own := OAuth2Client{ID: "EU.abc", Secret: "s+cret &/"} //nolint:gosec // G101: made up
	h := newHarness(t, WithOAuth2Client(own))
	if h.server.OAuth2Client() != own {
		t.Errorf("client %+v", h.server.OAuth2Client())
	}
	byForm := h.token(h.form("grant_type", "client_credentials", "scope", "all", "client_id", own.ID, "client_secret", own.Secret))
	basic := h.form("grant_type", "client_credentials", "scope", "all")
	basic.SetBasicAuth(url.QueryEscape(own.ID), url.QueryEscape(own.Secret))
	byBasic := h.token(basic)
	for _, got := range []tokenAnswer{byForm, byBasic} {
		if got.AccessToken == "" || got.TokenType != "Bearer" || got.ExpiresIn != 3599 || got.Scope != "all" {
			t.Errorf("token %+v", got)
		}
	}
	if byForm.AccessToken == byBasic.AccessToken {
		t.Error("one token was given twice")
	}
	r := h.send(h.bearer(byForm.AccessToken, "/v1/auth/details"))
	if !strings.Contains(string(r.body), "/oauth2-EU.abc") || !strings.Contains(string(r.body), "oauth2_client_credentials") {
		t.Errorf("details %s", r.body)
	}
	h.refused("a key's description", h.bearer(byForm.AccessToken, "/v1/auth/currentCredential"), http.StatusForbidden, "NOT_CREDENTIAL")

	h.server.Advance(3598 * time.Second)
	if r := h.send(h.bearer(byForm.AccessToken, services)); r.status != http.StatusOK {
		t.Errorf("before its end: %d %s", r.status, r.body)
	}
	h.server.Advance(time.Second)
	h.refused("expired", h.bearer(byForm.AccessToken, services), http.StatusUnauthorized, "")
	if r := h.send(h.bearer(h.server.AccessToken(), services)); r.status != http.StatusOK {
		t.Errorf("the token of WithAccessToken: %d %s", r.status, r.body)
	}
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	for refused, status := range map[TokenRefused]int{TokenRefusedBadRequest: 400, TokenRefusedUnauthorized: 401, TokenRefusedOK: 200} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.TokenRefused = refused }))
		own := h.server.OAuth2Client()
		text := h.form("grant_type", "client_credentials", "scope", "all", "client_id", own.ID, "client_secret", own.Secret)
		text.Header.Set("Content-Type", "application/json")
		for _, c := range []struct {
			r    *http.Request
			code string
		}{
			{h.form("grant_type", "client_credentials", "scope", "all", "client_id", own.ID, "client_secret", "x"), "invalid_client"},
			{h.form("grant_type", "client_credentials", "scope", "all", "client_id", "x", "client_secret", own.Secret), "invalid_client"},
			{h.form("grant_type", "client_credentials", "scope", "all"), "invalid_client"},
			{h.form("grant_type", "password", "scope", "all", "client_id", own.ID, "client_secret", own.Secret), "unsupported_grant_type"},
			{h.form("grant_type", "client_credentials", "client_id", own.ID, "client_secret", own.Secret), "invalid_scope"},
			{text, "invalid_request"},
		} {
			r := h.send(c.r)
			var got tokenAnswer
			decode(t, r.body, &got)
			if r.status != status || got.Error != c.code || got.AccessToken != "" {
				t.Errorf("%s: %d %s", c.code, r.status, r.body)
			}
		}
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.TokenLife = 20 * time.Second }))
	own := h.server.OAuth2Client()
	got := h.token(h.form("grant_type", "client_credentials", "scope", "all", "client_id", own.ID, "client_secret", own.Secret))
	if got.ExpiresIn != 20 {
		t.Errorf("token %+v", got)
	}
	h.server.Advance(20 * time.Second)
	h.refused("expired", h.bearer(got.AccessToken, services), http.StatusUnauthorized, "")
	r := h.form()
	r.Method = http.MethodGet
	if got := h.send(r); got.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", got.status)
	}
}
