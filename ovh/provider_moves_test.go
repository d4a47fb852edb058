package ovh_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// TestMovedAddressIsPublished: a refresh follows a move that has ended, whether or
// not the API counts it among the pending changes, and only one; while the move is
// under way there is nothing to publish.
func TestMovedAddressIsPublished(t *testing.T) {
	t.Parallel()
	for name, counted := range map[string]ovhtest.MovePending{"counted": ovhtest.MoveCounted, "not counted": ovhtest.MoveNotCounted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ovhtest.WithManualClock(), ovhtest.WithAssumptions(func(a *ovhtest.Assumptions) { a.MovePending = counted }))
			block := netip.MustParsePrefix("203.0.113.10/32")
			w.server.AddAddresses("", block)
			must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{
				Protocol: lb.ProtocolHTTP, Ports: port(80), DefaultBackend: must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Protocol: lb.ProtocolHTTP})).ID,
			}))
			w.live()
			move := must[*lb.Operation](t)(w.Addresses().Attach(t.Context(), ovh.FormatAddressID(block), w.id))
			w.server.Advance(10 * time.Second)
			w.live()
			w.server.Advance(10 * time.Minute)
			if got := must[*lb.Operation](t)(w.Operations().Get(t.Context(), move.ID)); got.Status != lb.OperationDone {
				t.Fatalf("the move is %+v", got)
			}
			second := ovh.NewProvider(w.client) // of the same client: it knows of the move
			op := must[*lb.Operation](t)(second.LoadBalancers().Commit(t.Context(), w.id, lb.CommitOptions{}))
			if op.ID == "" {
				t.Fatal("no refresh followed the move")
			}
			w.server.Advance(time.Minute)
			if again := must[*lb.Operation](t)(w.LoadBalancers().Commit(t.Context(), w.id, lb.CommitOptions{})); again.ID != "" {
				t.Errorf("a second refresh followed: %+v", again)
			}
		})
	}
}

// live makes what is staged live.
func (w *world) live() {
	w.t.Helper()
	must[*lb.Operation](w.t)(w.LoadBalancers().Commit(w.t.Context(), w.id, lb.CommitOptions{}))
	w.server.Advance(time.Minute)
}
