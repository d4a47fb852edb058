package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// apiPackage is one public package of the module, type-checked from its source.
type apiPackage struct {
	file  string // of its listing, in goldenDir
	types *types.Package
}

// listed is what go list says about one package.
type listed struct {
	ImportPath string   `json:"ImportPath"`
	Dir        string   `json:"Dir"`
	Name       string   `json:"Name"`
	Export     string   `json:"Export"`  // file with the compiled package's types
	GoFiles    []string `json:"GoFiles"` // names in Dir, tests left out
	DepOnly    bool     `json:"DepOnly"` // imported by the module, not matched by ./...
	Module     *module  `json:"Module"`
}

type module struct {
	Path string `json:"Path"`
}

// load type-checks the module's public packages. What they import comes as the compiler left it in the build cache: exact, and far quicker
// than reading the standard library's source.
func load(ctx context.Context) ([]apiPackage, error) {
	all, err := goList(ctx)
	if err != nil {
		return nil, err
	}
	exports := make(map[string]string, len(all))
	for _, p := range all {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("package %s has not been compiled", path)
		}
		return os.Open(exports[path])
	})
	var packages []apiPackage
	for _, p := range all {
		if p.DepOnly || p.Name == "main" || !public(p) {
			continue
		}
		checked, err := typeCheck(fset, imports, p)
		if err != nil {
			return nil, err
		}
		packages = append(packages, apiPackage{file: listingFile(p), types: checked})
	}
	return packages, nil
}

func goList(ctx context.Context) ([]listed, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Name,Export,GoFiles,DepOnly,Module", "./...")
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(answer)); ; {
		var p listed
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

// public reports whether programs outside the module can import p.
func public(p listed) bool {
	for part := range strings.SplitSeq(p.ImportPath, "/") {
		if part == "internal" {
			return false
		}
	}
	return true
}

// listingFile is "lb.txt" for lb, "lb-lbtest.txt" for lb/lbtest, and the module's own name for the root package.
func listingFile(p listed) string {
	below := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, p.Module.Path), "/")
	if below == "" {
		below = p.Name
	}
	return strings.ReplaceAll(below, "/", "-") + ".txt"
}

func typeCheck(fset *token.FileSet, imports types.Importer, p listed) (*types.Package, error) {
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: imports}
	return config.Check(p.ImportPath, fset, files, nil)
}
