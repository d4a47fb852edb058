package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestSnippetsOfThisModule is the part of the check that needs no network: every snippet of README.md has a program, every place of a
// program has its snippet, and both together can be parsed.
func TestSnippetsOfThisModule(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := run("../../README.md", []string{folder}); err != nil {
		t.Fatal(err)
	}
	written, err := filepath.Glob(folder + "/*/*.go")
	if err != nil || len(written) == 0 {
		t.Errorf("no programs are written: %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	const readme = "../../README.md"
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("```go\nfunc unheard() {}\n```\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, page string
		args       []string
	}{
		{"no folder", readme, nil},
		{"two folders", readme, []string{t.TempDir(), t.TempDir()}},
		{"a folder that is not there", readme, []string{page + "/gone"}},
		{"a page with a snippet of its own", page, []string{t.TempDir()}},
		{"no page", page + "/gone", []string{t.TempDir()}},
	} {
		if err := run(c.page, c.args); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	const page = "# T\n\n```sh\nls\n```\ntext `go` text\n\n~~~go\na := 1\n```\n\n~~~\n- item\n\n  ```\n  plain\n  ```\n"
	want := []snippet{
		{language: "sh", text: "ls\n", line: 4},
		{language: "go", text: "a := 1\n```\n\n", line: 9},
		{language: "", text: "  plain\n", line: 16},
	}
	if diff := cmp.Diff(want, snippets(page), cmp.AllowUnexported(snippet{})); diff != "" {
		t.Errorf("snippets (-want +got):\n%s", diff)
	}
}

func TestPaste(t *testing.T) {
	t.Parallel()
	page := snippets("```go\nfunc f() error { return errors.New(\"f\") }\n```\n```go\nerr := f()\nfmt.Println(err)\n```\n```yaml\na: 1\n```\n" +
		"```sh\ngo test ./...   # all\n```\n")
	got, err := paste(page, fstest.MapFS{
		"one/main.go": {Data: []byte("package main\n\n// paste: func f(\n\nfunc main() {\n\t// paste: err :=\n}\n")},
		"one/a.yaml":  {Data: []byte("# paste: a: 1\n")},
		"two/main.go": {Data: []byte("package main\n\n// paste: func f(\n\nvar _ = lb.ErrBusy\n\nfunc main() { local.Call() }\n")},
	})
	want := map[string]string{
		"one/main.go": "package main\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n)\n\nfunc f() error { return errors.New(\"f\") }\n\n" +
			"func main() {\n\terr := f()\n\tfmt.Println(err)\n}\n",
		"one/a.yaml": "a: 1\n",
		"two/main.go": "package main\n\nimport (\n\t\"errors\"\n\t\"github.com/lbkit/lbkit/lb\"\n)\n\nfunc f() error { return errors.New(\"f\") }\n\n" +
			"var _ = lb.ErrBusy\n\nfunc main() { local.Call() }\n",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("paste: %v (-want +got):\n%s", err, diff)
	}
}

func TestPasteFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, page, scaffold string
		want                 string
	}{
		{"a snippet without a place", "\n```go\nfunc f() {}\n```\n", "package p\n", "line 3: no program has a place for this snippet in \"go\":\nfunc f() {}\n"},
		{"one that says no language", "```\nx\n```\n", "package p\n", `no program has a place for this snippet in ""`},
		{"a command that nobody runs", "```sh\ngo test ./...\ngo tool lbkit\n```\n", "package p\n", "line 2: no program"},
		{"Go that looks like a command", "```go\ngo test ./...\n```\n", "package p\n", "line 2: no program"},
		{"a place without a snippet", "", "package p\n\n// paste: func f(\n", `p.go: no snippet contains "func f("`},
		{
			"a place with two", "```go\nfunc f() {}\n```\n```go\nfunc f(int) {}\n```\n", "package p\n\n// paste: func f(\n",
			`p.go: the snippets of lines 2 and 5 both contain "func f("`,
		},
		{"no Go", "```go\nfunc f( {}\n```\n", "package p\n\n// paste: func f(\n", "expected ')'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files, err := paste(snippets(c.page), fstest.MapFS{"p.go": {Data: []byte(c.scaffold)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, files %v; want %q", err, files, c.want)
			}
		})
	}
}
