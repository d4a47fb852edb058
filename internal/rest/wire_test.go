package rest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// wire is a server on a real socket that does to each connection what the test
// wants: a script has one entry per attempt, and the last goes on.
type wire struct {
	t        *testing.T
	listener net.Listener
	script   []deed
	stop     chan struct{}
	running  sync.WaitGroup

	mu       sync.Mutex
	next     int
	requests []*http.Request // read whole
	bodies   [][]byte
}

// deed is what happens to one connection.
type deed struct {
	name string
	do   func(w *wire, conn *net.TCPConn)
}

func newWire(t *testing.T, script ...deed) *wire {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, listener: listener, script: script, stop: make(chan struct{})}
	w.running.Go(w.accept)
	t.Cleanup(func() {
		close(w.stop)
		_ = listener.Close()
		w.running.Wait()
	})
	return w
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

func (w *wire) accept() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		d := w.script[min(w.next, len(w.script)-1)]
		w.next++
		w.mu.Unlock()
		w.running.Go(func() {
			defer func() { _ = conn.Close() }()
			d.do(w, conn.(*net.TCPConn))
		})
	}
}

// read takes one request in, whole.
func (w *wire) read(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, r)
	w.bodies = append(w.bodies, body)
}

// seen is how many connections came and how many whole requests.
func (w *wire) seen() (connections, requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next, len(w.requests)
}

func cut(conn *net.TCPConn) { _ = conn.SetLinger(0) } // its Close sends RST

