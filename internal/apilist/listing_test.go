package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// check type-checks a package that imports nothing.
func check(t *testing.T, source string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", "package p\n"+source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := (&types.Config{}).Check("example.com/p", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

func TestListing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source string
		want         []string
	}{
		{
			name:   "constants with type and value",
			source: `type E string; const A E = "a"; const n = 3`,
			want:   []string{`const A E = "a"`, `type E string`},
		},
		{
			name:   "functions and variables",
			source: `var V map[string]int; func F(a int, b ...string) (ok bool, err error) { return }; func f() {}`,
			want:   []string{`func F(a int, b ...string) (ok bool, err error)`, `var V map[string]int`},
		},
		{
			name:   "type parameters",
			source: `type O[T any] struct{ x T }; func Value[T any](v T) O[T] { return O[T]{v} }; func (o *O[T]) Get() T { return o.x }`,
			want:   []string{`func Value[T any](v T) O[T]`, `method (*O[T any]) Get() T`, `type O[T any] struct`},
		},
		{
			name:   "fields with their tags, unexported ones left out",
			source: "type S struct { A int `json:\"a\"`; b int; C *S }",
			want:   []string{"type S struct", "type S struct, A int `json:\"a\"`", "type S struct, C *S"},
		},
		{
			name:   "embedded types: named where exported, opened where not",
			source: `type In struct{ X int }; type in struct{ Y int }; func (in) M() {}; type S struct { In; *in }`,
			want: []string{
				"method (S) M()", "type In struct", "type In struct, X int",
				"type S struct", "type S struct, Y int", "type S struct, embedded In",
			},
		},
		{
			name:   "a struct that cannot be compared",
			source: `type S struct { b []int }`,
			want:   []string{"type S struct", "type S struct, not comparable"},
		},
		{
			name:   "interfaces method by method, a seal by its name",
			source: `type I interface { M(a int) error; seal() }`,
			want:   []string{"type I interface", "type I interface, M(a int) error", "type I interface, sealed by seal"},
		},
		{
			name:   "constraints whole",
			source: `type A struct{}; type N interface { A | ~int }`,
			want:   []string{"type A struct", "type N interface{A | ~int}"},
		},
		{
			name:   "aliases and functions as types",
			source: `type o struct{}; type Option func(*o) error; type A = map[string]int`,
			want:   []string{"type A = map[string]int", "type Option func(*o) error"},
		},
		{
			name:   "value and pointer receivers",
			source: `type S int; func (S) V() {}; func (*S) P() {}; func (S) v() {}`,
			want:   []string{"method (*S) P()", "method (S) V()", "type S int"},
		},
		{name: "nothing exported", source: `type s int`, want: nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, listing(check(t, tt.source))); diff != "" {
				t.Errorf("listing (-want +got):\n%s", diff)
			}
		})
	}
}
