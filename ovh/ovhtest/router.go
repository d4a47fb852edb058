package ovhtest

import (
	"net/url"
	"strings"
)

// handler carries out one operation. What it returns is encoded as the
// operation's response type; a *listing may become expanded pages.
type handler func(c *call) (any, error)

// route is an operation that the server answers.
type route struct {
	op     *operation
	handle handler
}

// router finds routes by the segments of a path; a literal segment wins over a
// parameter.
type router struct {
	schema *schema
	root   *segment
}

type segment struct {
	literal map[string]*segment
	param   *segment
	name    string            // of the parameter that this segment is
	routes  map[string]*route // by method; nil where no path ends
}

func newSegment() *segment { return &segment{literal: map[string]*segment{}} }

// newRouter is the table of everything that the server answers. An operation
// of the schema that is not here is an unknown path.
func newRouter(s *schema) *router {
	r := &router{schema: s, root: newSegment()}
	const service = "/ipLoadbalancing/{serviceName}"
	r.addAuth()
	r.addAddresses()
	r.addService(service)
	r.addContract(service)
	r.addZones(service)
	r.addAvailable(service)
	r.addQuotas(service)
	r.addLogs(service)
	r.addVRack(service)
	r.addStaging(service)
	for _, p := range []string{"http", "tcp", "udp"} {
		r.addCollection(service, p+"/farm/{farmId}", func() resource { return new(farm) })
		r.addCollection(service, p+"/farm/{farmId}/server/{serverId}", func() resource { return new(farmServer) })
		r.addCollection(service, p+"/frontend/{frontendId}", func() resource { return new(frontend) })
	}
	for _, p := range []string{"http", "tcp"} {
		r.addCollection(service, p+"/route/{routeId}", func() resource { return new(trafficRoute) })
		r.addCollection(service, p+"/route/{routeId}/rule/{ruleId}", func() resource { return new(rule) })
	}
	r.addCollection(service, "ssl/{id}", func() resource { return new(certificate) })
	r.add("POST", service+"/freeCertificate", orderCertificate)
	return r
}

// add panics when the schema has no such operation.
func (r *router) add(method, path string, h handler) {
	op := r.schema.operation(method, path)
	if op == nil {
		panic("ovhtest: not in the schema: " + method + " " + path)
	}
	at := r.root
	for part := range strings.SplitSeq(path[1:], "/") {
		at = at.child(part)
	}
	if at.routes == nil {
		at.routes = map[string]*route{}
	}
	at.routes[method] = &route{op: op, handle: h}
}

func (s *segment) child(part string) *segment {
	if name, isParam := strings.CutPrefix(part, "{"); isParam {
		if s.param == nil {
			s.param = newSegment()
			s.param.name = strings.TrimSuffix(name, "}")
		}
		return s.param
	}
	if s.literal[part] == nil {
		s.literal[part] = newSegment()
	}
	return s.literal[part]
}

// find returns the routes of a path by method, and the path's parameters,
// unescaped. The path is as it was sent: a segment may hold %2F.
func (r *router) find(escapedPath string) (map[string]*route, map[string]string, bool) {
	rest, ok := strings.CutPrefix(escapedPath, "/v1/")
	if !ok {
		rest, ok = strings.CutPrefix(escapedPath, "/1.0/")
	}
	if !ok {
		return nil, nil, false
	}
	params := map[string]string{}
	at := r.root
	for part := range strings.SplitSeq(rest, "/") {
		value, err := url.PathUnescape(part)
		if err != nil || value == "" {
			return nil, nil, false
		}
		next := at.literal[value]
		if next == nil && at.param != nil {
			next = at.param
			params[next.name] = value
		}
		if next == nil {
			return nil, nil, false
		}
		at = next
	}
	return at.routes, params, at.routes != nil
}
