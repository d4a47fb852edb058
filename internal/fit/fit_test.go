package fit_test

import (
	"net/netip"
	"testing"

	"github.com/lbkit/lbkit/internal/fit"
	"github.com/lbkit/lbkit/lb"
)

func TestCollide(t *testing.T) {
	t.Parallel()
	web := lb.FrontendSpec{Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80), {From: 8000, To: 8100}}}
	bound := func(s *lb.FrontendSpec, prefix string) { s.Addresses = []netip.Prefix{netip.MustParsePrefix(prefix)} }
	for name, test := range map[string]struct {
		change func(a, b *lb.FrontendSpec)
		port   uint16 // 0: they do not
	}{
		"alike":                     {func(_, _ *lb.FrontendSpec) {}, 80},
		"another protocol":          {func(_, b *lb.FrontendSpec) { b.Protocol = lb.ProtocolTCP }, 80},
		"UDP":                       {func(_, b *lb.FrontendSpec) { b.Protocol = lb.ProtocolUDP }, 0},
		"the end of a range":        {func(_, b *lb.FrontendSpec) { b.Ports = []lb.PortRange{{From: 8100, To: 9000}} }, 8100},
		"another port":              {func(_, b *lb.FrontendSpec) { b.Ports = []lb.PortRange{lb.Port(81)} }, 0},
		"no port":                   {func(a, b *lb.FrontendSpec) { a.Ports, b.Ports = make([]lb.PortRange, 1), make([]lb.PortRange, 1) }, 0},
		"one is disabled":           {func(_, b *lb.FrontendSpec) { b.Disabled = true }, 0},
		"one address":               {func(a, b *lb.FrontendSpec) { bound(a, "192.0.2.0/24"); bound(b, "192.0.2.1/32") }, 80},
		"other addresses":           {func(a, b *lb.FrontendSpec) { bound(a, "192.0.2.2/32"); bound(b, "192.0.2.1/32") }, 0},
		"an address of its own":     {func(_, b *lb.FrontendSpec) { bound(b, "192.0.2.1/32") }, 0},
		"addresses of two families": {func(a, b *lb.FrontendSpec) { bound(a, "::/0"); bound(b, "192.0.2.1/32") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := lb.Clone(web), lb.Clone(web)
			test.change(&a, &b)
			for range 2 {
				if port, collide := fit.Collide(a, b); port != test.port || collide != (port != 0) {
					t.Errorf("got %d, %t, want %d", port, collide, test.port)
				}
				a, b = b, a
			}
		})
	}
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	yes, no := lb.Support{Supported: true}, lb.Support{}
	for name, test := range map[string]struct {
		features map[lb.Feature]lb.Support
		want     bool
	}{
		"it says so":                {map[lb.Feature]lb.Support{"backend.tls": no, "backend.tls.update": yes}, true},
		"it says the opposite":      {map[lb.Feature]lb.Support{"backend.tls": yes, "backend.tls.update": no, "backend.tls.ca.update": yes}, false},
		"it is listed without":      {map[lb.Feature]lb.Support{"backend.tls": yes, "backend.tls.ca.update": yes}, false},
		"one of its fields can":     {map[lb.Feature]lb.Support{"backend.tls.ca": yes, "backend.tls.ca.update": yes, "backend.tls.verify.update": no}, true},
		"none of its fields can":    {map[lb.Feature]lb.Support{"backend.tls.ca": yes, "backend.tls.ca.update": no}, false},
		"another of that beginning": {map[lb.Feature]lb.Support{"backend.tlsPolicy.update": yes}, false},
		"nothing":                   {nil, false},
	} {
		if got := fit.Updates(lb.Capabilities{Features: test.features}, "backend.tls"); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
