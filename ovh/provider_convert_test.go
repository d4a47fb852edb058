package ovh

import (
	"encoding/json"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestFrontendFromNative(t *testing.T) {
	t.Parallel()
	ports := []lb.PortRange{{From: 80, To: 81}, lb.Port(443), {From: 9000, To: 9010}}
	for name, test := range map[string]struct {
		native *frontend
		want   lb.FrontendSpec
	}{
		"http, every field": {
			&frontend{protocol: lb.ProtocolHTTP, HTTPFrontend: HTTPFrontend{
				FrontendID: 7, DisplayName: "web", Zone: "GRA", Port: "443, 9000-9010,81,80", Disabled: true, SSL: true, DefaultSSLID: new(int64(5)), HSTS: true,
				DefaultFarmID: new(int64(12)), RedirectLocation: "https://example.com", HTTPHeader: []string{"X-Port %cp", "X-Ip %ci via x"},
				DedicatedIPFO: []string{"203.0.113.9", "192.0.2.0/30"}, VRackNetworkID: new(int64(3)), VRackVRouterID: new(int64(4)),
			}},
			lb.FrontendSpec{
				Name: "web", Protocol: lb.ProtocolHTTP, Ports: ports, DefaultBackend: "s/http/farm/12", TLS: true, Certificates: []lb.CertificateID{"s/ssl/5"},
				Addresses: []netip.Prefix{prefix("192.0.2.0/30"), prefix("203.0.113.9/32")}, Disabled: true, HSTS: true,
				SetHeaders: []lb.Header{{Name: "X-Ip", Value: "{client_ip} via x"}, {Name: "X-Port", Value: "{client_port}"}},
				Extensions: lb.Extend(FrontendOptions{Zone: "gra", RedirectLocation: "https://example.com", VRackNetwork: 3, VRackRouter: 4}),
			},
		},
		"tcp, TLS by any certificate": {
			new(tcpFrontend(&TCPFrontend{FrontendID: 7, Zone: "all", Port: "22", SSL: true})),
			lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(22)}, TLS: true, Extensions: lb.Extend(FrontendOptions{AnyCertificate: true})},
		},
		"tcp, a certificate without TLS": {
			new(tcpFrontend(&TCPFrontend{FrontendID: 7, Zone: "all", Port: "22", DefaultSSLID: new(int64(5))})),
			lb.FrontendSpec{Protocol: lb.ProtocolTCP, Ports: []lb.PortRange{lb.Port(22)}, Extensions: lb.Extend(FrontendOptions{UnusedCertificate: "s/ssl/5"})},
		},
		"udp": {
			new(udpFrontend(&UDPFrontend{FrontendID: 7, Zone: "all", Port: "53", DefaultFarmID: new(int64(1))})),
			lb.FrontendSpec{Protocol: lb.ProtocolUDP, Ports: []lb.PortRange{lb.Port(53)}, DefaultBackend: "s/udp/farm/1"},
		},
		"headers of OVH's own": {
			&frontend{protocol: lb.ProtocolHTTP, HTTPFrontend: HTTPFrontend{FrontendID: 7, Zone: "all", Port: "1", HTTPHeader: []string{"X %[src]"}}},
			lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(1)}, SetHeaders: []lb.Header{{Name: "X", Value: "%[src]"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := frontendOf("s", test.native)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.FrontendSpec, specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := FormatFrontendID("s", test.native.protocol, 7); got.ID != want || got.LoadBalancer != "s" {
				t.Errorf("ID %q of %q", got.ID, got.LoadBalancer)
			}
		})
	}
}

