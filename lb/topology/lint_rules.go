package topology

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// shadowed finds filters and routes that never decide, because what they match is
// decided before. A filter with an extension may match other things than its conditions
// say: nothing is concluded from it.
func (l *linter) shadowed(path string, f Frontend) {
	for i, filter := range f.Filters {
		if !filter.Extensions.IsZero() {
			continue
		}
		if j := firstCovering(f.Filters[:i], filter.Match); j >= 0 {
			l.find(RuleShadowed, fmt.Sprintf("%s.filters[%d]", path, i), "filters[%d] decides first about all that it matches", j)
		}
	}
	for i, route := range f.Routes {
		at := fmt.Sprintf("%s.routes[%d]", path, i)
		if j := firstCovering(keepingOut(f.Filters), route.Match); j >= 0 {
			l.find(RuleShadowed, at, "filters[%d], of action %s, lets nothing through to it", j, f.Filters[j].Action)
			continue
		}
		for j, sooner := range f.Routes[:i] {
			if implies(route.Match, sooner.Match) {
				l.find(RuleShadowed, at, "routes[%d] takes all that it matches", j)
				break
			}
		}
	}
}

// firstCovering is the index of the first filter that matches all that match does, or -1.
func firstCovering(filters []lb.FilterSpec, match lb.Match) int {
	return slices.IndexFunc(filters, func(f lb.FilterSpec) bool {
		return f.Extensions.IsZero() && implies(match, f.Match)
	})
}

// keepingOut are the filters at the beginning that let nothing pass to routes: one that
// allows ends them, since it may let pass what later ones would keep out.
func keepingOut(filters []lb.FilterSpec) []lb.FilterSpec {
	end := slices.IndexFunc(filters, func(f lb.FilterSpec) bool {
		return f.Action != lb.FilterDeny && f.Action != lb.FilterRedirect || !f.Extensions.IsZero()
	})
	if end < 0 {
		return filters
	}
	return filters[:end]
}

// openIPv6 finds filters that keep all IPv4 clients out of something that IPv6 clients
// get at.
func (l *linter) openIPv6(path string, f Frontend) {
	reachable := len(f.Addresses) == 0 || slices.ContainsFunc(f.Addresses, func(p netip.Prefix) bool { return p.Addr().Is6() })
	if !reachable {
		return
	}
	for i, filter := range f.Filters {
		sources, rest := bySources(filter.Match)
		if filter.Action != lb.FilterDeny || !filter.Extensions.IsZero() || len(sources) != 1 || sources[0].Not {
			continue
		}
		if !keepsOut(sources[0], allIPv4) || keepsOut(sources[0], allIPv6) {
			continue
		}
		closed := slices.ContainsFunc(f.Filters, func(other lb.FilterSpec) bool {
			otherSources, otherRest := bySources(other.Match)
			denies := other.Action == lb.FilterDeny || other.Action == lb.FilterRedirect
			return denies && implies(rest, otherRest) &&
				!slices.ContainsFunc(otherSources, func(c lb.Condition) bool { return !keepsOut(c, allIPv6) })
		})
		if !closed {
			l.find(RuleIPv6Open, fmt.Sprintf("%s.filters[%d]", path, i), "it denies all of IPv4, and IPv6 clients pass: deny ::/0, too, or deny all but those meant with not")
		}
	}
}

// bySources parts the conditions on the source from the others.
func bySources(match lb.Match) (sources []lb.Condition, rest lb.Match) {
	for _, c := range match {
		if c.Field == lb.FieldSource {
			sources = append(sources, c)
		} else {
			rest = append(rest, c)
		}
	}
	return sources, rest
}

var (
	allIPv4 = netip.MustParsePrefix("0.0.0.0/0")
	allIPv6 = netip.MustParsePrefix("::/0")
)

// keepsOut tells whether a condition on the source holds for all addresses of a family.
func keepsOut(c lb.Condition, family netip.Prefix) bool {
	var prefixes []netip.Prefix
	for _, value := range c.Values {
		prefix, err := netip.ParsePrefix(value)
		if err != nil {
			return false
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	if c.Not {
		return !slices.ContainsFunc(prefixes, family.Overlaps)
	}
	return covered(prefixes, family)
}

// covered tells whether prefixes hold all addresses of one, together or alone.
func covered(prefixes []netip.Prefix, all netip.Prefix) bool {
	var inside []netip.Prefix
	for _, p := range prefixes {
		if !p.Overlaps(all) {
			continue
		}
		if p.Bits() <= all.Bits() {
			return true
		}
		inside = append(inside, p)
	}
	if len(inside) == 0 {
		return false
	}
	low, high := halves(all)
	return covered(inside, low) && covered(inside, high)
}

// halves splits a prefix that is longer than one address.
func halves(p netip.Prefix) (low, high netip.Prefix) {
	bits := p.Bits()
	b := p.Addr().AsSlice()
	b[bits/8] |= 0x80 >> (bits % 8)
	upper, _ := netip.AddrFromSlice(b) // as long as an address is
	return netip.PrefixFrom(p.Addr(), bits+1), netip.PrefixFrom(upper, bits+1)
}
