package topology

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxValueShown is how many characters of a value a plan shows.
const maxValueShown = 120

// String shows the plan as a person reviews it: how much there is of what, then a block
// for each step, then the notes. "+" is made, "-" goes, "~" changes, "-/+" is replaced.
// It is the same text for the same plan. Secrets show as "[secret]", long values are cut,
// and what could take over a terminal is escaped.
func (p *Plan) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "load balancer %s (%s): %s\n", printable(string(p.LoadBalancer)), p.Provider, p.summary())
	for _, step := range p.Steps {
		step.write(&out)
	}
	if len(p.Notes) > 0 {
		out.WriteString("\nnotes:\n")
	}
	for _, note := range p.Notes {
		fmt.Fprintf(&out, "  * %s\n", printable(note))
	}
	return out.String()
}

// summary counts the steps by what they do.
func (p *Plan) summary() string {
	if p.Empty() {
		return "nothing to change"
	}
	var parts []string
	for _, action := range []Action{ActionCreate, ActionUpdate, ActionSet, ActionReplace, ActionDelete} {
		n := 0
		for _, step := range p.Steps {
			if step.Action == action {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, action))
		}
	}
	return fmt.Sprintf("%s; about %d requests", strings.Join(parts, ", "), p.Requests)
}

var signs = map[Action]string{ActionCreate: "+", ActionUpdate: "~", ActionSet: "~", ActionReplace: "-/+", ActionDelete: "-"}

// String is the step in a line, as the plan shows it: `+ backend "web"`.
func (s Step) String() string {
	title := s.title()
	if s.Action == ActionSet {
		title = s.setTitle()
	}
	if s.Reason != "" {
		title += ": " + printable(s.Reason)
	}
	return signs[s.Action] + " " + title
}

func (s Step) write(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n", s)
	for _, change := range s.Changes {
		s.writeChange(out, change)
	}
}

// setTitle is `servers of backend "web"`.
func (s Step) setTitle() string {
	parent := "frontend"
	if s.Kind == "server" {
		parent = "backend"
	}
	name := s.Name
	if name == "" {
		name = s.ID
	}
	return fmt.Sprintf("%ss of %s %s", s.Kind, parent, quoted(name))
}

func (s Step) writeChange(out *strings.Builder, change Change) {
	path := printable(change.Path)
	comes := s.Action == ActionSet && !strings.Contains(change.Path, fieldMark) // as a whole, or goes
	switch {
	case s.Action == ActionCreate || s.Action == ActionReplace:
		fmt.Fprintf(out, "    %s: %s\n", path, shown(change.After))
	case s.Action == ActionDelete:
		fmt.Fprintf(out, "    %s: %s\n", path, shown(change.Before))
	case comes && change.Before == nil:
		fmt.Fprintf(out, "    + %s: %s\n", path, shown(change.After))
	case comes && change.After == nil:
		fmt.Fprintf(out, "    - %s: %s\n", path, shown(change.Before))
	default:
		fmt.Fprintf(out, "    %s: %s -> %s\n", path, shown(change.Before), shown(change.After))
	}
}

// quoted is a name in quotes, in which nothing can take over a terminal.
func quoted(name string) string { return strconv.QuoteToGraphic(name) }

// printable escapes what is not seen: controls, and marks that turn the direction of
// writing.
func printable(text string) string {
	var out strings.Builder
	for _, r := range text {
		if strconv.IsGraphic(r) {
			out.WriteRune(r)
			continue
		}
		escaped := strconv.QuoteRuneToASCII(r)
		out.WriteString(escaped[1 : len(escaped)-1])
	}
	return out.String()
}

// cut shortens a text to what a line takes.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxValueShown {
		return text
	}
	return string([]rune(text)[:maxValueShown]) + "…"
}
