package scalewaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// validator checks a request's parts against the schema.
type validator struct {
	schema     *schema
	emptyEnums bool
	problems   problems
}

// query checks the parameters of a query string.
func (v *validator) query(fields map[string]fieldType, query url.Values) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		t, known := fields[name]
		if !known {
			v.problems.add(name, "unknown", "unknown query parameter")
			continue
		}
		values := query[name]
		if t.kind == kindArray {
			t = *t.element
		} else if len(values) > 1 {
			v.problems.add(name, "format", "given more than once")
		}
		for _, value := range values {
			v.parameter(t, name, value)
		}
	}
	v.required(fields, func(name string) bool { return !query.Has(name) })
}

func (v *validator) parameter(t fieldType, name, value string) {
	switch t.kind {
	case kindBoolean:
		if value != "true" && value != "false" {
			v.problems.add(name, "format", "must be true or false")
		}
	case kindInteger:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < t.low || n > t.high {
			v.problems.add(name, "format", "must be a number")
		}
	case kindEnum:
		v.enum(t, name, value)
	case kindString, kindArray, kindObject: // any text; the schema has no others in queries
	}
}

// body checks a JSON object, of which the members in ids stand in the path, as
// some do in the regional form. An answer other than nil is a body that cannot
// be checked at all.
func (v *validator) body(op *operation, ids map[string]string, raw []byte) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return plain(http.StatusBadRequest, "the request body is not a JSON object")
	}
	fields := maps.Clone(op.Body)
	for name := range ids {
		delete(fields, name)
	}
	v.members(objectType{Fields: fields, OneOf: op.OneOf}, members, "")
	return nil
}

// members checks the members of one object, whose own path ends in a dot.
func (v *validator) members(object objectType, members map[string]json.RawMessage, path string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		t, known := object.Fields[name]
		if !known {
			v.problems.add(path+name, "unknown", "unknown field")
			continue
		}
		v.value(t, members[name], path+name)
	}
	v.required(prefixed(object.Fields, path), func(name string) bool {
		_, there := members[strings.TrimPrefix(name, path)]
		return !there
	})
	for _, group := range object.OneOf {
		var set []string
		for _, name := range group {
			if raw, there := members[name]; there && !isNull(raw) {
				set = append(set, name)
			}
		}
		if len(set) > 1 {
			v.problems.add(path+set[1], "constraint", "excludes "+path+set[0])
		}
	}
}

func prefixed(fields map[string]fieldType, path string) map[string]fieldType {
	if path == "" {
		return fields
	}
	out := make(map[string]fieldType, len(fields))
	for name, t := range fields {
		out[path+name] = t
	}
	return out
}

func (v *validator) required(fields map[string]fieldType, missing func(name string) bool) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name].required && missing(name) {
			v.problems.add(name, "required", "required")
		}
	}
}

// value checks one value. Null lists are empty ones wherever they stand
// (facts 7).
func (v *validator) value(t fieldType, raw json.RawMessage, path string) {
	if isNull(raw) {
		if !t.nullable && t.kind != kindArray {
			v.problems.add(path, "format", "must not be null")
		}
		return
	}
	switch t.kind {
	case kindString, kindEnum:
		var text string
		if json.Unmarshal(raw, &text) != nil {
			v.problems.add(path, "format", "must be a string")
		} else if t.kind == kindEnum {
			v.enum(t, path, text)
		}
	case kindBoolean:
		var flag bool
		if json.Unmarshal(raw, &flag) != nil {
			v.problems.add(path, "format", "must be true or false")
		}
	case kindInteger:
		var n int64
		if json.Unmarshal(raw, &n) != nil || n < t.low || n > t.high {
			v.problems.add(path, "format", "must be a whole number in range")
		}
	case kindArray:
		v.array(t, raw, path)
	case kindObject:
		v.object(t, raw, path)
	}
}

func (v *validator) array(t fieldType, raw json.RawMessage, path string) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		v.problems.add(path, "format", "must be a list")
		return
	}
	for i, item := range items {
		v.value(*t.element, item, fmt.Sprintf("%s[%d]", path, i))
	}
}

func (v *validator) object(t fieldType, raw json.RawMessage, path string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		v.problems.add(path, "format", "must be an object")
		return
	}
	v.members(v.schema.Objects[t.name], members, path+".")
}

func (v *validator) enum(t fieldType, path, value string) {
	values := v.schema.Enums[t.name]
	if value == "" && v.emptyEnums || slices.Contains(values, value) {
		return
	}
	v.problems.add(path, "constraint", "must be one of "+strings.Join(values, ", "))
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }
