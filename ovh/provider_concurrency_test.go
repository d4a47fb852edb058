package ovh_test

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// gauge sees how many writes are under way at once.
type gauge struct {
	next      http.RoundTripper
	now, most atomic.Int32
}

func (g *gauge) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		defer g.now.Add(-1)
		for n := g.now.Add(1); ; {
			most := g.most.Load()
			if n <= most || g.most.CompareAndSwap(most, n) {
				break
			}
		}
	}
	return g.next.RoundTrip(r)
}

// TestFiftyAtOnce: fifty goroutines use one provider. Writes to one load balancer do
// not overlap, none is lost, and reads do not wait for them.
func TestFiftyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	wire := &gauge{next: w.server.HTTPClient().Transport}
	p := ovh.NewProvider(must[*ovh.Client](t)(w.server.Client(ovh.WithHTTPClient(&http.Client{Transport: wire}))))
	b := w.backend(nil, "10.0.0.1")
	var all sync.WaitGroup
	for i := range byte(50) {
		all.Go(func() {
			address := netip.AddrFrom4([4]byte{10, 0, 1, i})
			if _, err := p.Servers().Add(ctx, b.ID, lb.ServerSpec{Address: address}); err != nil {
				t.Error(err)
			}
			if _, err := p.Backends().Update(ctx, b.ID, func(s *lb.BackendSpec) error { s.Name += "x"; return nil }); err != nil {
				t.Error(err)
			}
			if _, err := lb.Collect(p.Backends().List(ctx, w.id, lb.ListOptions{})); err != nil {
				t.Error(err)
			}
			if _, err := p.LoadBalancers().Read(ctx, w.id); err != nil {
				t.Error(err)
			}
			_, _ = p.Capabilities(), p.Dialect()
		})
	}
	all.Wait()
	got := must[*lb.Backend](t)(w.Backends().Get(ctx, b.ID))
	if len(got.Servers) != 51 || len(got.Name) != len("web")+50 {
		t.Errorf("%d servers, name %q: a write was lost", len(got.Servers), got.Name)
	}
	if most := wire.most.Load(); most != 1 {
		t.Errorf("%d writes were under way at once", most)
	}
}

// TestAWriteThatWaitsGivesUpWithItsContext: another write of the load balancer holds
// it up, a write of another one does not, and neither does a read.
func TestAWriteThatWaitsGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.backend(nil, "10.0.0.1")
	other := ovh.FormatLoadBalancerID(w.server.AddService("gra"))
	_, err := w.Backends().Update(t.Context(), b.ID, func(*lb.BackendSpec) error {
		ctx, cancel := contextWithin(t)
		defer cancel()
		_, err := w.Frontends().Create(ctx, w.id, lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port(80)})
		is(t, err, ctx.Err())
		wantError(t, err, lb.ErrUnavailable, "frontends.create", "")
		must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), other, lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port(80)}))
		must[*lb.Backend](t)(w.Backends().Get(t.Context(), b.ID))
		return nil
	})
	is(t, err, nil)
}
