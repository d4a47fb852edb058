// Package deptable compares the dependency table of CONTRIBUTING.md with what the module requires and what its packages import, so that no
// dependency comes in without a reason that a reader can find. Its work is done by its test.
package deptable

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// testsOnly is what the table says of a module that nothing but tests import.
const testsOnly = "tests"

// heading is the table's first line, by which it is told from others.
const heading = "| module | why | used by |"

// row matches a line of the table: the module's path in backquotes, why it is there, and who imports it.
var row = regexp.MustCompile("^\\| `([^`]+)` \\| (.+) \\| (.+) \\|$")

// documented reads the table: who uses each module, by the module's path.
func documented(markdown string) (map[string]string, error) {
	_, table, found := strings.Cut(markdown, heading)
	if !found {
		return nil, fmt.Errorf("no table headed %q", heading)
	}
	users := make(map[string]string)
	for line := range strings.Lines(table) {
		fields := row.FindStringSubmatch(strings.TrimSpace(line))
		if fields == nil {
			continue
		}
		if _, twice := users[fields[1]]; twice {
			return nil, fmt.Errorf("%s is in the table twice", fields[1])
		}
		users[fields[1]] = fields[3]
	}
	return users, nil
}

// required reads the modules that a go.mod requires directly.
func required(gomod string) []string {
	var modules []string
	inBlock := false
	for line := range strings.Lines(gomod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasSuffix(strings.TrimSpace(line), "// indirect"):
		case fields[0] == "require" && fields[1] == "(":
			inBlock = true
		case fields[0] == ")":
			inBlock = false
		case fields[0] == "require":
			modules = append(modules, fields[1])
		case inBlock:
			modules = append(modules, fields[0])
		}
	}
	return modules
}

// imported says for each module which packages of tree import it, in the words of the table: their folders in backquotes, sorted, or tests.
// Modules that nothing imports are left out.
func imported(tree fs.FS, modules []string) (map[string]string, error) {
	folders := make(map[string][]string)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(tree, name)
		case path.Ext(name) != ".go":
			return nil
		}
		found, err := importsOf(tree, name, modules)
		for _, module := range found {
			if strings.HasSuffix(name, "_test.go") {
				folders[module] = append(folders[module], testsOnly)
			} else {
				folders[module] = append(folders[module], "`"+path.Dir(name)+"`")
			}
		}
		return err
	})
	users := make(map[string]string, len(folders))
	for module, names := range folders {
		slices.Sort(names)
		names = slices.Compact(names)
		if len(names) > 1 {
			names = slices.DeleteFunc(names, func(name string) bool { return name == testsOnly })
		}
		users[module] = strings.Join(names, ", ")
	}
	return users, err
}

// enter refuses folders that are no part of the module, as the go command does.
func enter(tree fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, name+"/go.mod"); err == nil {
		return fs.SkipDir
	}
	return nil
}

// importsOf returns those of modules whose packages a file imports.
func importsOf(tree fs.FS, name string, modules []string) ([]string, error) {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		for _, module := range modules {
			if imported == module || strings.HasPrefix(imported, module+"/") {
				found[module] = true
			}
		}
	}
	return slices.Collect(maps.Keys(found)), nil
}
