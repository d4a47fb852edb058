package scaleway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	good := lb.NewSecret(testSecret)
	const malformed = "0a1b2c3d-0000-4000-8000-5ec4e7\n000002"
	tests := []struct {
		name string
		key  lb.Secret
		opts []Option
		want string
	}{
		{"an empty key", lb.Secret{}, nil, "secret key: empty"},
		{"a malformed key", lb.NewSecret(malformed), nil, "secret key: not a UUID"},
		{"an access key", lb.NewSecret("SCWABCDEFGHIJKLMNOPQ"), nil, "secret key: not a UUID"},
		{"a nil HTTP client", good, []Option{WithHTTPClient(nil)}, "http client: nil"},
		{"http off loopback", good, []Option{WithBaseURL("http://api.scaleway.com")}, "use https"},
		{"another scheme", good, []Option{WithBaseURL("ftp://127.0.0.1")}, "scheme"},
		{"an empty base URL", good, []Option{WithBaseURL("")}, "base URL: empty"},
		{"a base URL with credentials", good, []Option{WithBaseURL("https://u:" + malformed + "@api.scaleway.com")}, "base URL"},
		{"a base URL with a query", good, []Option{WithBaseURL("https://api.scaleway.com?x=1")}, "base URL"},
		{"a malformed project", good, []Option{WithProject("default")}, "project: not a UUID"},
		{"a malformed organization", good, []Option{WithOrganization("")}, "organization: not a UUID"},
		{"a region for a zone", good, []Option{WithDefaultZone("fr-par")}, `zone "fr-par"`},
		{"an empty zone", good, []Option{WithDefaultZone("")}, "zone"},
		{"a negative retry policy", good, []Option{WithRetry(lb.RetryPolicy{MaxAttempts: -1})}, "retry policy"},
		{"no attempt timeout", good, []Option{WithAttemptTimeout(0)}, "attempt timeout"},
		{"a nil limiter", good, []Option{WithRateLimit(nil)}, "rate limit"},
		{"a nil logger", good, []Option{WithLogger(nil)}, "logger"},
		{"a nil observer", good, []Option{WithObserver(nil)}, "observer"},
		{"an empty user agent", good, []Option{WithUserAgent("")}, "user agent"},
		{"a nil option", good, []Option{nil}, "option: nil"},
		{"a nil source of keys", lb.Secret{}, []Option{WithSecretKeyFunc(nil)}, "secret key: nil"},
		{"a key and a source of keys", good, []Option{WithSecretKeyFunc(func(context.Context) (lb.Secret, error) { return good, nil })}, "and a function"},
		{"an empty profile", good, []Option{WithProfile("")}, "profile: empty"},
		{"a profile", good, []Option{WithProfile("work")}, "profile: NewClient reads no file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, err := NewClient(tt.key, tt.opts...)
			if client != nil || !errors.Is(err, lb.ErrInvalid) {
				t.Fatalf("NewClient = %v, %v; want an invalid argument", client, err)
			}
			contains(t, "error", err.Error(), tt.want)
			if strings.Contains(err.Error(), "0a1b2c3d") {
				t.Errorf("error %q holds the key", err)
			}
		})
	}
}

