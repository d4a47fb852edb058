package doccheck

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Links of Markdown: [text](target "title") and ![…](…), [name]: target, <https://…> and a bare URL.
var (
	inlineLink    = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)`)
	referenceLink = regexp.MustCompile(`(?m)^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$`)
	bareLink      = regexp.MustCompile(`https?://[^\s<>()\[\]|"]+[^\s<>()\[\]|".,;:]`)
	htmlAnchor    = regexp.MustCompile(`<a\s+(?:name|id)="([^"]+)"`)
	codeSpan      = regexp.MustCompile("`[^`\n]*`")
	scheme        = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
	linkText      = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// links are the targets of a Markdown page, in order, each once. What is code is no link.
func links(page string) []string {
	page = codeSpan.ReplaceAllString(prose(page), "")
	var targets []string
	for _, form := range []*regexp.Regexp{inlineLink, referenceLink} {
		for _, found := range form.FindAllStringSubmatch(page, -1) {
			targets = append(targets, found[1])
		}
	}
	targets = append(targets, bareLink.FindAllString(page, -1)...)
	slices.Sort(targets)
	return slices.Compact(targets)
}

// prose is a page without its fenced code.
func prose(page string) string {
	var text strings.Builder
	fence := ""
	for line := range strings.Lines(page) {
		marker := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(marker, fence) {
				fence = ""
			}
		case strings.HasPrefix(marker, "```"), strings.HasPrefix(marker, "~~~"):
			fence = marker[:3]
		default:
			text.WriteString(line)
		}
	}
	return text.String()
}

// anchors are the fragments that lead into a page: GitHub's for its headings, and those that it sets itself.
func anchors(page string) []string {
	var all []string
	times := make(map[string]int)
	text := prose(page)
	for line := range strings.Lines(text) {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		if level == 0 || level > 6 || line[level] != ' ' {
			continue
		}
		anchor := slug(strings.Trim(line[level:], " #\r\n"))
		if n := times[anchor]; n > 0 {
			all = append(all, fmt.Sprintf("%s-%d", anchor, n))
		} else {
			all = append(all, anchor)
		}
		times[anchor]++
	}
	for _, found := range htmlAnchor.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

// slug is a heading as GitHub spells it in a fragment: in lower case, without punctuation, with hyphens for blanks.
func slug(heading string) string {
	heading = linkText.ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
}

// linkFaults returns which of a page's links lead nowhere in tree, by target, and the links that lead out of it.
func linkFaults(tree fs.FS, name string) (faults map[string]string, external []string, err error) {
	page, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, nil, err
	}
	faults = make(map[string]string)
	for _, target := range links(string(page)) {
		if scheme.MatchString(target) {
			external = append(external, target)
		} else if fault := follow(tree, name, target); fault != "" {
			faults[target] = fault
		}
	}
	return faults, external, nil
}

// follow says what is wrong with a relative link of a page.
func follow(tree fs.FS, from, target string) string {
	file, fragment, _ := strings.Cut(target, "#")
	to := from
	if file != "" {
		to = path.Join(path.Dir(from), file)
	}
	if _, err := fs.Stat(tree, to); err != nil {
		return "there is no such file"
	}
	if fragment == "" {
		return ""
	}
	if path.Ext(to) != ".md" {
		return "only Markdown has anchors that stay"
	}
	page, err := fs.ReadFile(tree, to)
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(anchors(string(page)), fragment) {
		return "the page has no such heading"
	}
	return ""
}
