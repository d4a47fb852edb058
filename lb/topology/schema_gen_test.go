package topology

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// schemaNode is a JSON Schema, of the keywords that schema.json is made of.
type schemaNode struct {
	Schema      string                 `json:"$schema,omitzero"`
	ID          string                 `json:"$id,omitzero"`
	Ref         string                 `json:"$ref,omitzero"`
	Title       string                 `json:"title,omitzero"`
	Description string                 `json:"description,omitzero"`
	Type        string                 `json:"type,omitzero"`
	Format      string                 `json:"format,omitzero"`
	Pattern     string                 `json:"pattern,omitzero"`
	Enum        []string               `json:"enum,omitzero"`
	Minimum     *int                   `json:"minimum,omitzero"`
	Maximum     *int                   `json:"maximum,omitzero"`
	AnyOf       []*schemaNode          `json:"anyOf,omitzero"`
	Items       *schemaNode            `json:"items,omitzero"`
	Required    []string               `json:"required,omitzero"`
	Properties  map[string]*schemaNode `json:"properties,omitzero"`
	Additional  *additional            `json:"additionalProperties,omitzero"`
	Defs        map[string]*schemaNode `json:"$defs,omitzero"`
}

// additional is false where Schema is nil.
type additional struct{ Schema *schemaNode }

func (a additional) MarshalJSON() ([]byte, error) {
	if a.Schema == nil {
		return []byte("false"), nil
	}
	return json.Marshal(a.Schema)
}

func (a *additional) UnmarshalJSON(b []byte) error {
	if string(b) == "false" {
		return nil
	}
	a.Schema = new(schemaNode)
	return json.Unmarshal(b, a.Schema)
}

// schemaWriter makes schema.json of the types and of their comments.
type schemaWriter struct {
	source source
	defs   map[string]*schemaNode
}

