package reference

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// layout makes a checkout in a new folder, with a module and a package in it, and returns the package's folder.
func layout(t *testing.T, withReference bool) (base, pkg string) {
	t.Helper()
	base = t.TempDir()
	pkg = filepath.Join(base, "main", "ovh", "deep")
	folders := []string{pkg, filepath.Join(base, "elsewhere")}
	if withReference {
		folders = append(folders, filepath.Join(base, "shared", "reference"))
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(base, "main", "go.mod"), []byte("module m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return base, pkg
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		beside bool // whether the default folder is there
		named  string
		want   string // below the base
	}{
		{name: "beside the module when nothing is named", beside: true, want: "shared/reference"},
		{name: "named, relative to the module's root", beside: true, named: "../elsewhere", want: "elsewhere"},
		{name: "named, absolute", named: "BASE/elsewhere", want: "elsewhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base, pkg := layout(t, tt.beside)
			got, err := find(pkg, strings.ReplaceAll(tt.named, "BASE", base))
			if want := filepath.Join(base, filepath.FromSlash(tt.want)); err != nil || got != want {
				t.Errorf("find = %q, %v; want %q", got, err, want)
			}
		})
	}
}

func TestFindFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		named  string
		absent bool // a skip, not a failure
	}{
		{name: "nothing named and nothing there skips", absent: true},
		{name: "a named folder that is not there is an error", named: "../nowhere"},
		{name: "a named file is an error", named: "go.mod"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, pkg := layout(t, false)
			got, err := find(pkg, tt.named)
			if err == nil || errors.Is(err, errAbsent) != tt.absent {
				t.Errorf("find = %q, %v; want an error, absent %v", got, err, tt.absent)
			}
		})
	}
}

// double is a testing.TB that records its end instead of ending the real test.
type double struct {
	testing.TB
	skipped  bool
	ended    string
	cleanups []func()
}

func (d *double) Helper()          {}
func (d *double) Name() string     { return "TestDouble" }
func (d *double) Skipped() bool    { return d.skipped }
func (d *double) Cleanup(f func()) { d.cleanups = append(d.cleanups, f) }
func (d *double) Skipf(format string, args ...any) {
	d.skipped = true
	d.ended = fmt.Sprintf(format, args...)
	panic(d)
}

func (d *double) Fatalf(format string, args ...any) {
	d.ended = fmt.Sprintf(format, args...)
	panic(d)
}

// run calls dir as a test would, up to the point where the test ends.
func (d *double) run(env map[string]string) (found string) {
	defer func() {
		if r := recover(); r != nil && r != d {
			panic(r)
		}
	}()
	return dir(d, func(name string) string { return env[name] })
}

func TestDirCountsTheTestsThatUsedTheFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log := filepath.Join(t.TempDir(), "log")
	env := map[string]string{dirVariable: folder, logVariable: log}

	for _, skipped := range []bool{false, true, false} {
		d := &double{TB: t}
		if got := d.run(env); got != folder {
			t.Fatalf("dir = %q, want %q", got, folder)
		}
		d.skipped = skipped
		for _, f := range d.cleanups {
			f()
		}
	}

	content, err := os.ReadFile(log) //nolint:gosec // G304: this test made the file
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], " TestDouble") {
		t.Errorf("log holds %q; want one line for each of the two tests that were not skipped", lines)
	}
}

func TestDirFailsOnANamedFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	d := &double{TB: t}
	d.run(map[string]string{dirVariable: filepath.Join(t.TempDir(), "nowhere")})
	if d.skipped || !strings.Contains(d.ended, "nowhere") {
		t.Errorf("skipped = %v, ended with %q; want a failure that names the folder", d.skipped, d.ended)
	}
}
