package rest_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// doer is what both clients have for any path.
type doer interface {
	Do(ctx context.Context, method, path string, in, out any) error
}

const someKey = "11111111-1111-4111-8111-111111111111"

// clientsOf are clients of the API at base, one of each kind of credentials, that
// send through own. The OAuth2 token comes from base too.
func clientsOf(t *testing.T, base string, own *http.Client) map[string]doer {
	t.Helper()
	secret := lb.NewSecret(someKey)
	out := map[string]doer{}
	for name, credentials := range map[string]ovh.Credentials{
		"ovh, signed":       ovh.ApplicationKey(someKey, secret, secret),
		"ovh, OAuth2":       ovh.OAuth2(someKey, secret),
		"ovh, access token": ovh.AccessToken(func(context.Context) (lb.Secret, error) { return secret, nil }),
	} {
		client, err := ovh.NewClient(ovh.Endpoint(base+"/v1"), credentials, ovh.WithHTTPClient(own), ovh.WithTokenURL(base+"/token"), ovh.WithRetry(quick))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = client
	}
	client, err := scaleway.NewClient(secret, scaleway.WithBaseURL(base), scaleway.WithHTTPClient(own), scaleway.WithRetry(quick))
	if err != nil {
		t.Fatal(err)
	}
	out["scaleway"] = client
	return out
}

// TestNoClientFollowsRedirects: wherever a redirect points to, that place sees
// nothing, of the API's calls and of the call for a token, and the error names it.
func TestNoClientFollowsRedirects(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(other.Close)
	_, port, err := net.SplitHostPort(other.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, secure := range []bool{false, true} {
			var place atomic.Value
			var asked atomic.Int32
			server := redirecting(&place, &asked, status, secure)
			t.Cleanup(server.Close)
			places := []string{other.URL + "/x", "http://localhost:" + port + "/x", server.URL + "/elsewhere"}
			for _, policy := range []func(*http.Request, []*http.Request) error{nil, func(*http.Request, []*http.Request) error { return nil }} {
				own := server.Client() // it trusts the server's certificate
				own.CheckRedirect = policy
				for name, client := range clientsOf(t, server.URL, own) {
					for _, to := range places {
						place.Store(to)
						for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
							asked.Store(0)
							err := client.Do(t.Context(), method, "/v1/x", nil, nil)
							var e *lb.Error
							if host, _, _ := strings.Cut(strings.TrimPrefix(to, "http://"), "/"); !errors.As(err, &e) || e.Status != status || !strings.Contains(err.Error(), host) && name != "ovh, OAuth2" && !strings.HasPrefix(to, server.URL) {
								t.Errorf("%s: %s %d to %s: %v", name, method, status, to, err)
							}
							if asked.Load() != 1 {
								t.Errorf("%s: %s %d to %s: %d requests", name, method, status, to, asked.Load())
							}
						}
					}
				}
			}
		}
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the other server saw %d requests", n)
	}
}

// redirecting redirects everything to place, except for the time, and counts.
func redirecting(place *atomic.Value, asked *atomic.Int32, status int, secure bool) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/auth/time") {
			_, _ = io.WriteString(w, strconv.FormatInt(time.Now().Unix(), 10))
			return
		}
		asked.Add(1)
		w.Header().Set("Location", place.Load().(string))
		w.WriteHeader(status)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	return server
}

// dials is a caller's HTTP client that counts the connections it makes to each
// address.
type dials struct {
	client http.Client
	count  map[string]*atomic.Int32
}

func countDials(t *testing.T, urls ...string) *dials {
	t.Helper()
	d := &dials{count: map[string]*atomic.Int32{}}
	for _, u := range urls {
		d.count[strings.TrimPrefix(u, "http://")] = new(atomic.Int32)
	}
	pool := &http.Transport{MaxIdleConnsPerHost: 8, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if n := d.count[address]; n != nil {
			n.Add(1)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(pool.CloseIdleConnections)
	d.client = http.Client{Transport: pool, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("not asked") }}
	return d
}

func (d *dials) to(url string) int32 { return d.count[strings.TrimPrefix(url, "http://")].Load() }

// TestConnectionsAreKept: a call leaves its connection fit for the next, whatever
// the API answered, and calls that fail elsewhere cost it nothing; the caller's
// HTTP client is as it was.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	ovhServer, scalewayServer := ovhtest.NewServer(), scalewaytest.NewServer()
	t.Cleanup(ovhServer.Close)
	t.Cleanup(scalewayServer.Close)
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close() // its port refuses connections now
	service := ovhServer.AddService("gra")
	d := countDials(t, ovhServer.URL, scalewayServer.URL)
	before := d.client
	keys := ovhServer.Credentials()
	credentials := ovh.ApplicationKey(keys.ApplicationKey, lb.NewSecret(keys.ApplicationSecret), lb.NewSecret(keys.ConsumerKey))
	ovhClient, err := ovh.NewClient(ovh.Endpoint(ovhServer.URL+"/v1"), credentials, ovh.WithHTTPClient(&d.client), ovh.WithRetry(quick))
	if err != nil {
		t.Fatal(err)
	}
	scalewayClient, err := scaleway.NewClient(scalewayServer.SecretKey(), scaleway.WithBaseURL(scalewayServer.URL), scaleway.WithHTTPClient(&d.client), scaleway.WithProject(scalewayServer.ProjectID()), scaleway.WithRetry(quick))
	if err != nil {
		t.Fatal(err)
	}
	broken := clientsOf(t, nobody.URL, &d.client)
	delete(broken, "ovh, OAuth2") // it waits for its token service
	farms, api := ovhClient.HTTP.Farms, scalewayClient.Zone(zone)
	for range 5 {
		calls := map[string]error{}
		_, calls["a list"] = lb.Collect(farms.List(t.Context(), service, ovh.FarmListOptions{}))
		_, calls["a create"] = farms.Create(t.Context(), service, ovh.HTTPFarmCreate{Zone: "all"})
		_, calls["an address"] = api.IPs.Create(t.Context(), scaleway.IPCreate{})
		_, calls["addresses"] = lb.Collect(api.IPs.List(t.Context(), scaleway.IPListOptions{}))
		for name, err := range calls {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := farms.Get(t.Context(), service, 999); !errors.Is(err, lb.ErrNotFound) {
			t.Error(err)
		}
		if _, err := farms.Create(t.Context(), service, ovh.HTTPFarmCreate{Zone: "nowhere"}); err == nil {
			t.Error("a farm in a zone that there is not")
		}
		if _, err := api.Backends.Get(t.Context(), someKey); !errors.Is(err, lb.ErrNotFound) {
			t.Error(err)
		}
		for name, client := range broken {
			if err := client.Do(t.Context(), http.MethodGet, "/x", nil, nil); !errors.Is(err, lb.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if a, b := d.to(ovhServer.URL), d.to(scalewayServer.URL); a != 1 || b != 1 {
		t.Errorf("%d connections to OVH, %d to Scaleway, want one each", a, b)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[http.Client]()) {
		was, is := reflect.ValueOf(before).FieldByIndex(f.Index), reflect.ValueOf(d.client).FieldByIndex(f.Index)
		if f.Type.Kind() == reflect.Func && was.Pointer() != is.Pointer() || f.Type.Kind() != reflect.Func && !reflect.DeepEqual(was.Interface(), is.Interface()) {
			t.Errorf("%s of the caller's client was changed", f.Name)
		}
	}
}
