package lb_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// fill gives v a value drawn from rt. It knows every kind of field that a spec may have:
// a spec with another one fails here first.
func fill(rt *rapid.T, v reflect.Value) {
	if leaf, ok := drawLeaf(rt, v.Type()); ok {
		v.Set(leaf)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.StringN(0, 3, -1).Draw(rt, "string"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(rt, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(rapid.IntRange(0, 3).Draw(rt, "int")))
	case reflect.Uint16:
		v.SetUint(uint64(rapid.Uint16Range(0, 3).Draw(rt, "uint16")))
	case reflect.Pointer:
		if rapid.Bool().Draw(rt, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(rt, v.Elem())
		}
	case reflect.Slice:
		length := rapid.IntRange(-1, 2).Draw(rt, "length")
		if length < 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), length, length))
		for i := range length {
			fill(rt, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rt, v.Field(i))
		}
	default:
		rt.Fatalf("a spec has a field of type %s, which Clone, Equal and Diff do not know", v.Type())
	}
}

// drawLeaf draws values of the types that count as one value.
func drawLeaf(rt *rapid.T, t reflect.Type) (reflect.Value, bool) {
	draw := func(values ...any) (reflect.Value, bool) {
		return reflect.ValueOf(rapid.SampledFrom(values).Draw(rt, t.String())), true
	}
	switch t {
	case reflect.TypeFor[netip.Addr]():
		return draw(netip.Addr{}, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("fe80::1%eth0"))
	case reflect.TypeFor[netip.Prefix]():
		return draw(netip.Prefix{}, netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.0/24"))
	case reflect.TypeFor[lb.PortRange]():
		return draw(lb.Port(1), lb.Port(2), lb.PortRange{From: 1, To: 2})
	case reflect.TypeFor[lb.Secret]():
		return draw(lb.Secret{}, lb.NewSecret("a"), lb.NewSecret("b"))
	case reflect.TypeFor[lb.Extensions]():
		return draw(lb.Extensions{}, lb.Extend(otherOptions{Text: "a"}), lb.Extend(otherOptions{Text: "b"}),
			lb.Extend(otherOptions{Text: "a"}, cloudOptions{Zone: "a"}))
	default:
		return reflect.Value{}, false
	}
}

func drawSpec[S lb.Spec](rt *rapid.T) S {
	var spec S
	fill(rt, reflect.ValueOf(&spec).Elem())
	return spec
}

// place is one leaf of a spec: what a user would call a field.
type place struct {
	path  string
	value reflect.Value
}

// placesOf walks v by its own rules, through pointers and items, to all that can be set.
func placesOf(path string, v reflect.Value) []place {
	opaque := []reflect.Type{
		reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.Prefix](), reflect.TypeFor[lb.PortRange](),
		reflect.TypeFor[lb.Secret](), reflect.TypeFor[lb.Extensions](),
	}
	var places []place
	switch {
	case v.Kind() == reflect.Struct && !slices.Contains(opaque, v.Type()):
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "-" {
				name = strings.ToLower(v.Type().Field(i).Name)
			}
			places = append(places, placesOf(strings.TrimPrefix(path+"."+name, "."), v.Field(i))...)
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		places = placesOf(path, v.Elem())
	case v.Kind() == reflect.Slice && v.Len() > 0:
		for i := range v.Len() {
			places = append(places, placesOf(path, v.Index(i))...)
		}
	default:
		places = []place{{path, v}}
	}
	return places
}

// change gives a leaf another value.
func change(rt *rapid.T, v reflect.Value) {
	switch value := v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.MustParseAddr("192.0.2.99")))
	case netip.Prefix:
		v.Set(reflect.ValueOf(netip.MustParsePrefix("192.0.2.0/24")))
	case lb.PortRange:
		v.Set(reflect.ValueOf(lb.PortRange{From: value.From + 10, To: value.To + 10}))
	case lb.Secret:
		v.Set(reflect.ValueOf(lb.NewSecret(value.Reveal() + "x")))
	case lb.Extensions:
		v.Set(reflect.ValueOf(value.With(otherOptions{Text: "changed"})))
	default:
		changePlain(rt, v)
	}
}

func changePlain(rt *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint16:
		v.SetUint(v.Uint() + 1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	default:
		rt.Fatalf("a spec has a leaf of type %s", v.Type())
	}
}

