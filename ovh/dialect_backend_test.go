package ovh

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// authority is a certificate and its key in PEM, made once.
var authority = sync.OnceValues(func() (certificate, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
})

func server4(text string) lb.ServerSpec { return lb.ServerSpec{Address: netip.MustParseAddr(text)} }

// canonical4 is server4 with its defaults.
func canonical4(text string) lb.ServerSpec {
	return lb.ServerSpec{Address: netip.MustParseAddr(text), Weight: new(1)}
}

func withOptions(spec lb.ServerSpec, options ServerOptions) lb.ServerSpec {
	spec.Extensions = lb.Extend(options)
	return spec
}

func TestDialectBackendAccepts(t *testing.T) {
	t.Parallel()
	ca, _ := authority()
	verified := &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca}
	for name, test := range map[string]struct {
		spec        lb.BackendSpec
		servers     []lb.ServerSpec
		want        lb.BackendSpec
		wantServers []lb.ServerSpec
	}{
		"http: round robin by default": {
			spec: lb.BackendSpec{Protocol: lb.ProtocolHTTP},
			want: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Algorithm: lb.AlgorithmRoundRobin},
		},
		"udp has no algorithm": {
			spec:        lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53},
			servers:     []lb.ServerSpec{{Address: netip.MustParseAddr("::ffff:10.0.0.1"), Weight: new(1), Disabled: true, Name: "a", Port: 54}},
			want:        lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53},
			wantServers: []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(1), Disabled: true, Name: "a", Port: 54}},
		},
		"a cookie, and the URI decides": {
			spec: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Name: "a", Port: 49151, Algorithm: lb.AlgorithmURI, Stickiness: lb.StickinessCookie},
			want: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Name: "a", Port: 49151, Algorithm: lb.AlgorithmURI, Stickiness: lb.StickinessCookie},
		},
		"OVH's own settings": {
			spec: lb.BackendSpec{Protocol: lb.ProtocolTCP, Stickiness: lb.StickinessSource, Algorithm: lb.AlgorithmFirst, Extensions: lb.Extend(BackendOptions{Zone: "GRA", VRackNetwork: 7}, foreignOptions{"x"})},
			want: lb.BackendSpec{Protocol: lb.ProtocolTCP, Stickiness: lb.StickinessSource, Algorithm: lb.AlgorithmFirst, Extensions: lb.Extend(BackendOptions{Zone: "gra", VRackNetwork: 7})},
		},
		"what the servers keep for the backend stays the backend's": {
			spec:        lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV2SSLCN, OnMarkedDown: lb.OnMarkedDownShutdownSessions, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone}},
			servers:     []lb.ServerSpec{server4("10.0.0.1"), server4("10.0.0.2")},
			want:        lb.BackendSpec{Protocol: lb.ProtocolTCP, Algorithm: lb.AlgorithmRoundRobin, ProxyProtocol: lb.ProxyProtocolV2SSLCN, OnMarkedDown: lb.OnMarkedDownShutdownSessions, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone}},
			wantServers: []lb.ServerSpec{canonical4("10.0.0.1"), canonical4("10.0.0.2")},
		},
		"what all servers say is the backend's": {
			spec:        lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV1},
			servers:     []lb.ServerSpec{withOptions(server4("10.0.0.1"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocolV2), TLS: verified, OnMarkedDown: new(lb.OnMarkedDownShutdownSessions)})},
			want:        lb.BackendSpec{Protocol: lb.ProtocolTCP, Algorithm: lb.AlgorithmRoundRobin, ProxyProtocol: lb.ProxyProtocolV2, TLS: verified, OnMarkedDown: lb.OnMarkedDownShutdownSessions},
			wantServers: []lb.ServerSpec{canonical4("10.0.0.1")},
		},
		"what one server says for itself, each says": {
			spec:    lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV1, TLS: verified},
			servers: []lb.ServerSpec{server4("10.0.0.1"), withOptions(server4("10.0.0.2"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocol("")), TLS: &lb.BackendTLS{}})},
			want:    lb.BackendSpec{Protocol: lb.ProtocolTCP, Algorithm: lb.AlgorithmRoundRobin},
			wantServers: []lb.ServerSpec{
				withOptions(canonical4("10.0.0.1"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocolV1), TLS: verified}),
				withOptions(canonical4("10.0.0.2"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocol("")), TLS: &lb.BackendTLS{}}),
			},
		},
		"a CA in another layout": {
			spec:        lb.BackendSpec{Protocol: lb.ProtocolHTTP, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: "subject: a\n" + strings.ReplaceAll(ca, "\n", "\r\n") + "\n\n"}},
			servers:     []lb.ServerSpec{server4("10.0.0.1")},
			want:        lb.BackendSpec{Protocol: lb.ProtocolHTTP, Algorithm: lb.AlgorithmRoundRobin, TLS: verified},
			wantServers: []lb.ServerSpec{canonical4("10.0.0.1")},
		},
		"servers": {
			spec: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80, HealthCheck: &lb.HealthCheck{}},
			servers: []lb.ServerSpec{
				{Name: "a", Address: netip.MustParseAddr("10.0.0.1"), Port: 81, Weight: new(0), Backup: true, Disabled: true},
				withOptions(lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(256)}, ServerOptions{Cookie: "c", NoCheck: true}),
			},
			want: lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80, Algorithm: lb.AlgorithmRoundRobin, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP, Interval: seconds(30), UnhealthyThreshold: 2}},
			wantServers: []lb.ServerSpec{
				{Name: "a", Address: netip.MustParseAddr("10.0.0.1"), Port: 81, Weight: new(0), Backup: true, Disabled: true},
				withOptions(lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Weight: new(256)}, ServerOptions{Cookie: "c", NoCheck: true}),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unmodified(t, test.spec, func(spec lb.BackendSpec) {
				got, servers, err := dialect{}.Backend(spec, test.servers)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got, specsEqual); diff != "" {
					t.Errorf("canonical form (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.wantServers, servers, specsEqual); diff != "" {
					t.Errorf("canonical servers (-want +got):\n%s", diff)
				}
				again, serversAgain, err := dialect{}.Backend(got, servers)
				if err != nil || !lb.Equal(again, got) || cmp.Diff(servers, serversAgain, specsEqual) != "" {
					t.Errorf("not stable: %v, %v, %v", lb.Diff(got, again), cmp.Diff(servers, serversAgain, specsEqual), err)
				}
			})
		})
	}
}

