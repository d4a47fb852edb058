package topology

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// How the entries of a topology refer to each other, and what they are known by.

// fault is what is wrong at one place of a topology, whatever the provider.
type fault struct {
	path   string // "frontends[2].routes[0].backend"
	reason string
	with   string // the path of another entry, where it takes both: "frontends[1]"
}

// names finds entries of one kind by what they may be referred to.
type names map[string][]int

func (n names) add(i int, keys ...string) {
	for _, key := range keys {
		if key != "" && !slices.Contains(n[key], i) {
			n[key] = append(n[key], i)
		}
	}
}

// find returns the index of the only entry that ref refers to; ok is false where
// there is none, or several.
func (n names) find(ref string) (index int, ok bool) {
	found := n[ref]
	if ref == "" || len(found) != 1 {
		return 0, false
	}
	return found[0], true
}

// why says what is wrong with a reference that find does not resolve.
func (n names) why(kind lb.Kind, ref string) string {
	if count := len(n[ref]); count > 1 {
		return fmt.Sprintf("%q may be %d %ss: refer to one by its ID", ref, count, kind)
	}
	return fmt.Sprintf("there is no %s %q in the topology", kind, ref)
}

// references finds what the entries of a topology refer to.
type references struct {
	certificates names
	backends     names
}

func (s *Spec) references() references {
	r := references{certificates: names{}, backends: names{}}
	for i, certificate := range s.Certificates {
		r.certificates.add(i, certificate.keys()...)
	}
	for i, backend := range s.Backends {
		r.backends.add(i, string(backend.ID), backend.Name)
	}
	return r
}

// backend returns the index of the backend that ref refers to.
func (r references) backend(ref lb.BackendID) (int, bool) { return r.backends.find(string(ref)) }

// certificate returns the index of the certificate that ref refers to.
func (r references) certificate(ref lb.CertificateID) (int, bool) {
	return r.certificates.find(string(ref))
}

// keys are what a certificate may be referred to by: its ID, its name, and, where it
// has no name, its fingerprint and its common name.
func (c Certificate) keys() []string {
	keys := []string{string(c.ID), c.Name}
	if c.Name == "" {
		keys = append(keys, c.Fingerprint, c.commonName())
	}
	return keys
}

// commonName is the first of the domains that a certificate is ordered for.
func (c Certificate) commonName() string {
	if len(c.Domains) == 0 {
		return ""
	}
	return c.Domains[0]
}

// existing tells whether the entry stands for a certificate that is there already: it
// has nothing to upload and nothing to order.
func (c Certificate) existing() bool {
	return c.PEM == "" && c.PEMFile == "" && c.Key.IsZero() && c.KeyFile == "" && len(c.Domains) == 0
}

// plainFingerprint is a fingerprint as providers report it: lower-case hex without
// colons.
func plainFingerprint(text string) string {
	return strings.ToLower(strings.ReplaceAll(text, ":", ""))
}

// endpoint tells the servers of a backend apart.
type endpoint struct {
	address netip.Addr
	port    uint16 // 0: the frontend's
}

func (e endpoint) String() string {
	if e.port == 0 {
		return e.address.String()
	}
	return netip.AddrPortFrom(e.address, e.port).String()
}

// endpointOf is where a server of a backend with that port is reached.
func endpointOf(server lb.ServerSpec, backendPort uint16) endpoint {
	port := server.Port
	if port == 0 {
		port = backendPort
	}
	return endpoint{address: server.Address.Unmap(), port: port}
}

// entry is what an entry is known by, beside its place.
type entry struct {
	path string // "backends[3]"
	id   string
	name string
	key  string // what else tells it apart: see Certificate.keys
}

