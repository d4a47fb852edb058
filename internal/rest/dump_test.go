package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

const dumpSecret = "dump/Secret+0123&<456789"

// keeperAuth sends one secret and knows another.
type keeperAuth struct{}

func (keeperAuth) Apply(_ context.Context, r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", "Bearer "+dumpSecret)
	return nil
}
func (keeperAuth) Refused(Failure) bool { return false }
func (keeperAuth) Secrets() []string    { return []string{"neverSent"} }

// dumpOf is what a call shows to which the API answers one after the other.
func dumpOf(t *testing.T, call Call, answers ...http.HandlerFunc) (dump string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var n atomic.Int32
		c := piped(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", "Fri, 21 Nov 2025 12:00:00 GMT")
			answers[n.Add(1)-1](w, r)
		}, Config{Auth: keeperAuth{}, Dump: newDump(&out), Retry: lb.RetryPolicy{MaxAttempts: 2}})
		call.Op = "things.do"
		_, _ = c.Do(t.Context(), call) //nolint:errcheck // the dump is what counts
		dump = regexp.MustCompile(`http://[\w.:]+/`).ReplaceAllString(out.String(), "http://api/")
	})
	return dump
}

func saysAs(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) //nolint:gosec // G705: nobody shows it
	}
}

// TestDump: what went over the wire, in the form that people read, without the secrets.
func TestDump(t *testing.T) {
	t.Parallel()
	call := Call{
		Method: http.MethodPut, Route: "/things/{id}", Args: Args{"a b"}, Query: "page=2&token=abc",
		Header: http.Header{"X-Pagination-Size": {"5"}, "X-Unknown": {"secret of somebody"}},
		In: map[string]any{
			"key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\n-----END PRIVATE KEY-----\n", "name": "first",
			"number": 1.50, "none": map[string]any{}, "list": []any{1, nil, true},
		},
	}
	got := dumpOf(t, call,
		func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "session=abcdefabcdef")
			w.Header().Set("X-Request-Id", "r1")
			saysAs(503, "text/html; charset=utf-8", "<h1>Sorry</h1>\n<p>"+r.Header.Get("Authorization")+", MIIEvQIBADANBgkqh</p>")(w, r)
		},
		saysAs(200, "application/json", `{"id":12345678901234567890,"x":1.0e3,"metricsToken":"tokenOfMetrics","note":"use tokenOfMetrics","webhook":{"uri":"https://hooks.example.com/abc"},"check":{"uri":"/health"}}`))
	request := `> PUT http://api/things/a%20b?page=2&token=[secret]
> Accept: application/json
> Authorization: [hidden]
> Content-Type: application/json
> User-Agent: lbkit
> X-Pagination-Size: 5
> X-Unknown: [hidden]
{
  "key": "[secret]",
  "list": [
    1,
    null,
    true
  ],
  "name": "first",
  "none": {},
  "number": 1.5
}
`
	want := "* test things.do, attempt 1\n" + request + `* answer after 0s
< 503 Service Unavailable
< Content-Length: 72
< Content-Type: text/html; charset=utf-8
< Date: Fri, 21 Nov 2025 12:00:00 GMT
< Set-Cookie: [hidden]
< X-Request-Id: r1
* a body of 72 bytes, text/html
* it begins "<h1>Sorry</h1> <p>[secret], [secret]</p>"

` + "* test things.do, attempt 2\n" + request + `* answer after 0s
< 200 OK
< Content-Length: 173
< Content-Type: application/json
< Date: Fri, 21 Nov 2025 12:00:00 GMT
{
  "id": 12345678901234567890,
  "x": 1.0e3,
  "metricsToken": "[secret]",
  "note": "use [secret]",
  "webhook": {
    "uri": "[secret]"
  },
  "check": {
    "uri": "/health"
  }
}

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDumpOfWhatIsNoAnswer: an error stands in the place of what did not come, and what
// came before it is shown.
func TestDumpOfWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy http://user:pass@proxy refused %s, %q", r.Header.Get("Authorization"), dumpSecret)
	})
	c := newClient(t, Config{Auth: keeperAuth{}, Dump: newDump(&out), HTTPClient: &http.Client{Transport: transport}, Retry: lb.RetryPolicy{MaxAttempts: 1}})
	_, _ = c.Do(t.Context(), Call{Op: "x", Method: http.MethodPost, Route: "/x"}) //nolint:errcheck // the dump is what counts
	if got := out.String(); !strings.Contains(got, ": proxy http://[secret]@proxy refused [secret], \"[secret]\"\n") || !strings.Contains(got, "* no answer after ") {
		t.Error(got)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"cut off": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99")
			saysAs(200, "application/json", `{"a":[1,{"token":"abcd`)(w, r)
		}, "{\n  \"a\": [\n    1,\n    {\n      \"token\": \n* the body has 22 bytes, and no more of it is JSON\n* answer broke off"},
		"two values":   {saysAs(200, "application/json", `{"a":1} canary`), "{\n  \"a\": 1\n}\n* the body has 14 bytes, and no more of it is JSON\n* answer is not JSON\n"},
		"a login page": {saysAs(200, "text/html", `<html>`+strings.Repeat(" ", 54)+`canary`), "* a body of 66 bytes, text/html\n* answer is not JSON"},
		"binary":       {saysAs(400, "application/octet-stream", `canary`), "* a body of 6 bytes, application/octet-stream\n\n"},
		"no type":      {saysAs(400, "", `canary`), "* a body of 6 bytes, no known type\n\n"},
		"a text":       {saysAs(200, "application/json", `"canary"`), "OK\n< Content-Length: 8\n< Content-Type: application/json\n< Date: Fri, 21 Nov 2025 12:00:00 GMT\n\"[secret]\"\n"},
		"nothing":      {saysAs(204, "application/json", ""), "< 204 No Content\n< Content-Type: application/json\n< Date: Fri, 21 Nov 2025 12:00:00 GMT\n\n"},
		"a redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://u:canary@x/y?code=1&access_token=canary")
			w.WriteHeader(302)
		}, "< Location: https://[secret]@x/y?code=1&access_token=[secret]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := dumpOf(t, Call{Method: http.MethodPost, Route: "/metricsToken"}, c.answer)
			if !strings.Contains(got, c.want) || strings.Contains(got, "canary") {
				t.Errorf("%s\nis without\n%s", got, c.want)
			}
		})
	}
}

