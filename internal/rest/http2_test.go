package rest

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// frames is an HTTP/2 server that plays a script, one entry per connection, the
// last of which goes on: net/http's own server cannot be told to lose a stream.
type frames struct {
	listener net.Listener
	script   []func(c *h2conn)
	pool     *http.Transport
	running  sync.WaitGroup

	mu     sync.Mutex
	next   int
	bodies [][]byte // of the requests that came whole
}

// The frame types and flags of RFC 9113 that the tests need.
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0, 1, 3, 4, 7
	endStream, endHeaders                                           = 0x1, 0x4
	refusedStream, internalError, cancelError                       = 0x7, 0x2, 0x8
)

func newFrames(t *testing.T, script ...func(c *h2conn)) *frames {
	t.Helper()
	// Only its certificate and what trusts it are used.
	pki := httptest.NewUnstartedServer(http.NotFoundHandler())
	pki.EnableHTTP2 = true
	pki.StartTLS()
	t.Cleanup(pki.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: pki.TLS.Certificates, NextProtos: []string{"h2"}}) //nolint:gosec // G402: the newest, by default
	if err != nil {
		t.Fatal(err)
	}
	f := &frames{listener: listener, script: script, pool: pki.Client().Transport.(*http.Transport).Clone()}
	f.running.Go(f.accept)
	t.Cleanup(func() {
		f.pool.CloseIdleConnections()
		_ = listener.Close()
		f.running.Wait()
	})
	return f
}

func (f *frames) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		play := f.script[min(f.next, len(f.script)-1)]
		f.next++
		f.mu.Unlock()
		f.running.Go(func() {
			defer func() { _ = conn.Close() }()
			if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
				return
			}
			c := &h2conn{f: f, conn: conn}
			c.write(frameSettings, 0, 0, nil)
			play(c)
		})
	}
}

func (f *frames) url() string { return "https://" + f.listener.Addr().String() }

func (f *frames) client(t *testing.T) *Client {
	t.Helper()
	return newClient(t, Config{BaseURL: f.url(), HTTPClient: &http.Client{Transport: f.pool}, Retry: quick})
}

// h2conn is the server's end of one connection.
type h2conn struct {
	f    *frames
	conn net.Conn
}

func (c *h2conn) write(kind, flags byte, stream uint32, payload []byte) {
	head := make([]byte, 9, 9+len(payload))
	head[0], head[1], head[2] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload)) //nolint:gosec // G115: short
	head[3], head[4] = kind, flags
	binary.BigEndian.PutUint32(head[5:], stream)
	_, _ = c.conn.Write(append(head, payload...))
}

// request reads until a request has come whole, and gives its stream; 0 at the
// end of the connection.
func (c *h2conn) request() (stream uint32) {
	var body []byte
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(c.conn, head); err != nil {
			return 0
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c.conn, payload); err != nil {
			return 0
		}
		if head[3] == frameData {
			body = append(body, payload...)
		}
		if (head[3] == frameData || head[3] == frameHeaders) && head[4]&endStream != 0 {
			c.f.mu.Lock()
			defer c.f.mu.Unlock()
			c.f.bodies = append(c.f.bodies, body)
			return binary.BigEndian.Uint32(head[5:])
		}
	}
}

// answer says 200 with a body; 0x88 is ":status: 200" of HPACK's static table.
func (c *h2conn) answer(stream uint32) {
	c.write(frameHeaders, endHeaders, stream, []byte{0x88})
	c.write(frameData, endStream, stream, []byte(`{"a":1}`))
}

func (c *h2conn) reset(stream, code uint32) {
	c.write(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
}

// goAway says up to which stream the server has acted.
func (c *h2conn) goAway(last uint32) {
	c.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), 0))
}

// serves answers every request.
func serves(c *h2conn) {
	for stream := c.request(); stream != 0; stream = c.request() {
		c.answer(stream)
	}
}

// TestHTTP2: over one connection for many requests, what a server has acted on
// is not sent again either, and what it says it has not acted on is, whole.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	// After one good call over the connection, so that the next finds it open.
	second := func(then func(c *h2conn, stream uint32)) func(*h2conn) {
		return func(c *h2conn) {
			c.answer(c.request())
			if stream := c.request(); stream != 0 {
				then(c, stream)
			}
		}
	}
	tests := []struct {
		name    string
		happens func(c *h2conn, stream uint32)
		again   bool // for POST: the server had not acted
	}{
		{"connection closed", func(*h2conn, uint32) {}, false},
		{"stream reset", func(c *h2conn, stream uint32) { c.reset(stream, internalError); serves(c) }, false},
		{"stream cancelled", func(c *h2conn, stream uint32) { c.reset(stream, cancelError); serves(c) }, false},
		{"going away after it", func(c *h2conn, stream uint32) { c.goAway(stream) }, false},
		{"answer cut off", func(c *h2conn, stream uint32) {
			c.write(frameHeaders, endHeaders, stream, []byte{0x88})
			c.write(frameData, 0, stream, []byte(`{"a"`))
		}, false},
		{"stream refused", func(c *h2conn, stream uint32) { c.reset(stream, refusedStream); serves(c) }, true},
		{"going away before it", func(c *h2conn, _ uint32) { c.goAway(1) }, true},
	}
	for _, tt := range tests {
		for _, method := range methods {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				f := newFrames(t, second(tt.happens), serves)
				c := f.client(t)
				if _, _, err := callA(t.Context(), c, http.MethodGet); err != nil {
					t.Fatal(err)
				}
				out, _, err := callA(t.Context(), c, method)
				f.mu.Lock()
				defer f.mu.Unlock()
				if method == http.MethodPost && !tt.again {
					wantCode(t, err, lb.ErrUncertain)
					if len(f.bodies) != 2 {
						t.Errorf("the POST was sent %d times", len(f.bodies)-1)
					}
					return
				}
				if err != nil || out.A != 1 || len(f.bodies) != 3 {
					t.Fatalf("%+v, sent %d times: %v", out, len(f.bodies)-1, err)
				}
				if !bytes.Equal(f.bodies[1], f.bodies[2]) {
					t.Errorf("the repeat carries %q, not %q", f.bodies[2], f.bodies[1])
				}
			})
		}
	}
}

