package dialect

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// findings collects what is wrong with one spec.
type findings struct {
	rules    Rules
	kind     lb.Kind
	spec     string      // what the spec's features begin with: "backend"
	at       string      // what its paths begin with: "servers[2]."
	protocol lb.Protocol // of the spec; empty where that has no part in it
	problems lb.Problems
}

func (r Rules) findings(kind lb.Kind, spec, at string) *findings {
	return &findings{rules: r, kind: kind, spec: spec, at: at}
}

// settled is the canonical form of what has no problem.
func settled[T any](canonical T, problems lb.Problems) (T, error) {
	if len(problems) > 0 {
		var none T
		return none, problems
	}
	return canonical, nil
}

// feature is the leaf at a path, without indices.
func (f *findings) feature(path string) lb.Feature {
	var out strings.Builder
	out.WriteString(f.spec + ".")
	for i, part := range strings.Split(path, "[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "]")
		}
		out.WriteString(part)
	}
	return lb.Feature(out.String())
}

func (f *findings) support(feature lb.Feature) (s lb.Support, listed bool) {
	s, listed = f.rules.Capabilities.Features[feature]
	return s, listed
}

// supports reports whether a leaf can be set. A struct that the capabilities do not list
// can be if any of its fields can.
func (f *findings) supports(feature lb.Feature) bool {
	if s, listed := f.support(feature); listed {
		return s.Supported
	}
	for name, s := range f.rules.Capabilities.Features {
		if s.Supported && strings.HasPrefix(string(name), string(feature)+".") && isLeaf()[name] {
			return true
		}
	}
	return false
}

// isLeaf tells the names of leaves from those of other features.
var isLeaf = sync.OnceValue(func() map[lb.Feature]bool {
	all := map[lb.Feature]bool{}
	for _, leaf := range leaves() {
		all[leaf.name] = true
	}
	return all
})

// narrowed reports whether the capabilities take a feature away that others have.
func (f *findings) narrowed(feature lb.Feature) bool {
	s, listed := f.support(feature)
	return !s.Supported && (listed || !f.rules.Lenient && known()[feature])
}

// known tells the features that there are: what narrows filters need not narrow routes.
var known = sync.OnceValue(func() map[lb.Feature]bool {
	all := map[lb.Feature]bool{}
	for feature := range Everything("").Features {
		all[feature] = true
	}
	return all
})

// lacksOnUDP reports whether the spec is about UDP, and the leaf is not.
func (f *findings) lacksOnUDP(leaf lb.Feature) bool {
	s, listed := f.support(leaf + ".udp")
	return f.protocol == lb.ProtocolUDP && listed && !s.Supported
}

// lacks refuses what the capabilities do not have.
func (f *findings) lacks(feature lb.Feature, path string, value any, reason string) {
	s, _ := f.support(feature)
	f.problems = append(f.problems, &lb.UnsupportedError{
		Provider: f.rules.Capabilities.Provider, Feature: feature, Path: f.at + path, Value: value, Reason: reason, Hint: s.Hint,
	})
}

// narrow refuses what a feature takes away, where is says that this is one of its cases.
func (f *findings) narrow(feature lb.Feature, is bool, path string, value any, reason string) {
	if is && f.narrowed(feature) {
		f.lacks(feature, path, value, reason)
	}
}

// invalid refuses what means nothing on any provider, or is beyond a limit.
func (f *findings) invalid(path, format string, args ...any) {
	f.problems = append(f.problems, &lb.Error{
		Code: lb.ErrInvalid, Provider: f.rules.Capabilities.Provider, Kind: f.kind,
		Fields: []lb.FieldError{{Path: f.at + path, Reason: fmt.Sprintf(format, args...)}},
	})
}

// leaf refuses a value that the capabilities do not have, and its absence where they have
// no default. It reports whether the value is worth a closer look: it is there, and so is
// the leaf.
func (f *findings) leaf(path string, value any) bool {
	v := reflect.ValueOf(value)
	set := !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0)
	feature := f.feature(path)
	switch {
	case !f.supports(feature):
		if set {
			f.lacks(feature, path, shownValue(v), "this provider has no such setting")
		}
		return false
	case !set:
		f.unset(feature, path)
		return false
	case f.lacksOnUDP(feature):
		f.lacks(feature+".udp", path, shownValue(v), "it has no meaning with UDP")
		return false
	}
	return f.values(feature, path, v)
}

// unset refuses to leave a leaf out.
func (f *findings) unset(feature lb.Feature, path string) {
	s, listed := f.support(feature + ".unset")
	if _, itself := f.support(feature); !s.Supported && (listed || itself) {
		f.lacks(feature+".unset", path, nil, "this provider has no default for it")
	}
}

