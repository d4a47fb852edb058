package lbtest

import (
	"reflect"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// valueAt is what a leaf of x is set to, in the first of a list; nil where it is not.
func valueAt(x *example, path lb.Feature) any {
	kind, below, _ := strings.Cut(string(path), ".")
	v := inside(specOf(x, kind))
	for name := range strings.SplitSeq(below, ".") {
		if v = inside(v); !v.IsValid() {
			return nil
		}
		v = fieldNamed(v, name)
	}
	if !v.IsValid() || v.IsZero() {
		return nil
	}
	return v.Interface()
}

// specOf is what x has of a kind.
func specOf(x *example, kind string) reflect.Value {
	switch kind {
	case "loadbalancer":
		return reflect.ValueOf(x.LoadBalancer)
	case "frontend":
		return reflect.ValueOf(x.Frontend)
	case "backend":
		return reflect.ValueOf(x.Backend)
	case "server":
		return reflect.ValueOf(x.Servers)
	case "filter":
		return reflect.ValueOf(x.Filters)
	case "route":
		return reflect.ValueOf(x.Routes)
	case "certificate":
		return reflect.ValueOf(x.Certificate)
	case "address":
		return reflect.ValueOf(x.Address)
	default:
		panic("lbtest: no spec of " + kind)
	}
}

// inside is what a pointer points to, or the first item of a list; invalid where there is
// none.
func inside(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) {
		switch {
		case v.Kind() == reflect.Pointer:
			v = v.Elem()
		case v.Len() == 0:
			return reflect.Value{}
		default:
			v = v.Index(0)
		}
	}
	return v
}

// fieldNamed is the field of a struct with a name in paths.
func fieldNamed(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if tag == name || tag == "-" && strings.EqualFold(v.Type().Field(i).Name, name) {
			return v.Field(i)
		}
	}
	panic("lbtest: " + v.Type().String() + " has no field " + name)
}