func TestBackendFromNative(t *testing.T) {
	t.Parallel()
	ca, _ := authority()
	tcp := &lb.HealthCheck{Type: lb.CheckTCP, Interval: seconds(30), UnhealthyThreshold: 2}
	for name, test := range map[string]struct {
		farm    *farm
		servers []*server
		want    lb.BackendSpec
		mixed   []string
		members []lb.ServerSpec
	}{
		"nothing set": {
			farm: &farm{protocol: lb.ProtocolHTTP, HTTPFarm: HTTPFarm{FarmID: 1, Zone: "all"}},
			want: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Algorithm: lb.AlgorithmRoundRobin},
		},
		"words that nobody knows": {
			farm: &farm{protocol: lb.ProtocolHTTP, HTTPFarm: HTTPFarm{
				FarmID: 1, Zone: "gra", Balance: "random", Stickiness: "magic", VRackNetworkID: new(int64(9)),
				Probe: &Probe{Type: "internal", Match: "internal", Pattern: "p", Negate: true, ForceSSL: true},
			}},
			servers: []*server{{HTTPServer: &HTTPServer{ServerID: 1, Address: "10.0.0.1", Status: "maintenance", Probe: true, ProxyProtocolVersion: "v9", OnMarkedDown: "dance"}}},
			want: lb.BackendSpec{
				Protocol: lb.ProtocolHTTP, Algorithm: "random", Stickiness: "magic", ProxyProtocol: "v9", OnMarkedDown: "dance",
				HealthCheck: &lb.HealthCheck{
					Type: "internal", Interval: seconds(30), UnhealthyThreshold: 2,
					Extensions: extended(HealthCheckOptions{ForceTLS: true, Match: "internal", Pattern: "p", Negate: true}),
				},
				Extensions: lb.Extend(BackendOptions{Zone: "gra", VRackNetwork: 9}),
			},
			members: []lb.ServerSpec{withOptions(lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(1), Disabled: true}, ServerOptions{Status: "maintenance"})},
		},
		"udp": {
			farm:    new(udpFarm(&UDPFarm{FarmID: 1, Zone: "all", Port: 53})),
			servers: []*server{new(udpServer(&UDPServer{ServerID: 1, Address: "10.0.0.1", Status: ServerInactive, Port: new(54)}))},
			want:    lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53},
			members: []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(1), Disabled: true, Port: 54}},
		},
		"the servers differ": {
			farm: &farm{protocol: lb.ProtocolHTTP, HTTPFarm: HTTPFarm{FarmID: 1, Zone: "all", Probe: &Probe{}}},
			servers: []*server{
				{HTTPServer: &HTTPServer{ServerID: 1, Address: "10.0.0.1", Status: ServerActive, Probe: true, SSL: true, Chain: ca, OnMarkedDown: OnMarkedDownShutdownSessions}},
				{HTTPServer: &HTTPServer{ServerID: 2, Address: "10.0.0.2", Status: ServerActive, ProxyProtocolVersion: ProxyProtocolV2, OnMarkedDown: OnMarkedDownShutdownSessions, Chain: ca}},
			},
			want:  lb.BackendSpec{Protocol: lb.ProtocolHTTP, Algorithm: lb.AlgorithmRoundRobin, OnMarkedDown: lb.OnMarkedDownShutdownSessions, HealthCheck: tcp},
			mixed: []string{"proxyProtocol", "tls"},
			members: []lb.ServerSpec{
				withOptions(canonical4("10.0.0.1"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocol("")), TLS: &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca}}),
				withOptions(canonical4("10.0.0.2"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocolV2), TLS: &lb.BackendTLS{}, NoCheck: true}),
			},
		},
		"a default probe, since a server asks for one": {
			farm: &farm{protocol: lb.ProtocolTCP, HTTPFarm: HTTPFarm{FarmID: 1, Zone: "all"}},
			servers: []*server{
				{HTTPServer: &HTTPServer{ServerID: 1, Address: "10.0.0.1", Probe: true, Weight: new(0)}},
				{HTTPServer: &HTTPServer{ServerID: 2, Address: "10.0.0.2"}},
			},
			want:    lb.BackendSpec{Protocol: lb.ProtocolTCP, Algorithm: lb.AlgorithmRoundRobin, HealthCheck: tcp},
			members: []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(0)}, withOptions(canonical4("10.0.0.2"), ServerOptions{NoCheck: true})},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := backendOf("s", test.farm, test.servers)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.BackendSpec, specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.members, specsOrNil(got.Servers), specsEqual); diff != "" {
				t.Errorf("servers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.mixed, got.Mixed); diff != "" {
				t.Errorf("mixed (-want +got):\n%s", diff)
			}
		})
	}
}

func specsOrNil(servers []*lb.Server) []lb.ServerSpec {
	if len(servers) == 0 {
		return nil
	}
	return specsOf(servers)
}

