package rest

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// served is a client of an ordinary server on loopback that counts connections.
func served(t *testing.T, handler http.HandlerFunc, config Config) (*Client, *atomic.Int32) {
	t.Helper()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	config.BaseURL = server.URL
	c := newClient(t, config)
	t.Cleanup(c.http.Transport.(*transport).next.(interface{ CloseIdleConnections() }).CloseIdleConnections)
	return c, &connections
}

// TestAnswerForms: an answer is read whatever frames it, and each leaves its
// connection fit for the next call.
func TestAnswerForms(t *testing.T) {
	t.Parallel()
	forms := map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a":1}`) },
		"no content type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, `{"a":1}`)
		},
		"chunked": func(w http.ResponseWriter, _ *http.Request) {
			for _, part := range []string{`{"a"`, `:1`, `}`, "\n"} {
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
		},
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, `{"a":1}`)
			_ = z.Close()
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, connections := served(t, form, Config{})
			for range 20 {
				if out, _, err := callA(t.Context(), c, http.MethodGet); err != nil || out.A != 1 {
					t.Fatalf("%+v, %v", out, err)
				}
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections for 20 calls", n)
			}
		})
	}
}

// TestEmptyAnswers: a call that expects nothing takes any JSON, and no web page; one that may
// get nothing leaves its target alone; 204 is allowed to be empty, but for Get.
func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", " null\n", `"text"`, `{"a":1}`} {
		c, _ := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, Config{})
		if _, err := c.Do(t.Context(), Call{Method: http.MethodPut, Route: "/a"}); err != nil {
			t.Errorf("void, %q: %v", body, err)
		}
	}
	c, _ := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Log in") }, Config{Retry: quick})
	_, err := c.Do(t.Context(), Call{Method: http.MethodPut, Route: "/a"})
	wantCode(t, err, lb.ErrUnavailable)
	c, _ = served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "null") }, Config{})
	out := answerA{A: 5}
	if _, err := c.Do(t.Context(), Call{Method: http.MethodGet, Route: "/a", Out: &out, OptionalAnswer: true}); err != nil || out.A != 5 {
		t.Errorf("%+v, %v", out, err)
	}
	c, _ = served(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, Config{})
	if _, err := c.Do(t.Context(), Call{Method: http.MethodGet, Route: "/a", Out: &out}); err != nil {
		t.Errorf("204: %v", err)
	}
}

type answerABC struct {
	A int    `json:"a"`
	B string `json:"b"`
	C int    `json:"c"`
}

// ownABC reads an answer in its own way.
type ownABC struct{ answerABC }

func (o *ownABC) DecodeBody(data []byte) error {
	*o = ownABC{}
	return Decode(data, &o.answerABC)
}

// TestNoTraceOfAnEarlierAttempt: what an unreadable answer wrote is gone after it,
// whatever the next one is: another object, none, or none needed. Nor is anything
// left of what the caller had there.
func TestNoTraceOfAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method string
		next   deed
		want   answerABC
	}{
		"an object":      {http.MethodGet, says(200, "", `{"a":2}`), answerABC{A: 2}},
		"nothing":        {http.MethodGet, says(200, "", ""), answerABC{}},
		"204":            {http.MethodGet, says(204, "", ""), answerABC{}},
		"gone meanwhile": {http.MethodDelete, says(404, "", ""), answerABC{}},
	} {
		for _, unreadable := range []string{`{"a":1,"b":"x","c":"not a number"}`, `{"a":1,"b":"x","c":`} {
			plain, own := answerABC{B: "before"}, ownABC{}
			for _, out := range []any{&plain, &own} {
				w := newWire(t, says(200, "", unreadable), tt.next)
				c := newClient(t, Config{BaseURL: w.url(), Retry: quick})
				if _, err := c.Do(t.Context(), Call{Method: tt.method, Route: "/a", Out: out, OptionalAnswer: true}); err != nil {
					t.Errorf("%s after %s: %v", name, unreadable, err)
				}
			}
			if plain != tt.want || own.answerABC != tt.want {
				t.Errorf("%s after %s: %+v, and read in its own way %+v", name, unreadable, plain, own)
			}
		}
	}
	out := answerABC{B: "before"}
	w := newWire(t, says(200, "", `{"a":2}`))
	if _, err := newClient(t, Config{BaseURL: w.url()}).Do(t.Context(), Call{Method: http.MethodGet, Route: "/a", Out: &out}); err != nil || out != (answerABC{A: 2}) {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestUnreadableAnswersAreNotQuoted: an answer that cannot be read may hold what
// it was asked for, such as a key. A page that is no JSON is quoted.
func TestUnreadableAnswersAreNotQuoted(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"key":"canary","a":"x"}`, `["canary"]`, `"canary"`, ` {"key":"canary"`, `{"a":1} canary`, "\xef\xbb\xbf{\"key\":\"canary\"}"} {
		c, _ := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, Config{Retry: quick})
		_, _, err := callA(t.Context(), c, http.MethodPost)
		wantCode(t, err, lb.ErrUncertain)
		_, err2 := c.Do(t.Context(), Call{Method: http.MethodPost, Route: "/a", In: struct{}{}})
		if text := fmt.Sprintf("%v %+v %v", err, err, err2); strings.Contains(text, "canary") {
			t.Errorf("%q: %s", body, text)
		}
	}
	c, _ := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>Log in") }, Config{Retry: quick})
	if _, _, err := callA(t.Context(), c, http.MethodGet); !strings.Contains(err.Error(), "<h1>Log in") {
		t.Error(err)
	}
}

// TestHead: an answer to HEAD has no body to read.
func TestHead(t *testing.T) {
	t.Parallel()
	c, connections := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a":1}`) }, Config{})
	for range 2 {
		if _, meta, err := callA(t.Context(), c, http.MethodHead); err != nil || meta.Attempts != 1 {
			t.Errorf("%d attempts, %v", meta.Attempts, err)
		}
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections", connections.Load())
	}
}

