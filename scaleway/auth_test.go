package scaleway

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

const (
	firstKey  = "0a1b2c3d-2222-4000-8000-000000000001"
	secondKey = "0a1b2c3d-2222-4000-8000-000000000002"
)

// vault is where a client's secret key is, and an API that takes the good one alone.
type vault struct {
	key, good string
	err       error
	asked     int
	sent      []string // the keys of all requests
}

// client is one whose keys are v's.
func (v *vault) client(t *testing.T) *Client {
	t.Helper()
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		key := r.Header.Get("X-Auth-Token")
		v.sent = append(v.sent, key)
		if key != v.good {
			return httpmock.NewStringResponse(http.StatusUnauthorized, `{"type":"denied_authentication","method":"api_key","reason":"expired"}`), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, anything), nil
	})
	source := func(context.Context) (lb.Secret, error) {
		v.asked++
		return lb.NewSecret(v.key), v.err
	}
	client, err := NewClient(lb.Secret{}, WithSecretKeyFunc(source), WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func readLB(t *testing.T, client *Client) error {
	t.Helper()
	_, err := client.Zone(testZone).LBs.Get(t.Context(), testLB)
	return err
}

// TestSecretKeyIsRotated: a key is asked for once and used until the API refuses it. The call
// that was refused goes out once more, with the next one.
func TestSecretKeyIsRotated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: firstKey, good: firstKey}
		client := v.client(t)
		for i := range 4 {
			if i == 2 {
				v.key, v.good = secondKey, secondKey
			}
			if err := readLB(t, client); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{firstKey, firstKey, firstKey, secondKey, secondKey}
		if !slices.Equal(v.sent, want) || v.asked != 2 {
			t.Errorf("asked %d times, sent %v", v.asked, v.sent)
		}
	})
}

// TestSecretKeyThatStaysBad: where asking makes nothing better, it is not done for each call.
func TestSecretKeyThatStaysBad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vault{key: firstKey, good: secondKey}
		client := v.client(t)
		for range 5 {
			if err := readLB(t, client); !errors.Is(err, lb.ErrUnauthorized) {
				t.Fatal(err)
			}
		}
		if v.asked != 2 {
			t.Errorf("asked %d times", v.asked)
		}
		<-time.After(rest.RenewalEvery)
		v.key = secondKey
		if err := readLB(t, client); err != nil || v.asked != 3 {
			t.Errorf("asked %d times by then: %v", v.asked, err)
		}
	})
}

// TestSecretKeyThatIsNotThere: without a key nothing is sent, and no error shows what came in
// its place.
func TestSecretKeyThatIsNotThere(t *testing.T) {
	t.Parallel()
	sealed := errors.New("the vault is sealed")
	for name, v := range map[string]*vault{
		"an error":    {err: sealed},
		"nothing":     {},
		"not one key": {key: firstKey + "\n"},
	} {
		err := readLB(t, v.client(t))
		if e := failed(t, err); !errors.Is(e, lb.ErrUnauthorized) || errors.Is(e, sealed) != (v.err != nil) || len(v.sent) > 0 {
			t.Errorf("%s: %v, sent %d requests", name, err, len(v.sent))
		}
		if strings.Contains(err.Error(), firstKey) {
			t.Errorf("%s: %v shows the key", name, err)
		}
	}
}

// TestSecretKeyOfAFunctionBesideTheEnvironment: the environment need not have a key then, and
// what it has is not used.
func TestSecretKeyOfAFunctionBesideTheEnvironment(t *testing.T) {
	t.Parallel()
	source := WithSecretKeyFunc(func(context.Context) (lb.Secret, error) { return lb.NewSecret(firstKey), nil })
	for _, variables := range []map[string]string{{}, {"SCW_SECRET_KEY": secondKey}} {
		var sent string
		transport := httpmock.NewMockTransport()
		transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			sent = r.Header.Get("X-Auth-Token")
			return httpmock.NewStringResponse(http.StatusOK, anything), nil
		})
		client, err := readFrom(t, variables, nil, source, WithHTTPClient(&http.Client{Transport: transport}))
		if err != nil {
			t.Fatal(err)
		}
		if err := readLB(t, client); err != nil || sent != firstKey {
			t.Errorf("sent %q, %v", sent, err)
		}
	}
	if _, err := readFrom(t, map[string]string{"SCW_INSECURE": "true"}, nil, source); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("insecure: %v", err)
	}
	_, err := readFrom(t, nil, map[string]string{".config/scw/config.yaml": configFile}, WithProfile("nobody"))
	if err == nil || !strings.Contains(err.Error(), `WithProfile: no profile "nobody"`) {
		t.Errorf("an unknown profile: %v", err)
	}
}
