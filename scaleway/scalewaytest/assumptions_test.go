package scalewaytest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// provoke brings each situation about and returns the server's answer to it.
var provoke = map[Situation]func(s *session) response{
	InUse: func(s *session) response {
		_, b, _ := s.withFrontend()
		return s.do(http.MethodDelete, zoned+"/backends/"+b, "")
	},
	DuplicatePort: func(s *session) response {
		id, b, _ := s.withFrontend()
		return s.do(http.MethodPost, zoned+"/lbs/"+id+"/frontends", leastFrontend(b))
	},
	QuotaExceeded: func(s *session) response {
		s.creating("")
		return s.do(http.MethodPost, zoned+"/lbs", fmt.Sprintf(`{"project_id": %q, "name": "x"}`, nowhere))
	},
	OutOfStock: func(s *session) response {
		return s.do(http.MethodPost, zoned+"/lbs", fmt.Sprintf(`{"project_id": %q, "name": "x", "type": "LB-GP-L"}`, nowhere))
	},
	NotReady: func(s *session) response {
		return s.do(http.MethodPost, zoned+"/lbs/"+s.creating("")+"/backends", leastBackend)
	},
	Deleting: func(s *session) response {
		id := s.lb("")
		s.remove(zoned + "/lbs/" + id + "?release_ip=false")
		return s.do(http.MethodPost, zoned+"/lbs/"+id+"/backends", leastBackend)
	},
	Busy: func(s *session) response {
		id := s.lb("")
		s.server.RefuseWrites(1)
		return s.do(http.MethodPost, zoned+"/lbs/"+id+"/backends", leastBackend)
	},
	FixedAddress: func(s *session) response {
		ip := s.get(zoned + "/lbs/" + s.lb("")).at("ip.0.id")
		return s.do(http.MethodPatch, zoned+"/ips/"+ip, `{"lb_id": null}`)
	},
	FrontendWithRoutes: func(s *session) response {
		_, b, f := s.withFrontend()
		s.post(zoned+"/routes", fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"path_begin": "/"}}`, f, b))
		return s.do(http.MethodDelete, zoned+"/frontends/"+f, "")
	},
}

func TestEveryPlausibleAnswerCanBeChosen(t *testing.T) {
	t.Parallel()
	if got, want := slices.Sorted(maps.Keys(provoke)), slices.Sorted(maps.Keys(plausible)); !slices.Equal(got, want) {
		t.Fatalf("situations provoked are %q, want %q", got, want)
	}
	for situation, do := range provoke {
		for i, status := range Answers(situation) {
			opts := []Option{WithAnswer(situation, status)}
			t.Run(fmt.Sprintf("%s/%d", situation, status), func(t *testing.T) {
				t.Parallel()
				switch situation { //nolint:exhaustive // the others need no option
				case QuotaExceeded:
					opts = append(opts, WithQuota("lbs", 1))
				case OutOfStock:
					opts = append(opts, WithOutOfStock("lb-gp-l"))
				}
				if i == 0 {
					opts = opts[1:] // the first is the answer where nothing is chosen
				}
				got := do(manual(t, opts...))
				if got.status != status {
					t.Fatalf("%d %s, want %d", got.status, got.body, status)
				}
				if status >= http.StatusBadRequest && got.at("message") == "absent" {
					t.Errorf("%s has no message", got.body)
				}
			})
		}
	}
}

func TestShapesOfRefusals(t *testing.T) {
	t.Parallel()
	for situation, want := range map[Situation]map[string]string{
		InUse:         {"type": "precondition_failed", "precondition": "resource_still_in_use"},
		DuplicatePort: {"type": "invalid_arguments", "details.0.argument_name": "inbound_port"},
		QuotaExceeded: {"type": "quotas_exceeded", "details.0.resource": "lbs", "details.0.quota": "1", "details.0.current": "1"},
		OutOfStock:    {"type": "out_of_stock", "resource": "LB-GP-L"},
		Deleting:      {"type": "transient_state", "current_state": "to_delete", "resource": "lb"},
		Busy:          {"type": "transient_state"},
		FixedAddress:  {"type": "absent", "message": "operation was rejected because the ip_id is used on a lb"},
	} {
		t.Run(string(situation), func(t *testing.T) {
			t.Parallel()
			provoke[situation](manual(t, WithQuota("lbs", 1), WithOutOfStock("LB-GP-L"))).has(want)
		})
	}
	provoke[NotReady](manual(t, WithAnswer(NotReady, http.StatusConflict))).
		has(map[string]string{"type": "transient_state", "current_state": "to_create"})
	provoke[Deleting](manual(t, WithAnswer(Deleting, http.StatusNotFound))).
		has(map[string]string{"message": "lbs not Found", "type": "absent"})
	provoke[NotReady](manual(t, WithAnswer(NotReady, http.StatusLocked))).has(map[string]string{"type": "locked"})
}

func TestRefusedWritesHaveNoEffect(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	s.server.RefuseWrites(2)
	for range 2 {
		s.want(http.StatusConflict, http.MethodPost, zoned+"/lbs/"+id+"/backends", leastBackend)
		s.get(zoned + "/lbs/" + id).has(map[string]string{"backend_count": "0"})
	}
	s.post(zoned+"/lbs/"+id+"/backends", leastBackend)
}

func TestLimitsOfALoadBalancer(t *testing.T) {
	t.Parallel()
	s := manual(t, WithQuota("backends", 1), WithQuota("frontends", 1), WithQuota("acls", 1), WithQuota("certificates", 1),
		WithQuota("private_networks", 1), WithQuota("ips", 4), WithQuota("subscribers", 1))
	id, b, f := s.withFrontend()
	s.withFrontend() // another load balancer has limits of its own
	s.post(zoned+"/frontends/"+f+"/acls", leastACL)
	s.put(zoned+"/frontends/"+f+"/acls", `{"acls": [`+leastACL+`]}`)
	order := `{"name": "c", "letsencrypt": {"common_name": "a.example"}}`
	s.post(zoned+"/lbs/"+id+"/certificates", order)
	attach := `{"private_network_id": %q}`
	s.post(zoned+"/lbs/"+id+"/attach-private-network", fmt.Sprintf(attach, newUUID()))
	project := fmt.Sprintf(`{"project_id": %q}`, nowhere)
	s.post(zoned+"/ips", project)
	s.post(zoned+"/ips", project)
	subscriber := merged(t, project, `{"name": "s", "email_config": {"email": "a@b.example"}}`)
	s.post(zoned+"/subscribers", subscriber)
	for _, tt := range []struct{ method, path, body, resource string }{
		{"POST", "/lbs/" + id + "/backends", leastBackend, "backends"},
		{"POST", "/lbs/" + id + "/frontends", merged(t, leastFrontend(b), `{"inbound_port": 81}`), "frontends"},
		{"POST", "/frontends/" + f + "/acls", leastACL, "acls"},
		{"PUT", "/frontends/" + f + "/acls", `{"acls": [` + leastACL + `, ` + leastACL + `]}`, "acls"},
		{"POST", "/lbs/" + id + "/certificates", order, "certificates"},
		{"POST", "/lbs/" + id + "/attach-private-network", fmt.Sprintf(attach, newUUID()), "private_networks"},
		{"POST", "/ips", project, "ips"},
		{"POST", "/lbs", merged(t, project, `{"name": "x"}`), "ips"},
		{"POST", "/subscribers", subscriber, "subscribers"},
	} {
		s.want(http.StatusForbidden, tt.method, zoned+tt.path, tt.body).has(map[string]string{
			"type": "quotas_exceeded", "details.0.resource": tt.resource,
		})
	}
	s.get(zoned + "/lbs").has(map[string]string{"total_count": "2"})
}

// A load balancer that would need two addresses and can have one leaves none
// behind.
func TestQuotaOfAddressesHoldsForBoth(t *testing.T) {
	t.Parallel()
	s := manual(t, WithQuota("ips", 1))
	body := fmt.Sprintf(`{"project_id": %q, "name": "x", "assign_flexible_ipv6": true}`, s.server.ProjectID())
	s.want(http.StatusForbidden, http.MethodPost, zoned+"/lbs", body).has(map[string]string{
		"details.0.resource": "ips", "details.0.quota": "1", "details.0.current": "absent",
	})
	s.get(zoned + "/ips").has(map[string]string{"total_count": "0"})
}

func TestDocumentedLimits(t *testing.T) {
	t.Parallel()
	o := defaultOptions()
	for kind, want := range map[string]int{
		"backends": 300, "frontends": 300, "acls": 300, "certificates": 200, "private_networks": 8,
	} {
		if got, ok := o.quota(kind); !ok || got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
	if _, ok := o.quota("lbs"); ok {
		t.Error("load balancers are limited")
	}
}

func TestEmptyEnums(t *testing.T) {
	t.Parallel()
	s := manual(t, WithEmptyEnums())
	id := s.lb(`{"ssl_compatibility_level": ""}`)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"ssl_compatibility_level": tlsIntermediate})
	b := s.backend(id, `{"forward_protocol": "", "forward_port_algorithm": "", "sticky_sessions": "",
		"on_marked_down_action": "", "proxy_protocol": ""}`)
	s.get(zoned + "/backends/" + b).has(map[string]string{
		"forward_protocol": "tcp", "forward_port_algorithm": "roundrobin", "sticky_sessions": "none",
		"on_marked_down_action": "on_marked_down_action_none", "proxy_protocol": "proxy_protocol_unknown",
	})
	f := s.frontend(id, b, "")
	s.post(zoned+"/frontends/"+f+"/acls", `{"name": "a", "index": 0, "action": {"type": ""}, "match": {"http_filter": ""}}`).
		has(map[string]string{"action.type": "allow", "match.http_filter": filterNone})
}

func TestSetStatus(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.creating("")
	s.server.SetStatus(lb.LoadBalancerID("fr-par-1/"+id), "hibernating")
	s.server.Advance(recordedTimings.Creation)
	s.get(zoned + "/lbs/" + id).has(map[string]string{"status": "hibernating"})
	s.remove(zoned + "/lbs/" + id + "?release_ip=true")
	s.server.Advance(recordedTimings.Deletion)
	s.want(http.StatusNotFound, http.MethodGet, zoned+"/lbs/"+id, "")
}

// What is being deleted takes no writes, by either name of that status.
// Where SetStatus made it so, nothing is under way until it is deleted.
func TestDeletingTakesNoWrites(t *testing.T) {
	t.Parallel()
	s := manual(t)
	for _, status := range []string{"to_delete", "deleting"} {
		id := s.lb("")
		s.server.SetStatus(lb.LoadBalancerID("fr-par-1/"+id), status)
		s.want(http.StatusConflict, http.MethodPost, zoned+"/lbs/"+id+"/backends", leastBackend).has(map[string]string{
			"type": "transient_state", "current_state": status,
		})
		s.remove(zoned + "/lbs/" + id + "?release_ip=true")
		s.server.Advance(recordedTimings.Deletion)
		s.want(http.StatusNotFound, http.MethodGet, zoned+"/lbs/"+id, "")
	}
}

func TestEndNext(t *testing.T) {
	t.Parallel()
	s := manual(t)
	id := s.lb("")
	s.server.EndNext(lb.LoadBalancerID("fr-par-1/"+id), "error")
	for _, status := range []string{"error", "ready"} {
		s.backend(id, "")
		s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.status": "pending"})
		s.settle()
		s.get(zoned + "/lbs/" + id).has(map[string]string{"instances.0.status": status, "status": "ready"})
	}
}
