package codes_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk full")
	for name, c := range map[string]struct{ err, want error }{
		"itself":         {lb.ErrConflict, lb.ErrConflict},
		"in the chain":   {fmt.Errorf("%w: %w", cause, lb.ErrQuota), lb.ErrQuota},
		"of an lb.Error": {&lb.Error{Code: lb.ErrBusy}, lb.ErrBusy},
		"a refusal":      {&lb.UnsupportedError{}, lb.ErrUnsupported},
		"of none":        {cause, lb.ErrUncertain},
	} {
		if got := codes.Of(c.err, lb.ErrUncertain); !errors.Is(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestAll looks for a sentinel of package lb that is not known here.
func TestAll(t *testing.T) {
	t.Parallel()
	source, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	ast.Inspect(source, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			known[s.Sel.Name] = true
		}
		return true
	})
	contract, err := parser.ParseFile(token.NewFileSet(), "../../lb/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name := range contract.Scope.Objects { //nolint:staticcheck // SA1019: names alone are asked for
		if strings.HasPrefix(name, "Err") && !known[name] {
			t.Errorf("lb.%s is not among them", name)
		}
	}
}
