package lb_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// The values that the models below are full of.
var (
	created = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	updated = created.Add(time.Hour)
)

func number(n int) *int { return &n }

func fullLoadBalancer() *lb.LoadBalancer {
	return &lb.LoadBalancer{
		ID: "lb-1",
		LoadBalancerSpec: lb.LoadBalancerSpec{
			Name: "edge", Tags: []string{"a", "b"}, Plan: "lb-s", Zone: "fr-par-1", TLSPolicy: lb.TLSPolicyModern,
			Extensions: lb.Extend(otherOptions{Text: "a"}),
		},
		Provisioning: lb.ProvisioningReady,
		Zones:        []string{"fr-par-1"},
		Addresses:    []netip.Addr{netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("2001:db8::1")},
		Instances:    []lb.Instance{{ID: "i", Zone: "fr-par-1", Status: lb.ProvisioningUpdating}},
		Created:      created,
		Updated:      updated,
		Native:       "never written",
	}
}

func fullFrontend() *lb.Frontend {
	return &lb.Frontend{
		ID: "fe-1", LoadBalancer: "lb-1",
		FrontendSpec: lb.FrontendSpec{
			Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(443), {From: 8000, To: 8100}},
			DefaultBackend: "be-1", TLS: true, Certificates: []lb.CertificateID{"cert-1"},
			Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32")}, Disabled: true, HSTS: true,
			SetHeaders:    []lb.Header{{Name: "X-Client", Value: "{client_ip}"}},
			ClientTimeout: lb.Duration(30 * time.Second), HTTP3: true, ConnectionRate: 10,
			Extensions: lb.Extend(otherOptions{Text: "b"}),
		},
		Created: created, Updated: updated, Native: "never written",
	}
}

func fullServer() *lb.Server {
	return &lb.Server{
		ID: "srv-1", Backend: "be-1",
		ServerSpec: lb.ServerSpec{
			Name: "one", Address: netip.MustParseAddr("10.0.0.1"), Port: 8080, Weight: number(0), Backup: true,
			Disabled: true, Extensions: lb.Extend(otherOptions{Text: "c"}),
		},
		Native: "never written",
	}
}

func fullBackend() *lb.Backend {
	return &lb.Backend{
		ID: "be-1", LoadBalancer: "lb-1",
		BackendSpec: lb.BackendSpec{
			Name: "app", Protocol: lb.ProtocolHTTP, Port: 80, Algorithm: lb.AlgorithmLeastConn,
			Stickiness: lb.StickinessCookie, CookieName: "SRV",
			HealthCheck: &lb.HealthCheck{
				Type: lb.CheckHTTPS, Port: 81, Interval: lb.Duration(30 * time.Second), Timeout: lb.Duration(500 * time.Millisecond),
				UnhealthyThreshold: 2, User: "u",
				HTTP:       &lb.HTTPCheck{Method: "GET", Host: "example.org", Path: "/", Status: []int{200, 204}, SNI: "example.com"},
				Expect:     &lb.Expect{Contains: "ok", Regex: "^ok", Negate: true},
				Extensions: lb.Extend(otherOptions{Text: "d"}),
			},
			ProxyProtocol: lb.ProxyProtocolV2, OnMarkedDown: lb.OnMarkedDownShutdownSessions,
			TLS:           &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: "pem", Name: "app.internal"},
			ServerTimeout: lb.Duration(time.Minute), ConnectTimeout: lb.Duration(5 * time.Second),
			TunnelTimeout: lb.Duration(time.Hour), QueueTimeout: lb.Duration(time.Second),
			MaxConnections: 100, MaxRetries: number(3), Extensions: lb.Extend(otherOptions{Text: "e"}),
		},
		Servers: []*lb.Server{fullServer()},
		Mixed:   []string{"proxyProtocol"},
		Created: created, Updated: updated, Native: "never written",
	}
}

func fullFilter() *lb.Filter {
	return &lb.Filter{
		ID: "flt-1", Frontend: "fe-1",
		FilterSpec: lb.FilterSpec{
			Name:   "away",
			Match:  lb.Match{{Field: lb.FieldHeader, Name: "Host", Op: lb.MatchSuffix, Values: []string{".org"}, Not: true}},
			Action: lb.FilterRedirect, Status: 403,
			Redirect:   &lb.Redirect{Scheme: "https", Host: "example.org", Port: 8443, Path: "/", DropQuery: true, Code: 301},
			Extensions: lb.Extend(otherOptions{Text: "f"}),
		},
		Native: "never written",
	}
}

