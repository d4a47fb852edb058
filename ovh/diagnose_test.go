package ovh

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestRequestCredential(t *testing.T) {
	t.Parallel()
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		got := r.Method + " " + r.URL.Path + " " + r.Header.Get(headerApplication) + " " + r.Header.Get(headerConsumer) + r.Header.Get(headerSignature)
		if want := "POST /v1/auth/credential app-key "; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		return answerTo{body: `{"consumerKey":"canary","state":"pendingValidation","validationUrl":"https://eu.api.ovh.com/auth/?credentialToken=x"}`}.response(r), nil
	})
	client, err := NewClient(EU, Application("app-key"), WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Auth.RequestCredential(t.Context(), CredentialRequest{Rules: AccessRules()})
	if err != nil {
		t.Fatal(err)
	}
	if got.ConsumerKey.Reveal() != "canary" || got.Status != CredentialPendingValidation || !strings.HasPrefix(got.ValidationURL, "https://eu.api.ovh.com/auth/") {
		t.Errorf("got %+v", got)
	}
	// Nothing else goes out without a consumer key.
	if err := get(t, client); !errors.Is(err, lb.ErrUnauthorized) || !strings.Contains(err.Error(), "RequestCredential") {
		t.Errorf("a signed call: %v", err)
	}
	if _, err := NewClient(EU, Application("app key")); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("a key with a space: %v", err)
	}
	other := unsigned(t, okAnswer)
	if _, err := other.Auth.RequestCredential(t.Context(), CredentialRequest{}); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("with an access token: %v", err)
	}
}

func TestAccessRulesAllowEveryOperation(t *testing.T) {
	t.Parallel()
	for _, operation := range operations {
		if operation.Path != "/auth/time" && !allowed(AccessRules(), operation) {
			t.Errorf("%s is not allowed", operation)
		}
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	const farm = "/ipLoadbalancing/{serviceName}/http/farm/{farmId}"
	tests := []struct {
		rule, route string
		want        bool
	}{
		{"/ipLoadbalancing", "/ipLoadbalancing", true},
		{"/ipLoadbalancing/*", "/ipLoadbalancing", false}, // facts 2.5: two rules
		{"/ipLoadbalancing", "/ipLoadbalancing/{serviceName}", false},
		{"/ipLoadbalancing/*", "/ipLoadbalancing/{serviceName}", true},
		{"/ipLoadbalancing*", "/ipLoadbalancing", true},
		{"/*", farm, true},
		{"*", farm, true},
		{"/ip*", farm, true},
		{"/ip/*", farm, false},
		{"/ipLoadbalancing/loadbalancer-1/*", farm, true}, // for this one service
		{"/ipLoadbalancing/loadbalancer-1/http/farm/7", farm, true},
		{"/ipLoadbalancing/loadbalancer-1/http/farm", farm, false},
		{"/ipLoadbalancing/loadbalancer-1/tcp/*", farm, false},
		{"/ipLoadbalancing/loadbalancer-*", farm, true},
		{"/ipLoadbalancing/*/farm/7", farm, true},
		{"/ipLoadbalancing/*/http/*", farm, true},
		{"/ipLoadbalancing/*/udp/*", farm, false},
		{"/ipLoadbalancing//http/farm/7", farm, false},
		{"", farm, false},
		{"", "", true},
	}
	for _, test := range tests {
		if got := overlap(test.rule, test.route); got != test.want {
			t.Errorf("overlap(%q, %q) = %t", test.rule, test.route, got)
		}
	}
}

//nolint:gosec // G101: it describes a key and holds none
const wholeCredential = `{"credentialId":1,"applicationId":2,"status":"validated","rules":[{"method":"GET","path":"/*"},{"method":"POST","path":"/*"},{"method":"PUT","path":"/*"},{"method":"DELETE","path":"/*"}],"creation":"2026-01-01T00:00:00Z","expiration":null,"allowedIPs":null,"lastUse":null,"ovhSupport":false}`

const details = `{"account":"ab123-ovh","method":"account","identities":["urn:v1:eu:identity:account:ab123-ovh"],"roles":["ADMIN"],"allowedRoutes":null}`

func TestDiagnose(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                string
		details, credential answerTo
		ahead               time.Duration
		secret              string
		refused             int
		report              []string // parts of it, in order
	}{
		{name: "all is well", details: answerTo{body: details}, credential: answerTo{body: wholeCredential}, report: []string{"eu.api.ovh.com", "in step", "ab123-ovh, by account", "validated, never expires, 4 rules", "nothing wrong"}},
		{name: "clock", details: answerTo{body: details}, credential: answerTo{body: wholeCredential}, ahead: time.Hour, report: []string{"1h0m0s behind the API's", "nothing wrong"}},
		{name: "clock ahead", details: answerTo{body: details}, credential: answerTo{body: wholeCredential}, ahead: -time.Minute, report: []string{"1m0s ahead of the API's", "nothing wrong"}},
		{
			name: "read only", details: answerTo{body: details},
			credential: answerTo{body: `{"status":"validated","rules":[{"method":"GET","path":"/ipLoadbalancing"},{"method":"GET","path":"/ipLoadbalancing/*"},{"method":"GET","path":"/ip*"},{"method":"GET","path":"/auth/*"}],"creation":"2026-01-01T00:00:00Z"}`},
			refused:    len(operations) - count(http.MethodGet), report: []string{"4 rules", "no access rule allows", "AccessRules"},
		},
		{name: "expired", details: answerTo{status: 403, body: `{"errorCode":"INVALID_CREDENTIAL"}`}, credential: answerTo{status: 403, body: `{"errorCode":"INVALID_CREDENTIAL"}`}, report: []string{"cannot be read: the consumer key has expired, was revoked"}},
		{name: "not validated", details: answerTo{status: 403, body: `{"errorCode":"NOT_CREDENTIAL"}`}, credential: answerTo{status: 403, body: `{"errorCode":"NOT_CREDENTIAL"}`}, report: []string{"validation URL"}},
		{name: "another platform's", details: answerTo{status: 403, body: `{"message":"This application key is invalid"}`}, credential: answerTo{status: 403, body: `{"message":"This application key is invalid"}`}, report: []string{"unknown at https://eu.api.ovh.com/v1", "EU, CA and US"}},
		{name: "wrong secret", secret: "another", report: []string{"the application secret or the consumer key is wrong"}},
		{name: "its own rules are secret", details: answerTo{body: details}, credential: answerTo{status: 403, body: `{"errorCode":"NOT_GRANTED_CALL","message":"This call has not been granted"}`}, report: []string{"ab123-ovh", "does not allow this call: This call has not been granted"}},
		{
			name: "past its time, and pending", details: answerTo{body: details},
			credential: answerTo{body: strings.NewReplacer(`"validated"`, `"pendingValidation"`, `"expiration":null`, `"expiration":"1999-12-31T00:00:00+01:00"`).Replace(wholeCredential)},
			report:     []string{"pendingValidation, expires 1999-12-30 23:00:00 UTC", "is pendingValidation; only", "has expired"},
		},
		{
			name: "from elsewhere", details: answerTo{status: 403, body: `{"message":"no"}`},
			credential: answerTo{body: strings.Replace(wholeCredential, `"allowedIPs":null`, `"allowedIPs":["192.0.2.0/24"]`, 1)},
			report:     []string{"works only from 192.0.2.0/24"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{ahead: test.ahead, secret: test.secret}
				w.handle = func(r *http.Request, _ []byte) answerTo {
					if strings.HasSuffix(r.URL.Path, "/auth/details") {
						return test.details
					}
					return test.credential
				}
				d, err := inBubble(t, w).Diagnose(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if len(d.Refused) != test.refused || d.OK() != strings.Contains(d.String(), "nothing wrong") {
					t.Errorf("%d calls refused, want %d; OK is %t", len(d.Refused), test.refused, d.OK())
				}
				rest := d.String()
				for _, part := range test.report {
					_, after, found := strings.Cut(rest, part)
					if !found {
						t.Errorf("the report does not say %q where it should:\n%s", part, d)
					}
					rest = after
				}
				for _, secret := range []string{testSecret, testConsumer} {
					if strings.Contains(d.String(), secret) {
						t.Error("the report holds a secret")
					}
				}
			})
		})
	}
}

