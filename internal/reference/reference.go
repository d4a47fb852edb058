// Package reference finds the folder of facts, schemas and recorded traffic that some tests check this module against.
//
// The folder is no part of the module, so a test that needs it skips where it is not at hand. So that a silent skip cannot pass for a
// check, every test that used the folder is counted: where the environment variable LBKIT_REFERENCE_LOG names a file, its name is
// appended there, and .ci/run fails when the folder is there and no test used it.
package reference

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

const (
	// dirVariable names the folder; a relative path counts from the module's root.
	dirVariable = "LBKIT_REFERENCE"
	// logVariable names the file that gets one line, package folder and test name, for each test that used the folder and was not
	// skipped.
	logVariable = "LBKIT_REFERENCE_LOG"
	// defaultDir is where the folder is looked for, from the module's root, when dirVariable is empty.
	defaultDir = "../shared/reference"
)

// errAbsent means that nobody named a folder and that the default one does not exist.
var errAbsent = errors.New("no reference folder")

// Dir returns the absolute path of the reference folder, and skips the test where there is none.
//
// The folder is the one that LBKIT_REFERENCE names, else ../shared/reference from the folder of go.mod. A folder that was named and does
// not exist fails the test: whoever named it meant the test to run.
func Dir(t testing.TB) string {
	t.Helper()
	return dir(t, os.Getenv)
}

// dir is Dir with the environment handed in, so that its own tests can run in parallel.
func dir(t testing.TB, getenv func(string) string) string {
	t.Helper()
	here, err := os.Getwd() // go test starts a test in the folder of its package
	if err != nil {
		t.Fatalf("reference: %v", err)
	}
	found, err := find(here, getenv(dirVariable))
	switch {
	case errors.Is(err, errAbsent):
		t.Skipf("needs the reference folder: set %s, or put it at %s beside the module", dirVariable, defaultDir)
	case err != nil:
		t.Fatalf("reference: %v", err)
	}
	if log := getenv(logVariable); log != "" {
		t.Cleanup(func() {
			if t.Skipped() {
				return
			}
			if err := appendLine(log, here+" "+t.Name()); err != nil {
				t.Errorf("reference: %v", err)
			}
		})
	}
	return found
}

// find returns the reference folder for a package in the folder here, where named is what the environment says.
func find(here, named string) (string, error) {
	root, err := moduleRoot(here)
	if err != nil {
		return "", err
	}
	path := named
	if path == "" {
		path = filepath.FromSlash(defaultDir)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	info, err := os.Stat(path)
	switch {
	case named == "" && errors.Is(err, fs.ErrNotExist):
		return "", errAbsent
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is not a folder", path)
	}
	return path, nil
}

// moduleRoot returns the nearest folder, from here upwards, that holds a go.mod.
func moduleRoot(here string) (string, error) {
	for folder := here; ; folder = filepath.Dir(folder) {
		if info, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil && !info.IsDir() {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no go.mod in %s or above it", here)
		}
	}
}

// appendLine adds one line to a file in a single write: the tests of several packages, each a process of its own, share the file.
func appendLine(path, line string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // G304: the caller of go test names its own file
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + "\n")
	return errors.Join(err, file.Close())
}