func fullRoute() *lb.Route {
	return &lb.Route{
		ID: "rt-1", Frontend: "fe-1",
		RouteSpec: lb.RouteSpec{
			Name: "api", Match: lb.Match{{Field: lb.FieldParam, Name: "v", Op: lb.MatchPrefix, Values: []string{"2."}, Not: true}},
			Backend: "be-2", Extensions: lb.Extend(otherOptions{Text: "g"}),
		},
		Native: "never written",
	}
}

func fullCertificate() *lb.Certificate {
	return &lb.Certificate{
		ID: "cert-1", LoadBalancer: "lb-1", Name: "site", Source: lb.CertificateManaged,
		Provisioning: lb.ProvisioningError, Detail: "no DNS", CommonName: "example.org",
		Domains: []string{"example.org"}, Fingerprint: "ab12", NotBefore: created, NotAfter: updated,
		Native: "never written",
	}
}

const (
	loadBalancerJSON = `{"id":"lb-1","name":"edge","tags":["a","b"],"plan":"lb-s","zone":"fr-par-1","tlsPolicy":"modern",` +
		`"extensions":{"other":{"text":"a"}},"provisioning":"ready","zones":["fr-par-1"],` +
		`"addresses":["203.0.113.1","2001:db8::1"],"instances":[{"id":"i","zone":"fr-par-1","status":"updating"}],` +
		`"created":"2026-01-02T03:04:05.678901Z","updated":"2026-01-02T04:04:05.678901Z"}`
	frontendJSONOpen = `{"id":"fe-1","loadBalancer":"lb-1","name":"web","protocol":"http","ports":["443","8000-8100"],` +
		`"defaultBackend":"be-1","tls":true,"certificates":["cert-1"],"addresses":["203.0.113.1/32"],"disabled":true,` +
		`"hsts":true,"setHeaders":[{"name":"X-Client","value":"{client_ip}"}],"clientTimeout":"30s","http3":true,` +
		`"connectionRate":10,"extensions":{"other":{"text":"b"}},"created":"2026-01-02T03:04:05.678901Z",` +
		`"updated":"2026-01-02T04:04:05.678901Z"`
	serverJSON = `{"id":"srv-1","backend":"be-1","name":"one","address":"10.0.0.1","port":8080,"weight":0,"backup":true,` +
		`"disabled":true,"extensions":{"other":{"text":"c"}}}`
	backendJSON = `{"id":"be-1","loadBalancer":"lb-1","name":"app","protocol":"http","port":80,"algorithm":"leastconn",` +
		`"stickiness":"cookie","cookieName":"SRV","healthCheck":{"type":"https","port":81,"interval":"30s","timeout":"500ms",` +
		`"unhealthyThreshold":2,"user":"u","http":{"method":"GET","host":"example.org","path":"/","status":[200,204],` +
		`"sni":"example.com"},"expect":{"contains":"ok","regex":"^ok","negate":true},"extensions":{"other":{"text":"d"}}},` +
		`"proxyProtocol":"v2","onMarkedDown":"shutdown-sessions","tls":{"verify":"ca","ca":"pem","serverName":"app.internal"},` +
		`"serverTimeout":"1m0s","connectTimeout":"5s","tunnelTimeout":"1h0m0s","queueTimeout":"1s","maxConnections":100,` +
		`"maxRetries":3,"extensions":{"other":{"text":"e"}},"servers":[` + serverJSON + `],"mixed":["proxyProtocol"],` +
		`"created":"2026-01-02T03:04:05.678901Z","updated":"2026-01-02T04:04:05.678901Z"}`
	filterJSON = `{"id":"flt-1","frontend":"fe-1","name":"away","match":[{"field":"header","name":"Host","op":"suffix",` +
		`"values":[".org"],"not":true}],"action":"redirect","status":403,"redirect":{"scheme":"https","host":"example.org",` +
		`"port":8443,"path":"/","dropQuery":true,"code":301},"extensions":{"other":{"text":"f"}}}`
	routeJSON = `{"id":"rt-1","frontend":"fe-1","name":"api","match":[{"field":"param","name":"v","op":"prefix",` +
		`"values":["2."],"not":true}],` +
		`"backend":"be-2","extensions":{"other":{"text":"g"}}}`
	certificateJSON = `{"id":"cert-1","loadBalancer":"lb-1","name":"site","source":"managed","provisioning":"error",` +
		`"detail":"no DNS","commonName":"example.org","domains":["example.org"],"fingerprint":"ab12",` +
		`"notBefore":"2026-01-02T03:04:05.678901Z","notAfter":"2026-01-02T04:04:05.678901Z"}`
)

