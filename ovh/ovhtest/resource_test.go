package ovhtest

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// object is what a test reads: any resource, by field.
type object map[string]any

// Each kind of object lives through create, read, change and delete, and shows
// what was written.
func TestLifeOfEachObject(t *testing.T) {
	t.Parallel()
	const sn = "{sn}"
	for _, c := range []struct{ name, before, path, create, change, want string }{
		{
			"http farm", "", "/http/farm",
			`{"zone":"GRA","port":8080,"balance":"uri","stickiness":"cookie","displayName":"web","probe":{"type":"http","interval":30,"method":"GET","url":"/up","match":"status","pattern":"200,204","negate":false}}`,
			`{"balance":"first","zone":"gra"}`,
			`{"balance":"first","displayName":"web","port":8080,"stickiness":"cookie","vrackNetworkId":null,"zone":"gra","probe":{"forceSsl":null,"interval":30,"match":"status","method":"GET","negate":false,"pattern":"200,204","port":null,"type":"http","url":"/up"}}`,
		},
		{
			"tcp farm", "", "/tcp/farm", `{"zone":"all","balance":null,"port":null}`, `{"stickiness":"sourceIp","port":25}`,
			`{"balance":null,"displayName":null,"port":25,"stickiness":"sourceIp","vrackNetworkId":null,"zone":"all","probe":null}`,
		},
		{
			"udp farm", "", "/udp/farm", `{"zone":"all","port":53}`, `{"displayName":"dns"}`,
			`{"displayName":"dns","port":53,"vrackNetworkId":null,"zone":"all"}`,
		},
		{
			"http server", "/http/farm", "/server", `{"address":"192.0.2.1","status":"active","weight":0,"cookie":"s1","probe":true}`,
			`{"status":"inactive","address":"192.0.2.1","backup":true}`,
			`{"address":"192.0.2.1","backup":true,"chain":null,"cookie":"s1","displayName":null,"onMarkedDown":null,"port":null,"probe":true,"proxyProtocolVersion":null,"serverState":[],"ssl":false,"status":"inactive","weight":0}`,
		},
		{
			"tcp server", "/tcp/farm", "/server", `{"address":"192.0.2.1","status":"active","port":49151,"proxyProtocolVersion":"v2","ssl":true}`,
			`{"onMarkedDown":"shutdown-sessions","weight":256}`,
			`{"address":"192.0.2.1","backup":false,"chain":null,"displayName":null,"onMarkedDown":"shutdown-sessions","port":49151,"probe":false,"proxyProtocolVersion":"v2","serverState":[],"ssl":true,"status":"active","weight":256}`,
		},
		{
			"udp server", "/udp/farm", "/server", `{"address":"192.0.2.1","status":"active"}`, `{"displayName":"a"}`,
			`{"address":"192.0.2.1","displayName":"a","port":null,"status":"active"}`,
		},
		{
			"http frontend", "", "/http/frontend",
			`{"zone":"all","port":"80,8000-8010","allowedSource":["192.0.2.7","198.51.100.0/24"],"httpHeader":["X-Ip-Header %ci"],"redirectLocation":"https://example.com/","ssl":true}`,
			`{"port":"443","hsts":true,"zone":"rbx","disabled":true}`,
			`{"allowedSource":["192.0.2.7/32","198.51.100.0/24"],"dedicatedIpfo":null,"defaultFarmId":null,"defaultSslId":null,"deniedSource":null,"disabled":true,"displayName":null,"hsts":true,"httpHeader":["X-Ip-Header %ci"],"port":"443","redirectLocation":"https://example.com/","ssl":true,"vrackNetworkId":null,"vrackVrouterId":null,"zone":"rbx"}`,
		},
		{
			"tcp frontend", "", "/tcp/frontend", `{"zone":"all","port":"25","dedicatedIpfo":["203.0.113.1/32"]}`, `{"displayName":"mail"}`,
			`{"allowedSource":null,"dedicatedIpfo":["203.0.113.1/32"],"defaultFarmId":null,"defaultSslId":null,"deniedSource":null,"disabled":false,"displayName":"mail","port":"25","ssl":false,"vrackNetworkId":null,"vrackVrouterId":null,"zone":"all"}`,
		},
		{
			"udp frontend", "", "/udp/frontend", `{"zone":"all","port":"53"}`, `{"disabled":true}`,
			`{"dedicatedIpfo":null,"defaultFarmId":null,"disabled":true,"displayName":null,"port":"53","zone":"all"}`,
		},
		{
			"http route", "", "/http/route", `{"action":{"type":"redirect","target":"https://${host}${path}","status":301},"weight":null}`,
			`{"weight":255,"displayName":"to https"}`,
			`{"action":{"status":301,"target":"https://${host}${path}","type":"redirect"},"displayName":"to https","frontendId":null,"rules":[],"status":"ok","weight":255}`,
		},
		{
			"tcp route", "", "/tcp/route", `{"action":{"type":"reject"},"weight":3}`, `{"weight":null}`,
			`{"action":{"target":null,"type":"reject"},"displayName":null,"frontendId":null,"rules":[],"status":"ok","weight":0}`,
		},
		{
			"http rule", "/http/route", "/rule", `{"field":"header","subField":"X-Env","match":"startswith","pattern":"test"}`,
			`{"negate":true,"displayName":"not test"}`,
			`{"displayName":"not test","field":"header","match":"startswith","negate":true,"pattern":"test","subField":"X-Env"}`,
		},
		{
			"tcp rule", "/tcp/route", "/rule", `{"field":"source","match":"in","pattern":"192.0.2.0/24, 198.51.100.1"}`, `{"match":"is","pattern":"192.0.2.0/24"}`,
			`{"displayName":null,"field":"source","match":"is","negate":false,"pattern":"192.0.2.0/24","subField":null}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.server.AddFailover(h.service, netip.MustParsePrefix("203.0.113.1/32"))
			collection := c.path
			if c.before != "" {
				collection = h.parent(c.before) + c.path
			}
			id := h.create(collection, c.create)
			item := fmt.Sprintf("%s/%d", collection, id)
			if got := get[[]int64](h, collection); len(got) != 1 || got[0] != id {
				t.Errorf("list %v, want [%d]", got, id)
			}
			h.ok("PUT", item, c.change)
			var want object
			decode(t, []byte(strings.ReplaceAll(c.want, sn, h.service)), &want)
			got := get[object](h, item)
			for _, name := range []string{"farmId", "serverId", "frontendId", "routeId", "ruleId"} {
				if _, own := want[name]; !own && got[name] == float64(id) {
					delete(got, name)
				}
			}
			delete(got, "backendId")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after the change (-want +got):\n%s", diff)
			}
			h.ok("DELETE", item, "")
			h.fails(http.StatusNotFound, "does not exist", "GET", item, "")
			h.fails(http.StatusNotFound, "does not exist", "DELETE", item, "")
			h.fails(http.StatusNotFound, "does not exist", "PUT", item, "{}")
			if got := get[[]int64](h, collection); len(got) != 0 {
				t.Errorf("list after the deletion: %v", got)
			}
		})
	}
}

// parent creates a farm or route to hang things on and returns its path.
func (h *harness) parent(collection string) string {
	h.t.Helper()
	body := map[string]string{
		"/http/farm": `{"zone":"all"}`, "/tcp/farm": `{"zone":"all"}`, "/udp/farm": `{"zone":"all","port":53}`,
		"/http/route": `{"action":{"type":"reject"}}`, "/tcp/route": `{"action":{"type":"reject"}}`,
	}[collection]
	return fmt.Sprintf("%s/%d", collection, h.create(collection, body))
}

// A PUT merges: absent is unchanged, null is the default, [] clears (facts
// 6.4).
func TestPutHasThreeStates(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	farmPath := fmt.Sprintf("/http/farm/%d", h.create("/http/farm",
		`{"zone":"all","port":80,"balance":"source","stickiness":"sourceIp","displayName":"a","probe":{"type":"http","url":"/","interval":60}}`))
	serverPath := fmt.Sprintf("%s/server/%d", farmPath, h.create(farmPath+"/server", `{"address":"192.0.2.1","status":"active","weight":5,"port":81}`))
	frontendPath := fmt.Sprintf("/http/frontend/%d", h.create("/http/frontend", `{"zone":"all","port":"80","allowedSource":["192.0.2.0/24"],"ssl":true}`))
	for _, c := range []struct {
		path, body string
		want       object // fields afterwards
	}{
		{farmPath, `{}`, object{"port": 80.0, "balance": "source", "stickiness": "sourceIp", "displayName": "a"}},
		{farmPath, ``, object{"port": 80.0}},
		{farmPath, `{"port":null}`, object{"port": nil, "balance": "source"}},
		{farmPath, `{"balance":null,"stickiness":null}`, object{"balance": nil, "stickiness": nil, "displayName": "a"}},
		{farmPath, `{"displayName":""}`, object{"displayName": ""}},
		{farmPath, `{"probe":{"type":"tcp"}}`, object{"probe": map[string]any{
			"type": "tcp", "url": nil, "interval": nil, "forceSsl": nil, "match": nil, "method": nil, "negate": nil, "pattern": nil, "port": nil,
		}}},
		{farmPath, `{"probe":{}}`, object{"probe": nil}},
		{farmPath, `{"probe":null}`, object{"probe": nil}},
		{serverPath, `{"weight":0}`, object{"weight": 0.0, "port": 81.0}},
		{serverPath, `{"weight":null,"port":null}`, object{"weight": nil, "port": nil}},
		{frontendPath, `{"disabled":true}`, object{"disabled": true, "ssl": true, "allowedSource": []any{"192.0.2.0/24"}}},
		{frontendPath, `{"allowedSource":[],"deniedSource":["192.0.2.0/24"]}`, object{"allowedSource": []any{}, "deniedSource": []any{"192.0.2.0/24"}}},
		{frontendPath, `{"deniedSource":null,"ssl":false}`, object{"deniedSource": nil, "allowedSource": []any{}, "ssl": false}},
	} {
		h.ok("PUT", c.path, c.body)
		got := get[object](h, c.path)
		for name, want := range c.want {
			if diff := cmp.Diff(want, got[name]); diff != "" {
				t.Errorf("PUT %s: %s (-want +got):\n%s", c.body, name, diff)
			}
		}
	}
}

func TestReadOnlyFieldsMayBeRepeated(t *testing.T) {
	t.Parallel()
	change := func(h *harness) (string, string) {
		farmID := h.create("/http/farm", `{"zone":"gra"}`)
		serverID := h.create(fmt.Sprintf("/http/farm/%d/server", farmID), `{"address":"192.0.2.1","status":"active"}`)
		return fmt.Sprintf("/http/farm/%d", farmID), fmt.Sprintf("/http/farm/%d/server/%d", farmID, serverID)
	}
	h := newHarness(t)
	farmPath, serverPath := change(h)
	for _, path := range []string{farmPath, serverPath, ""} {
		whole := h.ok("GET", path, "")
		if path == "" {
			var o object
			decode(t, whole, &o)
			delete(o, "iam") // not a field of the PUT's type
			whole = mustMarshal(t, o)
		}
		h.ok("PUT", path, string(whole))
	}
	h.fails(http.StatusBadRequest, "[zone]", "PUT", farmPath, `{"zone":"rbx"}`)
	h.fails(http.StatusBadRequest, "[address]", "PUT", serverPath, `{"address":"192.0.2.2"}`)
	h.fails(http.StatusBadRequest, "[offer]", "PUT", "", `{"offer":"lb2"}`)

	h = newHarness(t, WithAssumptions(func(a *Assumptions) { a.ReadOnlyChange = Accepted }))
	farmPath, _ = change(h)
	h.ok("PUT", farmPath, `{"zone":"rbx","port":81}`)
	if got := get[object](h, farmPath); got["zone"] != "gra" || got["port"] != 81.0 {
		t.Errorf("farm %v", got)
	}
}

func TestDefinedObjects(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	httpFarm := h.create("/http/farm", `{"zone":"all"}`)
	udpFarm := h.create("/udp/farm", `{"zone":"all","port":53}`)
	tcpFrontend := h.create("/tcp/frontend", `{"zone":"all","port":"80"}`)
	tcpRoute := h.create("/tcp/route", `{"action":{"type":"reject"},"displayName":"no"}`)
	for path, want := range map[string]string{
		"/definedFarms":                   fmt.Sprintf(`[{"id":%d,"type":"http"},{"id":%d,"type":"udp"}]`, httpFarm, udpFarm),
		"/definedFarms?vrackNetworkId=12": `[]`,
		"/definedFrontends":               fmt.Sprintf(`[{"id":%d,"type":"tcp"}]`, tcpFrontend),
		"/definedRoutes":                  fmt.Sprintf(`[{"displayName":"no","routeId":%d,"type":"tcp"}]`, tcpRoute),
	} {
		if got := h.ok("GET", path, ""); string(got) != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestService(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.server.AddFailover(h.service, netip.MustParsePrefix("203.0.113.8/30"))
	h.ok("PUT", "", `{"displayName":"web","sslConfiguration":"modern"}`)
	got := get[object](h, "")
	if got["displayName"] != "web" || got["sslConfiguration"] != "modern" || got["serviceName"] != h.service || got["state"] != "ok" {
		t.Errorf("service %v", got)
	}
	h.ok("PUT", "", `{"displayName":null}`)
	if got := get[object](h, ""); got["displayName"] != nil || got["sslConfiguration"] != "modern" {
		t.Errorf("service %v", got)
	}
	h.fails(http.StatusBadRequest, "[displayName]", "PUT", "", `{"displayName":"`+strings.Repeat("é", 51)+`"}`)
	h.ok("PUT", "", `{"displayName":"`+strings.Repeat("é", 50)+`"}`)
	if got := get[[]string](h, "/failover"); !cmp.Equal(got, []string{"203.0.113.8/30"}) {
		t.Errorf("failover %v", got)
	}
	if got := get[[]string](h, "/zone"); !cmp.Equal(got, []string{"gra", "rbx"}) {
		t.Errorf("zones %v", got)
	}
	if got := get[zoneView](h, "/zone/rbx"); got.Name != "rbx" {
		t.Errorf("zone %v", got)
	}
	nat := get[[]struct {
		Zone string
		IP   []netip.Prefix
	}](h, "/natIp")
	if len(nat) != 2 || nat[0].Zone != "gra" || len(nat[0].IP) != 1 || nat[0].IP[0] == nat[1].IP[0] {
		t.Errorf("natIp %v", nat)
	}
	probes := get[[]availableProbe](h, "/availableFarmProbes")
	if len(probes) != 6 || probes[0].Type != "http" || !probes[0].URL {
		t.Errorf("probes %v", probes)
	}
}

func TestServicesByTag(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tagged := h.server.AddService()
	h.server.SetTags(tagged, map[string]string{"env": "prod"})
	for filter, want := range map[string][]string{
		`{"env":[{"value":"prod"}]}`:                          {tagged},
		`{"env":[{"operator":"EQ","value":"test"}]}`:          {},
		`{"env":[{"operator":"NEQ","value":"prod"}]}`:         {h.service},
		`{"env":[{"operator":"LIKE","value":"p%"}]}`:          {tagged},
		`{"env":[{"operator":"NEXISTS"}]}`:                    {h.service},
		`{"env":[{"operator":"EXISTS"}],"x":[{"value":"y"}]}`: {},
	} {
		target := "/v1/ipLoadbalancing?iamTags=" + strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D", "%", "%25").Replace(filter)
		var got []string
		decode(t, h.send(h.signed("GET", target, "")).body, &got)
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	for _, filter := range []string{`null`, `[]`, `{"env":"prod"}`, `{"env":[{"operator":"HAS","value":"prod"}]}`} {
		h.failsAPI(http.StatusBadRequest, "[iamTags", "GET", "/ipLoadbalancing?iamTags="+url.QueryEscape(filter), "")
	}
}

func TestVoidAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		void   Void
		status int
		body   string
	}{{VoidNull, 200, "null"}, {VoidEmpty, 200, ""}, {VoidNoContent, 204, ""}} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.Void = c.void }))
		if r := h.call("PUT", "", `{"displayName":"x"}`); r.status != c.status || string(r.body) != c.body {
			t.Errorf("void %d: %d %q", c.void, r.status, r.body)
		}
	}
}

func TestDefaultsShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.Defaults = DefaultsShown }))
	farmID := h.create("/http/farm", `{"zone":"all","probe":{"type":"http"}}`)
	serverID := h.create(fmt.Sprintf("/http/farm/%d/server", farmID), `{"address":"192.0.2.1","status":"active"}`)
	var got struct {
		Balance string
		Probe   probe
	}
	decode(t, h.ok("GET", fmt.Sprintf("/http/farm/%d", farmID), ""), &got)
	if got.Balance != "roundrobin" || *got.Probe.Interval != 30 || *got.Probe.Method != "GET" {
		t.Errorf("farm %+v", got)
	}
	if got := get[object](h, fmt.Sprintf("/http/farm/%d/server/%d", farmID, serverID)); got["weight"] != 1.0 {
		t.Errorf("server %v", got)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ids  IDs
		same bool
	}{{IDsUnique, false}, {IDsPerCollection, true}} {
		h := newHarness(t, WithAssumptions(func(a *Assumptions) { a.IDs = c.ids }))
		a, b := h.create("/http/farm", `{"zone":"all"}`), h.create("/tcp/farm", `{"zone":"all"}`)
		if (a == b) != c.same {
			t.Errorf("IDs %d: http %d, tcp %d", c.ids, a, b)
		}
	}
}

func TestDeletingWhatIsUsed(t *testing.T) {
	t.Parallel()
	build := func(h *harness) (paths map[string]string) {
		farmID, _ := h.live("http", `{"zone":"all"}`, `{"address":"192.0.2.1","status":"active"}`)
		routed := h.create("/http/farm", `{"zone":"all"}`)
		var frontends []int64
		decode(h.t, h.ok("GET", "/http/frontend", ""), &frontends)
		routeID := h.create("/http/route", fmt.Sprintf(`{"frontendId":%d,"action":{"type":"farm","target":"%d"}}`, frontends[0], routed))
		sslID := h.create("/ssl", selfSigned(h.t, "example.com"))
		h.ok("PUT", fmt.Sprintf("/http/frontend/%d", frontends[0]), fmt.Sprintf(`{"defaultSslId":%d}`, sslID))
		unused := h.create("/http/farm", `{"zone":"all"}`)
		h.create(fmt.Sprintf("/http/farm/%d/server", unused), `{"address":"192.0.2.1","status":"active"}`)
		return map[string]string{
			"default farm": fmt.Sprintf("/http/farm/%d", farmID), "target farm": fmt.Sprintf("/http/farm/%d", routed),
			"farm with servers": fmt.Sprintf("/http/farm/%d", unused), "frontend": fmt.Sprintf("/http/frontend/%d", frontends[0]),
			"certificate": fmt.Sprintf("/ssl/%d", sslID), "route": fmt.Sprintf("/http/route/%d", routeID),
		}
	}
	use := func(r Refusal) Option {
		return WithAssumptions(func(a *Assumptions) { a.FarmInUse, a.FarmWithServers, a.FrontendInUse, a.SSLInUse = r, r, r, r })
	}
	for refusal, status := range map[Refusal]int{RefusedConflict: 409, RefusedBadRequest: 400} {
		h := newHarness(t, use(refusal))
		paths := build(h)
		for _, what := range []string{"default farm", "target farm", "farm with servers", "frontend", "certificate"} {
			h.fails(status, "This", "DELETE", paths[what], "")
			h.ok("GET", paths[what], "")
		}
	}
	h := newHarness(t, use(Accepted))
	paths := build(h)
	for _, what := range []string{"default farm", "target farm", "farm with servers", "certificate", "frontend"} {
		h.ok("DELETE", paths[what], "")
	}
	if got := get[object](h, paths["route"]); got["frontendId"] != nil {
		t.Errorf("route of a deleted frontend %v", got)
	}
	h.fails(http.StatusNotFound, "does not exist", "GET", paths["farm with servers"]+"/server", "")
}

func TestAnswersAreObjectsOfTheSchemaOnly(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a struct that lacks fields of the schema was encoded")
		}
	}()
	publishedSchema().encode("ipLoadbalancing.Zone.Zone", struct {
		Name string `json:"name"`
	}{})
}
