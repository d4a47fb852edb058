package topology

import (
	"fmt"

	"github.com/lbkit/lbkit/lb"
)

// Portable returns a copy of s for another load balancer, at another provider too. What
// ties an exported topology to the one that it was read from is gone:
//
//   - IDs are dropped. What has no name gets one ("backend-2", by its place among the
//     backends), and of what has the same name all but the first get a number behind it
//     ("web-2"). References are by name.
//   - The load balancer's Plan and Zone are dropped: providers have their own.
//   - A filter's name that is only its action's word ("deny") is dropped: providers that
//     need one say that where there is none.
//
// Everything else stays, extensions included, which other providers leave alone. What
// the other provider cannot do, Check names, and a plan's Notes name what it would leave
// out. A certificate that was uploaded is known by its fingerprint alone: to have it
// uploaded again, set PEM and Key, or PEMFile and KeyFile, in its place.
func (s *Spec) Portable() *Spec {
	refs := s.references()
	out := &Spec{LoadBalancer: lb.Clone(s.LoadBalancer)}
	out.LoadBalancer.Plan, out.LoadBalancer.Zone = "", ""
	names := ownNames(lb.KindCertificate, s.Certificates, func(c Certificate) string { return c.Name })
	for i, c := range s.Certificates {
		entry := c
		entry.CertificateSpec = lb.Clone(c.CertificateSpec)
		entry.ID, entry.Name = "", names[i]
		out.Certificates = append(out.Certificates, entry)
	}
	names = ownNames(lb.KindBackend, s.Backends, func(b Backend) string { return b.Name })
	for i, b := range s.Backends {
		entry := Backend{BackendSpec: lb.Clone(b.BackendSpec)}
		entry.Name = names[i]
		for _, server := range b.Servers {
			entry.Servers = append(entry.Servers, lb.Clone(server))
		}
		out.Backends = append(out.Backends, entry)
	}
	names = ownNames(lb.KindFrontend, s.Frontends, func(f Frontend) string { return f.Name })
	for i, f := range s.Frontends {
		entry := portableFrontend(f, refs, out)
		entry.Name = names[i]
		out.Frontends = append(out.Frontends, entry)
	}
	return out
}

// portableFrontend is f without its ID, referring to the entries of to, which are in the
// places of those that refs finds.
func portableFrontend(f Frontend, refs references, to *Spec) Frontend {
	entry := Frontend{FrontendSpec: lb.Clone(f.FrontendSpec)}
	backend := func(ref lb.BackendID) lb.BackendID {
		if i, ok := refs.backend(ref); ok {
			return lb.BackendID(to.Backends[i].Name)
		}
		return ref
	}
	entry.DefaultBackend = backend(f.DefaultBackend)
	for i, ref := range entry.Certificates {
		if at, ok := refs.certificate(ref); ok {
			entry.Certificates[i] = lb.CertificateID(to.Certificates[at].Name)
		}
	}
	for _, filter := range f.Filters {
		spec := lb.Clone(filter)
		if spec.Name == string(spec.Action) {
			spec.Name = ""
		}
		entry.Filters = append(entry.Filters, spec)
	}
	for _, route := range f.Routes {
		spec := lb.Clone(route)
		spec.Backend = backend(route.Backend)
		entry.Routes = append(entry.Routes, spec)
	}
	return entry
}

// ownNames are names for entries of one kind, each different from all others. The first
// of a name keeps it.
func ownNames[T any](kind lb.Kind, entries []T, name func(T) string) []string {
	names, used := make([]string, len(entries)), map[string]bool{}
	for i, entry := range entries {
		if given := name(entry); given != "" && !used[given] {
			names[i], used[given] = given, true
		}
	}
	for i, entry := range entries {
		base, number := name(entry), 2
		if base == "" {
			base, number = string(kind), i+1
		}
		for ; names[i] == ""; number++ {
			if free := fmt.Sprintf("%s-%d", base, number); !used[free] {
				names[i], used[free] = free, true
			}
		}
	}
	return names
}
