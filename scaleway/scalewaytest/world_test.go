package scalewaytest

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// world is a server with one of everything, for requests that are made from the
// published schema.
type world struct {
	*session
	types publishedTypes
	ids   map[string]string // by the name of the path parameter
	fixed map[string]any    // the values of fields that cannot be anything
}

func newWorld(t *testing.T, types publishedTypes) *world {
	t.Helper()
	s := manual(t)
	id := s.lb("")
	used, free := s.backend(id, ""), s.backend(id, `{"proxy_protocol": "proxy_protocol_v1"}`)
	f := s.frontend(id, used, "")
	order := `{"name": "c", "letsencrypt": {"common_name": "a.example"}}`
	subscriber := fmt.Sprintf(`{"project_id": %q, "name": "s", "email_config": {"email": "a@b.example"}}`, s.server.ProjectID())
	match := fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"path_begin": "/"}}`, f, used)
	network := newUUID()
	s.post(zoned+"/lbs/"+id+"/attach-private-network", fmt.Sprintf(`{"private_network_id": %q}`, network))
	w := &world{session: s, types: types, ids: map[string]string{
		"zone": "fr-par-1", "region": "fr-par",
		"lb_id": id, "backend_id": free, "frontend_id": f, "private_network_id": network,
		"ip_id":          s.ip("").at("id"),
		"route_id":       s.post(zoned+"/routes", match).at("id"),
		"acl_id":         s.post(zoned+"/frontends/"+f+"/acls", leastACL).at("id"),
		"certificate_id": s.post(zoned+"/lbs/"+id+"/certificates", order).at("id"),
		"subscriber_id":  s.post(zoned+"/subscribers", subscriber).at("id"),
	}}
	s.server.Advance(recordedTimings.Issuance)
	w.fix()
	return w
}

// fix settles what the schema leaves open: references, numbers and texts of a
// certain form, and values that only go together.
func (w *world) fix() {
	key := ecKey(w.t)
	leaf, private, _ := keyPair(w.t, key, &key.PublicKey)
	reserved, fresh := newUUID(), newUUID()
	w.fixed = map[string]any{
		"project_id": w.server.ProjectID(), "organization_id": w.server.ProjectID(),
		"ip_ids": []string{w.ids["ip_id"]}, "lb_ids": []string{w.ids["lb_id"]},
		"certificate_ids": []string{w.ids["certificate_id"]},
		"ipam_ids":        []string{reserved}, "dhcp_config.ip_id": reserved,
		"AttachPrivateNetwork.private_network_id": fresh,
		"UpdateIP.lb_id": w.lb(`{"assign_flexible_ip": false}`), // one that an address can join
		"CreateLB.type":  "LB-S", "MigrateLB.type": "LB-GP-M",
		"forward_port": 8080, "inbound_port": 8080, "port": 8080, "code": 302, "check_delay": 2000, "check_timeout": 1500,
		"timeout_queue": "5s", "transient_check_delay": "1.500s",
		"server_ip": []string{"10.0.0.9"}, "ip_subnet": []string{"10.0.0.0/8"},
		"forward_protocol": protocolHTTP, "action.type": "redirect", "http_filter": "http_header_match",
		"certificate_chain":  private + leaf,
		"assign_flexible_ip": false, "assign_flexible_ipv6": false, // beside ip_ids
		"send_proxy_v2": false, "ips_edge_services": false, // beside proxy_protocol and ip_subnet
	}
	for name, id := range w.ids {
		if _, ok := w.fixed[name]; !ok {
			w.fixed[name] = id
		}
	}
}

// alternatives are those that are sent of fields that exclude each other; the
// others are the subject of other tests.
var alternatives = []string{"project_id", "letsencrypt", "email_config", "dhcp_config", "http_config", "host_header"}

// members are those of a request body.
type members map[string]any

// text is the body as it is sent: none for an operation without one.
func (m members) text(op publishedOperation) string {
	if !op.HasBody {
		return ""
	}
	return text(m)
}

func (w *world) body(op publishedOperation) members { return w.object(op.Name, op.Body) }

// object has every field, those aside to which another is the alternative.
func (w *world) object(path string, fields map[string]referenceField) members {
	out := members{}
	for name, field := range fields {
		if len(field.OneOf) == 0 || slices.Contains(alternatives, name) {
			out[name] = w.value(path+"."+name, field.Type)
		}
	}
	return out
}

// value is one that fits a type, and the field at path, as in
// "CreateACL.action.type".
func (w *world) value(path, spelled string) any {
	parts := strings.Split(path, ".")
	last := parts[max(0, len(parts)-2):]
	for _, name := range []string{strings.Join(last, "."), last[len(last)-1]} {
		if value, ok := w.fixed[name]; ok {
			return value
		}
	}
	kind, name, _ := strings.Cut(spelled, ":")
	if element, ok := strings.CutPrefix(spelled, "array<"); ok {
		return []any{w.value(path, strings.TrimSuffix(element, ">"))}
	}
	switch {
	case kind == "object":
		return w.object(path, w.types.objects[name].Fields)
	case kind == "enum":
		values := w.types.enums[name]
		return values[len(values)-1] // the first is the default
	case kind == "boolean":
		return true
	case strings.HasPrefix(kind, "integer"):
		return 1
	}
	return "x"
}

// query has every parameter.
func (w *world) query(op publishedOperation) url.Values {
	out := url.Values{}
	for name, field := range op.Query {
		value := w.value(op.Name+"."+name, field.Type)
		if list, ok := value.([]string); ok {
			value = list[0]
		}
		if list, ok := value.([]any); ok {
			value = list[0]
		}
		out.Set(name, fmt.Sprint(value))
	}
	return out
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// target is a path with its parameters, those that ids does not have being
// nobody's, and a query.
func (w *world) target(op publishedOperation, ids map[string]string, query url.Values) string {
	ids = maps.Clone(ids)
	path := pathParameter.ReplaceAllStringFunc(op.Path, func(parameter string) string {
		name := strings.Trim(parameter, "{}")
		id, ok := ids[name]
		switch {
		case name == "zone" || name == "region":
			return w.ids[name]
		case !ok:
			return nowhere
		case name == "private_network_id":
			if fresh, ok := w.fixed[op.Name+"."+name].(string); ok {
				return fresh
			}
		}
		return id
	})
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}