func TestBadCallsAreNotSent(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, anything))
	zone := client.Zone(testZone)
	ctx := t.Context()
	last := func(list func(func(*LB, error) bool)) (err error) {
		list(func(_ *LB, e error) bool { err = e; return true })
		return err
	}
	get := func(api *API, id string) error {
		_, err := api.LBs.Get(ctx, id)
		return err
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"an empty ID", get(zone, ""), "not a UUID"},
		{"dots", get(zone, ".."), "not a UUID"},
		{"an ID with its zone", get(zone, "fr-par-1/"+testLB), "not a UUID"},
		{"another provider's ID", get(zone, "loadbalancer-ab12"), "not a UUID"},
		{"a UUID and more", get(zone, testLB+"x"), "not a UUID"},
		{"a region for a zone", get(client.Zone("fr-par"), testLB), `zone "fr-par"`},
		{"a path for a zone", get(client.Zone("../x-1"), testLB), "zone"},
		{"no zone", get(client.Zone(""), testLB), "zone"},
		{"a zone for a region", get(client.Region("fr-par-1"), testLB), "region"},
		{"no region", get(client.Region(""), testLB), "region"},
		{"a list in no zone", last(client.Zone("").LBs.List(ctx, LBListOptions{})), "zone"},
		{"a negative page size", last(zone.LBs.List(ctx, LBListOptions{PageOptions: lb.PageOptions{PageSize: -1}})), "negative"},
		{"a path without a slash", client.Do(ctx, "GET", "lb/v1", nil, nil), "path"},
		{"no path", client.Do(ctx, "GET", "", nil, nil), "path"},
		{"a dotted path", client.Do(ctx, "GET", "/lb/v1/%2e%2e/x", nil, nil), "path"},
		{"no method", client.Do(ctx, "", "/lb/v1/x", nil, nil), "method"},
		{"an unknown method", client.Do(ctx, "get", "/lb/v1/x", nil, nil), "method"},
	}
	for _, tt := range tests {
		if !errors.Is(tt.err, lb.ErrInvalid) {
			t.Errorf("%s: %v; want an invalid argument", tt.name, tt.err)
			continue
		}
		contains(t, tt.name+": error", tt.err.Error(), tt.want)
	}
	if sent := w.all(); len(sent) != 0 {
		t.Errorf("sent %v; want nothing", sent)
	}
}

func TestDefaultPlaces(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, anything), WithDefaultZone("nl-ams-2"))
	for _, api := range []*API{client.Zone(""), client.Region("")} {
		if _, err := api.LBs.Get(t.Context(), testLB); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"GET /lb/v1/zones/nl-ams-2/lbs/" + testLB, "GET /lb/v1/regions/nl-ams/lbs/" + testLB}
	for i, sent := range w.all() {
		if sent.String() != want[i] {
			t.Errorf("sent %s; want %s", sent, want[i])
		}
	}
}

func TestWhatARequestCarries(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, anything), WithUserAgent("app/1.2"))
	zone := client.Zone(testZone)
	if _, err := zone.Backends.Get(t.Context(), testBackend); err != nil {
		t.Fatal(err)
	}
	if _, err := zone.Certificates.Update(t.Context(), testCertificate, CertificateUpdate{Name: "é<&"}); err != nil {
		t.Fatal(err)
	}
	read, write := w.all()[0], w.all()[1]
	for _, sent := range []sentRequest{read, write} {
		if got := sent.Header.Get("X-Auth-Token"); got != testSecret {
			t.Errorf("%s: token %q", sent, got)
		}
		contains(t, "user agent", sent.Header.Get("User-Agent"), "app/1.2 lbkit")
	}
	if read.Body != "" || read.Header.Get("Content-Type") != "" {
		t.Errorf("a GET has the body %q of type %q", read.Body, read.Header.Get("Content-Type"))
	}
	if write.Body != `{"name":"é<&"}` || write.Header.Get("Content-Type") != "application/json" {
		t.Errorf("a PUT has the body %s of type %q", write.Body, write.Header.Get("Content-Type"))
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, `{"ips":[{"id":"x"}]}`))
	var out struct {
		IPs []struct{ ID string }
	}
	err := client.Do(t.Context(), "POST", "/ipam/v1/regions/fr-par/ips?page=2&x=a%2Fb", map[string]int{"n": 1}, &out)
	if err != nil || len(out.IPs) != 1 || out.IPs[0].ID != "x" {
		t.Fatalf("Do = %v, %+v", err, out)
	}
	sent := w.only(t)
	if sent.String() != "POST /ipam/v1/regions/fr-par/ips" || sent.Query.Get("x") != "a/b" || sent.Body != `{"n":1}` || sent.Header.Get("X-Auth-Token") != testSecret {
		t.Errorf("sent %+v", sent)
	}
}

