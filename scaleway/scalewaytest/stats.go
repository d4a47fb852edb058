package scalewaytest

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// health is what the instances know of a server.
type health struct {
	since time.Time // when the server was added, or its state was set
	fixed *verdict  // nil: what checks would find by and by
}

// verdict is a server's state and its last check, in HAProxy's words.
type verdict struct{ state, check string }

// verdicts are what SetHealth makes of the neutral states.
var verdicts = map[lb.Health]verdict{
	lb.HealthHealthy:  {"running", "passed"},
	lb.HealthDegraded: {"running", "failed"},
	lb.HealthDown:     {"stopped", "failed"},
	lb.HealthUnknown:  {"stopped", "unknown"},
}

// checksToPass is how many checks a new server passes before it is running. A
// server that nobody has set the health of passes all of them.
const checksToPass = 2

// verdictOn is what is known of p now, and since when.
func (s *Server) verdictOn(b *backend, p *poolServer) (verdict, time.Time) {
	if p.health.fixed != nil {
		return *p.health.fixed, p.health.since
	}
	up := p.health.since.Add(checksToPass * b.checkDelay())
	if s.clock.Now().Before(up) {
		return verdicts[lb.HealthUnknown], p.health.since
	}
	return verdicts[lb.HealthHealthy], up
}

// SetHealth fixes what backend stats say of a server, "<zone>/<backend
// UUID>/<address>", until it leaves its backend. Healthy is running and passed;
// degraded is running, with a failed check; down is stopped and failed; unknown
// is stopped and unknown, as a new server is. SetHealth panics where there is no
// such server or state, since a test that goes on would prove nothing.
func (s *Server) SetHealth(id lb.ServerID, state lb.Health) {
	found, ok := verdicts[state]
	if !ok {
		panic(fmt.Sprintf("scalewaytest: no health %q", state))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	p := s.serverByID(id)
	if p == nil {
		panic(fmt.Sprintf("scalewaytest: no server %q", id))
	}
	p.health = health{since: s.clock.Now(), fixed: &found}
}

func (s *Server) serverByID(id lb.ServerID) *poolServer {
	parts := strings.Split(string(id), "/")
	if len(parts) != 3 {
		return nil
	}
	b, ok := s.backends.get(parts[0], parts[1])
	if !ok {
		return nil
	}
	addr, err := netip.ParseAddr(parts[2])
	if err != nil {
		return nil
	}
	if i := indexOf(b.pool, addr); i >= 0 {
		return b.pool[i]
	}
	return nil
}

type statsView struct {
	InstanceID           string `json:"instance_id"`
	BackendID            string `json:"backend_id"`
	IP                   string `json:"ip"`
	ServerState          string `json:"server_state"`
	ServerStateChangedAt string `json:"server_state_changed_at"`
	LastHealthCheck      string `json:"last_health_check_status"`
}

// stats has one row for each server, of the first instance, or one for each
// instance too.
func (s *Server) stats(c *call) ([]statsView, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	reporting := l.instances
	if len(reporting) > 1 && !s.options.rowsPerInstance {
		reporting = reporting[:1]
	}
	wanted := c.query.Get("backend_id")
	rows := []statsView{}
	for _, b := range s.backends.all {
		if b.lb != l || (wanted != "" && wanted != b.id) {
			continue
		}
		for _, p := range b.pool {
			v, since := s.verdictOn(b, p)
			for _, i := range reporting {
				rows = append(rows, statsView{
					InstanceID: i.reporter, BackendID: b.id, IP: p.text,
					ServerState: v.state, LastHealthCheck: v.check,
					ServerStateChangedAt: timestamp(since.Truncate(time.Second)),
				})
			}
		}
	}
	return rows, nil
}

type listStatsView struct {
	Stats []statsView `json:"backend_servers_stats"`
	Total int         `json:"total_count"`
}

func (s *Server) listBackendStats(c *call) (answer, error) {
	all, err := s.stats(c)
	if err != nil {
		return nil, err
	}
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listStatsView{Stats: shown, Total: len(all)})
}

// getLBStats is the deprecated form: all rows, and no total.
func (s *Server) getLBStats(c *call) (answer, error) {
	all, err := s.stats(c)
	if err != nil {
		return nil, err
	}
	return encode(struct {
		Stats []statsView `json:"backend_servers_stats"`
	}{all})
}