func TestHealthCheckFromNative(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		probe Probe
		want  lb.HealthCheck
	}{
		"nothing set":           {Probe{}, lb.HealthCheck{Type: lb.CheckTCP}},
		"http, nothing set":     {Probe{Type: ProbeTypeHTTP}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/"}}},
		"https":                 {Probe{Type: ProbeTypeHTTP, ForceSSL: true, URL: "https://h/p", Method: ProbeMethodHead, Interval: 61, Port: 8443}, lb.HealthCheck{Type: lb.CheckHTTPS, Port: 8443, Interval: seconds(61), HTTP: &lb.HTTPCheck{Method: "HEAD", Host: "h", Path: "/p"}}},
		"https asked for http":  {Probe{Type: ProbeTypeHTTP, ForceSSL: true, URL: "http://h/p"}, lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: &lb.HTTPCheck{Method: "GET"}, Extensions: extended(HealthCheckOptions{URL: "http://h/p"})}},
		"a URL without scheme":  {Probe{Type: ProbeTypeHTTP, URL: "h/p"}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET"}, Extensions: extended(HealthCheckOptions{URL: "h/p"})}},
		"an unknown method":     {Probe{Type: ProbeTypeHTTP, Method: "BREW"}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "BREW", Path: "/"}}},
		"codes":                 {Probe{Type: ProbeTypeHTTP, Match: ProbeMatchStatus, Pattern: "204,200"}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{200, 204}}}},
		"codes that fail":       {Probe{Type: ProbeTypeHTTP, Match: ProbeMatchStatus, Pattern: "500", Negate: true}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{500}}, Extensions: extended(HealthCheckOptions{NegateStatus: true})}},
		"codes of another form": {Probe{Type: ProbeTypeHTTP, Match: ProbeMatchStatus, Pattern: "2xx", Negate: true}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/"}, Extensions: extended(HealthCheckOptions{Match: "status", Pattern: "2xx", Negate: true})}},
		"a text":                {Probe{Match: ProbeMatchContains, Pattern: "+OK"}, lb.HealthCheck{Type: lb.CheckTCP, Expect: &lb.Expect{Contains: "+OK"}}},
		"a pattern":             {Probe{Match: ProbeMatchMatches, Pattern: "O.", Negate: true}, lb.HealthCheck{Type: lb.CheckTCP, Expect: &lb.Expect{Regex: "O.", Negate: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reading{}
			got := checkOf(r, &test.probe, nil)
			if diff := cmp.Diff(checkDefaults(test.want), got, specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			f := &findings{}
			want := test.probe
			want.Interval = int(time.Duration(got.Interval) / time.Second)
			if again := checkOf(r, f.probe(got), nil); len(f.problems) > 0 || cmp.Diff(got, again, specsEqual) != "" {
				t.Errorf("written again it reads %s", cmp.Diff(got, again, specsEqual))
			}
		})
	}
}

// TestUpdateLeavesTheRestAlone changes one setting of objects that hold what the
// dialect would refuse, and what no neutral field holds.
func TestUpdateLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	odd := &frontend{protocol: lb.ProtocolHTTP, HTTPFrontend: HTTPFrontend{
		FrontendID: 7, Zone: "gra", Port: "80,50000", DefaultSSLID: new(int64(5)), RedirectLocation: "/relative", HTTPHeader: []string{"X %[src]"},
		AllowedSource: []string{"10.0.0.0/8"}, VRackNetworkID: new(int64(3)), VRackVRouterID: new(int64(4)),
	}}
	got, err := frontendOf("s", odd)
	if err != nil {
		t.Fatal(err)
	}
	desired := lb.Clone(got.FrontendSpec)
	desired.Disabled = true
	update, err := frontendChange("s", got.FrontendSpec, desired)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, update, `{"disabled":true}`)

	l := pool{
		service: "s",
		farm: &farm{protocol: lb.ProtocolHTTP, HTTPFarm: HTTPFarm{
			FarmID: 1, Zone: "all", Port: new(50000), Balance: "random", Stickiness: "magic", Probe: &Probe{Type: "internal", Interval: 5, Match: "internal", Pattern: "x"},
		}},
		servers: []*server{
			{HTTPServer: &HTTPServer{ServerID: 1, Address: "10.0.0.1", Status: "maintenance", Weight: new(300), ProxyProtocolVersion: "v9", Chain: "unused"}},
			{HTTPServer: &HTTPServer{ServerID: 2, Address: "10.0.0.1", Status: ServerActive, SSL: true, Chain: "not PEM", OnMarkedDown: "dance"}},
		},
	}
	backend, err := l.backend()
	if err != nil {
		t.Fatal(err)
	}
	renamed := lb.Clone(backend.BackendSpec)
	renamed.Name = "new"
	change, err := l.change(backend, renamed)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, change.farm, `{"displayName":"new"}`)
	for i, server := range change.servers {
		if !nothing(server) {
			t.Errorf("server %d is sent %+v", i, server)
		}
	}
	lighter := lb.Clone(backend.Servers[1].ServerSpec)
	lighter.Weight = new(2)
	body, err := l.changeServer(backend, 1, lighter)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, body, `{"weight":2}`)
}

// TestTLSTurnedOnTakesTheOldCAAway: OVH verifies exactly when there is a chain, and
// one may be there that was of no use so far.
func TestTLSTurnedOnTakesTheOldCAAway(t *testing.T) {
	t.Parallel()
	l := pool{
		service: "s", farm: &farm{protocol: lb.ProtocolHTTP, HTTPFarm: HTTPFarm{FarmID: 1, Zone: "all"}},
		servers: []*server{{HTTPServer: &HTTPServer{ServerID: 1, Address: "10.0.0.1", Status: ServerActive, Chain: "old"}}},
	}
	backend, err := l.backend()
	if err != nil {
		t.Fatal(err)
	}
	desired := lb.Clone(backend.BackendSpec)
	desired.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone}
	update, err := l.change(backend, desired)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, update.servers[0], `{"chain":null,"ssl":true}`)
}