func TestOwnerOfWhatIsCreated(t *testing.T) {
	t.Parallel()
	both := []Option{WithProject(testProject), WithOrganization(testOrganization)}
	tests := []struct {
		name   string
		opts   []Option
		create IPCreate
		want   string
	}{
		{"nobody", nil, IPCreate{}, `{"is_ipv6":false}`},
		{"the client's project", both, IPCreate{}, `{"project_id":"` + testProject + `","is_ipv6":false}`},
		{"the client's organization", both[1:], IPCreate{}, `{"organization_id":"` + testOrganization + `","is_ipv6":false}`},
		{"the call's project", both, IPCreate{ProjectID: "p"}, `{"project_id":"p","is_ipv6":false}`},
		{"the call's organization", both, IPCreate{OrganizationID: "o"}, `{"organization_id":"o","is_ipv6":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, w := newWire(t, always(200, anything), tt.opts...)
			if _, err := client.Zone(testZone).IPs.Create(t.Context(), tt.create); err != nil {
				t.Fatal(err)
			}
			if got := w.only(t).Body; got != tt.want {
				t.Errorf("sent %s; want %s", got, tt.want)
			}
		})
	}
}

// TestAttemptTimeout: an API that never answers costs 30 s an attempt by
// default, what the option says, or what the caller's HTTP client says.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		http http.Client
		opts []Option
		want time.Duration
	}{
		{"default", http.Client{}, nil, 30 * time.Second},
		{"option", http.Client{Timeout: time.Minute}, []Option{WithAttemptTimeout(time.Second)}, time.Second},
		{"HTTP client", http.Client{Timeout: time.Minute}, nil, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tt.http.Transport = stalled{}
				opts := append([]Option{WithHTTPClient(&tt.http), WithRetry(lb.RetryPolicy{MaxAttempts: 1})}, tt.opts...)
				client, err := NewClient(lb.NewSecret(testSecret), opts...)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = client.Zone(testZone).LBs.Get(t.Context(), testLB)
				if took := time.Since(start); took != tt.want || !errors.Is(err, lb.ErrUnavailable) {
					t.Errorf("after %v: %v; want lb.ErrUnavailable after %v", took, err, tt.want)
				}
			})
		})
	}
}

// stalled is an API that never answers.
type stalled struct{}

func (stalled) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestSecretsDoNotShow prints all that holds a secret, in every way there is.
func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	const pem = "-----BEGIN PRIVATE KEY----- canary"
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	echo := func(r sentRequest) reply { // an API that repeats the request in its error
		return reply{status: 400, body: `{"message":"header X-Auth-Token ` + r.Header.Get("X-Auth-Token") + `"}`}
	}
	client, _ := newWire(t, echo, WithLogger(logger), WithProject(testProject))
	create := CertificateCreate{Name: "c", Custom: &CustomCertificate{CertificateChain: lb.NewSecret(pem)}}
	_, err := client.Zone(testZone).Certificates.Create(t.Context(), testLB, create)
	var native *Error
	if !errors.As(err, &native) {
		t.Fatalf("error is %v", err)
	}
	option := WithBaseURL("https://example.com")
	zone := client.Zone(testZone)
	auth := newTokenAuth(lb.NewSecret(testSecret))
	holders := []any{client, zone, *zone, *zone.LBs, create, *create.Custom, err, native, string(native.Body), option, auth, &auth}
	for _, holder := range holders {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			fmt.Fprintf(&log, verb, holder)
		}
		if text, err := json.Marshal(holder); err == nil {
			log.Write(text)
		}
		logger.Info("holder", "value", holder)
		slog.New(slog.NewTextHandler(&log, nil)).Info("holder", "value", holder)
	}
	for _, secret := range []string{testSecret, "canary"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q shows in %s", secret, log.String())
		}
	}
}

// TestOneClientForAll runs calls of every kind on one client at once, which the
// race detector watches.
func TestOneClientForAll(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/lbs") {
			_, _ = fmt.Fprintf(w, `{"lbs":[{"id":"%s"}],"total_count":1}`, testLB)
			return
		}
		_, _ = fmt.Fprint(w, anything)
	}))
	defer server.Close()
	client, err := NewClient(lb.NewSecret(testSecret), WithBaseURL(server.URL), WithHTTPClient(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			api := client.Zone(Zone(fmt.Sprintf("fr-par-%d", i%3+1)))
			if i%2 == 0 {
				api = client.Region(testRegion)
			}
			if err := useAll(t.Context(), api); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func useAll(ctx context.Context, api *API) error {
	for _, err := range api.LBs.List(ctx, LBListOptions{}) {
		if err != nil {
			return err
		}
	}
	if _, err := api.Backends.Get(ctx, testBackend); err != nil {
		return err
	}
	if _, err := api.Frontends.Create(ctx, testLB, FrontendCreate{Name: "f"}); err != nil {
		return err
	}
	_, err := api.Backends.SetServers(ctx, testBackend, []string{"10.0.0.1"})
	return err
}
