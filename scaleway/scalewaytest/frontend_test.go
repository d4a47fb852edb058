package scalewaytest

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestNewFrontend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	b := s.backend(lb, "")
	s.settle()
	got := s.post(zoned+"/lbs/"+lb+"/frontends", leastFrontend(b))
	got.has(map[string]string{
		"name": "f", "inbound_port": "80", "timeout_client": "null", "certificate": "null", "certificate_ids": "[]",
		"enable_http3": "false", "connection_rate_limit": "null", "enable_access_logs": "false",
		"backend.id": b, "backend.lb.id": lb, "lb.id": lb, "lb.frontend_count": "1",
		"lb.instances.0.status": "pending", "backend.lb.instances": "[]",
	})
	s.get(zoned + "/frontends/" + got.at("id")).has(map[string]string{
		"lb.instances": "[]", "backend.lb.instances": "[]", "backend.id": b,
	})
	s.get(zoned + "/lbs/" + lb + "/frontends").has(map[string]string{
		"total_count": "1", "frontends.0.lb.instances.0.status": "pending",
		"frontends.0.backend.lb.instances.0.status": "pending",
	})
	// Its own times are those that were stored, the instances' were just set.
	const microseconds = len("2006-01-02T15:04:05.999999Z")
	if created := got.at("created_at"); len(created) > microseconds {
		t.Errorf("created_at is %s, want microseconds", created)
	}
}

func TestUpdateFrontend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	b, other := s.backend(lb, ""), s.backend(lb, `{"name": "other"}`)
	f := s.frontend(lb, b, `{"timeout_client": 100, "connection_rate_limit": 7, "enable_access_logs": true}`)
	s.settle()
	s.get(zoned + "/frontends/" + f).has(map[string]string{"timeout_client": "100", "connection_rate_limit": "7"})
	s.put(zoned+"/frontends/"+f, merged(t, leastFrontend(other), `{"inbound_port": 8080, "connection_rate_limit": 0}`)).
		has(map[string]string{
			"backend.id": other, "inbound_port": "8080", "timeout_client": "null", "connection_rate_limit": "null",
			"enable_access_logs": "true", "lb.instances.0.status": "pending", "backend.lb.instances": "[]",
		})
	s.put(zoned+"/frontends/"+f, merged(t, leastFrontend(other), `{"enable_access_logs": null}`)).
		has(map[string]string{"enable_access_logs": "true"})
	s.put(zoned+"/frontends/"+f, merged(t, leastFrontend(other), `{"enable_access_logs": false}`)).
		has(map[string]string{"enable_access_logs": "false"})
	s.put(zoned+"/frontends/"+f, merged(t, leastFrontend(other), `{"timeout_client": 0}`)).
		has(map[string]string{"timeout_client": "0"})
}

func TestBadFrontends(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, elsewhere := s.lb(""), s.lb("")
	b, tcp, foreign := s.backend(lb, ""), s.backend(lb, `{"forward_protocol": "tcp"}`), s.backend(elsewhere, "")
	s.frontend(lb, b, `{"inbound_port": 443}`)
	for over, argument := range map[string]string{
		`{"name": ""}`:                                               "name",
		`{"inbound_port": 0}`:                                        "inbound_port",
		`{"inbound_port": 65536}`:                                    "inbound_port",
		`{"inbound_port": 443}`:                                      "inbound_port",
		`{"timeout_client": -1}`:                                     "timeout_client",
		`{"connection_rate_limit": -1}`:                              "connection_rate_limit",
		`{"enable_http3": true}`:                                     "enable_http3",
		`{"enable_access_logs": null}`:                               "enable_access_logs",
		`{"backend_id": "-"}`:                                        "backend_id",
		`{"inbound_protocol": "http"}`:                               "inbound_protocol",
		fmt.Sprintf(`{"backend_id": %q}`, nowhere):                   "backend_id",
		fmt.Sprintf(`{"backend_id": %q}`, foreign):                   "backend_id",
		fmt.Sprintf(`{"certificate_ids": [%q]}`, nowhere):            "certificate_ids",
		fmt.Sprintf(`{"certificate_id": %q}`, nowhere):               "certificate_ids",
		fmt.Sprintf(`{"backend_id": %q, "enable_http3": true}`, tcp): "enable_http3",
	} {
		t.Run(over, func(t *testing.T) {
			t.Parallel()
			got := s.want(http.StatusBadRequest, http.MethodPost, zoned+"/lbs/"+lb+"/frontends", merged(t, leastFrontend(b), over))
			got.has(map[string]string{"type": "invalid_arguments", "details.0.argument_name": argument})
		})
	}
}

