package scaleway

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// An ACL is a filter. Its index is the filter's place, counted from 0.

var aclActions = words[lb.FilterAction, ACLActionType]{
	{lb.FilterAllow, ACLActionTypeAllow},
	{lb.FilterDeny, ACLActionTypeDeny},
	{lb.FilterRedirect, ACLActionTypeRedirect},
}

// pathFilters are the ways in which ACLs compare paths. What else the contract has,
// canonicalFilterMatch makes one of them.
var pathFilters = words[lb.MatchOp, ACLHTTPFilter]{
	{lb.MatchPrefix, ACLHTTPFilterPathBegin},
	{lb.MatchSuffix, ACLHTTPFilterPathEnd},
	{lb.MatchRegex, ACLHTTPFilterRegex},
}

// neutralFilters are the ACLs of a frontend, in the order in which they are tried.
// The port is the frontend's: see plainHost.
func neutralFilters(zone Zone, frontend lb.FrontendID, port int, acls []*ACL) []*lb.Filter {
	out := make([]*lb.Filter, len(acls))
	for i, a := range inOrder(acls) {
		out[i] = &lb.Filter{
			ID: formatID(zone, a.ID), Frontend: frontend, FilterSpec: filterSpec(port, a), Native: a,
		}
	}
	return out
}

// inOrder sorts ACLs by index, and those of one index by age: which of them goes
// first is not known.
func inOrder(acls []*ACL) []*ACL {
	sorted := slices.Clone(acls)
	slices.SortStableFunc(sorted, func(a, b *ACL) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), moment(a.CreatedAt).Compare(moment(b.CreatedAt)))
	})
	return sorted
}

// filterSpec is an ACL in the words of the contract. What has none comes back in an
// open value, never as an ACL that matches more or does less.
func filterSpec(port int, a *ACL) lb.FilterSpec {
	o := FilterOptions{Description: a.Description}
	spec := lb.FilterSpec{Name: a.Name, Action: aclActions.read(a.Action.Type)}
	plain := plainHost(portRange(port))
	if a.Action.Redirect != nil {
		readRedirect(&spec, &o, plain, *a.Action.Redirect)
	}
	if a.Match != nil {
		spec.Match = canonicalFilterMatch(plain, readMatch(*a.Match, &o))
	}
	spec.Extensions = lb.Extend(o)
	return spec
}

func readRedirect(spec *lb.FilterSpec, o *FilterOptions, plain bool, redirect ACLActionRedirect) {
	r := lb.Redirect{}
	switch redirect.Type {
	case RedirectTypeLocation, "":
		own, ok := parseLocation(redirect.Target)
		if ok && (plain || !joinsPort(own)) {
			r = own
		} else {
			o.Location = redirect.Target
		}
	default:
		if redirect.Type == RedirectTypeScheme && isScheme(redirect.Target) {
			r.Scheme = redirect.Target
			break
		}
		spec.Action = lb.FilterAction(open(string(spec.Action) + "." + string(redirect.Type)))
		o.Location = redirect.Target
	}
	r.Code = http.StatusFound
	if redirect.Code != nil {
		r.Code = *redirect.Code
	}
	spec.Redirect = &r
}

// open is a word of the API as a value that the contract does not know, and that no
// later version of it will take for one of its own.
func open(word string) string { return providerName + "." + word }

func readMatch(m ACLMatch, o *FilterOptions) lb.Match {
	var match lb.Match
	if m.IPsEdgeServices {
		o.EdgeServices, o.NotEdgeServices = !m.Invert, m.Invert
	}
	if len(m.IPSubnet) > 0 {
		source := lb.Condition{Field: lb.FieldSource, Not: m.Invert}
		for _, subnet := range m.IPSubnet {
			source.Values = append(source.Values, neutralSubnet(subnet))
		}
		match = append(match, source)
	}
	nothing := len(match) == 0 && !m.IPsEdgeServices
	switch {
	case m.HTTPFilter != ACLHTTPFilterNone && m.HTTPFilter != "":
		match = append(match, readHTTPFilter(m))
	case nothing && m.Invert: // not everything: what that matches is not known
		match = append(match, lb.Condition{Field: lb.Field(open(string(ACLHTTPFilterNone))), Not: true})
	}
	return match
}

func readHTTPFilter(m ACLMatch) lb.Condition {
	c := lb.Condition{Name: m.HTTPFilterOption, Values: slices.Clone(m.HTTPFilterValue), Not: m.Invert}
	switch m.HTTPFilter {
	case ACLHTTPFilterPathBegin, ACLHTTPFilterPathEnd, ACLHTTPFilterRegex:
		c.Field, c.Op = lb.FieldPath, pathFilters.read(m.HTTPFilter)
	case ACLHTTPFilterHeaderMatch:
		c.Field = lb.FieldHeader
	default:
		c.Field = lb.Field(open(string(m.HTTPFilter)))
	}
	return c
}

// neutralSubnet is a subnet as a canonical prefix. The API also writes, and takes,
// single addresses (facts 8); what is neither comes as it is.
func neutralSubnet(text string) string {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()).String()
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked().String()
	}
	return text
}

// wireFilter is a canonical spec in the API's words, at a place among the filters of
// its frontend.
func wireFilter(op string, spec lb.FilterSpec, index int) (ACLSpec, error) {
	o, _, err := lb.ExtensionOf[FilterOptions](spec.Extensions)
	if err != nil {
		return ACLSpec{}, misfit(op, lb.KindFilter, "", extensionPath, "%v", err)
	}
	out := ACLSpec{
		Name: spec.Name, Description: o.Description, Index: index,
		Action: ACLAction{Type: aclActions.write(spec.Action)},
		Match:  wireMatch(spec.Match, o),
	}
	if spec.Action == lb.FilterRedirect && spec.Redirect != nil {
		out.Action.Redirect = wireRedirect(*spec.Redirect, o.Location)
	}
	return out, nil
}

// wireMatch is nil for what always matches: a match that says nothing is refused, or
// so its schema has it.
func wireMatch(match lb.Match, o FilterOptions) *ACLMatch {
	if len(match) == 0 && !o.EdgeServices && !o.NotEdgeServices {
		return nil
	}
	m := &ACLMatch{HTTPFilter: ACLHTTPFilterNone, IPsEdgeServices: o.EdgeServices || o.NotEdgeServices, Invert: o.NotEdgeServices}
	for _, c := range match {
		m.Invert = m.Invert || c.Not
		switch c.Field {
		case lb.FieldSource:
			m.IPSubnet = slices.Clone(c.Values)
			continue
		case lb.FieldHost:
			m.HTTPFilter, m.HTTPFilterOption = ACLHTTPFilterHeaderMatch, hostHeader
		case lb.FieldHeader:
			m.HTTPFilter, m.HTTPFilterOption = ACLHTTPFilterHeaderMatch, c.Name
		default: // of the fields that the dialect lets pass, the path
			m.HTTPFilter = pathFilters.write(c.Op)
		}
		m.HTTPFilterValue = slices.Clone(c.Values)
	}
	return m
}

func wireRedirect(r lb.Redirect, verbatim string) *ACLActionRedirect {
	code := r.Code
	out := &ACLActionRedirect{Type: RedirectTypeLocation, Target: verbatim, Code: &code}
	switch {
	case verbatim != "":
	case schemeOnly(r):
		out.Type, out.Target = RedirectTypeScheme, r.Scheme
	default:
		out.Target = location(r)
	}
	return out
}
