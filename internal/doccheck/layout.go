package doccheck

import (
	"bytes"
	"fmt"
	"go/parser"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The heads of two tables of CONTRIBUTING.md.
const (
	layoutHead = "| folder | what | imports |"
	longHead   = "| file | why it is long |"
)

// anyPackage is what the layout says of a folder that may import what it likes.
const anyPackage = "any package"

// longest is how many lines a file may have without a reason.
const longest = 400

var quoted = regexp.MustCompile("`([^`]+)`")

// row is a line of the layout: folders with one rule, and what they may import of the module.
type row struct {
	folders []string
	imports []string
	free    bool // to import what they like
}

// layout reads the table of folders. What stands in backquotes in its last column is a folder where it is one of the table, and else a word.
func layout(markdown string) ([]row, error) {
	lines := table(markdown, layoutHead)
	if len(lines) == 0 {
		return nil, fmt.Errorf("no table headed %q", layoutHead)
	}
	var rows []row
	var known []string
	for _, cells := range lines {
		rows = append(rows, row{folders: quotedIn(cells[0]), imports: quotedIn(cells[2]), free: strings.Contains(cells[2], anyPackage)})
		known = append(known, quotedIn(cells[0])...)
	}
	for i := range rows {
		rows[i].imports = slices.DeleteFunc(rows[i].imports, func(name string) bool { return !slices.Contains(known, name) })
	}
	return rows, nil
}

// table returns the cells of the lines below a head.
func table(markdown, head string) [][]string {
	_, rest, _ := strings.Cut(markdown, head+"\n")
	var lines [][]string
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if strings.Contains(cells[0], "---") || len(cells) != strings.Count(head, "|")-1 {
			continue
		}
		lines = append(lines, cells)
	}
	return lines
}

func quotedIn(cell string) []string {
	var names []string
	for _, found := range quoted.FindAllStringSubmatch(cell, -1) {
		names = append(names, found[1])
	}
	return names
}

// rowOf finds the row of a folder: its own, or that of the nearest folder around it.
func rowOf(rows []row, name string) int {
	for ; name != "."; name = path.Dir(name) {
		for i, r := range rows {
			if slices.Contains(r.folders, name) {
				return i
			}
		}
	}
	return -1
}

// layoutFaults returns where the folders of tree and the layout differ, by folder.
func layoutFaults(tree fs.FS, rows []row) (map[string]string, error) {
	faults := make(map[string]string)
	used := make([][]string, len(rows))
	names, err := goFolders(tree)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		parsed, err := read(tree, name, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if !documented(parsed) {
			faults[name] = "no package comment"
		}
		at := rowOf(rows, name)
		if at < 0 {
			faults[name] = "the layout does not have it"
			continue
		}
		for _, imported := range importedFolders(parsed.code) {
			used[at] = append(used[at], imported)
			if !rows[at].free && !slices.Contains(rows[at].imports, imported) {
				faults[name] = "the layout does not let it import " + imported
			}
		}
	}
	for i, r := range rows {
		for _, imported := range r.imports {
			if !slices.Contains(used[i], imported) {
				faults[strings.Join(r.folders, ", ")] = "imports no " + imported + ", which the layout says"
			}
		}
	}
	if circle := cycle(rows); circle != "" {
		faults["the layout"] = "its arrows go round: " + circle
	}
	return faults, nil
}

// goFolders are the folders of the module that hold code other than tests, but for its root, which exports nothing.
func goFolders(tree fs.FS) ([]string, error) {
	files, err := goFiles(tree, false)
	folders := make(map[string]bool)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") && path.Dir(file) != "." {
			folders[path.Dir(file)] = true
		}
	}
	return slices.Sorted(maps.Keys(folders)), err
}

func documented(f folder) bool {
	for _, file := range f.code {
		if file.Doc.Text() != "" {
			return true
		}
	}
	return false
}

// cycle returns the folders of a way from one along the layout's arrows back to it, or nothing.
func cycle(rows []row) string {
	done := make(map[string]bool)
	var way []string
	var visit func(name string) string
	visit = func(name string) string {
		if i := slices.Index(way, name); i >= 0 {
			return strings.Join(append(way[i:], name), " -> ")
		}
		at := rowOf(rows, name)
		if done[name] || at < 0 {
			return ""
		}
		way = append(way, name)
		for _, next := range rows[at].imports {
			if found := visit(next); found != "" {
				return found
			}
		}
		way = way[:len(way)-1]
		done[name] = true
		return ""
	}
	for _, r := range rows {
		for _, name := range r.folders {
			if found := visit(name); found != "" {
				return found
			}
		}
	}
	return ""
}

// longFiles returns the Go files of tree, those of its other modules too, that have more lines than one may.
func longFiles(tree fs.FS) (map[string]string, error) {
	files, err := goFiles(tree, true)
	if err != nil {
		return nil, err
	}
	long := make(map[string]string)
	for _, name := range files {
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		if n := bytes.Count(source, []byte("\n")); n > longest {
			long[name] = fmt.Sprintf("%d lines: split it, or say in CONTRIBUTING.md why it is long", n)
		}
	}
	return long, nil
}

// excused are the long files that CONTRIBUTING.md gives a reason for.
func excused(markdown string) []string {
	var names []string
	for _, cells := range table(markdown, longHead) {
		if strings.TrimSpace(cells[1]) != "" {
			names = append(names, quotedIn(cells[0])...)
		}
	}
	return names
}
