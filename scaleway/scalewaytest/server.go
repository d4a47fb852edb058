package scalewaytest

import (
	"net/http"
	"sync"
	"time"

	"github.com/lbkit/lbkit/internal/loopback"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// Server is a Scaleway Load Balancer API v1. Its methods may be called from any
// goroutine.
type Server struct {
	// URL is where the server listens, without a trailing slash. With WithPipe
	// only HTTP clients made by the server reach it.
	URL string

	options options
	host    *loopback.Host
	clock   *loopback.Clock
	secret  string
	project string

	mu       sync.Mutex
	requests uint64 // how many were begun
	current  uint64 // the one being answered; 0 while the clock's events run
	busy     int    // how many writes are still to be refused by RefuseWrites
	made     uint32 // how many addresses were allocated

	lbs          table[*loadBalancer]
	ips          table[*address]
	backends     table[*backend]
	frontends    table[*frontend]
	acls         table[*acl]
	routes       table[*route]
	certificates table[*certificate]
	subscribers  table[*subscriber]
	networks     table[*privateNetwork]
}

// NewServer starts a server with an account that holds nothing. Close it when
// done. It panics where it cannot listen, as httptest.NewServer does.
func NewServer(opts ...Option) *Server {
	s := &Server{options: defaultOptions(), secret: newUUID(), project: newUUID()}
	for _, o := range opts {
		o(&s.options)
	}
	s.clock = loopback.NewClock(s.options.speed, s.options.manual)
	s.host = loopback.Serve(http.HandlerFunc(s.serve), s.options.pipe)
	s.URL = s.host.URL
	return s
}

// Close stops the server. Requests under way are cut off.
func (s *Server) Close() { s.host.Close() }

// SecretKey is the token that the server accepts in X-Auth-Token.
func (s *Server) SecretKey() lb.Secret { return lb.NewSecret(s.secret) }

// ProjectID is a project to create things in. The server accepts any other too.
func (s *Server) ProjectID() string { return s.project }

// HTTPClient is a new client that reaches the server, through [Server.Faults]
// and also where the server has no port.
func (s *Server) HTTPClient() *http.Client { return s.host.HTTPClient() }

// Faults breaks the wire on command for whatever uses [Server.Client] or
// [Server.HTTPClient].
func (s *Server) Faults() *lbtest.Faults { return s.host.Faults() }

// Requests are copies of the requests that have come in, oldest first, with
// bodies that can be read.
func (s *Server) Requests() []*http.Request { return s.host.Requests() }

// Advance moves the server's time forward by d at once: what was to happen in d
// has happened when it returns.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock.Advance(d) // the next request, or control, settles
}

// settle makes happen what is due. The caller holds the lock.
func (s *Server) settle() {
	s.current = 0
	s.clock.Settle()
}
