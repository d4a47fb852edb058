package ovh

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
)

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	secret := lb.NewSecret
	good := testCredentials()
	token := AccessToken(staticToken)
	tests := []struct {
		name        string
		endpoint    Endpoint
		credentials Credentials
		opts        []Option
		want        string // in the error
	}{
		{"no endpoint", "", good, nil, "endpoint: empty"},
		{"name of a platform", "ovh-eu", good, nil, "use EU, CA or US"},
		{"white space", " https://eu.api.ovh.com/v1\n", good, nil, "white space"},
		{"http off loopback", "http://eu.api.ovh.com/v1", good, nil, "http is refused"},
		{"another scheme", "ftp://eu.api.ovh.com/v1", good, nil, "scheme is not https"},
		{"no host", "https:///v1", good, nil, "no host"},
		{"query", "https://eu.api.ovh.com/v1?x=1", good, nil, "something follows its path"},
		{"password", "https://user:canary-0@eu.api.ovh.com/v1", good, nil, "credentials in it"},
		{"no credentials", EU, nil, nil, "credentials: nil"},
		{"empty key", EU, ApplicationKey("", secret("canary-1"), secret("canary-2")), nil, "application key: empty"},
		{"empty secret", EU, ApplicationKey("key", lb.Secret{}, secret("canary-2")), nil, "application secret: empty"},
		{"empty consumer key", EU, ApplicationKey("key", secret("canary-1"), lb.Secret{}), nil, "consumer key: empty"},
		{"all empty", EU, ApplicationKey("", lb.Secret{}, lb.Secret{}), nil, "consumer key: empty"},
		{"line break", EU, ApplicationKey("key", secret("canary-1\n"), secret("canary-2")), nil, "application secret: white space"},
		{"space", EU, ApplicationKey("key", secret("canary-1"), secret("canary 2")), nil, "consumer key: white space"},
		{"not ASCII", EU, ApplicationKey("k\u00e9y", secret("canary-1"), secret("canary-2")), nil, "application key: white space"},
		{"quotes", EU, ApplicationKey("key", secret(`"canary-1"`), secret("canary-2")), nil, "application secret: quotes"},
		{"no client ID", EU, OAuth2("", secret("canary-1")), nil, "client ID: empty"},
		{"no client secret", EU, OAuth2("id", lb.Secret{}), nil, "client secret: empty"},
		{"no token URL", "https://api.example.com/v1", OAuth2("id", secret("canary-1")), nil, "WithTokenURL"},
		{"http token URL", EU, OAuth2("id", secret("canary-1")), []Option{WithTokenURL("http://www.ovh.com/t")}, "only https"},
		{"no token URL's host", EU, OAuth2("id", secret("canary-1")), []Option{WithTokenURL("https:///t")}, "token URL"},
		{"password in a token URL", EU, OAuth2("id", secret("canary-1")), []Option{WithTokenURL("https://u:canary-3@www.ovh.com/t")}, "credentials in it"},
		{"no token function", EU, AccessToken(nil), nil, "access token: nil"},
		{"nil option", EU, token, []Option{nil}, "option 0: nil"},
		{"nil HTTP client", EU, token, []Option{WithHTTPClient(nil)}, "http client: nil"},
		{"negative retries", EU, token, []Option{WithRetry(lb.RetryPolicy{MaxAttempts: -1})}, "retry policy"},
		{"no time", EU, token, []Option{WithAttemptTimeout(0)}, "attempt timeout"},
		{"nil limiter", EU, token, []Option{WithRateLimit(nil)}, "limiter"},
		{"nil logger", EU, token, []Option{WithLogger(nil)}, "logger: nil"},
		{"nil observer", EU, token, []Option{WithObserver(nil)}, "observer: nil"},
		{"broken user agent", EU, token, []Option{WithUserAgent("a\nb")}, "user agent"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, err := NewClient(test.endpoint, test.credentials, test.opts...)
			if client != nil || !errors.Is(err, lb.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewClient = %v, %v; want ErrInvalid with %q", client, err, test.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "canary") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestNewClientAccepts(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []Endpoint{EU, CA, US, "https://eu.api.ovh.com/1.0", "https://proxy.example.com:4242/ovh/v1/", "http://127.0.0.1:8080/v1", "http://[::1]:8080/v1", "http://localhost/v1"} {
		if _, err := NewClient(endpoint, testCredentials()); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	for _, endpoint := range []Endpoint{EU, CA, US, "https://ca.api.ovh.com/1.0"} {
		if _, err := NewClient(endpoint, OAuth2("id", lb.NewSecret("secret"))); err != nil {
			t.Errorf("OAuth2 at %s: %v", endpoint, err)
		}
	}
	if _, err := NewClient("http://127.0.0.1:8080/v1", OAuth2("id", lb.NewSecret("secret")), WithTokenURL("http://127.0.0.1:8081/token")); err != nil {
		t.Errorf("OAuth2 on loopback: %v", err)
	}
}

// A client and its credentials can be printed, logged and marshalled by anyone.
func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	all := []Credentials{
		ApplicationKey("canary-key", lb.NewSecret("canary-secret"), lb.NewSecret("canary-consumer")),
		OAuth2("canary-id", lb.NewSecret("canary-client")),
		AccessToken(func(context.Context) (lb.Secret, error) { return lb.NewSecret("canary-token"), nil }),
	}
	for _, credentials := range all {
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/auth/time"):
				return answerTo{body: "1700000000"}.response(r), nil
			case strings.HasSuffix(r.URL.Path, "/token"):
				return answerTo{header: http.Header{"Content-Type": {"application/json"}}, body: `{"access_token":"canary-token"}`}.response(r), nil
			case strings.HasSuffix(r.URL.Path, "/metricsToken"):
				return answerTo{body: `{"endpoint":"e","token":"canary-metrics"}`}.response(r), nil
			case r.Method == http.MethodGet:
				return answerTo{body: `{"serviceName":"x","metricsToken":"canary-metrics"}`}.response(r), nil
			}
			return answerTo{status: http.StatusForbidden, header: http.Header{"X-Echo": {r.Header.Get("Authorization")}}, body: `{"message":"no"}`}.response(r), nil
		})
		var logged bytes.Buffer
		var events []lb.CallEvent
		client, err := NewClient(EU, credentials, WithHTTPClient(&http.Client{Transport: transport}),
			WithLogger(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			WithObserver(func(_ context.Context, e lb.CallEvent) { events = append(events, e) }))
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.LoadBalancers.Get(t.Context(), "x")
		if err != nil || got.MetricsToken.Reveal() != "canary-metrics" {
			t.Fatalf("Get = %v, %v", got, err)
		}
		metrics, err := client.LoadBalancers.MetricsToken(t.Context(), "x")
		if err != nil || metrics.Token.Reveal() != "canary-metrics" {
			t.Fatalf("MetricsToken = %v, %v", metrics, err)
		}
		body := CertificateCreate{Certificate: "PEM", Key: lb.NewSecret("canary-pem")}
		_, createErr := client.Certificates.Create(t.Context(), "x", body)
		_, confirmErr := client.LoadBalancers.ConfirmTermination(t.Context(), "x", Confirmation{Token: lb.NewSecret("canary-mail")})

		things := []any{client, credentials, got, *got, metrics, *metrics, body, createErr, confirmErr, events}
		for _, thing := range things {
			for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%d", "%x"} {
				fmt.Fprintf(&logged, verb+"\n", thing)
			}
			if text, err := json.Marshal(thing); err == nil {
				logged.Write(text)
			}
			for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
				slog.New(handler).Info("thing", "thing", thing)
			}
		}
		for line := range strings.Lines(logged.String()) {
			if strings.Contains(line, "canary") || strings.Contains(line, fmt.Sprintf("%x", "canary")) {
				t.Errorf("a secret shows in %s", line)
			}
		}
	}
}

