package rest_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// gauge takes a second for each request and knows how many writes, and how many
// reads, were under way at once at most.
type gauge struct {
	base http.RoundTripper

	mu                    sync.Mutex
	writes, reads         int
	mostWrites, mostReads int
	sent                  []string // the writes
}

func (g *gauge) RoundTrip(r *http.Request) (*http.Response, error) {
	now, most := &g.writes, &g.mostWrites
	if r.Method == http.MethodGet {
		now, most = &g.reads, &g.mostReads
	}
	g.mu.Lock()
	*now++
	*most = max(*most, *now)
	if r.Method != http.MethodGet {
		g.sent = append(g.sent, r.Method+" "+r.URL.Path)
	}
	g.mu.Unlock()
	<-time.After(time.Second)
	resp, err := g.base.RoundTrip(r)
	g.mu.Lock()
	*now--
	g.mu.Unlock()
	return resp, err
}

// gauged are the rooms whose clients send through a gauge.
var gauged = map[string]func(*testing.T) (*room, *gauge, func(n int)){
	"ovh": func(t *testing.T) (*room, *gauge, func(int)) {
		t.Helper()
		server := ovhtest.NewServer(ovhtest.WithPipe())
		t.Cleanup(server.Close)
		g := &gauge{base: server.Faults()}
		client, err := server.Client(ovh.WithRetry(quick), ovh.WithHTTPClient(&http.Client{Transport: g}))
		if err != nil {
			t.Fatal(err)
		}
		r := &room{p: ovh.NewProvider(client), faults: server.Faults(), lb: lb.LoadBalancerID(server.AddService("gra"))}
		return r.furnish(t), g, nil
	},
	"scaleway": func(t *testing.T) (*room, *gauge, func(int)) {
		t.Helper()
		server := scalewaytest.NewServer(scalewaytest.WithPipe())
		t.Cleanup(server.Close)
		g := &gauge{base: server.Faults()}
		client, err := server.Client(scaleway.WithHTTPClient(&http.Client{Transport: g}))
		if err != nil {
			t.Fatal(err)
		}
		p, err := scaleway.NewProvider(client, []scaleway.Zone{zone})
		if err != nil {
			t.Fatal(err)
		}
		balancer, err := p.LoadBalancers().Create(t.Context(), lb.LoadBalancerSpec{Name: "room", Zone: string(zone)})
		if err != nil {
			t.Fatal(err)
		}
		r := &room{p: p, faults: server.Faults(), lb: balancer.ID}
		return r.furnish(t), g, server.RefuseWrites
	},
}

const writers = 20

// TestWritersTakeTurns: of 20 that change one backend at once, each changes what
// the one before has left, and no two writes are on the wire together. Readers
// do not wait for them.
func TestWritersTakeTurns(t *testing.T) {
	t.Parallel()
	for name, setUp := range gauged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, g, refuse := setUp(t)
				if refuse != nil {
					refuse(7) // a state that passes, after more than the four attempts of a failure
				}
				var running sync.WaitGroup
				for i := range byte(writers) {
					address := netip.AddrFrom4([4]byte{10, 0, 1, i})
					running.Go(func() {
						if _, err := r.p.Servers().Add(t.Context(), r.backend, lb.ServerSpec{Address: address}); err != nil {
							t.Errorf("writer %d: %v", i, err)
						}
					})
					running.Go(func() {
						_, err := r.p.Backends().Update(t.Context(), r.backend, func(s *lb.BackendSpec) error {
							s.Name += "+"
							return nil
						})
						if err != nil {
							t.Errorf("writer %d: %v", i, err)
						}
					})
					running.Go(func() {
						if _, err := r.p.Backends().Get(t.Context(), r.backend); err != nil {
							t.Errorf("reader %d: %v", i, err)
						}
					})
				}
				running.Wait()
				if g.mostWrites != 1 {
					t.Errorf("%d writes at once", g.mostWrites)
				}
				if g.mostReads < writers {
					t.Errorf("%d reads at once: they wait for the writers", g.mostReads)
				}
				backend, err := r.p.Backends().Get(t.Context(), r.backend)
				if err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(backend.Name, "+"); n != writers {
					t.Errorf("%d of %d updates are left", n, writers)
				}
				servers, err := idsOf(r.p.Servers().List(t.Context(), r.backend, lb.ListOptions{}), func(s *lb.Server) string { return string(s.ID) })
				if err != nil || len(servers) != 1+writers {
					t.Errorf("%d servers, %v; want %d", len(servers), err, 1+writers)
				}
			})
		})
	}
}

// TestWritersOfOtherObjects: what is not one object does not wait: at OVH that
// is a service, at Scaleway a backend.
func TestWritersOfOtherObjects(t *testing.T) {
	t.Parallel()
	for name, setUp := range gauged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, g, _ := setUp(t)
				backends := []lb.BackendID{r.backend}
				for i := range 4 {
					spec := httpBackend
					spec.Name = fmt.Sprint("other ", i)
					made, err := r.p.Backends().Create(t.Context(), r.lb, spec)
					if err != nil {
						t.Fatal(err)
					}
					backends = append(backends, made.ID)
				}
				var running sync.WaitGroup
				for _, id := range backends {
					running.Go(func() {
						if _, err := r.p.Backends().Update(t.Context(), id, func(s *lb.BackendSpec) error { s.Name += "+"; return nil }); err != nil {
							t.Error(err)
						}
					})
				}
				running.Wait()
				want := len(backends)
				if name == "ovh" {
					want = 1
				}
				if g.mostWrites != want {
					t.Errorf("%d writes at once, want %d", g.mostWrites, want)
				}
			})
		})
	}
}
