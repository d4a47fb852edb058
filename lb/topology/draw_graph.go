package topology

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/lbkit/lbkit/lb"
)

// graph is what WriteMermaid and WriteDOT draw. The IDs of its nodes are made up, so
// that no name of a user's has a part in the structure.
type graph struct {
	nodes []node
	edges []edge
}

// node has an ID of letters, digits and underscores.
type node struct {
	id    string
	lines []string
	class class
}

type edge struct {
	from, to string
	label    string // empty: none
}

// class is how a node looks.
type class string

const (
	classLoadBalancer class = "loadbalancer"
	classFrontend     class = "frontend"
	classBackend      class = "backend"
	classServer       class = "server"
	classMissing      class = "missing"
	classHealthy      class = "healthy"
	classDegraded     class = "degraded"
	classDown         class = "down"
	classUnknown      class = "unknown"
)

// fills are the colours of classes, in the order in which they are declared.
var fills = []struct {
	class class
	fill  string
}{
	{classLoadBalancer, "#e8eaf6"},
	{classFrontend, "#e3f2fd"},
	{classBackend, "#f3e5f5"},
	{classServer, "#ffffff"},
	{classMissing, "#ffebee"},
	{classHealthy, "#c8e6c9"},
	{classDegraded, "#ffe0b2"},
	{classDown, "#ffcdd2"},
	{classUnknown, "#eeeeee"},
}

func fillOf(c class) string {
	for _, f := range fills {
		if f.class == c {
			return f.fill
		}
	}
	return ""
}

func (s *Spec) graph(health *Health) *graph {
	g := &graph{}
	g.node("lb", classLoadBalancer, loadBalancerTitle(s.LoadBalancer))
	refs := s.references()
	missing := map[lb.BackendID]string{}
	lead := func(from string, ref lb.BackendID, label string) {
		if i, ok := refs.backend(ref); ok {
			g.edge(from, fmt.Sprintf("b%d", i), label)
			return
		}
		if missing[ref] == "" {
			missing[ref] = fmt.Sprintf("m%d", len(missing))
			g.node(missing[ref], classMissing, title(lb.KindBackend, word(string(ref))), "not in the topology")
		}
		g.edge(from, missing[ref], label)
	}
	for i, f := range s.Frontends {
		id := fmt.Sprintf("f%d", i)
		lines := []string{frontendTitle(f)}
		for j, filter := range f.Filters {
			lines = append(lines, filterTitle(j, filter))
		}
		g.node(id, classFrontend, lines...)
		g.edge("lb", id, "")
		for j, route := range f.Routes {
			lead(id, route.Backend, routeWords(j, route))
		}
		if f.DefaultBackend != "" {
			lead(id, f.DefaultBackend, "default")
		}
	}
	for i, backend := range s.Backends {
		id := fmt.Sprintf("b%d", i)
		g.node(id, classBackend, backendTitle(backend))
		for j, server := range backend.Servers {
			g.server(fmt.Sprintf("s%d_%d", i, j), id, backend, server, health)
		}
	}
	return g
}

func (g *graph) server(id, of string, backend Backend, server lb.ServerSpec, health *Health) {
	lines, look := []string{serverTitle(backend, server)}, classServer
	if state, known := health.of(backend, server); known {
		lines, look = append(lines, healthMark(state)), healthClass(state)
	}
	g.node(id, look, lines...)
	g.edge(of, id, "")
}

func healthClass(state lb.Health) class {
	switch state {
	case lb.HealthHealthy:
		return classHealthy
	case lb.HealthDegraded:
		return classDegraded
	case lb.HealthDown:
		return classDown
	case lb.HealthUnknown:
		return classUnknown
	default:
		return classUnknown
	}
}

func (g *graph) node(id string, look class, lines ...string) {
	g.nodes = append(g.nodes, node{id: id, lines: lines, class: look})
}

func (g *graph) edge(from, to, label string) {
	g.edges = append(g.edges, edge{from: from, to: to, label: label})
}

// plainRune tells what stands for itself in a label of either language.
func plainRune(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,:!?_/()-", r)) ||
		r > unicode.MaxASCII && unicode.IsPrint(r)
}
