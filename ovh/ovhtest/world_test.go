package ovhtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is a harness whose service has one of everything that paths can name.
type world struct {
	*harness
	other string           // name of another service
	ids   map[string]int64 // "http/farm", "ssl", …
	texts map[string]string
	// A certificate and its key, in PEM.
	certificate, key string
}

const worldBlock = "203.0.113.2/32"

// newWorld makes a world that is live, in a vRack, and a month old, on a server
// that lets everything be deleted.
func newWorld(t *testing.T) *world {
	t.Helper()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) {
		a.FarmInUse, a.FarmWithServers, a.FrontendInUse, a.SSLInUse, a.NetworkInUse = Accepted, Accepted, Accepted, Accepted, Accepted
	}))
	w := &world{harness: h, other: h.server.AddService(), ids: map[string]int64{}, texts: map[string]string{}}
	h.server.AttachVRack(h.service, "pn-1")
	h.server.AddAddresses("", netip.MustParsePrefix(worldBlock))
	w.ids["ip"] = w.moved()
	h.server.Advance(32 * 24 * time.Hour)
	for _, protocol := range []string{"http", "tcp", "udp"} {
		w.furnish(protocol)
	}
	w.ids["network"] = h.create("/vrack/network", string(mustMarshal(t, map[string]any{
		"subnet": "10.0.0.0/24", "natIp": "10.0.0.0/28", "farmId": w.farms(),
	})))
	w.certificate, w.key, _ = keyPair(t, "example.org")
	w.ids["ssl"] = h.create("/ssl", string(mustMarshal(t, map[string]string{"certificate": w.certificate, "key": w.key})))
	w.ids["task"] = h.refresh("").ID
	h.server.Advance(time.Minute)
	w.ids["quotaHistory"] = get[[]int64](h, "/quotaHistory")[0]
	h.ok("POST", "/log/subscription", `{"kind":"tcp","streamId":"`+madeUpUUID("stream")+`"}`)
	w.texts["subscription"] = get[[]string](h, "/log/subscription")[0]
	return w
}

// moved moves the world's address to its service.
func (w *world) moved() (taskID int64) {
	w.t.Helper()
	var made struct{ TaskID int64 }
	decode(w.t, w.okAPI("POST", "/ip/"+url.PathEscape(worldBlock)+"/move", `{"to":"`+w.service+`"}`), &made)
	return made.TaskID
}

func (w *world) farms() []int64 {
	return []int64{w.ids["http/farm"], w.ids["tcp/farm"], w.ids["udp/farm"]}
}

