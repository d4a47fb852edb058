// Package canned is an HTTP server for benchmarks of clients: it answers from
// memory and allocates nothing per request, so that what a benchmark counts is
// the client's. It plays a Scaleway zone and an OVHcloud service, each with
// [Objects] of everything.
package canned

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// Server answers HTTP/1.1 on loopback. Its setters may be called at any time.
type Server struct {
	URL string // without a slash at its end

	listener    net.Listener
	started     time.Time
	routes      map[string]*route // by method and path: "GET /lb/v1/..."
	latency     atomic.Int64      // nanoseconds before each answer
	keysOnly    atomic.Bool
	strict      atomic.Bool
	requests    atomic.Int64
	connections atomic.Int64
}

// route is what is answered to one method and path.
type route struct {
	cloud  cloud
	whole  []byte   // the answer, where there are no pages
	pages  [][]byte // answers by page, from 1
	total  int
	size   int  // of a page
	header bool // pages are asked for by header, and without it whole is answered
}

type cloud uint8

const (
	open cloud = iota // anyone may ask
	scaleway
	ovh
)

// NewServer starts a server. The caller closes it.
func NewServer() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // there is nothing to wait for
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + listener.Addr().String(), listener: listener, started: time.Now(), routes: map[string]*route{}}
	s.addScaleway()
	s.addOVH()
	go s.accept()
	return s, nil
}

// Close stops listening. Connections end when their clients close them.
func (s *Server) Close() error { return s.listener.Close() }

// SetLatency is how long each answer is held back.
func (s *Server) SetLatency(d time.Duration) { s.latency.Store(int64(d)) }

// SetKeysOnly has OVH's lists answer with keys although objects were asked for.
func (s *Server) SetKeysOnly(keysOnly bool) { s.keysOnly.Store(keysOnly) }

// SetStrict has OVH's signatures verified, which takes time, and not only looked
// for. Tokens are always compared.
func (s *Server) SetStrict(strict bool) { s.strict.Store(strict) }

// Requests is how many requests have been answered.
func (s *Server) Requests() int64 { return s.requests.Load() }

// Connections is how many connections have been accepted.
func (s *Server) Connections() int64 { return s.connections.Load() }

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.connections.Add(1)
		go s.serve(conn)
	}
}

// serve answers the requests of one connection until it is closed. A request
// that is not one of those it knows gets a 400 with the reason, and the
// connection is closed.
func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 64<<10)
	r := &request{}
	held := 0
	for {
		size, whole := r.parse(buffer[:held])
		if !whole {
			if held == len(buffer) {
				refuse(conn, "the request is larger than this server allows")
				return
			}
			n, err := conn.Read(buffer[held:])
			if err != nil {
				return
			}
			held += n
			continue
		}
		s.requests.Add(1)
		answer, problem := s.answer(r)
		if problem != "" {
			refuse(conn, problem+": "+string(r.method)+" "+string(r.target))
			return
		}
		if d := s.latency.Load(); d > 0 {
			time.Sleep(time.Duration(d)) //nolint:forbidigo // the latency of the API that this plays
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
		held = copy(buffer, buffer[size:held])
	}
}

// refuse may allocate: a benchmark that gets here fails.
func refuse(conn net.Conn, problem string) {
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(problem), problem)
}

// answer is what goes out, or what is wrong with the request.
func (s *Server) answer(r *request) (answer []byte, problem string) {
	path, query, _ := bytes.Cut(r.target, []byte("?"))
	r.key = append(append(append(r.key[:0], r.method...), ' '), path...)
	found := s.routes[string(r.key)]
	if found == nil {
		return nil, "there is no such path"
	}
	if problem := s.refuses(found.cloud, r); problem != "" {
		return nil, problem
	}
	if len(r.method) == 4 && len(r.body) == 0 { // a POST
		return nil, "the body is missing"
	}
	switch {
	case found.pages == nil, found.header && (len(r.paginationMode) == 0 || s.keysOnly.Load()):
		return found.whole, ""
	case found.header:
		return found.page(r.paginationNumber, r.paginationSize)
	default:
		return found.page(parameter(query, "page="), parameter(query, "page_size="))
	}
}

func (f *route) page(number, size []byte) (answer []byte, problem string) {
	n, known := decimal(number)
	wanted, sized := decimal(size)
	switch {
	case !known || !sized || n == 0:
		return nil, "no page is asked for"
	case wanted < f.size:
		return nil, "the page asked for is smaller than those that are served"
	case n > len(f.pages):
		return nil, "there are fewer pages"
	}
	return f.pages[n-1], ""
}

// parameter is the value of a query's parameter, name including the equals sign.
func parameter(query []byte, name string) []byte {
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		if len(pair) >= len(name) && string(pair[:len(name)]) == name {
			return pair[len(name):]
		}
	}
	return nil
}

func decimal(text []byte) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' || n > 1<<30 {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, len(text) > 0
}

// get adds an answer of one object.
func (s *Server) get(c cloud, path string, body []byte) {
	s.routes["GET "+path] = &route{cloud: c, whole: s.message(c, 0, body)}
}

// message is an answer as it goes over the wire, with the headers that the cloud
// sends. Elements is the total of a page of OVH's.
func (s *Server) message(c cloud, elements int, body []byte) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)))
	b.WriteString("\r\nDate: " + s.started.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	switch c {
	case scaleway:
		b.WriteString("\r\nServer: Scaleway API Gateway (fr-par-1;edge01)\r\nX-Request-Id: 0b1f4b4e-2c0f-4a1c-9d0c-1c9a4d7e8f10")
		b.WriteString("\r\nStrict-Transport-Security: max-age=63072000\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY")
	case ovh:
		b.WriteString("\r\nServer: OVHcloud\r\nX-Ovh-Queryid: EU.ext-3.65a0b2c1.12345.0a1b2c3d4e5f")
	case open:
	}
	if elements > 0 {
		b.WriteString("\r\nX-Pagination-Elements: " + strconv.Itoa(elements))
	}
	b.WriteString("\r\n\r\n")
	b.Write(body)
	return b.Bytes()
}