func TestDeleteFrontend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	b := s.backend(lb, "")
	f := s.frontend(lb, b, "")
	a := s.post(zoned+"/frontends/"+f+"/acls", leastACL).at("id")
	r := s.post(zoned+"/routes", fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"path_begin": "/"}}`, f, b)).at("id")
	s.settle()
	s.remove(zoned + "/frontends/" + f)
	for _, gone := range []string{"/frontends/" + f, "/acls/" + a, "/routes/" + r} {
		s.want(http.StatusNotFound, http.MethodGet, zoned+gone, "")
	}
	s.get(zoned + "/lbs/" + lb).has(map[string]string{"frontend_count": "0", "route_count": "0", "instances.0.status": "pending"})
	s.remove(zoned + "/backends/" + b)
}

// A frontend shows its first certificate, which embeds nothing of its load
// balancer when it is read (facts 7).
func TestCertificatesOfAFrontend(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb := s.lb("")
	b := s.backend(lb, "")
	order := func(name string) string {
		return s.post(zoned+"/lbs/"+lb+"/certificates",
			fmt.Sprintf(`{"name": %q, "letsencrypt": {"common_name": "%s.example"}}`, name, name)).at("id")
	}
	one, two := order("one"), order("two")
	s.server.Advance(recordedTimings.Issuance + time.Second)
	both := fmt.Sprintf(`{"inbound_port": 443, "enable_http3": true, "certificate_ids": [%q, %q]}`, one, two)
	got := s.post(zoned+"/lbs/"+lb+"/frontends", merged(t, leastFrontend(b), both))
	f := got.at("id")
	// Coming into use is an update of a certificate.
	if used := got.at("updated_at"); s.get(zoned+"/certificates/"+two).at("updated_at") != used {
		t.Errorf("the certificate was not updated at %s", used)
	}
	got.has(map[string]string{
		"certificate.id": one, "certificate_ids": fmt.Sprintf(`["%s","%s"]`, one, two), "enable_http3": "true",
		"certificate.lb.id": lb, "certificate.lb.instances": "[]",
	})
	s.get(zoned + "/frontends/" + f).has(map[string]string{
		"certificate.id": one, "certificate.name": "one", "certificate.lb.id": "", "certificate.lb.type": "",
		"certificate.lb.status": "to_create", "certificate.lb.ssl_compatibility_level": tlsUnknown,
		"certificate.lb.created_at": unsetTime, "certificate.lb.zone": "fr-par-1",
	})
	for _, id := range []string{one, two} {
		s.want(http.StatusPreconditionFailed, http.MethodDelete, zoned+"/certificates/"+id, "")
	}
	s.put(zoned+"/frontends/"+f, merged(t, leastFrontend(b), fmt.Sprintf(`{"certificate_id": %q}`, two))).
		has(map[string]string{"certificate.id": two, "certificate_ids": fmt.Sprintf(`["%s"]`, two)})
	s.remove(zoned + "/certificates/" + one)
	s.put(zoned+"/frontends/"+f, merged(t, leastFrontend(b), `{"certificate_ids": []}`)).
		has(map[string]string{"certificate": "null", "certificate_ids": "[]"})
	s.remove(zoned + "/certificates/" + two)
}
