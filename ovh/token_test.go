package ovh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func staticToken(context.Context) (lb.Secret, error) { return lb.NewSecret("static-token"), nil }

// tokens is a token service and an API that takes its latest token.
type tokens struct {
	mu      sync.Mutex
	issued  int
	revoked int // tokens up to this one are refused
	asked   []url.Values
	refuse  func(n int) *answerTo // of the n-th request for a token
	life    int                   // seconds; 0: 3599
}

func (s *tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Host != "www.ovh.com" {
		return s.api(r).response(r), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	s.asked = append(s.asked, form)
	if s.refuse != nil {
		if a := s.refuse(len(s.asked)); a != nil {
			return a.response(r), nil
		}
	}
	s.issued++
	life := s.life
	if life == 0 {
		life = 3599
	}
	a := answerTo{header: http.Header{"Content-Type": {"application/json"}}, body: fmt.Sprintf(`{"access_token":"token-%d","token_type":"Bearer","expires_in":%d,"scope":"all"}`, s.issued, life)}
	return a.response(r), nil
}

func (s *tokens) api(r *http.Request) answerTo {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Ovh-") {
			return answerTo{status: http.StatusBadRequest, body: `{"message":"a signature's header on a call with a token"}`}
		}
	}
	var n int
	if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d", &n); err != nil || n <= s.revoked {
		return answerTo{status: http.StatusUnauthorized, body: `{"class":"Client::Unauthorized","message":"You must login first"}`}
	}
	return answerTo{body: `{"a":1}`}
}

func (s *tokens) client(t *testing.T) *Client {
	t.Helper()
	client, err := NewClient(EU, OAuth2("client-id", lb.NewSecret("client-secret")), WithHTTPClient(&http.Client{Transport: s}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func get(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.LoadBalancers.Get(t.Context(), "x")
	return err
}

func TestOAuth2(t *testing.T) {
	t.Parallel()
	t.Run("one token for many callers", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &tokens{}
			client := s.client(t)
			var callers sync.WaitGroup
			for range 20 {
				callers.Go(func() {
					if err := get(t, client); err != nil {
						t.Error(err)
					}
				})
			}
			callers.Wait()
			if len(s.asked) != 1 {
				t.Fatalf("asked for %d tokens, want 1", len(s.asked))
			}
			want := url.Values{"grant_type": {"client_credentials"}, "scope": {"all"}, "client_id": {"client-id"}, "client_secret": {"client-secret"}}
			if got := s.asked[0].Encode(); got != want.Encode() {
				t.Errorf("asked with %s, want %s", got, want.Encode())
			}
		})
	})
	t.Run("renewed before it expires", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &tokens{}
			client := s.client(t)
			for range 2 {
				if err := get(t, client); err != nil {
					t.Fatal(err)
				}
			}
			pass(3599*time.Second - tokenMargin)
			if err := get(t, client); err != nil || s.issued != 2 {
				t.Errorf("at the end of a token: %v, %d issued, want 2", err, s.issued)
			}
		})
	})
	t.Run("once more after a refusal, for a create too", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &tokens{}
			client := s.client(t)
			if err := get(t, client); err != nil {
				t.Fatal(err)
			}
			s.revoked = 1
			if _, err := client.HTTP.Farms.Create(t.Context(), "x", HTTPFarmCreate{Zone: "all"}); err != nil || s.issued != 2 {
				t.Errorf("after a token is revoked: %v, %d issued, want 2", err, s.issued)
			}
			s.revoked = 1000
			if err := get(t, client); !errors.Is(err, lb.ErrUnauthorized) || s.issued != 2 {
				t.Errorf("refused for good: %v, %d issued, want ErrUnauthorized and 2", err, s.issued)
			}
		})
	})
	t.Run("service in trouble", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &tokens{refuse: func(n int) *answerTo {
				if n < 3 {
					return &answerTo{status: http.StatusServiceUnavailable, body: "<h1>down</h1>"}
				}
				return nil
			}}
			if err := get(t, s.client(t)); err != nil || len(s.asked) != 3 {
				t.Errorf("%v after %d requests, want a token from the third", err, len(s.asked))
			}
		})
	})
}

