package topology

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteMermaid draws s as a flowchart in Mermaid's language, which GitHub and many
// editors show: load balancer, frontends with their filters, routes as labelled arrows,
// backends and servers. Servers that health knows have the colour of their state. Names
// are written so that no character of theirs can be read as Mermaid or HTML.
func (s *Spec) WriteMermaid(w io.Writer, health *Health) error {
	g := s.graph(health)
	var out bytes.Buffer
	out.WriteString("flowchart LR\n")
	for _, n := range g.nodes {
		lines := make([]string, len(n.lines))
		for i, line := range n.lines {
			lines[i] = mermaidText(line)
		}
		fmt.Fprintf(&out, "  %s[\"%s\"]:::%s\n", n.id, strings.Join(lines, "<br/>"), n.class)
	}
	for _, e := range g.edges {
		if e.label == "" {
			fmt.Fprintf(&out, "  %s --> %s\n", e.from, e.to)
			continue
		}
		fmt.Fprintf(&out, "  %s -->|\"%s\"| %s\n", e.from, mermaidText(e.label), e.to)
	}
	for _, f := range fills {
		fmt.Fprintf(&out, "  classDef %s fill:%s,stroke:#555555,color:#000000\n", f.class, f.fill)
	}
	return writeAll(w, out.Bytes())
}

// mermaidText writes what is not plain as an entity, which Mermaid has in decimal between
// # and ;.
func mermaidText(text string) string {
	var out strings.Builder
	for _, r := range text {
		if plainRune(r) {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "#%d;", r)
	}
	return out.String()
}
