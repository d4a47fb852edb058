package ovh

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func to(backend lb.BackendID, match ...lb.Condition) lb.RouteSpec {
	return lb.RouteSpec{Match: match, Backend: backend}
}

// What a match becomes is the filters' too, and tested there.
func TestCanonicalRoutes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		frontend lb.FrontendSpec
		specs    []lb.RouteSpec
		want     []lb.RouteSpec
	}{
		"none":  {frontend: onHTTP},
		"empty": {onHTTP, []lb.RouteSpec{to("web")}, []lb.RouteSpec{to("web")}},
		"source": {
			onTCP, []lb.RouteSpec{to("web", when(lb.FieldSource, "10.2.0.0/16", "10.1.0.0/16"))}, []lb.RouteSpec{to("web", when(lb.FieldSource, "10.1.0.0/16", "10.2.0.0/16"))},
		},
		"one for each prefix": {
			onHTTP,
			[]lb.RouteSpec{{Name: "n", Backend: "web", Match: lb.Match{by(lb.FieldPath, lb.MatchPrefix, "/b", "/a")}, Extensions: lb.Extend(elsewhere{Note: "x"})}},
			[]lb.RouteSpec{
				{Name: "n", Backend: "web", Match: lb.Match{by(lb.FieldPath, lb.MatchPrefix, "/a")}},
				{Name: "n", Backend: "web", Match: lb.Match{by(lb.FieldPath, lb.MatchPrefix, "/b")}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dialect{}.Routes(tt.frontend, tt.specs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, specsEqual); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDialectRefusesRoutes(t *testing.T) {
	t.Parallel()
	many := make([]lb.RouteSpec, maxRoutes+1)
	for i := range many {
		many[i] = to("web", when(lb.FieldHost, fmt.Sprint(i)))
	}
	for name, tt := range map[string]struct {
		frontend lb.FrontendSpec
		specs    []lb.RouteSpec
		want     []string
	}{
		"UDP":                {onUDP, []lb.RouteSpec{to("web")}, []string{"unsupported route.match.udp at routes"}},
		"no backend":         {onHTTP, []lb.RouteSpec{{}}, []string{"unsupported route.backend.unset at routes[0].backend"}},
		"extension":          {onHTTP, []lb.RouteSpec{{Backend: "web", Extensions: lb.Extend(FilterOptions{Target: "x"})}}, []string{"invalid at routes[0].extensions.ovh"}},
		"empty match on TCP": {onTCP, []lb.RouteSpec{to("web")}, []string{"unsupported route.match.unset.tcp at routes[0].match"}},
		"unknown field":      {onHTTP, []lb.RouteSpec{to("web", when("asn", "a"))}, []string{"invalid at routes[0].match[0].field"}},
		"too many":           {onHTTP, many, []string{"invalid at routes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dialect{}.Routes(tt.frontend, tt.specs)
			if diff := cmp.Diff(tt.want, refusals(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkHints(t, err)
		})
	}
}

// Each leaf of the specs that are not in TestEveryLeafIsDeclared, and each method, is
// among the capabilities or has a hint.
func TestTrafficFeaturesAreDeclared(t *testing.T) {
	t.Parallel()
	all := trafficFeatures()
	for leaf, spec := range map[string]reflect.Type{
		"filter":      reflect.TypeFor[lb.FilterSpec](),
		"route":       reflect.TypeFor[lb.RouteSpec](),
		"certificate": reflect.TypeFor[lb.CertificateSpec](),
		"address":     reflect.TypeFor[lb.AddressSpec](),
	} {
		for _, path := range leafPaths(leaf, spec) {
			if path == "certificate.-" { // Key, which has no place in JSON
				path = "certificate.key"
			}
			if _, declared := all[lb.Feature(path)]; !declared {
				t.Errorf("%s is not declared", path)
			}
		}
	}
	for feature, support := range all {
		if !support.Supported && support.Hint == "" {
			t.Errorf("%s has no hint", feature)
		}
		if has := capabilities().Features[feature]; !reflect.DeepEqual(has, support) {
			t.Errorf("%s: capabilities have %+v, not %+v", feature, has, support)
		}
	}
}
