package scalewaytest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

func TestServersBecomeHealthyByThemselves(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	b := s.backend(id, `{"server_ip": ["10.0.0.1"], "health_check": {"port": 80, "check_max_retries": 1, "check_delay": 5000}}`)
	path := zoned + "/lbs/" + id + "/backend-stats"
	added := s.server.clock.Now()
	// A row's instance has another ID there than in the load balancer, as recorded.
	instance := s.get(zoned + "/lbs/" + id).at("instances.0.id")
	reporter := s.get(path).at("backend_servers_stats.0.instance_id")
	if !uuidPattern.MatchString(reporter) || reporter == instance {
		t.Errorf("the row is of %s, the instance is %s", reporter, instance)
	}
	s.get(path).has(map[string]string{
		"total_count": "1", "backend_servers_stats.0.backend_id": b, "backend_servers_stats.0.ip": "10.0.0.1",
		"backend_servers_stats.0.server_state":             "stopped",
		"backend_servers_stats.0.last_health_check_status": "unknown",
		"backend_servers_stats.0.server_state_changed_at":  timestamp(added.Truncate(time.Second)),
	})
	s.server.Advance(10*time.Second - time.Millisecond)
	s.get(path).has(map[string]string{"backend_servers_stats.0.server_state": "stopped"})
	s.server.Advance(time.Millisecond)
	s.get(path).has(map[string]string{
		"backend_servers_stats.0.server_state":             "running",
		"backend_servers_stats.0.last_health_check_status": "passed",
		"backend_servers_stats.0.server_state_changed_at":  timestamp(added.Add(10 * time.Second).Truncate(time.Second)),
	})
	// What joins later starts anew, what stays goes on.
	s.put(zoned+"/backends/"+b+"/servers", `{"server_ip": ["10.0.0.2", "10.0.0.1"]}`)
	s.get(path).has(map[string]string{
		"backend_servers_stats.0.server_state": "stopped", "backend_servers_stats.1.server_state": "running",
	})
}

func TestSetHealth(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	b := s.backend(id, `{"server_ip": ["10.0.0.1", "2001:db8::1"]}`)
	server := lb.ServerID("fr-par-1/" + b + "/2001:db8::1")
	for state, want := range map[lb.Health][2]string{
		lb.HealthHealthy: {"running", "passed"}, lb.HealthDegraded: {"running", "failed"},
		lb.HealthDown: {"stopped", "failed"}, lb.HealthUnknown: {"stopped", "unknown"},
	} {
		s.server.Advance(time.Minute)
		s.server.SetHealth(server, state)
		set := s.server.clock.Now()
		s.server.Advance(time.Minute)
		s.get(zoned + "/lbs/" + id + "/backend-stats").has(map[string]string{
			"backend_servers_stats.0.server_state":             "running",
			"backend_servers_stats.1.server_state":             want[0],
			"backend_servers_stats.1.last_health_check_status": want[1],
			"backend_servers_stats.1.server_state_changed_at":  timestamp(set.Truncate(time.Second)),
		})
	}
	s.server.SetHealth(server, lb.HealthDown)
	// It is forgotten with the server.
	s.want(http.StatusOK, http.MethodDelete, zoned+"/backends/"+b+"/servers", `{"server_ip": ["2001:db8::1"]}`)
	s.post(zoned+"/backends/"+b+"/servers", `{"server_ip": ["2001:db8::1"]}`)
	s.get(zoned + "/lbs/" + id + "/backend-stats").has(map[string]string{"backend_servers_stats.1.last_health_check_status": "unknown"})
}