var (
	resetBefore = deed{"reset before reading", func(_ *wire, c *net.TCPConn) {
		one := make([]byte, 1) // the client's first byte is on its way: it has written
		_, _ = c.Read(one)
		cut(c)
	}}
	resetAfter = deed{"reset after reading", func(w *wire, c *net.TCPConn) { w.read(c); cut(c) }}
	closeAfter = deed{"closed after reading", func(w *wire, c *net.TCPConn) { w.read(c) }}
	resetBody  = deed{"reset inside the body", func(w *wire, c *net.TCPConn) {
		w.read(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Request-Id: cut\r\nContent-Length: 100\r\n\r\n{\"a\":")
		cut(c)
	}}
	truncated = deed{"truncated", func(w *wire, c *net.TCPConn) {
		w.read(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Request-Id: cut\r\nContent-Length: 100\r\n\r\n{\"a\":1")
	}}
	garbage = deed{"not HTTP", func(w *wire, c *net.TCPConn) { w.read(c); _, _ = io.WriteString(c, "SSH-2.0-x\r\n") }}
	stall   = deed{"stalled", func(w *wire, c *net.TCPConn) { w.read(c); <-w.stop }}
	stallIn = deed{"stalled inside the body", func(w *wire, c *net.TCPConn) {
		w.read(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Request-Id: cut\r\nContent-Length: 100\r\n\r\n{\"a\":")
		<-w.stop
	}}
)

// says answers one request and closes; header lines end in \r\n.
func says(status int, header, body string) deed {
	return deed{fmt.Sprintf("%d %s%q", status, header, body), func(w *wire, c *net.TCPConn) {
		w.read(c)
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d X\r\nX-Request-Id: req-%d\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s", status, status, len(body), header, body)
	}}
}

var fine = says(200, "", `{"a":1}`)

type answerA struct {
	A int `json:"a"`
}

// callA sends one call of the given method to w.
func callA(ctx context.Context, c *Client, method string) (answerA, Meta, error) {
	call := Call{Op: "things.do", Kind: lb.KindBackend, ID: "7", Method: method, Route: "/things/{id}", Args: Args{"7"}}
	var out answerA
	call.Out = &out
	if method != http.MethodGet && method != http.MethodDelete {
		call.In = map[string]int{"x": 1}
	}
	meta, err := c.Do(ctx, call)
	return out, meta, err
}

// quick retries without waiting to speak of.
var quick = lb.RetryPolicy{MinWait: time.Microsecond, MaxWait: time.Millisecond}

// TestFaultsOnTheWire is the retry table on real sockets: each fault once, then
// a server that works; and each fault for ever.
func TestFaultsOnTheWire(t *testing.T) {
	t.Parallel()
	rows := []struct {
		fault   deed
		passing bool  // a method other than POST tries again
		post    bool  // so does POST
		code    error // of a method other than POST, in the end
		status  int
	}{
		{resetBefore, true, false, lb.ErrUnavailable, 0},
		{resetAfter, true, false, lb.ErrUnavailable, 0},
		{closeAfter, true, false, lb.ErrUnavailable, 0},
		{resetBody, true, false, lb.ErrUnavailable, 200},
		{truncated, true, false, lb.ErrUnavailable, 200},
		{garbage, true, false, lb.ErrUnavailable, 0},
		{stall, true, false, lb.ErrUnavailable, 0},
		{stallIn, true, false, lb.ErrUnavailable, 200},
		{says(200, "", "<html>Service</html>"), true, false, lb.ErrUnavailable, 200},
		{says(200, "", `{"a":1} {"a":2}`), true, false, lb.ErrUnavailable, 200},
		{says(200, "", ""), true, false, lb.ErrUnavailable, 200},
		{says(200, "", "null"), true, false, lb.ErrUnavailable, 200},
		{says(101, "Connection: Upgrade\r\nUpgrade: x\r\n", ""), true, false, lb.ErrUnavailable, 0},
		{says(408, "", ""), true, false, lb.ErrUnavailable, 408},
		{says(500, "", ""), true, false, lb.ErrUnavailable, 500},
		{says(502, "", "<html>"), true, false, lb.ErrUnavailable, 502},
		{says(503, "", ""), true, false, lb.ErrUnavailable, 503},
		{says(504, "", ""), true, false, lb.ErrUnavailable, 504},
		{says(429, "Retry-After: 0\r\n", ""), true, true, lb.ErrRateLimited, 429},
		{says(503, "Retry-After: 0\r\n", ""), true, true, lb.ErrUnavailable, 503},
		{says(400, "", ""), false, false, lb.ErrInvalid, 400},
		{says(401, "", ""), false, false, lb.ErrUnauthorized, 401},
		{says(403, "", ""), false, false, lb.ErrForbidden, 403},
		{says(409, "", ""), false, false, lb.ErrConflict, 409},
		{says(410, "", ""), false, false, lb.ErrExpired, 410},
		{says(418, "", ""), false, false, lb.ErrInvalid, 418},
		{says(423, "", ""), false, false, lb.ErrBusy, 423},
		{says(460, "", ""), false, false, lb.ErrExpired, 460},
		{says(501, "", ""), false, false, lb.ErrUnavailable, 501},
	}
	for _, row := range rows {
		for _, method := range methods {
			t.Run(row.fault.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				again, code := row.passing, row.code
				if method == http.MethodPost {
					again = row.post
					if row.passing && !row.post {
						code = lb.ErrUncertain
					}
				}
				t.Run("once", func(t *testing.T) {
					t.Parallel()
					once(t, newWire(t, row.fault, fine), method, again, code, row.status)
				})
				t.Run("for ever", func(t *testing.T) {
					t.Parallel()
					attempts := 1
					if again {
						attempts = 3
					}
					w := newWire(t, row.fault)
					forEver(t, w, method, attempts, code, row.status)
				})
			})
		}
	}
}

func wireClient(t *testing.T, w *wire) *Client {
	p := quick
	p.MaxAttempts = 3
	timeout := time.Minute
	if strings.HasPrefix(w.script[0].name, "stalled") {
		timeout = 250 * time.Millisecond
	}
	return newClient(t, Config{BaseURL: w.url(), Retry: p, AttemptTimeout: timeout})
}

func once(t *testing.T, w *wire, method string, again bool, code error, status int) {
	t.Helper()
	out, meta, err := callA(t.Context(), wireClient(t, w), method)
	connections, _ := w.seen()
	if again {
		if err != nil || out.A != 1 || connections < 2 || meta.Attempts != connections {
			t.Fatalf("%+v after %d attempts, %d connections: %v; want success on another attempt", out, meta.Attempts, connections, err)
		}
		return
	}
	e := errorOf(t, err, code)
	if connections != 1 || e.Attempts != 1 || e.Status != status {
		t.Errorf("%d connections, %d attempts, status %d; want one attempt, status %d: %v", connections, e.Attempts, e.Status, status, err)
	}
}

func forEver(t *testing.T, w *wire, method string, attempts int, code error, status int) {
	t.Helper()
	_, _, err := callA(t.Context(), wireClient(t, w), method)
	e := errorOf(t, err, code)
	connections, _ := w.seen()
	if connections != attempts || e.Attempts != attempts || e.Status != status {
		t.Errorf("%d connections, %d attempts, status %d; want %d attempts, status %d: %v", connections, e.Attempts, e.Status, attempts, status, err)
	}
	if e.Provider != "test" || e.Op != "things.do" || e.Kind != lb.KindBackend || e.ID != "7" {
		t.Errorf("the error does not say what failed: %+v", e)
	}
	if status != 0 && e.RequestID == "" {
		t.Error("the request ID is lost")
	}
	if ctxErr := context.Cause(t.Context()); ctxErr != nil {
		t.Fatal(ctxErr)
	}
}

// TestDialRefused: nothing was sent, so POST tries again too.
func TestDialRefused(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, fine)
			address := w.listener.Addr().String()
			dials := 0
			dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
				dials++
				if dials < 3 {
					return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:1") // nobody listens there
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			c := newClient(t, Config{BaseURL: w.url(), Retry: quick, HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}}})
			out, meta, err := callA(t.Context(), c, method)
			if err != nil || out.A != 1 || meta.Attempts != 3 {
				t.Errorf("%+v, %d attempts, %v", out, meta.Attempts, err)
			}
		})
	}
}

