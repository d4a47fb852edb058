package lbtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb/lbtest"
)

// target is a server that counts, and a request to it whose trace is kept.
type target struct {
	hits   atomic.Int32
	server *httptest.Server
	asked  bool
	wrote  bool
}

func newTarget(t *testing.T) *target {
	t.Helper()
	g := &target{}
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		g.hits.Add(1)
		_, _ = io.WriteString(w, "hello")
	}))
	t.Cleanup(g.server.Close)
	return g
}

// seen is an answer as a client sees it; status 0: none.
type seen struct {
	status     int
	retryAfter string
	body       string
}

func (g *target) send(t *testing.T, f *lbtest.Faults, method string) (seen, error) {
	t.Helper()
	f.Base = g.server.Client().Transport
	g.asked, g.wrote = false, false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn:      func(string) { g.asked = true },
		WroteHeaders: func() { g.wrote = true },
	})
	r, err := http.NewRequestWithContext(ctx, method, g.server.URL, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: f}).Do(r)
	if err != nil {
		return seen{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return seen{resp.StatusCode, resp.Header.Get("Retry-After"), string(body)}, err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  func(*lbtest.Rule)
		status int // 0: no answer
		body   string
		err    error
		hits   int32 // did the server act
		wrote  bool  // does the client's trace say that bytes left
	}{
		{"none", func(*lbtest.Rule) {}, 200, "hello", nil, 1, true},
		{"status", func(r *lbtest.Rule) { r.Status(503, "down") }, 503, "down", nil, 0, true},
		{"replace", func(r *lbtest.Rule) { r.Replace(500, "done, though") }, 500, "done, though", nil, 1, true},
		{"drop before", func(r *lbtest.Rule) { r.DropBeforeSend() }, 0, "", syscall.ECONNREFUSED, 0, false},
		{"drop after", func(r *lbtest.Rule) { r.DropAfterSend() }, 0, "", syscall.ECONNRESET, 1, true},
		{"truncate", func(r *lbtest.Rule) { r.Truncate(3) }, 200, "hel", io.ErrUnexpectedEOF, 1, true},
		{"truncate all", func(r *lbtest.Rule) { r.Truncate(0) }, 200, "", io.ErrUnexpectedEOF, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, f := newTarget(t), &lbtest.Faults{}
			tt.fault(f.On(nil).Times(1))
			got, err := g.send(t, f, http.MethodPost)
			if !errors.Is(err, tt.err) || got.body != tt.body || g.hits.Load() != tt.hits || got.status != tt.status {
				t.Errorf("%+v %v, %d hits", got, err, g.hits.Load())
			}
			if !g.asked || g.wrote != tt.wrote {
				t.Errorf("trace: asked %t, wrote %t", g.asked, g.wrote)
			}
			if got, err := g.send(t, f, http.MethodPost); err != nil || got.status != 200 {
				t.Errorf("the next request: %v", err)
			}
		})
	}
}

func TestFaultsCount(t *testing.T) {
	t.Parallel()
	g, f := newTarget(t), &lbtest.Faults{}
	isPost := func(r *http.Request) bool { return r.Method == http.MethodPost }
	f.On(isPost).Skip(1).Times(2).Status(500, "").RetryAfter(1500 * time.Millisecond)
	var got []string
	for _, method := range []string{"POST", "GET", "POST", "POST", "POST"} {
		answer, err := g.send(t, f, method)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(method, answer.status, answer.retryAfter))
	}
	if want := "POST200 GET200 POST5002 POST5002 POST200"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	f.On(nil).Status(500, "")
	f.Reset()
	if got, err := g.send(t, f, http.MethodGet); err != nil || got.status != 200 {
		t.Errorf("after Reset: %v", err)
	}
}

// TestFaultsMatchMaySend: a match function may send a request of its own, which
// other rules see.
func TestFaultsMatchMaySend(t *testing.T) {
	t.Parallel()
	g, f := newTarget(t), &lbtest.Faults{}
	f.On(func(r *http.Request) bool {
		if r.Method == http.MethodPost {
			if got, err := g.send(t, f, http.MethodGet); err != nil || got.status != 200 {
				t.Errorf("the request of a match function: %+v, %v", got, err)
			}
		}
		return false
	}).Status(500, "")
	if got, err := g.send(t, f, http.MethodPost); err != nil || got.status != 200 || g.hits.Load() != 2 {
		t.Errorf("%+v, %v, %d hits", got, err, g.hits.Load())
	}
}

// TestFaultsDelay: the wait ends with the request's context.
func TestFaultsDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &lbtest.Faults{}
		f.On(nil).Delay(time.Hour).Status(200, "")
		client := &http.Client{Transport: f, Timeout: time.Minute}
		begin := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
			t.Error("it did not wait")
		}
		if time.Since(begin) != time.Minute {
			t.Errorf("ended after %s", time.Since(begin))
		}
		client.Timeout = 0
		resp, err = client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if time.Since(begin) != time.Hour+time.Minute {
			t.Errorf("delayed until %s", time.Since(begin))
		}
	})
}
