package ovh

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// The law of the Dialect: what is read after a write is the canonical form of what
// was written, or the write was refused. Here the API is a struct that a create
// fills and an update merges into, field by field.

const lawService = "loadbalancer-law"

// store makes a native object from the JSON of a create, as the API would.
func store[N any](t *rapid.T, create any) *N {
	t.Helper()
	text, err := json.Marshal(create)
	if err != nil {
		t.Fatal(err)
	}
	out := new(N)
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// merge applies the JSON of an update: what is left out stays, null is the zero
// value.
func merge[N any](t *rapid.T, into *N, update any) {
	t.Helper()
	text, err := json.Marshal(update)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for i := range reflect.TypeFor[N]().NumField() {
		raw, sent := fields[reflect.TypeFor[N]().Field(i).Tag.Get("json")]
		if !sent {
			continue
		}
		field := reflect.ValueOf(into).Elem().Field(i)
		field.SetZero()
		if string(raw) == "null" {
			continue
		}
		if err := json.Unmarshal(raw, field.Addr().Interface()); err != nil {
			t.Fatal(err)
		}
	}
}

func drawn[T any](t *rapid.T, name string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, name)
}

// mostly is value in most cases, so that a spec of many settings has a chance.
func mostly[T any](t *rapid.T, name string, usual T, others ...T) T {
	if rapid.IntRange(0, 3).Draw(t, name+" is unusual") > 0 {
		return usual
	}
	return drawn(t, name, append(others, usual)...)
}

func drawFrontend(t *rapid.T) lb.FrontendSpec {
	protocol := drawn(t, "protocol", protocols...)
	spec := lb.FrontendSpec{
		Name:     drawn(t, "name", "", "web", "é ü"),
		Protocol: protocol,
		Ports: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) lb.PortRange {
			from := rapid.Uint16Range(1, 49151).Draw(t, "from")
			return lb.PortRange{From: from, To: rapid.Uint16Range(from, 49151).Draw(t, "to")}
		}), 1, 4).Draw(t, "ports"),
		DefaultBackend: drawn(t, "backend", "", FormatBackendID(lawService, protocol, 7)),
		Addresses:      drawn(t, "addresses", nil, []netip.Prefix{prefix("203.0.113.9/29"), prefix("192.0.2.1/32")}),
		Disabled:       rapid.Bool().Draw(t, "disabled"),
		Certificates:   mostly(t, "certificates", nil, []lb.CertificateID{FormatCertificateID(lawService, 3)}),
		HSTS:           mostly(t, "hsts", false, true),
		SetHeaders:     mostly(t, "headers", nil, []lb.Header{{Name: "X-Ip", Value: "{client_ip}:{client_port}"}, {Name: "A", Value: "b c"}}),
		TLS:            mostly(t, "tls", false, true),
	}
	spec.Extensions = lb.Extend(FrontendOptions{
		Zone:              drawn(t, "zone", "", "all", "gra"),
		RedirectLocation:  mostly(t, "redirect", "", "https://example.com/"),
		AnyCertificate:    mostly(t, "any certificate", false, true),
		UnusedCertificate: mostly(t, "unused certificate", "", FormatCertificateID(lawService, 4)),
	})
	return spec
}

// readFrontend puts a native frontend through the types of its own protocol.
func readFrontend(t *rapid.T, protocol lb.Protocol, f *HTTPFrontend) lb.FrontendSpec {
	t.Helper()
	var native *frontend
	switch protocol {
	case lb.ProtocolTCP:
		native = new(tcpFrontend(store[TCPFrontend](t, f)))
	case lb.ProtocolUDP:
		native = new(udpFrontend(store[UDPFrontend](t, f)))
	default:
		native = &frontend{HTTPFrontend: *f, protocol: protocol, native: f}
	}
	got, err := frontendOf(lawService, native)
	if err != nil {
		t.Fatal(err)
	}
	return got.FrontendSpec
}

// forProtocol is a create or update in the form of its protocol's own type.
func forProtocol[H any](protocol lb.Protocol, body H, tcp, udp func(H) any) any {
	switch protocol {
	case lb.ProtocolTCP:
		return tcp(body)
	case lb.ProtocolUDP:
		return udp(body)
	default:
		return body
	}
}

func TestLawOfFrontends(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, next := drawFrontend(t), drawFrontend(t)
		want, err := dialect{}.Frontend(spec)
		if err != nil {
			t.Skip("refused: rapid draws another")
		}
		body, problems := nativeFrontend(lawService, want)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		live := store[HTTPFrontend](t, forProtocol(spec.Protocol, body,
			func(b HTTPFrontendCreate) any { return tcpFrontendCreate(b) }, func(b HTTPFrontendCreate) any { return udpFrontendCreate(b) }))
		got := readFrontend(t, spec.Protocol, live)
		if diff := cmp.Diff(want, got, specsEqual); diff != "" {
			t.Fatalf("after a create (-want +got):\n%s", diff)
		}
		next.Protocol, next.DefaultBackend = spec.Protocol, got.DefaultBackend
		if want, err = (dialect{}).Frontend(next); err != nil {
			return
		}
		update, err := frontendChange(lawService, got, next)
		if err != nil {
			t.Fatal(err)
		}
		merge(t, live, forProtocol(spec.Protocol, update,
			func(u HTTPFrontendUpdate) any { return tcpFrontendUpdate(u) }, func(u HTTPFrontendUpdate) any { return udpFrontendUpdate(u) }))
		got = readFrontend(t, spec.Protocol, live)
		if diff := cmp.Diff(want, got, specsEqual); diff != "" {
			t.Fatalf("after an update (-want +got):\n%s", diff)
		}
		if again, err := frontendChange(lawService, got, next); err != nil || !nothing(again) {
			t.Fatalf("the same again sends %+v, %v", again, err)
		}
	})
}

