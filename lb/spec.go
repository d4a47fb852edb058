package lb

import (
	"net/netip"
	"reflect"
	"strings"
)

// Spec is any desired state.
type Spec interface {
	LoadBalancerSpec | FrontendSpec | BackendSpec | ServerSpec | FilterSpec | RouteSpec | CertificateSpec | AddressSpec
}

// Clone returns a copy that shares nothing with spec: changing one leaves the
// other as it is.
func Clone[S Spec](spec S) S {
	detach(reflect.ValueOf(&spec).Elem())
	return spec
}

// Equal reports whether a and b desire the same, field by field: a nil slice is an
// empty one, pointers are compared by what they point to (nil equals nil alone:
// no health check is not a health check of defaults), secrets and extensions by
// their content, slices in order.
//
// It knows no provider: a field left out is not equal to the same field set to a
// provider's default. For that, compare what the provider's Dialect returns.
func Equal[S Spec](a, b S) bool {
	return same(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
}

// leafTypes are compared and copied as one value, although they are structs.
var leafTypes = map[reflect.Type]bool{
	reflect.TypeFor[netip.Addr]():   true,
	reflect.TypeFor[netip.Prefix](): true,
	reflect.TypeFor[PortRange]():    true,
	reflect.TypeFor[Secret]():       true,
	reflect.TypeFor[Extensions]():   true,
}

func isStruct(t reflect.Type) bool { return t.Kind() == reflect.Struct && !leafTypes[t] }

// detach gives v, which is a copy already, copies of all that it points to.
func detach(v reflect.Value) {
	switch {
	case isStruct(v.Type()):
		for i := range v.NumField() {
			detach(v.Field(i))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		copied := reflect.New(v.Type().Elem())
		copied.Elem().Set(v.Elem())
		detach(copied.Elem())
		v.Set(copied)
	case v.Kind() == reflect.Slice && !v.IsNil():
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		for i := range v.Len() {
			detach(copied.Index(i))
		}
		v.Set(copied)
	default: // Secret and Extensions are immutable, the rest are plain values
	}
}

// same compares two values of one type as Equal does.
func same(a, b reflect.Value) bool {
	switch {
	case isStruct(a.Type()):
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case a.Kind() == reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return same(a.Elem(), b.Elem())
	case a.Kind() == reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	default:
		return sameLeaf(a, b)
	}
}

func sameLeaf(a, b reflect.Value) bool {
	switch a := a.Interface().(type) {
	case Secret:
		return a.Equal(b.Interface().(Secret))
	case Extensions:
		return a.Equal(b.Interface().(Extensions))
	default:
		return a == b.Interface()
	}
}

// pathName is the name of a field in a path: its JSON name, or, where it is kept
// out of JSON, what that would be.
func pathName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		return strings.ToLower(field.Name[:1]) + field.Name[1:]
	}
	return name
}
