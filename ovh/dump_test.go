package ovh_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// What went over the wire, to look at what goes wrong or to report it. The private key is
// not in it.
func ExampleWithDump() {
	server := ovhtest.NewServer()
	defer server.Close()
	var dump strings.Builder // or os.Stderr
	client, err := server.Client(ovh.WithDump(&dump))
	check(err)
	certificate, key := selfSigned("shop.example.com")
	_, err = client.Certificates.Create(context.Background(), "no-such-service", ovh.CertificateCreate{
		DisplayName: "shop", Certificate: certificate, Key: key,
	})
	fmt.Println(errors.Is(err, lb.ErrNotFound))

	for line := range strings.Lines(dump.String()) {
		for _, shown := range []string{"> X-Ovh-Consumer", `  "displayName`, `  "key`, "< 4", `  "message`} {
			if strings.HasPrefix(line, shown) {
				fmt.Print(line)
			}
		}
	}
	// Output:
	// true
	// > X-Ovh-Consumer: [hidden]
	//   "displayName": "shop",
	//   "key": "[secret]"
	// < 404 Not Found
	//   "message": "This service does not exist"
}

// secrets are what no dump may show, in any form.
type secrets struct {
	mu  sync.Mutex
	all []string
}

func (s *secrets) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range values {
		for line := range strings.Lines(value) { // of a key in PEM, each line
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "-----") {
				s.all = append(s.all, line, url.QueryEscape(line), url.PathEscape(line), html.EscapeString(line), strings.ReplaceAll(line, "/", `\/`))
			}
		}
	}
}

func (s *secrets) check(t *testing.T, dump string) {
	t.Helper()
	for _, secret := range s.all {
		if i := strings.Index(strings.ToLower(dump), strings.ToLower(secret)); i >= 0 {
			t.Errorf("%q shows: …%s…", secret, dump[max(0, i-300):min(len(dump), i+300)])
		}
	}
	if len(s.all) == 0 || strings.Contains(dump, "PRIVATE KEY") {
		t.Error("nothing was looked at, or a private key shows")
	}
}

// TestDumpCanaries: no credential, key, chain or token is in the dump of the calls that
// carry one, and what is harmless is.
func TestDumpCanaries(t *testing.T) {
	t.Parallel()
	const (
		application, applicationSecret, consumer = "canaryApplication", "canaryApplicationSecret", "canaryConsumer" //nolint:gosec // G101: made up
		clientSecret, accessToken, termination   = "canary/Client+Secret", "canaryAccessToken", "canaryTermination"
	)
	server := ovhtest.NewServer(
		ovhtest.WithCredentials(ovhtest.Credentials{ApplicationKey: application, ApplicationSecret: applicationSecret, ConsumerKey: consumer}),
		ovhtest.WithAccessToken(accessToken), ovhtest.WithOAuth2Client(ovhtest.OAuth2Client{ID: "id", Secret: clientSecret}),
	)
	t.Cleanup(server.Close)
	service := server.AddService("gra")
	for name, c := range map[string]struct {
		credentials ovh.Credentials
		own         []string
	}{
		"application key": {ovh.ApplicationKey(application, lb.NewSecret(applicationSecret), lb.NewSecret(consumer)), []string{applicationSecret, consumer}},
		"oauth2":          {ovh.OAuth2("id", lb.NewSecret(clientSecret)), []string{clientSecret}},
		"access token":    {ovh.AccessToken(func(context.Context) (lb.Secret, error) { return lb.NewSecret(accessToken), nil }), nil},
		"application":     {ovh.Application(application), []string{application}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dump bytes.Buffer
			said := &secrets{}
			said.add(application, applicationSecret, consumer, clientSecret, accessToken, termination)
			wire := &echoing{base: server.HTTPClient().Transport, said: said, own: c.own}
			client, err := ovh.NewClient(ovh.Endpoint(server.URL+"/v1"), c.credentials, ovh.WithTokenURL(server.TokenURL()),
				ovh.WithHTTPClient(&http.Client{Transport: wire}), ovh.WithDump(&dump), ovh.WithRetry(lb.RetryPolicy{MaxAttempts: 1}))
			if err != nil {
				t.Fatal(err)
			}
			chain, key := selfSigned("shop.example.com")
			said.add(key.Reveal())
			calls := carriers(t, client, service, chain, key, termination, said)
			for _, form := range append([]func(string) string{nil}, forms...) {
				wire.form = form
				for _, call := range calls {
					call()
				}
			}
			said.check(t, dump.String())
			wanted := []string{"Client::Echo", "[hidden]", "no good: "}
			if strings.HasPrefix(name, "application") { // others have no consumer keys
				wanted = append(wanted, "/v1/auth/credential", `"/ipLoadbalancing/*"`, `"state": "pendingValidation"`, `"validationUrl": "[secret]"`)
			}
			if name != "application" { // it can sign nothing
				wanted = append(wanted, `"displayName": "the shop's"`, service, "/metricsToken", `"reason": "OTHER"`, `"key": "[secret]"`, "x=1", "/log/url", `"endpoint": "`)
			}
			for _, want := range wanted {
				if !strings.Contains(dump.String(), want) {
					t.Errorf("%s is not shown", want)
				}
			}
		})
	}
}

