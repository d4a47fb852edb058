package scaleway

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

const testUUID = "11111111-2222-3333-4444-55555555abcd"

// plainIDs are the ID types that are a zone and a UUID.
var plainIDs = []struct {
	kind   lb.Kind
	format func(Zone, string) string
	parse  func(string) (Zone, string, error)
}{
	{
		lb.KindLoadBalancer,
		func(z Zone, id string) string { return string(FormatLoadBalancerID(z, id)) },
		func(id string) (Zone, string, error) { return ParseLoadBalancerID(lb.LoadBalancerID(id)) },
	},
	{
		lb.KindFrontend,
		func(z Zone, id string) string { return string(FormatFrontendID(z, id)) },
		func(id string) (Zone, string, error) { return ParseFrontendID(lb.FrontendID(id)) },
	},
	{
		lb.KindBackend,
		func(z Zone, id string) string { return string(FormatBackendID(z, id)) },
		func(id string) (Zone, string, error) { return ParseBackendID(lb.BackendID(id)) },
	},
	{
		lb.KindCertificate,
		func(z Zone, id string) string { return string(FormatCertificateID(z, id)) },
		func(id string) (Zone, string, error) { return ParseCertificateID(lb.CertificateID(id)) },
	},
	{
		lb.KindAddress,
		func(z Zone, id string) string { return string(FormatAddressID(z, id)) },
		func(id string) (Zone, string, error) { return ParseAddressID(lb.AddressID(id)) },
	},
}

func TestIDsKeepTheirParts(t *testing.T) {
	t.Parallel()
	for _, id := range plainIDs {
		t.Run(string(id.kind), func(t *testing.T) {
			t.Parallel()
			text := id.format("pl-waw-3", testUUID)
			if text != "pl-waw-3/"+testUUID {
				t.Errorf("format: got %q", text)
			}
			zone, uuid, err := id.parse(text)
			if err != nil || zone != "pl-waw-3" || uuid != testUUID {
				t.Errorf("parse: got %q, %q, %v", zone, uuid, err)
			}
		})
	}
}

// foreignIDs are what no ID of this provider looks like.
var foreignIDs = []string{
	"", "/", "//", ".", "..", "./.", "../..", "fr-par-1", "fr-par-1/", "/" + testUUID, testUUID,
	"fr-par-1/.", "fr-par-1/..", "fr-par-1//" + testUUID, "fr-par-1/" + testUUID + "/", "fr-par-1/" + testUUID + "/x",
	"fr-par-1%2F" + testUUID, "fr-par-1/" + testUUID + "%2F..", "fr-par-1/" + testUUID + "\n", " fr-par-1/" + testUUID,
	"fr-par/" + testUUID, "FR-PAR-1/" + testUUID, "fr-par-1/" + strings.ToUpper(testUUID),
	"fr-par-1/11111111222233334444-55555555abcd", "fr-par-1/11111111-2222-3333-4444-55555555abcg",
	"fr-par-1/11111111-2222-3333-4444-55555555abc", "fr-par-1/" + testUUID + "0",
	"loadbalancer-ab12", "loadbalancer-ab12/http/frontend/7", "loadbalancer-ab12/http/farm/12/server/34",
	"loadbalancer-ab12/ssl/5", "203.0.113.10", "203.0.113.8_29", "loadbalancer-ab12/task/12",
}

func TestForeignAndMalformedIDsAreInvalid(t *testing.T) {
	t.Parallel()
	for _, id := range plainIDs {
		for _, text := range foreignIDs {
			zone, uuid, err := id.parse(text)
			if !errors.Is(err, lb.ErrInvalid) || zone != "" || uuid != "" {
				t.Errorf("%s %q: got %q, %q, %v; want ErrInvalid", id.kind, text, zone, uuid, err)
				continue
			}
			var e *lb.Error
			if !errors.As(err, &e) || e.Kind != id.kind || e.ID != text || e.Provider != "scaleway" {
				t.Errorf("%s %q: error says %+v", id.kind, text, e)
			}
		}
	}
}