// TestPoolSurvives: failing calls cost the connections of other callers of the
// same http.Client nothing.
func TestPoolSurvives(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a":1}`) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	shared := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(shared.CloseIdleConnections)
	healthy := newClient(t, Config{BaseURL: server.URL, HTTPClient: shared})
	broken := newWire(t, resetAfter)
	failing := newClient(t, Config{BaseURL: broken.url(), HTTPClient: shared, Retry: quick})
	for range 5 {
		if _, _, err := callA(t.Context(), healthy, http.MethodGet); err != nil {
			t.Fatal(err)
		}
		for _, method := range methods {
			if _, _, err := callA(t.Context(), failing, method); err == nil {
				t.Fatal("a broken server answered")
			}
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections to the healthy server", n)
	}
}

// TestRedirects are handed back as an error that names the host; the place they
// point to sees nothing, credentials least of all.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(other.Close)
	_, port, err := net.SplitHostPort(other.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		other.URL + "/x":             "redirected to " + other.URL,
		"http://localhost:" + port:   "redirected to http://localhost:" + port,
		"/elsewhere":                 "another path of the same host",
		"":                           "an unknown place",
		"https://login.test/a?b=c#d": "redirected to https://login.test;",
		"http://%zz":                 "an unknown place",
	}
	for place, want := range places {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, own := range []*http.Client{nil, {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
				var calls atomic.Int32
				c, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
					calls.Add(1)
					if place != "" {
						w.Header().Set("Location", place)
					}
					w.WriteHeader(status)
				}, Config{HTTPClient: own})
				for _, method := range methods {
					calls.Store(0)
					_, _, err := callA(t.Context(), c, method)
					e := errorOf(t, err, lb.ErrInvalid)
					if e.Status != status || !strings.Contains(err.Error(), want) || calls.Load() != 1 {
						t.Errorf("%s %d to %q: %d calls, %v", method, status, place, calls.Load(), err)
					}
					if strings.Contains(err.Error(), "b=c") {
						t.Errorf("the error repeats the query: %v", err)
					}
				}
			}
		}
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the other server saw %d requests", n)
	}
}

// TestRefusedCredentials: one more attempt where fresh credentials may help, and
// never a second.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		a := &counter{renew: true}
		w := newWire(t, says(401, "", ""), fine)
		if _, meta, err := callA(t.Context(), newClient(t, Config{BaseURL: w.url(), Auth: a, Retry: lb.RetryPolicy{MaxAttempts: 1}}), method); err != nil || meta.Attempts != 2 {
			t.Errorf("%s: %d attempts, %v", method, meta.Attempts, err)
		}
		a = &counter{renew: true}
		w = newWire(t, says(401, "", ""))
		_, meta, err := callA(t.Context(), newClient(t, Config{BaseURL: w.url(), Auth: a}), method)
		wantCode(t, err, lb.ErrUnauthorized)
		if meta.Attempts != 2 || a.applied != 2 || a.asked != 1 {
			t.Errorf("%s: %d attempts, %+v", method, meta.Attempts, a)
		}
		a = &counter{}
		_, meta, err = callA(t.Context(), newClient(t, Config{BaseURL: w.url(), Auth: a}), method)
		wantCode(t, err, lb.ErrUnauthorized)
		if meta.Attempts != 1 {
			t.Errorf("%s: %d attempts with nothing to renew", method, meta.Attempts)
		}
	}
}

