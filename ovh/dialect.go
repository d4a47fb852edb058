package ovh

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// dialect is what OVH makes of specs. Each method stands on a canonical… function,
// which also gives the canonical form of what it has something to say against: an
// update passes what it found so (see unchanged).
type dialect struct {
	lb.UnimplementedDialect
	loadBalancerOptions bool // they are read and written
}

// LoadBalancer is lb.Dialect's: the TLS policy filled in, the tags sorted.
func (d dialect) LoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, error) {
	out, problems := d.canonicalLoadBalancer(spec)
	if len(problems) > 0 {
		return lb.LoadBalancerSpec{}, problems
	}
	return out, nil
}

// Frontend is lb.Dialect's: ports merged and sorted, TLS filled in where a
// certificate implies it, addresses and headers sorted.
func (dialect) Frontend(spec lb.FrontendSpec) (lb.FrontendSpec, error) {
	out, problems := canonicalFrontend(spec)
	if len(problems) > 0 {
		return lb.FrontendSpec{}, problems
	}
	return out, nil
}

// Backend is lb.Dialect's: defaults filled in, and the settings that OVH keeps on
// each server moved to the backend where all servers agree, and to each of them
// where they do not.
func (dialect) Backend(spec lb.BackendSpec, servers []lb.ServerSpec) (lb.BackendSpec, []lb.ServerSpec, error) {
	out, outServers, problems := canonicalBackend(spec, servers)
	if len(problems) > 0 {
		return lb.BackendSpec{}, nil, problems
	}
	return out, outServers, nil
}

// Bounds of the API (facts 5.4, 5.5, 6.13).
const (
	maxServiceName = 50 // characters
	maxPort        = 49151
	maxWeight      = 256
)

// findings collects what is wrong with one spec.
type findings struct {
	kind     lb.Kind
	leaf     string // what the spec's features begin with: "backend"
	at       string // what its paths begin with: "servers[2]."
	problems lb.Problems
}

// unsupported is a setting that OVH cannot hold. Its feature is the path's; its
// hint is the feature's in Capabilities.
func (f *findings) unsupported(path string, value any, reason string) {
	f.lacks(f.feature(path), path, value, reason)
}

// lacks is unsupported for a feature that is not called like the path.
func (f *findings) lacks(feature lb.Feature, path string, value any, reason string) {
	f.problems = append(f.problems, &lb.UnsupportedError{
		Provider: providerName, Feature: feature, Path: f.at + path, Value: value, Reason: reason, Hint: features[feature].Hint,
	})
}

// invalid is a setting that means nothing, or is out of its range.
func (f *findings) invalid(path, format string, args ...any) {
	f.problems = append(f.problems, &lb.Error{
		Code: lb.ErrInvalid, Provider: providerName, Kind: f.kind,
		Fields: []lb.FieldError{{Path: f.at + path, Reason: fmt.Sprintf(format, args...)}},
	})
}

// text refuses what does not belong into a name.
func (f *findings) text(path, value string) {
	if !plain.Text(value) {
		f.invalid(path, "%q holds what is not text", value)
	}
}

func (f *findings) feature(path string) lb.Feature { return lb.Feature(f.leaf + "." + path) }

// none refuses a setting that OVH does not have at all.
func none[T comparable](f *findings, path string, value T) {
	var zero T
	if value != zero {
		f.unsupported(path, value, "OVH has no such setting")
	}
}

// oneOf refuses a value that is not among those allowed; zero is another's matter.
func oneOf[T ~string](f *findings, path string, value T, allowed ...T) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	names := make([]string, len(allowed))
	for i, name := range allowed {
		names[i] = string(name)
	}
	f.unsupported(path, string(value), "OVH has "+strings.Join(names, ", "))
}

// unset refuses to leave a setting out for which OVH has no default.
func (f *findings) unset(path, reason string) {
	f.lacks(f.feature(path)+".unset", path, nil, reason)
}

// protocol checks what a frontend or backend speaks.
func (f *findings) protocol(protocol lb.Protocol) {
	if protocol == "" {
		f.unset("protocol", "a protocol must be named")
	}
	oneOf(f, "protocol", protocol, protocols...)
}

// protocols are OVH's, in the order in which lists go through them.
var protocols = []lb.Protocol{lb.ProtocolHTTP, lb.ProtocolTCP, lb.ProtocolUDP}

// port checks a port of servers or checks; zero is another port's number.
func (f *findings) port(path string, port uint16) {
	if port > maxPort {
		f.invalid(path, "port %d is above %d", port, maxPort)
	}
}

// zone is the canonical zone: in lower case, empty for all of them.
func (f *findings) zone(path, zone string) string {
	zone = strings.ToLower(zone)
	switch {
	case zone == AllZones:
		return ""
	case zone != "" && !nameLike(zone, "-"):
		f.invalid(path, "%q is not a zone's name", zone)
	}
	return zone
}

// vrackNetwork checks the number of a vRack network; zero is none.
func (f *findings) vrackNetwork(path string, id int64) {
	if id < 0 {
		f.invalid(path, "%d is not a network's number", id)
	}
}

// prefixes is a set of address blocks: without host bits, sorted, each once.
func (f *findings) prefixes(path string, prefixes []netip.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(prefixes))
	for _, prefix := range prefixes {
		if !prefix.IsValid() || prefix.Addr().Is4In6() {
			f.invalid(path, "%s is not an address block, such as 203.0.113.10/32", prefix)
			continue
		}
		out = append(out, prefix.Masked())
	}
	return sortedPrefixes(out)
}

func sortedPrefixes(prefixes []netip.Prefix) []netip.Prefix {
	if len(prefixes) == 0 {
		return nil
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes)
}

// optionsOf reads OVH's extension of a level, strictly.
func optionsOf[T lb.Extension](f *findings, path string, extensions lb.Extensions) T {
	value, _, err := lb.ExtensionOf[T](extensions)
	if err != nil {
		f.invalid(path, "%v", err)
	}
	return value
}

// unchanged leaves out of problems those that before had already: a live
// configuration that the dialect would refuse passes as it is.
func unchanged(before, problems lb.Problems) lb.Problems {
	had := make(map[string]bool, len(before))
	for _, problem := range before {
		had[identity(problem)] = true
	}
	return slices.DeleteFunc(slices.Clone(problems), func(problem error) bool { return had[identity(problem)] })
}

// identity tells two problems apart: what is wrong, where, and with which value.
func identity(problem error) string {
	switch problem := problem.(type) { //nolint:errorlint // problems are of these two types, unwrapped
	case *lb.UnsupportedError:
		return fmt.Sprintf("%s\n%s\n%v\n%s", problem.Feature, problem.Path, problem.Value, problem.Reason)
	case *lb.Error:
		return fmt.Sprintf("%s\n%v", problem.Message, problem.Fields)
	default:
		return problem.Error()
	}
}