func TestServerIDs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ address, id string }{
		{"10.0.0.4", "fr-par-1/" + testUUID + "/10.0.0.4"},
		{"2001:db8:0::1", "fr-par-1/" + testUUID + "/2001:db8::1"},
		{"::ffff:10.0.0.4", "fr-par-1/" + testUUID + "/10.0.0.4"},
	} {
		address := netip.MustParseAddr(test.address)
		id := FormatServerID("fr-par-1", testUUID, address)
		if string(id) != test.id {
			t.Errorf("%s: got %q, want %q", test.address, id, test.id)
		}
		zone, backend, back, err := ParseServerID(id)
		if err != nil || zone != "fr-par-1" || backend != testUUID || back != address.Unmap() {
			t.Errorf("%s: got %q, %q, %s, %v", id, zone, backend, back, err)
		}
	}
}

func TestMalformedServerIDsAreInvalid(t *testing.T) {
	t.Parallel()
	refused := []string{"fr-par-1/" + testUUID}
	for _, address := range []string{
		"", ".", "..", "10.0.0", "10.0.0.04", "010.0.0.4", "10.0.0.4/32", "10.0.0.4:80", "web-1", "2001:DB8::1", "2001:db8:0::1",
		"::ffff:10.0.0.4", "fe80::1%eth0", "[2001:db8::1]", "10.0.0.4%2F", " 10.0.0.4",
	} {
		refused = append(refused, "fr-par-1/"+testUUID+"/"+address)
	}
	for _, text := range append(refused, foreignIDs...) {
		if text == "fr-par-1/"+testUUID+"/10.0.0.4" {
			continue
		}
		if _, _, _, err := ParseServerID(lb.ServerID(text)); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", text, err)
		}
	}
}

func TestOperationIDs(t *testing.T) {
	t.Parallel()
	written := time.Date(2026, 7, 21, 10, 18, 52, 583002674, time.UTC)
	id := FormatOperationID("nl-ams-1", testUUID, written)
	if want := lb.OperationID("nl-ams-1/" + testUUID + "/applied/1784629132583003"); id != want {
		t.Errorf("got %q, want %q (rounded to microseconds, not cut)", id, want)
	}
	zone, uuid, at, err := ParseOperationID(id)
	if err != nil || zone != "nl-ams-1" || uuid != testUUID || !at.Equal(written.Round(time.Microsecond)) {
		t.Errorf("got %q, %q, %s, %v", zone, uuid, at, err)
	}
}

func TestMalformedOperationIDsAreInvalid(t *testing.T) {
	t.Parallel()
	refused := []string{"fr-par-1/" + testUUID, "fr-par-1/" + testUUID + "/applied", "fr-par-1/" + testUUID + "/task/12"}
	for _, micros := range []string{"", "-1", "+1", "01", "1e3", "1.5", "0x10", " 1", "9223372036854775808", ".."} {
		refused = append(refused, "fr-par-1/"+testUUID+"/applied/"+micros)
	}
	for _, text := range append(refused, foreignIDs...) {
		if _, _, _, err := ParseOperationID(lb.OperationID(text)); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", text, err)
		}
	}
}

// FuzzParseID: what is accepted as any ID is the one spelling of its parts.
func FuzzParseID(f *testing.F) {
	for _, text := range foreignIDs {
		f.Add(text)
	}
	f.Add("fr-par-1/" + testUUID)
	f.Add("fr-par-1/" + testUUID + "/10.0.0.4")
	f.Add("fr-par-1/" + testUUID + "/2001:db8::1")
	f.Add("fr-par-1/" + testUUID + "/applied/1784629132583003")
	f.Fuzz(func(t *testing.T, text string) {
		for _, id := range plainIDs {
			if zone, uuid, err := id.parse(text); err == nil && id.format(zone, uuid) != text {
				t.Errorf("%s: %q is read as %q, %q", id.kind, text, zone, uuid)
			}
		}
		if zone, backend, address, err := ParseServerID(lb.ServerID(text)); err == nil && string(FormatServerID(zone, backend, address)) != text {
			t.Errorf("server: %q is read as %q, %q, %s", text, zone, backend, address)
		}
		if zone, uuid, at, err := ParseOperationID(lb.OperationID(text)); err == nil && string(FormatOperationID(zone, uuid, at)) != text {
			t.Errorf("operation: %q is read as %q, %q, %s", text, zone, uuid, at)
		}
	})
}
