package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

func TestReadmeIsCurrent(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	matrix, err := current()
	if err != nil {
		t.Fatal(err)
	}
	want, err := replace(text, matrix)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Errorf("the matrix of README.md is stale: 'go run ./internal/matrix' writes it anew (-want +got):\n%s", diff)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	got, err := replace([]byte("before\n"+begin+"old\n"+end+"after\n"), "new\n")
	if want := "before\n" + begin + "new\n" + end + "after\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	for _, text := range []string{"", begin, end, end + begin} {
		if _, err := replace([]byte(text), "new\n"); !errors.Is(err, errMarkers) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Each setting of each spec has a row, once, but for the parts of matches.
func TestEverySettingHasARow(t *testing.T) {
	t.Parallel()
	clouds, err := providers()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds() {
		count := map[string]int{}
		for _, r := range k.rows(clouds) {
			count[r.name]++
		}
		for _, field := range fields(string(k.leaf), k.spec) {
			name := "`" + strings.TrimPrefix(string(field), string(k.leaf)+".") + "`"
			if count[name] != 1 {
				t.Errorf("%s has %d rows", field, count[name])
			}
		}
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	yes, no := lb.Support{Supported: true}, lb.Support{Hint: "h"}
	one := cloud{"One", lb.Capabilities{Features: map[lb.Feature]lb.Support{
		"backend.a": yes, "backend.a.unset": no, "backend.a.update": no,
		"backend.b": {Supported: true, Values: []string{"x", "y"}, Hint: "use x, y"},
		"backend.c": {Supported: true, Emulated: true, Hint: "by other means"},
		"backend.d": no,
	}}}
	two := cloud{"Two", lb.Capabilities{Features: map[lb.Feature]lb.Support{
		"backend.b": {Supported: true, Values: []string{"x"}, Hint: "y is not worth it"}, "backend.d": yes,
	}}}
	clouds := []cloud{one, two}
	for feature, want := range map[lb.Feature]row{
		"backend.a": {"n", []string{"yes, needed, fixed", ""}, ""},
		"backend.b": {"n", []string{"yes", "x"}, "Two: y is not worth it"},
		"backend.c": {"n", []string{"emulated", ""}, "One: by other means"},
		"backend.d": {"n", []string{"–", "yes"}, "One: h"},
	} {
		if diff := cmp.Diff(want, rowOf(clouds, feature, "n"), cmp.AllowUnexported(row{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", feature, diff)
		}
	}
}
