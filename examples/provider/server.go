package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// Server is the API on loopback: what a provider of a real cloud finds there already.
//
//	GET                /v1/balancers?name=                      all, without what is in them
//	GET, PATCH         /v1/balancers/{b}                        one, with all that is in it
//	GET, POST          /v1/balancers/{b}/listeners?name=
//	GET, PATCH, DELETE /v1/balancers/{b}/listeners/{l}
//	GET, POST          /v1/balancers/{b}/pools?name=
//	GET, PATCH, DELETE /v1/balancers/{b}/pools/{p}
type Server struct {
	// URL is where the API is, and Token what it takes.
	URL   string
	Token lb.Secret

	http     *httptest.Server
	mu       sync.Mutex
	count    int
	all      []*balancer
	found    map[string]lb.Health // what checks find, by address
	requests []*http.Request
}

// NewServer starts the API. It runs until Close.
func NewServer() *Server {
	s := &Server{Token: lb.NewSecret("tiny-token"), found: map[string]lb.Health{}}
	mux := http.NewServeMux()
	const listeners, pools = "/v1/balancers/{b}/listeners", "/v1/balancers/{b}/pools"
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"GET /v1/balancers":            s.list,
		"PATCH /v1/balancers/{b}":      s.changeBalancer,
		"GET /v1/balancers/{b}":        func(r *http.Request) (any, error) { return s.balancer(r) },
		"GET " + listeners:             s.listListeners,
		"POST " + listeners:            s.addListener,
		"GET " + listeners + "/{l}":    func(r *http.Request) (any, error) { _, l, err := s.listener(r); return l, err },
		"PATCH " + listeners + "/{l}":  s.changeListener,
		"DELETE " + listeners + "/{l}": s.deleteListener,
		"GET " + pools:                 s.listPools,
		"POST " + pools:                s.addPool,
		"GET " + pools + "/{p}":        func(r *http.Request) (any, error) { _, p, err := s.pool(r); return p, err },
		"PATCH " + pools + "/{p}":      s.changePool,
		"DELETE " + pools + "/{p}":     s.deletePool,
	} {
		mux.HandleFunc(pattern, s.answer(handle))
	}
	s.http = httptest.NewServer(mux)
	s.URL = s.http.URL + "/v1"
	return s
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// Requests are those that the API got so far.
func (s *Server) Requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// AddBalancer makes a balancer, as somebody would in the console.
func (s *Server) AddBalancer(name string) lb.LoadBalancerID {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &balancer{ID: s.next("b"), Version: 1, Name: name, State: string(lb.ProvisioningReady)}
	s.all = append(s.all, b)
	return newLoadBalancer(*b).ID
}

// SetState puts a balancer into a state.
func (s *Server) SetState(id lb.LoadBalancerID, state lb.Provisioning) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.all {
		if newLoadBalancer(*b).ID == id {
			b.State = string(state)
		}
	}
}

// SetHealthOf makes members that are added with an address appear in a state.
func (s *Server) SetHealthOf(address string, state lb.Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[address] = state
}

// SetHealth makes a member appear in a state.
func (s *Server) SetHealth(id lb.ServerID, state lb.Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.all {
		for _, p := range b.Pools {
			for i, server := range newBackend(newLoadBalancer(*b).ID, p).Servers {
				if server.ID == id {
					p.Members[i].State = string(state)
				}
			}
		}
	}
}

func (s *Server) next(prefix string) string {
	s.count++
	return fmt.Sprint(prefix, s.count)
}

// answer calls handle with the server locked, and sends what it returns.
func (s *Server) answer(handle func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, r.Clone(r.Context()))
		w.Header().Set("X-Request-Id", fmt.Sprint("tiny-", len(s.requests)))
		w.Header().Set("Content-Type", "application/json")
		result, err := any(nil), error(&APIError{http.StatusUnauthorized, "unauthorized", "who are you?"})
		if r.Header.Get("Authorization") == "Bearer "+s.Token.Reveal() {
			result, err = handle(r)
		}
		var own *APIError
		if errors.As(err, &own) {
			w.WriteHeader(own.Status)
			result = own
		}
		_ = json.NewEncoder(w).Encode(result) // the client is gone
	}
}

func notFound(what string) error {
	return &APIError{http.StatusNotFound, "not_found", what + " is not there"}
}

func refusal(message string) error { return &APIError{http.StatusBadRequest, "invalid", message} }

func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refusal(err.Error())
	}
	return nil
}

// named are the items of the name that a request asks for, or all.
func named[T any](r *http.Request, items []T, name func(T) string) ([]T, error) {
	want, found := r.FormValue("name"), []T{}
	for _, item := range items {
		if want == "" || name(item) == want {
			found = append(found, item)
		}
	}
	return found, nil
}

func (s *Server) list(r *http.Request) (any, error) {
	short := []balancer{}
	for _, b := range s.all {
		short = append(short, balancer{ID: b.ID, Version: b.Version, Name: b.Name, State: b.State})
	}
	return named(r, short, func(b balancer) string { return b.Name })
}