// faults are what is wrong with the topology in itself, whatever the provider:
// entries that cannot be told apart, and references that lead nowhere.
func (s *Spec) faults() []fault {
	var faults []fault
	faults = append(faults, twice(lb.KindCertificate, s.certificateEntries())...)
	faults = append(faults, twice(lb.KindBackend, s.backendEntries())...)
	for i, backend := range s.Backends {
		faults = append(faults, serversTwice(fmt.Sprintf("backends[%d]", i), backend)...)
	}
	faults = append(faults, twice(lb.KindFrontend, s.frontendEntries())...)
	return append(faults, s.dangling()...)
}

func (s *Spec) certificateEntries() []entry {
	entries := make([]entry, len(s.Certificates))
	for i, c := range s.Certificates {
		entries[i] = entry{path: fmt.Sprintf("certificates[%d]", i), id: string(c.ID), name: c.Name}
		if c.Name != "" {
			continue
		}
		entries[i].key = plainFingerprint(c.Fingerprint)
		if entries[i].key == "" {
			entries[i].key = strings.ToLower(c.commonName())
		}
	}
	return entries
}

func (s *Spec) backendEntries() []entry {
	entries := make([]entry, len(s.Backends))
	for i, b := range s.Backends {
		entries[i] = entry{path: fmt.Sprintf("backends[%d]", i), id: string(b.ID), name: b.Name}
	}
	return entries
}

func (s *Spec) frontendEntries() []entry {
	entries := make([]entry, len(s.Frontends))
	for i, f := range s.Frontends {
		entries[i] = entry{path: fmt.Sprintf("frontends[%d]", i), id: string(f.ID), name: f.Name}
	}
	return entries
}

// twice finds entries that cannot be told apart. Several may have one name when each
// has its ID.
func twice(kind lb.Kind, entries []entry) []fault {
	var faults []fault
	ids, known := map[string]int{}, map[string]int{}
	for i, e := range entries {
		key := e.name
		if key == "" {
			key = e.key
		}
		if e.id == "" && key == "" {
			faults = append(faults, fault{path: e.path, reason: fmt.Sprintf("a %s needs a name, or the ID of one that is there", kind)})
			continue
		}
		if first, seen := ids[e.id]; seen && e.id != "" {
			other := entries[first].path
			faults = append(faults, fault{path: e.path + ".id", reason: fmt.Sprintf("%s has the ID %q already", other, e.id), with: other})
			continue
		}
		ids[e.id] = i
		first, seen := known[key]
		if !seen || key == "" {
			known[key] = i
			continue
		}
		if e.id == "" || entries[first].id == "" {
			other := entries[first].path
			faults = append(faults, fault{path: e.path + ".name", reason: fmt.Sprintf("%s is called %q already: rename one, or give the ID of each", other, key), with: other})
		}
	}
	return faults
}

func serversTwice(path string, backend Backend) []fault {
	var faults []fault
	seen := make(map[endpoint]int, len(backend.Servers))
	for i, server := range backend.Servers {
		e := endpointOf(server, backend.Port)
		if first, ok := seen[e]; ok {
			faults = append(faults, fault{path: fmt.Sprintf("%s.servers[%d].address", path, i), reason: fmt.Sprintf("%s is servers[%d] already", e, first)})
			continue
		}
		seen[e] = i
	}
	return faults
}

// dangling finds references that lead nowhere, or not to one entry alone.
func (s *Spec) dangling() []fault {
	var faults []fault
	refs := s.references()
	check := func(path string, kind lb.Kind, among names, ref string) {
		if _, ok := among.find(ref); !ok && ref != "" {
			faults = append(faults, fault{path: path, reason: among.why(kind, ref)})
		}
	}
	for i, f := range s.Frontends {
		path := fmt.Sprintf("frontends[%d]", i)
		check(path+".defaultBackend", lb.KindBackend, refs.backends, string(f.DefaultBackend))
		for j, ref := range f.Certificates {
			check(fmt.Sprintf("%s.certificates[%d]", path, j), lb.KindCertificate, refs.certificates, string(ref))
		}
		for j, route := range f.Routes {
			check(fmt.Sprintf("%s.routes[%d].backend", path, j), lb.KindBackend, refs.backends, string(route.Backend))
		}
	}
	return faults
}
