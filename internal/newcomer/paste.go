package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// place is the comment of a scaffold that a snippet takes the place of: the one snippet that contains the text behind the colon.
var place = regexp.MustCompile(`(?m)^[ \t]*(?://|#) paste: (.+)\n`)

// paste puts snippets into the places that scaffolds have for them, and returns the files by name. Its error names every snippet without a
// place and every place without a snippet.
func paste(page []snippet, scaffolds fs.FS) (map[string]string, error) {
	files := make(map[string]string)
	pasted := make([]bool, len(page))
	var faults []error
	err := fs.WalkDir(scaffolds, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		scaffold, err := fs.ReadFile(scaffolds, name)
		if err != nil {
			return err
		}
		files[name] = place.ReplaceAllStringFunc(string(scaffold), func(comment string) string {
			text := place.FindStringSubmatch(comment)[1]
			at, err := find(page, text)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
				return comment
			}
			pasted[at] = true
			return page[at].text
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, s := range page {
		if !pasted[i] && !s.coveredElsewhere() {
			faults = append(faults, fmt.Errorf("line %d: no program has a place for this snippet in %q:\n%s", s.line, s.language, s.text))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return files, importing(files)
}

// find returns the one snippet that contains text.
func find(page []snippet, text string) (int, error) {
	found := -1
	for i, s := range page {
		if !strings.Contains(s.text, text) {
			continue
		}
		if found >= 0 {
			return 0, fmt.Errorf("the snippets of lines %d and %d both contain %q", page[found].line, s.line, text)
		}
		found = i
	}
	if found < 0 {
		return 0, fmt.Errorf("no snippet contains %q", text)
	}
	return found, nil
}

// importable are the packages that an editor would find for the names in front of a dot.
var importable = []string{
	"context", "errors", "fmt", "io", "log", "net/http", "net/netip", "os", "strings", "testing", "time",
	"github.com/lbkit/lbkit/lb", "github.com/lbkit/lbkit/lb/lbtest", "github.com/lbkit/lbkit/lb/topology",
	"github.com/lbkit/lbkit/ovh", "github.com/lbkit/lbkit/ovh/ovhtest",
	"github.com/lbkit/lbkit/scaleway", "github.com/lbkit/lbkit/scaleway/scalewaytest",
}

// importing adds to the Go files their imports.
func importing(files map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".go" {
			continue
		}
		source, err := withImports(name, files[name])
		if err != nil {
			return err
		}
		files[name] = source
	}
	return nil
}

// withImports is a Go file, formatted, with an import of each package that it names. A name that importable lacks stays for the compiler to
// complain about.
func withImports(name, source string) (string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, source)
	}
	named := make(map[string]bool)
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if from, ok := selector.X.(*ast.Ident); ok {
				named[from.Name] = true
			}
		}
		return true
	})
	imports := "\n\nimport (\n"
	for _, imported := range importable {
		if named[path.Base(imported)] {
			imports += fmt.Sprintf("%q\n", imported)
		}
	}
	head := fset.Position(file.Name.End()).Offset
	formatted, err := format.Source([]byte(source[:head] + imports + ")" + source[head:]))
	return string(formatted), err
}
