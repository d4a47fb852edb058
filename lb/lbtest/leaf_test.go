package lbtest

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// specTypes are what a leaf can be of, by what features call it.
func specTypes() map[string]reflect.Type {
	return map[string]reflect.Type{
		"loadbalancer": reflect.TypeFor[lb.LoadBalancerSpec](),
		"frontend":     reflect.TypeFor[lb.FrontendSpec](),
		"backend":      reflect.TypeFor[lb.BackendSpec](),
		"server":       reflect.TypeFor[lb.ServerSpec](),
		"filter":       reflect.TypeFor[lb.FilterSpec](),
		"route":        reflect.TypeFor[lb.RouteSpec](),
		"certificate":  reflect.TypeFor[lb.CertificateSpec](),
		"address":      reflect.TypeFor[lb.AddressSpec](),
	}
}

// leafPaths are the paths of the fields of a struct type and of what is in them: behind
// pointers and in lists of structs too.
func leafPaths(prefix string, t reflect.Type) []lb.Feature {
	whole := []reflect.Type{
		reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.Prefix](), reflect.TypeFor[lb.PortRange](),
		reflect.TypeFor[lb.Secret](), reflect.TypeFor[lb.Extensions](), reflect.TypeFor[lb.Header](),
	}
	var out []lb.Feature
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			name = strings.ToLower(f.Name)
		}
		path := prefix + "." + name
		out = append(out, lb.Feature(path))
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && !slices.Contains(whole, inner) {
			out = append(out, leafPaths(path, inner)...)
		}
	}
	return out
}

func TestLeavesAreComplete(t *testing.T) {
	t.Parallel()
	var want, got []lb.Feature
	for kind, spec := range specTypes() {
		want = append(want, leafPaths(kind, spec)...)
	}
	for _, l := range leaves() {
		got = append(got, l.path)
	}
	slices.Sort(want)
	slices.Sort(got)
	for _, path := range want {
		if !slices.Contains(got, path) {
			t.Errorf("%s has no row", path)
		}
	}
	for i, path := range got {
		if !slices.Contains(want, path) {
			t.Errorf("%s is no leaf", path)
		}
		if i > 0 && got[i-1] == path {
			t.Errorf("%s has two rows", path)
		}
	}
	t.Logf("%d leaves", len(got))
}

// everything is a provider's profile that lacks nothing.
func everything() profile {
	p := profile{Capabilities: lb.Capabilities{Provider: "all", Features: map[lb.Feature]lb.Support{}}}
	for _, l := range leaves() {
		p.Features[l.path] = lb.Support{Supported: true}
		p.Features[l.path+".unset"] = lb.Support{Supported: true}
		p.Features[l.path+".update"] = lb.Support{Supported: true}
	}
	for _, kind := range []lb.Feature{"filter", "route"} {
		for _, field := range matchFields {
			p.Features[kind+".match."+lb.Feature(field)] = lb.Support{Supported: true}
			for _, op := range matchOps {
				p.Features[opFeature(kind, field, op)] = lb.Support{Supported: true}
			}
		}
	}
	p.own = OwnValues{
		Extensions: map[lb.Feature][]lb.Extensions{},
		Plans:      []string{"small", "large"}, Zones: []string{"here", "there"},
		Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")},
	}
	for _, l := range leaves() {
		if strings.HasSuffix(string(l.path), ".extensions") {
			p.own.Extensions[l.path] = []lb.Extensions{lb.Extend(ownOption{"a"}), lb.Extend(ownOption{"b"})}
		}
	}
	return p
}

type ownOption struct {
	Note string `json:"note"`
}

func (ownOption) ExtensionProvider() string { return "all" }

// Each row sets the field that it is called after, to another value each time, and
// leaves it out again.
func TestLeavesSetWhatTheyAreCalledAfter(t *testing.T) {
	t.Parallel()
	p := everything()
	for _, l := range leaves() {
		t.Run(string(l.path), func(t *testing.T) {
			t.Parallel()
			x := newExample(p)
			l.ready(p, &x)
			if got := valueAt(&x, l.path); got != nil {
				t.Errorf("made ready, it is %v", got)
			}
			if l.size(p) == 0 {
				t.Fatal("it has no value")
			}
			seen := map[string]bool{}
			for i := range l.size(p) {
				l.set(p, &x, i)
				got := valueAt(&x, l.path)
				if got == nil {
					t.Errorf("value %d sets nothing", i)
				}
				if secret, ok := got.(lb.Secret); ok {
					got = secret.Reveal()
				}
				seen[fmt.Sprintf("%+v", got)] = true
			}
			_, isSwitch := valueAt(&x, l.path).(bool)
			if two := len(seen) >= 2; !two && !isSwitch && l.path != "backend.onMarkedDown" {
				t.Errorf("it has one value only: %v", slices.Collect(maps.Keys(seen)))
			}
			l.clear(p, &x)
			if got := valueAt(&x, l.path); got != nil {
				t.Errorf("cleared, it is %v", got)
			}
		})
	}
}