// checkJSON checks the JSON of a model and that it reads back as the same model.
func checkJSON[M any](t *testing.T, model *M, want string) {
	t.Helper()
	b, err := json.Marshal(model)
	if err != nil {
		t.Fatalf("%T: %v", model, err)
	}
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Errorf("JSON of %T:\n%s", model, diff)
	}
	again := new(M)
	if err := json.Unmarshal([]byte(want), again); err != nil {
		t.Fatalf("%T: %v", model, err)
	}
	native := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Native" }, cmp.Ignore())
	addresses := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	prefixes := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	if diff := cmp.Diff(model, again, native, addresses, prefixes); diff != "" {
		t.Errorf("%T reads back with differences:\n%s", model, diff)
	}
}

func TestModelJSON(t *testing.T) {
	t.Parallel()
	checkJSON(t, fullLoadBalancer(), loadBalancerJSON)
	checkJSON(t, fullFrontend(), frontendJSONOpen+"}")
	checkJSON(t, fullBackend(), backendJSON)
	checkJSON(t, fullServer(), serverJSON)
	checkJSON(t, fullFilter(), filterJSON)
	checkJSON(t, fullRoute(), routeJSON)
	checkJSON(t, fullCertificate(), certificateJSON)
	checkJSON(t, &lb.Address{
		ID: "203.0.113.8_29", Prefix: netip.MustParsePrefix("203.0.113.8/29"), LoadBalancer: "lb-1", Zone: "fr-par-1",
		Reverse: "example.org", Tags: []string{"a"}, Primary: true, Extensions: lb.Extend(otherOptions{Text: "h"}),
		Native: "never written",
	}, `{"id":"203.0.113.8_29","prefix":"203.0.113.8/29","loadBalancer":"lb-1","zone":"fr-par-1","reverse":"example.org",`+
		`"tags":["a"],"primary":true,"extensions":{"other":{"text":"h"}}}`)
	checkJSON(t, &lb.Operation{
		ID: "lb-1/task/1", LoadBalancer: "lb-1", Action: "refreshIplb", Status: lb.OperationRunning, Progress: -1,
		Zones: []string{"all"}, Detail: "d", Started: created, Finished: updated, Native: "never written",
	}, `{"id":"lb-1/task/1","loadBalancer":"lb-1","action":"refreshIplb","status":"running","progress":-1,"zones":["all"],`+
		`"detail":"d","started":"2026-01-02T03:04:05.678901Z","finished":"2026-01-02T04:04:05.678901Z"}`)
	checkJSON(t, &lb.ServerHealth{
		Server: "srv-1", Instance: "i", State: lb.HealthDown, Code: "503", Check: "L7STS", Content: "no", CheckedAt: created,
		Native: "never written",
	}, `{"server":"srv-1","instance":"i","state":"down","code":"503","check":"L7STS","content":"no",`+
		`"checkedAt":"2026-01-02T03:04:05.678901Z"}`)
	checkJSON(t, &lb.HealthSummary{
		State: lb.HealthDegraded, Frontends: map[lb.Health]int{lb.HealthHealthy: 1},
		Backends: map[lb.Health]int{lb.HealthDown: 1}, Servers: map[lb.Health]int{lb.HealthUnknown: 2},
	}, `{"state":"degraded","frontends":{"healthy":1},"backends":{"down":1},"servers":{"unknown":2}}`)
	checkJSON(t, &lb.PendingChange{Zone: "gra", Count: 2}, `{"zone":"gra","count":2}`)
}

