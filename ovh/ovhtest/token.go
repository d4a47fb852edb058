package ovhtest

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// OAuth2Client are the client credentials of a service account (facts 2.6).
type OAuth2Client struct {
	ID     string
	Secret string
}

//nolint:gosec // G101: made up
var defaultOAuth2Client = OAuth2Client{ID: "EU.0123456789abcdef", Secret: "0123456789abcdef0123456789abcdef"}

// tokenPath is where tokens are given. On the real platforms it is on another
// host than the API.
const tokenPath = "/auth/oauth2/token" //nolint:gosec // G101: a path

// accessToken is a bearer token.
type accessToken struct {
	client  string    // to whom it was given; empty: the one of WithAccessToken
	expires time.Time // zero: never
}

// OAuth2Client are the client credentials that the server accepts.
func (s *Server) OAuth2Client() OAuth2Client { return s.opts.oauth2 }

// TokenURL is where an OAuth2 client gets its tokens, each of which lives for an
// hour of the server's time.
func (s *Server) TokenURL() string { return s.URL + tokenPath }

// checkToken accepts a bearer token that was given and has not expired.
func (c *call) checkToken(authorization string) error {
	text, isBearer := strings.CutPrefix(authorization, "Bearer ")
	token, known := c.tokens[text]
	if !isBearer || !known || !token.expires.IsZero() && !c.clock.Now().Before(token.expires) {
		return unauthorized("Invalid access token")
	}
	c.identity, c.client = text, token.client
	return nil
}

// tokenRefusal is a refusal in OAuth2's words.
type tokenRefusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// giveToken answers a request for a token.
func (s *Server) giveToken(r *http.Request, body []byte, header http.Header) answer {
	header.Set("Content-Type", "application/json; charset=utf-8")
	if r.Method != http.MethodPost {
		header.Set("Allow", http.MethodPost)
		return answer{status: http.StatusMethodNotAllowed, header: header, body: mustJSON(tokenRefusal{"invalid_request", "POST only"})}
	}
	client, refusal := s.tokenClient(r, body)
	if refusal != nil {
		return answer{status: s.assume.TokenRefused.status(), header: header, body: mustJSON(refusal)}
	}
	text := madeUp("token %d", len(s.tokens))
	s.tokens[text] = accessToken{client: client, expires: s.clock.Now().Add(s.assume.TokenLife)}
	return answer{status: http.StatusOK, header: header, body: mustJSON(struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"` // seconds
		Scope       string `json:"scope"`
	}{text, "Bearer", int(s.assume.TokenLife / time.Second), "all"})}
}

// tokenClient finds who asks for a token: by form fields or HTTP Basic.
func (s *Server) tokenClient(r *http.Request, body []byte) (string, *tokenRefusal) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return "", &tokenRefusal{"invalid_request", "not a form"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", &tokenRefusal{"invalid_request", "malformed form"}
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, basic := r.BasicAuth(); basic {
		id, secret = unescaped(user), unescaped(password)
	}
	switch {
	case form.Get("grant_type") != "client_credentials":
		return "", &tokenRefusal{"unsupported_grant_type", "only client_credentials"}
	case (OAuth2Client{ID: id, Secret: secret}) != s.opts.oauth2:
		return "", &tokenRefusal{"invalid_client", "client authentication failed"}
	case form.Get("scope") != "all":
		return "", &tokenRefusal{"invalid_scope", "only all"}
	}
	return id, nil
}

// unescaped undoes the form encoding that OAuth2 asks for inside HTTP Basic.
func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}

// mustJSON encodes what always can be.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("ovhtest: " + err.Error())
	}
	return b
}
