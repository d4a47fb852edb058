package ovhtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lbkit/lbkit/internal/reference"
)

var updateSchema = flag.Bool("update-schema", false, "write schema.json anew from the reference folder")

// publishedOperation and publishedType are the reference folder's form of the
// API's schema.
type publishedOperation struct {
	Method           string
	Path             string
	PathParams       []struct{ Name, Type string }
	QueryTypes       map[string]publishedField
	Body             map[string]publishedField
	BodyRef          string
	Response         struct{ Type, Array string }
	ExpandedType     string
	Deprecated       bool
	Stability        string
	IAM              []string
	NoAuthentication bool
}

type publishedField struct {
	Type           string
	Required       bool
	Nullable       bool
	NullDocumented bool
	ReadOnly       bool
	Enum           []any
	Range          []int64
	Match          string
}

type publishedType struct {
	Kind, Base, Format string
	Fields             map[string]publishedField
	Values             []any
}

func TestSchemaIsThePublishedOne(t *testing.T) {
	t.Parallel()
	dir := reference.Dir(t)
	want := schemaFrom(t, filepath.Join(dir, "ovh"))
	if *updateSchema {
		if err := os.WriteFile("schema.json", want.text(t), 0o644); err != nil { //nolint:gosec // G306: a source file
			t.Fatal(err)
		}
		return
	}
	got := new(schema)
	if err := json.Unmarshal(schemaJSON, got); err != nil {
		t.Fatal(err)
	}
	opts := cmp.Options{
		cmp.AllowUnexported(operation{}, valueType{}),
		cmpopts.IgnoreFields(operation{}, "required", "filters"), cmpopts.IgnoreFields(valueType{}, "names"), cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("schema.json differs from the reference (-reference +schema.json); go test -update-schema writes it anew:\n%s", diff)
	}
}

func schemaFrom(t *testing.T, dir string) *schema {
	t.Helper()
	var operations []publishedOperation
	readJSON(t, filepath.Join(dir, "operations.json"), &operations)
	types := map[string]publishedType{}
	readJSON(t, filepath.Join(dir, "types.json"), &types)

	out := &schema{Types: map[string]*valueType{}}
	for _, p := range operations {
		if strings.HasPrefix(p.Stability, "Internal") {
			continue
		}
		op := operationFrom(p)
		out.Operations = append(out.Operations, op)
		use := []string{p.BodyRef, p.Response.Type, p.Response.Array, p.ExpandedType}
		for _, f := range slices.Concat(slices.Collect(maps.Values(p.Body)), slices.Collect(maps.Values(p.QueryTypes))) {
			use = append(use, f.Type)
			checkEnum(t, types, p.Method+" "+p.Path, f)
		}
		for _, name := range use {
			out.addType(t, types, name)
		}
	}
	return out
}

func operationFrom(p publishedOperation) *operation {
	op := &operation{
		Method: p.Method, Path: p.Path, Open: p.NoAuthentication, BodyType: p.BodyRef, Response: p.Response.Type, Expanded: p.ExpandedType,
		IAM: p.IAM, Beta: strings.HasPrefix(p.Stability, "Beta"), Obsolete: p.Deprecated,
		Params: map[string]string{}, Query: fieldsFrom(p.QueryTypes), Body: fieldsFrom(p.Body),
	}
	if p.Response.Array != "" {
		op.Response = "[]" + p.Response.Array
	}
	for _, param := range p.PathParams {
		if param.Type != "string" {
			op.Params[param.Name] = param.Type
		}
	}
	return op
}

func fieldsFrom(published map[string]publishedField) map[string]field {
	out := map[string]field{}
	for name, f := range published {
		out[name] = field{
			Type: f.Type, Required: f.Required, Nullable: f.Nullable, NullDocumented: f.NullDocumented, ReadOnly: f.ReadOnly,
			Range: f.Range, Match: f.Match,
		}
	}
	return out
}

// addType adds a type and those of its fields.
func (s *schema) addType(t *testing.T, types map[string]publishedType, name string) {
	t.Helper()
	name = elementType(name)
	p, ok := types[name]
	if !ok || s.Types[name] != nil {
		return
	}
	added := &valueType{Base: p.Base, Format: p.Format, Fields: fieldsFrom(p.Fields)}
	for _, v := range p.Values {
		added.Values = append(added.Values, fmt.Sprint(v))
	}
	s.Types[name] = added
	for _, f := range p.Fields {
		checkEnum(t, types, name, f)
		s.addType(t, types, f.Type)
	}
}

// checkEnum makes sure that a field's own enum says no more than its type.
func checkEnum(t *testing.T, types map[string]publishedType, where string, f publishedField) {
	t.Helper()
	if f.Enum == nil {
		return
	}
	if diff := cmp.Diff(types[elementType(f.Type)].Values, f.Enum); diff != "" {
		t.Errorf("%s: enum differs from type %s:\n%s", where, f.Type, diff)
	}
}

// text is the form of schema.json: a line for each operation and type.
func (s *schema) text(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("{\"operations\":[\n")
	for i, op := range s.Operations {
		if i > 0 {
			out.WriteString(",\n")
		}
		out.Write(mustMarshal(t, op))
	}
	out.WriteString("\n],\"types\":{\n")
	for i, name := range slices.Sorted(maps.Keys(s.Types)) {
		if i > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(&out, "%q:%s", name, mustMarshal(t, s.Types[name]))
	}
	out.WriteString("\n}}\n")
	return out.Bytes()
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // G304: the reference folder
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