func TestOptionsReachTheWire(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	waited, seen := 0, []lb.CallEvent{}
	mock.RegisterResponder(http.MethodGet, "https://ca.api.ovh.com/v1/ipLoadbalancing/x", func(r *http.Request) (*http.Response, error) {
		if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, "shop/1.2 lbkit") {
			t.Errorf("User-Agent %q", got)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer static-token" {
			t.Errorf("Authorization %q", got)
		}
		return httpmock.NewStringResponse(http.StatusServiceUnavailable, ""), nil
	})
	given := &http.Client{Transport: mock, Timeout: time.Minute}
	client, err := NewClient(CA, AccessToken(staticToken), WithHTTPClient(given), WithUserAgent("shop/1.2"),
		WithRetry(lb.RetryPolicy{MaxAttempts: 2, MinWait: time.Nanosecond, MaxWait: time.Nanosecond}),
		WithRateLimit(limiter(func() { waited++ })),
		WithObserver(func(_ context.Context, e lb.CallEvent) { seen = append(seen, e) }))
	if err != nil {
		t.Fatal(err)
	}
	if err := get(t, client); !errors.Is(err, lb.ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
	if waited != 2 || len(seen) != 2 || seen[0].Route != "/ipLoadbalancing/{serviceName}" || seen[0].Op != "loadBalancers.get" {
		t.Errorf("the limiter was asked %d times, the observer saw %+v", waited, seen)
	}
	if given.CheckRedirect != nil || given.Timeout != time.Minute || given.Transport != http.RoundTripper(mock) {
		t.Error("the caller's HTTP client was changed")
	}
}

