package scaleway

import (
	"reflect"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

func TestTrafficFeaturesNameEveryLeaf(t *testing.T) {
	t.Parallel()
	all := capabilities().Features
	for kind, spec := range map[string]reflect.Type{
		"filter":      reflect.TypeFor[lb.FilterSpec](),
		"route":       reflect.TypeFor[lb.RouteSpec](),
		"certificate": reflect.TypeFor[lb.CertificateSpec](),
		"address":     reflect.TypeFor[lb.AddressSpec](),
	} {
		for _, name := range leafNames(kind, spec) {
			if kind, _, hidden := strings.Cut(name, ".-"); hidden { // a key is in no JSON
				name = kind + ".key"
			}
			for _, suffix := range []string{"", ".unset", ".update"} {
				if _, known := all[lb.Feature(name+suffix)]; !known {
					t.Errorf("%s is not in the capabilities", name+suffix)
				}
			}
		}
	}
}

func TestTrafficFeatures(t *testing.T) {
	t.Parallel()
	c := capabilities()
	for name, want := range map[lb.Feature]bool{
		"filters.set": true, "routes.set": true, "certificates.rename": true, "addresses.release": true, "addresses.detach": false,
		"filter.name.unset": true, "filter.status": false, "filter.action.allow": true, "filter.match.cookie": false,
		"filter.match.host": true, "filter.match.host.suffix": false, "filter.match.path.prefix": true, "filter.match.header.regex": false,
		"filter.match.several": true, "filter.match.several.not": false, "filter.match.source.tcp": true,
		"route.order": false, "route.name": false, "route.match.host.suffix": true, "route.match.path": true, "route.match.path.tcp": false,
		"certificate.name.update": true, "certificate.pem.update": false, "certificate.domains.wildcard": false, "address.ipv6": true,
	} {
		if got := c.Has(name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
	for name, s := range trafficFeatures() {
		if !s.Supported && s.Hint == "" {
			t.Errorf("%s: cannot be done, without a word on what can", name)
		}
		if s.Emulated && (!s.Supported || s.Hint == "") {
			t.Errorf("%s: is emulated, without a word on how", name)
		}
	}
	if c.Limits.MaxMatchConditions != maxConditions || c.Limits.MaxFilters != maxACLs {
		t.Errorf("limits are %+v", c.Limits)
	}
}

// TestEmulatedPathsAreSaidSo: what becomes a regular expression is what the
// capabilities call emulated.
func TestEmulatedPathsAreSaidSo(t *testing.T) {
	t.Parallel()
	for _, op := range filterWays[lb.ProtocolHTTP][lb.FieldPath] {
		match := canonicalFilterMatch(true, lb.Match{condition(lb.FieldPath, op, "/a")})
		emulated := capabilities().Features["filter.match.path."+opName(op)].Emulated
		if emulated != (match[0].Op != op) {
			t.Errorf("%s becomes %q; emulated: %t", opName(op), match[0].Op, emulated)
		}
	}
}
