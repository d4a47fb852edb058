package doccheck

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is what a field's comment must say.
type kind int

const (
	other    kind = iota
	number        // a unit, a range or the values
	duration      // something: the type says the unit, nobody but the comment says of what, and which ranges
	enum          // nothing, where the type and its constants are documented
)

// basic are Go's own types of which a number says nothing without its unit.
var basic = regexp.MustCompile(`^(u?int(8|16|32|64)?|float(32|64)|byte)$`)

// measure is what a comment has that names a unit, a range or the values: a digit, a unit, or what is counted.
var measure = regexp.MustCompile(`(?i)\d|\b(percent|bytes?|bits|characters|milliseconds|seconds?|minutes|hours|days|months|` +
	`HTTP status(es)?|IDs?|index|how (many|often)|number of|steps)\b`)

// citation names the fact that a comment rests on: its digits are no range.
var citation = regexp.MustCompile(`\bfacts \d+(\.\d+)?(, \d+(\.\d+)?)*`)

// identifier matches a field that holds a name which happens to be a number, and not an amount.
var identifier = regexp.MustCompile(`IDs?$`)

// named is a type of the module that is no struct.
type named struct {
	kind   kind
	doc    string // of the type
	values string // comments of its constants
}

// fieldFaults returns what is wrong with the exported fields of the exported structs of folders, by "folder.Type.Field".
func fieldFaults(folders []folder) map[string]string {
	check := fieldCheck{types: make(map[string]named), faults: make(map[string]string)}
	for _, f := range folders {
		check.declare(f)
	}
	for _, f := range folders {
		for _, spec := range typeSpecs(f.code) {
			if fields, ok := spec.Type.(*ast.StructType); ok && spec.Name.IsExported() {
				check.fields(scope{folder: f.name, imports: imports(f.code)}, f.name+"."+spec.Name.Name, fields)
			}
		}
	}
	return check.faults
}

type fieldCheck struct {
	types  map[string]named // by "folder.Name"
	faults map[string]string
}

// scope is where the names in a field's type are looked up.
type scope struct {
	folder  string
	imports map[string]string // folder of the module by the name it is imported under
}

// declare collects the numeric, duration and enum types of a folder: an enum is a type that has constants.
func (c *fieldCheck) declare(f folder) {
	for _, spec := range typeSpecs(f.code) {
		if _, isStruct := spec.Type.(*ast.StructType); !isStruct {
			c.types[f.name+"."+spec.Name.Name] = named{kind: underlying(spec.Type), doc: spec.Doc.Text()}
		}
	}
	for _, file := range f.code {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				c.constant(f.name, group, spec.(*ast.ValueSpec))
			}
		}
	}
}

func (c *fieldCheck) constant(folder string, group *ast.GenDecl, spec *ast.ValueSpec) {
	ident, ok := spec.Type.(*ast.Ident)
	if !ok || !spec.Names[0].IsExported() {
		return
	}
	key := folder + "." + ident.Name
	if t, declared := c.types[key]; declared && t.kind != duration {
		t.kind = enum
		t.values += group.Doc.Text() + spec.Doc.Text() + spec.Comment.Text()
		c.types[key] = t
	}
}

// underlying is the kind of a type by what it is made of.
func underlying(expr ast.Expr) kind {
	switch t := expr.(type) {
	case *ast.Ident:
		if basic.MatchString(t.Name) {
			return number
		}
	case *ast.SelectorExpr:
		if isTimeDuration(t) {
			return duration
		}
	}
	return other
}

func isTimeDuration(t *ast.SelectorExpr) bool {
	from, ok := t.X.(*ast.Ident)
	return ok && from.Name == "time" && t.Sel.Name == "Duration"
}

// fields judges each field of a struct, and of the structs that it spells out.
func (c *fieldCheck) fields(s scope, owner string, fields *ast.StructType) {
	for _, field := range fields.Fields.List {
		for _, name := range field.Names {
			if !name.IsExported() {
				continue
			}
			key := owner + "." + name.Name
			if nested, ok := element(field.Type).(*ast.StructType); ok {
				c.fields(s, key, nested)
			} else if fault := c.fault(s, name.Name, field); fault != "" {
				c.faults[key] = fault
			}
		}
	}
}

func (c *fieldCheck) fault(s scope, name string, field *ast.Field) string {
	t := c.resolve(s, field.Type)
	own := strings.TrimSpace(field.Doc.Text() + " " + field.Comment.Text())
	switch t.kind {
	case enum:
		if t.doc == "" || t.values == "" {
			return "its type or the type's constants have no comment"
		}
	case duration:
		if own == "" {
			return "no comment says of what it is the duration, and its range"
		}
	case number:
		if identifier.MatchString(name) {
			return ""
		}
		if own == "" || !measure.MatchString(citation.ReplaceAllString(own+" "+t.doc, "")) {
			return "its comment names no unit, range or values: " + strconv.Quote(own)
		}
	case other:
	}
	return ""
}

// resolve finds the type of a field, behind pointers, lists, maps and type arguments.
func (c *fieldCheck) resolve(s scope, expr ast.Expr) named {
	switch t := element(expr).(type) {
	case *ast.Ident:
		if basic.MatchString(t.Name) {
			return named{kind: number}
		}
		return c.types[s.folder+"."+t.Name]
	case *ast.SelectorExpr:
		if isTimeDuration(t) {
			return named{kind: duration}
		}
		if from, ok := t.X.(*ast.Ident); ok {
			return c.types[s.imports[from.Name]+"."+t.Sel.Name]
		}
	}
	return named{}
}

// element is what a type holds: T of *T, []T, map[K]T and Optional[T].
func element(expr ast.Expr) ast.Expr {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return element(t.X)
	case *ast.ArrayType:
		return list(t)
	case *ast.MapType:
		return element(t.Value)
	case *ast.IndexExpr:
		return element(t.Index)
	default:
		return expr
	}
}

// list is the element of a list. Bytes are text in another form.
func list(t *ast.ArrayType) ast.Expr {
	if ident, ok := t.Elt.(*ast.Ident); ok && ident.Name == "byte" {
		return t
	}
	return element(t.Elt)
}

// typeSpecs returns the types that files declare. A type that is declared alone has its comment at its declaration.
func typeSpecs(files []*ast.File) []*ast.TypeSpec {
	var specs []*ast.TypeSpec
	for _, file := range files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.TypeSpec)
				if spec.Doc == nil {
					spec.Doc = group.Doc
				}
				specs = append(specs, spec)
			}
		}
	}
	return specs
}

// imports says which folders of the module files import, by the name that they are used under.
func imports(files []*ast.File) map[string]string {
	folders := make(map[string]string)
	for _, file := range files {
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			below, ours := strings.CutPrefix(imported, module+"/")
			if err != nil || !ours {
				continue
			}
			name := path.Base(below)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			folders[name] = below
		}
	}
	return folders
}

// importedFolders returns the folders of the module that files import, sorted.
func importedFolders(files []*ast.File) []string {
	return slices.Compact(slices.Sorted(maps.Values(imports(files))))
}