// TestUntracedTransport: a transport that tells httptrace nothing counts as
// having sent.
func TestUntracedTransport(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		calls := 0
		c := newClient(t, Config{Retry: quick, HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			calls++
			return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
		})}})
		_, _, err := callA(t.Context(), c, method)
		want, code := 4, lb.ErrUnavailable
		if method == http.MethodPost {
			want, code = 1, lb.ErrUncertain
		}
		wantCode(t, err, code)
		if calls != want {
			t.Errorf("%s: %d calls, want %d", method, calls, want)
		}
	}
}

// TestBodyIsSentWhole: every attempt carries the same bytes.
func TestBodyIsSentWhole(t *testing.T) {
	t.Parallel()
	w := newWire(t, says(503, "", ""), resetAfter, fine)
	if _, _, err := callA(t.Context(), wireClient(t, w), http.MethodPut); err != nil {
		t.Fatal(err)
	}
	if len(w.bodies) != 3 {
		t.Fatalf("%d requests", len(w.bodies))
	}
	for i, body := range w.bodies {
		r := w.requests[i]
		if !bytes.Equal(body, []byte(`{"x":1}`)) || r.ContentLength != int64(len(body)) || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("attempt %d: %q, length %d, %s", i+1, body, r.ContentLength, r.Header.Get("Content-Type"))
		}
	}
}

// TestGoneOnRepeat: a DELETE whose first answer was lost has succeeded when the
// second finds nothing; one that finds nothing at once has not.
func TestGoneOnRepeat(t *testing.T) {
	t.Parallel()
	w := newWire(t, resetAfter, says(404, "", ""))
	if _, _, err := callA(t.Context(), wireClient(t, w), http.MethodDelete); err != nil {
		t.Errorf("after a lost answer: %v", err)
	}
	w = newWire(t, says(404, "", ""))
	_, _, err := callA(t.Context(), wireClient(t, w), http.MethodDelete)
	wantCode(t, err, lb.ErrNotFound)
	w = newWire(t, resetAfter, says(404, "", ""))
	_, _, err = callA(t.Context(), wireClient(t, w), http.MethodGet)
	wantCode(t, err, lb.ErrNotFound)
}

// TestTransientConflict: a 409 that the provider's decoder calls transient is
// waited out, POST included; another is not.
func TestTransientConflict(t *testing.T) {
	t.Parallel()
	decode := func(_ int, _ http.Header, body []byte) Failure {
		return Failure{Code: lb.ErrBusy, Transient: strings.Contains(string(body), "transient")}
	}
	for _, method := range methods {
		w := newWire(t, says(409, "", "transient"), says(409, "", "transient"), fine)
		c := newClient(t, Config{BaseURL: w.url(), Retry: quick, DecodeError: decode})
		if _, meta, err := callA(t.Context(), c, method); err != nil || meta.Attempts != 3 {
			t.Errorf("%s: %d attempts, %v", method, meta.Attempts, err)
		}
		w = newWire(t, says(409, "", "for good"))
		c = newClient(t, Config{BaseURL: w.url(), Retry: quick, DecodeError: decode})
		_, meta, err := callA(t.Context(), c, method)
		wantCode(t, err, lb.ErrBusy)
		if meta.Attempts != 1 {
			t.Errorf("%s: %d attempts at a conflict that stays", method, meta.Attempts)
		}
	}
}

// passTo hands a connection on to address, both ways, until one side ends it.
func passTo(address string) deed {
	return deed{"passed on", func(w *wire, c *net.TCPConn) {
		other, err := new(net.Dialer).DialContext(w.t.Context(), "tcp", address)
		if err != nil {
			return
		}
		var back sync.WaitGroup
		back.Go(func() { _, _ = io.Copy(c, other); _ = c.Close() })
		_, _ = io.Copy(other, c)
		_ = other.Close()
		back.Wait()
	}}
}

// dialAfter finds no address for a name n times, and then dials address.
func dialAfter(n int, lookups *int, address string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, name string) (net.Conn, error) {
		if *lookups++; *lookups <= n {
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}}
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}

// discard keeps the complaints of a test's server about its clients to itself.
var discard = log.New(io.Discard, "", 0)
