package lbtest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// leaf is a field of a Spec, as a row of the table that [leaves] returns: what it
// can be set to, and what has to stand beside it. A pointer to a struct and a match
// are leaves, and so is each of their fields; a header is one value.
//
// A row is tried in an [example]. The calls, in their order:
//
//	x := newExample(p)  // a small configuration that p's provider accepts
//	l.ready(p, &x)      // what the leaf needs beside it; the leaf itself is left out
//	l.set(p, &x, 0)     // its first value, of l.size(p)
//	l.set(p, &x, 1)     // another one, where l.size(p) > 1
//	l.clear(p, &x)      // left out again
//
// Values come from the provider's Capabilities: where Support.Values names some,
// those alone. [leaf.beyond] and [leaf.setBeyond] give the others, which have to be
// refused. Of a leaf that the provider lacks every value is given by set.
type leaf struct {
	path  lb.Feature // "backend.healthCheck.timeout"
	field field
	fit   func(p profile, x *example) // what it needs; nil: nothing
	then  func(p profile, x *example) // what goes along with a value, after it is set or cleared; nil: nothing
}

// field is the place of a leaf's value in an example, and the values.
type field interface {
	size(p profile, path lb.Feature, allowed bool) int
	put(p profile, path lb.Feature, x *example, allowed bool, i int)
	clear(x *example)
}

// example is a small configuration of one load balancer. What refers to another
// object does so by name ("one", "two"): who writes it puts IDs there. Backends
// with these names are of the frontend's protocol.
type example struct {
	LoadBalancer lb.LoadBalancerSpec
	Frontend     lb.FrontendSpec // of filters and routes too
	Backend      lb.BackendSpec
	Servers      []lb.ServerSpec // of Backend; server leaves are those of the first
	Filters      []lb.FilterSpec // filter leaves are those of the first
	Routes       []lb.RouteSpec  // route leaves are those of the first
	Certificate  lb.CertificateSpec
	Address      lb.AddressSpec
}

func (x *example) clone() example {
	out := example{
		LoadBalancer: lb.Clone(x.LoadBalancer), Frontend: lb.Clone(x.Frontend), Backend: lb.Clone(x.Backend),
		Certificate: lb.Clone(x.Certificate), Address: lb.Clone(x.Address),
	}
	for _, server := range x.Servers {
		out.Servers = append(out.Servers, lb.Clone(server))
	}
	for _, filter := range x.Filters {
		out.Filters = append(out.Filters, lb.Clone(filter))
	}
	for _, route := range x.Routes {
		out.Routes = append(out.Routes, lb.Clone(route))
	}
	return out
}

// profile is what is known of a provider without I/O: what examples are built from.
type profile struct {
	lb.Capabilities
	dialect lb.Dialect // nil: none is asked
	own     OwnValues
}

// kind is the kind of resource that the leaf belongs to.
func (l leaf) kind() lb.Kind {
	kind, _, _ := strings.Cut(string(l.path), ".")
	if kind == "loadbalancer" {
		return lb.KindLoadBalancer
	}
	return lb.Kind(kind)
}

// size is how many values set takes. It is 0 where only the provider could name one
// and has not (see [OwnValues]).
func (l leaf) size(p profile) int { return l.field.size(p, l.path, true) }

// beyond is how many values setBeyond takes: those that Capabilities leave out.
func (l leaf) beyond(p profile) int { return l.field.size(p, l.path, false) }

// ready makes x a place for the leaf, in which it is not set.
func (l leaf) ready(p profile, x *example) {
	if l.fit != nil {
		l.fit(p, x)
	}
	l.clear(p, x)
}

// set gives the leaf of x its value number i, and what goes along with that.
func (l leaf) set(p profile, x *example, i int) {
	l.field.put(p, l.path, x, true, i)
	l.settle(p, x)
}

// setBeyond gives the leaf of x value number i of those that the provider lacks.
func (l leaf) setBeyond(p profile, x *example, i int) {
	l.field.put(p, l.path, x, false, i)
	l.settle(p, x)
}

