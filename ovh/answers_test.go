package ovh

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// Answers as facts 5 describe them, each with a value in every field, read whole.
func TestAnswers(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	first, second := at("2026-01-02T03:04:05+01:00"), at("2026-02-03T04:05:06Z")
	secrets := cmp.Comparer(func(a, b Token) bool { return a.Equal(b.Secret) })
	tests := []struct {
		name, body string
		want       any
		call       func(*Client) (any, error)
	}{
		{
			"load balancer",
			`{"serviceName":"loadbalancer-1","displayName":"web","offer":"lb1","state":"ok","zone":["gra","rbx"],"ipLoadbalancing":"192.0.2.1","ipv4":"192.0.2.1","ipv6":"2001:db8::1","sslConfiguration":"modern","orderableZone":[{"name":"bhs","planCode":"iplb-zone-lb1-bhs"}],"vrackEligibility":true,"vrackName":"pn-1","metricsToken":"m","iam":{"id":"i","urn":"urn:v1:eu:resource:loadbalancer:1","displayName":"d","tags":{"env":"prod"}}}`,
			&LoadBalancer{
				ServiceName: "loadbalancer-1", DisplayName: "web", Offer: "lb1", State: StateOK, Zone: []string{"gra", "rbx"}, IPLoadBalancing: "192.0.2.1", IPv4: "192.0.2.1", IPv6: "2001:db8::1",
				SSLConfiguration: SSLModern, OrderableZone: []OrderableZone{{"bhs", "iplb-zone-lb1-bhs"}}, VRackEligibility: true, VRackName: "pn-1", MetricsToken: Token{lb.NewSecret("m")},
				IAM: &IAM{ID: "i", URN: "urn:v1:eu:resource:loadbalancer:1", DisplayName: "d", Tags: map[string]string{"env": "prod"}},
			},
			func(c *Client) (any, error) { return c.LoadBalancers.Get(t.Context(), "x") },
		},
		{
			"HTTP frontend",
			`{"frontendId":1,"displayName":"d","zone":"all","port":"80,443","disabled":true,"ssl":true,"defaultSslId":2,"hsts":true,"defaultFarmId":3,"redirectLocation":"https://a.example","httpHeader":["A b"],"allowedSource":["192.0.2.0/24"],"deniedSource":["198.51.100.0/24"],"dedicatedIpfo":["203.0.113.1/32"],"vrackNetworkId":4,"vrackVrouterId":5}`,
			&HTTPFrontend{
				FrontendID: 1, DisplayName: "d", Zone: AllZones, Port: "80,443", Disabled: true, SSL: true, DefaultSSLID: new(int64(2)), HSTS: true, DefaultFarmID: new(int64(3)), RedirectLocation: "https://a.example",
				HTTPHeader: []string{"A b"}, AllowedSource: []string{"192.0.2.0/24"}, DeniedSource: []string{"198.51.100.0/24"}, DedicatedIPFO: []string{"203.0.113.1/32"}, VRackNetworkID: new(int64(4)), VRackVRouterID: new(int64(5)),
			},
			func(c *Client) (any, error) { return c.HTTP.Frontends.Get(t.Context(), "x", 1) },
		},
		{
			"HTTP server",
			`{"serverId":1,"backendId":2,"displayName":"d","address":"192.0.2.1","port":8080,"status":"inactive","weight":7,"backup":true,"probe":true,"ssl":true,"chain":"PEM","cookie":"c","proxyProtocolVersion":"v2","onMarkedDown":"shutdown-sessions","serverState":[{"instanceId":9,"status":"DOWN","checkTime":"2026-02-03T04:05:06Z","checkStatus":"L7STS","checkCode":"503","lastCheckContent":"down"}]}`,
			&HTTPServer{
				ServerID: 1, FarmID: 2, DisplayName: "d", Address: "192.0.2.1", Port: new(8080), Status: ServerInactive, Weight: new(7), Backup: true, Probe: true, SSL: true, Chain: "PEM", Cookie: "c",
				ProxyProtocolVersion: ProxyProtocolV2, OnMarkedDown: OnMarkedDownShutdownSessions, ServerState: []ServerState{{9, "DOWN", &second, "L7STS", "503", "down"}},
			},
			func(c *Client) (any, error) { return c.HTTP.Farms.Servers.Get(t.Context(), "x", 2, 1) },
		},
		{
			"TCP farm",
			`{"farmId":1,"displayName":"d","zone":"gra","port":25,"balance":"source","stickiness":"sourceIp","probe":{"type":"http","interval":60,"port":81,"method":"HEAD","url":"/up","match":"status","pattern":"200","negate":true,"forceSsl":true},"vrackNetworkId":4}`,
			&TCPFarm{
				FarmID: 1, DisplayName: "d", Zone: "gra", Port: new(25), Balance: BalanceSource, Stickiness: StickinessSourceIP, VRackNetworkID: new(int64(4)),
				Probe: &Probe{Type: ProbeTypeHTTP, Interval: 60, Port: 81, Method: ProbeMethodHead, URL: "/up", Match: ProbeMatchStatus, Pattern: "200", Negate: true, ForceSSL: true},
			},
			func(c *Client) (any, error) { return c.TCP.Farms.Get(t.Context(), "x", 1) },
		},
		{
			"UDP farm", `{"farmId":1,"displayName":"d","zone":"gra","port":53,"vrackNetworkId":4}`,
			&UDPFarm{FarmID: 1, DisplayName: "d", Zone: "gra", Port: 53, VRackNetworkID: new(int64(4))},
			func(c *Client) (any, error) { return c.UDP.Farms.Get(t.Context(), "x", 1) },
		},
		{
			"HTTP route",
			`{"routeId":1,"displayName":"d","frontendId":2,"action":{"type":"redirect","target":"https://${host}${path}","status":308},"weight":5,"status":"updating","rules":[{"ruleId":3,"field":"header","subField":"X-A","match":"startswith","pattern":"p","negate":true}]}`,
			&HTTPRoute{
				RouteID: 1, DisplayName: "d", FrontendID: new(int64(2)), Action: HTTPRouteAction{RouteActionRedirect, "https://${host}${path}", 308}, Weight: 5, Status: RouteUpdating,
				Rules: []Rule{{RuleID: 3, Field: "header", SubField: "X-A", Match: RuleStartsWith, Pattern: "p", Negate: true}},
			},
			func(c *Client) (any, error) { return c.HTTP.Routes.Get(t.Context(), "x", 1) },
		},
		{
			"task", `{"id":1,"action":"refreshIplb","status":"doing","progress":40,"zones":["gra"],"creationDate":"2026-01-02T03:04:05+01:00","doneDate":null}`,
			&Task{ID: 1, Action: TaskRefresh, Status: TaskDoing, Progress: 40, Zones: []string{"gra"}, CreationDate: first},
			func(c *Client) (any, error) { return c.Tasks.Get(t.Context(), "x", 1) },
		},
		{
			"status", `{"service":{"status":"warn"},"frontends":{"total":1,"status":{"ok":1,"warn":0,"error":0,"unknown":0}},"farms":{"total":2,"status":{"ok":1,"warn":1,"error":0,"unknown":0}},"servers":{"total":4,"status":{"ok":1,"warn":1,"error":1,"unknown":1}}}`,
			&Status{ServiceHealth{StatusWarn}, ComponentHealth{1, HealthCounts{OK: 1}}, ComponentHealth{2, HealthCounts{OK: 1, Warn: 1}}, ComponentHealth{4, HealthCounts{1, 1, 1, 1}}},
			func(c *Client) (any, error) { return c.LoadBalancers.Status(t.Context(), "x") },
		},
		{
			"pending changes", `[{"zone":"gra","number":3}]`,
			[]PendingChanges{{"gra", 3}},
			func(c *Client) (any, error) { return c.LoadBalancers.PendingChanges(t.Context(), "x") },
		},
		{
			"NAT addresses", `[{"zone":"gra","ip":["10.108.0.0/24"]}]`,
			[]NATIPs{{"gra", []string{"10.108.0.0/24"}}},
			func(c *Client) (any, error) { return c.LoadBalancers.NATIPs(t.Context(), "x") },
		},
		{
			"certificate", `{"id":1,"displayName":"d","type":"built_not_routed","subject":"CN=a.example","san":["a.example"],"expireDate":"2026-02-03T04:05:06Z","fingerprint":"AB:CD","serial":"1"}`,
			&Certificate{1, "d", CertificateBuiltNotRouted, "CN=a.example", []string{"a.example"}, second, "AB:CD", "1"},
			func(c *Client) (any, error) { return c.Certificates.Get(t.Context(), "x", 1) },
		},
		{
			"network", `{"vrackNetworkId":1,"displayName":"d","vlan":7,"subnet":"10.0.0.0/16","natIp":"10.0.0.0/27","farmId":[{"id":3,"type":"udp"}]}`,
			&VRackNetwork{1, "d", 7, "10.0.0.0/16", "10.0.0.0/27", []DefinedFarm{{3, "udp"}}},
			func(c *Client) (any, error) { return c.VRack.GetNetwork(t.Context(), "x", 1) },
		},
		{
			"vRack", `{"state":"activating","vrackName":null,"task":[5]}`, &VRackStatus{VRackActivating, "", []int64{5}},
			func(c *Client) (any, error) { return c.VRack.Status(t.Context(), "x") },
		},
		{
			"quota", `{"zone":"gra","included":1,"total":2,"alert":null,"lastUpdateDate":"2026-01-02T03:04:05+01:00","resetDate":"2026-02-03T04:05:06Z"}`,
			&Quota{"gra", new(int64(1)), new(int64(2)), nil, &first, &second},
			func(c *Client) (any, error) { return c.Quotas.Get(t.Context(), "x", "gra") },
		},
		{
			"service", `{"serviceId":1,"domain":"loadbalancer-1","status":"unPaid","creation":"2025-01-01","expiration":"2026-12-31","engagedUpTo":null,"renewalType":"automaticV2016","renew":{"automatic":true,"deleteAtExpiration":true,"forced":false,"manualPayment":null,"period":1},"possibleRenewPeriod":[1,12],"canDeleteAtExpiration":true,"contactAdmin":"a","contactBilling":"b","contactTech":"t"}`,
			&ServiceInfo{1, "loadbalancer-1", ServiceUnpaid, "2025-01-01", "2026-12-31", "", RenewalAutomaticV2016, &Renewal{true, true, false, nil, new(1)}, []int{1, 12}, true, "a", "b", "t"},
			func(c *Client) (any, error) { return c.LoadBalancers.ServiceInfo(t.Context(), "x") },
		},
		{
			"block", `{"ip":"203.0.113.0/32","type":"failover","version":4,"description":"d","routedTo":{"serviceName":"loadbalancer-1"},"isAdditionalIp":true,"canBeTerminated":true,"bringYourOwnIp":false,"country":"fr","campus":"GRA","regions":["eu-west-gra"],"rir":"RIPE","organisationId":"o","iam":null}`,
			&IP{IP: "203.0.113.0/32", Type: IPTypeFailover, Version: 4, Description: "d", RoutedTo: &RoutedTo{"loadbalancer-1"}, IsAdditionalIP: true, CanBeTerminated: true, Country: "fr", Campus: "GRA", Regions: []string{"eu-west-gra"}, RIR: "RIPE", OrganisationID: "o"},
			func(c *Client) (any, error) { return c.IPs.Get(t.Context(), "203.0.113.0/32") },
		},
		{
			"task of a block", `{"taskId":1,"function":"genericMoveFloatingIp","status":"ovhError","destination":{"serviceName":"x"},"comment":"no","startDate":"2026-01-02T03:04:05+01:00","lastUpdate":"2026-02-03T04:05:06Z","doneDate":null}`,
			&IPTask{1, IPTaskMove, IPTaskOVHError, &RoutedTo{"x"}, "no", first, &second, nil},
			func(c *Client) (any, error) { return c.IPs.GetTask(t.Context(), "203.0.113.0/32", 1) },
		},
		{
			"log URL", `{"url":"https://logs.example/secret","expirationDate":"2026-02-03T04:05:06Z"}`,
			&LogURL{Token{lb.NewSecret("https://logs.example/secret")}, second},
			func(c *Client) (any, error) { return c.Logs.URL(t.Context(), "x", "http") },
		},
		{
			"unsubscribed", `{"operationId":"o","serviceName":"ldp-1"}`, &LogOperation{"o", "ldp-1"},
			func(c *Client) (any, error) { return c.Logs.Unsubscribe(t.Context(), "x", "s") },
		},
		{
			"unsubscribed without a word", ``, (*LogOperation)(nil),
			func(c *Client) (any, error) { return c.Logs.Unsubscribe(t.Context(), "x", "s") },
		},
		{
			"terminated", `"A mail was sent"`, "A mail was sent",
			func(c *Client) (any, error) { return c.LoadBalancers.Terminate(t.Context(), "x") },
		},
		{
			"available probes", `[{"type":"http","port":true,"url":true,"method":["GET"],"matches":["status"],"negatableMatches":["status"]}]`,
			[]AvailableProbe{{"http", true, true, []string{"GET"}, []string{"status"}, []string{"status"}}},
			func(c *Client) (any, error) { return c.LoadBalancers.AvailableFarmProbes(t.Context(), "x") },
		},
		{
			"available rules", `[{"name":"method","type":"http","hasSubField":false,"matches":["is"],"pattern":"enum","enum":["GET"]}]`,
			[]AvailableRouteRule{{"method", "http", false, []string{"is"}, "enum", []string{"GET"}}},
			func(c *Client) (any, error) { return c.LoadBalancers.AvailableRouteRules(t.Context(), "x") },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.call(unsigned(t, func(*http.Request, []byte) answerTo { return answerTo{body: test.body} }))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, secrets); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A list that is empty in body is no empty list: nothing staged, say, is "[]".
func TestAnswerWithoutABodyIsNoList(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null"} {
		client := unsigned(t, func(*http.Request, []byte) answerTo { return answerTo{body: body} }, WithRetry(lb.RetryPolicy{MaxAttempts: 1}))
		if pending, err := client.LoadBalancers.PendingChanges(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Errorf("%q: %v, %v", body, pending, err)
		}
	}
}

// What an earlier attempt brought half of is not the answer to the one that found the
// subscription gone.
func TestUnsubscribedByAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	attempts := 0
	client := unsigned(t, func(*http.Request, []byte) answerTo {
		if attempts++; attempts == 1 {
			return answerTo{body: `{"operationId":"o","serviceNa`}
		}
		return answerTo{status: http.StatusNotFound}
	}, WithRetry(lb.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	if operation, err := client.Logs.Unsubscribe(t.Context(), "x", "s"); operation != nil || err != nil || attempts != 2 {
		t.Errorf("%+v, %v after %d attempts", operation, err, attempts)
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	day, err := Date("2026-02-03").Time()
	if err != nil || !day.Equal(time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("Time = %v, %v", day, err)
	}
	if _, err := Date("").Time(); err == nil {
		t.Error("no day has a time")
	}
}