func drawBackend(t *rapid.T) (lb.BackendSpec, []lb.ServerSpec) {
	ca, _ := authority()
	spec := lb.BackendSpec{
		Name:          drawn(t, "name", "", "web"),
		Protocol:      drawn(t, "protocol", protocols...),
		Port:          drawn[uint16](t, "port", 0, 80, 49151),
		Algorithm:     mostly(t, "algorithm", "", lb.AlgorithmFirst, lb.AlgorithmRoundRobin, lb.AlgorithmURI),
		Stickiness:    mostly(t, "stickiness", "", lb.StickinessSource, lb.StickinessCookie),
		ProxyProtocol: mostly(t, "proxy", "", proxyProtocols...),
		OnMarkedDown:  mostly(t, "marked", "", lb.OnMarkedDownShutdownSessions),
		TLS:           mostly(t, "tls", nil, &lb.BackendTLS{Verify: lb.TLSVerifyNone}, &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca}),
		HealthCheck:   drawCheck(t),
		Extensions:    lb.Extend(BackendOptions{Zone: mostly(t, "zone", "", "gra"), VRackNetwork: drawn[int64](t, "vrack", 0, 5)}),
	}
	var servers []lb.ServerSpec
	for i := range rapid.IntRange(0, 3).Draw(t, "servers") {
		options := ServerOptions{
			Cookie:        mostly(t, "cookie", "", "c"),
			NoCheck:       mostly(t, "no check", false, true),
			ProxyProtocol: mostly(t, "own proxy", nil, new(lb.ProxyProtocolV1), new(lb.ProxyProtocol(""))),
			OnMarkedDown:  mostly(t, "own marked", nil, new(lb.OnMarkedDownShutdownSessions), new(lb.OnMarkedDown(""))),
			TLS:           mostly(t, "own tls", nil, &lb.BackendTLS{}, &lb.BackendTLS{Verify: lb.TLSVerifyNone}),
		}
		servers = append(servers, lb.ServerSpec{
			Name:       drawn(t, "server name", "", "a"),
			Address:    netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}),
			Port:       drawn[uint16](t, "server port", 0, 8080),
			Weight:     drawn(t, "weight", nil, new(1), new(0), new(256)),
			Backup:     mostly(t, "backup", false, true),
			Disabled:   mostly(t, "disabled", false, true),
			Extensions: lb.Extend(options),
		})
	}
	return spec, servers
}

func drawCheck(t *rapid.T) *lb.HealthCheck {
	if rapid.Bool().Draw(t, "unchecked") {
		return nil
	}
	check := &lb.HealthCheck{
		Type:     drawn(t, "check", append(checkTypes, "")...),
		Port:     mostly[uint16](t, "check port", 0, 81),
		Interval: drawn(t, "interval", 0, seconds(30), seconds(31)),
		HTTP: mostly(t, "check http", nil, &lb.HTTPCheck{}, &lb.HTTPCheck{Method: "HEAD", Host: "a", Path: "/b"},
			&lb.HTTPCheck{Status: []int{204, 200}}),
		Expect: mostly(t, "expect", nil, &lb.Expect{Contains: "a"}, &lb.Expect{Regex: "a+", Negate: true}),
		Extensions: mostly(t, "check options", lb.Extensions{}, extended(HealthCheckOptions{ForceTLS: true}),
			extended(HealthCheckOptions{URL: "a.example/x"}), extended(HealthCheckOptions{NegateStatus: true}),
			extended(HealthCheckOptions{Match: "status", Pattern: "2xx", Negate: true})),
	}
	return check
}

// livePool is a farm and its servers as the API would hold them.
type livePool struct {
	protocol lb.Protocol
	farm     *HTTPFarm
	servers  []*HTTPServer
}

func (l livePool) read(t *rapid.T) (pool, *lb.Backend) {
	t.Helper()
	out := pool{service: lawService}
	switch l.protocol {
	case lb.ProtocolTCP:
		native := TCPFarm(*l.farm)
		out.farm = &farm{HTTPFarm: HTTPFarm(native), protocol: l.protocol, native: &native}
	case lb.ProtocolUDP:
		out.farm = new(udpFarm(store[UDPFarm](t, l.farm)))
	default:
		out.farm = &farm{HTTPFarm: *l.farm, protocol: l.protocol, native: l.farm}
	}
	for _, s := range l.servers {
		switch l.protocol {
		case lb.ProtocolTCP:
			out.servers = append(out.servers, new(tcpServer(store[TCPServer](t, s))))
		case lb.ProtocolUDP:
			out.servers = append(out.servers, new(udpServer(store[UDPServer](t, s))))
		default:
			out.servers = append(out.servers, &server{HTTPServer: s, native: s})
		}
	}
	backend, err := out.backend()
	if err != nil {
		t.Fatal(err)
	}
	return out, backend
}

