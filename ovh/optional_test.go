package ovh

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestOptional(t *testing.T) {
	t.Parallel()
	type body struct {
		Text Optional[string]   `json:"text,omitzero"`
		Flag Optional[bool]     `json:"flag,omitzero"`
		N    Optional[int]      `json:"n,omitzero"`
		List Optional[[]string] `json:"list,omitzero"`
	}
	tests := []struct {
		body body
		want string
	}{
		{body{}, `{}`},
		{body{Null[string](), Null[bool](), Null[int](), Null[[]string]()}, `{"text":null,"flag":null,"n":null,"list":null}`},
		{body{Value(""), Value(false), Value(0), Value([]string{})}, `{"text":"","flag":false,"n":0,"list":[]}`},
		{body{Value("é<"), Value(true), Value(-1), Value([]string{"a"})}, `{"text":"é<","flag":true,"n":-1,"list":["a"]}`},
		{body{N: Value(0)}, `{"n":0}`},
	}
	for _, test := range tests {
		client := unsigned(t, func(_ *http.Request, got []byte) answerTo {
			if string(got) != test.want {
				t.Errorf("sent %s, want %s", got, test.want)
			}
			return answerTo{}
		})
		if err := client.Do(t.Context(), http.MethodPut, "/x", test.body, nil); err != nil {
			t.Error(err)
		}
		var back body
		if err := json.Unmarshal([]byte(test.want), &back); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(fmt.Sprint(test.body), fmt.Sprint(back)); diff != "" {
			t.Errorf("%s does not read back: %s", test.want, diff)
		}
	}
	var bad body
	if err := json.Unmarshal([]byte(`{"n":"seven"}`), &bad); err == nil {
		t.Error("a value of another type is accepted")
	}
}

func TestOptionalState(t *testing.T) {
	t.Parallel()
	absent, null, value := Optional[int]{}, Null[int](), Value(0)
	if !absent.IsZero() || absent.IsNull() || absent.String() != "(left out)" {
		t.Errorf("left out: %v", absent)
	}
	if null.IsZero() || !null.IsNull() || null.String() != "null" {
		t.Errorf("null: %v", null)
	}
	if value.IsZero() || value.IsNull() || value.String() != "0" {
		t.Errorf("value: %v", value)
	}
	if _, ok := null.Get(); ok {
		t.Error("null has a value")
	}
	if got, ok := value.Get(); got != 0 || !ok {
		t.Error("a zero is no value")
	}
}

