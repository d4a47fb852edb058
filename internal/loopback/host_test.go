package loopback

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func post(t *testing.T, h *Host, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := h.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func echo(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }

// TestRequests: what came in is remembered as it was on the wire, and can be
// read again and again.
func TestRequests(t *testing.T) {
	t.Parallel()
	h := Serve(http.HandlerFunc(echo), false)
	defer h.Close()
	for _, body := range []string{"one", "two"} {
		if status, answer := post(t, h, "/a%2Fb?q=1", body); status != 200 || answer != body {
			t.Errorf("%d %q", status, answer)
		}
	}
	for range 2 {
		got := h.Requests()
		if len(got) != 2 {
			t.Fatalf("%d requests", len(got))
		}
		for i, want := range []string{"one", "two"} {
			body, err := io.ReadAll(got[i].Body)
			if err != nil || string(body) != want || got[i].RequestURI != "/a%2Fb?q=1" {
				t.Errorf("request %d: %q %s %v", i, body, got[i].RequestURI, err)
			}
		}
	}
}

// TestPipe: a host in memory lives inside a synctest bubble and leaves nothing
// running in it.
func TestPipe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := Serve(http.HandlerFunc(echo), true)
		if status, answer := post(t, h, "/", "x"); status != 200 || answer != "x" {
			t.Errorf("%d %q", status, answer)
		}
		h.Close()
	})
}

// TestCloseWaits: Close cuts a request that is being answered, and returns when
// its handler has.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, closed, cut := make(chan struct{}), make(chan struct{}), make(chan error)
		h := Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), true)
		go func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL, http.NoBody)
			if err == nil {
				_, err = h.HTTPClient().Do(r) //nolint:bodyclose // it is cut before there is one
			}
			cut <- err
		}()
		synctest.Wait()
		go func() {
			h.Close()
			close(closed)
		}()
		if err := <-cut; err == nil {
			t.Error("the request was answered")
		}
		synctest.Wait()
		select {
		case <-closed:
			t.Error("a handler still runs")
		default:
		}
		close(release)
		<-closed
	})
}

func TestFaultsStandBetween(t *testing.T) {
	t.Parallel()
	h := Serve(http.HandlerFunc(echo), false)
	defer h.Close()
	h.Faults().On(nil).Times(1).Status(http.StatusTeapot, "no")
	if status, answer := post(t, h, "/", "x"); status != http.StatusTeapot || answer != "no" {
		t.Errorf("%d %q", status, answer)
	}
	if status, _ := post(t, h, "/", "x"); status != 200 || len(h.Requests()) != 1 {
		t.Errorf("%d, %d requests", status, len(h.Requests()))
	}
}
