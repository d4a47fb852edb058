package ovhtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// document is a JSON object whose values have been checked.
type document map[string]json.RawMessage

// dateTime is RFC 3339 with an offset and whole seconds, as the API writes it.
type dateTime time.Time

// MarshalJSON writes UTC as "+00:00".
func (d dateTime) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(d).UTC().Format(`"2006-01-02T15:04:05-07:00"`)), nil
}

// dateOnly is a day.
type dateOnly time.Time

// MarshalJSON writes the day of the time in UTC.
func (d dateOnly) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(d).UTC().Format(`"2006-01-02"`)), nil
}

// merge writes into the struct behind target what doc gives: a field that doc
// leaves out stays, null sets it to its zero, an object inside is replaced
// whole (facts 6.4).
func merge(target any, doc document) {
	v := reflect.ValueOf(target).Elem()
	fields := jsonFields(v.Type())
	for name, raw := range doc {
		index, ok := fields[name]
		if !ok {
			panic(fmt.Sprintf("ovhtest: %s has no field %q", v.Type(), name))
		}
		f := v.FieldByIndex(index)
		f.SetZero()
		if isNull(raw) {
			continue
		}
		if err := json.Unmarshal(raw, f.Addr().Interface()); err != nil {
			panic(fmt.Sprintf("ovhtest: %s passed the schema: %v", name, err))
		}
	}
}

// encode writes v in the shape of a published type: exactly its fields, in
// every depth. It panics where v lacks one.
func (s *schema) encode(typeName string, v any) json.RawMessage {
	return s.append(nil, typeName, reflect.ValueOf(v))
}

func (s *schema) append(out []byte, typeName string, v reflect.Value) []byte {
	if !v.IsValid() {
		return append(out, "null"...)
	}
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return append(out, "null"...)
		}
		v = v.Elem()
	}
	if element, isList := strings.CutPrefix(typeName, "[]"); isList {
		return s.appendList(out, element, v)
	}
	if t := s.Types[typeName]; t != nil && t.Fields != nil {
		return s.appendObject(out, typeName, v)
	}
	b, err := json.Marshal(v.Interface())
	if err != nil {
		panic("ovhtest: " + typeName + ": " + err.Error())
	}
	return append(out, b...)
}

func (s *schema) appendList(out []byte, element string, v reflect.Value) []byte {
	out = append(out, '[')
	for i := range v.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		out = s.append(out, element, v.Index(i))
	}
	return append(out, ']')
}

func (s *schema) appendObject(out []byte, typeName string, v reflect.Value) []byte {
	t := s.Types[typeName]
	fields := jsonFields(v.Type())
	out = append(out, '{')
	for i, name := range t.names {
		index, ok := fields[name]
		if !ok {
			panic(fmt.Sprintf("ovhtest: %s lacks %s of %s", v.Type(), name, typeName))
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), name...), '"', ':')
		value := v.FieldByIndex(index)
		if value.Kind() == reflect.Slice && value.IsNil() && t.Fields[name].Nullable {
			out = append(out, "null"...)
			continue
		}
		out = s.append(out, t.Fields[name].Type, value)
	}
	return append(out, '}')
}

var fieldIndexes sync.Map // of reflect.Type to map[string][]int

// jsonFields finds a struct's fields by their JSON names, embedded ones
// included.
func jsonFields(t reflect.Type) map[string][]int {
	if known, ok := fieldIndexes.Load(t); ok {
		return known.(map[string][]int) //nolint:forcetypeassert,errcheck // nothing else is stored
	}
	found := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			found[name] = f.Index
		}
	}
	fieldIndexes.Store(t, found)
	return found
}
