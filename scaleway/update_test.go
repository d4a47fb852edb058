package scaleway

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// full is a T in which everything is set, to values unlike each other.
func full[T any]() *T {
	out := new(T)
	n := 0
	fill(reflect.ValueOf(out).Elem(), &n)
	return out
}

func fill(v reflect.Value, n *int) {
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(int64(*n), 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.String:
		v.SetString(strings.Repeat("s", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint32:
		v.SetUint(uint64(*n)) //nolint:gosec // G115: small
	default:
		v.SetInt(int64(*n))
	}
}

// members are v's, as JSON.
func members(t *testing.T, v any) map[string]any {
	t.Helper()
	content, err := rest.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	out, ok := decodeAny(t, content).(map[string]any)
	if !ok {
		t.Fatalf("%s is not an object", content)
	}
	return out
}

// TestUpdatesBeginAsTheObject: the update made from an object says of every
// member what the object says. A member that were left out could be reset.
func TestUpdatesBeginAsTheObject(t *testing.T) {
	t.Parallel()
	var (
		balancer    = full[LB]()
		backend     = full[Backend]()
		frontend    = full[Frontend]()
		route       = full[Route]()
		acl         = full[ACL]()
		certificate = full[Certificate]()
		subscriber  = full[Subscriber]()
	)
	tests := []struct {
		name           string
		object, update any
		renamed        map[string]any // members that the object calls otherwise
		without        []string       // members that repeat others
	}{
		{"load balancer", balancer, NewLBUpdate(balancer), nil, nil},
		{"backend", backend, NewBackendUpdate(backend), nil, []string{"send_proxy_v2"}},
		{"frontend", frontend, NewFrontendUpdate(frontend), map[string]any{"backend_id": frontend.Backend.ID}, []string{"certificate_id"}},
		{"route", route, NewRouteUpdate(route), nil, nil},
		{"ACL", acl, NewACLSpec(acl), nil, nil},
		{"certificate", certificate, NewCertificateUpdate(certificate), nil, nil},
		{"subscriber", subscriber, NewSubscriberUpdate(subscriber), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			object, update := members(t, tt.object), members(t, tt.update)
			for name := range reflect.TypeOf(tt.update).Fields() {
				member, _, _ := strings.Cut(name.Tag.Get("json"), ",")
				if slices.Contains(tt.without, member) {
					continue
				}
				want, ok := object[member]
				if other, renamed := tt.renamed[member]; renamed {
					want, ok = other, true
				}
				if !ok || !cmp.Equal(want, update[member]) {
					t.Errorf("%s: the object says %v, the update %v", member, want, update[member])
				}
			}
		})
	}
}

// TestBackendUpdateKeepsTheOldProxyFlag: a backend that was made with the deprecated
// member alone goes on speaking the PROXY protocol, version 2.
func TestBackendUpdateKeepsTheOldProxyFlag(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		flag     bool
		protocol ProxyProtocol
		want     ProxyProtocol
	}{
		{true, ProxyProtocolUnknown, ProxyProtocolV2},
		{false, ProxyProtocolUnknown, ProxyProtocolUnknown},
		{true, ProxyProtocolV1, ProxyProtocolV1},
	} {
		if got := NewBackendUpdate(&Backend{SendProxyV2: &test.flag, ProxyProtocol: test.protocol}).ProxyProtocol; got != test.want {
			t.Errorf("%t beside %s: the update says %s", test.flag, test.protocol, got)
		}
	}
}

