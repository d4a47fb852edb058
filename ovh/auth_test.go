package ovh

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// The vectors of facts 2.3: OVH's published ones, then the project's own.
func TestSign(t *testing.T) {
	t.Parallel()
	type keys struct {
		secret, consumer string
		timestamp        int64
	}
	published := keys{"9ufkBmLaTQ9nz5yMUlg79taH0GNnzDjk", "5mBuy6SUQcRw2ZUxg0cG68BoDKpED4KY", 1457018875}
	own := keys{"appsecret0123456789appsecret0123", "consumerkey0123456789consumerkey", 1700000000}
	const eu, sn = "https://eu.api.ovh.com", "https://eu.api.ovh.com/v1/ipLoadbalancing/loadbalancer-0123456789abcdef"
	tests := []struct {
		name              string
		keys              keys
		method, url, body string
		want              string
	}{
		{"published get", published, "GET", eu + "/1.0/auth", "", "e9556054b6309771395efa467c22e627407461ad"},
		{"published post", published, "POST", eu + "/1.0/auth", `{"a":"b","c":"d"}`, "ec2fb5c7a81f64723c77d2e5b609ae6f58a84fc1"},
		{"published put", published, "PUT", eu + "/1.0/auth", `{"a":"b","c":"d"}`, "8a75a9e7c8e7296c9dbeda6a2a735eb6bd58ec4b"},
		{"published delete", published, "DELETE", eu + "/1.0/auth", "", "a1eecd00b3b02b6cf5708b84b9ff42059a950d85"},
		{"published 1.0", published, "GET", eu + "/1.0/call", "", "7f2db49253edfc41891023fcd1a54cf61db05fbb"},
		{"published v1", published, "GET", eu + "/v1/call", "", "e6e7906d385eb28adcbfbe6b66c1528a42d741ad"},
		{"published v2", published, "GET", eu + "/v2/call", "", "bb63b132a6f84ad5433d0c534d48d3f7c3804285"},
		{"A", own, "GET", eu + "/v1/ipLoadbalancing", "", "58935110989356d44d823d60b58b6275451f8d54"},
		{"B query", own, "GET", sn + "/task?action=refreshIplb&status=doing", "", "ebae6576e406f0df6ad8cfaa12393d1c438d6a75"},
		{"C empty object", own, "POST", sn + "/refresh", "{}", "8c36752a8760891d309a5b6543f7b897f68ce674"},
		{"D no body", own, "POST", sn + "/refresh", "", "372292a7a9f73a719c9b9453755ca36c29b69c33"},
		{"E CA", own, "POST", "https://ca.api.ovh.com/1.0/ipLoadbalancing/ip-1.2.3.4/http/farm", `{"zone":"all","port":80}`, "30b25d9ff42eb810b6f2f2deb7824c8953ec9ef6"},
		{"F UTF-8", own, "PUT", eu + "/v1/ipLoadbalancing/ip-1.2.3.4/http/frontend/42", `{"displayName":"café","disabled":true}`, "42b7777e2933f64d7152c4fa9005bfb62f3a1c1b"},
		{"F escaped", own, "PUT", eu + "/v1/ipLoadbalancing/ip-1.2.3.4/http/frontend/42", `{"displayName":"caf\u00e9","disabled":true}`, "06b8492e901ffa4852b40fd7dd6d990f6af23366"},
		{"G US", own, "DELETE", "https://api.us.ovhcloud.com/v1/ipLoadbalancing/ip-1.2.3.4/http/farm/7/server/9", "", "69c83d01adffcf48cea8b5cb3070773b30d36fd1"},
		{"H escaped slash", own, "POST", eu + "/v1/ip/203.0.113.10%2F32/move", `{"to":"loadbalancer-0123456789abcdef"}`, "77c50011b813a5db583cceddb83ad2fe39f76e68"},
		{"I commas", own, "GET", eu + "/v1/ipLoadbalancing/ip-1.2.3.4/http/farm/1,2,3", "", "4eeab89b98a8ae0f1aed481a6b13e2b7156e694b"},
		{"J port", own, "GET", "http://127.0.0.1:8080/1.0/ipLoadbalancing", "", "f89d71b1e52d2974280cfbd78c8acf6ff9a5bf15"},
		{"K escaped query", own, "GET", eu + "/v1/ipLoadbalancing/x/task?creationDate.from=2024-01-01T00%3A00%3A00%2B00%3A00", "", "353f9dceb2f8f529c4995965fbf84afe0c4ef01b"},
		{"method in lower case", own, "get", eu + "/v1/ipLoadbalancing", "", "58935110989356d44d823d60b58b6275451f8d54"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := sign(lb.NewSecret(test.keys.secret), lb.NewSecret(test.keys.consumer), test.method, test.url, []byte(test.body), test.keys.timestamp)
			if want := "$1$" + test.want; got != want {
				t.Errorf("sign = %s, want %s", got, want)
			}
		})
	}
}