// forms are how an error may repeat a request.
var forms = []func(string) string{
	func(s string) string { return s },
	url.QueryEscape,
	url.PathEscape,
	html.EscapeString,
	func(s string) string { return strings.Join(strings.Fields(s), " ") },
	func(s string) string { return strings.NewReplacer("PRIVATE KEY", "", "private key", "").Replace(s) },
	func(s string) string { return strings.ReplaceAll(s, "/", `\/`) },
}

// carriers are calls that carry secrets, of the client itself, of a key and of tokens.
func carriers(t *testing.T, client *ovh.Client, service, chain string, key lb.Secret, termination string, said *secrets) []func() {
	t.Helper()
	ctx, provider := t.Context(), ovh.NewProvider(client)
	return []func(){
		func() { _, _ = client.LoadBalancers.Get(ctx, service) },
		func() {
			_, _ = client.Certificates.Create(ctx, service, ovh.CertificateCreate{DisplayName: "the shop's", Certificate: chain, Chain: chain, Key: key})
		},
		func() {
			_, _ = client.Certificates.Create(ctx, service, ovh.CertificateCreate{Certificate: key.Reveal() + chain, Key: key})
		},
		func() {
			_, _ = provider.Certificates().Create(ctx, lb.LoadBalancerID(service), lb.CertificateSpec{Name: "x", PEM: chain, Key: key})
		},
		func() {
			_, _ = client.LoadBalancers.ConfirmTermination(ctx, service, ovh.Confirmation{Token: lb.NewSecret(termination), Reason: "OTHER"})
		},
		func() {
			if answer, err := client.LoadBalancers.MetricsToken(ctx, service); err == nil {
				said.add(answer.Token.Reveal())
			}
		},
		func() {
			if answer, err := client.Logs.URL(ctx, service, "haproxy"); err == nil {
				said.add(answer.URL.Reveal())
			}
		},
		func() {
			if answer, err := client.Auth.RequestCredential(ctx, ovh.CredentialRequest{Rules: ovh.AccessRules()}); err == nil {
				said.add(answer.ConsumerKey.Reveal(), answer.ValidationURL)
			}
		},
		func() { _ = client.Do(ctx, http.MethodGet, "/me?access_token="+termination+"&x=1", nil, nil) },
	}
}

// echoing makes secrets of the credentials that requests are sent with. Where it has a
// form it refuses them and repeats them, its own secrets and the request's header and body.
type echoing struct {
	base http.RoundTripper
	said *secrets
	own  []string
	form func(string) string
}

func (e *echoing) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, name := range []string{"Authorization", "X-Ovh-Signature"} {
		if value := strings.TrimPrefix(r.Header.Get(name), "Bearer "); value != "" {
			e.said.add(value)
		}
	}
	if e.form == nil || strings.HasSuffix(r.URL.Path, "/token") || strings.HasSuffix(r.URL.Path, "/time") {
		return e.base.RoundTrip(r)
	}
	var sent bytes.Buffer
	if r.Body != nil {
		if _, err := sent.ReadFrom(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	echo := "no good: " + e.form(fmt.Sprint(e.own, r.URL, r.Header, sent.String()))
	body, err := json.Marshal(map[string]string{"message": echo, "class": "Client::Echo"})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}