// TestUpdatesSayEverything: of an object of which nothing optional is set, a PUT
// still names every member.
func TestUpdatesSayEverything(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	tests := []struct {
		name string
		call func(api *API) error
		want string
	}{
		{
			"load balancer",
			func(api *API) error { return second(api.LBs.Update(ctx, testLB, NewLBUpdate(&LB{Name: "n"}))) },
			`{"name":"n","description":"","tags":[],"ssl_compatibility_level":"ssl_compatibility_level_intermediate"}`,
		},
		{
			"backend",
			func(api *API) error {
				b := &Backend{Name: "n", ForwardPort: 80, ProxyProtocol: ProxyProtocolUnknown}
				return second(api.Backends.Update(ctx, testBackend, NewBackendUpdate(b)))
			},
			`{"name":"n","forward_protocol":"tcp","forward_port":80,"forward_port_algorithm":"roundrobin","sticky_sessions":"none",
				"sticky_sessions_cookie_name":"","timeout_server":null,"timeout_connect":null,"timeout_tunnel":null,
				"on_marked_down_action":"on_marked_down_action_none","proxy_protocol":"proxy_protocol_unknown","failover_host":null,
				"ssl_bridging":false,"ignore_ssl_server_verify":null,"redispatch_attempt_count":null,"max_retries":null,
				"max_connections":null,"timeout_queue":null,"host":null}`,
		},
		{
			"frontend",
			func(api *API) error {
				f := &Frontend{Name: "n", InboundPort: 80, Backend: Backend{ID: testBackend}, EnableAccessLogs: new(bool)}
				return second(api.Frontends.Update(ctx, testFrontend, NewFrontendUpdate(f)))
			},
			`{"name":"n","inbound_port":80,"backend_id":"` + testBackend + `","timeout_client":null,"certificate_ids":[],"enable_http3":false,
				"connection_rate_limit":0,"enable_access_logs":false}`,
		},
		{
			"check",
			func(api *API) error {
				check := HealthCheck{Port: 80, CheckDelay: 3000, CheckTimeout: 1000, CheckMaxRetries: 3, HTTPSConfig: &HealthCheckHTTPSConfig{URI: "/", Method: "GET"}}
				return second(api.Backends.UpdateHealthCheck(ctx, testBackend, check))
			},
			`{"port":80,"check_delay":3000,"check_timeout":1000,"check_max_retries":3,"check_send_proxy":false,"transient_check_delay":null,
				"https_config":{"uri":"/","method":"GET","host_header":"","sni":""}}`,
		},
		{
			"servers",
			func(api *API) error { return second(api.Backends.SetServers(ctx, testBackend, nil)) },
			`{"server_ip":[]}`,
		},
		{
			"ACL",
			func(api *API) error {
				return second(api.ACLs.Update(ctx, testACL, ACLSpec{Name: "n", Action: ACLAction{Type: ACLActionTypeDeny}, Match: &ACLMatch{}}))
			},
			`{"name":"n","action":{"type":"deny","redirect":null},"match":{"ip_subnet":[],"ips_edge_services":false,
				"http_filter":"acl_http_filter_none","http_filter_value":[],"http_filter_option":null,"invert":false},"index":0,"description":""}`,
		},
		{
			"ACL that matches everything",
			func(api *API) error {
				redirect := &ACLActionRedirect{Type: RedirectTypeScheme, Target: "https"}
				return second(api.ACLs.Update(ctx, testACL, ACLSpec{Name: "n", Action: ACLAction{Type: ACLActionTypeRedirect, Redirect: redirect}}))
			},
			`{"name":"n","action":{"type":"redirect","redirect":{"type":"scheme","target":"https","code":null}},"match":null,"index":0,"description":""}`,
		},
		{
			"no ACLs",
			func(api *API) error { return second(api.ACLs.Set(ctx, testFrontend, nil)) },
			`{"acls":[]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, w := newWire(t, always(200, anything))
			if err := tt.call(client.Zone(testZone)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decodeAny(t, []byte(tt.want)), decodeAny(t, []byte(w.only(t).Body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestChangingOneMemberLeavesTheOthers: of a fully configured backend and
// frontend, one member at a time.
func TestChangingOneMemberLeavesTheOthers(t *testing.T) {
	t.Parallel()
	backend, frontend := full[Backend](), full[Frontend]()
	changeEach(t, NewBackendUpdate(backend), func(ctx context.Context, api *API, u BackendUpdate) error {
		return second(api.Backends.Update(ctx, testBackend, u))
	})
	changeEach(t, NewFrontendUpdate(frontend), func(ctx context.Context, api *API, u FrontendUpdate) error {
		return second(api.Frontends.Update(ctx, testFrontend, u))
	})
}

func changeEach[T any](t *testing.T, update T, put func(context.Context, *API, T) error) {
	t.Helper()
	before := members(t, update)
	for i := range reflect.TypeFor[T]().NumField() {
		field := reflect.TypeFor[T]().Field(i)
		member, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		changed := update
		value := reflect.ValueOf(&changed).Elem().Field(i)
		n := 1000
		if value.Kind() == reflect.Bool {
			value.SetBool(!value.Bool())
		} else {
			fill(value, &n)
		}
		client, w := newWire(t, always(200, anything))
		if err := put(t.Context(), client.Zone(testZone), changed); err != nil {
			t.Fatal(err)
		}
		after, ok := decodeAny(t, []byte(w.only(t).Body)).(map[string]any)
		if !ok {
			t.Fatalf("sent %s", w.only(t).Body)
		}
		// Of the pointers to bool, fill knows one value, which is there already.
		if field.Type != reflect.TypeFor[*bool]() && cmp.Equal(before[member], after[member]) {
			t.Errorf("%s did not change", member)
		}
		delete(after, member)
		others := maps.Clone(before)
		delete(others, member)
		if diff := cmp.Diff(others, after); diff != "" {
			t.Errorf("%s changed others: %s", member, diff)
		}
	}
}

// TestCreatesSayWhatIsRequired: an enum is never sent empty, which no API is
// known to take.
func TestCreatesSayWhatIsRequired(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, anything))
	create := BackendCreate{Name: "n", ForwardPort: 80, HealthCheck: HealthCheck{Port: 80, CheckMaxRetries: 3}}
	if _, err := client.Zone(testZone).Backends.Create(t.Context(), testLB, create); err != nil {
		t.Fatal(err)
	}
	want := `{"name":"n","forward_protocol":"tcp","forward_port":80,"forward_port_algorithm":"roundrobin","sticky_sessions":"none",
		"health_check":{"port":80,"check_max_retries":3,"check_send_proxy":false},"server_ip":[]}`
	if diff := cmp.Diff(decodeAny(t, []byte(want)), decodeAny(t, []byte(w.only(t).Body))); diff != "" {
		t.Error(diff)
	}
}

// TestRedirectsSayTheirType: the enum's default in place of an empty one, in every
// call that writes ACLs.
func TestRedirectsSayTheirType(t *testing.T) {
	t.Parallel()
	redirect := &ACLActionRedirect{Target: "https://a.example"}
	spec := ACLSpec{Name: "n", Action: ACLAction{Type: ACLActionTypeRedirect, Redirect: redirect}}
	for name, write := range map[string]func(api *API) error{
		"create": func(api *API) error { return second(api.ACLs.Create(t.Context(), testFrontend, spec)) },
		"update": func(api *API) error { return second(api.ACLs.Update(t.Context(), testACL, spec)) },
		"set":    func(api *API) error { return second(api.ACLs.Set(t.Context(), testFrontend, []ACLSpec{spec})) },
	} {
		client, w := newWire(t, always(200, anything))
		if err := write(client.Zone(testZone)); err != nil {
			t.Fatal(err)
		}
		contains(t, name, w.only(t).Body, `"redirect":{"type":"location","target":"https://a.example"`)
	}
	if redirect.Type != "" {
		t.Error("the spec was changed")
	}
}

func TestCertificateUpload(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, always(200, anything))
	certificates := client.Zone(testZone).Certificates
	custom := &CustomCertificate{CertificateChain: lb.NewSecret("PEM")}
	if _, err := certificates.Create(t.Context(), testLB, CertificateCreate{Name: "n", Custom: custom}); err != nil {
		t.Fatal(err)
	}
	if got := w.only(t).Body; got != `{"name":"n","custom_certificate":{"certificate_chain":"PEM"}}` {
		t.Errorf("sent %s", got)
	}
	for _, create := range []CertificateCreate{{Name: "n"}, {Name: "n", Custom: custom, Letsencrypt: &LetsencryptConfig{CommonName: "a"}}} {
		if _, err := certificates.Create(t.Context(), testLB, create); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("create with both kinds or none: %v", err)
		}
	}
	w.only(t)
}

// TestServersThatAreNotAccepted: the API says 404 of an address that it does not
// like, as it does of a backend that is gone (facts 5).
func TestServersThatAreNotAccepted(t *testing.T) {
	t.Parallel()
	writes := map[string]func(ctx context.Context, api *API) error{
		"add": func(ctx context.Context, api *API) error {
			return second(api.Backends.AddServers(ctx, testBackend, []string{"203.0.113.1", "203.0.113.2"}))
		},
		"set": func(ctx context.Context, api *API) error {
			return second(api.Backends.SetServers(ctx, testBackend, []string{"203.0.113.1", "203.0.113.2"}))
		},
		"remove": func(ctx context.Context, api *API) error {
			return second(api.Backends.RemoveServers(ctx, testBackend, []string{"203.0.113.1", "203.0.113.2"}))
		},
		"create": func(ctx context.Context, api *API) error {
			return second(api.Backends.Create(ctx, testLB, BackendCreate{Name: "n", ServerIP: []string{"203.0.113.1", "203.0.113.2"}}))
		},
	}
	for name, write := range writes {
		for _, gone := range []bool{false, true} {
			client, w := newWire(t, func(r sentRequest) reply {
				if r.Method == "GET" && !gone {
					return reply{status: 200, body: anything}
				}
				return reply{status: 404, body: `{"message":"IP not owned by Scaleway"}`}
			})
			e := failed(t, write(t.Context(), client.Zone(testZone)))
			if n := len(w.all()); n != 2 || e.Status != 404 {
				t.Errorf("%s: %v after %d requests; want a 404 after 2", name, e, n)
			}
			switch {
			case gone && (!errors.Is(e, lb.ErrNotFound) || len(e.Fields) > 0):
				t.Errorf("%s, the backend is gone: %v", name, e)
			case !gone && (!errors.Is(e, lb.ErrInvalid) || errors.Is(e, lb.ErrNotFound) || len(e.Fields) != 2 || e.Fields[1].Path != "server_ip[1]"):
				t.Errorf("%s, the backend is there: %v", name, e)
			}
		}
	}
}

// TestDeletesThatAnswer: two are documented to answer with the object, and were
// never recorded. Without an answer the object is read.
func TestDeletesThatAnswer(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} {
		client, w := newWire(t, func(r sentRequest) reply {
			if silent && r.Method == "DELETE" {
				return reply{status: 204}
			}
			return reply{status: 200, body: anything}
		})
		zone := client.Zone(testZone)
		if b, err := zone.Backends.RemoveServers(t.Context(), testBackend, []string{"10.0.0.1"}); err != nil || b.ID != testLB {
			t.Errorf("servers: %v, %v", b, err)
		}
		if b, err := zone.Subscribers.Unsubscribe(t.Context(), testLB); err != nil || b.ID != testLB {
			t.Errorf("unsubscribe: %v, %v", b, err)
		}
		sent := w.all()
		if want := map[bool]int{false: 2, true: 4}[silent]; len(sent) != want || sent[0].Body != `{"server_ip":["10.0.0.1"]}` {
			t.Errorf("sent %v; want %d requests", sent, want)
		}
	}
}
