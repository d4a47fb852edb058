package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func openRoot(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func TestWriteLeavesExactlyTheListings(t *testing.T) {
	t.Parallel()
	root := openRoot(t)
	for _, want := range []map[string][]string{
		{"lb.txt": {"func A()", "func B()"}, "ovh.txt": {"func C()"}},
		{"lb.txt": {"func A()"}}, // a package that is gone takes its file along
	} {
		given := map[string][]string{"lbkit.txt": nil} // exports nothing
		for name, lines := range want {
			given[name] = lines
		}
		if err := write(root, given); err != nil {
			t.Fatal(err)
		}
		got, err := read(root)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	have := map[string][]string{"lb.txt": {"func A()", "func B()"}}
	tests := []struct {
		name string
		now  map[string][]string
		want []string // lines printed; none: not stale
	}{
		{name: "the same", now: map[string][]string{"lb.txt": {"func A()", "func B()"}, "lbkit.txt": nil}},
		{name: "added", now: map[string][]string{"lb.txt": {"func A()", "func B()", "func C()"}}, want: []string{"+ func C()"}},
		{name: "removed", now: map[string][]string{"lb.txt": {"func A()"}}, want: []string{"- func B()"}},
		{
			name: "changed", now: map[string][]string{"lb.txt": {"func A()", "func B(int)"}},
			want: []string{"- func B()", "+ func B(int)"},
		},
		{name: "package gone", now: nil, want: []string{"- func A()", "- func B()"}},
		{
			name: "package new", now: map[string][]string{"lb.txt": {"func A()", "func B()"}, "ovh.txt": {"func C()"}},
			want: []string{"+ func C()"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := openRoot(t)
			if err := write(root, have); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err := compare(root, tt.now, &out)
			if stale := len(tt.want) > 0; errors.Is(err, errStale) != stale || (err != nil) != stale {
				t.Errorf("compare: %v, want stale %v", err, stale)
			}
			var lines []string
			for line := range strings.Lines(out.String()) {
				if line = strings.TrimSpace(line); !strings.HasSuffix(line, ":") {
					lines = append(lines, line)
				}
			}
			if diff := cmp.Diff(tt.want, lines); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
		})
	}
}
