package scalewaytest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/reference"
)

func TestEveryOperationHasAHandler(t *testing.T) {
	t.Parallel()
	var names []string
	for _, op := range published().Operations {
		names = append(names, op.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(handlers))); diff != "" {
		t.Errorf("operations and handlers differ (-operations +handlers):\n%s", diff)
	}
}

// referenceField is what the reference says of a field of a request.
type referenceField struct {
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Nullable bool     `json:"nullable"`
	OneOf    []string `json:"one_of"`
}

// spelled is the field in the spelling of schema.json.
func (f referenceField) spelled() string {
	out := f.Type
	if f.Required {
		out += "!"
	}
	if f.Nullable {
		out += "?"
	}
	return out
}

func spelled(fields map[string]referenceField) map[string]string {
	out := map[string]string{}
	for name, f := range fields {
		out[name] = f.spelled()
	}
	return out
}

func groups(fields map[string]referenceField) [][]string {
	var out [][]string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		group := slices.Sorted(slices.Values(fields[name].OneOf))
		if len(group) > 0 && !slices.ContainsFunc(out, func(g []string) bool { return slices.Equal(g, group) }) {
			out = append(out, group)
		}
	}
	return out
}

// ownSchema is schema.json with its types as they are spelled.
type ownSchema struct {
	Operations []struct {
		Method   string            `json:"method"`
		Path     string            `json:"path"`
		Regional string            `json:"regional"`
		Query    map[string]string `json:"query"`
		Body     map[string]string `json:"body"`
		OneOf    [][]string        `json:"oneOf"`
	} `json:"operations"`
	Objects map[string]struct {
		Fields map[string]string `json:"fields"`
		OneOf  [][]string        `json:"oneOf"`
	} `json:"objects"`
	Enums map[string][]string `json:"enums"`
}

func readJSON(t *testing.T, to any, parts ...string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(parts...)) //nolint:gosec // G304: a file of the reference folder
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, to); err != nil {
		t.Fatal(err)
	}
}

// request is one operation in a form that both sides can be put into.
type request struct {
	Query, Body map[string]string
	OneOf       [][]string
}

func TestSchemaIsThePublishedOne(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reference.Dir(t), "scaleway")
	var operations []struct {
		Method  string                    `json:"method"`
		Path    string                    `json:"path"`
		Query   map[string]referenceField `json:"query"`
		Body    map[string]referenceField `json:"body"`
		HasBody bool                      `json:"has_body"`
	}
	readJSON(t, &operations, dir, "operations.json")
	want := map[string]request{}
	for _, op := range operations {
		r := request{Query: spelled(op.Query)}
		if op.HasBody {
			r.Body, r.OneOf = spelled(op.Body), groups(op.Body)
		}
		want[op.Method+" "+op.Path] = r
	}
	if diff := cmp.Diff(want, ownRequests(t)); diff != "" {
		t.Errorf("schema.json differs (-published +own):\n%s", diff)
	}
}

// ownRequests are the operations of schema.json in both forms.
func ownRequests(t *testing.T) map[string]request {
	t.Helper()
	var own ownSchema
	if err := json.Unmarshal(schemaJSON, &own); err != nil {
		t.Fatal(err)
	}
	out := map[string]request{}
	for _, op := range own.Operations {
		r := request{Query: op.Query, Body: op.Body, OneOf: op.OneOf}
		if r.Query == nil {
			r.Query = map[string]string{}
		}
		out[op.Method+" /lb/v1/zones/{zone}"+op.Path] = r
		if op.Regional == "-" {
			continue
		}
		path := op.Path
		if op.Regional != "" {
			path = op.Regional
		}
		regional := r
		regional.Body = maps.Clone(r.Body)
		for name := range r.Body {
			if strings.Contains(path, "{"+name+"}") {
				delete(regional.Body, name)
			}
		}
		out[op.Method+" /lb/v1/regions/{region}"+path] = regional
	}
	return out
}

func TestSchemaTypesAreThePublishedOnes(t *testing.T) {
	t.Parallel()
	var types map[string]json.RawMessage
	readJSON(t, &types, reference.Dir(t), "scaleway", "types.json")
	var enums map[string]struct {
		Values []string `json:"values"`
	}
	if err := json.Unmarshal(types["enums"], &enums); err != nil {
		t.Fatal(err)
	}
	var own ownSchema
	if err := json.Unmarshal(schemaJSON, &own); err != nil {
		t.Fatal(err)
	}
	for name, values := range own.Enums {
		if diff := cmp.Diff(enums[name].Values, values); diff != "" {
			t.Errorf("enum %s (-published +own):\n%s", name, diff)
		}
	}
	for name, object := range own.Objects {
		var published struct {
			Fields map[string]referenceField `json:"fields"`
		}
		if err := json.Unmarshal(types[name], &published); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(spelled(published.Fields), object.Fields); diff != "" {
			t.Errorf("object %s (-published +own):\n%s", name, diff)
		}
		if diff := cmp.Diff(groups(published.Fields), object.OneOf); diff != "" {
			t.Errorf("one-of of %s (-published +own):\n%s", name, diff)
		}
	}
}

func TestUnknownTypesAreNoticed(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{"", "text", "array<text>", "integer(int64)"} {
		var ft fieldType
		if err := ft.UnmarshalText([]byte(spelling)); err == nil {
			t.Errorf("%q is a type, want an error", spelling)
		}
	}
}