// The server computes the signature from the request line as it received it.
func TestSignatureIsOfTheBytesSent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	w := &wire{handle: func(r *http.Request, body []byte) answerTo {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Method+" "+r.RequestURI+" "+string(body))
		return answerTo{body: `{"a":1}`}
	}}
	client := onLoopback(t, w)
	ctx := t.Context()
	tests := []struct {
		name, want string
		call       func() error
	}{
		{"slash, space, plus, comma and é in a parameter", "GET /v1/ipLoadbalancing/a%2Fb%20c+d%2C%C3%A9 ", func() error {
			_, err := client.LoadBalancers.Get(ctx, "a/b c+d,é")
			return err
		}},
		{"percent in a parameter", "GET /v1/ipLoadbalancing/100%25 ", func() error {
			_, err := client.LoadBalancers.Get(ctx, "100%")
			return err
		}},
		{"a block", "POST /v1/ip/203.0.113.10%2F32/move " + `{"to":"loadbalancer-1"}`, func() error {
			_, err := client.IPs.Move(ctx, "203.0.113.10/32", IPMove{To: "loadbalancer-1"})
			return err
		}},
		{"a query", "GET /v1/x?b=%2B+%2F,&a=%C3%A9 ", func() error {
			return client.Do(ctx, "get", "/x?b=%2B+%2F,&a=%C3%A9", nil, nil)
		}},
		{"an escaped path", "DELETE /v1/x/a%20b+c,%C3%A9%2Fd ", func() error {
			return client.Do(ctx, "DELETE", "/x/a%20b+c,%C3%A9%2Fd", nil, nil)
		}},
		{"a body that JSON libraries spell in several ways", `PUT /v1/x {"a":"é<&>/\u2028"}`, func() error {
			return client.Do(ctx, "PUT", "/x", map[string]string{"a": "é<&>/\u2028"}, nil)
		}},
	}
	for _, test := range tests {
		if err := test.call(); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		mu.Lock()
		if last := got[len(got)-1]; last != test.want {
			t.Errorf("%s: sent %q, want %q", test.name, last, test.want)
		}
		mu.Unlock()
	}
}

func TestUnescapedPathIsRefused(t *testing.T) {
	t.Parallel()
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		t.Errorf("sent %s", r.URL)
		return answerTo{}
	})
	for _, path := range []string{"", "x", "/x/é", "/x/a b", "/x#y", "/x/../y", "/x//y", "/x/%2e%2e/y", "/x/%zz"} {
		if err := client.Do(t.Context(), http.MethodGet, path, nil, nil); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("Do(%q) = %v, want ErrInvalid", path, err)
		}
	}
	if err := client.Do(t.Context(), "", "/x", nil, nil); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("Do without a method = %v, want ErrInvalid", err)
	}
}

func okAnswer(*http.Request, []byte) answerTo { return answerTo{body: `{"a":1}`} }

func TestClockIsReadOnceForManyCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{handle: okAnswer, ahead: -2 * time.Hour}
		gate := make(chan struct{})
		blocked := roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/auth/time") {
				select {
				case <-gate:
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}
			return w.RoundTrip(r)
		})
		client := newTestClient(t, EU, WithHTTPClient(&http.Client{Transport: blocked}))
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() { _, err := client.LoadBalancers.Get(ctx, "x"); first <- err }()
		synctest.Wait()
		others := make(chan error, 19)
		for range 19 {
			go func() { _, err := client.LoadBalancers.Get(t.Context(), "x"); others <- err }()
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case err := <-first: // its caller gave up, and it does not wait for the clock
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the caller that gave up got %v", err)
			}
		default:
			t.Error("the caller that gave up still waits")
		}
		close(gate)
		for range 19 {
			if err := <-others; err != nil {
				t.Errorf("a caller that waited got %v", err)
			}
		}
		if times, signed := w.counts(); times != 1 || signed != 19 {
			t.Errorf("%d calls of /auth/time and %d signed ones, want 1 and 19", times, signed)
		}
	})
}