func TestTreeJSON(t *testing.T) {
	t.Parallel()
	checkJSON(t, &lb.Tree{
		LoadBalancer: fullLoadBalancer(),
		Certificates: []*lb.Certificate{fullCertificate()},
		Backends:     []*lb.Backend{fullBackend()},
		Frontends: []lb.FrontendTree{{
			Frontend: fullFrontend(), Filters: []*lb.Filter{fullFilter()}, Routes: []*lb.Route{fullRoute()},
		}},
	}, `{"loadBalancer":`+loadBalancerJSON+`,"certificates":[`+certificateJSON+`],"backends":[`+backendJSON+`],"frontends":[`+
		frontendJSONOpen+`,"filters":[`+filterJSON+`],"routes":[`+routeJSON+`]}]}`)
	empty, err := json.Marshal(&lb.Tree{
		Backends:  []*lb.Backend{},
		Frontends: []lb.FrontendTree{{Frontend: &lb.Frontend{ID: "fe-1", LoadBalancer: "lb-1"}, Filters: []*lb.Filter{}, Routes: []*lb.Route{}}},
	})
	if err != nil || strings.Contains(string(empty), "[]") {
		t.Errorf("lists without items show: %s, %v", empty, err)
	}
}

// The JSON above says something of every field only while the models are full.
func TestModelsOfTheJSONTestAreFull(t *testing.T) {
	t.Parallel()
	for _, model := range []any{
		fullLoadBalancer(), fullFrontend(), fullBackend(), fullServer(), fullFilter(), fullRoute(), fullCertificate(),
	} {
		checkFull(t, reflect.TypeOf(model).Elem().Name(), reflect.ValueOf(model))
	}
}

// checkFull checks that no exported field is zero. A pointer to zero is not.
func checkFull(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if v.IsZero() {
		t.Errorf("%s is zero", path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.Elem().Kind() == reflect.Struct {
			checkFull(t, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				checkFull(t, path+"."+field.Name, v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				checkFull(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		}
	default:
	}
}

func TestCapabilitiesJSON(t *testing.T) {
	t.Parallel()
	checkJSON(t, &lb.Capabilities{
		Provider: "ovh",
		Features: map[lb.Feature]lb.Support{
			"server.disabled": {Supported: true, Emulated: true, Values: []string{"a"}, Hint: "h"},
			"frontend.http3":  {},
		},
		Limits: lb.Limits{
			MaxNameLength: 50, MaxPort: 49151, MinCheckInterval: lb.Duration(30 * time.Second),
			MaxCheckInterval: lb.Duration(time.Hour), MaxFilters: 1, MaxRoutes: 50, MaxMatchConditions: 5, MaxServers: 9,
		},
	}, `{"provider":"ovh","features":{"frontend.http3":{"supported":false},"server.disabled":{"supported":true,`+
		`"emulated":true,"values":["a"],"hint":"h"}},"limits":{"maxNameLength":50,"maxPort":49151,"minCheckInterval":"30s",`+
		`"maxCheckInterval":"1h0m0s","maxFilters":1,"maxRoutes":50,"maxMatchConditions":5,"maxServers":9}}`)
}

func TestModelJSONLeavesZeroFieldsOut(t *testing.T) {
	t.Parallel()
	checkJSON(t, &lb.LoadBalancer{ID: "a"}, `{"id":"a"}`)
	checkJSON(t, &lb.Backend{ID: "a", LoadBalancer: "b"}, `{"id":"a","loadBalancer":"b","protocol":""}`)
	checkJSON(t, &lb.Server{ID: "a", Backend: "b"}, `{"id":"a","backend":"b","address":""}`)
	checkJSON(t, &lb.Address{ID: "a"}, `{"id":"a"}`)
	checkJSON(t, &lb.Certificate{ID: "a", LoadBalancer: "b"}, `{"id":"a","loadBalancer":"b"}`)
}

func TestCertificateSpecJSONHasNoKey(t *testing.T) {
	t.Parallel()
	spec := lb.CertificateSpec{Name: "a", Domains: []string{"b"}, PEM: "c", Key: lb.NewSecret(canary)}
	b, err := json.Marshal(spec)
	if want := `{"name":"a","domains":["b"],"pem":"c"}`; err != nil || string(b) != want {
		t.Errorf("JSON is %s, %v; want %s", b, err, want)
	}
	if err := json.Unmarshal([]byte(`{"key":"x","Key":"y"}`), &spec); err != nil || spec.Key.Reveal() != canary {
		t.Errorf("a key was read from JSON: %v", err)
	}
}
