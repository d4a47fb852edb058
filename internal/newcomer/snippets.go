package main

import (
	"slices"
	"strings"
)

// snippet is a fenced block of a Markdown page.
type snippet struct {
	language string // as the fence names it: go
	text     string
	line     int // where its text begins, from 1
}

// snippets are the fenced blocks of a page, in order.
func snippets(page string) []snippet {
	var all []snippet
	fence, number := "", 0
	for line := range strings.Lines(page) {
		number++
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "" && trimmed == fence:
			fence = ""
		case fence != "":
			all[len(all)-1].text += line
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			all = append(all, snippet{language: trimmed[3:], line: number + 1})
		}
	}
	return all
}

// elsewhere are the commands of the README that other checks of .ci/run run: test and examples.
var elsewhere = []string{"go test ./...", "go run ./examples/quickstart"}

// coveredElsewhere says whether s is nothing but commands of elsewhere, each with or without a comment behind it.
func (s snippet) coveredElsewhere() bool {
	if s.language != "sh" {
		return false
	}
	for line := range strings.Lines(s.text) {
		command, _, _ := strings.Cut(line, " #")
		if !slices.Contains(elsewhere, strings.TrimSpace(command)) {
			return false
		}
	}
	return true
}