// TestDoOfAnotherVersion: OVH's API has two versions under one host, and an endpoint names
// the first (facts 1.1).
func TestDoOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		endpoint   Endpoint
		path, want string
	}{
		{EU, "/v2/iam/resource?a=b%20c", "https://eu.api.ovh.com/v2/iam/resource?a=b%20c"},
		{EU, "/v1/me", "https://eu.api.ovh.com/v1/me"},
		{EU, "/me", "https://eu.api.ovh.com/v1/me"},
		{EU, "/v2", "https://eu.api.ovh.com/v1/v2"},
		{EU, "/v2x/me", "https://eu.api.ovh.com/v1/v2x/me"},
		{"https://eu.api.ovh.com/1.0", "/v2/me", "https://eu.api.ovh.com/v2/me"},
		{"https://eu.api.ovh.com/v1/", "/v2/me", "https://eu.api.ovh.com/v2/me"},
		{"https://proxy.example/ovh/v1", "/v2/me", "https://proxy.example/ovh/v2/me"},
		{"https://proxy.example/ovh", "/v2/me", "https://proxy.example/ovh/v2/me"},
	} {
		mock := httpmock.NewMockTransport()
		var got string
		mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			got = r.URL.String()
			return httpmock.NewStringResponse(http.StatusOK, "null"), nil
		})
		client, err := NewClient(test.endpoint, AccessToken(staticToken), WithHTTPClient(&http.Client{Transport: mock}))
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Do(t.Context(), http.MethodGet, test.path, nil, nil); err != nil || got != test.want {
			t.Errorf("%s below %s: asked for %s, %v", test.path, test.endpoint, got, err)
		}
	}
}

type limiter func()

func (l limiter) Wait(context.Context) error { l(); return nil }

// Facts 3.5: OVH's own clients wait 180 seconds. A caller's client and options
// say otherwise.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	silent := roundTripper(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for name, test := range map[string]struct {
		client *http.Client
		opts   []Option
		want   time.Duration
	}{
		"default":           {&http.Client{Transport: silent}, nil, 180 * time.Second},
		"the HTTP client's": {&http.Client{Transport: silent, Timeout: time.Minute}, nil, time.Minute},
		"the option's":      {&http.Client{Transport: silent, Timeout: time.Minute}, []Option{WithAttemptTimeout(time.Second)}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				opts := append([]Option{WithHTTPClient(test.client), WithRetry(lb.RetryPolicy{MaxAttempts: 1})}, test.opts...)
				client, err := NewClient(EU, AccessToken(staticToken), opts...)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if err := get(t, client); !errors.Is(err, lb.ErrUnavailable) || time.Since(start) != test.want {
					t.Errorf("%v after %s, want ErrUnavailable after %s", err, time.Since(start), test.want)
				}
			})
		})
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	client := unsigned(t, func(r *http.Request, body []byte) answerTo {
		switch r.Method + " " + r.URL.String() + " " + string(body) {
		case "GET https://eu.api.ovh.com/v1/me/bill?date.from=2026-01-01 ":
			return answerTo{body: `["FR1","FR2"]`}
		case `POST https://eu.api.ovh.com/v1/vrack/pn-1/ipLoadbalancing {"ipLoadbalancing":"x"}`:
			return answerTo{body: `{"id":7}`}
		case "DELETE https://eu.api.ovh.com/v1/x ":
			return answerTo{body: `null`}
		}
		return answerTo{status: http.StatusNotFound, body: `{"message":"unexpected"}`}
	})
	var bills []string
	if err := client.Do(t.Context(), "GET", "/me/bill?date.from=2026-01-01", nil, &bills); err != nil || len(bills) != 2 {
		t.Errorf("bills %v, %v", bills, err)
	}
	var task struct{ ID int64 }
	if err := client.Do(t.Context(), "post", "/vrack/pn-1/ipLoadbalancing", map[string]string{"ipLoadbalancing": "x"}, &task); err != nil || task.ID != 7 {
		t.Errorf("task %v, %v", task, err)
	}
	if err := client.Do(t.Context(), "DELETE", "/x", nil, &task); err != nil || task.ID != 7 {
		t.Errorf("an answer without a body: %v, %v", task, err)
	}
}

// One client serves many goroutines, over sockets.
func TestFiftyGoroutines(t *testing.T) {
	t.Parallel()
	w := &wire{handle: func(r *http.Request, body []byte) answerTo {
		switch {
		case r.Method == http.MethodPost:
			return answerTo{body: string(body)}
		case strings.HasSuffix(r.URL.Path, "/server"):
			return answerTo{body: `[3,1,2]`}
		case strings.Contains(r.URL.Path, "/server/"):
			return answerTo{body: `{"serverId":` + r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] + `}`}
		}
		return answerTo{}
	}}
	client := onLoopback(t, w)
	var callers sync.WaitGroup
	for i := range 50 {
		callers.Go(func() {
			ctx := t.Context()
			farm, err := client.HTTP.Farms.Create(ctx, "x", HTTPFarmCreate{Zone: strconv.Itoa(i)})
			if err != nil || farm.Zone != strconv.Itoa(i) {
				t.Errorf("caller %d got the farm %+v, %v", i, farm, err)
			}
			servers, err := lb.Collect(client.HTTP.Farms.Servers.List(ctx, "x", int64(i), HTTPServerListOptions{}))
			if err != nil || len(servers) != 3 || servers[0].ServerID != 3 {
				t.Errorf("caller %d got %d servers, %v", i, len(servers), err)
			}
			if err := client.TCP.Frontends.Update(ctx, "x", int64(i), TCPFrontendUpdate{Disabled: Value(true)}); err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	callers.Wait()
	if times, _ := w.counts(); times != 1 {
		t.Errorf("%d calls of /auth/time, want 1", times)
	}
}
