package scaleway

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// dialect is what is known of specs without asking the API. Its methods are pure
// functions of the specs, the zones of the provider and the project of the
// client.
//
// What Scaleway answers as null, because it was never set, is the zero value of
// its field, and stays so: Scaleway's own default applies. What Scaleway always
// answers with a value is filled in.
type dialect struct {
	lb.UnimplementedDialect

	zones []Zone // that load balancers may be in; empty: any
	home  string // what the client creates in where nothing else is said; see owner

	networks bool // WithPrivateNetworks
}

// problems collects all that is wrong with one spec.
type problems struct {
	kind lb.Kind
	list lb.Problems
}

// unsupported says that the value at path is more than Scaleway can do. What to
// do instead is in the table of capabilities.
func (p *problems) unsupported(feature lb.Feature, path string, value any, reason string) {
	p.list = append(p.list, &lb.UnsupportedError{
		Provider: providerName, Feature: feature, Path: path, Value: value, Reason: reason, Hint: features[feature].Hint,
	})
}

// invalid says that the value at path means nothing, to Scaleway at least.
func (p *problems) invalid(path, format string, args ...any) {
	p.list = append(p.list, &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Kind: p.kind,
		Fields: []lb.FieldError{{Path: path, Reason: fmt.Sprintf(format, args...)}},
	})
}

// required refuses an empty text.
func (p *problems) required(feature lb.Feature, path, value string) {
	if strings.TrimSpace(value) == "" {
		p.unsupported(feature+".unset", path, value, "Scaleway has no default for it")
	}
}

// oneOf refuses a value that is not among those of feature; empty is one more.
func (p *problems) oneOf(feature lb.Feature, path, value string) {
	if value == "" {
		return
	}
	if values := features[feature].Values; !slices.Contains(values, value) {
		p.unsupported(feature, path, value, fmt.Sprintf("Scaleway has %s", strings.Join(values, ", ")))
	}
}

// refused refuses any value of a field that Scaleway does not have.
func (p *problems) refused(feature lb.Feature, path string, value any, isSet bool) {
	if isSet {
		p.unsupported(feature, path, value, "Scaleway has no such setting")
	}
}

// duration refuses what the API, which counts in whole milliseconds, cannot hold
// without rounding. Zero stands for a default and is for the caller to handle.
func (p *problems) duration(path string, d lb.Duration, least, most time.Duration) {
	switch value := time.Duration(d); {
	case value == 0:
	case value < least || value > most:
		p.invalid(path, "%s: must be from %s to %s", value, least, most)
	case value%time.Millisecond != 0:
		p.invalid(path, "%s: must be whole milliseconds", value)
	}
}

// number refuses what is out of range.
func (p *problems) number(path string, n, least, most int64) {
	if n < least || n > most {
		p.invalid(path, "%d: must be from %d to %d", n, least, most)
	}
}

// text refuses what does not belong into a name, a header or a path.
func (p *problems) text(path, value string) {
	if !plain.Text(value) {
		p.invalid(path, "%q: holds a control character, or what is not UTF-8", value)
	}
}

// word refuses blanks too, in what stands in a header or a URL.
func (p *problems) word(path, value string) {
	if !plain.Word(value) {
		p.invalid(path, "%q: holds a blank or a control character, or what is not UTF-8", value)
	}
}

// extensionOf reads Scaleway's extension of the spec at path, strictly.
func extensionOf[T lb.Extension](p *problems, path string, all lb.Extensions) (options T, ok bool) {
	options, _, err := lb.ExtensionOf[T](all)
	if err != nil {
		p.invalid(path, "%v", err)
		return options, false
	}
	return options, true
}

// extensionPath is where a spec has its extension.
const extensionPath = "extensions." + providerName

// sortedSet is a set in the one order that it is compared in.
func sortedSet[T ~string](items []T) []T {
	if len(items) == 0 {
		return nil
	}
	set := slices.Clone(items)
	slices.Sort(set)
	return slices.Compact(set)
}

// caused are the problems of after that before did not have: what is live passes
// as long as nobody touches it, whatever the dialect thinks of it.
func caused(before, after lb.Problems) error {
	var fresh lb.Problems
	for _, problem := range after {
		if !slices.ContainsFunc(before, func(b error) bool { return reflect.DeepEqual(b, problem) }) {
			fresh = append(fresh, problem)
		}
	}
	return fresh.Err()
}
