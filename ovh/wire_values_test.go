package ovh

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// publishedOperation is an operation of the published schema.
type publishedOperation struct {
	Method     string                    `json:"method"`
	Path       string                    `json:"path"`
	Stability  string                    `json:"stability"`
	QueryTypes map[string]publishedField `json:"queryTypes"`
	Body       map[string]publishedField `json:"body"`
	Response   struct {
		Type  string `json:"type"`
		Array string `json:"array"`
	} `json:"response"`
	ExpandedType string `json:"expandedType"` // of a list in whole objects
}

func (o publishedOperation) name() string { return o.Method + " " + o.Path }

type publishedField struct {
	Type string `json:"type"`
}

type publishedType struct {
	Kind   string                    `json:"kind"`
	Values []any                     `json:"values"`
	Fields map[string]publishedField `json:"fields"`
}

// maker makes values of the schema's types, as encoding/json reads them into an any:
// none of them zero, and no two alike but truths and words of enums.
type maker struct {
	t     *testing.T
	types map[string]publishedType
	made  int
}

// object has a value for every field.
func (m *maker) object(fields map[string]publishedField) map[string]any {
	out := map[string]any{}
	for name, field := range fields {
		out[name] = m.value(field.Type)
	}
	return out
}

func (m *maker) value(of string) any {
	m.t.Helper()
	if element, ok := strings.CutPrefix(of, "[]"); ok {
		return []any{m.value(element), m.value(element)}
	}
	if element, ok := strings.CutPrefix(of, "map[string]"); ok {
		return map[string]any{m.text("key"): m.value(element)}
	}
	m.made++
	switch of {
	case "boolean":
		return true
	case "integer":
		return float64(100 + m.made)
	case "string", "string(password)":
		return m.text("text")
	case "string(date)":
		return fmt.Sprintf("%d-03-01", 2000+m.made)
	case "string(date-time)":
		return time.Date(2026, 3, 1, 0, m.made, 0, 0, time.FixedZone("", 3600)).Format(time.RFC3339)
	case "string(uuid)":
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", m.made)
	case "ip", "ipv4":
		return fmt.Sprintf("192.0.2.%d", m.made)
	case "ipv6":
		return fmt.Sprintf("2001:db8::%d", m.made)
	case "ipBlock":
		return fmt.Sprintf("198.51.100.%d/32", m.made)
	}
	named, ok := m.types[of]
	switch {
	case ok && named.Kind == "object":
		return m.object(named.Fields)
	case ok && named.Kind == "enum":
		values := slices.DeleteFunc(slices.Clone(named.Values), func(v any) bool { return v == "internal" })
		return values[m.made%len(values)]
	}
	m.t.Fatalf("no value of %q", of)
	return nil
}

func (m *maker) text(prefix string) string {
	m.made++
	return fmt.Sprintf("%s %d", prefix, m.made)
}

// encoded is the JSON of what a method returned, as encoding/json reads it into an
// any; secrets are in it, which no marshaller writes.
func encoded(v reflect.Value) any {
	switch own := v.Interface().(type) {
	case Token:
		return own.Reveal()
	case time.Time:
		return own.Format(time.RFC3339)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return encoded(v.Elem())
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			out[name] = encoded(v.Field(i))
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, encoded(v.Index(i)))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for key, value := range v.Seq2() {
			out[key.String()] = encoded(value)
		}
		return out
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	default:
		return float64(v.Int())
	}
}

// within leaves out of got what want does not have, where it is empty: a type of the
// client's may stand for two of the schema's, one of which has a field more.
func within(want, got any) any {
	switch got := got.(type) {
	case map[string]any:
		fields, ok := want.(map[string]any)
		if !ok {
			return got
		}
		for name, value := range got {
			if _, ok := fields[name]; !ok && (value == nil || value == "") {
				delete(got, name)
				continue
			}
			got[name] = within(fields[name], value)
		}
	case []any:
		if items, ok := want.([]any); ok && len(items) == len(got) {
			for i := range got {
				got[i] = within(items[i], got[i])
			}
		}
	}
	return got
}

// fillFields puts values into a struct by what tag calls its fields, or, where they have no
// tags, by their names in any case. It says which values have no field.
func fillFields(t *testing.T, into reflect.Value, tag string, values map[string]any) {
	t.Helper()
	for name, value := range values {
		found := false
		for i := range into.NumField() {
			field := into.Type().Field(i)
			own, _, _ := strings.Cut(field.Tag.Get(tag), ",")
			if own == name || own == "" && strings.EqualFold(field.Name, name) {
				found = true
				set(t, into.Field(i), value)
			}
		}
		if !found {
			t.Errorf("%s has no field for %s", into.Type(), name)
		}
	}
}

// set puts a value into a field, an argument or what they point to.
func set(t *testing.T, into reflect.Value, value any) {
	t.Helper()
	if into.Type() == reflect.TypeFor[lb.Secret]() {
		text, _ := value.(string)
		into.Set(reflect.ValueOf(lb.NewSecret(text)))
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into.Addr().Interface()); err != nil {
		t.Errorf("%v into %s: %v", value, into.Type(), err)
	}
}
