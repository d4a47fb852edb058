package lbtest

import (
	"cmp"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// matchLeaves are those of a match, of filters or of routes: of its first condition,
// which is alone.
func matchLeaves(kind lb.Feature, at func(*example) *lb.Match, fit func(profile, *example)) []leaf {
	condition := func(x *example) *lb.Condition {
		if len(*at(x)) == 0 {
			*at(x) = lb.Match{{}}
		}
		return &(*at(x))[0]
	}
	needs := func(wanted ...lb.Condition) func(profile, *example) {
		return func(p profile, x *example) {
			fit(p, x)
			*at(x) = lb.Match{p.firstOf(kind, wanted...)}
		}
	}
	match := kind + ".match"
	text := []lb.Condition{conditionOf(lb.FieldPath), conditionOf(lb.FieldHost), conditionOf(lb.FieldHeader)}
	return []leaf{
		rowOf(match, at, func(p profile) []lb.Match {
			var out []lb.Match
			for _, c := range p.conditions(kind) {
				out = append(out, lb.Match{c})
			}
			return out
		}).with(fit),
		rowOf(match+".field", func(x *example) *lb.Field { return &condition(x).Field }, func(p profile) []lb.Field {
			var out []lb.Field
			for _, c := range p.conditions(kind) {
				out = append(out, c.Field)
			}
			return out
		}).with(needs(text...)).and(func(p profile, x *example) { *condition(x) = p.shaped(kind, conditionOf(condition(x).Field)) }),
		row(match+".name", func(x *example) *string { return &condition(x).Name }, "X-Zone", "X-Site").
			with(needs(conditionOf(lb.FieldHeader), conditionOf(lb.FieldCookie), conditionOf(lb.FieldParam))),
		rowOf(match+".op", func(x *example) *lb.MatchOp { return &condition(x).Op }, func(p profile) []lb.MatchOp {
			ops := slices.DeleteFunc(p.ops(kind, p.mostOps(kind)), func(op lb.MatchOp) bool { return op == "" }) // equal is left out
			if len(ops) == 0 && !p.Has(match+".op") {
				ops = []lb.MatchOp{lb.MatchPrefix}
			}
			return ops
		}).with(func(p profile, x *example) {
			fit(p, x)
			*at(x) = lb.Match{conditionOf(p.mostOps(kind))}
		}).and(func(_ profile, x *example) { condition(x).Values = valuesOf(condition(x).Field, condition(x).Op) }),
		rowOf(match+".values", func(x *example) *[]string { return &condition(x).Values }, func(p profile) [][]string {
			c := p.firstOf(kind, text...)
			one := valuesOf(c.Field, c.Op)
			return [][]string{one, {otherValues[c.Field]}}
		}).with(needs(text...)),
		row(match+".not", func(x *example) *bool { return &condition(x).Not }, true).with(needs(text...)),
	}
}

// matchFields are all parts of a request, those first that most providers look at.
var matchFields = []lb.Field{
	lb.FieldPath, lb.FieldHost, lb.FieldSource, lb.FieldHeader, lb.FieldMethod, lb.FieldCookie, lb.FieldParam, lb.FieldProtocol,
}

// matchOps are all ways to compare; the zero value is equal.
var matchOps = []lb.MatchOp{"", lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex, lb.MatchExists}

// conditionOf looks for one value of a part of a request, in a way that every provider
// that looks at that part has.
func conditionOf(field lb.Field) lb.Condition {
	if field == lb.FieldPath {
		return conditionBy(field, lb.MatchPrefix)
	}
	return conditionBy(field, "")
}

// conditionBy looks for one value of a part of a request by op.
func conditionBy(field lb.Field, op lb.MatchOp) lb.Condition {
	c := lb.Condition{Field: field, Op: op}
	switch field {
	case lb.FieldHeader:
		c.Name = "X-Tier"
	case lb.FieldCookie, lb.FieldParam:
		c.Name = "tier"
	default:
	}
	if field != "" {
		c.Values = valuesOf(field, op)
	}
	return c
}

// valuesOf is one value that a part of a request may have, in a form that op can
// compare with.
func valuesOf(field lb.Field, op lb.MatchOp) []string {
	switch {
	case op == lb.MatchExists:
		return nil
	case field == lb.FieldHost && op == lb.MatchSuffix:
		return []string{".a.example"} // a domain's subdomains
	case field == lb.FieldProtocol:
		return []string{"https"} // one of few words, whatever the way
	case op == lb.MatchRegex:
		return []string{"^/?a"} // not what another way to compare says too
	case field == lb.FieldHost:
		return []string{"a.example"}
	case field == lb.FieldPath:
		return []string{"/a"}
	case field == lb.FieldSource:
		return []string{"192.0.2.0/24"}
	case field == lb.FieldMethod:
		return []string{"POST"}
	default:
		return []string{"gold"}
	}
}

// otherValues are others than those of valuesOf.
var otherValues = map[lb.Field]string{
	lb.FieldPath: "/b", lb.FieldHost: "b.example", lb.FieldSource: "198.51.100.7/32", lb.FieldHeader: "silver",
	lb.FieldCookie: "silver", lb.FieldParam: "silver", lb.FieldMethod: "PUT", lb.FieldProtocol: "http",
}

// conditions are one for each part of a request that the provider's filters, or
// routes, look at; all of them where it has none, for it to refuse.
func (p profile) conditions(kind lb.Feature) []lb.Condition {
	var out []lb.Condition
	for _, field := range matchFields {
		if p.Has(kind + ".match." + lb.Feature(field)) {
			out = append(out, p.shaped(kind, conditionOf(field)))
		}
	}
	if len(out) == 0 {
		out = []lb.Condition{conditionOf(lb.FieldPath)}
	}
	return out
}

// firstOf is the first of wanted that the provider has, or else another one.
func (p profile) firstOf(kind lb.Feature, wanted ...lb.Condition) lb.Condition {
	for _, c := range wanted {
		if p.Has(kind+".match."+lb.Feature(c.Field)) && len(p.ops(kind, c.Field)) > 0 {
			return p.shaped(kind, c)
		}
	}
	return p.conditions(kind)[0]
}

// shaped is c with a way to compare that the provider has.
func (p profile) shaped(kind lb.Feature, c lb.Condition) lb.Condition {
	if ops := p.ops(kind, c.Field); len(ops) > 0 && !slices.Contains(ops, c.Op) {
		c.Op = ops[0]
		c.Values = valuesOf(c.Field, c.Op)
	}
	return c
}

// ops are the ways that the provider has to compare a field.
func (p profile) ops(kind lb.Feature, field lb.Field) []lb.MatchOp {
	var out []lb.MatchOp
	for _, op := range matchOps {
		if p.Has(opFeature(kind, field, op)) {
			out = append(out, op)
		}
	}
	return out
}

// mostOps is the field that the provider has most ways to compare.
func (p profile) mostOps(kind lb.Feature) lb.Field {
	return slices.MaxFunc(matchFields, func(a, b lb.Field) int { return cmp.Compare(len(p.ops(kind, a)), len(p.ops(kind, b))) })
}

// opFeature is what Capabilities call a way to compare a field.
func opFeature(kind lb.Feature, field lb.Field, op lb.MatchOp) lb.Feature {
	return kind + ".match." + lb.Feature(field) + "." + lb.Feature(cmp.Or(op, "equal"))
}