// counter puts its number of attempts into a header.
type counter struct {
	renew          bool
	applied, asked int
}

func (a *counter) Apply(_ context.Context, r *http.Request, body []byte) error {
	a.applied++
	r.Header.Set("X-Attempt", fmt.Sprintf("%d/%s", a.applied, body))
	return nil
}

func (a *counter) Refused(f Failure) bool {
	a.asked++
	return a.renew && f.Status == http.StatusUnauthorized
}

// TestCredentialsPerAttempt: each attempt has credentials of its own, and none
// of the attempt before.
func TestCredentialsPerAttempt(t *testing.T) {
	t.Parallel()
	w := newWire(t, says(503, "", ""), resetAfter, fine)
	if _, _, err := callA(t.Context(), newClient(t, Config{BaseURL: w.url(), Auth: &counter{}, Retry: quick}), http.MethodPut); err != nil {
		t.Fatal(err)
	}
	for i, r := range w.requests {
		if got, want := r.Header.Values("X-Attempt"), fmt.Sprintf(`%d/{"x":1}`, i+1); len(got) != 1 || got[0] != want {
			t.Errorf("attempt %d: %q, want %q", i+1, got, want)
		}
	}
	w = newWire(t, fine)
	c := newClient(t, Config{BaseURL: w.url(), Auth: &counter{}})
	if _, err := c.Do(t.Context(), Call{Method: http.MethodGet, Route: "/time", Anonymous: true}); err != nil {
		t.Fatal(err)
	}
	if got := w.requests[0].Header.Get("X-Attempt"); got != "" {
		t.Errorf("an anonymous call carries credentials: %s", got)
	}
}

// TestFailedCredentials: what keeps a request from being signed ends the call,
// whatever it is, without a request.
func TestFailedCredentials(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	boom := errors.New("vault is sealed")
	_, _, err := callA(t.Context(), newClient(t, Config{BaseURL: w.url(), Auth: authFunc(func(context.Context, *http.Request) error { return boom })}), http.MethodGet)
	if e := errorOf(t, err, lb.ErrInvalid); !errors.Is(err, boom) || e.Op != "things.do" {
		t.Errorf("%v", err)
	}
	inner := &lb.Error{Code: lb.ErrUnauthorized, Op: "auth.token", Status: 400, Message: "invalid_client"}
	_, _, err = callA(t.Context(), newClient(t, Config{BaseURL: w.url(), Auth: authFunc(func(context.Context, *http.Request) error { return inner })}), http.MethodPost)
	if e := errorOf(t, err, lb.ErrUnauthorized); e.Status != 400 || !strings.HasSuffix(err.Error(), "unauthorized (HTTP 400): auth.token: unauthorized: invalid_client (HTTP 400)") {
		t.Errorf("%v", err)
	}
	if connections, _ := w.seen(); connections != 0 {
		t.Errorf("%d connections", connections)
	}
}

// An object with nothing in it is not taken for one with nothing set.
func TestFieldlessAnswer(t *testing.T) {
	t.Parallel()
	type object struct {
		ID string `json:"id"`
	}
	for body, empty := range map[string]bool{"{}": true, " { \n} ": true, `{"id":""}`: false, `{"other":1}`: false} {
		for method, code := range map[string]error{http.MethodGet: lb.ErrUnavailable, http.MethodPost: lb.ErrUncertain} {
			w := newWire(t, says(200, "", body))
			c := newClient(t, Config{BaseURL: w.url(), Retry: lb.RetryPolicy{MaxAttempts: 1}})
			_, err := Get[object](t.Context(), c, Call{Op: "a.get", Method: method, Route: "/a"})
			if (err != nil) != empty || empty && !errors.Is(err, code) {
				t.Errorf("%s %q: got %v", method, body, err)
			}
		}
	}
	w := newWire(t, says(204, "", ""))
	_, err := Get[object](t.Context(), newClient(t, Config{BaseURL: w.url(), Retry: quick}), Call{Op: "a.get", Method: http.MethodGet, Route: "/a"})
	wantCode(t, err, lb.ErrUnavailable)
	// A caller who says what the answer is may say that it has no fields.
	w = newWire(t, says(200, "", "{}"))
	if _, err := newClient(t, Config{BaseURL: w.url()}).Do(t.Context(), Call{Op: "do", Method: http.MethodGet, Route: "/a", Out: &object{}}); err != nil {
		t.Error(err)
	}
}
