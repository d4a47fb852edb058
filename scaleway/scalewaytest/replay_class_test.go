package scalewaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// class is a kind of difference that has a reason.
type class struct {
	name, reason string
	era          bool // it comes from the age of the recording alone
	explains     func(x occurrence) bool
}

// occurrence is a difference in its place.
type occurrence struct {
	*recording
	at int // the exchange
	difference
}

func (x occurrence) exchange() exchange { return x.exchanges[x.at] }

// classOf finds the class of a difference, or nil for one without a reason.
// Nothing excuses another status, or a recorded field that is not served.
func classOf(x occurrence) *class {
	if x.kind == inStatus || x.kind == unserved {
		return nil
	}
	for i := range classes {
		if classes[i].explains(x) {
			return &classes[i]
		}
	}
	return nil
}

const newerField = "newer field"

var classes = []class{
	{
		name: newerField, era: true,
		reason: "the recording is older than the field (facts 8, 14)",
		explains: func(x occurrence) bool {
			since, known := fieldsSince[x.owner()+"."+x.key()]
			return x.kind == unshown && known && x.before(since)
		},
	},
	{
		name: "letsencryt", era: true,
		reason: "the type of certificates was spelled so until January 2026 (facts 8)",
		explains: func(x occurrence) bool {
			return x.before("2026-02") && x.owner() == "certificate" && x.key() == "type" &&
				x.served == "letsencrypt" && x.recorded == "letsencryt"
		},
	},
	{
		name: "pending", era: true,
		reason: "before 2022 it stood for every transient status of a load balancer (facts 11)",
		explains: func(x occurrence) bool {
			status, _ := x.served.(string)
			return x.before("2022") && x.owner() == "lb" && x.key() == "status" && x.recorded == "pending" &&
				slices.Contains([]string{"to_create", "creating", "migrating", "to_delete"}, status)
		},
	},
	{
		name: "404 words", era: true,
		reason: "before 2022 the 404 of a backend and of a frontend had other words (facts 5)",
		explains: func(x occurrence) bool {
			return x.before("2022") && x.exchange().Status == http.StatusNotFound && x.path == ".message" &&
				(x.served == "backend not Found" && x.recorded == "backend_id not Found" ||
					x.served == "frontend not Found" && x.recorded == "Not Found")
		},
	},
	{
		name: "two instances", era: true,
		reason: "before 2022 there were two, in no fixed order, and each changed in its own moment (facts 8)",
		explains: func(x occurrence) bool {
			if !x.before("2022") {
				return false
			}
			mixed := x.owner() == "instance" && x.key() == "status" && !x.alike() && x.hasStatus(x.served)
			return mixed || x.kind == inOrder && x.key() == "instances"
		},
	},
	{
		name: "embedded instances", era: true,
		reason: "before 2022 other answers embedded them, and a write showed them as they had been",
		explains: func(x occurrence) bool {
			embedded := strings.HasSuffix(x.path, ".lb.instances") && x.kind == inLength && (x.served == 0 || x.recorded == 0)
			written := strings.Contains(x.path, ".lb.instances[") && x.exchange().Method != http.MethodGet &&
				(x.served == "pending" && x.recorded == "ready" || x.key() == "updated_at")
			return x.before("2022") && (embedded || written)
		},
	},
	{
		name:   "counted early",
		reason: "the answer counts an object whose creation, sent at the same time, stands next in the file",
		explains: func(x occurrence) bool {
			served, recorded := x.numbers()
			return x.countsWhatItMakes() && recorded > served && recorded <= served+float64(x.sameNext())
		},
	},
	{
		name:   "counted late",
		reason: "counts follow after a while (facts 8): the answer to a creation does not count it yet",
		explains: func(x occurrence) bool {
			served, recorded := x.numbers()
			return x.countsWhatItMakes() && recorded == served-1
		},
	},
	{
		name:     "order of addresses",
		reason:   "addresses are listed in the order of their values, which each server makes up",
		explains: func(x occurrence) bool { return x.kind == inOrder && x.path == ".ips" },
	},
	{
		name:   "others' addresses",
		reason: "between two lists other programs with the same account allocated and released addresses",
		explains: func(x occurrence) bool {
			moved := slices.Contains([]string{"id", "lb_id", "total_count"}, x.key())
			return x.kind == inValue && moved && x.listsIPs() && x.strangers()
		},
	},
	{
		name:   "servers that do not answer",
		reason: "those behind the recording answered no health check; those here do, unless a test sets a state",
		explains: func(x occurrence) bool {
			list := response{body: x.exchange().Response}
			row := strings.NewReplacer("[", ".", "]", "").Replace(x.path)
			row = strings.TrimPrefix(row[:max(0, strings.LastIndex(row, "."))], ".")
			return (x.key() == "server_state" || x.key() == "last_health_check_status") &&
				list.at(row+".last_health_check_status") == "failed"
		},
	},
}