func (l *livePool) add(t *rapid.T, body HTTPServerCreate) {
	made := store[HTTPServer](t, forProtocol(l.protocol, body,
		func(b HTTPServerCreate) any { return tcpServerCreate(b) }, func(b HTTPServerCreate) any { return udpServerCreate(b) }))
	made.ServerID = int64(len(l.servers) + 1)
	l.servers = append(l.servers, made)
}

func compareBackends(t *rapid.T, when string, want lb.BackendSpec, wantServers []lb.ServerSpec, got *lb.Backend) {
	t.Helper()
	if diff := cmp.Diff(want, got.BackendSpec, specsEqual); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", when, diff)
	}
	for i, server := range got.Servers {
		if diff := cmp.Diff(wantServers[i], server.ServerSpec, specsEqual); diff != "" {
			t.Fatalf("%s: server %d (-want +got):\n%s", when, i, diff)
		}
	}
}

func TestLawOfBackends(t *testing.T) {
	t.Parallel()
	updates := 0
	rapid.Check(t, func(t *rapid.T) {
		spec, servers := drawBackend(t)
		want, wantServers, err := dialect{}.Backend(spec, servers)
		if err != nil {
			t.Skip("refused: rapid draws another")
		}
		body, problems := nativeFarm(want)
		bodies, more := nativeServers(want, wantServers)
		if len(problems)+len(more) > 0 {
			t.Fatal(problems, more)
		}
		live := livePool{protocol: spec.Protocol, farm: store[HTTPFarm](t, body)}
		for _, body := range bodies {
			live.add(t, body)
		}
		l, got := live.read(t)
		compareBackends(t, "after a create", want, wantServers, got)

		if len(servers) == 0 {
			return
		}
		_, others := drawBackend(t)
		members := specsOf(got.Servers)
		i := rapid.IntRange(0, len(members)-1).Draw(t, "server to update")
		desired := lb.ServerSpec{Address: members[i].Address}
		if len(others) > 0 {
			desired = others[0]
			desired.Address = members[i].Address
		}
		update, err := l.changeServer(got, i, desired)
		if err != nil {
			return
		}
		updates++
		members[i] = desired
		want, wantServers, err = dialect{}.Backend(got.BackendSpec, members)
		if err != nil {
			t.Fatal(err)
		}
		merge(t, live.servers[i], forProtocol(spec.Protocol, update,
			func(u HTTPServerUpdate) any { return tcpServerUpdate(u) }, func(u HTTPServerUpdate) any { return udpServerUpdate(u) }))
		_, got = live.read(t)
		compareBackends(t, "after an update of a server", want, wantServers, got)
	})
	if updates < 5 {
		t.Errorf("%d updates were accepted: the law is hardly tried", updates)
	}
}

func TestLawOfBackendUpdates(t *testing.T) {
	t.Parallel()
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		spec, servers := drawBackend(t)
		next, _ := drawBackend(t)
		want, wantServers, err := dialect{}.Backend(spec, servers)
		if err != nil {
			t.Skip("refused: rapid draws another")
		}
		body, _ := nativeFarm(want)
		live := livePool{protocol: spec.Protocol, farm: store[HTTPFarm](t, body)}
		bodies, _ := nativeServers(want, wantServers)
		for _, body := range bodies {
			live.add(t, body)
		}
		l, got := live.read(t)
		next.Protocol = spec.Protocol
		next.Extensions = lb.Extend(BackendOptions{Zone: zoneOf(live.farm.Zone), VRackNetwork: drawn[int64](t, "next vrack", 0, 5, 6)})
		update, err := l.change(got, next)
		if err != nil {
			return
		}
		accepted++
		f := &findings{}
		want, wantServers, err = dialect{}.Backend(next, f.following(got.BackendSpec, next, specsOf(got.Servers)))
		if err != nil {
			t.Fatal(err)
		}
		merge(t, live.farm, forProtocol(spec.Protocol, update.farm,
			func(u HTTPFarmUpdate) any { return TCPFarmUpdate(u) }, func(u HTTPFarmUpdate) any { return udpFarmUpdate(u) }))
		for i, u := range update.servers {
			merge(t, live.servers[i], forProtocol(spec.Protocol, u,
				func(u HTTPServerUpdate) any { return tcpServerUpdate(u) }, func(u HTTPServerUpdate) any { return udpServerUpdate(u) }))
		}
		l, got = live.read(t)
		compareBackends(t, "after an update", want, wantServers, got)
		if again, err := l.change(got, got.BackendSpec); err != nil || !again.nothing() {
			t.Fatalf("what was read sends %+v, %v", again, err)
		}
	})
	if accepted < 10 {
		t.Errorf("%d updates were accepted: the law is hardly tried", accepted)
	}
}
