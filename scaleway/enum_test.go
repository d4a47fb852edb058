package scaleway

import (
	"testing"

	"github.com/lbkit/lbkit/internal/rest"
)

func known[T interface {
	~string
	Known() bool
}](value string,
) bool {
	return T(value).Known()
}

// enums are the native types by their names in types.json.
func enums() map[string]func(string) bool {
	return map[string]func(string) bool{
		"ACLActionRedirectRedirectType":       known[RedirectType],
		"ACLActionType":                       known[ACLActionType],
		"ACLHTTPFilter":                       known[ACLHTTPFilter],
		"BackendServerStatsHealthCheckStatus": known[HealthCheckStatus],
		"BackendServerStatsServerState":       known[ServerState],
		"CertificateStatus":                   known[CertificateStatus],
		"CertificateType":                     known[CertificateType],
		"ForwardPortAlgorithm":                known[ForwardPortAlgorithm],
		"InstanceStatus":                      known[InstanceStatus],
		"LBStatus":                            known[LBStatus],
		"LBTypeStock":                         known[LBTypeStock],
		"ListACLRequestOrderBy":               known[OrderBy],
		"ListBackendsRequestOrderBy":          known[OrderBy],
		"ListCertificatesRequestOrderBy":      known[OrderBy],
		"ListFrontendsRequestOrderBy":         known[OrderBy],
		"ListIPsRequestIPType":                known[IPType],
		"ListLBsRequestOrderBy":               known[OrderBy],
		"ListPrivateNetworksRequestOrderBy":   known[OrderBy],
		"ListRoutesRequestOrderBy":            known[OrderBy],
		"ListSubscriberRequestOrderBy":        known[OrderBy],
		"OnMarkedDownAction":                  known[OnMarkedDownAction],
		"PrivateNetworkStatus":                known[PrivateNetworkStatus],
		"Protocol":                            known[Protocol],
		"ProxyProtocol":                       known[ProxyProtocol],
		"SSLCompatibilityLevel":               known[SSLCompatibilityLevel],
		"StickySessionsType":                  known[StickySessionsType],
	}
}

func TestEnumsKnowTheSchema(t *testing.T) {
	t.Parallel()
	type enum struct {
		Values []string `json:"values"`
	}
	schema := readReference[struct {
		Enums map[string]enum `json:"enums"`
	}](t, "types.json")
	values := 0
	for name, enum := range schema.Enums {
		isKnown, ok := enums()[name]
		if !ok {
			t.Errorf("%s has no native type", name)
			continue
		}
		for _, value := range enum.Values {
			values++
			if !isKnown(value) {
				t.Errorf("%s %q is not known", name, value)
			}
		}
	}
	t.Logf("%d enums with %d values", len(schema.Enums), values)
}

func TestEnumsAreOpen(t *testing.T) {
	t.Parallel()
	for name, isKnown := range enums() {
		if isKnown("of-tomorrow") || isKnown("") || isKnown("READY") {
			t.Errorf("%s knows what it cannot", name)
		}
	}
	var b LB
	if err := rest.Decode([]byte(`{"status":"of-tomorrow"}`), &b); err != nil || b.Status != "of-tomorrow" {
		t.Errorf("an unknown status is %q, %v", b.Status, err)
	}
}

func TestBothSpellingsOfLetsencrypt(t *testing.T) {
	t.Parallel()
	for typ, want := range map[CertificateType]bool{"letsencrypt": true, "letsencryt": true, "custom": false, "": false} {
		if got := (&Certificate{Type: typ}).Letsencrypt(); got != want {
			t.Errorf("type %q: %v; want %v", typ, got, want)
		}
	}
}

func TestTypeWithoutCase(t *testing.T) {
	t.Parallel()
	b := &LB{Type: "lb-gp-m"}
	if !b.HasType("LB-GP-M") || b.HasType("LB-S") {
		t.Error("lb-gp-m is LB-GP-M and not LB-S")
	}
}

func TestRegionOfAZone(t *testing.T) {
	t.Parallel()
	for zone, want := range map[Zone]Region{"fr-par-1": "fr-par", "nl-ams-12": "nl-ams", "fr-par": "", "": "", "x": ""} {
		if got := zone.Region(); got != want {
			t.Errorf("region of %q is %q; want %q", zone, got, want)
		}
	}
}
