package main

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// write makes the folder hold exactly the listings of want, by file name. A package without an exported name needs none.
func write(root *os.Root, want map[string][]string) error {
	have, err := read(root)
	if err != nil {
		return err
	}
	for name := range have {
		if len(want[name]) == 0 {
			if err := root.Remove(name); err != nil {
				return err
			}
		}
	}
	for name, lines := range want {
		if len(lines) == 0 {
			continue
		}
		if err := root.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compare prints each line that the listings lack (+) or have too many (-).
func compare(root *os.Root, want map[string][]string, out io.Writer) error {
	have, err := read(root)
	if err != nil {
		return err
	}
	names := maps.Clone(have)
	maps.Copy(names, want)
	var report strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		added, removed := missing(want[name], have[name]), missing(have[name], want[name])
		if len(added)+len(removed) == 0 {
			continue
		}
		report.WriteString(goldenDir + "/" + name + ":\n")
		for _, line := range removed {
			report.WriteString("- " + line + "\n")
		}
		for _, line := range added {
			report.WriteString("+ " + line + "\n")
		}
	}
	if report.Len() == 0 {
		return nil
	}
	_, err = io.WriteString(out, report.String())
	return errors.Join(errStale, err)
}

// missing returns the lines of a that b lacks, in their order.
func missing(a, b []string) []string {
	known := make(map[string]bool, len(b))
	for _, line := range b {
		known[line] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(line string) bool { return known[line] })
}

// read returns the lines of every listing, by file name.
func read(root *os.Root) (map[string][]string, error) {
	names, err := fs.Glob(root.FS(), "*.txt")
	if err != nil {
		return nil, err
	}
	have := make(map[string][]string, len(names))
	for _, name := range names {
		content, err := root.ReadFile(name)
		if err != nil {
			return nil, err
		}
		have[name] = strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	}
	return have, nil
}
