package topology

import (
	"fmt"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// extensions writes what providers alone know. Which keys there are is for each
// provider to say, in Check.
func (r *rewriter) extensions(path string, v *value) {
	if v.kind != mapping {
		r.fault(v, path, "must be a mapping from providers' names to their settings")
		return
	}
	before := len(r.problems)
	start := r.out.Len()
	for _, m := range v.members {
		if m.value.kind != mapping {
			r.fault(m.value, join(path, m.name), "must be a mapping of settings")
		}
	}
	r.any(path, v)
	if len(r.problems) > before {
		return
	}
	var target lb.Extensions
	if err := target.UnmarshalJSON(r.out.Bytes()[start:]); err != nil {
		r.fault(v, path, "%v", err)
	}
}

// any writes a value of whatever form.
func (r *rewriter) any(path string, v *value) {
	switch v.kind {
	case mapping:
		r.anyMembers(path, v)
	case sequence:
		r.out.WriteByte('[')
		for i, item := range v.items {
			r.comma('[')
			r.any(fmt.Sprintf("%s[%d]", path, i), item)
		}
		r.out.WriteByte(']')
	case textValue:
		if strings.ContainsRune(v.text, 0) {
			r.fault(v, path, "holds a NUL")
		}
		r.string(v.text)
	case numberValue:
		r.out.WriteString(v.text)
	case truthValue:
		r.out.WriteString(strings.ToLower(v.text))
	case nullValue:
		r.out.WriteString("null")
	case oddValue:
		r.fault(v, path, "%s is a number in YAML alone: write it in decimal, or a text in quotes", v.text)
		r.out.WriteString("null")
	}
}

func (r *rewriter) anyMembers(path string, v *value) {
	seen := make(map[string]int, len(v.members))
	r.out.WriteByte('{')
	for _, m := range v.members {
		if first, twice := seen[m.name]; twice {
			r.fault(&value{line: m.line}, join(path, m.name), "the key is in line %d already", first)
			continue
		}
		seen[m.name] = m.line
		r.comma('{')
		r.string(m.name)
		r.out.WriteByte(':')
		r.any(join(path, m.name), m.value)
	}
	r.out.WriteByte('}')
}