// dump shows all of a spec, and what JSON leaves out, without the package's own walk.
func dump(v reflect.Value) string {
	var b strings.Builder
	for _, p := range placesOf("", v) {
		value := p.value.Interface()
		if secret, ok := value.(lb.Secret); ok {
			value = secret.Reveal()
		}
		fmt.Fprintf(&b, "%s=%#v\n", p.path, value)
	}
	return b.String()
}

func dumpOf[S lb.Spec](spec *S) string { return dump(reflect.ValueOf(spec).Elem()) }

// forEverySpec runs one law for every type of spec.
func forEverySpec(t *testing.T, law lawOf) {
	t.Helper()
	run := func(name string, property func(*rapid.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, property)
		})
	}
	run("LoadBalancerSpec", law.loadBalancer)
	run("FrontendSpec", law.frontend)
	run("BackendSpec", law.backend)
	run("ServerSpec", law.server)
	run("FilterSpec", law.filter)
	run("RouteSpec", law.route)
	run("CertificateSpec", law.certificate)
	run("AddressSpec", law.address)
}

// lawOf is one law, instantiated for every type of spec.
type lawOf struct {
	loadBalancer, frontend, backend, server, filter, route, certificate, address func(*rapid.T)
}

func TestCloneEqualsAndSharesNothing(t *testing.T) {
	t.Parallel()
	forEverySpec(t, lawOf{
		cloneLaw[lb.LoadBalancerSpec], cloneLaw[lb.FrontendSpec], cloneLaw[lb.BackendSpec], cloneLaw[lb.ServerSpec],
		cloneLaw[lb.FilterSpec], cloneLaw[lb.RouteSpec], cloneLaw[lb.CertificateSpec], cloneLaw[lb.AddressSpec],
	})
}

func cloneLaw[S lb.Spec](rt *rapid.T) {
	spec := drawSpec[S](rt)
	before := dumpOf(&spec)
	clone := lb.Clone(spec)
	if !lb.Equal(spec, clone) || dumpOf(&clone) != before {
		rt.Fatalf("the clone differs:\n%s\nof\n%s", dumpOf(&clone), before)
	}
	for _, p := range placesOf("", reflect.ValueOf(&clone).Elem()) {
		change(rt, p.value)
	}
	if after := dumpOf(&spec); after != before {
		rt.Fatalf("changing the clone changed the original from\n%s\nto\n%s", before, after)
	}
}

func TestEqualAndDiffAgree(t *testing.T) {
	t.Parallel()
	forEverySpec(t, lawOf{
		diffLaw[lb.LoadBalancerSpec], diffLaw[lb.FrontendSpec], diffLaw[lb.BackendSpec], diffLaw[lb.ServerSpec],
		diffLaw[lb.FilterSpec], diffLaw[lb.RouteSpec], diffLaw[lb.CertificateSpec], diffLaw[lb.AddressSpec],
	})
}

func diffLaw[S lb.Spec](rt *rapid.T) {
	a, b := drawSpec[S](rt), drawSpec[S](rt)
	changes := lb.Diff(a, b)
	if equal := lb.Equal(a, b); equal != (len(changes) == 0) {
		rt.Fatalf("Equal is %t, and Diff is %v", equal, changes)
	}
	if lb.Equal(a, b) != lb.Equal(b, a) {
		rt.Fatal("Equal depends on which comes first")
	}
	back := lb.Diff(b, a)
	if len(back) != len(changes) {
		rt.Fatalf("Diff is %v one way and %v the other", changes, back)
	}
	for i := range changes {
		if changes[i].Path != back[i].Path || !reflect.DeepEqual(changes[i].Before, back[i].After) {
			rt.Fatalf("Diff is %v one way and %v the other", changes[i], back[i])
		}
	}
}

func TestOneChangeIsOneChange(t *testing.T) {
	t.Parallel()
	forEverySpec(t, lawOf{
		changeLaw[lb.LoadBalancerSpec], changeLaw[lb.FrontendSpec], changeLaw[lb.BackendSpec], changeLaw[lb.ServerSpec],
		changeLaw[lb.FilterSpec], changeLaw[lb.RouteSpec], changeLaw[lb.CertificateSpec], changeLaw[lb.AddressSpec],
	})
}

