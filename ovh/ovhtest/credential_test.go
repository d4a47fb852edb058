package ovhtest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// signedBy makes a request signed with a consumer key of the server's application.
func (h *harness) signedBy(consumerKey, method, target, body string) *http.Request {
	h.t.Helper()
	own := h.server.opts.credentials
	defer func() { h.server.opts.credentials = own }()
	h.server.opts.credentials.ConsumerKey = consumerKey
	return h.signed(method, target, body)
}

// askForKey asks for a consumer key in the name of an application.
func (h *harness) askForKey(application, body string) reply {
	h.t.Helper()
	r := h.request("POST", "/v1/auth/credential", body)
	if application != "" {
		r.Header.Set("X-Ovh-Application", application)
	}
	return h.send(r)
}

// newKey asks for a consumer key that may read the services.
func (h *harness) newKey() string {
	h.t.Helper()
	r := h.askForKey(h.server.Credentials().ApplicationKey,
		`{"accessRules":[{"method":"GET","path":"/ipLoadbalancing"},{"method":"GET","path":"/auth/*"},{"method":"POST","path":"/auth/logout"}],"redirection":"https://example.com/"}`)
	conform(h.t, h.server.schema, "credential", "auth.ApiCredentialRequest", r.body)
	var made struct{ ConsumerKey, State, ValidationURL string }
	decode(h.t, r.body, &made)
	if r.status != http.StatusOK || made.State != "pendingValidation" || !strings.HasPrefix(made.ValidationURL, h.server.URL) {
		h.t.Fatalf("%d %+v", r.status, made)
	}
	return made.ConsumerKey
}

const services = "/v1/ipLoadbalancing"

func TestConsumerKeyFlow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	key, other := h.newKey(), h.newKey()
	if key == other {
		t.Fatal("two requests made one key")
	}
	h.refused("pending", h.signedBy(key, "GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
	h.refused("pending", h.signedBy(key, "GET", "/v1/auth/currentCredential", ""), http.StatusForbidden, "INVALID_CREDENTIAL")

	h.server.ValidateCredential(key, time.Hour)
	if r := h.send(h.signedBy(key, "GET", services, "")); r.status != http.StatusOK {
		t.Errorf("validated: %d %s", r.status, r.body)
	}
	h.refused("beyond its rules", h.signedBy(key, "PUT", "/v1"+h.below(""), "{}"), http.StatusForbidden, "NOT_GRANTED_CALL")
	h.refused("another one", h.signedBy(other, "GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
	r := h.send(h.signedBy(key, "GET", "/v1/auth/currentCredential", ""))
	conform(t, h.server.schema, "currentCredential", "auth.ApiCredential", r.body)
	var shown struct {
		Status              string
		Rules               []AccessRule
		Expiration, LastUse time.Time
		CredentialID        int64
	}
	decode(t, r.body, &shown)
	now := h.server.Now().Truncate(time.Second)
	if shown.Status != "validated" || len(shown.Rules) != 3 || !shown.Expiration.Equal(now.Add(time.Hour)) || !shown.LastUse.Equal(now) {
		t.Errorf("credential %+v", shown)
	}

	h.server.Advance(time.Hour)
	h.refused("expired", h.signedBy(key, "GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
	h.server.ValidateCredential(key, 0)
	h.server.Advance(10 * 365 * 24 * time.Hour)
	if r := h.send(h.signedBy(key, "GET", services, "")); r.status != http.StatusOK {
		t.Errorf("without end: %d %s", r.status, r.body)
	}
	if r := h.send(h.signedBy(key, "POST", "/v1/auth/logout", "")); r.status != http.StatusOK || string(r.body) != "null" {
		t.Errorf("logout: %d %s", r.status, r.body)
	}
	h.refused("after its logout", h.signedBy(key, "GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
	h.ok("GET", "", "") // the server's own key is another

	h.server.RefuseCredential(other)
	h.refused("refused", h.signedBy(other, "GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
}

func TestOwnKeyMayExpire(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.ValidateCredential(h.server.Credentials().ConsumerKey, time.Minute)
	h.ok("GET", "", "")
	h.server.Advance(time.Minute)
	h.refused("expired", h.signed("GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
}

func TestOtherAnswersToAPendingKey(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.Unvalidated, a.UnvalidatedShown = UnvalidatedNotCredential, true }))
	key := h.newKey()
	status := func() string {
		var shown struct{ Status string }
		decode(t, h.send(h.signedBy(key, "GET", "/v1/auth/currentCredential", "")).body, &shown)
		return shown.Status
	}
	h.refused("pending", h.signedBy(key, "GET", services, ""), http.StatusForbidden, "NOT_CREDENTIAL")
	if got := status(); got != "pendingValidation" {
		t.Errorf("status %s", got)
	}
	h.server.ValidateCredential(key, time.Second)
	h.server.Advance(time.Second)
	h.refused("expired", h.signedBy(key, "GET", services, ""), http.StatusForbidden, "INVALID_CREDENTIAL")
	if got := status(); got != "expired" {
		t.Errorf("status %s", got)
	}
	h.server.RefuseCredential(key)
	if got := status(); got != "refused" {
		t.Errorf("status %s", got)
	}
}

func TestRefusedRequestsForAKey(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const rules = `{"accessRules":[{"method":"GET","path":"/*"}]}`
	for _, c := range []struct {
		name, application, body string
		status                  int
	}{
		{"no application", "", rules, 401},
		{"unknown application", "someone", rules, 403},
		{"no rules", h.server.Credentials().ApplicationKey, `{}`, 400},
		{"null for rules", h.server.Credentials().ApplicationKey, `{"accessRules":null}`, 400},
		{"rule without a path", h.server.Credentials().ApplicationKey, `{"accessRules":[{"method":"GET"}]}`, 400},
		{"unknown method", h.server.Credentials().ApplicationKey, `{"accessRules":[{"method":"PATCH","path":"/*"}]}`, 400},
		{"no block", h.server.Credentials().ApplicationKey, `{"accessRules":[{"method":"GET","path":"/*"}],"allowedIPs":["here"]}`, 400},
	} {
		if r := h.askForKey(c.application, c.body); r.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, r.status, r.body, c.status)
		}
	}
}

func TestKeysMayBeTiedToAddresses(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for block, status := range map[string]int{"127.0.0.1": 200, "127.0.0.0/8": 200, "192.0.2.0/24": 403} {
		r := h.askForKey(h.server.Credentials().ApplicationKey, `{"accessRules":[{"method":"GET","path":"/*"}],"allowedIPs":["`+block+`"]}`)
		var made struct{ ConsumerKey string }
		decode(t, r.body, &made)
		h.server.ValidateCredential(made.ConsumerKey, 0)
		if r := h.send(h.signedBy(made.ConsumerKey, "GET", services, "")); r.status != status {
			t.Errorf("from %s: %d %s, want %d", block, r.status, r.body, status)
		}
	}
}

func TestUnknownKeysPanic(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		h.ok("GET", "", "") // and the server is not locked for ever
	}()
	h.server.ValidateCredential("nobody's", 0)
}
