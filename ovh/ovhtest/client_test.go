package ovhtest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// The SDK's own client is understood: signed calls, with and without bodies,
// paths that need escapes, errors.
func TestClient(t *testing.T) {
	t.Parallel()
	for _, pipe := range []bool{false, true} {
		synctestIf(t, pipe, func(t *testing.T) {
			opts := []ovhtest.Option{ovhtest.WithManualClock()}
			if pipe {
				opts = append(opts, ovhtest.WithPipe())
			}
			s := ovhtest.NewServer(opts...)
			defer s.Close()
			c, err := s.Client()
			if err != nil {
				t.Fatal(err)
			}
			base := "/ipLoadbalancing/" + s.AddService()
			var farm struct {
				FarmID int64 `json:"farmId"`
			}
			if err := c.Do(t.Context(), http.MethodPost, base+"/http/farm", map[string]any{"zone": "all"}, &farm); err != nil || farm.FarmID == 0 {
				t.Errorf("farm %+v, %v", farm, err)
			}
			if err := c.Do(t.Context(), http.MethodPut, base, map[string]string{"displayName": "café"}, nil); err != nil {
				t.Error(err)
			}
			s.Advance(time.Hour) // the client measures the server's time anew
			if err := c.Do(t.Context(), http.MethodGet, base, nil, nil); err != nil {
				t.Error(err)
			}
			err = c.Do(t.Context(), http.MethodGet, base+"/zone/a%2Fb,c%20d+%C3%A9", nil, nil)
			var refused *lb.Error
			if !errors.As(err, &refused) || !errors.Is(err, lb.ErrNotFound) || refused.RequestID == "" {
				t.Errorf("error %v", err)
			}
		})
	}
}

// synctestIf runs a test in a bubble of its own, or as it is.
func synctestIf(t *testing.T, bubble bool, test func(t *testing.T)) {
	t.Helper()
	if bubble {
		synctest.Test(t, test)
		return
	}
	test(t)
}

// A client with client credentials gets a token, and another one when the first
// has expired.
func TestClientWithOAuth2(t *testing.T) {
	t.Parallel()
	s := ovhtest.NewServer(ovhtest.WithManualClock())
	defer s.Close()
	own := s.OAuth2Client()
	c, err := ovh.NewClient(ovh.Endpoint(s.URL+"/v1"), ovh.OAuth2(own.ID, lb.NewSecret(own.Secret)),
		ovh.WithHTTPClient(s.HTTPClient()), ovh.WithTokenURL(s.TokenURL()))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		details, err := c.Auth.Details(t.Context())
		if err != nil || details.Method != ovh.AuthMethodOAuth2 {
			t.Errorf("details %+v, %v", details, err)
		}
		s.Advance(time.Hour)
	}
	tokens := 0
	for _, r := range s.Requests() {
		if strings.HasSuffix(s.TokenURL(), r.URL.Path) {
			tokens++
		}
	}
	if tokens != 2 {
		t.Errorf("%d tokens were asked for, want 2", tokens)
	}
}

// An application gets a consumer key, which works once the owner has validated it.
func TestClientGetsAConsumerKey(t *testing.T) {
	t.Parallel()
	s := ovhtest.NewServer()
	defer s.Close()
	application, err := ovh.NewClient(ovh.Endpoint(s.URL+"/v1"), ovh.Application(s.Credentials().ApplicationKey), ovh.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	made, err := application.Auth.RequestCredential(t.Context(), ovh.CredentialRequest{Rules: ovh.AccessRules()})
	if err != nil {
		t.Fatal(err)
	}
	key := made.ConsumerKey.Secret
	c, err := ovh.NewClient(ovh.Endpoint(s.URL+"/v1"),
		ovh.ApplicationKey(s.Credentials().ApplicationKey, lb.NewSecret(s.Credentials().ApplicationSecret), key), ovh.WithHTTPClient(s.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Auth.CurrentCredential(t.Context()); !errors.Is(err, lb.ErrUnauthorized) {
		t.Errorf("before its validation: %v", err)
	}
	s.ValidateCredential(key.Reveal(), time.Hour)
	got, err := c.Auth.CurrentCredential(t.Context())
	if err != nil || got.Status != ovh.CredentialValidated || got.Expiration == nil {
		t.Errorf("credential %+v, %v", got, err)
	}
	if err := c.Auth.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Auth.CurrentCredential(t.Context()); !errors.Is(err, lb.ErrUnauthorized) {
		t.Errorf("after the logout: %v", err)
	}
}

func TestFaultsStandInTheClientsWay(t *testing.T) {
	t.Parallel()
	s := ovhtest.NewServer(ovhtest.WithManualClock())
	defer s.Close()
	c, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	s.Faults().On(func(r *http.Request) bool { return r.Method == http.MethodPut }).Status(http.StatusTeapot, `{"message":"short and stout"}`)
	base := "/ipLoadbalancing/" + s.AddService()
	if err := c.Do(t.Context(), http.MethodPut, base, map[string]string{"displayName": "x"}, nil); err == nil {
		t.Error("the fault did not show")
	}
	if err := c.Do(t.Context(), http.MethodGet, base, nil, nil); err != nil {
		t.Error(err)
	}
}