func changeLaw[S lb.Spec](rt *rapid.T) {
	before := drawSpec[S](rt)
	after := lb.Clone(before)
	p := rapid.SampledFrom(placesOf("", reflect.ValueOf(&after).Elem())).Draw(rt, "place")
	change(rt, p.value)
	if lb.Equal(before, after) {
		rt.Fatalf("Equal does not see a change of %s", p.path)
	}
	changes := lb.Diff(before, after)
	if len(changes) != 1 {
		rt.Fatalf("Diff after a change of %s is %v", p.path, changes)
	}
	if path := changes[0].Path; path != p.path && !strings.HasPrefix(p.path, path+".") && path != p.path+".other" {
		rt.Fatalf("Diff after a change of %s names %s", p.path, path)
	}
}

func TestSpecJSONReadsBack(t *testing.T) {
	t.Parallel()
	forEverySpec(t, lawOf{
		jsonLaw[lb.LoadBalancerSpec], jsonLaw[lb.FrontendSpec], jsonLaw[lb.BackendSpec], jsonLaw[lb.ServerSpec],
		jsonLaw[lb.FilterSpec], jsonLaw[lb.RouteSpec], jsonLaw[lb.CertificateSpec], jsonLaw[lb.AddressSpec],
	})
}

func jsonLaw[S lb.Spec](rt *rapid.T) {
	spec := drawSpec[S](rt)
	b, err := json.Marshal(spec)
	if err != nil {
		rt.Fatal(err)
	}
	var again S
	if err := json.Unmarshal(b, &again); err != nil {
		rt.Fatal(err)
	}
	changes := slices.DeleteFunc(lb.Diff(spec, again), func(c lb.Change) bool { return c.Path == "key" })
	if len(changes) > 0 {
		rt.Fatalf("%s reads back with %v", b, changes)
	}
}

func TestEqualTakesNilAndEmptyAlike(t *testing.T) {
	t.Parallel()
	empty := lb.FrontendSpec{
		Ports: []lb.PortRange{}, Certificates: []lb.CertificateID{}, Addresses: []netip.Prefix{}, SetHeaders: []lb.Header{},
	}
	if !lb.Equal(lb.FrontendSpec{}, empty) || !lb.Equal(empty, lb.FrontendSpec{}) {
		t.Error("a nil slice and an empty one differ")
	}
	a := lb.FilterSpec{Match: lb.Match{{Field: lb.FieldPath, Values: []string{}}}}
	if !lb.Equal(a, lb.FilterSpec{Match: lb.Match{{Field: lb.FieldPath}}}) {
		t.Error("a nil slice and an empty one differ inside of an item")
	}
}

func TestEqualTellsApart(t *testing.T) {
	t.Parallel()
	for name, equal := range map[string]bool{
		"no retries and the default": lb.Equal(lb.BackendSpec{MaxRetries: number(0)}, lb.BackendSpec{}),
		"no check and an empty one":  lb.Equal(lb.BackendSpec{HealthCheck: &lb.HealthCheck{}}, lb.BackendSpec{}),
		"two orders":                 lb.Equal(lb.LoadBalancerSpec{Tags: []string{"a", "b"}}, lb.LoadBalancerSpec{Tags: []string{"b", "a"}}),
		"a list and its beginning":   lb.Equal(lb.LoadBalancerSpec{Tags: []string{"a", "b"}}, lb.LoadBalancerSpec{Tags: []string{"a"}}),
		"an address and it in IPv6": lb.Equal(
			lb.ServerSpec{Address: netip.MustParseAddr("10.0.0.1")}, lb.ServerSpec{Address: netip.MustParseAddr("::ffff:10.0.0.1")}),
		"secrets": lb.Equal(lb.CertificateSpec{Key: lb.NewSecret("a")}, lb.CertificateSpec{Key: lb.NewSecret("b")}),
	} {
		if equal {
			t.Errorf("%s are equal", name)
		}
	}
	if !lb.Equal(lb.CertificateSpec{Key: lb.NewSecret("a")}, lb.CertificateSpec{Key: lb.NewSecret("a")}) {
		t.Error("two secrets of one content differ")
	}
}

func TestSpecsHaveNoMethods(t *testing.T) {
	t.Parallel()
	for _, spec := range []any{
		&lb.LoadBalancerSpec{}, &lb.FrontendSpec{}, &lb.BackendSpec{}, &lb.ServerSpec{}, &lb.FilterSpec{}, &lb.RouteSpec{},
		&lb.CertificateSpec{}, &lb.AddressSpec{},
	} {
		if n := reflect.TypeOf(spec).NumMethod(); n != 0 {
			t.Errorf("%T has %d methods, which the structs that embed it would have too", spec, n)
		}
	}
}
