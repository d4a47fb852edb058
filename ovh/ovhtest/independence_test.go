package ovhtest

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The server decodes with types of its own: a mistake that it shared with the client
// would pass every test of the client. One file, for [Server.Client] alone, may
// import the client.
func TestTheServerDoesNotKnowTheClient(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var importers []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err != nil || path == "github.com/lbkit/lbkit/ovh" {
				importers = append(importers, name)
			}
		}
	}
	if !slices.Equal(importers, []string{"client.go"}) {
		t.Errorf("the client is imported by %q", importers)
	}
}
