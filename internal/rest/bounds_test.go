package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// endless writes until the client has gone.
func endless(w http.ResponseWriter, r *http.Request) {
	chunk := []byte(strings.Repeat("x", 64<<10))
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// TestErrorBodyIsBounded: an error body of any length, compressed or not, costs
// little memory, and the provider's decoder sees 256 KiB of it at most.
func TestErrorBodyIsBounded(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	bomb := gzipped(t, 20)
	forms := map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			endless(w, r)
		},
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(bomb)
		},
	}
	for name, form := range forms {
		longest := 0
		c, _ := served(t, form, Config{DecodeError: func(_ int, _ http.Header, body []byte) Failure {
			longest = max(longest, len(body))
			return Failure{Message: Excerpt(body)}
		}})
		var err error
		grown := allocated(func() { _, _, err = callA(t.Context(), c, http.MethodGet) })
		e := errorOf(t, err, lb.ErrInvalid)
		if longest != mostError || len(e.Error()) > 2000 {
			t.Errorf("%s: the decoder saw %d bytes, the error has %d", name, longest, len(e.Error()))
		}
		if grown > 2<<20 {
			t.Errorf("%s: %d KiB were allocated", name, grown>>10)
		}
	}
}

// TestLengthIsNotBelieved: a length that a server states and does not send costs
// no memory.
func TestLengthIsNotBelieved(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	for _, status := range []int{200, 400} {
		w := newWire(t, deed{"a lie", func(w *wire, c *net.TCPConn) {
			w.read(c)
			_, _ = fmt.Fprintf(c, "HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n{", status, mostAnswer)
		}})
		c := newClient(t, Config{BaseURL: w.url(), Retry: lb.RetryPolicy{MaxAttempts: 1}})
		if grown := allocated(func() { _, _, _ = callA(t.Context(), c, http.MethodGet) }); grown > 3<<20 {
			t.Errorf("%d: %d KiB were allocated", status, grown>>10)
		}
	}
}

// allocated is what do allocates, and with it the server that it calls.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// gzipped is so many MiB of nothing, compressed, which is quick in members of one
// each.
func gzipped(t *testing.T, mebibytes int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Repeat(b.Bytes(), mebibytes)
}

// TestBodyWithoutEnd: a body that comes drop by drop ends with the context,
// whatever its status, and the status is in the error.
func TestBodyWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 500} {
		synctest.Test(t, func(t *testing.T) {
			c := piped(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				for r.Context().Err() == nil {
					_, _ = io.WriteString(w, " ")
					_ = http.NewResponseController(w).Flush()
					_ = sleep(r.Context(), time.Second)
				}
			}, Config{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			begin := time.Now()
			_, _, err := callA(ctx, c, http.MethodGet)
			var e *lb.Error
			if !errors.As(err, &e) || e.Status != status || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Hour {
				t.Errorf("%d: after %s: %v", status, time.Since(begin), err)
			}
		})
	}
}

// TestSuccessIsBounded: a success of more than 64 MiB is refused, compressed or
// not.
func TestSuccessIsBounded(t *testing.T) {
	t.Parallel()
	bomb := gzipped(t, mostAnswer>>20+1)
	forms := map[string]http.HandlerFunc{
		"plain": endless,
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		},
	}
	for name, form := range forms {
		c, _ := served(t, form, Config{Retry: lb.RetryPolicy{MaxAttempts: 1}})
		_, _, err := callA(t.Context(), c, http.MethodGet)
		e := errorOf(t, err, lb.ErrUnavailable)
		if !strings.Contains(err.Error(), "larger than 64 MiB") || e.Status != 200 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSwitchedProtocols: an upgrade that nobody asked for leaves a bare connection,
// which is closed: to wait for its end, no timeout and no context would help.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, calls := through(t, Config{AttemptTimeout: time.Second}, func(r *http.Request) (*http.Response, error) {
			silent, _ := io.Pipe()
			return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: silent, ContentLength: -1, Request: r}, nil
		})
		_, _, err := callA(t.Context(), c, http.MethodPost)
		wantCode(t, err, lb.ErrUncertain)
		if calls.Load() != 1 {
			t.Errorf("the POST was sent %d times", calls.Load())
		}
	})
}
