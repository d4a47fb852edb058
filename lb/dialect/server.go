package dialect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// Servers is the canonical form of servers that are to be in a backend, in the order in
// which they are wanted. Those that are there already, as told by [Endpoint], must be such
// that they can be changed in place, and what is not changed of them passes, as in
// [Rules.UpdateServer]; those that are there and not wanted do not matter. It is for Add,
// with none there, and for Set.
func (r Rules) Servers(backend lb.BackendSpec, there, wanted []lb.ServerSpec) ([]lb.ServerSpec, error) {
	out, problems := r.servers(backend, wanted)
	for i, spec := range out {
		if at := find(backend, there, spec); at >= 0 {
			problems = r.staying(backend, there[at], spec, fmt.Sprintf("servers[%d].", i), problems)
		}
	}
	if len(wanted) <= len(there) {
		problems = slices.DeleteFunc(problems, func(problem error) bool { return codes.Path(problem) == "servers" })
	}
	return settled(out, problems)
}

// staying are the problems with servers once one of them, at the path that its fields begin
// with, is known to be there: less those that it had before, and with those of its changes.
func (r Rules) staying(backend lb.BackendSpec, has, wanted lb.ServerSpec, at string, problems lb.Problems) lb.Problems {
	f := r.findings(lb.KindServer, "server", at)
	was := f.server(backend, has)
	differs := codes.Differ(was, wanted)
	problems = codes.Fresh(f.problems, problems, func(path string) bool { return differs(strings.TrimPrefix(path, at)) })
	return append(problems, inPlace(r.findings(lb.KindServer, "server", at), was, wanted)...)
}

// servers is the servers of a backend, as they come.
func (r Rules) servers(backend lb.BackendSpec, specs []lb.ServerSpec) ([]lb.ServerSpec, lb.Problems) {
	var problems lb.Problems
	if most := r.Capabilities.Limits.MaxServers; most > 0 && len(specs) > most {
		f := r.findings(lb.KindServer, "server", "")
		f.invalid("servers", "%d; a backend has room for %d", len(specs), most)
		problems = f.problems
	}
	out := make([]lb.ServerSpec, len(specs))
	for i, spec := range specs {
		f := r.findings(lb.KindServer, "server", fmt.Sprintf("servers[%d].", i))
		out[i] = f.server(backend, spec)
		if j := find(backend, out[:i], out[i]); j >= 0 {
			f.invalid("address", "servers[%d] has the same address and port", j) // which port is not said: codes.Fresh compares words
		}
		problems = append(problems, f.problems...)
	}
	return out, problems
}

func (f *findings) server(backend lb.BackendSpec, spec lb.ServerSpec) lb.ServerSpec {
	f.protocol = backend.Protocol
	out := lb.Clone(spec)
	f.name(spec.Name)
	out.Address = f.address(spec.Address)
	f.port("port", spec.Port)
	standard := 1
	switch {
	case f.supports("server.weight") && !f.lacksOnUDP("server.weight"):
		out.Weight = cmp.Or(out.Weight, &standard)
	case spec.Weight != nil && *spec.Weight == standard: // what leaving it out means
		out.Weight = nil
	}
	if f.leaf("weight", out.Weight) && *out.Weight < 0 {
		f.invalid("weight", "%d is negative", *out.Weight)
	}
	f.leaf("backup", spec.Backup)
	f.leaf("disabled", spec.Disabled)
	out.Extensions = f.extensions("extensions", spec.Extensions)
	f.more(out)
	return out
}

func (f *findings) address(address netip.Addr) netip.Addr {
	unmapped := address.Unmap()
	if !f.leaf("address", address) {
		return unmapped
	}
	f.narrow("server.address.ipv6", unmapped.Is6(), "address", address.String(), "servers are reached by IPv4 alone")
	if unmapped.IsUnspecified() || unmapped.IsMulticast() || unmapped.Zone() != "" {
		f.invalid("address", "%s is not the address of a server", address)
	}
	return unmapped
}

// find is the place of the first of servers with the endpoint of another, or -1.
func find(backend lb.BackendSpec, servers []lb.ServerSpec, other lb.ServerSpec) int {
	at := Endpoint(backend, other)
	return slices.IndexFunc(servers, func(s lb.ServerSpec) bool { return Endpoint(backend, s) == at })
}

// Endpoint is what tells the servers of a backend apart: the address and the port that
// is meant, 0 for the frontend's.
func Endpoint(backend lb.BackendSpec, spec lb.ServerSpec) netip.AddrPort {
	return netip.AddrPortFrom(spec.Address.Unmap(), cmp.Or(spec.Port, backend.Port))
}
