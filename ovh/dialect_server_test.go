package ovh

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func TestDialectServersRefuses(t *testing.T) {
	t.Parallel()
	checked := lb.BackendSpec{Protocol: lb.ProtocolHTTP, Port: 80, HealthCheck: &lb.HealthCheck{}}
	tcp, udp := lb.BackendSpec{Protocol: lb.ProtocolTCP}, lb.BackendSpec{Protocol: lb.ProtocolUDP, Port: 53}
	weighing := func(n int) lb.ServerSpec { return lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1"), Weight: &n} }
	for name, test := range map[string]struct {
		backend lb.BackendSpec
		servers []lb.ServerSpec
		want    []string
	}{
		"no address":               {tcp, []lb.ServerSpec{{}}, []string{"unsupported server.address.unset at servers[0].address"}},
		"IPv6":                     {tcp, []lb.ServerSpec{server4("10.0.0.1"), server4("2001:db8::1")}, []string{"unsupported server.address.ipv6 at servers[1].address"}},
		"the address of nobody":    {tcp, []lb.ServerSpec{server4("0.0.0.0")}, []string{"invalid at servers[0].address"}},
		"a negative weight":        {tcp, []lb.ServerSpec{weighing(-1)}, []string{"invalid at servers[0].weight"}},
		"too heavy":                {tcp, []lb.ServerSpec{weighing(257)}, []string{"invalid at servers[0].weight"}},
		"weight on UDP":            {udp, []lb.ServerSpec{weighing(0)}, []string{"unsupported server.weight.udp at servers[0].weight"}},
		"backup on UDP":            {udp, []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1"), Backup: true}}, []string{"unsupported server.backup.udp at servers[0].backup"}},
		"a cookie on TCP":          {tcp, []lb.ServerSpec{withOptions(server4("10.0.0.1"), ServerOptions{Cookie: "a"})}, []string{"invalid at servers[0].extensions.ovh.cookie"}},
		"a name of no text":        {tcp, []lb.ServerSpec{{Name: "a\x00", Address: netip.MustParseAddr("10.0.0.1")}}, []string{"invalid at servers[0].name"}},
		"exempt from nothing":      {tcp, []lb.ServerSpec{withOptions(server4("10.0.0.1"), ServerOptions{NoCheck: true})}, []string{"invalid at servers[0].extensions.ovh.noCheck"}},
		"a word for status":        {tcp, []lb.ServerSpec{withOptions(server4("10.0.0.1"), ServerOptions{Status: "x"})}, []string{"unsupported server.extensions.ovh.status at servers[0].extensions.ovh.status"}},
		"settings of one's own":    {tcp, []lb.ServerSpec{withOptions(server4("10.0.0.1"), ServerOptions{ProxyProtocol: new(lb.ProxyProtocol("v3")), OnMarkedDown: new(lb.OnMarkedDown("x")), TLS: &lb.BackendTLS{CA: "x"}})}, []string{"unsupported server.extensions.ovh.proxyProtocol at servers[0].extensions.ovh.proxyProtocol", "unsupported server.extensions.ovh.onMarkedDown at servers[0].extensions.ovh.onMarkedDown", "unsupported backend.tls.verify.unset at servers[0].extensions.ovh.tls.verify"}},
		"settings of one's own, U": {udp, []lb.ServerSpec{withOptions(server4("10.0.0.1"), ServerOptions{OnMarkedDown: new(lb.OnMarkedDown(""))})}, []string{"invalid at servers[0].extensions.ovh"}},
		"another level's settings": {tcp, []lb.ServerSpec{{Address: netip.MustParseAddr("10.0.0.1"), Extensions: lb.Extend(BackendOptions{Zone: "gra"})}}, []string{"invalid at servers[0].extensions.ovh"}},
		"the same server twice": {
			checked,
			[]lb.ServerSpec{server4("10.0.0.1"), {Address: netip.MustParseAddr("::ffff:10.0.0.1"), Port: 80}, {Address: netip.MustParseAddr("10.0.0.1"), Port: 81}},
			[]string{"invalid at servers[1].address"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := dialect{}.Backend(test.backend, test.servers)
			checkHints(t, err)
			if refused := refusals(t, err); !slices.Equal(refused, test.want) {
				t.Errorf("refused: %q\nwant     %q", refused, test.want)
			}
		})
	}
}
