package scalewaytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// putIn makes the objects that the recording lists and does not make itself:
// those of other programs that had the same account.
func (r *replay) putIn() {
	r.t.Helper()
	own := r.made()
	seen := map[string]bool{}
	for _, e := range r.exchanges {
		_, _, rest, _ := split(e.Path)
		if e.Method != http.MethodGet || e.Status != http.StatusOK || seen[e.Path] || rest != "/lbs" && rest != "/ips" {
			continue
		}
		seen[e.Path] = true
		var list struct {
			LBs   []foreignLB `json:"lbs"`
			IPs   []foreignIP `json:"ips"`
			Total int         `json:"total_count"`
		}
		if err := json.Unmarshal(e.Response, &list); err != nil {
			r.t.Fatal(err)
		}
		for _, l := range list.LBs {
			if !own[l.ID] {
				r.putInLB(e.locality(), l)
			}
		}
		for _, a := range list.IPs {
			if !own[a.ID] {
				r.putInIP(e.locality(), a)
			}
		}
		r.putInUnseen(e.locality(), list.Total-len(list.LBs)-len(list.IPs))
	}
}

// putInUnseen makes addresses that a list counts beyond the page that was asked
// for. They are IPv6, which comes last.
func (r *replay) putInUnseen(locality string, n int) {
	r.t.Helper()
	for range n {
		r.putInIP(locality, foreignIP{ProjectID: nowhere, IPAddress: "::"})
	}
}

// made are the IDs that the recording's own requests have made.
func (r *replay) made() map[string]bool {
	out := map[string]bool{}
	for _, e := range r.exchanges {
		if e.Method == http.MethodPost && e.Status == http.StatusOK && e.makes() {
			shown := response{t: r.t, body: e.Response}
			for _, path := range []string{"id", "ip.0.id", "ip.1.id"} {
				out[shown.at(path)] = true
			}
		}
	}
	return out
}

// foreignLB and foreignIP are what a list shows of an object that can be asked
// for when it is made.
type foreignLB struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	ProjectID   string      `json:"project_id"`
	Tags        []string    `json:"tags"`
	Type        string      `json:"type"`
	TLSLevel    string      `json:"ssl_compatibility_level"`
	IP          []foreignIP `json:"ip"`
	Frontends   int         `json:"frontend_count"`
	Backends    int         `json:"backend_count"`
}

type foreignIP struct {
	ID        string   `json:"id"`
	ProjectID string   `json:"project_id"`
	IPAddress string   `json:"ip_address"`
	LBID      *string  `json:"lb_id"`
	Tags      []string `json:"tags"`
}

// putInIP makes an address, and the load balancer that has it where one does.
func (r *replay) putInIP(locality string, a foreignIP) string {
	r.t.Helper()
	made := r.post(locality+"/ips", text(map[string]any{
		"project_id": a.ProjectID, "tags": a.Tags, "is_ipv6": strings.Contains(a.IPAddress, ":"),
	})).at("id")
	if a.ID != "" {
		r.ids.set(a.ID, made)
	}
	if a.LBID == nil {
		return made
	}
	lb := r.post(locality+"/lbs", text(map[string]any{"project_id": a.ProjectID, "name": "put in", "ip_ids": []string{made}}))
	r.ids.set(*a.LBID, lb.at("id"))
	return made
}

// putInLB makes a load balancer with as many frontends and backends as it shows.
func (r *replay) putInLB(locality string, l foreignLB) {
	r.t.Helper()
	var ips []string
	for _, a := range l.IP {
		a.LBID = nil
		ips = append(ips, r.putInIP(locality, a))
	}
	made := r.post(locality+"/lbs", text(map[string]any{
		"project_id": l.ProjectID, "name": l.Name, "description": l.Description, "tags": l.Tags, "type": l.Type,
		"ssl_compatibility_level": l.TLSLevel, "ip_ids": ips,
	})).at("id")
	r.ids.set(l.ID, made)
	r.server.Advance(recordedTimings.Creation)
	var backends []string
	for range l.Backends {
		backends = append(backends, r.post(locality+"/lbs/"+made+"/backends", leastBackend).at("id"))
	}
	for i := range l.Frontends {
		r.post(locality+"/lbs/"+made+"/frontends", merged(r.t, leastFrontend(backends[0]), fmt.Sprintf(`{"inbound_port": %d}`, i+1)))
	}
	r.settle()
}
