package ovh_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// idRoundTrip parses an ID of each kind and formats it again.
var idRoundTrip = []struct {
	kind  string
	again func(id string) (string, error)
}{
	{"load balancer", func(id string) (string, error) {
		service, err := ovh.ParseLoadBalancerID(lb.LoadBalancerID(id))
		return string(ovh.FormatLoadBalancerID(service)), err
	}},
	{"frontend", func(id string) (string, error) {
		service, protocol, n, err := ovh.ParseFrontendID(lb.FrontendID(id))
		return string(ovh.FormatFrontendID(service, protocol, n)), err
	}},
	{"backend", func(id string) (string, error) {
		service, protocol, n, err := ovh.ParseBackendID(lb.BackendID(id))
		return string(ovh.FormatBackendID(service, protocol, n)), err
	}},
	{"server", func(id string) (string, error) {
		service, protocol, farm, n, err := ovh.ParseServerID(lb.ServerID(id))
		return string(ovh.FormatServerID(service, protocol, farm, n)), err
	}},
	{"certificate", func(id string) (string, error) {
		service, n, err := ovh.ParseCertificateID(lb.CertificateID(id))
		return string(ovh.FormatCertificateID(service, n)), err
	}},
	{"certificate on order", func(id string) (string, error) {
		service, task, domain, err := ovh.ParseCertificateOrderID(lb.CertificateID(id))
		return string(ovh.FormatCertificateOrderID(service, task, domain)), err
	}},
	{"address", func(id string) (string, error) {
		prefix, err := ovh.ParseAddressID(lb.AddressID(id))
		if err != nil {
			return "", err
		}
		return string(ovh.FormatAddressID(prefix)), nil
	}},
	{"operation", func(id string) (string, error) {
		service, n, err := ovh.ParseOperationID(lb.OperationID(id))
		return string(ovh.FormatOperationID(service, n)), err
	}},
	{"operation of an address", func(id string) (string, error) {
		prefix, n, err := ovh.ParseAddressOperationID(lb.OperationID(id))
		if err != nil {
			return "", err
		}
		return string(ovh.FormatAddressOperationID(prefix, n)), nil
	}},
}

// goodIDs are IDs and the one kind that each is of. Every other kind refuses it.
var goodIDs = map[string]string{
	"loadbalancer-ab12":                             "load balancer",
	"ip-192.0.2.7":                                  "load balancer",
	"loadbalancer-ab12/http/frontend/7":             "frontend",
	"ip-192.0.2.7/udp/frontend/9223372036854775807": "frontend",
	"loadbalancer-ab12/tcp/farm/12":                 "backend",
	"loadbalancer-ab12/http/farm/12/server/34":      "server",
	"loadbalancer-ab12/ssl/5":                       "certificate",
	"loadbalancer-ab12/ssl/order/9/www.example.com": "certificate on order",
	"loadbalancer-ab12/ssl/order/9/*.example.com":   "certificate on order",
	"203.0.113.10":                                  "address",
	"2001:db8::1":                                   "address",
	"2001:db8::_64":                                 "address",
	"203.0.113.8_29":                                "address",
	"loadbalancer-ab12/task/12":                     "operation",
	"ip/203.0.113.10/task/5":                        "operation of an address",
	"ip/203.0.113.8_29/task/5":                      "operation of an address",
}

func TestIDsParseAsTheirOwnKindAlone(t *testing.T) {
	t.Parallel()
	for id, kind := range goodIDs {
		for _, as := range idRoundTrip {
			t.Run(id+" as "+as.kind, func(t *testing.T) {
				t.Parallel()
				again, err := as.again(id)
				switch {
				case as.kind != kind && err == nil:
					t.Errorf("a %s was taken for a %s", kind, as.kind)
				case as.kind != kind:
					wantInvalid(t, err, id)
				case err != nil:
					t.Errorf("refused: %v", err)
				case again != id:
					t.Errorf("formatted again as %q", again)
				}
			})
		}
	}
}

func wantInvalid(t *testing.T, err error, id string) {
	t.Helper()
	var e *lb.Error
	if err == nil {
		return
	}
	if !errors.As(err, &e) || !errors.Is(err, lb.ErrInvalid) || e.ID != id || e.Provider != "ovh" || e.Kind == "" {
		t.Errorf("error %#v: want an *lb.Error with ErrInvalid, provider, kind and ID", err)
	}
}

