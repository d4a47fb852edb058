package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// Server is the API on loopback: what a provider of a real cloud finds there already.
//
//	GET /v1/balancers      all, with what is in them
//	GET /v1/balancers/{b}  one, with what is in it
//	PUT /v1/balancers/{b}  replaces what is in one, if its version is still the one that is sent
//
// A balancer is written as a whole: who writes chooses the IDs of what is new, and what is
// not there any more is deleted. State and health are the API's own: it reads over them.
type Server struct {
	// URL is where the API is, and Token what it takes.
	URL   string
	Token lb.Secret

	http     *httptest.Server
	mu       sync.Mutex
	all      []*balancer
	found    map[string]lb.Health // what checks find, by address
	requests []*http.Request
}

// NewServer starts the API. It runs until Close.
func NewServer() *Server {
	s := &Server{Token: lb.NewSecret("tiny-token"), all: []*balancer{}, found: map[string]lb.Health{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/balancers", s.answer(func(*http.Request) (any, error) { return s.all, nil }))
	mux.HandleFunc("GET /v1/balancers/{b}", s.answer(func(r *http.Request) (any, error) { return s.balancer(r) }))
	mux.HandleFunc("PUT /v1/balancers/{b}", s.answer(s.replace))
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
func (s *Server) AddBalancer(called string) lb.LoadBalancerID {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint("b", len(s.all)+1)
	b := &balancer{ID: id, Version: "1", Name: called, State: lb.ProvisioningReady, Listeners: []listener{}, Pools: []pool{}}
	b.sum()
	s.all = append(s.all, b)
	return lb.LoadBalancerID(name + "/" + id)
}

// SetState puts a balancer into a state.
func (s *Server) SetState(id lb.LoadBalancerID, state lb.Provisioning) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.all {
		if name+"/"+b.ID == string(id) {
			b.State = state
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
			for i, m := range p.Members {
				if fmt.Sprintf("%s/%s/backends/%s/servers/%s", name, b.ID, p.ID, m.Address) == string(id) {
					p.Members[i].Health = state
				}
			}
		}
		b.sum()
	}
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

func refusal(format string, args ...any) error {
	return &APIError{http.StatusBadRequest, "invalid", fmt.Sprintf(format, args...)}
}

func conflict(code, format string, args ...any) error {
	return &APIError{http.StatusConflict, code, fmt.Sprintf(format, args...)}
}

func (s *Server) balancer(r *http.Request) (*balancer, error) {
	for _, b := range s.all {
		if b.ID == r.PathValue("b") {
			return b, nil
		}
	}
	return nil, &APIError{http.StatusNotFound, "not_found", "balancer " + r.PathValue("b") + " is not there"}
}

func (s *Server) replace(r *http.Request) (any, error) {
	old, err := s.balancer(r)
	if err != nil {
		return nil, err
	}
	var b balancer
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return nil, refusal("%v", err)
	}
	switch {
	case b.ID != old.ID:
		return nil, refusal("an ID does not change")
	case b.Version != old.Version:
		return nil, conflict("conflict", "version %s is there", old.Version)
	}
	ids := map[string]bool{}
	for i := range b.Pools {
		p := &b.Pools[i]
		if err := errors.Join(checkID("pools/"+string(p.ID), ids), s.checkPool(old, p)); err != nil {
			return nil, err
		}
	}
	for i := range b.Listeners {
		l := &b.Listeners[i]
		if err := errors.Join(checkID("listeners/"+string(l.ID), ids), b.checkListener(old, l)); err != nil {
			return nil, err
		}
	}
	version, _ := strconv.Atoi(old.Version)
	b.Version = strconv.Itoa(version + 1)
	b.State = old.State
	b.sum()
	*old = b
	return b, nil
}

var wordID = regexp.MustCompile(`^\w+/[0-9A-Za-z]+$`)

// checkID wants a word, and each once.
func checkID(id string, seen map[string]bool) error {
	if !wordID.MatchString(id) || seen[id] {
		return refusal("%q is no ID, or is there twice", id)
	}
	seen[id] = true
	return nil
}

func (s *Server) checkPool(old *balancer, p *pool) error {
	switch {
	case p.Port == 0:
		return refusal("%s: port is missing", p.ID)
	case p.Balance != lb.AlgorithmRoundRobin && p.Balance != lb.AlgorithmLeastConn:
		return refusal("%s: balance is roundrobin or leastconn", p.ID)
	case p.Check != 0 && (p.Check < lb.Duration(time.Second) || p.Check > lb.Duration(time.Hour)):
		return refusal("%s: check is from 1s to 1h", p.ID)
	}
	health := maps.Clone(s.found)
	for _, other := range old.Pools {
		for _, m := range other.Members {
			if other.ID == p.ID {
				health[m.Address.String()] = m.Health
			}
		}
	}
	slices.SortFunc(p.Members, func(a, b member) int { return a.Address.Compare(b.Address) })
	for i := range p.Members {
		m := &p.Members[i]
		switch {
		case !m.Address.Is4():
			return refusal("%s: member %q has no IPv4 address", p.ID, m.Address)
		case m.Weight == nil || *m.Weight < 0:
			return refusal("%s: member %s: weight is missing or negative", p.ID, m.Address)
		case i > 0 && m.Address == p.Members[i-1].Address:
			return conflict("exists", "%s: member %s is there twice", p.ID, m.Address)
		}
		m.Health = cmp.Or(health[m.Address.String()], lb.HealthUnknown)
	}
	return nil
}

func (b *balancer) checkListener(old *balancer, l *listener) error {
	leads := func(p pool) bool { return p.ID == l.Pool }
	switch {
	case l.Port.From == 0 || l.Port.From != l.Port.To:
		return refusal("%s: port is one", l.ID)
	case slices.ContainsFunc(b.Pools, leads):
		return nil
	case slices.ContainsFunc(old.Pools, leads):
		return conflict("in_use", "%s leads to %s", l.ID, l.Pool)
	}
	return &APIError{http.StatusNotFound, "not_found", fmt.Sprintf("%s: pool %q is not there", l.ID, l.Pool)}
}

// sum counts what is in each state. Parts that differ make a whole degraded.
func (b *balancer) sum() {
	pools := map[lb.BackendID]lb.Health{}
	b.Health = health{Frontends: map[lb.Health]int{}, Backends: map[lb.Health]int{}, Servers: map[lb.Health]int{}}
	for _, p := range b.Pools {
		members := map[lb.Health]int{}
		for _, m := range p.Members {
			members[m.Health]++
			b.Health.Servers[m.Health]++
		}
		pools[p.ID] = together(members)
		b.Health.Backends[pools[p.ID]]++
	}
	for _, l := range b.Listeners {
		b.Health.Frontends[pools[l.Pool]]++
	}
	b.Health.State = together(b.Health.Frontends)
}

func together(states map[lb.Health]int) lb.Health {
	if len(states) > 1 {
		return lb.HealthDegraded
	}
	for state := range states {
		return state
	}
	return lb.HealthUnknown
}
