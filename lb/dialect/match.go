package dialect

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/internal/pattern"
	"github.com/lbkit/lbkit/lb"
)

// ruled refuses filters and routes of frontends that have none, and reports whether they
// are worth a look.
func (f *findings) ruled(frontend lb.FrontendSpec, count int) bool {
	feature, path := f.feature("match.udp"), f.spec+"s"
	switch {
	case frontend.Protocol == lb.ProtocolHTTP || frontend.Protocol == lb.ProtocolTCP:
		return true
	case count == 0:
	case frontend.Protocol != lb.ProtocolUDP:
		f.invalid("frontend.protocol", "%q has no %s", frontend.Protocol, path)
	case f.rules.Capabilities.Features[feature].Supported:
		return true
	default:
		f.lacks(feature, path, count, "a UDP frontend has none")
	}
	return false
}

// match refuses conditions that cannot be said.
func (f *findings) match(frontend lb.FrontendSpec, match lb.Match) {
	if !f.leaf("match", match) {
		tcp := len(match) == 0 && frontend.Protocol == lb.ProtocolTCP
		f.narrow(f.feature("match.unset.tcp"), tcp, "match", nil, "there is no condition that always holds on TCP")
		return
	}
	for i, c := range match {
		f.condition(frontend, fmt.Sprintf("match[%d]", i), c)
	}
	if most := f.rules.Capabilities.Limits.MaxMatchConditions; most > 0 && len(match) > most {
		f.invalid("match", "%d conditions; there is room for %d", len(match), most)
	}
	f.together(canonicalMatch(match))
}

// together refuses conditions, of a canonical match, that do not go with each other.
func (f *findings) together(match lb.Match) {
	sources, not := 0, 0
	for _, c := range match {
		if c.Field == lb.FieldSource {
			sources++
		}
		if c.Not {
			not++
		}
	}
	several := len(match) > 1
	if several && !f.rules.Capabilities.Features[f.feature("match.several")].Supported {
		f.lacks(f.feature("match.several"), "match", len(match), "there is room for one condition")
	}
	f.narrow(f.feature("match.several.sources"), sources > 1, "match", nil, "there is room for one condition on the source")
	f.narrow(f.feature("match.several.fields"), len(match)-sources > 1, "match", nil, "there is room for one condition besides the source")
	f.narrow(f.feature("match.several.not"), several && not > 0, "match", nil, "all conditions are negated, or none")
}

func (f *findings) condition(frontend lb.FrontendSpec, path string, c lb.Condition) {
	field := f.feature("match." + string(c.Field))
	tcp := frontend.Protocol != lb.ProtocolHTTP
	f.part(path+".name", c.Name, c.Name != "")
	f.part(path+".not", c.Not, c.Not)
	switch support, listed := f.support(field); {
	case !f.part(path+".field", c.Field, true):
		return
	case !c.Field.Known():
		f.invalid(path+".field", "%q is not a part of a request", c.Field)
		return
	case !listed || !support.Supported:
		f.lacks(field, path+".field", string(c.Field), "this provider cannot look at it")
		return
	case tcp && f.narrowed(field+".tcp"):
		f.lacks(field+".tcp", path+".field", string(c.Field), "there is none before a request is read")
		return
	}
	host := c.Field == lb.FieldHost && !tcp && !plainHost(frontend.Ports)
	f.narrow(f.feature("match.host.port"), host, path+".field", string(c.Field), "on this port the Host header holds the port too")
	f.conditionName(path+".name", c)
	f.conditionOp(path+".op", c)
	f.conditionValues(path+".values", c)
}

// part refuses a part of a condition that the capabilities do not have. Whether one can
// be left out is for its field to say.
func (f *findings) part(path string, value any, set bool) bool {
	feature := f.feature(path)
	if !set || f.rules.Capabilities.Features[feature].Supported {
		return true
	}
	f.lacks(feature, path, value, "this provider has no such conditions")
	return false
}

// plainHost reports whether the Host headers that come in have no port: it is the one
// that the scheme implies.
func plainHost(ports []lb.PortRange) bool {
	return len(ports) == 1 && (ports[0] == lb.Port(80) || ports[0] == lb.Port(443))
}

