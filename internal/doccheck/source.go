// Package doccheck holds what a reader of the module relies on to what is there: a doc comment with a unit, a range or the values on every
// field that counts, measures or chooses; an Example for every service and every function of the contract; links that lead somewhere; and
// imports and files as CONTRIBUTING.md describes them. Its work is done by its tests, which need the source alone.
package doccheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// module is the path of the module whose source is checked.
const module = "github.com/lbkit/lbkit"

// folder is the Go source of one folder, parsed with its comments.
type folder struct {
	name  string // slash-separated, from the module's root
	code  []*ast.File
	tests []*ast.File
}

// read parses the Go files of one folder.
func read(tree fs.FS, name string, mode parser.Mode) (folder, error) {
	entries, err := fs.ReadDir(tree, name)
	if err != nil {
		return folder{}, err
	}
	parsed := folder{name: name}
	fset := token.NewFileSet()
	for _, entry := range entries {
		if entry.IsDir() || path.Ext(entry.Name()) != ".go" {
			continue
		}
		source, err := fs.ReadFile(tree, path.Join(name, entry.Name()))
		if err != nil {
			return folder{}, err
		}
		file, err := parser.ParseFile(fset, path.Join(name, entry.Name()), source, mode|parser.SkipObjectResolution)
		if err != nil {
			return folder{}, err
		}
		if strings.HasSuffix(entry.Name(), "_test.go") {
			parsed.tests = append(parsed.tests, file)
		} else {
			parsed.code = append(parsed.code, file)
		}
	}
	return parsed, nil
}

// goFiles returns the Go files of the module that tree is the root of, in order. Folders that the go command leaves out are left out, and so
// are modules of their own unless others is set.
func goFiles(tree fs.FS, others bool) ([]string, error) {
	var files []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(tree, name, others)
		case path.Ext(name) == ".go":
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

func enter(tree fs.FS, name string, others bool) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, name+"/go.mod"); err == nil && !others {
		return fs.SkipDir
	}
	return nil
}

// shrink compares what is wrong with what is exempt: it returns the faults that no exemption names, and the exemptions that no fault needs. A
// list of the exempt can so only become shorter.
func shrink(faults map[string]string, exempt []string) (open, spent []string) {
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		if !slices.Contains(exempt, name) {
			open = append(open, name+": "+faults[name])
		}
	}
	for _, name := range exempt {
		if _, needed := faults[name]; !needed {
			spent = append(spent, name)
		}
	}
	return open, spent
}
