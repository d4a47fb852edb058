package scaleway

import (
	"context"
	"iter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// BackendServerStats is what one instance makes of one server of one backend.
type BackendServerStats struct {
	InstanceID            string            `json:"instance_id"`
	BackendID             string            `json:"backend_id"`
	IP                    string            `json:"ip"`
	ServerState           ServerState       `json:"server_state"`
	ServerStateChangedAt  time.Time         `json:"server_state_changed_at,omitzero"`
	LastHealthCheckStatus HealthCheckStatus `json:"last_health_check_status"`
}

// statsKey tells rows apart: there is one for each instance, backend and server.
type statsKey struct{ instance, backend, ip string }

func (s *BackendServerStats) key() statsKey { return statsKey{s.InstanceID, s.BackendID, s.IP} }

// BackendStatsOptions select and page the states of a load balancer's servers.
type BackendStatsOptions struct {
	BackendID string // empty: all
	lb.PageOptions
}

type backendStatsQuery struct {
	BackendID string `url:"backend_id,omitempty"`
}

type backendStatsPage struct {
	Servers    []BackendServerStats `json:"backend_servers_stats"`
	TotalCount *int                 `json:"total_count"`
}

func (p *backendStatsPage) page() (*[]BackendServerStats, *int) { return &p.Servers, p.TotalCount }

// Stats yields how the servers of a load balancer are: a row for each instance
// and server.
//
//api:operation GET /lb/v1/zones/{zone}/lbs/{lb_id}/backend-stats
//api:operation GET /lb/v1/regions/{region}/lbs/{lb_id}/backend-stats
func (s *BackendService) Stats(ctx context.Context, lbID string, opts BackendStatsOptions) iter.Seq2[*BackendServerStats, error] {
	query := backendStatsQuery{BackendID: opts.BackendID}
	return list[backendStatsPage](ctx, s.place, listBackendStats, query, opts.PageOptions, (*BackendServerStats).key, lbID)
}