// TestDumpIsBounded: 64 KiB of a body are shown, of one text too, and how much there is.
func TestDumpIsBounded(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`["` + strings.Repeat("é", 100<<10) + `"]`,
		`[` + strings.Repeat(`"some text",`, 20<<10) + `"tokens at the end",{"token":"some text"}]`,
	} {
		got := dumpOf(t, Call{Method: http.MethodGet, Route: "/x"}, saysAs(200, "application/json", body))
		if len(got) > 66<<10 || len(got) < 64<<10 || !strings.Contains(got, fmt.Sprintf("* cut after 64 KiB: the body has %d bytes\n", len(body))) || strings.Contains(got, "some text") {
			t.Errorf("%d bytes: …%s", len(got), got[len(got)-200:])
		}
	}
}

// TestDumpChangesNothing: neither an error nor a panic of the writer is the call's, and
// what held it up is not in what an observer is told.
func TestDumpChangesNothing(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]writerFunc{
		"error": func([]byte) (int, error) { return 0, errors.New("disk full") },
		"panic": func([]byte) (int, error) { panic("w") },
		"slow":  func([]byte) (int, error) { time.Sleep(time.Hour); return 0, nil }, //nolint:forbidigo // of a bubble
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var took time.Duration
				c := piped(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, Config{
					Dump: newDump(write), AttemptTimeout: time.Second,
					Observer: func(_ context.Context, e lb.CallEvent) { took = e.Duration },
				})
				for range 2 {
					var out map[string]string
					_, err := c.Do(t.Context(), Call{Method: http.MethodPut, Route: "/x", In: map[string]string{"key": "a"}, Out: &out})
					if err != nil || out["key"] != "a" || took != 0 {
						t.Errorf("%v, %v, %s", err, out, took)
					}
				}
			})
		})
	}
	if err := new(Config).SetDump(nil); err == nil {
		t.Error("nil is accepted")
	}
}

// TestDumpsDoNotInterleave: each attempt is one Write, and no two are under way at once.
func TestDumpsDoNotInterleave(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer // not safe for concurrent use
	var inside atomic.Int32
	w := newWire(t, fine)
	c := newClient(t, Config{BaseURL: w.url(), Retry: quick, Dump: newDump(writerFunc(func(p []byte) (int, error) {
		if inside.Add(1) != 1 {
			t.Error("two at once")
			return 0, nil
		}
		defer inside.Add(-1)
		runtime.Gosched()
		return out.Write(p)
	}))})
	var calls sync.WaitGroup
	for range 32 {
		calls.Go(func() { _, _ = c.Do(t.Context(), Call{Op: "x", Method: http.MethodGet, Route: "/x"}) }) //nolint:errcheck // the dump is what counts
	}
	calls.Wait()
	for i, part := range strings.Split(strings.TrimSuffix(out.String(), "\n\n"), "\n\n") {
		if strings.Count(part, "* test x, attempt ") != 1 || strings.Count(part, "\n< ") == 0 {
			t.Errorf("%d: %s", i, part)
		}
	}
}

// TestNoDumpCostsNothing: a client without one keeps no body and builds no text.
func TestNoDumpCostsNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of all goroutines
	s := &state{client: newClient(t, Config{}), wire: http.Header{}}
	body := []byte(`{}`)
	if n := testing.AllocsPerRun(100, func() { s.seen(body); s.observe() }); n != 0 || s.answerBody != nil {
		t.Errorf("%v allocations", n)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
