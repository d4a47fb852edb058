package doccheck

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestLinksOfThisModule is the check itself. What leads out of the repository is listed by go test -v, and looked at by nobody: a test that
// depends on other people's servers fails on their bad days.
func TestLinksOfThisModule(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md", "internal/bench/README.md"} {
		faults, external, err := linkFaults(os.DirFS("../.."), name)
		if err != nil {
			t.Fatal(err)
		}
		for target, fault := range faults {
			t.Errorf("%s: %s: %s", name, target, fault)
		}
		for _, target := range external {
			t.Logf("%s: external: %s", name, target)
		}
	}
}

func TestLinkFaults(t *testing.T) {
	t.Parallel()
	const page = "# Title\n\nSee [a](docs/a.md), [b](docs/a.md#part-two \"two\"), [top](#title), [dir](docs) and <https://example.org/x>.\n" +
		"An ![image](pic.png), https://example.com/y. And [gone](gone.md), [wrong](docs/a.md#part-three), [here](#nowhere), [line](x.go#L3),\n" +
		"[up](../other).\n\n[ref]: docs/a.md#again-1\n[lost]: docs/b.md\n\n`[code](nothing.md)`\n\n```sh\n[fenced](nothing.md)\n```\n"
	tree := fstest.MapFS{
		"page.md":   {Data: []byte(page)},
		"pic.png":   {},
		"x.go":      {Data: []byte("package x\n")},
		"docs/a.md": {Data: []byte("# `A` page\n## Part, two!\n## Again\n## Again\n```\n# Part three\n```\n#nothing\n")},
	}
	faults, external, err := linkFaults(tree, "page.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"gone.md":              "there is no such file",
		"docs/a.md#part-three": "the page has no such heading",
		"#nowhere":             "the page has no such heading",
		"x.go#L3":              "only Markdown has anchors that stay",
		"../other":             "there is no such file",
		"docs/b.md":            "there is no such file",
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"https://example.com/y", "https://example.org/x"}, external); diff != "" {
		t.Errorf("external (-want +got):\n%s", diff)
	}
	if _, _, err := linkFaults(tree, "missing.md"); err == nil {
		t.Error("a page that is not there has no fault")
	}
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	const page = "# What it is, in 3 words\n## `lb.Provider` & [others](x.md)\n## Same\n## Same\n### Under_score - dash ##\n" +
		"####### Seven\n<a name=\"own\"></a>\n"
	want := []string{"what-it-is-in-3-words", "lbprovider--others", "same", "same-1", "under_score---dash", "own"}
	if diff := cmp.Diff(want, anchors(page)); diff != "" {
		t.Errorf("anchors (-want +got):\n%s", diff)
	}
}