func TestOAuth2Refused(t *testing.T) {
	t.Parallel()
	asJSON := http.Header{"Content-Type": {"application/json"}}
	tests := []struct {
		name   string
		answer answerTo
		code   error
		text   string
		asked  int
	}{
		{"400", answerTo{status: http.StatusBadRequest, header: asJSON, body: `{"error":"invalid_client","error_description":"no such client"}`}, lb.ErrUnauthorized, "no such client [invalid_client]", 1},
		{"200 with an error", answerTo{header: asJSON, body: `{"error":"invalid_client","error_description":"no such client"}`}, lb.ErrUnauthorized, "invalid_client", 1},
		{"200 without a token", answerTo{header: asJSON, body: `{}`}, lb.ErrUnavailable, "missing access_token", 3},
		{"503", answerTo{status: http.StatusServiceUnavailable, body: "<h1>down</h1>"}, lb.ErrUnavailable, "down", 3},
		{"429", answerTo{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {"7"}}}, lb.ErrRateLimited, "retry after 7s", 1},
		{"redirect", answerTo{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {"https://elsewhere.example/"}}}, lb.ErrUnauthorized, "Temporary Redirect", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &tokens{refuse: func(int) *answerTo { return &test.answer }}
				err := get(t, s.client(t))
				if !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.text) || len(s.asked) != test.asked {
					t.Errorf("%v after %d requests, want %v with %q after %d", err, len(s.asked), test.code, test.text, test.asked)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), "client-secret") {
					t.Error("the error holds the secret")
				}
			})
		})
	}
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	s := &tokens{revoked: 1}
	next := 0
	client, err := NewClient(EU, AccessToken(func(context.Context) (lb.Secret, error) {
		next++
		return lb.NewSecret(fmt.Sprintf("token-%d", next)), nil
	}), WithHTTPClient(&http.Client{Transport: s}))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := get(t, client); err != nil {
			t.Fatal(err)
		}
	}
	if next != 2 {
		t.Errorf("the function was called %d times, want 2: once, and after a refusal", next)
	}
	failing := errors.New("vault is sealed")
	for name, test := range map[string]struct {
		token func(context.Context) (lb.Secret, error)
		want  error
	}{
		"error":      {func(context.Context) (lb.Secret, error) { return lb.Secret{}, failing }, failing},
		"empty":      {func(context.Context) (lb.Secret, error) { return lb.Secret{}, nil }, lb.ErrUnauthorized},
		"line break": {func(context.Context) (lb.Secret, error) { return lb.NewSecret("canary\n"), nil }, lb.ErrUnauthorized},
	} {
		client, err := NewClient(EU, AccessToken(test.token), WithHTTPClient(&http.Client{Transport: s}))
		if err != nil {
			t.Fatal(err)
		}
		err = get(t, client)
		if !errors.Is(err, test.want) || !errors.Is(err, lb.ErrUnauthorized) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOAuth2Echo: a token service, or a proxy before it, that repeats the request in its
// answer does not carry the secret into errors.
func TestOAuth2Echo(t *testing.T) {
	t.Parallel()
	const secret = "canary/Client+Secret=0123456789"
	for _, form := range []string{`{"error":"x","error_description":"%s"}`, `{"error":"%s"}`, "<pre>%s</pre>", "{%s"} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusBadGateway} {
			synctest.Test(t, func(t *testing.T) {
				transport := roundTripper(func(r *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return nil, err
					}
					said := strings.Repeat("-", 500-len(form)) + string(body) + secret // the end of an excerpt is in a secret
					return answerTo{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: fmt.Sprintf(form, said)}.response(r), nil
				})
				client, err := NewClient(EU, OAuth2("client-id", lb.NewSecret(secret)), WithHTTPClient(&http.Client{Transport: transport}))
				if err != nil {
					t.Fatal(err)
				}
				if err = get(t, client); err == nil || strings.Contains(err.Error(), "canary") {
					t.Errorf("%d %s: %v", status, form, err)
				}
			})
		}
	}
}

// What a refusal carries along can be anything; nothing of it may follow a
// redirect.
func TestNoRedirectGetsCredentials(t *testing.T) {
	t.Parallel()
	for _, credentials := range []Credentials{testCredentials(), AccessToken(staticToken), OAuth2("client-id", lb.NewSecret("client-secret"))} {
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.URL.Host == "elsewhere.example":
				t.Errorf("%v: a request went to another host", credentials)
			case strings.HasSuffix(r.URL.Path, "/auth/time"):
				return answerTo{body: "1700000000"}.response(r), nil
			case r.URL.Path == "/auth/oauth2/token":
				return answerTo{header: http.Header{"Content-Type": {"application/json"}}, body: `{"access_token":"token-1"}`}.response(r), nil
			}
			return answerTo{status: http.StatusFound, header: http.Header{"Location": {"https://elsewhere.example/x"}}}.response(r), nil
		})
		client, err := NewClient(EU, credentials, WithHTTPClient(&http.Client{Transport: transport}))
		if err != nil {
			t.Fatal(err)
		}
		if err := get(t, client); err == nil || !strings.Contains(err.Error(), "elsewhere.example") {
			t.Errorf("%v: %v, want an error that names the other host", credentials, err)
		}
	}
}
