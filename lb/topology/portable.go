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
	out := s.Clone()
	out.LoadBalancer.Plan, out.LoadBalancer.Zone = "", ""
	for i, name := range ownNames(lb.KindCertificate, s.Certificates, func(c Certificate) string { return c.Name }) {
		out.Certificates[i].ID, out.Certificates[i].Name = "", name
	}
	for i, name := range ownNames(lb.KindBackend, s.Backends, func(b Backend) string { return b.Name }) {
		out.Backends[i].ID, out.Backends[i].Name = "", name
	}
	for i, name := range ownNames(lb.KindFrontend, s.Frontends, func(f Frontend) string { return f.Name }) {
		out.Frontends[i].ID, out.Frontends[i].Name = "", name
		out.Frontends[i] = out.byName(refs).frontend(out.Frontends[i])
		for j, filter := range out.Frontends[i].Filters {
			if filter.Name == string(filter.Action) {
				out.Frontends[i].Filters[j].Name = ""
			}
		}
	}
	return out
}

// byName has a frontend refer by name to the entries of s, which are in the places of those
// that refs finds.
func (s *Spec) byName(refs references) renaming {
	return renaming{
		backend: func(ref lb.BackendID) lb.BackendID {
			if i, ok := refs.backend(ref); ok {
				return lb.BackendID(s.Backends[i].Name)
			}
			return ref
		},
		certificate: func(ref lb.CertificateID) lb.CertificateID {
			if i, ok := refs.certificate(ref); ok {
				return lb.CertificateID(s.Certificates[i].Name)
			}
			return ref
		},
	}
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
