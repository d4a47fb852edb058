package topology

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateSchema = flag.Bool("update-schema", false, "write schema.json anew")

func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	want := generateSchema(t)
	if *updateSchema {
		if err := os.WriteFile("schema.json", want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(Schema())); diff != "" {
		t.Errorf("schema.json is not what the types say; go generate ./lb/topology writes it anew:\n%s", diff)
	}
}

func TestSchemaIsACopy(t *testing.T) {
	t.Parallel()
	first := Schema()
	first[0] = 'x'
	if bytes.Equal(first, Schema()) {
		t.Error("a caller's change of the schema is seen by the next one")
	}
}

// readSchema reads schema.json, which must consist of the keywords that validate knows.
func readSchema(t testing.TB) *schemaNode {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(Schema()))
	decoder.DisallowUnknownFields()
	schema := new(schemaNode)
	if err := decoder.Decode(schema); err != nil {
		t.Fatal(err)
	}
	return schema
}
