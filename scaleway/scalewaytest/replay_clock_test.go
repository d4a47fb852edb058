package scalewaytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// replay sends a recording's requests to a server of its own.
type replay struct {
	*session
	*recording
	ids identities
}

func newReplay(t *testing.T, rec *recording) *replay {
	t.Helper()
	opts := append(rec.surroundings(t), WithRedactedKeys())
	if rec.before("2025-03-31") {
		opts = append(opts, WithFormerPaths())
	}
	if rec.before("2022") {
		opts = append(opts, WithInstances(2))
	}
	r := &replay{session: manual(t, opts...), recording: rec, ids: newIdentities()}
	r.putIn()
	return r
}

// surroundings are what the recording shows of the world around the API: domains
// that did not resolve, networks that could not be attached, and an organization
// of which the project was not the default one.
func (r *recording) surroundings(t *testing.T) []Option {
	t.Helper()
	var out []Option
	for _, e := range r.exchanges {
		asked, shown := response{t: t, body: e.Request}, response{t: t, body: e.Response}
		if e.Status == http.StatusBadRequest && shown.at("details.0.field") == "dns_name" {
			out = append(out, WithUnresolvedDomains(asked.at("letsencrypt.common_name")))
		}
		for i := 0; shown.raw(fmt.Sprintf("private_network.%d", i)) != nil; i++ {
			if n := fmt.Sprintf("private_network.%d.", i); shown.at(n+"status") == "error" {
				out = append(out, WithFailingNetworks(shown.at(n+"private_network_id")))
			}
		}
		organization, project := shown.at("organization_id"), shown.at("project_id")
		if organization != "absent" && project != "absent" && organization != project {
			out = append(out, WithOrganization(organization))
		}
	}
	return out
}

const (
	tick     = 100 * time.Millisecond
	patience = 15 * time.Second // the longest transition takes ten
)

// play sends the i-th request and returns how the answer differs from the
// recorded one.
//
// The server's time goes on, a tick at a go, until the recorded state is
// reached. A read shows it itself, and so does a write that is refused, which has
// no effect; before any other write a look at the load balancer tells.
func (r *replay) play(i int) []occurrence {
	e := r.exchanges[i]
	if e.Status == http.StatusServiceUnavailable {
		return nil // nothing to be learned from a failure
	}
	r.awaitStateBefore(e)
	for waited := time.Duration(0); ; waited += tick {
		got := r.send(e)
		ids := r.ids.clone()
		diffs := r.compare(i, got)
		done := e.Method != http.MethodGet && got.status < 300
		if done || waited >= patience || !slices.ContainsFunc(diffs, occurrence.mayPass) {
			return diffs
		}
		r.ids = ids
		r.server.Advance(tick)
	}
}

// compare finds how the answer to the i-th request differs.
func (r *replay) compare(i int, got response) []occurrence {
	var out []occurrence
	for _, d := range compare(r.ids, r.exchanges[i], got) {
		out = append(out, occurrence{r.recording, i, d})
	}
	return out
}

// moving are the fields that the server changes by itself.
var moving = []string{
	"status", "status_details", "instances", "type", "server_state", "last_health_check_status", // states
	"lb_id", "ip", "ips", "total_count", "private_network", "private_network_count", // what goes away
	"not_valid_before", "not_valid_after", "ipam_ids", "ip_id", // what comes
}

// mayPass says whether time may mend x, which has no other reason.
func (x occurrence) mayPass() bool {
	return classOf(x) == nil && (x.kind == inStatus || slices.Contains(moving, x.key()))
}

// awaitStateBefore lets the time pass until the load balancer is in the state in
// which the answer of e shows it, where that is the state before e.
func (r *replay) awaitStateBefore(e exchange) {
	r.t.Helper()
	if e.Method == http.MethodGet || e.Status != http.StatusOK {
		return
	}
	shown := response{t: r.t, body: e.Response}
	for _, path := range []string{"id", "lb.id", "frontend.lb.id"} {
		lb := strings.TrimSuffix(path, "id")
		if shown.at(lb+"instances") == "absent" || !allReady(shown.raw(lb+"instances")) {
			continue
		}
		for waited := time.Duration(0); waited < patience; waited += tick {
			now := r.do(http.MethodGet, r.ids.translate(e.locality()+"/lbs/"+shown.at(path)), "")
			if now.status != http.StatusOK || allReady(now.raw("instances")) {
				return
			}
			r.server.Advance(tick)
		}
	}
}

// allReady says whether there are instances and each of them is ready.
func allReady(raw json.RawMessage) bool {
	var instances []struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(raw, &instances) != nil || len(instances) == 0 {
		return false
	}
	for _, i := range instances {
		if i.Status != "ready" {
			return false
		}
	}
	return true
}

// send makes the request of e.
func (r *replay) send(e exchange) response {
	r.t.Helper()
	query := url.Values{}
	for name, value := range e.Query {
		query.Add(name, r.ids.translate(value))
	}
	path := r.ids.translate(e.Path)
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	body := r.ids.translate(e.body(r.t))
	if e.Status == http.StatusUnauthorized {
		header := http.Header{"X-Auth-Token": {nowhere}, "Content-Type": {"application/json"}}
		return r.request(e.Method, path, body, header)
	}
	return r.do(e.Method, path, body)
}