// What each field of a body looks like on the wire: a port is text on a frontend
// and a number on a farm, zero weight and false are written, what is a whole
// (probe, action) is written whole.
func TestBodies(t *testing.T) {
	t.Parallel()
	var path, got string
	client := unsigned(t, func(r *http.Request, body []byte) answerTo {
		path, got = strings.TrimPrefix(r.URL.Path, "/v1/ipLoadbalancing/x"), string(body)
		if r.Method == http.MethodPut {
			return answerTo{body: "null"}
		}
		return answerTo{body: `{"a":1}`}
	})
	ctx := t.Context()
	tests := []struct {
		path, want string
		call       func() error
	}{
		{"/http/frontend", `{"displayName":"web","zone":"all","port":"80,443,9000-9010","ssl":true,"defaultSslId":3,"hsts":true,"defaultFarmId":7,"httpHeader":["X-Ip %ci"],"allowedSource":["192.0.2.0/24"],"dedicatedIpfo":["203.0.113.10/32"]}`, func() error {
			_, err := client.HTTP.Frontends.Create(ctx, "x", HTTPFrontendCreate{
				DisplayName: "web", Zone: AllZones, Port: "80,443,9000-9010", SSL: true, DefaultSSLID: 3, HSTS: true, DefaultFarmID: 7,
				HTTPHeader: []string{"X-Ip %ci"}, AllowedSource: []string{"192.0.2.0/24"}, DedicatedIPFO: []string{"203.0.113.10/32"},
			})
			return err
		}},
		{"/tcp/frontend", `{"zone":"gra","port":"25"}`, func() error {
			_, err := client.TCP.Frontends.Create(ctx, "x", TCPFrontendCreate{Zone: "gra", Port: "25"})
			return err
		}},
		{"/http/frontend/5", `{"disabled":false,"defaultFarmId":null,"redirectLocation":"https://a.example/","deniedSource":[]}`, func() error {
			return client.HTTP.Frontends.Update(ctx, "x", 5, HTTPFrontendUpdate{
				Disabled: Value(false), DefaultFarmID: Null[int64](), RedirectLocation: Value("https://a.example/"), DeniedSource: Value([]string{}),
			})
		}},
		{"/udp/frontend/5", `{}`, func() error { return client.UDP.Frontends.Update(ctx, "x", 5, UDPFrontendUpdate{}) }},
		{"/http/farm", `{"zone":"all"}`, func() error {
			_, err := client.HTTP.Farms.Create(ctx, "x", HTTPFarmCreate{Zone: "all"})
			return err
		}},
		{"/tcp/farm", `{"zone":"all","port":25,"balance":"leastconn","stickiness":"sourceIp","probe":{"type":"http","interval":30,"port":null,"method":"GET","url":"/up","match":"status","pattern":"200,204","negate":false,"forceSsl":true},"vrackNetworkId":9}`, func() error {
			_, err := client.TCP.Farms.Create(ctx, "x", TCPFarmCreate{
				Zone: "all", Port: 25, Balance: BalanceLeastConn, Stickiness: StickinessSourceIP, VRackNetworkID: 9,
				Probe: &Probe{Type: ProbeTypeHTTP, Interval: 30, Method: ProbeMethodGet, URL: "/up", Match: ProbeMatchStatus, Pattern: "200,204", ForceSSL: true},
			})
			return err
		}},
		{"/http/farm/7", `{"port":null,"balance":null,"probe":{"type":null,"interval":null,"port":null,"method":null,"url":null,"match":null,"pattern":null,"negate":null,"forceSsl":false}}`, func() error {
			return client.HTTP.Farms.Update(ctx, "x", 7, HTTPFarmUpdate{Port: Null[int](), Balance: Null[Balance](), Probe: Value(Probe{})})
		}},
		{"/tcp/farm/7", `{"probe":{"type":"smtp","interval":null,"port":null,"method":null,"url":null,"match":"default","pattern":null,"negate":false,"forceSsl":false}}`, func() error {
			return client.TCP.Farms.Update(ctx, "x", 7, TCPFarmUpdate{Probe: Value(Probe{Type: ProbeTypeSMTP, Match: ProbeMatchDefault})})
		}},
		{"/tcp/farm/7", `{"probe":null}`, func() error { return client.TCP.Farms.Update(ctx, "x", 7, TCPFarmUpdate{Probe: Null[Probe]()}) }},
		{"/http/farm/7/server", `{"address":"192.0.2.1","status":"active","weight":0,"proxyProtocolVersion":"v2-ssl-cn","onMarkedDown":"shutdown-sessions"}`, func() error {
			_, err := client.HTTP.Farms.Servers.Create(ctx, "x", 7, HTTPServerCreate{
				Address: "192.0.2.1", Status: ServerActive, Weight: new(0), ProxyProtocolVersion: ProxyProtocolV2SSLCN, OnMarkedDown: OnMarkedDownShutdownSessions,
			})
			return err
		}},
		{"/tcp/farm/7/server/8", `{"status":"inactive","weight":0,"backup":false}`, func() error {
			return client.TCP.Farms.Servers.Update(ctx, "x", 7, 8, TCPServerUpdate{Weight: Value(0), Backup: Value(false), Status: Value(ServerInactive)})
		}},
		{"/http/route", `{"frontendId":5,"action":{"type":"farm","target":"7","status":null}}`, func() error {
			_, err := client.HTTP.Routes.Create(ctx, "x", HTTPRouteCreate{FrontendID: 5, Action: HTTPRouteAction{Type: RouteActionFarm, Target: "7"}})
			return err
		}},
		{"/tcp/route/6", `{"frontendId":null,"action":{"type":"reject","target":null},"weight":0}`, func() error {
			return client.TCP.Routes.Update(ctx, "x", 6, TCPRouteUpdate{FrontendID: Null[int64](), Action: Value(TCPRouteAction{Type: RouteActionReject}), Weight: Value(0)})
		}},
		{"/tcp/route/6/rule", `{"field":"protocol","match":"is","pattern":"tls"}`, func() error {
			_, err := client.TCP.Routes.Rules.Create(ctx, "x", 6, RuleCreate{Field: "protocol", Match: RuleIs, Pattern: "tls"})
			return err
		}},
		{"/refresh", ``, func() error { _, err := client.LoadBalancers.Refresh(ctx, "x", RefreshOptions{}); return err }},
		{"/refresh", `{"zone":"gra"}`, func() error {
			_, err := client.LoadBalancers.Refresh(ctx, "x", RefreshOptions{Zone: "gra"})
			return err
		}},
		{"/ssl", `{"certificate":"CERT","key":"KEY"}`, func() error {
			_, err := client.Certificates.Create(ctx, "x", CertificateCreate{Certificate: "CERT", Key: lb.NewSecret("KEY")})
			return err
		}},
		{"/freeCertificate", `{"fqdn":["a.example","b.example"]}`, func() error {
			_, err := client.Certificates.OrderFree(ctx, "x", []string{"a.example", "b.example"})
			return err
		}},
		{"/vrack/network/4/updateFarmId", `{"farmId":[]}`, func() error {
			_, err := client.VRack.SetNetworkFarms(ctx, "x", 4, nil)
			return err
		}},
		{"/serviceInfos", `{"renew":{"automatic":true,"deleteAtExpiration":false,"forced":false,"manualPayment":null,"period":1}}`, func() error {
			return client.LoadBalancers.UpdateServiceInfo(ctx, "x", ServiceInfoUpdate{Renew: Value(Renewal{Automatic: true, Period: new(1)})})
		}},
	}
	for _, test := range tests {
		path, got = "", ""
		if err := test.call(); err != nil {
			t.Errorf("%s: %v", test.path, err)
		}
		if path != test.path || got != test.want {
			t.Errorf("sent %s to %s, want %s to %s", got, path, test.want, test.path)
		}
	}
}

