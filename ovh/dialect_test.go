package ovh

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// specsEqual lets cmp look into specs.
var specsEqual = cmp.Options{
	cmp.Comparer(func(a, b lb.Extensions) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// refusals writes problems in short: "unsupported FEATURE at PATH" or "invalid at
// PATH".
func refusals(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems lb.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("%v: not lb.Problems", err)
	}
	var out []string
	for _, problem := range problems {
		var no *lb.UnsupportedError
		var bad *lb.Error
		switch {
		case errors.As(problem, &no):
			if no.Provider != "ovh" || no.Reason == "" || !errors.Is(problem, lb.ErrUnsupported) {
				t.Errorf("%#v: provider, reason or ErrUnsupported is missing", no)
			}
			out = append(out, fmt.Sprintf("unsupported %s at %s", no.Feature, no.Path))
		case errors.As(problem, &bad):
			if bad.Provider != "ovh" || bad.Kind == "" || !errors.Is(problem, lb.ErrInvalid) || len(bad.Fields) != 1 || bad.Fields[0].Reason == "" {
				t.Errorf("%#v: provider, kind, ErrInvalid or the field is missing", bad)
			}
			out = append(out, "invalid at "+bad.Fields[0].Path)
		default:
			t.Errorf("%#v is no problem of a dialect", problem)
		}
	}
	return out
}

// checkHints holds that what is refused as unsupported is a feature that
// Capabilities lack, with a hint, or one of which they have some values only.
func checkHints(t *testing.T, err error) {
	t.Helper()
	var problems lb.Problems
	if !errors.As(err, &problems) {
		return
	}
	for _, problem := range problems {
		var no *lb.UnsupportedError
		if !errors.As(problem, &no) {
			continue
		}
		support, declared := capabilities().Features[no.Feature]
		switch {
		case !declared && !strings.Contains(string(no.Feature), ".extensions.ovh."):
			t.Errorf("%s is refused and not among the capabilities", no.Feature)
		case declared && !support.Supported && (no.Hint == "" || no.Hint != support.Hint):
			t.Errorf("%s is refused with hint %q, declared with %q", no.Feature, no.Hint, support.Hint)
		}
	}
}

// unmodified fails if do changes spec through what it shares with it.
func unmodified[S lb.Spec](t *testing.T, spec S, do func(S)) {
	t.Helper()
	before := lb.Clone(spec)
	do(spec)
	if !lb.Equal(before, spec) {
		t.Errorf("the spec given was changed: %v", lb.Diff(before, spec))
	}
}

func seconds(n int) lb.Duration { return lb.Duration(time.Duration(n) * time.Second) }

// TestEveryLeafIsDeclared holds that each leaf of the specs that OVH's provider
// takes is among its capabilities, and whether it can be left out and changed.
func TestEveryLeafIsDeclared(t *testing.T) {
	t.Parallel()
	all := capabilities().Features
	for leaf, spec := range map[string]reflect.Type{
		"loadbalancer": reflect.TypeFor[lb.LoadBalancerSpec](),
		"frontend":     reflect.TypeFor[lb.FrontendSpec](),
		"backend":      reflect.TypeFor[lb.BackendSpec](),
		"server":       reflect.TypeFor[lb.ServerSpec](),
	} {
		for _, path := range leafPaths(leaf, spec) {
			feature := lb.Feature(path)
			support, declared := all[feature]
			if !declared {
				t.Errorf("%s is not declared", feature)
			}
			if !support.Supported && support.Hint == "" {
				t.Errorf("%s has no hint", feature)
			}
		}
	}
	for feature, support := range all {
		if !support.Supported && support.Hint == "" {
			t.Errorf("%s has no hint", feature)
		}
	}
}

// leafPaths are the JSON paths of the leaves of a spec, pointers to structs both as
// a leaf and with theirs.
func leafPaths(prefix string, t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		path := prefix + "." + name
		out = append(out, path)
		if field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct {
			out = append(out, leafPaths(path, field.Type.Elem())...)
		}
	}
	return out
}

func TestCapabilitiesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	c := capabilities()
	c.Features["backend.algorithm"].Values[0] = "changed"
	delete(c.Features, "backend.name")
	again := capabilities()
	if !again.Has("backend.name") || again.Features["backend.algorithm"].Values[0] != "roundrobin" {
		t.Error("changing what Capabilities returned changes what it returns next")
	}
}

func TestUnchangedKeepsNewProblemsAlone(t *testing.T) {
	t.Parallel()
	problem := func(path string, value any) error {
		return &lb.UnsupportedError{Feature: lb.Feature("backend." + path), Path: path, Value: value}
	}
	before := lb.Problems{problem("maxRetries", 3), problem("cookieName", "a")}
	after := lb.Problems{problem("maxRetries", 3), problem("cookieName", "b"), problem("queueTimeout", 1)}
	got := refusalsOf(unchanged(before, after))
	if want := []string{"cookieName b", "queueTimeout 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func refusalsOf(problems lb.Problems) []string {
	var out []string
	for _, p := range problems {
		var no *lb.UnsupportedError
		if errors.As(p, &no) {
			out = append(out, fmt.Sprint(no.Path, " ", no.Value))
		}
	}
	return out
}
