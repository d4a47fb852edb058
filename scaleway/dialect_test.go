package scaleway

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lbkit/lbkit/lb"
)

// testDialect is that of a provider with two zones and a project.
func testDialect() dialect {
	return dialect{zones: []Zone{"fr-par-1", "nl-ams-1"}, home: testProject}
}

// found is a problem as a table says it: the feature that Scaleway lacks, or
// "invalid", and the path at fault.
type found struct{ what, path string }

const malformed = "invalid"

// findings are the problems in err, which must hold nothing else.
func findings(t *testing.T, err error) []found {
	t.Helper()
	if err == nil {
		return nil
	}
	var all lb.Problems
	if !errors.As(err, &all) {
		t.Fatalf("error is %T %v; want lb.Problems", err, err)
	}
	var out []found
	for _, problem := range all {
		var unsupported *lb.UnsupportedError
		var invalid *lb.Error
		switch {
		case errors.As(problem, &unsupported):
			if unsupported.Provider != "scaleway" || unsupported.Reason == "" {
				t.Errorf("%+v: without provider or reason", unsupported)
			}
			checkDeclared(t, unsupported)
			out = append(out, found{string(unsupported.Feature), unsupported.Path})
		case errors.As(problem, &invalid) && invalid.Code == lb.ErrInvalid && len(invalid.Fields) == 1: //nolint:errorlint // the code itself
			if invalid.Fields[0].Reason == "" || invalid.Kind == "" {
				t.Errorf("%+v: without reason or kind", invalid)
			}
			out = append(out, found{malformed, invalid.Fields[0].Path})
		default:
			t.Errorf("problem is %T %v", problem, problem)
		}
	}
	return out
}

// checkDeclared: what is refused as unsupported, the capabilities know as such,
// or as having a few values.
func checkDeclared(t *testing.T, e *lb.UnsupportedError) {
	t.Helper()
	declared, known := capabilities().Features[e.Feature]
	switch {
	case !known:
		t.Errorf("feature %s is refused and not in the capabilities", e.Feature)
	case e.Hint != declared.Hint:
		t.Errorf("feature %s: hint is %q, the capabilities say %q", e.Feature, e.Hint, declared.Hint)
	case !declared.Supported && e.Hint == "":
		t.Errorf("feature %s: refused without a hint", e.Feature)
	}
}

func checkFindings(t *testing.T, err error, want ...found) {
	t.Helper()
	got := findings(t, err)
	slices.SortFunc(got, compareFound)
	slices.SortFunc(want, compareFound)
	if !slices.Equal(got, want) {
		t.Errorf("problems: got %v, want %v\n%v", got, want, err)
	}
}

func compareFound(a, b found) int {
	if a.path != b.path {
		return compareText(a.path, b.path)
	}
	return compareText(a.what, b.what)
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// checkCanonical compares with what is wanted, and the canonical form of that
// with itself: it must be its own.
func checkCanonical[S lb.Spec](t *testing.T, canonical func(S) (S, error), spec, want S) {
	t.Helper()
	untouched := lb.Clone(spec)
	got, err := canonical(spec)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if !lb.Equal(spec, untouched) {
		t.Errorf("the spec was changed: %s", cmp.Diff(untouched, spec, specOptions))
	}
	if !lb.Equal(got, want) {
		t.Errorf("canonical form (-want +got):\n%s", cmp.Diff(want, got, specOptions))
	}
	again, err := canonical(got)
	if err != nil || !lb.Equal(again, got) {
		t.Errorf("the canonical form is not its own (%v):\n%s", err, cmp.Diff(got, again, specOptions))
	}
}

// specOptions let cmp show specs.
var specOptions = cmp.Options{
	cmp.Comparer(func(a, b lb.Extensions) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b lb.Secret) bool { return a.Equal(b) }),
	cmpopts.EquateComparable(lb.PortRange{}, netip.Addr{}, netip.Prefix{}),
}

// foreign is an extension of another provider.
type foreign struct {
	Setting string `json:"setting"`
}

func (foreign) ExtensionProvider() string { return "elsewhere" }

// misspelled is an extension of this provider with a setting that nobody has.
type misspelled struct {
	Setting string `json:"hots"`
}

func (misspelled) ExtensionProvider() string { return "scaleway" }

func TestLiveProblemsPassUntilTouched(t *testing.T) {
	t.Parallel()
	known := lb.Problems{
		&lb.UnsupportedError{Feature: "backend.algorithm", Path: "algorithm", Value: lb.Algorithm("random")},
	}
	same := lb.Problems{
		&lb.UnsupportedError{Feature: "backend.algorithm", Path: "algorithm", Value: lb.Algorithm("random")},
	}
	if err := caused(known, same); err != nil {
		t.Errorf("a problem that was there before: %v", err)
	}
	other := lb.Problems{
		&lb.UnsupportedError{Feature: "backend.algorithm", Path: "algorithm", Value: lb.Algorithm("uri")},
	}
	if err := caused(known, other); err == nil {
		t.Error("another value of the same field passes")
	}
	if err := caused(nil, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}