// Unknown fields and unknown values of enums are no errors, and null is no value.
func TestAnswersAreReadTolerantly(t *testing.T) {
	t.Parallel()
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		switch strings.TrimPrefix(r.URL.Path, "/v1/ipLoadbalancing/x") {
		case "/http/farm/7":
			return answerTo{body: `{"farmId":9007199254740993,"displayName":null,"zone":"gra","port":null,"balance":"quantum","stickiness":null,"probe":{"type":"internal","interval":30,"port":null,"new":1},"vrackNetworkId":null,"new":{"a":[1]}}`}
		case "/tcp/farm/7/server/8":
			return answerTo{body: `{"serverId":8,"backendId":7,"address":"192.0.2.1","port":80,"status":"active","weight":0,"probe":true,"proxyProtocolVersion":null,"serverState":[{"instanceId":1,"status":"UP","checkTime":"2026-01-02T03:04:05+01:00","checkCode":null}]}`}
		}
		return answerTo{status: http.StatusNotFound}
	})
	farm, err := client.HTTP.Farms.Get(t.Context(), "x", 7)
	if err != nil {
		t.Fatal(err)
	}
	want := &HTTPFarm{FarmID: 9007199254740993, Zone: "gra", Balance: "quantum", Probe: &Probe{Type: "internal", Interval: 30}}
	if diff := cmp.Diff(want, farm); diff != "" {
		t.Errorf("farm (-want +got):\n%s", diff)
	}
	if farm.Balance.Known() || farm.Probe.Type.Known() || !BalanceURI.Known() || !Balance("").Known() || RouteActionType("").Known() {
		t.Error("Known is wrong about what is known")
	}
	server, err := client.TCP.Farms.Servers.Get(t.Context(), "x", 7, 8)
	if err != nil {
		t.Fatal(err)
	}
	if server.FarmID != 7 || *server.Port != 80 || *server.Weight != 0 || !server.Probe || server.ServerState[0].CheckTime.Unix() != 1767319445 {
		t.Errorf("server %+v", server)
	}
}
