package topology

import (
	"errors"
	"fmt"
	"slices"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// Check reports everything that p would refuse of s, at once and without I/O, as
// lb.Problems with paths such as "frontends[2].filters[0].match[1].values". It asks p's
// Dialect about every entry and p's Capabilities about what spans several: limits of the
// load balancer as a whole, protocols that must agree, frontends that would listen in the
// same place. What passes is expressed without loss, but for extensions of other providers:
// p ignores them.
//
// Where p lacks the feature "server.disabled", servers that are Disabled are left out
// first: that is how a plan has them out of service there, although p itself refuses them.
// Notes of a plan name both, those servers and the extensions.
//
// Certificates that name files must have been read: see ReadFiles. Those that are there
// already (an ID, a Fingerprint or a name, and nothing to upload or order) are not
// looked for.
func (s *Spec) Check(p lb.Provider) error { return s.check(p).problems.Err() }

// check is Check beside live frontends that stay, which take room too.
func (s *Spec) check(p lb.Provider, beside ...*lb.FrontendTree) *checker {
	c := &checker{
		spec: s, dialect: p.Dialect(), provider: p.Name(), can: p.Capabilities(), refs: s.references(),
		said: map[string]bool{}, spans: map[int][]string{}, together: "all frontends together",
	}
	for _, fault := range s.faults() {
		c.invalid(lb.KindLoadBalancer, fault.path, "%s", fault.reason)
		if fault.with != "" {
			c.spanning(pathPrefix(fault.path), fault.with)
		}
	}
	if len(beside) > 0 {
		c.together += ", with those that stay and are not in the topology,"
	}
	for _, f := range beside {
		c.countFilters("", filterSpecs(*f))
		c.routes.add(len(f.Routes), c.can.Limits.MaxRoutes, "")
	}
	_, err := c.dialect.LoadBalancer(s.LoadBalancer)
	c.found("loadBalancer", err)
	for i, certificate := range s.Certificates {
		c.certificate(fmt.Sprintf("certificates[%d]", i), certificate)
	}
	for i, backend := range s.Backends {
		c.backend(fmt.Sprintf("backends[%d]", i), backend)
	}
	for i, frontend := range s.Frontends {
		c.frontend(fmt.Sprintf("frontends[%d]", i), frontend)
	}
	c.limits()
	c.collisions()
	return c
}

// checker collects what is wrong with a topology.
type checker struct {
	spec     *Spec
	dialect  lb.Dialect
	provider string
	can      lb.Capabilities
	refs     references
	problems lb.Problems
	said     map[string]bool  // what the dialect said
	spans    map[int][]string // the entries, by path, that make a problem together, by its place

	// How many filters and routes the provider would have, on what, and the place of the
	// first one that is too much.
	filters, routes count
	together        string
}

// count counts what is limited.
type count struct {
	all    int
	beyond string // where the limit was passed
}

func (c *count) add(n, limit int, path string) {
	c.all += n
	if limit > 0 && c.all > limit && c.beyond == "" {
		c.beyond = path
	}
}

func (c *checker) invalid(kind lb.Kind, path, format string, args ...any) {
	problem := invalid(kind, path, fmt.Sprintf(format, args...))
	problem.Provider = c.provider
	c.problems = append(c.problems, problem)
}

// spanning takes note of the entries that make the last problem together.
func (c *checker) spanning(entries ...string) {
	c.spans[len(c.problems)-1] = entries
}

// found takes over what the dialect says of the entry at path.
func (c *checker) found(path string, err error) {
	for _, problem := range codes.Problems(err) {
		placed := withPath(path, problem)
		if text := placed.Error(); !c.said[text] { // filters and routes may say the same of their frontend
			c.said[text] = true
			c.problems = append(c.problems, placed)
		}
	}
}

// withPath gives a problem of the entry at path its whole path.
func withPath(path string, problem error) error {
	wrong, is := errors.AsType[*lb.Error](problem)
	switch {
	case len(codes.Paths(problem)) > 0:
		return withPaths(problem, func(inner string) string { return under(path, inner) })
	case is:
		placed := *wrong
		placed.Fields = []lb.FieldError{{Path: path}}
		return &placed
	default:
		return fmt.Errorf("%s: %w", path, problem)
	}
}

// withPaths is a copy of a problem with other paths.
func withPaths(problem error, change func(path string) string) error {
	if unsupported, ok := errors.AsType[*lb.UnsupportedError](problem); ok {
		placed := *unsupported
		placed.Path = change(placed.Path)
		return &placed
	}
	if wrong, ok := errors.AsType[*lb.Error](problem); ok {
		placed := *wrong
		placed.Fields = slices.Clone(wrong.Fields)
		for i := range placed.Fields {
			placed.Fields[i].Path = change(placed.Fields[i].Path)
		}
		return &placed
	}
	return problem
}

// under is a path within the entry at another.
func under(path, inner string) string {
	if inner == "" {
		return path
	}
	return path + "." + inner
}

func (c *checker) certificate(path string, certificate Certificate) {
	if certificate.PEMFile != "" && certificate.PEM == "" {
		c.invalid(lb.KindCertificate, path+".pemFile", "has not been read: ReadFiles does it")
		return
	}
	if certificate.KeyFile != "" && certificate.Key.IsZero() {
		c.invalid(lb.KindCertificate, path+".keyFile", "has not been read: ReadFiles does it")
		return
	}
	if certificate.existing() {
		return
	}
	_, err := c.dialect.Certificate(certificate.CertificateSpec)
	c.found(path, err)
}

// enabled are the servers that a provider gets, and where each stands in the topology.
func (b Backend) enabled(can lb.Capabilities) (servers []lb.ServerSpec, places []int) {
	keepDisabled := can.Has("server.disabled")
	for i, server := range b.Servers {
		if server.Disabled && !keepDisabled {
			continue
		}
		servers, places = append(servers, server), append(places, i)
	}
	return servers, places
}

func (c *checker) backend(path string, backend Backend) {
	servers, places := backend.enabled(c.can)
	_, _, err := c.dialect.Backend(backend.BackendSpec, servers)
	if err != nil && len(places) < len(backend.Servers) {
		err = asWritten(codes.Problems(err), places)
	}
	c.found(path, err)
	if most := c.can.Limits.MaxServers; most > 0 && len(servers) > most {
		c.invalid(lb.KindBackend, path+".servers", "%d: a backend has %d at most", len(servers), most)
	}
}

func (c *checker) frontend(path string, f Frontend) {
	_, err := c.dialect.Frontend(f.FrontendSpec)
	c.found(path, err)
	c.agrees(path+".defaultBackend", f.Protocol, f.DefaultBackend)
	for i, route := range f.Routes {
		c.agrees(fmt.Sprintf("%s.routes[%d].backend", path, i), f.Protocol, route.Backend)
	}
	if len(f.Filters) > 0 {
		filters, err := c.dialect.Filters(f.FrontendSpec, f.Filters)
		c.found(path, err)
		c.countFilters(path+".filters", filters)
	}
	if len(f.Routes) > 0 {
		routes, err := c.dialect.Routes(f.FrontendSpec, f.Routes)
		c.found(path, err)
		c.routes.add(len(routes), c.can.Limits.MaxRoutes, path+".routes")
	}
}

// agrees checks that a frontend and a backend that it leads to speak the same protocol.
func (c *checker) agrees(path string, protocol lb.Protocol, ref lb.BackendID) {
	i, ok := c.refs.backend(ref)
	if !ok || protocol == "" {
		return // said elsewhere
	}
	if spoken := c.spec.Backends[i].Protocol; spoken != "" && spoken != protocol {
		c.invalid(lb.KindFrontend, path, "backend %q speaks %s, and the frontend %s", ref, spoken, protocol)
	}
}
