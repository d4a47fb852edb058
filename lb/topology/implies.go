package topology

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// implies tells whether every request that matches narrow matches wide, too, as
// lb.Explain matches them. It is certain where it says so; where it does not, it may be
// that it cannot tell.
func implies(narrow, wide lb.Match) bool {
	return !slices.ContainsFunc(wide, func(w lb.Condition) bool {
		return !always(w) && !slices.ContainsFunc(narrow, func(n lb.Condition) bool { return forces(n, w) })
	})
}

// always tells conditions that hold for every request.
func always(c lb.Condition) bool {
	switch {
	case c.Not:
		return false
	case c.Field == lb.FieldSource:
		return keepsOut(c, allIPv4) && keepsOut(c, allIPv6)
	default:
		return c.Field == lb.FieldPath && c.Op == lb.MatchPrefix && slices.Contains(c.Values, "/")
	}
}

// forces tells whether wide holds whenever narrow does.
func forces(narrow, wide lb.Condition) bool {
	if !sameSubject(narrow, wide) {
		return false
	}
	switch {
	case narrow.Not && wide.Not:
		wide.Not, narrow.Not = false, false
		return absent(narrow) || forces(wide, narrow)
	case narrow.Not:
		return false
	case wide.Not:
		return excludes(narrow, wide)
	case wide.Op == lb.MatchExists:
		return true // whatever it is compared with, it is there
	case narrow.Op == lb.MatchExists || len(narrow.Values) == 0:
		return false
	default:
		return !slices.ContainsFunc(narrow.Values, func(n string) bool {
			return !slices.ContainsFunc(wide.Values, func(w string) bool { return valueForces(narrow, n, wide, w) })
		})
	}
}

// absent: the condition whose negation this is holds for what is not there at all, so
// that nothing else can be compared with it.
func absent(c lb.Condition) bool { return c.Op == lb.MatchExists }

func sameSubject(a, b lb.Condition) bool {
	if a.Field != b.Field {
		return false
	}
	return a.Name == b.Name || a.Field == lb.FieldHeader && strings.EqualFold(a.Name, b.Name)
}

// caseless fields are names of hosts: see lb.Explain.
func caseless(c lb.Condition) bool {
	return c.Field == lb.FieldHost || c.Field == lb.FieldHeader && strings.EqualFold(c.Name, "Host")
}

// valueForces tells whether what compares so with n, compares so with w.
func valueForces(narrow lb.Condition, n string, wide lb.Condition, w string) bool {
	if wide.Field == lb.FieldSource {
		inner, innerErr := netip.ParsePrefix(n)
		outer, outerErr := netip.ParsePrefix(w)
		return innerErr == nil && outerErr == nil && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
	}
	if wide.Op == lb.MatchRegex {
		return narrow.Op == lb.MatchRegex && n == w || narrow.Op == "" && matchesPattern(wide, w, n)
	}
	if caseless(wide) {
		n, w = strings.ToLower(n), strings.ToLower(w)
	}
	switch wide.Op {
	case "":
		return narrow.Op == "" && n == w
	case lb.MatchPrefix:
		return (narrow.Op == "" || narrow.Op == lb.MatchPrefix) && strings.HasPrefix(n, w)
	case lb.MatchSuffix:
		return (narrow.Op == "" || narrow.Op == lb.MatchSuffix) && strings.HasSuffix(n, w)
	case lb.MatchContains:
		return narrow.Op != lb.MatchRegex && strings.Contains(n, w)
	default: // an operator that nobody knows
		return false
	}
}

func matchesPattern(c lb.Condition, expression, text string) bool {
	if caseless(c) {
		expression = "(?i)" + expression
	}
	pattern, err := regexp.Compile(expression)
	return err == nil && pattern.MatchString(text)
}

// excludes tells whether narrow, which is no negation, cannot hold together with what
// wide negates. Only fields of which a request has one value at most can exclude
// anything.
func excludes(narrow, wide lb.Condition) bool {
	switch narrow.Field {
	case lb.FieldSource:
		return disjoint(narrow.Values, wide.Values)
	case lb.FieldHost, lb.FieldPath, lb.FieldMethod, lb.FieldProtocol:
	default:
		return false
	}
	if narrow.Op != "" || len(narrow.Values) == 0 || wide.Op == lb.MatchExists || !wide.Op.Known() {
		return false
	}
	wide.Not = false
	for _, value := range narrow.Values {
		exactly := lb.Condition{Field: narrow.Field, Values: []string{value}}
		if invalidPattern(wide) || forces(exactly, wide) {
			return false
		}
	}
	return true
}

func invalidPattern(c lb.Condition) bool {
	return c.Op == lb.MatchRegex && slices.ContainsFunc(c.Values, func(value string) bool {
		_, err := regexp.Compile(value)
		return err != nil
	})
}

func disjoint(some, others []string) bool {
	for _, a := range some {
		for _, b := range others {
			x, xErr := netip.ParsePrefix(a)
			y, yErr := netip.ParsePrefix(b)
			if xErr != nil || yErr != nil || x.Overlaps(y) {
				return false
			}
		}
	}
	return len(some) > 0
}