// TestHTTP2Served: against net/http's own server, a client without a transport of
// the caller's speaks HTTP/2 over one connection.
func TestHTTP2Served(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	from := map[string]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[r.Proto+" "+r.RemoteAddr] = true
		_, _ = io.WriteString(w, `{"a":1}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := newTransport()
	pool.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	t.Cleanup(pool.CloseIdleConnections)
	c := newClient(t, Config{BaseURL: server.URL, HTTPClient: &http.Client{Transport: pool}})
	for _, method := range methods {
		if out, _, err := callA(t.Context(), c, method); err != nil || out.A != 1 {
			t.Errorf("%s: %+v, %v", method, out, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for who := range from {
		if len(from) != 1 || who[:8] != "HTTP/2.0" {
			t.Errorf("came as %v", from)
		}
	}
}

// TestTLS: a handshake that fails is tried again, POST included, since nothing was
// sent; a certificate that is not trusted is not, since it stays so.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"a":1}`) }))
	server.Config.ErrorLog = discard
	t.Cleanup(server.Close)
	trusting := server.Client().Transport.(*http.Transport)
	broken := map[string]deed{
		"reset":   resetBefore,
		"not TLS": says(200, "", "hello"),
		"closed":  {"closed", func(*wire, *net.TCPConn) {}},
	}
	for _, method := range methods {
		for name, fault := range broken {
			w := newWire(t, fault, fault, passTo(server.Listener.Addr().String()))
			pool := trusting.Clone()
			t.Cleanup(pool.CloseIdleConnections)
			c := newClient(t, Config{BaseURL: "https://" + w.listener.Addr().String(), HTTPClient: &http.Client{Transport: pool}, Retry: quick})
			if out, meta, err := callA(t.Context(), c, method); err != nil || out.A != 1 || meta.Attempts != 3 {
				t.Errorf("%s, %s: %+v, %d attempts, %v", method, name, out, meta.Attempts, err)
			}
		}
		c := newClient(t, Config{BaseURL: server.URL, Retry: quick})
		_, meta, err := callA(t.Context(), c, method)
		e := errorOf(t, err, lb.ErrUnavailable)
		var untrustedErr *tls.CertificateVerificationError
		if meta.Attempts != 1 || e.Status != 0 || !errors.As(err, &untrustedErr) {
			t.Errorf("%s, certificate: %d attempts, %v", method, meta.Attempts, err)
		}
	}
}

// TestDNS: a name that cannot be resolved was sent nothing.
func TestDNS(t *testing.T) {
	t.Parallel()
	w := newWire(t, fine)
	address := w.listener.Addr().String()
	for _, method := range methods {
		lookups := 0
		pool := &http.Transport{DialContext: dialAfter(2, &lookups, address)}
		c := newClient(t, Config{BaseURL: w.url(), HTTPClient: &http.Client{Transport: pool}, Retry: quick})
		if _, meta, err := callA(t.Context(), c, method); err != nil || meta.Attempts != 3 {
			t.Errorf("%s: %d attempts, %v", method, meta.Attempts, err)
		}
	}
}

// TestHTTP2SilentConnection: a connection whose other end has vanished without a word,
// as behind a firewall that forgot it, is given up before the time of an attempt is, and
// the next attempt gets another one.
func TestHTTP2SilentConnection(t *testing.T) {
	t.Parallel()
	f := newFrames(t, func(c *h2conn) {
		c.answer(c.request())
		_ = c.conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // the test fails by then
		_, _ = io.Copy(io.Discard, c.conn)
	}, serves)
	pool := newTransport()
	if pool.HTTP2 == nil || pool.HTTP2.SendPingTimeout <= 0 || pool.HTTP2.SendPingTimeout+pool.HTTP2.PingTimeout >= 30*time.Second {
		t.Fatalf("HTTP/2 with %+v", pool.HTTP2)
	}
	pool.HTTP2.SendPingTimeout /= 50 // the test's seconds are short
	pool.HTTP2.PingTimeout /= 50
	pool.TLSClientConfig = f.pool.TLSClientConfig
	t.Cleanup(pool.CloseIdleConnections)
	c := newClient(t, Config{BaseURL: f.url(), HTTPClient: &http.Client{Transport: pool}, Retry: quick, AttemptTimeout: 2 * time.Second})
	for attempts := range 2 {
		if _, meta, err := callA(t.Context(), c, http.MethodGet); err != nil || meta.Attempts != attempts+1 {
			t.Fatalf("%d attempts, %v", meta.Attempts, err)
		}
	}
}
