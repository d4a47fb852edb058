package doccheck

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func contributing(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestLayoutOfThisModule is the check itself.
func TestLayoutOfThisModule(t *testing.T) {
	t.Parallel()
	rows, err := layout(contributing(t))
	if err != nil {
		t.Fatal(err)
	}
	faults, err := layoutFaults(os.DirFS("../.."), rows)
	if err != nil {
		t.Fatal(err)
	}
	report(t, faults, nil)
	for _, r := range rows {
		for _, name := range r.folders {
			if _, err := os.Stat("../../" + name); err != nil {
				t.Errorf("the layout has %s: %v", name, err)
			}
		}
	}
}

// TestLinesOfThisModule is the check itself.
func TestLinesOfThisModule(t *testing.T) {
	t.Parallel()
	long, err := longFiles(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	report(t, long, excused(contributing(t)))
}

func TestLayoutFaults(t *testing.T) {
	t.Parallel()
	const head = "# T\n\n| folder | what | imports |\n| --- | --- | --- |\n"
	code := func(imports ...string) *fstest.MapFile {
		var source strings.Builder
		source.WriteString("// Package p is one.\npackage p\n")
		for _, name := range imports {
			source.WriteString("import _ \"" + name + "\"\n")
		}
		return &fstest.MapFile{Data: []byte(source.String())}
	}
	const ours = module + "/"
	for _, c := range []struct {
		name  string
		table string
		tree  fstest.MapFS
		want  map[string]string
	}{
		{
			"as it says", "| `lb` | x | no package |\n| `ovh`, `scaleway` | x | `lb`, for `Client`; never each other |\n| `examples` | x | any package |\n",
			fstest.MapFS{
				"doc.go": code(), "lb/a.go": code("fmt"), "ovh/a.go": code(ours + "lb"), "scaleway/a.go": code(), "ovh/a_test.go": code(ours + "scaleway"),
				"examples/one/main.go": code(ours+"ovh", ours+"lb"), "examples/own/go.mod": code(), "examples/own/main.go": code(ours + "gone"),
			},
			map[string]string{},
		},
		{
			"upwards and across", "| `lb` | x | no package |\n| `ovh`, `scaleway` | x | `lb` |\n",
			fstest.MapFS{"lb/a.go": code(ours + "ovh"), "ovh/a.go": code(ours + "lb"), "scaleway/a.go": code(ours + "ovh")},
			map[string]string{"lb": "the layout does not let it import ovh", "scaleway": "the layout does not let it import ovh"},
		},
		{
			"said and not done, done and not said", "| `lb` | x | no package |\n| `ovh` | x | `lb` |\n",
			fstest.MapFS{"lb/a.go": code(), "ovh/a.go": code(), "new/a.go": code()},
			map[string]string{"ovh": "imports no lb, which the layout says", "new": "the layout does not have it"},
		},
		{
			"round", "| `lb` | x | `rest` |\n| `rest` | x | `lb` |\n",
			fstest.MapFS{"lb/a.go": code(ours + "rest"), "rest/a.go": code(ours + "lb")},
			map[string]string{"the layout": "its arrows go round: lb -> rest -> lb"},
		},
		{
			"no comment", "| `lb` | x | none |\n",
			fstest.MapFS{"lb/a.go": {Data: []byte("package lb\n")}},
			map[string]string{"lb": "no package comment"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows, err := layout(head + c.table + "\nafter\n")
			if err != nil {
				t.Fatal(err)
			}
			faults, err := layoutFaults(c.tree, rows)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, faults); diff != "" {
				t.Errorf("layoutFaults (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := layout("# T\n"); err == nil {
		t.Error("a page without a layout has no fault")
	}
}

func TestLongFiles(t *testing.T) {
	t.Parallel()
	lines := func(n int) *fstest.MapFile { return &fstest.MapFile{Data: []byte(strings.Repeat("\n", n))} }
	long, err := longFiles(fstest.MapFS{
		"a.go": lines(400), "b.go": lines(401), "own/go.mod": lines(1), "own/c_test.go": lines(500), "testdata/d.go": lines(500), "e.txt": lines(500),
	})
	const advice = " lines: split it, or say in CONTRIBUTING.md why it is long"
	want := map[string]string{"b.go": "401" + advice, "own/c_test.go": "500" + advice}
	if diff := cmp.Diff(want, long); diff != "" || err != nil {
		t.Errorf("longFiles: %v (-want +got):\n%s", err, diff)
	}
	page := "| file | why it is long |\n| --- | --- |\n| `b.go` | one table |\n| `own/c_test.go` | |\n\n| `x.go` | no part of it |\n"
	if diff := cmp.Diff([]string{"b.go"}, excused(page)); diff != "" {
		t.Errorf("excused (-want +got):\n%s", diff)
	}
}