// values refuses those that are not among the feature's.
func (f *findings) values(feature lb.Feature, path string, v reflect.Value) bool {
	s, _ := f.support(feature)
	if len(s.Values) == 0 {
		return true
	}
	for _, text := range textsOf(v) {
		if !slices.Contains(s.Values, text) {
			f.lacks(feature, path, shownValue(v), "it has "+strings.Join(s.Values, ", "))
			return false
		}
	}
	return true
}

// textsOf are a value's, or its items', as Support.Values has them.
func textsOf(v reflect.Value) []string {
	switch v.Kind() { //nolint:exhaustive // leaves whose values are listed are of these kinds
	case reflect.String:
		return []string{v.String()}
	case reflect.Int:
		return []string{strconv.FormatInt(v.Int(), 10)}
	case reflect.Uint16:
		return []string{strconv.FormatUint(v.Uint(), 10)}
	case reflect.Bool:
		return []string{strconv.FormatBool(v.Bool())}
	case reflect.Pointer:
		return textsOf(v.Elem())
	case reflect.Slice:
		var out []string
		for i := range v.Len() {
			out = append(out, textsOf(v.Index(i))...)
		}
		return out
	default:
		return nil
	}
}

// shownValue is a value for an error, which shares nothing with the spec.
func shownValue(v reflect.Value) any {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case v.Type() == reflect.TypeFor[lb.Secret]():
		return nil
	case v.Kind() == reflect.Slice:
		return reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v).Interface()
	default:
		return v.Interface()
	}
}

// group is leaf for a struct behind a pointer: it reports whether its fields are worth a
// look.
func (f *findings) group(path string, present bool) bool {
	feature := f.feature(path)
	switch {
	case !present:
		if f.supports(feature) {
			f.unset(feature, path)
		}
		return false
	case !f.supports(feature):
		f.lacks(feature, path, nil, "this provider has no such setting")
		return false
	case f.lacksOnUDP(feature):
		f.lacks(feature+".udp", path, nil, "it has no meaning with UDP")
		return false
	default:
		return true
	}
}

// enum is leaf for an enum, which has to be known where the capabilities list no values.
func (f *findings) enum(path string, value interface{ Known() bool }) {
	if f.leaf(path, value) && !value.Known() {
		f.invalid(path, "%q is not known", value)
	}
}

// fill is a leaf's default, where the capabilities have it.
func fill[T ~string](f *findings, path string, value, standard T) T {
	feature := f.feature(path)
	s, _ := f.support(feature)
	if value != "" || !s.Supported || len(s.Values) > 0 && !slices.Contains(s.Values, string(standard)) {
		return value
	}
	return standard
}

// name checks the name of any object.
func (f *findings) name(name string) {
	if !f.leaf("name", name) {
		return
	}
	f.text("name", name)
	if most := f.rules.Capabilities.Limits.MaxNameLength; most > 0 && utf8.RuneCountInString(name) > most {
		f.invalid("name", "%d characters; there is room for %d", utf8.RuneCountInString(name), most)
	}
}

// text refuses what stands in no name, header or path.
func (f *findings) text(path, value string) {
	if !plain.Text(value) {
		f.invalid(path, "%q holds what is not text", value)
	}
}

// word refuses blanks too.
func (f *findings) word(path, value string) {
	if !plain.Word(value) {
		f.invalid(path, "%q holds a blank, or what is not text", value)
	}
}

func isBlank(r rune) bool { return r <= ' ' || r == 0x7f }

// port checks a port of servers or checks; zero is another port's number.
func (f *findings) port(path string, port uint16) {
	if f.leaf(path, port) {
		f.portLimit(path, port)
	}
}

func (f *findings) portLimit(path string, port uint16) {
	if most := f.rules.Capabilities.Limits.MaxPort; most > 0 && port > most {
		f.invalid(path, "port %d is above %d", port, most)
	}
}

// duration refuses negative ones.
func (f *findings) duration(path string, d lb.Duration) {
	if f.leaf(path, d) && d < 0 {
		f.invalid(path, "%s is negative", d)
	}
}

// number refuses negative ones.
func (f *findings) number(path string, n int) {
	if f.leaf(path, n) && n < 0 {
		f.invalid(path, "%d is negative", n)
	}
}

// set is words in the one order that they are compared in, each once and none empty.
func (f *findings) set(path string, items []string) []string {
	f.leaf(path, items)
	for _, item := range items {
		if item == "" {
			f.invalid(path, "one of them is empty")
		}
		f.text(path, item)
	}
	return sortedSet(items)
}

func sortedSet(items []string) []string {
	if len(items) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(items)))
}
