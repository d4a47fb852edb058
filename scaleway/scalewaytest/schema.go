package scalewaytest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// schemaJSON holds what the published schema says of requests: each operation's
// method, path, query and body. A field's type is spelled as there, with ! where
// it is required and ? where null is a value. oneOf lists fields of which at
// most one may be set; regional is the path of the older form where it differs,
// "-" where there is none.
//
//go:embed schema.json
var schemaJSON []byte

type schema struct {
	Operations []*operation          `json:"operations"`
	Objects    map[string]objectType `json:"objects"`
	Enums      map[string][]string   `json:"enums"`
}

type operation struct {
	Name     string               `json:"name"`
	Method   string               `json:"method"`
	Path     string               `json:"path"`
	Regional string               `json:"regional"`
	Query    map[string]fieldType `json:"query"`
	Body     map[string]fieldType `json:"body"` // nil: the operation has none
	OneOf    [][]string           `json:"oneOf"`
}

type objectType struct {
	Fields map[string]fieldType `json:"fields"`
	OneOf  [][]string           `json:"oneOf"`
}

type kind int

const (
	kindString kind = iota
	kindBoolean
	kindInteger
	kindEnum
	kindObject
	kindArray
)

type fieldType struct {
	kind     kind
	name     string // of the enum or object
	low      int64  // of an integer
	high     int64
	element  *fieldType // of an array
	required bool
	nullable bool
}

// scalars are the schema's spellings of what has no name of its own. A plain
// integer is a number of milliseconds, a signed 64-bit value in the service.
var scalars = map[string]fieldType{
	"string":          {kind: kindString},
	"boolean":         {kind: kindBoolean},
	"integer":         {kind: kindInteger, low: -1 << 63, high: 1<<63 - 1},
	"integer(int32)":  {kind: kindInteger, low: -1 << 31, high: 1<<31 - 1},
	"integer(uint32)": {kind: kindInteger, low: 0, high: 1<<32 - 1},
}

// UnmarshalText reads the spelling of a type.
func (t *fieldType) UnmarshalText(text []byte) error {
	spelled := string(text)
	bare := strings.TrimRight(spelled, "!?")
	flags := spelled[len(bare):]
	switch {
	case strings.HasPrefix(bare, "enum:"):
		*t = fieldType{kind: kindEnum, name: strings.TrimPrefix(bare, "enum:")}
	case strings.HasPrefix(bare, "object:"):
		*t = fieldType{kind: kindObject, name: strings.TrimPrefix(bare, "object:")}
	case strings.HasPrefix(bare, "array<") && strings.HasSuffix(bare, ">"):
		var element fieldType
		if err := element.UnmarshalText([]byte(bare[len("array<") : len(bare)-1])); err != nil {
			return err
		}
		*t = fieldType{kind: kindArray, element: &element}
	default:
		scalar, ok := scalars[bare]
		if !ok {
			return fmt.Errorf("unknown type %q", spelled)
		}
		*t = scalar
	}
	t.required = strings.Contains(flags, "!")
	t.nullable = strings.Contains(flags, "?")
	return nil
}

// published is the embedded schema.
var published = sync.OnceValue(func() *schema {
	var s schema
	if err := json.Unmarshal(schemaJSON, &s); err != nil {
		panic("scalewaytest: schema.json: " + err.Error())
	}
	return &s
})

// find returns the operation at path, which is what follows the zone or region,
// and its path parameters. Without one for method, allowed lists the methods
// that path does have; it is empty where nothing is there.
func (s *schema) find(method, path string, regional bool) (op *operation, ids map[string]string, allowed []string) {
	for _, o := range s.Operations {
		found, ok := match(o.path(regional), path)
		if !ok {
			continue
		}
		if o.Method == method {
			return o, found, nil
		}
		allowed = append(allowed, o.Method)
	}
	return nil, nil, allowed
}

func (o *operation) path(regional bool) string {
	if regional && o.Regional != "" {
		return o.Regional
	}
	return o.Path
}

// match compares a path with a template, part by part.
func match(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	ids := map[string]string{}
	for i, part := range want {
		if strings.HasPrefix(part, "{") && got[i] != "" {
			ids[strings.Trim(part, "{}")] = got[i]
			continue
		}
		if part != got[i] {
			return nil, false
		}
	}
	return ids, true
}
