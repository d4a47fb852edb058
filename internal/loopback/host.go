package loopback

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/lbkit/lbkit/lb/lbtest"
)

// Host serves a handler to clients in the same process or on the same machine.
type Host struct {
	URL string // http://127.0.0.1:port

	server    *http.Server
	transport *http.Transport
	faults    *lbtest.Faults
	done      chan struct{}  // closed when the server has stopped accepting
	conns     sync.WaitGroup // those that are being served

	mu       sync.Mutex
	requests []recorded
}

type recorded struct {
	request *http.Request
	body    []byte
}

// Serve serves h on a free port of 127.0.0.1, or, with pipe, over connections
// in memory that only [Host.HTTPClient] reaches; those do not leave a
// testing/synctest bubble. It panics when the machine has no port to give, as
// httptest.NewServer does.
func Serve(h http.Handler, pipe bool) *Host {
	host := &Host{done: make(chan struct{}), transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	listener := host.listen(pipe)
	host.faults = &lbtest.Faults{Base: host.transport}
	host.server = &http.Server{Handler: host.record(h), ConnState: host.follow} //nolint:gosec // G112: its clients are the tests
	go func() {
		defer close(host.done)
		_ = host.server.Serve(listener) // it always ends with ErrServerClosed, by Close
	}()
	return host
}

func (h *Host) listen(pipe bool) net.Listener {
	if pipe {
		l := newPipeListener()
		h.transport.DialContext = l.dial
		h.URL = "http://127.0.0.1:80"
		return l
	}
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		panic("loopback: " + err.Error())
	}
	h.URL = "http://" + l.Addr().String()
	return l
}

// Close cuts every connection and returns when nothing of the host runs, no handler
// either: it is not for a handler to call.
func (h *Host) Close() {
	_ = h.server.Close()
	h.transport.CloseIdleConnections()
	<-h.done
	h.conns.Wait()
}

// follow counts the connections. One counts as closed when its handler has
// returned, not when it is cut.
func (h *Host) follow(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew: // before the server stops accepting
		h.conns.Add(1)
	case http.StateClosed:
		h.conns.Done()
	case http.StateActive, http.StateIdle, http.StateHijacked: // nobody hijacks; such a one would never count as closed
	}
}

// Faults stands between [Host.HTTPClient] and the host.
func (h *Host) Faults() *lbtest.Faults { return h.faults }

// HTTPClient is a new client whose requests go through Faults.
func (h *Host) HTTPClient() *http.Client { return &http.Client{Transport: h.faults} }

// record remembers each request, body included, before h sees it.
func (h *Host) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client went away inside its body
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.mu.Lock()
		h.requests = append(h.requests, recorded{request: r.Clone(context.WithoutCancel(r.Context())), body: body})
		h.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// Requests are copies of what has come in, oldest first, with bodies that can
// be read.
func (h *Host) Requests() []*http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*http.Request, len(h.requests))
	for i, r := range h.requests {
		c := r.request.Clone(r.request.Context())
		c.Body = io.NopCloser(bytes.NewReader(r.body))
		out[i] = c
	}
	return out
}

// pipeListener accepts the server's ends of in-memory connections.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