func TestDialectBackendRefuses(t *testing.T) {
	t.Parallel()
	ca, key := authority()
	one := []lb.ServerSpec{server4("10.0.0.1")}
	tls := func(tls lb.BackendTLS) lb.BackendSpec { return lb.BackendSpec{Protocol: lb.ProtocolTCP, TLS: &tls} }
	for name, test := range map[string]struct {
		spec    lb.BackendSpec
		servers []lb.ServerSpec
		want    []string
	}{
		"nothing said":                   {lb.BackendSpec{}, one, []string{"unsupported backend.protocol.unset at protocol"}},
		"a name of no text":              {lb.BackendSpec{Name: "\xff", Protocol: lb.ProtocolTCP}, one, []string{"invalid at name"}},
		"a protocol that OVH lacks":      {lb.BackendSpec{Protocol: "sctp"}, one, []string{"unsupported backend.protocol at protocol"}},
		"ports above 49151":              {lb.BackendSpec{Protocol: lb.ProtocolTCP, Port: 49152}, []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1"), Port: 65535}}, []string{"invalid at port", "invalid at servers[0].port"}},
		"udp needs a port":               {lb.BackendSpec{Protocol: lb.ProtocolUDP}, one, []string{"unsupported backend.port.unset.udp at port"}},
		"a cookie needs http":            {lb.BackendSpec{Protocol: lb.ProtocolTCP, Stickiness: lb.StickinessCookie}, one, []string{"invalid at stickiness"}},
		"the URI needs http":             {lb.BackendSpec{Protocol: lb.ProtocolTCP, Algorithm: lb.AlgorithmURI}, one, []string{"invalid at algorithm"}},
		"words that nobody knows":        {lb.BackendSpec{Protocol: lb.ProtocolTCP, Algorithm: "a", Stickiness: "b", ProxyProtocol: "c", OnMarkedDown: "d"}, one, []string{"unsupported backend.algorithm at algorithm", "unsupported backend.stickiness at stickiness", "unsupported backend.proxyProtocol at proxyProtocol", "unsupported backend.onMarkedDown at onMarkedDown"}},
		"a negative vRack network":       {lb.BackendSpec{Protocol: lb.ProtocolTCP, Extensions: lb.Extend(BackendOptions{VRackNetwork: -1})}, one, []string{"invalid at extensions.ovh.vrackNetwork"}},
		"a zone that is none":            {lb.BackendSpec{Protocol: lb.ProtocolTCP, Extensions: lb.Extend(BackendOptions{Zone: "a b"})}, one, []string{"invalid at extensions.ovh.zone"}},
		"TLS without saying how":         {tls(lb.BackendTLS{}), one, []string{"unsupported backend.tls.verify.unset at tls.verify"}},
		"TLS by the well-known CAs":      {tls(lb.BackendTLS{Verify: lb.TLSVerifySystem}), one, []string{"unsupported backend.tls.verify at tls.verify"}},
		"TLS in a way that nobody knows": {tls(lb.BackendTLS{Verify: "x"}), one, []string{"unsupported backend.tls.verify at tls.verify"}},
		"TLS with a name":                {tls(lb.BackendTLS{Verify: lb.TLSVerifyNone, Name: "a"}), one, []string{"unsupported backend.tls.serverName at tls.serverName"}},
		"a CA that is not used":          {tls(lb.BackendTLS{Verify: lb.TLSVerifyNone, CA: ca}), one, []string{"invalid at tls.ca"}},
		"a CA that is not there":         {tls(lb.BackendTLS{Verify: lb.TLSVerifyCA}), one, []string{"invalid at tls.ca"}},
		"a CA with a key":                {tls(lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca + key}), one, []string{"invalid at tls.ca"}},
		"a CA that breaks off":           {tls(lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca + ca[:len(ca)-10]}), one, []string{"invalid at tls.ca"}},
		"a CA that is no certificate": {
			tls(lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))}), one, []string{"invalid at tls.ca"},
		},
		"what no farm has": {
			lb.BackendSpec{
				Protocol: lb.ProtocolHTTP, CookieName: "c", ServerTimeout: 1, ConnectTimeout: 1, TunnelTimeout: 1, QueueTimeout: 1, MaxConnections: 1, MaxRetries: new(0),
			},
			one,
			[]string{
				"unsupported backend.cookieName at cookieName", "unsupported backend.serverTimeout at serverTimeout", "unsupported backend.connectTimeout at connectTimeout",
				"unsupported backend.tunnelTimeout at tunnelTimeout", "unsupported backend.queueTimeout at queueTimeout", "unsupported backend.maxConnections at maxConnections",
				"unsupported backend.maxRetries at maxRetries",
			},
		},
		"what no UDP farm has": {
			lb.BackendSpec{
				Protocol: lb.ProtocolUDP, Port: 53, Algorithm: lb.AlgorithmRoundRobin, Stickiness: lb.StickinessSource, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP},
				ProxyProtocol: lb.ProxyProtocolV1, OnMarkedDown: lb.OnMarkedDownShutdownSessions, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone},
			},
			nil,
			[]string{
				"unsupported backend.algorithm.udp at algorithm", "unsupported backend.stickiness.udp at stickiness", "invalid at healthCheck",
				"unsupported backend.proxyProtocol.udp at proxyProtocol", "unsupported backend.onMarkedDown.udp at onMarkedDown", "unsupported backend.tls.udp at tls",
			},
		},
		"what has no server to be kept on": {
			lb.BackendSpec{Protocol: lb.ProtocolTCP, ProxyProtocol: lb.ProxyProtocolV1, OnMarkedDown: lb.OnMarkedDownShutdownSessions, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyNone}},
			nil,
			[]string{
				"unsupported backend.proxyProtocol.withoutServers at proxyProtocol", "unsupported backend.onMarkedDown.withoutServers at onMarkedDown", "unsupported backend.tls.withoutServers at tls",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := dialect{}.Backend(test.spec, test.servers)
			checkHints(t, err)
			if refused := refusals(t, err); !slices.Equal(refused, test.want) {
				t.Errorf("refused: %q\nwant     %q", refused, test.want)
			}
			if err != nil && strings.Contains(err.Error(), strings.Split(key, "\n")[1]) {
				t.Error("a private key is in the error")
			}
		})
	}
}

// TestCAWithAKeySaysSo: what is wrong is named, and the key is not repeated.
func TestCAWithAKeySaysSo(t *testing.T) {
	t.Parallel()
	ca, key := authority()
	_, _, err := dialect{}.Backend(lb.BackendSpec{Protocol: lb.ProtocolTCP, TLS: &lb.BackendTLS{Verify: lb.TLSVerifyCA, CA: ca + key}}, []lb.ServerSpec{server4("10.0.0.1")})
	if err == nil || !strings.Contains(err.Error(), "a private key where only certificates belong") {
		t.Errorf("got %v", err)
	}
}
