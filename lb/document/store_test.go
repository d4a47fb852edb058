package document_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/dialect"
	"github.com/lbkit/lbkit/lb/document"
)

// shelf is a store that keeps documents as JSON, so that nothing of what it is given or
// returns is shared. It does all that a store can.
type shelf struct {
	mu       sync.Mutex
	texts    map[string][]byte
	health   map[string]lb.Health // by backend and server: "b1/web/10.0.0.4"
	made     int
	asked    []*http.Request // what a store on a wire would have got
	failures []error         // of the next calls
	// before is called in each Write, before anything of it has happened.
	before func(d *document.Document)
}

func newShelf() *shelf {
	return &shelf{texts: map[string][]byte{}, health: map[string]lb.Health{}}
}

// folderRules are those of a provider that has all that documents can hold.
func folderRules() dialect.Rules {
	all := dialect.Everything("folder")
	maps.DeleteFunc(all.Features, func(feature lb.Feature, _ lb.Support) bool {
		return strings.HasPrefix(string(feature), "certificate") || strings.HasPrefix(string(feature), "frontend.certificates") ||
			strings.HasPrefix(string(feature), "addresses.") || strings.HasPrefix(string(feature), "operations.")
	})
	for _, missing := range []lb.Feature{"loadbalancers.delete.releaseAddresses", "server.address.update", "server.port.update"} {
		all.Features[missing] = lb.Support{Hint: "documents have none"}
	}
	all.Limits = lb.Limits{MaxServers: 50, MaxFilters: 50, MaxRoutes: 50}
	return dialect.Rules{Capabilities: all}
}

// step is the beginning of each call of the store: the request that it would be, and the
// failure that a test wants.
func (s *shelf) step(ctx context.Context, method, key string) error {
	s.asked = append(s.asked, (&http.Request{Method: method, URL: &url.URL{Path: "/" + key}, Header: http.Header{}}).WithContext(ctx))
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(s.failures) > 0 {
		err := s.failures[0]
		s.failures = s.failures[1:]
		return err
	}
	return nil
}

func (s *shelf) List(ctx context.Context) iter.Seq2[*document.Document, error] {
	return func(yield func(*document.Document, error) bool) {
		s.mu.Lock()
		err := s.step(ctx, http.MethodGet, "")
		keys := slices.Sorted(maps.Keys(s.texts))
		s.mu.Unlock()
		for _, key := range keys {
			if err == nil {
				var d *document.Document
				if d, err = s.get(key); err == nil && !yield(d, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (s *shelf) get(key string) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(key)
}

func (s *shelf) open(key string) (*document.Document, error) {
	text, there := s.texts[key]
	if !there {
		return nil, fmt.Errorf("folder: %s: %w", key, lb.ErrNotFound)
	}
	d := new(document.Document)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, err
	}
	for _, b := range d.Backends {
		for _, server := range b.Servers {
			server.Native = document.ServerKey(server.ServerSpec)
		}
	}
	return d, nil
}

func (s *shelf) put(d *document.Document) (*document.Document, error) {
	version, _ := strconv.Atoi(d.Version)
	d.Version = strconv.Itoa(version + 1)
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	key := string(d.LoadBalancer.ID)
	s.texts[key] = text
	return s.open(key)
}

func (s *shelf) Read(ctx context.Context, key string) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(ctx, http.MethodGet, key); err != nil {
		return nil, err
	}
	return s.open(key)
}

func (s *shelf) Write(ctx context.Context, d *document.Document) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before != nil {
		s.before(d)
	}
	if err := s.step(ctx, http.MethodPut, string(d.LoadBalancer.ID)); err != nil {
		return nil, err
	}
	there, err := s.open(string(d.LoadBalancer.ID))
	if err != nil {
		return nil, err
	}
	if there.Version != d.Version {
		return nil, fmt.Errorf("version %s is there: %w", there.Version, lb.ErrConflict)
	}
	return s.put(d)
}

func (s *shelf) Create(ctx context.Context, spec lb.LoadBalancerSpec) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(ctx, http.MethodPost, ""); err != nil {
		return nil, err
	}
	return s.put(s.make(spec))
}

// make is a new document with nothing in it.
func (s *shelf) make(spec lb.LoadBalancerSpec) *document.Document {
	s.made++
	b := &lb.LoadBalancer{ID: lb.LoadBalancerID(fmt.Sprint("b", s.made)), LoadBalancerSpec: spec, Provisioning: lb.ProvisioningReady}
	return &document.Document{Tree: lb.Tree{LoadBalancer: b}}
}

// add puts a load balancer into the store, as somebody else would, and returns its key.
func (s *shelf) add(name string) lb.LoadBalancerID {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.put(s.make(lb.LoadBalancerSpec{Name: name}))
	if err != nil {
		panic(err)
	}
	return d.LoadBalancer.ID
}

func (s *shelf) Delete(ctx context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(ctx, http.MethodDelete, key); err != nil {
		return err
	}
	_, err := s.open(key)
	delete(s.texts, key)
	return err
}

func (s *shelf) EgressRanges(ctx context.Context, key string) ([]netip.Prefix, error) {
	_, err := s.Read(ctx, key)
	return []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, err
}

func (s *shelf) Health(ctx context.Context, key string) (*document.Health, error) {
	d, err := s.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &document.Health{Servers: map[lb.BackendID][]lb.ServerHealth{}, Summary: lb.HealthSummary{State: lb.HealthUnknown}}
	out.Summary.Servers = map[lb.Health]int{}
	for _, b := range d.Backends {
		for _, server := range b.Servers {
			id := document.ServerKey(server.ServerSpec)
			state, set := s.health[fmt.Sprintf("%s/%s/%s", key, b.ID, id)]
			if !set {
				state = lb.HealthUnknown
			}
			out.Servers[b.ID] = append(out.Servers[b.ID], lb.ServerHealth{Server: id, State: state})
			out.Summary.Servers[state]++
			out.Summary.State = state
		}
	}
	return out, nil
}
