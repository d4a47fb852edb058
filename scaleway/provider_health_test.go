package scaleway

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// The table of facts 15, and what lies between its rows.
func TestServerStates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state ServerState
		check HealthCheckStatus
		want  lb.Health
	}{
		{ServerStateRunning, HealthCheckStatusPassed, lb.HealthHealthy},
		{ServerStateRunning, HealthCheckStatusUnknown, lb.HealthHealthy},
		{ServerStateRunning, HealthCheckStatusNeutral, lb.HealthHealthy},
		{ServerStateRunning, HealthCheckStatusFailed, lb.HealthDegraded},
		{ServerStateRunning, HealthCheckStatusCondPass, lb.HealthDegraded},
		{ServerStateStarting, HealthCheckStatusPassed, lb.HealthDegraded},
		{ServerStateStopping, HealthCheckStatusPassed, lb.HealthDegraded},
		{ServerStateStopped, HealthCheckStatusFailed, lb.HealthDown},
		{ServerStateStopped, HealthCheckStatusPassed, lb.HealthDown},
		{ServerStateStopped, HealthCheckStatusUnknown, lb.HealthUnknown},
		{"napping", HealthCheckStatusPassed, lb.HealthUnknown},
	} {
		if got := serverState(&BackendServerStats{ServerState: test.state, LastHealthCheckStatus: test.check}); got != test.want {
			t.Errorf("%s and %s: got %s, want %s", test.state, test.check, got, test.want)
		}
	}
}

// What an instance still says of others, or of a server that has left, is not the
// health of the backend's servers; and one that it says nothing of is not left out.
func TestBackendHealthIsOfItsServersAlone(t *testing.T) {
	t.Parallel()
	client, _ := newWire(t, func(r sentRequest) reply {
		if strings.HasSuffix(r.Path, "/backend-stats") {
			return reply{status: http.StatusOK, body: `{"total_count": 3, "backend_servers_stats": [
				{"instance_id": "i", "backend_id": "` + testBackend + `", "ip": "2001:DB8::1", "server_state": "running", "last_health_check_status": "passed"},
				{"instance_id": "i", "backend_id": "` + testBackend + `", "ip": "10.0.0.9", "server_state": "running", "last_health_check_status": "passed"},
				{"instance_id": "i", "backend_id": "` + testRoute + `", "ip": "10.0.0.4", "server_state": "running", "last_health_check_status": "passed"}
			]}`}
		}
		return reply{status: http.StatusOK, body: `{"id": "` + testBackend + `", "pool": ["10.0.0.4", "2001:db8::1"], "lb": {"id": "` + testLB + `"}}`}
	})
	p, err := NewProvider(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[lb.ServerID]lb.Health{}
	for h, err := range p.Backends().Health(t.Context(), FormatBackendID(testZone, testBackend), lb.PageOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got[h.Server] += h.State
	}
	id := "fr-par-1/" + testBackend + "/"
	want := map[lb.ServerID]lb.Health{lb.ServerID(id + "2001:db8::1"): lb.HealthHealthy, lb.ServerID(id + "10.0.0.4"): lb.HealthUnknown}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