// clear leaves the leaf of x out.
func (l leaf) clear(p profile, x *example) {
	l.field.clear(x)
	l.settle(p, x)
}

func (l leaf) settle(p profile, x *example) {
	if l.then != nil {
		l.then(p, x)
	}
}

// fieldOf is a field of type T: where it is, and what it may be set to.
type fieldOf[T any] struct {
	at     func(*example) *T // makes what the field is in, where that is missing
	values func(profile) []T
}

func (f fieldOf[T]) size(p profile, path lb.Feature, allowed bool) int {
	return len(f.choose(p, path, allowed))
}

func (f fieldOf[T]) put(p profile, path lb.Feature, x *example, allowed bool, i int) {
	*f.at(x) = f.choose(p, path, allowed)[i]
}

func (f fieldOf[T]) clear(x *example) {
	var zero T
	*f.at(x) = zero
}

// choose are the values that the provider takes, or those that it does not. Values with a
// part that it lacks are neither, where it has others.
func (f fieldOf[T]) choose(p profile, path lb.Feature, allowed bool) []T {
	all := slices.DeleteFunc(f.values(p), func(value T) bool { return p.takes(path, value) != allowed })
	if whole := slices.DeleteFunc(slices.Clone(all), func(value T) bool { return !p.affords(path, value) }); allowed && len(whole) > 0 {
		return whole
	}
	return all
}

// affords reports whether the provider has each part of a value that is a struct, as far as
// it is set: a check's request with a host needs more than one with a path.
func (p profile) affords(path lb.Feature, value any) bool {
	v := reflect.ValueOf(value)
	if !p.Has(path) || v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
		return true
	}
	for i := range v.Elem().NumField() {
		name, _, _ := strings.Cut(v.Elem().Type().Field(i).Tag.Get("json"), ",")
		if name != "-" && !v.Elem().Field(i).IsZero() && !p.Has(path+"."+lb.Feature(name)) {
			return false
		}
	}
	return true
}

// takes reports whether Capabilities leave value to a leaf. They leave every value to
// one that is refused altogether, so that there is one to refuse.
func (p profile) takes(path lb.Feature, value any) bool {
	support := p.Features[path]
	if !support.Supported || len(support.Values) == 0 {
		return true
	}
	return slices.Contains(support.Values, plain(value))
}

// plain is a value as Support.Values writes it.
func plain(value any) string {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() {
		return ""
	}
	return fmt.Sprint(v.Interface())
}

// allowed are those of values that the provider has for the feature, in their order.
func allowed[T any](p profile, path lb.Feature, values ...T) []T {
	if !p.Has(path) {
		return nil
	}
	return slices.DeleteFunc(values, func(value T) bool { return !p.takes(path, value) })
}

// row is a leaf that takes the same values everywhere, as far as Capabilities allow.
func row[T any](path lb.Feature, at func(*example) *T, values ...T) leaf {
	return rowOf(path, at, func(profile) []T { return slices.Clone(values) })
}

// rowOf is a leaf whose values depend on the provider.
func rowOf[T any](path lb.Feature, at func(*example) *T, values func(profile) []T) leaf {
	return leaf{path: path, field: fieldOf[T]{at: at, values: values}}
}

// with adds what the leaf needs beside it.
func (l leaf) with(fit func(p profile, x *example)) leaf {
	l.fit = fit
	return l
}

// and adds what goes along with each value.
func (l leaf) and(then func(p profile, x *example)) leaf {
	l.then = then
	return l
}

// leaves is the table: a row for each leaf of the Spec types, in their order. A test
// proves by reflection that none is missing.
func leaves() []leaf {
	return slices.Concat(
		loadBalancerLeaves(), frontendLeaves(), backendLeaves(), checkLeaves(), serverLeaves(),
		filterLeaves(), routeLeaves(), certificateLeaves(), addressLeaves(),
	)
}
