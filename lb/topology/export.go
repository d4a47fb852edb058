package topology

import (
	"context"
	"errors"
	"fmt"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// Export reads a live load balancer, by one Read, as a Spec whose plan is empty, but for
// certificates whose order has failed: a plan orders these anew.
//
// Entries are sorted by name, what has the same name by age, as far as the provider says,
// and then by ID; servers by address and
// port; filters and routes are in the order in which they are tried. An ID is written
// where a name is empty or not the only one of its kind, and what refers to such an
// entry refers to its ID. A certificate that was uploaded is named by its fingerprint,
// since its key never comes back; one that the provider renews is named by its domains.
//
// What a topology cannot say is not dropped: the error joins an *lb.UnsupportedError
// for each path, and the Spec is returned beside it. It is what there is and the
// provider's Read has no words for, and what the provider's Dialect would refuse: a
// word that this version does not know, a combination that came about by other ways,
// a reference to something that is gone. The latter stand in the Spec as they were
// read. A plan from such a Spec leaves those things alone, says so in its Notes, and
// does not prune what they belong to. Any other error comes without a Spec.
func Export(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) (*Spec, error) {
	l, err := readLive(ctx, p, id)
	if err != nil {
		return nil, err
	}
	spec := l.export()
	return spec, errors.Join(append(l.unread(), unsayable(p, spec).all()...)...)
}

// export is l as a topology.
func (l *live) export() *Spec {
	refs := l.references()
	spec := &Spec{LoadBalancer: lb.Clone(l.LoadBalancer.LoadBalancerSpec)}
	for _, c := range l.Certificates {
		entry := Certificate{CertificateSpec: lb.CertificateSpec{Name: c.Name}}
		if refs.certificates[c.ID] == c.ID {
			entry.ID = c.ID
		}
		switch {
		case c.Source == lb.CertificateManaged && len(domainsOf(c)) > 0:
			entry.Domains = domainsOf(c)
		case c.Fingerprint != "":
			entry.Fingerprint = c.Fingerprint
		default:
			entry.ID = c.ID // nothing else tells which one it is
		}
		spec.Certificates = append(spec.Certificates, entry)
	}
	for _, b := range l.Backends {
		entry := Backend{BackendSpec: lb.Clone(b.BackendSpec), Servers: servers(b)}
		if refs.backends[b.ID] == b.ID {
			entry.ID = b.ID
		}
		for i := range entry.Servers {
			entry.Servers[i] = lb.Clone(entry.Servers[i])
		}
		if len(entry.Servers) == 0 {
			entry.Servers = nil
		}
		spec.Backends = append(spec.Backends, entry)
	}
	names := counts(l.Frontends, func(f lb.FrontendTree) string { return f.Name })
	for _, f := range l.Frontends {
		entry := refs.frontend(f)
		if names[f.Name] > 1 || f.Name == "" {
			entry.ID = f.ID
		}
		spec.Frontends = append(spec.Frontends, entry)
	}
	return spec
}

// liveNames are what a topology calls what there is: by its name, or, where that is
// empty or not the only one, by its ID.
type liveNames struct {
	certificates map[lb.CertificateID]lb.CertificateID
	backends     map[lb.BackendID]lb.BackendID
}

func (l *live) references() liveNames {
	refs := liveNames{certificates: map[lb.CertificateID]lb.CertificateID{}, backends: map[lb.BackendID]lb.BackendID{}}
	names := counts(l.Certificates, func(c *lb.Certificate) string { return c.Name })
	for _, c := range l.Certificates {
		refs.certificates[c.ID] = c.ID
		if c.Name != "" && names[c.Name] == 1 {
			refs.certificates[c.ID] = lb.CertificateID(c.Name)
		}
	}
	names = counts(l.Backends, func(b *lb.Backend) string { return b.Name })
	for _, b := range l.Backends {
		refs.backends[b.ID] = b.ID
		if b.Name != "" && names[b.Name] == 1 {
			refs.backends[b.ID] = lb.BackendID(b.Name)
		}
	}
	return refs
}

// backend is what refers to a backend. What is not there is referred to by its ID.
func (r liveNames) backend(id lb.BackendID) lb.BackendID {
	if name, ok := r.backends[id]; ok {
		return name
	}
	return id
}

func (r liveNames) certificate(id lb.CertificateID) lb.CertificateID {
	if name, ok := r.certificates[id]; ok {
		return name
	}
	return id
}

// frontend is f as an entry, without its ID.
func (r liveNames) frontend(f lb.FrontendTree) Frontend {
	entry := Frontend{FrontendSpec: lb.Clone(f.FrontendSpec)}
	entry.DefaultBackend = r.backend(f.DefaultBackend)
	for i, id := range entry.Certificates {
		entry.Certificates[i] = r.certificate(id)
	}
	for _, filter := range f.Filters {
		entry.Filters = append(entry.Filters, lb.Clone(filter.FilterSpec))
	}
	for _, route := range f.Routes {
		spec := lb.Clone(route.RouteSpec)
		spec.Backend = r.backend(spec.Backend)
		entry.Routes = append(entry.Routes, spec)
	}
	return entry
}

func counts[T any](items []T, name func(T) string) map[string]int {
	count := make(map[string]int, len(items))
	for _, item := range items {
		count[name(item)]++
	}
	return count
}

// unsaid is what of a load balancer could be read and not be written so, by place.
type unsaid struct {
	loadBalancer lb.Problems
	backends     []lb.Problems // by index
	frontends    []lb.Problems
}

func (u unsaid) all() lb.Problems {
	all := append(lb.Problems{}, u.loadBalancer...)
	for _, problems := range u.backends {
		all = append(all, problems...)
	}
	for _, problems := range u.frontends {
		all = append(all, problems...)
	}
	return all
}

// unsayable asks p's Dialect about an exported topology: what it refuses, and what
// refers to nothing.
func unsayable(p lb.Provider, exported *Spec) unsaid {
	d := p.Dialect()
	var u unsaid
	_, err := d.LoadBalancer(exported.LoadBalancer)
	u.loadBalancer = unsupported(p.Name(), "loadBalancer", err)
	for i, b := range exported.Backends {
		_, _, err := d.Backend(b.BackendSpec, b.Servers)
		u.backends = append(u.backends, unsupported(p.Name(), fmt.Sprintf("backends[%d]", i), err))
	}
	dangling := map[string]lb.Problems{}
	for _, fault := range exported.dangling() {
		at := pathPrefix(fault.path)
		dangling[at] = append(dangling[at], &lb.UnsupportedError{Provider: p.Name(), Path: fault.path, Reason: fault.reason})
	}
	for i, f := range exported.Frontends {
		at := fmt.Sprintf("frontends[%d]", i)
		_, err := d.Frontend(f.FrontendSpec)
		problems := unsupported(p.Name(), at, err)
		_, err = d.Filters(f.FrontendSpec, f.Filters)
		problems = append(problems, unsupported(p.Name(), at, err)...)
		_, err = d.Routes(f.FrontendSpec, f.Routes)
		problems = append(problems, unsupported(p.Name(), at, err)...)
		u.frontends = append(u.frontends, append(problems, dangling[at]...))
	}
	return u
}

// unsupported is what a Dialect said of the entry at a path, each problem as an
// *lb.UnsupportedError with the whole path.
func unsupported(provider, at string, err error) lb.Problems {
	var all lb.Problems
	for _, problem := range codes.Problems(err) {
		var lacks *lb.UnsupportedError
		var invalid *lb.Error
		switch {
		case errors.As(problem, &lacks):
			known := *lacks
			known.Path = under(at, lacks.Path)
			all = append(all, &known)
		case errors.As(problem, &invalid) && len(invalid.Fields) > 0:
			for _, field := range invalid.Fields {
				all = append(all, &lb.UnsupportedError{Provider: provider, Path: under(at, field.Path), Reason: field.Reason})
			}
		default:
			all = append(all, &lb.UnsupportedError{Provider: provider, Path: at, Reason: problem.Error()})
		}
	}
	return all
}
