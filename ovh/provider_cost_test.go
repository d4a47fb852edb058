package ovh_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// TestAThousandServersCost: one request where the API grants pages of objects, and
// one for each server besides the list where it does not.
func TestAThousandServersCost(t *testing.T) {
	t.Parallel()
	const servers = 1000
	for name, test := range map[string]struct {
		opts []ovhtest.Option
		most int
	}{
		"pages": {[]ovhtest.Option{ovhtest.WithManualClock()}, 1},
		"keys":  {[]ovhtest.Option{ovhtest.WithManualClock(), ovhtest.WithoutExpansion()}, servers + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.opts...)
			ctx := t.Context()
			farm := must[*ovh.HTTPFarm](t)(w.client.HTTP.Farms.Create(ctx, w.service(), ovh.HTTPFarmCreate{Zone: ovh.AllZones}))
			for i := range servers {
				must[*ovh.HTTPServer](t)(w.client.HTTP.Farms.Servers.Create(ctx, w.service(), farm.FarmID, ovh.HTTPServerCreate{
					Address: fmt.Sprintf("10.0.%d.%d", i/250, i%250+1), Status: ovh.ServerActive,
				}))
			}
			before := len(w.server.Requests())
			got := must[[]*ovh.HTTPServer](t)(lb.Collect(w.client.HTTP.Farms.Servers.List(ctx, w.service(), farm.FarmID, ovh.HTTPServerListOptions{})))
			if sent := len(w.server.Requests()) - before; len(got) != servers || sent > test.most {
				t.Errorf("%d servers by %d requests, want %d by %d at most", len(got), sent, servers, test.most)
			}
		})
	}
}

// TestTenWritesCostOneRefresh: what is written is staged, and one Publish makes all
// of it live.
func TestTenWritesCostOneRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ovhtest.WithSpeed(1000))
	for i := range 5 {
		backend := must[*lb.Backend](t)(w.Backends().Create(t.Context(), w.id, lb.BackendSpec{Name: fmt.Sprint(i), Protocol: lb.ProtocolHTTP}))
		must[*lb.Frontend](t)(w.Frontends().Create(t.Context(), w.id, lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: port(uint16(80 + i)), DefaultBackend: backend.ID}))
	}
	must[*lb.Operation](t)(lb.Publish(t.Context(), w, w.id, lb.WithPoll(time.Millisecond, time.Millisecond)))
	refreshes := 0
	for _, r := range w.server.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/refresh") {
			refreshes++
		}
	}
	if pending := must[[]lb.PendingChange](t)(w.LoadBalancers().Pending(t.Context(), w.id)); refreshes != 1 || len(pending) > 0 {
		t.Errorf("%d refreshes, then pending: %v", refreshes, pending)
	}
}
