package scaleway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// schema makes values of the types of types.json: every member set, non-zero and
// unlike the others.
type schema struct {
	types map[string]schemaType
	enums map[string][]string

	mu   sync.Mutex
	last int
}

type schemaType struct {
	Fields map[string]schemaField `json:"fields"`
}

type schemaField = referenceType

func newSchema(t *testing.T) *schema {
	t.Helper()
	s := &schema{types: map[string]schemaType{}, enums: map[string][]string{}}
	for name, raw := range readReference[map[string]json.RawMessage](t, "types.json") {
		if name == "enums" {
			var enums map[string]struct {
				Values []string `json:"values"`
			}
			if err := json.Unmarshal(raw, &enums); err != nil {
				t.Fatal(err)
			}
			for enum, values := range enums {
				s.enums[enum] = values.Values
			}
			continue
		}
		var typ schemaType
		if err := json.Unmarshal(raw, &typ); err != nil {
			t.Fatal(err)
		}
		s.types[name] = typ
	}
	return s
}

func (s *schema) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return s.last
}

// object is a value with every one of fields.
func (s *schema) object(fields map[string]schemaField) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out[name] = s.value(name, fields[name])
	}
	return out
}

func (s *schema) value(name string, f schemaField) any {
	if element, ok := strings.CutPrefix(f.Type, "array<"); ok {
		f.Type = strings.TrimSuffix(element, ">")
		return []any{s.value(name, f), s.value(name, f)}
	}
	if object, ok := strings.CutPrefix(f.Type, "object:"); ok {
		return s.object(s.types[object].Fields)
	}
	if enum, ok := strings.CutPrefix(f.Type, "enum:"); ok {
		values := s.enums[enum]
		return values[len(values)-1]
	}
	n := s.next()
	switch {
	case f.Type == "boolean":
		return true
	case strings.HasPrefix(f.Type, "integer"):
		return n
	case strings.HasSuffix(f.GoType, "scw.Duration"):
		return fmt.Sprintf("%d.500s", n)
	case strings.HasSuffix(f.GoType, "time.Time"):
		return fmt.Sprintf("2026-01-02T03:04:05.%06d1Z", n) // no zero at the end, which would be dropped
	default:
		return fmt.Sprintf("%s %d", name, n)
	}
}

// query is a query with every parameter.
func (s *schema) query(parameters map[string]any) url.Values {
	out := url.Values{}
	for name, raw := range parameters {
		parameter, _ := raw.(map[string]any)
		typ := fmt.Sprint(parameter["type"])
		switch {
		case name == "page":
			out.Set(name, "1")
		case name == "page_size":
			out.Set(name, "100")
		case typ == "boolean":
			out.Set(name, "true")
		case strings.HasPrefix(typ, "array"):
			out[name] = []string{name + " 1", name + " 2"}
		case strings.HasPrefix(typ, "enum:"):
			values := s.enums[strings.TrimPrefix(typ, "enum:")]
			out.Set(name, values[len(values)-1])
		default:
			out.Set(name, name+" 1")
		}
	}
	return out
}

// reach notes the types that fields are made of.
func (s *schema) reach(reached map[string]bool, fields map[string]schemaField) {
	for _, f := range fields {
		if _, name, ok := strings.Cut(strings.TrimSuffix(f.Type, ">"), "object:"); ok {
			s.reachType(reached, name)
		}
	}
}

func (s *schema) reachType(reached map[string]bool, name string) {
	if typ, ok := s.types[name]; ok && !reached[name] {
		reached[name] = true
		s.reach(reached, typ.Fields)
	}
}