func TestFailedClockIsNotKept(t *testing.T) {
	t.Parallel()
	w := &wire{handle: okAnswer}
	broken := true
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		if broken {
			return answerTo{status: http.StatusServiceUnavailable, header: http.Header{queryIDHeader: {"EU.ext-1.time"}}, body: "<h1>down</h1>"}.response(r), nil
		}
		return w.RoundTrip(r)
	})
	client := newTestClient(t, EU, WithHTTPClient(&http.Client{Transport: transport}), WithRetry(lb.RetryPolicy{MaxAttempts: 1}))
	_, err := client.HTTP.Farms.Create(t.Context(), "x", HTTPFarmCreate{Zone: "all"})
	var e *lb.Error
	if !errors.As(err, &e) || !errors.Is(err, lb.ErrUnavailable) || errors.Is(err, lb.ErrUncertain) {
		t.Fatalf("without a clock: %v, want ErrUnavailable and nothing uncertain", err)
	}
	if e.Op != "http.farms.create" || e.Status != http.StatusServiceUnavailable || e.RequestID != "EU.ext-1.time" {
		t.Errorf("without a clock: op %q, status %d, request %q", e.Op, e.Status, e.RequestID)
	}
	broken = false
	if _, err := client.LoadBalancers.Get(t.Context(), "x"); err != nil {
		t.Errorf("after the clock is back: %v", err)
	}
}

func TestClockStepHeals(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"INVALID_SIGNATURE", "QUERY_TIME_OUT"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{handle: okAnswer, timeout: code}
				client := inBubble(t, w)
				if _, err := client.LoadBalancers.Get(t.Context(), "x"); err != nil {
					t.Fatal(err)
				}
				w.step(time.Hour)
				// A create: what is refused so has not been carried out.
				if _, err := client.HTTP.Farms.Create(t.Context(), "x", HTTPFarmCreate{Zone: "all"}); err != nil {
					t.Errorf("after a step: %v", err)
				}
				if times, signed := w.counts(); times != 2 || signed != 3 {
					t.Errorf("%d calls of /auth/time and %d signed ones, want 2 and 3", times, signed)
				}
			})
		})
	}
}

func TestClockStepHealsForAllCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{handle: okAnswer}
		slow := roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := w.RoundTrip(r)
			pass(time.Duration(len(r.URL.Path)) * 10 * time.Millisecond) // so that answers come one after the other
			return resp, err
		})
		client := newTestClient(t, EU, WithHTTPClient(&http.Client{Transport: slow}))
		if _, err := client.LoadBalancers.Get(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		w.step(-time.Hour)
		var callers sync.WaitGroup
		for i := range 50 {
			callers.Go(func() {
				if _, err := client.LoadBalancers.Get(t.Context(), strings.Repeat("x", i+1)); err != nil {
					t.Errorf("caller %d: %v", i, err)
				}
			})
		}
		callers.Wait()
		if times, signed := w.counts(); times != 2 || signed != 101 {
			t.Errorf("%d calls of /auth/time and %d signed ones, want 2 and 101", times, signed)
		}
	})
}

func TestWrongSecretNeverLoops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{handle: okAnswer, secret: "another"}
		client := inBubble(t, w)
		call := func(wantTimes, wantSigned int) {
			t.Helper()
			_, err := client.LoadBalancers.Get(t.Context(), "x")
			var own *Error
			if !errors.Is(err, lb.ErrUnauthorized) || !errors.As(err, &own) || own.Code != "INVALID_SIGNATURE" {
				t.Errorf("a wrong secret: %v, want ErrUnauthorized with INVALID_SIGNATURE", err)
			}
			if times, signed := w.counts(); times != wantTimes || signed != wantSigned {
				t.Errorf("%d calls of /auth/time and %d signed ones, want %d and %d", times, signed, wantTimes, wantSigned)
			}
		}
		call(2, 2) // the clock may be to blame, once
		call(2, 3) // and not again so soon
		pass(rest.RenewalEvery)
		call(3, 5)
	})
}

// A step of our own clock shows in what the wall clock and the monotonic one say,
// before the API has to refuse anything.
func TestClockKnowsItsOwnSteps(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for step, want := range map[time.Duration]bool{0: true, time.Second: true, -time.Minute: false, time.Hour: false} {
		c := clock{wall: now.Round(0).Add(-step), monotonic: now}
		if c.steady() != want {
			t.Errorf("after a step of %s: steady is %t", step, !want)
		}
	}
}

// Each attempt has a timestamp and a signature of its own.
func TestRetriesAreSignedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stamps []string
		w := &wire{}
		w.handle = func(r *http.Request, _ []byte) answerTo {
			stamps = append(stamps, r.Header.Get(headerTimestamp))
			if len(stamps) < 3 {
				return answerTo{status: http.StatusServiceUnavailable, header: http.Header{"Retry-After": {"5"}}}
			}
			return answerTo{body: `{"a":1}`}
		}
		client := inBubble(t, w)
		if _, err := client.HTTP.Farms.Create(t.Context(), "x", HTTPFarmCreate{Zone: "all"}); err != nil {
			t.Fatal(err)
		}
		if len(stamps) != 3 || stamps[0] == stamps[1] || stamps[1] == stamps[2] {
			t.Errorf("timestamps %v, want three different ones", stamps)
		}
	})
}
