// Package ovhtest is an OVHcloud API for load balancers on loopback: it checks
// signatures, stages configuration, runs tasks and refuses what OVH refuses.
//
//	server := ovhtest.NewServer(ovhtest.WithSpeed(100))
//	defer server.Close()
//	service := server.AddService("gra") // load balancers are ordered, not created
//	client, err := server.Client()
//
// # What it answers
//
// A [Server] answers every published operation under /ipLoadbalancing, and those
// of /ip and /auth that go with them, below /v1 and /1.0. Requests are checked
// against the published schema; what the schema does not say follows the rules
// that are known of the API, and what nobody has recorded follows [Assumptions].
//
// # What a test decides
//
// Options and methods are what a test decides besides: credentials and the actions
// that policies deny, rate limits, which modes of lists are granted; how tasks end,
// what probes find, when services expire; and how fast time passes, by which tasks
// run, tokens and caches age, and months end. [Server.Faults] breaks the wire on command.
//
// # A program as it is
//
// A program that makes its client by [ovh.NewClientFromEnv] reaches the server with
// OVH_ENDPOINT set to [Server.URL] and /v1, and OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET
// and OVH_CONSUMER_KEY to [Server.Credentials].
package ovhtest

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/lbkit/lbkit/internal/loopback"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// Server is an OVHcloud API on loopback. It is safe for concurrent use.
type Server struct {
	// URL is the root, e.g. http://127.0.0.1:43210: an API client's endpoint is
	// URL with /v1 or /1.0 behind it.
	URL string

	host   *loopback.Host
	clock  *loopback.Clock
	schema *schema
	router *router
	opts   options
	assume Assumptions // opts.assume; alone for brevity

	mu           sync.Mutex             // guards all that follows
	applications map[string]string      // secret by application key
	credentials  map[string]*credential // by consumer key
	tokens       map[string]accessToken // by bearer token
	allowances   map[string]*allowance  // by consumer key or bearer token
	services     map[string]*service
	serviceNames []string              // in order of creation
	addresses    map[string]*address   // by block
	blocks       []string              // in order of creation
	queries      int                   // requests answered, for X-Ovh-QueryID
	lists        map[string]cachedList // by request target
	lastID       map[string]int64
}

// NewServer starts a server. The caller closes it.
func NewServer(opts ...Option) *Server {
	o := options{
		speed: 1, credentials: defaultCredentials, accessToken: defaultAccessToken, oauth2: defaultOAuth2Client, assume: defaultAssumptions(),
	}
	for _, opt := range opts {
		opt(&o)
	}
	s := &Server{
		clock: loopback.NewClock(o.speed, o.manual), schema: publishedSchema(), opts: o, assume: o.assume,
		applications: map[string]string{}, credentials: map[string]*credential{}, tokens: map[string]accessToken{},
		allowances: map[string]*allowance{}, services: map[string]*service{}, addresses: map[string]*address{},
		lastID: map[string]int64{}, lists: map[string]cachedList{},
	}
	s.router = newRouter(s.schema)
	s.register(o.credentials, o.rules)
	s.tokens[o.accessToken] = accessToken{}
	s.host = loopback.Serve(s, o.pipe)
	s.URL = s.host.URL
	return s
}

// Close ends the server and cuts its connections.
func (s *Server) Close() { s.host.Close() }

// Advance moves the server's clock forward by d: tasks run, caches age, and a
// client whose idea of the server's time is d old signs late.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock.Advance(d)
	s.clock.Settle()
}

// Now is the server's time.
func (s *Server) Now() time.Time { return s.clock.Now() }

// Faults are put in the way of requests made through [Server.HTTPClient] and
// [Server.Client].
func (s *Server) Faults() *lbtest.Faults { return s.host.Faults() }

// HTTPClient is a client that reaches the server, with [WithPipe] too, through
// Faults.
func (s *Server) HTTPClient() *http.Client { return s.host.HTTPClient() }

// Requests are copies of the requests that arrived, oldest first, with bodies
// that can be read. RequestURI is the target as it stood in the request line.
func (s *Server) Requests() []*http.Request { return s.host.Requests() }

// newID numbers an object of a collection, e.g. "http/farm", of a service.
func (s *Server) newID(svc *service, collection string) int64 {
	counter := ""
	if s.assume.IDs == IDsPerCollection {
		counter = svc.name + "/" + collection
	}
	s.lastID[counter]++
	return s.lastID[counter]
}

// count numbers what has no part in newID, from 1.
func (s *Server) count(what string) int64 {
	s.lastID["count of "+what]++
	return s.lastID["count of "+what]
}

// settled locks the server and brings it up to date; the caller unlocks.
func (s *Server) settled() *Server {
	s.mu.Lock()
	s.clock.Settle()
	return s
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }
