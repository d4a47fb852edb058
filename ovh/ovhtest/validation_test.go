package ovhtest

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.AddFailover(h.service, netip.MustParsePrefix("203.0.113.1/32"))
	farmID := h.create("/http/farm", `{"zone":"gra"}`)
	tcpFarm := h.create("/tcp/farm", `{"zone":"all"}`)
	frontendID := h.create("/http/frontend", `{"zone":"all","port":"80","dedicatedIpfo":["203.0.113.1"]}`)
	routeID := h.create("/http/route", `{"action":{"type":"reject"}}`)
	tcpRoute := h.create("/tcp/route", `{"action":{"type":"reject"}}`)
	servers := fmt.Sprintf("/http/farm/%d/server", farmID)
	rules, tcpRules := fmt.Sprintf("/http/route/%d/rule", routeID), fmt.Sprintf("/tcp/route/%d/rule", tcpRoute)
	const server = `{"address":"192.0.2.1","status":"active"`
	probe := func(fields string) string { return `{"zone":"all","probe":{` + fields + `}}` }
	action := func(fields string) string { return `{"action":{` + fields + `}}` }
	for _, c := range []struct{ path, body, at string }{
		// Form.
		{"/http/farm", `[]`, "JSON object"},
		{"/http/farm", `{"zone":"gra"} {}`, "JSON object"},
		{"/http/farm", `{"zone":"gra"`, "JSON object"},
		{"/http/farm", `{"zone":"gra","colour":"red"}`, "[colour]"},
		{"/http/farm", `{"zone":"gra","farmId":1}`, "[farmId]"},
		{"/http/farm", ``, "[zone] is missing"},
		{"/http/farm", `{"zone":null}`, "[zone]"},
		{"/http/farm", `{"zone":1}`, "[zone]"},
		{"/http/farm", `{"zone":"sbg"}`, "[zone]"},
		// Farms.
		{"/http/farm", `{"zone":"gra","port":"80"}`, "[port]"},
		{"/http/farm", `{"zone":"gra","port":80.5}`, "[port]"},
		{"/http/farm", `{"zone":"gra","port":0}`, "[port]"},
		{"/http/farm", `{"zone":"gra","port":49152}`, "[port]"},
		{"/http/farm", `{"zone":"gra","balance":"random"}`, "[balance]"},
		{"/tcp/farm", `{"zone":"gra","balance":"uri"}`, "[balance]"},
		{"/tcp/farm", `{"zone":"gra","stickiness":"cookie"}`, "[stickiness]"},
		{"/http/farm", `{"zone":"gra","vrackNetworkId":7}`, "[vrackNetworkId]"},
		{"/udp/farm", `{"zone":"gra"}`, "[port] is missing"},
		{"/udp/farm", `{"zone":"gra","port":null}`, "[port]"},
		{"/udp/farm", `{"zone":"gra","port":53,"balance":"first"}`, "[balance]"},
		// Probes.
		{"/http/farm", probe(`"interval":29`), "[probe.interval]"},
		{"/http/farm", probe(`"port":0`), "[probe.port]"},
		{"/http/farm", probe(`"type":"internal"`), "[probe.type]"},
		{"/http/farm", probe(`"type":"ping"`), "[probe.type]"},
		{"/http/farm", probe(`"type":"http","method":"POST"`), "[probe.method]"},
		{"/http/farm", probe(`"type":"tcp","method":"GET"`), "[probe.method]"},
		{"/http/farm", probe(`"type":"smtp","url":"/"`), "[probe.url]"},
		{"/http/farm", probe(`"type":"http","url":"up"`), "[probe.url]"},
		{"/http/farm", probe(`"match":"status","pattern":"200"`), "[probe.match]"},
		{"/http/farm", probe(`"type":"mysql","match":"contains","pattern":"x"`), "[probe.match]"},
		{"/http/farm", probe(`"type":"http","match":"status","pattern":"2xx"`), "[probe.pattern]"},
		{"/http/farm", probe(`"type":"http","match":"contains"`), "[probe.pattern]"},
		{"/http/farm", probe(`"pattern":"x"`), "[probe.pattern]"},
		{"/http/farm", probe(`"negate":true`), "A probe can not negate without a match"},
		{"/http/farm", probe(`"negate":true,"match":"default"`), "[probe.negate]"},
		{"/http/farm", probe(`"timeout":3`), "[probe.timeout]"},
		{"/http/farm", `{"zone":"all","probe":[]}`, "[probe]"},
		// Servers.
		{servers, `{"status":"active"}`, "[address] is missing"},
		{servers, `{"address":"192.0.2.1"}`, "[status] is missing"},
		{servers, `{"address":"2001:db8::1","status":"active"}`, "[address]"},
		{servers, `{"address":"192.0.2.1/32","status":"active"}`, "[address]"},
		{servers, `{"address":"192.0.2.1","status":"up"}`, "[status]"},
		{servers, server + `,"weight":257}`, "[weight]"},
		{servers, server + `,"weight":-1}`, "[weight]"},
		{servers, server + `,"probe":"true"}`, "[probe]"},
		{servers, server + `,"onMarkedDown":"kill"}`, "[onMarkedDown]"},
		{servers, server + `,"proxyProtocolVersion":"v3"}`, "[proxyProtocolVersion]"},
		{servers, server + `,"chain":"not PEM"}`, "[chain]"},
		// Frontends.
		{"/http/frontend", `{"zone":"all","port":80}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":""}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"0"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"49152"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"80, 81"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"80,"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"90-80"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"80-80"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"080"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"+80"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"1-2-3"}`, "[port]"},
		{"/http/frontend", `{"zone":"all","port":"80","allowedSource":["192.0.2.1"],"deniedSource":["192.0.2.2"]}`, "[allowedSource]"},
		{"/http/frontend", `{"zone":"all","port":"80","allowedSource":["192.0.2.1/24"]}`, "[allowedSource.0]"},
		{"/http/frontend", `{"zone":"all","port":"80","allowedSource":"192.0.2.1"}`, "[allowedSource]"},
		{"/http/frontend", `{"zone":"all","port":"80","allowedSource":["fe80::1%eth0"]}`, "[allowedSource.0]"},
		{"/http/frontend", `{"zone":"all","port":"80","dedicatedIpfo":["203.0.113.9"]}`, "not routed"},
		{"/tcp/frontend", `{"zone":"all","port":"80","dedicatedIpfo":["203.0.113.1"]}`, "dedicated to http/frontend"},
		{"/http/frontend", `{"zone":"all","port":"80","redirectLocation":"/here"}`, "[redirectLocation]"},
		{"/http/frontend", `{"zone":"all","port":"80","httpHeader":["X-Name"]}`, "[httpHeader]"},
		{"/http/frontend", `{"zone":"all","port":"80","httpHeader":["X-Name: value"]}`, "[httpHeader]"},
		{"/tcp/frontend", `{"zone":"all","port":"80","hsts":true}`, "[hsts]"},
		{"/udp/frontend", `{"zone":"all","port":"80","ssl":true}`, "[ssl]"},
		{"/http/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, farmID), "[defaultFarmId]"},
		{"/http/frontend", fmt.Sprintf(`{"zone":"all","port":"80","defaultFarmId":%d}`, tcpFarm), "[defaultFarmId]"},
		{"/http/frontend", `{"zone":"all","port":"80","defaultSslId":4711}`, "[defaultSslId]"},
		// Routes.
		{"/http/route", `{}`, "[action] is missing"},
		{"/http/route", action(``), "[action.type] is missing"},
		{"/http/route", action(`"type":"drop"`), "[action.type]"},
		{"/http/route", action(`"type":"farm"`), "[action.target]"},
		{"/http/route", action(`"type":"farm","target":12`), "[action.target]"},
		{"/http/route", action(`"type":"farm","target":"web"`), "[action.target]"},
		{"/http/route", action(`"type":"farm","target":"4711"`), "[action.target]"},
		{"/http/route", action(fmt.Sprintf(`"type":"farm","target":"%d"`, tcpFarm)), "[action.target]"},
		{"/http/route", fmt.Sprintf(`{"frontendId":%d,"action":{"type":"farm","target":"%d"}}`, frontendID, farmID), "[action.target]"},
		{"/http/route", action(fmt.Sprintf(`"type":"farm","target":"%d","status":301`, farmID)), "[action.status]"},
		{"/http/route", action(`"type":"reject","status":404`), "[action.status]"},
		{"/http/route", action(`"type":"reject","target":"/"`), "[action.target]"},
		{"/http/route", action(`"type":"redirect","target":"/","status":304`), "[action.status]"},
		{"/tcp/route", action(`"type":"redirect","target":"/"`), "[action.type]"},
		{"/tcp/route", action(`"type":"reject","status":403`), "[action.status]"},
		{"/http/route", `{"action":{"type":"reject"},"weight":256}`, "[weight]"},
		{"/http/route", `{"action":{"type":"reject"},"frontendId":4711}`, "[frontendId]"},
		{"/http/route", `{"action":{"type":"reject"},"displayName":"` + strings.Repeat("x", 256) + `"}`, "[displayName]"},
		// Rules.
		{rules, `{"field":"colour","match":"is","pattern":"red"}`, "[field]"},
		{rules, `{"field":"uri","match":"internal","pattern":"/"}`, "[match]"},
		{rules, `{"field":"uri","match":"exists"}`, "[match]"},
		{rules, `{"field":"uri","match":"is"}`, "[pattern]"},
		{rules, `{"field":"uri","match":"is","pattern":"/","subField":"x"}`, "[subField]"},
		{rules, `{"field":"header","match":"is","pattern":"x"}`, "[subField]"},
		{rules, `{"field":"header","subField":"X","match":"exists","pattern":"x"}`, "[pattern]"},
		{rules, `{"field":"method","match":"is","pattern":"get"}`, "[pattern]"},
		{rules, `{"field":"method","match":"in","pattern":"GET,FETCH"}`, "[pattern]"},
		{rules, `{"field":"source","match":"is","pattern":"here"}`, "[pattern]"},
		{rules, `{"field":"source","match":"contains","pattern":"192"}`, "[match]"},
		{rules, `{"field":"protocol","match":"is","pattern":"http/2.0"}`, "[pattern]"},
		{rules, `{"field":"uri","match":"is","pattern":"` + strings.Repeat("x", 256) + `"}`, "[pattern]"},
		{tcpRules, `{"field":"uri","match":"is","pattern":"/"}`, "[field]"},
		// Others.
		{"/refresh", `{"zones":["gra"]}`, "[zones]"},
	} {
		h.fails(http.StatusBadRequest, c.at, "POST", c.path, c.body)
	}
}

// What a POST refuses a PUT refuses too, and it changes nothing.
func TestRefusedChanges(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmPath := fmt.Sprintf("/http/farm/%d", h.create("/http/farm", `{"zone":"gra","port":80}`))
	udpPath := fmt.Sprintf("/udp/farm/%d", h.create("/udp/farm", `{"zone":"gra","port":53}`))
	serverPath := fmt.Sprintf("%s/server/%d", farmPath, h.create(farmPath+"/server", `{"address":"192.0.2.1","status":"active"}`))
	farmID := farmPath[len("/http/farm/"):]
	frontendPath := fmt.Sprintf("/http/frontend/%d", h.create("/http/frontend", `{"zone":"gra","port":"80","allowedSource":["192.0.2.0/24"],"defaultFarmId":`+farmID+`}`))
	for _, c := range []struct{ path, body, at string }{
		{farmPath, `{"port":0,"displayName":"x"}`, "[port]"},
		{farmPath, `{"port":49152}`, "[port]"},
		{farmPath, `{"colour":"red"}`, "[colour]"},
		{farmPath, `{"probe":{"interval":1}}`, "[probe.interval]"},
		{udpPath, `{"port":null}`, "[port]"},
		{serverPath, `{"weight":257}`, "[weight]"},
		{serverPath, `{"status":null}`, "[status]"},
		{serverPath, `{"backup":null}`, "[backup]"},
		{serverPath, `{"port":49152}`, "[port]"},
		{frontendPath, `{"deniedSource":["192.0.2.1"]}`, "[allowedSource]"},
		{frontendPath, `{"zone":"all"}`, "[defaultFarmId]"},
		{frontendPath, `{"port":null}`, "[port]"},
		{frontendPath, `{"port":"99999"}`, "[port]"},
		{frontendPath, `{"disabled":null}`, "[disabled]"},
		{"", `{"sslConfiguration":"old"}`, "[sslConfiguration]"},
	} {
		before := h.ok("GET", c.path, "")
		h.fails(http.StatusBadRequest, c.at, "PUT", c.path, c.body)
		if after := h.ok("GET", c.path, ""); string(before) != string(after) {
			t.Errorf("PUT %s %s changed\n%s to\n%s", c.path, c.body, before, after)
		}
	}
}

func TestAcceptedPorts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, port := range []string{"1", "49151", "80,443", "8000-8100", "80,443,9000-9010"} {
		h.create("/http/frontend", `{"zone":"all","port":"`+port+`"}`)
	}
}

func TestAcceptedProbes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, fields := range []string{
		`"type":"tcp"`, `"interval":30`, `"type":"oco"`, `"type":"pgsql","port":5432`, `"match":"contains","pattern":"220","negate":true`,
		`"type":"http","url":"https://example.com/up","method":"HEAD","forceSsl":true`, `"type":"http","match":"matches","pattern":"^ok"`,
		`"type":null,"match":null,"negate":null,"pattern":null`, `"negate":false`,
	} {
		h.create("/http/farm", `{"zone":"all","probe":{`+fields+`}}`)
	}
}

func TestAcceptedRules(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for protocol, bodies := range map[string][]string{
		"http": {
			`{"field":"method","match":"in","pattern":"GET,HEAD"}`, `{"field":"source","match":"is","pattern":"192.0.2.1, 198.51.100.0/24"}`,
			`{"field":"cookie","subField":"a","match":"exists"}`, `{"field":"uri","match":"matches","pattern":"a,b"}`,
		},
		"tcp": {
			`{"field":"protocol","match":"in","pattern":"http/2.0,tls"}`, `{"field":"sni","match":"is","pattern":"example.com"}`,
			`{"field":"host","match":"endswith","pattern":".example.com"}`,
		},
	} {
		route := h.parent("/" + protocol + "/route")
		for _, body := range bodies {
			h.create(route+"/rule", body)
		}
		var shown struct{ Rules []object }
		decode(t, h.ok("GET", route, ""), &shown)
		if len(shown.Rules) != len(bodies) {
			t.Errorf("%s: the route shows rules %v", protocol, shown.Rules)
		}
	}
}

func TestLimitsOfRoutes(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.TooManyRoutes = http.StatusForbidden }))
	var last int64
	for range 49 {
		last = h.create("/http/route", `{"action":{"type":"reject"}}`)
	}
	h.create("/tcp/route", `{"action":{"type":"reject"}}`)
	for _, protocol := range []string{"http", "tcp"} {
		h.fails(http.StatusForbidden, "50 routes", "POST", "/"+protocol+"/route", `{"action":{"type":"reject"}}`)
	}
	h.ok("PUT", fmt.Sprintf("/http/route/%d", last), `{"weight":1}`)
	rules := fmt.Sprintf("/http/route/%d/rule", last)
	for range 5 {
		h.create(rules, `{"field":"uri","match":"is","pattern":"/"}`)
	}
	h.fails(http.StatusForbidden, "5 rules", "POST", rules, `{"field":"uri","match":"is","pattern":"/"}`)
	h.ok("DELETE", fmt.Sprintf("/http/route/%d", last), "")
	h.fails(http.StatusNotFound, "does not exist", "GET", rules, "")
}

func TestDanglingReferences(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.DanglingID = http.StatusNotFound }))
	h.fails(http.StatusNotFound, "[defaultFarmId]", "POST", "/http/frontend", `{"zone":"all","port":"80","defaultFarmId":1}`)
}

func TestContentType(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.signed("PUT", "/v1/ipLoadbalancing/"+h.service, `{"displayName":"x"}`)
	r.Header.Set("Content-Type", "text/plain")
	if got := h.send(r); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", got.status, got.body)
	}
}
