package rest_test

import (
	"crypto/sha1" //nolint:gosec // G505: the API's signature is made with it
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// signedRequest is what the server received of one signed request.
type signedRequest struct {
	timestamp, signature, body string
	valid                      bool
}

// signedRequests are those of a method, in order, with whether each signature is
// that of the bytes that came.
func signedRequests(t *testing.T, server *ovhtest.Server, method string) (out []signedRequest) {
	t.Helper()
	keys := server.Credentials()
	for _, r := range server.Requests() {
		if r.Method != method || r.Header.Get("X-Ovh-Signature") == "" {
			continue
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		s := signedRequest{timestamp: r.Header.Get("X-Ovh-Timestamp"), signature: r.Header.Get("X-Ovh-Signature"), body: string(body)}
		parts := []string{keys.ApplicationSecret, keys.ConsumerKey, method, "http://" + r.Host + r.RequestURI, s.body, s.timestamp}
		sum := sha1.Sum([]byte(strings.Join(parts, "+"))) //nolint:gosec // G401: as above
		s.valid = s.signature == "$1$"+hex.EncodeToString(sum[:])
		out = append(out, s)
	}
	return out
}

func times(server *ovhtest.Server) (n int) {
	for _, r := range server.Requests() {
		if strings.HasSuffix(r.URL.Path, "/auth/time") {
			n++
		}
	}
	return n
}

// TestAttemptsAreSigned: each attempt has a timestamp and a signature of its own
// over the bytes that went out, the same bytes each time.
func TestAttemptsAreSigned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := ovhtest.NewServer(ovhtest.WithPipe())
		t.Cleanup(server.Close)
		client, err := server.Client()
		if err != nil {
			t.Fatal(err)
		}
		service := server.AddService("gra")
		server.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPut }).Times(2).Replace(http.StatusServiceUnavailable, "").RetryAfter(5 * time.Second)
		if err := client.LoadBalancers.Update(t.Context(), service, ovh.LoadBalancerUpdate{DisplayName: ovh.Value("é/<&>")}); err != nil {
			t.Fatal(err)
		}
		sent := signedRequests(t, server, http.MethodPut)
		if len(sent) != 3 || times(server) != 1 {
			t.Fatalf("%d attempts and %d calls for the time, want 3 and 1", len(sent), times(server))
		}
		for i, s := range sent {
			if !s.valid || s.body != sent[0].body || s.body == "" {
				t.Errorf("attempt %d: %+v, the first carried %q", i+1, s, sent[0].body)
			}
			for _, earlier := range sent[:i] {
				if s.timestamp == earlier.timestamp || s.signature == earlier.signature {
					t.Errorf("attempt %d has the timestamp or the signature of another", i+1)
				}
			}
		}
	})
}

// TestClockHealsOnTheWire: an hour between two clocks costs one call for the time
// and one repeat, a POST's too; twenty calls at once share both.
func TestClockHealsOnTheWire(t *testing.T) {
	t.Parallel()
	server := ovhtest.NewServer()
	t.Cleanup(server.Close)
	client, err := server.Client(ovh.WithRetry(quick))
	if err != nil {
		t.Fatal(err)
	}
	service := server.AddService("gra")
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if _, err := client.LoadBalancers.Get(t.Context(), service); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if n := times(server); n != 1 {
		t.Errorf("20 first calls asked for the time %d times", n)
	}
	server.Advance(time.Hour)
	if _, err := client.HTTP.Farms.Create(t.Context(), service, ovh.HTTPFarmCreate{Zone: "all"}); err != nil {
		t.Fatal(err)
	}
	if posts := signedRequests(t, server, http.MethodPost); len(posts) != 2 || times(server) != 2 {
		t.Errorf("%d POSTs and %d calls for the time, want 2 and 2", len(posts), times(server))
	}
	farms, err := client.HTTP.Farms.ListIDs(t.Context(), service, ovh.FarmListOptions{})
	if err != nil || len(farms) != 1 {
		t.Errorf("farms %v, %v; want one", farms, err)
	}
}

// TestWrongKeysNeverLoop: whichever key is wrong, the call fails as unauthorized
// after as many requests as it takes to know.
func TestWrongKeysNeverLoop(t *testing.T) {
	t.Parallel()
	server := ovhtest.NewServer()
	t.Cleanup(server.Close)
	service := server.AddService("gra")
	right := server.Credentials()
	wrong := lb.NewSecret("00000000000000000000000000000000")
	secret, consumer := lb.NewSecret(right.ApplicationSecret), lb.NewSecret(right.ConsumerKey)
	own := server.OAuth2Client()
	for name, tt := range map[string]struct {
		credentials ovh.Credentials
		requests    int // at most
	}{
		"application key": {ovh.ApplicationKey("0000000000000000", secret, consumer), 2},
		"secret":          {ovh.ApplicationKey(right.ApplicationKey, wrong, consumer), 4}, // the clock may be to blame
		"consumer key":    {ovh.ApplicationKey(right.ApplicationKey, secret, wrong), 2},
		"client secret":   {ovh.OAuth2(own.ID, wrong), 1},
	} {
		client, err := ovh.NewClient(ovh.Endpoint(server.URL+"/v1"), tt.credentials, ovh.WithHTTPClient(server.HTTPClient()), ovh.WithTokenURL(server.TokenURL()), ovh.WithRetry(quick))
		if err != nil {
			t.Fatal(err)
		}
		before := len(server.Requests())
		if _, err := client.LoadBalancers.Get(t.Context(), service); !errors.Is(err, lb.ErrUnauthorized) {
			t.Errorf("%s: %v, want %v", name, err, lb.ErrUnauthorized)
		}
		if n := len(server.Requests()) - before; n > tt.requests {
			t.Errorf("%s: %d requests, want at most %d", name, n, tt.requests)
		}
	}
}
