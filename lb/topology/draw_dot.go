package topology

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteDOT draws s as a directed graph in Graphviz's language: dot -Tsvg makes a picture
// of it. What is drawn and how names are written is as with WriteMermaid.
func (s *Spec) WriteDOT(w io.Writer, health *Health) error {
	g := s.graph(health)
	var out bytes.Buffer
	out.WriteString("digraph topology {\n  rankdir=LR;\n  node [shape=box, style=filled];\n")
	for _, n := range g.nodes {
		lines := make([]string, len(n.lines))
		for i, line := range n.lines {
			lines[i] = dotText(line)
		}
		fmt.Fprintf(&out, "  %s [label=\"%s\", fillcolor=\"%s\"];\n", n.id, strings.Join(lines, `\n`), fillOf(n.class))
	}
	for _, e := range g.edges {
		if e.label == "" {
			fmt.Fprintf(&out, "  %s -> %s;\n", e.from, e.to)
			continue
		}
		fmt.Fprintf(&out, "  %s -> %s [label=\"%s\"];\n", e.from, e.to, dotText(e.label))
	}
	out.WriteString("}\n")
	return writeAll(w, out.Bytes())
}

// dotText writes what is not plain as an HTML entity, which Graphviz has in strings, too:
// neither quotes nor backslashes of a name are left.
func dotText(text string) string {
	var out strings.Builder
	for _, r := range text {
		if plainRune(r) {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "&#%d;", r)
	}
	return out.String()
}