func TestIDsRefused(t *testing.T) {
	t.Parallel()
	const uuid = "6170692e-7363-616c-6577-61792e636f6d"
	refused := map[string][]string{
		"load balancer": {"", ".", "..", "/", "a/", "/a", "-a", "7a", "203.0.113.10", "a b", "a%2Fb", "loadbalancer-é", "fr-par-1/" + uuid, "loadbalancer-ab12/", "a\n"},
		"frontend": {
			"", "fr-par-1/" + uuid, "loadbalancer-ab12", "loadbalancer-ab12/http/frontend/", "loadbalancer-ab12/http/frontend/0",
			"loadbalancer-ab12/http/frontend/-7", "loadbalancer-ab12/http/frontend/+7", "loadbalancer-ab12/http/frontend/07",
			"loadbalancer-ab12/http/frontend/7/", "loadbalancer-ab12/http/frontend/7/x", "loadbalancer-ab12/https/frontend/7",
			"loadbalancer-ab12/HTTP/frontend/7", "loadbalancer-ab12//frontend/7", "/http/frontend/7", "../http/frontend/7", "./http/frontend/7",
			"loadbalancer-ab12/http/../7", "loadbalancer-ab12%2Fhttp/frontend/7", "loadbalancer-ab12/http/frontend/9223372036854775808",
			"loadbalancer-ab12/http/frontend/7 ", "loadbalancer-ab12/http/frontend/0x7", "loadbalancer-ab12/http/frontend/1_000",
		},
		"server":               {"loadbalancer-ab12/http/farm/12/server", "loadbalancer-ab12/http/farm/012/server/3", "fr-par-1/" + uuid + "/10.0.0.4"},
		"certificate on order": {"loadbalancer-ab12/ssl/order/9/", "loadbalancer-ab12/ssl/order/9/..", "loadbalancer-ab12/ssl/order/9/a/b", "loadbalancer-ab12/ssl/order/x/a.example"},
		"address":              {"", "203.0.113.10_32", "203.0.113.10_29", "203.0.113.010", "203.0.113.8/29", "203.0.113.8%2F29", "203.0.113.8_029", "2001:DB8::1", "2001:db8:0::1", "fe80::1%eth0", "::ffff:192.0.2.1_120", "fr-par-1/" + uuid},
		"operation":            {"ip/203.0.113.10/task/5", "loadbalancer-ab12/task/", "fr-par-1/" + uuid + "/applied/1700000000000000"},
	}
	for _, as := range idRoundTrip {
		for _, id := range refused[as.kind] {
			t.Run(as.kind+" "+id, func(t *testing.T) {
				t.Parallel()
				if _, err := as.again(id); err == nil {
					t.Errorf("%q was accepted", id)
				} else {
					wantInvalid(t, err, id)
				}
			})
		}
	}
}

func TestFormatAddressIDDropsHostBits(t *testing.T) {
	t.Parallel()
	got := ovh.FormatAddressID(netip.MustParsePrefix("203.0.113.9/29"))
	if got != "203.0.113.8_29" {
		t.Errorf("got %q", got)
	}
}

// FuzzIDs holds that an ID is accepted only in the one form that Format writes,
// that a refusal hands out no parts, and that nothing accepted could leave its
// place in a path.
func FuzzIDs(f *testing.F) {
	for id := range goodIDs {
		f.Add(id)
	}
	f.Add("fr-par-1/6170692e-7363-616c-6577-61792e636f6d/10.0.0.4")
	f.Add("loadbalancer-ab12/http/farm/012")
	f.Add("..%2F..")
	f.Fuzz(func(t *testing.T, id string) {
		for _, as := range idRoundTrip {
			again, err := as.again(id)
			if err != nil {
				wantInvalid(t, err, id)
				continue
			}
			if again != id {
				t.Errorf("%q read as a %s is written %q", id, as.kind, again)
			}
			if strings.ContainsAny(id, "%?#\\ \n") || strings.Contains("/"+id+"/", "/../") {
				t.Errorf("%q was accepted as a %s", id, as.kind)
			}
		}
	})
}