func generateSchema(t *testing.T) []byte {
	t.Helper()
	w := &schemaWriter{source: readSource(t, "..", "."), defs: map[string]*schemaNode{}}
	root := w.object(specShape())
	root.Schema, root.ID = "https://json-schema.org/draft/2020-12/schema", "https://github.com/lbkit/lbkit/lb/topology/schema.json"
	root.Title, root.Defs = "A load balancer as one value", w.defs
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func (w *schemaWriter) node(s *shape) *schemaNode {
	switch s.kind {
	case object:
		return w.ref(s)
	case list:
		return &schemaNode{Type: "array", Items: w.node(s.item)}
	case truth:
		return &schemaNode{Type: "boolean"}
	case extensions:
		return &schemaNode{Type: "object", Additional: &additional{&schemaNode{Type: "object"}}}
	case number:
		return numberNode(s)
	case form:
		return formNode(s)
	default:
		node := &schemaNode{Type: "string", Enum: w.source.values[s.goType.Name()]}
		if len(node.Enum) > 0 {
			node.Description = w.source.docs[s.goType.Name()]
		}
		return node
	}
}

// ref puts an object's schema under its type's name.
func (w *schemaWriter) ref(s *shape) *schemaNode {
	name := strings.TrimSuffix(s.goType.Name(), "Spec")
	if name == "HTTPCheck" {
		name = "httpCheck"
	}
	name = strings.ToLower(name[:1]) + name[1:]
	if w.defs[name] == nil {
		w.defs[name] = &schemaNode{} // against a type that holds itself
		*w.defs[name] = *w.object(s)
	}
	return &schemaNode{Ref: "#/$defs/" + name}
}

func (w *schemaWriter) object(s *shape) *schemaNode {
	node := &schemaNode{
		Type: "object", Description: w.source.docs[s.goType.Name()],
		Properties: map[string]*schemaNode{}, Additional: &additional{},
	}
	for _, k := range s.keys {
		property := w.node(k.shape)
		if comment := w.source.docs[owner(s.goType, k.field)+"."+k.field.Name]; comment != "" {
			if form := property.Description; form != "" {
				comment += "; " + form
			}
			property.Description = comment
		}
		node.Properties[k.name] = property
		if k.required {
			node.Required = append(node.Required, k.name)
		}
	}
	return node
}

// owner is the name of the struct that a field, which may be promoted, is written in.
func owner(t reflect.Type, field reflect.StructField) string {
	for _, i := range field.Index[:len(field.Index)-1] {
		t = t.Field(i).Type
	}
	return t.Name()
}

func bound(n int) *int { return &n }

func numberNode(s *shape) *schemaNode {
	if s.goType.Kind() == reflect.Uint16 {
		return &schemaNode{AnyOf: []*schemaNode{
			{Type: "integer", Minimum: bound(0), Maximum: bound(65535)},
			{Type: "string", Pattern: `^(0|[1-9][0-9]{0,4})$`},
		}}
	}
	return &schemaNode{AnyOf: []*schemaNode{
		{Type: "integer", Minimum: bound(-1 << 31), Maximum: bound(1<<31 - 1)},
		{Type: "string", Pattern: `^-?(0|[1-9][0-9]{0,9})$`},
	}}
}

func formNode(s *shape) *schemaNode {
	switch s.goType {
	case portRangeType:
		return &schemaNode{Description: s.wanted(), AnyOf: []*schemaNode{
			{Type: "integer", Minimum: bound(1), Maximum: bound(65535)},
			{Type: "string", Pattern: `^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$`},
		}}
	case durationType:
		return &schemaNode{Type: "string", Description: s.wanted(), Pattern: `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`}
	case addressType:
		return &schemaNode{AnyOf: []*schemaNode{{Type: "string", Format: "ipv4"}, {Type: "string", Format: "ipv6"}}}
	case prefixType:
		return &schemaNode{Type: "string", Description: s.wanted(), Pattern: `^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$`}
	default:
		panic("a form without a schema: " + s.goType.String())
	}
}

// source is what the Go source says of types, beside what reflection knows.
type source struct {
	docs      map[string]string   // of "Type" and "Type.Field"
	values    map[string][]string // the constants of string types
	constants map[string]string   // their values by their names
}

func readSource(t *testing.T, folders ...string) source {
	t.Helper()
	s := source{docs: map[string]string{}, values: map[string][]string{}, constants: map[string]string{}}
	for _, folder := range folders {
		paths, err := fs.Glob(os.DirFS(folder), "*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), folder+"/"+path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			s.read(file)
		}
	}
	for name, doc := range s.docs {
		s.docs[name] = s.forFiles(doc)
	}
	return s
}

var goWord = regexp.MustCompile(`[A-Za-z]+`)

// forFiles says in the words of a file what a comment says in those of Go.
func (s source) forFiles(doc string) string {
	return goWord.ReplaceAllStringFunc(doc, func(word string) string {
		if text, ok := s.constants[word]; ok {
			return text
		}
		if word == "nil" {
			return "left out"
		}
		return word
	})
}

func (s source) read(file *ast.File) {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.readType(spec, general.Doc)
			case *ast.ValueSpec:
				s.readConstants(spec)
			}
		}
	}
}

func (s source) readType(spec *ast.TypeSpec, doc *ast.CommentGroup) {
	name := spec.Name.Name
	s.docs[name] = sentence(doc.Text())
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range structure.Fields.List {
		for _, fieldName := range field.Names {
			s.docs[name+"."+fieldName.Name] = sentence(field.Doc.Text() + field.Comment.Text())
		}
	}
}

func (s source) readConstants(spec *ast.ValueSpec) {
	named, ok := spec.Type.(*ast.Ident)
	if !ok || len(spec.Values) != 1 {
		return
	}
	literal, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return
	}
	if text, err := strconv.Unquote(literal.Value); err == nil {
		s.values[named.Name] = append(s.values[named.Name], text)
		s.constants[spec.Names[0].Name] = text
	}
}

// sentence is a comment's first one, on one line.
func sentence(comment string) string {
	first, _, _ := strings.Cut(strings.Join(strings.Fields(comment), " "), ". ")
	return strings.TrimSuffix(first, ".")
}
