package deptable

import (
	"maps"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestTableOfThisModule is the check itself.
func TestTableOfThisModule(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("../..")
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	table, err := documented(string(contributing))
	if err != nil {
		t.Fatal(err)
	}
	modules := required(string(gomod))
	slices.Sort(modules)
	if diff := cmp.Diff(modules, slices.Sorted(maps.Keys(table))); diff != "" {
		t.Errorf("modules: go.mod (-) and CONTRIBUTING.md (+) differ:\n%s", diff)
	}
	users, err := imported(tree, modules)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(users, table); diff != "" {
		t.Errorf("used by: the source (-) and CONTRIBUTING.md (+) differ:\n%s", diff)
	}
}

func TestDocumented(t *testing.T) {
	t.Parallel()
	const before = "# T\n\n| folder | what | imports |\n| --- | --- | --- |\n| `lb` | the contract | nothing |\n\n"
	const table = "| module | why | used by |\n| --- | --- | --- |\n"
	got, err := documented(before + table + "| `example.com/a` | says | why | `rest`, `ovh` |\n| `example.com/b` | it compares | tests |\n")
	want := map[string]string{"example.com/a": "`rest`, `ovh`", "example.com/b": "tests"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("documented: %v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{before, table + "| `example.com/a` | x | y |\n| `example.com/a` | x | y |\n"} {
		if got, err := documented(bad); err == nil {
			t.Errorf("documented(%q) = %v; want an error", bad, got)
		}
	}
}

func TestRequired(t *testing.T) {
	t.Parallel()
	got := required("module m\n\ngo 1.26\n\nrequire example.com/one v1.0.0\nrequire (\n\texample.com/a v1.0.0\n" +
		"\texample.com/b v1.0.0 // indirect\n)\n\nrequire example.com/c v1.0.0 // indirect\nexclude example.com/d v1.0.0\n")
	if diff := cmp.Diff([]string{"example.com/one", "example.com/a"}, got); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
}

func TestImported(t *testing.T) {
	t.Parallel()
	file := func(source string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(source)} }
	tree := fstest.MapFS{
		"doc.go":                 file("package m\n"),
		"ovh/a.go":               file("package ovh\nimport _ \"example.com/a/v2/sub\"\n"),
		"ovh/b_test.go":          file("package ovh\nimport _ \"example.com/a/v2\"\nimport _ \"example.com/b\"\n"),
		"internal/rest/r.go":     file("package rest\nimport (\n\t_ \"example.com/a/v2\"\n\t_ \"example.com/bb\"\n)\n"),
		"internal/bench/go.mod":  file("module other\n"),
		"internal/bench/b.go":    file("package bench\nimport _ \"example.com/b\"\n"),
		"ovh/testdata/x.go":      file("package x\nimport _ \"example.com/b\"\n"),
		"ovh/.hidden/x.go":       file("not even Go"),
		"internal/rest/words.md": file("import \"example.com/b\""),
	}
	got, err := imported(tree, []string{"example.com/a/v2", "example.com/b", "example.com/unused"})
	want := map[string]string{"example.com/a/v2": "`internal/rest`, `ovh`", "example.com/b": "tests"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("imported: %v (-want +got):\n%s", err, diff)
	}
}
