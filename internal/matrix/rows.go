package main

import (
	"cmp"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// kind is a group of rows.
type kind struct {
	title   string
	service lb.Feature // what the features of its calls begin with; empty: it has no own
	leaf    lb.Feature // what the features of its settings begin with
	spec    reflect.Type
}

func kinds() []kind {
	return []kind{
		{"Load balancers", "loadbalancers", "loadbalancer", reflect.TypeFor[lb.LoadBalancerSpec]()},
		{"Addresses", "addresses", "address", reflect.TypeFor[lb.AddressSpec]()},
		{"Frontends", "frontends", "frontend", reflect.TypeFor[lb.FrontendSpec]()},
		{"Backends", "backends", "backend", reflect.TypeFor[lb.BackendSpec]()},
		{"Servers", "servers", "server", reflect.TypeFor[lb.ServerSpec]()},
		{"Filters", "filters", "filter", reflect.TypeFor[lb.FilterSpec]()},
		{"Routes", "routes", "route", reflect.TypeFor[lb.RouteSpec]()},
		{"Certificates", "certificates", "certificate", reflect.TypeFor[lb.CertificateSpec]()},
	}
}

// row is a line of the matrix: a setting or a call, and what each cloud makes of it.
type row struct {
	name    string
	cells   []string
	instead string
}

// rows are those of one kind: the calls that not every cloud has, then the settings in
// the order of the spec, each with what goes beyond it. Conditions of matches have a
// table of their own.
func (k kind) rows(clouds []cloud) []row {
	var out []row
	for _, feature := range features(clouds) {
		if call, ok := strings.CutPrefix(string(feature), string(k.service)+"."); ok && !everywhere(clouds, feature) {
			out = append(out, rowOf(clouds, feature, "call `"+call+"`"))
		}
	}
	leaves := fields(string(k.leaf), k.spec)
	var settings []lb.Feature
	for _, feature := range features(clouds) {
		if strings.HasPrefix(string(feature), string(k.leaf)+".") && k.shown(clouds, leaves, feature) {
			settings = append(settings, feature)
		}
	}
	slices.SortFunc(settings, func(a, b lb.Feature) int {
		return cmp.Or(cmp.Compare(place(leaves, a), place(leaves, b)), cmp.Compare(a, b))
	})
	for _, feature := range settings {
		out = append(out, rowOf(clouds, feature, "`"+strings.TrimPrefix(string(feature), string(k.leaf)+".")+"`"))
	}
	return out
}

// shown leaves out what another row says already: whether a setting can be left out or
// changed is in its own row, and what narrows it in no cloud goes without saying.
func (k kind) shown(clouds []cloud, leaves []lb.Feature, feature lb.Feature) bool {
	switch {
	case strings.HasPrefix(string(feature), string(k.leaf)+".match."), strings.Contains(string(feature), ".extensions."):
		return false
	case slices.Contains(leaves, feature):
		return true
	case strings.HasSuffix(string(feature), ".unset"), strings.HasSuffix(string(feature), ".update"):
		return false
	default:
		return !everywhere(clouds, feature) && !nowhere(clouds, feature)
	}
}

func everywhere(clouds []cloud, feature lb.Feature) bool {
	return !slices.ContainsFunc(clouds, func(c cloud) bool { return !c.Has(feature) })
}

func nowhere(clouds []cloud, feature lb.Feature) bool {
	return !slices.ContainsFunc(clouds, func(c cloud) bool { return c.Has(feature) })
}

// features are all that any cloud names, sorted.
func features(clouds []cloud) []lb.Feature {
	all := map[lb.Feature]bool{}
	for _, c := range clouds {
		for feature := range c.Features {
			all[feature] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// place is where a feature belongs: to the longest path of a field that it begins with.
func place(leaves []lb.Feature, feature lb.Feature) int {
	for i, leaf := range slices.Backward(leaves) {
		if feature == leaf || strings.HasPrefix(string(feature), string(leaf)+".") {
			return i
		}
	}
	return -1
}

// fields are the paths of the fields of a spec, those behind pointers too, in order.
func fields(prefix string, t reflect.Type) []lb.Feature {
	var out []lb.Feature
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" { // kept out of JSON
			name = strings.ToLower(field.Name)
		}
		path := prefix + "." + name
		out = append(out, lb.Feature(path))
		if inner := field.Type; inner.Kind() == reflect.Pointer && inner.Elem().Kind() == reflect.Struct && inner.Elem() != reflect.TypeFor[netip.Addr]() {
			out = append(out, fields(path, inner.Elem())...)
		}
	}
	return out
}

// rowOf is the row of one feature.
func rowOf(clouds []cloud, feature lb.Feature, name string) row {
	r := row{name: name}
	var hints []string
	for _, c := range clouds {
		r.cells = append(r.cells, cell(clouds, c, feature))
		if hint := hintOf(clouds, c, feature); hint != "" {
			hints = append(hints, c.name+": "+hint)
		}
	}
	r.instead = strings.Join(hints, "; ")
	return r
}

// cell is what a cloud makes of a feature.
func cell(clouds []cloud, c cloud, feature lb.Feature) string {
	support, listed := c.Features[feature]
	text := "yes"
	switch {
	case !listed:
		return ""
	case !support.Supported:
		return "–"
	case support.Emulated:
		text = "emulated"
	case !hasEveryValue(clouds, c, feature):
		text = strings.Join(support.Values, ", ")
	}
	if unset, ok := c.Features[feature+".unset"]; ok && !unset.Supported {
		text += ", needed"
	}
	if update, ok := c.Features[feature+".update"]; ok && !update.Supported {
		text += ", fixed"
	}
	return text
}

// hasEveryValue reports whether a cloud has all values of a feature that any has.
func hasEveryValue(clouds []cloud, c cloud, feature lb.Feature) bool {
	values := c.Features[feature].Values
	if values == nil {
		return true
	}
	for _, other := range clouds {
		support := other.Features[feature]
		if support.Supported && support.Values == nil {
			return false
		}
		for _, value := range support.Values {
			if !slices.Contains(values, value) {
				return false
			}
		}
	}
	return true
}

// hintOf is what to do instead where a cloud lacks a feature or some of it.
func hintOf(clouds []cloud, c cloud, feature lb.Feature) string {
	support := c.Features[feature]
	if support.Supported && !support.Emulated && hasEveryValue(clouds, c, feature) {
		return ""
	}
	if support.Supported && strings.HasPrefix(support.Hint, "use ") { // the values are in the cell
		return ""
	}
	return support.Hint
}