// numbers are the values of x where they are numbers.
func (x occurrence) numbers() (served, recorded float64) {
	served, _ = x.served.(float64)
	recorded, _ = x.recorded.(float64)
	return served, recorded
}

// countsWhatItMakes says whether x is in the number of what its exchange makes.
func (x occurrence) countsWhatItMakes() bool {
	path := x.exchange().Path
	kind := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], "s")
	return x.exchange().Method == http.MethodPost && x.key() == kind+"_count"
}

// sameNext is how many exchanges that follow at once make more of the same.
func (x occurrence) sameNext() int {
	n := 0
	for _, e := range x.exchanges[x.at+1:] {
		if e.Method != x.exchange().Method || e.Path != x.exchange().Path {
			break
		}
		n++
	}
	return n
}

func (x occurrence) listsIPs() bool {
	_, _, rest, _ := split(x.exchange().Path)
	return x.exchange().Method == http.MethodGet && rest == "/ips"
}

// strangers says whether the list of x holds an address that the recording has
// neither made nor listed before.
func (x occurrence) strangers() bool {
	var list struct {
		IPs []foreignIP `json:"ips"`
	}
	if json.Unmarshal(x.exchange().Response, &list) != nil {
		return false
	}
	var before []byte
	for _, e := range x.exchanges[:x.at] {
		if !bytes.Equal(e.Response, x.exchange().Response) {
			before = append(before, e.Response...)
		}
	}
	return slices.ContainsFunc(list.IPs, func(a foreignIP) bool { return !bytes.Contains(before, []byte(a.ID)) })
}

// instances are the recorded statuses of the instances beside that of x.
func (x occurrence) instances() []string {
	list := response{body: x.exchange().Response}
	path := strings.NewReplacer("[", ".", "]", "").Replace(x.path[1:strings.LastIndex(x.path, "[")])
	var out []string
	for i := 0; list.raw(fmt.Sprintf("%s.%d", path, i)) != nil; i++ {
		out = append(out, list.at(fmt.Sprintf("%s.%d.status", path, i)))
	}
	return out
}

// alike says whether those instances have one status.
func (x occurrence) alike() bool { return len(slices.Compact(x.instances())) < 2 }

func (x occurrence) hasStatus(served any) bool {
	return slices.ContainsFunc(x.instances(), func(status string) bool { return served == status })
}

// owner is the kind of object that the field of x belongs to.
func (x occurrence) owner() string {
	parents := strings.Split(strings.TrimPrefix(x.path, "."), ".")
	name := ""
	if len(parents) > 1 {
		name, _, _ = strings.Cut(parents[len(parents)-2], "[")
	} else {
		_, _, rest, _ := split(x.exchange().Path)
		for part := range strings.SplitSeq(rest, "/") {
			if part != "" && !uuidPattern.MatchString(part) {
				name = part
			}
		}
	}
	switch name {
	case "servers":
		return "backend"
	case "attach":
		return "private_network"
	case "healthcheck":
		return "health_check"
	}
	return strings.TrimSuffix(name, "s")
}

// fieldsSince are the months in which fields were first recorded (facts 8).
var fieldsSince = map[string]string{
	"lb.created_at": "2021-01", "lb.updated_at": "2021-01", "lb.private_network_count": "2021-07", "lb.route_count": "2021-07",
	"lb.zone": "2021-04", "lb.project_id": "2020-08",
	"instance.created_at": "2021-01", "instance.updated_at": "2021-01", "instance.zone": "2021-04",
	"ip.project_id": "2020-08", "ip.tags": "2024-04", "ip.zone": "2021-04",
	"frontend.created_at": "2021-04", "frontend.updated_at": "2021-04", "frontend.enable_http3": "2022-12",
	"frontend.connection_rate_limit": "2025-03", "frontend.enable_access_logs": "2025-06",
	"backend.created_at": "2021-04", "backend.updated_at": "2021-04", "backend.failover_host": "2022-03",
	"backend.ssl_bridging": "2022-11", "backend.ignore_ssl_server_verify": "2022-12",
	"backend.redispatch_attempt_count": "2023-04", "backend.max_retries": "2023-04", "backend.max_connections": "2023-05",
	"backend.timeout_queue": "2023-05", "backend.host": "2026-04",
	"health_check.check_send_proxy": "2021-04", "health_check.transient_check_delay": "2023-04",
	"certificate.created_at": "2021-04", "certificate.updated_at": "2021-04", "certificate.status_details": "2022-11",
	"acl.created_at": "2021-05", "acl.updated_at": "2021-05", "acl.description": "2023-02",
	"match.ips_edge_services": "2025-06", "match.http_filter_option": "2021-10", "action.redirect": "2023-04",
	"private_network.ipam_ids": "2023-10", "dhcp_config.ip_id": "2023-10",
}