// furnish makes a farm with a server, a frontend, and where the protocol has them
// a route with a rule.
func (w *world) furnish(protocol string) {
	w.t.Helper()
	add := func(kind, collection, body string) string {
		id := w.create(collection, body)
		w.ids[protocol+"/"+kind] = id
		return fmt.Sprintf("%s/%d", collection, id)
	}
	farmPath := add("farm", "/"+protocol+"/farm", `{"zone":"all","port":80}`)
	add("server", farmPath+"/server", `{"address":"192.0.2.1","status":"active"}`)
	add("frontend", "/"+protocol+"/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, w.ids[protocol+"/farm"]))
	rules := map[string]string{
		"http": `{"field":"header","subField":"X-Env","match":"is","pattern":"a"}`, "tcp": `{"field":"host","match":"is","pattern":"a"}`,
	}
	if rules[protocol] != "" {
		routePath := add("route", "/"+protocol+"/route", fmt.Sprintf(`{"frontendId":%d,"action":{"type":"reject"}}`, w.ids[protocol+"/frontend"]))
		add("rule", routePath+"/rule", rules[protocol])
	}
}

// target is an operation's path with its parameters filled in.
func (w *world) target(op publishedOperation) string {
	w.t.Helper()
	parts := strings.Split(op.Path, "/")
	for i, part := range parts {
		name := strings.Trim(part, "{}")
		if name == part {
			continue
		}
		before := parts[i-1]
		id, numbered := w.ids[before]
		if own, ok := w.ids[protocolIn(op.Path)+"/"+before]; ok {
			id, numbered = own, true
		}
		switch {
		case name == "taskId":
			id = w.ids["ip"]
		case name == "ip":
			numbered = false
			parts[i] = url.PathEscape(worldBlock)
		case !numbered:
			parts[i] = map[string]string{
				"ipLoadbalancing": w.service, "zone": "rbx", "quota": "gra", "kind": "http", "subscription": w.texts["subscription"],
			}[before]
		}
		if numbered {
			parts[i] = fmt.Sprint(id)
		}
		if parts[i] == "" {
			w.t.Fatalf("%s: no %s", op.name(), part)
		}
	}
	return "/v1" + strings.Join(parts, "/")
}

func protocolIn(path string) string {
	for _, protocol := range []string{"http", "tcp", "udp"} {
		if strings.Contains(path, "/"+protocol+"/") {
			return protocol
		}
	}
	return ""
}

// request sends a signed request, once the world is as the operation needs it.
func (w *world) request(op publishedOperation, body map[string]any, query string) reply {
	w.t.Helper()
	switch op.Path {
	case "/ipLoadbalancing/{serviceName}/confirmTermination":
		w.call("POST", "/terminate", "")
		if body["token"] != nil {
			body["token"] = w.server.TerminationToken(w.service)
		}
	case "/auth/logout":
		w.server.ValidateCredential(w.server.Credentials().ConsumerKey, 0)
	case "/ipLoadbalancing/{serviceName}/zone/{name}/cancelTermination":
		w.call("POST", "/zone/rbx/terminate", "")
	}
	target, text := w.target(op), ""
	if query != "" {
		target += "?" + query
	}
	if body != nil {
		text = string(mustMarshal(w.t, body))
	}
	return w.send(w.signed(op.Method, target, text))
}

// body gives fields of an operation's body; nil where it has none.
func (w *world) body(op publishedOperation, names ...string) map[string]any {
	w.t.Helper()
	if len(op.Body) == 0 {
		return nil
	}
	out := map[string]any{}
	for _, name := range names {
		out[name] = w.value(op, name, op.Body[name])
	}
	return out
}

// value is one that a field can have.
func (w *world) value(op publishedOperation, name string, f publishedField) any {
	w.t.Helper()
	if value, ok := w.special(protocolIn(op.Path + "/"))[name+" "+f.Type]; ok {
		return value
	}
	switch {
	case len(f.Enum) > 0:
		return slices.DeleteFunc(slices.Clone(f.Enum), func(v any) bool { return v == "internal" })[0]
	case f.Type == "boolean":
		return true
	case f.Type == "integer":
		return 7
	case f.Type == "string":
		return "text"
	}
	w.t.Fatalf("%s: no value for %s of type %s", op.name(), name, f.Type)
	return nil
}

// special are values of fields that refer to objects or have a grammar, by name and
// type.
func (w *world) special(protocol string) map[string]any {
	out := map[string]any{
		"serviceName string": w.service, "zone string": "all", "port string": "8080-8090", "port integer": 8080, "address ipv4": "192.0.2.7",
		"certificate string": w.certificate, "key string": w.key, "chain string": w.certificate, "fqdn []string": []string{"www.example.org"},
		"action ipLoadbalancing.RouteHttpAction": map[string]any{"type": "redirect", "target": "https://example.com/", "status": 307},
		"action ipLoadbalancing.RouteTcpAction":  map[string]any{"type": "farm", "target": fmt.Sprint(w.ids["tcp/farm"])},
		"probe ipLoadbalancing.BackendProbe":     map[string]any{"type": "tcp", "interval": 60},
		"defaultFarmId integer":                  w.ids[protocol+"/farm"], "defaultSslId integer": w.ids["ssl"], "frontendId integer": w.ids[protocol+"/frontend"],
		"vrackNetworkId integer": w.ids["network"], "farmId []integer": w.farms(), "dedicatedIpfo []ipBlock": []string{worldBlock},
		"allowedSource []ipBlock": []string{"192.0.2.0/24"}, "deniedSource []ipBlock": []string{"192.0.2.0/24"},
		"httpHeader []string": []string{"X-Ip-Header %ci"}, "redirectLocation string": "https://example.com/",
		"field string": "header", "subField string": "X-Other", "match ipLoadbalancing.RouteRuleMatchesEnum": "startswith",
		"subnet ipBlock": "10.0.0.0/16", "natIp ipBlock": "10.0.0.16/28", "token string": w.server.TerminationToken(w.service),
		"kind string": "http", "streamId string(uuid)": madeUpUUID("another stream"), "to string": w.other,
		"accessRules []auth.AccessRuleRequest": []AccessRule{{Method: http.MethodGet, Path: "/ipLoadbalancing/*"}},
		"allowedIPs []ipBlock":                 []string{"127.0.0.0/8"},
		"renew service.RenewType":              map[string]any{"automatic": true, "deleteAtExpiration": false, "forced": true, "period": 3},
	}
	if protocol == "tcp" {
		maps.Copy(out, map[string]any{"field string": "sni", "subField string": nil})
	}
	return out
}
