package canned

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"
)

// Objects is how many load balancers, backends and servers there are.
const Objects = 1000

// What a client of the Scaleway side needs to know.
const (
	ScalewayToken   = "b5b1c0de-0000-4000-8000-00000000c0de" //nolint:gosec // G101: of a server in this process
	ScalewayZone    = "fr-par-1"
	ScalewayProject = "105bdce1-64c0-48ab-899d-868455867ecf"
)

// scalewayPage is the largest page that the API is known to serve.
const scalewayPage = 100

const scalewayRoot = "/lb/v1/zones/" + ScalewayZone

// LoadBalancerID is the UUID of the i-th load balancer.
func LoadBalancerID(i int) string { return uuid("lb", i) }

// BackendID is the UUID of the i-th backend of the first load balancer.
func BackendID(i int) string { return uuid("backend", i) }

// uuid is the same one for the same arguments, and random from end to end as those
// of the API are: decoders may look at the ends of a string alone.
func uuid(kind string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, i))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// NewBackendID is the UUID of the backend that a creation answers with.
var NewBackendID = BackendID(Objects)

// addScaleway adds the answers of a zone. Keys are sorted and objects are as
// large as in recorded traffic: 1.4 kB for a load balancer, 2.3 kB for a backend
// with its load balancer inside.
func (s *Server) addScaleway() {
	s.get(scaleway, scalewayRoot+"/lbs/"+LoadBalancerID(0), LoadBalancer(0))
	s.list(scalewayRoot+"/lbs", "lbs", LoadBalancer)
	s.list(scalewayRoot+"/lbs/"+LoadBalancerID(0)+"/backends", "backends", Backend)
	s.routes["POST "+scalewayRoot+"/lbs/"+LoadBalancerID(0)+"/backends"] = &route{cloud: scaleway, whole: s.message(scaleway, 0, Backend(Objects))}
}

// list adds the pages of a list.
func (s *Server) list(path, key string, object func(i int) []byte) {
	l := &route{cloud: scaleway, total: Objects, size: scalewayPage}
	for first := 0; first < Objects; first += scalewayPage {
		var b bytes.Buffer
		b.WriteString(`{"` + key + `":[`)
		for i := first; i < first+scalewayPage; i++ {
			if i > first {
				b.WriteByte(',')
			}
			b.Write(object(i))
		}
		b.WriteString(`],"total_count":` + strconv.Itoa(Objects) + "}")
		l.pages = append(l.pages, s.message(scaleway, 0, b.Bytes()))
	}
	s.routes["GET "+path] = l
}

// Times at which everything was made and last changed.
const (
	Created = "2026-08-17T13:12:09.136837Z"
	Updated = "2026-08-17T13:12:40.599447Z"
)

// LoadBalancer is the i-th load balancer, with an address of each family.
func LoadBalancer(i int) []byte {
	ip := func(id, address, reverse string) string {
		return fmt.Sprintf(`{"id":"%s","ip_address":"%s","lb_id":"%s","organization_id":"%s","project_id":"%s","region":"fr-par","reverse":"%s","tags":[],"zone":"fr-par-1"}`,
			id, address, LoadBalancerID(i), ScalewayProject, ScalewayProject, reverse)
	}
	return fmt.Appendf(nil, `{"backend_count":%d,"created_at":"%s","description":"load balancer of shop %d","frontend_count":2,"id":"%s",`+
		`"instances":[{"created_at":"%s","id":"%s","ip_address":"","region":"fr-par","status":"ready","updated_at":"%s","zone":"fr-par-1"}],`+
		`"ip":[%s,%s],"name":"shop-%d","organization_id":"%s","private_network_count":1,"project_id":"%s","region":"fr-par","route_count":0,`+
		`"ssl_compatibility_level":"ssl_compatibility_level_intermediate","status":"ready","subscriber":null,"tags":["shop","production"],"type":"lb-s",`+
		`"updated_at":"%s","zone":"fr-par-1"}`,
		i%10, Created, i, LoadBalancerID(i), Created, uuid("instance", i), Updated,
		ip(uuid("ipv4", i), Address(i), fmt.Sprintf("51-15-%d-%d.lb.fr-par.scw.cloud", i/250, i%250)),
		ip(uuid("ipv6", i), fmt.Sprintf("2001:bc8:711:%x::", i+1), fmt.Sprintf("%04x.lb.fr-par.scw.cloud", i+1)),
		i, ScalewayProject, ScalewayProject, Updated)
}

// Address is the IPv4 address of the i-th load balancer.
func Address(i int) string { return fmt.Sprintf("51.15.%d.%d", i/250, i%250) }

// Backend is the i-th backend of the first load balancer.
func Backend(i int) []byte {
	return fmt.Appendf(nil, `{"created_at":"%s","failover_host":null,"forward_port":80,"forward_port_algorithm":"roundrobin","forward_protocol":"http",`+
		`"health_check":{"check_delay":60000,"check_max_retries":2,"check_send_proxy":false,"check_timeout":30000,`+
		`"http_config":{"code":200,"host_header":"shop.example.com","method":"GET","uri":"/healthz"},"port":80,"transient_check_delay":"0.500s"},`+
		`"host":"","id":"%s","ignore_ssl_server_verify":null,"lb":%s,"max_connections":null,"max_retries":3,"name":"backend-%d",`+
		`"on_marked_down_action":"on_marked_down_action_none","pool":["%s","%s"],"proxy_protocol":"proxy_protocol_none",`+
		`"redispatch_attempt_count":null,"send_proxy_v2":false,"ssl_bridging":false,"sticky_sessions":"none","sticky_sessions_cookie_name":"",`+
		`"timeout_connect":5000,"timeout_queue":"5s","timeout_server":300000,"timeout_tunnel":900000,"updated_at":"%s"}`,
		Created, BackendID(i), LoadBalancer(0), i, Server1(i), Server2(i), Updated)
}

// Server1 is the first server of the i-th backend, Server2 the second.
func Server1(i int) string { return fmt.Sprintf("10.1.%d.%d", i/250, i%250) }

// Server2 is the second server of the i-th backend.
func Server2(i int) string { return fmt.Sprintf("10.2.%d.%d", i/250, i%250) }
