package scaleway

import (
	"reflect"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// leafNames are the paths of a spec's settings, named as features are.
func leafNames(prefix string, spec reflect.Type) []string {
	var names []string
	for i := range spec.NumField() {
		field := spec.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.PkgPath() == spec.PkgPath() && inner != reflect.TypeFor[lb.Extensions]() {
			names = append(names, leafNames(prefix+"."+name, inner)...)
			continue
		}
		names = append(names, prefix+"."+name)
	}
	return names
}

func TestCapabilitiesNameEveryLeaf(t *testing.T) {
	t.Parallel()
	features := capabilities().Features
	for kind, spec := range map[string]reflect.Type{
		"loadbalancer": reflect.TypeFor[lb.LoadBalancerSpec](),
		"frontend":     reflect.TypeFor[lb.FrontendSpec](),
		"backend":      reflect.TypeFor[lb.BackendSpec](),
		"server":       reflect.TypeFor[lb.ServerSpec](),
	} {
		for _, name := range leafNames(kind, spec) {
			if _, known := features[lb.Feature(name)]; !known {
				t.Errorf("%s is not in the capabilities", name)
			}
		}
	}
}

func TestCapabilitiesSayWhatToDoInstead(t *testing.T) {
	t.Parallel()
	for name, support := range capabilities().Features {
		if !support.Supported && support.Hint == "" {
			t.Errorf("%s is not supported, without a hint", name)
		}
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	c := capabilities()
	for name, want := range map[lb.Feature]bool{
		"loadbalancers.create":                  true,
		"loadbalancers.delete.releaseAddresses": true,
		"loadbalancers.egressRanges":            false,
		"loadbalancer.zone":                     true,
		"loadbalancer.zone.update":              false,
		"loadbalancer.plan.update":              true,
		"frontend.ports.several":                false,
		"frontend.defaultBackend.unset":         false,
		"frontend.clientTimeout.unset":          true,
		"frontend.protocol.update":              false,
		"backend.protocol.update":               true,
		"backend.healthCheck.timeout":           true,
		"backend.healthCheck.unset":             false,
		"server.disabled":                       false,
		"server.address.update":                 false,
		"filter.match.cookie":                   false,
	} {
		if got := c.Has(name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
	if c.Limits.MaxPort != 65535 || c.Limits.MinCheckInterval != aSecond || c.Provider != "scaleway" {
		t.Errorf("got %+v of %s", c.Limits, c.Provider)
	}
}

func TestCapabilitiesAreTheCallersToChange(t *testing.T) {
	t.Parallel()
	mine := capabilities()
	mine.Features["backend.algorithm"].Values[0] = "changed"
	delete(mine.Features, "backend.name")
	again := capabilities()
	if again.Features["backend.algorithm"].Values[0] != "roundrobin" || !again.Has("backend.name") {
		t.Error("a change shows in the next copy")
	}
}
