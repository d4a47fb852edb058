package ovhtest

import (
	"crypto/sha1" //nolint:gosec // G505: the API's signature is SHA-1 (facts 2.1)
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Credentials are what a client signs its requests with (facts 2.1).
type Credentials struct {
	ApplicationKey    string
	ApplicationSecret string
	ConsumerKey       string
}

// AccessRule allows one method on the paths that Path matches; a * at its end
// stands for any rest. Paths begin below the version: /ipLoadbalancing/*.
type AccessRule struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

const defaultAccessToken = "ovhtest-access-token"

var defaultCredentials = Credentials{
	ApplicationKey:    "0123456789abcdef",
	ApplicationSecret: "0123456789abcdef0123456789abcdef",
	ConsumerKey:       "fedcba9876543210fedcba9876543210",
}

// Credentials are those that the server accepts.
func (s *Server) Credentials() Credentials { return s.opts.credentials }

// AccessToken is a bearer token that the server accepts.
func (s *Server) AccessToken() string { return s.opts.accessToken }

func (s *Server) register(c Credentials, rules []AccessRule) {
	if rules == nil {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			rules = append(rules, AccessRule{Method: method, Path: "/*"})
		}
	}
	s.applications[c.ApplicationKey] = c.ApplicationSecret
	s.credentials[c.ConsumerKey] = &credential{
		id: int64(len(s.credentials) + 1), application: c.ApplicationKey, rules: rules, status: keyValidated, created: s.clock.Now(),
	}
}

// authenticate lets a request pass that is signed, carries a bearer token, or
// needs neither. Target is the path as sent.
func (c *call) authenticate(target string, body []byte) error {
	if c.op.Open {
		return nil
	}
	if authorization := c.request.Header.Get("Authorization"); authorization != "" {
		return c.checkToken(authorization)
	}
	if c.request.Header.Get("X-Ovh-Application") == "" {
		return unauthorized("You must login first")
	}
	if err := c.checkKeys(); err != nil {
		return err
	}
	if err := c.checkSignature(body); err != nil {
		return err
	}
	if !c.credential.reachedFrom(c.request.RemoteAddr) {
		return refusedKey("FORBIDDEN", "This credential is not allowed from this address")
	}
	c.credential.lastUse = c.clock.Now()
	if !c.credential.allows(c.request.Method, target) {
		return refusedKey("NOT_GRANTED_CALL", "This call has not been granted")
	}
	return nil
}

func (c *call) checkKeys() error {
	key := c.request.Header.Get("X-Ovh-Application")
	if _, known := c.applications[key]; !known {
		return refusedKey("INVALID_KEY", "This application key is invalid")
	}
	found := c.credentials[c.request.Header.Get("X-Ovh-Consumer")]
	if found == nil || found.application != key {
		return refusedKey("NOT_CREDENTIAL", "This credential does not exist")
	}
	c.credential, c.identity = found, c.request.Header.Get("X-Ovh-Consumer")
	return c.checkStatus(found.statusAt(c.clock.Now()))
}

// checkStatus refuses a consumer key that is not validated (facts 2.5, 3.3).
func (c *call) checkStatus(status string) error {
	switch {
	case status == keyValidated, c.assume.UnvalidatedShown && c.op.Path == currentCredentialPath:
		return nil
	case status == keyPending && c.assume.Unvalidated == UnvalidatedNotCredential:
		return refusedKey("NOT_CREDENTIAL", "This credential is not yet validated")
	}
	return refusedKey("INVALID_CREDENTIAL", "This credential is not valid")
}

// skew is how far a timestamp may be off. Where the server's clock outruns the
// wall's, it is as long by the wall: a client reads the clock once and then counts
// wall seconds.
func (s *Server) skew() time.Duration {
	if s.opts.manual {
		return s.assume.Skew
	}
	return time.Duration(float64(s.assume.Skew) * max(1, s.opts.speed))
}

// checkSignature computes the signature of what arrived: the request target
// byte for byte as in the request line, and the raw body (facts 2.1).
func (c *call) checkSignature(body []byte) error {
	timestamp := c.request.Header.Get("X-Ovh-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return refusedSignature("INVALID_SIGNATURE", "Invalid signature")
	}
	if off := time.Duration(c.clock.Now().Unix()-seconds) * time.Second; off.Abs() > c.skew() {
		if c.assume.LateRequest == LateInvalidSignature {
			return refusedSignature("INVALID_SIGNATURE", "Invalid signature")
		}
		return refusedSignature("QUERY_TIME_OUT", "Query out of time")
	}
	parts := []string{
		c.applications[c.credential.application], c.request.Header.Get("X-Ovh-Consumer"), c.request.Method,
		"http://" + c.request.Host + c.request.RequestURI, string(body), timestamp,
	}
	sum := sha1.Sum([]byte(strings.Join(parts, "+"))) //nolint:gosec // G401: as above
	want := "$1$" + hex.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(want), []byte(c.request.Header.Get("X-Ovh-Signature"))) != 1 {
		return refusedSignature("INVALID_SIGNATURE", "Invalid signature")
	}
	return nil
}

// allows tells whether a rule covers the call.
func (k *credential) allows(method, target string) bool {
	path := target[strings.IndexByte(target[1:], '/')+1:] // without the version
	for _, r := range k.rules {
		prefix, open := strings.CutSuffix(r.Path, "*")
		if r.Method == method && (path == r.Path || open && strings.HasPrefix(path, prefix)) {
			return true
		}
	}
	return false
}
