package ovhtest

import (
	_ "embed" // schema.json
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// schema.json holds every published operation that is not internal, and the types these use: what the server checks requests against and shapes its
// answers by. It is made from the published API schema by the test that compares the two.
//
//go:embed schema.json
var schemaJSON []byte

type schema struct {
	Operations []*operation          `json:"operations"`
	Types      map[string]*valueType `json:"types"`
}

// operation is one method of one path template.
type operation struct {
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Open     bool              `json:"open,omitzero"`     // needs no authentication
	Params   map[string]string `json:"params,omitempty"`  // type of each path parameter that is not a plain string
	Query    map[string]field  `json:"query,omitempty"`   // filters
	Body     map[string]field  `json:"body,omitempty"`    // what a body may hold
	BodyType string            `json:"bodyType,omitzero"` // of a PUT: the type whose read-only fields may be repeated unchanged
	Response string            `json:"response,omitzero"` // empty: no result
	Expanded string            `json:"expanded,omitzero"` // type of the elements of an expanded list
	IAM      []string          `json:"iam,omitempty"`     // actions that a policy must allow
	Beta     bool              `json:"beta,omitzero"`     // the schema's badge
	Obsolete bool              `json:"obsolete,omitzero"` // deprecated
	required []string          // names of required body fields, sorted
	filters  []string          // names of Query, sorted
}

// field is a property of a body, a query or an object.
type field struct {
	Type           string  `json:"type"`
	Required       bool    `json:"required,omitzero"`
	Nullable       bool    `json:"nullable,omitzero"`
	NullDocumented bool    `json:"nullDocumented,omitzero"` // the field's text says what null does
	ReadOnly       bool    `json:"readOnly,omitzero"`
	Range          []int64 `json:"range,omitempty"` // inclusive
	Match          string  `json:"match,omitzero"`  // how a filter compares
}

// valueType is an object (Fields), an enum (Values) or a scalar.
type valueType struct {
	Fields map[string]field `json:"fields,omitempty"`
	Base   string           `json:"base,omitzero"`   // JSON type of an enum or scalar
	Format string           `json:"format,omitzero"` // of a scalar
	Values []string         `json:"values,omitempty"`
	names  []string         // of Fields, sorted
}

var publishedSchema = sync.OnceValue(func() *schema {
	s := new(schema)
	if err := json.Unmarshal(schemaJSON, s); err != nil {
		panic("ovhtest: schema.json: " + err.Error())
	}
	for _, t := range s.Types {
		t.names = sortedNames(t.Fields)
	}
	for _, op := range s.Operations {
		op.filters = sortedNames(op.Query)
		for _, name := range sortedNames(op.Body) {
			if op.Body[name].Required {
				op.required = append(op.required, name)
			}
		}
		s.inheritRanges(op)
		op.allowNulls()
	}
	return s
})

// allowNulls lets an optional field of a POST be null, for its default: texts of the
// published schema say so of some, it marks none, and clients send null for others
// (facts 5, 6.2, 8.31).
func (op *operation) allowNulls() {
	if op.Method != "POST" {
		return
	}
	for name, f := range op.Body {
		f.NullDocumented = !f.Required
		op.Body[name] = f
	}
}

// inheritRanges gives a PUT the ranges of the POST that creates the same
// object: the published schema states them there alone.
func (s *schema) inheritRanges(put *operation) {
	if put.Method != "PUT" {
		return
	}
	post := s.operation("POST", put.Path[:strings.LastIndexByte(put.Path, '/')])
	if post == nil {
		return
	}
	for name, f := range put.Body {
		if f.Range == nil {
			f.Range = post.Body[name].Range
			put.Body[name] = f
		}
	}
}

// operation returns nil where there is none.
func (s *schema) operation(method, path string) *operation {
	i := slices.IndexFunc(s.Operations, func(op *operation) bool { return op.Method == method && op.Path == path })
	if i < 0 {
		return nil
	}
	return s.Operations[i]
}

func sortedNames(fields map[string]field) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