func (s *Server) balancer(r *http.Request) (*balancer, error) {
	for _, b := range s.all {
		if b.ID == r.PathValue("b") {
			return b, nil
		}
	}
	return nil, notFound("balancer " + r.PathValue("b"))
}

// current refuses a change that is based on another version than the current one.
func current(version, base int) error {
	if version != base {
		return &APIError{http.StatusConflict, "conflict", "it has changed meanwhile"}
	}
	return nil
}

func (s *Server) changeBalancer(r *http.Request) (any, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, err
	}
	change := balancer{Name: b.Name}
	if err := errors.Join(read(r, &change), current(b.Version, change.Version)); err != nil {
		return nil, err
	}
	b.Version++
	b.Name = change.Name
	return b, nil
}

func (s *Server) listener(r *http.Request) (*balancer, *listener, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, nil, err
	}
	for i := range b.Listeners {
		if b.Listeners[i].ID == r.PathValue("l") {
			return b, &b.Listeners[i], nil
		}
	}
	return nil, nil, notFound("listener " + r.PathValue("l"))
}

func (s *Server) listListeners(r *http.Request) (any, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, err
	}
	return named(r, b.Listeners, func(l listener) string { return l.Name })
}

func (s *Server) addListener(r *http.Request) (any, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, err
	}
	var l listener
	if err := errors.Join(read(r, &l), l.check(b)); err != nil {
		return nil, err
	}
	l.ID, l.Version = s.next("l"), 1
	b.Listeners = append(b.Listeners, l)
	return l, nil
}

func (l *listener) check(b *balancer) error {
	if l.Port == 0 {
		return refusal("port is missing")
	}
	if !slices.ContainsFunc(b.Pools, func(p pool) bool { return p.ID == l.Pool }) {
		return refusal("pool " + l.Pool + " is not there")
	}
	return nil
}

func (s *Server) changeListener(r *http.Request) (any, error) {
	b, old, err := s.listener(r)
	if err != nil {
		return nil, err
	}
	l := *old
	if err := errors.Join(read(r, &l), current(old.Version, l.Version), l.check(b)); err != nil {
		return nil, err
	}
	l.ID, l.Version = old.ID, old.Version+1
	*old = l
	return old, nil
}

func (s *Server) deleteListener(r *http.Request) (any, error) {
	b, l, err := s.listener(r)
	if err != nil {
		return nil, err
	}
	b.Listeners = slices.DeleteFunc(b.Listeners, func(other listener) bool { return other.ID == l.ID })
	return struct{}{}, nil
}

func (s *Server) pool(r *http.Request) (*balancer, *pool, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, nil, err
	}
	for i := range b.Pools {
		if b.Pools[i].ID == r.PathValue("p") {
			return b, &b.Pools[i], nil
		}
	}
	return nil, nil, notFound("pool " + r.PathValue("p"))
}

func (s *Server) listPools(r *http.Request) (any, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, err
	}
	return named(r, b.Pools, func(p pool) string { return p.Name })
}

func (s *Server) addPool(r *http.Request) (any, error) {
	b, err := s.balancer(r)
	if err != nil {
		return nil, err
	}
	var p pool
	if err := errors.Join(read(r, &p), p.check(s.found)); err != nil {
		return nil, err
	}
	p.ID, p.Version = s.next("p"), 1
	b.Pools = append(b.Pools, p)
	return p, nil
}

func (p *pool) check(found map[string]lb.Health) error {
	slices.SortFunc(p.Members, func(a, b member) int { return cmp.Compare(a.Address, b.Address) })
	for i, m := range p.Members {
		if i > 0 && m.Address == p.Members[i-1].Address {
			return &APIError{http.StatusConflict, "exists", "member " + m.Address + " is there twice"}
		}
		p.Members[i].State = cmp.Or(m.State, string(found[m.Address]), string(lb.HealthUnknown))
	}
	switch {
	case p.Port == 0:
		return refusal("port is missing")
	case p.Balance != "roundrobin" && p.Balance != "leastconn":
		return refusal("balance is roundrobin or leastconn")
	case p.Check < 0 || p.Check > 3600:
		return refusal("check is from 0 to 3600")
	}
	return nil
}

func (s *Server) changePool(r *http.Request) (any, error) {
	_, old, err := s.pool(r)
	if err != nil {
		return nil, err
	}
	p := *old
	p.Members = slices.Clone(old.Members)
	if err := errors.Join(read(r, &p), current(old.Version, p.Version), p.check(s.found)); err != nil {
		return nil, err
	}
	p.ID, p.Version = old.ID, old.Version+1
	*old = p
	return old, nil
}

func (s *Server) deletePool(r *http.Request) (any, error) {
	b, p, err := s.pool(r)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(b.Listeners, func(l listener) bool { return l.Pool == p.ID }) {
		return nil, &APIError{http.StatusConflict, "in_use", "a listener leads to it"}
	}
	b.Pools = slices.DeleteFunc(b.Pools, func(other pool) bool { return other.ID == p.ID })
	return struct{}{}, nil
}