func (f *findings) conditionName(path string, c lb.Condition) {
	named := c.Field == lb.FieldHeader || c.Field == lb.FieldCookie || c.Field == lb.FieldParam
	switch {
	case !named && c.Name != "":
		f.invalid(path, "a %s has none", c.Field)
	case named && c.Name == "":
		f.invalid(path, "a %s needs one", c.Field)
	case c.Field == lb.FieldHeader && !isToken(c.Name):
		f.invalid(path, "%q is not the name of a header", c.Name)
	}
	f.text(path, c.Name)
}

func (f *findings) conditionOp(path string, c lb.Condition) {
	feature := f.feature("match." + string(c.Field) + "." + string(opName(c.Op)))
	switch {
	case c.Field == lb.FieldSource && c.Op != "":
		f.invalid(path, "a source takes none: an address is within a prefix, or is not")
	case !c.Op.Known():
		f.invalid(path, "%q is not a way to compare", c.Op)
	case !f.rules.Capabilities.Features[feature].Supported:
		f.lacks(feature, path, string(c.Op), "this provider does not compare a "+string(c.Field)+" so")
	default:
		f.part(path, c.Op, c.Op != "")
	}
}

func (f *findings) conditionValues(path string, c lb.Condition) {
	switch {
	case c.Op == lb.MatchExists && len(c.Values) > 0:
		f.invalid(path, "op exists takes none")
		return
	case c.Op == lb.MatchExists:
		return
	case len(c.Values) == 0:
		f.invalid(path, "there must be one at least")
		return
	case !f.part(path, slices.Clone(c.Values), true):
		return
	}
	f.narrow(f.feature("match.values.several"), len(c.Values) > 1, path, slices.Clone(c.Values), "there is room for one value")
	allowed := f.rules.Capabilities.Features[f.feature("match."+string(c.Field))].Values
	for _, value := range c.Values {
		f.conditionValue(path, c, value)
		if allowed != nil && !slices.Contains(allowed, value) {
			f.lacks(f.feature("match."+string(c.Field)), path, value, "it has "+strings.Join(allowed, ", "))
		}
	}
}

func (f *findings) conditionValue(path string, c lb.Condition, value string) {
	f.text(path, value)
	switch {
	case c.Field == lb.FieldSource:
		prefix, err := netip.ParsePrefix(value)
		switch {
		case err != nil || prefix.Addr().Is4In6():
			f.invalid(path, "%q is not a prefix, such as 10.0.0.1/32", value)
		case prefix.Masked().String() != value:
			f.invalid(path, "%q is not a canonical prefix: is %s meant?", value, prefix.Masked())
		}
	case value == "":
		f.narrow(f.feature("match.values.empty"), true, path, value, "an empty value cannot be said")
	case c.Op == lb.MatchRegex:
		if fault := pattern.Fault(value); fault != "" {
			f.invalid(path, "%s", fault)
		}
	}
	if c.Field == lb.FieldHost && c.Op == lb.MatchSuffix && (value == "." || !strings.HasPrefix(value, ".")) {
		f.narrow(f.feature("match.host.suffix.bare"), true, path, value, "subdomains can be matched, and not any end of a name")
	}
}

// canonicalMatch is the one spelling of a match: values and conditions sorted, each once,
// and what is negated of one part of the request in one condition.
func canonicalMatch(match lb.Match) lb.Match {
	var out lb.Match
	for _, c := range match {
		if c.Field == lb.FieldHeader {
			c.Name = http.CanonicalHeaderKey(c.Name)
		}
		c.Values = sortedSet(c.Values)
		same := slices.IndexFunc(out, func(o lb.Condition) bool {
			return o.Not && c.Not && o.Field == c.Field && o.Name == c.Name && o.Op == c.Op
		})
		if same >= 0 { // none of these and none of those is none of them all
			out[same].Values = sortedSet(slices.Concat(out[same].Values, c.Values))
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, compareConditions)
	return slices.CompactFunc(out, func(a, b lb.Condition) bool { return compareConditions(a, b) == 0 })
}

func compareConditions(a, b lb.Condition) int {
	not := func(c lb.Condition) int {
		if c.Not {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Op, b.Op),
		cmp.Compare(not(a), not(b)), slices.Compare(a.Values, b.Values),
	)
}
