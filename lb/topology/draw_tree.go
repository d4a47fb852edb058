package topology

import (
	"bytes"
	"io"

	"github.com/lbkit/lbkit/lb"
)

// branch is a line of a tree with those below it.
type branch struct {
	text  string
	below []branch
}

// WriteTree draws s as a tree of plain text, for a terminal: one line for the load
// balancer, each certificate, frontend, filter, route, backend and server. Where health
// knows a server, its line ends with a mark and its state. The text has no colours and
// no escape sequences, whatever the names are: what is more than letters, digits and a
// few signs is put in quotes and spelled out. Long names and values are cut.
func (s *Spec) WriteTree(w io.Writer, health *Health) error {
	root := branch{text: loadBalancerTitle(s.LoadBalancer)}
	for _, c := range s.Certificates {
		root.add(certificateTitle(c))
	}
	refs := s.references()
	for _, f := range s.Frontends {
		root.below = append(root.below, s.frontendBranch(refs, f))
	}
	for _, backend := range s.Backends {
		root.below = append(root.below, backendBranch(backend, health))
	}
	var out bytes.Buffer
	root.write(&out, "", "")
	return writeAll(w, out.Bytes())
}

func (b *branch) add(text string) { b.below = append(b.below, branch{text: text}) }

func (s *Spec) frontendBranch(refs references, f Frontend) branch {
	b := branch{text: frontendTitle(f)}
	for i, filter := range f.Filters {
		b.add(filterTitle(i, filter))
	}
	for i, route := range f.Routes {
		b.add(routeWords(i, route) + " → " + s.target(refs, route.Backend))
	}
	if f.DefaultBackend != "" {
		b.add("default → " + s.target(refs, f.DefaultBackend))
	}
	return b
}

// target names the backend that a reference leads to.
func (s *Spec) target(refs references, ref lb.BackendID) string {
	if i, ok := refs.backend(ref); ok {
		return title(lb.KindBackend, called(s.Backends[i].Name, string(s.Backends[i].ID)))
	}
	return title(lb.KindBackend, word(string(ref)), "not in the topology")
}

func backendBranch(backend Backend, health *Health) branch {
	b := branch{text: backendTitle(backend)}
	for _, server := range backend.Servers {
		line := serverTitle(backend, server)
		if state, known := health.of(backend, server); known {
			line += "  " + healthMark(state)
		}
		b.add(line)
	}
	return b
}

// write writes a branch, its own line after head, and those below it after tail.
func (b branch) write(out *bytes.Buffer, head, tail string) {
	out.WriteString(head + b.text + "\n")
	for i, child := range b.below {
		if i == len(b.below)-1 {
			child.write(out, tail+"└── ", tail+"    ")
		} else {
			child.write(out, tail+"├── ", tail+"│   ")
		}
	}
}