func TestMistakesInControlsPanic(t *testing.T) {
	t.Parallel()
	s := manual(t)
	b := s.backend(s.lb(""), `{"server_ip": ["10.0.0.1"]}`)
	for name, do := range map[string]func(){
		"no such server":        func() { s.server.SetHealth(lb.ServerID("fr-par-1/"+b+"/10.0.0.2"), lb.HealthDown) },
		"no such backend":       func() { s.server.SetHealth("fr-par-1/"+nowhere+"/10.0.0.1", lb.HealthDown) },
		"no address":            func() { s.server.SetHealth(lb.ServerID("fr-par-1/"+b+"/x"), lb.HealthDown) },
		"another provider's ID": func() { s.server.SetHealth("loadbalancer-ab12/http/farm/1/server/2", lb.HealthDown) },
		"no such health":        func() { s.server.SetHealth(lb.ServerID("fr-par-1/"+b+"/10.0.0.1"), "great") },
		"no such load balancer": func() { s.server.SetStatus("fr-par-1/"+nowhere, "error") },
		"no such one to end":    func() { s.server.EndNext("", "error") },
		"a speed of nothing":    func() { WithSpeed(0) },
		"no instances":          func() { WithInstances(0) },
		"pages of nothing":      func() { WithMaxPageSize(0) },
		"an implausible answer": func() { WithAnswer(InUse, http.StatusTeapot) },
		"an unknown quota":      func() { WithQuota("load balancers", 1) },
		"an unknown situation":  func() { WithAnswer("weather", http.StatusBadRequest) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it does not panic")
				}
			}()
			do()
		})
	}
	s.get(zoned + "/lbs") // the server goes on after a panic
}

func TestStatsOfSeveral(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		opts []Option
		rows string
	}{
		{"one instance", nil, "3"},
		{"two instances, as recorded", []Option{WithInstances(2)}, "3"},
		{"two instances, each its rows", []Option{WithInstances(2), WithRowsPerInstance()}, "6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := manual(t, tt.opts...)
			id, other := s.lb(""), s.lb("")
			one := s.backend(id, `{"server_ip": ["10.0.0.1", "10.0.0.2"]}`)
			s.backend(id, `{"server_ip": ["10.0.0.1"]}`)
			s.backend(other, `{"server_ip": ["10.0.0.1"]}`)
			path := zoned + "/lbs/" + id
			s.get(path + "/backend-stats").has(map[string]string{"total_count": tt.rows})
			s.get(path + "/backend-stats?page_size=2&page=2").has(map[string]string{"total_count": tt.rows, "backend_servers_stats.2": "absent"})
			s.get(path + "/backend-stats?backend_id=" + nowhere).has(map[string]string{"total_count": "0", "backend_servers_stats": "[]"})
			s.get(path + "/stats?backend_id=" + one).has(map[string]string{
				"backend_servers_stats.0.backend_id": one, "total_count": "absent",
			})
			if got := s.get(path).at("instances.1.id"); (got == "absent") != (tt.opts == nil) {
				t.Errorf("the second instance is %s", got)
			}
		})
	}
}

func TestLBTypes(t *testing.T) {
	t.Parallel()
	s := manual(t, WithOutOfStock("LB-GP-XL"))
	s.get(zoned + "/lb-types").has(map[string]string{
		"total_count": "4", "lb_types.0.name": "LB-S", "lb_types.0.stock_status": "available",
		"lb_types.0.multicloud": "false", "lb_types.2.multicloud": "true", "lb_types.0.bandwidth": "200000000",
		"lb_types.3.name": "LB-GP-XL", "lb_types.3.stock_status": "out_of_stock", "lb_types.3.zone": "fr-par-1",
	})
	s.get(zoned + "/lb-types?page_size=3&page=2").has(map[string]string{"lb_types.0.name": "LB-GP-XL", "lb_types.1": "absent"})
	body := fmt.Sprintf(`{"project_id": %q, "name": "x", "type": "lb-gp-xl"}`, s.server.ProjectID())
	s.want(http.StatusForbidden, http.MethodPost, zoned+"/lbs", body).has(map[string]string{"type": "out_of_stock"})
	s.want(http.StatusForbidden, http.MethodPost, zoned+"/lbs/"+s.lb("")+"/migrate", `{"type": "LB-GP-XL"}`)
}