func count(method string) int {
	n := 0
	for _, operation := range operations {
		if operation.Method == method {
			n++
		}
	}
	return n
}

func TestDiagnoseReport(t *testing.T) {
	t.Parallel()
	d := &Diagnosis{Endpoint: EU, ClockSkew: 90 * time.Second, Details: &AuthDetails{Account: "ab1-ovh", Method: AuthMethodOAuth2}, Findings: []string{"one", "two"}}
	const want = `endpoint    https://eu.api.ovh.com/v1
clock       1m30s ahead of the API's; signatures follow the API's
account     ab1-ovh, by oauth2_client_credentials
problem     one
problem     two
`
	if diff := cmp.Diff(want, d.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// Tokens have no consumer key to look at; the rules may stand in the details.
func TestDiagnoseToken(t *testing.T) {
	t.Parallel()
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		switch r.URL.Path {
		case "/v1/auth/time":
			return answerTo{body: "1700000000"}
		case "/v1/auth/details":
			return answerTo{body: strings.Replace(details, `"allowedRoutes":null`, `"allowedRoutes":[{"method":"GET","path":"/*"}]`, 1)}
		}
		t.Errorf("sent %s", r.URL)
		return answerTo{}
	})
	d, err := client.Diagnose(t.Context())
	if err != nil || d.Credential != nil || d.CredentialErr != nil || len(d.Refused) != len(operations)-count(http.MethodGet) {
		t.Errorf("Diagnose = %+v, %v", d, err)
	}
	down := unsigned(t, func(*http.Request, []byte) answerTo { return answerTo{status: http.StatusServiceUnavailable} }, WithRetry(lb.RetryPolicy{MaxAttempts: 1}))
	if d, err := down.Diagnose(t.Context()); d != nil || !errors.Is(err, lb.ErrUnavailable) {
		t.Errorf("without an API: %v, %v", d, err)
	}
}