func wantJSON(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var g, w map[string]any
	if err := errors.Join(json.Unmarshal(text, &g), json.Unmarshal([]byte(want), &w)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// TestServerOfAnUnknownStatus is disabled, and keeps the API's word until it is to be
// disabled or active in OVH's own sense.
func TestServerOfAnUnknownStatus(t *testing.T) {
	t.Parallel()
	l := pool{service: "loadbalancer-1", farm: &farm{protocol: lb.ProtocolHTTP}, servers: []*server{{HTTPServer: &HTTPServer{ServerID: 3, Address: "10.0.0.1", Status: "draining"}}}}
	backend, err := l.backend()
	if err != nil {
		t.Fatal(err)
	}
	read := backend.Servers[0].ServerSpec
	if !read.Disabled || !read.Extensions.Equal(lb.Extend(ServerOptions{Status: "draining"})) {
		t.Fatalf("read as %+v", read)
	}
	for _, test := range []struct {
		change func(*lb.ServerSpec)
		sent   string
	}{
		{func(s *lb.ServerSpec) { s.Name = "new" }, `{"displayName":"new"}`},
		{func(s *lb.ServerSpec) { s.Extensions = lb.Extensions{} }, `{"status":"inactive"}`},
		{func(s *lb.ServerSpec) { s.Disabled = false }, `{"status":"active"}`},
	} {
		desired := lb.Clone(read)
		test.change(&desired)
		update, err := l.changeServer(backend, 0, desired)
		if err != nil {
			t.Fatal(err)
		}
		wantJSON(t, update, test.sent)
	}
}

func TestAnswersThatCannotBeUnderstood(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func() error{
		"a port that is none": func() error {
			_, err := frontendOf("s", &frontend{protocol: lb.ProtocolHTTP, HTTPFrontend: HTTPFrontend{FrontendID: 1, Port: "eighty"}})
			return err
		},
		"an address that is none": func() error {
			_, err := backendOf("s", &farm{protocol: lb.ProtocolTCP, HTTPFarm: HTTPFarm{FarmID: 1}}, []*server{{HTTPServer: &HTTPServer{ServerID: 1, Address: "ten"}}})
			return err
		},
		"a port out of range": func() error {
			_, err := backendOf("s", &farm{protocol: lb.ProtocolTCP, HTTPFarm: HTTPFarm{FarmID: 1, Port: new(70000)}}, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e *lb.Error
			if err := read(); !errors.As(err, &e) || !errors.Is(err, lb.ErrUnavailable) || e.Kind == "" || e.ID == "" {
				t.Errorf("%v: want an *lb.Error about the object", err)
			}
		})
	}
}

// TestUpdateSettlesEachMixedSetting: what a backend is set to, every server gets,
// whatever each had for itself.
func TestUpdateSettlesEachMixedSetting(t *testing.T) {
	t.Parallel()
	l := pool{
		service: "s", farm: &farm{protocol: lb.ProtocolHTTP, HTTPFarm: HTTPFarm{FarmID: 1, Zone: "all"}},
		servers: []*server{
			{HTTPServer: &HTTPServer{ServerID: 1, Address: "10.0.0.1", Status: ServerActive, SSL: true, ProxyProtocolVersion: ProxyProtocolV1, OnMarkedDown: OnMarkedDownShutdownSessions}},
			{HTTPServer: &HTTPServer{ServerID: 2, Address: "10.0.0.2", Status: ServerActive}},
		},
	}
	backend, err := l.backend()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*lb.BackendSpec)
		sent   string
	}{
		"proxyProtocol": {func(s *lb.BackendSpec) { s.ProxyProtocol = lb.ProxyProtocolV1 }, `{"proxyProtocolVersion":"v1"}`},
		"onMarkedDown":  {func(s *lb.BackendSpec) { s.OnMarkedDown = lb.OnMarkedDownShutdownSessions }, `{"onMarkedDown":"shutdown-sessions"}`},
		"tls":           {func(s *lb.BackendSpec) { s.TLS = &lb.BackendTLS{Verify: lb.TLSVerifyNone} }, `{"ssl":true}`},
	} {
		desired := lb.Clone(backend.BackendSpec)
		test.change(&desired)
		update, err := l.change(backend, desired)
		if err != nil || !nothing(update.servers[0]) || !nothing(update.farm) {
			t.Fatalf("%s: %+v, %v", name, update, err)
		}
		wantJSON(t, update.servers[1], test.sent)
	}
}
